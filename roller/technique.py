"""How the roller is used: passes, directions, load, overlap, slip, speed, stretch, wear."""

from __future__ import annotations

from typing import Annotated, Literal

from ..data.checks import Record, Within

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

    One pass covers the whole region once in one direction, by lanes side by side.

    Parameters
    ----------
    passes : int — number of passes, 1 to 200 [-]
    pattern : str — 'one-way', 'back-and-forth', 'cross' or 'star': directions taken in turn [-]
    load_n : float — force of the hand on the skin, 0 to 50 [N]
    overlap : float — share of a lane's width that the next lane covers again, 0 to 0.9 [-]
    slip : float — share of the travel on which the drum slides instead of rolling, 0 to 0.9 [-]
    speed_mm_s : float — rolling speed, 1 to 1000 [mm/s]
    stretch : float — how far the other hand stretches the skin, lengthening over length, 0 to 0.3 [-]
    uses : int — treatments that the roller has done before, 0 to 200 [-]

    """

    passes: Annotated[int, Within(1, 200)] = 16
    pattern: Pattern = "star"
    load_n: Annotated[float, Within(0, 50, "N")] = 3.0
    overlap: Annotated[float, Within(0, 0.9)] = 0.0
    slip: Annotated[float, Within(0, 0.9)] = 0.0
    speed_mm_s: Annotated[float, Within(1, 1000, "mm/s")] = 50.0
    stretch: Annotated[float, Within(0, MOST_STRETCH)] = 0.0
    uses: Annotated[int, Within(0, MOST_USES)] = 0
