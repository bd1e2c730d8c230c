"""Ends of arcs in order, and what they cover, beside sorting by two keys and counting point by point."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from dermaroll.geometry.union import boundary
from dermaroll.geometry.union.arcs import in_order, runs
from dermaroll.geometry.union.discs import multiplicity_table, union_area_table
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(0, 60),
    st.sampled_from([0.0, 1.0, 3.14, 1e-13, 1e-300, 5e-324, 1e9]),
    st.sampled_from([1, 3, 1000, 2**40]),
)
def test_ends_come_in_the_order_of_two_keys(seed, n, scale, holders):
    rng = np.random.default_rng(seed)
    holder = rng.integers(0, holders, n)
    steps = rng.integers(-3, 4, n) * np.spacing(scale)  # roundings apart, or equal
    position = (
        np.where(rng.random(n) < 0.5, rng.uniform(-1, 1, n), rng.choice([-1.0, 0.0, 0.3, 1.0], n)) * scale + steps
    )
    assert np.array_equal(in_order(holder, position), np.lexsort((position, holder)))


def test_ends_too_near_for_one_number_are_told_apart():
    # 2**40 circles laid end to end leave 12 bits for an angle
    holder = np.full(1000, 2**40)
    position = 1.0 + np.spacing(1.0) * np.random.default_rng(0).permutation(1000)
    assert np.array_equal(position[in_order(holder, position)], np.sort(position))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 40), st.integers(1, 4))
def test_runs_are_where_so_many_intervals_cover(seed, n, up_to):
    rng = np.random.default_rng(seed)
    holder = rng.integers(0, 4, n)
    low, high = np.sort(rng.integers(0, 12, (2, n)), axis=0).astype(float)  # many ends meet, some intervals are empty
    found = runs(holder, low, high, up_to)
    for at in np.arange(0.5, 12):
        for k in range(4):
            cover = np.count_nonzero((holder == k) & (low < at) & (at < high))
            on = (found.holder == k) & (found.begin < at) & (at < found.end)
            assert np.array_equal(np.bincount(found.level[on], minlength=up_to), cover > np.arange(up_to))
    # intervals that touch make one run
    for k in range(4):
        for level in range(up_to):
            on = (found.holder == k) & (found.level == level) & (found.begin < found.end)
            assert not np.isin(found.begin[on], found.end[on]).any()


@pytest.mark.parametrize("window", [None, box(-1, -0.7, 1.3, 1)])
def test_discs_of_one_pass_cover_what_they_cover_when_passes_are_told_apart(window):
    # of one pass, covers are counted; of several, they are told one by one
    rng = np.random.default_rng(3)
    centers, radii = rng.uniform(-1.5, 1.5, (90, 2)), rng.uniform(0, 0.4, (5, 90))
    one = multiplicity_table(centers, np.ones(90, dtype=int), radii, window)
    many = multiplicity_table(centers, rng.integers(1, 8, 90), radii, window, n_passes=7)
    assert np.allclose(many[:, -1], one[:, 0], rtol=1e-13, atol=1e-14)


def test_the_smallest_few_among_larger_ones_are_found():
    # specks share the search of larger discs: those inside add nothing, those between add their own area
    centers = np.stack(np.meshgrid(np.arange(40.0), np.arange(40.0)), axis=-1).reshape(-1, 2)
    specks = np.concatenate((centers[:5] + 0.1, centers[:5] + 0.5))
    radii = np.concatenate((np.full(1600, 0.3), np.full(10, 1e-4)))
    every = np.concatenate((centers, specks))
    made = np.concatenate((np.ones(1600, dtype=int), np.full(10, 2)))
    grown = union_area_table(every, made, radii[None])[:, 0]
    assert grown[0] == pytest.approx(1600 * np.pi * 0.09, rel=1e-13)
    assert grown[1] - grown[0] == pytest.approx(5 * np.pi * 1e-8, abs=1e-11)


def test_blocks_of_close_discs_add_up_to_the_same_areas(monkeypatch):
    rng = np.random.default_rng(5)
    # Tracks: discs that overlap a handful of others each, in two passes.
    centers = np.stack([np.tile(np.arange(600) * 0.06, 4), np.repeat([0.0, 0.15, 1.0, 1.1], 600)], axis=1)
    radii = rng.uniform(0.05, 0.12, (3, len(centers)))
    passes = np.repeat([1, 2, 1, 2], 600)
    window = shapely.box(1, -1, 30, 2)
    small = multiplicity_table(centers, passes, radii, window)
    monkeypatch.setattr(boundary, "CLOSE", np.inf)
    assert np.allclose(small, multiplicity_table(centers, passes, radii, window), rtol=1e-12, atol=1e-12)
    monkeypatch.setattr(boundary, "CLOSE", 0.0)
    monkeypatch.setattr(boundary, "SPARSE", 0.02)
    assert np.allclose(small, multiplicity_table(centers, passes, radii, window), rtol=1e-12, atol=1e-12)
