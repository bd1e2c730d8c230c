"""A roller standing on a zone: its place, its height and tilt, and which of its rings are off the skin.

In: a treatment of a body and one of its zones. Out: a `Standing`: one pass of strokes, and of all places along the
middle one that where most rings are off the skin; of places that are alike the one nearest the middle of the zone. For
pictures and for whoever asks why a zone gets fewer channels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry.arrays import Array, Flags, floats
from ...geometry.drum import only_roller, ring_places_mm
from ...geometry.skin import mean_thickness_um
from ...geometry.surface.locate import middle
from ...geometry.surface.profile import drops
from ...geometry.surface.strokes import Lay, Strokes, lay_strokes
from ..body.heights import balance_on_body
from ..body.under_rings import places_along_mm, skin_under
from ..insertion.each_contact import handled, roller_law
from ..insertion.motion import pitch_radius_mm
from .result import SurfaceTreatment

STEP_MM, OVERRUN_MM = 1.0, 4.0
USUAL_HEADING_DEG = 90.0  # up the body


@dataclass(frozen=True, eq=False)
class Standing:
    """A roller at rest on a body under the hand's load.

    Parameters
    ----------
    zone : str — on which it stands [-]
    point : (3,) float — of the skin under the middle of the axle [mm]
    tangent : (3,) float — along the stroke [-]
    normal : (3,) float — outward [-]
    axle_height_mm : float — over the tangent plane at that point [mm]
    tilt_rad : float — of the axle about the stroke: its left end goes up [rad]
    ring_push_mm : (J,) float — of each ring's needles against the skin under it; below 0 they are above it [mm]
    strokes : Strokes — one pass over the zone, a drum's width apart [mm]

    """

    zone: str
    point: Array
    tangent: Array
    normal: Array
    axle_height_mm: float
    tilt_rad: float
    ring_push_mm: Array
    strokes: Strokes

    @property
    def touching(self) -> Flags:
        """Rings whose needles touch the skin while they are lowest, (J,) [-]."""
        return np.asarray(self.ring_push_mm > 0)


@dataclass(frozen=True, eq=False)
class Along:
    """A roller going over a zone along its middle stroke, K places.

    Parameters
    ----------
    zone : str — over which it goes [-]
    point : (K, 3) float — of the skin under the middle of the axle [mm]
    tangent : (K, 3) float — along the stroke [-]
    normal : (K, 3) float — outward [-]
    axle_height_mm : (K,) float — over the tangent plane at each point [mm]
    tilt_rad : (K,) float — of the axle about the stroke [rad]
    turn_rad : (K,) float — of the drum, 0 at the first place [rad]
    ring_push_mm : (K, J) float — of each ring's needles against the skin under it [mm]
    most_lifted : int — the place where most rings are off the skin [-]
    strokes : Strokes — one pass over the zone, a drum's width apart [mm]

    """

    zone: str
    point: Array
    tangent: Array
    normal: Array
    axle_height_mm: Array
    tilt_rad: Array
    turn_rad: Array
    ring_push_mm: Array
    most_lifted: int
    strokes: Strokes

    def standing(self, place: int) -> Standing:
        """Return the roller at one of the places.

        Parameters
        ----------
        place : int — its number [-]

        """
        return Standing(
            zone=self.zone,
            point=self.point[place],
            tangent=self.tangent[place],
            normal=self.normal[place],
            axle_height_mm=float(self.axle_height_mm[place]),
            tilt_rad=float(self.tilt_rad[place]),
            ring_push_mm=floats(self.ring_push_mm[place]),
            strokes=self.strokes,
        )


def stand_on(treatment: SurfaceTreatment, zone: str, heading_deg: float = USUAL_HEADING_DEG) -> Standing:
    """Let the roller of a treatment stand on a zone, where most of its rings are off the skin.

    Parameters
    ----------
    treatment : SurfaceTreatment — whose roller, load and skin [-]
    zone : str — name of one of its zones [-]
    heading_deg : float — of the strokes in the middle of the zone: 0 to the body's side, 90 up [deg]

    Raises
    ------
    InputError
        For a zone that the body has not, or that no stroke crosses.

    """
    along = go_along(treatment, zone, heading_deg)
    return along.standing(along.most_lifted)


def go_along(treatment: SurfaceTreatment, zone: str, heading_deg: float = USUAL_HEADING_DEG) -> Along:
    """Let the roller of a treatment go along the middle stroke of a zone.

    Parameters
    ----------
    treatment : SurfaceTreatment — whose roller, load and skin [-]
    zone : str — name of one of its zones [-]
    heading_deg : float — of the strokes in the middle of the zone: 0 to the body's side, 90 up [deg]

    """
    surface, roller, technique = treatment.surface, only_roller(treatment.device), treatment.technique
    where = surface.zones[surface.zone_index(zone)]
    width = roller.drum_width_mm
    _, centre, reach = middle(surface, where)
    most = np.ceil(reach / width) + 1
    laid = lay_strokes(
        surface,
        Lay(
            where,
            heading_deg,
            spacing_mm=width,
            overrun_mm=OVERRUN_MM,
            step_mm=STEP_MM,
            across_mm=width * np.arange(-most, most + 1),
        ),
    )
    some = np.flatnonzero(laid.inside & (laid.across_mm[laid.stroke] == 0))
    point, tangent, normal = laid.point[some], laid.tangent[some], laid.normal[some]
    along = places_along_mm(roller)
    drop = drops(surface, point, tangent, normal, along, ring_places_mm(roller), face=laid.face[some])
    bone = np.full(some.size, np.inf if where.bone_depth_mm is None else where.bone_depth_mm)
    under = skin_under(roller, drop, along, bone)
    person = mean_thickness_um(treatment.zone(zone).site)
    law = roller_law(roller, person, handled(roller, technique), uses=technique.uses)
    balance = balance_on_body(roller, technique.load_n, law, under)
    own = balance.ring_push_mm[:, balance.kind_of_ring, np.arange(roller.rows)]
    # Where the method ends is no place to stand, unless it ends everywhere.
    ends = under.hollow | under.one_sided | balance.held | balance.too_deep
    away = np.linalg.norm(point - centre, axis=1)
    at = int(np.lexsort((away, balance.touching.sum(axis=1), ends))[0])
    height = roller.drum_radius_mm + roller.length_mm - balance.push_mm @ balance.weights
    gone = laid.arc_mm[some] - laid.arc_mm[some[0]]
    return Along(
        zone=where.name,
        point=point,
        tangent=tangent,
        normal=normal,
        axle_height_mm=floats(height),
        tilt_rad=balance.tilt_rad,
        turn_rad=floats(gone / pitch_radius_mm(height, roller.drum_radius_mm, technique.slip)),
        ring_push_mm=floats(own),
        most_lifted=at,
        strokes=laid,
    )
