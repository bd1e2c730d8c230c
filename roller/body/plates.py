"""Pens and stamps over a zone of a body: where their plates come down along strokes, and how they rest on bent skin.

Strokes are drawn as on flat skin (`coverage/touches.py`) and laid along geodesics. At every touch the plate is square
to the skin under its middle; each needle goes in straight from there. The load presses the skin under the plate flat
as Hertz (1882) has it: 4/3 E' a^3 k lays skin of curvature k flat out to a radius a, more over bone by the ratio that
holds for a drum (`bone.py`). Where the load is less than the plate's rim asks for, the plate keeps off the skin, at
each needle by the skin's drop times the share of it that is left at the rim. On a plane it is the flat answer.

In: a pen or stamp, a technique, a zone, the law of its needles. Out: a course, and contacts over the zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import pi
from typing import Any

import numpy as np
from shapely.geometry import Polygon

from ...data.checks import refuse
from ...data.plates import PenSpec, StampSpec
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.halving import halved
from ...geometry.plate import plate_places_mm, rim_places_mm
from ...geometry.surface.body import crossed, unit_vectors
from ...geometry.surface.profile import under_places
from ...geometry.surface.strokes import Lay, Strokes
from ..coverage.motions import motion_of
from ..coverage.passes import Contacts, headings_rad
from ..coverage.touches import Rows, corners_mm, draw_rows, touch_margin_mm
from ..insertion.balance import DrumBalance
from ..insertion.drum_dent import line_stiffness_n_per_mm
from ..insertion.one_needle import NeedleLaw
from ..insertion.support import gaps_under_plate_mm, needles_on_skin
from ..insertion.tissue import tissue_model
from ..technique import Technique
from .bone import bone_stiffening
from .chart import Chart
from .courses import STEP_MM, TURN_PER_STEP, WIDER, check_on_body
from .over_zone import Landed, OverZone
from .under_rings import SHARPEST

HALVINGS = 50  # of the radius out to which skin lies flat
LEAST_BEND_PER_MM = 1e-9  # flatter skin is a plane
LEAST_GAP_MM = 1e-6  # between plate and skin, that is told


@dataclass(frozen=True)
class PlateCourse:
    """All touches over a zone, before strokes are laid: T of them, pass by pass and stroke by stroke.

    Parameters
    ----------
    rows : Rows — strokes drawn [mm]
    row : (T,) int — the stroke of each touch [-]
    along_mm, off_mm : (T,) float — along the stroke from the starting line, and to its left [mm]
    turn_rad : (T,) float — of the plate, against the x axis [rad]
    heading_rad : (P,) float — of the strokes of each pass [rad]
    lays : tuple of Lay — one a direction of strokes [mm]
    margin_mm : float — how far beyond the zone contacts matter [mm]

    """

    rows: Rows
    row: Ints
    along_mm: Array
    off_mm: Array
    turn_rad: Array
    heading_rad: Array
    lays: tuple[Lay, ...]
    margin_mm: float


def plate_course(
    plate: PenSpec | StampSpec, technique: Technique, chart: Chart, margin_mm: float, rng: np.random.Generator
) -> PlateCourse:
    """Draw the strokes and touches of all passes over a zone.

    Parameters
    ----------
    plate : PenSpec or StampSpec — the device [mm]
    technique : Technique — passes, pattern, lift, overlap, and what a pen or a stamp has [-]
    chart : Chart — of the zone [mm]
    margin_mm : float — how far beyond the zone contacts matter [mm]
    rng : numpy Generator — where strokes begin, phases, turns, the hand's errors [-]

    """
    check_on_body(technique)
    heading = headings_rad(technique)
    rows = draw_rows(plate, technique, *_corners(chart, heading, margin_mm), rng)
    touches = [rows.touches(number, rng) for number in range(technique.passes)]
    row, along, off, turn = (np.concatenate(parts) for parts in zip(*touches, strict=True))
    lays = [
        Lay(
            zone=chart.zone,
            direction=float(np.degrees(one)),
            spacing_mm=2 * rows.furthest_mm,
            overrun_mm=margin_mm,
            step_mm=float(np.clip(TURN_PER_STEP / max(chart.bend_per_mm, 1e-9), *STEP_MM)),
            across_mm=np.unique(rows.place_mm[heading[rows.of_pass] == one]),
            beside_mm=WIDER * (rows.furthest_mm + 2 * margin_mm),
        )
        for one in np.unique(heading)
    ]
    return PlateCourse(rows, row, along, off, turn, heading, tuple(lays), margin_mm)


def _corners(chart: Chart, heading: Array, margin: float) -> tuple[Array, Array]:
    """Where the zone and its margin begin and end along and across each pass: of a plane as of a flat region."""
    if not chart.bent and isinstance(chart.outline, Polygon):
        grown = chart.outline.buffer(margin, join_style="mitre")
        return corners_mm(grown, heading)
    along, across = chart.extents(heading)
    grow = np.array([[-margin], [margin]])
    return floats(along + grow), floats(across + grow)


@dataclass(frozen=True)
class _Plates:
    """Plates put down on the skin: places and frames of their middles, (T, 3); which touch of the course each is."""

    touch: Ints
    point: Array
    tangent: Array
    left: Array
    normal: Array
    face: Ints

    def take(self, rows: Ints | Flags) -> _Plates:
        return _Plates(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def touch_zone(
    plate: PenSpec | StampSpec,
    technique: Technique,
    chart: Chart,
    law: NeedleLaw,
    course: PlateCourse,
    laid: Sequence[Strokes],
) -> OverZone:
    """Put a plate down all over a zone and return every contact in it and in a margin around it.

    Parameters
    ----------
    plate : PenSpec or StampSpec — the device [mm]
    technique : Technique — passes, load, and what a pen or a stamp has [-]
    chart : Chart — of the zone [mm]
    law : NeedleLaw — of the needles in this person's skin, one row [mm, N]
    course : PlateCourse — touches and strokes, drawn [mm]
    laid : sequence of Strokes — the same strokes, laid over the surface: one a direction of the course [mm]

    """
    down = _put_down(chart, course, laid)
    if not down.touch.size:
        name = chart.zone.name
        raise refuse("zone", name, f"a zone that strokes can cross; on {chart.surface.name} a border ends all of them")
    # The plate's own axes, against the stroke.
    turn = course.turn_rad[down.touch] - course.heading_rad[course.rows.of_pass[course.row[down.touch]]]
    needle_x, needle_y = _turned(plate_places_mm(plate), turn)
    rim_x, rim_y = _turned(rim_places_mm(plate), turn)
    count = down.touch.size

    def below(x: Array, y: Array) -> tuple[Array, Ints]:
        at = np.repeat(np.arange(count), x.shape[1])
        frame = (down.point, down.tangent, down.normal, down.face)
        drop, face, _ = under_places(chart.surface, *frame, at, x.ravel(), y.ravel())
        return drop.reshape(x.shape), face.reshape(x.shape)

    rim, _ = below(rim_x, rim_y)
    drop, face = below(needle_x, needle_y)
    seats = _seating(plate, technique.load_n, chart, rim)
    gap = gaps_under_plate_mm(plate, rim, drop) * seats.left[:, None]
    balance, push, pressure = needles_on_skin(plate, technique.load_n, law, gap)
    middle_in = chart.surface.zone_of_face[down.face] == chart.surface.zone_index(chart.zone)
    some = middle_in if middle_in.any() else np.ones(count, dtype=np.bool_)
    place = (
        down.point[:, None]
        + needle_x[..., None] * down.tangent[:, None]
        + needle_y[..., None] * down.left[:, None]
        - np.nan_to_num(drop)[..., None] * down.normal[:, None]
    )
    landed = _land(chart, course, down.touch, place.reshape(-1, 3), face, np.isfinite(drop), push, pressure)
    height = float(law.length_mm[0]) - landed.push_mm
    mean_height = float(balance.axle_height_mm[some].mean())
    lane = float(motion_of(plate, technique, mean_height).lane_density_per_mm2) * landed.touching_share
    off = np.asarray((gap > LEAST_GAP_MM).any(axis=1) & (seats.left > 0))
    mean: dict[str, Any] = {
        field.name: floats([getattr(balance, field.name)[some].mean()]) for field in fields(DrumBalance)
    }
    return OverZone(
        landed=landed,
        strokes=tuple(strokes for strokes in laid if strokes.count),
        balance=DrumBalance(**mean),
        height_mm=height,
        mean_height_mm=mean_height,
        lane_density_per_mm2=lane,
        bare_mm=touch_margin_mm(plate, technique),
        rings_touching=float(np.asarray((push > 0).any(axis=1))[some].mean()),
        tilt_rad=np.zeros(int(some.sum())),
        flags={
            "not_seated": off[some],
            "falls_away": np.asarray(seats.sagitta_mm > plate.length_mm)[some],
            "sharp": (seats.bend * seats.radius_mm > SHARPEST)[some],
            "one_sided": ~np.asarray(np.isfinite(rim).all(axis=1))[some],
        },
        ended_short=int(sum(strokes.ended_short.sum() for strokes in laid)),
    )


def _turned(places: Array, turn: Array) -> tuple[Array, Array]:
    """Places on a plate that is turned, along the stroke and to its left, (T, N) each."""
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    along, across = places.T
    return cos * along - sin * across, sin * along + cos * across


def _put_down(chart: Chart, course: PlateCourse, laid: Sequence[Strokes]) -> _Plates:
    """Every touch that may reach the zone, with the skin under the plate's middle."""
    of_row, parts = course.heading_rad[course.rows.of_pass], []
    for lay, strokes, heading in zip(course.lays, laid, np.unique(course.heading_rad), strict=True):
        touch = np.flatnonzero(of_row[course.row] == heading)
        if strokes.count and touch.size:
            parts.append(_on_strokes(chart, course, touch, lay, strokes))
    if not parts:
        nowhere, none = np.empty((0, 3)), np.empty(0, dtype=np.int64)
        return _Plates(none, nowhere, nowhere, nowhere, nowhere, none)
    found = _Plates(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(_Plates)}
    )
    return found.take(np.argsort(found.touch, kind="stable"))


def _on_strokes(chart: Chart, course: PlateCourse, touch: Ints, lay: Lay, strokes: Strokes) -> _Plates:
    """Touches of one direction on its strokes."""
    assert lay.across_mm is not None
    places = floats(lay.across_mm)
    along = course.along_mm[touch]
    wide = 2 * float(np.abs(along).max() + np.abs(strokes.from_line_mm).max() + strokes.length_mm.max() + 1.0)
    # Strokes of one place follow each other along it: one number says place and way along.
    key = np.searchsorted(places, strokes.across_mm) * wide + strokes.from_line_mm
    order = np.argsort(key, kind="stable")
    wanted = np.searchsorted(places, course.rows.place_mm[course.row[touch]]) * wide + along
    found = np.searchsorted(key[order], wanted, side="right") - 1
    stroke = order[np.maximum(found, 0)]
    within = (found >= 0) & (wanted <= key[stroke] + strokes.length_mm[stroke])
    touch, stroke, arc = touch[within], stroke[within], (along - strokes.from_line_mm[stroke])[within]
    low = np.searchsorted(strokes.stroke * wide + strokes.arc_mm, stroke * wide + arc, side="right") - 1
    low = np.clip(low, strokes.start[stroke], np.maximum(strokes.start[stroke + 1] - 2, strokes.start[stroke]))
    high = np.minimum(low + 1, strokes.start[stroke + 1] - 1)
    step = (strokes.arc_mm[high] - strokes.arc_mm[low])[:, None]
    s = np.divide((arc - strokes.arc_mm[low])[:, None], step, out=np.zeros_like(step), where=step > 0)
    points, tangents = ((part[low], part[high]) for part in (strokes.point, strokes.tangent))
    point = (  # through both points, along both tangents
        (1 + 2 * s) * (1 - s) ** 2 * points[0]
        + s * (1 - s) ** 2 * step * tangents[0]
        + s**2 * (3 - 2 * s) * points[1]
        - s**2 * (1 - s) * step * tangents[1]
    )
    near = chart.near(point, course.margin_mm + course.rows.furthest_mm)
    touch, low, high, s, point = touch[near], low[near], high[near], s[near], point[near]
    normal = unit_vectors((1 - s) * strokes.normal[low] + s * strokes.normal[high])
    tangent = _square((1 - s) * strokes.tangent[low] + s * strokes.tangent[high], normal)
    # Off the stroke by the hand's error, on the skin there.
    off, rows = course.off_mm[touch], np.arange(touch.size)
    frame = (point, tangent, normal, strokes.face[low])
    drop, face, weights = under_places(chart.surface, *frame, rows, np.zeros(touch.size), off)
    point = point + off[:, None] * crossed(normal, tangent) - drop[:, None] * normal
    normal = chart.surface.normals(face, weights)
    tangent = _square(tangent, normal)
    plates = _Plates(touch, point, tangent, crossed(normal, tangent), normal, face)
    return plates.take(np.isfinite(drop))


def _square(direction: Array, normal: Array) -> Array:
    """Directions made square to normals, of length one."""
    return unit_vectors(direction - (direction * normal).sum(1)[:, None] * normal)


@dataclass(frozen=True)
class _Seats:
    """How plates lie on bent skin, (T,) each: what is left of the skin's drop under the load, and the bend itself."""

    left: Array
    sagitta_mm: Array
    bend: Array
    radius_mm: float


def _seating(plate: PenSpec | StampSpec, load: float, chart: Chart, rim_drop: Array) -> _Seats:
    """How far the load lays the skin flat under each plate, from the drop of the skin under its rim."""
    away = np.linalg.norm(rim_places_mm(plate), axis=1)
    known = np.isfinite(rim_drop)
    drop = np.where(known, rim_drop, 0.0)
    bends = 2 * drop / away**2
    bend = np.abs(bends.sum(axis=1)) / np.maximum(known.sum(axis=1), 1)
    radius = float(away.mean())
    left, some = np.zeros(bend.size), np.flatnonzero(np.abs(drop).max(axis=1) > LEAST_GAP_MM)
    # Saddles have no mean bend: what they are bent at all is laid flat as if it went one way.
    bend[some] = np.maximum(bend[some], LEAST_BEND_PER_MM)
    none, rim = np.zeros(some.size), np.full(some.size, radius)
    short = np.asarray(load < _flattening_n(rim, bend[some], chart))
    times = HALVINGS if short.any() else 0
    low, _ = halved(none, rim, lambda out: np.asarray(_flattening_n(out, bend[some], chart) > load), times)
    left[some[short]] = _left_beyond(radius / np.maximum(low[short], 1e-12))
    sharpest = np.abs(bends).max(axis=1)
    return _Seats(left, np.ptp(np.append(drop, np.zeros((bend.size, 1)), axis=1), axis=1), sharpest, radius)


def _flattening_n(radius: Array, bend: Array, chart: Chart) -> Array:
    """Load that lays skin of a curvature flat out to a radius (Hertz 1882), more over bone."""
    modulus = float(line_stiffness_n_per_mm(np.ones(1), tissue_model())[0]) * 4 / pi
    bone = np.inf if chart.zone.bone_depth_mm is None else chart.zone.bone_depth_mm
    stiffer, _ = bone_stiffening(radius**2 * bend, 1 / bend, np.full(radius.shape, bone))
    return floats(4 / 3 * modulus * radius**3 * bend * stiffer)


def _left_beyond(ratio: Array) -> Array:
    """Share of a paraboloid's drop that is left as a gap at a distance over the contact's radius, from 1 (Hertz)."""
    s = np.maximum(ratio, 1.0)
    return floats(2 / (pi * s**2) * (np.sqrt(s**2 - 1) + (s**2 - 2) * np.arccos(1 / s)))


def _land(
    chart: Chart,
    course: PlateCourse,
    touch: Ints,
    place: Array,
    face: Ints,
    there: Flags,
    push: Array,
    pressure: Array,
) -> Landed:
    """Contacts near the zone, in the order in which they are made."""
    needles = push.shape[1]
    chosen = np.flatnonzero(there.ravel())
    chosen = chosen[chart.near(place[chosen], course.margin_mm)]
    chosen = chosen[chart.beside[face.ravel()[chosen]]]
    in_zone = chart.surface.zone_of_face[face.ravel()[chosen]] == chart.surface.zone_index(chart.zone)
    touching = push.ravel()[chosen] > 0
    met = int(in_zone.sum())
    missed = float((in_zone & ~touching).sum() / met) if met else 0.0
    share = float(touching.mean()) if touching.size else 0.0
    chosen, in_zone = chosen[touching], in_zone[touching]
    at, needle = np.divmod(chosen, needles)
    row = course.row[touch[at]]
    xy = chart.flat(place[chosen])
    contacts = Contacts(
        x_mm=xy[:, 0],
        y_mm=xy[:, 1],
        pass_number=course.rows.of_pass[row] + 1,
        lane=course.rows.lane[row],
        ring=np.zeros(chosen.size, dtype=np.int64),
        needle=needle,
        inside=in_zone,
        hole=np.full(chosen.size, -1),
        off_hole_mm=np.full(chosen.size, np.inf),
    )
    turn = course.turn_rad[touch[at]]
    pushed, pressed = push.ravel()[chosen], pressure.ravel()[chosen]
    return Landed(
        contacts, place[chosen], face.ravel()[chosen], pushed, pressed, share, floats([missed]), turn_rad=turn
    )
