"""The chart of published measurements: what was measured and what the model says, role after role.

In: a `Validation`. Out: a matplotlib Figure. What could fail comes first.
"""

from __future__ import annotations

from textwrap import shorten
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...data.constants import Role
from ...roller.validation.rows import ROLES, Validation, known_as
from ..palette import DEVICE_COLOURS, DRUM, GRID, INK, PAPER, as_written

ROW_LETTERS, ROW_IN = 58, 0.235  # of a row: letters, height
WIDTH_IN, WORDS_IN, EDGE_IN = 10.0, 4.75, 0.35  # of the picture, of the words at its left, of its right edge
HEAD_IN, FOOT_IN = 1.05, 0.6
MOST_RATIO = 2.1  # of what the model says over what was measured, as far as it is drawn
HEADING_ROWS = 2.0  # height of a group's heading, in rows
HEADINGS: dict[Role, str] = {
    "predicted": "could fail, and nothing was fitted to them",
    "fitted": "constants were fitted to them",
    "bound": "hardly any constants could miss them",
    "identity": "fields of the catalogue",
}
# Apart in grey too: full and round, or open and angular.
MARKS: dict[str, dict[str, Any]] = {
    "met": {"fmt": "o", "ms": 5.5, "color": DEVICE_COLOURS[0]},
    "missed": {"fmt": "D", "ms": 7.0, "color": DEVICE_COLOURS[1], "mfc": PAPER, "mew": 2.0},
}


def published_chart(validation: Validation) -> Figure:
    """Draw what was measured and what the model says, a line a published row, both over the measured value.

    Grey bars are the range that the source supports, coloured ones 5 to 95 % of the model over people and places.

    Parameters
    ----------
    validation : Validation — all rows [-]

    """
    groups = [(role, [n for n, row in enumerate(validation.rows) if row.role == role]) for role in ROLES]
    groups = [(role, numbers) for role, numbers in groups if numbers]
    lines = sum(len(numbers) + HEADING_ROWS for _, numbers in groups)
    tall = HEAD_IN + ROW_IN * lines + FOOT_IN
    figure = Figure(figsize=(WIDTH_IN, tall))
    place = (WORDS_IN / WIDTH_IN, FOOT_IN / tall, 1 - (WORDS_IN + EDGE_IN) / WIDTH_IN, ROW_IN * lines / tall)
    panel = figure.add_axes(place)
    panel.set_ylim(lines, 0)
    panel.set_xlim(0, MOST_RATIO)
    panel.axvline(1.0, color=DRUM, lw=1.2, zorder=1.5, label="measured")
    at, named, edge = 0.0, [], -MOST_RATIO * (WORDS_IN - 0.2) / (WIDTH_IN - WORDS_IN - EDGE_IN)
    for role, numbers in groups:
        met, count = validation.met(role)
        panel.axhspan(at, at + HEADING_ROWS, color=PAPER, lw=0, zorder=3)
        words = f"{role}: {met} of {count} met"
        panel.text(edge, at + 1.55, words, fontsize=17, fontweight="bold", color=INK, zorder=4, va="baseline")
        panel.text(MOST_RATIO, at + 1.55, HEADINGS[role], fontsize=12, color=INK, zorder=4, ha="right", va="baseline")
        places = at + HEADING_ROWS + 0.5 + np.arange(count)
        _draw_rows(panel, validation, numbers, places)
        named += [(float(one), validation.rows[number]) for one, number in zip(places, numbers, strict=True)]
        at += HEADING_ROWS + count
    lines_of_words = [f"{row.what} ({known_as(row.source)})" for _, row in named]
    panel.set_yticks(
        [one for one, _ in named],
        [as_written(shorten(line, ROW_LETTERS, placeholder=" …")) for line in lines_of_words],
        fontsize=10,
    )
    panel.tick_params(left=False, labelsize=10)
    panel.spines[["left", "top", "right"]].set_visible(False)
    panel.set_xlabel("over the measured value", fontsize=12)
    handles, labels = panel.get_legend_handles_labels()
    known = dict(zip(labels, handles, strict=True))
    figure.text(0.02, 1 - 0.45 / tall, validation.headline.split(",")[0], fontsize=24, fontweight="bold", color=INK)
    figure.legend(
        known.values(),
        known,
        fontsize=12,
        loc="upper left",
        bbox_to_anchor=(0.01, 1 - 0.6 / tall),
        ncols=len(known),
        frameon=False,
        columnspacing=1.4,
    )
    return figure


def _draw_rows(panel: Axes, validation: Validation, numbers: list[int], places: np.ndarray[Any, Any]) -> None:
    """Some published rows, each at its height."""
    rows, said = [validation.rows[n] for n in numbers], [validation.predictions[n] for n in numbers]
    verdicts = np.array([validation.verdicts[n] for n in numbers])
    scale = np.array([row.measured or 1.0 for row in rows])  # what was measured as nothing stands as it is
    low = np.array([row.measured if row.low is None else row.low for row in rows]) / scale
    high = np.array([row.measured if row.high is None else row.high for row in rows]) / scale
    panel.barh(places, high - low, left=low, height=0.66, color=GRID, label="range of its source")
    values = np.array([one.value for one in said]) / scale
    ends = np.array([one.band or (one.value,) * 2 for one in said]) / scale[:, None]
    reach = np.maximum(np.stack([values - ends[:, 0], ends[:, 1] - values]), 0.0)
    for verdict, look in MARKS.items():
        chosen = verdicts == verdict
        inside = chosen & (values <= MOST_RATIO)
        panel.errorbar(
            values[inside],
            places[inside],
            xerr=reach[:, inside],
            label=f"model, {verdict}",
            lw=1.5,
            capsize=2.5,
            **look,
        )
        beyond = chosen & (values > MOST_RATIO)  # an arrow at the edge, lest they be missed
        fill = look.get("mfc", look["color"])
        panel.plot(
            np.full(beyond.sum(), MOST_RATIO),
            places[beyond],
            ">",
            color=look["color"],
            mfc=fill,
            mew=1.8,
            ms=7,
            clip_on=False,
        )
