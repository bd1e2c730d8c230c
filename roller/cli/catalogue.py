"""`dermaroll devices`, `sites`, `actives` and `indications`: what the catalogue holds, one record in full, templates.

A list holds what people compare, by the names they know; with `--long` everything. With a NAME, or a TOML file of
one's own, one record is told in full; as TOML it is the template of one's own. `dermaroll template` prints those of
sessions, studies and goals too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...data.checks import refuse
from . import options
from .show import print_csv, print_table, say

if TYPE_CHECKING:
    from ...data.catalog import Active, DeviceSpec, Indication, SkinLayer, SkinSite
    from ...data.checks import Record

Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="One record in full: a name, or a TOML file.")]
Long = Annotated[bool, typer.Option("--long", help="All columns, with standing and source.")]
HEAD = (
    "A template: change what is yours. A figure of yours has another source and standing than those of the catalogue."
)


class CatalogueFormat(StrEnum):
    """What stdout shows."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    TOML = "toml"


CatalogueOutput = Annotated[
    CatalogueFormat, typer.Option("--format", help="What stdout shows; toml: one record as a template.")
]


class DeviceKind(StrEnum):
    """What a device is."""

    ROLLER = "roller"
    NEEDLE = "needle"
    DISC = "disc"
    PEN = "pen"
    STAMP = "stamp"


def devices(
    name: Name = None,
    kind: Annotated[DeviceKind | None, typer.Option("--kind", help="Devices of this kind only.")] = None,
    format: CatalogueOutput = CatalogueFormat.TABLE,  # noqa: A002 - the option's name
    long: Long = False,
) -> None:
    """List the rollers, pens and stamps of the catalogue, or show one, or one of your own."""
    from ...data import catalog
    from ..technique import WORDS_OF

    if name is not None or format is CatalogueFormat.TOML:
        _one("device", name, catalog.device, format)
        return
    found = [one for one in catalog.devices().values() if kind in (None, one.kind, WORDS_OF[one.kind][2:])]
    if _as_records("devices", found, format):
        return
    for words in dict.fromkeys(WORDS_OF[one.kind][2:] for one in found):
        family = [one for one in found if WORDS_OF[one.kind][2:] == words]
        heads = [words, "name", "for", "needles", "mm long"]
        if long:
            heads += ["kind", *family[0].body, "tip um", "half-angle deg", "standing", "source"]
        print_table(
            f"{len(family)} {words}s" + ("; * assumed for this device" if long else ""),
            heads,
            ([*_device_cells(one), *(_device_rest(one) if long else ())] for one in family),
            left=3,
        )
    _more("devices", found[0].name, long=long)


def _device_cells(device: DeviceSpec) -> list[str]:
    count = f"{device.needle_count} = {device.layout}"
    return [device.title, device.name, USE[device.use], count, f"{device.length_mm:g}"]


def _device_rest(device: DeviceSpec) -> list[str]:
    def told(field: str) -> str:
        value = getattr(device, field)
        return ("-" if value is None else f"{value:g}") + "*" * (field in device.assumed)

    return [
        device.kind,
        *(" x ".join(told(field) for field in fields) for fields in device.body.values()),
        told("tip_radius_um"),
        told("half_angle_deg"),
        device.status,
        ", ".join(device.source),
    ]


USE = {"home": "home", "professional": "clinic"}


def sites(
    name: Name = None,
    sex: options.Sex = "any",
    format: CatalogueOutput = CatalogueFormat.TABLE,  # noqa: A002 - the option's name
    long: Long = False,
) -> None:
    """List the skin sites of the catalogue with how thick their skin is, or show one, or one of your own."""
    from ...data import catalog
    from ...data.thickness import LAYER_WORDS, SEXES

    whose = next((one for one in SEXES if one == sex), None)
    if whose is None:
        raise refuse("sex", sex, "female, male or any")
    if name is not None or format is CatalogueFormat.TOML:
        _one("site", name, lambda asked: catalog.site(asked, sex=whose), format)
        return
    places = list(catalog.sites(whose).values())
    if format is CatalogueFormat.JSON:
        print_records("sites", [place.model_dump() for place in places], format)
    elif format is CatalogueFormat.CSV:
        rows = [
            {"site": place.name, "region": place.region, "sex": place.sex, **layer.model_dump()}
            for place in places
            for layer in place.layers
        ]
        print_records("sites", rows, format)
    elif long:
        print_table(
            f"{len(places)} sites, sex: {sex}; thickness in um, mean ± sd; * from other skin; ? unverified",
            ["site", "name", "region", *LAYER_WORDS.values()],
            ([p.title, p.name, p.region, *(_thickness(layer) for layer in p.layers)] for p in places),
            left=2,
        )
    else:
        also = catalog.site_aliases()
        print_table(
            f"{len(places)} sites, sex: {sex}; mean thickness in um, skin: down to the hypodermis",
            ["site", "name", "also called", "epidermis", "dermis", "skin"],
            ([p.title, p.name, ", ".join(also[p.name]), *_skin(p)] for p in places),
            left=3,
        )
        _more("sites", "cheek", long=long)


def _skin(place: SkinSite) -> list[str]:
    """Epidermis with its horny layer, dermis, both."""
    mean = [layer.mean_um for layer in place.layers[:-1]]
    return [f"{sum(part):.0f}" for part in (mean[:2], mean[2:], mean)]


def _thickness(layer: SkinLayer) -> str:
    marks = "*" * bool(layer.note) + "?" * (layer.status == "unverified")
    return f"{layer.mean_um:.0f} ± {layer.sd_um:.0f}{marks}"


def actives(
    name: Name = None,
    format: CatalogueOutput = CatalogueFormat.TABLE,  # noqa: A002 - the option's name
    long: Long = False,
) -> None:
    """List the actives whose delivery can be computed, or show one, or one of your own."""
    from ...data import catalog

    if name is not None or format is CatalogueFormat.TOML:
        _one("active", name, catalog.active, format)
        return
    rows = list(catalog.actives().values())
    if _as_records("actives", rows, format):
        return
    heads = ["active", "name", "g/mol", "log Kow", "intact cm/h"]
    print_table(
        f"{len(rows)} actives; intact skin: * measured, else Potts & Guy and a polar path",
        heads + (["charge at pH 5.5", "also called", "standing", "source", "note"] if long else []),
        ([*_active_cells(row), *(_active_rest(row) if long else ())] for row in rows),
        left=2,
    )
    _more("actives", "niacinamide", long=long)


def _active_cells(row: Active) -> list[str]:
    from ..transport.permeation import SECONDS_PER_HOUR, intact_permeability_cm_per_s

    intact = f"{SECONDS_PER_HOUR * intact_permeability_cm_per_s(row):.2g}" + "*" * (row.intact_cm_per_h is not None)
    return [row.title, row.name, f"{row.molecular_weight:g}", f"{row.log_kow:g}", intact]


def _active_rest(row: Active) -> list[str]:
    return [f"{row.charge:g}", row.aliases.replace(";", ", "), row.status, row.source, row.note]


def indications(
    name: Name = None,
    format: CatalogueOutput = CatalogueFormat.TABLE,  # noqa: A002 - the option's name
    long: Long = False,
) -> None:
    """List the published programmes by indication, or show one; as TOML its sessions, for `programme --plan`."""
    from ...data import catalog

    if format is CatalogueFormat.TOML:
        from ...data.templates import template as as_toml
        from ..programme.plans import plan_for

        print(as_toml(plan_for(catalog.indication(name or "acne-scars")), SESSIONS_HEAD), end="")
        return
    if name is not None:
        _one("indication", name, catalog.indication, format)
        return
    rows = list(catalog.indications().values())
    if _as_records("indications", rows, format):
        return
    print_table(
        f"{len(rows)} indications; usual (spread of the sources)",
        ["indication (name)", "needles mm", "passes", "sessions", "days between"]
        + (["also called", "standing", "source", "note"] if long else []),
        ([*_indication_cells(row), *(_indication_rest(row) if long else ())] for row in rows),
    )
    _more("indications", "acne-scars", long=long)


SESSIONS_HEAD = (
    "Sessions for `dermaroll programme --plan FILE`; each may also have device, passes, pattern and load_n of its own."
)


def _indication_cells(row: Indication) -> list[str]:
    return [
        f"{row.title} ({row.name})",
        f"{row.length_mm:g} ({row.length_low_mm:g} to {row.length_high_mm:g})",
        f"{row.passes} ({row.passes_low} to {row.passes_high})",
        f"{row.sessions} ({row.sessions_low} to {row.sessions_high})",
        f"{row.interval_days:g} ({row.interval_low_days:g} to {row.interval_high_days:g})",
    ]


def _indication_rest(row: Indication) -> list[str]:
    return [row.aliases.replace(";", ", "), row.status, row.source.replace(";", ", "), row.note]


class TemplateOf(StrEnum):
    """What a template is of."""

    DEVICE = "device"
    SITE = "site"
    ACTIVE = "active"
    SESSIONS = "sessions"
    STUDY = "study"
    GOAL = "goal"


def template(kind: Annotated[TemplateOf, typer.Argument(help="What it is of.")]) -> None:
    """Print a TOML file to start from: a device, a site, an active, sessions, a study or a goal."""
    from ...data import catalog
    from ...data.templates import template as as_toml
    from ..plan.goals import EXAMPLE as GOAL
    from ..programme.plans import plan_for
    from ..study.definition import EXAMPLE as STUDY

    examples: dict[TemplateOf, Callable[[], tuple[Record, str]]] = {
        TemplateOf.DEVICE: lambda: (catalog.device("generic-1mm"), HEAD),
        TemplateOf.SITE: lambda: (catalog.site("cheek"), HEAD),
        TemplateOf.ACTIVE: lambda: (catalog.active("niacinamide"), HEAD),
        TemplateOf.SESSIONS: lambda: (plan_for(catalog.indication("acne-scars")), SESSIONS_HEAD),
        TemplateOf.STUDY: lambda: (STUDY, STUDY_HEAD),
        TemplateOf.GOAL: lambda: (
            GOAL,
            "A goal for `dermaroll plan FILE`; tables go by layer, coverage by depth in um.",
        ),
    }
    record, head = examples[kind]()
    print(as_toml(record, head), end="")


STUDY_HEAD = (
    "A study for `dermaroll sweep FILE --out FOLDER`. `dermaroll figures` lists what may stand under outputs.\n"
    'An axis is a list, or { from, to, steps } or { from, to, step }, with scale = "log" where wanted.'
)


def figures(
    word: Annotated[str | None, typer.Argument(metavar="[WORD]", help="Only those with this word in them.")] = None,
) -> None:
    """List every figure by the name that files, studies' outputs and Python know it by."""
    from ..treatment.names import known_names, parts_of
    from ..treatment.quantities import QUANTITIES

    rows = []
    for key, quantity in QUANTITIES.items():
        for name, part in zip(known_names([key]), parts_of(key), strict=True):
            if word is None or word.lower() in f"{name} {part.words}".lower():
                rows.append([name, part.words + "?" * (quantity.status == "unverified"), quantity.unit])
    if not rows:
        raise refuse("word", word, "a word of a figure's name or description, such as depth or collagen")
    print_table(
        f"{len(rows)} figures; N stands for a depth or a time; ? unverified", ["name", "what", "unit"], rows, left=2
    )


def _one(kind: str, name: str | None, find: Callable[[str], Any], format: CatalogueFormat) -> None:  # noqa: A002
    """Show one record: in full, or as its template."""
    if name is None:
        raise refuse("format", "toml", f"toml with a name, such as: dermaroll {kind}s {EXAMPLES[kind]} --format toml")
    record = find(name)
    if format is CatalogueFormat.TOML:
        from ...data.templates import template as as_toml

        print(as_toml(record, HEAD), end="")
    elif format is CatalogueFormat.TABLE:
        print_table(record.title, ["field", "value", "remark"], _in_full(record), left=3)
    else:
        print_records(f"{kind}s", [record.model_dump()], format)


EXAMPLES = {"device": "mf-8", "site": "cheek", "active": "niacinamide", "indication": "acne-scars"}


def _in_full(record: Record) -> Iterable[list[str]]:
    """Rows of a record: field, value, remark; those of records within it too."""
    from ...data.catalog import sources
    from ...data.checks import Record as Checked
    from ..treatment.digits import figure

    assumed = getattr(record, "assumed", ())
    for field in type(record).model_fields:
        value = getattr(record, field)
        if value in (None, "", ()):
            continue
        if isinstance(value, tuple) and isinstance(value[0], Checked):
            for part in value:
                told = dict(part)
                head = told.pop("name").replace("_", " ")
                size = f"{figure(told.pop('mean_um'), told.pop('sd_um'))} um"
                yield [head, size, ", ".join(_text(item) for item in told.values() if item)]
            continue
        remark = "assumed" if field in assumed else ""
        if field == "source":
            keys = value if isinstance(value, tuple) else value.split(";")
            for number, key in enumerate(keys):
                cited = sources()[key].citation if key in sources() else ""
                yield ["source" if number == 0 else "", key, cited]
            continue
        text = _text(value)
        prose = len(text) > LONGEST_VALUE
        yield [field.replace("_", " "), "" if prose else text, text if prose else remark]


LONGEST_VALUE = 20


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _more(command: str, example: str, *, long: bool) -> None:
    rest = "" if long else "all columns: --long; "
    say(f"{rest}one in full: dermaroll {command} {example}, as a template: --format toml")


def _as_records(name: str, records: Sequence[Record], format: CatalogueFormat) -> bool:  # noqa: A002
    """Print records unless a table is wanted; return whether that was done."""
    if format is CatalogueFormat.TABLE:
        return False
    print_records(name, [record.model_dump() for record in records], format)
    return True


def print_records(name: str, records: list[dict[str, Any]], format: CatalogueFormat) -> None:  # noqa: A002
    """Print records as JSON or CSV to stdout."""
    if format is CatalogueFormat.JSON:
        from ..output import json_text

        print(json_text({"schema": 1, name: records}), end="")
        return
    columns = list(dict.fromkeys(column for record in records for column in record))
    print_csv(columns, ([_cell(record.get(column)) for column in columns] for record in records))


def _cell(value: object) -> object:
    return ";".join(str(part) for part in value) if isinstance(value, tuple) else value
