"""What the sessions of a programme are: an own plan, a plain series, or the published protocol of an indication.

In: a TOML file, a number and an interval, or a record of the catalogue. Out: a `Plan`, and where it leaves a protocol.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from ...data.catalog import DeviceSpec, Indication
from ...data.checks import Record, Within, refuse
from ..coverage.motions import rolls
from ..technique import Pattern, Technique

MOST_SESSIONS, SERIES_DAYS = 400, 28.0
LEAST_GAP_DAYS = 1.0  # sessions closer than that are one session


class Session(Record):
    """One session of a plan; what is not given is taken from the command or its defaults."""

    day: Annotated[float, Within(0, 3000, "days")]
    device: str | None = None
    passes: Annotated[int, Within(1, 200)] | None = None
    pattern: Pattern | None = None
    load_n: Annotated[float, Within(0, 50, "N")] | None = None


class Plan(Record):
    """Sessions in the order of their days, as read from TOML: a title and tables `[[session]]`."""

    title: str = "own plan"
    session: Annotated[tuple[Session, ...], Field(min_length=1, max_length=MOST_SESSIONS)]

    @model_validator(mode="after")
    def _in_order(self) -> Plan:
        for before, later in zip(self.session[:-1], self.session[1:], strict=True):
            if later.day < before.day + LEAST_GAP_DAYS:
                wrong = "overlaps" if later.day >= before.day else "comes before"
                allowed = f"days in order, at least {LEAST_GAP_DAYS:g} day apart"
                raise refuse("session.day", later.day, f"{allowed}; it {wrong} the session of day {before.day:g}")
        return self


def plan_for(indication: Indication, sessions: int | None = None, interval_days: float | None = None) -> Plan:
    """Return the published programme of an indication as a plan.

    Parameters
    ----------
    indication : Indication — gives sessions, interval and passes [-]
    sessions : int or None — instead of the published number [-]
    interval_days : float or None — instead of the published interval [d]

    """
    count = indication.sessions if sessions is None else sessions
    gap = indication.interval_days if interval_days is None else interval_days
    return _every(gap, count, indication.title, passes=indication.passes)


def plain_series(sessions: int, every_days: float = SERIES_DAYS) -> Plan:
    """Return sessions at one interval, which follow no published programme.

    Parameters
    ----------
    sessions : int — 1 to 400 [-]
    every_days : float — from one to the next, 1 to 366 [d]

    """
    plural = "" if sessions == 1 else "s"
    return _every(every_days, sessions, f"{sessions} session{plural}, {every_days:g} days apart")


def _every(gap: float, count: int, title: str, passes: int | None = None) -> Plan:
    if not 1 <= count <= MOST_SESSIONS:
        raise refuse("sessions", count, f"between 1 and {MOST_SESSIONS}")
    if not LEAST_GAP_DAYS <= gap <= 366:
        raise refuse("interval_days", gap, f"between {LEAST_GAP_DAYS:g} and 366 days")
    return Plan(title=title, session=tuple(Session(day=gap * number, passes=passes) for number in range(count)))


def protocol_differences(
    indication: Indication, plan: Plan, rollers: list[DeviceSpec], techniques: list[Technique]
) -> Iterator[str]:
    """Yield where a programme leaves the published protocol of its indication, beyond the spread of its sources.

    Parameters
    ----------
    indication : Indication — the protocol [-]
    plan : Plan — the sessions [-]
    rollers : list of DeviceSpec — one a session [-]
    techniques : list of Technique — one a session [-]

    """

    def outside(what: str, values: list[float], published: float, low: float, high: float, unit: str) -> Iterator[str]:
        for value in dict.fromkeys(values):
            if not low <= value <= high:
                span = f"{published:g} ({low:g} to {high:g}) {unit}".rstrip()
                yield f"{indication.name}: {what} {value:g} {unit}".rstrip() + f", published {span}"

    row = indication
    lengths = [roller.length_mm for roller in rollers]
    yield from outside("needles of", lengths, row.length_mm, row.length_low_mm, row.length_high_mm, "mm")
    passes = [float(how.passes) for roller, how in zip(rollers, techniques, strict=True) if rolls(roller)]
    yield from outside("passes", passes, row.passes, row.passes_low, row.passes_high, "")
    count = [float(len(plan.session))]
    yield from outside("sessions", count, row.sessions, row.sessions_low, row.sessions_high, "")
    gaps = [float(gap) for gap in np.diff([session.day for session in plan.session])]
    low, high = row.interval_low_days, row.interval_high_days
    yield from outside("interval", gaps, row.interval_days, low, high, "days")
