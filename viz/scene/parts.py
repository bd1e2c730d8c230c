"""Parts of the 3D scene: layers, channels, roller; each an actor that is added once and then changed in place.

In: a plotter, a `Treatment`, the part of the skin that is drawn. Out: `Parts`, and `show`, which makes them show a
`View`. Lengths in mm, skin surface at z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvista
import trimesh
from shapely.geometry import Polygon, box

from ...data.thickness import LayerName
from ...geometry.arrays import Array, Ints
from ...geometry.drum import ring_places_mm, row_pitch_mm
from ...geometry.mesh import LAYER_SEAM_MM, drum_mesh, handle_mesh, layer_slab, needles_mesh
from ...geometry.needle import needle_profile
from ...geometry.skin import interfaces_um, mean_thickness_um
from ...roller.treatment.drum_path import Strokes, strokes
from ...roller.treatment.result import Treatment
from ..palette import CHANNEL_MAP, DRUM, HANDLE, LAYER_COLOURS, MARK, STEEL
from .bodies import Bodies, build_bodies
from .view import View, in_order, landing, shown_count

DRUM_BEFORE_RING_MM = 0.35  # of a drum that is cut away
FAT_SHOWN_MM = 0.7  # of the hypodermis, unless a channel goes deeper
MOUTH_LIFT_MM = 0.004  # channels stand out of the surface by a hair, so that their mouths show on it
COLOURS = {"depth": "depth [µm]", "pass": "pass"}
LEAST_MM = (9.0, 7.0)  # of skin under a roller, however small the region
STEP_UM = 100.0  # the depth scale begins and ends at a multiple
MATT = {"ambient": 0.3, "diffuse": 0.72, "specular": 0.04, "specular_power": 8}
METAL = {"ambient": 0.25, "diffuse": 0.75, "specular": 0.8, "specular_power": 25}
LACQUER = {"ambient": 0.22, "diffuse": 0.85, "specular": 0.3, "specular_power": 12}


@dataclass(frozen=True)
class Stage:
    """What part of the skin is drawn, and how.

    Parameters
    ----------
    whole, opened : Polygon or None — skin with all its layers, and skin cut open down to the fat [mm]
    roller_at : (float, float) — where the roller stands, about [mm]

    """

    whole: Polygon
    opened: Polygon | None
    roller_at: tuple[float, float]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, near, right and far end [mm]."""
        ends = np.array([part.bounds for part in (self.whole, self.opened) if part is not None])
        left, near = ends[:, :2].min(axis=0)
        right, far = ends[:, 2:].max(axis=0)
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
    slabs : tuple — name, actor, mesh, top and bottom of each slab [mm]
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
    slabs: tuple[tuple[str, Any, Any, float, float], ...]
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


def depth_scale_um(treatments: tuple[Treatment, ...], *, residual: bool = False) -> tuple[float, float]:
    """Return the ends of a scale that holds the depths of all channels.

    Parameters
    ----------
    treatments : tuple of Treatment — those shown beside each other [um]
    residual : bool — with the depths that stay open [-]

    """
    lists = [treatment.channels.peak_depth_um for treatment in treatments]
    if residual:
        lists += [treatment.channels.residual_depth_um for treatment in treatments]
    depths = np.concatenate(lists)
    if not depths.size:
        return 0.0, STEP_UM
    low = STEP_UM * np.floor(depths.min() / STEP_UM)
    return float(low), float(max(STEP_UM * np.ceil(depths.max() / STEP_UM), low + STEP_UM))


def add_parts(
    plotter: pyvista.Plotter,
    treatment: Treatment,
    stage: Stage,
    *,
    colour_by: str = "depth",
    scale: tuple[float, float] | None = None,
    first_ring: int = 0,
) -> Parts:
    """Add layers, channels and roller to the plotter's active picture, all channels there.

    Parameters
    ----------
    plotter : Plotter — where to [-]
    treatment : Treatment — what to show [mm, um]
    stage : Stage — part of the skin that is drawn [mm]
    colour_by : str — 'depth' or 'pass': what the colour of a channel says [-]
    scale : (float, float) or None — ends of the colour scale; None: as the treatment needs [as its title says]
    first_ring : int — rings of needles before this one, and the drum with them, are cut away [-]

    """
    made, channels = strokes(treatment), treatment.channels
    left, near, right, far = stage.bounds
    x, y = channels.x_mm, channels.y_mm
    drawn = channels.inside & (x > left) & (x < right) & (y > near) & (y < far)
    order = in_order(made, np.flatnonzero(drawn))
    edges = interfaces_um(mean_thickness_um(treatment.site)) / 1000
    deepest = float(channels.peak_depth_um.max()) / 1000 if channels.peak_depth_um.size else 0.0
    edges[-1] = min(edges[-1], max(edges[-2] + FAT_SHOWN_MM, deepest + 0.3))
    if scale is None:
        scale = depth_scale_um((treatment,)) if colour_by == "depth" else (1, max(2, treatment.technique.passes))
    body = None
    if order.size:
        ahead = made.direction_rad[made.of_channel[order]]
        body = build_bodies(needle_profile(treatment.device), x[order], y[order], ahead)
    channels_actor, channel_mesh = _add_channels(plotter, body, colour_by, scale)
    parts = Parts(
        treatment=treatment,
        made=made,
        stage=stage,
        order=order,
        edges_mm=edges,
        slabs=_add_slabs(plotter, treatment, stage, edges),
        body=body,
        channels=channels_actor,
        channel_mesh=channel_mesh,
        mark=_add_mark(plotter),
        roller=_add_roller(plotter, treatment, first_ring),
        colour_by=colour_by,
        scale=scale,
    )
    show(parts, None, View(treatment.technique.passes))
    return parts


def _add_slabs(
    plotter: pyvista.Plotter, treatment: Treatment, stage: Stage, edges: Array
) -> tuple[tuple[str, Any, Any, float, float], ...]:
    """Add the layers; in the opened part only the fat is left, so that channels hang free above it."""
    wanted: list[tuple[LayerName, str, Polygon, float, float]] = [
        (layer.name, layer.name, stage.whole, edges[number], edges[number + 1])
        for number, layer in enumerate(treatment.site.layers)
    ]
    if stage.opened is not None:
        # Down to the deepest channel, so that none ends out of sight.
        channels = treatment.channels
        deepest = channels.peak_depth_um[channels.inside].max(initial=0.0) / 1000
        floor = max(edges[-2], min(deepest + 0.05, edges[-1] - 0.2))
        wanted.append(("hypodermis", "hypodermis, opened", stage.opened, floor, edges[-1]))
    slabs = []
    for layer_name, name, outline, top, bottom in wanted:
        slab = surface(layer_slab(outline, top, bottom - LAYER_SEAM_MM))
        slab["uncut"] = slab.points.copy()
        actor = plotter.add_mesh(
            slab,
            color=LAYER_COLOURS[layer_name],
            name=name,
            copy_mesh=False,
            show_scalar_bar=False,
            scalars=None,
            **MATT,
        )
        slabs.append((layer_name, actor, slab, float(top), float(bottom)))
    return tuple(slabs)


def _add_channels(
    plotter: pyvista.Plotter, body: Bodies | None, colour_by: str, scale: tuple[float, float]
) -> tuple[Any, Any]:
    if body is None:
        return None, None
    title = COLOURS[colour_by]
    points = np.zeros((body.x_mm.size * body.corners, 3), dtype=np.float32)
    mesh = pyvista.PolyData.from_regular_faces(points, body.triangles(1, np.array([True])))
    mesh.point_data["Normals"] = body.normals()
    mesh.point_data.active_normals_name = "Normals"
    mesh[title] = np.zeros(len(points))
    look = {"ambient": 0.3, "diffuse": 0.8, "specular": 0.1}
    actor = plotter.add_mesh(
        mesh,
        scalars=title,
        cmap=CHANNEL_MAP,
        clim=scale,
        name="channels",
        show_scalar_bar=False,
        copy_mesh=False,
        **look,
    )
    return actor, mesh


def _add_mark(plotter: pyvista.Plotter) -> Any:
    """Add what will mark a click: there from the start, so that no actor is added later."""
    ball = pyvista.Sphere(radius=1.0, theta_resolution=24, phi_resolution=24)
    actor = plotter.add_mesh(ball, color=MARK, opacity=0.55, lighting=False, name="mark", pickable=False)
    actor.visibility = False
    return actor


def _add_roller(plotter: pyvista.Plotter, treatment: Treatment, first_ring: int) -> dict[str, Any]:
    roller = treatment.device
    drum, needles = drum_mesh(roller), needles_mesh(roller)
    if first_ring:
        # Needles are in order of rings, so that those of the first are the first faces.
        needles.faces = needles.faces[first_ring * roller.per_ring * len(needles.faces) // roller.needle_count :]
        face = ring_places_mm(roller)[first_ring] - min(DRUM_BEFORE_RING_MM, row_pitch_mm(roller) / 2)
        drum.vertices[:, 1] = np.maximum(drum.vertices[:, 1], face)
    looks: tuple[tuple[str, trimesh.Trimesh, str, dict[str, float]], ...] = (
        ("drum", drum, DRUM, LACQUER),
        ("needles", needles, STEEL, METAL),
        ("handle", handle_mesh(roller), HANDLE, LACQUER),
    )
    return {
        name: plotter.add_mesh(
            surface(mesh), color=colour, smooth_shading=True, split_sharp_edges=True, name=name, **look
        )
        for name, mesh, colour, look in looks
    }


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
    same_cut = before is not None and (before.cut_um, before.hidden) == (now.cut_um, now.hidden)
    if not same_cut:
        _cut_slabs(parts, now)
    if parts.body is not None:
        if before is None or (before.cut_um, before.residual) != (now.cut_um, now.residual):
            _shape_channels(parts, now)
        _count_channels(parts, now)
    for actor in parts.roller.values():
        actor.visibility = "roller" not in now.hidden
    if before is None or (before.passes, before.at) != (now.passes, now.at):
        place_roller(parts, pose(parts, now))


def _cut_slabs(parts: Parts, now: View) -> None:
    cut = now.cut_um / 1000
    for name, actor, mesh, _, bottom in parts.slabs:
        actor.visibility = name not in now.hidden and bottom - LAYER_SEAM_MM > cut
        points = np.array(mesh["uncut"])
        points[:, 2] = np.minimum(points[:, 2], -min(cut, bottom - LAYER_SEAM_MM))
        mesh.points = points


def _shape_channels(parts: Parts, now: View) -> None:
    channels, order, body, mesh = parts.treatment.channels, parts.order, parts.body, parts.channel_mesh
    assert body is not None
    made_um = channels.peak_depth_um[order]
    depth = channels.residual_depth_um[order] if now.residual else made_um
    points = body.points_mm(depth, made_um, now.cut_um)
    points[:, 2] += MOUTH_LIFT_MM
    mesh.points = points
    values = depth if parts.colour_by == "depth" else channels.pass_number[order]
    mesh[COLOURS[parts.colour_by]] = np.repeat(values.astype(np.float64), body.corners)


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
    channels = parts.treatment.channels
    depth = channels.residual_depth_um if view.residual else channels.peak_depth_um
    return there[depth[there] > view.cut_um]


def _count_channels(parts: Parts, now: View) -> None:
    assert parts.body is not None
    count = shown_count(parts.made, parts.order, now)
    parts.channels.visibility = "channels" not in now.hidden and count > 0
    if not count:
        return
    opaque = all(actor.visibility for _, actor, _, _, bottom in parts.slabs if bottom > now.cut_um / 1000)
    seen = np.full(parts.order.size, not opaque)
    if parts.stage.opened is not None:
        left, near, right, far = parts.stage.opened.bounds
        x, y = parts.body.x_mm, parts.body.y_mm
        seen |= (x >= left) & (x <= right) & (y >= near) & (y <= far)
    # Bodies next to an outer wall could reach out of it by half their width.
    parts.channel_mesh.regular_faces = parts.body.triangles(count, seen)


def pose(parts: Parts, view: View) -> Array:
    """Return the (4, 4) matrix that puts the roller where a view has it.

    Parameters
    ----------
    parts : Parts — actors of a treatment [-]
    view : View — what is shown [-]

    """
    if view.at is not None:
        return parts.made.pose(*view.at)
    made, landed = parts.made, landing(parts.made, view.passes, parts.stage.roller_at)
    if landed is not None:
        return made.pose(int(made.of_channel[landed]), float(made.opened_at_mm[landed]))
    stands = np.eye(4)
    stands[:3, 3] = (*parts.stage.roller_at, made.axle_height_mm)
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


def stage_of(treatment: Treatment, most_mm: tuple[float, float], cut_mm: float) -> Stage:
    """Return the middle of a treatment's region, its near edge cut open.

    Parameters
    ----------
    treatment : Treatment — whose region [mm]
    most_mm : (float, float) — largest width and depth to draw [mm]
    cut_mm : float — of it, along the near edge, is cut open; at most half [mm]

    """
    left, near, right, far = treatment.region.bounds
    middle = np.array([(left + right) / 2, (near + far) / 2])
    half = np.clip(np.array([right - left, far - near]), LEAST_MM if cut_mm > 0 else 0.0, most_mm) / 2
    (left, near), (right, far) = middle - half, middle + half
    cut_at = near + min(cut_mm, (far - near) / 2)
    opened = box(left, near, right, cut_at) if cut_mm > 0 else None
    at = (left + 0.2 * (right - left), near + 0.85 * (far - near))
    return Stage(box(left, cut_at, right, far), opened, at)
