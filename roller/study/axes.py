"""What a study can vary: the axes, the values they may take, and ranges of values.

In: a list or a range from a study. Out: checked values. Ranges of fields stand in the records; this asks those.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from ...data import catalog
from ...data.catalog import RollerSpec, SkinSite
from ...data.checks import InputError, Record, Within, refuse, within_of
from ...data.tables import checked_row
from ...geometry.arrays import Array, floats
from ..technique import Technique, technique_inputs
from ..treatment.quantity import PRETTY
from .bodies import body_of

MOST_VALUES = 1_000_000


class Kind(Enum):
    """What the values of an axis are, and so what its column holds."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    YES_NO = "true or false"


GEOMETRY: dict[str, Kind] = {
    "length_mm": Kind.NUMBER,
    "tip_radius_um": Kind.NUMBER,
    "half_angle_deg": Kind.NUMBER,
    "shaft_diameter_mm": Kind.NUMBER,
    "sheet_thickness_mm": Kind.NUMBER,
    "needle_count": Kind.WHOLE,
    "rows": Kind.WHOLE,
    "per_ring": Kind.WHOLE,
    "stagger": Kind.NUMBER,
    "drum_radius_mm": Kind.NUMBER,
    "drum_width_mm": Kind.NUMBER,
}
WHOSE = ("sex", "age_years", "skin_colour")  # of catalogue sites
KIND_OF = {int: Kind.WHOLE, float: Kind.NUMBER, bool: Kind.YES_NO, str: Kind.TEXT}
TECHNIQUE: dict[str, Kind] = {entry.name: KIND_OF[entry.kind] for entry in technique_inputs()}
AXES: dict[str, Kind] = {
    "device": Kind.TEXT,
    **GEOMETRY,
    "surface": Kind.TEXT,
    "unit": Kind.TEXT,
    "zone": Kind.TEXT,
    "site": Kind.TEXT,
    "sex": Kind.TEXT,
    "age_years": Kind.NUMBER,
    "skin_colour": Kind.TEXT,
    **TECHNIQUE,
    "active": Kind.TEXT,
    "dose_ug_per_cm2": Kind.NUMBER,
    "occluded": Kind.YES_NO,
}


class Range(Record):
    """Values from one number to another, both included.

    Parameters
    ----------
    first, last : float — the ends; `from` and `to` in files [as the axis]
    steps : int or None — number of values, ends included [-]
    step : float or None — instead: from each value to the next, a factor where the scale is 'log' [as the axis]
    scale : str — 'linear' or 'log' [-]

    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first: Annotated[float, Within(-1e12, 1e12), Field(alias="from")]
    last: Annotated[float, Within(-1e12, 1e12), Field(alias="to")]
    steps: Annotated[int, Within(2, MOST_VALUES)] | None = None
    step: Annotated[float, Within(1e-12, 1e12)] | None = None
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _goes_up(self) -> Range:
        if not self.first < self.last:
            raise refuse("to", self.last, f"more than from = {self.first:g}")
        if self.steps and self.step:
            raise refuse("step", self.step, "either steps or step")
        if self.scale == "log":
            if self.first <= 0:
                raise refuse("from", self.first, "more than 0 where the scale is log")
            if self.step and self.step <= 1:
                raise refuse("step", self.step, "a factor of more than 1 where the scale is log")
        if self.step and self._span() / self._stride() > MOST_VALUES:
            raise refuse("step", self.step, f"a step that gives at most {MOST_VALUES} values")
        return self

    def _span(self) -> float:
        return float(np.log(self.last / self.first)) if self.scale == "log" else self.last - self.first

    def _stride(self) -> float:
        step = self.step or 1.0
        return float(np.log(step)) if self.scale == "log" else step

    def at(self, share: Array, *, whole: bool) -> Array:
        """Return the values at shares of the way from one end to the other.

        Parameters
        ----------
        share : (n,) float — 0 at `first`, 1 at `last` [-]
        whole : bool — whole numbers, all of them alike likely where the scale is linear [-]

        """
        low, high = (self.first - 0.5, self.last + 0.5) if whole else (self.first, self.last)
        low = max(low, self.first / 2) if self.scale == "log" else low
        value = low * (high / low) ** share if self.scale == "log" else low + (high - low) * share
        if whole:
            return np.clip(np.rint(value), np.ceil(self.first), np.floor(self.last)).astype(np.int64)
        return floats(np.clip(value, low, high))

    def values(self, *, whole: bool) -> tuple[float | int, ...]:
        """Return the values of a range that says how many there are.

        Parameters
        ----------
        whole : bool — rounded to whole numbers, each once [-]

        """
        if self.steps:
            share = floats(np.linspace(0, 1, self.steps))
        else:
            # A last step that falls a rounding error short of the end still counts.
            number = int(np.floor(self._span() / self._stride() * (1 + 1e-12)))
            share = floats(np.arange(number + 1) * self._stride() / self._span())
        raw = self.first * (self.last / self.first) ** share if self.scale == "log" else None
        value = self.first + (self.last - self.first) * share if raw is None else raw
        if whole:
            return tuple(np.unique(np.rint(value).astype(np.int64)).tolist())
        # Twelve digits: 0.1 + 0.2 reads 0.3.
        return tuple(float(f"{number:.12g}") for number in value)


def axis_values(name: str, axis: tuple[Any, ...] | Range) -> tuple[Any, ...]:
    """Return all values of an axis.

    Parameters
    ----------
    name : str — axis [-]
    axis : tuple or Range — as the study has it [as the axis]

    """
    return axis.values(whole=AXES[name] is Kind.WHOLE) if isinstance(axis, Range) else axis


def listed(field: str, given: object, name: str | None = None) -> tuple[Any, ...] | Range:
    """Return the values of an axis as its column can hold them.

    Parameters
    ----------
    field : str — what the error line calls it [-]
    given : object — a list, a range, or a table that describes a range [as the axis]
    name : str or None — the axis; None where `field` is its name [-]

    """
    name = name or field
    kind, where = AXES[name], f"axes.{field}" if field == name else field.replace(" ", ".")
    if isinstance(given, (dict, Range)):
        if kind not in (Kind.NUMBER, Kind.WHOLE):
            raise refuse(where, given, f"a list of values, each {kind.value}")
        return given if isinstance(given, Range) else checked_row(Range, given, where)
    values = given.tolist() if isinstance(given, np.ndarray) else given
    if not isinstance(values, (list, tuple, range)):
        raise refuse(where, given, "a list of values, or a range { from = , to = , steps = }")
    if not len(values):
        raise refuse(where, list(values), "one value or more; this axis is empty")
    found = tuple(_as_kind(where, value, kind) for value in values)
    if len(set(found)) < len(found):
        raise refuse(where, list(values), "each value once")
    return found


def _as_kind(where: str, value: object, kind: Kind) -> Any:
    match kind, value:
        case Kind.YES_NO, bool():
            return value
        case Kind.TEXT, str():
            return value
        case Kind.TEXT, _ if hasattr(value, "__fspath__"):
            return str(value)
        case Kind.WHOLE, int() | np.integer() if not isinstance(value, bool):
            return int(value)
        case Kind.NUMBER, int() | float() | np.number() if not isinstance(value, bool) and np.isfinite(value):
            return float(value)
    raise refuse(where, value, f"values that are each {kind.value}")


def check_value(name: str, value: Any) -> None:
    """Refuse a value that can't be used whatever the other axes are.

    Parameters
    ----------
    name : str — axis [-]
    value : any — one of its values [as the axis]

    """
    if name in ("device", "site", "active"):
        getattr(catalog, name)(value)
    elif name == "surface":
        body_of(value)
    elif name in ("sex", "skin_colour"):
        catalog.site("cheek", **{name: value})
    elif name == "dose_ug_per_cm2":
        catalog.DOSES.number(name, value)
    elif name in TECHNIQUE:
        Technique.model_validate({name: value})
    elif name in GEOMETRY or name == "age_years":
        record = RollerSpec if name in GEOMETRY else SkinSite
        try:
            _field(record, name).validate_python(value)
        except ValidationError as error:
            raise InputError(str(refuse(name, value, error.errors()[0]["msg"]))) from error


def axis_label(name: str) -> str:
    """Return what an axis is and its unit, as a chart has them.

    Parameters
    ----------
    name : str — axis [-]

    """
    unit = _unit(name)
    written = unit.lower()  # in a name a slash is left out, or reads "per"
    endings = [written.replace("1/", "per_"), written.replace("/", "_per_"), written.replace("/", "_")]
    ending = next((f"_{end}" for end in endings if end and name.endswith(f"_{end}")), "")
    pretty = PRETTY.get(unit, unit)
    return name.removesuffix(ending).replace("_", " ") + (f" [{pretty}]" if pretty else "")


def _unit(name: str) -> str:
    """Unit of an axis; empty for words and pure numbers."""
    if name == "dose_ug_per_cm2":
        return catalog.DOSES.unit
    fields = SkinSite.model_fields | RollerSpec.model_fields | Technique.model_fields
    within = within_of(fields[name]) if name in fields else None
    return within.unit if within else ""


def _field(record: type[Record], name: str) -> TypeAdapter[Any]:
    field = record.model_fields[name]
    kind: Any = field.annotation
    return TypeAdapter(Annotated[kind, *field.metadata] if field.metadata else kind)
