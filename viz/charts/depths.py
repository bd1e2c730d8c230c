"""How deep the channels of a treatment end, as a chart to be laid beside their map.

In: a `Treatment`. Out: a matplotlib Figure: the skin's layers, and in them how many channels end at each depth.
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ...data.thickness import LAYER_WORDS
from ...roller.treatment.digits import figure as digits
from ...roller.treatment.result import Treatment
from ..palette import CHANNEL_MAP, CHANNEL_SCALE_UM, INK, LAYER_COLOURS, LINE
from .section import floor_um

BIN_UM = 50.0
SIZE_IN = (3.7, 5.6)
LEAST_NAMED = 0.055  # of the depth shown: a thinner layer has no room for its name
ROOM = 1.75  # of the longest bar, so that layers' names stand beside the bars


def depths_inset(treatment: Treatment) -> Figure:
    """Draw how many channels end at each depth, over the layers that they end in; half of them end below the line.

    Parameters
    ----------
    treatment : Treatment — whose channels [um]

    """
    channels = treatment.channels
    ends = channels.peak_depth_um[channels.inside & (channels.peak_depth_um > 0)]
    floor = floor_um([treatment])
    edges = np.arange(0.0, floor + BIN_UM, BIN_UM)
    share = 100 * np.histogram(ends, edges)[0] / max(ends.size, 1)
    drawing = Figure(figsize=SIZE_IN, facecolor="none", layout="constrained")
    panel = drawing.subplots()
    wide = ROOM * max(share.max(), 1.0)
    tops = treatment.mean("layer_top_um")
    for layer, top, bottom in zip(treatment.site.layers, tops, [*tops[1:], np.inf], strict=True):
        end = min(float(bottom), floor)
        panel.axhspan(top, end, color=LAYER_COLOURS[layer.name], lw=0, zorder=0)
        panel.axhline(top, color=LINE, lw=0.9, zorder=0.5)
        if end - top > LEAST_NAMED * floor:
            words = LAYER_WORDS[layer.name]
            panel.text(0.98 * wide, (top + end) / 2, words, ha="right", va="center", fontsize=12, color=INK)
    middles = (edges[1:] + edges[:-1]) / 2
    shades = mpl.colormaps[CHANNEL_MAP](np.clip(middles / CHANNEL_SCALE_UM[1], 0, 1))
    seen = share > 0
    panel.barh(middles[seen], share[seen], height=BIN_UM, color=shades[seen], edgecolor=LINE, lw=0.8)
    middle = float(np.median(ends)) if ends.size else 0.0
    if ends.size:
        panel.axhline(middle, color=INK, lw=2.2)
    panel.set_ylim(floor, 0)
    panel.set_xlim(0, wide)
    told = f"half of the channels\nend below {digits(middle)} µm" if ends.size else "no channels"
    panel.set_title(told, fontsize=17, fontweight="bold", color=INK, linespacing=1.3)
    panel.set_xticks([place for place in panel.get_xticks() if place <= max(share.max(), 1.0)])
    panel.set_ylabel("depth [µm]", fontsize=12)
    panel.set_xlabel(f"channels in each {BIN_UM:g} µm [%]", fontsize=12)
    panel.tick_params(labelsize=11)
    return drawing
