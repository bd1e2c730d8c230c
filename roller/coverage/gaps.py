"""What stays untouched: the largest gap between channels, and how far a point is from the nearest one.

The region is laid out in cells, and every pass writes the distance to its channels' edges into the cells around them.
The distance changes by no more than a point moves; so a cell whose middle is nearer to a channel than the best middle
by more than half its diagonal can't hold the largest gap. The few others are split until the gap is known to
`GAP_TOLERANCE_MM`.

In: channels sorted by pass. Out: arrays over passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import Polygon

from ...geometry.arrays import Array, Flags, Ints

CELLS_PER_SPACING = 6  # cells along the spacing of one pass's needles: the mean distance is then good to 1 %
SPLIT = 4  # a cell that may hold the largest gap splits into 4 x 4
GAP_TOLERANCE_MM = 0.001
NEIGHBOURS = 4  # centres nearest to a point, one of which has the nearest edge but for some points in a hundred
# What is worked on together, so that memory does not grow with the region: cells, (channel, cell) pairs, (pass, cell)
# distances, and cells that are split.
CELLS_AT_ONCE, PAIRS_AT_ONCE, DISTANCES_HELD, SPLIT_AT_ONCE = 1 << 20, 1 << 21, 1 << 23, 1 << 15


@dataclass(frozen=True)
class Gaps:
    """Untouched skin after each pass; NaN as long as there is no channel.

    Parameters
    ----------
    largest_gap_mm : (P,) float — diameter of the largest untouched disc centred in the region [mm]
    mean_distance_to_channel_mm : (P,) float — from a point to the nearest channel's edge, 0 inside [mm]
    p95_distance_to_channel_mm : (P,) float — 95 % of the region is nearer than this [mm]
    largest_gap_at_mm : (P, 2) float — middle of the largest untouched disc [mm]

    """

    largest_gap_mm: Array
    mean_distance_to_channel_mm: Array
    p95_distance_to_channel_mm: Array
    largest_gap_at_mm: Array


@dataclass(frozen=True)
class _Cells:
    """Square cells over the region: their middles on a grid of `shape`, and which count."""

    origin: Array
    side: float
    shape: tuple[int, int]
    inside: Flags  # the middle lies in the region
    near: Flags  # some of the cell may lie in the region

    def middles(self, index: Ints) -> Array:
        return self.origin + self.side * np.stack(np.divmod(index, self.shape[1]), axis=-1)


def _lay_cells(region: Polygon, side: float) -> _Cells:
    low_x, low_y, high_x, high_y = region.bounds
    shape = max(int(np.ceil((high_x - low_x) / side)), 1), max(int(np.ceil((high_y - low_y) / side)), 1)
    origin = np.array([low_x + high_x, low_y + high_y]) / 2 - side * (np.array(shape) - 1) / 2
    cells = _Cells(origin, side, shape, np.empty(0, np.bool_), np.empty(0, np.bool_))
    inside, near = np.empty((2, shape[0] * shape[1]), np.bool_)
    grown = region.buffer(side)
    for start in range(0, inside.size, CELLS_AT_ONCE):
        part = np.arange(start, min(start + CELLS_AT_ONCE, inside.size))
        x, y = cells.middles(part).T
        inside[part] = near[part] = shapely.contains_xy(region, x, y)
        out = np.flatnonzero(~inside[part])
        near[part[out]] = shapely.contains_xy(grown, x[out], y[out])
    return _Cells(origin, side, shape, inside, near)


def _write(distance: Array, cells: _Cells, x: Array, y: Array, radius: Array, reach: float) -> None:
    """Lower the distances in the cells within `reach` of the channels; those of others may be lowered too."""
    place = (np.stack([x, y], axis=1) - cells.origin) / cells.side
    steps = int(np.ceil(reach / cells.side)) + 1
    # A grid smaller than what a channel reaches is written as a whole: no more cells than there are.
    whole = (2 * steps + 1) ** 2 > distance.size
    if whole:
        along, across = np.divmod(np.arange(distance.size), cells.shape[1])
    else:
        along, across = (axis.ravel() for axis in np.meshgrid(*[np.arange(-steps, steps + 1)] * 2, indexing="ij"))
        touched = np.hypot(along, across) <= reach / cells.side + 1
        along, across = along[touched], across[touched]
    reaching = np.flatnonzero(((place > -steps - 1) & (place < np.add(cells.shape, steps))).all(axis=1))
    stencil = along * cells.shape[1] + across
    at_once = max(1, PAIRS_AT_ONCE // along.size)
    for start in range(0, reaching.size, at_once):
        some = reaching[start : start + at_once]
        middle = np.zeros((some.size, 2), np.int64) if whole else np.rint(place[some]).astype(np.int64)
        x_away, y_away = (axis[:, None] for axis in (middle - place[some]).T)
        away = cells.side * np.sqrt((x_away + along) ** 2 + (y_away + across) ** 2) - radius[some, None]
        if whole:
            np.minimum(distance, away.min(axis=0), out=distance)
            continue
        written = (middle @ [cells.shape[1], 1])[:, None] + stencil
        deep = ((middle >= steps) & (middle < np.subtract(cells.shape, steps))).all(axis=1)
        np.minimum.at(distance, written[deep].ravel(), away[deep].ravel())
        i, j = middle[~deep, :1] + along, middle[~deep, 1:] + across
        on_grid = (i >= 0) & (i < cells.shape[0]) & (j >= 0) & (j < cells.shape[1])
        np.minimum.at(distance, written[~deep][on_grid], away[~deep][on_grid])


@dataclass(frozen=True)
class _Obstacles:
    """The channels: a tree of their centres, and their radii; those of the first passes come first."""

    tree: cKDTree
    radius: Array

    def nearest_edge_of_all(self, points: Array) -> Array:
        """Distance from each point to the nearest edge of all channels.

        It belongs to one of the nearest centres, unless another that is farther away may be wider by as much.
        """
        away, which = self.tree.query(points, k=NEIGHBOURS)
        nearest: Array = (away - np.append(self.radius, 0.0)[which]).min(axis=1)  # a missing centre is infinitely far
        unsure = np.flatnonzero(nearest > away[:, -1] - self.radius.max())
        around, every = away[unsure, 0] + self.radius.max(), np.full(unsure.size, self.radius.size)
        nearest[unsure] = self.nearest_edge(points[unsure], np.zeros((1, 2)), around, every)[:, 0]
        return nearest

    def nearest_edge(self, middles: Array, parts: Array, reach: Array, count: Ints) -> Array:
        """Distance from each middle plus each part to the nearest edge of the first `count` channels.

        That edge belongs to a centre within `reach` of the middle.
        """
        around = self.tree.query_ball_point(middles, reach, return_sorted=False)
        owner = np.repeat(np.arange(len(middles)), np.fromiter(map(len, around), np.int64, len(middles)))
        found = np.fromiter(chain.from_iterable(around), np.int64, owner.size)
        counts = found < count[owner]
        owner, found = owner[counts], found[counts]
        to_middle = middles[owner] - self.tree.data[found]
        away = np.hypot(to_middle[:, :1] + parts[:, 0], to_middle[:, 1:] + parts[:, 1]) - self.radius[found][:, None]
        starts = np.flatnonzero(np.diff(owner, prepend=-1))
        nearest = np.full((len(middles), len(parts)), np.inf)
        nearest[owner[starts]] = np.minimum.reduceat(away, starts, axis=0)
        return nearest


def _raise(best: Array, at: Array, number: Ints, distance: Array, points: Array) -> None:
    """Raise the best distance of each pass, and move its place, where one of the points is better."""
    better = np.flatnonzero(distance > best[number])
    order = better[np.lexsort((distance[better], number[better]))]
    top = order[np.flatnonzero(np.diff(number[order], append=-1))]
    best[number[top]], at[number[top]] = distance[top], points[top]


def _in(region: Polygon, points: Array, known: Flags) -> Flags:
    """Which points lie in a region; of some it is known that they do."""
    inside = known.copy()
    asked = np.flatnonzero(~known)
    inside[asked] = shapely.contains_xy(region, *points[asked].T)
    return inside


def _largest(cells: _Cells, distance: Array, obstacles: _Obstacles, ends: Ints, region: Polygon) -> tuple[Array, Array]:
    """Split cells until the largest distance to a channel's edge is known after every pass; return diameters, middles.

    `distance` holds a row a pass for the cells near the region; all passes are split together. The best cell of each
    pass comes first, and of very many cells some: their gaps rule out most of the others.
    """
    side = cells.side
    near = cells.middles(np.flatnonzero(cells.near))
    within = np.where(cells.inside[cells.near], distance, 0.0)
    every, first = np.arange(len(within)), within.argmax(axis=1)
    best: Array = within[every, first]
    at = near[first]
    # A cell whose middle is as far inside as the cell is wide lies in the region, and so does all that it splits into.
    hopeful = distance + side / np.sqrt(2) > best[:, None]
    deep = hopeful.any(axis=0)
    deep[deep] = shapely.contains_xy(region.buffer(-side), *near[deep].T)
    hopeful[every, first] = False
    left = [
        (side, number, near[cell], distance[number, cell], deep[cell])
        for number, cell in (np.nonzero(hopeful), (every, first))
    ]
    while left:
        side, number, middles, distance, deep = left.pop()
        if number.size > SPLIT_AT_ONCE:
            rest = slice(SPLIT_AT_ONCE, None)
            left.append((side, number[rest], middles[rest], distance[rest], deep[rest]))
        kept = np.flatnonzero(distance[:SPLIT_AT_ONCE] + side / np.sqrt(2) > best[number[:SPLIT_AT_ONCE]])
        number, middles, distance, deep = number[kept], middles[kept], distance[kept], deep[kept]
        if side / np.sqrt(2) < GAP_TOLERANCE_MM / 4 or not number.size:
            continue
        # What is nearest to a point of the cell lies within the cell's own distance and twice its half-diagonal.
        reach = distance + np.sqrt(2) * side + obstacles.radius.max()
        side /= SPLIT
        ticks = side * (np.arange(SPLIT) - (SPLIT - 1) / 2)
        parts = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        distance = obstacles.nearest_edge(middles, parts, reach, ends[number]).ravel()
        middles = (middles[:, None, :] + parts).reshape(-1, 2)
        number, deep = np.repeat(number, len(parts)), np.repeat(deep, len(parts))
        inside = _in(region, middles, deep)
        _raise(best, at, number[inside], distance[inside], middles[inside])
        kept = np.flatnonzero(distance + side / np.sqrt(2) > best[number])
        number, middles, distance, deep = number[kept], middles[kept], distance[kept], deep[kept]
        # Beyond the region gaps may be larger; of the cells there only those count that reach into it.
        kept = np.flatnonzero(_in(region.buffer(side, join_style="mitre"), middles, deep))
        left.append((side, number[kept], middles[kept], distance[kept], deep[kept]))
    return 2 * best, at


def find_gaps(
    x_mm: Array,
    y_mm: Array,
    radius_mm: Array,
    pass_number: Ints,
    n_passes: int,
    region: Polygon,
    spacing_mm: float,
) -> Gaps:
    """Return what stays untouched after every pass.

    Parameters
    ----------
    x_mm, y_mm : (n,) float — centres of the channels, sorted by pass, a margin around the region included [mm]
    radius_mm : (n,) float — radius of each at the surface [mm]
    pass_number : (n,) int — 1 to `n_passes` [-]
    n_passes : int — number of passes [-]
    region : shapely Polygon — what is treated [mm]
    spacing_mm : float — typical distance between the needles of one pass [mm]

    """
    largest, mean, p95 = np.full((3, n_passes), np.nan)
    at = np.full((n_passes, 2), np.nan)
    if not x_mm.size:
        return Gaps(largest, mean, p95, at)
    cells = _lay_cells(region, min(spacing_mm / CELLS_PER_SPACING, np.sqrt(region.area) / CELLS_PER_SPACING))
    tree, widest = cKDTree(np.stack([x_mm, y_mm], axis=1)), radius_mm.max()
    obstacles = _Obstacles(tree, radius_mm)
    ends = np.searchsorted(pass_number, np.arange(1, n_passes + 1), side="right")
    near = np.flatnonzero(cells.near)
    distance = np.full(cells.near.size, np.inf)
    reach, stop = 1.5 * spacing_mm, 0
    at_once = max(1, DISTANCES_HELD // max(near.size, 1))
    for part in np.split(np.arange(n_passes), range(at_once, n_passes, at_once)):
        after = np.full((part.size, near.size), np.inf)
        for row, number in enumerate(part):
            start, stop = stop, ends[number]
            _write(distance, cells, x_mm[start:stop], y_mm[start:stop], radius_mm[start:stop], reach)
            if not stop:
                continue
            far = near[distance[near] > reach - widest]
            if far.size:
                # Needles that did not open the skin leave cells that no channel has reached: look further there.
                so_far = _Obstacles(cKDTree(tree.data[:stop]), radius_mm[:stop])
                for some in np.split(far, range(SPLIT_AT_ONCE, far.size, SPLIT_AT_ONCE)):
                    distance[some] = so_far.nearest_edge_of_all(cells.middles(some))
            after[row] = distance[near]
            reach = float(after[row].max() + widest)
        done, after = part[ends[part] > 0], after[ends[part] > 0]
        if not done.size:
            continue
        inner = np.maximum(after[:, cells.inside[near]], 0.0)
        mean[done], p95[done] = inner.mean(axis=1), np.quantile(inner, 0.95, axis=1)
        largest[done], at[done] = _largest(cells, after, obstacles, ends[done], region)
    return Gaps(largest, mean, p95, at)


def largest_untouched_disc(x_mm: Array, y_mm: Array, radius_mm: Array, region: Polygon) -> tuple[Array, float]:
    """Return middle and diameter of the largest disc that no channel touches; NaN without a channel.

    Parameters
    ----------
    x_mm, y_mm : (n,) float — centres of the channels, a margin around the region included [mm]
    radius_mm : (n,) float — radius of each at the surface [mm]
    region : shapely Polygon — what is treated [mm]

    """
    spacing = float(np.sqrt(region.area / max(x_mm.size, 1)))
    found = find_gaps(x_mm, y_mm, radius_mm, np.ones(x_mm.size, np.int64), 1, region, spacing)
    return found.largest_gap_at_mm[0], float(found.largest_gap_mm[0])
