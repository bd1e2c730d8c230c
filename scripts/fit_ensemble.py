"""Draw the ensemble from data/ranges.csv, weigh it by the published rows, and store the members that stand for all.

Run it after changing a range or a row of mechanics; `--write` stores data/members.csv and puts the central member into
data/tissue.csv. `--laws` also draws each end of each rival law by itself. `--draws N` draws more or fewer than 12000.
"""

import csv
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
from dermaroll.data.catalog import device, site
from dermaroll.data.constants import ranges, tissue
from dermaroll.roller import Technique
from dermaroll.roller.insertion.ensemble import mean_depths_um
from dermaroll.roller.output import replacing
from dermaroll.roller.validation.evidence import ROLLED, untested_rows
from dermaroll.roller.validation.fits import BAND, draw_members, nearest_to_median, resample, weighted_quantiles

DATA = Path(__file__).parent.parent / "data"
SEED, DRAWS, STORED, CANDIDATES, EACH_LAW = 20, 12_000, 256, 6000, 1500
SITE = "cheek"
SHALLOWEST_UM = 10.0  # depths below count as this one: between them the constants as shipped need not choose
# What the central member is chosen by: depths at these settings.
REFERENCE = {
    "mf-8": (1.0, 3.0, 6.0, 12.0),
    "generic-0.25mm": (1.0, 3.0, 12.0),
    "generic-0.5mm": (3.0,),
    "generic-3mm": (3.0, 6.0),
    "dts-540": (3.0,),
}
# Constants that no row speaks of: as shipped they keep what their source says.
KEPT = (
    "tearing_toughness",
    "fat_resistance",
    "stretch_exponent",
    "tip_wear_per_use",
    "exit_side_share",
    "tissue_modulus",
)
# Constants that take no part in those depths, or hardly any: held at the ensemble's median.
APART = ("blunting_exponent", "tooth_edge_share", "spacing_rise", "residual_depth_share", "residual_width_share")
BETWEEN_LAWS = ("rate_share_beyond", "drum_closing")  # the central member is neither end of these
LAWS = {
    "forces stop falling at 1 mm/s": {"rate_share_beyond": 0.0},
    "forces go on falling": {"rate_share_beyond": 1.0},
    "skin springs back along the needle only": {"residual_width_share": 1.0},
    "skin springs back sideways as much as can be": {"residual_width_share": 0.5},
    "the drum closes no dimples": {"drum_closing": 0.0},
    "the drum closes dimples as on a half-space": {"drum_closing": 1.0},
}


def depths(model, name, loads):
    """Peak depths of a device in mean skin, a row a member and a column a load."""
    return mean_depths_um(device(name), site(SITE), Technique(), loads, model)


def figures(model):
    """What the central member is chosen by, a row a member."""
    parts = [depths(model, *setting) for setting in REFERENCE.items()]
    return np.log(np.maximum(np.concatenate(parts, axis=1), SHALLOWEST_UM))


def main() -> None:
    """Draw, weigh, print, and store if asked to."""
    start, words = perf_counter(), sys.argv[1:]
    count = int(words[words.index("--draws") + 1]) if "--draws" in words else DRAWS
    draws = draw_members(count, SEED)
    print(f"{count} members, worth {draws.first_size:.0f} by needles pressed in, {draws.size:.0f} with rollers")
    for one in draws.said:
        low, middle, high = weighted_quantiles(one.values, draws.weights, (BAND[0], 0.5, BAND[1]))
        print(f"{one.row.id:34} measured {one.row.measured:<8g} members {middle:8.4g} ({low:.4g} to {high:.4g})")
    print("not held against:", ", ".join(row.id for row in untested_rows()))

    kept = draws.model.take(resample(draws.weights, STORED, SEED))
    kept = kept.take(np.argsort(depths(kept, "mf-8", 3.0)[:, 0]))
    at = depths(kept, "mf-8", (3.0, 12.0))
    for load, column in zip((3, 12), at.T, strict=True):
        low, middle, high = np.quantile(column, (BAND[0], 0.5, BAND[1]))
        print(f"1.5 mm, {load} N: {middle:.0f} um ({low:.0f} to {high:.0f})")

    some = draws.model.take(meeting(draws, np.unique(resample(draws.weights, CANDIDATES, SEED)), kept))
    held = {name: np.median(getattr(kept, name)) for name in APART} | {name: tissue()[name].value for name in KEPT}
    some = some.changed({name: np.full(some.members, value) for name, value in held.items()})
    everyone = figures(kept)
    central = some.take([nearest_to_median(figures(some), np.median(everyone, axis=0), np.ones(everyone.shape[1]))])
    print("central member over the members' median:")
    print(np.round(np.exp(figures(central)[0] - np.median(everyone, axis=0)), 2))
    if "--write" in words:
        write(kept, central)
    if "--laws" in words:
        for name, fixed in LAWS.items():
            one = draw_members(EACH_LAW, SEED, fixed)
            middle = weighted_quantiles(depths(one.model, "mf-8", 3.0)[:, 0], one.weights, (0.5,))[0]
            print(f"{name}: 1.5 mm, 3 N: {middle:.0f} um (worth {one.size:.0f} members)")
    print(f"{perf_counter() - start:.0f} s")


def meeting(draws, chosen, kept):
    """Return those in the middle half of the rival laws that meet what must be met of needles pressed straight in."""
    told = [one for one in draws.said if one.row.must and one.measured is not None and one.row.source not in ROLLED]
    met = [(one.values[chosen] >= one.low) & (one.values[chosen] <= one.high) for one in told]
    for name in BETWEEN_LAWS:
        low, high = np.quantile(getattr(kept, name), (0.25, 0.75))
        values = getattr(draws.model, name)[chosen]
        met.append((values >= low) & (values <= high))
    return chosen[np.all(met, axis=0)]


def write(kept, central) -> None:
    """Store the members, and the central one as the constants as shipped, with the members' 5 to 95 %."""
    names = list(ranges())
    with replacing(DATA / "members.csv") as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        columns = [np.round(getattr(kept, name), 6) for name in names]
        writer.writerows([f"{value:.6g}" for value in row] for row in zip(*columns, strict=True))
    with (DATA / "tissue.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    for row in table:
        if row["name"] in names:
            low, high = np.quantile(getattr(kept, row["name"]), BAND)
            value = float(getattr(central, row["name"])[0])
            row |= {"value": f"{value:.4g}", "low": f"{low:.3g}", "high": f"{high:.3g}"}
    with replacing(DATA / "tissue.csv") as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    print(f"written: members.csv, tissue.csv ({len(tissue())} constants)")


if __name__ == "__main__":
    main()
