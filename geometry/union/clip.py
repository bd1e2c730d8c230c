"""Clipping discs exactly to a polygon: arcs outside the window, and window edges inside discs.

The area of (union of discs) within a window is bounded by arcs that lie inside the window and by the parts of
the window's edges that lie inside discs. Both come from one list of (disc, edge) pairs, and from one decision for
each end of an edge and each crossing: `chords`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from .arcs import CLOSE, NEVER, ROUNDED, paint
from .exact import Pair, minus, product, row, square, subtract, total
from .neighbours import DISCS_AT_ONCE, Floats, Ints

# (depth, pair) entries worked on at once: ten arrays of this length are 40 MB.
ENTRIES_AT_ONCE = 1 << 19
# (disc, edge) entries of the winding number of discs whose centre lies on an edge.
WINDINGS_AT_ONCE = 1 << 20
# Discs below which the tree of edges is asked at once: two buffers of the window cost as much as that many questions.
SIEVED = 512
# Edges looked up this much beyond a disc's reach, as a share of it: more than the tree's distances are off.
BEYOND = 1e-9
# A centre this near to an edge's line, as a share of its way to the edge's ends, counts as on it: then one rule of
# ours says on which side it lies, for all edges. Any share above the 1e-15 that a sign might take to be told does.
ON_LINE = 1e-12
# A centre this near to an edge's end, as a share of the edge, counts as right at it: pairs of floats tell the sides of
# lines to 1e-32 of their length, so that nearer than that the two edges of a corner might contradict each other.
AT_END = 1e-25


class Window(NamedTuple):
    """A polygon as directed edges, its inside on their left."""

    polygon: Polygon | MultiPolygon
    start: Floats  # (E, 2)
    stop: Floats  # (E, 2)
    unit: Floats  # (E, 2)
    angle: Floats  # (E,)
    begin: Floats  # (E,) the stretch that counts, from the foot of the origin, where only a band is asked for
    end: Floats  # (E,)


class Border(NamedTuple):
    """Pairs of discs and the window's edges that they reach, ordered by disc; places count from the centre's foot."""

    window: Window
    disc: Ints
    edge: Ints
    inside: Ints  # how often the window winds about the disc's centre: 1 inside, 0 outside
    left: Floats  # distance of the centre to the left of the edge, never 0 without a sign
    at_start: Floats  # place of the edge's start
    at_stop: Floats
    to_start: Floats  # distance of the centre from the edge's start
    to_stop: Floats


class Chords(NamedTuple):
    """Stretches of edges inside discs: positions of both ends, and whether each is a crossing or the edge's own end."""

    low: Floats
    high: Floats
    low_crosses: NDArray[np.bool_]
    high_crosses: NDArray[np.bool_]


def build_window(polygon: Polygon | MultiPolygon, origin: Floats, low: float, high: float) -> Window:
    """The window's edges; they count for low <= y < high."""
    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(polygon)))
    starts = np.concatenate([shapely.get_coordinates(ring)[:-1] for ring in rings])
    stops = np.concatenate([shapely.get_coordinates(ring)[1:] for ring in rings])
    length = np.hypot(*(stops - starts).T)
    real = length > 0
    starts, stops, length = starts[real], stops[real], length[real]
    unit = (stops - starts) / length[:, None]
    y, rise = starts[:, 1], unit[:, 1]
    level = rise == 0
    foot = ((origin - starts) * unit).sum(axis=1)
    at_low, at_high = ((bound - y) / np.where(level, 1.0, rise) - foot for bound in (low, high))
    counts = (low <= y) & (y < high)
    begin = np.where(level, -np.inf, np.minimum(at_low, at_high))
    end = np.where(level, np.where(counts, np.inf, -np.inf), np.maximum(at_low, at_high))
    shapely.prepare(polygon)
    return Window(polygon, starts, stops, unit, np.arctan2(unit[:, 1], unit[:, 0]), begin, end)


def place_discs(window: Window, centers: Floats, reach: Floats) -> tuple[Ints, Border, Floats]:
    """Discs that matter to the window, their pairs with its edges, and centres (n, 2), those at edges' ends put there.

    Discs well inside are recognised in bulk by a shrunken window, and discs well outside by a grown one; only
    the rest meets the tree of edges.
    """
    if len(reach) < SIEVED:
        kept, unsure = np.zeros(len(reach), dtype=np.bool_), np.arange(len(reach))
    else:
        kept, unsure = _sieve(window, centers, float(reach.max()))
    tree = shapely.STRtree(shapely.linestrings(np.stack((window.start, window.stop), axis=1)))
    points = shapely.points(centers[unsure])
    which, edge = tree.query(points, predicate="dwithin", distance=reach[unsure] * (1 + BEYOND))
    which, edge = which.astype(np.int64), edge.astype(np.int64)
    order = np.lexsort((edge, which))
    disc, edge = unsure[which[order]], edge[order]
    touches = np.zeros(len(unsure), dtype=np.bool_)
    touches[which] = True
    kept[unsure] = touches | shapely.contains_xy(window.polygon, *centers[unsure].T)
    centers = _put_at_ends(window, centers, disc, edge)
    return np.flatnonzero(kept), _border(window, centers, disc, edge), centers


def _put_at_ends(window: Window, centers: Floats, disc: Ints, edge: Ints) -> Floats:
    """Centres (n, 2), those nearer to an end of an edge than sides of lines are told put right there."""
    long = AT_END * np.hypot(*(window.stop[edge] - window.start[edge]).T)
    for ends in (window.start, window.stop):
        way = ends[edge] - centers[disc]
        here = np.flatnonzero(way.any(axis=1) & (np.hypot(*way.T) <= long))
        if len(here):
            centers = centers.copy()
            centers[disc[here]] = ends[edge[here]]
    return centers


def _sieve(window: Window, centers: Floats, largest: float) -> tuple[NDArray[np.bool_], Ints]:
    """Which discs lie well inside the window, and the numbers of those that may reach its edges."""
    # a twentieth more than the largest reach outweighs the chords that a buffer draws for its round corners
    grown, shrunken = window.polygon.buffer(1.05 * largest), window.polygon.buffer(-1.05 * largest)
    shapely.prepare(grown)
    shapely.prepare(shrunken)
    kept = np.empty(len(centers), dtype=np.bool_)
    doubtful = []
    for begin in range(0, len(centers), DISCS_AT_ONCE):
        part = slice(begin, begin + DISCS_AT_ONCE)
        x, y = centers[part].T
        kept[part] = shapely.contains_xy(shrunken, x, y)
        out = np.flatnonzero(~kept[part])
        doubtful.append(begin + out[shapely.contains_xy(grown, x[out], y[out])])
    return kept, np.concatenate(doubtful)


def take_border(border: Border, kept: NDArray[np.bool_], number: Ints) -> Border:
    """Some of the pairs, `number` (n,) being the new numbers of all discs."""
    window, disc, *others = border
    return Border(window, number[disc[kept]], *(values[kept] for values in others))  # type: ignore[arg-type]


def chords(border: Border, centers: Floats, pairs: Ints | slice, radii: Floats) -> tuple[Ints, Ints, Chords]:
    """What of the edges of `pairs` (m,) lies inside their discs, for radii (Z, m): depth, place in pairs, chord.

    An end of an edge is inside or not for both edges that meet there, and a tangent edge is cut or not, by signs of
    differences without loss: however near an end lies to a circle, or a circle to an edge, circle and edges agree.
    """
    away = np.abs(border.left[pairs])
    depth, place = np.nonzero(radii > away * (1.0 - ROUNDED))
    radius, away = radii[depth, place], away[place]
    at_start, at_stop, to_start, to_stop = (
        values[pairs][place] for values in (border.at_start, border.at_stop, border.to_start, border.to_stop)
    )
    # all positive inside the disc
    start, stop, room = radius - to_start, radius - to_stop, (radius - away) * (radius + away)
    close = np.flatnonzero(
        (radius - away < CLOSE * radius) | (np.minimum(np.abs(start), np.abs(stop)) < ROUNDED * radius)
    )
    if len(close):
        disc, edge = border.disc[pairs][place[close]], border.edge[pairs][place[close]]
        start[close], stop[close], room[close] = _close_chords(border.window, centers, disc, edge, radius[close])
    half = np.sqrt(np.maximum(room, 0.0))
    low, high = np.where(start > 0, at_start, -half), np.where(stop > 0, at_stop, half)
    on = np.flatnonzero((start > 0) | (stop > 0) | (room > 0) & (at_start < 0) & (at_stop > 0))
    return depth[on], place[on], Chords(low[on], high[on], start[on] <= 0, stop[on] <= 0)


def _close_chords(
    window: Window, centers: Floats, disc: Ints, edge: Ints, radius: Floats
) -> tuple[Floats, Floats, Floats]:
    """What `chords` takes from radii, by signs or in size, from differences without loss."""
    cross, length, to_start, to_stop = _ways(window, centers[disc], edge)
    square_of = square((radius, np.zeros_like(radius)))
    start, stop = total(square_of, minus(to_start))[0], total(square_of, minus(to_stop))[0]
    room = total(product(square_of, length), minus(square(cross)))[0]
    return start, stop, room / length[0]


def outside_arcs(border: Border, discs: Ints, centers: Floats, radii: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Arcs of `discs` (m,) ascending, with radii (Z, m) outside the window: depth, place in discs, low, high.

    Seen from the disc's centre, what of an edge lies inside the disc hides the window's other side from a part of the
    circle: a point of the circle is wound about as often as the centre, less one for each such stretch before it
    that runs anticlockwise, and one more for each that runs clockwise.
    """
    first = np.searchsorted(border.disc, discs)
    count = np.searchsorted(border.disc, discs, side="right") - first
    which = np.repeat(np.arange(len(discs)), count)
    pairs = np.repeat(first - (np.cumsum(count) - count), count) + np.arange(len(which))
    depth, pair, chord = chords(border, centers, pairs, radii[:, which])
    holder, pair = depth * len(discs) + which[pair], pairs[pair]
    begin, end = _directions(border, centers, pair, chord)
    # a stretch hides half a turn at most, to its own side: what is more has run across the seam at half a turn
    side = np.copysign(1.0, border.left[pair])
    seams = -np.rint((end - begin - 0.5 * np.pi * side) / (2.0 * np.pi))
    winding = np.tile(border.inside[first], len(radii))
    winding -= np.bincount(holder, seams, winding.size).astype(np.int64)
    # ends of edges are no steps: the next edge begins where one ends
    falls, rises = chord.low_crosses, chord.high_crosses
    every = np.flatnonzero(radii.ravel() > 0)
    holder = np.concatenate((every, holder[falls], holder[rises]))
    angle = np.concatenate((np.full(len(every), -np.pi), begin[falls], end[rises]))
    step = np.concatenate((winding[every], np.full(falls.sum(), -1), np.full(rises.sum(), 1)))
    order = np.lexsort((angle, holder))
    holder, angle, step = holder[order], angle[order], step[order]
    so_far = np.cumsum(step)
    new = np.diff(holder, prepend=-1) != 0
    before = (so_far - step)[new][np.cumsum(new) - 1]
    high = np.where(np.append(new[1:], True), np.pi, np.append(angle[1:], np.pi))
    outside = (so_far - before <= 0) & (angle < high)
    depth, k = np.divmod(holder[outside], len(discs))
    return depth, k, angle[outside], high[outside]


def covered_edges(
    border: Border,
    centers: Floats,
    passes: Ints,
    n_passes: int,
    depths: int,
    radii_of: Callable[[Ints, slice], Floats],
    up_to: int,
    local: Floats,
    group: Ints | None,
) -> tuple[Floats, Floats]:
    """Green's terms of the window's edges inside discs, (up_to, Z, n_passes + 2), and lengths times areas in them (Z,).

    Entry [m, z, p] is that of the stretches which pass p covers for the (m + 1)-th time. Positions along an edge and
    its distance count from the origin of the disc's group: `local` (n, 2) are the centres from there.
    """
    window, unit = border.window, border.window.unit[border.edge]
    terms, sizes = np.zeros((up_to, depths, n_passes + 2)), np.zeros(depths)
    x, y = local[border.disc].T
    foot = x * unit[:, 0] + y * unit[:, 1]
    left = border.left - (y * unit[:, 0] - x * unit[:, 1])
    # edges are lines of their own to each group
    line = border.edge if group is None else border.edge + group[border.disc] * len(window.start)
    lines = int(line.max(initial=0)) + 1
    ranks_a_pass = max(len(border.disc), 1)
    rank = passes[border.disc] * ranks_a_pass + np.arange(len(border.disc))
    step = max(1, ENTRIES_AT_ONCE // ranks_a_pass)
    for first in range(0, depths, step):
        rows = slice(first, min(first + step, depths))
        depth, pair, chord = chords(border, centers, slice(None), radii_of(border.disc, rows))
        low = np.maximum(foot[pair] + chord.low, window.begin[border.edge[pair]])
        high = np.minimum(foot[pair] + chord.high, window.end[border.edge[pair]])
        # a stretch shorter than places are told there: what circles lose by it counts as lost here
        gone = np.flatnonzero((low == high) & (chord.low < chord.high))
        sizes += np.bincount(first + depth[gone], np.abs(low[gone] * left[pair[gone]]), depths)
        on = np.flatnonzero(low < high)
        painted = paint(depth[on] * lines + line[pair[on]], low[on], high[on], rank[pair[on]], up_to)
        depth = painted.holder // lines
        for m, ranks in enumerate(painted.ranks):
            covered = np.flatnonzero(ranks != NEVER)
            when, pair = np.divmod(ranks[covered], ranks_a_pass)
            term = 0.5 * (painted.end[covered] - painted.begin[covered]) * left[pair]
            place = (first + depth[covered]) * (n_passes + 2) + when
            terms[m] += np.bincount(place, term, depths * (n_passes + 2)).reshape(depths, n_passes + 2)
            reach = np.maximum(np.abs(painted.begin[covered]), np.abs(painted.end[covered]))
            sizes += np.bincount(first + depth[covered], reach * np.abs(left[pair]), depths)
    return terms, sizes


def _border(window: Window, centers: Floats, disc: Ints, edge: Ints) -> Border:
    """All that does not depend on the radius, of pairs ordered by disc."""
    points, unit = centers[disc], window.unit[edge]
    cross, length, to_start, to_stop = (high for high, _ in _ways(window, points, edge))
    way = window.stop[edge] - window.start[edge]
    left = np.copysign(cross / np.sqrt(length), _side(cross, way[:, 0], way[:, 1]))
    at_start, at_stop = (((ends[edge] - points) * unit).sum(axis=1) for ends in (window.start, window.stop))
    inside = shapely.contains_xy(window.polygon, *points.T).astype(np.int64)
    on_line = cross * cross <= ON_LINE * ON_LINE * length * np.maximum(to_start, to_stop)
    if on_line.any():
        doubtful = np.unique(disc[on_line])
        again = np.isin(disc, doubtful)
        inside[again] = _windings(window, centers[doubtful])[np.searchsorted(doubtful, disc[again])]
    return Border(window, disc, edge, inside, left, at_start, at_stop, np.sqrt(to_start), np.sqrt(to_stop))


def _ways(window: Window, points: Floats, edge: Ints) -> tuple[Pair, Pair, Pair, Pair]:
    """Of points (m, 2) and edges (m,): distance to the left times length; squares of the length and of ways to ends.

    Signs of distances to the left hang on this one order of steps.
    """
    start, stop = window.start[edge].T, window.stop[edge].T
    way, from_start, from_stop = subtract(stop, start), subtract(points.T, start), subtract(points.T, stop)
    length, to_start, to_stop = (
        total(row(squares, 0), row(squares, 1)) for squares in map(square, (way, from_start, from_stop))
    )
    crossed = product(way, (from_start[0][::-1], from_start[1][::-1]))
    return total(row(crossed, 0), minus(row(crossed, 1))), length, to_start, to_stop


def _side(cross: Floats, dx: Floats, dy: Floats) -> Floats:
    """Sign: 1 left of an edge, -1 right of it.

    A centre on the edge's line counts as moved by less than any number to the right, and by far less than that upward.
    """
    return np.where(cross != 0, np.sign(cross), np.where(dy != 0, -np.sign(dy), np.sign(dx)))


def _windings(window: Window, points: Floats) -> Ints:
    """How often the window winds about points (m, 2), by the side of `_side` for points on edges: (m,)."""
    winding = np.zeros(len(points), dtype=np.int64)
    y0, y1 = window.start[:, 1], window.stop[:, 1]
    step = max(1, WINDINGS_AT_ONCE // len(y0))
    for begin in range(0, len(points), step):
        y = points[begin : begin + step, 1, None]
        # edges that a ray to the right may meet
        k, edge = np.nonzero((y0 <= y) != (y1 <= y))
        (cross, _), *_ = _ways(window, points[begin + k], edge)
        dx, dy = (window.stop[edge] - window.start[edge]).T
        side, upward = _side(cross, dx, dy), np.where(dy > 0, 1.0, -1.0)
        winding[begin : begin + step] += np.bincount(k, np.where(side == upward, side, 0.0), len(y)).astype(np.int64)
    return winding


def _directions(border: Border, centers: Floats, pair: Ints, chord: Chords) -> tuple[Floats, Floats]:
    """Directions (m,) from centres to both ends of chords; to an edge's end it is the same float for both its edges."""
    window, turn, found = border.window, 2.0 * np.pi, []
    edge_angle = window.angle[border.edge[pair]]
    for place, crosses, ends in (
        (chord.low, chord.low_crosses, window.start),
        (chord.high, chord.high_crosses, window.stop),
    ):
        angle = edge_angle + np.arctan2(-border.left[pair], place)
        angle[angle > np.pi] -= turn
        angle[angle < -np.pi] += turn
        held = np.flatnonzero(~crosses)
        dx, dy = (ends[border.edge[pair[held]]] - centers[border.disc[pair[held]]]).T
        # an end right at the centre lies to its left, and just below: the centre counts as moved, see _side
        angle[held] = np.where((dx == 0) & (dy == 0), -np.pi, np.arctan2(dy, dx))
        found.append(angle)
    return found[0], found[1]
