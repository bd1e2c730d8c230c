"""Whether devices differ: paired differences of the same people, against the definition."""

import json
import re

import numpy as np
import pytest
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, compare, treat
from dermaroll.roller.treatment.spread import LEAST_REPLICATES, difference_band, differs
from dermaroll.roller.treatment.text_table import MARK, MARK_EXPLAINED, answer, summary_rows

FEW = {"region": rectangle(8, 8), "depths_um": [0.0, 300.0], "active": None}


@pytest.fixture(scope="module")
def spread():
    """A device, the same one again, and one with longer needles, on the same people."""
    return compare(["cit-8", "cit-8", "mf-8"], "cheek", Technique(passes=2), replicates=LEAST_REPLICATES, seed=5, **FEW)


def by_name(comparison):
    return {row["quantity"]: row for row in comparison.differences() if "ratio_to_first" in row}


def test_pairs_tell_apart_what_bands_of_each_hide():
    people = np.linspace(100, 1000, 40)  # between people ten times the difference between the devices
    assert differs(people + 5, people)
    assert not differs(people + np.resize([-5, 5], 40), people)
    assert differs(people[: LEAST_REPLICATES - 1] + 5, people[: LEAST_REPLICATES - 1]) is None


def test_a_replicate_without_the_quantity_is_left_out():
    values, first = np.full(30, 3.0), np.zeros(30)
    values[:3] = np.nan
    assert difference_band(values, first) == pytest.approx([3, 3])
    assert differs(values, first)
    values[:15] = np.nan
    assert differs(values, first) is None


def test_the_band_is_that_of_the_difference_in_each_replicate(spread):
    first, _, third = (treatment.values["peak_depth_um"][:, 0] for treatment in spread.treatments)
    row = by_name(spread)["peak_depth_um_mean"]
    assert row["difference_to_first_band"][2] == pytest.approx(np.quantile(third - first, [0.05, 0.95]))
    assert row["differs_from_first"] == [False, False, True]


def test_a_device_does_not_differ_from_itself(spread):
    verdicts = [row["differs_from_first"] for row in by_name(spread).values() if "differs_from_first" in row]
    verdicts = [verdict for verdict in verdicts if verdict[0] is not None]  # where nothing can be said
    assert len(verdicts) > 20
    assert all(verdict[:2] == [False, False] for verdict in verdicts)


def test_json_and_table_say_the_same(spread):
    content = json.loads(spread.to_json())
    marked = {row["quantity"] for row in content["differences"] if row.get("differs_from_first", [None] * 3)[2]}
    assert {"peak_depth_um_mean", "hypodermis_density_per_cm2"} <= marked
    cells = {row.quantity: row.cells for row in summary_rows(spread.treatments)}
    assert not any(cell.endswith(MARK) for row in cells.values() for cell in row[:2])
    assert cells["channels into hypodermis"][2].endswith(MARK)
    assert MARK_EXPLAINED in " ".join(spread.summary().split())


@pytest.mark.parametrize("replicates", [1, 3])
def test_few_replicates_give_no_verdict(replicates):
    few = compare(["cit-8", "mf-8"], "cheek", Technique(passes=1), replicates=replicates, **FEW)
    row = by_name(few)["peak_depth_um_mean"]
    warned = [line for line in few.warnings if "too few" in line]
    assert MARK_EXPLAINED not in few.summary()
    if replicates == 1:
        assert "differs_from_first" not in row
        assert not warned
    else:
        assert row["differs_from_first"] == [None, None]
        assert len(warned) == 1


def test_the_first_line_says_what_nobody_has_measured():
    deep = answer([treat("mf-8", "cheek", Technique(passes=2), region=rectangle(8, 8))])
    assert re.search(r"um deep \(from \d+ to \d+ by what nobody has measured\)", deep)
    split = answer([treat("dts-540", "cheek", Technique(passes=2), region=rectangle(8, 8))])
    assert "though some models say it does" in split
    told = treat("mf-8", "cheek", Technique(passes=2), region=rectangle(8, 8), uncertainty=False)
    assert "nobody" not in answer([told])
