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
from .body import Surface, unit_vectors

TINY = 1e-12
LEAST_UPRIGHT = 0.05  # cosine between a face and the smooth surface: beyond it the face stands alone
MOST_CROSSINGS = 200_000  # of edges by one path: a walk this long has lost its way


@dataclass(frozen=True)
class Ball:
    """Everything within a distance: one ball, or one for each of m paths.

    Parameters
    ----------
    middle : (m, 3) float — its middle [mm]
    radius_mm : (m,) float — its radius [mm]

    """

    middle: Array
    radius_mm: Array

    def take(self, rows: Ints) -> Ball:
        """Return the balls of some paths.

        Parameters
        ----------
        rows : (n,) int array — which [-]

        """
        return Ball(self.middle[rows], self.radius_mm[rows])

    def holds(self, points: Array, path: Ints) -> Flags:
        """Return which points lie in the ball of their path.

        Parameters
        ----------
        points : (n, 3) float array — anywhere [mm]
        path : (n,) int array — whose ball counts for each [-]

        """
        away = points - self.middle[path]
        return np.asarray(np.einsum("ni,ni->n", away, away) <= self.radius_mm[path] ** 2)


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
    ball : Ball or None — a path ends where it leaves its own [mm]

    """
    here, share = np.array(face), corner_weights(surface, face, points)
    # A start that rounding puts beside its face would leave the mesh at once.
    share = np.clip(share, 0.0, None)
    share /= share.sum(axis=1, keepdims=True)
    normal = surface.normals(here, share)
    tangent = carried(in_plane(surface, here, directions), surface.face_normal[here], normal)
    # From here on a row is a coordinate: operations run along the paths.
    share, normal, tangent = (np.ascontiguousarray(part.T) for part in (share, normal, tangent))
    entry, arc, path = np.full(here.size, -1), np.zeros(here.size), np.arange(here.size)
    short = np.zeros(here.size, dtype=bool)
    going = dotted(tangent, tangent) > 0
    short[~going] = True
    found: list[tuple[Array | Ints, ...]] = []
    for _ in range(MOST_CROSSINGS):
        if not going.all():
            here, entry, arc, path = here[going], entry[going], arc[going], path[going]
            share, normal, tangent = (part[:, going] for part in (share, normal, tangent))
        if not here.size:
            break
        facets = _Facets(surface, here)
        heading = facets.heading(normal, tangent, entry)
        rate, out, step = facets.way_out(share, heading, entry)
        # The direction halfway through the face stands for all of it.
        left = length_mm[path] - arc
        there = facets.normals(np.maximum(share + rate * (np.minimum(step, left) / 2), 0.0))
        heading = facets.heading(there, turned(tangent, normal, there), entry)
        rate, out, step = facets.way_out(share, heading, entry)
        done = step >= left
        walked = np.where(done, left, step)
        point = (facets.corner * share[:, None]).sum(axis=0)
        found.append((path, here, point, heading, arc, walked))
        arc = arc + walked
        share = np.maximum(share + rate * np.where(done, 0.0, walked), 0.0)
        there = facets.normals(share)
        tangent, normal = turned(tangent, normal, there), there
        if ball is not None:
            done |= ~ball.holds(point.T, path)
        beyond = surface.neighbours[here, out]
        short[path[~done & (beyond < 0)]] = True
        going = ~done & (beyond >= 0)
        entry, share = _crossed(surface, here, np.where(going, beyond, here), out, share)
        here = beyond
    else:
        short[path] = True
    return _sorted(found, short)


def dotted(one: Array, other: Array) -> Array:
    """Return the products of vectors whose coordinates are rows, (n,).

    Parameters
    ----------
    one, other : (3, n) float array — vectors [any]

    """
    return floats(one[0] * other[0] + one[1] * other[1] + one[2] * other[2])


def _at_length_one(vectors: Array) -> Array:
    length = np.sqrt(dotted(vectors, vectors))
    return floats(vectors / np.where(length > 0, length, 1.0))


def _square_to(one: Array, other: Array) -> Array:
    (a, b, c), (d, e, f) = one, other
    return np.stack([b * f - c * e, c * d - a * f, a * e - b * d])


def turned(tangent: Array, normal: Array, there: Array) -> Array:
    """Return tangents turned with the surface from one normal to another, the shortest way, (3, n).

    Parameters
    ----------
    tangent : (3, n) float array — directions, square to the first normal [-]
    normal, there : (3, n) float array — normals here and there, of length one [-]

    """
    middle = normal + there
    double = dotted(middle, middle)  # 2 (1 + cosine); nothing is known of a turn by 180 degrees
    return _at_length_one(tangent - 2 * dotted(tangent, there) / np.where(double > TINY, double, np.inf) * middle)


def carried(tangent: Array, normal: Array, there: Array) -> Array:
    """Return tangents turned as by `turned`, a vector a row, (n, 3).

    Parameters
    ----------
    tangent : (n, 3) float array — directions, square to the first normal [-]
    normal, there : (n, 3) float array — normals here and there, of length one [-]

    """
    return turned(tangent.T, normal.T, there.T).T


class _Facets:
    """The faces that paths are on: corners and their normals as (3 corners, 3 coordinates, n)."""

    def __init__(self, surface: Surface, face: Ints) -> None:
        corners = surface.faces[face].T
        self.corner = np.stack([surface.vertices[vertex].T for vertex in corners])
        self.normal = np.stack([surface.vertex_normal[vertex].T for vertex in corners])
        self.flat = np.ascontiguousarray(surface.face_normal[face].T)
        twice = 2 * surface.face_area_mm2[face]
        # How a corner's share grows along the face, square to the side opposite to it [1/mm].
        side = self.corner[[2, 0, 1]] - self.corner[[1, 2, 0]]
        self.inward = np.stack([_square_to(self.flat, each) for each in side]) / np.where(twice > 0, twice, 1.0)

    def normals(self, share: Array) -> Array:
        """Normals of the smooth surface, (3, n)."""
        return _at_length_one((self.normal * share[:, None]).sum(axis=0))

    def heading(self, normal: Array, level: Array, entry: Ints) -> Array:
        """Direction in the plane of the faces that a tangent of the smooth surface makes, not back over the entry."""
        upright = dotted(normal, self.flat)
        upright = np.where(np.abs(upright) > LEAST_UPRIGHT, upright, 1.0)
        heading = level - dotted(level, self.flat) / upright * normal
        heading = _at_length_one(heading - dotted(heading, self.flat) * self.flat)
        at = np.flatnonzero(entry >= 0)
        inward = self.inward[entry[at], :, at].T
        back = np.minimum(dotted(heading[:, at], inward), 0.0)
        if back.any():
            heading[:, at] -= back / np.maximum(dotted(inward, inward), TINY) * inward
            heading = _at_length_one(heading)
        return heading

    def way_out(self, share: Array, heading: Array, entry: Ints) -> tuple[Array, Ints, Array]:
        """Change of the corners' shares along a direction [1/mm], the side by which it leaves, the way there [mm]."""
        rate = np.stack([dotted(each, heading) for each in self.inward])
        leaving = (rate < -TINY) & (np.arange(3)[:, None] != entry)
        distance = np.divide(share, -rate, out=np.full_like(share, np.inf), where=leaving)
        out = np.argmin(distance, axis=0)
        return rate, out, distance.min(axis=0)


def _crossed(surface: Surface, here: Ints, beyond: Ints, out: Ints, share: Array) -> tuple[Ints, Array]:
    """Side of entry and shares of the corners in the next face."""
    paths = np.arange(here.size)
    old, new = surface.faces[here].T, surface.faces[beyond].T
    shares, entry = np.zeros_like(share), np.full(here.size, 3)
    for turn in (1, 2):
        corner = (out + turn) % 3
        slot = np.argmax(new == old[corner, paths], axis=0)
        shares[slot, paths] = share[corner, paths]
        entry -= slot
    return entry, shares / np.maximum(shares.sum(axis=0), TINY)


def _sorted(found: list[tuple[Array | Ints, ...]], short: Flags) -> Pieces:
    if not found:
        none, nowhere = np.zeros(0, dtype=np.int64), np.zeros((0, 3))
        return Pieces(none, none, nowhere, nowhere, np.zeros(0), np.zeros(0), short)
    path, face, point, direction, arc, walked = (np.concatenate(parts, axis=-1) for parts in zip(*found, strict=True))
    order = np.argsort(path, kind="stable")
    return Pieces(
        path[order].astype(np.int64),
        face[order].astype(np.int64),
        floats(point.T[order]),
        floats(direction.T[order]),
        floats(arc[order]),
        floats(walked[order]),
        short,
    )
