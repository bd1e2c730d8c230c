"""Array types shared by the rooms, and the one way in for numbers, lists and arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..data.arguments import NUMERIC_KINDS, NotNumbersError
from ..data.checks import shown

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
    found = value if isinstance(value, np.ndarray) else np.asanyarray(value)
    # numpy itself would drop imaginary parts and masks, count days, and read text.
    if found.dtype.kind not in NUMERIC_KINDS or isinstance(found, np.ma.MaskedArray):
        raise NotNumbersError(f"{shown(value)} can't be used; allowed: numbers")
    return np.asarray(found, dtype=np.float64)
