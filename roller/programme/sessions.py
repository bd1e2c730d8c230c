"""A programme: sessions over months on one skin, and the course of what they build.

In: an indication of the catalogue or one's own plan, a roller, a site, a technique, an active. Out: a `Programme`,
which table, files and charts all read. Sessions of the same roller and technique share one coverage computation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from ...data import catalog
from ...data.catalog import Active, Indication, RollerSpec, SkinSite, sources
from ...data.checks import Record, Within, refuse
from ...data.constants import after
from ...geometry.arrays import Array
from ..after.closure import ClosureCourse
from ..after.delivery import Delivery
from ..after.healing import HealingCourse, healing_course
from ..after.side_effects import Risk, interval_warnings, roller_warnings
from ..output import Result, json_text
from ..technique import Pattern, Technique
from ..treatment.following import close, deliver_through, risk_of, volume_fraction
from ..treatment.result import STATISTICS, Treatment, versions
from ..treatment.session import COURSES, NOTICE, closure_dict, course_dict, delivery_dict, standing_warnings
from ..treatment.treating import treat

if TYPE_CHECKING:
    import pandas
    import xarray

SCHEMA = 1
LEAST_GAP_DAYS = 1.0  # sessions closer than that are one session
YEAR_DAYS, COURSE_STEP_DAYS, AFTER_LAST_DAYS = 365.0, 5.0, 84.0


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
    session: Annotated[tuple[Session, ...], Field(min_length=1, max_length=400)]

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
    if not 1 <= count <= 400:
        raise refuse("sessions", count, "between 1 and 400")
    if not LEAST_GAP_DAYS <= gap <= 366:
        raise refuse("interval_days", gap, f"between {LEAST_GAP_DAYS:g} and 366 days")
    days = (Session(day=gap * number, passes=indication.passes) for number in range(count))
    return Plan(title=indication.title, session=tuple(days))


@dataclass(frozen=True)
class SessionResult:
    """One session and what follows it.

    Parameters
    ----------
    day : float — since the first session [d]
    treatment : Treatment — what the roller left [-]
    closure : ClosureCourse — of its channels [h]
    risk : Risk — side effects [-]
    delivery : Delivery or None — of the active applied after it [ug/cm2]
    warnings : tuple of str — of this session alone [-]

    """

    day: float
    treatment: Treatment
    closure: ClosureCourse
    risk: Risk
    delivery: Delivery | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Programme(Result):
    """Result of `run_programme`: sessions, the course of months, warnings, sources.

    Parameters
    ----------
    plan : Plan — the sessions asked for [-]
    indication : Indication or None — whose published programme it is [-]
    sessions : tuple of SessionResult — in order [-]
    course : HealingCourse — over all sessions [-]
    active : Active or None — applied after each session [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    occluded : bool — under a film after each session [-]
    warnings : tuple of str — what a reader must know before relying on the numbers [-]
    differences : tuple of str — where this programme leaves the published protocol [-]

    """

    plan: Plan
    indication: Indication | None
    sessions: tuple[SessionResult, ...]
    course: HealingCourse
    active: Active | None
    dose_ug_per_cm2: float
    occluded: bool
    warnings: tuple[str, ...]
    differences: tuple[str, ...]

    def inputs(self) -> dict[str, Any]:
        """Return every input, enough to run the same programme again."""
        return {
            "indication": self.indication.model_dump() if self.indication else None,
            "plan": self.plan.model_dump(),
            "active": self.active.model_dump() if self.active else None,
            "dose_ug_per_cm2": self.dose_ug_per_cm2 if self.active else None,
            "occluded": self.occluded,
            "treatment": self.sessions[0].treatment.inputs(),
        }

    def session_rows(self) -> list[dict[str, Any]]:
        """Return the figures of each session as plain objects."""
        return [self._session_row(number, session) for number, session in enumerate(self.sessions, start=1)]

    def _session_row(self, number: int, session: SessionResult) -> dict[str, Any]:
        treatment, clock, risk = session.treatment, session.closure, session.risk
        layers = [layer.name for layer in treatment.site.layers]
        row: dict[str, Any] = {
            "day": session.day,
            "session": number,
            "device": treatment.device.name,
            "technique": treatment.technique.model_dump(),
            "density_per_cm2": treatment.mean("density_per_cm2")[-1],
            "coverage": treatment.mean("coverage")[-1, 0],
            "layers": [
                {"name": name, "density_per_cm2": density, "volume_fraction": share}
                for name, density, share in zip(
                    layers,
                    treatment.mean("layer_density_per_cm2")[:, -1],
                    treatment.mean("layer_volume_fraction")[:, -1],
                    strict=True,
                )
            ],
            "collagen_before": self.course.at("collagen", session.day),
            "epidermis_before": self.course.at("epidermis", session.day),
            "peak_depth_um": dict(zip(STATISTICS, treatment.mean("peak_depth_um"), strict=True)),
            "residual_depth_um": dict(zip(STATISTICS, treatment.mean("residual_depth_um"), strict=True)),
            "largest_gap_mm": treatment.mean("largest_gap_mm")[-1],
            "barrier_back_h": clock.barrier_back_h,
            "holes_closed_h": clock.closed_h,
            "closure": closure_dict(clock),
            **asdict(risk),
        }
        if session.delivery is not None:
            row["delivery"] = delivery_dict(session.delivery)
        return row | {"warnings": session.warnings}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, in the order and under the names of the JSON schema."""
        return {
            "schema": SCHEMA,
            "notice": NOTICE,
            "inputs": self.inputs(),
            "versions": versions(),
            "sources": [sources()[key].model_dump(exclude_defaults=True) for key in self._source_keys()],
            "sessions": self.session_rows(),
            "course": course_dict(self.course),
            "differences": self.differences,
            "warnings": self.warnings,
        }

    def _source_keys(self) -> list[str]:
        keys = [key for session in self.sessions for key in session.treatment.source_keys]
        keys += [key for row in after().values() for key in row.source.split(";")]
        for record in (self.indication, self.active):
            keys += record.source.split(";") if record else []
        return [key for key in dict.fromkeys(keys) if key in sources()]

    def to_frame(self) -> pandas.DataFrame:
        """Return the long table: one row a day of the course, with the figures of the last session before it."""
        import pandas

        days = self.course.days
        number = np.searchsorted([session.day for session in self.sessions], days, side="right")
        columns: dict[str, Any] = {"day": days, "session": number, "status": self.course.status}
        for name in COURSES:
            columns[name] = getattr(self.course, name)
            if name in self.course.band:
                columns[f"{name}_low"], columns[f"{name}_high"] = self.course.band[name]
        flat = [_flat(row) for row in self.session_rows()]
        for name in dict.fromkeys(key for row in flat for key in row):
            cells = [row.get(name) for row in flat]
            columns[name] = [cells[last - 1] if last else None for last in number]
        return pandas.DataFrame(columns)

    def to_xarray(self) -> xarray.Dataset:
        """Return the course and the sessions as arrays with named dimensions; units in `attrs`."""
        import xarray

        note = {"units": "1", "comment": f"over untreated skin; {self.course.status}"}
        data: dict[str, Any] = {name: ("day", getattr(self.course, name), note) for name in COURSES}
        for name, band in self.course.band.items():
            data[f"{name}_band"] = (("limit", "day"), band, note)
        flat = [_flat(row) for row in self.session_rows()]
        for name in flat[0]:
            cells = [row.get(name) for row in flat]
            if all(isinstance(cell, (int, float)) for cell in cells):
                data[f"session_{name}"] = ("session", np.array(cells, dtype=np.float64))
        coordinates = {
            "day": ("day", self.course.days, {"units": "d"}),
            "limit": ("limit", ["low", "high"]),
            "session": ("session", np.array([session.day for session in self.sessions]), {"units": "d"}),
        }
        attributes = {"inputs": json_text(self.inputs()), "notice": NOTICE, "warnings": "\n".join(self.warnings)}
        return xarray.Dataset(data, coordinates, attributes | {"schema": SCHEMA})


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A session's figures as columns: layers by name, of the delivery the last amount."""
    columns = {key: value for key, value in row.items() if isinstance(value, (int, float, str, np.number))}
    columns = {key: value for key, value in columns.items() if key not in ("day", "session")}
    for layer in row["layers"]:
        columns |= {f"{layer['name']}_{key}": layer[key] for key in ("density_per_cm2", "volume_fraction")}
    if "delivery" in row:
        got = row["delivery"]
        columns |= {"active": got["active"], "enhancement": got["enhancement"]}
        columns |= {f"amount_{got['hours'][-1]:g}h_ug_per_cm2": float(got["amount_ug_per_cm2"][-1])}
    return {key: value.item() if isinstance(value, np.number) else value for key, value in columns.items()}


def protocol_differences(
    indication: Indication, plan: Plan, rollers: list[RollerSpec], techniques: list[Technique]
) -> Iterator[str]:
    """Yield where a programme leaves the published protocol of its indication, beyond the spread of its sources.

    Parameters
    ----------
    indication : Indication — the protocol [-]
    plan : Plan — the sessions [-]
    rollers : list of RollerSpec — one a session [-]
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
    passes = [float(technique.passes) for technique in techniques]
    yield from outside("passes", passes, row.passes, row.passes_low, row.passes_high, "")
    count = [float(len(plan.session))]
    yield from outside("sessions", count, row.sessions, row.sessions_low, row.sessions_high, "")
    gaps = [float(gap) for gap in np.diff([session.day for session in plan.session])]
    low, high = row.interval_low_days, row.interval_high_days
    yield from outside("interval", gaps, row.interval_days, low, high, "days")


def _course_days(last: float) -> Array:
    """Days of the course: a year, or longer where the sessions need it."""
    end = max(YEAR_DAYS, last + AFTER_LAST_DAYS)
    days: Array = np.append(np.arange(0.0, end, COURSE_STEP_DAYS), end)
    return days


def run_programme(
    device: str | Path | RollerSpec,
    site: str | Path | SkinSite,
    plan: Plan | Indication | str,
    technique: Technique | None = None,
    *,
    indication: Indication | str | None = None,
    active: str | Path | Active | None = None,
    dose_ug_per_cm2: float = 100.0,
    occluded: bool = False,
    **rest: Any,
) -> Programme:
    """Run the sessions of a plan or of an indication's published programme.

    Parameters
    ----------
    device : str, Path or RollerSpec — roller of all sessions that name none [-]
    site : str, Path or SkinSite — the skin [-]
    plan : Plan, Indication or str — own sessions, or an indication, by its name too [-]
    technique : Technique or None — of all sessions, as far as they do not say otherwise [-]
    indication : Indication, str or None — protocol to hold an own plan to; an indication run is held to its own [-]
    active : str, Path, Active or None — applied after each session [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    occluded : bool — under a film after each session [-]
    rest : any — further arguments of `treat`: window, depths_um, replicates, seed [as there]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    protocol = None if indication is None else catalog.indication(indication)
    if not isinstance(plan, Plan):
        protocol = catalog.indication(plan)
        plan = plan_for(protocol)
    skin, base = catalog.site(site), technique or Technique()
    substance = None if active is None else catalog.active(active)
    catalog.DOSES.number("dose_ug_per_cm2", dose_ug_per_cm2)
    rollers = [catalog.device(device if session.device is None else session.device) for session in plan.session]
    techniques = [_technique(base, session) for session in plan.session]
    done: dict[tuple[str, str], tuple[Treatment, ClosureCourse, Risk, Delivery | None]] = {}
    results = []
    for number, (session, roller, how) in enumerate(zip(plan.session, rollers, techniques, strict=True)):
        key = (roller.model_dump_json(), how.model_dump_json())
        if key not in done:
            treatment = treat(roller, skin, how, **rest)
            got = None
            if substance is not None:
                got = deliver_through(treatment, substance, dose_ug_per_cm2=dose_ug_per_cm2, occluded=occluded)
            done[key] = treatment, close(treatment, occluded=occluded), risk_of(treatment), got
        treatment, clock, risk, got = done[key]
        lines = list(roller_warnings(roller, skin, risk))
        if number:
            gap = session.day - plan.session[number - 1].day
            reached = risk.papillary_vessel_share > 0.5
            lines += interval_warnings(roller, gap, clock.closed_h, dermis_reached=reached)
        results.append(SessionResult(session.day, treatment, clock, risk, got, tuple(lines)))
    days = [session.day for session in plan.session]
    shares = [volume_fraction(result.treatment) for result in results]
    course = healing_course(shares, days, np.union1d(_course_days(days[-1]), days))
    differences = tuple(protocol_differences(protocol, plan, rollers, techniques)) if protocol else ()
    lines = [line for result in results for line in (*result.treatment.warnings, *result.warnings)]
    if protocol and protocol.status == "unverified":
        lines.append(f"{protocol.name}: its protocol is unverified")
    return Programme(
        plan=plan,
        indication=protocol,
        sessions=tuple(results),
        course=course,
        active=substance,
        dose_ug_per_cm2=dose_ug_per_cm2,
        occluded=occluded,
        warnings=tuple(dict.fromkeys([*lines, *differences, *standing_warnings(substance)])),
        differences=differences,
    )


def _technique(base: Technique, session: Session) -> Technique:
    given = {name: getattr(session, name) for name in ("passes", "pattern", "load_n")}
    return Technique(**(base.model_dump() | {name: value for name, value in given.items() if value is not None}))
