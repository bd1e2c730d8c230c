"""Maps over a body as they are shown: words, unit and colour scale of each, the same in pictures, page and window.

In: the maps of treatments. Out: numbers as they are printed, and where their colour scale ends. Depth has the one scale
of depth that all pictures share; whatever is counted begins at none, so that half as much looks half as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

import numpy as np

from ..data.catalog import DeviceSpec, RollerSpec
from ..data.checks import refuse
from ..data.thickness import LAYER_WORDS
from ..geometry.arrays import Array, floats
from ..roller.treatment.quantities import QUANTITIES
from ..roller.zones.maps import OF_BODIES, UNITS
from ..roller.zones.result import SurfaceTreatment, ZoneRolled
from .palette import AMOUNT_MAP, CHANNEL_MAP, CHANNEL_SCALE_UM, LAYER_COLOURS

MOST_SHOWN = 99.5  # percent of the area: what few faces have beyond that does not stretch the scale for all
ROUND = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
SKETCH_SHARE = 0.5  # of a zone's places where skin is bent more than the method bears: its figures are a sketch


@dataclass(frozen=True)
class Mapped:
    """How a map is shown.

    Parameters
    ----------
    key : str — its name among the maps [-]
    words : str — what it says [-]
    unit : str — as printed, empty for none [-]
    scale : float — printed over stored number [-]
    colours : str — name of its colour scale [-]
    classes : tuple of (str, str) — colour and words of the values 0, 1, ...; empty for numbers [-]

    """

    key: str
    words: str
    unit: str
    scale: float
    colours: str
    classes: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        """Words and unit [-]."""
        return f"{self.words} [{self.unit}]" if self.unit else self.words

    def values(self, treatment: SurfaceTreatment) -> Array:
        """Return a value a face as it is printed, (F,); NaN where nothing was treated.

        Parameters
        ----------
        treatment : SurfaceTreatment — whose map [-]

        """
        return floats(self.scale * treatment.maps.named()[self.key])

    def ends(self, treatments: Sequence[SurfaceTreatment]) -> tuple[float, float]:
        """Return the ends of one colour scale for all treatments; what is beyond has the last colour.

        Parameters
        ----------
        treatments : sequence of SurfaceTreatment — all that are shown together [-]

        """
        if self.classes:
            return (-0.5, len(self.classes) - 0.5)
        if self.colours == CHANNEL_MAP:
            return CHANNEL_SCALE_UM
        numbers = np.concatenate([self.values(one) for one in treatments])
        finite = numbers[np.isfinite(numbers)]
        most = float(np.percentile(finite, MOST_SHOWN)) if finite.size else 0.0
        return (0.0, round_above(most) if most > 0 else 1.0)


def round_above(value: float) -> float:
    """Return the next round number that is not below a value.

    Parameters
    ----------
    value : float — above 0 [any]

    """
    power = 10.0 ** floor(log10(value))
    return float(next(step for step in ROUND if step * power >= value * (1 - 1e-9)) * power)


def _mapped(key: str) -> Mapped:
    if key in QUANTITIES:
        quantity = QUANTITIES[key]
        colours = CHANNEL_MAP if quantity.unit == "um" else AMOUNT_MAP
        return Mapped(key, quantity.head, quantity.pretty_unit, quantity.scale, colours)
    words, unit, scale = OF_BODIES[key]
    if UNITS[key] == "layer":
        classes = tuple((LAYER_COLOURS[name], LAYER_WORDS[name]) for name in LAYER_COLOURS)
        return Mapped(key, words, unit, scale, "", classes)
    return Mapped(key, words, unit, scale, AMOUNT_MAP)


MAPPED = {key: _mapped(key) for key in UNITS}
USUAL = "density_per_cm2"


def mapped(key: str) -> Mapped:
    """Return how a map is shown.

    Parameters
    ----------
    key : str — its name among the maps [-]

    Raises
    ------
    InputError
        For a name that no map has.

    """
    if key not in MAPPED:
        raise refuse("quantity", key, f"{', '.join(MAPPED)} on a surface")
    return MAPPED[key]


def zone_words(name: str) -> str:
    """Return a zone's name as prose has it.

    Parameters
    ----------
    name : str — of the zone [-]

    """
    return name.replace("-", " ").replace("_", " ")


def is_sketch(zone: ZoneRolled) -> bool:
    """Return whether a zone's figures are a sketch: at most of its places the method ends.

    Parameters
    ----------
    zone : ZoneRolled — how a roller met it [-]

    """
    return zone.flagged["sharp"] > SKETCH_SHARE


def needles_words(device: DeviceSpec) -> str:
    """Return how many needles a device has, and how long they are.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]

    """
    kind = "teeth" if device.kind == "disc" else "needles"
    return f"{device.needle_count} {kind} of {device.length_mm:g} mm"


def body_words(device: DeviceSpec) -> str:
    """Return what carries the needles and how wide it is.

    Parameters
    ----------
    device : DeviceSpec — the device [mm]

    """
    if isinstance(device, RollerSpec):
        return f"drum {device.drum_width_mm:g} mm wide"
    return f"plate {device.plate_width_mm:g} mm wide"
