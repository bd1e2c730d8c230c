"""A film of ten seconds: the first pass as it rolls, the others faster, then the skin that is left.

In: a treatment. Out: an .mp4 or .gif file. A .gif needs nothing more; an .mp4 imageio, and the ffmpeg that
imageio-ffmpeg brings. The camera stands still, and of the drum only its rings are drawn, so that the skin under it is
seen all the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pyvista
from numpy.typing import NDArray
from PIL import Image

from ...data.checks import InputError
from ...geometry.drum import reach_mm
from ...roller.output import replacing
from ...roller.treatment.drum_path import Strokes
from ...roller.treatment.result import Treatment
from ..palette import CHANNEL_STOPS, DRUM, GROUND, LAYER_COLOURS, STEEL
from .cameras import STANDS, aim, corners
from .drawing import SHOWN_MM, add_outline, depth_axis, dress, ground_bar, margins, new_plotter
from .lettering import line_px, room_for_words, write
from .parts import SLICE_MM, Parts, add_parts, show, stage_of
from .view import View, rolling

ENDINGS = (".mp4", ".gif")
PICTURES_A_SECOND = {".mp4": 12, ".gif": 8}
FIRST_S, OTHERS_S, AFTER_S = 4.0, 4.0, 2.0  # of the first pass, of the others together, and of the skin
GIF_COLOURS, SWATCH_PX = 64, 24
NO_IMAGEIO = "--movie needs two more packages for an .mp4: pip install 'dermaroll[movie]'; a .gif needs none"
NO_FFMPEG = "--movie needs ffmpeg, which imageio-ffmpeg brings for most machines; write a .gif, or install ffmpeg"
NO_END = "ffmpeg could not write it to its end; is the disk full?"
Picture = NDArray[np.uint8]
LEAST_HIGH_MM = 6.0  # of what a device takes up over the skin


class FfmpegError(RuntimeError):
    """Ffmpeg has not written what it was given."""


def shots(made: Strokes, passes: int, rate: int) -> list[View]:
    """Return what the pictures of the film show, in their order.

    Parameters
    ----------
    made : Strokes — of the treatment [-]
    passes : int — of the treatment [-]
    rate : int — pictures a second [1/s]

    """
    views: list[View] = []
    for number in range(1, passes + 1):
        seconds = FIRST_S + (OTHERS_S if passes == 1 else 0.0) if number == 1 else OTHERS_S / (passes - 1)
        most = max(2, round(rate * seconds))
        path = rolling(made, number, most)
        kept = np.linspace(0, max(len(path) - 1, 0), min(most, len(path))).round().astype(int)
        views += [View(number, at=path[place]) for place in np.unique(kept)]
    return views + [View(passes, hidden=frozenset({"roller"}))] * round(rate * AFTER_S)


def check_movie(path: Path) -> None:
    """Refuse a film that could not be written for want of a package.

    Parameters
    ----------
    path : Path — file to write, .mp4 or .gif [-]

    """
    if path.suffix.lower() == ".gif":
        return
    try:
        import_module("imageio.v2")
        ffmpeg = import_module("imageio_ffmpeg")
    except ImportError as error:
        raise InputError(NO_IMAGEIO) from error
    try:
        ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise InputError(NO_FFMPEG) from error


def film(
    treatment: Treatment, *, colour_by: str = "depth", size: tuple[int, int] = (1280, 720)
) -> tuple[pyvista.Plotter, Parts, Any]:
    """Return the stage of a film: plotter, parts, and the words that count the passes (None where there is no room).

    Parameters
    ----------
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass': what the colour of a channel says [-]
    size : (int, int) — width and height [pixels]

    """
    plotter = new_plotter(size)
    plotter.render_window.SetMultiSamples(0)  # smooth edges would cost more time than all the rest
    plotter.set_background(GROUND)
    stage = stage_of(treatment, SHOWN_MM, SLICE_MM)
    parts = add_parts(plotter, treatment, stage, colour_by=colour_by, bare_drum=True)
    add_outline(plotter, parts)
    ground_bar(plotter, parts, line_px(size))
    dress(plotter, parts, size)
    left, near, right, far = stage.bounds
    floor, high = -float(parts.edges_mm[-1]), 1.5 * max(reach_mm(treatment.device), LEAST_HIGH_MM)
    points = np.concatenate([corners((left, near, floor), (right, far, 0)), [[(left + right) / 2, far, high]]])
    aim(plotter.camera, STANDS["1"], points, size[0] / size[1], margins(size))
    depth_axis(plotter, parts, size, 3.0 * (right - left))  # seen obliquely, its numbers lie closer
    counter = None
    if room_for_words(size):
        line = 1.8 * line_px(size)
        counter = write(plotter, " ", (0.6 * line, size[1] - 1.9 * line), line, veil=0.8)
    return plotter, parts, counter


def take(
    plotter: pyvista.Plotter, parts: Parts, counter: Any, taken: list[View], size: tuple[int, int]
) -> Iterator[Picture]:
    """Yield the pictures, (height, width, 3); sides are even, as films need them.

    Parameters
    ----------
    plotter : Plotter — of the film [-]
    parts : Parts — of the film [-]
    counter : text actor or None — where the pass is told [-]
    taken : list of View — what to take [-]
    size : (int, int) — width and height [pixels]

    """
    before, picture = None, None
    total = parts.treatment.technique.passes
    plotter.renderer.ResetCameraClippingRange()
    for view in taken:
        if picture is None or view != before:
            show(parts, before, view)
            before = view
            if counter is not None:
                lifted = "roller" in view.hidden
                counter.input = f"after pass {view.passes}" if lifted else f"pass {view.passes} of {total}"
            plotter.render()
            whole = plotter.screenshot(None, return_img=True)
            picture = np.ascontiguousarray(whole[: size[1] // 2 * 2, : size[0] // 2 * 2])
        yield picture


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
    rate = PICTURES_A_SECOND[path.suffix.lower()]
    plotter, parts, counter = film(treatment, colour_by=colour_by, size=size)
    taken = shots(parts.made, treatment.technique.passes, rate)
    pictures = progress(take(plotter, parts, counter, taken, size), len(taken))
    try:
        with replacing(path) as temporary:
            if path.suffix.lower() == ".gif":
                _write_gif(temporary, pictures, rate)
            else:
                _write_mp4(temporary, pictures, rate, len(taken))
    except FfmpegError as error:
        raise InputError(f"output = {str(path)!r} can't be written: {error}") from error
    finally:
        plotter.close()


def _write_mp4(path: Path, pictures: Iterator[Picture], rate: int, count: int) -> None:
    """Write all pictures by ffmpeg and count what is there: on a disk that is full at last it ends without an error."""
    imageio, ffmpeg = import_module("imageio.v2"), import_module("imageio_ffmpeg")
    how = {"codec": "libx264", "quality": 7, "macro_block_size": 2, "output_params": ["-preset", "veryfast"]}
    writer: AbstractContextManager[Any] = imageio.get_writer(path, fps=rate, ffmpeg_log_level="quiet", **how)
    try:
        with writer as film_writer:
            for picture in pictures:
                film_writer.append_data(picture)
        found, _ = ffmpeg.count_frames_and_secs(str(path))
    except (OSError, RuntimeError) as error:
        raise FfmpegError(NO_END) from error
    if found != count:
        raise FfmpegError(NO_END)


def _write_gif(path: Path, pictures: Iterator[Picture], rate: int) -> None:
    """Write all pictures with one set of colours: what stands still from one to the next then costs nothing."""
    frames = [Image.fromarray(picture) for picture in pictures]
    middle = frames[len(frames) // 2]
    told = [*LAYER_COLOURS.values(), *CHANNEL_STOPS.values(), DRUM, STEEL]
    both = Image.new("RGB", (middle.width, 2 * middle.height + SWATCH_PX * len(told)))
    both.paste(middle, (0, 0))
    both.paste(frames[-1], (0, middle.height))
    for number, colour in enumerate(told):  # thin layers too keep their colour
        foot = 2 * middle.height + SWATCH_PX * number
        both.paste(colour, (0, foot, middle.width, foot + SWATCH_PX))
    colours = both.quantize(GIF_COLOURS, dither=Image.Dither.NONE)
    pictures_told = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
    pictures_told[0].save(
        path,
        format="GIF",
        save_all=True,
        append_images=pictures_told[1:],
        duration=round(1000 / rate),
        loop=0,
        optimize=False,
    )
