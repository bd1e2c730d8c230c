"""Weight the constants of uptake by published rows, and resample members of equal weight.

Constants are drawn from the ranges that data/transport.csv declares. Each member is put to the rows below, with what a
study leaves open drawn beside it: how many channels there were, how tight the rat's skin was, how far this active's
permeability lies from its estimate, and how far studies disagree. One vote a study and quantity: the mean of its rows'
log likelihoods. `--write` puts the members into data/uptake_members.csv; without it, the script also leaves each study
out in turn and says whether the band of the others holds what it measured.
"""

import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from dermaroll.data.catalog import active, site
from dermaroll.data.constants import published
from dermaroll.roller.output import replacing
from dermaroll.roller.transport.permeation import dermis_diffusivity_cm2_per_s, epidermis_diffusivity_cm2_per_s
from dermaroll.roller.transport.skin_layers import steady_gain
from dermaroll.roller.transport.uptake import NAMES, NORMAL, Uptake, declared_range, drawn_uptake
from dermaroll.roller.validation.after_papers import (
    ASSUMED_DEPTH_UM,
    ASSUMED_DIAMETER_UM,
    DENSITY_OF_A_PASS,
    PASSES_BY_HOANG,
    PASSES_BY_YOU,
    SITE_OF_EXCISED,
)

TABLE = Path(__file__).parent.parent / "data" / "uptake_members.csv"
SEED, DRAWN, MEMBERS = 20240501, 20_000, 64
DISCREPANCY = (0.1, 0.6)  # spread between studies, natural logarithm; declared before any row was asked
OF_A_BAND = 1.645  # a row's tolerance is read as the 90 % range of what its source supports

# Rows of one vote stand together: a study and a quantity.
VOTES = {
    "hoang_2015": ("hoang_2015_amantadine", "hoang_2015_pramipexole"),
    "nguyen_2016": ("nguyen_2016_carbamazepine", "nguyen_2016_carbamazepine_30", "nguyen_2016_tiagabine"),
    "you_2010": ("you_2010_ascorbic_acid",),
    "wei_2018_epidermis": ("wei_2018_epidermis_70k", "wei_2018_epidermis_2000k"),
    "wei_2018_dermis": ("wei_2018_dermis_70k", "wei_2018_dermis_2000k"),
}
STUDIES = ("hoang_2015", "nguyen_2016", "you_2010", "wei_2018")


def evenly(name: str, count: int, generator: np.random.Generator) -> np.ndarray:
    """Return draws that are even in the logarithm over a declared range."""
    low, high = np.log(declared_range(name))
    return np.exp(generator.uniform(low, high, count))


def predictions(uptake: Uptake, generator: np.random.Generator) -> dict[str, np.ndarray]:
    """Return what each member says to each row, with what the studies leave open drawn beside it."""
    count, skin = uptake.size, site(SITE_OF_EXCISED)
    channels = {vote: evenly("study_channels", count, generator) for vote in VOTES}
    rat = evenly("rat_barrier", count, generator)
    errors: dict[str, np.ndarray] = {}
    said = {}
    for vote, names in VOTES.items():
        for name in names:
            given = published()[name].given()
            if "weight" in given:
                of = epidermis_diffusivity_cm2_per_s if "epidermis" in name else dermis_diffusivity_cm2_per_s
                said[name] = 1e8 * of(float(given["weight"]), uptake)
                continue
            substance = active(given["active"])
            error = errors.setdefault(substance.name, generator.normal(0, declared_range(NORMAL)[1], count))
            passes = PASSES_BY_YOU if vote == "you_2010" else PASSES_BY_HOANG
            said[name] = steady_gain(
                substance,
                skin,
                passes * DENSITY_OF_A_PASS,
                ASSUMED_DIAMETER_UM,
                ASSUMED_DEPTH_UM,
                replace(uptake, **{NORMAL: error}),
                alive=False,
                barrier_factor=rat if vote == "you_2010" else 1.0,
                channels=channels[vote],
            )
    return said


def log_likelihoods(said: dict[str, np.ndarray], discrepancy: np.ndarray) -> dict[str, np.ndarray]:
    """Return the log likelihood of each vote, one value a member."""

    def of(name: str) -> np.ndarray:
        row = published()[name]
        middle, half = np.log(row.low * row.high) / 2, np.log(row.high / row.low) / 2 / OF_A_BAND
        spread = np.hypot(half, discrepancy)
        return -0.5 * ((np.log(said[name]) - middle) / spread) ** 2 - np.log(spread)

    return {vote: np.mean([of(name) for name in names], axis=0) for vote, names in VOTES.items()}


def resampled(logs: list[np.ndarray], count: int, generator: np.random.Generator) -> np.ndarray:
    """Return members drawn by weight, evenly spaced through the sum of weights."""
    total = np.sum(logs, axis=0)
    weight = np.exp(total - total.max())
    steps = (generator.uniform() + np.arange(count)) / count
    return np.searchsorted(np.cumsum(weight) / weight.sum(), steps)


def left_out(said: dict[str, np.ndarray], logs: dict[str, np.ndarray], discrepancy: np.ndarray) -> dict[str, tuple]:
    """Return for each row the 90 % band, discrepancy included, from all other studies, and whether it holds it."""
    generator = np.random.default_rng(SEED + 1)
    found = {}
    for study in STUDIES:
        others = [values for vote, values in logs.items() if not vote.startswith(study)]
        chosen = resampled(others, 4000, generator)
        for vote, names in VOTES.items():
            if not vote.startswith(study):
                continue
            for name in names:
                noise = discrepancy[chosen] * generator.normal(size=chosen.size)
                low, high = np.percentile(said[name][chosen] * np.exp(noise), [5, 95])
                row = published()[name]
                found[name] = (low, high, bool(low <= row.measured <= high))
    return found


def main() -> None:
    """Draw, weight, resample; print what the rows said; write if asked to."""
    generator = np.random.default_rng(SEED)
    uptake = drawn_uptake(DRAWN, generator)
    discrepancy = np.exp(generator.uniform(*np.log(DISCREPANCY), DRAWN))
    said = predictions(uptake, generator)
    logs = log_likelihoods(said, discrepancy)
    total = np.sum(list(logs.values()), axis=0)
    weight = np.exp(total - total.max())
    print(f"{DRAWN} drawn, seed {SEED}; as good as {weight.sum() ** 2 / (weight**2).sum():.0f} of equal weight")
    chosen = resampled(list(logs.values()), MEMBERS, generator)
    # An active's own distance from the estimate is not a property of skin: each member gets a fresh one.
    errors = generator.permutation(declared_range(NORMAL)[1] * normal_quantiles(MEMBERS))
    members = replace(uptake.some(chosen), **{NORMAL: errors})
    for name in NAMES:
        low, high = declared_range(name)
        p05, median, p95 = np.percentile(getattr(members, name), [5, 50, 95])
        print(f"{name:22} {low:9.3g} to {high:9.3g}   members {p05:9.3g} {median:9.3g} {p95:9.3g}")
    for name, (low, high, held) in left_out(said, logs, discrepancy).items():
        row = published()[name]
        print(
            f"{name:30} measured {row.measured:6.3g}, others say {low:6.3g} to {high:6.3g}  {'held' if held else 'OUT'}"
        )
    if "--write" in sys.argv:
        with replacing(TABLE) as path, Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["member", *NAMES, "source", "status"])
            for number in range(MEMBERS):
                values = [f"{getattr(members, name)[number]:.4g}" for name in NAMES]
                writer.writerow([str(number + 1), *values, "uptake_members", "derived"])


def normal_quantiles(count: int) -> np.ndarray:
    """Return values that cut a standard normal into equal shares."""
    from scipy.stats import norm

    return norm.ppf((np.arange(count) + 0.5) / count)


if __name__ == "__main__":
    main()
