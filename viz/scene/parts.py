"""Parts of the 3D scene: layers, channels, roller; each an actor that is added once and then changed in place.

In: a plotter, a `Treatment`, the part of the skin that is drawn. Out: `Parts`, and `show`, which makes them show a
`View`. Lengths in mm, skin surface at z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyvista
import trimesh
from shapely.geometry import Polygon, box

from ...data.catalog import RollerSpec
from ...geometry.arrays import Array, Ints
from ...geometry.drum import reach_mm, ring_places_mm, row_pitch_mm
from ...geometry.mesh import HANDLE_TILT_RAD, drum_mesh, handle_mesh, needles_mesh
from ...geometry.needle import needle_profile
from ...geometry.skin import interfaces_um, mean_thickness_um
from ...roller.treatment.drum_path import Strokes, strokes
from ...roller.treatment.result import Treatment
from ..palette import CHANNEL_MAP, CHANNEL_SCALE_UM, DRUM, HANDLE, LINE, MARK, PASS_MAP, STEEL
from ..section import slice_of
from .bodies import Bodies, build_bodies
from .dimples import REACH_MM, Dimples, dimples_at, no_dimples
from .skin import Skin, add_skin, cut_channels, lay
from .view import View, in_order, landing, shown_count

GRIP_SHOWN_MM = 10.0  # of the handle above the drum: the rest would take the room of the skin
DRUM_BEFORE_RING_MM = 0.35  # of a drum that is cut away
FAT_SHOWN_MM = 0.7  # of the hypodermis, unless a channel goes deeper
MOUTH_LIFT_MM = 0.004  # channels stand out of the surface by a hair, so that their mouths show on it
COLOURS = {"depth": "depth [µm]", "pass": "pass"}
LEAST_MM = (9.0, 7.0)  # of skin under a roller, however small the region
SLICE_MM = 1.0  # of skin behind a section's face: what stands in it is drawn in the face
MAPS = {"depth": CHANNEL_MAP, "pass": PASS_MAP}
METAL = {"ambient": 0.25, "diffuse": 0.75, "specular": 0.8, "specular_power": 25}
LACQUER = {"ambient": 0.22, "diffuse": 0.85, "specular": 0.3, "specular_power": 12}


@dataclass(frozen=True)
class Stage:
    """What part of the skin is drawn, and how.

    Parameters
    ----------
    whole : Polygon — a rectangle of skin with all its layers [mm]
    roller_at : (float, float) — where the roller stands, about [mm]
    slice_mm : (float, float) or None — ends of the slice whose channels the near face shows; None: no section [mm]

    """

    whole: Polygon
    roller_at: tuple[float, float]
    slice_mm: tuple[float, float] | None = None

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, near, right and far end [mm]."""
        left, near, right, far = self.whole.bounds
        return float(left), float(near), float(right), float(far)


@dataclass(frozen=True)
class Parts:
    """Actors of one treatment, and what is needed to change them.

    Parameters
    ----------
    treatment : Treatment — what is shown [mm, um]
    made : Strokes — how the roller moved [-]
    stage : Stage — part of the skin that is drawn [mm]
    order : (m,) int — channels that are drawn, in the order in which they were made [-]
    edges_mm : (6,) float — tops of the layers, and the bottom of what is drawn [mm]
    skin : Skin — layers, and the section in the near face [mm]
    body : Bodies or None — shapes of the channels [mm]
    channels, mark, roller : actors — of the channels, of what was clicked, and of drum, needles and handle [-]
    channel_mesh : PolyData or None — what the channels' actor draws [mm]
    colour_by : str — 'depth' or 'pass' [-]
    scale : (float, float) — ends of the colour scale [as its title says]

    """

    treatment: Treatment
    made: Strokes
    stage: Stage
    order: Ints
    edges_mm: Array
    skin: Skin
    body: Bodies | None
    channels: Any
    channel_mesh: Any
    mark: Any
    roller: dict[str, Any]
    colour_by: str
    scale: tuple[float, float]


def surface(mesh: trimesh.Trimesh) -> pyvista.PolyData:
    """Return a mesh as PyVista knows it.

    Parameters
    ----------
    mesh : Trimesh — triangles [mm]

    """
    return pyvista.PolyData.from_regular_faces(np.asarray(mesh.vertices), np.asarray(mesh.faces))


def add_parts(
    plotter: pyvista.Plotter,
    treatment: Treatment,
    stage: Stage,
    *,
    colour_by: str = "depth",
    first_ring: int = 0,
    bare_drum: bool = False,
) -> Parts:
    """Add layers, channels and roller to the plotter's active picture, all channels there.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    treatment : Treatment — what to show [mm, um]
    stage : Stage — part of the skin that is drawn [mm]
    colour_by : str — 'depth' or 'pass': what the colour of a channel says [-]
    first_ring : int — rings of needles before this one, and the drum with them, are cut away [-]
    bare_drum : bool — draw only rings of the drum and no handle, so that the skin under it is seen [-]

    """
    made, channels = strokes(treatment), treatment.channels
    left, near, right, far = stage.bounds
    x, y = channels.x_mm, channels.y_mm
    before = near if stage.slice_mm is None else min(near, stage.slice_mm[0])
    drawn = channels.inside & (x > left) & (x < right) & (y > before) & (y < far)
    order = in_order(made, np.flatnonzero(drawn))
    edges = interfaces_um(mean_thickness_um(treatment.site)) / 1000
    deepest = float(channels.peak_depth_um.max()) / 1000 if channels.peak_depth_um.size else 0.0
    # Where the roller stands the fat gives way: it is drawn so far down that no dimple goes through it.
    lowest = reach_mm(treatment.device) - made.axle_height_mm
    dimple = max(0.0, lowest - float(channels.peak_depth_um.min(initial=1000 * lowest)) / 1000)
    edges[-1] = min(edges[-1], max(edges[-2] + FAT_SHOWN_MM, edges[-2] + dimple + 0.25, deepest + 0.3))
    # Of depth there is one scale for all pictures: what looks alike in two of them is as deep.
    scale = CHANNEL_SCALE_UM if colour_by == "depth" else (1, max(2, treatment.technique.passes))
    how = {"scalars": COLOURS[colour_by], "cmap": MAPS[colour_by], "clim": scale}
    body = None
    if order.size:
        ahead = made.direction_rad[made.of_channel[order]]
        body = build_bodies(needle_profile(treatment.device), x[order], y[order], ahead)
    rolled = _add_roller(plotter, treatment, first_ring, bare=bare_drum)  # first: what it hides need not be shaded
    channels_actor, mesh = _add_channels(plotter, body, how)
    held, rank = None, order
    if stage.slice_mm is not None:
        held = slice_of(treatment, made, (left, stage.slice_mm[0], right, stage.slice_mm[1]), among=order)
        rank = np.argsort(order)[np.searchsorted(order, held.chosen, sorter=np.argsort(order))]
    names = [layer.name for layer in treatment.site.layers]
    parts = Parts(
        treatment=treatment,
        made=made,
        stage=stage,
        order=order,
        edges_mm=edges,
        skin=add_skin(plotter, stage.bounds, names, edges, stage.slice_mm, held, rank, how),
        body=body,
        channels=channels_actor,
        channel_mesh=mesh,
        mark=_add_mark(plotter),
        roller=rolled,
        colour_by=colour_by,
        scale=scale,
    )
    show(parts, None, View(treatment.technique.passes))
    return parts


def _add_channels(plotter: pyvista.Plotter, body: Bodies | None, how: dict[str, Any]) -> tuple[Any, Any]:
    if body is None:
        return None, None
    points = np.zeros((body.x_mm.size * body.corners, 3), dtype=np.float32)
    mesh = pyvista.PolyData.from_regular_faces(points, body.triangles(1, np.array([True])))
    mesh.point_data["Normals"] = body.normals()
    mesh.point_data.active_normals_name = "Normals"
    mesh[how["scalars"]] = np.zeros(len(points))
    look = {"ambient": 0.45, "diffuse": 0.6, "specular": 0.05}
    # A rim below the scale has the colour of the lines: every mouth is outlined against the layer that it lies in.
    actor = plotter.add_mesh(
        mesh, name="channels", show_scalar_bar=False, copy_mesh=False, below_color=LINE, **how, **look
    )
    return actor, mesh


def _add_mark(plotter: pyvista.Plotter) -> Any:
    """Add what will mark a click: there from the start, so that no actor is added later."""
    ball = pyvista.Sphere(radius=1.0, theta_resolution=24, phi_resolution=24)
    actor = plotter.add_mesh(ball, color=MARK, opacity=0.55, lighting=False, name="mark", pickable=False)
    actor.visibility = False
    return actor


def _add_roller(plotter: pyvista.Plotter, treatment: Treatment, first_ring: int, *, bare: bool) -> dict[str, Any]:
    roller = treatment.device
    drum, needles = drum_mesh(roller), needles_mesh(roller)
    rolls = isinstance(roller, RollerSpec)
    if first_ring and isinstance(roller, RollerSpec):
        # Needles are in order of rings, so that those of the first are the first faces.
        needles.faces = needles.faces[first_ring * roller.per_ring * len(needles.faces) // roller.needle_count :]
        face = ring_places_mm(roller)[first_ring] - min(DRUM_BEFORE_RING_MM, row_pitch_mm(roller) / 2)
        drum.vertices[:, 1] = np.maximum(drum.vertices[:, 1], face)
    handle = handle_mesh(roller)
    tilt = HANDLE_TILT_RAD if rolls else 0.0
    up = np.array([-np.sin(tilt), 0.0, np.cos(tilt)])
    most = reach_mm(roller) + GRIP_SHOWN_MM
    above = np.maximum(handle.vertices @ up - most, 0.0)
    handle.vertices -= np.outer(above, up)
    looks: tuple[tuple[str, trimesh.Trimesh, str, dict[str, float]], ...] = (
        ("drum", drum, DRUM, LACQUER),
        ("needles", needles, STEEL, METAL),
        ("handle", handle, HANDLE, LACQUER),
    )
    if bare:
        looks = looks[1:2]
    elif not rolls:
        looks = looks[:2]  # cartridge or plate: what the hand holds would hide the skin
    actors = {
        name: plotter.add_mesh(
            surface(mesh), color=colour, smooth_shading=True, split_sharp_edges=True, name=name, **look
        )
        for name, mesh, colour, look in looks
    }
    for actor in () if bare else actors.values():
        actor.prop.culling = "back"  # of closed bodies nobody sees it; without their drum needles are open
    if bare and isinstance(roller, RollerSpec):
        actors["drum"] = plotter.add_mesh(_rings(roller), color=DRUM, line_width=2.5, lighting=False, name="drum")
    return actors


def _rings(roller: RollerSpec) -> pyvista.PolyData:
    """Circles around a drum: one at each ring of needles, and one at each end."""
    half = roller.drum_width_mm / 2
    turn = np.linspace(0, 2 * np.pi, 72)
    wheel = roller.drum_radius_mm * np.stack([np.cos(turn), 0 * turn, np.sin(turn)], axis=1)
    places = [-half, *ring_places_mm(roller), half]
    circles = [pyvista.lines_from_points(wheel + np.array([0.0, place, 0.0])) for place in places]
    return pyvista.MultiBlock(circles).combine()


def show(parts: Parts, before: View | None, now: View) -> None:
    """Make the actors show a view; only what differs from the view before is touched.

    Parameters
    ----------
    parts : Parts — actors of a treatment [-]
    before : View or None — what they show; None: not known [-]
    now : View — what they shall show [-]

    """
    if before == now:
        return
    pressed = pressed_in(parts, now)
    moved = before is None or _where(before) != _where(now)
    moved = moved and (before is None or pressed.depth_mm.size > 0 or pressed_in(parts, before).depth_mm.size > 0)
    cut = before is None or (before.cut_um, before.hidden) != (now.cut_um, now.hidden)
    if moved or cut:
        lay(parts.skin, pressed, now.cut_um / 1000, now.hidden)
    if parts.body is not None:
        if before is None or (before.cut_um, before.residual) != (now.cut_um, now.residual):
            _shape_channels(parts, now)
            moved = True
        if moved:
            _press_channels(parts, pressed)
        _count_channels(parts, now)
        _cut_through(parts, now, pressed)
    for actor in parts.roller.values():
        actor.visibility = "roller" not in now.hidden
    if before is None or _where(before)[:3] != _where(now)[:3]:
        place_roller(parts, pose(parts, now))


def _where(view: View) -> tuple[object, ...]:
    """What decides where the roller stands, and whether it does."""
    return view.passes, view.at, view.stands, "roller" in view.hidden


def contact(parts: Parts, view: View) -> tuple[int, float] | None:
    """Return the stroke of the roller and the place of its axle along it; None where it is not on a channel.

    Parameters
    ----------
    parts : Parts — actors of a treatment [-]
    view : View — what is shown [-]

    """
    if view.at is not None or view.stands is not None:
        return view.at or view.stands
    made, landed = parts.made, landing(parts.made, view.passes, parts.stage.roller_at)
    return None if landed is None else (int(made.of_channel[landed]), float(made.opened_at_mm[landed]))


def pressed_in(parts: Parts, view: View) -> Dimples:
    """Return the dimples under the roller's needles; none where it is not shown.

    Parameters
    ----------
    parts : Parts — actors of a treatment [-]
    view : View — what is shown [-]

    """
    where = None if "roller" in view.hidden else contact(parts, view)
    return no_dimples() if where is None else dimples_at(parts.treatment, parts.made, where)


def _shape_channels(parts: Parts, now: View) -> None:
    channels, order, body, mesh = parts.treatment.channels, parts.order, parts.body, parts.channel_mesh
    assert body is not None
    made_um = channels.peak_depth_um[order]
    depth = channels.residual_depth_um[order] if now.residual else made_um
    points = body.points_mm(depth, made_um, now.cut_um)
    points[:, 2] += MOUTH_LIFT_MM
    left, near, right, far = parts.stage.bounds
    points[:, 0], points[:, 1] = np.clip(points[:, 0], left, right), np.clip(points[:, 1], near, far)
    mesh.points = points
    mesh["flat"] = points
    values = depth if parts.colour_by == "depth" else channels.pass_number[order]
    mesh[COLOURS[parts.colour_by]] = body.coloured(values.astype(np.float64))


def _press_channels(parts: Parts, pressed: Dimples) -> None:
    """Put the channels as deep as the dimples have them."""
    body, mesh = parts.body, parts.channel_mesh
    assert body is not None
    points = np.array(mesh["flat"]).reshape(body.x_mm.size, body.corners, 3)
    if pressed.depth_mm.size:
        place = np.argsort(parts.order)
        own = np.searchsorted(parts.order, pressed.channel, sorter=place)
        own = place[np.minimum(own, place.size - 1)]
        drawn = parts.order[own] == pressed.channel
        x, y = body.x_mm.copy(), body.y_mm.copy()
        x[own[drawn]], y[own[drawn]] = pressed.x_mm[drawn], pressed.y_mm[drawn]
        low, high = pressed.x_mm.min() - REACH_MM, pressed.x_mm.max() + REACH_MM
        near = np.flatnonzero((x > low) & (x < high))
        points[near, :, 2] -= pressed.at(x[near], y[near])[:, None]
        points[own[drawn], :, :2] += pressed.mouth_mm[drawn, None, :]
    mesh.points = points.reshape(-1, 3)


def _cut_through(parts: Parts, now: View, pressed: Dimples) -> None:
    """Draw the channels of the section in its face, unless layers are left out and the bodies themselves are seen."""
    skin, channels = parts.skin, parts.treatment.channels
    if skin.held is None or skin.face is None:
        return
    held = skin.held
    if now.residual:
        held = replace(held, depth_um=channels.residual_depth_um[held.chosen])
    # A needle on its way in has not yet made all of its channel.
    entering = np.full(channels.x_mm.size, np.inf)
    entering[pressed.channel] = 1000 * pressed.inside_mm
    deep = np.minimum(held.depth_um, entering[held.chosen])
    held = replace(held, depth_um=deep, made_um=np.minimum(held.made_um, entering[held.chosen]))
    there = skin.rank < shown_count(parts.made, parts.order, now)
    there &= _opaque(parts, now) and "channels" not in now.hidden
    values = held.depth_um if parts.colour_by == "depth" else channels.pass_number[held.chosen]
    cut_channels(skin, held, pressed, now.cut_um, there, values.astype(np.float64))


def _opaque(parts: Parts, now: View) -> bool:
    """Whether skin hides the channels' walls: no layer below the cut is left out."""
    return not any(slab.name in now.hidden and 1000 * slab.bottom_mm > now.cut_um for slab in parts.skin.slabs)


def channels_shown(parts: Parts, view: View) -> Ints:
    """Return the indices of the channels that a view shows: made already, and reaching below the cut.

    Parameters
    ----------
    parts : Parts — actors of a treatment [-]
    view : View — what is shown [-]

    """
    if "channels" in view.hidden:
        return parts.order[:0]
    there = parts.order[: shown_count(parts.made, parts.order, view)]
    made = parts.treatment.channels
    return there[(made.residual_depth_um if view.residual else made.peak_depth_um)[there] > view.cut_um]


def _count_channels(parts: Parts, now: View) -> None:
    assert parts.body is not None
    count = shown_count(parts.made, parts.order, now)
    parts.channels.visibility = "channels" not in now.hidden and count > 0
    if not count:
        return
    seen = np.full(parts.order.size, not _opaque(parts, now))
    parts.channel_mesh.regular_faces = parts.body.triangles(count, seen)


def pose(parts: Parts, view: View) -> Array:
    """Return the (4, 4) matrix that puts the roller where a view has it.

    Parameters
    ----------
    parts : Parts — actors of a treatment [-]
    view : View — what is shown [-]

    """
    where = contact(parts, view)
    if where is not None:
        return parts.made.pose(*where)
    stands = np.eye(4)
    stands[:3, 3] = (*parts.stage.roller_at, parts.made.axle_height_mm)
    return stands


def place_roller(parts: Parts, matrix: Array) -> None:
    """Put the roller somewhere.

    Parameters
    ----------
    parts : Parts — actors of a treatment [-]
    matrix : (4, 4) float — where to [-]

    """
    # Drum and needles have turned; the hand holds the handle as it is, behind the roller.
    held = np.eye(4)
    held[:3, 3] = matrix[:3, 3]
    across = matrix[:3, 1]
    held[:3, :3] = np.stack([np.array([across[1], -across[0], 0.0]), across, np.array([0.0, 0.0, 1.0])], axis=1)
    for name, actor in parts.roller.items():
        actor.user_matrix = held if name == "handle" else matrix


def stage_of(treatment: Treatment, most_mm: tuple[float, float], slice_mm: float) -> Stage:
    """Return the middle of a treatment's region, its near edge a section.

    Parameters
    ----------
    treatment : Treatment — whose region [mm]
    most_mm : (float, float) — largest width and depth to draw [mm]
    slice_mm : float — of the skin behind the near edge, what stands in it is drawn there; 0: no section [mm]

    """
    left, near, right, far = treatment.region.bounds
    middle = np.array([(left + right) / 2, (near + far) / 2])
    half = np.clip(np.array([right - left, far - near]), LEAST_MM if slice_mm > 0 else 0.0, most_mm) / 2
    (left, near), (right, far) = middle - half, middle + half
    # Under a drum that stands along the near edge, needles are in the section.
    at = (left + 0.5 * (right - left), near + 0.35 * (far - near))
    return Stage(box(left, near, right, far), at, (near, near + slice_mm) if slice_mm > 0 else None)
