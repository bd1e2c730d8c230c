"""Whether 3D pictures can be drawn here.

VTK's wheel has no software renderer: without EGL an off-screen window ends the process, with no exception to catch. So
a process of its own draws a few pixels first and reads one back; only then is a `Plotter` made.
"""

from __future__ import annotations

import ctypes
import logging
import os
import subprocess
import sys
from functools import cache

GL_HINT = (
    "3D pictures need a GL library that is missing here; on Debian and Ubuntu: "
    "apt-get install --no-install-recommends libegl1 libgl1-mesa-dri"
)
NO_GL_VARIABLE = "DERMAROLL_NO_GL"  # set to 1 to behave as on a machine without GL
PROBE_TIMEOUT_S = 60
SOFTWARE = ("llvmpipe", "softpipe", "SwiftShader")  # what drivers without a graphics card call themselves
_FOUND: dict[str, str] = {}  # what the probe said of the driver

PROBE = """
import pyvista
plotter = pyvista.Plotter(off_screen=True, window_size=(8, 8))
plotter.set_background("white")
plotter.add_mesh(pyvista.Plane(i_size=9, j_size=9), color="black", lighting=False)
plotter.view_xy()
pixel = plotter.screenshot(None, return_img=True)[4, 4]
print(plotter.render_window.ReportCapabilities())
raise SystemExit(0 if pixel.max() < 50 else 1)
"""


@cache
def can_render() -> bool:
    """Return whether an off-screen picture can be drawn; asked once, of a process of its own."""
    if os.environ.get(NO_GL_VARIABLE) == "1":
        return False
    try:
        probe = subprocess.run(
            [sys.executable, "-I", "-c", PROBE], capture_output=True, timeout=PROBE_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    _FOUND["renderer"] = probe.stdout.decode(errors="replace")
    return probe.returncode == 0


def renders_in_software() -> bool:
    """Return whether pictures are drawn without a graphics card, where smooth edges cost most of the time."""
    return can_render() and any(name in _FOUND.get("renderer", "") for name in SOFTWARE)


def has_display() -> bool:
    """Return whether there is a screen to open a window on."""
    if sys.platform in ("win32", "darwin"):
        return True
    if not os.environ.get("DISPLAY"):
        return bool(os.environ.get("WAYLAND_DISPLAY"))
    return _answers(os.environ["DISPLAY"])


@cache
def _answers(display: str) -> bool:
    """Whether an X server answers; VTK would write a warning and then open no window."""
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return False
    x11.XOpenDisplay.restype = ctypes.c_void_p
    connection = x11.XOpenDisplay(display.encode())
    if connection:
        x11.XCloseDisplay(ctypes.c_void_p(connection))
    return bool(connection)


@cache
def keep_vtk_quiet() -> None:
    """Send VTK's own warnings to the log `dermaroll.vtk` instead of the user's terminal; what fails still raises."""
    from vtkmodules.vtkCommonCore import vtkCommand, vtkOutputWindow, vtkStringOutputWindow

    window, log = vtkStringOutputWindow(), logging.getLogger("dermaroll.vtk")
    log.addHandler(logging.NullHandler())

    def note(_: object, __: str, words: str) -> None:
        log.warning(words.strip())

    note.CallDataType = "string0"  # type: ignore[attr-defined]  # how VTK is told what to hand over
    for event in (vtkCommand.ErrorEvent, vtkCommand.WarningEvent, vtkCommand.TextEvent):
        window.AddObserver(event, note)
    vtkOutputWindow.SetInstance(window)
