"""Draw the members of closure, bleeding, redness, swelling and pain, weight them by the published rows, and ship them.

Ranges stand in data/after.csv, declared beforehand; members are drawn evenly from them. A member's misfit to a row is
how far it lies outside the row's range, in the logarithm (in classes for bleeding), over a discrepancy between studies
that is itself drawn, with the tails of Cauchy's law: studies contradict each other, and a member may give one up. Each
study has one vote a quantity, an unverified one half of that. Members start
evenly and are moved by a Markov chain (differential evolution, Ter Braak 2006) until they have forgotten where they
started. Density of loops and threshold of visible bleeding are confounded: the density is fixed first, even over
the range of its counts, and the rest of bleeding is calibrated for each member given its density.

Reports rows met and, with `--leave-out`, whether the 90 % band without a study holds what it measured; `--write` puts
the members into data/after_members.csv.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from dermaroll.data.constants import after, published
from dermaroll.roller.after.outcome_ensemble import OutcomeMembers, drawn_members, member_names
from dermaroll.roller.output import replacing
from dermaroll.roller.validation.after_papers import inputs_of
from dermaroll.roller.validation.outcome_papers import OUTCOMES, bleeding

TABLE = Path(__file__).parent.parent / "data" / "after_members.csv"
CHAINS, STEPS, KEPT, SEED = 256, 360, 64, 15
DISCREPANCY = (0.25, 1.0)  # of the logarithm, between studies; each member draws its own
VOTE = {"verified": 1.0, "derived": 1.0, "unverified": 0.5}
# What settles what: groups share no constant, so that each is weighted by its own rows. What stands before the bar is
# not settled by any row and keeps its declared range.
GROUPS = {
    "bleeding": (
        ("bleeding",),
        "loop_density deep_plexus_density",
        "plexus_density plexus_offset bleeding_width loop_bleeding_share points_seen points_uniform",
    ),
    "reaction": (("redness", "swelling"), "", "redness_scale redness_volume redness_exponent swelling_share"),
    "closure": (
        ("closure",),
        "ageing_per_year",
        "closing_width drying_half_life slow_share crossing_lag crossing_speed crossing_spread maturing_factor "
        "leak_spread wet_factor rat_factor leak_seen leak_seen_impedance",
    ),
    "pain": ((), "pain_anchor pain_length_exponent pain_number_exponent pain_reach pain_summation", ""),
}
SMALLEST = 1e-2  # hours and channels below this are nothing, in logarithms


def rows_of(kinds, *, fitted=True):
    """Rows of some kinds, those that weight members or all."""
    some = (row for row in published().values() if row.kind in kinds and row.id in OUTCOMES)
    return [row for row in some if row.fitted or not fitted]


def said(row, members):
    """What each member says to a row."""
    return OUTCOMES[row.id](members, **inputs_of(row.inputs))


def outside(row, value):
    """How far a value lies outside the range of its row."""
    if OUTCOMES[row.id] is bleeding:
        return np.maximum(row.low - value, 0) + np.maximum(value - row.high, 0)
    value, low, high = (np.log(np.maximum(part, SMALLEST)) for part in (value, row.low, row.high))
    return np.maximum(low - value, 0) + np.maximum(value - high, 0)


def spread_of(place):
    """Discrepancy between studies at a place between 0 and 1."""
    return DISCREPANCY[0] * (DISCREPANCY[1] / DISCREPANCY[0]) ** place


def log_weight(rows, members, spread):
    """Logarithm of each member's weight: one vote a study and quantity, shared by its rows."""
    total = np.zeros(spread.size)
    for row in rows:
        same = sum(other.source == row.source and OUTCOMES[other.id] is OUTCOMES[row.id] for other in rows)
        misfit = outside(row, said(row, members)) / spread
        total -= VOTE[row.status] / same * (np.log1p(misfit**2) + np.log(spread))
    return total


class Group:
    """Chains of one group, as places between 0 and 1 in the declared ranges, the discrepancy last."""

    def __init__(self, prior, free):
        self.prior, self.free = prior, free.split()

    def members(self, places):
        """Members at some places; what is not free stays as drawn."""
        found = {name: getattr(self.prior, name) for name in member_names()}
        for name, place in zip(self.free, places.T, strict=False):
            row = after()[name]
            low, high = row.low, row.high
            found[name] = low * (high / low) ** place if low > 0 else low + (high - low) * place
        return OutcomeMembers(**found)

    def run(self, rows, rng, steps=STEPS, start=None):
        """Places of the chains after a number of steps, weighted by some rows."""
        count = self.prior.count
        now = rng.random((count, len(self.free) + 1)) if start is None else start
        if not self.free:
            return now
        weight = log_weight(rows, self.members(now), spread_of(now[:, -1]))
        for step in range(steps):
            one, other = rng.permutation(count), rng.permutation(count)
            # Some of the places at a time, and now and then a jump from one hill to another.
            part = rng.random(now.shape) < rng.choice([0.2, 0.5, 1.0], count)[:, None]
            width = 2.38 / np.sqrt(2 * np.maximum(part.sum(axis=1), 1))[:, None] if step % 5 else 1.0
            ahead = now + part * (width * (now[one] - now[other]) + 0.01 * rng.standard_normal(now.shape))
            ahead = 1 - np.abs(1 - np.abs(ahead) % 2)  # folded back at both ends
            new = log_weight(rows, self.members(ahead), spread_of(ahead[:, -1]))
            moves = np.log(rng.random(count)) < new - weight
            now, weight = np.where(moves[:, None], ahead, now), np.where(moves, new, weight)
        return now


def held(row, values, spread, rng):
    """Whether what a study measured lies in the 90 % band of what is said without it, discrepancy included."""
    if OUTCOMES[row.id] is bleeding:
        low, high = np.quantile(values, [0.05, 0.95], method="inverted_cdf")
        return low <= row.high and high >= row.low
    noisy = np.log(np.maximum(values, SMALLEST)) + spread * rng.standard_cauchy(values.size)
    low, high = np.exp(np.quantile(noisy, [0.05, 0.95]))
    one_sided = row.measured in (row.low, row.high)
    return low <= row.high and high >= row.low if one_sided else low <= row.measured <= high


def leave_out(group, rows, places, rng):
    """Print, for each study, whether the band without it holds what it measured; chains go on from where they are."""
    verdicts = []
    for study in dict.fromkeys(row.source for row in rows):
        others = [row for row in rows if row.source != study]
        left = group.run(others, rng, STEPS // 9, places)
        members = group.members(left)
        for row in (row for row in rows if row.source == study):
            value, spread = said(row, members), spread_of(left[:, -1])
            verdicts.append(held(row, value, spread, rng))
            low, high = np.quantile(value, [0.05, 0.95])
            alone = "" if low <= row.high and high >= row.low else ", members alone outside"
            print(f"   without {study:24} {row.id:26} {'inside' if verdicts[-1] else 'OUTSIDE'}{alone}", flush=True)
    return verdicts


def write(members):
    """Put members into the table."""
    with replacing(TABLE) as path, path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["member", *member_names(), "source", "status"])
        for number in range(members.count):
            cells = [f"{getattr(members, name)[number]:.4g}" for name in member_names()]
            writer.writerow([number, *cells, "after_ensemble", "derived"])
    print(f"written: {TABLE}")


def main() -> None:
    """Draw, weight, report, and write if asked to."""
    rng = np.random.default_rng(SEED)
    chosen, groups = {}, []
    for name, (kinds, fixed, free) in GROUPS.items():
        prior = drawn_members(CHAINS, SEED)
        if name == "bleeding":
            # Even over the counts of loops, so that the members kept, every so many of them, are even too.
            row = after()["loop_density"]
            even = (np.arange(CHAINS) + 0.5) / CHAINS
            prior = OutcomeMembers(**vars(prior) | {"loop_density": row.low * (row.high / row.low) ** even})
        group, rows = Group(prior, free), rows_of(kinds)
        places = group.run(rows, rng)
        groups.append((group, rows, places))
        kept = group.members(places).chosen(np.arange(KEPT) * (CHAINS // KEPT) + CHAINS // KEPT // 2)
        chosen |= {part: getattr(kept, part) for part in (*fixed.split(), *free.split())}
    members = OutcomeMembers(**{name: chosen[name] for name in member_names()})
    if "--write" in sys.argv[1:]:
        write(members)
    for row in rows_of(("closure", "bleeding", "redness", "swelling"), fitted=False):
        low, middle, high = np.quantile(said(row, members), [0.05, 0.5, 0.95])
        verdict = "" if row.low <= middle <= row.high else " MISSED"
        print(f"{row.id:31} {row.low:>8g} .. {row.high:<8g} {middle:8.3g} [{low:.3g}, {high:.3g}]{verdict}")
    for name in member_names():
        low, middle, high = np.quantile(getattr(members, name), [0.05, 0.5, 0.95])
        print(f"{name:24} {low:.3g} {middle:.3g} {high:.3g}")
    if "--leave-out" in sys.argv[1:]:
        inside = [held for group, rows, places in groups for held in leave_out(group, rows, places, rng)]
        print(f"left out: {sum(inside)} of {len(inside)} inside")


if __name__ == "__main__":
    main()
