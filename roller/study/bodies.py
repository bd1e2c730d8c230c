"""Bodies in a study: their zones, and what of a mesh file decides the rows.

In: a surface by name or file, as an axis has it. Out: the body, read once in a process.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from ...data.checks import InputError, refuse
from ...geometry.surface.body import Surface
from ..zones.bodies import STANDARD, surface_of

AXES_OF_BODIES = ("surface", "unit", "zone")


@lru_cache(maxsize=4)
def body_of(surface: str, unit: str | None = None) -> Surface:
    """Return a body; a mesh file without zones is one zone, with the skin of a cheek unless a site is given.

    Parameters
    ----------
    surface : str — 'face', 'forearm', 'thigh' or a mesh file [-]
    unit : str or None — of the file's lengths; None: guessed [-]

    """
    return surface_of(surface, unit, site="cheek")


def zones_of_bodies(surfaces: tuple[str, ...], unit: str | None) -> tuple[str, ...]:
    """Return the names of the zones of one body.

    Parameters
    ----------
    surfaces : tuple of str — of a study, one where zones are to be looked up [-]
    unit : str or None — of the files' lengths [-]

    Raises
    ------
    InputError
        If there are several bodies, or one without zones.

    """
    if len(surfaces) > 1:
        raise refuse("zone", "missing", "zones under axes or fixed, where there are several surfaces")
    names = body_of(surfaces[0], unit).zone_names
    if not names:
        raise refuse("surface", surfaces[0], "a body with zones")
    return names


def check_zones(surfaces: tuple[str, ...], unit: str | None, zones: tuple[str, ...]) -> None:
    """Refuse a zone that no body of a study has.

    Parameters
    ----------
    surfaces, zones : tuple of str — of the study [-]
    unit : str or None — of the files' lengths [-]

    """
    for zone in zones:
        problem: InputError | None = None
        for surface in surfaces:
            try:
                body_of(surface, unit).zone_index(zone)
                break
            except InputError as error:
                problem = problem or error
        else:
            raise problem or refuse("zone", zone, "a zone of a surface")


def digest_of(surface: str) -> str:
    """Return a short name of what a mesh file holds; empty for a body of our own.

    Parameters
    ----------
    surface : str — as an axis has it [-]

    """
    if surface in STANDARD:
        return ""
    return hashlib.sha256(Path(surface).read_bytes()).hexdigest()[:16]
