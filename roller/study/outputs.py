"""What a study can ask of a setting: any figure after the last pass, and what follows one session, by flat names.

In: a name such as papillary_dermis_density_per_cm2, coverage_at_500_um or bleeding. Out: where it points, its unit, and
its columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from ...data.checks import refuse
from ...geometry.arrays import Array
from ..treatment.names import Place, over_all, place_of
from ..treatment.quantities import COURSE_TIMES
from ..treatment.quantity import Quantity
from ..treatment.result import Treatment

MOST_OUTPUTS = 500

DEFAULT_OUTPUTS = (
    "density_per_cm2",
    "viable_epidermis_density_per_cm2",
    "papillary_dermis_density_per_cm2",
    "reticular_dermis_density_per_cm2",
    "hypodermis_density_per_cm2",
    "punctured_fraction",
    "peak_depth_um_mean",
    "peak_depth_um_p05",
    "peak_depth_um_p95",
    "residual_depth_um_mean",
    "surface_coverage",
)


@cache
def output_called(name: str) -> Place:
    """Return where the name of an output points.

    Parameters
    ----------
    name : str — for example density_per_cm2 or coverage_at_500_um [-]

    Raises
    ------
    InputError
        For an unknown name, with the closest ones or the new name of an old one; for what a study does not hold.

    """
    place = place_of(name)
    quantity = place.part.quantity
    if place.spread:
        raise refuse("outputs", name, f"{place.part.name}; its spread comes beside it where there are replicates")
    if quantity.room != "treatment":
        raise refuse("outputs", name, f"figures of a treatment; this one is of a {quantity.room}")
    if quantity.time in COURSE_TIMES and place.number not in COURSE_TIMES[quantity.time]:
        hours = ", ".join(f"{hour:g}" for hour in COURSE_TIMES[quantity.time])
        raise refuse("outputs", name, f"one of these hours: {hours}")
    return place


def quantities_of(names: Iterable[str]) -> tuple[Quantity, ...]:
    """Return the quantities that outputs are read from, each once.

    Parameters
    ----------
    names : iterable of str — outputs [-]

    """
    return tuple({place.part.quantity.key: place.part.quantity for place in map(output_called, names)}.values())


def depths_of(names: Iterable[str]) -> Array:
    """Return the depths that outputs ask for, the surface alone if none does.

    Parameters
    ----------
    names : iterable of str — outputs [-]

    """
    places = [output_called(name) for name in names]
    depths = {place.number for place in places if place.part.at == "um"}
    return np.array(sorted(depth for depth in depths if depth is not None) or [0.0])


def columns_of(name: str, replicates: int) -> tuple[str, ...]:
    """Return the names of an output's columns.

    Parameters
    ----------
    name : str — output [-]
    replicates : int — of the study [-]

    """
    if replicates == 1:
        return (name,)
    spread = () if output_called(name).part.quantity.classes else ("_sd",)
    return (name, *(name + suffix for suffix in (*spread, "_band_low", "_band_high")))


def read_outputs(treatment: Treatment, names: Sequence[str]) -> dict[str, Any]:
    """Return the columns of a setting.

    Parameters
    ----------
    treatment : Treatment — of the setting, with the quantities needed [-]
    names : sequence of str — outputs [-]

    """
    row: dict[str, Any] = {}
    for name in names:
        told = over_all(output_called(name).part.quantity, treatment.each(name))
        row |= {name + suffix: value.item() for suffix, value in told.items()}
    return row
