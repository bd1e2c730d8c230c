"""Where the camera stands: standard views, each filled by what it has to show.

In: directions and points that must be seen. Out: a camera set, in perspective or parallel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyvista
from numpy.typing import ArrayLike

from ...geometry.arrays import Array, floats

ANGLE_DEG = 24.0
ROUNDS = 30  # of the search for place and distance in perspective; it gains a digit in about three


@dataclass(frozen=True)
class Stand:
    """Direction of looking at a scene.

    Parameters
    ----------
    name : str — as on the key's line of help [-]
    towards_eye : (float, float, float) — from the scene to the eye [-]
    up : (float, float, float) — upwards in the picture [-]
    parallel : bool — without perspective, so that one scale holds everywhere [-]

    """

    name: str
    towards_eye: tuple[float, float, float]
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    parallel: bool = False


STANDS = {
    "1": Stand("from the near right", (0.50, -0.78, 0.40)),
    "2": Stand("from the side", (0.0, -1.0, 0.0), parallel=True),
    "3": Stand("against the rolling", (1.0, 0.0, 0.06)),
    "4": Stand("from above", (0.0, 0.0, 1.0), up=(0.0, 1.0, 0.0), parallel=True),
    "5": Stand("the uppermost 300 µm of the section", (0.0, -1.0, 0.0), parallel=True),
    "6": Stand("the section", (0.0, -1.0, 0.0), parallel=True),
    "f": Stand("the skin, without room for the roller", (0.30, -0.80, 0.52)),
}


def corners(low: ArrayLike, high: ArrayLike) -> Array:
    """Return the 8 corners of a box, (8, 3).

    Parameters
    ----------
    low, high : (3,) float array — two opposite corners [mm]

    """
    ends = np.stack([floats(low), floats(high)])
    place = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1)
    return floats(ends[place, np.arange(3)[:, None]].T)


def aim(
    camera: pyvista.Camera,
    stand: Stand,
    points: Array,
    aspect: float,
    margins: Sequence[float] = (0.04, 0.04, 0.04, 0.04),
) -> None:
    """Put the camera where the points just fill the picture within its margins.

    Parameters
    ----------
    camera : Camera — what is set [-]
    stand : Stand — direction of looking [-]
    points : (n, 3) float — what must be seen [mm]
    aspect : float — width over height of the picture [-]
    margins : sequence of float — left, right, bottom and top, as shares of the picture [-]

    """
    back = floats(stand.towards_eye) / np.linalg.norm(stand.towards_eye)
    right = np.cross(stand.up, back)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(back, right), back])
    seen = points @ axes.T
    low, high = seen.min(axis=0), seen.max(axis=0)
    left_m, right_m, below_m, above_m = margins
    room = 2 * np.array([1 - left_m - right_m, 1 - below_m - above_m])
    offset = np.array([left_m - right_m, below_m - above_m])  # of the middle of the room, in half pictures
    middle, half = (low + high) / 2, np.tan(np.radians(ANGLE_DEG / 2))
    ratio = np.array([aspect, 1.0])
    distance = float(((high - low)[:2] / room / ratio).max() / half + (high - low)[2])
    scale = half * distance
    for _ in range(1 if stand.parallel else ROUNDS):
        depth = np.ones(len(seen)) if stand.parallel else distance - (seen[:, 2] - middle[2])
        in_picture = (seen[:, :2] - middle[:2]) / (half * depth[:, None] * ratio)
        ends = np.stack([in_picture.min(axis=0), in_picture.max(axis=0)])
        growth = float(((ends[1] - ends[0]) / room).max())
        if stand.parallel:
            scale = half * growth
            middle[:2] -= offset * scale * ratio
            break
        nearest = float(seen[:, 2].max() - middle[2])
        distance = nearest + max((distance - nearest) * growth, 1e-3 * distance)
        middle[:2] += (ends.mean(axis=0) - offset) * half * distance * ratio * 0.8
    camera.focal_point = middle @ axes
    camera.position = middle @ axes + (4 * float(np.ptp(seen, axis=0).max()) if stand.parallel else distance) * back
    camera.up = tuple(axes[1])
    camera.view_angle = ANGLE_DEG
    camera.parallel_projection = stand.parallel
    if stand.parallel:
        camera.parallel_scale = scale


def zoom(camera: pyvista.Camera, point: Array, times: float) -> None:
    """Bring a camera so many times nearer to a point, which stays where it is in the picture.

    Parameters
    ----------
    camera : Camera — what is moved [-]
    point : (3,) float — of the scene, under the pointer [mm]
    times : float — above 1 nearer, below 1 further away [-]

    """
    place, middle = floats(camera.position), floats(camera.focal_point)
    if camera.parallel_projection:
        ahead = (middle - place) / np.linalg.norm(middle - place)
        aside = point - middle
        moved = (aside - (aside @ ahead) * ahead) * (1 - 1 / times)
        camera.parallel_scale /= times
        camera.position, camera.focal_point = place + moved, middle + moved
        return
    # Everything shrinks towards the point: the eye never reaches it, nor anything behind it.
    camera.position, camera.focal_point = point + (place - point) / times, point + (middle - point) / times
