"""The window on a body: what a click tells, what keys change; drawn off screen."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.simple import cylinder
from dermaroll.roller import Technique
from dermaroll.roller.zones.treating import treat
from dermaroll.viz.maps import MAPPED
from dermaroll.viz.window.body_window import build_body_window

SIZE = (700, 420)


@pytest.fixture(scope="module")
def limb():
    body = cylinder(9.0, 36.0, margin_mm=30, edge_mm=1.5, span_deg=120)
    how = Technique(passes=1, pattern="one-way")
    return [treat(name, technique=how, surface=body, figures=["density_per_cm2"]) for name in ("mf-8", "eye-60")]


@pytest.fixture
def window(limb):
    opened = build_body_window(limb, stands_on="cylinder", size=SIZE, off_screen=True)
    opened.plotter.show(auto_close=False, interactive=False)
    yield opened
    opened.plotter.close()


def colours(window, column):
    return np.array(window.plotter.renderers[column].actors["skin"].mapper.dataset.cell_data["quantity"])


def place_of(window, column, point):
    renderer = window.plotter.renderers[column]
    renderer.SetWorldPoint(*point, 1.0)
    renderer.WorldToDisplay()
    return renderer.GetDisplayPoint()[:2]


@pytest.mark.gl
def test_a_click_tells_the_zone_and_the_numbers_of_that_place(window, limb):
    assert window.key("1")  # from the front
    for column, treatment in enumerate(limb):
        surface = treatment.surface
        face = surface.zone_faces("cylinder")
        middles = surface.vertices[surface.faces[face]].mean(axis=1)
        # Beside the roller, near the end of the zone.
        chosen = int(np.argmin(np.linalg.norm(middles - [0, -16, 9], axis=1)))
        found = window.click(*place_of(window, column, middles[chosen]))
        assert found[0] == f"{treatment.device.name}, cylinder"
        assert len(found) == 1 + len(MAPPED)
        value = treatment.maps.density_per_cm2[face[chosen]]
        near = treatment.maps.density_per_cm2[face][np.linalg.norm(middles - middles[chosen], axis=1) < 2.5]
        told = float(found[1].split(": ")[1].split(" ")[0])
        assert near.min() - 1 <= told <= near.max() + 1, value
    assert window.click(2, SIZE[1] - 2) == []


@pytest.mark.gl
def test_m_goes_through_the_maps_and_colours_are_theirs(window, limb):
    seen = [window.quantity]
    for _ in MAPPED:
        for column, treatment in enumerate(limb):
            np.testing.assert_array_equal(colours(window, column), MAPPED[window.quantity].values(treatment))
            mapper = window.plotter.renderers[column].actors["skin"].mapper
            assert mapper.scalar_range == MAPPED[window.quantity].ends(limb)
        assert window.key("m")
        seen.append(window.quantity)
    assert seen == [*MAPPED, seen[0]]


@pytest.mark.long
@pytest.mark.gl
def test_arrows_roll_both_rollers_along_their_strokes(window):
    def stands():
        return [np.array(renderer.actors["drum"].user_matrix) for renderer in window.plotter.renderers[:2]]

    before, places = stands(), list(window.places)
    assert window.key("Left")
    assert window.places != places
    for one, other, along, place in zip(before, stands(), window.alongs, window.places, strict=True):
        moved = other[:3, 3] - one[:3, 3]
        assert np.linalg.norm(moved) > 1.0
        assert abs(moved[1]) == pytest.approx(np.linalg.norm(moved), abs=0.2)  # along the limb
        over = other[:3, 3] - along.point[place]
        assert over @ along.normal[place] == pytest.approx(along.axle_height_mm[place])
        turned = one[:3, :3].T @ other[:3, :3]
        assert np.degrees(np.arccos(np.clip((np.trace(turned) - 1) / 2, -1, 1))) > 3  # it rolls, it does not slide
    for _ in range(60):
        window.key("Right")
    assert window.places == [len(along.point) - 1 for along in window.alongs]
    assert not window.key("x")


@pytest.mark.gl
def test_three_rollers_are_too_many_for_a_window(limb):
    with pytest.raises(InputError, match="one or two"):
        build_body_window([*limb, limb[0]], stands_on="cylinder", off_screen=True)


@pytest.mark.long
@pytest.mark.window
def test_keys_and_clicks_of_a_hand_reach_the_window(screen):
    session = Path(__file__).with_name("body_session.py")
    run = subprocess.run([sys.executable, session], env=screen, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    told = {one["step"]: one for one in map(json.loads, run.stdout.splitlines())}
    assert told["start"]["quantity"] == "density_per_cm2"
    assert told["m"]["quantity"] == "peak_depth_um"
    assert told["Left"]["places"][0] < told["m"]["places"][0]
    assert told["1"]["position"] != told["Left"]["position"]
    assert told["3"]["position"] != told["1"]["position"]
    assert told["click"]["found"][0] == "eye-60, cylinder"
    assert "WARN" not in run.stderr
