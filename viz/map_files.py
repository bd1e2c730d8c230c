"""Maps over a body as files for other programs: PLY and VTP hold every map, GLB the colours of one.

In: a treatment on a body and a path. Out: a file in mm, metres for GLB, whose unit that is.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray

from ..geometry.arrays import Array
from ..roller.output import check_target, replacing
from ..roller.zones.maps import UNITS
from ..roller.zones.result import SurfaceTreatment
from .maps import USUAL, mapped
from .palette import BARE, colour_map

ENDINGS = (".ply", ".glb", ".vtp")
BYTES = np.dtype([("corners", "u1"), ("corner", "<i4", 3), ("red", "u1"), ("green", "u1"), ("blue", "u1")])


def face_colours(treatment: SurfaceTreatment, quantity: str = USUAL) -> Array:
    """Return the colour of each face, (F, 3) from 0 to 255; grey where nothing was treated.

    Parameters
    ----------
    treatment : SurfaceTreatment — whose map [-]
    quantity : str — what the colours say, a name of its maps [-]

    """
    told = mapped(quantity)
    values = told.values(treatment)
    low, high = told.ends([treatment])
    known = np.isfinite(values)
    if told.classes:
        # Where no channel opens there is no layer: as bare as what was not treated.
        known &= values >= 0
        palette = np.array([_bytes(colour) for colour, _ in told.classes])
        found = palette[np.where(known, values, 0).astype(np.int64)]
    else:
        share = np.clip((np.where(known, values, low) - low) / (high - low), 0.0, 1.0)
        found = np.rint(255 * colour_map(told.colours)(share)[:, :3])
    return np.where(known[:, None], found, _bytes(BARE)).astype(np.float64)


def _bytes(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def write_maps(treatment: SurfaceTreatment, path: str | Path, quantity: str = USUAL) -> None:
    """Write the maps of a treatment on a body; the ending decides the format.

    Parameters
    ----------
    treatment : SurfaceTreatment — the result [-]
    path : str or Path — .ply and .vtp hold every map by its name, .glb colours alone [-]
    quantity : str — what the colours say [-]

    Raises
    ------
    InputError
        For another ending, and for a quantity that has no map.

    """
    file = Path(path)
    check_target(file, ENDINGS)
    colours = face_colours(treatment, quantity).astype(np.uint8)
    with replacing(file) as temporary:
        {".ply": _ply, ".glb": _glb, ".vtp": _vtp}[file.suffix.lower()](treatment, temporary, colours, quantity)


def _said(treatment: SurfaceTreatment) -> dict[str, str]:
    """What a reader of the file must know, by what it is about."""
    zones = [f"{number} {name}" for number, name in enumerate(treatment.surface.zone_names)]
    return {
        "device": treatment.device.name,
        "surface": treatment.surface.name,
        "lengths": "mm",
        "zone": ", ".join([*zones, "-1 none"]),
        **{f"unit of {key}": unit for key, unit in UNITS.items()},
    }


def _ply(treatment: SurfaceTreatment, path: Path, colours: NDArray[np.uint8], quantity: str) -> None:
    """Every map as a number a face; nan where nothing was treated."""
    surface, maps = treatment.surface, treatment.maps.named()
    kinds = BYTES.descr + [(key, "<f4") for key in maps] + [("zone", "<i4")]
    rows = np.empty(len(surface.faces), np.dtype(kinds))
    rows["corners"], rows["corner"], rows["zone"] = 3, surface.faces, surface.zone_of_face
    rows["red"], rows["green"], rows["blue"] = colours.T
    for key, values in maps.items():
        rows[key] = values
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        *(f"comment {about}: {words}" for about, words in {**_said(treatment), "colour": quantity}.items()),
        f"element vertex {len(surface.vertices)}",
        *(f"property double {axis}" for axis in "xyz"),
        f"element face {len(rows)}",
        "property list uchar int vertex_indices",
        *(f"property uchar {name}" for name in ("red", "green", "blue")),
        *(f"property float {key}" for key in maps),
        "property int zone",
        "end_header\n",
    ]
    head = "\n".join(line.encode("ascii", "replace").decode() for line in lines)
    path.write_bytes(head.encode() + surface.vertices.astype("<f8").tobytes() + rows.tobytes())


def _vtp(treatment: SurfaceTreatment, path: Path, colours: NDArray[np.uint8], quantity: str) -> None:
    """Every map as an array over the cells."""
    pyvista = import_module("pyvista")
    surface = treatment.surface
    faces = np.column_stack([np.full(len(surface.faces), 3), surface.faces])
    mesh = pyvista.PolyData(surface.vertices, faces.ravel())
    for key, values in treatment.maps.named().items():
        mesh.cell_data[key] = values
    mesh.cell_data["zone"], mesh.cell_data["colour"] = surface.zone_of_face, colours
    for about, words in {**_said(treatment), "colour": quantity}.items():
        mesh.field_data[about] = [words]
    # The writer goes by the ending, which the temporary name has too.
    mesh.save(str(path))


def _glb(treatment: SurfaceTreatment, path: Path, colours: NDArray[np.uint8], quantity: str) -> None:
    """One colour a face: each has corners of its own, so that none bleeds into the next."""
    surface = treatment.surface
    corner = surface.vertices[surface.faces].reshape(-1, 3) / 1000
    mesh = trimesh.Trimesh(
        corner,
        np.arange(len(corner)).reshape(-1, 3),
        vertex_normals=surface.vertex_normal[surface.faces].reshape(-1, 3),
        vertex_colors=np.repeat(colours, 3, axis=0),
        process=False,
        metadata={**_said(treatment), "lengths": "m", "colour": quantity},
    )
    path.write_bytes(trimesh.Scene({surface.name: mesh}).export(file_type="glb"))
