"""The block of skin: its layers, the lines between them, and its near face with the channels that a slice of it holds.

In: a plotter, a rectangle of skin, the depths of its layers. Out: actors whose points follow dimples and cuts. Layers
above the fat keep their thickness under a needle; the fat gives way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvista

from ...data.thickness import LayerName
from ...geometry.arrays import Array, Flags, Ints, floats
from ..palette import LAYER_COLOURS, LINE
from ..section import LEVELS, Slice, outlines_mm
from .dimples import Dimples

MOST_STEPS = 120  # of the surface along a side
LEAST_STEP_MM = 0.04
LINE_LIFT_MM = 0.002  # lines stand out of the wall by a hair, channels of the face by a hair more
FACE_LIFT_MM, FACE_STEP_MM = 0.004, 0.0006
MATT = {"ambient": 0.5, "diffuse": 0.56, "specular": 0.0}
LINE_WIDTH = 1.6


@dataclass(frozen=True)
class Slab:
    """One layer of the block.

    Parameters
    ----------
    name : str — of the layer [-]
    top_mm, bottom_mm : float — where it begins and ends [mm]
    body, line : actors — of the layer, and of the line along its upper edge [-]
    mesh, edge : PolyData — what they draw [mm]

    """

    name: LayerName
    top_mm: float
    bottom_mm: float
    body: Any
    mesh: Any
    line: Any
    edge: Any


@dataclass(frozen=True)
class Skin:
    """A rectangular block of skin.

    Parameters
    ----------
    x_mm, y_mm : (nx,), (ny,) float — columns and rows of its surface [mm]
    rim : (m,) int — points of the surface around its edge, in order [-]
    slabs : tuple of Slab — from the surface down [-]
    slice_mm : (float, float) or None — ends of the slice whose channels stand in the near face [mm]
    held : Slice or None — those channels, needle in [mm]
    rank : (n,) int — place of each among the channels that are drawn, in order of making [-]
    face, outline : actors or None — of those channels and of the lines around them [-]
    face_mesh, outline_mesh : PolyData or None — what they draw [mm]

    """

    x_mm: Array
    y_mm: Array
    rim: Ints
    slabs: tuple[Slab, ...]
    slice_mm: tuple[float, float] | None
    held: Slice | None
    rank: Ints
    face: Any
    outline: Any
    face_mesh: Any
    outline_mesh: Any


def steps(low_mm: float, high_mm: float) -> Array:
    """Return places along a side of the block.

    Parameters
    ----------
    low_mm, high_mm : float — its ends [mm]

    """
    count = int(np.clip(np.ceil((high_mm - low_mm) / LEAST_STEP_MM), 1, MOST_STEPS))
    return np.linspace(low_mm, high_mm, count + 1)


def around(columns: int, rows: int) -> Ints:
    """Return the points of a grid along its edge: near side, right, far, left; row by row from the near left corner.

    Parameters
    ----------
    columns, rows : int — of the grid [-]

    """
    number = np.arange(columns * rows).reshape(rows, columns)
    return np.concatenate([number[0, :-1], number[:-1, -1], number[-1, :0:-1], number[:0:-1, 0]])


def _faces(columns: int, rows: int, rim: Ints) -> tuple[Ints, Ints]:
    """Triangles of the surface and of the four walls below it; the wall's lower points follow the surface's."""
    number = np.arange(columns * rows).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]))
    top = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    lower = columns * rows + np.arange(rim.size)
    after, below_after = np.roll(rim, -1), np.roll(lower, -1)
    walls = np.concatenate([np.stack([lower, below_after, after], axis=1), np.stack([lower, after, rim], axis=1)])
    return top, walls


def add_skin(
    plotter: pyvista.Plotter,
    bounds: tuple[float, float, float, float],
    names: list[LayerName],
    edges_mm: Array,
    slice_mm: tuple[float, float] | None,
    held: Slice | None,
    rank: Ints,
    colours: dict[str, Any],
) -> Skin:
    """Add a block of skin to the plotter's active picture.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    bounds : (float, float, float, float) — left, near, right and far end [mm]
    names : list of str — layers from the surface down [-]
    edges_mm : (len(names) + 1,) float — their tops, and the bottom of the block [mm]
    slice_mm : (float, float) or None — ends of the slice whose channels stand in the near face [mm]
    held : Slice or None — those channels, needle in [mm]
    rank : (n,) int — place of each among the channels that are drawn [-]
    colours : dict — how `add_mesh` colours channels [-]

    """
    x, y = steps(bounds[0], bounds[2]), steps(bounds[1], bounds[3])
    rim = around(x.size, y.size)
    walls = _faces(x.size, y.size, rim)[1]
    slabs = []
    for name, upper, lower in zip(names, edges_mm[:-1], edges_mm[1:], strict=True):
        mesh = pyvista.PolyData.from_regular_faces(np.zeros((x.size * y.size + rim.size, 3), np.float32), walls)
        look = {"color": LAYER_COLOURS[name], "copy_mesh": False, "show_scalar_bar": False, "scalars": None}
        body = plotter.add_mesh(mesh, name=name, interpolate_before_map=False, **look, **MATT)
        edge = pyvista.PolyData(np.zeros((rim.size, 3), np.float32), lines=np.r_[rim.size + 1, np.arange(rim.size), 0])
        line = plotter.add_mesh(
            edge,
            name=f"line over {name}",
            color=LINE,
            line_width=LINE_WIDTH,
            lighting=False,
            pickable=False,
            copy_mesh=False,
        )
        slabs.append(Slab(name, float(upper), float(lower), body, mesh, line, edge))
    face = outline = face_mesh = outline_mesh = None
    if held is not None and held.chosen.size:
        corners = held.chosen.size * 2 * LEVELS.size
        face_mesh = pyvista.PolyData.from_regular_faces(np.zeros((corners, 3), np.float32), np.zeros((1, 3), int))
        face_mesh[colours["scalars"]] = np.zeros(corners)
        face = plotter.add_mesh(
            face_mesh, name="section", copy_mesh=False, show_scalar_bar=False, lighting=False, **colours
        )
        outline_mesh = pyvista.PolyData(np.zeros((corners, 3), np.float32), lines=[2, 0, 1])
        outline = plotter.add_mesh(
            outline_mesh,
            name="outlines",
            color=LINE,
            line_width=LINE_WIDTH,
            lighting=False,
            pickable=False,
            copy_mesh=False,
        )
    return Skin(x, y, rim, tuple(slabs), slice_mm, held, rank, face, outline, face_mesh, outline_mesh)


def lay(skin: Skin, pressed: Dimples, cut_mm: float, hidden: frozenset[str]) -> None:
    """Put the layers where dimples and a cut have them; what a cut took away is not drawn.

    Parameters
    ----------
    skin : Skin — what is moved [mm]
    pressed : Dimples — under the needles that are in it [mm]
    cut_mm : float — depth above which all is taken away [mm]
    hidden : frozenset of str — layers left out [-]

    """
    if skin.slice_mm is not None:
        pressed = pressed.drawn_to(skin.y_mm[0], *skin.slice_mm)
    down = pressed.on_grid(skin.x_mm, skin.y_mm).astype(np.float32).ravel()
    flat = np.empty((down.size, 3), np.float32)
    flat[:, 0], flat[:, 1] = np.tile(skin.x_mm, skin.y_mm.size), np.repeat(skin.y_mm, skin.x_mm.size)
    top_faces, walls = _faces(skin.x_mm.size, skin.y_mm.size, skin.rim)
    outward = _outward(skin) * LINE_LIFT_MM
    bare = True  # nothing lies on the layer that comes next
    for slab in skin.slabs:
        there = slab.name not in hidden and slab.bottom_mm > cut_mm + 1e-6
        slab.body.visibility = slab.line.visibility = there
        if not there:
            bare = True
            continue
        points = np.empty((down.size + skin.rim.size, 3), np.float32)
        points[: down.size] = flat
        points[: down.size, 2] = -(max(slab.top_mm, cut_mm) + down)
        points[down.size :, :2] = flat[skin.rim, :2]
        is_last = slab is skin.slabs[-1]
        points[down.size :, 2] = -(slab.bottom_mm + (0.0 if is_last else down[skin.rim]))
        slab.mesh.points = points
        slab.mesh.regular_faces = np.concatenate([top_faces, walls]) if bare else walls
        slab.edge.points = points[skin.rim] + outward
        bare = False


def _outward(skin: Skin) -> Array:
    """Directions away from the block at the points along its edge, (m, 3), and a little up."""
    middle = np.array([skin.x_mm.mean(), skin.y_mm.mean()])
    columns = skin.x_mm.size
    place = np.stack([skin.x_mm[skin.rim % columns], skin.y_mm[skin.rim // columns]], axis=1)
    away = np.zeros((skin.rim.size, 3), np.float32)
    half = np.array([np.ptp(skin.x_mm), np.ptp(skin.y_mm)]) / 2
    away[:, :2] = np.where(np.abs(np.abs(place - middle) - half) < 1e-9, np.sign(place - middle), 0.0)
    away[:, 2] = 0.5
    return floats(away)


def cut_channels(skin: Skin, held: Slice, pressed: Dimples, cut_um: float, there: Flags, values: Array) -> None:
    """Draw the channels of the slice in the near face, each in its layers.

    Parameters
    ----------
    skin : Skin — whose face [mm]
    held : Slice — the channels, as deep as they are now [um]
    pressed : Dimples — under the needles that are in the skin [mm]
    cut_um : float — depth above which all is taken away [um]
    there : (n,) bool — those that are shown [-]
    values : (n,) float — what the colours say [as their scale]

    """
    if skin.face is None or skin.slice_mm is None:
        return
    face = float(skin.y_mm[0])
    pressed = pressed.drawn_to(face, *skin.slice_mm)
    wall = outlines_mm(held, cut_um)
    count, corners = wall.shape[:2]
    # A channel whose needle is in it lies along that needle.
    deep = np.clip(1000 * wall[..., 1] / np.maximum(held.made_um, 1.0)[:, None], 0.0, 1.0)
    mouth, tip = (moved[held.chosen, :1] for moved in _moved(pressed, int(held.chosen.max()) + 1))
    points = np.empty((count, corners, 3), np.float32)
    points[..., 0] = wall[..., 0] + mouth + (tip - mouth) * deep
    points[..., 1] = (face - FACE_LIFT_MM - FACE_STEP_MM * np.arange(count))[:, None]
    points[..., 2] = -(wall[..., 1] + pressed.at(points[..., 0], face))
    skin.face_mesh.points = points.reshape(-1, 3)
    lines = points - (0.0, FACE_STEP_MM / 2, 0.0)
    skin.outline_mesh.points = lines.reshape(-1, 3).astype(np.float32)
    shown = np.flatnonzero(there & (held.depth_um > cut_um))
    skin.face.visibility = skin.outline.visibility = shown.size > 0
    if not shown.size:
        return
    skin.face_mesh[skin.face_mesh.array_names[0]] = np.repeat(values, corners)
    first = corners * shown[:, None]
    skin.face_mesh.regular_faces = (first[:, :, None] + _strip()).reshape(-1, 3)
    runs = first + np.arange(corners)
    skin.outline_mesh.lines = np.concatenate([np.full((shown.size, 1), corners), runs], axis=1).ravel()


def _moved(pressed: Dimples, count: int) -> tuple[Array, Array]:
    """How far the mouths and the ends of channels have moved with their needles, (count, 2) each."""
    moved = np.zeros((2, count, 2))
    within = pressed.channel < count
    moved[:, pressed.channel[within]] = pressed.mouth_mm[within], pressed.tip_mm[within]
    return moved[0], moved[1]


def _strip() -> Ints:
    """Triangles of one outline: its corners go down the left wall and up the right one."""
    last = 2 * LEVELS.size - 1
    low = np.arange(LEVELS.size - 1)
    first = np.stack([low, low + 1, last - low], axis=1)
    second = np.stack([low + 1, last - low - 1, last - low], axis=1)
    return np.concatenate([first, second])[None]
