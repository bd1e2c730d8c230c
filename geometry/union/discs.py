"""Exact area of a union of discs, clipped to a polygon, cumulative over passes and for many depths.

In go disc centres, radii and pass numbers, and a window as a shapely polygon; out come areas in mm2. The
method is Green's theorem over boundary arcs (`boundary.py`); nothing is approximated by polygons or pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, Polygon

from ...data.checks import InputError
from .boundary import Band, Discs, Radii, Terms, Window, band_terms, middle_of
from .digits import LONGEST_MM, cumulative_areas, promised_areas
from .neighbours import Floats, Ints

MOST_PASSES = 1_000_000  # each has a row of areas
# Channels in one band: 250 bytes each make 60 MB, and the neighbours beyond a band are few beside it.
CHANNELS_AT_ONCE = 1 << 18
# Channels looked at to place the bounds of a band: their share in it is then good to 2 %.
SAMPLED_A_BAND = 2048


def union_area(centers: ArrayLike, radii: ArrayLike, window: Window | None = None) -> float:
    """Area covered by at least one disc, inside the window.

    Parameters
    ----------
    centers : (n, 2) float — disc centres [mm]
    radii : (n,) float — disc radii, 0 or more [mm]
    window : shapely Polygon or MultiPolygon — only what lies in it counts; None for the plane [mm]

    Returns
    -------
    float — area of the union [mm2]

    Method: one neighbour search, then Green's theorem over the arcs that no other disc covers. Cost
    O(n log n) for discs that overlap a few others each; where they lie many deep, buried ones are left out
    first. Memory about 250 bytes a disc and some 100 MB.

    Error at most 1e-9 of the area or of the smallest disc, whichever is larger, and mostly below 1e-14, for radii of
    1e-6 to 1e3 mm, centres up to 1e6 mm from (0, 0) and windows 1e-6 mm wide or wider, however near to each other
    discs, their sizes, edges and corners come; beyond, as far as floats reach. How: `digits.py`.

    Raises InputError for arrays of wrong shape or type, NaN, infinity, negative radii, lengths over 1e9 mm, invalid
    windows, and over 300,000 contacts of discs whose sizes and places are too far apart for floats.
    """
    points = _points(centers)
    sizes = _numbers("radii", radii, (len(points),), "(n,) numbers, n the number of centers")
    _refuse("radii", sizes, (sizes < 0) | (sizes > LONGEST_MM), f"0 to {LONGEST_MM:g} mm")
    once = np.ones(len(points), dtype=np.int64)
    discs = Discs(points, once, sizes, lambda ids, _: sizes.take(ids)[None], 1)
    return float(cumulative_areas(discs, 1, _window(window), 1)[0, 0, 0])


def union_area_table(
    centers: ArrayLike,
    passes: ArrayLike,
    radii: ArrayLike,
    window: Window | None = None,
    *,
    n_passes: int | None = None,
) -> Floats:
    """Area covered at each depth by the discs of passes 1..p, for every p.

    Parameters
    ----------
    centers : (n, 2) float — disc centres, the same at all depths [mm]
    passes : (n,) int — pass in which each disc is made, 1..P [1]
    radii : (Z, n) float — radii at each depth, 0 where a channel has ended [mm]
    window : shapely Polygon or MultiPolygon — only what lies in it counts; None for the plane [mm]
    n_passes : int — P, where the last passes may have no disc; the largest pass number by default [1]

    Returns
    -------
    (P, Z) float — cumulative areas [mm2]

    Method: as `union_area`; one neighbour search at the largest radii serves all depths, and each arc knows
    the pass from which it is covered, which serves all passes. Cost beyond the search grows with the number
    of overlaps (pair, depth), not with P. Memory about 250 bytes a disc and some 200 MB besides `radii`.

    Raises InputError as `union_area`, and for pass numbers that are no integers of 1..n_passes.
    """
    discs, last = _discs(centers, passes, radii, n_passes)
    return cumulative_areas(discs, last, _window(window), 1).reshape(last, discs.depths)


def union_area_tiled(
    centers: ArrayLike,
    passes: ArrayLike,
    depths: ArrayLike,
    radius_at: Callable[[Floats], Floats],
    levels: ArrayLike,
    window: Window | None = None,
    *,
    n_passes: int | None = None,
) -> Floats:
    """`union_area_table` for treatments whose table of radii would not fit into memory.

    Parameters
    ----------
    centers : (n, 2) float — channel axes [mm]
    passes : (n,) int — pass in which each channel is made, 1..P [1]
    depths : (n,) float — depth of each channel's tip [mm]
    radius_at : function (Z, m) float -> (Z, m) float — distance from the tip to radius, never falling [mm]
    levels : (Z,) float — depths at which to take the area [mm]
    window : shapely Polygon or MultiPolygon — only what lies in it counts; None for the plane [mm]
    n_passes : int — P, where the last passes may have no channel; the largest pass number by default [1]

    Returns
    -------
    (P, Z) float — cumulative areas [mm2]

    Method: channels are taken a band of the field at a time, with the neighbours just beyond it; their radii
    are computed when it is the band's turn. Each circle and each stretch of window edge belongs to one band and
    knows all its neighbours: there are no seams. Time grows in proportion to n; memory is below 400 bytes a
    channel, plus some 200 MB. Distances at or below 0 lie beyond the tip and count as radius 0.

    Raises InputError as `union_area_table`, and when `radius_at` returns a wrong shape, negative or falling
    radii.
    """
    points = _points(centers)
    tips = _numbers("depths", depths, (len(points),), "(n,) numbers, n the number of centers")
    heights = _numbers("levels", levels, (None,), "(Z,) numbers")
    made, last = _passes(passes, len(points), n_passes)
    if len(heights) == 0:
        return np.zeros((last, 0))
    origin = middle_of(points) if len(points) else np.zeros(2)
    widest = _profile(radius_at, (tips.max(initial=heights.min()) - heights.min()).reshape(1, 1)).item()
    terms = Terms(np.zeros((1, last, len(heights))), np.zeros(len(heights)))
    polygon = _window(window)
    for band, here, deep, passed in _bands(points, tips, made, widest):
        reach = _profile(radius_at, deep[None] - heights.min())[0]
        radii_of = _radii_of_channels(radius_at, deep, reach, heights)
        discs = Discs(here, passed, reach, radii_of, len(heights))
        part = band_terms(discs, last, polygon, 1, origin[None], band=band)
        terms = Terms(terms.areas + part.areas, terms.sizes + part.sizes)

    def all_channels() -> Discs:
        reach = _profile(radius_at, tips[None] - heights.min())[0]
        return Discs(points, made, reach, _radii_of_channels(radius_at, tips, reach, heights), len(heights))

    area: Floats = promised_areas(terms, all_channels, polygon)[0]
    return area


def _bands(points: Floats, tips: Floats, passes: Ints, reach: float) -> Iterator[tuple[Band, Floats, Floats, Ints]]:
    """Bands of many channels each: centres, depths and passes of all channels that matter to the band.

    Channels are dealt to the bands a stretch at a time, small enough for the cache; nothing jumps across the field.
    """
    count = len(points) // CHANNELS_AT_ONCE
    some = np.sort(points[:: max(1, len(points) // (SAMPLED_A_BAND * (count + 1))), 1])
    inner = some[np.arange(1, count + 1) * len(some) // (count + 1)]
    bounds = np.unique([-np.inf, *inner, np.inf])
    dealt: list[list[Floats]] = [[] for _ in bounds[1:]]
    for begin in range(0, len(points), CHANNELS_AT_ONCE):
        part = slice(begin, begin + CHANNELS_AT_ONCE)
        number = (np.searchsorted(bounds, points[part, 1], side="right") - 1).astype(np.uint16)
        order = np.argsort(number, kind="stable")  # a radix sort for 16-bit numbers: linear
        rows = np.column_stack([points[part], tips[part], passes[part]]).take(order, axis=0)
        ends = np.cumsum(np.bincount(number, minlength=len(dealt)))
        for held, stretch in zip(dealt, np.split(rows, ends[:-1]), strict=True):
            held.append(stretch)
    for low, high in pairwise(bounds if len(points) else []):
        # a channel meets others up to two reaches away; the rest outweighs roundings
        from_y, to_y = low - 2.001 * reach, high + 2.001 * reach
        first, last = np.searchsorted(bounds, [from_y, to_y], side="right") - 1
        rows = np.concatenate([stretch for held in dealt[first : last + 1] for stretch in held])
        rows = rows[(rows[:, 1] >= from_y) & (rows[:, 1] <= to_y)]
        yield Band(low, high), rows[:, :2], rows[:, 2].copy(), rows[:, 3].astype(np.int64)


def _radii_of_channels(
    radius_at: Callable[[Floats], Floats], tips: Floats, reach: Floats, heights: Floats
) -> Callable[[Ints, slice], Floats]:
    def radii_of(ids: Ints, rows: slice) -> Floats:
        radii = _profile(radius_at, tips.take(ids) - heights[rows, None])
        largest = reach.take(ids)
        _refuse("radius_at", radii, radii > largest, "radii that never fall with the distance from the tip")
        return radii

    return radii_of


def multiplicity_table(
    centers: ArrayLike,
    passes: ArrayLike,
    radii: ArrayLike,
    window: Window | None = None,
    up_to: int = 3,
    *,
    n_passes: int | None = None,
) -> Floats:
    """Area covered by at least 1, 2, ... `up_to` of the discs of passes 1..p, at each depth.

    Parameters
    ----------
    centers : (n, 2) float — disc centres, the same at all depths [mm]
    passes : (n,) int — pass in which each disc is made, 1..P [1]
    radii : (Z, n) float — radii at each depth, 0 where a channel has ended [mm]
    window : shapely Polygon or MultiPolygon — only what lies in it counts; None for the plane [mm]
    up_to : int — largest multiplicity told apart, 1 or more [1]
    n_passes : int — P, where the last passes may have no disc; the largest pass number by default [1]

    Returns
    -------
    (up_to, P, Z) float — entry [m - 1, p - 1, z] is the area covered m times or more [mm2]

    Method: an arc with m - 1 other discs over it bounds the region covered m times or more. Cost as
    `union_area_table` where discs overlap a few others each; buried discs count here and cannot be left out,
    so discs that lie k deep cost O(n k).

    Raises InputError as `union_area_table`, and for an `up_to` below 1.
    """
    _refuse_count("up_to", up_to)
    discs, last = _discs(centers, passes, radii, n_passes)
    return cumulative_areas(discs, last, _window(window), up_to)


def multiplicity_of(
    centers: ArrayLike,
    passes: ArrayLike,
    widest: ArrayLike,
    radii_of: Radii,
    depths: int,
    window: Window | None = None,
    up_to: int = 3,
    *,
    n_passes: int | None = None,
) -> Floats:
    """`multiplicity_table` for radii that are computed when it is their turn, instead of held in a table.

    Parameters
    ----------
    centers : (n, 2) float — disc centres, the same at all depths [mm]
    passes : (n,) int — pass in which each disc is made, 1..P [1]
    widest : (n,) float — at least the largest radius of each disc at any depth [mm]
    radii_of : function (ids (m,) int, rows slice) -> (rows, m) float — radii of some discs at some depths [mm]
    depths : int — number of depths, Z [1]
    window : shapely Polygon or MultiPolygon — only what lies in it counts; None for the plane [mm]
    up_to : int — largest multiplicity told apart, 1 or more [1]
    n_passes : int — P, where the last passes may have no disc; the largest pass number by default [1]

    Returns
    -------
    (up_to, P, Z) float — entry [m - 1, p - 1, z] is the area covered m times or more [mm2]

    Method, cost and errors raised: as `multiplicity_table`; memory is below 400 bytes a disc, plus some 200 MB.
    """
    _refuse_count("up_to", up_to)
    points = _points(centers)
    made, last = _passes(passes, len(points), n_passes)
    reach = _numbers("widest", widest, (len(points),), "(n,) numbers, n the number of centers")
    _refuse("widest", reach, (reach < 0) | (reach > LONGEST_MM), f"0 to {LONGEST_MM:g} mm")
    return cumulative_areas(Discs(points, made, reach, radii_of, depths), last, _window(window), up_to)


def multiplicity_area(centers: ArrayLike, radii: ArrayLike, window: Window | None = None, up_to: int = 3) -> Floats:
    """Area covered by exactly 0, 1, ... `up_to - 1` discs, and by `up_to` or more.

    Parameters
    ----------
    centers : (n, 2) float — disc centres [mm]
    radii : (n,) float — disc radii, 0 or more [mm]
    window : shapely Polygon or MultiPolygon — only what lies in it counts; None for the plane [mm]
    up_to : int — from this multiplicity on areas are counted together, 1 or more [1]

    Returns
    -------
    (up_to + 1,) float — areas by multiplicity; the first is infinite without a window [mm2]

    Method, cost and errors raised: as `multiplicity_table`.
    """
    points = _points(centers)
    sizes = _numbers("radii", radii, (len(points),), "(n,) numbers, n the number of centers")
    once = np.ones(len(points), dtype=np.int64)
    at_least = multiplicity_table(points, once, sizes[None], window, up_to, n_passes=1)[:, 0, 0]
    whole = np.inf if window is None else window.area
    return -np.diff(np.concatenate(([whole], at_least, [0.0])))


def _discs(centers: ArrayLike, passes: ArrayLike, radii: ArrayLike, n_passes: int | None) -> tuple[Discs, int]:
    points = _points(centers)
    made, last = _passes(passes, len(points), n_passes)
    table = _numbers("radii", radii, (None, len(points)), "(Z, n) numbers, n the number of centers")
    reach = table.max(axis=0, initial=0.0)
    extremes = np.array([table.min(initial=0.0), reach.max(initial=0.0)])
    _refuse("radii", extremes, (extremes < 0) | (extremes > LONGEST_MM), f"0 to {LONGEST_MM:g} mm")
    return Discs(points, made, reach, lambda ids, rows: table[rows].take(ids, axis=1), len(table)), last


def _points(centers: ArrayLike) -> Floats:
    points = _array("centers", centers, "(n, 2) numbers")
    places = _numbers("centers", points if points.size else np.zeros((0, 2)), (None, 2), "(n, 2) numbers")
    extremes = np.array([places.min(initial=0.0), places.max(initial=0.0)])
    _refuse("centers", extremes, np.abs(extremes) > LONGEST_MM, f"{-LONGEST_MM:g} to {LONGEST_MM:g} mm")
    return places


def _passes(passes: ArrayLike, n: int, n_passes: int | None) -> tuple[Ints, int]:
    made = _array("passes", passes, "(n,) integers")
    if made.shape != (n,) or (n and made.dtype.kind not in "iu"):
        raise InputError(f"passes: got shape {made.shape} of {made.dtype}, allowed (n,) integers, n = {n} centers")
    if n_passes is not None:
        _refuse_count("n_passes", n_passes)
        if n_passes > MOST_PASSES:
            raise InputError(f"n_passes = {n_passes} can't be used; allowed: at most {MOST_PASSES}")
    last = n_passes if n_passes is not None else int(made.max(initial=0))
    _refuse("passes", made, (made < 1) | (made > last), f"1 to {last}" if n_passes is not None else "1 or more")
    return made.astype(np.int64, copy=False), last


def _numbers(name: str, values: ArrayLike, shape: tuple[int | None, ...], allowed: str) -> Floats:
    """Finite real numbers of the given shape, where None stands for any length."""
    given = _array(name, values, allowed)
    fits = given.ndim == len(shape) and all(
        want is None or want == have for want, have in zip(shape, given.shape, strict=True)
    )
    if not fits or (given.size and given.dtype.kind not in "iuf"):
        raise InputError(f"{name}: got shape {given.shape} of {given.dtype}, allowed {allowed}")
    numbers = given.astype(np.float64, copy=False)
    with np.errstate(invalid="ignore", over="ignore"):
        total = numbers.sum()
    if not np.isfinite(total):  # one sum is cheaper than a mask, and a finite sum proves all finite
        _refuse(name, numbers, ~np.isfinite(numbers), "finite numbers")
    return numbers


def _array(name: str, values: ArrayLike, allowed: str) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as error:
        raise InputError(f"{name}: got rows of different lengths, allowed {allowed}") from error


def _profile(radius_at: Callable[[Floats], Floats], distance: Floats) -> Floats:
    radii = _numbers("radius_at", radius_at(distance), distance.shape, f"numbers of shape {distance.shape}")
    extremes = np.array([radii.min(initial=0.0), radii.max(initial=0.0)])
    _refuse("radius_at", extremes, (extremes < 0) | (extremes > LONGEST_MM), f"0 to {LONGEST_MM:g} mm")
    return np.where(distance > 0, radii, 0.0)


def _window(window: Window | None) -> Window | None:
    if window is None:
        return None
    if not isinstance(window, Polygon | MultiPolygon):
        raise InputError(f"window: got {type(window).__name__}, allowed a shapely Polygon or MultiPolygon, or None")
    if window.is_empty or not window.is_valid:
        reason = "an empty polygon" if window.is_empty else shapely.is_valid_reason(window)
        raise InputError(f"window: got {reason}, allowed a valid polygon with an area")
    bounds = np.array(window.bounds)
    _refuse("window", bounds, np.abs(bounds) > LONGEST_MM, f"{-LONGEST_MM:g} to {LONGEST_MM:g} mm")
    return window


def _refuse(name: str, values: Floats | Ints | np.float64, wrong: ArrayLike, allowed: str) -> None:
    if np.any(wrong):
        first = np.asarray(values)[np.asarray(wrong)].flat[0]
        raise InputError(f"{name}: got {first}, allowed {allowed}")


def _refuse_count(name: str, value: int) -> None:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise InputError(f"{name}: got {value!r}, allowed an integer of 1 or more")
