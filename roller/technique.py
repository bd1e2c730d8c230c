"""How the roller is used: passes, directions, load, overlap, slip, speed, stretch, wear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import model_validator

from ..data.checks import Record, Within, refuse

Pattern = Literal["one-way", "back-and-forth", "cross", "star"]

MOST_STRETCH = 0.3  # beyond it collagen carries the skin and no source says how stiff it is
MOST_USES = 200
MOST_PASSES = 200
DRAG_SPEEDS = 0.5, 300.0

# Direction of each pass, repeated in turn [deg]. A star of four is what manuals draw: vertical, horizontal, diagonals.
DIRECTIONS_DEG: dict[Pattern, tuple[float, ...]] = {
    "one-way": (0.0,),
    "back-and-forth": (0.0, 180.0),
    "cross": (0.0, 90.0),
    "star": (0.0, 90.0, 45.0, 135.0),
}


@dataclass(frozen=True)
class Said:
    """What a field of the technique is, in words: for options, axes and tables of inputs.

    Parameters
    ----------
    words : str — one sentence [-]
    kinds : tuple of str — kinds of device that it is for; empty for all [-]
    by_device : bool — where it is not told, the device decides, and the default is a roller's [-]

    """

    words: str
    kinds: tuple[str, ...] = ()
    by_device: bool = False


ROLLED, DRIVEN, PUT_DOWN = ("needle", "disc"), ("pen",), ("stamp",)
WAY = ("passes", "pattern", "lift", "overlap", "spacing_mm", "stamps_per_s")  # where contacts are, not how deep they go


class Technique(Record):
    """What the hand does.

    Fields that only some kinds of device have are left at their default with the others. None stands for what the
    device says, or, where nobody has told it, for the middle of a band (`data/handling.csv`). Passes that were not told
    are as usual with the device (`coverage/motions.py`), 16 with a roller; `Technique(passes=16)` holds for every one.

    One pass covers the whole region once in one direction, by strokes side by side, each along a lane. With `lift` the
    roller is taken off the skin after each stroke and put down anew, as in what most sources call a pass. Without it,
    each stroke out is followed at once by the stroke back along the same lane: passes 1 and 2, 3 and 4, ... are pairs,
    and the second of a pair meets the holes of the first.

    Parameters
    ----------
    passes : int — number of passes, 1 to 200; not told: as usual with the device [-]
    pattern : str — 'one-way', 'back-and-forth', 'cross' or 'star': directions taken in turn [-]
    lift : bool — the roller leaves the skin after each stroke; without, every second pass goes back over its lanes [-]
    load_n : float — force of the hand on the skin, 0 to 50 [N]
    overlap : float — share of a lane's width that the next lane covers again, 0 to 0.9 [-]
    slip : float — share of the travel on which the drum slides instead of rolling, 0 to 0.9 [-]
    speed_mm_s : float — rolling speed, 1 to 1000 [mm/s]
    stretch : float — how far the other hand stretches the skin, lengthening over length, 0 to 0.3 [-]
    uses : int — treatments that the roller has done before, 0 to 200 [-]
    protrusion_mm : float or None — how far a pen's needles stand out, 0.02 to 5; None: as the device is set [mm]
    frequency_hz : float or None — strokes of a pen's motor in a second, 0.1 to 500; None: the device's [Hz]
    drag_speed_mm_s : float or None — of a pen over the skin, 0.5 to 300; None: nobody has told it [mm/s]
    spacing_mm : float or None — from one stroke of a pen to the next, 0.1 to 100; None: its swath, less overlap [mm]
    stamps_per_s : float or None — times that a stamp is put down in a second, 0.01 to 50; None: not told [1/s]

    """

    passes: Annotated[
        int, Within(1, MOST_PASSES), Said("Passes, each covering the whole region once.", by_device=True)
    ] = 16
    pattern: Annotated[Pattern, Said("one-way, back-and-forth, cross or star.")] = "star"
    lift: Annotated[
        bool, Said("Take the roller off the skin after each stroke; without, it comes back over its lanes.")
    ] = True
    load_n: Annotated[float, Within(0, 50, "N"), Said("Force of the hand in N.")] = 3.0
    overlap: Annotated[float, Within(0, 0.9), Said("Share of a lane that the next covers again.")] = 0.0
    slip: Annotated[float, Within(0, 0.9), Said("Share of the travel that the drum slides.", ROLLED)] = 0.0
    speed_mm_s: Annotated[float, Within(1, 1000, "mm/s"), Said("Rolling speed in mm/s.", ROLLED)] = 50.0
    stretch: Annotated[float, Within(0, MOST_STRETCH), Said("Stretch of the skin, lengthening over length.")] = 0.0
    uses: Annotated[int, Within(0, MOST_USES), Said("Treatments that the roller has done before.")] = 0
    protrusion_mm: Annotated[
        Annotated[float, Within(0.02, 5, "mm")] | None, Said("How far a pen's needles stand out, in mm.", DRIVEN)
    ] = None
    frequency_hz: Annotated[
        Annotated[float, Within(0.1, 500, "Hz")] | None, Said("Strokes of a pen's motor in a second.", DRIVEN)
    ] = None
    drag_speed_mm_s: Annotated[
        Annotated[float, Within(*DRAG_SPEEDS, "mm/s")] | None, Said("Speed of a pen over the skin in mm/s.", DRIVEN)
    ] = None
    spacing_mm: Annotated[
        Annotated[float, Within(0.1, 100, "mm")] | None, Said("From one stroke of a pen to the next, in mm.", DRIVEN)
    ] = None
    stamps_per_s: Annotated[
        Annotated[float, Within(0.01, 50, "1/s")] | None, Said("Times that a stamp is put down in a second.", PUT_DOWN)
    ] = None

    @model_validator(mode="after")
    def _can_be_rolled(self) -> Technique:
        if self.pattern == "one-way" and not self.lift:
            raise refuse("lift", self.lift, "True with pattern 'one-way'; without a lift use 'back-and-forth'")
        if self.spacing_mm is not None and self.overlap:
            raise refuse("spacing_mm", self.spacing_mm, "none beside overlap, which says the same")
        return self

    def fits(self, kind: str) -> Technique:
        """Return this technique if a kind of device has all that it says.

        Parameters
        ----------
        kind : str — of the device [-]

        Raises
        ------
        InputError
            One line for a field that this kind does not have.

        """
        for entry in technique_inputs():
            value = getattr(self, entry.name)
            if value != entry.usual and entry.kinds and kind not in entry.kinds:
                others = [other.name for other in technique_inputs() if other.kinds and kind in other.kinds]
                whose = " or ".join(dict.fromkeys(WORDS_OF[other] for other in entry.kinds))
                raise refuse(
                    entry.name, value, f"none for {WORDS_OF[kind]}: it is for {whose}; this has {', '.join(others)}"
                )
        return self

    def fits_some(self, kinds: Sequence[str]) -> None:
        """Refuse what none of several devices side by side has.

        Parameters
        ----------
        kinds : sequence of str — of the devices [-]

        Raises
        ------
        InputError
            One line for a field that none of these kinds has.

        """
        for one in technique_inputs():
            if getattr(self, one.name) != one.usual and one.kinds and not {*kinds} & {*one.kinds}:
                self.fits(kinds[0])

    def said(self, kind: str) -> dict[str, Any]:
        """Return what a kind of device has of it, by name.

        Parameters
        ----------
        kind : str — of the device [-]

        """
        return {one.name: getattr(self, one.name) for one in technique_inputs() if not one.kinds or kind in one.kinds}

    def for_kind(self, kind: str) -> Technique:
        """Return this technique without what a kind of device does not have: for devices side by side.

        Parameters
        ----------
        kind : str — of the device [-]

        """
        other = {one.name for one in technique_inputs() if one.kinds and kind not in one.kinds}
        return Technique.model_validate(self.model_dump(exclude_unset=True, exclude=other))

    def pressed(self) -> Technique:
        """Return this technique with its way over the skin put back to what is usual: what one needle feels of it."""
        usual = {one.name: one.usual for one in technique_inputs() if one.name in WAY}
        return self.model_copy(update=usual)

    @property
    def taut_thickness_share(self) -> float:
        """Thickness of the skin under the needles over that of slack skin [-].

        Skin keeps its volume, and the skin around a stretched field holds its width: what it gains in length it loses
        in thickness.
        """
        return 1 / (1 + self.stretch)


class Input(NamedTuple):
    """A field of the technique as options, axes and pages show it.

    Parameters
    ----------
    name : str — of the field, unit included [-]
    kind : type — int, float, bool or str [-]
    unit : str — empty for pure numbers and words [-]
    words : str — one sentence [-]
    usual : object — its default; None for what the device says, or nobody has told [as the field]
    kinds : tuple of str — kinds of device that it is for; empty for all [-]
    by_device : bool — where it is not told, the device decides, and `usual` is a roller's [-]

    """

    name: str
    kind: type
    unit: str
    words: str
    usual: Any
    kinds: tuple[str, ...] = ()
    by_device: bool = False

    @property
    def option(self) -> str:
        """Name of its option: without the unit [-]."""
        ending = "_" + self.unit.lower().replace("/", "_")
        return self.name.removesuffix(ending if self.unit else "").replace("_", "-")

    @property
    def written(self) -> str:
        """The option as the command line declares it: a switch can be turned off too [-]."""
        return f"--{self.option}/--no-{self.option}" if self.kind is bool else f"--{self.option}"


WORDS_OF = {"needle": "a roller", "disc": "a roller", "pen": "a pen", "stamp": "a stamp"}
KINDS: dict[str, type] = {kind.__name__: kind for kind in (int, float, bool)}


@cache
def technique_inputs() -> tuple[Input, ...]:
    """Return the fields of the technique, in the order of the record."""
    found = []
    for name, field in Technique.model_fields.items():
        # A field that may be left open is None or an annotated number.
        annotation, *parts = next((get_args(part) for part in get_args(field.annotation) if get_args(part)), (None,))
        kind = KINDS.get(str(getattr(annotation or field.annotation, "__name__", "")), str)
        unit = next((part.unit for part in (*field.metadata, *parts) if isinstance(part, Within)), "")
        said = next(part for part in field.metadata if isinstance(part, Said))
        found.append(Input(name, kind, unit, said.words, field.default, said.kinds, said.by_device))
    return tuple(found)


def checked_technique(technique: object) -> Technique:
    """Return a technique, the default one for None.

    Parameters
    ----------
    technique : object — what came where a `Technique` is wanted [-]

    """
    if technique is None:
        return Technique()
    if not isinstance(technique, Technique):
        raise refuse("technique", technique, "a Technique, such as Technique(passes=16, load_n=3.0), or None")
    return technique
