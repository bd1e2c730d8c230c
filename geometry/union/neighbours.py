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
# Reaches and cells are larger by these shares than what they hold: more than squares of distances, and places in a
# wide field, are rounded. Whether two discs touch is for those to say who look closely.
REACH_BEYOND, CELL_BEYOND = 2.0**-40, 2.0**-20
# The smallest discs, where fewer than this, or than this share of all, get no class of their own: it would cost more
# than what they look at too much among larger ones.
FEW, FEW_OF_ALL = 64, 2.0**-8
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
    filled: Ints | None  # discs before each cell, where such a table is small
    offset: int


class Catalogue(NamedTuple):
    """Grids of all size classes, largest discs first; what is known of discs stands in the order of the grids."""

    ids: Ints
    x: Floats
    y: Floats
    reach: Floats
    joint: list[Grid]  # the discs of a class and all smaller ones
    own: list[Grid]  # the discs of a class alone, in the same cells
    places: list[Ints]  # of the discs of a class alone, in the stretch of the joint grid


class Pairs(NamedTuple):
    """Pairs of discs whose reaches overlap, ordered by the first disc."""

    own: Ints  # position of the disc in its block, ascending
    other: Ints  # the neighbour
    dx: Floats
    dy: Floats
    distance: Floats


def build_catalogue(centers: Floats, reach: Floats) -> Catalogue:
    """Grids for discs (n, 2) with reaches (n,) > 0; O(n log n), some 60 bytes a disc."""
    bounds = float(reach.max()) * CLASS_FACTOR ** -np.arange(1.0, CLASSES)
    size_class = np.zeros(len(reach), dtype=np.int8)
    for bound in bounds[bounds >= reach.min()]:
        size_class += reach <= bound
    in_class = np.bincount(size_class)
    rest = np.cumsum(in_class[::-1])[::-1]
    np.minimum(size_class, max(np.count_nonzero(rest >= max(FEW, FEW_OF_ALL * rest[0])) - 1, 0), out=size_class)
    x, y = centers.T
    corner, far = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    ids: list[Ints] = []
    joint, own, places = [], [], []
    offset = 0
    for k in np.flatnonzero(np.bincount(size_class)):
        members = np.flatnonzero(size_class >= k)
        # the second bound keeps the number of cells below 2**62 for discs that are specks in their field
        cell = max(2.0 * float(reach[members].max()) * (1 + CELL_BEYOND), float((far - corner).max()) * 1e-9)
        # two empty cells on each side keep the ends of two rows apart
        columns, rows = (int(extent / cell) + 5 for extent in far - corner)
        keys = np.empty(len(members), dtype=np.int64)
        for begin in range(0, len(members), DISCS_AT_ONCE):
            part = slice(begin, begin + DISCS_AT_ONCE)
            spot = ((centers.take(members[part], axis=0) - corner) / cell).astype(np.int64)
            keys[part] = (spot[:, 1] + 2) * columns + spot[:, 0] + 3
        order = np.argsort(keys)
        members, keys = members.take(order), keys.take(order)
        joint.append(Grid(corner, cell, columns, rows, keys, _filled(keys, rows * columns + 3), offset))
        ids.append(members)
        alone = np.flatnonzero(size_class.take(members) == k)
        places.append(offset + alone)
        offset += len(members)
        if len(alone) == len(members):
            own.append(joint[-1])
            continue
        # only the few smaller discs search it
        own.append(Grid(corner, cell, columns, rows, keys.take(alone), None, offset))
        ids.append(members.take(alone))
        offset += len(alone)
    every = np.concatenate(ids)
    return Catalogue(every, x.take(every), y.take(every), reach.take(every) * (1 + REACH_BEYOND), joint, own, places)


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
    """Places in the catalogue of neighbouring discs, at most `size` at a time, each with the number of its class."""
    for number, places in enumerate(catalogue.places):
        for start in range(0, len(places), size):
            yield number, places[start : start + size]


def pairs_of_block(catalogue: Catalogue, number: int, places: Ints) -> Pairs:
    """All pairs (disc of the block, other disc) with reach + reach > distance, and some that but nearly touch.

    A disc looks for its own class and smaller ones in its own grid, and for larger discs in theirs: in both
    the cell is at least the sum of the two reaches, so that three rows of three cells hold every neighbour.
    """
    ids, x, y, reach, *_ = catalogue
    at_x, at_y, own_reach = x.take(places), y.take(places), reach.take(places)
    joint, larger = catalogue.joint[number], catalogue.own[:number]
    homes = [joint.keys.take(places - joint.offset), *(_home(grid, at_x, at_y) for grid in larger)]
    found = []
    for own, place in _candidates(catalogue, [joint, *larger], homes):
        dx, dy = x.take(place) - at_x.take(own), y.take(place) - at_y.take(own)
        limit = reach.take(place) + own_reach.take(own)
        near = np.flatnonzero((dx * dx + dy * dy < limit * limit) & (place != places.take(own)))
        dx, dy = dx.take(near), dy.take(near)
        found.append(Pairs(own.take(near), ids.take(place.take(near)), dx, dy, np.hypot(dx, dy)))
    return found[0] if len(found) == 1 else Pairs(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def holding(
    catalogue: Catalogue, points: Floats, centers: Floats, reach: Floats
) -> Iterator[tuple[Ints, Ints, Floats, Floats]]:
    """Points, discs that hold them, and the way there; all discs of a point come in one batch."""
    homes = [_home(grid, *points.T) for grid in catalogue.own]
    for own, place in _candidates(catalogue, catalogue.own, homes):
        other = catalogue.ids.take(place)
        dx, dy = (centers.take(other, axis=0) - points.take(own, axis=0)).T
        near = np.flatnonzero(dx * dx + dy * dy < reach.take(other) ** 2)
        yield own[near], other[near], dx[near], dy[near]


def _home(grid: Grid, x: Floats, y: Floats) -> Ints:
    """Cells of points; one beyond the empty margin meets what a point on the margin meets: nothing."""
    column, row = np.floor((x - grid.corner[0]) / grid.cell), np.floor((y - grid.corner[1]) / grid.cell)
    column = np.minimum(np.maximum(column, -1), grid.columns - 4)
    row = np.minimum(np.maximum(row, -1), grid.rows - 4)
    return (row.astype(np.int64) + 2) * grid.columns + column.astype(np.int64) + 3


def _candidates(catalogue: Catalogue, grids: list[Grid], homes: list[Ints]) -> Iterator[tuple[Ints, Ints]]:
    """Points and the places of discs in the nine cells about their own in each grid, ordered by point.

    In batches of bounded length.
    """
    points = len(homes[0])
    first = np.empty((points, 3 * len(grids)), dtype=np.int64)
    count = np.empty_like(first)
    for k, (grid, home) in enumerate(zip(grids, homes, strict=True)):
        for j, cells in enumerate((home - (grid.columns + 1), home - 1, home + (grid.columns - 1)), 3 * k):
            begin = _rank(grid, cells)
            np.subtract(_rank(grid, cells + 3), begin, out=count[:, j])
            np.add(begin, grid.offset, out=first[:, j])
    total = count[:, 0].copy()
    for j in range(1, count.shape[1]):
        total += count[:, j]
    ends = np.cumsum(total)
    begin = 0
    while begin < points:
        done = ends[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(ends, done + CANDIDATES_AT_ONCE, side="right")))
        lengths = count[begin:end].ravel()
        place = np.repeat(first[begin:end].ravel() - np.cumsum(lengths) + lengths, lengths)
        place += np.arange(len(place))
        yield np.repeat(np.arange(begin, end), total[begin:end]), place
        begin = end


def _filled(keys: Ints, cells: int) -> Ints | None:
    if cells > TABLE_CELLS_PER_DISC * len(keys):
        return None
    filled = np.bincount(keys + 1, minlength=cells)
    return np.cumsum(filled, out=filled)


def _rank(grid: Grid, cells: Ints) -> Ints:
    """How many discs lie in cells before the given ones."""
    if grid.filled is None:
        return np.searchsorted(grid.keys, cells)
    return grid.filled.take(cells)
