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
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.drum import angular_pitch_rad, ring_offsets_rad, row_pitch_mm
from ..technique import DIRECTIONS_DEG, Technique

HALF_TURN_DEG = 180.0


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
        return np.radians(np.resize(np.array(turn), technique.passes))
    lines = [angle for angle in turn if angle < HALF_TURN_DEG]
    return np.radians(np.repeat(np.resize(np.array(lines), strokes_out(technique).size), 2)[: technique.passes])


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
    return headings_rad(technique) + np.radians(HALF_TURN_DEG) * back


def contact_margin_mm(roller: RollerSpec, pitch_radius: float) -> float:
    """Return how far beyond the region contacts matter: the largest gap that one pass leaves.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    pitch_radius : float — travel per radian [mm]

    """
    return max(row_pitch_mm(roller), pitch_radius * angular_pitch_rad(roller))


@dataclass(frozen=True)
class _Grid:
    """Landings of every ring of every lane, if the drum rolled on evenly for ever; arrays (lanes, rows, landings)."""

    lane: Ints  # (lanes,) within the pass
    first_pass: Ints  # (lanes,) 0 first
    heading_rad: Array  # (lanes,)
    from_mm: Array  # (lanes,) ends of the lane along the heading
    to_mm: Array
    along_mm: Array
    across_mm: Array  # (lanes, rows)
    crosses: Flags  # (lanes, rows) the ring runs over the region or its margin
    needle: Ints
    reached: Flags  # the landing lies at or beyond the lane's beginning

    def pick(self, kept: Flags, along_mm: Array, back: int, region: Polygon, margin: float) -> tuple[Ints, Contacts]:
        """Landings of a stroke that count, at their places along it, and their index in the grid, (n, 3)."""
        index = np.argwhere(kept)
        lane, ring = index[:, 0], index[:, 1]
        u, v, heading = along_mm[kept], self.across_mm[lane, ring], self.heading_rad[lane]
        x = u * np.cos(heading) - v * np.sin(heading)
        y = u * np.sin(heading) + v * np.cos(heading)
        # Directions other than the region's own reach further than the margin: cut back to it.
        near = shapely.contains_xy(region.buffer(margin, join_style="mitre"), x, y)
        x, y, lane, ring = x[near], y[near], lane[near], ring[near]
        return index[near], Contacts(
            x_mm=x,
            y_mm=y,
            pass_number=self.first_pass[lane] + 1 + back,
            lane=self.lane[lane],
            ring=ring,
            needle=self.needle[kept][near],
            inside=shapely.contains_xy(region, x, y),
            hole=np.full(x.size, -1),
            off_hole_mm=np.full(x.size, np.inf),
        )


def _grid(
    roller: RollerSpec,
    technique: Technique,
    region: Polygon,
    margin: float,
    needle_pitch: float,
    rng: np.random.Generator,
) -> _Grid:
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
    ring_phase = phase[:, None] + ring_offsets_rad(roller) / angular_pitch_rad(roller)
    longest = float((along_to - along_from).max())
    before = 0 if technique.lift else ceil(longest * technique.slip / (1 - technique.slip) / needle_pitch)
    landings = np.arange(-before, ceil(longest / needle_pitch) + 1)
    return _Grid(
        lane=lane,
        first_pass=out[of],
        heading_rad=angle[of],
        from_mm=along_from[of],
        to_mm=along_to[of],
        along_mm=along_from[of][:, None, None] + needle_pitch * (np.mod(ring_phase, 1.0)[:, :, None] + landings),
        across_mm=place_across,
        crosses=(place_across >= across_from[of][:, None]) & (place_across <= across_to[of][:, None]),
        needle=np.mod(landings - np.floor(ring_phase).astype(np.int64)[:, :, None], roller.per_ring),
        reached=np.broadcast_to(landings >= 0, (lane.size, roller.rows, landings.size)),
    )


def _slid_mm(grid: _Grid, needle_pitch: float, slip: float, rng: np.random.Generator) -> Array:
    """How far the drum lands before each of its own holes on the stroke back: the slides since the turn, less the mean.

    On both ways the drum slides over the same share of the travel, yet not in the same places. It is taken to let go
    once in a needle's pitch, by lengths that chance spreads as waiting times, so that the distance from its holes grows
    with the root of the way from the turn. No source measures it.
    """
    from_turn = (grid.to_mm[:, None, None] - grid.along_mm) / needle_pitch
    nodes = int(np.ceil(max(float(from_turn.max()), 0.0))) + 2
    slide = rng.exponential(slip * needle_pitch, (grid.lane.size, nodes))
    passed = np.concatenate([np.zeros((grid.lane.size, 1)), np.cumsum(slide, axis=1)], axis=1)
    node = np.clip(np.floor(from_turn).astype(np.int64), 0, nodes - 1)
    which = np.arange(grid.lane.size)[:, None, None]
    return floats(passed[which, node] + (from_turn - node) * slide[which, node] - slip * needle_pitch * from_turn)


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
    grid = _grid(roller, technique, taut, margin, needle_pitch, rng)
    kept = grid.reached & (grid.along_mm <= grid.to_mm[:, None, None]) & grid.crosses[:, :, None]
    index, contacts = grid.pick(kept, grid.along_mm, 0, taut, margin)
    if not technique.lift:
        contacts = _with_strokes_back(contacts, index, grid, technique, taut, margin, needle_pitch, rng)
    return replace(contacts, x_mm=contacts.x_mm / (1 + technique.stretch))


def _with_strokes_back(
    out: Contacts,
    index: Ints,
    grid: _Grid,
    technique: Technique,
    region: Polygon,
    margin: float,
    needle_pitch: float,
    rng: np.random.Generator,
) -> Contacts:
    """Add the strokes back, which start at the ends of the strokes out with the needles that are in the skin there."""
    slid = _slid_mm(grid, needle_pitch, technique.slip, rng)
    along = grid.along_mm - slid
    returns = (grid.first_pass + 1 < technique.passes)[:, None, None]
    kept = returns & grid.crosses[:, :, None] & (grid.along_mm <= grid.to_mm[:, None, None])
    kept &= along >= grid.from_mm[:, None, None]
    at, back = grid.pick(kept, along, 1, region, margin)
    number = np.full(kept.shape, -1)
    number[tuple(index.T)] = np.arange(len(index))
    hole = number[tuple(at.T)]
    back = replace(back, hole=hole, off_hole_mm=np.where(hole >= 0, np.abs(slid[tuple(at.T)]), np.inf))

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
    share = np.divide(new, met, out=np.zeros(met.size), where=met > 0)
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
