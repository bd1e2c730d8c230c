"""Pictures: what must be seen in them, and what happens where they can't be drawn."""

import gc
import sys

import numpy as np
import pytest
from dermaroll.data.checks import InputError
from dermaroll.geometry.needle import needle_profile
from dermaroll.geometry.region import parse_region, rectangle
from dermaroll.roller import Technique, treat
from dermaroll.roller.treatment.drum_path import strokes
from dermaroll.viz import gl
from dermaroll.viz.charts.coverage import coverage_chart
from dermaroll.viz.palette import CHANNEL_SCALE_UM, DRUM, LAYER_COLOURS
from dermaroll.viz.scene.bodies import BELOW_SCALE
from dermaroll.viz.scene.drawing import MAP_MM, SHOWN_MM, VIEWS, draw, new_plotter, save
from dermaroll.viz.scene.movie import check_movie, shots, write_movie
from dermaroll.viz.scene.parts import add_parts, show, stage_of
from dermaroll.viz.scene.sheet import draw_sheet
from dermaroll.viz.scene.view import View
from matplotlib.image import imread


def near_colour(image, colour, within):
    wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    direction = wanted / np.linalg.norm(wanted)
    norm = np.linalg.norm(image, axis=2)
    return (image @ direction / np.maximum(norm, 1) > within) & (norm > 30)


@pytest.mark.gl
@pytest.mark.parametrize("colour_by", ["depth", "pass"])
def test_scene_shows_roller_skin_and_channels(professional, colour_by):
    plotter = draw(professional, colour_by=colour_by, size=(800, 600))
    assert {"drum", "needles", "channels", "scale bar", *LAYER_COLOURS} <= set(plotter.actors)
    channels = plotter.actors["channels"].mapper.dataset
    shown = channels[{"depth": "depth [µm]", "pass": "pass"}[colour_by]]
    if colour_by == "depth":
        assert shown.max() <= professional.channels.peak_depth_um.max()
    else:
        assert set(np.unique(shown)) == {BELOW_SCALE, *range(1, 9)}
    image = plotter.screenshot(None, return_img=True).astype(float)
    plotter.close()
    assert image.shape == (600, 800, 3)
    assert 0.05 < near_colour(image, DRUM, 0.995).mean() < 0.5
    for layer in ("reticular_dermis", "hypodermis"):
        assert near_colour(image, LAYER_COLOURS[layer], 0.99).mean() > 0.005


@pytest.mark.gl
def test_a_needle_of_the_drawn_roller_stands_in_a_channel(professional):
    plotter = draw(professional, size=(64, 64))
    actor = plotter.actors["needles"]
    needles = actor.mapper.dataset.transform(actor.user_matrix, inplace=False).points
    low = needles[needles[:, 2] < -0.94 * professional.device.length_mm]
    low = low[np.abs(low[:, :2]).max(axis=1) < 10]  # the drum reaches beyond the region, channels do not
    first = np.isin(professional.channels.pass_number, [1, 5])  # the passes along x
    centers = np.stack([professional.channels.x_mm, professional.channels.y_mm], axis=1)[first]
    away = np.hypot(*(low[:, None, :2] - centers).transpose(2, 0, 1)).min(axis=1)
    plotter.close()
    assert away.size
    assert away.max() < 0.02


@pytest.mark.gl
def test_scene_without_channels():
    plotter = draw(treat("mf-8", "cheek", Technique(passes=1, load_n=0)), size=(64, 64))
    assert "channels" not in plotter.actors
    plotter.close()


@pytest.mark.gl
@pytest.mark.parametrize("view", ["roller", "cut", "depth"])
def test_each_view_shows_its_part_of_the_scene(professional, view):
    plotter = draw(professional, view=view, size=(400, 300))
    image = plotter.screenshot(None, return_img=True).astype(float)
    roller = view != "cut" and bool(plotter.actors["drum"].visibility)
    plotter.close()
    share = {name: near_colour(image, colour, 0.995).mean() for name, colour in LAYER_COLOURS.items()}
    assert roller == (view == "roller")
    if view == "depth":
        assert share["stratum_corneum"] > 0.2
    else:
        assert share["reticular_dermis"] > 0.05
        assert share["hypodermis"] > 0.05
    if view == "roller":
        assert near_colour(image, DRUM, 0.995).mean() > 0.1


@pytest.mark.gl
def test_map_shows_as_much_hole_as_there_is(professional):
    plotter = draw(professional, view="depth", size=(900, 900))
    skin, per_mm = plotter.actors["stratum_corneum"].bounds, 450 / plotter.camera.parallel_scale
    image = plotter.screenshot(None, return_img=True).astype(float)
    left, right = (450 + per_mm * (x - plotter.camera.focal_point[0]) for x in skin[:2])
    low, high = (450 - per_mm * (y - plotter.camera.focal_point[1]) for y in skin[3:1:-1])
    inner = image[int(low) + 3 : int(high) - 3, int(left) + 3 : int(right) - 3]
    plotter.close()
    blue = inner[..., 2] > 1.05 * inner[..., 0]  # the surface is red before it is blue
    dark = inner.max(axis=2) < 150
    depth = np.searchsorted(professional.depths_um, 0.0)
    assert (blue | dark).mean() == pytest.approx(professional.mean("coverage")[-1, depth], rel=0.35)


@pytest.mark.gl
def test_a_clear_background_is_clear(professional, tmp_path):
    save(draw(professional, size=(240, 180)), tmp_path / "clear.png", transparent=True)
    image = imread(tmp_path / "clear.png")
    assert image.shape[2] == 4
    assert image[2, -3, 3] == 0.0
    assert image[90, 120, 3] == 1.0


@pytest.mark.gl
def test_devices_of_a_sheet_share_scale_and_camera(professional):
    home = treat("generic-0.25mm", "cheek", Technique(passes=8), seed=3)
    plotter = draw_sheet([home, professional], size=(640, 480))
    cameras = [renderer.camera for renderer in plotter.renderers[:2]]
    ranges = {renderer.actors["channels"].mapper.scalar_range for renderer in plotter.renderers[:2]}
    plotter.close()
    assert ranges == {CHANNEL_SCALE_UM}
    one, other = cameras
    assert one.parallel_projection
    assert one.parallel_scale == other.parallel_scale
    assert one.direction == other.direction


ODD = {
    "small": ("mf-8", "1.2x1", 4, 3.0),
    "large": ("mf-8", "60x40", 1, 3.0),
    "holes": ("mf-8", "POLYGON((-9 -9, 9 -9, 9 9, -9 9, -9 -9), (-3 -3, 3 -3, 3 3, -3 3, -3 -3))", 2, 3.0),
    "deep": ("generic-3mm", "8x8", 2, 6.0),
    "nothing": ("generic-0.25mm", "8x8", 1, 0.0),
}


@pytest.mark.gl
@pytest.mark.parametrize("case", ODD)
def test_odd_regions_and_devices_are_drawn(case):
    name, area, passes, load = ODD[case]
    treated = treat(name, "cheek", Technique(passes=passes, load_n=load), region=parse_region(area), seed=2)
    for view in VIEWS:
        plotter = draw(treated, view=view, size=(160, 120))
        image = plotter.screenshot(None, return_img=True).astype(float)
        has_channels = "channels" in plotter.actors
        points = plotter.actors["reticular_dermis"].bounds if view != "cut" else (0.0, 0.0)
        plotter.close()
        assert has_channels <= treated.channels.inside.any()
        assert has_channels or view in ("cut", "roller") or case == "nothing"
        assert image.std() > 10
        assert np.ptp(points[:2]) <= max(SHOWN_MM[0], MAP_MM[0]) + 1e-3


@pytest.mark.gl
def test_channels_are_drawn_where_they_are_and_as_deep(professional):
    plotter = new_plotter((64, 64))
    parts = add_parts(plotter, professional, stage_of(professional, (30, 30), 2.0))
    show(parts, None, View(8, hidden=frozenset({"roller"})))  # under a roller they would stand in dimples
    channels, order, body = professional.channels, parts.order, parts.body
    points = np.asarray(parts.channel_mesh.points).reshape(order.size, body.corners, 3)
    plotter.close()
    assert set(order) == set(np.flatnonzero(channels.inside))
    assert points[:, 0, 2] == pytest.approx(-channels.peak_depth_um[order] / 1000, abs=0.005)
    assert points[:, 0, :2] == pytest.approx(np.stack([channels.x_mm[order], channels.y_mm[order]], axis=1), abs=1e-5)
    radius = np.hypot(*(points[:, -1, :2] - points[:, 0, :2]).T)
    made_by = needle_profile(professional.device).half_width(channels.peak_depth_um[order] / 1000)
    inner = np.abs(points[:, 0, :2]).max(axis=1) < 9.8  # at its walls the block cuts them off
    assert radius[inner] == pytest.approx(made_by[inner], rel=1e-4)
    assert np.abs(points[..., :2]).max() <= 10 + 1e-5


def test_a_film_rolls_every_pass_and_ends_with_the_skin(professional):
    taken = shots(strokes(professional), 8, 12)
    passes = [view.passes for view in taken]
    assert passes == sorted(passes)
    assert set(passes) == set(range(1, 9))
    assert "roller" in taken[-1].hidden
    assert len(taken) / 12 == pytest.approx(10, abs=1)  # seconds


@pytest.mark.gl
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # imageio-ffmpeg leaves its pipes open
@pytest.mark.long
def test_a_film_is_written_and_moves(tmp_path):
    imageio = pytest.importorskip("imageio.v2")
    treated = treat("mf-8", "cheek", Technique(passes=1), region=rectangle(6, 5), seed=2)
    for name in ("film.gif", "film.mp4"):
        write_movie(treated, tmp_path / name, size=(160, 121))
        with imageio.get_reader(tmp_path / name) as film:
            frames = [frame[..., :3].astype(int) for frame in film.iter_data()]
        assert frames[0].shape == (120, 160, 3)
        assert len(frames) > 20
        assert np.abs(frames[-1] - frames[len(frames) // 2]).mean() > 3
    gc.collect()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.gif", "film.mp4"]


def test_a_film_without_its_packages_is_refused(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(InputError, match=r"pip install 'dermaroll\[movie\]'"):
        check_movie(tmp_path / "film.mp4")

    class NoBinary:
        @staticmethod
        def get_ffmpeg_exe():
            raise RuntimeError

    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", NoBinary)
    with pytest.raises(InputError, match="ffmpeg"):
        check_movie(tmp_path / "film.mp4")


@pytest.mark.gl
def test_a_film_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError(28, "No space left on device")
        yield

    monkeypatch.setattr("dermaroll.viz.scene.movie.take", broken)
    treated = treat("mf-8", "cheek", Technique(passes=1), region=rectangle(2, 2), seed=2)
    with pytest.raises(InputError, match="No space left"):
        write_movie(treated, tmp_path / "film.gif", size=(64, 64))
    assert not list(tmp_path.iterdir())


@pytest.mark.gl
@pytest.mark.filterwarnings("default")
@pytest.mark.long
def test_a_notebook_shows_the_scene_as_a_picture():
    nbclient, notebooks = pytest.importorskip("nbclient"), pytest.importorskip("nbformat.v4")
    pytest.importorskip("ipykernel")
    cell = (
        "from dermaroll.roller import Technique, treat\nfrom dermaroll.viz.scene.drawing import draw\n"
        "drawn = draw(treat('mf-8', 'cheek', Technique(passes=1)), size=(160, 120))\n"
        "drawn.show(jupyter_backend='static')"
    )
    notebook = notebooks.new_notebook(cells=[notebooks.new_code_cell(cell)])
    nbclient.NotebookClient(notebook, timeout=120).execute()
    assert any("image/png" in output.get("data", {}) for output in notebook.cells[0].outputs)


def test_chart_is_drawn(professional, tmp_path):
    figure = coverage_chart([professional, professional])
    figure.savefig(tmp_path / "chart.png", dpi=50)
    assert imread(tmp_path / "chart.png").std() > 0.05
    panel = figure.axes[0]
    assert panel.get_ylim()[0] > panel.get_ylim()[1] == 0  # depth grows downwards
    labels = [line.get_label() for line in panel.lines if not line.get_label().startswith("_")]
    assert labels[-1] == "8"


def test_probe_says_no_when_told(monkeypatch):
    monkeypatch.setenv(gl.NO_GL_VARIABLE, "1")
    gl.can_render.cache_clear()
    assert not gl.can_render()
    gl.can_render.cache_clear()


def test_probe_survives_a_crash(monkeypatch):
    monkeypatch.delenv(gl.NO_GL_VARIABLE, raising=False)
    monkeypatch.setattr(gl, "PROBE", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    gl.can_render.cache_clear()
    assert not gl.can_render()
    gl.can_render.cache_clear()
