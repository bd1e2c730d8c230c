"""`dermaroll validate`: the model beside every published measurement it can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import options
from .show import Working, hand_out, print_table, say, tell

if TYPE_CHECKING:
    from ...data.constants import PublishedValue, Role
    from ..validation.insertion_papers import Prediction
    from ..validation.rows import Validation

CHECK_FAILED = 1
BAND_WORDS = {True: ", in the band", False: ", outside"}
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
    long: Annotated[bool, typer.Option("--long", help="Every row, and why each missed one is missed.")] = False,
) -> None:
    """Hold the model against published measurements; exit 1 if a row that must be met is missed."""
    from ..output import check_target
    from ..validation.rows import run_validation

    endings = (".json", ".csv", ".parquet")
    for path in output or ():
        check_target(path, endings)
    with Working("published rows"):
        result = run_validation()
        if leave_one_out:
            from ..validation.fits import with_left_out

            result = with_left_out(result)
    hand_out(result, format, output, *endings, table=lambda: _print(result, every=long or leave_one_out))
    if result.warnings and not long:
        tell(f"{len(result.warnings)} rows are missed; every row, and why: --long")
    for line in result.warnings if long else ():
        tell(line)
    if not result.passed:
        raise typer.Exit(CHECK_FAILED)


def _print(result: Validation, *, every: bool) -> None:
    """Print the headline, then a table a role: of rows that could hardly fail only those that did, unless all."""
    from ..validation.rows import ROLES

    say(result.headline)
    others = [f"{met} of {count} {role}" for role, (met, count) in ((role, result.met(role)) for role in ROLES[1:])]
    say(f"beside them {', '.join(others)}")
    say("(...) what the source supports, and 5 to 95 % over people and places; * must be met, ? unverified")
    say("in the band: measured lies within 90 % of what is not known, by members that never saw its study")
    print()
    for role in ROLES:
        told = [
            _cells(row, said, verdict, result)
            for row, said, verdict in zip(result.rows, result.predictions, result.verdicts, strict=True)
            if row.role == role and (every or role == ROLES[0] or verdict == "missed")
        ]
        if told:
            missed = "" if every or role == ROLES[0] else ", those missed"
            heads = ["what was measured, by whom", "measured", "predicted", "verdict"]
            print_table(HEADS[role] + missed, heads, told)


def _cells(row: PublishedValue, said: Prediction, verdict: str, result: Validation) -> list[str]:
    """One row of the table: what it is, where from, values with their range and band."""
    from ..treatment.digits import figure
    from ..validation.rows import known_as

    left_out, inside = result.left_out.get(row.id), result.inside_band.get(row.id)
    what = f"{row.what} ({known_as(row.source)})"
    what += f"; fitted without it: {left_out[0]:.3g}, {left_out[1]}" if left_out else ""
    ends = [figure(end) for end in (row.low, row.high) if end is not None]
    span = " to ".join(ends) if len(ends) != 1 else f"at {'least' if row.high is None else 'most'} {ends[0]}"
    band = f"({figure(said.band[0])} to {figure(said.band[1])})" if said.band else ""
    unit = "" if row.unit == "-" else f" {row.unit}"
    return [
        what,
        f"{row.measured:g}{unit}" + (f" ({span})" if row.role != "identity" and span else ""),
        f"{figure(said.value)} {band}".rstrip(),
        verdict + "*" * row.must + "?" * (row.status == "unverified") + ("" if inside is None else BAND_WORDS[inside]),
    ]
