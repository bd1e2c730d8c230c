import os
import shutil
import signal
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

# A shell's job in the background ignores Ctrl-C, and so would every command that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def missing(*programs):
    """The first of some programs that is not there."""
    return next((f"{name} is missing" for name in programs if not shutil.which(name)), None)


# What a marker needs, and the variable with which CI makes a need that is not met a failure.
NEEDS = {
    "gl": ("DERMAROLL_REQUIRE_GL", lambda: None if can_render() else GL_HINT),
    "window": ("DERMAROLL_REQUIRE_GL", lambda: missing("Xvfb", "xdotool") or (None if can_render() else GL_HINT)),
    "browser": ("DERMAROLL_REQUIRE_BROWSER", lambda: missing("chromium")),
    "web": ("DERMAROLL_REQUIRE_WEB", lambda: missing("node", "npm")),
}


def pytest_runtest_setup(item):
    """Skip what can't be run here; where its variable is 1, as in CI, what is missing is a failure."""
    for marker, (variable, ask) in NEEDS.items():
        if item.get_closest_marker(marker) and (hint := ask()):
            (pytest.fail if os.environ.get(variable) == "1" else pytest.skip)(hint)


@pytest.fixture(scope="session")
def screen():
    """Environment with a screen of its own."""
    read, write = os.pipe()
    options = ["-screen", "0", "1280x1024x24", "+extension", "GLX", "-nolisten", "tcp", "-noreset"]
    command = ["Xvfb", "-displayfd", str(write), *options]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    # What pictures drawn without a screen have set in this process is not for windows.
    other = ("WAYLAND_DISPLAY", "VTK_DEFAULT_OPENGL_WINDOW")
    yield {name: value for name, value in os.environ.items() if name not in other} | {"DISPLAY": f":{number}"}
    server.terminate()
    server.wait()


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
