"""What nobody knows of each figure of a treatment: its band over the members of the ensemble.

Every member gets the figures of a treatment in closed form: contacts per area, the depths at some bits of skin, and
the coverage that independent passes give on average. What a member says over what the constants as shipped say, worked
out the same way, is carried to the figure that the treatment found. In: depths of members. Out: low and high of each.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ...data.constants import handling
from ...geometry.arrays import Array, floats
from ...geometry.skin import interfaces_um
from ..insertion.ensemble import BAND, MemberDepths
from ..technique import Technique
from .areas import untouched_share
from .motions import Motion, middle_pace, motion_of, pace_band
from .passes import strokes_out

LAYER_NODES = 4
SILVER = 2**0.5 - 1  # steps of another irrational, out of step with those of the pace
GOLDEN = (5**0.5 - 1) / 2
AT_MOST_ONE = (
    "coverage",
    "expected_coverage",
    "residual_coverage",
    "layer_volume_fraction",
    "punctured_fraction",
    "drum_load_share",
)


def figures_of_members(depths: MemberDepths, technique: Technique, depths_um: ArrayLike) -> dict[str, Array]:
    """Return the figures of a treatment for each member, in closed form.

    Parameters
    ----------
    depths : MemberDepths — of M members [um]
    technique : Technique — passes, overlap, slip [-]
    depths_um : (Z,) float array — depths of the table [um]

    Returns
    -------
    dict of (M, ...) float array — by the names of the result's variables, their dimensions after that of members

    """
    z, pace = floats(depths_um), _paces(depths, technique)
    motion = motion_of(depths.roller, technique, depths.axle_height_mm, pace)
    lane = motion.lane_density_per_mm2 * np.ones_like(depths.axle_height_mm)
    # Strokes back in the holes of the stroke out make none.
    out = strokes_out(technique) if motion.apart else np.arange(technique.passes)
    strokes = np.searchsorted(out, np.arange(technique.passes), side="right")
    per_mm2 = (lane / (1 - technique.overlap))[:, None] * strokes
    share, weights, peak, left = depths.opened_share, depths.weights, depths.peak_depth_um, depths.residual_depth_um
    deep = (peak[..., None] >= z) & depths.opened[..., None]
    tops = interfaces_um(depths.thickness_um)[:, :-1]
    in_layer = (peak[..., None] > tops) & depths.opened[..., None]

    def covered(radius_mm: Array) -> Array:
        """Share of the area inside channels after each pass, from radii (M, C, ...); (M, P, ...)."""
        opened = depths.opened.reshape(depths.opened.shape + (1,) * (radius_mm.ndim - 2))
        area = np.einsum("mc...,c->m...", np.pi * radius_mm**2 * opened, weights)
        within = lane.reshape((-1,) + (1,) * (area.ndim - 1)) * area
        one_lane = np.minimum(within, 1.0) if motion.apart else 1 - np.exp(-within)
        untouched = untouched_share(one_lane, technique.overlap)[:, None]
        return floats(1 - untouched ** strokes.reshape((-1,) + (1,) * (area.ndim - 1)))

    at_peak = covered(depths.radius_mm((peak[..., None] - z) / 1000))
    narrower = depths.residual_width_share[:, None, None]
    spring = np.divide(peak, left, out=np.ones_like(peak), where=left > 0)[..., None]
    at_rest = covered(narrower * depths.radius_mm((peak[..., None] - z * spring) / 1000))
    nodes, node_weights = np.polynomial.legendre.leggauss(LAYER_NODES)
    cuts = tops[..., None] + depths.thickness_um[..., None] * (nodes + 1) / 2
    in_layers = covered(depths.radius_mm((peak[..., None, None] - cuts) / 1000)) @ (node_weights / 2)
    wide = 2000 * depths.radius_mm(peak / 1000)
    paced = {}
    if pace is not None:
        minutes = motion.minutes(1.0, technique.passes)
        paced = {"minutes_per_300_cm2": minutes, "minutes_for_region": minutes, "drag_um": 1000 * motion.drag_mm}
        paced |= {"contacts_per_cm2": 100 * per_mm2}
    along_um = np.broadcast_to(1000 * motion.drag_mm, depths.axle_height_mm.shape)[:, None]
    ellipse = np.broadcast_to(1 / np.cos(motion.entry_angle_rad) - 1, depths.axle_height_mm.shape)[:, None]
    follows_um = depths.follows_um / _sideways(motion, depths)[:, None]
    torn = np.maximum(along_um - follows_um, 0.0) + ellipse * wide
    return paced | {
        "skin_follows_um": depths.mean_over_channels(follows_um),
        "striation_um": _statistics(torn, depths),
        "axle_height_mm": depths.axle_height_mm,
        "drum_load_share": depths.drum_load_share,
        "engaged_needles": depths.engaged_needles,
        "punctured_fraction": share,
        "peak_depth_um": _statistics(peak, depths),
        "residual_depth_um": _statistics(left, depths),
        "surface_diameter_um": _statistics(wide, depths),
        "density_per_cm2": 100 * per_mm2 * share[:, None],
        "density_at_depth_per_cm2": 100 * per_mm2[:, :, None] * np.einsum("mcz,c->mz", deep, weights)[:, None],
        "layer_density_per_cm2": 100 * per_mm2[:, None] * np.einsum("mcl,c->ml", in_layer, weights)[:, :, None],
        "coverage": at_peak,
        "expected_coverage": at_peak,
        "residual_coverage": at_rest,
        "layer_volume_fraction": np.swapaxes(in_layers, 1, 2),
    }


def _paces(depths: MemberDepths, technique: Technique) -> Array | None:
    """How fast a hand goes by each member, evenly over the logarithm of its band; the middle for the shipped model.

    Members stand in the order of their depth: steps of the golden ratio keep the paces out of step with it.
    """
    band, count = pace_band(depths.roller, technique), depths.axle_height_mm.size
    if band is None or count == 1:
        return None if band is None else floats([middle_pace(depths.roller)])
    low, high = band
    return floats(low * (high / low) ** np.mod(0.5 + GOLDEN * np.arange(count), 1.0))


def _sideways(motion: Motion, depths: MemberDepths) -> Array:
    """How much stiffer than a dimple skin is when a straight needle is drawn along it, by each member; (M,)."""
    known, count = handling()["sideways_stiffness"], depths.axle_height_mm.size
    if motion.apart or count == 1:
        return np.full(count, 1.0 if motion.apart else known.value)
    assert known.low is not None
    assert known.high is not None
    return floats(known.low * (known.high / known.low) ** np.mod(0.5 + SILVER * np.arange(count), 1.0))


def uncertainty_of(
    values: Mapping[str, Array], members: Mapping[str, Array], shipped: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the band of what nobody knows around the figures of a treatment.

    Where the constants as shipped give a figure, members are set over it and that ratio is carried to the treatment's;
    where they give none (no channel at this depth), the members' own figures are the band.

    Parameters
    ----------
    values : mapping of float array — figures that the treatment found, by name [their units]
    members : mapping of (M, ...) float array — from `figures_of_members` [their units]
    shipped : mapping of (1, ...) float array — the same for the constants as shipped [their units]

    Returns
    -------
    dict of (2, ...) float array — low and high of every figure that the ensemble speaks of [their units]

    """
    carried = {name: _carried(values[name], members[name], shipped[name][0]) for name in members.keys() & values.keys()}
    # What gets to a layer has gone through all above it, member by member, and is one of the channels made.
    if "layer_density_per_cm2" in carried:
        carried["layer_density_per_cm2"] = np.minimum.accumulate(carried["layer_density_per_cm2"], axis=1)
    if {"density_at_depth_per_cm2", "density_per_cm2"} <= carried.keys():
        made = carried["density_per_cm2"][..., None]
        carried["density_at_depth_per_cm2"] = np.minimum(carried["density_at_depth_per_cm2"], made)
    bands = {name: np.quantile(every, BAND, axis=0) for name, every in carried.items()}
    return {name: np.minimum(band, 1.0) if name in AT_MOST_ONE else band for name, band in bands.items()}


def _carried(found: Array, every: Array, one: Array) -> Array:
    """Members' figures over that of the constants as shipped, times what the treatment found."""
    known = (one > 0) & np.nan_to_num(floats(found) > 0)
    factor = np.divide(found, one, out=np.ones_like(one), where=known)
    return floats(every * np.nan_to_num(factor))


def _statistics(values: Array, depths: MemberDepths) -> Array:
    """Mean, standard deviation, 5, 50 and 95 % over a member's channels; (M, 5)."""
    mean = depths.mean_over_channels(values)
    spread = np.sqrt(np.maximum(depths.mean_over_channels((values - mean[:, None]) ** 2), 0.0))
    order = np.argsort(np.where(depths.opened, values, np.inf), axis=1)
    reached = np.cumsum(np.take_along_axis(depths.opened * depths.weights, order, axis=1), axis=1)
    sorted_values = np.take_along_axis(np.where(depths.opened, values, 0.0), order, axis=1)
    last = values.shape[1] - 1
    found = [mean, spread]
    for share in (0.05, 0.5, 0.95):
        at = np.minimum((reached < share * reached[:, -1:]).sum(axis=1), last)
        found.append(np.take_along_axis(sorted_values, at[:, None], axis=1)[:, 0])
    return np.stack(found, axis=1)
