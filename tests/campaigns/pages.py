# ruff: noqa: E501 - tables of values
"""Reports and the live page with hostile names and requests: names stay text, answers are 200 or one line of refusal.

    python tests/campaigns/pages.py [--cases 1000] [--seed 0]

A case in ten writes a report whose device and site bear a hostile title, and counts its scripts beside those of a plain
one; the others ask a live page in a process of its own for what nobody should ask.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

TITLES = (
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<!--", "]]>", "--><svg onload=alert(1)>",
    '" onmouseover="alert(1)', "' autofocus onfocus='alert(1)", "{{7*7}}", "${7*7}", "{% raw %}", "$}$", "$\\frac$", "javascript:alert(1)",
    "&lt;script&gt;", "\u2028\u2029", "\u202eabc", "é" * 60, "x" * 60, "\\", "%00", "<style>*{display:none}</style>", "<base href=//x>",
)  # fmt: skip
VALUES = (
    None, True, "", "x", "\ud800", "\x1b[31m", [{"a": [1]}], 1e-320, -0.0, -1, 0, 1e308, -1e308, 10**30, 1.5, [], {}, [[]], [None], {"a": 1}, "<script>", "\u0000", "x" * 5000, [1] * 2000,
    "../../etc/passwd", "/dev/zero", "own.toml", "nan", 2**53, "1e999", ["mf-8"] * 50, "20x20", "1e9x1e9", "POLYGON((0 0, 1 1, 0 1, 0 0))",
)  # fmt: skip
BODIES = {
    "/api/treat": {"device": "c-8", "passes": 1, "load_n": 2.0, "region": "5x5", "depths_um": [0.0, 200.0], "seed": 0, "site": "cheek"},
    "/api/compare": {"devices": ["c-8", "mf-8"], "passes": 1, "region": "5x5", "depths_um": [0.0, 200.0], "seed": 0},
    "/api/programme": {"device": "mf-8", "sessions": 1, "interval_days": 30, "passes": 1, "region": "5x5", "depths_um": [0.0, 200.0]},
    "/api/view": {"devices": ["mf-8"], "detail": "first", "passes": 1, "region": "5x5", "depths_um": [0.0, 200.0]},
    "/api/report": {"devices": ["c-8"], "passes": 1, "region": "4x4", "depths_um": [0.0, 200.0]},
    "/api/zone": {"devices": ["mf-8"], "zone": "nowhere", "passes": 1, "seed": 3},
}  # fmt: skip
# Values that are right for some key, so that a request goes on to what is not.
FITTING = {
    "device": ("c-8", "dermapen-2012", "generic-stamp-1mm"), "devices": (["c-8"], ["mf-8", "dermapen-2012"], ["c-8", "mf-8", "cit-8"]),
    "passes": (1, 2, 4), "load_n": (0.5, 6.0), "pattern": ("one-way", "cross"), "lift": (True, False), "overlap": (0.0, 0.5), "slip": (0.1,),
    "speed_mm_s": (10.0, 200), "stretch": (0.1,), "uses": (3,), "protrusion_mm": (0.5, 1.5), "frequency_hz": (90.0,), "site": ("forehead",),
    "sex": ("male",), "age_years": (20, 80.5), "skin_colour": ("dark",), "region": ("3x3", "POLYGON((0 0, 4 0, 4 4, 0 0))"),
    "depths_um": ([0], [100.0, 300.0]), "replicates": (1, 2), "seed": (9,), "active": ("caffeine", None), "dose_ug_per_cm2": (50,),
    "film_um": (20.0,), "serum": ("15% 0.02ml",), "occluded": (True,), "aftermath": (True,), "sensitivity": (True,), "uncertainty": (False,),
    "figures": (["density_per_cm2"],), "sessions": (1, 3), "interval_days": (7, 30.5), "indication": ("acne-scars", None),
    "detail": ("first", "rest", "months"), "zone": ("chin", "nose"),
}  # fmt: skip
BODIES_OF_NOTHING = (
    "", "null", "[]", "1", '"x"', "{", "{}", "[" * 60_000, '{"a":' * 10_000, "NaN", '{"seed": NaN}', '{"seed": 1e999}', '{"seed": 1, "seed": 2}',
    '{"device": "\\ud800"}', "\ufeff{}", "{'a': 1}", '{"seed": ' + "9" * 9000 + "}", "{}" * 20, "\x00", b"\xff\xfe{}", "x" * 70_000,
)  # fmt: skip
HEADERS = (
    {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=latin-1"}, {"Content-Encoding": "gzip"}, {"Origin": "http://x"},
    {"Origin": "null"}, {"Host": "x"}, {"Sec-Fetch-Site": "cross-site"}, {"dermaroll-client": "x" * 200, "dermaroll-number": "1"},
    {"dermaroll-client": "a", "dermaroll-number": "-1"}, {"dermaroll-client": "a", "dermaroll-number": "\xb2"}, {"X": "y" * 9000},
)  # fmt: skip
BUSY = 503  # a legal answer of one line: the work was too long, or there was too much of it
SERVE = (
    "from dermaroll.viz.app.opening import open_app\nif __name__ == '__main__':\n    open_app({port}, browser=False)\n"
)


def report_of(title):
    """A report on a device and a site of this title."""
    from dermaroll import Technique, device, site, treat
    from dermaroll.viz.page.writing import write_page

    roller, skin = device("c-8").model_copy(update={"title": title}), site("cheek").model_copy(update={"title": title})
    told = treat(roller, skin, Technique(passes=1), region="4x4", depths_um=[0.0, 200.0], active="caffeine")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.html"
        write_page(told, path)
        return path.read_text(encoding="utf-8")


def shape(page):
    """What a browser would run or load: numbers of tags that matter, of handlers, of addresses."""
    kept = re.sub(r"<script\b[^>]*>.*?</script\s*>", lambda found: found[0][:8], page, flags=re.DOTALL | re.IGNORECASE)
    tags = Counter(tag.lower() for tag in re.findall(r"<([A-Za-z]+)\b", kept))
    handlers = len(re.findall(r"<[A-Za-z][^>]*?\son\w+\s*=", kept))
    return {name: tags[name] for name in ("script", "img", "svg", "style", "base", "iframe", "link")}, handlers


def reports(cases, rng, tell):
    """Reports whose titles must change nothing of what is run or loaded."""
    found, plain = Counter(), shape(report_of("plain"))
    for number in range(cases):
        title = "".join(rng.choice(TITLES, rng.integers(1, 3)))[:110]
        try:
            same = shape(report_of(title)) == plain
        except Exception as error:
            found["wrong: " + type(error).__name__] += 1
            tell(f"report {number}: {title!r}: {error}")
            continue
        found["reports"] += 1
        if not same:
            found["wrong: shape"] += 1
            tell(f"report {number}: {title!r} changes the page")
    return found


def requests(cases, rng, tell):
    """Requests that the live page must answer with 200 or one line, and then end without a word."""
    found = Counter()
    with tempfile.TemporaryDirectory() as folder, socket.socket() as some:
        some.bind(("127.0.0.1", 0))
        port = some.getsockname()[1]
        some.close()
        program = Path(folder) / "serve.py"
        program.write_text(SERVE.format(port=port))
        server = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        server.stdout.readline()
        try:
            for number in range(cases):
                path, raw, headers = asked(rng)
                status, answer = ask(port, path, raw, headers)
                found[f"status {status}"] += 1
                if wrong := judged(path, status, answer):
                    found[f"wrong: {wrong}"] += 1
                    tell(f"request {number}: {wrong}: {path} {headers} {raw[:300]!r}: {status} {answer[:300]!r}")
        finally:
            server.send_signal(signal.SIGINT)
            _, words = server.communicate(timeout=600)
        if words:
            found["wrong: words at the end"] += 1
            tell(words[-1000:])
    return found


def asked(rng):
    """Where is asked, the body, and headers."""
    path = str(rng.choice(list(BODIES)))
    if rng.random() < 0.1:
        return path, BODIES_OF_NOTHING[rng.integers(len(BODIES_OF_NOTHING))], {}
    body = dict(BODIES[path])
    for _ in range(rng.integers(1, 5)):
        if rng.random() < 0.55:
            key = str(rng.choice(list(FITTING)))
            body[key] = FITTING[key][rng.integers(len(FITTING[key]))]
        else:
            key = str(rng.choice([*body, *body, *FITTING, "x", "technique", "__class__", "\x1b[31m", "é" * 400]))
            body[key] = VALUES[rng.integers(len(VALUES))]
    raw = json.dumps(body)
    if rng.random() < 0.1:
        raw = raw[: int(rng.integers(len(raw)))]
    return path, raw, HEADERS[rng.integers(len(HEADERS))] if rng.random() < 0.1 else {}


def judged(path, status, answer):
    """What is wrong with an answer, empty if nothing is."""
    if b"Traceback" in answer:
        return "traceback"
    if status == 200:
        if path == "/api/report":
            return "" if answer.rstrip().endswith(b"</html>") else "no whole page"
        try:
            for line in answer.splitlines() if path == "/api/zone" else [answer]:
                json.loads(line, parse_constant=int)  # which no NaN survives
        except ValueError:
            return "no JSON"
        return ""
    if not 400 <= status <= 499 and status != BUSY:
        return f"status {status}"
    told = json.loads(answer)["error"] if answer.startswith(b"{") else answer.decode()
    return "" if len(told) <= 600 and told.strip().isprintable() else "more than a line"


def ask(port, path, raw, headers):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        line.request(
            "POST", path, raw.encode() if isinstance(raw, str) else raw, {"Content-Type": "application/json"} | headers
        )
        answer = line.getresponse()
        return answer.status, answer.read()
    finally:
        line.close()


def run(cases, seed, tell=print):
    """Count both parts."""
    rng = np.random.default_rng(seed)
    few = max(cases // 10, 1)
    return reports(few, rng, tell) + requests(cases - few, rng, tell)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    begin = time.perf_counter()
    found = run(options.cases, options.seed)
    print(f"pages: {dict(found)}, {time.perf_counter() - begin:.0f} s")
    return int(any(name.startswith("wrong") for name in found))


if __name__ == "__main__":
    sys.exit(main())
