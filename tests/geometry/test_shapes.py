"""Needle, drum, skin and region against closed forms."""

import numpy as np
import pytest
from dermaroll.data.catalog import device, rollers, site
from dermaroll.data.checks import InputError
from dermaroll.geometry.drum import drum_layout, ring_places_mm, row_pitch_mm
from dermaroll.geometry.needle import NeedleProfile, needle_profile
from dermaroll.geometry.region import checked_region, parse_region, rectangle
from dermaroll.geometry.skin import draw_person_um, draw_thickness_um, interfaces_um, mean_thickness_um
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon

PROFILE = needle_profile(device("mf-8"))


def test_published_cone():
    # Kalluri 2011: a 770 um needle is 140 um wide at its base; a straight cone of half-angle 5.2 degrees
    assert 2000 * PROFILE.half_width(0.77) == pytest.approx(140, rel=0.07)
    # a 70.7 um hole is the width some 389 um from the tip of the straight cone; the round tip adds a little width
    assert 2000 * PROFILE.half_width(0.389) == pytest.approx(70.7, rel=0.12)


def test_a_short_roller_exposes_only_the_cone():
    assert 1.3 < PROFILE.cone_end_mm < 1.4
    assert 2 * PROFILE.half_width(1.5) == pytest.approx(0.25)


@given(st.floats(0.001, 0.1), st.floats(1, 50), st.floats(0.11, 0.5))
def test_profile_is_a_smooth_sphere_cone_and_shaft(tip, angle, shaft):
    profile = NeedleProfile(3.0, tip, np.radians(angle), shaft)
    s = np.linspace(0, 3, 3001)
    r = profile.half_width(s)
    assert r[0] == 0
    assert (np.diff(r) >= -1e-15).all()
    assert r.max() <= shaft
    joint = profile.sphere_end_mm
    step = 1e-7 * tip
    slopes = np.diff(profile.half_width(np.array([joint - step, joint, joint + step]))) / step
    assert slopes == pytest.approx(np.tan(np.radians(angle)), rel=1e-3)  # tangent where sphere meets cone
    on_sphere = s[(s > 0) & (s < joint)]
    assert profile.half_width(on_sphere) ** 2 + (tip - on_sphere) ** 2 == pytest.approx(tip**2)


def test_nothing_before_the_tip():
    assert (PROFILE.half_width([-1.0, -0.1, 0.0]) == 0).all()


def test_disc_teeth_are_rectangles():
    profile = needle_profile(device("dts-540"))
    # a triangle of sheet: from its edge straight to the whole sheet at the base
    edge, along = profile.edge_share * 0.2, 0.2 / profile.length_mm
    thick = edge + (0.2 - edge) * along
    assert np.pi * profile.radius(0.2) ** 2 == pytest.approx(2 * profile.half_width(0.2) * thick)
    square, point = (needle_profile(device("dts-540"), share) for share in (1.0, 0.0))
    assert np.pi * square.radius(0.05) ** 2 == pytest.approx(2 * square.half_width(0.05) * 0.2)
    assert np.pi * point.radius(1e-9) ** 2 == pytest.approx(2 * point.half_width(1e-9) * 0.008, rel=1e-6)


def test_standard_drum():
    layout = drum_layout(device("mf-8"))
    assert layout.ring.size == 192
    first = np.sort(layout.angle_rad[layout.ring == 0])
    assert np.degrees(np.diff(first)) == pytest.approx(15)  # Schwarz 2011
    assert row_pitch_mm(device("mf-8")) == 2.5
    assert ring_places_mm(device("mf-8")).mean() == pytest.approx(0)


def test_stagger_turns_each_ring_against_its_neighbour():
    roller = device("mf-8").model_copy(update={"stagger": 0.25})
    layout = drum_layout(roller)
    starts = np.array([layout.angle_rad[layout.ring == ring].min() for ring in range(8)])
    assert np.degrees(starts) == pytest.approx([0, 3.75, 7.5, 11.25] * 2)


@pytest.mark.parametrize("roller", rollers().values(), ids=lambda roller: roller.name)
def test_every_roller_of_the_catalogue_has_all_its_needles(roller):
    layout = drum_layout(roller)
    places = np.stack([layout.angle_rad, layout.along_axle_mm], axis=1).round(9)
    assert len(np.unique(places, axis=0)) == roller.needle_count
    assert np.abs(layout.along_axle_mm).max() < roller.drum_width_mm / 2


def test_skin_is_drawn_with_its_published_spread():
    skin, rng = site("forearm"), np.random.default_rng(0)
    people = np.array([draw_person_um(skin, rng) for _ in range(4000)])
    under = np.concatenate([draw_thickness_um(skin, person, 20, rng) for person in people])
    published = np.array([layer.sd_um for layer in skin.layers])
    assert under.mean(axis=0) == pytest.approx(mean_thickness_um(skin), rel=0.03)
    assert under.std(axis=0) == pytest.approx(published, rel=0.06)
    assert people.std(axis=0) == pytest.approx(published / np.sqrt(2), rel=0.06)
    assert under.min() > 0


def test_interfaces():
    assert interfaces_um([[10.0, 50, 100, 900, 3000]]).tolist() == [[0, 10, 60, 160, 1060, 4060]]


def test_regions():
    assert rectangle(20, 30).area == 600
    assert parse_region("20x30").area == 600
    assert parse_region("POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 4 2, 4 4, 2 4, 2 2))").area == 96


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20",
        "0x20",
        "-5x5",
        "nanxnan",
        "1e9x1e9",
        "POLYGON EMPTY",
        "POLYGON ((0 0, 9 9, 9 0, 0 9, 0 0))",
        "POINT (1 1)",
        "POLYGON ((0 0, 10 0, 5 0, 0 0))",
        "POLYGON ((0 0, 10 0",
        "20x20x20",
        "0.1x0.1",
    ],
)
def test_regions_refused(text):
    with pytest.raises(InputError, match="region"):
        parse_region(text)


def test_region_must_be_a_polygon():
    with pytest.raises(InputError, match="one polygon"):
        checked_region(Point(0, 0))
    with pytest.raises(InputError, match="empty"):
        checked_region(Polygon())
