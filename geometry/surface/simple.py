"""Bodies of closed form: a plane, a cylinder and a sphere, to test against and to try things on.

Each has one zone. Triangles are nearly equilateral, and alternate, so that no direction is preferred.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil, pi

import numpy as np

from ...data.checks import Within
from ..arrays import Array, Ints, floats
from .body import Surface, Zone
from .refining import cut

Level = Callable[[Array], Array]  # of points: how far inside a border they lie
LENGTH = Within(0.1, 1e4, "mm")


def _grid_faces(rows: int, columns: int, *, closed: bool) -> Ints:
    """Triangles between the rows of a grid of vertices, anticlockwise; closed: over the last column too."""
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns - (not closed)), indexing="ij")
    here = row * columns + column
    right = row * columns + (column + 1) % columns
    above, across = here + columns, right + columns
    slanted = (row + column) % 2 == 0
    one = np.where(
        slanted[..., None], np.stack([here, right, across], axis=-1), np.stack([here, right, above], axis=-1)
    )
    two = np.where(
        slanted[..., None], np.stack([here, across, above], axis=-1), np.stack([right, across, above], axis=-1)
    )
    return np.concatenate([one.reshape(-1, 3), two.reshape(-1, 3)]).astype(np.int64)


def _ticks(length: float, edge: float) -> Array:
    return np.linspace(-length / 2, length / 2, max(1, ceil(length / edge)) + 1)


def _surface(
    name: str, vertices: Array, faces: Ints, borders: tuple[Level, ...], site: str, bone_depth_mm: float | None
) -> Surface:
    """A surface of one zone: where all levels are positive, triangles cut along its borders."""
    whole = Surface(name, vertices, faces, np.zeros(len(faces), dtype=np.int64), ())
    for level in borders:
        whole, inside = cut(whole, level(whole.vertices))
        whole = replace(whole, zone_of_face=np.where(inside, whole.zone_of_face, -1))
    return replace(whole, zones=(Zone(name, site, bone_depth_mm),))


def plane(
    width_mm: float = 60.0,
    height_mm: float = 60.0,
    *,
    margin_mm: float = 20.0,
    edge_mm: float = 2.0,
    site: str = "cheek",
    bone_depth_mm: float | None = None,
) -> Surface:
    """Return a plane that looks along z, its zone a rectangle about the origin.

    Parameters
    ----------
    width_mm, height_mm : float — sides of the zone along x and y [mm]
    margin_mm : float — skin on every side of the zone [mm]
    edge_mm : float — of the triangles, about [mm]
    site : str — whose skin it has [-]
    bone_depth_mm : float or None — depth to bone [mm]

    """
    beyond = _beyond(margin_mm, edge_mm)
    x, y = (
        np.unique(np.concatenate([_ticks(side, edge_mm), side / 2 + beyond, -side / 2 - beyond]))
        for side in (LENGTH.number("width_mm", width_mm), LENGTH.number("height_mm", height_mm))
    )
    grid_y, grid_x = np.meshgrid(y, x, indexing="ij")
    vertices = np.stack([grid_x.ravel(), grid_y.ravel(), np.zeros(grid_x.size)], axis=1)
    borders = (lambda at: width_mm / 2 - np.abs(at[:, 0]), lambda at: height_mm / 2 - np.abs(at[:, 1]))
    faces = _grid_faces(y.size, x.size, closed=False)
    return _surface("plane", vertices, faces, borders, site, bone_depth_mm)


def _beyond(margin: float, edge: float) -> Array:
    return np.linspace(0, margin, ceil(margin / edge) + 1)[1:] if margin > 0 else np.zeros(0)


def cylinder(
    radius_mm: float = 40.0,
    length_mm: float = 100.0,
    *,
    span_deg: float = 360.0,
    margin_mm: float = 20.0,
    edge_mm: float = 1.5,
    site: str = "forearm",
    bone_depth_mm: float | None = None,
) -> Surface:
    """Return a cylinder along y, its zone a strip that looks along z or the whole round.

    Parameters
    ----------
    radius_mm : float — its radius [mm]
    length_mm : float — length of the zone [mm]
    span_deg : float — part of the round that is zone [deg]
    margin_mm : float — skin beyond both ends of the zone [mm]
    edge_mm : float — of the triangles, about [mm]
    site : str — whose skin it has [-]
    bone_depth_mm : float or None — depth to bone [mm]

    """
    radius, length = LENGTH.number("radius_mm", radius_mm), LENGTH.number("length_mm", length_mm)
    span = Within(0, 360, "deg").number("span_deg", span_deg) * pi / 180
    columns = 2 * ceil(pi * radius / edge_mm)
    beyond = _beyond(margin_mm, edge_mm)
    y = np.unique(np.concatenate([_ticks(length, edge_mm), length / 2 + beyond, -length / 2 - beyond]))
    height, turn = np.meshgrid(y, 2 * pi * np.arange(columns) / columns - pi, indexing="ij")
    vertices = np.stack([radius * np.sin(turn), height, radius * np.cos(turn)], axis=-1).reshape(-1, 3)

    def beside(at: Array) -> Array:
        return radius * (span / 2 - np.abs(np.arctan2(at[:, 0], at[:, 2])))

    def between(at: Array) -> Array:
        return length / 2 - np.abs(at[:, 1])

    borders = (between,) if span > 2 * pi - 1e-9 else (between, beside)
    return _surface("cylinder", vertices, _grid_faces(y.size, columns, closed=True), borders, site, bone_depth_mm)


def sphere(
    radius_mm: float = 60.0,
    *,
    zone_deg: float = 60.0,
    edge_mm: float = 1.5,
    site: str = "forehead",
    bone_depth_mm: float | None = None,
) -> Surface:
    """Return a sphere, its zone a cap that looks along z.

    Parameters
    ----------
    radius_mm : float — its radius [mm]
    zone_deg : float — angle between the cap's middle and its border [deg]
    edge_mm : float — of the triangles, about [mm]
    site : str — whose skin it has [-]
    bone_depth_mm : float or None — depth to bone [mm]

    """
    radius = LENGTH.number("radius_mm", radius_mm)
    count = max(2, ceil(radius * pi / 2 / edge_mm))  # squares along a side of the cube that is blown up
    # Even angles instead of even lengths: the triangles then differ less in size.
    tick = np.tan(np.linspace(-pi / 4, pi / 4, count + 1))
    v, u = np.meshgrid(tick, tick, indexing="ij")
    side = np.stack([u.ravel(), v.ravel(), np.ones(u.size)], axis=1)
    turns = ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[-1, 0, 0], [0, 1, 0], [0, 0, -1]], [[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    more = ([[0, 0, -1], [0, 1, 0], [1, 0, 0]], [[1, 0, 0], [0, 0, 1], [0, -1, 0]], [[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    corners = np.concatenate([side @ np.array(turn, dtype=float).T for turn in (*turns, *more)])
    faces = np.concatenate([_grid_faces(count + 1, count + 1, closed=False) + part * u.size for part in range(6)])
    # Sides of the cube share their borders: the same corner is then one vertex.
    key = np.round(corners * 1e8).astype(np.int64)
    _, first, same = np.unique(key, axis=0, return_index=True, return_inverse=True)
    corners, faces = corners[first], same.ravel()[faces]
    vertices = radius * corners / np.linalg.norm(corners, axis=1, keepdims=True)

    def within(at: Array) -> Array:
        return floats(radius * (np.radians(zone_deg) - np.arccos(np.clip(at[:, 2] / radius, -1.0, 1.0))))

    return _surface("sphere", vertices, faces, (within,), site, bone_depth_mm)
