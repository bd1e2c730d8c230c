"""How deep needles go: dimple, puncture, cutting, and the balance between the hand, the needles and the drum.

The law is the two-constant one: under a needle the skin dimples by F/k; at the puncture force F0 it opens, and from
there resistance grows by c for each mm of depth. Pushed in by u, a needle is then d = (u - F0/k) / (1 + c/k) deep.
The drum's height follows from the load: all engaged needles and, once it touches, the drum itself carry it.

In: a roller, a technique's load, the ring and the skin of each contact. Out: peak and residual depth of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np
from numpy.typing import ArrayLike

from ..data.catalog import RollerSpec, tissue
from ..geometry.arrays import Array, Flags, Ints, floats
from ..geometry.drum import angular_pitch_rad, ring_offsets_rad
from ..geometry.needle import needle_profile
from .motion import angle_at_travel_rad, tip_travel_mm

# The tip that the published dimple belongs to (Kalluri 2011): stiffness is puncture force over dimple there.
REFERENCE_TIP_RADIUS_UM = 4.0
SMALLEST_TIP_UM = 5.0  # diameter measured by Romgens 2014
HALVINGS = 52  # of the axle's range: down to the rounding of a double


@dataclass(frozen=True)
class InsertionLaw:
    """Mechanics of one needle of a roller.

    Parameters
    ----------
    puncture_force_n : float — F0 [N]
    skin_stiffness_n_per_mm : float — k, of the dimple [N/mm]
    cutting_stiffness_n_per_mm : float — c, after puncture [N/mm]

    """

    puncture_force_n: float
    skin_stiffness_n_per_mm: float
    cutting_stiffness_n_per_mm: float


@dataclass(frozen=True)
class DrumBalance:
    """The drum at rest under its load, at the moment a needle of each ring is lowest.

    Parameters
    ----------
    axle_height_mm : (rows,) float — h over the undisturbed skin [mm]
    drum_force_n : (rows,) float — share of the load that the bare drum carries [N]
    engaged : (rows,) int — needles in contact with the skin [-]

    """

    axle_height_mm: Array
    drum_force_n: Array
    engaged: Ints


@dataclass(frozen=True)
class Insertion:
    """What each contact of a needle with the skin left; zeros where the skin did not open.

    Parameters
    ----------
    opened : (n,) bool — the needle passed the stratum corneum [-]
    peak_depth_um : (n,) float — depth of the tip at its deepest [um]
    residual_depth_um : (n,) float — depth of the channel after the needle has left [um]
    surface_diameter_um : (n,) float — of the hole at the surface [um]
    aspect_ratio : (n,) float — length over width of the hole [-]

    """

    opened: Flags
    peak_depth_um: Array
    residual_depth_um: Array
    surface_diameter_um: Array
    aspect_ratio: Array


def puncture_force_romgens_2014(tip_diameter_um: ArrayLike) -> Array:
    """Return the force at which a sharp solid needle breaks human skin; linear in the tip's diameter.

    Fitted line of Romgens et al. 2014, ex vivo, 5 to 37 um; below 5 um it is held at its value there.

    Parameters
    ----------
    tip_diameter_um : float array — diameter of the tip [um]

    Returns
    -------
    float array — force [N]

    """
    constants = tissue()
    slope, intercept = constants["puncture_force_slope"].value, constants["puncture_force_intercept"].value
    force: Array = (slope * np.maximum(floats(tip_diameter_um), SMALLEST_TIP_UM) + intercept) / 1000
    return force


def insertion_law(roller: RollerSpec) -> InsertionLaw:
    """Return the mechanics of a roller's needles.

    Parameters
    ----------
    roller : RollerSpec — the device; its tip radius sets the puncture force [um]

    """
    constants = tissue()
    reference_force = float(puncture_force_romgens_2014(2 * REFERENCE_TIP_RADIUS_UM))
    stiffness = reference_force / (constants["dimple_at_puncture"].value / 1000)
    return InsertionLaw(
        puncture_force_n=float(puncture_force_romgens_2014(2 * roller.tip_radius_um)),
        skin_stiffness_n_per_mm=stiffness,
        cutting_stiffness_n_per_mm=constants["cutting_to_skin_stiffness"].value * stiffness,
    )


def needle_depth_mm(travel: ArrayLike, law: InsertionLaw, compliance: ArrayLike = 1.0) -> Array:
    """Return how deep a needle is once it was pushed in by `travel`; zero until it punctures.

    Parameters
    ----------
    travel : float array — push against the skin's surface [mm]
    law : InsertionLaw — the needle's mechanics [N, N/mm]
    compliance : float array — local compliance of the skin over its mean [-]

    """
    softness = floats(compliance) / law.skin_stiffness_n_per_mm
    past_puncture = np.maximum(floats(travel) - law.puncture_force_n * softness, 0.0)
    depth: Array = past_puncture / (1 + law.cutting_stiffness_n_per_mm * softness)
    return depth


def needle_force_n(travel: ArrayLike, law: InsertionLaw) -> Array:
    """Return the force on a needle pushed in by `travel`: k times the dimple.

    Parameters
    ----------
    travel : float array — push against the skin's surface [mm]
    law : InsertionLaw — the needle's mechanics [N, N/mm]

    """
    force: Array = law.skin_stiffness_n_per_mm * (floats(travel) - needle_depth_mm(travel, law))
    return force


def drum_force_n(axle_height: ArrayLike, roller: RollerSpec) -> Array:
    """Return what the bare drum carries when it dents the skin by R - h.

    Line contact of a cylinder, pi/4 E' W (R - h), stiffening towards the deepest dent that the tissue allows.

    Parameters
    ----------
    axle_height : float array — h [mm]
    roller : RollerSpec — drum radius and width [mm]

    """
    constants = tissue()
    poisson = constants["tissue_poisson_ratio"].value
    modulus_n_per_mm2 = constants["tissue_modulus"].value / 1000 / (1 - poisson**2)
    deepest = constants["deepest_drum_dent_share"].value * roller.drum_radius_mm
    dent = np.maximum(roller.drum_radius_mm - floats(axle_height), 0.0)
    force: Array = pi / 4 * modulus_n_per_mm2 * roller.drum_width_mm * dent / (1 - dent / deepest)
    return force


def balance_drum(roller: RollerSpec, load_n: float) -> DrumBalance:
    """Solve for the axle's height at which needles and drum carry the load.

    The upward force falls steadily with the height, so halving the bracket finds the one root; all rings at once.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    load_n : float — force of the hand [N]

    """
    law = insertion_law(roller)
    offsets = ring_offsets_rad(roller)
    pitch = angular_pitch_rad(roller)
    turns = np.arange(-(roller.per_ring // 2), roller.per_ring // 2 + 1) * pitch
    # Seen when a needle of ring i is lowest: needles of all rings j, at their angle from straight down.
    angles = (np.mod(offsets[None, :] - offsets[:, None], pitch)[:, :, None] + turns).reshape(roller.rows, -1)
    angles = angles[:, np.abs(angles).min(axis=0) < pi / 2]
    # A needle beyond a quarter turn points away from the skin.
    lift = np.where(np.abs(angles) < pi / 2, np.cos(angles), 0.0)

    def travel(height: Array) -> Array:
        return tip_travel_mm(angles, height[:, None], roller.drum_radius_mm, roller.length_mm)

    highest = np.full(roller.rows, roller.drum_radius_mm + roller.length_mm)
    lowest = np.full(roller.rows, roller.drum_radius_mm * (1 - tissue()["deepest_drum_dent_share"].value * (1 - 1e-9)))
    for _ in range(HALVINGS if load_n > 0 else 0):
        height = (lowest + highest) / 2
        force = (needle_force_n(travel(height), law) * lift).sum(axis=1) + drum_force_n(height, roller)
        too_deep = force > load_n
        lowest, highest = np.where(too_deep, height, lowest), np.where(too_deep, highest, height)
    engaged = ((travel(highest) > 0) & (lift > 0)).sum(axis=1)
    return DrumBalance(highest, drum_force_n(highest, roller), engaged)


def draw_compliance(count: int, rng: np.random.Generator) -> Array:
    """Draw the local compliance of the skin under each contact, over its mean.

    Parameters
    ----------
    count : int — number of contacts [-]
    rng : numpy Generator — source of randomness [-]

    Returns
    -------
    (count,) float — log-normal with mean 1 [-]

    """
    log_variance = np.log1p(tissue()["dimple_variation"].value ** 2)
    compliance: Array = np.exp(np.sqrt(log_variance) * rng.standard_normal(count) - log_variance / 2)
    return compliance


def insert(roller: RollerSpec, axle_height_mm: ArrayLike, corneum_um: ArrayLike, compliance: ArrayLike) -> Insertion:
    """Return what each contact leaves in the skin.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    axle_height_mm : (n,) float array — h while the needle is lowest [mm]
    corneum_um : (n,) float array — thickness of the stratum corneum under the needle [um]
    compliance : (n,) float array — local compliance of the skin over its mean [-]

    """
    law = insertion_law(roller)
    shape = needle_profile(roller)
    radius, length = roller.drum_radius_mm, roller.length_mm
    depth = needle_depth_mm(tip_travel_mm(0.0, axle_height_mm, radius, length), law, compliance)
    opened = 1000 * depth > floats(corneum_um)
    depth = np.where(opened, depth, 0.0)
    dimple = law.puncture_force_n * floats(compliance) / law.skin_stiffness_n_per_mm
    # A round needle that breaks the surface at an angle leaves an ellipse; from there the skin travels with it.
    aspect = 1 / np.cos(angle_at_travel_rad(dimple, axle_height_mm, radius, length))
    return Insertion(
        opened=opened,
        peak_depth_um=1000 * depth,
        residual_depth_um=1000 * depth * tissue()["residual_depth_share"].value,
        surface_diameter_um=2000 * shape.radius(depth),
        aspect_ratio=np.where(opened, aspect, 0.0),
    )
