"""The block of skin: its layers, the lines between them, and its near face with the channels that a slice of it holds.

In: a plotter, a rectangle of skin, the depths of its layers. Out: actors whose points follow dimples and cuts. Layers
above the fat keep their thickness under a needle; the fat gives way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvista
from numpy.lib.stride_tricks import sliding_window_view

from ...data.thickness import LayerName
from ...geometry.arrays import Array, Flags, Ints
from ..palette import LAYER_COLOURS, LINE
from ..section import LEVELS, Slice, outlines_mm
from .bodies import Floats32
from .dimples import Dimples

MOST_STEPS = 120  # of the surface along a side
BLOCK = 4  # steps along a side of the squares that are drawn as one where they are flat
FLAT_MM = 0.002  # as far as lines stand out of the wall
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
    outward_mm : (m, 3) float — how far lines stand out of the walls there [mm]
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
    outward_mm: Floats32
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
    blocks = int(np.clip(np.ceil((high_mm - low_mm) / (BLOCK * LEAST_STEP_MM)), 1, MOST_STEPS // BLOCK))
    return np.linspace(low_mm, high_mm, BLOCK * blocks + 1)


def around(columns: int, rows: int) -> Ints:
    """Return the points of a grid along its edge: near side, right, far, left; row by row from the near left corner.

    Parameters
    ----------
    columns, rows : int — of the grid [-]

    """
    number = np.arange(columns * rows).reshape(rows, columns)
    return np.concatenate([number[0, :-1], number[:-1, -1], number[-1, :0:-1], number[:0:-1, 0]])


def surface_faces(down_mm: Floats32) -> Ints:
    """Return the triangles of a surface, (t, 3), its points row by row: small ones only where it is not flat.

    In software a triangle of a few pixels takes as long as one of sixteen, and most of the skin is flat.

    Parameters
    ----------
    down_mm : (ny, nx) float — how far it is pushed in, both sides a multiple of `BLOCK` and one more [mm]

    """
    number = np.arange(down_mm.size).reshape(down_mm.shape)
    own = sliding_window_view(down_mm, (BLOCK + 1, BLOCK + 1))[::BLOCK, ::BLOCK]
    corners = own[..., ::BLOCK, ::BLOCK].reshape(*own.shape[:2], 4)
    flat = np.abs(own - (corners @ _CORNER_SHARES).reshape(own.shape)).max(axis=(2, 3)) < FLAT_MM
    small = ~flat.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
    for near, far in ((small[1:], small[:-1]), (small[:, 1:], small[:, :-1])):
        near |= far  # one step further, so that no pixel shows through where small and large triangles meet
        far |= near
    return np.concatenate([_squares(number[::BLOCK, ::BLOCK], flat), _squares(number, small)])


def _squares(number: Ints, chosen: Flags) -> Ints:
    """Two triangles each of some squares between numbered points."""
    a, b, c, d = (part[chosen] for part in (number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]))
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def _corner_shares() -> Floats32:
    """Shares of a block's corners in the height at its points if it is two triangles, (4, points)."""
    up, along = (part.ravel() / BLOCK for part in np.indices((BLOCK + 1, BLOCK + 1)))
    low, high = np.minimum(up, along), np.maximum(up, along)
    return np.stack([1 - high, np.maximum(along - up, 0), np.maximum(up - along, 0), low]).astype(np.float32)


_CORNER_SHARES = _corner_shares()


def _walls(upper: Ints, first_lower: int) -> Ints:
    """Triangles of the four walls between points along an upper edge and the points along the lower one."""
    lower = first_lower + np.arange(upper.size)
    after, below_after = np.roll(upper, -1), np.roll(lower, -1)
    return np.concatenate([np.stack([lower, below_after, after], axis=1), np.stack([lower, after, upper], axis=1)])


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
    slabs = []
    for name, upper, lower in zip(names, edges_mm[:-1], edges_mm[1:], strict=True):
        mesh = pyvista.PolyData.from_regular_faces(
            np.zeros((2 * rim.size, 3), np.float32), _walls(np.arange(rim.size), rim.size)
        )
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
    return Skin(
        x, y, rim, _outward_mm(x, y, rim), tuple(slabs), slice_mm, held, rank, face, outline, face_mesh, outline_mesh
    )


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
    down = pressed.on_grid(skin.x_mm, skin.y_mm)
    x, y = np.meshgrid(skin.x_mm, skin.y_mm)
    surface = np.stack([x, y, -down], axis=2, dtype=np.float32)
    bare = True  # nothing lies on the layer that comes next
    for slab in skin.slabs:
        there = slab.name not in hidden and slab.bottom_mm > cut_mm + 1e-6
        slab.body.visibility = slab.line.visibility = there
        if there:
            _lay_slab(skin, slab, surface, cut_mm, bare=bare)
        bare = not there


def _lay_slab(skin: Skin, slab: Slab, surface: Floats32, cut_mm: float, *, bare: bool) -> None:
    """Put one layer in its place: of what is covered only the walls are drawn, the bottom of the last stays."""
    rim, before = skin.rim, slab.mesh.n_points
    points, along = surface.reshape(-1, 3), np.array([1, 1, slab is not skin.slabs[-1]])
    top, bottom = (np.array([0, 0, depth], np.float32) for depth in (max(slab.top_mm, cut_mm), slab.bottom_mm))
    edge = points[rim]
    upper = points if bare else edge
    slab.mesh.points = np.concatenate([upper - top, edge * along - bottom], dtype=np.float32)
    slab.edge.points = edge - top + skin.outward_mm
    if bare:
        slab.mesh.regular_faces = np.concatenate([surface_faces(-surface[..., 2]), _walls(rim, len(points))])
    elif slab.mesh.n_points != before:
        slab.mesh.regular_faces = _walls(np.arange(rim.size), rim.size)


def _outward_mm(x_mm: Array, y_mm: Array, rim: Ints) -> Floats32:
    """Steps away from the block at the points along its edge, (m, 3), and a little up."""
    middle = np.array([x_mm.mean(), y_mm.mean()])
    place = np.stack([x_mm[rim % x_mm.size], y_mm[rim // x_mm.size]], axis=1)
    away = np.full((rim.size, 3), 0.5, np.float32)
    half = np.array([np.ptp(x_mm), np.ptp(y_mm)]) / 2
    away[:, :2] = np.where(np.abs(np.abs(place - middle) - half) < 1e-9, np.sign(place - middle), 0.0)
    return LINE_LIFT_MM * away


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
