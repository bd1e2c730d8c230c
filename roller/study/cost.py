"""How long a study takes: expected seconds of a setting, and the cuts between parts.

In: a study. Out: seconds on one core of the machine that the constants were measured on, and parts of about equal cost.
Parts depend on the study alone, not on any clock, so that the same study is cut alike everywhere; what a clock says of
this machine is one factor for all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...data import catalog
from ...data.catalog import DeviceSpec
from ...data.checks import InputError, refuse
from ...data.constants import handling
from ...geometry.arrays import Array, floats
from ...geometry.region import parse_region
from ..coverage.cost import (
    AREAS_PER_CONTACT,
    AREAS_PER_CONTACT_AND_DEPTH,
    AREAS_PER_RUN,
    GAPS_PER_CONTACT,
    GAPS_PER_MM2_AND_PASS,
    GAPS_PER_RUN,
    SECONDS_PER_CONTACT,
    SECONDS_PER_DELIVERY,
    SECONDS_PER_HEALING,
    SECONDS_PER_RUN,
)
from ..coverage.motions import contacts_per_mm2, usual_passes
from ..technique import MOST_PASSES, Technique
from .definition import Settings, Study
from .outputs import depths_of, quantities_of

SECONDS_PER_SETTING = 5e-4  # fitted with the seconds of `coverage/cost.py`
MARGIN_MM = 3.0  # around the region contacts count too: about a needle's distance from the next

ZONE_MM2 = 10_000.0  # flat skin that takes about as long as a zone of a body
STRETCH = 100_000  # settings looked at together
MOST_SETTINGS = 20_000  # in one part
MOST_PARTS = 1_000_000  # their numbers have six digits


class CostModel:
    """Expected seconds of any stretch of a study's settings.

    Parameters
    ----------
    study : Study — what is asked of every setting [-]

    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._rollers: dict[str, DeviceSpec] = study.records()["device"]
        on_a_body = "surface" in {*study.axes, *study.fixed}
        self._area_mm2 = ZONE_MM2 if on_a_body else float(parse_region(study.region).area)
        width = float(np.sqrt(self._area_mm2))
        self._met_mm2 = (width + MARGIN_MM) ** 2
        groups = {quantity.group for quantity in quantities_of(study.outputs)}
        by_volume = {quantity.key for quantity in quantities_of(study.outputs)} & {"layer_volume_fraction"}
        self._depths = depths_of(study.outputs).size
        self._areas, self._gaps = bool(groups & {"coverage", "collagen"} or by_volume), "gaps" in groups
        self._after = SECONDS_PER_HEALING * ("collagen" in groups) + SECONDS_PER_DELIVERY * ("uptake" in groups)

    def seconds(self, columns: dict[str, list[Any]]) -> Array:
        """Return what each of some settings is expected to take.

        Parameters
        ----------
        columns : dict of list — values of each axis, as `Settings.columns` gives them [as named]

        """
        number = len(next(iter(columns.values())))
        given = {name: [value] * number for name, value in self._study.fixed.items()} | columns
        passes = np.clip(floats(given.get("passes") or self._usual_passes(given["device"])), 1, MOST_PASSES)
        overlap = np.clip(floats(given.get("overlap", [0.0] * number)), 0, 0.9)
        contacts = passes * self._per_mm2(given) / (1 - overlap) * self._met_mm2
        run = SECONDS_PER_RUN + SECONDS_PER_CONTACT * contacts
        if self._areas:
            run += AREAS_PER_RUN + (AREAS_PER_CONTACT + AREAS_PER_CONTACT_AND_DEPTH * self._depths) * contacts
        if self._gaps:
            run += GAPS_PER_RUN + GAPS_PER_CONTACT * contacts + GAPS_PER_MM2_AND_PASS * self._area_mm2 * passes
        return floats(SECONDS_PER_SETTING + self._study.replicates * (run + self._after))

    def _usual_passes(self, names: list[Any]) -> list[int]:
        """Passes of each device where no axis gives them."""
        found = {name: usual_passes(self._device(name), Technique()) for name in dict.fromkeys(names)}
        return [found[name] for name in names]

    def _device(self, name: Any) -> DeviceSpec:
        return self._rollers.get(name) or next(iter(self._rollers.values()), None) or catalog.device("mf-8")

    def _per_mm2(self, given: dict[str, list[Any]]) -> Array:
        """Contacts of one pass per area, with drum or plate on the skin."""
        devices = [self._device(name) for name in given["device"]]
        known = {one.name: contacts_per_mm2(one, Technique()) for one in {one.name: one for one in devices}.values()}

        def over_own(name: str) -> Array:
            """What an axis gives over what the device has; 1 where it is no axis."""
            own = given.get(name)
            if own is None:
                return np.ones(len(devices))
            return np.maximum(floats(own), 1e-3) / floats([getattr(one, name, 1.0) for one in devices])

        needles = over_own("needle_count")
        if "needle_count" not in given:
            needles = over_own("rows") * over_own("per_ring")
        middle = handling()["drag_speed"].value
        slower = middle / np.maximum(floats(given.get("drag_speed_mm_s", [middle] * len(devices))), 1e-3)
        per = floats([known[one.name] for one in devices]) * slower
        return floats(per * needles / (over_own("drum_radius_mm") * over_own("drum_width_mm")))


def cut_parts(study: Study, settings: Settings) -> tuple[list[int], list[float]]:
    """Return the first setting of each part, with the number of settings at the end, and each part's expected seconds.

    Parameters
    ----------
    study : Study — says how long a part should take [-]
    settings : Settings — of the study [-]

    """
    model = CostModel(study)
    starts: list[int] = []
    costs: list[float] = []
    before, last = 0.0, -1
    for start in range(0, settings.size, STRETCH):
        stop = min(start + STRETCH, settings.size)
        seconds = model.seconds(settings.columns(start, stop))
        ends = before + np.cumsum(seconds)
        # Neither a part's share of time nor its number of settings may pass its limit.
        label = np.floor((ends - seconds) / study.part_seconds) + np.arange(start, stop) // MOST_SETTINGS
        firsts = np.flatnonzero(np.diff(label, prepend=last))
        totals = np.add.reduceat(seconds, firsts) if firsts.size else np.zeros(0)
        head = float(seconds[: firsts[0]].sum()) if firsts.size else float(seconds.sum())
        if costs:
            costs[-1] += head
        starts += (start + firsts).tolist()
        costs += totals.tolist()
        before, last = float(ends[-1]), int(label[-1])
        if len(starts) > MOST_PARTS:
            raise refuse("part_seconds", study.part_seconds, f"a time that makes at most {MOST_PARTS} parts")
    if not starts:
        raise InputError("the study has no settings")
    return [*starts, settings.size], costs
