"""Pictures of a body: what is drawn where, at which scale, and what is refused."""

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.simple import cylinder, sphere
from dermaroll.geometry.surface.strokes import lay_strokes
from dermaroll.viz.scene.body import BodyPicture, draw_bodies, roller_pose

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
    laid = lay_strokes(limb, "cylinder", 90.0, spacing_mm=20, overrun_mm=5)
    pose = roller_pose(laid.point[60], laid.tangent[60], laid.normal[60], 10.5)
    values = np.where(limb.zone_of_face >= 0, 1.0, np.nan)
    picture = BodyPicture(limb, values, ("a", "b"), (laid,), device("mf-8"), pose)
    for view in ("front", "roller"):
        plotter = draw_bodies([picture], label="Share", view=view, size=SIZE)
        actors = plotter.renderers[0].actors
        assert {"skin", "drum", "needles", "handle", "strokes in line 0", "strokes over line 0"} <= set(actors)
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
