"""What the channels cover: density, coverage and layer shares after every pass, at every depth.

At depth z a channel is a disc: the needle's section at distance d - z from its tip, nothing below its end at d.
Coverage after pass k at depth z is the area of the union of the discs of passes 1..k inside the region, over the
region's area. One call of `union_area_table`, with one neighbour search, serves the table of depths for the peak, for
the residual channel and for the layers. Beside it stands what chance alone would give, 1 - prod(1 - c_j).

A needle that enters at an angle is taken as a vertical channel under its deepest point.

In: arrays of contacts and what each left. Out: arrays over (pass, depth) and (pass, layer).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ..geometry.arrays import Array, Flags, Ints, floats
from ..geometry.discs import union_area_table
from ..geometry.needle import NeedleProfile
from ..geometry.skin import interfaces_um

# Depths at which a layer is cut to add up its touched volume (Gauss-Legendre). With 8, shares of the demo's layers
# differ by less than 0.5 % from those with 64: tests/test_coverage.py holds them to it.
LAYER_CUTS = 8


@dataclass(frozen=True)
class Channels:
    """Microchannels, sorted by pass; those in a margin around the region are kept, so that it has no edge.

    Parameters
    ----------
    x_mm, y_mm : (n,) float — centre [mm]
    pass_number : (n,) int — 1 to the number of passes [-]
    ring, needle : (n,) int — which needle made it [-]
    inside : (n,) bool — the centre lies in the region [-]
    peak_depth_um : (n,) float — deepest point of the tip [um]
    residual_depth_um : (n,) float — what stays open when the needle has left [um]
    surface_diameter_um : (n,) float — of the hole at the surface [um]
    aspect_ratio : (n,) float — length over width of the hole [-]
    thickness_um : (n, 5) float — of the layers under this puncture, from the surface down [um]

    """

    x_mm: Array
    y_mm: Array
    pass_number: Ints
    ring: Ints
    needle: Ints
    inside: Flags
    peak_depth_um: Array
    residual_depth_um: Array
    surface_diameter_um: Array
    aspect_ratio: Array
    thickness_um: Array


@dataclass(frozen=True)
class Coverage:
    """What a treatment touches, cumulative over passes.

    Parameters
    ----------
    density_per_cm2 : (P,) float — channels per area [1/cm2]
    density_at_depth_per_cm2 : (P, Z) float — channels at least this deep [1/cm2]
    coverage, residual_coverage : (P, Z) float — share of the area inside a channel, needle in and needle gone [-]
    expected_coverage : (P, Z) float — the same for needles in, by the closed form [-]
    layer_density_per_cm2 : (P, 5) float — channels that reach each layer [1/cm2]
    layer_volume_fraction : (P, 5) float — share of each layer's volume inside a channel [-]

    """

    density_per_cm2: Array
    density_at_depth_per_cm2: Array
    coverage: Array
    expected_coverage: Array
    residual_coverage: Array
    layer_density_per_cm2: Array
    layer_volume_fraction: Array


def peak_radius_mm(shape: NeedleProfile, depth_um: ArrayLike, z_um: ArrayLike) -> Array:
    """Return the radius at depth z of a channel while the needle is in.

    Parameters
    ----------
    shape : NeedleProfile — the needle [mm]
    depth_um : float array — depth of the tip [um]
    z_um : float array — depth of the cut, broadcast against the tip's [um]

    """
    return shape.radius((floats(depth_um) - floats(z_um)) / 1000)


def residual_radius_mm(shape: NeedleProfile, peak_um: ArrayLike, residual_um: ArrayLike, z_um: ArrayLike) -> Array:
    """Return the radius at depth z of a channel after the needle has left.

    The tissue springs back along the needle: the hole keeps its width at the surface and its shape, over a smaller
    depth (Kalluri 2011 found a hole as wide as the cone 389 um from its tip, 152.5 um deep).

    Parameters
    ----------
    shape : NeedleProfile — the needle [mm]
    peak_um, residual_um : float array — depth of the tip, and what stays open [um]
    z_um : float array — depth of the cut, broadcast against the others [um]

    """
    peak = floats(peak_um)
    share = np.divide(peak, floats(residual_um), out=np.zeros_like(peak), where=floats(residual_um) > 0)
    return shape.radius((peak - floats(z_um) * share) / 1000)


def cumulative_count(pass_number: Ints, counted: Flags, n_passes: int) -> Array:
    """Return how many channels were counted up to each pass.

    Parameters
    ----------
    pass_number : (n,) int — pass of each channel [-]
    counted : (..., n) bool — channels that count, one row a question [-]
    n_passes : int — number of passes [-]

    Returns
    -------
    (n_passes, ...) float — counts [-]

    """
    return np.cumsum(_per_pass(pass_number, counted.astype(np.float64), n_passes), axis=0)


def _per_pass(pass_number: Ints, values: Array, n_passes: int) -> Array:
    """Sum values (..., n) over the channels of each pass; channels are sorted by pass."""
    totals = np.zeros((*values.shape[:-1], values.shape[-1] + 1))
    np.cumsum(values, axis=-1, out=totals[..., 1:])
    ends = np.searchsorted(pass_number, np.arange(n_passes + 1), side="right")
    return np.moveaxis(np.diff(totals[..., ends], axis=-1), -1, 0)


def expected_coverage(
    disc_area_mm2: Array, pass_number: Ints, contacts: Ints, lane_density_per_mm2: float, overlap: float
) -> Array:
    """Return the coverage that independent passes of random phase give on average: 1 - prod(1 - c_j).

    Within one lane discs do not meet, so a lane covers c = density times mean disc area. Where lanes overlap, a point
    is met by m or m + 1 independent lanes.

    Parameters
    ----------
    disc_area_mm2 : (Z, n) float — area of each channel at each depth [mm2]
    pass_number : (n,) int — pass of each channel, sorted [-]
    contacts : (P,) int — needle contacts of each pass, channel or not [-]
    lane_density_per_mm2 : float — contacts per area of one lane [1/mm2]
    overlap : float — share of a lane's width that the next lane covers again [-]

    Returns
    -------
    (P, Z) float — cumulative over passes [-]

    """
    area = _per_pass(pass_number, disc_area_mm2, contacts.size)
    one_lane = np.minimum(lane_density_per_mm2 * area / np.maximum(contacts, 1)[:, None], 1.0)
    lanes = 1 / (1 - overlap)
    fewest = floor(lanes)
    untouched = (1 - one_lane) ** fewest * (1 - (lanes - fewest) * one_lane)
    return floats(1 - np.cumprod(untouched, axis=0))


def _layer_cuts_um(thickness_um: Array) -> tuple[Array, Array]:
    """Depths at which to cut the layers under each puncture, (5 * cuts, n), and the weights of the cuts of a layer."""
    nodes, weights = (floats(part) for part in np.polynomial.legendre.leggauss(LAYER_CUTS))
    edges = interfaces_um(thickness_um)
    relative = (nodes + 1) / 2
    depths = edges[:, :-1, None] + thickness_um[:, :, None] * relative
    return depths.reshape(len(thickness_um), -1).T, weights / 2


def coverage(
    channels: Channels,
    shape: NeedleProfile,
    region: Polygon,
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
    region : shapely Polygon — what is treated; areas are clipped to it exactly [mm]
    depths_um : (Z,) float — depths of the table [um]
    contacts : (P,) int — needle contacts of each pass in the same margin as the channels [-]
    lane_density_per_mm2 : float — contacts per area of one lane [1/mm2]
    overlap : float — share of a lane's width that the next lane covers again [-]

    """
    n_passes, z = contacts.size, depths_um[:, None]
    peak = peak_radius_mm(shape, channels.peak_depth_um, z)
    residual = residual_radius_mm(shape, channels.peak_depth_um, channels.residual_depth_um, z)
    cuts, weights = _layer_cuts_um(channels.thickness_um)
    in_layers = peak_radius_mm(shape, channels.peak_depth_um, cuts)
    centers = np.stack([channels.x_mm, channels.y_mm], axis=1)
    radii = np.concatenate([peak, residual, in_layers])
    area = union_area_table(centers, channels.pass_number, radii, region, n_passes=n_passes) / region.area
    at_peak, at_residual, at_cuts = np.split(area, [z.size, 2 * z.size], axis=1)

    def density(counted: Flags) -> Array:
        counts = cumulative_count(channels.pass_number, counted & channels.inside, n_passes)
        per_cm2: Array = 100 * counts / region.area
        return per_cm2

    return Coverage(
        density_per_cm2=density(np.ones(channels.x_mm.size, dtype=np.bool_)),
        density_at_depth_per_cm2=density(channels.peak_depth_um >= z),
        coverage=at_peak,
        expected_coverage=expected_coverage(
            np.pi * peak**2, channels.pass_number, contacts, lane_density_per_mm2, overlap
        ),
        residual_coverage=at_residual,
        layer_density_per_cm2=density(channels.peak_depth_um > interfaces_um(channels.thickness_um)[:, :-1].T),
        layer_volume_fraction=at_cuts.reshape(n_passes, -1, LAYER_CUTS) @ weights,
    )
