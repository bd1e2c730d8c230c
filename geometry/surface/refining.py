"""Finer triangles where a mesh is coarse for its curvature, and borders of zones cut through triangles.

In: a surface. Out: another one. New corners stand on the smooth surface (`Surface.raised`), neighbours stay neighbours,
and zones keep their faces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..arrays import Array, Flags, Ints, floats
from ..triangles.topology import edges_of
from .body import Surface, unit_vectors

WIDEST_TURN_DEG = 10.0  # of the normal along an edge
SHORTEST_MM = 0.4  # edges below twice this stay: a crease is no curve
ROUNDS = 6
NEAR_CORNER = 0.08  # of an edge: a border that passes a corner so close goes through it


def refined(surface: Surface, *, edge_mm: float = np.inf, turn_deg: float = WIDEST_TURN_DEG) -> Surface:
    """Return the surface with long edges halved until each is short enough for its curvature.

    Parameters
    ----------
    surface : Surface — what to refine [mm]
    edge_mm : float — longest edge [mm]
    turn_deg : float — largest angle between the normals at the ends of an edge [deg]

    """
    for _ in range(ROUNDS):
        start, stop = surface.faces[:, [1, 2, 0]], surface.faces[:, [2, 0, 1]]
        length = np.linalg.norm(surface.vertices[start] - surface.vertices[stop], axis=2)
        cosine = np.einsum("fix,fix->fi", surface.vertex_normal[start], surface.vertex_normal[stop])
        split = (length > edge_mm) | ((cosine < np.cos(np.radians(turn_deg))) & (length > 2 * SHORTEST_MM))
        if not split.any():
            break
        surface = _split(surface, split, np.full(split.shape, 0.5))
    return surface


def split_long(surface: Surface, edge_mm: float, where: Callable[[Array], Flags]) -> Surface:
    """Return the surface with edges halved once that are too long, in some places.

    Parameters
    ----------
    surface : Surface — what to refine [mm]
    edge_mm : float — longest edge [mm]
    where : callable — of the middles of edges, (..., 3) to bool: which may be halved [mm]

    """
    start, stop = surface.vertices[surface.faces[:, [1, 2, 0]]], surface.vertices[surface.faces[:, [2, 0, 1]]]
    split = (np.linalg.norm(start - stop, axis=2) > edge_mm) & where((start + stop) / 2)
    return _split(surface, split, np.full(split.shape, 0.5))


def cut(surface: Surface, level: Array) -> tuple[Surface, Flags]:
    """Return the surface with its triangles cut where a level is zero, and which faces lie where it is positive.

    Parameters
    ----------
    surface : Surface — what to cut [mm]
    level : (V,) float array — at each vertex, linear between them [any]

    """
    level = floats(level).copy()
    corner = level[surface.faces]
    met = np.flatnonzero((corner.min(axis=1) < 0) & (corner.max(axis=1) > 0))
    after, before = surface.faces[met][:, [1, 2, 0]], surface.faces[met][:, [2, 0, 1]]
    for _ in range(2):  # once to let borders go through corners that they nearly meet, once with those
        start, stop = level[after], level[before]
        crosses = start * stop < 0
        share = np.divide(start, start - stop, out=np.full(start.shape, 0.5), where=crosses)
        level[after[crosses & (share < NEAR_CORNER)]] = 0.0
        level[before[crosses & (share > 1 - NEAR_CORNER)]] = 0.0
    marked, far = np.zeros(surface.faces.shape, dtype=bool), np.full(surface.faces.shape, 0.5)
    marked[met], far[met] = crosses, share
    finer = _split(surface, marked, far)
    level = np.append(level, np.zeros(len(finer.vertices) - level.size))
    return finer, np.asarray(level[finer.faces].sum(axis=1) > 0)


def _split(surface: Surface, marked: Flags, share: Array) -> Surface:
    """The surface with a new corner on each marked side, (F, 3), at a share of the way along it."""
    touched = np.flatnonzero(marked.any(axis=1))
    if not touched.size:
        return surface
    some = surface.faces[touched]
    edges = edges_of(some)
    # Both faces at an edge have marked it; the first one says where.
    first = edges.side[edges.first]
    begin, end, far = (
        some[:, [1, 2, 0]].ravel()[first],
        some[:, [2, 0, 1]].ravel()[first],
        share[touched].ravel()[first],
    )
    new = marked[touched].ravel()[first]
    begin, end, far = begin[new], end[new], far[new]
    corner, normal = surface.vertices, surface.vertex_normal
    flat = (1 - far)[:, None] * corner[begin] + far[:, None] * corner[end]
    outward = unit_vectors((1 - far)[:, None] * normal[begin] + far[:, None] * normal[end])
    bulge = ((normal[begin] - normal[end]) * (corner[begin] - corner[end])).sum(axis=1) / 2
    added = flat + (bulge * far * (1 - far))[:, None] * outward
    number = np.full(edges.first.size, -1)
    number[new] = len(corner) + np.arange(new.sum())
    on_side = np.empty(some.size, dtype=np.int64)
    on_side[edges.side] = np.repeat(number, edges.count)
    vertices = np.concatenate([corner, added])
    faces, of_face = _pieces(some, on_side.reshape(-1, 3), vertices)
    whole = np.flatnonzero(~marked.any(axis=1))
    zone = surface.zone_of_face
    return replace(
        surface,
        vertices=vertices,
        faces=np.concatenate([surface.faces[whole], faces]),
        zone_of_face=np.concatenate([zone[whole], zone[touched[of_face]]]),
        # Slivers say little of a normal: those of the mesh as it came are kept.
        given_normal=np.concatenate([normal, outward]),
    )


def _pieces(faces: Ints, middle: Ints, vertices: Array) -> tuple[Ints, Ints]:
    """Triangles that the faces fall into, and the face that each comes from."""
    count = (middle >= 0).sum(axis=1)
    found, source = [faces[count == 0]], [np.flatnonzero(count == 0)]
    for sides in (1, 2, 3):
        of = np.flatnonzero(count == sides)
        if not of.size:
            continue
        # Turned so that a lone split, or a lone whole side, lies opposite corner 0.
        lone = np.argmax((middle[of] >= 0) == (sides == 1), axis=1) if sides < 3 else np.zeros(of.size, dtype=np.int64)
        turn = (lone[:, None] + np.arange(3)) % 3
        a, b, c = np.take_along_axis(faces[of], turn, axis=1).T
        opposite_a, opposite_b, opposite_c = np.take_along_axis(middle[of], turn, axis=1).T
        if sides == 1:
            parts = [(a, b, opposite_a), (a, opposite_a, c)]
        elif sides == 3:
            parts = [
                (a, opposite_c, opposite_b),
                (b, opposite_a, opposite_c),
                (c, opposite_b, opposite_a),
                (opposite_a, opposite_b, opposite_c),
            ]
        else:
            # A corner cut off, and a four-sided rest along its shorter diagonal.
            one = np.linalg.norm(vertices[b] - vertices[opposite_b], axis=1)
            other = np.linalg.norm(vertices[c] - vertices[opposite_c], axis=1)
            short = one <= other
            parts = [
                (a, opposite_c, opposite_b),
                (np.where(short, b, opposite_c), np.where(short, opposite_b, b), np.where(short, opposite_c, c)),
                (np.where(short, b, opposite_c), c, opposite_b),
            ]
        found += [np.stack(part, axis=1) for part in parts]
        source += [of] * len(parts)
    return np.concatenate(found), np.concatenate(source)
