"""What stays untouched on a bent zone: how far its points are from the nearest channel, and where none is near.

Points are strewn evenly over the faces; every pass lowers their distances to channels' edges, straight through the air:
over a gap of a few millimetres that is the way along the skin to better than one part in a hundred. In: a chart and
channels, sorted by pass. Out: the same figures as `coverage/gaps.py` gives for a flat region, and the points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ...geometry.arrays import Array, Ints, floats
from ..coverage.gaps import Gaps
from .chart import Chart

POINTS_PER_SPACING = 4  # along the spacing of one pass's needles: the largest gap is then short by a tenth of it
MOST_POINTS = 400_000


@dataclass(frozen=True)
class StrewnPoints:
    """Points over a zone, each standing for the same share of its area but for rounding.

    Parameters
    ----------
    place_mm : (m, 3) float — where they lie [mm]
    face : (m,) int — of the surface [-]
    area_mm2 : (m,) float — that each stands for [mm2]

    """

    place_mm: Array
    face: Ints
    area_mm2: Array


def strewn(chart: Chart, spacing_mm: float) -> StrewnPoints:
    """Return points over a zone, about as far from each other as asked for.

    Parameters
    ----------
    chart : Chart — of the zone [mm]
    spacing_mm : float — between neighbours [mm]

    """
    surface, faces = chart.surface, chart.faces
    area = surface.face_area_mm2[faces]
    each = max(spacing_mm**2, float(area.sum()) / MOST_POINTS)
    # Whole numbers of points whose running sum follows the area: no face is favoured.
    ends = np.rint(np.cumsum(area) / each).astype(np.int64)
    count = np.maximum(np.diff(ends, prepend=0), 0)
    if not count.sum():
        count[np.argmax(area)] = 1
    of = np.repeat(np.arange(faces.size), count)
    number = np.arange(of.size) - np.repeat(np.cumsum(count) - count, count)
    # Additive recurrence in two dimensions, folded into the triangle.
    u = np.mod((number + of * 7 + 0.5) * 0.7548776662466927, 1.0)
    v = np.mod((number + of * 7 + 0.5) * 0.5698402909980532, 1.0)
    over = u + v > 1
    u, v = np.where(over, 1 - u, u), np.where(over, 1 - v, v)
    weights = np.stack([1 - u - v, u, v], axis=1)
    share = np.bincount(of, minlength=faces.size)
    stands = np.divide(area, share, out=np.zeros_like(area), where=share > 0)[of]
    return StrewnPoints(surface.points(faces[of], weights), faces[of], floats(stands * area.sum() / stands.sum()))


def distances_mm(points: Array, place_mm: Array, radius_mm: Array, pass_number: Ints, n_passes: int) -> Array:
    """Return how far points are from the nearest channel's edge after each pass, (P, m); infinite without a channel.

    Parameters
    ----------
    points : (m, 3) float — anywhere [mm]
    place_mm : (n, 3) float — of channels, sorted by pass [mm]
    radius_mm : (n,) float — of each at the surface [mm]
    pass_number : (n,) int — 1 to `n_passes` [-]
    n_passes : int — number of passes [-]

    """
    found = np.full((n_passes, len(points)), np.inf)
    best = np.full(len(points), np.inf)
    ends = np.searchsorted(pass_number, np.arange(n_passes + 1), side="right")
    for number in range(n_passes):
        some = slice(ends[number], ends[number + 1])
        if some.stop > some.start:
            away, which = cKDTree(place_mm[some]).query(points)
            best = np.minimum(best, away - radius_mm[some][which])
        found[number] = best
    return found


def gaps_of(points: StrewnPoints, distance: Array) -> Gaps:
    """Return what stays untouched after every pass.

    Parameters
    ----------
    points : StrewnPoints — over the zone [mm]
    distance : (P, m) float — from `distances_mm` [mm]

    """
    n_passes = len(distance)
    largest, mean, p95 = np.full((3, n_passes), np.nan)
    at = np.full((n_passes, 2), np.nan)
    weight = points.area_mm2 / points.area_mm2.sum()
    for number in np.flatnonzero(np.isfinite(distance).all(axis=1)):
        away = np.maximum(distance[number], 0.0)
        mean[number] = weight @ away
        order = np.argsort(away)
        p95[number] = np.interp(0.95, np.cumsum(weight[order]), away[order])
        largest[number] = 2 * away.max()
    return Gaps(largest, mean, p95, at)
