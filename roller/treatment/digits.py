"""Numbers as text: three significant digits, and a row of a table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Row(NamedTuple):
    """One quantity of all treatments."""

    quantity: str
    unit: str
    cells: tuple[str, ...]


def figure(value: float, spread: float = np.nan) -> str:
    """Return a number with three significant digits, and its standard deviation where there is one.

    Parameters
    ----------
    value, spread : float — in the unit of the row; NaN becomes a dash [as the row says]

    """
    if not np.isfinite(value):
        return "-"
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    if abs(spread) < 1e-12 * abs(value):
        spread = 0.0  # equal values whose mean was rounded
    return f"{text} ± {spread:.2g}" if np.isfinite(spread) else text
