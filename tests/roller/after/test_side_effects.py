"""Side effects: what a session costs follows from its channels; published order, limits, warnings."""

from dataclasses import replace

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, treat
from dermaroll.roller.after.made import channels_made
from dermaroll.roller.after.side_effects import (
    assess,
    interval_warnings,
    roller_warnings,
    vessel_shares,
    worn_force_ratio,
)
from dermaroll.roller.after.vessels import BLEEDING
from dermaroll.roller.treatment.replicate import draw_replicates, simulate

THICKNESS = [15.0, 60.0, 150.0, 1000.0, 8000.0]
FIGURES = ("vessels_met_per_cm2", "bleeding_points_per_cm2", "pain_vs_26g", "redness_h", "swelling_h")


def at(depth, density=240.0, needles=20.0):
    return assess(channels_made([depth], 0.4 * depth, 0.19 * depth, THICKNESS, density), needles)


def rolled(roller, load, passes):
    """All outcomes of a session that have an order, and the hours of its closure."""
    keys = ("bleeding", *FIGURES, "holes_closed_h")
    done = treat(roller, "cheek", Technique(passes=passes, load_n=load), seed=3, aftermath=True, figures=keys)
    return np.array([float(done.values[key][0]) for key in keys])


def test_bleeding_never_falls_with_depth_and_goes_through_its_classes():
    ranks = [BLEEDING.index(at(depth).bleeding) for depth in range(10, 2000, 50)]
    assert (np.diff(ranks) >= 0).all()
    assert (ranks[0], ranks[-1]) == (0, 3)


def test_skin_that_did_not_open_has_no_side_effects():
    risk = assess(channels_made([], [], [], np.zeros((0, 5)), 0.0), 10)
    assert (risk.bleeding, risk.bleeding_band, risk.opened) == ("none", ("none", "none"), False)
    assert not any(getattr(risk, name) for name in FIGURES)
    assert risk.redness_band_h == risk.swelling_band_h == risk.pain_band_vs_26g == (0, 0)
    assert risk.microbes_vs_hypodermic == 0


def test_bands_hold_their_middle():
    for depth in (100.0, 400.0, 900.0):
        risk = at(depth)
        for middle, (low, high) in (
            (risk.redness_h, risk.redness_band_h),
            (risk.swelling_h, risk.swelling_band_h),
            (risk.pain_vs_26g, risk.pain_band_vs_26g),
            (risk.vessels_met_per_cm2, risk.vessels_met_band_per_cm2),
            (risk.bleeding_points_per_cm2, risk.bleeding_points_band_per_cm2),
        ):
            assert low <= middle <= high
        low, middle, high = (
            BLEEDING.index(word) for word in (risk.bleeding_band[0], risk.bleeding, risk.bleeding_band[1])
        )
        assert low <= middle <= high


def test_the_length_on_the_box_changes_nothing_at_equal_channels():
    region, site_, how = rectangle(8, 8), site("cheek"), Technique(passes=4)
    (person,) = draw_replicates(site_, 1, 0)
    made = simulate(device("generic-1mm"), site_, how, region, np.array([0.0]), *person.fresh())
    boxed = replace(made, roller=made.roller.model_copy(update={"length_mm": 2.5, "name": "other"}))
    assert boxed.risk == made.risk
    assert boxed.closing.closed_band_h == made.closing.closed_band_h


def test_a_hand_so_light_that_skin_hardly_opens_leaves_next_to_nothing():
    # 22 um deep, 1.5 mm needles: neither blood nor vessels, pain far below a needle, no redness of a day.
    rank, met, points, pain, redness, swelling, closed = rolled("mf-8", 0.1, 16)
    assert (rank, met, points, swelling) == (0, 0, 0, 0)
    assert pain < 0.01
    assert redness < 0.5
    assert closed < 6


def test_no_load_no_outcome():
    assert not rolled("mf-8", 0.0, 16).any()


def test_outcomes_grow_with_passes():
    rows = np.array([rolled("mf-8", 3.0, passes) for passes in (1, 4, 16, 60)])
    assert (np.diff(rows, axis=0) >= 0).all()
    assert (np.diff(rows[:, 1:], axis=0) > 0).all()


def test_outcomes_grow_with_load_while_needles_carry_it():
    # Once the drum rests on skin more load changes nothing, and contacts move a little as the roller sinks.
    rows = np.array([rolled("mf-8", load, 8) for load in (0.1, 0.3, 1.0, 2.0, 3.0)])
    assert (np.diff(rows, axis=0) >= -0.02 * rows.max(axis=0)).all()
    assert (rows[-1] > rows[0]).all()


def test_clinics_see_blood_where_the_papers_do():
    def words(roller, passes, load=3.0):
        return BLEEDING[int(rolled(roller, load, passes)[0])]

    assert words("generic-0.25mm", 16) == "none"
    assert words("cit-8", 16) == "none"
    assert words("mf-8", 30, 6.0) in ("moderate", "marked")


def test_histology_finds_red_cells_where_nobody_sees_blood():
    done = treat("cit-8", "cheek", Technique(passes=15), aftermath=True, figures=["bleeding", "vessels_met_per_cm2"])
    assert done["bleeding"] == "none"
    assert done["vessels_met_per_cm2"] > 8  # at least one in a biopsy of 4 mm


def test_channels_that_stay_in_the_epidermis_carry_no_microbes_across():
    assert at(60).microbes_vs_hypodermic == 0
    assert at(400).microbes_vs_hypodermic == pytest.approx(0.1)


def test_shares_are_channels_that_meet_a_vessel_over_all_channels():
    made = channels_made([700.0], 280.0, 130.0, THICKNESS, 100.0)
    shares = vessel_shares(made)
    assert ((shares >= 0) & (shares <= 1)).all()
    thousands = channels_made([700.0], 280.0, 130.0, THICKNESS, 3000.0)
    np.testing.assert_allclose(vessel_shares(thousands), shares)


def test_a_worn_tip_needs_more_force():
    assert worn_force_ratio(4, 0) == 1
    assert worn_force_ratio(4, 20) > worn_force_ratio(4, 5) > 1
    with pytest.raises(InputError, match="uses"):
        worn_force_ratio(4, -1)


def reaching(depth):
    return {name: getattr(at(depth), name) for name in ("dermis_share", "microbes_vs_hypodermic")}


def test_warnings_name_their_reason():
    def lines(roller, place, depth):
        return " / ".join(roller_warnings(device(roller), site(place), **reaching(depth)))

    assert "longer than" in lines("generic-3mm", "eyelid", 800)
    assert "thin skin" in lines("mf-8", "eyelid", 800)
    assert "thin skin" not in lines("mf-8", "back", 800)
    long_home = device("c-8").model_copy(update={"length_mm": 0.5})
    text = " / ".join(roller_warnings(long_home, site("cheek"), **reaching(60)))
    assert "home use above 0.3 mm" in text
    assert "not a law" in text
    short = " / ".join(interval_warnings(device("mf-8"), 0.5, 26.0, dermis_reached=True))
    assert "holes stay open" in short
    assert "remodelling" in short
    assert not list(interval_warnings(device("mf-8"), 42, 26.0, dermis_reached=True))
