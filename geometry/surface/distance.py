"""How far places are from a point along the surface.

In: a surface, a point on it, a reach. Out: a distance for every vertex. From corner to corner, each triangle passes
distances on as if the point lay in its plane, where two corners' distances put it: exact on a plane, and within some
0.1 % where triangles are small against the curvature (after Novotni and Klein 2002).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from ..arrays import Array, Ints, floats
from .body import Surface

MOST_ROUNDS = 20_000
GAIN_MM = 1e-9  # a way shorter by less is the same


def distance_mm(surface: Surface, face: int, point: Array, reach_mm: float) -> Array:
    """Return how far each vertex is from a point along the surface, (V,); infinite beyond the reach.

    Parameters
    ----------
    surface : Surface — the mesh [mm]
    face : int — the face that the point lies on [-]
    point : (3,) float array — the point [mm]
    reach_mm : float — how far is looked [mm]

    """
    result = np.full(len(surface.vertices), np.inf)
    # Nothing is nearer along the surface than straight through space.
    space = np.linalg.norm(surface.vertices - point, axis=1)
    faces = surface.faces[(space[surface.faces] <= reach_mm).any(axis=1)]
    start = surface.faces[face]
    ring = np.unique(np.append(faces[np.isin(faces, start).any(axis=1)], start))
    result[ring] = space[ring]
    faces_at = _faces_at(faces, len(surface.vertices))
    changed = ring
    for _ in range(MOST_ROUNDS):
        some = faces[np.unique(faces_at[changed].indices)]
        before = result[some]
        for turn in range(3):
            one, two, far = (some[:, (turn + side) % 3] for side in range(3))
            np.minimum.at(result, far, _passed_on(surface.vertices, one, two, far, result))
        with np.errstate(invalid="ignore"):
            shorter = (result[some] < before - GAIN_MM) & (result[some] <= reach_mm)
        changed = np.unique(some[shorter])
        if not changed.size:
            break
    return floats(np.where(result <= reach_mm, result, np.inf))


def _faces_at(faces: Ints, vertices: int) -> csr_matrix:
    """Faces at each vertex, as rows of a sparse matrix."""
    rows, columns = faces.ravel(), np.repeat(np.arange(len(faces)), 3)
    return csr_matrix((np.ones(rows.size, dtype=np.int8), (rows, columns)), shape=(vertices, max(1, len(faces))))


def _passed_on(vertices: Array, one: Ints, two: Ints, far: Ints, known: Array) -> Array:
    """Distance of the far corner by a straight way through the side between two; infinite if none leads there."""
    edge, out = vertices[two] - vertices[one], vertices[far] - vertices[one]
    length = np.sqrt(np.einsum("nx,nx->n", edge, edge))
    a, b = known[one], known[two]
    with np.errstate(invalid="ignore", divide="ignore"):
        # The point in the plane of the triangle, on the other side of the edge; x along the edge, y away from it.
        x = (a**2 - b**2 + length**2) / (2 * length)
        y = np.sqrt(np.maximum(a**2 - x**2, 0.0))
        far_x = np.einsum("nx,nx->n", out, edge) / length
        far_y = np.sqrt(np.maximum(np.einsum("nx,nx->n", out, out) - far_x**2, 0.0))
        crosses = x + (far_x - x) * y / (y + far_y)
        straight = np.hypot(far_x - x, far_y + y)
    good = np.isfinite(straight) & (crosses >= 0) & (crosses <= length) & (y > 0)
    along = np.minimum(a + np.sqrt(np.einsum("nx,nx->n", out, out)), b + np.linalg.norm(out - edge, axis=1))
    return floats(np.where(good, np.minimum(straight, along), along))
