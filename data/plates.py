"""Pens and stamps: plates of needles that go straight in, as frozen, checked records; and whose field is whose.

A pen's motor drives its plate out of a guide ring and back while the hand drags it; a stamp is pressed down by hand,
lifted and put down beside. In: rows of the catalogue, or a user's own TOML file. Out: `PenSpec`, `StampSpec`. A field
that another kind of device has is refused in one line that says what this kind has instead.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from math import pi, sin, sqrt
from typing import Annotated, Any, ClassVar, Literal

from pydantic import model_validator

from .checks import InputError, Record, Within, refuse
from .tables import Keys, Name, Status

ROUNDINGS = 1e-9  # of a length: what fits exactly on paper fits here
MOST_NEEDLES = 2000

# Fields that only some kinds have, and what a kind has instead of those of others.
DRUM = ("rows", "per_ring", "drum_radius_mm", "drum_width_mm", "sheet_thickness_mm", "stagger")
PLATE = ("rings", "grid", "plate_width_mm", "plate_length_mm")
MOTOR = ("most_length_mm", "scale_tolerance_mm", "stroke_mm", "frequency_hz", "frequency_range_hz", "swath_mm")
ONLY: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(DRUM, ("needle", "disc")),
    **dict.fromkeys(PLATE, ("pen", "stamp")),
    **dict.fromkeys(MOTOR, ("pen",)),
}
INSTEAD = {
    "needle": "a roller: it has a drum with rows of needles and is rolled by hand",
    "disc": "a roller: it has a drum with rows of teeth and is rolled by hand",
    "pen": "a pen: it has a plate of needles, a stroke, a frequency and a swath",
    "stamp": "a stamp: it has a plate of needles and is put down by hand",
}


def known_kind(kind: Any) -> Any:
    """Refuse a kind of device that there is not, with all that there are.

    Parameters
    ----------
    kind : any — what a file says [-]

    Raises
    ------
    InputError
        One line with the kinds that there are.

    """
    if str(kind) not in INSTEAD:
        raise refuse("kind", kind, ", ".join(INSTEAD))
    return kind


def refuse_other_kinds(given: Any, fields: Collection[str]) -> None:
    """Refuse a field that only another kind of device has.

    Parameters
    ----------
    given : any — what a record is made from [-]
    fields : collection of str — those that this record has [-]

    Raises
    ------
    InputError
        One line with field, value and what this kind has.

    """
    kind = str(given.get("kind")) if isinstance(given, dict) else ""
    if kind not in INSTEAD:
        return
    for name in ONLY:
        if name in given and name not in fields:
            raise refuse(name, given[name], f"none for {INSTEAD[kind]}")


class PlateSpec(Record):
    """Needles on a plate; lengths in mm, tip radius in um, angles in degrees.

    A plate is round, with `rings` the needles on each circle from the middle out, or rectangular, with `grid` the
    needles across the stroke and along it. `plate_width_mm` is the round plate's diameter, or the rectangle across the
    stroke, `plate_length_mm` along it. `length_mm` is how far the needles stand out beyond the plate or the guide ring.
    `assumed` lists the fields that no source gives for this very device; `status` is the standing of all the others.
    """

    sheet_thickness_mm: ClassVar[None] = None  # needles are round

    name: Name
    title: str
    maker: str | None = None
    kind: Literal["pen", "stamp"]
    use: Literal["home", "professional"]
    needle_count: Annotated[int, Within(1, MOST_NEEDLES)]
    rings: tuple[int, ...] = ()
    grid: tuple[int, int] | None = None
    plate_width_mm: Annotated[float, Within(0.1, 100, "mm")]
    plate_length_mm: Annotated[float, Within(0.1, 100, "mm")] | None = None
    length_mm: Annotated[float, Within(0.02, 5, "mm")]
    shaft_diameter_mm: Annotated[float, Within(0.01, 2, "mm")]
    tip_radius_um: Annotated[float, Within(0.1, 500, "um")]
    half_angle_deg: Annotated[float, Within(0.5, 60, "deg")]
    source: Keys = ("user",)
    status: Status = "unverified"
    assumed: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_this_kind(cls, given: Any) -> Any:
        refuse_other_kinds(given, cls.model_fields)
        return given

    @model_validator(mode="after")
    def _plate_fits_together(self) -> PlateSpec:
        counts = self.grid or self.rings
        if bool(self.rings) == (self.grid is not None):
            raise InputError(f"{self.name}: a {self.kind} has either rings or a grid of needles; allowed: one of both")
        if min(counts) < 1:
            raise refuse("grid" if self.grid else "rings", counts, "at least 1 needle each")
        total = self.grid[0] * self.grid[1] if self.grid else sum(self.rings)
        if total != self.needle_count:
            raise refuse("needle_count", self.needle_count, f"{total}, the needles on the plate of this {self.kind}")
        if (self.grid is None) != (self.plate_length_mm is None):
            raise refuse("plate_length_mm", self.plate_length_mm, "a length in mm for a grid, none for rings")
        if self.closest_mm < self.shaft_diameter_mm * (1 - ROUNDINGS):
            least = self.plate_width_mm * self.shaft_diameter_mm / self.closest_mm
            allowed = f"at least {least:.3g} mm for {total} needles of {self.shaft_diameter_mm:g} mm on a {self.kind}"
            raise refuse("plate_width_mm", self.plate_width_mm, allowed)
        if 2e-3 * self.tip_radius_um > self.shaft_diameter_mm:
            allowed = f"at most half of shaft_diameter_mm, {500 * self.shaft_diameter_mm:g} um"
            raise refuse("tip_radius_um", self.tip_radius_um, allowed)
        unknown = [field for field in self.assumed if field not in type(self).model_fields]
        if unknown:
            raise refuse("assumed", unknown[0], "names of this record's fields")
        return self

    @property
    def layout(self) -> str:
        """How the needles stand, in words [-]."""
        return " x ".join(map(str, self.grid)) if self.grid else " + ".join(map(str, self.rings))

    @property
    def body(self) -> dict[str, tuple[str, ...]]:
        """What a table says of the device's body: heads, and the fields under each [-]."""
        return {"plate mm": ("plate_width_mm", "plate_length_mm")}

    @property
    def ring_radii_mm(self) -> tuple[float, ...]:
        """Radius of each circle of needles, evenly from the middle to half a step inside the rim [mm]."""
        centred = self.rings[:1] == (1,)
        steps = len(self.rings) - 0.5 * centred
        return tuple(self.plate_width_mm / 2 * (ring + 0.5 * (not centred)) / steps for ring in range(len(self.rings)))

    @property
    def closest_mm(self) -> float:
        """Distance between neighbouring needles, infinite for a single one [mm]."""
        if self.grid is not None and self.plate_length_mm is not None:
            across, along = self.grid
            steps = ((across, self.plate_width_mm / across), (along, self.plate_length_mm / along))
            return min((step for count, step in steps if count > 1), default=float("inf"))
        radii = self.ring_radii_mm
        around = [2 * radius * sin(pi / count) for radius, count in zip(radii, self.rings, strict=True) if count > 1]
        between = [outer - inner for inner, outer in pairwise(radii)]
        return min([*around, *between], default=float("inf"))

    @property
    def plate_mm2(self) -> float:
        """Area of the plate [mm2]."""
        if self.plate_length_mm is not None:
            return self.plate_width_mm * self.plate_length_mm
        return pi / 4 * self.plate_width_mm**2

    @property
    def step_mm(self) -> tuple[float, float]:
        """Across the stroke and along it, from one place of the plate to the next when its areas tile [mm]."""
        if self.plate_length_mm is not None:
            return self.plate_width_mm, self.plate_length_mm
        side = sqrt(self.plate_mm2)  # rims overlap a little, so that nothing is left between round plates
        return side, side


class StampSpec(PlateSpec):
    """A plate that a hand presses down, lifts, and puts down beside: see `PlateSpec`."""

    kind: Literal["stamp"]


class PenSpec(PlateSpec):
    """A pen: a motor drives the plate out of a guide ring and back; see `PlateSpec` for the plate.

    `length_mm` is the protrusion that is set, `most_length_mm` the largest on its scale, `scale_tolerance_mm` how far
    that scale may be off. `stroke_mm` is the way of the plate from end to end, `frequency_hz` how often it goes it, and
    `frequency_range_hz` between which ends that can be set. `swath_mm` is how wide a strip one stroke treats: the
    spacing of strokes that the hand keeps.
    """

    kind: Literal["pen"]
    most_length_mm: Annotated[float, Within(0.02, 5, "mm")] | None = None
    scale_tolerance_mm: Annotated[float, Within(0, 1, "mm")] | None = None
    stroke_mm: Annotated[float, Within(0.02, 10, "mm")]
    frequency_hz: Annotated[float, Within(0.1, 500, "Hz")]
    frequency_range_hz: tuple[float, float] | None = None
    swath_mm: Annotated[float, Within(0.1, 100, "mm")]

    @property
    def body(self) -> dict[str, tuple[str, ...]]:
        """What a table says of the device's body: heads, and the fields under each [-]."""
        return {
            "plate mm": ("plate_width_mm",),
            "up to mm": ("most_length_mm",),
            "stroke mm": ("stroke_mm",),
            "Hz": ("frequency_hz",),
            "swath mm": ("swath_mm",),
        }

    @model_validator(mode="after")
    def _motor_fits(self) -> PenSpec:
        if self.most_length_mm is not None and self.length_mm > self.most_length_mm:
            raise refuse("length_mm", self.length_mm, f"at most {self.most_length_mm:g} mm, most_length_mm of this pen")
        if self.stroke_mm < self.length_mm:
            allowed = f"at least length_mm = {self.length_mm:g} mm, how far a pen's needles stand out"
            raise refuse("stroke_mm", self.stroke_mm, allowed)
        if self.frequency_range_hz is not None:
            low, high = self.frequency_range_hz
            if not low <= self.frequency_hz <= high:
                raise refuse("frequency_hz", self.frequency_hz, f"between {low:g} and {high:g} Hz for this pen")
        return self
