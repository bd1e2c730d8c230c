"""The first screen of a page: what each device does, and what that means.

In: the content. Out: a title, a card a device, and rows for uptake, collagen and risk: all numbers of the JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...data.thickness import LAYER_WORDS
from ...roller.programme.sessions import Programme
from ...roller.treatment.digits import figure
from ...roller.treatment.text_table import headline
from ..palette import DEVICE_COLOURS, LAYER_COLOURS
from .numbers import Content, Number, Shown, percent

LEAST_GAUGE_UM = 300.0  # depth that the gauge shows at least


@dataclass(frozen=True)
class Figure:
    """One figure of a card: words before it, the number, its unit, a remark."""

    words: str
    number: Number
    unit: str
    remark: str = ""


@dataclass(frozen=True)
class Card:
    """What one device does, in a few figures and a picture of its depth."""

    label: str
    title: str
    about: str
    colour: str
    figures: tuple[Figure, ...]
    peak: dict[str, Number]
    residual: dict[str, Number]
    ends_in: str
    gauge: dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One row of what it means: words, unit, standing, a number a device."""

    words: str
    unit: str
    status: str
    cells: tuple[Number, ...]


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
    names = list(dict.fromkeys(_isolated(treatment.device.name) for treatment in content.treatments))
    shown = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    site = content.treatments[0].site.title
    if isinstance(result, Programme):
        return f"{result.plan.title}: {shown} on the skin of the {site.lower()}"
    return f"{shown} on the skin of the {site.lower()}"


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
    line = headline(content.treatments[0])
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
        (content.at(f"{place}peak_depth_um.p95") or 0.0 for place in content.places),
        default=0.0,
    )
    return [_card(content, number, max(LEAST_GAUGE_UM, 1.25 * deepest)) for number in range(len(content.places))]


def _layer(content: Content, place: str, name: str) -> int:
    layers = content.at(f"{place}layers") or []
    return next(number for number, layer in enumerate(layers) if layer["name"] == name)


def _into(content: Content, place: str, name: str) -> Number:
    path = f"{place}layers.{_layer(content, place, name)}.density_per_cm2"
    return content.number(f"{path}.-1" if isinstance(content.at(path), list) else path)


def _card(content: Content, number: int, floor_um: float) -> Card:
    place, treatment = content.places[number], content.treatments[number]
    device = treatment.device
    by_pass = isinstance(content.at(f"{place}density_per_cm2"), list)
    last = ".-1" if by_pass else ""
    covered = content.number(f"{place}coverage" + (".-1.0" if by_pass else ""), 100)
    count = content.number(f"{place}density_per_cm2{last}")
    spread = _spread(content, f"{place}density_per_cm2", last)
    papillary, reticular = (_into(content, place, name) for name in ("papillary_dermis", "reticular_dermis"))
    gap = content.number(f"{place}largest_gap_mm{last}")
    uses = f"{device.needle_count} needles of {device.length_mm:g} mm, for use {_USE[device.use]}"
    peak, residual = (
        {key: content.number(f"{place}{name}.{key}") for key in ("mean", "p05", "p95")}
        for name in ("peak_depth_um", "residual_depth_um")
    )
    return Card(
        label=content.labels[number],
        title=device.title,
        about=uses,
        colour=DEVICE_COLOURS[number % len(DEVICE_COLOURS)],
        figures=(
            Figure("Channels", count, "per cm²", spread),
            Figure("Surface covered", covered, "%", "needle in"),
            Figure("Into papillary dermis", papillary, "per cm²"),
            Figure("Into reticular dermis", reticular, "per cm²"),
            Figure("Largest gap", gap, "mm", "untouched disc"),
        ),
        peak=peak,
        residual=residual,
        ends_in=_ends_in(content, place),
        gauge=_gauge(content, number, floor_um),
    )


_USE = {"home": "at home", "professional": "by professionals"}


def _spread(content: Content, path: str, last: str) -> str:
    sd = content.at(f"{path}_sd{last}")
    return "" if sd is None else f"± {sd:.2g}"


def _ends_in(content: Content, place: str) -> str:
    """The layer in which most channels end: those that reach it less those that reach the next."""
    layers = content.at(f"{place}layers") or []
    reach = [layer["density_per_cm2"] for layer in layers]
    reach = [value[-1] if isinstance(value, list) else value for value in reach]
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
            "colour": LAYER_COLOURS[layer.name],
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
    return {"layers": layers, "peak": bars.get("peak_depth_um"), "residual": bars.get("residual_depth_um")}


def meanings(result: Shown, content: Content) -> list[Meaning]:
    """Return what it means for product uptake, collagen and risk.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    content : Content — its JSON object [-]

    """
    return _of_sessions(result, content) if isinstance(result, Programme) else _of_outcomes(content)


def _of_outcomes(content: Content) -> list[Meaning]:
    first = content.treatments[0]
    rows: list[Any] = content.at(f"{content.aftermaths[0]}outcomes") or []
    groups: dict[str, list[Line]] = {"uptake": [], "collagen": [], "risk": []}
    for number, row in enumerate(rows):
        key = row["quantity"]
        group = "uptake" if key.startswith(("enhancement", "amount")) else "risk"
        group = "collagen" if "_at_6_months" in key else group
        words = percent if group == "collagen" else figure
        cells = tuple(content.number(f"{place}outcomes.{number}.value", words=words) for place in content.aftermaths)
        groups[group].append(Line(_words(key), _pretty(row["unit"]), row["status"], cells))
    delivery = content.at(f"{content.aftermaths[0]}delivery") or {}
    dose = delivery.get("dose_ug_per_cm2")
    uptake = f"{delivery.get('active')}, {dose:g} µg/cm² right after rolling" if dose is not None else ""
    age = first.site.age_years
    return [
        Meaning("Product uptake", uptake, tuple(groups["uptake"])),
        Meaning("Collagen", "change against untreated skin after one session", tuple(groups["collagen"])),
        Meaning(
            "Risk and recovery",
            f"after one session, skin of {age:g} years" if age else "after one session",
            tuple(groups["risk"]),
        ),
    ]


_WORDS = {
    "barrier_back_h": "Barrier back within",
    "holes_closed_h": "Holes visible for",
    "collagen_at_6_months_percent": "Papillary dermis, month 6",
    "epidermis_at_6_months_percent": "Epidermis, thickness, month 6",
    "bleeding": "Bleeding",
    "pain_vs_26g": "Pain",
    "redness_h": "Redness",
}


def _words(key: str) -> str:
    """The words of an outcome; those of an active bear its name in their key."""
    if key.startswith("enhancement_"):
        return "Gain in flow"
    if key.startswith("amount_"):
        return f"Delivered in {key.rsplit('_', 1)[1].removesuffix('h')} h"
    return _WORDS.get(key, key.replace("_", " "))


def _pretty(unit: str) -> str:
    return {"x": "× intact skin", "ug/cm2": "µg/cm²", "x 26G needle": "× 26G needle"}.get(unit, unit)


def _of_sessions(result: Programme, content: Content) -> list[Meaning]:
    def line(words: str, unit: str, status: str, key: str) -> Line:
        return Line(words, unit, status, tuple(content.number(f"{place}{key}") for place in content.places))

    uptake = []
    if result.active is not None:
        uptake = [
            line("Gain in flow", "× intact skin", "unverified", "delivery.enhancement"),
            line("Delivered in 24 h", "µg/cm²", "unverified", "delivery.amount_ug_per_cm2.-1"),
            line("The same through intact skin", "µg/cm²", "unverified", "delivery.intact_amount_ug_per_cm2.-1"),
        ]
    applied = f"{result.active.name}, {result.dose_ug_per_cm2:g} µg/cm² after each session" if result.active else ""
    last = content.at("course.days.-1")
    collagen: list[float] = content.at("course.collagen")
    most = collagen.index(max(collagen))
    most_day = content.at(f"course.days.{most}")

    def change(words: str, key: str, place: int = -1) -> Line:
        cell = content.number(f"course.{key}.{place}", 1.0, lambda value: percent(100 * (value - 1)))
        return Line(words, "%", "unverified", (cell,))

    return [
        Meaning("Product uptake", applied or "no active was asked for (--active)", tuple(uptake)),
        Meaning(
            "Collagen",
            f"change against untreated skin on day {last:g}",
            (
                change(f"Papillary dermis, most, on day {most_day:g}", "collagen", most),
                change("Papillary dermis", "collagen"),
                change("Reticular dermis", "collagen_reticular"),
                change("Thickness of the epidermis", "epidermis"),
            ),
        ),
        Meaning(
            "Risk and recovery",
            "after each session",
            (
                line("Barrier back within", "h", "derived", "barrier_back_h"),
                line("Holes visible for", "h", "unverified", "holes_closed_h"),
                line("Bleeding", "", "unverified", "bleeding"),
                line("Pain", "× 26G needle", "unverified", "pain_vs_26g"),
                line("Redness", "h", "derived", "redness_h"),
            ),
        ),
    ]
