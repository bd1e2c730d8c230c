"""`dermaroll programme`, `actives` and `indications`: sessions over months, and what the catalogue holds for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...data.checks import InputError
from . import options
from .catalogue import print_records
from .show import hand_out, print_notes, print_table

if TYPE_CHECKING:
    from ..programme.sessions import Programme


def actives(format: options.OutputFormat = options.Format.TABLE) -> None:  # noqa: A002 - the option's name
    """List the actives whose delivery can be computed."""
    from ...data.catalog import actives as catalogue
    from ..transport.permeation import SECONDS_PER_HOUR, intact_permeability_cm_per_s

    rows = list(catalogue().values())
    if format is not options.Format.TABLE:
        print_records("actives", [row.model_dump() for row in rows], format)
        return
    print_table(
        f"{len(rows)} actives; charge at pH 5.5; intact skin: * measured, else Potts & Guy and a polar path",
        ["name", "g/mol", "log Kow", "charge", "intact cm/h", "standing", "source", "note"],
        (
            [
                row.name,
                f"{row.molecular_weight:g}",
                f"{row.log_kow:g}",
                f"{row.charge:g}",
                f"{SECONDS_PER_HOUR * intact_permeability_cm_per_s(row):.2g}" + "*" * (row.intact_cm_per_h is not None),
                row.status,
                row.source,
                row.note,
            ]
            for row in rows
        ),
    )


def indications(format: options.OutputFormat = options.Format.TABLE) -> None:  # noqa: A002 - the option's name
    """List the published programmes by indication, with the spread of their sources."""
    from ...data.catalog import indications as catalogue

    rows = list(catalogue().values())
    if format is not options.Format.TABLE:
        print_records("indications", [row.model_dump() for row in rows], format)
        return
    print_table(
        f"{len(rows)} indications; usual (spread of the sources)",
        ["name", "needles mm", "passes", "sessions", "interval days", "standing", "source", "note"],
        (
            [
                row.name,
                f"{row.length_mm:g} ({row.length_low_mm:g} to {row.length_high_mm:g})",
                f"{row.passes} ({row.passes_low} to {row.passes_high})",
                f"{row.sessions} ({row.sessions_low} to {row.sessions_high})",
                f"{row.interval_days:g} ({row.interval_low_days:g} to {row.interval_high_days:g})",
                row.status,
                row.source.replace(";", ", "),
                row.note,
            ]
            for row in rows
        ),
    )


@options.with_setup
def programme(
    context: typer.Context,
    setup: options.Setup,
    care: options.Care,
    device: Annotated[str, typer.Option("--device", help="Roller of the catalogue, or a TOML file.")] = "mf-8",
    indication: Annotated[str | None, typer.Option("--indication", help="Whose published programme to run.")] = None,
    plan: Annotated[
        Path | None, typer.Option("--plan", help="Own sessions: a TOML file, a table called session for each.")
    ] = None,
    sessions: Annotated[int | None, typer.Option("--sessions", help="Instead of the published number.")] = None,
    interval: Annotated[float | None, typer.Option("--interval", help="Days, instead of those published.")] = None,
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: options.Outputs = None,
    report: options.Report = None,
    notes: options.Notes = False,
) -> None:
    """Run sessions over months: channels, collagen, open hours, redness, delivery, distance from the protocol."""
    from ...data.catalog import indication as find_indication
    from ...data.tables import read_record
    from ..programme.sessions import Plan, plan_for, run_programme

    options.check_files(output, report)
    if (indication is None) == (plan is None):
        raise InputError("programme needs either --indication NAME or --plan FILE.toml, see `dermaroll indications`")
    protocol = None if indication is None else find_indication(indication)
    steps = read_record(Plan, plan) if plan is not None else plan_for(protocol, sessions, interval)  # type: ignore[arg-type]
    if protocol is not None and _given(context, "passes"):
        # What is asked for on the command line counts more than the protocol.
        bare = tuple(part.model_copy(update={"passes": None}) for part in steps.session)
        steps = Plan(title=steps.title, session=bare)
    site, technique, rest = setup.arguments()
    result = run_programme(
        device,
        site,
        steps,
        technique,
        indication=protocol,
        **care.arguments(),
        **rest,
    )
    if hand_out(result, format, output, report=report):
        _print_programme(result)
    print_notes(result, every=notes)


def _given(context: typer.Context, name: str) -> bool:
    """True if an option was given on the command line, not left at its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _print_programme(result: Programme) -> None:
    from ..programme.text_tables import course_columns, course_rows, session_columns, session_rows
    from ..treatment.result import NOTICE
    from ..treatment.text_table import headline

    print_table(
        f"{result.plan.title}: {headline(result.sessions[0].treatment)}", session_columns(result), session_rows(result)
    )
    print_table(
        "course against untreated skin, % change (band); all of it unverified", course_columns(), course_rows(result)
    )
    for line in result.differences:
        print(f"differs from the protocol: {line}")
    print(NOTICE)
