"""Shape of one needle: its half-width at any distance from the tip, and the hole that this leaves in skin.

In: a `DeviceSpec`. Out: a `NeedleProfile`, whose functions take arrays of distances from the tip.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, radians, sin, tan

import numpy as np
from numpy.typing import ArrayLike

from ..data.catalog import DeviceSpec
from ..data.constants import tissue
from .arrays import Array, floats


@dataclass(frozen=True)
class NeedleProfile:
    """Spherical tip, cone, shaft; short rollers expose only the cone.

    Parameters
    ----------
    length_mm : float — tip to drum surface [mm]
    tip_radius_mm : float — radius of the sphere that touches the cone [mm]
    half_angle_rad : float — half-angle of the cone [rad]
    shaft_radius_mm : float — half-width at which the cone ends [mm]
    sheet_thickness_mm : float or None — thickness of the sheet of a disc roller's teeth; None for round needles [mm]
    edge_share : float — for a tooth, its thickness at the tip over the sheet's: 0 ground to a point, 1 a chisel [-]

    """

    length_mm: float
    tip_radius_mm: float
    half_angle_rad: float
    shaft_radius_mm: float
    sheet_thickness_mm: float | None = None
    edge_share: float = 1.0

    @property
    def sphere_end_mm(self) -> float:
        """Distance from the tip at which the sphere passes into the cone [mm]."""
        return self.tip_radius_mm * (1 - sin(self.half_angle_rad))

    @property
    def cone_end_mm(self) -> float:
        """Distance from the tip at which the cone passes into the shaft [mm]."""
        at_sphere = self.tip_radius_mm * cos(self.half_angle_rad)
        return self.sphere_end_mm + max(self.shaft_radius_mm - at_sphere, 0) / tan(self.half_angle_rad)

    def half_width(self, from_tip: ArrayLike) -> Array:
        """Half-width of the needle in the plane of rolling.

        Parameters
        ----------
        from_tip : array_like of float, any shape — distance from the tip; zero width before the tip [mm]

        Returns
        -------
        float array of the same shape — r(s) [mm]

        """
        s = floats(from_tip)
        slope = tan(self.half_angle_rad)
        # The cone's line serves all; then the few points on the sphere are set right, and all before the tip.
        width = np.asarray(s * slope)
        width += self.tip_radius_mm * cos(self.half_angle_rad) - self.sphere_end_mm * slope
        np.minimum(width, self.shaft_radius_mm, out=width)
        on_sphere = (s < self.sphere_end_mm) & (s > 0)
        width[on_sphere] = np.sqrt(s[on_sphere] * (2 * self.tip_radius_mm - s[on_sphere]))
        width[s <= 0] = 0.0
        return width

    def radius(self, from_tip: ArrayLike) -> Array:
        """Radius of the disc that has the area of the needle's section.

        For a round needle this is the half-width; a disc roller's tooth has a rectangular section, twice the half-width
        by its thickness there.

        Parameters
        ----------
        from_tip : array_like of float, any shape — distance from the tip [mm]

        """
        half_width = self.half_width(from_tip)
        if self.sheet_thickness_mm is None:
            return half_width
        thickness = tooth_thickness_mm(
            from_tip, self.length_mm, self.sheet_thickness_mm, self.edge_share, self.tip_radius_mm
        )
        equal: Array = np.sqrt(2 * half_width * thickness / pi)
        return equal


def tooth_thickness_mm(
    from_tip: ArrayLike, length: ArrayLike, sheet: ArrayLike, edge_share: ArrayLike, tip_radius: ArrayLike
) -> Array:
    """Return how thick a disc roller's tooth is: from its edge at the tip straight to the whole sheet at its base.

    Parameters
    ----------
    from_tip : float array — distance from the tip [mm]
    length : float array — of the tooth [mm]
    sheet : float array — thickness of the sheet [mm]
    edge_share : float array — thickness of the edge over the sheet's [-]
    tip_radius : float array — in the plane of rolling; no edge is thinner than that tip is wide [mm]

    """
    whole = floats(sheet)
    edge = np.minimum(np.maximum(floats(edge_share) * whole, 2 * floats(tip_radius)), whole)
    thickness: Array = edge + (whole - edge) * np.clip(floats(from_tip) / floats(length), 0.0, 1.0)
    return thickness


def needle_profile(roller: DeviceSpec, edge_share: float | None = None) -> NeedleProfile:
    """Return the profile of a roller's needles.

    Parameters
    ----------
    roller : DeviceSpec — the device [mm, um, deg as its fields say]
    edge_share : float or None — of a disc roller's teeth; None for the constant as shipped [-]

    """
    return NeedleProfile(
        length_mm=roller.length_mm,
        tip_radius_mm=roller.tip_radius_um / 1000,
        half_angle_rad=radians(roller.half_angle_deg),
        shaft_radius_mm=roller.shaft_diameter_mm / 2,
        sheet_thickness_mm=roller.sheet_thickness_mm,
        edge_share=tissue()["tooth_edge_share"].value if edge_share is None else edge_share,
    )
