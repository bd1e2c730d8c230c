"""Fit the constants of the healing model to the one study that carries them, and compare with those shipped.

Lotfi 2013: 1.5 mm roller, five monthly sessions, biopsies eight weeks after; papillary collagen +53.2 %, epidermis
+50 %. The band of each constant is that of 20 points of the figure. Run it after a change of the insertion model, whose
channels drive the answer; `--write` puts the constants into data/after.csv.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from dermaroll.data.constants import after
from dermaroll.roller.after.healing import healing_course
from dermaroll.roller.output import replacing
from dermaroll.roller.validation.after_papers import lotfi_shares
from scipy.optimize import brentq

TABLE = Path(__file__).parent.parent / "data" / "after.csv"
SESSION_DAYS, BIOPSY_DAY = 30.0 * np.arange(5), 4 * 30.0 + 56
COLLAGEN, EPIDERMIS, POINTS = 53.2, 50.0, 20.0  # per cent


def fit() -> dict[str, tuple[float, float, float]]:
    """Return value, low and high of each fitted constant."""
    shares = np.array(lotfi_shares())
    shipped = after()["signal_reach"].value

    def collagen_gain(reach: float) -> float:
        # The signal depends on reach times share: scaling the shares is scaling the reach.
        return 100 * (healing_course(shares * reach / shipped, SESSION_DAYS, [BIOPSY_DAY]).collagen[0] - 1)

    reach = [
        brentq(lambda reach, goal=goal: collagen_gain(reach) - goal, 0.2, 40.0, xtol=1e-4)
        for goal in (COLLAGEN, COLLAGEN - POINTS, COLLAGEN + POINTS)
    ]
    thickening = 100 * (healing_course(shares * reach[0] / shipped, SESSION_DAYS, [BIOPSY_DAY]).epidermis[0] - 1)
    per_collagen = after()["epidermis_per_collagen"].value / thickening
    ends = (EPIDERMIS, EPIDERMIS - POINTS, EPIDERMIS + POINTS)
    return {
        "signal_reach": (reach[0], reach[1], reach[2]),
        "epidermis_per_collagen": (per_collagen * ends[0], per_collagen * ends[1], per_collagen * ends[2]),
    }


def main() -> None:
    """Fit, print, and write if asked to."""
    fitted = fit()
    for name, (value, low, high) in fitted.items():
        print(f"{name:26} {value:.4g} ({low:.3g} to {high:.3g}), shipped {after()[name].value:g}")
    if "--write" in sys.argv[1:]:
        with TABLE.open(newline="", encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        for row in table:
            if row["name"] in fitted:
                value, low, high = fitted[row["name"]]
                row |= {"value": f"{value:.4g}", "low": f"{low:.3g}", "high": f"{high:.3g}"}
        with replacing(TABLE) as path, path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
        print(f"written: {TABLE}")


if __name__ == "__main__":
    main()
