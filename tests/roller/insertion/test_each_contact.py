"""Needles in skin and the drum on it: what must hold whatever the constants are."""

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.data.constants import published
from dermaroll.geometry.needle import needle_profile
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.roller import Technique, treat
from dermaroll.roller.insertion.balance import (
    balance_drums,
    balance_rows,
    needle_density_per_mm2,
    ring_phases_rad,
    stack_drums,
)
from dermaroll.roller.insertion.drum_dent import drum_dent_mm
from dermaroll.roller.insertion.each_contact import Strength, insert, insert_each, lowest_depth_um, share_in_holes
from dermaroll.roller.insertion.motion import rigid_slit_mm
from dermaroll.roller.insertion.one_needle import needle_law, stack_needles
from dermaroll.roller.insertion.tissue import (
    puncture_force_romgens_2014,
    rate_factor_olatunji_2013,
    spacing_factor_olatunji_2013,
    stretch_factor,
    tissue_model,
    worn_tip_radius_um,
)
from dermaroll.roller.insertion.under_drum import pressed_depth_and_force
from dermaroll.roller.treatment.not_known import depth_sensitivity

NAMES = ["mf-8", "dermaroller-770", "roll-cit", "dts-405-1.5mm", "c-8he", "cit-8"]
ROLLERS = [device(name) for name in NAMES]
SITES = [site(name) for name in ("cheek", "forehead", "abdomen")]
LOADS = np.array([0.05, 0.3, 1.0, 3.0, 6.0, 12.0])


@pytest.fixture(scope="module")
def balanced():
    return balance_drums(ROLLERS, LOADS, SITES, np.arange(5) / 5)


def law_of(roller, place="cheek", **changes):
    return needle_law(stack_needles([needle_profile(roller)]), mean_thickness_um(site(place)), **changes)


def one(value):
    return Strength(np.array([value[0]]), np.array([value[1]]))


def test_puncture_force_is_near_the_published_line():
    # Romgens 2014: 20 mN at 5 um, 167 mN at 37 um, straight between; other studies are evidence too
    ends = [published()[f"romgens_2014_force_{tip}um"] for tip in (5, 37)]
    for row, tip in zip(ends, (5, 37), strict=True):
        assert row.low <= 1000 * puncture_force_romgens_2014(tip) <= row.high
    middle = (puncture_force_romgens_2014(5) + puncture_force_romgens_2014(37)) / 2
    assert puncture_force_romgens_2014(21) == pytest.approx(middle)


def test_factors_stand_still_outside_what_was_measured():
    assert rate_factor_olatunji_2013([0.01, 0.5]).tolist() == [1.0, 1.0]
    stops = tissue_model().changed({"rate_share_beyond": 0.0})
    assert rate_factor_olatunji_2013(1.0, stops) == rate_factor_olatunji_2013(1000.0, stops)
    goes_on = tissue_model().changed({"rate_share_beyond": 1.0, "rate_floor": 0.1})
    assert rate_factor_olatunji_2013(20.0, goes_on) == pytest.approx(40.0**-goes_on.rate_exponent)
    assert rate_factor_olatunji_2013(1e6, goes_on) == pytest.approx(0.1)
    assert rate_factor_olatunji_2013(1.0) == pytest.approx(0.0215 / 0.0285, abs=0.1)
    assert spacing_factor_olatunji_2013([150, 2500]).tolist() == [1.0, 1.0]
    assert 1 < spacing_factor_olatunji_2013(50) < 1 / 0.94
    assert stretch_factor(0) == 1 < stretch_factor(0.1)
    assert worn_tip_radius_um(4, 0) == 4 < worn_tip_radius_um(4, 10)


@pytest.mark.parametrize("roller", ROLLERS, ids=NAMES)
@pytest.mark.parametrize("place", ["cheek", "abdomen", "eyelid"])
def test_travel_is_depth_and_dimple(roller, place):
    law = law_of(roller, place)
    travel = np.linspace(0, roller.length_mm, 400)[None]
    depth, force = law.depth_mm(travel), law.force_n(travel)
    assert (depth >= 0).all()
    assert (depth <= travel).all()
    # after puncture the dimple is that of puncture, and what the force beyond it makes of the stiffness
    after = travel > law.puncture_travel_mm[0]
    dimple = law.puncture_travel_mm[0] + (force - law.puncture_force_n[0]) / law.stiffness_n_per_mm[0]
    assert np.allclose((travel - depth)[after], dimple[after], atol=1e-12)
    assert (np.diff(depth) >= 0).all()
    assert (np.diff(force) >= -1e-15).all()
    assert (force[0, 1:] > 0).all()
    assert np.allclose(law.travel_at_force_mm(force), travel, atol=1e-9)


def test_slope_is_that_of_the_force():
    law = law_of(device("roll-cit"), "cheek")
    travel = np.linspace(0.01, 2.99, 997)[None]
    step = 1e-7
    rise = (law.force_n(travel + step) - law.force_n(travel - step)) / (2 * step)
    slope = law.force_and_slope(travel)[1]
    assert np.mean(np.abs(rise - slope) < 1e-5) > 0.98  # all but the few steps across a knot


def test_stiff_and_weak_skin_leaves_the_geometric_depth():
    law = law_of(device("mf-8"), stiffness=1e6, resistance=1e-3)
    travel = np.linspace(0.05, 1.5, 30)[None]
    assert np.allclose(law.depth_mm(travel), travel, atol=1e-6)


def test_fat_resists_less_than_dermis():
    thin = np.array([10.0, 50, 100, 300, 5000])
    thick = np.array([10.0, 50, 100, 3000, 5000])
    shapes = stack_needles([needle_profile(device("roll-cit"))])
    law = needle_law(shapes, np.stack([thin, thick]))
    travel = np.full((2, 1), 3.0)
    assert law.depth_mm(travel)[0] > law.depth_mm(travel)[1]


def test_balance_carries_the_load(balanced):
    carried = balanced.needle_force_n + balanced.drum_force_n
    assert np.abs(carried / LOADS[None, :, None, None] - 1).max() < 1e-9
    assert (balanced.needle_force_n > 0).all()
    assert (balanced.drum_force_n >= 0).all()
    assert (balanced.engaged > 0).all()


@pytest.mark.parametrize("closing", [0.0, 0.6])
@pytest.mark.parametrize("load", [0.7, 3.0, 9.0])
def test_balance_is_that_of_the_needles_one_by_one(load, closing):
    # every needle of the drum, written out, at one phase
    roller, model = device("mf-8"), tissue_model().changed({"drum_closing": closing})
    law = law_of(roller, density_per_mm2=needle_density_per_mm2(roller), model=model)
    phase = ring_phases_rad(roller)[1:2]
    balance = balance_rows(stack_drums([roller]), law, np.array([load]), phase, model)
    offset = np.mod(roller.stagger * np.arange(8), 1) * np.radians(15)
    angles = (offset[:, None] + phase + np.radians(15) * np.arange(24)).ravel()
    angles = np.mod(angles + np.pi, 2 * np.pi) - np.pi
    angles = angles[np.abs(angles) < np.pi / 2]
    # skin that the load has dented follows the drum, so that needles reach as far out as those of a lower one
    above, most, dent = 11.5 * (1 - np.cos(angles)), balance.travel_mm[0], balance.dent_mm[0]
    travel = most * np.maximum(1 - above / (most + dent / 2), 0.0)
    half_contact = max(np.sqrt(10.0 * dent), 1e-9)
    pressure = balance.drum_pressure_mpa * np.sqrt(np.maximum(1 - (10 * np.sin(angles) / half_contact) ** 2, 0))
    _, force, _ = pressed_depth_and_force(law, travel[None], pressure[None])
    carried = force[0] * np.cos(angles)
    entry = angles <= 1e-9
    assert carried[entry].sum() == pytest.approx(balance.entry_force_n[0], rel=1e-9)
    leaving = model.exit_side_share * carried[~entry].sum()
    assert carried[entry].sum() + leaving + balance.drum_force_n[0] == pytest.approx(load, rel=1e-9)
    assert (travel > 0).sum() == balance.engaged[0]
    assert balance.dent_mm[0] <= drum_dent_mm(1.3 * load, 10.0, 20.0, model)  # once, not twice


def test_entry_side_carries_the_needles_load(balanced):
    assert (balanced.entry_force_n / balanced.needle_force_n > 0.75).all()


def test_more_load_lowers_the_axle(balanced):
    assert (np.diff(balanced.axle_height_mm, axis=1) < 0).all()


def test_no_load_no_depth():
    free = balance_drums(ROLLERS, 0.0, SITES)
    top = np.array([roller.drum_radius_mm + roller.length_mm for roller in ROLLERS])
    assert np.array_equal(free.axle_height_mm[:, 0, 0, 0], top)
    assert not any(part.any() for part in (free.needle_force_n, free.entry_force_n, free.engaged))
    assert treat("mf-8", "cheek", Technique(load_n=0, passes=1)).mean("density_per_cm2")[-1] == 0


@pytest.mark.parametrize("roller", ROLLERS, ids=NAMES)
def test_never_deeper_than_the_needle_nor_than_it_less_its_dimple(roller):
    thickness = mean_thickness_um(site("cheek"))
    strength = Strength(np.ones(60), np.ones(60))
    loads = np.linspace(0, 20, 60)
    depth = lowest_depth_um(roller, np.tile(thickness, (60, 1)), strength, loads)
    assert depth[0] == 0
    assert (np.diff(depth) >= -1e-9).all()  # more load, never less deep
    assert (depth <= 1000 * roller.length_mm).all()
    apart = tissue_model().changed({"drum_closing": 0.0})
    most = 1000 * (roller.length_mm - law_of(roller, model=apart).puncture_travel_mm[0])
    assert (lowest_depth_um(roller, np.tile(thickness, (60, 1)), strength, loads, model=apart) <= most).all()


@pytest.mark.parametrize("load", [0.5, 3.0, 8.0])
def test_sharper_and_stiffer_is_never_less_deep(load):
    roller, count = device("generic-2mm"), 25
    thickness = np.tile(mean_thickness_um(site("abdomen")), (count, 1))
    ones = np.ones(count)
    blunter = np.linspace(2.5, 40, count)
    by_tip = lowest_depth_um(roller, thickness, Strength(ones, ones), load, blunter)
    assert (np.diff(by_tip) <= 1e-9).all()
    stiffer = np.geomspace(0.2, 20, count)
    by_stiffness = lowest_depth_um(roller, thickness, Strength(stiffer, ones), load)
    assert (np.diff(by_stiffness) >= -1e-9).all()
    tougher = lowest_depth_um(roller, thickness, Strength(ones, stiffer), load)
    assert (np.diff(tougher) <= 1e-9).all()


def test_skin_follows_the_needle_unless_it_is_rigid():
    roller = device("roll-cit")
    height = balance_drums([roller], 3.0, [site("cheek")]).axle_height_mm.ravel()
    soft = insert(roller, height, 10.0, law_of(roller))
    assert 1 <= soft.aspect_ratio[0] <= 1.5
    # skin that neither gives nor resists: an ellipse at the entry angle, and the slit of rigid skin
    rigid = insert(roller, 10.0, 10.0, law_of(roller, stiffness=1e9, resistance=1e-3))
    slit = rigid_slit_mm(10.0, 10.0, 3.0)
    assert slit == pytest.approx(2.75, abs=0.01)
    torn = (rigid.aspect_ratio[0] - 13 / 10) * rigid.surface_diameter_um[0] / 1000
    assert torn == pytest.approx(float(slit), rel=1e-3)


def test_what_does_not_puncture_leaves_nothing():
    roller = device("c-8he")
    left = insert(roller, [10.11, 10.0], 10.0, law_of(roller).take([0, 0]))
    assert left.opened.tolist() == [False, True]
    for values in (left.peak_depth_um, left.residual_depth_um, left.surface_diameter_um, left.aspect_ratio):
        assert values[0] == 0 < values[1]
    assert left.residual_depth_um[1] < left.peak_depth_um[1]


def test_later_passes_meet_holes():
    share = share_in_holes(np.array([1, 2, 16]), 0.15, 0.2)
    assert share[0] == 0 < share[1] < share[2] < 1
    fresh, reused = (law_of(device("mf-8"), fresh=value) for value in (1.0, 0.0))
    travel = np.array([1.5])
    assert reused.force_n(travel) < fresh.force_n(travel)
    assert reused.depth_mm(travel) > fresh.depth_mm(travel)


def test_technique_changes_depth_the_right_way():
    def depth(**changes):
        return treat("mf-8", "cheek", Technique(passes=1, load_n=1.0, **changes), seed=2).mean("peak_depth_um")[0]

    assert depth(stretch=0.1) > depth()
    assert depth(uses=50) < depth()
    assert depth(speed_mm_s=50) >= depth(speed_mm_s=1)


def test_people_differ_more_than_one_person():
    one_person = treat("mf-8", "cheek", Technique(passes=1), seed=1)
    many = treat("mf-8", "cheek", Technique(passes=1), seed=1, replicates=8)
    assert one_person.mean("peak_depth_um")[1] > 0
    assert np.ptp(many.values["peak_depth_um"][:, 0]) > 0
    assert many.to_dict()["peak_depth_um_band"]["mean"][0] < many.to_dict()["peak_depth_um_band"]["mean"][1]


def test_a_load_that_skin_cannot_carry_is_refused():
    with pytest.raises(
        InputError, match=r"load_n = 49.0 can't be used; allowed: at most .* N; beyond it the drum dents"
    ):
        treat("mf-8", "cheek", Technique(load_n=49, passes=1))
    with pytest.raises(InputError, match="load_n"):
        balance_drums([device("mf-8")], -1.0, SITES)


def test_outside_validity_is_told_with_range_and_source():
    blunt = device("mf-8").model_copy(update={"tip_radius_um": 40.0})
    told = " ".join(treat(blunt, "cheek", Technique(passes=1)).warnings)
    assert "tip_radius_um = 40 is outside the measured range, 2.5 to 18.5 um (romgens_2014" in told
    assert "0.5 to 1 mm/s (olatunji_2013" in told
    assert "length_mm = 0.2 is outside" in " ".join(treat("c-8he", "cheek", Technique(passes=1)).warnings)


def test_sensitivity_names_the_strongest_input():
    found = depth_sensitivity(device("mf-8"), site("cheek"), Technique(load_n=3.0))
    assert found.shares.groups == ("people", "hand", "tip", "unknown")
    assert found.shares.total_order.max() <= 1.2
    # what no measurement settles outweighs what people, hands and tips differ by
    assert found.largest == "unknown"
    assert depth_sensitivity(device("mf-8"), site("cheek"), Technique(load_n=0.0)).largest == "-"


def test_every_combination_in_one_call():
    rollers, loads, phases = [device(name) for name in NAMES[:3]], np.linspace(0.2, 12, 20), np.arange(7) / 7
    solved = balance_drums(rollers, loads, SITES, phases)
    assert solved.axle_height_mm.shape == (3, 20, 3, 7)
    alone = balance_drums(rollers[1:2], loads[4:5], SITES[2:], phases[3:4])
    assert solved.axle_height_mm[1, 4, 2, 3] == pytest.approx(alone.axle_height_mm.item(), rel=1e-9)


@pytest.mark.parametrize("name", ["mf-8", "exceed"])
def test_what_a_contact_leaves_does_not_depend_on_the_others(name):
    rng, some = np.random.default_rng(3), np.array([1, 4, 5, 30])
    needles, count = device(name), 40
    layers = mean_thickness_um(site("cheek")) * rng.uniform(0.5, 1.5, (count, 5))
    height = np.full(count, 10.2 if name == "mf-8" else 0.0)
    skin, none, fresh = Strength(*rng.uniform(0.5, 2, (2, count))), np.zeros(count), rng.random(count) < 0.5
    whole = insert_each(needles, height, layers, skin, none, fresh=fresh)
    again = fresh.copy()
    again[some] = False
    part = insert_each(
        needles, height[some], layers[some], Strength(skin.stiffness[some], skin.resistance[some]), none[some],
        fresh=again[some],
    )  # fmt: skip
    every = insert_each(needles, height, layers, skin, none, fresh=again)
    mended = whole.with_new(some, part)
    for field in ("opened", "peak_depth_um", "residual_depth_um", "aspect_ratio", "follows_um"):
        assert np.allclose(getattr(mended, field), getattr(every, field), rtol=1e-12, atol=0)
