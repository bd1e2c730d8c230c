"""How a device goes over a zone of a body: the one place here that tells drums that roll from plates that come down.

In: a device, a technique, a zone, the law of its needles. Out: a margin, a course of strokes, an `OverZone`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...data.catalog import DeviceSpec, RollerSpec
from ...geometry.arrays import Array, Ints, floats
from ...geometry.surface.strokes import Strokes
from ..coverage.passes import contact_margin_mm
from ..coverage.touches import touch_margin_mm
from ..insertion.balance import DrumBalance
from ..insertion.motion import density_per_pass_per_mm2, pitch_radius_mm
from ..insertion.one_needle import NeedleLaw
from ..technique import Technique
from .chart import Chart
from .courses import Course, course_over
from .landing import Rolled, roll_over_zone
from .over_zone import OverZone
from .plates import PlateCourse, plate_course, touch_zone


def margin_on_mm(device: DeviceSpec, technique: Technique, height_mm: float) -> float:
    """Return how far beyond a zone contacts matter.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]
    technique : Technique — slip, spacing, overlap [-]
    height_mm : float — of the axle, or of a plate, over flat skin [mm]

    """
    if not isinstance(device, RollerSpec):
        return touch_margin_mm(device, technique)
    return contact_margin_mm(device, float(pitch_radius_mm(height_mm, device.drum_radius_mm, technique.slip)))


def draw_course(
    device: DeviceSpec, technique: Technique, chart: Chart, margin_mm: float, rng: np.random.Generator
) -> Course | PlateCourse:
    """Draw the strokes of all passes over a zone.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]
    technique : Technique — what the hand does [-]
    chart : Chart — of the zone [mm]
    margin_mm : float — how far beyond the zone contacts matter [mm]
    rng : numpy Generator — phases and offsets [-]

    """
    if not isinstance(device, RollerSpec):
        return plate_course(device, technique, chart, margin_mm, rng)
    return course_over(device, technique, chart, margin_mm, rng)


def go_over(
    device: DeviceSpec,
    technique: Technique,
    chart: Chart,
    law: NeedleLaw,
    course: Course | PlateCourse,
    laid: Sequence[Strokes],
) -> OverZone:
    """Go over a zone with a device.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]
    technique : Technique — what the hand does [-]
    chart : Chart — of the zone [mm]
    law : NeedleLaw — of the needles in this person's skin, one row [mm, N]
    course : Course or PlateCourse — the strokes, drawn by `draw_course` [mm]
    laid : sequence of Strokes — the same, laid over the surface [mm]

    """
    if isinstance(device, RollerSpec):
        assert isinstance(course, Course)
        return _rolled(device, roll_over_zone(device, technique, chart, law, course, laid))
    assert isinstance(course, PlateCourse)
    return touch_zone(device, technique, chart, law, course, laid)


def _rolled(roller: RollerSpec, rolled: Rolled) -> OverZone:
    """What a drum did, as of any device."""
    landed, balance, under = rolled.landed, rolled.balance, rolled.under
    some = rolled.inside if rolled.inside.any() else np.ones(rolled.inside.size, dtype=bool)
    lane = float(density_per_pass_per_mm2(roller.needle_count, rolled.pitch_radius_mm, roller.drum_width_mm))
    flags = {
        "tilt_held": balance.held,
        "hollow": under.hollow,
        "sharp": under.sharp,
        "one_sided": under.one_sided,
        "too_deep": balance.too_deep,
    }
    return OverZone(
        landed=landed,
        strokes=rolled.strokes,
        balance=_over_the_zone(roller, rolled),
        height_mm=roller.drum_radius_mm + roller.length_mm - landed.push_mm,
        mean_height_mm=rolled.axle_height_mm,
        lane_density_per_mm2=lane * landed.touching_share,
        bare_mm=contact_margin_mm(roller, rolled.pitch_radius_mm),
        rings_touching=float(balance.touching[some].sum(axis=1).mean()),
        tilt_rad=balance.tilt_rad[some],
        flags={name: flag[some] for name, flag in flags.items()},
        ended_short=rolled.ended_short,
    )


def _over_the_zone(roller: RollerSpec, rolled: Rolled) -> DrumBalance:
    """The drum's balance, mean over the places where it was weighed in the zone: an entry a ring's phase."""
    balance = rolled.balance
    some = rolled.inside if rolled.inside.any() else np.ones(rolled.inside.size, dtype=bool)
    own = balance.kind_of_ring

    def over(values: Array | Ints) -> Array:
        return floats(values[some].mean(axis=0)[own])

    push = over(balance.push_mm)
    return DrumBalance(
        axle_height_mm=roller.drum_radius_mm + roller.length_mm - push,
        travel_mm=np.minimum(push, roller.length_mm),
        drum_force_n=over(balance.drum_force_n.sum(axis=2)),
        drum_pressure_mpa=over(balance.pressure_mpa.max(axis=2)),
        dent_mm=over(balance.dent_mm.max(axis=2)),
        needle_force_n=over(balance.needle_force_n),
        entry_force_n=over(balance.entry_force_n),
        engaged=over(balance.engaged).astype(np.float64),
    )
