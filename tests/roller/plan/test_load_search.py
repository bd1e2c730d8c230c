"""The search over loads and passes, against brute force on made-up people who are monotone by construction."""

import numpy as np
import pytest
from dermaroll.roller.plan.load_search import LOAD_TOLERANCE, PROBES, fewest_passes, load_range, new_ledger
from hypothesis import given
from hypothesis import strategies as st

LOW, HIGH = 0.1, 6.0
STEPS = int(
    np.ceil(np.log2(np.log(HIGH / LOW) / np.log(1 + LOAD_TOLERANCE)))
)  # halvings from the range to a hand's load


def crowd(seed, people, passes, spread, limited=True):
    """Least and greatest load that serve each person, by passes; more passes need less load."""
    rng = np.random.default_rng(seed)
    enough = np.exp(rng.normal(1.0, spread, (people, 1)) - 0.15 * np.arange(passes))
    too_much = np.exp(rng.normal(0.9, spread, (people, 1)) - 0.01 * np.arange(passes))
    return enough, too_much if limited else np.full_like(too_much, np.inf)


def ledger_of(enough, too_much):
    def trial(rows, load):
        return enough[rows] <= load, too_much[rows] >= load

    return new_ledger(trial, *enough.shape)


def shares(enough, too_much, loads):
    return np.array([((enough <= load) & (too_much >= load)).mean(axis=0) for load in loads])


@given(st.integers(0, 10_000), st.integers(5, 60), st.floats(0.02, 0.6), st.sampled_from([0.5, 0.9]), st.booleans())
def test_same_passes_and_range_as_brute_force(seed, people, spread, certainty, limited):
    enough, too_much = crowd(seed, people, 12, spread, limited)
    # Brute force needs to look only where somebody's mind changes, and between.
    ends = np.concatenate([enough.ravel(), too_much.ravel(), [LOW, HIGH]])
    loads = np.unique(ends[(ends >= LOW) & (ends <= HIGH)])
    share = shares(enough, too_much, loads)
    found = fewest_passes(ledger := ledger_of(enough, too_much), LOW, HIGH, certainty)
    able = np.flatnonzero((share >= certainty - 1e-9).any(axis=0))
    wide = [passes for passes in able if window(loads, share[:, passes], certainty) > 1 + 2 * LOAD_TOLERANCE]
    if found is None:
        assert not wide
        return
    passes, load = found
    assert passes - 1 in able
    assert not [better for better in wide if better < passes - 1]
    low, high = load_range(ledger, passes, load, LOW, HIGH, certainty)
    assert LOW <= low <= load <= high <= HIGH
    served = shares(enough, too_much, [low, high])[:, passes - 1]
    assert (served >= certainty - 1e-9).all()


def window(loads, share, certainty):
    """Widest ratio of loads over which enough people are served all along."""
    best, start = 1.0, None
    for load, good in zip(loads, share >= certainty - 1e-9, strict=True):
        start = load if good and start is None else start if good else None
        best = max(best, load / start) if start else best
    return best


def test_people_alike_give_the_analytic_answer():
    enough = np.exp(1.0 - 0.15 * np.arange(12)) * np.ones((20, 1))
    too_much = np.full((20, 12), 1.7)
    ledger = ledger_of(enough, too_much)
    passes, load = fewest_passes(ledger, LOW, HIGH, 0.9)
    assert passes == 5  # exp(1 - 0.15 * 4) = 1.49 is the first below 1.7
    low, high = load_range(ledger, passes, load, LOW, HIGH, 0.9)
    assert enough[0, 4] <= low <= high <= 1.7


@pytest.mark.parametrize("people", [20, 200])
def test_trials_grow_with_the_logarithm_of_the_grid(people):
    """A grid as fine would try everybody at 84 loads; with goals of one sense two looks settle the passes."""
    enough, too_much = crowd(3, people, 12, 0.3, limited=False)
    ledger = ledger_of(enough, too_much)
    passes, load = fewest_passes(ledger, LOW, HIGH, 0.9)
    assert ledger.trials <= 2 * people
    load_range(ledger, passes, load, LOW, HIGH, 0.9)
    assert ledger.trials <= (4 + STEPS + PROBES) * people
    both = ledger_of(*crowd(3, people, 12, 0.1))
    found = fewest_passes(both, LOW, HIGH, 0.5)
    load_range(both, *found, LOW, HIGH, 0.5)
    assert both.trials <= (4 + 3 * STEPS + PROBES) * people


def test_only_people_who_are_not_settled_are_tried():
    tried = []

    def trial(rows, load):
        tried.append(rows.size)
        return np.full((rows.size, 3), load > 1), np.ones((rows.size, 3), bool)

    ledger = new_ledger(trial, 10, 3)
    for load in (2.0, 4.0, 0.5):
        ledger.learn(load, slice(0, 3))
    assert tried == [10, 10, 10]
    for load in (3.0, 2.5, 0.25):  # between two that serve, and below one that does not
        ledger.learn(load, slice(0, 3))
    assert len(tried) == 3
    ledger.learn(1.0, slice(0, 3))
    assert len(tried) == 4


def test_a_goal_that_no_load_reaches():
    assert fewest_passes(ledger_of(np.full((10, 4), 9.0), np.full((10, 4), 99.0)), LOW, HIGH, 0.9) is None
    # Each half of the people is served somewhere, never both.
    enough, too_much = np.repeat([[0.1], [3.0]], 10, axis=0), np.repeat([[1.0], [6.0]], 10, axis=0)
    assert fewest_passes(ledger_of(enough, too_much), LOW, HIGH, 0.9) is None
    assert fewest_passes(ledger_of(enough, too_much), LOW, HIGH, 0.5) is not None
