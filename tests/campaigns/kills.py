"""Sweeps and files under kills, stops and damage: what is whole afterwards is what an undisturbed run gives.

    python tests/campaigns/kills.py [--kills 100] [--seed 0]

Each round kills a sweep at a random moment (TERM, INT, KILL, KILL of a worker), now and then damages a part, a manifest
or the description, and goes on; at the end, and whenever a round is let run through, all rows are those of the
undisturbed run, or what is damaged was named. Nothing half-written may stay but what KILL leaves, which the next run
must not mind.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

COMMAND = Path(sys.executable).with_name("dermaroll")
STUDY = """region = "5x5"
part_seconds = 0.1
outputs = ["density_per_cm2", "peak_depth_um_mean"]
[axes]
load_n = { from = 1, to = 5, steps = 60 }
passes = [1, 2]
[fixed]
device = "mf-8"
"""
WAYS = ("TERM", "INT", "KILL", "worker", "stopped", "none")


def sweep(folder, out):
    words = [COMMAND, "sweep", "study.toml", "--out", out, "--workers", "2"]
    return subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def workers_of(process):
    try:
        kids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return [int(kid) for kid in kids if b"spawn_main" in Path(f"/proc/{kid}/cmdline").read_bytes()]
    except OSError:
        return []


def parts(folder):
    return {path.name: path.read_bytes() for path in sorted((folder / "parts").glob("part-*.parquet"))}


def spent_s(process):
    """Time of the processor that a process and its workers have taken, whatever else the machine does."""
    ticks = 0
    for number in (process.pid, *workers_of(process)):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def disturb(process, way, seconds):
    """Let a sweep take so much of the processor, then do to it what is asked; its exit code and what it said."""
    while spent_s(process) < seconds and process.poll() is None:
        time.sleep(0.02)
    crew = workers_of(process)
    if process.poll() is None:
        if way in ("worker", "stopped") and crew:
            os.kill(crew[0], signal.SIGKILL if way == "worker" else signal.SIGSTOP)
            if way == "stopped":
                process.send_signal(signal.SIGINT)
        elif way in ("TERM", "INT", "KILL"):
            process.send_signal(getattr(signal, f"SIG{way}"))
    _, told = process.communicate(timeout=1200)
    return process.returncode, told


def damage(rng, out):
    """Damage a file of the results: bytes flipped, cut short, emptied, one part over another."""
    files = sorted((out / "parts").glob("part-*.parquet"))
    if not files:
        return ""
    path = files[rng.integers(len(files))]
    content = bytearray(path.read_bytes())
    kind = str(rng.choice(["flip", "cut", "empty", "copy", "lost"]))
    match kind:
        case "flip" if content:
            content[int(rng.integers(len(content)))] ^= 0x55
        case "cut":
            content = content[: len(content) // 2]
        case "empty":
            content = bytearray()
        case "copy":
            content = bytearray(files[rng.integers(len(files))].read_bytes())
    if kind == "lost":
        path.unlink()
    else:
        path.write_bytes(content)
    return kind


def run(kills, seed, tell=print, patience=np.inf):
    """Count rounds by what was done, and what was wrong."""
    rng, found, begin = np.random.default_rng(seed), Counter(), time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "study.toml").write_text(STUDY)
        process = sweep(folder, "whole")
        code, told = disturb(process, "none", 0)
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        longest = usage.ru_utime + usage.ru_stime
        whole = parts(folder / "whole")
        assert code == 0, told
        out, done = folder / "out", 0
        while done < kills and time.perf_counter() - begin < patience:
            if rng.random() < 0.15:
                subprocess.run(["rm", "-rf", out], check=True)
            way = str(rng.choice(WAYS[:5] if rng.random() < 0.85 else WAYS[5:]))
            process = sweep(folder, "out")
            code, told = disturb(process, way, float(rng.uniform(0, longest)))
            done += way != "none"
            found[way] += 1
            wrong = []
            if "Traceback" in told or code == 70:
                wrong.append("traceback")
            if code not in (0, 130, 143, -signal.SIGINT, -signal.SIGTERM, -signal.SIGKILL):
                wrong.append(f"exit {code}")
            if code == 0 and parts(out) != whole:
                wrong.append("other rows")
            if any(content != whole[part] for part, content in parts(out).items()):
                wrong.append("a part that is not whole")
            if code not in (-signal.SIGKILL, 0) and list(out.glob("**/.*-dermaroll-*")):
                wrong.append("half-written")
            for what in wrong:
                found[f"wrong: {what}"] += 1
                tell(f"{what} after {way}, exit {code}: {told[-400:]}")
            if rng.random() < 0.3 and (kind := damage(rng, out)):
                found[f"damage: {kind}"] += 1
                code, told = disturb(sweep(folder, "out"), "none", 0)
                if code != 0 or parts(out) != whole:
                    found["wrong: damage not mended"] += 1
                    tell(f"{kind} not mended, exit {code}: {told[-400:]}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--patience", type=float, default=np.inf, help="seconds")
    options = parser.parse_args()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's job in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    begin = time.perf_counter()
    found = run(options.kills, options.seed, patience=options.patience)
    print(f"kills: {dict(found)}, {time.perf_counter() - begin:.0f} s")
    return int(any(name.startswith("wrong") for name in found))


if __name__ == "__main__":
    sys.exit(main())
