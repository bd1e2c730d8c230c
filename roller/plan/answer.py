"""What a plan answers: choices that reach the goal, and why the other candidates do not.

Table, JSON and CSV all read an `Answer`. In: what the search found. Out: plain objects, rows and words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shapely.geometry import Polygon

from ...data.catalog import DeviceSpec, SkinSite
from ...geometry.arrays import floats
from ..coverage.motions import pace_band, pace_words
from ..output import Result
from ..technique import Technique
from ..treatment.digits import figure, passes_words, span
from ..treatment.names import classed, place_of
from ..treatment.notes import standing_warnings
from ..treatment.quantity import Quantity
from ..treatment.result import NOTICE, Treatment, versions
from .costs import Costs
from .goals import Aim, Goal, aims_of

if TYPE_CHECKING:
    import pandas

SCHEMA = 2
PAIRS = "people and models"  # what a plan must serve: people who differ, members of which nobody knows the right one
# Figures of the treatment of other people that stand in a choice, and the columns of the table of choices.
OF_TREATMENT = (
    "density_per_cm2",
    "surface_coverage",
    "peak_depth_um_mean",
    "peak_depth_um_p05",
    "peak_depth_um_p95",
    "redness_h",
    "minutes_per_300_cm2",
)
NOT_KNOWN = tuple(
    f"{name}_uncertainty_{end}"
    for name in ("density_per_cm2", "surface_coverage", "peak_depth_um_mean")
    for end in ("low", "high")
)
COLUMNS = ("certainty", "certainty_of_others", "density_per_cm2", "surface_coverage", "peak_depth_um_mean")
RISK_COLUMNS = ("hypodermis_share_of_channels", "bleeding", "pain_vs_26g", "redness_h", "minutes_per_300_cm2")


@dataclass(frozen=True)
class Reached:
    """What people reach of one aim.

    Parameters
    ----------
    aim : Aim — quantity and limit [-]
    value : float — as many people as must be served reach at least this, or stay below it [as the aim]
    people : float — share of people who keep the limit [-]

    """

    aim: Aim
    value: float
    people: float

    @property
    def said(self) -> float | str:
        """The value as files hold it: a number, or the name of a class [as the aim]."""
        found = classed(self.aim.quantity, floats(self.value)).item()
        return found if isinstance(found, str) else float(found)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects."""
        aim = self.aim
        limits = {"at_least" if aim.least else "at_most": aim.limit}
        near = {} if aim.near_mm is None else {"reach_mm": aim.near_mm}
        return {"quantity": aim.name, "unit": aim.quantity.unit, **near, **limits} | {
            "value": self.value,
            "people": self.people,
        }


@dataclass(frozen=True)
class Choice:
    """Settings that reach the goal.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    passes : int — the fewest that do [-]
    load_n : tuple of 2 float — least and greatest load that serve enough people [N]
    middle_n : float — the load in between at which the other figures are told [N]
    certainty : float — share of the people searched with, each with a member of the ensemble, whom it serves there [-]
    certainty_of_others : float — the same of as many people who had no part in the search [-]
    reached : tuple of Reached — of the goal, by those other people [-]
    risks : tuple of Reached — share of channels into the hypodermis, bleeding, pain, by those other people [-]
    costs : Costs — of people who differ, and of what nobody knows [-]
    treatment : Treatment — of those other people [-]

    """

    roller: DeviceSpec
    passes: int
    load_n: tuple[float, float]
    middle_n: float
    certainty: float
    certainty_of_others: float
    reached: tuple[Reached, ...]
    risks: tuple[Reached, ...]
    costs: Costs
    treatment: Treatment

    def figures(self) -> dict[str, Any]:
        """Return the figures of the choice by names for files, units included."""
        return {
            "device": self.roller.name,
            "use": self.roller.use,
            "length_mm": self.roller.length_mm,
            "passes": self.passes,
            "moved": pace_words(self.roller, self.treatment.technique),
            "drag_speed_mm_s": self.treatment.technique.drag_speed_mm_s,
            "load_low_n": self.load_n[0],
            "load_high_n": self.load_n[1],
            "load_n": self.middle_n,
            "certainty": self.certainty,
            "certainty_of_others": self.certainty_of_others,
            **self.costs.figures(),
            **{name: self.treatment[name] for name in OF_TREATMENT},
            **{name: self.treatment[name] for name in NOT_KNOWN},
            **{part.aim.name: part.said for part in self.risks},
        }

    @property
    def cost_words(self) -> str:
        """What people and what nobody knows cost, in one line [-]."""
        return self.costs.words(self.roller.name, self.passes)


@dataclass(frozen=True)
class Rejected:
    """A candidate that is no choice, and why.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    passes : int — with which it serves, or the most that were looked at [-]
    better : tuple of DeviceSpec and int, or None — who does it with less, and with how many passes [-]
    bears_n : float or None — what its drum bears, if that is less than any load looked at [N]
    nearest_n : float or None — the load at which it came nearest [N]
    between_n : tuple of 2 float or None — loads that were looked at [N]
    certainty : float — share of people, each with a member, whom it served there [-]
    certainty_people_alone : float — the same if only people differed [-]
    wanted : float — share of people to be served [-]
    reached : tuple of Reached — what they reached there [-]
    moved : str — at which of several paces; empty where one was looked at [-]

    """

    roller: DeviceSpec
    passes: int
    better: tuple[DeviceSpec, int] | None = None
    bears_n: float | None = None
    nearest_n: float | None = None
    between_n: tuple[float, float] | None = None
    certainty: float = 0.0
    certainty_people_alone: float = 0.0
    wanted: float = 0.0
    reached: tuple[Reached, ...] = ()
    moved: str = ""

    @property
    def why(self) -> str:
        """The reason in one line [-]."""
        if self.better is not None:
            roller, passes = self.better
            does = f"{roller.name} does with {roller.length_mm:g} mm and {passes_words(passes)}"
            return f"reaches it with {self.length} and {passes_words(self.passes)}; {does}"
        if self.nearest_n is None or self.between_n is None:
            return f"its drum bears no more than {self.bears_n:.2g} N"
        missed = [part for part in self.reached if part.people < self.wanted]
        parts = [missed_words(part, self.wanted) for part in missed]
        if not parts:
            parts = ["each aim alone is met often enough, not all at once"]
        low, high = self.between_n
        if any(part.aim.load_helps for part in missed) and self.nearest_n < high:
            parts.append("more load breaks another aim")
        if any(not part.aim.load_helps for part in missed) and self.nearest_n > low:
            parts.append("less load falls short of another aim")
        moved = f", {self.moved}" if self.moved else ""
        how = f"at {self.nearest_n:.2g} N and {passes_words(self.passes)}{moved}"
        served = f"serves {100 * self.certainty:.0f} % of {PAIRS} {how}"
        alone = f" ({100 * self.certainty_people_alone:.0f} % if only people differed)"
        known = "" if self.certainty_people_alone <= self.certainty else alone
        return f"{served}{known}: {'; '.join(parts)}"

    @property
    def length(self) -> str:
        """Its needle length in words [-]."""
        return f"{self.roller.length_mm:g} mm"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects."""
        entry = {"device": self.roller.name, "use": self.roller.use, "length_mm": self.roller.length_mm}
        if self.better is not None:
            named = {"device": self.better[0].name, "length_mm": self.better[0].length_mm, "passes": self.better[1]}
            return entry | {"why": self.why, "passes": self.passes, "better": named}
        if self.nearest_n is None:
            return entry | {"why": self.why}
        nearest = {"load_n": self.nearest_n, "passes": self.passes, "certainty": self.certainty}
        nearest["certainty_people_alone"] = self.certainty_people_alone
        return entry | {"why": self.why, "nearest": nearest | {"reached": [part.to_dict() for part in self.reached]}}


def amount(aim: Aim, value: float) -> str:
    """Return a quantity in words.

    Parameters
    ----------
    aim : Aim — whose quantity it is [-]
    value : float — how much [as the aim]

    """
    return _told(aim.quantity, classed(aim.quantity, floats(value)).item(), unit=True)


def _told(quantity: Quantity, value: float | str, *, unit: bool = False) -> str:
    text = value if isinstance(value, str) else figure(quantity.scale * value)
    return f"{text} {quantity.shown_unit}".rstrip() if unit else text


def missed_words(part: Reached, wanted: float) -> str:
    """Return how far most people are from a limit.

    Parameters
    ----------
    part : Reached — of an aim [-]
    wanted : float — share of people to be served [-]

    """
    aim = part.aim
    people = f"in {100 * wanted:g} % of {PAIRS}"
    reached, limit = amount(aim, part.value), amount(aim, aim.limit)
    if aim.least:
        return f"{aim.words} {reached} or more {people}, at least {limit} wanted"
    return f"{aim.words} up to {reached} {people}, at most {limit} wanted"


@dataclass(frozen=True)
class Answer(Result):
    """Result of `plan_treatment`.

    Parameters
    ----------
    goal : Goal — what was to be reached [-]
    site : SkinSite — where [-]
    technique : Technique — pattern and the rest; its passes are the most that were looked at [-]
    region : shapely Polygon — what is treated [mm]
    loads_n : tuple of 2 float — least and greatest load looked at [N]
    replicates : int — people searched with, and as many others to check [-]
    seed : int — of those searched with; the others have the next one [-]
    choices : tuple of Choice — shortest needles first, then fewer passes [-]
    rejected : tuple of Rejected — shortest needles first [-]
    trials : int — people treated in the search, each with one device at one load [-]

    """

    goal: Goal
    site: SkinSite
    technique: Technique
    region: Polygon
    loads_n: tuple[float, float]
    replicates: int
    seed: int
    choices: tuple[Choice, ...]
    rejected: tuple[Rejected, ...]
    trials: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before relying on the numbers [-]."""
        lines = [line for choice in self.choices for line in choice.treatment.warnings]
        lines += [line for line in standing_warnings(None) if "side effects" in line]
        for choice in self.choices:
            if choice.certainty_of_others < self.goal.certainty - self.noise:
                others = f"{100 * choice.certainty_of_others:.0f} % of other {PAIRS}"
                lines.append(f"{choice.roller.name}: only {others} reach the goal; search with more replicates")
        return tuple(dict.fromkeys(lines))

    @property
    def paces_mm_s(self) -> tuple[float, float] | None:
        """Between which drag speeds pens were looked at; None without a pen, or where the speed was told [mm/s]."""
        bands = (
            pace_band(one.roller, self.technique) for one in (*self.choices, *self.rejected) if one.roller.kind == "pen"
        )
        return next((band for band in bands if band is not None), None)

    @property
    def noise(self) -> float:
        """Two standard errors of a share of as many people at the certainty wanted [-]."""
        wanted = self.goal.certainty
        return float(2 * (wanted * (1 - wanted) / self.replicates) ** 0.5)

    def inputs(self) -> dict[str, Any]:
        """Return every input, enough to plan the same again."""
        technique = self.technique.model_dump()
        most_passes = technique.pop("passes")
        technique.pop("load_n")
        return {
            "site": self.site.model_dump(),
            **technique,
            "most_passes": most_passes,
            "load_limits_n": self.loads_n,
            **({} if self.paces_mm_s is None else {"drag_speed_limits_mm_s": self.paces_mm_s}),
            "region_wkt": self.region.wkt,
            "replicates": self.replicates,
            "seed": self.seed,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, in the order and under the names of the JSON schema."""
        return {
            "schema": SCHEMA,
            "goal": self.goal.model_dump(mode="json"),
            "inputs": self.inputs(),
            "versions": versions(),
            "choices": [
                choice.figures() | {"reached": [part.to_dict() for part in choice.reached]} for choice in self.choices
            ],
            "rejected": [entry.to_dict() for entry in self.rejected],
            "trials": self.trials,
            "warnings": self.warnings,
            "notice": NOTICE,
        }

    def to_frame(self) -> pandas.DataFrame:
        """Return a table with one row a candidate, choices first; `why` is empty for them."""
        import pandas

        rows = [choice.figures() | {"why": ""} for choice in self.choices]
        rows += [
            {"device": out.roller.name, "use": out.roller.use, "length_mm": out.roller.length_mm, "why": out.why}
            for out in self.rejected
        ]
        return pandas.DataFrame(rows)


def goal_words(answer: Answer) -> str:
    """Return what was asked for, in one line a part.

    Parameters
    ----------
    answer : Answer — gives goal, site and limits [-]

    """
    goal, technique = answer.goal, answer.technique
    together = f"{PAIRS} that meet the measurements, taken together"
    lines = [f"{answer.site.title}, in {100 * goal.certainty:g} % of {together}:"]
    for aim in aims_of(goal):
        sign = "at least" if aim.least else "at most"
        lines.append(f"  {aim.words} {sign} {amount(aim, aim.limit)}")
    low, high = answer.loads_n
    looked = f"up to {passes_words(technique.passes)} ({technique.pattern}), {low:g} to {high:g} N"
    if answer.paces_mm_s is not None:
        looked += ", pens drawn at {:g} to {:g} mm/s".format(*answer.paces_mm_s)
    who = f"{answer.replicates} people, each with a model, seed {answer.seed}"
    return "\n".join([*lines, f"looked at {looked}; {who}"])


def _heads(names: tuple[str, ...]) -> list[str]:
    parts = [place_of(name).part for name in names]
    marks = ["?" if part.quantity.status == "unverified" else "" for part in parts]
    said = [part.quantity.said(part.layer, short=True) + mark for part, mark in zip(parts, marks, strict=True)]
    return [f"{words} {part.quantity.shown_unit}".rstrip() for words, part in zip(said, parts, strict=True)]


def choice_columns() -> list[str]:
    """Return the heads of the table of choices."""
    return [
        "device",
        "name in the catalogue",
        "use",
        "needles mm",
        "passes",
        "moved",
        "load N",
        "figures at N",
        *_heads(COLUMNS),
        *_heads(RISK_COLUMNS),
    ]


def choice_rows(answer: Answer) -> list[list[str]]:
    """Return the cells of the table of choices.

    Parameters
    ----------
    answer : Answer — with its choices [-]

    """
    rows = []
    for choice in answer.choices:
        values = choice.figures()
        row = [choice.roller.title, values["device"], values["use"], f"{values['length_mm']:g}", str(values["passes"])]
        row.append(values["moved"])
        row += [f"{choice.load_n[0]:.2g} to {choice.load_n[1]:.2g}", f"{choice.middle_n:.2g}"]
        first = len(row)
        row += [_told(place_of(name).part.quantity, values[name]) for name in (*COLUMNS, *RISK_COLUMNS)]
        depth = first + COLUMNS.index("peak_depth_um_mean")
        row[depth] += f" ({span(values['peak_depth_um_p05'], values['peak_depth_um_p95'])})"
        for column, name in enumerate(COLUMNS, start=first):
            low, high = (values.get(f"{name}_uncertainty_{end}") for end in ("low", "high"))
            if low is not None and high is not None:
                scale = place_of(name).part.quantity.scale
                row[column] += f" [{span(scale * low, scale * high)}]"
        rows.append(row)
    return rows
