"""The first screen of a page: what each device does, and what that means.

In: the content. Out: a title, a card a device, and rows for uptake, collagen and risk: all numbers of the JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...data.thickness import LAYER_WORDS
from ...roller.programme.sessions import Programme
from ...roller.programme.text_tables import answer as programme_answer
from ...roller.treatment.digits import change, words_for
from ...roller.treatment.names import Part, parts_of, place_of
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.quantity import GROUPS
from ...roller.treatment.text_table import answer, headline
from .numbers import Content, Number, Shown, last_of

LEAST_GAUGE_UM = 300.0  # depth that the gauge shows at least


@dataclass(frozen=True)
class Figure:
    """One figure of a card: words before it, the number, its unit, a remark."""

    words: str
    number: Number
    unit: str
    remark: str = ""
    unknown: tuple[Number, Number] | None = None


@dataclass(frozen=True)
class Card:
    """What one device does, in a few figures and a picture of its depth."""

    label: str
    title: str
    about: str
    figures: tuple[Figure, ...]
    peak: dict[str, Number]
    residual: dict[str, Number]
    peak_unknown: tuple[Number, Number] | None
    residual_unknown: tuple[Number, Number] | None
    deeper: Number | None
    deeper_than: str
    ends_in: str
    gauge: dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One row of what it means: words, unit, standing, a number a device."""

    words: str
    unit: str
    status: str
    cells: tuple[Number, ...]
    unknown: tuple[tuple[Number, Number] | None, ...]


@dataclass(frozen=True)
class Meaning:
    """Rows that answer one of the reader's questions."""

    title: str
    about: str
    lines: tuple[Line, ...]


def title_of(result: Shown, content: Content) -> str:
    """Return the page's title.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    content : Content — its JSON object [-]

    """
    names = list(dict.fromkeys(_isolated(treatment.device.title) for treatment in content.treatments))
    sites = list(dict.fromkeys(treatment.site.title.lower() for treatment in content.treatments))
    shown = f"{_listed(names)} on the skin of the {_listed(sites)}"
    return f"{result.plan.title}: {shown}" if isinstance(result, Programme) else shown


def _listed(names: list[str]) -> str:
    """Names as prose: semicolons where a name itself holds a comma."""
    comma = "; " if any("," in name for name in names) else ", "
    return names[0] if len(names) == 1 else f"{comma.join(names[:-1])} and {names[-1]}"


def said_of(result: Shown, content: Content) -> str:
    """Return one or two plain sentences that answer what was asked.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    content : Content — its JSON object [-]

    """
    text = programme_answer(result) if isinstance(result, Programme) else answer(content.treatments)
    return text.replace(" um", " µm").replace("cm2", "cm²").replace("]?", "], unverified")


def _isolated(name: str) -> str:
    """A name whose direction of writing leaves the words around it where they are."""
    return name if name.isascii() else f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def subtitle_of(result: Shown, content: Content) -> str:
    """Return what was done, in one line.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    content : Content — its JSON object [-]

    """
    line = headline(*content.treatments)
    if isinstance(result, Programme):
        days = ", ".join(f"{session.day:g}" for session in result.sessions[:12])
        more = ", ..." if len(result.sessions) > 12 else ""
        line += f"; {len(result.sessions)} sessions on days {days}{more}"
    return line.replace("mm2", "mm²")


def cards(content: Content) -> list[Card]:
    """Return a card a device.

    Parameters
    ----------
    content : Content — the JSON object [-]

    """
    deepest = max(
        (content.at(f"{place}{name}") or 0.0 for place in content.places for name in REACHES),
        default=0.0,
    )
    return [_card(content, number, max(LEAST_GAUGE_UM, 1.25 * deepest)) for number in range(len(content.places))]


REACHES = ("peak_depth_um.p95", "peak_depth_um_uncertainty.mean.1")
CARD = (
    "density_per_cm2",
    "surface_coverage",
    "papillary_dermis_density_per_cm2",
    "reticular_dermis_density_per_cm2",
    "largest_gap_mm",
)


def _figure(content: Content, place: str, name: str) -> Figure:
    part = place_of(name).part
    quantity = part.quantity
    spread = content.at(place + last_of(part, "_sd"))
    remark = quantity.remark if spread is None else f"± {quantity.scale * spread:.2g}"
    number = content.number(place + last_of(part), quantity.scale)
    words = _sentence(quantity.said(part.layer, short=True))
    return Figure(words, number, quantity.pretty_unit, remark, _unknown(content, place, part))


def _unknown(content: Content, place: str, part: Part) -> tuple[Number, Number] | None:
    """Both ends of what nobody knows of a figure, None where the ensemble does not speak of it."""
    paths = [place + last_of(part, "_uncertainty", end) for end in (0, 1)]
    if any(content.at(path) is None for path in paths) or part.quantity.classes:
        return None
    words = words_for(part.quantity, end=True)
    low, high = (content.number(path, part.quantity.scale, words) for path in paths)
    return low, high


def _deeper(content: Content, number: int) -> Number | None:
    """In how many of the models a device is deeper than the first, of a comparison."""
    for row, said in enumerate(content.data.get("differences", ())):
        if number and "share_of_models_above_first" in said:
            return content.number(f"differences.{row}.share_of_models_above_first.{number}", 100.0)
    return None


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _card(content: Content, number: int, floor_um: float) -> Card:
    place, device = content.places[number], content.treatments[number].device
    peak, residual = (
        {key: content.number(f"{place}{name}.{key}") for key in ("mean", "p05", "p95")}
        for name in ("peak_depth_um", "residual_depth_um")
    )
    return Card(
        label=content.labels[number],
        title=device.title,
        about=f"{device.needle_count} needles of {device.length_mm:g} mm, for use {_USE[device.use]}",
        figures=tuple(_figure(content, place, name) for name in CARD),
        peak=peak,
        residual=residual,
        peak_unknown=_unknown(content, place, place_of("peak_depth_um_mean").part),
        residual_unknown=_unknown(content, place, place_of("residual_depth_um_mean").part),
        deeper=_deeper(content, number),
        deeper_than=content.labels[0],
        ends_in=_ends_in(content, place),
        gauge=_gauge(content, number, floor_um),
    )


_USE = {"home": "at home", "professional": "by professionals"}


def _ends_in(content: Content, place: str) -> str:
    """The layer in which most channels end: those that reach it less those that reach the next."""
    layers = content.at(f"{place}layers") or []
    reach = [layer["density_per_cm2"][-1] for layer in layers]
    if not reach or not reach[0]:
        return ""
    ends = [here - below for here, below in zip(reach, [*reach[1:], 0.0], strict=True)]
    return LAYER_WORDS[layers[ends.index(max(ends))]["name"]]


def _gauge(content: Content, number: int, floor_um: float) -> dict[str, Any]:
    """Places of the depth gauge in percent of its height: layers, and the reach of channels, peak and residual."""
    treatment, place = content.treatments[number], content.places[number]
    tops, bottoms = treatment.mean("layer_top_um"), treatment.mean("layer_bottom_um")
    layers = [
        {
            "words": LAYER_WORDS[layer.name],
            "name": layer.name.replace("_", "-"),
            "top": round(100 * float(top) / floor_um, 3),
            "height": round(100 * (min(float(bottom), floor_um) - float(top)) / floor_um, 3),
        }
        for layer, top, bottom in zip(treatment.site.layers, tops, bottoms, strict=True)
        if top < floor_um
    ]
    bars = {}
    for name in ("peak_depth_um", "residual_depth_um"):
        found = content.at(f"{place}{name}") or {}
        if found.get("mean") is not None:
            bars[name] = {key: round(100 * found[key] / floor_um, 3) for key in ("mean", "p05", "p95")}
        ends = [content.at(f"{place}{name}_uncertainty.mean.{end}") for end in (0, 1)]
        if name in bars and None not in ends:
            bars[name] |= {key: round(100 * end / floor_um, 3) for key, end in zip(("low", "high"), ends, strict=True)}
    return {"layers": layers, "peak": bars.get("peak_depth_um"), "residual": bars.get("residual_depth_um")}


def meanings(result: Shown, content: Content) -> list[Meaning]:
    """Return what it means for product uptake, collagen and risk.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    content : Content — its JSON object [-]

    """
    first = content.treatments[0]
    care, age = first.aftercare, first.site.age_years
    applied = "no active was asked for (--active)"
    if care is not None and care.active is not None:
        applied = f"{care.active.name}, {care.dose_ug_per_cm2:g} µg/cm² right after rolling"
    after = "after each session" if isinstance(result, Programme) else "after one session"
    collagen = Meaning(GROUPS["collagen"], f"change against untreated skin {after}", _lines(content, "collagen"))
    return [
        Meaning(GROUPS["uptake"], applied, _lines(content, "uptake")),
        _of_months(content) if isinstance(result, Programme) else collagen,
        Meaning(GROUPS["risk"], f"{after}, skin of {age:g} years" if age else after, _lines(content, "risk")),
    ]


def _lines(content: Content, group: str) -> tuple[Line, ...]:
    """The main figures of a group, a number a device."""
    lines = []
    for key, quantity in QUANTITIES.items():
        if quantity.group != group or not quantity.main or not all(one.has(key) for one in content.treatments):
            continue
        (part,) = parts_of(key)
        words = words_for(quantity)
        cells = tuple(content.number(place + last_of(part), quantity.scale, words) for place in content.places)
        said = _sentence(quantity.words)
        if quantity.time is not None:
            said += f" in {content.treatments[0].times[quantity.time][-1]:g} h"
        unknown = tuple(_unknown(content, place, part) for place in content.places)
        lines.append(Line(said, quantity.pretty_unit, quantity.status, cells, unknown))
    return tuple(lines)


def _of_months(content: Content) -> Meaning:
    collagen: list[float] = content.at("course.collagen")
    most = collagen.index(max(collagen))
    most_day, last = content.at(f"course.days.{most}"), content.at("course.days.-1")

    def line(key: str, place: int, more: str = "") -> Line:
        quantity = QUANTITIES[key]
        floor = 100 * quantity.least
        cell = content.number(f"course.{key}.{place}", 1.0, lambda value: change(100 * (value - 1), floor))
        return Line(_sentence(quantity.words) + more, "%", quantity.status, (cell,), (None,))

    rows = [line("collagen", most, f", most, on day {most_day:g}")]
    rows += [line(key, -1) for key in ("collagen", "collagen_reticular", "epidermis")]
    return Meaning(GROUPS["collagen"], f"change against untreated skin on day {last:g}", tuple(rows))
