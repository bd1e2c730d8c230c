"""The result on a body: a treatment a zone, what each zone and ring says of the drum, and maps over the surface.

Every figure of a zone is that of its `Treatment`; tables, files and pages read the zones as they read several sites.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...data.catalog import DeviceSpec
from ...geometry.arrays import Array, Ints, floats
from ...geometry.surface.body import Surface, Zone
from ..output import Result, json_text
from ..technique import Technique
from ..treatment.result import NOTICE, SCHEMA, Treatment, versions
from ..treatment.text_table import html_table, summary_text
from .maps import UNITS, Maps

if TYPE_CHECKING:
    import pandas
    import xarray

RING_FIGURES = ("density_per_cm2", "peak_depth_um_mean", "missed_share")


@dataclass(frozen=True)
class ZoneRolled:
    """How a roller met a zone, of the first replicate.

    Parameters
    ----------
    zone : Zone — the zone [-]
    area_cm2 : float — of its skin [cm2]
    untouched_share : (P,) float — share of it with no channel within a needle's pitch, after each pass [-]
    ring_density_per_cm2 : (J,) float — channels that each ring left, over the area of the zone [1/cm2]
    ring_peak_depth_um : (J,) float — mean depth of them; NaN where a ring left none [um]
    ring_missed_share : (J,) float — of each ring's landings, those that pass above the skin [-]
    rings_touching : float — rings that touch the skin at once, mean [-]
    tilt_deg : float — of the drum, mean of its size [deg]
    flagged : dict of str to float — share of places where the method ends, by what ends it [-]
    strokes : int — over it and beside it, in all passes [-]
    strokes_ended_short : int — cut off by a border of the mesh [-]

    """

    zone: Zone
    area_cm2: float
    untouched_share: Array
    ring_density_per_cm2: Array
    ring_peak_depth_um: Array
    ring_missed_share: Array
    rings_touching: float
    tilt_deg: float
    flagged: dict[str, float]
    strokes: int
    strokes_ended_short: int

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects."""
        rings = zip(self.ring_density_per_cm2, self.ring_peak_depth_um, self.ring_missed_share, strict=True)
        return {
            "zone": self.zone.name,
            "site": self.zone.site,
            "bone_depth_mm": self.zone.bone_depth_mm,
            "area_cm2": self.area_cm2,
            "untouched_share": self.untouched_share,
            "rings_touching": self.rings_touching,
            "tilt_deg": self.tilt_deg,
            "flagged_share": self.flagged,
            "strokes": self.strokes,
            "strokes_ended_short": self.strokes_ended_short,
            "rings": [
                {"ring": number + 1} | dict(zip(RING_FIGURES, ring, strict=True)) for number, ring in enumerate(rings)
            ],
        }

    def columns(self, passes: Ints, depths: int) -> dict[str, Array | float]:
        """Return its figures as columns of the long table, a row a pass and depth.

        Parameters
        ----------
        passes : (P,) int — numbers of the passes [-]
        depths : int — rows of each pass [-]

        """
        found: dict[str, Array | float] = {
            "zone_area_cm2": self.area_cm2,
            "untouched_share": np.repeat(self.untouched_share, depths),
            "rings_touching": self.rings_touching,
            "tilt_deg": self.tilt_deg,
        }
        rings = zip(self.ring_density_per_cm2, self.ring_peak_depth_um, self.ring_missed_share, strict=True)
        for number, ring in enumerate(rings, start=1):
            found |= {f"ring_{number}_{name}": value for name, value in zip(RING_FIGURES, ring, strict=True)}
        return found | {f"{name}_share": share for name, share in self.flagged.items()}


@dataclass(frozen=True, eq=False, repr=False)
class SurfaceTreatment(Result):
    """Result of `treat` on a body.

    Parameters
    ----------
    surface : Surface — the body [mm]
    treatments : tuple of Treatment — one a zone, in the order asked for [-]
    zones : tuple of ZoneRolled — how the roller met each [-]
    maps : Maps — over the faces of the surface [as each]
    channels_mm : (n, 3) float — places of the channels of the first replicate, zone by zone [mm]
    strokes_mm : tuple of (k, 3) float — lines that the roller's middle went along, of every zone [mm]

    """

    surface: Surface
    treatments: tuple[Treatment, ...]
    zones: tuple[ZoneRolled, ...]
    maps: Maps
    channels_mm: Array
    strokes_mm: tuple[Array, ...]

    @property
    def device(self) -> DeviceSpec:
        """The device [-]."""
        return self.treatments[0].device

    @property
    def technique(self) -> Technique:
        """What the hand did [-]."""
        return self.treatments[0].technique

    @property
    def area_cm2(self) -> float:
        """Area of all zones [cm2]."""
        return float(sum(zone.area_cm2 for zone in self.zones))

    @property
    def untouched_share(self) -> Array:
        """Share of the area of all zones with no channel within a needle's pitch, after each pass, (P,) [-]."""
        return floats(sum(zone.area_cm2 * zone.untouched_share for zone in self.zones) / self.area_cm2)

    @property
    def alerts(self) -> tuple[str, ...]:
        """What a careful professional would want to be told before rolling, each line once [-]."""
        return worst_first([self])

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before relying on the numbers, each line once [-]."""
        lines = [line for treatment in self.treatments for line in treatment.warnings]
        return tuple(dict.fromkeys([NO_VALIDATION, *self.surface.notes, *lines]))

    @property
    def source_keys(self) -> tuple[str, ...]:
        """Sources that the numbers lean on [-]."""
        keys = [key for treatment in self.treatments for key in treatment.source_keys]
        return tuple(dict.fromkeys([*keys, "layer_kernel"]))

    def zone(self, name: str) -> Treatment:
        """Return the treatment of a zone.

        Parameters
        ----------
        name : str — of the zone [-]

        """
        self.surface.zone_index(name)
        return next(treatment for treatment in self.treatments if treatment.zone == name)

    def __getitem__(self, name: str) -> Any:
        """Return a figure of the whole, mean over the zones by their area; of a zone as 'zone/figure'."""
        if "/" in name:
            zone, _, figure = name.partition("/")
            return self.zone(zone)[figure]
        areas = floats([zone.area_cm2 for zone in self.zones])
        return float(areas @ floats([treatment[name] for treatment in self.treatments]) / areas.sum())

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the maps as plain objects and arrays, in the order and under the names of the JSON."""
        surface = self.surface
        return {
            "schema": SCHEMA,
            "surface": {
                "name": surface.name,
                "unit": surface.unit,
                "vertices": len(surface.vertices),
                "faces": len(surface.faces),
                "area_cm2": self.area_cm2,
                "untouched_share": self.untouched_share,
                "notes": surface.notes,
            },
            "versions": versions(),
            "zones": [
                zone.to_dict() | {"treatment": treatment.to_dict()}
                for zone, treatment in zip(self.zones, self.treatments, strict=True)
            ],
            "notice": NOTICE,
            "alerts": self.alerts,
            "warnings": self.warnings,
        }

    def to_frame(self) -> pandas.DataFrame:
        """Return the long table: one row a zone, pass and depth, every figure by its flat name."""
        import pandas

        frames = []
        for zone, treatment in zip(self.zones, self.treatments, strict=True):
            columns = zone.columns(treatment.passes, treatment.depths_um.size)
            frames.append(treatment.to_frame().assign(**columns))
        return pandas.concat(frames, ignore_index=True)

    def to_course_frame(self) -> pandas.DataFrame:
        """Return the courses over hours and days: one row a zone, quantity and time."""
        import pandas

        return pandas.concat([treatment.to_course_frame() for treatment in self.treatments], ignore_index=True)

    def to_xarray(self) -> xarray.Dataset:
        """Return the arrays with one more dimension, zone, and the maps over the faces; units in `attrs`."""
        import xarray

        names = xarray.DataArray([zone.zone.name for zone in self.zones], dims="zone", name="zone")
        joined: xarray.Dataset = xarray.concat(
            [treatment.to_xarray() for treatment in self.treatments],
            dim=names,
            combine_attrs="drop_conflicts",
            join="exact",
        )
        for key, values in self.maps.named().items():
            joined[f"map_{key}"] = (("face",), values, {"units": UNITS[key]})
        joined["vertex_mm"] = (("vertex", "xyz"), self.surface.vertices, {"units": "mm"})
        joined["face_vertex"] = (("face", "corner"), self.surface.faces)
        joined["zone_area_cm2"] = (("zone",), floats([zone.area_cm2 for zone in self.zones]), {"units": "cm2"})
        untouched = np.stack([zone.untouched_share for zone in self.zones])
        joined["untouched_share"] = (("zone", "passes"), untouched, {"units": "1"})
        for name in ("ring_density_per_cm2", "ring_peak_depth_um", "ring_missed_share"):
            joined[name] = (("zone", "ring"), np.stack([getattr(zone, name) for zone in self.zones]))
        inputs = {treatment.zone: treatment.inputs() for treatment in self.treatments}
        return joined.assign_attrs(inputs=json_text(inputs), warnings="\n".join(self.warnings))

    def summary(self, *, every: bool = False) -> str:
        """Return the main figures as a plain table, one column a zone.

        Parameters
        ----------
        every : bool — every figure, not the main ones alone [-]

        """
        return f"{summary_text(self.treatments, every=every)}\n{NOTICE}"

    @cached_property
    def _short(self) -> str:
        how = f"{self.technique.passes} passes, {self.technique.load_n:g} N"
        lines = [f"Treatment: {self.device.name} over {self.surface.name}, {how}, {len(self.zones)} zones"]
        lines += [
            f"  {zone.zone.name}: {zone.area_cm2:.0f} cm2, {treatment['density_per_cm2']:.0f} channels per cm2, "
            f"{100 * zone.untouched_share[-1]:.0f} % untouched"
            for zone, treatment in zip(self.zones, self.treatments, strict=True)
            if treatment.has("density_per_cm2")
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Return what was done, and a line a zone."""
        return self._short

    def _repr_html_(self) -> str:
        """Return the table of figures, as a notebook shows it."""
        return html_table(self.treatments)


NO_VALIDATION = (
    "no one has measured how deep needles go on curved skin or over bone: figures of a body are the flat "
    "model's, carried over by geometry and contact mechanics"
)
GUESSED = "unit guessed"  # how a body's note on it begins: a wrong guess is wrong tenfold
TOLD_SHARE = 0.01  # of a zone's places or area: less is not worth an alert
FLAGS = {
    "tilt_held": "the drum would tilt by more than a hand lets it",
    "hollow": "the skin is more hollow than the drum is round",
    "sharp": "the skin is too sharply bent for the method",
    "one_sided": "there is skin under one side of the device only",
    "too_deep": "the load dents the skin by more than it bears",
    "not_seated": "the load does not lay the skin under the plate flat",
    "falls_away": "the skin falls away under the plate by more than its needles stand out",
}


class ZoneAlert(NamedTuple):
    """What to be alert to in a zone, and the largest share of it that this is about [-]."""

    share: float
    line: str


def zone_alerts(zone: ZoneRolled, roller: DeviceSpec) -> Iterator[ZoneAlert]:
    """Yield what a careful professional would want to be told of a zone.

    Parameters
    ----------
    zone : ZoneRolled — how the roller met it [-]
    roller : DeviceSpec — the device [-]

    """
    name = f"{roller.name} on {zone.zone.name}"
    bare = float(zone.untouched_share[-1])
    if bare > TOLD_SHARE:
        yield ZoneAlert(bare, f"{name}: {100 * bare:.0f} % of the zone has no channel within a needle's pitch")
    ends = sorted((-share, FLAGS[flag]) for flag, share in zone.flagged.items() if share > TOLD_SHARE)
    if ends:
        # One line however many there are: a face has more than a dozen zones.
        (share, first), *others = ends
        text = f"{name}: at {-100 * share:.0f} % of the places {first}"
        text = "; ".join([text, *(f"at {-100 * share:.0f} % {words}" for share, words in others)])
        yield ZoneAlert(-share, text)
    if zone.strokes_ended_short:
        share = zone.strokes_ended_short / zone.strokes
        yield ZoneAlert(
            share, f"{name}: {zone.strokes_ended_short} of {zone.strokes} strokes end at a border of the mesh"
        )


def worst_first(results: Sequence[SurfaceTreatment]) -> tuple[str, ...]:
    """Return all alerts, each once: of the body, of zones from the largest share down, then of the skin.

    Parameters
    ----------
    results : sequence of SurfaceTreatment — one a device [-]

    """
    bodies, lines = [], []
    for one in results:
        names = {f"zone {zone.zone.name} " for zone in one.zones}
        bodies += [note for note in one.surface.notes if note.startswith((GUESSED, *names))]
        lines += [line for treatment in one.treatments for line in treatment.alerts]
    zones = [told for one in results for zone in one.zones for told in zone_alerts(zone, one.device)]
    zones.sort(key=lambda told: -told.share)
    return tuple(dict.fromkeys([*bodies, *(told.line for told in zones), *lines]))


@dataclass(frozen=True, eq=False, repr=False)
class SurfaceComparison(Result):
    """Several rollers over the same body.

    Parameters
    ----------
    devices : tuple of SurfaceTreatment — one a roller, in the order given [-]

    """

    devices: tuple[SurfaceTreatment, ...]

    @property
    def treatments(self) -> tuple[Treatment, ...]:
        """Treatments of all zones, rollers first [-]."""
        return tuple(treatment for device in self.devices for treatment in device.treatments)

    @property
    def alerts(self) -> tuple[str, ...]:
        """Alerts of all rollers, each once [-]."""
        return worst_first(self.devices)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings of all rollers, each once [-]."""
        return tuple(dict.fromkeys(line for device in self.devices for line in device.warnings))

    @property
    def source_keys(self) -> tuple[str, ...]:
        """Sources that the numbers lean on [-]."""
        return tuple(dict.fromkeys(key for device in self.devices for key in device.source_keys))

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the maps as plain objects and arrays."""
        return {
            "schema": SCHEMA,
            "devices": [{"device": device.device.name, **device.to_dict()} for device in self.devices],
            "notice": NOTICE,
            "alerts": self.alerts,
            "warnings": self.warnings,
        }

    def to_frame(self) -> pandas.DataFrame:
        """Return the long table: one row a roller, zone, pass and depth."""
        import pandas

        return pandas.concat([device.to_frame() for device in self.devices], ignore_index=True)

    def to_course_frame(self) -> pandas.DataFrame:
        """Return the courses over hours and days: one row a roller, zone, quantity and time."""
        import pandas

        return pandas.concat([device.to_course_frame() for device in self.devices], ignore_index=True)

    def to_xarray(self) -> xarray.Dataset:
        """Return the arrays with one more dimension, device; units in `attrs`."""
        import xarray

        names = xarray.DataArray([device.device.name for device in self.devices], dims="device", name="device")
        parts = [device.to_xarray() for device in self.devices]
        # Rollers have different numbers of rings: what a roller has not is missing.
        joined: xarray.Dataset = xarray.concat(parts, dim=names, combine_attrs="drop_conflicts", join="outer")
        return joined.assign_attrs(warnings="\n".join(self.warnings))

    def __repr__(self) -> str:
        """Return which rollers are compared, and a line a zone."""
        return "\n".join(["Comparison of", *(repr(device) for device in self.devices)])
