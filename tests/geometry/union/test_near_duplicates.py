"""Areas of discs a few roundings apart, of tangencies and of windows thinner than a hair."""

from __future__ import annotations

import numpy as np
import pytest
from dermaroll.geometry.union.discs import (
    multiplicity_area,
    multiplicity_table,
    union_area,
    union_area_table,
)
from shapely.affinity import rotate
from shapely.geometry import Polygon, box

PI = np.pi


def two_equal(r, d):
    """Area of two discs of radius r at distance d < 2 r."""
    return PI * r * r + 2 * r * r * np.arcsin(d / (2 * r)) + 0.5 * d * np.sqrt(4 * r * r - d * d)


@pytest.mark.parametrize("d", [0, 5e-324, 1e-200, 1e-162, 1e-100, 1e-20, 1e-16, 1e-13, 1e-9, 1e-4])
def test_no_spacing_is_too_small(d):
    for way in ((0, 1), (1, 0), (-0.6, 0.8)):
        centers = d * np.array([(0, 0), way])
        assert union_area(centers, [0.5, 0.5]) == pytest.approx(two_equal(0.5, d), rel=1e-14)
        assert multiplicity_area(centers, [0.5, 0.5])[1:] == pytest.approx(
            [2 * (two_equal(0.5, d) - PI / 4), PI / 2 - two_equal(0.5, d), 0], rel=1e-14, abs=1e-15
        )


@pytest.mark.parametrize("inside", [0, 1e-19, 1e-16, 5e-15, 3e-14, 1e-12, 1e-9])
@pytest.mark.parametrize("far", [(200, 100), (-1e3, 3e2), (1e6, -1e6)])
def test_a_corner_barely_inside_a_disc_far_from_the_others(far, inside):
    # the corner lies on a circle of 5 u at (3 u, 4 u); what of its edges is inside is shorter than floats tell places
    u = 2.0**-14
    (x, y), r = far, 5 * u + inside
    window = box(x + 3 * u, y + 4 * u, x + 20 * u, y + 20 * u)
    sliver = inside * inside / (2 * 0.6 * 0.8)  # a right triangle whose height over the longest side is `inside`
    sum_of_both = union_area([far, (-x, -y)], [r, 2.0], window)
    assert sum_of_both == pytest.approx(sliver, rel=1e-2, abs=1e-9 * PI * r * r)


def test_what_meets_a_disc_meets_the_one_it_lies_in():
    # a disc touches a larger one from inside and a third, by less than sums of radii are rounded, where those two touch
    rng = np.random.default_rng(0)
    large, third = rng.uniform(0.5, 1, 200), rng.uniform(0.1, 0.5, 200)
    small = large * rng.uniform(0.5, 0.99, 200)
    up = large - small
    for a, b, c, y in zip(large, third, small, up, strict=True):
        for away in (a + b, np.nextafter(a + b, 0)):
            area = union_area([(0, 0), (0, -away), (0, -y)], [a, b, c])
            assert area == pytest.approx(PI * (a * a + b * b), rel=1e-13)


def test_four_discs_a_few_roundings_apart():
    a, b = -3.9968028886505635e-15, -3.3306690738754696e-15
    centers = [(0, 0), (a, b), (a, 3.774758283725532e-15), (2, 0)]
    radii = [0.5000000000000004, 0.5, 0.4999999999999964, 0]
    assert union_area(centers, radii) == pytest.approx(PI / 4, rel=5e-14)
    _, once, twice, thrice = multiplicity_area(centers, radii)
    assert 0 <= once < 5e-14
    assert 0 <= twice < 5e-14
    assert thrice == pytest.approx(PI / 4, rel=5e-14)


@pytest.mark.parametrize("noise", [0, 1e-200, 1e-16, 1e-15, 1e-14, 1e-13, 1e-12, 1e-10])
@pytest.mark.parametrize(("times", "seeds"), [(3, 30), (30, 1)])  # a few deep, and many, where the buried are left out
def test_the_same_disc_again_with_noise_adds_no_more_than_the_noise(noise, times, seeds):
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        centers, radii = rng.uniform(0, 20, (100, 2)), rng.uniform(0.05, 1, 100)
        again, sizes = np.repeat(centers, times, axis=0), np.repeat(radii, times)
        again, sizes = again + noise * rng.uniform(-1, 1, again.shape), sizes + noise * rng.uniform(-1, 1, sizes.shape)
        window = rotate(box(3, 2, 17, 15), 12)
        passes = np.tile(np.arange(1, times + 1), 100)
        # no point of a circle is moved by more than (1 + sqrt(2)) times the noise
        allowed = 2.5 * noise * 2 * PI * radii.sum() + 1e-12
        for place in (None, window):
            alone = union_area(centers, radii, place)
            assert abs(union_area(again, sizes, place) - alone) <= allowed
            assert np.all(np.abs(union_area_table(again, passes, sizes[None], place) - alone) <= allowed)
        at_least = multiplicity_table(again, passes, sizes[None], window, up_to=3)[:, :, 0]
        assert abs(at_least[2, 2] - alone) <= allowed
        assert np.all(np.diff(at_least, axis=0) <= allowed)


@pytest.mark.long
@pytest.mark.parametrize("n", [2, 100, 2000])
@pytest.mark.parametrize("step", [1e-15, 1e-12, 1e-9])
def test_a_chain_of_near_duplicates_keeps_its_length(n, step):
    centers = np.column_stack((step * np.arange(n), np.zeros(n)))
    # two discs of diameter 1 cover their distance more than one, but for terms of its third power
    expected = PI / 4 + step * (n - 1)
    assert union_area(centers, np.full(n, 0.5)) == pytest.approx(expected, rel=1e-15 + 1e-14 * n, abs=0)
    assert expected - PI / 4 > 0


def test_a_near_duplicate_of_a_later_pass_adds_a_sliver_then_and_nothing_before():
    centers, passes = [[0, 0], [1e-9, 0], [0, 0]], [2, 1, 3]
    table = union_area_table(centers, passes, [[0.5, 0.5, 0.5]])[:, 0]
    np.testing.assert_allclose(table, [PI / 4, two_equal(0.5, 1e-9), two_equal(0.5, 1e-9)], rtol=1e-15)
    at_least = multiplicity_table(centers, passes, [[0.5, 0.5, 0.5]])[:, :, 0]
    both = PI / 2 - two_equal(0.5, 1e-9)
    np.testing.assert_allclose(at_least[1:], [[0, both, PI / 4], [0, 0, both]], rtol=1e-14)


@pytest.mark.parametrize("x", [0, 1e-16, 1e-12, 1e-9, 1e-8, 1.4e-8, 2e-8, 3e-8, 1e-6])
@pytest.mark.parametrize("gap", [0, 1e-16, -1e-16, 1e-15, -1e-15])
def test_an_edge_tangent_near_its_end(x, gap):
    for side in (1, -1):
        area = np.arccos(side * x) - side * x * np.sqrt(1 - x * x)  # of the unit disc, right of the window's left edge
        window = box(side * x, -5, 5, 1 + gap)
        for angle in (0, 90, 180, 30):
            turned = rotate(window, angle, origin=(0, 0))
            assert union_area([[0, 0]], [1], turned) == pytest.approx(area, rel=1e-13)


@pytest.mark.parametrize("width", [1e-3, 1e-6, 1e-8, 1e-12])
@pytest.mark.parametrize("x", [0.0, 0.25, -0.875])
def test_thin_windows(width, x):
    wide = (x + width) - x
    expected = wide * 2 * np.sqrt(1 - (x + wide / 2) ** 2)
    assert union_area([[0, 0], [0, 1e-15]], [1, 1], box(x, -2, x + width, 2)) == pytest.approx(expected, rel=1e-6)
    assert union_area([[0, 0]], [1], box(x, -0.25, x + width, 0.25)) == pytest.approx(0.5 * wide, rel=1e-12)


def test_specks_in_a_wide_field():
    place, r = np.array([1e6, -1e6]), 2.0**-20
    pair = np.array([[0, 0], [2.0**-20, 0]])
    far = np.concatenate((place + pair, -place + pair, [[0, 0]]))
    expected = 2 * two_equal(r, r)
    assert union_area(far, np.append(np.full(4, r), 0)) == pytest.approx(expected, rel=1e-12)
    hub = union_area_table(far, [1, 1, 1, 1, 2], np.append(np.full(4, r), 1e3)[None])
    np.testing.assert_allclose(hub[:, 0], [expected, expected + PI * 1e6], rtol=1e-12)


def test_a_speck_beside_the_rim_of_a_huge_disc_in_a_small_window():
    wide, hub, r = 2.0**-15, 1024.0, 2.0**-20
    window = box(-wide, -wide, wide, wide)
    # the huge disc covers the left half but for the sagitta of its rim, the speck lies in the right half
    expected = 2 * wide * wide - wide**3 / (3 * hub) + PI * r * r
    area = union_area([[-hub, 0], [wide / 2, 0]], [hub, r], window)
    assert abs(area - expected) <= 1e-9 * PI * r * r


# --- bad input


@pytest.mark.parametrize("speck", [5e-324, 1e-200, 1.467e-120, 1e-60, 1e-40, 1e-32, 1e-31, 1e-29, 1e-26, 1e-24, 1e-18])
@pytest.mark.parametrize("corners", [[(0, 0), (13.6, 0), (11.4, 8.8)], [(0, 0), (9, -2), (1, 1), (-2, 9)]])
def test_a_corner_at_a_disc_but_for_a_speck(corners, speck):
    # the second window turns back at (1, 1): whichever corner lies at the disc, the area is that without the speck
    for corner in corners:
        away = [np.subtract(other, corner).astype(float) for other in corners]
        exact = union_area([(0, 0)], [1.25], Polygon(away))
        for way in ((1, 0), (0, 1), (-1, 0), (0, -1), (0.6, 0.8), (-0.8, 0.6)):
            at = [np.where(place == 0, speck * np.array(way), place) for place in away]
            assert union_area([(0, 0)], [1.25], Polygon(at)) == pytest.approx(exact, rel=1e-12)
            assert union_area([(0, 0), (0.5, 0)], [1.25, 1.25], Polygon(at)) == pytest.approx(
                union_area([(0, 0), (0.5, 0)], [1.25, 1.25], Polygon(away)), rel=1e-12
            )
