"""A sheet that compares devices: each rolling and in section, side by side at one scale.

In: treatments of the same site. Out: a PyVista plotter with one camera and one colour scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyvista

from ...data.checks import refuse
from ...roller.treatment.result import Treatment
from ..charts.section import section_chart
from .cameras import STANDS, aim
from .drawing import SHOWN_MM, add_outline, ground_bar, lay_chart, new_plotter, scene_points, start_along_x
from .lettering import line_px, room_for_words
from .parts import SLICE_MM, Parts, add_parts, stage_of

MOST_DEVICES = 6
SCENES = 0.4  # of the height; the sections have the rest


def draw_sheet(treatments: Sequence[Treatment], *, size: tuple[int, int] = (1600, 1200)) -> pyvista.Plotter:
    """Draw devices side by side: above the roller on the skin, below the section with its channels.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column, of the same site [-]
    size : (int, int) — width and height of the sheet [pixels]

    """
    if not 1 <= len(treatments) <= MOST_DEVICES:
        raise refuse("devices", len(treatments), f"1 to {MOST_DEVICES} on one sheet")
    columns = len(treatments)
    scenes, sections = SCENES, 1 - SCENES
    plotter = new_plotter(
        size, shape=(2, columns), row_weights=[scenes, sections], groups=[(1, np.s_[:])], col_weights=[1] * columns
    )
    plotter.set_background("white", all_renderers=True)
    plotter.enable_anti_aliasing("ssaa", all_renderers=True)
    pane = (round(size[0] / columns), round(size[1] * scenes))
    drawn = [_scene(plotter, column, one) for column, one in enumerate(treatments)]
    points = np.concatenate([scene_points(parts) for parts in drawn])
    for column in range(columns):
        plotter.subplot(0, column)
        aim(plotter.camera, replace(STANDS["1"], parallel=True), points, pane[0] / pane[1], (0.04, 0.04, 0.1, 0.03))
        plotter.renderer.ResetCameraClippingRange()
    if room_for_words(size):
        plotter.subplot(0, 0)
        ground_bar(plotter, drawn[0], line_px(size))
    plotter.subplot(1, 0)
    room = (size[0], round(size[1] * sections))
    lay_chart(plotter, section_chart(treatments, aspect=room[0] / room[1]), room)
    return plotter


def _scene(plotter: pyvista.Plotter, column: int, treatment: Treatment) -> Parts:
    plotter.subplot(0, column)
    parts = add_parts(plotter, treatment, stage_of(treatment, SHOWN_MM, SLICE_MM))
    start_along_x(parts)
    add_outline(plotter, parts)
    return parts
