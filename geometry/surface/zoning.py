"""Zones on a surface: by what the file names, by a plane, by a polygon seen from somewhere, by a point and a radius.

In: a surface and rules. Out: the surface with its zones, the triangles along their borders cut so that areas are those
asked for and not those of whole triangles. Where zones overlap, the later one has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import Field, model_validator
from shapely.geometry import Polygon

from ...data.catalog import sites
from ...data.checks import InputError, Record, Within, refuse, unknown_name
from ...data.tables import Name, checked_row, read_toml
from ..arrays import Array, Flags, Ints, floats
from ..triangles.mesh_files import Raw
from ..triangles.topology import component_of_face
from .body import Surface, Zone, unit_vectors
from .distance import distance_mm
from .locate import nearest
from .refining import cut

FARTHEST = Within(-1e4, 1e4, "mm")
Place = tuple[
    Annotated[float, FARTHEST],
    Annotated[float, FARTHEST],
    Annotated[float, FARTHEST],
]
BONE = Within(0.5, 200, "mm")
OFF_SKIN_MM = 20.0  # a point farther than this from the surface is not on it


class PlaneCut(Record):
    """Everything on that side of a plane that its direction points to."""

    point_mm: Place
    direction: Place


class SeenPolygon(Record):
    """What lies within a polygon and faces the eye, seen from far away; corners are points in space."""

    from_direction: Place
    corners_mm: Annotated[tuple[Place, ...], Field(min_length=3, max_length=10_000)]


class Around(Record):
    """What lies within a distance of a point, measured along the surface."""

    point_mm: Place
    radius_mm: Annotated[float, Within(0.5, 1000, "mm")]


class ZoneRule(Record):
    """A zone and one rule that says where it is; `part` is a name in the file, a colour or NUMBER=VALUE of a PLY."""

    name: Name
    site: str
    bone_depth_mm: Annotated[float, BONE] | None = None
    part: str | None = None
    plane: PlaneCut | None = None
    polygon: SeenPolygon | None = None
    around: Around | None = None

    @model_validator(mode="after")
    def _one_rule(self) -> ZoneRule:
        given = [rule for rule in (self.part, self.plane, self.polygon, self.around) if rule is not None]
        if len(given) != 1:
            raise InputError(f"zone {self.name} has {len(given)} rules; allowed: one of part, plane, polygon, around")
        if self.site not in sites():
            raise unknown_name("site", self.site, sites())
        return self


def read_zones(path: str | Path) -> tuple[ZoneRule, ...]:
    """Return the zones of a TOML file: tables [[zone]] of the fields of `ZoneRule`.

    Parameters
    ----------
    path : str or Path — the file [-]

    Raises
    ------
    InputError
        For a file that can't be read, or a field that can't be used.

    """
    content = read_toml(Path(path))
    tables = content.get("zone")
    if set(content) != {"zone"} or not isinstance(tables, list) or not tables:
        raise InputError(f"{path} has no zones; allowed: tables [[zone]] and nothing else")
    return tuple(checked_row(ZoneRule, table, f"{path} zone {n}") for n, table in enumerate(tables, start=1))


def with_zones(
    surface: Surface, rules: Sequence[ZoneRule], raw: Raw | None = None, of_face: Ints | None = None
) -> Surface:
    """Return the surface with these zones, and no others.

    Parameters
    ----------
    surface : Surface — the body [mm]
    rules : sequence of ZoneRule — the zones in order; the later has what two claim [-]
    raw : Raw or None — what the file told, for rules that name a part of it [-]
    of_face : (F,) int array or None — the face of the file that each face was; None: as they are [-]

    Raises
    ------
    InputError
        For two zones of one name, and a zone that has nothing.

    """
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        raise refuse("zone", next(name for name in names if names.count(name) > 1), "a name that no other zone has")
    source = np.arange(len(surface.faces)) if of_face is None else of_face
    laid = replace(surface, zone_of_face=np.full(len(surface.faces), -1), zones=())
    owner = laid.zone_of_face
    for number, rule in enumerate(rules):
        # Which face of the file a face was, and which zone has it, are carried through the cut together.
        tagged = replace(laid, zone_of_face=np.arange(len(laid.faces)))
        tagged, inside = _inside(tagged, rule, raw, source)
        old = tagged.zone_of_face
        owner, source = np.where(inside, number, owner[old]), source[old]
        if not inside.any():
            raise InputError(f"zone {rule.name} is empty: nothing of {surface.name} lies in it; allowed: some skin")
        laid = replace(tagged, zone_of_face=owner)
    zones = tuple(Zone(rule.name, rule.site, rule.bone_depth_mm) for rule in rules)
    laid = replace(laid, zones=zones, zone_of_face=np.asarray(owner, dtype=np.int64))
    return replace(laid, notes=surface.notes + tuple(_words_on(laid)))


def _inside(surface: Surface, rule: ZoneRule, raw: Raw | None, source: Ints) -> tuple[Surface, Flags]:
    if rule.part is not None:
        return surface, _part(rule.part, raw)[source]
    if rule.plane is not None:
        direction = _direction(rule.plane.direction, rule.name)
        return cut(surface, (surface.vertices - floats(rule.plane.point_mm)) @ direction)
    if rule.polygon is not None:
        return _seen(surface, rule.polygon, rule.name)
    if rule.around is None:  # a rule was checked to have one of the four
        raise InputError(f"zone {rule.name} has no rule")
    point = floats(rule.around.point_mm)
    face, weights = nearest(surface, point[None, :])
    place = surface.points(face, weights)[0]
    away = float(np.linalg.norm(place - point))
    if away > OFF_SKIN_MM:
        raise InputError(
            f"point_mm of zone {rule.name} is {away:.0f} mm off the surface; allowed: at most {OFF_SKIN_MM:g} mm"
        )
    far = distance_mm(surface, int(face[0]), place, 1.5 * rule.around.radius_mm + 5.0)
    return cut(surface, rule.around.radius_mm - np.minimum(far, 4 * rule.around.radius_mm))


def _direction(vector: Place, name: str) -> Array:
    if not any(vector):
        raise refuse(f"direction of zone {name}", vector, "a direction that is not zero")
    return unit_vectors(vector)


def _seen(surface: Surface, rule: SeenPolygon, name: str) -> tuple[Surface, Flags]:
    """What faces the eye inside a polygon."""
    toward = _direction(rule.from_direction, name)
    right = unit_vectors(np.cross(np.eye(3)[np.argmin(np.abs(toward))], toward))
    across = np.stack([right, np.cross(toward, right)], axis=1)
    outline = Polygon(floats(rule.corners_mm) @ across)
    if not outline.is_valid or not outline.area > 0:
        raise InputError(
            f"polygon of zone {name} crosses itself or has no area as seen from there; allowed: an outline"
        )
    shapely.prepare(outline)
    seen = surface.vertices @ across
    inside = shapely.contains_xy(outline, seen[:, 0], seen[:, 1])
    away = shapely.distance(outline.exterior, shapely.points(seen))
    finer, within = cut(surface, np.where(inside, away, -away))
    return finer, within & (finer.face_normal @ toward > 0)


def _part(part: str, raw: Raw | None) -> Flags:
    """Faces of the file that a name stands for."""
    if raw is None:
        raise refuse("part", part, "a rule by place: this surface comes from no file")
    inside = np.zeros(len(raw.faces), dtype=bool)
    if part in raw.groups:
        inside[raw.groups[part]] = True
        return inside
    key, _, value = part.rpartition("=")
    if part.startswith("#") and "colour" in raw.numbers and len(part) == 7:
        key, value = "colour", part[1:]
    if key in raw.numbers:
        try:
            return np.asarray(raw.numbers[key] == (int(value, 16) if key == "colour" else float(value)))
        except ValueError:
            pass
    raise refuse("part", part, f"one of {', '.join(part_names(raw)) or 'none: the file names no parts'}")


def part_names(raw: Raw) -> list[str]:
    """Return what the parts of a file are called: groups, and values of numbers that take few.

    Parameters
    ----------
    raw : Raw — the mesh of a file [-]

    """
    found = list(raw.groups)
    for key, values in raw.numbers.items():
        different = np.unique(_sample(values))
        if different.size <= 24:
            found += [f"#{value:06x}" if key == "colour" else f"{key}={value:g}" for value in different]
    return found


def _sample(values: NDArray[Any]) -> NDArray[Any]:
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values


def _words_on(surface: Surface) -> list[str]:
    """Words on zones in several pieces."""
    words = []
    for number, zone in enumerate(surface.zones):
        faces = np.flatnonzero(surface.zone_of_face == number)
        if not faces.size:
            raise InputError(f"zone {zone.name} is empty: later zones have all of it; allowed: some skin of its own")
        count, _ = component_of_face(surface.faces[faces])
        if count > 1:
            words.append(f"zone {zone.name} is in {count} pieces")
    return words
