"""Options that several commands share, in one place, and what turns them into the model's inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from ...data.checks import refuse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...data.catalog import SkinSite
    from ..technique import Technique

MOST_DEPTHS = 10_000


class Format(StrEnum):
    """What stdout shows."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Device = Annotated[str, typer.Argument(metavar="DEVICE", help="Name in the catalogue, or a TOML file.")]
Devices = Annotated[list[str], typer.Argument(metavar="DEVICE...", help="Names in the catalogue, or TOML files.")]
Sex = Annotated[str, typer.Option("--sex", help="Whose skin: female, male or any.")]
OutputFormat = Annotated[Format, typer.Option("--format", help="What stdout shows.")]
Outputs = Annotated[
    list[Path] | None, typer.Option("--output", "-o", help="Also write: .json .csv .parquet .nc; repeatable.")
]
Report = Annotated[
    Path | None, typer.Option("--report", metavar="FILE.html", help="Also write the result as one HTML page.")
]


@dataclass(frozen=True)
class Setup:
    """What is treated and how: the options that every treating command has."""

    site: Annotated[str, typer.Option("--site", help="Skin site of the catalogue, or a TOML file.")] = "cheek"
    passes: Annotated[int, typer.Option("--passes", help="Passes, each covering the whole region once.")] = 16
    pattern: Annotated[str, typer.Option("--pattern", help="one-way, back-and-forth, cross or star.")] = "star"
    load: Annotated[float, typer.Option("--load", help="Force of the hand in N.")] = 3.0
    age: Annotated[float | None, typer.Option("--age", help="Age in years; none: as the studies' groups.")] = None
    sex: Sex = "any"
    overlap: Annotated[float, typer.Option("--overlap", help="Share of a lane that the next covers again.")] = 0.0
    slip: Annotated[float, typer.Option("--slip", help="Share of the travel that the drum slides.")] = 0.0
    speed: Annotated[float, typer.Option("--speed", help="Rolling speed in mm/s.")] = 50.0
    stretch: Annotated[float, typer.Option("--stretch", help="Stretch of the skin, lengthening over length.")] = 0.0
    uses: Annotated[int, typer.Option("--uses", help="Treatments that the roller has done before.")] = 0
    area_mm: Annotated[str, typer.Option("--area-mm", help="WIDTHxHEIGHT in mm, or a WKT polygon in mm.")] = "20x20"
    replicates: Annotated[int, typer.Option("--replicates", help="Repetitions: new people, skin, phases.")] = 1
    seed: Annotated[int, typer.Option("--seed", help="Seed of everything random.")] = 0
    depths: Annotated[str, typer.Option("--depths", help="In um, start:stop:step, both ends included.")] = "0:2000:25"

    def arguments(self) -> tuple[SkinSite, Technique, dict[str, Any]]:
        """Return the site, the technique and the keyword arguments of `treat` and `compare`."""
        from ...data.catalog import site
        from ...geometry.region import parse_region
        from ..technique import Technique

        given = {"passes": self.passes, "pattern": self.pattern, "load_n": self.load, "overlap": self.overlap}
        given |= {"slip": self.slip, "speed_mm_s": self.speed, "stretch": self.stretch, "uses": self.uses}
        technique = Technique.model_validate(given)
        rest = {"window": parse_region(self.area_mm), "depths_um": depths_um(self.depths)}
        rest |= {"replicates": self.replicates, "seed": self.seed}
        return site(self.site, sex=self.sex, age_years=self.age), technique, rest  # type: ignore[arg-type]


def with_setup(command: Callable[..., None], *, without: Collection[str] = ()) -> Callable[..., None]:
    """Give a command the options of `Setup` in place of its parameter `setup`.

    Parameters
    ----------
    command : callable — takes `setup` and parameters of its own [-]
    without : collection of str — fields of `Setup` that are no option of this command [-]

    """
    names = [field.name for field in fields(Setup) if field.name not in without]
    hints = get_type_hints(Setup, include_extras=True)
    options = [
        Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
        for field in fields(Setup)
        if field.name in names
    ]
    own = signature(command, eval_str=True)
    kept = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for parameter in own.parameters.values()
        if parameter.name != "setup"
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        setup = Setup(**{name: given.pop(name) for name in names})
        command(setup=setup, **given)

    # What typer reads: arguments first, then the shared options, then the command's own.
    first, last = kept[:1], kept[1:]
    run.__signature__ = own.replace(parameters=[*first, *options, *last])  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in [*first, *options, *last]}
    del run.__wrapped__
    return run


def depths_um(text: str) -> NDArray[np.float64]:
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


def check_files(output: list[Path] | None, report: Path | None) -> None:
    """Refuse a file that can't be written before the work, not after it.

    Parameters
    ----------
    output : list of Path or None — files of `--output` [-]
    report : Path or None — page of `--report` [-]

    """
    from ..output import check_target

    for path in output or ():
        check_target(path)
    if report is not None:
        check_target(report, (".html", ".htm"))
