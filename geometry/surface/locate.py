"""Where a point in space lies on a mesh: the nearest face, and the shares of its corners.

In: a surface and points near it. Out: faces and shares. Also how far apart places are along the edges of the mesh, and
where the middle of a zone is.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from ...data.checks import InputError
from ..arrays import Array, Ints, floats
from .body import Surface, Zone
from .geodesics import corner_weights

CANDIDATES = 24  # faces with the nearest middles that are tried
AT_ONCE = 50_000  # points
CLEAR_MM = 10.0  # of a hole in the middle of a zone: that far from it strokes are laid out


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
    graph = _edges(surface)
    return floats(
        dijkstra(graph, directed=False, indices=np.unique(surface.faces[face]), limit=limit_mm, min_only=True)
    )


_EDGES: WeakKeyDictionary[Surface, csr_array] = WeakKeyDictionary()


def _edges(surface: Surface) -> csr_array:
    """The edges of a mesh with their lengths; worked out once."""
    if surface not in _EDGES:
        faces, vertices = surface.faces, surface.vertices
        start, stop = faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()
        length = np.linalg.norm(vertices[start] - vertices[stop], axis=1)
        # One face at a border gives its side once: an edge is entered once, from its lower corner.
        low, high = np.minimum(start, stop), np.maximum(start, stop)
        _, once = np.unique(low * len(vertices) + high, return_index=True)
        ends = (low[once], high[once])
        _EDGES[surface] = coo_array((length[once], ends), shape=(len(vertices), len(vertices))).tocsr()
    return _EDGES[surface]


_MIDDLES: WeakKeyDictionary[Surface, dict[int, tuple[int, Array, float]]] = WeakKeyDictionary()


def middle(surface: Surface, zone: str | Zone) -> tuple[int, Array, float]:
    """Return the face and the point in the middle of a zone, and how far the zone reaches from it along the surface.

    Parameters
    ----------
    surface : Surface — the body [mm]
    zone : str or Zone — the zone, or its name [-]

    Raises
    ------
    InputError
        If the zone has no area.

    """
    known, index = _MIDDLES.setdefault(surface, {}), surface.zone_index(zone)
    if index not in known:
        known[index] = _middle(surface, surface.zone_faces(zone), surface.zone_names[index])
    return known[index]


def _middle(surface: Surface, faces: Ints, name: str) -> tuple[int, Array, float]:
    area = surface.face_area_mm2[faces]
    if not faces.size or not area.sum() > 0:
        raise InputError(f"zone {name} has no area on {surface.name}; allowed: a zone of one face and more")
    centroid = area @ surface.vertices[surface.faces[faces]].mean(axis=1) / area.sum()
    face, weights = nearest(surface, centroid[None, :], faces)
    if _on_border(surface, int(face[0]), weights[0]):
        # Beside a hole, from whose rim no path would get far: the nearest face that lies clear of it.
        away = edge_distance(surface, np.flatnonzero((surface.neighbours < 0).any(axis=1)))[surface.faces[faces]]
        clear = away.min(axis=1)
        face, weights = nearest(surface, centroid[None, :], faces[clear >= min(CLEAR_MM, clear.max() / 2)])
    distance = edge_distance(surface, int(face[0]))[surface.faces[faces]]
    near = distance[np.isfinite(distance)]
    # From the middle to a corner of its face the way is counted as nothing: one edge is added for it.
    edge = np.sqrt(4 / np.sqrt(3) * surface.face_area_mm2[face[0]])
    return int(face[0]), surface.points(face, weights)[0], float(near.max(initial=0.0) + edge)


def _on_border(surface: Surface, face: int, weights: Array) -> bool:
    """Whether a place on a face is a corner or side where the mesh ends."""
    alone, corner = np.nonzero(surface.neighbours < 0)
    rim = np.concatenate([surface.faces[alone, (corner + turn) % 3] for turn in (1, 2)])
    return bool(np.isin(surface.faces[face][weights > 1e-9], rim).all())
