"""A sheet that compares devices: each rolling and in section, side by side at one scale.

In: treatments of the same site. Out: a PyVista plotter with one camera, one colour scale, one legend, and a scale bar
a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyvista

from ...data.checks import refuse
from ...roller.treatment.digits import figure
from ...roller.treatment.result import Treatment
from ...roller.treatment.text_table import headline
from .cameras import STANDS, aim, corners
from .drawing import (
    CUT_MM,
    SECTION,
    SHOWN_MM,
    add_outline,
    ground_bar,
    new_plotter,
    scene_points,
    section_stage,
    start_along_x,
)
from .lettering import add_caption, add_title, caption_px, legend_lines, line_px, room_for_words, title_lines
from .parts import COLOURS, Parts, add_parts, depth_scale_um, show, stage_of
from .view import View

MOST_DEVICES = 6
ROWS = (3.0, 2.0)  # heights of scene and section, one over the other


def draw_sheet(treatments: Sequence[Treatment], *, size: tuple[int, int] = (1600, 1200)) -> pyvista.Plotter:
    """Draw devices side by side: above the roller on the skin, below a section with its channels.

    Parameters
    ----------
    treatments : sequence of Treatment — one a column, of the same site [-]
    size : (int, int) — width and height of the sheet [pixels]

    """
    if not 1 <= len(treatments) <= MOST_DEVICES:
        raise refuse("devices", len(treatments), f"1 to {MOST_DEVICES} on one sheet")
    columns = len(treatments)
    strip = max(caption_px(size, 1) / size[1], 0.02)
    heights = [(1 - strip) * row / sum(ROWS) for row in ROWS]
    plotter = new_plotter(
        size, shape=(3, columns), row_weights=[*heights, strip], groups=[(2, np.s_[:])], col_weights=[1] * columns
    )
    plotter.set_background("white", all_renderers=True)
    plotter.enable_anti_aliasing("ssaa", all_renderers=True)
    scale = depth_scale_um(tuple(treatments))
    panes = [(round(size[0] / columns), round(size[1] * height)) for height in heights]
    scenes = [_scene(plotter, (0, column), one, scale) for column, one in enumerate(treatments)]
    sections = [_section(plotter, (1, column), one, scale) for column, one in enumerate(treatments)]
    _aim_all(plotter, 0, panes[0], scenes, 0.06)
    _aim_all(plotter, 1, panes[1], sections, 0.26)
    if room_for_words(size):
        _add_words(plotter, treatments, scenes, sections, size, panes[1])
    return plotter


def _scene(plotter: pyvista.Plotter, place: tuple[int, int], treatment: Treatment, scale: tuple[float, float]) -> Parts:
    plotter.subplot(*place)
    parts = add_parts(plotter, treatment, stage_of(treatment, SHOWN_MM, CUT_MM), scale=scale)
    start_along_x(parts)
    add_outline(plotter, parts)
    return parts


def _section(
    plotter: pyvista.Plotter, place: tuple[int, int], treatment: Treatment, scale: tuple[float, float]
) -> Parts:
    plotter.subplot(*place)
    parts = add_parts(plotter, treatment, section_stage(treatment), scale=scale)
    show(parts, None, View(treatment.technique.passes, hidden=frozenset({"roller"})))
    return parts


def _aim_all(
    plotter: pyvista.Plotter, row: int, pane: tuple[int, int], all_parts: Sequence[Parts], above: float
) -> None:
    """Give every picture of a row the camera that holds all of them."""
    stand = SECTION if row else replace(STANDS["1"], parallel=True)
    clouds = []
    for parts in all_parts:
        left, near, right, far = parts.stage.bounds
        low = (left, near, -parts.edges_mm[-1] - 0.06 * (right - left))
        clouds.append(corners(low, (right, far, 0)) if row else scene_points(parts))
    points = np.concatenate(clouds)
    for column in range(len(all_parts)):
        plotter.subplot(row, column)
        aim(plotter.camera, stand, points, pane[0] / pane[1], (0.04, 0.04, 0.08, above))
        plotter.renderer.ResetCameraClippingRange()


def result_line(treatment: Treatment) -> str:
    """Return density and depth of a treatment in one line.

    Parameters
    ----------
    treatment : Treatment — what is told [-]

    """
    deep, low, high = (treatment[f"peak_depth_um_{name}"] for name in ("mean", "p05", "p95"))
    density = treatment["density_per_cm2"]
    if not density > 0:
        return "no channels"
    return f"{figure(density)} channels per cm2, {figure(deep)} µm deep ({figure(low)} to {figure(high)})"


def _add_words(
    plotter: pyvista.Plotter,
    treatments: Sequence[Treatment],
    scenes: Sequence[Parts],
    sections: Sequence[Parts],
    size: tuple[int, int],
    pane: tuple[int, int],
) -> None:
    line = line_px(size)
    titles = [[title_lines(treatment)[0], result_line(treatment)] for treatment in treatments]
    longest = max(len(words) for lines in titles for words in lines)
    for column, lines in enumerate(titles):
        plotter.subplot(1, column)
        add_title(plotter, lines, pane, line, longest)
    for row, (all_parts, seen) in enumerate(((scenes, ""), (sections, "level"))):
        plotter.subplot(row, 0)
        ground_bar(plotter, all_parts[0], line, seen=seen)
    plotter.subplot(2, 0)
    with_channels = next((parts for parts in scenes if parts.channels is not None), None)
    mapper = None if with_channels is None else with_channels.channels.mapper
    add_caption(
        plotter,
        [headline(treatments[0])],
        legend_lines(treatments[0]),
        size,
        mapper,
        COLOURS["depth"],
        caption_px(size, 1),
    )
