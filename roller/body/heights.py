"""A drum on curved skin: how high its axle is and how far it tilts, and how far each ring is pushed in.

The handle tilts freely about the stroke and the hand presses with its load; the axle's height and its tilt make the
energy of skin and hand least. A hand does not follow single needles: the tilt is that of the drum whose needles are
spread evenly around it, where the energy is a sum over rings of one rising force each and so convex. At that tilt the
height follows from the balance of `insertion/balance.py`, ring by ring, at the phases of the drum at which needles are
lowest. On a plane every ring stands alike, the tilt is 0 and the balance is the flat one.

In: a roller, the law of its needles, a load and the skin under the rings at many places. Out: heights, tilts, dents.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import pi

import numpy as np

from ...data.catalog import RollerSpec
from ...data.constants import over_bone, tissue
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.drum import angular_pitch_rad, ring_offsets_rad, ring_places_mm
from ..insertion.balance import AT_THE_BOTTOM_RAD, MOST_STEPS, NO_TRAVEL_MM, ring_phases_rad
from ..insertion.drum_dent import deepest_dent_mm
from ..insertion.one_needle import NeedleLaw
from ..insertion.tissue import TissueModel, tissue_model
from ..insertion.under_drum import pressed_depth_and_force
from .bone import strip_dent_mm, strip_force_n
from .spread import SpreadRing, spread_ring
from .under_rings import UnderRings, deepest_gain_mm

LARGEST_RESIDUAL = 1e-10  # of the load: below the 1e-9 that is promised
PLACES_AT_ONCE = 1 << 10  # balances solved together: arrays of needles that stay in the cache
CLOSING_SHARE = 0.1  # of the last miss: chords that leave less than that are on their way
SHORT_OF_DEEPEST = 1 - 1e-9
LEVEL_SHARE = 1e-11  # of load times half the width: a moment below it is none, the drum stands level
TILTED_SHARE, TILT_CLOSE = 1e-6, 1e-7  # of the same, and of the sine: as near as a tilt is wanted
PUSH_CLOSE_MM = 1e-7  # of the drum with its needles spread, which only says the tilt and where to begin
TILT_STEPS = 40
JOINT_STEPS, LEAST_SPREAD = 12, 1e-9


@dataclass(frozen=True)
class BodyBalance:
    """Drums at rest on curved skin: K places, Q kinds of phase, J rings.

    Parameters
    ----------
    tilt_rad : (K,) float — of the axle about the stroke, positive with its left end up [rad]
    held : (K,) bool — the tilt was held at the steepest allowed [-]
    push_mm : (K, Q) float — of a needle straight down at mid-width against the tangent plane: R + L - h [mm]
    ring_push_mm : (K, Q, J) float — of each ring's needles against the skin under it, twist included [mm]
    drum_force_n : (K, Q, J) float — what the drum carries under each ring [N]
    pressure_mpa : (K, Q, J) float — of the bare drum on the skin, where it is highest [N/mm2]
    dent_mm : (K, Q, J) float — how far the load has pushed in the skin between needles [mm]
    needle_force_n : (K, Q) float — what needles carry together [N]
    entry_force_n : (K, Q) float — of that, needles on their way in and the lowest one [N]
    engaged : (K, Q) int — needles in contact with the skin [-]
    weights : (Q,) float — share of the rings that are lowest at each kind of phase [-]
    kind_of_ring : (J,) int — kind of phase at which each ring's needles are lowest [-]
    too_deep : (K,) bool — the load dents the skin by more than it bears [-]

    """

    tilt_rad: Array
    held: Flags
    push_mm: Array
    ring_push_mm: Array
    drum_force_n: Array
    pressure_mpa: Array
    dent_mm: Array
    needle_force_n: Array
    entry_force_n: Array
    engaged: Ints
    weights: Array
    kind_of_ring: Ints
    too_deep: Flags

    @property
    def touching(self) -> Flags:
        """Rings whose needles touch the skin while they are lowest, (K, J) [-]."""
        own = self.ring_push_mm[:, self.kind_of_ring, np.arange(self.kind_of_ring.size)]
        return np.asarray(own > 0)


@dataclass(frozen=True)
class _Needles:
    """Needles that can touch, the same for every place at one phase: (J, A), A of each ring."""

    off_mm: Array  # how far a tip is above that of a needle straight down
    along_mm: Array  # where the tip is along the stroke
    angle: Array
    share: Array  # of a needle's force that counts upwards on the way out
    cosine: Array


def _needles(roller: RollerSpec, phase: float, model: TissueModel) -> _Needles:
    reach, pitch = roller.drum_radius_mm + roller.length_mm, angular_pitch_rad(roller)
    # As far as needles can touch with the drum pushed in as deep as it goes.
    deepest = float(deepest_dent_mm(floats(roller.drum_radius_mm)))
    widest = np.arccos(np.clip(1 - (roller.length_mm + deepest / 2) / reach, 0.0, 1.0))
    most = int(np.ceil(min(widest, pi / 2) / pitch)) + 1
    first = np.mod(ring_offsets_rad(roller) + phase + pitch / 2, pitch) - pitch / 2
    angle = first[:, None] + pitch * np.arange(-most, most + 1)
    # What has turned by more than a right angle touches nothing.
    cosine = np.maximum(np.cos(angle), 0.0)
    off = np.where(np.abs(angle) < pi / 2, reach * (1 - cosine), np.inf)
    return _Needles(off, reach * np.sin(angle), angle, floats(model.exit_side_share) * np.ones_like(angle), cosine)


class _Drum:
    """One roller with one law at places that are solved together, at one phase: (K, J) strips, (K, J, A) needles."""

    def __init__(
        self,
        roller: RollerSpec,
        law: NeedleLaw,
        model: TissueModel,
        needles: _Needles,
        under: UnderRings,
        sine: Array,
        spread: SpreadRing,
    ) -> None:
        self.roller, self.law, self.model, self.spread = roller, law, model, spread
        radius, length = roller.drum_radius_mm, roller.length_mm
        reach = radius + length
        self.width = roller.drum_width_mm / roller.rows
        bent = under.curvature_per_mm
        self.radius = radius / (1 + bent * radius)
        self.bone = under.bone_mm[:, None]
        self.raised = under.drop_mm + sine[:, None] * ring_places_mm(roller)
        self.gain, self.drum_gain = deepest_gain_mm(under, reach), deepest_gain_mm(under, radius)
        self.narrower = 1 / np.sqrt(1 + bent * reach)
        self.highest = float(deepest_dent_mm(floats(radius))) * SHORT_OF_DEEPEST
        x = needles.along_mm
        slope, curve = under.slope[:, :, None], bent[:, :, None]
        self.off = np.maximum(needles.off_mm + slope * x + curve * x**2 / 2 + self.gain[:, :, None], 0.0)
        # The lowest point of a ring lies off the centre line where skin is twisted.
        middle = (-under.slope / (1 / reach + bent))[:, :, None]
        # A ring's needle that this phase puts straight down is at its lowest, whichever way its skin leans.
        self.entering = needles.angle - middle / reach <= AT_THE_BOTTOM_RAD
        self.entering |= np.abs(needles.angle) <= AT_THE_BOTTOM_RAD
        self.lift = np.where(self.entering, 1.0, needles.share) * needles.cosine
        self.along = np.abs(x * radius / reach - middle)
        # Depths and forces of needles at the push before: where those at the next are searched from.
        self.depth, self.force = np.zeros_like(self.off), np.zeros_like(self.off)

    def take(self, rows: Ints) -> _Drum:
        other = object.__new__(_Drum)
        vars(other).update(vars(self))
        strips = "radius", "bone", "raised", "gain", "drum_gain", "narrower"
        for name in (*strips, "off", "entering", "lift", "along", "depth", "force"):
            setattr(other, name, getattr(self, name)[rows])
        return other

    def limits(self) -> tuple[Array, Array]:
        """Least and greatest push that can be: nothing touches, and the lowest strip is as deep as it goes."""
        lowest = np.min(self.raised - self.gain, axis=1)
        highest = np.min(self.raised - self.drum_gain, axis=1) + self.roller.length_mm + self.highest
        return lowest, highest

    def at(self, push: Array) -> dict[str, Array]:
        """Everything at a push of the drum: forces of needles, strips, dents."""
        length, (places, rings, each) = self.roller.length_mm, self.off.shape
        pushed = push[:, None] - self.raised + self.gain
        lowest = np.clip(pushed, 0.0, length)
        sunk = np.clip(push[:, None] - self.raised + self.drum_gain - length, 0.0, self.highest)
        drum, _ = strip_force_n(sunk, self.width, self.roller.drum_radius_mm, self.radius, self.bone, self.model)
        # What of the needles' load dents the skin between them is taken on skin that stays flat (`insertion/balance`).
        some = np.flatnonzero(self.off < lowest[:, :, None])
        flat = lowest.ravel()[some // each] - self.off.ravel()[some]
        share = self.model.drum_closing / self.law.firmness
        force = self.law.force_n(flat[None, :])[0] * self.lift.ravel()[some]
        broad = share * np.bincount(some // (rings * each), force, places)
        apart = self.spread.broad_n(lowest) * self.narrower
        total = apart.sum(axis=1, keepdims=True)
        of_ring = np.divide(apart, total, out=np.full_like(apart, 1 / rings), where=total > 0)
        borne = drum + broad[:, None] * of_ring
        dent = strip_dent_mm(borne, self.width, self.roller.drum_radius_mm, self.radius, self.bone, self.model)
        reach = np.maximum(lowest + dent / 2, NO_TRAVEL_MM)
        some = np.flatnonzero(self.off < np.where(lowest > 0, reach, 0.0)[:, :, None])
        strip, place = some // each, some // (rings * each)
        travel = lowest.ravel()[strip] * (1 - self.off.ravel()[some] / reach.ravel()[strip])
        half = np.maximum(np.sqrt(self.radius * dent), NO_TRAVEL_MM)
        highest = np.where(dent > 0, 2 * drum / (pi * half * self.width), 0.0)
        away = np.minimum(self.along.ravel()[some] / half.ravel()[strip], 1.0)
        pressure = highest.ravel()[strip] * np.sqrt(1 - away**2)
        before = self.depth.ravel()[None, some], self.force.ravel()[None, some]
        (depth,), (force,), _ = pressed_depth_and_force(self.law, travel[None, :], pressure[None, :], before)
        self.depth.ravel()[some], self.force.ravel()[some] = depth, force
        force = force * self.lift.ravel()[some]
        return {
            "ring_push_mm": pushed,
            "drum_force_n": drum,
            "dent_mm": dent,
            "pressure_mpa": highest,
            "needle_force_n": np.bincount(place, force, places),
            "entry_force_n": np.bincount(place, force * self.entering.ravel()[some], places),
            "engaged": np.bincount(place[travel > 0], minlength=places),
        }


def _settled(drum: _Drum, load: float, guess: Array, stiffness: Array) -> dict[str, Array]:
    """Drums where they carry the load: a bracket that closes, by chords where they stay inside it."""
    low, high = drum.limits()
    push = np.clip(guess, low, high) if load > 0 else low
    found = {"push_mm": push}
    # Where nothing touches yet a load is not met within less than a mm.
    rows, slope = np.arange(low.size), np.where(stiffness > 0, stiffness, load)  # N/mm
    last, missed, side = np.full_like(push, np.nan), np.full_like(push, np.nan), np.zeros(push.size)
    for _ in range(MOST_STEPS):
        at = push[rows]
        here = drum.at(at)
        excess = here["needle_force_n"] + here["drum_force_n"].sum(axis=1) - load
        low[rows] = np.where(excess > 0, low[rows], at)
        high[rows] = np.where(excess > 0, at, high[rows])
        middle = (low[rows] + high[rows]) / 2
        going = np.abs(excess) > LARGEST_RESIDUAL * load
        going &= (middle > low[rows]) & (middle < high[rows])
        for name, values in here.items():
            found.setdefault(name, np.empty((low.size, *values.shape[1:]), values.dtype))[rows] = values
        if not going.any():
            break
        came, rose = at - last[rows], excess - missed[rows]
        useful = (came != 0) & (rose / np.where(came != 0, came, 1.0) > 0)
        slope[rows] = np.divide(rose, came, out=slope[rows], where=useful)
        step = at - excess / slope[rows]
        # A chord that keeps missing on one side, and by hardly less, closes nothing: then the bracket is halved.
        now = np.sign(excess)
        stuck = (now == np.sign(side[rows])) & (np.abs(side[rows]) >= 3)
        stuck &= np.abs(excess) > CLOSING_SHARE * np.abs(missed[rows])
        side[rows] = np.where(now == np.sign(side[rows]), side[rows] + now, now)
        inside = (step > low[rows]) & (step < high[rows]) & ~stuck
        last[rows], missed[rows] = at, excess
        push[rows[going]] = np.where(inside, step, middle)[going]
        if not going.all():
            rows, drum = rows[going], drum.take(np.flatnonzero(going))
    return found | {"slope": slope}


@dataclass(frozen=True)
class _Rings:
    """Rings spread evenly over their skin, at places whose tilt is looked for."""

    spread: SpreadRing
    load: float
    places: Array
    drop: Array
    gain: Array
    drum_gain: Array
    bent: Array
    bone: Array

    def take(self, rows: Ints | Flags) -> _Rings:
        names = ("drop", "gain", "drum_gain", "bent", "bone")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def forces(self, push: Array, sine: Array) -> tuple[Array, Array]:
        against = push[:, None] - self.drop - sine[:, None] * self.places
        return self.spread.force_n(against, gain=self.gain, drum_gain=self.drum_gain, bent=self.bent, bone=self.bone)

    def level(self, sine: Array, guess: Array | None = None) -> Array:
        """Push at which the rings carry the load at a tilt, (K,)."""
        raised = self.drop + sine[:, None] * self.places
        low = (raised - self.gain).min(axis=1)
        # Twist takes tips deeper than the drum between them: what stops the push is the drum.
        high = (raised - self.drum_gain).min(axis=1) + self.spread.deepest_mm
        push = (low + high) / 2 if guess is None else np.clip(guess, low, high)
        rings, rows = self, np.arange(push.size)
        for _ in range(MOST_STEPS):
            at = push[rows]
            force, slope = rings.forces(at, sine[rows])
            excess, stiff = force.sum(axis=1) - self.load, slope.sum(axis=1)
            low[rows] = np.where(excess > 0, low[rows], at)
            high[rows] = np.where(excess > 0, at, high[rows])
            step = at - np.divide(excess, stiff, out=np.full_like(at, np.inf), where=stiff > 0)
            inside = (step > low[rows]) & (step < high[rows])
            new = np.where(inside, step, (low[rows] + high[rows]) / 2)
            push[rows] = new
            going = np.abs(new - at) > PUSH_CLOSE_MM
            if not going.any():
                break
            rings, rows = rings.take(going), rows[going]
        return push

    def balanced(self, push: Array, lever: float) -> tuple[Array, Array, Flags]:
        """Tilt and push by Newton's steps on both at once, from no tilt and a push, and which of them came to rest."""
        pushed, sine, done = push.copy(), np.zeros_like(push), np.zeros(push.size, dtype=bool)
        rings, rows = self, np.arange(push.size)
        for _ in range(JOINT_STEPS):
            force, slope = rings.forces(pushed[rows], sine[rows])
            excess, turns = force.sum(axis=1) - self.load, -(force @ self.places)
            stiff, mixed, stiff_turning = slope.sum(axis=1), -(slope @ self.places), slope @ self.places**2
            there = (np.abs(excess) <= PUSH_CLOSE_MM * stiff) & (np.abs(turns) <= TILTED_SHARE * lever)
            done[rows[there]] = True
            whole = stiff * stiff_turning - mixed**2
            # One ring alone carries all: nothing says how the drum tilts.
            going = ~there & (whole > LEAST_SPREAD * stiff * stiff_turning)
            if not going.any():
                break
            rows, rings = rows[going], rings.take(going)
            excess, turns, whole = excess[going], turns[going], whole[going]
            pushed[rows] -= (stiff_turning[going] * excess - mixed[going] * turns) / whole
            sine[rows] -= (stiff[going] * turns - mixed[going] * excess) / whole
        return sine, pushed, done

    def moment(self, sine: Array, guess: Array | None = None) -> tuple[Array, Array]:
        """The energy's slope by the tilt, and the push.

        With its left end up the left rings carry less: it is minus the moment of the rings, and rises with the tilt.
        """
        push = self.level(sine, guess)
        force, _ = self.forces(push, sine)
        return floats(-(force * self.places).sum(axis=1)), push


def _tilts(spread: SpreadRing, under: UnderRings, roller: RollerSpec, load: float) -> tuple[Array, Flags, Array, Array]:
    """Sine of the tilt of least energy, whether it was held at the steepest, the push there and what a mm of it costs.

    The energy's slope by the tilt is the moment of the rings about the middle: it rises with the tilt.
    """
    steepest = float(np.sin(np.radians(over_bone()["steepest_tilt"].value)))
    every = _Rings(
        spread,
        load,
        ring_places_mm(roller),
        under.drop_mm,
        deepest_gain_mm(under, roller.drum_radius_mm + roller.length_mm),
        deepest_gain_mm(under, roller.drum_radius_mm),
        under.curvature_per_mm,
        under.bone_mm[:, None],
    )
    sine, held = np.zeros(len(under.drop_mm)), np.zeros(len(under.drop_mm), dtype=bool)
    at, push = every.moment(sine)
    lever = load * roller.drum_width_mm / 2
    rows = np.flatnonzero(np.abs(at) > LEVEL_SHARE * lever)
    if not rows.size or load <= 0:
        return sine, held, push, every.forces(push, sine)[1].sum(axis=1)
    # From no tilt straight to the place of least energy, where steps go there and stay within the range.
    found, pushed, there = every.take(rows).balanced(push[rows], lever)
    there &= np.abs(found) < steepest
    sine[rows[there]], push[rows[there]] = found[there], pushed[there]
    rows = rows[~there]
    rings = every.take(rows)
    # The end of the range to which the energy falls.
    far = -np.sign(at[rows]) * steepest
    there, pushed = rings.moment(far, push[rows])
    stays = np.sign(there) == np.sign(at[rows])
    sine[rows[stays]], held[rows[stays]], push[rows[stays]] = far[stays], True, pushed[stays]
    one, other, value, beyond = np.zeros(rows.size), far, at[rows], there
    going = ~stays
    for _ in range(TILT_STEPS):
        rings, rows, pushed = rings.take(going), rows[going], pushed[going]
        one, other, value, beyond = (part[going] for part in (one, other, value, beyond))
        if not rows.size:
            break
        # Regula falsi with the weight of an end that stays halved (Illinois).
        new = other - beyond * (other - one) / (beyond - value)
        found, pushed = rings.moment(new, pushed)
        sine[rows], push[rows] = new, pushed
        crossed = np.sign(found) != np.sign(beyond)
        one, value = np.where(crossed, other, one), np.where(crossed, beyond, value / 2)
        going = (np.abs(found) > TILTED_SHARE * lever) & (np.abs(new - other) > TILT_CLOSE)
        other, beyond = new, found
    return sine, held, push, every.forces(push, sine)[1].sum(axis=1)


def balance_on_body(
    roller: RollerSpec, load_n: float, law: NeedleLaw, under: UnderRings, model: TissueModel | None = None
) -> BodyBalance:
    """Solve for height and tilt of a drum at many places of a body, at every kind of phase.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    load_n : float — force of the hand [N]
    law : NeedleLaw — of its needles in this person's skin, one row [mm, N]
    under : UnderRings — the skin under its rings at K places [mm]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    model = model or tissue_model()
    phases = np.round(ring_phases_rad(roller), 12)
    kinds, kind_of_ring, rings = np.unique(phases, return_inverse=True, return_counts=True)
    spread = spread_ring(roller, law, model)
    sine, held, guess, stiffness = _tilts(spread, under, roller, load_n)
    by_kind = []
    for phase in ring_phases_rad(roller)[[int(np.flatnonzero(kind_of_ring == kind)[0]) for kind in range(kinds.size)]]:
        needles, parts = _needles(roller, float(phase), model), []
        for start in range(0, max(guess.size, 1), PLACES_AT_ONCE):
            some = slice(start, start + PLACES_AT_ONCE)
            drum = _Drum(roller, law, model, needles, under.take(np.arange(guess.size)[some]), sine[some], spread)
            parts.append(_settled(drum, load_n, guess[some], stiffness[some]))
        by_kind.append({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
        # At another phase the drum stands nearly as high.
        guess, stiffness = by_kind[-1]["push_mm"], by_kind[-1].pop("slope")
    found = {name: np.stack([part[name] for part in by_kind], axis=1) for name in by_kind[0]}
    bearable = tissue()["bearable_drum_dent_share"].value * roller.drum_radius_mm
    sunk = found["ring_push_mm"].max(axis=(1, 2)) - roller.length_mm
    return BodyBalance(
        tilt_rad=np.arcsin(sine),
        held=held,
        weights=floats(rings / rings.sum()),
        kind_of_ring=kind_of_ring.ravel(),
        too_deep=sunk > bearable,
        **{field.name: found[field.name] for field in fields(BodyBalance) if field.name in found},
    )
