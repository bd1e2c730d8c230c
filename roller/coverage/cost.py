"""What a treatment will cost in memory and time, before any of it is spent; one that can't be afforded is refused.

In: a roller, a technique, a region, and how much is asked of them. Out: counts of all that grows with them, bytes and
seconds. What grows fastest is worked on some at a time (in the modules beside this one); what counts here is what a
result holds, and what has to be looked at together.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import sqrt, tau

import numpy as np
import shapely
from shapely.geometry import Polygon

from ...data.catalog import DeviceSpec
from ...data.checks import InputError
from ..insertion.each_contact import CONTACTS_AT_ONCE
from ..technique import Technique
from .gaps import CELLS_PER_SPACING, DISTANCES_HELD
from .motions import laid_out
from .passes import directions_rad

MOST_BYTES = 2e9
LONG_SECONDS = 30.0  # half a minute expected may be more than one on a slower or busy machine
REGION = "region"  # as error lines call it

# Peaks of processes of their own (Python 3.11, numpy 2.4, shapely 2.2), rounded up: of what is always there, and of
# what is added by each contact, each line of a ring over the region, each cell in which gaps are looked for, each entry
# (pass, depth), and each number of a result: held once a replicate, then written out.
ALWAYS_BYTES = 150e6
LAW_BYTES, DISTANCE_BYTES = 3000.0, 50.0  # of what is worked on together: contacts, or (pass, cell) distances
CONTACT_BYTES, LINE_BYTES, CELL_BYTES, ENTRY_BYTES = 550.0, 100.0, 45.0, 150.0
HELD_BYTES, WRITTEN_BYTES, SPREAD_WRITTEN_BYTES = 11.0, 40.0, 160.0
BAND_BYTES = 600.0  # of each entry (pass, depth) of what nobody knows
CHANNEL_BYTES = 150.0  # of a result that is kept beside others

# Least squares of the relative error over 399 treatments (5 rollers, 1 to 32 passes, 64 to 6400 mm2, 1 to 81 depths,
# Python 3.11, numpy 2.4): nine in ten lie within 30 %. They share work out and say when to warn; they are no claim
# about any machine.
SECONDS_PER_RUN, SECONDS_PER_CONTACT = 4.1e-3, 1.4e-6
AREAS_PER_RUN, AREAS_PER_CONTACT, AREAS_PER_CONTACT_AND_DEPTH = 2.6e-3, 2.1e-6, 6.8e-8
GAPS_PER_RUN, GAPS_PER_CONTACT, GAPS_PER_MM2_AND_PASS = 6e-3, 1.75e-5, 3.8e-8
SECONDS_PER_HEALING, SECONDS_PER_DELIVERY = 0.017, 0.046  # of what follows a session
BANDS_PER_RUN, BANDS_PER_DEPTH, BANDS_PER_ENTRY = 0.05, 1.5e-4, 1.5e-5  # of what nobody knows, once
SPREAD_PER_NUMBER = 3e-5  # of means and bands over replicates, once
GAPS_PER_CELL = 1.2e-6  # of regions far larger than those, laid out in millions of cells


@dataclass(frozen=True)
class Cost:
    """What a treatment is expected to need.

    Parameters
    ----------
    passes : int — of the technique [-]
    contacts : float — needle contacts in the region and its margin, in one replicate [-]
    lines : float — lines of rings over the region, of all passes [-]
    cells : float — of the grid on which gaps are looked for [-]
    entries : float — of a table by pass and depth [-]
    bands : float — of those, how many get a band of what nobody knows [-]
    numbers : float — that the figures of one replicate hold [-]
    replicates : int — how often it is done [-]
    seconds : float — of one core [s]

    """

    passes: int
    contacts: float
    lines: float
    cells: float
    entries: float
    bands: float
    numbers: float
    replicates: int
    seconds: float

    @property
    def parts(self) -> dict[str, float]:
        """Memory by what asks for it [bytes]."""
        written = SPREAD_WRITTEN_BYTES if self.replicates > 1 else WRITTEN_BYTES
        return {
            "contacts": CONTACT_BYTES * self.contacts,
            "lines": LINE_BYTES * self.lines,
            "cells": CELL_BYTES * self.cells,
            "numbers": self.once_bytes + (HELD_BYTES * self.replicates + written) * self.numbers,
        }

    @property
    def once_bytes(self) -> float:
        """Memory for tables by pass and depth, however often it is done [bytes]."""
        return ENTRY_BYTES * self.entries + BAND_BYTES * self.bands

    @property
    def peak_bytes(self) -> float:
        """Memory at the peak [bytes]."""
        laws = LAW_BYTES * min(self.contacts, CONTACTS_AT_ONCE)
        distances = DISTANCE_BYTES * min(self.cells * self.passes, DISTANCES_HELD)
        return ALWAYS_BYTES + max(laws, distances) + sum(self.parts.values())

    @property
    def kept_bytes(self) -> float:
        """Memory of the result when it is done [bytes]."""
        return CHANNEL_BYTES * self.contacts + 8 * self.replicates * self.numbers


def expected_cost(
    roller: DeviceSpec,
    technique: Technique,
    region: Polygon,
    *,
    depths: int = 81,
    numbers: float = 0,
    replicates: int = 1,
    areas: bool = True,
    gaps: bool = True,
    bands: bool = True,
) -> Cost:
    """Return what a treatment is expected to need, from shapes alone: nothing is rolled.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    technique : Technique — passes, pattern, overlap, slip [-]
    region : shapely Polygon — what is treated [mm]
    depths : int — depths of the table [-]
    numbers : float — that the figures wanted of one replicate hold [-]
    replicates : int — how often it is done [-]
    areas, gaps, bands : bool — whether areas, gaps and what nobody knows are asked for [-]

    """
    laid = laid_out(roller, technique)
    per_mm2, margin = laid.densest_per_mm2, laid.margin_mm
    grown = region.buffer(margin, join_style="mitre")
    contacts = technique.passes * per_mm2 / (1 - technique.overlap) * grown.area

    angle = directions_rad(technique)
    corners = np.asarray(region.exterior.coords)
    across = np.ptp(corners @ np.stack([-np.sin(angle), np.cos(angle)]), axis=0) + 2 * margin
    step = laid.lane_mm * (1 - technique.overlap)
    lines = laid.tracks * float(np.sum((across + laid.lane_mm) / step + 2))
    # A ragged region is met by a line more than once: half as often as the line meets its border.
    edges = np.abs(np.diff(shapely.get_coordinates(grown), axis=0))
    bent = np.abs(np.sin(angle)) * edges[:, 0].sum() + np.abs(np.cos(angle)) * edges[:, 1].sum()
    lines += float(bent.sum()) / 2 * laid.tracks / laid.lane_mm / (1 - technique.overlap)

    side = min(laid.spacing_mm, sqrt(region.area)) / CELLS_PER_SPACING
    left, low, right, high = region.bounds
    cells = float((right - left) / side + 1) * float((high - low) / side + 1) if gaps else 0.0

    # Beyond a few channels over each other, every channel is held against all those that it meets.
    over = technique.passes * per_mm2 / (1 - technique.overlap) * tau / 2 * roller.shaft_diameter_mm**2
    run = SECONDS_PER_RUN + SECONDS_PER_CONTACT * contacts
    if areas:
        crowd = max(1.0, over / 4)
        run += AREAS_PER_RUN + (AREAS_PER_CONTACT + AREAS_PER_CONTACT_AND_DEPTH * depths * crowd) * contacts
    if gaps:
        run += GAPS_PER_RUN + GAPS_PER_CONTACT * contacts
        run += GAPS_PER_MM2_AND_PASS * region.area * technique.passes + GAPS_PER_CELL * cells
    entries = float(technique.passes * depths)
    once = SPREAD_PER_NUMBER * numbers if replicates > 1 else 0.0
    if bands:
        once += BANDS_PER_RUN + BANDS_PER_DEPTH * depths + BANDS_PER_ENTRY * entries
    return Cost(
        passes=technique.passes,
        contacts=contacts,
        lines=lines,
        cells=cells,
        entries=entries if areas else 0.0,
        bands=entries if bands else 0.0,
        numbers=numbers,
        replicates=replicates,
        seconds=replicates * run + once,
    )


def refuse_excess(cost: Cost, technique: Technique, region: Polygon, depths: int, *, beside_bytes: float = 0) -> None:
    """Refuse a treatment that would take more memory than is allowed.

    Parameters
    ----------
    cost : Cost — as expected [-]
    technique : Technique — for the line that says why [-]
    region : shapely Polygon — for the line that says why [mm]
    depths : int — depths of the table [-]
    beside_bytes : float — of results that are held beside this one [bytes]

    Raises
    ------
    InputError
        One line with the field that asks for most, and what of it would be allowed.

    """
    peak = cost.peak_bytes + beside_bytes
    if peak <= MOST_BYTES:
        return
    name = max(cost.parts, key=cost.parts.__getitem__)
    room = max(MOST_BYTES - peak + cost.parts[name], 0.0)
    share = room / cost.parts[name]
    passes = _counted(technique.passes, "pass", "passes")
    left, low, right, high = region.bounds
    frame = f"{REGION} from {left:g}, {low:g} to {right:g}, {high:g} mm with {passes}"
    smaller = f"a smaller region, of about {100 * share:.2g} % of that" if share else "a smaller region"
    fewer = int(share * technique.passes)
    if fewer and name != "cells":
        smaller += f", or {_counted(fewer, 'pass', 'passes')}"
    match name:
        case "contacts":
            asked = f"{REGION} = {region.area:g} mm2 with {passes} makes {cost.contacts:.2g} contacts, margin included"
        case "lines":
            asked = f"{frame} takes {cost.lines:.2g} strokes of needles"
        case "cells":
            asked = f"{frame} takes {cost.cells:.2g} cells to look for gaps in"
        case _:
            each = f"{cost.numbers:.2g} numbers each"
            asked = f"replicates = {cost.replicates} with {passes} and {depths} depths hold {each}"
            once = SPREAD_WRITTEN_BYTES + cost.once_bytes / max(cost.numbers, 1)
            people = int((room / max(cost.numbers, 1) - once) / HELD_BYTES)
            smaller = _counted(people, "replicate", "replicates") if people > 1 else f"{int(share * depths)} depths"
    took, most = f"{peak / 1e9:.2g} GB", f"{MOST_BYTES / 1e9:g} GB"
    raise InputError(f"{asked}: about {took} of memory; allowed: {most}, as for {smaller}")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def refuse_excess_of_all(
    costs: Sequence[Cost], technique: Technique, region: Polygon, depths: int, *, field: str = "devices"
) -> None:
    """Refuse treatments whose results are held side by side, if one of them or all together take too much memory.

    Parameters
    ----------
    costs : sequence of Cost — of each treatment [-]
    technique : Technique — for the line that says why [-]
    region : shapely Polygon — for the line that says why [mm]
    depths : int — depths of the table [-]
    field : str — what there is one of for each treatment [-]

    Raises
    ------
    InputError
        One line with the field that asks for most, and what of it would be allowed.

    """
    for cost in costs:
        refuse_excess(cost, technique, region, depths)
    # All results are written out together.
    each = [cost.kept_bytes + SPREAD_WRITTEN_BYTES * cost.numbers for cost in costs]
    peaks = np.cumsum([0.0, *each[:-1]]) + [cost.peak_bytes for cost in costs]
    if peaks.max(initial=0.0) > MOST_BYTES:
        fit = int(np.argmax(peaks > MOST_BYTES))
        each_one = f"{region.area:g} mm2, {technique.passes} passes and {depths} depths"
        took = f"{peaks.max() / 1e9:.2g} GB"
        raise InputError(
            f"{field} = {len(costs)} with {each_one} each: about {took} of memory; "
            f"allowed: {MOST_BYTES / 1e9:g} GB, {fit} of them"
        )


_told: ContextVar[bool] = ContextVar("told", default=False)


def say_if_long(seconds: float) -> None:
    """Say on stderr that what comes will take long, if it will and nobody has said it of what it is a part of.

    Parameters
    ----------
    seconds : float — expected of one core [s]

    """
    if seconds > LONG_SECONDS and not _told.get():
        print(f"this takes about {_in_words(seconds)}", file=sys.stderr, flush=True)


@contextmanager
def announced(seconds: float) -> Iterator[None]:
    """Say on stderr, once for all that is done within, that it will take long, if it will.

    Parameters
    ----------
    seconds : float — expected of one core [s]

    """
    say_if_long(seconds)
    token = _told.set(_told.get() or seconds > LONG_SECONDS)
    try:
        yield
    finally:
        _told.reset(token)


def _in_words(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("hours", 3600.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.2g} {unit}"
    return f"{seconds / 60:.2g} minutes" if seconds >= 120 else f"{seconds:.2g} seconds"
