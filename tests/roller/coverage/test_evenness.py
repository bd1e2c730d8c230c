"""Evenness: the variation of channels over cells of 5 mm, against closed forms."""

import numpy as np
import pytest
from dermaroll.geometry.region import parse_region, rectangle
from dermaroll.roller.coverage.evenness import evenness_of, whole_cells
from shapely.geometry import Point


def test_only_whole_cells_count():
    assert whole_cells(rectangle(20, 20))[0].size == 16
    assert whole_cells(rectangle(24, 9))[0].size == 4
    assert whole_cells(rectangle(4, 50))[0].size == 0
    disc = Point(0, 0).buffer(10, 256)
    x, y = whole_cells(disc)
    corners = np.abs(np.stack([x, y, x + 5, y + 5]))
    assert np.all(np.hypot(corners[[0, 2]].max(axis=0), corners[[1, 3]].max(axis=0)) <= 10)
    holed = parse_region("POLYGON ((0 0, 20 0, 20 20, 0 20, 0 0), (6 6, 9 6, 9 9, 6 9, 6 6))")
    assert whole_cells(holed)[0].size == 15


def test_a_lattice_has_none_and_half_a_field_has_a_known_one():
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(-9.5, 10), np.arange(-9.5, 10)))
    even = evenness_of(x, y, np.ones(x.size, int), 1, rectangle(20, 20))
    assert even.variation[0] == 0
    assert even.by_chance[0] == pytest.approx(1 / 5)  # 25 channels a cell
    left = x < 0
    half = evenness_of(x[left], y[left], np.ones(left.sum(), int), 1, rectangle(20, 20))
    assert half.variation[0] == pytest.approx(np.sqrt(16 / 15))  # 8 cells of 25, 8 of none


def test_random_channels_are_as_even_as_chance():
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-200, 200, (2, 300_000))
    found = evenness_of(x, y, rng.integers(1, 4, x.size), 3, rectangle(400, 400))
    np.testing.assert_allclose(found.variation, found.by_chance, rtol=0.03)
    assert np.all(np.diff(found.variation) < 0)


def test_without_cells_or_channels_nothing_is_said():
    none = evenness_of(np.empty(0), np.empty(0), np.empty(0, int), 2, rectangle(20, 20))
    assert np.isnan([none.variation, none.by_chance]).all()
    assert np.isnan(evenness_of(np.zeros(3), np.zeros(3), np.ones(3, int), 1, rectangle(8, 8)).variation).all()
