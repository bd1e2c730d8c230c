import os
import shutil
import subprocess
import sys

import pytest
from dermaroll.roller import Technique, treat
from dermaroll.roller.cli.__main__ import exit_code
from dermaroll.viz.gl import GL_HINT, can_render
from hypothesis import settings

# Timings are no business of a test: a shared machine must not fail one.
settings.register_profile("steady", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("steady")


def pytest_runtest_setup(item):
    """Skip what needs GL where there is none; where DERMAROLL_REQUIRE_GL=1 (CI), a missing GL is a failure."""
    if item.get_closest_marker("gl") and not can_render():
        if os.environ.get("DERMAROLL_REQUIRE_GL") == "1":
            pytest.fail(GL_HINT)
        pytest.skip(GL_HINT)
    for marker, variable, missing in (
        ("browser", "DERMAROLL_REQUIRE_BROWSER", None if shutil.which("chromium") else "chromium"),
        ("web", "DERMAROLL_REQUIRE_WEB", next((tool for tool in ("node", "npm") if not shutil.which(tool)), None)),
    ):
        if item.get_closest_marker(marker) and missing:
            (pytest.fail if os.environ.get(variable) == "1" else pytest.skip)(f"{missing} is missing")


@pytest.fixture(scope="session")
def professional():
    """The demo's professional roller on the cheek, 8 passes."""
    return treat("mf-8", "cheek", Technique(passes=8), seed=3)


@pytest.fixture
def user_folder(tmp_path, monkeypatch):
    """A working folder with files of the user's own that bear the names of the package's rooms."""
    (tmp_path / "data").mkdir()
    for name in ("viz.py", "geometry.py", "roller.py"):
        (tmp_path / name).write_text("raise RuntimeError('the user\\'s own file was imported')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run_here(monkeypatch, capsys):
    """Run the command line in this process: as `subprocess.run` would, without a second to start."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["dermaroll", *map(str, words)])
        code = exit_code()
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(words, code, out, err)

    return run
