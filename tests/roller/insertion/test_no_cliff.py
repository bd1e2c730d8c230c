"""No cliff in any member: depth and share opened are steady in load, length, tip, stretch and uses.

Depth is looked at where no stratum corneum cuts it off: a tip that has not passed it leaves no channel, so that depths
of channels start at its thickness. How many contacts open is looked at by places that differ.
"""

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.roller import Technique, treat
from dermaroll.roller.insertion.each_contact import Strength, handled, lowest_depth_um
from dermaroll.roller.insertion.ensemble import member_depths, members
from dermaroll.roller.insertion.tissue import worn_tip_radius_um

CHEEK = site("cheek")
ROLLERS = ("generic-0.25mm", "mf-8", "dts-540")
LOADS = (1.0, 6.0)
EVERY = 64  # members, evenly among all: the whole ensemble takes four times as long and says the same


def without_corneum(skin, share=1.0):
    """Thickness of the layers with the stratum corneum counted to the epidermis, which resists alike."""
    thickness = share * mean_thickness_um(skin)
    thickness[1] += thickness[0]
    thickness[0] = 0.0
    return thickness


def depths(roller, load, tips=None, technique=None):
    """Depth for each member, a row, and each tip radius or load, a column."""
    technique = technique or Technique()
    model = members(EVERY)
    worn = worn_tip_radius_um(roller.tip_radius_um, technique.uses, model) * np.ones(model.members)
    grid = np.atleast_2d(worn[:, None] if tips is None else tips)
    grid, loads = np.broadcast_arrays(grid, np.atleast_2d(load))
    grid, loads = (np.broadcast_to(part, (model.members, part.shape[1])) for part in (grid, loads))
    rows = model.take(np.repeat(np.arange(model.members), grid.shape[1]))
    use, ones = handled(roller, technique, rows), np.ones(rows.members)
    found = lowest_depth_um(
        roller,
        without_corneum(CHEEK, technique.taut_thickness_share),
        Strength(ones * use.stiffness, ones * use.resistance),
        loads.ravel(),
        grid.ravel(),
        rows,
    )
    return found.reshape(grid.shape)


@pytest.mark.parametrize("name", ROLLERS)
@pytest.mark.parametrize("load", LOADS)
def test_the_steepest_fall_with_the_tip_is_a_slope_and_no_step(name, load):
    """Where force after puncture hardly grows, depth falls fast with the tip: looked at closer, it is a slope."""
    roller, count = device(name), 41
    tips = np.tile(np.linspace(2, 205, count), (EVERY, 1))
    found = depths(roller, load, tips)
    assert np.diff(found, axis=1).max() < 1e-6  # blunter is never deeper
    width, member = tips[0, 1] - tips[0, 0], np.arange(EVERY)
    coarse = -np.diff(found, axis=1).min(axis=1)
    for _ in range(3):
        cell = np.diff(found, axis=1).argmin(axis=1)
        tips = tips[member, cell][:, None] + width * np.linspace(0, 1, 11)
        width /= 10
        found = depths(roller, load, tips)
    # A step would stay as large in a cell of a thousandth of the width; a slope may be up to 200 times the mean one.
    assert (-np.diff(found, axis=1).min(axis=1) <= 0.2 * coarse + 1e-3).all()


@pytest.mark.parametrize("name", ROLLERS)
def test_depth_grows_steadily_with_the_load(name):
    loads, roller = np.geomspace(0.05, 20, 40), device(name)
    found = depths(roller, loads[None])
    assert np.diff(found, axis=1).min() > -1e-6
    middle = np.sqrt(loads[1:] * loads[:-1])
    between = depths(roller, middle[None])
    # The larger half of each rise is not all of it, but where the skin opens inside it.
    halves = np.maximum(between - found[:, :-1], found[:, 1:] - between)
    steep = np.diff(found, axis=1) > 0.1 * 1000 * roller.length_mm
    assert (halves[steep] < 0.999 * np.diff(found, axis=1)[steep] + 1e-6).mean() > 0.9


@pytest.mark.parametrize("load", LOADS)
def test_longer_needles_never_go_less_deep(load):
    found = [
        depths(device("mf-8").model_copy(update={"length_mm": float(length)}), load)[:, 0]
        for length in np.linspace(0.1, 3.0, 16).round(3)
    ]
    assert np.diff(found, axis=0).min() > -1e-6


@pytest.mark.parametrize("name", ROLLERS)
@pytest.mark.parametrize("load", LOADS)
def test_tauter_skin_is_never_passed_by_less_of_its_thickness(name, load):
    """Taut skin is stiffer, which brings needles deeper, and thinner, which brings firm layers nearer."""
    found = []
    for stretch in np.linspace(0, 0.3, 11):
        technique = Technique(stretch=float(stretch))
        found.append(depths(device(name), load, technique=technique)[:, 0] / technique.taut_thickness_share)
    assert np.diff(found, axis=0).min() > -1e-6


@pytest.mark.parametrize("name", ROLLERS)
def test_every_use_takes_a_little_depth_and_a_little_of_what_opens(name):
    roller = device(name)
    found = [depths(roller, 3.0, technique=Technique(uses=uses))[:, 0] for uses in range(0, 201, 20)]
    assert np.diff(found, axis=0).max() < 1e-6
    some = members(16)
    opened = [member_depths(roller, CHEEK, Technique(uses=uses), some).opened_share for uses in (0, 20, 50, 100, 200)]
    assert np.diff(opened, axis=0).max() < 1e-9


@pytest.mark.parametrize("name", ["generic-0.25mm", "dts-540"])
def test_share_opened_grows_with_the_load_in_every_member(name):
    some = members(16)
    opened = [
        member_depths(device(name), CHEEK, Technique(load_n=float(load)), some).opened_share
        for load in np.geomspace(0.1, 20, 12)
    ]
    assert np.diff(opened, axis=0).min() > -1e-9


def test_a_treatment_opens_less_and_less_with_uses_and_no_share_is_lost_at_once():
    figures = ("punctured_fraction", "peak_depth_um")
    shares, deep = [], []
    for uses in range(0, 201, 10):
        found = treat("c-8", "cheek", Technique(uses=uses, passes=4), figures=figures)
        shares.append(float(found.mean("punctured_fraction")))
        deep.append(float(found.mean("peak_depth_um")[0]))
    assert np.diff(shares).max() < 0.01  # contacts move a little as the axle rises
    assert np.diff(shares).min() > -0.25
    assert shares[-1] < shares[0]
