"""A programme: sessions over months on one skin, and the course of what they build.

In: an indication of the catalogue or one's own plan, a roller, a site, a technique, an active. Out: a `Programme`,
which table, files and charts all read. Sessions of the same roller and technique share one coverage computation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ...data import catalog
from ...data.arguments import named
from ...data.catalog import Active, DeviceSpec, Indication, SkinSite, sources
from ...data.checks import refuse
from ...data.constants import after, healing
from ...data.tables import read_record
from ...geometry.arrays import Array
from ...geometry.surface.body import Surface
from ..after.healing import HealingCourse, healing_course
from ..after.side_effects import interval_warnings, roller_warnings
from ..coverage.motions import rolls, settled
from ..insertion.support import set_to
from ..output import Result, json_text
from ..technique import Technique, checked_technique
from ..treatment.quantities import ALL
from ..treatment.replicate import Aftercare
from ..treatment.result import NOTICE, SCHEMA, Treatment, described, versions
from ..treatment.tables import COURSE_COLUMNS
from ..treatment.text_table import html_table
from ..treatment.treating import Asking
from ..zones.bodies import surface_of
from ..zones.treating import site_name, treat
from .plans import Plan, Session, plan_for, protocol_differences

if TYPE_CHECKING:
    import pandas
    import xarray

# What a programme adds to each session, declared in the table of quantities and worked out here.
BEFORE = ("collagen_before", "epidermis_before")
TOTALS = {"amount_ug_per_cm2": "total_amount_ug_per_cm2", "intact_amount_ug_per_cm2": "total_intact_amount_ug_per_cm2"}
ENDS = ("", "_uncertainty_low", "_uncertainty_high")
COURSES = tuple(key for key, quantity in ALL.items() if quantity.time == "day")
YEAR_DAYS, COURSE_STEP_DAYS, AFTER_LAST_DAYS = 365.0, 5.0, 84.0


@dataclass(frozen=True)
class SessionResult:
    """One session and what follows it.

    Parameters
    ----------
    day : float — since the first session [d]
    treatment : Treatment — what the roller left, and what follows [-]
    warnings : tuple of str — of this session alone [-]

    """

    day: float
    treatment: Treatment
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Programme(Result):
    """Result of `run_programme`: sessions, the course of months, warnings, sources.

    Parameters
    ----------
    plan : Plan — the sessions asked for [-]
    indication : Indication or None — whose published programme it is [-]
    sessions : tuple of SessionResult — in order [-]
    course : HealingCourse — over all sessions [-]
    aftercare : Aftercare — what is done after each session [-]
    warnings : tuple of str — what a reader must know before relying on the numbers [-]
    differences : tuple of str — where this programme leaves the published protocol [-]

    """

    plan: Plan
    indication: Indication | None
    sessions: tuple[SessionResult, ...]
    course: HealingCourse
    aftercare: Aftercare
    warnings: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def active(self) -> Active | None:
        """Applied after each session [-]."""
        return self.aftercare.active

    @property
    def alerts(self) -> tuple[str, ...]:
        """Alerts of all sessions, each once [-]."""
        return tuple(dict.fromkeys(line for session in self.sessions for line in session.treatment.alerts))

    def inputs(self) -> dict[str, Any]:
        """Return every input, enough to run the same programme again."""
        care = self.aftercare
        return {
            "indication": self.indication.model_dump() if self.indication else None,
            "plan": self.plan.model_dump(),
            "active": care.active.model_dump() if care.active else None,
            "dose_ug_per_cm2": care.dose_ug_per_cm2 if care.active else None,
            "film_um": care.film_um if care.active else None,
            "occluded": care.occluded,
            "treatment": self.sessions[0].treatment.inputs(),
        }

    def session_rows(self) -> list[dict[str, Any]]:
        """Return every figure of each session by its flat name, after the last pass; courses at their last hour."""
        rows = []
        totals = self._totals()
        for number, session in enumerate(self.sessions, start=1):
            technique = session.treatment.technique
            row: dict[str, Any] = {"day": session.day, "session": number, "device": session.treatment.device.name}
            row |= {name: getattr(technique, name) for name in ("passes", "pattern", "load_n")}
            row |= {name: self.course.at(name.removesuffix("_before"), session.day) for name in BEFORE}
            row |= {name: float(so_far[number - 1]) for name, so_far in totals.items()}
            rows.append(row | session.treatment.last_figures())
        return rows

    def _added(self) -> tuple[str, ...]:
        return tuple(TOTALS.values()) if self.active else ()

    def _totals(self) -> dict[str, Array]:
        """Active delivered up to each session, its own last hour included, and the ends of what is not known of it.

        A member that lets more through does so in every session, so ends add up like the middles.
        """
        if self.active is None:
            return {}
        found = {}
        for key, total in TOTALS.items():
            for place, end in enumerate(ENDS):
                each = [
                    (session.treatment.uncertainty[key][place - 1] if place else session.treatment.mean(key))[-1]
                    for session in self.sessions
                ]
                found[total + end] = np.cumsum(each)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, in the order and under the names of the JSON schema."""
        days = np.array([session.day for session in self.sessions])
        return {
            "schema": SCHEMA,
            "notice": NOTICE,
            "inputs": self.inputs(),
            "versions": versions(),
            "sources": [sources()[key].model_dump(exclude_defaults=True) for key in self._source_keys()],
            "alerts": self.alerts,
            "sessions": [
                row | {"treatment": place, "warnings": session.warnings}
                for row, session, place in zip(self.session_rows(), self.sessions, self._which(), strict=True)
            ],
            "treatments": [treatment.to_dict() for treatment in self.treatments()],
            "session_days": days,
            "course": self._course(),
            "differences": self.differences,
            "warnings": self.warnings,
            "quantities": described(ALL[key] for key in (*COURSES, *BEFORE, *self._added())),
        }

    def treatments(self) -> list[Treatment]:
        """Return the treatments of the sessions, each once: sessions of one technique share theirs."""
        return list({id(session.treatment): session.treatment for session in self.sessions}.values())

    def _which(self) -> list[int]:
        """Place of each session's treatment among `treatments`."""
        places = {id(treatment): place for place, treatment in enumerate(self.treatments())}
        return [places[id(session.treatment)] for session in self.sessions]

    def _course(self) -> dict[str, Any]:
        entries: dict[str, Any] = {"days": self.course.days}
        for name in COURSES:
            entries[name] = getattr(self.course, name)
            if name in self.course.band:
                entries[f"{name}_uncertainty"] = self.course.band[name]
        return entries | {"unit": ALL["collagen"].unit, "status": self.course.status}

    def _source_keys(self) -> list[str]:
        keys = [key for session in self.sessions for key in session.treatment.source_keys]
        keys += [key for row in (*after().values(), *healing().values()) for key in row.source.split(";")]
        for record in (self.indication, self.active):
            keys += record.source.split(";") if record else []
        return [key for key in dict.fromkeys(keys) if key in sources()]

    def to_frame(self) -> pandas.DataFrame:
        """Return the long table: one row a session, pass and depth, every figure by its flat name."""
        import pandas

        tables = [treatment.to_frame() for treatment in self.treatments()]
        parts = []
        for row, which in zip(self.session_rows(), self._which(), strict=True):
            own = {name: row[name] for name in ("session", "day", *BEFORE, *self._totals())}
            parts.append(tables[which].assign(**own)[[*own, *tables[which].columns]])
        return pandas.concat(parts, ignore_index=True)

    def to_course_frame(self) -> pandas.DataFrame:
        """Return the courses: hours after each session, and months over all of them (session 0)."""
        import pandas

        parts = []
        for number, session in enumerate(self.sessions, start=1):
            hours = session.treatment.to_course_frame()
            parts.append(hours[hours["time_unit"] == "h"].assign(session=number))
        first = self.sessions[0].treatment
        for name in COURSES:
            low, high = self.course.band.get(name, np.full((2, self.course.days.size), np.nan))
            about = {"device": first.device.name, "site": first.site.name, "quantity": name, "time": self.course.days}
            about |= {"time_unit": "d", "unit": ALL[name].unit, "value": getattr(self.course, name)}
            parts.append(pandas.DataFrame(about | {"uncertainty_low": low, "uncertainty_high": high, "session": 0}))
        table = pandas.concat([part.dropna(axis="columns", how="all") for part in parts], ignore_index=True)
        return table.reindex(columns=["session", *COURSE_COLUMNS])

    def to_xarray(self) -> xarray.Dataset:
        """Return courses and sessions as arrays with named dimensions; units in `attrs`."""
        import xarray

        note = {"units": ALL["collagen"].unit, "comment": self.course.status}
        data: dict[str, Any] = {
            name: ("day", getattr(self.course, name), note | {"long_name": ALL[name].words}) for name in COURSES
        }
        for name, band in self.course.band.items():
            data[f"{name}_uncertainty"] = (("limit", "day"), band, note)
        sessions = xarray.Dataset(
            data,
            {"day": ("day", self.course.days, {"units": "d"}), "limit": ("limit", ["low", "high"])},
        )
        parts = [session.treatment.to_xarray() for session in self.sessions]
        months = [name for name in parts[0].data_vars if "day" in parts[0][name].dims]
        days = xarray.DataArray([session.day for session in self.sessions], dims="session", name="session")
        each = xarray.concat(
            [
                part.drop_vars([*months, "day"], errors="ignore").rename(
                    {"limit": "end"} if "limit" in part.dims else {}
                )
                for part in parts
            ],
            dim=days,
            combine_attrs="drop_conflicts",
            join="outer",
        )
        joined = xarray.merge([sessions, each.rename({name: f"session_{name}" for name in each.data_vars})])
        attributes = {"inputs": json_text(self.inputs()), "notice": NOTICE, "warnings": "\n".join(self.warnings)}
        return joined.assign_attrs(attributes | {"schema": SCHEMA})

    def __repr__(self) -> str:
        """Return what was done, in two lines."""
        days = ", ".join(f"{session.day:g}" for session in self.sessions[:6])
        more = ", ..." if len(self.sessions) > 6 else ""
        return f"Programme: {self.plan.title}, {len(self.sessions)} sessions on days {days}{more}\n" + repr(
            self.sessions[0].treatment
        )

    def _repr_html_(self) -> str:
        """Return the figures of the first session as a table, as a notebook shows it."""
        return html_table(self.treatments())


def _course_days(last: float) -> Array:
    """Days of the course: a year, or longer where the sessions need it."""
    end = max(YEAR_DAYS, last + AFTER_LAST_DAYS)
    days: Array = np.append(np.arange(0.0, end, COURSE_STEP_DAYS), end)
    return days


@named
def run_programme(
    device: str | Path | DeviceSpec,
    site: str | Path | SkinSite | None,
    plan: Plan | Indication | str | Path,
    technique: Technique | None = None,
    *,
    surface: Surface | str | Path | None = None,
    zone: str | None = None,
    whose: Mapping[str, Any] | None = None,
    indication: Indication | str | None = None,
    active: str | Path | Active | None = None,
    dose_ug_per_cm2: float = 100.0,
    film_um: float = 100.0,
    serum: str | None = None,
    occluded: bool = False,
    region: Polygon | str | None = None,
    depths_um: ArrayLike | None = None,
    replicates: int = 1,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Programme:
    """Run the sessions of a plan or of an indication's published programme.

    Parameters
    ----------
    device : str, Path or DeviceSpec — roller of all sessions that name none [-]
    site : str, Path, SkinSite or None — the skin; None on a body: that of the zone's own site [-]
    plan : Plan, Indication, str or Path — own sessions or their TOML file, or an indication, by its name too [-]
    technique : Technique or None — of all sessions, as far as they do not say otherwise [-]
    surface : Surface, str, Path or None — a body, as of `treat`: the sessions go over one zone of it [mm]
    zone : str or None — the zone; None where there is no body, or it has but one [-]
    whose : mapping or None — sex, age_years and skin_colour of the person with the zone's own site [-]
    indication : Indication, str or None — protocol to hold an own plan to; an indication run is held to its own [-]
    active : str, Path, Active or None — applied after each session [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    film_um : float — thickness of the film that holds it [um]
    serum : str or None — instead of a dose: strength and amount on the region, as in '15% 0.5ml' [-]
    occluded : bool — under a film after each session [-]
    region : shapely Polygon, str or None — treated region, '20x30' and WKT too; None for 20 mm x 20 mm [mm]
    depths_um : (Z,) float array or None — depths of the table; None for 0 to 2000 um in steps of 25 [um]
    replicates : int — independent repetitions, 1 to 10000 [-]
    seed : int — of everything random; equal inputs and seed give equal results [-]
    progress : function or None — told how many replicates of a session are done, and of how many [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    protocol = None if indication is None else catalog.indication(indication)
    if isinstance(plan, Path) or (isinstance(plan, str) and plan.endswith(".toml")):
        plan = read_record(Plan, plan)
    if not isinstance(plan, Plan):
        protocol = catalog.indication(plan)
        plan = plan_for(protocol)
    base = checked_technique(technique)
    where = _place(site, surface, zone, whose, region)
    rollers = [catalog.device(device if session.device is None else session.device) for session in plan.session]
    techniques = [
        _technique(base, session, roller, protocol) for session, roller in zip(plan.session, rollers, strict=True)
    ]
    asking: Asking = {
        "depths_um": depths_um,
        "replicates": replicates,
        "seed": seed,
        "aftermath": True,
        "active": active,
        "dose_ug_per_cm2": dose_ug_per_cm2,
        "film_um": film_um,
        "serum": serum,
        "occluded": occluded,
    }
    done: dict[tuple[str, str], tuple[Treatment, tuple[str, ...]]] = {}
    results = []
    for number, (session, roller, how) in enumerate(zip(plan.session, rollers, techniques, strict=True)):
        key = (roller.model_dump_json(), how.model_dump_json())
        if key not in done:
            found = treat(roller, technique=how, **where, progress=progress, **asking)
            # What is said of a body is said of its one zone.
            done[key] = (found, ()) if isinstance(found, Treatment) else (found.treatments[0], found.alerts)
        treatment, told = done[key]
        told += tuple(_session_warnings(plan, number, treatment))
        results.append(SessionResult(session.day, treatment, told))
    skin = results[0].treatment.site
    days = [session.day for session in plan.session]
    shares = [result.treatment.volume_fraction for result in results]
    course = healing_course(shares, days, np.union1d(_course_days(days[-1]), days), age_years=skin.age_years)
    differences = tuple(protocol_differences(protocol, plan, rollers, techniques)) if protocol else ()
    lines = [line for result in results for line in (*result.treatment.warnings, *result.warnings)]
    if protocol and protocol.status == "unverified":
        lines.append(f"{protocol.name}: its protocol is unverified")
    care = results[0].treatment.aftercare
    assert care is not None
    return Programme(
        plan=plan,
        indication=protocol,
        sessions=tuple(results),
        course=course,
        aftercare=care,
        warnings=tuple(dict.fromkeys([*lines, *differences])),
        differences=differences,
    )


def _place(
    site: str | Path | SkinSite | None,
    surface: Surface | str | Path | None,
    zone: str | None,
    whose: Mapping[str, Any] | None,
    region: Polygon | str | None,
) -> dict[str, Any]:
    """Where the sessions are, as `treat` takes it."""
    if surface is None:
        if zone is not None:
            raise refuse("zone", zone, "none where no surface is given")
        if site is None:
            raise refuse("site", site, "a name of the catalogue, a TOML file or a record, where no surface is given")
        return {"site": catalog.site(site), "region": region}
    body = surface_of(surface, site=site_name(site))
    if zone is None and len(body.zones) != 1:
        raise refuse("zone", zone, f"one zone of {body.name}: {', '.join(body.zone_names)}")
    names = list(body.zone_names) if zone is None else [zone]
    own = None if site is None else catalog.site(site)
    return {"site": own, "surface": body, "zones": names, "whose": whose, "region": region}


def _session_warnings(plan: Plan, number: int, treatment: Treatment) -> Iterator[str]:
    """Lines of a session: its roller at this site, and the interval to the session before."""
    roller = treatment.device
    below, microbes = (treatment[name] for name in ("dermis_share", "microbes_vs_hypodermic"))
    yield from roller_warnings(roller, treatment.site, dermis_share=below, microbes_vs_hypodermic=microbes)
    if number:
        gap = plan.session[number].day - plan.session[number - 1].day
        dermis = below > 0.5
        yield from interval_warnings(roller, gap, treatment["holes_closed_h"], dermis_reached=dermis)


def _technique(base: Technique, session: Session, roller: DeviceSpec, protocol: Indication | None) -> Technique:
    """What the hand does in a session: passes of a protocol are a roller's and say nothing of a pen or a stamp."""
    given = {name: getattr(session, name) for name in ("passes", "pattern", "load_n")}
    if protocol is not None and not rolls(roller) and given["passes"] == protocol.passes:
        given["passes"] = None
    told = base.model_dump(exclude_unset=True) | {name: value for name, value in given.items() if value is not None}
    technique = Technique(**told)
    return settled(set_to(roller, technique), technique)
