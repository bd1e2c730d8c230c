"""Sweeps on a Dask cluster: real scheduler and workers on the loopback."""

import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from unittest import mock

import pytest
from dermaroll.data.checks import InputError
from dermaroll.roller import Study, read_results, run_study
from dermaroll.roller.study.cluster import ANSWER_S
from dermaroll.roller.study.running import finish_study
from dermaroll.roller.treatment.result import versions

pytest.importorskip("distributed")

STUDY = Study(
    title="on a cluster",
    axes={"load_n": {"from": 1, "to": 5, "steps": 40}, "passes": [2, 4, 6, 8]},
    fixed={"device": "mf-8"},
    region="6x6",
    outputs=["density_per_cm2", "peak_depth_um_mean"],
    part_seconds=0.1,
)


@contextmanager
def dask(*words):
    """A process of Dask's command line, with what it says."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dask", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process, pattern):
    for line in process.stderr:
        found = re.search(pattern, line)
        if found:
            return found[1]
    raise AssertionError(pattern)


@contextmanager
def cluster(workers=2):
    """A scheduler with workers: its address, its process, theirs."""
    host = ("--host", "127.0.0.1", "--no-dashboard")
    with dask("scheduler", *host, "--port", "0") as scheduler:
        address = said(scheduler, r"Scheduler at:\s+(tcp://\S+)")
        few = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        with dask("worker", address, *few) as one, dask("worker", address, *few) as two:
            for worker in (one, two):
                said(worker, r"(Registered to)")
            yield address, scheduler, [one, two][:workers]


def test_a_cluster_gives_the_same_files_though_a_worker_dies_and_then_the_scheduler(tmp_path):
    alone = run_study(STUDY, tmp_path / "alone", workers=1)
    killed = []

    with cluster() as (address, scheduler, workers):
        with (
            mock.patch("dermaroll.roller.study.cluster.versions", return_value=versions() | {"numpy": "1.0.0"}),
            pytest.raises(InputError, match=r"numpy 1\.0\.0 on every worker, as here; tcp://"),
        ):
            finish_study(STUDY, tmp_path / "other", scheduler=address)
        assert not (tmp_path / "other").exists()

        def kill_one(now):
            if now.parts_done == 2 and not killed:
                killed.append("worker")
                workers[0].send_signal(signal.SIGKILL)

        rows = run_study(STUDY, tmp_path / "cluster", scheduler=address, progress=kill_one)
        assert killed
        assert rows.equals(alone)

        def kill_scheduler(now):
            if now.parts_done == 3:
                scheduler.send_signal(signal.SIGKILL)

        start = time.monotonic()
        with pytest.raises(InputError, match="has gone; finished parts are kept"):
            finish_study(STUDY, tmp_path / "left", scheduler=address, progress=kill_scheduler)
        assert time.monotonic() - start < 60
    there = sorted(path.name for path in (tmp_path / "left" / "parts").iterdir())
    assert 3 <= len(there) < len(list((tmp_path / "alone" / "parts").iterdir()))
    run_study(STUDY, tmp_path / "left", workers=1)
    for path in sorted((tmp_path / "alone" / "parts").iterdir()):
        for folder in ("cluster", "left"):
            assert (tmp_path / folder / "parts" / path.name).read_bytes() == path.read_bytes()
    assert read_results(tmp_path / "left").equals(alone)


def test_without_distributed_the_extra_is_named(tmp_path):
    with mock.patch.dict(sys.modules, {"distributed": None}), pytest.raises(InputError, match=r"dermaroll\[cluster\]"):
        finish_study(STUDY, tmp_path / "out", scheduler="tcp://127.0.0.1:9")


def test_nobody_answers(tmp_path):
    assert ANSWER_S == 10
    with (
        mock.patch("dermaroll.roller.study.cluster.ANSWER_S", 0.5),
        pytest.raises(InputError, match=r"scheduler = 'tcp://.*' .* answers within 0\.5 s"),
    ):
        finish_study(STUDY, tmp_path / "out", scheduler="tcp://127.0.0.1:9")
    with pytest.raises(InputError, match="either workers or a scheduler"):
        finish_study(STUDY, tmp_path / "out", scheduler="tcp://127.0.0.1:9", workers=2)
    with pytest.raises(InputError, match=r"scheduler = 'nonsense'"):
        finish_study(STUDY, tmp_path / "out", scheduler="nonsense")
    assert not (tmp_path / "out").exists()
