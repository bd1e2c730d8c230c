"""The figures of treatments as rows of text: what the command line's table, `summary()` and a notebook show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape

import numpy as np

from ...data.thickness import LAYER_WORDS
from ...geometry.arrays import Array, floats
from ..coverage.motions import pace_words
from .digits import Row, change, figure, joined, passes_words, span, table_lines, words_for, wrapped
from .names import Part, classed, parts_of, place_of
from .not_known import shares_deeper
from .quantities import ALL, QUANTITIES
from .quantity import STATISTICS, Quantity
from .spread import LEAST_REPLICATES, band_of, differs, mean_of, sd_of
from .tables import Readable

SUMMARY_WIDTH = 80
MARK = "*"
UNVERIFIED_EXPLAINED = "? leans on constants that nobody has verified"
MARK_EXPLAINED = (
    f"{MARK} differs from the first column: in the same people, 0 lies outside the 5 to 95 % band of the difference"
)
BANDS_EXPLAINED = "(...) differs from place to place or person to person; [...] what nobody has measured, 5 to 95 %"
DEEPER_BY = "peak_depth_um"
# What people ask first, in this order; every other figure is in the long table.
FIRST = (
    "density_per_cm2",
    "peak_depth_um",
    "residual_depth_um",
    "surface_diameter_um",
    "papillary_dermis_density_per_cm2",
    "reticular_dermis_density_per_cm2",
    "hypodermis_density_per_cm2",
    "surface_coverage",
    "evenness_cv",
    "evenness_cv_by_chance",
    "largest_gap_mm",
    "amount_ug_per_cm2",
    "intact_amount_ug_per_cm2",
    "collagen_peak_percent",
    "collagen_peak_day",
    "barrier_back_h",
    "holes_closed_h",
    "redness_h",
    "swelling_h",
    "bleeding",
    "pain_vs_26g",
    "minutes_per_300_cm2",
)
# Of several devices on several sites, one row each.
OVERVIEW = ("density_per_cm2", "peak_depth_um_mean", "hypodermis_density_per_cm2", "surface_coverage", "largest_gap_mm")
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
        text = str(classed(quantity, mean)) + (f" ({joined(low, high)})" if low != high else "")
    elif quantity.change:
        text = change(float(mean), quantity.least)
    else:
        spread = sd_of(values) if len(values) > 1 else np.nan
        text = figure(quantity.scale * float(mean), quantity.scale * float(spread), quantity.least)
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
    else:
        ends = [words_for(quantity, end=True)(quantity.scale * end) for end in (low, high)]
    return f" [{joined(*ends)}]"


def _statistic(treatment: Readable, quantity: Quantity) -> str:
    mean, low, high = mean_of(treatment.values[quantity.key])[[MEAN, LOW, HIGH]]
    if not np.isfinite(mean):
        return "-"
    return f"{figure(mean)} ({span(low, high)})" + _unknown(treatment, parts_of(quantity.key)[MEAN])


def cell_of(treatment: Readable, name: str) -> str:
    """Return a figure after the last pass with both its bands, as a table tells it.

    Parameters
    ----------
    treatment : Treatment — that has it [-]
    name : str — flat name of the figure; of a statistic the quantity's key [-]

    """
    if name in ALL and "statistic" in ALL[name].dims:
        return _statistic(treatment, ALL[name])
    return _cell(treatment, place_of(name).part)


def _largest_share(treatment: Readable) -> str:
    found = treatment.sensitivity
    if found is None or found.largest == "-":
        return "-"
    return f"{found.largest} ({100 * found.largest_share:.0f} %)"


def _deeper(treatments: Sequence[Readable]) -> Row:
    """In how many of the models that meet the measurements each device goes deeper than the first."""
    shares = shares_deeper((one.device, one.site, one.technique) for one in treatments)
    cells = [f"{100 * share:.0f}" for share in shares[1:]]
    first = treatments[0]
    than = first.device.name if len({one.site.name for one in treatments}) == 1 else f"on {first.site.title.lower()}"
    return Row(f"deeper than {than}, share of the models", "%", ("-", *cells))


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
    return f"{words}?" if quantity.status == "unverified" else words


def summary_rows(treatments: Sequence[Readable], *, every: bool = False, first: bool = False) -> list[Row]:
    """Return the rows of the table, after the last pass.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column; of one device or at one site [-]
    every : bool — every figure that does not go over depths or months, not the main ones alone [-]
    first : bool — only what people ask first [-]

    """
    rows = [
        _row(treatments, "name in the catalogue", "", lambda t: t.device.name),
        _row(treatments, "use", "", lambda t: t.device.use),
        _row(treatments, "needles", "", lambda t: f"{t.device.needle_count} x {t.device.length_mm:g} mm"),
    ]
    if len({one.device.kind for one in treatments}) > 1 or len({one.technique.passes for one in treatments}) > 1:
        rows.append(_row(treatments, "passes", "", lambda t: str(t.technique.passes)))
        rows.append(_row(treatments, "moved over the skin", "", lambda t: pace_words(t.device, t.technique)))
    parts = list(_parts_shown(every=every, first=first))
    if first and len({one.device.kind for one in treatments}) > 1:
        parts.append(parts_of("striation_um")[MEAN])  # what is torn is asked of kinds side by side
    for part in parts:
        key, quantity = part.quantity.key, part.quantity
        if any(key not in treatment.values for treatment in treatments):
            continue
        unit = quantity.shown_unit
        if "statistic" in quantity.dims:
            words = f"{quantity.words} (5 to 95 %)"
            row = _row(treatments, words, unit, lambda t, q=quantity: _statistic(t, q))  # type: ignore[misc]
        else:
            words = _words(part, treatments[0])
            row = _row(treatments, words, unit, lambda t, p=part: _cell(t, p))  # type: ignore[misc]
        rows.append(_marked(row, treatments, part))
        if key == DEEPER_BY and len(treatments) > 1 and all(key in one.uncertainty for one in treatments):
            rows.append(_deeper(treatments))
    if any(treatment.sensitivity for treatment in treatments):
        rows.append(_row(treatments, "spread of the depth comes most from", "", _largest_share))
    return rows


def _parts_shown(*, every: bool, first: bool) -> Iterator[Part]:
    """The parts that a table tells, of statistics the mean alone: its cell holds the others."""
    if first:
        for name in FIRST:
            yield parts_of(name)[MEAN if "statistic" in ALL[name].dims else 0] if name in ALL else place_of(name).part
        return
    for key, quantity in QUANTITIES.items():
        if quantity.main or (every and not {"depth", "day"} & set(quantity.dims)):
            parts = parts_of(key)
            yield from parts[MEAN : MEAN + 1] if "statistic" in quantity.dims else parts


def by_site(treatments: Sequence[Readable]) -> list[tuple[Readable, ...]]:
    """Return treatments as tables show them: all in one, or of several devices on several sites one a site.

    Parameters
    ----------
    treatments : sequence of Treatment — all sites of the first device first [-]

    """
    sites = len({treatment.site.name for treatment in treatments})
    if sites in (1, len(treatments)):
        return [tuple(treatments)]
    return [tuple(treatments[place::sites]) for place in range(sites)]


def overview(treatments: Sequence[Readable]) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows of a table with one row a site and device, the means of what people ask first.

    Parameters
    ----------
    treatments : sequence of Treatment — of several devices on several sites [-]

    """
    parts = [place_of(name).part for name in OVERVIEW]
    heads = ["site", "roller"]
    heads += [f"{part.quantity.said(part.layer, short=True)} {part.quantity.shown_unit}".strip() for part in parts]
    rows = []
    for group in by_site(treatments):
        for number, one in enumerate(group):
            told = (part.quantity.scale * float(mean_of(_last(part, one.values[part.quantity.key]))) for part in parts)
            rows.append([one.site.title if number == 0 else "", one.device.title, *map(figure, told)])
    return heads, rows


def column_names(treatments: Sequence[Readable]) -> list[str]:
    """Return what tells treatments apart, by the names people know: devices, places, or both.

    Parameters
    ----------
    treatments : sequence of Treatment — those shown [-]

    """
    devices = {one.device.name for one in treatments}
    places = {(one.zone, one.site.name) for one in treatments}
    if len(places) == 1:
        return [one.device.title for one in treatments]
    if len(devices) == 1:
        return [place_words(one) for one in treatments]
    return [f"{one.device.title}, {place_words(one).lower()}" for one in treatments]


def place_words(treatment: Readable) -> str:
    """Return where a treatment was: the zone of a body, else the site.

    Parameters
    ----------
    treatment : Treatment — the one [-]

    """
    return treatment.zone or treatment.site.title


def answer(treatments: Sequence[Readable]) -> str:
    """Return in a sentence or two what a reader asked for: how many channels, how deep, where they end.

    Parameters
    ----------
    treatments : sequence of Treatment — after the last pass [-]

    """
    names = column_names(treatments)
    if len(treatments) == 1:
        (one,) = treatments
        return f"{names[0]} {_left_behind(one)}."
    depths = [float(mean_of(one.values["peak_depth_um"])[MEAN]) for one in treatments]
    opened = [place for place, depth in enumerate(depths) if np.isfinite(depth)]
    if not opened:
        return "None of them opens the skin."
    deepest, least = max(opened, key=depths.__getitem__), min(opened, key=depths.__getitem__)
    text = f"Deepest: {figure(depths[deepest])} um, {names[deepest]}; most end in the {_ends_in(treatments[deepest])}."
    if least != deepest:
        text += f" Least deep: {figure(depths[least])} um, {names[least]}; in the {_ends_in(treatments[least])}."
    closed = [name for place, name in enumerate(names) if place not in opened]
    return text + (f" The skin stays closed: {'; '.join(closed)}." if closed else "")


def _left_behind(one: Readable) -> str:
    density = float(_last(parts_of("density_per_cm2")[0], one.values["density_per_cm2"]).mean())
    where = f"the skin of the {one.site.title.lower()}"
    if not density:
        ends = one.uncertainty.get("punctured_fraction")
        return f"does not open {where}" + (
            ", though some models say it does" if ends is not None and ends[1] > 0 else ""
        )
    deep, left = (figure(float(mean_of(one.values[key])[MEAN])) for key in ("peak_depth_um", "residual_depth_um"))
    covered = figure(100 * float(_last(parts_of("surface_coverage")[0], one.values["surface_coverage"]).mean()))
    return (
        f"leaves {figure(density)} channels per cm2 in {where}, {deep} um deep{_or_anywhere(one)} "
        f"while the needle is in and {left} um after it; most end in the {_ends_in(one)}. "
        f"They cover {covered} % of the surface"
    )


def _or_anywhere(one: Readable) -> str:
    """Between which depths nobody knows where needles end, in words for the first line."""
    if "peak_depth_um" not in one.uncertainty:
        return ""
    low, high = (figure(float(end)) for end in one.uncertainty["peak_depth_um"][:, MEAN])
    return f" (from {low} to {high} by what nobody has measured)"


def _ends_in(one: Readable) -> str:
    """The layer in which most channels end: those that reach it less those that reach the next."""
    reach = mean_of(one.values["layer_density_per_cm2"])[:, -1]
    ends = reach - np.append(reach[1:], 0.0)
    return LAYER_WORDS[one.site.layers[int(ends.argmax())].name]


def marks_explained(treatments: Sequence[Readable]) -> str:
    """Return the lines that explain the table's brackets and marks; empty where there are none.

    Parameters
    ----------
    treatments : sequence of Treatment — those shown [-]

    """
    lines = [BANDS_EXPLAINED] if any(treatment.uncertainty for treatment in treatments) else []
    if any(QUANTITIES[key].status == "unverified" for treatment in treatments for key in treatment.values):
        lines.append(UNVERIFIED_EXPLAINED)
    if len(treatments) > 1 and treatments[0].replicates >= LEAST_REPLICATES:
        lines.append(MARK_EXPLAINED)
    return "\n".join(lines)


def passes_of(treatments: Iterable[Readable]) -> str:
    """Return how many passes were made, or from how many to how many, in words.

    Parameters
    ----------
    treatments : iterable of Treatment — those shown [-]

    """
    counts = sorted({one.technique.passes for one in treatments})
    return passes_words(" to ".join(map(str, counts[:: max(1, len(counts) - 1)])))


def headline(treatment: Readable, *others: Readable) -> str:
    """Return what was done, in one line.

    Parameters
    ----------
    treatment : Treatment — any of those shown [-]
    others : Treatment — the others, where they are at other sites [-]

    """
    technique, site = treatment.technique, treatment.site
    who = ", ".join(
        part
        for part in (
            site.sex if site.sex != "any" else "",
            f"{site.age_years:g} years" if site.age_years else "",
            f"{site.skin_colour} skin" if site.skin_colour != "any" else "",
        )
        if part
    )
    places = ", ".join(dict.fromkeys(map(place_words, (treatment, *others))))
    skin = f"{places} ({who})" if who else places
    many = f", {treatment.replicates} replicates" if treatment.replicates > 1 else ""
    # The region of a zone is its outline from above: its skin is more.
    area = "" if treatment.zone else f"{treatment.region.area:g} mm2, "
    return (
        f"{skin}, {passes_of((treatment, *others))} ({technique.pattern}), {technique.load_n:g} N, "
        f"{area}seed {treatment.seed}{many}"
    )


def summary_table(
    treatments: Sequence[Readable], *, every: bool = False, first: bool = False
) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows of the table, a column a treatment.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column; of one device or at one site [-]
    every : bool — every figure, not the main ones alone [-]
    first : bool — only what people ask first [-]

    """
    heads = ["after the last pass", *column_names(treatments)]
    rows = summary_rows(treatments, every=every, first=first)
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
    lines = [wrapped(headline(*treatments), width), *table_lines(*summary_table(treatments, every=every), width)]
    return "\n".join([*lines, *([wrapped(explained, width)] if explained else [])])


def html_table(treatments: Sequence[Readable]) -> str:
    """Return the rows as a table of a notebook.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column [-]

    """
    heads, rows = summary_table(treatments)
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    caption = escape(headline(*treatments))
    return f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
