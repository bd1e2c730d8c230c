"""Needles with a drum pressing on the skin around them: how deep they are, and how hard they push back.

The law of a needle gives its dimple without a drum; pressure closes part of it (`gap.py`), at the force that the needle
then has, so that force and depth are found together. In: laws, travels and pressures. Out: depths and forces.
"""

from __future__ import annotations

from math import pi

import numpy as np

from ...geometry.arrays import Array, Ints
from .gap import dimple_share
from .one_needle import NeedleLaw

MOST_STEPS = 80  # a bracket that is only halved is down to rounding after 60
CLOSE_ENOUGH_MM = 1e-12


def pressed_depth_and_force(
    law: NeedleLaw, travel: Array, pressure_mpa: Array, near: tuple[Array, Array] | None = None
) -> tuple[Array, Array, Array]:
    """Return depth and force of needles at a travel while a drum presses on the skin around them.

    Along y the needle first loads the skin (y up to 1: force over puncture force) and then goes in (y - 1: depth in
    mm). Depth and the dimple that is left both grow with y, so there is one root; Newton steps inside a bracket from no
    pressure to no dimple find it.

    Parameters
    ----------
    law : NeedleLaw — m rows [mm, N]
    travel : (m,) or (m, a) float — push against the skin's surface, at most the length [mm]
    pressure_mpa : (m,) or (m, a) float — of the drum on the skin there [N/mm2]
    near : two float arrays of the shape of travel, or None — depths and forces to search from [mm, N]

    Returns
    -------
    depth : float array of the same shape — of the tips [mm]
    force : float array of the same shape — on the needles [N]
    rise : float array of the same shape — how the force grows with the logarithm of the pressure [N]

    """
    depth, force = law.depth_and_force(travel)
    rise = np.zeros_like(force)
    over = (slice(None),) + (None,) * (travel.ndim - 1)
    area = np.broadcast_to((law.closing_area_mm2)[over] * pressure_mpa, travel.shape)
    rows, *columns = np.nonzero((area > 0) & (travel > 0))
    if rows.size:
        at = (rows, *columns)
        each = law if law.length_mm.size == 1 else law.take(rows)
        start = None if near is None else _stage(each, near[0][at], near[1][at])
        depth[at], force[at], rise[at] = _closed(each, travel[at], area[at], _stage(each, depth[at], force[at]), start)
    return depth, force, rise


def _stage(law: NeedleLaw, depth: Array, force: Array) -> Array:
    """Where needles of a depth and a force are along y."""
    opening = law.puncture_force_n
    loaded = np.divide(force, opening, out=np.ones_like(force), where=opening > 0)
    return np.where(depth > 0, 1 + depth, np.minimum(loaded, 1.0))


def _closed(
    law: NeedleLaw, travel: Array, closing_n: Array, low: Array, start: Array | None
) -> tuple[Array, Array, Array]:
    """Depth, force and its rise, a needle a row; `closing_n` is the force that would close the dimple."""
    high = 1 + travel
    stage = low if start is None else np.clip(start, low, high)
    found = np.zeros_like(stage), np.zeros_like(stage), np.zeros_like(stage)
    rows: Ints | slice = slice(None)
    for _ in range(MOST_STEPS):
        depth, force, slope, excess, rise = _at_stage(law, stage, closing_n, travel)
        # At a fixed travel the needle gains what the pressure closes; a gap feels p/F, so both slopes are one.
        gains = np.divide(rise, slope, out=np.zeros_like(slope), where=slope > 0)
        for kept, value in zip(found, (depth, force, gains), strict=True):
            kept[rows] = value
        going = np.abs(excess) > CLOSE_ENOUGH_MM
        if not going.any():
            break
        low, high = np.where(excess <= 0, stage, low), np.where(excess > 0, stage, high)
        step = stage - np.divide(excess, slope, out=np.full_like(slope, np.inf), where=slope > 0)
        stage = np.where((step > low) & (step < high), step, (low + high) / 2)
        if not going.all():
            # Most are there after two steps: the few that are not go on alone.
            some = np.flatnonzero(going)
            rows = some if isinstance(rows, slice) else rows[some]
            stage, low, high, travel, closing_n = (part[some] for part in (stage, low, high, travel, closing_n))
            law = law if law.length_mm.size == 1 else law.take(some)
    return found


def _at_stage(law: NeedleLaw, stage: Array, closing_n: Array, travel: Array) -> tuple[Array, ...]:
    """Depth and force at y, how depth and dimple grow with y, by how much they miss the travel, and the gap's share."""
    inside = stage > 1
    depth = np.maximum(stage - 1, 0.0)
    after, steeper = law.force_at_depth(depth)
    opening = law.puncture_force_n
    force, firmer = np.where(inside, after, opening * stage), np.where(inside, steeper, opening)
    dimple, give = law.dimple_and_give(force, inside)
    ratio = np.divide(closing_n, force, out=np.ones_like(force), where=force > 0) + law.crowding
    alone = dimple_share(law.crowding)
    left = dimple_share(ratio) / alone
    bend = np.sqrt(np.maximum(ratio * (2 - ratio), 1e-30))
    widens = np.where(ratio < 1, 2 / pi / bend * (ratio - law.crowding) / np.maximum(force, 1e-300), 0.0) / alone
    slope = inside + firmer * (give * left + dimple * widens)
    return depth, force, slope, depth + dimple * left - travel, firmer * dimple * widens * force
