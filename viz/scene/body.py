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
from vtkmodules.vtkRenderingCore import vtkActor2D, vtkPolyDataMapper2D

from ...data.catalog import RollerSpec
from ...data.checks import InputError, refuse
from ...geometry.arrays import Array, Flags, floats
from ...geometry.surface.body import Surface, frame_at, unit_vectors
from ...geometry.surface.strokes import Strokes
from ..palette import BARE, CHANNEL_MAP, INK, LINE, SOFT_INK
from .cameras import Stand, aim
from .drawing import new_plotter
from .lettering import (
    FONT,
    FONT_FILE,
    LETTER,
    VEIL,
    add_title,
    bar_length_mm,
    length_words,
    line_px,
    room_for_words,
    write,
)
from .standing_roller import add_roller, axes_of, cut_open, profile_mm, roller_points, section_mesh, stand_before

SKIN = "#efcdb6"  # of a body without numbers
STROKE, HALO = "#1d2733", "#ffffff"
LIFTED_MM = 0.35  # lines lie so far above the skin, not to sink into its facets
MOST_BODIES = 4
FOOT_LINES, NOTE_LINES = 5.2, 1.8  # of text, for the colour scale and for a note under it
SQUARE_LETTERS = 5  # a square takes so much room, with the gap after its words
SOFT = {"ambient": 0.24, "diffuse": 0.78, "specular": 0.10, "specular_power": 18}
# From the body to the eye, as to its side, up and to the front.
VIEWS = {
    "front": (0.0, 0.05, 1.0),
    "left": (0.66, 0.10, 0.75),
    "right": (-0.66, 0.10, 0.75),
    "side": (1.0, 0.04, 0.10),
}
AROUND_SHARE = 0.1  # of the zones' extent: as much skin is shown beyond them
FULL_LINE_PX = 20.0  # of text in a picture where lines have the widths that stand here
UPPER = 0.6  # of the height, where rollers are shown from close by below
SECTION_TIMES = 3.0  # a section goes on so far beyond what must be seen of it


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
    lifted : (J,) bool or None — rings of it that are off the skin, drawn in another colour; None: none [-]
    standing : tuple of str — lines at the head of the roller seen from close by [-]

    """

    surface: Surface
    values: Array | None = None
    title: tuple[str, ...] = ()
    strokes: tuple[Strokes, ...] = ()
    roller: RollerSpec | None = None
    pose: Array | None = None
    lifted: Flags | None = None
    standing: tuple[str, ...] = ()


def draw_bodies(
    pictures: Sequence[BodyPicture],
    *,
    label: str = "",
    unit: str = "",
    limits: tuple[float, float] | None = None,
    colours: str = CHANNEL_MAP,
    classes: Sequence[tuple[str, str]] = (),
    note: str = "",
    view: str = "left",
    closer: bool = False,
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
    colours : str — name of the colour scale [-]
    classes : sequence of (str, str) — colour and words of the numbers 0, 1, ... instead of a scale [-]
    note : str — a line at the foot [-]
    view : str — 'front', 'left' or 'right' of the front, 'side', or 'roller' from close by, skin cut open there [-]
    closer : bool — below each, the same roller from close by [-]
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
    if (closer or view == "roller") and any(one.pose is None or one.roller is None for one in pictures):
        raise InputError("view = 'roller' needs a roller and its place on every body; allowed: another view")
    words = room_for_words(size)
    line = line_px(size)
    scale = limits or _ends(pictures)
    lines = FOOT_LINES * (scale is not None) + NOTE_LINES * bool(note)
    foot = max(lines * line / size[1] if words else 0.0, 0.01)
    views = [(view, 1 - foot)] if not closer else [(view, UPPER * (1 - foot)), ("roller", (1 - UPPER) * (1 - foot))]
    plotter = new_plotter(
        size,
        off_screen=off_screen,
        shape=(len(views) + 1, len(pictures)),
        row_weights=[*(share for _, share in views), foot],
        groups=[(len(views), np.s_[:])],
    )
    plotter.set_background("white", all_renderers=True)
    plotter.enable_anti_aliasing("ssaa" if off_screen else "msaa", all_renderers=True)
    mappers = []
    for row, (seen, share) in enumerate(views):
        pane = (round(size[0] / len(pictures)), round(size[1] * share))
        heads = [picture.title if row == 0 else picture.standing for picture in pictures]
        longest = max((len(text) for head in heads for text in head), default=0)
        for column, picture in enumerate(pictures):
            plotter.subplot(row, column)
            mappers.append(_add_body(plotter, picture, scale, [colour for colour, _ in classes] or colours, seen))
            _add_strokes(plotter, picture, seen, line / FULL_LINE_PX)
            if picture.roller is not None and picture.pose is not None:
                pose = floats(picture.pose)
                add_roller(plotter, picture.roller, pose, axes_of(picture.surface, pose), picture.lifted)
            if words and heads[column]:
                add_title(plotter, heads[column], pane, line, longest)
        _aim_all(plotter, pictures, (row, seen), pane, line, words=words)
    if words:
        plotter.subplot(len(views), 0)
        found = [mapper for mapper in mappers if mapper is not None]
        _add_foot(plotter, found, f"{label} [{unit}]" if unit else label, classes, note, size, line)
    return plotter


def _ends(pictures: Sequence[BodyPicture]) -> tuple[float, float] | None:
    """Ends of the colour scale: of all numbers, and never one point."""
    numbers = [floats(picture.values) for picture in pictures if picture.values is not None]
    finite = np.concatenate([number[np.isfinite(number)] for number in numbers]) if numbers else np.zeros(0)
    if not finite.size:
        return None
    low, high = float(finite.min()), float(finite.max())
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _add_body(
    plotter: pyvista.Plotter,
    picture: BodyPicture,
    scale: tuple[float, float] | None,
    colours: str | list[str],
    view: str,
) -> Any:
    """Add the skin; returns what maps its numbers to colours."""
    surface = picture.surface
    mesh = pyvista.PolyData.from_regular_faces(surface.vertices, surface.faces)
    mesh.point_data.active_normals = surface.vertex_normal
    if picture.values is not None:
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
    if view == "roller":
        mesh = _cut_open(plotter, picture, mesh)
    if picture.values is None or scale is None:
        actor = plotter.add_mesh(mesh, color=SKIN, name="skin", **SOFT)
        actor.prop.interpolation = "Phong"
        return None
    actor = plotter.add_mesh(
        mesh,
        scalars="quantity",
        cmap=colours,
        clim=scale,
        nan_color=BARE,
        show_scalar_bar=False,
        name="skin",
        **SOFT,
    )
    actor.prop.interpolation = "Phong"
    if view != "roller":
        _add_borders(plotter, surface)
    return actor.mapper


def _cut_open(plotter: pyvista.Plotter, picture: BodyPicture, mesh: pyvista.PolyData) -> pyvista.PolyData:
    """Draw the section under the axle; returns the skin behind it."""
    assert picture.roller is not None
    assert picture.pose is not None
    pose = floats(picture.pose)
    axes = axes_of(picture.surface, pose)
    _, box, floor = stand_before(picture.roller, pose, axes)
    profile = profile_mm(mesh, pose, axes, SECTION_TIMES * float(np.ptp(box @ axes[0])))
    if len(profile) > 1:
        body, edge = section_mesh(profile, pose, axes, SECTION_TIMES * floor)
        plotter.add_mesh(body, color=SKIN, lighting=False, name="section", pickable=False)
        plotter.add_mesh(edge, color=LINE, line_width=3, lighting=False, name="section edge", pickable=False)
    return cut_open(mesh, pose, axes)


def _add_borders(plotter: pyvista.Plotter, surface: Surface) -> None:
    """Draw the borders of the zones: a zone of which little is told still shows."""
    zone = surface.zone_of_face
    face, corner = np.nonzero((surface.neighbours >= 0) & (zone[surface.neighbours] < zone[:, None]))
    if not face.size:
        return
    ends = surface.faces[face[:, None], np.stack([(corner + 1) % 3, (corner + 2) % 3], axis=1)]
    raised = surface.vertices + 0.5 * LIFTED_MM * surface.vertex_normal
    lines = pyvista.PolyData(raised, lines=np.insert(ends, 0, 2, axis=1).ravel())
    plotter.add_mesh(lines, color=SOFT_INK, line_width=1.6, lighting=False, name="borders", pickable=False)


def _add_strokes(plotter: pyvista.Plotter, picture: BodyPicture, view: str, thick: float) -> None:
    """Draw strokes as lines: strong over the zone, thin over the overrun; none where the skin is cut open."""
    if view == "roller":
        return
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
                        line_width=thick * (width + more),
                        lighting=False,
                        name=f"strokes {name} {part} {number}",
                        pickable=False,
                    )


def _aim_all(
    plotter: pyvista.Plotter,
    pictures: Sequence[BodyPicture],
    seen: tuple[int, str],
    pane: tuple[int, int],
    line: float,
    *,
    words: bool,
) -> None:
    """Set the cameras so that one scale holds in all pictures."""
    row, view = seen
    titles = max(len(picture.title) for picture in pictures) if words and row == 0 else 0
    # Words stand at the left, beside what is round: half their height is enough.
    top = 0.02 if view == "roller" else (0.6 + 0.85 * titles) * line / pane[1]
    widest = 0.0
    for column, picture in enumerate(pictures):
        plotter.subplot(row, column)
        stand, points = _seen(picture, view)
        aim(plotter.camera, stand, points, pane[0] / pane[1], (0.03, 0.03, 0.03, top))
        widest = max(widest, plotter.camera.parallel_scale)
    for column in range(len(pictures)):
        plotter.subplot(row, column)
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
        stand, box, _ = stand_before(picture.roller, pose, axes_of(surface, pose))
        return stand, box
    front = np.roll(up, 1)
    side, upward = frame_at(surface, front)
    right, rise, outward = VIEWS.get(view, VIEWS["left"])
    eye = tuple(right * side + rise * upward + outward * front)
    shown = surface.vertices
    if surface.zones:
        # The zones and some skin around them; not a whole body for the sake of a face.
        inside = shown[np.unique(surface.faces[surface.zone_of_face >= 0])]
        low, high = inside.min(axis=0), inside.max(axis=0)
        around = AROUND_SHARE * (high - low)
        shown = shown[((shown >= low - around) & (shown <= high + around)).all(axis=1)]
    if picture.roller is not None and picture.pose is not None:
        pose = floats(picture.pose)
        shown = np.concatenate([shown, roller_points(picture.roller, pose, axes_of(surface, pose))])
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
    write(plotter, words, ((left + right) / 2 - 0.31 * line * len(words), low - 1.7 * line), line, veil=VEIL)


def _add_foot(
    plotter: pyvista.Plotter,
    mappers: Sequence[Any],
    label: str,
    classes: Sequence[tuple[str, str]],
    note: str,
    size: tuple[int, int],
    line: float,
) -> None:
    """Write what the colours say in the strip under the pictures, and a note below it."""
    room = 0.97 * size[0] / LETTER
    lift = NOTE_LINES * line * bool(note)
    if note:
        small = min(line, room / len(note))
        write(plotter, note, ((size[0] - LETTER * small * len(note)) / 2, 0.6 * line), small, colour=SOFT_INK)
    if not mappers:
        return
    write(plotter, label, (size[0] / 2 - 0.31 * line * len(label), lift + 3.6 * line), line)
    if classes:
        _add_classes(plotter, classes, size, line, lift + 1.2 * line)
        return
    foot = (FOOT_LINES + NOTE_LINES * bool(note)) * line
    wide = min(0.6, 34 * line / size[0])
    bar = plotter.add_scalar_bar(
        title=" ",
        mapper=mappers[0],
        vertical=False,
        position_x=0.5 - wide / 2,
        position_y=(0.25 * line + lift) / foot,
        width=wide,
        height=3.0 * line / foot,
        n_labels=5,
        color=INK,
        fmt="%.4g",
        title_font_size=round(line),
        label_font_size=round(line),
        unconstrained_font_size=True,
        render=False,
    )
    for prop in (bar.GetTitleTextProperty(), bar.GetLabelTextProperty()):
        prop.SetFontFamily(FONT_FILE)
        prop.SetFontFile(FONT)


def _add_classes(
    plotter: pyvista.Plotter, classes: Sequence[tuple[str, str]], size: tuple[int, int], line: float, low: float
) -> None:
    """Draw a square and words for each class, side by side."""
    letters = [len(words) + SQUARE_LETTERS for _, words in classes]
    high = min(line, 0.97 * size[0] / (LETTER * sum(letters)))
    left = (size[0] - LETTER * high * sum(letters)) / 2
    for (colour, words), before in zip(classes, np.cumsum([0, *letters[:-1]]), strict=True):
        place = left + LETTER * high * before
        write(plotter, "\N{BLACK SQUARE}", (place, low - 0.1 * high), 1.4 * high, colour=colour)
        write(plotter, words, (place + 1.7 * high, low), high)
