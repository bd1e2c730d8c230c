"""A ring whose needles are spread evenly around it: force of needles and drum by how far it is pushed in.

Near the skin a needle's height is x^2 (1/r + k) / 2, so that a bend k along the stroke makes fewer needles touch by
1 / sqrt(1 + k r), and otherwise the force by push is one curve: worked out once for flat skin, at many phases, and then
read. In: a roller and the law of its needles. Out: forces that rise with the push, and their slopes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from ...data.catalog import RollerSpec
from ...geometry.arrays import Array, floats
from ...geometry.drum import angular_pitch_rad
from ..insertion.drum_dent import deepest_dent_mm, drum_dent_mm, drum_force_n
from ..insertion.one_needle import NeedleLaw
from ..insertion.tissue import TissueModel
from ..insertion.under_drum import pressed_depth_and_force
from .bone import strip_force_n

PHASES = 16
PUSHES_IN, PUSHES_BEYOND = 96, 48  # up to the needles' length, and on to the deepest dent
NO_TRAVEL_MM = 1e-12


@dataclass(frozen=True)
class SpreadRing:
    """Force of a ring's needles, and what of it dents the skin broadly, by the push; and its strip of the drum.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    model : TissueModel — gives the modulus of the skin [as its fields]
    push_mm : (n,) float — rising from 0 [mm]
    needles_n : (n,) float — what the needles of a ring carry on flat skin [N]
    load_n : (n,) float — of that, what dents the skin between them [N]

    """

    roller: RollerSpec
    model: TissueModel
    push_mm: Array
    needles_n: Array
    load_n: Array

    @property
    def deepest_mm(self) -> float:
        """The greatest push: the drum is as deep as skin lets it [mm]."""
        return float(self.push_mm[-1])

    def broad_n(self, push_mm: Array) -> Array:
        """Return what dents the skin broadly.

        Parameters
        ----------
        push_mm : (...) float — of the ring [mm]

        """
        return floats(np.interp(push_mm, self.push_mm, self.load_n))

    def force_n(
        self, push_mm: Array, *, gain: Array, drum_gain: Array, bent: Array, bone: Array
    ) -> tuple[Array, Array]:
        """Return the force on each ring with its strip, and its slope.

        Parameters
        ----------
        push_mm : (K, J) float — of a needle straight down against the skin under the ring [mm]
        gain, drum_gain : (K, J) float — what twist adds for tips, and for the drum [mm]
        bent : (K, J) float — curvature along the stroke [1/mm]
        bone : (K, 1) float — depth to bone [mm]

        """
        roller = self.roller
        radius, length = roller.drum_radius_mm, roller.length_mm
        at = push_mm + gain
        piece = np.clip(np.searchsorted(self.push_mm, at) - 1, 0, self.push_mm.size - 2)
        steep = np.diff(self.needles_n) / np.diff(self.push_mm)
        fewer = 1 / np.sqrt(1 + bent * (radius + length))
        steep = np.where(at > 0, steep[piece] * fewer, 0.0)
        needles = np.where(at > 0, self.needles_n[piece] * fewer + steep * (at - self.push_mm[piece]), 0.0)
        highest = float(deepest_dent_mm(floats(radius))) * (1 - 1e-9)
        sunk = np.clip(push_mm + drum_gain - length, 0.0, highest)
        width = roller.drum_width_mm / roller.rows
        drum, stiff = strip_force_n(sunk, width, radius, radius / (1 + bent * radius), bone, self.model)
        return needles + drum, steep + np.where(sunk > 0, stiff, 0.0)


def spread_ring(roller: RollerSpec, law: NeedleLaw, model: TissueModel) -> SpreadRing:
    """Return the force of one ring of a roller on flat skin, mean over the phases of its needles.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    law : NeedleLaw — of its needles, one row [mm, N]
    model : TissueModel — constants [as its fields]

    """
    radius, length = roller.drum_radius_mm, roller.length_mm
    reach, pitch, width = radius + length, angular_pitch_rad(roller), roller.drum_width_mm / roller.rows
    deepest = float(deepest_dent_mm(floats(radius))) * (1 - 1e-6)
    beyond = deepest * np.linspace(0, 1, PUSHES_BEYOND + 1)[1:] ** 1.5
    push = np.concatenate([np.linspace(0, length, PUSHES_IN + 1), length + beyond])
    lowest, sunk = np.minimum(push, length), np.maximum(push - length, 0.0)
    most = int(np.ceil(np.arccos(np.clip(1 - (length + deepest / 2) / reach, 0, 1)) / pitch)) + 1
    phase = (np.arange(PHASES) + 0.5) / PHASES - 0.5
    angle = (pitch * (phase + np.arange(-most, most + 1)[:, None])).ravel()
    angle = angle[np.abs(angle) < pi / 2]
    off, lift = reach * (1 - np.cos(angle)), np.cos(angle) / PHASES
    lift = lift * np.where(angle <= 0, 1.0, float(np.mean(floats(model.exit_side_share))))
    flat = np.maximum(lowest[:, None] - off, 0.0)
    share = float(np.mean(floats(model.drum_closing / law.firmness)))
    broad = share * (law.force_n(flat) @ lift)
    drum = drum_force_n(radius - sunk, radius, width, model)
    dent = drum_dent_mm(drum + broad, radius, width, model)
    around = np.maximum(lowest + dent / 2, NO_TRAVEL_MM)[:, None]
    travel = np.maximum(lowest[:, None] * (1 - off / around), 0.0)
    half = np.maximum(np.sqrt(radius * dent), NO_TRAVEL_MM)[:, None]
    away = np.minimum(radius * np.abs(np.sin(angle)) / half, 1.0)
    pressure = 2 * drum[:, None] / (pi * half * width) * np.sqrt(1 - away**2)
    _, force, _ = pressed_depth_and_force(law, travel, pressure)
    # Rising even where rounding or the pressure's onset would let it dip: the energy stays convex.
    needles = np.maximum.accumulate(force @ lift)
    return SpreadRing(roller, model, floats(push), floats(needles), floats(broad))
