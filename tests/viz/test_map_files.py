"""Maps as files: what other programs read from them is what was worked out, face by face."""

import numpy as np
import pytest
import pyvista
import trimesh
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.simple import cylinder
from dermaroll.geometry.triangles.mesh_files import read_mesh
from dermaroll.roller import Technique
from dermaroll.roller.zones.maps import UNITS
from dermaroll.roller.zones.treating import treat
from dermaroll.viz.map_files import face_colours, write_maps
from dermaroll.viz.maps import MAPPED


@pytest.fixture(scope="module")
def treated():
    body = cylinder(30, 24, span_deg=60, margin_mm=15, edge_mm=3.0)
    how = Technique(passes=1, pattern="one-way")
    return treat("mf-8", None, how, surface=body, figures=["density_per_cm2"], uncertainty=False)


def test_a_vtp_holds_every_map_with_its_unit(treated, tmp_path):
    write_maps(treated, tmp_path / "maps.vtp")
    mesh = pyvista.read(tmp_path / "maps.vtp")
    assert mesh.n_cells == len(treated.surface.faces)
    np.testing.assert_allclose(mesh.points, treated.surface.vertices, atol=1e-5)
    for key, values in treated.maps.named().items():
        np.testing.assert_allclose(mesh.cell_data[key], values, rtol=1e-6)
        assert mesh.field_data[f"unit of {key}"][0] == UNITS[key]
    assert np.array_equal(mesh.cell_data["zone"], treated.surface.zone_of_face)


def test_a_ply_holds_every_map_and_is_read_again_as_a_body(treated, tmp_path):
    path = tmp_path / "maps.ply"
    write_maps(treated, path)
    head = path.read_bytes().split(b"end_header")[0].decode()
    assert all(f"comment unit of {key}: {unit}" in head for key, unit in UNITS.items())
    copy = path.rename(tmp_path / "copy.ply")  # what is written is not read as input in the same run
    raw = read_mesh(copy)
    np.testing.assert_allclose(raw.vertices, treated.surface.vertices)
    assert np.array_equal(raw.faces, treated.surface.faces)
    mesh = trimesh.load_mesh(copy, process=False)
    found = mesh.metadata["_ply_raw"]["face"]["data"]
    for key, values in treated.maps.named().items():
        np.testing.assert_allclose(np.ravel(found[key]), values, rtol=1e-6)


def test_a_glb_is_in_metres_and_has_one_colour_a_face(treated, tmp_path):
    write_maps(treated, tmp_path / "maps.glb", "untouched_share")
    (mesh,) = trimesh.load_scene(tmp_path / "maps.glb", process=False).geometry.values()
    assert len(mesh.faces) == len(treated.surface.faces)
    assert mesh.area * 1e6 == pytest.approx(treated.surface.face_area_mm2.sum(), rel=1e-4)
    colours = mesh.visual.vertex_colors[mesh.faces][:, :, :3]
    assert np.array_equal(colours, np.repeat(face_colours(treated, "untouched_share")[:, None], 3, axis=1))


@pytest.mark.parametrize("quantity", list(MAPPED))
def test_what_was_not_treated_is_grey_and_nothing_else(treated, quantity):
    colours = face_colours(treated, quantity)
    untreated = treated.surface.zone_of_face < 0
    grey = colours[untreated][0]
    assert (colours[untreated] == grey).all()
    known = np.isfinite(treated.maps.named()[quantity]) & (treated.maps.named()[quantity] >= 0)
    assert not (colours[known] == grey).all(axis=1).any()


def test_other_endings_and_quantities_are_refused_in_one_line(treated, tmp_path):
    with pytest.raises(InputError, match=r"\.ply, \.glb, \.vtp"):
        write_maps(treated, tmp_path / "maps.stl")
    with pytest.raises(InputError, match="quantity"):
        write_maps(treated, tmp_path / "maps.ply", "depth")
