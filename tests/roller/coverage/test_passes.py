"""Passes: density, evenness, patterns, seeds."""

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.geometry.region import rectangle
from dermaroll.roller.coverage.passes import directions_rad, roll
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
