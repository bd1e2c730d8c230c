"""The one result object: inputs, arrays with named dimensions and units, warnings, sources.

Table, files, charts and the 3D scene all read a `Treatment`, so that no two outputs can disagree.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely.geometry import Polygon

from ...data.catalog import RollerSpec, SkinSite, sources
from ...data.checks import refuse
from ...geometry.arrays import Array, floats
from ..coverage.areas import MOST_HITS, Channels
from ..output import Result, json_text
from ..technique import Technique
from .sensitivity import Sensitivity
from .session import Aftermath
from .text_table import summary_text

if TYPE_CHECKING:
    import pandas
    import xarray

SCHEMA = 1
STATISTICS = ("mean", "sd", "p05", "p50", "p95")


@dataclass(frozen=True)
class Variable:
    """Name tag of an array of the result: its dimensions, unit and meaning."""

    dims: tuple[str, ...]
    unit: str
    meaning: str


VARIABLES: dict[str, Variable] = {
    "density_per_cm2": Variable(("pass",), "1/cm2", "channels that open the stratum corneum, cumulative"),
    "density_at_depth_per_cm2": Variable(("pass", "depth"), "1/cm2", "channels at least this deep, cumulative"),
    "coverage": Variable(("pass", "depth"), "1", "share of the area inside a channel, needle in"),
    "expected_coverage": Variable(("pass", "depth"), "1", "the same by the closed form for independent passes"),
    "residual_coverage": Variable(("pass", "depth"), "1", "share of the area inside a channel, needle gone"),
    "multiplicity": Variable(
        ("hits", "pass", "depth"), "1", "share of the area hit 0, 1, 2, 3 or more times, needle in"
    ),
    "residual_multiplicity": Variable(("hits", "pass", "depth"), "1", "the same, needle gone"),
    "peak_depth_um": Variable(("statistic",), "um", "depth of the tip at its deepest, over the channels"),
    "residual_depth_um": Variable(("statistic",), "um", "depth that stays open, over the channels"),
    "surface_diameter_um": Variable(("statistic",), "um", "diameter of the hole at the surface"),
    "hole_aspect_ratio": Variable(("statistic",), "1", "length over width of the hole at the surface"),
    "punctured_fraction": Variable((), "1", "channels opened over needle contacts"),
    "entry_angle_deg": Variable((), "deg", "angle from the normal at which tips meet skin that lies on the drum"),
    "axle_height_mm": Variable((), "mm", "axle over the undisturbed skin, mean over the drum's phases"),
    "drum_load_share": Variable((), "1", "share of the load that the bare drum carries"),
    "engaged_needles": Variable((), "1", "needles in contact with the skin, mean over the drum's phases"),
    "layer_top_um": Variable(("layer",), "um", "mean depth of the layer's top"),
    "layer_bottom_um": Variable(("layer",), "um", "mean depth of the layer's bottom"),
    "layer_density_per_cm2": Variable(("layer", "pass"), "1/cm2", "channels that reach the layer, cumulative"),
    "layer_volume_fraction": Variable(("layer", "pass"), "1", "share of the layer's volume inside a channel"),
    "largest_gap_mm": Variable(
        ("pass",),
        "mm",
        "diameter of the largest disc at the surface untouched, needle in or gone",
    ),
    "mean_distance_to_channel_mm": Variable(("pass",), "mm", "from a random point to the nearest channel's edge"),
    "p95_distance_to_channel_mm": Variable(("pass",), "mm", "95 % of the area is nearer to a channel than this"),
}
LAYER_KEYS = {"layer_top_um": "top_um", "layer_bottom_um": "bottom_um"} | {
    "layer_density_per_cm2": "density_per_cm2",
    "layer_volume_fraction": "volume_fraction",
}


@dataclass(frozen=True)
class Treatment(Result):
    """Result of `treat`: inputs, arrays with named dimensions, warnings, sources.

    Parameters
    ----------
    device : RollerSpec — the roller [mm, um, deg]
    site : SkinSite — the skin [um]
    technique : Technique — passes, pattern, load [N, mm/s]
    region : shapely Polygon — what was treated [mm]
    depths_um : (Z,) float — depths of the table [um]
    seed : int — of everything random [-]
    values : dict of float array — one a figure that was asked for, all of `VARIABLES` unless told otherwise; the
        first dimension is the replicates [as named]
    channels : Channels — of the first replicate, for drawing and for looking at single channels [mm, um]
    warnings : tuple of str — what a reader must know before relying on the numbers [-]
    source_keys : tuple of str — sources that the numbers lean on [-]
    sensitivity : Sensitivity or None — where the spread of the depth comes from, if asked for [-]
    aftermath : Aftermath or None — what the session leads to, if asked for [-]

    """

    device: RollerSpec
    site: SkinSite
    technique: Technique
    region: Polygon
    depths_um: Array
    seed: int
    values: dict[str, Array]
    channels: Channels
    warnings: tuple[str, ...]
    source_keys: tuple[str, ...]
    sensitivity: Sensitivity | None = None
    aftermath: Aftermath | None = None

    @property
    def replicates(self) -> int:
        """Number of replicates [-]."""
        return len(next(iter(self.values.values())))

    def mean(self, name: str) -> Array:
        """Return a variable's mean over the replicates.

        Parameters
        ----------
        name : str — one of `VARIABLES` [-]

        """
        if name not in self.values:
            raise refuse("figures", name, "those that this treatment was asked for: " + ", ".join(self.values))
        values = self.values[name]
        return floats(values[0]) if len(values) == 1 else _over_replicates(values)["mean"]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, in the order and under the names of the JSON schema."""
        described = {name: _described(name, values) for name, values in self.values.items()}
        layers = []
        for number, layer in enumerate(self.site.layers):
            entry: dict[str, Any] = {"name": layer.name}
            for name, key in LAYER_KEYS.items():
                for suffix, value in described.get(name, {}).items():
                    entry[key + suffix] = value[:, number] if suffix == "_band" else value[number]
            layers.append(entry | {"source": layer.source, "status": layer.status})
        flat = {
            name + suffix: value
            for name, parts in described.items()
            if name not in LAYER_KEYS
            for suffix, value in parts.items()
        }
        return {
            "schema": SCHEMA,
            "inputs": self.inputs(),
            "versions": versions(),
            "sources": [sources()[key].model_dump(exclude_defaults=True) for key in self.source_keys],
            "warnings": self.warnings,
            "passes": np.arange(1, self.technique.passes + 1),
            "depths_um": self.depths_um,
            **flat,
            "layers": layers,
            **({"sensitivity": self.sensitivity.to_dict()} if self.sensitivity else {}),
            **({"aftermath": self.aftermath.to_dict()} if self.aftermath else {}),
        }

    def inputs(self) -> dict[str, Any]:
        """Return every input, enough to run the same treatment again."""
        return {
            "device": self.device.model_dump(),
            "site": self.site.model_dump(),
            **self.technique.model_dump(),
            "region_wkt": self.region.wkt,
            "area_mm2": self.region.area,
            "replicates": self.replicates,
            "seed": self.seed,
        }

    def to_frame(self) -> pandas.DataFrame:
        """Return the long table: one row a pass and depth, units in the names."""
        import pandas

        passes, depths = self.technique.passes, self.depths_um.size
        columns: dict[str, Any] = {
            "device": self.device.name,
            "site": self.site.name,
            "pass": np.repeat(np.arange(1, passes + 1), depths),
            "depth_um": np.tile(self.depths_um, passes),
        }
        for name, values in self.values.items():
            variable = VARIABLES[name]
            for suffix, value in over_columns(values).items():
                if variable.dims == ("pass", "depth"):
                    columns[name + suffix] = value.ravel()
                elif variable.dims == ("pass",):
                    columns[name + suffix] = np.repeat(value, depths)
                elif variable.dims == ("layer", "pass"):
                    for layer, row in zip(self.site.layers, value, strict=True):
                        columns[f"{layer.name}_{LAYER_KEYS[name]}{suffix}"] = np.repeat(row, depths)
        return pandas.DataFrame(columns)

    def to_xarray(self) -> xarray.Dataset:
        """Return the arrays with dimensions replicate, pass, depth, layer, statistic; units in `attrs`."""
        import xarray

        data = {
            name: (
                ("replicate", *VARIABLES[name].dims),
                values,
                {"units": VARIABLES[name].unit, "long_name": VARIABLES[name].meaning},
            )
            for name, values in self.values.items()
        }
        coordinates = {
            "replicate": ("replicate", np.arange(self.replicates, dtype=np.int32)),
            "pass": ("pass", np.arange(1, self.technique.passes + 1, dtype=np.int32)),
            "depth": ("depth", self.depths_um, {"units": "um", "long_name": "depth under the surface"}),
            "layer": ("layer", [layer.name for layer in self.site.layers]),
            "statistic": ("statistic", list(STATISTICS)),
            "hits": ("hits", [str(hits) for hits in range(MOST_HITS)] + [f"{MOST_HITS}+"]),
        }
        attributes = {"inputs": json_text(self.inputs()), "versions": json_text(versions()), "schema": SCHEMA}
        return xarray.Dataset(data, coordinates, attributes | {"warnings": "\n".join(self.warnings)})

    def summary(self) -> str:
        """Return the main figures as a plain table."""
        missing = [name for name in VARIABLES if name not in self.values]
        if missing:
            raise refuse("figures", list(self.values), f"all of them for a summary; missing: {', '.join(missing)}")
        return summary_text((self,))


def _over_replicates(values: Array) -> dict[str, Array]:
    """Mean, standard deviation and 90 % band over the first dimension, leaving out what a replicate does not have."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    squares = np.where(known, (values - mean) ** 2, 0.0).sum(axis=0)
    spread = np.sqrt(np.divide(squares, count - 1, out=np.full_like(squares, np.nan), where=count > 1))
    filled = np.where(count > 0, np.where(known, values, np.nan), 0.0)
    band = np.where(count > 0, np.nanquantile(filled, [0.05, 0.95], axis=0), np.nan)
    return {"mean": mean, "sd": spread, "band": band}


def over_columns(values: Array) -> dict[str, Array]:
    """Return a variable over its replicates by the suffix of each column's name; one replicate has no spread.

    Parameters
    ----------
    values : (replicates, ...) float — of one figure [as named]

    """
    if len(values) == 1:
        return {"": values[0]}
    over = _over_replicates(values)
    return {"": over["mean"], "_sd": over["sd"], "_p05": over["band"][0], "_p95": over["band"][1]}


def _described(name: str, values: Array) -> dict[str, Any]:
    """Entries of a variable in the JSON object by the suffix of their keys."""
    over = {"": values[0]}
    if len(values) > 1:
        described = _over_replicates(values)
        over = {"": described["mean"], "_sd": described["sd"], "_band": described["band"]}
    if VARIABLES[name].dims != ("statistic",):
        return dict(over)
    return {suffix: dict(zip(STATISTICS, np.moveaxis(value, -1, 0), strict=True)) for suffix, value in over.items()}


def versions() -> dict[str, str]:
    """Return the versions of everything that the numbers depend on."""
    packages = {name: version(name) for name in ("numpy", "scipy", "shapely")}
    return {"dermaroll": version("dermaroll"), "python": platform.python_version(), **packages}
