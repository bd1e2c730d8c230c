"""What each contact leaves: how deep its needle went in its own bit of skin, and what stays open when it has left.

Thickness, stiffness and toughness differ from person to person and from puncture to puncture; later passes meet skin
that has holes already. In: a roller, the axle's height and the skin under each contact. Out: peak and residual depth
and the hole.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from math import pi

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import DeviceSpec
from ...data.constants import tissue
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.needle import NeedleProfile, needle_profile
from ..technique import Technique
from .balance import DrumBalance
from .one_needle import NeedleLaw, needle_law, profile_of, stack_needles
from .support import (
    balance_lowest,
    balance_rings,
    entry_speed_of,
    hole_aspect_ratio,
    needles_per_mm2,
    travel_at_height_mm,
    ways_followed,
)
from .tissue import TissueModel, rate_factor_olatunji_2013, stretch_factor, tissue_model, worn_tip_radius_um
from .under_drum import pressed_depth_and_force

CONTACTS_AT_ONCE = 1 << 16  # some 3 kB each while their laws are worked out


@dataclass(frozen=True)
class Insertion:
    """What each contact of a needle with the skin left; zeros where the skin did not open.

    Parameters
    ----------
    opened : (n,) bool — the needle passed the stratum corneum [-]
    peak_depth_um : (n,) float — depth of the tip at its deepest [um]
    residual_depth_um : (n,) float — depth of the channel after the needle has left [um]
    surface_diameter_um : (n,) float — of the hole at the surface while the needle is in [um]
    aspect_ratio : (n,) float — length over width of the hole [-]
    follows_um : (n,) float — how far skin follows the needle along it, over all the way that it does [um]

    """

    opened: Flags
    peak_depth_um: Array
    residual_depth_um: Array
    surface_diameter_um: Array
    aspect_ratio: Array
    follows_um: Array

    def with_new(self, some: Ints, new: Insertion) -> Insertion:
        """Return this with what some of the contacts leave replaced.

        Parameters
        ----------
        some : (m,) int — which contacts [-]
        new : Insertion — what these leave, (m,) arrays [as its fields]

        """
        both = {field.name: (getattr(self, field.name).copy(), getattr(new, field.name)) for field in fields(self)}
        for held, put in both.values():
            held[some] = put
        return Insertion(**{name: held for name, (held, _) in both.items()})


@dataclass(frozen=True)
class Strength:
    """Stiffness and resistance of skin, each over that of the mean skin, slack and at 0.5 mm/s.

    Parameters
    ----------
    stiffness : (...) float — of the dimple [-]
    resistance : (...) float — to puncture, cutting and friction [-]

    """

    stiffness: Array
    resistance: Array

    def times(self, other: Strength) -> Strength:
        """Return the product of both.

        Parameters
        ----------
        other : Strength — same shape or one value [-]

        """
        return Strength(self.stiffness * other.stiffness, self.resistance * other.resistance)


def handled(roller: DeviceSpec, technique: Technique, model: TissueModel | None = None) -> Strength:
    """Return what speed and stretch make of the mean skin.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    technique : Technique — gives speed, slip and stretch [mm/s, -]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    return Strength(
        stiffness=stretch_factor(technique.stretch, model),
        resistance=rate_factor_olatunji_2013(entry_speed_of(roller, technique), model),
    )


def _lognormal(variation: str, count: int, rng: np.random.Generator) -> Array:
    """Draw factors of mean 1; the constant named gives their coefficient of variation."""
    log_variance = np.log1p(tissue()[variation].value ** 2)
    factors: Array = np.exp(np.sqrt(log_variance) * rng.standard_normal(count) - log_variance / 2)
    return factors


def draw_people(count: int, rng: np.random.Generator) -> Strength:
    """Draw people: the strength of their skin at this site.

    Parameters
    ----------
    count : int — number of people [-]
    rng : numpy Generator — source of randomness [-]

    Returns
    -------
    Strength — (count,) arrays, log-normal with mean 1

    """
    return Strength(
        _lognormal("stiffness_variation_between_people", count, rng),
        _lognormal("toughness_variation_between_people", count, rng),
    )


def draw_places(count: int, rng: np.random.Generator) -> Strength:
    """Draw the strength of the skin under each contact, over that of the person.

    Parameters
    ----------
    count : int — number of contacts [-]
    rng : numpy Generator — source of randomness [-]

    Returns
    -------
    Strength — (count,) arrays, log-normal with mean 1

    """
    return Strength(_lognormal("stiffness_variation", count, rng), _lognormal("toughness_variation", count, rng))


def roller_law(
    roller: DeviceSpec,
    thickness_um: ArrayLike,
    strength: Strength,
    *,
    uses: float = 0,
    fresh: ArrayLike = 1.0,
    model: TissueModel | None = None,
) -> NeedleLaw:
    """Return the law of a roller's needle in each bit of skin.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    thickness_um : (n, 5) float array — of the layers, from the surface down [um]
    strength : Strength — of each bit of skin, speed and stretch included [-]
    uses : float — treatments that the roller has done before [-]
    fresh : (n,) float array — 1 where the skin must be punctured, 0 where the needle slides into a hole [-]
    model : TissueModel or None — None for the constants as shipped; members as (n,) columns [as its fields]

    """
    return needle_law(
        stack_needles([needle_profile(roller)]),
        thickness_um,
        tip_radius_um=worn_tip_radius_um(roller.tip_radius_um, uses, model),
        stiffness=strength.stiffness,
        resistance=strength.resistance,
        fresh=fresh,
        density_per_mm2=needles_per_mm2(roller),
        model=model,
    )


@lru_cache(maxsize=256)  # a change of passes, pattern or region leaves it alone: sliders and sweeps ask again and again
def resting(
    device: DeviceSpec, load_n: float, uses: int, person_um: tuple[float, ...], stiffness: float, resistance: float
) -> tuple[NeedleLaw, DrumBalance]:
    """Return the law of a device's needle in one person's skin, and how the device rests there; kept, so read only.

    Parameters
    ----------
    device : DeviceSpec — the device [-]
    load_n : float — force of the hand [N]
    uses : int — treatments that the device has done before [-]
    person_um : tuple of 5 floats — mean thickness of the person's layers, as the skin lies under the needles [um]
    stiffness, resistance : float — of this skin over those of the mean skin, speed and stretch included [-]

    Returns
    -------
    law : NeedleLaw — one row [mm, N]
    balance : DrumBalance — (rows,) arrays, (1,) for a plate

    """
    law = roller_law(device, person_um, Strength(floats([stiffness]), floats([resistance])), uses=uses)
    balance = balance_rings(device, load_n, law)
    for record in (law, balance):
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
    return law, balance


def lowest_depth_um(
    roller: DeviceSpec,
    thickness_um: ArrayLike,
    strength: Strength,
    load_n: ArrayLike,
    tip_radius_um: ArrayLike | None = None,
    model: TissueModel | None = None,
) -> Array:
    """Return how deep the lowest needles of a roller are, mean over its rings, for many skins and hands at once.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    thickness_um : (n, 5) float array — of the layers, from the surface down [um]
    strength : Strength — of each skin, (n,) arrays, speed and stretch included [-]
    load_n : float or (n,) float array — force of the hand [N]
    tip_radius_um : (n,) float array or None — None for the roller's own [um]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    Returns
    -------
    (n,) float — peak depth, 0 where the stratum corneum holds [um]

    """
    thickness = np.atleast_2d(floats(thickness_um))
    law = needle_law(
        stack_needles([needle_profile(roller)]),
        thickness,
        tip_radius_um=roller.tip_radius_um if tip_radius_um is None else tip_radius_um,
        stiffness=strength.stiffness,
        resistance=strength.resistance,
        density_per_mm2=needles_per_mm2(roller),
        model=model,
    )
    balance, weights = balance_lowest(roller, load_n, law, model)
    count, kinds = balance.travel_mm.shape
    every = law.take(np.repeat(np.arange(count), kinds))
    depth, _, _ = pressed_depth_and_force(every, balance.travel_mm.ravel(), balance.drum_pressure_mpa.ravel())
    depth = 1000 * depth.reshape(count, kinds)
    return np.where(depth > thickness[:, :1], depth, 0.0) @ weights


def share_in_holes(pass_number: Array | Ints, contacts_per_pass_mm2: float, hole_diameter_mm: float) -> Array:
    """Return the chance that a needle lands in a hole of an earlier pass and slides into it.

    Parameters
    ----------
    pass_number : (n,) int or float — of each contact, 1 first; a stroke back in its own holes counts for less [-]
    contacts_per_pass_mm2 : float — holes that one pass leaves [1/mm2]
    hole_diameter_mm : float — of a hole at the surface [mm]

    Returns
    -------
    (n,) float — share of the surface that lies in holes: random ones overlap [-]

    """
    holes = contacts_per_pass_mm2 * pi / 4 * hole_diameter_mm**2
    share: Array = 1 - np.exp(-holes * (pass_number - 1))
    return share


def follows_mm(law: NeedleLaw, depth: Array) -> Array:
    """Return how far skin follows a needle to either side: the force that tears its cut sideways over its stiffness.

    Parameters
    ----------
    law : NeedleLaw — of the needle in the skin under it, n rows [mm, N]
    depth : (n,) float — of the tip [mm]

    """
    gives: Array = law.tearing_n_per_mm * law.resistance * depth / law.stiffness_n_per_mm
    return gives


def insert(
    roller: DeviceSpec,
    axle_height_mm: ArrayLike,
    corneum_um: ArrayLike,
    law: NeedleLaw,
    slip: float = 0.0,
    drum_pressure_mpa: ArrayLike = 0.0,
    model: TissueModel | None = None,
    between_strokes_mm: float = 0.0,
) -> Insertion:
    """Return what each contact leaves in the skin.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    axle_height_mm : (n,) float array — h while the needle is lowest [mm]
    corneum_um : (n,) float array — thickness of the stratum corneum under the needle [um]
    law : NeedleLaw — of the needle in the skin under it, n rows [mm, N]
    slip : float — share of the travel on which the drum slides [-]
    drum_pressure_mpa : (n,) float array — of the bare drum on the skin around the needle [N/mm2]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    between_strokes_mm : float — how far a pen moves from one stroke of its motor to the next [mm]

    """
    shape = profile_of(roller, model)
    height = np.broadcast_to(floats(axle_height_mm), law.length_mm.shape)
    travel = travel_at_height_mm(roller, height)
    depth, _, _ = pressed_depth_and_force(law, travel, np.broadcast_to(floats(drum_pressure_mpa), travel.shape))
    opened = 1000 * depth > floats(corneum_um)
    depth = np.where(opened, depth, 0.0)
    residual, _ = withdrawn(shape, depth, model)
    diameter, gives = 2 * shape.radius(depth), follows_mm(law, depth)
    aspect = hole_aspect_ratio(law.puncture_travel_mm, height, roller, diameter, gives, slip, between_strokes_mm)
    return Insertion(
        opened=opened,
        peak_depth_um=1000 * depth,
        residual_depth_um=1000 * residual,
        surface_diameter_um=1000 * diameter,
        aspect_ratio=np.where(opened, aspect, 0.0),
        follows_um=1000 * ways_followed(roller) * gives,
    )


def insert_each(
    roller: DeviceSpec,
    axle_height_mm: Array,
    thickness_um: Array,
    strength: Strength,
    drum_pressure_mpa: Array,
    *,
    uses: float = 0,
    slip: float = 0.0,
    between_strokes_mm: float = 0.0,
    fresh: Flags,
    model: TissueModel | None = None,
) -> Insertion:
    """Return what each of many contacts leaves in the skin, some contacts at a time: a law takes a kilobyte and more.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    axle_height_mm : (n,) float — h while the needle is lowest [mm]
    thickness_um : (n, 5) float — of the layers under each contact, from the surface down [um]
    strength : Strength — (n,) arrays, of the skin under each contact, speed and stretch included [-]
    drum_pressure_mpa : (n,) float — of drum and needles on the skin there [MPa]
    uses : float — treatments that the roller has done before [-]
    slip : float — share of the travel on which the drum slides [-]
    between_strokes_mm : float — how far a pen moves from one stroke of its motor to the next [mm]
    fresh : (n,) bool — the skin must be punctured; else the needle slides into a hole [-]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    """
    found = []
    for start in range(0, max(axle_height_mm.size, 1), CONTACTS_AT_ONCE):
        part = slice(start, start + CONTACTS_AT_ONCE)
        skin = Strength(strength.stiffness[part], strength.resistance[part])
        law = roller_law(roller, thickness_um[part], skin, uses=uses, fresh=fresh[part], model=model)
        pressure = drum_pressure_mpa[part]
        height, corneum = axle_height_mm[part], thickness_um[part, 0]
        found.append(insert(roller, height, corneum, law, slip, pressure, model, between_strokes_mm))
    names = [field.name for field in fields(Insertion)]
    return Insertion(**{name: np.concatenate([getattr(part, name) for part in found]) for name in names})


def withdrawn(shape: NeedleProfile, depth: ArrayLike, model: TissueModel | None = None) -> tuple[Array, Array]:
    """Return what stays open once a needle has left: tissue springs back along it, and sideways.

    Parameters
    ----------
    shape : NeedleProfile — the needle [mm]
    depth : float array — of the tip at its deepest [mm]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    Returns
    -------
    residual : float array — depth that stays open [mm]
    diameter : float array — of the hole left at the surface; for a tooth that of the disc of its section's area [mm]

    """
    model, deep = model or tissue_model(), floats(depth)
    residual: Array = deep * floats(model.residual_depth_share)
    return residual, floats(2 * shape.radius(deep) * model.residual_width_share)
