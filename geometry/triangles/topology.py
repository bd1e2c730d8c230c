"""Which faces of a triangle mesh lie beside each other, and what is wrong with the way they are joined.

In: faces as rows of three vertex numbers. Out: neighbours across each edge, and the edges and faces that no walk over
the mesh survives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ..arrays import Ints


@dataclass(frozen=True, eq=False)
class Edges:
    """The sides of all faces, sorted so that sides of one edge are next to each other: (3 F,) arrays."""

    side: Ints  # 3 * face + corner: the side opposite that corner
    key: Ints  # equal for the sides of one edge
    first: Ints  # place of each edge's first side; one entry an edge
    count: Ints  # faces at each edge


def edges_of(faces: Ints) -> Edges:
    """Return the sides of all faces, grouped by edge.

    Parameters
    ----------
    faces : (F, 3) int array — vertex numbers [-]

    """
    start, stop = faces[:, [1, 2, 0]].ravel(), faces[:, [2, 0, 1]].ravel()
    low, high = np.minimum(start, stop), np.maximum(start, stop)
    key = low * (int(faces.max(initial=0)) + 1) + high
    side = np.argsort(key, kind="stable")
    key = key[side]
    first = np.flatnonzero(np.diff(key, prepend=-1))
    return Edges(side, key, first, np.diff(first, append=key.size))


def neighbours_of(faces: Ints) -> Ints:
    """Return the face across the side opposite each corner, (F, 3); -1 at a border and where more than two faces meet.

    Parameters
    ----------
    faces : (F, 3) int array — vertex numbers [-]

    """
    one, other = side_pairs(edges_of(faces))
    across = np.full(faces.size, -1)
    across[one], across[other] = other // 3, one // 3
    return across.reshape(-1, 3)


def side_pairs(edges: Edges) -> tuple[Ints, Ints]:
    """Return the two sides of every edge that two faces share.

    Parameters
    ----------
    edges : Edges — of the mesh [-]

    """
    first = edges.first[edges.count == 2]
    return edges.side[first], edges.side[first + 1]


def crowded_faces(edges: Edges) -> Ints:
    """Return the faces at edges where more than two meet.

    Parameters
    ----------
    edges : Edges — of the mesh [-]

    """
    return np.unique(edges.side[np.repeat(edges.count > 2, edges.count)] // 3)


def clashing_faces(faces: Ints, edges: Edges) -> Ints:
    """Return one face of each pair that runs round its shared edge the same way: one of the two faces inwards.

    Parameters
    ----------
    faces : (F, 3) int array — vertex numbers [-]
    edges : Edges — of the mesh [-]

    """
    one, other = side_pairs(edges)
    begins = faces[:, [1, 2, 0]].ravel()
    return np.unique(one[begins[one] == begins[other]] // 3)


def repeated_faces(faces: Ints, edges: Edges) -> Ints:
    """Return the faces that have the same three corners as an earlier one.

    Parameters
    ----------
    faces : (F, 3) int array — vertex numbers [-]
    edges : Edges — of the mesh [-]

    """
    far = faces.ravel()[edges.side]
    found = []
    for apart in range(1, int(edges.count.max(initial=1))):
        same = (edges.key[apart:] == edges.key[:-apart]) & (far[apart:] == far[:-apart])
        found.append(edges.side[apart:][same] // 3)
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found]))


def component_of_face(faces: Ints, edges: Edges | None = None) -> tuple[int, Ints]:
    """Return how many parts the mesh has, joined over edges, and the part of each face, (F,).

    Parameters
    ----------
    faces : (F, 3) int array — vertex numbers [-]
    edges : Edges or None — of the mesh; None: worked out [-]

    """
    joined = edges_of(faces) if edges is None else edges
    same = np.flatnonzero(np.diff(joined.key) == 0)
    one, other = joined.side[same] // 3, joined.side[same + 1] // 3
    graph = coo_matrix((np.ones(one.size, dtype=np.int8), (one, other)), shape=(len(faces), len(faces)))
    count, part = connected_components(graph, directed=False)
    return int(count), part.astype(np.int64)
