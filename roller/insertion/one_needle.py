"""One needle and the skin under it: dimple, puncture, and what resists from there on, layer by layer.

Pushed by a travel u, a needle dimples the skin by w and is d = u - w deep. Up to the puncture force F0 the skin only
dimples; from there on the tip goes on to cut at F0, the cone widens the cut and its lips rub along the flank:

    F(d) = q (F0 + R(d)),   R(d) = sum over layers of toughness x width gained in it + friction x length inside it
    u(d) = d + g q / s (w0 + R(d) / k)

with q for toughness, rate and spacing, s for stiffness and stretch, g for the share of a lone needle's dimple that
neighbours leave (`gap.py`, which also adds a pressing drum). R is made of straight lines, so u(d) is inverted exactly,
piece by piece. In: arrays, a row a needle; constants too may be a row a needle. Out: depth, force and their slopes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import pi

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import DeviceSpec
from ...geometry.arrays import Array, Column, Flags, Ints, floats
from ...geometry.needle import NeedleProfile, needle_profile
from .gap import closing_share, dimple_share
from .tissue import TissueModel, opening_dimple_um, puncture_force_romgens_2014, tissue_model

SHORTEST_PIECE_MM = 1e-9  # a shorter one is a double knot


@dataclass(frozen=True)
class Needles:
    """Shapes of needles as arrays, a row each.

    Parameters
    ----------
    length_mm, tip_radius_mm, shaft_radius_mm : (m,) float — as in NeedleProfile [mm]
    half_angle_rad : (m,) float — of the cone [rad]
    sheet_mm : (m,) float — thickness of the sheet of a disc roller's teeth, 0 for round needles [mm]

    """

    length_mm: Array
    tip_radius_mm: Array
    half_angle_rad: Array
    shaft_radius_mm: Array
    sheet_mm: Array

    def take(self, rows: ArrayLike) -> Needles:
        """Return some rows, in the order given.

        Parameters
        ----------
        rows : (n,) int array — which [-]

        """
        chosen = np.asarray(rows)
        return Needles(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    @property
    def sphere_end_mm(self) -> Array:
        """Distance from the tip at which the sphere passes into the cone [mm]."""
        end: Array = self.tip_radius_mm * (1 - np.sin(self.half_angle_rad))
        return end

    @property
    def sphere_radius_mm(self) -> Array:
        """Half-width there [mm]."""
        return np.minimum(self.tip_radius_mm * np.cos(self.half_angle_rad), self.shaft_radius_mm)

    @property
    def cone_end_mm(self) -> Array:
        """Distance from the tip at which the cone passes into the shaft [mm]."""
        cone = (self.shaft_radius_mm - self.sphere_radius_mm) / np.tan(self.half_angle_rad)
        return floats(self.sphere_end_mm + cone)

    def widening_mm(self, from_tip: Array) -> Array:
        """Return how much wider the needle is than its tip's sphere.

        Parameters
        ----------
        from_tip : (m, k) float — distance from the tip [mm]

        """
        start, end = self.sphere_end_mm[:, None], self.cone_end_mm[:, None]
        wider: Array = 2 * np.tan(self.half_angle_rad)[:, None] * (np.clip(from_tip, start, end) - start)
        return wider


def stack_needles(shapes: Sequence[NeedleProfile]) -> Needles:
    """Return needles as arrays.

    Parameters
    ----------
    shapes : sequence of NeedleProfile — one a row [mm]

    """
    columns = {
        name: floats([getattr(shape, name) for shape in shapes])
        for name in ("length_mm", "tip_radius_mm", "half_angle_rad", "shaft_radius_mm")
    }
    return Needles(**columns, sheet_mm=floats([shape.sheet_thickness_mm or 0.0 for shape in shapes]))


def profile_of(roller: DeviceSpec, model: TissueModel | None = None) -> NeedleProfile:
    """Return the profile of a roller's needles; how the sheet of a tooth ends is one of the things nobody knows.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    model : TissueModel or None — None for the constants as shipped; for teeth numbers, no columns [as its fields]

    """
    if model is None or roller.sheet_thickness_mm is None:
        return needle_profile(roller)
    return needle_profile(roller, float(model.tooth_edge_share))


@dataclass(frozen=True)
class NeedleLaw:
    """Depth and force of needles against their travel, exactly: straight between knots, a row a needle.

    Parameters
    ----------
    length_mm : (m,) float — the largest travel [mm]
    puncture_travel_mm : (m,) float — at which the skin opens [mm]
    puncture_force_n : (m,) float — at which it does [N]
    tip_stiffness_n_per_mm : (m,) float — of the dimple before puncture [N/mm]
    stiffness_n_per_mm : (m,) float — of the dimple after it [N/mm]
    resistance, firmness : (m,) float — forces and stiffness over those of the mean skin, slack and at 0.5 mm/s [-]
    crowding : (m,) float — pressure of the needles alone over that on a needle's patch, as far as it closes dimples [-]
    closing_area_mm2 : (m,) float — area over which the drum's pressure is set against a needle's force [mm2]
    tearing_n_per_mm : (m,) float — force that tears the cut sideways, per depth, in the mean skin [N/mm]
    depth_knots_mm, travel_knots_mm, force_knots_n : (m, k) float — d, u and F at the knots [mm, N]
    slope : (m, k) float — of R from each knot on, by depth, for the mean skin [N/mm]

    """

    length_mm: Array
    puncture_travel_mm: Array
    puncture_force_n: Array
    tip_stiffness_n_per_mm: Array
    stiffness_n_per_mm: Array
    resistance: Array
    firmness: Array
    crowding: Array
    closing_area_mm2: Array
    tearing_n_per_mm: Array
    depth_knots_mm: Array
    travel_knots_mm: Array
    force_knots_n: Array
    slope: Array

    def take(self, rows: ArrayLike) -> NeedleLaw:
        """Return some rows, in the order given.

        Parameters
        ----------
        rows : (n,) int array — which [-]

        """
        chosen = np.asarray(rows)
        return NeedleLaw(**{name: column.take(chosen, axis=0) for name, column in vars(self).items()})

    def depth_mm(self, travel: Array) -> Array:
        """Return how deep each needle is; zero until it punctures.

        Parameters
        ----------
        travel : (m,) or (m, a) float — push against the skin's surface, at most the length [mm]

        """
        return self._depth_and_slope(travel)[0]

    def force_n(self, travel: Array) -> Array:
        """Return the force on each needle.

        Parameters
        ----------
        travel : (m,) or (m, a) float — push against the skin's surface, at most the length [mm]

        """
        return self.force_and_slope(travel)[0]

    def force_and_slope(self, travel: Array) -> tuple[Array, Array]:
        """Return the force on each needle and how it grows with the travel; never falls.

        Parameters
        ----------
        travel : (m,) or (m, a) float — push against the skin's surface, at most the length [mm]

        Returns
        -------
        force : float array of the same shape — F [N]
        slope : float array of the same shape — dF/du [N/mm]

        """
        over = (slice(None),) + (None,) * (travel.ndim - 1)
        opens, stiffness = self.puncture_travel_mm[over], self.stiffness_n_per_mm[over]
        depth, gain = self._depth_and_slope(travel)
        slope = np.where(travel < opens, self.tip_stiffness_n_per_mm[over], stiffness * (1 - gain))
        return self._force_n(travel, depth), slope

    def depth_and_force(self, travel: Array) -> tuple[Array, Array]:
        """Return how deep each needle is, in mm, and the force on it, in N.

        Parameters
        ----------
        travel : (m,) or (m, a) float — push against the skin's surface, at most the length [mm]

        """
        depth = self.depth_mm(travel)
        return depth, self._force_n(travel, depth)

    def _force_n(self, travel: Array, depth: Array) -> Array:
        over = (slice(None),) + (None,) * (travel.ndim - 1)
        opens = self.puncture_travel_mm[over]
        after = self.puncture_force_n[over] + self.stiffness_n_per_mm[over] * (travel - opens - depth)
        force: Array = np.where(travel < opens, self.tip_stiffness_n_per_mm[over] * travel, after)
        return force

    def travel_at_force_mm(self, force: Array) -> Array:
        """Return how far a force pushes each needle; at most by its length, where its base rests on the skin.

        Parameters
        ----------
        force : (m,) or (m, a) float — at least 0 [N]

        """
        over = (slice(None),) + (None,) * (force.ndim - 1)
        place = _places(force, self.force_knots_n)
        beyond = np.maximum(force - self.force_knots_n.take(place), 0.0)
        slope = self.resistance[over] * self.slope.take(place)
        deeper = np.divide(beyond, slope, out=np.zeros_like(beyond), where=slope > 0)
        after = self.travel_knots_mm.take(place) + deeper + beyond / self.stiffness_n_per_mm[over]
        before = np.divide(force, self.tip_stiffness_n_per_mm[over])
        travel: Array = np.where(force < self.puncture_force_n[over], before, after)
        return np.minimum(travel, self.length_mm[over])

    def force_at_depth(self, depth: Array) -> tuple[Array, Array]:
        """Return the force on needles that are in, and how it grows with the depth.

        Parameters
        ----------
        depth : (m,) float — of the tips, from 0 [mm]

        Returns
        -------
        force : (m,) float — F [N]
        slope : (m,) float — dF/dd [N/mm]

        """
        place = _places(depth, self.depth_knots_mm)
        slope = self.resistance * self.slope.take(place)
        return self.force_knots_n.take(place) + slope * (depth - self.depth_knots_mm.take(place)), slope

    def dimple_and_give(self, force: Array, inside: Flags) -> tuple[Array, Array]:
        """Return the dimple that a force makes where no drum presses, and how it grows with the force.

        Parameters
        ----------
        force : (m,) float — on the needles [N]
        inside : (m,) bool — the skin has opened [-]

        Returns
        -------
        dimple : (m,) float — w [mm]
        give : (m,) float — dw/dF [mm/N]

        """
        give = np.where(inside, 1 / self.stiffness_n_per_mm, 1 / self.tip_stiffness_n_per_mm)
        after = self.puncture_travel_mm + (force - self.puncture_force_n) * give
        return np.where(inside, after, force * give), give

    def _depth_and_slope(self, travel: Array) -> tuple[Array, Array]:
        """Depth, and how it grows with the travel."""
        over = (slice(None),) + (None,) * (travel.ndim - 1)
        place = _places(travel, self.travel_knots_mm)
        further = np.maximum(travel - self.travel_knots_mm.take(place), 0.0)
        yields = (self.resistance / self.stiffness_n_per_mm)[over]
        gain = 1 / (1 + yields * self.slope.take(place))
        return self.depth_knots_mm.take(place) + gain * further, gain


def _places(value: Array, knots: Array) -> Ints:
    """Where the piece in which each value lies stands in a flattened table of as many columns as knots, by rows."""
    over = (slice(None),) + (None,) * (value.ndim - 1)
    past = np.greater_equal(value, knots.T[1:-1][(slice(None), *over)], order="C")
    piece = np.add.reduce(past.view(np.uint8), axis=0, dtype=np.uint8)  # a few knots: a byte counts them
    place: Ints = np.arange(0, knots.size, knots.shape[1])[over] + piece
    return place


def needle_law(
    needles: Needles,
    thickness_um: ArrayLike,
    *,
    tip_radius_um: ArrayLike | None = None,
    stiffness: ArrayLike = 1.0,
    resistance: ArrayLike = 1.0,
    fresh: ArrayLike = 1.0,
    density_per_mm2: ArrayLike = 0.0,
    model: TissueModel | None = None,
) -> NeedleLaw:
    """Return the law of needles in layered skin, a row a needle; no drum presses on the skin between them.

    Parameters
    ----------
    needles : Needles — shapes, one row or m [mm]
    thickness_um : (m, 5) or (5,) float array — of the layers under each needle, from the surface down [um]
    tip_radius_um : (m,) float array or None — for the puncture force; None for the shapes' own [um]
    stiffness : (m,) float array — of the skin over its mean [-]
    resistance : (m,) float array — of the skin over its mean: toughness, rate and spacing together [-]
    fresh : (m,) float array — 1 where the skin must be punctured, 0 where the needle slides into a hole [-]
    density_per_mm2 : (m,) float array — needles per area that press side by side, 0 for a lone one [1/mm2]
    model : TissueModel or None — None for the constants as shipped; members as (m,) columns [as its fields]

    """
    model = model or tissue_model()
    layers = np.atleast_2d(floats(thickness_um)) / 1000
    radius = 1000 * needles.tip_radius_mm if tip_radius_um is None else floats(tip_radius_um)
    parts = (layers[:, 0], needles.length_mm, radius, stiffness, resistance, fresh, density_per_mm2)
    count = max(model.members, *(np.size(part) for part in parts))
    radius, soft, tough, new, density = (
        np.broadcast_to(floats(part), count) for part in (radius, stiffness, resistance, fresh, density_per_mm2)
    )
    layers, length = np.broadcast_to(layers, (count, 5)), np.broadcast_to(needles.length_mm, count)

    # A tooth opens skin along its edge: what counts is how wide the tip is, whichever way it is widest.
    wide_um = np.hypot(2 * radius, 1000 * model.tooth_edge_share * needles.sheet_mm)
    patch_mm2 = pi * floats(model.patch_radius) ** 2
    crowding = closing_share(model.drum_closing * density * patch_mm2)
    shared = dimple_share(crowding)
    opens_mm = opening_dimple_um(wide_um / 2, model) / 1000
    reference = floats(model.skin_stiffness)
    force = new * puncture_force_romgens_2014(wide_um, model)
    depth = _knots(needles, layers)
    resists = _resistance_n(needles, layers, depth, model)
    step = np.diff(depth, axis=1)
    slope = np.zeros_like(depth)  # nothing goes on from the last knot
    np.divide(np.diff(resists, axis=1), step, out=slope[:, :-1], where=step > SHORTEST_PIECE_MM)
    opened = opens_mm * new
    dimple = (shared * tough / soft)[:, None] * (_beside(opened) + resists / _beside(reference))
    every = np.ones(count)
    return NeedleLaw(
        length_mm=length,
        puncture_travel_mm=shared * tough / soft * opened,
        puncture_force_n=tough * force,
        tip_stiffness_n_per_mm=soft * np.where(new > 0, force, reference * opens_mm) / opens_mm / shared,
        stiffness_n_per_mm=soft * reference / shared,
        resistance=tough,
        firmness=soft,
        crowding=crowding * every,
        closing_area_mm2=model.drum_closing * patch_mm2 * every,
        tearing_n_per_mm=model.tearing_toughness * every,
        depth_knots_mm=depth,
        travel_knots_mm=depth + dimple,
        force_knots_n=tough[:, None] * (force[:, None] + resists),
        slope=slope,
    )


def _beside(column: Column) -> Array:
    """One number, or one a row, set against what has several a row."""
    values = floats(column)
    return values[:, None] if values.ndim else values


def _tops_mm(layers: Array) -> Array:
    """Depth of the top of epidermis, papillary dermis, reticular dermis and fat, (m, 4)."""
    tops = np.zeros((len(layers), 4))
    np.cumsum(np.stack([layers[:, 0] + layers[:, 1], layers[:, 2], layers[:, 3]], axis=1), axis=1, out=tops[:, 1:])
    return tops


def _knots(needles: Needles, layers: Array) -> Array:
    """Depths at which the resistance changes its slope: where tip, cone or shaft enter a layer."""
    tops, length = _tops_mm(layers), needles.length_mm[:, None]
    ends = [tops[:, 1:], tops + needles.sphere_end_mm[:, None], tops + needles.cone_end_mm[:, None]]
    last = np.broadcast_to(length, (len(tops), 1))
    knots = np.concatenate([np.zeros_like(last), *ends, last], axis=1)
    knots = np.sort(np.clip(knots, 0.0, length), axis=1)
    # Layers deeper than the longest needle leave knots that are none in any row.
    return knots[:, np.append(True, np.any(np.diff(knots, axis=1) > SHORTEST_PIECE_MM, axis=0))]


def _resistance_n(needles: Needles, layers: Array, depth: Array, model: TissueModel) -> Array:
    """R(d) of the mean skin: widening and friction, summed over the layers; never falls with depth."""
    tops = _tops_mm(layers)
    strength = [model.epidermis_resistance, model.papillary_resistance, model.reticular_resistance]
    gains = [_beside(gain) for gain in (strength[0], strength[1] - strength[0], strength[2] - strength[1])]
    dermis_end, fat = tops[:, 3:], _beside(model.fat_resistance)
    # A cut that has passed the dermis keeps its grip: softer fat beneath does not push the needle back out.
    in_dermis = np.minimum(depth, dermis_end)
    widened = fat * needles.widening_mm(depth - dermis_end)
    rubbed = (fat - _beside(strength[-1])) * np.maximum(depth - dermis_end, 0.0)
    for gain, top in zip(gains, tops[:, :3].T, strict=True):
        widened = widened + gain * needles.widening_mm(in_dermis - top[:, None])
        rubbed = rubbed + gain * np.maximum(depth - top[:, None], 0.0)
    resistance: Array = _beside(model.widening_toughness) * widened + _beside(model.flank_friction) * rubbed
    return resistance
