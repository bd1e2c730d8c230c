"""What the model says to published measurements: one function a publication, named by author and year.

In: the inputs of a row of `data/published.csv`. Out: the predicted value, with a band over people and places where the
skin takes part. `validate` puts all rows beside what was measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import atan2

import numpy as np

from ...data.catalog import device, site
from ...geometry.arrays import Array
from ...geometry.drum import angular_pitch_rad, drum_layout, only_roller
from ...geometry.needle import NeedleProfile, needle_profile
from ...geometry.skin import draw_thickness_um, interfaces_um, mean_thickness_um
from ..coverage.passes import strokes_out
from ..insertion.each_contact import (
    Strength,
    draw_people,
    draw_places,
    handled,
    insert,
    lowest_depth_um,
    roller_law,
    withdrawn,
)
from ..insertion.motion import density_per_pass_per_mm2, pitch_radius_mm
from ..insertion.pressing import BAND, PEOPLE_DRAWN, Press, press
from ..insertion.support import balance_rings
from ..insertion.tissue import FASTEST_MM_S, TissueModel, rate_factor_olatunji_2013, spacing_factor_olatunji_2013
from ..technique import Technique

Inputs = dict[str, str]


@dataclass(frozen=True)
class Prediction:
    """What the model says to one row.

    Parameters
    ----------
    value : float — predicted [unit of the row]
    band : (float, float) or None — 5 and 95 % over people and places; None where no skin takes part [unit of the row]

    """

    value: float
    band: tuple[float, float] | None = None


def _around(values: Array) -> Prediction:
    """Prediction from rows: the mean skin first, then people."""
    if len(values) == 1:
        return Prediction(float(values[0]))
    low, high = np.quantile(values[1:], BAND)
    return Prediction(float(values[0]), (float(low), float(high)))


def _pressed(result: Press, name: str, band: str, scale: float = 1.0) -> Prediction:
    low, high = scale * getattr(result, band)
    known = bool(np.isfinite(low))
    return Prediction(float(scale * getattr(result, name)), (float(low), float(high)) if known else None)


def _rolled_um(inputs: Inputs, name: str, model: TissueModel | None, people: int) -> Array:
    """Peak depth of a roller: in the mean skin first, then in people's."""
    roller, skin = device(name), site(inputs["skin"])
    technique = Technique(load_n=float(inputs["load_n"]))
    rng = np.random.default_rng(0)
    drawn = draw_people(people, rng).times(draw_places(people, rng))
    strength = Strength(np.append(1.0, drawn.stiffness), np.append(1.0, drawn.resistance))
    mean = mean_thickness_um(skin)
    thickness = np.vstack([mean, draw_thickness_um(skin, mean, people, rng)])
    strength = strength.times(handled(roller, technique, model))
    return lowest_depth_um(roller, thickness, strength, technique.load_n, model=model)


def cone_of(inputs: Inputs) -> NeedleProfile:
    """Return the conical needle of an array, from its length, base and tip.

    Parameters
    ----------
    inputs : dict — length_mm, base_mm, tip_radius_um [mm, um]

    """
    length, base = float(inputs["length_mm"]), float(inputs["base_mm"])
    return NeedleProfile(
        length_mm=length,
        tip_radius_mm=float(inputs["tip_radius_um"]) / 1000,
        half_angle_rad=atan2(base / 2, length),
        shaft_radius_mm=base / 2,
    )


def _array_force_mn(inputs: Inputs, model: TissueModel | None, people: int) -> Prediction:
    """Force at which a needle of an array opens the skin, at 0.5 mm/s."""
    needle = cone_of(inputs)
    result = press(needle, inputs["skin"], travel_mm=needle.length_mm, people=people, model=model)
    return _pressed(result, "puncture_force_n", "puncture_force_band_n", 1000)


def schwarz_2011(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Dermaroller MF-8: needles on the drum, or the angle between two of a ring.

    Parameters
    ----------
    inputs : dict — device, quantity 'needles' or 'angular pitch' [-]
    model : TissueModel or None — not used: no skin takes part [-]
    people : int — not used [-]

    """
    roller = only_roller(device(inputs["device"]))
    if inputs["quantity"] == "needles":
        return Prediction(float(drum_layout(roller).ring.size))
    return Prediction(float(np.round(np.degrees(angular_pitch_rad(roller)), 9)))


def dts_deck(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Disc rollers: teeth on the drum.

    Parameters
    ----------
    inputs : dict — device [-]
    model : TissueModel or None — not used: no skin takes part [-]
    people : int — not used [-]

    """
    return Prediction(float(drum_layout(only_roller(device(inputs["device"]))).ring.size))


def _density_per_cm2(inputs: Inputs) -> Prediction:
    """Holes per area of a roller whose drum touches the skin; strokes back without a lift make none."""
    roller = only_roller(device(inputs["device"]))
    pitch = pitch_radius_mm(roller.drum_radius_mm, roller.drum_radius_mm)
    per_mm2 = density_per_pass_per_mm2(roller.needle_count, pitch, roller.drum_width_mm)
    lift = inputs.get("lift", "true") == "true"
    making_holes = strokes_out(Technique(passes=int(inputs["passes"]), lift=lift)).size
    return Prediction(float(100 * making_holes * per_mm2))


def doddaballapur_2009(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Holes per area after many passes of a 0.2 mm roller whose drum touches the skin.

    Parameters
    ----------
    inputs : dict — device, passes [-]
    model : TissueModel or None — not used: no skin takes part [-]
    people : int — not used [-]

    """
    return _density_per_cm2(inputs)


def singh_yadav_2016(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Holes per area of one pass of the standard roller whose drum touches the skin.

    Parameters
    ----------
    inputs : dict — device, passes [-]
    model : TissueModel or None — not used: no skin takes part [-]
    people : int — not used [-]

    """
    return _density_per_cm2(inputs)


def skin_needling_web(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Holes per area of strokes out and back in a star, without lifting.

    Parameters
    ----------
    inputs : dict — device, passes, lift [-]
    model : TissueModel or None — not used: no skin takes part [-]
    people : int — not used [-]

    """
    return _density_per_cm2(inputs)


def romgens_2014(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Single solid needle in excised human skin: force, or travel, at which the force drops.

    Parameters
    ----------
    inputs : dict — tip_diameter_um, skin, quantity 'force' or 'travel' [um]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — people drawn for the band, 0 for none [-]

    """
    tip_mm = float(inputs["tip_diameter_um"]) / 2000
    # Of shaft and cone, neither of which matters before puncture, nothing was told.
    needle = NeedleProfile(length_mm=2.0, tip_radius_mm=tip_mm, half_angle_rad=0.1, shaft_radius_mm=0.125)
    result = press(needle, inputs["skin"], travel_mm=1.5, people=people, model=model)
    if inputs["quantity"] == "force":
        return _pressed(result, "puncture_force_n", "puncture_force_band_n", 1000)
    return _pressed(result, "puncture_travel_mm", "puncture_travel_band_mm", 1000)


def olatunji_2013(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Force on a needle of an array: fast over slow, far apart over close together, or the force itself.

    Parameters
    ----------
    inputs : dict — quantity 'rate' with slow_mm_s and fast_mm_s, 'spacing' with near_um and far_um, or 'force' [-]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — people drawn for the band of a force; the skin cancels out of a ratio [-]

    """
    if inputs["quantity"] == "force":
        return _array_force_mn(inputs, model, people)
    if inputs["quantity"] == "rate":
        slow, fast = rate_factor_olatunji_2013([float(inputs["slow_mm_s"]), float(inputs["fast_mm_s"])], model)
        return Prediction(float(fast / slow))
    near, far = spacing_factor_olatunji_2013([float(inputs["near_um"]), float(inputs["far_um"])], model)
    return Prediction(float(far / near))


def kalluri_2011(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Dermaroller with 770 um needles: width of the hole, or depth of the channel that stays.

    Parameters
    ----------
    inputs : dict — device, skin, load_n, quantity 'hole' or 'residual' [N]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — people drawn for the band, 0 for none [-]

    """
    depth = _rolled_um(inputs, inputs["device"], model, people) / 1000
    residual, hole = withdrawn(needle_profile(device(inputs["device"])), depth, model)
    return _around(1000 * (hole if inputs["quantity"] == "hole" else residual))


def lam_2008(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Steel needle pressed in by less than 1 mm: the share of the travel that is buried.

    Parameters
    ----------
    inputs : dict — device, skin, travel_mm [mm]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — people drawn for the band, 0 for none [-]

    """
    travel = float(inputs["travel_mm"])
    result = press(device(inputs["device"]), inputs["skin"], travel_mm=travel, people=people, model=model)
    return _pressed(result, "peak_depth_um", "peak_depth_band_um", 0.001 / travel)


def donnelly_2014(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Hydrogel needles pressed into volunteers by hand: depth of the tips.

    Parameters
    ----------
    inputs : dict — length_mm, base_mm, tip_radius_um, skin [mm, um]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — people drawn for the band, 0 for none [-]

    """
    needle = cone_of(inputs)
    travel = needle.length_mm
    result = press(needle, inputs["skin"], travel_mm=travel, speed_mm_s=FASTEST_MM_S, people=people, model=model)
    return _pressed(result, "peak_depth_um", "peak_depth_band_um")


def donnelly_2011(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Moulded polymer needles pressed into skin: depth of the tips, or force on a needle that pierces.

    Parameters
    ----------
    inputs : dict — length_mm, base_mm, tip_radius_um, skin, quantity 'force' for the force [mm, um]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — people drawn for the band, 0 for none [-]

    """
    if inputs.get("quantity") == "force":
        return _array_force_mn(inputs, model, people)
    return donnelly_2014(inputs, model, people)


def verbaan_2008(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Short needles pressed in by hand, or shot in, up to their base: 1 if they pierce, 0 if not.

    Parameters
    ----------
    inputs : dict — length_mm, base_mm, tip_radius_um, skin, and speed_mm_s where they are shot in [mm, um, mm/s]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — not used: the mean skin says whether they pierce [-]

    """
    needle = cone_of(inputs)
    travel, speed = needle.length_mm, float(inputs.get("speed_mm_s", FASTEST_MM_S))
    result = press(needle, inputs["skin"], travel_mm=travel, speed_mm_s=speed, people=0, model=model)
    return Prediction(float(result.punctured))


def older_skin_2018(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Needles pressed into the old and into the young: depth of the tips, as a ratio.

    Parameters
    ----------
    inputs : dict — length_mm, base_mm, tip_radius_um, skin, old, young [mm, um, years]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — not used: people cancel out of the ratio [-]

    """
    needle = cone_of(inputs)
    old, young = (
        press(
            needle,
            site(inputs["skin"], age_years=float(inputs[age])),
            travel_mm=needle.length_mm,
            speed_mm_s=FASTEST_MM_S,
            people=0,
            model=model,
        )
        for age in ("old", "young")
    )
    return Prediction(float(old.peak_depth_um / young.peak_depth_um))


def lima_2013(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Rollers of several lengths: holes, reach of the longest, its layer, or how many lengths follow in depth.

    Parameters
    ----------
    inputs : dict — devices from short to long, skin, load_n, quantity 'reach', 'layer' or 'order'; or passes [N]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — people drawn for the band, 0 for none [-]

    """
    if "passes" in inputs:
        return _density_per_cm2(inputs)
    names = inputs["devices"].split()
    if inputs["quantity"] == "reach":
        return _around(_rolled_um(inputs, names[-1], model, people))
    if inputs["quantity"] == "layer":
        # The mean tip in the mean skin; layers are counted from the surface, the stratum corneum first.
        depth = _rolled_um(inputs, names[-1], model, 0)[0]
        tops = interfaces_um(mean_thickness_um(site(inputs["skin"])))[:-1]
        return Prediction(float((depth > tops).sum()))
    depths = np.array([_rolled_um(inputs, name, model, 0)[0] for name in names])
    return Prediction(float(1 + (np.diff(depths) > 0).sum()))


def laurent_2007(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Needle of 1.5 mm pressed in at a right angle up to its base: depth of the tip.

    Parameters
    ----------
    inputs : dict — device, skin [-]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — people drawn for the band, 0 for none [-]

    """
    roller = device(inputs["device"])
    travel = roller.length_mm
    result = press(roller, inputs["skin"], travel_mm=travel, speed_mm_s=FASTEST_MM_S, people=people, model=model)
    return _pressed(result, "peak_depth_um", "peak_depth_band_um")


def fernandes_web(inputs: Inputs, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Roller with 3 mm needles: length over width of the holes.

    Parameters
    ----------
    inputs : dict — device, skin, load_n [N]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — not used: the mean skin says whether there are slits [-]

    """
    roller = device(inputs["device"])
    technique = Technique(load_n=float(inputs["load_n"]))
    strength = handled(roller, technique, model)
    law = roller_law(roller, mean_thickness_um(site(inputs["skin"])), strength)
    hole = insert(roller, balance_rings(roller, technique.load_n, law).axle_height_mm[:1], 0.0, law)
    return Prediction(float(hole.aspect_ratio[0]))


OF_THE_NEEDLE = ("geometry", "mechanics")  # kinds of rows answered here; the others follow the needle
PREDICTORS: dict[str, Callable[[Inputs, TissueModel | None, int], Prediction]] = {
    function.__name__: function
    for function in (
        schwarz_2011,
        dts_deck,
        doddaballapur_2009,
        singh_yadav_2016,
        skin_needling_web,
        romgens_2014,
        olatunji_2013,
        kalluri_2011,
        lam_2008,
        donnelly_2014,
        donnelly_2011,
        verbaan_2008,
        older_skin_2018,
        lima_2013,
        laurent_2007,
        fernandes_web,
    )
}
