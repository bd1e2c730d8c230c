"""How a device rests on the skin while its needles are deepest: a drum, a pen's guide ring, a stamp's plate.

A drum rides on its needles until it touches (`balance.py`). A plate presses all its needles straight in and shares the
hand's load among them, as in `press`, until it lies on the skin; what the needles do not carry then presses on the skin
between them and closes their dimples. A pen's ring rests on the skin around the needles, which only push while they
are in: their mean over a cycle is what the hand bears, since the pen's own mass does not follow single strokes. So the
protrusion limits the depth unless the hand is too light. Skin that bulges into the ring is left out: nobody has
measured it. In: a device, loads, laws. Out: a `DrumBalance`, whose axle is then a plate and whose drum is what rests.
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import DeviceSpec, RollerSpec
from ...data.checks import refuse
from ...data.constants import handling, tissue
from ...data.plates import PenSpec, StampSpec
from ...geometry.arrays import Array, Flags, floats
from ...geometry.halving import halved
from ..technique import Technique
from .balance import (
    DrumBalance,
    balance_rows,
    check_bearable,
    needle_density_per_mm2,
    ring_phases_rad,
    stack_drums,
)
from .drum_dent import drum_force_n
from .motion import (
    angle_at_travel_rad,
    dragged_slit_mm,
    driven_speed_mm_s,
    entry_speed_mm_s,
    share_of_cycle,
    tip_travel_mm,
)
from .one_needle import NeedleLaw
from .tissue import TissueModel, tissue_model
from .under_drum import pressed_depth_and_force

HALVINGS = 60  # of a bracket: down to rounding
PRESSED_HALVINGS = 30  # of a plate's pressure: down to a part in a thousand million
NO_GAP_MM = 1e-9  # the plate lies on the skin there


def set_to(device: DeviceSpec, technique: Technique) -> DeviceSpec:
    """Return the device as the technique sets it: a pen with another protrusion or frequency.

    Parameters
    ----------
    device : DeviceSpec — as the catalogue has it [-]
    technique : Technique — gives protrusion and frequency, if it says them [mm, Hz]

    Raises
    ------
    InputError
        One line for what this device can't be set to, or what its kind does not have.

    """
    technique.fits(device.kind)
    told = {"length_mm": technique.protrusion_mm, "frequency_hz": technique.frequency_hz}
    changed = {name: value for name, value in told.items() if value is not None}
    if not isinstance(device, PenSpec) or not changed:
        return device
    for field in ("most_length_mm", "stroke_mm"):
        most = getattr(device, field)
        if technique.protrusion_mm is not None and most is not None and technique.protrusion_mm > most:
            raise refuse("protrusion_mm", technique.protrusion_mm, f"at most {most:g} mm, {field} of this pen")
    assumed = tuple(name for name in device.assumed if name not in changed)
    return PenSpec(**device.model_dump() | changed | {"assumed": assumed})


def needles_per_mm2(device: DeviceSpec) -> float:
    """Return the needles that press on an area of skin side by side.

    Parameters
    ----------
    device : DeviceSpec — the device [-]

    """
    if isinstance(device, RollerSpec):
        return needle_density_per_mm2(device)
    return device.needle_count / device.plate_mm2


def entry_speed_of(device: DeviceSpec, technique: Technique) -> float:
    """Return the speed at which tips meet the skin: while the drum just touches, by the motor, or by the hand.

    Parameters
    ----------
    device : DeviceSpec — the device [-]
    technique : Technique — gives rolling speed and slip [mm/s, -]

    Returns
    -------
    float — speed of a tip into the skin [mm/s]

    """
    if isinstance(device, RollerSpec):
        radius = device.drum_radius_mm
        return float(entry_speed_mm_s(technique.speed_mm_s, radius, radius, device.length_mm, technique.slip))
    if isinstance(device, StampSpec):
        return handling()["press_speed"].value
    return float(driven_speed_mm_s(device.length_mm, device.stroke_mm, device.frequency_hz))


def between_strokes_mm(device: DeviceSpec, technique: Technique) -> float:
    """Return how far the hand moves from one stroke of a pen's motor to the next, 0 for all others.

    Parameters
    ----------
    device : DeviceSpec — the device [-]
    technique : Technique — drag speed, if it says one [mm/s]

    """
    if not isinstance(device, PenSpec):
        return 0.0
    return drag_speed_of(technique) / device.frequency_hz


def drag_speed_of(technique: Technique) -> float:
    """Return how fast a pen is drawn over the skin: what the technique says, else the middle of the band.

    Parameters
    ----------
    technique : Technique — may say it [mm/s]

    """
    told = technique.drag_speed_mm_s
    return handling()["drag_speed"].value if told is None else told


def travel_at_height_mm(device: DeviceSpec, height_mm: ArrayLike) -> Array:
    """Return how far the lowest needle is pushed against the skin with its base at a height over it.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]
    height_mm : float array — of the drum's axle, or of a plate [mm]

    """
    if isinstance(device, RollerSpec):
        return tip_travel_mm(0.0, height_mm, device.drum_radius_mm, device.length_mm)
    return floats(device.length_mm - floats(height_mm))


def ways_followed(device: DeviceSpec) -> float:
    """Return over how much of its stretch skin follows a needle along: 2 from side to side, 1 from rest.

    A drum's needle turns from one side of its hole to the other; skin lies at rest when a plate's comes straight in.

    Parameters
    ----------
    device : DeviceSpec — the device [-]

    """
    return 2.0 if isinstance(device, RollerSpec) else 1.0


def hole_aspect_ratio(
    puncture_travel: ArrayLike,
    height: ArrayLike,
    device: DeviceSpec,
    diameter: ArrayLike,
    gives: ArrayLike,
    slip: ArrayLike = 0.0,
    between_strokes: float = 0.0,
) -> Array:
    """Return length over width of the hole that a needle leaves as it is turned or drawn through the skin.

    A round needle that breaks the surface at an angle p cuts an ellipse, 1 / cos p. From there a drum's needle sweeps
    2 h (tan p - p) along the surface, and more where the drum slips (`motion.dragged_slit_mm`); a pen's is drawn along
    for as long as it is in. Skin travels with it by as much as it gives (`ways_followed`), and only the rest is torn. A
    drum pressed into the skin carries the skin with it, so that needles turn against it as if the drum just touched.

    Parameters
    ----------
    puncture_travel : float array — travel at which the skin opens [mm]
    height : float array — of the axle, or of a plate [mm]
    device : DeviceSpec — drum radius and needle length, or the pen's stroke [mm]
    diameter : float array — of the needle at the surface [mm]
    gives : float array — how far the skin follows to either side before it tears [mm]
    slip : float array — share of the travel on which the drum slides [-]
    between_strokes : float — how far a pen moves from one stroke of its motor to the next [mm]

    """
    if isinstance(device, RollerSpec):
        h = np.maximum(floats(height), device.drum_radius_mm)
        angle = angle_at_travel_rad(puncture_travel, h, device.drum_radius_mm, device.length_mm)
        ellipse, swept = 1 / np.cos(angle), dragged_slit_mm(h, angle, slip)
    else:
        inside = np.maximum(travel_at_height_mm(device, height) - floats(puncture_travel), 0.0)
        stroke = device.stroke_mm if isinstance(device, PenSpec) else 2 * device.length_mm
        ellipse, swept = np.ones_like(inside), between_strokes * share_of_cycle(inside, stroke)
    torn = np.maximum(swept - ways_followed(device) * floats(gives), 0.0)
    wide = floats(diameter)
    aspect: Array = ellipse + np.divide(torn, wide, out=np.zeros_like(torn * wide), where=wide > 0)
    return aspect


def balance_rings(device: DeviceSpec, load_n: float, law: NeedleLaw, model: TissueModel | None = None) -> DrumBalance:
    """Solve for the axle's height at the moments when a needle of each ring is lowest, or for a plate at its deepest.

    Parameters
    ----------
    device : DeviceSpec — the device [-]
    load_n : float — force of the hand [N]
    law : NeedleLaw — of its needles in this person's skin, one row [mm, N]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    Returns
    -------
    DrumBalance — arrays of shape (rows,), (1,) for a plate

    """
    if not isinstance(device, RollerSpec):
        return plate_balance(device, load_n, law)
    # Rings that stand alike are solved once.
    phases, of_ring = np.unique(ring_phases_rad(device), return_inverse=True)
    every = np.zeros(phases.size, dtype=np.int64)
    loads, drums = np.full(phases.size, float(load_n)), stack_drums([device]).take(every)
    balance = balance_rows(drums, law.take(every), loads, phases, model)
    if model is None:  # what is asked of users holds for the constants as shipped, not for each member
        check_bearable(balance, drums, loads)
    return DrumBalance(**{field.name: getattr(balance, field.name)[of_ring] for field in fields(DrumBalance)})


def balance_lowest(
    device: DeviceSpec, load_n: ArrayLike, law: NeedleLaw, model: TissueModel | None = None
) -> tuple[DrumBalance, Array]:
    """Solve for the moments when a ring's needles are lowest, rings that stand alike once, for many skins at once.

    Parameters
    ----------
    device : DeviceSpec — the device [-]
    load_n : float or (n,) float array — force of the hand [N]
    law : NeedleLaw — of its needles in each skin, n rows [mm, N]
    model : TissueModel or None — None for the constants as shipped; members as (n,) columns [as its fields]

    Returns
    -------
    balance : DrumBalance — arrays of shape (n, kinds of ring)
    weights : (kinds,) float — share of the rings that are of each kind [-]

    """
    count = law.length_mm.size
    if not isinstance(device, RollerSpec):
        return _shaped(plate_balance(device, load_n, law), (count, 1)), np.ones(1)
    phases, rings = np.unique(np.round(ring_phases_rad(device), 12), return_counts=True)
    skin, phase = (index.ravel() for index in np.indices((count, phases.size)))
    loads, drums = np.broadcast_to(floats(load_n), count)[skin], stack_drums([device]).take(0 * skin)
    members = (model or tissue_model()).take(skin)
    balance = balance_rows(drums, law.take(skin), loads, phases[phase], members)
    if not members.members:
        check_bearable(balance, drums, loads, members)
    return _shaped(balance, (count, phases.size)), rings / rings.sum()


def _shaped(balance: DrumBalance, shape: tuple[int, int]) -> DrumBalance:
    return DrumBalance(**{field.name: getattr(balance, field.name).reshape(shape) for field in fields(DrumBalance)})


def plate_balance(plate: PenSpec | StampSpec, load_n: ArrayLike, law: NeedleLaw) -> DrumBalance:
    """Solve for a plate whose needles are all in alike, and for what rests on the skin beside them.

    Parameters
    ----------
    plate : PenSpec or StampSpec — the device [mm]
    load_n : float or (n,) float array — force of the hand [N]
    law : NeedleLaw — of its needles in each skin, n rows [mm, N]

    Returns
    -------
    DrumBalance — arrays of shape (n,): height of the plate over the skin for the axle's, what rests for the drum's

    """
    length, count = law.length_mm, plate.needle_count
    load = np.broadcast_to(floats(load_n), length.shape)

    def carried(travel: Array) -> Array:
        """What the needles carry, over a pen's cycle in the mean."""
        share = share_of_cycle(travel, plate.stroke_mm) if isinstance(plate, PenSpec) else 1.0
        return floats(count * share * law.force_n(travel))

    low, _ = halved(np.zeros_like(length), length, lambda travel: carried(travel) > load, HALVINGS)
    travel = np.where(carried(length) <= load, length, low)
    needles = carried(travel)
    rest = np.maximum(load - needles, 0.0) * (travel == length)
    pressure = np.zeros_like(rest)
    if isinstance(plate, StampSpec) and (rest > 0).any():
        pressure, needles = _pressing_plate(plate, load, law, rest)
        rest = pressure * plate.plate_mm2
    return DrumBalance(
        axle_height_mm=length - travel,
        travel_mm=travel,
        drum_force_n=rest,
        drum_pressure_mpa=pressure,
        dent_mm=np.zeros_like(rest),
        needle_force_n=needles,
        entry_force_n=needles,
        engaged=np.where(load > 0, count, 0).astype(np.int64),
    )


def needles_on_skin(
    plate: PenSpec | StampSpec, load_n: float, law: NeedleLaw, gap_mm: Array
) -> tuple[DrumBalance, Array, Array]:
    """Solve for plates that stand off the skin under some of their needles, each plate by itself.

    Parameters
    ----------
    plate : PenSpec or StampSpec — the device [mm]
    load_n : float — force of the hand [N]
    law : NeedleLaw — of its needles in this person's skin, one row [mm, N]
    gap_mm : (K, N) float — between the skin and each needle's base where the plate lies on the skin [mm]

    Returns
    -------
    balance : DrumBalance — arrays of shape (K,), as of `plate_balance` [mm, N]
    push_mm : (K, N) float — of each needle against its skin; none where it does not reach the skin [mm]
    pressure_mpa : (K, N) float — of the plate on the skin around each needle [N/mm2]

    """
    level, count = plate_balance(plate, load_n, law), len(gap_mm)
    found = {field.name: np.repeat(getattr(level, field.name), count) for field in fields(DrumBalance)}
    length = float(law.length_mm[0])
    push = found["travel_mm"][:, None] - gap_mm
    pressure = np.where(gap_mm < NO_GAP_MM, found["drum_pressure_mpa"][:, None], 0.0)
    some = np.flatnonzero((gap_mm >= NO_GAP_MM).any(axis=1))
    if some.size:
        gap, area = gap_mm[some], plate.plate_mm2 * (gap_mm[some] < NO_GAP_MM).mean(axis=1)

        def forces(travel: Array, pressed: Array | None = None) -> Array:
            """What each needle carries, over a pen's cycle in the mean."""
            own = np.clip(travel[:, None] - gap, 0.0, length)
            share = share_of_cycle(own, plate.stroke_mm) if isinstance(plate, PenSpec) else 1.0
            if pressed is None:
                return floats(share * law.force_n(own.reshape(1, -1))[0].reshape(own.shape))
            around = np.where(gap < NO_GAP_MM, pressed[:, None], 0.0)
            _, force, _ = pressed_depth_and_force(law, own.reshape(1, -1), around.reshape(1, -1))
            return floats(share * force.reshape(own.shape))

        none, whole = np.zeros(some.size), np.full(some.size, length)
        rests = forces(whole).sum(axis=1) <= load_n
        times = 0 if rests.all() else HALVINGS
        low, _ = halved(none, whole, lambda travel: forces(travel).sum(axis=1) > load_n, times)
        travel = np.where(rests, length, low)
        needles = forces(travel).sum(axis=1)
        rest, pressed = np.where(rests, np.maximum(load_n - needles, 0.0), 0.0), np.zeros(some.size)
        if isinstance(plate, StampSpec) and (rest * area > 0).any():
            top = np.divide(rest, area, out=np.zeros_like(rest), where=area > 0)

            def heavy(pressed: Array) -> Flags:
                return np.asarray(pressed * area + forces(travel, pressed).sum(axis=1) > load_n)

            pressed, _ = halved(none, top, heavy, PRESSED_HALVINGS)
            needles = forces(travel, pressed).sum(axis=1)
            rest = np.where(area > 0, pressed * area, rest)
        push[some] = travel[:, None] - gap
        pressure[some] = np.where(gap < NO_GAP_MM, pressed[:, None], 0.0)
        for name, values in {
            "axle_height_mm": length - travel,
            "travel_mm": travel,
            "drum_force_n": rest,
            "drum_pressure_mpa": pressed,
            "needle_force_n": needles,
            "entry_force_n": needles,
        }.items():
            found[name][some] = values
    if load_n > 0:
        found["engaged"] = (push > 0).sum(axis=1)
    return DrumBalance(**found), push, pressure


def gaps_under_plate_mm(device: PenSpec | StampSpec, rim_drop_mm: Array, needle_drop_mm: Array) -> Array:
    """Return how far a plate square to the skin under its middle stands off skin that keeps its shape, at its needles.

    A stamp lies on the highest skin under it. A pen's ring lies on the highest skin under its rim; skin within the ring
    that stands higher is taken to be pressed back to it, as flat skin that bulges is.

    Parameters
    ----------
    device : PenSpec or StampSpec — the device [mm]
    rim_drop_mm : (K, M) float — of the skin under the rim below the tangent plane at the middle; NaN for no skin [mm]
    needle_drop_mm : (K, N) float — the same under each needle [mm]

    """
    rim, needles = (np.where(np.isfinite(drop), drop, np.inf) for drop in (rim_drop_mm, needle_drop_mm))
    highest = rim.min(axis=1)
    if not isinstance(device, PenSpec) or not np.isfinite(highest).all():
        highest = np.minimum(np.minimum(highest, needles.min(axis=1)), 0.0)
    gap = np.maximum(needle_drop_mm - highest[:, None], 0.0)
    return floats(np.where(np.isfinite(gap), gap, 0.0))


def rings_of(device: DeviceSpec) -> int:
    """Return how many rings of needles a device has side by side; a plate counts as one.

    Parameters
    ----------
    device : DeviceSpec — the device [-]

    """
    return device.rows if isinstance(device, RollerSpec) else 1


def _pressing_plate(plate: StampSpec, load: Array, law: NeedleLaw, rest: Array) -> tuple[Array, Array]:
    """Pressure of a plate on the skin, and what its needles then carry: they push back harder as it closes dimples."""
    low, high = np.zeros_like(rest), rest / plate.plate_mm2
    force = law.force_n(law.length_mm)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        _, force, _ = pressed_depth_and_force(law, law.length_mm, middle)
        heavy = middle * plate.plate_mm2 + plate.needle_count * force > load
        low, high = np.where(heavy, low, middle), np.where(heavy, middle, high)
        if float((high - low).max()) <= 1e-9 * float(high.max()):
            break
    return low, plate.needle_count * force


def bearable_load_n(device: DeviceSpec) -> float:
    """Return a load that the device bears on any skin, needles left out; a plate lies on the skin under any.

    Parameters
    ----------
    device : DeviceSpec — the device [-]

    """
    if not isinstance(device, RollerSpec):
        return float("inf")
    lowest = device.drum_radius_mm * (1 - tissue()["bearable_drum_dent_share"].value)
    return float(drum_force_n(lowest, device.drum_radius_mm, device.drum_width_mm))
