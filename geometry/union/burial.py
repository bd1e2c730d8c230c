"""Leaving out buried discs: those that a few others cover, from their own pass or an earlier one on.

A disc is buried when its circle is covered by discs that all hold its centre: each of them, being convex,
then holds every spoke from the centre to its part of the circle. So the union stays what it was, at every
pass, without the buried discs. A group of discs goes at once when the disc around the group is buried.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .arcs import unroll
from .neighbours import DISCS_AT_ONCE, Catalogue, Floats, Grid, Ints, build_catalogue, crowding, holding, members_of

# Candidates per disc above which burying is worth its search; 60 is a mean cover of about 5.
CROWDED = 60.0
# Discs per cell that are tried as covers in one round: the earliest and largest, and some picked by chance.
# Fewer leave holes between them, more make every test dearer.
LARGEST_PER_CELL = 8
CHANCE_PER_CELL = 8
# Group sizes as shares of a cell, from coarse to single discs: each spares the next most of its work.
GROUPS_PER_CELL = (8, 32)
# Covers must overlap by this angle [rad]: it outweighs the roundings of a block, so none is wrongly buried.
OVERLAP = 1e-9
# A round that buries a smaller share than this is the last: another costs more than the few discs it would spare.
WORTHWHILE = 0.05


def unburied(centers: Floats, radii: Floats, passes: Ints) -> Ints:
    """Numbers (ascending) of discs (n, 2), radii (n,) > 0, whose union at every pass is that of all."""
    left = np.arange(len(radii))
    chance = np.random.default_rng(0)  # seeded, so that equal input gives equal digits
    while True:
        catalogue = build_catalogue(centers[left], radii[left])
        if crowding(catalogue) <= CROWDED:
            return left
        chosen = np.zeros(len(left), dtype=np.bool_)
        for grid in catalogue.own:
            chosen[_covers(catalogue, grid, radii[left], passes[left], chance)] = True
        buried = _buried(centers[left], radii[left], passes[left], chosen, catalogue.own[0].cell)
        if np.count_nonzero(buried) < WORTHWHILE * len(left):
            return left[~buried]
        left = left[~buried]


def _covers(catalogue: Catalogue, grid: Grid, radii: Floats, passes: Ints, chance: np.random.Generator) -> Ints:
    """Discs of one size class that may cover many others, some from each cell."""
    ids, keys = members_of(catalogue, grid), grid.keys
    order = np.lexsort((-radii[ids], passes[ids], keys))
    start = np.flatnonzero(np.diff(keys, prepend=-1))
    count = np.diff(start, append=len(keys))
    largest = order[np.arange(len(keys)) - np.repeat(start, count) < LARGEST_PER_CELL]
    by_chance = start[:, None] + (chance.random((len(start), CHANCE_PER_CELL)) * count[:, None]).astype(np.int64)
    return np.concatenate((ids[largest], ids[by_chance.ravel()]))


def _buried(centers: Floats, radii: Floats, passes: Ints, chosen: NDArray[np.bool_], cell: float) -> NDArray[np.bool_]:
    """Which discs the chosen ones bury; groups first, then one by one."""
    catalogue = build_catalogue(centers[chosen], radii[chosen])
    covers = centers[chosen], radii[chosen], passes[chosen]
    rest = np.flatnonzero(~chosen)
    buried = np.zeros(len(radii), dtype=np.bool_)
    for share in GROUPS_PER_CELL:
        group, middle, hull, first_pass = _groups(centers[rest], radii[rest], passes[rest], cell / share)
        gone = _ringed(catalogue, *covers, middle, hull, first_pass)[group]
        buried[rest[gone]] = True
        rest = rest[~gone]
    buried[rest] = _ringed(catalogue, *covers, centers[rest], radii[rest], passes[rest])
    return buried


def _groups(centers: Floats, radii: Floats, passes: Ints, size: float) -> tuple[Ints, Floats, Floats, Ints]:
    """Discs alike in place and radius: group of each; centre, radius and pass of discs about groups."""
    corner = centers.min(axis=0, initial=np.inf)  # counted from there, places stay small numbers in a far field
    spot = np.floor(np.column_stack((centers - corner, radii)) / size).astype(np.int64)
    order = np.lexsort(spot.T)
    new = np.any(np.diff(spot[order], axis=0, prepend=spot[order[:1]] - 1) != 0, axis=1)
    group = np.empty(len(radii), dtype=np.int64)
    group[order] = np.cumsum(new) - 1
    start = np.flatnonzero(new)
    middle = corner + (spot[order[start], :2] + 0.5) * size
    reach = np.hypot(*(centers - middle[group]).T) + radii
    # one part in 1e12 more outweighs the roundings of the line above
    hull: Floats = np.maximum.reduceat(reach[order], start) * (1 + 1e-12)
    first_pass: Ints = np.minimum.reduceat(passes[order], start)
    return group, middle, hull, first_pass


def _ringed(
    catalogue: Catalogue,
    centers: Floats,
    radii: Floats,
    passes: Ints,
    middle: Floats,
    hull: Floats,
    since: Ints,
) -> NDArray[np.bool_]:
    """Which of the discs (middle, hull, since) lie within the union of the covers that hold their centres."""
    ringed = np.zeros(len(hull), dtype=np.bool_)
    for begin in range(0, len(hull), DISCS_AT_ONCE):
        part = slice(begin, begin + DISCS_AT_ONCE)
        for own, other, dx, dy in holding(catalogue, middle[part], centers, radii):
            in_time = passes[other] <= since[part][own]
            own, dx, dy, b = own[in_time], dx[in_time], dy[in_time], radii[other[in_time]]
            ringed[part] |= _ring_closed(own, dx, dy, hull[part][own], b, len(hull[part]))
    return ringed


def _ring_closed(own: Ints, dx: Floats, dy: Floats, a: Floats, b: Floats, discs: int) -> NDArray[np.bool_]:
    """Which circles of radius a about (0, 0) are covered all round by discs of radius b at (dx, dy)."""
    d = np.hypot(dx, dy)
    closed = np.zeros(discs, dtype=np.bool_)
    closed[own[d + a <= b]] = True
    crossing = np.flatnonzero((d + a > b) & (a < d + b) & ~closed[own])
    own = own[crossing]
    dx, dy, a, b, d = (values[crossing] for values in (dx, dy, a, b, d))
    four_areas = np.sqrt(np.maximum((a + b - d) * (d + a - b) * (d - a + b) * (a + b + d), 0.0))
    half = np.maximum(np.arctan2(four_areas, d * d + (a + b) * (a - b)) - OVERLAP, 0.0)
    own, low, high, _ = unroll(own, np.arctan2(dy, dx), half, own)
    turn = 8.0 * own  # circles laid end to end, each within its own eight
    order = np.argsort(turn + low)
    own, low, high, turn = own[order], low[order], (turn + high)[order], turn[order]
    so_far = np.maximum.accumulate(high)
    begins = np.diff(own, prepend=-1) != 0
    gap = np.where(begins, low > -np.pi, (turn + low) > np.roll(so_far, 1))
    ends = np.diff(own, append=-1) != 0
    gap |= ends & (so_far < turn + np.pi)
    whole = np.zeros(discs, dtype=np.bool_)
    whole[own] = True
    whole[own[gap]] = False
    return closed | whole
