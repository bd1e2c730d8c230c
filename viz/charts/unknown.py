"""The second, lighter band of a chart: what nobody has measured, beside what differs from place to place.

In: a panel and the band. Out: ink.
"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from ...geometry.arrays import Array

SHADE = 0.13  # lighter than the band of people and places
WORDS = "nobody has measured (5 to 95 %)"


def draw_unknown(panel: Axes, along: Array, band: Array, ink: Any, *, upright: bool = False) -> None:
    """Shade what nobody knows of a curve.

    Parameters
    ----------
    panel : Axes — where [-]
    along : (n,) float — depths, hours or days [as the axis]
    band : (2, n) float — low and high end [as the other axis]
    ink : colour — of the curve [-]
    upright : bool — `along` goes up the panel, as depths do [-]

    """
    fill = panel.fill_betweenx if upright else panel.fill_between
    fill(along, band[0], band[1], color=ink, alpha=SHADE, lw=0, zorder=1.5, label=WORDS)
