"""A user's own body: a mesh file, in whatever unit, as a surface with zones.

In: a path. Out: a `Surface` in mm, mended, fine enough for its curvature, that says in its notes what was done to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from ...data.checks import InputError, refuse
from ..arrays import Array
from ..triangles.mending import mended, refuse_wild
from ..triangles.mesh_files import Raw, read_mesh
from .body import UP, Surface
from .refining import refined
from .zoning import ZoneRule, part_names, with_zones

Unit = Literal["mm", "cm", "dm", "m"]
IN_MM: dict[Unit, float] = {"mm": 1.0, "cm": 10.0, "dm": 100.0, "m": 1000.0}
SMALLEST_MM, LARGEST_MM = 20.0, 2600.0  # longest side of anything that a roller is used on: a fingertip, a tall body
FACE_MM, SLENDER = (90.0, 450.0), 3.5  # of a face or head; and a longest side over the shortest one as bodies have it
BODY_MM = (900.0, 2300.0)
DIRECTIONS = {"x": (1.0, 0.0, 0.0), "y": UP, "z": (0.0, 0.0, 1.0)}


def read_surface(
    path: str | Path,
    unit: Unit | None = None,
    *,
    zones: Sequence[ZoneRule] = (),
    site: str | None = None,
    bone_depth_mm: float | None = None,
    largest: bool = False,
    up: str = "y",
    refine: bool = True,
) -> Surface:
    """Return the surface of a mesh file.

    Parameters
    ----------
    path : str or Path — .stl, .obj, .ply or .glb [-]
    unit : str or None — 'mm', 'cm', 'dm' or 'm'; None: guessed from the size, and said [-]
    zones : sequence of ZoneRule — where its zones are; none: all of it is one, with the site [-]
    site : str or None — site of the catalogue for a surface without zones of its own [-]
    bone_depth_mm : float or None — depth to bone there [mm]
    largest : bool — of several parts keep the largest [-]
    up : str — the axis along which the body stands: 'x', 'y' or 'z' [-]
    refine : bool — halve edges that are too long for the curvature [-]

    Raises
    ------
    InputError
        For a file that can't be read or mended, and for zones that have nothing.

    """
    if unit is not None and unit not in get_args(Unit):
        raise refuse("unit", unit, ", ".join(get_args(Unit)))
    if up not in DIRECTIONS:
        raise refuse("up", up, ", ".join(DIRECTIONS))
    raw = read_mesh(path)
    name = Path(path).stem
    refuse_wild(name, raw.vertices, raw.faces)
    said, note = _unit(raw, unit, name)
    sound = mended(name, raw.vertices * IN_MM[said], raw.faces, largest=largest)
    notes = (note, *sound.notes) if note else sound.notes
    none = np.full(len(sound.faces), -1)
    bare = Surface(name, sound.vertices, sound.faces, none, (), said, notes, DIRECTIONS[up])
    if zones:
        surface = with_zones(bare, zones, raw, sound.of_face)
    elif site is not None:
        whole = {"point_mm": (0.0, -1e4, 0.0), "direction": (0.0, 1.0, 0.0)}
        rule = ZoneRule.model_validate({"name": "whole", "site": site, "bone_depth_mm": bone_depth_mm, "plane": whole})
        surface = with_zones(bare, [rule])
    else:
        parts = ", ".join(part_names(raw)) or "none"
        raise InputError(f"{name} has no zones and no site; allowed: a site, or zones (parts of the file: {parts})")
    return refined(surface) if refine else surface


def _unit(raw: Raw, unit: Unit | None, name: str) -> tuple[Unit, str]:
    """Unit of a mesh, and words on it if it was guessed."""
    sides = _sides(raw)
    longest = float(sides.max())
    if unit is None and raw.unit is not None:
        told: Unit = "m"
        if SMALLEST_MM <= longest * IN_MM[told] <= LARGEST_MM:
            return told, ""
    if unit is None:
        guess = _guessed(longest, longest / max(float(sides.min()), 1e-300))
        if guess is None:
            raise InputError(
                f"{name} is {longest:g} long, in no unit a body; allowed: {SMALLEST_MM:g} to {LARGEST_MM:g} mm"
            )
        size = longest * IN_MM[guess]
        return (
            guess,
            f"unit guessed from the size: {guess}, which makes the longest side {size:.0f} mm; --unit says otherwise",
        )
    size = longest * IN_MM[unit]
    if not SMALLEST_MM <= size <= LARGEST_MM:
        raise InputError(
            f"unit = {unit!r} makes {name} {size:g} mm long; allowed: {SMALLEST_MM:g} to {LARGEST_MM:g} mm"
        )
    return unit, ""


def _sides(raw: Raw) -> Array:
    """Sides of the box around the corners that are used."""
    used = np.zeros(len(raw.vertices), dtype=bool)
    used[raw.faces] = True
    return np.asarray(np.ptp(raw.vertices[used], axis=0))


def _guessed(longest: float, slender: float) -> Unit | None:
    """The unit in which a mesh has the size of a slender body or of a face or limb; else of anything rolled over."""
    sizes = {unit: longest * factor for unit, factor in IN_MM.items()}
    low, high = BODY_MM if slender > SLENDER else FACE_MM
    likely = [unit for unit, size in sizes.items() if low <= size <= high]
    possible = [unit for unit, size in sizes.items() if SMALLEST_MM <= size <= LARGEST_MM]
    return next(iter(likely or possible), None)
