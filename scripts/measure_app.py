"""Measure the live page: how soon answers and picture are there, twenty clients at once, memory, and the first load.

Needs the extra `app`, Chromium, and playwright. `python scripts/measure_app.py -o measured.json`; what else the machine
does at the time counts in: the load average is told beside the figures.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
MOVES, CLIENTS = 40, 20
PAUSES_MS = (0, 150, 300, 450, 600)  # of a hand that moves on before the rest is there
WARM_S, LOAD_S = 10.0, 60.0

# A move, and the times [ms] at which numbers and charts of the first answer, the picture and the rest were there.
MOVE = """([slides, value, ...names]) => new Promise((done) => {
  const slider = document.querySelector(`[data-slides=${slides}]`);
  const marks = document.documentElement.dataset;
  const found = {};
  slider.value = value;
  const began = performance.now();
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const own = marks.asked;
  const look = () => {
    for (const name of names) {
      if (found[name] === undefined && Number(marks[name]) >= Number(own)) found[name] = performance.now() - began;
    }
    if (names.some((name) => found[name] === undefined)) setTimeout(look, 2);
    else done(found);
  };
  look();
})"""


def serve() -> tuple[subprocess.Popen[str], int]:
    """Start the server on a free port and wait until it is there."""
    with socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port = some.getsockname()[1]
    command = [sys.executable, "-m", "dermaroll.roller.cli", "app", "--no-browser", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    server.stdout.readline()
    return server, port


def in_the_browser(port: int, moves: int) -> dict[str, Any]:
    """Return the bytes of the first load, and seconds from a move to each answer."""
    sizes: list[int] = []
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length", 0))))
        page.goto(f"http://127.0.0.1:{port}/")
        while page.evaluate("document.documentElement.dataset.rest") != "1":
            page.wait_for_timeout(100)
        first_load = sum(sizes[:2])  # the page, and the first answer
        # Each value is a step of its slider that nobody has asked for before.
        loads = [round(3.1 + 0.1 * number, 1) for number in range(moves)]
        found = [page.evaluate(MOVE, ["load_n", load, "first", "scene", "rest"]) for load in loads]
        moving = []
        for number in range(moves):
            moving.append(page.evaluate(MOVE, ["slip", 0.01 * (number + 1), "first"])["first"])
            page.wait_for_timeout(PAUSES_MS[number % len(PAUSES_MS)])
        browser.close()
    told = {"first_load_bytes": first_load}
    for name in ("first", "scene", "rest", "first_while_moving"):
        times = np.array(moving if name == "first_while_moving" else [one[name] for one in found[2:]])
        told[f"{name}_least_ms"] = float(times.min())
        told |= {f"{name}_median_ms": float(np.median(times)), f"{name}_p95_ms": float(np.quantile(times, 0.95))}
    return told


def tree_of(parent: int) -> list[int]:
    """Return a process and all below it."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, level = [parent], [parent]
    while level:
        level = [child for child, above in parents.items() if above in level]
        found += level
    return found


def held_mb(parent: int) -> float:
    """Return what a process and all below it hold, shared pages by their share [MB]."""
    total = 0
    for process in tree_of(parent):
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def client(port: int, name: int, until: float, told: list[tuple[int, int, float]]) -> None:
    """Move a slider until a time: number, status and seconds of each answer."""
    draws, number = random.Random(name), 0
    started = time.monotonic_ns()  # a client of its own, whatever ran before
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    while time.monotonic() < until:
        number += 1
        body = {"devices": ["mf-8", "generic-0.5mm"], "load_n": round(draws.uniform(0.5, 8), 3), "detail": "first"}
        headers = {
            "Content-Type": "application/json",
            "Dermaroll-Client": f"client-{name}-{started}",
            "Dermaroll-Number": str(number),
        }
        began = time.monotonic()
        connection.request("POST", "/api/view", json.dumps(body), headers)
        answer = connection.getresponse()
        answer.read()
        told.append((number, answer.status, time.monotonic() - began))
    connection.close()


def many(server: subprocess.Popen[str], port: int, seconds: float) -> dict[str, Any]:
    """Return what twenty clients at once meet, and by how much the server grows."""

    def run(lasting: float) -> list[list[tuple[int, int, float]]]:
        told: list[list[tuple[int, int, float]]] = [[] for _ in range(CLIENTS)]
        until = time.monotonic() + lasting
        threads = [threading.Thread(target=client, args=(port, name, until, told[name])) for name in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return told

    run(WARM_S)
    before = held_mb(server.pid)
    told = [one for own in run(seconds) for one in own]
    fine = [seconds for _, status, seconds in told if status == 200]
    return {
        "clients": CLIENTS,
        "seconds": seconds,
        "answers": len(fine),
        "dropped": sum(status == 409 for _, status, _ in told),
        "errors": sum(status not in (200, 409) for _, status, _ in told),
        "answer_median_s": float(np.median(fine)) if fine else None,
        "held_mb": before,
        "growth_mb": held_mb(server.pid) - before,
    }


def main() -> None:
    """Measure, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=MOVES, choices=range(3, 70), metavar="3..69", help="of a slider")
    parser.add_argument("--seconds", type=float, default=LOAD_S, help="that the clients last")
    parser.add_argument("-o", "--output", type=Path, help="JSON of the figures")
    asked = parser.parse_args()
    server, port = serve()
    try:
        told = {"cores": os.cpu_count(), "load_average_before": os.getloadavg()[0]}
        told |= in_the_browser(port, asked.moves) | many(server, port, asked.seconds)
    finally:
        server.terminate()
        server.wait()
    for name, value in told.items():
        print(f"{name:>28}  {value:.4g}" if isinstance(value, float) else f"{name:>28}  {value}")
    if asked.output:
        asked.output.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
