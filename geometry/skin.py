"""Layered skin: thickness of each layer under each puncture.

Thickness varies from person to person and, as much again, from place to place within a site, so a person is drawn once
and every puncture then meets its own thickness around that person's mean.

In: a `SkinSite`, random generators. Out: arrays of thickness and of the depth of the interfaces.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..data.catalog import SkinSite
from .arrays import Array, floats

# Share of the published variance of thickness that is met within one person's site; the rest lies between people.
# Assumption: DESIGN of the model puts it at half or more, no study of the tables separates the two.
WITHIN_SITE_SHARE = 0.5


def mean_thickness_um(site: SkinSite) -> Array:
    """Return the mean thickness of each layer.

    Parameters
    ----------
    site : SkinSite — the skin [um]

    Returns
    -------
    (5,) float — from the surface down [um]

    """
    return np.array([layer.mean_um for layer in site.layers])


def _lognormal(mean: Array, variation: Array, normal: Array) -> Array:
    """Positive values of given mean and coefficient of variation, from standard normal numbers."""
    log_variance = np.log1p(variation**2)
    return floats(mean * np.exp(np.sqrt(log_variance) * normal - log_variance / 2))


def _variation(site: SkinSite, share: float) -> Array:
    """Coefficient of variation of each layer for a share of its variance [-]."""
    return floats(np.array([layer.sd_um / layer.mean_um for layer in site.layers]) * np.sqrt(share))


def draw_person_um(site: SkinSite, rng: np.random.Generator) -> Array:
    """Draw one person's mean thickness of each layer.

    Parameters
    ----------
    site : SkinSite — the skin of the population [um]
    rng : numpy Generator — source of randomness [-]

    Returns
    -------
    (5,) float — this person's means, log-normal around the site's [um]

    """
    return _lognormal(
        mean_thickness_um(site),
        _variation(site, 1 - WITHIN_SITE_SHARE),
        rng.standard_normal(len(site.layers)),
    )


def draw_thickness_um(site: SkinSite, person_um: ArrayLike, count: int, rng: np.random.Generator) -> Array:
    """Draw the thickness of each layer under each puncture.

    Parameters
    ----------
    site : SkinSite — gives the spread within a site [um]
    person_um : (5,) array_like of float — mean thickness of this person's layers [um]
    count : int — number of punctures [-]
    rng : numpy Generator — source of randomness [-]

    Returns
    -------
    (count, 5) float — thickness, log-normal around the person's means [um]

    """
    person = floats(person_um)
    return _lognormal(person, _variation(site, WITHIN_SITE_SHARE), rng.standard_normal((count, len(site.layers))))


def interfaces_um(thickness_um: ArrayLike) -> Array:
    """Return the depth of the top of each layer and of the bottom of the last.

    Parameters
    ----------
    thickness_um : (..., 5) array_like of float — thickness from the surface down [um]

    Returns
    -------
    (..., 6) float — 0 at the surface, then the bottom of each layer [um]

    """
    thickness = floats(thickness_um)
    depth = np.zeros((*thickness.shape[:-1], thickness.shape[-1] + 1))
    np.cumsum(thickness, axis=-1, out=depth[..., 1:])
    return depth
