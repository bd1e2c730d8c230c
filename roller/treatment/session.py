"""What follows one session: closure, delivery of an active, healing and side effects of a treatment.

In: a `Treatment`, an active. Out: an `Aftermath`, which programmes, comparisons and the HTML report read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from ...data.catalog import Active
from ...data.constants import after
from ..after.closure import ClosureCourse
from ..after.delivery import Delivery
from ..after.healing import UNVERIFIED, HealingCourse
from ..after.side_effects import Risk
from .digits import Row, figure

DEFAULT_ACTIVE = "ascorbic-acid"
NOTICE = "This models published measurements; it is no medical advice."
SIX_MONTHS_DAYS = 180.0
COURSES = ("collagen", "collagen_reticular", "elastin", "epidermis", "signal", "secretion")


@dataclass(frozen=True)
class Aftermath:
    """What one session leads to.

    Parameters
    ----------
    closure : ClosureCourse — of its channels [h]
    delivery : Delivery or None — of the active, None without one [ug/cm2]
    risk : Risk — vessels, pain, redness [-]
    healing : HealingCourse — after this one session, 12 months [d]

    """

    closure: ClosureCourse
    delivery: Delivery | None
    risk: Risk
    healing: HealingCourse

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, as the JSON of a treatment holds it."""
        return {
            "notice": NOTICE,
            "outcomes": [
                {"quantity": row.key, "unit": row.unit, "value": row.value, "status": row.status}
                for row in outcomes(self)
            ],
            "closure": closure_dict(self.closure),
            **({"delivery": delivery_dict(self.delivery)} if self.delivery else {}),
            "risk": asdict(self.risk),
            "course": course_dict(self.healing),
        }


def closure_dict(closure: ClosureCourse) -> dict[str, Any]:
    """Return how channels close as plain objects and arrays.

    Parameters
    ----------
    closure : ClosureCourse — of one session [h]

    """
    return {
        "hours": closure.hours,
        "open_area_share": closure.open_area_share,
        "barrier_share": closure.barrier_share,
        "half_life_h": closure.half_life_h,
        "barrier_half_life_h": closure.barrier_half_life_h,
    }


def delivery_dict(delivery: Delivery) -> dict[str, Any]:
    """Return what an active's delivery comes to as plain objects and arrays.

    Parameters
    ----------
    delivery : Delivery — after one session [ug/cm2]

    """
    return {
        "active": delivery.active.name,
        "dose_ug_per_cm2": delivery.dose_ug_per_cm2,
        "enhancement": delivery.enhancement,
        "hours": delivery.hours,
        "amount_ug_per_cm2": delivery.amount_ug_per_cm2,
        "intact_amount_ug_per_cm2": delivery.intact_amount_ug_per_cm2,
        "flux_ug_per_cm2_h": delivery.flux_ug_per_cm2_h,
    }


def course_dict(course: HealingCourse) -> dict[str, Any]:
    """Return the course of months as plain objects and arrays.

    Parameters
    ----------
    course : HealingCourse — over one session or more [-]

    """
    entries: dict[str, Any] = {"days": course.days}
    for name in COURSES:
        entries[name] = getattr(course, name)
        if name in course.band:
            entries[f"{name}_band"] = course.band[name]
    return entries | {"unit": "over untreated skin", "status": course.status}


class Outcome(NamedTuple):
    """One figure of an aftermath: key and unit for files, words and digits for tables."""

    key: str
    unit: str
    words: str
    value: float | str
    status: str


def outcomes(after_session: Aftermath) -> list[Outcome]:
    """Return the figures that tell one roller's session from another's.

    Parameters
    ----------
    after_session : Aftermath — of one session [-]

    """
    rows = [
        *closure_outcomes(after_session.closure, after_session.risk),
        *healing_outcomes(after_session.healing),
        *risk_outcomes(after_session.risk),
    ]
    return rows if after_session.delivery is None else [*delivery_outcomes(after_session.delivery), *rows]


def closure_outcomes(clock: ClosureCourse, risk: Risk) -> list[Outcome]:
    """Return how long channels stay open.

    Parameters
    ----------
    clock : ClosureCourse — of a session's channels [h]
    risk : Risk — says whether there are any [-]

    """
    words = "channels open until the barrier is back"
    return [
        Outcome("barrier_back_h", "h", words, _if_any(risk, clock.barrier_back_h), "derived"),
        Outcome("holes_closed_h", "h", "holes visible", _if_any(risk, clock.closed_h), "unverified"),
    ]


def healing_outcomes(healing: HealingCourse) -> list[Outcome]:
    """Return what one session builds in six months.

    Parameters
    ----------
    healing : HealingCourse — after it [d]

    """
    return [
        Outcome(
            f"{name}_at_6_months_percent",
            "%",
            f"{name} 6 months after one session",
            100 * (healing.at(name, SIX_MONTHS_DAYS) - 1),
            "unverified",
        )
        for name in ("collagen", "epidermis")
    ]


def risk_outcomes(risk: Risk) -> list[Outcome]:
    """Return the side effects of a session.

    Parameters
    ----------
    risk : Risk — of the session [-]

    """
    return [
        Outcome("bleeding", "", "bleeding", risk.bleeding, "unverified"),
        Outcome("pain_vs_26g", "x 26G needle", "pain", risk.pain_vs_26g, "unverified"),
        Outcome("redness_h", "h", "redness", risk.redness_h, "derived"),
    ]


def delivery_outcomes(got: Delivery) -> list[Outcome]:
    """Return what a session lets in.

    Parameters
    ----------
    got : Delivery — of an active [ug/cm2]

    """
    name, amount = got.active.name, float(got.amount_ug_per_cm2[-1])
    hours = f"{got.hours[-1]:g}"
    return [
        Outcome(f"enhancement_{name}", "x", f"{name}, gain in steady flow", got.enhancement, "unverified"),
        Outcome(f"amount_{name}_{hours}h", "ug/cm2", f"{name} delivered in {hours} h", amount, "unverified"),
    ]


def _if_any(risk: Risk, hours: float) -> float:
    """Hours that channels stay open, none where there are none."""
    return hours if risk.opened else 0.0


def standing_warnings(active: Active | None) -> list[str]:
    """Return what a reader must know of the standing of these models' figures.

    Parameters
    ----------
    active : Active or None — the active delivered [-]

    """
    models = {
        "closure": ("hole_closed_rat", "occluded_reference_length", "ageing_per_year", "closed_share"),
        "delivery": ("ion_share", "polar_path"),
        "side effects": ("superficial_plexus", "loop_depth", "pain_anchor_needles"),
    }
    table = after()
    lines = [UNVERIFIED]
    for model, names in models.items():
        weak = [name for name in names if table[name].status == "unverified"]
        if model != "delivery" or active is not None:
            lines.append(f"unverified constants of {model}: {', '.join(weak)}")
    lines.append("closure: the clock of the visible hole is the hairless rat's; the human barrier's is an upper bound")
    if active is not None and active.status == "unverified":
        lines.append(f"{active.name}: its lipophilicity, charge or permeability is unverified")
    return lines


def outcome_rows(aftermaths: Sequence[Aftermath]) -> list[Row]:
    """Return the rows of what one session leads to; unverified ones say so.

    Parameters
    ----------
    aftermaths : sequence of Aftermath — one a column [-]

    """
    rows = []
    for same in zip(*(outcomes(after_session) for after_session in aftermaths), strict=True):
        first = same[0]
        mark = " (unverified)" if first.status == "unverified" else ""
        cells = (cell.value if isinstance(cell.value, str) else figure(cell.value) for cell in same)
        rows.append(Row(first.words + mark, first.unit, tuple(cells)))
    return rows
