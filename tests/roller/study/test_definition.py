"""Studies: axes, settings, outputs, parts, and what is refused."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.data.checks import InputError
from dermaroll.data.tables import checked_row
from dermaroll.roller import Study
from dermaroll.roller.study import cost as study_cost
from dermaroll.roller.study.axes import AXES, Range
from dermaroll.roller.study.cost import CostModel, cut_parts
from dermaroll.roller.study.definition import settings_of
from dermaroll.roller.study.executor import Part
from dermaroll.roller.study.folder import read_results
from dermaroll.roller.study.parts import common_of, roller_of, treat_setting, work_part
from dermaroll.roller.study.running import finish_study, run_study
from dermaroll.roller.treatment.names import known_names
from dermaroll.roller.treatment.quantities import QUANTITIES

COMMAND = Path(sys.executable).with_name("dermaroll")
ROOT = Path(__file__).parents[3]
ONE = {"device": ["mf-8"]}


def test_a_grid_is_every_combination_once():
    study = Study(axes={"device": ["mf-8", "cit-8"], "load_n": {"from": 1, "to": 3, "steps": 5}, "passes": [4, 8]})
    expected = list(itertools.product(["mf-8", "cit-8"], [1, 1.5, 2, 2.5, 3], [4, 8]))
    settings = settings_of(study)
    assert [tuple(setting.values()) for setting in settings.stretch(0, study.size)] == expected
    assert settings.stretch(7, 8) == [dict(zip(study.axes, expected[7], strict=True))]


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"from": 0.1, "to": 0.3, "step": 0.1}, [0.1, 0.2, 0.3]),
        ({"from": 1, "to": 2, "step": 0.3}, [1, 1.3, 1.6, 1.9]),
        ({"from": 2, "to": 200, "steps": 3, "scale": "log"}, [2, 20, 200]),
        ({"from": 1, "to": 9, "step": 2, "scale": "log"}, [1, 2, 4, 8]),
    ],
)
def test_ranges(given, values):
    assert list(Range(**given).values(whole=False)) == values


def test_ranges_of_whole_numbers_are_whole():
    assert Range(**{"from": 1, "to": 16, "steps": 7, "scale": "log"}).values(whole=True) == (1, 2, 3, 4, 6, 10, 16)
    inside = Range(**{"from": 1, "to": 4}).at((np.arange(400) + 0.5) / 400, whole=True)
    assert np.bincount(inside).tolist() == [0, 100, 100, 100, 100]


def test_a_sobol_sample_fills_the_axes_evenly():
    axes = {"site": ["cheek", "chin"], "load_n": {"from": 1, "to": 5}, "length_mm": {"from": 0.2, "to": 2, "steps": 4}}
    axes |= {"tip_radius_um": {"from": 1, "to": 100, "scale": "log"}}
    sample = Study(axes=axes, fixed={"device": "mf-8"}, sample={"sobol": 256}, seed=3)
    found = settings_of(sample).columns(0, 256)
    assert found["site"].count("chin") == 128
    assert set(found["length_mm"]) == {0.2, 0.8, 1.4, 2.0}
    # each of 16 equal stretches holds a sixteenth, on the axis' own scale
    assert (np.histogram(found["load_n"], 16, (1, 5))[0] == 16).all()
    assert (np.histogram(np.log(found["tip_radius_um"]), 16, np.log([1, 100]))[0] == 16).all()
    assert settings_of(sample).columns(100, 120) == {name: values[100:120] for name, values in found.items()}
    assert settings_of(sample.model_copy(update={"seed": 4})).columns(0, 256) != found


def test_toml_says_the_same(tmp_path):
    study = Study(
        title='a "name"',
        axes={"load_n": {"from": 1, "to": 5}, "occluded": [True, False], "passes": [1, 2]},
        fixed={"device": "mf-8", "active": "ascorbic-acid"},
        sample={"sobol": 8},
        outputs=["density_per_cm2", "enhancement"],
    )
    path = tmp_path / "study.toml"
    path.write_text(study.to_toml(), encoding="utf-8")
    assert Study.read(path) == study
    assert Study.read(path).fingerprint() == study.fingerprint()


def test_the_fingerprint_is_of_what_decides_the_rows(tmp_path):
    study = Study(axes=ONE)
    assert study.fingerprint() == Study(axes=ONE, title="another").fingerprint()
    assert study.fingerprint() != Study(axes=ONE, seed=1).fingerprint()
    own = tmp_path / "own.toml"
    fields = device("mf-8").model_dump(exclude={"name", "title", "maker", "sheet_thickness_mm", "assumed", "source"})
    prints = set()
    for length in (0.5, 1.0):
        lines = [f"{key} = {value!r}" for key, value in (fields | {"length_mm": length}).items()]
        own.write_text("\n".join(lines))
        study = Study(axes={"device": [str(own)]})
        prints.add(study.fingerprint())
    assert len(prints) == 2
    # a worker gets the record, not the file
    common = common_of(study)
    own.unlink()
    assert treat_setting(common, {"device": str(own)}).device.length_mm == 1.0


def test_every_output_can_be_asked_for():
    numbers = {"um": "150", "h": "24", "d": "90"}
    names = tuple(
        re.sub(r"_at_N_(um|h|d)$", lambda at: f"_at_{numbers[at[1]]}_{at[1]}", name) for name in known_names()
    )
    study = Study(axes=ONE, fixed={"active": "ascorbic-acid", "passes": 2}, region="10x10", outputs=names, seed=2)
    (row,) = work_part(Part(0, 0, ({"device": "mf-8"},), common_of(study))).rows
    assert row["error"] is None
    assert [name for name in names if row[name] is None] == []
    of = treat_setting(common_of(study), {"device": "mf-8"})
    assert set(of.values) == set(QUANTITIES)
    assert row["multiplicity_2_at_150_um"] == of.mean("multiplicity")[2, -1, 0]
    assert row["density_per_cm2_at_150_um"] == of.mean("density_at_depth_per_cm2")[-1, 0]
    assert row["peak_depth_um_p95"] == of.mean("peak_depth_um")[4]
    assert row["hypodermis_top_um"] == of.mean("layer_top_um")[4]


OF_OTHER_KINDS = ("protrusion_mm", "frequency_hz", "drag_speed_mm_s", "spacing_mm", "stamps_per_s")


def test_every_axis_changes_what_is_treated():
    common = common_of(Study(axes=ONE))
    base = {"device": "mf-8"}
    changed = {
        "length_mm": 1.0,
        "tip_radius_um": 20.0,
        "half_angle_deg": 8.0,
        "shaft_diameter_mm": 0.3,
        "needle_count": 96,
        "rows": 4,
        "per_ring": 12,
        "stagger": 0.25,
        "drum_radius_mm": 12.0,
        "drum_width_mm": 15.0,
        "site": "forehead",
        "sex": "female",
        "age_years": 70.0,
        "passes": 3,
        "pattern": "cross",
        "lift": False,
        "load_n": 1.0,
        "overlap": 0.2,
        "slip": 0.1,
        "speed_mm_s": 20.0,
        "stretch": 0.1,
        "uses": 5,
    }
    afterwards = {"device", "sheet_thickness_mm", "skin_colour", "active", "dose_ug_per_cm2", "occluded"}
    afterwards |= {*OF_OTHER_KINDS, "surface", "unit", "zone"}  # bodies have tests of their own
    assert changed.keys() | afterwards == AXES.keys()
    inputs = treat_setting(common, base).inputs()
    for name, value in changed.items():
        got = treat_setting(common, base | {name: value}).inputs()
        assert got != inputs, name
        places = got["device"] | got["site"] | got
        assert places["name" if name == "site" else name] == value


def test_needle_counts_follow_from_rings():
    base = device("mf-8")
    assert roller_of(base, {"needle_count": 96}).rows == base.rows
    assert roller_of(base, {"needle_count": 96}).per_ring * base.rows == 96
    assert roller_of(base, {"needle_count": 96, "per_ring": 12}).rows == 8
    assert roller_of(base, {"rows": 4, "per_ring": 5}).needle_count == 20
    with pytest.raises(InputError, match=f"a multiple of rows = {base.rows}"):
        roller_of(base, {"needle_count": 97})


def test_parts_hold_every_setting_and_about_the_same_work(monkeypatch):
    study = Study(
        axes={"passes": [1, 16], "overlap": {"from": 0, "to": 0.9, "steps": 50}, "load_n": [1, 2, 3]},
        fixed={"device": "mf-8"},
        replicates=4,
        part_seconds=0.5,
    )
    settings = settings_of(study)
    starts, costs = cut_parts(study, settings)
    assert starts[0] == 0
    assert starts[-1] == study.size
    assert (np.diff(starts) > 0).all()
    seconds = CostModel(study).seconds(settings.columns(0, study.size))
    assert costs == pytest.approx([seconds[a:b].sum() for a, b in itertools.pairwise(starts)])
    assert max(costs) < 0.5 + seconds.max()
    # how many settings are looked at together changes nothing
    monkeypatch.setattr(study_cost, "STRETCH", 7)
    again, costs_again = cut_parts(study, settings)
    assert again == starts
    assert costs_again == pytest.approx(costs)


def test_what_costs_more_is_expected_to_cost_more():
    def seconds(**rest):
        return CostModel(Study(axes=ONE, **rest)).seconds({"device": ["mf-8"]})[0]

    lean = seconds(outputs=["density_per_cm2"])
    assert lean < seconds(outputs=["surface_coverage"]) < seconds(outputs=["coverage_at_50_um", "coverage_at_100_um"])
    assert lean < seconds(outputs=["largest_gap_mm"])
    assert seconds(outputs=["density_per_cm2"], replicates=20) == pytest.approx(20 * lean, rel=0.1)
    assert lean < seconds(outputs=["density_per_cm2"], region="60x60")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"axes": {"lenght_mm": [1.0]}}, "'lenght_mm' is no axis; closest: length_mm"),
        ({"axes": {"device": []}}, "axes.device = [] can't be used; allowed: one value or more; this axis is empty"),
        ({"axes": {}}, "axes is missing or empty"),
        ({"axes": {"load_n": [1, 2]}}, "device is missing"),
        ({"axes": {"device": ["mf8"]}}, "axes.device: device = 'mf8' is not in the catalogue"),
        ({"axes": ONE | {"passes": [1.5]}}, "axes.passes = 1.5 can't be used; allowed: values that are each whole"),
        ({"axes": ONE | {"load_n": ["3"]}}, "axes.load_n = '3' can't be used; allowed: values that are each number"),
        ({"axes": ONE | {"load_n": [3, 3]}}, "each value once"),
        ({"axes": ONE | {"load_n": 3}}, "a list of values, or a range"),
        ({"axes": ONE | {"load_n": {"from": 3, "to": 1, "steps": 2}}}, "axes.load_n: to = 1.0 can't be used"),
        ({"axes": ONE | {"load_n": {"from": 0, "to": 1, "steps": 2, "scale": "log"}}}, "more than 0 where the scale"),
        ({"axes": ONE | {"load_n": {"from": 1, "to": 2}}}, "a range with steps or step, unless sampled"),
        ({"axes": ONE | {"site": {"from": 1, "to": 2}}}, "a list of values, each text"),
        ({"axes": ONE, "fixed": {"load_n": 70}}, "load_n = 70.0 can't be used; allowed: between 0 and 50 N"),
        ({"axes": ONE, "fixed": {"device": "cit-8"}}, "names that are no axis of this study"),
        ({"axes": ONE, "outputs": ["densty_per_cm2"]}, "'densty_per_cm2' is no figure; closest: density_per_cm2"),
        ({"axes": ONE, "outputs": []}, "outputs = 0"),
        ({"axes": ONE, "outputs": ["enhancement"]}, "only with an active"),
        ({"axes": ONE, "sample": {"sobol": 100}}, "a power of two"),
        ({"axes": ONE, "replicates": 0}, "replicates = 0"),
        ({"axes": ONE, "colour": "red"}, "colour is not a known key"),
    ],
)
def test_bad_studies_get_one_line(given, told):
    with pytest.raises(InputError) as refused:
        checked_row(Study, given, "study.toml")
    assert told in str(refused.value)


def sweep(text, folder, *words):
    (folder / "study.toml").write_text(text)
    return subprocess.run(
        [COMMAND, "sweep", "study.toml", "--out", "out", *words], capture_output=True, text=True, cwd=folder
    )


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ('[axes]\ndevise = ["mf-8"]', [], "error: study.toml: 'devise' is no axis; closest: device"),
        ('[axes]\ndevice = ["mf-8"]\nload_n = []', [], "error: study.toml: axes.load_n = [] can't be used"),
        (
            'replicates = 1000\n[axes]\ndevice = ["mf-8"]\nload_n = { from = 1, to = 5, steps = 20000 }',
            [],
            "error: runs = '20000 x 1000 = 20000000' can't be used; allowed: at most 10000000",
        ),
        ('[axes]\ndevice = ["mf-8"]', ["--workers", "0"], "error: workers = 0 can't be used; allowed: between 1 and"),
    ],
)
def test_bad_input_gets_one_line_and_writes_nothing(text, words, told, tmp_path):
    done = sweep(text, tmp_path, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(told)
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]


def test_folders_that_cannot_be_used_are_refused(tmp_path):
    study = Study(axes=ONE)
    (tmp_path / "file").write_text("")
    (tmp_path / "other" / "parts").mkdir(parents=True)
    for out, told in (("file", "this is a file"), ("no/where", "does not"), ("other", "no study.json")):
        with pytest.raises(InputError, match=re.escape(told)):
            run_study(study, tmp_path / out)
    with pytest.raises(InputError, match="a folder that `dermaroll sweep` has written"):
        read_results(tmp_path)
    with pytest.raises(InputError, match="either workers or a scheduler"):
        finish_study(study, tmp_path / "out", workers=1, scheduler="tcp://127.0.0.1:9")


def test_the_studies_that_are_shown_can_be_read(tmp_path):
    (shown,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "study.toml").write_text(shown)
    assert Study.read(tmp_path / "study.toml").size == 2 * 2 * 8 * 5 * 9
    assert Study.read(ROOT / "scripts" / "example_study.toml").warnings() == []
