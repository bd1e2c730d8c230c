"""A dose in a user's words: strength and amount of a serum on the treated area, as in "15% 0.5ml".

In: the words, the area, the active. Out: the dose per area, and the thickness of the film that holds it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from ...data import catalog
from ...data.catalog import Active
from ...data.checks import refuse

CM3_PER_UNIT = {"ml": 1.0, "ul": 1e-3, "g": 1.0}  # a serum is taken to weigh what water does
UG_PER_CM3 = 1e6  # of what is pure
MM2_PER_CM2 = 100.0
UM_PER_CM = 1e4
THINNEST_UM, THICKEST_UM = 0.1, 1e5  # of a film, as `deliver` takes them
LARGEST_AREA_MM2 = 2e6  # of a person's skin
FORM = 'strength and amount, as in "15% 0.5ml" (%; ml, ul or g)'
_PART = re.compile(r"([+-]?\d+(?:[.,]\d+)?|[+-]?[.,]\d+)\s*(%|[a-z]+)")


class SerumDose(NamedTuple):
    """A serum on skin.

    Parameters
    ----------
    dose_ug_per_cm2 : float — active applied [ug/cm2]
    film_um : float — thickness of the film of serum [um]

    """

    dose_ug_per_cm2: float
    film_um: float


def serum_dose(text: str, area_mm2: float | None, active: str | Path | Active | None = None) -> SerumDose:
    """Return the dose that a strength and an amount of serum come to on an area.

    Parameters
    ----------
    text : str — strength in per cent and amount in ml, ul or g, in any order: "15% 0.5ml" [-]
    area_mm2 : float or None — area over which it is spread [mm2]
    active : str, Path, Active or None — what the strength is of; checked, and named where a line is refused [-]

    Raises
    ------
    InputError
        For words that can't be read, a strength not above 0 and at most 100 %, an amount without an area, or a film
        too thin or too thick; one line.

    """
    field = "serum" if active is None else f"serum ({catalog.active(active).name})"
    strength, amount_cm3 = _read(text, field)
    if not 0 < strength <= 100:
        raise refuse(field, text, "a strength above 0, at most 100 %")
    if amount_cm3 <= 0:
        raise refuse(field, text, "an amount above 0 ml")
    if area_mm2 is None:
        raise refuse(field, text, "an amount needs the area it is spread on, area_mm2 in mm2")
    if not 0 < area_mm2 <= LARGEST_AREA_MM2:
        raise refuse("area_mm2", area_mm2, f"above 0, at most {LARGEST_AREA_MM2:g} mm2")
    film_cm = amount_cm3 / (area_mm2 / MM2_PER_CM2)
    film_um = film_cm * UM_PER_CM
    if not THINNEST_UM <= film_um <= THICKEST_UM:
        allowed = (
            f"an amount that covers {area_mm2:g} mm2 with {THINNEST_UM:g} to {THICKEST_UM:g} um, not {film_um:.3g} um"
        )
        raise refuse(field, text, allowed)
    return SerumDose(strength / 100 * UG_PER_CM3 * film_cm, film_um)


def _read(text: str, field: str) -> tuple[float, float]:
    """Strength in per cent and amount in cm3."""
    words = str(text).strip().lower().replace("µ", "u").replace("μ", "u")
    parts = _PART.findall(words)
    if _PART.sub("", words).strip(" ,;") or len(parts) != 2:
        raise refuse(field, text, FORM)
    values = {unit: float(number.replace(",", ".")) for number, unit in parts}
    units = [unit for unit in values if unit != "%"]
    if "%" not in values or len(units) != 1 or units[0] not in CM3_PER_UNIT:
        raise refuse(field, text, FORM)
    return values["%"], values[units[0]] * CM3_PER_UNIT[units[0]]
