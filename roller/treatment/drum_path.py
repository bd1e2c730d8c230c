"""How the roller moved to leave the channels that it left: one stroke a lane, and its pose at any point of it.

In: a treatment. Out: the strokes of its first replicate, and for any point of a stroke where the axle is, how far the
drum has turned and where every needle's tip is. Skin is taken as flat, with its surface at z = 0: a drum that presses
into it is shown lying on it, which is how far skin lets its needles in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import RollerSpec
from ...geometry.arrays import Array, Ints, floats
from ...geometry.drum import angular_pitch_rad, drum_layout, ring_offsets_rad, ring_places_mm
from ..coverage.passes import headings_rad
from ..insertion.motion import entry_angle_rad, pitch_radius_mm, tip_position_mm
from .result import Treatment


@dataclass(frozen=True)
class Strokes:
    """Strokes of the roller that left a channel, in the order in which they were made.

    Places are along the direction of the pass and across it, to the left.

    Parameters
    ----------
    roller : RollerSpec — what rolled [-]
    slip : float — share of the travel on which the drum slid [-]
    axle_height_mm : float — over skin that the drum lies on at most, R or more [mm]
    pass_number, lane : (m,) int — of each stroke [-]
    direction_rad : (m,) float — of rolling, from the x axis [rad]
    across_mm : (m,) float — place of the drum's middle [mm]
    from_mm, to_mm : (m,) float — of the axle, before the first needle enters and after the last has left [mm]
    turn_rad : (m,) float — turn of the drum when the axle is at 0 along its direction [rad]
    of_channel : (n,) int — stroke that left each channel [-]
    opened_at_mm : (n,) float — place of the axle along its direction when the channel is at its deepest [mm]

    """

    roller: RollerSpec
    slip: float
    axle_height_mm: float
    pass_number: Ints
    lane: Ints
    direction_rad: Array
    across_mm: Array
    from_mm: Array
    to_mm: Array
    turn_rad: Array
    of_channel: Ints
    opened_at_mm: Array

    @property
    def travel_per_turn_mm(self) -> float:
        """Travel for each radian that the drum turns [mm/rad]."""
        return float(pitch_radius_mm(self.axle_height_mm, self.roller.drum_radius_mm, self.slip))

    def turned_rad(self, stroke: int, along_mm: ArrayLike) -> Array:
        """Return how far the drum has turned; a needle at this angle of the layout is lowest.

        Parameters
        ----------
        stroke : int — which stroke, 0 first [-]
        along_mm : float array — place of the axle along its direction [mm]

        """
        turned: Array = self.turn_rad[stroke] + floats(along_mm) / self.travel_per_turn_mm
        return turned

    def pose(self, stroke: int, along_mm: float) -> Array:
        """Return the (4, 4) matrix that puts a roller with its axle along y through the origin where it was.

        Parameters
        ----------
        stroke : int — which stroke, 0 first [-]
        along_mm : float — place of the axle along its direction [mm]

        """
        turn, heading = float(self.turned_rad(stroke, along_mm)), float(self.direction_rad[stroke])
        (cos, sin), (ahead, left) = (np.cos(turn), np.sin(turn)), (np.cos(heading), np.sin(heading))
        rolled = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
        headed = np.array([[ahead, -left, 0], [left, ahead, 0], [0, 0, 1]])
        matrix = np.eye(4)
        matrix[:3, :3] = headed @ rolled
        matrix[:3, 3] = headed @ (along_mm, self.across_mm[stroke], self.axle_height_mm)
        return matrix

    def tips_mm(self, stroke: int, along_mm: float) -> Array:
        """Return the place of every needle's tip, (N, 3), in the order of `drum_layout`; below 0 it is in the skin.

        Parameters
        ----------
        stroke : int — which stroke, 0 first [-]
        along_mm : float — place of the axle along its direction [mm]

        """
        layout, heading = drum_layout(self.roller), self.direction_rad[stroke]
        after_lowest = self.turned_rad(stroke, along_mm) - layout.angle_rad
        # The path of a tip is told from its lowest point, where the axle stood one turn by this angle earlier.
        path, below = tip_position_mm(
            after_lowest, self.axle_height_mm, self.roller.drum_radius_mm, self.roller.length_mm, self.slip
        )
        along = along_mm - self.travel_per_turn_mm * after_lowest + path
        across = self.across_mm[stroke] + layout.along_axle_mm
        x = along * np.cos(heading) - across * np.sin(heading)
        y = along * np.sin(heading) + across * np.cos(heading)
        return np.stack([x, y, -below], axis=1)


def strokes(treatment: Treatment) -> Strokes:
    """Return the strokes that left the channels of a treatment.

    Parameters
    ----------
    treatment : Treatment — whose channels, those of the first replicate, are there already [-]

    """
    roller, technique, channels = treatment.device, treatment.technique, treatment.channels
    height = max(float(treatment.values["axle_height_mm"][0]), roller.drum_radius_mm)
    lanes = np.stack([channels.pass_number, channels.lane])
    (pass_number, lane), first, of_channel = np.unique(lanes, axis=1, return_index=True, return_inverse=True)
    of_channel = of_channel.ravel()
    direction = headings_rad(technique)[pass_number - 1]
    ahead, left = np.cos(direction)[of_channel], np.sin(direction)[of_channel]
    along = channels.x_mm * ahead + channels.y_mm * left
    across = channels.y_mm * ahead - channels.x_mm * left

    # Any channel of a stroke tells its phase: there its needle was lowest.
    ring, needle = channels.ring[first], channels.needle[first]
    turn_there = ring_offsets_rad(roller)[ring] + needle * angular_pitch_rad(roller)
    per_turn = float(pitch_radius_mm(height, roller.drum_radius_mm, technique.slip))
    in_skin = per_turn * float(entry_angle_rad(height, roller.drum_radius_mm, roller.length_mm))
    ends = np.array([np.full(pass_number.size, np.inf), np.full(pass_number.size, -np.inf)])
    np.minimum.at(ends[0], of_channel, along)
    np.maximum.at(ends[1], of_channel, along)
    return Strokes(
        roller=roller,
        slip=technique.slip,
        axle_height_mm=height,
        pass_number=pass_number,
        lane=lane,
        direction_rad=direction,
        across_mm=across[first] - ring_places_mm(roller)[ring],
        from_mm=ends[0] - in_skin,
        to_mm=ends[1] + in_skin,
        turn_rad=turn_there - along[first] / per_turn,
        of_channel=of_channel,
        opened_at_mm=along,
    )
