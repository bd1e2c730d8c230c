"""A zone cut into patches that are nearly flat, laid side by side in one plane, with the channels that reach into each.

Channels overlap, so the area that they cover is that of a union. Faces whose normals lie within a cell of 0.085 rad
hang together as a patch, which is laid into its mean plane, sized so that its area is the true one, and kept clear of
the others. Discs are round there, and every disc stands in each patch that it reaches into; the patches' outlines are
the window. One exact union then serves all of them. A patch on a radius rho is at most 0.12 rho wide from corner to
corner: an area in it is off by D^2 / (16 rho^2), below 0.1 %, and nothing is left out or counted twice at a border. A
plane is one patch: itself.

In: a chart, channels and their radii. Out: a layout of discs and a window.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from shapely.geometry import MultiPolygon, Polygon

from ...geometry.arrays import Array, Ints, floats
from ...geometry.surface.body import unit_vectors
from ..coverage.areas import Layout
from .chart import Chart, outline_of

CELL_RAD = 0.085  # its diagonal is 0.12: the bound above
APART_MM = 1.0  # between patches, beside what their discs reach


def patch_of_faces(chart: Chart) -> Ints:
    """Return the patch of each face of the surface, (F,); -1 for faces of other zones.

    Parameters
    ----------
    chart : Chart — of the zone [mm]

    """
    surface, faces = chart.surface, chart.faces
    normal = surface.face_normal[faces]
    mean = unit_vectors(surface.face_area_mm2[faces] @ normal)
    side = unit_vectors(np.cross(mean, np.eye(3)[np.argmin(np.abs(mean))]))
    axes = np.stack([side, np.cross(mean, side), mean])
    x, y, z = (normal @ axes.T).T
    # Cells of even size about the mean normal, which is in the middle of one.
    away = np.hypot(x, y)
    angle = np.arctan2(away, z)
    scale = np.divide(angle, away, out=np.ones_like(away), where=away > 0) / CELL_RAD
    cell = np.stack([np.floor(x * scale + 0.5), np.floor(y * scale + 0.5)], axis=1)
    _, of_face = np.unique(cell, axis=0, return_inverse=True)
    kind = np.full(len(surface.faces), -1)
    kind[faces] = of_face.ravel()
    beside = surface.neighbours
    face, across = np.repeat(np.arange(len(kind)), 3), beside.ravel()
    alike = (across >= 0) & (kind[face] >= 0)
    alike[alike] = kind[face[alike]] == kind[across[alike]]
    graph = coo_matrix((np.ones(alike.sum()), (face[alike], across[alike])), shape=(len(kind), len(kind)))
    _, part = connected_components(graph, directed=False)
    found = np.full(len(kind), -1)
    _, found[faces] = np.unique(part[faces], return_inverse=True)
    return found


def lay_out(chart: Chart, place_mm: Array, face: Ints, radius_mm: Array) -> Layout:
    """Return channels and the zone, laid out as patches.

    Parameters
    ----------
    chart : Chart — of the zone [mm]
    place_mm : (n, 3) float — of the channels on the body [mm]
    face : (n,) int — of the surface [-]
    radius_mm : (n,) float — of each at its widest [mm]

    """
    surface, faces = chart.surface, chart.faces
    patch = patch_of_faces(chart)
    count = int(patch.max()) + 1
    mine = patch[faces]
    area = np.bincount(mine, surface.face_area_mm2[faces], count)
    vector = surface.face_normal[faces] * surface.face_area_mm2[faces][:, None]
    total = np.stack([np.bincount(mine, vector[:, i], count) for i in range(3)], axis=1)
    outward = unit_vectors(total)
    # The sum of the faces' vector areas is what is seen of a patch along its mean normal.
    size = np.sqrt(area / np.linalg.norm(total, axis=1))
    if count == 1:
        axes, middle = chart.axes[None], chart.origin[None]
    else:
        side = unit_vectors(np.cross(outward, np.eye(3)[np.argmin(np.abs(outward), axis=1)]))
        axes = np.stack([side, np.cross(outward, side), outward], axis=1)
        centre = surface.vertices[surface.faces[faces]].mean(axis=1)
        weight = surface.face_area_mm2[faces]
        middle = np.stack([np.bincount(mine, centre[:, i] * weight, count) for i in range(3)], axis=1) / area[:, None]

    def flat(points: Array, of: Ints) -> Array:
        seen = np.einsum("nix,nx->ni", axes[of, :2], points - middle[of])
        return floats(seen * size[of, None])

    corners = flat(surface.vertices[surface.faces[faces]].reshape(-1, 3), np.repeat(mine, 3)).reshape(-1, 3, 2)
    reach = float(radius_mm.max(initial=0.0))
    offset = _side_by_side(corners, mine, count, APART_MM + 2 * reach)
    window = _window(corners + offset[mine][:, None, :], surface.faces[faces], mine)
    channel, of = _memberships(chart, patch, place_mm, face, radius_mm)
    return Layout(flat(place_mm[channel], of) + offset[of], channel, window, float(area.sum()))


def _side_by_side(corners: Array, mine: Ints, count: int, apart: float) -> Array:
    """How far each patch is moved, (count, 2), so that none comes near another; a lone one stays."""
    if count == 1:
        return np.zeros((1, 2))
    low, high = np.full((2, count, 2), np.inf)
    for axis in range(2):
        np.minimum.at(low[:, axis], mine, corners[..., axis].min(axis=1))
        np.minimum.at(high[:, axis], mine, -corners[..., axis].max(axis=1))
    extent = -high - low + apart
    # Rows of patches of like height, the tallest first.
    order = np.argsort(-extent[:, 1], kind="stable")
    wide = np.sqrt((extent[:, 0] * extent[:, 1]).sum())
    row = np.floor((np.cumsum(extent[order, 0]) - extent[order, 0]) / wide).astype(np.int64)
    first = np.searchsorted(row, row)
    ends = np.concatenate([[0.0], np.cumsum(extent[order, 0])])
    x = ends[:-1] - ends[first]
    tall = extent[order, 1][np.searchsorted(row, np.arange(row[-1] + 1)).clip(0, count - 1)]
    y = np.concatenate([[0.0], np.cumsum(tall)])[row]
    moved = np.empty((count, 2))
    moved[order] = np.stack([x, y], axis=1) - low[order]
    return moved


def _window(corners: Array, faces: Ints, mine: Ints) -> Polygon | MultiPolygon:
    """Outlines of all patches together: a corner is one of its own in every patch."""
    key = faces + mine[:, None] * (int(faces.max()) + 1)
    _, first, own = np.unique(key, return_index=True, return_inverse=True)
    return outline_of(corners.reshape(-1, 2)[first], own.reshape(-1, 3))


def _memberships(chart: Chart, patch: Ints, place: Array, face: Ints, radius: Array) -> tuple[Ints, Ints]:
    """Which channel stands in which patch: in its own, and in those that it may reach into, sorted by channel."""
    surface = chart.surface
    own = patch[face]
    every = np.arange(face.size)
    corner = surface.vertices[surface.faces[face]]
    side = np.roll(corner, -1, axis=1) - corner
    out = place[:, None, :] - corner
    along = np.clip((out * side).sum(2) / np.maximum((side * side).sum(2), 1e-300), 0.0, 1.0)
    edge = np.linalg.norm(out - along[..., None] * side, axis=2).min(axis=1)
    near = np.flatnonzero(edge <= radius)
    # Patches around each corner of the mesh, as pairs.
    pairs = np.unique(np.stack([surface.faces[chart.faces].ravel(), np.repeat(patch[chart.faces], 3)], axis=1), axis=0)
    begin = np.searchsorted(pairs[:, 0], np.arange(len(surface.vertices) + 1))
    around = surface.faces[face[near]].ravel()
    count = begin[around + 1] - begin[around]
    which = np.repeat(np.repeat(near, 3), count)
    at = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + np.repeat(begin[around], count)
    other = pairs[at, 1]
    kept = other != own[which]
    mine = own >= 0
    both = np.stack([np.concatenate([every[mine], which[kept]]), np.concatenate([own[mine], other[kept]])], axis=1)
    both = np.unique(both, axis=0)
    return both[:, 0].astype(np.int64), both[:, 1].astype(np.int64)
