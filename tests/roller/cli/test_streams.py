"""What a command does with streams that are closed, full or in another encoding, and with files that lie around it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = str(Path(sys.executable).with_name("dermaroll"))
ENDS = ("error: stdout: closed; allowed: open, or > /dev/null", "error: output: No space left on device")
TRAP = """import os
with open(os.environ["TRAPPED"], "a") as told:
    told.write(__name__ + "\\n")
raise ImportError(__name__)
"""
STUDY = 'region = "6x6"\noutputs = ["density_per_cm2"]\n[axes]\ndevice = ["mf-8"]\nload_n = [1, 2]\n'
# What Python has loaded before it looks at the folder that it runs in can't be taken from there.
STANDARD = ("signal", "threading", "struct", "traceback", "concurrent", "multiprocessing", "asyncio", "tempfile")
STANDARD += ("socket", "queue", "random", "csv", "json", "tomllib", "typer", "numpy", "pyarrow", "errno")


def shell(line, cwd=None, **env):
    line = COMMAND + line.removeprefix("dermaroll") if line.startswith("dermaroll") else line
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, cwd=cwd, env={**os.environ, **env}, timeout=300, check=False
    )


@pytest.mark.long
@pytest.mark.parametrize("words", ["devices", "sites --format json", "devices --format csv", "--help", "--version"])
def test_an_answer_that_goes_nowhere_is_an_error_of_one_line(words):
    closed = shell(f"dermaroll {words} >&-")
    full = shell(f"dermaroll {words} > /dev/full")
    for done, told in zip((closed, full), ENDS, strict=True):
        assert done.returncode == 2
        assert done.stderr.decode().splitlines() == [told]
    assert shell(f"dermaroll {words} | true; exit ${{PIPESTATUS[0]}}").returncode in (0, 141)


def test_a_command_with_no_answer_needs_no_stdout(tmp_path):
    done = shell("dermaroll export mf-8 -o roller.stl >&- <&-", tmp_path)
    assert done.returncode == 0
    assert done.stderr == b"wrote roller.stl\n"
    assert [path.name for path in tmp_path.iterdir()] == ["roller.stl"]


def test_errors_need_no_stderr():
    assert shell("dermaroll nonsense 2>&-").returncode == 2
    done = shell("dermaroll nonsense 2>&- >&- <&-")
    assert done.returncode == 2
    done = shell("dermaroll devices --format json 2>&-")
    assert done.returncode == 0
    assert done.stdout.startswith(b"{")


@pytest.mark.long
@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "latin-1", "cp1252"])
@pytest.mark.parametrize("words", ["sites --long", "devices --format csv", "indications", "--help"])
def test_text_fits_every_encoding(words, encoding):
    done = shell(f"dermaroll {words}", PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert done.stderr == b""
    name = encoding.partition(":")[0]
    shown = done.stdout.decode(name)
    assert shown
    if words == "sites --long":
        assert (r"\xb1" if name == "ascii" else "±") in shown


def test_an_error_about_a_name_that_is_no_text_is_a_line(tmp_path):
    for words in ("sweep study.toml --out $'b\\xff'", "coverage $'b\\xff.toml'", "coverage mf-8 -o $'b\\xff'"):
        (tmp_path / "study.toml").write_text(STUDY)
        done = shell(f"dermaroll {words}", tmp_path)
        assert done.returncode == 2
        (line,) = done.stderr.decode().splitlines()
        assert line.startswith("error: ")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["study.toml"]


@pytest.mark.long
@pytest.mark.parametrize("command", ["dermaroll", f"{sys.executable} -m dermaroll.roller.cli"])
def test_modules_of_the_current_folder_are_not_run(command, tmp_path):
    """Neither by the command itself nor by the processes that work for it."""
    for name in STANDARD:
        (tmp_path / f"{name}.py").write_text(TRAP)
    (tmp_path / "study.toml").write_text(STUDY)
    done = shell(f"{command} sweep study.toml --out out --workers 2", tmp_path, TRAPPED=str(tmp_path / "trapped"))
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "trapped").exists(), (tmp_path / "trapped").read_text()


def test_workers_find_what_lies_beside_the_program(tmp_path):
    (tmp_path / "beside.py").write_text("VALUE = 7\n")
    (tmp_path / "program.py").write_text(
        "from beside import VALUE\n"
        "from dermaroll.roller.study.executor import Done, Part, process_pool, run_parts\n"
        "def work(part):\n"
        "    import beside, os\n"
        "    return Done(({'value': beside.VALUE, 'safe': os.environ['PYTHONSAFEPATH']},), 0.0)\n"
        "if __name__ == '__main__':\n"
        "    with process_pool(1) as crew:\n"
        "        print([done.rows for _, done in run_parts([Part(0, 0, (), None)], work, crew)])\n"
        "    import os; print(os.environ.get('PYTHONSAFEPATH'))\n"
    )
    env = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    for cwd in (tmp_path, tmp_path.parent):
        done = subprocess.run(
            [sys.executable, tmp_path / "program.py"], capture_output=True, text=True, cwd=cwd, env=env
        )
        assert done.stdout.splitlines() == ["[({'value': 7, 'safe': '1'},)]", "None"], done.stderr
