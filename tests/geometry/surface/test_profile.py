"""Drops below tangent planes and curvatures, against closed forms."""

import numpy as np
import pytest
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.body import Surface
from dermaroll.geometry.surface.profile import curvature, drops
from dermaroll.geometry.surface.refining import refined
from dermaroll.geometry.surface.simple import cylinder, plane, sphere
from dermaroll.geometry.surface.strokes import Lay, lay_strokes

X, Y = np.linspace(-7, 7, 9), np.linspace(-10, 10, 6)


def places(body, zone, direction):
    laid = lay_strokes(body, Lay(zone, direction, spacing_mm=17, overrun_mm=0, step_mm=6.3))
    return laid.point, laid.tangent, laid.normal, laid.face


def test_a_plane_drops_nowhere():
    point, tangent, normal, face = places(plane(60, 60), "plane", 30)
    np.testing.assert_allclose(drops(plane(60, 60), point, tangent, normal, X, Y, face=face), 0, atol=1e-12)
    for value in curvature(plane(60, 60), point, tangent, normal):
        np.testing.assert_allclose(value, 0, atol=1e-12)


@pytest.mark.parametrize("radius", [20.0, 60.0])
@pytest.mark.parametrize("direction", [0.0, 45.0])
def test_drops_on_a_cylinder(radius, direction):
    body = cylinder(radius, 60, span_deg=90, edge_mm=2.0)
    point, tangent, normal, face = places(body, "cylinder", direction)
    angle = np.arctan2(tangent[:, 1], np.hypot(tangent[:, 0], tangent[:, 2]))
    x, y = np.meshgrid(X, Y, indexing="ij")
    around = x * np.cos(angle)[:, None, None] - y * np.sin(angle)[:, None, None]
    exact = radius - np.sqrt(radius**2 - around**2)
    got = drops(body, point, tangent, normal, X, Y, face=face)
    np.testing.assert_allclose(got, exact, atol=0.005)
    along, across, twist = curvature(body, point, tangent, normal, face=face)
    np.testing.assert_allclose(along * radius, np.cos(angle) ** 2, atol=0.01)
    np.testing.assert_allclose(across * radius, np.sin(angle) ** 2, atol=0.01)
    np.testing.assert_allclose(np.abs(twist) * radius, np.abs(np.sin(angle) * np.cos(angle)), atol=0.01)


def test_drops_on_a_sphere_and_where_faces_are_looked_for():
    body = sphere(40, zone_deg=40, edge_mm=2.5)
    point, tangent, normal, face = places(body, "sphere", 10)
    x, y = np.meshgrid(X, Y, indexing="ij")
    exact = 40 - np.sqrt(1600 - x**2 - y**2)
    got = drops(body, point, tangent, normal, X, Y)
    np.testing.assert_allclose(got, np.broadcast_to(exact, got.shape), atol=0.005)
    np.testing.assert_allclose(got, drops(body, point, tangent, normal, X, Y, face=face), atol=1e-9)
    for value, expected in zip(curvature(body, point, tangent, normal), (1, 1, 0), strict=True):
        np.testing.assert_allclose(value * 40, expected, atol=0.01)


def test_no_skin_within_reach_is_no_number():
    body = plane(10, 10, margin_mm=4)
    got = drops(body, [[0.0, 0, 0]], [[1.0, 0, 0]], [[0.0, 0, 1]], [0.0, 8.9, 9.5], [0.0])
    assert np.isfinite(got[0, :2]).all()
    assert np.isnan(got[0, 2, 0])


def test_only_skin_that_hangs_together_counts():
    """A needle does not reach round a thin cylinder to its far side."""
    body = cylinder(5, 40, span_deg=180, edge_mm=1.0)
    got = drops(body, [[0.0, 0, 5]], [[1.0, 0, 0]], [[0.0, 0, 1]], [0.0, 4.5, 6.0], [0.0])
    assert got[0, 1, 0] == pytest.approx(5 - np.sqrt(25 - 4.5**2), abs=0.02)
    assert np.isnan(got[0, 2, 0])


def test_refining_a_coarse_mesh_changes_drops_by_less_than_a_hundredth():
    coarse = cylinder(30, 50, span_deg=120, edge_mm=6.0)
    fine = refined(coarse, edge_mm=1.5)
    assert len(fine.faces) > 8 * len(coarse.faces)
    np.testing.assert_allclose(np.hypot(fine.vertices[:, 0], fine.vertices[:, 2]), 30, atol=0.01)
    point, tangent, normal = [[0.0, 3.0, 30.0]], [[1.0, 0, 0]], [[0.0, 0, 1]]
    one, other = (drops(body, point, tangent, normal, X, Y) for body in (coarse, fine))
    np.testing.assert_allclose(one, other, atol=0.01 * other.max())
    assert fine.zone_area_mm2("cylinder") == pytest.approx(30 * np.radians(120) * 50, rel=0.001)


def test_wild_faces_never_reach_the_walk():
    body = plane(10, 10)
    with pytest.raises(InputError, match="face"):
        drops(body, [[0.0, 0, 0]], [[1.0, 0, 0]], [[0.0, 0, 1]], X, Y, face=np.array([10**9]))
    with pytest.raises(InputError, match="finite"):
        drops(body, [[np.nan, 0, 0]], [[1.0, 0, 0]], [[0.0, 0, 1]], X, Y)


def test_normals_of_a_sphere_are_exact_on_any_triangles():
    body = sphere(10, edge_mm=3.0)
    bare = Surface("bare", body.vertices, body.faces, body.zone_of_face, body.zones)
    np.testing.assert_allclose(body.vertex_normal, body.vertices / 10, atol=1e-4)  # corners of the cut with them
    assert np.median(np.linalg.norm(bare.vertex_normal - body.vertices / 10, axis=1)) < 1e-9
