"""The ensemble: its table, what members say, and no cliff in any of them."""

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.data.constants import ranges
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.roller import Technique, treat
from dermaroll.roller.coverage.uncertainty import figures_of_members, uncertainty_of
from dermaroll.roller.insertion.each_contact import Strength, handled, lowest_depth_um
from dermaroll.roller.insertion.ensemble import (
    TABLE,
    mean_depths_um,
    member_depths,
    members,
    read_members,
    share_deeper,
)
from dermaroll.roller.insertion.tissue import tissue_model, worn_tip_radius_um
from dermaroll.roller.insertion.variance import variance_shares
from hypothesis import given, settings
from hypothesis import strategies as st

CHEEK = site("cheek")


def test_the_table_holds_members_enough():
    every = members()
    assert every.members >= 256
    assert members(64).members == 64
    assert set(TABLE.read_text(encoding="utf-8").splitlines()[0].split(",")) == set(ranges())


def test_members_side_by_side_say_what_each_says_alone():
    some, technique = members(8), Technique(load_n=3.0)
    together = mean_depths_um(device("mf-8"), CHEEK, technique, [1.0, 3.0], some)
    for number in range(8):
        alone = mean_depths_um(device("mf-8"), CHEEK, technique, [1.0, 3.0], some.take([number]))
        assert together[number] == pytest.approx(alone[0], rel=1e-9)
        numbers = tissue_model().changed({name: float(getattr(some, name)[number]) for name in ranges()})
        use = handled(device("mf-8"), technique, numbers)
        one = Strength(np.ones(1) * use.stiffness, np.ones(1) * use.resistance)
        depth = lowest_depth_um(device("mf-8"), mean_thickness_um(CHEEK), one, 3.0, model=numbers)
        assert depth[0] == pytest.approx(together[number, 1], rel=1e-9)


def test_the_shipped_constants_are_the_middle():
    middle = np.median(mean_depths_um(device("mf-8"), CHEEK, Technique(), [1.0, 3.0, 12.0], members()), axis=0)
    shipped = mean_depths_um(device("mf-8"), CHEEK, Technique(), [1.0, 3.0, 12.0], tissue_model().take([0]))[0]
    assert shipped == pytest.approx(middle, rel=0.1)


def test_a_heavier_hand_still_changes_the_middle():
    depth = np.median(mean_depths_um(device("mf-8"), CHEEK, Technique(), [3.0, 6.0, 12.0], members()), axis=0)
    assert (np.diff(depth) > 10).all()


@pytest.mark.parametrize("name", ["mf-8", "generic-0.25mm", "roll-cit", "dts-540"])
def test_no_member_goes_less_deep_under_more_load(name):
    loads = np.linspace(0.05, 20, 60)
    depth = mean_depths_um(device(name), CHEEK, Technique(), loads, members(32))
    assert np.diff(depth, axis=1).min() > -1e-6
    assert depth.max() <= 1000 * device(name).length_mm


@settings(max_examples=20, deadline=None)
@given(st.floats(0.3, 12), st.integers(0, 31))
def test_longer_needles_and_tauter_skin_never_go_less_deep_when_pressed_home(load, member):
    model, technique = members(32).take([member]), Technique(load_n=load)
    lengths = np.linspace(0.2, 3.0, 40)
    found = [
        mean_depths_um(device("mf-8").model_copy(update={"length_mm": length}), CHEEK, technique, 40.0, model)[0, 0]
        for length in lengths
    ]
    assert np.diff(found).min() > -1e-6
    taut = [
        mean_depths_um(device("mf-8"), CHEEK, Technique(stretch=stretch), load, model)[0, 0]
        for stretch in np.linspace(0, 0.3, 20)
    ]
    assert np.diff(taut).min() > -1e-6


def test_a_worn_roller_is_not_like_new():
    def depth(uses):
        return np.median(mean_depths_um(device("generic-0.25mm"), CHEEK, Technique(uses=uses), 3.0, members()))

    depths = [depth(uses) for uses in (0, 20, 50, 100, 200)]
    assert (np.diff(depths) <= 0).all()
    assert depths[-1] < 0.7 * depths[0]
    new, old = (
        member_depths(device("generic-0.25mm"), CHEEK, Technique(uses=uses), tissue_model()) for uses in (0, 200)
    )
    assert old.mean_depth_um[0] < 0.7 * new.mean_depth_um[0]
    # How much skin still opens nobody knows, and both the band and an alert say so.
    blunt = treat(device("generic-0.25mm"), CHEEK, Technique(uses=200, passes=4))
    assert blunt.uncertainty["punctured_fraction"][0] < 0.5
    assert any("nobody has measured which is right" in line for line in blunt.alerts)
    assert any("tips of 44 um lie outside" in line for line in blunt.alerts)
    sharp = treat(device("generic-0.25mm"), CHEEK, Technique(passes=4))
    assert not any("which is right" in line for line in sharp.alerts)
    assert worn_tip_radius_um(4.0, 200) > 18.5


def test_teeth_press_an_edge():
    teeth, points = device("dts-540"), device("generic-0.25mm")

    def deep(share):
        model = tissue_model().changed({"tooth_edge_share": share})
        found = member_depths(teeth, CHEEK, Technique(), model)
        return found.mean_depth_um[0], found.radius_mm(np.array([[0.08]]))[0, 0]

    depths, radii = zip(*(deep(share) for share in np.linspace(0, 1, 12)), strict=True)
    assert (np.diff(depths) <= 1e-9).all()  # a longer edge opens less
    assert (np.diff(radii) >= 0).all()  # and where it opens, leaves more
    round_one = member_depths(points, CHEEK, Technique(), tissue_model())
    assert radii[0] < 4 * round_one.radius_mm(np.array([[0.08]]))[0, 0]


def test_figures_carry_what_nobody_knows():
    roller, technique = device("mf-8"), Technique(passes=4)
    result = treat(roller, CHEEK, technique, depths_um=np.arange(0, 1600, 100.0))
    values = {name: value[0] for name, value in result.values.items()}
    shipped = member_depths(roller, CHEEK, technique, tissue_model())
    some = member_depths(roller, CHEEK, technique, members(64))
    closed = figures_of_members(shipped, technique, result.depths_um)
    bands = uncertainty_of(values, figures_of_members(some, technique, result.depths_um), closed)
    for name, band in bands.items():
        assert band.shape == (2, *values[name].shape), name
        assert (band[0] <= band[1]).all()
        assert np.isfinite(band).all()
    # the closed form is the treatment's own figure on average
    assert closed["density_per_cm2"][0] == pytest.approx(values["density_per_cm2"], rel=0.1)
    assert closed["coverage"][0, -1, 0] == pytest.approx(values["expected_coverage"][-1, 0], rel=0.15)
    assert closed["peak_depth_um"][0, 0] == pytest.approx(values["peak_depth_um"][0], rel=0.05)
    low, high = bands["peak_depth_um"][:, 0]
    assert low < values["peak_depth_um"][0] < high
    assert high / low < 2.7


def test_devices_are_compared_member_by_member():
    long, short = (member_depths(device(name), CHEEK, Technique(), members(32)) for name in ("mf-8", "generic-0.5mm"))
    assert share_deeper(long, short) == 1
    assert share_deeper(long, long) == 0.5


def test_variance_is_split_into_what_differs_and_what_nobody_knows():
    found = variance_shares(device("mf-8"), CHEEK, Technique())
    assert found.groups == ("people", "hand", "tip", "unknown")
    assert found.total_order[3] > 0.3
    assert found.unknown_share.sum() == pytest.approx(found.total_order[3])
    assert (found.first_order <= 1).all()
    none = variance_shares(device("mf-8"), CHEEK, Technique(load_n=0.0))
    assert none.sd_um == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: [], "is empty"),
        (lambda lines: lines[:1], "holds no members"),
        (
            lambda lines: [lines[0].replace("patch_radius", "patch_size"), *lines[1:]],
            "does not fit the code's constants",
        ),
        (lambda lines: [lines[0], "nan," + lines[1].split(",", 1)[1]], "is not finite"),
        (lambda lines: [lines[0], "1e9," + lines[1].split(",", 1)[1]], "leaves its range"),
        (lambda lines: [lines[0], "many," + lines[1].split(",", 1)[1]], "not a number"),
        (lambda lines: [lines[0], lines[1].split(",", 1)[1]], "holds no members"),
    ],
)
def test_a_members_file_that_does_not_fit_is_one_line(tmp_path, change, told):
    path = tmp_path / "members.csv"
    path.write_text("\n".join(change(TABLE.read_text(encoding="utf-8").splitlines())), encoding="utf-8")
    with pytest.raises(InputError, match=told) as caught:
        read_members(path)
    assert "\n" not in str(caught.value)


def test_a_missing_members_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        read_members(tmp_path / "none.csv")
