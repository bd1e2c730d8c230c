"""How the device moved to leave the channels that it left: one stroke a lane, and its pose at any point of it.

A drum rolls along its stroke; a plate comes down at one touch after another. In: a treatment. Out: the strokes of its
first replicate, and for any point of a stroke where the axle is, how far the drum has turned and where every needle's
tip is. Skin is taken as flat, with its surface at z = 0: a drum that presses into it is shown lying on it, which is how
far skin lets its needles in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import DeviceSpec, RollerSpec
from ...geometry.arrays import Array, Ints, floats
from ...geometry.drum import angular_pitch_rad, drum_layout, ring_offsets_rad, ring_places_mm
from ...geometry.plate import plate_places_mm
from ..coverage.passes import headings_rad
from ..insertion.motion import entry_angle_rad, pitch_radius_mm, tip_position_mm
from .result import Treatment


@dataclass(frozen=True)
class Strokes:
    """Strokes of the roller that left a channel, in the order in which they were made.

    Places are along the direction of the pass and across it, to the left.

    Parameters
    ----------
    roller : DeviceSpec — what rolled, or came down [-]
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

    roller: DeviceSpec
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
        assert isinstance(self.roller, RollerSpec)
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
        roller = self.roller
        assert isinstance(roller, RollerSpec)
        layout, heading = drum_layout(roller), self.direction_rad[stroke]
        after_lowest = self.turned_rad(stroke, along_mm) - layout.angle_rad
        # The path of a tip is told from its lowest point, where the axle stood one turn by this angle earlier.
        path, below = tip_position_mm(
            after_lowest, self.axle_height_mm, roller.drum_radius_mm, roller.length_mm, self.slip
        )
        along = along_mm - self.travel_per_turn_mm * after_lowest + path
        across = self.across_mm[stroke] + layout.along_axle_mm
        x = along * np.cos(heading) - across * np.sin(heading)
        y = along * np.sin(heading) + across * np.cos(heading)
        return np.stack([x, y, -below], axis=1)


@dataclass(frozen=True)
class Touches(Strokes):
    """Strokes of a pen, or rows of a stamp: along each the plate comes down at one touch after another.

    `axle_height_mm` is that of the plate or guide ring over the skin; `across_mm` is the middle of each stroke.

    Parameters
    ----------
    plate_turn_rad : (n,) float — how the plate was turned when it left each channel [rad]
    plate_at_mm : (n, 2) float — where its middle was then [mm]

    """

    plate_turn_rad: Array
    plate_at_mm: Array

    @property
    def travel_per_turn_mm(self) -> float:
        """Nothing turns along a stroke [mm/rad]."""
        return float("inf")

    def pose(self, stroke: int, along_mm: float) -> Array:
        """Return the (4, 4) matrix that puts a plate on the skin where it last came down, or will first.

        Parameters
        ----------
        stroke : int — which stroke, 0 first [-]
        along_mm : float — place along its direction [mm]

        """
        of_it = np.flatnonzero(self.of_channel == stroke)
        at = of_it[np.argmin(np.abs(self.opened_at_mm[of_it] - along_mm))]
        cos, sin = np.cos(self.plate_turn_rad[at]), np.sin(self.plate_turn_rad[at])
        matrix = np.eye(4)
        matrix[:2, :2] = [[cos, -sin], [sin, cos]]
        matrix[:3, 3] = (*self.plate_at_mm[at], self.axle_height_mm)
        return matrix

    def tips_mm(self, stroke: int, along_mm: float) -> Array:
        """Return the place of every needle's tip, (N, 3), in the order of `plate_places_mm`.

        Parameters
        ----------
        stroke : int — which stroke, 0 first [-]
        along_mm : float — place along its direction [mm]

        """
        matrix, device = self.pose(stroke, along_mm), self.roller
        assert not isinstance(device, RollerSpec)
        places = np.pad(plate_places_mm(device), ((0, 0), (0, 1)), constant_values=-device.length_mm)
        return floats(places @ matrix[:3, :3].T + matrix[:3, 3])


def _touches(treatment: Treatment, turn: Array) -> Touches:
    """Strokes of a plate, from where each of its needles came down."""
    device, technique, channels = treatment.device, treatment.technique, treatment.channels
    assert not isinstance(device, RollerSpec)
    lanes = np.stack([channels.pass_number, channels.lane])
    (pass_number, lane), of_channel = np.unique(lanes, axis=1, return_inverse=True)
    of_channel, direction = of_channel.ravel(), headings_rad(technique)[pass_number - 1]
    px, py = plate_places_mm(device)[channels.needle].T
    x = channels.x_mm * (1 + technique.stretch) - np.cos(turn) * px + np.sin(turn) * py
    y = channels.y_mm - np.sin(turn) * px - np.cos(turn) * py
    ahead, left = np.cos(direction)[of_channel], np.sin(direction)[of_channel]
    along, across = x * ahead + y * left, y * ahead - x * left
    ends = np.array([np.full(pass_number.size, np.inf), np.full(pass_number.size, -np.inf)])
    np.minimum.at(ends[0], of_channel, along)
    np.maximum.at(ends[1], of_channel, along)
    count = np.bincount(of_channel, minlength=pass_number.size)
    return Touches(
        roller=device,
        slip=0.0,
        axle_height_mm=float(treatment.values["axle_height_mm"][0]),
        pass_number=pass_number,
        lane=lane,
        direction_rad=direction,
        across_mm=np.bincount(of_channel, across, pass_number.size) / np.maximum(count, 1),
        from_mm=ends[0],
        to_mm=ends[1],
        turn_rad=np.zeros(pass_number.size),
        of_channel=of_channel,
        opened_at_mm=along,
        plate_turn_rad=turn,
        plate_at_mm=np.stack([x, y], axis=1),
    )


def strokes(treatment: Treatment) -> Strokes:
    """Return the strokes that left the channels of a treatment.

    Parameters
    ----------
    treatment : Treatment — whose channels, those of the first replicate, are there already [-]

    """
    if treatment.channels.turn_rad is not None:
        return _touches(treatment, treatment.channels.turn_rad)
    roller, technique, channels = treatment.device, treatment.technique, treatment.channels
    assert isinstance(roller, RollerSpec)
    height = max(float(treatment.values["axle_height_mm"][0]), roller.drum_radius_mm)
    lanes = np.stack([channels.pass_number, channels.lane])
    (pass_number, lane), first, of_channel = np.unique(lanes, axis=1, return_index=True, return_inverse=True)
    of_channel = of_channel.ravel()
    direction = headings_rad(technique)[pass_number - 1]
    ahead, left = np.cos(direction)[of_channel], np.sin(direction)[of_channel]
    x = channels.x_mm * (1 + technique.stretch)  # the roller is drawn over the skin as it lay, taut
    along = x * ahead + channels.y_mm * left
    across = channels.y_mm * ahead - x * left

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
