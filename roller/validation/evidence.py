"""What members of an ensemble say to the published rows of mechanics, and how well each meets them.

One vote a study and quantity, whether constants were fitted to it or not. A row's own error is its tolerance, read as
two standard deviations; what studies of like things disagree by beyond that is a discrepancy on the logarithm, drawn
with each member. In: members as columns. Out: predictions, one row a published row, and the logarithm of weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from scipy.special import log_ndtr

from ...data.catalog import device, site
from ...data.constants import PublishedValue, published
from ...geometry.arrays import Array, Ints, floats
from ...geometry.needle import NeedleProfile, needle_profile
from ...geometry.skin import interfaces_um, mean_thickness_um
from ..insertion.each_contact import (
    Strength,
    handled,
    insert,
    lowest_depth_um,
    roller_law,
    withdrawn,
)
from ..insertion.one_needle import NeedleLaw, needle_law, stack_needles
from ..insertion.support import balance_lowest
from ..insertion.tissue import (
    FASTEST_MM_S,
    SLOWEST_MM_S,
    TissueModel,
    opening_dimple_um,
    puncture_force_romgens_2014,
    rate_factor_olatunji_2013,
    spacing_factor_olatunji_2013,
)
from ..technique import Technique
from .insertion_papers import cone_of

DISCREPANCY = 0.3  # of the half-normal between studies, on the logarithm: the pair of Donnelly studies gives 0.30
TOLERANCE_SDS = 2.0  # a tolerance is read as two standard deviations of what the source supports
TOLD_IN_WORDS = 0.15  # standard deviation, on the logarithm, of an end or a layer that a source tells in words
# Rows that tell members nothing, or of which the model has no part.
UNTESTED = {
    "laurent_2007_deltoid": "bounds by the skin's thickness alone, which every member meets",
    "laurent_2007_suprascapular": "bounds by the skin's thickness alone, which every member meets",
    "laurent_2007_waist": "bounds by the skin's thickness alone, which every member meets",
    "lima_2013_order": "longer needles go deeper in every member",
    "verbaan_2008_slow_impact": "yes or no, and short needles pierce at this speed in nearly every member",
    "verbaan_2008_fast_impact": "the same",
    "verbaan_2008_hand": "the model knows no bed of nails: an array that shares a load over hundreds of needles",
}
ROLLED = ("kalluri_2011", "lima_2013", "fernandes_web")  # studies of rollers: the drum's balance takes part
HAND_OCTAVES = (-1.0, 1.0)  # of loads that no study tells: half to twice what the row assumes
TIP_OCTAVES = (-2.0, 1.0)  # of moulded tips that no study tells: 2.5 to 20 um in radius for the 10 um assumed


@dataclass(frozen=True)
class Untold:
    """What studies did not tell and rows assume: drawn with each member, since nobody knows it.

    Parameters
    ----------
    hand : (M,) float — load of the hand over what the row assumes [-]
    tip : (M,) float — radius of a moulded tip over what the row assumes [-]

    """

    hand: Array
    tip: Array

    def take(self, rows: Ints) -> Untold:
        """Return some members, in the order given.

        Parameters
        ----------
        rows : (n,) int — which [-]

        """
        return Untold(self.hand[rows], self.tip[rows])


@dataclass(frozen=True)
class Said:
    """Evidence: a published row, what members say to it, and between which ends that must lie.

    Parameters
    ----------
    row : PublishedValue — measured [unit of the row]
    vote : tuple of str — study and quantity: rows of one vote share it [-]
    values : (M,) float — predicted [its unit]
    measured : float or None — None where the source tells ends only [unit of the values]
    low, high : float — ends, 0 and infinity where there is none [unit of the values]
    own_error : float — standard deviation of the row itself, on the logarithm [-]
    ratio : bool — of two figures of one study, from which what tells studies apart cancels [-]

    """

    row: PublishedValue
    vote: tuple[str, str]
    values: Array
    measured: float | None
    low: float
    high: float
    own_error: float
    ratio: bool = False

    def error(self, discrepancy: Array) -> Array:
        """Return the standard deviation of the measurement around a member's prediction, on the logarithm.

        Parameters
        ----------
        discrepancy : (...) float — between studies [-]

        """
        return floats(np.hypot(self.own_error, 0.0 if self.ratio else discrepancy))

    def take(self, rows: Ints) -> Said:
        """Return what some members say, in the order given.

        Parameters
        ----------
        rows : (n,) int — which [-]

        """
        return replace(self, values=self.values[rows])

    def log_likelihood(self, discrepancy: Array) -> Array:
        """Return the logarithm of how likely the measurement is for each member.

        Parameters
        ----------
        discrepancy : (M,) or (k, M) float — between studies, standard deviation on the logarithm [-]

        """
        error = self.error(discrepancy)
        at = np.log(np.maximum(self.values, 1e-9))
        if self.measured is not None:
            return floats(-0.5 * ((at - np.log(self.measured)) / error) ** 2 - np.log(error))
        above, below = (at - np.log(max(self.low, 1e-12))) / error, (np.log(self.high) - at) / error
        return floats(np.minimum(log_ndtr(above), log_ndtr(below)))


def evidence_rows() -> list[PublishedValue]:
    """Return the published rows of mechanics that members are held against."""
    rows = (row for row in published().values() if row.kind == "mechanics")
    return [row for row in rows if row.source in _ANSWERS and row.id not in UNTESTED]


def untested_rows() -> list[PublishedValue]:
    """Return the rows of mechanics that members are not held against: `UNTESTED` says why, or nobody answers them."""
    known = {row.id for row in evidence_rows()}
    return [row for row in published().values() if row.kind == "mechanics" and row.id not in known]


def ask_members(model: TissueModel, untold: Untold, rolled: bool) -> list[Said]:  # noqa: FBT001
    """Return what members say to the rows of needles pressed straight in, or to those of rollers, which cost more.

    Parameters
    ----------
    model : TissueModel — M members [as its fields]
    untold : Untold — of the studies, M members [-]
    rolled : bool — the rows of rollers [-]

    """
    rows = (row for row in evidence_rows() if (row.source in ROLLED) == rolled)
    return [_ANSWERS[row.source](row, model, untold) for row in rows]


def log_weights(said: list[Said], discrepancy: Array, without: str = "") -> Array:
    """Return the logarithm of each member's weight, one vote a study and quantity.

    Parameters
    ----------
    said : list of Said — the evidence [-]
    discrepancy : (M,) or (k, M) float — between studies, standard deviation on the logarithm [-]
    without : str — a study that is left out [-]

    """
    votes: dict[tuple[str, str], list[Array]] = {}
    for one in said:
        if one.row.source != without:
            votes.setdefault(one.vote, []).append(one.log_likelihood(discrepancy))
    return floats(sum((np.mean(each, axis=0) for each in votes.values()), np.zeros_like(discrepancy)))


def _value(row: PublishedValue, quantity: str, values: Array, *, ratio: bool = False) -> Said:
    """A row that tells a value with a tolerance."""
    assert row.low is not None
    assert row.high is not None
    own = np.log(row.high / row.low) / 2 / TOLERANCE_SDS
    return Said(row, (row.source, quantity), values, row.measured, row.low, row.high, float(own), ratio)


def _ends(row: PublishedValue, quantity: str, values: Array, low: float, high: float, *, ratio: bool = False) -> Said:
    """A row that tells ends only."""
    return Said(row, (row.source, quantity), values, None, low, high, TOLD_IN_WORDS, ratio)


def _pressed(
    needle: NeedleProfile, skin: Array, speed: float, model: TissueModel, tip_um: Array | None = None
) -> NeedleLaw:
    rate = np.ones(model.members) * rate_factor_olatunji_2013(speed, model)
    return needle_law(stack_needles([needle]), skin, tip_radius_um=tip_um, resistance=rate, model=model)


def _rolled_um(name: str, skin: str, load_n: Array, model: TissueModel) -> Array:
    roller = device(name)
    ones, use = np.ones(model.members), handled(roller, Technique(), model)
    strength = Strength(ones * use.stiffness, ones * use.resistance)
    return lowest_depth_um(roller, mean_thickness_um(site(skin)), strength, load_n, model=model)


def _romgens_2014(row: PublishedValue, model: TissueModel, _: Untold) -> Said:
    given, ones = row.given(), np.ones(model.members)
    tip = float(given["tip_diameter_um"])
    if given["quantity"] == "force":
        return _value(row, "force", 1000 * ones * puncture_force_romgens_2014(tip, model))
    return _value(row, "travel", ones * opening_dimple_um(tip / 2, model))


def _array_force_mn(row: PublishedValue, model: TissueModel, untold: Untold) -> Array:
    tip = 2 * float(row.given()["tip_radius_um"]) * untold.tip
    return floats(1000 * puncture_force_romgens_2014(tip, model))


def _olatunji_2013(row: PublishedValue, model: TissueModel, untold: Untold) -> Said:
    given, ones = row.given(), np.ones(model.members)
    if given["quantity"] == "force":
        return _value(row, "force", _array_force_mn(row, model, untold))
    if given["quantity"] == "rate":
        slow, fast = (rate_factor_olatunji_2013(float(given[name]), model) for name in ("slow_mm_s", "fast_mm_s"))
        return _value(row, "rate", ones * fast / slow, ratio=True)
    near, far = (spacing_factor_olatunji_2013(float(given[name]), model) for name in ("near_um", "far_um"))
    return _value(row, "spacing", ones * far / near, ratio=True)


def _kalluri_2011(row: PublishedValue, model: TissueModel, untold: Untold) -> Said:
    given = row.given()
    depth = _rolled_um(given["device"], given["skin"], untold.hand * float(given["load_n"]), model) / 1000
    residual, hole = withdrawn(needle_profile(device(given["device"])), depth, model)
    return _value(row, given["quantity"], 1000 * (hole if given["quantity"] == "hole" else residual))


def _lam_2008(row: PublishedValue, model: TissueModel, _: Untold) -> Said:
    given = row.given()
    travel = float(given["travel_mm"])
    law = _pressed(needle_profile(device(given["device"])), mean_thickness_um(site(given["skin"])), SLOWEST_MM_S, model)
    return _ends(row, "buried", law.depth_mm(np.full(model.members, travel)) / travel, 0.0, row.measured)


def _by_hand_um(row: PublishedValue, model: TissueModel, untold: Untold, age: float | None = None) -> Array:
    given, needle = row.given(), cone_of(row.given())
    skin = mean_thickness_um(site(given["skin"], age_years=age))
    tip = float(given["tip_radius_um"]) * untold.tip
    law = _pressed(needle, skin, FASTEST_MM_S, model, tip)
    return floats(1000 * law.depth_mm(np.full(model.members, needle.length_mm)))


def _donnelly(row: PublishedValue, model: TissueModel, untold: Untold) -> Said:
    if row.given().get("quantity") == "force":
        return _value(row, "force", _array_force_mn(row, model, untold))
    return _value(row, "depth", _by_hand_um(row, model, untold))


def _older_skin_2018(row: PublishedValue, model: TissueModel, untold: Untold) -> Said:
    old, young = (_by_hand_um(row, model, untold, float(row.given()[age])) for age in ("old", "young"))
    both = np.divide(old, young, out=np.ones_like(old), where=young > 0)
    return _value(row, "age", both, ratio=True)


def _lima_2013(row: PublishedValue, model: TissueModel, untold: Untold) -> Said:
    given = row.given()
    names = given["devices"].split()
    load = untold.hand * float(given["load_n"])
    if given["quantity"] == "reach":
        return _value(row, "reach", _rolled_um(names[-1], given["skin"], load, model))
    edges, layer = interfaces_um(mean_thickness_um(site(given["skin"]))), int(row.measured)
    depth = _rolled_um(names[-1], given["skin"], load, model)
    return _ends(row, f"layer {names[-1]}", depth, float(edges[layer - 1]), float(edges[layer]))


def _fernandes_web(row: PublishedValue, model: TissueModel, untold: Untold) -> Said:
    given = row.given()
    roller, skin = device(given["device"]), mean_thickness_um(site(given["skin"]))
    ones, use = np.ones(model.members), handled(roller, Technique(), model)
    law = roller_law(roller, skin, Strength(ones * use.stiffness, ones * use.resistance), model=model)
    balance, _ = balance_lowest(roller, untold.hand * float(given["load_n"]), law, model)
    height, pressure = balance.axle_height_mm[:, 0], balance.drum_pressure_mpa[:, 0]
    left = insert(roller, height, skin[0], law, drum_pressure_mpa=pressure, model=model)
    assert row.high is not None
    return _ends(row, "shape", np.maximum(left.aspect_ratio, 1e-3), 0.0, row.high, ratio=True)


_ANSWERS: dict[str, Callable[[PublishedValue, TissueModel, Untold], Said]] = {
    "romgens_2014": _romgens_2014,
    "olatunji_2013": _olatunji_2013,
    "kalluri_2011": _kalluri_2011,
    "lam_2008": _lam_2008,
    "donnelly_2014": _donnelly,
    "donnelly_2011": _donnelly,
    "older_skin_2018": _older_skin_2018,
    "lima_2013": _lima_2013,
    "fernandes_web": _fernandes_web,
}


@cache
def studies() -> tuple[str, ...]:
    """Return the studies of the evidence."""
    return tuple(dict.fromkeys(row.source for row in evidence_rows()))
