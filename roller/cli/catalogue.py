"""`dermaroll devices` and `dermaroll sites`: what the catalogue holds, with standing and source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import options
from .show import print_csv, print_table

if TYPE_CHECKING:
    from ...data.catalog import SkinLayer


def devices(format: options.OutputFormat = options.Format.TABLE) -> None:  # noqa: A002 - the option's name
    """List the rollers of the catalogue."""
    from ...data.catalog import devices as catalogue

    rollers = list(catalogue().values())
    if format is options.Format.TABLE:
        print_table(
            f"{len(rollers)} rollers; * assumed for this device",
            [
                "name",
                "use",
                "kind",
                "needles",
                "length mm",
                "drum mm",
                "tip um",
                "half-angle deg",
                "standing",
                "source",
            ],
            (
                [
                    roller.name,
                    roller.use,
                    roller.kind,
                    f"{roller.needle_count} = {roller.rows} x {roller.per_ring}",
                    f"{roller.length_mm:g}",
                    f"{2 * roller.drum_radius_mm:g} x {roller.drum_width_mm:g}"
                    + "*" * ("drum_radius_mm" in roller.assumed),
                    f"{roller.tip_radius_um:g}" + "*" * ("tip_radius_um" in roller.assumed),
                    f"{roller.half_angle_deg:g}" + "*" * ("half_angle_deg" in roller.assumed),
                    roller.status,
                    ", ".join(roller.source),
                ]
                for roller in rollers
            ),
        )
        return
    print_records("devices", [roller.model_dump() for roller in rollers], format)


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
    columns = list(records[0])
    print_csv(columns, ([_cell(record[column]) for column in columns] for record in records))


def _cell(value: object) -> object:
    return ";".join(str(part) for part in value) if isinstance(value, tuple) else value
