"""The drum on the skin: the axle height at which needles and drum carry the hand's load.

At every phase of the drum the engaged needles push back with F(u) cos p, those past the lowest point with a small share
of it, and once it touches, the drum itself. The sum falls steadily with the axle's height, so there is one root: Newton
steps inside a bracket find it for all rows at once.

In: rollers, loads, skins and phases, or rows of them. Out: axle heights, forces and what is left over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import pi

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import RollerSpec, SkinSite
from ...data.checks import refuse
from ...data.constants import tissue
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.drum import angular_pitch_rad, ring_offsets_rad
from ...geometry.needle import needle_profile
from ...geometry.skin import mean_thickness_um
from .motion import pressed_in_mm
from .one_needle import NeedleLaw, needle_law, stack_needles

ROWS_AT_ONCE = 5_000  # equilibria solved together: arrays of needles that stay in the cache
LARGEST_RESIDUAL = 1e-12  # of the load: well below the 1e-9 that is promised
MOST_STEPS = 200  # a bracket that is only halved is down to rounding after 60
AT_THE_BOTTOM_RAD = 1e-9  # a needle this close to straight down still goes in


@dataclass(frozen=True)
class DrumBalance:
    """Drums at rest under their load.

    Parameters
    ----------
    axle_height_mm : (...) float — h over the undisturbed skin [mm]
    drum_force_n : (...) float — share of the load that the bare drum carries [N]
    needle_force_n : (...) float — what the needles carry together, upwards [N]
    entry_force_n : (...) float — of that, needles on their way in and the lowest one [N]
    engaged : (...) int — needles in contact with the skin [-]

    """

    axle_height_mm: Array
    drum_force_n: Array
    needle_force_n: Array
    entry_force_n: Array
    engaged: Ints


@dataclass(frozen=True)
class Drums:
    """Drums as arrays, a row each; rings that stand alike are one entry with a weight.

    Parameters
    ----------
    radius_mm, width_mm, length_mm : (m,) float — R, W, L [mm]
    pitch_rad : (m,) float — angle between two needles of a ring [rad]
    offset_rad : (m, g) float — turn of each kind of ring [rad]
    rings : (m, g) float — how many rings stand like this, 0 to fill up [-]

    """

    radius_mm: Array
    width_mm: Array
    length_mm: Array
    pitch_rad: Array
    offset_rad: Array
    rings: Array

    def take(self, rows: ArrayLike) -> Drums:
        """Return some rows, in the order given.

        Parameters
        ----------
        rows : (n,) int array — which [-]

        """
        chosen = np.asarray(rows)
        return Drums(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def stack_drums(rollers: Sequence[RollerSpec]) -> Drums:
    """Return drums as arrays.

    Parameters
    ----------
    rollers : sequence of RollerSpec — one a row [-]

    """
    kinds = [np.unique(np.round(ring_offsets_rad(roller), 12), return_counts=True) for roller in rollers]
    most = max(offsets.size for offsets, _ in kinds)
    return Drums(
        radius_mm=floats([roller.drum_radius_mm for roller in rollers]),
        width_mm=floats([roller.drum_width_mm for roller in rollers]),
        length_mm=floats([roller.length_mm for roller in rollers]),
        pitch_rad=floats([angular_pitch_rad(roller) for roller in rollers]),
        offset_rad=np.stack([np.pad(offsets, (0, most - offsets.size)) for offsets, _ in kinds]),
        rings=np.stack([np.pad(floats(counts), (0, most - counts.size)) for _, counts in kinds]),
    )


def drum_force_n(axle_height: ArrayLike, drum_radius: ArrayLike, drum_width: ArrayLike) -> Array:
    """Return what the bare drum carries when it dents the skin by R - h.

    Line contact of a cylinder, pi/4 E' W (R - h), stiffening towards the deepest dent that the tissue allows.

    Parameters
    ----------
    axle_height : float array — h [mm]
    drum_radius, drum_width : float array — R, W [mm]

    """
    return _drum_force_and_slope(floats(axle_height), floats(drum_radius), floats(drum_width))[0]


def _drum_force_and_slope(height: Array, radius: Array, width: Array) -> tuple[Array, Array]:
    constants = tissue()
    modulus = constants["tissue_modulus"].value / 1000 / (1 - constants["tissue_poisson_ratio"].value ** 2)
    deepest = constants["deepest_drum_dent_share"].value * radius
    line = pi / 4 * modulus * width
    dent = np.maximum(radius - height, 0.0)
    left = 1 - dent / deepest
    return line * dent / left, np.where(dent > 0, -line / left**2, 0.0)


@dataclass(frozen=True)
class _Engaged:
    """Needles that can touch the skin: columns of each row's drum at its phase."""

    drums: Drums
    law: NeedleLaw
    reach_cos_mm: Array
    lift: Array
    entering: Flags
    rings: Array

    def take(self, rows: Ints) -> _Engaged:
        parts = {name: getattr(self, name) for name in ("reach_cos_mm", "lift", "entering", "rings")}
        return _Engaged(
            self.drums.take(rows), self.law.take(rows), **{name: part[rows] for name, part in parts.items()}
        )

    def forces(self, height: Array) -> tuple[Array, Array, Array, Array]:
        """Upward force and its slope by height: of the needles, of the drum."""
        h, radius, length = height[:, None], self.drums.radius_mm[:, None], self.drums.length_mm[:, None]
        travel = pressed_in_mm(self.reach_cos_mm - h, h, radius, length)
        force, stiffness = self.law.force_and_slope(travel)
        moves = np.where(
            (travel > 0) & (travel < length), np.where(h < radius, -self.reach_cos_mm * radius / h**2, -1), 0
        )
        drum, drum_slope = _drum_force_and_slope(height, self.drums.radius_mm, self.drums.width_mm)
        needles = np.einsum("ij,ij->i", force, self.lift)
        return needles, np.einsum("ij,ij,ij->i", stiffness, moves, self.lift), drum, drum_slope


def _engage(drums: Drums, law: NeedleLaw, phase: Array, lowest: Array) -> _Engaged:
    """Needles that touch the skin at some height from `lowest` on."""
    reach = drums.radius_mm + drums.length_mm
    widest = np.arccos(np.clip(lowest / reach, 0.0, 1.0))
    most = int(np.ceil((widest / drums.pitch_rad).max(initial=0.0)))
    turns = np.arange(-most, most + 1)
    first = np.mod(drums.offset_rad + phase[:, None] + drums.pitch_rad[:, None] / 2, drums.pitch_rad[:, None])
    angle = (first - drums.pitch_rad[:, None] / 2)[:, :, None] + turns * drums.pitch_rad[:, None, None]
    angle = angle.reshape(len(angle), -1)
    rings = np.repeat(drums.rings, turns.size, axis=1)
    # A needle beyond a quarter turn points away from the skin.
    rings = np.where(np.abs(angle) < pi / 2, rings, 0.0)
    used: Flags = np.any((np.abs(angle) <= widest[:, None]) & (rings > 0), axis=0)
    if not used.any():
        used[0] = True
    angle, rings = angle[:, used], rings[:, used]
    entering = angle <= AT_THE_BOTTOM_RAD
    share = np.where(entering, 1.0, tissue()["exit_side_share"].value)
    lift = rings * share * np.cos(angle)
    return _Engaged(drums, law, reach[:, None] * np.cos(angle), lift, entering, rings)


def balance_rows(drums: Drums, law: NeedleLaw, load_n: Array, phase_rad: Array) -> DrumBalance:
    """Solve for the axle's height, a row an equilibrium.

    Parameters
    ----------
    drums : Drums — m rows [mm, rad]
    law : NeedleLaw — of the needles of each row's drum in its skin, m rows [mm, N]
    load_n : (m,) float — force of the hand [N]
    phase_rad : (m,) float — how far the drum has turned; 0 when a needle of the first ring is lowest [rad]

    Returns
    -------
    DrumBalance — arrays of shape (m,)

    """
    count = load_n.size
    parts = [np.arange(start, min(start + ROWS_AT_ONCE, count)) for start in range(0, count, ROWS_AT_ONCE)]
    solved = [_balance(drums.take(rows), law.take(rows), load_n[rows], phase_rad[rows]) for rows in parts]
    return DrumBalance(
        **{field.name: np.concatenate([getattr(part, field.name) for part in solved]) for field in fields(DrumBalance)}
    )


def _balance(drums: Drums, law: NeedleLaw, load: Array, phase: Array) -> DrumBalance:
    """Riding on the needles or pushed in: each has its own bracket, and the first far fewer needles to look at."""
    radius, highest = drums.radius_mm, drums.radius_mm + drums.length_mm
    lowest = radius * (1 - tissue()["bearable_drum_dent_share"].value)
    riding = _engage(drums, law, phase, radius)
    height = np.where(load > 0, radius, highest)
    carried, _, _, _ = riding.forces(radius)
    up, down = np.flatnonzero((load > 0) & (carried > load)), np.flatnonzero(carried < load)
    if up.size:
        # Forces grow about as the square of how far the drum has come down.
        share = np.sqrt(load[up] / carried[up])
        guess = highest[up] - share * drums.length_mm[up]
        height[up] = _root(riding.take(up), load[up], radius[up], highest[up], guess)
    if down.size:
        pushed = _engage(drums.take(down), law.take(down), phase[down], lowest[down])
        needles, _, drum, _ = pushed.forces(lowest[down])
        _check_bearable(load[down], needles + drum, radius[down] - lowest[down])
        guess = radius[down] - (radius - lowest)[down] * (load[down] - carried[down]) / (needles + drum - carried[down])
        height[down] = _root(pushed, load[down], lowest[down], radius[down], guess)
    everyone = _engage(drums, law, phase, height)
    needles, _, drum, _ = everyone.forces(height)
    travel = everyone.reach_cos_mm - height[:, None]
    entry = everyone.law.force_n(pressed_in_mm(travel, height[:, None], radius[:, None], drums.length_mm[:, None]))
    return DrumBalance(
        axle_height_mm=height,
        drum_force_n=drum,
        needle_force_n=needles,
        entry_force_n=np.einsum("ij,ij->i", entry, everyone.lift * everyone.entering),
        engaged=np.where(travel > 0, everyone.rings, 0.0).sum(axis=1).astype(np.int64),
    )


def _check_bearable(load: Array, most: Array, dent: Array) -> None:
    over = np.flatnonzero(load > most)
    if over.size:
        worst = over[np.argmin(most[over])]
        allowed = f"at most {most[worst]:.3g} N; beyond it the drum dents the skin by more than {dent[worst]:.3g} mm"
        raise refuse("load_n", float(load[worst]), allowed)


def _root(engaged: _Engaged, load: Array, low: Array, high: Array, guess: Array) -> Array:
    """Height at which the upward force is the load; it falls from `low` to `high`."""
    height = np.clip(guess, low, high)
    low, high, open_rows = low.copy(), high.copy(), np.arange(load.size)
    for _ in range(MOST_STEPS):
        at = height[open_rows]
        needles, needle_slope, drum, drum_slope = engaged.forces(at)
        excess = needles + drum - load[open_rows]
        low[open_rows] = np.where(excess > 0, at, low[open_rows])
        high[open_rows] = np.where(excess > 0, high[open_rows], at)
        slope = needle_slope + drum_slope
        step = at - np.divide(excess, slope, out=np.full_like(at, np.inf), where=slope < 0)
        middle = (low[open_rows] + high[open_rows]) / 2
        inside = (step > low[open_rows]) & (step < high[open_rows])
        going = np.abs(excess) > LARGEST_RESIDUAL * load[open_rows]
        going &= (middle > low[open_rows]) & (middle < high[open_rows])
        height[open_rows[going]] = np.where(inside, step, middle)[going]
        if not going.any():
            break
        if going.sum() < 0.8 * going.size:
            engaged = engaged.take(np.flatnonzero(going))
            open_rows = open_rows[going]
    return height


def ring_phases_rad(roller: RollerSpec) -> Array:
    """Return the phases of the drum at which a needle of each ring is lowest.

    Parameters
    ----------
    roller : RollerSpec — the device [-]

    Returns
    -------
    (rows,) float — phases [rad]

    """
    phases: Array = np.mod(-ring_offsets_rad(roller), angular_pitch_rad(roller))
    return phases


def balance_drums(
    rollers: Sequence[RollerSpec],
    loads_n: ArrayLike,
    skins: Sequence[SkinSite],
    phases: ArrayLike = 0.0,
    *,
    resistance: float = 1.0,
    stiffness: float = 1.0,
) -> DrumBalance:
    """Solve every combination of device, load, site and phase at once, in mean skin.

    Parameters
    ----------
    rollers : sequence of RollerSpec — the devices [-]
    loads_n : (p,) float array — forces of the hand, from 0 [N]
    skins : sequence of SkinSite — the sites [um]
    phases : (q,) float array — turn of the drum as a share of the angle between two needles, 0..1 [-]
    resistance : float — puncture force and resistance over those at 0.5 mm/s [-]
    stiffness : float — of the skin over that of slack skin [-]

    Returns
    -------
    DrumBalance — arrays of shape (devices, loads, sites, phases)

    Raises
    ------
    InputError
        For a load that is negative or more than the skin can carry.

    """
    loads, turns = np.atleast_1d(floats(loads_n)), np.atleast_1d(floats(phases))
    if not (np.isfinite(loads).all() and (loads >= 0).all()):
        raise refuse("load_n", loads_n, "at least 0 N")
    shape = (len(rollers), loads.size, len(skins), turns.size)
    device, load, skin, turn = (index.ravel() for index in np.indices(shape))
    drums = stack_drums(rollers)
    each_device, each_skin = (index.ravel() for index in np.indices((len(rollers), len(skins))))
    needles = stack_needles([needle_profile(roller) for roller in rollers])
    thickness = np.stack([mean_thickness_um(site) for site in skins])
    law = needle_law(needles.take(each_device), thickness[each_skin], stiffness=stiffness, resistance=resistance)
    phase = turns[turn] * drums.pitch_rad[device]
    count = load.size
    parts = [slice(start, start + ROWS_AT_ONCE) for start in range(0, count, ROWS_AT_ONCE)]
    solved = [
        _balance(
            drums.take(device[part]), law.take(device[part] * len(skins) + skin[part]), loads[load[part]], phase[part]
        )
        for part in parts
    ]
    return DrumBalance(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in solved]).reshape(shape)
            for field in fields(DrumBalance)
        }
    )
