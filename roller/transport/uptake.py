"""The constants of uptake that nobody has pinned down, as an ensemble: one value a member, all arrays (M,).

Members are drawn from the ranges of `data/transport.csv`, weighted by published rows, resampled to equal weight and
stored in `data/uptake_members.csv` by `scripts/fit_uptake.py`. In: the tables. Out: `Uptake`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from ...data.constants import transport, uptake_rows
from ...geometry.arrays import Array, Ints, floats

BAND = (5.0, 95.0)  # percentiles between which nine members of ten lie


@dataclass(frozen=True)
class Uptake:
    """Constants of an active's way through skin and channels, one value a member.

    Parameters
    ----------
    polar_path : (M,) float — polar path of the stratum corneum times the root of the weight [cm/h sqrt(g/mol)]
    polar_cutoff : (M,) float — smallest molecular weight that the polar path does not let through [g/mol]
    ion_share : (M,) float — permeability of the stratum corneum to an ion over that to its neutral form [-]
    lipid_path_error : (M,) float — log10 of an active's lipid path over its estimate [-]
    tissue_over_cap : (M,) float — diffusivity in living epidermis over that behind the aqueous cap [-]
    dermis_over_epidermis : (M,) float — ratio of diffusivities [-]
    dermis_partition : (M,) float — concentration in dermis over that in water [-]
    capillary_clearance : (M,) float — share of the dermis' content that blood takes away a second [1/s]
    stokes_exponent : (M,) float — growth of a molecule's radius with its weight [-]
    gel_volume : (M,) float — share of a channel's fluid that fibres take [-]
    gel_fibre : (M,) float — radius of those fibres [nm]
    taper : (M,) float — power by which a channel narrows towards its end, 1 for a cone [-]
    patency : (M,) float — what a channel lets through over a smooth hole full of gel in undamaged tissue [-]

    """

    polar_path: Array
    polar_cutoff: Array
    ion_share: Array
    lipid_path_error: Array
    tissue_over_cap: Array
    dermis_over_epidermis: Array
    dermis_partition: Array
    capillary_clearance: Array
    stokes_exponent: Array
    gel_volume: Array
    gel_fibre: Array
    taper: Array
    patency: Array

    @property
    def size(self) -> int:
        """Number of members [-]."""
        return int(self.polar_path.size)

    def some(self, chosen: Ints) -> Uptake:
        """Return the members chosen, in that order.

        Parameters
        ----------
        chosen : (K,) int — their numbers [-]

        """
        return _filled(lambda name: floats(getattr(self, name)[chosen]))


NAMES = tuple(field.name for field in fields(Uptake))
NORMAL = "lipid_path_error"  # a scatter, not a range; all others are drawn evenly in the logarithm


def _filled(value: Callable[[str], Array]) -> Uptake:
    return Uptake(**{name: value(name) for name in NAMES})


@cache
def central_uptake() -> Uptake:
    """Return the table's own values as an ensemble of one."""
    return _filled(lambda name: np.array([transport()[name].value]))


@cache
def uptake_members() -> Uptake:
    """Return the stored members, of equal weight."""
    rows = uptake_rows()
    return _filled(lambda name: np.array([getattr(row, name) for row in rows]))


def declared_range(name: str) -> tuple[float, float]:
    """Return the range that the table declares for a constant.

    Parameters
    ----------
    name : str — its name [-]

    """
    row = transport()[name]
    return (row.value if row.low is None else row.low), (row.value if row.high is None else row.high)


def drawn_uptake(count: int, generator: np.random.Generator) -> Uptake:
    """Return members drawn from the declared ranges, before any published row is asked.

    Parameters
    ----------
    count : int — members [-]
    generator : numpy Generator — source of chance [-]

    """

    def draw(name: str) -> Array:
        low, high = declared_range(name)
        if name == NORMAL:
            return floats(generator.normal(transport()[name].value, high, count))
        return floats(np.exp(generator.uniform(np.log(low), np.log(high), count)))

    return _filled(draw)


def band_of(values: Array) -> tuple[Array, Array, Array]:
    """Return median, low and high end of the band over the last axis.

    Parameters
    ----------
    values : (..., M) float — one a member [any]

    """
    middle, low, high = np.percentile(values, [50.0, *BAND], axis=-1)
    return floats(middle), floats(low), floats(high)
