"""The channels that a session made, as everything that follows the needle reads them.

In: arrays of depth, width and skin under each channel, and how many there are per area; or a needle length, for the
channels that a needle of that length typically makes. Out: a `MadeChannels`. The length on the box is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import SkinSite
from ...data.checks import refuse
from ...data.constants import after
from ...data.thickness import LAYERS
from ...geometry.arrays import Array, floats
from ...geometry.skin import interfaces_um, mean_thickness_um

# Interfaces from the surface down: bottom of the stratum corneum, dermo-epidermal junction, bottom of the papillary
# dermis, bottom of the dermis.
CORNEUM_BOTTOM, JUNCTION, PAPILLARY_BOTTOM, DERMIS_BOTTOM = 1, 2, 3, 4
DEEPEST_UM, WIDEST_UM, DENSEST_PER_CM2 = 5000.0, 2000.0, 1e6
LONGEST_NEEDLE_MM = 5.0


@dataclass(frozen=True)
class MadeChannels:
    """Channels after the last pass, or a fair sample of them.

    Parameters
    ----------
    peak_depth_um : (n,) float — deepest point of the tip [um]
    residual_depth_um : (n,) float — what stays open when the needle has left [um]
    surface_diameter_um : (n,) float — of the hole at the surface [um]
    thickness_um : (n, 5) float — layers under each channel, from the surface down [um]
    density_per_cm2 : float — channels per area, all of them, however many are in the sample [1/cm2]

    """

    peak_depth_um: Array
    residual_depth_um: Array
    surface_diameter_um: Array
    thickness_um: Array
    density_per_cm2: float

    def __post_init__(self) -> None:
        count = self.peak_depth_um.shape
        checks = (
            ("peak_depth_um", self.peak_depth_um, DEEPEST_UM),
            ("residual_depth_um", self.residual_depth_um, DEEPEST_UM),
            ("surface_diameter_um", self.surface_diameter_um, WIDEST_UM),
        )
        for name, values, high in checks:
            if values.shape != count:
                raise refuse(name, values.shape, f"as many values as peak_depth_um, {count}")
            wrong = values[~((values >= 0) & (values <= high))]
            if wrong.size:
                raise refuse(name, float(wrong[0]), f"between 0 and {high:g} um")
        if self.thickness_um.shape != (*count, len(LAYERS)):
            raise refuse("thickness_um", self.thickness_um.shape, f"{len(LAYERS)} layers under each channel")
        if not 0 <= self.density_per_cm2 <= DENSEST_PER_CM2:
            raise refuse("density_per_cm2", self.density_per_cm2, f"between 0 and {DENSEST_PER_CM2:g} 1/cm2")

    @property
    def opened(self) -> bool:
        """Any channel opened the skin [-]."""
        return self.peak_depth_um.size > 0 and self.density_per_cm2 > 0

    @property
    def edges_um(self) -> Array:
        """Depth of the interfaces under each channel, from the surface down, (n, 6) [um]."""
        return floats(interfaces_um(self.thickness_um))

    def reach(self, interface: int) -> float:
        """Return the share of channels that end below an interface.

        Parameters
        ----------
        interface : int — 1 to 5, from the surface down [-]

        """
        if not self.opened:
            return 0.0
        return float((self.peak_depth_um > self.edges_um[:, interface]).mean())


def channels_made(
    peak_depth_um: ArrayLike,
    residual_depth_um: ArrayLike,
    surface_diameter_um: ArrayLike,
    thickness_um: ArrayLike,
    density_per_cm2: float,
) -> MadeChannels:
    """Return the record of channels from numbers, lists or arrays.

    Parameters
    ----------
    peak_depth_um : (n,) float array — deepest point of each channel; none for skin that did not open [um]
    residual_depth_um : float or (n,) array — what stays open [um]
    surface_diameter_um : float or (n,) array — of the hole at the surface [um]
    thickness_um : (5,) or (n, 5) float array — layers under each channel [um]
    density_per_cm2 : float — channels per area [1/cm2]

    """
    depth = np.atleast_1d(floats(peak_depth_um))
    residual, diameter = (_of_each(part, depth.size, 0) for part in (residual_depth_um, surface_diameter_um))
    return MadeChannels(depth, residual, diameter, _of_each(thickness_um, depth.size, 1), float(density_per_cm2))


def _of_each(values: ArrayLike, count: int, dims: int) -> Array:
    """Values of each channel, repeated where all channels share them; shapes are checked by the record."""
    given = floats(values)
    return np.repeat(given[None], count, axis=0) if given.ndim == dims else given


def typical_channels(length_mm: float, site: SkinSite, density_per_cm2: float | None = None) -> MadeChannels:
    """Return the channels that a needle of a length typically makes, for a question that knows no more than that.

    The depth follows (L - 0.15 mm) / 1.6, which meets the hairless rat's 0.77 mm and a 3 mm needle alike, and the width
    the cone of the one roller that was measured. A treatment's own channels are always the better question.

    Parameters
    ----------
    length_mm : float — needle length, above 0 to 5 [mm]
    site : SkinSite — gives the layers [um]
    density_per_cm2 : float or None — channels per area; None for that of 15 passes [1/cm2]

    """
    if not 0 < length_mm <= LONGEST_NEEDLE_MM:
        raise refuse("length_mm", length_mm, f"above 0, at most {LONGEST_NEEDLE_MM:g} mm")
    k = after()
    law = (1000 * length_mm - k["typical_lost_depth"].value) / k["typical_depth_slope"].value
    depth = max(law, k["typical_least_share"].value * 1000 * length_mm)
    return channels_made(
        [depth],
        k["typical_residual_share"].value * depth,
        k["typical_width_share"].value * depth,
        mean_thickness_um(site),
        k["typical_density"].value if density_per_cm2 is None else density_per_cm2,
    )


def radius_um(made: MadeChannels, depth_um: Array) -> Array:
    """Return the half-width of each channel at a depth: it tapers from the surface to nothing at its end.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    depth_um : (..., n) float array — where to look under each channel [um]

    Returns
    -------
    (..., n) float — zero from the channel's end down [um]

    """
    end = np.maximum(made.peak_depth_um, np.finfo(np.float64).tiny)
    return floats(made.surface_diameter_um / 2 * np.clip(1 - depth_um / end, 0.0, 1.0))
