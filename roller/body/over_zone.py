"""What a device did over a zone of a body, whichever device it was: contacts, how it rested, where the method ends.

`moving.py` makes it of a drum that rolled and of a plate that came down. Out: a frozen `OverZone`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...geometry.arrays import Array, Flags, Ints
from ...geometry.surface.strokes import Strokes
from ..coverage.passes import Contacts
from ..insertion.balance import DrumBalance


@dataclass(frozen=True)
class Landed:
    """Contacts of needles with a zone and its margin, sorted by pass, and how the device stood there.

    Parameters
    ----------
    contacts : Contacts — x and y as the zone's chart has them [mm]
    place_mm : (n, 3) float — of each on the body [mm]
    face : (n,) int — of the surface [-]
    push_mm : (n,) float — of the needle straight down against its skin [mm]
    pressure_mpa : (n,) float — of drum or plate and needles on the skin there [N/mm2]
    touching_share : float — of the landings that meet skin, the others pass above it [-]
    missed_by_ring : (J,) float — share of each ring's landings in the zone that pass above the skin [-]
    turn_rad : (n,) float or None — of the plate, as `Channels` has it; None for a drum [rad]

    """

    contacts: Contacts
    place_mm: Array
    face: Ints
    push_mm: Array
    pressure_mpa: Array
    touching_share: float
    missed_by_ring: Array
    turn_rad: Array | None = None


@dataclass(frozen=True)
class OverZone:
    """A zone gone over by a device.

    Parameters
    ----------
    landed : Landed — what the needles met [mm, N]
    strokes : tuple of Strokes — of each group of passes of one direction [mm]
    balance : DrumBalance — mean over the places in the zone: an entry a ring, one for a plate [mm, N]
    height_mm : (n,) float — of axle or plate over the skin under each contact [mm]
    mean_height_mm : float — the same, mean over the zone [mm]
    lane_density_per_mm2 : float — contacts per area of one lane [1/mm2]
    bare_mm : float — from there on skin counts as untouched: the largest gap that one pass leaves on flat skin [mm]
    rings_touching : float — rings that touch the skin at once, mean; a plate is one [-]
    tilt_rad : (K,) float — of the device against the skin at the places in the zone [rad]
    flags : dict of (K,) bool — places in the zone where the method ends, by what ends it [-]
    ended_short : int — strokes that a border of the mesh cut off [-]

    """

    landed: Landed
    strokes: tuple[Strokes, ...]
    balance: DrumBalance
    height_mm: Array
    mean_height_mm: float
    lane_density_per_mm2: float
    bare_mm: float
    rings_touching: float
    tilt_rad: Array
    flags: dict[str, Flags]
    ended_short: int
