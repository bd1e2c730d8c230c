"""Charts of depth: coverage after some of the passes with its spread, and where over the layers channels end.

In: a `Treatment`. Out: a matplotlib Figure; nothing is computed here but the place of ink.
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...data.thickness import LAYER_WORDS
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import Treatment
from ...roller.treatment.spread import band_of
from ..palette import CHANNEL_MAP, LAYER_COLOURS, LINE, PASS_MAP, SOFT_INK
from .unknown import SHADE, WORDS, draw_unknown

SIZE_IN = (4.8, 4.0)
PLACE = (0.125, 0.12, 0.605, 0.86)  # of the panel; names of the layers stand on its right
PASSES_DRAWN = 5
BINS = 40
LEAST_SHARE_PERCENT = 1e-3  # home and professional rollers lie decades apart: the scale is logarithmic


def coverage_bands_chart(treatment: Treatment, floor_um: float) -> Figure:
    """Draw coverage against depth after some of the passes, with 5 to 95 % of the replicates where there are several.

    A second, lighter band holds what nobody has measured of the last pass.

    Parameters
    ----------
    treatment : Treatment — what is drawn [-]
    floor_um : float — depth shown at most [um]

    """
    figure = Figure(figsize=SIZE_IN)
    panel = figure.add_axes(PLACE)
    panel.set_xscale("log")
    panel.set_autoscalex_on(False)  # a treatment without channels has nothing above 0 to scale by
    _draw_layers(panel, treatment, floor_um)
    total = treatment.technique.passes
    shown = np.unique(np.rint(np.geomspace(1, total, min(total, PASSES_DRAWN))).astype(int))
    inks = mpl.colormaps[PASS_MAP](np.linspace(0, 1, shown.size))
    values = 100 * treatment.values["coverage"]
    for number, ink in zip(shown, inks, strict=True):
        if treatment.replicates > 1:
            low, high = band_of(values[:, number - 1])
            panel.fill_betweenx(treatment.depths_um, low, high, color=ink, alpha=0.25, lw=0)
        panel.plot(
            100 * treatment.mean("coverage")[number - 1], treatment.depths_um, color=ink, lw=1.8, label=f"{number}"
        )
    if "coverage" in treatment.uncertainty:
        draw_unknown(panel, treatment.depths_um, 100 * treatment.uncertainty["coverage"][:, -1], inks[-1], upright=True)
    left = 100 * treatment.mean("residual_coverage")[-1]
    panel.plot(left, treatment.depths_um, color=inks[-1], lw=1.2, ls=(0, (4, 2)), label=f"{total}, needle gone")
    panel.set_xlim(LEAST_SHARE_PERCENT, max(10.0, 2 * float(values.max(initial=0))))
    panel.xaxis.set_major_formatter("{x:g}")
    panel.set_xlabel(QUANTITIES["coverage"].label)
    panel.set_ylabel("depth [µm]")
    panel.legend(title="after pass", fontsize=8, title_fontsize=8, loc="lower right", framealpha=0.9)
    return figure


def depth_chart(treatment: Treatment, floor_um: float) -> Figure:
    """Draw how deep channels go, as counts per area over depth, needle in and needle gone, over the layers.

    Parameters
    ----------
    treatment : Treatment — what is drawn; channels of its first replicate [-]
    floor_um : float — depth shown at most [um]

    """
    figure = Figure(figsize=SIZE_IN)
    panel = figure.add_axes(PLACE)
    _draw_layers(panel, treatment, floor_um)
    channels = treatment.channels
    each = np.full(channels.x_mm.size, 100 / treatment.region.area)[channels.inside]
    bins = np.linspace(0, floor_um, BINS + 1)
    inks = mpl.colormaps[CHANNEL_MAP]([0.05, 0.55])
    for depth, ink, words in (
        (channels.residual_depth_um, inks[1], "needle gone (residual)"),
        (channels.peak_depth_um, inks[0], "needle in (peak)"),
    ):
        counts, _ = np.histogram(depth[channels.inside], bins, weights=each)
        panel.barh(bins[:-1], counts, height=np.diff(bins), align="edge", color=ink, alpha=0.85, label=words)
    if "peak_depth_um" in treatment.uncertainty:
        low, high = treatment.uncertainty["peak_depth_um"][:, 0]
        if high > 0:
            words = "mean, needle in:\n" + WORDS
            panel.axhspan(low, high, color=inks[0], alpha=SHADE, lw=0, zorder=1.5, label=words)
    panel.set_xlabel(f"channels that end there [per cm² and {floor_um / BINS:g} µm]")
    panel.set_ylabel("depth [µm]")
    panel.set_xlim(left=0)
    panel.legend(fontsize=8, loc="lower right", framealpha=0.9)
    return figure


def depth_shown_um(treatments: list[Treatment]) -> float:
    """Return a depth that charts side by side share: below the deepest channels, rounded up.

    Parameters
    ----------
    treatments : list of Treatment — those shown [-]

    """
    deepest = [float(treatment["peak_depth_um_p95"]) for treatment in treatments]
    found = max((depth for depth in deepest if np.isfinite(depth)), default=0.0)
    return float(max(400.0, 200 * np.ceil(1.2 * found / 200)))


def _draw_layers(panel: Axes, treatment: Treatment, floor_um: float) -> None:
    """Colour the layers and write their names on the right, pushed apart where they are thin."""
    tops, bottoms = treatment.mean("layer_top_um"), treatment.mean("layer_bottom_um")
    line, place = 0.055 * floor_um, -np.inf
    for layer, top, bottom in zip(treatment.site.layers, tops, bottoms, strict=True):
        if top >= floor_um:
            break
        panel.axhspan(top, min(bottom, floor_um), color=LAYER_COLOURS[layer.name], lw=0, zorder=0)
        panel.axhline(top, color=LINE, lw=0.7, zorder=0.5)
        middle = (top + min(bottom, floor_um)) / 2
        place = max(middle, place + line)
        panel.annotate(
            LAYER_WORDS[layer.name],
            xy=(1.0, middle),
            xytext=(1.05, place),
            xycoords=("axes fraction", "data"),
            textcoords=("axes fraction", "data"),
            va="center",
            fontsize=8.5,
            arrowprops={"arrowstyle": "-", "color": SOFT_INK, "lw": 0.6},
        )
    panel.set_ylim(floor_um, 0)
    panel.grid(axis="x", color="white", lw=0.6)
