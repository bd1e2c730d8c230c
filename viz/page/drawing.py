"""What a drawing of the page is: its axes, its colours, and where its numbers stand in the JSON object.

In: labels of the table of quantities, colours of the palette, paths. Out: plain objects that the page's script draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import to_hex, to_rgb

from ...roller.treatment.result import Treatment
from ..palette import DEVICE_COLOURS, LAYER_COLOURS

NICE = np.array([1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0])  # ends of an axis, times a power of ten
Named = list[tuple[int, Treatment, str, str]]  # number, treatment, label and path of each device


@dataclass(frozen=True)
class Drawing:
    """One chart: heading, what is drawn, the sentence that stands for it, and whether it takes the whole width."""

    name: str
    heading: str
    chart: dict[str, Any]
    words: str
    wide: bool = False


@dataclass(frozen=True)
class Chapter:
    """Charts that answer one question."""

    name: str
    title: str
    about: str
    drawings: tuple[Drawing, ...]


def axis(label: str, low: float, high: float, unit: str = "", **more: Any) -> dict[str, Any]:
    """Return an axis.

    Parameters
    ----------
    label : str — beside it [-]
    low, high : float — its ends [unit]
    unit : str — empty for none [-]
    more : object — log, turned or whole: True where it is so [-]

    """
    return {"label": label, "unit": unit, "from": low, "to": high, **more}


def place(path: str, scale: float = 1.0, shift: float = 0.0) -> dict[str, Any]:
    """Return where numbers of the JSON object stand, and how they are drawn: scale times the number, plus shift.

    Parameters
    ----------
    path : str — keys and indices with dots between them [-]
    scale, shift : float — of each number [-]

    """
    return {"path": path.split("."), **({"scale": scale} if scale != 1 else {}), **({"shift": shift} if shift else {})}


def nice(value: float) -> float:
    """Return the end of an axis that holds a value: a round number.

    Parameters
    ----------
    value : float — the largest that is drawn [any]

    """
    if not np.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(NICE[np.searchsorted(NICE, value / power * (1 - 1e-9))] * power)


def device_ink(number: int) -> str:
    """Return the colour of a device on the page: a variable of its style, lighter in the dark.

    Parameters
    ----------
    number : int — of the device, 0 first [-]

    """
    return f"var(--device-{number % len(DEVICE_COLOURS)})"


IN_THE_DARK = 0.45  # how far a device's colour goes towards white, to be seen on a dark page


def colour_rules() -> str:
    """Return the colours of devices and layers as rules of a style sheet, devices lighter where the page is dark."""
    light = dict(enumerate(DEVICE_COLOURS))
    dark = {number: to_hex(_lighter(to_rgb(ink))) for number, ink in light.items()}
    rules = [f".device-{number} {{ background: var(--device-{number}); }}" for number in light]
    for name in (layer.replace("_", "-") for layer in LAYER_COLOURS):
        rules.append(f".layer-{name} {{ background: var(--layer-{name}); fill: var(--layer-{name}); }}")
    in_the_dark = f"@media (prefers-color-scheme: dark) {{ {_variables(dark)} }}"
    return "\n".join([_variables(light), in_the_dark, f"@media print {{ {_variables(light)} }}", *rules, ""])


def _lighter(ink: tuple[float, float, float]) -> Any:
    return np.add(ink, IN_THE_DARK * np.subtract(1, ink))


def _variables(inks: dict[int, str]) -> str:
    return ":root { " + " ".join(f"--device-{number}: {ink};" for number, ink in inks.items()) + " }"
