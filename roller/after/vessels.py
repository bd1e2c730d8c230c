"""Vessels that channels meet, and the blood that comes to the surface.

Capillary loops are points strewn over the skin, each from the dermo-epidermal junction down; the superficial plexus is
a web of lines below the papillary dermis, the deep plexus one at the dermis' bottom. A channel of half-width r(z) meets
on average lambda pi (r + a)^2 points and 2 L (r + a) lines (vessels of half-width a, Poisson fields), and at least one
with 1 - exp(-mean). That is what histology sees. Blood is seen only where the channel is too wide to seal at once, and
where enough of them lie on a cm2.

In: channels, members. Out: arrays over members.
"""

from __future__ import annotations

import numpy as np

from ...data.constants import after
from ...geometry.arrays import Array, Ints, floats
from .made import DERMIS_BOTTOM, JUNCTION, PAPILLARY_BOTTOM, MadeChannels, radius_um
from .outcome_ensemble import OutcomeMembers, outcome_members

BLEEDING = ("none", "pinpoint", "moderate", "marked")
LOOPS, SUPERFICIAL, DEEP = range(3)
UM_PER_MM = 1000.0


def vessels_crossed(made: MadeChannels, members: OutcomeMembers | None = None) -> Array:
    """Return how many vessels each channel meets on average: loops, superficial plexus, deep plexus.

    Parameters
    ----------
    made : MadeChannels — n of them [um]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (3, M, n) float — grows with depth and width [-]

    """
    group, k, edges = members or outcome_members(), after(), made.edges_um
    bottom = edges[:, DERMIS_BOTTOM]
    plexus = np.minimum(edges[:, PAPILLARY_BOTTOM] + group.plexus_offset[:, None], bottom)

    def within_mm(depth_um: Array, half_width: str) -> Array:
        """How near a vessel's axis must be to a channel's at that depth, zero below the channel's end."""
        near = radius_um(made, depth_um) + k[half_width].value
        return floats(np.where(made.peak_depth_um > depth_um, near, 0.0) / UM_PER_MM)

    loops = np.pi * within_mm(edges[:, JUNCTION], "loop_half_width") ** 2
    return np.stack(
        [
            group.loop_density[:, None] * loops,
            2 * group.plexus_density[:, None] * within_mm(plexus, "plexus_half_width"),
            2 * group.deep_plexus_density[:, None] * within_mm(bottom, "deep_plexus_half_width"),
        ]
    )


def channels_that_meet_vessels(made: MadeChannels, members: OutcomeMembers | None = None) -> Array:
    """Return the channels per cm2 that meet at least one loop, one vessel of the superficial and of the deep plexus.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (3, M) float — zero where nothing opened [1/cm2]

    """
    group = members or outcome_members()
    if not made.opened:
        return np.zeros((3, group.count))
    met = -np.expm1(-vessels_crossed(made, group))
    return floats(made.density_per_cm2 * met.mean(axis=2))


def bleeding_points(made: MadeChannels, members: OutcomeMembers | None = None) -> Array:
    """Return the vessels per cm2 whose blood comes out: of loops and superficial plexus, and of the deep plexus.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (2, M) float — zero where nothing opened [1/cm2]

    """
    group = members or outcome_members()
    if not made.opened:
        return np.zeros((2, group.count))
    return floats(made.density_per_cm2 * bleeding_points_of_each(made, group).mean(axis=2))


def bleeding_points_of_each(made: MadeChannels, members: OutcomeMembers | None = None) -> Array:
    """Return the vessels whose blood comes out, on average, of each channel.

    Parameters
    ----------
    made : MadeChannels — n of them [um]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (2, M, n) float — of loops and superficial plexus, and of the deep plexus [-]

    """
    group = members or outcome_members()
    loops, superficial, deep = vessels_crossed(made, group)
    stays_open = made.surface_diameter_um > group.bleeding_width[:, None]
    shallow = group.loop_bleeding_share[:, None] * loops + superficial
    return np.stack([stays_open * shallow, stays_open * deep])


def bleeding_ranks(points: Array, members: OutcomeMembers | None = None) -> Ints:
    """Return the place in `BLEEDING` that each member gives.

    Pinpoint from where bleeding points are seen, moderate from where they are uniform, marked where those of the deep
    plexus alone, each counted by its cross-section, would be uniform.

    Parameters
    ----------
    points : (2, M, ...) float — of `bleeding_points` [1/cm2]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (M, ...) int — 0 to 3 [-]

    """
    group = members or outcome_members()
    shape = (-1, *(1,) * (points.ndim - 2))
    seen, uniform = group.points_seen.reshape(shape), group.points_uniform.reshape(shape)
    every, k = points.sum(axis=0), after()
    deep = points[1] * (k["deep_plexus_half_width"].value / k["plexus_half_width"].value) ** 2
    return np.select([deep >= seen * uniform, every >= seen * uniform, every >= seen], [3, 2, 1], 0).astype(np.int64)


def middle_rank(ranks: Ints | Array, share: float = 0.5) -> Ints:
    """Return the class that a share of the members does not exceed, half of them unless told.

    Parameters
    ----------
    ranks : (M, ...) int array — one class of every member [-]
    share : float — of the members, 0 to 1 [-]

    """
    return np.quantile(ranks, share, axis=0, method="inverted_cdf").astype(np.int64)
