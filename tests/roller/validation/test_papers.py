"""The published rows: how many are met, by which constants, and what a fit without a row says to it."""

import pytest
from dermaroll.data.constants import published, tissue
from dermaroll.roller.validation.fits import BEFORE, fit_constants, fitted_rows, leave_one_out
from dermaroll.roller.validation.rows import run_validation


@pytest.fixture(scope="module")
def validation():
    return run_validation()


def share_met(validation, kind):
    verdicts = [verdict for row, verdict in zip(validation.rows, validation.verdicts, strict=True) if row.kind == kind]
    return verdicts.count("met") / len(verdicts), len(verdicts)


def test_rows_are_met(validation):
    geometry, count = share_met(validation, "geometry")
    mechanics, more = share_met(validation, "mechanics")
    assert count + more >= 14
    assert geometry == 1
    assert mechanics >= 0.8
    assert validation.passed


def test_a_missed_row_says_why(validation):
    for row, verdict in zip(validation.rows, validation.verdicts, strict=True):
        assert verdict == "met" or len(row.note) > 20, row.id


def test_tolerances_are_those_of_the_evidence():
    # half-widths over the measured value that the sources support
    widest = {"doddaballapur_2009_density": 0.20, "singh_yadav_2016_density": 0.15}
    widest |= {"romgens_2014_force_37um": 0.20, "romgens_2014_drop_5um": 0.30, "romgens_2014_drop_37um": 0.30}
    widest |= {"kalluri_2011_hole": 0.25, "kalluri_2011_residual": 0.25, "donnelly_2014_depth": 0.25}
    for name, share in widest.items():
        row = published()[name]
        assert row.low >= row.measured * (1 - share) * 0.999
        assert row.high <= row.measured * (1 + share) * 1.001
    for name in ("schwarz_2011_needles", "dts_deck_540", "dts_deck_450", "dts_deck_405"):
        assert published()[name].low == published()[name].measured == published()[name].high


def test_unverified_rows_do_not_fail_the_check():
    assert not any(row.must for row in published().values() if row.status == "unverified")


def test_more_rows_than_constants():
    assert len(fitted_rows()) > len(BEFORE)


def test_shipped_constants_are_those_of_the_fit():
    model = fit_constants(fitted_rows()).model
    for name in BEFORE:
        assert getattr(model, name) == pytest.approx(tissue()[name].value, rel=0.01), name
        assert set(tissue()[name].fitted_to.split(";")) <= {row.id for row in fitted_rows()}
        assert tissue()[name].low < tissue()[name].value < tissue()[name].high


def test_rows_left_out_are_predicted():
    left_out = leave_one_out()
    assert sum(met for _, _, met in left_out) >= 0.6 * len(left_out)
