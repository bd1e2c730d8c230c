"""The map: every channel of the treated region from above, coloured by its depth, and the largest gap between them.

In: a `Treatment`. Out: a matplotlib Figure; nothing is computed here but the place of ink.
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from ...roller.coverage.gaps import largest_untouched_disc
from ...roller.treatment.result import Treatment
from ..palette import CHANNEL_MAP, CHANNEL_SCALE_UM, LAYER_COLOURS, LINE, MARK

SIZE_IN = (4.8, 4.3)
PLACE, BAR_PLACE = (0.14, 0.105, 0.66, 0.82), (0.835, 0.2, 0.025, 0.63)  # of the panel and of the colours' scale
LEAST_DOT_SHARE = 0.004  # of the region's width: channels are drawn no smaller, so that they can be seen


def map_chart(treatment: Treatment) -> Figure:
    """Draw the channels of the region and its largest untouched disc.

    Parameters
    ----------
    treatment : Treatment — what is drawn; channels of its first replicate [-]

    """
    figure = Figure(figsize=SIZE_IN)
    panel = figure.add_axes(PLACE)
    channels, region = treatment.channels, treatment.region
    rings = [np.asarray(ring.coords)[:, :2] for ring in (region.exterior, *region.interiors)]
    outline = Path.make_compound_path(*(Path(ring, closed=True) for ring in rings))
    panel.add_patch(PathPatch(outline, facecolor=LAYER_COLOURS["stratum_corneum"], edgecolor=LINE, lw=0.8))
    left, near, right, far = region.bounds
    margin = 0.02 * max(right - left, far - near)
    shown = np.array([[left - margin, near - margin], [right + margin, far + margin]])
    inside = channels.inside
    scale = Normalize(*CHANNEL_SCALE_UM)
    if inside.any():
        width = np.maximum(channels.surface_diameter_um[inside] / 1000, LEAST_DOT_SHARE * (right - left))
        # Thousands of dots are one picture inside the drawing: as outlines they would make it megabytes.
        dots = EllipseCollection(
            width,
            width,
            np.zeros(width.size),
            units="xy",
            offsets=np.stack([channels.x_mm[inside], channels.y_mm[inside]], axis=1),
            offset_transform=panel.transData,
            facecolors=mpl.colormaps[CHANNEL_MAP](scale(channels.peak_depth_um[inside])),
            rasterized=True,
        )
        panel.add_collection(dots)
        middle, diameter = largest_untouched_disc(
            channels.x_mm, channels.y_mm, channels.surface_diameter_um / 2000, region
        )
        # A gap whose middle lies in the region may reach beyond it.
        shown[0] = np.minimum(shown[0], middle - diameter / 2 - margin)
        shown[1] = np.maximum(shown[1], middle + diameter / 2 + margin)
        panel.add_patch(Circle(tuple(middle), diameter / 2, facecolor="none", edgecolor=MARK, lw=1.8))
        panel.plot([], [], "o", mfc="none", mec=MARK, mew=1.6, ms=8, label=f"largest gap, {diameter:.2f} mm")
        panel.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
        ink = mpl.cm.ScalarMappable(scale, mpl.colormaps[CHANNEL_MAP])
        figure.colorbar(ink, cax=figure.add_axes(BAR_PLACE), label="peak depth [µm]")
    panel.set_xlim(*shown[:, 0])
    panel.set_ylim(*shown[:, 1])
    panel.set_aspect("equal")
    panel.set_xlabel("mm")
    panel.set_ylabel("mm")
    return figure
