"""Whether what was measured lies in the 90 % band of what is not known: members, the discrepancy, the row's own error.

Mechanics: `data/left_out.csv`, what members say that never saw the row's study; `scripts/leave_one_study_out.py` writes
it. What follows the needle: the band of its own models. In: rows and what was said to them. Out: a verdict a row.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from functools import cache

import numpy as np

from ...data.constants import PublishedValue
from ...data.tables import FOLDER
from .evidence import TOLERANCE_SDS
from .insertion_papers import OF_THE_NEEDLE, Prediction

LEFT_OUT = FOLDER / "left_out.csv"
BAND_SDS = 1.645  # half the width of a 90 % band


@cache
def left_out_rows() -> dict[str, dict[str, str]]:
    """Return what members say to each row of the evidence that were weighted without its study, by id."""
    with LEFT_OUT.open(newline="", encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def inside_bands(rows: Iterable[PublishedValue], said: Iterable[Prediction]) -> dict[str, bool]:
    """Return by id whether each measured value lies in the band; rows of ends only, or without a band, are left out.

    Parameters
    ----------
    rows : iterable of PublishedValue — measured [unit of the row]
    said : iterable of Prediction — what the model says to each [unit of the row]

    """
    return dict(_verdicts(zip(rows, said, strict=True)))


def _verdicts(pairs: Iterable[tuple[PublishedValue, Prediction]]) -> Iterator[tuple[str, bool]]:
    for row, said in pairs:
        if row.kind in OF_THE_NEEDLE:
            known = left_out_rows().get(row.id)
            if known and known["measured"]:
                yield row.id, float(known["low"]) <= row.measured <= float(known["high"])
        elif said.band and min(row.measured, said.value, *said.band) > 0:
            yield row.id, _within(row, said)


def _within(row: PublishedValue, said: Prediction) -> bool:
    """Band and the row's own error together, on the logarithm: the squares of both add up."""
    assert said.band is not None
    off = float(np.log(row.measured / said.value))
    end, own = (said.band[0], row.high) if off < 0 else (said.band[1], row.low)
    error = abs(np.log(own / row.measured)) / TOLERANCE_SDS if own else 0.0
    return bool(abs(off) <= np.hypot(abs(np.log(end / said.value)), BAND_SDS * error))
