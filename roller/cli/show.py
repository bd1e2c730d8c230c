"""Handing out results: files, tables that fit the screen, then alerts and notes on stderr."""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..treatment.digits import table_lines
from .options import Format

if TYPE_CHECKING:
    from ..output import Result

PIPED_WIDTH = 10_000  # columns: a table in a file or pipe is never folded, unless COLUMNS says how wide it is


def screen_width() -> int:
    """Return how wide a table may be: COLUMNS, else the terminal's width, without end where there is none [columns]."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table to stdout; the first column to the left, the others to the right.

    Parameters
    ----------
    title : str — line above the table [-]
    columns : sequence of str — heads [-]
    rows : iterable of sequence of str — cells [-]

    """
    print(title)
    print("\n".join(table_lines(columns, list(rows), screen_width())))
    print()


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


def print_notes(result: Any, *, every: bool) -> None:
    """Print to stderr what to be alert to, a line each, and how many notes there are, or all of them.

    Parameters
    ----------
    result : Treatment, Comparison or the like — with alerts and warnings [-]
    every : bool — all notes, not their number alone [-]

    """
    sys.stdout.flush()  # the answer comes first
    for line in getattr(result, "alerts", ()):
        print(f"alert: {line}", file=sys.stderr)
    notes = result.warnings
    if every:
        for line in notes:
            print(f"note: {line}", file=sys.stderr)
    elif notes:
        count = f"{len(notes)} notes" if len(notes) > 1 else "1 note"
        print(f"{count} on sources and standings: --notes", file=sys.stderr)


def hand_out(
    result: Result,
    format: Format,  # noqa: A002 - the option's name
    output: Iterable[Path] | None,
    *endings: str,
    report: Path | None = None,
) -> bool:
    """Write the files asked for, and print JSON or CSV; return whether a table is wanted instead.

    Parameters
    ----------
    result : Result — what was computed [-]
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
    match format:
        case Format.JSON:
            sys.stdout.write(result.to_json())
        case Format.CSV:
            sys.stdout.write(result.to_frame().to_csv(index=False, lineterminator="\n"))
        case _:
            return True
    return False
