"""Array types shared by the rooms, and the one way in for numbers, lists and arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Column = float | Array  # one number, or one a row


def floats(value: ArrayLike) -> Array:
    """Return a number, list or array as an array of floats.

    Parameters
    ----------
    value : array_like — anything that numpy reads as numbers [any]

    """
    return np.asarray(value, dtype=np.float64)
