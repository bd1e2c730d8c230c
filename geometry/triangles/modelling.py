"""Smooth bodies as signed distances: rounded parts, joined and hollowed with soft seams.

In: points, a coordinate a row, (3, n): operations run along the points. Out: how far each lies outside the body, about;
exact on its surface, smooth to second order across seams.
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
    # Places seen from the middle, along the axes, over half of each.
    turned = np.array([[cos, 0.0, -sin], [0.0, 1.0, 0.0], [sin, 0.0, cos]]) / np.array(radii)[:, None]
    start = (turned @ np.array(middle))[:, None]
    steep = 1 / np.array(radii) ** 2

    def distance(points: Array) -> Array:
        share = turned @ points - start
        share *= share
        once = np.sqrt(share.sum(axis=0))
        return np.asarray(once * (once - 1) / np.maximum(np.sqrt(steep @ share), 1e-9))

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
    begin, along = np.array(start)[:, None], np.array(stop) - np.array(start)
    grows = (radius if radius_stop is None else radius_stop) - radius
    steps = along / (along @ along)

    def distance(points: Array) -> Array:
        out = points - begin
        foot = np.clip(steps @ out, 0.0, 1.0)
        out -= along[:, None] * foot
        out *= out
        far = np.sqrt(out.sum(axis=0)) - radius
        return np.asarray(far - grows * (foot * foot * (3 - 2 * foot)) if grows else far)

    return distance


def mirrored(part: Distance) -> Distance:
    """Return the distance from a part of the left half and its mirror image.

    Parameters
    ----------
    part : callable — distance from the part at x > 0 [mm]

    """

    def distance(points: Array) -> Array:
        return part(np.stack([np.abs(points[0]), points[1], points[2]]))

    return distance


def joined(one: Array, other: Array, seam_mm: float) -> Array:
    """Return the distance from two parts together, their seam filled softly.

    Parameters
    ----------
    one, other : (n,) float array — distances from the two [mm]
    seam_mm : float — width of the seam [mm]

    """
    near = np.maximum(1 - np.abs(one - other) / seam_mm, 0.0)
    return np.asarray(np.minimum(one, other) - near * near * near * (seam_mm / 6))


def hollowed(one: Array, other: Array, seam_mm: float) -> Array:
    """Return the distance from the first without the second, the rim rounded.

    Parameters
    ----------
    one, other : (n,) float array — distances from the two [mm]
    seam_mm : float — width of the rim [mm]

    """
    return np.asarray(-joined(-one, other, seam_mm))
