"""A programme as rows of text: one row a session, one row a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...data.thickness import LAYER_WORDS
from ..treatment.digits import figure

if TYPE_CHECKING:
    from .sessions import Programme

DAYS_SHOWN = (0, 30, 60, 90, 120, 150, 180, 270, 365)
DEPTH_LAYERS = ("papillary_dermis", "reticular_dermis")
SHOWN = {
    "collagen": "collagen, papillary",
    "collagen_reticular": "collagen, reticular",
    "elastin": "elastin",
    "epidermis": "epidermis thickness",
}


def change(value: float) -> str:
    """Return a ratio to untreated skin as a change with its sign.

    Parameters
    ----------
    value : float — over untreated skin [-]

    """
    percent = 100 * (value - 1)
    return f"{percent:+.0f}" if abs(percent) >= 10 else f"{percent:+.2g}" if abs(percent) >= 0.005 else "0"


def session_columns(programme: Programme) -> list[str]:
    """Return the heads of the table of sessions.

    Parameters
    ----------
    programme : Programme — what is shown [-]

    """
    columns = ["day", "device", "passes", "channels per cm2"]
    columns += [f"into {LAYER_WORDS[name]} per cm2" for name in DEPTH_LAYERS]
    columns += ["surface covered %", "papillary touched %", "collagen so far %"]
    columns += ["barrier back h", "holes closed h", "redness h", "bleeding", "pain vs 26G"]
    if programme.active is not None:
        columns += [f"{programme.active.name} gain x", "delivered in 24 h ug/cm2", "intact ug/cm2"]
    return columns


def session_rows(programme: Programme) -> list[list[str]]:
    """Return one row of text a session.

    Parameters
    ----------
    programme : Programme — what is shown [-]

    """
    rows = []
    for session in programme.sessions:
        treatment, risk = session.treatment, session.risk
        names = [layer.name for layer in treatment.site.layers]
        into = dict(zip(names, treatment.mean("layer_density_per_cm2")[:, -1], strict=True))
        touched = dict(zip(names, treatment.mean("layer_volume_fraction")[:, -1], strict=True))
        row = [f"{session.day:g}", treatment.device.name, str(treatment.technique.passes)]
        row += [figure(float(treatment.mean("density_per_cm2")[-1]))]
        row += [figure(float(into[name])) for name in DEPTH_LAYERS]
        row += [
            figure(100 * float(treatment.mean("coverage")[-1, 0])),
            figure(100 * float(touched["papillary_dermis"])),
        ]
        row += [change(programme.course.at("collagen", session.day))]
        row += [figure(session.closure.barrier_back_h), figure(session.closure.closed_h), figure(risk.redness_h)]
        row += [risk.bleeding, figure(risk.pain_vs_26g)]
        if session.delivery is not None:
            got = session.delivery
            row += [figure(got.enhancement), figure(float(got.amount_ug_per_cm2[-1]))]
            row += [figure(float(got.intact_amount_ug_per_cm2[-1]))]
        rows.append(row)
    return rows


def course_columns() -> list[str]:
    """Return the heads of the table of months."""
    return ["day", *SHOWN.values()]


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
        for name in SHOWN:
            low, high = (float(np.interp(day, course.days, limit)) for limit in course.band[name])
            row.append(f"{change(course.at(name, day))} ({change(low)} to {change(high)})")
        rows.append(row)
    return rows
