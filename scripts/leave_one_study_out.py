"""How well the ensemble is calibrated: each study left out in turn, and whether what it measured lies in the 90 % band.

The band holds what members differ by, the discrepancy between studies and the row's own error. Widths (high over low)
are told apart for depths and for the rest. `--members N` weighs more or fewer than 1500 members a study.
"""

import sys
from time import perf_counter

import numpy as np
from dermaroll.roller.validation.fits import leave_one_study_out

SEED, MEMBERS = 40, 1500
DEPTHS = ("kalluri_2011_residual", "donnelly_2014_depth", "donnelly_2011_depth", "lima_2013_reach_3mm")


def main() -> None:
    """Leave each study out and print what the others say to it."""
    start, words = perf_counter(), sys.argv[1:]
    count = int(words[words.index("--members") + 1]) if "--members" in words else MEMBERS
    rows = leave_one_study_out(count, SEED)
    for row in rows:
        measured = "ends only" if row.measured is None else f"{row.measured:g}"
        low, high = row.model_band
        wide_low, wide_high = row.band
        print(
            f"{row.id:34} {measured:>9} {row.unit:5} members {row.median:.4g} ({low:.4g} to {high:.4g}), "
            f"with errors {wide_low:.4g} to {wide_high:.4g}: {'inside' if row.inside else 'outside'}"
        )
    told = [row for row in rows if row.measured is not None]
    ends = [row for row in rows if row.measured is None]
    inside = sum(row.inside for row in told)
    studies = len({row.study for row in rows})
    print(f"{inside} of {len(told)} measurements of {studies} studies inside the 90 % band ({inside / len(told):.0%})")
    print(f"{sum(row.inside for row in ends)} of {len(ends)} rows that tell ends only are met by part of the band")
    for name, chosen in (
        ("depths", [row for row in told if row.id in DEPTHS]),
        ("others", [row for row in told if row.id not in DEPTHS]),
    ):
        with_errors = [row.band[1] / row.band[0] for row in chosen]
        without = [row.model_band[1] / row.model_band[0] for row in chosen]
        print(
            f"{name}: {len(chosen)} rows, high over low {np.median(with_errors):.2g} with errors (most "
            f"{max(with_errors):.2g}), {np.median(without):.2g} without (most {max(without):.2g})"
        )
    print(f"{perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
