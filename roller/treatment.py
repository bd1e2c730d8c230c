"""One treatment: a roller, a skin site, a technique, and everything that follows, in one result object.

`treat` runs the chain contacts -> insertion -> channels -> coverage once per replicate. Table, files, charts and the 3D
scene all read the `Treatment` that it returns, so that no two outputs can disagree.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from .. import __version__
from ..data import catalog
from ..data.catalog import RollerSpec, SkinSite, sources, tissue
from ..data.checks import refuse
from ..geometry.arrays import Array, floats
from ..geometry.needle import needle_profile
from ..geometry.region import checked_region, rectangle
from ..geometry.skin import draw_person_um, draw_thickness_um, interfaces_um, mean_thickness_um
from .coverage import MOST_HITS, Channels, coverage
from .gaps import gaps
from .insertion import balance_drum, draw_compliance, insert
from .motion import density_per_pass_per_mm2, entry_angle_rad, pitch_radius_mm
from .output import Result, json_text
from .passes import roll
from .summary import summary_text
from .technique import Technique

if TYPE_CHECKING:
    import pandas
    import xarray

SCHEMA = 1
STATISTICS = ("mean", "sd", "p05", "p50", "p95")
DEFAULT_DEPTHS_UM = np.arange(0.0, 2001.0, 25.0)
MOST_DEPTHS = 10_000
MOST_REPLICATES = 10_000


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
    "entry_angle_deg": Variable((), "deg", "angle from the normal at which tips meet the skin"),
    "axle_height_mm": Variable((), "mm", "axle over the undisturbed skin, mean over the drum's phases"),
    "drum_load_share": Variable((), "1", "share of the load that the bare drum carries"),
    "engaged_needles": Variable((), "1", "needles in contact with the skin, mean over the drum's phases"),
    "layer_top_um": Variable(("layer",), "um", "mean depth of the layer's top"),
    "layer_bottom_um": Variable(("layer",), "um", "mean depth of the layer's bottom"),
    "layer_density_per_cm2": Variable(("layer", "pass"), "1/cm2", "channels that reach the layer, cumulative"),
    "layer_volume_fraction": Variable(("layer", "pass"), "1", "share of the layer's volume inside a channel"),
    "largest_gap_mm": Variable(("pass",), "mm", "diameter of the largest untouched disc at the surface"),
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
    values : dict of float array — one per name of `VARIABLES`, with a first dimension for the replicates [as named]
    channels : Channels — of the first replicate, for drawing and for looking at single channels [mm, um]
    warnings : tuple of str — what a reader must know before relying on the numbers [-]
    source_keys : tuple of str — sources that the numbers lean on [-]

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

    @property
    def replicates(self) -> int:
        """Number of replicates [-]."""
        return len(self.values["density_per_cm2"])

    def mean(self, name: str) -> Array:
        """Return a variable's mean over the replicates.

        Parameters
        ----------
        name : str — one of `VARIABLES` [-]

        """
        return _over_replicates(self.values[name])["mean"]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, in the order and under the names of the JSON schema."""
        described = {name: _described(name, self.values[name]) for name in VARIABLES}
        layers = []
        for number, layer in enumerate(self.site.layers):
            entry: dict[str, Any] = {"name": layer.name}
            for name, key in LAYER_KEYS.items():
                for suffix, value in described[name].items():
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
        for name, variable in VARIABLES.items():
            for suffix, value in _columns(self.values[name]).items():
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
                ("replicate", *variable.dims),
                self.values[name],
                {"units": variable.unit, "long_name": variable.meaning},
            )
            for name, variable in VARIABLES.items()
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


def _columns(values: Array) -> dict[str, Array]:
    """Columns of a variable by the suffix of their names; one replicate has no spread."""
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
    return {"dermaroll": __version__, "python": platform.python_version(), **packages}


def _statistics(values: Array) -> Array:
    """The five figures of `STATISTICS`; NaN where there is no channel."""
    if not values.size:
        return np.full(len(STATISTICS), np.nan)
    spread = values.std(ddof=1) if values.size > 1 else 0.0
    return np.array([values.mean(), spread, *np.quantile(values, [0.05, 0.5, 0.95])])


def simulate(
    roller: RollerSpec,
    skin: SkinSite,
    technique: Technique,
    region: Polygon,
    depths_um: Array,
    person_um: Array,
    phases: np.random.Generator,
    tissue_draws: np.random.Generator,
) -> tuple[dict[str, Array], Channels]:
    """Run one treatment of one person's skin.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    skin : SkinSite — gives the spread of thickness within the site [um]
    technique : Technique — what the hand does [-]
    region : shapely Polygon — what is treated [mm]
    depths_um : (Z,) float — depths of the table [um]
    person_um : (5,) float — mean thickness of this person's layers [um]
    phases : numpy Generator — phases and offsets of the lanes [-]
    tissue_draws : numpy Generator — thickness and compliance under each contact [-]

    Returns
    -------
    values : dict of float array — one per name of `VARIABLES`
    channels : Channels — every channel in the region and in a margin around it

    """
    balance = balance_drum(roller, technique.load_n)
    axle_height = float(balance.axle_height_mm.mean())
    pitch_radius = float(pitch_radius_mm(axle_height, roller.drum_radius_mm, technique.slip))
    contacts = roll(roller, technique, region, pitch_radius, phases)

    count = contacts.x_mm.size
    thickness = draw_thickness_um(skin, person_um, count, tissue_draws)
    compliance = draw_compliance(count, tissue_draws)
    inserted = insert(roller, balance.axle_height_mm[contacts.ring], thickness[:, 0], compliance)
    opened = inserted.opened
    channels = Channels(
        x_mm=contacts.x_mm[opened],
        y_mm=contacts.y_mm[opened],
        pass_number=contacts.pass_number[opened],
        ring=contacts.ring[opened],
        needle=contacts.needle[opened],
        inside=contacts.inside[opened],
        peak_depth_um=inserted.peak_depth_um[opened],
        residual_depth_um=inserted.residual_depth_um[opened],
        surface_diameter_um=inserted.surface_diameter_um[opened],
        aspect_ratio=inserted.aspect_ratio[opened],
        thickness_um=thickness[opened],
    )
    lane_density = float(density_per_pass_per_mm2(roller.needle_count, pitch_radius, roller.drum_width_mm))
    per_pass = np.bincount(contacts.pass_number, minlength=technique.passes + 1)[1:]
    touched = coverage(channels, needle_profile(roller), region, depths_um, per_pass, lane_density, technique.overlap)
    untouched = gaps(
        channels.x_mm,
        channels.y_mm,
        channels.surface_diameter_um / 2000,
        channels.pass_number,
        technique.passes,
        region,
        lane_density**-0.5,
    )
    edges = interfaces_um(person_um)
    met = contacts.inside.sum()
    inner = channels.inside
    values = {
        "density_per_cm2": touched.density_per_cm2,
        "density_at_depth_per_cm2": touched.density_at_depth_per_cm2,
        "coverage": touched.coverage,
        "expected_coverage": touched.expected_coverage,
        "residual_coverage": touched.residual_coverage,
        "multiplicity": touched.multiplicity,
        "residual_multiplicity": touched.residual_multiplicity,
        "peak_depth_um": _statistics(channels.peak_depth_um[inner]),
        "residual_depth_um": _statistics(channels.residual_depth_um[inner]),
        "surface_diameter_um": _statistics(channels.surface_diameter_um[inner]),
        "hole_aspect_ratio": _statistics(channels.aspect_ratio[inner]),
        "punctured_fraction": np.float64(inner.sum() / met if met else 0.0),
        "entry_angle_deg": np.degrees(entry_angle_rad(axle_height, roller.drum_radius_mm, roller.length_mm)),
        "axle_height_mm": np.float64(axle_height),
        "drum_load_share": balance.drum_force_n.mean() / technique.load_n if technique.load_n else np.float64(0),
        "engaged_needles": balance.engaged.mean(),
        "layer_top_um": edges[:-1],
        "layer_bottom_um": edges[1:],
        "layer_density_per_cm2": touched.layer_density_per_cm2.T,
        "layer_volume_fraction": touched.layer_volume_fraction.T,
        "largest_gap_mm": untouched.largest_gap_mm,
        "mean_distance_to_channel_mm": untouched.mean_distance_to_channel_mm,
        "p95_distance_to_channel_mm": untouched.p95_distance_to_channel_mm,
    }
    return {name: np.asarray(values[name], dtype=np.float64) for name in VARIABLES}, channels


def checked_depths(depths_um: ArrayLike | None) -> Array:
    """Return the depths of the table: finite, not negative, rising.

    Parameters
    ----------
    depths_um : (Z,) float array or None — None for 0 to 2000 um in steps of 25 [um]

    """
    depths = DEFAULT_DEPTHS_UM if depths_um is None else floats(depths_um)
    rising = depths.ndim == 1 and 0 < depths.size <= MOST_DEPTHS and bool(np.isfinite(depths).all())
    if not (rising and depths[0] >= 0 and bool((np.diff(depths) > 0).all())):
        raise refuse("depths_um", depths_um, f"1 to {MOST_DEPTHS} rising depths, each at least 0 um")
    return depths


def treat(
    device: str | Path | RollerSpec,
    site: str | Path | SkinSite,
    technique: Technique | None = None,
    *,
    window: Polygon | None = None,
    depths_um: ArrayLike | None = None,
    replicates: int = 1,
    seed: int = 0,
) -> Treatment:
    """Roll a device over a skin site and return what it leaves.

    One replicate describes the average person at the site; with more, every replicate draws a person, new phases and
    new skin under each needle, and figures are means with a spread.

    Parameters
    ----------
    device : str, Path or RollerSpec — catalogue name, TOML file or record of the device [-]
    site : str, Path or SkinSite — catalogue name, TOML file or record of the skin site [-]
    technique : Technique or None — passes, pattern, load; None for 16 passes in a star at 3 N [-]
    window : shapely Polygon or None — treated region; None for 20 mm x 20 mm [mm]
    depths_um : (Z,) float array or None — depths of the table; None for 0 to 2000 um in steps of 25 [um]
    replicates : int — independent repetitions, 1 to 10000 [-]
    seed : int — of everything random; equal inputs and seed give equal results [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    roller, skin = catalog.device(device), catalog.site(site)
    technique = technique or Technique()
    region = rectangle(20, 20) if window is None else checked_region(window)
    depths = checked_depths(depths_um)
    if not 1 <= replicates <= MOST_REPLICATES:
        raise refuse("replicates", replicates, f"between 1 and {MOST_REPLICATES}")
    if seed < 0:
        raise refuse("seed", seed, "a whole number of at least 0")
    runs = []
    for child in np.random.SeedSequence(seed).spawn(replicates):
        phases, tissue_draws, people = (np.random.default_rng(stream) for stream in child.spawn(3))
        person = mean_thickness_um(skin) if replicates == 1 else draw_person_um(skin, people)
        runs.append(simulate(roller, skin, technique, region, depths, person, phases, tissue_draws))
    return Treatment(
        device=roller,
        site=skin,
        technique=technique,
        region=region,
        depths_um=depths,
        seed=seed,
        values={name: np.stack([values[name] for values, _ in runs]) for name in VARIABLES},
        channels=runs[0][1],
        warnings=tuple(_warnings(roller, skin, technique)),
        source_keys=_source_keys(roller, skin),
    )


def _source_keys(roller: RollerSpec, skin: SkinSite) -> tuple[str, ...]:
    keys = [*roller.source, *(key for layer in skin.layers for key in layer.source)]
    keys += [key for constant in tissue().values() for key in constant.source.split(";")]
    return tuple(key for key in dict.fromkeys(keys) if key in sources())


def _warnings(roller: RollerSpec, skin: SkinSite, technique: Technique) -> Iterable[str]:
    """Say what leans on weak ground."""
    if roller.assumed:
        yield f"{roller.name}: assumed, no source gives them for this device: {', '.join(roller.assumed)}"
    if roller.status == "unverified":
        yield f"{roller.name}: its figures are unverified"
    weak = [layer.name for layer in skin.layers if layer.status == "unverified"]
    if weak:
        yield f"{skin.name}: unverified thickness: {', '.join(weak)}"
    borrowed = [layer.name for layer in skin.layers if layer.note]
    if borrowed:
        yield f"{skin.name}: thickness from other skin than this site's: {', '.join(borrowed)}"
    limit = tissue()["hand_load_limit"]
    if technique.load_n > limit.value:
        named = f"the {limit.value:g} N named for a hand ({limit.source}, {limit.status})"
        yield f"load_n = {technique.load_n:g} N is more than {named}"
    unverified = [name for name, constant in tissue().items() if constant.status == "unverified"]
    yield f"insertion leans on unverified constants: {', '.join(unverified)}"
