"""A film of the roller: the first pass as it rolls, the others faster, then the skin that is left.

In: a treatment. Out: an .mp4 or .gif file. Needs imageio, and for .mp4 the ffmpeg that imageio-ffmpeg brings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyvista

from ...data.checks import InputError
from ...roller.output import replacing
from ...roller.treatment.drum_path import Strokes
from ...roller.treatment.result import Treatment
from .cameras import STANDS, Stand, aim
from .drawing import CUT_MM, SHOWN_MM, add_outline, dress, ground_bar, margins, new_plotter, scene_points
from .lettering import line_px
from .parts import Parts, add_parts, show, stage_of
from .view import View, rolling

ENDINGS = (".mp4", ".gif")
PICTURES_A_SECOND = {".mp4": 24, ".gif": 12}
FIRST_PASS, OTHER_PASSES, AFTER = 96, 96, 36  # pictures of the first pass, of the others together, and of the skin
SWING_DEG = 14.0  # of the camera to either side
NO_IMAGEIO = "--movie needs two more packages: pip install 'dermaroll[movie]'"
NO_FFMPEG = "--movie needs ffmpeg, which imageio-ffmpeg brings for most machines; write a .gif, or install ffmpeg"


@dataclass(frozen=True)
class Shot:
    """One picture of the film.

    Parameters
    ----------
    view : View — what is shown [-]
    turn_deg : float — of the camera around the scene [deg]

    """

    view: View
    turn_deg: float


def shots(made: Strokes, passes: int) -> list[Shot]:
    """Return the pictures of the film.

    Parameters
    ----------
    made : Strokes — of the treatment [-]
    passes : int — of the treatment [-]

    """
    views: list[View] = []
    for number in range(1, passes + 1):
        most = FIRST_PASS if number == 1 else max(2, OTHER_PASSES // (passes - 1))
        path = rolling(made, number, FIRST_PASS)
        kept = np.unique(np.linspace(0, max(len(path) - 1, 0), min(most, len(path))).round().astype(int))
        views += [View(number, at=path[place]) for place in kept]
    views += [View(passes, hidden=frozenset({"roller"}))] * AFTER
    turns = SWING_DEG * np.sin(2 * np.pi * np.arange(len(views)) / len(views))
    return [Shot(view, float(turn)) for view, turn in zip(views, turns, strict=True)]


def check_movie(path: Path) -> None:
    """Refuse a film that could not be written for want of a package.

    Parameters
    ----------
    path : Path — file to write, .mp4 or .gif [-]

    """
    try:
        import_module("imageio.v2")
        ffmpeg = import_module("imageio_ffmpeg") if path.suffix.lower() == ".mp4" else None
    except ImportError as error:
        raise InputError(NO_IMAGEIO) from error
    if ffmpeg is not None:
        try:
            ffmpeg.get_ffmpeg_exe()
        except RuntimeError as error:
            raise InputError(NO_FFMPEG) from error


def film(
    treatment: Treatment, *, colour_by: str = "depth", size: tuple[int, int] = (1280, 720)
) -> tuple[pyvista.Plotter, Parts, list[Shot]]:
    """Return the stage of a film: plotter, parts and the pictures to take.

    Parameters
    ----------
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass': what the colour of a channel says [-]
    size : (int, int) — width and height [pixels]

    """
    plotter = new_plotter(size)
    plotter.enable_anti_aliasing("msaa", multi_samples=4)
    stage = stage_of(treatment, SHOWN_MM, CUT_MM)
    left, near, right, far = stage.bounds
    stage = replace(stage, roller_at=((left + right) / 2, (near + far) / 2))
    parts = add_parts(plotter, treatment, stage, colour_by=colour_by)
    add_outline(plotter, parts)
    ground_bar(plotter, parts, line_px(size))
    dress(plotter, parts, size)
    return plotter, parts, shots(parts.made, treatment.technique.passes)


def take(
    plotter: pyvista.Plotter, parts: Parts, taken: list[Shot], size: tuple[int, int]
) -> Iterator[np.ndarray[Any, np.dtype[np.uint8]]]:
    """Yield the pictures, (height, width, 3); sides are even, as films need them.

    Parameters
    ----------
    plotter : Plotter — of the film [-]
    parts : Parts — of the film [-]
    taken : list of Shot — what to take [-]
    size : (int, int) — width and height [pixels]

    """
    points, before = scene_points(parts), None
    for shot in taken:
        show(parts, before, shot.view)
        before = shot.view
        aim(plotter.camera, _turned(STANDS["1"], shot.turn_deg), points, size[0] / size[1], margins(size))
        plotter.renderer.ResetCameraClippingRange()
        plotter.render()
        picture = plotter.screenshot(None, return_img=True)
        yield picture[: size[1] // 2 * 2, : size[0] // 2 * 2]


def _turned(stand: Stand, turn_deg: float) -> Stand:
    (x, y, z), (cos, sin) = stand.towards_eye, (np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg)))
    return replace(stand, towards_eye=(x * cos - y * sin, x * sin + y * cos, z))


def write_movie(
    treatment: Treatment,
    path: Path,
    *,
    colour_by: str = "depth",
    size: tuple[int, int] = (1280, 720),
    progress: Callable[[Any, int], Any] = lambda pictures, count: pictures,
) -> None:
    """Write the film; nothing is left behind if it can't be finished.

    Parameters
    ----------
    treatment : Treatment — what to show [mm, um]
    path : Path — file to write, .mp4 or .gif [-]
    colour_by : str — 'depth' or 'pass': what the colour of a channel says [-]
    size : (int, int) — width and height [pixels]
    progress : callable — takes the pictures and their number, gives them on and says how far it is [-]

    """
    check_movie(path)
    ending = path.suffix.lower()
    imageio = import_module("imageio.v2")
    rate = PICTURES_A_SECOND[ending]
    how: dict[str, Any] = {"mode": "I", "duration": 1000 / rate, "loop": 0}
    if ending == ".mp4":
        how = {"fps": rate, "codec": "libx264", "quality": 8, "macro_block_size": 2}
    plotter, parts, taken = film(treatment, colour_by=colour_by, size=size)
    if ending == ".gif":
        taken = taken[:: PICTURES_A_SECOND[".mp4"] // rate]
    try:
        with replacing(path) as temporary, imageio.get_writer(temporary, **how) as writer:
            for picture in progress(take(plotter, parts, taken, size), len(taken)):
                writer.append_data(picture)
    finally:
        plotter.close()
