"""Where the needles sit on the drum.

In: a `RollerSpec`. Out: for each needle its ring, its angle around the axle and its place along it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import tau

import numpy as np

from ..data.arguments import named
from ..data.catalog import DeviceSpec, RollerSpec
from ..data.checks import refuse
from ..data.plates import INSTEAD
from .arrays import Array, Ints, floats


@dataclass(frozen=True)
class DrumLayout:
    """Needles of a roller, one entry a needle, ring by ring.

    Parameters
    ----------
    ring : (n,) int — ring of each needle, 0 at the left edge [-]
    angle_rad : (n,) float — angle around the axle, 0..2 pi [rad]
    along_axle_mm : (n,) float — place along the axle, 0 at mid-width [mm]

    """

    ring: Ints
    angle_rad: Array
    along_axle_mm: Array


def only_roller(device: DeviceSpec) -> RollerSpec:
    """Return a device that has a drum, as it is; pens and stamps are refused.

    Parameters
    ----------
    device : DeviceSpec — the device [-]

    Raises
    ------
    InputError
        For a pen or a stamp.

    """
    if not isinstance(device, RollerSpec):
        raise refuse("device", device.name, f"a roller; this is {INSTEAD[device.kind]}")
    return device


def angular_pitch_rad(roller: RollerSpec) -> float:
    """Return the angle between two needles of one ring; 15 degrees for 24 needles.

    Parameters
    ----------
    roller : RollerSpec — the device [-]

    """
    return tau / roller.per_ring


def row_pitch_mm(roller: RollerSpec) -> float:
    """Return the distance between neighbouring rings: width over rows, so that lanes side by side tile.

    Parameters
    ----------
    roller : RollerSpec — the device [-]

    """
    return roller.drum_width_mm / roller.rows


def ring_offsets_rad(roller: RollerSpec) -> Array:
    """Return the turn of each ring against the first, within one angular pitch.

    Parameters
    ----------
    roller : RollerSpec — the device [-]

    Returns
    -------
    (rows,) float — offsets, 0 up to the angular pitch [rad]

    """
    return floats(np.mod(roller.stagger * np.arange(roller.rows), 1.0) * angular_pitch_rad(roller))


def ring_places_mm(roller: DeviceSpec) -> Array:
    """Return the place of each ring along the axle, 0 at mid-width.

    Parameters
    ----------
    roller : RollerSpec — the device [-]

    Returns
    -------
    (rows,) float — places [mm]

    """
    if not isinstance(roller, RollerSpec):
        return np.zeros(1)  # a plate has one place, its middle
    return floats((np.arange(roller.rows) - (roller.rows - 1) / 2) * row_pitch_mm(roller))


@named
def drum_layout(roller: RollerSpec) -> DrumLayout:
    """Return the place of every needle.

    Parameters
    ----------
    roller : RollerSpec — the device [-]

    """
    around = np.arange(roller.per_ring) * angular_pitch_rad(roller)
    angle = ring_offsets_rad(roller)[:, None] + around
    return DrumLayout(
        ring=np.repeat(np.arange(roller.rows), roller.per_ring),
        angle_rad=angle.ravel(),
        along_axle_mm=np.repeat(ring_places_mm(roller), roller.per_ring),
    )


def reach_mm(device: DeviceSpec) -> float:
    """Return how far the tips are from the axle, or from a plate's face.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]

    """
    return device.length_mm + (device.drum_radius_mm if isinstance(device, RollerSpec) else 0.0)
