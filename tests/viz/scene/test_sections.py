"""Sections and dimples: channels stand in their layers, and a needle's tip where its channel ends."""

import logging

import numpy as np
import pytest
from dermaroll.geometry.needle import needle_profile
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, treat
from dermaroll.roller.treatment.drum_path import strokes
from dermaroll.viz.charts.section import floor_um, section_chart, slice_shown
from dermaroll.viz.gl import keep_vtk_quiet
from dermaroll.viz.palette import LAYER_COLOURS
from dermaroll.viz.scene.dimples import Dimples, dimples_at, no_dimples
from dermaroll.viz.scene.drawing import new_plotter
from dermaroll.viz.scene.parts import add_parts, contact, show, stage_of
from dermaroll.viz.scene.skin import FLAT_MM, steps, surface_faces
from dermaroll.viz.scene.view import View
from dermaroll.viz.section import outlines_mm, slice_of
from dermaroll.viz.sight import difference, rgb


@pytest.fixture(scope="module")
def home():
    return treat("generic-0.25mm", "cheek", Technique(passes=8), seed=3)


def middle_of_a_stroke(made):
    stroke = int(np.argmax(made.to_mm - made.from_mm))
    return stroke, float(np.median(made.opened_at_mm[made.of_channel == stroke]))


@pytest.mark.parametrize("which", ["home", "professional"])
def test_under_a_lowest_needle_dimple_and_channel_make_up_its_travel(which, request):
    treated = request.getfixturevalue(which)
    made, roller = strokes(treated), treated.device
    channel = int(np.flatnonzero(treated.channels.inside)[7])
    at = int(made.of_channel[channel]), float(made.opened_at_mm[channel])
    pressed = dimples_at(treated, made, at)
    own = int(np.flatnonzero(pressed.channel == channel)[0])
    travel = roller.drum_radius_mm + roller.length_mm - made.axle_height_mm
    assert pressed.depth_mm[own] + treated.channels.peak_depth_um[channel] / 1000 == pytest.approx(travel)
    assert (pressed.x_mm[own], pressed.y_mm[own]) == pytest.approx(
        (treated.channels.x_mm[channel], treated.channels.y_mm[channel]), abs=1e-6
    )


def test_every_needle_in_the_skin_ends_where_its_channel_ends(professional):
    made = strokes(professional)
    at = middle_of_a_stroke(made)
    pressed, tips = dimples_at(professional, made, at), made.tips_mm(*at)
    assert pressed.channel.size > 10
    entering = pressed.inside_mm < professional.channels.peak_depth_um[pressed.channel] / 1000 - 1e-9
    ends = np.stack(
        [
            professional.channels.x_mm[pressed.channel] + pressed.tip_mm[:, 0],
            professional.channels.y_mm[pressed.channel] + pressed.tip_mm[:, 1],
            -(pressed.depth_mm + pressed.inside_mm),
        ],
        axis=1,
    )
    away = np.linalg.norm(ends[:, None] - tips, axis=2)
    assert away[entering].min(axis=1).max() < 1e-6  # on the way in the tip is the end of the channel
    leaving = np.hypot(*(ends[~entering, None, :2] - tips[:, :2]).transpose(2, 0, 1)).argmin(axis=1)
    assert (tips[leaving, 2] >= ends[~entering, 2] - 1e-9).all()  # afterwards it is drawn back out of it


def test_skin_is_pressed_in_under_needles_only_and_never_out(professional):
    made = strokes(professional)
    pressed = dimples_at(professional, made, middle_of_a_stroke(made))
    side = np.linspace(-10, 10, 81)
    grid = pressed.on_grid(side, side)
    assert (grid >= 0).all()
    assert grid.max() <= pressed.depth_mm.max() + 1e-12
    under = pressed.at(pressed.x_mm, pressed.y_mm)
    assert (under >= pressed.depth_mm - 1e-12).all()
    assert (no_dimples().on_grid(side, side) == 0).all()
    assert dimples_at(professional, made, (0, made.from_mm[0] - 99.0)).depth_mm.size == 0


@pytest.mark.long
def test_large_triangles_are_drawn_only_where_the_surface_is_as_flat_as_they(professional):
    made = strokes(professional)
    pressed = dimples_at(professional, made, middle_of_a_stroke(made))
    x, y = steps(-10.0, 9.0), steps(-10.0, 10.0)
    down = pressed.on_grid(x, y)
    faces = surface_faces(down)
    assert len(faces) < (x.size - 1) * (y.size - 1)  # half of what small ones everywhere would be
    place = np.stack([*np.meshgrid(x, y), down], axis=2).reshape(-1, 3)
    corner, far, other = np.moveaxis(place[faces], 1, 0)
    normal = np.cross(far - corner, other - corner)
    assert (normal[:, 2] > 0).all()
    covered = np.zeros(len(place), dtype=bool)
    for one, two, three, up in zip(corner, far, other, normal, strict=True):
        within = np.ones(len(place), dtype=bool)
        for start, end in ((one, two), (two, three), (three, one)):
            aside = (end - start)[:2] @ [[0, 1], [-1, 0]]
            within &= (place - start)[:, :2] @ aside > -1e-9
        flat = one[2] - (place[within] - one)[:, :2] @ up[:2] / up[2]
        assert np.abs(place[within, 2] - flat).max() < FLAT_MM + 1e-6
        covered |= within
    assert covered.all()
    assert surface_faces(np.zeros((9, 13), np.float32)).shape == (2 * 2 * 3, 3)


def test_a_dimple_is_that_of_a_cone_in_even_skin():
    one = Dimples(
        np.zeros(1, int), np.zeros(1), np.zeros(1), np.zeros((1, 2)), np.zeros((1, 2)), np.ones(1), np.ones(1), 0.2
    )
    away = np.linspace(0, 2, 2001)
    down = one.at(away, 0.0)
    assert down[0] == pytest.approx(1.0)
    assert down[np.searchsorted(away, 0.2)] == pytest.approx(1 - 2 / np.pi, abs=1e-3)  # at the edge of the contact
    assert np.diff(down[away < 0.2], 2) == pytest.approx(0.0, abs=1e-12)  # a straight funnel within it
    assert down[-1] == pytest.approx(0.2 / (np.pi * 2.0), rel=0.01)  # far away as under a point load


def test_a_slice_holds_whole_channels_of_their_width_and_depth(professional):
    made = strokes(professional)
    held = slice_of(professional, made, (-8.0, -1.0, 8.0, 0.0))
    channels = professional.channels
    assert held.chosen.size
    assert (np.diff(held.depth_um) <= 0).all()  # the shallow ones are drawn in front
    corners = outlines_mm(held)
    assert corners[..., 1].max(axis=1) * 1000 == pytest.approx(channels.peak_depth_um[held.chosen])
    assert corners[..., 1].min() == pytest.approx(0.0)
    half = needle_profile(professional.device).half_width(held.depth_um / 1000)
    assert np.ptp(corners[..., 0], axis=1) == pytest.approx(2 * half)
    assert corners[..., 0].min() >= -8.0
    assert corners[..., 0].max() <= 8.0
    below = outlines_mm(held, 300.0)
    assert below[..., 1].min() >= 0.3 - 1e-12
    assert (np.ptp(below[..., 0], axis=1) < 2 * half).all()


def test_the_chart_of_sections_has_one_axis_of_depths_and_a_second_scale(home, professional):
    drawing = section_chart([home, professional])
    upper, lower = drawing.axes[::2], drawing.axes[1::2]
    assert {panel.get_ylim()[0] for panel in upper} == {floor_um([home, professional])}
    assert {panel.get_ylim() for panel in lower} == {(300.0, 0.0)}
    for panel, treated in zip(upper, (home, professional), strict=True):
        drawn = panel.collections[0].get_paths()
        deepest = max(path.vertices[:, 1].max() for path in drawn)
        assert deepest == pytest.approx(slice_shown(treated, 3.0).depth_um.max())
        words = {text.get_text() for text in panel.texts}
        assert any("µm" in word for word in words)
    # One scale: what is as deep has the same colour in both.
    shallow, deep = (panel.collections[0].get_facecolors()[0, :3] for panel in upper)
    assert difference(shallow, deep) > 20


def test_both_bands_are_drawn_and_not_alike(professional):
    panel = section_chart([professional]).axes[0]
    hatched = [patch for patch in panel.patches if patch.get_hatch()]
    assert len(hatched) == 1
    low, high = professional.uncertainty["peak_depth_um"][:, 3]
    box = hatched[0].get_bbox()
    assert sorted((box.y0, box.y1)) == pytest.approx([low, high])


@pytest.mark.gl
def test_the_section_stands_in_its_layers_and_follows_pass_and_cut(professional):
    plotter = new_plotter((64, 64))
    parts = add_parts(plotter, professional, stage_of(professional, (30, 30), 1.0))
    gone = frozenset({"roller"})
    show(parts, None, View(8, hidden=gone))
    held, skin = parts.skin.held, parts.skin
    corners = np.asarray(skin.face_mesh.points).reshape(held.chosen.size, -1, 3)
    assert corners[..., 2].min(axis=1) == pytest.approx(-held.depth_um / 1000, abs=1e-6)
    assert (corners[..., 1] < skin.y_mm[0]).all()  # before the face
    assert np.ptp(corners[..., 1]) < 0.2
    show(parts, View(8, hidden=gone), View(4, hidden=gone))
    drawn = np.unique(skin.face_mesh.regular_faces // corners.shape[1])
    assert set(held.chosen[drawn]) == set(held.chosen[professional.channels.pass_number[held.chosen] <= 4])
    show(parts, View(4, hidden=gone), View(8, cut_um=200.0, hidden=gone))
    assert skin.face_mesh.points[:, 2].max() <= -0.2 + 1e-6
    assert [slab.body.visibility for slab in skin.slabs] == [slab.bottom_mm > 0.2 for slab in skin.slabs]
    # Without a layer the bodies themselves are seen, and no flat pictures of them.
    show(parts, View(8, cut_um=200.0, hidden=gone), View(8, hidden=gone | {"reticular_dermis"}))
    assert not skin.face.visibility
    plotter.close()


@pytest.mark.gl
def test_layers_keep_their_thickness_under_a_needle_and_fat_gives_way(professional):
    plotter = new_plotter((64, 64))
    parts = add_parts(plotter, professional, stage_of(professional, (30, 30), 1.0))
    view = View(8)
    assert contact(parts, view) is not None
    show(parts, None, view)
    rim, first, last = parts.skin.rim, parts.skin.slabs[0], parts.skin.slabs[-1]
    upper, lower = np.asarray(first.mesh.points)[rim, 2], np.asarray(last.mesh.points)[: rim.size, 2]
    assert upper.min() < -0.1
    assert upper - lower == pytest.approx(np.full(rim.size, parts.edges_mm[-2]), abs=1e-5)
    assert lower.min() > -parts.edges_mm[-1]
    plotter.close()


@pytest.mark.gl
def test_of_each_layer_that_is_drawn_what_is_seen_is_closed(professional):
    plotter = new_plotter((64, 64))
    parts = add_parts(plotter, professional, stage_of(professional, (30, 30), 1.0))
    skin, before = parts.skin, View(8)
    width, depth = (np.ptp(side) for side in (skin.x_mm, skin.y_mm))
    for hidden, cut in ((set(), 0.0), ({"viable_epidermis"}, 0.0), ({"hypodermis"}, 300.0), (set(), 0.0)):
        now = View(8, cut_um=cut, hidden=frozenset({"roller", *hidden}))
        show(parts, before, now)
        before, on_top = now, True
        for slab in skin.slabs:
            if slab.body.visibility:
                mesh, high = slab.mesh, slab.bottom_mm - max(slab.top_mm, cut / 1000)
                walls = 2 * (width + depth) * high
                assert mesh.area == pytest.approx(walls + on_top * width * depth, rel=1e-4)
                assert mesh.bounds[4:] == pytest.approx((-slab.bottom_mm, high - slab.bottom_mm), abs=1e-5)
            on_top = not slab.body.visibility
    plotter.close()


@pytest.mark.gl
def test_colours_of_a_drawn_section_are_those_of_the_palette():
    treated = treat("mf-8", "cheek", Technique(passes=1), region=rectangle(4, 4), seed=2)
    plotter = new_plotter((300, 200))
    plotter.render_window.SetMultiSamples(0)
    parts = add_parts(plotter, treated, stage_of(treated, (4, 4), 1.0))
    show(parts, None, View(1, hidden=frozenset({"roller"})))
    plotter.view_xz()
    plotter.camera.parallel_projection = True
    plotter.camera.parallel_scale = 1.1
    plotter.camera.focal_point = (plotter.camera.focal_point[0], 0.0, -0.9)
    plotter.renderer.ResetCameraClippingRange()
    image = plotter.screenshot(None, return_img=True).reshape(-1, 3) / 255
    plotter.close()
    for name in ("papillary_dermis", "reticular_dermis", "hypodermis"):
        away = difference(image, rgb(LAYER_COLOURS[name]))
        assert (away < 6).mean() > 0.01, name


def test_warnings_of_vtk_go_to_the_log(caplog, capfd):
    from vtkmodules.vtkCommonCore import vtkObject, vtkOutputWindow

    keep_vtk_quiet()
    vtkObject.GlobalWarningDisplayOn()
    with caplog.at_level(logging.WARNING, logger="dermaroll.vtk"):
        vtkOutputWindow.GetInstance().DisplayWarningText("Warning: something of VTK's own")
    assert "something of VTK" in caplog.text
    assert capfd.readouterr().err == ""
