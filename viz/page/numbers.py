"""The numbers of a page and where each stands in the JSON object.

In: the result. Out: the parsed JSON of `--format json`, and readers of it; whatever number the page prints is a
`Number`, which carries the path of the value in that object.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ...roller.programme.sessions import Programme
from ...roller.treatment.comparison import Comparison
from ...roller.treatment.digits import figure
from ...roller.treatment.names import Part
from ...roller.treatment.quantity import STATISTICS
from ...roller.treatment.result import COURSE_GROUPS, Treatment

Shown = Treatment | Comparison | Programme


class Number(NamedTuple):
    """A value as it is printed, with its place in the JSON object; words have a place too."""

    text: str
    path: str
    value: float | str | None


@dataclass(frozen=True)
class Content:
    """The JSON object of a result, and the devices that a page shows side by side.

    Parameters
    ----------
    text : str — the JSON itself [-]
    data : dict — the same, parsed [-]
    treatments : tuple of Treatment — one a device shown [-]
    labels : tuple of str — what the page calls them [-]
    places : tuple of str — path of each device's object, ending in a dot, empty for the whole [-]

    """

    text: str
    data: dict[str, Any]
    treatments: tuple[Treatment, ...]
    labels: tuple[str, ...]
    places: tuple[str, ...]

    def at(self, path: str) -> Any:
        """Return the value at a path, None where there is none.

        Parameters
        ----------
        path : str — keys and indices with dots between them; an index of -1 is the last [-]

        """
        value: Any = self.data
        for key in path.split("."):
            if isinstance(value, list):
                place = int(key)
                value = value[place] if -len(value) <= place < len(value) else None
            else:
                value = value.get(key) if isinstance(value, dict) else None
            if value is None:
                return None
        return value

    def number(self, path: str, scale: float = 1.0, words: Callable[[float], str] = figure) -> Number:
        """Return the number at a path as it is printed.

        Parameters
        ----------
        path : str — as for `at` [-]
        scale : float — printed over stored value, 100 for percent [-]
        words : callable — turns the printed value into text [-]

        """
        value = self.at(path)
        exact = ".".join(self._counted(path))
        if isinstance(value, str):
            return Number(value, exact, value)
        if not isinstance(value, (int, float)):
            return Number("–", exact, None)
        return Number(words(scale * value), exact, value)

    def _counted(self, path: str) -> list[str]:
        """The path with indices counted from the front."""
        value: Any = self.data
        keys = []
        for key in path.split("."):
            if isinstance(value, list):
                place = int(key)
                keys.append(str(place + len(value) if place < 0 else place))
                value = value[place] if -len(value) <= place < len(value) else None
            else:
                keys.append(key)
                value = value.get(key) if isinstance(value, dict) else None
        return keys


def content_of(result: Shown) -> Content:
    """Return the JSON object of a result and where its devices stand in it.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]

    """
    data = json.loads(result.to_json())
    text = json.dumps(data, separators=(",", ":"))  # the same object without the spaces that only eyes want
    if isinstance(result, Treatment):
        return Content(text, data, (result,), (result.device.name,), ("",))
    if isinstance(result, Comparison):
        several = len(result.sites) > 1
        names = tuple(one.device.name + (f", {one.site.title.lower()}" if several else "") for one in result.treatments)
        return Content(
            text, data, result.treatments, names, tuple(f"devices.{number}." for number in range(len(names)))
        )
    # Sessions that share a treatment are shown once, by the first of them.
    treatments = tuple(result.treatments())
    names = tuple(treatment.device.name for treatment in treatments)
    days = [next(one.day for one in result.sessions if one.treatment is treatment) for treatment in treatments]
    labels = tuple(
        name if names.count(name) == 1 else f"{name}, day {day:g}" for name, day in zip(names, days, strict=True)
    )
    return Content(text, data, treatments, labels, tuple(f"treatments.{number}." for number in range(len(names))))


def path_of(part: Part, suffix: str = "", end: int | None = None) -> str:
    """Return where a part of a quantity stands in a treatment's JSON object.

    Parameters
    ----------
    part : Part — the quantity, or a layer, statistic or number of hits of it [-]
    suffix : str — '_sd', '_band', '_uncertainty', or empty for the figure itself [-]
    end : int or None — 0 for the low and 1 for the high end of a band [-]

    """
    quantity = part.quantity
    which = [] if end is None else [str(end)]
    if part.layer is not None:
        keys = ["layers", str(part.layer), quantity.layer_key + suffix, *which]
    elif part.statistic is not None:
        keys = [quantity.key + suffix, STATISTICS[part.statistic], *which]
    else:
        hits = [] if part.hits is None else [str(part.hits)]
        keys = [quantity.key + suffix, *which, *hits]
    if quantity.time is not None:
        keys = ["aftermath", COURSE_GROUPS[quantity.time][0], *keys]
    elif quantity.needs:
        keys = ["aftermath", *keys]
    return ".".join(keys)


def last_of(part: Part, suffix: str = "", end: int | None = None) -> str:
    """Return the path of a part after the last pass, or at the last hour.

    Parameters
    ----------
    part : Part — goes over no depths [-]
    suffix : str — as for `path_of` [-]
    end : int or None — as for `path_of` [-]

    """
    return path_of(part, suffix, end) + (".-1" if part.rest else "")
