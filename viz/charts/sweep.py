"""A chart of a study's rows: one figure over one axis, a line a value of another; all other axes are averaged over.

In: the table of rows, names of columns. Out: a matplotlib Figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from ...roller.study.axes import axis_label
from ...roller.treatment.names import place_of
from ...roller.treatment.quantity import PRETTY
from ..palette import DEVICE_COLOURS, GRID

if TYPE_CHECKING:
    import pandas

SIZE_IN = (6.4, 4.4)
MOST_LINES = 12


def sweep_chart(rows: pandas.DataFrame, x: str, y: str, hue: str | None = None) -> Figure:
    """Draw a figure over an axis: the mean over all other axes, and its span where there are any.

    Parameters
    ----------
    rows : DataFrame — one row a setting; those with an error are left out [as named]
    x : str — axis along the chart [as named]
    y : str — output drawn [as named]
    hue : str or None — axis of whose values each gets a line [as named]

    """
    figure = Figure(figsize=SIZE_IN, layout="constrained")
    panel = figure.add_subplot()
    good = rows[rows["error"].isna()] if "error" in rows else rows
    groups = [("", good)] if hue is None else list(good.groupby(hue, sort=True))
    for number, (value, group) in enumerate(groups):
        told = group.groupby(x, sort=True)[y].agg(["mean", "min", "max"])
        ink = DEVICE_COLOURS[number % len(DEVICE_COLOURS)]
        style = "-" if number < len(DEVICE_COLOURS) else "--"
        places = told.index if told.index.dtype.kind in "if" else range(len(told))
        name = "" if hue is None else f"{value:g}" if isinstance(value, float) else str(value)
        panel.plot(places, told["mean"], style, color=ink, marker="o", ms=4, lw=1.7, label=name)
        if (told["max"] > told["min"]).any():
            panel.fill_between(places, told["min"], told["max"], color=ink, alpha=0.15, lw=0)
    if good[x].dtype.kind not in "if":
        panel.set_xticks(range(good[x].nunique()), sorted(good[x].unique()), rotation=20, ha="right")
    place = place_of(y)
    unit = place.part.quantity.pretty_unit if not place.part.quantity.percent else "share"
    at = f", at {place.number:g} {PRETTY.get(place.part.at, place.part.at)}" if place.number is not None else ""
    panel.set_ylabel(f"{place.part.words}{at}" + (f" [{unit}]" if unit else ""))
    panel.set_xlabel(axis_label(x))
    panel.grid(color=GRID, lw=0.6)
    if hue is not None:
        panel.legend(title=axis_label(hue), fontsize=8, title_fontsize=8, framealpha=0.9)
    return figure
