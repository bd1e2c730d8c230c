"""Insertion: what must hold for any law of depth under load."""

import numpy as np
import pytest
from dermaroll.data.catalog import device, devices
from dermaroll.roller import Technique, treat
from dermaroll.roller.insertion import (
    balance_drum,
    drum_force_n,
    insert,
    insertion_law,
    needle_depth_mm,
    needle_force_n,
    puncture_force_romgens_2014,
)
from hypothesis import given
from hypothesis import strategies as st

ROLLERS = st.sampled_from(sorted(devices())).map(device)


def test_puncture_force_is_the_published_line():
    # Romgens 2014, ex vivo human: 20 mN at 5 um, 167 mN at 37 um
    assert 1000 * puncture_force_romgens_2014(5.0) == pytest.approx(20, rel=0.02)
    assert 1000 * puncture_force_romgens_2014(37.0) == pytest.approx(167, rel=0.02)


def test_law_meets_what_it_was_fitted_to():
    # hole diameter of a 770 um needle implies a peak of 389 um; a 3 mm needle reaches 1.5 to 2 mm (unverified)
    assert 1000 * needle_depth_mm(0.77, insertion_law(device("dermaroller-770"))) == pytest.approx(389, rel=0.03)
    assert 1.5 < needle_depth_mm(3.0, insertion_law(device("generic-3mm"))) < 2.0


def test_force_on_a_needle_is_dimple_times_stiffness():
    law = insertion_law(device("mf-8"))
    travel = np.linspace(0, 1.5, 301)
    depth, force = needle_depth_mm(travel, law), needle_force_n(travel, law)
    assert force == pytest.approx(law.skin_stiffness_n_per_mm * (travel - depth))
    assert (np.diff(force) > 0).all()
    through = depth > 0
    resisted = law.puncture_force_n + law.cutting_stiffness_n_per_mm * depth
    assert force[through] == pytest.approx(resisted[through])


@given(ROLLERS, st.floats(0, 50), st.floats(0.2, 3))
def test_depth_never_exceeds_length_and_grows_with_load(roller, load, compliance):
    def depth(force):
        return insert(roller, balance_drum(roller, force).axle_height_mm, 5.0, compliance)

    light, heavy = depth(load), depth(min(50.0, load * 1.3 + 0.1))
    assert (heavy.peak_depth_um >= light.peak_depth_um - 1e-6).all()
    assert (heavy.peak_depth_um < 1000 * roller.length_mm).all()
    assert (light.residual_depth_um <= light.peak_depth_um).all()
    assert (light.opened == (light.peak_depth_um > 0)).all()
    assert (light.aspect_ratio[light.opened] >= 1).all()


def test_zero_load_leaves_nothing():
    t = treat("mf-8", "cheek", Technique(passes=2, load_n=0))
    assert t.mean("punctured_fraction") == 0
    assert t.mean("density_per_cm2").max() == 0
    assert t.mean("coverage").max() == 0
    assert t.mean("axle_height_mm") == 11.5
    assert t.mean("entry_angle_deg") == 0


@given(ROLLERS, st.floats(0.05, 50))
def test_needles_and_drum_carry_the_load(roller, load):
    balance = balance_drum(roller, load)
    law, pitch = insertion_law(roller), 2 * np.pi / roller.per_ring
    for ring, height in enumerate(balance.axle_height_mm):
        turned = (np.arange(roller.rows) - ring) * roller.stagger * pitch
        angle = (turned[:, None] + np.arange(roller.per_ring) * pitch + np.pi) % (2 * np.pi) - np.pi
        down = np.abs(angle) < np.pi / 2
        reach = roller.drum_radius_mm + roller.length_mm
        scale = max(roller.drum_radius_mm / height, 1)
        travel = np.clip((reach * np.cos(angle[down]) - height) * scale, 0, roller.length_mm)
        needles = (needle_force_n(travel, law) * np.cos(angle[down])).sum()
        assert needles + drum_force_n(height, roller) == pytest.approx(load, rel=1e-9)


def test_the_first_try_of_the_design_comes_back():
    # k = 200 N/m, 30 mN, 120 N/m: at 3 N the 1.5 mm roller is about 0.9 mm deep, the drum just touching, 30 engaged;
    # at 1 N it rides on its needles, 0.3 mm deep. The shipped constants differ by a tenth.
    heavy, light = balance_drum(device("mf-8"), 3.0), balance_drum(device("mf-8"), 1.0)
    law = insertion_law(device("mf-8"))
    assert needle_depth_mm(11.5 - heavy.axle_height_mm.mean(), law) == pytest.approx(0.9, abs=0.12)
    assert heavy.axle_height_mm.mean() == pytest.approx(10, abs=0.15)
    assert heavy.engaged.mean() == pytest.approx(30, abs=3)
    assert needle_depth_mm(11.5 - light.axle_height_mm.mean(), law) == pytest.approx(0.3, abs=0.1)


def test_a_needle_that_does_not_puncture_leaves_no_channel():
    thick = insert(device("mf-8"), np.array([10.0, 11.45]), np.array([20.0, 20.0]), np.array([1.0, 1.0]))
    assert thick.opened.tolist() == [True, False]
    assert thick.peak_depth_um[1] == 0
    assert thick.surface_diameter_um[1] == 0


def test_holes_of_the_longest_roller_are_round_to_slightly_oval():
    t = treat("generic-3mm", "abdomen", Technique(passes=2, load_n=6), seed=1)
    low, high = t.channels.aspect_ratio.min(), t.channels.aspect_ratio.max()
    assert 1 <= low <= high <= 1.5
