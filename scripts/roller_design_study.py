"""What needle count, stagger and tip radius change: how even the channels lie, and how deep a hand's force drives them.

`make studies` runs it at full size. Copy it and change the two studies at its head; a run that was cut off goes on.
"""

import argparse
from pathlib import Path

from dermaroll.data.checks import InputError
from dermaroll.roller import Study, run_study
from dermaroll.roller.output import replacing
from dermaroll.roller.treatment.quantities import QUANTITIES
from dermaroll.viz.palette import DEVICE_COLOURS, GRID
from matplotlib.figure import Figure

BASE = {"device": "generic-1mm", "site": "cheek", "pattern": "star", "rows": 8}
COUNTS = {"per_ring": [6, 12, 24, 36, 48]}  # needles around the drum, 8 rings: 48 to 384 needles
EVENNESS = ["density_per_cm2", "largest_gap_mm", "mean_distance_to_channel_mm"]
FORCE = ["punctured_fraction", "peak_depth_um_mean", "drum_load_share", "engaged_needles"]


def studies(*, small: bool) -> dict[str, Study]:
    """Evenness by count, stagger and passes; depth by count, tip and load."""
    counts = {"per_ring": COUNTS["per_ring"][1:4:2]} if small else COUNTS
    common = {"replicates": 3 if small else 20, "seed": 1, "region": "12x12"}
    evenness = Study(
        title="evenness",
        axes={
            **counts,
            "stagger": [0.0, 0.5] if small else [0.0, 0.25, 0.5],
            "passes": [1, 4] if small else [1, 4, 16],
        },
        fixed={**BASE, "load_n": 3.0},
        outputs=EVENNESS,
        **common,
    )
    force = Study(
        title="force",
        axes={
            **counts,
            "tip_radius_um": [4.0, 16.0] if small else [2.0, 4.0, 8.0, 16.0],
            "load_n": [0.5, 1.0, 2.0, 4.0],
        },
        fixed={**BASE, "passes": 2},
        outputs=FORCE,
        **common,
    )
    return {"evenness": evenness, "force": force}


STYLES = ("o-", "s--", "^-.", "D:")  # series stay apart in grey too


def band(panel, rows, x, y, colour, style, label):
    """A line of means with the band from 5 to 95 % of people and phases of the drum."""
    rows = rows.sort_values(x)
    panel.fill_between(rows[x], rows[f"{y}_band_low"], rows[f"{y}_band_high"], color=colour, alpha=0.18, lw=0)
    panel.plot(rows[x], rows[y], style, ms=3.5, color=colour, lw=1.5, label=label)


def figure(tables) -> Figure:
    """Gaps against needle count above, depth against needle count below."""
    drawing = Figure(figsize=(8.4, 6.2), layout="constrained")
    even, force = (table.assign(needles=8 * table["per_ring"]) for table in tables.values())
    passes, loads = sorted(even["passes"].unique()), sorted(force["load_n"].unique())
    above, below = drawing.subfigures(2, 1)
    for part, names in ((above, passes), (below, loads)):
        part.subplots(1, len(names), sharex=True, sharey=True)
    for panel, number in zip(above.axes, passes, strict=True):
        for colour, style, (stagger, rows) in zip(
            DEVICE_COLOURS, STYLES, even[even["passes"] == number].groupby("stagger"), strict=False
        ):
            band(panel, rows, "needles", "largest_gap_mm", colour, style, f"stagger {stagger:g}")
        panel.set_title("1 pass" if number == 1 else f"{number} passes", fontsize=9)
    for panel, load in zip(below.axes, loads, strict=True):
        for colour, style, (tip, rows) in zip(
            DEVICE_COLOURS, STYLES, force[force["load_n"] == load].groupby("tip_radius_um"), strict=False
        ):
            band(panel, rows, "needles", "peak_depth_um_mean", colour, style, f"tip radius {tip:g} µm")
        panel.set_title(f"{load:g} N", fontsize=9)
    for part, words in ((above, "largest untouched disc [mm]"), (below, f"mean {QUANTITIES['peak_depth_um'].axis}")):
        part.axes[0].set_ylabel(words, fontsize=9)
        part.axes[-1].legend(fontsize=8, framealpha=0.9)
        for panel in part.axes:
            panel.set_ylim(bottom=0)
            panel.tick_params(labelsize=8)
            panel.grid(color=GRID, lw=0.5)
    below.supxlabel("needles on the drum, 1 mm long; bands: 5 to 95 % of people and phases", fontsize=9)
    return drawing


def main() -> None:
    """Run both studies, then write their tables and the figure."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--size", choices=["small", "full"], default="full")
    options.add_argument("--out", type=Path, default=Path("studies"), help="folder of results")
    options.add_argument("--figure", type=Path, help="where the figure goes; beside the tables unless given")
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    tables = {}
    for name, study in studies(small=given.size == "small").items():
        tables[name] = run_study(study, given.out / f"roller_design_{name}_{given.size}")
        tables[name].to_csv(given.out / f"roller_design_{name}.csv", index=False, lineterminator="\n")
    with replacing(given.figure or given.out / "roller_design.png") as path:
        figure(tables).savefig(path, dpi=150)


if __name__ == "__main__":  # the studies' worker processes read this file again
    try:
        main()
    except InputError as error:
        raise SystemExit(f"error: {error}") from error
