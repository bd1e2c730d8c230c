"""A programme as rows of text: one row a session, one row a month."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from ..treatment.digits import change, figure, joined, span
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


def answer(programme: Programme) -> str:
    """Return in two sentences what comes of it: the most collagen and its day, and how long each session shows.

    Parameters
    ----------
    programme : Programme — what is shown [-]

    """
    course, first = programme.course, programme.sessions[0].treatment
    most = int(np.argmax(course.collagen))
    day = float(course.days[most])
    low, high = (relative_change(float(limit[most])) for limit in course.band["collagen"])
    count = len(programme.sessions)
    sessions = f"{count} sessions" if count > 1 else "1 session"
    text = f"{sessions} with {first.device.title} on the {first.site.title.lower()}: "
    told = course.words("collagen", day).removesuffix(" %")
    if relative_change(float(course.collagen[most]), ALL["collagen"].least).startswith("below"):
        text += f"no change of the collagen that could be told from none ({told} %)."
    else:
        text += f"collagen of the papillary dermis is highest on day {day:.0f}, {told} % [{joined(low, high)}]?."
    return f"{text} Redness lasts {figure(first['redness_h'], floor=ALL['redness_h'].least)} h after a session."


def session_columns(programme: Programme) -> list[str]:
    """Return the heads of the table of sessions.

    Parameters
    ----------
    programme : Programme — what is shown [-]

    """
    heads = ["on day", "sessions", "device", "passes"]
    for name in _shown(programme):
        part = place_of(name).part
        unit = "%" if name.endswith("_before") else part.quantity.shown_unit
        mark = "?" * (part.quantity.status == "unverified")
        heads.append(f"{part.quantity.said(part.layer, short=True)}{mark} {unit}".rstrip())
    return heads


def session_rows(programme: Programme) -> list[list[str]]:
    """Return one row of text for sessions that are alike and follow each other.

    What the skin has gained before them goes from the first of them to the last.

    Parameters
    ----------
    programme : Programme — what is shown [-]

    """
    pairs = zip(programme.sessions, programme.session_rows(), strict=True)
    rows = []
    for _, group in groupby(pairs, key=lambda pair: id(pair[0].treatment)):
        alike = [figures for _, figures in group]
        first, last = alike[0], alike[-1]
        row = [span(first["day"], last["day"]), str(len(alike)), first["device"], str(first["passes"])]
        for name in _shown(programme):
            value, quantity = first[name], place_of(name).part.quantity
            if name.endswith("_before"):
                ends = [relative_change(figures[name], quantity.least) for figures in (first, last)]
                row.append(ends[0] if ends[0] == ends[1] else " to ".join(ends))
            else:
                row.append(value if isinstance(value, str) else figure(quantity.scale * value, floor=quantity.least))
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
            row.append(f"{told} [{joined(relative_change(low), relative_change(high))}]")
        rows.append(row)
    return rows
