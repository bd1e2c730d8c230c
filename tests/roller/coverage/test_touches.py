"""Where pens and stamps come down: how many needles an area gets, holes met by their places, a pass's own area."""

from math import pi

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.geometry.plate import plate_places_mm
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, treat
from dermaroll.roller.coverage.areas import Channels
from dermaroll.roller.coverage.gaps import find_gaps
from dermaroll.roller.coverage.motions import motion_of
from dermaroll.roller.coverage.own_passes import own_coverage, passes_apart
from dermaroll.roller.coverage.passes import Contacts
from dermaroll.roller.coverage.touches import meet_holes, touch
from dermaroll.roller.insertion.motion import dragged_mm, driven_speed_mm_s, share_of_cycle
from shapely.geometry import Point
from shapely.ops import unary_union

SEEDS = 24
REGION = rectangle(24, 18)


def per_mm2(name, technique):
    plate = device(name)
    found = [
        touch(plate, technique, REGION, np.random.default_rng(seed))[0].inside.sum() / REGION.area
        for seed in range(SEEDS)
    ]
    return float(np.mean(found)) / technique.passes


@pytest.mark.parametrize("name", ["dermapen-md", "exceed", "needle-pen-k"])
@pytest.mark.parametrize(
    "said", [{}, {"drag_speed_mm_s": 47.0}, {"spacing_mm": 3.1}, {"overlap": 0.3}, {"pattern": "cross", "lift": False}]
)
def test_needles_per_area_of_a_pen_are_n_f_over_v_w(name, said):
    pen, technique = device(name), Technique(passes=4, **said)
    speed = said.get("drag_speed_mm_s", 20.0)
    spacing = said.get("spacing_mm", pen.swath_mm * (1 - said.get("overlap", 0.0)))
    expected = pen.needle_count * pen.frequency_hz / (speed * spacing)
    assert per_mm2(name, technique) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("name", ["jeong-42", "kelchen-50", "hairgen-52", "generic-stamp-1mm"])
def test_needles_per_area_of_a_stamp_are_those_of_its_plate(name):
    stamp = device(name)
    area = stamp.plate_width_mm * stamp.plate_length_mm if stamp.grid else pi / 4 * stamp.plate_width_mm**2
    assert per_mm2(name, Technique(passes=8)) == pytest.approx(stamp.needle_count / area, rel=0.01)


@pytest.mark.parametrize("name", ["rejuvapen-nxt", "jeong-42"])
def test_every_place_is_met_with_the_same_chance(name):
    plate, counts = device(name), np.zeros((4, 3))
    for seed in range(3 * SEEDS):
        contacts, _ = touch(plate, Technique(passes=4), REGION, np.random.default_rng(seed))
        counts += np.histogram2d(contacts.x_mm, contacts.y_mm, bins=(4, 3), range=((-12, 12), (-9, 9)))[0]
    assert counts.std() / counts.mean() < 0.02


def test_contacts_come_in_order_and_from_needles_of_the_plate():
    pen = device("skinpen-precision")
    contacts, turn = touch(pen, Technique(passes=3, stretch=0.2), REGION, np.random.default_rng(5))
    assert (np.diff(contacts.pass_number) >= 0).all()
    assert contacts.pass_number.max() == 3
    px, py = plate_places_mm(pen)[contacts.needle].T
    x = 1.2 * contacts.x_mm - np.cos(turn) * px + np.sin(turn) * py
    y = contacts.y_mm - np.sin(turn) * px - np.cos(turn) * py
    # All needles of one touch share its middle: along a stroke of the first pass middles are v / f apart.
    first = (contacts.pass_number == 1) & (contacts.lane == np.median(contacts.lane[contacts.pass_number == 1]))
    places = np.unique(np.round(x[first], 6))
    assert np.ptp(np.round(y[first], 6)) < 1e-5
    assert np.allclose(np.diff(places), 20.0 / pen.frequency_hz, atol=1e-5)


def contacts_at(x, y, number):
    none = np.full(len(x), -1)
    return Contacts(
        x_mm=np.array(x, float),
        y_mm=np.array(y, float),
        pass_number=np.array(number),
        lane=0 * none,
        ring=0 * none,
        needle=0 * none,
        inside=none < 0,
        hole=none,
        off_hole_mm=np.full(len(x), np.inf),
    )


def by_hand(contacts, opened, diameter, own):
    """One contact after another: into the nearest hole that is there, else a new one."""
    holes = []
    into = np.full(contacts.x_mm.size, -1)
    for number in np.flatnonzero(opened):
        away = {
            other: np.hypot(contacts.x_mm[number] - contacts.x_mm[other], contacts.y_mm[number] - contacts.y_mm[other])
            for other in holes
            if not own or contacts.pass_number[other] == contacts.pass_number[number]
        }
        near = min(away, key=away.get, default=None)
        if near is not None and away[near] < diameter / 2:
            into[number] = near
        else:
            holes.append(number)
    return into


@pytest.mark.parametrize("seed", range(8))
def test_holes_are_met_as_one_contact_after_another_meets_them(seed):
    rng = np.random.default_rng(seed)
    count = 400
    contacts = contacts_at(rng.random(count) * 3, rng.random(count) * 3, np.sort(rng.integers(1, 5, count)))
    opened = rng.random(count) < 0.9
    found, slid = meet_holes(contacts, opened, 0.3)
    np.testing.assert_array_equal(found.hole, by_hand(contacts, opened, 0.3, own=False))
    np.testing.assert_array_equal(slid, by_hand(contacts, opened, 0.3, own=True) >= 0)
    met = found.hole >= 0
    assert (found.off_hole_mm[met] < 0.15).all()
    assert np.isinf(found.off_hole_mm[~met]).all()


def test_holes_of_0_2_mm_merge_along_tracks_0_17_mm_apart():
    # A track of holes of diameter 0.2 mm at 0.17 mm: each meets its neighbours' rims, none its middle.
    x = 0.17 * np.arange(60)
    found, slid = meet_holes(contacts_at(x, 0 * x, np.ones(60, int)), np.ones(60, bool), 0.2)
    assert not slid.any()
    assert (found.hole < 0).all()
    found, slid = meet_holes(contacts_at(0.5 * x, 0 * x, np.ones(60, int)), np.ones(60, bool), 0.2)
    assert slid.mean() == pytest.approx(0.5, abs=0.01)


class Cone:
    """A needle as wide at the surface as it is deep."""

    def radius(self, from_tip):
        return np.maximum(np.asarray(from_tip, float), 0.0)


def test_a_passs_own_area_is_that_of_the_union_of_its_discs():
    rng = np.random.default_rng(3)
    count = 300
    number = np.sort(rng.integers(1, 4, count))
    x, y = rng.uniform(-3, 3, (2, count))
    depth = rng.uniform(100, 300, count)
    nothing = np.zeros(count, int)
    channels = Channels(
        x, y, number, nothing, nothing, nothing, nothing == 0, depth, depth, depth, np.ones(count), np.ones((count, 5))
    )
    region = rectangle(4, 4)
    own = own_coverage(
        channels,
        Cone(),
        lambda: passes_apart(channels, Cone(), region, 3),
        np.array([0.0, 50.0]),
        3,
        np.array([0.5, 0.4]),
    )
    assert own[0].tolist() == [0.5, 0.4]
    for pass_number in (2, 3):
        some = number == pass_number
        discs = [Point(a, b).buffer(r, 256) for a, b, r in zip(x[some], y[some], depth[some] / 1000, strict=True)]
        exact = unary_union(discs).intersection(region).area / region.area
        assert own[pass_number - 1, 0] == pytest.approx(exact, rel=1e-4)


def test_time_in_the_skin_is_that_of_a_crank():
    assert share_of_cycle([0.5, 2.5, 3.0, 1.5], 3.0) == pytest.approx([0.2677, 0.7323, 1.0, 0.5], abs=1e-4)
    # Integrated: the plate goes up and down as a cosine, and is out beyond the ring while it is within P of its end.
    phase = (np.arange(200_000) + 0.5) / 200_000 * 2 * pi
    for protrusion in (0.3, 1.1, 2.2):
        out = 1.5 * (1 + np.cos(phase)) > 3.0 - protrusion
        assert share_of_cycle(protrusion, 3.0) == pytest.approx(out.mean(), abs=1e-4)
    assert dragged_mm(1.5, 3.0, 100.0, 20.0) == pytest.approx(20.0 / 100 / 2)
    moved = np.diff(1.5 * np.cos(phase)) / np.diff(phase) * 2 * pi * 110
    at = np.argmin(np.abs(1.5 * (1 + np.cos(phase[: phase.size // 2])) - 1.5 - 0.4))
    assert driven_speed_mm_s(3.0 - 1.9, 3.0, 110.0) == pytest.approx(abs(moved[at]), rel=1e-3)


def test_the_time_for_an_area_follows_from_swath_speed_and_strokes():
    assert motion_of(device("mf-8"), Technique(), 10.0).minutes(30_000, 16) == pytest.approx(
        16 * 30_000 / (50 * 20) / 60
    )
    pen = device("dermapen-md")
    assert motion_of(pen, Technique(drag_speed_mm_s=25.0, spacing_mm=4.0), 0.0).minutes(30_000, 2) == pytest.approx(
        2 * 30_000 / (25 * 4) / 60
    )
    stamp = device("generic-stamp-1mm")
    assert motion_of(stamp, Technique(stamps_per_s=2.0), 0.0).minutes(30_000, 3) == pytest.approx(3 * 300 / 2 / 60)


@pytest.mark.parametrize("name", ["exceed", "rejuvapen-nxt"])
@pytest.mark.parametrize("speed", [5.0, 10.0, 20.0])
def test_distances_along_dense_tracks_are_as_good_on_cells_laid_by_tracks(name, speed):
    how = Technique(passes=1, drag_speed_mm_s=speed)
    made = treat(name, "cheek", how, figures=["mean_distance_to_channel_mm", "largest_gap_mm"], region="15x15")
    left = made.channels
    fine = find_gaps(
        left.x_mm, left.y_mm, left.surface_diameter_um / 2000, left.pass_number, 1, made.region, spacing_mm=0.15
    )
    assert made["mean_distance_to_channel_mm"] == pytest.approx(fine.mean_distance_to_channel_mm[0], rel=0.01)
    assert made["largest_gap_mm"] == pytest.approx(fine.largest_gap_mm[0], abs=0.001)
