"""Closure: a breach that heals from its size, what slows it, and the published hours."""

import numpy as np
import pytest
from dermaroll.data.catalog import site as find_site
from dermaroll.data.checks import InputError
from dermaroll.roller import closure_course
from dermaroll.roller.after.breach import colour_factor, crossing_hours
from dermaroll.roller.after.closure import breach_course, closure_of_channels
from dermaroll.roller.after.made import channels_made, typical_channels
from dermaroll.roller.after.outcome_ensemble import outcome_members

HOURS = np.linspace(0, 96, 50)
THICKNESS = [15.0, 60.0, 150.0, 800.0, 4000.0]


def like(depth=500.0, diameter=90.0, density=100.0):
    return channels_made([depth], 0.4 * depth, diameter, THICKNESS, density)


def hours_of(made, **rest):
    course = breach_course(made, [0.0], **rest)
    return np.array([course.half_life_h, course.barrier_half_life_h, course.closed_h, course.barrier_back_h])


@pytest.mark.parametrize("occluded", [False, True])
def test_channels_only_close(occluded):
    course = closure_course(1.5, HOURS, site="cheek", age_years=40, occluded=occluded)
    assert course.open_area_share[0] == pytest.approx(1)
    assert course.barrier_share[0] == pytest.approx(0)
    assert (np.diff(course.open_area_share) <= 0).all()
    assert (np.diff(course.barrier_share) >= 0).all()
    assert ((course.barrier_share >= -1e-12) & (course.barrier_share <= 1)).all()


def test_half_is_open_after_a_half_life_of_each_member():
    made = like()
    found = breach_course(made, [0.0])
    for number, half in enumerate(found.half_life_h):
        assert breach_course(made, half).open_area_share[number, 0] == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("change", ["depth", "diameter", "density"])
@pytest.mark.parametrize("occluded", [False, True])
def test_a_greater_breach_never_closes_sooner(change, occluded):
    base = {"depth": 300.0, "diameter": 60.0, "density": 100.0}
    made = [like(**base | {change: base[change] * factor}) for factor in np.geomspace(0.03, 4, 20)]
    hours = np.array([hours_of(channels, occluded=occluded)[2:] for channels in made])
    assert (np.diff(hours, axis=0) >= -1e-6).all()


def test_older_skin_occlusion_and_dark_skin_close_later():
    def closed(age=30, occluded=False, colour=None):
        course = closure_course(1.0, 0, site="cheek", age_years=age, occluded=occluded, skin_colour=colour)
        return course.closed_h, course.barrier_back_h

    for later in (closed(age=77), closed(occluded=True), closed(colour="dark")):
        assert later[0] > closed()[0]
        assert later[1] > closed()[1]
    assert closed(colour="light")[0] < closed()[0]


def test_older_skin_never_closes_sooner_in_any_member():
    ages = [hours_of(like(), age_years=age) for age in (20, 26, 50, 80, 100)]
    assert (np.diff(ages, axis=0) >= 0).all()


def test_colours_stand_as_the_groups_of_people_did():
    # 66.5 h in 22 people over 46.65 h in 55, and all 110 together have the factor 1.
    assert colour_factor("dark") / colour_factor("light") == pytest.approx(66.5 / (23 * 50.2 + 32 * 44.1) * 55)
    people = {"dark": 22, "medium": 33, "light": 55}
    assert sum(n * colour_factor(colour) for colour, n in people.items()) / 110 == pytest.approx(1)
    assert colour_factor(None) == 1


def test_small_lesions_are_grown_over_within_the_published_hours():
    # Half of lesions below 0.5 mm within 10 to 22 h, by their size.
    middle = np.median(crossing_hours([80.0, 250.0]), axis=0)
    assert 7 < middle[0] < 13
    assert 15 < middle[1] < 29


def test_the_smallest_holes_seal_at_once():
    assert (hours_of(like(100.0, outcome_members().closing_width.min(), 100.0)) == 0).all()


def test_nothing_opened_nothing_closes():
    for made in (channels_made([], [], [], np.zeros((0, 5)), 0.0), like(14.0, 3.0)):
        course = closure_of_channels(made, HOURS)
        assert (course.closed_h, course.barrier_back_h, course.half_life_h) == (0, 0, 0)
        assert (course.barrier_share == 1).all()
        assert (course.open_area_share == 0).all()


def test_the_contract_for_a_length_is_that_of_its_typical_channels():
    cheek = find_site("cheek")
    by_length = closure_course(1.5, HOURS, site="cheek", occluded=True)
    by_channels = closure_of_channels(typical_channels(1.5, cheek), HOURS, occluded=True)
    assert by_length.closed_h == by_channels.closed_h
    np.testing.assert_array_equal(by_length.barrier_share, by_channels.barrier_share)


def test_typical_channels_meet_the_two_needles_that_fixed_them():
    # 389 um from the width of the hole that 770 um needles left, and 1.5 to 2 mm for 3 mm needles.
    rat, longest = (typical_channels(length, find_site("cheek")) for length in (0.77, 3.0))
    assert rat.peak_depth_um[0] == pytest.approx(389, rel=0.01)
    assert rat.surface_diameter_um[0] == pytest.approx(70.7, abs=9.9)
    assert rat.residual_depth_um[0] == pytest.approx(152.5, abs=9.6)
    assert 1500 < longest.peak_depth_um[0] < 2000


def test_the_band_of_the_barrier_holds_the_studies_that_contradict_each_other():
    # Back within hours by one study, not before 48 h by another: 1.5 mm in the open.
    low, high = closure_course(1.5, 0, site="cheek").barrier_back_band_h
    assert low < 12
    assert high > 48


def test_occluded_barriers_last_within_the_published_window():
    # 3 to 40 h by geometry in one study, 44 to 67 h by colour in another: hours to days, never minutes.
    for length in (0.5, 0.75, 1.0, 1.5):
        half = closure_course(length, 0, site="upper_arm", age_years=26, occluded=True).barrier_half_life_h
        assert 3 < half < 72


def test_the_age_of_the_site_counts_unless_another_is_given():
    old = find_site("cheek", age_years=80)
    by_site, by_argument = closure_course(1, 0, site=old), closure_course(1, 0, site="cheek", age_years=80)
    assert by_site.closed_h == pytest.approx(by_argument.closed_h, rel=0.2)  # thinner skin beside the age
    assert by_site.closed_h > closure_course(1, 0, site=old, age_years=20).closed_h


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
        ({"skin_colour": "blue"}, "light, medium, dark"),
    ],
)
def test_bad_input_is_one_line(given, named):
    arguments = {"length_mm": 1.0, "hours": [1.0], "site": "cheek"} | given
    with pytest.raises(InputError, match=named) as error:
        closure_course(**arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"surface_diameter_um": [-1.0]}, "surface_diameter_um"),
        ({"peak_depth_um": [9000.0]}, "peak_depth_um"),
        ({"thickness_um": np.ones((2, 5))}, "thickness_um"),
        ({"density_per_cm2": float("nan")}, "density_per_cm2"),
    ],
)
def test_channels_that_cannot_be_are_refused_in_one_line(given, named):
    arguments = {
        "peak_depth_um": [100.0],
        "residual_depth_um": [40.0],
        "surface_diameter_um": [20.0],
        "thickness_um": THICKNESS,
        "density_per_cm2": 10.0,
    }
    with pytest.raises(InputError, match=named) as error:
        channels_made(**arguments | given)
    assert "\n" not in str(error.value)
