"""Areas of unions of discs beside an exact oracle, over many cases of the kinds that break such code.

    python tests/campaigns/geometry.py [--cases 10000] [--seed 0] [--family NAME ...] [--only NUMBER]

A case follows from the seed and its number alone, so that one that fails can be run again with `--only`. Exit code 1
when an area is off by more than 1e-9 of itself or of the smallest disc, whichever is larger; areas covered several
times are held to the same share of the area covered at all.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import NamedTuple

import numpy as np
import shapely
from dermaroll.geometry.union.discs import multiplicity_table, union_area, union_area_tiled
from oracle_union import areas
from shapely.affinity import rotate
from shapely.geometry import Polygon, box

ALLOWED = 1e-9
SMALLEST, LARGEST, FARTHEST = 1e-6, 1e3, 1e6


class Case(NamedTuple):
    """What is asked of the package: discs, the pass of each, a window or None."""

    centers: np.ndarray
    radii: np.ndarray
    passes: np.ndarray
    window: Polygon | None


def way(rng, n=None):
    """Directions, every other one along an axis or a diagonal or of a Pythagorean triangle, where rounding is kind."""
    angle = rng.uniform(0, 2 * np.pi, n)
    if rng.random() < 0.5:
        kind = [(1, 0), (0, 1), (-1, 0), (0, -1), (0.6, 0.8), (-0.8, 0.6), (0.5**0.5, 0.5**0.5)]
        return np.array(kind)[rng.integers(len(kind), size=n)]
    return np.stack((np.cos(angle), np.sin(angle)), axis=-1)


def speck(rng, low=-200.0, high=-6.0):
    """A length of any scale, more often of those near a rounding."""
    return 10.0 ** rng.uniform(*((low, high) if rng.random() < 0.3 else (-18.0, high)))


def length(rng, low=SMALLEST, high=LARGEST, n=None):
    """Lengths of any scale between two, round ones among them."""
    value = np.exp(rng.uniform(np.log(low), np.log(high), n))
    return value if rng.random() < 0.7 else np.clip(2.0 ** np.round(np.log2(value)), low, high)


def scattered(rng, most=5):
    """Discs like each other, where some overlap."""
    n, scale = rng.integers(1, most + 1), length(rng, 4e-6, 2.5e2)
    radii = scale * rng.uniform(0.25, 4.0, n)
    return rng.uniform(-1, 1, (n, 2)) * scale * rng.uniform(0.5, 4.0), radii


def random(rng):
    """Scattered discs."""
    return scattered(rng)


def near_duplicates(rng):
    """Each disc several times, with noise of any scale on centre, radius or both."""
    centers, radii = scattered(rng, most=2)
    times = rng.integers(2, 4)
    centers, radii = np.repeat(centers, times, axis=0), np.repeat(radii, times)
    noise, kind = speck(rng), rng.integers(3)
    if kind != 1:
        centers = centers + rng.normal(0, noise, centers.shape)
    if kind != 0:
        radii = np.maximum(radii + rng.normal(0, noise, radii.shape), SMALLEST)
    return centers, radii


def few_roundings(rng):
    """Discs a few roundings from each other in place and size."""
    n, radius = rng.integers(2, 6), length(rng)
    steps = rng.integers(-4, 5, (n, 2)) * rng.choice([1.0, 1.0, 2.0, 64.0])
    return steps * np.spacing(radius) / 2, np.maximum(radius + rng.integers(-3, 4, n) * np.spacing(radius), SMALLEST)


def chain(rng):
    """Discs each nearly the next: the last is far from the first."""
    n, radius = rng.integers(3, 7), length(rng, 1e-5)
    step = radius * 10.0 ** rng.uniform(-16, -0.3)
    return np.arange(n)[:, None] * step * way(rng), radius * (1 + rng.integers(-1, 2, n) * rng.choice([0, 1e-15, 1e-9]))


def concentric(rng):
    """One centre, radii of any difference, now and then moved a little."""
    n, radius = rng.integers(2, 5), length(rng, 1e-5)
    radii = np.clip(radius * (1 + rng.choice([0, 1e-15, 1e-12, 1e-6, 0.3]) * rng.normal(size=n)), SMALLEST, LARGEST)
    return np.tile(rng.normal(0, radius, 2), (n, 1)) + rng.choice([0, 0, speck(rng)]) * rng.normal(size=(n, 2)), radii


def tangent(rng):
    """Discs that touch the first from outside or inside, but for noise of any scale."""
    n, first = rng.integers(2, 5), length(rng, 1e-5, 1e2)
    radii = np.append(first, first * rng.choice([1, 0.5, 0.25, rng.uniform(0.1, 5)], n - 1))
    sign = np.append(0, rng.choice([-1, 1], n - 1))
    gap = radii[0] * np.abs(sign) + sign * radii + rng.choice([0, 0, 1, -1], n) * speck(rng)
    return rng.choice([0, 1.0, 7.3]) * first + gap[:, None] * way(rng, n), radii


def grid(rng):
    """Discs on a lattice of squares or triangles that touch, or meet at points."""
    pitch = length(rng, 1e-5, 1e2)
    i, j = np.divmod(np.arange(rng.integers(2, 7)), 3)
    slant, rise = rng.choice([0, 0.5]), rng.choice([1, 0.75**0.5])
    reach = rng.choice([0.5, 0.5**0.5, 1.0, 0.75**0.5, 1 / 3**0.5])
    return pitch * np.column_stack((i + slant * j, rise * j)), np.full(len(i), pitch * reach)


def sizes(rng):
    """Radii of all scales; small discs at the rims of large ones."""
    n = rng.integers(2, 6)
    radii = length(rng, n=n)
    hub = rng.integers(n)
    rim = radii[hub] + rng.uniform(-1, 1, n) * radii * rng.choice([1, 1, 1e-6, 3])
    centers = rim[:, None] * way(rng, n)
    centers[hub] = 0
    return centers, radii


def far(rng):
    """Any of the others, up to 1e6 mm away, now and then with company as far on the other side."""
    centers, radii = BASES[rng.integers(len(BASES))](rng)
    place = rng.uniform(-1, 1, 2) * 10.0 ** rng.uniform(2, 6)
    centers = np.clip(centers + place, -FARTHEST, FARTHEST)
    if rng.random() < 0.4:
        more, others = scattered(rng, most=2)
        centers, radii = np.concatenate((centers, more - place)), np.concatenate((radii, others))
    return centers, radii


BASES = (random, near_duplicates, few_roundings, chain, concentric, tangent, grid, sizes)


def some_window(rng, centers, radii):
    """A polygon near a disc: of any size, in any way on edge or corner with it."""
    hub = rng.integers(len(radii))
    center, radius = centers[hub], radii[hub]
    size = max(radius * rng.choice([0.3, 1, 2.5, 40]), 2e-6)
    thin = rng.random() < 0.3
    width = length(rng, 1e-6, max(size, 2e-6)) if thin else size * rng.uniform(0.3, 1)
    shape = shape_of(rng, size, width)
    corner = np.array(shape.exterior.coords[int(rng.integers(3))])
    edge = np.array(shape.exterior.coords[1]) - np.array(shape.exterior.coords[0])
    normal = np.array([edge[1], -edge[0]]) / np.hypot(*edge)
    noise = rng.choice([0, 0, 1, -1]) * speck(rng)
    match rng.integers(7):
        case 0:  # a corner on the circle, or nearly
            shift = center + (radius + noise) * way(rng) - corner
        case 1:  # the first edge tangent, the touching point anywhere along it, often near its end
            along = rng.choice([0, 1, 1e-9, 1e-8, 2e-8, 1e-4, rng.random()])
            shift = (
                center
                + normal * (radius + noise) * rng.choice([-1, 1])
                - (np.array(shape.exterior.coords[0]) + along * edge)
            )
        case 2:  # the centre on a corner
            shift = center + noise - corner
        case 3:  # the centre on the first edge
            shift = (
                center + noise * normal - (np.array(shape.exterior.coords[0]) + rng.choice([0.5, rng.random()]) * edge)
            )
        case 4:  # the disc well inside, if it is small enough
            shift = center - np.array(shape.representative_point().coords[0])
        case _:
            shift = center + rng.uniform(-1, 1, 2) * (radius + size)
    return shapely.transform(shape, lambda points: points + shift)


def shape_of(rng, size, width):
    """A box, a turned box, a triangle, an L, a box with a hole, or a needle with many corners."""
    rectangle = box(0, 0, size, width)
    match rng.integers(6):
        case 0:
            return rotate(rectangle, rng.choice([45, 30, rng.uniform(0, 360)]), origin=(0, 0))
        case 1:
            return Polygon([(0, 0), (size, 0), (size * rng.random(), width)])
        case 2:
            a, b = size * rng.uniform(0.2, 0.8), width * rng.uniform(0.2, 0.8)
            return Polygon([(0, 0), (size, 0), (size, b), (a, b), (a, width), (0, width)])
        case 3:
            return Polygon(
                rectangle.exterior.coords, [box(0.25 * size, 0.25 * width, 0.75 * size, 0.5 * width).exterior.coords]
            )
        case 4:
            steps = np.linspace(0, 1, 5)
            low = np.column_stack((steps * size, 0.2 * width * (np.arange(5) % 2)))
            return Polygon(np.concatenate((low, low[::-1] + np.array([0, 0.7 * width]))))
        case _:
            return rectangle


def windowed(rng):
    """Any of the others in a window."""
    centers, radii = (*BASES, far)[rng.integers(len(BASES) + 1)](rng)
    return centers, radii, some_window(rng, centers, radii)


def windowed_like(rng):
    """Discs like each other in a window: what most windows hold."""
    centers, radii = (random, near_duplicates, tangent, grid)[rng.integers(4)](rng)
    return centers, radii, some_window(rng, centers, radii)


FAMILIES = {base.__name__: base for base in (*BASES, far, windowed, windowed_like)}


def make_case(seed, number, names):
    """The case of a number; families take turns."""
    rng = np.random.default_rng((seed, number))
    name = names[number % len(names)]
    while True:
        centers, radii, *window = FAMILIES[name](rng)
        polygon = window[0] if window else None
        if polygon is None or (polygon.is_valid and polygon.area > 0):
            break
    if rng.random() < 0.05:
        radii = np.where(rng.random(len(radii)) < 0.3, 0.0, radii)
    passes = rng.integers(1, 3, len(radii))
    return name, Case(centers, np.where(radii > 0, np.clip(radii, SMALLEST, LARGEST), 0.0), passes, polygon)


def worst_error(case, number):
    """The largest error of a case, as a share of what it may be measured by; calls take turns."""
    centers, radii, passes, window = case
    rings = None if window is None else [ring.coords[:] for ring in (window.exterior, *window.interiors)]
    up_to = 3 if number % 3 == 1 else 1
    made = passes <= 1 if number % 3 == 1 else np.ones(len(radii), dtype=bool)
    truth = np.array(areas(centers[made].tolist(), radii[made].tolist(), rings, up_to))
    match number % 3:
        case 0:
            got = np.array([union_area(centers, radii, window)])
        case 1:  # areas of the first pass must not change for what the second adds
            got = multiplicity_table(centers, passes, radii[None], window, up_to, n_passes=2)[:, 0, 0]
        case _:  # a tip as deep as the disc is wide, cut at the top; the second level lies beyond all tips
            levels = [0.0, 2.0 * radii.max() + 1.0]
            tiled = union_area_tiled(centers, passes, radii, lambda s: np.maximum(s, 0), levels, window, n_passes=2)
            got = tiled[-1, :1]
            if tiled[:, 1].any():
                return np.inf
    smallest = np.pi * np.min(radii[made & (radii > 0)], initial=np.inf) ** 2
    if not np.isfinite(smallest):
        return float(np.abs(got).max())
    return float(np.max(np.abs(got - truth)) / max(truth[0], smallest))


def run(cases, seed, names, first=0, patience=np.inf):
    """Cases, the worst error and its number for each family."""
    found = {name: [0, 0.0, -1] for name in names}
    begin = time.perf_counter()
    for number in range(first, first + cases):
        name, case = make_case(seed, number, names)
        error = worst_error(case, number)
        record = found[name]
        record[0] += 1
        if not error <= record[1]:
            record[1:] = error, number
        if time.perf_counter() - begin > patience:
            break
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--family", nargs="*", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--only", type=int, help="show one case")
    options = parser.parse_args()
    if options.only is not None:
        name, case = make_case(options.seed, options.only, options.family)
        print(name, case, f"off by {worst_error(case, options.only):.1e}", sep="\n")
        return 0
    begin = time.perf_counter()
    found = run(options.cases, options.seed, options.family, options.first)
    print(f"{'family':<18}{'cases':>9}{'worst':>10}  number")
    for name, (cases, error, number) in found.items():
        print(f"{name:<18}{cases:>9}{error:>10.1e}  {number}")
    worst = max(error for _, error, _ in found.values())
    print(f"{options.cases} cases, worst {worst:.1e}, {time.perf_counter() - begin:.0f} s")
    return int(not worst <= ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
