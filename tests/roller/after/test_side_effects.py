"""Side effects: order, limits, and the published ratios of pain."""

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.roller.after.side_effects import (
    BLEEDING,
    assess,
    interval_warnings,
    pain_gill_2008,
    redness_hours,
    roller_warnings,
    vessel_shares,
    worn_force_ratio,
)

THICKNESS = np.array([[15.0, 60.0, 150.0, 1000.0, 8000.0]])


def at(depth, length=1.5, needles=20.0):
    return assess([depth], THICKNESS, length, needles)


def test_pain_follows_the_published_ratios():
    assert pain_gill_2008(1.5, 10) / pain_gill_2008(0.5, 10) == pytest.approx(7, rel=0.01)
    assert pain_gill_2008(0.5, 100) / pain_gill_2008(0.5, 10) == pytest.approx(2.1, rel=0.02)


def test_vessels_are_reached_in_the_order_of_their_depth():
    for depth in (10, 70, 100, 300, 600, 1300):
        papillary, superficial, deep = vessel_shares([depth], THICKNESS)
        assert 1 >= papillary >= superficial >= deep >= 0
    assert vessel_shares([70], THICKNESS) == (0, 0, 0)
    assert vessel_shares([76], THICKNESS)[0] == 1
    assert vessel_shares([1300], THICKNESS)[2] == 1


def test_bleeding_never_falls_with_depth():
    ranks = [BLEEDING.index(at(depth).bleeding) for depth in range(10, 1500, 50)]
    assert (np.diff(ranks) >= 0).all()
    assert ranks[0] == 0
    assert ranks[-1] == 3


def test_skin_that_did_not_open_has_no_side_effects():
    risk = assess([], np.zeros((0, 5)), 0.2, 10)
    assert (risk.bleeding, risk.pain_vs_26g, risk.redness_h, risk.microbes_vs_hypodermic) == ("none", 0, 0, 0)


def test_redness_lasts_hours_at_home_and_days_in_the_clinic():
    assert redness_hours(0.3) <= 2  # 200 to 400 um: under two hours
    assert 12 <= redness_hours(1.5) <= 72
    assert 120 <= redness_hours(3.0) <= 168  # intensive 3 mm: five to seven days
    assert redness_hours(5.0) == 168


def test_channels_that_stay_in_the_epidermis_carry_no_microbes_across():
    assert at(60).microbes_vs_hypodermic == 0
    assert at(400).microbes_vs_hypodermic == pytest.approx(0.1)


def test_a_worn_tip_needs_more_force():
    assert worn_force_ratio(4, 0) == 1
    assert worn_force_ratio(4, 20) > worn_force_ratio(4, 5) > 1
    with pytest.raises(InputError, match="uses"):
        worn_force_ratio(4, -1)


def reaching(depth):
    return {name: getattr(at(depth), name) for name in ("papillary_vessel_share", "microbes_vs_hypodermic")}


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
