"""Handing out results: files, tables that are complete when piped, warnings on stderr."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

from .options import Format

if TYPE_CHECKING:
    from ..output import Result

PIPED_WIDTH = 10_000  # columns: a table in a file or pipe is never cut to a screen


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table to stdout; the first column to the left, the others to the right.

    Parameters
    ----------
    title : str — line above the table [-]
    columns : sequence of str — heads [-]
    rows : iterable of sequence of str — cells [-]

    """
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console = Console(markup=False, highlight=False, emoji=False, width=PIPED_WIDTH)
    table = Table(box=box.SIMPLE_HEAD)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(title)
    console.print(table)


def print_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows as CSV to stdout.

    Parameters
    ----------
    columns : sequence of str — heads [-]
    rows : iterable of sequence — cells [-]

    """
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def print_warnings(lines: Iterable[str]) -> None:
    """Print warnings to stderr, a line each.

    Parameters
    ----------
    lines : iterable of str — the warnings [-]

    """
    for line in lines:
        print(f"warning: {line}", file=sys.stderr)


def hand_out(
    result: Result,
    warnings: Sequence[str],
    format: Format,  # noqa: A002 - the option's name
    output: Iterable[Path] | None,
    *endings: str,
    report: Path | None = None,
) -> bool:
    """Write the files asked for, warn, and print JSON or CSV; return whether a table is wanted instead.

    Parameters
    ----------
    result : Result — what was computed [-]
    warnings : sequence of str — of the result [-]
    format : Format — what stdout shows [-]
    output : iterable of Path or None — files of `--output` [-]
    endings : str — endings allowed; those of `write` unless given [-]
    report : Path or None — page of `--report`, of a result that has one [-]

    """
    from ..output import write

    for path in output or ():
        write(result, path, *endings)
    if report is not None:
        from ...viz.page.writing import write_page

        shown: Any = result
        write_page(shown, report)
    print_warnings(warnings)
    match format:
        case Format.JSON:
            sys.stdout.write(result.to_json())
        case Format.CSV:
            sys.stdout.write(result.to_frame().to_csv(index=False, lineterminator="\n"))
        case _:
            return True
    return False
