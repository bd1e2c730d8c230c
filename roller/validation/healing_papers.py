"""Published measurements of healing, put to every member of the ensemble: one function a kind of question.

In: members, inputs of a row of `published.csv`. Out: what each member says, in the unit of the row. Where a
publication does not tell passes, load or device, what was assumed stands in the row's note.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from ...data.constants import PublishedValue, published
from ...geometry.arrays import Array, floats
from ..after.healing_laws import (
    PRODUCTION,
    SIGNAL,
    HealingMembers,
    collagen_courses,
    epidermis_courses,
    shipped_members,
)
from ..technique import Technique
from ..treatment.treating import treat

ASSUMED_PASSES, ASSUMED_SITE = 16, "cheek"
BAND = (0.05, 0.95)
TOLERANCE_SDS = 2.0  # a tolerance is read as two standard deviations of what its source supports
SEED_OF_STUDIES = 15  # of the errors of studies in the band of a row
WHOLE = np.ones(5)  # the wound of a laser: its size cancels in a ratio


class Prediction(NamedTuple):
    """A predicted value, and its band where the model has one, in the unit of the row."""

    value: float
    low: float | None = None
    high: float | None = None


@cache
def shares_of(device: str) -> tuple[float, ...]:
    """Return the volume shares that one session of a roller wounds, with the assumed passes on the assumed site.

    Parameters
    ----------
    device : str — name in the catalogue [-]

    """
    treatment = treat(device, ASSUMED_SITE, Technique(passes=ASSUMED_PASSES), figures=["layer_volume_fraction"])
    return tuple(treatment.volume_fraction.tolist())


def _series(device: str, sessions: int, interval_days: float) -> tuple[Array, Array]:
    """Shares and days of equal sessions."""
    return np.tile(np.array(shares_of(device)), (sessions, 1)), floats(interval_days * np.arange(sessions))


def collagen_change(
    members: HealingMembers, device: str, sessions: int, interval_days: float, days_after: float
) -> Array:
    """Return the change of the papillary dermis' collagen after a series [%].

    Parameters
    ----------
    members : HealingMembers — M of them [as its fields]
    device : str — name in the catalogue [-]
    sessions : int — number of sessions [-]
    interval_days : float — between them [d]
    days_after : float — after the last [d]

    """
    shares, days = _series(device, sessions, interval_days)
    got = collagen_courses(members, shares, days, days[-1:] + days_after)
    return 100 * (got.young + got.mature)[0, :, 0]


def epidermis_change(
    members: HealingMembers, device: str, sessions: int, interval_days: float, days_after: float
) -> Array:
    """Return the change of the epidermis' thickness after a series [%].

    Parameters
    ----------
    members : HealingMembers — M of them [as its fields]
    device : str — name in the catalogue [-]
    sessions : int — number of sessions [-]
    interval_days : float — between them [d]
    days_after : float — after the last [d]

    """
    shares, days = _series(device, sessions, interval_days)
    return 100 * epidermis_courses(members, shares, days, days[-1:] + days_after)[:, 0]


def collagen_ratio(
    members: HealingMembers, device: str, sessions: int, interval_days: float, days_after: float, days_before: float
) -> Array:
    """Return the change of collagen on a day after a series over that on an earlier day [-].

    Parameters
    ----------
    members : HealingMembers — M of them [as its fields]
    device : str — name in the catalogue, or 'laser' for a wound whose size is not known [-]
    sessions : int — number of sessions [-]
    interval_days : float — between them [d]
    days_after, days_before : float — the later and the earlier day, after the last session [d]

    """
    if device == "laser":
        shares, days = 1e-6 * WHOLE[None], np.zeros(1)
    else:
        shares, days = _series(device, sessions, interval_days)
    got = collagen_courses(members, shares, days, days[-1] + np.array([days_before, days_after]))
    gain = (got.young + got.mature)[0]
    ratio: Array = gain[:, 1] / gain[:, 0]
    return ratio


def production_peak(members: HealingMembers) -> Array:
    """Return the day on which the production of collagen peaks after one session [d].

    Parameters
    ----------
    members : HealingMembers — M of them [as its fields]

    """
    rates = members.rates()
    fast, slow = rates[:, SIGNAL], rates[:, PRODUCTION]
    day: Array = np.log(fast / slow) / (fast - slow)
    return day


def production_share(members: HealingMembers, day: float) -> Array:
    """Return the production of collagen on a day after one session, over that at its peak, both over normal [-].

    Parameters
    ----------
    members : HealingMembers — M of them [as its fields]
    day : float — since the session [d]

    """
    got = collagen_courses(members, 1e-6 * WHOLE[None], np.zeros(1), np.array([day])).production[0, :, 0]
    share: Array = got / (members.full_response * members.reach * 1e-6)
    return share


QUESTIONS: dict[str, Callable[..., Array]] = {
    "lotfi_2013_collagen": collagen_change,
    "lotfi_2013_epidermis": epidermis_change,
    "aust_2008_epidermis": epidermis_change,
    "aust_2008_collagen": collagen_change,
    "kenkel_2021_epidermis": epidermis_change,
    "kenkel_2021_attenuation": collagen_ratio,
    "el_domyati_2015_collagen": collagen_change,
    "el_domyati_photoaged_collagen": collagen_change,
    "lima_2017_collagen": collagen_change,
    "xu_production_peak": production_peak,
    "xu_production_6_months": production_share,
    "fractional_laser_2011_day_1": production_share,
    "co2_laser_1999_6_months": collagen_ratio,
    "co2_laser_1999_1_year": collagen_ratio,
}


def asked(row: str, members: HealingMembers, inputs: dict[str, float | int | bool | str]) -> Array:
    """Return what each member says to a row.

    Parameters
    ----------
    row : str — its id [-]
    members : HealingMembers — M of them [as its fields]
    inputs : dict — of the row [as named]

    """
    given = {name: value for name, value in inputs.items() if name != "bound"}
    return QUESTIONS[row](members, **given)


def bound_of(row: PublishedValue) -> str:
    """Return how a row binds: 'least', 'within', or '' for a measured value.

    Parameters
    ----------
    row : PublishedValue — of healing [-]

    """
    return row.given().get("bound", "")


def found_by(row: PublishedValue, said: Array, discrepancy: Array) -> Array:
    """Return what a study would find in each member: the figure, times an error of its own, and what its size blurs.

    Parameters
    ----------
    row : PublishedValue — the study's row; a tolerance is read as two standard deviations [its unit]
    said : (M,) float array — what the members say [its unit]
    discrepancy : (M,) float array — scale of the logarithm of the study's error [-]

    """
    random = np.random.default_rng(SEED_OF_STUDIES)
    found: Array = said * np.exp(discrepancy * random.standard_normal(said.size))
    if not bound_of(row):
        found = found + tolerance_sd(row) * random.standard_normal(said.size)
    return found


def tolerance_sd(row: PublishedValue) -> float:
    """Return the standard deviation that a row's tolerance stands for [unit of the row].

    Parameters
    ----------
    row : PublishedValue — with both ends of its tolerance [its unit]

    """
    assert row.low is not None
    assert row.high is not None
    return (row.high - row.low) / (2 * TOLERANCE_SDS)


def _predictor(row: str) -> Callable[..., Prediction]:
    def predict(**inputs: float | int | bool | str) -> Prediction:
        members = shipped_members()
        said = asked(row, members, inputs)
        low, high = np.quantile(found_by(published()[row], said, members.discrepancy), BAND)
        return Prediction(float(np.median(said)), float(low), float(high))

    return predict


PREDICTORS: dict[str, Callable[..., Prediction]] = {row: _predictor(row) for row in QUESTIONS}


def quantity_of(row: PublishedValue) -> str:
    """Return the quantity that a row measures: rows of one study and quantity share one vote.

    Parameters
    ----------
    row : PublishedValue — of healing [-]

    """
    return {
        collagen_change: "collagen",
        collagen_ratio: "course of collagen",
        epidermis_change: "epidermis",
        production_peak: "production",
        production_share: "production",
    }[QUESTIONS[row.id]]
