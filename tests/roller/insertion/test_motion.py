"""Rolling against closed forms and against brute force."""

import numpy as np
import pytest
from dermaroll.roller.insertion.motion import (
    angle_at_travel_rad,
    density_per_pass_per_mm2,
    dragged_slit_mm,
    entry_angle_rad,
    pitch_radius_mm,
    rigid_slit_mm,
    tip_position_mm,
    tip_travel_mm,
)
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import cumulative_trapezoid

R = 10.0


def test_density_of_the_standard_roller():
    # 192 / (2 pi R W): drum on the skin, and riding on the tips of 1.5 mm needles
    assert 100 * density_per_pass_per_mm2(192, pitch_radius_mm(R, R), 20) == pytest.approx(15.28, abs=0.005)
    assert 100 * density_per_pass_per_mm2(192, pitch_radius_mm(R + 1.5, R), 20) == pytest.approx(13.29, abs=0.005)


def test_a_sunk_drum_still_rolls_on_its_surface():
    assert pitch_radius_mm(0.7 * R, R) == R


def test_slip_stretches_the_spacing():
    assert pitch_radius_mm(R, R, 0.2) == pytest.approx(R / 0.8)


def test_entry_angles():
    lengths = np.array([0.5, 1.5, 3.0])
    assert np.degrees(entry_angle_rad(R, R, lengths)) == pytest.approx([17.8, 29.6, 39.7], abs=0.05)
    assert entry_angle_rad(R + 0.5, R, 0.5) == 0
    assert entry_angle_rad(R + 2.0, R, 0.5) == 0  # the tips hang above the skin


def test_rigid_slits():
    assert rigid_slit_mm(R, R, np.array([0.5, 1.5, 3.0])) == pytest.approx([0.21, 1.03, 2.75], abs=0.006)


@given(st.floats(10, 12), st.floats(0.1, 3), st.floats(0, 0.5))
def test_tip_path_by_integrating_the_velocity(height, length, slip):
    # A point of a rolling body moves at the turning rate, at right angles to the line from the point of contact.
    pitch = float(pitch_radius_mm(height, R, slip))
    angle = np.linspace(-1, 1, 4001)
    tip_x, tip_z = -(R + length) * np.sin(angle), -(R + length) * np.cos(angle)  # from the axle
    along_speed, up_speed = pitch + tip_z, -tip_x  # per radian
    along = cumulative_trapezoid(along_speed, angle, initial=0)
    up = cumulative_trapezoid(up_speed, angle, initial=0)
    x, below = tip_position_mm(angle, height, R, length, slip)
    assert along - along[2000] == pytest.approx(x, abs=1e-6)
    assert up - up[2000] == pytest.approx(-(below - below[2000]), abs=1e-6)


@given(st.floats(10, 13), st.floats(0.1, 3))
def test_travel_is_depth_under_the_surface_as_long_as_the_drum_is_not_sunk(height, length):
    angle = np.linspace(-0.9, 0.9, 101)
    _, below = tip_position_mm(angle, height, R, length)
    assert tip_travel_mm(angle, height, R, length) == pytest.approx(np.clip(below, 0, length))


@given(st.floats(5.5, 10), st.floats(0.1, 3))
def test_no_needle_goes_deeper_than_its_length(height, length):
    angle = np.linspace(-1.5, 1.5, 4001)
    travel = tip_travel_mm(angle, height, R, length)
    touching = np.cos(angle) >= height / R
    assert travel[touching] == pytest.approx(length)
    assert travel.max() <= length
    assert np.abs(np.diff(travel)).max() < 0.02  # it leaves the drum without a jump


@given(st.floats(6, 12.9), st.floats(0.1, 3), st.floats(0, 1))
def test_angle_at_travel_is_the_inverse(height, length, share):
    most = float(tip_travel_mm(0.0, height, R, length))
    angle = angle_at_travel_rad(share * most, height, R, length)
    assert tip_travel_mm(angle, height, R, length) == pytest.approx(share * most, abs=1e-7)


def swept_by_sampling(height, angle, slip):
    """Extent of the place where the needle's axis crosses the surface, from 20,001 angles."""
    q = np.linspace(-angle, angle, 20_001)
    crossing = height / (1 - slip) * q - height * np.tan(q)
    return np.ptp(crossing)


@pytest.mark.parametrize("slip", [0.0, 0.05, 0.3, 0.7, 0.9])
@pytest.mark.parametrize("angle", [0.1, 0.5, 0.8])
def test_a_dragged_needle_sweeps_its_path_and_never_less_than_a_rolling_one(angle, slip):
    expected = max(swept_by_sampling(11.0, angle, slip), swept_by_sampling(11.0, angle, 0.0))
    assert float(dragged_slit_mm(11.0, angle, slip)) == pytest.approx(expected, rel=1e-6)


def test_slip_never_shortens_a_slit_and_starts_from_that_of_rolling():
    angle, slip = np.arccos(10 / 11.5), np.linspace(0, 0.9, 500)
    slit = dragged_slit_mm(10.0, angle, slip)
    assert slit[0] == pytest.approx(float(rigid_slit_mm(10.0, 10.0, 1.5)))
    assert (np.diff(slit) >= 0).all()
    # no cliff: it grows no faster than the travel while the needle is in, 2 h p / (1 - slip)
    assert (np.diff(slit) <= np.diff(2 * 10.0 * angle / (1 - slip)) + 1e-12).all()
    assert slit[-1] > 50 * slit[0]
