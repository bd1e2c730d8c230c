"""Sweeps beside the bare calls of `treat`, the coordinating process at many settings, and the estimate of time.

    python scripts/benchmark_sweep.py [--bare 600] [--settings 1e3 1e4 1e5] [--estimate 8] [-o FILE.json]

Figures that are compared are taken in one run, in turn, and stated as ratios of medians; each sweep and each bare loop
has an interpreter of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from dermaroll.roller import Study
from dermaroll.roller.study.definition import settings_of
from dermaroll.roller.study.executor import process_pool, run_parts
from dermaroll.roller.study.folder import opened
from dermaroll.roller.study.parts import common_of, treat_setting, work_part
from dermaroll.roller.study.running import finish_study, parts_of, try_out

REPEATS = 3
FACE_MM = "173.2x173.2"  # 300 cm2


def real_study(settings: int) -> Study:
    """A study of single treatments of 4 cm2, in an order that gives every stretch the same work."""
    return Study(
        title="bare",
        axes={"load_n": {"from": 1, "to": 5, "steps": max(settings // 4, 2)}, "passes": [4, 8, 12, 16]},
        fixed={"device": "mf-8"},
        outputs=["density_per_cm2", "papillary_dermis_density_per_cm2", "peak_depth_um_mean", "surface_coverage"],
        part_seconds=1.0,
    )


def face_study(area_mm: str) -> Study:
    """A thousand settings, twenty replicates, one face."""
    return Study(
        title="face",
        axes={
            "device": ["mf-8", "cit-8"],
            "load_n": {"from": 1, "to": 5, "steps": 10},
            "site": ["cheek", "forehead", "chin", "nose", "eyelid"],
            "passes": [1, 2, 3, 4, 5, 6, 8, 10, 12, 16],
        },
        replicates=20,
        region=area_mm,
    )


def trivial(_: Any, setting: dict[str, Any]) -> dict[str, float]:
    """A model that costs nothing: what is left is the machinery."""
    return {"density_per_cm2": setting["load_n"]}


def bare(settings: int, share: int, shares: int) -> float:
    """Seconds of the calls of `treat` that one of some interpreters does."""
    study = real_study(settings)
    common = common_of(study)
    mine = settings_of(study).stretch(0, study.size)[share::shares]
    treat_setting(common, mine[0])
    start = time.perf_counter()
    for setting in mine:
        treat_setting(common, setting)
    return time.perf_counter() - start


def swept(settings: int, workers: int) -> tuple[float, float, float]:
    """Seconds of a sweep from its first part on, and from the start of the call; share that workers spent in parts."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        end = finish_study(real_study(settings), folder, workers=workers)
    return end.elapsed_s, time.perf_counter() - start, end.worked_s / end.elapsed_s / workers


def coordinated(settings: int) -> dict[str, float]:
    """Time and memory of the coordinating process with a model that costs nothing."""
    study = Study(
        axes={"load_n": np.linspace(1, 5, settings // 10), "passes": range(1, 11)},
        fixed={"device": "mf-8"},
        outputs=["density_per_cm2"],
    )
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        end = finish_study(study, folder, workers=2, work=partial(work_part, model=trivial))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"settings": study.size, "seconds": time.perf_counter() - start, "working_s": end.elapsed_s, "peak_mb": peak}


def estimated(parts: int, area_mm: str) -> dict[str, Any]:
    """Expected over measured time of parts drawn from the study of a face, before the first and half way through."""
    study, rng = face_study(area_mm), np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as out, process_pool(2) as crew, opened(study, out) as folder:
        every = list(range(len(folder.costs)))
        taken, worth = try_out(folder, every, crew, work_part)
        drawn = [int(number) for number in rng.choice(every, min(parts, len(every)), replace=False)]
        seconds = {part.number: done.seconds for part, done in run_parts(parts_of(folder, drawn), work_part, crew)}
        costs = dict(enumerate(folder.costs))
    before = sum(costs[number] for number in drawn) * taken / worth / sum(seconds.values())
    first, later = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
    rate = (taken + sum(seconds[n] for n in first)) / (worth + sum(costs[n] for n in first))
    refreshed = sum(costs[n] for n in later) * rate / sum(seconds[n] for n in later)
    return {
        "area_mm": area_mm,
        "settings": study.size,
        "replicates": study.replicates,
        "parts": len(every),
        "parts_run": len(drawn),
        "expected_over_measured": before,
        "refreshed_half_way": refreshed,
        "expected_hours_on_two_workers": sum(costs.values()) * taken / worth / 2 / 3600,
    }


def apart(*words: object) -> subprocess.Popen[str]:
    """Start a task of this program in an interpreter of its own."""
    command = [sys.executable, __file__, "--task", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def told(process: subprocess.Popen[str]) -> Any:
    """What a task says when it has ended."""
    text, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"a task failed: {process.args}")
    return json.loads(text)


def beside_bare(settings: int) -> dict[str, float]:
    """Speed-up of two workers over that of two interpreters, and what a sweep adds to the calls themselves."""
    speed, apart_speed, over, over_all, busy = [], [], [], [], []
    for _ in range(REPEATS):
        one = told(apart("bare", settings, 0, 1))
        two = max(told(process) for process in [apart("bare", settings, share, 2) for share in range(2)])
        alone, alone_all, _ = told(apart("swept", settings, 1))
        both, _, share = told(apart("swept", settings, 2))
        busy.append(share)
        speed.append(alone / both)
        apart_speed.append(one / two)
        over.append(alone / one)
        over_all.append(alone_all / one)
    return {
        "settings": settings,
        "speed_up_two_workers": statistics.median(speed),
        "speed_up_two_interpreters": statistics.median(apart_speed),
        "share_reached": statistics.median(speed) / statistics.median(apart_speed),
        "two_workers_busy": statistics.median(busy),
        "sweep_over_bare": statistics.median(over),
        "sweep_with_start_over_bare": statistics.median(over_all),
    }


TASKS = {"bare": bare, "swept": swept, "coordinated": coordinated}


def main() -> None:
    """Run all sections and write what was asked for."""
    parser = argparse.ArgumentParser(description="Sweeps beside the bare calls.")
    parser.add_argument("--bare", type=int, default=2000, help="settings of the sweep beside bare calls; 0 leaves out")
    parser.add_argument("--settings", type=float, nargs="*", default=[1e3, 1e4, 1e5], help="for the coordinator")
    parser.add_argument("--estimate", type=int, default=8, help="parts of the study of a face; 0 leaves out")
    parser.add_argument("--area-mm", default=FACE_MM, help="of the face")
    parser.add_argument("--task", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("-o", "--output", type=Path, help="JSON file")
    options = parser.parse_args()
    if options.task:
        print(json.dumps(TASKS[options.task[0]](*map(int, options.task[1:]))))
        return
    result: dict[str, Any] = {}
    if options.bare:
        result["beside_bare"] = beside_bare(options.bare)
    result["coordinator"] = [told(apart("coordinated", int(number))) for number in sorted(options.settings)]
    if options.estimate:
        result["estimate"] = estimated(options.estimate, options.area_mm)
    for name, found in result.items():
        for row in found if isinstance(found, list) else [found]:
            cells = (
                f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in row.items()
            )
            print(f"{name}: " + ", ".join(cells))
    if options.output is not None:
        options.output.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
