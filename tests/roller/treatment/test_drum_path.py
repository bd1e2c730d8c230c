"""Strokes: the roller that is drawn leaves the channels that were computed."""

import numpy as np
import pytest
from dermaroll.geometry.mesh import needles_mesh
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, treat
from dermaroll.roller.insertion.motion import entry_angle_rad
from dermaroll.roller.treatment.drum_path import strokes

ROLLED = [
    ("mf-8", {"load_n": 3.0}),
    ("mf-8", {"load_n": 0.5, "slip": 0.2}),
    ("generic-0.5mm", {"load_n": 8.0}),
    ("mf-8", {"lift": False}),
    ("mf-8", {"stretch": 0.2}),
]


@pytest.fixture(scope="module", params=ROLLED, ids=str)
def rolled(request):
    name, given = request.param
    technique = Technique(passes=6, pattern="star", **given)
    treatment = treat(name, "cheek", technique, region=rectangle(14, 11), depths_um=[0.0], seed=5)
    return treatment, strokes(treatment)


def needle_of(roller, channels, number):
    return channels.ring[number] * roller.per_ring + channels.needle[number]


def test_every_channel_lies_under_the_lowest_point_of_its_needle(rolled):
    treatment, made = rolled
    channels, roller = treatment.channels, treatment.device
    for number in range(0, channels.x_mm.size, 7):
        tips = made.tips_mm(made.of_channel[number], made.opened_at_mm[number])
        tip = tips[needle_of(roller, channels, number)]
        taut = 1 + treatment.technique.stretch  # as the skin lay under the roller
        assert tip[:2] == pytest.approx([taut * channels.x_mm[number], channels.y_mm[number]], abs=1e-9)
        assert tip[2] == pytest.approx(made.axle_height_mm - roller.drum_radius_mm - roller.length_mm, abs=1e-9)
        assert -1000 * tip[2] >= channels.peak_depth_um[number] - 1e-6


def test_a_stroke_is_of_one_pass_and_lane(rolled):
    treatment, made = rolled
    assert (made.pass_number[made.of_channel] == treatment.channels.pass_number).all()
    assert (made.lane[made.of_channel] == treatment.channels.lane).all()
    assert (np.diff(made.pass_number) >= 0).all()
    assert len(set(zip(made.pass_number, made.lane, strict=True))) == made.pass_number.size


def test_the_posed_mesh_has_its_tips_where_the_path_has_them(rolled):
    treatment, made = rolled
    vertices = np.asarray(needles_mesh(treatment.device).vertices).reshape(treatment.device.needle_count, -1, 3)
    tips = vertices[:, 0]
    for along in (made.from_mm[1], 0.3, made.to_mm[1]):
        matrix = made.pose(1, along)
        assert tips @ matrix[:3, :3].T + matrix[:3, 3] == pytest.approx(made.tips_mm(1, along), abs=1e-9)


def test_before_and_after_the_stroke_its_own_needles_are_out(rolled):
    treatment, made = rolled
    for number in range(0, treatment.channels.x_mm.size, 11):
        which = needle_of(treatment.device, treatment.channels, number)
        stroke, lowest = made.of_channel[number], made.opened_at_mm[number]
        angle = entry_angle_rad(made.axle_height_mm, treatment.device.drum_radius_mm, treatment.device.length_mm)
        half_way_in = made.travel_per_turn_mm * float(angle)
        for along, inside in ((lowest - 1.01 * half_way_in, False), (lowest - 0.99 * half_way_in, True)):
            assert (made.tips_mm(stroke, along)[which, 2] < 0) == inside


def test_without_channels_there_is_no_stroke():
    none = treat("mf-8", "cheek", Technique(passes=2, load_n=0), region=rectangle(5, 5), depths_um=[0.0])
    assert strokes(none).pass_number.size == 0
