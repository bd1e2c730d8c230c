"""The main figures of treatments as rows of text: what the command line's table and `summary()` both show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import numpy as np
from shapely.geometry import Polygon

from ...data.catalog import RollerSpec, SkinSite
from ...data.thickness import LAYER_WORDS
from ...geometry.arrays import Array
from ..technique import Technique
from .differences import LEAST_REPLICATES, differs
from .digits import Row, figure
from .sensitivity import Sensitivity

MARK = "*"
MARK_EXPLAINED = (
    f"{MARK} differs from the first device: in the same people, 0 lies outside the 5 to 95 % band of the difference"
)


class Summarised(Protocol):
    """What a table reads of a `Treatment`, which shows itself as this table and so can't be imported here."""

    @property
    def device(self) -> RollerSpec:
        """The roller."""

    @property
    def site(self) -> SkinSite:
        """The skin."""

    @property
    def technique(self) -> Technique:
        """What the hand did."""

    @property
    def region(self) -> Polygon:
        """What was treated."""

    @property
    def seed(self) -> int:
        """Of everything random."""

    @property
    def replicates(self) -> int:
        """How many there are."""

    @property
    def values(self) -> dict[str, Array]:
        """Arrays by name, replicates first."""

    @property
    def sensitivity(self) -> Sensitivity | None:
        """Where the spread of the depth comes from."""

    def mean(self, name: str, /) -> Array:
        """Return a variable's mean over the replicates.

        Parameters
        ----------
        name : str — of the variable [-]

        """


def _last(treatment: Summarised, name: str, index: tuple[int, ...] = (), scale: float = 1.0) -> str:
    values = scale * np.moveaxis(treatment.values[name], 0, -1)[index]
    spread = values.std(ddof=1) if len(values) > 1 else np.nan
    return figure(float(values.mean()), float(spread))


def _statistic(treatment: Summarised, name: str) -> str:
    mean, _, low, _, high = treatment.mean(name)
    return f"{figure(mean)} ({figure(low)} to {figure(high)})" if np.isfinite(mean) else "-"


def _largest_share(treatment: Summarised) -> str:
    found = treatment.sensitivity
    if found is None or found.largest == "-":
        return "-"
    return f"{found.largest} ({100 * found.total_order.max():.0f} %)"


def summary_rows(treatments: Sequence[Summarised]) -> list[Row]:
    """Return the rows of the table, after the last pass.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column; all at the same site [-]

    """

    def row(quantity: str, unit: str, cell: Callable[[Summarised], str]) -> Row:
        return Row(quantity, unit, tuple(cell(treatment) for treatment in treatments))

    def figures(quantity: str, unit: str, name: str, index: tuple[int, ...] = (), scale: float = 1.0) -> Row:
        """A quantity after the last pass, marked where it differs from the first device's."""
        return _marked(row(quantity, unit, partial(_last, name=name, index=index, scale=scale)), name, index)

    def statistics(quantity: str, unit: str, name: str) -> Row:
        return _marked(row(quantity, unit, partial(_statistic, name=name)), name, (0,))

    def _marked(plain: Row, name: str, index: tuple[int, ...]) -> Row:
        sets = [np.moveaxis(treatment.values[name], 0, -1)[index] for treatment in treatments]
        marks = (MARK if differs(values, sets[0]) else "" for values in sets)
        return plain._replace(cells=tuple(cell + mark for cell, mark in zip(plain.cells, marks, strict=True)))

    rows = [
        row("use", "", lambda t: t.device.use),
        row("needles", "", lambda t: f"{t.device.needle_count} x {t.device.length_mm:g} mm"),
        figures("channels", "per cm2", "density_per_cm2", (-1,)),
        figures("contacts that open the skin", "%", "punctured_fraction", scale=100),
        statistics("peak depth, mean (5 to 95 %)", "um", "peak_depth_um"),
        statistics("residual depth, mean (5 to 95 %)", "um", "residual_depth_um"),
        statistics("hole at the surface, mean (5 to 95 %)", "um", "surface_diameter_um"),
    ]
    words = [LAYER_WORDS[layer.name] for layer in treatments[0].site.layers]
    for number in range(1, len(words)):
        rows.append(figures(f"channels into {words[number]}", "per cm2", "layer_density_per_cm2", (number, -1)))
    rows.append(figures("surface covered, needle in", "%", "coverage", (-1, 0), scale=100))
    for number in range(len(words) - 1):
        touched = f"{words[number]} touched"
        rows.append(figures(touched, "% of volume", "layer_volume_fraction", (number, -1), scale=100))
    if any(treatment.sensitivity for treatment in treatments):
        rows.append(row("spread of the depth comes most from", "", _largest_share))
    return [
        *rows,
        figures("largest untouched disc", "mm", "largest_gap_mm", (-1,)),
        figures("mean distance to a channel", "mm", "mean_distance_to_channel_mm", (-1,)),
        figures("entry angle", "deg", "entry_angle_deg"),
    ]


def marks_explained(treatments: Sequence[Summarised]) -> str:
    """Return the line that explains the table's marks; empty where there can be none.

    Parameters
    ----------
    treatments : sequence of Treatment — those shown [-]

    """
    return MARK_EXPLAINED if len(treatments) > 1 and treatments[0].replicates >= LEAST_REPLICATES else ""


def headline(treatment: Summarised) -> str:
    """Return what was done, in one line.

    Parameters
    ----------
    treatment : Treatment — any of those shown [-]

    """
    technique, site = treatment.technique, treatment.site
    who = ", ".join(
        part
        for part in (
            site.sex if site.sex != "any" else "",
            f"{site.age_years:g} years" if site.age_years else "",
        )
        if part
    )
    skin = f"{site.title} ({who})" if who else site.title
    many = f", {treatment.replicates} replicates" if treatment.replicates > 1 else ""
    return (
        f"{skin}, {technique.passes} passes ({technique.pattern}), {technique.load_n:g} N, "
        f"{treatment.region.area:g} mm2, seed {treatment.seed}{many}"
    )


def summary_text(treatments: Sequence[Summarised], more: Sequence[Row] = ()) -> str:
    """Return the rows as a plain table.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column [-]
    more : sequence of Row — put below those of the treatments [-]

    """
    rows = [Row("", "", tuple(treatment.device.name for treatment in treatments)), *summary_rows(treatments), *more]
    table = [[quantity + (f" [{unit}]" if unit else ""), *cells] for quantity, unit, cells in rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]
    explained = marks_explained(treatments)
    return "\n".join([headline(treatments[0]), *lines, *([explained] if explained else [])])
