"""`dermaroll programme`: sessions over months on one skin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ...data.checks import InputError
from . import options
from .show import Working, hand_out, print_notes, print_table, say

if TYPE_CHECKING:
    from ..programme.sessions import Programme


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
    sessions: Annotated[
        int | None,
        typer.Option("--sessions", help="How many; with --indication instead of the published number."),
    ] = None,
    interval: Annotated[
        float | None,
        typer.Option("--every", "--interval", help="Days from one to the next; 28, with --indication those published."),
    ] = None,
    surface: options.Surface = None,
    unit: options.Unit = None,
    zone: Annotated[str | None, typer.Option("--zone", help="Zone of the body that the sessions go over.")] = None,
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: options.Outputs = None,
    report: options.Report = None,
    reader: options.For = options.Reader.CLINIC,
    plot: options.Plot = None,
    cite: options.Cite = None,
    notes: options.Notes = False,
) -> None:
    """Run sessions over months: channels, collagen, open hours, redness, delivery, distance from the protocol."""
    from ...data.catalog import indication as find_indication
    from ...data.tables import read_record
    from ..programme.plans import SERIES_DAYS, Plan, plain_series, plan_for
    from ..programme.sessions import run_programme

    options.check_files(output, report, reader, plot=plot, cite=cite)
    options.only_on_a_body(surface, unit=unit, zone=zone)
    protocol = None if indication is None else find_indication(indication)
    if plan is not None:
        if protocol is not None or sessions is not None or interval is not None:
            raise InputError("--plan FILE.toml gives the sessions: not with --indication, --sessions or --every")
        steps = read_record(Plan, plan)
    elif protocol is not None:
        steps = plan_for(protocol, sessions, interval)
    elif sessions is not None:
        steps = plain_series(sessions, SERIES_DAYS if interval is None else interval)
    else:
        raise InputError(
            "programme needs --sessions N (and --every DAYS), --indication NAME (see `dermaroll indications`) "
            "or --plan FILE.toml"
        )
    if protocol is not None and _given(context, "passes"):
        # What is asked for on the command line counts more than the protocol.
        bare = tuple(part.model_copy(update={"passes": None}) for part in steps.session)
        steps = Plan(title=steps.title, session=bare)
    if surface is None:
        site, technique, rest = setup.arguments()
    else:
        rest = setup.arguments_of_body(surface, unit, None) | {"zone": zone}
        site, technique = rest.pop("site"), rest.pop("technique")
        del rest["zones"]
    with Working(f"{device}, {len(steps.session)} sessions") as shown:
        result = run_programme(
            device,
            site,
            steps,
            technique,
            indication=protocol,
            **care.arguments(),
            **rest,
            progress=shown,
        )
    files = {"report": report, "plot": plot, "cite": cite}
    hand_out(result, format, output, reader=reader, table=lambda: _print_programme(result), **files)
    print_notes(result, every=notes)


def _given(context: typer.Context, name: str) -> bool:
    """True if an option was given on the command line, not left at its default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _print_programme(result: Programme) -> None:
    from ..programme.text_tables import answer, course_columns, course_rows, session_columns, session_rows
    from ..treatment.result import NOTICE
    from ..treatment.text_table import UNVERIFIED_EXPLAINED, headline

    say(answer(result))
    print()
    print_table(
        f"{result.plan.title}: {headline(result.sessions[0].treatment)}", session_columns(result), session_rows(result)
    )
    print_table("course against untreated skin, % change [not known]?", course_columns(), course_rows(result))
    for line in result.differences:
        say(f"differs from the protocol: {line}")
    say(UNVERIFIED_EXPLAINED)
    say(NOTICE)
