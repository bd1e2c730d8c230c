"""Skin as an active meets it: layers from film to deep dermis, and the steady flow that channels add to it.

In: an active, a skin site, constants of uptake. Out: a `Skin` to march or to solve at rest; steady gains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data.catalog import Active, SkinSite
from ...geometry.arrays import Array, floats
from .diffusion import Layer, Stack, build_stack, steady_inflow
from .microchannels import channel_conductance
from .permeation import (
    UM_PER_CM,
    channel_diffusivity_cm2_per_s,
    corneum_velocity_potts_guy_1992,
    dermis_diffusivity_cm2_per_s,
    epidermis_diffusivity_cm2_per_s,
    lipid_path_cm_per_s,
    polar_path_cm_per_s,
)
from .uptake import Uptake

SLICES = (10, 8, 8, 10)  # of stratum corneum, living epidermis, papillary and reticular dermis
EPIDERMIS = 1  # first layer that lives
ANY_FILM_CM = 0.01  # a film that does not run out may have any thickness
MOST_GAIN = 1000.0  # beyond it intact skin lets nothing measurable in, and a ratio says nothing


@dataclass(frozen=True)
class Skin:
    """Layers as an active meets them.

    Parameters
    ----------
    stack : Stack — film, slices and sink of each member [-]
    tissue : (M, n - 1) float — diffusivity times partition in each slice [cm2/s]
    gel : (M,) float — diffusivity in a channel [cm2/s]

    """

    stack: Stack
    tissue: Array
    gel: Array


def skin_for(
    active: Active,
    site: SkinSite,
    film_cm: float,
    uptake: Uptake,
    *,
    alive: bool = True,
    barrier_factor: float | Array = 1.0,
) -> Skin:
    """Return the layers of a site as an active meets them.

    Parameters
    ----------
    active : Active — what is applied [-]
    site : SkinSite — gives the layers' thickness [um]
    film_cm : float — thickness of the film on top [cm]
    uptake : Uptake — constants, one value a member [as its fields]
    alive : bool — False for excised skin: no blood, the bottom is a perfect sink [-]
    barrier_factor : float or (M,) float — permeability of this skin's intact barrier over that of human skin [-]

    """
    weight = active.molecular_weight
    corneum, epidermis, papillary, reticular = (layer.mean_um / UM_PER_CM for layer in site.layers[:4])
    velocity = corneum_velocity_potts_guy_1992(weight)
    # Hold-up and speed of the stratum corneum: kp = K D / h, and size alone sets D / h.
    holding = lipid_path_cm_per_s(active, barrier_factor, uptake) / velocity
    living = epidermis_diffusivity_cm2_per_s(weight, uptake)
    dermis = dermis_diffusivity_cm2_per_s(weight, uptake), uptake.dermis_partition
    clearance = uptake.capillary_clearance if alive else 0.0
    layers = [
        Layer(corneum, velocity * corneum, holding, SLICES[0]),
        Layer(epidermis, living, 1.0, SLICES[1]),
        Layer(papillary, *dermis, SLICES[2], clearance),
        Layer(reticular, *dermis, SLICES[3], clearance),
    ]
    stack = build_stack(film_cm, layers, open_bottom=not alive, members=uptake.size)
    path = polar_path_cm_per_s(active, barrier_factor, uptake)
    half_slice = epidermis / SLICES[1] / 2 / living
    stack.past[:, SLICES[0]] = path / (1 + path * half_slice)
    deep = dermis[0] * dermis[1]
    tissue = np.repeat(np.stack([velocity * corneum * holding, living, deep, deep], axis=1), SLICES, axis=1)
    return Skin(stack, floats(tissue), channel_diffusivity_cm2_per_s(weight, uptake))


def gain_over(through: Array, intact: Array) -> Array:
    """Return one over the other, from 1 to `MOST_GAIN`; 1 where both are nothing.

    Parameters
    ----------
    through : (M,) float — amount or flow with channels [any]
    intact : (M,) float — the same without [any]

    """
    base = np.maximum(intact, through / MOST_GAIN)
    ratio = np.divide(through, base, out=np.ones_like(through), where=base > 0)
    return floats(np.clip(ratio, 1.0, MOST_GAIN))


def steady_gain(
    active: Active,
    site: SkinSite,
    density_per_cm2: float,
    diameter_um: float,
    depth_um: float,
    uptake: Uptake,
    *,
    alive: bool = True,
    barrier_factor: float | Array = 1.0,
    channels: float | Array = 1.0,
) -> Array:
    """Return the steady flow through skin with channels over that through intact skin, one value a member.

    Parameters
    ----------
    active : Active — what is applied [-]
    site : SkinSite — gives the layers' thickness [um]
    density_per_cm2 : float — channels per area [1/cm2]
    diameter_um : float — mean diameter of a channel over its depth [um]
    depth_um : float — depth to which it stays open [um]
    uptake : Uptake — constants, one value a member [as its fields]
    alive : bool — False for excised skin [-]
    barrier_factor : float or (M,) float — permeability of this skin's intact barrier over that of human skin [-]
    channels : float or (M,) float — channels there are over those given [-]

    Returns
    -------
    (M,) float — gain [-]

    """
    skin = skin_for(active, site, ANY_FILM_CM, uptake, alive=alive, barrier_factor=barrier_factor)
    size = np.array([diameter_um]) / UM_PER_CM, np.array([depth_um]) / UM_PER_CM
    links = channel_conductance(skin.stack, skin.tissue, skin.gel, density_per_cm2, *size, uptake)
    links = links * np.reshape(channels, (-1, 1))
    return gain_over(steady_inflow(skin.stack, links), steady_inflow(skin.stack, np.zeros_like(links)))
