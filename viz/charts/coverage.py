"""Charts of treatments: coverage against depth, pass by pass, over the layers of the skin.

In: one or more `Treatment`. Out: a matplotlib Figure; nothing is computed here but the place of ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten, wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...data.thickness import LAYER_WORDS
from ...geometry.arrays import Ints
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import Treatment
from ...roller.treatment.text_table import column_names, headline
from ...roller.validation.rows import Validation, known_as
from ..palette import DEVICE_COLOURS, DRUM, GRID, LAYER_COLOURS, LINE, PASS_MAP, SOFT_INK, as_written
from .unknown import draw_unknown

PASSES_DRAWN = 6
ROW_LETTERS, ROW_IN, MOST_ROWS = 62, 0.2, 40  # beside the chart of published rows: letters, height, rows in a column
TITLE_LETTERS = 26  # on a line over a panel
MOST_RATIO = 2.1  # of what the model says over what was measured, as far as it is drawn
LEGEND_COLUMNS = 3  # a panel
MOST_COLUMNS = 5  # of panels: more stand in further rows
HEAD_LETTERS_PER_IN = 13  # of the line over all panels
HEIGHT_IN, WIDTH_IN = 4.8, 3.1
FLOOR_UM = 300.0  # depth shown at least
LEAST_SHARE_PERCENT = 1e-3  # home and professional rollers lie decades apart: the scale is logarithmic


def coverage_chart(treatments: Sequence[Treatment]) -> Figure:
    """Draw coverage against depth after some of the passes, one panel a device, site or zone, on common axes.

    Full lines are the channels while the needle is in, dashes what stays open; bands are the skin's layers at
    their mean depth, and the shade around the last pass what nobody has measured.

    Parameters
    ----------
    treatments : sequence of Treatment — one or more [-]

    """
    columns = min(len(treatments), MOST_COLUMNS)
    rows = -(-len(treatments) // columns)
    figure = Figure(figsize=(WIDTH_IN * columns + 1.9, HEIGHT_IN * rows), layout="constrained")
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    panels = grid.ravel()[: len(treatments)]
    for empty in grid.ravel()[len(treatments) :]:
        empty.remove()
    deepest = max(_deepest_um(treatment) for treatment in treatments)
    for panel, treatment, name in zip(panels, treatments, column_names(treatments), strict=True):
        _draw_layers(panel, treatment, deepest)
        _draw_passes(panel, treatment)
        panel.set_title("\n".join(wrap(name, TITLE_LETTERS)), fontsize=11)
        panel.grid(axis="x", color="white", lw=0.6)
        panel.tick_params(labelbottom=True)  # what stands under the last row of panels may be another's place
    for panel in panels[-columns:]:
        panel.set_xlabel(QUANTITIES["coverage"].label)
    for panel in panels[::columns]:
        panel.set_ylabel("depth under the surface [µm]")
    panels[0].set_ylim(deepest, 0)
    panels[0].set_xscale("log")
    panels[0].set_xlim(left=LEAST_SHARE_PERCENT)
    panels[0].xaxis.set_major_formatter("{x:g}")
    _name_layers(panels[columns - 1], treatments[columns - 1], deepest)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, title="after pass", loc="outside lower center", ncols=LEGEND_COLUMNS * columns, frameon=False
    )
    names = {treatment.device.title for treatment in treatments}
    whose = f"{names.pop()}, " if len(names) == 1 and len(treatments) > 1 else ""  # panels are named by place then
    told = "\n".join(wrap(whose + headline(*treatments), int(HEAD_LETTERS_PER_IN * figure.get_figwidth())))
    figure.suptitle(as_written(told) + "\nfull: needle in, dashed: needle gone", fontsize=11)
    return figure


def _deepest_um(treatment: Treatment) -> float:
    """Depth below which nothing is covered, rounded up to 100 um."""
    covered = treatment.depths_um[treatment.mean("coverage")[-1] > 1e-4 * treatment.mean("coverage").max()]
    return float(max(FLOOR_UM, 100 * np.ceil((covered.max() if covered.size else 0) / 100 + 0.5)))


def _draw_layers(panel: Axes, treatment: Treatment, deepest: float) -> None:
    tops, bottoms = treatment.mean("layer_top_um"), treatment.mean("layer_bottom_um")
    for layer, top, bottom in zip(treatment.site.layers, tops, bottoms, strict=True):
        panel.axhspan(top, min(bottom, deepest), color=LAYER_COLOURS[layer.name], lw=0, zorder=0)
        panel.axhline(top, color=LINE, lw=0.7, zorder=0.5)


def _draw_passes(panel: Axes, treatment: Treatment) -> None:
    total = treatment.technique.passes
    shown = np.unique(np.rint(np.geomspace(1, total, min(total, PASSES_DRAWN))).astype(int))
    inks = mpl.colormaps[PASS_MAP](np.linspace(0, 1, shown.size))
    inside, left = 100 * treatment.mean("coverage"), 100 * treatment.mean("residual_coverage")
    if "coverage" in treatment.uncertainty:
        draw_unknown(panel, treatment.depths_um, 100 * treatment.uncertainty["coverage"][:, -1], inks[-1], upright=True)
    for number, ink in zip(shown, inks, strict=True):
        panel.plot(inside[number - 1], treatment.depths_um, color=ink, lw=1.8, label=str(number))
        panel.plot(left[number - 1], treatment.depths_um, color=ink, lw=1.0, ls=(0, (4, 2)))


def _name_layers(panel: Axes, treatment: Treatment, deepest: float) -> None:
    """Write the layers' names beside the last panel, pushed apart where the layers are thin."""
    tops, bottoms = treatment.mean("layer_top_um"), treatment.mean("layer_bottom_um")
    line = 0.045 * deepest
    place = -np.inf
    for layer, top, bottom in zip(treatment.site.layers, tops, bottoms, strict=True):
        if top >= deepest:
            break
        middle = (top + min(bottom, deepest)) / 2
        place = max(middle, place + line)
        panel.annotate(
            f"{LAYER_WORDS[layer.name]}",
            xy=(1.0, middle),
            xytext=(1.06, place),
            xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"),
            va="center",
            fontsize=10,
            arrowprops={"arrowstyle": "-", "color": SOFT_INK, "lw": 0.6},
        )


def published_chart(validation: Validation) -> Figure:
    """Draw what was measured and what the model says, a line a published row, both over the measured value.

    Grey bars are the range that the source supports, coloured ones 5 to 95 % of the model over people and places.

    Parameters
    ----------
    validation : Validation — all rows [-]

    """
    count = len(validation.rows)
    halves = np.array_split(np.arange(count), 2 if count > MOST_ROWS else 1)
    tall = ROW_IN * halves[0].size + 1.4
    figure = Figure(figsize=(8.2 * len(halves), tall), layout="constrained")
    panels = figure.subplots(1, len(halves), sharex=True, squeeze=False)[0]
    for panel, half in zip(panels, halves, strict=True):
        _draw_rows(panel, validation, half)
    handles = {name: one for panel in panels for one, name in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles, fontsize=9, loc="outside upper center", ncols=len(handles), frameon=False)
    return figure


def _draw_rows(panel: Axes, validation: Validation, numbers: Ints) -> None:
    """Some published rows, from above."""
    rows = [validation.rows[number] for number in numbers]
    said = [validation.predictions[number] for number in numbers]
    verdicts = [validation.verdicts[number] for number in numbers]
    place = np.arange(len(rows))[::-1]
    scale = np.array([row.measured or 1.0 for row in rows])  # what was measured as nothing stands as it is
    low = np.array([row.measured if row.low is None else row.low for row in rows]) / scale
    high = np.array([row.measured if row.high is None else row.high for row in rows]) / scale
    panel.barh(place, high - low, left=low, height=0.62, color=GRID, label="measured, range of its source")
    panel.plot(np.ones(len(rows)), place, "|", color=DRUM, ms=9, label="measured")
    colours = {"met": DEVICE_COLOURS[0], "missed": DEVICE_COLOURS[1]}
    for verdict, colour in colours.items():
        chosen = [number for number, found in enumerate(verdicts) if found == verdict]
        if not chosen:
            continue
        values = np.array([said[number].value for number in chosen]) / scale[chosen]
        ends = np.array([said[number].band or (said[number].value,) * 2 for number in chosen]) / scale[chosen][:, None]
        reach = np.maximum(np.stack([values - ends[:, 0], ends[:, 1] - values]), 0.0)
        look: dict[str, Any] = {"fmt": "o", "ms": 4, "lw": 1.3, "capsize": 2, "color": colour}
        panel.errorbar(values, place[chosen], xerr=reach, label=f"model, {verdict}", **look)
        beyond = values > MOST_RATIO  # an arrow, lest they be missed
        panel.plot(np.full(beyond.sum(), MOST_RATIO), place[chosen][beyond], ">", color=colour, ms=6, clip_on=False)
    panel.set_ylim(-0.7, len(rows) - 0.3)
    words = [f"{row.what} ({known_as(row.source)}{', fitted' * row.fitted})" for row in rows]
    panel.set_yticks(place, [shorten(line, ROW_LETTERS, placeholder=" …") for line in words], fontsize=7.5)
    panel.set_xlabel("over the measured value")
    panel.set_xlim(0, MOST_RATIO)
