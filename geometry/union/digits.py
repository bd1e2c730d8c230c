"""How good an area must be, how good it is, and what is done where floats lose too many digits.

Nothing is rounded, merged or snapped on the way to an area: contacts and crossings are decided without loss (`arcs.py`,
`clip.py`), so that floats lose digits only in sums, in proportion to the distance from where they are counted. Here
is the one place that says how many may be lost. Where more are, groups of discs that lie apart are each counted from
their own middle; where that is not enough (huge discs that graze a window beside specks), decimals take over.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .boundary import Discs, Terms, Window, band_terms, middle_of
from .decimals import areas_in_decimals
from .neighbours import Floats, Ints

# What is promised: an area is off by this share of itself or of the smallest disc, whichever is larger. An area covered
# several times is off by no more than this share of the area covered at all.
PROMISED = 1e-9
# Angles and the ends of arcs are good to a few roundings, and so is Green's term of an arc, of its radius times the way
# from the origin: this many are counted, for all terms and to one side. The worst of 1e6 cases lost 1.5.
ROUNDINGS_A_TERM = 4.0 * np.finfo(np.float64).eps
# Lengths beyond this are refused: their squares, multiplied, must stay numbers, and decimals must reach the smallest.
LONGEST_MM = 1e9
# Halvings of a field into groups by gaps: each that finds one splits all groups, across and along.
SPLITS = 64


def cumulative_areas(discs: Discs, n_passes: int, window: Window | None, up_to: int) -> Floats:
    """Areas (up_to, P, Z) that discs of passes 1..p cover at least 1, 2, ... up_to times."""
    if len(discs.reach) == 0:
        return np.zeros((up_to, n_passes, discs.depths))
    terms = band_terms(discs, n_passes, window, up_to, middle_of(discs.centers)[None])
    return promised_areas(terms, lambda: discs, window)


def promised_areas(terms: Terms, all_discs: Callable[[], Discs], window: Window | None) -> Floats:
    """The areas of `terms`, each that has lost too many digits worked out again on its own: as `cumulative_areas`."""
    areas = np.maximum(terms.areas, 0.0)
    lost = ROUNDINGS_A_TERM * terms.sizes
    doubtful = lost > PROMISED * areas[0]
    if not doubtful.any():
        return areas
    discs = all_discs()
    for z in np.flatnonzero(doubtful.any(axis=0)):
        radii = discs.radii_of(np.arange(len(discs.reach)), slice(z, z + 1))[0]
        present = np.flatnonzero(radii > 0)
        for p in np.flatnonzero(doubtful[:, z]):
            made = present[discs.passes[present] <= p + 1]
            speck = PROMISED * np.pi * radii[made].min(initial=np.inf) ** 2
            if lost[z] > speck:
                areas[:, p, z] = _apart(discs.centers[made], radii[made], window, len(areas), speck)
    return areas


def _apart(centers: Floats, radii: Floats, window: Window | None, up_to: int, allowed: float) -> Floats:
    """Areas (up_to,) of some discs, each group that lies apart counted from its own middle."""
    group, origins = _groups(centers, radii, window)
    once = np.ones(len(radii), dtype=np.int64)
    discs = Discs(centers, once, radii, lambda ids, _: radii.take(ids)[None], 1)
    terms = band_terms(discs, 1, window, up_to, origins, group)
    areas: Floats = np.maximum(terms.areas[:, 0, 0], 0.0)
    if ROUNDINGS_A_TERM * terms.sizes[0] <= max(PROMISED * areas[0], allowed):
        return areas
    return areas_in_decimals(centers, radii, window, up_to)


def _groups(centers: Floats, radii: Floats, window: Window | None) -> tuple[Ints, Floats]:
    """Groups (n,) of discs with a straight gap between them, and the middle (m, 2) of each.

    A group that no gap splits is as long, both ways, as its discs in a row or shorter: so its terms are to its area
    as its discs are many, at worst, and no digits are lost to distance.
    """
    # boxes are rounded outward: no gap may be read into an overlap
    margin = 4.0 * np.finfo(np.float64).eps * (np.abs(centers) + radii[:, None])
    low, high = centers - radii[:, None] - margin, centers + radii[:, None] + margin
    if window is not None:
        x0, y0, x1, y1 = window.bounds
        low, high = np.clip(low, (x0, y0), (x1, y1)), np.clip(high, (x0, y0), (x1, y1))
    group = np.zeros(len(radii), dtype=np.int64)
    found = 1
    for _ in range(SPLITS):
        for axis in (0, 1):
            group = _split(group, low[:, axis], high[:, axis])
        if (now := int(group.max()) + 1) == found:
            break
        found = now
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    middle: Floats = 0.5 * (np.minimum.reduceat(low[order], first) + np.maximum.reduceat(high[order], first))
    return group, middle


def _split(group: Ints, low: Floats, high: Floats) -> Ints:
    """Groups split where nothing reaches across, along one axis."""
    order = np.lexsort((low, group))
    rank: Ints = np.unique(np.concatenate((low, high)), return_inverse=True)[1]
    low_rank, high_rank = rank[: len(low)][order], rank[len(low) :][order]
    # ranks keep groups apart without costing digits
    shift = group[order] * (int(rank.max()) + 1)
    reached = np.maximum.accumulate(high_rank + shift)
    new: NDArray[np.bool_] = np.ones(len(order), dtype=np.bool_)
    new[1:] = (low_rank + shift)[1:] > reached[:-1]
    split = np.empty_like(group)
    split[order] = np.cumsum(new) - 1
    return split
