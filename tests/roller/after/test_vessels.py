"""Vessels met and blood seen: closed forms against a count, published order, and what must never happen."""

import numpy as np
import pytest
from dermaroll.data.constants import after
from dermaroll.roller.after.made import channels_made
from dermaroll.roller.after.outcome_ensemble import drawn_members, outcome_members
from dermaroll.roller.after.vessels import (
    DEEP,
    LOOPS,
    SUPERFICIAL,
    bleeding_points,
    bleeding_ranks,
    channels_that_meet_vessels,
    middle_rank,
    vessels_crossed,
)

THICKNESS = [15.0, 60.0, 150.0, 800.0, 4000.0]
MEMBERS = drawn_members(5, 3)


def one_channel(depth=800.0, diameter=160.0, density=200.0):
    return channels_made([depth], 0.4 * depth, diameter, THICKNESS, density)


@pytest.fixture(scope="module")
def field():
    """Many squares of 2 x 2 mm with random points and random lines, channels in their middle."""
    rng = np.random.default_rng(11)
    return rng, 4000, 2.0


def count_points(rng, trials, side, density, reach):
    """Points of a Poisson field within reach of the middle of a square, in each of many trials."""
    counts = rng.poisson(density * side**2, trials)
    trial = np.repeat(np.arange(trials), counts)
    x, y = rng.uniform(-side / 2, side / 2, (2, counts.sum()))
    return np.bincount(trial, np.hypot(x, y) < reach, trials)


def count_lines(rng, trials, side, density, reach):
    """Lines of an isotropic Poisson field, by angle and distance from the middle, that pass within reach of it.

    Lines whose distance is even over (-s, s) have a length per area of number / (2 s) in the mean.
    """
    counts = rng.poisson(density * side, trials)
    trial = np.repeat(np.arange(trials), counts)
    distance = rng.uniform(-side / 2, side / 2, counts.sum())
    return np.bincount(trial, np.abs(distance) < reach, trials)


def test_line_fields_have_the_length_per_area_that_they_claim():
    # The length of a line inside a disc of radius s at distance p is 2 sqrt(s^2 - p^2): summed it is density x area.
    rng, density, s = np.random.default_rng(5), 6.0, 1.0
    distance = rng.uniform(-s, s, rng.poisson(density * 2 * s * 20000))
    length = 2 * np.sqrt(s**2 - distance**2).sum() / 20000
    assert length == pytest.approx(density * np.pi * s**2, rel=0.01)


@pytest.mark.parametrize("number", range(5))
def test_the_closed_form_is_what_a_count_gives(field, number):
    rng, trials, side = field
    made, k = one_channel(), after()
    crossed, met = vessels_crossed(made, MEMBERS), channels_that_meet_vessels(made, MEMBERS) / made.density_per_cm2
    edges = np.cumsum(THICKNESS)

    def reach(depth, vessel):
        return (80 * (1 - depth / 800) + k[vessel].value) / 1000

    plexus = edges[2] + MEMBERS.plexus_offset[number]
    loops = count_points(rng, trials, side, MEMBERS.loop_density[number], reach(edges[1], "loop_half_width"))
    lines = count_lines(rng, trials, side, MEMBERS.plexus_density[number], reach(plexus, "plexus_half_width"))
    for kind, counted in ((LOOPS, loops), (SUPERFICIAL, lines)):
        error = np.sqrt(crossed[kind, number, 0] / trials)
        assert crossed[kind, number, 0] == pytest.approx(counted.mean(), abs=4 * error)
        assert met[kind, number] == pytest.approx((counted > 0).mean(), abs=4 * 0.5 / np.sqrt(trials))
    assert met[DEEP, number] == 0  # the channel ends 225 um above the fat


def test_vessels_are_met_in_the_order_of_their_depth():
    def met(depth):
        return channels_that_meet_vessels(one_channel(depth, 0.2 * depth), MEMBERS)

    assert (met(74.0) == 0).all()
    assert (met(76.0)[LOOPS] > 0).all()
    assert (met(220.0)[SUPERFICIAL] == 0).all()
    assert (met(1020.0)[DEEP] == 0).all()
    assert (met(1030.0) > 0).all()


@pytest.mark.parametrize("change", ["depth", "diameter", "density"])
def test_more_channel_never_meets_fewer_vessels_nor_bleeds_less(change):
    base = {"depth": 500.0, "diameter": 90.0, "density": 100.0}
    made = [one_channel(**base | {change: base[change] * factor}) for factor in np.geomspace(0.05, 3, 25)]
    group = outcome_members()
    met = np.array([channels_that_meet_vessels(channels, group) for channels in made])
    points = np.array([bleeding_points(channels, group) for channels in made])
    ranks = np.array([bleeding_ranks(point, group) for point in points])
    assert (np.diff(met, axis=0) >= -1e-12).all()
    assert (np.diff(points, axis=0) >= -1e-12).all()
    assert (np.diff(ranks, axis=0) >= 0).all()
    assert (np.diff(middle_rank(ranks.T)) >= 0).all()


def test_adding_channels_never_meets_fewer_vessels():
    rng = np.random.default_rng(2)
    depth = rng.uniform(20, 1400, 60)
    for count in (10, 30):
        some, all_of_them = (
            channels_made(depth[:n], 0.4 * depth[:n], 0.19 * depth[:n], THICKNESS, 4.0 * n) for n in (count, 60)
        )
        assert (channels_that_meet_vessels(all_of_them) >= channels_that_meet_vessels(some)).all()
        assert (bleeding_points(all_of_them) >= bleeding_points(some)).all()


def test_skin_that_did_not_open_does_not_bleed():
    nothing = channels_made([], [], [], np.zeros((0, 5)), 0.0)
    assert (channels_that_meet_vessels(nothing) == 0).all()
    assert (bleeding_ranks(bleeding_points(nothing)) == 0).all()


def test_narrow_channels_seal_before_blood_comes_out():
    group = outcome_members()
    narrow, wide = (
        one_channel(diameter=group.bleeding_width.min()),
        one_channel(diameter=1.01 * group.bleeding_width.max()),
    )
    assert (bleeding_points(narrow, group) == 0).all()
    assert (bleeding_points(wide, group).sum(axis=0) > 0).all()


def test_thin_skin_has_its_plexus_within_the_dermis():
    thin = channels_made([400.0], 160.0, 80.0, [10.0, 40.0, 100.0, 150.0, 1000.0], 100.0)
    crossed = vessels_crossed(thin, drawn_members(200, 1))
    assert (crossed[SUPERFICIAL] > 0).all()
    assert (crossed[DEEP] > 0).all()
