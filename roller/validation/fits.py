"""Members of the ensemble: drawn from ranges, weighted by published rows, resampled; and each study left out in turn.

In: `data/ranges.csv` and the rows of `evidence.py`. Out: members as columns with their weights, those that stand for
all, and what members that never saw a study say to it. `scripts/fit_ensemble.py` stores the members.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...data.constants import ranges
from ...geometry.arrays import Array, Ints, floats
from ..insertion.tissue import TissueModel, tissue_model
from .evidence import DISCREPANCY, HAND_OCTAVES, TIP_OCTAVES, Said, Untold, ask_members, log_weights, studies
from .rows import Validation

BAND = (0.05, 0.95)
LEFT_OUT_MEMBERS = 300  # for each study, on the command line; scripts/leave_one_study_out.py takes more
TRIED = 16  # discrepancies for each member drawn
POOL = 40  # members drawn for each that goes on to the rows of rollers
# Constants that no needle pressed straight in feels.
ONLY_ROLLED = (
    "blunting_exponent",
    "tearing_toughness",
    "fat_resistance",
    "rate_share_beyond",
    "rate_floor",
    "stretch_exponent",
    "tip_wear_per_use",
    "tooth_edge_share",
    "residual_depth_share",
    "residual_width_share",
    "drum_closing",
    "patch_radius",
    "exit_side_share",
    "tissue_modulus",
)


@dataclass(frozen=True)
class Draws:
    """Members that needles pressed straight in have chosen already, and what they say to every row.

    Parameters
    ----------
    model : TissueModel — M members [as its fields]
    discrepancy : (M,) float — between studies, standard deviation on the logarithm [-]
    said : tuple of Said — what they say to the evidence [-]
    weights : (M,) float — how much each counts by the rows of rollers, in sum 1 [-]
    first_size : float — equal members that those drawn were worth after the rows of pressed needles [-]

    """

    model: TissueModel
    discrepancy: Array
    said: tuple[Said, ...]
    weights: Array
    first_size: float

    @property
    def size(self) -> float:
        """How many equal members the weighted ones are worth [-]."""
        return effective_size(self.weights)


@dataclass(frozen=True)
class LeftOut:
    """What members that never saw a study say to one of its rows.

    Parameters
    ----------
    id, study : str — of the row [-]
    unit : str — of the row's quantity [-]
    measured : float or None — None where the source tells ends only [unit of the values]
    median : float — predicted [unit of the values]
    model_band : (float, float) — 5 and 95 % over members [unit of the values]
    band : (float, float) — the same with the discrepancy between studies and the row's own error [unit of the values]
    inside : bool — the measurement lies in the band, or an end leaves part of it [-]

    """

    id: str
    study: str
    unit: str
    measured: float | None
    median: float
    model_band: tuple[float, float]
    band: tuple[float, float]
    inside: bool


def draw_members(
    count: int, seed: int, fixed: dict[str, float] | None = None, without: str = "", pool: int = POOL
) -> Draws:
    """Return members drawn from their ranges and weighted by the evidence, in two steps.

    Rows of needles pressed straight in cost little: many members are drawn and `count` resampled by those rows. What
    takes no part in them is drawn anew, then the rows of rollers weigh what is left. Weights are those of one step.

    Parameters
    ----------
    count : int — how many go on to the rows of rollers [-]
    seed : int — of the draws [-]
    fixed : dict of float or None — constants that are not drawn, by name: one end of a rival law [as TissueModel]
    without : str — a study that is left out [-]
    pool : int — how many are drawn for each that goes on [-]

    """
    rng = np.random.default_rng(seed)
    given = fixed or {}
    first = _drawn(count * pool, rng, given)
    untold = Untold(2 ** rng.uniform(*HAND_OCTAVES, count * pool), 2 ** rng.uniform(*TIP_OCTAVES, count * pool))
    # Each is tried with several discrepancies: one that meets the rows should not be lost to an unlucky draw of these.
    discrepancy = np.abs(DISCREPANCY * rng.standard_normal((TRIED, count * pool)))
    pressed = ask_members(tissue_model().changed(first), untold, rolled=False)
    weights = _shares(log_weights(pressed, discrepancy, without))
    tried, chosen = np.divmod(resample(weights.ravel(), count, seed), count * pool)
    anew = _drawn(count, rng, given)
    columns = {name: anew[name] if name in ONLY_ROLLED else first[name][chosen] for name in first}
    model, gap = tissue_model().changed(columns), discrepancy[tried, chosen]
    hands = Untold(2 ** rng.uniform(*HAND_OCTAVES, count), untold.tip[chosen])
    rolled = ask_members(model, hands, rolled=True)
    said = (*(one.take(chosen) for one in pressed), *rolled)
    return Draws(model, gap, said, _shares(log_weights(rolled, gap, without)), effective_size(weights.sum(axis=0)))


def _drawn(count: int, rng: np.random.Generator, fixed: dict[str, float]) -> dict[str, Array]:
    columns = {}
    for name, drawn in ranges().items():
        share = rng.random(count)
        even = drawn.low + (drawn.high - drawn.low) * share
        columns[name] = drawn.low * (drawn.high / drawn.low) ** share if drawn.spacing == "log" else even
    return columns | {name: np.full(count, value) for name, value in fixed.items()}


def _shares(logs: Array) -> Array:
    raw = np.exp(logs - logs.max())
    return floats(raw / raw.sum())


def effective_size(weights: Array) -> float:
    """Return how many equal members the weighted ones are worth: 1 over the sum of squares.

    Parameters
    ----------
    weights : (M,) float — in sum 1 [-]

    """
    return float(1 / (weights**2).sum())


def resample(weights: Array, count: int, seed: int) -> Ints:
    """Return members that stand for all with equal weight, by systematic resampling.

    Parameters
    ----------
    weights : (M,) float — in sum 1 [-]
    count : int — how many to keep [-]
    seed : int — of the start [-]

    """
    at = (np.arange(count) + np.random.default_rng(seed).random()) / count
    return np.searchsorted(np.cumsum(weights), at * (1 - 1e-12)).astype(np.int64)


def weighted_quantiles(values: Array, weights: Array, shares: tuple[float, ...]) -> Array:
    """Return quantiles of weighted values.

    Parameters
    ----------
    values, weights : (M,) float — and how much each counts [as they come, -]
    shares : tuple of float — which quantiles, 0..1 [-]

    """
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) - weights[order] / 2
    return np.interp(shares, reached / weights.sum(), values[order])


def leave_one_study_out(count: int, seed: int) -> list[LeftOut]:
    """Return for each row of the evidence what members say that were drawn and weighted without its study.

    Parameters
    ----------
    count : int — members for each study [-]
    seed : int — of draws, errors and discrepancies [-]

    """
    found = []
    for number, study in enumerate(studies()):
        draws = draw_members(count, seed + number, without=study)
        rng = np.random.default_rng(seed)
        found += [_left_out(one, draws, rng) for one in draws.said if one.row.source == study]
    return found


def _left_out(one: Said, draws: Draws, rng: np.random.Generator) -> LeftOut:
    error = one.error(draws.discrepancy) * rng.standard_normal(draws.weights.size)
    middle, low, high = weighted_quantiles(one.values, draws.weights, (0.5, *BAND))
    wide_low, wide_high = weighted_quantiles(one.values * np.exp(error), draws.weights, BAND)
    if one.measured is None:
        inside = wide_low <= one.high and wide_high >= one.low
    else:
        inside = wide_low <= one.measured <= wide_high
    return LeftOut(
        id=one.row.id,
        study=one.row.source,
        unit=one.row.unit,
        measured=one.measured,
        median=float(middle),
        model_band=(float(low), float(high)),
        band=(float(wide_low), float(wide_high)),
        inside=bool(inside),
    )


def with_left_out(validation: Validation) -> Validation:
    """Return the validation with what members that never saw a row's study say to it: their median, met or missed.

    Parameters
    ----------
    validation : Validation — of all rows [unit of the row]

    """
    said = {
        left.id: (left.median, "met" if left.inside else "missed") for left in leave_one_study_out(LEFT_OUT_MEMBERS, 0)
    }
    return replace(validation, left_out=said)


def nearest_to_median(figures: Array, medians: Array, spreads: Array) -> int:
    """Return the member whose figures are nearest the medians of an ensemble, in units of its spread.

    Parameters
    ----------
    figures : (M, k) float — of each member [any]
    medians, spreads : (k,) float — of the ensemble [any]

    """
    off = (figures - medians) / np.maximum(spreads, 1e-9)
    return int(np.argmin((off**2).sum(axis=1)))
