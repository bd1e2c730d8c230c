"""Cost before it is spent: the estimate bounds what is used, and what can't be afforded is refused in one line."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.data.checks import InputError
from dermaroll.geometry.region import parse_region, rectangle
from dermaroll.roller import Technique, compare, treat
from dermaroll.roller.coverage import cost as cost_room
from dermaroll.roller.coverage.cost import MOST_BYTES, announced, expected_cost, refuse_excess
from dermaroll.roller.coverage.passes import roll

MF8 = device("mf-8")
DIAGONAL = "POLYGON((0 0, 1000000 1000000, 1000001 1000000, 1 0, 0 0))"
MEASURE = """
import json, re, sys
from dermaroll.geometry.region import parse_region
from dermaroll.roller import Technique, treat
from dermaroll.roller.treatment.quantities import cost_of
given = json.loads(sys.argv[1])
technique, region = Technique(**given["technique"]), parse_region(given["area"])
found = treat("mf-8", "cheek", technique, region=region, replicates=given.get("replicates", 1))
found.to_json()
cost = cost_of(found.device, technique, region, 81, found.replicates, tuple(found.values), bands=True)
peak_kib = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
print(json.dumps([cost.peak_bytes, 1024 * int(peak_kib)]))
"""


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="tells the peak of this process, not of its parent")
@pytest.mark.parametrize(
    "given",
    [
        {"area": "200x200", "technique": {"passes": 4}},
        {"area": "100000x0.00001", "technique": {"passes": 1, "pattern": "cross"}},
        {"area": "1x1", "technique": {"passes": 50}, "replicates": 5},
    ],
    ids=["wide", "thin", "deep"],
)
def test_the_estimate_bounds_the_peak(given):
    run = subprocess.run([sys.executable, "-c", MEASURE, json.dumps(given)], capture_output=True, text=True, check=True)
    expected, used = json.loads(run.stdout)
    assert used < expected < MOST_BYTES


@pytest.mark.parametrize("pattern", ["one-way", "star"])
@pytest.mark.parametrize("area", ["20x20", "300x2", "POLYGON((0 0,60 0,60 6,6 6,6 60,0 60,0 0))"])
@pytest.mark.parametrize(("name", "overlap"), [("mf-8", 0.0), ("dts-540", 0.5), ("eye-60", 0.0)])
def test_contacts_are_foreseen(name, overlap, area, pattern):
    technique, region = Technique(passes=8, pattern=pattern, overlap=overlap), parse_region(area)
    foreseen = expected_cost(device(name), technique, region).contacts
    rngs = (np.random.default_rng(seed) for seed in range(10))  # where lanes begin, chance says
    met = np.mean([roll(device(name), technique, region, device(name).drum_radius_mm, rng).x_mm.size for rng in rngs])
    assert 0.95 * met < foreseen < 1.2 * met


@pytest.mark.parametrize(
    ("area", "technique", "more", "told"),
    [
        ("2000x2000", {}, {}, "region = 4e+06 mm2 with 16 passes makes"),
        ("1000000x0.000001", {}, {}, "region = 1 mm2 with 16 passes makes"),
        ("4000000x1", {"pattern": "one-way"}, {}, "contacts, margin included"),
        ("1x1", {"passes": 200}, {"replicates": 100, "depths_um": np.arange(10_000.0)}, "replicates = 100 with"),
        (DIAGONAL, {"passes": 1}, {}, "cells to look for gaps in"),
    ],
)
def test_what_takes_too_much_memory_is_refused_before_it_is_spent(area, technique, more, told):
    with pytest.raises(InputError) as refused:
        treat("mf-8", "cheek", Technique(**technique), region=parse_region(area), **more)
    assert told in str(refused.value)
    assert "of memory; allowed: 2 GB, as for " in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_is_said_to_be_allowed_is():
    technique, region = Technique(), parse_region("2000x2000")
    with pytest.raises(InputError, match=r"or 1 pass$"):
        refuse_excess(expected_cost(MF8, technique, region), technique, region, 81)
    one = Technique(passes=1)
    refuse_excess(expected_cost(MF8, one, region), one, region, 81)
    for count, fits in ((10_000, True), (20_000, False)):
        cost = expected_cost(MF8, technique, rectangle(20, 20), numbers=16e3, replicates=count)
        assert (cost.peak_bytes <= MOST_BYTES) is fits


def test_devices_side_by_side_are_refused_together():
    with pytest.raises(InputError, match=r"^devices = 200 with 40000 mm2, .* of memory; allowed: 2 GB, \d+ of them$"):
        compare(["mf-8"] * 200, "cheek", Technique(passes=16), region=rectangle(200, 200))


def test_what_takes_long_says_so_first_and_once(capsys, monkeypatch):
    with announced(29.0):
        pass
    assert capsys.readouterr().err == ""
    with announced(200.0), announced(100.0):
        pass
    assert capsys.readouterr().err == "this takes about 3.3 minutes\n"
    monkeypatch.setattr(cost_room, "LONG_SECONDS", 0.0)
    compare(["mf-8", "cit-8"], "cheek", Technique(passes=1), region=rectangle(3, 3), depths_um=[0.0])
    told = capsys.readouterr()
    assert told.err.startswith("this takes about")
    assert told.err.count("\n") == 1
    assert told.out == ""
