"""The tables of a page: figures after the last pass, every array of the JSON by choice, inputs, sources.

In: the content. Out: rows of `Number` and plain objects; every value is one of the JSON object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...roller.programme.sessions import Programme
from ...roller.treatment.names import Part, parts_of
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import COURSE_GROUPS
from .numbers import Content, Number, Shown, last_of, path_of

MOST_CELLS = 40_000  # of a quantity that the table by choice offers; larger ones are in the file


@dataclass(frozen=True)
class Row:
    """One quantity: its key, words, unit, and a number with its spread for each device."""

    quantity: str
    meaning: str
    unit: str
    cells: tuple[tuple[Number, ...], ...]
    unknown: tuple[tuple[Number, ...], ...]


def figure_rows(content: Content) -> list[Row]:
    """Return every quantity after the last pass, a column a device; spreads where there are replicates.

    What goes over depths or months is in the table by choice.

    Parameters
    ----------
    content : Content — the JSON object [-]

    """
    known = [quantity for key, quantity in QUANTITIES.items() if all(one.has(key) for one in content.treatments)]
    shown = [quantity for quantity in known if not {"depth", "day"} & set(quantity.dims)]
    return [_row(content, part) for quantity in shown for part in parts_of(quantity.key)]


def _row(content: Content, part: Part) -> Row:
    cells: list[tuple[Number, ...]] = []
    ends: list[tuple[Number, ...]] = []
    for place, treatment in zip(content.places, content.treatments, strict=True):
        ways = [last_of(part)]
        if treatment.replicates > 1:
            ways += [last_of(part, "_sd")] * (not part.quantity.classes)
            ways += [last_of(part, "_band", 0), last_of(part, "_band", 1)]
        unknown = [last_of(part, "_uncertainty", end) for end in (0, 1)]
        known = all(content.at(place + way) is not None for way in unknown)
        open_ends = tuple(content.number(place + way, words=_exact) for way in unknown) if known else ()
        ends.append(open_ends)
        cells.append(tuple(content.number(place + way, words=_exact) for way in ways))
    unit = part.quantity.pretty_unit if not part.quantity.percent else "share"
    return Row(part.name, part.words, unit, tuple(cells), tuple(ends))


def _exact(value: float) -> str:
    """Four significant digits: enough to compare, short enough for a table; the value itself is in the markup."""
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"


def session_table(content: Content) -> tuple[list[str], list[list[Number]]]:
    """Return the sessions of a programme as a table: header, a row a session.

    Parameters
    ----------
    content : Content — of a programme [-]

    """
    sessions = content.data["sessions"]
    keys = [
        key
        for key, value in sessions[0].items()
        if isinstance(value, (int, float, str)) and not isinstance(value, bool)
    ]
    rows = [
        [content.number(f"sessions.{number}.{key}", words=_exact) for key in keys] for number in range(len(sessions))
    ]
    return keys, rows


def quantities(result: Shown, content: Content) -> list[dict[str, Any]]:
    """Return every array of the JSON that a reader can have shown: label, unit, path, names and labels of its axes.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    content : Content — its JSON object [-]

    """
    found = []
    for label, place, treatment in zip(content.labels, content.places, content.treatments, strict=True):
        for key in treatment.values:
            for part in parts_of(key):
                if part.rest:
                    found += list(_arrays(content, label, place, part))
    if isinstance(result, Programme):
        for key, quantity in QUANTITIES.items():
            if quantity.time == "day":
                found += list(_course(content, result.plan.title, key))
    return found


WAYS = (
    ("", None, ""),
    ("_sd", None, "sd of "),
    ("_band", 0, "5 % of "),
    ("_band", 1, "95 % of "),
    ("_uncertainty", 0, "low end of what is not known of "),
    ("_uncertainty", 1, "high end of what is not known of "),
)
AXIS_WORDS = {"passes": "pass", "depth": "depth [µm]", "closure_hour": "hours", "delivery_hour": "hours", "day": "days"}


def _arrays(content: Content, label: str, place: str, part: Part) -> Iterator[dict[str, Any]]:
    axes = {"passes": f"{place}passes", "depth": f"{place}depths_um"}
    for dim, (group, axis) in COURSE_GROUPS.items():
        axes[dim] = f"{place}aftermath.{group}.{axis}"
    for suffix, end, words in WAYS:
        yield from _offered(content, f"{label}: {words}{part.words}", part, place + path_of(part, suffix, end), axes)


def _course(content: Content, label: str, key: str) -> Iterator[dict[str, Any]]:
    """The course of months over all sessions."""
    (part,) = parts_of(key)
    for suffix, end, words in WAYS:
        path = f"course.{key}{suffix}" + ("" if end is None else f".{end}")
        yield from _offered(content, f"{label}: {words}{part.words}", part, path, {"day": "course.days"})


def _offered(content: Content, label: str, part: Part, path: str, axes: dict[str, str]) -> Iterator[dict[str, Any]]:
    value = content.at(path)
    if not isinstance(value, list) or len(value) * (len(value[0]) if isinstance(value[0], list) else 1) > MOST_CELLS:
        return
    unit = "share" if part.quantity.percent else part.quantity.pretty_unit
    named = [{"name": AXIS_WORDS[dim], "from": axes[dim].split(".")} for dim in part.rest]
    yield {"label": f"{label} [{unit}]" if unit else label, "unit": unit, "path": path.split("."), "axes": named}


def input_groups(content: Content) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every input under its key, in groups.

    Parameters
    ----------
    content : Content — the JSON object [-]

    """
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    own = content.data.get("inputs", {})
    for number, place in enumerate(content.places):
        inputs = {**content.at(f"{place}inputs"), **{key: own[key] for key in ("indication", "plan") if key in own}}
        groups.append((f"Roller {inputs['device']['name']}", list(_flat("", inputs["device"]))))
        if number:
            continue
        rest = {key: value for key, value in inputs.items() if key not in ("device", "site", "treatment", "layers")}
        groups.insert(0, ("Technique, region, seed", list(_flat("", rest))))
        groups.insert(1, (f"Skin: {inputs['site']['title']}", list(_flat("", inputs["site"]))))
    return groups


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, item)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            named = item.get("name", number) if isinstance(item, dict) else number
            yield from _flat(f"{prefix}.{named}" if prefix else str(named), item)
    elif isinstance(value, list):
        yield prefix, ", ".join(str(item) for item in value) or "–"
    else:
        yield prefix, "–" if value is None or value == "" else str(value)


def source_rows(content: Content) -> list[dict[str, Any]]:
    """Return the sources of all devices, each once.

    Parameters
    ----------
    content : Content — the JSON object [-]

    """
    places = {*content.places, ""}
    rows = [row for place in sorted(places) for row in content.at(f"{place}sources") or []]
    return list({row["key"]: row for row in rows}.values())


def versions(content: Content) -> dict[str, str]:
    """Return the versions that the numbers depend on.

    Parameters
    ----------
    content : Content — the JSON object [-]

    """
    found: dict[str, str] = content.at("versions") or content.at(f"{content.places[0]}versions")
    return found
