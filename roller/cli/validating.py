"""`dermaroll validate`: the model beside every published measurement it can answer."""

from __future__ import annotations

from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from . import options
from .show import hand_out, print_warnings

if TYPE_CHECKING:
    from ...data.constants import PublishedValue, Role
    from ..validation.insertion_papers import Prediction
    from ..validation.rows import Validation

CHECK_FAILED = 1
NARROWEST = 80  # columns
HEADS: dict[Role, str] = {
    "predicted": "PREDICTED: could fail, none was fitted to",
    "fitted": "FITTED: constants were fitted to these",
    "bound": "BOUND: hardly any constants could miss these",
    "identity": "IDENTITY: fields of the catalogue",
}


def validate(
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: options.Outputs = None,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Also fit without each fitted row and predict it.")
    ] = False,
) -> None:
    """Hold the model against published measurements; exit 1 if a row that must be met is missed."""
    from ..output import check_target
    from ..validation.rows import run_validation

    endings = (".json", ".csv", ".parquet")
    for path in output or ():
        check_target(path, endings)
    result = run_validation()
    if leave_one_out:
        from ..validation.fits import with_left_out

        result = with_left_out(result)
    if hand_out(result, format, output, *endings):
        _print(result)
    print_warnings(result.warnings)
    if not result.passed:
        raise typer.Exit(CHECK_FAILED)


def _print(result: Validation) -> None:
    """Print the headline, then a table a role; 80 columns are enough, and nothing is cut off."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from ..validation.rows import ROLES

    width = max(get_terminal_size((NARROWEST, 24)).columns, NARROWEST)
    console = Console(markup=False, highlight=False, emoji=False, width=width)
    console.print(result.headline)
    others = [f"{met} of {count} {role}" for role, (met, count) in ((role, result.met(role)) for role in ROLES[1:])]
    console.print(f"beside them {', '.join(others)}")
    console.print("under each value what its source supports, and 5 to 95 % over people and places")
    console.print("m must be met, ? unverified; in band: measured within 90 % of what is not known, errors included")
    for role in ROLES:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        for head in ("", "measured", "predicted", "unit", "", ""):
            table.add_column(head, justify="right" if head in ("measured", "predicted") else "left", overflow="fold")
        for row, said, verdict in zip(result.rows, result.predictions, result.verdicts, strict=True):
            if row.role == role:
                table.add_row(*_cells(row, said, verdict, result))
        console.print(HEADS[role])
        console.print(table)


def _cells(row: PublishedValue, said: Prediction, verdict: str, result: Validation) -> list[str]:
    """One row of the table, on two lines: what it is and its values; its source, range and band."""
    from ..treatment.digits import figure

    left_out, inside = result.left_out.get(row.id), result.inside_band.get(row.id)

    what = [row.what, f"  {' '.join(row.source.split('_')).capitalize()}"]
    if left_out:
        what.append(f"  fitted without it: {left_out[0]:.3g}, {left_out[1]}")
    ends = [figure(end) for end in (row.low, row.high) if end is not None]
    spans = {2: " to ".join(ends), 1: f"at least {ends[0]}" if row.high is None else f"at most {ends[0]}", 0: ""}
    band = f"{figure(said.band[0])} to {figure(said.band[1])}" if said.band else ""
    return [
        "\n".join(what),
        f"{row.measured:g}" + (f"\n{spans[len(ends)]}" if row.role != "identity" else ""),
        f"{figure(said.value)}\n{band}".rstrip(),
        row.unit,
        "m" * row.must + "?" * (row.status == "unverified"),
        verdict + ("" if inside is None else "\n in band" if inside else "\n outside"),
    ]
