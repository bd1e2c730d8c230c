"""Where the needles land: passes, lanes and directions over a region.

In: a roller, a technique, the region, the pitch radius. Out: one entry a contact of a needle with the skin, in the
order of the passes. Every lane starts with a new phase of the drum and a new lateral offset within one row pitch,
and the grid of lanes starts at a new place for each pass: every point of the skin is met with the same chance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import shapely
from shapely.geometry import Polygon

from ...data.catalog import RollerSpec
from ...geometry.arrays import Array, Flags, Ints
from ...geometry.drum import angular_pitch_rad, ring_offsets_rad, row_pitch_mm
from ..technique import DIRECTIONS_DEG, Technique
from .lines import stretches_inside


@dataclass(frozen=True)
class Contacts:
    """Needle contacts, sorted by pass; those within a margin around the region are kept, so that it has no edge.

    Parameters
    ----------
    x_mm, y_mm : (n,) float — where the needle is lowest [mm]
    pass_number : (n,) int — 1 to the number of passes [-]
    lane : (n,) int — lane within the pass, side by side, 0 first [-]
    ring : (n,) int — ring of the needle, 0 first [-]
    needle : (n,) int — needle within its ring, 0 first [-]
    inside : (n,) bool — the point lies in the region itself [-]

    """

    x_mm: Array
    y_mm: Array
    pass_number: Ints
    lane: Ints
    ring: Ints
    needle: Ints
    inside: Flags


def directions_rad(technique: Technique) -> Array:
    """Return the rolling direction of each pass.

    Parameters
    ----------
    technique : Technique — passes and pattern [-]

    Returns
    -------
    (P,) float — angle from the x axis [rad]

    """
    turn = DIRECTIONS_DEG[technique.pattern]
    return np.radians(np.resize(np.array(turn), technique.passes))


def contact_margin_mm(roller: RollerSpec, pitch_radius: float) -> float:
    """Return how far beyond the region contacts matter: the largest gap that one pass leaves.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    pitch_radius : float — travel per radian [mm]

    """
    return max(row_pitch_mm(roller), pitch_radius * angular_pitch_rad(roller))


def roll(
    roller: RollerSpec, technique: Technique, region: Polygon, pitch_radius: float, rng: np.random.Generator
) -> Contacts:
    """Roll over the region and return every contact in it and in a margin around it.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    technique : Technique — passes, pattern, overlap [-]
    region : shapely Polygon — what is treated [mm]
    pitch_radius : float — travel per radian, slip included [mm]
    rng : numpy Generator — phases and offsets [-]

    """
    margin = contact_margin_mm(roller, pitch_radius)
    angle = directions_rad(technique)
    along_unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    across_unit = np.stack([-np.sin(angle), np.cos(angle)], axis=1)
    corners = np.asarray(region.exterior.coords)
    along, across = corners @ along_unit.T, corners @ across_unit.T
    along_from, along_to = along.min(axis=0) - margin, along.max(axis=0) + margin
    across_from, across_to = across.min(axis=0) - margin, across.max(axis=0) + margin

    # Lanes of all passes in one list: enough to reach from edge to edge wherever the grid starts.
    step = roller.drum_width_mm * (1 - technique.overlap)
    lane_count = np.ceil((across_to - across_from + roller.drum_width_mm) / step).astype(np.int64) + 1
    pass_of_lane = np.repeat(np.arange(technique.passes), lane_count)
    lane = np.arange(lane_count.sum()) - np.repeat(np.cumsum(lane_count) - lane_count, lane_count)
    grid_start = across_from - roller.drum_width_mm - step * rng.random(technique.passes)
    row_pitch = row_pitch_mm(roller)
    lane_start = grid_start[pass_of_lane] + lane * step + row_pitch * rng.random(lane.size)

    # A ring meets the skin every `needle_pitch` of travel; the drum's phase says where, and with which needle.
    needle_pitch = pitch_radius * angular_pitch_rad(roller)
    phase = rng.random(lane.size) * roller.per_ring
    ring_phase = phase[:, None] + ring_offsets_rad(roller) / angular_pitch_rad(roller)
    place_across = lane_start[:, None] + row_pitch * np.arange(roller.rows)
    first_along = along_from[pass_of_lane][:, None] + needle_pitch * np.mod(ring_phase, 1.0)

    # Directions other than the region's own reach further than the margin: only what is near it is walked along.
    grown = region.buffer(margin, join_style="mitre")
    most = ceil(float((along_to - along_from).max()) / needle_pitch)
    line, landing = _landings_near(grown, angle[pass_of_lane], place_across, first_along, needle_pitch, most)
    lane_met, ring = np.divmod(line, roller.rows)
    pass_met = pass_of_lane[lane_met]
    u = along_from[pass_met] + needle_pitch * (np.mod(ring_phase[lane_met, ring], 1.0) + landing)
    v = place_across[lane_met, ring]
    x = u * along_unit[pass_met, 0] + v * across_unit[pass_met, 0]
    y = u * along_unit[pass_met, 1] + v * across_unit[pass_met, 1]
    kept = (u <= along_to[pass_met]) & (v >= across_from[pass_met]) & (v <= across_to[pass_met])
    kept[kept] = shapely.contains_xy(grown, x[kept], y[kept])
    x, y, lane_met, ring = x[kept], y[kept], lane_met[kept], ring[kept]
    return Contacts(
        x_mm=x,
        y_mm=y,
        pass_number=pass_met[kept] + 1,
        lane=lane[lane_met],
        ring=ring,
        needle=np.mod(landing[kept] - np.floor(ring_phase[lane_met, ring]).astype(np.int64), roller.per_ring),
        inside=shapely.contains_xy(region, x, y),
    )


def _landings_near(
    grown: Polygon, angle: Array, across: Array, first_along: Array, pitch: float, most: int
) -> tuple[Ints, Ints]:
    """Landings in or next to a polygon: number of the line, lane by lane and ring by ring, and of the landing on it."""
    rows = across.shape[1]
    found = []
    for direction in np.unique(angle):
        lanes = np.flatnonzero(angle == direction)
        inside = stretches_inside(grown, np.array([np.cos(direction), np.sin(direction)]), across[lanes].ravel())
        lane, ring = np.divmod(inside.line, rows)
        found.append(inside._replace(line=lanes[lane] * rows + ring))
    line, start, end = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.argsort(line, kind="stable")  # each line has one direction: along it the order stays
    line, start, end = line[order], start[order], end[order]
    # One landing more at each end outweighs roundings; what is too much is cut off by whoever asks.
    first = np.clip(np.floor((start - first_along.ravel()[line]) / pitch), 0, most + 1).astype(np.int64)
    last = np.clip(np.ceil((end - first_along.ravel()[line]) / pitch), -1, most).astype(np.int64)
    again = np.flatnonzero(line[1:] == line[:-1]) + 1
    # Around a hole two stretches may claim the same landing: the earlier one has it.
    first[again] = np.maximum(first[again], last[again - 1] + 1)
    count = np.maximum(last - first + 1, 0)
    return np.repeat(line, count), np.arange(count.sum()) + np.repeat(first - (np.cumsum(count) - count), count)
