"""The bare drum on skin: how far a force dents it, and the force of a dent.

Line contact of a cylinder, stiffening towards the deepest dent. In: forces or heights. Out: dents or forces.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike

from ...data.constants import tissue
from ...geometry.arrays import Array, floats
from .tissue import TissueModel, tissue_model


def drum_force_n(
    axle_height: ArrayLike, drum_radius: ArrayLike, drum_width: ArrayLike, model: TissueModel | None = None
) -> Array:
    """Return what the bare drum carries when it dents the skin by R - h.

    Line contact of a cylinder, pi/4 E' W (R - h), stiffening towards the deepest dent that the tissue allows.

    Parameters
    ----------
    axle_height : float array — h [mm]
    drum_radius, drum_width : float array — R, W [mm]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    dent = np.maximum(floats(drum_radius) - floats(axle_height), 0.0)
    left = 1 - dent / deepest_dent_mm(floats(drum_radius))
    force: Array = line_stiffness_n_per_mm(floats(drum_width), model or tissue_model()) * dent / left
    return force


def drum_dent_mm(force: ArrayLike, drum_radius: ArrayLike, drum_width: ArrayLike, model: TissueModel) -> Array:
    """Return how far a force on the drum dents the skin: the inverse of `drum_force_n`.

    Parameters
    ----------
    force : float array — on the drum, from 0 [N]
    drum_radius, drum_width : float array — R, W [mm]
    model : TissueModel — gives the modulus of the skin [as its fields]

    """
    straight = floats(force) / line_stiffness_n_per_mm(floats(drum_width), model)
    dent: Array = straight / (1 + straight / deepest_dent_mm(floats(drum_radius)))
    return dent


def line_stiffness_n_per_mm(width: Array, model: TissueModel) -> Array:
    """Return the force on a drum by its dent while that is small: pi/4 E' W.

    Parameters
    ----------
    width : float array — W [mm]
    model : TissueModel — gives the modulus of the skin [as its fields]

    """
    modulus = floats(model.tissue_modulus) / 1000 / (1 - tissue()["tissue_poisson_ratio"].value ** 2)
    return floats(pi / 4 * modulus * width)


def deepest_dent_mm(radius: Array) -> Array:
    """Return the dent that no force goes beyond: skin and fat lie on a firm base.

    Parameters
    ----------
    radius : float array — R [mm]

    """
    return floats(tissue()["deepest_drum_dent_share"].value * radius)
