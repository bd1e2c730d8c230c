"""Refusals: one line that a screen can show, with field, value, range and unit, the option parser's too."""

import contextlib
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from dermaroll.data.checks import LONGEST_LINE, InputError, line_of, printable, refuse
from dermaroll.roller.cli import __main__ as door
from dermaroll.roller.technique import technique_inputs

COMMAND = str(Path(sys.executable).with_name("dermaroll"))
QUICK = ["--area-mm", "6x6", "--passes", "1", "--depths", "0:500:250"]
NUMBERS = [entry for entry in technique_inputs() if entry.kind in (int, float)]


def refused(done):
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert len(line) <= LONGEST_LINE + len("error: ")
    return line


@pytest.mark.parametrize("entry", NUMBERS, ids=lambda entry: entry.name)
def test_what_is_no_number_is_refused_like_a_number_out_of_range(run_here, entry):
    line = refused(run_here("coverage", "mf-8", f"--{entry.option}", "many"))
    kind = "a whole number" if entry.kind is int else "a number"
    found = re.fullmatch(rf"error: {entry.name} = 'many' can't be used; allowed: {kind} between (\S+) and (.+)", line)
    assert found, line
    assert found[2].endswith(entry.unit)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["coverage", "mf-8", "--age", "old"], "age_years = 'old' can't be used; allowed: a number between 0 and 120"),
        (["coverage", "mf-8", "--dose", "much"], "dose_ug_per_cm2 = 'much' .* ug/cm2"),
        (["coverage", "mf-8", "--seed", "1e9"], "seed = '1e9' .* a whole number of at least 0"),
        (["coverage", "mf-8", "--replicates", "1.5"], "replicates = '1.5' .* a whole number between 1 and 10000"),
        (["coverage", "mf-8", "--format", "xml"], "format = 'xml' .*: table, json, csv"),
        (["plan", "--most-gap", "wide"], "most_gap_mm = 'wide' .* a number between 0.01 and 10 mm"),
        (["sweep", "x.toml", "--out", "y", "--workers", "x"], "workers = 'x' .* a whole number between 1 and 1024"),
        (["app", "--port", "http"], "port = 'http' .* a whole number between 1 and 65535"),
        (["coverage", "mf-8", "--passes"], "--passes' requires an argument; allowed: between 1 and 200"),
        (["coverage", "mf-8", "c-8"], "argument = 'c-8' can't be used; allowed: DEVICE and options"),
        (["programme", "mf-8"], "argument = 'mf-8' can't be used; allowed: options only, a device as --device NAME"),
    ],
)
def test_the_parser_names_field_value_range_and_unit(run_here, words, told):
    assert re.match(f"error: .*{told}", refused(run_here(*words)))


@pytest.mark.parametrize(
    "words", [["--passes"], ["--format"], ["--site"], ["--area-mm"], ["--depths"], ["-o"], ["--x"]]
)
def test_no_refusal_is_longer_than_a_screen(run_here, words):
    for value in ("x" * 5000, "\x1b[31mred\x1b[0m" * 100, "\u202e" * 700, "a\nb\r\tc" * 500):
        line = refused(run_here("coverage", "mf-8", *words, value))
        assert line.isprintable()
    line = refused(run_here("coverage", "\x1b[2J" * 900))
    assert line.isprintable()


def test_a_line_keeps_its_beginning_and_its_end():
    assert line_of("a\n b\t c") == "a b c"
    line = line_of("begin " + "x" * 5000 + " end")
    assert len(line) == LONGEST_LINE
    assert line.startswith("begin xx")
    assert line.endswith("xx end")
    assert str(refuse("field", "v" * 1000, "w" * 1000)).startswith("field = 'vvv")
    assert str(InputError("\x1b[31m\n\x00é")) == "\\x1b[31m \\x00é"
    assert printable("a\nb\x07") == "a\nb\\x07"


def test_the_name_of_a_file_moves_no_terminal(run_here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = run_here("coverage", "mf-8", *QUICK, "-o", "\x1b[31mred.csv")
    assert done.returncode == 0
    assert "wrote \\x1b[31mred.csv" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


def test_a_name_that_no_file_system_takes_is_refused_before_the_work(run_here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("n" * 250 + ".csv", "n" * 300 + ".json", "é" * 130 + ".nc"):
        line = refused(run_here("coverage", "mf-8", "--replicates", "10000", "-o", name))
        assert line.endswith("allowed: a name of at most 255 bytes")
    assert not list(tmp_path.iterdir())


def test_help_is_no_wider_than_sense(run_here, monkeypatch):
    monkeypatch.setenv("COLUMNS", "99999999")
    assert len(run_here("--help").stdout) < 1e6
    monkeypatch.setenv("COLUMNS", "9" * 40)
    assert len(run_here("--help").stdout) < 1e6


@pytest.mark.parametrize("address", ["x", "tcp://", "inproc://", "tcp://host", "tcp://host:99999", "tls://:1", "h:1x"])
def test_what_is_no_address_is_refused_at_once(run_here, tmp_path, monkeypatch, address):
    monkeypatch.chdir(tmp_path)
    Path("study.toml").write_text('region = "6x6"\noutputs = ["density_per_cm2"]\n[axes]\ndevice = ["mf-8"]\n')
    line = refused(run_here("sweep", "study.toml", "--out", "out", "--scheduler", address))
    assert line == f"error: scheduler = '{address}' can't be used; allowed: an address such as tcp://host:8786 or " + (
        "tls://host:8786"
    )
    assert not Path("out").exists()


def test_coordinates_that_are_no_numbers_are_refused_in_one_line(run_here):
    for text in (
        "POLYGON((0 0, nan 0, 5 5, 0 5, 0 0))",
        "POLYGON((0 0, inf 0, 5 5, 0 0))",
        "POLYGON((0 0, 1e400 0, 1 1))",
    ):
        assert "region" in refused(run_here("coverage", "mf-8", "--area-mm", text))


def told_to(number, *words, wait, cwd):
    process = subprocess.Popen(
        [COMMAND, *words], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    wait(process)
    process.send_signal(number)
    out, errors = process.communicate(timeout=60)
    return process.returncode, out, errors


def test_an_unfinished_file_goes_with_the_process_that_writes_it(tmp_path):
    def writing(process):
        while not list(tmp_path.glob(".x-*")):
            assert process.poll() is None
            time.sleep(0.002)

    words = ("coverage", "mf-8", *QUICK, "--passes", "60", "--depths", "0:2000:1", "-o", "x.csv")
    code, _, errors = told_to(signal.SIGTERM, *words, wait=writing, cwd=tmp_path)
    assert code == 143
    assert "Traceback" not in errors
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seconds", [0.4, 0.7, 1.0, 4.0])
def test_ctrl_c_says_nothing_of_the_inside(tmp_path, seconds):
    words = ("coverage", "mf-8", "--replicates", "500")
    code, out, errors = told_to(signal.SIGINT, *words, wait=lambda _: time.sleep(seconds), cwd=tmp_path)
    assert code in (130, -signal.SIGINT)
    # Before the program's first line runs, Python says where it was: in the script that starts it.
    assert all(COMMAND in line for line in errors.splitlines() if "File" in line)
    assert out == ""


def in_an_error_of_its_own():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("initialization failed") from None


class Dropping:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)


def dropped():
    one = Dropping()
    del one
    time.sleep(20)


def passed_over():
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    time.sleep(20)


def told_to_end_and_dropped():
    with contextlib.suppress(SystemExit):
        signal.raise_signal(signal.SIGTERM)
    time.sleep(20)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="nothing to be reminded by")
@pytest.mark.parametrize(
    ("lost", "code"),
    [(in_an_error_of_its_own, 130), (dropped, 130), (passed_over, 130), (told_to_end_and_dropped, 143)],
)
def test_an_end_that_a_library_loses_comes_all_the_same(monkeypatch, capsys, lost, code):
    monkeypatch.setattr(door, "app", lambda **_: lost())
    monkeypatch.setattr(door, "AGAIN_S", 0.05)
    assert ended(door.exit_code) == code
    assert capsys.readouterr().err == ""
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="nothing to be reminded by")
def test_who_tidies_up_is_not_disturbed(monkeypatch):
    tidied = []

    def tidying(**_):
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            time.sleep(0.3)
            tidied.append(True)

    monkeypatch.setattr(door, "app", tidying)
    monkeypatch.setattr(door, "AGAIN_S", 0.05)
    assert ended(door.exit_code) == 130
    assert tidied == [True]


def ended(work):
    try:
        return work()
    except SystemExit as error:
        return error.code


def test_json_is_whole_though_stderr_is_closed(tmp_path):
    line = f"{COMMAND} coverage mf-8 {' '.join(QUICK)} --format json 2>&- | {sys.executable} -m json.tool > /dev/null"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {line}"], cwd=tmp_path, check=False)
    assert done.returncode == 0


@pytest.mark.long
@pytest.mark.gl
@pytest.mark.parametrize("ending", ["gif", "mp4"])
def test_a_film_on_a_full_disk_is_one_line_and_leaves_nothing(tmp_path, ending):
    if ending == "mp4":
        pytest.importorskip("imageio_ffmpeg")
    words = ["view", "mf-8", *QUICK, "--size", "320x240", "--movie", f"x.{ending}"]

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    done = subprocess.run([COMMAND, *words], cwd=tmp_path, capture_output=True, text=True, preexec_fn=full, check=False)
    assert done.returncode == 2
    lines = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith(("alert:", "5 notes"))]
    (line,) = [line for line in lines if "more alert" not in line and "notes on" not in line]
    assert line.startswith(f"error: output = 'x.{ending}' can't be written: ")
    assert len(line) < 200
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", ["8100x64", "64x8100", "8192x8192", "4096x4096", "63x64", "0x0", "1600x", "1e3x64"])
def test_a_size_beyond_what_can_be_drawn_is_refused(run_here, size):
    line = refused(run_here("view", "mf-8", "--screenshot", "x.png", "--size", size))
    assert "each between 64 and 4096, together at most 12000000" in line
