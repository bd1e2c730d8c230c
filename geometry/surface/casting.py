"""A mesh of the standard head: rays from a line inside it meet its skin, finer in front than behind.

In: the length of the triangles' sides in front. Out: vertices and faces, the same left and right, open at the neck. The
rays start on the axis of the head, fanned out over the crown and, below the mouth, slanting down under the chin.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ..arrays import Array, Flags, Ints, floats
from ..triangles.head import head_distance
from .body import Surface
from .refining import split_long

LOWEST_MM, TURN_MM, CROWN_MM = -175.0, 10.0, 85.0  # where the neck is cut, where rays begin to fan out, and its radius
SLANT_MM, SLANT_DEG = (-175.0, -92.0, -30.0), 27.0  # of rays: level at both ends, steepest between
FACE_MM = (-115.0, 75.0)  # of rays from under the chin to above the hairline
FACE_RAD = 1.75  # to the side of it
COARSER = 3.0  # how much longer sides are away from the face
FAR_MM = 140.0
STEP, STEPS, CLOSE_MM = 0.7, 120, 1e-5
LONGEST = 1.7  # times the wanted side: longer ones, on steep parts, are halved
POLISHING, FARTHEST_MOVE_MM = 4, 0.3
ROUNDS = 2


@cache
def head_mesh(edge_mm: float) -> tuple[Array, Ints]:
    """Return vertices and faces of the standard head.

    Parameters
    ----------
    edge_mm : float — sides of the triangles in front, about [mm]

    """
    across = _spaced(0.0, np.pi, lambda u: edge_mm / 82 * np.where(u < FACE_RAD, 1.0, COARSER))
    crown = TURN_MM + CROWN_MM * np.pi / 2
    wide = _spaced(LOWEST_MM, crown, lambda s: edge_mm * np.where((s > FACE_MM[0]) & (s < FACE_MM[1]), 1.0, COARSER))[
        :-1
    ]
    turn, place = np.meshgrid(across, wide)
    low, deep, high = SLANT_MM
    share = np.clip(np.where(place < deep, (place - low) / (deep - low), (high - place) / (high - deep)), 0.0, 1.0)
    lift = np.maximum(place - TURN_MM, 0) / CROWN_MM - np.radians(SLANT_DEG) * share * share * (3 - 2 * share)
    start = np.stack([0 * turn, np.minimum(place, TURN_MM), 0 * turn], axis=-1).reshape(-1, 3)
    level = np.cos(lift)
    ray = np.stack([level * np.sin(turn), np.sin(lift), level * np.cos(turn)], axis=-1).reshape(-1, 3)
    ray[np.abs(ray) < 1e-12] = 0.0
    half = _on_skin(start, ray).reshape(*turn.shape, 3)
    top = _on_skin(np.array([[0.0, TURN_MM, 0.0]]), np.array([[0.0, 1.0, 0.0]]))
    # The right half mirrors the left one; the columns in front and behind are shared.
    other = half[:, 1:-1][:, ::-1] * (-1.0, 1.0, 1.0)
    grid = np.concatenate([half, other], axis=1)
    vertices = np.concatenate([grid.reshape(-1, 3), top])
    faces = _closed_grid(len(grid), len(grid[0]), turn.shape[1], len(vertices) - 1)
    surface = Surface("head", vertices, faces, np.full(len(faces), -1), ())
    for _ in range(ROUNDS):
        finer = split_long(surface, LONGEST * edge_mm, _in_front)
        added = slice(len(surface.vertices), None)
        moved = finer.vertices.copy()
        moved[added] = _polished(finer.vertices[added], finer.vertex_normal[added])
        surface = Surface("head", moved, finer.faces, finer.zone_of_face, ())
    return surface.vertices, surface.faces


def _in_front(middles: Array) -> Flags:
    """Where sides are to be short: on the face."""
    turn = np.abs(np.arctan2(middles[..., 0], middles[..., 2]))
    return np.asarray((middles[..., 1] > FACE_MM[0] + 8) & (middles[..., 1] < FACE_MM[1]) & (turn < FACE_RAD - 0.45))


def _spaced(low: float, high: float, step: object) -> Array:
    """Places from low to high, about as far apart as a step says that depends on the place."""
    fine = np.linspace(low, high, 4001)
    wanted = step(fine)  # type: ignore[operator]
    # Steps change over a stretch, not at once.
    width = 160
    smooth = np.convolve(np.pad(1 / wanted, width, mode="edge"), np.ones(2 * width + 1) / (2 * width + 1), "valid")
    count = np.concatenate([[0.0], np.cumsum((smooth[1:] + smooth[:-1]) / 2 * np.diff(fine))])
    return floats(np.interp(np.linspace(0, count[-1], int(np.ceil(count[-1])) + 1), count, fine))


def _closed_grid(rows: int, columns: int, back: int, top: int) -> Ints:
    """Triangles of a round grid that ends in one corner; diagonals mirror each other left and right."""
    row, column = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    after = (column + 1) % columns
    here, right, above, across = (
        row * columns + column,
        row * columns + after,
        (row + 1) * columns + column,
        (row + 1) * columns + after,
    )
    slanted = ((column < back - 1) ^ ((row + column) % 2 == 0))[..., None]
    one = np.where(slanted, np.stack([here, right, across], -1), np.stack([here, right, above], -1))
    two = np.where(slanted, np.stack([here, across, above], -1), np.stack([right, across, above], -1))
    last = (rows - 1) * columns + np.arange(columns)
    fan = np.stack([last, np.roll(last, -1), np.full(columns, top)], axis=1)
    return np.concatenate([one.reshape(-1, 3), two.reshape(-1, 3), fan]).astype(np.int64)


def _on_skin(start: Array, ray: Array) -> Array:
    """Where rays coming in from far outside first meet the skin."""
    far = np.full(len(start), FAR_MM)
    going = np.arange(len(start))
    for _ in range(STEPS):
        left = head_distance(start[going] + far[going, None] * ray[going])
        far[going] = np.maximum(far[going] - STEP * left, 1.0)
        going = going[np.abs(left) > CLOSE_MM]
        if not going.size:
            break
    return floats(start + far[:, None] * ray)


def _polished(points: Array, normal: Array) -> Array:
    """Points moved along their normals onto the skin."""
    for _ in range(POLISHING):
        left = head_distance(points)
        slope = (head_distance(points + 1e-3 * normal) - left) / 1e-3
        points = points - np.clip(left / np.maximum(slope, 0.5), -FARTHEST_MOVE_MM, FARTHEST_MOVE_MM)[:, None] * normal
    return points
