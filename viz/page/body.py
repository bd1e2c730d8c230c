"""The HTML report of a body: the map in 3D, and a table zone by zone; one file that opens anywhere, offline.

In: a SurfaceTreatment or a SurfaceComparison. Out: a page like that of flat skin, written without GL. It holds the
figures that it prints as JSON, not the whole object of the result, which for a body of many zones is several megabytes.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...data.catalog import sources
from ...roller.coverage.motions import pace_words
from ...roller.insertion.support import rings_of
from ...roller.output import write_text
from ...roller.treatment.digits import figure, passes_words
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import NOTICE, Treatment, versions
from ...roller.zones.bodies import STANDARD
from ...roller.zones.maps import OF_BODIES
from ...roller.zones.result import SurfaceComparison, SurfaceTreatment, ZoneRolled
from ..maps import body_words, is_sketch, needles_words, zone_words
from .body_scene import body_scene_data
from .numbers import Number
from .rerun import technique_options
from .writing import environment, for_script, told_once

OnBody = SurfaceTreatment | SurfaceComparison
LIFTED_RINGS = 0.5  # in the mean over a zone: fewer are not worth a sentence
MOST_ALERTS = 5
SPREAD, UNKNOWN = ("_band_low", "_band_high"), ("_uncertainty_low", "_uncertainty_high")


@dataclass(frozen=True)
class Column:
    """A figure of the table: its flat name, and where it comes from."""

    name: str
    words: str
    unit: str
    scale: float
    spread: tuple[str, str]  # names of the ends between which people or places differ


@dataclass(frozen=True)
class Cell:
    """A figure of a zone with both bands, as far as they are known."""

    number: Number
    spread: tuple[Number, Number] | None
    unknown: tuple[Number, Number] | None


@dataclass(frozen=True)
class Row:
    """A zone of a roller's table."""

    zone: str
    remark: str
    area: Number
    cells: tuple[Cell, ...]
    bare: Number
    rings: Number
    ends: Number


@dataclass(frozen=True)
class Table:
    """What a roller does, zone by zone."""

    label: str
    title: str
    about: str
    rings: int
    rows: tuple[Row, ...]


def _column(key: str, part: str = "", spread: tuple[str, str] = SPREAD) -> Column:
    quantity = QUANTITIES[key]
    name = key + part
    ends = spread if part else (key + spread[0], key + spread[1])
    return Column(name, quantity.head, quantity.pretty_unit, quantity.scale, ends)


COLUMNS = (
    _column("density_per_cm2"),
    _column("peak_depth_um", "_mean", ("peak_depth_um_p05", "peak_depth_um_p95")),
    _column("surface_coverage"),
)


def write_body_page(result: OnBody, path: str | Path) -> None:
    """Write the report of a body: all or nothing.

    Parameters
    ----------
    result : SurfaceTreatment or SurfaceComparison — what the page shows [-]
    path : str or Path — file to write, ending in .html [-]

    Raises
    ------
    InputError
        If the file can't be written.

    """
    write_text(path, body_page_html(result))


def body_page_html(result: OnBody) -> str:
    """Return the report of a body as HTML.

    Parameters
    ----------
    result : SurfaceTreatment or SurfaceComparison — what the page shows [-]

    """
    devices = rolled(result)
    labels = [one.device.name for one in devices]
    data = figures_of(devices)
    over = _over(devices[0])
    known = sources()
    return (
        environment()
        .get_template("body.html.jinja")
        .render(
            title=f"{_listed([one.device.title for one in devices])} over {over}",
            subtitle=_subtitle(devices[0]),
            said=_said(devices),
            alerts=list(result.alerts),
            most_alerts=MOST_ALERTS,
            notice=NOTICE,
            labels=labels,
            columns=COLUMNS,
            own={key: words for key, (words, _, _) in OF_BODIES.items()},
            tables=[_table(one, data, number) for number, one in enumerate(devices)],
            scene_json=for_script(json.dumps(body_scene_data(devices, labels))),
            result_json=for_script(json.dumps(data)),
            command=command_line(devices),
            sources=[{"key": key, **known[key].model_dump()} for key in _keys(devices)],
            warnings=result.warnings,
            versions=versions(),
            **told_once(),
        )
    )


def rolled(result: OnBody) -> tuple[SurfaceTreatment, ...]:
    """Return the treatments of a result, one a roller.

    Parameters
    ----------
    result : SurfaceTreatment or SurfaceComparison — of one body [-]

    """
    return (result,) if isinstance(result, SurfaceTreatment) else result.devices


def figures_of(devices: tuple[SurfaceTreatment, ...]) -> dict[str, Any]:
    """Return the figures that the page prints, as plain objects: a list of devices, each with its zones.

    Parameters
    ----------
    devices : tuple of SurfaceTreatment — one a roller [-]

    """
    return {
        "devices": [
            {
                "device": one.device.name,
                "rings": rings_of(one.device),
                "zones": [_figures(zone, found) for zone, found in zip(one.zones, one.treatments, strict=True)],
            }
            for one in devices
        ]
    }


def _figures(zone: ZoneRolled, treatment: Treatment) -> dict[str, Any]:
    told: dict[str, Any] = {"zone": zone.zone.name, "area_cm2": zone.area_cm2}
    for column in COLUMNS:
        names = [column.name, *column.spread, column.name + UNKNOWN[0], column.name + UNKNOWN[1]]
        told |= dict(_known(treatment, names))
    told |= {
        "untouched_share": float(zone.untouched_share[-1]),
        "rings_touching": zone.rings_touching,
        "method_ends_share": max(zone.flagged.values()),
    }
    return told


def _known(treatment: Treatment, names: list[str]) -> Iterator[tuple[str, float | None]]:
    """Figures by name, as far as the treatment tells them."""
    for name in names:
        if "_band_" in name and treatment.replicates == 1:
            continue
        if "_uncertainty_" in name and not any(name.startswith(key) for key in treatment.uncertainty):
            continue
        value = float(treatment[name])
        yield name, value if value == value else None


def _number(value: float | None, path: str, scale: float = 1.0) -> Number:
    return Number("–" if value is None else figure(scale * value), path, value)


def _table(one: SurfaceTreatment, data: dict[str, Any], number: int) -> Table:
    rows = []
    for place, zone in enumerate(one.zones):
        told, path = data["devices"][number]["zones"][place], f"devices.{number}.zones.{place}."

        def cell(name: str, scale: float = 1.0, told: dict[str, Any] = told, path: str = path) -> Number:
            return _number(told[name], path + name, scale)

        def pair(
            names: tuple[str, str], scale: float, told: dict[str, Any] = told, path: str = path
        ) -> tuple[Number, Number] | None:
            if any(told.get(name) is None for name in names):
                return None
            low, high = (_number(told[name], path + name, scale) for name in names)
            return low, high

        cells = tuple(
            Cell(
                cell(column.name, column.scale),
                pair(column.spread, column.scale),
                pair((column.name + UNKNOWN[0], column.name + UNKNOWN[1]), column.scale),
            )
            for column in COLUMNS
        )
        sketch = "a sketch" if is_sketch(zone) else ""
        rows.append(
            Row(
                zone_words(zone.zone.name),
                sketch,
                cell("area_cm2"),
                cells,
                cell("untouched_share", 100.0),
                cell("rings_touching"),
                cell("method_ends_share", 100.0),
            )
        )
    roller = one.device
    about = f"{needles_words(roller)} on a {body_words(roller)}; {pace_words(roller, one.technique)}"
    return Table(roller.name, roller.title, about, rings_of(roller), tuple(rows))


def _listed(names: list[str]) -> str:
    comma = "; " if any("," in name for name in names) else ", "
    return names[0] if len(names) == 1 else f"{comma.join(names[:-1])} and {names[-1]}"


def _over(one: SurfaceTreatment) -> str:
    """What is rolled over, in a word for a body of ours, in its own for a file."""
    kind = one.surface.name.split(" ")[0]
    return f"a {kind}" if kind in STANDARD else one.surface.name


def _subtitle(one: SurfaceTreatment) -> str:
    how = one.technique
    zones = "all zones" if len(one.zones) == len(one.surface.zones) else f"{len(one.zones)} zones"
    zones = zone_words(one.zones[0].zone.name) if len(one.zones) == 1 else zones
    return f"{passes_words(how.passes)}, {how.load_n:g} N, {zones}: {one.area_cm2:.0f} cm² of skin; {one.surface.name}"


def _said(devices: tuple[SurfaceTreatment, ...]) -> list[str]:
    """A sentence a roller: where there are fewest and most channels, and where the drum does not lie on the skin."""
    lines = []
    for one in devices:
        name = one.device.name if len(devices) > 1 else "The device"
        each = zip(one.zones, one.treatments, strict=True)
        found = {zone.zone.name: float(told["density_per_cm2"]) for zone, told in each}
        few, many = min(found, key=lambda zone: found[zone]), max(found, key=lambda zone: found[zone])
        line = f"{name} leaves {figure(found[few])} channels per cm²"
        if many != few:
            line = (
                f"{name} leaves between {figure(found[few])} channels per cm² ({zone_words(few)}) "
                f"and {figure(found[many])} ({zone_words(many)})"
            )
        lifted = min(one.zones, key=lambda zone: zone.rings_touching)
        rings = rings_of(one.device)
        if rings - lifted.rings_touching > LIFTED_RINGS:
            line += (
                f"; on the {zone_words(lifted.zone.name)} {lifted.rings_touching:.1f} of its {rings} rings touch, mean"
            )
        lines.append(line + ".")
    return lines


def _keys(devices: tuple[SurfaceTreatment, ...]) -> list[str]:
    return list(dict.fromkeys(key for one in devices for key in one.source_keys))


def command_line(devices: tuple[SurfaceTreatment, ...]) -> str:
    """Return the command that gives the result.

    Parameters
    ----------
    devices : tuple of SurfaceTreatment — one a roller [-]

    """
    first = devices[0]
    kind = first.surface.name.split(" ")[0]
    words = ["compare" if len(devices) > 1 else "coverage", *(one.device.name for one in devices)]
    words += ["--surface", kind if kind in STANDARD else first.surface.name]
    if len(first.zones) < len(first.surface.zones):
        words += [word for zone in first.zones for word in ("--zone", zone.zone.name)]
    words += technique_options(first.treatments[0])
    return shlex.join(["dermaroll", *words, "--seed", str(first.treatments[0].seed)])
