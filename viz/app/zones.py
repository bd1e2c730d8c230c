"""A zone of the standard face in the live page: its figures, device by device, and the commands that repeat them.

In: what `treat` leaves on a zone. Out: plain objects, and the table of the page.
"""

from __future__ import annotations

import shlex
from typing import Any

from ...data import catalog
from ...roller.output import plain
from ...roller.treatment.digits import figure
from ...roller.treatment.names import place_of
from ...roller.zones.maps import OF_BODIES
from ...roller.zones.result import SurfaceTreatment
from ..page.form import FACE
from ..page.numbers import Number
from ..page.rerun import own_files, technique_options
from ..page.writing import environment

ZONE_FIGURES = (
    "density_per_cm2",
    "surface_coverage",
    "peak_depth_um",
    "residual_depth_um",
    "layer_density_per_cm2",
    "largest_gap_mm",
)
ZONE_DEPTHS_UM = (0.0,)
TOLD = (
    "density_per_cm2",
    "surface_coverage",
    "peak_depth_um_mean",
    "residual_depth_um_mean",
    "papillary_dermis_density_per_cm2",
    "reticular_dermis_density_per_cm2",
    "largest_gap_mm",
)
OF_ZONE = ("area_cm2", "untouched_share", "rings_touching")


def zone_told(result: SurfaceTreatment) -> dict[str, Any]:
    """Return what the page tells of one zone under one device.

    Parameters
    ----------
    result : SurfaceTreatment — of one zone [-]

    """
    (rolled,), (treatment,) = result.zones, result.treatments
    figures = {name: treatment[name] for name in TOLD}
    figures |= {
        "area_cm2": rolled.area_cm2,
        "untouched_share": rolled.untouched_share[-1],
        "rings_touching": rolled.rings_touching,
    }
    return {
        "zone": rolled.zone.name,
        "site": treatment.site.title,
        "device": treatment.device.name,
        "title": treatment.device.title,
        "figures": plain(figures),
        "alerts": result.alerts,
        "command": zone_command(result),
        "files": own_files(treatment),
    }


def zone_command(result: SurfaceTreatment) -> str:
    """Return the command that gives the figures of a zone.

    Parameters
    ----------
    result : SurfaceTreatment — of one zone of a standard body [-]

    """
    (rolled,), (treatment,) = result.zones, result.treatments
    known = catalog.devices().get(treatment.device.name) == treatment.device
    words = ["coverage", treatment.device.name if known else f"{treatment.device.name}.toml"]
    words += ["--surface", FACE, "--zone", rolled.zone.name, *technique_options(treatment)]
    return shlex.join(["dermaroll", *words, "--seed", str(treatment.seed)])


def zone_html(told: list[dict[str, Any]]) -> str:
    """Return the table of a zone, a column a device, and the place of its map.

    Parameters
    ----------
    told : list of dict — as `zone_told` returns it, of one zone [-]

    """
    rows = []
    for name in (*OF_ZONE, *TOLD):
        if name in OF_ZONE:
            words, unit, scale = OF_BODIES[name]
        else:
            part = place_of(name).part
            words, unit, scale = part.words, part.quantity.pretty_unit, part.quantity.scale
        values = [one["figures"][name] for one in told]
        cells = [
            Number("–" if value is None else figure(scale * value), f"{number}.figures.{name}", value)
            for number, value in enumerate(values)
        ]
        rows.append({"words": words[:1].upper() + words[1:], "unit": unit, "cells": [[cell] for cell in cells]})
    parts = environment().get_template("parts.html.jinja").module
    alerts = list(dict.fromkeys(line for one in told for line in one["alerts"]))
    labels = [one["device"] for one in told]
    table = str(parts.differences(rows, labels, "Figures of the zone, table"))  # type: ignore[attr-defined]
    return str(parts.alerts(alerts)) + table + str(parts.body("Where on the face"))  # type: ignore[attr-defined]
