"""The one result object: inputs, arrays with named dimensions and units, warnings, sources.

Table, files, charts and the 3D scene all read a `Treatment`, so that no two outputs can disagree.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely.geometry import Polygon

from ...data.catalog import DeviceSpec, SkinSite, sources
from ...data.checks import InputError, refuse
from ...geometry.arrays import Array, Ints, floats
from ..coverage.areas import Channels
from ..output import Result
from ..technique import Technique
from .names import Place, classed, named_at, over_all, parts_of, place_of
from .not_known import Sensitivity
from .quantities import COURSE_TIMES, QUANTITIES
from .quantity import STATISTICS, Quantity
from .replicate import Aftercare
from .spread import band_of, mean_of, sd_of
from .tables import course_frame, long_frame, to_dataset
from .text_table import html_table, summary_text

if TYPE_CHECKING:
    import pandas
    import xarray

SCHEMA = 2
NOTICE = "This models published measurements; it is no medical advice."
COURSE_GROUPS = {
    "closure_hour": ("closure", "hours"),
    "delivery_hour": ("delivery", "hours"),
    "day": ("course", "days"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Treatment(Result):
    """Result of `treat`: inputs, arrays with named dimensions, warnings, sources.

    Parameters
    ----------
    device : DeviceSpec — the roller [mm, um, deg]
    site : SkinSite — the skin [um]
    technique : Technique — passes, pattern, load [N, mm/s]
    region : shapely Polygon — what was treated [mm]
    depths_um : (Z,) float — depths of the table [um]
    seed : int — of everything random [-]
    values : dict of float array — one a quantity that was asked for; the first dimension is the replicates, the
        others those of the quantity [as the quantity]
    channels : Channels — of the first replicate, for drawing and for looking at single channels [mm, um]
    warnings : tuple of str — what a reader must know before relying on the numbers [-]
    source_keys : tuple of str — sources that the numbers lean on [-]
    days : (T,) float — of the courses over months, empty without them [d]
    uncertainty : dict of (2, *dims) float — low and high end of what nobody knows, of quantities that say so
        [as the quantity]
    sensitivity : Sensitivity or None — where the spread of the depth comes from, if asked for [-]
    aftercare : Aftercare or None — what was done after the session, if it was asked what follows [-]
    alerts : tuple of str — what a careful professional would want to be told before rolling [-]
    zone : str — of a body; empty for a flat region [-]

    """

    device: DeviceSpec
    site: SkinSite
    technique: Technique
    region: Polygon
    depths_um: Array
    seed: int
    values: Mapping[str, Array]
    channels: Channels
    warnings: tuple[str, ...]
    source_keys: tuple[str, ...]
    days: Array = field(default_factory=lambda: np.empty(0))
    uncertainty: Mapping[str, Array] = field(default_factory=dict)
    sensitivity: Sensitivity | None = None
    aftercare: Aftercare | None = None
    alerts: tuple[str, ...] = ()
    zone: str = ""

    def __post_init__(self) -> None:
        """Make what is held read-only: a result is what was computed, whoever has it in hand."""
        for name in ("values", "uncertainty"):
            held = {key: _frozen(array) for key, array in getattr(self, name).items()}
            object.__setattr__(self, name, MappingProxyType(held))
        for array in (self.depths_um, self.days, *vars(self.channels).values()):
            if isinstance(array, np.ndarray):
                array.setflags(write=False)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy in another process is made from."""
        return {name: dict(held) if isinstance(held, MappingProxyType) else held for name, held in vars(self).items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make a copy from what another process has sent."""
        vars(self).update(state)
        self.__post_init__()

    @property
    def replicates(self) -> int:
        """Number of replicates [-]."""
        return len(next(iter(self.values.values())))

    @property
    def passes(self) -> Ints:
        """Numbers of the passes, 1 to P [-]."""
        return np.arange(1, self.technique.passes + 1)

    @property
    def times(self) -> dict[str, Array]:
        """Hours and days of the courses, by their dimension [h, d]."""
        return {str(dim): times for dim, times in COURSE_TIMES.items()} | {"day": self.days}

    @property
    def volume_fraction(self) -> Array:
        """Share of each layer's volume inside channels after the last pass, (5,): what healing is driven by [-]."""
        return floats(np.clip(self.mean("layer_volume_fraction")[:, -1], 0.0, 1.0))

    def has(self, key: str) -> bool:
        """Return whether a quantity was asked for.

        Parameters
        ----------
        key : str — of the quantity [-]

        """
        return key in self.values

    def mean(self, key: str) -> Array:
        """Return a quantity's mean over the replicates; of classes the median.

        Parameters
        ----------
        key : str — of a quantity that was asked for [-]

        """
        if key not in self.values:
            raise refuse("figures", key, "those that this treatment was asked for: " + ", ".join(self.values))
        return mean_of(self.values[key], classes=bool(QUANTITIES[key].classes))

    def each(self, name: str) -> Array:
        """Return a figure after the last pass in every replicate, (N,).

        Parameters
        ----------
        name : str — flat, such as papillary_dermis_density_per_cm2 or coverage_at_200_um [-]

        """
        return self._read(place_of(name), name, self._asked(name))

    def __getitem__(self, name: str) -> Any:
        """Return a figure after the last pass by its flat name: a number, or the name of a class."""
        place = place_of(name)
        quantity = place.part.quantity
        if place.spread.startswith("_uncertainty"):
            if quantity.key not in self.uncertainty:
                raise InputError(f"{name!r}: nothing is said of what nobody knows of {quantity.key}")
            end = self.uncertainty[quantity.key][int(place.spread.endswith("high"))]
            return self._said(place, self._read(place, name, end[None])[0])
        values = self.each(name)
        if place.spread and len(values) == 1:
            raise InputError(f"{name!r} needs more than one replicate")
        classes = bool(quantity.classes)
        match place.spread:
            case "":
                found = mean_of(values, classes=classes)
            case "_sd":
                found = sd_of(values)
            case _:
                found = band_of(values, classes=classes)[int(place.spread.endswith("high"))]
        return self._said(place, found)

    def last_figures(self) -> dict[str, Any]:
        """Return every figure by its flat name, after the last pass and at the last hour; none that go over depths."""
        found: dict[str, Any] = {}
        for key in self.values:
            if {"depth", "day"} & set(QUANTITIES[key].dims):
                continue
            for part in parts_of(key):
                time = QUANTITIES[key].time
                name = part.name if time is None else named_at(part, float(self.times[time][-1]))
                told = over_all(part.quantity, self.each(name))
                found |= {name + suffix: value.item() for suffix, value in told.items()}
        return found

    def _asked(self, name: str) -> Array:
        key = place_of(name).part.quantity.key
        if key not in self.values:
            raise refuse("figure", name, "those that this treatment was asked for: " + ", ".join(self.values))
        return self.values[key]

    def _read(self, place: Place, name: str, values: Array) -> Array:
        """One number a replicate: after the last pass, at the depth or time of the name."""
        found = place.part.of(values)
        for dim in place.part.rest:
            if dim == "passes":
                found = found[:, -1]  # passes come before depths in every quantity
                continue
            known = self.depths_um if dim == "depth" else self.times[dim]
            where = np.flatnonzero(known == place.number)
            if not where.size:
                near = known[np.argsort(np.abs(known - (place.number or 0.0)))[:3]]
                allowed = ", ".join(named_at(place.part, float(number)) for number in np.sort(near))
                raise refuse("figure", name, f"one that was worked out; nearest: {allowed}")
            found = found[:, int(where[0])]
        return floats(found)

    def _said(self, place: Place, value: Array) -> Any:
        quantity = place.part.quantity
        return classed(quantity, value).item() if quantity.classes else float(value)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, in the order and under the names of the JSON schema."""
        layers: list[dict[str, Any]] = [{"name": layer.name} for layer in self.site.layers]
        flat: dict[str, Any] = {}
        after: dict[str, Any] = {}
        for key, values in self.values.items():
            quantity = QUANTITIES[key]
            for suffix, value in self._described(key, values).items():
                if "layer" in quantity.dims:
                    ends = suffix in ("_band", "_uncertainty")  # low and high come before the layers
                    for number, entry in enumerate(layers):
                        entry[quantity.layer_key + suffix] = value[:, number] if ends else value[number]
                elif quantity.time is not None:
                    group, axis = COURSE_GROUPS[quantity.time]
                    after.setdefault(group, {axis: self.times[quantity.time]})[key + suffix] = value
                else:
                    (after if quantity.needs else flat)[key + suffix] = value
        for entry, layer in zip(layers, self.site.layers, strict=True):
            entry |= {"source": layer.source, "status": layer.status}
        return {
            "schema": SCHEMA,
            "inputs": self.inputs(),
            "versions": versions(),
            "sources": [sources()[key].model_dump(exclude_defaults=True) for key in self.source_keys],
            "alerts": self.alerts,
            "warnings": self.warnings,
            "passes": self.passes,
            "depths_um": self.depths_um,
            **flat,
            "layers": layers,
            **({"sensitivity": self.sensitivity.to_dict()} if self.sensitivity else {}),
            **({"aftermath": {"notice": NOTICE, **after}} if self.aftercare else {}),
            "quantities": described(QUANTITIES[key] for key in self.values),
        }

    def _described(self, key: str, values: Array) -> dict[str, Any]:
        """Entries of a quantity in the JSON object by the suffix of their keys."""
        quantity = QUANTITIES[key]
        classes = bool(quantity.classes)
        over: dict[str, Array] = {"": mean_of(values, classes=classes)}
        if len(values) > 1:
            over |= {} if classes else {"_sd": sd_of(values)}
            over["_band"] = band_of(values, classes=classes)
        if key in self.uncertainty:
            over["_uncertainty"] = self.uncertainty[key]
        if classes:
            return {suffix: classed(quantity, value) for suffix, value in over.items()}
        if "statistic" not in quantity.dims:
            return dict(over)
        return {suffix: dict(zip(STATISTICS, np.moveaxis(value, -1, 0), strict=True)) for suffix, value in over.items()}

    def inputs(self) -> dict[str, Any]:
        """Return every input, enough to run the same treatment again."""
        care = self.aftercare
        after = (
            {}
            if care is None
            else {
                "active": care.active.model_dump() if care.active else None,
                "dose_ug_per_cm2": care.dose_ug_per_cm2 if care.active else None,
                "film_um": care.film_um if care.active else None,
                "occluded": care.occluded,
            }
        )
        return {
            "device": self.device.model_dump(),
            "site": self.site.model_dump(),
            **self.technique.said(self.device.kind),
            "region_wkt": self.region.wkt,
            # The region of a zone is its outline seen from above: the zone itself tells the area of its skin.
            **({"zone": self.zone} if self.zone else {"area_mm2": self.region.area}),
            "replicates": self.replicates,
            "seed": self.seed,
            **after,
        }

    def to_frame(self) -> pandas.DataFrame:
        """Return the long table: one row a pass and depth, every figure by its flat name."""
        return long_frame(self)

    def to_course_frame(self) -> pandas.DataFrame:
        """Return the courses over hours and days: one row a quantity and time; empty where none was asked for."""
        return course_frame(self)

    def to_xarray(self) -> xarray.Dataset:
        """Return the arrays with dimensions replicate, passes, depth, layer, statistic; units in `attrs`."""
        return to_dataset(self, {"inputs": self.inputs(), "versions": versions(), "schema": SCHEMA})

    def summary(self, *, every: bool = False) -> str:
        """Return the main figures as a plain table.

        Parameters
        ----------
        every : bool — every figure, not the main ones alone [-]

        """
        return summary_text((self,), every=every)

    @cached_property
    def _short(self) -> str:
        many = f"{self.replicates} replicate{'s' * (self.replicates > 1)}, seed {self.seed}"
        how = f"{self.technique.passes} passes, {self.technique.load_n:g} N"
        lines = [f"Treatment: {self.device.name} on {self.site.name}, {how}, {many}"]
        names = ("density_per_cm2", "peak_depth_um_mean", "surface_coverage")
        told = (f"{name} = {self[name]:.4g}" for name in names if self.has(place_of(name).part.quantity.key))
        lines.append("  " + ", ".join(told))
        lines.append(f"  {len(self.values)} quantities: summary() shows them, ['density_per_cm2'] picks one")
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Return what was done and the first figures, in three lines."""
        return self._short

    def _repr_html_(self) -> str:
        """Return the table of figures, as a notebook shows it."""
        return html_table((self,))


def _frozen(array: Array) -> Array:
    array = np.ascontiguousarray(array)
    array.setflags(write=False)
    return array


def described(quantities: Iterable[Quantity]) -> dict[str, dict[str, str]]:
    """Return unit, words and standing of quantities, as files carry them.

    Parameters
    ----------
    quantities : iterable of Quantity — those of the file [-]

    """
    return {one.key: {"unit": one.unit, "words": one.words, "status": one.status} for one in quantities}


def versions() -> dict[str, str]:
    """Return the versions of everything that the numbers depend on."""
    packages = {name: _version(name) for name in ("numpy", "scipy", "shapely")}
    return {"dermaroll": _version("dermaroll"), "python": platform.python_version(), **packages}


@cache  # each look reads a file
def _version(name: str) -> str:
    return version(name)
