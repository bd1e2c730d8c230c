"""Where a point in space lies on a mesh: the nearest face, and the shares of its corners.

In: a surface and points near it. Out: faces and shares. Also how far apart places are along the edges of the mesh.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from ..arrays import Array, Ints, floats
from .body import Surface
from .geodesics import corner_weights

CANDIDATES = 24  # faces with the nearest middles that are tried
AT_ONCE = 50_000  # points


def nearest(surface: Surface, points: Array, among: Ints | None = None) -> tuple[Ints, Array]:
    """Return the nearest face of each point and the shares of its corners in the nearest place on it.

    Parameters
    ----------
    surface : Surface — the mesh [mm]
    points : (n, 3) float array — near it [mm]
    among : (m,) int array or None — the faces to choose from; None: all [-]

    """
    chosen = np.arange(len(surface.faces)) if among is None else among
    tree = cKDTree(surface.vertices[surface.faces[chosen]].mean(axis=1))
    count = min(CANDIDATES, chosen.size)
    found, shares = [], []
    for begin in range(0, max(len(points), 1), AT_ONCE):
        some = points[begin : begin + AT_ONCE]
        near = chosen[tree.query(some, k=count)[1].reshape(len(some), count)]
        weights = nearest_on_face(surface, near.ravel(), np.repeat(some, count, axis=0))
        places = surface.points(near.ravel(), weights).reshape(len(some), count, 3)
        best = np.argmin(np.linalg.norm(places - some[:, None, :], axis=2), axis=1)
        rows = np.arange(len(some))
        found.append(near[rows, best])
        shares.append(weights.reshape(len(some), count, 3)[rows, best])
    return np.concatenate(found).astype(np.int64), floats(np.concatenate(shares))


def nearest_on_face(surface: Surface, face: Ints, points: Array) -> Array:
    """Return the shares of a face's corners in its place nearest to a point, (n, 3).

    Parameters
    ----------
    surface : Surface — the mesh [mm]
    face : (n,) int array — the faces [-]
    points : (n, 3) float array — one for each [mm]

    """
    weights = corner_weights(surface, face, points)
    corner = surface.vertices[surface.faces[face]]
    outside = weights.min(axis=1) < 0
    best = np.full(len(points), np.inf)
    result = np.where(outside[:, None], 0.0, weights)
    for side in range(3):
        start, stop = corner[:, (side + 1) % 3], corner[:, (side + 2) % 3]
        edge = stop - start
        along = ((points - start) * edge).sum(1) / np.maximum((edge * edge).sum(1), 1e-300)
        along = np.clip(along, 0.0, 1.0)
        away = np.linalg.norm(points - start - along[:, None] * edge, axis=1)
        closer = outside & (away < best)
        best = np.where(closer, away, best)
        shares = np.zeros((len(points), 3))
        shares[:, (side + 1) % 3], shares[:, (side + 2) % 3] = 1 - along, along
        result = np.where(closer[:, None], shares, result)
    return floats(result)


def edge_distance(surface: Surface, face: int | Ints, limit_mm: float = np.inf) -> Array:
    """Return how far each vertex is from one or more faces along the edges, (V,); infinite where none leads there.

    Parameters
    ----------
    surface : Surface — the mesh [mm]
    face : int or (n,) int array — from the corners of this face, or of the nearest of these [-]
    limit_mm : float — vertices farther away are left out, at infinity [mm]

    """
    faces, vertices = surface.faces, surface.vertices
    start, stop = faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()
    length = np.linalg.norm(vertices[start] - vertices[stop], axis=1)
    # One face at a border gives its side once: both ways are entered, the shorter of equals counts.
    low, high = np.minimum(start, stop), np.maximum(start, stop)
    _, once = np.unique(low * len(vertices) + high, return_index=True)
    graph = coo_matrix((length[once], (low[once], high[once])), shape=(len(vertices), len(vertices))).tocsr()
    return floats(dijkstra(graph, directed=False, indices=np.unique(faces[face]), limit=limit_mm, min_only=True))
