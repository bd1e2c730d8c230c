"""A roller that stands on a zone: level on a plane, with its outer rings off a thin limb."""

import numpy as np
import pytest
from dermaroll.data.checks import InputError
from dermaroll.geometry.drum import ring_places_mm
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.geometry.surface.simple import cylinder, plane
from dermaroll.roller import Technique
from dermaroll.roller.insertion.each_contact import handled, roller_law
from dermaroll.roller.insertion.support import balance_rings
from dermaroll.roller.zones.standing import stand_on
from dermaroll.roller.zones.treating import treat

ONCE = Technique(passes=1, pattern="one-way")


def treated(body, name="mf-8"):
    return treat(name, technique=ONCE, surface=body, figures=["density_per_cm2"])


def test_on_a_plane_it_stands_as_on_flat_skin():
    result = treated(plane(30, 30, margin_mm=30))
    found = stand_on(result, "plane")
    roller, skin = result.device, result.treatments[0].site
    law = roller_law(roller, mean_thickness_um(skin), handled(roller, ONCE))
    flat = balance_rings(roller, ONCE.load_n, law)
    assert found.axle_height_mm == pytest.approx(flat.axle_height_mm.mean(), abs=1e-6)
    assert found.tilt_rad == pytest.approx(0.0, abs=1e-9)
    assert found.touching.all()
    assert found.ring_push_mm == pytest.approx(roller.drum_radius_mm + roller.length_mm - flat.axle_height_mm, abs=1e-6)
    assert found.point @ [0, 0, 1] == pytest.approx(0.0, abs=1e-9)
    assert np.hypot(*found.point[:2]) < 1.5  # all places are alike: the middle


def test_across_a_thin_limb_outer_rings_hang_in_the_air():
    radius = 9.0
    result = treated(cylinder(radius, 40.0, margin_mm=30, edge_mm=1.0, span_deg=120))
    found = stand_on(result, "cylinder", 90.0)  # along the limb: the axle lies across it
    assert abs(found.tangent[1]) == pytest.approx(1.0, abs=1e-3)
    place = ring_places_mm(result.device)
    over = np.abs(place) < radius
    away = np.abs(place[over] * np.cos(found.tilt_rad))
    drop = radius - np.sqrt(radius**2 - away**2)
    pushed = found.ring_push_mm[over] + drop
    assert np.ptp(pushed) < 0.1  # one axle, straight over a round limb
    assert not found.touching[[0, -1]].any()
    assert found.touching[3:5].all()
    narrow = stand_on(treated(result.surface, "eye-60"), "cylinder", 90.0)
    assert narrow.touching.all()


def test_strokes_lie_a_drum_apart_with_one_over_the_middle():
    result = treated(plane(50, 30, margin_mm=30), "eye-60")
    laid = stand_on(result, "plane", 90.0).strokes
    assert 0.0 in laid.across_mm
    assert np.diff(np.sort(laid.across_mm)) == pytest.approx(result.device.drum_width_mm)


def test_a_zone_that_is_not_there_is_one_line():
    with pytest.raises(InputError, match="zone"):
        stand_on(treated(plane(10, 10, margin_mm=20)), "nose")
