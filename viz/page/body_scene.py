"""What the page shows of a body in 3D: its mesh once for all rollers, and a number a face for each map of each roller.

In: treatments of one body. Out: plain objects for JSON, arrays in base64: places in steps of a few micrometres, numbers
in 65,534 steps of their range. A body of more faces than a page carries is drawn coarser, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb

from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.surface.body import Surface, frame_at, unit_vectors
from ...roller.zones.result import SurfaceTreatment
from ..maps import MAPPED, Mapped, zone_words
from ..palette import BARE, SOFT_INK, colour_map
from .scene import packed

MOST_FACES = 60_000  # of a page: 14 bytes each, and a turn that a phone can draw
FULL = 65_534  # steps of a number of two bytes; one more says that there is none
COLOUR_STEPS = 256


def body_scene_data(treatments: Sequence[SurfaceTreatment], labels: Sequence[str]) -> dict[str, Any]:
    """Return everything that the page's body shows, ready for JSON.

    Parameters
    ----------
    treatments : sequence of SurfaceTreatment — one a roller, of one body [-]
    labels : sequence of str — what to call them [-]

    """
    surface = treatments[0].surface
    place, faces, kept = _drawn(surface)
    treated = np.zeros(len(surface.faces), dtype=bool)
    for zone in treatments[0].zones:
        treated[surface.zone_faces(zone.zone)] = True
    # Faces with numbers come first: only they need to travel with them.
    order = np.argsort(~treated[kept], kind="stable")
    faces, kept = faces[order], kept[order]
    count = int(treated[kept].sum())
    low, step = place.min(axis=0), float(np.ptp(place, axis=0).max()) / FULL
    return {
        "name": surface.name,
        "said": _coarser(len(faces), len(surface.faces)),
        "low": low.tolist(),
        "step": step,
        "place": packed(np.rint((place - low) / step), "u2"),
        "face": packed(faces, "u2" if len(place) <= FULL else "u4"),
        "zone_of_face": packed(surface.zone_of_face[kept[:count]], "u1"),
        "zones": [zone_words(zone.name) for zone in surface.zones],
        "treated": count,
        "bare": BARE,
        "border": SOFT_INK,
        "maps": [_map(told, treatments, labels, kept[:count]) for told in MAPPED.values()],
        "devices": list(labels),
    }


def _coarser(shown: int, there: int) -> str:
    return f"The body is drawn with {shown:,} of its {there:,} faces; every number is of all of them." * (shown < there)


def _drawn(surface: Surface) -> tuple[Array, Ints, Ints]:
    """Corners as the page sees them (to the side, up, to the front), faces, and which face of the body each one is."""
    up = unit_vectors(surface.up)
    side, upward = frame_at(surface, np.roll(up, 1))
    turned = surface.vertices @ np.stack([side, upward, np.cross(side, upward)], axis=1)
    if len(surface.faces) <= MOST_FACES:
        return floats(turned), surface.faces, np.arange(len(surface.faces))
    return _clustered(floats(turned), surface.faces, surface.face_area_mm2.sum())


def _clustered(place: Array, faces: Ints, area: float) -> tuple[Array, Ints, Ints]:
    """The body with corners that lie close together as one: so wide apart that the faces left are few enough."""
    wide = (2.0 * area / MOST_FACES) ** 0.5
    while True:
        _, first, same = np.unique(
            np.rint(place / wide).astype(np.int64), axis=0, return_index=True, return_inverse=True
        )
        small = same.ravel()[faces]
        whole: Flags = (small != np.roll(small, 1, axis=1)).all(axis=1)
        _, once = np.unique(np.sort(small[whole], axis=1), axis=0, return_index=True)
        kept = np.flatnonzero(whole)[np.sort(once)]
        if kept.size <= MOST_FACES:
            return place[first], small[kept], kept
        wide *= 1.2


def _map(told: Mapped, treatments: Sequence[SurfaceTreatment], labels: Sequence[str], kept: Ints) -> dict[str, Any]:
    low, high = told.ends(treatments)
    colours = _shades(told)
    values = [told.values(one)[kept] for one in treatments]
    known = np.concatenate([value[np.isfinite(value)] for value in values])
    least, most = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    step = max((most - least) / FULL, 1e-12)
    return {
        "key": told.key,
        "label": told.label,
        "words": told.words,
        "unit": told.unit,
        "from": low,
        "to": high,
        "more": most > high,
        "classes": [{"colour": colour, "words": words} for colour, words in told.classes],
        "colours": packed(colours, "u1"),
        "least": least,
        "step": step,
        "values": [
            packed(np.where(np.isfinite(value), np.rint((value - least) / step), FULL + 1), "u2") for value in values
        ],
    }


def _shades(told: Mapped) -> Array:
    """Colours of a scale, or of its classes, in even steps, (256, 3), 0 to 255."""
    if told.classes:
        inks = floats([to_rgb(colour) for colour, _ in told.classes])
        return floats(np.rint(255 * inks[np.arange(COLOUR_STEPS) * len(inks) // COLOUR_STEPS]))
    return floats(colour_map(told.colours)(np.linspace(0.0, 1.0, COLOUR_STEPS), bytes=True)[:, :3])
