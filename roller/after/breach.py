"""A breach that heals from its size: the holes of a session and the clocks that close them, by every member.

A channel no wider than the closing width seals at once. Any other stays a hole until the epithelium has crossed it,
half of its width at the speed of its edge after a lag. In the open, most of its leak dries shut by halves before that;
the rest, and under a film all of it, waits until the new epithelium has matured. Holes count as closed once hardly one
a cm2 is left, the barrier as back once so little leaks that water loss does not show it: either may come first.

In: channels, age, skin colour, occlusion, members. Out: a `Breach`, its open area and leak at any time, and its hours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from ...data.checks import refuse
from ...data.constants import after, closure_colours
from ...data.thickness import SkinColour
from ...geometry.arrays import Array, floats
from ...geometry.halving import halved
from .made import CORNEUM_BOTTOM, JUNCTION, MadeChannels
from .outcome_ensemble import OutcomeMembers, outcome_members

OLDEST_YEARS = 120.0
SIZES = 8  # groups of channels of like width: enough for the course of thousands
SHORTEST_H, LONGEST_H, HALVINGS = 1e-3, 1e4, 27  # of the search for a time, in its logarithm: good to 1e-7
HALF = 0.5
UM2_PER_CM2 = 1e8
COLOURS = tuple(colour for colour in get_args(SkinColour) if colour != "any")

Method = Literal["water loss", "impedance"]


def ageing_factor(age_years: float | None, members: OutcomeMembers | None = None) -> Array:
    """Return by how much closure is slower than in the young group of Kelchen 2016.

    Parameters
    ----------
    age_years : float or None — age; None for that of the measured groups [years]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (M,) float — 1 up to the reference age [-]

    """
    group = members or outcome_members()
    if age_years is None:
        return np.ones(group.count)
    if not 0 <= age_years <= OLDEST_YEARS:
        raise refuse("age_years", age_years, f"between 0 and {OLDEST_YEARS:g} years")
    return floats(1 + group.ageing_per_year * max(age_years - after()["ageing_reference"].value, 0.0))


def colour_factor(skin_colour: str | None) -> float:
    """Return by how much closure is slower than on average over the people of Ogunjimi 2020.

    Parameters
    ----------
    skin_colour : str or None — light, medium or dark; None or 'any' for all people together [-]

    """
    if skin_colour in (None, "any"):
        return 1.0
    table = closure_colours()
    if skin_colour not in COLOURS:
        raise refuse("skin_colour", skin_colour, f"one of {', '.join(COLOURS)}")
    some = [row for row in table if row.skin_colour == skin_colour]
    mean, of_colour = (
        np.average([row.lifetime_h for row in rows], weights=[row.people for row in rows]) for rows in (table, some)
    )
    return float(of_colour / mean)


def crossing_hours(diameter_um: ArrayLike, members: OutcomeMembers | None = None) -> Array:
    """Return the hours until the epithelium has crossed half of the holes of a width.

    Parameters
    ----------
    diameter_um : (n,) float array — of the hole, through the whole epidermis [um]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (M, n) float — in the open, young skin [h]

    """
    group = members or outcome_members()
    half_width = np.atleast_1d(floats(diameter_um)) / 2
    return floats(group.crossing_lag[:, None] + half_width / group.crossing_speed[:, None])


class Sizes(NamedTuple):
    """Groups of channels of like width, each (K,)."""

    width: Array  # at the surface [um]
    passed: Array  # share of the living epidermis that lies above the channels' end
    weight: Array  # share of all channels


def _sizes(made: MadeChannels) -> Sizes:
    if not made.opened:
        nothing = np.zeros(1)
        return Sizes(nothing, nothing, nothing)
    edges = made.edges_um
    corneum = edges[:, CORNEUM_BOTTOM]
    epidermis = np.maximum(edges[:, JUNCTION] - corneum, np.finfo(np.float64).tiny)
    passed = np.clip((made.peak_depth_um - corneum) / epidermis, 0.0, 1.0)
    order = np.argsort(made.surface_diameter_um, kind="stable")
    starts = np.unique(np.linspace(0, order.size, min(SIZES, order.size) + 1).astype(np.int64)[:-1])
    count = np.diff(np.append(starts, order.size))

    def mean(values: Array) -> Array:
        return floats(np.add.reduceat(values[order], starts) / count)

    # Root of the mean square, so that groups keep the open area of their channels.
    width = np.sqrt(mean(made.surface_diameter_um**2))
    return Sizes(width, mean(passed), floats(count / order.size))


def _when(curve: Callable[[Array], Array], level: Array) -> Array:
    """First time at which a falling curve is down to a level, for each member; 0 where it starts there."""
    low, high = np.full(level.size, np.log(SHORTEST_H)), np.full(level.size, np.log(LONGEST_H))
    _, high = halved(low, high, lambda middle: ~(curve(np.exp(middle)) > level), HALVINGS)
    return floats(np.where(curve(np.zeros(level.size)) > level, np.exp(high), 0.0))


def _watched(hours: Array) -> Array:
    """Hours, those past the longest that anyone has watched cut to that."""
    return floats(np.minimum(hours, after()["closure_limit"].value))


@dataclass(frozen=True)
class Breach:
    """A breach as every member sees it: K groups of channels, and the clocks that close them.

    Parameters
    ----------
    density_per_cm2 : float — channels per area [1/cm2]
    weight : (K,) float — share of all channels in each group [-]
    area : (M, K) float — open after recoil, over all channels [um2]
    leaking : (M, K) float — of that what leaks, a pore's ends counted [um2]
    crossing : (M, K) float — until the epithelium has crossed half of the holes [h]
    maturing : (M, K) float — until half of the new epithelium keeps water in [h]
    slow : (M,) float — share of the leak that does not dry shut [-]
    drying : (M,) float — half-life of the share that does [h]
    members : OutcomeMembers — M sets of constants [as its fields]

    """

    density_per_cm2: float
    weight: Array
    area: Array
    leaking: Array
    crossing: Array
    maturing: Array
    slow: Array
    drying: Array
    members: OutcomeMembers

    def uncrossed(self, t: Array) -> Array:
        """Return the share of holes of each group that the epithelium has not crossed, (M, K).

        Parameters
        ----------
        t : (M,) float — a time of each member [h]

        """
        return _later(t, self.crossing, self.members.crossing_spread)

    def open_area(self, t: Array) -> Array:
        """Return the open area, (M,) [um2].

        Parameters
        ----------
        t : (M,) float — a time of each member [h]

        """
        return floats((self.area * self.uncrossed(t)).sum(axis=1))

    def leak(self, t: Array) -> Array:
        """Return the area that leaks, (M,) [um2].

        Parameters
        ----------
        t : (M,) float — a time of each member [h]

        """
        unripe = (self.leaking * _later(t, self.maturing, self.members.leak_spread)).sum(axis=1)
        wet = (self.leaking * self.uncrossed(t)).sum(axis=1)
        return floats(self.slow * unripe + (1 - self.slow) * np.exp2(-t / self.drying) * wet)

    def holes(self, t: Array) -> Array:
        """Return the open holes per area, (M,) [1/cm2].

        Parameters
        ----------
        t : (M,) float — a time of each member [h]

        """
        return floats(self.density_per_cm2 * (self.weight * (self.area > 0) * self.uncrossed(t)).sum(axis=1))

    def half_life_h(self) -> Array:
        """Return the hours until half of the open area is left, (M,)."""
        return _when(self.open_area, HALF * self.open_area(np.zeros(self.slow.size)))

    def barrier_half_life_h(self) -> Array:
        """Return the hours until half of the leak is left, (M,)."""
        return _when(self.leak, HALF * self.leak(np.zeros(self.slow.size)))

    def closed_h(self) -> Array:
        """Return the hours until holes count as closed, (M,)."""
        number, k = self.holes(np.zeros(self.slow.size)), after()
        return _watched(_when(self.holes, np.minimum(k["holes_left"].value, k["back_share"].value * number)))

    def barrier_back_h(self, method: Method = "water loss") -> Array:
        """Return the hours until the barrier counts as back, (M,).

        Parameters
        ----------
        method : 'water loss' or 'impedance' — what looks [-]

        """
        seen = self.members.leak_seen_impedance if method == "impedance" else self.members.leak_seen
        if not self.density_per_cm2:
            return np.zeros(self.slow.size)
        return _watched(_when(self.leak, seen * UM2_PER_CM2 / self.density_per_cm2))


def breach_of(
    made: MadeChannels,
    *,
    age_years: float | None = None,
    occluded: bool = False,
    skin_colour: str | None = None,
    rat: bool = False,
    members: OutcomeMembers | None = None,
) -> Breach:
    """Return the breach that channels leave.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    age_years : float or None — age; None for that of the measured groups [years]
    occluded : bool — under a film or a wet dressing instead of open to the air [-]
    skin_colour : str or None — light, medium or dark; None or 'any' for all people together [-]
    rat : bool — skin of the hairless rat [-]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    """
    group = members or outcome_members()
    clock = ageing_factor(age_years, group) * colour_factor(skin_colour) * (group.rat_factor if rat else 1.0)
    sizes = _sizes(made)
    # What stays open after recoil, and nothing where the channel ends in the stratum corneum.
    area = np.pi / 4 * np.maximum(sizes.width**2 - group.closing_width[:, None] ** 2, 0.0)
    area *= (sizes.passed > 0) * sizes.weight
    slowed = clock * (group.wet_factor if occluded else 1.0)
    crossing = np.maximum(crossing_hours(sizes.width, group) * sizes.passed * slowed[:, None], SHORTEST_H)
    return Breach(
        density_per_cm2=made.density_per_cm2,
        weight=sizes.weight,
        area=area,
        # A pore leaks less than its area: water also has to converge on its two ends.
        leaking=area / (1 + np.pi / 4 * sizes.width / after()["pore_length"].value),
        crossing=crossing,
        maturing=crossing * group.maturing_factor[:, None],
        slow=np.ones(group.count) if occluded else group.slow_share,
        drying=group.drying_half_life * clock,
        members=group,
    )


def _later(t: Array, middle: Array, spread: Array) -> Array:
    """Share of times, log-normal around (M, K) middles, that lie after a time of each member, (M, K)."""
    late = np.log(np.maximum(t, np.finfo(np.float64).tiny))[:, None] - np.log(middle)
    return floats(ndtr(-late / spread[:, None]))
