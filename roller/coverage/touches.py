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
from ...geometry.arrays import Array, Flags, Ints
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
    turned: float  # the same, of the plate [rad]; infinite for any turn
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
    step = _steps(plate, technique)
    reach = step.reach + FURTHEST_ERRORS * step.off
    heading = headings_rad(technique)
    corners = np.asarray(grown.exterior.coords)
    ahead, aside = np.stack([np.cos(heading), np.sin(heading)]), np.stack([-np.sin(heading), np.cos(heading)])
    along, across = corners @ ahead, corners @ aside  # (corners, passes)
    from_mm, start = along.min(axis=0) - reach, across.min(axis=0) - reach

    # Strokes of all passes in one list: enough to reach from edge to edge wherever the grid starts.
    out = strokes_out(technique)
    first = np.searchsorted(out, np.arange(technique.passes), side="right") - 1
    begins = rng.random(out.size)[first]  # a stroke back goes along its stroke out
    strokes = np.ceil((across.max(axis=0) + reach - start) / step.across).astype(np.int64) + 2
    of = np.repeat(np.arange(technique.passes), strokes)
    lane = np.arange(strokes.sum()) - np.repeat(np.cumsum(strokes) - strokes, strokes)
    place = start[of] + step.across * (lane + begins[of] - 1)
    turn = rng.uniform(0, 2 * np.pi, lane.size) if np.isinf(step.turned) else heading[of]
    phase = rng.random(lane.size)

    count = ceil(float((along.max(axis=0) + reach - from_mm).max()) / step.along) + 2
    parts = []
    for number in range(technique.passes):
        some = np.flatnonzero(of == number)
        u = from_mm[number] + step.along * (np.arange(count) + phase[some][:, None] - 1)
        v = np.broadcast_to(place[some][:, None], u.shape)
        if step.off:
            u, v = (part + rng.normal(0, step.off, u.shape) for part in (u, v))
        turned = np.broadcast_to(turn[some][:, None], u.shape)
        if np.isfinite(step.turned):
            turned = turned + rng.normal(0, step.turned, u.shape)
        middle = np.stack([u.ravel(), v.ravel()], axis=1) @ np.stack([ahead[:, number], aside[:, number]])
        row = np.repeat(some, count)
        parts.append(_needles_down(plate, grown, step.reach, middle, turned.ravel(), row))
    x, y, row, needle, turned = (np.concatenate(found) for found in zip(*parts, strict=True))
    nowhere = np.full(x.size, -1)
    contacts = Contacts(
        x_mm=x / (1 + technique.stretch),
        y_mm=y,
        pass_number=of[row] + 1,
        lane=lane[row],
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


def meet_holes(contacts: Contacts, opened: Flags, hole_diameter_mm: float) -> tuple[Contacts, Flags]:
    """Return the contacts with the hole that each slides into, and which slide into one of their own pass.

    Of contacts in the order in which they are made, one that comes down within a hole makes none; the others make
    theirs. A contact that does not open the skin neither makes a hole nor meets one.

    Parameters
    ----------
    contacts : Contacts — of all passes, in order [mm]
    opened : (n,) bool — those that open the skin [-]
    hole_diameter_mm : float — of a hole at the surface [mm]

    Returns
    -------
    contacts : Contacts — with `hole` and `off_hole_mm` [mm]
    alone : (n,) bool — slides into a hole of its own pass, were there no other pass [-]

    """
    ids = np.flatnonzero(opened)
    centers = np.stack([contacts.x_mm[ids], contacts.y_mm[ids]], axis=1)
    if ids.size < 2 or hole_diameter_mm <= 0:
        return contacts, np.zeros(opened.size, dtype=np.bool_)
    pairs = cKDTree(centers).query_pairs(hole_diameter_mm / 2, output_type="ndarray")
    earlier, later = pairs.min(axis=1), pairs.max(axis=1)
    maker = _makers(earlier, later, ids.size)
    own = contacts.pass_number[ids[earlier]] == contacts.pass_number[ids[later]]
    alone = _makers(earlier[own], later[own], ids.size)

    hole, off = np.full(opened.size, -1), np.full(opened.size, np.inf)
    into = maker[earlier] & ~maker[later]
    away = np.hypot(*(centers[earlier[into]] - centers[later[into]]).T)
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
