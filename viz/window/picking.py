"""What a click finds, and the words that tell it: the nearest channel, or a needle of the roller. No window needed.

In: a point in the scene. Out: an index, and lines of text with units.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import RollerSpec
from ...data.thickness import LAYER_WORDS
from ...geometry.arrays import Array, Ints, floats
from ...geometry.drum import angular_pitch_rad, drum_layout
from ...geometry.skin import interfaces_um
from ...roller.treatment.result import Treatment

REACH_MM = 0.4  # a click this far from a channel's centre still means it


def nearest_channel(treatment: Treatment, shown: Ints, point_mm: ArrayLike, within_mm: float = REACH_MM) -> int | None:
    """Return the channel closest to a point, seen from above; None if there is none near.

    Parameters
    ----------
    treatment : Treatment — whose channels [mm]
    shown : (m,) int — indices of the channels that are shown [-]
    point_mm : (2,) or (3,) float array — where the click met the skin or a channel [mm]
    within_mm : float — largest distance from the channel's centre [mm]

    """
    if not shown.size:
        return None
    x, y = floats(point_mm)[:2]
    away = np.hypot(treatment.channels.x_mm[shown] - x, treatment.channels.y_mm[shown] - y)
    closest = int(np.argmin(away))
    return int(shown[closest]) if away[closest] <= within_mm else None


def nearest_needle(roller: RollerSpec, pose: Array, point_mm: ArrayLike) -> int | None:
    """Return the needle that a point lies on, in the order of `drum_layout`; None for the drum, the handle or the skin.

    Parameters
    ----------
    roller : RollerSpec — the device [mm]
    pose : (4, 4) float — where it is [-]
    point_mm : (3,) float array — where the click met it [mm]

    """
    local = (floats(point_mm) - pose[:3, 3]) @ pose[:3, :3]
    layout = drum_layout(roller)
    out = float(np.hypot(local[0], local[2]))
    if not 1.001 * roller.drum_radius_mm < out < roller.drum_radius_mm + 1.05 * roller.length_mm:
        return None
    # A needle at angle p of the layout points along (sin p, 0, -cos p).
    around = np.angle(np.exp(1j * (layout.angle_rad - np.arctan2(local[0], -local[2]))))
    away = np.hypot(out * around, layout.along_axle_mm - local[1])
    closest = int(np.argmin(away))
    half_width = max(roller.shaft_diameter_mm, roller.sheet_thickness_mm or 0.0) / 2
    return closest if away[closest] <= 1.5 * half_width + 0.05 else None


def layer_of(treatment: Treatment, channel: int, depth_um: float) -> str:
    """Return the name of the layer in which a depth lies, under this very channel.

    Parameters
    ----------
    treatment : Treatment — whose channel [um]
    channel : int — its index [-]
    depth_um : float — depth under the surface [um]

    """
    tops = interfaces_um(treatment.channels.thickness_um[channel])[:-1]
    return treatment.site.layers[max(0, int(np.searchsorted(tops, depth_um)) - 1)].name


def channel_lines(treatment: Treatment, channel: int) -> list[str]:
    """Return what there is to say of a channel.

    Parameters
    ----------
    treatment : Treatment — whose channel [mm, um]
    channel : int — its index [-]

    """
    channels = treatment.channels
    peak, left = channels.peak_depth_um[channel], channels.residual_depth_um[channel]
    return [
        f"channel of pass {channels.pass_number[channel]}, lane {channels.lane[channel] + 1}",
        f"needle: row {channels.ring[channel] + 1}, place {channels.needle[channel] + 1} in its ring",
        f"peak depth {peak:.0f} µm, ends in the {LAYER_WORDS[layer_of(treatment, channel, peak)]}",
        f"residual depth {left:.0f} µm, in the {LAYER_WORDS[layer_of(treatment, channel, left)]}",
        f"hole at the surface {channels.surface_diameter_um[channel]:.0f} µm",
    ]


def needle_lines(roller: RollerSpec, needle: int) -> list[str]:
    """Return what there is to say of a needle.

    Parameters
    ----------
    roller : RollerSpec — the device [mm, um, deg]
    needle : int — its index in the order of `drum_layout` [-]

    """
    row, place = divmod(needle, roller.per_ring)
    pitch = np.degrees(angular_pitch_rad(roller))
    along = drum_layout(roller).along_axle_mm[needle]
    kind = "tooth of a disc" if roller.kind == "disc" else "needle"
    lines = [
        f"{kind} {needle + 1} of {roller.needle_count}",
        f"row {row + 1} of {roller.rows}, {along:+.2f} mm from the middle of the drum",
        f"place {place + 1} of {roller.per_ring} in its ring, {pitch:.1f}° apart",
        f"length {roller.length_mm:g} mm, tip radius {roller.tip_radius_um:g} µm",
        f"half-angle {roller.half_angle_deg:g}°, shaft {roller.shaft_diameter_mm:g} mm",
    ]
    if roller.sheet_thickness_mm is not None:
        lines.append(f"sheet {roller.sheet_thickness_mm:g} mm thick")
    return lines
