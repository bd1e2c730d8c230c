"""Straightest paths over a triangle mesh: every path of a batch goes from face to face in step with the others.

In: a surface, and where and in which direction each path starts. Out: the pieces of every path, one a face that it
crosses. A path bends with the smooth surface that the facets stand for: from face to face its direction is carried
along the normals, as that of a geodesic is. Turned edge by edge, as if the faces were laid flat, it would see no
curvature between two rows of corners and run up to half an edge off the great circle of a sphere. At a border, and
where more than two faces meet, a path ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import Array, Flags, Ints, floats
from .body import Surface, crossed, unit_vectors

TINY = 1e-12
LEAST_UPRIGHT = 0.05  # cosine between a face and the smooth surface: beyond it the face stands alone
MOST_CROSSINGS = 200_000  # of edges by one path: a walk this long has lost its way


@dataclass(frozen=True)
class Ball:
    """Everything within a distance.

    Parameters
    ----------
    middle : (3,) float — its middle [mm]
    radius_mm : float — its radius [mm]

    """

    middle: Array
    radius_mm: float

    def holds(self, points: Array) -> Flags:
        """Return which points lie in it.

        Parameters
        ----------
        points : (n, 3) float array — anywhere [mm]

        """
        away = points - self.middle
        return np.asarray(np.einsum("ni,ni->n", away, away) <= self.radius_mm**2)


@dataclass(frozen=True)
class Pieces:
    """Straight pieces of paths, path by path and in order along each: (n,) arrays unless told otherwise.

    Parameters
    ----------
    path : (n,) int — number of the path [-]
    face : (n,) int — the face that the piece lies in [-]
    point : (n, 3) float — where it begins [mm]
    direction : (n, 3) float — of length one, in the plane of the face [-]
    arc_mm : (n,) float — length of the path at its beginning [mm]
    length_mm : (n,) float — its length [mm]
    ended_short : (paths,) bool — the path came to a border before its length [-]

    """

    path: Ints
    face: Ints
    point: Array
    direction: Array
    arc_mm: Array
    length_mm: Array
    ended_short: Flags


def corner_weights(surface: Surface, face: Ints, points: Array) -> Array:
    """Return the shares of a face's corners in points of its plane, (n, 3).

    Parameters
    ----------
    surface : Surface — the mesh [mm]
    face : (n,) int array — the faces [-]
    points : (n, 3) float array — one on each [mm]

    """
    corner = surface.vertices[surface.faces[face]]
    one, two, out = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0], points - corner[:, 0]
    a, b, c = (one * one).sum(1), (one * two).sum(1), (two * two).sum(1)
    d, e = (out * one).sum(1), (out * two).sum(1)
    det = np.where(np.abs(a * c - b * b) > 0, a * c - b * b, 1.0)
    second, third = (c * d - b * e) / det, (a * e - b * d) / det
    return np.stack([1 - second - third, second, third], axis=1)


def in_plane(surface: Surface, face: Ints, directions: Array) -> Array:
    """Return directions laid into the planes of faces and made length one, (n, 3).

    Parameters
    ----------
    surface : Surface — the mesh [mm]
    face : (n,) int array — the faces [-]
    directions : (n, 3) float array — any [-]

    """
    normal = surface.face_normal[face]
    return unit_vectors(directions - (directions * normal).sum(1)[:, None] * normal)


def trace(
    surface: Surface, face: Ints, points: Array, directions: Array, length_mm: Array, ball: Ball | None = None
) -> Pieces:
    """Follow paths straight ahead over the mesh.

    Parameters
    ----------
    surface : Surface — the mesh [mm]
    face : (n,) int array — on which face each path starts [-]
    points : (n, 3) float array — where it starts, on that face [mm]
    directions : (n, 3) float array — where it goes, laid into the face [-]
    length_mm : (n,) float array — how long each is to be [mm]
    ball : Ball or None — a path ends where it leaves it [mm]

    """
    here, weight = np.array(face), corner_weights(surface, face, points)
    # A start that rounding puts beside its face would leave the mesh at once.
    weight = np.clip(weight, 0.0, None)
    weight /= weight.sum(axis=1, keepdims=True)
    entry = np.full(here.size, -1)
    normal = surface.normals(here, weight)
    tangent = carried(in_plane(surface, here, directions), surface.face_normal[here], normal)
    arc, path, short = np.zeros(here.size), np.arange(here.size), np.zeros(here.size, dtype=bool)
    going = np.linalg.norm(tangent, axis=1) > 0
    short[~going] = True
    found: list[tuple[Array | Ints, ...]] = []
    for _ in range(MOST_CROSSINGS):
        here, weight, normal, tangent, entry, arc, path = (
            v[going] for v in (here, weight, normal, tangent, entry, arc, path)
        )
        if not here.size:
            break
        corner = surface.vertices[surface.faces[here]]
        heading = _heading(surface, here, corner, normal, tangent, entry)
        rate, out, step = _way_out(corner, weight, heading, entry)
        # The direction halfway through the face stands for all of it.
        left = length_mm[path] - arc
        half = np.clip(weight + rate * (np.minimum(step, left) / 2)[:, None], 0.0, None)
        there = surface.normals(here, half)
        heading = _heading(surface, here, corner, there, carried(tangent, normal, there), entry)
        rate, out, step = _way_out(corner, weight, heading, entry)
        done = step >= left
        walked = np.where(done, left, step)
        point = np.einsum("ni,nix->nx", weight, corner)
        found.append((path, here, point, heading, arc, walked))
        arc = arc + walked
        weight = np.clip(weight + rate * np.where(done, 0.0, walked)[:, None], 0.0, None)
        there = surface.normals(here, weight)
        tangent, normal = carried(tangent, normal, there), there
        if ball is not None:
            done |= ~ball.holds(point)
        beyond = surface.neighbours[here, out]
        short[path[~done & (beyond < 0)]] = True
        going = ~done & (beyond >= 0)
        entry, weight = _crossed(surface, here, beyond, out, weight, going)
        here = np.where(going, beyond, here)
    else:
        short[path] = True
    return _sorted(found, short)


def carried(tangent: Array, normal: Array, there: Array) -> Array:
    """Return tangents turned with the surface from one normal to another, the shortest way, (n, 3).

    Parameters
    ----------
    tangent : (n, 3) float array — directions, square to the first normal [-]
    normal, there : (n, 3) float array — normals here and there, of length one [-]

    """
    middle = normal + there
    double = (middle * middle).sum(1)  # 2 (1 + cosine); nothing is known of a turn by 180 degrees
    factor = 2 * (tangent * there).sum(1) / np.where(double > TINY, double, np.inf)
    return unit_vectors(tangent - factor[:, None] * middle)


def _heading(surface: Surface, face: Ints, corner: Array, normal: Array, level: Array, entry: Ints) -> Array:
    """Direction in the plane of faces that a tangent of the smooth surface makes, not back over the side of entry."""
    flat = surface.face_normal[face]
    upright = (normal * flat).sum(1)
    upright = np.where(np.abs(upright) > LEAST_UPRIGHT, upright, 1.0)
    heading = unit_vectors(level - ((level * flat).sum(1) / upright)[:, None] * normal)
    heading = unit_vectors(heading - (heading * flat).sum(1)[:, None] * flat)
    at = np.flatnonzero(entry >= 0)
    side = entry[at]
    start, stop = corner[at, (side + 1) % 3], corner[at, (side + 2) % 3]
    edge = unit_vectors(stop - start)
    inward = crossed(flat[at], edge)
    back = np.minimum((heading[at] * inward).sum(1), 0.0)
    heading[at] = unit_vectors(heading[at] - back[:, None] * inward)
    return heading


def _way_out(corner: Array, weight: Array, heading: Array, entry: Ints) -> tuple[Array, Ints, Array]:
    """Change of the corners' shares along a direction [1/mm], the side by which it leaves and the way there [mm]."""
    one, two = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    a, b, c = (one * one).sum(1), (one * two).sum(1), (two * two).sum(1)
    d, e = (heading * one).sum(1), (heading * two).sum(1)
    det = np.where(a * c - b * b > 0, a * c - b * b, 1.0)
    second, third = (c * d - b * e) / det, (a * e - b * d) / det
    rate = np.stack([-second - third, second, third], axis=1)
    rows = np.arange(entry.size)
    leaving = rate < -TINY
    leaving[rows[entry >= 0], entry[entry >= 0]] = False
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(leaving, weight / -rate, np.inf)
    out = np.argmin(distance, axis=1)
    return rate, out, distance[rows, out]


def _crossed(surface: Surface, here: Ints, beyond: Ints, out: Ints, weight: Array, going: Flags) -> tuple[Ints, Array]:
    """Side of entry and shares of the corners in the next face; as they are for paths that end."""
    entry, weight = np.full(here.size, -1), weight.copy()
    at = np.flatnonzero(going)
    rows = np.arange(at.size)
    old, new, side = surface.faces[here[at]], surface.faces[beyond[at]], out[at]
    shares = np.zeros((at.size, 3))
    slots = []
    for turn in (1, 2):
        corner = (side + turn) % 3
        slots.append(np.argmax(new == old[rows, corner][:, None], axis=1))
        shares[rows, slots[-1]] = weight[at][rows, corner]
    weight[at] = shares / np.maximum(shares.sum(axis=1, keepdims=True), TINY)
    entry[at] = 3 - slots[0] - slots[1]
    return entry, weight


def _sorted(found: list[tuple[Array | Ints, ...]], short: Flags) -> Pieces:
    if not found:
        none, nowhere = np.zeros(0, dtype=np.int64), np.zeros((0, 3))
        return Pieces(none, none, nowhere, nowhere, np.zeros(0), np.zeros(0), short)
    path, face, point, direction, arc, walked = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(path, kind="stable")
    return Pieces(
        path[order].astype(np.int64),
        face[order].astype(np.int64),
        floats(point[order]),
        floats(direction[order]),
        floats(arc[order]),
        floats(walked[order]),
        short,
    )
