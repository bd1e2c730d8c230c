"""How easily an active moves: through intact stratum corneum, living epidermis, dermis and the gel in a channel.

In: an `Active` and the constants of uptake, one value a member. Out: permeabilities [cm/s] and diffusivities [cm2/s],
(M,) arrays. The vehicle is taken as watery.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from scipy.constants import Boltzmann

from ...data.catalog import Active
from ...data.constants import transport
from ...geometry.arrays import Array, floats
from .uptake import Uptake, central_uptake

SECONDS_PER_HOUR = 3600.0
UM_PER_CM = 1e4
LEAST_CM_PER_S = 1e-30  # keeps the system of equations solvable where nothing gets through


def lipid_path_potts_guy_1992(molecular_weight: float, log_kow: float) -> float:
    """Return the permeability of the stratum corneum to a neutral solute: log10 kp = 0.71 logKow - 0.0061 MW - 6.3.

    Potts & Guy 1992, 93 compounds of 18 to 750 g/mol and logKow -3 to 6, from water; beyond that it is extrapolated.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]
    log_kow : float — log10 of the octanol-water coefficient [-]

    Returns
    -------
    float — kp [cm/s]

    """
    return max(float(10.0 ** (0.71 * log_kow - 0.0061 * molecular_weight - 6.3)), LEAST_CM_PER_S)


def corneum_velocity_potts_guy_1992(molecular_weight: float) -> float:
    """Return diffusivity over path length in the stratum corneum, the part of Potts & Guy's kp that size alone sets.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]

    Returns
    -------
    float — D/h [cm/s]

    """
    return max(float(10.0 ** (-0.0061 * molecular_weight - 6.3)), LEAST_CM_PER_S)


def stokes_radius_nm(molecular_weight: float | Array, exponent: float | Array) -> Array:
    """Return the radius of the sphere that diffuses like the molecule: 0.36 nm (MW / 182.2)^exponent, after mannitol.

    Parameters
    ----------
    molecular_weight : float or (M,) float — molecular weight [g/mol]
    exponent : float or (M,) float — growth of the radius with weight [-]

    Returns
    -------
    (M,) float — radius [nm]

    """
    table = transport()
    ratio = np.asarray(molecular_weight) / table["stokes_weight"].value
    return floats(table["stokes_radius"].value * ratio**exponent)


def free_diffusivity_stokes_einstein(radius_nm: Array) -> Array:
    """Return the diffusivity in water at the skin's surface, k T / (6 pi viscosity radius).

    Parameters
    ----------
    radius_nm : (M,) float — radius of the molecule [nm]

    Returns
    -------
    (M,) float — diffusivity [cm2/s]

    """
    table = transport()
    drag = 6 * np.pi * table["fluid_viscosity"].value * 1e-3 * np.asarray(radius_nm) * 1e-9
    return floats(1e4 * Boltzmann * table["fluid_temperature"].value / drag)


def gel_hindrance_ogston_1973(radius_nm: Array, fibre_nm: Array, volume: Array) -> Array:
    """Return the diffusivity in a mesh of fibres over that in water, exp(-sqrt(volume) (radius + fibre) / fibre).

    Parameters
    ----------
    radius_nm : (M,) float — radius of the molecule [nm]
    fibre_nm : (M,) float — radius of the fibres [nm]
    volume : (M,) float — share of the gel that fibres take [-]

    Returns
    -------
    (M,) float — ratio, 0 to 1 [-]

    """
    return floats(np.exp(-np.sqrt(volume) * (radius_nm + fibre_nm) / fibre_nm))


def pore_hindrance_renkin_1954(ratio: Array) -> Array:
    """Return diffusion through a round pore over that of a point: (1-x)^2 (1 - 2.104 x + 2.09 x^3 - 0.95 x^5).

    Parameters
    ----------
    ratio : (M,) float — radius of the molecule over that of the pore; from 1 on nothing gets through [-]

    Returns
    -------
    (M,) float — ratio, 0 to 1 [-]

    """
    x = np.clip(ratio, 0.0, 1.0)
    return floats(np.maximum((1 - x) ** 2 * (1 - 2.104 * x + 2.09 * x**3 - 0.95 * x**5), 0.0))


def polar_path_wilschut_1995(molecular_weight: float, uptake: Uptake) -> Array:
    """Return the permeability of the path through the stratum corneum that does not depend on lipophilicity.

    A constant over the root of the weight, and less as the molecule fills the pore; pinned at mannitol.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]
    uptake : Uptake — constants, one value a member [as its fields]

    Returns
    -------
    (M,) float — permeability [cm/s]

    """
    small = uptake.polar_path / sqrt(molecular_weight) / SECONDS_PER_HOUR
    pore = uptake.polar_cutoff ** (-uptake.stokes_exponent)
    here = pore_hindrance_renkin_1954(molecular_weight**uptake.stokes_exponent * pore)
    pinned = pore_hindrance_renkin_1954(transport()["stokes_weight"].value ** uptake.stokes_exponent * pore)
    return floats(small * here / pinned)


def aqueous_cap_epa_2004(molecular_weight: float) -> float:
    """Return the permeability of the living epidermis, 2.6 / sqrt(MW) cm/h: no skin lets more through.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]

    Returns
    -------
    float — permeability [cm/s]

    """
    return transport()["epidermis_path"].value / sqrt(molecular_weight) / SECONDS_PER_HOUR


def lipid_path_cm_per_s(active: Active, barrier_factor: float | Array, uptake: Uptake) -> Array:
    """Return the permeability of the stratum corneum's lipid path to an active, as far as it is not charged.

    Parameters
    ----------
    active : Active — weight, lipophilicity, charge; a measured permeability takes their place [-]
    barrier_factor : float or (M,) float — permeability of this skin's barrier over that of human skin [-]
    uptake : Uptake — constants, one value a member [as its fields]

    Returns
    -------
    (M,) float — permeability [cm/s]

    """
    if active.intact_cm_per_h is not None:
        # A measured figure is that of the whole skin: take out what the living epidermis adds to the resistance.
        measured = active.intact_cm_per_h / SECONDS_PER_HOUR
        cap = aqueous_cap_epa_2004(active.molecular_weight)
        corneum = 1 / (1 / measured - 1 / cap) if measured < 0.999 * cap else 999 * cap
        return floats(barrier_factor * np.full(uptake.size, corneum))
    ionised = min(abs(active.charge), 1.0)
    neutral = lipid_path_potts_guy_1992(active.molecular_weight, active.log_kow) * 10.0**uptake.lipid_path_error
    return floats(barrier_factor * np.maximum(neutral * (1 - ionised + ionised * uptake.ion_share), LEAST_CM_PER_S))


def polar_path_cm_per_s(active: Active, barrier_factor: float | Array, uptake: Uptake) -> Array:
    """Return the permeability of the stratum corneum's polar path to an active.

    Parameters
    ----------
    active : Active — its weight [-]
    barrier_factor : float or (M,) float — permeability of this skin's barrier over that of human skin [-]
    uptake : Uptake — constants, one value a member [as its fields]

    Returns
    -------
    (M,) float — permeability [cm/s]

    """
    if active.intact_cm_per_h is not None:
        return np.zeros(uptake.size)
    return floats(barrier_factor * polar_path_wilschut_1995(active.molecular_weight, uptake))


def intact_permeability_cm_per_s(active: Active, barrier_factor: float = 1.0) -> float:
    """Return the permeability of intact skin from a watery vehicle: both paths, then the aqueous cap in series.

    Parameters
    ----------
    active : Active — weight, lipophilicity, charge [-]
    barrier_factor : float — permeability of this skin's barrier over that of human skin [-]

    """
    central = central_uptake()
    paths = lipid_path_cm_per_s(active, barrier_factor, central) + polar_path_cm_per_s(active, barrier_factor, central)
    return float(1 / (1 / paths[0] + 1 / aqueous_cap_epa_2004(active.molecular_weight)))


def epidermis_diffusivity_cm2_per_s(molecular_weight: float, uptake: Uptake) -> Array:
    """Return the diffusivity in living epidermis, from the aqueous cap and the thickness behind it.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]
    uptake : Uptake — constants, one value a member [as its fields]

    Returns
    -------
    (M,) float — diffusivity [cm2/s]

    """
    behind = aqueous_cap_epa_2004(molecular_weight) * transport()["epidermis_path_length"].value / UM_PER_CM
    return floats(behind * uptake.tissue_over_cap)


def dermis_diffusivity_cm2_per_s(molecular_weight: float, uptake: Uptake) -> Array:
    """Return the diffusivity in dermis.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]
    uptake : Uptake — constants, one value a member [as its fields]

    Returns
    -------
    (M,) float — diffusivity [cm2/s]

    """
    return floats(uptake.dermis_over_epidermis * epidermis_diffusivity_cm2_per_s(molecular_weight, uptake))


def channel_diffusivity_cm2_per_s(molecular_weight: float, uptake: Uptake) -> Array:
    """Return the diffusivity in the gel that fills a channel: water's, hindered by size, at least that of epidermis.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]
    uptake : Uptake — constants, one value a member [as its fields]

    Returns
    -------
    (M,) float — diffusivity [cm2/s]

    """
    radius = stokes_radius_nm(molecular_weight, uptake.stokes_exponent)
    gel = free_diffusivity_stokes_einstein(radius)
    gel = gel * gel_hindrance_ogston_1973(radius, uptake.gel_fibre, uptake.gel_volume)
    # What fills a hole in tissue is not tighter than the tissue beside it.
    return floats(np.maximum(gel, epidermis_diffusivity_cm2_per_s(molecular_weight, uptake)))
