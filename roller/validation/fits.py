"""Fit the constants of skin to the published rows marked for it, all together or with one row left out.

In: the rows of `data/published.csv` with `fitted`. Out: a `TissueModel`, and what it says to the row left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import least_squares

from ...data.constants import PublishedValue, published
from ...geometry.arrays import Array
from ..insertion.tissue import TissueModel, tissue_model
from .insertion_papers import Prediction
from .rows import Validation, is_met, predict

# What a constant is before any row speaks: where no row is left for it, the model goes without. The scale says how
# strongly this holds against the rows; the pull is so weak that a single row outweighs it.
BEFORE: dict[str, tuple[float, float]] = {
    "puncture_force_slope": (4.0, 1e3),
    "puncture_force_intercept": (0.0, 0.3),
    "dimple_at_puncture": (100.0, 1e4),
    "flank_friction": (0.1, 10.0),
    "rate_exponent": (0.0, 10.0),
    "spacing_rise": (0.0, 10.0),
    "residual_depth_share": (1.0, 10.0),
}
PULL = 1e-3
LOWEST = {"puncture_force_intercept": -np.inf}  # all others can't be negative
# A tolerance is read as two standard deviations of what the source supports.
TOLERANCE_SDS = 2.0


@dataclass(frozen=True)
class Fit:
    """Constants fitted to rows.

    Parameters
    ----------
    model : TissueModel — with the fitted constants [as its fields]
    spread : dict of float — standard error of each fitted constant [as its fields]

    """

    model: TissueModel
    spread: dict[str, float]


def fitted_rows() -> list[PublishedValue]:
    """Return the rows that the mechanical constants are fitted to."""
    return [row for row in published().values() if row.fitted and row.kind == "mechanics"]


def _misfit(row: PublishedValue, predicted: float) -> float:
    """How far a prediction is off: in logarithms, over half the width of the tolerance."""
    assert row.low is not None
    assert row.high is not None
    width = np.log(row.high / row.low) / 2
    return float(TOLERANCE_SDS * np.log(max(predicted, 1e-9) / row.measured) / width)


def fit_constants(rows: Sequence[PublishedValue]) -> Fit:
    """Return the constants that meet the rows best, in the sense of least squares.

    Parameters
    ----------
    rows : sequence of PublishedValue — what to fit to [their units]

    """
    names = list(BEFORE)
    before = np.array([BEFORE[name][0] for name in names])
    scale = np.array([BEFORE[name][1] for name in names])

    def model_of(values: Array) -> TissueModel:
        return replace(tissue_model(), **dict(zip(names, values.tolist(), strict=True)))

    def misfits(values: Array) -> Array:
        model = model_of(values)
        off = [_misfit(row, predict(row, model, people=0).value) for row in rows]
        return np.append(off, PULL * (values - before) / scale)

    lowest = [LOWEST.get(name, 0.0) for name in names]
    start = np.maximum(before, 1e-3)
    typical = np.maximum(np.abs(before), 0.1)
    solution = least_squares(misfits, start, bounds=(lowest, np.inf), x_scale=typical, xtol=1e-9, ftol=1e-9)
    slopes = np.asarray(solution.jac)
    covariance = np.linalg.pinv(slopes.T @ slopes)
    spread = dict(zip(names, np.sqrt(np.diag(covariance)).tolist(), strict=True))
    return Fit(model_of(solution.x), spread)


def leave_one_out() -> list[tuple[PublishedValue, Prediction, bool]]:
    """Return for each fitted row what the model says to it when fitted to all others, and whether that is met."""
    rows = fitted_rows()
    left_out = []
    for row in rows:
        said = predict(row, fit_constants([other for other in rows if other is not row]).model, people=0)
        left_out.append((row, said, is_met(row, said.value)))
    return left_out


def with_left_out(validation: Validation) -> Validation:
    """Return the validation with what a fit without each fitted row says to that row.

    Parameters
    ----------
    validation : Validation — of all rows [unit of the row]

    """
    said = {row.id: (said.value, "met" if met else "missed") for row, said, met in leave_one_out()}
    return replace(validation, left_out=said)
