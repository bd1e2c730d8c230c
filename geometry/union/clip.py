"""Clipping discs exactly to a polygon: arcs outside the window, and window edges inside discs.

The area of (union of discs) within a window is bounded by arcs that lie inside the window and by the parts of
the window's edges that lie inside discs. Both come from one list of (disc, edge) pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon

from .arcs import NEVER, paint
from .neighbours import DISCS_AT_ONCE, Floats, Ints

# (depth, pair) entries worked on at once: ten arrays of this length are 40 MB.
ENTRIES_AT_ONCE = 1 << 19


class Window(NamedTuple):
    """A polygon as directed edges, its inside on their left, in coordinates centred like the discs."""

    polygon: Polygon | MultiPolygon
    start: Floats  # (E, 2)
    unit: Floats  # (E, 2)
    length: Floats  # (E,)
    begin: Floats  # (E,) the stretch of each edge that counts, where only a band of the plane is asked for
    end: Floats  # (E,)


class Border(NamedTuple):
    """The discs that reach the window's edges: pairs ordered by disc."""

    window: Window
    disc: Ints
    edge: Ints
    along: Floats  # foot of the disc's centre on the edge's line, from the edge's start
    away: Floats  # distance of the centre from that line


def build_window(polygon: Polygon | MultiPolygon, origin: Floats, low: float, high: float) -> Window:
    """The window with `origin` moved to (0, 0); edges count for low <= y < high after that."""
    centred = shapely.transform(shapely.orient_polygons(polygon), lambda points: points - origin)
    rings = shapely.get_rings(shapely.get_parts(centred))
    starts = np.concatenate([shapely.get_coordinates(ring)[:-1] for ring in rings])
    ends = np.concatenate([shapely.get_coordinates(ring)[1:] for ring in rings])
    length = np.hypot(*(ends - starts).T)
    real = length > 0
    shapely.prepare(centred)
    starts, ends, length = starts[real], ends[real], length[real]
    unit = (ends - starts) / length[:, None]
    y, rise = starts[:, 1], unit[:, 1]
    level = rise == 0
    at_low, at_high = ((bound - y) / np.where(level, 1.0, rise) for bound in (low, high))
    begin = np.where(level, 0.0, np.clip(np.minimum(at_low, at_high), 0.0, length))
    end = np.where(
        level,
        np.where((low <= y) & (y < high), length, 0.0),
        np.clip(np.maximum(at_low, at_high), 0.0, length),
    )
    return Window(centred, starts, unit, length, begin, end)


def place_discs(window: Window, centers: Floats, reach: Floats) -> tuple[Ints, Border]:
    """Discs that matter to the window, and their pairs with its edges.

    Discs well inside are recognised in bulk by a shrunken window, and discs well outside by a grown one; only
    the rest meets the tree of edges.
    """
    largest = float(reach.max())
    # a twentieth more than the largest reach outweighs the chords that a buffer draws for its round corners
    grown, shrunken = window.polygon.buffer(1.05 * largest), window.polygon.buffer(-1.05 * largest)
    shapely.prepare(grown)
    shapely.prepare(shrunken)
    kept = np.empty(len(reach), dtype=np.bool_)
    doubtful = []
    for begin in range(0, len(reach), DISCS_AT_ONCE):
        part = slice(begin, begin + DISCS_AT_ONCE)
        x, y = centers[part].T
        kept[part] = shapely.contains_xy(shrunken, x, y)
        out = np.flatnonzero(~kept[part])
        doubtful.append(begin + out[shapely.contains_xy(grown, x[out], y[out])])
    unsure = np.concatenate(doubtful)
    ends = window.start + window.unit * window.length[:, None]
    tree = shapely.STRtree(shapely.linestrings(np.stack((window.start, ends), axis=1)))
    points = shapely.points(centers[unsure])
    which, edge = tree.query(points, predicate="dwithin", distance=reach[unsure] * (1 + 1e-9))
    which, edge = which.astype(np.int64), edge.astype(np.int64)
    order = np.argsort(which, kind="stable")
    disc, edge = unsure[which[order]], edge[order]
    touches = np.zeros(len(unsure), dtype=np.bool_)
    touches[which] = True
    kept[unsure] = touches | shapely.contains_xy(window.polygon, *centers[unsure].T)
    offset = centers[disc] - window.start[edge]
    unit = window.unit[edge]
    along = offset[:, 0] * unit[:, 0] + offset[:, 1] * unit[:, 1]
    away = np.abs(offset[:, 0] * unit[:, 1] - offset[:, 1] * unit[:, 0])
    return np.flatnonzero(kept), Border(window, disc, edge, along, away)


def outside_arcs(
    border: Border, discs: Ints, centers: Floats, radii: Floats, tolerance: float
) -> tuple[Ints, Ints, Floats, Floats]:
    """Arcs of `discs` (m,) ascending, with radii (Z, m) outside the window: depth, place in discs, low, high.

    The circle is cut where it crosses or touches edges, and each piece is told by its midpoint, which then is
    off all edges; a cut too many, at a corner say, does no harm.
    """
    first = np.searchsorted(border.disc, discs)
    count = np.searchsorted(border.disc, discs, side="right") - first
    which = np.repeat(np.arange(len(discs)), count)
    pair = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(len(which))
    edge, along = border.edge[pair], border.along[pair]
    radius, away = radii[:, which], border.away[pair]
    half = np.sqrt(np.where(radius > away + tolerance, (radius - away) * (radius + away), 0.0))
    holders, angles = [], []
    for crossing in (along - half, along + half):
        on_edge = (crossing >= -tolerance) & (crossing <= border.window.length[edge] + tolerance)
        depth, k = np.nonzero(on_edge & (radius >= away - tolerance) & (radius > 0))
        point = border.window.start[edge[k]] + border.window.unit[edge[k]] * crossing[depth, k, None]
        ray = point - centers[discs[which[k]]]
        holders.append(depth * len(discs) + which[k])
        angles.append(np.arctan2(ray[:, 1], ray[:, 0]))
    every = np.flatnonzero(radii.ravel() > 0)
    holder = np.concatenate((*holders, every, every))
    angle = np.concatenate((*angles, np.full(len(every), -np.pi), np.full(len(every), np.pi)))
    order = np.lexsort((angle, holder))
    holder, angle = holder[order], angle[order]
    piece = np.flatnonzero((holder[1:] == holder[:-1]) & (angle[1:] > angle[:-1]))
    holder, low, high = holder[piece], angle[piece], angle[piece + 1]
    depth, k = np.divmod(holder, len(discs))
    middle, radius = 0.5 * (low + high), radii[depth, k]
    x = centers[discs[k], 0] + radius * np.cos(middle)
    y = centers[discs[k], 1] + radius * np.sin(middle)
    outside = ~shapely.contains_xy(border.window.polygon, x, y)
    return depth[outside], k[outside], low[outside], high[outside]


def covered_edges(
    border: Border,
    passes: Ints,
    n_passes: int,
    depths: int,
    radii_of: Callable[[Ints, slice], Floats],
    up_to: int,
    tolerance: float,
) -> Floats:
    """Green's terms of the window's edges inside discs: (up_to, Z, n_passes + 2).

    Entry [m, z, p] is that of the stretches which pass p covers for the (m + 1)-th time.
    """
    window = border.window
    terms = np.zeros((up_to, depths, n_passes + 2))
    area_per_length = 0.5 * (window.start[:, 0] * window.unit[:, 1] - window.start[:, 1] * window.unit[:, 0])
    rank = passes[border.disc] * len(border.disc) + np.arange(len(border.disc))
    step = max(1, ENTRIES_AT_ONCE // max(len(border.disc), 1))
    for begin in range(0, depths, step):
        rows = slice(begin, min(begin + step, depths))
        radius = radii_of(border.disc, rows)
        depth, pair = np.nonzero(radius > border.away + tolerance)
        radius, away, along = radius[depth, pair], border.away[pair], border.along[pair]
        edge = border.edge[pair]
        half = np.sqrt((radius - away) * (radius + away))
        low, high = np.maximum(along - half, window.begin[edge]), np.minimum(along + half, window.end[edge])
        on = low < high
        holder = depth * len(window.length) + edge
        painted = paint(holder[on], low[on], high[on], rank[pair][on], up_to)
        depth, edge = np.divmod(painted.holder, len(window.length))
        term = (painted.end - painted.begin) * area_per_length[edge]
        for m, ranks in enumerate(painted.ranks):
            when = np.where(ranks == NEVER, n_passes + 1, ranks // max(len(border.disc), 1))
            place = (begin + depth) * (n_passes + 2) + when
            terms[m] += np.bincount(place, term, depths * (n_passes + 2)).reshape(depths, n_passes + 2)
    return terms
