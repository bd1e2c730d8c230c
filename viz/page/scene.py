"""What the page's 3D scene is made of: skin, roller, strokes and channels as small arrays.

In: the treatments shown. Out: plain objects for JSON, arrays in base64. Nothing here needs GL. A set of channels that
is too large for a page is thinned evenly, in the order in which they were made, and says so.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from math import cos, tan
from typing import Any

import numpy as np
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from ...data.catalog import DeviceSpec, RollerSpec
from ...data.thickness import LAYER_WORDS
from ...geometry.arrays import Array, Ints
from ...geometry.drum import drum_layout
from ...geometry.needle import needle_profile
from ...geometry.skin import interfaces_um, mean_thickness_um
from ...roller.treatment.drum_path import Strokes, strokes
from ...roller.treatment.result import Treatment
from ..palette import CHANNEL_MAP, CHANNEL_SCALE_UM, DRUM, HANDLE, LAYER_COLOURS, STEEL, colour_map

MOST_CHANNELS = 20_000  # of all devices of a page together: 30 bytes each, and a frame that a phone can draw
FAT_SHOWN_MM = 1.2  # of the hypodermis
CUT_SHARES = (0.08, 0.3)  # of the region from its near edge: the skin is cut between them, no further than CUT_MM
CUT_MM = 4.5
CUTS_TRIED = 400
THROUGH_SHARE = 0.5  # of a channel's half-width: a cut so near to its axis shows what it is
ROLLER_AT = (0.2, 0.85)  # of the region: where the roller stands on a pass, so that the right side is free
MAP_STEPS = 256
UNSEEN_MM = 1e-3  # of a drum that is not there
LEAST_SHARE = 0.01  # of a stroke before its first channel: 32 bits still hold it apart from the stroke before


def scene_data(treatments: Sequence[Treatment], labels: Sequence[str]) -> dict[str, Any]:
    """Return everything that the scene shows, ready for JSON.

    Parameters
    ----------
    treatments : sequence of Treatment — one a device, of the same skin and region [-]
    labels : sequence of str — what to call them [-]

    """
    first = treatments[0]
    edges = interfaces_um(mean_thickness_um(first.site)) / 1000
    edges[-1] = min(edges[-1], edges[-2] + FAT_SHOWN_MM)
    left, near, right, far = first.region.bounds
    cut_at = cut_at_mm(treatments)
    # One scale for all pictures; what is deeper than its end has the last colour.
    deepest = max(CHANNEL_SCALE_UM[1], *(treatment.channels.peak_depth_um.max(initial=0.0) for treatment in treatments))
    shades = np.clip(np.linspace(0.0, deepest, MAP_STEPS) / CHANNEL_SCALE_UM[1], 0.0, 1.0)
    return {
        "bounds": [left, near, right, far],
        "cut_at_mm": cut_at,
        "whole": _rings(first.region.intersection(box(left, cut_at, right, far))),
        "opened": _rings(first.region.intersection(box(left, near, right, cut_at))),
        "layers": [
            {
                "name": layer.name.replace("_", "-"),
                "words": LAYER_WORDS[layer.name],
                "colour": LAYER_COLOURS[layer.name],
                "top_mm": top,
                "bottom_mm": bottom,
            }
            for layer, top, bottom in zip(first.site.layers, edges[:-1], edges[1:], strict=True)
        ],
        "depths_mm": [0.0, deepest / 1000],
        "colours": {"drum": DRUM, "steel": STEEL, "handle": HANDLE},
        "colour_map": packed(colour_map(CHANNEL_MAP)(shades, bytes=True), "u1"),
        "devices": [
            _device(treatment, label, MOST_CHANNELS // len(treatments))
            for treatment, label in zip(treatments, labels, strict=True)
        ],
    }


def cut_at_mm(treatments: Sequence[Treatment]) -> float:
    """Return where a cut along x opens the skin [mm]: through as many channels of every device as can be had.

    Parameters
    ----------
    treatments : sequence of Treatment — one a device, of the same region [-]

    """
    _, near, _, far = treatments[0].region.bounds
    first, last = (near + min(CUT_MM * share / CUT_SHARES[1], share * (far - near)) for share in CUT_SHARES)
    places = np.linspace(first, last, CUTS_TRIED)
    met = np.zeros(CUTS_TRIED)
    for treatment in treatments:
        channels = treatment.channels
        y, depth = channels.y_mm[channels.inside], channels.peak_depth_um[channels.inside]
        half = THROUGH_SHARE * needle_profile(treatment.device).half_width(depth / 1000)
        # Of each place: how many begin before it, less how many end before it.
        begin, end = np.searchsorted(np.sort(y - half), places), np.searchsorted(np.sort(y + half), places)
        met += (begin - end) / max(1, (begin - end).max())
    return float(places[np.argmax(met)])


def channels_shown(treatment: Treatment, most: int) -> Ints:
    """Return which channels of the region a scene of at most `most` shows: all, or an even choice over all passes.

    Parameters
    ----------
    treatment : Treatment — whose channels [-]
    most : int — at most so many [-]

    """
    inside = np.flatnonzero(treatment.channels.inside)
    if inside.size <= most:
        return inside
    return inside[np.linspace(0, inside.size - 1, most).astype(np.int64)]


def sampling_words(shown: int, total: int) -> str:
    """Return what the page says about a scene that holds fewer channels than there are, empty if it holds all.

    Parameters
    ----------
    shown, total : int — channels [-]

    """
    if shown >= total:
        return ""
    return f"The scene shows {shown:,} of {total:,} channels, evenly chosen; every number is of all of them."


def packed(values: Any, kind: str) -> dict[str, str]:
    """Return an array as it travels: its kind, and its little-endian bytes in base64.

    Parameters
    ----------
    values : array — numbers [any]
    kind : str — 'u1', 'u2', 'u4' or 'f4' [-]

    """
    data = np.ascontiguousarray(values, dtype=f"<{kind}").tobytes()
    return {"kind": kind, "data": b64encode(data).decode("ascii")}


def _rings(shape: BaseGeometry) -> list[list[list[list[float]]]]:
    """Polygons as lists of rings, the outline first; what is no area is left out."""
    parts = shape.geoms if hasattr(shape, "geoms") else [shape]
    polygons = [part for part in parts if isinstance(part, (Polygon, MultiPolygon)) and part.area > 0]
    return [
        [np.round(np.asarray(ring.coords)[:-1, :2], 4).tolist() for ring in (part.exterior, *part.interiors)]
        for part in polygons
    ]


def _device(treatment: Treatment, label: str, most: int) -> dict[str, Any]:
    made, chosen = strokes(treatment), channels_shown(treatment, most)
    roller, profile = treatment.device, needle_profile(treatment.device)
    total = int(treatment.channels.inside.sum())
    return {
        "label": label,
        "passes": treatment.technique.passes,
        "said": sampling_words(chosen.size, total),
        "roller": _body(roller, made),
        "needle": {
            "shape": [
                profile.tip_radius_mm,
                tan(profile.half_angle_rad),
                profile.tip_radius_mm * cos(profile.half_angle_rad)
                - profile.sphere_end_mm * tan(profile.half_angle_rad),
                profile.shaft_radius_mm,
            ],
            "sphere_end_mm": profile.sphere_end_mm,
            "sheet_mm": profile.sheet_thickness_mm or 0.0,
        },
        "strokes": _strokes(treatment, made),
        "channels": _channels(treatment, made, chosen),
    }


def _body(device: DeviceSpec, made: Strokes) -> dict[str, Any]:
    """What rolls over the skin; of a pen or a stamp nothing, whose channels alone the page's scene shows."""
    if not isinstance(device, RollerSpec):
        nothing = packed(np.empty(0), "f4")
        size = {"radius_mm": UNSEEN_MM, "width_mm": UNSEEN_MM, "length_mm": device.length_mm}
        return size | {
            "axle_height_mm": made.axle_height_mm,
            "travel_per_turn_mm": 1.0,
            "angle": nothing,
            "along": nothing,
        }
    layout = drum_layout(device)
    return {
        "radius_mm": device.drum_radius_mm,
        "width_mm": device.drum_width_mm,
        "length_mm": device.length_mm,
        "axle_height_mm": made.axle_height_mm,
        "travel_per_turn_mm": made.travel_per_turn_mm,
        "angle": packed(layout.angle_rad, "f4"),
        "along": packed(layout.along_axle_mm, "f4"),
    }


def _strokes(treatment: Treatment, made: Strokes) -> dict[str, Any]:
    stroke, along = _stands(treatment, made)
    passes = np.arange(1, treatment.technique.passes + 1)
    return {
        "pass_number": packed(made.pass_number, "u1"),
        "direction": packed(made.direction_rad, "f4"),
        "across": packed(made.across_mm, "f4"),
        "from": packed(made.from_mm, "f4"),
        "to": packed(made.to_mm, "f4"),
        "turn": packed(made.turn_rad, "f4"),
        "ends": packed(np.searchsorted(made.pass_number, passes, side="right"), "f4"),
        "stand_stroke": packed(stroke, "u4"),
        "stand_along": packed(along, "f4"),
    }


def _stands(treatment: Treatment, made: Strokes) -> tuple[Ints, Array]:
    """Stroke and place on it where the roller stands on each pass: on a landing, as near to `ROLLER_AT` as there is."""
    passes = treatment.technique.passes
    left, near, right, far = treatment.region.bounds
    target = np.array([left + ROLLER_AT[0] * (right - left), near + ROLLER_AT[1] * (far - near)])
    heading, across = made.direction_rad[made.of_channel], made.across_mm[made.of_channel]
    x = made.opened_at_mm * np.cos(heading) - across * np.sin(heading)
    y = made.opened_at_mm * np.sin(heading) + across * np.cos(heading)
    number = made.pass_number[made.of_channel]
    order = np.lexsort((np.hypot(x - target[0], y - target[1]), number))
    stroke, along = np.zeros(passes, np.int64), np.zeros(passes)
    if not order.size:
        return stroke, along
    # A pass that opened nothing keeps the roller where the pass before it, or else the first that did, has left it.
    met, first = np.unique(number[order], return_index=True)
    last_met = np.maximum(np.searchsorted(met, np.arange(1, passes + 1), side="right") - 1, 0)
    landing = order[first[last_met]]
    return made.of_channel[landing], made.opened_at_mm[landing]


def _channels(treatment: Treatment, made: Strokes, chosen: Ints) -> dict[str, Any]:
    channels = treatment.channels
    stroke = made.of_channel[chosen]
    length = (made.to_mm - made.from_mm)[stroke]
    share = np.divide(
        made.opened_at_mm[chosen] - made.from_mm[stroke], length, out=np.zeros(chosen.size), where=length > 0
    )
    bottoms = np.cumsum(channels.thickness_um[chosen], axis=1)[:, :-1]
    return {
        "count": int(chosen.size),
        "x": packed(channels.x_mm[chosen], "f4"),
        "y": packed(channels.y_mm[chosen], "f4"),
        "peak": packed(np.rint(10 * channels.peak_depth_um[chosen]), "u2"),
        "residual": packed(np.rint(10 * channels.residual_depth_um[chosen]), "u2"),
        "aspect": packed(np.rint(1000 * channels.aspect_ratio[chosen]), "u2"),
        "ring": packed(channels.ring[chosen], "u1"),
        "needle": packed(channels.needle[chosen], "u2"),
        "peak_layer": packed((channels.peak_depth_um[chosen, None] > bottoms).sum(axis=1), "u1"),
        "residual_layer": packed((channels.residual_depth_um[chosen, None] > bottoms).sum(axis=1), "u1"),
        "stroke": packed(stroke, "u4"),
        "time": packed(stroke + np.clip(share, LEAST_SHARE, 1.0), "f4"),
    }
