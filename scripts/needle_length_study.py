"""Needle length against channels by layer, depth and coverage at five sites, for home and professional lengths.

`make studies` runs it at full size. Copy it and change the study at its head; a run that was cut off goes on.
"""

import argparse
from pathlib import Path

from dermaroll.data.checks import InputError
from dermaroll.data.constants import after
from dermaroll.roller import Study, run_study
from dermaroll.roller.output import replacing
from dermaroll.roller.treatment.quantities import QUANTITIES
from dermaroll.viz.palette import DEVICE_COLOURS, GRID, LAYER_INKS, SOFT_INK
from matplotlib.figure import Figure

SITES = ["forehead", "cheek", "scalp", "abdomen", "hand"]
LAYERS = ["viable epidermis", "papillary dermis", "reticular dermis", "hypodermis"]
LENGTHS_MM = [0.13, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0]
DENSITIES = {layer: f"{layer.replace(' ', '_')}_density_per_cm2" for layer in LAYERS}
ROWS = ["channels per cm² into", QUANTITIES["peak_depth_um"].axis, QUANTITIES["surface_coverage"].axis]


def study(*, small: bool) -> Study:
    """192 needles, 16 passes in a star at 3 N; only length and site differ."""
    return Study(
        title="needle length, small" if small else "needle length",
        axes={"site": SITES[1:3] if small else SITES, "length_mm": LENGTHS_MM[1::5] if small else LENGTHS_MM},
        fixed={"device": "generic-1mm", "passes": 16, "pattern": "star", "load_n": 3.0},
        replicates=3 if small else 40,
        seed=1,
        region="10x10",
        outputs=["density_per_cm2", *DENSITIES.values(), "peak_depth_um_mean", "surface_coverage"],
    )


STYLES = ("-", "--", "-.", (0, (1, 1)))  # layers stay apart in grey too


def band(panel, rows, column, colour, label=None, scale=1.0, style="-"):
    """A line of means with the band from 5 to 95 % of people."""
    rows = rows.sort_values("length_mm")
    low, high = scale * rows[f"{column}_band_low"], scale * rows[f"{column}_band_high"]
    panel.fill_between(rows["length_mm"], low, high, color=colour, alpha=0.2, lw=0)
    panel.plot(rows["length_mm"], scale * rows[column], linestyle=style, color=colour, lw=1.6, label=label)


def figure(table) -> Figure:
    """One column a site; channels by layer, depth and coverage from top to bottom."""
    sites = list(dict.fromkeys(table["site"]))
    drawing = Figure(figsize=(8.4, 6.6), layout="constrained")
    panels = drawing.subplots(3, len(sites), sharex=True, sharey="row", squeeze=False)
    home = after()["home_limit"].value
    for column, (site, rows) in enumerate((site, table[table["site"] == site]) for site in sites):
        top, middle, bottom = panels[:, column]
        for style, (layer, name) in zip(STYLES, DENSITIES.items(), strict=False):
            band(top, rows, name, LAYER_INKS[layer.replace(" ", "_")], layer, style=style)
        band(middle, rows, "peak_depth_um_mean", DEVICE_COLOURS[0])
        middle.plot(LENGTHS_MM, [1000 * length for length in LENGTHS_MM], ":", color=SOFT_INK, lw=1.2)
        band(bottom, rows, "surface_coverage", DEVICE_COLOURS[0], scale=100)
        top.set_title(site.replace("_", " "), fontsize=10)
        for panel in (top, middle, bottom):
            panel.axvspan(LENGTHS_MM[0], home, color=GRID, lw=0, zorder=0)
            panel.set_xscale("log")
            panel.set_xticks([0.2, 0.5, 1, 2, 3], ["0.2", "0.5", "1", "2", "3"], fontsize=8)
            panel.minorticks_off()
            panel.tick_params(labelsize=8)
            panel.grid(color=GRID, lw=0.5)
    panels[1, 0].annotate("length", (0.4, 500), fontsize=8, color=SOFT_INK, ha="right")
    for panel, least in ((panels[1, 0], 10), (panels[2, 0], 1e-3)):
        panel.set_yscale("log")
        panel.set_ylim(bottom=least)
        panel.yaxis.set_major_formatter("{x:g}")
    for panel, words in zip(panels[:, 0], ROWS, strict=True):
        panel.set_ylabel(words, fontsize=8.5)
    drawing.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8.5)
    drawing.supxlabel("needle length [mm]; grey: sold for home use; bands: 5 to 95 % of people", fontsize=9)
    return drawing


def main() -> None:
    """Run the study, then write its table and its figure."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--size", choices=["small", "full"], default="full")
    options.add_argument("--out", type=Path, default=Path("studies"), help="folder of results")
    options.add_argument("--figure", type=Path, help="where the figure goes; beside the table unless given")
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    table = run_study(study(small=given.size == "small"), given.out / f"needle_length_{given.size}")
    table.to_csv(given.out / "needle_length.csv", index=False, lineterminator="\n")
    with replacing(given.figure or given.out / "needle_length.png") as path:
        figure(table).savefig(path, dpi=150)


if __name__ == "__main__":  # the study's worker processes read this file again
    try:
        main()
    except InputError as error:
        raise SystemExit(f"error: {error}") from error
