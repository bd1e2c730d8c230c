"""What is shown of a treatment: passes, a cutting depth, parts left out, where the roller stands. No window needed.

In: the strokes of a treatment. Out: a frozen `View`, and for it the number of channels shown and the roller's place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ...geometry.arrays import Array, Ints, floats
from ...roller.treatment.drum_path import Strokes

STEP_MM = 0.8  # of the axle between two pictures of an animation
MOST_STEPS = 240  # of one pass


@dataclass(frozen=True)
class View:
    """What is shown.

    Parameters
    ----------
    passes : int — channels of this many passes [-]
    at : (int, float) or None — stroke and place of the axle while the roller rolls; channels ahead of it are not yet
        there; None: the roller stands on a landing of the last pass shown [mm]
    stands : (int, float) or None — stroke and place of the axle where the roller stands with all channels there; None:
        on a landing of the last pass shown [mm]
    cut_um : float — everything above this depth is taken away [um]
    residual : bool — what stays open, instead of the channel while the needle is in [-]
    hidden : frozenset of str — layers left out, and 'roller', 'channels' [-]

    """

    passes: int
    at: tuple[int, float] | None = None
    stands: tuple[int, float] | None = None
    cut_um: float = 0.0
    residual: bool = False
    hidden: frozenset[str] = frozenset()

    def toggled(self, name: str) -> View:
        """Return the view with a part shown that was hidden, or hidden that was shown.

        Parameters
        ----------
        name : str — a layer, 'roller' or 'channels' [-]

        """
        return replace(self, hidden=self.hidden ^ {name})


def in_order(made: Strokes, chosen: Ints) -> Ints:
    """Return some channels in the order in which the roller made them.

    Parameters
    ----------
    made : Strokes — of the treatment [-]
    chosen : (m,) int — indices of channels [-]

    """
    order: Ints = chosen[np.lexsort((made.opened_at_mm[chosen], made.of_channel[chosen]))]
    return order


def shown_count(made: Strokes, order: Ints, view: View) -> int:
    """Return how many of the ordered channels are there.

    Parameters
    ----------
    made : Strokes — of the treatment [-]
    order : (m,) int — channels, from `in_order` [-]
    view : View — what is shown [-]

    """
    stroke_of = made.of_channel[order]
    if view.at is None:
        return int(np.searchsorted(made.pass_number[stroke_of], view.passes, side="right"))
    stroke, along = view.at
    first, end = np.searchsorted(stroke_of, [stroke, stroke + 1])
    return int(first + np.searchsorted(made.opened_at_mm[order[first:end]], along, side="right"))


def landing(made: Strokes, passes: int, near_mm: ArrayLike) -> int | None:
    """Return the channel of a pass whose needle is lowest with the axle closest to a point; None if it has no channel.

    Parameters
    ----------
    made : Strokes — of the treatment [-]
    passes : int — pass, 1 first [-]
    near_mm : (2,) float array — the point [mm]

    """
    landed = np.flatnonzero(made.pass_number[made.of_channel] == passes)
    if not landed.size:
        return None
    place = axle_place(made, made.of_channel[landed], made.opened_at_mm[landed])
    return int(landed[np.argmin(np.hypot(*(place - floats(near_mm)).T))])


def axle_place(made: Strokes, stroke: Ints, along_mm: Array) -> Array:
    """Return where the middle of the axle is over the skin, (n, 2).

    Parameters
    ----------
    made : Strokes — of the treatment [-]
    stroke : (n,) int — which strokes [-]
    along_mm : (n,) float — place of the axle along their direction [mm]

    """
    cos, sin = np.cos(made.direction_rad[stroke]), np.sin(made.direction_rad[stroke])
    across = made.across_mm[stroke]
    return np.stack([along_mm * cos - across * sin, along_mm * sin + across * cos], axis=1)


def rolling(made: Strokes, passes: int, most: int = MOST_STEPS) -> list[tuple[int, float]]:
    """Return the places of the roller while it makes one pass, lane after lane, in even steps.

    Parameters
    ----------
    made : Strokes — of the treatment [-]
    passes : int — which pass, 1 first [-]
    most : int — pictures of the pass, about [-]

    """
    chosen = np.flatnonzero(made.pass_number == passes)
    lengths = (made.to_mm - made.from_mm)[chosen]
    if not chosen.size:
        return []
    step = max(STEP_MM, float(lengths.sum()) / most)
    return [
        (int(stroke), float(along))
        for stroke, length in zip(chosen, lengths, strict=True)
        for along in np.linspace(made.from_mm[stroke], made.to_mm[stroke], max(2, int(np.ceil(length / step)) + 1))
    ]
