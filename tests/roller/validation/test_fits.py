"""Members against published rows: drawn, weighted, resampled, and studies left out."""

from dataclasses import replace

import numpy as np
import pytest
from dermaroll.data.constants import published, ranges, tissue
from dermaroll.roller.insertion.ensemble import members
from dermaroll.roller.insertion.tissue import TissueModel, tissue_model
from dermaroll.roller.validation.evidence import (
    UNTESTED,
    Said,
    Untold,
    ask_members,
    evidence_rows,
    log_weights,
    studies,
    untested_rows,
)
from dermaroll.roller.validation.fits import (
    ONLY_ROLLED,
    draw_members,
    effective_size,
    resample,
    weighted_quantiles,
)
from dermaroll.roller.validation.rows import predict


@pytest.fixture(scope="module")
def draws():
    return draw_members(200, 3)


def one_member() -> TissueModel:
    shipped = tissue_model()
    return shipped.changed({name: np.array([getattr(shipped, name)]) for name in ranges()})


def test_every_row_of_mechanics_is_evidence_or_told_why_not():
    told = {row.id for row in evidence_rows()} | {row.id for row in untested_rows()}
    assert told == {row.id for row in published().values() if row.kind == "mechanics"}
    assert {row.id for row in untested_rows()} == set(UNTESTED)
    assert len(studies()) >= 8


def test_members_say_what_validation_says():
    # the same rows, put to the constants as shipped by the predictors of each publication
    told = Untold(np.ones(1), np.ones(1))
    said = [*ask_members(one_member(), told, rolled=False), *ask_members(one_member(), told, rolled=True)]
    compared = 0
    for one in said:
        if one.measured is not None or one.row.source == "lam_2008":
            assert one.values[0] == pytest.approx(predict(one.row, people=0).value, rel=1e-6), one.row.id
            compared += 1
    assert compared >= 15


def test_a_member_that_meets_a_row_weighs_more():
    row = next(row for row in evidence_rows() if row.id == "kalluri_2011_hole")
    said = Said(row, ("a", "b"), np.array([70.7, 100.0, 300.0]), 70.7, 53.0, 88.4, 0.1)
    logs = log_weights([said], np.full(3, 0.2))
    assert logs[0] > logs[1] > logs[2]
    ends = replace(said, measured=None, low=0.0, high=75.0)
    assert np.diff(log_weights([ends], np.full(3, 0.2))).max() < 0
    # two rows of one vote count as one
    assert log_weights([said, said], np.full(3, 0.2)) == pytest.approx(logs)
    assert log_weights([said], np.full(3, 0.2), without=row.source).tolist() == [0, 0, 0]


def test_resampling_keeps_shares():
    weights = np.array([0.5, 0.25, 0.25, 0.0])
    kept = resample(weights, 1000, 1)
    assert np.bincount(kept, minlength=4).tolist() == pytest.approx([500, 250, 250, 0], abs=1)
    assert effective_size(np.full(10, 0.1)) == pytest.approx(10)
    assert weighted_quantiles(np.array([3.0, 1.0, 2.0]), np.array([0, 1.0, 1.0]), (0.5,))[0] == pytest.approx(1.5)


def test_constants_that_only_rollers_feel_change_no_pressed_row():
    shipped = one_member()
    moved = {name: np.array([ranges()[name].high]) for name in ONLY_ROLLED}
    told = Untold(np.ones(1), np.ones(1))
    for before, after in zip(
        ask_members(shipped, told, rolled=False),
        ask_members(shipped.changed(moved), told, rolled=False),
        strict=True,
    ):
        assert before.values == pytest.approx(after.values), before.row.id


def test_draws_lie_in_their_ranges_and_repeat(draws):
    for name, allowed in ranges().items():
        column = getattr(draws.model, name)
        assert allowed.low <= column.min()
        assert column.max() <= allowed.high
    assert draws.weights.sum() == pytest.approx(1)
    assert np.array_equal(draw_members(200, 3).weights, draws.weights)
    held = draw_members(50, 3, {"drum_closing": 0.0})
    assert (held.model.drum_closing == 0).all()


def test_rows_narrow_what_is_known(draws):
    # puncture force and dimple were measured: members know them better than their ranges do
    drawn = ranges()["puncture_force_slope"]
    low, high = weighted_quantiles(draws.model.puncture_force_slope, draws.weights, (0.05, 0.95))
    assert high / low < 0.7 * drawn.high / drawn.low


def test_shipped_constants_are_a_member_in_the_middle():
    every = members()
    for name in ranges():
        column, shipped = getattr(every, name), tissue()[name]
        assert column.min() <= shipped.value * 1.001 + 1e-9
        assert shipped.value <= column.max() * 1.001 + 1e-9
        assert shipped.low <= np.median(column) <= shipped.high
