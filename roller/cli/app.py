"""The command line's commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from . import catalogue, diagnosing, looking, planning, programming, serving, sweeping, treating, validating

app = typer.Typer(
    name="dermaroll",
    help="Model derma rollers: how deep needles go, how many channels, which share of each skin layer they touch.",
    epilog="A model of published measurements; no medical advice.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"dermaroll {version('dermaroll')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for command in (
    treating.coverage,
    treating.compare,
    catalogue.devices,
    catalogue.sites,
    catalogue.actives,
    catalogue.indications,
    programming.programme,
    planning.plan,
    sweeping.sweep,
    validating.validate,
    catalogue.template,
    catalogue.figures,
    looking.view,
    looking.export,
    diagnosing.doctor,
):
    app.command()(command)
app.command("app")(serving.open_live_page)
