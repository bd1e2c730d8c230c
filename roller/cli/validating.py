"""`dermaroll validate`: the model beside every published measurement it can answer."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options
from .show import hand_out, print_table, print_warnings

CHECK_FAILED = 1


def validate(
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: options.Outputs = None,
    leave_one_out: Annotated[
        bool, typer.Option("--leave-one-out", help="Also fit without each fitted row and predict it.")
    ] = False,
) -> None:
    """Hold the model against published measurements; exit 1 if a row that must be met is missed."""
    from ..output import check_target
    from ..treatment.digits import figure
    from ..validation.rows import run_validation

    endings = (".json", ".csv", ".parquet")
    for path in output or ():
        check_target(path, endings)
    result = run_validation()
    if leave_one_out:
        from ..validation.fits import with_left_out

        result = with_left_out(result)
    if hand_out(result, format, output, *endings):
        met, total = result.verdicts.count("met"), len(result.rows)
        print_table(
            f"{met} of {total} published rows met; f fitted to, m must be met, ? unverified",
            ["id", "source", "inputs", "measured", "tolerance", "predicted", "5 to 95 %", "unit", "", "verdict"]
            + ["left out"] * leave_one_out,
            (
                [
                    row.id,
                    row.source,
                    row.inputs,
                    f"{row.measured:g}",
                    " to ".join("-" if end is None else f"{end:g}" for end in (row.low, row.high)),
                    figure(said.value),
                    " to ".join(figure(end) for end in said.band) if said.band else "-",
                    row.unit,
                    "f" * row.fitted + "m" * row.must + "?" * (row.status == "unverified"),
                    verdict,
                    *([_left_out(result.left_out.get(row.id))] if leave_one_out else []),
                ]
                for row, said, verdict in zip(result.rows, result.predictions, result.verdicts, strict=True)
            ),
        )
    print_warnings(result.warnings)
    if not result.passed:
        raise typer.Exit(CHECK_FAILED)


def _left_out(value: tuple[float, str] | None) -> str:
    return f"{value[0]:.3g} {value[1]}" if value else ""
