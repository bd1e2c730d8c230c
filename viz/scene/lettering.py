"""Words and scales on a picture: title, legend with units, colour scale, scale bar; in proportion to its size.

In: a plotter, what is shown, the size of the picture. Out: actors of text. Colours are told by squares beside dark
words: PyVista's own legend writes pale names in their pale colours.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pyvista
from vtkmodules.vtkRenderingCore import vtkBillboardTextActor3D

from ...data.thickness import LAYER_WORDS
from ...geometry.arrays import Array
from ...roller.treatment.result import Treatment
from ...roller.treatment.text_table import headline
from ..palette import INK, LAYER_COLOURS, as_written

FONT = str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
FONT_FILE = 4  # VTK's number for a font that comes from a file
LINES = 52  # of text that fill the picture's height
LEAST_LINE_PX = 9  # below that, words can't be read
LETTER = 0.62  # mean width of a letter over the line's height
SMALLEST_WITH_WORDS_PX = 330  # below that, words would leave no room for the picture
LEGEND_LETTERS = 36  # width of a column
LEGEND_SHARE = 0.7  # of the width; the colour scale has the rest
PITCH = 1.6  # lines from one row of the legend to the next
VEIL = 0.75  # of white behind words that may lie over a dark drum
DEPTH_STEPS_MM = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
BAR_LENGTHS_MM = np.array([0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50])


def line_px(size: tuple[int, int]) -> int:
    """Return the height of a line of text.

    Parameters
    ----------
    size : (int, int) — width and height of the picture [pixels]

    """
    return max(LEAST_LINE_PX, round(min(size[1], 0.8 * size[0]) / LINES))


def room_for_words(size: tuple[int, int]) -> bool:
    """Return whether words can be read in a picture of this size.

    Parameters
    ----------
    size : (int, int) — width and height of the picture [pixels]

    """
    return min(size[0] * 0.75, size[1]) >= SMALLEST_WITH_WORDS_PX


def write(
    plotter: pyvista.Plotter,
    words: str,
    place: tuple[float, float],
    line: float,
    *,
    colour: str = INK,
    veil: float = 0.0,
) -> Any:
    """Write words on the picture; returns the actor, whose text can be changed.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    words : str — one or more lines [-]
    place : (float, float) — left and lower end, from the picture's lower left corner [pixels]
    line : float — height of a line [pixels]
    colour : str — of the words [-]
    veil : float — opacity of the white behind words that may lie over something dark [-]

    """
    # VTK too reads formulas between dollar signs.
    actor = plotter.add_text(as_written(words), position=place, color=colour, font_file=FONT)
    # VTK counts text in points of a 72 dpi screen; the picture's own size decides here.
    actor.prop.font_size = max(1, round(line))
    actor.prop.SetLineSpacing(1.25)
    actor.prop.background_color = "white"
    actor.prop.background_opacity = veil
    actor.position = place
    return actor


def title_lines(treatment: Treatment) -> list[str]:
    """Return what a picture shows: the roller, and what was done.

    Parameters
    ----------
    treatment : Treatment — what is shown [-]

    """
    roller = treatment.device
    kind = "teeth" if roller.kind == "disc" else "needles"
    return [f"{roller.title}: {roller.needle_count} {kind} of {roller.length_mm:g} mm", headline(treatment)]


def add_title(
    plotter: pyvista.Plotter, lines: Sequence[str], size: tuple[int, int], line: float, longest: int = 0
) -> None:
    """Write lines at the upper left, the first larger; smaller where they would not fit.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    lines : sequence of str — what to write [-]
    size : (int, int) — of the picture [pixels]
    line : float — height of a line [pixels]
    longest : int — letters of the longest line of the titles beside it, which shall look alike [-]

    """
    top = size[1] - 0.8 * line
    room = 0.97 * size[0] / LETTER
    for number, words in enumerate(lines):
        height = min((1.3 if number == 0 else 1.0) * line, room / max(longest, len(words), 1))
        top -= 1.25 * height
        write(plotter, words, (0.9 * line, top), height, veil=VEIL)
        top -= 0.25 * height


def legend_lines(treatment: Treatment) -> list[tuple[str, str]]:
    """Return colour and words of each layer.

    Parameters
    ----------
    treatment : Treatment — whose skin [um]

    """
    return [
        (LAYER_COLOURS[layer.name], f"{LAYER_WORDS[layer.name]}, {layer.mean_um:.0f} ± {layer.sd_um:.0f} µm")
        for layer in treatment.site.layers
    ]


def _legend_columns(size: tuple[int, int], line: float) -> int:
    return max(1, min(len(LAYER_COLOURS), int(LEGEND_SHARE * size[0] / (LEGEND_LETTERS * LETTER * line))))


def _legend_rows(size: tuple[int, int], line: float) -> int:
    return -(-len(LAYER_COLOURS) // _legend_columns(size, line))


def caption_px(size: tuple[int, int], titles: int) -> float:
    """Return the height of the caption at the foot of a picture; 0 where there is no room for words.

    Parameters
    ----------
    size : (int, int) — width and height of the picture [pixels]
    titles : int — lines above the legend [-]

    """
    line = line_px(size)
    return (1.2 + 1.7 * titles + PITCH * _legend_rows(size, line)) * line if room_for_words(size) else 0.0


def add_caption(
    plotter: pyvista.Plotter,
    lines: Sequence[str],
    entries: Sequence[tuple[str, str]],
    size: tuple[int, int],
    mapper: Any,
    scale_title: str,
    pane_px: float | None = None,
) -> None:
    """Write title, legend and colour scale along the foot of a picture that has room for them.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    lines : sequence of str — what to write first [-]
    entries : sequence of (str, str) — colour and words of each layer, from the surface down [-]
    size : (int, int) — width and height of the picture [pixels]
    mapper : DataSetMapper or None — of the channels; None: there are none [-]
    scale_title : str — what their colours say, with unit [-]
    pane_px : float or None — height of the part of the picture that is written on; None: all of it [pixels]

    """
    if not room_for_words(size):
        return
    line, rows = line_px(size), _legend_rows(size, line_px(size))
    width = LEGEND_SHARE * size[0] / _legend_columns(size, line)
    for number, (colour, words) in enumerate(entries):
        column, row = divmod(number, rows)
        left, foot = line + column * width, (0.9 + PITCH * (rows - 1 - row)) * line
        write(plotter, "\N{BLACK SQUARE}", (left, foot - 0.1 * line), 1.4 * line, colour=colour)
        write(plotter, words, (left + 1.7 * line, foot), line)
    foot = caption_px(size, len(lines)) - 1.7 * line
    for number, words in enumerate(lines):
        height = min((1.3 if number == 0 and len(lines) > 1 else 1.0) * line, 0.97 * size[0] / (LETTER * len(words)))
        write(plotter, words, (line, foot - 1.7 * line * number), height)
    if mapper is not None:
        left, high = LEGEND_SHARE + 0.03, pane_px or size[1]
        box = (left, 0.8 * line / high, 0.94 - left, 2.6 * line / high)
        add_colour_bar(plotter, mapper, " ", box, line, upright=False)
        write(plotter, scale_title, (left * size[0], 4.0 * line), line)


def add_colour_bar(
    plotter: pyvista.Plotter,
    mapper: Any,
    title: str,
    box: tuple[float, float, float, float],
    line: float,
    *,
    upright: bool = True,
    backed: bool = False,
) -> None:
    """Draw the colour scale of the channels.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    mapper : DataSetMapper — of the channels [-]
    title : str — what the colours say, with unit [-]
    box : (float, float, float, float) — left, bottom, width and height, as shares of the picture [-]
    line : float — height of a line [pixels]
    upright : bool — or lying [-]
    backed : bool — on white, where something dark may lie behind it [-]

    """
    left, bottom, width, height = box
    bar = plotter.add_scalar_bar(
        title=title,
        mapper=mapper,
        vertical=upright,
        position_x=left,
        position_y=bottom,
        width=width,
        height=height,
        n_labels=3,
        color=INK,
        fmt="%.0f",
        title_font_size=round(line),
        label_font_size=round(line),
        unconstrained_font_size=True,
        render=False,
    )
    for prop in (bar.GetTitleTextProperty(), bar.GetLabelTextProperty()):
        prop.SetFontFamily(FONT_FILE)
        prop.SetFontFile(FONT)
    if backed:
        bar.DrawBackgroundOn()
        bar.GetBackgroundProperty().SetColor(1.0, 1.0, 1.0)
        bar.GetBackgroundProperty().SetOpacity(VEIL)
    bar.DrawBelowRangeSwatchOff()  # the rims of mouths: no depth
    bar.SetVerticalTitleSeparation(round(0.6 * line))


def bar_length_mm(width_mm: float) -> float:
    """Return the round length of a scale bar that takes about a fifth of a width.

    Parameters
    ----------
    width_mm : float — of what is shown [mm]

    """
    return float(BAR_LENGTHS_MM[max(0, int(np.searchsorted(BAR_LENGTHS_MM, 0.28 * width_mm)) - 1)])


def length_words(length_mm: float) -> str:
    """Return a length with the unit that reads best.

    Parameters
    ----------
    length_mm : float — the length [mm]

    """
    return f"{length_mm:g} mm" if length_mm >= 1 else f"{1000 * length_mm:g} µm"


def add_scale_bar(
    plotter: pyvista.Plotter,
    right_end: Sequence[float],
    length_mm: float,
    line: float,
    thick_mm: float,
    down: Sequence[float],
) -> None:
    """Draw a bar of a round length that lies in the scene along x, with its length beside it.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    right_end : (3,) float — place of its right end [mm]
    length_mm : float — its length [mm]
    line : float — height of the words [pixels]
    thick_mm : float — half its thickness [mm]
    down : (3,) float — from the bar to its words [mm]

    """
    right = np.array(right_end, dtype=float)
    left = right - (length_mm, 0, 0)
    tube = pyvista.Tube(pointa=left, pointb=right, radius=thick_mm)
    plotter.add_mesh(tube, color=INK, lighting=False, name="scale bar", pickable=False)
    label(plotter, length_words(length_mm), (left + right) / 2 + down, line, "Centered", "Top")


def label(
    plotter: pyvista.Plotter, words: str, place: Array, line: float, across: str = "Right", upright: str = "Centered"
) -> Any:
    """Write words beside a point of the scene, on white; returns the actor.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    words : str — what to write [-]
    place : (3,) float — the point [mm]
    line : float — height of the words [pixels]
    across, upright : str — how they lie to it: 'Left', 'Centered', 'Right'; 'Top', 'Centered', 'Bottom' [-]

    """
    actor = vtkBillboardTextActor3D()
    actor.SetInput(words)
    actor.SetPosition(*place)
    look = actor.GetTextProperty()
    look.SetFontFamily(FONT_FILE)
    look.SetFontFile(FONT)
    look.SetFontSize(round(line))
    look.SetColor(*pyvista.Color(INK).float_rgb)
    look.SetBackgroundColor(1.0, 1.0, 1.0)
    look.SetBackgroundOpacity(VEIL)
    getattr(look, f"SetJustificationTo{across}")()
    getattr(look, f"SetVerticalJustificationTo{upright}")()
    plotter.add_actor(actor, pickable=False, reset_camera=False, render=False)
    return actor


def add_depth_axis(
    plotter: pyvista.Plotter,
    place: tuple[float, float],
    floor_mm: float,
    px_per_mm: float,
    line: float,
    name: str = "depth axis",
) -> tuple[Any, ...]:
    """Draw an axis of depths down an upright edge, with its numbers at the left; returns its actors.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    place : (float, float) — of the edge, x and y [mm]
    floor_mm : float — depth at its lower end [mm]
    px_per_mm : float — of the picture, about [-]
    line : float — height of the numbers [pixels]
    name : str — of its actors [-]

    """
    step = next((one for one in DEPTH_STEPS_MM if one * px_per_mm > 1.5 * line), DEPTH_STEPS_MM[-1])
    depths = np.arange(0.0, floor_mm + 1e-9, step)
    tick = 0.6 * line / px_per_mm
    ends = [[(place[0] - tick, place[1], -depth), (place[0], place[1], -depth)] for depth in depths]
    rule = [(place[0], place[1], 0.0), (place[0], place[1], -floor_mm)]
    ticks = pyvista.MultiBlock([pyvista.Line(*pair) for pair in [*ends, rule]]).combine()
    rule_and_ticks = plotter.add_mesh(ticks, color=INK, line_width=2, lighting=False, name=name, pickable=False)
    numbers = [
        label(plotter, f"{1000 * depth:.0f} µm", np.array(end[0]), line)
        for depth, end in zip(depths, ends, strict=True)
    ]
    return (rule_and_ticks, *numbers)
