"""Where the needles land: passes, strokes, lifts and directions over a region.

A stroke is one way of the roller along a lane, a pass is strokes side by side until the whole region is covered once in
one direction. Put down anew, the roller starts with a new phase of the drum and a new lateral offset within one row
pitch, and the grid of lanes starts at a new place for each pass: every point of the skin is met with the same chance.
Not lifted, it goes back over the same lane with the same needles over the same holes, as far as it does not slip.

In: a roller, a technique, the region, the pitch radius. Out: one entry a contact of a needle with the skin, in the
order of the passes, and for strokes back which hole it meets.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import ceil

import numpy as np
import shapely
from shapely.affinity import scale
from shapely.geometry import Polygon

from ...data.catalog import RollerSpec
from ...data.checks import InputError
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.drum import angular_pitch_rad, ring_offsets_rad, row_pitch_mm
from ..technique import DIRECTIONS_DEG, Technique
from .lines import stretches_inside

HALF_TURN_DEG = 180.0
# Slides on strokes back that are drawn, altogether and at once: of a slide some 40 bytes are held.
MOST_SLIDES, SLIDES_AT_ONCE = 10**9, 1 << 21


@dataclass(frozen=True)
class Contacts:
    """Needle contacts, sorted by pass; those within a margin around the region are kept, so that it has no edge.

    Parameters
    ----------
    x_mm, y_mm : (n,) float — where the needle is lowest, in skin let go [mm]
    pass_number : (n,) int — 1 to the number of passes [-]
    lane : (n,) int — lane within the pass, side by side, 0 first [-]
    ring : (n,) int — ring of the needle, 0 first [-]
    needle : (n,) int — needle within its ring, 0 first [-]
    inside : (n,) bool — the point lies in the region itself [-]
    hole : (n,) int — on a stroke back: the contact of the same needle on the stroke out; -1 for none [-]
    off_hole_mm : (n,) float — how far off that contact it lands, along the stroke; infinite for none [mm]

    """

    x_mm: Array
    y_mm: Array
    pass_number: Ints
    lane: Ints
    ring: Ints
    needle: Ints
    inside: Flags
    hole: Ints
    off_hole_mm: Array


@dataclass(frozen=True)
class StrokeCount:
    """How often the hand moved.

    Parameters
    ----------
    passes : int — times that the whole region was covered in one direction [-]
    strokes : int — times that the roller went along a lane that crosses the region [-]
    lifts : int — times that the roller left the skin and came down anew [-]

    """

    passes: int
    strokes: int
    lifts: int


def strokes_out(technique: Technique) -> Ints:
    """Return the passes, 0 first, whose strokes begin with the roller put down anew; the others go back over theirs.

    Parameters
    ----------
    technique : Technique — passes, lift [-]

    """
    return np.arange(0, technique.passes, 1 if technique.lift else 2)


def headings_rad(technique: Technique) -> Array:
    """Return which way the drum faces in each pass: on a stroke back it rolls backwards and is not turned round.

    Parameters
    ----------
    technique : Technique — passes, pattern, lift [-]

    Returns
    -------
    (P,) float — angle from the x axis [rad]

    """
    turn = DIRECTIONS_DEG[technique.pattern]
    if technique.lift:
        return floats(np.radians(np.resize(np.array(turn), technique.passes)))
    lines = [angle for angle in turn if angle < HALF_TURN_DEG]
    both_ways = np.repeat(np.resize(np.array(lines), strokes_out(technique).size), 2)
    return floats(np.radians(both_ways[: technique.passes]))


def directions_rad(technique: Technique) -> Array:
    """Return the rolling direction of each pass.

    Parameters
    ----------
    technique : Technique — passes, pattern, lift [-]

    Returns
    -------
    (P,) float — angle from the x axis [rad]

    """
    back = np.ones(technique.passes)
    back[strokes_out(technique)] = 0
    return floats(headings_rad(technique) + np.radians(HALF_TURN_DEG) * back)


def contact_margin_mm(roller: RollerSpec, pitch_radius: float) -> float:
    """Return how far beyond the region contacts matter: the largest gap that one pass leaves.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    pitch_radius : float — travel per radian [mm]

    """
    return max(row_pitch_mm(roller), pitch_radius * angular_pitch_rad(roller))


@dataclass(frozen=True)
class _Lanes:
    """Lanes of all strokes that begin with the roller put down anew, and where their rings run."""

    lane: Ints  # (lanes,) within the pass
    first_pass: Ints  # (lanes,) 0 first
    heading_rad: Array  # (lanes,)
    from_mm: Array  # (lanes,) ends of the lane along the heading
    to_mm: Array
    across_mm: Array  # (lanes, rings)
    crosses: Flags  # (lanes, rings) the ring runs over the region or its margin
    ring_phase: Array  # (lanes, rings) of the drum at the lane's beginning, in needles of the ring
    needle_pitch: float  # travel from one needle of a ring to the next
    per_ring: int
    first: int  # landings are numbered from the lane's beginning, 0 first: the first and the last that may count
    last: int

    def along_mm(self, lane: Ints, ring: Ints | int, landing: Ints | int) -> Array:
        """Where the drum would land along the heading if it rolled on evenly for ever."""
        return floats(self.from_mm[lane] + self.needle_pitch * (np.mod(self.ring_phase[lane, ring], 1.0) + landing))


@dataclass(frozen=True)
class _Landings:
    """Landings near the region, lane by lane, ring by ring and in order along each: (n,) arrays."""

    lane: Ints  # among all lanes
    ring: Ints
    landing: Ints
    along_mm: Array  # of the stroke out
    slid_mm: Array  # how far before it the drum lands on the stroke back

    def pick(
        self, lanes: _Lanes, kept: Flags, along_mm: Array, back: int, region: Polygon, grown: Polygon
    ) -> tuple[Ints, Contacts]:
        """Landings of a stroke that count, at their places along it: which of these they are, and what they meet."""
        index = np.flatnonzero(kept & lanes.crosses[self.lane, self.ring])
        lane, ring = self.lane[index], self.ring[index]
        u, v, heading = along_mm[index], lanes.across_mm[lane, ring], lanes.heading_rad[lane]
        x = u * np.cos(heading) - v * np.sin(heading)
        y = u * np.sin(heading) + v * np.cos(heading)
        # Directions other than the region's own reach further than the margin: cut back to it.
        near = shapely.contains_xy(grown, x, y)
        index, x, y, lane, ring = index[near], x[near], y[near], lane[near], ring[near]
        phase = np.floor(lanes.ring_phase[lane, ring]).astype(np.int64)
        return index, Contacts(
            x_mm=x,
            y_mm=y,
            pass_number=lanes.first_pass[lane] + 1 + back,
            lane=lanes.lane[lane],
            ring=ring,
            needle=np.mod(self.landing[index] - phase, lanes.per_ring),
            inside=shapely.contains_xy(region, x, y),
            hole=np.full(x.size, -1),
            off_hole_mm=np.full(x.size, np.inf),
        )


def _lay_lanes(
    roller: RollerSpec,
    technique: Technique,
    region: Polygon,
    margin: float,
    needle_pitch: float,
    rng: np.random.Generator,
) -> _Lanes:
    """Lay out the lanes of all strokes that begin with the roller put down anew."""
    out = strokes_out(technique)
    angle = headings_rad(technique)[out]
    corners = np.asarray(region.exterior.coords)
    along = corners @ np.stack([np.cos(angle), np.sin(angle)])
    across = corners @ np.stack([-np.sin(angle), np.cos(angle)])
    along_from, along_to = along.min(axis=0) - margin, along.max(axis=0) + margin
    across_from, across_to = across.min(axis=0) - margin, across.max(axis=0) + margin

    # Lanes of all passes in one list: enough to reach from edge to edge wherever the grid starts.
    step = roller.drum_width_mm * (1 - technique.overlap)
    lane_count = np.ceil((across_to - across_from + roller.drum_width_mm) / step).astype(np.int64) + 1
    of = np.repeat(np.arange(out.size), lane_count)
    lane = np.arange(lane_count.sum()) - np.repeat(np.cumsum(lane_count) - lane_count, lane_count)
    grid_start = across_from - roller.drum_width_mm - step * rng.random(out.size)
    row_pitch = row_pitch_mm(roller)
    lane_start = grid_start[of] + lane * step + row_pitch * rng.random(lane.size)
    place_across = lane_start[:, None] + row_pitch * np.arange(roller.rows)

    # A ring meets the skin every `needle_pitch` of travel; the drum's phase says where, and with which needle. A drum
    # that slips on its way back may meet the lane with needles that had left the skin before the lane began.
    phase = rng.random(lane.size) * roller.per_ring
    longest = float((along_to - along_from).max())
    before = 0 if technique.lift else ceil(longest * technique.slip / (1 - technique.slip) / needle_pitch)
    return _Lanes(
        lane=lane,
        first_pass=out[of],
        heading_rad=angle[of],
        from_mm=along_from[of],
        to_mm=along_to[of],
        across_mm=place_across,
        crosses=(place_across >= across_from[of][:, None]) & (place_across <= across_to[of][:, None]),
        ring_phase=phase[:, None] + ring_offsets_rad(roller) / angular_pitch_rad(roller),
        needle_pitch=needle_pitch,
        per_ring=roller.per_ring,
        first=-before,
        last=ceil(longest / needle_pitch),
    )


def _landings(lanes: _Lanes, some: Ints, grown: Polygon, further_mm: Array) -> tuple[Ints, Ints, Ints]:
    """Lane, ring and number of the landings of some lanes in a polygon, or up to a distance along the lane from it."""
    rings = lanes.across_mm.shape[1]
    found = []
    for heading in np.unique(lanes.heading_rad[some]):
        lane = some[lanes.heading_rad[some] == heading]
        inside = stretches_inside(grown, np.array([np.cos(heading), np.sin(heading)]), lanes.across_mm[lane].ravel())
        found.append(inside._replace(line=lane[inside.line // rings] * rings + inside.line % rings))
    line, start, end = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(line, kind="stable")  # each line has one heading: along it the order stays
    line, start, end = line[order], start[order], end[order]
    lane, ring = np.divmod(line, rings)
    begins, further = lanes.along_mm(lane, ring, 0), further_mm[np.searchsorted(some, lane)]
    # One landing more at each end outweighs roundings; what is too much is cut off by whoever asks.
    first = np.floor((start - further - begins) / lanes.needle_pitch)
    last = np.ceil((end + further - begins) / lanes.needle_pitch)
    first = np.clip(first, lanes.first, lanes.last + 1).astype(np.int64)
    last = np.clip(last, lanes.first - 1, lanes.last).astype(np.int64)
    again = np.flatnonzero(line[1:] == line[:-1]) + 1
    # Around a hole two stretches may claim the same landing: the earlier one has it.
    first[again] = np.maximum(first[again], last[again - 1] + 1)
    count = np.maximum(last - first + 1, 0)
    landing = np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
    return np.repeat(lane, count), np.repeat(ring, count), landing


def _walk(lanes: _Lanes, grown: Polygon) -> _Landings:
    """Walk along the lanes where they are near the region; what the drum slides does not matter."""
    every = np.arange(lanes.lane.size)
    lane, ring, landing = _landings(lanes, every, grown, np.zeros(every.size))
    along = lanes.along_mm(lane, ring, landing)
    return _Landings(lane, ring, landing, along, np.zeros(along.size))


def _walk_sliding(lanes: _Lanes, grown: Polygon, slip: float, rng: np.random.Generator) -> _Landings:
    """Walk along the lanes where they are near the region on the stroke out or on the stroke back.

    How far the drum lands before its own holes on the stroke back is the slides since the turn, less their mean. On
    both ways it slides over the same share of the travel, yet not in the same places. It is taken to let go once in a
    needle's pitch, by lengths that chance spreads as waiting times, so that the distance from its holes grows with the
    root of the way from the turn. No source measures it.
    """
    pitch, rings = lanes.needle_pitch, np.arange(lanes.across_mm.shape[1])
    every = np.arange(lanes.lane.size)
    longest = float((lanes.to_mm[:, None] - lanes.along_mm(every[:, None], rings, lanes.first)).max()) / pitch
    nodes = ceil(max(longest, 0.0)) + 2
    if every.size * nodes > MOST_SLIDES:
        told = f"strokes back would slide {every.size * nodes:.1e} times over this region"
        raise InputError(f"{told}; allowed: {MOST_SLIDES:.0e}: smaller regions, no slip, or a lift after each stroke")
    at_once = max(1, SLIDES_AT_ONCE // nodes)
    walked = []
    for some in np.split(every, range(at_once, every.size, at_once)):
        slide = rng.exponential(slip * pitch, (some.size, nodes))
        passed = np.concatenate([np.zeros((some.size, 1)), np.cumsum(slide, axis=1)], axis=1)
        off = np.abs(passed - slip * pitch * np.arange(nodes + 1)).max(axis=1)  # it is largest where the drum lets go
        lane, ring, landing = _landings(lanes, some, grown, off)
        along = lanes.along_mm(lane, ring, landing)
        from_turn = (lanes.to_mm[lane] - along) / pitch
        node = np.clip(np.floor(from_turn).astype(np.int64), 0, nodes - 1)
        which = lane - some[0]
        slid = passed[which, node] + (from_turn - node) * slide[which, node] - slip * pitch * from_turn
        walked.append((lane, ring, landing, along, slid))
    return _Landings(*(np.concatenate(parts) for parts in zip(*walked, strict=True)))


def roll(
    roller: RollerSpec, technique: Technique, region: Polygon, pitch_radius: float, rng: np.random.Generator
) -> Contacts:
    """Roll over the region and return every contact in it and in a margin around it.

    Stretched skin is longer along x while the needles are in it; places are those in the skin let go.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    technique : Technique — passes, pattern, lift, overlap, slip, stretch [-]
    region : shapely Polygon — what is treated [mm]
    pitch_radius : float — travel per radian, slip included [mm]
    rng : numpy Generator — phases and offsets [-]

    """
    margin = contact_margin_mm(roller, pitch_radius)
    needle_pitch = pitch_radius * angular_pitch_rad(roller)
    taut = scale(region, xfact=1 + technique.stretch, yfact=1, origin=(0, 0))
    # Directions other than the region's own reach further than the margin: only what is near it is walked along.
    grown = taut.buffer(margin, join_style="mitre")
    lanes = _lay_lanes(roller, technique, taut, margin, needle_pitch, rng)
    slides = not technique.lift and technique.slip > 0
    met = _walk_sliding(lanes, grown, technique.slip, rng) if slides else _walk(lanes, grown)
    before_end = met.along_mm <= lanes.to_mm[met.lane]
    index, contacts = met.pick(lanes, before_end & (met.landing >= 0), met.along_mm, 0, taut, grown)
    if not technique.lift:
        along = met.along_mm - met.slid_mm
        returns = before_end & (lanes.first_pass[met.lane] + 1 < technique.passes) & (along >= lanes.from_mm[met.lane])
        at, back = met.pick(lanes, returns, along, 1, taut, grown)
        number = np.full(met.lane.size, -1)
        number[index] = np.arange(index.size)
        hole = number[at]
        back = replace(back, hole=hole, off_hole_mm=np.where(hole >= 0, np.abs(met.slid_mm[at]), np.inf))
        contacts = _with_strokes_back(contacts, back)
    return replace(contacts, x_mm=contacts.x_mm / (1 + technique.stretch))


def _with_strokes_back(out: Contacts, back: Contacts) -> Contacts:
    """Put the strokes back, which start where the strokes out end with the needles that are in the skin there, behind.

    Strokes back name the contact of the stroke out by its place among those of the strokes out.
    """
    order = np.argsort(np.concatenate([out.pass_number, back.pass_number]), kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    both = {
        field.name: np.concatenate([getattr(out, field.name), getattr(back, field.name)])[order]
        for field in fields(Contacts)
    }
    return Contacts(**both | {"hole": np.where(both["hole"] >= 0, place[both["hole"]], -1)})


def reentered(contacts: Contacts, hole_diameter_mm: float) -> Flags:
    """Return which contacts slide into the hole that the same needle left on the stroke out: they make no new one.

    Parameters
    ----------
    contacts : Contacts — of all passes [mm]
    hole_diameter_mm : float — of a hole at the surface [mm]

    Returns
    -------
    (n,) bool — the tip comes down inside the hole [-]

    """
    return 2 * contacts.off_hole_mm < hole_diameter_mm


def passes_with_holes(contacts: Contacts, again: Flags) -> Array:
    """Return how many passes' worth of holes there are before each contact: a stroke back in its own holes adds none.

    Parameters
    ----------
    contacts : Contacts — of all passes [mm]
    again : (n,) bool — contacts that slide into a hole of their own needle [-]

    Returns
    -------
    (n,) float — the number of the pass less one, where no contact slides into its own hole [-]

    """
    met = np.bincount(contacts.pass_number)
    new = np.bincount(contacts.pass_number, weights=~again)
    share = np.divide(new, met, out=np.ones(met.size), where=met > 0)
    share[:1] = 0  # there is no pass 0
    return floats((np.cumsum(share) - share)[contacts.pass_number])


def count_strokes(contacts: Contacts, technique: Technique) -> StrokeCount:
    """Return how many passes, strokes and lifts the contacts in the region took.

    Parameters
    ----------
    contacts : Contacts — of all passes [mm]
    technique : Technique — passes, lift [-]

    """
    stroke = np.stack([contacts.pass_number, contacts.lane], axis=1)[contacts.inside]
    strokes = len(np.unique(stroke, axis=0))
    if not technique.lift:
        stroke[:, 0] -= (stroke[:, 0] - 1) % 2
    return StrokeCount(technique.passes, strokes, len(np.unique(stroke, axis=0)))
