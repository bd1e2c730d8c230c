"""How large bodies are, and how deep the bone lies under their zones: published measurements by sex and percentile."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist
from typing import Annotated, Literal

from pydantic import Field

from .checks import Record, Within, refuse
from .tables import Status, checked_row, read_rows, read_table

Sex = Literal["female", "male"]
PERCENTILE = Within(1, 99, "%")


class BodyMeasure(Record):
    """A length on the body, its mean and spread between people."""

    name: str
    sex: Sex
    mean: Annotated[float, Field(gt=0)]
    sd: float = 0.0
    low: float | None = None
    high: float | None = None
    unit: Literal["mm"]
    source: str
    status: Status
    note: str = ""

    def at(self, percentile: float) -> float:
        """Return the length that so many people stay below, from a normal distribution.

        Parameters
        ----------
        percentile : float — share of people [%]

        """
        return self.mean + self.sd * NormalDist().inv_cdf(percentile / 100)


class BodyZone(Record):
    """A zone of a standard body: the site whose skin it has, and the depth of the bone under it."""

    zone: str
    body: Literal["face", "forearm", "thigh"]
    skin_of: str
    bone_depth_mm: float | None = None
    source: str
    status: Status
    note: str = ""


@cache
def body_measures() -> dict[tuple[str, Sex], BodyMeasure]:
    """Return every length by its name and sex."""
    rows = enumerate(read_rows("bodies.csv"), start=2)
    measures = [checked_row(BodyMeasure, row, f"bodies.csv line {line}", text=True) for line, row in rows]
    return {(measure.name, measure.sex): measure for measure in measures}


@cache
def body_zones() -> dict[str, BodyZone]:
    """Return the zones of the standard bodies by name; those of two sides stand once."""
    return read_table(BodyZone, "zones.csv", "zone")


def body_lengths_mm(sex: str, percentile: float) -> dict[str, float]:
    """Return every length of people of one sex at one percentile.

    Parameters
    ----------
    sex : str — 'female' or 'male' [-]
    percentile : float — share of people that stay below, the same for all lengths [%]

    Raises
    ------
    InputError
        For another sex or a percentile out of range.

    """
    if sex not in ("female", "male"):
        raise refuse("sex", sex, "female or male")
    share = PERCENTILE.number("percentile", percentile)
    return {name: measure.at(share) for (name, of), measure in body_measures().items() if of == sex}
