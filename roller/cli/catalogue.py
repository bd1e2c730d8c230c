"""`dermaroll devices` and `dermaroll sites`: what the catalogue holds, with standing and source."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .show import print_csv, print_table

if TYPE_CHECKING:
    from ...data.catalog import DeviceSpec, SkinLayer


class DeviceKind(StrEnum):
    """What a device is."""

    ROLLER = "roller"
    NEEDLE = "needle"
    DISC = "disc"
    PEN = "pen"
    STAMP = "stamp"


def devices(
    kind: Annotated[DeviceKind | None, typer.Option("--kind", help="Devices of this kind only.")] = None,
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
) -> None:
    """List the rollers, pens and stamps of the catalogue."""
    from ...data.catalog import devices as catalogue
    from ..technique import WORDS_OF

    wanted = [one for one in catalogue().values() if kind is None or kind in (one.kind, WORDS_OF[one.kind][2:])]
    if format is not options.Format.TABLE:
        print_records("devices", [one.model_dump() for one in wanted], format)
        return
    families: dict[str, list[DeviceSpec]] = {}
    for one in wanted:
        families.setdefault(WORDS_OF[one.kind][2:], []).append(one)
    for words, family in families.items():
        cells = [_device_cells(one) for one in family]
        title = f"{len(family)} {words}{'s' * (len(family) > 1)}; * assumed for this device"
        print_table(title, list(cells[0]), [list(row.values()) for row in cells])


def _device_cells(device: DeviceSpec) -> dict[str, str]:
    """A row of the table by its heads: what all devices have, and what this kind has."""

    def told(name: str, text: str | None = None) -> str:
        value = getattr(device, name)
        return ("-" if value is None else f"{value:g}" if text is None else text) + "*" * (name in device.assumed)

    if device.kind in ("pen", "stamp"):
        counts = device.grid or device.rings
        layout = (" x " if device.grid else " + ").join(str(count) for count in counts)
        length = "" if device.plate_length_mm is None else f" x {device.plate_length_mm:g}"
        own = {
            "needles": told("grid" if device.grid else "rings", f"{device.needle_count} = {layout}"),
            "length mm": told("length_mm"),
            "plate mm": told("plate_width_mm", f"{device.plate_width_mm:g}{length}"),
        }
        motor = {"up to mm": "most_length_mm", "stroke mm": "stroke_mm", "Hz": "frequency_hz", "swath mm": "swath_mm"}
        own |= {head: told(name) for head, name in motor.items()} if device.kind == "pen" else {}
    else:
        drum = f"{2 * device.drum_radius_mm:g} x {device.drum_width_mm:g}"
        own = {
            "kind": device.kind,
            "needles": f"{device.needle_count} = {device.rows} x {device.per_ring}",
            "length mm": f"{device.length_mm:g}",
            "drum mm": told("drum_radius_mm", drum),
        }
    return {
        "name": device.name,
        "use": device.use,
        **own,
        "tip um": told("tip_radius_um"),
        "half-angle deg": told("half_angle_deg"),
        "standing": device.status,
        "source": ", ".join(device.source),
    }


def sites(sex: options.Sex = "any", format: options.OutputFormat = options.Format.TABLE) -> None:  # noqa: A002
    """List the skin sites of the catalogue and the thickness of their layers."""
    from ...data.catalog import sites as catalogue
    from ...data.checks import refuse
    from ...data.thickness import LAYER_WORDS

    if sex not in ("female", "male", "any"):
        raise refuse("sex", sex, "female, male or any")
    places = list(catalogue(sex).values())
    if format is options.Format.TABLE:
        print_table(
            f"{len(places)} sites, sex: {sex}; thickness in um, mean ± sd; * from other skin; ? unverified",
            ["name", "region", *LAYER_WORDS.values()],
            (
                [
                    place.name,
                    place.region,
                    *(_thickness(layer) for layer in place.layers),
                ]
                for place in places
            ),
        )
        return
    if format is options.Format.JSON:
        print_records("sites", [place.model_dump() for place in places], format)
        return
    rows = [
        {"site": place.name, "region": place.region, "sex": place.sex, **layer.model_dump()}
        for place in places
        for layer in place.layers
    ]
    print_records("sites", rows, format)


def _thickness(layer: SkinLayer) -> str:
    marks = "*" * bool(layer.note) + "?" * (layer.status == "unverified")
    return f"{layer.mean_um:.0f} ± {layer.sd_um:.0f}{marks}"


def print_records(name: str, records: list[dict[str, Any]], format: options.Format) -> None:  # noqa: A002
    """Print records as JSON or CSV to stdout."""
    if format is options.Format.JSON:
        from ..output import json_text

        print(json_text({"schema": 1, name: records}), end="")
        return
    columns = list(dict.fromkeys(column for record in records for column in record))
    print_csv(columns, ([_cell(record.get(column)) for column in columns] for record in records))


def _cell(value: object) -> object:
    return ";".join(str(part) for part in value) if isinstance(value, tuple) else value
