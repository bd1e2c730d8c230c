"""How channels close: shares open and restored at given times, half-lives and hours, with their bands.

Studies of the barrier disagree by more than a decade, by method, occlusion and size of the breach, so each clock of
`breach.py` is a member's, and every figure a median with its band.

In: channels (or a needle length, for those that it typically makes), times, age, skin colour, occlusion. Out: shares
open and restored at those times, half-lives, hours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...data import catalog
from ...data.arguments import named
from ...data.catalog import SkinSite
from ...data.checks import refuse
from ...geometry.arrays import Array, floats
from .breach import breach_of
from .made import LONGEST_NEEDLE_MM as LONGEST_NEEDLE_MM
from .made import MadeChannels, typical_channels
from .outcome_ensemble import OutcomeMembers, band, bands, central

RAT = "rat"
RAT_NAMES = (RAT, "hairless rat", "hairless_rat", "hairless-rat")
LONGEST_HOURS = 1e6


@dataclass(frozen=True)
class ClosureCourse:
    """How far channels have closed; medians over the members of the ensemble.

    Parameters
    ----------
    hours : (T,) float — time after rolling [h]
    open_area_share : (T,) float — open area of the holes over that just after rolling; 0 where none opened [-]
    barrier_share : (T,) float — share of the breached barrier that is back; 1 where none was breached [-]
    half_life_h : float — until half of the open area is left [h]
    barrier_half_life_h : float — until half of the leak is left [h]
    closed_h : float — until the holes count as closed [h]
    barrier_back_h : float — until the barrier counts as back, by water loss [h]
    closed_band_h : tuple of 2 float — 5 and 95 % of the members [h]
    barrier_back_band_h : tuple of 2 float — 5 and 95 % of the members [h]
    open_area_band : (2, T) float — the same of the open area's share [-]
    barrier_band : (2, T) float — the same of the barrier's share [-]

    """

    hours: Array
    open_area_share: Array
    barrier_share: Array
    half_life_h: float
    barrier_half_life_h: float
    closed_h: float
    barrier_back_h: float
    closed_band_h: tuple[float, float]
    barrier_back_band_h: tuple[float, float]
    open_area_band: Array
    barrier_band: Array


@dataclass(frozen=True)
class BreachCourse:
    """How far channels have closed, by every member.

    Parameters
    ----------
    open_area_share : (M, T) float — open area of the holes over that just after rolling [-]
    barrier_share : (M, T) float — share of the breached barrier that is back [-]
    half_life_h : (M,) float — until half of the open area is left [h]
    barrier_half_life_h : (M,) float — until half of the leak is left [h]
    closed_h : (M,) float — until the holes count as closed [h]
    barrier_back_h : (M,) float — until the barrier counts as back [h]

    """

    open_area_share: Array
    barrier_share: Array
    half_life_h: Array
    barrier_half_life_h: Array
    closed_h: Array
    barrier_back_h: Array


def breach_course(
    made: MadeChannels,
    hours: ArrayLike,
    *,
    age_years: float | None = None,
    occluded: bool = False,
    skin_colour: str | None = None,
    rat: bool = False,
    members: OutcomeMembers | None = None,
) -> BreachCourse:
    """Return how far channels have closed at given times, by every member.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    hours : (T,) float array — times after rolling, at least 0 [h]
    age_years : float or None — age; None for that of the measured groups [years]
    occluded : bool — under a film or a wet dressing instead of open to the air [-]
    skin_colour : str or None — light, medium or dark; None or 'any' for all people together [-]
    rat : bool — skin of the hairless rat [-]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    """
    times = checked_hours(hours)
    breach = breach_of(made, age_years=age_years, occluded=occluded, skin_colour=skin_colour, rat=rat, members=members)
    steps = [np.full(breach.slow.size, time) for time in (0.0, *times)]
    return BreachCourse(
        open_area_share=_share_of_first([breach.open_area(step) for step in steps]),
        barrier_share=1 - _share_of_first([breach.leak(step) for step in steps]),
        half_life_h=breach.half_life_h(),
        barrier_half_life_h=breach.barrier_half_life_h(),
        closed_h=breach.closed_h(),
        barrier_back_h=breach.barrier_back_h(),
    )


def _share_of_first(course: list[Array]) -> Array:
    """Values at each time over those at the first, (M, T); 0 for members with nothing to begin with."""
    start, later = course[0][:, None], np.stack(course[1:], axis=1)
    return np.divide(later, start, out=np.zeros_like(later), where=start > 0)


def leaking_share(
    made: MadeChannels,
    hours: ArrayLike,
    *,
    age_years: float | None = None,
    occluded: bool = False,
    skin_colour: str | None = None,
    members: OutcomeMembers | None = None,
) -> Array:
    """Return the share of the breach that is still there at given times, by every member, as delivery asks for it.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    hours : (T,) float array — times after rolling, at least 0 [h]
    age_years : float or None — age; None for that of the measured groups [years]
    occluded : bool — under a film or a wet dressing instead of open to the air [-]
    skin_colour : str or None — light, medium or dark; None or 'any' for all people together [-]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (T, M) float [-]

    """
    times = checked_hours(hours)
    breach = breach_of(made, age_years=age_years, occluded=occluded, skin_colour=skin_colour, members=members)
    return _share_of_first([breach.leak(np.full(breach.slow.size, time)) for time in (0.0, *times)]).T


def closure_of_channels(
    made: MadeChannels,
    hours: ArrayLike,
    *,
    age_years: float | None = None,
    occluded: bool = False,
    skin_colour: str | None = None,
    rat: bool = False,
) -> ClosureCourse:
    """Return how far channels have closed at given times: medians over the members, and the bands of the hours.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    hours : (T,) float array — times after rolling, at least 0 [h]
    age_years : float or None — age; None for that of the measured groups [years]
    occluded : bool — under a film or a wet dressing instead of open to the air [-]
    skin_colour : str or None — light, medium or dark; None or 'any' for all people together [-]
    rat : bool — skin of the hairless rat [-]

    """
    times = checked_hours(hours)
    course = breach_course(made, times, age_years=age_years, occluded=occluded, skin_colour=skin_colour, rat=rat)
    return ClosureCourse(
        hours=times,
        open_area_share=central(course.open_area_share),
        barrier_share=central(course.barrier_share),
        half_life_h=float(central(course.half_life_h)),
        barrier_half_life_h=float(central(course.barrier_half_life_h)),
        closed_h=float(central(course.closed_h)),
        barrier_back_h=float(central(course.barrier_back_h)),
        closed_band_h=band(course.closed_h),
        barrier_back_band_h=band(course.barrier_back_h),
        open_area_band=bands(course.open_area_share),
        barrier_band=bands(course.barrier_share),
    )


@named
def closure_course(
    length_mm: float,
    hours: ArrayLike,
    *,
    site: str | SkinSite = "cheek",
    age_years: float | None = None,
    occluded: bool = False,
    skin_colour: str | None = None,
) -> ClosureCourse:
    """Return how far the channels that a needle of a length typically makes have closed at given times.

    For a question that knows a length and no more; where the channels are known, `closure_of_channels` reads them.

    Parameters
    ----------
    length_mm : float — needle length, above 0 to 5 [mm]
    hours : (T,) float array — times after rolling, at least 0 [h]
    site : str or SkinSite — skin site by name, alias or record; 'rat' for the hairless rat [-]
    age_years : float or None — age; None for the site's own, or for that of the measured groups [years]
    occluded : bool — under a film or a wet dressing instead of open to the air [-]
    skin_colour : str or None — light, medium or dark; None or 'any' for all people together [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    if not 0 < length_mm <= LONGEST_NEEDLE_MM:
        raise refuse("length_mm", length_mm, f"above 0, at most {LONGEST_NEEDLE_MM:g} mm")
    rat = isinstance(site, str) and site.lower() in RAT_NAMES
    skin = catalog.site("cheek" if rat else site)
    age = None if rat else (skin.age_years if age_years is None else age_years)
    made = typical_channels(length_mm, skin)
    return closure_of_channels(made, hours, age_years=age, occluded=occluded, skin_colour=skin_colour, rat=rat)


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
