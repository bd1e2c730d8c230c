"""Pictures of a body: what is drawn where, at which scale, and what is refused."""

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.simple import cylinder, sphere
from dermaroll.geometry.surface.strokes import Lay, lay_strokes
from dermaroll.roller import Technique
from dermaroll.roller.zones.treating import treat
from dermaroll.viz.maps import mapped
from dermaroll.viz.palette import LAYER_COLOURS, MARK
from dermaroll.viz.scene.body import BodyPicture, draw_bodies
from dermaroll.viz.scene.standing_roller import axes_of, profile_mm, roller_pose
from dermaroll.viz.scene.treated_body import draw_treated, most_lifted, picture_of
from matplotlib.colors import to_rgb

SIZE = (600, 480)


def test_a_pose_stands_on_the_skin_and_turns_the_way_it_rolls():
    pose = roller_pose([1.0, 2, 3], [0.0, 1, 0], [0.0, 0, 1], 10.0)
    np.testing.assert_allclose(pose[:3, 3], [1, 2, 13])
    np.testing.assert_allclose(pose[:3, 1], [-1, 0, 0], atol=1e-12)  # the axle: to the left of the way
    turned = roller_pose([0.0, 0, 0], [1.0, 0, 0], [0.0, 0, 1], 10.0, turn_rad=0.3, tilt_rad=0.1)
    np.testing.assert_allclose(turned[:3, :3] @ turned[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(turned[:3, :3]) == pytest.approx(1)
    ahead = roller_pose([0.0, 0, 0], [1.0, 0, 0], [0.0, 0, 1], 10.0, turn_rad=0.3) @ [0, 0, -10, 1]
    assert ahead[0] < 0  # the lowest needle goes backwards as the drum rolls on
    assert turned[2, 1] == pytest.approx(np.sin(0.1))


@pytest.mark.gl
def test_bodies_stand_side_by_side_at_one_scale():
    small, large = sphere(30, edge_mm=4), sphere(60, edge_mm=6)
    values = [np.full(len(body.faces), number) for body, number in ((small, 2.0), (large, 8.0))]
    pictures = [BodyPicture(small, values[0], ("small",)), BodyPicture(large, values[1], ("large",))]
    plotter = draw_bodies(pictures, label="Depth", unit="mm", view="front", size=SIZE)
    scales = [plotter.renderers[column].camera.parallel_scale for column in range(2)]
    image = plotter.screenshot(None, return_img=True).astype(int)
    limits = [renderer.actors["skin"].mapper.scalar_range for renderer in plotter.renderers[:2]]
    plotter.close()
    assert scales[0] == scales[1]
    assert limits == [(2.0, 8.0), (2.0, 8.0)]
    upper = image[60:380]
    left, right = ((abs(half - 255).sum(axis=2) > 60).sum() for half in (upper[:, :300], upper[:, 300:]))
    assert 2.0 < right / left < 5.0  # twice the radius: four times the area, less what words cover


@pytest.mark.gl
def test_a_roller_and_strokes_are_there_and_skin_without_numbers_stays_skin():
    limb = cylinder(40, 60, span_deg=120, edge_mm=4)
    laid = lay_strokes(limb, Lay("cylinder", 90.0, spacing_mm=20, overrun_mm=5))
    pose = roller_pose(laid.point[60], laid.tangent[60], laid.normal[60], 10.5)
    values = np.where(limb.zone_of_face >= 0, 1.0, np.nan)
    picture = BodyPicture(limb, values, ("a", "b"), (laid,), device("mf-8"), pose)
    for view in ("front", "roller"):
        plotter = draw_bodies([picture], label="Share", view=view, size=SIZE)
        actors = plotter.renderers[0].actors
        assert {"skin", "drum", "needles", "handle"} <= set(actors)
        # Where the skin is cut open the section is what counts.
        assert ("strokes in line 0" in actors, "section" in actors) == (view == "front", view == "roller")
        np.testing.assert_allclose(np.array(actors["drum"].user_matrix), pose)
        image = plotter.screenshot(None, return_img=True)
        plotter.close()
        assert image.std() > 20


@pytest.mark.gl
def test_numbers_of_corners_are_drawn_too():
    body = sphere(30, edge_mm=5)
    plotter = draw_bodies([BodyPicture(body, body.vertices[:, 2])], size=SIZE)
    assert plotter.renderers[0].actors["skin"].mapper.scalar_range == pytest.approx((-30, 30), rel=0.01)
    plotter.close()


@pytest.mark.gl
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"pictures": []}, "bodies"),
        ({"view": "inside"}, "view"),
        ({"view": "roller"}, "roller"),
        ({"pictures": [BodyPicture(sphere(30, edge_mm=8), np.zeros(3))]}, "shape"),
    ],
)
def test_bad_input_is_one_line(change, says):
    given = {"pictures": [BodyPicture(sphere(30, edge_mm=8))], "size": SIZE} | change
    with pytest.raises(InputError, match=says):
        draw_bodies(**given)


@pytest.fixture(scope="module")
def limb():
    """A thin limb after one pass of a wide and of a narrow roller along it."""
    body = cylinder(9.0, 36.0, margin_mm=30, edge_mm=1.5, span_deg=120)
    how = Technique(passes=1, pattern="one-way")
    return [treat(name, technique=how, surface=body, figures=["density_per_cm2"]) for name in ("mf-8", "eye-60")]


def near(image, colour, within=24):
    return (np.abs(image.astype(int) - np.round(255 * np.array(to_rgb(colour)))).max(axis=2) < within).mean()


@pytest.mark.gl
def test_rings_off_the_skin_are_marked_and_seen_from_close_by(limb):
    wide, narrow = (picture_of(one, "density_per_cm2", "cylinder") for one in limb)
    assert wide.lifted.any()
    assert "do not" in wide.standing[1]
    assert not narrow.lifted.any()
    assert "all 3 rings touch" in narrow.standing[1]
    assert most_lifted(limb) == "cylinder"
    plotter = draw_treated(limb, stands_on="cylinder", size=(1000, 800))
    scales = [renderer.camera.parallel_scale for renderer in plotter.renderers]
    panes = [set(renderer.actors) for renderer in plotter.renderers]
    image = plotter.screenshot(None, return_img=True)
    plotter.close()
    assert scales[0] == scales[1]  # one scale for both rollers, far off and close by
    assert scales[2] == scales[3]
    assert scales[2] < scales[0]
    for wide_pane, narrow_pane in (panes[0:2], panes[2:4]):
        assert {"drum", "bands", "needles off the skin"} <= wide_pane
        assert not {"bands", "needles off the skin"} & narrow_pane
    assert all("section" in pane for pane in panes[2:4])
    left, right = image[420:700, :500], image[420:700, 500:]
    assert near(left, MARK, 60) > 0.005
    assert near(right, MARK, 60) == 0.0


def test_the_profile_under_the_axle_is_that_of_the_body():
    import pyvista

    radius = 12.0
    body = cylinder(radius, 30.0, span_deg=180, margin_mm=10, edge_mm=1.0)
    mesh = pyvista.PolyData.from_regular_faces(body.vertices, body.faces)
    pose = roller_pose([0.0, 0, radius], [0.0, 1, 0], [0.0, 0, 1], 10.0)
    found = profile_mm(mesh, pose, axes_of(body, pose), 8.0)
    assert found[:, 0] == pytest.approx(np.linspace(-8, 8, len(found)))
    assert found[:, 1] == pytest.approx(np.sqrt(radius**2 - found[:, 0] ** 2) - radius - 10.0, abs=0.02)
    far = profile_mm(mesh, pose, axes_of(body, pose), 40.0)  # ends where the limb does
    assert np.abs(far[:, 0]).max() <= radius


@pytest.mark.gl
def test_layers_are_told_by_squares_and_layers_have_their_colours(limb):
    told = mapped("layer_reached")
    assert [colour for colour, _ in told.classes] == list(LAYER_COLOURS.values())
    plotter = draw_treated(limb[:1], quantity="layer_reached", view="front", size=(900, 700))
    mapper = plotter.renderers[0].actors["skin"].mapper
    assert mapper.scalar_range == (-0.5, 4.5)
    image = plotter.screenshot(None, return_img=True)
    plotter.close()
    assert all(near(image[600:], colour) > 1e-4 for colour in LAYER_COLOURS.values())


@pytest.mark.gl
def test_the_nose_lifts_half_the_rings_of_a_wide_drum_and_a_picture_says_so(run_here, tmp_path):
    path = tmp_path / "nose.png"
    told = ("--surface", "face", "--zone", "nose", "--passes", "1", "--size", "700x560")
    done = run_here("view", "generic-0.5mm", *told, "--screenshot", path)
    assert done.returncode == 0, done.stderr
    assert path.exists()


@pytest.mark.gl
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--zone", "nose"), "no --surface"),
        (("--quantity", "density_per_cm2"), "no --surface"),
        (("--on", "nose"), "no --surface"),
        (("--view", "left"), "on flat skin"),
        (("--surface", "face", "--view", "cut"), "on a surface"),
        (("--surface", "face", "--quantity", "beauty"), "quantity"),
        (("--surface", "face", "--zone", "nose", "--on", "chin"), "nose, nowhere"),
        (("--surface", "face", "--zone", "ear"), "zone"),
    ],
)
def test_options_of_a_body_are_refused_in_one_line(run_here, tmp_path, words, says):
    done = run_here("view", "mf-8", *words, "--screenshot", tmp_path / "a.png")
    assert done.returncode == 2
    assert says in done.stderr.replace("where no", "no")
    assert len(done.stderr.splitlines()) == 1
