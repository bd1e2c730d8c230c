"""Sweeps: what stops one costs no rows, and the rows are the same however they came about."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from dermaroll.data.catalog import device
from dermaroll.data.checks import InputError
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Study, Technique, read_results, run_study, treat
from dermaroll.roller.study.executor import AHEAD, WORKER_LOST, Done, Part, run_parts

COMMAND = Path(sys.executable).with_name("dermaroll")
EXAMPLE = Path(__file__).parents[3] / "scripts" / "example_study.toml"
# The example at a small size: the same axes, skin of 36 mm2, parts of a twelfth of a second.
SMALLER = {
    "replicates = 8": "replicates = 1",
    "part_seconds = 4": "part_seconds = 0.08",
    '"12x12"': '"6x6"',
    "[1, 2, 3, 5]": "[2, 3, 60]",
}


def sweep(*words, cwd=None, **rest):
    return subprocess.run([COMMAND, "sweep", *map(str, words)], capture_output=True, text=True, cwd=cwd, **rest)


def files(folder):
    """Content of all files of the results but the lock."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def children(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(true, seconds=180):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("small") / "small.toml"
    text = EXAMPLE.read_text()
    for old, new in SMALLER.items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def whole(small):
    """The small study, run without interruption by one worker."""
    out = small.parent / "whole"
    done = sweep(small, "--out", out, "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert "warning: axes.load_n: load_n = 60.0 can't be used" in done.stderr
    assert "288 settings in" in done.stderr
    assert "288 runs to do, about" in done.stderr
    assert "96 of those run now with an error" in done.stdout
    return out


def begun(small, out):
    """A sweep by two workers that has finished a part or more, held still."""
    before = len(list(out.glob("parts/part-*")))
    process = subprocess.Popen(
        [COMMAND, "sweep", small, "--out", out, "--workers", "2"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: len(list(out.glob("parts/part-*"))) > before or process.poll() is not None)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGSTOP)
    return process


def workers_of(process):
    """Its children but the one that tracks resources."""
    return [pid for pid in children(process.pid) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.long
def test_whatever_stops_it_the_files_are_the_same(small, whole):
    out = small.parent / "stopped"
    process = begun(small, out)

    # while it lives, no other process writes there
    refused = sweep(small, "--out", out)
    assert refused.returncode == 2
    assert "no other process writes" in refused.stderr
    assert refused.stderr.count("error: ") == 1

    # killed: its workers end with it, and its lock and half-written file are in nobody's way
    workers = workers_of(process)
    assert len(workers) == 2
    process.kill()
    process.communicate()
    wait_until(lambda: not [pid for pid in workers if Path(f"/proc/{pid}").exists()])
    (out / "parts" / ".part-000007.abc.parquet").write_bytes(b"half")
    there = {name: content for name, content in files(out / "parts").items() if name.startswith("part-")}
    assert there

    # a full disk: no file may grow beyond 1 kB, which needs no disk to be filled
    done = subprocess.run(
        ["bash", "-c", f"ulimit -f 1; exec '{COMMAND}' sweep '{small}' --out '{out}'"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: output = ")
    assert "can't be written" in done.stderr
    assert done.stderr.endswith("; finished parts are kept: run the same command to go on\n")
    assert files(out / "parts") == there

    # Ctrl-C, which a terminal sends to the workers too
    process = begun(small, out)
    for pid in [*workers_of(process), process.pid]:
        os.kill(pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGCONT)
    _, told = process.communicate(timeout=180)
    assert process.returncode == 130
    assert "settings already there" in told
    assert told.splitlines()[-1] == "stopped; finished parts are kept: run the same command to go on"
    assert "Traceback" not in told

    # a part that the disk has lost, and a worker that dies
    (out / "parts" / "part-000001.parquet").write_bytes(b"lost")
    process = begun(small, out)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    os.kill(process.pid, signal.SIGCONT)
    _, told = process.communicate(timeout=180)
    assert process.returncode == 0, told
    assert files(out) == files(whole)


@pytest.mark.long
def test_ctrl_c_ends_though_a_worker_is_stopped(small):
    out = small.parent / "a worker stopped"
    process = begun(small, out)
    workers = workers_of(process)
    os.kill(workers[0], signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    os.kill(process.pid, signal.SIGCONT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in told
    wait_until(lambda: not [pid for pid in workers if Path(f"/proc/{pid}").exists()])


def test_no_more_workers_start_than_there_are_parts(tmp_path):
    (tmp_path / "study.toml").write_text('region = "6x6"\noutputs = ["density_per_cm2"]\n[axes]\ndevice = ["mf-8"]\n')
    done = sweep("study.toml", "--out", "out", "--workers", "40", cwd=tmp_path)
    assert done.returncode == 0
    assert "on 1 worker\n" in done.stderr


def test_rows_are_what_treat_and_the_command_line_give(whole):
    rows = read_results(whole)
    assert rows["setting"].tolist() == list(range(2 * 2 * 8 * 3 * 3))
    fine = rows[rows["load_n"] < 60]
    assert fine["error"].isna().all()
    assert rows[rows["load_n"] == 60]["error"].str.contains("between 0 and 50 N").all()
    for _, row in fine.sample(4, random_state=1).iterrows():
        technique = Technique(passes=row["passes"], load_n=row["load_n"])
        roller = device(row["device"]).model_copy(update={"length_mm": row["length_mm"]})
        alone = treat(
            roller, row["site"], technique, region=rectangle(6, 6), depths_um=[0, 200], seed=1, aftermath=True
        )
        assert row["density_per_cm2"] == alone.mean("density_per_cm2")[-1]
        assert row["papillary_dermis_density_per_cm2"] == alone.mean("layer_density_per_cm2")[2, -1]
        assert row["peak_depth_um_mean"] == alone.mean("peak_depth_um")[0]
        assert row["coverage_at_200_um"] == pytest.approx(alone["coverage_at_200_um"], rel=1e-12)
        assert row["bleeding"] == alone["bleeding"]
    deeper = fine.groupby("length_mm")["peak_depth_um_mean"].mean()
    assert (np.diff(deeper) > 0).all()
    row = fine[(fine["device"] == "mf-8") & (fine["length_mm"] == 1.5)].iloc[0]
    words = ["--site", row["site"], "--passes", row["passes"], "--load", row["load_n"], "--area-mm", "6x6", "--seed", 1]
    shown = subprocess.run(
        [COMMAND, "coverage", "mf-8", *map(str, words), "--format", "json"], capture_output=True, text=True, check=True
    )
    content = json.loads(shown.stdout)
    assert row["density_per_cm2"] == content["density_per_cm2"][-1]
    assert row["peak_depth_um_mean"] == content["peak_depth_um"]["mean"]
    assert row["surface_coverage"] == pytest.approx(content["surface_coverage"][-1], rel=1e-12)


def test_columns_have_units_and_files_say_how_they_were_made(whole):
    schema = pyarrow.parquet.read_schema(whole / "parts" / "part-000000.parquet")
    assert schema.field("density_per_cm2").metadata[b"unit"] == b"1/cm2"
    described = json.loads((whole / "study.json").read_text())
    assert described["settings"] == described["runs"] == 288
    assert {"dermaroll", "numpy", "scipy", "shapely", "pyarrow"} <= set(described["versions"])
    assert described["records"]["device"]["mf-8"]["length_mm"] == 1.5
    assert Study.read(whole / "study.toml").fingerprint() == described["fingerprint"]
    assert described["starts"][0] == 0
    assert described["starts"][-1] == 288


def test_another_study_in_the_folder_is_refused(small, whole, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(re.sub("title = .*", 'title = "not so small"', small.read_text()).replace("seed = 1", "seed = 2"))
    before = files(whole)
    refused = sweep(other, "--out", whole)
    assert refused.returncode == 2
    assert "not so small" in refused.stderr
    assert "length, load and passes" in refused.stderr
    assert files(whole) == before
    again = sweep(small, "--out", whole)
    assert again.returncode == 0
    assert "all there" in again.stderr


def test_other_versions_are_refused(whole, tmp_path):
    folder = tmp_path / "old"
    folder.mkdir()
    described = json.loads((whole / "study.json").read_text())
    described["versions"]["scipy"] = "1.0.0"
    (folder / "study.json").write_text(json.dumps(described))
    with pytest.raises(InputError, match=r"scipy 1\.0\.0"):
        run_study(whole / "study.toml", folder)
    (folder / "study.json").write_text("[]")
    with pytest.raises(InputError, match="is not what `dermaroll sweep` writes"):
        run_study(whole / "study.toml", folder)


def test_parts_that_are_missing_are_named(whole, tmp_path):
    (tmp_path / "study.json").write_bytes((whole / "study.json").read_bytes())
    with pytest.raises(InputError, match="parts are missing"):
        read_results(tmp_path)
    with pytest.raises(InputError, match=r"no study\.json"):
        read_results(tmp_path.parent)


def test_failing_settings_are_rows_and_replicates_have_a_spread(tmp_path):
    study = Study(
        axes={"tip_radius_um": [4.0, 400.0], "load_n": [2.0, 60.0]},
        fixed={"device": "mf-8", "passes": 4},
        replicates=3,
        region="6x6",
        outputs=["density_per_cm2", "bleeding", "hypodermis_density_per_cm2"],
    )
    assert [line.split(" can't")[0] for line in study.warnings()] == ["axes.load_n: load_n = 60.0"]
    rows = run_study(study, tmp_path / "out", workers=1)
    assert rows["error"].isna().tolist() == [True, False, False, False]
    assert "at most half of shaft_diameter_mm" in rows["error"][2]
    assert "between 0 and 50 N" in rows["error"][1]
    of = treat("mf-8", "cheek", Technique(passes=4, load_n=2), region=rectangle(6, 6), replicates=3)
    last = of.to_frame().iloc[-1]
    for suffix in ("", "_sd", "_band_low", "_band_high"):
        name = "density_per_cm2" + suffix
        assert rows[name][0] == last[name]
    assert rows["bleeding"][0] in ("none", "pinpoint", "moderate", "marked")
    assert "bleeding_sd" not in rows
    assert rows.loc[1:, ["density_per_cm2", "bleeding"]].isna().all().all()


DEADLY = """
import json, os, sys, time
from dermaroll.roller.study.executor import Done, Part, process_pool, run_parts

def work(part):
    rows = []
    for number, setting in enumerate(part.settings, start=part.start):
        if setting["load_n"] == 13:
            os.kill(os.getpid(), 9)
        time.sleep(0.002)
        rows.append({"setting": number, **setting, "error": None})
    return Done(tuple(rows), 0.0)

if __name__ == "__main__":
    parts = [Part(n, 5 * n, tuple({"load_n": load} for load in range(5 * n, 5 * n + 5)), None) for n in range(8)]
    with process_pool(2) as crew:
        found = {part.number: done.rows for part, done in run_parts(parts, work, crew)}
    print(json.dumps([row for number in sorted(found) for row in found[number]]))
"""
UNGUARDED = """
from dermaroll.roller import Study, run_study
run_study(Study(axes={"device": ["mf-8"]}), "out", workers=1)
"""


def test_a_setting_that_kills_its_worker_is_a_row(tmp_path):
    (tmp_path / "program.py").write_text(DEADLY)
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True, timeout=180, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    assert rows == [{"setting": n, "load_n": n, "error": WORKER_LOST if n == 13 else None} for n in range(40)]


def test_a_program_without_its_guard_is_told(tmp_path):
    (tmp_path / "program.py").write_text(UNGUARDED)
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True, timeout=180, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith('with the call under if __name__ == "__main__":')


STOPPED_EARLY = """
import os, signal, sys, threading
from concurrent.futures import ProcessPoolExecutor
from dermaroll.roller.study.executor import process_pool

class Told(ProcessPoolExecutor):
    calls = 0

    def submit(self, *args):
        found = super().submit(*args)
        Told.calls += 1
        if Told.calls == int(sys.argv[1]):
            raise SystemExit(143)
        return found

if __name__ == "__main__":
    import dermaroll.roller.study.executor as module
    module.ProcessPoolExecutor = Told
    try:
        with process_pool(2) as crew:
            for _ in range(4):
                crew.submit(pow, 2)
    finally:
        print([one.name for one in threading.enumerate()][1:])
"""


@pytest.mark.parametrize("calls", [1, 2, 4])
def test_a_pool_that_is_stopped_leaves_no_thread_to_be_woken_at_the_end(tmp_path, calls):
    (tmp_path / "program.py").write_text(STOPPED_EARLY)
    words = [sys.executable, "program.py", str(calls)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=180, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (143, "")
    assert done.stdout == "[]\n"


class HereCrew:
    """Works everything out in this process, and counts what is under way."""

    count, lost, fall_together = 2, (), True

    def __init__(self):
        self.under_way = self.most = 0

    def submit(self, work, part):
        from concurrent.futures import Future

        future = Future()
        future.set_result(work(part))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        return future

    def need(self, parts):
        pass

    def renew(self):
        raise AssertionError

    def look(self):
        pass


def test_few_parts_are_under_way_at_a_time():
    crew = HereCrew()
    seen = []
    for part, _ in run_parts((Part(n, n, (), None) for n in range(50)), lambda part: Done((), 0.0), crew):
        crew.under_way -= 1
        seen.append(part.number)
    assert sorted(seen) == list(range(50))
    assert crew.most == AHEAD * crew.count
