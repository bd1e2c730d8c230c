"""Options that several commands share, in one place, and what turns them into the model's inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from ...data.checks import refuse
from ..technique import Input, technique_inputs
from .show import Format as Format
from .show import Reader as Reader
from .show import tell

if TYPE_CHECKING:
    from ...data.catalog import SkinSite
    from ...geometry.arrays import Array
    from ..technique import Technique

MOST_DEPTHS = 10_000
USUAL_SITE = "cheek"


Device = Annotated[str, typer.Argument(metavar="DEVICE", help="Name in the catalogue, or a TOML file.")]
Devices = Annotated[list[str], typer.Argument(metavar="DEVICE...", help="Names in the catalogue, or TOML files.")]
Sex = Annotated[str, typer.Option("--sex", help="Whose skin: female, male or any.")]
SkinColour = Annotated[
    str, typer.Option("--skin-colour", help="Whose skin: light, medium, dark or any; channels close at another pace.")
]
OutputFormat = Annotated[Format, typer.Option("--format", help="What stdout shows.")]
Outputs = Annotated[
    list[Path] | None, typer.Option("--output", "-o", help="Also write: .json .csv .parquet .nc; repeatable.")
]
Notes = Annotated[bool, typer.Option("--notes", help="Print the notes on sources and standings.")]
Long = Annotated[bool, typer.Option("--long", help="Every figure, sources and notes too.")]
Report = Annotated[
    Path | None, typer.Option("--report", metavar="FILE.html", help="Also write the result as one HTML page.")
]
For = Annotated[Reader, typer.Option("--for", help="For whom the page of --report is: two plain sides for a patient.")]
Plot = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE.svg", help="Also draw the chart: .svg .png .pdf."),
]
Cite = Annotated[Path | None, typer.Option("--cite", metavar="FILE.bib", help="Also write the sources as BibTeX.")]
CHARTS = (".svg", ".png", ".pdf")


Surface = Annotated[
    str | None,
    typer.Option("--surface", help="Roll over a body: face, forearm, thigh, or a mesh file (.stl .obj .ply .glb)."),
]
Unit = Annotated[str | None, typer.Option("--unit", help="Of the mesh file: mm, cm, dm or m; none: by its size.")]
Zones = Annotated[
    list[str] | None, typer.Option("--zone", help="Zone of the body, repeatable, or FILE.toml; none: all.")
]


@dataclass(frozen=True)
class Setup:
    """What is treated and how: the options that every treating command has, beside those of the technique."""

    site: Annotated[
        list[str],
        typer.Option("--site", help="Skin site by any name (see `sites`), or a TOML file; repeatable."),
    ] = field(default_factory=lambda: [USUAL_SITE])
    age: Annotated[float | None, typer.Option("--age", help="Age in years; none: as the studies' groups.")] = None
    sex: Sex = "any"
    skin_colour: SkinColour = "any"
    region: Annotated[
        str, typer.Option("--region", "--area-mm", help="WIDTHxHEIGHT, WKT, a .geojson or an .svg file, all in mm.")
    ] = "20x20"
    replicates: Annotated[int, typer.Option("--replicates", help="Repetitions: new people, skin, phases.")] = 1
    seed: Annotated[int, typer.Option("--seed", help="Seed of everything random.")] = 0
    depths: Annotated[str, typer.Option("--depths", help="In um, start:stop:step, both ends included.")] = "0:2000:25"
    technique: dict[str, Any] = field(default_factory=dict)

    def arguments(self) -> tuple[SkinSite, Technique, dict[str, Any]]:
        """Return the one site, the technique and the keyword arguments of `treat`; several sites are refused."""
        places, technique, rest = self.arguments_of_sites()
        if len(places) > 1:
            raise refuse("site", ", ".join(self.site), "one site here; coverage and compare take several")
        return places[0], technique, rest

    def arguments_of_body(self, surface: str, unit: str | None, zones: list[str] | None) -> dict[str, Any]:
        """Return the keyword arguments of `treat` on a body: each zone has the skin of its own site."""
        from ...data.catalog import site
        from ..technique import Technique
        from ..zones.bodies import surface_of

        if len(self.site) > 1:
            raise refuse("site", ", ".join(self.site), "none on a surface, whose zones have their own, or one for all")
        whose: dict[str, Any] = {"sex": self.sex, "age_years": self.age, "skin_colour": self.skin_colour}
        named = None if self.site == [USUAL_SITE] else site(self.site[0], **whose)
        files = [name for name in zones or () if name.endswith(".toml")]
        if len(files) > 1:
            raise refuse("zone", files[1], "one .toml file that says where zones are")
        body = surface_of(surface, unit, site=self.site[0], zones=files[0] if files else None)
        return {
            "site": named,
            "whose": whose,
            "technique": Technique.model_validate(self.technique),
            "surface": body,
            "zones": [name for name in zones or () if name not in files] or None,
            "depths_um": depths_um(self.depths),
            "replicates": self.replicates,
            "seed": self.seed,
        }

    def arguments_of_sites(self) -> tuple[list[SkinSite], Technique, dict[str, Any]]:
        """Return the sites, the technique and the keyword arguments of `compare`; tell what nicknames stand for."""
        from ...data.catalog import site
        from ...geometry.region import parse_region
        from ..technique import Technique

        whose: dict[str, Any] = {"sex": self.sex, "age_years": self.age, "skin_colour": self.skin_colour}
        places = [site(name, **whose) for name in self.site]
        for name, place in zip(self.site, places, strict=True):
            plain = name.lower().replace("-", "_").replace(" ", "_")
            if not name.endswith(".toml") and plain not in (place.name, place.title.lower().replace(" ", "_")):
                tell(f"site {name}: taken as {place.title} ({place.name})")
        rest = {"region": parse_region(self.region), "depths_um": depths_um(self.depths)}
        rest |= {"replicates": self.replicates, "seed": self.seed}
        return places, Technique.model_validate(self.technique), rest


@dataclass(frozen=True)
class Care:
    """What is done after a session: the options of every command that says what follows."""

    active: Annotated[str | None, typer.Option("--active", help="Active applied right after it: see `actives`.")] = None
    dose: Annotated[float, typer.Option("--dose", help="Of the active, in ug/cm2.")] = 100.0
    film: Annotated[float, typer.Option("--film", help="Thickness of the film that holds it, in um.")] = 100.0
    serum: Annotated[
        str | None, typer.Option("--serum", help='Instead of a dose: strength and amount on the region, "15% 0.5ml".')
    ] = None
    occluded: Annotated[bool, typer.Option("--occluded", help="Under a film afterwards.")] = False

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `treat`, `compare` and `run_programme`."""
        care = {"active": self.active, "dose_ug_per_cm2": self.dose, "film_um": self.film}
        care |= {"occluded": self.occluded}
        return care | ({"serum": self.serum} if self.serum else {})


def technique_options() -> dict[str, Parameter]:
    """Return the options of the technique by its fields: words, kinds and defaults stand in the record."""
    return {
        entry.name: Parameter(
            entry.option.replace("-", "_"),
            Parameter.KEYWORD_ONLY,
            default=None if entry.by_device else entry.usual,
            annotation=Annotated[
                entry.kind | None if entry.usual is None or entry.by_device else entry.kind,
                typer.Option(entry.written, help=entry.words, show_default=_default_words(entry)),
            ],
        )
        for entry in technique_inputs()
    }


def _default_words(entry: Input) -> str | bool:
    """What the help says of a default: that the device decides, or the default itself."""
    return f"{entry.usual} with a roller, else by contacts per cm2" if entry.by_device else True


def with_setup(command: Callable[..., None], *, without: Collection[str] = ()) -> Callable[..., None]:
    """Give a command the options of `Setup` and of the technique for its parameter `setup`, and `Care`'s for `care`.

    Parameters
    ----------
    command : callable — takes `setup`, perhaps `care`, and parameters of its own [-]
    without : collection of str — options that this command does not have [-]

    """
    own = signature(command, eval_str=True)
    names = {name: _names(record, without) for name, record in RECORDS.items() if name in own.parameters}
    technique = {key: option for key, option in technique_options().items() if option.name not in without}
    options = [*_options(Setup, names["setup"][:1]), *technique.values(), *_options(Setup, names["setup"][1:])]
    options += _options(Care, names.get("care", []))
    kept = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for parameter in own.parameters.values()
        if parameter.name not in RECORDS
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        told = {key: given.pop(option.name) for key, option in technique.items()}
        how = {key: value for key, value in told.items() if value is not None}
        records = {name: RECORDS[name](**{part: given.pop(part) for part in parts}) for name, parts in names.items()}
        records["setup"] = replace(records["setup"], technique=how)
        command(**records, **given)

    # What typer reads: arguments first, then the shared options, then the command's own.
    first, last = kept[:1], kept[1:]
    run.__signature__ = own.replace(parameters=[*first, *options, *last])  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*first, *options, *last]}
    del run.__wrapped__
    return run


RECORDS: dict[str, Any] = {"setup": Setup, "care": Care}


def _names(record: Any, without: Collection[str]) -> list[str]:
    return [part.name for part in fields(record) if part.name not in {*without, "technique"}]


def _options(record: Any, names: Collection[str]) -> list[Parameter]:
    hints = get_type_hints(record, include_extras=True)
    return [
        Parameter(part.name, Parameter.KEYWORD_ONLY, default=_default(part), annotation=hints[part.name])
        for part in fields(record)
        if part.name in names
    ]


def _default(part: Field[Any]) -> Any:
    return part.default if part.default_factory is MISSING else part.default_factory()


def depths_um(text: str) -> Array:
    """Return the depths of `start:stop:step`, both ends included.

    Parameters
    ----------
    text : str — three numbers with colons between them [um]

    """
    import numpy as np

    allowed = f"start:stop:step in um with 0 <= start < stop and a step that gives at most {MOST_DEPTHS} depths"
    try:
        start, stop, step = (float(part) for part in text.split(":"))
    except ValueError as error:
        raise refuse("depths", text, allowed) from error
    if not (0 <= start < stop < np.inf and 0 < step < np.inf and (stop - start) / step < MOST_DEPTHS):
        raise refuse("depths", text, allowed)
    steps = np.arange(np.floor((stop - start) / step * (1 + 1e-12)) + 1)
    depths = start + step * steps
    return depths if np.isclose(depths[-1], stop) else np.append(depths, stop)


def only_on_a_body(surface: str | None, **given: Any) -> None:
    """Refuse options of a body where there is none.

    Parameters
    ----------
    surface : str or None — the body [-]
    given : any — such options by their names [-]

    """
    for name, value in given.items():
        if surface is None and value:
            raise refuse(name, value, "none where no --surface is given")


def check_files(
    output: list[Path] | None,
    report: Path | None,
    reader: Reader = Reader.CLINIC,
    *,
    plot: Path | None = None,
    cite: Path | None = None,
) -> None:
    """Refuse a file that can't be written before the work, not after it.

    Parameters
    ----------
    output : list of Path or None — files of `--output` [-]
    report : Path or None — page of `--report` [-]
    reader : Reader — for whom that page is [-]
    plot : Path or None — chart of `--plot` [-]
    cite : Path or None — file of `--cite` [-]

    """
    from ..output import check_target, courses_beside

    for path in output or ():
        check_target(path)
        check_target(courses_beside(path))
    for target, endings in ((plot, CHARTS), (cite, (".bib",))):
        if target is not None:
            check_target(target, endings)
    if report is not None:
        check_target(report, (".html", ".htm"))
    elif reader is not Reader.CLINIC:
        raise refuse("for", reader.value, "a page to write with it: --report FILE.html")
