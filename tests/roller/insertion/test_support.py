"""Plates on the skin: needles that share a load, protrusions that limit the depth, holes that are drawn out."""

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.geometry.needle import needle_profile
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.roller import Technique, press
from dermaroll.roller.insertion.each_contact import Strength, lowest_depth_um, roller_law
from dermaroll.roller.insertion.motion import share_of_cycle
from dermaroll.roller.insertion.support import (
    balance_rings,
    between_strokes_mm,
    hole_aspect_ratio,
    needles_per_mm2,
    plate_balance,
    set_to,
)

SKIN = site("cheek")


def law_of(name):
    return roller_law(device(name), mean_thickness_um(SKIN), Strength(np.ones(1), np.ones(1)))


@pytest.mark.parametrize("load", [0.1, 0.5, 1.5])
def test_a_light_stamp_rides_on_its_needles_as_in_press(load):
    stamp, law = device("kelchen-50"), law_of("kelchen-50")
    found = plate_balance(stamp, load, law)
    assert found.drum_force_n[0] == 0
    assert found.needle_force_n[0] == pytest.approx(load, rel=1e-9)
    assert found.travel_mm[0] == pytest.approx(law.travel_at_force_mm(np.array([load / 50]))[0], rel=1e-9)
    # Alone, far apart and slow, which is how `press` has them, they go in alike.
    shape = needle_profile(stamp)
    alone = press(shape, SKIN, load_n=load, count=50, people=0)
    travel = found.axle_height_mm[0] + found.travel_mm[0]
    assert travel == pytest.approx(shape.length_mm)
    assert found.travel_mm[0] == pytest.approx(float(alone.travel_mm), rel=0.2)


def test_a_heavy_stamp_lies_on_the_skin_and_its_plate_carries_the_rest():
    stamp, law = device("generic-stamp-0.25mm"), law_of("generic-stamp-0.25mm")
    found = plate_balance(stamp, 8.0, law)
    assert found.axle_height_mm[0] == 0
    assert found.drum_force_n[0] > 0
    assert found.drum_force_n[0] + found.needle_force_n[0] == pytest.approx(8.0, rel=1e-6)
    assert found.drum_pressure_mpa[0] == pytest.approx(found.drum_force_n[0] / stamp.plate_mm2)


def test_depth_grows_with_the_load_and_never_beyond_the_needle():
    ones = np.ones(1)
    depths = [
        lowest_depth_um(device("generic-stamp-1mm"), mean_thickness_um(SKIN), Strength(ones, ones), load)[0]
        for load in (0.5, 1, 2, 4, 8, 16, 50)
    ]
    assert (np.diff(depths) >= -1e-6).all()
    assert depths[-1] <= 1000


def test_the_protrusion_limits_a_pens_depth_unless_the_hand_is_too_light():
    pen, law = device("dermapen-md"), law_of("dermapen-md")
    assert plate_balance(pen, 3.0, law).travel_mm[0] == pen.length_mm
    light = plate_balance(pen, 0.1, law)
    assert light.travel_mm[0] < pen.length_mm
    share = share_of_cycle(light.travel_mm, pen.stroke_mm)
    assert 12 * share * law.force_n(light.travel_mm) == pytest.approx(0.1, rel=1e-6)
    assert balance_rings(pen, 3.0, law).drum_pressure_mpa[0] == 0  # the ring rests beside the needles


def test_a_technique_sets_protrusion_and_frequency():
    pen = set_to(device("dermapen-md"), Technique(protrusion_mm=0.5, frequency_hz=55.0))
    assert (pen.length_mm, pen.frequency_hz) == (0.5, 55.0)
    assert "length_mm" not in pen.assumed
    assert between_strokes_mm(pen, Technique(drag_speed_mm_s=11.0)) == pytest.approx(0.2)
    assert set_to(device("mf-8"), Technique()) is device("mf-8")
    assert between_strokes_mm(device("mf-8"), Technique()) == 0


def test_holes_are_as_long_as_the_skin_does_not_follow():
    pen = device("dermapen-md")
    # Drawn 0.4 mm from one stroke to the next, in for half of it: 0.2 mm, of which skin at rest follows 0.06.
    assert hole_aspect_ratio(0.0, 0.0, pen, 0.2, 0.06, between_strokes=0.4) == pytest.approx(1 + (0.2 - 0.06) / 0.2)
    assert hole_aspect_ratio(0.0, 0.0, pen, 0.2, 0.2, between_strokes=0.4) == pytest.approx(1.0)
    late = hole_aspect_ratio(0.9, 0.0, pen, 0.2, 0.0, between_strokes=0.4)  # opens with 0.6 mm left to go
    assert late == pytest.approx(1 + 0.4 * float(share_of_cycle(0.6, 3.0)) / 0.2)
    assert hole_aspect_ratio(0.0, 0.0, device("jeong-42"), 0.2, 0.0) == 1.0


def test_needles_side_by_side_are_those_of_the_plate():
    assert needles_per_mm2(device("generic-stamp-1mm")) == pytest.approx(0.36)
