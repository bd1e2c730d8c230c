"""Over replicates: mean, standard deviation, band, and whether two devices differ by more than people and skin spread.

All devices of a comparison meet the same people, so what counts there is the difference within each replicate, not the
overlap of two bands. In: arrays with the replicates first. Out: what all outputs say of them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ...geometry.arrays import Array, floats

BAND = (0.05, 0.95)
# With fewer, 5 % of the replicates are less than one: the band's ends are the outermost two values and say little.
LEAST_REPLICATES = 20


def mean_of(values: Array, *, classes: bool = False) -> Array:
    """Return the mean over the first dimension, leaving out what a replicate does not have; the median of classes.

    Parameters
    ----------
    values : (N, ...) float — of one figure by replicate; NaN where a replicate has none [as the figure]
    classes : bool — the values are places in an order of classes: a mean of them would be no class [-]

    """
    if len(values) == 1:
        return floats(values[0])
    if classes:
        return floats(_quantiles(values, (0.5,), classes=True)[0])
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return floats(np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0))


def sd_of(values: Array) -> Array:
    """Return the standard deviation over the first dimension; NaN where fewer than two replicates have a value.

    Parameters
    ----------
    values : (N, ...) float — of one figure by replicate [as the figure]

    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    squares = np.where(known, (values - mean_of(values)) ** 2, 0.0).sum(axis=0)
    return floats(np.sqrt(np.divide(squares, count - 1, out=np.full_like(squares, np.nan), where=count > 1)))


def band_of(values: Array, *, classes: bool = False) -> Array:
    """Return 5 and 95 % over the first dimension, (2, ...).

    Parameters
    ----------
    values : (N, ...) float — of one figure by replicate [as the figure]
    classes : bool — the values are places in an order of classes: the band's ends are classes too [-]

    """
    return _quantiles(values, BAND, classes=classes)


def _quantiles(values: Array, shares: tuple[float, ...], *, classes: bool) -> Array:
    known = np.isfinite(values)
    any_known = known.any(axis=0)
    filled = np.where(any_known, np.where(known, values, np.nan), 0.0)
    method: Literal["inverted_cdf", "linear"] = "inverted_cdf" if classes else "linear"
    # nanquantile is many times slower than quantile, and most figures are there in every replicate.
    quantile = np.quantile if bool(known.all()) else np.nanquantile
    found: Array = quantile(filled, list(shares), axis=0, method=method)
    return floats(np.where(any_known, found, np.nan))


def difference_band(values: Array, first: Array) -> Array:
    """Return 5 and 95 % of the difference over the replicates that have both; NaN where fewer than two do.

    Parameters
    ----------
    values, first : (N,) float — of a device and of the first one, a replicate each [as the quantity]

    """
    known = _differences(values, first)
    return floats(np.quantile(known, BAND)) if known.size > 1 else np.full(2, np.nan)


def differs(values: Array, first: Array) -> bool | None:
    """Return whether 0 lies outside the band of the difference; None with too few replicates to say.

    Parameters
    ----------
    values, first : (N,) float — of a device and of the first one, a replicate each [as the quantity]

    """
    if _differences(values, first).size < LEAST_REPLICATES:
        return None
    low, high = difference_band(values, first)
    return bool(low > 0 or high < 0)


def _differences(values: Array, first: Array) -> Array:
    difference = floats(values) - floats(first)
    return floats(difference[np.isfinite(difference)])
