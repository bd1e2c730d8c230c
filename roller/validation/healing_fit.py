"""The ensemble of healing: drawn from declared ranges, weighed by published rows, resampled to equal weight.

Approximate Bayesian computation in its plainest form. Constants are drawn from the ranges of `data/healing.csv` by a
scrambled Sobol sequence, half of the members with each law of the epidermis. Each study has one vote a quantity, with
an error of its own whose scale is drawn too (half-normal, of the logarithm of a change). Where a publication tells a
direction only, the vote is the chance that it would have been seen. In: rows of `published.csv`. Out: members, and
what the ensemble says to each study when that study has no vote.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.special import log_ndtr, ndtri
from scipy.stats import qmc

from ...data.checks import InputError
from ...data.constants import PublishedValue, healing, published
from ...geometry.arrays import Array, Flags
from ..after.healing_laws import HealingMembers
from ..after.pools import CLOSEST_RATES
from .after_papers import inputs_of
from .healing_papers import BAND, QUESTIONS, asked, bound_of, found_by, quantity_of, tolerance_sd

DRAWS, MEMBERS, SEED = 2**16, 200, 2026
LEAST_EDGE = 0.05  # of a bound, as a share: no biopsy tells an edge more sharply
SOURCE = "lotfi_2013;aust_2008;kenkel_2021;el_domyati_2015;lima_2017;xu_back_skin;fractional_laser_2011"
# No row speaks to these: after the resampling they are spread evenly over their ranges, so that chance adds nothing.
UNWEIGHED = ("old_response", "elastin_per_collagen")


@dataclass(frozen=True)
class Draws:
    """Sets of constants with their laws.

    Parameters
    ----------
    members : HealingMembers — N of them [as its fields]
    lasts : (N,) bool — the epidermis keeps what it gained; False where it fades [-]

    """

    members: HealingMembers
    lasts: Flags


def _spread(name: str, shares: Array) -> Array:
    """Values at shares of the way through the declared range of a constant."""
    row = healing()[name]
    if row.low is None or row.high is None:
        raise InputError(f"healing.csv {name}: a constant that is drawn needs low and high")
    if row.drawn == "log":
        return row.low * (row.high / row.low) ** shares
    return row.low + (row.high - row.low) * shares


def draw(count: int = DRAWS, seed: int = SEED) -> Draws:
    """Return sets of constants drawn from the declared ranges.

    Parameters
    ----------
    count : int — number of sets, a power of 2 [-]
    seed : int — of the sequence [-]

    """
    names = [name for name, row in healing().items() if row.drawn != "fixed"]
    names = [name for name in names if not name.startswith("epidermis_") or not name.endswith("_days")]
    shares = qmc.Sobol(len(names) + 3, seed=np.random.default_rng(seed)).random(count)
    shares = np.clip(shares, 1e-9, 1 - 1e-9)
    values = {name: _spread(name, shares[:, number]) for number, name in enumerate(names)}
    lasts = shares[:, -3] < 0.5
    days = np.where(lasts, *(_spread(f"epidermis_{law}_days", shares[:, -2]) for law in ("lasts", "fades")))
    discrepancy = healing()["study_discrepancy"].value * ndtri((1 + shares[:, -1]) / 2)
    members = HealingMembers(**values, epidermis_days=days, discrepancy=discrepancy)
    rates = np.sort(members.rates(), axis=-1)
    apart = (np.diff(rates) / rates[:, 1:] > CLOSEST_RATES).all(axis=-1)
    return choose(Draws(members, lasts), np.flatnonzero(apart))


def choose(draws: Draws, numbers: np.typing.NDArray[np.int64]) -> Draws:
    """Return some of the sets.

    Parameters
    ----------
    draws : Draws — to choose from [-]
    numbers : (K,) int array — which, with repetition [-]

    """
    columns = {field.name: getattr(draws.members, field.name)[numbers] for field in fields(HealingMembers)}
    return Draws(HealingMembers(**columns), draws.lasts[numbers])


def healing_rows() -> list[PublishedValue]:
    """Return the published rows of healing."""
    return [row for row in published().values() if row.id in QUESTIONS]


def log_likelihood(row: PublishedValue, said: Array, discrepancy: Array) -> Array:
    """Return how well each set meets a row.

    Parameters
    ----------
    row : PublishedValue — of healing [its unit]
    said : (N,) float array — what each set says to it [its unit]
    discrepancy : (N,) float array — scale of the study's own error, of the logarithm [-]

    Returns
    -------
    (N,) float array — logarithm of the likelihood [-]

    """
    assert row.low is not None
    assert row.high is not None
    bound = bound_of(row)
    if bound:
        edge = np.hypot(discrepancy, LEAST_EDGE)
        seen = log_ndtr(np.log(said / row.low) / edge) if row.low > 0 else np.zeros(said.size)
        return seen + log_ndtr(np.log(row.high / said) / edge) if bound == "within" else seen
    width = np.hypot(tolerance_sd(row), discrepancy * row.measured)
    met: Array = -0.5 * ((said - row.measured) / width) ** 2 - np.log(width)
    return met


def weights(draws: Draws, without: str = "") -> Array:
    """Return the weight of each set; rows of one study and quantity share one vote.

    Parameters
    ----------
    draws : Draws — N sets [-]
    without : str — study that has no vote [-]

    Returns
    -------
    (N,) float array — summing to 1 [-]

    """
    votes: dict[tuple[str, str], list[Array]] = {}
    for row in healing_rows():
        if row.fitted and row.source != without:
            said = asked(row.id, draws.members, inputs_of(row.inputs))
            vote = log_likelihood(row, said, draws.members.discrepancy)
            votes.setdefault((row.source, quantity_of(row)), []).append(vote)
    total = np.sum([np.mean(rows, axis=0) for rows in votes.values()], axis=0)
    weight = np.exp(total - total.max())
    share: Array = weight / weight.sum()
    return share


def ensemble(draws: Draws, count: int = MEMBERS, seed: int = SEED) -> Draws:
    """Return members of equal weight: systematic resampling of the weighed sets.

    Parameters
    ----------
    draws : Draws — N sets [-]
    count : int — number of members [-]
    seed : int — of the resampling [-]

    """
    random = np.random.default_rng(seed)
    places = (np.arange(count) + random.random()) / count
    numbers = np.searchsorted(np.cumsum(weights(draws)), places)
    chosen = choose(draws, np.minimum(numbers, draws.lasts.size - 1))
    even = (np.arange(count) + 0.5) / count
    columns = {field.name: getattr(chosen.members, field.name) for field in fields(HealingMembers)}
    columns |= {name: _spread(name, random.permutation(even)) for name in UNWEIGHED}
    return Draws(HealingMembers(**columns), chosen.lasts)


@dataclass(frozen=True)
class LeftOut:
    """What the ensemble says to a row whose study had no vote.

    Parameters
    ----------
    row : PublishedValue — the row [its unit]
    median, low, high : float — of what a study would find, 5 to 95 % [its unit]
    inside : bool — the measured value is in the band; where only bounds are told, the median is in them [-]
    met : bool — the median lies in the row's tolerance [-]

    """

    row: PublishedValue
    median: float
    low: float
    high: float
    inside: bool
    met: bool


def left_out(draws: Draws) -> list[LeftOut]:
    """Return for each row what the ensemble says to it when its study has no vote.

    Parameters
    ----------
    draws : Draws — N sets [-]

    """
    results = []
    for row in healing_rows():
        assert row.low is not None
        assert row.high is not None
        weight = weights(draws, without=row.source)
        said = asked(row.id, draws.members, inputs_of(row.inputs))
        found = found_by(row, said, draws.members.discrepancy)
        low, high = (_quantile(found, weight, share) for share in BAND)
        median = _quantile(said, weight, 0.5)
        met = row.low <= median <= row.high
        inside = met if bound_of(row) else low <= row.measured <= high
        results.append(LeftOut(row, median, low, high, inside, met))
    return results


def _quantile(values: Array, weight: Array, share: float) -> float:
    order = np.argsort(values)
    return float(values[order][np.searchsorted(np.cumsum(weight[order]), share)])
