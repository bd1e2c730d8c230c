"""Where the needles of pens and stamps land: strokes side by side, along each one touch of the plate after another.

A pen is drawn along strokes and its motor drives the plate in every v / f; put down anew, the motor has any phase and
the plate any turn. A stamp is put down beside itself along rows, a hand's error off its place. Either way the grid of
strokes starts at a new place for each pass, so that every point of the skin is met with the same chance. Touches come
down where others were: a tip within a hole that is there slides into it and makes none, whichever needle made it.

In: a pen or stamp, a technique, the region. Out: contacts in the order in which they are made, and which meet holes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.affinity import scale
from shapely.geometry import Polygon

from ...data.constants import handling
from ...data.plates import PenSpec, StampSpec
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.plate import plate_places_mm, widest_track_gap_mm
from ..insertion.support import between_strokes_mm
from ..technique import Technique
from .passes import Contacts, headings_rad, strokes_out

FURTHEST_ERRORS = 4.0  # standard deviations that a hand may be off its place


@dataclass(frozen=True)
class _Steps:
    """From one touch of a plate to the next, and how far off its place it may be."""

    across: float
    along: float
    off: float  # standard deviation, each way
    turned: float  # the same, of the plate [rad]; infinite where each stroke has any turn
    reach: float  # from the plate's middle to its outermost needle


def _steps(plate: PenSpec | StampSpec, technique: Technique) -> _Steps:
    width, along = plate.step_mm
    reach = float(np.hypot(*plate_places_mm(plate).T).max())
    if isinstance(plate, PenSpec):
        width = technique.spacing_mm or plate.swath_mm
        along, off, turned = between_strokes_mm(plate, technique), 0.0, np.inf
    else:
        off = handling()["placing_error"].value
        turned = np.inf if plate.rings else float(np.radians(handling()["turning_error"].value))
    return _Steps(width * (1 - technique.overlap), along, off, turned, reach)


def touch_margin_mm(plate: PenSpec | StampSpec, technique: Technique) -> float:
    """Return how far beyond the region contacts matter: the widest gap that one pass leaves between two tracks.

    Parameters
    ----------
    plate : PenSpec or StampSpec — the device [mm]
    technique : Technique — spacing, overlap [mm, -]

    """
    step = _steps(plate, technique)
    tracks = widest_track_gap_mm(plate, step.across)
    if isinstance(plate, PenSpec):
        return max(tracks, min(step.along, plate.plate_width_mm))
    return tracks + 2 * step.off


@dataclass(frozen=True)
class Rows:
    """Strokes of a plate in all passes, side by side, as a hand lays them: R of them.

    Parameters
    ----------
    of_pass : (R,) int — pass of each, from 0 [-]
    lane : (R,) int — number of each in its pass [-]
    place_mm : (R,) float — across the strokes of its pass [mm]
    turn_rad : (R,) float — of the plate, against the x axis [rad]
    phase : (R,) float — of the first touch, in steps [-]
    from_mm : (P,) float — where the strokes of each pass begin, along them [mm]
    count : int — touches of a stroke [-]
    reach_mm : float — from the plate's middle to its outermost needle [mm]
    furthest_mm : float — the same, a hand's error more [mm]
    step_mm : float — from one touch to the next [mm]
    off_mm : float — standard deviation of a touch from its place, each way [mm]
    turned_rad : float — the same, of the plate's turn; infinite where a stroke has any turn [rad]

    """

    of_pass: Ints
    lane: Ints
    place_mm: Array
    turn_rad: Array
    phase: Array
    from_mm: Array
    count: int
    reach_mm: float
    furthest_mm: float
    step_mm: float
    off_mm: float
    turned_rad: float

    def touches(self, number: int, rng: np.random.Generator) -> tuple[Ints, Array, Array, Array]:
        """Return every touch of a pass, stroke by stroke.

        Parameters
        ----------
        number : int — of the pass, from 0 [-]
        rng : numpy Generator — the hand's errors [-]

        Returns
        -------
        row : (m,) int — its stroke [-]
        along : (m,) float — where it is along the stroke [mm]
        off : (m,) float — how far off the stroke to its left [mm]
        turn : (m,) float — of the plate, against the x axis [rad]

        """
        some = np.flatnonzero(self.of_pass == number)
        along = self.from_mm[number] + self.step_mm * (np.arange(self.count) + self.phase[some][:, None] - 1)
        off = np.zeros(along.shape)
        if self.off_mm:
            along, off = (part + rng.normal(0, self.off_mm, along.shape) for part in (along, off))
        turned = np.broadcast_to(self.turn_rad[some][:, None], along.shape)
        if np.isfinite(self.turned_rad):
            turned = turned + rng.normal(0, self.turned_rad, along.shape)
        return np.repeat(some, self.count), along.ravel(), off.ravel(), turned.ravel()


def corners_mm(grown: Polygon, heading_rad: Array) -> tuple[Array, Array]:
    """Return the corners of what is treated, with its margin, along and across the strokes of each pass, (n, P) each.

    Parameters
    ----------
    grown : shapely Polygon — what is treated and its margin [mm]
    heading_rad : (P,) float — of the strokes of each pass, against the x axis [rad]

    """
    corners = np.asarray(grown.exterior.coords)
    ahead, aside = _axes(heading_rad)
    return floats(corners @ ahead), floats(corners @ aside)


def _axes(heading_rad: Array) -> tuple[Array, Array]:
    """Unit vectors along strokes and to their left, (2, P) each."""
    cos, sin = np.cos(heading_rad), np.sin(heading_rad)
    return np.stack([cos, sin]), np.stack([-sin, cos])


def draw_rows(
    plate: PenSpec | StampSpec, technique: Technique, along_mm: Array, across_mm: Array, rng: np.random.Generator
) -> Rows:
    """Draw the strokes of all passes: enough to reach from edge to edge wherever their grid starts.

    Parameters
    ----------
    plate : PenSpec or StampSpec — the device [mm]
    technique : Technique — passes, pattern, lift, overlap, and what a pen or a stamp has [-]
    along_mm, across_mm : (n, P) float — corners of what is treated and its margin along and across each pass [mm]
    rng : numpy Generator — where strokes begin, phases, turns [-]

    """
    step = _steps(plate, technique)
    furthest = step.reach + FURTHEST_ERRORS * step.off
    from_mm, start = along_mm.min(axis=0) - furthest, across_mm.min(axis=0) - furthest
    out = strokes_out(technique)
    first = np.searchsorted(out, np.arange(technique.passes), side="right") - 1
    begins = rng.random(out.size)[first]  # a stroke back goes along its stroke out
    strokes = np.ceil((across_mm.max(axis=0) + furthest - start) / step.across).astype(np.int64) + 2
    of = np.repeat(np.arange(technique.passes), strokes)
    lane = np.arange(strokes.sum()) - np.repeat(np.cumsum(strokes) - strokes, strokes)
    turn = rng.uniform(0, 2 * np.pi, lane.size) if np.isinf(step.turned) else headings_rad(technique)[of]
    return Rows(
        of_pass=of,
        lane=lane,
        place_mm=start[of] + step.across * (lane + begins[of] - 1),
        turn_rad=turn,
        phase=rng.random(lane.size),
        from_mm=from_mm,
        count=ceil(float((along_mm.max(axis=0) + furthest - from_mm).max()) / step.along) + 2,
        reach_mm=step.reach,
        furthest_mm=furthest,
        step_mm=step.along,
        off_mm=step.off,
        turned_rad=step.turned,
    )


def touch(
    plate: PenSpec | StampSpec, technique: Technique, region: Polygon, rng: np.random.Generator
) -> tuple[Contacts, Array]:
    """Put the plate down over the region and return every contact in it and in a margin around it.

    Stretched skin is longer along x while the needles are in it; places are those in the skin let go.

    Parameters
    ----------
    plate : PenSpec or StampSpec — the device [mm]
    technique : Technique — passes, pattern, lift, overlap, stretch, and what a pen or a stamp has [-]
    region : shapely Polygon — what is treated [mm]
    rng : numpy Generator — where strokes begin, phases, turns, the hand's errors [-]

    Returns
    -------
    contacts : Contacts — none with a hole yet: see `meet_holes` [mm]
    turn : (n,) float — how the plate was turned against the x axis [rad]

    """
    taut = scale(region, xfact=1 + technique.stretch, yfact=1, origin=(0, 0))
    grown = taut.buffer(touch_margin_mm(plate, technique), join_style="mitre")
    heading = headings_rad(technique)
    ahead, aside = _axes(heading)
    rows = draw_rows(plate, technique, *corners_mm(grown, heading), rng)
    parts = []
    for number in range(technique.passes):
        row, u, off, turned = rows.touches(number, rng)
        v = rows.place_mm[row] + off
        middle = np.stack([u, v], axis=1) @ np.stack([ahead[:, number], aside[:, number]])
        parts.append(_needles_down(plate, grown, rows.reach_mm, middle, turned, row))
    x, y, row, needle, turned = (np.concatenate(found) for found in zip(*parts, strict=True))
    nowhere = np.full(x.size, -1)
    contacts = Contacts(
        x_mm=x / (1 + technique.stretch),
        y_mm=y,
        pass_number=rows.of_pass[row] + 1,
        lane=rows.lane[row],
        ring=np.zeros(x.size, dtype=np.int64),
        needle=needle,
        inside=shapely.contains_xy(taut, x, y),
        hole=nowhere,
        off_hole_mm=np.full(x.size, np.inf),
    )
    return contacts, turned


def _needles_down(
    plate: PenSpec | StampSpec, grown: Polygon, reach: float, middle: Array, turn: Array, row: Ints
) -> tuple[Array, Array, Ints, Ints, Array]:
    """Contacts of some touches near the region: their places, their stroke, their needle and the plate's turn."""
    left, near, right, far = grown.bounds
    inner = (middle > (left - reach, near - reach)).all(axis=1) & (middle < (right + reach, far + reach)).all(axis=1)
    middle, turn, row = middle[inner], turn[inner], row[inner]
    px, py = plate_places_mm(plate).T
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x = (middle[:, :1] + cos * px - sin * py).ravel()
    y = (middle[:, 1:] + sin * px + cos * py).ravel()
    kept = np.flatnonzero(shapely.contains_xy(grown, x, y))
    touch_of, needle = np.divmod(kept, px.size)
    return x[kept], y[kept], row[touch_of], needle, turn[touch_of]


def meet_holes(
    contacts: Contacts, opened: Flags, hole_diameter_mm: float, place_mm: Array | None = None
) -> tuple[Contacts, Flags]:
    """Return the contacts with the hole that each slides into, and which slide into one of their own pass.

    Of contacts in the order in which they are made, one that comes down within a hole makes none; the others make
    theirs. A contact that does not open the skin neither makes a hole nor meets one.

    Parameters
    ----------
    contacts : Contacts — of all passes, in order [mm]
    opened : (n,) bool — those that open the skin [-]
    hole_diameter_mm : float — of a hole at the surface [mm]
    place_mm : (n, 3) float or None — of each on a body; None: as x and y say [mm]

    Returns
    -------
    contacts : Contacts — with `hole` and `off_hole_mm` [mm]
    alone : (n,) bool — slides into a hole of its own pass, were there no other pass [-]

    """
    ids = np.flatnonzero(opened)
    flat = np.stack([contacts.x_mm, contacts.y_mm], axis=1)
    centers = (flat if place_mm is None else place_mm)[ids]
    if ids.size < 2 or hole_diameter_mm <= 0:
        return contacts, np.zeros(opened.size, dtype=np.bool_)
    pairs = cKDTree(centers).query_pairs(hole_diameter_mm / 2, output_type="ndarray")
    earlier, later = pairs.min(axis=1), pairs.max(axis=1)
    maker = _makers(earlier, later, ids.size)
    own = contacts.pass_number[ids[earlier]] == contacts.pass_number[ids[later]]
    alone = _makers(earlier[own], later[own], ids.size)

    hole, off = np.full(opened.size, -1), np.full(opened.size, np.inf)
    into = maker[earlier] & ~maker[later]
    away = np.linalg.norm(centers[earlier[into]] - centers[later[into]], axis=1)
    order = np.lexsort((away, later[into]))
    met, nearest = np.unique(later[into][order], return_index=True)
    hole[ids[met]] = ids[earlier[into][order][nearest]]
    off[ids[met]] = away[order][nearest]
    slid = np.zeros(opened.size, dtype=np.bool_)
    slid[ids] = ~alone
    return replace(contacts, hole=hole, off_hole_mm=off), slid


def _makers(earlier: Ints, later: Ints, count: int) -> Flags:
    """Which contacts make a hole: those that no earlier maker is near to, worked out in rounds; (count,) bool."""
    maker, settled = np.ones(count, dtype=np.bool_), np.ones(count, dtype=np.bool_)
    settled[later] = False
    while earlier.size:
        known = settled[earlier]
        # Near to a maker: no maker itself. Near to none but such: a maker.
        maker[later[known & maker[earlier]]] = False
        settled[later[known & maker[earlier]]] = True
        left = ~settled[later] & ~(known & ~maker[earlier])
        waiting = np.zeros(count, dtype=np.bool_)
        waiting[later[left]] = True
        settled[later] |= ~waiting[later]
        earlier, later = earlier[left], later[left]
    return maker
