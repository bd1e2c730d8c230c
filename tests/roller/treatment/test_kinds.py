"""Treatments by every kind of device: one way through the model, side by side, with bands where nobody has told."""

import json

import numpy as np
import pytest
from dermaroll import Technique, compare, treat
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.data.constants import handling
from dermaroll.roller.coverage.uncertainty import figures_of_members
from dermaroll.roller.insertion.support import set_to
from dermaroll.roller.treatment.drum_path import strokes
from dermaroll.roller.treatment.not_known import depths_of_members

SMALL = {"region": "10x10", "depths_um": [0.0, 200.0, 600.0]}
DEVICES = ["mf-8", "dermapen-md", "generic-stamp-1.5mm"]


@pytest.fixture(scope="module")
def side_by_side():
    return compare(DEVICES, "cheek", Technique(passes=2, drag_speed_mm_s=60.0), **SMALL)


def test_devices_of_all_kinds_stand_side_by_side(side_by_side):
    roller, pen, stamp = side_by_side.treatments
    assert roller.technique.drag_speed_mm_s is None
    assert pen.technique.drag_speed_mm_s == 60.0
    assert set(roller.values) == set(pen.values) == set(stamp.values)
    text = side_by_side.summary()
    assert "time for 300 cm2" in text
    assert all(len(line) <= 80 for line in text.splitlines() if "differs" not in line and "(...)" not in line)
    told = json.loads(side_by_side.to_json())
    assert [one["inputs"]["device"]["kind"] for one in told["devices"]] == ["needle", "pen", "stamp"]
    assert "drag_speed_mm_s" not in told["devices"][0]["inputs"]
    assert "slip" not in told["devices"][1]["inputs"]
    assert "minutes_per_300_cm2" in {row["quantity"] for row in told["differences"]}


def test_what_no_device_of_a_comparison_has_is_refused():
    with pytest.raises(InputError, match="none for a roller"):
        compare(["mf-8", "ms-4"], "cheek", Technique(drag_speed_mm_s=60.0), **SMALL)


def test_stamps_and_distinct_channels_are_counted_apart():
    found = treat("dermapen-md", "cheek", Technique(passes=4), uncertainty=False, **SMALL)
    contacts, channels = found.mean("contacts_per_cm2"), found.mean("density_per_cm2")
    assert contacts[-1] == pytest.approx(4 * 100 * 12 * 110 / (20 * 6), rel=0.1)
    assert (channels <= contacts + 1e-9).all()
    assert channels[-1] < 0.8 * contacts[-1]
    assert channels[0] / contacts[0] > channels[-1] / contacts[-1]


def test_what_passes_cover_by_chance_is_what_phases_drawn_anew_cover():
    technique = Technique(passes=3, drag_speed_mm_s=60.0)
    found = [
        treat("exceed", "cheek", technique, seed=seed, uncertainty=False, figures=["coverage", "expected_coverage"],
              **SMALL)
        for seed in range(12)
    ]  # fmt: skip
    gone = np.mean([one.mean("coverage") - one.mean("expected_coverage") for one in found], axis=0)
    whole = np.mean([one.mean("expected_coverage") for one in found], axis=0)
    assert np.abs(gone[:, 0]) == pytest.approx(0, abs=0.02)
    assert gone[0, 0] == pytest.approx(0, abs=1e-12)
    assert (whole[1:] > whole[:-1]).all()


def test_a_drag_that_nobody_told_is_in_the_bands_and_a_told_one_is_not():
    open_ = treat("dermapen-md", "cheek", Technique(passes=1), **SMALL)
    told = treat("dermapen-md", "cheek", Technique(passes=1, drag_speed_mm_s=20.0), **SMALL)
    assert open_["minutes_per_300_cm2"] == pytest.approx(30_000 / (20 * 6) / 60)
    low, high = open_["minutes_per_300_cm2_uncertainty_low"], open_["minutes_per_300_cm2_uncertainty_high"]
    assert high / low > 3
    assert "minutes_per_300_cm2" not in told.uncertainty
    wide, narrow = (one.uncertainty["density_per_cm2"][:, -1] for one in (open_, told))
    assert np.ptp(wide) > 3 * np.ptp(narrow)
    assert any("nobody has told how fast" in line for line in open_.warnings)
    assert not any("nobody has told how fast" in line for line in told.warnings)


def test_speeds_far_beyond_what_was_measured_are_said():
    found = treat("dermapen-md", "cheek", Technique(passes=1), **SMALL)
    assert found["entry_speed_mm_s"] == pytest.approx(2 * np.pi * 110 * np.sqrt(1.5 * 1.5))
    assert any("needles go in at 1037 mm/s" in line for line in found.alerts)
    assert not any("needles go in at" in line for line in treat("mf-8", "cheek", Technique(passes=1), **SMALL).alerts)


def test_skin_follows_a_pen_and_tears_only_where_it_is_drawn_further():
    usual, slow_motor = (
        treat("dermapen-2012", "cheek", Technique(passes=1, **said), **SMALL)
        for said in ({}, {"drag_speed_mm_s": 300.0, "frequency_hz": 8.0})
    )
    assert usual["drag_um"] == pytest.approx(1000 * 20 / 90 / 2)
    assert usual["drag_um"] < usual["skin_follows_um_uncertainty_low"] < usual["skin_follows_um"]
    assert usual["striation_um_mean"] == 0
    assert not any("striations" in line for line in usual.alerts)
    assert slow_motor["drag_um"] == pytest.approx(1000 * 300 / 8 / 2)
    torn = slow_motor["drag_um"] - slow_motor["skin_follows_um"]
    assert slow_motor["striation_um_mean"] == pytest.approx(torn, rel=0.3)
    assert any("striations" in line for line in slow_motor.alerts)


def test_needles_go_straight_in_and_a_plate_has_no_drum():
    for name in DEVICES[1:]:
        found = treat(name, "cheek", Technique(passes=1, load_n=20.0), uncertainty=False, **SMALL)
        assert found["entry_angle_deg"] == 0
        assert found["axle_height_mm"] == 0  # plate or ring lie on the skin
        assert 0 < found["drum_load_share"] < 1


@pytest.mark.parametrize("name", DEVICES[1:])
def test_the_plate_stands_over_every_channel_that_it_left(name):
    found = treat(name, "cheek", Technique(passes=2, stretch=0.1), uncertainty=False, **SMALL)
    made, channels = strokes(found), found.channels
    for one in np.linspace(0, channels.x_mm.size - 1, 12).astype(int):
        tips = made.tips_mm(int(made.of_channel[one]), float(made.opened_at_mm[one]))
        x, y, _ = tips[channels.needle[one]]
        assert (x, y) == pytest.approx((1.1 * channels.x_mm[one], channels.y_mm[one]), abs=1e-9)


def test_a_treatment_by_a_pen_follows_its_replicates_and_its_seed():
    technique = Technique(passes=1, drag_speed_mm_s=80.0, protrusion_mm=0.8)
    one, other = (
        treat("skinpen-precision", "forehead", technique, replicates=3, seed=2, aftermath=True, **SMALL).to_json()
        for _ in range(2)
    )
    assert one == other
    assert json.loads(one)["inputs"]["device"]["length_mm"] == 0.8


def test_passes_that_nobody_told_are_as_usual_with_each_device():
    found = [treat(name, "cheek", Technique(load_n=4.0), figures=["contacts_per_cm2"], **SMALL) for name in DEVICES]
    assert [one.technique.passes for one in found] == [16, 1, 8]
    goal = handling()["goal_density"].value
    by_one = 100 * 36 / 100  # needles per area of the stamp's plate
    assert abs(8 * by_one - goal) <= min(abs(7 * by_one - goal), abs(9 * by_one - goal))
    assert all(one.technique.load_n == 4.0 for one in found)
    told = compare(DEVICES, "cheek", Technique(passes=16), region="4x4", depths_um=[0.0], active=None)
    assert [one.technique.passes for one in told.treatments] == [16, 16, 16]


def test_passes_that_nobody_told_follow_what_was_told():
    slow, fast = (
        treat("exceed", "cheek", Technique(drag_speed_mm_s=speed), figures=["contacts_per_cm2"], **SMALL)
        for speed in (20.0, 300.0)
    )
    assert slow.technique.passes == 1
    assert fast.technique.passes == round(275 / (100 * 6 * 125 / (300 * 6)))


def test_devices_are_compared_at_equal_channels():
    found = compare(DEVICES, "cheek", region="30x30", depths_um=[0.0], equal_density_per_cm2=240.0, active=None)
    roller, pen, stamp = found.treatments
    assert roller["density_per_cm2"] == pytest.approx(240, abs=100 * 192 / (2 * np.pi * 10 * 20) / 2 + 1)
    assert pen["density_per_cm2"] == pytest.approx(240, rel=0.02)
    assert stamp["density_per_cm2"] == pytest.approx(240, abs=36 / 2 + 1)
    assert pen.technique.passes == 1
    assert pen.technique.drag_speed_mm_s == pytest.approx(12 * 110 / 2.4 / 6, rel=0.1)
    assert any("hands are taken to go at 10 to 50" in line for line in found.alerts)
    assert json.loads(found.to_json())["equal_density_per_cm2"] == 240.0


def test_a_density_that_no_pass_makes_is_refused():
    for said in ({"passes": 3}, {"drag_speed_mm_s": 30.0}):
        with pytest.raises(InputError, match="none beside equal_density_per_cm2"):
            compare(DEVICES, "cheek", Technique(**said), equal_density_per_cm2=240.0, **SMALL)
    with pytest.raises(InputError, match="does not open the skin"):
        compare(["mf-8", "ms-4"], "cheek", Technique(load_n=0.0), equal_density_per_cm2=240.0, **SMALL)
    with pytest.raises(InputError, match="mf-8 makes in at most 200 passes"):
        compare(["mf-8", "ms-4"], "cheek", equal_density_per_cm2=9000.0, region="4x4", depths_um=[0.0])
    with pytest.raises(InputError, match=r"equal_density_per_cm2 = 0.*between 1 and 20000 1/cm2"):
        compare(DEVICES, "cheek", equal_density_per_cm2=0, **SMALL)


def test_each_device_may_have_a_technique_of_its_own():
    hows = [Technique(passes=3), Technique(drag_speed_mm_s=60.0)]
    found = compare(["mf-8", "exceed"], "cheek", hows, region="4x4", depths_um=[0.0], active=None)
    assert [one.technique.passes for one in found.treatments] == [3, 1]
    with pytest.raises(InputError, match="one for each of 3 devices"):
        compare(DEVICES, "cheek", hows, **SMALL)


def test_what_is_torn_is_the_drag_less_what_skin_follows_for_each_member_too():
    pen, technique = device("dermapen-md"), Technique(passes=1, drag_speed_mm_s=300.0, frequency_hz=8.0)
    depths = depths_of_members(set_to(pen, technique), site("cheek"), technique)
    found = figures_of_members(depths, technique, [0.0])
    drag_um = 1000 * 300 / 8 * np.arccos(1 - 2 * 1.5 / 3.0) / np.pi  # in for half of a cycle
    every = depths.follows_um.mean(axis=1)
    stiffer = every / found["skin_follows_um"]
    band = handling()["sideways_stiffness"]
    assert band.low <= stiffer.min() < stiffer.max() <= band.high
    assert np.median(stiffer) == pytest.approx((band.low * band.high) ** 0.5, rel=0.1)
    # Where no channel's skin follows all of the drag, the mean of the rest is the drag less the mean.
    torn = drag_um - found["skin_follows_um"]
    whole = (depths.follows_um / stiffer[:, None] < drag_um).all(axis=1) & depths.opened.all(axis=1)
    assert whole.any()
    assert found["striation_um"][whole, 0] == pytest.approx(torn[whole], rel=1e-6)


def test_holes_that_run_together_along_a_track_are_said():
    slow, fast = (
        treat("dermapen-md", "cheek", Technique(passes=1, drag_speed_mm_s=speed), **SMALL) for speed in (15.0, 45.0)
    )
    assert 1000 * 15 / 110 < slow["surface_diameter_um_mean"] < 1000 * 45 / 110
    assert any("136 um apart along the track" in line for line in slow.alerts)
    assert not any("run together" in line for line in fast.alerts)


@pytest.mark.parametrize("name", ["mf-8", "cit-8", "generic-stamp-1.5mm"])
def test_what_nobody_knows_of_coverage_never_grows_with_depth(name):
    found = treat(name, "cheek", Technique(passes=4), region="10x10", depths_um=range(0, 1501, 25), seed=1)
    for key in ("coverage", "residual_coverage", "density_at_depth_per_cm2"):
        low, high = found.uncertainty[key]
        assert (low <= high).all()
        for end in (low, high):
            assert (np.diff(end, axis=-1) <= 0).all()


@pytest.mark.parametrize("name", ["generic-0.25mm", "mf-8", "eye-60", "generic-stamp-1mm"])
def test_no_end_of_what_nobody_knows_puts_more_channels_into_a_layer_than_are_made(name):
    found = treat(name, "cheek", Technique(passes=4), region="10x10", depths_um=range(100, 1501, 100), seed=1)
    made, into, deep = (
        found.uncertainty[key] for key in ("density_per_cm2", "layer_density_per_cm2", "density_at_depth_per_cm2")
    )
    for end in (0, 1):
        assert (into[end] <= made[end] * (1 + 1e-9)).all()
        assert (np.diff(into[end], axis=0) <= 1e-9).all()
        assert (deep[end] <= made[end][:, None] * (1 + 1e-9)).all()
