"""How easily an active moves: through intact stratum corneum, living epidermis, dermis and the fluid in a channel.

In: an `Active`. Out: permeabilities [cm/s] and diffusivities [cm2/s]. The vehicle is taken as watery.
"""

from __future__ import annotations

from math import sqrt

from ...data.catalog import Active
from ...data.constants import after

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


def polar_path_wilschut_1995(molecular_weight: float) -> float:
    """Return the permeability of the path through the stratum corneum that does not depend on lipophilicity.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]

    Returns
    -------
    float — permeability [cm/s]

    """
    return after()["polar_path"].value / sqrt(molecular_weight) / SECONDS_PER_HOUR


def aqueous_cap_epa_2004(molecular_weight: float) -> float:
    """Return the permeability of the living epidermis, 2.6 / sqrt(MW) cm/h: no skin lets more through.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]

    Returns
    -------
    float — permeability [cm/s]

    """
    return after()["epidermis_path"].value / sqrt(molecular_weight) / SECONDS_PER_HOUR


def lipid_path_cm_per_s(active: Active, barrier_factor: float = 1.0) -> float:
    """Return the permeability of the stratum corneum's lipid path to an active, as far as it is not charged.

    Parameters
    ----------
    active : Active — weight, lipophilicity, charge; a measured permeability takes their place [-]
    barrier_factor : float — permeability of this skin's barrier over that of human skin [-]

    """
    if active.intact_cm_per_h is not None:
        # A measured figure is that of the whole skin: take out what the living epidermis adds to the resistance.
        measured = active.intact_cm_per_h / SECONDS_PER_HOUR
        cap = aqueous_cap_epa_2004(active.molecular_weight)
        return barrier_factor * (1 / (1 / measured - 1 / cap) if measured < 0.999 * cap else 999 * cap)
    ionised = min(abs(active.charge), 1.0)
    neutral = lipid_path_potts_guy_1992(active.molecular_weight, active.log_kow)
    return barrier_factor * neutral * (1 - ionised + ionised * after()["ion_share"].value)


def polar_path_cm_per_s(active: Active, barrier_factor: float = 1.0) -> float:
    """Return the permeability of the stratum corneum's polar path to an active.

    Parameters
    ----------
    active : Active — its weight [-]
    barrier_factor : float — permeability of this skin's barrier over that of human skin [-]

    """
    measured = active.intact_cm_per_h is not None
    return 0.0 if measured else barrier_factor * polar_path_wilschut_1995(active.molecular_weight)


def intact_permeability_cm_per_s(active: Active, barrier_factor: float = 1.0) -> float:
    """Return the permeability of intact skin from a watery vehicle: both paths, then the aqueous cap in series.

    Parameters
    ----------
    active : Active — weight, lipophilicity, charge [-]
    barrier_factor : float — permeability of this skin's barrier over that of human skin [-]

    """
    corneum = lipid_path_cm_per_s(active, barrier_factor) + polar_path_cm_per_s(active, barrier_factor)
    return 1 / (1 / corneum + 1 / aqueous_cap_epa_2004(active.molecular_weight))


def epidermis_diffusivity_cm2_per_s(molecular_weight: float) -> float:
    """Return the diffusivity in living epidermis, from the aqueous cap and the thickness behind it.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]

    """
    return aqueous_cap_epa_2004(molecular_weight) * after()["epidermis_path_length"].value / UM_PER_CM


def dermis_diffusivity_cm2_per_s(molecular_weight: float) -> float:
    """Return the diffusivity in dermis.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]

    """
    return after()["dermis_over_epidermis"].value * epidermis_diffusivity_cm2_per_s(molecular_weight)


def channel_diffusivity_cm2_per_s(molecular_weight: float) -> float:
    """Return the diffusivity in the fluid that fills a channel.

    Parameters
    ----------
    molecular_weight : float — molecular weight [g/mol]

    """
    return after()["water_over_epidermis"].value * epidermis_diffusivity_cm2_per_s(molecular_weight)
