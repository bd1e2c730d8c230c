"""Handing out results: files, tables that fit the screen, then alerts and notes on stderr; progress before them."""

from __future__ import annotations

import csv
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.checks import printable
from ..treatment.digits import table_lines, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..output import Result
    from ..treatment.result import Treatment


class Format(StrEnum):
    """What stdout shows."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Reader(StrEnum):
    """For whom a page is written."""

    CLINIC = "clinic"
    PATIENT = "patient"


PIPED_WIDTH = 10_000  # columns: a table in a file or pipe is never folded, unless COLUMNS says how wide it is
MOST_ALERTS = 5  # before a table that is to be read: the others are counted
CHART_DPI = 150
SILENT_S = 2.0  # of work before anything is said of it
LINE_EVERY_S, TERMINAL_EVERY_S = 30.0, 0.5


def screen_width() -> int:
    """Return how wide a table may be: COLUMNS, else the terminal's width, without end where there is none [columns]."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> None:
    """Print a table to stdout; the first columns to the left, the others to the right.

    Parameters
    ----------
    title : str — line above the table [-]
    columns : sequence of str — heads [-]
    rows : iterable of sequence of str — cells [-]
    left : int — columns that hold words and stand to the left [-]

    """
    say(title)
    cells = [[printable(cell) for cell in row] for row in rows]
    print("\n".join(table_lines(columns, cells, screen_width(), left)))
    print()


def say(text: str) -> None:
    """Print prose to stdout, no line wider than the screen.

    Parameters
    ----------
    text : str — what is said [-]

    """
    print(wrapped(printable(text), screen_width()))


def tell(text: str) -> None:
    """Print a line to stderr, folded where the screen is narrower.

    Parameters
    ----------
    text : str — the line [-]

    """
    print(wrapped(printable(text), screen_width(), "  "), file=sys.stderr, flush=True)


def tell_written(*paths: str | Path) -> None:
    """Say on stderr which files were written.

    Parameters
    ----------
    paths : str or Path — the files [-]

    """
    sys.stdout.flush()
    for path in paths:
        # A file's name is one word, however narrow the screen: it is there to be copied.
        print(f"wrote {printable(str(path))}", file=sys.stderr, flush=True)


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
        tell(f"warning: {line}")


def print_notes(result: Any, *, every: bool) -> None:
    """Print to stderr what to be alert to, a line each, and how many notes there are, or all of them.

    Parameters
    ----------
    result : Treatment, Comparison or the like — with alerts and warnings [-]
    every : bool — all notes, not their number alone [-]

    """
    sys.stdout.flush()  # the answer comes first
    alerts, notes = list(getattr(result, "alerts", ())), list(result.warnings)
    shown = alerts if every or len(alerts) <= MOST_ALERTS else alerts[: MOST_ALERTS - 1]
    for line in shown:
        tell(f"alert: {line}")
    if every:
        for line in notes:
            tell(f"note: {line}")
        return
    counts = [(len(alerts) - len(shown), "more alert"), (len(notes), "note")]
    said = " and ".join(f"{count} {what}{'s' * (count > 1)}" for count, what in counts if count)
    if said:
        tell(f"{said}{' on sources and standings' * bool(notes)}: --notes")


def hand_out(
    result: Result,
    format: Format,  # noqa: A002 - the option's name
    output: Iterable[Path] | None,
    *endings: str,
    table: Callable[[], None],
    report: Path | None = None,
    reader: Reader = Reader.CLINIC,
    plot: Path | None = None,
    cite: Path | None = None,
) -> None:
    """Write the files asked for, print JSON, CSV or the table, and say then which files there are.

    Parameters
    ----------
    result : Result — what was computed [-]
    format : Format — what stdout shows [-]
    output : iterable of Path or None — files of `--output` [-]
    endings : str — endings allowed; those of `write` unless given [-]
    table : function — prints the result as tables [-]
    report : Path or None — page of `--report`, of a result that has one [-]
    reader : Reader — for whom that page is [-]
    plot : Path or None — chart of `--plot` [-]
    cite : Path or None — file of `--cite`, of treatments [-]

    """
    from ..output import write

    files: list[Path] = []
    for path in output or ():
        files += write(result, path, *endings)
    if report is not None:
        shown: Any = result
        if reader is Reader.PATIENT:
            from ...viz.page.patient import write_patient_page

            write_patient_page(shown, report)
        else:
            _write_page(shown, report)
        files.append(report)
    if plot is not None:
        draw_chart(_chart_of(result), plot)
        files.append(plot)
    if cite is not None:
        from ...data.bibliography import bibtex
        from ..output import write_text

        cited = (result,) if hasattr(result, "source_keys") else treatments_of(result)
        write_text(cite, bibtex(key for one in cited for key in one.source_keys))
        files.append(cite)
    match format:
        case Format.JSON:
            sys.stdout.write(result.to_json())
        case Format.CSV:
            sys.stdout.write(result.to_frame().to_csv(index=False, lineterminator="\n"))
        case _:
            table()
    tell_written(*files)


def _chart_of(result: Any) -> Figure:
    """The course over months of a programme, coverage over depth of anything else."""
    from ..programme.sessions import Programme

    if isinstance(result, Programme):
        from ...viz.charts.course import course_chart

        return course_chart(result)
    from ...viz.charts.coverage import coverage_chart

    return coverage_chart(treatments_of(result))


def _write_page(result: Any, report: Path) -> None:
    """Write the page that a result has: of a body, or of flat skin."""
    from ..zones.result import SurfaceComparison, SurfaceTreatment

    if isinstance(result, (SurfaceComparison, SurfaceTreatment)):
        from ...viz.page.body import write_body_page

        write_body_page(result, report)
    else:
        from ...viz.page.writing import write_page

        write_page(result, report)


def treatments_of(result: Any) -> tuple[Treatment, ...]:
    """Return the treatments of a result: those compared, those of the sessions, or the one.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what was computed [-]

    """
    from ..treatment.result import Treatment

    if isinstance(result, Treatment):
        return (result,)
    found = result.treatments
    return tuple(found() if callable(found) else found)


def draw_chart(figure: Figure, path: Path) -> None:
    """Write a chart; the ending decides the format, and the same chart gives the same bytes.

    Parameters
    ----------
    figure : matplotlib Figure — the chart [-]
    path : Path — .svg, .png or .pdf [-]

    """
    import matplotlib as mpl

    from ..output import replacing

    ending = path.suffix.lower()
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": None}[ending]
    with replacing(path) as temporary, mpl.rc_context({"svg.hashsalt": "dermaroll", "svg.fonttype": "none"}):
        figure.savefig(temporary, format=ending[1:], dpi=CHART_DPI, metadata=undated)


class Working:
    """Says on stderr how far a piece of work is, once it takes longer than two seconds.

    On a terminal one line is kept up to date; elsewhere there is a line now and then.

    Parameters
    ----------
    words : str — what is being done [-]

    """

    def __init__(self, words: str) -> None:
        self.words = words
        self._done, self._count = 0, 0
        self._start = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._shown = False

    def __enter__(self) -> Working:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._shown and sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def __call__(self, done: int, count: int, words: str = "") -> None:
        """Take note of how much is done.

        Parameters
        ----------
        done, count : int — steps, of how many [-]
        words : str — what is being done now, unless that is what was said at first [-]

        """
        self._done, self._count = done, count
        self.words = words or self.words

    def _watch(self) -> None:
        wait = SILENT_S
        while not self._over.wait(wait):
            terminal = sys.stderr.isatty()
            wait = TERMINAL_EVERY_S if terminal else LINE_EVERY_S
            line = self._line()[: screen_width() - 1]
            print(f"\r\x1b[K{line}" if terminal else line, end="" if terminal else "\n", file=sys.stderr, flush=True)
            self._shown = True

    def _line(self) -> str:
        passed = time.monotonic() - self._start
        if not self._count:
            return f"{self.words}, {duration(passed)} so far"
        line = f"{self.words}: {self._done} of {self._count}, {duration(passed)} so far"
        left = passed * (self._count - self._done) / self._done if self._done else 0.0
        return f"{line}, about {duration(left)} left" if left else line


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it: 40 s, 12 min, 3.5 h, 2.1 d.

    Parameters
    ----------
    seconds : float — how long [s]

    """
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} d"
