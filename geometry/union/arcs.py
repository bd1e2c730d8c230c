"""Boundary arcs of overlapping discs: which stretch of which circle is covered, from which pass on.

`contacts` turns pairs of discs into covered arcs for every depth at once; `paint` lays intervals over one
another and says, for each stretch between two ends, which ranks cover it first. Both work on flat arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .exact import add, minus, product, row, square, stacked, total
from .neighbours import Floats, Ints, Pairs

NEVER = np.iinfo(np.int64).max
# A few roundings of a distance: more than it can be off, as a share of itself.
ROUNDED = 8.0 * np.finfo(np.float64).eps
# A contact so near to tangency, as a share of the distance, is worked out without loss. Nearer to it a plain angle is
# off by one rounding over the root of this share; larger shares send more contacts the long way.
CLOSE = 2.0**-8


class Arcs(NamedTuple):
    """Arcs of circles that another disc covers; `pair` and `depth` say which pair and which row of radii."""

    pair: Ints
    depth: Ints
    radius: Floats  # of the circle the arc lies on
    half_angle: Floats  # arcs run from -half_angle to +half_angle about the direction of the other disc
    half_chord: Floats


class Stretches(NamedTuple):
    """Stretches between neighbouring ends of intervals on one holder, with the ranks that cover each."""

    holder: Ints
    begin: Floats
    end: Floats
    ranks: Ints  # (up_to, m), ascending along the first axis, NEVER where fewer intervals cover


class Runs(NamedTuple):
    """The longest stretches of each holder that `level` + 1 intervals or more cover all along."""

    level: Ints
    holder: Ints
    begin: Floats
    end: Floats


def contacts(pairs: Pairs, centers: Floats, passes: Ints, here: Ints, radius: Floats, other_radius: Floats) -> Arcs:
    """Covered arcs of the first disc of each pair, number `here` (m,) of `centers`, for radii (Z, m) of both.

    A disc lies in another when the radii differ by the distance or more. Of two identical discs the one of the
    earlier pass, or else of the lower number, covers the other. What a disc says of another, and the other of it,
    comes from the same numbers with the same roundings, and every angle is good to a few roundings however close to
    tangency: so all circles agree where they cross, to a few roundings of a radius, and the boundary of the union has
    no wider gaps than that.
    """
    # sums and distances are rounded: what may touch, or lie in the other, is looked at closely below
    active = np.flatnonzero(radius + other_radius > pairs.distance * (1.0 - ROUNDED))
    a, b = radius.ravel().take(active), other_radius.ravel().take(active)
    depth, pair = np.divmod(active, len(pairs.distance))
    d = pairs.distance.take(pair)
    some = (a - b <= d * (1.0 + ROUNDED)) & (a > 0)
    if not some.all():
        depth, pair, a, b, d = (values.compress(some) for values in (depth, pair, a, b, d))
    both, excess = a + b, a - b
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = excess / d  # not a number where two discs are the same
    # the half chord and the way to it, doubled; their squares never meet, so that no distance is too small for them
    gap = both - d
    outer, inner, toward = gap * (both + d), (1.0 - ratio) * (1.0 + ratio), d + both * ratio
    close = np.flatnonzero((gap < CLOSE * both) | (inner < CLOSE))
    if len(close):
        k = pair[close]
        outer[close], inner[close], toward[close] = _close_contacts(
            centers.take(here[k], axis=0), centers.take(pairs.other[k], axis=0), a[close], b[close]
        )
    keep = (outer > 0) & (inner > 0)
    half_chord = np.sqrt(np.where(keep, outer * inner, 0.0))
    half_angle = np.arctan2(half_chord, toward)
    whole = np.flatnonzero(~keep)
    own, other = here[pair[whole]], pairs.other[pair[whole]]
    earlier = (passes[other] < passes[own]) | (passes[other] == passes[own]) & (other < own)
    whole = whole[~(inner[whole] > 0) & ((excess[whole] < 0) | (excess[whole] == 0) & earlier)]
    half_angle[whole], half_chord[whole], keep[whole] = np.pi, 0.0, True
    return some_arcs(Arcs(pair, depth, a, half_angle, 0.5 * half_chord), keep)


def some_arcs(arcs: Arcs, which: NDArray[np.bool_]) -> Arcs:
    """Those of the arcs that are marked."""
    taken = np.flatnonzero(which)
    return Arcs(*(values.take(taken) for values in arcs))  # type: ignore[arg-type]


def _close_contacts(start: Floats, stop: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats, Floats]:
    """What `contacts` takes from centres and radii near tangency, from differences without loss."""
    # all at once: the way along x and y, the sum and the difference of the radii; their squares; what they add up to
    exact = add(np.stack((stop[:, 0], stop[:, 1], a, a)), np.stack((-start[:, 0], -start[:, 1], b, -b)))
    across, squares = product(row(exact, 2), row(exact, 3)), square(exact)
    way = total(row(squares, 0), row(squares, 1))
    parts = stacked(row(squares, 2), way, way), stacked(minus(way), minus(row(squares, 3)), across)
    outer, inner, toward = total(*parts)[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        return outer, inner / way[0], toward / np.sqrt(way[0])


def unroll(holder: Ints, middle: Floats, half_angle: Floats, rank: Ints) -> tuple[Ints, Floats, Floats, Ints]:
    """Arcs as intervals of [-pi, pi]; an arc across the seam becomes two."""
    low, high = middle - half_angle, middle + half_angle
    below, above = np.flatnonzero(low < -np.pi), np.flatnonzero(high > np.pi)
    turn, crossing = 2.0 * np.pi, np.concatenate((below, above))
    rest_low = np.concatenate((low[below] + turn, np.full(len(above), -np.pi)))
    rest_high = np.concatenate((np.full(len(below), np.pi), high[above] - turn))
    low[below], high[above] = -np.pi, np.pi
    return (
        np.concatenate((holder, holder[crossing])),
        np.concatenate((low, rest_low)),
        np.concatenate((high, rest_high)),
        np.concatenate((rank, rank[crossing])),
    )


def in_order(holder: Ints, position: Floats) -> Ints:
    """The order by holder, and by position on each; what is equal stays in the order in which it came.

    Holders laid end to end make one number of both, which sorts many times as fast. Its roundings may tie places that
    differ, but never swap them: what is tied in the wrong order is sorted again.
    """
    if len(holder) == 0:
        return np.empty(0, dtype=np.int64)
    start = position.min()
    span = 2.0 ** np.frexp(position.max() - start)[1]  # a power of two: multiples of it are exact
    key = span * holder + (position - start)
    order = np.argsort(key, kind="stable")
    key = key.take(order)
    tied = np.flatnonzero(key[1:] == key[:-1])
    before, after = order.take(tied), order.take(tied + 1)
    one = holder.take(after) == holder.take(before)
    if np.any((holder.take(after) < holder.take(before)) | one & (position.take(after) < position.take(before))):
        again = np.union1d(tied, tied + 1)
        some = order.take(again)
        order[again] = some[np.lexsort((position.take(some), holder.take(some)))]
    return order


def runs(holder: Ints, low: Floats, high: Floats, up_to: int) -> Runs:
    """Runs that at least 1, 2, ... `up_to` of the intervals [low, high] cover: counted along the ends in order."""
    m = len(holder)
    position = np.concatenate((low, high))
    order = in_order(np.concatenate((holder, holder)), position)
    begins = order < m
    cover = np.cumsum(np.where(begins, 1, -1))
    # each end begins or ends one run: of as many as there are with it
    level = cover + ~begins
    parts = [np.flatnonzero(level == k) for k in range(1, up_to + 1)]
    begin, end = (order[np.concatenate([part[first::2] for part in parts])] for first in (0, 1))
    level = np.repeat(np.arange(up_to), [len(part) // 2 for part in parts])
    return Runs(level, holder[begin], position[begin], position[end])


def paint(holder: Ints, low: Floats, high: Floats, rank: Ints, up_to: int) -> Stretches:
    """Stretches between the ends of intervals [low, high], and the `up_to` smallest ranks that cover each.

    An interval over a run of stretches is noted on two blocks of a power of two that cover the run; the
    notes then sink from the large blocks to the single stretches. m intervals cost O(m log m), however they
    overlap.
    """
    m = len(holder)
    position, holder = np.concatenate((low, high)), np.concatenate((holder, holder))
    order = in_order(holder, position)
    place = np.empty(2 * m, dtype=np.int64)
    place[order] = np.arange(2 * m)
    position, holder = position[order], holder[order]
    first = place[:m]
    length = place[m:] - first
    level = np.frexp(np.maximum(length, 0))[1] - 1  # floor(log2(length)); -1 for an empty interval
    cover = np.full((up_to, 2 * m), NEVER)
    for k in range(int(level.max(initial=0)), -1, -1):
        block = 1 << k
        sunk = cover.copy()
        sunk[:, block:] = _smallest(cover[:, block:], cover[:, :-block])
        here = np.flatnonzero(level == k)
        cells = np.concatenate((first[here], first[here] + length[here] - block))
        cover = _note(sunk, cells, np.concatenate((rank[here], rank[here])))
    return Stretches(holder[:-1], position[:-1], position[1:], cover[:, :-1])


def _note(cover: Ints, cells: Ints, rank: Ints) -> Ints:
    if len(cover) == 1:
        np.minimum.at(cover[0], cells, rank)
        return cover
    noted = np.full_like(cover, NEVER)
    for slot in noted:
        np.minimum.at(slot, cells, rank)
        left = slot[cells] != rank
        cells, rank = cells[left], rank[left]
    return _smallest(cover, noted)


def _smallest(a: Ints, b: Ints) -> Ints:
    """The smallest different ranks of two lists per column; a rank in both counts once."""
    if len(a) == 1:
        return np.minimum(a, b)
    # Each rank of b sinks into the list: none before its own place there can be larger. Sorting column by column
    # takes several times as long.
    merged = a.copy()
    for place, carried in enumerate(b):
        for kept in merged[place:]:
            again = kept == carried
            kept[:], carried = np.minimum(kept, carried), np.maximum(kept, carried)
            carried[again] = NEVER
    return merged
