"""Where straight lines run through a region.

In: a polygon, a direction, and how far to the side each line lies. Out: the stretches of each line inside the polygon.
Whoever walks along these stretches alone does not pay for what lies beyond a long, thin or bent region.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry import Polygon

from ...geometry.arrays import Array, Ints


class Stretches(NamedTuple):
    """Stretches of lines, line by line and in order along each.

    Parameters
    ----------
    line : (k,) int — which line [-]
    start, end : (k,) float — where the stretch begins and ends, along the direction from the origin [mm]

    """

    line: Ints
    start: Array
    end: Array


def stretches_inside(polygon: Polygon, direction: Array, across_mm: Array) -> Stretches:
    """Return where parallel lines run inside a polygon.

    Parameters
    ----------
    polygon : shapely Polygon — holes are left out [mm]
    direction : (2,) float — unit vector along the lines [-]
    across_mm : (n,) float — distance of each line from the origin, to the left of the direction [mm]

    """
    rings = [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygon)]
    from_u, from_v = _turned(np.concatenate([ring[:-1] for ring in rings]), direction)
    to_u, to_v = _turned(np.concatenate([ring[1:] for ring in rings]), direction)
    order = np.argsort(across_mm)
    place = across_mm[order]
    # An edge meets the lines from its lower end on, that of its upper end left out: every line crosses evenly often.
    first = np.searchsorted(place, np.minimum(from_v, to_v))
    count = np.searchsorted(place, np.maximum(from_v, to_v)) - first
    edge = np.repeat(np.arange(count.size), count)
    met = np.arange(edge.size) + np.repeat(first - (np.cumsum(count) - count), count)
    share = (place[met] - from_v[edge]) / (to_v - from_v)[edge]
    at = from_u[edge] + share * (to_u - from_u)[edge]
    line = order[met]
    sorted_along = np.lexsort((at, line))
    line, at = line[sorted_along], at[sorted_along]
    return Stretches(line[::2], at[::2], at[1::2])


def _turned(points: Array, direction: Array) -> tuple[Array, Array]:
    """Coordinates along a direction and to its left."""
    (x, y), (cos, sin) = points.T, direction
    return x * cos + y * sin, y * cos - x * sin
