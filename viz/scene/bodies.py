"""Bodies of many channels as one mesh that is cheap to draw and is changed in place.

In: the needle, and place, depth and way of rolling of every channel. Out: points, normals and triangles, body by body,
each cut off flat at a depth of choice. Drawn bodies have fewer corners than those of `geometry.mesh`, which are closed
and meant for export; their radii are the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...geometry.arrays import Array, Flags, Ints
from ...geometry.needle import NeedleProfile

Floats32 = NDArray[np.float32]
MANY = 4000  # from here on a channel is a few pixels wide, and four sides are as good as twenty
FINE = (20, np.array([0.02, 0.08, 0.3, 0.65, 1.0]))  # sides, and levels as shares of the height above the tip
COARSE = (4, np.array([1.0]))
RIM = 0.72  # from here outwards a mouth has the colour of the lines around layers
BELOW_SCALE = -1.0  # of a colour scale: what lies under it is drawn in that colour


@dataclass(frozen=True)
class Bodies:
    """Channels as bodies; each has a tip, rings of corners, and for its flat mouth a disc and a dark rim around it.

    Parameters
    ----------
    profile : NeedleProfile — the needle that made them [mm]
    x_mm, y_mm : (n,) float — centres [mm]
    ahead_rad : (n,) float — direction of rolling [rad]
    sides : int — corners of a section [-]
    levels : (l,) float — heights of the rings, as shares of the height above the tip [-]

    """

    profile: NeedleProfile
    x_mm: Array
    y_mm: Array
    ahead_rad: Array
    sides: int
    levels: Array

    @property
    def corners(self) -> int:
        """Number of points of one body [-]."""
        return 1 + self.sides * (self.levels.size + 3)

    def section(self) -> Array:
        """Return the corners of a section of unit half-width, (n or 1, sides, 2): round, or a disc's tooth."""
        if self.profile.sheet_thickness_mm is None:
            turn = 2 * np.pi * (np.arange(self.sides) + 0.5) / self.sides
            return np.stack([np.cos(turn), np.sin(turn)], axis=1)[None]
        flat = np.array([(1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0)])
        return np.broadcast_to(flat, (self.x_mm.size, 4, 2))

    def points_mm(self, depth_um: Array, made_um: Array, cut_um: float) -> Floats32:
        """Return the points, (n * corners, 3), below a cut; a body above it shrinks to a point.

        A channel keeps its width at the surface when the tissue springs back: it is as the needle made it, over a
        smaller depth.

        Parameters
        ----------
        depth_um : (n,) float — how deep the channels are now [um]
        made_um : (n,) float — how deep the needle was [um]
        cut_um : float — depth at which all is cut off [um]

        """
        left = np.maximum(depth_um - cut_um, 0.0) / 1000
        heights = left[:, None] * self.levels
        stretch = np.divide(made_um, depth_um, out=np.ones_like(made_um), where=depth_um > 0)
        width = self.profile.half_width(heights * stretch[:, None])[:, :, None]
        section = self.section()[:, None]
        ahead, sheet = width * section[..., 0], self.profile.sheet_thickness_mm
        across = width * section[..., 1] if sheet is None else (width > 0) * section[..., 1] * sheet / 2
        cos, sin = np.cos(self.ahead_rad)[:, None, None], np.sin(self.ahead_rad)[:, None, None]
        points = np.empty((self.x_mm.size, self.corners, 3), dtype=np.float32)
        points[:, 0] = np.stack([self.x_mm, self.y_mm, -left - cut_um / 1000], axis=1)
        rings = points[:, 1:].reshape(self.x_mm.size, self.levels.size + 3, self.sides, 3)
        rings[:, :-3, :, 0] = self.x_mm[:, None, None] + ahead * cos - across * sin
        rings[:, :-3, :, 1] = self.y_mm[:, None, None] + ahead * sin + across * cos
        rings[:, :-3, :, 2] = (heights - left[:, None] - cut_um / 1000)[:, :, None]
        middle = np.stack([self.x_mm, self.y_mm], axis=1)[:, None, :]
        rings[:, -1] = rings[:, -4]
        rings[:, -3:-1, :, 2] = rings[:, -1:, :, 2]
        rings[:, -3:-1, :, :2] = (middle + RIM * (rings[:, -1, :, :2] - middle))[:, None]
        points[:, 1:] = rings.reshape(self.x_mm.size, -1, 3)
        return points.reshape(-1, 3)

    def normals(self) -> Floats32:
        """Return a normal a point, (n * corners, 3): outwards on the walls, upwards on the mouth."""
        section = self.section()
        cos, sin = np.cos(self.ahead_rad)[:, None], np.sin(self.ahead_rad)[:, None]
        outward = np.stack(
            [section[..., 0] * cos - section[..., 1] * sin, section[..., 0] * sin + section[..., 1] * cos], axis=2
        )
        outward = outward / np.linalg.norm(outward, axis=2, keepdims=True)
        normals = np.zeros((self.x_mm.size, self.corners, 3), dtype=np.float32)
        normals[:, 0, 2] = -1.0
        normals[:, 1 : -3 * self.sides, :2] = np.tile(outward, (1, self.levels.size, 1))
        normals[:, -3 * self.sides :, 2] = 1.0
        return normals.reshape(-1, 3)

    def faces(self) -> tuple[Ints, Ints]:
        """Return the triangles of one body: of its mouth, and of its walls."""
        corner = np.arange(self.sides)
        after = (corner + 1) % self.sides
        fan = np.stack([np.zeros(self.sides, dtype=int), 1 + after, 1 + corner], axis=1)
        lower = (1 + self.sides * np.arange(self.levels.size - 1))[:, None]
        upper = lower + self.sides
        walls = [
            np.stack([lower + corner, lower + after, upper + after], axis=2).reshape(-1, 3),
            np.stack([lower + corner, upper + after, upper + corner], axis=2).reshape(-1, 3),
        ]
        first = self.corners - 3 * self.sides
        rest = first + corner[1:-1]
        mouth = np.stack([np.full(rest.size, first), rest, rest + 1], axis=1)
        inner, outer = first + self.sides, first + 2 * self.sides
        rim = [
            np.stack([inner + corner, outer + corner, outer + after], axis=1),
            np.stack([inner + corner, outer + after, inner + after], axis=1),
        ]
        return np.concatenate([mouth, *rim]), np.concatenate([fan, *walls])

    def coloured(self, values: Array) -> Array:
        """Return what the colour of each point says, (n * corners,): of the rims, what lies below every scale.

        Parameters
        ----------
        values : (n,) float — of the channels [as their scale]

        """
        each = np.repeat(values.astype(np.float64)[:, None], self.corners, axis=1)
        each[:, -2 * self.sides :] = BELOW_SCALE
        return each.ravel()

    def triangles(self, count: int, open_to_view: Flags) -> Ints:
        """Return the triangles of the first bodies, (m, 3): of what stands in whole skin, only the mouth.

        Parameters
        ----------
        count : int — how many bodies [-]
        open_to_view : (n,) bool — those whose walls can be seen [-]

        """
        mouth, walls = self.faces()
        start = self.corners * np.arange(count)
        seen = start[open_to_view[:count]]
        parts = (mouth + start[:, None, None], walls + seen[:, None, None])
        return np.concatenate([part.reshape(-1, 3) for part in parts])


def build_bodies(profile: NeedleProfile, x_mm: Array, y_mm: Array, ahead_rad: Array) -> Bodies:
    """Return the bodies of some channels, with as many corners as their number allows.

    Parameters
    ----------
    profile : NeedleProfile — the needle that made them [mm]
    x_mm, y_mm : (n,) float — centres [mm]
    ahead_rad : (n,) float — direction of rolling [rad]

    """
    sides, levels = COARSE if x_mm.size > MANY else FINE
    return Bodies(profile, x_mm, y_mm, ahead_rad, 4 if profile.sheet_thickness_mm is not None else sides, levels)
