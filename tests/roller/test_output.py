"""Files that commands write: none takes the place of an input, temporaries are known for what they are."""

import os
import shutil

import pytest
from dermaroll.data.catalog import device
from dermaroll.data.checks import InputError
from dermaroll.roller.output import left_over, replacing

FIELDS = ("kind", "use", "needle_count", "rows", "per_ring", "drum_radius_mm", "drum_width_mm", "length_mm")
FIELDS += ("shaft_diameter_mm", "tip_radius_um", "half_angle_deg")
GOAL = '# mine\ntitle = "mine"\nmost_bleeding = "pinpoint"\n[least_channels_per_cm2]\npapillary_dermis = 150\n'
QUICK = ["--area-mm", "4x4", "--passes", "1"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Inputs of every command, each also under the endings of outputs by a hard link and a symbolic one."""
    monkeypatch.chdir(tmp_path)
    roller = device("mf-8").model_dump()
    lines = [f'{name} = "{roller[name]}"' if name in ("kind", "use") else f"{name} = {roller[name]}" for name in FIELDS]
    (tmp_path / "own.toml").write_text("\n".join(["# mine", *lines, ""]))
    (tmp_path / "goal.toml").write_text(GOAL)
    for name in ("own", "goal"):
        for ending in (".json", ".csv", ".parquet", ".nc", ".html", ".stl", ".png"):
            os.link(tmp_path / f"{name}.toml", tmp_path / f"{name}{ending}")
            (tmp_path / f"{name}-link{ending}").symlink_to(f"{name}.toml")
    return {path: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    "words",
    [
        ["coverage", "own.toml", *QUICK, "-o", "own.json"],
        ["coverage", "own.toml", *QUICK, "-o", "fine.json", "-o", "own-link.csv"],
        ["coverage", "own.toml", *QUICK, "--report", "own.html"],
        ["compare", "mf-8", "own.toml", *QUICK, "-o", "own.nc"],
        ["compare", "mf-8", "own.toml", *QUICK, "--report", "own-link.html"],
        ["programme", "--plan", "goal.toml", "-o", "goal.parquet"],
        ["programme", "--plan", "goal.toml", "--report", "goal.html"],
        ["plan", "goal.toml", "-o", "goal.json"],
        ["plan", "goal.json", "-o", "./goal.json"],
        ["plan", "goal-link.csv", "-o", "goal.csv"],
        ["plan", "goal.toml", "--device", "own.toml", "-o", "own.csv"],
        ["export", "own.toml", "-o", "own.stl"],
        ["export", "own.toml", "-o", "own-link.stl"],
        ["view", "own.toml", "--screenshot", "own.png"],
    ],
    ids=" ".join,
)
def test_no_command_writes_over_an_input(files, words, run_here):
    done = run_here(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: output = ")
    assert "not read as input" in line
    assert {path: path.read_bytes() for path in next(iter(files)).parent.iterdir()} == files


def test_another_name_is_free(files, run_here, tmp_path):
    assert run_here("coverage", "own.toml", *QUICK, "-o", "new.json").returncode == 0
    # and what one command has read, another may write
    shutil.copy(tmp_path / "goal.toml", tmp_path / "free.json")
    assert run_here("plan", "free.json", "--device", "mf-8", "--replicates", 10, "-o", "plan.json").returncode == 0
    assert run_here("coverage", "own.toml", *QUICK, "-o", "free.json").returncode == 0


def test_temporaries_are_told_from_a_users_files(tmp_path):
    for name in ("study.json", "with.dots.csv", "no-ending", "n" * 250 + ".csv"):
        with replacing(tmp_path / name) as path:
            path.write_text("half")
            assert path.parent == tmp_path
            assert path.suffix == (tmp_path / name).suffix
            assert name.startswith(left_over(path.name).partition(".")[0])
            if len(name) < 40:
                assert left_over(path.name) == name
        assert (tmp_path / name).read_text() == "half"
    for name in (
        ".study.mine",
        ".study.12345678.toml",
        "study.json",
        ".study-dermaroll-short.json",
        ".-dermaroll-12345678",
    ):
        assert left_over(name) == ""
    with pytest.raises(InputError, match="this is a folder"), replacing(tmp_path):
        pass
