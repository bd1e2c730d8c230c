"""What a person reads: every command at 80 columns, to a terminal and piped; names and the answer first."""

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

QUICK = ["--area-mm", "12x12", "--passes", "3"]
THREE = ["generic-0.3mm", "cit-8", "mf-8"]
PLAN = ["--device", "cit-8", "--device", "c-8", "--channels", "papillary-dermis:60", "--area-mm", "8x8"]
PLAN += ["--replicates", "10", "--most-passes", "8"]
COMMANDS = {
    "devices": ["devices"],
    "devices --long": ["devices", "--long"],
    "device": ["devices", "mf-8"],
    "sites": ["sites"],
    "sites --long": ["sites", "--long"],
    "site": ["sites", "eye"],
    "actives": ["actives"],
    "actives --long": ["actives", "--long"],
    "active": ["actives", "vitamin c"],
    "indications": ["indications"],
    "indications --long": ["indications", "--long"],
    "indication": ["indications", "striae"],
    "figures": ["figures"],
    "coverage": ["coverage", "mf-8", "--site", "eye", *QUICK],
    "coverage --long": ["coverage", "mf-8", *QUICK, "--long", "--aftermath", "--replicates", "2"],
    "coverage on sites": ["coverage", "mf-8", "--site", "cheek", "--site", "periorbital", *QUICK],
    "compare": ["compare", *THREE, *QUICK, "--replicates", "2"],
    "compare on sites": ["compare", *THREE, "--site", "cheek", "--site", "eyelid", *QUICK, "--long"],
    "programme": ["programme", "--indication", "acne-scars", "--area-mm", "12x12"],
    "plan": ["plan", *PLAN],
    "validate": ["validate"],
    "validate --long": ["validate", "--long"],
    **{f"{name} -h": [*name.split(), "-h"] for name in ("", "coverage", "compare", "plan", "sweep", "view", "export")},
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_no_line_is_wider_than_80(words, run_here, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = run_here(*words)
    assert done.returncode in (0, 1), done
    for line in [*done.stdout.splitlines(), *done.stderr.splitlines()]:
        assert len(line) <= 80, line


@pytest.mark.parametrize("width", [80, 200])
def test_a_terminal_shows_what_a_pipe_gets(width):
    """By a pseudo-terminal: the same lines, none wider than the terminal, no control signs left in the answer."""
    command = [str(Path(sys.executable).with_name("dermaroll")), "compare", *THREE, *QUICK]
    env = {**os.environ, "COLUMNS": str(width), "TERM": "xterm"}
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=env) as running:
        os.close(theirs)
        shown = b""
        try:
            while more := os.read(ours, 65536):
                shown += more
        except OSError:  # so a terminal says that its other end is closed
            pass
    os.close(ours)
    assert running.returncode == 0
    lines = shown.decode().replace("\r\n", "\n").splitlines()
    assert max(map(len, lines)) <= width
    assert "\x1b" not in "".join(lines)
    piped = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
    assert piped.stdout.splitlines() == lines


def test_three_devices_stand_side_by_side_with_few_lines_beside_them(run_here, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = run_here("compare", *THREE, "--area-mm", "12x12")
    assert len(done.stderr.splitlines()) <= 8
    assert done.stdout.startswith("Deepest: ")
    (names,) = [line for line in done.stdout.splitlines() if line.startswith("name in the catalogue")]
    assert names.split()[-3:] == THREE


def test_the_answer_is_first_and_the_alert_that_matters_is_there(run_here):
    done = run_here("coverage", "mf-8", "--site", "eyelid", "--area-mm", "12x12")
    assert re.match(r"Dermaroller MF-8 leaves \d+ channels per cm2 in the skin of the eyelid, ", done.stdout)
    first, *_ = done.stderr.splitlines()
    assert re.fullmatch(r"alert: mf-8: \d+ of \d+ channels end below the 0.72 mm of skin of the eyelid", first)


def test_a_nickname_of_a_site_is_told(run_here):
    assert (
        "site periorbital: taken as Eyelid (eyelid)"
        in run_here("coverage", "mf-8", "--site", "periorbital", *QUICK).stderr
    )
    assert "taken as" not in run_here("coverage", "mf-8", "--site", "Upper lip", *QUICK).stderr
    assert "periorbital" in run_here("sites").stdout


def test_several_sites_make_one_table_and_one_object(run_here, tmp_path):
    import json

    import pandas

    sites = ["--site", "cheek", "--site", "forehead", "--site", "eyelid"]
    table = tmp_path / "out.csv"
    done = run_here("coverage", "mf-8", *sites, *QUICK, "--format", "json", "-o", str(table))
    places = [entry["inputs"]["site"]["name"] for entry in json.loads(done.stdout)["devices"]]
    assert places == ["cheek", "forehead", "eyelid"]
    assert list(pandas.read_csv(table)["site"].unique()) == places
    both = run_here("compare", "mf-8", "cit-8", *sites, *QUICK, "--format", "json")
    content = json.loads(both.stdout)
    pairs = [(one["inputs"]["device"]["name"], one["inputs"]["site"]["name"]) for one in content["devices"]]
    assert pairs == [(name, place) for name in ("mf-8", "cit-8") for place in places]
    (row,) = [row for row in content["differences"] if row["quantity"] == "peak_depth_um_mean"]
    values = row["values"]
    # Each is held against the first device on the same skin.
    assert row["ratio_to_first"] == pytest.approx([1, 1, 1, *(values[3 + at] / values[at] for at in range(3))])
    assert "one site" in run_here("plan", "--channels", "papillary-dermis:60", *sites[:4]).stderr
    assert "each once" in run_here("compare", "mf-8", "cit-8", "--site", "eye", "--site", "eyelid", *QUICK).stderr
