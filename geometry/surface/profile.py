"""What lies under a drum: how far the surface drops below its tangent plane around points of it, and its curvature.

In: a surface, points on it with a tangent and a normal, and places along the tangent (x) and across it (y). Out: drops,
read off the mesh by walking from the point over the faces, so that only skin that hangs together with the point counts
and never a far side; between the corners of a face the smooth surface is taken (`Surface.raised`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...data.checks import InputError
from ..arrays import Array, Flags, Ints, floats
from .body import Surface, crossed
from .locate import nearest

INSIDE = -1e-9  # share of a corner down to which a place counts as on the face
MOST_FACES = 400  # walked over from one place to the next
STEEPEST_COSINE = 0.02  # between a face's normal and that of the tangent plane: skin beyond hangs over
LEAST_UPRIGHT = 0.1  # cosine: on skin steeper than this the height over a facet is not drawn out further
CURVATURE_REACH_MM = 3.0
AT_ONCE = 1 << 18  # walks


def drops(
    surface: Surface,
    origin: ArrayLike,
    tangent: ArrayLike,
    normal: ArrayLike,
    x_mm: ArrayLike,
    y_mm: ArrayLike,
    *,
    face: Ints | None = None,
    across: tuple[Ints, Flags] | None = None,
) -> Array:
    """Return how far the surface lies below the tangent planes of points, (K, X, Y).

    Parameters
    ----------
    surface : Surface — the body [mm]
    origin : (K, 3) float array — points on it [mm]
    tangent : (K, 3) float array — direction of x, square to the normal, of length one [-]
    normal : (K, 3) float array — outward, of length one [-]
    x_mm : (X,) float array — places along the tangent [mm]
    y_mm : (Y,) float array — places across, to the left of the tangent seen from outside [mm]
    face : (K,) int array or None — faces of the points; None: they are looked for [-]
    across : (K, Y) int and bool arrays or None — as `walked_across` returns them; None: walked here [-]

    Returns
    -------
    (K, X, Y) float — drop below the plane, negative where the surface rises above it; NaN where no skin hangs together
        with the point below that place [mm]

    Raises
    ------
    InputError
        For points that are not numbers and faces that the surface does not have.

    """
    place, along, facing = (floats(value).reshape(-1, 3) for value in (origin, tangent, normal))
    x, y = floats(x_mm).ravel(), floats(y_mm).ravel()
    if not all(np.isfinite(values).all() for values in (place, along, facing, x, y)):
        raise InputError("a point, direction or place under the drum is not a finite number; allowed: numbers in mm")
    begin = nearest(surface, place)[0] if face is None else np.asarray(face, dtype=np.int64).ravel()
    if begin.size and not (begin.min() >= 0 and begin.max() < len(surface.faces)):
        raise InputError(f"a face under the drum is not one of the {len(surface.faces)} of {surface.name}")
    result = np.empty((len(place), x.size, y.size))
    rows = max(1, AT_ONCE // max(1, y.size))
    for first in range(0, len(place), rows):
        part = slice(first, first + rows)
        walk = _Walk(surface, place[part], along[part], facing[part])
        spine = _spine(walk, begin[part], y) if across is None else (across[0][part], across[1][part])
        result[part] = _on_grid(walk, *spine, x, y)
    return result


def walked_across(
    surface: Surface, origin: Array, tangent: Array, normal: Array, y_mm: Array, face: Ints
) -> tuple[Ints, Flags]:
    """Return the faces below places across points, and whether skin hangs together up to there, (K, Y) each.

    Parameters
    ----------
    surface : Surface — the body [mm]
    origin : (K, 3) float — points on it [mm]
    tangent : (K, 3) float — along the stroke, square to the normal, of length one [-]
    normal : (K, 3) float — outward, of length one [-]
    y_mm : (Y,) float — places across, to the left of the tangent seen from outside [mm]
    face : (K,) int — faces of the points [-]

    """
    return _spine(_Walk(surface, origin, tangent, normal), face, y_mm)


def under_places(
    surface: Surface, origin: Array, tangent: Array, normal: Array, face: Ints, row: Ints, x_mm: Array, y_mm: Array
) -> tuple[Array, Ints, Array]:
    """Return what lies below places of tangent planes, each plane with places of its own.

    Parameters
    ----------
    surface : Surface — the body [mm]
    origin : (K, 3) float — points on it [mm]
    tangent : (K, 3) float — direction of x, square to the normal, of length one [-]
    normal : (K, 3) float — outward, of length one [-]
    face : (K,) int — faces of the points [-]
    row : (n,) int — the plane of each place [-]
    x_mm, y_mm : (n,) float — along the tangent, and to its left seen from outside [mm]

    Returns
    -------
    drop : (n,) float — of the surface below the plane; NaN where no skin hangs together with the point [mm]
    face : (n,) int — under each place [-]
    weights : (n, 3) float — of that face's corners; equal ones where there is no skin [-]

    """
    drop, found, weights = np.full(row.size, np.nan), face[row], np.full((row.size, 3), 1 / 3)
    walk = _Walk(surface, origin, tangent, normal)
    for first in range(0, row.size, AT_ONCE):
        part = slice(first, first + AT_ONCE)
        here, parts, reached = walk.to(found[part], row[part], x_mm[part], y_mm[part])
        there = np.flatnonzero(reached)
        drop[part][there] = walk.drop(here[there], parts[:, there], row[part][there])
        weights[part][there] = (parts[:, there] / parts[:, there].sum(axis=0)).T
        found[part] = here
    return drop, found, weights


def curvature(
    surface: Surface,
    point: ArrayLike,
    tangent: ArrayLike,
    normal: ArrayLike,
    *,
    reach_mm: float = CURVATURE_REACH_MM,
    face: Ints | None = None,
) -> tuple[Array, Array, Array]:
    """Return the curvature along a direction, across it and the twist, positive where skin bulges [1/mm].

    Near the point the surface drops by (k_s x^2 + 2 t x y + k_y y^2) / 2; fitted to the drops within a reach, so that
    it says what a roller feels and not what one triangle does. NaN where the surface ends within the reach.

    Parameters
    ----------
    surface : Surface — the body [mm]
    point : (K, 3) float array — points on it [mm]
    tangent : (K, 3) float array — the direction, of length one [-]
    normal : (K, 3) float array — outward, of length one [-]
    reach_mm : float — how far around the point the surface is looked at [mm]
    face : (K,) int array or None — faces of the points; None: they are looked for [-]

    """
    grid = reach_mm * np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    drop = drops(surface, point, tangent, normal, grid, grid, face=face)
    x, y = (values.ravel() for values in np.meshgrid(grid, grid, indexing="ij"))
    # Height, slopes and terms of fourth order are fitted too: they are not curvature.
    terms = [x**2 / 2, y**2 / 2, x * y, np.ones(x.size), x, y, x**4, x**2 * y**2, y**4, x**3 * y, x * y**3]
    solve = np.linalg.pinv(np.stack(terms, axis=1))[:3]
    along, across, twist = solve @ drop.reshape(len(drop), -1).T
    return floats(along), floats(across), floats(twist)


class _Walk:
    """Walks over a mesh as it looks from above tangent planes: one plane a row, coordinates as columns."""

    def __init__(self, surface: Surface, origin: Array, tangent: Array, normal: Array) -> None:
        self.surface = surface
        self.corners = np.ascontiguousarray(surface.vertices.T)
        axes = (tangent, crossed(normal, tangent), -normal)
        # A corner's place is its product with an axis, less that of the origin.
        self.axes = [np.ascontiguousarray(np.column_stack([axis, (axis * origin).sum(1)]).T) for axis in axes]

    def _along(self, axis: int, vertex: Ints, row: Ints) -> Array:
        x, y, z = self.corners
        a, b, c, start = self.axes[axis]
        return floats(x[vertex] * a[row] + y[vertex] * b[row] + z[vertex] * c[row] - start[row])

    def _seen(self, corner: Ints, row: Ints, x: Array, y: Array) -> tuple[list[Array], list[Array]]:
        """Corners (3, n) of faces as seen from places of the planes, along and across: each is looked up once."""
        places = [[each.take(vertex) for each in self.corners] for vertex in corner]
        found: list[list[Array]] = []
        for axis, at in zip(self.axes, (x, y), strict=False):
            a, b, c, start = (each.take(row) for each in axis)
            found.append([p * a + q * b + r * c - start - at for p, q, r in places])
        return found[0], found[1]

    def to(self, face: Ints, row: Ints, x: Array, y: Array) -> tuple[Ints, Array, Flags]:
        """Face below places, twice the areas that a place makes with its sides, and whether it was reached."""
        face, parts, reached = face.copy(), np.zeros((3, face.size)), np.zeros(face.size, dtype=bool)
        going = np.arange(face.size)
        for _ in range(MOST_FACES):
            here, plane = face[going], row[going]
            corner = np.ascontiguousarray(self.surface.faces[here].T)
            u, v = self._seen(corner, plane, x[going], y[going])
            part = np.stack([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]])
            whole = part.sum(axis=0)
            least = np.argmin(part, axis=0)
            facing = whole > 2 * STEEPEST_COSINE * self.surface.face_area_mm2[here]
            found = facing & (part.min(axis=0) >= INSIDE * whole)
            parts[:, going[found]], reached[going[found]] = part[:, found], True
            beyond = self.surface.neighbours[here, least]
            moving = facing & ~found & (beyond >= 0)
            face[going[moving]] = beyond[moving]
            going = going[moving]
            if not going.size:
                break
        return face, parts, reached

    def drop(self, face: Ints, parts: Array, row: Ints) -> Array:
        """Drop of places on faces below the planes."""
        whole = parts.sum(axis=0)
        first, second, third = parts / whole
        corner = np.ascontiguousarray(self.surface.faces[face].T)
        flat = sum(
            share * self._along(2, vertex, row) for share, vertex in zip((first, second, third), corner, strict=True)
        )
        bulge = self.surface.bulge_mm[face].T
        raised = bulge[0] * second * third + bulge[1] * third * first + bulge[2] * first * second
        # Raised along the normal of the skin: what it lacks in the plane's direction makes the drop smaller still.
        upright = whole / (2 * self.surface.face_area_mm2[face])
        return floats(flat - raised / np.maximum(upright, LEAST_UPRIGHT))


def _spine(walk: _Walk, begin: Ints, y: Array) -> tuple[Ints, Flags]:
    """Faces at (0, y), and whether skin hangs together up to there: walks go out from the middle to either side."""
    count = begin.size
    spine = np.tile(begin[:, None], (1, y.size))
    alive = np.zeros((count, y.size), dtype=bool)
    rows = np.arange(count)
    for side in (np.flatnonzero(y >= 0), np.flatnonzero(y < 0)):
        order = side[np.argsort(np.abs(y[side]), kind="stable")]
        face, good = begin.copy(), np.ones(count, dtype=bool)
        for j in order:
            face[good], _, reached = walk.to(face[good], rows[good], np.zeros(good.sum()), np.full(good.sum(), y[j]))
            good[good] = reached
            spine[:, j], alive[:, j] = face, good
    return spine, alive


def _on_grid(walk: _Walk, spine: Ints, alive: Flags, x: Array, y: Array) -> Array:
    """Drops on a grid: walks go along from the places across."""
    count = len(spine)
    result = np.full((count, x.size, y.size), np.nan)
    row = np.repeat(np.arange(count), y.size)
    at_y = np.tile(y, count)
    for side in (np.flatnonzero(x >= 0), np.flatnonzero(x < 0)):
        order = side[np.argsort(np.abs(x[side]), kind="stable")]
        face, good = spine.ravel().copy(), np.flatnonzero(alive.ravel())
        for i in order:
            new, parts, reached = walk.to(face[good], row[good], np.full(good.size, x[i]), at_y[good])
            face[good] = new
            good, parts = good[reached], parts[:, reached]
            result[row[good], i, good % y.size] = walk.drop(face[good], parts, row[good])
    return result
