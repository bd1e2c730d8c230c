"""Strokes over a plane, a cylinder and a sphere, where geodesics have a closed form; over bodies moved about."""

import numpy as np
import pytest
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.body import moved
from dermaroll.geometry.surface.geodesics import in_plane, trace
from dermaroll.geometry.surface.locate import nearest
from dermaroll.geometry.surface.simple import cylinder, plane, sphere
from dermaroll.geometry.surface.standard import standard_face
from dermaroll.geometry.surface.strokes import Lay, lay_many, lay_strokes
from scipy.spatial.transform import Rotation

FACE_EDGE_MM = 4.0


def one(strokes, number):
    return slice(strokes.start[number], strokes.start[number + 1])


@pytest.mark.parametrize("direction", [0.0, 90.0, 180.0])
def test_strokes_on_a_plane_are_its_lanes(direction):
    flat = plane(61, 61)
    laid = lay_strokes(flat, Lay("plane", direction, spacing_mm=20, overrun_mm=5))
    np.testing.assert_allclose(laid.length_mm, 71, atol=1e-9)
    angle = np.radians(direction)
    np.testing.assert_allclose(
        laid.tangent, np.tile([np.cos(angle), np.sin(angle), 0], (len(laid.point), 1)), atol=1e-12
    )
    np.testing.assert_allclose(laid.normal, np.tile([0, 0, 1], (len(laid.point), 1)), atol=1e-12)
    across = laid.point @ [-np.sin(angle), np.cos(angle), 0]
    np.testing.assert_allclose(across, laid.across_mm[laid.stroke], atol=1e-9)
    assert not laid.ended_short.any()


def test_points_are_an_even_step_apart_and_the_last_ends_the_stroke():
    laid = lay_strokes(plane(50.3, 30), Lay("plane", spacing_mm=10, overrun_mm=2, step_mm=0.7))
    for number in range(laid.count):
        gaps = np.diff(laid.arc_mm[one(laid, number)])
        np.testing.assert_allclose(gaps[:-1], 0.7)
        assert 0 < gaps[-1] <= 0.7 + 1e-9
    assert laid.inside.mean() == pytest.approx(50.3 / 54.3, abs=0.02)


@pytest.mark.parametrize("direction", [0.0, 35.0, 90.0])
def test_strokes_on_a_cylinder_are_helices(direction):
    radius = 25.0
    body = cylinder(radius, 80, span_deg=150, edge_mm=2.0)
    laid = lay_strokes(body, Lay("cylinder", direction, spacing_mm=15, overrun_mm=5))
    around = radius * np.arctan2(laid.point[:, 0], laid.point[:, 2])
    angle = np.radians(direction)
    aside = -np.sin(angle) * around + np.cos(angle) * laid.point[:, 1]
    along = np.cos(angle) * around + np.sin(angle) * laid.point[:, 1]
    # Where the middle of a strip of a polygon lies is a matter of a facet.
    for got, told in ((aside, laid.across_mm[laid.stroke]), (along, laid.from_line_mm[laid.stroke] + laid.arc_mm)):
        assert np.abs(np.median(got - told)) < 1.0
        np.testing.assert_allclose(got - told, np.median(got - told), atol=0.05)
    np.testing.assert_allclose(np.hypot(laid.point[:, 0], laid.point[:, 2]), radius, atol=0.001)


def test_strokes_on_a_sphere_are_great_circles():
    body = sphere(60, zone_deg=50, edge_mm=2.5)
    laid = lay_strokes(body, Lay("sphere", 20.0, spacing_mm=12, overrun_mm=5))
    np.testing.assert_allclose(np.linalg.norm(laid.point, axis=1), 60, atol=1e-3)
    for number in range(laid.count):
        point = laid.point[one(laid, number)]
        mid = len(point) // 2
        pole = np.cross(laid.normal[one(laid, number)][mid], laid.tangent[one(laid, number)][mid])
        np.testing.assert_allclose(point @ pole, 0, atol=0.05)
        turned = np.arccos(np.clip(point[0] @ point[-1] / 3600, -1, 1)) * 60
        assert turned == pytest.approx(laid.length_mm[number], abs=0.05)


def test_a_stroke_round_a_closed_body_goes_round_once():
    laid = lay_strokes(cylinder(20, 32), Lay("cylinder", 0.0, spacing_mm=10, overrun_mm=5))
    np.testing.assert_allclose(laid.length_mm, 2 * np.pi * 20, rtol=1e-3)
    assert laid.count == 4  # at 5 and 15 mm to either side of the middle
    assert not laid.ended_short.any()


def test_strokes_side_by_side_cover_a_closed_body_once():
    laid = lay_strokes(cylinder(20, 30), Lay("cylinder", 90.0, spacing_mm=10, overrun_mm=5))
    assert laid.count in (12, 13)  # 12.6 lanes go round


def test_a_stroke_that_meets_a_hole_says_so():
    flat = plane(40, 40, margin_mm=10)
    middle = flat.vertices[flat.faces].mean(axis=1)
    whole = np.hypot(middle[:, 0], middle[:, 1] - 8) > 6
    torn = type(flat)("torn", flat.vertices, flat.faces[whole], flat.zone_of_face[whole], flat.zones)
    laid = lay_strokes(torn, Lay("plane", 90.0, spacing_mm=10, overrun_mm=5, across_mm=[0.3, 15.0]))
    assert laid.ended_short.tolist() == [True, False]


def test_strokes_begin_beside_a_hole_in_the_middle():
    flat = plane(40, 40, margin_mm=10)
    middle = flat.vertices[flat.faces].mean(axis=1)
    whole = np.hypot(middle[:, 0], middle[:, 1]) > 5
    torn = type(flat)("torn", flat.vertices, flat.faces[whole], flat.zone_of_face[whole], flat.zones)
    for direction in (0.0, 45.0, 90.0):
        assert lay_strokes(torn, Lay("plane", direction, spacing_mm=6, overrun_mm=3)).count >= 2


def test_an_overrun_beyond_the_mesh_says_so():
    assert lay_strokes(plane(20, 20, margin_mm=3), Lay("plane", spacing_mm=5, overrun_mm=5)).ended_short.all()


def test_turning_and_shifting_a_body_changes_nothing():
    face = standard_face(edge_mm=FACE_EDGE_MM)
    turn = Rotation.from_euler("xyz", [0.4, -1.1, 2.0]).as_matrix()
    away = moved(face, turn, (40.0, -7.0, 300.0))
    here, there = (lay_strokes(body, Lay("cheek-left", 60, spacing_mm=15, overrun_mm=4)) for body in (face, away))
    assert np.array_equal(here.start, there.start)
    np.testing.assert_allclose(here.point @ turn.T + [40.0, -7.0, 300.0], there.point, atol=1e-6)
    np.testing.assert_allclose(here.tangent @ turn.T, there.tangent, atol=1e-6)
    assert face.zone_area_mm2("nose") == pytest.approx(away.zone_area_mm2("nose"), rel=1e-9)


def test_strokes_laid_together_are_those_laid_one_by_one():
    face = standard_face(edge_mm=FACE_EDGE_MM)
    lays = [
        Lay("nose", 0, spacing_mm=10, overrun_mm=3),
        Lay("forehead", 90, spacing_mm=20, overrun_mm=5, step_mm=2, across_mm=[-31.0, 4.0, 17.0], beside_mm=12),
        Lay("nose", 45, spacing_mm=7, overrun_mm=3),
    ]
    for lay, together in zip(lays, lay_many(face, lays), strict=True):
        alone = lay_many(face, [lay])[0]
        for name in ("start", "point", "tangent", "arc_mm", "inside", "face", "across_mm", "from_line_mm"):
            one, other = getattr(alone, name), getattr(together, name)
            # numpy may round the last of an array otherwise than its middle; which faces are met is the same.
            exact = one.dtype.kind in "bi"
            np.testing.assert_allclose(one, other, rtol=0, atol=0 if exact else 1e-12, err_msg=name)


def test_paths_agree_with_an_independent_tracer():
    """Geometry-central lays faces flat edge by edge; on a fine mesh without rows both must meet."""
    tracer = pytest.importorskip("potpourri3d")
    face = standard_face(edge_mm=2.0)
    point = np.array([[0.0, 45.0, 95.0]])
    found, weights = nearest(face, point)
    start = face.points(found, weights)
    aim = in_plane(face, found, np.array([[1.0, 0.1, 0.0]]))
    mine = trace(face, found, start, aim, np.array([50.0]))
    other = tracer.GeodesicTracer(face.vertices, face.faces)
    path = other.trace_geodesic_from_face(int(found[0]), weights[0], 50.0 * aim[0])
    end = mine.point[-1] + mine.length_mm[-1] * mine.direction[-1]
    assert np.linalg.norm(end - path[-1]) < 0.6


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"zone": "chin"}, "zone"),
        ({"zone": "plane", "spacing_mm": 0}, "spacing_mm"),
        ({"zone": "plane", "overrun_mm": -1}, "overrun_mm"),
        ({"zone": "plane", "direction": float("nan")}, "direction"),
    ],
)
def test_bad_input_is_one_line(arguments, says):
    given = {"spacing_mm": 10, "overrun_mm": 1} | arguments
    with pytest.raises(InputError, match=says):
        lay_strokes(plane(20, 20), Lay(**given))
