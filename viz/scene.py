"""The 3D scene: a roller on layered skin, cut open, with the channels that it leaves.

In: a `Treatment`. Out: a PyVista plotter. All needles are one mesh, all channels another. Lengths in mm, skin
surface at z = 0; the frame is that of the treatment, with the roller on a landing of one of its passes.

Ask `gl.can_render` before drawing: without GL a plotter ends the process.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pyvista
import trimesh
from shapely.geometry import Polygon, box

from ..geometry.arrays import Array
from ..geometry.mesh import LAYER_SEAM_MM, channels_mesh, drum_mesh, handle_mesh, layer_slab, needles_mesh
from ..geometry.needle import needle_profile
from ..geometry.skin import interfaces_um, mean_thickness_um
from ..roller.result import Treatment
from ..roller.strokes import strokes
from ..roller.summary import LAYER_WORDS, headline
from .gl import has_display
from .palette import CHANNEL_MAP, DRUM, HANDLE, LAYER_COLOURS, STEEL

FONT = str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
SHOWN_MM = (
    22.0,
    15.0,
)  # part of the region that is drawn at most: across a face, layers would be too thin to see
FAT_SHOWN_MM = 1.2  # of the hypodermis
MOUTH_LIFT_MM = 0.004  # channels stand out of the surface by a hair, so that their mouths show on it
ROLLER_AT = (0.2, 0.85)  # of the shown part: leaves the right side free
CUT_MM = 4.5  # of the shown part, along its near edge, is cut open down to the fat


def surface(mesh: trimesh.Trimesh) -> pyvista.PolyData:
    """Return a mesh as PyVista knows it.

    Parameters
    ----------
    mesh : Trimesh — triangles [mm]

    """
    return pyvista.PolyData.from_regular_faces(np.asarray(mesh.vertices), np.asarray(mesh.faces))


def draw(
    treatment: Treatment,
    *,
    colour_by: str = "depth",
    size: tuple[int, int] = (1600, 1200),
    off_screen: bool = True,
) -> pyvista.Plotter:
    """Draw the scene of a treatment.

    Parameters
    ----------
    treatment : Treatment — what to show [mm, um]
    colour_by : str — 'depth' or 'pass': what the colour of a channel says [-]
    size : (int, int) — width and height of the picture [pixels]
    off_screen : bool — for a file instead of a window [-]

    """
    if off_screen and not has_display():
        # Without a screen VTK would first try one and complain; this is what it falls back to.
        os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    plotter = pyvista.Plotter(off_screen=off_screen, window_size=list(size), lighting="three lights")
    plotter.set_background("#ffffff", top="#dfe7ef")
    shown = _shown_part(treatment)
    left, near, right, far = shown.bounds
    cut_at = near + min(CUT_MM, (far - near) / 2)
    edges = interfaces_um(mean_thickness_um(treatment.site)) / 1000
    edges[-1] = min(edges[-1], edges[-2] + FAT_SHOWN_MM)

    _add_skin(plotter, treatment, box(left, cut_at, right, far), box(left, near, right, cut_at), edges)
    _add_channels(plotter, treatment, shown, colour_by)
    _add_roller(plotter, treatment, shown)
    _add_scale(plotter, shown, edges[-1])
    line = size[1] // 60
    _add_legend(plotter, treatment, line)
    _write(plotter, _title(treatment), (line, 1.2 * line), 1.1 * line, "black")
    _aim(plotter, treatment, shown)
    return plotter


def _shown_part(treatment: Treatment) -> Polygon:
    """Return the rectangle around the middle of the region that is drawn."""
    left, near, right, far = treatment.region.bounds
    middle = ((left + right) / 2, (near + far) / 2)
    half = (min(SHOWN_MM[0], right - left) / 2, min(SHOWN_MM[1], far - near) / 2)
    return box(middle[0] - half[0], middle[1] - half[1], middle[0] + half[0], middle[1] + half[1])


def _add_skin(plotter: pyvista.Plotter, treatment: Treatment, whole: Polygon, opened: Polygon, edges: Array) -> None:
    """Add the layers; in the opened part only the fat is left, so that channels hang free above it."""
    for number, layer in enumerate(treatment.site.layers):
        top, bottom = edges[number], edges[number + 1]
        slab = surface(layer_slab(whole, top, bottom - LAYER_SEAM_MM))
        plotter.add_mesh(slab, color=LAYER_COLOURS[layer.name], ambient=0.1, diffuse=0.85, name=layer.name)
    floor = surface(layer_slab(opened, edges[-2], edges[-1]))
    plotter.add_mesh(floor, color=LAYER_COLOURS["hypodermis"], ambient=0.1, diffuse=0.85, name="hypodermis, opened")


def _add_legend(plotter: pyvista.Plotter, treatment: Treatment, line: int) -> None:
    """Write the layers with their thickness; PyVista's own legend would write pale names in their pale colours."""
    layers = treatment.site.layers
    for number, layer in enumerate(layers):
        left, bottom = plotter.window_size[0] - 24 * line, (1.2 + 1.6 * (len(layers) - 1 - number)) * line
        words = f"{LAYER_WORDS[layer.name]}, {layer.mean_um:.0f} ± {layer.sd_um:.0f} µm"
        _write(plotter, "\N{BLACK SQUARE}", (left, bottom), 1.4 * line, LAYER_COLOURS[layer.name])
        _write(plotter, words, (left + 1.7 * line, bottom), line, "black")


def _write(plotter: pyvista.Plotter, words: str, place: tuple[float, float], line: float, colour: str) -> None:
    actor = plotter.add_text(words, position=place, color=colour, font_file=FONT)
    # VTK counts text in points of a 72 dpi screen; the picture's own size decides here.
    actor.prop.font_size = round(line)
    actor.position = place


def _add_channels(plotter: pyvista.Plotter, treatment: Treatment, shown: Polygon, colour_by: str) -> None:
    channels = treatment.channels
    left, near, right, far = shown.bounds
    x, y = channels.x_mm, channels.y_mm
    drawn = (x > left) & (x < right) & (y > near) & (y < far)
    if not drawn.any():
        return
    depth = channels.peak_depth_um[drawn]
    mesh = channels_mesh(needle_profile(treatment.device), x[drawn], y[drawn], depth)
    mesh.apply_translation((0, 0, MOUTH_LIFT_MM))
    title, values = {"depth": ("peak depth [um]", depth), "pass": ("pass", channels.pass_number[drawn])}[colour_by]
    bodies = surface(mesh)
    bodies[title] = np.repeat(values, bodies.n_points // values.size)
    bar: dict[str, Any] = {
        "vertical": True,
        "position_x": 0.88,
        "position_y": 0.25,
        "height": 0.4,
        "width": 0.05,
        "n_labels": 5,
    }
    bar |= {"color": "black", "title_font_size": 22, "label_font_size": 20, "fmt": "%.0f"}
    plotter.add_mesh(bodies, scalars=title, cmap=CHANNEL_MAP, name="channels", scalar_bar_args=bar)


def _add_roller(plotter: pyvista.Plotter, treatment: Treatment, shown: Polygon) -> None:
    """Add the roller on a landing of a pass along x: a needle is lowest exactly where it has left a channel."""
    roller, made = treatment.device, strokes(treatment)
    left, near, right, far = shown.bounds
    target = np.array([left + ROLLER_AT[0] * (right - left), near + ROLLER_AT[1] * (far - near)])
    pose = np.eye(4)
    pose[:3, 3] = (*target, made.axle_height_mm)
    along_x = np.flatnonzero(made.direction_rad == 0)
    if along_x.size:
        axle = np.stack([made.opened_at_mm, made.across_mm[made.of_channel]], axis=1)
        landings = np.flatnonzero(np.isin(made.of_channel, along_x))
        landed = landings[np.argmin(np.hypot(*(axle[landings] - target).T))]
        pose = made.pose(made.of_channel[landed], made.opened_at_mm[landed])
    # Drum and needles have turned; the hand holds the handle as it is.
    upright = np.eye(4)
    upright[:3, 3] = pose[:3, 3]
    for name, mesh, colour in (
        ("drum", drum_mesh(roller).apply_transform(pose), DRUM),
        ("needles", needles_mesh(roller).apply_transform(pose), STEEL),
        ("handle", handle_mesh(roller).apply_transform(upright), HANDLE),
    ):
        shine = {"specular": 0.6, "specular_power": 20}
        plotter.add_mesh(surface(mesh), color=colour, smooth_shading=True, split_sharp_edges=True, name=name, **shine)


def _add_scale(plotter: pyvista.Plotter, shown: Polygon, floor: float) -> None:
    """Add a bar of whole millimetres along the foot of the near edge."""
    left, near, right, _ = shown.bounds
    length = max(1.0, float(np.floor((right - left) / 4)))
    start, stop = (right - length, near - 0.6, -floor), (right, near - 0.6, -floor)
    plotter.add_mesh(pyvista.Tube(pointa=start, pointb=stop, radius=0.05), color="black", name="scale bar")
    plotter.add_point_labels(
        [(right - length / 2, near - 2.2, -floor)],
        [f"{length:g} mm"],
        font_size=24,
        font_file=FONT,
        text_color="black",
        shape=None,
        show_points=False,
        always_visible=True,
    )


def _title(treatment: Treatment) -> str:
    roller = treatment.device
    return f"{roller.title}: {roller.needle_count} needles of {roller.length_mm:g} mm\n{headline(treatment)}"


def _aim(plotter: pyvista.Plotter, treatment: Treatment, shown: Polygon) -> None:
    """Look from the near right, low enough to see into the cut, at a picture that holds roller and skin."""
    left, near, right, far = shown.bounds
    top = 2 * (treatment.device.drum_radius_mm + treatment.device.length_mm)
    middle = np.array([(left + right) / 2, (near + far) / 2, 0.27 * top])
    plotter.camera.focal_point = middle
    plotter.camera.position = middle + 3.1 * np.hypot(right - left, top) * np.array([0.44, -0.76, 0.46])
    plotter.camera.up = (0, 0, 1)
    plotter.camera.view_angle = 20
    plotter.reset_camera_clipping_range()
