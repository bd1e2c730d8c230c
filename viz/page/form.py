"""The controls of the live page: what can be set, in which unit and range, as the records themselves say.

In: the records of the catalogue and of the technique. Out: plain objects that the page's template and script read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from ...data import catalog
from ...data.catalog import RollerSpec
from ...data.checks import Within
from ...data.plates import PenSpec, StampSpec
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
    "plate_width_mm": (1, 40),
    "plate_length_mm": (1, 40),
    "stroke_mm": (0.25, 5),
    "frequency_hz": (10, 200),
    "swath_mm": (1, 30),
}
DEVICE_FIELDS = (  # of all kinds; each control is shown with the kinds that have its field
    "length_mm",
    "plate_width_mm",
    "plate_length_mm",
    "stroke_mm",
    "frequency_hz",
    "swath_mm",
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
    "plate_width_mm": "width of the plate",
    "plate_length_mm": "length of the plate",
    "stroke_mm": "stroke of the motor",
    "frequency_hz": "strokes in a second",
    "swath_mm": "swath of a stroke",
}
SPECS = {"needle disc": RollerSpec, "pen": PenSpec, "stamp": StampSpec}
LISTS = {"needle disc": "Rollers", "pen": "Pens", "stamp": "Stamps"}
NOT_CHANGED = ("name", "source", "status", "note", "assumed", "maker", "aliases")
FACE = "face"
IN_THE_MIDDLE = ("forehead", "nose", "upper-lip", "chin")
IN_PAIRS = ("temple", "cheekbone", "cheek", "jaw", "periorbital")
FACE_ZONES = (*IN_THE_MIDDLE, *(f"{name}-{side}" for name in IN_PAIRS for side in ("left", "right")))
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
    kinds: str = ""


def numeric(
    name: str, label: str, within: Within, usual: float, *, whole: bool = False, about: str = "", kinds: str = ""
) -> Control:
    """Return a slider with a field beside it.

    Parameters
    ----------
    name : str — of the field [-]
    label : str — before it [-]
    within : Within — its range and unit [as the field]
    usual : float — its value at first [as the field]
    whole : bool — only whole numbers [-]
    about : str — one sentence [-]
    kinds : str — of devices that have it, with a space between; empty for all [-]

    """
    low, high = SLIDER_ENDS.get(name, (within.low, within.high))
    step = 1.0 if whole else _step((high - low) / LEAST_STEPS)
    return Control(name, label, usual, within.unit, about, within.low, within.high, low, high, step, kinds=kinds)


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
        label, kinds = entry.option.replace("-", " "), " ".join(entry.kinds)
        if entry.name == "pattern":
            choices = tuple((name, name.replace("-", " ")) for name in get_args(Pattern))
            found.append(Control("pattern", label, entry.usual, about=entry.words, choices=choices, kind="choice"))
        elif entry.kind is bool:
            found.append(Control(entry.name, label, entry.usual, about=entry.words, kind="switch"))
        else:
            within = _range_of(Technique, entry.name)
            if entry.usual is None:
                bounds: dict[str, Any] = {"low": within.low, "high": within.high, "kind": "optional", "kinds": kinds}
                found.append(Control(entry.name, label, None, within.unit, entry.words, **bounds))
                continue
            more: dict[str, Any] = {"whole": entry.kind is int, "about": entry.words, "kinds": kinds}
            found.append(numeric(entry.name, label, within, entry.usual, **more))
    return found


def _range_of(record: Any, name: str) -> Within:
    """The range of a field, also of one that may be left open."""
    field = record.model_fields[name]
    parts = [*field.metadata, *(part for choice in get_args(field.annotation) for part in get_args(choice))]
    return next(part for part in parts if isinstance(part, Within))


def device_controls() -> list[Control]:
    """Return what can be changed of a device, of every kind."""
    usual = catalog.device("mf-8")
    found = []
    for name in DEVICE_FIELDS:
        has = [kinds for kinds, spec in SPECS.items() if name in spec.model_fields]
        within = _range_of(SPECS[has[0]], name)
        more: dict[str, Any] = {"whole": name in ("rows", "per_ring")}
        more["kinds"] = " ".join(has) if len(has) < len(SPECS) else ""
        found.append(numeric(name, WORDS[name], within, getattr(usual, name, within.low), **more))
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
    """Return the devices of the catalogue as far as the page changes and shows them, with the list each is in."""
    found = {}
    for name, one in catalog.devices().items():
        told = one.model_dump(mode="json", exclude={*NOT_CHANGED}, exclude_none=True)
        found[name] = told | {"list": next(words for kinds, words in LISTS.items() if one.kind in kinds.split())}
    return found
