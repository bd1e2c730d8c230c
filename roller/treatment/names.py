"""Flat names of figures: layer, key, `_at_N_um` or `_at_N_h`, statistic; then what is told of the replicates.

papillary_dermis_density_per_cm2, coverage_at_200_um, peak_depth_um_p05, amount_ug_per_cm2_at_24_h, surface_coverage_sd.
In: a quantity, or a name. Out: the parts that a quantity has besides passes, depths and times, and where a name points.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.checks import InputError, shown
from ...data.thickness import LAYERS
from ...geometry.arrays import Array
from .quantities import ALL, QUANTITIES
from .quantity import STATISTIC_WORDS, STATISTICS, Quantity
from .spread import band_of, mean_of, sd_of

SPREADS = ("_sd", "_band_low", "_band_high", "_uncertainty_low", "_uncertainty_high")
AT = re.compile(r"(?P<name>\w+)_at_(?P<number>\d+(\.\d+)?)_(?P<unit>um|h|d)")
LARGEST_NUMBER = 1e4
UNIT_OF = {"depth": "um", "closure_hour": "h", "delivery_hour": "h", "day": "d"}

# Names of before, and what they are called now.
OLD = (
    (re.compile(r"density_at_([\d.N]+)_um_per_cm2"), r"density_per_cm2_at_\1_um"),
    (re.compile(r"(\w+)\.(mean|sd|p05|p50|p95)"), r"\1_\2"),
    (re.compile(r"(peak_depth|residual_depth|surface_diameter)_(mean|sd|p05|p50|p95)_um"), r"\1_um_\2"),
    (re.compile(r"amount_(?:[\w-]+_)?([\d.]+)h(?:_ug_per_cm2)?"), r"amount_ug_per_cm2_at_\1_h"),
    (re.compile(r"enhancement_[\w-]+"), "enhancement"),
    (re.compile(r"(\w+_(?:um|mm|cm2|fraction|share|coverage|ratio|mean|sd|p05|p50|p95))_p05"), r"\1_band_low"),
    (re.compile(r"(\w+_(?:um|mm|cm2|fraction|share|coverage|ratio|mean|sd|p05|p50|p95))_p95"), r"\1_band_high"),
)


class Part(NamedTuple):
    """A quantity, or one layer, statistic or number of hits of it.

    Parameters
    ----------
    name : str — flat; `_at_N_um`, `_at_N_h` or `_at_N_d` follows where it goes over depths or a time [-]
    column : str — of a table that has a row for each depth [-]
    quantity : Quantity — whose part it is [-]
    layer, statistic, hits : int or None — which one, where the quantity has several [-]

    """

    name: str
    column: str
    quantity: Quantity
    layer: int | None = None
    statistic: int | None = None
    hits: int | None = None

    @property
    def rest(self) -> tuple[str, ...]:
        """Dimensions that are left: passes, depth or a time [-]."""
        return tuple(dim for dim in self.quantity.dims if getattr(self, dim, None) is None)

    @property
    def at(self) -> str:
        """What a number in the name counts: 'um', 'h', 'd', or empty where there is none [-]."""
        return next((UNIT_OF[dim] for dim in self.rest if dim in UNIT_OF), "")

    @property
    def words(self) -> str:
        """What it is, in a row of a table [-]."""
        words = self.quantity.said(self.layer, self.hits)
        return words if self.statistic is None else f"{words}; {STATISTIC_WORDS[STATISTICS[self.statistic]]}"

    def of(self, values: Array) -> Array:
        """Return its part of an array.

        Parameters
        ----------
        values : (..., *dims) float — of the quantity, after any number of leading dimensions [as the quantity]

        """
        picked = {"layer": self.layer, "statistic": self.statistic, "hits": self.hits}
        which = [picked.get(dim) for dim in self.quantity.dims]
        places = tuple(slice(None) if index is None else index for index in which)
        return values[(..., *places)] if places else values


@cache
def parts_of(key: str) -> tuple[Part, ...]:
    """Return the parts of a quantity, one where it has no layers, statistics or hits.

    Parameters
    ----------
    key : str — of the quantity [-]

    """
    quantity = ALL[key]
    counts = {"layer": len(LAYERS), "statistic": len(STATISTICS), "hits": 4}
    dims = [dim for dim in quantity.dims if dim in counts]
    found = []
    for which in product(*(range(counts[dim]) for dim in dims)):
        given = dict(zip(dims, which, strict=True))
        name = quantity.key
        if "layer" in given:
            name = f"{LAYERS[given['layer']]}_{quantity.layer_key}"
        if "hits" in given:
            name += f"_{given['hits']}"
        if "statistic" in given:
            name += f"_{STATISTICS[given['statistic']]}"
        found.append(Part(name.replace("_at_depth", ""), name, quantity, **given))
    return tuple(found)


@cache
def all_parts() -> dict[tuple[str, str], Part]:
    """Return every part by its name and by what a number in the name counts."""
    parts = (part for key in ALL for part in parts_of(key))
    return {(part.name, part.at): part for part in parts}


class Place(NamedTuple):
    """Where a flat name points.

    Parameters
    ----------
    part : Part — the quantity, or what of it [-]
    number : float or None — depth or time, where the part goes over one [um, h or d]
    spread : str — one of `SPREADS`, empty for the figure itself [-]

    """

    part: Part
    number: float | None = None
    spread: str = ""


@cache
def place_of(name: str) -> Place:
    """Return where a flat name points.

    Parameters
    ----------
    name : str — for example papillary_dermis_density_per_cm2 or coverage_at_500_um [-]

    Raises
    ------
    InputError
        For an unknown name, with the new name of an old one, or the closest names.

    """
    found = _exactly(name)
    if found is not None:
        return found
    for spread in SPREADS:
        if name.endswith(spread) and (found := _exactly(name.removesuffix(spread))) is not None:
            return found._replace(spread=spread)
    for pattern, now in OLD:
        if pattern.fullmatch(name) and (new := pattern.sub(now, name)) != name:
            raise InputError(f"{shown(name)} is an old name; it is now {new}")
    known = known_names(ALL)
    asked = AT.fullmatch(name)
    key = name if asked is None else f"{asked['name']}_at_N_{asked['unit']}"
    close = difflib.get_close_matches(key.lower(), known, n=3, cutoff=0.5)
    hint = f"closest: {', '.join(close)}" if close else "docs/quantities.md lists all names"
    raise InputError(f"{shown(name)} is no figure; {hint}")


def _exactly(name: str) -> Place | None:
    if (part := all_parts().get((name, ""))) is not None:
        return Place(part)
    asked = AT.fullmatch(name)
    if asked is None or float(asked["number"]) > LARGEST_NUMBER:
        return None
    part = all_parts().get((asked["name"], asked["unit"]))
    return None if part is None else Place(part, float(asked["number"]))


def named_at(part: Part, number: float) -> str:
    """Return the flat name of a part at a depth or a time.

    Parameters
    ----------
    part : Part — goes over depths or a time [-]
    number : float — which [um, h or d]

    """
    return f"{part.name}_at_{number:g}_{part.at}"


def known_names(keys: Iterable[str] = tuple(QUANTITIES)) -> list[str]:
    """Return the names of all parts of some quantities; N stands for a depth or a time.

    Parameters
    ----------
    keys : iterable of str — of the quantities [-]

    """
    parts = (part for key in keys for part in parts_of(key))
    return [f"{part.name}_at_N_{part.at}" if part.at else part.name for part in parts]


def over_replicates(part: Part, values: Array) -> dict[str, NDArray[Any]]:
    """Return what is told of a part over the replicates, by the suffix of its name; one replicate has no spread.

    Parameters
    ----------
    part : Part — gives its dimensions and whether its values are classes [-]
    values : (N, *dims) float — of the quantity, replicates first [as the quantity]

    """
    return over_all(part.quantity, part.of(values), raw=True)


def over_all(quantity: Quantity, own: Array, *, raw: bool = False) -> dict[str, NDArray[Any]]:
    """Return mean, spread and band over the first dimension by the suffix of their names; one value has no spread.

    Parameters
    ----------
    quantity : Quantity — says whether the values are classes [-]
    own : (N, ...) float — replicates first [as the quantity]
    raw : bool — classes as their places in the order, not as their names [-]

    """
    classes = bool(quantity.classes)
    found = {"": mean_of(own, classes=classes)}
    if len(own) > 1:
        low, high = band_of(own, classes=classes)
        found |= ({} if classes else {"_sd": sd_of(own)}) | {"_band_low": low, "_band_high": high}
    return dict(found) if raw else {suffix: classed(quantity, value) for suffix, value in found.items()}


def classed(quantity: Quantity, value: Array) -> NDArray[Any]:
    """Return values as files hold them: numbers, or the names of classes.

    Parameters
    ----------
    quantity : Quantity — whose values they are [-]
    value : float array — places in the order of classes, or numbers [as the quantity]

    """
    if not quantity.classes:
        return np.asarray(value)
    names = np.array([*quantity.classes, ""], dtype=object)
    which = np.where(np.isfinite(value), np.nan_to_num(value), -1).astype(np.int64)
    return np.asarray(names[which], dtype=object)
