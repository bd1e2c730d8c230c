"""A programme as rows of text: one row a session, one row a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..treatment.digits import change, figure
from ..treatment.names import named_at, place_of
from ..treatment.quantities import ALL
from ..treatment.replicate import DELIVERY_HOURS
from .sessions import TOTALS

if TYPE_CHECKING:
    from .sessions import Programme

DAYS_SHOWN = (0, 30, 60, 90, 120, 150, 180, 270, 365)
SESSION = (
    "density_per_cm2",
    "papillary_dermis_density_per_cm2",
    "reticular_dermis_density_per_cm2",
    "surface_coverage",
    "papillary_dermis_volume_fraction",
    "collagen_before",
    "barrier_back_h",
    "holes_closed_h",
    "redness_h",
    "bleeding",
    "pain_vs_26g",
)
DELIVERED = ("enhancement", "amount_ug_per_cm2", "intact_amount_ug_per_cm2")
COURSES_SHOWN = ("collagen", "collagen_reticular", "elastin", "epidermis")


def relative_change(value: float, floor: float = 0.0) -> str:
    """Return a ratio to untreated skin as a change with its sign.

    Parameters
    ----------
    value : float — over untreated skin [-]
    floor : float — least change that can be told from none [-]

    """
    return change(100 * (value - 1), 100 * floor)


def _shown(programme: Programme) -> list[str]:
    last = float(DELIVERY_HOURS[-1])
    if programme.active is None:
        return list(SESSION)
    parts = [place_of(name if ALL[name].time is None else f"{name}_at_{last:g}_h").part for name in DELIVERED]
    return [*SESSION, *TOTALS.values(), *(named_at(part, last) if part.at else part.name for part in parts)]


def session_columns(programme: Programme) -> list[str]:
    """Return the heads of the table of sessions.

    Parameters
    ----------
    programme : Programme — what is shown [-]

    """
    heads = ["day", "device", "passes"]
    for name in _shown(programme):
        part = place_of(name).part
        unit = "%" if name.endswith("_before") else part.quantity.shown_unit
        heads.append(f"{part.quantity.said(part.layer, short=True)} {unit}".rstrip())
    return heads


def session_rows(programme: Programme) -> list[list[str]]:
    """Return one row of text a session.

    Parameters
    ----------
    programme : Programme — what is shown [-]

    """
    rows = []
    for figures in programme.session_rows():
        row = [f"{figures['day']:g}", figures["device"], str(figures["passes"])]
        for name in _shown(programme):
            value, quantity = figures[name], place_of(name).part.quantity
            if name.endswith("_before"):
                row.append(relative_change(value, quantity.least))
            else:
                row.append(value if isinstance(value, str) else figure(quantity.scale * value))
        rows.append(row)
    return rows


def course_columns() -> list[str]:
    """Return the heads of the table of months."""
    return ["day", *(ALL[name].head for name in COURSES_SHOWN)]


def course_rows(programme: Programme) -> list[list[str]]:
    """Return one row of text for some days of the course.

    Parameters
    ----------
    programme : Programme — what is shown [-]

    """
    course = programme.course
    last = float(course.days[-1])
    rows = []
    for day in sorted({*(float(day) for day in DAYS_SHOWN if day <= last), last}):
        row = [f"{day:g}"]
        for name in COURSES_SHOWN:
            low, high = (float(np.interp(day, course.days, limit)) for limit in course.band[name])
            told = course.words(name, day).removesuffix(" %")
            row.append(f"{told} ({relative_change(low)} to {relative_change(high)})")
        rows.append(row)
    return rows
