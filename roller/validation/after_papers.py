"""Published measurements of what follows the needle, put to the model: one function a publication.

Each takes the inputs of its rows in `published.csv` and returns a `Prediction`. What a publication does not say,
and had to be assumed to put it to the model, stands in the rows' notes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from ...data.constants import after
from ...geometry.arrays import Array
from ..after.closure import closure_course
from ..after.delivery import deliver
from ..after.healing import HealingCourse, healing_course
from ..after.side_effects import pain_gill_2008
from ..technique import Technique
from ..treatment.following import volume_fraction
from ..treatment.treating import treat

# A 0.5 mm standard roller, four passes, in the units of `deliver`: what the insertion law leaves of its channels.
ASSUMED_DIAMETER_UM, ASSUMED_DEPTH_UM = 24.0, 87.0
DENSITY_OF_A_PASS = 15.0  # 1/cm2
PASSES_BY_HOANG, PASSES_BY_YOU = 4, 9


class Prediction(NamedTuple):
    """A predicted value, and its band where the model has one, in the unit of the row."""

    value: float
    low: float | None = None
    high: float | None = None


def gupta_2011(length_mm: float, site: str, *, occluded: bool) -> Prediction:
    """Return the hours until the human barrier is back.

    Parameters
    ----------
    length_mm : float — needle length [mm]
    site : str — skin site [-]
    occluded : bool — under a film [-]

    """
    return Prediction(closure_course(length_mm, 0.0, site=site, occluded=occluded).barrier_back_h)


def kalluri_2011_barrier(length_mm: float) -> Prediction:
    """Return the hours until a hairless rat's barrier is back.

    Parameters
    ----------
    length_mm : float — needle length [mm]

    """
    return Prediction(closure_course(length_mm, 0.0, site="rat").barrier_back_h)


def kalluri_2011_holes(length_mm: float) -> Prediction:
    """Return the hours until a hairless rat's holes are closed.

    Parameters
    ----------
    length_mm : float — needle length [mm]

    """
    return Prediction(closure_course(length_mm, 0.0, site="rat").closed_h)


def ogunjimi_2021(length_mm: float, site: str) -> Prediction:
    """Return the half-life of human channels under occlusion, in hours.

    Parameters
    ----------
    length_mm : float — needle length [mm]
    site : str — skin site [-]

    """
    return Prediction(closure_course(length_mm, 0.0, site=site, occluded=True).barrier_half_life_h)


def ogunjimi_2021_closed(length_mm: float, site: str) -> Prediction:
    """Return the hours until human channels are closed under occlusion.

    Parameters
    ----------
    length_mm : float — needle length [mm]
    site : str — skin site [-]

    """
    return Prediction(closure_course(length_mm, 0.0, site=site, occluded=True).barrier_back_h)


def sasaki_2019(length_mm: float, site: str, *, occluded: bool) -> Prediction:
    """Return the hours until water loss is back where it was.

    Parameters
    ----------
    length_mm : float — needle length [mm]
    site : str — skin site [-]
    occluded : bool — under a film [-]

    """
    return gupta_2011(length_mm, site, occluded=occluded)


def _excised_gain(active: str, passes: int, barrier_factor: float = 1.0) -> float:
    """Steady flow through excised skin rolled with the assumed roller, over that through intact skin."""
    density, hours = passes * DENSITY_OF_A_PASS, [1.0]
    got = deliver(
        active,
        "forearm",
        density,
        ASSUMED_DIAMETER_UM,
        ASSUMED_DEPTH_UM,
        hours,
        alive=False,
        barrier_factor=barrier_factor,
    )
    return got.enhancement


def hoang_2015(active: str) -> Prediction:
    """Return the flux through rolled over that through intact porcine ear.

    Parameters
    ----------
    active : str — name in the catalogue [-]

    """
    return Prediction(_excised_gain(active, PASSES_BY_HOANG))


def nguyen_2016(active: str) -> Prediction:
    """Return the flux through rolled over that through intact porcine skin; the ethanol in the donor is left out.

    Parameters
    ----------
    active : str — name in the catalogue [-]

    """
    return hoang_2015(active)


def you_2010(active: str) -> Prediction:
    """Return the permeation through rolled over that through intact shaved rat skin, with the band of its barrier.

    Parameters
    ----------
    active : str — name in the catalogue [-]

    """
    barrier = after()["rat_barrier"]
    gains = [
        _excised_gain(active, PASSES_BY_YOU, factor)
        for factor in (barrier.value, barrier.low or barrier.value, barrier.high or barrier.value)
    ]
    return Prediction(gains[0], min(gains), max(gains))


@cache
def lotfi_shares() -> tuple[float, ...]:
    """Volume shares of one session with the 1.5 mm roller on the cheek, 16 passes."""
    return tuple(volume_fraction(treat("mf-8", "cheek", Technique(passes=16))).tolist())


def _course(sessions: int, interval_days: float, days_after: float) -> HealingCourse:
    days = interval_days * np.arange(sessions)
    return healing_course(lotfi_shares(), days, np.arange(0, days[-1] + days_after + 1))


def _last(course: HealingCourse, name: str) -> Prediction:
    def percent(values: Array) -> float:
        return 100 * (float(values[-1]) - 1)

    low, high = course.band[name]
    return Prediction(percent(getattr(course, name)), percent(low), percent(high))


def lotfi_2013_collagen(sessions: int, interval_days: float, days_after: float) -> Prediction:
    """Return the change of papillary collagen in percent.

    Parameters
    ----------
    sessions : int — number of sessions [-]
    interval_days : float — between them [d]
    days_after : float — after the last [d]

    """
    return _last(_course(sessions, interval_days, days_after), "collagen")


def lotfi_2013_epidermis(sessions: int, interval_days: float, days_after: float) -> Prediction:
    """Return the change of the epidermis' thickness in percent.

    Parameters
    ----------
    sessions : int — number of sessions [-]
    interval_days : float — between them [d]
    days_after : float — after the last [d]

    """
    return _last(_course(sessions, interval_days, days_after), "epidermis")


def aust_2008_epidermis(sessions: int, days_after: float) -> Prediction:
    """Return the change of the epidermis' thickness in percent, a long time after.

    Parameters
    ----------
    sessions : int — number of sessions [-]
    days_after : float — after the last [d]

    """
    return lotfi_2013_epidermis(sessions, 30.0, days_after)


def kenkel_2021_epidermis(sessions: int, interval_days: float, days_after: float) -> Prediction:
    """Return the change of the epidermis' thickness in percent.

    Parameters
    ----------
    sessions : int — number of sessions [-]
    interval_days : float — between them [d]
    days_after : float — after the last [d]

    """
    return lotfi_2013_epidermis(sessions, interval_days, days_after)


def gill_2008_ratio(length_ratio: float, needle_ratio: float) -> Prediction:
    """Return the pain over that of an array with other needles.

    Parameters
    ----------
    length_ratio, needle_ratio : float — of the two arrays [-]

    """
    longer, shorter = pain_gill_2008(0.48 * length_ratio, 5 * needle_ratio), pain_gill_2008(0.48, 5)
    return Prediction(float(longer / shorter))


def gill_2008_level(length_mm: float, needles: float) -> Prediction:
    """Return the pain in percent of that of a 26G needle.

    Parameters
    ----------
    length_mm : float — needle length [mm]
    needles : float — needles of the array [-]

    """
    return Prediction(100 * float(pain_gill_2008(length_mm, needles)))


# Which function answers which row of the table.
PREDICTORS: dict[str, Callable[..., Prediction]] = {
    "gupta_2011_barrier": gupta_2011,
    "kalluri_2011_barrier_370": kalluri_2011_barrier,
    "kalluri_2011_barrier_770": kalluri_2011_barrier,
    "kalluri_2011_holes_370": kalluri_2011_holes,
    "kalluri_2011_holes_770": kalluri_2011_holes,
    "ogunjimi_2021_upper_arm": ogunjimi_2021,
    "ogunjimi_2021_forearm": ogunjimi_2021,
    "ogunjimi_2021_abdomen": ogunjimi_2021,
    "ogunjimi_2021_closed_upper_arm": ogunjimi_2021_closed,
    "ogunjimi_2021_closed_forearm": ogunjimi_2021_closed,
    "ogunjimi_2020_closed": ogunjimi_2021_closed,
    "sasaki_2019_water_loss": sasaki_2019,
    "hoang_2015_amantadine": hoang_2015,
    "hoang_2015_pramipexole": hoang_2015,
    "you_2010_ascorbic_acid": you_2010,
    "nguyen_2016_carbamazepine": nguyen_2016,
    "nguyen_2016_carbamazepine_30": nguyen_2016,
    "nguyen_2016_tiagabine": nguyen_2016,
    "lotfi_2013_collagen": lotfi_2013_collagen,
    "lotfi_2013_epidermis": lotfi_2013_epidermis,
    "aust_2008_epidermis": aust_2008_epidermis,
    "kenkel_2021_epidermis": kenkel_2021_epidermis,
    "gill_2008_length": gill_2008_ratio,
    "gill_2008_needles": gill_2008_ratio,
    "gill_2008_480um": gill_2008_level,
    "gill_2008_1450um": gill_2008_level,
}


def inputs_of(text: str) -> dict[str, float | int | bool | str]:
    """Return the inputs of a row, written as `name=value` with semicolons between them.

    Parameters
    ----------
    text : str — the cell of the table [-]

    """

    def value(word: str) -> float | int | bool | str:
        if word in ("true", "false"):
            return word == "true"
        try:
            return int(word) if word.isdecimal() else float(word)
        except ValueError:
            return word

    return {name: value(word) for name, _, word in (part.partition("=") for part in text.split(";"))}
