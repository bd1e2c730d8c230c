"""How the roller is used: passes, directions, load, overlap, slip, speed, stretch, wear."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from ..data.checks import Record, Within, refuse

Pattern = Literal["one-way", "back-and-forth", "cross", "star"]

MOST_STRETCH = 0.3  # beyond it collagen carries the skin and no source says how stiff it is
MOST_USES = 200

# Direction of each pass, repeated in turn [deg]. A star of four is what manuals draw: vertical, horizontal, diagonals.
DIRECTIONS_DEG: dict[Pattern, tuple[float, ...]] = {
    "one-way": (0.0,),
    "back-and-forth": (0.0, 180.0),
    "cross": (0.0, 90.0),
    "star": (0.0, 90.0, 45.0, 135.0),
}


class Technique(Record):
    """What the hand does.

    One pass covers the whole region once in one direction, by strokes side by side, each along a lane. With `lift` the
    roller is taken off the skin after each stroke and put down anew, as in what most sources call a pass. Without it,
    each stroke out is followed at once by the stroke back along the same lane: passes 1 and 2, 3 and 4, ... are pairs,
    and the second of a pair meets the holes of the first.

    Parameters
    ----------
    passes : int — number of passes, 1 to 200 [-]
    pattern : str — 'one-way', 'back-and-forth', 'cross' or 'star': directions taken in turn [-]
    lift : bool — the roller leaves the skin after each stroke; without, every second pass goes back over its lanes [-]
    load_n : float — force of the hand on the skin, 0 to 50 [N]
    overlap : float — share of a lane's width that the next lane covers again, 0 to 0.9 [-]
    slip : float — share of the travel on which the drum slides instead of rolling, 0 to 0.9 [-]
    speed_mm_s : float — rolling speed, 1 to 1000 [mm/s]
    stretch : float — how far the other hand stretches the skin, lengthening over length, 0 to 0.3 [-]
    uses : int — treatments that the roller has done before, 0 to 200 [-]

    """

    passes: Annotated[int, Within(1, 200)] = 16
    pattern: Pattern = "star"
    lift: bool = True
    load_n: Annotated[float, Within(0, 50, "N")] = 3.0
    overlap: Annotated[float, Within(0, 0.9)] = 0.0
    slip: Annotated[float, Within(0, 0.9)] = 0.0
    speed_mm_s: Annotated[float, Within(1, 1000, "mm/s")] = 50.0
    stretch: Annotated[float, Within(0, MOST_STRETCH)] = 0.0
    uses: Annotated[int, Within(0, MOST_USES)] = 0

    @model_validator(mode="after")
    def _can_be_rolled(self) -> Technique:
        if self.pattern == "one-way" and not self.lift:
            raise refuse("lift", self.lift, "True with pattern 'one-way'; without a lift use 'back-and-forth'")
        return self

    @property
    def taut_thickness_share(self) -> float:
        """Thickness of the skin under the needles over that of slack skin [-].

        Skin keeps its volume, and the skin around a stretched field holds its width: what it gains in length it loses
        in thickness.
        """
        return 1 / (1 + self.stretch)
