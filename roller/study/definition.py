"""A study: axes, what is held fixed, how often it is repeated, and which figures are wanted.

In: a TOML file, or the same in Python. Out: a checked `Study`, whose settings are made when they are needed: number
`index` of a grid, or of a Sobol sample, is a value for each axis.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, ValidationError, model_validator

from ...data import catalog
from ...data.checks import InputError, Record, Within, closest_words, one_line, refuse
from ...data.tables import checked_row, read_toml
from ...data.templates import toml_value
from ...geometry.arrays import Array
from .axes import AXES, WHOSE, Kind, Range, axis_values, check_value, listed
from .bodies import AXES_OF_BODIES, check_zones, digest_of, zones_of_bodies
from .outputs import DEFAULT_OUTPUTS, MOST_OUTPUTS, output_called

SCHEMA = 1  # counts up when the same study would give other rows
MOST_RUNS = 10_000_000
MOST_SOBOL = 1 << 20  # settings; the sample is drawn at once
FILES = ("device", "site", "active")  # axes whose values may be the user's own TOML files


class Sample(Record):
    """A sample of the axes instead of their full grid.

    Parameters
    ----------
    sobol : int — settings of a scrambled Sobol sample, a power of two up to 2^20 [-]

    """

    sobol: Annotated[int, Within(1, MOST_SOBOL)]

    @model_validator(mode="after")
    def _is_a_power_of_two(self) -> Sample:
        if self.sobol & (self.sobol - 1):
            raise refuse("sobol", self.sobol, f"a power of two up to {MOST_SOBOL}, such as 128 or 256")
        return self


class Study(Record):
    """What is varied, what is fixed, and what is wanted of every setting.

    Parameters
    ----------
    title : str — for the reader [-]
    axes : dict — by name (see `AXES`) a list of values, or a `Range`: {from, to, steps} or {from, to, step}, with
        scale = 'log' where wanted [as named]
    fixed : dict — by name a value that all settings share [as named]
    replicates : int — of every setting, 1 to 10000 [-]
    seed : int — the same for every setting, so that settings differ by their values alone [-]
    region : str — WIDTHxHEIGHT or a WKT polygon [mm]
    outputs : tuple of str — figures after the last pass, by their names in tables [as named]
    sample : Sample or None — a sample instead of the full grid [-]
    part_seconds : float — about how long one part takes, which is what an interruption may lose [s]

    """

    title: str = "study"
    axes: dict[str, tuple[Any, ...] | Range]
    fixed: dict[str, Any] = Field(default_factory=dict)
    replicates: Annotated[int, Within(1, 10_000)] = 1
    seed: Annotated[int, Within(0, 2**63 - 1)] = 0
    region: str = "20x20"
    outputs: tuple[str, ...] = DEFAULT_OUTPUTS
    sample: Sample | None = None
    part_seconds: Annotated[float, Within(0.01, 3600, "s")] = 10.0

    @model_validator(mode="before")
    @classmethod
    def _reads_axes(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        if "area_mm" in raw:
            raise InputError("area_mm is an old name; it is now region")
        axes, fixed = raw.get("axes", {}), raw.get("fixed", {})
        for name, table in (("axes", axes), ("fixed", fixed)):
            if not isinstance(table, dict):
                raise refuse(name, table, "a table of names and values")
        # A file gets all its problems in one line, not one a run.
        found = [
            f"{key} is not a known key{closest_words(str(key), cls.model_fields)}"
            for key in raw
            if key not in cls.model_fields
        ]
        if not axes:
            found.append("axes is missing or empty; allowed: one or more of " + ", ".join(AXES))
        found += [str(_unknown("axis", name, AXES)) for name in [*axes, *fixed] if name not in AXES]
        both = [name for name in axes if name in fixed]
        if both:
            found.append(str(refuse("fixed", ", ".join(both), "names that are no axis of this study")))
        read = {name: _tried(found, partial(listed, name, values)) for name, values in axes.items() if name in AXES}
        held = {name: _tried(found, partial(_held, name, value)) for name, value in fixed.items() if name in AXES}
        if "surface" in {*axes, *fixed} and "zone" not in {*axes, *fixed}:
            # A row a zone: a study of a body that names none has all of them.
            every = _tried(found, partial(_all_zones, read, held))
            read |= {} if every is None else {"zone": every}
        outputs = raw.get("outputs", ())
        for name in outputs if isinstance(outputs, (list, tuple)) else ():
            if isinstance(name, str):
                _tried(found, partial(output_called, name))
        if found:
            raise InputError("; ".join(found))
        return raw | {"axes": read, "fixed": held}

    @model_validator(mode="after")
    def _can_be_run(self) -> Study:
        given = {*self.axes, *self.fixed}
        if "device" not in given:
            raise InputError("device is missing; allowed: a roller under axes or fixed, see `dermaroll devices`")
        if {"needle_count", "rows", "per_ring"} <= given:
            raise refuse("needle_count", "given", "one or two of needle_count, rows and per_ring; the third follows")
        if not 0 < len(self.outputs) <= MOST_OUTPUTS:
            raise refuse("outputs", len(self.outputs), f"1 to {MOST_OUTPUTS} names")
        for name in self.outputs:
            output_called(name)
        if len(set(self.outputs)) < len(self.outputs):
            raise refuse("outputs", list(self.outputs), "each name once")
        self._check_bodies(given)
        needs_active = [name for name in self.outputs if output_called(name).part.quantity.needs == "active"]
        if needs_active and "active" not in given:
            raise refuse("outputs", needs_active[0], "this output only with an active under axes or fixed")
        for name, value in self.fixed.items():
            check_value(name, value)
        for name, axis in self.axes.items():
            if isinstance(axis, Range) and self.sample is None and not axis.steps and not axis.step:
                raise refuse(f"axes.{name}", _range_text(axis), "a range with steps or step, unless sampled")
            problems = [problem_of(name, value) for value in self._ends(name)]
            if all(problems):
                raise InputError(f"axes.{name}: {problems[0]}")
        own_site = [value for value in self._ends("site") if str(value).endswith(".toml")] if "site" in given else []
        if own_site and given & set(WHOSE):
            raise refuse("site", own_site[0], f"sites of the catalogue where {', '.join(WHOSE)} are given")
        return self

    def _check_bodies(self, given: set[str]) -> None:
        if "surface" not in given:
            alone = [name for name in AXES_OF_BODIES if name in given]
            if alone:
                raise refuse(alone[0], self._ends(alone[0])[0], "none where no surface is given")
            return
        if self.region != Study.model_fields["region"].default:
            raise refuse("region", self.region, "none on a surface, whose zones are treated")
        if "unit" in self.axes:
            raise refuse("unit", "an axis", "a value under fixed")
        check_zones(self._ends("surface"), self.fixed.get("unit"), self._ends("zone"))

    def _ends(self, name: str) -> tuple[Any, ...]:
        """All values of a list, the ends of a range."""
        axis = self.axes.get(name, (self.fixed.get(name),))
        return (axis.first, axis.last) if isinstance(axis, Range) else axis

    @classmethod
    def read(cls, path: str | Path) -> Study:
        """Return the study that a TOML file describes.

        Parameters
        ----------
        path : str or Path — the file [-]

        Raises
        ------
        InputError
            For a file that can't be read, an unknown or empty axis, or a value that can't be used.

        """
        return checked_row(cls, {"title": Path(path).stem} | read_toml(Path(path)), str(path))

    @property
    def size(self) -> int:
        """Number of settings [-]."""
        if self.sample is not None:
            return self.sample.sobol
        return prod(len(axis_values(name, axis)) for name, axis in self.axes.items())

    @property
    def runs(self) -> int:
        """Number of treatments, replicates counted [-]."""
        return self.size * self.replicates

    def warnings(self) -> list[str]:
        """Return a line for every value whose settings will fail."""
        lines = []
        for name in self.axes:
            for value in self._ends(name):
                problem = problem_of(name, value)
                if problem:
                    lines.append(f"axes.{name}: {problem}; its settings become rows with this error")
        return lines

    def records(self) -> dict[str, dict[str, Any]]:
        """Return what the names of devices, sites and actives stand for, so that workers need none of the files."""
        found: dict[str, dict[str, Any]] = {}
        for kind in FILES:
            names = self._ends(kind) if kind in {*self.axes, *self.fixed} else ()
            find = getattr(catalog, kind)
            found[kind] = {name: find(name) for name in names if not problem_of(kind, name)}
        return found

    def content(self) -> dict[str, Any]:
        """Return all that decides the rows, as plain objects."""
        records = {
            kind: {name: record.model_dump(mode="json") for name, record in named.items()}
            for kind, named in self.records().items()
        }
        if "surface" in {*self.axes, *self.fixed}:
            records["surface"] = {name: {"digest": digest_of(name)} for name in self._ends("surface")}
        return {"schema": SCHEMA, **self.model_dump(mode="json", by_alias=True, exclude={"title"}), "records": records}

    def fingerprint(self) -> str:
        """Return a short name of all that decides the rows; the title does not."""
        text = json.dumps(self.content(), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_toml(self) -> str:
        """Return the study as TOML that `read` understands."""
        given = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        tables = {name: given.pop(name) for name in ("fixed", "axes", "sample") if name in given}
        lines = [f"{name} = {toml_value(value)}" for name, value in given.items()]
        for name, table in tables.items():
            if table:
                lines += ["", f"[{name}]", *(f"{key} = {toml_value(value)}" for key, value in table.items())]
        return "\n".join(lines) + "\n"


def _all_zones(axes: dict[str, Any], fixed: dict[str, Any]) -> tuple[str, ...]:
    surfaces = axes.get("surface") or (fixed.get("surface"),)
    return zones_of_bodies(tuple(surface for surface in surfaces if surface), fixed.get("unit"))


def _tried(found: list[str], read: Callable[[], Any]) -> Any:
    """What a reader gives; where it refuses, its line is added to those found."""
    try:
        return read()
    except InputError as error:
        found.append(str(error))
        return None


def _held(name: str, value: object) -> object:
    """The value that all settings of a study share."""
    values = listed(f"fixed {name}", [value], name)
    assert isinstance(values, tuple)
    return values[0]


def problem_of(name: str, value: object) -> str:
    """Return why a value of an axis can't be used by itself, nothing if it can.

    Parameters
    ----------
    name : str — axis [-]
    value : object — one of its values [as named]

    """
    try:
        check_value(name, value)
    except ValidationError as error:
        return one_line(error)
    except InputError as error:
        return str(error)
    return ""


@dataclass(frozen=True)
class Settings:
    """The settings of a study by their number; none is kept.

    Parameters
    ----------
    names : tuple of str — of the axes [-]
    values : tuple of tuple — of each axis; a sampled range is a single `Range` [as named]
    points : (N, A) float array or None — of the sample in the unit cube, None for a grid [-]
    size : int — number of settings [-]

    """

    names: tuple[str, ...]
    values: tuple[tuple[Any, ...] | Range, ...]
    points: Array | None
    size: int

    def columns(self, start: int, stop: int) -> dict[str, list[Any]]:
        """Return the values of each axis for a stretch of settings.

        Parameters
        ----------
        start, stop : int — the first setting, and the one after the last [-]

        """
        if self.points is None:
            shape = tuple(len(values) for values in self.values if isinstance(values, tuple))
            places: Iterable[Any] = np.unravel_index(np.arange(start, stop), shape)
        else:
            places = self.points[start:stop].T
        return {
            name: _chosen(name, values, place)
            for name, values, place in zip(self.names, self.values, places, strict=True)
        }

    def stretch(self, start: int, stop: int) -> list[dict[str, Any]]:
        """Return a stretch of settings, each as a value by axis.

        Parameters
        ----------
        start, stop : int — the first setting, and the one after the last [-]

        """
        columns = self.columns(start, stop)
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def settings_of(study: Study) -> Settings:
    """Return the settings of a study; its sample, if it has one, is drawn here and nowhere else.

    Parameters
    ----------
    study : Study — axes and seed [-]

    """
    names = tuple(study.axes)
    if study.sample is None:
        grid: tuple[tuple[Any, ...], ...] = tuple(axis_values(name, axis) for name, axis in study.axes.items())
        return Settings(names, grid, None, study.size)
    from scipy.stats import qmc

    points = qmc.Sobol(len(names), seed=np.random.default_rng(study.seed)).random(study.size)
    free = tuple(
        axis if isinstance(axis, Range) and not axis.steps and not axis.step else axis_values(name, axis)
        for name, axis in study.axes.items()
    )
    return Settings(names, free, points, study.size)


def _chosen(name: str, values: tuple[Any, ...] | Range, place: Any) -> list[Any]:
    """Values at places: numbers of a list, or shares 0..1 of a list or a range."""
    if isinstance(values, Range):
        inside: list[Any] = values.at(place, whole=AXES[name] is Kind.WHOLE).tolist()
        return inside
    if place.dtype.kind == "f":
        place = np.minimum((place * len(values)).astype(np.int64), len(values) - 1)
    return [values[index] for index in place.tolist()]


def _unknown(kind: str, name: str, known: Iterable[str]) -> InputError:
    names = list(known)
    close = difflib.get_close_matches(str(name).lower(), names, n=3, cutoff=0.5)
    hint = f"closest: {', '.join(close)}" if close else f"known: {', '.join(names)}"
    return InputError(f"{name!r} is no {kind}; {hint}")


def _range_text(axis: Range) -> str:
    return f"from {axis.first:g} to {axis.last:g}"


# What a template shows.
EXAMPLE = Study(
    title="which length and load for which site",
    seed=1,
    replicates=8,
    outputs=("density_per_cm2", "papillary_dermis_density_per_cm2", "hypodermis_density_per_cm2", "peak_depth_um_mean"),
    fixed={"device": "mf-8", "passes": 8},
    axes={"site": ("cheek", "forehead"), "length_mm": {"from": 0.25, "to": 2.0, "steps": 8}, "load_n": (1.0, 3.0)},
)
