"""A curved piece of skin: a triangle mesh in mm with zones.

In: vertices, faces and the zone of each face. Out: a frozen `Surface` that knows areas, normals and neighbours. Facets
stand for a smooth surface: between its corners a point is raised by what the corners' normals tell (`raised`), which is
right to second order in the length of the edges and leaves a plane alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from ...data.checks import InputError, unknown_name
from ..arrays import Array, Ints, floats
from ..triangles.topology import neighbours_of
from ..triangles.vectors import crossed as crossed
from ..triangles.vectors import unit_vectors as unit_vectors

UP = (0.0, 1.0, 0.0)
STEEPEST = 0.2  # of a direction in the skin: what is nearer to the normal than this says too little about it


@dataclass(frozen=True)
class Zone:
    """A part of a body that is treated as one.

    Parameters
    ----------
    name : str — what it is called [-]
    site : str — the site of the catalogue whose skin it has [-]
    bone_depth_mm : float or None — from the surface to the bone; None: not given [mm]

    """

    name: str
    site: str
    bone_depth_mm: float | None = None


@dataclass(frozen=True, eq=False)
class Surface:
    """A body's skin as a triangle mesh.

    Parameters
    ----------
    name : str — what it is called [-]
    vertices : (V, 3) float — corners [mm]
    faces : (F, 3) int — vertex numbers, anticlockwise seen from outside [-]
    zone_of_face : (F,) int — index into the zones, -1 for none [-]
    zones : tuple of Zone — its zones [-]
    unit : str — unit of the file that it was read from [-]
    notes : tuple of str — what a reader of results should know of it [-]
    up : (float, float, float) — direction in which the body stands; strokes count their direction from it [-]
    given_normal : (V, 3) float or None — outward normals at the vertices; None: worked out from the faces [-]

    """

    name: str
    vertices: Array
    faces: Ints
    zone_of_face: Ints
    zones: tuple[Zone, ...]
    unit: str = "mm"
    notes: tuple[str, ...] = ()
    up: tuple[float, float, float] = UP
    given_normal: Array | None = None

    @cached_property
    def _crossed(self) -> Array:
        corner = self.vertices[self.faces]
        return crossed(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])

    @cached_property
    def face_area_mm2(self) -> Array:
        """Area of each face, (F,) [mm2]."""
        return floats(np.linalg.norm(self._crossed, axis=1) / 2)

    @cached_property
    def face_normal(self) -> Array:
        """Outward normal of each face, (F, 3) [-]."""
        return unit_vectors(self._crossed)

    @cached_property
    def vertex_normal(self) -> Array:
        """Outward normal at each vertex, (V, 3): the mean of its faces, weighted as Max (1999) [-]."""
        if self.given_normal is not None:
            return self.given_normal
        corner = self.vertices[self.faces]
        after, before = np.roll(corner, -1, axis=1) - corner, np.roll(corner, 1, axis=1) - corner
        # Exact where all corners around lie on a sphere, whatever their distances.
        weight = 1 / (np.sum(after**2, axis=2) * np.sum(before**2, axis=2)).clip(1e-300)
        parts = self._crossed[:, None, :] * weight[:, :, None]
        total = [np.bincount(self.faces.ravel(), parts[..., i].ravel(), len(self.vertices)) for i in range(3)]
        return unit_vectors(np.stack(total, axis=1))

    @cached_property
    def bulge_mm(self) -> Array:
        """Four times the height of the smooth surface over the middle of the side opposite each corner, (F, 3) [mm]."""
        corner, normal = self.vertices[self.faces], self.vertex_normal[self.faces]
        turn, side = (np.roll(of, -1, axis=1) - np.roll(of, 1, axis=1) for of in (normal, corner))
        return floats((turn * side).sum(axis=2) / 2)

    @cached_property
    def neighbours(self) -> Ints:
        """The face across the side opposite each corner, (F, 3); -1 at a border [-]."""
        return neighbours_of(self.faces)

    @cached_property
    def zone_names(self) -> tuple[str, ...]:
        """Names of the zones, in order [-]."""
        return tuple(zone.name for zone in self.zones)

    def zone_index(self, zone: str | Zone) -> int:
        """Return the place of a zone.

        Parameters
        ----------
        zone : str or Zone — the zone, or its name [-]

        Raises
        ------
        InputError
            If the surface has no such zone.

        """
        name = zone.name if isinstance(zone, Zone) else zone
        if name not in self.zone_names:
            raise InputError(
                str(unknown_name("zone", name, self.zone_names)).replace(
                    "is not in the catalogue and is not a .toml file", f"is not a zone of {self.name}"
                )
            )
        return self.zone_names.index(name)

    def zone_faces(self, zone: str | Zone) -> Ints:
        """Return the faces of a zone, (n,).

        Parameters
        ----------
        zone : str or Zone — the zone, or its name [-]

        """
        return np.flatnonzero(self.zone_of_face == self.zone_index(zone))

    def zone_area_mm2(self, zone: str | Zone) -> float:
        """Return the area of a zone.

        Parameters
        ----------
        zone : str or Zone — the zone, or its name [-]

        """
        return float(self.face_area_mm2[self.zone_faces(zone)].sum())

    def points(self, face: Ints, weights: Array) -> Array:
        """Return points on the facets, (n, 3).

        Parameters
        ----------
        face : (n,) int array — on which face [-]
        weights : (n, 3) float array — of its corners, together 1 [-]

        """
        return floats(np.einsum("ni,nix->nx", weights, self.vertices[self.faces[face]]))

    def normals(self, face: Ints, weights: Array) -> Array:
        """Return the normals of the smooth surface, (n, 3).

        Parameters
        ----------
        face : (n,) int array — on which face [-]
        weights : (n, 3) float array — of its corners, together 1 [-]

        """
        return unit_vectors(np.einsum("ni,nix->nx", weights, self.vertex_normal[self.faces[face]]))

    def raised(self, face: Ints, weights: Array) -> Array:
        """Return how far the smooth surface stands above its facets, (n,).

        Parameters
        ----------
        face : (n,) int array — on which face [-]
        weights : (n, 3) float array — of its corners, together 1 [-]

        Returns
        -------
        (n,) float — along the normal [mm]

        """
        return floats((self.bulge_mm[face] * weights[:, [1, 2, 0]] * weights[:, [2, 0, 1]]).sum(axis=1))


def frame_at(surface: Surface, normal: ArrayLike) -> tuple[Array, Array]:
    """Return the directions that count as 0 and 90 degrees at a normal: to the body's side, and up.

    On a plane that looks along z, with y up, these are x and y. Where the skin looks straight up or down, the front
    (what z is when y is up) stands in for up.

    Parameters
    ----------
    surface : Surface — whose up it is [-]
    normal : (3,) float array — outward, of length one [-]

    """
    facing, up = floats(normal), unit_vectors(surface.up)
    risen = up - (up @ facing) * facing
    if np.linalg.norm(risen) < STEEPEST:
        # The third axis in a cycle after x, y, z: z for a body that stands along y.
        front = np.roll(up, 1)
        front -= (front @ up) * up
        risen = -np.sign(up @ facing) * (front - (front @ facing) * facing)
    upward = unit_vectors(risen)
    return floats(np.cross(upward, facing)), upward


def moved(surface: Surface, turn: ArrayLike, shift_mm: ArrayLike = (0.0, 0.0, 0.0)) -> Surface:
    """Return the surface turned about the origin and then shifted.

    Parameters
    ----------
    surface : Surface — what to move [mm]
    turn : (3, 3) float array — a rotation [-]
    shift_mm : (3,) float array — how far [mm]

    """
    matrix = floats(turn)
    x, y, z = (float(value) for value in matrix @ floats(surface.up))
    given = None if surface.given_normal is None else surface.given_normal @ matrix.T
    vertices = surface.vertices @ matrix.T + floats(shift_mm)
    return replace(surface, vertices=vertices, up=(x, y, z), given_normal=given)
