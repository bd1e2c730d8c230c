"""The treated region: a polygon in mm, a rectangle unless told otherwise."""

from __future__ import annotations

import re

import numpy as np
import shapely
from shapely.geometry import Polygon

from ..data.arguments import named
from ..data.checks import InputError, Within, refuse, shown

AREA_LIMITS_MM2 = (1.0, 4e6)  # from a single lentigo to twice a body
SIZES = f"{AREA_LIMITS_MM2[0]:g} to {AREA_LIMITS_MM2[1]:g} mm2"
ALLOWED = f"WIDTHxHEIGHT in mm such as 20x20, a WKT polygon, a .geojson or an .svg file; {SIZES}"

DRAWN = (".geojson", ".json", ".svg")  # endings of files that hold a region

SIDE = Within(1e-7, 1e8, "mm")  # of a rectangle, before its area is looked at
FARTHEST_MM = 1e7  # from the origin: beyond it a needle's place keeps fewer digits than its tip is wide


@named
def rectangle(width_mm: float, height_mm: float) -> Polygon:
    """Return a rectangle centred on the origin.

    Parameters
    ----------
    width_mm, height_mm : float — side lengths [mm]

    """
    x, y = (SIDE.number(name, side) / 2 for name, side in (("width_mm", width_mm), ("height_mm", height_mm)))
    return checked_region(Polygon([(-x, -y), (x, -y), (x, y), (-x, y)]))


@named
def checked_region(region: Polygon) -> Polygon:
    """Return the region, flat, if it is one valid polygon, possibly with holes, of a treatable area.

    Parameters
    ----------
    region : shapely Polygon — the region [mm]

    Raises
    ------
    InputError
        For anything but a polygon, an empty, self-crossing or zero-area one, or an area or a place out of range.

    """
    if not isinstance(region, Polygon):
        raise refuse("region", region, "one polygon with coordinates in mm")
    if region.is_empty:
        raise InputError(f"region is empty; allowed: {ALLOWED}")
    if not region.is_valid:
        raise InputError(f"region is not a simple polygon ({shapely.is_valid_reason(region)}); allowed: {ALLOWED}")
    if not AREA_LIMITS_MM2[0] <= region.area <= AREA_LIMITS_MM2[1]:
        raise InputError(f"region covers {region.area:g} mm2; allowed: {ALLOWED}")
    if max(map(abs, region.bounds)) > FARTHEST_MM:
        raise InputError(f"region reaches {max(map(abs, region.bounds)):g} mm; allowed: {FARTHEST_MM:g} mm from 0, 0")
    return shapely.force_2d(region)


@named
def parse_region(text: str) -> Polygon:
    """Read a region from the command line.

    Parameters
    ----------
    text : str — '20x30' for a rectangle, a polygon as WKT, or the name of a .geojson or .svg file, all in mm [mm]

    Raises
    ------
    InputError
        If the text is neither, or the region can't be treated.

    """
    if text.lower().endswith(DRAWN):
        from .drawn_region import drawn_polygon

        return checked_region(drawn_polygon(text))
    sides = re.fullmatch(r"\s*([\d.]+)\s*[xX]\s*([\d.]+)\s*", text)
    try:
        width, height = (float(side) for side in sides.groups()) if sides else (0.0, 0.0)
        if SIDE.low <= min(width, height) and max(width, height) <= SIDE.high:
            return rectangle(width, height)
        with np.errstate(all="ignore"):  # coordinates that are no numbers are refused below
            region = shapely.from_wkt(text)
    except (ValueError, NotImplementedError, shapely.errors.ShapelyError) as error:  # curves are not implemented
        if isinstance(error, InputError):
            raise
        raise InputError(f"region = {shown(text)} can't be read; allowed: {ALLOWED}") from error
    return checked_region(region)


@named
def region_of(region: Polygon | str | None) -> Polygon:
    """Return the treated region, however it was given.

    Parameters
    ----------
    region : shapely Polygon, str or None — a polygon, text as for `parse_region`; None for 20 mm x 20 mm [mm]

    Raises
    ------
    InputError
        If it is no region, or can't be treated.

    """
    if region is None:
        return rectangle(20, 20)
    return parse_region(region) if isinstance(region, str) else checked_region(region)
