"""Colours and words shared by the pictures; every scale is readable with any colour vision."""

from __future__ import annotations

from ..data.thickness import LayerName

LAYER_COLOURS: dict[LayerName, str] = {
    "stratum_corneum": "#f3dfc1",
    "viable_epidermis": "#dba478",
    "papillary_dermis": "#e39a92",
    "reticular_dermis": "#c9656a",
    "hypodermis": "#f0cf6d",
}
STEEL = "#b9c2cc"
DRUM = "#39414d"
HANDLE = "#e8ebee"
MARK = "#d55e00"  # of what was clicked
INK = "#20262e"
CHANNEL_MAP = "viridis"
DEVICE_COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#e69f00",
    "#000000",
)  # Okabe and Ito


def as_written(text: str) -> str:
    """Return text for a chart that shows every sign as it stands; between dollar signs matplotlib would read formulas.

    Parameters
    ----------
    text : str — as the user wrote it [-]

    """
    return text.replace("$", r"\$")
