"""Files: templates that read back, all bad keys at once, what was written is told, charts, BibTeX, studies' ends."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from dermaroll.data.bibliography import bibtex
from dermaroll.data.catalog import Active, RollerSpec, SkinSite, actives, device_record, devices, sites, sources
from dermaroll.data.tables import read_record
from dermaroll.data.templates import template
from dermaroll.roller.plan.goals import Goal
from dermaroll.roller.programme.plans import Plan
from dermaroll.roller.study.definition import Study

QUICK = ["--area-mm", "8x8", "--passes", "2", "--depths", "0:800:200"]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("record", "known"),
    [(device_record, devices), (SkinSite, sites), (Active, actives)],
    ids=["device", "site", "active"],
)
def test_a_template_reads_back_as_its_record(record, known, tmp_path):
    path = tmp_path / "own.toml"
    for one in known().values():
        path.write_text(template(one, "head\nof two lines"), encoding="utf-8")
        again = read_record(record, path, named=True)
        assert again == one.model_copy(update={"aliases": ""} if record is Active else {})


def test_every_kind_has_a_template_that_its_command_takes(run_here, tmp_path):
    kinds = {"sessions": Plan, "goal": Goal, "device": device_record, "site": SkinSite, "active": Active}
    for kind, record in kinds.items():
        path = tmp_path / f"{kind}.toml"
        path.write_text(run_here("template", kind).stdout, encoding="utf-8")
        found = read_record(record, path, named=record not in (Plan, Goal))
        assert isinstance(found, RollerSpec if kind == "device" else record)
    study = tmp_path / "study.toml"
    study.write_text(run_here("template", "study").stdout, encoding="utf-8")
    assert Study.read(study).size == 32
    for words in (["devices", "mf-8"], ["sites", "eye"], ["actives", "vitamin c"], ["indications", "striae"]):
        done = run_here(*words, "--format", "toml")
        assert done.returncode == 0
        assert tomllib.loads(done.stdout)["title"]
    assert "with a name" in run_here("devices", "--format", "toml").stderr


def test_ones_own_is_shown_and_used(run_here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = run_here("devices", "mf-8", "--format", "toml").stdout
    Path("mine.toml").write_text(text.replace('"Dermaroller MF-8"', '"My roller"').replace("= 1.5 ", "= 0.6 "))
    shown = run_here("devices", "mine.toml").stdout
    assert shown.startswith("My roller")
    assert re.search(r"length mm +0\.6", shown)
    assert run_here("coverage", "mine.toml", *QUICK).stdout.startswith("My roller leaves ")


def test_all_bad_keys_of_a_file_are_in_one_line(run_here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = run_here("template", "device").stdout
    wrong = (
        text.replace("length_mm", "lenght_mm").replace("per_ring = 24", "per_ring = 2400").replace('"needle"', '"nail"')
    )
    Path("mine.toml").write_text(wrong + "colour_of_handle = 3\n")
    done = run_here("coverage", "mine.toml")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: mine.toml: ")
    for told in (
        "lenght_mm is not a known key; closest: length_mm",
        "length_mm is missing; allowed: between 0.02 and 5 mm",
        "per_ring = 2400 can't be used; allowed: between 1 and 1000",
        "kind = 'nail' can't be used; allowed: needle, disc, pen, stamp",
        "colour_of_handle is not a known key",
    ):
        assert told in line
    Path("skin.toml").write_text(run_here("template", "site").stdout.replace("mean_um", "mean", 1))
    assert (
        "layers.0.mean is not a known key; closest: mean_um"
        in run_here("coverage", "mf-8", "--site", "skin.toml").stderr
    )
    Path("study.toml").write_text('replicate = 2\n[axes]\nloadn = [1]\nlength_mm = []\n[fixed]\ndevise = "mf-8"\n')
    (line,) = run_here("sweep", "study.toml", "--out", "out").stderr.splitlines()
    for told in (
        "study.toml: replicate is",
        "closest: replicates",
        "closest: load_n",
        "length_mm = []",
        "closest: device",
    ):
        assert told in line
    assert not Path("out").exists()


def test_every_file_written_is_told_and_nothing_else_lies_there(run_here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["-o", "a.csv", "-o", "a.json", "--report", "a.html", "--plot", "a.svg", "--cite", "a.bib"]
    done = run_here("coverage", "cit-8", *QUICK, "--aftermath", *words)
    assert done.returncode == 0, done.stderr
    told = [line.removeprefix("wrote ") for line in done.stderr.splitlines() if line.startswith("wrote ")]
    assert sorted(told) == sorted(path.name for path in tmp_path.iterdir())
    assert "a.courses.csv" in told
    before = Path("a.svg").read_bytes()
    run_here("coverage", "cit-8", *QUICK, "--plot", "a.svg")
    assert Path("a.svg").read_bytes() == before
    for ending, start in ((".png", b"\x89PNG"), (".pdf", b"%PDF")):
        run_here("compare", "cit-8", "c-8", *QUICK, "--plot", f"b{ending}")
        assert Path(f"b{ending}").read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--cite", "nowhere/a.bib"], "nowhere does not"),
        (["--cite", "a.txt"], "ends in .bib"),
        (["--plot", "a.gif"], ".svg, .png, .pdf"),
        (["--for", "patient"], "--report FILE.html"),
        (["--area-mm", "degrees.geojson"], "degrees.geojson: coordinates"),
        (["--area-mm", "bare.svg"], "bare.svg: width = 'none'"),
    ],
)
def test_files_that_can_not_be_used_get_one_line(run_here, words, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ring = [[13.37, 52.51], [13.38, 52.51], [13.38, 52.52], [13.37, 52.51]]
    Path("degrees.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    Path("bare.svg").write_text('<svg><path d="M0 0 H9 V9 Z"/></svg>')
    done = run_here("coverage", "cit-8", *words)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert told in line


def test_every_source_makes_an_entry_of_its_own():
    text = bibtex(sources())
    entries = re.findall(r"^@misc\{([^,]+),$", text, re.MULTILINE)
    assert entries == list(sources())
    assert text.count("{") == text.count("}")
    assert "  author = {Singh, A and Yadav, S}," in text
    assert "doi = {10.4103/2229-5178.185468}" in bibtex(["singh_yadav_2016"])
    assert bibtex(["nobody"]) == ""


def test_a_sweep_ends_with_what_came_out(run_here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    study = Study(
        axes={"load_n": (1.0, 3.0), "tip_radius_um": (4.0, 20.0)},
        fixed={"device": "mf-8", "passes": 2},
        region="8x8",
        outputs=("density_per_cm2", "peak_depth_um_mean"),
    )
    Path("study.toml").write_text(study.to_toml())
    plot = "x=load_n,hue=tip_radius_um,y=peak_depth_um_mean"
    done = run_here("sweep", "study.toml", "--out", "out", "--workers", "1", "--table", "rows.csv", "--plot", plot)
    assert done.returncode == 0, done.stderr
    assert re.search(r"peak_depth_um_mean .* load_n 3, tip_radius_um 4", done.stdout)
    assert "wrote rows.csv" in done.stderr
    assert "wrote out.svg" in done.stderr
    assert Path("rows.csv").read_text().count("\n") == 5
    assert "peak depth" in Path("out.svg").read_text()
    refused = run_here("sweep", "study.toml", "--out", "out", "--plot", "x=loadn,hue=tip_radius_um")
    assert "x=loadn; closest: load_n" in refused.stderr


def test_figures_are_listed_by_word(run_here):
    done = run_here("figures", "collagen")
    assert "collagen_peak_percent" in done.stdout
    assert "surface_coverage" not in done.stdout
    assert run_here("figures", "xyzzy").returncode == 2


def test_the_worked_example_of_the_docs_runs(tmp_path, run_here, monkeypatch):
    """Every command of the page, in order, in one folder; what it edits is edited as it says."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "own_files.md").read_text(encoding="utf-8")
    for line in (line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()):
        command = line.partition(" #")[0].strip()
        if not command.startswith("dermaroll "):
            continue
        words, _, target = command.removeprefix("dermaroll ").partition(" > ")
        done = run_here(*words.split())
        assert done.returncode == 0, (command, done.stderr)
        if target:
            edited = done.stdout.replace("length_mm = 1.5", "length_mm = 0.6").replace("Dermaroller MF-8", "My roller")
            Path(target).write_text(edited)
