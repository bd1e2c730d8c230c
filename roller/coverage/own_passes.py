"""What each pass covers by itself, for motions whose own channels meet each other: exactly, where chance would not do.

In: the channels of each pass as if it were the only one, laid out with all passes apart. Out: shares by pass and depth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from shapely.affinity import translate
from shapely.geometry import Polygon
from shapely.ops import unary_union

from ...geometry.arrays import Array, floats
from ...geometry.needle import NeedleProfile
from ...geometry.union.discs import multiplicity_of
from .areas import Channels, Cuts, Laid, Layout, section_radius_mm


def passes_apart(channels: Channels, shape: NeedleProfile, region: Polygon, n_passes: int) -> Layout:
    """Return all passes but the first laid out flat, each beside the others with a region of its own, numbered from 1.

    Parameters
    ----------
    channels : Channels — of each pass as if it were the only one, sorted by pass [mm, um]
    shape : NeedleProfile — the needle [mm]
    region : shapely Polygon — what is treated [mm]
    n_passes : int — number of passes [-]

    """
    later = np.flatnonzero(channels.pass_number > 1)
    number = channels.pass_number[later] - 1
    widest = section_radius_mm(shape, channels.peak_depth_um, 0.0, channels.aspect_ratio).max(initial=0.0)
    left, _, right, _ = region.bounds
    ends = floats([channels.x_mm.min(initial=left), channels.x_mm.max(initial=right)])
    step = float(np.ptp(ends) + 2 * widest + 1.0)
    centers = np.stack([channels.x_mm[later] + step * (number - 1), channels.y_mm[later]], axis=1)
    window = unary_union([translate(region, step * place) for place in range(n_passes - 1)])
    return Layout((Laid(centers, later, number, window),), region.area)


def own_coverage(
    channels: Channels,
    shape: NeedleProfile,
    apart: Callable[[], Layout],
    depths_um: Array,
    n_passes: int,
    first: Array,
) -> Array:
    """Return what each pass covers by itself, exactly: for motions whose own channels meet each other.

    Parameters
    ----------
    channels : Channels — of each pass as if it were the only one, sorted by pass [mm, um]
    shape : NeedleProfile — the needle [mm]
    apart : function () -> Layout — all passes but the first, none near another: one search serves them all [mm]
    depths_um : (Z,) float — depths of the table [um]
    n_passes : int — number of passes [-]
    first : (Z,) float — what the first pass covers: no other was there before it [-]

    Returns
    -------
    (P, Z) float — share of the region [-]

    """
    covered = np.zeros((n_passes, depths_um.size))
    covered[0] = first
    if n_passes == 1:
        return np.minimum(covered, 1.0)
    cuts, layout = Cuts(shape, channels, depths_um, np.empty(0)), apart()
    for laid in layout.parts:
        of = laid.channel
        area = multiplicity_of(
            laid.centers_mm,
            laid.pass_number,
            cuts.radius_mm(of, slice(0, 1))[0],  # no cut further down is wider
            lambda some, rows, of=of: cuts.radius_mm(of[some], rows),  # type: ignore[misc]
            depths_um.size,
            laid.window,
            1,
            n_passes=n_passes - 1,
        )[0]
        covered[1:] += laid.sign * np.diff(area, axis=0, prepend=0.0) / layout.area_mm2
    return floats(np.clip(covered, 0.0, 1.0))
