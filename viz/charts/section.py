"""The chart of a section: channels in the layers that they cross, device beside device, on one depth axis.

In: one or more `Treatment` of the same skin. Out: a matplotlib Figure. Above the skin a needle of each device at the
same scale; below, the uppermost 300 um on a scale of their own, where a home roller ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Polygon as Patch
from matplotlib.patches import Rectangle

from ...data.checks import refuse
from ...data.thickness import LAYER_WORDS
from ...geometry.arrays import Array
from ...geometry.needle import needle_profile
from ...roller.treatment.digits import figure as digits
from ...roller.treatment.drum_path import strokes
from ...roller.treatment.result import Treatment
from ...roller.treatment.text_table import headline
from ..palette import (
    CHANNEL_MAP,
    CHANNEL_SCALE_UM,
    DRUM,
    INK,
    LAYER_COLOURS,
    LINE,
    PAPER,
    PASS_MAP,
    SOFT_INK,
    STEEL,
    UNCERTAINTY,
    UNCERTAINTY_HATCH,
    VARIABILITY,
    as_written,
)
from ..section import SHALLOW_UM, Slice, outlines_mm, slice_of

MOST_DEVICES = 6
INCHES_A_MM = 1.5
# The more devices the larger the words, so that they can be read when the whole is as wide as a column of text.
LARGER, MOST_LARGER = 0.3, 1.9
TITLE_PT, LETTER = 14.0, 0.58  # height of a title's letters, and their mean width over it
LEFT_IN, RIGHT_IN, FOOT_IN, GAP_IN, TITLE_IN = 0.85, 1.6, 1.1, 0.3, 0.25  # of paper; the last for a line of title
WIDTH_MM, LEAST_MM = 3.0, 2.0  # of skin in a panel, and at least
CLOSER = 3.0  # how much larger the uppermost layers are drawn
SLICE_MM = 1.0  # thickness of the slice
FLOOR_UM = 1400.0  # depth shown at least, or the deepest channel and this below it
BELOW_UM = 120.0
CLEAR_MM = 0.12  # between the skin and the tips that hang over it
BESIDE_MM = 0.32  # of paper beside the skin, for the two bars
DEPTH_PT, OVER_SKIN_MM = 17.0, 0.07  # of the depth in words: height, and place over the skin
BANDS_MM, BAND_MM = (0.07, 0.16), 0.07  # from the skin to the middle of each bar, and its width
DRUM_MM = 0.14
LINE_IN = 0.2  # height of a line of words
STRIP = 0.018  # width of the colour scale along the depth axis


def section_chart(treatments: Sequence[Treatment], *, colour_by: str = "depth", aspect: float | None = None) -> Figure:
    """Draw sections side by side at one scale: needle, skin, channels, how deep they go and how well that is known.

    Parameters
    ----------
    treatments : sequence of Treatment — one or more, of the same site [-]
    colour_by : str — 'depth' or 'pass': what the colour of a channel says [-]
    aspect : float or None — width over height that more skin shall fill; None: the usual width of skin [-]

    """
    if not 1 <= len(treatments) <= MOST_DEVICES:
        raise refuse("devices", len(treatments), f"1 to {MOST_DEVICES} in one chart of sections")
    floor, larger = floor_um(treatments), min(1 + LARGER * len(treatments), MOST_LARGER)
    above = max(treatment.device.length_mm for treatment in treatments) + CLEAR_MM + DRUM_MM
    heights = [INCHES_A_MM * (above + floor / 1000), INCHES_A_MM * CLOSER * SHALLOW_UM / 1000]
    before, after, foot = LEFT_IN * larger, RIGHT_IN * larger, FOOT_IN * larger
    region = min(np.ptp(treatment.region.bounds[::2]) for treatment in treatments)
    beside, across, titles = INCHES_A_MM * BESIDE_MM, min(WIDTH_MM, region), [_title(one, 99) for one in treatments]
    for _ in range(2):  # titles need the room that the width leaves them, and an aspect the height with titles
        tall = sum(heights) + GAP_IN + foot + TITLE_IN * larger * (1.5 + max(title.count("\n") for title in titles))
        if aspect is not None:
            fits = ((tall * aspect - before - after) / len(treatments) - beside) / INCHES_A_MM
            across = float(min(max(fits, LEAST_MM), region))
        skin_in = INCHES_A_MM * across
        titles = [_title(one, int(72 * (skin_in + beside) / (LETTER * TITLE_PT * larger))) for one in treatments]
    pitch = skin_in + beside
    width = pitch * len(treatments) + before + after
    drawing = Figure(figsize=(width, tall))
    panels = []
    for column, (treatment, title) in enumerate(zip(treatments, titles, strict=True)):
        left = before + column * pitch
        places = [(left, foot + heights[1] + GAP_IN, pitch, heights[0]), (left, foot, skin_in, heights[1])]
        upper, lower = (
            drawing.add_axes((at / width, low / tall, wide / width, high / tall)) for at, low, wide, high in places
        )
        held = slice_shown(treatment, across)
        closer = _inner(held, CLOSER)
        _draw_panel(upper, treatment, held, floor, above, colour_by, larger)
        upper.set_xlim(-STRIP * across, across + BESIDE_MM)
        _draw_panel(lower, treatment, closer, SHALLOW_UM, 0.0, colour_by)
        _draw_bands(upper, treatment, across, larger)
        _frame_the_top((upper, closer.left_mm - held.left_mm, across / CLOSER), (lower, 0.0, across / CLOSER))
        upper.set_title(
            as_written(title), fontsize=TITLE_PT * larger, linespacing=1.25, pad=8, color=INK, x=0.5 * skin_in / pitch
        )
        panels.append((upper, lower))
        for panel in (upper, lower):
            panel.tick_params(labelleft=column == 0, labelsize=10 * larger)
    panels[0][0].set_ylabel("depth [µm]", fontsize=11 * larger)
    panels[0][0].set_yticks(panels[0][0].get_yticks()[::2])
    panels[0][1].set_yticks(panels[0][1].get_yticks()[::3])
    for panel, across_in, middle in zip(
        panels[0], (pitch, skin_in), (0.5 * floor / (floor + 1000 * above), 0.5), strict=True
    ):
        panel.yaxis.set_label_coords(-0.62 * larger / across_in, middle)
    panels[0][1].set_ylabel(f"top {SHALLOW_UM:g} µm", fontsize=11 * larger)
    for panel, bottom in zip(panels[-1], (floor, SHALLOW_UM), strict=True):
        _name_layers(panel, treatments[-1], bottom, larger)
    _write_foot(drawing, treatments, before, larger)
    return drawing


def floor_um(treatments: Sequence[Treatment]) -> float:
    """Return the depth down to which sections side by side are drawn.

    Parameters
    ----------
    treatments : sequence of Treatment — those shown [um]

    """
    deepest = max((float(one.channels.peak_depth_um.max(initial=0.0)) for one in treatments), default=0.0)
    known = [one.uncertainty["peak_depth_um"][1, -1] for one in treatments if "peak_depth_um" in one.uncertainty]
    known = [float(depth) for depth in known if np.isfinite(depth)]
    return float(max(FLOOR_UM, 100 * np.ceil((max([deepest, *known]) + BELOW_UM) / 100)))


def _title(treatment: Treatment, letters: int) -> str:
    """Name, use and channels per cm², in lines of so many letters."""
    roller = treatment.device
    use = "at home" if roller.use == "home" else roller.use
    density = treatment["density_per_cm2"]
    made = f"{digits(density)} channels per cm²" if density > 0 else "no channels"
    return "\n".join([*wrap(f"{roller.title} ({use})".replace(" mm", "\N{NO-BREAK SPACE}mm"), letters), made])


def slice_shown(treatment: Treatment, width_mm: float) -> Slice:
    """Return a slice near the middle of the region that stands for it: with about as many channels as the mean.

    Parameters
    ----------
    treatment : Treatment — whose channels [mm, um]
    width_mm : float — of the slice [mm]

    """
    left, near, right, far = treatment.region.bounds
    middle, half = (left + right) / 2, min(width_mm, right - left) / 2
    low = (near + far) / 2
    made = strokes(treatment)
    wide = slice_of(treatment, made, (left, low, right, min(low + SLICE_MM, far)))
    # Of all places along the slice that one whose count is closest to the mean of the region.
    wanted = treatment.channels.inside.sum() * 2 * half * SLICE_MM / treatment.region.area
    starts = np.linspace(left, right - 2 * half, 41)
    counts = ((wide.x_mm > starts[:, None]) & (wide.x_mm < starts[:, None] + 2 * half)).sum(axis=1)
    off = np.abs(counts - wanted) + 0.01 * np.abs(starts + half - middle)
    start = float(starts[np.argmin(off)])
    return slice_of(treatment, made, (start, low, start + 2 * half, min(low + SLICE_MM, far)))


def _inner(held: Slice, times: float) -> Slice:
    """The part of a slice, so many times narrower, that holds about its share of the channels."""
    width = (held.right_mm - held.left_mm) / times
    starts = np.linspace(held.left_mm, held.right_mm - width, 41)
    half = held.profile.half_width(held.made_um / 1000)
    whole = (held.x_mm - half > starts[:, None]) & (held.x_mm + half < starts[:, None] + width)
    off = np.abs(whole.sum(axis=1) - max(1.0, held.x_mm.size / times))
    start = float(starts[np.argmin(off + 0.01 * np.abs(starts + width / 2 - (held.left_mm + held.right_mm) / 2))])
    return replace(held, left_mm=start, right_mm=start + width)


def _draw_panel(
    panel: Axes,
    treatment: Treatment,
    held: Slice,
    floor: float,
    above_mm: float,
    colour_by: str,
    larger: float = 1.0,
) -> None:
    width_mm = held.right_mm - held.left_mm
    tops = treatment.mean("layer_top_um")
    bottoms = [*tops[1:], max(floor, tops[-1])]
    for layer, top, bottom in zip(treatment.site.layers, tops, bottoms, strict=True):
        place, high = (0.0, float(top)), min(float(bottom), floor) - float(top)
        panel.add_patch(Rectangle(place, width_mm, high, facecolor=LAYER_COLOURS[layer.name], lw=0, zorder=0))
        panel.plot([0, width_mm], [top, top], color=LINE, lw=1.6 if top == 0 else 0.9, zorder=1, solid_capstyle="butt")
    corners = outlines_mm(held) * (1.0, 1000.0) - (held.left_mm, 0.0)
    shade = mpl.colormaps[CHANNEL_MAP](np.clip(held.depth_um / CHANNEL_SCALE_UM[1], 0, 1))
    if colour_by == "pass":
        made_in = treatment.channels.pass_number[held.chosen]
        shade = mpl.colormaps[PASS_MAP]((made_in - 1) / max(1, treatment.technique.passes - 1))
    panel.add_collection(PolyCollection(list(corners), facecolors=shade, edgecolors=LINE, linewidths=1.1, zorder=2))
    if above_mm > 0:
        _draw_needles(panel, treatment, held, width_mm, above_mm)
        panel.plot([0.04 * width_mm, 0.04 * width_mm + 0.5], [floor - 70] * 2, color=INK, lw=2.5, solid_capstyle="butt")
        panel.text(
            0.04 * width_mm + 0.25, floor - 90, "0.5 mm", ha="center", va="bottom", fontsize=10 * larger, color=INK
        )
    # The colour of a depth stands beside it.
    depths = np.linspace(0, floor, 256)[:, None] / CHANNEL_SCALE_UM[1]
    shades = np.clip(depths, 0, 1)
    panel.imshow(
        shades, cmap=CHANNEL_MAP, vmin=0, vmax=1, extent=(-STRIP * width_mm, 0, floor, 0), aspect="auto", zorder=3
    )
    panel.set_xlim(-STRIP * width_mm, width_mm)
    panel.set_ylim(floor, -1000 * above_mm)
    step = 200 if floor > 2 * SHALLOW_UM else 100
    panel.set_yticks(np.arange(0, floor + 1, step))
    panel.set_xticks([])
    panel.spines[["top", "right", "bottom", "left"]].set_visible(False)


def _draw_needles(panel: Axes, treatment: Treatment, held: Slice, width_mm: float, above_mm: float) -> None:
    """Draw the drum's underside with a needle, hanging over a channel in the middle."""
    roller = treatment.device
    profile, length = needle_profile(roller), roller.length_mm
    inner = np.argsort(np.abs(held.x_mm - (held.left_mm + held.right_mm) / 2))
    places = [float(held.x_mm[inner[0]] - held.left_mm)] if inner.size else [width_mm / 2]
    drum_at = DRUM_MM - above_mm  # the same for all: what differs is the needle
    panel.add_patch(Rectangle((0, -1000 * above_mm), width_mm, 1000 * DRUM_MM, facecolor=DRUM, lw=0, zorder=2))
    heights = np.linspace(0, 1, 40) ** 2 * length
    half = profile.half_width(heights)
    for place in places:
        x = np.concatenate([place - half[::-1], place + half])
        z = drum_at + length - np.concatenate([heights[::-1], heights])
        panel.add_patch(Patch(np.stack([x, 1000 * z], axis=1), facecolor=STEEL, edgecolor=LINE, lw=1.0, zorder=3))


def _draw_bands(panel: Axes, treatment: Treatment, width_mm: float, larger: float) -> None:
    """Draw how deep channels go: a full bar where they differ among themselves, an open one for what nobody knows."""
    low, middle, high = (treatment[f"peak_depth_um_{name}"] for name in ("p05", "p50", "p95"))
    if not np.isfinite(middle):
        return
    bands: list[tuple[Array, dict[str, Any]]] = [(np.array([low, high]), {"facecolor": VARIABILITY, "lw": 0})]
    if "peak_depth_um" in treatment.uncertainty:
        style: dict[str, Any] = {"facecolor": PAPER, "edgecolor": UNCERTAINTY, "hatch": UNCERTAINTY_HATCH, "lw": 1.0}
        bands.append((treatment.uncertainty["peak_depth_um"][:, 3], style))
    for at, ((top, bottom), style) in zip(BANDS_MM, bands, strict=False):
        place = (width_mm + at - BAND_MM / 2, float(top))
        panel.add_patch(Rectangle(place, BAND_MM, float(bottom - top), zorder=4, **style))
    end = width_mm + BANDS_MM[-1] + BAND_MM
    panel.plot([width_mm + 0.01, end], [middle] * 2, color=INK, lw=2.4, zorder=5, solid_capstyle="butt")
    # In the room beside the needle, where it is read first.
    look: dict[str, Any] = {"fontsize": DEPTH_PT * larger, "fontweight": "bold", "color": INK, "linespacing": 1.1}
    panel.text(width_mm, -1000 * OVER_SKIN_MM, f"{digits(middle)} µm\ndeep", ha="right", va="bottom", **look)


def _frame_the_top(*panels: tuple[Axes, float, float]) -> None:
    """Show which part of the section is the one below it."""
    for panel, left, width in panels:
        frame: dict[str, Any] = {"facecolor": "none", "edgecolor": INK, "lw": 1.4, "ls": (0, (4, 3)), "zorder": 6}
        panel.add_patch(Rectangle((left, 0), width, SHALLOW_UM, clip_on=False, **frame))


def section_inset(treatment: Treatment, colour_by: str = "depth") -> Figure:
    """Draw the section of one device small, to be laid over a picture: depth axis, and the uppermost 300 um larger.

    Parameters
    ----------
    treatment : Treatment — what is drawn [-]
    colour_by : str — 'depth' or 'pass' [-]

    """
    floor = floor_um([treatment])
    across = min(WIDTH_MM, float(np.ptp(treatment.region.bounds[::2])))
    heights = [INCHES_A_MM * floor / 1000, INCHES_A_MM * CLOSER * SHALLOW_UM / 1000]
    width, tall = INCHES_A_MM * across + 0.95, sum(heights) + 0.95
    drawing = Figure(figsize=(width, tall), edgecolor=SOFT_INK, linewidth=2.0)
    held = slice_shown(treatment, across)
    closer = _inner(held, CLOSER)
    rows = (
        (0.15 + heights[1] + 0.4, heights[0], held, floor, f"section, depth in µm, {across:g} mm wide"),
        (0.15, heights[1], closer, SHALLOW_UM, f"its top {SHALLOW_UM:g} µm, {CLOSER:g} times larger"),
    )
    for foot, high, part, bottom, words in rows:
        panel = drawing.add_axes((0.8 / width, foot / tall, INCHES_A_MM * across / width, high / tall))
        _draw_panel(panel, treatment, part, bottom, 0.0, colour_by)
        left = closer.left_mm - part.left_mm
        _frame_the_top((panel, left, closer.right_mm - closer.left_mm))
        panel.tick_params(labelsize=13)
        panel.set_title(words, fontsize=14, color=INK, pad=5, loc="left")
    return drawing


def _name_layers(panel: Axes, treatment: Treatment, bottom: float, larger: float) -> None:
    """Write the names of the layers that are thick enough for a line of words at their right."""
    tops = [float(top) for top in treatment.mean("layer_top_um")]
    a_line = (
        abs(np.subtract(*panel.get_ylim())) * LINE_IN * larger / (panel.get_window_extent().height / panel.figure.dpi)
    )
    place = -np.inf
    for layer, top, end in zip(treatment.site.layers, tops, [*tops[1:], np.inf], strict=True):
        middle = (top + min(end, bottom)) / 2
        room = min(end, bottom) - top
        if top >= bottom or (bottom > SHALLOW_UM and room < a_line):
            continue
        place = max(middle, place + a_line)
        panel.annotate(
            LAYER_WORDS[layer.name],
            xy=(1.0, middle),
            xytext=(1.02 if bottom > SHALLOW_UM else 1.05, place),
            xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"),
            va="center",
            fontsize=11 * larger,
            color=INK,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": SOFT_INK, "lw": 0.8 if bottom <= SHALLOW_UM else 0.0},
        )


def _write_foot(drawing: Figure, treatments: Sequence[Treatment], left_in: float, larger: float) -> None:
    """Write what was done, and what the two bars say."""
    width, tall = drawing.get_figwidth(), drawing.get_figheight()
    look: dict[str, Any] = {"fontsize": 10.5 * larger, "color": INK, "va": "center"}
    drawing.text(left_in / width, 0.8 * larger / tall, as_written(headline(treatments[0])), **look)
    legend: tuple[tuple[dict[str, Any], str], ...] = (
        ({"facecolor": VARIABILITY, "edgecolor": "none"}, "where nine in ten channels end: variability"),
        (
            {"facecolor": PAPER, "edgecolor": UNCERTAINTY, "hatch": UNCERTAINTY_HATCH},
            "where the middle one may end, for nobody knows better: uncertainty",
        ),
    )
    for (style, words), row in zip(legend, (0.52 * larger, 0.25 * larger), strict=True):
        corner = (left_in / width, (row - 0.07 * larger) / tall)
        drawing.add_artist(Rectangle(corner, 0.22 * larger / width, 0.14 * larger / tall, lw=0.9, **style))
        drawing.text((left_in + 0.32 * larger) / width, row / tall, words, **look)
