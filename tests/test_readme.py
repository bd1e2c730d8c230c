"""The README's program prints what the README shows, and its commands exist."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_program_prints_what_the_readme_shows(tmp_path):
    (program,) = block("python")
    assert len(program.strip().splitlines()) == 12
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run([sys.executable, "program.py"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (shown,) = block("text")
    assert done.stdout == shown


def test_commands_of_the_readme_exist():
    from dermaroll.roller.cli.app import app

    known = {command.name or command.callback.__name__ for command in app.registered_commands}
    shown = set(re.findall(r"^dermaroll (\w+)", "\n".join(block("sh")), re.MULTILINE))
    assert shown <= known


def test_pictures_of_the_readme_exist():
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (ROOT / path).stat().st_size > 10_000
