"""What is found on a body as text: the answer first, then a row a zone, or a row a zone and device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...geometry.arrays import Flags
from ..treatment.digits import figure, span
from ..treatment.names import place_of
from ..treatment.quantities import ALL
from ..treatment.result import Treatment
from ..treatment.text_table import cell_of
from .result import SurfaceTreatment, ZoneRolled

TOLD = ("density_per_cm2", "peak_depth_um", "surface_coverage")  # of every zone, with both bands
MEANS = ("density_per_cm2", "peak_depth_um_mean", "surface_coverage")  # of all zones, and of several devices
AREA, BARE = "area cm2", "untouched %"
TIME = "minutes_for_region"
WHOLE = "all zones"
LEAST_PERCENT = 0.1  # of untouched skin that the answer tells: less is less than a needle's pitch beside a stroke


def answer_on_body(results: Sequence[SurfaceTreatment]) -> str:
    """Return in a sentence or two how many channels there are, how deep, and what is left untouched.

    Parameters
    ----------
    results : sequence of SurfaceTreatment — one a device, over the same zones [-]

    """
    if len(results) == 1:
        (one,) = results
        return f"{one.device.title} {_left_behind(one)}."
    depths = [one["peak_depth_um_mean"] if _opened(one).any() else np.nan for one in results]
    if not np.isfinite(depths).any():
        return "None of them opens the skin of any zone."
    bare = [float(one.untouched_share[-1]) for one in results]
    deepest, most, least = int(np.nanargmax(depths)), int(np.argmax(bare)), int(np.argmin(bare))
    text = f"Deepest: {figure(depths[deepest])} um, {results[deepest].device.title}."
    if bare[most] == bare[least]:
        return f"{text} {_untouched(bare[most])}."
    text += f" Untouched skin: most under {results[most].device.title}, {_percent(bare[most])}"
    return f"{text}; least under {results[least].device.title}, {_percent(bare[least])}."


def _left_behind(one: SurfaceTreatment) -> str:
    opened, names = _opened(one), [zone.zone.name for zone in one.zones]
    where = f"the zone {names[0]}" if len(names) == 1 else f"{len(names)} zones"
    if not opened.any():
        return f"does not open the skin of {where}"
    density = np.array([treatment["density_per_cm2"] for treatment in one.treatments])
    depth = np.array([treatment["peak_depth_um_mean"] for treatment in one.treatments])[opened]
    few, many = int(density.argmin()), int(density.argmax())
    text = (
        f"leaves {figure(one['density_per_cm2'])} channels per cm2 in {where} ({figure(one.area_cm2)} cm2), "
        f"{span(float(depth.min()), float(depth.max()))} um deep while the needle is in"
    )
    if few != many:
        text += (
            f"; most of them ({figure(float(density[many]))} per cm2) in {names[many]}, "
            f"fewest ({figure(float(density[few]))}) in {names[few]}"
        )
    return f"{text}. {_untouched(float(one.untouched_share[-1]))}"


def _opened(one: SurfaceTreatment) -> Flags:
    """In which zones there are channels."""
    return np.array([treatment["density_per_cm2"] > 0 for treatment in one.treatments])


def _untouched(share: float) -> str:
    if not share > 0:
        return "No skin stays untouched"
    words = f"{_percent(share)} of the skin stays untouched"
    return words[0].upper() + words[1:]


def _percent(share: float) -> str:
    if 0 < 100 * share < LEAST_PERCENT:
        return f"less than {LEAST_PERCENT} %"
    return f"{figure(100 * share)} %" if share > 0 else "none"


def zone_table(one: SurfaceTreatment) -> tuple[list[str], list[list[str]]]:
    """Return heads and a row a zone with both bands of its figures, and a last row of all zones if there are several.

    Parameters
    ----------
    one : SurfaceTreatment — of a device [-]

    """
    rows = [
        [zone.zone.name, figure(zone.area_cm2), *(cell_of(treatment, name) for name in TOLD), *_beside(zone, treatment)]
        for zone, treatment in zip(one.zones, one.treatments, strict=True)
    ]
    if len(rows) > 1:
        rows.append([WHOLE, *_whole(one)])
    return _heads("zone"), rows


def device_table(results: Sequence[SurfaceTreatment]) -> tuple[list[str], list[list[str]]]:
    """Return heads and a row a zone and device, the means of what people ask first.

    Parameters
    ----------
    results : sequence of SurfaceTreatment — one a device, over the same zones [-]

    """
    rows = []
    for place, zone in enumerate(results[0].zones):
        for number, one in enumerate(results):
            treatment, rolled = one.treatments[place], one.zones[place]
            told = [figure(_scale(name) * treatment[name]) for name in MEANS]
            name = "" if number else zone.zone.name
            rows.append([name, one.device.title, figure(rolled.area_cm2), *told, *_beside(rolled, treatment)])
    for number, one in enumerate(results if len(results[0].zones) > 1 else ()):
        rows.append(["" if number else WHOLE, one.device.title, *_whole(one)])
    return _heads("zone", "device"), rows


def _beside(zone: ZoneRolled, treatment: Treatment) -> tuple[str, str]:
    return figure(100 * float(zone.untouched_share[-1])), figure(float(treatment[TIME]))


def _whole(one: SurfaceTreatment) -> list[str]:
    """Of all zones: means by area, and how long they take together."""
    minutes = sum(float(treatment[TIME]) for treatment in one.treatments)
    told = [figure(_scale(name) * one[name]) for name in MEANS]
    return [figure(one.area_cm2), *told, figure(100 * float(one.untouched_share[-1])), figure(minutes)]


def _scale(name: str) -> float:
    return place_of(name).part.quantity.scale


def _heads(*words: str) -> list[str]:
    told = [f"{ALL[name].head} {ALL[name].shown_unit}".strip() for name in TOLD]
    return [*words, AREA, *told, BARE, "minutes"]
