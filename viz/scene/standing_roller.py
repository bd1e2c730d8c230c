"""A roller that stands on a body, and the body cut through under its axle: rings that are off the skin show at once.

In: a roller, where it stands, the body's mesh. Out: its pose, its parts on a plotter, the section under it and where to
look at that from. Skin is drawn as it is without the roller: where the drum lies in it, it has pushed it in.
"""

from __future__ import annotations

import numpy as np
import pyvista
import trimesh
from numpy.typing import ArrayLike

from ...data.catalog import RollerSpec
from ...geometry.arrays import Array, Flags, floats
from ...geometry.drum import ring_places_mm, row_pitch_mm
from ...geometry.mesh import drum_mesh, handle_mesh, needles_mesh
from ...geometry.surface.body import Surface, crossed, unit_vectors
from ..palette import DRUM, HANDLE, MARK, STEEL
from .cameras import Stand

ACROSS_MM = 0.25  # between points of the profile
ABOVE_MM, BELOW_MM = 15.0, 90.0  # of the tangent plane: where skin is looked for
STEEPEST_MM = 4.0  # from a point of the profile to the next: a longer step down is another part of the body
GROUND_MM = 7.0  # of the section below the lowest point that matters
ROOM_MM = 7.0  # beside the drum, on both sides
BAND_SIDES = 96
ROLLER_PARTS = ("drum", "bands", "needles", "needles off the skin", "handle")  # names of its actors
SEEN_SHARE = 0.6  # of the drum's radius: as much as is seen above the axle
BAND_SHARE, BAND_MM = 0.4, 0.03  # of the way to the next ring, and over the drum: bands that show which rings are meant


def roller_pose(
    point: ArrayLike,
    tangent: ArrayLike,
    normal: ArrayLike,
    axle_height_mm: float,
    turn_rad: float = 0.0,
    tilt_rad: float = 0.0,
) -> Array:
    """Return the matrix that puts a roller on a body, (4, 4).

    Parameters
    ----------
    point : (3,) float array — point of the stroke under the axle's middle [mm]
    tangent : (3,) float array — direction of rolling [-]
    normal : (3,) float array — outward [-]
    axle_height_mm : float — of the axle over the point [mm]
    turn_rad : float — of the drum about its axle, in the way that it rolls [rad]
    tilt_rad : float — of the axle about the stroke: its left end, seen along the stroke, goes up [rad]

    """
    ahead, up = unit_vectors(tangent), unit_vectors(normal)
    left = crossed(up[None], ahead[None])[0]
    axle = np.cos(tilt_rad) * left + np.sin(tilt_rad) * up
    over = crossed(ahead[None], axle[None])[0]
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([cos * ahead - sin * over, axle, sin * ahead + cos * over], axis=1)
    matrix[:3, 3] = floats(point) + axle_height_mm * up
    return matrix


def axes_of(body: Surface, pose: Array) -> Array:
    """Return the directions of a standing roller, (3, 3): along the axle, ahead, up, however far its drum has turned.

    Parameters
    ----------
    body : Surface — on which it stands [mm]
    pose : (4, 4) float — of the roller [mm]

    """
    corner = np.argmin(np.linalg.norm(body.vertices - pose[:3, 3], axis=1))
    axle = pose[:3, 1]
    ahead = unit_vectors(crossed(axle[None], body.vertex_normal[corner][None])[0])
    return floats(np.stack([axle, ahead, np.cross(ahead, axle)]))


def add_roller(plotter: pyvista.Plotter, roller: RollerSpec, pose: Array, axes: Array, lifted: Flags | None) -> None:
    """Draw a roller: its drum, its needles, those of rings that are off the skin in another colour, its handle.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    roller : RollerSpec — the device [mm]
    pose : (4, 4) float — where it stands [mm]
    axes : (3, 3) float — from `axes_of` [-]
    lifted : (J,) bool or None — rings that are off the skin [-]

    """
    # The hand holds the handle as it is, however far the drum has turned.
    held = pose.copy()
    held[:3, 0], held[:3, 2] = axes[1], axes[2]
    needles = needles_mesh(roller)
    rings = needles.faces.reshape(roller.rows, -1, 3)  # ring after ring
    off = np.zeros(len(rings), dtype=bool) if lifted is None else np.asarray(lifted, dtype=bool)
    drum, handle = drum_mesh(roller), handle_mesh(roller)
    bands = _bands(roller, off)
    parts = (
        (drum, drum.faces, DRUM, pose),
        (bands, bands.faces, MARK, pose),
        (needles, rings[~off].reshape(-1, 3), STEEL, pose),
        (needles, rings[off].reshape(-1, 3), MARK, pose),
        (handle, handle.faces, HANDLE, held),
    )
    for name, (mesh, faces, colour, matrix) in zip(ROLLER_PARTS, parts, strict=True):
        if not len(faces):
            continue
        body = pyvista.PolyData.from_regular_faces(mesh.vertices, faces)
        body = body.compute_normals(split_vertices=True, feature_angle=30.0)
        actor = plotter.add_mesh(
            body, color=colour, specular=0.35, specular_power=25, name=name, pickable=False, render=False
        )
        actor.prop.interpolation = "Phong"
        actor.user_matrix = matrix


def _bands(roller: RollerSpec, off: Flags) -> trimesh.Trimesh:
    """Bands around the drum under some of its rings."""
    wide = BAND_SHARE * row_pitch_mm(roller)
    places = ring_places_mm(roller)[off]
    radius = roller.drum_radius_mm + BAND_MM
    bands = [_tube(radius, place - wide / 2, place + wide / 2) for place in places]
    return trimesh.util.concatenate(bands) if bands else trimesh.Trimesh()


def _tube(radius: float, low: float, high: float) -> trimesh.Trimesh:
    """A tube along y without ends."""
    angle = np.linspace(0, 2 * np.pi, BAND_SIDES, endpoint=False)
    circle = radius * np.stack([np.sin(angle), np.zeros(BAND_SIDES), np.cos(angle)], axis=1)
    vertices = np.concatenate([circle + np.array([0, end, 0]) for end in (low, high)])
    first = np.arange(BAND_SIDES)
    after = (first + 1) % BAND_SIDES
    quads = np.stack([first, first + BAND_SIDES, after + BAND_SIDES, after], axis=1)
    return trimesh.Trimesh(vertices, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]]), process=False)


def roller_points(roller: RollerSpec, pose: Array, axes: Array) -> Array:
    """Return the points of a standing roller that a picture must hold, (n, 3) [mm].

    Parameters
    ----------
    roller : RollerSpec — the device [mm]
    pose : (4, 4) float — where it stands [mm]
    axes : (3, 3) float — from `axes_of` [-]

    """
    turned = np.stack([axes[1], axes[0], axes[2]])
    return floats(handle_mesh(roller).vertices @ turned + pose[:3, 3])


def profile_mm(mesh: pyvista.PolyData, pose: Array, axes: Array, reach_mm: float) -> Array:
    """Return the skin under an axle, (n, 2): place along it, and height over it (below 0), as far as there is skin.

    Parameters
    ----------
    mesh : PolyData — the body [mm]
    pose : (4, 4) float — of the roller [mm]
    axes : (3, 3) float — from `axes_of` [-]
    reach_mm : float — from the axle's middle to both sides [mm]

    """
    count = int(np.ceil(reach_mm / ACROSS_MM))
    places = np.arange(-count, count + 1) * (reach_mm / count)
    heights = np.full(places.size, np.nan)
    for number, place in enumerate(places):
        foot = pose[:3, 3] + place * axes[0]
        met, _ = mesh.ray_trace(foot + ABOVE_MM * axes[2], foot - BELOW_MM * axes[2], first_point=True)
        if len(met):
            heights[number] = (np.reshape(met, (-1, 3))[0] - foot) @ axes[2]
    # From the middle outwards until the skin ends, or falls away to another part.
    broken = ~np.isfinite(heights[1:]) | ~np.isfinite(heights[:-1])
    broken |= np.abs(np.nan_to_num(np.diff(heights))) > STEEPEST_MM
    right = count + int(np.argmax(np.append(broken[count:], True)))
    left = count - int(np.argmax(np.append(broken[:count][::-1], True)))
    return floats(np.stack([places[left : right + 1], heights[left : right + 1]], axis=1))


def cut_open(mesh: pyvista.PolyData, pose: Array, axes: Array) -> pyvista.PolyData:
    """Return the part of a body that lies behind the axle.

    Parameters
    ----------
    mesh : PolyData — the body [mm]
    pose : (4, 4) float — of the roller [mm]
    axes : (3, 3) float — from `axes_of` [-]

    """
    behind: pyvista.PolyData = mesh.clip(normal=axes[1], origin=pose[:3, 3], invert=True)
    return behind


def section_mesh(
    profile: Array, pose: Array, axes: Array, floor_mm: float
) -> tuple[pyvista.PolyData, pyvista.PolyData]:
    """Return the section under a profile as a flat body, and its upper edge as a line.

    Parameters
    ----------
    profile : (n, 2) float — from `profile_mm` [mm]
    pose : (4, 4) float — of the roller [mm]
    axes : (3, 3) float — from `axes_of` [-]
    floor_mm : float — height of its lower edge over the axle, below 0 [mm]

    """
    upper = pose[:3, 3] + profile[:, :1] * axes[0] + profile[:, 1:] * axes[2]
    lower = pose[:3, 3] + profile[:, :1] * axes[0] + np.minimum(floor_mm, profile[:, 1:]) * axes[2]
    first = np.arange(len(profile) - 1)
    count = len(profile)
    quads = np.stack([np.full(first.size, 4), first, first + 1, first + 1 + count, first + count], axis=1)
    body = pyvista.PolyData(np.concatenate([upper, lower]), faces=quads.ravel())
    return body, pyvista.lines_from_points(upper + 0.05 * axes[1])


def stand_before(roller: RollerSpec, pose: Array, axes: Array) -> tuple[Stand, Array, float]:
    """Return where to look from, the points that must be seen, and the height of the picture's foot over the axle.

    Parameters
    ----------
    roller : RollerSpec — the device [mm]
    pose : (4, 4) float — of the roller [mm]
    axes : (3, 3) float — from `axes_of` [-]

    """
    reach = roller.drum_radius_mm + roller.length_mm
    half, floor = roller.drum_width_mm / 2 + ROOM_MM, -(reach + GROUND_MM)
    box = [
        pose[:3, 3] + aside * half * axes[0] + height * axes[2]
        for aside in (-1, 1)
        for height in (floor, SEEN_SHARE * roller.drum_radius_mm)
    ]
    return Stand("under the roller", tuple(axes[1]), up=tuple(axes[2]), parallel=True), np.array(box), floor
