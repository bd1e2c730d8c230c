"""Redness, swelling and pain: from the channels, never from the box."""

import numpy as np
import pytest
from dermaroll.data.checks import InputError
from dermaroll.roller.after.made import CORNEUM_BOTTOM, JUNCTION, channels_made
from dermaroll.roller.after.outcome_ensemble import outcome_members
from dermaroll.roller.after.reaction import (
    pain_gill_2008,
    pain_vs_26g,
    redness_hours,
    swelling_hours,
    wound_volume,
)

THICKNESS = [15.0, 60.0, 150.0, 800.0, 4000.0]


def like(depth=500.0, diameter=90.0, density=100.0, count=1):
    return channels_made(np.full(count, depth), 0.4 * depth, diameter, THICKNESS, density)


def outcomes(made, needles=20.0):
    return np.array([redness_hours(made), swelling_hours(made), pain_vs_26g(made, needles)])


def test_the_wound_is_the_cones_below_the_interface():
    # A cone 100 um wide and 500 um deep loses its top 15 um: 100 of them per cm2.
    left = np.pi / 3 * (50 * 485 / 500) ** 2 * 485
    assert wound_volume(like(500, 100, 100), CORNEUM_BOTTOM) == pytest.approx(100 * left / 1e9)
    assert wound_volume(like(70, 100, 100), JUNCTION) == 0


def test_pain_follows_the_published_ratios():
    assert pain_gill_2008(1.5, 10) / pain_gill_2008(0.5, 10) == pytest.approx(7, rel=0.01)
    assert pain_gill_2008(0.5, 100) / pain_gill_2008(0.5, 10) == pytest.approx(2.1, rel=0.02)


def test_equal_needles_feel_as_the_law_of_equal_needles_says():
    group = outcome_members()
    once = pain_vs_26g(like(400), 10.0) / pain_vs_26g(like(800), 10.0)
    np.testing.assert_allclose(once, 0.5**group.pain_length_exponent, rtol=1e-9)
    few, many = pain_vs_26g(like(density=50), 5.0), pain_vs_26g(like(density=500), 50.0)
    np.testing.assert_allclose(many / few, 10**group.pain_number_exponent, rtol=1e-9)


def test_unequal_needles_hurt_between_the_least_and_the_greatest():
    mixed = channels_made([300.0, 600.0], [100.0, 200.0], [50.0, 100.0], THICKNESS, 100.0)
    assert (pain_vs_26g(like(300), 10.0) < pain_vs_26g(mixed, 10.0)).all()
    assert (pain_vs_26g(mixed, 10.0) < pain_vs_26g(like(600), 10.0)).all()


@pytest.mark.parametrize("change", ["depth", "diameter", "density"])
def test_outcomes_never_fall_with_depth_width_or_number(change):
    base = {"depth": 500.0, "diameter": 90.0, "density": 100.0}
    made = [like(**base | {change: base[change] * factor}) for factor in np.geomspace(0.02, 3, 25)]
    assert (np.diff([outcomes(channels) for channels in made], axis=0) >= 0).all()


def test_pain_never_falls_with_needles_at_once():
    made = like()
    pains = [pain_vs_26g(made, needles) for needles in (0, 1, 5, 25, 100)]
    assert (np.diff(pains, axis=0) >= 0).all()
    assert (pains[0] == 0).all()


def test_nothing_opened_nothing_follows():
    nothing = channels_made([], [], [], np.zeros((0, 5)), 0.0)
    assert (outcomes(nothing) == 0).all()
    # Channels that end in the stratum corneum touch nothing alive.
    assert (outcomes(like(14.0, 5.0)) == 0).all()


def test_swelling_needs_the_dermis_and_is_never_longer_than_redness():
    assert (swelling_hours(like(70.0)) == 0).all()
    assert (redness_hours(like(70.0)) > 0).all()
    for depth in (100, 400, 1500):
        assert (swelling_hours(like(depth)) <= redness_hours(like(depth))).all()


def test_needles_at_once_must_be_a_number_of_needles():
    with pytest.raises(InputError, match="needles_in"):
        pain_vs_26g(like(), -1.0)
