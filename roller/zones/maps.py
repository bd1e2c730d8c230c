"""Maps of a treatment over a body: for every face what lies within a few millimetres of its middle.

In: zones that were rolled over. Out: arrays with a value a face of the surface, NaN where nothing was treated.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.spatial import cKDTree

from ...geometry.arrays import Array
from ...geometry.skin import interfaces_um
from ...geometry.surface.body import Surface
from .simulating import MadeOnBody

AROUND_MM = 3.0  # of a face's middle: a few of a roller's spacings, so that a map shows the body and not single needles
PAIRS_AT_ONCE, SAMPLED = 1 << 20, 16  # each takes some 70 bytes; one face in so many is asked how many it has
# What zones and maps say that the one table of quantities does not hold, for it is worked out on bodies alone: words,
# unit as printed, printed over stored number.
OF_BODIES = {
    "area_cm2": ("area of the zone", "cm²", 1.0),
    "untouched_share": ("skin with no channel within a needle's pitch", "%", 100.0),
    "rings_touching": ("rings of needles that touch the skin at once", "", 1.0),
    "layer_reached": ("layer in which channels end", "", 1.0),
}
UNITS = {
    "density_per_cm2": "1/cm2",
    "peak_depth_um": "um",
    "layer_reached": "layer",
    "surface_coverage": "1",
    "untouched_share": "1",
}


@dataclass(frozen=True)
class Maps:
    """Values over the faces of a surface, (F,) each; NaN where nothing was treated, or where there is no channel.

    Parameters
    ----------
    density_per_cm2 : (F,) float — channels around, per area [1/cm2]
    peak_depth_um : (F,) float — mean peak depth of the channels around [um]
    layer_reached : (F,) float — layer in which that depth lies, 0 the stratum corneum; -1 where none opens [-]
    surface_coverage : (F,) float — share of the surface inside channels, as independent ones cover it [-]
    untouched_share : (F,) float — share of the surface around that has no channel within a needle's pitch [-]

    """

    density_per_cm2: Array
    peak_depth_um: Array
    layer_reached: Array
    surface_coverage: Array
    untouched_share: Array

    def named(self) -> dict[str, Array]:
        """Return the maps by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def empty_maps(surface: Surface) -> Maps:
    """Return maps of a body that nothing has touched.

    Parameters
    ----------
    surface : Surface — the body [mm]

    """
    return Maps(**{field.name: np.full(len(surface.faces), np.nan) for field in fields(Maps)})


def write_zone(maps: Maps, made: MadeOnBody, bare_mm: float) -> None:
    """Write what one zone shows into the maps.

    Parameters
    ----------
    maps : Maps — of the whole surface, changed here [as each]
    made : MadeOnBody — the zone [mm, um]
    bare_mm : float — from there on a point counts as untouched: farther from any channel's edge [mm]

    """
    chart = made.chart
    assert chart is not None
    surface, faces = chart.surface, chart.faces
    middles = surface.vertices[surface.faces[faces]].mean(axis=1)
    points, channels = made.points, made.channels
    far = made.distance_mm[-1] > bare_mm
    area, bare = _around(middles, points.place_mm, [points.area_mm2, points.area_mm2 * far])
    inside = channels.inside
    radius = channels.surface_diameter_um[inside] / 2000
    count, depth, disc = _around(
        middles,
        made.place_mm[inside],
        [np.ones(inside.sum()), channels.peak_depth_um[inside], np.pi * radius**2 * channels.aspect_ratio[inside]],
    )
    # A face far from any strewn point is smaller than they are apart: its neighbours speak for it.
    known = area > 0
    mean = np.divide(depth, count, out=np.full(count.size, np.nan), where=count > 0)
    layer = np.searchsorted(interfaces_um(made.person_um)[1:-1], np.nan_to_num(mean), side="right")
    maps.density_per_cm2[faces] = 100 * np.divide(count, area, out=np.full(count.size, np.nan), where=known)
    maps.peak_depth_um[faces] = mean
    maps.layer_reached[faces] = np.where(count > 0, layer, -1.0)
    maps.surface_coverage[faces] = 1 - np.exp(-np.divide(disc, area, out=np.zeros(count.size), where=known))
    maps.untouched_share[faces] = np.divide(bare, area, out=np.full(count.size, np.nan), where=known)


def _around(middles: Array, places: Array, values: list[Array]) -> list[Array]:
    """Sums of values over the places around each of some middles, (n,) each."""
    found = [np.zeros(len(middles)) for _ in values]
    if not len(places):
        return found
    tree = cKDTree(places)
    # Pairs of a face and a place: on a fine mesh they are many more than faces and places together.
    pairs = SAMPLED * int(cKDTree(middles[::SAMPLED]).count_neighbors(tree, AROUND_MM))
    for some in np.array_split(np.arange(len(middles)), pairs // PAIRS_AT_ONCE + 1):
        near = cKDTree(middles[some]).sparse_distance_matrix(tree, AROUND_MM, output_type="coo_matrix")
        for total, value in zip(found, values, strict=True):
            total[some] = np.bincount(near.row, value[near.col], some.size)
    return found
