"""How a device moves over the skin: the one place that tells rolling, driving and putting down apart.

A motion says how fast the skin is treated, how many needles come down on an area, how they enter, and how far they are
drawn along while they are in; `lay` gives the contacts. Whatever comes after takes it from there, whichever device it
was. In: a device, a technique. Out: a `Motion`, contacts, and which of them meet a hole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ...data.catalog import DeviceSpec, RollerSpec
from ...data.constants import handling
from ...data.plates import PenSpec
from ...geometry.arrays import Array, Flags, floats
from ..insertion.each_contact import share_in_holes
from ..insertion.motion import (
    density_per_pass_per_mm2,
    dragged_mm,
    dragged_slit_mm,
    entry_angle_rad,
    pitch_radius_mm,
)
from ..insertion.support import drag_speed_of, entry_speed_of, travel_at_height_mm
from ..technique import DRAG_SPEEDS, MOST_PASSES, Technique
from .passes import Contacts, contact_margin_mm, roll
from .touches import meet_holes, touch, touch_margin_mm

SECONDS_PER_MINUTE = 60.0
TOO_MANY = 3.0  # times the punctures that are named as the goal: beyond it users are told
# Of the distance between tracks: distances to the nearest channel are then as good to 1 % as between needles apart.
SHARE_OF_TRACK = 0.75
PACES_TRIED = 5  # drag speeds of a pen that a search looks at, in even steps from end to end of their band
FACE_MM2 = 30_000.0  # 300 cm2, about the skin of a face that is treated


@dataclass(frozen=True)
class Motion:
    """How a device is moved over the skin; numbers, or a row a member of the ensemble.

    Parameters
    ----------
    lane_density_per_mm2 : float array — needle contacts per area of one lane [1/mm2]
    skin_mm2_s : float array — area of skin that one pass treats in a second [mm2/s]
    entry_angle_rad : float array — of the needles, from the normal of the skin that they enter [rad]
    entry_speed_mm_s : float — of the needles into the skin [mm/s]
    drag_mm : float array — way along the skin, if it stood still, while a needle is in it [mm]
    apart : bool — needles of one lane come down apart from each other, as on a drum that rolls [-]
    track_mm : float — mean distance between the tracks of needles that are drawn along; none where they are not [mm]

    """

    lane_density_per_mm2: Array
    skin_mm2_s: Array
    entry_angle_rad: Array
    entry_speed_mm_s: float
    drag_mm: Array
    apart: bool
    track_mm: float = 0.0

    def spacing_mm(self, per_mm2: float) -> float:
        """Return the typical distance between the needles of one pass: along dense tracks that from track to track.

        Parameters
        ----------
        per_mm2 : float — contacts per area of one lane, in skin let go [1/mm2]

        """
        return float(max(per_mm2**-0.5, SHARE_OF_TRACK * self.track_mm))

    def minutes(self, area_mm2: float, passes: int) -> Array:
        """Return how long it takes to treat an area, turns and lifts left out: nobody has told them.

        Parameters
        ----------
        area_mm2 : float — of the skin [mm2]
        passes : int — how often [-]

        """
        return floats(area_mm2 * passes / self.skin_mm2_s / SECONDS_PER_MINUTE)


def motion_of(device: DeviceSpec, technique: Technique, height_mm: ArrayLike, pace: ArrayLike | None = None) -> Motion:
    """Return how a device is moved.

    Parameters
    ----------
    device : DeviceSpec — the device, set as the technique says [mm]
    technique : Technique — speeds, overlap, slip [-]
    height_mm : float array — of the axle, or of a plate, over the skin [mm]
    pace : float array or None — drag speed of a pen or stamps a second; None: told, or the middle of their band [any]

    """
    height = floats(height_mm)
    kept = 1 - technique.overlap
    entry_speed = entry_speed_of(device, technique)
    if isinstance(device, RollerSpec):
        pitch = pitch_radius_mm(height, device.drum_radius_mm, technique.slip)
        lowest = np.maximum(height, device.drum_radius_mm)
        angle = entry_angle_rad(lowest, device.drum_radius_mm, device.length_mm)
        return Motion(
            lane_density_per_mm2=density_per_pass_per_mm2(device.needle_count, pitch, device.drum_width_mm),
            skin_mm2_s=floats(technique.speed_mm_s * device.drum_width_mm * kept),
            entry_angle_rad=angle,
            entry_speed_mm_s=entry_speed,
            drag_mm=dragged_slit_mm(lowest, angle, technique.slip),
            apart=True,
        )
    straight = np.zeros_like(height)
    if isinstance(device, PenSpec):
        speed = floats(drag_speed_of(technique) if pace is None else pace)
        width = technique.spacing_mm or device.swath_mm
        travel = travel_at_height_mm(device, height)
        return Motion(
            lane_density_per_mm2=floats(device.needle_count * device.frequency_hz / (speed * width)),
            skin_mm2_s=floats(speed * width * kept),
            entry_angle_rad=straight,
            entry_speed_mm_s=entry_speed,
            drag_mm=dragged_mm(travel, device.stroke_mm, device.frequency_hz, speed),
            apart=False,
            track_mm=width / device.needle_count,
        )
    often = floats(stamps_per_s_of(technique) if pace is None else pace)
    return Motion(
        lane_density_per_mm2=floats(device.needle_count / device.plate_mm2),
        skin_mm2_s=floats(often * device.plate_mm2 * kept),
        entry_angle_rad=straight,
        entry_speed_mm_s=entry_speed,
        drag_mm=straight,
        apart=False,
    )


@dataclass(frozen=True)
class LaidOut:
    """What the cost of a motion depends on.

    Parameters
    ----------
    densest_per_mm2 : float — needle contacts per area of one lane, at most [1/mm2]
    margin_mm : float — how far beyond the region contacts matter, at most [mm]
    spacing_mm : float — typical distance between the needles of one pass [mm]
    lane_mm : float — width of a lane [mm]
    tracks : int — lines within a lane that are worked out apart [-]

    """

    densest_per_mm2: float
    margin_mm: float
    spacing_mm: float
    lane_mm: float
    tracks: int


def laid_out(device: DeviceSpec, technique: Technique) -> LaidOut:
    """Return what the cost of a motion depends on.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]
    technique : Technique — speeds, overlap, slip [-]

    """
    if isinstance(device, RollerSpec):
        # The drum stands between R, where contacts are densest, and R + L, where the margin is widest.
        widest = (device.drum_radius_mm + device.length_mm) / (1 - technique.slip)
        margin = contact_margin_mm(device, widest)
        densest = contacts_per_mm2(device, technique)
        return LaidOut(densest, margin, densest**-0.5, device.drum_width_mm, device.rows)
    motion = motion_of(device, technique, 0.0)
    densest = float(motion.lane_density_per_mm2)
    lane = (technique.spacing_mm or device.swath_mm) if isinstance(device, PenSpec) else device.step_mm[0]
    return LaidOut(densest, touch_margin_mm(device, technique), motion.spacing_mm(densest), lane, 1)


def contacts_per_mm2(device: DeviceSpec, technique: Technique) -> float:
    """Return the needle contacts of one lane per area with the drum, plate or ring on the skin.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]
    technique : Technique — speeds, slip [-]

    """
    height = device.drum_radius_mm if isinstance(device, RollerSpec) else 0.0
    return float(motion_of(device, technique, height).lane_density_per_mm2)


def usual_passes(device: DeviceSpec, technique: Technique) -> int:
    """Return how often a device goes over the skin where nobody has told it.

    With a roller the technique's default, a median of what studies did. With pens and stamps, of which none was found
    that counts passes, those whose contacts come nearest to the goal of a session, and one at least.

    Parameters
    ----------
    device : DeviceSpec — set as the technique says [mm]
    technique : Technique — what else the hand does [-]

    """
    if isinstance(device, RollerSpec):
        return Technique().passes
    by_one = 100 * contacts_per_mm2(device, technique) / (1 - technique.overlap)
    return int(np.clip(round(handling()["goal_density"].value / by_one), 1, MOST_PASSES))


def passes_worth_trying(device: DeviceSpec, technique: Technique, most: int) -> int:
    """Return how many passes are looked at in a search: with what does not roll, none beyond too many contacts.

    Parameters
    ----------
    device : DeviceSpec — set as the technique says [mm]
    technique : Technique — what else the hand does [-]
    most : int — largest number of passes looked at [-]

    """
    if rolls(device):
        return most
    by_one = 100 * contacts_per_mm2(device, technique) / (1 - technique.overlap)
    return int(np.clip(TOO_MANY * handling()["goal_density"].value / by_one, 1, most))


def paces_worth_trying(device: DeviceSpec, technique: Technique) -> tuple[Technique, ...]:
    """Return the techniques that a search looks at, fastest first: a pen's drag speed over its band, if nobody told it.

    How often a stamp is put down changes nothing but time: it is not searched.

    Parameters
    ----------
    device : DeviceSpec — set as the technique says [mm]
    technique : Technique — may say the pace [mm/s]

    """
    band = pace_band(device, technique) if isinstance(device, PenSpec) else None
    if band is None:
        return (technique,)
    speeds = np.linspace(band[1], band[0], PACES_TRIED)
    return tuple(technique.model_copy(update={"drag_speed_mm_s": round(float(speed), 3)}) for speed in speeds)


def rolls(device: DeviceSpec) -> bool:
    """Return whether a device rolls, as all those do whose passes protocols and studies count.

    Parameters
    ----------
    device : DeviceSpec — the device [-]

    """
    return isinstance(device, RollerSpec)


def settled(device: DeviceSpec, technique: Technique) -> Technique:
    """Return the technique with the passes usual with a device where it tells none.

    Parameters
    ----------
    device : DeviceSpec — set as the technique says [mm]
    technique : Technique — what was told [-]

    """
    if "passes" in technique.model_fields_set:
        return technique
    return technique.model_copy(update={"passes": usual_passes(device, technique)})


def reaching(device: DeviceSpec, technique: Technique, contacts_per_cm2: float) -> Technique:
    """Return the technique with which a device comes as near as it can to a number of contacts.

    A pen is drawn as fast as gives it just these, in as many passes as let it be drawn nearest to the usual speed; all
    others come near by whole passes.

    Parameters
    ----------
    device : DeviceSpec — set as the technique says [mm]
    technique : Technique — what else the hand does [-]
    contacts_per_cm2 : float — wanted, of all passes [1/cm2]

    """
    by_one = 100 * contacts_per_mm2(device, technique) / (1 - technique.overlap)
    passes = int(np.clip(round(contacts_per_cm2 / by_one), 1, MOST_PASSES))
    found: dict[str, float] = {"passes": passes}
    if isinstance(device, PenSpec):
        speed = drag_speed_of(technique) * passes * by_one / contacts_per_cm2
        found["drag_speed_mm_s"] = float(np.clip(float(f"{speed:.3g}"), *DRAG_SPEEDS))
    return Technique.model_validate(technique.model_dump(exclude_unset=True) | found)


def stamps_per_s_of(technique: Technique) -> float:
    """Return how often a hand puts a stamp down: what the technique says, else the middle of the band.

    Parameters
    ----------
    technique : Technique — may say it [1/s]

    """
    told = technique.stamps_per_s
    return handling()["stamp_pace"].value if told is None else told


def usual_paces(device: DeviceSpec) -> tuple[float, float] | None:
    """Return between which ends hands are taken to go with a pen or a stamp; None for rollers, whose speed is set.

    Parameters
    ----------
    device : DeviceSpec — the device [-]

    """
    if isinstance(device, RollerSpec):
        return None
    known = handling()["drag_speed" if isinstance(device, PenSpec) else "stamp_pace"]
    assert known.low is not None
    assert known.high is not None
    return known.low, known.high


def told_pace(device: DeviceSpec, technique: Technique) -> float | None:
    """Return how fast a hand goes with a pen or a stamp where that is told.

    Parameters
    ----------
    device : DeviceSpec — the device [-]
    technique : Technique — may say the pace [mm/s, 1/s]

    """
    return technique.drag_speed_mm_s if isinstance(device, PenSpec) else technique.stamps_per_s


def pace_band(device: DeviceSpec, technique: Technique) -> tuple[float, float] | None:
    """Return between which ends nobody knows how fast a hand goes; None where it is told or, as for rollers, set.

    Parameters
    ----------
    device : DeviceSpec — the device [-]
    technique : Technique — may say the pace [mm/s, 1/s]

    """
    return usual_paces(device) if told_pace(device, technique) is None else None


def pace_words(device: DeviceSpec, technique: Technique) -> str:
    """Return how a device is moved and how fast, and in brackets between which ends nobody knows it.

    Parameters
    ----------
    device : DeviceSpec — the device [-]
    technique : Technique — may say the pace [mm/s, 1/s]

    """
    band = pace_band(device, technique)
    unknown = "" if band is None else f" [{band[0]:g} to {band[1]:g}]"
    if isinstance(device, RollerSpec):
        return f"rolled at {technique.speed_mm_s:g} mm/s"
    if isinstance(device, PenSpec):
        return f"drawn at {drag_speed_of(technique):g}{unknown} mm/s"
    return f"put down {stamps_per_s_of(technique):g}{unknown} times a second"


def middle_pace(device: DeviceSpec) -> float:
    """Return the pace that is taken where nobody has told it: of a pen's drag, or how often a stamp is put down.

    Parameters
    ----------
    device : DeviceSpec — a pen or a stamp [-]

    """
    return handling()["drag_speed" if isinstance(device, PenSpec) else "stamp_pace"].value


def lay(
    device: DeviceSpec, technique: Technique, region: Polygon, height_mm: float, rng: np.random.Generator
) -> tuple[Contacts, Array | None]:
    """Move over the region and return every contact in it and in a margin around it.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]
    technique : Technique — what the hand does [-]
    region : shapely Polygon — what is treated [mm]
    height_mm : float — of the axle, or of a plate, over the skin [mm]
    rng : numpy Generator — phases and offsets [-]

    Returns
    -------
    contacts : Contacts — in the order of the passes [mm]
    turn : (n,) float or None — how the plate was turned against the x axis; None for a drum [rad]

    """
    if isinstance(device, RollerSpec):
        pitch_radius = float(pitch_radius_mm(height_mm, device.drum_radius_mm, technique.slip))
        return roll(device, technique, region, pitch_radius, rng), None
    return touch(device, technique, region, rng)


def chance_of_holes(motion: Motion, earlier: Array, overlap: float, hole_diameter_mm: float) -> Array:
    """Return the chance that a needle lands in a hole of an earlier pass: none where holes are met by their places.

    Parameters
    ----------
    motion : Motion — of the device [-]
    earlier : (n,) float — passes' worth of holes before each contact [-]
    overlap : float — share of a lane's width that the next lane covers again [-]
    hole_diameter_mm : float — of a hole at the surface [mm]

    """
    if not motion.apart:
        return np.zeros_like(earlier)
    return share_in_holes(1 + earlier, float(motion.lane_density_per_mm2) / (1 - overlap), hole_diameter_mm)


def holes_by_place(
    motion: Motion, contacts: Contacts, opened: Flags, hole_diameter_mm: float, place_mm: Array | None = None
) -> tuple[Contacts, Flags | None]:
    """Return the contacts with the holes that they meet, where that goes by their places.

    Parameters
    ----------
    motion : Motion — of the device [-]
    contacts : Contacts — of all passes [mm]
    opened : (n,) bool — those that open the skin [-]
    hole_diameter_mm : float — of a hole at the surface [mm]
    place_mm : (n, 3) float or None — of each on a body; None: as x and y say [mm]

    Returns
    -------
    contacts : Contacts — unchanged where needles come down apart [mm]
    in_own_pass : (n,) bool or None — slides into a hole of its own pass; None where none can [-]

    """
    return (contacts, None) if motion.apart else meet_holes(contacts, opened, hole_diameter_mm, place_mm)
