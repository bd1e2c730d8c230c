"""`dermaroll view` and `dermaroll export`: a 3D picture, and meshes for other programs."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ...data.checks import InputError, refuse
from . import options
from .show import Working, print_notes, tell_written

# Smooth edges are drawn at twice the size and more: beyond this the driver gives a black picture, or takes over 2 GB.
SIDE_LIMITS_PX, MOST_PX = (64, 4096), 12_000_000
PICTURE_PX, PAIR_PX, FILM_PX = (1600, 1200), (1600, 1100), (1280, 720)
MOST_DEVICES = {"one": 1, "window": 2, "sheet": 6}
NOWHERE = "nowhere"


class ColourBy(StrEnum):
    """What the colour of a channel says."""

    DEPTH = "depth"
    PASS = "pass"


class Look(StrEnum):
    """What a picture shows."""

    SCENE = "scene"
    ROLLER = "roller"
    CUT = "cut"
    DEPTH = "depth"
    FRONT = "front"
    LEFT = "left"
    RIGHT = "right"
    SIDE = "side"


OF_BODY = {Look.ROLLER, Look.FRONT, Look.LEFT, Look.RIGHT, Look.SIDE}
OF_FLAT = {Look.SCENE, Look.ROLLER, Look.CUT, Look.DEPTH}


class Part(StrEnum):
    """What to export."""

    ROLLER = "roller"
    SKIN = "skin"
    CHANNELS = "channels"
    MAPS = "maps"


@options.with_setup
def view(
    device: options.Devices,
    setup: options.Setup,
    screenshot: Annotated[
        Path | None, typer.Option("--screenshot", help="Draw off screen into this .png instead of a window.")
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option("--sheet", help="Draw the devices side by side at one scale into this .png.")
    ] = None,
    movie: Annotated[Path | None, typer.Option("--movie", help="Film the rolling into this .mp4 or .gif.")] = None,
    look: Annotated[
        Look | None,
        typer.Option("--view", help="What a screenshot shows.  [default: scene; of a body left]"),
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", help="Width x height in pixels.  [default: 1600x1200; a film 1280x720]")
    ] = None,
    transparent: Annotated[bool, typer.Option("--transparent", help="Leave the background of a .png clear.")] = False,
    colour_by: Annotated[ColourBy, typer.Option("--colour-by", help="What a channel's colour says.")] = ColourBy.DEPTH,
    surface: options.Surface = None,
    unit: options.Unit = None,
    zone: options.Zones = None,
    quantity: Annotated[
        str | None, typer.Option("--quantity", help="What a body's colour says.  [default: density_per_cm2]")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", help="Zone on which the roller stands, or nowhere; none: where most rings are lifted."),
    ] = None,
) -> None:
    """Look at the roller, the layered skin and the channels in 3D: one device or two in a window, or into a file."""
    target = _one_target(device, screenshot, sheet, movie)
    pixels = _pixels(size) if size else None
    options.only_on_a_body(surface, unit=unit, zone=zone, quantity=quantity, on=on)
    allowed = OF_FLAT if surface is None else OF_BODY
    if look is not None and look not in allowed:
        where = "on flat skin" if surface is None else "on a surface"
        raise refuse("view", look.value, f"{', '.join(sorted(allowed))} {where}")
    from ...viz.gl import GL_HINT, can_render, has_display

    if target is None and not has_display():
        raise InputError("view needs a screen; without one, draw into a file with --screenshot out.png")
    if not can_render():
        raise InputError(GL_HINT)
    if movie:
        from ...viz.scene.movie import check_movie

        check_movie(movie)
    if surface is not None:
        if movie:
            raise refuse("surface", surface, "a window, or a picture: --screenshot or --sheet with a .png")
        rest = setup.arguments_of_body(surface, unit, zone)
        _draw_body(device, rest, target, look, pixels, quantity, on, transparent=transparent)
        return
    from ..treatment.comparison import Comparison
    from ..treatment.treating import treat

    site, technique, rest = setup.arguments()
    treatments = [treat(name, site, technique, **rest) for name in device]
    print_notes(Comparison(tuple(treatments)), every=False)
    if target is None:
        from ...viz.window.opening import open_inspector

        open_inspector(treatments, **({"size": pixels} if pixels else {}))
    elif movie:
        from ...viz.scene.movie import write_movie

        write_movie(treatments[0], movie, colour_by=colour_by.value, size=pixels or FILM_PX, progress=_with_bar)
    else:
        from ...viz.scene.drawing import draw, save
        from ...viz.scene.sheet import draw_sheet

        size_px = pixels or PICTURE_PX
        if sheet:
            plotter = draw_sheet(treatments, size=size_px)
        else:
            plotter = draw(treatments[0], view=(look or Look.SCENE).value, colour_by=colour_by.value, size=size_px)
        save(plotter, target, transparent=transparent)
    if target is not None:
        tell_written(target)


def _draw_body(
    devices: list[str],
    rest: dict[str, Any],
    target: Path | None,
    look: Look | None,
    pixels: tuple[int, int] | None,
    quantity: str | None,
    on: str | None,
    *,
    transparent: bool,
) -> None:
    """Draw a body that devices have rolled over, side by side, or open a window on it."""
    from ...data import catalog
    from ...geometry.drum import only_roller
    from ...viz.maps import USUAL, mapped
    from ...viz.scene.drawing import save
    from ...viz.scene.treated_body import draw_treated, most_lifted
    from ..coverage.motions import rolls
    from ..treatment.comparison import techniques_of
    from ..zones.result import SurfaceComparison
    from ..zones.treating import treat, zones_of

    told = mapped(quantity or USUAL)
    records = [catalog.device(name) for name in devices]
    told_how = rest.pop("technique")
    hows = techniques_of(records, told_how) if len(records) > 1 else [told_how]
    if target is None:
        for record in records:
            only_roller(record)  # the window lets a drum roll
    places = [zone.name for zone in zones_of(rest["surface"], rest["zones"])]
    if on is not None and on not in (NOWHERE, *places):
        raise refuse("on", on, f"{', '.join([*places, NOWHERE])}")
    treatments = []
    for record, how in zip(records, hows, strict=True):
        with Working(f"{record.name} over {rest['surface'].name}, zones") as shown:
            treatments.append(treat(record, **rest, technique=how, figures=[USUAL], uncertainty=False, progress=shown))
    print_notes(SurfaceComparison(tuple(treatments)), every=False)
    if target is None:
        from ...viz.window.body_window import open_body_window

        where = most_lifted(treatments) if on in (None, NOWHERE) else on
        open_body_window(treatments, stands_on=str(where), quantity=told.key, **({"size": pixels} if pixels else {}))
        return
    plotter = draw_treated(
        treatments,
        quantity=told.key,
        stands_on=None if on == NOWHERE or not all(map(rolls, records)) else on or most_lifted(treatments),
        view=(look or Look.LEFT).value,
        size=pixels or (PICTURE_PX if len(devices) == 1 else PAIR_PX),
    )
    save(plotter, target, transparent=transparent)
    tell_written(target)


def _one_target(device: list[str], screenshot: Path | None, sheet: Path | None, movie: Path | None) -> Path | None:
    """Return the file to write, None for a window; at most one may be asked for."""
    from ..output import check_target

    wanted = [path for path in (screenshot, sheet, movie) if path is not None]
    if len(wanted) > 1:
        raise refuse("output", str(wanted[1]), "one of --screenshot, --sheet and --movie")
    most = MOST_DEVICES["sheet" if sheet else "one" if wanted else "window"]
    if len(device) > most:
        more = "" if sheet else "; --sheet draws up to 6 side by side"
        raise refuse("devices", len(device), f"{'1' if most == 1 else f'1 to {most}'} here{more}")
    if not wanted:
        return None
    check_target(wanted[0], (".mp4", ".gif") if movie else (".png",))
    return wanted[0]


def _with_bar(pictures: Any, count: int) -> Any:
    """Give the pictures on, with a bar on stderr that shows how far they are."""
    from rich.console import Console
    from rich.progress import track

    return track(pictures, description="filming", total=count, console=Console(stderr=True), transient=True)


@options.with_setup
def export(
    device: options.Device,
    setup: options.Setup,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Mesh to write: .stl .ply .obj .glb .3mf; maps: .ply .vtp .glb.")
    ],
    part: Annotated[
        Part | None, typer.Option("--part", help="What to export.  [default: roller; with --surface maps]")
    ] = None,
    union: Annotated[bool, typer.Option("--union", help="Join everything into one body.")] = False,
    handle: Annotated[bool, typer.Option("--handle", help="With the handle (roller).")] = False,
    bore_mm: Annotated[
        float | None,
        typer.Option("--bore-mm", help="Bore for an axle; a handle is then a body of its own."),
    ] = None,
    surface: options.Surface = None,
    unit: options.Unit = None,
    zone: options.Zones = None,
    quantity: Annotated[
        str | None, typer.Option("--quantity", help="What a body's colour says.  [default: density_per_cm2]")
    ] = None,
) -> None:
    """Write a watertight mesh of the roller, the skin block or the channels, or maps over a body."""
    from ...data.catalog import device as find_device
    from ...geometry.drum import only_roller
    from ...geometry.mesh import ENDINGS, channels_mesh, export_mesh, roller_bodies, roller_mesh, skin_block
    from ..output import check_target, replacing

    options.only_on_a_body(surface, unit=unit, zone=zone, quantity=quantity)
    if (surface is None) != (part is not Part.MAPS) and part is not None:
        raise refuse("part", part.value, "maps with --surface, roller, skin or channels without")
    if surface is not None:
        given = {"union": union, "handle": handle, "bore_mm": bore_mm}
        for name, value in given.items():
            if value:
                raise refuse(name, value, "none on a surface, whose maps are written")
        _export_maps(device, setup, surface, unit, zone, output, quantity)
        return
    part = part or Part.ROLLER
    check_target(output, ENDINGS)
    roller = find_device(device)
    site, technique, rest = setup.arguments()
    if bore_mm is not None and (part is not Part.ROLLER or union):
        raise refuse("bore_mm", bore_mm, "a roller, without --union: drum and handle stay apart so that they turn")
    mesh: Any
    if bore_mm is not None:
        mesh = roller_bodies(only_roller(roller), bore_mm, handle=handle)
    elif part is Part.ROLLER:
        mesh = roller_mesh(roller, handle=handle, union=union)
    elif part is Part.SKIN:
        mesh = skin_block(site, rest["region"], union=union)
    else:
        from ...geometry.needle import needle_profile
        from ..treatment.treating import treat

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
    tell_written(output)


def _export_maps(
    device: str,
    setup: options.Setup,
    surface: str,
    unit: str | None,
    zones: list[str] | None,
    output: Path,
    quantity: str | None,
) -> None:
    """Roll over a body and write what is found for every face."""
    from ...viz.map_files import ENDINGS, write_maps
    from ...viz.maps import USUAL, mapped
    from ..output import check_target
    from ..zones.treating import treat

    check_target(output, ENDINGS)
    told = mapped(quantity or USUAL)
    rest = setup.arguments_of_body(surface, unit, zones)
    with Working(f"{device} over {rest['surface'].name}, zones") as shown:
        result = treat(device, **rest, figures=[USUAL], uncertainty=False, progress=shown)
    write_maps(result, output, told.key)
    tell_written(output)
    print_notes(result, every=False)


def _pixels(text: str) -> tuple[int, int]:
    low, high = SIDE_LIMITS_PX
    allowed = f"WIDTHxHEIGHT in pixels, each between {low} and {high}, together at most {MOST_PX}, such as 1600x1200"
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(re.fullmatch("[0-9]{1,4}", part) for part in parts):
        raise refuse("size", text, allowed)
    width, height = int(parts[0]), int(parts[1])
    if not (low <= width <= high and low <= height <= high and width * height <= MOST_PX):
        raise refuse("size", text, allowed)
    return width, height
