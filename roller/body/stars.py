"""The area that channels cover on a body: disc by disc, each in its own tangent plane.

Disc after disc is added, and each adds what those before it have not covered: a matter of the disc and of the ones that
overlap it, its star. A star is less than a millimetre wide, so it is laid into the tangent plane of its own channel,
clear of all others, and the exact union of stars with their own disc less that of stars without it is the sum. On a
plane that is the union itself, for areas covered once, twice or more alike; on a radius rho a star of width D is off by
D^2 / (16 rho^2): 2e-4 on the tip of a nose. A disc counts where its centre lies in the zone: at a border as much is
counted beyond it as is missed within, but for chance.

In: places of channels, normals there, radii. Out: a layout of discs for `coverage/areas.py`.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ...geometry.arrays import Array, Flags, Ints, floats
from ..coverage.areas import Laid, Layout

APART = 6.0  # between the middles of stars, in radii of the widest disc: stars reach three


def lay_stars(
    place_mm: Array, normal: Array, radius_mm: Array, pass_number: Ints, inside: Flags, area_mm2: float
) -> Layout:
    """Return channels of a body laid out as stars.

    Parameters
    ----------
    place_mm : (n, 3) float — of the channels, sorted by pass [mm]
    normal : (n, 3) float — out of the skin there, of length one [-]
    radius_mm : (n,) float — of each at its widest [mm]
    pass_number : (n,) int — pass of each [-]
    inside : (n,) bool — the centre lies in the zone [-]
    area_mm2 : float — of the zone [mm2]

    """
    count = inside.size
    reach = float(radius_mm.max(initial=0.0))
    pairs = np.empty((0, 2), dtype=np.int64)
    if count > 1 and reach > 0:
        pairs = cKDTree(place_mm).query_pairs(2 * reach, output_type="ndarray")
        pairs = np.sort(pairs, axis=1)
        away = np.linalg.norm(place_mm[pairs[:, 0]] - place_mm[pairs[:, 1]], axis=1)
        pairs = pairs[away < radius_mm[pairs[:, 0]] + radius_mm[pairs[:, 1]]]
    # The later of two overlaps what the earlier has covered.
    earlier, own = pairs.T
    counts = inside[own]
    earlier, own = earlier[counts], own[counts]
    every = np.flatnonzero(inside)
    side = np.cross(normal, np.eye(3)[np.argmin(np.abs(normal), axis=1)] if count else normal)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    axes = np.stack([side, np.cross(normal, side)], axis=1)
    rows = max(1, int(np.ceil(np.sqrt(every.size))))
    number = np.cumsum(inside) - 1
    middle = APART * max(reach, 1e-6) * np.stack(np.divmod(number, rows), axis=1)
    beside = np.einsum("nix,nx->ni", axes[own], place_mm[earlier] - place_mm[own]) + middle[own]

    def laid(centers: Array, channel: Ints, star: Ints, sign: float) -> Laid:
        order = np.argsort(star, kind="stable")
        return Laid(floats(centers[order]), channel[order], pass_number[star[order]], None, sign)

    whole = laid(
        np.concatenate([middle[every], beside]), np.concatenate([every, earlier]), np.concatenate([every, own]), 1.0
    )
    return Layout((whole, laid(beside, earlier, own, -1.0)), area_mm2)
