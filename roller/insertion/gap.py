"""How far skin stands off around a needle, between neighbours and under a drum: the ring-shaped gap of a dimple.

Between needles skin lies on the drum, or is pushed in by the needles together; around each needle it stands off in a
ring, an open crack of radius b around the patch of radius a that the needle loads. With the stress q = F / (pi a^2) on
the patch and the pressure p on the skin around it,

    1 - sqrt(1 - (a/b)^2) = p / q,      dimple over a lone needle's = (2 / pi) arccos(a/b) = (2 / pi) arcsin(1 - p/q)

p is the whole pressure there, needles included: n F of the needles and the drum's own. Zero pressure leaves a lone
needle's dimple, p = q none; the slope is infinite at p = 0. In: pressures and laws of needles. Out: depths and forces.
"""

from __future__ import annotations

from math import pi

import numpy as np
from numpy.typing import ArrayLike

from ...geometry.arrays import Array, floats

MOST_CROWDED = 0.99  # patches that touch leave no dimple between them; the last per cent keeps stiffnesses finite


def closing_share(pressure_ratio: ArrayLike) -> Array:
    """Return p / q held to what a gap can have: 0 to 0.99.

    Parameters
    ----------
    pressure_ratio : float array — pressure on the skin around a needle over the stress on its patch [-]

    """
    held: Array = np.clip(floats(pressure_ratio), 0.0, MOST_CROWDED)
    return held


def dimple_share(pressure_ratio: ArrayLike) -> Array:
    """Return the dimple over that of a lone needle without pressure, at the same force: (2 / pi) arcsin(1 - p/q).

    Parameters
    ----------
    pressure_ratio : float array — p/q, pressure on the skin around a needle over the stress on its patch [-]

    """
    share: Array = np.arcsin(1 - np.minimum(np.maximum(floats(pressure_ratio), 0.0), 1.0)) * (2 / pi)
    return share
