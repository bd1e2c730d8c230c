"""Rolling over a zone of a body: where each needle of each ring lands, and how the drum stands there.

Along a stroke the drum is weighed at even steps and what is found read between them. It rolls without slip on the skin
under the rings that bear the load: a ring lands where the turn of the drum, the arc over the pitch radius, brings a
needle straight down. Across, a ring's place is a chord along the axle.

In: a roller, a technique, a zone, strokes over it (`courses.py`) and the law of the needles in its skin. Out: contacts
in the order of the passes, with place, face, push of the needle and pressure around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from ...data.catalog import RollerSpec
from ...data.checks import refuse
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.drum import angular_pitch_rad, ring_offsets_rad, ring_places_mm
from ...geometry.surface.body import crossed
from ...geometry.surface.profile import drops, walked_across
from ...geometry.surface.strokes import Strokes
from ..coverage.passes import Contacts, strokes_out
from ..insertion.motion import pitch_radius_mm
from ..insertion.one_needle import NeedleLaw
from ..technique import Technique
from .chart import Chart
from .courses import STEP_MM, Course, Lanes
from .heights import BodyBalance, balance_on_body
from .over_zone import Landed
from .under_rings import UnderRings, places_along_mm, skin_under


@dataclass(frozen=True)
class Rolled:
    """A zone rolled over: contacts, and the drum at the places where it was weighed.

    Parameters
    ----------
    landed : Landed — what the needles met [mm, N]
    strokes : tuple of Strokes — of each group of passes of one direction [mm]
    balance : BodyBalance — of the drum at their points [mm, N]
    under : UnderRings — the skin under its rings there [mm]
    inside : (K,) bool — the point lies in the zone [-]
    axle_height_mm : float — h over the skin under the bearing rings, mean over the zone [mm]
    pitch_radius_mm : float — travel per radian, mean over the zone [mm]
    ended_short : int — strokes that a border of the mesh cut off [-]

    """

    landed: Landed
    strokes: tuple[Strokes, ...]
    balance: BodyBalance
    under: UnderRings
    inside: Flags
    axle_height_mm: float
    pitch_radius_mm: float
    ended_short: int


@dataclass(frozen=True)
class _Points:
    """Points of strokes at which the drum is weighed: (K,) and (K, 3) arrays."""

    stroke: Ints
    lane: Ints
    arc: Array  # from the starting line on
    point: Array
    tangent: Array
    normal: Array
    face: Ints
    inside: Flags

    def take(self, rows: Ints) -> _Points:
        return _Points(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def _points_of(course: Course, laid: Sequence[Strokes]) -> _Points:
    first = np.cumsum([0, *(strokes.count for strokes in laid)])
    lane = [course.lane_of_stroke(number, strokes)[strokes.stroke] for number, strokes in enumerate(laid)]
    shared = {
        name: np.concatenate([getattr(strokes, name) for strokes in laid])
        for name in ("point", "tangent", "normal", "face", "inside")
    }
    return _Points(
        stroke=np.concatenate([strokes.stroke + begin for strokes, begin in zip(laid, first[:-1], strict=True)]),
        lane=np.concatenate(lane),
        arc=np.concatenate([strokes.arc_mm + strokes.from_line_mm[strokes.stroke] for strokes in laid]),
        **shared,
    )


def roll_over_zone(
    roller: RollerSpec, technique: Technique, chart: Chart, law: NeedleLaw, course: Course, laid: Sequence[Strokes]
) -> Rolled:
    """Roll over a zone and return every contact in it and in a margin around it.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    technique : Technique — passes, pattern, lift, overlap, slip, load [-]
    chart : Chart — of the zone [mm]
    law : NeedleLaw — of the needles in this person's skin, one row [mm, N]
    course : Course — the strokes, drawn [mm]
    laid : sequence of Strokes — the same, laid over the surface: one a direction of the course [mm]

    """
    bone = np.inf if chart.zone.bone_depth_mm is None else chart.zone.bone_depth_mm
    every, x, rings = _points_of(course, laid), places_along_mm(roller), ring_places_mm(roller)
    if not every.arc.size:
        zone = chart.zone.name
        raise refuse("zone", zone, f"a zone that strokes can cross; on {chart.surface.name} a border ends all of them")

    across = walked_across(chart.surface, every.point, every.tangent, every.normal, rings, every.face)

    def drop(at: _Points, along: Array, across: tuple[Ints, Flags]) -> Array:
        return drops(chart.surface, at.point, at.tangent, at.normal, along, rings, face=at.face, across=across)

    # Where no ring comes near the zone nothing more is asked of the skin.
    level = drop(every, np.zeros(1), across)[:, 0, :]
    near = _reaching(roller, chart, every, level, course.margin_mm)
    points = every.take(near)
    around = drop(points, x[x != 0], (across[0][near], across[1][near]))
    around = np.insert(around, int(np.flatnonzero(x == 0)[0]), level[near], axis=1)
    under = skin_under(roller, around, x, np.full(near.size, bone))
    balance = balance_on_body(roller, technique.load_n, law, under)
    # The rings that bear most have most to say on how the drum rolls.
    push = np.einsum("kqj,q->kj", balance.ring_push_mm, balance.weights)
    bears = np.maximum(push, 0.0)
    total = bears.sum(axis=1)
    mean = np.divide((bears * push).sum(axis=1), total, out=push.max(axis=1), where=total > 0)
    height = roller.drum_radius_mm + roller.length_mm - mean
    pitch = pitch_radius_mm(height, roller.drum_radius_mm, technique.slip) * angular_pitch_rad(roller)
    begins = course.along_mm[0][course.lanes.first_pass[points.lane]] - course.margin_mm
    turn = _turns(points.stroke, points.arc, pitch, begins)
    landings = _landings(roller, course.lanes, points, turn)
    landed = _land(roller, technique, chart, course, landings, points, under, balance)
    some = points.inside if points.inside.any() else np.ones(points.inside.size, dtype=bool)
    return Rolled(
        landed=landed,
        strokes=tuple(strokes for strokes in laid if strokes.count),
        balance=balance,
        under=under,
        inside=points.inside,
        axle_height_mm=float(height[some].mean()),
        pitch_radius_mm=float(pitch[some].mean() / angular_pitch_rad(roller)),
        ended_short=int(sum(strokes.ended_short.sum() for strokes in laid)),
    )


def _reaching(roller: RollerSpec, chart: Chart, at: _Points, level: Array, margin: float) -> Ints:
    """Points of strokes at which a ring may be near the zone, and those before and after them."""
    left, stroke = crossed(at.normal, at.tangent), at.stroke
    place = at.point[:, None, :] + ring_places_mm(roller)[None, :, None] * left[:, None, :]
    place = place - np.nan_to_num(level)[:, :, None] * at.normal[:, None, :]
    # A corner of the zone may lie between two of the points.
    within = chart.near(place.reshape(-1, 3), margin + STEP_MM[0]).reshape(level.shape)
    near = np.asarray(within.any(axis=1), dtype=np.bool_)
    also = near.copy()
    also[1:] |= near[:-1] & (stroke[1:] == stroke[:-1])
    also[:-1] |= near[1:] & (stroke[1:] == stroke[:-1])
    return np.flatnonzero(also if also.any() else np.ones(also.size, dtype=bool))


def _turns(stroke: Ints, arc: Array, pitch: Array, begins: Array) -> Array:
    """Needles of a ring that have passed at each point, from where the lane begins."""
    first = np.flatnonzero(np.diff(stroke, prepend=-1))
    start = first[np.cumsum(np.diff(stroke, prepend=-1) != 0) - 1]
    between = np.zeros(arc.size)
    between[1:] = np.diff(arc) * 2 / (pitch[1:] + pitch[:-1])
    between[first] = 0
    passed = np.cumsum(between)
    return floats((arc[start] - begins[start]) / pitch[start] + passed - passed[start])


@dataclass(frozen=True)
class _Landings:
    """Landings of all rings: which lane, ring and needle, and between which two points of a stroke."""

    lane: Ints
    ring: Ints
    number: Ints
    low: Ints
    share: Array


def _landings(roller: RollerSpec, lanes: Lanes, points: _Points, turn: Array) -> _Landings:
    """Every landing of every ring along every stroke."""
    stroke, lane = points.stroke, points.lane
    first = np.flatnonzero(np.diff(stroke, prepend=-1))
    last = np.append(first[1:], stroke.size) - 1
    offset = ring_offsets_rad(roller) / angular_pitch_rad(roller)
    place = np.mod(lanes.phase[lane[first]][:, None] + offset, 1.0)
    lowest = np.ceil(turn[first][:, None] - place - 1e-9).astype(np.int64)
    highest = np.floor(turn[last][:, None] - place + 1e-9).astype(np.int64)
    count = np.maximum(highest - lowest + 1, 0).ravel()
    line = np.repeat(np.arange(count.size), count)
    number = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + lowest.ravel()[line]
    run, ring = np.divmod(line, roller.rows)
    wanted = place.ravel()[line] + number
    # Strokes laid end to end along one axis: a search finds the two points around a landing.
    wide = float(np.ptp(turn)) + 2.0
    key = turn - turn.min() + np.repeat(np.arange(first.size), last - first + 1) * wide
    low = np.searchsorted(key, wanted - turn.min() + run * wide, side="right") - 1
    low = np.clip(low, first[run], np.maximum(last[run] - 1, first[run]))
    gap = turn[np.minimum(low + 1, last[run])] - turn[low]
    share = np.divide(wanted - turn[low], gap, out=np.zeros(low.size), where=gap > 0)
    return _Landings(lane[first][run], ring, number, low, np.clip(share, 0.0, 1.0))


def _land(
    roller: RollerSpec,
    technique: Technique,
    chart: Chart,
    course: Course,
    landings: _Landings,
    at: _Points,
    under: UnderRings,
    balance: BodyBalance,
) -> Landed:
    lanes, along, across, margin = course.lanes, course.along_mm, course.across_mm, course.margin_mm
    low, ring, share = landings.low, landings.ring, landings.share
    high = np.minimum(low + 1, at.arc.size - 1)
    high = np.where(at.stroke[high] == at.stroke[low], high, low)

    def read(values: Array) -> Array:
        return floats((1 - share) * values[low, ...] + share * values[high, ...])

    def of_ring(values: Array) -> Array:
        kind = balance.kind_of_ring[ring]
        return floats((1 - share) * values[low, kind, ring] + share * values[high, kind, ring])

    arc = read(at.arc)
    push = of_ring(balance.ring_push_mm)
    step = (at.arc[high] - at.arc[low])[:, None]
    s = share[:, None]
    middle = (  # through both points, along both tangents
        (1 + 2 * s) * (1 - s) ** 2 * at.point[low]
        + s * (1 - s) ** 2 * step * at.tangent[low]
        + s**2 * (3 - 2 * s) * at.point[high]
        - s**2 * (1 - s) * step * at.tangent[high]
    )
    tangent, normal = ((1 - s) * part[low] + s * part[high] for part in (at.tangent, at.normal))
    normal = normal / np.linalg.norm(normal, axis=1, keepdims=True)
    left = np.cross(normal, tangent / np.linalg.norm(tangent, axis=1, keepdims=True))
    y = ring_places_mm(roller)[ring] * np.cos(read(balance.tilt_rad))
    drop = (1 - share) * under.drop_mm[low, ring] + share * under.drop_mm[high, ring]
    there = drop < roller.drum_radius_mm + roller.length_mm
    place = middle + y[:, None] * left - np.where(there, drop, 0.0)[:, None] * normal
    v = lanes.across_mm[landings.lane] + ring_places_mm(roller)[ring]
    first = lanes.first_pass[landings.lane]
    near = there & (arc >= along[0][first] - margin) & (arc <= along[1][first] + margin)
    near &= (v >= across[0][first] - margin) & (v <= across[1][first] + margin)
    near &= chart.near(place, margin)
    chosen = np.flatnonzero(near)
    face, in_zone = chart.face_of(place[chosen])
    kept = chart.beside[face]
    chosen, face, in_zone = chosen[kept], face[kept], in_zone[kept]
    touching = push[chosen] > 0
    missed = np.bincount(ring[chosen][in_zone & ~touching], minlength=roller.rows)
    met = np.bincount(ring[chosen][in_zone], minlength=roller.rows)
    share_touching = float(touching.mean()) if touching.size else 0.0
    chosen, face, in_zone = chosen[touching], face[touching], in_zone[touching]
    phase = np.floor(lanes.phase[landings.lane] + ring_offsets_rad(roller)[ring] / angular_pitch_rad(roller))
    number = strokes_out(technique)[first] + 1
    order = np.lexsort((arc[chosen], ring[chosen], landings.lane[chosen], number[chosen]))
    chosen, face, in_zone = chosen[order], face[order], in_zone[order]
    xy = chart.flat(place[chosen])
    contacts = Contacts(
        x_mm=xy[:, 0],
        y_mm=xy[:, 1],
        pass_number=number[chosen],
        lane=lanes.lane[landings.lane[chosen]],
        ring=ring[chosen],
        needle=np.mod(landings.number[chosen] - phase[chosen].astype(np.int64), roller.per_ring),
        inside=in_zone,
        hole=np.full(chosen.size, -1),
        off_hole_mm=np.full(chosen.size, np.inf),
    )
    landed = Landed(
        contacts,
        place[chosen],
        face,
        push[chosen],
        of_ring(balance.pressure_mpa)[chosen],
        share_touching,
        floats(np.divide(missed, met, out=np.zeros(roller.rows), where=met > 0)),
    )
    return landed if technique.lift else _with_strokes_back(landed, technique)


def _with_strokes_back(landed: Landed, technique: Technique) -> Landed:
    """Strokes back over the same lane, whose needles come down in their own holes: nothing slides."""
    out = landed.contacts
    again = np.flatnonzero(out.pass_number < technique.passes)
    both = {
        field.name: np.concatenate([getattr(out, field.name), getattr(out, field.name)[again]])
        for field in fields(Contacts)
    }
    both["pass_number"][out.x_mm.size :] += 1
    both["hole"][out.x_mm.size :], both["off_hole_mm"][out.x_mm.size :] = again, 0.0
    order = np.argsort(both["pass_number"], kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    both = {name: values[order] for name, values in both.items()}
    both["hole"] = np.where(both["hole"] >= 0, place[both["hole"]], -1)
    index = np.concatenate([np.arange(out.x_mm.size), again])[order]
    return Landed(
        Contacts(**both),
        landed.place_mm[index],
        landed.face[index],
        landed.push_mm[index],
        landed.pressure_mpa[index],
        landed.touching_share,
        landed.missed_by_ring,
    )
