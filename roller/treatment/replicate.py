"""The figures of one replicate, in groups that are worked out together; only those wanted are.

In: where the needles went and what they left. Out: one array a name of `VARIABLES`. Gaps and areas cost most of a
treatment, so whoever wants densities alone does not pay for them, and gets the same densities.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from shapely.geometry import Polygon

from ...data.catalog import RollerSpec
from ...data.checks import InputError, refuse
from ...geometry.arrays import Array
from ...geometry.needle import needle_profile
from ...geometry.skin import interfaces_um
from ..coverage.areas import Channels, coverage, densities
from ..coverage.gaps import find_gaps
from ..coverage.passes import Contacts
from ..insertion.balance import DrumBalance
from ..insertion.motion import entry_angle_rad
from ..technique import Technique
from .result import STATISTICS, VARIABLES


@dataclass(frozen=True)
class Punctures:
    """One replicate: where the needles went and what they left.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    technique : Technique — what the hand did [-]
    region : shapely Polygon — what is treated [mm]
    person_um : (5,) float — mean thickness of this person's layers [um]
    balance : DrumBalance — of the drum, one entry a ring [mm, N]
    lane_density_per_mm2 : float — contacts per area of one lane [1/mm2]
    contacts : Contacts — of needles with the skin [mm]
    channels : Channels — contacts that opened the skin [mm, um]

    """

    roller: RollerSpec
    technique: Technique
    region: Polygon
    person_um: Array
    balance: DrumBalance
    lane_density_per_mm2: float
    contacts: Contacts
    channels: Channels


def _motion(made: Punctures, _: Array) -> dict[str, Any]:
    """How the drum stands on the skin."""
    roller, load = made.roller, made.technique.load_n
    axle_height = float(made.balance.axle_height_mm.mean())
    angle = entry_angle_rad(max(axle_height, roller.drum_radius_mm), roller.drum_radius_mm, roller.length_mm)
    edges = interfaces_um(made.person_um)
    return {
        "entry_angle_deg": np.degrees(angle),
        "axle_height_mm": np.float64(axle_height),
        "drum_load_share": made.balance.drum_force_n.mean() / load if load else np.float64(0),
        "engaged_needles": made.balance.engaged.mean(),
        "layer_top_um": edges[:-1],
        "layer_bottom_um": edges[1:],
    }


def _single_channels(made: Punctures, _: Array) -> dict[str, Any]:
    """What the channels are like, each by itself."""
    channels, met = made.channels, made.contacts.inside.sum()
    inner = channels.inside
    return {
        "peak_depth_um": _statistics(channels.peak_depth_um[inner]),
        "residual_depth_um": _statistics(channels.residual_depth_um[inner]),
        "surface_diameter_um": _statistics(channels.surface_diameter_um[inner]),
        "hole_aspect_ratio": _statistics(channels.aspect_ratio[inner]),
        "punctured_fraction": np.float64(inner.sum() / met if met else 0.0),
    }


def _counts(made: Punctures, depths_um: Array) -> dict[str, Any]:
    """How many channels there are."""
    counted = densities(made.channels, made.region, depths_um, made.technique.passes)
    return {
        "density_per_cm2": counted.density_per_cm2,
        "density_at_depth_per_cm2": counted.density_at_depth_per_cm2,
        "layer_density_per_cm2": counted.layer_density_per_cm2.T,
    }


def _areas(made: Punctures, depths_um: Array) -> dict[str, Any]:
    """Which share of area and layers they touch."""
    technique = made.technique
    per_pass = np.bincount(made.contacts.pass_number, minlength=technique.passes + 1)[1:]
    touched = coverage(
        made.channels,
        needle_profile(made.roller),
        made.region,
        depths_um,
        per_pass,
        made.lane_density_per_mm2,
        technique.overlap,
    )
    return {
        "coverage": touched.coverage,
        "expected_coverage": touched.expected_coverage,
        "residual_coverage": touched.residual_coverage,
        "multiplicity": touched.multiplicity,
        "residual_multiplicity": touched.residual_multiplicity,
        "layer_volume_fraction": touched.layer_volume_fraction.T,
    }


def _untouched(made: Punctures, _: Array) -> dict[str, Any]:
    """What stays untouched between them."""
    channels = made.channels
    between = find_gaps(
        channels.x_mm,
        channels.y_mm,
        channels.surface_diameter_um / 2000,
        channels.pass_number,
        made.technique.passes,
        made.region,
        made.lane_density_per_mm2**-0.5,
    )
    return {
        "largest_gap_mm": between.largest_gap_mm,
        "mean_distance_to_channel_mm": between.mean_distance_to_channel_mm,
        "p95_distance_to_channel_mm": between.p95_distance_to_channel_mm,
    }


MOTION = frozenset(
    {"entry_angle_deg", "axle_height_mm", "drum_load_share", "engaged_needles", "layer_top_um", "layer_bottom_um"}
)
SINGLE_CHANNELS = frozenset(
    {"peak_depth_um", "residual_depth_um", "surface_diameter_um", "hole_aspect_ratio", "punctured_fraction"}
)
COUNTS = frozenset({"density_per_cm2", "density_at_depth_per_cm2", "layer_density_per_cm2"})
AREAS = frozenset({"coverage", "expected_coverage", "residual_coverage", "layer_volume_fraction"}) | {
    "multiplicity",
    "residual_multiplicity",
}
UNTOUCHED = frozenset({"largest_gap_mm", "mean_distance_to_channel_mm", "p95_distance_to_channel_mm"})

GROUPS: tuple[tuple[frozenset[str], Callable[[Punctures, Array], dict[str, Any]]], ...] = (
    (MOTION, _motion),
    (SINGLE_CHANNELS, _single_channels),
    (COUNTS, _counts),
    (AREAS, _areas),
    (UNTOUCHED, _untouched),
)


def figures_of(made: Punctures, depths_um: Array, wanted: Collection[str]) -> dict[str, Array]:
    """Return the figures wanted of one replicate.

    Parameters
    ----------
    made : Punctures — the replicate [-]
    depths_um : (Z,) float — depths of the table [um]
    wanted : collection of str — names of `VARIABLES` [-]

    """
    found: dict[str, Any] = {}
    for names, work_out in GROUPS:
        if not names.isdisjoint(wanted):
            found |= work_out(made, depths_um)
    return {name: np.asarray(found[name], dtype=np.float64) for name in VARIABLES if name in wanted}


def checked_figures(figures: Collection[str] | None) -> tuple[str, ...]:
    """Return the names of the figures wanted, in the order of `VARIABLES`.

    Parameters
    ----------
    figures : collection of str or None — names of `VARIABLES`; None for all [-]

    """
    if figures is None:
        return tuple(VARIABLES)
    unknown = [name for name in figures if name not in VARIABLES]
    if unknown:
        raise refuse("figures", unknown[0], "names of the result's variables: " + ", ".join(VARIABLES))
    if not figures:
        raise InputError("figures is empty; allowed: one or more of " + ", ".join(VARIABLES))
    return tuple(name for name in VARIABLES if name in figures)


def _statistics(values: Array) -> Array:
    """The five figures of `STATISTICS`; NaN where there is no channel."""
    if not values.size:
        return np.full(len(STATISTICS), np.nan)
    spread = values.std(ddof=1) if values.size > 1 else 0.0
    return np.array([values.mean(), spread, *np.quantile(values, [0.05, 0.5, 0.95])])
