"""What a plan must reach: a `Goal` as users state it, and the aims that one person's treatment is held against.

In: options or a TOML file. Out: aims, each a quantity after every pass, its limit, and whether more load helps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidatorFunctionWrapHandler, field_validator, model_validator
from shapely.geometry import Polygon

from ...data.catalog import RollerSpec
from ...data.checks import InputError, Record, Within, refuse
from ...data.thickness import LAYER_WORDS, LAYERS, LayerName
from ...geometry.arrays import Array, floats
from ...geometry.needle import needle_profile
from ...geometry.union.discs import multiplicity_of
from ..after.side_effects import BLEEDING, bleeding_rank, pain_gill_2008, vessels_reached
from ..coverage.areas import Channels, section_radius_mm

# Every channel has passed the stratum corneum: its share that reaches living epidermis is 1 whatever one does.
SHARED_OUT = LAYERS[2:]
WHOLE = 1 - 1e-9  # of an area, up to rounding

Share = Annotated[float, Within(0, 1)]
PositiveShare = Annotated[float, Within(1e-6, 0.99)]
# The one number that TOML writes as text: a key.
DepthKey = Annotated[float, Field(strict=False), Within(0, 5000, "um")]
Density = Annotated[float, Within(0.1, 1e5, "channels per cm2")]


class Goal(Record):
    """What is to be reached, as read from TOML or from the command line's options.

    Tables go by layer, for example `[least_channels_per_cm2]` with `papillary_dermis = 150`, and that of coverage by
    depth in um, `[least_coverage]` with `0 = 0.05`. At least one of `least_channels_per_cm2`, `least_coverage` and
    `most_gap_mm` is needed: all others are met best by doing nothing.
    """

    title: str = "own goal"
    certainty: Annotated[float, Within(0.5, 0.99)] = 0.9
    least_channels_per_cm2: dict[LayerName, Density] = Field(default={})
    least_coverage: dict[DepthKey, PositiveShare] = Field(default={})
    most_gap_mm: Annotated[float, Within(0.01, 10, "mm")] | None = None
    most_share_of_channels: dict[LayerName, Share] = Field(default={})
    most_bleeding: Literal["none", "pinpoint", "moderate"] | None = None
    most_pain_vs_26g: Annotated[float, Within(0, 100)] | None = None

    @field_validator("least_coverage", mode="wrap")
    @classmethod
    def _each_depth_once(cls, given: Any, read: ValidatorFunctionWrapHandler) -> Any:
        found = read(given)
        if len(found) < len(given):
            raise refuse("least_coverage", list(given), "each depth once")
        return found

    @model_validator(mode="after")
    def _can_be_planned(self) -> Goal:
        if not (self.least_channels_per_cm2 or self.least_coverage or self.most_gap_mm):
            raise InputError(
                "goal has nothing to reach, zero passes would do; allowed: one or more of least_channels_per_cm2, "
                "least_coverage, most_gap_mm"
            )
        for layer, share in self.most_share_of_channels.items():
            if layer not in SHARED_OUT:
                raise refuse("most_share_of_channels", layer, f"a layer of {', '.join(SHARED_OUT)}")
            deeper = LAYERS[LAYERS.index(layer) :]
            wanted = [name for name in self.least_channels_per_cm2 if name in deeper]
            if share == 0 and wanted:
                raise refuse(f"most_share_of_channels.{layer}", share, f"above 0: channels into {wanted[0]} are wanted")
        return self


@dataclass(frozen=True)
class Rolled:
    """One person's treatment with a number of passes, as aims see it.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    region : shapely Polygon — what is treated [mm]
    passes : int — number of passes, K [-]
    channels : Channels — sorted by pass [mm, um]
    values : dict of float array — densities and what moves the drum, by the names of `VARIABLES` [as named]

    """

    roller: RollerSpec
    region: Polygon
    passes: int
    channels: Channels
    values: dict[str, Array]


@dataclass(frozen=True)
class Aim:
    """One quantity with its limit.

    Parameters
    ----------
    key : str — name for files, unit included [-]
    words : str — name for tables [-]
    unit : str — of the quantity [-]
    least : bool — at least the limit; else at most [-]
    limit : float — what is wanted [as the unit]
    load_helps : bool — more load brings it nearer; else it takes it away [-]
    measure : function of Rolled — the quantity after each pass, (K,) float [as the unit]

    """

    key: str
    words: str
    unit: str
    least: bool
    limit: float
    load_helps: bool
    measure: Callable[[Rolled], Array]

    def met(self, value: Array) -> Any:
        """Return whether values keep the limit.

        Parameters
        ----------
        value : float array — the quantity [as the unit]

        """
        return value >= self.limit if self.least else value <= self.limit


def aims_of(goal: Goal) -> tuple[Aim, ...]:
    """Return what a goal asks of each person's treatment.

    Parameters
    ----------
    goal : Goal — as stated [-]

    """
    return tuple(_aims(goal))


def _aims(goal: Goal) -> Iterator[Aim]:
    for layer, density in goal.least_channels_per_cm2.items():
        words = f"channels into {LAYER_WORDS[layer]}"
        measure = partial(_channels_into, layer=LAYERS.index(layer))
        yield Aim(
            f"{layer}_density_per_cm2", words, "per cm2", least=True, limit=density, load_helps=True, measure=measure
        )
    for depth, share in goal.least_coverage.items():
        words = "surface covered" if depth == 0 else f"area covered at {depth:g} um"
        measure = partial(_covered, depth_um=depth)
        yield Aim(f"coverage_at_{depth:g}_um", words, "", least=True, limit=share, load_helps=True, measure=measure)
    if goal.most_gap_mm is not None:
        near = goal.most_gap_mm / 2
        words = f"surface within {near:g} mm of a channel"
        key = f"share_within_{near:g}_mm_of_a_channel"
        yield Aim(key, words, "", least=True, limit=WHOLE, load_helps=True, measure=partial(_near, reach_mm=near))
    for layer, share in goal.most_share_of_channels.items():
        yield _most_share(layer, share)
    if goal.most_bleeding is not None:
        yield _most_bleeding(BLEEDING.index(goal.most_bleeding))
    if goal.most_pain_vs_26g is not None:
        yield _most_pain(goal.most_pain_vs_26g)


def _most_share(layer: LayerName, limit: float) -> Aim:
    words = f"share of channels into {LAYER_WORDS[layer]}"
    measure = partial(_share_into, layer=LAYERS.index(layer))
    return Aim(f"{layer}_share_of_channels", words, "", least=False, limit=limit, load_helps=False, measure=measure)


def _most_bleeding(limit: float) -> Aim:
    words = "bleeding class"
    return Aim("bleeding_class", words, "", least=False, limit=limit, load_helps=False, measure=_bleeding)


def _most_pain(limit: float) -> Aim:
    unit = "x 26G needle"
    return Aim("pain_vs_26g", "pain", unit, least=False, limit=limit, load_helps=False, measure=_pain)


def risks() -> tuple[Aim, Aim, Aim]:
    """Return what every choice is also looked at for: share into the hypodermis, bleeding, pain; no limit is set."""
    return _most_share("hypodermis", 1.0), _most_bleeding(len(BLEEDING) - 1), _most_pain(np.inf)


def _channels_into(rolled: Rolled, layer: int) -> Array:
    return floats(rolled.values["layer_density_per_cm2"][layer])


def _share_into(rolled: Rolled, layer: int) -> Array:
    every = rolled.values["density_per_cm2"]
    return floats(np.divide(_channels_into(rolled, layer), every, out=np.zeros_like(every), where=every > 0))


def _covered(rolled: Rolled, depth_um: float) -> Array:
    channels, shape = rolled.channels, needle_profile(rolled.roller)
    return _union(rolled, section_radius_mm(shape, channels.peak_depth_um, depth_um, channels.aspect_ratio))


def _near(rolled: Rolled, reach_mm: float) -> Array:
    """Share of the region within reach of a channel's edge: 1 where no untouched disc of that radius is left."""
    return _union(rolled, rolled.channels.surface_diameter_um / 2000 + reach_mm)


def _union(rolled: Rolled, radius_mm: Array) -> Array:
    """Share of the region inside discs around the channels, after each pass."""
    channels = rolled.channels
    centers = np.stack([channels.x_mm, channels.y_mm], axis=1)
    area = multiplicity_of(
        centers,
        channels.pass_number,
        radius_mm,
        lambda ids, _: radius_mm[ids][None],
        1,
        rolled.region,
        1,
        n_passes=rolled.passes,
    )
    return floats(np.minimum(area[0, :, 0] / rolled.region.area, 1.0))


def _bleeding(rolled: Rolled) -> Array:
    channels, inner = rolled.channels, rolled.channels.inside
    reached = vessels_reached(channels.peak_depth_um[inner], channels.thickness_um[inner])
    number = channels.pass_number[inner]
    counts = [np.bincount(number, weights, rolled.passes + 1)[1:].cumsum() for weights in (None, *reached)]
    shares = (part / np.maximum(counts[0], 1) for part in counts[1:])
    return floats(bleeding_rank(*shares))


def _pain(rolled: Rolled) -> Array:
    pain = pain_gill_2008(rolled.roller.length_mm, rolled.values["engaged_needles"])
    return np.full(rolled.passes, float(pain))
