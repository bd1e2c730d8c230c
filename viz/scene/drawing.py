"""Pictures of a treatment: a roller on layered skin, cut through, with the channels that it leaves.

In: a `Treatment`. Out: a PyVista plotter. All needles are one mesh, all channels another. Lengths in mm, skin
surface at z = 0; the frame is that of the treatment, with the roller on a landing of its last pass.

Ask `gl.can_render` before drawing: without GL a plotter ends the process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyvista
from matplotlib.figure import Figure
from shapely.geometry import box

from ...data.checks import refuse
from ...geometry.arrays import Array
from ...geometry.drum import ring_places_mm
from ...roller.output import replacing
from ...roller.treatment.drum_path import Strokes, strokes
from ...roller.treatment.result import Treatment
from ..charts.depths import depths_inset
from ..charts.section import section_chart, section_inset
from ..gl import has_display, keep_vtk_quiet
from ..palette import GROUND, INK, SKY
from .cameras import STANDS, Stand, aim, corners
from .insets import lay_over
from .lettering import (
    add_caption,
    add_depth_axis,
    add_scale_bar,
    bar_length_mm,
    caption_px,
    legend_lines,
    line_px,
    room_for_words,
    title_lines,
)
from .parts import COLOURS, MOUTH_LIFT_MM, SLICE_MM, Parts, Stage, add_parts, show, stage_of
from .view import View, axle_place, landing

SHOWN_MM = (30.0, 18.0)  # part of the region drawn at most: across a face, layers would be too thin to see
CLOSE_MM = (7.0, 3.0)  # width and depth of the skin under a roller seen from close by
BEFORE_RING_MM, BEHIND_RING_MM = 0.3, 0.13  # of the slice in its face, and from a ring of needles to the face behind it
CLOSE = Stand("close", (0.14, -1.0, 0.13))
INSET = (0.6, 0.375)  # left end and width of the section laid over the scene, as shares of the picture
MAP_MM = (24.0, 24.0)  # of a depth map
BESIDE_MAP = (0.61, 0.23, 0.37)  # left and lower end and width of the chart of depths, as shares of the picture
# Place as seen from the camera, and strength: a key light over the left shoulder, a soft one from the right, one ahead.
LIGHTS = (((-0.7, 0.9, 0.9), 0.72), ((1.0, 0.25, 0.5), 0.36), ((0.0, 0.1, 1.0), 0.34))


def new_plotter(
    size: tuple[int, int], *, off_screen: bool = True, shape: tuple[int, int] = (1, 1), **more: Any
) -> pyvista.Plotter:
    """Return an empty plotter with the light that all pictures have.

    Parameters
    ----------
    size : (int, int) — width and height [pixels]
    off_screen : bool — for a file instead of a window [-]
    shape : (int, int) — rows and columns of pictures in it [-]
    more : keyword arguments of `pyvista.Plotter` — for its layout [-]

    """
    keep_vtk_quiet()
    if off_screen and not has_display():
        # Without a screen VTK would first try one and complain; this is what it falls back to.
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    plotter = pyvista.Plotter(
        off_screen=off_screen, window_size=list(size), lighting="none", shape=shape, border=False, **more
    )
    for renderer in plotter.renderers:
        # Only veils behind words let light through: to blend them by depth in all pixels took a third of the time.
        renderer.use_oit = False
        renderer.dither_gradient = False  # noise of one level in every pixel: nobody sees it, and a file of it is large
        for place, strength in LIGHTS:
            light = pyvista.Light(position=place, light_type="camera light", intensity=strength)
            renderer.add_light(light)
    plotter.set_background(GROUND, top=SKY, all_renderers=True)
    return plotter


def draw(
    treatment: Treatment,
    *,
    view: str = "scene",
    colour_by: str = "depth",
    size: tuple[int, int] = (1600, 1200),
    off_screen: bool = True,
) -> pyvista.Plotter:
    """Draw a picture of a treatment.

    Parameters
    ----------
    treatment : Treatment — what to show [mm, um]
    view : str — 'scene', 'roller' from close by, 'cut' into the skin, or the map of 'depth' [-]
    colour_by : str — 'depth' or 'pass': what the colour of a channel says [-]
    size : (int, int) — width and height of the picture [pixels]
    off_screen : bool — for a file instead of a window [-]

    """
    plotter = new_plotter(size, off_screen=off_screen)
    plotter.enable_anti_aliasing("ssaa" if off_screen else "msaa")
    VIEWS[view](plotter, treatment, colour_by, size)
    return plotter


def save(plotter: pyvista.Plotter, path: Path, *, transparent: bool = False) -> None:
    """Write a picture and close its plotter; nothing is left behind if it can't be written.

    Parameters
    ----------
    plotter : Plotter — what was drawn [-]
    path : Path — file to write, ending in .png [-]
    transparent : bool — with a clear background [-]

    """
    if transparent:
        plotter.set_background("white", all_renderers=True)  # of a gradient nothing would be clear
        plotter.render()
    try:
        with replacing(path) as temporary:
            picture = plotter.screenshot(str(temporary), transparent_background=transparent, return_img=True)
            if picture[..., :3].max() == 0:
                size = "x".join(str(side) for side in plotter.window_size)
                raise refuse("size", size, "what this machine's GL can draw; it gave a black picture")
    finally:
        plotter.close()


def whole_scene(plotter: pyvista.Plotter, treatment: Treatment, colour_by: str, size: tuple[int, int]) -> Parts:
    """Add roller and skin, its near edge a section, and that section once more where its depths can be read.

    Parameters
    ----------
    plotter : Plotter — where to, its active picture [-]
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass' [-]
    size : (int, int) — of the picture [pixels]

    """
    parts = add_parts(plotter, treatment, stage_of(treatment, SHOWN_MM, SLICE_MM), colour_by=colour_by)
    start_along_x(parts)
    add_outline(plotter, parts)
    ground_bar(plotter, parts, line_px(size))
    dress(plotter, parts, size)
    left, right, foot, top = margins(size)
    if room_for_words(size):
        right = 1 - INSET[0]
    aim(plotter.camera, STANDS["1"], scene_points(parts), size[0] / size[1], (left, right, foot, top))
    if room_for_words(size):
        inset = section_inset(treatment, colour_by)
        high = INSET[1] * size[0] * inset.get_figheight() / inset.get_figwidth() / size[1]
        lay_over(plotter, inset, (INSET[0], 0.985 - high, INSET[1]), size)
    return parts


def close_up(plotter: pyvista.Plotter, treatment: Treatment, colour_by: str, size: tuple[int, int]) -> Parts:
    """Add the needles of a ring in the skin that they dimple, cut through along that ring.

    Parameters
    ----------
    plotter : Plotter — where to, its active picture [-]
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass' [-]
    size : (int, int) — of the picture [pixels]

    """
    left, near, right, far = stage_of(treatment, SHOWN_MM, 0.0).bounds
    made, middle = strokes(treatment), ((left + right) / 2, (near + far) / 2)
    landed = landing(made, _last_along_x(made), middle)
    axle, ring, at = np.array([*middle, made.axle_height_mm]), ring_places_mm(treatment.device).size // 2, None
    if landed is not None:
        at = int(made.of_channel[landed]), float(made.opened_at_mm[landed])
        axle, ring = made.pose(*at)[:3, 3], int(treatment.channels.ring[landed])
    place = axle[1] + ring_places_mm(treatment.device)[ring]
    cut_at = float(np.clip(place + BEHIND_RING_MM, near, far - 0.1 * (far - near)))
    half = min(CLOSE_MM[0], right - left) / 2
    low_x, high_x = max(left, axle[0] - half), min(right, axle[0] + half)
    behind = box(low_x, cut_at, high_x, min(far, cut_at + CLOSE_MM[1]))
    stage = Stage(behind, (axle[0], axle[1]), (cut_at - BEFORE_RING_MM, cut_at))
    parts = add_parts(plotter, treatment, stage, colour_by=colour_by, first_ring=ring)
    show(parts, View(treatment.technique.passes), View(_last_along_x(made), stands=at))
    ground_bar(plotter, parts, line_px(size), seen="level")
    depth_axis(plotter, parts, size, high_x - low_x)
    dress(plotter, parts, size, "; depths under untouched skin, which dimples under each needle")
    low = (low_x - 0.1 * (high_x - low_x), cut_at, -parts.edges_mm[-1] - 0.07 * (high_x - low_x))
    high = (high_x, cut_at, max(0.17 * (high_x - low_x), 0.6 * treatment.device.length_mm))
    aim(plotter.camera, CLOSE, corners(low, high), size[0] / size[1], margins(size))
    return parts


def section(plotter: pyvista.Plotter, treatment: Treatment, colour_by: str, size: tuple[int, int]) -> None:
    """Lay the chart of the section over the whole picture: seen level, one scale along and down.

    Parameters
    ----------
    plotter : Plotter — where to, its active picture [-]
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass' [-]
    size : (int, int) — of the picture [pixels]

    """
    plotter.set_background(GROUND)
    lay_chart(plotter, section_chart([treatment], colour_by=colour_by, aspect=size[0] / size[1]), size)


def lay_chart(
    plotter: pyvista.Plotter, chart: Figure, size: tuple[int, int], pane: tuple[float, float] = (0, 1)
) -> None:
    """Lay a chart over a picture, as large as it fits and in its middle.

    Parameters
    ----------
    plotter : Plotter — where to, its active picture [-]
    chart : Figure — what to lay [-]
    size : (int, int) — of the picture [pixels]
    pane : (float, float) — lower and upper end of the room for it, as shares of the height [-]

    """
    room = (pane[1] - pane[0]) * size[1]
    aspect = chart.get_figwidth() / chart.get_figheight()
    width = min(1.0, room * aspect / size[0])
    high = width * size[0] / aspect / size[1]
    lay_over(plotter, chart, ((1 - width) / 2, pane[0] + (pane[1] - pane[0] - high) / 2, width), size)


def depth_axis(
    plotter: pyvista.Plotter,
    parts: Parts,
    size: tuple[int, int],
    width_mm: float,
    floor_mm: float | None = None,
    name: str = "depth axis",
) -> tuple[Any, ...]:
    """Draw an axis of depths along the near left edge of the block; returns its actors, none where words can't be read.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    parts : Parts — of the scene [mm]
    size : (int, int) — of the picture [pixels]
    width_mm : float — of what fills its width [mm]
    floor_mm : float or None — depth at its lower end; None: the bottom of the block [mm]
    name : str — of its actors [-]

    """
    if not room_for_words(size):
        return ()
    left, near, _, _ = parts.stage.bounds
    floor = float(parts.edges_mm[-1]) if floor_mm is None else floor_mm
    return add_depth_axis(plotter, (left, near), floor, size[0] / width_mm, line_px(size), name)


def depth_map(plotter: pyvista.Plotter, treatment: Treatment, colour_by: str, size: tuple[int, int]) -> Parts:
    """Add the skin from above, every channel with its hole and its depth as colour.

    Parameters
    ----------
    plotter : Plotter — where to, its active picture [-]
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass' [-]
    size : (int, int) — of the picture [pixels]

    """
    stage = stage_of(treatment, MAP_MM, 0.0)
    parts = add_parts(plotter, treatment, stage, colour_by=colour_by)
    show(parts, None, View(treatment.technique.passes, hidden=frozenset({"roller"})))
    add_outline(plotter, parts)
    left, near, right, far = stage.bounds
    ground_bar(plotter, parts, line_px(size), seen="above")
    dress(plotter, parts, size, seen=1)
    points = corners((left, near - 0.06 * (far - near), 0), (right, far, 0))
    room = margins(size)
    if room_for_words(size):
        chart, (at, foot, wide) = depths_inset(treatment), BESIDE_MAP
        chart.set_figheight(chart.get_figwidth() * (0.98 - foot) * size[1] / (wide * size[0]))
        lay_over(plotter, chart, BESIDE_MAP, size)
        room = (room[0], 1 - at, room[2], room[3])
    aim(plotter.camera, STANDS["4"], points, size[0] / size[1], room)
    return parts


VIEWS: dict[str, Callable[..., Parts | None]] = {
    "scene": whole_scene,
    "roller": close_up,
    "cut": section,
    "depth": depth_map,
}


def _last_along_x(made: Strokes) -> int:
    """Last pass along x; the last of all where there is none."""
    straight = made.pass_number[made.direction_rad == 0]
    return int(max(straight if straight.size else made.pass_number, default=1))


def start_along_x(parts: Parts) -> View:
    """Put the roller where it looks best, rolling along the near edge, all channels there; returns what is shown.

    Parameters
    ----------
    parts : Parts — of the scene [-]

    """
    passes, made = parts.treatment.technique.passes, parts.made
    along = np.flatnonzero(made.direction_rad[made.of_channel] == 0)
    view = View(passes)
    if along.size:
        away = axle_place(made, made.of_channel[along], made.opened_at_mm[along]) - np.array(_wanted(parts))
        nearest = along[np.argmin(np.hypot(*away.T))]
        view = View(passes, stands=(int(made.of_channel[nearest]), float(made.opened_at_mm[nearest])))
    show(parts, View(passes), view)
    return view


def _wanted(parts: Parts) -> tuple[float, float]:
    """Where the axle's middle looks best: its first ring of needles in the section, the drum's end hardly before it."""
    left, near, right, _ = parts.stage.bounds
    return left + 0.3 * (right - left), near + SLICE_MM / 2 - float(ring_places_mm(parts.treatment.device)[0])


def scene_points(parts: Parts) -> Array:
    """Return what must be seen of a scene: the skin, the drum and its handle, as far as they are shown.

    Parameters
    ----------
    parts : Parts — of the scene [mm]

    """
    left, near, right, far = parts.stage.bounds
    seen = [slab for slab in parts.skin.slabs if slab.body.visibility]
    top, bottom = (0.0, float(parts.edges_mm[-1])) if not seen else (seen[0].top_mm, seen[-1].bottom_mm)
    clouds = [corners((left, near - 0.06 * (right - left), -bottom), (right, far, -top))]
    for actor in parts.roller.values():
        if actor.visibility:
            # A round drum looks the same however it has turned: a box around each body, in its own frame, is enough.
            points = np.asarray(actor.mapper.dataset.points)
            matrix = np.array(actor.user_matrix)
            clouds.append(points @ matrix[:3, :3].T + matrix[:3, 3])
    return np.concatenate(clouds)


def add_outline(plotter: pyvista.Plotter, parts: Parts) -> None:
    """Draw the edge of the region where it is not that of the skin that is drawn.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    parts : Parts — of the scene [mm]

    """
    region, whole = parts.treatment.region, parts.stage.whole
    inner = region.boundary.intersection(whole.buffer(-1e-6))
    if inner.is_empty:
        return
    lines = getattr(inner, "geoms", [inner])
    paths = [np.asarray(line.coords)[:, :2] for line in lines if line.length > 0]
    raised = [np.column_stack([path, np.full(len(path), 3 * MOUTH_LIFT_MM)]) for path in paths]
    edges = pyvista.MultiBlock([pyvista.lines_from_points(path) for path in raised]).combine()
    plotter.add_mesh(edges, color=INK, line_width=2, lighting=False, name="region", pickable=False)


def ground_bar(plotter: pyvista.Plotter, parts: Parts, line: float, *, seen: str = "") -> None:
    """Draw a scale bar along the foot of the near edge.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    parts : Parts — of the scene [mm]
    line : float — height of the words [pixels]
    seen : str — 'above' for a map, 'level' for a section, where the bar stands beside or under the skin [-]

    """
    left, near, right, _ = parts.stage.bounds
    width = right - left
    away = 0.025 * width
    floor = 0.0 if seen == "above" else -float(parts.edges_mm[-1])
    down = {"": (0.0, -1.0, 0.0), "above": (0.0, -0.5, 0.0), "level": (0.0, 0.0, -0.5)}[seen]
    place = (right, near - away, floor - away * (seen == "level"))
    aside = (0.0, away * down[1], away * down[2])
    add_scale_bar(plotter, place, bar_length_mm(width), line, 0.0025 * width, aside)


def dress(
    plotter: pyvista.Plotter, parts: Parts, size: tuple[int, int], note: str = "", *, seen: int | None = None
) -> None:
    """Write title, legend and colour scale on a picture that is large enough for them.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    parts : Parts — of the scene [-]
    size : (int, int) — of the picture [pixels]
    note : str — put behind the title's last line [-]
    seen : int or None — so many layers from the surface down can be seen; None: all [-]

    """
    mapper = None if parts.channels is None else parts.channels.mapper
    lines, entries = title_lines(parts.treatment), legend_lines(parts.treatment)[:seen]
    add_caption(plotter, [*lines[:-1], lines[-1] + note], entries, size, mapper, COLOURS[parts.colour_by])


def margins(size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return what a picture leaves free at its left, right, lower and upper edge; below stands the caption.

    Parameters
    ----------
    size : (int, int) — of the picture [pixels]

    """
    return 0.04, 0.04, 0.04 + (caption_px(size, 2) + line_px(size)) / size[1], 0.04
