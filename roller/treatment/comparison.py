"""Several devices on the same skin with the same technique, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ...data import catalog
from ...data.catalog import Active, RollerSpec, SkinSite
from ...data.checks import refuse
from ...geometry.arrays import Array
from ..output import Result, json_text
from ..technique import Technique
from .differences import LEAST_REPLICATES, difference_band, differs
from .following import aftermath
from .result import LAYER_KEYS, SCHEMA, VARIABLES, Treatment
from .session import DEFAULT_ACTIVE, NOTICE, Aftermath, outcome_rows, outcomes, standing_warnings
from .text_table import summary_text
from .treating import treat

if TYPE_CHECKING:
    import pandas
    import xarray


@dataclass(frozen=True)
class Comparison(Result):
    """Treatments that differ in the device only.

    Parameters
    ----------
    treatments : tuple of Treatment — one a device, in the order given [-]
    aftermaths : tuple of Aftermath — what one session of each leads to [-]

    """

    treatments: tuple[Treatment, ...]
    aftermaths: tuple[Aftermath, ...] = ()

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
        for after_session in self.aftermaths[:1]:
            lines += standing_warnings(after_session.delivery.active if after_session.delivery else None)
        return tuple(dict.fromkeys(lines))

    def differences(self) -> list[dict[str, Any]]:
        """Return each quantity after the last pass: a value a device, its ratio to the first, the paired difference."""
        rows = []
        for name, variable in VARIABLES.items():
            if any(name not in treatment.values for treatment in self.treatments):
                continue
            each = np.stack([np.moveaxis(treatment.values[name], 0, -1) for treatment in self.treatments], axis=-2)
            means = np.stack([treatment.mean(name) for treatment in self.treatments], axis=-1)
            for quantity, which, place in _places(name, self.treatments[0].site):
                rows.append(_difference(quantity, which, variable.unit, means[place]) | _paired(each[place]))
        for same in zip(*(outcomes(after_session) for after_session in self.aftermaths), strict=True):
            first = same[0]
            if isinstance(first.value, str):
                classes = [outcome.value for outcome in same]
                rows.append({"quantity": first.key, "unit": "", "values": classes, "status": first.status})
            else:
                figures = [float(outcome.value) for outcome in same]
                rows.append(_difference(first.key, None, first.unit, figures) | {"status": first.status})
        return rows

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, in the order and under the names of the JSON schema."""
        return {
            "schema": SCHEMA,
            "devices": [treatment.to_dict() for treatment in self.treatments],
            "differences": self.differences(),
            "aftermaths": [after_session.to_dict() for after_session in self.aftermaths],
            "notice": NOTICE,
            "warnings": self.warnings,
        }

    def to_frame(self) -> pandas.DataFrame:
        """Return the long table: one row a device, pass and depth, units in the names."""
        import pandas

        return pandas.concat([treatment.to_frame() for treatment in self.treatments], ignore_index=True)

    def to_xarray(self) -> xarray.Dataset:
        """Return the arrays with one more dimension, device; units in `attrs`."""
        import xarray

        parts = [treatment.to_xarray() for treatment in self.treatments]
        names = xarray.DataArray([treatment.device.name for treatment in self.treatments], dims="device", name="device")
        joined: xarray.Dataset = xarray.concat(parts, dim=names, combine_attrs="drop_conflicts", join="exact")
        inputs = {treatment.device.name: treatment.inputs() for treatment in self.treatments}
        return joined.assign_attrs(inputs=json_text(inputs), warnings="\n".join(self.warnings))

    def summary(self) -> str:
        """Return the main figures as a plain table, one column a device."""
        return f"{summary_text(self.treatments, outcome_rows(self.aftermaths))}\n{NOTICE}"


def _places(name: str, site: SkinSite) -> Iterator[tuple[str, str | None, tuple[int, ...]]]:
    """Yield what is compared of a variable: its name, which of its entries in words, and where that stands."""
    match VARIABLES[name].dims:
        case ("statistic",):
            yield name, "mean", (0,)
        case ():
            yield name, None, ()
        case ("pass",):
            yield name, None, (-1,)
        case ("pass", "depth"):
            yield name, "at the smallest depth", (-1, 0)
        case ("layer", "pass"):
            for number, layer in enumerate(site.layers):
                yield f"{layer.name}_{LAYER_KEYS[name]}", None, (number, -1)


def _paired(replicates: Array) -> dict[str, Any]:
    """Band of the difference to the first device, and the verdict; nothing for one replicate. (devices, N)."""
    if replicates.shape[1] == 1:
        return {}
    first = replicates[0]
    return {
        "difference_to_first_band": [difference_band(values, first) for values in replicates],
        "differs_from_first": [differs(values, first) for values in replicates],
    }


def _difference(quantity: str, which: str | None, unit: str, values: ArrayLike) -> dict[str, Any]:
    figures = np.asarray(values, dtype=np.float64)
    ratio = np.divide(figures, figures[0], out=np.full_like(figures, np.nan), where=figures[0] != 0)
    entry = {"quantity": quantity, "unit": unit, "values": figures, "ratio_to_first": ratio}
    return entry if which is None else entry | {"which": which}


def compare(
    devices: Sequence[str | Path | RollerSpec],
    site: str | Path | SkinSite,
    technique: Technique | None = None,
    *,
    window: Polygon | None = None,
    depths_um: ArrayLike | None = None,
    replicates: int = 1,
    seed: int = 0,
    active: str | Path | Active | None = DEFAULT_ACTIVE,
    dose_ug_per_cm2: float = 100.0,
) -> Comparison:
    """Treat the same skin with several devices.

    All devices meet the same people, drawn from the same seed.

    Parameters
    ----------
    devices : sequence of str, Path or RollerSpec — catalogue names, TOML files or records, two or more [-]
    site : str, Path or SkinSite — catalogue name, TOML file or record of the skin site [-]
    technique : Technique or None — passes, pattern, load; None for 16 passes in a star at 3 N [-]
    window : shapely Polygon or None — treated region; None for 20 mm x 20 mm [mm]
    depths_um : (Z,) float array or None — depths of the table; None for 0 to 2000 um in steps of 25 [um]
    replicates : int — independent repetitions, 1 to 10000 [-]
    seed : int — of everything random; equal inputs and seed give equal results [-]
    active : str, Path, Active or None — whose uptake is compared; None leaves it out [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    if isinstance(devices, (str, Path)) or len(devices) < 2:
        raise refuse("devices", devices, "two or more devices")
    substance = None if active is None else catalog.active(active)
    treatments = tuple(
        treat(device, site, technique, window=window, depths_um=depths_um, replicates=replicates, seed=seed)
        for device in devices
    )
    afterwards = tuple(aftermath(treatment, substance, dose_ug_per_cm2=dose_ug_per_cm2) for treatment in treatments)
    return Comparison(treatments, afterwards)
