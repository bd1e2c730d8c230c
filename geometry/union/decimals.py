"""The same areas in 80 decimal digits, disc by disc: for the few fields whose scales lie too far apart for floats.

In go centres, radii and a window; out come areas covered at least 1, 2, ... times. Green's theorem as in `boundary.py`,
without its tables: each circle is swept once, past what covers it and past the window's edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext
from functools import cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
from shapely.geometry import MultiPolygon, Polygon

from ...data.checks import refuse
from .clip import Border, build_window, place_discs
from .neighbours import DISCS_AT_ONCE, Floats, blocks, build_catalogue, pairs_of_block

Vector: TypeAlias = tuple[Decimal, Decimal]

# Lengths of 1e6 mm squared, told to 1e-9 of a disc of 1e-6 mm, take 33 digits; a tangency halves what is beyond.
DIGITS = 80
# Contacts and crossings that may be worked out so: at 0.1 ms each, half a minute.
MOST_CONTACTS = 300_000
# Neighbours are looked up this much beyond a disc's reach, as a share of it: more than rounded distances are off.
BEYOND = 1e-12


class Event(NamedTuple):
    """A place on a circle where its cover or the window's winding number steps."""

    place: Decimal  # 0 to 4, once around
    way: Vector  # from the centre
    cover: int
    winding: int


class Stretch(NamedTuple):
    """What of an edge lies inside a disc, as shares of the edge; `side` is 1 where the centre lies to the left."""

    low: Decimal
    high: Decimal
    start: Vector
    along: Vector
    crosses: tuple[bool, bool]
    side: int


def areas_in_decimals(centers: Floats, radii: Floats, window: Polygon | MultiPolygon | None, up_to: int) -> Floats:
    """Areas (up_to,) that discs (n, 2), radii (n,) > 0, cover at least 1, 2, ... up_to times inside the window."""
    border = None
    if window is not None:
        edges = build_window(window, np.zeros(2), -np.inf, np.inf)
        kept, border, centers = place_discs(edges, centers, radii * (1 + BEYOND))
        border = border._replace(disc=np.searchsorted(kept, border.disc))
        centers, radii = centers[kept], radii[kept]
    if len(radii) == 0:
        return np.zeros(up_to)
    near = _neighbours(centers, radii)
    contacts = sum(map(len, near))
    if contacts > MOST_CONTACTS:
        raise refuse(
            "radii",
            f"{radii.min():g} to {radii.max():g} mm with {contacts} contacts",
            f"up to {MOST_CONTACTS} contacts where sizes or places lie too far apart for floats",
        )
    with localcontext() as context:
        context.prec = DIGITS
        x0, y0 = (Decimal(value) for value in centers[0].tolist())
        points = [(Decimal(x) - x0, Decimal(y) - y0) for x, y in centers.tolist()]
        sizes = [Decimal(radius) for radius in radii.tolist()]
        areas = [Decimal(0)] * up_to
        stretches: list[list[Stretch]] = [[] for _ in sizes]
        inside = [1] * len(sizes)
        if border is not None:
            edges_seen: dict[int, list[Stretch]] = {}
            for disc, edge, winds, stretch in _stretches(border, (x0, y0), points, sizes):
                inside[disc] = winds
                if stretch is not None:
                    stretches[disc].append(stretch)
                    edges_seen.setdefault(edge, []).append(stretch)
            for edge, seen in edges_seen.items():
                start = border.window.start[edge].tolist()
                _add_edge(areas, (Decimal(start[0]) - x0, Decimal(start[1]) - y0), seen)
        for i, others in enumerate(near):
            _add_circle(areas, i, others, points, sizes, stretches[i], inside[i])
        return np.array([float(area) for area in areas])


def _neighbours(centers: Floats, radii: Floats) -> list[list[int]]:
    """Which discs may meet each disc."""
    near: list[list[int]] = [[] for _ in radii]
    reach = radii * (1 + BEYOND)
    catalogue = build_catalogue(centers, reach)
    for number, places in blocks(catalogue, DISCS_AT_ONCE):
        pairs = pairs_of_block(catalogue, number, places)
        for i, j in zip(catalogue.ids[places[pairs.own]].tolist(), pairs.other.tolist(), strict=True):
            near[i].append(j)
    return near


def _add_circle(
    areas: list[Decimal],
    i: int,
    others: list[int],
    points: list[Vector],
    sizes: list[Decimal],
    stretches: list[Stretch],
    inside: int,
) -> None:
    """Green's terms of one circle: an arc in the window under m - 1 other discs bounds what is covered m times."""
    radius = sizes[i]
    zero = Decimal(0)
    quarters = [(radius, zero), (zero, radius), (-radius, zero), (zero, -radius), (radius, zero)]
    events = [Event(Decimal(k), way, 0, 0) for k, way in enumerate(quarters)]
    cover, winding = 0, inside
    for j in others:
        arc = _covered(points[i], radius, points[j], sizes[j], earlier=j < i)
        if arc is True:
            cover += 1
        elif isinstance(arc, tuple):
            begin, end = _place(arc[0]), _place(arc[1])
            cover += begin > end
            events += [Event(begin, arc[0], 1, 0), Event(end, arc[1], -1, 0)]
    for low, high, start, along, crosses, side in stretches:
        ways = [(start[0] + share * along[0], start[1] + share * along[1]) for share in (low, high)]
        begin, end = map(_place, ways)
        # as in `clip.py`: half a turn at most, to its own side; what is more has run across the seam
        winding += int(((end - begin - side) / 4).to_integral_value())
        events += [
            Event(place, way, 0, step)
            for place, way, step, crossing in zip((begin, end), ways, (-1, 1), crosses, strict=True)
            if crossing
        ]
    events.sort()
    for here, after in pairwise(events):
        cover, winding = cover + here.cover, winding + here.winding
        if winding > 0 and cover < len(areas):
            angle = _atan2(_cross(here.way, after.way), here.way[0] * after.way[0] + here.way[1] * after.way[1])
            chord = after.way[0] - here.way[0], after.way[1] - here.way[1]
            areas[cover] += (radius * radius * angle + _cross(points[i], chord)) / 2


def _covered(
    center: Vector, radius: Decimal, other: Vector, other_radius: Decimal, *, earlier: bool
) -> tuple[Vector, Vector] | bool | None:
    """The ends of the arc that another disc covers, True for the whole circle, None for nothing."""
    dx, dy = other[0] - center[0], other[1] - center[1]
    square, both, excess = dx * dx + dy * dy, radius + other_radius, radius - other_radius
    if square >= both * both:
        return None
    if square <= excess * excess:
        return True if excess < 0 or (excess == 0 and earlier) else None
    toward = (square + both * excess) / (2 * square)
    across = ((both * both - square) * (square - excess * excess)).sqrt() / (2 * square)
    return (toward * dx + across * dy, toward * dy - across * dx), (
        toward * dx - across * dy,
        toward * dy + across * dx,
    )


def _stretches(
    border: Border, origin: Vector, points: list[Vector], sizes: list[Decimal]
) -> Iterator[tuple[int, int, int, Stretch | None]]:
    """Disc, edge, winding number about the disc's centre, and the stretch of the edge inside the disc or None."""
    sides = np.copysign(1.0, border.left).astype(np.int64)
    pairs = zip(border.disc.tolist(), border.edge.tolist(), border.inside.tolist(), sides.tolist(), strict=True)
    for disc, edge, inside, side in pairs:
        (x, y), square = points[disc], sizes[disc] ** 2
        start, stop = (
            (Decimal(end[0]) - origin[0] - x, Decimal(end[1]) - origin[1] - y)
            for end in (border.window.start[edge].tolist(), border.window.stop[edge].tolist())
        )
        along = stop[0] - start[0], stop[1] - start[1]
        length = along[0] ** 2 + along[1] ** 2
        foot = -(start[0] * along[0] + start[1] * along[1]) / length
        beyond = start[0] ** 2 + start[1] ** 2 - square
        holds_start, holds_stop = beyond < 0, stop[0] ** 2 + stop[1] ** 2 < square
        room = foot * foot - beyond / length
        if not (holds_start or holds_stop or (room > 0 and 0 < foot < 1)):
            yield disc, edge, inside, None
            continue
        half = max(room, Decimal(0)).sqrt()
        low, high = Decimal(0) if holds_start else foot - half, Decimal(1) if holds_stop else foot + half
        yield disc, edge, inside, Stretch(low, high, start, along, (not holds_start, not holds_stop), side)


def _add_edge(areas: list[Decimal], start: Vector, stretches: list[Stretch]) -> None:
    """Green's terms of one edge of the window, of what discs cover of it once, twice, ..."""
    steps = sorted([(stretch.low, 1) for stretch in stretches] + [(stretch.high, -1) for stretch in stretches])
    term = _cross(start, stretches[0].along) / 2
    cover = 0
    for (here, step), (after, _) in pairwise(steps):
        cover += step
        for m in range(min(cover, len(areas))):
            areas[m] += term * (after - here)


def _place(way: Vector) -> Decimal:
    """A number that grows with the direction, 0 to 4 once around; opposite ways differ by 2."""
    x, y = way
    if x == y == 0:  # an end of an edge at the centre, which counts as moved: see `clip.py`
        return Decimal(2)
    slope = x / (abs(x) + abs(y))
    return 1 - slope if y >= 0 else 3 + slope


def _cross(a: Vector, b: Vector) -> Decimal:
    return a[0] * b[1] - a[1] * b[0]


def _atan2(y: Decimal, x: Decimal) -> Decimal:
    """Angle of a way in the first quarter."""
    return _atan(y / x) if abs(y) <= x else _quarter() * 2 - _atan(x / y)


@cache
def _quarter() -> Decimal:
    """A quarter of half a turn."""
    return _atan(Decimal(1))


def _atan(slope: Decimal) -> Decimal:
    """Its series, after halving the angle to where forty terms do."""
    halvings = 6
    for _ in range(halvings):
        slope = slope / (1 + (1 + slope * slope).sqrt())
    power, square, total, k = slope, slope * slope, slope, 1
    while abs(power) > Decimal(10) ** -DIGITS * abs(slope):
        power, k = -power * square, k + 2
        total += power / k
    return Decimal(total * 2**halvings)
