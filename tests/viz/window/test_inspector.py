"""The inspector: what a view shows, what a click finds, and a session in a real window."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import pyvista
from dermaroll.data.catalog import device
from dermaroll.data.checks import InputError
from dermaroll.geometry.drum import drum_layout
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, treat
from dermaroll.roller.treatment.drum_path import strokes
from dermaroll.viz.palette import GROUND, SKY
from dermaroll.viz.scene.cameras import STANDS
from dermaroll.viz.scene.view import View, in_order, landing, rolling, shown_count
from dermaroll.viz.window.inspector import free_name, seen_point
from dermaroll.viz.window.opening import build_inspector
from dermaroll.viz.window.picking import channel_lines, layer_of, nearest_channel, nearest_needle, needle_lines

pytestmark = pytest.mark.long  # a window that is drawn in software
PASSES = 4
SMALL = (400, 300)  # of a window, in pixels


@pytest.fixture(scope="module")
def treated():
    return treat("mf-8", "cheek", Technique(passes=PASSES), seed=3)


@pytest.fixture(scope="module")
def made(treated):
    return strokes(treated)


def test_channels_of_a_view_are_those_made_so_far(treated, made):
    order = in_order(made, np.flatnonzero(treated.channels.inside))
    for passes in range(PASSES + 1):
        expected = np.sum(treated.channels.inside & (treated.channels.pass_number <= passes))
        assert shown_count(made, order, View(passes)) == expected
    for stroke, along in rolling(made, 2)[::17]:
        earlier = made.of_channel < stroke
        ahead = (made.of_channel == stroke) & (made.opened_at_mm <= along)
        shown = order[: shown_count(made, order, View(2, at=(stroke, along)))]
        assert set(shown) == set(np.flatnonzero(treated.channels.inside & (earlier | ahead)))


def test_rolling_goes_through_all_lanes_of_its_pass_from_end_to_end(made):
    path = rolling(made, 3)
    lanes = np.flatnonzero(made.pass_number == 3)
    assert list(dict.fromkeys(stroke for stroke, _ in path)) == list(lanes)
    for lane in lanes:
        along = [place for stroke, place in path if stroke == lane]
        assert (along[0], along[-1]) == (made.from_mm[lane], made.to_mm[lane])
        assert np.ptp(np.diff(along)) < 1e-9
    assert rolling(made, PASSES + 1) == []


def test_the_roller_stands_on_a_landing_of_its_pass(treated, made):
    chosen = landing(made, 2, (0.0, 0.0))
    assert treated.channels.pass_number[chosen] == 2
    assert landing(made, PASSES + 1, (0.0, 0.0)) is None


def test_a_toggled_part_comes_back():
    view = View(3, cut_um=50.0)
    assert view.toggled("roller").hidden == {"roller"}
    assert view.toggled("roller").toggled("roller") == view


def test_nearest_channel_is_that_of_all_distances(treated):
    shown = np.flatnonzero(treated.channels.inside)
    x, y = treated.channels.x_mm, treated.channels.y_mm
    rng = np.random.default_rng(0)
    for point in rng.uniform(-9, 9, (40, 3)):
        found = nearest_channel(treated, shown, point)
        away = np.hypot(x[shown] - point[0], y[shown] - point[1])
        assert (found is None) == (away.min() > 0.4)
        assert found is None or found == shown[away.argmin()]
    assert nearest_channel(treated, shown[:0], (0, 0)) is None


@pytest.mark.parametrize("name", ["mf-8", "generic-0.25mm"])
def test_a_point_on_a_needle_finds_it_and_one_on_the_drum_does_not(name, made):
    roller, pose = device(name), made.pose(0, 1.7)
    layout = drum_layout(roller)
    reach = roller.drum_radius_mm + 0.5 * roller.length_mm
    local = np.stack(
        [reach * np.sin(layout.angle_rad), layout.along_axle_mm, -reach * np.cos(layout.angle_rad)], axis=1
    )
    for number in range(0, roller.needle_count, 13):
        assert nearest_needle(roller, pose, pose[:3, :3] @ local[number] + pose[:3, 3]) == number
    half_way = np.radians(180 / roller.per_ring) + layout.angle_rad[0]
    between = np.array([reach * np.sin(half_way), layout.along_axle_mm[0], -reach * np.cos(half_way)])
    assert nearest_needle(roller, pose, pose[:3, :3] @ between + pose[:3, 3]) is None
    on_drum = np.array([roller.drum_radius_mm, 0.0, 0.0])
    assert nearest_needle(roller, pose, pose[:3, :3] @ on_drum + pose[:3, 3]) is None


def test_facts_name_what_there_is_to_know(treated):
    channels = treated.channels
    text = "\n".join(channel_lines(treated, 5))
    assert f"pass {channels.pass_number[5]}" in text
    assert f"row {channels.ring[5] + 1}" in text
    assert f"peak depth {channels.peak_depth_um[5]:.0f} µm" in text
    assert f"residual depth {channels.residual_depth_um[5]:.0f} µm" in text
    tops = np.concatenate([[0], np.cumsum(channels.thickness_um[5])])
    for number, layer in enumerate(treated.site.layers):
        assert layer_of(treated, 5, tops[number] + 0.5 * channels.thickness_um[5, number]) == layer.name
    words = "\n".join(needle_lines(treated.device, 30))
    for part in ("needle 31 of 192", "row 2 of 8", "place 7 of 24", "1.5 mm", "half-angle"):
        assert part in words


def test_a_saved_picture_takes_no_other_ones_name(tmp_path):
    first = free_name(tmp_path, "mf-8", 3)
    first.touch()
    second = free_name(tmp_path, "mf-8", 3)
    assert first.name == "dermaroll-mf-8-pass-3.png"
    assert second.name == "dermaroll-mf-8-pass-3-2.png"


@pytest.mark.gl
def test_two_devices_share_one_camera_and_change_in_place():
    pair = [treat(name, "cheek", Technique(passes=3), region=rectangle(6, 5), seed=1) for name in ("mf-8", "cit-8")]
    inspector = build_inspector(pair, size=(600, 300), off_screen=True)
    inspector.plotter.show(auto_close=False, interactive=False)
    left, right = inspector.plotter.renderers
    assert left.camera is right.camera or np.allclose(left.camera.position, right.camera.position)
    before = [len(one.actors) for one in (left, right)]
    deepest = [parts.channel_mesh.points[:, 2].min() for parts in inspector.panes]
    inspector.slide_pass(1)
    inspector.slide_cut(100.0)
    inspector.toggle("roller")  # which presses the skin
    inspector.toggle("hypodermis")
    inspector.toggle("residual")
    inspector.stand("3")
    assert [len(one.actors) for one in (left, right)] == before
    assert np.allclose(left.camera.position, right.camera.position)
    for parts, deep in zip(inspector.panes, deepest, strict=True):
        assert parts.channel_mesh.points[:, 2].min() > deep  # what stays open is not as deep
        assert parts.skin.slabs[2].mesh.bounds[5] == pytest.approx(-0.1)
    inspector.plotter.close()


@pytest.mark.gl
def test_the_wheel_goes_to_the_pointer_and_never_past_it(treated):
    inspector = build_inspector([treated], size=(400, 300), off_screen=True)
    inspector.plotter.show(auto_close=False, interactive=False)
    renderer = inspector.plotter.renderer
    for key in ("1", "4"):  # in perspective, and parallel
        inspector.stand(key)
        target = np.array([6.0, -4.0, 0.0])
        renderer.SetWorldPoint(*target, 1.0)
        renderer.WorldToDisplay()
        x, y = (round(place) for place in renderer.GetDisplayPoint()[:2])
        start = seen_point(renderer, x, y)
        for _ in range(12):
            inspector.zoom_at(x, y, 1.25)
        now = seen_point(renderer, x, y)
        assert now == pytest.approx(start, abs=0.3)  # a pixel of the whole view, seen obliquely
        eye = np.array(renderer.camera.position)
        assert eye[2] > 0  # still in front of the skin
        inspector.zoom_at(x, y, 1.25**-12)
    assert inspector.stood == ""
    inspector.plotter.close()


@pytest.mark.gl
def test_what_is_left_fills_the_window_after_something_is_hidden(treated):
    inspector = build_inspector([treated], size=(400, 300), off_screen=True)
    inspector.plotter.show(auto_close=False, interactive=False)
    with_roller = np.linalg.norm(np.subtract(inspector.plotter.camera.position, inspector.plotter.camera.focal_point))
    inspector.toggle("roller")
    without = np.linalg.norm(np.subtract(inspector.plotter.camera.position, inspector.plotter.camera.focal_point))
    assert without < with_roller
    inspector.plotter.close()


def bare_skin(treated, size):
    """A window without the roller."""
    inspector = build_inspector([treated], size=size, off_screen=True)
    inspector.plotter.show(auto_close=False, interactive=False)
    inspector.toggle("roller")
    return inspector


@pytest.mark.gl
def test_behind_the_scene_the_background_is_shaded_and_nothing_is_found(treated):
    inspector = bare_skin(treated, SMALL)
    for key in ("1", "4", "6"):  # from afar and from close by, in perspective and parallel
        inspector.stand(key)
        image = inspector.plotter.screenshot(None, return_img=True)
        top, foot = image[1, -40], image[-2, -2]
        assert np.abs(top - 255 * np.array(pyvista.Color(SKY).float_rgb)).max() < 3
        assert np.abs(foot - 255 * np.array(pyvista.Color(GROUND).float_rgb)).max() < 3
        assert seen_point(inspector.plotter.renderer, SMALL[0] - 40, SMALL[1] - 2) is None
    inspector.plotter.close()


@pytest.mark.gl
@pytest.mark.parametrize("size", [(1200, 900), (1400, 800)])
def test_sliders_and_colour_scale_stand_beside_each_other(treated, size):
    inspector = build_inspector([treated], size=size, off_screen=True)
    inspector.plotter.show(auto_close=False, interactive=False)
    renderer = inspector.plotter.renderer
    ends = [slider.GetRepresentation().GetPoint2Coordinate() for slider in inspector.sliders.values()]
    right = max(end.GetComputedDisplayValue(renderer)[0] for end in ends)
    bar = next(iter(inspector.plotter.scalar_bars.values()))
    assert right < bar.GetPosition()[0] * size[0]
    inspector.plotter.close()


def box_of_skin(inspector, size):
    """Where the skin that is shown lies in the picture: left and low end, right and upper end [pixels]."""
    renderer, places = inspector.plotter.renderer, []
    for slab in inspector.panes[0].skin.slabs:
        for point in slab.mesh.points if slab.body.visibility else ():
            renderer.SetWorldPoint(*point, 1.0)
            renderer.WorldToDisplay()
            places.append(renderer.GetDisplayPoint()[:2])
    ends = np.array([np.min(places, axis=0), np.max(places, axis=0)])
    return np.clip(ends, 0, np.array(size) - 1).round().astype(int)


@pytest.mark.gl
def test_every_view_shows_skin_across_the_window_and_nothing_before_it(treated):
    inspector = bare_skin(treated, SMALL)
    for key in STANDS:
        inspector.stand(key)
        image = inspector.plotter.screenshot(None, return_img=True).astype(float)
        (left, low), (right, high) = box_of_skin(inspector, SMALL)
        assert max((right - left) / SMALL[0], (high - low) / SMALL[1]) > 0.45, key
        within = image[SMALL[1] - 1 - high : SMALL[1] - low, left : right + 1]
        skin = (within[..., 0] > 1.08 * within[..., 2]) & (within[..., 0] > 60)
        assert skin.mean() > 0.5, key  # seen from the side or from a corner, skin fills most of its box
    inspector.plotter.close()


@pytest.mark.gl
def test_arrows_move_the_sliders(treated):
    inspector = build_inspector([treated], size=(300, 200), off_screen=True)
    inspector.plotter.show(auto_close=False, interactive=False)
    assert all(inspector.key(name) for name in ("Left", "Left", "Down", "Down", "Up"))
    assert inspector.view.passes == PASSES - 2
    assert inspector.sliders["pass"].GetRepresentation().GetValue() == PASSES - 2
    assert inspector.view.cut_um == inspector.sliders["cut"].GetRepresentation().GetValue() == 25.0
    for _ in range(3):
        inspector.key("Up")
    assert inspector.view.cut_um == 0.0
    inspector.plotter.close()


@pytest.mark.gl
def test_an_unwritable_folder_is_said_and_the_window_stays(treated, tmp_path, capsys):
    inspector = build_inspector([treated], size=(300, 200), off_screen=True, folder=tmp_path / "none")
    inspector.plotter.show(auto_close=False, interactive=False)
    assert inspector.save() is None
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    inspector.plotter.close()


@pytest.mark.gl
def test_a_window_takes_two_devices_at_most(treated):
    with pytest.raises(InputError, match="devices"):
        build_inspector([treated] * 3, off_screen=True)


# A real window.


@pytest.fixture(scope="module")
def session(screen, tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved")
    script = Path(__file__).parent / "inspector_session.py"
    done = subprocess.run(
        [sys.executable, str(script), str(folder)], capture_output=True, text=True, env=screen, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    steps = {line["step"]: line for line in map(json.loads, done.stdout.splitlines())}
    return steps, folder, done.stderr


@pytest.mark.window
def test_nothing_is_added_by_any_event(session):
    steps, _, _ = session
    assert len({held["actors"] for held in steps.values()}) == 1


@pytest.mark.window
def test_the_pass_slider_changes_the_channels_shown(session, treated):
    steps, _, _ = session
    inside = treated.channels.inside
    for step, passes in (("start", PASSES), ("pass 2", 2)):
        held = steps[step]
        assert held["view"]["passes"] == passes
        assert held["shown"] == np.sum(inside & (treated.channels.pass_number <= passes))
        assert held["mouths"] == held["shown"] * held["mouths_a_body"]


@pytest.mark.window
def test_the_cut_takes_the_layers_away(session, treated):
    steps, _, _ = session
    cut = steps["cut"]
    depth = cut["view"]["cut_um"]
    assert depth > 100
    assert cut["skin_top_mm"] == pytest.approx(-depth / 1000, abs=1e-5)
    assert cut["channels_top_mm"] == pytest.approx(-depth / 1000, abs=0.01)
    assert not cut["layers"]["stratum_corneum"]
    assert not cut["layers"]["viable_epidermis"]
    assert steps["roller off"]["skin_top_mm"] == pytest.approx(0.0, abs=0.01)  # a pixel of the slider is 5 um


@pytest.mark.window
def test_the_box_hides_the_roller(session):
    steps, _, _ = session
    assert steps["start"]["roller"]
    assert not steps["roller off"]["roller"]
    assert steps["start"]["dark_pixels"] > max(0.03, 3 * steps["roller off"]["dark_pixels"])  # lines are dark too


@pytest.mark.window
def test_a_click_tells_of_a_channel_and_of_a_needle(session, treated):
    steps, _, _ = session
    channel, needle = steps["channel"], steps["needle"]
    assert channel["found"] == [0, "channel", channel["aimed"]]
    assert channel["facts"] == channel_lines(treated, channel["aimed"])
    assert channel["camera"] == pytest.approx([0, 0, -1], abs=1e-6)
    assert needle["found"] == [0, "needle", needle["aimed"]]
    assert needle["facts"] == needle_lines(treated.device, needle["aimed"])


@pytest.mark.window
def test_what_stays_open_is_as_deep_as_computed(session, treated):
    steps, _, _ = session
    shown = treated.channels.inside
    for step, depth in (("needle", treated.channels.peak_depth_um), ("residual", treated.channels.residual_depth_um)):
        assert steps[step]["channels_floor_mm"] == pytest.approx(-depth[shown].max() / 1000, abs=0.005)


@pytest.mark.window
def test_keys_help_save_and_do_nothing_else(session):
    steps, folder, said = session
    assert not steps["start"]["keys"]
    assert steps["help"]["keys"]
    assert steps["help"]["style"] == "Surface"  # VTK's own w would show wires
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["dermaroll-mf-8-pass-2-2.png", "dermaroll-mf-8-pass-2.png"]
    assert said.count("saved ") == 2


@pytest.mark.window
def test_the_rolling_is_true(session, treated):
    steps, _, _ = session
    seen = np.array(steps["rolled"]["seen"])
    assert len(seen) > 3
    assert seen[:, 0].max() < 1e-4  # drawn tips lie on the path of the motion [mm]
    assert (seen[:, 1] == seen[:, 2]).all()  # channels are there once their needle has been lowest
    assert (np.diff(seen[:, 2]) >= 0).all()
    assert seen[:, 3].min() < -0.9 * treated.device.length_mm
    assert steps["rolled"]["view"]["at"] is None


@pytest.mark.window
def test_the_command_opens_a_window_that_q_closes(screen):
    command = [sys.executable, "-m", "dermaroll.roller.cli", "view", "cit-8", "--passes", "2", "--area-mm", "5x5"]
    running = subprocess.Popen(command, env=screen, stderr=subprocess.PIPE, text=True)
    try:
        found = ""
        end = time.monotonic() + 60
        while not found and time.monotonic() < end and running.poll() is None:
            time.sleep(0.3)
            look = ["xdotool", "search", "--onlyvisible", "--name", "^dermaroll$"]
            found = subprocess.run(look, env=screen, capture_output=True, text=True, check=False).stdout.strip()
        assert found, running.stderr.read() if running.poll() is not None else "no window"
        time.sleep(1.0)
        subprocess.run(["xdotool", "mousemove", "500", "300", "key", "q"], env=screen, check=True)
        assert running.wait(30) == 0
    finally:
        running.kill()
        running.stderr.close()


@pytest.mark.window
def test_session_has_a_display_of_its_own(screen):
    assert screen["DISPLAY"] != os.environ.get("DISPLAY")
