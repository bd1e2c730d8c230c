"""Which discs can meet: candidates from grids of cells, one grid a size class of disc.

In go disc centres and reaches (the largest radius a disc ever has); out come, block by block, the pairs
(disc, other disc) whose reaches overlap. Nothing is held for all pairs at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Discs of one class differ by at most this factor (the last class takes all that are smaller): a factor of 2
# costs more grids, 8 lets one large disc make 64 times the candidates of its small company.
CLASS_FACTOR = 4.0
CLASSES = 8
# Cells per disc up to which a table of their contents is kept; emptier grids are searched by bisection.
TABLE_CELLS_PER_DISC = 8
# Discs handled at once, so that temporaries stay within the cache.
DISCS_AT_ONCE = 1 << 15
# Candidates expanded at once: eight working arrays of this length are 32 MB.
CANDIDATES_AT_ONCE = 1 << 19


class Grid(NamedTuple):
    """Discs sorted by cell: a stretch of the catalogue from `offset` on."""

    corner: Floats
    cell: float
    columns: int
    rows: int
    keys: Ints  # cell of each disc, ascending
    filled: Ints | None  # discs up to and with each cell, where such a table is small
    offset: int


class Catalogue(NamedTuple):
    """Grids of all size classes, largest discs first."""

    ids: Ints
    joint: list[Grid]  # the discs of a class and all smaller ones
    own: list[Grid]  # the discs of a class alone, in the same cells


class Pairs(NamedTuple):
    """Pairs of discs whose reaches overlap, ordered by the first disc."""

    own: Ints  # position of the disc in its block, ascending
    other: Ints  # the neighbour
    dx: Floats
    dy: Floats
    distance: Floats


def build_catalogue(centers: Floats, reach: Floats) -> Catalogue:
    """Grids for discs (n, 2) with reaches (n,) > 0; O(n log n), some 30 bytes a disc."""
    bounds = float(reach.max()) * CLASS_FACTOR ** -np.arange(1.0, CLASSES)
    size_class = np.zeros(len(reach), dtype=np.int8)
    for bound in bounds:
        size_class += reach <= bound
    x, y = centers.T
    corner, far = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    ids: list[Ints] = []
    joint, own = [], []
    offset = 0
    for k in np.flatnonzero(np.bincount(size_class)):
        members = np.flatnonzero(size_class >= k)
        # the second bound keeps the number of cells below 2**62 for discs that are specks in their field
        cell = max(2.0 * float(reach[members].max()), float((far - corner).max()) * 1e-9)
        # two empty cells on each side keep the ends of two rows apart
        columns, rows = (int(extent / cell) + 5 for extent in far - corner)
        keys = np.empty(len(members), dtype=np.int64)
        for begin in range(0, len(members), DISCS_AT_ONCE):
            part = slice(begin, begin + DISCS_AT_ONCE)
            spot = ((centers.take(members[part], axis=0) - corner) / cell).astype(np.int64)
            keys[part] = (spot[:, 1] + 2) * columns + spot[:, 0] + 3
        order = np.argsort(keys)
        members, keys = members[order], keys[order]
        joint.append(Grid(corner, cell, columns, rows, keys, _filled(keys, rows * columns + 2), offset))
        ids.append(members)
        offset += len(members)
        alone = size_class[members] == k
        if alone.all():
            own.append(joint[-1])
            continue
        keys = keys[alone]
        own.append(Grid(corner, cell, columns, rows, keys, None, offset))  # only the few smaller discs search it
        ids.append(members[alone])
        offset += len(keys)
    return Catalogue(np.concatenate(ids), joint, own)


def members_of(catalogue: Catalogue, grid: Grid) -> Ints:
    """The discs of one grid, cell by cell."""
    return catalogue.ids[grid.offset : grid.offset + len(grid.keys)]


def crowding(catalogue: Catalogue) -> float:
    """Candidates per disc that a search will look at, from the cell counts alone."""
    looked_at, discs = 0.0, 0
    for joint, own in zip(catalogue.joint, catalogue.own, strict=True):
        in_cell = _rank(joint, own.keys + 1) - _rank(joint, own.keys)
        looked_at += 9.0 * float(np.sum(in_cell))
        discs += len(own.keys)
    return looked_at / discs


def blocks(catalogue: Catalogue, size: int) -> Iterator[tuple[int, Ints]]:
    """Discs in order of place, at most `size` at a time, each with the number of its class."""
    for number, grid in enumerate(catalogue.own):
        discs = members_of(catalogue, grid)
        for start in range(0, len(discs), size):
            yield number, discs[start : start + size]


def pairs_of_block(catalogue: Catalogue, number: int, block: Ints, centers: Floats, reach: Floats) -> Pairs:
    """All pairs (disc of the block, other disc) with reach + reach > distance.

    A disc looks for its own class and smaller ones in its own grid, and for larger discs in theirs: in both
    the cell is at least the sum of the two reaches, so that three rows of three cells hold every neighbour.
    """
    grids = [catalogue.joint[number], *catalogue.own[:number]]
    found = []
    for own, other in _candidates(catalogue, grids, centers[block]):
        here = block[own]
        dx, dy = (centers.take(other, axis=0) - centers.take(here, axis=0)).T
        limit = reach.take(here) + reach.take(other)
        near = np.flatnonzero((dx * dx + dy * dy < limit * limit) & (other != here))
        dx, dy = dx[near], dy[near]
        found.append(Pairs(own[near], other[near], dx, dy, np.hypot(dx, dy)))
    return Pairs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def holding(
    catalogue: Catalogue, points: Floats, centers: Floats, reach: Floats
) -> Iterator[tuple[Ints, Ints, Floats, Floats]]:
    """Points, discs that hold them, and the way there; all discs of a point come in one batch."""
    for own, other in _candidates(catalogue, catalogue.own, points):
        dx, dy = (centers.take(other, axis=0) - points.take(own, axis=0)).T
        near = np.flatnonzero(dx * dx + dy * dy < reach.take(other) ** 2)
        yield own[near], other[near], dx[near], dy[near]


def _candidates(catalogue: Catalogue, grids: list[Grid], points: Floats) -> Iterator[tuple[Ints, Ints]]:
    """Points and the discs in the nine cells about them, ordered by point, in batches of bounded length."""
    first = np.empty((len(points), 3 * len(grids)), dtype=np.int64)
    count = np.empty_like(first)
    for k, grid in enumerate(grids):
        # a point beyond the empty margin meets what a point on the margin meets: nothing
        spot = np.floor((points - grid.corner) / grid.cell)
        column = np.minimum(np.maximum(spot[:, 0], -1), grid.columns - 4).astype(np.int64)
        row = np.minimum(np.maximum(spot[:, 1], -1), grid.rows - 4).astype(np.int64)
        home = (row + 2) * grid.columns + column + 3
        for j, cells in enumerate((home - grid.columns, home, home + grid.columns), 3 * k):
            first[:, j] = _rank(grid, cells - 1)
            count[:, j] = _rank(grid, cells + 2) - first[:, j]
            first[:, j] += grid.offset
    total = count[:, 0].copy()
    for j in range(1, count.shape[1]):
        total += count[:, j]
    ends = np.cumsum(total)
    begin = 0
    while begin < len(points):
        done = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + CANDIDATES_AT_ONCE, side="right")))
        lengths = count[begin:end].ravel()
        place = np.repeat(first[begin:end].ravel() - np.cumsum(lengths) + lengths, lengths)
        place += np.arange(len(place))
        yield np.repeat(np.arange(begin, end), total[begin:end]), catalogue.ids[place]
        begin = end


def _filled(keys: Ints, cells: int) -> Ints | None:
    if cells > TABLE_CELLS_PER_DISC * len(keys):
        return None
    filled = np.bincount(keys, minlength=cells)
    return np.cumsum(filled, out=filled)


def _rank(grid: Grid, cells: Ints) -> Ints:
    """How many discs lie in cells before the given ones."""
    if grid.filled is None:
        return np.searchsorted(grid.keys, cells)
    return grid.filled.take(cells - 1)
