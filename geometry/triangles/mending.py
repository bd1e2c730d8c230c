"""What a mesh from anywhere must be before anybody rolls over it, and what can be mended.

In: vertices and faces as a file has them. Out: welded, with every face of some area, facing outwards, in one piece; and
what was done, in words. What can't be mended is refused with one line that says what and where. Numbers of vertices
are checked before anything else reads them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

from ...data.checks import InputError
from ..arrays import Array, Flags, Ints
from .topology import (
    Edges,
    clashing_faces,
    component_of_face,
    crowded_faces,
    edges_of,
    repeated_faces,
    side_pairs,
)
from .vectors import crossed

WELD_STEPS = 1 << 20  # of the longest side of the box around the mesh: corners closer than one step are one
FLATTEST = 1e-7  # height of a triangle over its longest side: flatter, it has no normal
SMALL_PART = 0.01  # of the area: so much may lie in other parts without being called a body of its own


class Mended(NamedTuple):
    """A sound mesh and what was done to it."""

    vertices: Array
    faces: Ints
    of_face: Ints  # number of each face in the mesh as it came
    notes: tuple[str, ...]


def mended(name: str, vertices: Array, faces: Ints, *, largest: bool = False) -> Mended:
    """Return a mesh that can be rolled over.

    Parameters
    ----------
    name : str — of the mesh, for error lines [-]
    vertices : (V, 3) float array — corners [mm]
    faces : (F, 3) int array — vertex numbers, unchecked [-]
    largest : bool — keep only the part of the largest area [-]

    Raises
    ------
    InputError
        For what can't be mended.

    """
    refuse_wild(name, vertices, faces)
    notes: list[str] = []
    vertices, faces = _welded(name, vertices, faces)
    of_face = np.flatnonzero(_has_area(vertices, faces))
    if of_face.size < len(faces):
        notes.append(f"{len(faces) - of_face.size} triangles of no area were left out")
    if not of_face.size:
        raise InputError(f"{name} has no area: all its {len(faces)} triangles are flat; allowed: a surface")
    faces = faces[of_face]
    edges = edges_of(faces)
    twice = repeated_faces(faces, edges)
    if twice.size:
        notes.append(f"{twice.size} triangles that stood there twice were left out")
        faces, of_face = np.delete(faces, twice, axis=0), np.delete(of_face, twice)
        edges = edges_of(faces)
    # Parts first: what is not kept need not be sound.
    count, part = component_of_face(faces, edges)
    if count > 1:
        kept = _kept_part(name, vertices, faces, part, count, largest=largest)
        notes.append(f"{count - 1} smaller parts with {len(faces) - kept.sum()} triangles were left out")
        faces, of_face = faces[kept], of_face[kept]
        edges = edges_of(faces)
    crowded = crowded_faces(edges)
    if crowded.size:
        raise InputError(
            f"{name} can't be rolled over: at {_place(vertices, faces[crowded[0]])} more than two triangles meet at an "
            f"edge ({crowded.size} such triangles); allowed: a surface with two sides"
        )
    faces, turned = _facing_one_way(name, vertices, faces, edges)
    if turned:
        notes.append(f"{turned} triangles faced inwards and were turned round")
    notes += _borders(vertices, faces)
    used = np.zeros(len(vertices), dtype=bool)
    used[faces] = True
    number = np.cumsum(used) - 1
    return Mended(vertices[used], number[faces].astype(np.int64), of_face, tuple(notes))


def refuse_wild(name: str, vertices: Array, faces: Ints) -> None:
    """Refuse vertex numbers that no vertex has, and places that are no numbers.

    Parameters
    ----------
    name : str — of the mesh, for the error line [-]
    vertices : (V, 3) float array — corners [any]
    faces : (F, 3) int array — vertex numbers [-]

    Raises
    ------
    InputError
        For the first face or corner that can't be used.

    """
    if not len(vertices) or not len(faces):
        raise InputError(f"{name} is empty: {len(vertices)} corners, {len(faces)} triangles; allowed: a triangle mesh")
    wild = np.flatnonzero((faces < 0).any(axis=1) | (faces >= len(vertices)).any(axis=1))
    if wild.size:
        raise InputError(
            f"triangle {wild[0]} of {name} names corner {faces[wild[0]].max()}; allowed: 0 to {len(vertices) - 1}"
        )
    lost = np.flatnonzero(~np.isfinite(vertices).all(axis=1))
    if lost.size:
        raise InputError(f"corner {lost[0]} of {name} is not a finite number; allowed: lengths")


def _welded(name: str, vertices: Array, faces: Ints) -> tuple[Array, Ints]:
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    size = float((high - low).max())
    if not size > 0:
        raise InputError(f"{name} has no area: all corners are one point; allowed: a surface")
    step = np.rint((vertices - low) * (WELD_STEPS / size)).astype(np.int64)
    key = (step[:, 0] << 42) | (step[:, 1] << 21) | step[:, 2]
    number, _ = pandas.factorize(key)  # in order of appearance, and much faster than sorting
    first = np.flatnonzero(np.diff(np.maximum.accumulate(number), prepend=-1))
    return vertices[first], number.astype(np.int64)[faces]


def _has_area(vertices: Array, faces: Ints) -> Flags:
    corner = vertices[faces]
    sides = corner - np.roll(corner, 1, axis=1)
    longest = np.einsum("fix,fix->fi", sides, sides).max(axis=1)
    twice = np.linalg.norm(crossed(sides[:, 0], sides[:, 1]), axis=1)
    return np.asarray(twice > FLATTEST * longest)


def _kept_part(name: str, vertices: Array, faces: Ints, part: Ints, count: int, *, largest: bool) -> Flags:
    corner = vertices[faces]
    area = np.linalg.norm(crossed(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1) / 2
    of_part = np.bincount(part, area, count)
    share = of_part.max() / of_part.sum()
    if not largest and share < 1 - SMALL_PART:
        second = np.argsort(of_part)[-2]
        raise InputError(
            f"{name} is in {count} parts, the largest with {100 * share:.0f} % of the area, another at "
            f"{_place(vertices, faces[np.flatnonzero(part == second)[0]])}; allowed: one part, kept alone if told so"
        )
    return np.asarray(part == np.argmax(of_part))


def _place(vertices: Array, face: Ints) -> str:
    x, y, z = vertices[face].mean(axis=0)
    return f"({x:.1f}, {y:.1f}, {z:.1f}) mm"


def _facing_one_way(name: str, vertices: Array, faces: Ints, edges: Edges) -> tuple[Ints, int]:
    """Faces that all look outwards, and how many were turned."""
    turn = np.zeros(len(faces), dtype=bool)
    if clashing_faces(faces, edges).size:
        turn = _turned(faces, edges)
        faces = np.where(turn[:, None], faces[:, ::-1], faces)
        still = clashing_faces(faces, edges_of(faces))
        if still.size:
            raise InputError(
                f"{name} has no outside: near {_place(vertices, faces[still[0]])} it closes like a Moebius strip; "
                "allowed: a surface with two sides"
            )
    corner = vertices[faces]
    twice = crossed(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    middle = corner.mean(axis=1)
    weight = np.linalg.norm(twice, axis=1)
    # Of a closed body this is six times its volume; an open one bulges away from its middle.
    outward = ((middle - weight @ middle / weight.sum()) * twice).sum()
    if outward < 0:
        faces, turn = faces[:, ::-1], ~turn
    return np.ascontiguousarray(faces), int(turn.sum())


def _turned(faces: Ints, edges: Edges) -> Flags:
    """Which faces of a connected mesh face the other way than its first."""
    one, other = side_pairs(edges)
    begins = faces[:, [1, 2, 0]].ravel()
    clash = np.where(begins[one] == begins[other], 2, 1).astype(np.int8)
    shape = (len(faces), len(faces))
    graph = coo_matrix((clash, (one // 3, other // 3)), shape=shape).tocsr()
    graph = graph.maximum(graph.T).tocsr()
    order, before = breadth_first_order(graph, 0, directed=False, return_predecessors=True)
    before = before.astype(np.int64)
    parent, odd = np.arange(len(faces)), np.zeros(len(faces), dtype=bool)
    rest = order[1:]
    parent[rest] = before[rest]
    odd[rest] = np.asarray(graph[rest, before[rest]]).ravel() == 2
    # Twice as far towards the first face with every round.
    while (parent != parent[parent]).any():
        odd, parent = odd ^ odd[parent], parent[parent]
    return odd


def _borders(vertices: Array, faces: Ints) -> list[str]:
    """Words on the holes: every border but the longest is one."""
    edges = edges_of(faces)
    side = edges.side[edges.first[edges.count == 1]]
    if not side.size:
        return []
    start, stop = faces[:, [1, 2, 0]].ravel()[side], faces[:, [2, 0, 1]].ravel()[side]
    used, number = np.unique(np.concatenate([start, stop]), return_inverse=True)
    link = coo_matrix((np.ones(side.size), (number[: side.size], number[side.size :])), shape=(used.size, used.size))
    count, loop = connected_components(link, directed=False)
    length = np.bincount(loop[number[: side.size]], np.linalg.norm(vertices[start] - vertices[stop], axis=1), count)
    if count == 1:
        return [f"the surface is open: its border is {length[0]:.0f} mm long"]
    hole = np.argsort(length)[-2]
    x, y, z = vertices[used[loop == hole]].mean(axis=0)
    return [
        f"the surface is open: besides its longest border it has {count - 1} holes, the largest {length[hole]:.0f} mm "
        f"around, at ({x:.1f}, {y:.1f}, {z:.1f}) mm; strokes end there"
    ]
