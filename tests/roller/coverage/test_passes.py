"""Passes: density, evenness, patterns, seeds."""

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.geometry.region import rectangle
from dermaroll.roller.coverage.passes import count_strokes, directions_rad, reentered, roll
from dermaroll.roller.insertion.motion import density_per_pass_per_mm2
from dermaroll.roller.technique import Technique
from scipy.spatial import cKDTree
from shapely.geometry import Polygon

MF8 = device("mf-8")
WIDE = rectangle(150, 120)


def rolled(seed=0, region=WIDE, roller=MF8, pitch=10.0, **technique):
    return roll(roller, Technique(**technique), region, pitch, np.random.default_rng(seed))


@pytest.mark.parametrize("pattern", ["one-way", "back-and-forth", "cross", "star"])
@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.6])
def test_density_is_that_of_the_geometry(pattern, overlap):
    contacts = rolled(passes=8, pattern=pattern, overlap=overlap)
    lanes_met = 1 / (1 - overlap)
    expected = 8 * lanes_met * density_per_pass_per_mm2(192, 10.0, 20) * WIDE.area
    assert contacts.inside.sum() == pytest.approx(expected, rel=0.01)


def test_lanes_tile():
    # one pass straight along x: rows 2.5 mm apart on average, wherever lanes meet
    contacts = rolled(passes=1, pattern="one-way")
    rows = np.unique(contacts.y_mm.round(6))
    assert np.diff(rows).mean() == pytest.approx(2.5, rel=0.03)
    assert np.diff(rows).max() < 5


def test_needles_of_a_lane_follow_each_other():
    contacts = rolled(passes=1, pattern="one-way")
    for row in np.unique(contacts.y_mm.round(6))[:20]:
        of_row = np.isclose(contacts.y_mm, row, atol=1e-5)
        order = np.argsort(contacts.x_mm[of_row])
        assert np.diff(contacts.x_mm[of_row][order]) == pytest.approx(10.0 * 2 * np.pi / 24)
        assert (np.diff(contacts.needle[of_row][order]) % 24 == 1).all()


def test_directions():
    assert np.degrees(directions_rad(Technique(passes=5, pattern="star"))) == pytest.approx([0, 90, 45, 135, 0])
    assert np.degrees(directions_rad(Technique(passes=3, pattern="cross"))) == pytest.approx([0, 90, 0])


def test_every_point_is_met_with_the_same_chance():
    small = rectangle(10, 10)
    hits = np.zeros((5, 5))
    for seed in range(300):
        contacts = rolled(seed, small, passes=4, pattern="star")
        x, y = contacts.x_mm[contacts.inside], contacts.y_mm[contacts.inside]
        hits += np.histogram2d(x, y, bins=5, range=[[-5, 5], [-5, 5]])[0]
    # a lattice is more even than chance: Poisson noise is an upper bound
    assert np.abs(hits / hits.mean() - 1).max() < 4 / np.sqrt(hits.mean())


def test_a_margin_lies_around_the_region():
    corner = Polygon([(0, 0), (40, 0), (40, 10), (10, 10), (10, 40), (0, 40)])
    contacts = rolled(region=corner, passes=16)
    outside = ~contacts.inside
    assert outside.any()
    # beyond the margin there is nothing; just outside the notch of the L there is
    assert cKDTree(np.stack([contacts.x_mm, contacts.y_mm], axis=1)[outside]).query([11.0, 11.0])[0] < 1.5


def test_contacts_are_sorted_by_pass_and_seeded():
    one, same, other = rolled(1, passes=6), rolled(1, passes=6), rolled(2, passes=6)
    assert (np.diff(one.pass_number) >= 0).all()
    assert set(one.pass_number) == set(range(1, 7))
    assert (one.x_mm == same.x_mm).all()
    assert one.x_mm.size != other.x_mm.size or (one.x_mm != other.x_mm).any()


# --- strokes, lifts and passes: without a lift the stroke back meets the holes of the stroke out


def pairs_of(contacts):
    """Places of the contacts of the strokes out and back, each in an order of its own place."""
    odd = contacts.pass_number % 2 == 1
    at = np.stack([contacts.x_mm, contacts.y_mm], axis=1)
    return at[odd], at[~odd]


@pytest.mark.parametrize("pattern", ["back-and-forth", "cross", "star"])
def test_a_stroke_back_without_lift_meets_every_hole_of_the_stroke_out(pattern):
    contacts = rolled(passes=4, pattern=pattern, lift=False)
    for out in (1, 3):
        there = np.stack([contacts.x_mm, contacts.y_mm], axis=1)
        one, back = there[contacts.pass_number == out], there[contacts.pass_number == out + 1]
        assert sorted(map(tuple, one)) == sorted(map(tuple, back))
    retraced = reentered(contacts, 1e-9)
    assert (retraced == (contacts.pass_number % 2 == 0)).all()


def test_the_hole_met_is_that_of_the_same_needle():
    contacts = rolled(passes=4, pattern="star", lift=False)
    again = np.flatnonzero(contacts.hole >= 0)
    hole = contacts.hole[again]
    assert (contacts.pass_number[hole] == contacts.pass_number[again] - 1).all()
    for name in ("lane", "ring", "needle", "x_mm", "y_mm", "inside"):
        assert (getattr(contacts, name)[hole] == getattr(contacts, name)[again]).all()


def test_with_a_lift_no_needle_meets_its_own_hole():
    contacts = rolled(passes=4, pattern="back-and-forth")
    assert (contacts.hole == -1).all()
    assert not reentered(contacts, 10.0).any()


def test_two_strokes_out_are_independent():
    contacts = rolled(passes=4, pattern="back-and-forth", lift=False)
    at = np.stack([contacts.x_mm, contacts.y_mm], axis=1)
    first, third = at[contacts.pass_number == 1], at[contacts.pass_number == 3]
    distance = cKDTree(first).query(third)[0]
    assert np.median(distance) > 0.3


def test_density_of_contacts_is_the_same_with_and_without_lift_and_slip():
    for slip in (0.0, 0.02, 0.3, 0.8):
        pitch = 10 / (1 - slip)
        counts = [
            rolled(3, passes=8, pitch=pitch, pattern="back-and-forth", slip=slip, lift=lift).inside.sum()
            for lift in (True, False)
        ]
        assert counts[1] == pytest.approx(counts[0], rel=0.04), slip


def test_slip_takes_the_stroke_back_off_its_holes_without_a_cliff():
    shares = []
    for slip in (0.0, 1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.5):
        contacts = rolled(5, passes=8, pitch=10 / (1 - slip), pattern="back-and-forth", slip=slip, lift=False)
        back = contacts.pass_number % 2 == 0
        shares.append(reentered(contacts, 0.16)[back].mean())
    assert shares[0] == shares[1] == 1
    assert (np.diff(shares) <= 0.01).all()
    assert shares[3] > 0.5
    assert shares[-1] < 0.1


def test_the_stroke_back_starts_where_the_stroke_out_ends():
    # slides add up from the turn on: near it holes are met, far from it they are missed by more and more
    contacts = rolled(1, passes=2, pitch=10 / 0.99, pattern="back-and-forth", slip=0.01, lift=False)
    again = contacts.hole >= 0
    near = contacts.x_mm[again] > 60
    far = contacts.x_mm[again] < -60
    assert np.median(contacts.off_hole_mm[again][near]) < 0.5 * np.median(contacts.off_hole_mm[again][far])


def test_directions_without_lift_go_out_and_back():
    def directions(**given):
        return np.degrees(directions_rad(Technique(lift=False, **given))).tolist()

    assert directions(passes=3, pattern="back-and-forth") == pytest.approx([0, 180, 0])
    assert directions(passes=6, pattern="star") == pytest.approx([0, 180, 90, 270, 45, 225])
    assert directions(passes=5, pattern="cross") == pytest.approx([0, 180, 90, 270, 0])


def test_one_way_needs_a_lift():
    with pytest.raises(ValueError, match=r"lift = False.*back-and-forth"):
        Technique(pattern="one-way", lift=False)


def test_strokes_and_lifts_are_counted():
    region = rectangle(60, 30)
    for lift in (True, False):
        contacts = rolled(region=region, passes=4, pattern="back-and-forth", lift=lift)
        counted = count_strokes(contacts, Technique(passes=4, pattern="back-and-forth", lift=lift))
        lanes = {
            (number, lane)
            for number, lane in zip(contacts.pass_number[contacts.inside], contacts.lane[contacts.inside], strict=True)
        }
        assert counted.passes == 4
        assert counted.strokes == len(lanes)
        assert counted.lifts == counted.strokes / (1 if lift else 2)


# --- stretch: punctured taut, counted slack


def test_stretch_gathers_holes_as_it_is_let_go():
    slack = rolled(2, passes=8).inside.sum()
    for stretch in (1e-9, 0.05, 0.15, 0.3):
        taut = rolled(2, passes=8, stretch=stretch).inside.sum()
        assert taut == pytest.approx((1 + stretch) * slack, rel=0.01)


def test_stretch_shortens_lengths_along_it_only():
    contacts = rolled(1, passes=1, pattern="one-way", stretch=0.25)
    rows = np.unique(contacts.y_mm.round(6))
    of_row = np.isclose(contacts.y_mm, rows[0], atol=1e-5)
    assert np.diff(np.sort(contacts.x_mm[of_row])) == pytest.approx(10.0 * 2 * np.pi / 24 / 1.25)
    assert np.diff(rows).mean() == pytest.approx(2.5, rel=0.03)
