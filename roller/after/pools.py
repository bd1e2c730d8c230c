"""Pools that fill one another and drain at constant rates: what one or many impulses leave in each, exactly.

A chain of first-order pools has a closed form (Bateman 1910): each pool is a sum of exponentials of the rates up to
its own. So a course needs no steps: the sums of decaying impulses are carried from session to session and read off on
any day. In: impulses, rates, days. Out: contents of the pools.
"""

from __future__ import annotations

import numpy as np

from ...geometry.arrays import Array

CLOSEST_RATES = 1e-3  # relative; nearer ones cost the closed form its digits, and no measurement tells them apart


def decaying_sums(impulses: Array, starts: Array, rates: Array, days: Array, *, filling: int | None = None) -> Array:
    """Return the sums of impulses that have decayed at each rate, on each day.

    Parameters
    ----------
    impulses : (S, ...) float array — added on each start, between 0 and 1 where pools fill up [-]
    starts : (S,) float array — days of the impulses, rising [d]
    rates : (..., R) float array — decay, one or more by course [1/d]
    days : (T,) float array — when to look [d]
    filling : int or None — rate of the pool that fills up: an impulse takes a share of the room left in it [-]

    Returns
    -------
    (..., R, T) float array — the sums [-]

    """
    shape = np.broadcast_shapes((*impulses.shape[1:], 1), rates.shape)
    sums = np.zeros((starts.size + 1, *shape))
    for number, start in enumerate(starts):
        left = sums[number] * np.exp(-rates * (start - starts[number - 1])) if number else sums[0]
        room = 1.0 if filling is None else 1 - left[..., filling]
        sums[number + 1] = left + (impulses[number] * room)[..., None]
    last = np.searchsorted(starts, days, side="right")
    since = days - starts[np.maximum(last - 1, 0)] if starts.size else days
    courses: Array = np.moveaxis(sums[last], 0, -1) * np.exp(-rates[..., None] * np.maximum(since, 0.0))
    return courses


def bateman_1910(rates: Array) -> Array:
    """Return what an impulse into the first pool of a chain leaves in each pool, as weights of the exponentials.

    Pool j holds the sum over i <= j of weight[j, i] exp(-rate_i t); each pool passes on all that it loses.

    Parameters
    ----------
    rates : (..., R) float array — loss of each pool, no two alike [1/d]

    Returns
    -------
    (..., R, R) float array — pool by exponential, zero above the diagonal [-]

    """
    count = rates.shape[-1]
    weights = np.zeros((*rates.shape, count))
    for pool in range(count):
        passed = np.prod(rates[..., :pool], axis=-1)
        for term in range(pool + 1):
            others = [other for other in range(pool + 1) if other != term]
            apart = rates[..., others] - rates[..., term, None]
            weights[..., pool, term] = passed / np.prod(apart, axis=-1)
    return weights
