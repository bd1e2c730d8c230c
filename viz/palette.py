"""The one palette of PyVista, charts and page: layers, channels by depth, passes, devices and bands.

Every neighbouring pair of layers is parted by `LINE`, every channel is outlined by it, and fills stay apart with any
colour vision: `sight.py` measures it and a test holds it. Layers are warm and light, channels cool and darker the
deeper they go, on one scale for all pictures: what is light blue here is shallow everywhere.
"""

from __future__ import annotations

from functools import cache

import matplotlib as mpl
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex

from ..data.thickness import LayerName

INK = "#161b22"  # words
LINE = INK  # between layers, and around channels
SOFT_INK = "#4f5760"  # leaders, grids' labels, what stands back
GRID = "#e3e5e8"
PAPER = "#ffffff"
LAYER_COLOURS: dict[LayerName, str] = {
    "stratum_corneum": "#fcf3e2",
    "viable_epidermis": "#b68649",
    "papillary_dermis": "#eea5ab",
    "reticular_dermis": "#cb5169",
    "hypodermis": "#ebd975",
}
# A line on paper needs more ink than a surface: the same hues, darker.
LAYER_INKS: dict[LayerName, str] = {
    "stratum_corneum": "#7f7766",
    "viable_epidermis": "#906120",
    "papillary_dermis": "#d0709c",
    "reticular_dermis": "#721b22",
    "hypodermis": "#a8952a",
}
STEEL = "#b9c2cc"
DRUM = "#39414d"
HANDLE = "#e8ebee"
MARK = "#d55e00"  # of what was clicked, of the largest gap
SKY, GROUND = "#dbe4ec", "#ffffff"  # behind a scene, above and below
# Depth under the surface [um] and its colour. Colours change faster where home rollers end; a scale beside the picture
# says so, for it is even in depth.
CHANNEL_STOPS: dict[float, str] = {
    0.0: "#d5eefb",
    100.0: "#9fd3ee",
    300.0: "#4fa3dc",
    900.0: "#1f5fb4",
    2000.0: "#0a1f5c",
}
CHANNEL_SCALE_UM = (0.0, 2000.0)  # of every picture; what is deeper has the last colour
PASS_STOPS: dict[float, str] = {0.0: "#c9a2dd", 1.0: "#35094a"}
# How much of something a body's skin bears, from none: even steps of lightness, from pale to dark in print too.
AMOUNT_STOPS: dict[float, str] = {
    0.0: "#fdf3c9",
    0.2: "#fbc67d",
    0.4: "#f48a5f",
    0.6: "#d14d73",
    0.8: "#86267e",
    1.0: "#2f0f5c",
}
BARE = "#d9dde2"  # of a body's skin that nobody treats, beside skin that has a number
# As matplotlib and PyVista know them.
CHANNEL_MAP, PASS_MAP, AMOUNT_MAP = "dermaroll-depth", "dermaroll-pass", "dermaroll-amount"
DEVICE_COLOURS = ("#0072b2", "#d55e00", "#2ea192", "#b51883", "#182d47", "#8f7155", "#533024")
# The two bands are never drawn alike: places and people differ (full), and what nobody knows (open, hatched).
VARIABILITY, UNCERTAINTY = "#4f5760", "#161b22"
UNCERTAINTY_HATCH = "////"


def _register(name: str, stops: dict[float, str]) -> None:
    """Make a scale known under its name."""
    last = max(stops)
    colours = [(place / last, colour) for place, colour in stops.items()]
    mpl.colormaps.register(LinearSegmentedColormap.from_list(name, colours, N=512), force=True)


_register(CHANNEL_MAP, CHANNEL_STOPS)
_register(PASS_MAP, PASS_STOPS)
_register(AMOUNT_MAP, AMOUNT_STOPS)


@cache
def colour_map(name: str) -> Colormap:
    """Return a colour map of the palette, its table made once.

    Parameters
    ----------
    name : str — `CHANNEL_MAP`, `PASS_MAP` or `AMOUNT_MAP` [-]

    """
    return mpl.colormaps[name]


def channel_colour(depth_um: float) -> str:
    """Return the colour of a channel of some depth, the same in every picture.

    Parameters
    ----------
    depth_um : float — of the channel [um]

    """
    return to_hex(colour_map(CHANNEL_MAP)(min(max(depth_um / CHANNEL_SCALE_UM[1], 0.0), 1.0)))


def css_variables() -> str:
    """Return the palette as variables of a style sheet, for the page."""
    named = {f"layer-{name.replace('_', '-')}": colour for name, colour in LAYER_COLOURS.items()}
    named |= {"line-of-layers": LINE, "channel": channel_colour(900.0), "mark-of-found": MARK, "sky": SKY}
    named |= {"variability": VARIABILITY, "uncertainty": UNCERTAINTY}
    stops = ", ".join(
        f"{colour} {100 * place / CHANNEL_SCALE_UM[1]:g}%" for place, colour in sorted(CHANNEL_STOPS.items())
    )
    lines = [f"  --{name}: {colour};" for name, colour in named.items()]
    return "\n".join([":root {", *lines, f"  --channel-scale: linear-gradient(90deg, {stops});", "}", ""])


def as_written(text: str) -> str:
    """Return text for a chart that shows every sign as it stands; between dollar signs matplotlib would read formulas.

    Parameters
    ----------
    text : str — as the user wrote it [-]

    """
    return text.replace("$", r"\$")
