"""How evenly channels lie: their number in cells of 5 mm, after each pass, and how much it would vary by chance.

In: channels and the region. Out: coefficients of variation over passes. Whole cells count alone: a cell that the border
cuts holds fewer channels because it is smaller.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from ...geometry.arrays import Array, Ints

CELL_MM = 5.0  # what an eye takes in as one place: about a quarter of a drum's width
LEAST_CELLS = 2
ROUNDING_MM = 1e-9  # of the region's border


@dataclass(frozen=True)
class Evenness:
    """Spread of the number of channels over cells after each pass; NaN with fewer than two cells or no channel.

    Parameters
    ----------
    variation : (P,) float — standard deviation over mean of the numbers in the cells [-]
    by_chance : (P,) float — the same, expected of as many channels thrown at random [-]

    """

    variation: Array
    by_chance: Array


def whole_cells(region: Polygon, side_mm: float = CELL_MM) -> tuple[Array, Array]:
    """Return the lower corners of the square cells that lie in a region as a whole, laid out from its middle.

    Parameters
    ----------
    region : shapely Polygon — what is treated [mm]
    side_mm : float — of a cell [mm]

    Returns
    -------
    x, y : (C,) float — corners [mm]

    """
    low_x, low_y, high_x, high_y = region.bounds
    counts = [max(int((high - low) / side_mm + ROUNDING_MM), 0) for low, high in ((low_x, high_x), (low_y, high_y))]
    starts = ((low_x + high_x - counts[0] * side_mm) / 2, (low_y + high_y - counts[1] * side_mm) / 2)
    sides = (start + side_mm * np.arange(count) for start, count in zip(starts, counts, strict=True))
    x, y = (grid.ravel() for grid in np.meshgrid(*sides, indexing="ij"))
    grown = region.buffer(ROUNDING_MM)
    shapely.prepare(grown)
    inside = shapely.covers(grown, shapely.box(x, y, x + side_mm, y + side_mm))
    return x[inside], y[inside]


def evenness_of(
    x_mm: Array, y_mm: Array, pass_number: Ints, n_passes: int, region: Polygon, side_mm: float = CELL_MM
) -> Evenness:
    """Return how much the number of channels varies from cell to cell after each pass.

    Parameters
    ----------
    x_mm, y_mm : (n,) float — centres of the channels [mm]
    pass_number : (n,) int — pass that made each, 1 to P [-]
    n_passes : int — P [-]
    region : shapely Polygon — what is treated [mm]
    side_mm : float — of a cell [mm]

    """
    left, low = whole_cells(region, side_mm)
    if left.size < LEAST_CELLS:
        return Evenness(np.full(n_passes, np.nan), np.full(n_passes, np.nan))
    # Cells lie on one grid: a channel's cell is found by its column and row.
    origin = np.array([left.min(), low.min()])
    column, row = (np.floor((np.stack([x_mm, y_mm]) - origin[:, None]) / side_mm)).astype(np.int64)
    rows = int(np.rint((low.max() - origin[1]) / side_mm)) + 1
    columns = int(np.rint((left.max() - origin[0]) / side_mm)) + 1
    place = np.full((columns, rows), -1, dtype=np.int64)
    place[np.rint((left - origin[0]) / side_mm).astype(int), np.rint((low - origin[1]) / side_mm).astype(int)] = (
        np.arange(left.size)
    )
    on_grid = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    cell = place[column[on_grid], row[on_grid]]
    number = pass_number[on_grid][cell >= 0] - 1
    counts = np.bincount(number * left.size + cell[cell >= 0], minlength=n_passes * left.size)
    counted = counts.reshape(n_passes, left.size).cumsum(axis=0)
    mean = counted.mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        variation = np.where(mean > 0, counted.std(axis=1, ddof=1) / mean, np.nan)
        by_chance = np.where(mean > 0, mean**-0.5, np.nan)
    return Evenness(variation, by_chance)
