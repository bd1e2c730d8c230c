"""A zone of a body laid flat: its outline as seen along its mean normal, and which face lies under a point of it.

The chart says what is near the zone and gives channels two coordinates to be shown by; lengths and areas are taken on
the body itself (`stars.py`). On a plane the chart is the plane. In: a surface and a zone. Out: a frozen `Chart`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely.geometry import MultiPolygon, Polygon

from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.surface.body import Surface, Zone, frame_at, unit_vectors
from ...geometry.surface.geodesics import corner_weights
from ...geometry.surface.locate import middle

CANDIDATES = (3, 8)  # faces with the nearest middles that are tried for a point: at first, and where it is in none
CLEARLY_IN = 0.02  # least share of a corner: nearer to a side than that two faces may have it
ROOM = 0.15  # by which a bent zone's extents are widened: ways along skin are longer than they look from above
MOST_OF_IT = 0.9  # of a zone's area: a few sharp faces do not speak for it
FLAT = 1e-9  # of the normals' cosines: a zone no more bent than that is a plane


@dataclass(frozen=True, eq=False)
class Chart:
    """A zone as it looks from above.

    Parameters
    ----------
    surface : Surface — the body [mm]
    zone : Zone — the zone [-]
    reach_mm : float — how far beside the zone faces count [mm]
    origin : (3,) float — the zone's middle [mm]
    axes : (3, 3) float — to the side, up, and out of the skin there [-]

    """

    surface: Surface
    zone: Zone
    reach_mm: float
    origin: Array
    axes: Array

    @cached_property
    def faces(self) -> Ints:
        """Faces of the zone, (n,) [-]."""
        return self.surface.zone_faces(self.zone)

    @cached_property
    def beside(self) -> Flags:
        """Faces of the zone and near it, (F,) [-]."""
        surface = self.surface
        corner = np.unique(surface.faces[self.faces])
        away, _ = cKDTree(surface.vertices[corner]).query(surface.vertices, distance_upper_bound=self.reach_mm)
        return np.asarray(np.isfinite(away)[surface.faces].any(axis=1))

    @cached_property
    def bent(self) -> bool:
        """Whether the zone is anything but a plane [-]."""
        normal = self.surface.face_normal[self.faces]
        return bool((normal @ normal[0]).min() < 1 - FLAT)

    @cached_property
    def bend_per_mm(self) -> float:
        """How sharply all but a tenth of the zone is bent, one over a radius [1/mm]."""
        surface, faces = self.surface, self.faces
        corner, normal = surface.vertices[surface.faces[faces]], surface.vertex_normal[surface.faces[faces]]
        turn, side = (np.linalg.norm(np.roll(of, -1, axis=1) - of, axis=2) for of in (normal, corner))
        bend = np.divide(turn, side, out=np.zeros_like(turn), where=side > 0).max(axis=1)
        order = np.argsort(bend, kind="stable")
        share = np.cumsum(surface.face_area_mm2[faces][order])
        return float(bend[order][np.searchsorted(share, MOST_OF_IT * share[-1])])

    @cached_property
    def outline(self) -> Polygon | MultiPolygon:
        """Outline of the zone, seen from above [mm]."""
        flat = self.flat(self.surface.vertices)
        return outline_of(flat, self.surface.faces[self.faces])

    @property
    def region(self) -> Polygon:
        """One polygon that stands for the zone where one is shown: its largest part [mm]."""
        found = self.outline
        return found if isinstance(found, Polygon) else max(found.geoms, key=lambda part: part.area)

    def flat(self, points: Array) -> Array:
        """Return points as seen from above, (n, 2).

        Parameters
        ----------
        points : (n, 3) float — on the body [mm]

        """
        return floats((points - self.origin) @ self.axes[:2].T)

    def extents(self, headings_rad: Array) -> tuple[Array, Array]:
        """Return where the zone begins and ends along and across strokes, (2, P) each.

        Parameters
        ----------
        headings_rad : (P,) float — of the strokes [rad]

        """
        surface = self.surface
        corner = np.unique(surface.faces[self.faces])
        flat = self.flat(surface.vertices[corner])
        if self.bent:
            # What leans away looks shorter than it is along the skin.
            leaning = np.arccos(np.clip(surface.vertex_normal[corner] @ self.axes[2], -1.0, 1.0))
            away = np.linalg.norm(surface.vertices[corner] - self.origin, axis=1)
            seen = np.linalg.norm(flat, axis=1)
            half = np.maximum(leaning / 2, 1e-9)
            flat = flat * (away * half / np.sin(half) / np.maximum(seen, 1e-9))[:, None]
        along = flat @ np.stack([np.cos(headings_rad), np.sin(headings_rad)])
        across = flat @ np.stack([-np.sin(headings_rad), np.cos(headings_rad)])
        room = ROOM if self.bent else 0.0

        def ends(values: Array) -> Array:
            low, high = values.min(axis=0), values.max(axis=0)
            return np.stack([low - room * (high - low), high + room * (high - low)])

        return ends(along), ends(across)

    def near(self, points: Array, margin_mm: float) -> Flags:
        """Return which points are within a margin of the zone, as seen from above.

        Parameters
        ----------
        points : (n, 3) float — on the body [mm]
        margin_mm : float — beyond its outline [mm]

        """
        grown = self.outline.buffer(margin_mm, join_style="mitre")
        return np.asarray(shapely.contains_xy(grown, *self.flat(points).T))

    def face_of(self, points: Array) -> tuple[Ints, Flags]:
        """Return the face under each point, and whether it is the zone's.

        Parameters
        ----------
        points : (n, 3) float — close to the skin of the zone or beside it [mm]

        """
        surface = self.surface
        among = np.flatnonzero(self.beside)
        tree = cKDTree(surface.vertices[surface.faces[among]].mean(axis=1))

        def standing(some: Array, most: int) -> tuple[Ints, Array]:
            """The face on which a point stands: of its corners' shares the least is the largest there."""
            count = min(most, among.size)
            found = among[tree.query(some, k=count)[1].reshape(len(some), count)]
            weights = corner_weights(surface, found.ravel(), np.repeat(some, count, axis=0))
            least = weights.min(axis=1).reshape(len(some), count)
            best, rows = least.argmax(axis=1), np.arange(len(some))
            return found[rows, best].astype(np.int64), floats(least[rows, best])

        face, least = standing(points, CANDIDATES[0])
        doubtful = np.flatnonzero(least < CLEARLY_IN)
        face[doubtful] = standing(points[doubtful], CANDIDATES[1])[0]
        return face, np.asarray(surface.zone_of_face[face] == surface.zone_index(self.zone))


def chart_of(surface: Surface, zone: Zone, reach_mm: float) -> Chart:
    """Return the chart of a zone.

    Parameters
    ----------
    surface : Surface — the body [mm]
    zone : Zone — the zone [-]
    reach_mm : float — how far beside the zone faces count [mm]

    """
    face, point, _ = middle(surface, zone)
    at = np.array([face])
    normal = surface.normals(at, corner_weights(surface, at, point[None, :]))[0]
    side, up = frame_at(surface, normal)
    return Chart(surface, zone, reach_mm, point, np.stack([side, up, unit_vectors(normal)]))


def outline_of(flat: Array, faces: Ints) -> Polygon | MultiPolygon:
    """Return the outline of faces laid flat: from sides that one of them has alone.

    Parameters
    ----------
    flat : (V, 2) float — corners, as seen from above [mm]
    faces : (n, 3) int — the faces [-]

    """
    start, stop = faces[:, [0, 1, 2]].ravel(), faces[:, [1, 2, 0]].ravel()
    low, high = np.minimum(start, stop), np.maximum(start, stop)
    _, first, count = np.unique(low * len(flat) + high, return_index=True, return_counts=True)
    alone = first[count == 1]
    lines = shapely.linestrings(np.stack([flat[start[alone]], flat[stop[alone]]], axis=1))
    found = shapely.build_area(shapely.multilinestrings(lines))
    if isinstance(found, (Polygon, MultiPolygon)) and not found.is_empty and found.is_valid:
        return found
    # Skin that hangs over crosses its own outline: what any face covers counts.
    whole = shapely.union_all(shapely.make_valid(shapely.polygons(flat[faces])))
    return whole if isinstance(whole, (Polygon, MultiPolygon)) else whole.convex_hull
