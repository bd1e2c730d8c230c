"""The ensemble of what follows the needle: constants that the published rows do not settle, one set a member.

Members are drawn from the ranges that `data/after.csv` declares, weighted by how well each meets the published rows and
resampled to equal weight (scripts/draw_after_members.py); `data/after_members.csv` holds them. Every outcome is worked
out for all members at once, along a leading axis; its central figure is their median, its uncertainty 5 to 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from ...data.constants import after, after_members
from ...geometry.arrays import Array, floats

LOW_SHARE, HIGH_SHARE = 0.05, 0.95


@dataclass(frozen=True)
class OutcomeMembers:
    """Constants of closure, bleeding, redness, swelling and pain, M sets of equal weight.

    Parameters
    ----------
    loop_density : (M,) float — capillary loops per area [1/mm2]
    plexus_density : (M,) float — length of the superficial plexus' vessels per area [mm/mm2]
    plexus_offset : (M,) float — depth of that plexus below the papillary dermis [um]
    deep_plexus_density : (M,) float — length of the deep plexus' vessels per area [mm/mm2]
    bleeding_width : (M,) float — channels up to this width seal before blood comes out [um]
    loop_bleeding_share : (M,) float — opened loops whose blood comes to the surface [-]
    points_seen : (M,) float — bleeding points from which on bleeding is seen [1/cm2]
    points_uniform : (M,) float — the same for uniform over just seen [-]
    redness_scale : (M,) float — T of the law, hours that grow with the wound [h]
    redness_volume : (M,) float — V0 of the law, a small wound [mm3/cm2]
    redness_exponent : (M,) float — q of the law: near 0 a logarithm of the volume, 1 proportion [-]
    swelling_share : (M,) float — hours of swelling over those of the redness of the same wound [-]
    pain_anchor : (M,) float — pain over that of a 26G needle at the anchor [-]
    pain_length_exponent : (M,) float — of the depth [-]
    pain_number_exponent : (M,) float — of the number [-]
    pain_reach : (M,) float — depth over length of the needles that the anchor was measured with [-]
    pain_summation : (M,) float — 0: needles in the skin at once count, 1: all channels of a cm2 [-]
    closing_width : (M,) float — channels up to this width seal at once [um]
    drying_half_life : (M,) float — of the share of a breach that dries shut in the open [h]
    slow_share : (M,) float — share of a breach that has to wait for the epithelium even in the open [-]
    crossing_lag : (M,) float — until the epithelium moves [h]
    crossing_speed : (M,) float — of its edge [um/h]
    crossing_spread : (M,) float — standard deviation of the logarithm of the time it takes [-]
    maturing_factor : (M,) float — until new epithelium keeps water in, over the time it takes to cross [-]
    leak_spread : (M,) float — standard deviation of the logarithm of that [-]
    wet_factor : (M,) float — by how much occlusion slows it [-]
    rat_factor : (M,) float — clocks of the hairless rat over those of man [-]
    leak_seen : (M,) float — open share of the area that water loss just shows [-]
    leak_seen_impedance : (M,) float — the same for impedance [-]
    ageing_per_year : (M,) float — slowing of all clocks of closure past the reference age [1/year]

    """

    loop_density: Array
    plexus_density: Array
    plexus_offset: Array
    deep_plexus_density: Array
    bleeding_width: Array
    loop_bleeding_share: Array
    points_seen: Array
    points_uniform: Array
    redness_scale: Array
    redness_volume: Array
    redness_exponent: Array
    swelling_share: Array
    pain_anchor: Array
    pain_length_exponent: Array
    pain_number_exponent: Array
    pain_reach: Array
    pain_summation: Array
    closing_width: Array
    drying_half_life: Array
    slow_share: Array
    crossing_lag: Array
    crossing_speed: Array
    crossing_spread: Array
    maturing_factor: Array
    leak_spread: Array
    wet_factor: Array
    rat_factor: Array
    leak_seen: Array
    leak_seen_impedance: Array
    ageing_per_year: Array

    @property
    def count(self) -> int:
        """How many members there are [-]."""
        return int(self.loop_density.size)

    def chosen(self, places: Array) -> OutcomeMembers:
        """Return some of the members, in a given order.

        Parameters
        ----------
        places : (K,) int array — their places [-]

        """
        return OutcomeMembers(**{name: getattr(self, name)[places] for name in member_names()})


@cache
def member_names() -> tuple[str, ...]:
    """Return the names of the constants of a member, in order."""
    return tuple(field.name for field in fields(OutcomeMembers))


@cache
def outcome_members() -> OutcomeMembers:
    """Return the members that are shipped."""
    table = after_members()
    return OutcomeMembers(**{name: np.array([row.constants[name] for row in table]) for name in member_names()})


def drawn_members(count: int, seed: int) -> OutcomeMembers:
    """Return members as they are before any row has spoken: evenly from each declared range.

    Even in the logarithm, or in the value itself where the range starts at zero.

    Parameters
    ----------
    count : int — how many [-]
    seed : int — of the generator [-]

    """
    rng = np.random.default_rng(seed)
    found = {}
    for name in member_names():
        row = after()[name]
        low, high = (row.value if limit is None else limit for limit in (row.low, row.high))
        even = rng.random(count)
        found[name] = floats(low * (high / low) ** even if low > 0 else low + (high - low) * even)
    return OutcomeMembers(**found)


def central(values: Array) -> Array:
    """Return the median over members.

    Parameters
    ----------
    values : (M, ...) float array — one outcome of every member [any]

    """
    return floats(np.median(values, axis=0))


def band(values: Array) -> tuple[float, float]:
    """Return 5 and 95 % of a figure over members.

    Parameters
    ----------
    values : (M,) float array — one figure of every member [any]

    """
    low, high = bands(values)
    return float(low), float(high)


def bands(values: Array) -> Array:
    """Return 5 and 95 % of figures over members, (2, ...).

    Parameters
    ----------
    values : (M, ...) float array — one outcome of every member [any]

    """
    return floats(np.quantile(values, [LOW_SHARE, HIGH_SHARE], axis=0))
