"""Results as long tables and labelled arrays: every figure, by its flat name.

In: what can be read of a treatment. Out: a table with one row a pass and depth, one with a row a quantity and time, and
an xarray data set. A figure without passes or depths stands in every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from ...data.catalog import Active, DeviceSpec, SkinSite
from ...geometry.arrays import Array, Ints
from ..output import json_text
from ..technique import Technique
from .names import classed, over_replicates, parts_of
from .not_known import Sensitivity
from .quantities import QUANTITIES
from .quantity import HITS, STATISTICS, TIMES
from .replicate import Aftercare

if TYPE_CHECKING:
    import pandas
    import xarray

COURSE_COLUMNS = (
    *("device", "site", "quantity", "time", "time_unit", "unit", "value", "sd", "low", "high"),
    *("uncertainty_low", "uncertainty_high"),
)
DIMENSION_WORDS = {
    "passes": ("1", "number of the pass"),
    "depth": ("um", "depth under the surface"),
    "closure_hour": ("h", "after rolling"),
    "delivery_hour": ("h", "after the active was applied"),
    "day": ("d", "after the first session"),
}


class Readable(Protocol):
    """What tables read of a `Treatment`, which says what each of these is and shows itself as a table."""

    @property
    def device(self) -> DeviceSpec:
        """The roller."""

    @property
    def site(self) -> SkinSite:
        """The skin."""

    @property
    def zone(self) -> str:
        """Of a body; empty for a flat region."""

    @property
    def technique(self) -> Technique:
        """What the hand did."""

    @property
    def region(self) -> Polygon:
        """What was treated."""

    @property
    def depths_um(self) -> Array:
        """Depths of the table."""

    @property
    def passes(self) -> Ints:
        """Numbers of the passes."""

    @property
    def times(self) -> dict[str, Array]:
        """Hours and days of the courses by their dimension."""

    @property
    def seed(self) -> int:
        """Of everything random."""

    @property
    def replicates(self) -> int:
        """How many there are."""

    @property
    def values(self) -> Mapping[str, Array]:
        """Arrays by quantity, replicates first."""

    @property
    def uncertainty(self) -> Mapping[str, Array]:
        """Low and high end of what nobody knows, by quantity."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know."""

    @property
    def sensitivity(self) -> Sensitivity | None:
        """Where the spread of the depth comes from."""

    @property
    def aftercare(self) -> Aftercare | None:
        """What was done after the session."""


def _active_of(shown: Readable) -> Active | None:
    return shown.aftercare.active if shown.aftercare else None


def described_parts(shown: Readable, key: str) -> dict[str, tuple[tuple[str, ...], NDArray[Any]]]:
    """Return every flat name of a quantity with the dimensions that are left and its array.

    Parameters
    ----------
    shown : Readable — a treatment [-]
    key : str — of a quantity that it has [-]

    """
    found: dict[str, tuple[tuple[str, ...], NDArray[Any]]] = {}
    for part in parts_of(key):
        columns = over_replicates(part, shown.values[key])
        if key in shown.uncertainty:
            low, high = part.of(shown.uncertainty[key])
            columns |= {"_uncertainty_low": low, "_uncertainty_high": high}
        found |= {part.column + suffix: (part.rest, array) for suffix, array in columns.items()}
    return found


def long_frame(shown: Readable) -> pandas.DataFrame:
    """Return the long table of a treatment: one row a pass and depth, units in the names.

    Parameters
    ----------
    shown : Readable — a treatment [-]

    """
    import pandas

    passes, depths = shown.passes, shown.depths_um
    rows = passes.size * depths.size
    active = _active_of(shown)
    columns: dict[str, Any] = {
        "device": np.full(rows, shown.device.name, dtype=object),
        "site": np.full(rows, shown.site.name, dtype=object),
        **({"zone": np.full(rows, shown.zone, dtype=object)} if shown.zone else {}),
        **({"active": np.full(rows, active.name, dtype=object)} if active else {}),
        "pass": np.repeat(passes, depths.size),
        "depth_um": np.tile(depths, passes.size),
    }
    for key in shown.values:
        quantity = QUANTITIES[key]
        if quantity.time is not None:
            continue  # courses have rows of their own, see `course_frame`
        for name, (rest, array) in described_parts(shown, key).items():
            shape = (passes.size if "passes" in rest else 1, depths.size if "depth" in rest else 1)
            grid = np.broadcast_to(classed(quantity, array).reshape(shape), (passes.size, depths.size))
            columns[name] = grid.ravel()
    return pandas.DataFrame(columns)


def course_frame(shown: Readable) -> pandas.DataFrame:
    """Return the courses of a treatment: one row a quantity and time.

    `low` and `high` are the band over the replicates, `uncertainty_low` and `_high` what nobody knows; empty without.

    Parameters
    ----------
    shown : Readable — a treatment [-]

    """
    import pandas

    parts = []
    for key in shown.values:
        quantity = QUANTITIES[key]
        if quantity.time is None:
            continue
        times = shown.times[quantity.time]
        found = {name.removeprefix(key): array for name, (_, array) in described_parts(shown, key).items()}
        nothing = np.full(times.size, np.nan)
        parts.append(
            pandas.DataFrame(
                {
                    "device": shown.device.name,
                    "site": shown.site.name,
                    **({"zone": shown.zone} if shown.zone else {}),
                    "quantity": key,
                    "time": times,
                    "time_unit": TIMES[quantity.time],
                    "unit": quantity.unit,
                    "value": found[""],
                    "sd": found.get("_sd", nothing),
                    "low": found.get("_band_low", nothing),
                    "high": found.get("_band_high", nothing),
                    "uncertainty_low": found.get("_uncertainty_low", nothing),
                    "uncertainty_high": found.get("_uncertainty_high", nothing),
                }
            )
        )
    return pandas.concat(parts, ignore_index=True) if parts else pandas.DataFrame(columns=list(COURSE_COLUMNS))


def to_dataset(shown: Readable, attributes: Mapping[str, Any]) -> xarray.Dataset:
    """Return the arrays of a treatment with named dimensions; units in `attrs`.

    Parameters
    ----------
    shown : Readable — a treatment [-]
    attributes : mapping — of the whole; objects become JSON [-]

    """
    import xarray

    data: dict[str, Any] = {}
    for key, values in shown.values.items():
        quantity = QUANTITIES[key]
        about: dict[str, Any] = {"units": quantity.unit, "long_name": quantity.words, "standing": quantity.status}
        if quantity.classes:
            about["flag_values"] = np.arange(len(quantity.classes), dtype=np.int32)
            about["flag_meanings"] = " ".join(quantity.classes)
        data[key] = (("replicate", *quantity.dims), values, about)
        if key in shown.uncertainty:
            data[f"{key}_uncertainty"] = (("limit", *quantity.dims), shown.uncertainty[key], about)
    dims = {dim for entry in data.values() for dim in entry[0]}
    along: dict[str, Any] = {
        "replicate": np.arange(shown.replicates, dtype=np.int32),
        "passes": shown.passes.astype(np.int32),
        "depth": shown.depths_um,
        "layer": [layer.name for layer in shown.site.layers],
        "statistic": list(STATISTICS),
        "hits": list(HITS),
        "limit": ["low", "high"],
        **shown.times,
    }
    coordinates = {
        dim: (dim, along[dim], dict(zip(("units", "long_name"), DIMENSION_WORDS[dim], strict=True)))
        if dim in DIMENSION_WORDS
        else (dim, along[dim])
        for dim in along
        if dim in dims or dim in ("passes", "depth")
    }
    plain = {key: json_text(value) if isinstance(value, dict) else value for key, value in attributes.items()}
    return xarray.Dataset(data, coordinates, plain | {"warnings": "\n".join(shown.warnings)})
