"""Write docs/quantities.md: every figure that dermaroll knows, from the table of quantities.

python scripts/write_quantities.py [FILE]
"""

import sys
from pathlib import Path

from dermaroll.roller.treatment.names import known_names
from dermaroll.roller.treatment.quantities import ALL
from dermaroll.roller.treatment.quantity import GROUPS

HEAD = """# Quantities

Every figure that dermaroll works out, from the one table in `roller/treatment/quantities.py`;
`scripts/write_quantities.py` writes this page and a test compares it.

Names are flat and the same everywhere, in columns of tables, outputs of studies and `treatment["..."]`: layer, key,
`_at_N_um` for a depth or `_at_N_h`, `_at_N_d` for a time, statistic (`_mean`, `_sd`, `_p05`, `_p50`, `_p95` over the
channels), then over replicates `_sd`, `_band_low`, `_band_high` (5 and 95 %), and for what nobody knows
`_uncertainty_low`, `_uncertainty_high`. Device, site and active are columns. In JSON the same keys hold arrays over
passes and depths, layers are a list, and what follows a session stands under `aftermath`.

A standing says how well a figure is known: verified, derived (worked out from cited figures) or unverified.
"""
ROOMS = {"treatment": "", "programme": "; of a programme", "plan": "; of a plan"}


def page() -> str:
    """Return the page."""
    lines = [HEAD]
    for group, title in GROUPS.items():
        lines += [f"## {title}", "", "| name | what | unit | over | standing |", "|---|---|---|---|---|"]
        for quantity in (one for one in ALL.values() if one.group == group):
            names = known_names([quantity.key])
            shown = names[0] if len(names) == 1 else f"{names[0]} ... {names[-1]}"
            if "layer" in quantity.dims:
                shown = names[0].replace("stratum_corneum", "LAYER")
            over = ", ".join(dim for dim in quantity.dims if dim not in ("layer", "statistic", "hits")) or "-"
            words = quantity.words.replace("{layer}", "a layer").replace("{hits}", "0, 1, 2, 3 or more")
            unit = quantity.unit or ", ".join(quantity.classes)
            what = f"{words}{ROOMS[quantity.room]}"
            lines.append(f"| `{shown}` | {what} | {unit} | {over.replace('_', ' ')} | {quantity.status} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs" / "quantities.md"
    target.write_text(page(), encoding="utf-8")
