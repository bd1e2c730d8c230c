"""The skin under each ring of a drum: where it lies, how it slopes and curves along the stroke, how deep its bone is.

The axle is a straight line over a curved surface, so every ring of needles meets the skin at its own height. In: drops
of the surface below the tangent planes of points of strokes. Out: for each point and ring the drop under the ring, its
slope (what twist makes of an oblique stroke) and curvature along the stroke, and where the method ends.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import RollerSpec
from ...geometry.arrays import Array, Flags, floats

NO_SKIN_MM = 1e3  # drop where there is no skin: nothing reaches that far
LEAST_FLATNESS = 0.2  # 1 + k R: skin more hollow than this lies on the drum all around
SHARPEST = 0.6  # |k| (R + L): beyond it the parabola under the drum is no longer its surface
LEAST_PLACES = 3  # along the stroke, for a slope and a curvature


@dataclass(frozen=True)
class UnderRings:
    """Skin under the rings of a drum, (K, J): K places of the drum, J rings.

    Parameters
    ----------
    drop_mm : (K, J) float — of the skin straight under the ring, below the tangent plane of the place [mm]
    slope : (K, J) float — how the drop grows along the stroke there [-]
    curvature_per_mm : (K, J) float — along the stroke, positive where skin bulges; held to what the method bears [1/mm]
    bone_mm : (K,) float — depth to bone, infinite where it is not known [mm]
    hollow : (K,) bool — skin too hollow for the drum under a ring that may touch [-]
    sharp : (K,) bool — skin too sharply bent for the drum [-]
    one_sided : (K,) bool — no skin under one end of the drum [-]

    """

    drop_mm: Array
    slope: Array
    curvature_per_mm: Array
    bone_mm: Array
    hollow: Flags
    sharp: Flags
    one_sided: Flags

    def take(self, rows: ArrayLike) -> UnderRings:
        """Return some places, in the order given.

        Parameters
        ----------
        rows : (n,) int or bool array — which [-]

        """
        chosen = np.asarray(rows)
        return UnderRings(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def places_along_mm(roller: RollerSpec) -> Array:
    """Return where along a stroke the skin under a drum is read, 0 in the middle: as far as needles reach in it.

    Parameters
    ----------
    roller : RollerSpec — the device [-]

    """
    reach = roller.drum_radius_mm + roller.length_mm
    entry = float(np.sqrt(reach**2 - roller.drum_radius_mm**2))
    return floats(np.array([-1.0, -0.5, 0.0, 0.5, 1.0]) * entry)


def skin_under(roller: RollerSpec, drop_mm: ArrayLike, along_mm: ArrayLike, bone_mm: ArrayLike) -> UnderRings:
    """Return the skin under the rings from the drops of the surface.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    drop_mm : (K, X, J) float array — below the tangent planes; NaN where there is no skin [mm]
    along_mm : (X,) float array — places along the stroke, 0 among them [mm]
    bone_mm : (K,) float array — depth to bone, infinite where it is not known [mm]

    """
    drop, along = floats(drop_mm), floats(along_mm)
    at = int(np.argmin(np.abs(along)))
    level = drop[:, at, :]
    there = np.isfinite(level)
    rise = drop - level[:, None, :]
    known = np.isfinite(rise)
    x = along[None, :, None] * known
    rise = np.where(known, rise, 0.0)
    # Least squares of s x + k x^2 / 2 through the drop under the ring itself.
    xx, xxx, xxxx = (x**power for power in (2, 3, 4))
    a, b, c = xx.sum(axis=1), xxx.sum(axis=1) / 2, xxxx.sum(axis=1) / 4
    p, q = (x * rise).sum(axis=1), (xx * rise).sum(axis=1) / 2
    enough = known.sum(axis=1) >= LEAST_PLACES
    whole = np.where(enough, a * c - b * b, 1.0)
    slope = np.where(enough, (p * c - q * b) / whole, 0.0)
    bent = np.where(enough, (q * a - p * b) / whole, 0.0)
    radius, reach = roller.drum_radius_mm, roller.drum_radius_mm + roller.length_mm
    # What can't touch does not count: a ring whose skin lies further down than drum and needles reach.
    touches = there & (np.where(there, level, NO_SKIN_MM) < 2 * reach)
    held = np.maximum(bent, (LEAST_FLATNESS - 1) / reach)
    return UnderRings(
        drop_mm=np.where(there, level, NO_SKIN_MM),
        slope=slope,
        curvature_per_mm=held,
        bone_mm=np.broadcast_to(floats(bone_mm), len(drop)),
        hollow=np.asarray((touches & (1 + bent * radius <= 0)).any(axis=1)),
        sharp=np.asarray((touches & (np.abs(bent) * reach > SHARPEST)).any(axis=1)),
        one_sided=~there[:, 0] | ~there[:, -1],
    )


def deepest_gain_mm(under: UnderRings, reach_mm: float) -> Array:
    """Return how much deeper a tip gets off the centre line than on it: what twist adds, (K, J).

    Along the ring the height of a tip over the skin is off(x) = s x + (1/r + k) x^2 / 2, lowest at x = -s / (1/r + k).

    Parameters
    ----------
    under : UnderRings — the skin [mm]
    reach_mm : float — r: R + L for tips, R for the drum [mm]

    """
    return floats(under.slope**2 / (2 * (1 / reach_mm + under.curvature_per_mm)))
