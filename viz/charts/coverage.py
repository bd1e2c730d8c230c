"""Charts of treatments: coverage against depth, pass by pass, over the layers of the skin.

In: one or more `Treatment`. Out: a matplotlib Figure; nothing is computed here but the place of ink.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from ...data.thickness import LAYER_WORDS
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import Treatment
from ...roller.treatment.text_table import column_names, headline
from ..palette import LAYER_COLOURS, LINE, PAPER, PASS_MAP, SOFT_INK, as_written
from .unknown import draw_unknown

PASSES_DRAWN = 6
CASED = 3.4  # width of a line with its light edge
TITLE_LETTERS = 26  # on a line over a panel
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
    edge = [withStroke(linewidth=CASED, foreground=PAPER, alpha=0.55)]  # in print a line may be as grey as its layer
    for number, ink in zip(shown, inks, strict=True):
        panel.plot(inside[number - 1], treatment.depths_um, color=ink, lw=1.8, label=str(number), path_effects=edge)
        panel.plot(left[number - 1], treatment.depths_um, color=ink, lw=1.2, ls=(0, (4, 2)))


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
