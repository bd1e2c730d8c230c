"""A strip of a drum on skin over bone: its force by its dent, stiffer the nearer the bone.

A rigid cylinder on a bonded layer needs a force that hangs on sqrt(2 R d) over the layer's thickness alone
(`data/layer_contact.csv`). At Poisson's ratio 0.5 a very thick layer's force goes to zero, so the table is taken as a
ratio: over what it says for a reference thickness (`data/over_bone.csv`); from there on, and where no depth to bone is
known, the ratio is 1 and the law that of `insertion/drum_dent.py`. In: dents or forces, a row a strip. Out: the other.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from ...data.constants import layer_contact, over_bone, tissue
from ...geometry.arrays import Array, floats
from ..insertion.drum_dent import deepest_dent_mm, line_stiffness_n_per_mm
from ..insertion.tissue import TissueModel

HALF_SPACE_SLOPE = 1.5 / np.pi  # 2 (1 - nu^2) / pi at 0.5: what 1 / force loses per e-fold of the reach
LUBRICATED = 3.0  # a layer much thinner than the contact: force / (E d) grows as the cube of the reach
MOST_STEPS = 60
CLOSE = 1e-14


class _Curve(NamedTuple):
    """Logarithms of reach and force, straight between."""

    reach: Array
    force: Array


@cache
def _curve() -> _Curve:
    poisson = tissue()["tissue_poisson_ratio"].value
    rows = [row for row in layer_contact() if row.poisson_ratio == poisson]
    reach, force = floats([row.reach for row in rows]), floats([row.force for row in rows])
    # Below the table the layer is a half-space but for where its dent is counted from: 1 / force is a logarithm.
    lower = reach[0] * 2.0 ** -np.arange(12, 0, -1)
    below = 1 / (1 / force[0] + HALF_SPACE_SLOPE * np.log(reach[0] / lower))
    higher = reach[-1] * 2.0 ** np.arange(1, 6)
    above = force[-1] * (higher / reach[-1]) ** LUBRICATED
    return _Curve(np.log(np.concatenate([lower, reach, higher])), np.log(np.concatenate([below, force, above])))


def _log_force(log_reach: Array) -> tuple[Array, Array]:
    """Logarithm of the layer's force, and how it grows with that of the reach."""
    curve = _curve()
    piece = np.clip(np.searchsorted(curve.reach, log_reach) - 1, 0, curve.reach.size - 2)
    slope = np.diff(curve.force) / np.diff(curve.reach)
    return curve.force[piece] + slope[piece] * (log_reach - curve.reach[piece]), slope[piece]


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
    reference = over_bone()["bone_reference_depth"].value
    dent, radius, depth = np.broadcast_arrays(dent_mm, radius_mm, bone_depth_mm)
    ratio, slope = np.ones(dent.shape), np.zeros(dent.shape)
    near = depth < reference
    if near.any():
        half = np.log(2 * radius[near] * np.maximum(dent[near], 1e-12)) / 2
        here, steep = _log_force(half - np.log(depth[near]))
        there, gentle = _log_force(half - np.log(reference))
        ratio[near], slope[near] = np.exp(here - there), (steep - gentle) / 2
    return ratio, slope


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
    near = np.flatnonzero((depth < over_bone()["bone_reference_depth"].value).ravel() & (force > 0).ravel())
    if not near.size:
        return dent
    # Dent over what is left to the deepest, times the ratio, is known: Newton steps on the logarithms.
    wanted, log_dent = np.log(straight.ravel()[near]), np.log(dent.ravel()[near])
    around, under = radius.ravel()[near], depth.ravel()[near]
    for _ in range(MOST_STEPS):
        at = np.exp(log_dent)
        ratio, grows = bone_stiffening(at, around, under)
        excess = log_dent - np.log1p(-at / deepest) + np.log(ratio) - wanted
        log_dent = np.minimum(log_dent - excess / (1 + at / (deepest - at) + grows), np.log(deepest) - 1e-12)
        if np.abs(excess).max() < CLOSE:
            break
    flat = dent.ravel()
    flat[near] = np.exp(log_dent)
    return flat.reshape(dent.shape)
