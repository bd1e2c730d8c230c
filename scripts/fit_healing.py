"""Make the ensemble of healing again: draw from the declared ranges, weigh by published rows, resample, compare.

Prints what the rows leave of each constant, what the ensemble says to each row, and what it says when the row's study
has no vote. Run it after a change of the insertion model, whose channels drive the answer; `--write` puts the members
into data/healing_members.csv. Seeds are fixed: the same rows and ranges give the same bytes.
"""

import csv
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
from dermaroll.data.constants import healing
from dermaroll.roller.after.healing_laws import HealingMembers
from dermaroll.roller.output import replacing
from dermaroll.roller.validation.healing_fit import SEED, SOURCE, Draws, draw, ensemble, left_out, weights

TABLE = Path(__file__).parent.parent / "data" / "healing_members.csv"
DIGITS = 5


def write(chosen: Draws) -> None:
    """Write the members, one a row, with seed, sources and standing."""
    names = [field.name for field in fields(HealingMembers)]
    rows = []
    for number, lasts in enumerate(chosen.lasts):
        row = {name: f"{getattr(chosen.members, name)[number]:.{DIGITS}g}" for name in names}
        law = {"epidermis_law": "lasts" if lasts else "fades"}
        rows.append(row | law | {"seed": SEED, "source": SOURCE, "status": "derived"})
    with replacing(TABLE) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"written: {TABLE.name}, {len(rows)} members")


def main() -> None:
    """Draw, weigh, resample, print, and write if asked to."""
    draws = draw()
    weight = weights(draws)
    print(f"{draws.lasts.size} sets, worth {1 / (weight**2).sum():.0f} of equal weight")
    chosen = ensemble(draws)
    print(f"{'constant':24} {'declared':>16} {'5 %':>8} {'median':>8} {'95 %':>8}")
    for field in fields(HealingMembers):
        low, middle, high = np.quantile(getattr(chosen.members, field.name), (0.05, 0.5, 0.95))
        row = healing().get(field.name)
        declared = f"{row.low:g} to {row.high:g}" if row else ""
        print(f"{field.name:24} {declared:>16} {low:8.3g} {middle:8.3g} {high:8.3g}")
    print(f"epidermis lasts in {100 * chosen.lasts.mean():.0f} % of the members")
    results = left_out(draws)
    print(f"{'row, its study left out':30} {'measured':>9} {'median':>8} {'band':>18}")
    for one in results:
        mark = "" if one.inside else "  outside"
        print(f"{one.row.id:30} {one.row.measured:9g} {one.median:8.3g} {one.low:8.3g} to {one.high:6.3g}{mark}")
    print(f"inside: {sum(one.inside for one in results)} of {len(results)}")
    if "--write" in sys.argv[1:]:
        write(chosen)


if __name__ == "__main__":
    main()
