"""The drum on the skin: how far needles are pushed in, and how much the drum carries of the hand's load.

At every phase of the drum the engaged needles push back with F(u) cos p, those past the lowest point with a small share
of it, and once it touches, the drum itself. The load dents the skin broadly, whoever carries it: where dimples feel
each other (`drum_closing`), needles push in the skin between them as the drum would. The sum grows steadily with the
travel of the lowest needle, and once that is in, with the drum's share, so there is one root; a bracket finds it for
all rows at once.

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
from .drum_dent import deepest_dent_mm, drum_dent_mm, drum_force_n, line_stiffness_n_per_mm
from .motion import density_per_pass_per_mm2
from .one_needle import NeedleLaw, needle_law, stack_needles
from .tissue import TissueModel, tissue_model
from .under_drum import pressed_depth_and_force

ROWS_AT_ONCE = 5_000  # equilibria solved together: arrays of needles that stay in the cache
LARGEST_RESIDUAL = 1e-12  # of the load: well below the 1e-9 that is promised
MOST_STEPS = 200  # a bracket that is only halved is down to rounding after 60
NO_TRAVEL_MM = 1e-12  # stands in for none where one is divided by
AT_THE_BOTTOM_RAD = 1e-9  # a needle this close to straight down still goes in


@dataclass(frozen=True)
class DrumBalance:
    """Drums at rest under their load.

    Parameters
    ----------
    axle_height_mm : (...) float — h over the skin between the needles, before the drum pushes it in [mm]
    travel_mm : (...) float — push of a needle straight down against the skin between the needles [mm]
    drum_force_n : (...) float — share of the load that the bare drum carries [N]
    drum_pressure_mpa : (...) float — of the bare drum on the skin where it is lowest [N/mm2]
    dent_mm : (...) float — how far the load has pushed in the skin between the needles [mm]
    needle_force_n : (...) float — what the needles carry together, upwards [N]
    entry_force_n : (...) float — of that, needles on their way in and the lowest one [N]
    engaged : (...) int — needles in contact with the skin [-]

    """

    axle_height_mm: Array
    travel_mm: Array
    drum_force_n: Array
    drum_pressure_mpa: Array
    dent_mm: Array
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


@dataclass(frozen=True)
class _Engaged:
    """Needles that can touch the skin: columns of each row's drum at its phase."""

    drums: Drums
    law: NeedleLaw
    model: TissueModel
    off_mm: Array  # how far a tip is above that of a needle straight down
    sine: Array
    lift: Array
    entering: Flags
    rings: Array

    def take(self, rows: Ints) -> _Engaged:
        parts = {name: getattr(self, name)[rows] for name in ("off_mm", "sine", "lift", "entering", "rings")}
        return _Engaged(self.drums.take(rows), self.law.take(rows), self.model.take(rows), **parts)

    def travel_and_gain(self, lowest: Array, dent: Array) -> tuple[Array, Array]:
        """How far each needle is pushed in when one straight down is by `lowest`, and how that grows with it.

        Skin that the load has dented by D follows the drum: needles reach as far out as those of a drum that is lower
        by D/2, the square of the half-width of a line contact being R D.
        """
        reach = np.maximum(lowest + dent / 2, NO_TRAVEL_MM)[:, None]
        travel = lowest[:, None] * (1 - self.off_mm / reach)
        gain = 1 - self.off_mm * (dent / 2)[:, None] / reach**2
        return np.maximum(travel, 0.0), np.where(travel > 0, gain, 0.0)

    def broad_load(self, lowest: Array) -> tuple[Array, Array]:
        """What of the needles' load dents the skin between them, and its slope: by needles on skin that stays flat.

        Taking it from the travel, not from the load itself, keeps the depth from falling where more needles touch; skin
        that is stiffer around a needle is so between needles too.
        """
        travel = np.maximum(lowest[:, None] - self.off_mm, 0.0)
        force, stiffness = self.law.force_and_slope(travel)
        share, touching = self.model.drum_closing / self.law.firmness, self.lift * (travel > 0)
        carried, slope = (np.einsum("ij,ij->i", part, touching) for part in (force, stiffness))
        return floats(share * carried), floats(share * slope)

    def riding(self, lowest: Array) -> tuple[Array, Array]:
        """Upward force of the needles and its slope while the drum stands off."""
        drums = self.drums
        broad, firmer = self.broad_load(lowest)
        dent = drum_dent_mm(broad, drums.radius_mm, drums.width_mm, self.model)
        travel, gain = self.travel_and_gain(lowest, dent)
        reach = np.maximum(lowest + dent / 2, NO_TRAVEL_MM)[:, None]
        left = 1 - dent / deepest_dent_mm(drums.radius_mm)
        sinks = firmer / line_stiffness_n_per_mm(drums.width_mm, self.model) * left**2
        wider = np.where(travel > 0, lowest[:, None] * self.off_mm / (2 * reach**2), 0.0) * sinks[:, None]
        force, stiffness = self.law.force_and_slope(travel)
        return np.einsum("ij,ij->i", force, self.lift), np.einsum("ij,ij,ij->i", stiffness, gain + wider, self.lift)

    def pressed(
        self, drum: Array, broad: Array, near: tuple[Array, Array] | None = None
    ) -> tuple[Array, Array, Array, Array, Array]:
        """Depth and force of each needle, its rise by log pressure, dent and highest pressure at this `drum` force."""
        drums = self.drums
        dent = drum_dent_mm(drum + broad, drums.radius_mm, drums.width_mm, self.model)
        travel, _ = self.travel_and_gain(drums.length_mm, dent)
        half = np.maximum(np.sqrt(drums.radius_mm * dent), NO_TRAVEL_MM)
        highest = np.where(dent > 0, 2 * drum / (pi * half * drums.width_mm), 0.0)
        along = np.minimum(drums.radius_mm[:, None] * np.abs(self.sine) / half[:, None], 1.0)
        pressure = highest[:, None] * np.sqrt(1 - along**2)
        return *pressed_depth_and_force(self.law, travel, pressure, near), dent, highest


def _engage(drums: Drums, law: NeedleLaw, model: TissueModel, phase: Array, load: Array) -> _Engaged:
    """Needles that touch the skin at some share of the load that the drum carries."""
    reach = drums.radius_mm + drums.length_mm
    # The broad load is at most what the needles carry once in, the drum's at most the hand's: twice bounds both.
    most_dent = drum_dent_mm(2 * load, drums.radius_mm, drums.width_mm, model)
    widest = np.arccos(np.clip(1 - (drums.length_mm + most_dent / 2) / reach, 0.0, 1.0))
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
    leaving = floats(model.exit_side_share)
    share = np.where(entering, 1.0, leaving[:, None] if leaving.ndim else leaving)
    cosine = np.cos(angle)
    return _Engaged(
        drums, law, model, reach[:, None] * (1 - cosine), np.sin(angle), rings * share * cosine, entering, rings
    )


def balance_rows(
    drums: Drums, law: NeedleLaw, load_n: Array, phase_rad: Array, model: TissueModel | None = None
) -> DrumBalance:
    """Solve for what needles and drum carry, a row an equilibrium.

    Parameters
    ----------
    drums : Drums — m rows [mm, rad]
    law : NeedleLaw — of the needles of each row's drum in its skin, m rows [mm, N]
    load_n : (m,) float — force of the hand [N]
    phase_rad : (m,) float — how far the drum has turned; 0 when a needle of the first ring is lowest [rad]
    model : TissueModel or None — None for the constants as shipped; members as (m,) columns [as its fields]

    Returns
    -------
    DrumBalance — arrays of shape (m,)

    """
    count, model = load_n.size, model or tissue_model()
    parts = [np.arange(start, min(start + ROWS_AT_ONCE, count)) for start in range(0, count, ROWS_AT_ONCE)]
    solved = [
        _balance(drums.take(rows), law.take(rows), load_n[rows], phase_rad[rows], model.take(rows)) for rows in parts
    ]
    return DrumBalance(
        **{field.name: np.concatenate([getattr(part, field.name) for part in solved]) for field in fields(DrumBalance)}
    )


def _balance(drums: Drums, law: NeedleLaw, load: Array, phase: Array, model: TissueModel) -> DrumBalance:
    """Riding on the needles or lying on the skin: each has its own unknown."""
    everyone = _engage(drums, law, model, phase, load)
    length = drums.length_mm
    most, _ = everyone.riding(length)
    travel, drum = np.where(load > 0, length, 0.0), np.zeros_like(load)
    up, down = np.flatnonzero((load > 0) & (most > load)), np.flatnonzero((load > 0) & (most < load))
    if up.size:
        travel[up] = _riding_root(everyone.take(up), load[up], length[up] * np.sqrt(load[up] / most[up]))
    if down.size:
        drum[down] = _pressed_root(everyone.take(down), load[down], most[down])
    broad, _ = everyone.broad_load(travel)
    _, force, _, dent, pressure = everyone.pressed(drum, broad)
    pushed, _ = everyone.travel_and_gain(travel, dent)
    apart = np.flatnonzero((load == 0) | (most > load))  # needles not all in: their force is that of this travel
    if apart.size:
        force[apart] = law.take(apart).force_n(pushed[apart])
    needles = np.einsum("ij,ij->i", force, everyone.lift)
    sunk = drum_dent_mm(drum, drums.radius_mm, drums.width_mm, model)
    return DrumBalance(
        axle_height_mm=drums.radius_mm + length - travel - sunk,
        travel_mm=travel,
        drum_force_n=drum,
        drum_pressure_mpa=pressure,
        dent_mm=dent,
        needle_force_n=needles,
        entry_force_n=np.einsum("ij,ij->i", force, everyone.lift * everyone.entering),
        engaged=np.where(pushed > 0, everyone.rings, 0.0).sum(axis=1).astype(np.int64),
    )


def check_bearable(balance: DrumBalance, drums: Drums, load_n: Array, model: TissueModel | None = None) -> None:
    """Refuse a load that pushes the drum deeper than skin bears.

    Parameters
    ----------
    balance : DrumBalance — (m,) arrays [mm, N]
    drums : Drums — m rows [mm]
    load_n : (m,) float — force of the hand [N]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    Raises
    ------
    InputError
        One line with the load and the largest that is allowed.

    """
    dent = tissue()["bearable_drum_dent_share"].value * drums.radius_mm
    most = balance.needle_force_n + drum_force_n(drums.radius_mm - dent, drums.radius_mm, drums.width_mm, model)
    over = np.flatnonzero(load_n > most)
    if over.size:
        worst = over[np.argmin(most[over])]
        allowed = f"at most {most[worst]:.3g} N; beyond it the drum dents the skin by more than {dent[worst]:.3g} mm"
        raise refuse("load_n", float(load_n[worst]), allowed)


def _riding_root(engaged: _Engaged, load: Array, guess: Array) -> Array:
    """Travel of the lowest needle at which the needles carry the load."""
    low, high = np.zeros_like(load), engaged.drums.length_mm.copy()
    travel, open_rows = np.clip(guess, low, high), np.arange(load.size)
    for _ in range(MOST_STEPS):
        at = travel[open_rows]
        carried, slope = engaged.riding(at)
        excess = carried - load[open_rows]
        low[open_rows] = np.where(excess > 0, low[open_rows], at)
        high[open_rows] = np.where(excess > 0, at, high[open_rows])
        step = at - np.divide(excess, slope, out=np.full_like(at, np.inf), where=slope > 0)
        middle = (low[open_rows] + high[open_rows]) / 2
        inside = (step > low[open_rows]) & (step < high[open_rows])
        going = np.abs(excess) > LARGEST_RESIDUAL * load[open_rows]
        going &= (middle > low[open_rows]) & (middle < high[open_rows])
        travel[open_rows[going]] = np.where(inside, step, middle)[going]
        if not going.any():
            break
        if going.sum() < 0.8 * going.size:
            engaged = engaged.take(np.flatnonzero(going))
            open_rows = open_rows[going]
    return travel


def _pressed_root(engaged: _Engaged, load: Array, lifting: Array) -> Array:
    """Force on the drum that carries what the needles, all in, do not; `lifting` is theirs before it touches."""
    # Needles push back harder the more the drum closes their dimples: its share is at most what they leave at first.
    low, high, open_rows = np.zeros_like(load), load - lifting, np.arange(load.size)
    broad, _ = engaged.broad_load(engaged.drums.length_mm)
    drum, last, missed = high.copy(), np.full_like(load, np.nan), np.full_like(load, np.nan)
    near = None
    for _ in range(MOST_STEPS):
        at, hand = drum[open_rows], load[open_rows]
        depth, force, rise, _, _ = engaged.pressed(at, broad[open_rows], near)
        near = depth, force
        excess = np.einsum("ij,ij->i", force, engaged.lift) + at - hand
        low[open_rows] = np.where(excess > 0, low[open_rows], at)
        high[open_rows] = np.where(excess > 0, at, high[open_rows])
        # The pressure grows about as the drum's share, though a wider contact takes some of it back; from the second
        # step on the chord knows.
        chord, came = excess - missed[open_rows], at - last[open_rows]
        slope = 1 + np.einsum("ij,ij->i", rise, engaged.lift) / at
        slope = np.divide(chord, came, out=slope, where=(chord / np.where(came != 0, came, 1.0) > 0) & (came != 0))
        last[open_rows], missed[open_rows] = at, excess
        step = at - excess / slope
        middle = (low[open_rows] + high[open_rows]) / 2
        inside = (step > low[open_rows]) & (step < high[open_rows])
        going = np.abs(excess) > LARGEST_RESIDUAL * hand
        going &= (middle > low[open_rows]) & (middle < high[open_rows])
        drum[open_rows[going]] = np.where(inside, step, middle)[going]
        if not going.any():
            break
        if going.sum() < 0.8 * going.size:
            engaged, near = engaged.take(np.flatnonzero(going)), (depth[going], force[going])
            open_rows = open_rows[going]
    return drum


def needle_density_per_mm2(roller: RollerSpec) -> float:
    """Return the needles that press on an area of skin side by side while the drum lies on it.

    Parameters
    ----------
    roller : RollerSpec — the device [-]

    """
    return float(density_per_pass_per_mm2(roller.needle_count, roller.drum_radius_mm, roller.drum_width_mm))


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
    law = needle_law(
        needles.take(each_device),
        thickness[each_skin],
        stiffness=stiffness,
        resistance=resistance,
        density_per_mm2=floats([needle_density_per_mm2(roller) for roller in rollers])[each_device],
    )
    phase = turns[turn] * drums.pitch_rad[device]
    rows = drums.take(device)
    solved = balance_rows(rows, law.take(device * len(skins) + skin), loads[load], phase)
    check_bearable(solved, rows, loads[load])
    return DrumBalance(**{field.name: getattr(solved, field.name).reshape(shape) for field in fields(DrumBalance)})
