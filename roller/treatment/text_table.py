"""The figures of treatments as rows of text: what the command line's table, `summary()` and a notebook show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from ...geometry.arrays import Array, floats
from .digits import Row, change, figure, span, table_lines
from .names import Part, classed, parts_of
from .not_known import shares_deeper
from .quantities import QUANTITIES
from .quantity import STATISTICS, Quantity
from .spread import LEAST_REPLICATES, band_of, differs, mean_of, sd_of
from .tables import Readable

SUMMARY_WIDTH = 80
MARK = "*"
MARK_EXPLAINED = (
    f"{MARK} differs from the first device: in the same people, 0 lies outside the 5 to 95 % band of the difference"
)
BANDS_EXPLAINED = "(...) differs from place to place or person to person; [...] what nobody has measured, 5 to 95 %"
DEEPER_BY = "peak_depth_um"
MEAN, LOW, HIGH = (STATISTICS.index(name) for name in ("mean", "p05", "p95"))


def _last(part: Part, values: Array) -> Array:
    """One number a replicate: after the last pass, at the last hour or day."""
    found = part.of(values)
    return found.reshape(len(found), -1)[:, -1]


def _cell(treatment: Readable, part: Part) -> str:
    """A figure, its spread over replicates, and in brackets what nobody knows of it."""
    quantity = part.quantity
    classes = bool(quantity.classes)
    values = _last(part, treatment.values[quantity.key])
    mean = mean_of(values, classes=classes)
    if classes:
        low, high = (str(classed(quantity, end)) for end in band_of(values, classes=True))
        text = str(classed(quantity, mean)) if low == high else f"{classed(quantity, mean)} ({low} to {high})"
    elif quantity.change:
        text = change(float(mean), quantity.least)
    else:
        spread = sd_of(values) if len(values) > 1 else np.nan
        text = figure(quantity.scale * float(mean), quantity.scale * float(spread))
    return text + _unknown(treatment, part)


def _unknown(treatment: Readable, part: Part) -> str:
    quantity = part.quantity
    if quantity.key not in treatment.uncertainty:
        return ""
    low, high = (float(end) for end in _last(part, treatment.uncertainty[quantity.key]))
    if not np.isfinite([low, high]).all():
        return ""
    if quantity.classes:
        ends = [str(classed(quantity, floats(round(end)))) for end in (low, high)]
    elif quantity.change:
        ends = [change(end) for end in (low, high)]
    else:
        ends = [figure(quantity.scale * end) for end in (low, high)]
    return f" [{ends[0]}]" if ends[0] == ends[1] else f" [{ends[0]} to {ends[1]}]"


def _statistic(treatment: Readable, quantity: Quantity) -> str:
    mean, low, high = mean_of(treatment.values[quantity.key])[[MEAN, LOW, HIGH]]
    if not np.isfinite(mean):
        return "-"
    return f"{figure(mean)} ({span(low, high)})" + _unknown(treatment, parts_of(quantity.key)[MEAN])


def _largest_share(treatment: Readable) -> str:
    found = treatment.sensitivity
    if found is None or found.largest == "-":
        return "-"
    return f"{found.largest} ({100 * found.largest_share:.0f} %)"


def _deeper(treatments: Sequence[Readable]) -> Row:
    """In how many of the models that meet the measurements each device goes deeper than the first."""
    shares = shares_deeper((one.device, one.site, one.technique) for one in treatments)
    cells = [f"{100 * share:.0f}" for share in shares[1:]]
    return Row(f"deeper than {treatments[0].device.name}, share of the models", "%", ("-", *cells))


def _row(treatments: Sequence[Readable], words: str, unit: str, cell: Callable[[Readable], str]) -> Row:
    return Row(words, unit, tuple(cell(treatment) for treatment in treatments))


def _marked(row: Row, treatments: Sequence[Readable], part: Part) -> Row:
    """The row with a mark where a device differs from the first one."""
    if part.quantity.classes:
        return row
    sets = [_last(part, treatment.values[part.quantity.key]) for treatment in treatments]
    marks = (MARK if differs(values, sets[0]) else "" for values in sets)
    return row._replace(cells=tuple(cell + mark for cell, mark in zip(row.cells, marks, strict=True)))


def _words(part: Part, treatment: Readable) -> str:
    quantity = part.quantity
    words = part.words
    if quantity.time is not None:
        words += f" in {treatment.times[quantity.time][-1]:g} {'h' if quantity.time != 'day' else 'd'}"
    return f"{words} (unverified)" if quantity.status == "unverified" else words


def summary_rows(treatments: Sequence[Readable], *, every: bool = False) -> list[Row]:
    """Return the rows of the table, after the last pass.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column; all at the same site [-]
    every : bool — every figure that does not go over depths or months, not the main ones alone [-]

    """
    rows = [
        _row(treatments, "use", "", lambda t: t.device.use),
        _row(treatments, "needles", "", lambda t: f"{t.device.needle_count} x {t.device.length_mm:g} mm"),
    ]
    for key, quantity in QUANTITIES.items():
        told = quantity.main or (every and not {"depth", "day"} & set(quantity.dims))
        if not told or any(key not in treatment.values for treatment in treatments):
            continue
        unit = quantity.shown_unit
        if "statistic" in quantity.dims:
            words = f"{quantity.words}, mean (5 to 95 %)"
            row = _row(treatments, words, unit, lambda t, q=quantity: _statistic(t, q))  # type: ignore[misc]
            rows.append(_marked(row, treatments, parts_of(key)[MEAN]))
            if key == DEEPER_BY and len(treatments) > 1 and all(key in one.uncertainty for one in treatments):
                rows.append(_deeper(treatments))
            continue
        for part in parts_of(key):
            words = _words(part, treatments[0])
            row = _row(treatments, words, unit, lambda t, p=part: _cell(t, p))  # type: ignore[misc]
            rows.append(_marked(row, treatments, part))
    if any(treatment.sensitivity for treatment in treatments):
        rows.append(_row(treatments, "spread of the depth comes most from", "", _largest_share))
    return rows


def marks_explained(treatments: Sequence[Readable]) -> str:
    """Return the lines that explain the table's brackets and marks; empty where there are none.

    Parameters
    ----------
    treatments : sequence of Treatment — those shown [-]

    """
    lines = [BANDS_EXPLAINED] if any(treatment.uncertainty for treatment in treatments) else []
    if len(treatments) > 1 and treatments[0].replicates >= LEAST_REPLICATES:
        lines.append(MARK_EXPLAINED)
    return "\n".join(lines)


def headline(treatment: Readable) -> str:
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


def _table(treatments: Sequence[Readable], *, every: bool) -> tuple[list[str], list[list[str]]]:
    heads = ["after the last pass", *(treatment.device.name for treatment in treatments)]
    rows = summary_rows(treatments, every=every)
    return heads, [[words + (f" [{unit}]" if unit else ""), *cells] for words, unit, cells in rows]


def summary_text(treatments: Sequence[Readable], *, every: bool = False, width: int = SUMMARY_WIDTH) -> str:
    """Return the rows as a plain table.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column [-]
    every : bool — every figure, not the main ones alone [-]
    width : int — no line is wider, if that can be done without leaving anything out [characters]

    """
    explained = marks_explained(treatments)
    lines = [headline(treatments[0]), *table_lines(*_table(treatments, every=every), width)]
    return "\n".join([*lines, *([explained] if explained else [])])


def html_table(treatments: Sequence[Readable]) -> str:
    """Return the rows as a table of a notebook.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column [-]

    """
    heads, rows = _table(treatments, every=False)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    caption = escape(headline(treatments[0]))
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
