"""The live page: the same parts as the report's, made for one answer at a time, and the page that holds them.

In: a result, or as much of it as a first answer has. Out: HTML of its parts, drawings, numbers and the scene as one
plain object; the page itself, which is the same for everybody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from ...data.thickness import LAYER_WORDS, LAYERS
from ...roller.output import plain
from ...roller.programme.sessions import Programme
from ...roller.treatment.comparison import Comparison
from ...roller.treatment.digits import figure
from ...roller.treatment.names import place_of
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import NOTICE, Treatment
from .charts import Disc, by_name, chapters
from .first_screen import CARD, cards, meanings, subtitle_of, title_of
from .form import FACE_ZONES, after_controls, device_controls, device_records, skin_controls, technique_controls
from .numbers import Content, Shown, content_of
from .rerun import command_line, own_files
from .scene import scene_data
from .writing import environment, for_script, told_once

# Of a first answer: what slider and eye follow, at a few depths. The rest comes after it.
FIRST_FIGURES = (
    "density_per_cm2",
    "punctured_fraction",
    "surface_coverage",
    "coverage",
    "peak_depth_um",
    "residual_depth_um",
    "surface_diameter_um",
    "layer_top_um",
    "layer_bottom_um",
    "layer_density_per_cm2",
    "layer_volume_fraction",
    "axle_height_mm",
)
FIRST_DEPTHS = (0.0, 0.06, 0.13, 0.22, 0.35, 0.5, 0.7, 0.9)  # of the needles' length
NOT_SHOWN = ("inputs", "versions", "sources", "quantities", "warnings")
CHAPTERS = ("depth", "passes", "map", "after")  # of the live page; the published rows are the report's
COMPARED = (*CARD, "peak_depth_um_mean", "residual_depth_um_mean", "enhancement", "collagen_peak_percent", "redness_h")


def view(treatments: Sequence[Treatment], detail: str, untouched: Sequence[Disc] = ()) -> dict[str, Any]:
    """Return what the live page shows of some devices.

    Parameters
    ----------
    treatments : sequence of Treatment — one a device [-]
    detail : str — 'first' for what is there at once, 'rest' for all of it [-]
    untouched : sequence of (array, float) — the largest untouched disc of each, where it is known already [mm]

    """
    quick = detail == "first"
    result: Shown = treatments[0] if len(treatments) == 1 else Comparison(tuple(treatments))
    content = _content(result, quick=quick)
    found = chapters(result, content, quick=quick, published=False, untouched=untouched)
    drawn = [one for one in found if one.name in CHAPTERS]
    charts = by_name(drawn)
    parts = environment().get_template("parts.html.jinja").module
    labels = content.labels
    shown: dict[str, Any] = {
        "title": title_of(result, content),
        "subtitle": subtitle_of(result, content),
        "chapters": {one.name: _made(parts, "chapter", one) for one in drawn},
        "captions": {one.name: one.words for chapter in drawn for one in chapter.drawings},
        "charts": charts,
        "scene": scene_data(content.treatments, labels),
        "html": {"cards": _made(parts, "cards", cards(content), labels)},
        "result": numbers_drawn(content.data, charts),
        "people": content.treatments[0].replicates,
    }
    if not quick:
        shown["html"] |= {
            "meanings": _made(parts, "meanings", cards(content), meanings(result, content), labels),
            "alerts": _made(parts, "alerts", result.alerts),
            "differences": _made(parts, "differences", differences(content), labels) if len(labels) > 1 else "",
        }
        shown |= {"command": command_line(result), "files": own_files(result)}
    return shown


def numbers_drawn(data: dict[str, Any], charts: dict[str, Any]) -> dict[str, Any]:
    """Return of a JSON object what charts draw, each number at its place; lists as far as they are drawn whole.

    Parameters
    ----------
    data : dict — the whole object [-]
    charts : dict — by name, as the page's script takes them [-]

    """
    found: dict[str, Any] = {}
    for path in _paths(list(charts.values())):
        value: Any = data
        for key in path:
            if isinstance(value, list):
                value = value[int(key)] if int(key) < len(value) else None
            else:
                value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            continue
        group = found
        for key in path[:-1]:
            group = group.setdefault(key, {})
        group[path[-1]] = value
    return found


def _paths(level: list[Any]) -> Iterator[list[str]]:
    """Every place of numbers that charts name."""
    while level:
        each = [item for one in level for item in (one.values() if isinstance(one, dict) else one)]
        yield from (one["path"] for one in each if isinstance(one, dict) and "path" in one)
        level = [one for one in each if isinstance(one, list) or (isinstance(one, dict) and "path" not in one)]


def months(result: Programme) -> dict[str, Any]:
    """Return what the live page shows of a programme: the course over all sessions.

    Parameters
    ----------
    result : Programme — of the first device [-]

    """
    content = content_of(result)
    (after,) = (one for one in chapters(result, content, published=False) if one.name == "after")
    course = _only(after, "course")
    parts = environment().get_template("parts.html.jinja").module
    return {
        "chapters": {course.name: _made(parts, "chapter", course)},
        "captions": {one.name: one.words for one in course.drawings},
        "charts": by_name([course]),
        "result": numbers_drawn(content.data, by_name([course])),
        "command": command_line(result),
        "files": own_files(result),
    }


def _only(chapter: Any, name: str) -> Any:
    kept = tuple(one for one in chapter.drawings if one.name == name)
    return type(chapter)("months", "Over all sessions", "Of the first device; all of it is unverified.", kept)


def _made(parts: Any, macro: str, *given: Any) -> str:
    return str(getattr(parts, macro)(*given))


def _content(result: Shown, *, quick: bool) -> Content:
    """The JSON object without what the page does not show: arrays by pass and depth are most of it."""
    assert isinstance(result, (Treatment, Comparison))
    single = isinstance(result, Treatment)
    treatments = (result,) if isinstance(result, Treatment) else result.treatments
    each = [_shown(one) for one in treatments]
    data: dict[str, Any] = each[0] if single else {"devices": each}
    if isinstance(result, Comparison) and not quick:
        data["differences"] = result.differences(COMPARED)
    labels = tuple(one.device.name for one in treatments)
    places = ("",) if single else tuple(f"devices.{number}." for number in range(len(labels)))
    return Content("", plain(data), treatments, labels, places)


def _shown(treatment: Treatment) -> dict[str, Any]:
    by_depth = {key for key in treatment.values if {"passes", "depth"} <= set(QUANTITIES[key].dims)}
    left_out = by_depth - {"coverage", "residual_coverage"}
    kept = {key: values for key, values in treatment.values.items() if key not in left_out}
    told = replace(treatment, values=kept).to_dict()
    return {key: value for key, value in told.items() if key not in {*NOT_SHOWN, "coverage_sd"}}


def differences(content: Content) -> list[dict[str, Any]]:
    """Return the main figures of each device with their ratio to the first's: words, unit, cells.

    Parameters
    ----------
    content : Content — of a comparison [-]

    """
    rows = []
    named = {row["quantity"]: number for number, row in enumerate(content.data["differences"])}
    for name in (one for one in COMPARED if one in named):
        part = place_of(name).part
        path = f"differences.{named[name]}"
        cells = []
        for device in range(len(content.labels)):
            cell = [content.number(f"{path}.values.{device}", part.quantity.scale)]
            if device and content.at(f"{path}.ratio_to_first.{device}") is not None:
                cell.append(content.number(f"{path}.ratio_to_first.{device}", 1.0, lambda value: figure(value)))
            cells.append(cell)
        words = part.words[:1].upper() + part.words[1:]
        rows.append({"words": words, "unit": part.quantity.pretty_unit, "cells": cells})
    return rows


@cache
def live_page() -> str:
    """Return the live page, which is the same for everybody."""
    controls = {
        "device": device_controls(),
        "technique": technique_controls(),
        "skin": skin_controls(),
        "after": after_controls(),
    }
    layers = [{"name": name.replace("_", "-"), "words": LAYER_WORDS[name]} for name in LAYERS]
    settings = {
        "devices": device_records(),
        "usual": {one.name: one.usual for name in ("technique", "skin", "after") for one in controls[name]},
        "first": ["mf-8", "generic-0.5mm"],
    }
    return (
        environment()
        .get_template("live.html.jinja")
        .render(
            controls=controls,
            layers=layers,
            zones=FACE_ZONES,
            chapters=CHAPTERS,
            notice=NOTICE,
            settings_json=for_script(json.dumps(settings)),
            **told_once(),
        )
    )
