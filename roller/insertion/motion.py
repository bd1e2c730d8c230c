"""Rolling without and with slip, and plates driven straight in: where tips go, and how deep if skin stood still.

Everything here is exact geometry. h is the height of the axle over the undisturbed skin, R the drum's radius without
needles, L the needle's length, p the angle of a needle from straight down (negative before the lowest point).
"""

from __future__ import annotations

from math import tau

import numpy as np
from numpy.typing import ArrayLike

from ...geometry.arrays import Array, floats


def pitch_radius_mm(axle_height: ArrayLike, drum_radius: ArrayLike, slip: ArrayLike = 0.0) -> Array:
    """Return the travel per radian of rotation: max(h, R), longer by slip.

    Once the drum touches, the skin lies on it and travels with its surface.

    Parameters
    ----------
    axle_height : float array — h [mm]
    drum_radius : float array — R [mm]
    slip : float array — share of the travel on which the drum slides, 0 to below 1 [-]

    """
    rolling: Array = np.maximum(floats(axle_height), floats(drum_radius)) / (1 - floats(slip))
    return rolling


def entry_angle_rad(axle_height: ArrayLike, drum_radius: ArrayLike, length: ArrayLike) -> Array:
    """Return the angle at which a tip meets and leaves the undisturbed surface: arccos(h / (R + L)).

    Parameters
    ----------
    axle_height, drum_radius, length : float array — h, R, L [mm]

    Returns
    -------
    float array — 0 where the tips hang above the skin [rad]

    """
    reach = floats(drum_radius) + floats(length)
    angle: Array = np.arccos(np.minimum(floats(axle_height) / reach, 1.0))
    return angle


def tip_position_mm(
    angle: ArrayLike, axle_height: ArrayLike, drum_radius: ArrayLike, length: ArrayLike, slip: ArrayLike = 0.0
) -> tuple[Array, Array]:
    """Return the path of a tip: along the skin, and under the undisturbed surface.

    Parameters
    ----------
    angle : float array — p, grows as the drum rolls forward [rad]
    axle_height, drum_radius, length : float array — h, R, L [mm]
    slip : float array — share of the travel on which the drum slides [-]

    Returns
    -------
    along : float array — x, 0 where the tip is lowest [mm]
    below : float array — depth under the undisturbed surface, negative above it [mm]

    """
    p = floats(angle)
    reach = floats(drum_radius) + floats(length)
    along: Array = pitch_radius_mm(axle_height, drum_radius, slip) * p - reach * np.sin(p)
    below: Array = reach * np.cos(p) - floats(axle_height)
    return along, below


def tip_travel_mm(angle: ArrayLike, axle_height: ArrayLike, drum_radius: ArrayLike, length: ArrayLike) -> Array:
    """Return how far a needle has been pushed against the skin as the drum has left it, 0 to L.

    With the axle at R or higher this is the depth under the undisturbed surface. Below R the skin follows the drum
    where the two touch, and there the needle is in by its whole length; outside, the depth is scaled by R/h so that it
    reaches L exactly where skin and drum part.

    Parameters
    ----------
    angle : float array — p, broadcast against the others [rad]
    axle_height, drum_radius, length : float array — h > 0, R, L [mm]

    """
    p, h, radius, needle = np.broadcast_arrays(*(floats(value) for value in (angle, axle_height, drum_radius, length)))
    return pressed_in_mm((radius + needle) * np.cos(p) - h, h, radius, needle)


def pressed_in_mm(below: ArrayLike, axle_height: ArrayLike, drum_radius: ArrayLike, length: ArrayLike) -> Array:
    """Return the travel of a needle whose tip would be `below` the undisturbed surface.

    Parameters
    ----------
    below : float array — depth of the tip under the undisturbed surface, negative above it [mm]
    axle_height, drum_radius, length : float array — h > 0, R, L [mm]

    """
    h, needle = floats(axle_height), floats(length)
    travel: Array = np.clip(floats(below) * np.maximum(floats(drum_radius) / h, 1.0), 0.0, needle)
    return travel


def entry_speed_mm_s(
    rolling_speed: ArrayLike, axle_height: ArrayLike, drum_radius: ArrayLike, length: ArrayLike, slip: ArrayLike = 0.0
) -> Array:
    """Return how fast a tip comes down on the skin as it meets it: v sin p0 (R + L) over the pitch radius.

    Parameters
    ----------
    rolling_speed : float array — v, of the axle [mm/s]
    axle_height, drum_radius, length : float array — h, R, L [mm]
    slip : float array — share of the travel on which the drum slides [-]

    """
    angle = entry_angle_rad(axle_height, drum_radius, length)
    turning = floats(rolling_speed) / pitch_radius_mm(axle_height, drum_radius, slip)
    down: Array = turning * (floats(drum_radius) + floats(length)) * np.sin(angle)
    return down


def angle_at_travel_rad(travel: ArrayLike, axle_height: ArrayLike, drum_radius: ArrayLike, length: ArrayLike) -> Array:
    """Return the angle before the lowest point at which a needle has been pushed in by `travel`.

    Parameters
    ----------
    travel : float array — 0 to the largest travel; 0 gives the entry angle [mm]
    axle_height, drum_radius, length : float array — h > 0, R, L [mm]

    """
    h = floats(axle_height)
    below = floats(travel) * np.minimum(h / floats(drum_radius), 1.0)
    return entry_angle_rad(h + below, drum_radius, length)


def rigid_slit_mm(axle_height: ArrayLike, drum_radius: ArrayLike, length: ArrayLike) -> Array:
    """Return the length that the needle's axis would sweep on rigid skin: 2 h (tan p0 - p0).

    Nobody sees such slits: skin travels with the needle. It is the limit that the hole's shape is compared with.

    Parameters
    ----------
    axle_height, drum_radius, length : float array — h, R, L [mm]

    """
    p0 = entry_angle_rad(axle_height, drum_radius, length)
    slit: Array = 2 * floats(axle_height) * (np.tan(p0) - p0)
    return slit


def dragged_slit_mm(axle_height: ArrayLike, angle: ArrayLike, slip: ArrayLike) -> Array:
    """Return the length that the needle's axis sweeps along the surface of skin that stands still.

    The axis crosses the surface at P q - h tan q, P the travel per radian and q the needle's angle. A drum that rolls
    sweeps 2 h (tan p - p) backwards, one that slips carries its needles forwards while they are in. Slip comes in
    spells, and between two of them the drum rolls as without: a hole is never shorter than that.

    Parameters
    ----------
    axle_height : float array — h [mm]
    angle : float array — p, at which the needle enters and leaves the skin [rad]
    slip : float array — share of the travel on which the drum slides, 0 to below 1 [-]

    """
    h, p, pitch = floats(axle_height), floats(angle), floats(axle_height) / (1 - floats(slip))
    # The crossing moves forwards as long as cos q is larger than the root of h / P.
    ahead = np.minimum(p, np.arccos(np.sqrt(h / pitch)))
    slit: Array = 2 * np.maximum(h * (np.tan(p) - p), pitch * ahead - h * np.tan(ahead))
    return slit


def density_per_pass_per_mm2(needle_count: ArrayLike, pitch_radius: ArrayLike, drum_width: ArrayLike) -> Array:
    """Return the needle contacts that one pass leaves: N / (2 pi pitch_radius W).

    Parameters
    ----------
    needle_count : int array — N [-]
    pitch_radius : float array — travel per radian [mm]
    drum_width : float array — W [mm]

    Returns
    -------
    float array — contacts per area of one lane [1/mm2]

    """
    area = tau * floats(pitch_radius) * floats(drum_width)
    density: Array = floats(needle_count) / area
    return density


def share_of_cycle(travel: ArrayLike, stroke: ArrayLike) -> Array:
    """Return the share of a cycle for which a needle driven to and fro is within `travel` of its end: a crank's motion.

    Of the protrusion of a pen this is the time in the skin, arccos(1 - 2 P / S) / pi.

    Parameters
    ----------
    travel : float array — P, from 0 to the stroke [mm]
    stroke : float array — S, way of the plate from end to end [mm]

    """
    share: Array = np.arccos(np.clip(1 - 2 * floats(travel) / floats(stroke), -1.0, 1.0)) / np.pi
    return share


def driven_speed_mm_s(travel: ArrayLike, stroke: ArrayLike, frequency: ArrayLike) -> Array:
    """Return how fast a needle driven to and fro goes in, with `travel` left to its end: 2 pi f root(P (S - P)).

    Parameters
    ----------
    travel : float array — P, from 0 to the stroke [mm]
    stroke : float array — S, way of the plate from end to end [mm]
    frequency : float array — f, of the motor [Hz]

    """
    left = np.clip(floats(travel), 0.0, floats(stroke))
    speed: Array = tau * floats(frequency) * np.sqrt(left * (floats(stroke) - left))
    return speed


def dragged_mm(travel: ArrayLike, stroke: ArrayLike, frequency: ArrayLike, speed: ArrayLike) -> Array:
    """Return how far a pen is drawn along the skin while its needles are in: v arccos(1 - 2 P / S) / (pi f).

    Parameters
    ----------
    travel : float array — P, from 0 to the stroke [mm]
    stroke : float array — S, way of the plate from end to end [mm]
    frequency : float array — f, of the motor [Hz]
    speed : float array — v, of the pen over the skin [mm/s]

    """
    drawn: Array = floats(speed) * share_of_cycle(travel, stroke) / floats(frequency)
    return drawn
