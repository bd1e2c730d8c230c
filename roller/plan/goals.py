"""What a plan must reach: a `Goal` as users state it, and the aims that one person's treatment is held against.

In: options or a TOML file. Out: aims, each a quantity after every pass, its limit, and whether more load helps it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, ValidatorFunctionWrapHandler, field_validator, model_validator

from ...data.checks import InputError, Record, Within, refuse
from ...data.tables import read_record
from ...data.thickness import LAYERS, LayerName
from ...geometry.arrays import Array, floats
from ...geometry.union.discs import multiplicity_of
from ..after.outcome_ensemble import central, outcome_members
from ..after.reaction import pain_vs_26g
from ..after.vessels import BLEEDING, bleeding_points_of_each, bleeding_ranks, middle_rank
from ..coverage.areas import section_radius_mm
from ..insertion.one_needle import profile_of
from ..treatment.names import place_of
from ..treatment.quantity import Quantity
from ..treatment.replicate import Made

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


# What a template shows.
EXAMPLE = Goal(
    title="into the papillary dermis, not below the skin",
    least_channels_per_cm2={"papillary_dermis": 150.0},
    most_share_of_channels={"hypodermis": 0.05},
    most_bleeding="pinpoint",
)


def goal_of(goal: object) -> Goal:
    """Return a goal, read from its file if a path is given.

    Parameters
    ----------
    goal : object — a `Goal`, or the path of a TOML file [-]

    """
    if isinstance(goal, Goal):
        return goal
    if isinstance(goal, (str, Path)):
        return read_record(Goal, goal)
    raise refuse("goal", goal, "a Goal, or the path of a TOML file")


@dataclass(frozen=True)
class Aim:
    """One quantity with its limit.

    Parameters
    ----------
    name : str — flat name of the quantity [-]
    least : bool — at least the limit; else at most [-]
    limit : float — what is wanted; of classes the place in their order [as the quantity]
    load_helps : bool — more load brings it nearer; else it takes it away [-]
    measure : function of Made — the quantity after each pass, (K,) float [as the quantity]
    near_mm : float or None — reach that the words name, of what lies near a channel [mm]

    """

    name: str
    least: bool
    limit: float
    load_helps: bool
    measure: Callable[[Made], Array]
    near_mm: float | None = None

    @property
    def quantity(self) -> Quantity:
        """The quantity that it is about [-]."""
        return place_of(self.name).part.quantity

    @property
    def words(self) -> str:
        """What it is about, in words [-]."""
        place = place_of(self.name)
        if self.near_mm is not None:
            return f"surface within {self.near_mm:g} mm of a channel"
        return place.part.words if place.number is None else f"{place.part.words}, at {place.number:g} um"

    def met(self, value: Array) -> Any:
        """Return whether values keep the limit.

        Parameters
        ----------
        value : float array — the quantity [as the quantity]

        """
        return value >= self.limit if self.least else value <= self.limit


def aims_of(goal: Goal) -> tuple[Aim, ...]:
    """Return what a goal asks of each person's treatment.

    Parameters
    ----------
    goal : Goal — as stated [-]

    """
    return tuple(_aims(goal))


def _at_least(name: str, limit: float, measure: Callable[[Made], Array], near_mm: float | None = None) -> Aim:
    return Aim(name, least=True, limit=limit, load_helps=True, measure=measure, near_mm=near_mm)


def _at_most(name: str, limit: float, measure: Callable[[Made], Array]) -> Aim:
    return Aim(name, least=False, limit=limit, load_helps=False, measure=measure)


def _aims(goal: Goal) -> Iterator[Aim]:
    for layer, density in goal.least_channels_per_cm2.items():
        measure = partial(_channels_into, layer=LAYERS.index(layer))
        yield _at_least(f"{layer}_density_per_cm2", density, measure)
    for depth, share in goal.least_coverage.items():
        name = "surface_coverage" if depth == 0 else f"coverage_at_{depth:g}_um"
        yield _at_least(name, share, partial(_covered, depth_um=depth))
    if goal.most_gap_mm is not None:
        near = goal.most_gap_mm / 2
        yield _at_least("share_within_reach_of_a_channel", WHOLE, partial(_near, reach_mm=near), near)
    for layer, share in goal.most_share_of_channels.items():
        yield _most_share(layer, share)
    if goal.most_bleeding is not None:
        yield _most_bleeding(BLEEDING.index(goal.most_bleeding))
    if goal.most_pain_vs_26g is not None:
        yield _most_pain(goal.most_pain_vs_26g)


def _most_share(layer: LayerName, limit: float) -> Aim:
    return _at_most(f"{layer}_share_of_channels", limit, partial(_share_into, layer=LAYERS.index(layer)))


def _most_bleeding(limit: float) -> Aim:
    return _at_most("bleeding", limit, _bleeding)


def _most_pain(limit: float) -> Aim:
    return _at_most("pain_vs_26g", limit, _pain)


def risks() -> tuple[Aim, Aim, Aim]:
    """Return what every choice is also looked at for: share into the hypodermis, bleeding, pain; no limit is set."""
    return _most_share("hypodermis", 1.0), _most_bleeding(len(BLEEDING) - 1), _most_pain(np.inf)


def _channels_into(made: Made, layer: int) -> Array:
    return floats(made.counted.layer_density_per_cm2[:, layer])


def _share_into(made: Made, layer: int) -> Array:
    every = made.counted.density_per_cm2
    return floats(np.divide(_channels_into(made, layer), every, out=np.zeros_like(every), where=every > 0))


def _covered(made: Made, depth_um: float) -> Array:
    channels, shape = made.channels, profile_of(made.roller, made.model)
    return _union(made, section_radius_mm(shape, channels.peak_depth_um, depth_um, channels.aspect_ratio))


def _near(made: Made, reach_mm: float) -> Array:
    """Share of the region within reach of a channel's edge: 1 where no untouched disc of that radius is left."""
    return _union(made, made.channels.surface_diameter_um / 2000 + reach_mm)


def _union(made: Made, radius_mm: Array) -> Array:
    """Share of the region inside discs around the channels, after each pass."""
    channels = made.channels
    centers = np.stack([channels.x_mm, channels.y_mm], axis=1)
    area = multiplicity_of(
        centers,
        channels.pass_number,
        radius_mm,
        lambda ids, _: radius_mm[ids][None],
        1,
        made.region,
        1,
        n_passes=made.technique.passes,
    )
    return floats(np.minimum(area[0, :, 0] / made.region.area, 1.0))


def _bleeding(made: Made) -> Array:
    """Class of the blood that is seen after each pass: the one that half of the members do not exceed."""
    channels, passes = made.made_channels, made.technique.passes
    if not channels.opened:
        return np.zeros(passes)
    each = bleeding_points_of_each(channels)
    # The sample's channels are sorted by pass: sums of each pass, then of all up to it, per area.
    number = made.channels.pass_number[made.sample]
    starts = np.searchsorted(number, np.arange(1, passes + 1))
    padded = np.concatenate([each, np.zeros((*each.shape[:2], 1))], axis=2)
    of_pass = np.where(np.diff(starts, append=number.size) > 0, np.add.reduceat(padded, starts, axis=2), 0.0)
    points = of_pass.cumsum(axis=2) * channels.density_per_cm2 / number.size
    return floats(middle_rank(bleeding_ranks(points)))


def _pain(made: Made) -> Array:
    """Pain after each pass: what has been felt so far counts as far as each member sums it up."""
    channels, group = made.made_channels, outcome_members()
    if not channels.opened:
        return np.zeros(made.technique.passes)
    so_far = (made.counted.density_per_cm2 / channels.density_per_cm2)[None]
    summed = (group.pain_summation * group.pain_number_exponent)[:, None]
    return central(pain_vs_26g(channels, made.needles_in, group)[:, None] * so_far**summed)
