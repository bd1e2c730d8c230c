"""A section of the skin: which channels a slice holds, and the outline that each has in it.

In: a `Treatment` and where the slice runs. Out: outlines as arrays, channel by channel. A slice is a few tenths of a
millimetre thick, as a histologist's block is; what stands in it is seen at once, each channel with its whole width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry.arrays import Array, Ints
from ..geometry.needle import NeedleProfile, needle_profile
from ..roller.treatment.drum_path import Strokes
from ..roller.treatment.result import Treatment

# Heights of an outline's corners above the tip, as shares of the channel's depth: closer where the tip is round.
LEVELS = np.array([0.0, 0.01, 0.03, 0.07, 0.15, 0.3, 0.6, 1.0])
SHALLOW_UM = 300.0  # where a home roller ends: every section shows it on a scale of its own too


@dataclass(frozen=True)
class Slice:
    """Channels that stand in a slice of the skin which runs along x.

    Parameters
    ----------
    left_mm, right_mm, near_mm, far_mm : float — its ends [mm]
    chosen : (n,) int — indices of the channels, the deepest first [-]
    x_mm : (n,) float — their places along it [mm]
    depth_um : (n,) float — how deep they are [um]
    made_um : (n,) float — how deep the needle was [um]
    heading_rad : (n,) float — direction of rolling [rad]
    profile : NeedleProfile — of the needle that made them [mm]

    """

    left_mm: float
    right_mm: float
    near_mm: float
    far_mm: float
    chosen: Ints
    x_mm: Array
    depth_um: Array
    made_um: Array
    heading_rad: Array
    profile: NeedleProfile


def slice_of(
    treatment: Treatment,
    made: Strokes,
    bounds: tuple[float, float, float, float],
    *,
    among: Ints | None = None,
) -> Slice:
    """Return the channels of a treatment in a slice.

    Parameters
    ----------
    treatment : Treatment — whose channels, those of the first replicate [mm, um]
    made : Strokes — how the roller moved [-]
    bounds : (float, float, float, float) — left, near, right and far end of the slice [mm]
    among : (m,) int or None — only of these channels; None: of all in the region [-]

    """
    left, near, right, far = bounds
    channels = treatment.channels
    offered = np.flatnonzero(channels.inside) if among is None else among
    x, y = channels.x_mm[offered], channels.y_mm[offered]
    depth = channels.peak_depth_um[offered]
    profile = needle_profile(treatment.device)
    half = profile.half_width(depth / 1000)  # a channel that the end would cut stays out
    held = (x - half > left) & (x + half < right) & (y >= near) & (y < far) & (depth > 0)
    chosen = offered[held][np.argsort(-depth[held], kind="stable")]
    return Slice(
        left_mm=left,
        right_mm=right,
        near_mm=near,
        far_mm=far,
        chosen=chosen,
        x_mm=channels.x_mm[chosen],
        depth_um=channels.peak_depth_um[chosen],
        made_um=channels.peak_depth_um[chosen],
        heading_rad=made.direction_rad[made.of_channel[chosen]],
        profile=profile,
    )


def outlines_mm(held: Slice, top_um: float = 0.0) -> Array:
    """Return the outlines of the channels below a depth, (n, 2 * levels, 2): place along the slice, and depth [mm].

    Corners go down the left wall and up the right one. What lies above the top is cut off; a channel that ends above it
    shrinks to a point.

    Parameters
    ----------
    held : Slice — whose channels [mm]
    top_um : float — depth at which they are cut off [um]

    """
    left = np.maximum(held.depth_um - top_um, 0.0) / 1000
    heights = left[:, None] * LEVELS
    # A channel keeps its width at the surface when the tissue springs back: as the needle made it, less deep.
    stretch = np.divide(held.made_um, held.depth_um, out=np.ones_like(held.made_um), where=held.depth_um > 0)
    half = held.profile.half_width(heights * stretch[:, None])
    if held.profile.sheet_thickness_mm is not None:
        cos, sin = np.abs(np.cos(held.heading_rad))[:, None], np.abs(np.sin(held.heading_rad))[:, None]
        half = half * cos + (half > 0) * held.profile.sheet_thickness_mm / 2 * sin
    depth = top_um / 1000 + left[:, None] - heights
    wall = np.stack(
        [np.concatenate([-half[:, ::-1], half], axis=1), np.concatenate([depth[:, ::-1], depth], axis=1)], axis=2
    )
    wall[:, :, 0] += held.x_mm[:, None]
    return wall
