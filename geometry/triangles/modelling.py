"""Smooth bodies as signed distances: rounded parts, joined and hollowed with soft seams.

In: points. Out: how far each lies outside the body, about; exact on its surface, smooth to second order across seams.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import Array

Distance = Callable[[Array], Array]


def ellipsoid(middle: tuple[float, float, float], radii: tuple[float, float, float], turn_deg: float = 0.0) -> Distance:
    """Return the distance from an ellipsoid, turned about the vertical through its middle.

    Parameters
    ----------
    middle : (float, float, float) — its middle [mm]
    radii : (float, float, float) — half its axes along x, y, z before it is turned [mm]
    turn_deg : float — how far its z axis is turned towards x [deg]

    """
    cos, sin = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))

    def distance(points: Array) -> Array:
        x, y, z = (points - np.array(middle)).T
        x, z = cos * x - sin * z, sin * x + cos * z
        once = np.sqrt((x / radii[0]) ** 2 + (y / radii[1]) ** 2 + (z / radii[2]) ** 2)
        twice = np.sqrt((x / radii[0] ** 2) ** 2 + (y / radii[1] ** 2) ** 2 + (z / radii[2] ** 2) ** 2)
        return np.asarray(once * (once - 1) / np.maximum(twice, 1e-9))

    return distance


def bar(
    start: tuple[float, float, float], stop: tuple[float, float, float], radius: float, radius_stop: float | None = None
) -> Distance:
    """Return the distance from a bar with round ends that may grow thicker or thinner.

    Parameters
    ----------
    start, stop : (float, float, float) — middles of its ends [mm]
    radius : float — its radius [mm]
    radius_stop : float or None — at the other end; None: the same [mm]

    """
    begin, along = np.array(start), np.array(stop) - np.array(start)
    grows = (radius if radius_stop is None else radius_stop) - radius

    def distance(points: Array) -> Array:
        out = points - begin
        share = np.clip(out @ along / (along @ along), 0.0, 1.0)
        share = share * share * (3 - 2 * share) if grows else share
        foot = np.clip(out @ along / (along @ along), 0.0, 1.0)
        return np.asarray(np.linalg.norm(out - foot[:, None] * along, axis=1) - radius - grows * share)

    return distance


def mirrored(part: Distance) -> Distance:
    """Return the distance from a part of the left half and its mirror image.

    Parameters
    ----------
    part : callable — distance from the part at x > 0 [mm]

    """
    return lambda points: part(points * np.where(points[:, :1] < 0, [-1.0, 1.0, 1.0], [1.0, 1.0, 1.0]))


def joined(one: Array, other: Array, seam_mm: float) -> Array:
    """Return the distance from two parts together, their seam filled softly.

    Parameters
    ----------
    one, other : (n,) float array — distances from the two [mm]
    seam_mm : float — width of the seam [mm]

    """
    near = np.maximum(seam_mm - np.abs(one - other), 0.0) / seam_mm
    return np.asarray(np.minimum(one, other) - near**3 * seam_mm / 6)


def hollowed(one: Array, other: Array, seam_mm: float) -> Array:
    """Return the distance from the first without the second, the rim rounded.

    Parameters
    ----------
    one, other : (n,) float array — distances from the two [mm]
    seam_mm : float — width of the rim [mm]

    """
    return np.asarray(-joined(-one, other, seam_mm))
