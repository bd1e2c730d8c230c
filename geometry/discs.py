"""Exact area of a union of discs, clipped to a polygon, cumulative over passes and for many depths.

Green's theorem turns area into a sum over boundary arcs. A circle that joins in pass p counts whole from p on;
each of its arcs is taken out again from the first pass on whose discs cover it. So one look at every arc
serves all passes, and one neighbour search serves all depths.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, Polygon

from .arcs import NEVER, Arcs, contacts, paint, unroll
from .burial import CROWDED, unburied
from .clip import Border, build_window, covered_edges, outside_arcs, place_discs
from .neighbours import Catalogue, Floats, Ints, Pairs, blocks, build_catalogue, crowding, pairs_of_block

# Entries (depth, disc) worked on at once: radii and a handful of temporaries stay within some 100 MB.
ENTRIES_AT_ONCE = 1 << 20
# Discs in one block: the temporaries of the search stay within the cache.
DISCS_AT_ONCE = 1 << 15
# Roundings in a distance between centred coordinates; contacts nearer to tangency than this count as tangent.
ROUNDINGS = 8.0 * np.finfo(np.float64).eps

Radii = Callable[[Ints, slice], Floats]  # (disc numbers, depth rows) -> (Z, m) radii [mm]
Window = Polygon | MultiPolygon


class Discs(NamedTuple):
    """Discs about a common origin; `radii_of` gives the radii of some of them at some depths."""

    centers: Floats
    passes: Ints
    reach: Floats
    radii_of: Radii
    depths: int


class Treated(NamedTuple):
    """Discs with all that does not depend on the block of discs in hand."""

    discs: Discs
    catalogue: Catalogue
    border: Border | None
    at_border: NDArray[np.bool_]
    n_passes: int
    tolerance: float


def cumulative_areas(discs: Discs, n_passes: int, window: Window | None, up_to: int) -> Floats:
    """Areas (up_to, P, Z) that discs of passes 1..p cover at least 1, 2, ... up_to times."""
    covered = np.zeros((up_to, n_passes, discs.depths))
    discs = _take(discs, np.flatnonzero(discs.reach > 0))
    if len(discs.reach) == 0:
        return covered
    x, y = discs.centers.T
    origin = 0.5 * np.array([x.min() + x.max(), y.min() + y.max()])
    discs = discs._replace(centers=discs.centers - origin)
    border = None
    if window is not None:
        kept, border = place_discs(build_window(window, origin), discs.centers, discs.reach)
        if len(kept) == 0:
            return covered
        border = border._replace(disc=np.searchsorted(kept, border.disc))
        discs = _take(discs, kept)
    catalogue = build_catalogue(discs.centers, discs.reach)
    if up_to == 1 and crowding(catalogue) > CROWDED:
        for z in range(discs.depths):
            covered[0, :, z] = _crowded_area(discs, z, n_passes, border)
        return covered
    return _areas(discs, catalogue, border, n_passes, up_to)


def _crowded_area(discs: Discs, z: int, n_passes: int, border: Border | None) -> Floats:
    """Area (P,) at one depth after leaving out discs that others bury."""
    radii = discs.radii_of(np.arange(len(discs.reach)), slice(z, z + 1))[0]
    seen = unburied(discs.centers, radii, discs.passes)
    if len(seen) == 0:
        return np.zeros(n_passes)
    shown = Discs(discs.centers[seen], discs.passes[seen], radii[seen], lambda ids, _: radii[seen[ids]][None], 1)
    if border is not None:
        number = np.full(len(radii), -1)
        number[seen] = np.arange(len(seen))
        left = number[border.disc] >= 0
        border = Border(
            border.window, number[border.disc[left]], border.edge[left], border.along[left], border.away[left]
        )
    return _areas(shown, build_catalogue(shown.centers, shown.reach), border, n_passes, 1)[0, :, 0]


def _areas(discs: Discs, catalogue: Catalogue, border: Border | None, n_passes: int, up_to: int) -> Floats:
    """(up_to, P, Z): whole circles, less covered arcs, plus covered edges, block by block."""
    scale = float(np.abs(discs.centers).max() + discs.reach.max())
    at_border = np.zeros(len(discs.reach), dtype=np.bool_)
    if border is not None:
        at_border[border.disc] = True
        scale += float(np.abs(border.window.start).max())
    treated = Treated(discs, catalogue, border, at_border, n_passes, ROUNDINGS * scale)
    # entry [m, z, p]: Green's terms that pass p adds to the boundary of the region covered m times or more,
    # m = 0 being the whole circles; an arc leaves one such boundary for the next when it is covered once more
    terms = np.zeros((up_to + 1, discs.depths, n_passes + 2))
    size = max(1, min(DISCS_AT_ONCE, ENTRIES_AT_ONCE // discs.depths))
    _add_circles(terms[0], discs, size)
    for number, block in blocks(catalogue, size):
        pairs = pairs_of_block(catalogue, number, block, discs.centers, discs.reach)
        _add_block(terms, treated, block, pairs)
    area = terms[:-1] - terms[1:]
    if border is not None:
        area += covered_edges(
            border, discs.passes, n_passes, discs.depths, discs.radii_of, up_to, treated.tolerance
        )
    cumulative = np.cumsum(area[:, :, 1 : n_passes + 1], axis=2)
    return np.ascontiguousarray(np.swapaxes(np.maximum(cumulative, 0.0), 1, 2))


def _add_circles(terms: Floats, discs: Discs, size: int) -> None:
    """Green's terms (Z, P + 2) of whole circles: their areas, taken in the order in which they are stored."""
    for begin in range(0, len(discs.reach), size):
        ids = np.arange(begin, min(begin + size, len(discs.reach)))
        for z, row in enumerate(discs.radii_of(ids, slice(0, discs.depths))):
            terms[z] += np.bincount(discs.passes[ids], np.pi * row * row, terms.shape[1])


def _add_block(terms: Floats, treated: Treated, block: Ints, pairs: Pairs) -> None:
    """Green's terms of the circles of one block of discs."""
    discs = treated.discs
    every = slice(0, discs.depths)
    here = block[pairs.own]
    earlier = (discs.passes[pairs.other] < discs.passes[here]) | (
        (discs.passes[pairs.other] == discs.passes[here]) & (pairs.other < here)
    )
    arcs = contacts(pairs, discs.radii_of(here, every), discs.radii_of(pairs.other, every), earlier, treated.tolerance)
    holder = arcs.depth * len(block) + pairs.own[arcs.pair]  # one circle at one depth
    new = np.flatnonzero(np.diff(holder, prepend=-1, append=-1))
    alone = np.repeat(np.diff(new) == 1, np.diff(new)) & ~treated.at_border[here[arcs.pair]]
    _add_single_arcs(terms, discs, block, pairs, Arcs(*(field[alone] for field in arcs)))
    _add_painted_arcs(terms, treated, block, pairs, Arcs(*(field[~alone] for field in arcs)))


def _add_single_arcs(terms: Floats, discs: Discs, block: Ints, pairs: Pairs, arcs: Arcs) -> None:
    """Circles with one covered arc: no ends to sort, and the closed form of the arc's term."""
    pair = arcs.pair
    own = block[pairs.own[pair]]
    toward = discs.centers[own, 0] * pairs.dx[pair] + discs.centers[own, 1] * pairs.dy[pair]
    toward /= np.where(pairs.distance[pair] > 0, pairs.distance[pair], 1.0)
    term = arcs.radius * arcs.radius * arcs.half_angle + arcs.half_chord * toward
    when = np.maximum(discs.passes[own], discs.passes[pairs.other[pair]])
    _add(terms[1], arcs.depth, when, term)


def _add_painted_arcs(
    terms: Floats, treated: Treated, block: Ints, pairs: Pairs, arcs: Arcs
) -> None:
    """Circles with several covered arcs, or with arcs outside the window (which count as covered before pass 1)."""
    discs, n_passes = treated.discs, treated.n_passes
    pair = arcs.pair
    middle = np.arctan2(pairs.dy[pair], pairs.dx[pair])
    ranks_a_pass = len(pair) + 1
    rank = discs.passes[pairs.other[pair]] * ranks_a_pass + np.arange(len(pair))
    holder = arcs.depth * len(block) + pairs.own[pair]
    radius_of = np.empty(discs.depths * len(block))  # filled for the few circles in hand
    radius_of[holder] = arcs.radius
    holder, low, high, rank = unroll(holder, middle, arcs.half_angle, rank)
    at_border = np.flatnonzero(treated.at_border[block])
    if treated.border is not None and len(at_border):
        radii = discs.radii_of(block[at_border], slice(0, discs.depths))
        depth, k, out_low, out_high = outside_arcs(
            treated.border, block[at_border], discs.centers, radii, treated.tolerance
        )
        outside = depth * len(block) + at_border[k]
        radius_of[outside] = radii[depth, k]
        holder = np.concatenate((holder, outside))
        low, high = np.concatenate((low, out_low)), np.concatenate((high, out_high))
        rank = np.concatenate((rank, np.zeros(len(k), dtype=np.int64)))
    if len(holder) == 0:
        return
    painted = paint(holder, low, high, rank, len(terms) - 1)
    depth, k = np.divmod(painted.holder, len(block))
    own, radius = block[k], radius_of[painted.holder]
    x, y = discs.centers[own].T
    angle_term = radius * radius * (painted.end - painted.begin)
    chord_term = x * (np.sin(painted.end) - np.sin(painted.begin)) - y * (np.cos(painted.end) - np.cos(painted.begin))
    term = 0.5 * (angle_term + radius * chord_term)
    off_window = painted.ranks[0] == 0
    for m, ranks in enumerate(painted.ranks):
        when = np.where(ranks == NEVER, n_passes + 1, np.maximum(ranks // ranks_a_pass, discs.passes[own]))
        _add(terms[m + 1], depth, np.where(off_window, discs.passes[own], when), term)


def _add(terms: Floats, depth: Ints, when: Ints, term: Floats) -> None:
    depths, passes = terms.shape
    terms += np.bincount(depth * passes + when, term, depths * passes).reshape(depths, passes)


def _take(discs: Discs, kept: Ints) -> Discs:
    """Some of the discs, renumbered."""
    if len(kept) == len(discs.reach):
        return discs
    radii_of = discs.radii_of
    return Discs(
        discs.centers[kept],
        discs.passes[kept],
        discs.reach[kept],
        lambda ids, rows: radii_of(kept[ids], rows),
        discs.depths,
    )


def union_area(centers: ArrayLike, radii: ArrayLike, window: Window | None = None) -> float:
    radii = _radii("radii", radii, 1)
    points = _points(centers)
    return float(union_area_table(points, np.ones(len(points), dtype=np.int64), radii[None], window)[0, 0])


def union_area_table(centers, passes, radii, window=None, *, n_passes=None):
    return multiplicity_table(centers, passes, radii, window, up_to=1, n_passes=n_passes)[0]


def multiplicity_table(centers, passes, radii, window=None, up_to=3, *, n_passes=None):
    points = np.asarray(centers, float)
    radii = np.asarray(radii, float)
    passes = np.asarray(passes)
    P = n_passes or passes.max()
    d = Discs(points, passes, radii.max(axis=0), lambda ids, rows: radii[rows].take(ids, axis=1), len(radii))
    return cumulative_areas(d, P, window, up_to)


def _points(c):
    return np.asarray(c, float)


def _radii(n, r, d):
    return np.asarray(r, float)
