"""What a quantity is: key, dimensions, unit, words, standing, how it is printed and how it is worked out.

Here too: the dimensions there are, the units as they are printed, and the groups that quantities come in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike

from ...data.tables import Status
from ...data.thickness import LAYER_WORDS, LAYERS
from ..coverage.areas import MOST_HITS
from .replicate import Made

Dimension = Literal["passes", "depth", "layer", "statistic", "hits", "closure_hour", "delivery_hour", "day"]
Needs = Literal["", "aftermath", "active"]

STATISTICS = ("mean", "sd", "p05", "p50", "p95")
STATISTIC_WORDS = {"mean": "mean", "sd": "standard deviation", "p05": "5 %", "p50": "median", "p95": "95 %"}
HITS = (*(str(hits) for hits in range(MOST_HITS)), f"{MOST_HITS}+")
TIMES: dict[Dimension, str] = {"closure_hour": "h", "delivery_hour": "h", "day": "d"}

# What is printed for a unit of the files, and by how much the number is multiplied for it.
PERCENT = "%"
PRETTY = {
    "um": "µm",
    "mm": "mm",
    "1/cm2": "per cm²",
    "1": "",
    "deg": "°",
    "ug/cm2": "µg/cm²",
    "ug/(cm2 h)": "µg/(cm² h)",
    "x intact skin": "× intact skin",
    "x 26G needle": "× 26G needle",
}
PLAIN = {"1/cm2": "per cm2", "1": ""}

GROUPS = {
    "channels": "Channels",
    "depth": "How deep",
    "layers": "Layers of the skin",
    "coverage": "Share of the area",
    "gaps": "What stays untouched",
    "motion": "The roller on the skin",
    "uptake": "Product uptake",
    "collagen": "Collagen",
    "risk": "Risk and recovery",
    "settings": "Settings found",
}
Group = Literal["channels", "depth", "layers", "coverage", "gaps", "motion", "uptake", "collagen", "risk", "settings"]


@dataclass(frozen=True)
class Quantity:
    """One figure: what it is called everywhere, and how it is worked out.

    Parameters
    ----------
    key : str — its name in files and in Python, unit included [-]
    dims : tuple of str — of its array, after the replicates [-]
    unit : str — in files; '1' for pure numbers [-]
    words : str — what it is, in a row of a table; {layer} stands for the layer's name [-]
    head : str — the same, short, over a column [-]
    group : str — what it belongs to, one of `GROUPS` [-]
    work_out : function of Made, or None — gives the array of one replicate; None where another room does [as the unit]
    status : str — standing: verified, derived or unverified [-]
    needs : str — 'aftermath' for what follows a session, 'active' for what an active does, else empty [-]
    main : bool — shown in a short table [-]
    percent : bool — printed in percent; stored as a share [-]
    change : bool — printed with its sign [-]
    classes : tuple of str — names of the values 0, 1, ... of an order; empty for numbers [-]
    remark : str — what a reader of the short head should know besides [-]
    room : str — where it is worked out: 'treatment', 'programme' or 'plan' [-]
    floor : function, or None — least that a study could have told, of a change or in itself; None: not known [-]
    unknown : function of Made, or None — low and high end of what nobody knows of it, (2, ...) [as the unit]

    """

    key: str
    dims: tuple[Dimension, ...]
    unit: str
    words: str
    head: str
    group: Group
    work_out: Callable[[Made], ArrayLike] | None = None
    status: Status = "derived"
    needs: Needs = ""
    main: bool = False
    percent: bool = False
    change: bool = False
    classes: tuple[str, ...] = ()
    remark: str = ""
    room: Literal["treatment", "programme", "plan"] = "treatment"
    floor: Callable[[], float] | None = None
    unknown: Callable[[Made], ArrayLike] | None = None

    @property
    def shown_unit(self) -> str:
        """Unit as a text table prints it, in letters that every terminal has [-]."""
        return PERCENT if self.percent else PLAIN.get(self.unit, self.unit)

    @property
    def pretty_unit(self) -> str:
        """Unit as charts and the page print it [-]."""
        return PERCENT if self.percent else PRETTY.get(self.unit, self.unit)

    @property
    def least(self) -> float:
        """Least that is told from none, 0 where any is [as the unit]."""
        return self.floor() if self.floor is not None else 0.0

    @property
    def scale(self) -> float:
        """Printed over stored number [-]."""
        return 100.0 if self.percent else 1.0

    @property
    def time(self) -> Dimension | None:
        """Its dimension of time, if it is a course over hours or days [-]."""
        return next((dim for dim in self.dims if dim in TIMES), None)

    @property
    def layer_key(self) -> str:
        """Its name within a layer's entry [-]."""
        return self.key.removeprefix("layer_")

    @property
    def label(self) -> str:
        """Words and unit, as an axis of a chart or a choice in a list has them [-]."""
        unit = self.pretty_unit
        return f"{self.words} [{unit}]" if unit else self.words

    @property
    def axis(self) -> str:
        """Short head and unit, as an axis of a chart has them [-]."""
        unit = self.pretty_unit
        return f"{self.head} [{unit}]" if unit else self.head

    def said(self, layer: int | None = None, hits: int | None = None, *, short: bool = False) -> str:
        """Return its words with the names of a layer and of a number of hits in their places.

        Parameters
        ----------
        layer : int or None — from the surface down [-]
        hits : int or None — how often [-]
        short : bool — the short head instead [-]

        """
        text = self.head if short else self.words
        if layer is not None:
            text = text.replace("{layer}", LAYER_WORDS[LAYERS[layer]])
        return text if hits is None else text.replace("{hits}", HITS[hits])
