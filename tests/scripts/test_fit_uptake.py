"""The stored members of uptake are those that the script makes; studies left out lie in the band of the others."""

import runpy
from pathlib import Path

import numpy as np
import pytest
from dermaroll.roller.transport.uptake import NAMES, NORMAL, drawn_uptake, uptake_members

SCRIPT = Path(__file__).parents[2] / "scripts" / "fit_uptake.py"


@pytest.fixture(scope="module")
def fitted():
    script = runpy.run_path(str(SCRIPT))
    generator = np.random.default_rng(script["SEED"])
    uptake = drawn_uptake(script["DRAWN"], generator)
    discrepancy = np.exp(generator.uniform(*np.log(script["DISCREPANCY"]), script["DRAWN"]))
    said = script["predictions"](uptake, generator)
    logs = script["log_likelihoods"](said, discrepancy)
    chosen = script["resampled"](list(logs.values()), script["MEMBERS"], generator)
    return script, uptake.some(chosen), script["left_out"](said, logs, discrepancy)


def test_the_stored_members_are_those_that_the_script_makes(fitted):
    _, members, _ = fitted
    stored = uptake_members()
    for name in NAMES:
        if name != NORMAL:
            assert getattr(stored, name) == pytest.approx(getattr(members, name), rel=1e-3), name


def test_three_quarters_of_the_rows_of_a_study_left_out_lie_in_the_band_of_the_others(fitted):
    *_, left_out = fitted
    assert len(left_out) == 10
    assert np.mean([held for *_, held in left_out.values()]) >= 0.75
