"""Programmes: sessions, course, outputs, what they refuse; and the published rows of what follows the needle."""

import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas
import pytest
from dermaroll.data.catalog import indication, indications, sources
from dermaroll.data.tables import read_rows
from dermaroll.roller import Technique, compare, run_programme
from dermaroll.roller.cli.__main__ import exit_code
from dermaroll.roller.programme.plans import Plan, Session, plain_series, plan_for
from dermaroll.roller.treatment.result import NOTICE
from dermaroll.roller.validation.after_papers import PREDICTORS, inputs_of
from dermaroll.viz.charts.course import course_chart

PUBLISHED = [row for row in read_rows("published.csv") if row["id"] in PREDICTORS]


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line in this process: the same entry, without loading everything anew."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["dermaroll", *arguments])
        capsys.readouterr()
        code = exit_code()
        streams = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=streams.out, stderr=streams.err)

    return call


@pytest.fixture(scope="module")
def acne():
    return run_programme("mf-8", "cheek", "acne-scars", Technique(passes=8), active="ascorbic-acid", seed=2)


def test_every_indication_runs_on_its_own_protocol():
    for row in indications().values():
        plan = plan_for(row)
        assert len(plan.session) == row.sessions
        assert {session.passes for session in plan.session} == {row.passes}
        assert row.length_low_mm <= row.length_mm <= row.length_high_mm
        assert row.sessions_low <= row.sessions <= row.sessions_high
        assert row.interval_low_days <= row.interval_days <= row.interval_high_days
        assert all(key in sources() for key in row.source.split(";"))


def test_every_indication_of_the_field_is_there_by_its_usual_names():
    for name in ("rejuvenation", "acne scars", "stretch marks", "melasma", "surgical-scars", "burns", "hair", "serum"):
        assert indication(name)


def test_a_programme_is_its_sessions_and_its_course(acne):
    content = json.loads(acne.to_json())
    assert [session["day"] for session in content["sessions"]] == [0, 28, 56]
    assert content["notice"] == NOTICE
    course = content["course"]
    assert len(course["days"]) == len(course["collagen"]) == len(course["epidermis"])
    assert course["days"][-1] >= 365
    assert course["status"] == "unverified"
    first, second, third = content["sessions"]
    assert first["collagen_before"] == 1 < second["collagen_before"] < third["collagen_before"]
    for session in content["sessions"]:
        assert session["density_per_cm2"] > 0
        assert session["amount_ug_per_cm2_at_24_h"] > session["intact_amount_ug_per_cm2_at_24_h"]
        assert session["barrier_back_h"] < session["holes_closed_h"]


def test_what_is_unverified_is_labelled_everywhere(acne, tmp_path):
    assert any("healing is unverified" in line for line in acne.warnings)
    assert any("lipophilicity" in line for line in acne.warnings)
    assert acne.to_dict()["quantities"]["collagen"]["status"] == "unverified"
    assert "unverified" in acne.to_xarray()["collagen"].attrs["comment"]
    assert "unverified" in course_chart(acne).get_suptitle()


def test_sessions_of_one_technique_share_one_computation(acne):
    assert len({id(session.treatment) for session in acne.sessions}) == 1


def test_skin_that_is_not_opened_does_not_answer():
    got = run_programme("mf-8", "cheek", "acne-scars", Technique(load_n=0), active="caffeine")
    assert (got.course.collagen == 1).all()
    assert all(session.treatment["enhancement"] == 1 for session in got.sessions)
    assert all(session.treatment["bleeding"] == "none" for session in got.sessions)


def test_a_home_roller_leaves_the_protocol_and_less_collagen(acne):
    home = run_programme("generic-0.3mm", "cheek", "acne-scars")
    assert any("needles of 0.3 mm" in line for line in home.differences)
    assert not any("needles of" in line for line in acne.differences)
    assert home.course.at("collagen", 90) < acne.course.at("collagen", 90)


def test_own_plans_may_change_device_and_passes():
    plan = Plan(session=(Session(day=0), Session(day=40, device="cit-8", passes=4), Session(day=80)))
    got = run_programme("mf-8", "cheek", plan, Technique(passes=6))
    assert [session.treatment.device.name for session in got.sessions] == ["mf-8", "cit-8", "mf-8"]
    assert [session.treatment.technique.passes for session in got.sessions] == [6, 4, 6]
    assert got.sessions[0].treatment is got.sessions[2].treatment


def test_a_plain_series_needs_neither_an_indication_nor_a_file(run):
    plan = plain_series(3)
    assert [session.day for session in plan.session] == [0, 28, 56]
    done = run("programme", "--sessions", "3", "--every", "21", "--area-mm", "5x5", "--format", "json")
    told = json.loads(done.stdout)
    assert [session["day"] for session in told["sessions"]] == [0, 21, 42]
    assert told["inputs"]["indication"] is None
    assert told["differences"] == []


def test_the_example_of_the_docs_runs(run, tmp_path):
    text = (Path(__file__).parents[3] / "docs" / "programme.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "sessions.toml").write_text(example, encoding="utf-8")
    done = run("programme", "--plan", str(tmp_path / "sessions.toml"), "--area-mm", "5x5", "--format", "json")
    told = json.loads(done.stdout)
    assert [(row["day"], row["device"], row["passes"]) for row in told["sessions"]] == [
        (0, "mf-8", 16),
        (42, "mf-8", 16),
        (120, "generic-0.25mm", 8),
    ]


def test_what_sessions_deliver_adds_up():
    got = run_programme("mf-8", "cheek", plain_series(3), region="5x5", active="vitamin c")
    rows = got.session_rows()
    for start in ("", "intact_"):
        one = rows[0][f"{start}amount_ug_per_cm2_at_24_h"]
        for end in ("", "_uncertainty_low", "_uncertainty_high"):
            total = [row[f"total_{start}amount_ug_per_cm2{end}"] for row in rows]
            assert total == pytest.approx([total[0], 2 * total[0], 3 * total[0]])
        assert rows[2][f"total_{start}amount_ug_per_cm2"] == pytest.approx(3 * one)
        low, high = (rows[2][f"total_{start}amount_ug_per_cm2_uncertainty_{end}"] for end in ("low", "high"))
        assert low < 3 * one < high


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[session]]\nday = 30\n[[session]]\nday = 0\n", "comes before"),
        ("[[session]]\nday = 30\n[[session]]\nday = 30\n", "overlaps"),
        ("[[session]]\nday = 30\n[[session]]\nday = 30.5\n", "overlaps"),
        ("[[session]]\nday = -1\n", "day"),
        ("[[session]]\nday = 0\npasses = 0\n", "passes"),
        ("[[session]]\nday = 0\ndevice = 'mf-9'\n", "mf-8"),
        ("[[session]]\nwhen = 0\n", "day"),
        ("session = []\n", "session"),
        ("nonsense", "TOML"),
    ],
)
def test_bad_plans_are_refused_in_one_line(run, tmp_path, text, named):
    path = tmp_path / "plan.toml"
    path.write_text(text)
    done = run("programme", "--plan", str(path))
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert named in done.stderr


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--indication", "acne-scar"), "acne-scars"),
        (("--indication", "acne", "--active", "cafeine"), "caffeine"),
        (("--indication", "acne", "--active", "caffeine", "--dose", "-1"), "dose_ug_per_cm2"),
        (("--indication", "acne", "--sessions", "0"), "sessions"),
        (("--indication", "acne", "--interval", "0"), "interval_days"),
        (("--sessions", "3", "--every", "0.5"), "interval_days"),
        (("--sessions", "401"), "between 1 and 400"),
        (("--every", "28"), "--sessions"),
        ((), "--indication"),
        (("--indication", "acne", "-o", "out.txt"), "out.txt"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(run, arguments, named):
    done = run("programme", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert named in done.stderr


def test_all_formats_tell_the_same(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = [f"p{ending}" for ending in (".json", ".csv", ".parquet", ".nc")]
    outputs = [word for name in files for word in ("-o", name)]
    done = run("programme", "--indication", "acne-scars", "--passes", "4", *outputs)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(NOTICE) == 1
    content = json.loads((tmp_path / "p.json").read_text())
    assert content["sessions"][0]["passes"] == 4
    table = pandas.read_csv(tmp_path / "p.courses.csv")
    months = table[(table["quantity"] == "collagen") & (table["session"] == 0)]
    assert months["value"].to_numpy() == pytest.approx(content["course"]["collagen"])
    assert months["uncertainty_low"].to_numpy() == pytest.approx(content["course"]["collagen_uncertainty"][0])
    assert len(pandas.read_parquet(tmp_path / "p.courses.parquet")) == len(table)
    figures = pandas.read_csv(tmp_path / "p.csv").groupby("session").last()
    for number, session in enumerate(content["sessions"], start=1):
        for name, value in session.items():
            if name in figures and not isinstance(value, str):
                assert figures.loc[number, name] == pytest.approx(value), name
    assert (tmp_path / "p.nc").stat().st_size > 0


def test_compare_answers_what_the_clinic_does_that_home_does_not():
    got = compare(["generic-0.3mm", "mf-8"], "cheek", Technique(passes=4), active="niacinamide")
    rows = {row["quantity"]: row for row in got.differences()}
    for name in (
        "enhancement",
        "amount_ug_per_cm2_at_24_h",
        "holes_closed_h",
        "collagen_at_6_months_percent",
        "pain_vs_26g",
        "redness_h",
    ):
        home, clinic = rows[name]["values"]
        assert clinic > home >= 0, name
    assert rows["bleeding"]["values"][1] != "none"
    assert got.summary().count(NOTICE) == 1
    assert json.loads(got.to_json())["notice"] == NOTICE


def test_catalogue_commands_list_every_row(run):
    for command, count in (("actives", 12), ("indications", 8)):
        done = run(command, "--format", "json")
        assert done.returncode == 0
        assert len(json.loads(done.stdout)[command]) >= count


def met(row):
    value = PREDICTORS[row["id"]](**inputs_of(row["inputs"])).value
    return float(row["low"]) <= value <= float(row["high"])


def test_every_published_row_has_a_source_a_predictor_and_a_tolerance():
    assert {row["id"] for row in PUBLISHED} == set(PREDICTORS)
    for row in PUBLISHED:
        assert all(key in sources() for key in row["source"].split(";"))
        assert float(row["low"]) <= float(row["measured"]) <= float(row["high"])
        assert row["kind"] in ("closure", "delivery", "response", "pain", "bleeding", "redness", "swelling")
        assert row["status"] in ("verified", "derived") or row["must"] == "false"


def test_most_published_rows_are_met_and_the_rest_say_why():
    # Not all can be: studies of one thing contradict each other, and both stand in the table.
    verdicts = {row["id"]: met(row) for row in PUBLISHED}
    assert np.mean(list(verdicts.values())) >= 0.7
    for row in PUBLISHED:
        assert verdicts[row["id"]] or (row["must"] == "false" and row.get("note"))


def test_passes_of_a_protocol_are_a_rollers():
    got = run_programme("exceed", "cheek", "acne-scars", Technique(drag_speed_mm_s=40.0), region="5x5")
    assert {session.treatment.technique.passes for session in got.sessions} == {1}
    assert not any("passes" in line for line in got.differences)
