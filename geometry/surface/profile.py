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
from .body import Surface
from .locate import nearest

INSIDE = -1e-9  # share of a corner down to which a place counts as on the face
MOST_FACES = 400  # walked over from one place to the next
STEEPEST_COSINE = 0.02  # between a face's normal and that of the tangent plane: skin beyond hangs over
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
        result[part] = _on_grid(walk, begin[part], x, y)
    return result


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
    """Walks over a mesh as it looks from above tangent planes, one plane a row."""

    def __init__(self, surface: Surface, origin: Array, tangent: Array, normal: Array) -> None:
        self.surface = surface
        self.origin = origin
        self.axes = np.stack([tangent, np.cross(normal, tangent), -normal], axis=2)  # (K, 3, 3): x, y, drop

    def to(self, face: Ints, row: Ints, x: Array, y: Array) -> tuple[Ints, Array, Flags]:
        """Face below places, the shares of its corners, and whether it was reached, walking from given faces."""
        face, shares, reached = face.copy(), np.zeros((face.size, 3)), np.zeros(face.size, dtype=bool)
        going = np.arange(face.size)
        for _ in range(MOST_FACES):
            here = face[going]
            corner = self.surface.vertices[self.surface.faces[here]] - self.origin[row[going]][:, None, :]
            seen = np.einsum("nix,nxa->nia", corner, self.axes[row[going]][:, :, :2])
            u, v = seen[..., 0] - x[going, None], seen[..., 1] - y[going, None]
            # Twice the areas of the triangles that the place makes with each side.
            part = np.stack(
                [
                    u[:, 1] * v[:, 2] - u[:, 2] * v[:, 1],
                    u[:, 2] * v[:, 0] - u[:, 0] * v[:, 2],
                    u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0],
                ],
                axis=1,
            )
            whole = part.sum(axis=1)
            facing = whole > 2 * STEEPEST_COSINE * self.surface.face_area_mm2[here]
            share = part / np.where(facing, whole, 1.0)[:, None]
            least = np.argmin(share, axis=1)
            found = facing & (share.min(axis=1) >= INSIDE)
            shares[going[found]], reached[going[found]] = share[found], True
            beyond = self.surface.neighbours[here, least]
            moving = facing & ~found & (beyond >= 0)
            face[going[moving]] = beyond[moving]
            going = going[moving]
            if not going.size:
                break
        return face, shares, reached

    def drop(self, face: Ints, shares: Array, row: Ints) -> Array:
        """Drop of places on faces below the planes."""
        down = self.axes[row][:, :, 2]
        flat = self.surface.points(face, shares) - self.origin[row]
        # Raised along the normal of the skin, by so much less the drop where that normal is tilted.
        lean = -(self.surface.normals(face, shares) * down).sum(1)
        return floats((flat * down).sum(1) - self.surface.raised(face, shares) / np.maximum(lean, 0.1))


def _on_grid(walk: _Walk, begin: Ints, x: Array, y: Array) -> Array:
    """Drops on a grid: walks go out from the middle, first across and from there along."""
    count = begin.size
    result = np.full((count, x.size, y.size), np.nan)
    # First to (0, y): the row of places across, out from the middle to either side.
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
    row = np.repeat(rows, y.size)
    at_y = np.tile(y, count)
    for side in (np.flatnonzero(x >= 0), np.flatnonzero(x < 0)):
        order = side[np.argsort(np.abs(x[side]), kind="stable")]
        face, good = spine.ravel().copy(), np.flatnonzero(alive.ravel())
        for i in order:
            new, shares, reached = walk.to(face[good], row[good], np.full(good.size, x[i]), at_y[good])
            face[good] = new
            good, shares = good[reached], shares[reached]
            result[row[good], i, good % y.size] = walk.drop(face[good], shares, row[good])
    return result
