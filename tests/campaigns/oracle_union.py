"""Area of a union of discs inside a polygon, by horizontal slabs in 224-bit fixed-point arithmetic.

Shares nothing with the package: whole numbers only, a slab between any two neighbouring heights at which the order of
curves along a line can change, and the primitive of each curve. Coordinates are cut off beyond 1e-67 mm.
"""

from __future__ import annotations

import math
from itertools import combinations, pairwise

BITS = 224
ONE = 1 << BITS
HALVINGS = 6
# Where a slab is looked at: not in the middle, where curves that touch without crossing like to do so.
INSIDE = (math.isqrt(5 << (2 * BITS)) - ONE) >> 1

Disc = tuple[int, int, int]
Edge = tuple[int, int, int, int]


def areas(centers, radii, rings=None, up_to=1):
    """Areas that at least 1, 2, ... `up_to` discs cover, inside a polygon given by its closed rings or in the plane."""
    discs = [(fixed(x), fixed(y), fixed(r)) for (x, y), r in zip(centers, radii, strict=True) if r > 0]
    sides = [(*map(fixed, start), *map(fixed, end)) for ring in rings or [] for start, end in pairwise(ring)]
    edges = [side for side in sides if side[1] != side[3]]
    # entry [m - 1][curve, side, height]: how often the primitive of that curve's abscissa counts there
    counts = [{} for _ in range(up_to)]
    for low, high in pairwise(sorted({*turns_of_discs(discs), *turns_at_edges(discs, edges)})):
        within = low + (high - low) * INSIDE // ONE
        if within > low:
            for m, curve, side, sign in bounds(discs, edges, within, rings is None, up_to):
                for height, step in ((high, sign), (low, -sign)):
                    key = curve, side, height
                    counts[m][key] = counts[m].get(key, 0) + step
    return [sum(n * primitive(discs, edges, *key) for key, n in part.items() if n) / (ONE * ONE) for part in counts]


def fixed(value):
    """A float in units of 2**-BITS."""
    top, bottom = float(value).as_integer_ratio()
    return (top << BITS) // bottom


def turns_of_discs(discs):
    """Heights of tops, bottoms and crossings."""
    for _, y, r in discs:
        yield from (y - r, y + r)
    for (x, y, r), (other_x, other_y, other_r) in combinations(discs, 2):
        dx, dy = other_x - x, other_y - y
        square = dx * dx + dy * dy
        outer, inner = (r + other_r) ** 2 - square, square - (r - other_r) ** 2
        if square and outer > 0 and inner > 0:
            along, across = dy * (square + (r - other_r) * (r + other_r)), dx * math.isqrt(outer * inner)
            yield from (y + (along - across) // (2 * square), y + (along + across) // (2 * square))


def turns_at_edges(discs, edges):
    """Heights of corners and of crossings of circles and edges."""
    for x0, y0, x1, y1 in edges:
        yield from (y0, y1)
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        for x, y, r in discs:
            foot = (x - x0) * dx + (y - y0) * dy
            room = foot * foot - length * ((x - x0) ** 2 + (y - y0) ** 2 - r * r)
            if room > 0:
                half = math.isqrt(room)
                for place in (foot - half, foot + half):
                    if 0 < place < length:
                        yield y0 + dy * place // length


def bounds(discs, edges, y, inside, up_to):
    """What bounds areas along one line: (m - 1, curve, its side, -1 where an area begins and 1 where it ends)."""
    marks = []
    for i, (x, center_y, r) in enumerate(discs):
        room = r * r - (y - center_y) ** 2
        if room > 0:
            half = math.isqrt(room)
            marks += [(x - half, 1, i, -1), (x + half, -1, i, 1)]
    for i, (x0, y0, x1, y1) in enumerate(edges, len(discs)):
        if min(y0, y1) < y < max(y0, y1):
            marks.append((x0 + (x1 - x0) * (y - y0) // (y1 - y0), 0, i, 0))
    marks.sort()
    cover = 0
    for _, step, curve, side in marks:
        before = cover if inside else 0
        cover += step
        inside ^= step == 0
        after = cover if inside else 0
        for m in range(min(before, after), min(max(before, after), up_to)):
            yield m, curve, side, 1 if after < before else -1


def primitive(discs, edges, curve, side, y):
    """Primitive of a curve's abscissa over the height, in units of 2**(-2 * BITS)."""
    if curve >= len(discs):
        x0, y0, x1, y1 = edges[curve - len(discs)]
        return x0 * y + (x1 - x0) * (y - y0) ** 2 // (2 * (y1 - y0))
    x, center_y, r = discs[curve]
    up = max(-r, min(r, y - center_y))
    across = math.isqrt(r * r - up * up)
    return x * y + side * (up * across + (r * r * arctan((up << BITS) // (r + across)) >> BITS) * 2) // 2


def arctan(slope):
    """Arc tangent of a slope between -1 and 1: halved until its series is short."""
    for _ in range(HALVINGS):
        slope = (slope << BITS) // (ONE + math.isqrt((ONE << BITS) + slope * slope))
    total = power = slope
    square, k = (slope * slope) >> BITS, 1
    while abs(power) > k:
        power, k = -((power * square) >> BITS), k + 2
        total += power // k
    return total << HALVINGS
