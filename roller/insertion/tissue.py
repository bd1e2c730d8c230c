"""The constants of skin under a needle, and the published laws of puncture force, speed, spacing, stretch and wear.

In: arrays of tip diameter, speed, gap and so on. Out: forces, and factors that multiply force or stiffness. What was
fitted is fitted in `fitting.py`; every constant is a row of `data/tissue.csv` with its source, spread and standing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from ...data.constants import tissue
from ...geometry.arrays import Array, floats

SMALLEST_TIP_UM = 5.0  # diameter measured by Romgens 2014
SLOWEST_MM_S, FASTEST_MM_S = 0.5, 1.0  # measured by Olatunji 2013; the slowest is the model's reference
SHARED_DIMPLE_UM = 150.0  # gap below which neighbours share a dimple (Olatunji 2013)


@dataclass(frozen=True)
class TissueModel:
    """The constants of skin under a needle; a row each of `data/tissue.csv` under the same name.

    Parameters
    ----------
    puncture_force_slope, puncture_force_intercept : float — of the puncture force against tip diameter [mN/um, mN]
    dimple_at_puncture : float — w0, the same for every tip [um]
    skin_stiffness : float — k, of the dimple after puncture [N/mm]
    widening_toughness : float — work per area of widening the cut [kJ/m2]
    tearing_toughness : float — work per area of tearing skin sideways [kJ/m2]
    flank_friction : float — of the cut's lips along the flank, per length inside [N/mm]
    epidermis_resistance, papillary_resistance, reticular_resistance, fat_resistance : float — of both, by layer [-]
    rate_exponent : float — forces fall with this power of the speed [-]
    spacing_rise : float — of the force at touching neighbours [-]
    stretch_exponent : float — stiffness grows with this power of the stretch ratio [-]
    tip_wear_per_use : float — growth of the tip radius [um]
    residual_depth_share : float — depth that stays open over peak depth [-]

    """

    puncture_force_slope: float
    puncture_force_intercept: float
    dimple_at_puncture: float
    skin_stiffness: float
    widening_toughness: float
    tearing_toughness: float
    flank_friction: float
    epidermis_resistance: float
    papillary_resistance: float
    reticular_resistance: float
    fat_resistance: float
    rate_exponent: float
    spacing_rise: float
    stretch_exponent: float
    tip_wear_per_use: float
    residual_depth_share: float


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
    """Return the force over that at 0.5 mm/s: (v / 0.5)^-m, held at the ends of what was measured, 0.5 and 1 mm/s.

    Parameters
    ----------
    speed_mm_s : float array — v, of the needle into the skin [mm/s]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    model = model or tissue_model()
    ratio = np.clip(floats(speed_mm_s), SLOWEST_MM_S, FASTEST_MM_S) / SLOWEST_MM_S
    factor: Array = ratio**-model.rate_exponent
    return factor


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
    factor: Array = (1 + floats(stretch)) ** model.stretch_exponent
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
