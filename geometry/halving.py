"""Brackets around roots, halved: many at once, each by itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .arrays import Array, Flags


def halved(low: Array, high: Array, beyond: Callable[[Array], Flags], times: int) -> tuple[Array, Array]:
    """Return brackets narrowed down to where something begins to hold.

    Parameters
    ----------
    low, high : (n,) float — ends of each bracket: moved up where it does not hold between them, else down [any]
    beyond : function ((n,) float) -> (n,) bool — whether it holds at a place of each; from some place on it does [-]
    times : int — halvings [-]

    """
    for _ in range(times):
        middle = (low + high) / 2
        there = beyond(middle)
        low, high = np.where(there, low, middle), np.where(there, middle, high)
    return low, high
