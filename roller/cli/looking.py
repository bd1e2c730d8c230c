"""`dermaroll view` and `dermaroll export`: a 3D picture, and meshes for other programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ...data.checks import InputError, refuse
from . import options
from .show import print_warnings

SIDE_LIMITS_PX = (64, 8192)


class ColourBy(StrEnum):
    """What the colour of a channel says."""

    DEPTH = "depth"
    PASS = "pass"


class Part(StrEnum):
    """What to export."""

    ROLLER = "roller"
    SKIN = "skin"
    CHANNELS = "channels"


@options.with_setup
def view(
    device: options.Device,
    setup: options.Setup,
    screenshot: Annotated[
        Path | None, typer.Option("--screenshot", help="Draw off screen into this .png instead of a window.")
    ] = None,
    size: Annotated[str, typer.Option("--size", help="Width x height of the picture in pixels.")] = "1600x1200",
    colour_by: Annotated[ColourBy, typer.Option("--colour-by", help="What a channel's colour says.")] = ColourBy.DEPTH,
) -> None:
    """Look at the roller, the layered skin and the channels in 3D."""
    from ..output import check_target, replacing

    if screenshot:
        check_target(screenshot, (".png",))
    pixels = _pixels(size)
    from ...viz.gl import GL_HINT, can_render, has_display

    if not screenshot and not has_display():
        raise InputError("view needs a screen; without one, draw into a file with --screenshot out.png")
    if not can_render():
        raise InputError(GL_HINT)
    from ...viz.scene import draw
    from ..treatment import treat

    site, technique, rest = setup.arguments()
    result = treat(device, site, technique, **rest)
    print_warnings(result.warnings)
    plotter = draw(result, colour_by=colour_by.value, size=pixels, off_screen=screenshot is not None)
    if screenshot is None:
        plotter.show()
        return
    with replacing(screenshot) as temporary:
        plotter.screenshot(str(temporary))
    plotter.close()


@options.with_setup
def export(
    device: options.Device,
    setup: options.Setup,
    output: Annotated[Path, typer.Option("--output", "-o", help="Mesh to write: .stl .ply .obj .glb .3mf.")],
    part: Annotated[Part, typer.Option("--part", help="What to export.")] = Part.ROLLER,
    union: Annotated[bool, typer.Option("--union", help="Join everything into one body.")] = False,
    handle: Annotated[bool, typer.Option("--handle", help="With the handle (roller).")] = False,
) -> None:
    """Write a watertight mesh of the roller, the skin block or the channels."""
    from ...data.catalog import device as find_device
    from ...geometry.mesh import ENDINGS, channels_mesh, export_mesh, roller_mesh, skin_block
    from ..output import check_target, replacing

    check_target(output, ENDINGS)
    roller = find_device(device)
    site, technique, rest = setup.arguments()
    if part is Part.ROLLER:
        mesh = roller_mesh(roller, handle=handle, union=union)
    elif part is Part.SKIN:
        mesh = skin_block(site, rest["window"], union=union)
    else:
        from ...geometry.needle import needle_profile
        from ..treatment import treat

        channels = treat(roller, site, technique, **rest).channels
        inside = channels.inside
        if not inside.any():
            raise InputError(f"no channel to export: {roller.name} does not open the skin at {technique.load_n:g} N")
        mesh = channels_mesh(
            needle_profile(roller),
            channels.x_mm[inside],
            channels.y_mm[inside],
            channels.peak_depth_um[inside],
            union=union,
        )
    with replacing(output) as temporary:
        export_mesh(mesh, temporary)


def _pixels(text: str) -> tuple[int, int]:
    low, high = SIDE_LIMITS_PX
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdecimal() and low <= int(part) <= high for part in parts):
        raise refuse("size", text, f"WIDTHxHEIGHT in pixels, each between {low} and {high}, such as 1600x1200")
    return int(parts[0]), int(parts[1])
