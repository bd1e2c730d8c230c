"""Strokes side by side over a zone, as a hand lays them: each a geodesic, all with one direction to begin with.

Through the middle of the zone runs a starting line, itself a geodesic, square to the strokes. Strokes cross it at even
distances, square to it, so that their direction is the one of the middle carried along that line. From there each
goes straight ahead both ways; it begins and ends an overrun beyond the zone's border.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from ...data.checks import Within
from ..arrays import Array, Flags, Ints, floats
from .body import Surface, Zone, crossed, frame_at, unit_vectors
from .geodesics import Ball, Pieces, corner_weights, trace
from .locate import edge_distance, middle

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


@dataclass(frozen=True)
class Lay:
    """What to lay over a zone.

    Parameters
    ----------
    zone : str or Zone — the zone, or its name [-]
    direction : float — of the strokes in the middle of the zone: 0 to the body's side, 90 up [deg]
    spacing_mm : float — between strokes where they cross the starting line [mm]
    overrun_mm : float — how far a stroke goes on beyond the zone at both ends [mm]
    step_mm : float — between points of a stroke [mm]
    across_mm : (n,) float array or None — places on the starting line, 0 in the middle; None: evenly about it [mm]
    beside_mm : float — strokes are laid over the zone and over skin as near to it as this, by the mesh's edges [mm]

    """

    zone: str | Zone
    direction: float = 0.0
    _: KW_ONLY
    spacing_mm: float
    overrun_mm: float
    step_mm: float = 0.5
    across_mm: ArrayLike | None = None
    beside_mm: float = 0.0


def lay_strokes(surface: Surface, lay: Lay) -> Strokes:
    """Lay strokes side by side over a zone.

    Parameters
    ----------
    surface : Surface — the body [mm]
    lay : Lay — what to lay [mm]

    Raises
    ------
    InputError
        For a zone that is not there or has no area, and for lengths out of range.

    """
    return lay_many(surface, [lay])[0]


def lay_many(surface: Surface, lays: Sequence[Lay]) -> list[Strokes]:
    """Lay strokes over several zones, or in several directions: all paths are followed in step.

    Parameters
    ----------
    surface : Surface — the body [mm]
    lays : sequence of Lay — what to lay; one result each, in this order [-]

    Raises
    ------
    InputError
        For a zone that is not there or has no area, and for lengths out of range.

    """
    plans = [_plan(surface, lay) for lay in lays]
    lines = _starting_lines(surface, plans)
    begins = [line.at(surface, line.places(plan), plan.along) for line, plan in zip(lines, plans, strict=True)]
    points, heading, face = (np.concatenate(parts) for parts in zip(*begins, strict=True))
    of = np.repeat(np.arange(len(plans)), [len(part) for _, _, part in begins])
    spacing, reach = floats([plan.spacing for plan in plans]), floats([plan.reach + plan.overrun for plan in plans])
    paths, closed = _both_ways(surface, face, points, heading, reach[of], spacing[of], _balls(plans).take(of))
    ends, near, laid = np.searchsorted(of, np.arange(len(plans) + 1)), _NearFaces(surface), []
    for number, (plan, line) in enumerate(zip(plans, lines, strict=True)):
        mine = slice(ends[number], ends[number + 1])
        rolled = near.of(plan.index, plan.beside)
        pieces = _some_paths(paths, mine.start, mine.stop)
        found = _sampled(
            surface,
            pieces,
            _runs(pieces, closed[mine], rolled, plan.overrun),
            plan.step,
            plan.spacing,
            line.places(plan),
        )
        laid.append(replace(found, inside=surface.zone_of_face[found.face] == plan.index))
    return laid


@dataclass(frozen=True)
class _Plan:
    """A `Lay`, checked, and where it begins."""

    index: int
    face: int
    point: Array
    along: Array
    across: Array
    reach: float
    ball_mm: float
    spacing: float
    overrun: float
    step: float
    beside: float
    places: Array | None


def _plan(surface: Surface, lay: Lay) -> _Plan:
    spacing = Within(0.01, 1e4, "mm").number("spacing_mm", lay.spacing_mm)
    overrun = Within(0, 1e4, "mm").number("overrun_mm", lay.overrun_mm)
    step = Within(1e-3, 1e3, "mm").number("step_mm", lay.step_mm)
    beside = Within(0, 1e4, "mm").number("beside_mm", lay.beside_mm)
    index, faces = surface.zone_index(lay.zone), surface.zone_faces(lay.zone)
    face, point, reach = middle(surface, lay.zone)
    away = np.linalg.norm(surface.vertices[np.unique(surface.faces[faces])] - point, axis=1).max()
    along, across = _headings(surface, face, point, Within(-360, 360, "deg").number("direction", lay.direction))
    return _Plan(
        index=index,
        face=face,
        point=point,
        along=along,
        across=across,
        reach=(reach + beside) * BEYOND,
        ball_mm=float(away) + 2 * overrun + max(spacing, beside),
        spacing=spacing,
        overrun=overrun,
        step=step,
        beside=beside,
        places=None if lay.across_mm is None else floats(lay.across_mm).ravel(),
    )


def _balls(plans: list[_Plan]) -> Ball:
    return Ball(np.stack([plan.point for plan in plans]), floats([plan.ball_mm for plan in plans]))


class _NearFaces:
    """Faces over which strokes are laid, worked out once a zone and width."""

    def __init__(self, surface: Surface) -> None:
        self.surface, self.found = surface, dict[tuple[int, float], Flags]()

    def of(self, zone: int, beside_mm: float) -> Flags:
        """Faces of a zone and those with a corner near it, (F,)."""
        if (zone, beside_mm) not in self.found:
            surface = self.surface
            mine = surface.zone_of_face == zone
            if beside_mm > 0:
                near = edge_distance(surface, np.flatnonzero(mine), beside_mm) <= beside_mm
                mine = np.asarray(near[surface.faces].any(axis=1))
            self.found[zone, beside_mm] = mine
        return self.found[zone, beside_mm]


def _some_paths(pieces: Pieces, first: int, stop: int) -> Pieces:
    """The pieces of some paths, numbered from 0."""
    some = slice(*np.searchsorted(pieces.path, [first, stop]))
    names = ("face", "point", "direction", "arc_mm", "length_mm")
    return replace(pieces, path=pieces.path[some] - first, **{name: getattr(pieces, name)[some] for name in names})


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

    def places(self, plan: _Plan) -> Array:
        """Places on the line where strokes cross it."""
        spacing = plan.spacing
        even = np.arange(np.floor(self.from_mm / spacing), np.ceil(self.to_mm / spacing)) + 0.5
        wanted = floats(spacing * even) if plan.places is None else plan.places
        return floats(wanted[(wanted >= self.from_mm) & (wanted <= self.to_mm)])

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
    surface: Surface, face: Ints, points: Array, heading: Array, reach_mm: Array, spacing_mm: Array, ball: Ball
) -> tuple[Pieces, Flags]:
    """Paths through points, both ways, each cut where it comes back to its beginning, and which of them do."""
    twice = np.concatenate([face, face])
    # Forwards far enough to see whether the two ways would meet.
    length = np.concatenate([2 * reach_mm, reach_mm])
    within = ball.take(np.tile(np.arange(face.size), 2))
    pieces = trace(surface, twice, np.tile(points, (2, 1)), np.concatenate([heading, -heading]), length, within)
    round_mm = _back_at(pieces, face, points, heading, spacing_mm)
    closed = np.isfinite(round_mm) & (round_mm <= 2 * reach_mm)
    # What comes back to where it began goes round once: half the way forwards, half backwards.
    limit = np.tile(np.where(closed, np.minimum(round_mm / 2, reach_mm), reach_mm), 2)[pieces.path]
    kept = pieces.arc_mm < limit
    length = np.minimum(pieces.length_mm, limit - pieces.arc_mm)[kept]
    names = ("path", "face", "point", "direction", "arc_mm")
    pieces = replace(pieces, length_mm=length, **{name: getattr(pieces, name)[kept] for name in names})
    return _joined(pieces, face.size), closed


def _back_at(pieces: Pieces, face: Ints, points: Array, heading: Array, spacing_mm: Array) -> Array:
    """Length at which each forward path crosses the face where it began, going the same way; infinite if never."""
    back = np.full(face.size, np.inf)
    forward = np.flatnonzero(pieces.path < face.size)
    path = pieces.path[forward]
    out = points[path] - pieces.point[forward]
    along = (out * pieces.direction[forward]).sum(1)
    aside = np.linalg.norm(out - along[:, None] * pieces.direction[forward], axis=1)
    same = (
        (pieces.face[forward] == face[path]) & (pieces.arc_mm[forward] > 0) & (aside < CLOSED_SHARE * spacing_mm[path])
    )
    same &= (pieces.direction[forward] * heading[path]).sum(1) > CLOSED_COSINE
    np.minimum.at(back, path[same], (pieces.arc_mm[forward] + along)[same])
    return back


def _starting_lines(surface: Surface, plans: list[_Plan]) -> list[_Line]:
    """The geodesics through the middles of zones, square to their strokes."""
    face = np.array([plan.face for plan in plans])
    points, across = np.stack([plan.point for plan in plans]), np.stack([plan.across for plan in plans])
    reach = floats([plan.reach + plan.spacing for plan in plans])
    pieces, _ = _both_ways(surface, face, points, across, reach, reach, _balls(plans))
    lines = []
    for number in range(len(plans)):
        own = _some_paths(pieces, number, number + 1)
        some = own.arc_mm.size > 0
        lines.append(
            _Line(
                own,
                float(own.arc_mm[0]) if some else 0.0,
                float(own.arc_mm[-1] + own.length_mm[-1]) if some else -1.0,
            )
        )
    return lines


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
