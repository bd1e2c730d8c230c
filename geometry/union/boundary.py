"""Green's theorem over the boundary arcs of discs: areas cumulative over passes, for many depths at once.

Green's theorem turns area into a sum over boundary arcs. A circle that joins in pass p counts whole from p
on; each of its arcs is taken out again from the first pass on whose discs cover it. So one look at every arc
serves all passes, and one neighbour search serves all depths.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon

from .arcs import NEVER, Arcs, contacts, paint, runs, some_arcs, unroll
from .burial import CROWDED, unburied
from .clip import Border, build_window, covered_edges, outside_arcs, place_discs, take_border
from .neighbours import (
    DISCS_AT_ONCE,
    Catalogue,
    Floats,
    Ints,
    Pairs,
    blocks,
    build_catalogue,
    crowding,
    pairs_of_block,
)

# Entries (depth, disc) worked on at once: radii and a handful of temporaries stay in the cache, which saves a third of
# the time of blocks sixteen times as large.
ENTRIES_AT_ONCE = 1 << 18  # a quarter of it costs a roller half as much again, four times it gains nothing
# Where more candidates per disc are met than this, as along the tracks of a pen, arcs would fill the cache:
# blocks then hold as many discs less as candidates are more than `SPARSE`. 9 is a disc that meets none.
CLOSE, SPARSE = 13.0, 4.0
# Terms added up one after the other, before such sums are: thousands of equal ones would lose digits to one side.
TERMS_IN_A_ROW = 256

Radii = Callable[[Ints, slice], Floats]  # (disc numbers, depth rows) -> (Z, m) radii [mm]
Window: TypeAlias = Polygon | MultiPolygon


class Discs(NamedTuple):
    """Discs; `radii_of` gives radii of some of them at some depths, `reach` the largest radius of each."""

    centers: Floats
    passes: Ints
    reach: Floats
    radii_of: Radii
    depths: int


class Band(NamedTuple):
    """Low <= y < high: circles with their centre in it and stretches of window edge in it are summed."""

    low: float
    high: float


PLANE = Band(-np.inf, np.inf)


class Terms(NamedTuple):
    """Areas (up_to, P, Z) that discs of passes 1..p cover at least 1, 2, ... up_to times, or a band's part in them.

    `sizes` (Z,) bounds the sum of all that was added up, each as large as its parts: areas are good to a few of its
    roundings.
    """

    areas: Floats
    sizes: Floats


class Treated(NamedTuple):
    """Discs with all that does not depend on the block of discs in hand."""

    discs: Discs
    local: Floats  # (n, 2) centres from the origin of their group, for Green's terms alone
    catalogue: Catalogue
    border: Border | None
    at_border: NDArray[np.bool_]
    n_passes: int
    farthest: float  # no part of a disc is farther from its origin


def middle_of(points: Floats) -> Floats:
    """An origin for Green's terms: the middle of the field, to keep digits."""
    x, y = points.T
    return 0.5 * np.array([x.min() + x.max(), y.min() + y.max()])


def band_terms(
    discs: Discs,
    n_passes: int,
    window: Window | None,
    up_to: int,
    origins: Floats,
    group: Ints | None = None,
    band: Band = PLANE,
) -> Terms:
    """The part of one band in the areas; bands that tile the plane add up to them.

    `discs` must hold all that meet the discs of the band. Green's terms count from an origin, (1, 2) for all bands,
    or from that of each disc's `group`, (m, 2) with (n,) numbers: discs of different groups must not meet.
    """
    covered = Terms(np.zeros((up_to, n_passes, discs.depths)), np.zeros(discs.depths))
    present = np.flatnonzero(discs.reach > 0)
    border = None
    discs, group = _take(discs, present), None if group is None else group[present]
    if window is not None and len(present):
        edges = build_window(window, origins[0], *band)
        kept, border, placed = place_discs(edges, discs.centers, discs.reach)
        border = border._replace(disc=np.searchsorted(kept, border.disc))
        discs, group = _take(discs._replace(centers=placed), kept), None if group is None else group[kept]
    if len(discs.reach) == 0:
        return covered
    catalogue = build_catalogue(discs.centers, discs.reach)
    if up_to == 1 and crowding(catalogue) > CROWDED:
        for z in range(discs.depths):
            _crowded_terms(covered, discs, z, n_passes, border, origins, group, band)
        return covered
    return _terms(discs, catalogue, border, n_passes, up_to, origins, group, band)


def _crowded_terms(
    covered: Terms,
    discs: Discs,
    z: int,
    n_passes: int,
    border: Border | None,
    origins: Floats,
    group: Ints | None,
    band: Band,
) -> None:
    """Terms at one depth after leaving out discs that others bury."""
    radii = discs.radii_of(np.arange(len(discs.reach)), slice(z, z + 1))[0]
    present = np.flatnonzero(radii > 0)
    if len(present) == 0:
        return
    seen = present[unburied(discs.centers[present], radii[present], discs.passes[present])]
    shown = Discs(discs.centers[seen], discs.passes[seen], radii[seen], lambda ids, _: radii[seen[ids]][None], 1)
    if border is not None:
        number = np.full(len(radii), -1)
        number[seen] = np.arange(len(seen))
        border = take_border(border, number[border.disc] >= 0, number)
    catalogue = build_catalogue(shown.centers, shown.reach)
    areas, sizes = _terms(shown, catalogue, border, n_passes, 1, origins, None if group is None else group[seen], band)
    # a buried disc may stick out of its covers by some roundings of their radii
    covered.areas[0, :, z], covered.sizes[z] = areas[0, :, 0], sizes[0] + 4.0 * np.pi * np.sum(radii[seen] ** 2)


def _terms(
    discs: Discs,
    catalogue: Catalogue,
    border: Border | None,
    n_passes: int,
    up_to: int,
    origins: Floats,
    group: Ints | None,
    band: Band,
) -> Terms:
    """Circles, less covered arcs, plus covered edges, block by block."""
    at_border = np.zeros(len(discs.reach), dtype=np.bool_)
    if border is not None:
        at_border[border.disc] = True
    local = discs.centers - (origins if group is None else origins[group])
    farthest = float(max(local.max(), -local.min()) + discs.reach.max())
    treated = Treated(discs, local, catalogue, border, at_border, n_passes, farthest)
    # entry [m, z, p]: Green's terms that pass p adds to the boundary of the region covered m times or more,
    # m = 0 being the whole circles; an arc leaves one such boundary for the next when it is covered once more
    terms = np.zeros((up_to + 1, discs.depths, n_passes + 2))
    sizes = np.zeros(discs.depths)
    size = max(1, min(DISCS_AT_ONCE, ENTRIES_AT_ONCE // discs.depths))
    met = crowding(catalogue)
    at_once = max(1, int(size * SPARSE / met)) if met > CLOSE else size
    y = discs.centers[:, 1]
    owned = (band.low <= y) & (y < band.high)
    _add_circles(terms[0], sizes, discs, np.flatnonzero(owned), size)
    for number, places in blocks(catalogue, at_once):
        places = places[owned.take(catalogue.ids.take(places))]
        if len(places):
            pairs = pairs_of_block(catalogue, number, places)
            _add_block(terms, sizes, treated, catalogue.ids.take(places), pairs)
    area = terms[:-1] - terms[1:]
    if border is not None:
        along, sizes_along = covered_edges(
            border, discs.centers, discs.passes, n_passes, discs.depths, discs.radii_of, up_to, local, group
        )
        area += along
        sizes += sizes_along
    cumulative = np.cumsum(area[:, :, 1 : n_passes + 1], axis=2)
    return Terms(np.ascontiguousarray(np.swapaxes(cumulative, 1, 2)), sizes)


def _add_circles(terms: Floats, sizes: Floats, discs: Discs, owned: Ints, size: int) -> None:
    """Green's terms (Z, P + 2) of whole circles: their areas, taken in the order in which they are stored."""
    for begin in range(0, len(owned), size):
        ids = owned[begin : begin + size]
        run = np.arange(len(ids)) // TERMS_IN_A_ROW
        place, shape = run * terms.shape[1] + discs.passes[ids], (int(run[-1]) + 1, terms.shape[1])
        for z, row in enumerate(discs.radii_of(ids, slice(0, discs.depths))):
            sums = np.bincount(place, np.pi * row * row, shape[0] * shape[1]).reshape(shape)
            terms[z] += sums.sum(axis=0)
    # what is added, and as much again at most that arcs take away, each with the roundings of a row of sums
    sizes += (1.0 + 0.125 * min(len(owned), TERMS_IN_A_ROW)) * terms.sum(axis=1)


def _add_block(terms: Floats, sizes: Floats, treated: Treated, block: Ints, pairs: Pairs) -> None:
    """Green's terms of the circles of one block of discs."""
    discs = treated.discs
    here = block[pairs.own]
    arcs = contacts(pairs, discs.centers, discs.passes, here, *_radii_of_both(discs, here, pairs.other))
    holder = arcs.depth * len(block) + pairs.own[arcs.pair]  # one circle at one depth
    new = np.flatnonzero(np.diff(holder, prepend=-1, append=-1))
    alone = np.repeat(np.diff(new) == 1, np.diff(new)) & ~treated.at_border[here[arcs.pair]]
    _add_single_arcs(terms, sizes, treated, block, pairs, some_arcs(arcs, alone))
    _add_several_arcs(terms, sizes, treated, block, pairs, some_arcs(arcs, ~alone))


def _radii_of_both(discs: Discs, here: Ints, other: Ints) -> tuple[Floats, Floats]:
    """Radii (Z, m) of the two discs of pairs at all depths; those of a disc in many pairs are worked out once."""
    every = slice(0, discs.depths)
    if discs.depths == 1:  # dearer to find out than to look up twice
        return discs.radii_of(here, every), discs.radii_of(other, every)
    ids, place = np.unique(np.concatenate((here, other)), return_inverse=True)
    radii = discs.radii_of(ids, every)
    return radii.take(place[: len(here)], axis=1), radii.take(place[len(here) :], axis=1)


def _add_single_arcs(terms: Floats, sizes: Floats, treated: Treated, block: Ints, pairs: Pairs, arcs: Arcs) -> None:
    """Circles with one covered arc: no ends to sort, and the closed form of the arc's term."""
    pair, passes = arcs.pair, treated.discs.passes
    own = block[pairs.own[pair]]
    x, y = treated.local.take(own, axis=0).T
    toward = x * pairs.dx[pair] + y * pairs.dy[pair]
    toward /= np.where(pairs.distance[pair] > 0, pairs.distance[pair], 1.0)
    term = arcs.radius * arcs.radius * arcs.half_angle + arcs.half_chord * toward
    when = np.maximum(passes[own], passes[pairs.other[pair]])
    _add(terms[1], arcs.depth, when, term)
    sizes += treated.farthest * np.bincount(arcs.depth, arcs.radius, len(sizes))


def _add_several_arcs(terms: Floats, sizes: Floats, treated: Treated, block: Ints, pairs: Pairs, arcs: Arcs) -> None:
    """Circles with several covered arcs, or with arcs outside the window, which never count."""
    discs, pair = treated.discs, arcs.pair
    since = discs.passes[block]
    when = np.maximum(discs.passes[pairs.other], since[pairs.own]).take(pair)
    holder = arcs.depth * len(block) + pairs.own.take(pair)
    radius_of = np.empty(discs.depths * len(block))  # filled for the few circles in hand
    radius_of[holder] = arcs.radius
    middle = np.arctan2(pairs.dy, pairs.dx).take(pair)
    holder, low, high, when = unroll(holder, middle, arcs.half_angle, when)
    inside = len(holder)
    at_border = np.flatnonzero(treated.at_border[block])
    if treated.border is not None and len(at_border):
        radii = discs.radii_of(block[at_border], slice(0, discs.depths))
        depth, k, out_low, out_high = outside_arcs(treated.border, block[at_border], discs.centers, radii)
        outside = depth * len(block) + at_border[k]
        radius_of[outside] = radii[depth, k]
        holder = np.concatenate((holder, outside))
        low, high = np.concatenate((low, out_low)), np.concatenate((high, out_high))
        when = np.concatenate((when, since[at_border[k]]))
    if len(holder) == 0:
        return
    some = np.empty(discs.depths * len(block), dtype=np.int64)  # the pass of some arc of each circle
    some[holder] = when
    mixed = np.zeros(len(some), dtype=np.bool_)
    mixed[holder.compress(when != some.take(holder))] = True
    # arcs of one pass are but counted, what lies outside as often as it takes
    of_several = mixed.take(holder)
    one = np.flatnonzero(~of_several)
    one = np.concatenate((one, np.tile(one[one >= inside], len(terms) - 2)))
    found = runs(holder.take(one), low.take(one), high.take(one), len(terms) - 1)
    term = _terms_of_stretches(sizes, treated, block, radius_of, found.holder, found.begin, found.end)
    row = found.level * discs.depths + found.holder // len(block)
    _add(terms[1:].reshape(-1, terms.shape[2]), row, some.take(found.holder), term)
    several = np.flatnonzero(of_several)
    when[inside:] = 0
    _add_painted_arcs(
        terms, sizes, treated, block, radius_of, holder[several], low[several], high[several], when[several]
    )


def _add_painted_arcs(
    terms: Floats,
    sizes: Floats,
    treated: Treated,
    block: Ints,
    radius_of: Floats,
    holder: Ints,
    low: Floats,
    high: Floats,
    when: Ints,
) -> None:
    """Circles with arcs that are covered `when` (m,) different passes are made, or 0 outside the window."""
    if len(holder) == 0:
        return
    n_passes = treated.n_passes
    ranks_a_pass = len(holder) + 1
    rank = np.where(when == 0, 0, when * ranks_a_pass + np.arange(len(holder)))
    painted = paint(holder, low, high, rank, len(terms) - 1)
    since = treated.discs.passes[block[painted.holder % len(block)]]
    when = np.where(painted.ranks == NEVER, n_passes + 1, painted.ranks // ranks_a_pass)
    when = np.where(painted.ranks[0] == 0, since, when)
    # stretches alike are taken as one: summing thousands of short ones would lose digits
    differs = np.any(np.diff(when, axis=1) != 0, axis=0) | (np.diff(painted.holder) != 0)
    last = np.flatnonzero(np.append(differs, True))
    first = np.concatenate(([0], last[:-1] + 1))
    covered = when[0, first] <= n_passes
    first, last = first[covered], last[covered]
    on = painted.holder[first]
    term = _terms_of_stretches(sizes, treated, block, radius_of, on, painted.begin[first], painted.end[last])
    for m, passes in enumerate(when[:, first]):
        _add(terms[m + 1], on // len(block), passes, term)


def _terms_of_stretches(
    sizes: Floats, treated: Treated, block: Ints, radius_of: Floats, holder: Ints, begin: Floats, end: Floats
) -> Floats:
    """Green's terms of stretches of circles."""
    depth, k = np.divmod(holder, len(block))
    x, y = (along.take(k) for along in treated.local.take(block, axis=0).T.copy())
    radius = radius_of.take(holder)
    sizes += treated.farthest * np.bincount(depth, radius, len(sizes))
    half = 0.5 * (end - begin)
    # sines and cosines by tangents of half the angles, which cost a third of them
    at_middle, at_half = np.tan(0.5 * (begin + half)), np.tan(0.5 * half)
    toward = (x * (1.0 - at_middle * at_middle) + 2.0 * y * at_middle) / (1.0 + at_middle * at_middle)
    term: Floats = radius * (radius * half + 2.0 * at_half / (1.0 + at_half * at_half) * toward)
    return term


def _add(terms: Floats, depth: Ints, when: Ints, term: Floats) -> None:
    depths, passes = terms.shape
    place, in_a_row = depth * passes + when, max(TERMS_IN_A_ROW, 4 * terms.size)
    rows = 1 + len(term) // in_a_row
    if rows > 1:
        place += np.arange(len(term)) // in_a_row * terms.size
    terms += np.bincount(place, term, rows * terms.size).reshape(rows, depths, passes).sum(axis=0)


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
