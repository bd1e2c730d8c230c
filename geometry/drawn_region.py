"""A treated region from a drawing: GeoJSON in mm, or a path of an SVG whose size is given in mm, cm or inches.

In: a file. Out: a polygon in mm. Coordinates in degrees and drawings without a size are refused: nothing tells how
large they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import shapely
import shapely.affinity
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.ops import unary_union

from ..data.checks import InputError, refuse
from ..data.inputs import read_as_input
from .arrays import Array

MOST_BYTES = 10_000_000
MM_PER = {"mm": 1.0, "cm": 10.0, "in": 25.4}
CURVE_POINTS = 32  # along a curve of a path: an arc is then 0.05 % short
NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
ARGUMENTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "T": 2, "Z": 0}
DEGREES = (180.0, 90.0)  # largest longitude and latitude


def drawn_polygon(path: str | Path) -> Polygon:
    """Return the area that a file holds, moved so that its middle is at 0, 0.

    Parameters
    ----------
    path : str or Path — .geojson, .json or .svg [mm]

    Raises
    ------
    InputError
        For a file that can't be read, is in degrees, has no size, or holds no single area.

    """
    read_as_input(path)
    file = Path(path)
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InputError(f"{path} is too large; allowed: at most {MOST_BYTES / 1e6:g} MB")
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} can't be read: it is not text") from error
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    try:
        found = _of_svg(text) if file.suffix.lower() == ".svg" else _of_geojson(text)
        low_x, low_y, high_x, high_y = found.bounds
        return shapely.affinity.translate(found, -(low_x + high_x) / 2, -(low_y + high_y) / 2)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ElementTree.ParseError) as error:
        raise InputError(f"{path} can't be read as a drawing: {' '.join(str(error).split())}") from error


def _one(parts: list[Any]) -> Polygon:
    joined = unary_union(parts) if parts else Polygon()
    if isinstance(joined, MultiPolygon):
        raise refuse("region", f"{len(joined.geoms)} separate areas", "one area; treat them one by one")
    if not isinstance(joined, Polygon) or joined.is_empty:
        raise refuse("region", "no area", "one closed area")
    return joined


def _of_geojson(text: str) -> Polygon:
    content = json.loads(text)
    kind = content.get("type")
    features = content["features"] if kind == "FeatureCollection" else [content]
    shapes = [feature["geometry"] if feature.get("type") == "Feature" else feature for feature in features]
    areas = [shape(one) for one in shapes if one and one.get("type") in ("Polygon", "MultiPolygon")]
    found = _one([shapely.force_2d(area) for area in areas])
    system = str((content.get("crs") or {}).get("properties", {}).get("name", ""))
    x, y = np.abs(shapely.get_coordinates(found)).max(axis=0)
    low_x, low_y, high_x, high_y = found.bounds
    small = x <= DEGREES[0] and y <= DEGREES[1] and max(high_x - low_x, high_y - low_y) < 1
    if small or "CRS84" in system or "4326" in system:
        raise refuse("coordinates", f"{high_x:g}, {high_y:g}", "mm; these look like degrees of longitude and latitude")
    return found


def _of_svg(text: str) -> Polygon:
    if "<!ENTITY" in text:
        raise refuse("svg", "entities", "a drawing without entities")
    root = ElementTree.fromstring(text)
    scale = _mm_per_unit(root)
    paths = [node.get("d", "") for node in root.iter() if node.tag.rpartition("}")[2] == "path"]
    if any(node.get("transform") for node in root.iter()):
        raise refuse("transform", "given", "a path without transforms; apply them in the drawing program")
    if len(paths) != 1:
        raise refuse("paths", len(paths), "a drawing of one path")
    rings = [Polygon(ring) for ring in _rings(paths[0]) if len(ring) > 2]
    rings.sort(key=lambda ring: ring.area, reverse=True)
    area = rings[0] if rings else Polygon()
    for ring in rings[1:]:  # even-odd: what lies in another is a hole
        area = area.symmetric_difference(ring)
    return _one([shapely.affinity.scale(area, scale, -scale, origin=(0, 0))])  # an SVG's y goes down


def _mm_per_unit(root: ElementTree.Element) -> float:
    size = re.fullmatch(rf"\s*({NUMBER})\s*(mm|cm|in)\s*", root.get("width", ""))
    if not size:
        given = root.get("width", "none")
        raise refuse("width", given, "a size such as 40mm")
    width = float(size[1]) * MM_PER[size[2]]
    box = [float(part) for part in re.findall(NUMBER, root.get("viewBox", ""))]
    return width / box[2] if len(box) == 4 and box[2] > 0 else MM_PER[size[2]]


def _rings(path: str) -> Iterator[Array]:
    """Yield the closed lines of a path, curves as many short lines."""
    points: list[Array] = []
    here = start = control = np.zeros(2)
    last = ""
    for letter, rest in re.findall(r"([A-Za-z])([^A-Za-z]*(?:[eE][-+]?\d[^A-Za-z]*)*)", path):
        kind = letter.upper()
        if kind not in ARGUMENTS:
            raise refuse("path", letter, "lines and Bezier curves (M L H V C S Q T Z); turn arcs into curves")
        numbers = [float(part) for part in re.findall(NUMBER, rest)]
        count = ARGUMENTS[kind]
        if kind == "Z":
            if points:
                yield np.array(points)
            points, here, last = [], start, kind
            continue
        if not numbers or len(numbers) % count:
            raise refuse("path", f"{letter} with {len(numbers)} numbers", f"{count} numbers, or a multiple")
        for step in range(0, len(numbers), count):
            given = np.array(numbers[step : step + count])
            base = here if letter.islower() else np.zeros(2)
            if kind in "HV":
                axis = "HV".index(kind)
                corner = here.copy()
                corner[axis] = given[0] + base[axis]
                ends = [corner]
            else:
                ends = [given[pair : pair + 2] + base for pair in range(0, count, 2)]
            if kind == "M" and step == 0:
                if len(points) > 2:
                    yield np.array(points)
                points, start = [ends[0]], ends[0]
            elif kind in "CSQT":
                mirrored = 2 * here - control if last in ("CS" if kind in "CS" else "QT") and last else here
                corners = [here, *([mirrored] if kind in "ST" else []), *ends]
                points += list(_bezier(np.array(corners)))
                control = corners[-2]
            else:
                points.append(ends[-1])
            here, last = ends[-1], kind
    if len(points) > 2:
        yield np.array(points)


def _bezier(corners: Array) -> Array:
    """Points of a Bezier curve after its start, (n, 2), by de Casteljau."""
    share = np.linspace(0, 1, CURVE_POINTS + 1)[1:, None]
    level = [np.broadcast_to(corner, (CURVE_POINTS, 2)) for corner in corners]
    while len(level) > 1:
        level = [(1 - share) * one + share * other for one, other in pairwise(level)]
    return np.asarray(level[0], dtype=np.float64)
