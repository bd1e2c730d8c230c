"""Charts of what follows a session: closure and delivery over hours, collagen over months; one line a device.

In: the session of each device with its name. Out: a matplotlib Figure.
"""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import Treatment
from ..palette import DEVICE_COLOURS, GRID, SOFT_INK
from .unknown import SHADE

SIZE_IN = (4.8, 3.5)
PLACE = (0.125, 0.135, 0.855, 0.845)  # of the panel
DAYS_PER_MONTH = 365.25 / 12


def _ink(number: int) -> str:
    return DEVICE_COLOURS[number % len(DEVICE_COLOURS)]


def closure_chart(named: Sequence[tuple[str, Treatment]]) -> Figure:
    """Draw the share of holes' area and of the breached barrier that is still open, over hours.

    Parameters
    ----------
    named : sequence of (str, Treatment) — a device's name and its session [h]

    """
    figure = Figure(figsize=SIZE_IN)
    panel = figure.add_axes(PLACE)
    for number, (name, treatment) in enumerate(named):
        hours = treatment.times["closure_hour"]
        # Both decay by halves: on a logarithmic scale the lines between the points are exact.
        hole, barrier = 100 * treatment.mean("open_area_share"), 100 * (1 - treatment.mean("barrier_share"))
        panel.plot(hours, hole, color=_ink(number), lw=1.7, label=f"{name}, hole")
        panel.plot(hours, barrier, color=_ink(number), lw=1.7, ls=(0, (4, 2)), label=f"{name}, barrier")
    panel.set_xlabel("hours after rolling")
    panel.set_ylabel("still open [%]")
    panel.set_xlim(0, 48)
    panel.set_yscale("log")
    panel.set_ylim(1, 100)
    panel.yaxis.set_major_formatter("{x:g}")
    panel.grid(color=GRID, lw=0.6)
    panel.legend(fontsize=8, loc="upper right", framealpha=0.9)
    return figure


def delivery_chart(named: Sequence[tuple[str, Treatment]]) -> Figure:
    """Draw how much of the active has come in over hours, beside intact skin.

    Parameters
    ----------
    named : sequence of (str, Treatment) — a device's name and its session [ug/cm2]

    """
    figure = Figure(figsize=SIZE_IN)
    panel = figure.add_axes(PLACE)
    first = named[0][1]
    hours = first.times["delivery_hour"]
    for number, (name, treatment) in enumerate(named):
        amount = treatment.mean("amount_ug_per_cm2")
        if "amount_ug_per_cm2" in treatment.uncertainty:
            low, high = treatment.uncertainty["amount_ug_per_cm2"]
            panel.fill_between(hours, low, high, color=_ink(number), alpha=SHADE, lw=0)
        panel.plot(hours, amount, color=_ink(number), lw=1.7, marker="o", ms=3, label=name)
    intact = QUANTITIES["intact_amount_ug_per_cm2"]
    panel.plot(hours, first.mean(intact.key), color=SOFT_INK, lw=1.2, ls=(0, (4, 2)), label=intact.head)
    panel.set_xlabel("hours after application")
    active = first.aftercare.active if first.aftercare else None
    panel.set_ylabel(f"{active.name if active else ''} {QUANTITIES['amount_ug_per_cm2'].axis}".strip())
    panel.set_xlim(0, float(hours[-1]))
    panel.set_ylim(bottom=0)
    panel.grid(color=GRID, lw=0.6)
    panel.legend(fontsize=8, loc="center right", framealpha=0.9)
    return figure


def collagen_chart(named: Sequence[tuple[str, Treatment]]) -> Figure:
    """Draw the change of the papillary dermis' collagen over months, with its band.

    Parameters
    ----------
    named : sequence of (str, Treatment) — a device's name and its session [d]

    """
    figure = Figure(figsize=SIZE_IN)
    panel = figure.add_axes(PLACE)
    for number, (name, treatment) in enumerate(named):
        months = treatment.days / DAYS_PER_MONTH
        low, high = 100 * (treatment.uncertainty["collagen"] - 1)
        panel.fill_between(months, low, high, color=_ink(number), alpha=0.15, lw=0)
        panel.plot(months, 100 * (treatment.mean("collagen") - 1), color=_ink(number), lw=1.7, label=name)
    panel.set_xlabel("months after the session")
    panel.set_ylabel(f"{QUANTITIES['collagen'].words} [%]")
    panel.set_xlim(left=0)
    panel.grid(color=GRID, lw=0.6)
    panel.legend(fontsize=8, loc="upper right", framealpha=0.9)
    return figure
