"""The fewest passes and the range of loads that serve enough people, from as few trials as monotony allows.

Whoever meets a goal that more load helps meets it at every higher load, and whoever keeps one that load takes away
keeps it at every lower load. So a trial of one person at one load settles that person on one side of it, for every
number of passes at once: loads are split where enough people may still be served, and only people who are not settled
are tried. In: a function that tries people at a load. Out: passes and loads.

Not all of it is strictly monotone: while a drum rides on its needles, contacts move as it sinks, and the count of
channels in a window changes by a few; a share of channels may fall when more, shallower ones open. There the search is
right up to the people whom that makes change sides, and the loads that it returns have been tried with everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...geometry.arrays import Array, Flags, Ints

LOAD_TOLERANCE = 0.05  # of a load: a hand keeps it no better
ROUNDING = 1e-9
PROBES = 3  # loads inside the range at which it is tried once more

# (people, load in N) -> goals that load helps, goals that it takes away: met after each pass, (people, K) bool
Trial = Callable[[Ints, float], tuple[Flags, Flags]]


@dataclass
class Ledger:
    """What trials have settled, by person and number of passes.

    Parameters
    ----------
    trial : function — tries people at a load [-]
    enough_from, too_little_at : (R, K) float — least load known to reach, greatest known to fall short [N]
    harmless_at, too_much_from : (R, K) float — greatest load known to keep the limits, least known to break them [N]
    trials : int — people tried so far, each at one load [-]

    """

    trial: Trial
    enough_from: Array
    too_little_at: Array
    harmless_at: Array
    too_much_from: Array
    trials: int = 0

    def served(self, load: float) -> Flags:
        """Return who is known to be served at a load, (R, K) bool.

        Parameters
        ----------
        load : float — force of the hand [N]

        """
        return (self.enough_from <= load) & (self.harmless_at >= load)

    def share(self, load: float) -> Array:
        """Return the share of people known to be served, (K,) float.

        Parameters
        ----------
        load : float — force of the hand [N]

        """
        share: Array = self.served(load).mean(axis=0)
        return share

    def hope(self, low: float, high: float) -> Array:
        """Return the largest share that any load between two may still serve, (K,) float.

        Parameters
        ----------
        low, high : float — ends of the interval [N]

        """
        hope: Array = ((self.too_little_at < high) & (self.too_much_from > low)).mean(axis=0)
        return hope

    def tried(self, load: float, column: int) -> float:
        """Try everybody at a load, settled or not, and return the share served.

        Parameters
        ----------
        load : float — force of the hand [N]
        column : int — number of passes less one [-]

        """
        rows = np.arange(len(self.enough_from))
        reached, kept = self.trial(rows, load)
        self.trials += rows.size
        return float((reached & kept)[:, column].mean())

    def learn(self, load: float, passes: slice) -> None:
        """Try those who are not settled at a load for some numbers of passes.

        Parameters
        ----------
        load : float — force of the hand [N]
        passes : slice — columns that matter; column 0 is one pass [-]

        """
        failed = (self.too_little_at >= load) | (self.too_much_from <= load)
        open_rows = np.flatnonzero(~(self.served(load) | failed)[:, passes].all(axis=1))
        if not open_rows.size:
            return
        reached, kept = self.trial(open_rows, load)
        self.trials += open_rows.size
        for table, found, better in (
            (self.enough_from, reached, np.minimum),
            (self.too_little_at, ~reached, np.maximum),
            (self.harmless_at, kept, np.maximum),
            (self.too_much_from, ~kept, np.minimum),
        ):
            table[open_rows] = np.where(found, better(table[open_rows], load), table[open_rows])


def new_ledger(trial: Trial, people: int, most_passes: int) -> Ledger:
    """Return a ledger in which nothing is settled.

    Parameters
    ----------
    trial : function — tries people at a load [-]
    people : int — how many [-]
    most_passes : int — largest number of passes, K [-]

    """
    shape = people, most_passes
    return Ledger(trial, np.full(shape, np.inf), np.zeros(shape), np.zeros(shape), np.full(shape, np.inf))


def fewest_passes(ledger: Ledger, low: float, high: float, certainty: float) -> tuple[int, float] | None:
    """Return the fewest passes that serve enough people at some load, and such a load; None if no load does.

    The result is exact up to `LOAD_TOLERANCE`: a window of loads narrower than that may be missed.

    Parameters
    ----------
    ledger : Ledger — of one device [-]
    low, high : float — least and greatest load [N]
    certainty : float — share of people to be served [-]

    """
    columns = ledger.enough_from.shape[1]
    best, at = columns, None

    def first(share: Array) -> int:
        enough = np.flatnonzero(share >= certainty - ROUNDING)
        return int(enough[0]) if enough.size else columns

    def look(load: float) -> None:
        nonlocal best, at
        ledger.learn(load, slice(0, best))
        found = first(ledger.share(load))
        if found < best:
            best, at = found, load

    look(high)
    waiting = [(low, high)]
    if first(ledger.hope(low, high)) < best:
        look(low)
    while waiting:
        hopes = [first(ledger.hope(*interval)) for interval in waiting]
        number = int(np.argmin(hopes))
        start, stop = waiting.pop(number)
        if hopes[number] >= best or stop <= start * (1 + LOAD_TOLERANCE):
            continue
        middle = float(np.sqrt(start * stop))
        look(middle)
        waiting += [(start, middle), (middle, stop)]
    return None if at is None else (best + 1, at)


def load_range(
    ledger: Ledger, passes: int, inside: float, low: float, high: float, certainty: float
) -> tuple[float, float]:
    """Return the least and the greatest load around one that serves enough people; both serve enough themselves.

    Parameters
    ----------
    ledger : Ledger — of one device [-]
    passes : int — number of passes [-]
    inside : float — a load that serves enough people with that many passes [N]
    low, high : float — least and greatest load [N]
    certainty : float — share of people to be served [-]

    """
    column = passes - 1

    def serves(load: float) -> bool:
        ledger.learn(load, slice(column, passes))
        return bool(ledger.share(load)[column] >= certainty - ROUNDING)

    def edge(outside: float, within: float) -> float:
        if serves(outside):
            return outside
        while max(outside, within) > min(outside, within) * (1 + LOAD_TOLERANCE):
            middle = float(np.sqrt(outside * within))
            outside, within = (outside, middle) if serves(middle) else (middle, within)
        return within

    def confirmed(end: float) -> float:
        """The end itself, or the nearest load inside that everybody was tried at."""
        step = (1 + LOAD_TOLERANCE) ** np.sign(inside - end)
        while (inside - end) * (step - 1) > 0 and ledger.tried(end, column) < certainty - ROUNDING:
            end = float(min(end * step, inside) if step > 1 else max(end * step, inside))
        return end

    ends = [edge(low, inside), edge(high, inside)]
    # Who is served at both ends is served between; but those differ, so the share may dip: then the range ends there.
    for probe in np.geomspace(ends[0], ends[1], PROBES + 2)[1:-1]:
        if ends[0] <= probe <= ends[1] and not serves(float(probe)):
            ends[int(probe > inside)] = edge(float(probe), inside)
    return confirmed(ends[0]), confirmed(ends[1])
