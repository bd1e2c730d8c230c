"""Fit the constants of the insertion model to the published rows marked for it, and compare with those shipped.

Run it after changing a row of data/published.csv; `--write` puts the constants and their spread into data/tissue.csv.
"""

import csv
import sys
from pathlib import Path

from dermaroll.data.constants import tissue
from dermaroll.roller.output import replacing
from dermaroll.roller.validation.fits import BEFORE, fit_constants, fitted_rows, leave_one_out

TABLE = Path(__file__).parent.parent / "data" / "tissue.csv"


def main() -> None:
    """Fit, print, and write if asked to."""
    rows = fitted_rows()
    fit = fit_constants(rows)
    print(f"{len(BEFORE)} constants fitted to {len(rows)} rows")
    for name in BEFORE:
        value, spread = getattr(fit.model, name), fit.spread[name]
        print(f"{name:26} {value:8.4g} ± {spread:.2g} {tissue()[name].unit:6} shipped {tissue()[name].value:g}")
    print("left out in turn:")
    for row, said, met in leave_one_out():
        print(f"{row.id:34} measured {row.measured:<6g} predicted {said.value:<8.4g} {'met' if met else 'missed'}")
    if "--write" in sys.argv[1:]:
        write({name: (getattr(fit.model, name), fit.spread[name]) for name in BEFORE})


def write(fitted: dict[str, tuple[float, float]]) -> None:
    """Put values and their spread (one standard error) into the table; everything else stays."""
    with TABLE.open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    for row in table:
        if row["name"] in fitted:
            value, spread = fitted[row["name"]]
            row |= {"value": f"{value:.4g}", "low": f"{value - spread:.3g}", "high": f"{value + spread:.3g}"}
    with replacing(TABLE) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    print(f"written: {TABLE}")


if __name__ == "__main__":
    main()
