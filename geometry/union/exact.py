"""Sums of products without loss: for differences of nearly equal numbers that a sign or an angle hangs on.

A number is held as a pair (high, low) of floats whose sum it is. Dekker's and Knuth's error-free steps give twice the
digits of a float, 1e-32 of the largest product; what goes in must lie between 1e-140 and 1e140 for that.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from .neighbours import Floats

Pair: TypeAlias = tuple[Floats, Floats]

SPLITTER = 2.0**27 + 1.0  # halves the 53 bits of a float


def add(a: Floats, b: Floats) -> Pair:
    """A + b without error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def subtract(a: Floats, b: Floats) -> Pair:
    """A - b without error."""
    return add(a, -b)


def product(a: Pair, b: Pair) -> Pair:
    """A times b."""
    (a_high, a_low), (b_high, b_low) = a, b
    high = a_high * b_high
    a_top, b_top = _top(a_high), _top(b_high)
    a_rest, b_rest = a_high - a_top, b_high - b_top
    low = ((a_top * b_top - high) + a_top * b_rest + a_rest * b_top) + a_rest * b_rest
    return high, low + (a_high * b_low + a_low * b_high)


def square(a: Pair) -> Pair:
    """A times itself."""
    high = a[0] * a[0]
    top = _top(a[0])
    rest = a[0] - top
    return high, ((top * top - high) + 2.0 * top * rest) + rest * rest + 2.0 * (a[0] * a[1])


def total(a: Pair, *others: Pair) -> Pair:
    """The sum of pairs."""
    high, low = a
    for other, other_low in others:
        high, lost = add(high, other)
        low = low + (lost + other_low)
    return add(high, low)


def minus(a: Pair) -> Pair:
    """-a."""
    return -a[0], -a[1]


def stacked(*pairs: Pair) -> Pair:
    """Pairs as the rows of one, to work on at once."""
    return np.stack([high for high, _ in pairs]), np.stack([low for _, low in pairs])


def row(a: Pair, k: int) -> Pair:
    """One row of pairs that were stacked."""
    return a[0][k], a[1][k]


def _top(a: Floats) -> Floats:
    scaled = SPLITTER * a
    return scaled - (scaled - a)
