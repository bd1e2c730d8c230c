"""Published measurements of what follows the needle, put to the model: one function a publication.

Each takes the inputs of its rows in `published.csv` and returns a `Prediction`; those of healing stand in
`healing_papers`, those of closure, bleeding, redness, swelling and pain in `outcome_papers`. What a publication does
not say, and had to be assumed to put it to the model, stands in the rows' notes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ...data.catalog import Active
from ...data.constants import after
from ...geometry.arrays import Array
from ..after.outcome_ensemble import band, central, outcome_members
from ..after.vessels import middle_rank
from ..technique import Technique
from ..transport.delivery import deliver
from ..transport.permeation import dermis_diffusivity_cm2_per_s, epidermis_diffusivity_cm2_per_s
from ..transport.skin_layers import gain_over
from ..transport.uptake import band_of, uptake_members
from ..treatment.treating import treat
from .healing_papers import PREDICTORS as OF_HEALING
from .healing_papers import Prediction
from .outcome_papers import OUTCOMES, bleeding

# A 0.5 mm standard roller, four passes, in the units of `deliver`: what the insertion law leaves of its channels.
ASSUMED_DIAMETER_UM, ASSUMED_DEPTH_UM = 24.0, 87.0
DENSITY_OF_A_PASS = 15.0  # 1/cm2
SITE_OF_EXCISED = "forearm"
ENDLESS_UG, ENDLESS_UM = 1e5, 1e4  # a film that does not run out within the days asked for
NALTREXONE_MM = 0.75  # needle length of the studies under occlusion, which was not read
PASSES_BY_HOANG, PASSES_BY_YOU = 4, 9


def _excised_gain(active: str, passes: int) -> Prediction:
    """Steady flow through excised skin rolled with the assumed roller, over that through intact skin, and its band."""
    density = passes * DENSITY_OF_A_PASS
    channels = density, ASSUMED_DIAMETER_UM, ASSUMED_DEPTH_UM
    rat = after()["rat_barrier"].value if passes == PASSES_BY_YOU else 1.0
    got = deliver(active, SITE_OF_EXCISED, *channels, [1.0], alive=False, barrier_factor=rat)
    return Prediction(got.enhancement, got.enhancement_low, got.enhancement_high)


def hoang_2015(active: str) -> Prediction:
    """Return the flux through rolled over that through intact porcine ear.

    Parameters
    ----------
    active : str — name in the catalogue [-]

    """
    return _excised_gain(active, PASSES_BY_HOANG)


def nguyen_2016(active: str) -> Prediction:
    """Return the flux through rolled over that through intact porcine skin; the ethanol in the donor is left out.

    Parameters
    ----------
    active : str — name in the catalogue [-]

    """
    return hoang_2015(active)


def you_2010(active: str) -> Prediction:
    """Return the permeation through rolled over that through intact shaved rat skin.

    Parameters
    ----------
    active : str — name in the catalogue [-]

    """
    return _excised_gain(active, PASSES_BY_YOU)


def mohammed_2014(active: str, hours: float) -> Prediction:
    """Return the amount of a peptide in excised skin with channels over that without.

    Parameters
    ----------
    active : str — name in the catalogue [-]
    hours : float — after application [h]

    """
    channels = PASSES_BY_HOANG * DENSITY_OF_A_PASS, ASSUMED_DIAMETER_UM, ASSUMED_DEPTH_UM
    got = deliver(active, SITE_OF_EXCISED, *channels, [hours], alive=False)
    return _of_members(gain_over(got.member_amount_ug_per_cm2[-1], got.member_intact_ug_per_cm2[-1]))


def _of_members(values: Array) -> Prediction:
    return Prediction(*(float(value) for value in band_of(values)))


def wei_2018_epidermis(weight: float) -> Prediction:
    """Return the diffusivity of a large molecule in living epidermis, um2/s.

    Parameters
    ----------
    weight : float — molecular weight [g/mol]

    """
    return _of_members(1e8 * epidermis_diffusivity_cm2_per_s(weight, uptake_members()))


def wei_2018_dermis(weight: float) -> Prediction:
    """Return the diffusivity of a large molecule in dermis, um2/s.

    Parameters
    ----------
    weight : float — molecular weight [g/mol]

    """
    return _of_members(1e8 * dermis_diffusivity_cm2_per_s(weight, uptake_members()))


def _sized(weight: float, charge: float) -> Active:
    """A molecule of a given size that no lipid takes up."""
    return Active(name="sized", title="molecule of a given size", molecular_weight=weight, log_kow=-8, charge=charge)


def size_ratio(weight: float, smaller: float, hours: float) -> Prediction:
    """Return the amount of a large molecule let through excised skin with channels over that of a smaller one.

    Parameters
    ----------
    weight, smaller : float — molecular weights [g/mol]
    hours : float — after application [h]

    """
    channels = PASSES_BY_HOANG * DENSITY_OF_A_PASS, ASSUMED_DIAMETER_UM, ASSUMED_DEPTH_UM
    through = [
        deliver(_sized(size, 0.0), SITE_OF_EXCISED, *channels, [hours], alive=False).member_amount_ug_per_cm2[-1]
        for size in (weight, smaller)
    ]
    return _of_members(through[0] / through[1])


def essendoubi_2016(weight: float, hours: float) -> Prediction:
    """Return the share of a dose of hyaluronic acid that passes intact stratum corneum.

    Parameters
    ----------
    weight : float — molecular weight [g/mol]
    hours : float — after application [h]

    """
    got = deliver(_sized(weight, 0.0), SITE_OF_EXCISED, 0, 0, 0, [hours], alive=False)
    return _of_members(got.member_intact_ug_per_cm2[-1] / got.dose_ug_per_cm2)


def rollers_undated(length_mm: float, shorter_mm: float, weight: float, hours: float) -> Prediction:
    """Return what a dextran comes to through channels of a long roller over those of a shorter one, excised skin.

    Parameters
    ----------
    length_mm, shorter_mm : float — needle lengths [mm]
    weight : float — molecular weight [g/mol]
    hours : float — after application [h]

    """
    through = []
    for length in (length_mm, shorter_mm):
        got = treat(f"generic-{length:g}mm", SITE_OF_EXCISED, Technique(passes=PASSES_BY_HOANG))
        inside = got.channels.inside
        density, width = float(got.mean("density_per_cm2")[-1]), 0.5 * got.channels.surface_diameter_um[inside]
        channels = density, width, got.channels.residual_depth_um[inside]
        run = deliver(_sized(weight, 0.0), SITE_OF_EXCISED, *channels, [hours], alive=False, film_um=1000.0)
        through.append(run.member_amount_ug_per_cm2[-1])
    return _of_members(through[0] / through[1])


WINDOW_STEP_H = 2.0


def window_occluded(active: str, site: str) -> Prediction:
    """Return the hours until channels under occlusion bring in less than a tenth over intact skin.

    Parameters
    ----------
    active : str — name in the catalogue [-]
    site : str — skin site [-]

    """
    hours = np.arange(0.0, 240.0, WINDOW_STEP_H)
    channels = PASSES_BY_HOANG * DENSITY_OF_A_PASS, ASSUMED_DIAMETER_UM, ASSUMED_DEPTH_UM
    got = deliver(
        active,
        site,
        *channels,
        hours,
        occluded=True,
        length_mm=NALTREXONE_MM,
        dose_ug_per_cm2=ENDLESS_UG,
        film_um=ENDLESS_UM,
    )
    flows = np.diff(got.member_amount_ug_per_cm2, axis=0), np.diff(got.member_intact_ug_per_cm2, axis=0)
    shut = flows[0] < 1.1 * flows[1]
    first = np.where(shut.any(axis=0), shut.argmax(axis=0), shut.shape[0])
    return _of_members(WINDOW_STEP_H * first)


def _outcome(name: str, **inputs: Any) -> Prediction:
    """What the ensemble says to a row: median of the members, 5 and 95 % of them."""
    said = OUTCOMES[name](outcome_members(), **inputs)
    # A class is whole: the one that half of the members do not exceed.
    middle = float(middle_rank(said)) if OUTCOMES[name] is bleeding else float(central(said))
    return Prediction(middle, *band(said))


# Which function answers which row of the table.
PREDICTORS: dict[str, Callable[..., Prediction]] = {
    "hoang_2015_amantadine": hoang_2015,
    "hoang_2015_pramipexole": hoang_2015,
    "you_2010_ascorbic_acid": you_2010,
    "nguyen_2016_carbamazepine": nguyen_2016,
    "nguyen_2016_carbamazepine_30": nguyen_2016,
    "nguyen_2016_tiagabine": nguyen_2016,
    "mohammed_2014_peptide": mohammed_2014,
    "wei_2018_epidermis_70k": wei_2018_epidermis,
    "wei_2018_epidermis_2000k": wei_2018_epidermis,
    "wei_2018_dermis_70k": wei_2018_dermis,
    "wei_2018_dermis_2000k": wei_2018_dermis,
    "gomaa_2012_size": size_ratio,
    "fitc_dextran_2020_size": size_ratio,
    "essendoubi_2016_large": essendoubi_2016,
    "essendoubi_2016_small": essendoubi_2016,
    "rollers_undated_length": rollers_undated,
    "naltrexone_2008_window": window_occluded,
    **OF_HEALING,
    **{name: partial(_outcome, name) for name in OUTCOMES},
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
