"""Pictures: what must be seen in them, and what happens where they can't be drawn."""

import numpy as np
import pytest
from dermaroll.roller import Technique, treat
from dermaroll.viz import gl
from dermaroll.viz.charts import coverage_chart
from dermaroll.viz.palette import DRUM, LAYER_COLOURS
from dermaroll.viz.scene import draw
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
    shown = channels[channels.array_names[0]]
    if colour_by == "depth":
        assert shown.max() <= professional.channels.peak_depth_um.max()
    else:
        assert set(np.unique(shown)) == set(range(1, 9))
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
