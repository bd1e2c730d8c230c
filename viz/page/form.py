"""The controls of the live page: what can be set, in which unit and range, as the records themselves say.

In: the records of the catalogue and of the technique. Out: plain objects that the page's template and script read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from ...data import catalog
from ...data.catalog import RollerSpec
from ...data.checks import Within
from ...data.thickness import Sex
from ...roller.technique import Pattern, Technique, technique_inputs
from ...roller.treatment.comparison import DEFAULT_ACTIVE

# A slider goes as far as hands and makers do; the field beside it takes the record's whole range.
SLIDER_ENDS: dict[str, tuple[float, float]] = {
    "passes": (1, 32),
    "load_n": (0, 10),
    "speed_mm_s": (5, 200),
    "uses": (0, 50),
    "overlap": (0, 0.5),
    "length_mm": (0.1, 3.0),
    "tip_radius_um": (1, 60),
    "half_angle_deg": (2, 30),
    "drum_radius_mm": (5, 20),
    "drum_width_mm": (5, 40),
    "shaft_diameter_mm": (0.05, 0.5),
    "rows": (1, 20),
    "per_ring": (6, 60),
    "age_years": (18, 90),
    "replicates": (1, 20),
    "region_width_mm": (5, 40),
    "region_height_mm": (5, 40),
    "sessions": (1, 12),
    "interval_days": (7, 84),
    "dose_ug_per_cm2": (0, 1000),
}
DEVICE_FIELDS = (
    "length_mm",
    "rows",
    "per_ring",
    "tip_radius_um",
    "half_angle_deg",
    "stagger",
    "shaft_diameter_mm",
    "drum_radius_mm",
    "drum_width_mm",
)
WORDS = {
    "length_mm": "needle length",
    "rows": "rows across the drum",
    "per_ring": "needles around it",
    "tip_radius_um": "tip radius",
    "half_angle_deg": "half-angle of the tip",
    "stagger": "stagger of the rings",
    "shaft_diameter_mm": "shaft diameter",
    "drum_radius_mm": "drum radius",
    "drum_width_mm": "drum width",
}
LEAST_STEPS = 100  # of a slider
PEOPLE = 4  # drawn for the band of people and places, unless asked otherwise


@dataclass(frozen=True)
class Control:
    """One input: name, label, unit, what it is, its usual value, and its range or choices."""

    name: str
    label: str
    usual: Any
    unit: str = ""
    about: str = ""
    low: float | None = None
    high: float | None = None
    slide_low: float | None = None
    slide_high: float | None = None
    step: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    kind: str = "number"


def numeric(name: str, label: str, within: Within, usual: float, *, whole: bool = False, about: str = "") -> Control:
    """Return a slider with a field beside it.

    Parameters
    ----------
    name : str — of the field [-]
    label : str — before it [-]
    within : Within — its range and unit [as the field]
    usual : float — its value at first [as the field]
    whole : bool — only whole numbers [-]
    about : str — one sentence [-]

    """
    low, high = SLIDER_ENDS.get(name, (within.low, within.high))
    step = 1.0 if whole else _step((high - low) / LEAST_STEPS)
    return Control(name, label, usual, within.unit, about, within.low, within.high, low, high, step)


def _step(about: float) -> float:
    """A round step no larger than a number."""
    power = 10.0
    while power > about:
        power /= 10
    return float(f"{max(times for times in (1, 2, 5) if times * power <= about) * power:.3g}")


def technique_controls() -> list[Control]:
    """Return what the hand does: every field of the technique."""
    found = []
    for entry in technique_inputs():
        label = entry.option.replace("-", " ")
        if entry.name == "pattern":
            choices = tuple((name, name.replace("-", " ")) for name in get_args(Pattern))
            found.append(Control("pattern", label, entry.usual, about=entry.words, choices=choices, kind="choice"))
        elif entry.kind is bool:
            found.append(Control(entry.name, label, entry.usual, about=entry.words, kind="switch"))
        elif (within := _range_of(Technique, entry.name)) is not None:
            whole = entry.kind is int
            found.append(numeric(entry.name, label, within, entry.usual, whole=whole, about=entry.words))
        elif entry.usual is not None:
            found.append(Control(entry.name, label, entry.usual, entry.unit, entry.words, kind="text"))
    return found


def _range_of(record: Any, name: str) -> Within | None:
    return next((part for part in record.model_fields[name].metadata if isinstance(part, Within)), None)


def device_controls() -> list[Control]:
    """Return what can be changed of a roller."""
    usual = catalog.device("mf-8")
    found = []
    for name in DEVICE_FIELDS:
        within = _range_of(RollerSpec, name)
        assert within is not None
        found.append(numeric(name, WORDS[name], within, getattr(usual, name), whole=name in ("rows", "per_ring")))
    return found


def skin_controls() -> list[Control]:
    """Return whose skin, where, and how much of it."""
    sites = tuple((name, one.title) for name, one in catalog.sites().items())
    sides = Within(1, 200, "mm")
    return [
        Control("site", "site", "cheek", choices=sites, kind="choice"),
        Control("sex", "sex", "any", choices=tuple((name, name) for name in get_args(Sex)), kind="choice"),
        Control("age_years", "age", None, "years", low=catalog.AGES.low, high=catalog.AGES.high, kind="optional",
                about="None: as the studies' groups."),
        numeric("region_width_mm", "width of the square", sides, 20.0),
        numeric("region_height_mm", "height of the square", sides, 20.0),
    ]  # fmt: skip


def after_controls() -> list[Control]:
    """Return what is applied, how often it is done, and how many people are drawn."""
    actives = tuple((name, one.title) for name, one in catalog.actives().items())
    return [
        Control("active", "active", DEFAULT_ACTIVE, choices=actives, kind="choice"),
        numeric("dose_ug_per_cm2", "dose", catalog.DOSES, 100.0),
        Control("serum", "or a serum", "", about='Strength and amount on the region, as in "15% 0.5ml".', kind="text"),
        Control("occluded", "under a film", usual=False, kind="switch"),
        numeric("sessions", "sessions", Within(1, 60), 1, whole=True),
        numeric("interval_days", "days between them", Within(1, 366, "d"), 28),
        numeric("replicates", "people drawn", Within(1, 100), PEOPLE, whole=True,
                about="For the band of people and places; one is the average person."),
        Control("seed", "seed", 0, low=0, high=2**31, kind="count", about="Of everything random."),
    ]  # fmt: skip


def device_records() -> dict[str, dict[str, Any]]:
    """Return the rollers of the catalogue as far as the page changes and shows them."""
    kept = ("title", "kind", "use", "sheet_thickness_mm", *DEVICE_FIELDS)
    rollers = {name: one for name, one in catalog.devices().items() if isinstance(one, RollerSpec)}
    return {name: {key: getattr(one, key) for key in kept} for name, one in rollers.items()}
