"""The public functions called with one bad argument a call: an InputError of one line, or a TypeError that names it.

    python tests/campaigns/api.py [--calls 10000] [--seed 0] [--only FUNCTION] [--verbose]

Every call is a good one with one argument replaced. Whatever comes back is a result, an InputError of one line, or a
TypeError that names the argument; anything else is counted as a fault, told with its call, and makes the exit code 1.
A result where an argument is no number at all (complex, dates, masked, text) is a fault too.
"""

from __future__ import annotations

import argparse
import datetime
import decimal
import functools
import os
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import shapely

LONGEST = 600


@functools.cache
def good_calls():
    """Name of the function: the function and arguments that it takes, quick ones."""
    from dermaroll import (
        Study,
        Technique,
        active,
        compare,
        device,
        indication,
        parse_region,
        plan_treatment,
        press,
        run_programme,
        run_study,
        site,
        sites,
        treat,
        with_aftermath,
    )
    from dermaroll.geometry import mesh, region
    from dermaroll.geometry.drum import drum_layout
    from dermaroll.geometry.union.discs import multiplicity_table, union_area, union_area_table
    from dermaroll.roller import closure_course, deliver, healing_course
    from dermaroll.roller.programme.plans import plain_series
    from dermaroll.roller.zones.bodies import surface_of

    quick = {"technique": Technique(passes=1), "region": "4x4", "depths_um": np.arange(0, 600, 200.0)}
    centers, radii = np.array([[0.0, 0.0], [1.0, 0.5], [2.0, 2.0]]), np.array([0.5, 0.75, 0.25])
    passes, window = np.array([1, 2, 1]), shapely.box(-1, -1, 2, 2)
    care = {"dose_ug_per_cm2": 50.0, "film_um": 100.0, "occluded": False}
    skin = site("cheek")
    plate = Technique(passes=1, frequency_hz=100.0)
    whole = treat("mf-8", "cheek", **quick)
    holes = {"density_per_cm2": 200.0, "diameter_um": 80.0, "depth_um": 500.0, "hours": [0.0, 1.0, 5.0]}
    return {
        "treat": (treat, {"device": "mf-8", "site": "cheek", **quick, "replicates": 1, "seed": 0, "active": None,
                          **care, "sensitivity": False, "aftermath": False}),
        "treat a pen": (treat, {"device": "dermapen-2012", "site": "cheek", **(quick | {"technique": plate})}),
        "treat on a body": (treat, {"device": "mf-8", "site": None, "technique": Technique(passes=1),
                                    "surface": "forearm", "zones": ["forearm"], "whose": {"sex": "any"},
                                    "depths_um": quick["depths_um"], "replicates": 1, "seed": 0}),
        "compare": (compare, {"devices": ["mf-8", "cit-8"], "site": "cheek", **quick, "replicates": 1, "seed": 0,
                              "active": "caffeine", **care}),
        "with_aftermath": (with_aftermath, {"treatment": whole, "active": "caffeine", **care}),
        "run_programme": (run_programme, {"device": "mf-8", "site": "cheek", "plan": plain_series(2, 28.0), **quick}),
        "plan_treatment": (plan_treatment, {"goal": "nowhere.toml", "site": "cheek", "devices": ["mf-8"],
                                            "most_passes": 3, "replicates": 20, "seed": 0}),
        "press": (press, {"needle": "mf-8", "skin": "cheek", "travel_mm": [0.2, 0.5], "count": 1, "speed_mm_s": 0.5,
                          "stretch": 0.0, "uses": 0, "people": 10}),
        "press by load": (press, {"needle": "mf-8", "skin": "cheek", "load_n": [0.1, 0.2], "gap_um": 500.0}),
        "closure_course": (closure_course, {"length_mm": 1.0, "hours": [0.0, 1.0, 10.0], "site": "cheek",
                                            "age_years": 30.0, "occluded": False}),
        "deliver": (deliver, {"active": "caffeine", "skin": "cheek", **holes, **care, "length_mm": 1.0,
                              "age_years": 30.0, "applied_h": 0.0}),
        "healing_course": (healing_course, {"layer_volume_fraction": [0.0, 0.01, 0.01, 0.002, 0.0],
                                            "session_days": [0.0, 30.0], "days": [0.0, 10.0, 60.0],
                                            "age_years": 30.0}),
        "site": (site, {"name": "cheek", "sex": "any", "age_years": 30.0, "skin_colour": "any"}),
        "sites": (sites, {"sex": "any"}),
        "device": (device, {"name": "mf-8"}),
        "active": (active, {"name": "caffeine"}),
        "indication": (indication, {"name": "acne-scars"}),
        "parse_region": (parse_region, {"text": "5x5"}),
        "rectangle": (region.rectangle, {"width_mm": 5.0, "height_mm": 6.0}),
        "union_area": (union_area, {"centers": centers, "radii": radii, "window": window}),
        "union_area_table": (union_area_table, {"centers": centers, "passes": passes, "radii": np.stack([radii, radii]),
                                                "window": window, "n_passes": 2}),
        "multiplicity_table": (multiplicity_table, {"centers": centers, "passes": passes, "radii": radii[None],
                                                    "window": window, "n_passes": 2}),
        "drum_layout": (drum_layout, {"roller": device("mf-8")}),
        "roller_mesh": (mesh.roller_mesh, {"roller": device("c-8"), "handle": False, "union": False}),
        "skin_block": (mesh.skin_block, {"site": skin, "region": shapely.box(0, 0, 3, 3), "union": False}),
        "surface_of": (surface_of, {"surface": "forearm", "unit": None}),
        "Technique": (Technique, {"passes": 3, "load_n": 2.0, "pattern": "star", "lift": True, "uses": 0}),
        "Study": (Study, {"axes": {"load_n": (1.0, 2.0)}, "fixed": {"device": "mf-8"}, "region": "5x5",
                          "replicates": 1, "seed": 0, "outputs": ("density_per_cm2",), "title": "x"}),
        "run_study": (run_study, {"study": "nowhere.toml", "out": "out", "workers": 1}),
    }  # fmt: skip


def not_numbers():
    """Values that are no numbers, whatever wants one."""
    return [
        1 + 2j, np.complex128(1), np.array([1 + 1j, 2]), datetime.datetime(2020, 1, 1), datetime.date(2020, 1, 1),
        datetime.timedelta(1), np.datetime64("2020-01-01"), np.array(["2020-01-01"], dtype="datetime64[D]"),
        np.timedelta64(5, "h"), np.ma.masked_array([1.0, 2.0], mask=[True, False]), np.ma.masked,
        np.array([("a", 1)], dtype=[("n", "U1"), ("v", int)]), np.array(["1", "2"]), np.array([b"1"]),
    ]  # fmt: skip


def oddities():
    """Values of any kind: wrong types, sizes, shapes, sentinels, text that looks like something."""
    return [
        None, True, False, 0, -1, 1, 2**63, -(2**70), 10**400, 0.0, -0.0, 1e-320, 1e308, -1e308, float("nan"),
        float("inf"), -float("inf"), "", " ", "1", "nan", "x", "x" * 3000, "\0", "\x1b[31m", "../..", "/dev/zero",
        b"1",
        bytearray(b"x"), [], (), {}, set(), {"a": 1}, {1, 2}, [None], ["x"], [[]], [[1, 2], [3]], [1, "2"],
        [float("nan")],
        [1e400], [-1.0], (1, 2, 3), range(3), range(0), iter([1, 2]), object(), object, len, lambda: 1, ...,
        NotImplemented,
        decimal.Decimal("1.5"), decimal.Decimal("NaN"), np.float32(1.5), np.float64("nan"), np.int8(3), np.bool_(1),
        np.array(1.5), np.array([]), np.zeros((2, 2)), np.zeros((0, 2)), np.array([None, 1]), np.array([1, np.inf]),
        np.arange(3), np.ones(3, dtype=bool), np.zeros((1, 1, 1)), np.full(3, 2**62), memoryview(b"12"),
        Path(), Path("x"),
        Path("/"), ValueError("x"), slice(1), type("Odd", (), {"__len__": lambda self: -1})(), shapely.Point(0, 0),
        shapely.Polygon(), shapely.box(0, 0, 1e9, 1e9), shapely.box(0, 0, 3, 3), shapely.MultiPolygon([]),
        shapely.Polygon([(0, 0), (1, 1), (0, 1), (1, 0)]), shapely.LineString([(0, 0), (1, 1)]),
    ]  # fmt: skip


def names(error, argument):
    """Whether an error's text names an argument, or the key that stands for it."""
    text = str(error)
    parts = {argument, argument.removesuffix("s"), argument.partition("_")[0]}
    return any(part in text for part in parts)


def outcome(function, arguments, argument, value):
    """What a call comes to: 'result', 'refused', 'named', or a fault's name with the line of its traceback."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function(**(arguments | {argument: value}))
        return "result", ""
    except Exception as error:
        text = str(error)
        if type(error).__name__ == "InputError":
            wrong = "\n" in text or len(text) > LONGEST or not text.isprintable()
            return ("bad line" if wrong else "refused"), text
        if isinstance(error, TypeError) and names(error, argument):
            return "named", text
        last = traceback.extract_tb(error.__traceback__)[-1]
        return type(error).__name__, f"{text[:100]!r} at {Path(last.filename).name}:{last.lineno}"


def takes_numbers(name, argument):
    """Whether what is no number at all can't be right for an argument."""
    _, arguments = good_calls()[name]
    value = arguments[argument]
    return isinstance(value, (float, int, np.ndarray, list)) and not isinstance(value, bool) and argument not in (
        "devices", "zones"
    )  # fmt: skip


def run(calls, seed, only=None, verbose=False, patience=np.inf):
    """Count outcomes of so many calls; tell faults."""
    rng = np.random.default_rng(seed)
    table = [
        (name, argument) for name, (_, arguments) in good_calls().items() for argument in arguments
        if only in (None, name)
    ]  # fmt: skip
    nothing, odd = not_numbers(), oddities()
    found, faults, begin = Counter(), Counter(), time.perf_counter()
    pairs = [(place, value) for place in range(len(table)) for value in range(len(nothing) + len(odd))]
    order = rng.permutation(len(pairs))
    for number in range(calls):
        place, which = pairs[order[number % len(order)]]
        name, argument = table[place]
        function, arguments = good_calls()[name]
        value = [*not_numbers(), *oddities()][which]
        what, told = outcome(function, arguments, argument, value)
        if what == "result" and which < len(nothing) and takes_numbers(name, argument):
            what, told = "not a number", ""
        found[what] += 1
        if what not in ("result", "refused", "named"):
            faults[f"{what}: {name}({argument}=...) {told}"] += 1
            if verbose:
                print(f"{what}: {name}({argument}={value!r:.80}) {told}", flush=True)
        if time.perf_counter() - begin > patience:
            break
    return found, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        begin = time.perf_counter()
        found, faults = run(options.calls, options.seed, options.only, options.verbose)
        left = sorted(path.name for path in Path(folder).iterdir())
        os.chdir("/")
    for fault, count in faults.most_common(60):
        print(f"{count:>5} {fault}")
    print(f"API: {sum(found.values())} calls, {dict(found)}, {time.perf_counter() - begin:.0f} s; files left: {left}")
    return int(bool(faults) or bool(left))


if __name__ == "__main__":
    sys.exit(main())
