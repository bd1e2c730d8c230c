"""The constants of skin under a needle, and the published laws of puncture force, speed, spacing, stretch and wear.

In: arrays of tip diameter, speed, gap and so on. Out: forces, and factors that multiply force or stiffness. Every
constant is a row of `data/tissue.csv` with its source, spread and standing. A constant may be one number or a column
of them, a row a needle: members of an ensemble go through the laws side by side like skins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from ...data.constants import tissue
from ...geometry.arrays import Array, Column, floats

SMALLEST_TIP_UM = 5.0  # diameter measured by Romgens 2014
BLUNTEST_TIP_UM = 18.5  # radius measured by Romgens 2014
SLOWEST_MM_S, FASTEST_MM_S = 0.5, 1.0  # measured by Olatunji 2013; the slowest is the model's reference
SHARED_DIMPLE_UM = 150.0  # gap below which neighbours share a dimple (Olatunji 2013)


@dataclass(frozen=True)
class TissueModel:
    """The constants of skin under a needle; a row each of `data/tissue.csv` under the same name.

    Parameters
    ----------
    puncture_force_slope, puncture_force_intercept : Column — of the puncture force against tip diameter [mN/um, mN]
    dimple_at_puncture : Column — w0, the same for every tip up to the bluntest measured [um]
    blunting_exponent : Column — beyond that, w0 grows with this power of the tip's radius [-]
    skin_stiffness : Column — k, of the dimple after puncture [N/mm]
    widening_toughness : Column — work per area of widening the cut [kJ/m2]
    tearing_toughness : Column — work per area of tearing skin sideways [kJ/m2]
    flank_friction : Column — of the cut's lips along the flank, per length inside [N/mm]
    epidermis_resistance, papillary_resistance, reticular_resistance, fat_resistance : Column — of both, by layer [-]
    rate_exponent : Column — forces fall with this power of the speed between 0.5 and 1 mm/s [-]
    rate_share_beyond : Column — of that exponent beyond 1 mm/s: 0 where forces stop falling, 1 where they go on [-]
    rate_floor : Column — least force over that at 0.5 mm/s [-]
    spacing_rise : Column — of the force at touching neighbours [-]
    stretch_exponent : Column — stiffness grows with this power of the stretch ratio [-]
    tip_wear_per_use : Column — growth of the tip radius [um]
    tooth_edge_share : Column — edge of a disc roller's tooth over the thickness of its sheet: 0 a point, 1 a chisel [-]
    residual_depth_share : Column — depth that stays open over peak depth [-]
    residual_width_share : Column — width that stays open over the needle's [-]
    drum_closing : Column — share of the pressure under the drum that closes dimples; 0 for none [-]
    patch_radius : Column — a, of the skin that a needle loads [mm]
    exit_side_share : Column — force of needles past the lowest point over that of the way in [-]
    tissue_modulus : Column — of whole skin under the drum [kPa]

    """

    puncture_force_slope: Column
    puncture_force_intercept: Column
    dimple_at_puncture: Column
    blunting_exponent: Column
    skin_stiffness: Column
    widening_toughness: Column
    tearing_toughness: Column
    flank_friction: Column
    epidermis_resistance: Column
    papillary_resistance: Column
    reticular_resistance: Column
    fat_resistance: Column
    rate_exponent: Column
    rate_share_beyond: Column
    rate_floor: Column
    spacing_rise: Column
    stretch_exponent: Column
    tip_wear_per_use: Column
    tooth_edge_share: Column
    residual_depth_share: Column
    residual_width_share: Column
    drum_closing: Column
    patch_radius: Column
    exit_side_share: Column
    tissue_modulus: Column

    @property
    def members(self) -> int:
        """How many members stand side by side; 0 where every constant is one number [-]."""
        return max((np.size(value) for value in self.to_dict().values() if np.ndim(value)), default=0)

    def to_dict(self) -> dict[str, Column]:
        """Return the constants by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def take(self, rows: ArrayLike) -> TissueModel:
        """Return some members, in the order given; constants that are one number stay that.

        Parameters
        ----------
        rows : (n,) int array — which [-]

        """
        chosen = np.asarray(rows)
        return TissueModel(
            **{name: floats(value)[chosen] if np.ndim(value) else value for name, value in self.to_dict().items()}
        )

    def changed(self, constants: Mapping[str, Column]) -> TissueModel:
        """Return a model with other values of some constants.

        Parameters
        ----------
        constants : mapping of Column — by name [as its fields]

        """
        return TissueModel(**(self.to_dict() | dict(constants)))


@cache
def tissue_model() -> TissueModel:
    """Return the constants as shipped."""
    return TissueModel(**{field.name: tissue()[field.name].value for field in fields(TissueModel)})


def puncture_force_romgens_2014(tip_diameter_um: ArrayLike, model: TissueModel | None = None) -> Array:
    """Return the force at which a sharp solid needle breaks human skin; linear in the tip's diameter.

    Line through the forces of Romgens et al. 2014, ex vivo, 5 to 37 um; below 5 um it is held at its value there.

    Parameters
    ----------
    tip_diameter_um : float array — diameter of the tip [um]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    Returns
    -------
    float array — force [N]

    """
    model = model or tissue_model()
    diameter = np.maximum(floats(tip_diameter_um), SMALLEST_TIP_UM)
    force: Array = (model.puncture_force_slope * diameter + model.puncture_force_intercept) / 1000
    return force


def rate_factor_olatunji_2013(speed_mm_s: ArrayLike, model: TissueModel | None = None) -> Array:
    """Return the force over that at 0.5 mm/s: (v / 0.5)^-m from 0.5 to 1 mm/s, which was measured.

    Slower it is held. Faster it falls with a share of the exponent, down to a floor: 0 holds it, 1 draws the law on.

    Parameters
    ----------
    speed_mm_s : float array — v, of the needle into the skin [mm/s]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    model = model or tissue_model()
    speed = floats(speed_mm_s)
    measured = np.clip(speed, SLOWEST_MM_S, FASTEST_MM_S) / SLOWEST_MM_S
    beyond = np.maximum(speed / FASTEST_MM_S, 1.0)
    exponent = floats(model.rate_exponent)
    within = measured**-exponent
    # The floor bounds what is drawn on, not what was measured.
    least = np.minimum(model.rate_floor, within)
    factor: Array = np.maximum(within * beyond ** -(exponent * model.rate_share_beyond), least)
    return factor


def opening_dimple_um(tip_radius_um: ArrayLike, model: TissueModel | None = None) -> Array:
    """Return how far a tip dimples the mean skin before it opens: w0, for blunter tips than measured w0 (r/r*)^e.

    A sphere of radius r pressed into even skin dimples by (3 F / (4 E' r^0.5))^(2/3); with a puncture force in
    proportion to r that is r^(1/3), the least growth there can be. In layered skin the contact's stiffness stops
    growing with the tip once the tip is wider than the stiff outer layer; then the dimple grows with the force, as r.

    Parameters
    ----------
    tip_radius_um : float array — of the tip [um]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    model = model or tissue_model()
    blunter = np.maximum(floats(tip_radius_um) / BLUNTEST_TIP_UM, 1.0)
    dimple: Array = model.dimple_at_puncture * blunter ** floats(model.blunting_exponent)
    return dimple


def spacing_factor_olatunji_2013(gap_um: ArrayLike, model: TissueModel | None = None) -> Array:
    """Return the force on a needle over that of a lone one: 1 from a gap of 150 um on, more below it.

    Parameters
    ----------
    gap_um : float array — free distance between the bases of neighbours [um]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    model = model or tissue_model()
    factor: Array = 1 + model.spacing_rise * np.maximum(1 - floats(gap_um) / SHARED_DIMPLE_UM, 0.0)
    return factor


def stretch_factor(stretch: ArrayLike, model: TissueModel | None = None) -> Array:
    """Return the stiffness of skin held taut over that of slack skin: (1 + stretch)^a.

    Parameters
    ----------
    stretch : float array — lengthening over length [-]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    model = model or tissue_model()
    factor: Array = (1 + floats(stretch)) ** floats(model.stretch_exponent)
    return factor


def worn_tip_radius_um(tip_radius_um: ArrayLike, uses: ArrayLike, model: TissueModel | None = None) -> Array:
    """Return the tip radius after a number of uses; grows steadily.

    Parameters
    ----------
    tip_radius_um : float array — of the new needle [um]
    uses : float array — whole treatments done before [-]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    model = model or tissue_model()
    worn: Array = floats(tip_radius_um) + model.tip_wear_per_use * floats(uses)
    return worn
