"""`press`: one needle or a flat array, straight in."""

from dataclasses import fields

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.geometry.needle import NeedleProfile
from dermaroll.roller import press
from dermaroll.roller.insertion import pressing

NEEDLE = NeedleProfile(length_mm=1.5, tip_radius_mm=0.004, half_angle_rad=0.09, shaft_radius_mm=0.125)


def tip(diameter_um):
    return NeedleProfile(length_mm=2.0, tip_radius_mm=diameter_um / 2000, half_angle_rad=0.09, shaft_radius_mm=0.125)


def test_a_roller_and_its_needle_are_the_same():
    from dermaroll.geometry.needle import needle_profile

    roller = device("mf-8")
    one, other = (press(needle, "cheek", travel_mm=1.0) for needle in (roller, needle_profile(roller)))
    assert one.peak_depth_um == other.peak_depth_um
    assert press(roller, site("cheek"), travel_mm=1.0).force_n == one.force_n


def test_published_puncture():
    # Romgens 2014: 20 and 167 mN, and 160 um of travel for every tip; the same depth at 1.5 mm for every tip
    small, large = (press(tip(diameter), "abdomen", travel_mm=1.5) for diameter in (5, 37))
    assert small.puncture_force_n == pytest.approx(0.020, rel=0.5)
    assert large.puncture_force_n == pytest.approx(0.167, rel=0.2)
    assert small.puncture_travel_mm == large.puncture_travel_mm == pytest.approx(0.160, rel=0.3)
    assert small.peak_depth_um == pytest.approx(large.peak_depth_um, rel=0.05)


def test_arrays_in_arrays_out():
    travel = np.linspace(0, 2, 21)
    result = press(NEEDLE, "cheek", travel_mm=travel)
    assert result.peak_depth_um.shape == (21,)
    assert result.peak_depth_band_um.shape == (2, 21)
    assert result.force_n[0] == result.peak_depth_um[0] == 0
    assert (np.diff(result.peak_depth_um) >= 0).all()
    assert (np.diff(result.force_n) >= 0).all()
    # beyond its length a needle goes no deeper
    assert result.travel_mm.max() == 1.5
    assert np.allclose(result.dimple_um + result.peak_depth_um, 1000 * result.travel_mm)
    assert not result.punctured[0]
    assert result.punctured[-1]
    inside = result.punctured
    low, high = result.peak_depth_band_um
    assert ((low <= result.peak_depth_um) & (result.peak_depth_um <= high))[inside].all()


def test_travel_and_load_are_two_sides_of_one_law():
    by_travel = press(NEEDLE, "cheek", travel_mm=[0.3, 0.7, 1.2])
    by_load = press(NEEDLE, "cheek", load_n=10 * by_travel.force_n, count=10)
    assert np.allclose(by_load.travel_mm, by_travel.travel_mm)
    assert np.allclose(by_load.peak_depth_um, by_travel.peak_depth_um)
    assert np.allclose(by_load.total_force_n, 10 * by_travel.force_n)


def test_more_needles_share_the_load():
    few, many = (press(NEEDLE, "cheek", load_n=1.0, count=count) for count in (10, 20))
    assert few.peak_depth_um > many.peak_depth_um > 0
    assert few.force_n > many.force_n
    assert not press(NEEDLE, "cheek", load_n=0.02, count=10).punctured


def test_neighbours_matter_only_when_close():
    far, roller, close = (press(NEEDLE, "cheek", travel_mm=1.0, gap_um=gap) for gap in (None, 2500, 50))
    assert roller.force_n == pytest.approx(far.force_n, rel=0.05)
    assert 0.94 <= far.puncture_force_n / close.puncture_force_n <= 1


def test_speed_stretch_and_wear():
    base = press(NEEDLE, "cheek", load_n=0.06)
    assert press(NEEDLE, "cheek", load_n=0.06, speed_mm_s=1).peak_depth_um > base.peak_depth_um
    assert press(NEEDLE, "cheek", load_n=0.06, uses=20).peak_depth_um < base.peak_depth_um
    taut = press(NEEDLE, "cheek", travel_mm=1.0, stretch=0.2)
    assert taut.dimple_um < press(NEEDLE, "cheek", travel_mm=1.0).dimple_um
    assert press(NEEDLE, "cheek", travel_mm=1.0, speed_mm_s=1).warnings == ()
    assert "0.5 to 1 mm/s (olatunji_2013" in press(NEEDLE, "cheek", travel_mm=1.0, speed_mm_s=2000).warnings[0]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "exactly one"),
        ({"travel_mm": 1.0, "load_n": 1.0}, "exactly one"),
        ({"travel_mm": -1.0}, "travel_mm = -1.0 can't be used; allowed: at least 0 mm"),
        ({"load_n": np.nan}, "load_n = nan can't be used"),
        ({"travel_mm": 1.0, "speed_mm_s": 0}, "speed_mm_s = 0 can't be used; allowed: above 0"),
        ({"travel_mm": 1.0, "speed_mm_s": np.nan}, "speed_mm_s = nan"),
        ({"travel_mm": 1.0, "count": 0}, "count = 0"),
        ({"travel_mm": 1.0, "count": 1.5}, "count = 1.5 can't be used; allowed: a whole number"),
        ({"travel_mm": 1.0, "people": 10**9}, "people = 1000000000 can't be used; allowed: a whole number between 0"),
        ({"travel_mm": 1.0, "people": True}, "people = True"),
        ({"travel_mm": np.zeros(10**6)}, "travel_mm = '1000000 values' can't be used; allowed: at most 498753"),
        ({"travel_mm": "deep"}, "travel_mm = 'deep'"),
        ({"travel_mm": [True]}, "travel_mm = [True]"),
        ({"travel_mm": [[1], [1, 2]]}, "travel_mm = [[1], [1, 2]]"),
        ({"travel_mm": 1.0, "speed_mm_s": "5"}, "speed_mm_s = '5'"),
        ({"travel_mm": 1.0, "gap_um": True}, "gap_um = True"),
        ({"travel_mm": 1.0, "stretch": 2.0}, "stretch = 2.0 can't be used; allowed: between 0 and 0.3"),
    ],
)
def test_refused_in_one_line(given, told):
    with pytest.raises(InputError) as refused:
        press(NEEDLE, "cheek", **given)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_needle_blunter_than_its_shaft_is_refused():
    blunt = NeedleProfile(length_mm=1.0, tip_radius_mm=0.2, half_angle_rad=0.1, shaft_radius_mm=0.1)
    with pytest.raises(
        InputError, match=r"tip_radius_mm = 0\.2 can't be used; allowed: at most shaft_radius_mm = 0\.1 mm"
    ):
        press(blunt, "cheek", travel_mm=0.5)


def test_values_pressed_some_at_a_time_are_those_pressed_at_once(monkeypatch):
    loads = np.linspace(0, 40, 24).reshape(4, 6)
    at_once = press(NEEDLE, "cheek", load_n=loads, people=30)
    monkeypatch.setattr(pressing, "RESULTS_AT_ONCE", 100)
    some = press(NEEDLE, "cheek", load_n=loads, people=30)
    for field in fields(at_once):
        np.testing.assert_array_equal(getattr(some, field.name), getattr(at_once, field.name))
