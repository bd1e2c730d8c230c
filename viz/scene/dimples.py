"""How far the skin stands in under each needle while the roller is on it: what of the travel does not become depth.

In: the strokes of a treatment, and where the axle is. Out: places and depths of the dimples, and the surface between
them. At the lowest point the dimple is what the model says for that very needle, travel less depth; on the way in the
skin follows the needle that far before it gives, on the way out it comes back with it. A needle stands obliquely before
and after its lowest point; skin moves with it, so that the channel is drawn along the needle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...data.catalog import RollerSpec
from ...geometry.arrays import Array, Ints, floats
from ...geometry.drum import reach_mm
from ...roller.insertion.motion import entry_angle_rad, tip_position_mm
from ...roller.insertion.tissue import tissue_model
from ...roller.treatment.drum_path import Strokes, Touches
from ...roller.treatment.result import Treatment

REACH_MM = 2.5  # from a needle to the next: further out less than a thirtieth of the dimple is left, and none drawn
SAME_TOUCH_MM = 1e-6


@dataclass(frozen=True)
class Dimples:
    """Dimples under the needles that are in the skin.

    Parameters
    ----------
    channel : (m,) int — index of the channel that each makes [-]
    x_mm, y_mm : (m,) float — places, where the needles go through the skin's surface [mm]
    mouth_mm, tip_mm : (m, 2) float — how far skin has moved there, and at the needle's tip, with the needle [mm]
    depth_mm : (m,) float — how far the skin is pushed in [mm]
    inside_mm : (m,) float — how deep the channel is now: on the way in, as deep as the needle [mm]
    patch_mm : float — radius of the skin that a needle loads [mm]

    """

    channel: Ints
    x_mm: Array
    y_mm: Array
    mouth_mm: Array
    tip_mm: Array
    depth_mm: Array
    inside_mm: Array
    patch_mm: float

    def at(self, x_mm: ArrayLike, y_mm: ArrayLike) -> Array:
        """Return how far the skin is pushed in, (...): under a needle its dimple, between two the deeper of both.

        The surface is that of even skin under a cone that touches it within a radius a (Sneddon 1965,
        doi:10.1016/0020-7225(65)90019-4): a straight funnel down to the needle, and beside it
        (2 / pi) (arcsin(a / r) + sqrt((r / a)^2 - 1) - r / a) of its depth.

        Parameters
        ----------
        x_mm, y_mm : (...) float array — places [mm]

        """
        x, y = np.broadcast_arrays(floats(x_mm), floats(y_mm))
        if not self.depth_mm.size:
            return np.zeros(x.shape)
        away = np.hypot(x[..., None] - self.x_mm, y[..., None] - self.y_mm) / self.patch_mm
        return floats((_funnel(away) * self.depth_mm).max(axis=-1))

    def on_grid(self, x_mm: Array, y_mm: Array) -> NDArray[np.float32]:
        """Return the same over a grid, (ny, nx), to the precision of a picture; only near needles is it worked out.

        Parameters
        ----------
        x_mm, y_mm : (nx,), (ny,) float — places of its columns and rows, in order [mm]

        """
        surface = np.zeros((y_mm.size, x_mm.size), np.float32)  # as drawn: every picture of a rolling drum waits for it
        if self.depth_mm.size:
            columns = slice(*np.searchsorted(x_mm, [self.x_mm.min() - REACH_MM, self.x_mm.max() + REACH_MM]))
            rows = slice(*np.searchsorted(y_mm, [self.y_mm.min() - REACH_MM, self.y_mm.max() + REACH_MM]))
            aside = (((x_mm[columns] - self.x_mm[:, None]) / self.patch_mm) ** 2).astype(np.float32)
            ahead = (((y_mm[rows] - self.y_mm[:, None]) / self.patch_mm) ** 2).astype(np.float32)
            down = _funnel(np.sqrt(ahead[:, :, None] + aside[:, None, :]))
            down *= self.depth_mm.astype(np.float32)[:, None, None]
            surface[rows, columns] = down.max(axis=0)
        return surface

    def drawn_to(self, y_mm: float, near_mm: float, far_mm: float) -> Dimples:
        """Return the dimples with those of a slice in its face, where its channels are drawn.

        Parameters
        ----------
        y_mm : float — of the face [mm]
        near_mm, far_mm : float — ends of the slice [mm]

        """
        held = (self.y_mm >= near_mm) & (self.y_mm < far_mm)
        return replace(self, y_mm=np.where(held, y_mm, self.y_mm))


def no_dimples() -> Dimples:
    """Return flat skin."""
    none = np.zeros(0)
    return Dimples(np.zeros(0, dtype=np.int64), none, none, np.zeros((0, 2)), np.zeros((0, 2)), none, none, 1.0)


def _funnel(away: NDArray[Any]) -> NDArray[Any]:
    """Share of the depth at a distance in radii of the loaded patch, as precise as the distance."""
    outside = np.maximum(away, 1)
    beside: NDArray[Any] = np.arcsin(1 / outside)
    beside -= 1 / (outside + np.sqrt(outside * outside - 1))  # sqrt(r^2 - 1) - r, without its loss of digits
    beside += 1 - np.minimum(away, 1)
    beside *= 2 / np.pi
    return beside


def _under_plate(treatment: Treatment, made: Touches, stroke: int, along: float) -> Dimples:
    """Dimples under a plate that has come down: needles straight in, each as deep as its channel."""
    channels, of_it = treatment.channels, np.flatnonzero(made.of_channel == stroke)
    nearest = of_it[np.argmin(np.abs(made.opened_at_mm[of_it] - along))]
    chosen = of_it[np.hypot(*(made.plate_at_mm[of_it] - made.plate_at_mm[nearest]).T) < SAME_TOUCH_MM]
    travel, peak = reach_mm(made.roller) - made.axle_height_mm, channels.peak_depth_um[chosen] / 1000
    straight = np.zeros((chosen.size, 2))
    return Dimples(
        channel=chosen,
        x_mm=channels.x_mm[chosen],
        y_mm=channels.y_mm[chosen],
        mouth_mm=straight,
        tip_mm=straight,
        depth_mm=floats(np.maximum(travel - peak, 0.0)),
        inside_mm=floats(peak),
        patch_mm=float(np.mean(floats(tissue_model().patch_radius))),
    )


def dimples_at(treatment: Treatment, made: Strokes, at: tuple[int, float]) -> Dimples:
    """Return the dimples under the needles that are in the skin and make a channel.

    Parameters
    ----------
    treatment : Treatment — whose channels [mm, um]
    made : Strokes — how the roller moved [-]
    at : (int, float) — stroke, and place of the axle along its direction [mm]

    """
    stroke, along = at
    if isinstance(made, Touches):
        return _under_plate(treatment, made, stroke, along)
    assert isinstance(made.roller, RollerSpec)
    radius, length = made.roller.drum_radius_mm, made.roller.length_mm
    per_turn = made.travel_per_turn_mm
    reach = per_turn * float(entry_angle_rad(made.axle_height_mm, radius, length))
    chosen = np.flatnonzero((made.of_channel == stroke) & (np.abs(along - made.opened_at_mm) < reach))
    turned = (along - made.opened_at_mm[chosen]) / per_turn
    path, travel = tip_position_mm(turned, made.axle_height_mm, radius, length, made.slip)
    lowest = radius + length - made.axle_height_mm
    channels = treatment.channels
    most = np.maximum(lowest - channels.peak_depth_um[chosen] / 1000, 0.0)
    depth = np.clip(travel, 0.0, most)
    heading = float(made.direction_rad[stroke])
    ahead = np.array([np.cos(heading), np.sin(heading)])
    tip = path[:, None] * ahead
    mouth = tip + ((travel - depth) * np.tan(turned))[:, None] * ahead
    return Dimples(
        channel=chosen,
        x_mm=channels.x_mm[chosen] + mouth[:, 0],
        y_mm=channels.y_mm[chosen] + mouth[:, 1],
        mouth_mm=mouth,
        tip_mm=tip,
        depth_mm=floats(depth),
        inside_mm=floats(np.where(turned < 0, travel - depth, channels.peak_depth_um[chosen] / 1000)),
        patch_mm=float(np.mean(floats(tissue_model().patch_radius))),
    )
