"""Truths about the area of a union of discs, from oracles that share nothing with the method."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
import shapely
from dermaroll.data.checks import InputError
from dermaroll.geometry.union.discs import (
    multiplicity_area,
    multiplicity_table,
    union_area,
    union_area_table,
    union_area_tiled,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate
from shapely.affinity import rotate
from shapely.geometry import MultiPolygon, Polygon, box

PI = np.pi
L_SHAPE = Polygon([(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)])
WITH_HOLE = box(0, 0, 4, 4).difference(box(1, 1, 2.5, 2.2))
TWO_PARTS = MultiPolygon([box(0, 0, 1.5, 4), rotate(box(2.2, 0.3, 3.9, 3), 20)])
WINDOWS = {
    "plane": None,
    "square": box(0, 0, 4, 4),
    "L": L_SHAPE,
    "hole": WITH_HOLE,
    "two parts": TWO_PARTS,
    "tilted": rotate(box(0.5, 0.5, 3, 3), 33),
}


def by_polygons(centers, radii, window=None):
    """Union of regular polygons; the error falls with the square of the number of sides: two suffice."""
    areas = []
    for sides_a_quarter in (64, 128):
        union = shapely.union_all(shapely.buffer(shapely.points(centers), radii, quad_segs=sides_a_quarter))
        areas.append((union if window is None else union.intersection(window)).area)
    return (4 * areas[1] - areas[0]) / 3


def by_scanlines(centers, radii):
    """Length of the union of intervals on horizontal lines, at Gauss points of smooth strips."""
    ends = np.unique(np.concatenate([centers[:, 1] - radii, centers[:, 1] + radii]))
    for i, j in combinations(range(len(radii)), 2):
        d = np.hypot(*(centers[j] - centers[i]))
        if abs(radii[i] - radii[j]) < d < radii[i] + radii[j]:
            a = (d * d + radii[i] ** 2 - radii[j] ** 2) / (2 * d)
            h = np.sqrt(radii[i] ** 2 - a * a)
            u = (centers[j] - centers[i]) / d
            ends = np.append(ends, centers[i][1] + a * u[1] + np.array([-h, h]) * u[0])

    def length(y):
        half = np.sqrt(np.maximum(radii**2 - (y - centers[:, 1]) ** 2, 0))
        low, high = centers[:, 0] - half, centers[:, 0] + half
        order = np.argsort(low)
        reached = np.maximum.accumulate(np.concatenate(([-np.inf], high[order])))
        return np.sum(np.maximum(reached[1:] - np.maximum(low[order], reached[:-1]), 0))

    # between neighbouring ends and crossings the length is smooth but for square roots at the ends
    nodes, weights = np.polynomial.legendre.leggauss(24)
    t = 0.5 * (nodes + 1)
    smooth, slope = t * t * (3 - 2 * t), 3 * t * (1 - t)  # tames the square roots
    ends = np.sort(ends)
    return sum((b - a) * np.sum(weights * slope * [length(a + (b - a) * s) for s in smooth]) for a, b in pairwise(ends))


def lens(r, s, d):
    """Area common to two discs that cross, by integrating over the common chord's direction."""
    x = (d * d + r * r - s * s) / (2 * d)
    left = integrate.quad(lambda t: 2 * np.sqrt(s * s - (t - d) ** 2), d - s, x, epsabs=1e-13)[0]
    return left + integrate.quad(lambda t: 2 * np.sqrt(r * r - t * t), x, r, epsabs=1e-13)[0]


def some_discs(seed, n, side=4.0, mean=0.35):
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.5, side + 0.5, (n, 2)), rng.gamma(2, mean / 2, n)


# --- cases by hand


def test_nothing_covers_nothing():
    assert union_area([], []) == 0
    assert union_area(np.zeros((0, 2)), np.zeros(0), box(0, 0, 1, 1)) == 0
    assert union_area_table(np.zeros((0, 2)), [], np.zeros((3, 0)), n_passes=2).tolist() == [[0] * 3] * 2
    assert union_area_table([[0, 0]], [1], np.zeros((0, 1))).shape == (1, 0)
    assert union_area([[1, 2]], [0]) == 0


@pytest.mark.parametrize(
    ("centers", "radii", "area"),
    [
        ([[3, 4]], [2], 4 * PI),
        ([[0, 0], [5, 0]], [1, 2], 5 * PI),
        ([[0, 0], [3, 0]], [1, 2], 5 * PI),  # touching outside
        ([[0, 0], [1, 0]], [1, 2], 4 * PI),  # touching inside
        ([[0, 0], [0.5, 0]], [1, 2], 4 * PI),  # nested
        ([[0, 0], [0, 0]], [1, 2], 4 * PI),  # concentric
        ([[7, 7]] * 5, [1.5] * 5, 2.25 * PI),  # the same five times
        ([[0, 0], [1, 0]], [1, 1], 4 * PI / 3 + np.sqrt(3) / 2),  # each through the other's centre
        (
            [[0, 0], [1, 0], [0.5, np.sqrt(3) / 2]],
            [1, 1, 1],
            1.5 * PI + np.sqrt(3),
        ),  # about a Reuleaux triangle
        ([[0, 0], [2, 0], [4, 0], [0, 0]], [1, 1, 1, 0], 3 * PI),  # a chain of touches and a point
        ([[1, 0], [2, 0], [3, 0]], [1, 2, 3], 9 * PI),  # all tangent at one point
        ([[1, 1], [1, -1], [-1, 1], [-1, -1]], [np.sqrt(2)] * 4, 4 * PI + 8),  # four through one point
    ],
)
def test_hand_computed(centers, radii, area):
    assert union_area(centers, radii) == pytest.approx(area, rel=1e-14)


@pytest.mark.parametrize(("r", "s", "d"), [(1, 1, 1.3), (1, 0.4, 1.2), (1, 0.4, 0.7), (2, 1.9, 0.2), (1, 1, 1e-3)])
def test_two_discs_are_their_sum_less_the_lens(r, s, d):
    expected = PI * (r * r + s * s) - lens(r, s, d)
    assert union_area([[3, 1], [3 + 0.6 * d, 1 - 0.8 * d]], [r, s]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("gap", [-1e-9, -1e-12, -1e-15, 0, 1e-15, 1e-12, 1e-9])
def test_area_is_continuous_at_tangency(gap):
    far = np.array([0.6, 0.8])
    assert union_area([[0, 0], (3 + gap) * far], [1, 2]) == pytest.approx(5 * PI, rel=1e-12)
    assert union_area([[0, 0], (1 + gap) * far], [1, 2]) == pytest.approx(4 * PI, rel=1e-12)
    assert union_area([far * (1 + gap)], [1], rotate(box(-9, -9, 0, 9), 53.13010235415598, origin=(0, 0))) < 1e-12


@pytest.mark.parametrize(
    ("center", "radius", "area"),
    [
        ((2, 2), 1, PI),
        ((0, 2), 1, PI / 2),
        ((0, 0), 1, PI / 4),
        ((2, 2), 9, 16),  # larger than the window
        ((-7, 2), 1, 0),  # outside
        ((-1, 2), 1, 0),  # touching from outside
        ((1, 2), 1, PI),  # touching from inside
        ((-1, -1), np.sqrt(2), 0),  # through the corner from outside
        ((1, 1), np.sqrt(2), PI + 2),  # through the corner from inside
        ((2, 2), 2 * np.sqrt(2), 16),  # through all four corners
    ],
)
def test_one_disc_in_a_square(center, radius, area):
    assert union_area([center], [radius], box(0, 0, 4, 4)) == pytest.approx(area, rel=1e-12, abs=1e-12)


def test_disc_in_a_hole_and_about_a_hole():
    ring = box(0, 0, 6, 6).difference(box(2, 2, 4, 4))
    assert union_area([[3, 3]], [0.9], ring) == 0
    assert union_area([[3, 3]], [1], ring) == 0
    assert union_area([[3, 3]], [2], ring) == pytest.approx(4 * PI - 4, rel=1e-14)
    assert union_area([[3, 3]], [50], ring) == pytest.approx(32, rel=1e-12)


def test_rows_of_discs_that_touch_the_window_from_both_sides():
    along = 0.1 + 0.2 * np.arange(500)
    rows = np.concatenate([np.column_stack((along, np.full(500, y))) for y in (-0.1, 0.1, 99.9, 100.1)])
    expected = 1000 * PI * 0.01
    assert union_area(rows, np.full(2000, 0.1), box(0, 0, 100, 100)) == pytest.approx(expected, rel=1e-10)


# --- against oracles


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("n", [1, 3, 8, 40, 150])
def test_matches_fine_polygons(name, n):
    centers, radii = some_discs(n, n)
    expected = by_polygons(centers, radii, WINDOWS[name])
    assert union_area(centers, radii, WINDOWS[name]) == pytest.approx(expected, rel=3e-7, abs=3e-7)


@pytest.mark.parametrize("seed", range(4))
def test_matches_scanlines_to_many_digits(seed):
    centers, radii = some_discs(seed, 12)
    assert union_area(centers, radii) == pytest.approx(by_scanlines(centers, radii), rel=1e-9)


@pytest.mark.parametrize("name", ["square", "hole", "two parts"])
def test_matches_monte_carlo_within_its_error(name):
    centers, radii = some_discs(7, 30, mean=0.4)
    window = WINDOWS[name]
    points = np.random.default_rng(1).uniform(-0.5, 4.5, (200_000, 2))
    inside = shapely.contains_xy(window, *points.T)
    depth = np.zeros(len(points), dtype=int)
    for center, radius in zip(centers, radii, strict=True):
        depth += np.hypot(*(points - center).T) < radius
    areas = multiplicity_area(centers, radii, window)
    for exact, share in zip(areas, [(inside & (depth == k)) for k in range(3)] + [inside & (depth > 2)], strict=True):
        p = share.mean()
        assert abs(exact - 25 * p) < 4.5 * 25 * np.sqrt(p * (1 - p) / len(points))
    assert areas.sum() == pytest.approx(window.area)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-4, 4), st.integers(-4, 4), st.sampled_from([0, 0.5, 1, 1.25, 2, 5])),
        min_size=1,
        max_size=6,
    )
)
def test_inclusion_and_exclusion_on_a_lattice(discs):
    """Sum over subsets of the area common to all, from fine polygons; lattices are full of tangencies."""
    numbers = np.array(discs, dtype=float)
    shapes = shapely.buffer(shapely.points(numbers[:, :2]), numbers[:, 2], quad_segs=256)
    total = sum(
        (-1) ** (k + 1) * shapely.intersection_all(shapes[list(subset)]).area
        for k in range(1, len(shapes) + 1)
        for subset in combinations(range(len(shapes)), k)
    )
    # a polygon of 1024 sides misses 6e-6 of its disc
    assert union_area(numbers[:, :2], numbers[:, 2]) == pytest.approx(total, rel=5e-5, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 25), st.sampled_from(sorted(WINDOWS)))
def test_invariances(seed, n, name):
    centers, radii = some_discs(seed, n)
    window = WINDOWS[name]
    area = union_area(centers, radii, window)
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    assert union_area(centers[order], radii[order], window) == pytest.approx(area, rel=1e-12, abs=1e-13)
    twice = np.concatenate((centers, centers)), np.concatenate((radii, radii))
    assert union_area(*twice, window) == pytest.approx(area, rel=1e-12, abs=1e-13)
    angle, shift, scale = rng.uniform(0, 6), rng.uniform(-50, 50, 2), 10 ** rng.uniform(-3, 3)
    turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = None if window is None else shapely.transform(window, lambda points: points @ turn + shift * scale)
    assert union_area(centers @ turn + shift * scale, radii * scale, moved) == pytest.approx(
        area * scale**2, rel=1e-10, abs=1e-11 * scale**2
    )


def test_digits_survive_a_far_origin():
    centers, radii = some_discs(3, 200)
    centers = np.round(centers * 2**20) / 2**20  # so that the shift is exact
    shift = np.array([2.0**20, -(2.0**20)])
    assert union_area(centers + shift, radii) == pytest.approx(union_area(centers, radii), rel=1e-13)


# --- tables


def table_by_single_areas(centers, passes, radii, window, last):
    return [[union_area(centers[passes <= p], row[passes <= p], window) for row in radii] for p in range(1, last + 1)]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 40), st.sampled_from(sorted(WINDOWS)), st.booleans())
def test_table_equals_single_areas(seed, n, name, duplicates):
    rng = np.random.default_rng(seed)
    centers, radii = some_discs(seed, n, mean=0.5)
    if duplicates:
        centers, radii = centers[rng.integers(0, n, n)], np.full(n, 0.6)
    passes = rng.integers(1, 5, n)
    table = np.maximum(radii - np.array([0, 0.1, 0.35, 9])[:, None], 0)
    got = union_area_table(centers, passes, table, WINDOWS[name], n_passes=5)
    assert got.shape == (5, 4)
    expected = table_by_single_areas(centers, passes, table, WINDOWS[name], 5)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def test_duplicates_across_passes_add_nothing():
    table = union_area_table([[0, 0], [0, 0], [5, 0], [0, 0]], [2, 1, 3, 3], [[1, 1, 1, 1], [1, 0.5, 1, 2]])
    np.testing.assert_allclose(table, PI * np.array([[1, 0.25], [1, 1], [2, 5]]), rtol=1e-14)


def test_depths_need_not_shrink():
    rng = np.random.default_rng(2)
    centers, passes, radii = rng.random((50, 2)), rng.integers(1, 4, 50), rng.gamma(1, 0.1, (6, 50))
    expected = table_by_single_areas(centers, passes, radii, None, 3)
    np.testing.assert_allclose(union_area_table(centers, passes, radii), expected, rtol=1e-12)


def needle(distance):
    """A 1.5 mm needle: tip of 4 um, half-angle 5.2 degrees."""
    return np.where(distance > 0, 0.004 + np.tan(np.radians(5.2)) * np.maximum(distance - 0.004, 0), 0)


@pytest.mark.parametrize("name", WINDOWS)
def test_tiled_equals_untiled(name, monkeypatch):
    rng = np.random.default_rng(4)
    centers, passes = rng.uniform(-0.2, 4.2, (900, 2)), rng.integers(1, 7, 900)
    depths, levels = rng.normal(0.85, 0.15, 900), np.linspace(0, 1.3, 7)
    radii = needle(depths - levels[:, None])
    expected = union_area_table(centers, passes, radii, WINDOWS[name])
    for size in (1 << 15, 100, 7):  # one band, many, and bands thinner than a channel
        monkeypatch.setattr("dermaroll.geometry.union.discs.CHANNELS_AT_ONCE", size)
        got = union_area_tiled(centers, passes, depths, needle, levels, WINDOWS[name])
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-13)


# --- many deep, and of many sizes


def crowds(n):
    rng = np.random.default_rng(6)
    equal = np.full(n, 0.07)
    yield "thrown into a square", rng.random((n, 2)), rng.normal(0.08, 0.014, n)
    yield "all the same", np.full((n, 2), 3.3), equal
    yield "nearly the same", rng.normal(0, 1e-4, (n, 2)), equal
    yield "nested", rng.normal(0, 1e-4, (n, 2)), rng.uniform(0.02, 0.1, n)
    yield "on a line", np.column_stack((rng.random(n), np.zeros(n))), equal
    yield "many sizes", rng.random((n, 2)), np.exp(rng.normal(-4, 1.5, n))


@pytest.mark.parametrize(
    ("name", "centers", "radii"), list(crowds(500)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_leaving_out_the_buried_changes_nothing(name, centers, radii, monkeypatch):
    passes = np.random.default_rng(8).integers(1, 4, len(radii))
    table = np.stack((radii, 0.6 * radii, np.maximum(radii - 0.06, 0)))
    window = box(0.1, -0.02, 0.9, 0.7)
    quick = union_area_table(centers, passes, table), union_area_table(centers, passes, table, window)
    monkeypatch.setattr("dermaroll.geometry.union.boundary.CROWDED", np.inf)
    np.testing.assert_allclose(quick[0], union_area_table(centers, passes, table), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(quick[1], union_area_table(centers, passes, table, window), rtol=1e-10, atol=1e-14)


def test_a_thick_crowd_matches_fine_polygons():
    rng = np.random.default_rng(9)
    centers, radii = rng.random((1500, 2)), rng.normal(0.08, 0.014, 1500)
    assert union_area(centers, radii) == pytest.approx(by_polygons(centers, radii), rel=1e-6)


def test_a_hole_that_a_ring_of_discs_leaves_stays_open():
    turn = np.linspace(0, 2 * PI, 1500, endpoint=False)
    centers = np.column_stack((np.cos(turn), np.sin(turn)))
    area = union_area(centers, np.full(1500, 0.25))
    # the union of 1500 discs about a circle falls short of the annulus by scallops of depth < 6e-6
    assert area == pytest.approx(PI * (1.25**2 - 0.75**2), rel=2e-5)
    assert union_area(np.vstack((centers, [[0, 0]])), np.append(np.full(1500, 0.25), 0.8)) > area + 1.7


def test_one_huge_disc_among_many_small():
    rng = np.random.default_rng(10)
    centers, radii = rng.uniform(-200, 200, (20_000, 2)), np.full(20_000, 0.1)
    outside = np.hypot(*centers.T) > 101
    alone = union_area(centers[outside], radii[outside])
    inside = np.hypot(*centers.T) < 99
    kept = outside | inside
    got = union_area(np.vstack((centers[kept], [[0, 0]])), np.append(radii[kept], 100))
    assert got == pytest.approx(alone + PI * 1e4, rel=1e-12)


# --- multiplicity


@pytest.mark.parametrize("name", WINDOWS)
def test_multiplicities_match_polygon_overlays(name):
    centers, radii = some_discs(11, 9, mean=0.8)
    window = WINDOWS[name]
    shapes = shapely.buffer(shapely.points(centers), radii, quad_segs=256)
    if window is not None:
        shapes = shapely.intersection(shapes, window)
    passes = np.array([1, 2, 1, 3, 2, 1, 1, 3, 2])
    got = multiplicity_table(centers, passes, radii[None], window, up_to=4)
    for p in (1, 2, 3):
        present = shapes[passes <= p]
        for m in range(1, 5):
            common = [shapely.intersection_all(list(s)) for s in combinations(present, m)]
            expected = shapely.union_all(common).area if common else 0
            assert got[m - 1, p - 1, 0] == pytest.approx(expected, rel=3e-5, abs=3e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12), st.sampled_from(sorted(WINDOWS)), st.booleans())
def test_multiplicities_add_up_to_the_sum_of_discs(seed, n, name, duplicates):
    centers, radii = some_discs(seed, n)
    if duplicates:
        centers, radii = np.repeat(centers, 2, axis=0), np.repeat(radii, 2)
    window = WINDOWS[name]
    at_least = multiplicity_table(centers, np.ones(len(radii), int), radii[None], window, up_to=len(radii))[:, 0, 0]
    each = [union_area(c[None], r[None], window) for c, r in zip(centers, radii, strict=True)]
    assert at_least.sum() == pytest.approx(sum(each), rel=1e-11, abs=1e-12)
    assert at_least[0] == pytest.approx(union_area(centers, radii, window), rel=1e-12, abs=1e-13)


def test_multiplicity_of_the_same_disc():
    np.testing.assert_allclose(multiplicity_area([[1, 1]] * 4, [1] * 4, None, 3)[1:], [0, 0, PI], atol=1e-15)
    assert multiplicity_area([[1, 1]] * 4, [1] * 4)[0] == np.inf


# --- near-duplicates, tangencies, specks, thin windows


GOOD = {"centers": [[0, 0], [1, 1]], "passes": [1, 2], "radii": [[1.0, 1.0]], "window": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("centers", [0, 1]),
        ("centers", [[0, 0, 0], [1, 1, 1]]),
        ("centers", [[0, np.nan], [1, 1]]),
        ("centers", [[0, np.inf], [1, -np.inf]]),
        ("centers", [["a", "b"], ["c", "d"]]),
        ("centers", [[0, 0], [1]]),
        ("passes", [0, 1]),
        ("passes", [1.0, 2.0]),
        ("passes", [1]),
        ("radii", [1.0, 1.0]),
        ("radii", [[1.0, 1.0, 1.0]]),
        ("radii", [[1.0, -0.1]]),
        ("radii", [[1.0, 1e10]]),
        ("centers", [[0, 0], [1e10, 1]]),
        ("window", box(0, 0, 1e10, 1)),
        ("radii", [[1.0, np.nan]]),
        ("radii", [[1.0, 1j]]),
        ("window", Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])),
        ("window", Polygon()),
        ("window", "square"),
        ("n_passes", 1),
        ("n_passes", 0),
        ("n_passes", 2.5),
    ],
)
def test_bad_input_is_named(name, value):
    arguments = GOOD | {name: value}
    named = "passes" if (name, value) == ("n_passes", 1) else name
    with pytest.raises(InputError, match=rf"^{named}: got .*allowed "):
        union_area_table(**arguments)


def test_bad_profiles_and_counts_are_named():
    tiled = {"centers": [[0, 0]], "passes": [1], "depths": [1.0], "levels": [0.0, 0.5]}
    for profile in (lambda s: s[0], lambda s: -s, lambda s: 2 - s, lambda s: s * np.nan):
        with pytest.raises(ValueError, match=r"^radius_at: got .*allowed "):
            union_area_tiled(radius_at=profile, **tiled)
    with pytest.raises(ValueError, match=r"^up_to: got 0"):
        multiplicity_area([[0, 0]], [1], up_to=0)
    with pytest.raises(ValueError, match=r"^radii: got "):
        union_area([[0, 0]], [-1])
