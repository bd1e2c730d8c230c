"""Pens and stamps on a body: flat on a plane, as many contacts on bent skin, closed forms for how a plate rests."""

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.geometry.surface.simple import cylinder, plane, sphere
from dermaroll.roller import Technique
from dermaroll.roller.coverage.motions import contacts_per_mm2
from dermaroll.roller.insertion.each_contact import Strength, roller_law
from dermaroll.roller.insertion.support import gaps_under_plate_mm, needles_on_skin, plate_balance
from dermaroll.roller.treatment.treating import treat as treat_flat
from dermaroll.roller.zones.treating import treat

COUNTED = ["contacts_per_cm2", "density_per_cm2", "peak_depth_um"]


@pytest.mark.parametrize(
    ("name", "technique"),
    [
        ("exceed", Technique(passes=2, drag_speed_mm_s=40)),
        ("generic-stamp-1mm", Technique(passes=3)),
        ("hairgen-52", Technique(passes=4, pattern="cross", lift=False, load_n=8)),
    ],
)
def test_on_a_plane_every_figure_is_the_flat_one(name, technique):
    flat = treat_flat(name, "cheek", technique, region="12x10", seed=4)
    found = treat(name, None, technique, surface=plane(12, 10, margin_mm=30), seed=4).treatments[0]
    assert found.values.keys() == flat.values.keys()
    for key, values in flat.values.items():
        assert found.values[key] == pytest.approx(values, rel=1e-9, abs=1e-9, nan_ok=True), key


@pytest.mark.parametrize("name", ["exceed", "generic-stamp-1mm"])
def test_as_many_contacts_on_a_cylinder_as_on_flat_skin(name):
    how = Technique(passes=3, pattern="cross") if name != "exceed" else Technique(passes=2, drag_speed_mm_s=40)
    body = cylinder(60, 50, span_deg=50, edge_mm=2.5, margin_mm=20)
    found = [
        float(treat(name, None, how, surface=body, seed=seed, figures=COUNTED[:1])["contacts_per_cm2"])
        for seed in range(6)
    ]
    # skin that rolls out flat is met as flat skin is: N f / (v w) by a pen, the plate's needles by a stamp
    assert np.mean(found) == pytest.approx(100 * how.passes * contacts_per_mm2(device(name), how), rel=0.01)


def test_a_plate_that_lies_on_the_skin_goes_as_deep_as_on_flat_skin():
    flat, bent = (
        treat("exceed", "cheek", Technique(passes=1, drag_speed_mm_s=40), surface=body, figures=COUNTED)
        for body in (plane(20, 20, margin_mm=20), cylinder(40, 30, span_deg=50, edge_mm=2, margin_mm=20))
    )
    assert not bent.zones[0].flagged["not_seated"]
    assert bent["peak_depth_um_mean"] == pytest.approx(flat["peak_depth_um_mean"], rel=0.01)


def test_needles_at_the_rim_stay_shallow_where_the_load_does_not_lay_the_skin_flat():
    body = sphere(15, zone_deg=40, edge_mm=1.0)
    light, heavy = (
        treat("generic-stamp-1mm", None, Technique(passes=2, load_n=load), surface=body, figures=COUNTED)
        for load in (0.2, 12)
    )
    assert light.zones[0].flagged["not_seated"] > 0.9
    assert light.zones[0].ring_missed_share[0] > 0.2
    assert heavy.zones[0].flagged["not_seated"] < light.zones[0].flagged["not_seated"]
    # a plate of 10 mm on a ball of 15 mm: the skin under its corners lies 2 mm lower, twice the needles' length
    assert light.zones[0].flagged["falls_away"] > 0.9
    assert any("falls away under the plate" in line for line in light.alerts)


def law_of(name):
    return roller_law(device(name), mean_thickness_um(site("cheek")), Strength(np.ones(1), np.ones(1)))


@pytest.mark.parametrize("name", ["generic-stamp-0.5mm", "dermapen-md"])
@pytest.mark.parametrize("load", [0.5, 3.0, 12.0])
def test_needles_off_the_skin_leave_the_load_to_the_others(name, load):
    plate, law = device(name), law_of(name)
    rng = np.random.default_rng(2)
    gaps = np.concatenate([np.zeros((1, plate.needle_count)), rng.uniform(0, 1, (5, plate.needle_count))])
    gaps[2, 1:] = 5.0  # one needle alone is on the skin
    gaps[:, 0] = 0.0
    balance, push, pressure = needles_on_skin(plate, load, law, gaps)
    level = plate_balance(plate, load, law)
    assert push[0] == pytest.approx(np.full(plate.needle_count, level.travel_mm[0]), abs=1e-12)
    assert pressure[0] == pytest.approx(np.full(plate.needle_count, level.drum_pressure_mpa[0]))
    # needles and what rests beside them carry the load, and no needle is pushed by more than it stands out
    assert balance.needle_force_n + balance.drum_force_n == pytest.approx(np.full(6, load), rel=1e-6)
    assert (push <= plate.length_mm + 1e-12).all()
    assert (balance.travel_mm >= level.travel_mm[0] - 1e-9).all()
    assert balance.engaged[2] == 1


def test_a_stamp_lies_on_the_highest_skin_and_a_ring_on_its_rim():
    ball, r, rim = 30.0, np.array([[0.0, 1.0, 2.0]]), 3.0
    drops, below = r**2 / (2 * ball), np.full((1, 8), rim**2 / (2 * ball))
    assert gaps_under_plate_mm(device("generic-stamp-1mm"), below, drops) == pytest.approx(drops)
    # skin within the ring stands higher than its rim and is pressed back
    assert gaps_under_plate_mm(device("exceed"), below, drops) == pytest.approx(np.zeros((1, 3)))
    # in a hollow either rests on its rim
    for name in ("generic-stamp-1mm", "exceed"):
        found = gaps_under_plate_mm(device(name), -below, -drops)
        assert found == pytest.approx((rim**2 - r**2) / (2 * ball))


def test_bad_input_of_plates_on_a_body_is_one_line():
    body = plane(20, 20)
    wrong = [
        ("exceed", Technique(stretch=0.1), "surface"),
        ("exceed", Technique(protrusion_mm=4.0), "protrusion_mm"),
        ("exceed", Technique(slip=0.2), "slip"),
        ("jeong-42", Technique(drag_speed_mm_s=3.0), "drag_speed"),
        ("mf-8", Technique(drag_speed_mm_s=3.0), "drag_speed"),
    ]
    for name, how, words in wrong:
        with pytest.raises(InputError, match=words) as error:
            treat(name, None, how, surface=body)
        assert "\n" not in str(error.value)
