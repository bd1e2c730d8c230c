"""The standard head before it is fitted to measurements: a body of some forty rounded parts.

x to the left of the face, y up, z to the front; sellion, the deepest point of the nose's root, at y = 0, the ears near
z = 0. Drawn by hand after the medians of women; nobody's likeness. `standard` warps it to the figures asked for.
"""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from .modelling import Distance, bar, ellipsoid, hollowed, joined, mirrored

AT_ONCE = 1 << 12  # points: what is worked on stays in the processor's cache
# What the parts do, with what seam: parts join the body in this order, or hollow it.
PARTS: tuple[tuple[str, float, Distance], ...] = (
    ("cranium", 0.0, ellipsoid((0, 22, -1), (72.0, 83, 93))),
    ("forehead", 30.0, ellipsoid((0, 34, 30), (56, 46, 62))),
    ("mid face", 30.0, ellipsoid((0, -38, 30), (55, 62, 60))),
    ("lower face", 26.0, ellipsoid((0, -68, 36), (41, 44, 52))),
    ("neck", 30.0, ellipsoid((0, -150, -20), (50, 150, 55))),
    ("jaw", 28.0, mirrored(bar((42, -70, 12), (9, -101, 74), 10, 10))),
    ("ramus", 26.0, mirrored(bar((52, -25, 8), (45, -70, 12), 11, 9))),
    ("cheekbone", 24.0, mirrored(bar((38, -24, 66), (57, -20, 22), 12, 9))),
    ("chin", 18.0, ellipsoid((0, -100, 79), (15, 13.5, 15))),
    ("temple", -24.0, mirrored(ellipsoid((82, 8, 52), (15, 26, 28), 25))),
    ("brow", 16.0, mirrored(bar((6, 11, 86), (36, 15, 77), 6.5, 5))),
    ("brow's end", 14.0, mirrored(bar((36, 15, 77), (50, 4, 62), 5, 5))),
    ("socket", -14.0, mirrored(ellipsoid((30, -4, 93), (17, 11, 14), 12))),
    ("eye", 7.0, mirrored(ellipsoid((31.5, -4.5, 70.5), (13.5, 11.5, 12.2)))),
    ("cheek", 30.0, mirrored(ellipsoid((34.5, -52, 45), (20.5, 32, 34), 28))),
    ("muzzle", 16.0, ellipsoid((0, -68, 76), (27, 21, 20))),
    ("bridge", 13.0, bar((0, 4, 83), (0, -37, 104), 6.0, 7.2)),
    ("nose's side", 10.0, mirrored(bar((5, -8, 82), (11, -40, 92), 5, 6))),
    ("tip", 8.0, ellipsoid((0, -39, 106.5), (9.0, 8.0, 9.0))),
    ("wing", 6.0, mirrored(ellipsoid((12.2, -41.5, 97), (5.6, 6.2, 8.5), 18))),
    ("columella", 6.0, bar((0, -46, 103), (0, -48, 94), 3.0, 3.5)),
    ("nostril", -3.0, mirrored(ellipsoid((6.0, -48.5, 102), (3.0, 3.2, 4.6), -18))),
    ("philtrum", -5.0, bar((0, -52, 101.5), (0, -60, 102), 2.0)),
    ("upper lip", 4.5, mirrored(bar((2.5, -65.6, 95.6), (22.5, -70.5, 83), 4.2, 1.6))),
    ("lower lip", 5.0, mirrored(bar((0, -75.5, 93.6), (20, -71.5, 83.5), 5.0, 1.8))),
    ("mouth", -2.5, mirrored(bar((0, -70.6, 101.5), (23.5, -71.2, 86), 0.9, 0.7))),
    ("chin's fold", -9.0, bar((-9, -86.5, 100), (9, -86.5, 100), 4.5)),
    ("lid's fold", -3.0, mirrored(bar((22, 2.5, 83.5), (41, 1.5, 78.5), 0.6))),
    ("lids", -4.0, mirrored(bar((19.5, -6.8, 79.0), (31.5, -6.4, 84.2), 1.7))),
    ("lids' ends", -4.0, mirrored(bar((31.5, -6.4, 84.2), (42.5, -5.4, 77.6), 1.7))),
    ("ear", 12.0, mirrored(ellipsoid((69.5, -13, -8), (6.5, 28, 14), -13))),
    ("ear's bowl", -6.0, mirrored(ellipsoid((78, -14, -5), (4.5, 15, 8), -13))),
)


def head_distance(points: Array) -> Array:
    """Return how far points lie outside the standard head, about, (n,); 0 on its skin.

    Parameters
    ----------
    points : (n, 3) float array — places [mm]

    """
    rows = points.T
    parts = [_distance(np.ascontiguousarray(rows[:, i : i + AT_ONCE])) for i in range(0, len(points), AT_ONCE)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _distance(points: Array) -> Array:
    """The same of points with a coordinate a row."""
    far = PARTS[0][2](points)
    for _, seam, part in PARTS[1:]:
        far = joined(far, part(points), seam) if seam > 0 else hollowed(far, part(points), -seam)
    return far
