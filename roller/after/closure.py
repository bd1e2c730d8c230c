"""How channels close: a clock for the barrier and one for the visible hole.

Water loss and impedance say that the barrier is back within hours, while dyes still mark the hole. Both breaches shrink
by halves, A(t) = A0 exp(-ln 2 t / t_half), each with its own half-life:

- hole: grows with needle length (two rollers on the hairless rat); occlusion lengthens it;
- barrier: hours and the same for all lengths while the skin can dry; under occlusion it must wait for the hole.

In: needle length, times, site, age, occlusion. Out: shares open and restored at those times, half-lives, hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import ArrayLike

from ...data import catalog
from ...data.catalog import SkinSite
from ...data.checks import refuse
from ...data.constants import after, closure_sites
from ...geometry.arrays import Array, floats

RAT = "rat"
RAT_NAMES = (RAT, "hairless rat", "hairless_rat", "hairless-rat")
LONGEST_NEEDLE_MM = 5.0
OLDEST_YEARS = 120.0
LONGEST_HOURS = 1e6


@dataclass(frozen=True)
class ClosureCourse:
    """How far channels have closed.

    Parameters
    ----------
    hours : (T,) float — time after rolling [h]
    open_area_share : (T,) float — open area of the hole over that just after rolling, 1 to 0 [-]
    barrier_share : (T,) float — share of the breached barrier that is back, 0 to 1 [-]
    half_life_h : float — of the open area [h]
    barrier_half_life_h : float — of the breach that impedance and water loss see [h]
    closed_h : float — until the hole counts as closed [h]
    barrier_back_h : float — until the barrier counts as back [h]

    """

    hours: Array
    open_area_share: Array
    barrier_share: Array
    half_life_h: float
    barrier_half_life_h: float
    closed_h: float
    barrier_back_h: float


def _halvings() -> float:
    """Half-lives until so little is left that the breach counts as gone [-]."""
    return -log2(after()["back_share"].value)


def ageing_factor(age_years: float | None) -> float:
    """Return by how much closure is slower than in the young group of Kelchen 2016.

    Parameters
    ----------
    age_years : float or None — age; None for that of the measured groups [years]

    """
    if age_years is None:
        return 1.0
    if not 0 <= age_years <= OLDEST_YEARS:
        raise refuse("age_years", age_years, f"between 0 and {OLDEST_YEARS:g} years")
    constants = after()
    return 1 + constants["ageing_per_year"].value * max(age_years - constants["ageing_reference"].value, 0.0)


def hole_half_life_kalluri_2011(length_mm: float) -> float:
    """Return the half-life of the visible hole, not occluded, by the two rollers of Kalluri 2011 on the hairless rat.

    Parameters
    ----------
    length_mm : float — needle length; measured at 0.37 and 0.77 [mm]

    """
    constants = after()
    reference = constants["hole_closed_rat"].value / _halvings()
    ratio = length_mm / constants["hole_reference_length"].value
    return float(reference * ratio ** constants["closure_length_exponent"].value)


def occluded_half_life_ogunjimi_2021(length_mm: float, site: str = "") -> float:
    """Return the half-life of the breach under occlusion, by the impedance study of Ogunjimi 2021.

    Parameters
    ----------
    length_mm : float — needle length; the study's is taken as 0.8 [mm]
    site : str — upper_arm, forearm or abdomen were measured; any other gets their mean [-]

    """
    constants = after()
    measured = closure_sites()
    reference = measured[site].occluded_half_life_h if site in measured else constants["occluded_half_life"].value
    ratio = length_mm / constants["occluded_reference_length"].value
    return float(reference * ratio ** constants["closure_length_exponent"].value)


def closure_course(
    length_mm: float,
    hours: ArrayLike,
    *,
    site: str | SkinSite = "cheek",
    age_years: float | None = None,
    occluded: bool = False,
) -> ClosureCourse:
    """Return how far the channels of a roller have closed at given times.

    Parameters
    ----------
    length_mm : float — needle length, above 0 to 5 [mm]
    hours : (T,) float array — times after rolling, at least 0 [h]
    site : str or SkinSite — skin site by name, alias or record; 'rat' for the hairless rat [-]
    age_years : float or None — age; None for the site's own, or for that of the measured groups [years]
    occluded : bool — under a film or a wet dressing instead of open to the air [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    if not 0 < length_mm <= LONGEST_NEEDLE_MM:
        raise refuse("length_mm", length_mm, f"above 0, at most {LONGEST_NEEDLE_MM:g} mm")
    times = checked_hours(hours)
    constants = after()
    if isinstance(site, str) and site.lower() in RAT_NAMES:
        slower, place = ageing_factor(None), RAT
        barrier = constants["barrier_back_rat"].value / _halvings()
    else:
        skin = catalog.site(site)
        slower, place = ageing_factor(skin.age_years if age_years is None else age_years), skin.name
        barrier = constants["barrier_half_life_human"].value * slower
    hole = hole_half_life_kalluri_2011(length_mm) * slower
    if occluded:
        wet = occluded_half_life_ogunjimi_2021(length_mm, place) * slower
        hole, barrier = max(hole, wet), max(barrier, wet)
    # The barrier can't be later than the hole: what is closed lets nothing through.
    barrier = min(barrier, hole)
    return ClosureCourse(
        hours=times,
        open_area_share=np.exp2(-times / hole),
        barrier_share=1 - np.exp2(-times / barrier),
        half_life_h=hole,
        barrier_half_life_h=barrier,
        closed_h=hole * _halvings(),
        barrier_back_h=barrier * _halvings(),
    )


def checked_hours(hours: ArrayLike) -> Array:
    """Return times as an array: finite, not negative.

    Parameters
    ----------
    hours : (T,) float array — times [h]

    """
    times = np.atleast_1d(floats(hours))
    if times.ndim != 1 or not times.size or not bool(((times >= 0) & (times <= LONGEST_HOURS)).all()):
        raise refuse("hours", hours, f"times between 0 and {LONGEST_HOURS:g} h")
    return times
