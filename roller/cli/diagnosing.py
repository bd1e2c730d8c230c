"""`dermaroll doctor`: what is installed, and whether 3D pictures can be drawn here."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import typer

from .show import print_table

CORE = [
    "numpy",
    "scipy",
    "shapely",
    "trimesh",
    "manifold3d",
    "pyvista",
    "vtk",
    "matplotlib",
    "pydantic",
    "typer",
    "rich",
    "xarray",
    "pandas",
    "pyarrow",
]
EXTRAS = {
    "3mf": ("networkx", "lxml"),
    "app": ("fastapi", "uvicorn"),
    "cluster": ("distributed",),
    "movie": ("imageio", "imageio-ffmpeg"),
}
CHECK_FAILED = 1


def doctor() -> None:
    """Show versions and whether 3D pictures work here; exit 1 if something is missing."""
    from ...viz.gl import GL_HINT, can_render

    rows = [["dermaroll", version("dermaroll"), "core"], ["python", platform.python_version(), platform.platform()]]
    missing = []
    for name in CORE:
        found = _version(name)
        rows.append([name, found or "missing", "core"])
        if not found:
            missing.append(name)
    for extra, names in EXTRAS.items():
        rows += [[name, _version(name) or "not installed", f"extra {extra}"] for name in names]
    works = can_render()
    rows.append(["3D pictures", "work" if works else "do not work", "" if works else GL_HINT])
    print_table("dermaroll doctor", ["what", "version", "remark"], rows)
    if missing:
        typer.echo(f"missing: pip install {' '.join(missing)}", err=True)
    if not works:
        typer.echo(GL_HINT, err=True)
    if missing or not works:
        raise typer.Exit(CHECK_FAILED)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
