"""Watertight meshes of rollers, pens and stamps, the skin block and the channels, and their export.

Frame: skin surface at z = 0, z upwards, rolling along x, the axle along y; for the roller alone the axle is at z = 0,
for a pen or a stamp alone what rests on the skin: needles point down from there.
All lengths in mm. A mesh is a set of closed bodies; with `union` they are joined into one body by manifold3d.
"""

from __future__ import annotations

import re
import uuid
import zipfile
from importlib import import_module
from itertools import pairwise
from math import pi
from pathlib import Path

import manifold3d
import numpy as np
import trimesh
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ..data.arguments import named
from ..data.catalog import DeviceSpec, RollerSpec, SkinSite
from ..data.checks import InputError, refuse
from ..data.plates import PenSpec, StampSpec
from .arrays import Array, Ints, floats
from .drum import drum_layout
from .needle import NeedleProfile, needle_profile
from .plate import plate_places_mm
from .skin import interfaces_um, mean_thickness_um

ENDINGS = (".stl", ".ply", ".obj", ".glb", ".3mf")
SIDES = 16  # of a round needle: its area is then 2.6 % low, its look round
DRUM_SIDES = 96
BAR_SIDES = 32  # of what the hand holds, which is thinner and turns in nothing
SPHERE_LEVELS = np.array([0.05, 0.3, 1.0])  # of the tip's sphere, as shares of its height
NEEDLE_ROOT_MM = 0.3  # needles reach into the drum by this, so that flat facets leave no gap between them
LAYER_SEAM_MM = 0.001  # between the slabs of a skin block: touching faces would not be two closed bodies
# Booleans leave edges shorter than what STL's 32-bit numbers hold apart; below this length they are collapsed.
SHORTEST_EDGE_MM = 1e-5
UUID_WRITTEN = re.compile(rb"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b")
NAMED = (".3mf", ".glb")  # formats that keep bodies apart by name
CLEARANCE_MM = 0.2  # between axle and bore, all around: a printed axle then turns
LEAST_AXLE_MM, LEAST_WALL_MM = 0.5, 0.5  # radius of an axle; drum left between bore and the roots of the needles
FORK_GAP_MM = 1.0  # between the fork and the drum's ends
HANDLE_LENGTH_MM = 120.0  # Schwarz 2011
HANDLE_TILT_RAD = pi / 5
# Nobody publishes the outside of pens and stamps: they are drawn as they look, and no number is taken from it.
RIM_MM, WALL_MM, CARTRIDGE_MM = 0.4, 0.8, 12.0  # around the needles: gap, wall, and length of a pen's cartridge
BARREL_MM = (8.5, 105.0)  # radius and length of a pen
PLATE_MM, STEM_MM, KNOB_MM = 2.5, (3.0, 30.0), (7.0, 10.0)  # of a stamp: thickness; radius and length


def _section(profile: NeedleProfile) -> Array:
    """Corners of a section of unit half-width: a circle, or the two half-widths of a disc's tooth."""
    if profile.sheet_thickness_mm is not None:
        return np.array([(1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)])
    turn = 2 * pi * np.arange(SIDES) / SIDES
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def _spindle_faces(sides: int, levels: int) -> Ints:
    """Triangles of a closed body: tip, `levels` rings of `sides` corners, middle of the flat end."""
    corner = np.arange(sides)
    after = (corner + 1) % sides
    tip, end = 0, 1 + sides * levels
    first, last = 1, 1 + sides * (levels - 1)
    fans = [
        np.stack([np.full(sides, tip), first + after, first + corner], axis=1),
        np.stack([np.full(sides, end), last + corner, last + after], axis=1),
    ]
    lower = (1 + sides * np.arange(levels - 1))[:, None]
    upper = lower + sides
    walls = [
        np.stack([lower + corner, lower + after, upper + after], axis=2),
        np.stack([lower + corner, upper + after, upper + corner], axis=2),
    ]
    return np.concatenate([*fans, *(wall.reshape(-1, 3) for wall in walls)])


def _spindles(profile: NeedleProfile, depth: Array) -> tuple[Array, Ints]:
    """Needle-shaped bodies with their tips at the origin, up to distance `depth` from it; (n, corners, 3) and faces."""
    sphere = profile.sphere_end_mm * SPHERE_LEVELS
    # One level between sphere and end: where the cone ends, or anywhere on it, so that all bodies have equal faces.
    between = np.where(depth > profile.cone_end_mm, profile.cone_end_mm, (profile.sphere_end_mm + depth) / 2)
    levels = np.stack([*np.broadcast_to(sphere[:, None], (sphere.size, depth.size)), between, depth], axis=1)
    section = _section(profile)
    rings = np.empty((*levels.shape, len(section), 3))
    width = profile.half_width(levels)[:, :, None]
    rings[..., 0] = width * section[:, 0]
    rings[..., 1] = (width if profile.sheet_thickness_mm is None else profile.sheet_thickness_mm / 2) * section[:, 1]
    rings[..., 2] = levels[:, :, None]
    vertices = np.zeros((depth.size, 2 + levels.shape[1] * len(section), 3))
    vertices[:, 1:-1] = rings.reshape(depth.size, -1, 3)
    vertices[:, -1, 2] = depth
    return vertices, _spindle_faces(len(section), levels.shape[1])


def _repeated(vertices: Array, faces: Ints) -> trimesh.Trimesh:
    """One mesh of many bodies of the same faces, (n, corners, 3)."""
    count, corners, _ = vertices.shape
    all_faces = faces + corners * np.arange(count)[:, None, None]
    return trimesh.Trimesh(vertices.reshape(-1, 3), all_faces.reshape(-1, 3), process=False)


def needles_mesh(roller: DeviceSpec) -> trimesh.Trimesh:
    """Return all needles of a device, as closed bodies that reach a little into drum or plate.

    Parameters
    ----------
    roller : DeviceSpec — the device [mm]

    """
    profile = needle_profile(roller)
    root = profile.length_mm + NEEDLE_ROOT_MM
    vertices, faces = _spindles(profile, np.array([root]))
    if not isinstance(roller, RollerSpec):
        middle = np.pad(plate_places_mm(roller), ((0, 0), (0, 1)), constant_values=-roller.length_mm)
        return _repeated(vertices[0] + middle[:, None, :], faces)
    layout = drum_layout(roller)
    # A needle at angle 0 points straight down; it turns towards +x.
    outward = -(roller.drum_radius_mm + roller.length_mm) + vertices[0, :, 2]
    cos, sin = np.cos(layout.angle_rad)[:, None], np.sin(layout.angle_rad)[:, None]
    placed = np.empty((layout.ring.size, *vertices.shape[1:]))
    placed[..., 0] = vertices[0, :, 0] * cos - outward * sin
    placed[..., 1] = vertices[0, :, 1] + layout.along_axle_mm[:, None]
    placed[..., 2] = vertices[0, :, 0] * sin + outward * cos
    return _repeated(placed, faces)


def drum_mesh(roller: DeviceSpec) -> trimesh.Trimesh:
    """Return the bare drum, a closed cylinder along y; of a pen its cartridge, of a stamp its plate.

    Parameters
    ----------
    roller : DeviceSpec — the device [mm]

    """
    if not isinstance(roller, RollerSpec):
        return _cartridge(roller) if isinstance(roller, PenSpec) else _plate(roller)
    return _bar(roller.drum_radius_mm, (0, -roller.drum_width_mm / 2, 0), (0, roller.drum_width_mm / 2, 0))


def _cartridge(pen: PenSpec) -> trimesh.Trimesh:
    """A tube whose rim is the guide ring, and in it the plate, driven out as far as it goes."""
    inner = pen.plate_width_mm / 2 + RIM_MM
    tube = trimesh.creation.annulus(inner, inner + WALL_MM, height=CARTRIDGE_MM, sections=DRUM_SIDES)
    tube.apply_translation((0, 0, CARTRIDGE_MM / 2))
    # The plate's face stands level with the rim: what is out beyond it is the protrusion.
    piston = _bar(inner - RIM_MM / 2, (0, 0, 0), (0, 0, CARTRIDGE_MM - 1))
    return trimesh.util.concatenate([tube, piston])


def _plate(stamp: StampSpec) -> trimesh.Trimesh:
    """The plate that lies on the skin: as wide as its needles' field."""
    if stamp.plate_length_mm is None:
        return _bar(stamp.plate_width_mm / 2, (0, 0, 0), (0, 0, PLATE_MM))
    block = trimesh.creation.box((stamp.plate_length_mm, stamp.plate_width_mm, PLATE_MM))
    block.apply_translation((0, 0, PLATE_MM / 2))
    return block


def _upright(device: PenSpec | StampSpec) -> trimesh.Trimesh:
    """A pen's barrel, narrowing to its cartridge; a stamp's stem and knob."""
    if isinstance(device, PenSpec):
        radius, length = BARREL_MM
        outer = device.plate_width_mm / 2 + RIM_MM + WALL_MM
        low, shoulder = CARTRIDGE_MM - 1.5, CARTRIDGE_MM + 14.0
        outline = [(0, low), (outer + 0.4, low), (outer + 0.4, low + 3), (radius, shoulder), (radius, low + length)]
        outline += [(radius - 1.5, low + length + 2), (0, low + length + 2)]
        return trimesh.creation.revolve(np.array(outline), sections=DRUM_SIDES)
    (stem, tall), (knob, thick) = STEM_MM, KNOB_MM
    up = PLATE_MM + tall
    return trimesh.util.concatenate(
        [_bar(stem, (0, 0, PLATE_MM - 0.5), (0, 0, up)), _bar(knob, (0, 0, up - 0.5), (0, 0, up + thick))]
    )


def handle_mesh(roller: DeviceSpec, *, axle_radius_mm: float | None = None) -> trimesh.Trimesh:
    """Return what the hand holds, as closed bodies that overlap each other, and what they carry unless it has a bore.

    Parameters
    ----------
    roller : DeviceSpec — the device [mm]
    axle_radius_mm : float or None — of an axle that turns in a bore, with a fork that keeps clear of the drum [mm]

    """
    if not isinstance(roller, RollerSpec):
        return _upright(roller)
    thin, thick = 0.12 * roller.drum_radius_mm, 0.45 * roller.drum_radius_mm
    turns = axle_radius_mm is not None
    side = roller.drum_width_mm / 2 + (FORK_GAP_MM + thin if turns else 2.5)
    out = roller.drum_radius_mm + roller.length_mm + 6 + (thin if turns else 0.0)
    along = np.array([-np.sin(HANDLE_TILT_RAD), 0.0, np.cos(HANDLE_TILT_RAD)])
    axle = thin if axle_radius_mm is None else axle_radius_mm
    fork = [
        _bar(axle, (0, -side - thin / 2, 0), (0, side + thin / 2, 0)),
        *(_bar(thin, place, out * along + place, BAR_SIDES) for place in ((0, -side, 0), (0, side, 0))),
        _bar(1.01 * thin, out * along + (0, -side - thin, 0), out * along + (0, side + thin, 0), BAR_SIDES),
        _bar(thick, (out - thin / 2) * along, (out + HANDLE_LENGTH_MM) * along, BAR_SIDES),
    ]
    return trimesh.util.concatenate(fork)


def roller_bodies(roller: RollerSpec, bore_mm: float, *, handle: bool = False) -> dict[str, trimesh.Trimesh]:
    """Return a roller that can be made: the drum with its needles and a bore, and a handle whose axle turns in it.

    Parameters
    ----------
    roller : RollerSpec — the device [mm]
    bore_mm : float — diameter of the bore; the axle is thinner by `CLEARANCE_MM` all around [mm]
    handle : bool — with the handle, a body of its own [-]

    Raises
    ------
    InputError
        For a bore that leaves no wall under the needles, or no axle.

    """
    widest = 2 * (roller.drum_radius_mm - NEEDLE_ROOT_MM - LEAST_WALL_MM)
    narrowest = 2 * (CLEARANCE_MM + LEAST_AXLE_MM)
    if not narrowest <= bore_mm <= widest:
        raise refuse("bore_mm", bore_mm, f"between {narrowest:g} and {widest:g} mm on this drum")
    reach = roller.drum_width_mm
    bore = _bar(bore_mm / 2, (0, -reach, 0), (0, reach, 0))
    whole = _manifold(joined(roller_mesh(roller)))
    bodies = {"drum": _from_manifold(whole - _manifold(bore))}
    if handle:
        # A polygon's sides lie inside its circle: the axle is held within the bore's, corners and all.
        turning = bore_mm / 2 * float(np.cos(pi / DRUM_SIDES)) - CLEARANCE_MM
        bodies["handle"] = joined(handle_mesh(roller, axle_radius_mm=turning))
    return bodies


def _bar(radius: float, start: ArrayLike, stop: ArrayLike, sides: int = DRUM_SIDES) -> trimesh.Trimesh:
    segment = np.array([start, stop], dtype=np.float64)
    return trimesh.creation.cylinder(radius=radius, segment=segment, sections=sides)


@named
def roller_mesh(roller: DeviceSpec, *, handle: bool = False, union: bool = False) -> trimesh.Trimesh:
    """Return the roller with its axle through the origin, along y, or a pen or stamp resting on z = 0.

    Parameters
    ----------
    roller : DeviceSpec — the device [mm]
    handle : bool — with what the hand holds [-]
    union : bool — as one body; otherwise drum, or plate, and needles are closed bodies that overlap [-]

    """
    parts = [drum_mesh(roller), needles_mesh(roller)] + ([handle_mesh(roller)] if handle else [])
    whole = trimesh.util.concatenate(parts)
    return joined(whole) if union else whole


@named
def skin_block(site: SkinSite, region: Polygon, *, union: bool = False) -> trimesh.Trimesh:
    """Return the layers under a region, at their mean thickness, surface at z = 0.

    Parameters
    ----------
    site : SkinSite — the skin [um]
    region : shapely Polygon — its outline [mm]
    union : bool — as one body; otherwise one closed slab a layer, 1 um apart [-]

    """
    edges = interfaces_um(mean_thickness_um(site)) / 1000
    if union:
        return layer_slab(region, 0.0, edges[-1])
    slabs = [layer_slab(region, top, bottom - LAYER_SEAM_MM) for top, bottom in pairwise(edges)]
    return trimesh.util.concatenate(slabs)


def layer_slab(region: Polygon, top_mm: float, bottom_mm: float) -> trimesh.Trimesh:
    """Return a closed slab under a region, between two depths.

    Parameters
    ----------
    region : shapely Polygon — outline, holes allowed [mm]
    top_mm, bottom_mm : float — depths, bottom below top [mm]

    """
    rings = [np.asarray(ring.coords)[:-1, :2] for ring in (region.exterior, *region.interiors)]
    outline = manifold3d.CrossSection(rings, manifold3d.FillRule.EvenOdd)
    slab = outline.extrude(bottom_mm - top_mm).translate((0.0, 0.0, -bottom_mm))
    return _from_manifold(slab)


@named
def channels_mesh(
    profile: NeedleProfile, x_mm: ArrayLike, y_mm: ArrayLike, depth_um: ArrayLike, *, union: bool = False
) -> trimesh.Trimesh:
    """Return the channels as closed bodies with their flat ends in the surface, z = 0; vertices in channel order.

    Parameters
    ----------
    profile : NeedleProfile — the needle that made them [mm]
    x_mm, y_mm : (n,) float array — centres [mm]
    depth_um : (n,) float array — depth of the tips, above 0 [um]
    union : bool — overlapping channels joined [-]

    """
    x, y, depth = (floats(value) for value in (x_mm, y_mm, depth_um))
    depth = np.maximum(depth / 1000, 1.5 * profile.sphere_end_mm)
    vertices, faces = _spindles(profile, depth)
    whole = _repeated(vertices + np.stack([x, y, -depth], axis=1)[:, None, :], faces)
    return joined(whole) if union else whole


def joined(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """Return the union of all closed bodies of a mesh, still watertight once written and read back.

    Parameters
    ----------
    mesh : Trimesh — closed bodies, which may overlap [mm]

    """
    parts = [_manifold(body) for body in mesh.split(only_watertight=True)]
    return _from_manifold(manifold3d.Manifold.batch_boolean(parts, manifold3d.OpType.Add))


def _manifold(mesh: trimesh.Trimesh) -> manifold3d.Manifold:
    return manifold3d.Manifold(manifold3d.Mesh64(np.array(mesh.vertices), np.array(mesh.faces, dtype=np.uint64)))


def _from_manifold(body: manifold3d.Manifold) -> trimesh.Trimesh:
    mesh = body.simplify(SHORTEST_EDGE_MM).to_mesh64()
    return trimesh.Trimesh(mesh.vert_properties[:, :3], mesh.tri_verts.astype(np.int64), process=False)


def export_mesh(mesh: trimesh.Trimesh | dict[str, trimesh.Trimesh], path: str | Path) -> None:
    """Write a mesh; the ending decides the format. Millimetres, but metres for GLB, whose unit that is.

    Parameters
    ----------
    mesh : Trimesh, or dict of Trimesh — what to write; bodies by name are objects of their own in 3MF and GLB [mm]
    path : str or Path — .stl, .ply, .obj, .glb or .3mf [-]

    Raises
    ------
    InputError
        For another ending, or for 3MF without its packages.

    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        raise refuse("output", str(path), f"a name that ends in {', '.join(ENDINGS)}")
    if ending == ".3mf":
        # Asked before the file is opened: trimesh would find out with half of it written.
        try:
            import_module("lxml")
            import_module("networkx")
        except ImportError as error:
            raise InputError("3MF needs two more packages: pip install 'dermaroll[3mf]'") from error
    scale = 0.001 if ending == ".glb" else 1.0
    bodies = mesh if isinstance(mesh, dict) else {"": mesh}
    bare = {name: trimesh.Trimesh(one.vertices * scale, one.faces, process=False) for name, one in bodies.items()}
    if len(bare) > 1 and ending in NAMED:
        scene = trimesh.Scene()
        for name, one in bare.items():
            scene.add_geometry(one, node_name=name, geom_name=name)
        scene.export(str(path), file_type=ending[1:])
    else:
        trimesh.util.concatenate(list(bare.values())).export(str(path), file_type=ending[1:])
    if ending == ".3mf":
        _settle(Path(path))


def _settle(path: Path) -> None:
    """Take time and chance out of a 3MF: the same shape gives the same bytes."""
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    seen: dict[bytes, bytes] = {}

    def settled(found: re.Match[bytes]) -> bytes:
        return seen.setdefault(found[0], str(uuid.UUID(int=len(seen) + 1)).encode())

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name), UUID_WRITTEN.sub(settled, content), zipfile.ZIP_DEFLATED)
