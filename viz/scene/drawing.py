"""Pictures of a treatment: a roller on layered skin, cut open, with the channels that it leaves.

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
from shapely.geometry import box

from ...geometry.arrays import Array
from ...geometry.drum import ring_places_mm
from ...roller.output import replacing
from ...roller.treatment.drum_path import Strokes, strokes
from ...roller.treatment.result import Treatment
from ..gl import has_display
from ..palette import INK
from .cameras import STANDS, Stand, aim, corners
from .lettering import add_caption, add_scale_bar, bar_length_mm, caption_px, legend_lines, line_px, title_lines
from .parts import COLOURS, MOUTH_LIFT_MM, Parts, Stage, add_parts, place_roller, pose, show, stage_of
from .view import View, landing

SHOWN_MM = (30.0, 18.0)  # part of the region drawn at most: across a face, layers would be too thin to see
CUT_MM = 4.5  # of it, along its near edge, is cut open down to the fat
SECTION_MM = (5.0, 1.1)  # width of a section, and depth of the skin in front of it that is cut away
BEHIND_SECTION_MM = 1.4
SECTION = Stand("section", (0.0, -1.0, 0.0), parallel=True)  # level: what ends at a depth is drawn at it
CLOSE_MM = (8.0, 0.6)  # width of the skin under a roller seen from close by, and of it cut away in front
BEHIND_RING_MM = 0.13  # the cut runs so far behind a ring of needles, which then stand free in front of it
CLOSE = Stand("close", (0.14, -1.0, 0.13))
# Without this a reader would take the tips for the depth reached.
FLAT_NOTE = "; skin drawn flat, in truth it dimples: channels are less deep than tips"
MAP_MM = (24.0, 24.0)  # of a depth map
SKY, GROUND = "#dbe4ec", "#ffffff"
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
    if off_screen and not has_display():
        # Without a screen VTK would first try one and complain; this is what it falls back to.
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    plotter = pyvista.Plotter(
        off_screen=off_screen, window_size=list(size), lighting="none", shape=shape, border=False, **more
    )
    for renderer in plotter.renderers:
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
    VIEWS[view](plotter, treatment, colour_by, size, None)
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
            plotter.screenshot(str(temporary), transparent_background=transparent)
    finally:
        plotter.close()


def whole_scene(
    plotter: pyvista.Plotter,
    treatment: Treatment,
    colour_by: str,
    size: tuple[int, int],
    scale: tuple[float, float] | None,
) -> Parts:
    """Add roller and skin, its near edge cut open.

    Parameters
    ----------
    plotter : Plotter — where to, its active picture [-]
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass' [-]
    size : (int, int) — of the picture [pixels]
    scale : (float, float) or None — ends of the colour scale [as its title says]

    """
    stage = stage_of(treatment, SHOWN_MM, CUT_MM)
    parts = add_parts(plotter, treatment, stage, colour_by=colour_by, scale=scale)
    start_along_x(parts)
    add_outline(plotter, parts)
    ground_bar(plotter, parts, line_px(size))
    dress(plotter, parts, size)
    aim(plotter.camera, STANDS["1"], scene_points(parts), size[0] / size[1], margins(size))
    return parts


def close_up(
    plotter: pyvista.Plotter,
    treatment: Treatment,
    colour_by: str,
    size: tuple[int, int],
    scale: tuple[float, float] | None,
) -> Parts:
    """Add roller and skin as `whole_scene`, looked at where needles enter the skin.

    Parameters
    ----------
    plotter : Plotter — where to, its active picture [-]
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass' [-]
    size : (int, int) — of the picture [pixels]
    scale : (float, float) or None — ends of the colour scale [as its title says]

    """
    stage = stage_of(treatment, SHOWN_MM, 0.0)
    left, near, right, far = stage.bounds
    made, middle = strokes(treatment), ((left + right) / 2, (near + far) / 2)
    landed = landing(made, _last_along_x(made), middle)
    axle = np.array([*middle, made.axle_height_mm])
    ring, at = treatment.device.rows // 2, None
    if landed is not None:
        at = int(made.of_channel[landed]), float(made.opened_at_mm[landed])
        axle, ring = made.pose(*at)[:3, 3], int(treatment.channels.ring[landed])
    place = axle[1] + ring_places_mm(treatment.device)[ring]
    cut_at = float(np.clip(place + BEHIND_RING_MM, near + 0.1 * (far - near), far - 0.1 * (far - near)))
    front = max(near, cut_at - CLOSE_MM[1])
    half = min(CLOSE_MM[0], right - left) / 2
    low_x, high_x = max(left, axle[0] - half), min(right, axle[0] + half)
    stage = Stage(box(low_x, cut_at, high_x, far), box(low_x, front, high_x, cut_at), (axle[0], axle[1]))
    parts = add_parts(plotter, treatment, stage, colour_by=colour_by, scale=scale, first_ring=ring)
    if at is not None:
        place_roller(parts, made.pose(*at))
    ground_bar(plotter, parts, line_px(size))
    dress(plotter, parts, size, FLAT_NOTE)
    low = (low_x, front, -parts.edges_mm[-1] - 0.2)
    high = (high_x, cut_at, max(0.32 * (high_x - low_x), 1.6 * treatment.device.length_mm))
    aim(plotter.camera, CLOSE, corners(low, high), size[0] / size[1], margins(size))
    return parts


def section(
    plotter: pyvista.Plotter,
    treatment: Treatment,
    colour_by: str,
    size: tuple[int, int],
    scale: tuple[float, float] | None,
) -> Parts:
    """Add a section of the skin with the channels that stand in front of it; one scale along and down.

    Parameters
    ----------
    plotter : Plotter — where to, its active picture [-]
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass' [-]
    size : (int, int) — of the picture [pixels]
    scale : (float, float) or None — ends of the colour scale [as its title says]

    """
    stage = section_stage(treatment)
    parts = add_parts(plotter, treatment, stage, colour_by=colour_by, scale=scale)
    show(parts, None, View(treatment.technique.passes, hidden=frozenset({"roller"})))
    ground_bar(plotter, parts, line_px(size), seen="level")
    dress(plotter, parts, size)
    left, near, right, far = stage.bounds
    points = corners((left, near, -parts.edges_mm[-1] - 0.25), (right, far, 0))
    aim(plotter.camera, SECTION, points, size[0] / size[1], margins(size))
    return parts


def section_stage(treatment: Treatment) -> Stage:
    """Return a strip of skin in the middle of the region, the nearer part of it cut away.

    Parameters
    ----------
    treatment : Treatment — whose region [mm]

    """
    left, near, right, far = treatment.region.bounds
    (x, y), half = ((left + right) / 2, (near + far) / 2), min(SECTION_MM[0], right - left) / 2
    front, behind = min(SECTION_MM[1], (far - near) / 2), min(BEHIND_SECTION_MM, (far - near) / 2)
    return Stage(box(x - half, y, x + half, y + behind), box(x - half, y - front, x + half, y), (x, y))


def depth_map(
    plotter: pyvista.Plotter,
    treatment: Treatment,
    colour_by: str,
    size: tuple[int, int],
    scale: tuple[float, float] | None,
) -> Parts:
    """Add the skin from above, every channel with its hole and its depth as colour.

    Parameters
    ----------
    plotter : Plotter — where to, its active picture [-]
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass' [-]
    size : (int, int) — of the picture [pixels]
    scale : (float, float) or None — ends of the colour scale [as its title says]

    """
    stage = stage_of(treatment, MAP_MM, 0.0)
    parts = add_parts(plotter, treatment, stage, colour_by=colour_by, scale=scale)
    show(parts, None, View(treatment.technique.passes, hidden=frozenset({"roller"})))
    add_outline(plotter, parts)
    left, near, right, far = stage.bounds
    ground_bar(plotter, parts, line_px(size), seen="above")
    dress(plotter, parts, size)
    points = corners((left, near - 0.06 * (far - near), 0), (right, far, 0))
    aim(plotter.camera, STANDS["4"], points, size[0] / size[1], margins(size))
    return parts


VIEWS: dict[str, Callable[..., Parts]] = {
    "scene": whole_scene,
    "roller": close_up,
    "cut": section,
    "depth": depth_map,
}


def _last_along_x(made: Strokes) -> int:
    """Last pass along x; the last of all where there is none."""
    straight = made.pass_number[made.direction_rad == 0]
    return int(max(straight if straight.size else made.pass_number, default=1))


def start_along_x(parts: Parts) -> None:
    """Put the roller where it looks best: rolling along the near edge, all channels there.

    Parameters
    ----------
    parts : Parts — of the scene [-]

    """
    stands = View(_last_along_x(parts.made))
    place_roller(parts, pose(parts, stands))


def scene_points(parts: Parts) -> Array:
    """Return what must be seen of a scene: the skin and the drum, not the handle.

    Parameters
    ----------
    parts : Parts — of the scene [mm]

    """
    left, near, right, far = parts.stage.bounds
    skin = corners((left, near - 0.06 * (right - left), -parts.edges_mm[-1]), (right, far, 0))
    roller = parts.treatment.device
    reach, half = roller.drum_radius_mm + roller.length_mm, roller.drum_width_mm / 2 + 0.5
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    aside = np.array([0.0, half, 0.0])
    rim = np.stack([reach * np.cos(turn), np.zeros(24), reach * np.sin(turn)], axis=1)
    drum = np.concatenate([rim + aside, rim - aside])
    matrix = np.array(parts.roller["drum"].user_matrix)
    # The rim is round: only the heading of the drum counts, not its turn.
    across = matrix[:3, 1]
    heading = np.stack([(across[1], -across[0], 0.0), across, (0.0, 0.0, 1.0)], axis=1)
    return np.concatenate([skin, drum @ heading.T + matrix[:3, 3]])


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


def dress(plotter: pyvista.Plotter, parts: Parts, size: tuple[int, int], note: str = "") -> None:
    """Write title, legend and colour scale on a picture that is large enough for them.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    parts : Parts — of the scene [-]
    size : (int, int) — of the picture [pixels]
    note : str — put behind the title's last line [-]

    """
    mapper = None if parts.channels is None else parts.channels.mapper
    lines, entries = title_lines(parts.treatment), legend_lines(parts.treatment)
    add_caption(plotter, [*lines[:-1], lines[-1] + note], entries, size, mapper, COLOURS[parts.colour_by])


def margins(size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return what a picture leaves free at its left, right, lower and upper edge; below stands the caption.

    Parameters
    ----------
    size : (int, int) — of the picture [pixels]

    """
    return 0.04, 0.04, 0.04 + (caption_px(size, 2) + line_px(size)) / size[1], 0.04
