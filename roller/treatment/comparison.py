"""Several devices on the same skin with the same technique, side by side; or one or more on several sites."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ...data import catalog
from ...data.arguments import named
from ...data.catalog import Active, DeviceSpec, SkinSite
from ...data.checks import Within, refuse
from ...geometry.arrays import Array
from ...geometry.region import region_of
from ..coverage.cost import announced, refuse_excess_of_all
from ..coverage.motions import reaching, settled
from ..insertion.support import set_to
from ..output import Result, json_text
from ..technique import MOST_PASSES, Technique, checked_technique
from .names import Part, classed, parts_of
from .not_known import shares_deeper
from .notes import merged_alerts
from .quantities import QUANTITIES, cost_of, known_with
from .result import NOTICE, SCHEMA, Treatment
from .spread import LEAST_REPLICATES, difference_band, differs, mean_of
from .text_table import by_site, html_table, summary_text
from .treating import MOST_REPLICATES, checked_count, checked_depths, treat

if TYPE_CHECKING:
    import pandas
    import xarray

DEFAULT_ACTIVE = "ascorbic-acid"
Site = str | Path | SkinSite
DENSITIES = Within(1, 20_000, "1/cm2")
DENSITY_TRIALS = 4
FAR_OFF = 0.1  # of the density wanted, with all passes that there are


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Result):
    """Treatments that differ in the device and the site only.

    Parameters
    ----------
    treatments : tuple of Treatment — one a device and site, in the order given, all sites of the first device first [-]
    equal_density_per_cm2 : float or None — channels that passes and drag speeds were found for; None: as told [1/cm2]

    """

    treatments: tuple[Treatment, ...]
    equal_density_per_cm2: float | None = None

    @property
    def sites(self) -> tuple[SkinSite, ...]:
        """The sites, each once, in the order given [um]."""
        return tuple({treatment.site.name: treatment.site for treatment in self.treatments}.values())

    @property
    def references(self) -> list[int]:
        """Place of what each is compared with: the first device on its site; of one device the first [-]."""
        count, sites = len(self.treatments), len(self.sites)
        return [0 if sites == count else number % sites for number in range(count)]

    @property
    def alerts(self) -> tuple[str, ...]:
        """Alerts of all treatments, each once; what is true of several devices is told once of all of them [-]."""
        return merged_alerts(line for treatment in self.treatments for line in treatment.alerts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of all treatments, each once [-]."""
        lines = [line for treatment in self.treatments for line in treatment.warnings]
        count = self.treatments[0].replicates
        if 1 < count < LEAST_REPLICATES:
            lines.append(
                f"{count} replicates are too few to say whether devices differ by more than the spread; "
                f"take {LEAST_REPLICATES} or more"
            )
        return tuple(dict.fromkeys(lines))

    @cached_property
    def deeper_share(self) -> tuple[float, ...]:
        """Share of the ensemble's members by which each device goes deeper than the first, ties counting half [-]."""
        cases = [(one.device, one.site, one.technique) for one in self.treatments]
        return tuple(shares_deeper(cases, self.references))

    def differences(self, only: Container[str] | None = None) -> list[dict[str, Any]]:
        """Return each figure after the last pass: a value a device and site, ratio and difference to the first.

        The first is the first device on the same site, or the first site of one device; differences are paired.

        What goes over depths is compared at the surface by `surface_coverage`; of courses the last hour is compared.

        Parameters
        ----------
        only : container of str or None — names of the figures wanted, without an hour, all others' rows their name [-]

        """
        rows = []
        for key, quantity in QUANTITIES.items():
            if {"depth", "day", "closure_hour"} & set(quantity.dims):
                continue
            if any(not treatment.has(key) for treatment in self.treatments):
                continue
            for part in parts_of(key):
                wanted = only is None or part.name in only
                rows.append(self._difference(part) if wanted else {"quantity": part.name})
        return rows

    def _difference(self, part: Part) -> dict[str, Any]:
        quantity = part.quantity
        names = {part.name}
        if quantity.time is not None:
            names = {f"{part.name}_at_{self.treatments[0].times[quantity.time][-1]:g}_{part.at}"}
        (name,) = names
        each = np.stack([treatment.each(name) for treatment in self.treatments])
        classes = bool(quantity.classes)
        means = np.array([mean_of(values, classes=classes) for values in each])
        row: dict[str, Any] = {"quantity": name, "unit": quantity.unit, "status": quantity.status}
        if classes:
            return row | {"values": classed(quantity, means)}
        first = self.references
        ratio = np.divide(means, means[first], out=np.full_like(means, np.nan), where=means[first] != 0)
        row |= {"values": means, "ratio_to_first": ratio} | _paired(each, each[first])
        return row | {"share_of_models_above_first": self.deeper_share} if name == "peak_depth_um_mean" else row

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, in the order and under the names of the JSON schema."""
        return {
            "schema": SCHEMA,
            "devices": [treatment.to_dict() for treatment in self.treatments],
            "differences": self.differences(),
            "equal_density_per_cm2": self.equal_density_per_cm2,
            "notice": NOTICE,
            "alerts": self.alerts,
            "warnings": self.warnings,
        }

    def to_frame(self) -> pandas.DataFrame:
        """Return the long table: one row a device, pass and depth, every figure by its flat name."""
        import pandas

        return pandas.concat([treatment.to_frame() for treatment in self.treatments], ignore_index=True)

    def to_course_frame(self) -> pandas.DataFrame:
        """Return the courses over hours and days: one row a device, quantity and time."""
        import pandas

        return pandas.concat([treatment.to_course_frame() for treatment in self.treatments], ignore_index=True)

    def to_xarray(self) -> xarray.Dataset:
        """Return the arrays with one more dimension, device, and one more, site, of several; units in `attrs`."""
        import xarray

        sites = self.sites
        joined_here = []
        for place in range(len(sites)):
            here = self.treatments[place :: len(sites)]
            names = xarray.DataArray([one.device.name for one in here], dims="device", name="device")
            parts = [one.to_xarray() for one in here]
            joined_here.append(xarray.concat(parts, dim=names, combine_attrs="drop_conflicts", join="exact"))
        joined: xarray.Dataset = joined_here[0]
        if len(sites) > 1:
            names = xarray.DataArray([site.name for site in sites], dims="site", name="site")
            joined = xarray.concat(joined_here, dim=names, combine_attrs="drop_conflicts", join="exact")
        inputs: dict[str, Any] = {}
        for one in self.treatments:
            inputs[one.device.name + (f", {one.site.name}" if len(sites) > 1 else "")] = one.inputs()
        return joined.assign_attrs(inputs=json_text(inputs), warnings="\n".join(self.warnings))

    def summary(self, *, every: bool = False) -> str:
        """Return the main figures as a plain table, one column a device.

        Parameters
        ----------
        every : bool — every figure, not the main ones alone [-]

        """
        groups = by_site(self.treatments)
        return "\n".join([*(summary_text(group, every=every) for group in groups), NOTICE])

    def __repr__(self) -> str:
        """Return which devices are compared, a line each."""
        return "\n".join(["Comparison of", *(repr(treatment) for treatment in self.treatments)])

    def _repr_html_(self) -> str:
        """Return the table of figures, as a notebook shows it."""
        return html_table(self.treatments)


def _paired(replicates: Array, firsts: Array) -> dict[str, Any]:
    """Band of the difference to the first device, and the verdict; nothing for one replicate. (devices, N) each."""
    if replicates.shape[1] == 1:
        return {}
    pairs = list(zip(replicates, firsts, strict=True))
    return {
        "difference_to_first_band": [difference_band(values, first) for values, first in pairs],
        "differs_from_first": [differs(values, first) for values, first in pairs],
    }


def _places(site: Site | Sequence[Site]) -> list[Site]:
    """The sites, each once."""
    given: list[Site] = [site] if isinstance(site, (str, Path, SkinSite)) else list(site)
    places = [catalog.site(one) for one in given]
    names = [place.name for place in places]
    if not names or len(set(names)) < len(names):
        raise refuse("site", ", ".join(names), "one or more sites, each once")
    return list(places)


def techniques_of(devices: Sequence[DeviceSpec], technique: Technique | Sequence[Technique] | None) -> list[Technique]:
    """Return how each of several devices is used: what it has of one technique, or a technique of its own.

    Parameters
    ----------
    devices : sequence of DeviceSpec — the devices [-]
    technique : Technique, a sequence of them, or None — of all, or one for each [-]

    Raises
    ------
    InputError
        One line for a field that none of the devices has, or for as many techniques as there are no devices.

    """
    if isinstance(technique, Sequence):
        if len(technique) != len(devices):
            raise refuse("technique", f"{len(technique)} techniques", f"one, or one for each of {len(devices)} devices")
        each = [checked_technique(one) for one in technique]
    else:
        used = checked_technique(technique)
        used.fits_some([one.kind for one in devices])
        each = [used.for_kind(one.kind) for one in devices]
    return each


def _at_density(
    device: DeviceSpec, place: SkinSite, told: Technique, wanted: object, region: Polygon, seed: int
) -> Technique:
    """The technique whose channels come nearest to those wanted: contacts in closed form, then what of them opens."""
    per_cm2 = DENSITIES.number("equal_density_per_cm2", wanted)
    for name in ("passes", "drag_speed_mm_s"):
        if name in told.model_fields_set and getattr(told, name) is not None:
            raise refuse(name, getattr(told, name), "none beside equal_density_per_cm2, for which it is found")
    aim, tried = per_cm2, dict[float, Technique]()
    for _ in range(DENSITY_TRIALS):
        how = reaching(set_to(device, told), told, aim)
        if how.model_dump_json() in {one.model_dump_json() for one in tried.values()}:
            break
        made = treat(device, place, how, region=region, seed=seed, figures=["density_per_cm2"])["density_per_cm2"]
        if not made:
            raise refuse("equal_density_per_cm2", per_cm2, f"less than any: {device.name} does not open the skin")
        tried[abs(made - per_cm2)] = how
        aim *= per_cm2 / made
    off = min(tried)
    if tried[off].passes == MOST_PASSES and off > FAR_OFF * per_cm2:
        raise refuse("equal_density_per_cm2", per_cm2, f"what {device.name} makes in at most {MOST_PASSES} passes")
    return tried[off]


@named
def compare(
    devices: Sequence[str | Path | DeviceSpec],
    site: Site | Sequence[Site],
    technique: Technique | Sequence[Technique] | None = None,
    *,
    region: Polygon | str | None = None,
    depths_um: ArrayLike | None = None,
    replicates: int = 1,
    seed: int = 0,
    active: str | Path | Active | None = DEFAULT_ACTIVE,
    dose_ug_per_cm2: float = 100.0,
    film_um: float = 100.0,
    serum: str | None = None,
    occluded: bool = False,
    equal_density_per_cm2: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Treat the same skin with several devices, or one or more devices on several sites.

    All devices meet the same people, drawn from the same seed. What only pens or stamps have of a technique goes to
    those among them, and passes that are not told are as usual with each.

    Parameters
    ----------
    devices : sequence of str, Path or DeviceSpec — names, TOML files or records; two or more, one on several sites [-]
    site : str, Path or SkinSite, or a sequence of them — catalogue name, TOML file or record of the skin site [-]
    technique : Technique, a sequence of them, or None — of all devices, or one for each; None: as of `treat` [-]
    region : shapely Polygon, str or None — treated region, '20x30' and WKT too; None for 20 mm x 20 mm [mm]
    depths_um : (Z,) float array or None — depths of the table; None for 0 to 2000 um in steps of 25 [um]
    replicates : int — independent repetitions, 1 to 10000 [-]
    seed : int — of everything random; equal inputs and seed give equal results [-]
    active : str, Path, Active or None — whose uptake is compared; None leaves it out [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    film_um : float — thickness of the film that holds it [um]
    serum : str or None — instead of a dose: strength and amount on the region, as in '15% 0.5ml' [-]
    occluded : bool — under a film after the session [-]
    equal_density_per_cm2 : float or None — channels for which passes, and a pen's drag speed, are found [1/cm2]
    progress : function or None — told how many replicates of all devices and sites are done, and of how many [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    places = _places(site)
    least = 1 if len(places) > 1 else 2
    if isinstance(devices, (str, Path, DeviceSpec)) or not isinstance(devices, Sequence) or len(devices) < least:
        raise refuse("devices", devices, "a list of two or more devices, or of one on several sites")
    care = None if active is None else catalog.active(active)
    rollers = [catalog.device(one) for one in devices]
    pairs = [(roller, place) for roller in rollers for place in places]
    treated = region_of(region)
    depths, count = checked_depths(depths_um).size, checked_count("replicates", replicates, 1, MOST_REPLICATES)
    wanted = known_with(aftermath=True, active=care is not None)
    hows = [how for how in techniques_of(rollers, technique) for _ in places]
    if equal_density_per_cm2 is not None:
        hows = [
            _at_density(roller, catalog.site(place), how, equal_density_per_cm2, treated, seed)
            for (roller, place), how in zip(pairs, hows, strict=True)
        ]
    hows = [settled(set_to(roller, how), how) for (roller, _), how in zip(pairs, hows, strict=True)]
    costs = [
        cost_of(set_to(roller, how), how, treated, depths, count, wanted, bands=True)
        for (roller, _), how in zip(pairs, hows, strict=True)
    ]
    refuse_excess_of_all(costs, max(hows, key=lambda how: how.passes), treated, depths)

    def told(number: int) -> Callable[[int, int], None] | None:
        if progress is None:
            return None
        return lambda done, count: progress(number * count + done, len(pairs) * count)

    with announced(sum(cost.seconds for cost in costs)):
        treatments = tuple(
            treat(
                roller,
                place,
                hows[number],
                region=treated,
                depths_um=depths_um,
                replicates=replicates,
                seed=seed,
                aftermath=True,
                active=care,
                dose_ug_per_cm2=dose_ug_per_cm2,
                film_um=film_um,
                serum=serum,
                occluded=occluded,
                progress=told(number),
            )
            for number, (roller, place) in enumerate(pairs)
        )
    return Comparison(treatments, equal_density_per_cm2)
