"""The laws of healing for all members of the ensemble at once: signal, production, collagen, epidermis, elastin.

A session wounds a share phi of a layer's volume, and 1 - exp(-reach phi) of the layer answers. Each session recruits
that much of the tissue that is not answering yet. From there collagen runs through four pools, each feeding the next:

    signal  --(signal_days)-->  production  --(production_days)-->  gone
    production makes young collagen, lost at its half-life; a share of what would be lost matures, and fades in years

The epidermis thickens to a plateau, P (1 - exp(-D)): D grows by `epidermis_gain` for a whole layer that answers, with
the signal, and fades by one of two rival laws. Elastin changes by a share of the young collagen whose sign is open.

In: shares wounded by session and layer, days, age; members. Out: arrays by member and day.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from math import log
from typing import NamedTuple

import numpy as np

from ...data.constants import HealingMember, healing, healing_members, thickness_left
from ...data.thickness import AGE_OF_MEASURED_GROUPS, LAYERS
from ...geometry.arrays import Array
from .pools import bateman_1910, decaying_sums

DAYS_PER_YEAR = 365.25
EPIDERMIS = LAYERS.index("viable_epidermis")
DERMIS = (LAYERS.index("papillary_dermis"), LAYERS.index("reticular_dermis"))
SIGNAL, PRODUCTION, YOUNG, MATURE = range(4)  # the pools, in the order in which one feeds the next


@dataclass(frozen=True)
class HealingMembers:
    """Constants of healing, one value a member; each is a row of `data/healing.csv`.

    Parameters
    ----------
    signal_days, production_days : (M,) float — time constants of the signal and of the production it starts [d]
    young_half_life_days, mature_half_life_years : (M,) float — of collagen that turns over, and of the rest [d, year]
    matured_share : (M,) float — of the young collagen lost, what matures instead [-]
    reach : (M,) float — tissue that answers over tissue wounded, for small wounds [-]
    full_response : (M,) float — production at its peak in a layer wounded all through, over normal, less one [-]
    old_response : (M,) float — answer of old skin over that of young [-]
    elastin_per_collagen : (M,) float — gain of elastin over gain of young collagen [-]
    epidermis_plateau, epidermis_gain, epidermis_days : (M,) float — most thickening, steepness, life [-, -, d]
    discrepancy : (M,) float — scale of a study's own error, of the logarithm of a change [-]

    """

    signal_days: Array
    production_days: Array
    young_half_life_days: Array
    mature_half_life_years: Array
    matured_share: Array
    reach: Array
    full_response: Array
    old_response: Array
    elastin_per_collagen: Array
    epidermis_plateau: Array
    epidermis_gain: Array
    epidermis_days: Array
    discrepancy: Array

    def rates(self) -> Array:
        """Return the loss of each pool of collagen, members by pools [1/d]."""
        columns = (
            1 / self.signal_days,
            1 / self.production_days,
            log(2) / self.young_half_life_days,
            log(2) / (self.mature_half_life_years * DAYS_PER_YEAR),
        )
        return np.stack(columns, axis=-1)


def as_members(rows: tuple[HealingMember, ...]) -> HealingMembers:
    """Return rows of the ensemble as arrays.

    Parameters
    ----------
    rows : tuple of HealingMember — one a member [as its fields]

    """
    names = [field.name for field in fields(HealingMembers)]
    return HealingMembers(**{name: np.array([getattr(row, name) for row in rows]) for name in names})


@cache
def shipped_members() -> HealingMembers:
    """Return the members as shipped, of equal weight."""
    return as_members(healing_members())


def answer_of(share: Array, reach: Array) -> Array:
    """Return the share of a layer that answers to wounds.

    Parameters
    ----------
    share : float array — of the layer's volume inside channels [-]
    reach : float array — tissue that answers over tissue wounded, for small wounds [-]

    """
    answer: Array = -np.expm1(-reach * share)
    return answer


def age_factor(members: HealingMembers, age_years: float | None) -> Array:
    """Return how much skin of an age answers, over skin of the age of the groups that layers were measured in.

    Parameters
    ----------
    members : HealingMembers — M of them [as its fields]
    age_years : float or None — None for the age of the measured groups [years]

    Returns
    -------
    (M,) float array — never rising with age [-]

    """
    young, old = healing()["young_age"].value, healing()["old_age"].value

    def left(age: float) -> Array:
        aged: Array = 1 - (1 - members.old_response) * np.clip((age - young) / (old - young), 0.0, 1.0)
        return aged

    if age_years is None:
        return np.ones_like(members.old_response)
    return left(age_years) / left(AGE_OF_MEASURED_GROUPS)


def wounded(shares: Array, age_years: float | None) -> Array:
    """Return the volume wounded per area, over what a layer of the measured groups holds per area.

    A layer that thinned with age holds fewer cells; the same channel in it is a greater share of it, but no greater
    wound.

    Parameters
    ----------
    shares : (S, 5) float array — share of each layer's volume inside channels, by session [-]
    age_years : float or None — None for the age of the measured groups [years]

    """
    return shares if age_years is None else shares * np.array(thickness_left(float(age_years)))


class CollagenCourses(NamedTuple):
    """Courses of the dermis by layer (papillary, reticular), member and day.

    Parameters
    ----------
    signal : (2, M, T) float array — over that of a layer that answers all through [-]
    production : (2, M, T) float array — of collagen, over normal, less one [-]
    young, mature : (2, M, T) float array — collagen gained, over what the layer held [-]

    """

    signal: Array
    production: Array
    young: Array
    mature: Array


def collagen_courses(
    members: HealingMembers, shares: Array, sessions: Array, days: Array, age_years: float | None = None
) -> CollagenCourses:
    """Return signal, production and collagen of the dermis.

    Parameters
    ----------
    members : HealingMembers — M of them [as its fields]
    shares : (S, 5) float array — share of each layer's volume inside channels, by session [-]
    sessions : (S,) float array — days of the sessions, rising [d]
    days : (T,) float array — days of the courses [d]
    age_years : float or None — None for the age of the measured groups [years]

    """
    rates = members.rates()
    answers = answer_of(wounded(shares, age_years)[:, DERMIS, None], members.reach)
    sums = decaying_sums(answers, sessions, rates, days, filling=PRODUCTION)
    contents = np.einsum("mji,lmit->jlmt", bateman_1910(rates), sums, optimize=True)
    # From amounts that are passed on to what they stand for: normal production is what the young pool loses when full.
    fast, slow, lost = rates[:, SIGNAL], rates[:, PRODUCTION], rates[:, YOUNG]
    peak = (slow / fast) ** (slow / (fast - slow))
    strength = (members.full_response * age_factor(members, age_years) / peak)[:, None]
    collagen = strength * (lost / slow)[:, None]
    return CollagenCourses(
        signal=contents[SIGNAL],
        production=strength * contents[PRODUCTION],
        young=collagen * contents[YOUNG],
        mature=collagen * members.matured_share[:, None] * contents[MATURE],
    )


def epidermis_courses(
    members: HealingMembers, shares: Array, sessions: Array, days: Array, age_years: float | None = None
) -> Array:
    """Return how much the epidermis thickens.

    Parameters
    ----------
    members : HealingMembers — M of them [as its fields]
    shares : (S, 5) float array — share of each layer's volume inside channels, by session [-]
    sessions : (S,) float array — days of the sessions, rising [d]
    days : (T,) float array — days of the courses [d]
    age_years : float or None — None for the age of the measured groups [years]

    Returns
    -------
    (M, T) float array — over untreated, less one [-]

    """
    answers = answer_of(wounded(shares, age_years)[:, EPIDERMIS, None], members.reach) * age_factor(members, age_years)
    rates = np.stack([1 / members.signal_days, 1 / members.epidermis_days], axis=-1)
    sums = decaying_sums(answers, sessions, rates, days)
    drive = np.einsum("mi,mit->mt", bateman_1910(rates)[:, 1], sums)
    thickening: Array = members.epidermis_plateau[:, None] * -np.expm1(-members.epidermis_gain[:, None] * drive)
    return thickening
