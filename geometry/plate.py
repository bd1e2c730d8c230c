"""Where the needles stand on the plate of a pen or a stamp.

In: a `PenSpec` or `StampSpec`. Out: the place of each needle, along the stroke and across it, from the plate's middle.
"""

from __future__ import annotations

import numpy as np

from ..data.plates import PlateSpec
from .arrays import Array, floats

ROTATIONS = 48  # at which the tracks of a plate are looked at


def plate_places_mm(plate: PlateSpec) -> Array:
    """Return where the needles stand: on circles, each turned by half its pitch against a line ahead, or on a grid.

    Parameters
    ----------
    plate : PlateSpec — the device [mm]

    Returns
    -------
    (N, 2) float — along the stroke and across it, 0 in the plate's middle [mm]

    """
    if plate.grid is not None and plate.plate_length_mm is not None:
        across, along = plate.grid
        x = ((np.arange(along) + 0.5) / along - 0.5) * plate.plate_length_mm
        y = ((np.arange(across) + 0.5) / across - 0.5) * plate.plate_width_mm
        return floats(np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2))
    count = np.array(plate.rings)
    ring = np.repeat(np.arange(count.size), count)
    turn = 2 * np.pi * (np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 0.5) / count[ring]
    radius = floats(plate.ring_radii_mm)[ring]
    return floats(np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=1))


def rim_places_mm(plate: PlateSpec) -> Array:
    """Return places on the rim of a plate, evenly around it, or its corners and the middles of its sides.

    Parameters
    ----------
    plate : PlateSpec — the device [mm]

    Returns
    -------
    (8, 2) float — along the stroke and across it, 0 in the plate's middle [mm]

    """
    turn = np.pi / 4 * np.arange(8)
    around = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    if plate.plate_length_mm is None:
        return floats(plate.plate_width_mm / 2 * around)
    return floats(np.sign(np.round(around, 9)) * [plate.plate_length_mm / 2, plate.plate_width_mm / 2])


def widest_track_gap_mm(plate: PlateSpec, spacing_mm: float) -> float:
    """Return the widest strip that no needle runs over when a turned plate is drawn along strokes side by side.

    Parameters
    ----------
    plate : PlateSpec — the device [mm]
    spacing_mm : float — from one stroke to the next [mm]

    """
    turn = 2 * np.pi * np.arange(ROTATIONS) / ROTATIONS
    x, y = plate_places_mm(plate).T
    tracks = np.sort(np.mod(np.outer(np.sin(turn), x) + np.outer(np.cos(turn), y), spacing_mm), axis=1)
    around = np.concatenate([tracks, tracks[:, :1] + spacing_mm], axis=1)
    return float(np.diff(around, axis=1).max())
