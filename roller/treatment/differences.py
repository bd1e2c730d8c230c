"""Whether two devices differ by more than people, skin and phases spread: the band of their paired difference.

All devices of a comparison meet the same people, so what counts is the difference within each replicate, not the
overlap of two bands. In: a quantity of two devices by replicate. Out: 5 and 95 % of the difference, and a verdict.
"""

from __future__ import annotations

import numpy as np

from ...geometry.arrays import Array, floats

# With fewer, 5 % of the replicates are less than one: the band's ends are the outermost two values and say little.
LEAST_REPLICATES = 20


def difference_band(values: Array, first: Array) -> Array:
    """Return 5 and 95 % of the difference over the replicates that have both; NaN where fewer than two do.

    Parameters
    ----------
    values, first : (N,) float — of a device and of the first one, a replicate each [as the quantity]

    """
    known = _differences(values, first)
    return floats(np.quantile(known, [0.05, 0.95])) if known.size > 1 else np.full(2, np.nan)


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
