"""Closure: two clocks, what slows them, and the published hours."""

import numpy as np
import pytest
from dermaroll.data.catalog import site as find_site
from dermaroll.data.checks import InputError
from dermaroll.roller import closure_course

HOURS = np.linspace(0, 96, 50)


@pytest.mark.parametrize("occluded", [False, True])
def test_channels_only_close(occluded):
    course = closure_course(1.5, HOURS, site="cheek", age_years=40, occluded=occluded)
    assert course.open_area_share[0] == 1
    assert course.barrier_share[0] == 0
    assert (np.diff(course.open_area_share) < 0).all()
    assert (np.diff(course.barrier_share) >= 0).all()
    assert ((course.barrier_share >= 0) & (course.barrier_share <= 1)).all()


def test_half_is_open_after_a_half_life():
    half = closure_course(1.0, 0, site="abdomen", occluded=True).half_life_h
    assert closure_course(1.0, half, site="abdomen", occluded=True).open_area_share[0] == pytest.approx(0.5)


def test_the_barrier_is_back_before_the_hole_is_closed():
    for length in (0.2, 0.5, 1.5, 3.0):
        for occluded in (False, True):
            course = closure_course(length, 0, site="cheek", occluded=occluded)
            assert course.barrier_back_h <= course.closed_h


def test_longer_needles_older_skin_and_occlusion_close_later():
    def hours(length=1.0, age=30, occluded=False):
        return closure_course(length, 0, site="cheek", age_years=age, occluded=occluded).closed_h

    assert hours(length=2.0) > hours()
    assert hours(age=77) > hours()
    assert hours(occluded=True) > hours()


def test_human_barrier_is_back_within_two_hours_in_the_open():
    for length in (0.5, 0.75, 1.0, 1.5):
        assert closure_course(length, 0, site="forearm", age_years=26).barrier_back_h <= 2


def test_occluded_barriers_last_within_the_published_window():
    # 3 to 40 h by geometry in one study, 60 h of closure in another: hours to days, never minutes.
    for length in (0.5, 0.75, 1.0, 1.5):
        half = closure_course(length, 0, site="upper_arm", age_years=26, occluded=True).half_life_h
        assert 3 < half < 48


def test_the_age_of_the_site_counts_unless_another_is_given():
    old = find_site("cheek", age_years=80)
    by_site, by_argument = closure_course(1, 0, site=old), closure_course(1, 0, site="cheek", age_years=80)
    assert by_site.closed_h == by_argument.closed_h > closure_course(1, 0, site=old, age_years=20).closed_h


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"length_mm": 0}, "length_mm"),
        ({"length_mm": -1}, "length_mm"),
        ({"length_mm": float("nan")}, "length_mm"),
        ({"hours": [-1]}, "hours"),
        ({"hours": [float("inf")]}, "hours"),
        ({"age_years": 200}, "age_years"),
        ({"site": "chek"}, "cheek"),
    ],
)
def test_bad_input_is_one_line(given, named):
    arguments = {"length_mm": 1.0, "hours": [1.0], "site": "cheek"} | given
    with pytest.raises(InputError, match=named) as error:
        closure_course(**arguments)
    assert "\n" not in str(error.value)
