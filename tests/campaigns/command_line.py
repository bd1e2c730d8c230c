# ruff: noqa: E501, SIM905 - tables of words
"""The command line with hostile words and files: exits of 0, 1, 2; refusals of one line; nothing left behind.

    python tests/campaigns/command_line.py [--cases 10000] [--seed 0] [--only NUMBER] [--kind words|toml]

Cases run inside this process, a folder each: what that does not try is the start of the interpreter, closed streams and
signals (`kills.py` does). A case follows from the seed and its number.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import io
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import trimesh
import typer
from dermaroll.roller.cli import __main__ as door
from dermaroll.roller.cli.__main__ import INTERRUPTED
from dermaroll.roller.cli.app import app

# The parser is the same for every case, and building it takes longer than most of them.
typer.main.get_command = functools.cache(typer.main.get_command)
PATIENCE_S = 10  # of the processor's time: a legal request may take longer than the campaign is willing to spend
STUCK_S = 300  # by the clock, with less of the processor's time than that: nothing is going on
MEMORY_GB = 2.0
LONGEST = 600 + len("error: ")
QUICK = ("--area-mm", "4x4", "--passes", "1", "--depths", "0:400:200")
BASES = (
    ("coverage", "mf-8", *QUICK),
    ("coverage", "dermapen-2012", *QUICK),
    ("coverage", "generic-stamp-1mm", *QUICK),
    ("coverage", "mf-8", "--surface", "forearm", "--zone", "forearm", "--passes", "1"),
    ("coverage", "mf-8", "--surface", "body.stl", "--zone", "all", "--passes", "1"),
    ("compare", "mf-8", "c-8", *QUICK),
    ("programme", "--sessions", "2", *QUICK),
    ("plan", "--channels", "papillary-dermis:50", "--device", "mf-8", "--replicates", "20", "--most-passes", "2"),
    ("sweep", "study.toml", "--out", "out", "--workers", "1"),
    ("devices", "mf-8"),
    ("sites", "cheek"),
    ("actives",),
    ("indications",),
    ("figures", "density"),
    ("template", "device"),
    ("export", "c-8", "-o", "x.stl"),
    ("view", "mf-8", "--screenshot", "x.png", "--size", "96x64", *QUICK),
)
OPTIONS = (
    "--site --age --sex --skin-colour --area-mm --replicates --seed --depths --passes --pattern --load --overlap --slip --speed "
    "--stretch --uses --protrusion --frequency --drag-speed --spacing --stamps-per-s --active --dose --film --serum "
    "--format -o --report --for --plot --cite --surface --unit --zone --sessions --every --plan --indication --channels "
    "--coverage --most-gap --most-share --most-bleeding --most-pain --certainty --use --free --most-load --out --table "
    "--scheduler --tls-ca --size --movie --part --bore-mm --no-lift --lift --occluded --sensitivity --long --nonsense --x= -"
).split()
NUMBERS = (
    "0", "-1", "1", "2", "1.5", "1e9", "-1e400", "1e-320", "nan", "inf", "-inf", "0x10", "1_000", "１２", "1e", "", " 1",
    "9" * 30, "9" * 5000, "true", "None", "3,5", "1:2:3", "0:1e9:1", "5:0:1", "::", "0:400:0",
)  # fmt: skip
TEXTS = (
    "x", "mf-8", "cheek", "\0", "\x1b[31mred\x1b[0m", "\u202eabc", "a\nb", "é" * 300, "x" * 4000, "$}$", "<script>", "../..", "/",
    ".", "..", "/dev/zero", "/dev/full", "/dev/null", "/proc/self/mem", "own.toml", "half.toml", "deep.toml", "binary.toml",
    "study.toml", "x.csv", "x.json", "x.nc", "x.parquet", "none/x.csv", "x.svg", "area.geojson", "area.svg", "body.stl",
    "half.stl", "text.obj", "nan.stl", "%s%n", "{0}", "--", "-", "~", "$HOME", "tcp://x", "tls://127.0.0.1:1x", "surrogate\udcff",
    "POLYGON((0 0, 4 0, 4 4, 0 0))", "POLYGON((0 0, nan 0, 4 4, 0 0))", "POLYGON EMPTY", "POLYGON((0 0, 4 4, 0 4, 4 0, 0 0))",
    "POINT(1 1)", "CURVEPOLYGON((0 0, 1 1, 1 0, 0 0))", "POLYGON Z((0 0 1, 4 0 1, 4 4 1, 0 0 1))", "4x4", "0x0", "1e9x1e9",
    "4x4x4", "15% 0.5ml", "caffeine", "star", "papillary-dermis:50", "papillary-dermis:x", "200:0.5", "x=load_n",
)  # fmt: skip

# What fits an option, so that a command goes on to what does not; options without a row here take numbers.
FITTING = {
    "site": ("cheek", "forehead", "Crow's feet", "good-site.toml"), "passes": ("1", "2", "3"), "load": ("0.2", "3", "12"),
    "pattern": ("one-way", "star", "back-and-forth", "cross"), "overlap": ("0", "0.5", "0.95"), "slip": ("0", "0.3", "-0.2"),
    "speed": ("1", "300"), "stretch": ("0.2",), "uses": ("0", "50"), "protrusion": ("0.25", "1.5", "2.5"), "frequency": ("60", "150"),
    "drag-speed": ("5", "60"), "spacing": ("0.2", "2"), "stamps-per-s": ("0.5", "4"), "age": ("1", "35", "85"), "sex": ("female", "male"),
    "skin-colour": ("light", "dark"), "region": ("3x3", "1x6", "area.geojson", "area.svg", "POLYGON((0 0, 4 0, 4 4, 0 0))"),
    "replicates": ("1", "2", "3"), "seed": ("7", "123456789"), "depths": ("0:300:100", "10:11:0.5"), "most-passes": ("1", "3"),
    "active": ("caffeine", "good-active.toml", "Ascorbic acid"), "dose": ("1", "500"), "film": ("10", "1000"), "serum": ("15% 0.02ml",),
    "format": ("json", "csv", "table", "toml"), "output": ("x.csv", "x.json", "x.parquet", "x.nc", "x.stl", "x.glb", "x.3mf", "x.ply", "x.vtp"),
    "report": ("x.html",), "for": ("patient", "clinic"), "plot": ("x.svg", "x.png", "x.pdf", "x=load_n,y=density_per_cm2"), "cite": ("x.bib",),
    "surface": ("forearm", "body.stl", "ball.stl"), "unit": ("mm", "cm", "m"), "zone": ("forearm", "all", "zones.toml"), "sessions": ("1", "3"),
    "every": ("7", "28.5"), "interval": ("14",), "indication": ("acne-scars", "wrinkles"), "plan": ("good-sessions.toml",),
    "channels": ("papillary-dermis:50", "reticular-dermis:1"), "coverage": ("200:0.02",), "most-gap": ("2",), "certainty": ("0.5",),
    "most-share": ("hypodermis:0.1",), "most-bleeding": ("pinpoint",), "most-pain": ("1",), "device": ("c-8", "good-device.toml", "dermapen-2012"),
    "use": ("home", "professional"), "kind": ("roller", "pen", "stamp"), "free": ("mf-8",), "most-load": ("2", "6"), "equal-density": ("50", "400"),
    "workers": ("0", "1"), "table": ("rows.csv", "rows.parquet"), "chart": ("x.svg",), "size": ("64x64", "65x300"), "view": ("roller", "cut"),
    "colour-by": ("pass",), "quantity": ("density_per_cm2", "peak_depth_um_mean"), "on": ("forearm", "nowhere"), "part": ("roller", "skin", "channels"),
    "bore-mm": ("3", "8"), "screenshot": ("x.png", "x.jpg"), "sheet": ("x.png",), "movie": ("x.gif",), "out": ("out", "out2"),
}  # fmt: skip
DEAR = ("view", "export", "plan")
PLAIN = ("devices", "sites", "actives", "indications", "figures", "template")
SHARES = np.array([0.3 if base[0] in DEAR else 0.4 if base[0] in PLAIN else 1.0 for base in BASES])
HEAVY = ("movie", "sheet", "scheduler")  # tried with words that fit no option only


@functools.cache
def files():
    """Files that commands may be pointed at, good and bad: content by name."""
    triangle = "solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex {0} 0 0\nvertex 0 40 0\nendloop\nendfacet\nendsolid x\n"
    texts = {
        "own.toml": 'kind = "needle"\nlength_mm = nan\n',
        "half.toml": 'kind = "needle"\nlength_mm =',
        "deep.toml": "a = " + "[" * 500 + "]" * 500,
        "study.toml": 'region = "4x4"\noutputs = ["density_per_cm2"]\n[axes]\ndevice = ["mf-8"]\nload_n = [1, 2]\n',
        "area.geojson": '{"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 0]]]}',
        "area.svg": '<svg width="40mm"><path d="M0 0 H9 V9 Z"/></svg>',
        "body.stl": triangle.format(40),
        "zones.toml": '[[zone]]\nname = "top"\nsite = "cheek"\nbone_depth_mm = 4.5\naround = { point_mm = [0.0, 0.0, 60.0], radius_mm = 30.0 }\n',
        "nan.stl": triangle.format("nan"),
        "half.stl": triangle.format(40)[:60],
        "text.obj": "v 0 0 0\nv 1 0 0\nf 1 2 9\n",
    }
    texts |= {f"good-{kind}.toml": template_of(kind) for kind in ("device", "site", "active", "sessions")}
    found = {name: text.encode() for name, text in texts.items()} | {"binary.toml": bytes(range(256))}
    return found | {"ball.stl": trimesh.creation.icosphere(subdivisions=2, radius=60).export(file_type="stl")}


@functools.cache
def options_of(command):
    """Options of a command as the parser has them: name, and whether it takes a value."""
    found = typer.main.get_command(app).commands[command].params
    return [(max(one.opts, key=len), not one.is_flag) for one in found if one.opts[0].startswith("-")]


def fitted_of(rng):
    """A command with options of its own, most of them with what fits; one hostile word in it at most."""
    words = list(BASES[rng.choice(len(BASES), p=SHARES / SHARES.sum())])
    options = [one for one in options_of(words[0]) if one[0].lstrip("-") not in HEAVY]
    hostile = int(rng.integers(8))  # among those that are put in, or none
    for number in range(rng.integers(1, 6) if options else 0):
        option, valued = options[rng.integers(len(options))]
        if not valued:
            words.append(option)
            continue
        fitting = FITTING.get(option.lstrip("-"), NUMBERS)
        value = rng.choice(fitting if number != hostile else NUMBERS if rng.random() < 0.5 else TEXTS)
        words += [option, str(value)]
    return words


def words_of(rng):
    """A command with words changed, left out, doubled or put in."""
    if rng.random() < 0.5:
        return fitted_of(rng)
    words = list(BASES[rng.choice(len(BASES), p=SHARES / SHARES.sum())])
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(1, len(words) + 1))
        value = str(rng.choice(NUMBERS if rng.random() < 0.5 else TEXTS))
        match rng.integers(6):
            case 0 if place < len(words):
                words[place] = value
            case 1 if place < len(words):
                del words[place]
            case 2:
                words.insert(place, value)
            case _:
                words += [str(rng.choice(OPTIONS)), value]
    return words


def toml_of(rng):
    """A template or a record with its lines broken, and the command that reads it."""
    kinds = (("device", ("coverage", "bad.toml")), ("site", ("coverage", "mf-8", "--site", "bad.toml")),
             ("active", ("coverage", "mf-8", "--active", "bad.toml")), ("goal", ("plan", "bad.toml", "--device", "mf-8", "--replicates", "20", "--most-passes", "2")),
             ("sessions", ("programme", "--plan", "bad.toml")),
             ("study", ("sweep", "bad.toml", "--out", "out", "--workers", "1")))  # fmt: skip
    kind, command = kinds[rng.integers(len(kinds))]
    lines = template_of(kind).splitlines()
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(len(lines)))
        key, _, value = lines[place].partition("=")
        values = ('"x"', "true", "nan", "inf", "-1", "1e400", "9" * 30, "[]", "{}", '[1, "x"]', "1979-05-27", "07:32:00", '""',
                  '"\\u0000"', '"\\u001b[31m"', f'"{"x" * 3000}"', "[[[[1]]]]", '{a = 1}', "0x7f", "'''\nx'''", "")  # fmt: skip
        match rng.integers(5):
            case 0:
                lines[place] = lines[place][: int(rng.integers(len(lines[place]) + 1))]
            case 1:
                del lines[place]
                lines = lines or [""]
            case 2:
                lines.insert(place, f"{rng.choice(['length_mm', 'x', 'a.b', 'título'])} = {rng.choice(values)}")
            case _ if value:
                lines[place] = f"{key}= {rng.choice(values)}"
    Path("bad.toml").write_text("\n".join(lines), encoding="utf-8")
    quick = QUICK if command[0] in ("coverage", "programme") else ()
    return [*command, *quick]


TEMPLATES: dict[str, str] = {}


def template_of(kind):
    """The template of a kind, as the command prints it."""
    if kind not in TEMPLATES:
        TEMPLATES[kind] = called(["template", kind])[1]
    return TEMPLATES[kind]


def called(words):
    """Exit code, stdout and stderr of a command inside this process."""
    out, err = io.StringIO(), io.StringIO()
    before, environment = sys.argv, dict(os.environ)
    sys.argv = ["dermaroll", *words]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                code = door.exit_code()
            except SystemExit as error:
                code = error.code
    finally:
        sys.argv = before
        os.environ.clear()
        os.environ.update(environment)
    return code, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def bounded():
    """Interrupt what takes too long; yields a list that is empty unless it was stuck."""
    stuck = []

    def interrupt(number, frame):
        if number == signal.SIGALRM:
            stuck.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGPROF, interrupt)
    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE_S)
    signal.alarm(STUCK_S)
    try:
        yield stuck
    finally:
        signal.alarm(0)
        signal.setitimer(signal.ITIMER_PROF, 0)


def heaviest_gb():
    """The most memory that this process and what it started ever held [GB]."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in whose) / 1e6


def judged(code, out, err):
    """What is wrong with how a command ended, empty if nothing is."""
    if "Traceback" in err or code == 70:
        return "traceback"
    if code not in (0, 1, 2, None):
        return f"exit {code}"
    errors = [line for line in err.splitlines() if line.startswith("error: ")]
    if code == 2:
        if len(errors) != 1 or err.splitlines()[-1] != errors[0]:
            return "not one line"
        if len(errors[0]) > LONGEST or not errors[0].isprintable():
            return "a line too long or not printable"
    return "escape" if "\x1b" in err + out else ""


def run_case(seed, number, kind):
    """Words of a case, and what is wrong with how they end."""
    rng = np.random.default_rng((seed, number))
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for name, content in files().items():
                Path(name).write_bytes(content)
            words = toml_of(rng) if kind == "toml" or (kind is None and number % 2) else words_of(rng)
            there = {path: path.read_bytes() for path in Path().iterdir() if path.is_file()}
            with bounded() as stuck:
                code, out, err = called(words)
            # Ctrl-C ends a legal request that takes longer than the campaign is willing to spend; it leaves nothing either.
            wrong = "stuck" if stuck else "" if code == INTERRUPTED else judged(code, out, err)
            wrong = wrong or ("over 2 GB" if heaviest_gb() > MEMORY_GB else "")
            # A file that is only named as where to write may be written to, if the command says that it was.
            asked = {Path(word) for word in words if words.count(word) == 1 and f"wrote {word}" in err.splitlines()}
            changed = [
                path
                for path, content in there.items()
                if path not in asked and (not path.is_file() or path.read_bytes() != content)
            ]
            left = list(Path().rglob("*-dermaroll-*"))
        finally:
            os.chdir(before)
    return words, code, wrong or ("overwritten" if changed else "half-written" if left else ""), err


def run(cases, seed, kind=None, first=0, patience=np.inf, tell=print):
    """Count ends of so many cases; tell what is wrong."""
    found, begin = Counter(), time.perf_counter()
    for number in range(first, first + cases):
        words, code, wrong, err = run_case(seed, number, kind)
        found[f"exit {code}"] += 1
        if wrong:
            found[wrong] += 1
            found["wrong"] += 1
            tell(f"{number}: {wrong}: {' '.join(map(repr, words))[:400]}\n    {err.strip()[-400:]}")
        if time.perf_counter() - begin > patience:
            break
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--patience", type=float, default=np.inf, help="seconds")
    parser.add_argument("--kind", choices=("words", "toml"))
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    if options.only is not None:
        print(*run_case(options.seed, options.only, options.kind), sep="\n")
        return 0
    begin = time.perf_counter()
    found = run(options.cases, options.seed, options.kind, options.first, options.patience)
    seconds = f"{time.perf_counter() - begin:.0f} s, {time.process_time():.0f} s of the processor"
    print(f"command line: {dict(found)}, {seconds}, at most {heaviest_gb():.2f} GB")
    return int(bool(found["wrong"]))


if __name__ == "__main__":
    sys.exit(main())
