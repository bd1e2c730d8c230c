"""A strip of a drum on skin over bone: its force by its dent, stiffer the nearer the bone.

A rigid cylinder on a bonded layer needs a force that hangs on sqrt(2 R d) over the layer's thickness alone
(`data/layer_contact.csv`). At Poisson's ratio 0.5 a very thick layer's force goes to zero, so the table is taken as a
ratio: over what it says for a reference thickness (`data/over_bone.csv`); from there on, and where no depth to bone is
known, the ratio is 1 and the law that of `insertion/drum_dent.py`. In: dents or forces, a row a strip. Out: the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from ...data.constants import layer_contact, over_bone, tissue
from ...geometry.arrays import Array, Ints, floats
from ..insertion.drum_dent import deepest_dent_mm, line_stiffness_n_per_mm
from ..insertion.tissue import TissueModel

HALF_SPACE_SLOPE = 1.5 / np.pi  # 2 (1 - nu^2) / pi at 0.5: what 1 / force loses per e-fold of the reach
LUBRICATED = 3.0  # a layer much thinner than the contact: force / (E d) grows as the cube of the reach
MOST_STEPS = 60
APART = 1e-9  # knots nearer to each other than this are one
CLOSE = 1e-9


class _Curve(NamedTuple):
    """A function of the logarithm of the reach, straight between knots: its values there, and slopes from each on."""

    reach: Array
    value: Array
    slope: Array

    def at(self, log_reach: Array) -> tuple[Array, Array]:
        """Value and slope at each place; beyond the ends as straight on."""
        piece = np.searchsorted(self.reach[1:-1], log_reach)
        slope = self.slope.take(piece)
        return self.value.take(piece) + slope * (log_reach - self.reach.take(piece)), slope


def _curve_through(reach: Array, value: Array) -> _Curve:
    return _Curve(reach, value, np.diff(value) / np.diff(reach))


@cache
def _layer() -> _Curve:
    """Logarithm of a layer's force."""
    poisson = tissue()["tissue_poisson_ratio"].value
    rows = [row for row in layer_contact() if row.poisson_ratio == poisson]
    reach, force = floats([row.reach for row in rows]), floats([row.force for row in rows])
    # Below the table the layer is a half-space but for where its dent is counted from: 1 / force is a logarithm.
    lower = reach[0] * 2.0 ** -np.arange(12, 0, -1)
    below = 1 / (1 / force[0] + HALF_SPACE_SLOPE * np.log(reach[0] / lower))
    higher = reach[-1] * 2.0 ** np.arange(1, 6)
    above = force[-1] * (higher / reach[-1]) ** LUBRICATED
    return _curve_through(np.log(np.concatenate([lower, reach, higher])), np.log(np.concatenate([below, force, above])))


@lru_cache(maxsize=256)
def _stiffening(bone_depth_mm: float, reference_mm: float) -> _Curve:
    """Logarithm of the ratio, by that of sqrt(2 R d): two curves, one less the other, with the knots of both."""
    here, there = np.log(bone_depth_mm), np.log(reference_mm)
    knots = np.sort(np.concatenate([_layer().reach + here, _layer().reach + there]))
    knots = knots[np.diff(knots, prepend=-np.inf) > APART]
    return _curve_through(knots, _layer().at(knots - here)[0] - _layer().at(knots - there)[0])


@lru_cache(maxsize=256)
def _inverse(bone_depth_mm: float, reference_mm: float) -> _Curve:
    """Logarithm of sqrt(2 R d), by that of 2 R d times the ratio."""
    curve = _stiffening(bone_depth_mm, reference_mm)
    return _curve_through(2 * curve.reach + curve.value, curve.reach)


def _near_bone(depth_mm: Array) -> Iterator[tuple[float, float, Ints | slice]]:
    """Each depth to bone that counts, the reference, and where it stands in the flattened array."""
    reference, flat = over_bone()["bone_reference_depth"].value, depth_mm.ravel()
    # A zone has one depth: there are few.
    if flat.size and bool((flat == flat[0]).all()):
        if flat[0] < reference:
            yield float(flat[0]), reference, slice(None)
        return
    for depth in np.unique(flat[flat < reference]):
        yield float(depth), reference, np.flatnonzero(flat == depth)


def bone_stiffening(dent_mm: Array, radius_mm: Array, bone_depth_mm: Array) -> tuple[Array, Array]:
    """Return a strip's force over that without bone near, and the logarithmic slope of that ratio by the dent.

    Parameters
    ----------
    dent_mm : (...) float — of the skin, from 0 [mm]
    radius_mm : (...) float — of a cylinder on flat skin that would touch alike: R / (1 + k R) [mm]
    bone_depth_mm : (...) float — from the surface to the bone; infinite where it is not known [mm]

    Returns
    -------
    ratio : (...) float — 1 from the reference depth on [-]
    slope : (...) float — d log ratio / d log dent, from 0 [-]

    """
    dent, radius, depth = np.broadcast_arrays(dent_mm, radius_mm, bone_depth_mm)
    ratio, slope = np.ones(dent.size), np.zeros(dent.size)
    flat, around = dent.ravel(), radius.ravel()
    for bone, reference, near in _near_bone(depth):
        half = np.log(2 * around[near] * np.maximum(flat[near], 1e-12)) / 2
        value, steep = _stiffening(bone, reference).at(half)
        ratio[near], slope[near] = np.exp(value), steep / 2
    return ratio.reshape(dent.shape), slope.reshape(dent.shape)


def strip_force_n(
    dent_mm: Array, width_mm: float, drum_radius_mm: float, radius_mm: Array, bone_depth_mm: Array, model: TissueModel
) -> tuple[Array, Array]:
    """Return what a strip of the drum carries, and how that grows with its dent.

    Parameters
    ----------
    dent_mm : (...) float — of the skin under it, below the deepest that skin allows [mm]
    width_mm : float — of the strip [mm]
    drum_radius_mm : float — R, without needles [mm]
    radius_mm : (...) float — R / (1 + k R) [mm]
    bone_depth_mm : (...) float — infinite where it is not known [mm]
    model : TissueModel — gives the modulus of the skin [as its fields]

    Returns
    -------
    force : (...) float — 0 where there is no dent [N]
    slope : (...) float — dF / d dent [N/mm]

    """
    dent = np.maximum(floats(dent_mm), 0.0)
    stiff = float(line_stiffness_n_per_mm(floats(width_mm), model))
    left = 1 - dent / float(deepest_dent_mm(floats(drum_radius_mm)))
    ratio, grows = bone_stiffening(dent, radius_mm, bone_depth_mm)
    force = stiff * ratio * dent / left
    return floats(force), floats(stiff * ratio / left * (1 / left + grows))


def strip_dent_mm(
    force_n: Array, width_mm: float, drum_radius_mm: float, radius_mm: Array, bone_depth_mm: Array, model: TissueModel
) -> Array:
    """Return how far a force on a strip dents the skin: the inverse of `strip_force_n`.

    Parameters
    ----------
    force_n : (...) float — on the strip, from 0 [N]
    width_mm : float — of the strip [mm]
    drum_radius_mm : float — R, without needles [mm]
    radius_mm : (...) float — R / (1 + k R) [mm]
    bone_depth_mm : (...) float — infinite where it is not known [mm]
    model : TissueModel — gives the modulus of the skin [as its fields]

    """
    force, radius, depth = np.broadcast_arrays(floats(force_n), radius_mm, bone_depth_mm)
    deepest = float(deepest_dent_mm(floats(drum_radius_mm)))
    straight = force / float(line_stiffness_n_per_mm(floats(width_mm), model))
    dent = floats(straight / (1 + straight / deepest))
    flat, forced, around = dent.ravel(), straight.ravel(), radius.ravel()
    for bone, reference, near in _near_bone(depth):
        near = np.flatnonzero(forced > 0) if isinstance(near, slice) else near[forced[near] > 0]
        if not near.size:
            continue
        # What is known is the dent, over what it leaves to the deepest, times the ratio: Newton steps on logarithms.
        wanted, double = np.log(forced[near]), np.log(2 * around[near])
        half = _inverse(bone, reference).at(wanted + np.log1p(-flat[near] / deepest) + double)[0]
        curve, most, rows = _stiffening(bone, reference), np.log(deepest) - 1e-12, np.arange(near.size)
        log_dent = np.minimum(2 * half - double, most)
        for _ in range(MOST_STEPS):
            here, twice = log_dent[rows], double[rows]
            at = np.exp(here)
            value, steep = curve.at((here + twice) / 2)
            excess = here - np.log1p(-at / deepest) + value - wanted[rows]
            log_dent[rows] = np.minimum(here - excess / (1 + at / (deepest - at) + steep / 2), most)
            # Newton's next miss is the square of this one; the few that cross a knot go on alone.
            rows = rows[np.abs(excess) >= CLOSE]
            if not rows.size:
                break
        flat[near] = np.exp(log_dent)
    return flat.reshape(dent.shape)
