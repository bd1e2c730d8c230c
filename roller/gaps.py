"""What stays untouched: the largest gap between channels, and how far a point is from the nearest one.

The region is laid out in cells, and every pass writes the distance to its channels' edges into the cells around them.
The distance changes by no more than a point moves; so a cell whose middle is nearer to a channel than the best middle
by more than half its diagonal can't hold the largest gap. The few others are split until the gap is known to
`GAP_TOLERANCE_MM`.

In: channels sorted by pass. Out: arrays over passes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import Polygon

from ..geometry.arrays import Array, Flags, Ints

CELLS_PER_SPACING = 6  # cells along the spacing of one pass's needles: the mean distance is then good to 1 %
SPLIT = 4  # a cell that may hold the largest gap splits into 4 x 4
GAP_TOLERANCE_MM = 0.001


@dataclass(frozen=True)
class Gaps:
    """Untouched skin after each pass; NaN as long as there is no channel.

    Parameters
    ----------
    largest_gap_mm : (P,) float — diameter of the largest untouched disc centred in the region [mm]
    mean_distance_to_channel_mm : (P,) float — from a point to the nearest channel's edge, 0 inside [mm]
    p95_distance_to_channel_mm : (P,) float — 95 % of the region is nearer than this [mm]

    """

    largest_gap_mm: Array
    mean_distance_to_channel_mm: Array
    p95_distance_to_channel_mm: Array


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
    x, y = cells.middles(np.arange(shape[0] * shape[1])).T
    inside = shapely.contains_xy(region, x, y)
    near = shapely.contains_xy(region.buffer(side), x, y)
    return _Cells(origin, side, shape, inside, near)


def _write(distance: Array, cells: _Cells, x: Array, y: Array, radius: Array, reach: float) -> None:
    """Lower the distances in the cells within `reach` of the channels."""
    steps = int(np.ceil(reach / cells.side)) + 1
    offset = np.stack(np.meshgrid(*[np.arange(-steps, steps + 1)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    offset = offset[np.hypot(*offset.T) <= reach / cells.side + 1]
    place = (np.stack([x, y], axis=1) - cells.origin) / cells.side
    nearest = np.rint(place).astype(np.int64)
    cell = nearest[:, None, :] + offset
    on_grid = ((cell >= 0) & (cell < cells.shape)).all(axis=2)
    away = cells.side * np.hypot(*np.moveaxis(cell - place[:, None, :], 2, 0)) - radius[:, None]
    index = cell[..., 0] * cells.shape[1] + cell[..., 1]
    np.minimum.at(distance, index[on_grid], away[on_grid])


def _largest(
    middles: Array, distance: Array, side: float, obstacles: tuple[cKDTree, Array, int], region: Polygon
) -> float:
    """Split cells until the largest distance is known; `obstacles`: tree of centres, radii, how many count."""
    tree, radius, count = obstacles
    best = 0.0
    while middles.size:
        inside = shapely.contains_xy(region, *middles.T)
        best = max(best, distance[inside].max(initial=0.0))
        half_diagonal = side / np.sqrt(2)
        if half_diagonal < GAP_TOLERANCE_MM / 2:
            break
        hopeful = distance + half_diagonal > best + GAP_TOLERANCE_MM / 4
        middles, distance = middles[hopeful], distance[hopeful]
        # Whatever is nearest to a point of the cell lies within this of the cell's middle.
        reach = distance + 2 * half_diagonal + radius.max()
        around = tree.query_ball_point(middles, reach)
        owner = np.repeat(np.arange(len(middles)), [len(found) for found in around])
        found = np.fromiter((index for found in around for index in found), np.int64, owner.size)
        owner, found = owner[found < count], found[found < count]
        side /= SPLIT
        ticks = side * (np.arange(SPLIT) - (SPLIT - 1) / 2)
        parts = np.stack(np.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        points = middles[:, None, :] + parts
        away = np.hypot(*np.moveaxis(points[owner] - tree.data[found][:, None, :], 2, 0)) - radius[found][:, None]
        nearest = np.full(points.shape[:2], np.inf)
        np.minimum.at(nearest, owner, away)
        middles, distance = points.reshape(-1, 2), nearest.ravel()
    return 2 * best


def gaps(
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
    if not x_mm.size:
        return Gaps(largest, mean, p95)
    cells = _lay_cells(region, min(spacing_mm / CELLS_PER_SPACING, np.sqrt(region.area) / CELLS_PER_SPACING))
    distance = np.full(cells.near.size, np.inf)
    tree = cKDTree(np.stack([x_mm, y_mm], axis=1))
    ends = np.searchsorted(pass_number, np.arange(n_passes + 1), side="right")
    reach = 1.5 * spacing_mm
    for number, (start, stop) in enumerate(pairwise(ends)):
        _write(distance, cells, x_mm[start:stop], y_mm[start:stop], radius_mm[start:stop], reach)
        far = np.flatnonzero(cells.near & (distance > reach))
        if stop and far.size:
            # Skipped contacts leave cells that no channel of this pass reaches: look further, for these only.
            seen = cKDTree(tree.data[:stop])
            away, index = seen.query(cells.middles(far))
            distance[far] = away - radius_mm[:stop][index]
        if not stop:
            continue
        inner = np.maximum(distance[cells.inside], 0.0)
        mean[number], p95[number] = inner.mean(), np.quantile(inner, 0.95)
        near = np.flatnonzero(cells.near)
        largest[number] = _largest(cells.middles(near), distance[near], cells.side, (tree, radius_mm, stop), region)
        reach = float(distance[near].max()) + radius_mm.max()
    return Gaps(largest, mean, p95)
