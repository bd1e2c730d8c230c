"""`press`: the same mechanics for a needle, or a flat array of them, pressed straight into skin.

Most published measurements are of this kind. In: a needle, a skin, and either how far or how hard it is pressed. Out:
a `Press` with force, depth, dimple and what stays open.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ...data.arguments import named
from ...data.catalog import DeviceSpec, SkinSite, device, site
from ...data.checks import Within, refuse
from ...geometry.arrays import Array, Flags, floats
from ...geometry.needle import NeedleProfile, needle_profile
from ...geometry.skin import draw_thickness_um, mean_thickness_um
from ..technique import MOST_STRETCH, MOST_USES
from .each_contact import Strength, draw_people, draw_places, withdrawn
from .one_needle import needle_law, stack_needles
from .tissue import (
    SLOWEST_MM_S,
    TissueModel,
    rate_factor_olatunji_2013,
    spacing_factor_olatunji_2013,
    stretch_factor,
    worn_tip_radius_um,
)
from .validity import outside_validity

FASTEST_MM_S = 10_000.0  # an applicator's spring; far beyond what was measured, and the warning says so
MOST_NEEDLES = 100_000
MOST_PEOPLE = 100_000  # 3 kB each while their laws are worked out
MOST_RESULTS = 200_000_000  # people times values: under a minute
RESULTS_AT_ONCE = 1 << 20  # (person, value) pairs: a handful of arrays of 8 MB
PEOPLE_DRAWN = 400  # for the bands; a 90 % band of that many draws is good to a few per cent of its width
BAND = (0.05, 0.95)


@dataclass(frozen=True)
class Press:
    """A needle pressed straight in; every field has the shape of the travel or load given.

    Parameters
    ----------
    travel_mm : float — push of the needle's base against the skin, at most its length [mm]
    force_n : float — on one needle [N]
    total_force_n : float — on all needles, and on their base where it rests on the skin [N]
    puncture_force_n : float — at which one needle opens the skin [N]
    puncture_travel_mm : float — at which it does [mm]
    punctured : bool — the needle passed the stratum corneum [-]
    peak_depth_um : float — of the tip while the needle is in [um]
    dimple_um : float — how far the skin is pushed in around it [um]
    residual_depth_um : float — that stays open once it has left [um]
    hole_diameter_um : float — of the hole at the surface [um]
    peak_depth_band_um, residual_depth_band_um : (2, ...) float — 5 and 95 % over people and places [um]
    force_band_n, puncture_force_band_n : (2, ...) float — 5 and 95 % over people and places [N]
    puncture_travel_band_mm : (2, ...) float — 5 and 95 % over people and places [mm]
    warnings : tuple of str — where the model leaves what was measured [-]

    """

    travel_mm: Array
    force_n: Array
    total_force_n: Array
    puncture_force_n: Array
    puncture_travel_mm: Array
    punctured: Flags
    peak_depth_um: Array
    dimple_um: Array
    residual_depth_um: Array
    hole_diameter_um: Array
    peak_depth_band_um: Array
    residual_depth_band_um: Array
    force_band_n: Array
    puncture_force_band_n: Array
    puncture_travel_band_mm: Array
    warnings: tuple[str, ...]


def _number(name: str, value: float, low: float, high: float, unit: str, *, above: bool = False) -> float:
    """Return the value if it is a number in the range; `above` leaves out the lower end."""
    numeric = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not (numeric and (low < value <= high if above else low <= value <= high)):
        raise refuse(name, value, f"{'above' if above else 'between'} {low:g} and {high:g} {unit}".rstrip())
    return float(value)


def _pushed(name: str, value: ArrayLike, unit: str, people: int) -> Array:
    try:
        given = np.asarray(value)
    except ValueError as error:
        raise refuse(name, value, f"numbers of at least 0 {unit}") from error
    most = MOST_RESULTS // (people + 1)
    if given.size > most:
        raise refuse(name, f"{given.size} values", f"at most {most} with {people} people")
    numeric = given.size == 0 or given.dtype.kind in "iuf"
    if not (numeric and np.isfinite(given).all() and (given >= 0).all()):
        raise refuse(name, value, f"at least 0 {unit}")
    return floats(given)


def _shape(needle: str | Path | DeviceSpec | NeedleProfile) -> NeedleProfile:
    shape = needle if isinstance(needle, NeedleProfile) else needle_profile(device(needle))
    lengths = {"length_mm": shape.length_mm, "tip_radius_mm": shape.tip_radius_mm}
    for name, value in (lengths | {"shaft_radius_mm": shape.shaft_radius_mm}).items():
        _number(name, value, 0, 100, "mm", above=True)
    _number("half_angle_rad", shape.half_angle_rad, 0, np.pi / 3, "rad", above=True)
    if shape.tip_radius_mm > shape.shaft_radius_mm:
        raise refuse("tip_radius_mm", shape.tip_radius_mm, f"at most shaft_radius_mm = {shape.shaft_radius_mm:g} mm")
    return shape


@named
def press(
    needle: str | Path | DeviceSpec | NeedleProfile,
    skin: str | Path | SkinSite,
    *,
    travel_mm: ArrayLike | None = None,
    load_n: ArrayLike | None = None,
    count: int = 1,
    speed_mm_s: float = SLOWEST_MM_S,
    gap_um: float | None = None,
    stretch: float = 0.0,
    uses: int = 0,
    people: int = PEOPLE_DRAWN,
    model: TissueModel | None = None,
) -> Press:
    """Press one needle, or a flat array that shares the load, straight into skin.

    Exactly one of travel and load is given. Beyond its length a needle goes no deeper: its base rests on the skin.

    Parameters
    ----------
    needle : str, Path, DeviceSpec or NeedleProfile — the needle, or the roller that one is taken from [mm]
    skin : str, Path or SkinSite — catalogue name, TOML file or record of the site [um]
    travel_mm : float array or None — push of the base beyond the first touch [mm]
    load_n : float array or None — force on the whole array [N]
    count : int — needles in the array, 1 to 100000 [-]
    speed_mm_s : float — of the needle into the skin, above 0; forces are known for 0.5 to 1 [mm/s]
    gap_um : float or None — free distance between neighbours; None for far apart [um]
    stretch : float — how far the skin is stretched, lengthening over length, 0 to 0.3 [-]
    uses : int — times that the needle was used before, 0 to 200 [-]
    people : int — people drawn for the bands, 0 for none, at most 100000 [-]
    model : TissueModel or None — None for the constants as shipped [as its fields]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    shape, place = _shape(needle), site(skin)
    if (travel_mm is None) == (load_n is None):
        raise refuse("travel_mm and load_n", (travel_mm, load_n), "exactly one of the two")
    count = int(Within(1, MOST_NEEDLES, "needles").number("count", count, whole=True))
    people = int(Within(0, MOST_PEOPLE, "people").number("people", people, whole=True))
    speed = _number("speed_mm_s", speed_mm_s, 0, FASTEST_MM_S, "mm/s", above=True)
    gap = np.inf if gap_um is None else _number("gap_um", gap_um, 0, np.inf, "um")
    worn = worn_tip_radius_um(1000 * shape.tip_radius_mm, _number("uses", uses, 0, MOST_USES, ""), model)

    name, value, unit = ("travel_mm", travel_mm, "mm") if load_n is None else ("load_n", load_n, "N")
    assert value is not None
    given = _pushed(name, value, unit, people)

    # The first row is the mean skin, the others are people, each at one place.
    rng = np.random.default_rng(0)
    drawn = draw_people(people, rng).times(draw_places(people, rng))
    handled = Strength(
        stiffness=stretch_factor(_number("stretch", stretch, 0, MOST_STRETCH, ""), model),
        resistance=rate_factor_olatunji_2013(speed, model) * spacing_factor_olatunji_2013(gap, model),
    )
    strength = Strength(np.append(1.0, drawn.stiffness), np.append(1.0, drawn.resistance)).times(handled)
    mean = mean_thickness_um(place)
    thickness = np.vstack([mean, draw_thickness_um(place, mean, people, rng)])
    law = needle_law(
        stack_needles([shape]),
        thickness,
        tip_radius_um=worn,
        stiffness=strength.stiffness,
        resistance=strength.resistance,
        model=model,
    )
    # Some of the values at a time: what each does to each of the people never stands in memory together.
    at_once = max(1, RESULTS_AT_ONCE // strength.stiffness.size)
    parts = np.split(given.ravel(), range(at_once, given.size, at_once))
    found = []
    for part in parts:
        each = np.broadcast_to(part, (strength.stiffness.size, part.size))
        travel = np.minimum(each, shape.length_mm) if load_n is None else law.travel_at_force_mm(each / count)
        depth, force = law.depth_mm(travel), law.force_n(travel)
        depth_in = np.where(1000 * depth > thickness[:, :1], depth, 0.0)
        residual, diameter = withdrawn(shape, depth_in, model)
        lone = np.broadcast_to(law.puncture_force_n[:, None], travel.shape)
        opens = np.broadcast_to(law.puncture_travel_mm[:, None], travel.shape)
        first = [values[0] for values in (travel, force, lone, opens, depth_in, residual, diameter)]
        bands = [_band(values, people) for values in (1000 * depth_in, 1000 * residual, force, lone, opens)]
        found.append((first, bands))
    travel, force, lone, opens, depth_in, residual, diameter = (
        np.concatenate(one).reshape(given.shape)[()] for one in zip(*(first for first, _ in found), strict=True)
    )
    bands = [
        np.concatenate(one, axis=1).reshape(2, *given.shape) for one in zip(*(bands for _, bands in found), strict=True)
    ]
    return Press(
        travel_mm=travel,
        force_n=force,
        total_force_n=count * force if load_n is None else given[()],
        puncture_force_n=lone,
        puncture_travel_mm=opens,
        punctured=depth_in > 0,
        peak_depth_um=1000 * depth_in,
        dimple_um=1000 * (travel - depth_in),
        residual_depth_um=1000 * residual,
        hole_diameter_um=1000 * diameter,
        peak_depth_band_um=bands[0],
        residual_depth_band_um=bands[1],
        force_band_n=bands[2],
        puncture_force_band_n=bands[3],
        puncture_travel_band_mm=bands[4],
        warnings=tuple(
            outside_validity("press", tip_radius_um=float(worn), entry_speed_mm_s=speed, length_mm=shape.length_mm)
        ),
    )


def _band(values: Array, people: int) -> Array:
    """5 and 95 % over people, who are all rows but the first."""
    return np.quantile(values[1:], BAND, axis=0) if people else np.full((2, values.shape[1]), np.nan)
