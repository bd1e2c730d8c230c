"""The chart of a programme: the course of the skin over months.

In: a `Programme`. Out: a matplotlib Figure; nothing is computed here but the place of ink.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...roller.programme.sessions import Programme
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import NOTICE
from ...roller.treatment.text_table import headline
from ..palette import DEVICE_COLOURS, INK, as_written

WIDTH_IN, HEIGHT_IN = 7.6, 4.8
COURSES = ("collagen", "collagen_reticular", "elastin", "epidermis")


def course_chart(programme: Programme) -> Figure:
    """Draw the change of collagen, elastin and epidermis over the programme, with bands and the days of sessions.

    Parameters
    ----------
    programme : Programme — what is drawn [-]

    """
    figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
    panel = figure.subplots()
    course = programme.course
    for name, ink in zip(COURSES, DEVICE_COLOURS, strict=False):
        low, high = 100 * (course.band[name] - 1)
        panel.fill_between(course.days, low, high, color=ink, alpha=0.15, lw=0)
        panel.plot(course.days, 100 * (getattr(course, name) - 1), color=ink, lw=1.8, label=QUANTITIES[name].words)
    _mark_sessions(panel, programme)
    panel.set_xlabel("days since the first session")
    panel.set_ylabel("change against untreated skin [%]")
    panel.set_xlim(0, course.days[-1])
    panel.legend(fontsize=8, loc="upper right", framealpha=0.9)
    _title(figure, programme, f"{course.status}; band: spread of the fitted and assumed constants")
    return figure


def _mark_sessions(panel: Axes, programme: Programme) -> None:
    days = np.array([session.day for session in programme.sessions])
    panel.vlines(days, 0, 0.03, transform=panel.get_xaxis_transform(), color=INK, lw=1.2)


def _title(figure: Figure, programme: Programme, second: str) -> None:
    first = f"{programme.plan.title}: {headline(programme.sessions[0].treatment)}"
    figure.suptitle(as_written(f"{first}\n{second}\n{NOTICE}"), fontsize=9)
