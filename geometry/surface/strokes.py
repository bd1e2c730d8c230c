"""Strokes side by side over a zone, as a hand lays them: each a geodesic, all with one direction to begin with.

Through the middle of the zone runs a starting line, itself a geodesic, square to the strokes. Strokes cross it at even
distances, square to it, so that their direction is the one of the middle carried along that line. From there each
goes straight ahead both ways; it begins and ends an overrun beyond the zone's border.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ...data.checks import InputError, Within
from ..arrays import Array, Flags, Ints, floats
from .body import Surface, Zone, crossed, frame_at, unit_vectors
from .geodesics import Ball, Pieces, corner_weights, trace
from .locate import edge_distance, nearest

BEYOND = 1.25  # of the zone's reach from its middle: how far paths are followed in search of it
SHORT_MM = 1e-6  # a stroke that misses less than this of its length has not ended short
CLOSED_SHARE, CLOSED_COSINE = 0.25, 0.9  # of the spacing, and of the directions: a path is back where it began


@dataclass(frozen=True, eq=False)
class Strokes:
    """Strokes as points in even steps: stroke s has the points start[s] to start[s + 1].

    Parameters
    ----------
    start : (S + 1,) int — where each stroke begins among the points [-]
    point : (K, 3) float — on the smooth surface [mm]
    tangent : (K, 3) float — along the stroke, square to the normal, of length one [-]
    normal : (K, 3) float — outward, of length one [-]
    arc_mm : (K,) float — length of the stroke up to the point [mm]
    inside : (K,) bool — the point lies in the zone, not in the overrun [-]
    face : (K,) int — face of the surface [-]
    spacing_mm : float — between strokes where they cross the starting line [mm]
    across_mm : (S,) float — place of each stroke on the starting line, 0 in the zone's middle [mm]
    from_line_mm : (S,) float — where the stroke begins, counted from the starting line along it [mm]
    ended_short : (S,) bool — a border of the mesh cut the stroke off [-]

    """

    start: Ints
    point: Array
    tangent: Array
    normal: Array
    arc_mm: Array
    inside: Flags
    face: Ints
    spacing_mm: float
    across_mm: Array
    from_line_mm: Array
    ended_short: Flags

    @property
    def count(self) -> int:
        """Number of strokes [-]."""
        return self.start.size - 1

    @property
    def stroke(self) -> Ints:
        """Number of the stroke of each point, (K,) [-]."""
        return np.repeat(np.arange(self.count), np.diff(self.start))

    @property
    def length_mm(self) -> Array:
        """Length of each stroke with its overruns, (S,) [mm]."""
        return self.arc_mm[self.start[1:] - 1]


def lay_strokes(
    surface: Surface,
    zone: str | Zone,
    direction: float = 0.0,
    *,
    spacing_mm: float,
    overrun_mm: float,
    step_mm: float = 0.5,
    across_mm: ArrayLike | None = None,
    beside_mm: float = 0.0,
) -> Strokes:
    """Lay strokes side by side over a zone.

    Parameters
    ----------
    surface : Surface — the body [mm]
    zone : str or Zone — the zone, or its name [-]
    direction : float — of the strokes in the middle of the zone: 0 to the body's side, 90 up [deg]
    spacing_mm : float — between strokes where they cross the starting line [mm]
    overrun_mm : float — how far a stroke goes on beyond the zone at both ends [mm]
    step_mm : float — between points of a stroke [mm]
    across_mm : (n,) float array or None — places on the starting line, 0 in the middle; None: evenly about it [mm]
    beside_mm : float — strokes are laid over the zone and over skin as near to it as this, by the mesh's edges [mm]

    Raises
    ------
    InputError
        For a zone that is not there or has no area, and for lengths out of range.

    """
    spacing = Within(0.01, 1e4, "mm").number("spacing_mm", spacing_mm)
    overrun = Within(0, 1e4, "mm").number("overrun_mm", overrun_mm)
    step = Within(1e-3, 1e3, "mm").number("step_mm", step_mm)
    faces = surface.zone_faces(zone)
    face, point, reach = middle(surface, faces, surface.zone_names[surface.zone_index(zone)])
    away = np.linalg.norm(surface.vertices[surface.faces[faces]].reshape(-1, 3) - point, axis=1).max()
    beside = Within(0, 1e4, "mm").number("beside_mm", beside_mm)
    reach += beside
    ball = Ball(point, float(away) + 2 * overrun + max(spacing, beside))
    along, across = _headings(surface, face, point, Within(-360, 360, "deg").number("direction", direction))
    line = _starting_line(surface, face, point, across, reach * BEYOND + spacing, ball)
    if across_mm is None:
        places = floats(spacing * (np.arange(np.floor(line.from_mm / spacing), np.ceil(line.to_mm / spacing)) + 0.5))
    else:
        places = floats(across_mm).ravel()
    places = places[(places >= line.from_mm) & (places <= line.to_mm)]
    begins, heading, on_face = line.at(surface, places, along)
    paths, closed = _both_ways(surface, on_face, begins, heading, reach * BEYOND + overrun, spacing, ball)
    in_zone = surface.zone_of_face == surface.zone_index(zone)
    rolled = _near_faces(surface, faces, beside) if beside > 0 else in_zone
    laid = _sampled(surface, paths, _runs(paths, closed, rolled, overrun), step, spacing, places)
    return replace(laid, inside=in_zone[laid.face])


def _near_faces(surface: Surface, faces: Ints, beside_mm: float) -> Flags:
    """Faces of a zone and those with a corner near it."""
    return np.asarray((edge_distance(surface, faces, beside_mm)[surface.faces] <= beside_mm).any(axis=1))


def middle(surface: Surface, faces: Ints, name: str) -> tuple[int, Array, float]:
    """Return the face and the point in the middle of a zone, and how far the zone reaches from it along the surface.

    Parameters
    ----------
    surface : Surface — the body [mm]
    faces : (n,) int array — faces of the zone [-]
    name : str — of the zone, for the error line [-]

    Raises
    ------
    InputError
        If the zone has no area.

    """
    area = surface.face_area_mm2[faces]
    if not faces.size or not area.sum() > 0:
        raise InputError(f"zone {name} has no area on {surface.name}; allowed: a zone of one face and more")
    centroid = area @ surface.vertices[surface.faces[faces]].mean(axis=1) / area.sum()
    face, weights = nearest(surface, centroid[None, :], faces)
    distance = edge_distance(surface, int(face[0]))[surface.faces[faces]]
    near = distance[np.isfinite(distance)]
    # From the middle to a corner of its face the way is counted as nothing: one edge is added for it.
    edge = np.sqrt(4 / np.sqrt(3) * surface.face_area_mm2[face[0]])
    return int(face[0]), surface.points(face, weights)[0], float(near.max(initial=0.0) + edge)


def _headings(surface: Surface, face: int, point: Array, direction: float) -> tuple[Array, Array]:
    """Along the strokes, and to their left, at the middle of the zone."""
    at = np.array([face])
    side, up = frame_at(surface, surface.normals(at, corner_weights(surface, at, point[None, :]))[0])
    angle = np.radians(direction)
    cos, sin = np.cos(angle), np.sin(angle)
    # Right angles give whole numbers, so that a plane is rolled over along its own axes.
    cos, sin = (
        float(np.round(value)) if abs(value - np.round(value)) < 1e-15 else float(value) for value in (cos, sin)
    )
    return cos * side + sin * up, cos * up - sin * side


@dataclass(frozen=True)
class _Line:
    """A path through a point, both ways: its pieces with the arc counted from that point."""

    pieces: Pieces
    from_mm: float
    to_mm: float

    def at(self, surface: Surface, places: Array, along: Array) -> tuple[Array, Array, Ints]:
        """Points at places on the line, the directions square to it on the side of `along`, and the faces."""
        pieces = self.pieces
        index = np.searchsorted(pieces.arc_mm, places, side="right") - 1
        index = np.clip(index, 0, max(pieces.arc_mm.size - 1, 0))
        points = pieces.point[index] + (places - pieces.arc_mm[index])[:, None] * pieces.direction[index]
        normal = surface.face_normal[pieces.face[index]]
        return points, crossed(pieces.direction[index], normal), pieces.face[index]


def _joined(pieces: Pieces, paths: int) -> Pieces:
    """Paths i and paths + i, which start back to back, as one path that runs along path i; the start has arc 0."""
    back = pieces.path >= paths
    flip = np.where(back, -1.0, 1.0)
    joined = replace(
        pieces,
        path=np.where(back, pieces.path - paths, pieces.path),
        point=pieces.point + np.where(back, pieces.length_mm, 0.0)[:, None] * pieces.direction,
        direction=flip[:, None] * pieces.direction,
        arc_mm=np.where(back, -pieces.arc_mm - pieces.length_mm, pieces.arc_mm),
    )
    order = np.lexsort((joined.arc_mm + joined.length_mm, joined.arc_mm, joined.path))
    names = ("path", "face", "point", "direction", "arc_mm", "length_mm")
    return replace(joined, **{name: getattr(joined, name)[order] for name in names})


def _both_ways(
    surface: Surface, face: Ints, points: Array, heading: Array, reach_mm: float, spacing_mm: float, ball: Ball
) -> tuple[Pieces, Flags]:
    """Paths through points, both ways, each cut where it comes back to its beginning, and which of them do."""
    twice = np.concatenate([face, face])
    # Forwards far enough to see whether the two ways would meet.
    length = np.repeat([2 * reach_mm, reach_mm], face.size)
    pieces = trace(surface, twice, np.tile(points, (2, 1)), np.concatenate([heading, -heading]), length, ball)
    round_mm = _back_at(pieces, face, points, heading, spacing_mm)
    closed = np.isfinite(round_mm) & (round_mm <= 2 * reach_mm)
    # What comes back to where it began goes round once: half the way forwards, half backwards.
    limit = np.tile(np.where(closed, np.minimum(round_mm / 2, reach_mm), reach_mm), 2)[pieces.path]
    kept = pieces.arc_mm < limit
    length = np.minimum(pieces.length_mm, limit - pieces.arc_mm)[kept]
    names = ("path", "face", "point", "direction", "arc_mm")
    pieces = replace(pieces, length_mm=length, **{name: getattr(pieces, name)[kept] for name in names})
    return _joined(pieces, face.size), closed


def _back_at(pieces: Pieces, face: Ints, points: Array, heading: Array, spacing_mm: float) -> Array:
    """Length at which each forward path crosses the face where it began, going the same way; infinite if never."""
    back = np.full(face.size, np.inf)
    forward = np.flatnonzero(pieces.path < face.size)
    path = pieces.path[forward]
    out = points[path] - pieces.point[forward]
    along = (out * pieces.direction[forward]).sum(1)
    aside = np.linalg.norm(out - along[:, None] * pieces.direction[forward], axis=1)
    same = (pieces.face[forward] == face[path]) & (pieces.arc_mm[forward] > 0) & (aside < CLOSED_SHARE * spacing_mm)
    same &= (pieces.direction[forward] * heading[path]).sum(1) > CLOSED_COSINE
    np.minimum.at(back, path[same], (pieces.arc_mm[forward] + along)[same])
    return back


def _starting_line(surface: Surface, face: int, point: Array, across: Array, reach_mm: float, ball: Ball) -> _Line:
    """The geodesic through the middle of a zone, square to its strokes."""
    pieces, _ = _both_ways(surface, np.array([face]), point[None, :], across[None, :], reach_mm, reach_mm, ball)
    if not pieces.arc_mm.size:
        return _Line(pieces, 0.0, -1.0)
    return _Line(pieces, float(pieces.arc_mm[0]), float(pieces.arc_mm[-1] + pieces.length_mm[-1]))


@dataclass(frozen=True)
class _Runs:
    """Stretches of paths that become strokes."""

    path: Ints
    from_mm: Array
    to_mm: Array
    short: Flags


def _runs(paths: Pieces, closed: Flags, in_zone: Flags, overrun: float) -> _Runs:
    """Stretches of paths over a zone with their overruns; two that would overlap are one."""
    inside = np.flatnonzero(in_zone[paths.face])
    path, begin = paths.path[inside], paths.arc_mm[inside]
    end = begin + paths.length_mm[inside]
    new = np.ones(inside.size, dtype=bool)
    new[1:] = (path[1:] != path[:-1]) | (begin[1:] - end[:-1] > 2 * overrun + SHORT_MM)
    first = np.flatnonzero(new)
    last = np.append(first[1:], inside.size) - 1 if inside.size else first
    path, begin, end = path[first], begin[first] - overrun, end[last] + overrun
    ends = np.flatnonzero(np.diff(paths.path, append=-1))
    starts = np.flatnonzero(np.diff(paths.path, prepend=-1))
    at = np.searchsorted(paths.path[starts], path)
    low, high = paths.arc_mm[starts][at], (paths.arc_mm + paths.length_mm)[ends][at]
    short = ~closed[path] & ((begin < low - SHORT_MM) | (end > high + SHORT_MM))
    return _Runs(path, np.maximum(begin, low), np.minimum(end, high), short)


def _sampled(surface: Surface, paths: Pieces, runs: _Runs, step: float, spacing: float, places: Array) -> Strokes:
    """Points in even steps along every run; the last one ends it."""
    length = runs.to_mm - runs.from_mm
    count = np.ceil(length / step - 1e-9).astype(np.int64) + 1
    start = np.concatenate([[0], np.cumsum(count)])
    stroke = np.repeat(np.arange(count.size), count)
    arc = np.minimum((np.arange(start[-1]) - start[stroke]) * step, length[stroke])
    # One number a place on any path: paths are laid end to end.
    begins = np.flatnonzero(np.diff(paths.path, prepend=-1))
    reach = float(np.abs(paths.arc_mm).max(initial=0.0) + paths.length_mm.max(initial=0.0) + 1.0)
    key = paths.path * (2 * reach) + paths.arc_mm
    wanted = runs.path[stroke] * (2 * reach) + (runs.from_mm[stroke] + arc)
    index = np.searchsorted(key, wanted, side="right") - 1
    first = begins[np.searchsorted(paths.path[begins], runs.path[stroke])] if stroke.size else index
    index = np.maximum(index, first)
    out = runs.from_mm[stroke] + arc - paths.arc_mm[index]
    flat = paths.point[index] + out[:, None] * paths.direction[index]
    face = paths.face[index]
    weights = corner_weights(surface, face, flat)
    normal = surface.normals(face, weights)
    heading = paths.direction[index]
    tangent = unit_vectors(heading - (heading * normal).sum(1)[:, None] * normal)
    return Strokes(
        start=start.astype(np.int64),
        point=flat + surface.raised(face, weights)[:, None] * normal,
        tangent=tangent,
        normal=normal,
        arc_mm=floats(arc),
        inside=np.zeros(face.size, dtype=bool),
        face=face,
        spacing_mm=spacing,
        across_mm=places[runs.path],
        from_line_mm=runs.from_mm,
        ended_short=runs.short,
    )
