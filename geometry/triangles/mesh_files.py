"""Triangle meshes as they stand in files: STL, OBJ, PLY and GLB, with the names of their parts.

In: a path. Out: a `Raw` mesh in the file's own unit, nothing mended yet, with what the file tells of its faces: groups
and objects, a colour, numbers of a face or a vertex. A file whose content is not what its ending says is refused.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from ...data.checks import InputError, refuse, shown
from ...data.inputs import read_as_input
from ..arrays import Array, Ints, floats

ENDINGS = (".stl", ".obj", ".ply", ".glb")
MOST_BYTES = 1_000_000_000
MOST_FACES = 2_000_000  # each takes 600 bytes while it is read, 800 while it is rolled over
SMALLEST_BYTES = 15  # no mesh is shorter
HEADER_BYTES = 64_000


@dataclass(frozen=True, eq=False)
class Raw:
    """A mesh as read.

    Parameters
    ----------
    vertices : (V, 3) float — corners [in the file's unit]
    faces : (F, 3) int — vertex numbers, not yet checked [-]
    groups : dict — name of a group, object, material or body to its faces as (n,) int [-]
    numbers : dict — name of a number that every face has to its values, (F,) [any]
    unit : str or None — what the format itself says [-]

    """

    vertices: Array
    faces: Ints
    groups: dict[str, Ints] = field(default_factory=dict)
    numbers: dict[str, NDArray[Any]] = field(default_factory=dict)
    unit: str | None = None


def read_mesh(path: str | Path) -> Raw:
    """Return the mesh of a file.

    Parameters
    ----------
    path : str or Path — .stl, .obj, .ply or .glb [-]

    Raises
    ------
    InputError
        For a file that is not there, is too large, holds no mesh, or is not what its ending says.

    """
    file = Path(path)
    name = shown(str(path))
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        raise refuse("surface", str(path), f"a name that ends in {', '.join(ENDINGS)}")
    read_as_input(file)
    try:
        state = file.stat()
        if not stat.S_ISREG(state.st_mode):
            raise InputError(f"{name} can't be read: it is no regular file; allowed: a mesh file")
        if not SMALLEST_BYTES <= state.st_size <= MOST_BYTES:
            raise InputError(f"{name} has {state.st_size} bytes; allowed: a mesh of {SMALLEST_BYTES} to {MOST_BYTES:g}")
        with file.open("rb") as opened:
            head = opened.read(HEADER_BYTES)
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}") from error
    kind = _kind(head, state.st_size)
    if kind != ending:
        found = f"its content is {kind[1:].upper()}" if kind else "its content is no mesh of that kind"
        raise InputError(f"{name} is not {ending[1:].upper()}: {found}; allowed: a mesh whose name says its format")
    _refuse_many(_announced(head, kind, state.st_size), name)
    try:
        raw = _read_obj(file.read_bytes()) if kind == ".obj" else _read_others(file, kind)
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(f"{name} can't be read: it does not fit into memory") from error
    except Exception as error:  # a reader of a broken file fails in any way it likes
        raise InputError(f"{name} can't be read as {kind[1:].upper()}: {shown(str(error))}") from error
    if not len(raw.faces):
        raise InputError(f"{name} holds no triangle; allowed: a triangle mesh")
    _refuse_many(len(raw.faces), name)
    return raw


def _refuse_many(faces: int, name: str) -> None:
    if faces > MOST_FACES:
        raise InputError(f"{name} has {faces} triangles; allowed: at most {MOST_FACES}, thin it out first")


def _kind(head: bytes, size: int) -> str:
    """Ending that the content asks for; empty if it is none of the four."""
    if head[:4] == b"glTF":
        return ".glb"
    if head[:3] == b"ply" and head[3:4] in (b"\n", b"\r"):
        return ".ply"
    if len(head) >= 84 and size == 84 + 50 * int.from_bytes(head[80:84], "little"):
        return ".stl"
    if head.lstrip()[:5] == b"solid" and (b"facet" in head or b"endsolid" in head):
        return ".stl"
    return ".obj" if b"\0" not in head and re.search(rb"^[ \t]*v[ \t]+[-+.\d]", head, re.MULTILINE) else ""


def _announced(head: bytes, kind: str, size: int) -> int:
    """Triangles that the beginning of a file announces; 0 where it says nothing."""
    if kind == ".ply" and (told := re.search(rb"element\s+face\s+(\d{1,12})", head)):
        return int(told[1])
    if kind == ".stl" and size == 84 + 50 * int.from_bytes(head[80:84], "little"):
        return (size - 84) // 50
    return 0


def _read_obj(content: bytes) -> Raw:
    """OBJ: corners, faces (polygons as fans), groups, objects and materials."""
    lines = [line.strip() for line in content.replace(b"\\\n", b" ").split(b"\n")]
    corners = [line[2:].split()[:3] for line in lines if line[:2] in (b"v ", b"v\t")]
    vertices = np.array(corners, dtype="S32").astype(np.float64).reshape(-1, 3)
    at = [number for number, line in enumerate(lines) if line[:2] in (b"f ", b"f\t")]
    text = [re.sub(rb"/[^ \t]*", b"", lines[number][2:]).split() for number in at]
    sides = np.array([len(words) for words in text], dtype=np.int64)
    if not sides.size or sides.min() < 3:
        raise InputError("the OBJ file has no faces, or one of less than three corners; allowed: a triangle mesh")
    flat = np.array([word for words in text for word in words], dtype=np.int64)
    begin = np.cumsum(sides) - sides
    # Corner numbers count from 1, negative ones from the last corner that stands before the face.
    if flat.min() < 0:
        before = np.searchsorted([n for n, line in enumerate(lines) if line[:2] in (b"v ", b"v\t")], at)
        flat = np.where(flat < 0, flat + np.repeat(before, sides) + 1, flat)
    fans = sides - 2
    face = np.repeat(np.arange(sides.size), fans)
    step = np.arange(face.size) - np.repeat(np.cumsum(fans) - fans, fans) + 1
    first = begin[face]
    faces = np.stack([flat[first], flat[first + step], flat[first + step + 1]], axis=1) - 1
    return Raw(vertices, faces, _obj_groups(lines, np.array(at)[face]))


def _obj_groups(lines: list[bytes], line_of_face: Ints) -> dict[str, Ints]:
    groups: dict[str, list[Ints]] = {}
    for word in (b"g", b"o", b"usemtl"):
        heads = [
            (n, line.split(None, 1)) for n, line in enumerate(lines) if line.startswith((word + b" ", word + b"\t"))
        ]
        bounds = [n for n, _ in heads] + [len(lines)]
        for (_, words), (start, stop) in zip(heads, pairwise(bounds), strict=True):
            inside = np.arange(*np.searchsorted(line_of_face, [start, stop]))
            groups.setdefault(words[1].decode("utf-8", "replace").strip(), []).append(inside)
    return {name: np.unique(np.concatenate(parts)) for name, parts in groups.items()}


def _read_others(file: Path, kind: str) -> Raw:
    """STL, PLY and GLB, by trimesh."""
    loaded = trimesh.load(str(file), file_type=kind[1:], process=False, maintain_order=True, skip_materials=True)
    if not isinstance(loaded, trimesh.Scene):
        meshes: list[tuple[str, Any]] = [("", loaded)]
    else:
        meshes = []
        for node in loaded.graph.nodes_geometry:
            transform, geometry = loaded.graph[node]
            mesh = loaded.geometry[geometry].copy()
            if isinstance(mesh, trimesh.Trimesh):
                mesh.apply_transform(transform)
                meshes += [(str(node), mesh), (str(geometry), mesh)][: 1 + (str(node) != str(geometry))]
    meshes = [(name, mesh) for name, mesh in meshes if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces)]
    if not meshes:
        raise InputError(f"{shown(str(file))} holds no triangle; allowed: a triangle mesh")
    return _joined(meshes, "m" if kind == ".glb" else None)


def _joined(meshes: list[tuple[str, Any]], unit: str | None) -> Raw:
    """Bodies of a scene as one mesh; a body that stands there under two names is taken once."""
    vertices, faces, groups, numbers = [], [], {}, []
    corners = count = 0
    placed: dict[int, Ints] = {}
    for name, mesh in meshes:
        if id(mesh) not in placed:
            placed[id(mesh)] = count + np.arange(len(mesh.faces))
            vertices.append(np.asarray(mesh.vertices, dtype=np.float64))
            faces.append(np.asarray(mesh.faces, dtype=np.int64) + corners)
            numbers.append(_numbers(mesh))
            corners, count = corners + len(mesh.vertices), count + len(mesh.faces)
        if name:
            groups[name] = placed[id(mesh)]
    shared = set(numbers[0]).intersection(*numbers[1:])
    told = {key: np.concatenate([values[key] for values in numbers]) for key in shared}
    return Raw(floats(np.concatenate(vertices)), np.concatenate(faces), groups, told, unit)


def _numbers(mesh: Any) -> dict[str, NDArray[Any]]:
    """What a file tells of every face, or of every vertex: a face then has what two of its corners have."""
    told: dict[str, NDArray[Any]] = {}
    faces = np.asarray(mesh.faces)
    whole = (faces.min(initial=0) >= 0) and (faces.max(initial=-1) < len(mesh.vertices))
    raw = mesh.metadata.get("_ply_raw", {}) if isinstance(mesh.metadata, dict) else {}
    for element, rows in (("vertex", len(mesh.vertices)), ("face", len(faces))):
        for name, values in _columns(raw.get(element, {}).get("data")):
            if (
                values.shape == (rows,)
                and name not in ("x", "y", "z", "nx", "ny", "nz")
                and (whole or element == "face")
            ):
                told[name] = values if element == "face" else np.sort(values[faces], axis=1)[:, 1]
    if whole and mesh.visual.kind in ("face", "vertex"):
        colour = np.asarray(mesh.visual.face_colors if mesh.visual.kind == "face" else mesh.visual.vertex_colors)
        code = colour[:, :3].astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
        told["colour"] = code if mesh.visual.kind == "face" else np.sort(code[faces], axis=1)[:, 1]
    return told


def _columns(data: Any) -> Iterable[tuple[str, NDArray[Any]]]:
    """Columns of numbers of a PLY element, however trimesh holds them."""
    names = getattr(getattr(data, "dtype", None), "names", None) or (list(data) if isinstance(data, dict) else [])
    for name in names:
        values = np.asarray(data[name])
        values = values.ravel() if values.ndim == 2 and values.shape[1] == 1 else values
        if values.ndim == 1 and values.dtype.kind in "iuf":
            yield name, values
