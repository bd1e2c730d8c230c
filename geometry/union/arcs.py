"""Boundary arcs of overlapping discs: which stretch of which circle is covered, from which pass on.

`contacts` turns pairs of discs into covered arcs for every depth at once; `paint` lays intervals over one
another and says, for each stretch between two ends, which ranks cover it first. Both work on flat arrays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .neighbours import Floats, Ints, Pairs

NEVER = np.iinfo(np.int64).max


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


def contacts(pairs: Pairs, radius: Floats, other_radius: Floats, earlier: NDArray[np.bool_], tolerance: float) -> Arcs:
    """Covered arcs of the first disc of each pair, for radii (Z, m) of both.

    A disc lies in another when the radii differ by the distance or more. Contacts closer than `tolerance`
    to tangency count as tangent: their slivers have no area, but badly determined ends. Of two identical
    discs the one that is `earlier` covers the other.
    """
    distance = pairs.distance
    excess = radius - other_radius
    active = np.flatnonzero((radius + other_radius > distance + tolerance) & (excess <= distance) & (radius > 0))
    depth, pair = np.divmod(active, len(distance))
    a, b, d = radius.ravel()[active], other_radius.ravel()[active], distance[pair]
    excess = excess.ravel()[active]
    identical = (d == 0) & (excess == 0)
    holds = (excess >= d) & ~(identical & earlier[pair]) | (excess > tolerance) & (excess >= d - tolerance)
    held = (excess <= -d) | (excess < -tolerance) & (-excess >= d - tolerance)
    # four times the area of the triangle with sides a, b, d; the factors keep their digits near tangency
    product = (a + b - d) * (d + excess) * (d - excess) * (a + b + d)
    four_areas = np.sqrt(np.maximum(product, 0.0))
    half_angle = np.arctan2(four_areas, d * d + (a + b) * excess)
    half_chord = four_areas / (2.0 * np.where(held, 1.0, d))
    half_angle[held], half_chord[held] = np.pi, 0.0
    keep = ~holds
    return Arcs(pair[keep], depth[keep], a[keep], half_angle[keep], half_chord[keep])


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


def paint(holder: Ints, low: Floats, high: Floats, rank: Ints, up_to: int) -> Stretches:
    """Stretches between the ends of intervals [low, high], and the `up_to` smallest ranks that cover each.

    An interval over a run of stretches is noted on two blocks of a power of two that cover the run; the
    notes then sink from the large blocks to the single stretches. m intervals cost O(m log m), however they
    overlap.
    """
    m = len(holder)
    position, holder = np.concatenate((low, high)), np.concatenate((holder, holder))
    order = np.lexsort((position, holder))
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
    both = np.sort(np.concatenate((a, b)), axis=0)
    both[1:][both[1:] == both[:-1]] = NEVER
    both.sort(axis=0)
    return both[: len(a)]
