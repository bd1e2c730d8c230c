"""What the channels cover: density, coverage and layer shares after every pass, at every depth.

At depth z a channel is a disc: the needle's section at distance d - z from its tip, nothing below its end at d.
Coverage after pass k at depth z is the area of the union of the discs of passes 1..k inside the region, over the
region's area. One call, with one neighbour search, serves all depths, for the peak, for the residual channel and for
the layers. Beside it stands what chance alone would give, 1 - prod(1 - c_j).

A needle that enters at an angle is taken as a vertical channel under its deepest point. Its section is longer along
the rolling direction by the hole's aspect ratio, which falls to 1 at the tip, and a disc roller's tooth is a rectangle;
both are taken as the disc of equal area. Against the exact ellipses and rectangles, each along its pass's direction,
this changes the coverage of the demo's rollers after 16 passes by less than 0.1 %, that of disc rollers by less than
0.5 % of its value (tests/roller/coverage/test_areas.py measures it), so the exact shapes are not worth their cost.

In: arrays of contacts and what each left. Out: arrays over (pass, depth) and (pass, layer).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.needle import NeedleProfile
from ...geometry.skin import interfaces_um
from ...geometry.union.discs import multiplicity_of
from ..insertion.tissue import tissue_model

# Depths at which a layer is cut to add up its touched volume (Gauss-Legendre). With 8, shares of the demo's layers
# differ by less than 0.5 % from those with 64: tests/roller/coverage/test_areas.py holds them to it.
LAYER_CUTS = 8
MOST_HITS = 3  # area hit 0, 1, 2, and 3 or more times is told apart
ENTRIES_AT_ONCE = 1 << 22  # (depth, channel) entries worked on together: each of a handful of arrays takes 34 MB
CHANNELS_AT_ONCE = 1 << 14  # turned into radii together: what is worked on stays in the processor's cache


@dataclass(frozen=True)
class Channels:
    """Microchannels, sorted by pass; those in a margin around the region are kept, so that it has no edge.

    Parameters
    ----------
    x_mm, y_mm : (n,) float — centre [mm]
    pass_number : (n,) int — 1 to the number of passes [-]
    lane : (n,) int — lane of the roller within the pass [-]
    ring, needle : (n,) int — which needle made it [-]
    inside : (n,) bool — the centre lies in the region [-]
    peak_depth_um : (n,) float — deepest point of the tip [um]
    residual_depth_um : (n,) float — what stays open when the needle has left [um]
    surface_diameter_um : (n,) float — of the hole at the surface [um]
    aspect_ratio : (n,) float — length over width of the hole [-]
    thickness_um : (n, 5) float — of the layers under this puncture, from the surface down [um]
    sprung_back : float — area of a section in the skin let go over that while the needle was in: 1 in slack skin [-]
    turn_rad : (n,) float or None — how a plate of needles was turned against the x axis; None for a drum [rad]

    """

    x_mm: Array
    y_mm: Array
    pass_number: Ints
    lane: Ints
    ring: Ints
    needle: Ints
    inside: Flags
    peak_depth_um: Array
    residual_depth_um: Array
    surface_diameter_um: Array
    aspect_ratio: Array
    thickness_um: Array
    sprung_back: float = 1.0
    turn_rad: Array | None = None


@dataclass(frozen=True)
class Laid:
    """Discs laid out flat, whose union counts.

    Parameters
    ----------
    centers_mm : (m, 2) float — of discs [mm]
    channel : (m,) int — which channel each disc is [-]
    pass_number : (m,) int — from which on it counts, rising [-]
    window : shapely Polygon or None — areas are clipped to it exactly; None for the plane [mm]
    sign : float — 1 where it is added, -1 where it is taken off [-]

    """

    centers_mm: Array
    channel: Ints
    pass_number: Ints
    window: Polygon | None
    sign: float = 1.0


@dataclass(frozen=True)
class Layout:
    """Channels laid out flat for the area of their union.

    Parameters
    ----------
    parts : tuple of Laid — whose areas are added up [mm]
    area_mm2 : float — of what is treated [mm2]

    """

    parts: tuple[Laid, ...]
    area_mm2: float


def flat_layout(channels: Channels, region: Polygon) -> Layout:
    """Return the layout of channels in a flat region: as they are.

    Parameters
    ----------
    channels : Channels — in the region and its margin [mm]
    region : shapely Polygon — what is treated [mm]

    """
    centers = np.stack([channels.x_mm, channels.y_mm], axis=1)
    return Layout((Laid(centers, np.arange(channels.x_mm.size), channels.pass_number, region),), region.area)


@dataclass(frozen=True)
class Densities:
    """How many channels there are, cumulative over passes.

    Parameters
    ----------
    density_per_cm2 : (P,) float — channels per area [1/cm2]
    density_at_depth_per_cm2 : (P, Z) float — channels at least this deep [1/cm2]
    layer_density_per_cm2 : (P, 5) float — channels that reach each layer [1/cm2]

    """

    density_per_cm2: Array
    density_at_depth_per_cm2: Array
    layer_density_per_cm2: Array


@dataclass(frozen=True)
class Coverage:
    """What a treatment touches, cumulative over passes.

    Parameters
    ----------
    coverage, residual_coverage : (P, Z) float — share of the area inside a channel, needle in and needle gone [-]
    expected_coverage : (P, Z) float — the same for needles in, by the closed form [-]
    multiplicity, residual_multiplicity : (4, P, Z) float — share of the area hit 0, 1, 2, 3 or more times [-]
    layer_volume_fraction : (P, 5) float — share of each layer's volume inside a channel [-]

    """

    coverage: Array
    expected_coverage: Array
    residual_coverage: Array
    multiplicity: Array
    residual_multiplicity: Array
    layer_volume_fraction: Array


@dataclass(frozen=True)
class Cuts:
    """Depths at which all channels are cut, in three groups of rows: peak, residual, and the layers.

    Parameters
    ----------
    shape : NeedleProfile — the needle [mm]
    channels : Channels — what is cut [mm, um]
    depths_um : (Z,) float — depths of the table [um]
    nodes : (G,) float — relative depths within a layer, 0..1 [-]

    """

    shape: NeedleProfile
    channels: Channels
    depths_um: Array
    nodes: Array

    @property
    def rows(self) -> int:
        """Number of cuts: Z of the peak, Z of the residual channel, G of each layer [-]."""
        return 2 * self.depths_um.size + int(self.channels.thickness_um.shape[1]) * self.nodes.size

    def radius_mm(self, ids: Ints, rows: slice) -> Array:
        """Return the radius of the disc of equal area of some channels at some cuts.

        Parameters
        ----------
        ids : (m,) int — channels [-]
        rows : slice — cuts, in the order of the groups [-]

        Returns
        -------
        (rows, m) float — 0 below a channel's end [mm]

        """
        channels, z = self.channels, self.depths_um.size
        peak = channels.peak_depth_um[ids]
        row = np.arange(self.rows)[rows]
        depth = np.empty((row.size, peak.size))
        direct, residual = row < z, (row >= z) & (row < 2 * z)
        depth[direct] = self.depths_um[row[direct], None]
        # The tissue springs back along the needle and sideways: the hole keeps its shape, over a smaller depth and
        # width (Kalluri 2011: half as wide as the needle at its base, a fifth as deep as it is long).
        left = channels.residual_depth_um[ids]
        depth[residual] = self.depths_um[row[residual] - z, None] * (peak / left)
        layer, node = np.divmod(row[row >= 2 * z] - 2 * z, self.nodes.size)
        if layer.size:
            # A layer's cuts lie at the same relative depth under every puncture, whatever its thickness there.
            thickness = channels.thickness_um[ids].T
            top = np.cumsum(thickness, axis=0) - thickness
            depth[row >= 2 * z] = top[layer] + thickness[layer] * self.nodes[node, None]
        section = section_radius_mm(self.shape, peak, depth, channels.aspect_ratio[ids])
        radius = floats(section * np.sqrt(channels.sprung_back))
        radius[residual] *= tissue_model().residual_width_share
        return radius


def section_radius_mm(shape: NeedleProfile, peak_um: ArrayLike, z_um: ArrayLike, aspect_ratio: ArrayLike) -> Array:
    """Return the radius of the disc that has the area of a channel's section at depth z.

    Parameters
    ----------
    shape : NeedleProfile — the needle [mm]
    peak_um : float array — depth of the tip [um]
    z_um : float array — depth of the cut, broadcast against the tip's [um]
    aspect_ratio : float array — length over width of the hole at the surface; falls to 1 at the tip [-]

    """
    above_tip = (floats(peak_um) - floats(z_um)) / 1000
    stretch = (floats(aspect_ratio) - 1) * above_tip / (floats(peak_um) / 1000)
    return floats(shape.radius(above_tip) * np.sqrt(1 + np.maximum(stretch, 0.0)))


def cumulative_count(pass_number: Ints, reached: Ints, steps: int, n_passes: int) -> Array:
    """Return how many channels go beyond each of some steps, up to each pass.

    Parameters
    ----------
    pass_number : (n,) int — pass of each channel [-]
    reached : (n,) int — how many of the steps, counted from the first, each channel goes beyond [-]
    steps : int — how many there are [-]
    n_passes : int — number of passes [-]

    Returns
    -------
    (n_passes, steps) float — counts [-]

    """
    cells = np.bincount((pass_number - 1) * (steps + 1) + reached, minlength=n_passes * (steps + 1))
    from_below = np.cumsum(cells.reshape(n_passes, steps + 1)[:, :0:-1], axis=1)[:, ::-1]
    return floats(np.cumsum(from_below, axis=0))


def _per_pass(pass_number: Ints, values: Array, n_passes: int) -> Array:
    """Sum values (..., n) over the channels of each pass; channels are sorted by pass."""
    totals = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=totals[..., 1:])
    ends = np.searchsorted(pass_number, np.arange(n_passes + 1), side="right")
    return np.moveaxis(np.diff(totals[..., ends], axis=-1), -1, 0)


def expected_coverage(disc_area_mm2: Array, contacts: Ints, lane_density_per_mm2: float, overlap: float) -> Array:
    """Return the coverage that independent passes of random phase give on average: 1 - prod(1 - c_j).

    Within one lane discs do not meet, so a lane covers c = density times mean disc area. Where lanes overlap, a point
    is met by m or m + 1 independent lanes.

    Parameters
    ----------
    disc_area_mm2 : (P, Z) float — area of all discs of each pass at each depth, overlaps counted twice [mm2]
    contacts : (P,) int — needle contacts of each pass, channel or not [-]
    lane_density_per_mm2 : float — contacts per area of one lane [1/mm2]
    overlap : float — share of a lane's width that the next lane covers again [-]

    Returns
    -------
    (P, Z) float — cumulative over passes [-]

    """
    one_lane = np.minimum(lane_density_per_mm2 * disc_area_mm2 / np.maximum(contacts, 1)[:, None], 1.0)
    return floats(1 - np.cumprod(untouched_share(one_lane, overlap), axis=0))


def untouched_share(one_lane: Array, overlap: float) -> Array:
    """Return what a pass leaves untouched on average; where lanes overlap, a point is met by m or m + 1 of them.

    Parameters
    ----------
    one_lane : float array — share of the area that one lane covers [-]
    overlap : float — share of a lane's width that the next lane covers again [-]

    """
    lanes = 1 / (1 - overlap)
    fewest = floor(lanes)
    return floats((1 - one_lane) ** fewest * (1 - (lanes - fewest) * one_lane))


def densities(channels: Channels, area_mm2: float, depths_um: Array, n_passes: int) -> Densities:
    """Return how many channels there are, after every pass.

    Parameters
    ----------
    channels : Channels — sorted by pass [mm, um]
    area_mm2 : float — of what is treated; channels centred in it count [mm2]
    depths_um : (Z,) float — depths of the table [um]
    n_passes : int — number of passes [-]

    """
    inside = np.flatnonzero(channels.inside)
    number, peak = channels.pass_number[inside], channels.peak_depth_um[inside]
    tops = interfaces_um(channels.thickness_um[inside])[:, :-1]

    def per_cm2(reached: Ints, steps: int) -> Array:
        return floats(100 * cumulative_count(number, reached, steps, n_passes) / area_mm2)

    return Densities(
        density_per_cm2=per_cm2(np.ones_like(number), 1)[:, 0],
        density_at_depth_per_cm2=per_cm2(np.searchsorted(depths_um, peak, side="right"), depths_um.size),
        layer_density_per_cm2=per_cm2((peak[:, None] > tops).sum(axis=1), tops.shape[1]),
    )


def coverage(
    channels: Channels,
    shape: NeedleProfile,
    layout: Layout,
    depths_um: Array,
    contacts: Ints,
    lane_density_per_mm2: float,
    overlap: float,
) -> Coverage:
    """Return what the channels touch, after every pass.

    Parameters
    ----------
    channels : Channels — sorted by pass [mm, um]
    shape : NeedleProfile — the needle [mm]
    layout : Layout — where they lie in what is treated [mm]
    depths_um : (Z,) float — depths of the table [um]
    contacts : (P,) int — needle contacts of each pass in the same margin as the channels [-]
    lane_density_per_mm2 : float — contacts per area of one lane [1/mm2]
    overlap : float — share of a lane's width that the next lane covers again [-]

    """
    n_passes, z = contacts.size, depths_um.size
    nodes, weights = (floats(part) for part in np.polynomial.legendre.leggauss(LAYER_CUTS))
    cuts = Cuts(shape, channels, depths_um, (nodes + 1) / 2)
    # No cut is wider than the hole at the surface.
    widest = section_radius_mm(shape, channels.peak_depth_um, 0.0, channels.aspect_ratio) * np.sqrt(
        channels.sprung_back
    )

    def hit(laid: Laid) -> Array:
        of = laid.channel
        return laid.sign * multiplicity_of(
            laid.centers_mm,
            laid.pass_number,
            widest[of],
            lambda ids, rows: cuts.radius_mm(of[ids], rows),
            cuts.rows,
            laid.window,
            MOST_HITS,
            n_passes=n_passes,
        )

    at_least = np.minimum(sum(hit(part) for part in layout.parts) / layout.area_mm2, 1.0)
    at_peak, at_residual, at_cuts = np.split(at_least, [z, 2 * z], axis=2)

    return Coverage(
        coverage=at_peak[0],
        expected_coverage=expected_coverage(_disc_area_mm2(cuts, n_passes), contacts, lane_density_per_mm2, overlap),
        residual_coverage=at_residual[0],
        multiplicity=_exactly(at_peak),
        residual_multiplicity=_exactly(at_residual),
        layer_volume_fraction=at_cuts[0].reshape(n_passes, -1, LAYER_CUTS) @ (weights / 2),
    )


def _exactly(at_least: Array) -> Array:
    """Shares hit exactly 0, 1, ... times, the last and more; (MOST_HITS + 1, P, Z)."""
    whole = np.ones((1, *at_least.shape[1:]))
    return floats(-np.diff(np.concatenate([whole, at_least, np.zeros_like(whole)]), axis=0))


def _disc_area_mm2(cuts: Cuts, n_passes: int) -> Array:
    """Area of all discs of each pass at each depth, overlaps counted twice; (P, Z)."""
    area = np.zeros((n_passes, cuts.depths_um.size))
    number = cuts.channels.pass_number
    rows = ENTRIES_AT_ONCE // CHANNELS_AT_ONCE
    for start in range(0, number.size, CHANNELS_AT_ONCE):
        ids = np.arange(start, min(start + CHANNELS_AT_ONCE, number.size))
        first, last = number[ids[0]] - 1, number[ids[-1]]
        for top in range(0, cuts.depths_um.size, rows):
            part = slice(top, min(top + rows, cuts.depths_um.size))
            disc = np.pi * cuts.radius_mm(ids, part) ** 2
            area[first:last, part] += _per_pass(number[ids] - first, disc, last - first)
    return area
