"""Trying a candidate: what pairs of a person and a member of the ensemble reach at a load, and whom that serves.

In: a device, passes and a load, and the `Setting` that all candidates share. Out: quantities of the aims, shares
served, and what it costs that people differ and that nobody knows which member is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from shapely.geometry import Polygon

from ...data.catalog import DeviceSpec, SkinSite
from ...geometry.arrays import Array, Flags, Ints
from ..insertion.tissue import TissueModel
from ..technique import Technique
from ..treatment.replicate import Replicate, draw_replicates, simulate
from .costs import Costs
from .goals import Aim


@dataclass(frozen=True)
class Setting:
    """What all candidates share.

    Parameters
    ----------
    site : SkinSite — where [-]
    technique : Technique — pattern and the rest; its passes are the most that are looked at [-]
    region : shapely Polygon — what is treated [mm]
    people : list of Replicate — whom the goal must serve [-]
    models : list of TissueModel or None — one a person; None is the constants as shipped [as its fields]
    aims : tuple of Aim — what is asked of each person's treatment [-]
    certainty : float — share of people to be served [-]
    loads_n : tuple of 2 float — least and greatest load looked at [N]

    """

    site: SkinSite
    technique: Technique
    region: Polygon
    people: Sequence[Replicate]
    models: Sequence[TissueModel | None]
    aims: tuple[Aim, ...]
    certainty: float
    loads_n: tuple[float, float]


def measured(setting: Setting, roller: DeviceSpec, passes: int, load_n: float, rows: Ints) -> Array:
    """Return each aim's quantity for some people after each pass.

    Parameters
    ----------
    setting : Setting — what all candidates share [-]
    roller : DeviceSpec — the candidate [-]
    passes : int — number of passes, K [-]
    load_n : float — force of the hand [N]
    rows : (n,) int — which people [-]

    Returns
    -------
    (aims, n, K) float — in the units of the aims

    """
    technique = Technique.model_validate(setting.technique.model_dump() | {"passes": passes, "load_n": load_n})
    found = np.empty((len(setting.aims), len(rows), passes))
    depths = np.zeros(1)
    for place, row in enumerate(rows):
        drawn = setting.people[int(row)].fresh()
        model = setting.models[int(row)]
        made = simulate(roller, setting.site, technique, setting.region, depths, *drawn, model=model)
        for number, aim in enumerate(setting.aims):
            found[number, place] = aim.measure(made)
    return found


def served(setting: Setting, values: Array) -> tuple[Flags, Flags]:
    """Return whether all aims that load helps are met, and all that it takes away.

    Parameters
    ----------
    setting : Setting — gives the aims [-]
    values : (aims, ...) float — their quantities [as the aims]

    """
    helped, taken = (np.ones(values.shape[1:], dtype=np.bool_) for _ in range(2))
    for aim, value in zip(setting.aims, values, strict=True):
        if aim.load_helps:
            helped &= aim.met(value)
        else:
            taken &= aim.met(value)
    return helped, taken


def costs_of(setting: Setting, roller: DeviceSpec, passes: int, load_n: float) -> Costs:
    """Return what a choice would be if people did not differ, or if it were known which member is right.

    Parameters
    ----------
    setting : Setting — with its pairs of people and members [-]
    roller : DeviceSpec — the device [-]
    passes : int — of the choice [-]
    load_n : float — of the choice [N]

    """
    count = len(setting.people)
    average = draw_replicates(setting.site, 1, 0)[0]
    alike = [replace(person, person_um=average.person_um, strength=average.strength) for person in setting.people]

    def served_after(people: Sequence[Replicate], models: Sequence[TissueModel | None]) -> Array:
        pairs = replace(setting, people=people, models=models)
        values = measured(pairs, roller, passes, load_n, np.arange(count))
        return np.logical_and(*served(pairs, values)).mean(axis=0)  # type: ignore[no-any-return]

    return Costs.of(
        people=served_after(setting.people, [None] * count),
        members=served_after(alike, setting.models),
        certainty=setting.certainty,
    )


def people_alone(setting: Setting, roller: DeviceSpec, load_n: float) -> float:
    """Return the share served with all passes if it were known that the constants as shipped are right.

    Parameters
    ----------
    setting : Setting — with its pairs of people and members [-]
    roller : DeviceSpec — the device [-]
    load_n : float — force of the hand [N]

    """
    count = len(setting.people)
    shipped = replace(setting, models=[None] * count)
    values = measured(shipped, roller, setting.technique.passes, load_n, np.arange(count))[..., -1]
    return float(np.logical_and(*served(shipped, values)).mean())
