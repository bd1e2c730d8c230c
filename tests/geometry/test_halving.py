"""Halved brackets close in on where something begins to hold, each on its own."""

import numpy as np
from dermaroll.geometry.halving import halved


def test_brackets_hold_the_place_between_their_ends_and_are_as_narrow_as_the_halvings_say():
    begins = np.array([0.1, 2.5, 7.999, 3.0])
    low, high = halved(np.zeros(4), np.array([1.0, 4.0, 8.0, 4.0]), lambda x: x > begins, 20)
    assert np.all((low <= begins) & (begins <= high))
    assert np.allclose(high - low, np.array([1.0, 4.0, 8.0, 4.0]) / 2**20, rtol=1e-9)


def test_what_never_holds_leaves_the_upper_end_and_what_always_holds_the_lower():
    low, high = halved(np.zeros(2), np.ones(2), lambda x: np.array([False, True]), 60)
    assert np.allclose(low, [1.0, 0.0])
    assert np.array_equal(high == 1.0, [True, False])


def test_no_halving_changes_nothing():
    low, high = halved(np.array([1.0]), np.array([2.0]), lambda x: x > 1.5, 0)
    assert (low.item(), high.item()) == (1.0, 2.0)
