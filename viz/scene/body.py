"""Pictures of a body: skin coloured by a quantity, strokes drawn on it, a roller on it; several at one scale.

In: a surface, a number for every face or every corner with its name and unit, strokes, a roller and where it stands.
Out: a PyVista plotter. Skin that has no number keeps the colour of skin. All pictures of one plotter share one colour
scale, one scale of length and one camera.

Ask `gl.can_render` before drawing: without GL a plotter ends the process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvista
from numpy.typing import ArrayLike
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D

from ...data.catalog import RollerSpec
from ...data.checks import InputError, refuse
from ...geometry.arrays import Array, floats
from ...geometry.mesh import drum_mesh, handle_mesh, needles_mesh
from ...geometry.surface.body import Surface, crossed, frame_at, unit_vectors
from ...geometry.surface.strokes import Strokes
from ..palette import CHANNEL_MAP, DRUM, HANDLE, INK, STEEL
from .cameras import Stand, aim
from .drawing import new_plotter
from .lettering import FONT, FONT_FILE, add_title, bar_length_mm, length_words, line_px, room_for_words, write

SKIN, BARE = "#efcdb6", "#eadfd6"  # of a body without numbers, and where the others have none
STROKE, HALO = "#1d2733", "#ffffff"
LIFTED_MM = 0.35  # lines lie so far above the skin, not to sink into its facets
MOST_BODIES = 4
FOOT_LINES = 5.2  # of text, for the colour scale
SOFT = {"ambient": 0.24, "diffuse": 0.78, "specular": 0.10, "specular_power": 18}
# From the body to the eye, as to its side, up and to the front.
VIEWS = {
    "front": (0.0, 0.05, 1.0),
    "left": (0.66, 0.10, 0.75),
    "right": (-0.66, 0.10, 0.75),
    "side": (1.0, 0.04, 0.10),
}
CLOSE_SHARE = 1.35  # width of a close view over that of the drum


@dataclass(frozen=True, eq=False)
class BodyPicture:
    """What one picture shows.

    Parameters
    ----------
    surface : Surface — the body [mm]
    values : (F,) or (V,) float or None — a number for each face or vertex, NaN for none [as the label says]
    title : tuple of str — lines at its head [-]
    strokes : tuple of Strokes — drawn on it [mm]
    roller : RollerSpec or None — the roller that stands on it [mm]
    pose : (4, 4) float or None — where it stands, from `roller_pose` [mm]

    """

    surface: Surface
    values: Array | None = None
    title: tuple[str, ...] = ()
    strokes: tuple[Strokes, ...] = ()
    roller: RollerSpec | None = None
    pose: Array | None = None


def roller_pose(
    point: ArrayLike,
    tangent: ArrayLike,
    normal: ArrayLike,
    axle_height_mm: float,
    turn_rad: float = 0.0,
    tilt_rad: float = 0.0,
) -> Array:
    """Return the matrix that puts a roller on a body, (4, 4).

    Parameters
    ----------
    point : (3,) float array — point of the stroke under the axle's middle [mm]
    tangent : (3,) float array — direction of rolling [-]
    normal : (3,) float array — outward [-]
    axle_height_mm : float — of the axle over the point [mm]
    turn_rad : float — of the drum about its axle, in the way that it rolls [rad]
    tilt_rad : float — of the axle about the stroke: its left end, seen along the stroke, goes up [rad]

    """
    ahead, up = unit_vectors(tangent), unit_vectors(normal)
    left = crossed(up[None], ahead[None])[0]
    axle = np.cos(tilt_rad) * left + np.sin(tilt_rad) * up
    over = crossed(ahead[None], axle[None])[0]
    cos, sin = np.cos(turn_rad), np.sin(turn_rad)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([cos * ahead - sin * over, axle, sin * ahead + cos * over], axis=1)
    matrix[:3, 3] = floats(point) + axle_height_mm * up
    return matrix


def draw_bodies(
    pictures: Sequence[BodyPicture],
    *,
    label: str = "",
    unit: str = "",
    limits: tuple[float, float] | None = None,
    view: str = "left",
    size: tuple[int, int] = (1600, 1200),
    off_screen: bool = True,
) -> pyvista.Plotter:
    """Draw bodies side by side at one scale, coloured by one quantity.

    Parameters
    ----------
    pictures : sequence of BodyPicture — what to show, left to right [-]
    label : str — what the colours say [-]
    unit : str — its unit, empty for pure numbers [-]
    limits : (float, float) or None — ends of the colour scale; None: those of the numbers [as the label says]
    view : str — 'front', 'left' or 'right' of the front, 'side', or 'roller' from close by [-]
    size : (int, int) — width and height of the whole [pixels]
    off_screen : bool — for a file instead of a window [-]

    Raises
    ------
    InputError
        For too many bodies, another view, numbers that fit neither faces nor vertices.

    """
    if not 1 <= len(pictures) <= MOST_BODIES:
        raise refuse("bodies", len(pictures), f"1 to {MOST_BODIES} in one picture")
    if view not in (*VIEWS, "roller"):
        raise refuse("view", view, ", ".join((*VIEWS, "roller")))
    if view == "roller" and any(picture.pose is None or picture.roller is None for picture in pictures):
        raise InputError("view = 'roller' needs a roller and its place on every body; allowed: another view")
    words = room_for_words(size)
    line = line_px(size)
    scale = limits or _ends(pictures)
    foot = FOOT_LINES * line / size[1] if words and scale is not None else 0.01
    plotter = new_plotter(
        size,
        off_screen=off_screen,
        shape=(2, len(pictures)),
        row_weights=[1 - foot, foot],
        groups=[(1, np.s_[:])],
    )
    plotter.set_background("white", all_renderers=True)
    plotter.enable_anti_aliasing("ssaa" if off_screen else "msaa", all_renderers=True)
    pane = (round(size[0] / len(pictures)), round(size[1] * (1 - foot)))
    longest = max((len(text) for picture in pictures for text in picture.title), default=0)
    mappers = []
    for column, picture in enumerate(pictures):
        plotter.subplot(0, column)
        mappers.append(_add_body(plotter, picture, scale))
        _add_strokes(plotter, picture)
        _add_roller(plotter, picture)
        if words and picture.title:
            add_title(plotter, picture.title, pane, line, longest)
    _aim_all(plotter, pictures, view, pane, line, words=words)
    told = [mapper for mapper in mappers if mapper is not None]
    if words and told:
        plotter.subplot(1, 0)
        _add_scale(plotter, told[0], f"{label} [{unit}]" if unit else label, size, line, foot)
    return plotter


def _ends(pictures: Sequence[BodyPicture]) -> tuple[float, float] | None:
    """Ends of the colour scale: of all numbers, and never one point."""
    numbers = [floats(picture.values) for picture in pictures if picture.values is not None]
    finite = np.concatenate([number[np.isfinite(number)] for number in numbers]) if numbers else np.zeros(0)
    if not finite.size:
        return None
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _add_body(plotter: pyvista.Plotter, picture: BodyPicture, scale: tuple[float, float] | None) -> Any:
    """Add the skin; returns what maps its numbers to colours."""
    surface = picture.surface
    mesh = pyvista.PolyData.from_regular_faces(surface.vertices, surface.faces)
    mesh.point_data.active_normals = surface.vertex_normal
    if picture.values is None or scale is None:
        actor = plotter.add_mesh(mesh, color=SKIN, name="skin", **SOFT)
        actor.prop.interpolation = "Phong"
        return None
    values = floats(picture.values)
    if values.shape == (len(surface.faces),):
        mesh.cell_data["quantity"] = values
    elif values.shape == (len(surface.vertices),):
        mesh.point_data["quantity"] = values
    else:
        raise InputError(
            f"values have shape {values.shape}; allowed: one for each of {len(surface.faces)} faces "
            f"or {len(surface.vertices)} vertices of {surface.name}"
        )
    actor = plotter.add_mesh(
        mesh,
        scalars="quantity",
        cmap=CHANNEL_MAP,
        clim=scale,
        nan_color=BARE,
        show_scalar_bar=False,
        name="skin",
        **SOFT,
    )
    actor.prop.interpolation = "Phong"
    return actor.mapper


def _add_strokes(plotter: pyvista.Plotter, picture: BodyPicture) -> None:
    """Draw strokes as lines: strong over the zone, thin over the overrun."""
    for number, strokes in enumerate(picture.strokes):
        if len(strokes.point) < 2:
            continue
        first = np.arange(len(strokes.point) - 1)
        within = strokes.stroke[first] == strokes.stroke[first + 1]
        inside = strokes.inside[first] | strokes.inside[first + 1]
        for name, chosen, width in (("in", within & inside, 3.4), ("over", within & ~inside, 1.4)):
            if chosen.any():
                pairs = np.stack([np.full(chosen.sum(), 2), first[chosen], first[chosen] + 1], axis=1)
                # A pale edge keeps dark lines apart from dark skin; it lies a little deeper.
                for part, colour, more, lift in (("edge", HALO, 2.4, 0.6), ("line", STROKE, 0.0, 1.0)):
                    raised = strokes.point + lift * LIFTED_MM * strokes.normal
                    lines = pyvista.PolyData(raised, lines=pairs.ravel())
                    plotter.add_mesh(
                        lines,
                        color=colour,
                        line_width=width + more,
                        lighting=False,
                        name=f"strokes {name} {part} {number}",
                        pickable=False,
                    )


def _add_roller(plotter: pyvista.Plotter, picture: BodyPicture) -> None:
    if picture.roller is None or picture.pose is None:
        return
    # The hand holds the handle as it is, however far the drum has turned.
    pose, held = floats(picture.pose), floats(picture.pose).copy()
    axle = pose[:3, 1]
    ahead = _ahead(picture.surface, pose)
    held[:3, 0], held[:3, 2] = ahead, crossed(ahead[None], axle[None])[0]
    for name, mesh, colour, matrix in (
        ("drum", drum_mesh(picture.roller), DRUM, pose),
        ("needles", needles_mesh(picture.roller), STEEL, pose),
        ("handle", handle_mesh(picture.roller), HANDLE, held),
    ):
        body = pyvista.PolyData.from_regular_faces(mesh.vertices, mesh.faces)
        body = body.compute_normals(split_vertices=True, feature_angle=30.0)
        actor = plotter.add_mesh(body, color=colour, specular=0.35, specular_power=25, name=name, pickable=False)
        actor.prop.interpolation = "Phong"
        actor.user_matrix = matrix


def _ahead(body: Surface, pose: Array) -> Array:
    """Direction of rolling: square to the axle and to the normal of the skin under it."""
    corner = np.argmin(np.linalg.norm(body.vertices - pose[:3, 3], axis=1))
    axle, up = pose[:3, 1], body.vertex_normal[corner]
    return floats(unit_vectors(crossed(axle[None], up[None])[0]))


def _aim_all(
    plotter: pyvista.Plotter,
    pictures: Sequence[BodyPicture],
    view: str,
    pane: tuple[int, int],
    line: float,
    *,
    words: bool,
) -> None:
    """Set the cameras so that one scale holds in all pictures."""
    titles = max(len(picture.title) for picture in pictures) if words else 0
    top = (2.0 + 1.7 * titles) * line / pane[1]
    widest = 0.0
    for column, picture in enumerate(pictures):
        plotter.subplot(0, column)
        stand, points = _seen(picture, view)
        aim(plotter.camera, stand, points, pane[0] / pane[1], (0.05, 0.05, 0.05, top))
        widest = max(widest, plotter.camera.parallel_scale)
    for column in range(len(pictures)):
        plotter.subplot(0, column)
        plotter.camera.parallel_scale = widest
        plotter.renderer.reset_camera_clipping_range()
        if words:
            _add_length(plotter, 2 * widest / pane[1], pane, line)


def _seen(picture: BodyPicture, view: str) -> tuple[Stand, Array]:
    """Direction of looking at a body, and the points that must be in the picture."""
    surface = picture.surface
    up = unit_vectors(surface.up)
    if view == "roller" and picture.roller is not None and picture.pose is not None:
        pose = floats(picture.pose)
        axle, ahead = pose[:3, 1], _ahead(surface, pose)
        over = crossed(ahead[None], axle[None])[0]
        half = CLOSE_SHARE * picture.roller.drum_width_mm / 2
        reach = picture.roller.drum_radius_mm + picture.roller.length_mm
        middle = pose[:3, 3]
        box = [middle + a * half * axle + b * reach * over for a in (-1, 1) for b in (-1.5, 1.05)]
        eye = tuple(0.97 * ahead + 0.14 * over)
        return Stand("roller", eye, up=tuple(over), parallel=True), np.array(box)
    front = np.roll(up, 1)
    side, upward = frame_at(surface, front)
    right, rise, outward = VIEWS.get(view, VIEWS["left"])
    eye = tuple(right * side + rise * upward + outward * front)
    shown = surface.vertices
    if surface.zones:
        # The zones and some skin around them; not a whole body for the sake of a face.
        inside = shown[np.unique(surface.faces[surface.zone_of_face >= 0])]
        low, high = inside.min(axis=0), inside.max(axis=0)
        around = 0.16 * (high - low) + 10.0
        shown = shown[((shown >= low - around) & (shown <= high + around)).all(axis=1)]
    return Stand(view, eye, up=tuple(upward), parallel=True), shown


def _add_length(plotter: pyvista.Plotter, mm_per_px: float, pane: tuple[int, int], line: float) -> None:
    """Draw a bar of a round length at the lower right of a picture."""
    length = bar_length_mm(0.8 * pane[0] * mm_per_px)
    right, low = pane[0] - 1.5 * line, 2.4 * line
    left = right - length / mm_per_px
    corners = np.array([[left, low, 0], [right, low, 0]])
    bar = pyvista.PolyData(corners, lines=[2, 0, 1])
    mapper, actor = vtkPolyDataMapper2D(), vtkActor2D()
    mapper.SetInputData(bar)
    actor.SetMapper(mapper)
    actor.GetProperty().SetColor(*pyvista.Color(INK).float_rgb)
    actor.GetProperty().SetLineWidth(max(2.0, line / 6))
    plotter.add_actor(actor, name="length", pickable=False)
    words = length_words(length)
    write(plotter, words, ((left + right) / 2 - 0.31 * line * len(words), low - 1.7 * line), line)


def _add_scale(
    plotter: pyvista.Plotter, mapper: Any, label: str, size: tuple[int, int], line: float, foot: float
) -> None:
    """Draw the colour scale in the strip under the pictures."""
    wide = min(0.5, 30 * line / size[0])
    high = foot * size[1]
    bar = plotter.add_scalar_bar(
        title=" ",
        mapper=mapper,
        vertical=False,
        position_x=0.5 - wide / 2,
        position_y=0.25 * line / high,
        width=wide,
        height=3.0 * line / high,
        n_labels=5,
        color=INK,
        fmt="%.3g",
        title_font_size=round(line),
        label_font_size=round(line),
        unconstrained_font_size=True,
        render=False,
    )
    for prop in (bar.GetTitleTextProperty(), bar.GetLabelTextProperty()):
        prop.SetFontFamily(FONT_FILE)
        prop.SetFontFile(FONT)
    write(plotter, label, (size[0] / 2 - 0.31 * line * len(label), 3.6 * line), line)
