"""The command line, run as a user runs it."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import trimesh

ROOT = Path(__file__).parents[3]
QUICK = ["--area-mm", "8x8", "--depths", "0:800:200", "--passes", "3"]


def run(*words, env=None, cwd=None):
    return subprocess.run(
        [str(Path(sys.executable).with_name("dermaroll")), *map(str, words)],
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        cwd=cwd,
    )


def refused(done):
    assert done.returncode == 2, done
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    return lines[0]


COVERAGE = ["coverage", "mf-8", "--site", "cheek", "--passes", "15", "--seed", "1", "--format", "json"]


def test_command_module_and_script_agree_beside_files_of_the_same_names(user_folder):
    command = run(*COVERAGE)
    module = subprocess.run([sys.executable, "-m", "dermaroll.roller.cli", *COVERAGE], capture_output=True, text=True)
    Path("mine.py").write_text(
        "import sys\n"
        "from dermaroll.roller import Technique, treat\n"
        "import dermaroll.data.catalog, dermaroll.geometry.union.discs, dermaroll.viz.charts.coverage\n"
        "sys.stdout.write(treat('mf-8', 'cheek', Technique(passes=15), seed=1).to_json())\n"
    )
    script = subprocess.run([sys.executable, "mine.py"], capture_output=True, text=True)
    assert command.returncode == module.returncode == script.returncode == 0, script.stderr
    assert command.stdout == module.stdout == script.stdout
    content = json.loads(command.stdout)
    assert 200 < content["density_per_cm2"][-1] < 240
    assert content["inputs"]["passes"] == 15


def test_clone_named_like_the_package_is_no_trap(tmp_path):
    (tmp_path / "dermaroll" / "roller").mkdir(parents=True)
    (tmp_path / "dermaroll" / "pyproject.toml").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "dermaroll.roller.cli", "--version"], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0
    assert done.stdout.startswith("dermaroll ")


def test_devices_and_sites_in_all_formats():
    for name, count in (("devices", 37), ("sites", 24)):
        content = json.loads(run(name, "--format", "json").stdout)
        assert len(content[name]) == count
        table = run(name)
        assert table.returncode == 0
        assert all(row["name"] in table.stdout for row in content[name])
        rows = list(csv.DictReader(io.StringIO(run(name, "--format", "csv").stdout)))
        assert len(rows) >= count
        assert all(row["source"] and row["status"] for row in rows)


def test_coverage_table_and_files(tmp_path):
    outputs = [tmp_path / f"out.{ending}" for ending in ("json", "csv", "parquet", "nc")]
    done = run("coverage", "cit-8", *QUICK, *(word for path in outputs for word in ("-o", path)))
    assert done.returncode == 0
    assert "channels into papillary dermis" in done.stdout
    *written, counted = done.stderr.splitlines()
    assert written == [f"wrote {path}" for path in outputs]
    assert counted.endswith("on sources and standings: --notes")
    told = run("coverage", "cit-8", *QUICK, "--notes").stderr.splitlines()
    assert counted.startswith(f"{len([line for line in told if line.startswith('note: ')])} notes")
    assert all(path.stat().st_size for path in outputs)
    assert len(list(tmp_path.iterdir())) == 4


def test_coverage_as_csv_is_long():
    rows = list(csv.DictReader(io.StringIO(run("coverage", "cit-8", *QUICK, "--format", "csv").stdout)))
    assert len(rows) == 3 * 5
    assert [float(row["depth_um"]) for row in rows[:5]] == [0, 200, 400, 600, 800]


def test_compare():
    done = run("compare", "generic-0.25mm", "mf-8", *QUICK, "--sex", "female", "--age", "60", "--format", "json")
    content = json.loads(done.stdout)
    assert len(content["devices"]) == 2
    assert content["devices"][0]["inputs"]["site"]["age_years"] == 60
    table = run("compare", "generic-0.25mm", "mf-8", "dts-540", *QUICK)
    assert "dts-540" in table.stdout


PLAN = ["plan", "--device", "cit-8", "--device", "c-8", "--area-mm", "6x6", "--replicates", "10", "--most-passes", "8"]


@pytest.mark.long
def test_plan_by_options_and_by_file(tmp_path):
    (tmp_path / "goal.toml").write_text(
        'title = "papillary dermis"\n[least_channels_per_cm2]\npapillary_dermis = 60\n'
        "[most_share_of_channels]\nhypodermis = 0.05\n"
    )
    told = run(*PLAN, "--channels", "papillary-dermis:60", "--most-share", "hypodermis:0.05", "--format", "json")
    read = run("plan", "goal.toml", *PLAN[1:], "--format", "json", cwd=tmp_path)
    by_options, by_file = json.loads(told.stdout), json.loads(read.stdout)
    assert by_file["choices"] == by_options["choices"]
    assert by_file["goal"]["title"] == "papillary dermis"
    assert [choice["device"] for choice in by_file["choices"]] == ["cit-8"]
    table = run("plan", "goal.toml", *PLAN[1:], "-o", "out.csv", "-o", "out.json", cwd=tmp_path)
    assert table.stdout.startswith("Shortest needles that reach it: Dermaroller CIT-8, 0.5 mm, ")
    assert "% of people and models at" in table.stdout
    assert json.loads((tmp_path / "out.json").read_text()) == by_file
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 3


def test_plan_says_plainly_that_nothing_does():
    done = run("plan", "--device", "c-8", *PLAN[5:], "--channels", "hypodermis:500")
    assert done.returncode == 0
    assert "Nothing reaches it." in done.stdout


def test_own_device_and_site_files(tmp_path):
    (tmp_path / "mine.toml").write_text(
        'kind = "needle"\nuse = "home"\nneedle_count = 6\nrows = 2\nper_ring = 3\ndrum_radius_mm = 5\n'
        "drum_width_mm = 4\nlength_mm = 0.5\nshaft_diameter_mm = 0.2\ntip_radius_um = 10\nhalf_angle_deg = 6\n"
    )
    done = run("coverage", "mine.toml", *QUICK, "--format", "json", cwd=tmp_path)
    assert json.loads(done.stdout)["inputs"]["device"]["name"] == "mine"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["coverage", "mf8"], "closest: mf-8"),
        (["coverage", "mf-8", "--site", "check"], "closest: cheek"),
        (["coverage", "mf-8", "--passes", "0"], "passes = 0 can't be used; allowed: between 1 and 200"),
        (["coverage", "mf-8", "--passes", "-3"], "passes = -3"),
        (
            ["coverage", "mf-8", "--passes", "x"],
            "passes = 'x' can't be used; allowed: a whole number between 1 and 200",
        ),
        (["coverage", "mf-8", "--load", "-1"], "load_n = -1.0 can't be used; allowed: between 0 and 50 N"),
        (["coverage", "mf-8", "--load", "51"], "between 0 and 50 N"),
        (["coverage", "mf-8", "--load", "nan"], "load_n = nan"),
        (["coverage", "mf-8", "--load", "inf"], "load_n = inf"),
        (["coverage", "mf-8", "--pattern", "zigzag"], "pattern = 'zigzag'"),
        (["coverage", "mf-8", "--sex", "x"], "female, male or any"),
        (["coverage", "mf-8", "--age", "200"], "age_years = 200.0"),
        (["coverage", "mf-8", "--area-mm", "0x5"], "region"),
        (["coverage", "mf-8", "--area-mm", "POLYGON ((0 0, 9 9, 9 0, 0 9, 0 0))"], "not a simple polygon"),
        (["coverage", "mf-8", "--area-mm", "POLYGON EMPTY"], "empty"),
        (["coverage", "mf-8", "--depths", "500:0:25"], "start:stop:step"),
        (["coverage", "mf-8", "--depths", "0:500:-5"], "start:stop:step"),
        (["coverage", "mf-8", "--depths", "0:500"], "start:stop:step"),
        (["coverage", "mf-8", "--replicates", "0"], "replicates"),
        (["coverage", "mf-8", "--seed", "-1"], "seed"),
        (["coverage", "mf-8", "--format", "xml"], "xml"),
        (["coverage", "mf-8", "-o", "nowhere/out.csv"], "nowhere"),
        (["coverage", "mf-8", "-o", "out.docx"], ".json, .csv, .parquet, .nc"),
        (["coverage", "nowhere.toml"], "can't be read"),
        (["coverage"], "DEVICE"),
        (["compare", "mf-8"], "two or more"),
        (["plan"], "zero passes would do"),
        (["plan", "--channels", "muscle:100"], "muscle"),
        (["plan", "--channels", "papillary-dermis"], "two parts with a colon"),
        (["plan", "--channels", "papillary-dermis:1", "--channels", "Papillary dermis:9"], "each layer or depth once"),
        (["plan", "--coverage", "500:0.1", "--coverage", "5e2:0.2"], "each layer or depth once"),
        (["plan", "--channels", "papillary-dermis:nan"], "between 0.1 and 100000"),
        (["coverage", "mf-8", "--site", ""], "site = ''"),
        (["coverage", "mf-8", "--active", ""], "active = ''"),
        (["coverage", "mf-8", "--dose", "nan"], "dose_ug_per_cm2 = nan"),
        (["programme", "--indication", "acne-scars", "--dose", "nan"], "dose_ug_per_cm2 = nan"),
        (["view", "mf-8", "--screenshot", "scene.png", "--size", "9" * 5000 + "x900"], "size"),
        (["coverage", "mf-8", "--area-mm", "CURVEPOLYGON(CIRCULARSTRING(0 0, 4 0, 4 4, 0 4, 0 0))"], "region"),
        (["plan", "--channels", "hypodermis:9", "--most-share", "papillary-dermis:0"], "channels into hypodermis"),
        (
            ["plan", "--most-gap", "1", "--device", "mf-8", "--use", "home"],
            "one of --device, --use with --kind, and --free",
        ),
        (["plan", "nowhere.toml", "--most-gap", "1"], "given twice"),
        (["plan", "--most-gap", "1", "-o", "out.nc"], ".json, .csv, .parquet"),
        (["export", "mf-8", "-o", "roller.step"], ".stl"),
        (["view", "mf-8", "--screenshot", "scene.jpg"], ".png"),
        (["view", "mf-8", "--screenshot", "scene.png", "--size", "9x9"], "size"),
        (["view", "mf-8", "cit-8", "--screenshot", "scene.png"], "--sheet"),
        (["view", "mf-8", "cit-8", "c-8"], "1 to 2"),
        (["view", "mf-8", "--screenshot", "scene.png", "--movie", "film.gif"], "one of --screenshot, --sheet"),
        (["view", "mf-8", "--movie", "film.avi"], ".mp4, .gif"),
        (["view", "mf-8", "--sheet", "none/sheet.png"], "folder that exists"),
        (["fly"], "fly"),
        (["coverage", "mf-8", "--colour", "red"], "--colour"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_gets_one_line(words, told, user_folder, run_here):
    before = sorted(user_folder.iterdir())
    assert told in refused(run_here(*words))
    assert sorted(user_folder.iterdir()) == before


def test_bad_input_ends_the_command_with_2():
    assert "closest: mf-8" in refused(run("coverage", "mf8"))


def test_bad_toml_gets_one_line(tmp_path):
    (tmp_path / "broken.toml").write_text("length_mm = = 3\n")
    assert "not valid TOML" in refused(run("coverage", "broken.toml", cwd=tmp_path))
    (tmp_path / "odd.toml").write_text('kind = "needle"\ncolour = "red"\n')
    refused(run("coverage", "odd.toml", cwd=tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    assert "can't" in refused(run("coverage", "cit-8", *QUICK, "-o", tmp_path / "out.csv"))


def test_a_fault_of_ours_exits_70(tmp_path):
    code = (
        "import sys, dermaroll.roller.treatment.treating as room\n"
        "def broken(*_, **__): raise ZeroDivisionError('a fault')\n"
        "room.treat = broken\n"
        "sys.argv[1:] = ['coverage', 'mf-8']\n"
        "from dermaroll.roller.cli.__main__ import run; run()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 70
    assert "ZeroDivisionError: a fault" in done.stderr


def test_closed_pipe_is_quiet():
    command = Path(sys.executable).with_name("dermaroll")
    done = subprocess.run(
        ["bash", "-c", f"'{command}' coverage mf-8 --format json | head -c 10"], capture_output=True, text=True
    )
    assert done.stdout == '{\n "schema'
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


@pytest.mark.long
def test_export_round_trip(tmp_path):
    path = tmp_path / "roller.stl"
    assert run("export", "mf-8", "-o", path, "--union").returncode == 0
    assert trimesh.load_mesh(path).is_watertight
    assert run("export", "cit-8", "-o", tmp_path / "skin.ply", "--part", "skin").returncode == 0
    assert run("export", "cit-8", "-o", tmp_path / "holes.obj", "--part", "channels", *QUICK).returncode == 0
    assert "does not open the skin" in refused(
        run("export", "cit-8", "-o", tmp_path / "no.obj", "--part", "channels", *QUICK, "--load", "0")
    )


@pytest.mark.long
@pytest.mark.gl
def test_view_draws_into_a_file(tmp_path):
    path = tmp_path / "scene.png"
    done = run("view", "mf-8", *QUICK, "--screenshot", path, "--size", "320x240")
    assert done.returncode == 0, done.stderr
    assert path.read_bytes()[:4] == b"\x89PNG"


@pytest.mark.gl
def test_doctor_is_content():
    done = run("doctor")
    assert done.returncode == 0
    assert "pyvista" in done.stdout


NO_GL = {"DERMAROLL_NO_GL": "1"}


@pytest.mark.long
def test_without_gl_all_but_pictures_works(tmp_path):
    assert run("coverage", "cit-8", *QUICK, env=NO_GL).returncode == 0
    assert run("export", "c-8", "-o", tmp_path / "roller.stl", env=NO_GL).returncode == 0
    assert "apt-get install" in refused(run("view", "mf-8", "--screenshot", tmp_path / "scene.png", env=NO_GL))
    doctor = run("doctor", env=NO_GL)
    assert doctor.returncode == 1
    assert "apt-get install" in doctor.stderr
    demo = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "compare_home_and_professional.py")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, **NO_GL},
    )
    assert demo.returncode == 0
    assert "apt-get install" in demo.stdout
    written = sorted(path.name for path in (tmp_path / "demo").iterdir())
    assert written == ["comparison.courses.csv", "comparison.csv", "comparison.json", "coverage.png", "report.html"]


def test_view_without_a_screen_says_so():
    env = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY"), "")
    assert "--screenshot" in refused(run("view", "mf-8", env=env))
    assert "--screenshot" in refused(run("view", "mf-8", env=env | {"DISPLAY": ":9753"}))  # where none answers


@pytest.mark.gl
def test_view_draws_a_sheet(tmp_path):
    path = tmp_path / "sheet.png"
    done = run("view", "mf-8", "cit-8", *QUICK, "--sheet", path, "--size", "320x240", "--transparent")
    assert done.returncode == 0, done.stderr
    assert path.read_bytes()[:4] == b"\x89PNG"
