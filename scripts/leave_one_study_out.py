"""How well the ensemble is calibrated: each study left out in turn, and whether what it measured lies in the 90 % band.

The band holds what members differ by, the discrepancy between studies and the row's own error. Widths (high over low)
are told apart for depths and for the rest. `--members N` weighs more or fewer than 1500 members a study. `--write`
stores what was found in data/left_out.csv, which `dermaroll validate` counts, and in the table of docs/validation.md.
"""

import csv
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from dermaroll.roller.output import replacing
from dermaroll.roller.treatment.digits import figure, span
from dermaroll.roller.validation.fits import leave_one_study_out

ROOT = Path(__file__).parent.parent
TABLE, PAGE = ROOT / "data" / "left_out.csv", ROOT / "docs" / "validation.md"
COLUMNS = (
    "id",
    "source",
    "unit",
    "measured",
    "median",
    "members_low",
    "members_high",
    "low",
    "high",
    "inside",
    "status",
)
BEGIN, END = "<!-- left out: begin -->\n", "<!-- left out: end -->\n"

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
    if "--write" in words:
        write_table(rows)
        write_page(rows)
    print(f"{perf_counter() - start:.0f} s")


def write_table(rows) -> None:
    """Store what members that never saw a study say to it."""
    with replacing(TABLE) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            measured = "" if row.measured is None else f"{row.measured:g}"
            ends = [f"{value:.4g}" for value in (row.median, *row.model_band, *row.band)]
            writer.writerow([row.id, row.study, row.unit, measured, *ends, str(row.inside).lower(), "derived"])


def write_page(rows) -> None:
    """Put the same as a table between its marks in docs/validation.md."""
    lines = [
        "| row | unit | measured | members that never saw the study | with all errors | |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        measured = "ends only" if row.measured is None else f"{row.measured:g}"
        (low, high), (wide_low, wide_high) = row.model_band, row.band
        verdict = "inside" if row.inside else "**outside**"
        members = f"{figure(row.median)} ({span(low, high)})"
        lines.append(f"| `{row.id}` | {row.unit} | {measured} | {members} | {span(wide_low, wide_high)} | {verdict} |")
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    with replacing(PAGE) as path:
        path.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
