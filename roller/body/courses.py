"""Strokes of all passes over a zone, as they are drawn: where each begins, at which phase of the drum, in what order.

Lanes are drawn as `coverage/passes` draws them: on a plane they are those lanes. In: a roller, a technique, a zone.
Out: a `Course`, and what it asks of `geometry/surface/strokes`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data.catalog import RollerSpec
from ...data.checks import refuse
from ...geometry.arrays import Array, Ints
from ...geometry.drum import ring_places_mm, row_pitch_mm
from ...geometry.surface.strokes import Lay, Strokes
from ..coverage.passes import headings_rad, strokes_out
from ..technique import Technique
from .chart import Chart

STEP_MM = (3.0, 6.0)  # between places where the drum is weighed: on sharply bent skin, and at most
TURN_PER_STEP = 0.2  # rad: what lies between two places is read off as long as skin turns by no more, or at 3 mm
WIDER = 1.2  # than a straight way is one along the edges of a mesh, at most


@dataclass(frozen=True)
class Lanes:
    """Lanes of all passes that begin with the roller put down anew.

    Parameters
    ----------
    first_pass : (n,) int — the stroke out that each belongs to, from 0 [-]
    lane : (n,) int — number of each in its pass [-]
    across_mm : (n,) float — of the drum's middle on the starting line [mm]
    phase : (n,) float — of the drum, in needles of a ring [-]

    """

    first_pass: Ints
    lane: Ints
    across_mm: Array
    phase: Array


@dataclass(frozen=True)
class Course:
    """All strokes over a zone, before they are laid.

    Parameters
    ----------
    lanes : Lanes — drawn [mm]
    lays : tuple of Lay — one a direction of strokes [mm]
    lane_of_lay : tuple of (n,) int — lanes of each direction, in the order of its places across [-]
    along_mm, across_mm : (2, P) float — where the zone begins and ends along and across each stroke out [mm]
    margin_mm : float — how far beyond the zone contacts matter [mm]

    """

    lanes: Lanes
    lays: tuple[Lay, ...]
    lane_of_lay: tuple[Ints, ...]
    along_mm: Array
    across_mm: Array
    margin_mm: float

    def lane_of_stroke(self, number: int, laid: Strokes) -> Ints:
        """Return the lane that each stroke of a direction is in.

        Parameters
        ----------
        number : int — of the direction [-]
        laid : Strokes — its strokes [mm]

        """
        # Strokes tell their place on the starting line: no two lanes of a direction have the same.
        mine = self.lane_of_lay[number]
        order = np.argsort(self.lanes.across_mm[mine], kind="stable")
        found: Ints = mine[order[np.searchsorted(self.lanes.across_mm[mine][order], laid.across_mm)]]
        return found


def course_over(
    roller: RollerSpec,
    technique: Technique,
    chart: Chart,
    margin_mm: float,
    rng: np.random.Generator,
    *,
    step_mm: float | None = None,
) -> Course:
    """Draw the strokes of all passes over a zone.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    technique : Technique — passes, pattern, lift, overlap, slip, load [-]
    chart : Chart — of the zone [mm]
    margin_mm : float — how far beyond the zone contacts matter [mm]
    rng : numpy Generator — phases and offsets [-]
    step_mm : float or None — between places where the drum is weighed; None: as the zone's bend asks [mm]

    """
    check_on_body(technique)
    headings = headings_rad(technique)[strokes_out(technique)]
    along, across = chart.extents(headings)
    lanes = _draw_lanes(roller, technique, across, margin_mm, rng)
    beside = WIDER * (roller.drum_width_mm / 2 + 2 * margin_mm)
    step = step_mm or float(np.clip(TURN_PER_STEP / max(chart.bend_per_mm, 1e-9), *STEP_MM))
    lane_of_lay = [np.flatnonzero(headings[lanes.first_pass] == heading) for heading in np.unique(headings)]
    lays = [
        Lay(
            zone=chart.zone,
            direction=float(np.degrees(heading)),
            spacing_mm=roller.drum_width_mm,
            overrun_mm=margin_mm,
            step_mm=step,
            across_mm=lanes.across_mm[mine],
            beside_mm=beside,
        )
        for heading, mine in zip(np.unique(headings), lane_of_lay, strict=True)
    ]
    return Course(lanes, tuple(lays), tuple(lane_of_lay), along, across, margin_mm)


def _draw_lanes(
    roller: RollerSpec, technique: Technique, extents: Array, margin: float, rng: np.random.Generator
) -> Lanes:
    """Lanes as `coverage/passes` draws them; extents are the zone's across each stroke out, low and high."""
    out = strokes_out(technique)
    low, high = extents[0] - margin, extents[1] + margin
    step = roller.drum_width_mm * (1 - technique.overlap)
    count = np.ceil((high - low + roller.drum_width_mm) / step).astype(np.int64) + 1
    of = np.repeat(np.arange(out.size), count)
    lane = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    begin = low - roller.drum_width_mm - step * rng.random(out.size)
    first_ring = begin[of] + lane * step + row_pitch_mm(roller) * rng.random(lane.size)
    phase = rng.random(lane.size) * roller.per_ring
    middle = first_ring - float(ring_places_mm(roller)[0])
    return Lanes(of, lane, middle, phase)


def check_on_body(technique: Technique) -> None:
    """Refuse what a technique says that is not modelled on a body.

    Parameters
    ----------
    technique : Technique — stretch, slip [-]

    """
    if technique.stretch:
        raise refuse("stretch", technique.stretch, "0 on a surface: how a body's skin stretches is not modelled")
    if not technique.lift and technique.slip:
        raise refuse("slip", technique.slip, "0 on a surface where the roller is not lifted between strokes")
