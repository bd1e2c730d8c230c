"""Lengths one and vector products of many vectors at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ..arrays import Array, floats


def unit_vectors(vectors: ArrayLike) -> Array:
    """Return vectors at length one; zeros stay zeros.

    Parameters
    ----------
    vectors : (..., 3) float array — any vectors [any]

    """
    given = floats(vectors)
    length = np.sqrt(np.einsum("...i,...i->...", given, given))
    return floats(given / np.where(length > 0, length, 1.0)[..., None])


def crossed(one: Array, other: Array) -> Array:
    """Return vector products, (n, 3); of small batches several times as fast as numpy's.

    Parameters
    ----------
    one, other : (n, 3) float array — vectors [any]

    """
    a, b, c = one[:, 0], one[:, 1], one[:, 2]
    d, e, f = other[:, 0], other[:, 1], other[:, 2]
    return np.stack([b * f - c * e, c * d - a * f, a * e - b * d], axis=1)
