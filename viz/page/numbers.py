"""The numbers of a page and where each stands in the JSON object.

In: the result. Out: the parsed JSON of `--format json`, and readers of it; whatever number the page prints is a
`Number`, which carries the path of the value in that object.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ...roller.programme.sessions import Programme
from ...roller.treatment.comparison import Comparison
from ...roller.treatment.digits import figure
from ...roller.treatment.result import Treatment

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
    aftermaths : tuple of str — path of what each device's session leads to, ending in a dot [-]

    """

    text: str
    data: dict[str, Any]
    treatments: tuple[Treatment, ...]
    labels: tuple[str, ...]
    places: tuple[str, ...]
    aftermaths: tuple[str, ...]

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
    text = result.to_json()
    data = json.loads(text)
    if isinstance(result, Treatment):
        return Content(text, data, (result,), (result.device.name,), ("",), ("aftermath.",))
    if isinstance(result, Comparison):
        count = range(len(result.treatments))
        names = tuple(treatment.device.name for treatment in result.treatments)
        places = tuple(f"devices.{number}." for number in count)
        return Content(text, data, result.treatments, names, places, tuple(f"aftermaths.{number}." for number in count))
    return _of_programme(result, text, data)


def _of_programme(result: Programme, text: str, data: dict[str, Any]) -> Content:
    """Sessions that share a treatment are shown once, by the first of them."""
    first = {id(session.treatment): number for number, session in reversed(list(enumerate(result.sessions)))}
    numbers = sorted(first.values())
    treatments = tuple(result.sessions[number].treatment for number in numbers)
    names = [treatment.device.name for treatment in treatments]
    labels = tuple(
        name if names.count(name) == 1 else f"{name}, day {result.sessions[number].day:g}"
        for name, number in zip(names, numbers, strict=True)
    )
    places = tuple(f"sessions.{number}." for number in numbers)
    return Content(text, data, treatments, labels, places, places)


def percent(value: float) -> str:
    """Return a percentage with its sign, for a change.

    Parameters
    ----------
    value : float — the change [%]

    """
    return f"{value:+.2g}" if np.isfinite(value) else "–"
