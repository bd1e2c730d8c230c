"""How well channels connect the film with the living layers that they pass: they taper, and their walls leak.

A channel is a ladder: along it a gel hindered by size, at each slice of living tissue its wall. What enters a slice
spreads over the neighbourhood of the channel: for a hole of radius r in a disc of tissue of radius R that loses evenly,
wall over mean of the tissue is q [ln(R/r)/(1-x2)2 - (3-x2)/(4(1-x2))] / (2 pi D), x2 = (r/R)2. The stratum corneum's
walls let nothing through. What the gel holds is neglected, and so is what returns from tissue by the same channel to
another slice. Tissue comes back into a hole: all of it counts by a share, the patency, that no one has measured.

In: a stack, channels, constants of uptake. Out: conductances from the film to each slice, while all are open.
"""

from __future__ import annotations

import numpy as np

from ...geometry.arrays import Array, floats
from .diffusion import Stack
from .uptake import Uptake

CORNEUM = 0
CLASSES = 16  # channels are sorted by depth into so many groups of equal number
WIDEST = 0.9  # largest radius of a channel over that of its neighbourhood
LEAST_CM2 = 1e-30  # square of a radius that lets nothing through
TAPER_POINTS = 8  # of the quadrature along the stretch through the stratum corneum


def sorted_classes(diameter_cm: Array, depth_cm: Array) -> tuple[Array, Array, Array]:
    """Return channels sorted into classes by depth: share of all, radius of the mean area, mean depth.

    Parameters
    ----------
    diameter_cm : (n,) float — mean diameter of each channel over its depth [cm]
    depth_cm : (n,) float — depth to which it stays open [cm]

    Returns
    -------
    ((K,) float, (K,) float, (K,) float) — share [-], radius [cm], depth [cm]

    """
    order = np.lexsort((diameter_cm, depth_cm))
    count = min(CLASSES, order.size)
    edges = np.linspace(0, order.size, count + 1).astype(np.int64)
    sizes = np.diff(edges)
    depth = np.add.reduceat(depth_cm[order], edges[:-1]) / sizes
    square = np.add.reduceat(diameter_cm[order] ** 2, edges[:-1]) / sizes
    return floats(sizes / order.size), floats(np.sqrt(square) / 2), floats(depth)


def neighbourhood_resistance(ratio: Array) -> Array:
    """Return the resistance between a channel's wall and the mean of the tissue around it, times 2 pi D per length.

    Parameters
    ----------
    ratio : float array — radius of the channel over that of the tissue it feeds, above 0 to below 1 [-]

    Returns
    -------
    float array — ln(1/x)/(1-x2)2 - (3-x2)/(4(1-x2)) [-]

    """
    square = ratio**2
    return floats(-np.log(square) / 2 / (1 - square) ** 2 - (3 - square) / (4 * (1 - square)))


def channel_conductance(
    stack: Stack,
    tissue: Array,
    gel: Array,
    density_per_cm2: float,
    diameter_cm: Array,
    depth_cm: Array,
    uptake: Uptake,
) -> Array:
    """Return the conductance per area of skin from the film through all channels into each slice.

    Parameters
    ----------
    stack : Stack — layers; the first is the stratum corneum [-]
    tissue : (M, n - 1) float — diffusivity times partition in each slice [cm2/s]
    gel : (M,) float — diffusivity in the channels [cm2/s]
    density_per_cm2 : float — channels per area [1/cm2]
    diameter_cm : (c,) float — mean diameter of each channel over its depth [cm]
    depth_cm : (c,) float — depth to which it stays open [cm]
    uptake : Uptake — taper and patency, one value a member [-]

    Returns
    -------
    (M, n - 1) float — conductance [cm/s]

    """
    living = stack.layer[1:] > CORNEUM
    found = np.zeros_like(tissue)
    top, height = stack.top_cm[1:][living], stack.height_cm[1:][living]
    opens = (depth_cm > top[0]) & (diameter_cm > 0)
    if density_per_cm2 == 0 or not opens.any():
        return found
    share, mean_radius, depth = sorted_classes(diameter_cm[opens], depth_cm[opens])
    number = density_per_cm2 * opens.mean() * share  # (K,) channels of a class per cm2

    # Axes from here: member, class, slice of living tissue. A channel may end within a slice.
    length = np.clip(depth[:, None] - top, 0.0, height)
    passed = length > 0
    middle = top + length / 2
    power = uptake.taper[:, None, None]
    widest = mean_radius[:, None] * (1 + power)  # at the surface, so that the mean over the depth is what was given

    def radius(at: Array) -> Array:
        return floats(widest * np.clip(1 - at / depth[:, None], 0.0, 1.0) ** power)

    reaching = number @ passed
    alone = 1 / np.sqrt(np.pi * np.maximum(reaching, 1e-12))
    ratio = np.clip(radius(middle) / alone, 1e-9, WIDEST)
    wall = 2 * np.pi * tissue[:, None, living] * length / neighbourhood_resistance(ratio)

    # Between the middles of neighbours, and from the film to the first middle, where the radius changes most.
    span = np.where(passed[:, 1:], np.diff(middle, axis=1), 1.0)
    along = gel[:, None, None] * np.pi * radius(np.broadcast_to(top, passed.shape))[:, :, 1:] ** 2 / span
    start = middle[:, :1]
    points = (np.arange(TAPER_POINTS) + 0.5) / TAPER_POINTS * start
    entry = gel[:, None] * np.pi / ((start / TAPER_POINTS / np.maximum(radius(points) ** 2, LEAST_CM2)).sum(axis=2))
    found[:, living] = uptake.patency[:, None] * (number @ _through_ladder(entry, along, wall))
    return found


def _through_ladder(entry: Array, along: Array, wall: Array) -> Array:
    """Flow through each wall for film at activity one and tissue at zero: (M, K, L) from rungs that end in `wall`."""
    below = np.zeros_like(wall)  # admittance of a rung and all below it
    below[:, :, -1] = wall[:, :, -1]
    for rung in range(wall.shape[2] - 2, -1, -1):
        deeper, link = below[:, :, rung + 1], along[:, :, rung]
        both = deeper + link
        series = np.divide(deeper * link, both, out=np.zeros_like(both), where=both > 0)
        below[:, :, rung] = wall[:, :, rung] + series
    level = entry / (entry + below[:, :, 0])
    flows = np.empty_like(wall)
    for rung in range(wall.shape[2]):
        flows[:, :, rung] = wall[:, :, rung] * level
        if rung + 1 < wall.shape[2]:
            link, deeper = along[:, :, rung], below[:, :, rung + 1]
            both = link + deeper
            level = level * np.divide(link, both, out=np.zeros_like(both), where=both > 0)
    return flows
