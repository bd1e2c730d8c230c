"""Work out `data/layer_contact.csv`: a rigid cylinder on an elastic layer bonded to bone, in plane strain.

Without friction on top, a strip of pressure makes a dent whose transform is 2 (1 - nu^2) L(k h) / (E k), with

    L(z) = (2 c sinh 2z - 4z) / (2 c cosh 2z + 1 + c^2 + 4 z^2),    c = 3 - 4 nu

The half-space's part, 1 - exp(-z), is integrated in closed form, the rest by Gauss-Legendre. Pressures on strips across
a contact of half-width a meet d - x^2 / (2 R); a is the one with no pressure at its edge. Everything hangs on
s = sqrt(2 R d) / h and Poisson's ratio alone.

    python scripts/layer_contact.py            prints the table
"""

from __future__ import annotations

import csv
import sys
from math import pi

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Array = NDArray[np.float64]

POISSON = (0.3, 0.45, 0.49, 0.5)
REACHES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0)
STRIPS = 240
NODES, FARTHEST = 600, 40.0  # of the integral over k h; beyond, the layer is a half-space to 1e-15
SOURCE, STATUS = "layer_kernel", "derived"


def kernel(z: Array, poisson: float) -> Array:
    """L(z), with the growing exponentials taken out."""
    c, decay = 3 - 4 * poisson, np.exp(-2 * z)
    above = c * (1 - decay**2) - 4 * z * decay
    below = c * (1 + decay**2) + (1 + c**2 + 4 * z**2) * decay
    return np.asarray(above / below, dtype=np.float64)


def dent_of_strip(x: Array, half: float, poisson: float) -> Array:
    """Dent at x by a unit pressure on |x| < half, times pi E / (2 (1 - nu^2)); the layer is 1 thick."""
    at, weight = np.polynomial.legendre.leggauss(NODES)
    k, weight = FARTHEST * (at + 1) / 2, FARTHEST * weight / 2
    rest = (kernel(k, poisson) - (1 - np.exp(-k))) * 2 * np.sin(k * half) / k**2

    def closed(u: Array) -> Array:
        far = np.abs(u) + 1e-300
        return np.asarray(u * np.log1p(1 / far**2) / 2 + np.arctan(u))

    return np.asarray(closed(half + x) + closed(half - x) + np.cos(np.outer(x, k)) @ (rest * weight))


def pressure_at(half_width: float, reach: float, poisson: float) -> tuple[Array, float]:
    """Pressure over E on strips across a contact, for d = 1, R = s^2 / 2 in layers; and what a strip is wide."""
    wide = 2 * half_width / STRIPS
    x = (np.arange(STRIPS) + 0.5) * wide - half_width
    by_distance = 2 * (1 - poisson**2) / pi * dent_of_strip(np.arange(STRIPS) * wide, wide / 2, poisson)
    number = np.arange(STRIPS)
    dents = by_distance[np.abs(number[:, None] - number)]
    return np.linalg.solve(dents, 1 - (x / reach) ** 2), wide


def contact(reach: float, poisson: float) -> tuple[float, float]:
    """P / (E d), and a / sqrt(2 R d), for sqrt(2 R d) = reach layers."""

    def edge(share: float) -> float:
        found, _ = pressure_at(share * reach, reach, poisson)
        # Pressure falls as a root towards the edge: what stands there is told from the two outermost strips.
        return float(np.sqrt(3.0) * found[0] - found[1])

    share = float(brentq(edge, 0.3, 1.9, xtol=1e-6))
    found, wide = pressure_at(share * reach, reach, poisson)
    return float(found.sum() * wide), share


def main() -> None:
    """Print the table."""
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["poisson_ratio", "reach", "force", "half_width", "source", "status"])
    for poisson in POISSON:
        for reach in REACHES:
            force, share = contact(reach, poisson)
            out.writerow([poisson, reach, f"{force:.4g}", f"{share:.4g}", SOURCE, STATUS])


if __name__ == "__main__":
    main()
