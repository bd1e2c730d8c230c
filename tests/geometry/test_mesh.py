"""Meshes: watertight, of the right size, and still so when read back."""

import sys
import zipfile

import manifold3d
import numpy as np
import pytest
import trimesh
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.geometry.mesh import (
    ENDINGS,
    channels_mesh,
    export_mesh,
    joined,
    needles_mesh,
    roller_bodies,
    roller_mesh,
    skin_block,
)
from dermaroll.geometry.needle import needle_profile
from dermaroll.geometry.region import parse_region, rectangle

ROLLERS = ["mf-8", "c-8", "dts-540", "eye-60"]


def body_of(name, union):
    rng = np.random.default_rng(0)
    if name == "skin":
        return skin_block(site("cheek"), rectangle(20, 10), union=union)
    if name == "channels":
        depth = rng.uniform(20, 1500, 60)
        return channels_mesh(needle_profile(device("mf-8")), *rng.uniform(0, 3, (2, 60)), depth, union=union)
    return roller_mesh(device(name), handle=name == "mf-8", union=union)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("union", [False, True])
@pytest.mark.parametrize("name", [*ROLLERS, "skin", "channels"])
def test_watertight_when_read_back(name, union, ending, tmp_path):
    mesh = body_of(name, union)
    assert mesh.is_volume
    path = tmp_path / f"body{ending}"
    export_mesh(mesh, path)
    back = trimesh.load_mesh(path)
    assert back.is_watertight
    in_metres = 0.001 if ending == ".glb" else 1.0
    assert back.extents == pytest.approx(mesh.extents * in_metres, rel=1e-5)


@pytest.mark.parametrize("name", ROLLERS)
def test_needles_stand_where_the_drum_has_them(name):
    roller = device(name)
    tips = needles_mesh(roller).vertices.reshape(roller.needle_count, -1, 3)[:, 0]
    assert np.hypot(tips[:, 0], tips[:, 2]) == pytest.approx(roller.drum_radius_mm + roller.length_mm)
    assert len(np.unique(tips.round(6), axis=0)) == roller.needle_count


def test_union_is_one_body():
    assert roller_mesh(device("mf-8"), handle=True, union=True).body_count == 1
    assert skin_block(site("cheek"), rectangle(20, 20), union=True).body_count == 1


def test_volumes():
    block = skin_block(site("cheek"), rectangle(20, 10), union=True)
    depth = sum(layer.mean_um for layer in site("cheek").layers) / 1000
    assert block.volume == pytest.approx(200 * depth)
    drum = roller_mesh(device("mf-8"), union=True)
    needle = 0.25 * np.pi * 0.25**2 * 1.5
    assert np.pi * 100 * 20 * 0.998 < drum.volume < np.pi * 100 * 20 + 192 * needle


def test_skin_follows_the_region():
    region = parse_region("POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 6 4, 6 6, 4 6, 4 4))")
    block = skin_block(site("cheek"), region, union=True)
    assert block.volume == pytest.approx(96 * block.extents[2])


def test_overlapping_channels_join():
    profile = needle_profile(device("mf-8"))
    two = channels_mesh(profile, [0, 0.05], [0, 0], [800, 900], union=True)
    assert two.body_count == 1
    assert two.bounds[:, 2] == pytest.approx([-0.9, 0])


def test_export_says_what_is_missing(tmp_path, monkeypatch):
    mesh = body_of("c-8", union=False)
    with pytest.raises(InputError, match=r"\.stl, \.ply"):
        export_mesh(mesh, tmp_path / "roller.step")
    monkeypatch.setitem(sys.modules, "networkx", None)
    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(InputError, match=r"pip install 'dermaroll\[3mf\]'"):
        export_mesh(mesh, tmp_path / "roller.3mf")


@pytest.mark.parametrize("name", ["c-8", "eye-60"])
def test_a_roller_with_a_bore_turns_on_its_axle(name, tmp_path):
    roller = device(name)
    bodies = roller_bodies(roller, 4.0, handle=True)
    assert all(body.is_watertight and body.is_volume for body in bodies.values())
    solids = {
        key: manifold3d.Manifold(manifold3d.Mesh64(np.array(body.vertices), np.array(body.faces, dtype=np.uint64)))
        for key, body in bodies.items()
    }
    for turn in (0.0, 3.7):
        assert (solids["drum"].rotate((0, turn, 0)) ^ solids["handle"]).volume() == 0
    # The bore takes its cylinder, a polygon of 96 sides, out of the drum.
    solid = joined(roller_mesh(roller)).volume
    bored = 96 / 2 * np.sin(2 * np.pi / 96) * 2.0**2 * roller.drum_width_mm
    assert solid - bodies["drum"].volume == pytest.approx(bored, rel=1e-6)
    export_mesh(bodies, tmp_path / "both.3mf")
    again = trimesh.load(tmp_path / "both.3mf")
    assert set(again.geometry) == {"drum", "handle"}
    assert all(body.is_watertight for body in again.geometry.values())
    export_mesh(bodies, tmp_path / "both.stl")
    assert trimesh.load_mesh(tmp_path / "both.stl").is_watertight


@pytest.mark.parametrize("bore", [0.1, 19.5, float("nan")])
def test_a_bore_that_leaves_no_wall_or_no_axle_is_refused(bore):
    with pytest.raises(InputError, match=r"bore_mm = .* mm on this drum"):
        roller_bodies(device("mf-8"), bore)


def test_the_same_shape_gives_the_same_file(tmp_path):
    pytest.importorskip("lxml")
    mesh = trimesh.creation.box()
    for bodies in (mesh, {"drum": mesh, "handle": trimesh.creation.icosphere(1)}):
        for ending in ENDINGS:
            contents = []
            for folder in ("a", "b"):
                (tmp_path / folder).mkdir(exist_ok=True)
                path = tmp_path / folder / f"roller{ending}"
                export_mesh(bodies, path)
                contents.append(path.read_bytes())
                if ending == ".3mf":
                    with zipfile.ZipFile(path) as archive:
                        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert contents[0] == contents[1], ending
