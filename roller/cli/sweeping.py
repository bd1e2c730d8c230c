"""`dermaroll sweep`: run a study, or what is left of it, and show how far it is."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

import typer

from ...data.checks import InputError, printable, refuse
from .options import CHARTS
from .show import LINE_EVERY_S, TERMINAL_EVERY_S, draw_chart, duration, print_table, print_warnings, say, tell_written

if TYPE_CHECKING:
    import pandas
    from rich.progress import Progress as Bar

    from ..study.cluster import Tls
    from ..study.definition import Study
    from ..study.running import Progress

INTERRUPTED = 130
SHORT_OF_A_PART = 0.9  # of the settings under way: how far the bar goes before a part is back
MOST_ROWS_TOLD = 1_000_000  # settings: what is read back for the table at the end


def sweep(
    study: Annotated[Path, typer.Argument(metavar="STUDY.toml", help="Axes, replicates, outputs: see the README.")],
    out: Annotated[
        # No Path: an empty name would become the current folder.
        str,
        typer.Option("--out", "-o", metavar="FOLDER", help="Of the results; part of this study is gone on with."),
    ],
    workers: Annotated[int | None, typer.Option("--workers", help="Processes; none: one a processor.")] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="Address of a Dask scheduler, such as tcp://host:8786.")
    ] = None,
    tls_ca: Annotated[
        Path | None, typer.Option("--tls-ca", help="For tls://host:8786: certificate of the authority, PEM.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option("--tls-cert", help="With it: certificate of this side, PEM.")] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", help="With it: key of the certificate, unless in the same file.")
    ] = None,
    table: Annotated[
        Path | None, typer.Option("--table", metavar="FILE.csv", help="Also write all rows as one .csv or .parquet.")
    ] = None,
    plot: Annotated[
        str | None,
        typer.Option("--plot", metavar="x=AXIS,...", help="Draw a chart: x=load_n,hue=tip_radius_um,y=OUTPUT."),
    ] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE.svg", help="Of --plot; FOLDER.svg unless given.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Run more than 10 million treatments without asking.")] = False,
) -> None:
    """Run a study of many settings: one row a setting, as Parquet in parts; go on with it if it was stopped."""
    from ..output import TABLE_WRITERS, check_target, replacing
    from ..study.definition import Study
    from ..study.folder import KEPT
    from ..study.running import finish_study

    asked = Study.read(study)
    drawn = None if plot is None else _plotted(plot, asked)
    target = (chart or Path(f"{out.rstrip('/')}.svg")) if drawn else chart
    for path, endings in ((table, (".csv", ".parquet")), (target, CHARTS)):
        if path is not None:
            check_target(path, endings)
    if chart is not None and drawn is None:
        raise refuse("chart", str(chart), "a chart to draw with it: --plot x=AXIS")
    tls = _tls(tls_ca, tls_cert, tls_key)
    print_warnings(asked.warnings())
    shown = _Shown(asked)
    try:
        with shown:
            end = finish_study(asked, out, workers=workers, scheduler=scheduler, tls=tls, progress=shown, yes=yes)
    except KeyboardInterrupt:
        shown.say(f"stopped; {KEPT}")
        raise typer.Exit(INTERRUPTED) from None
    _print_end(asked, end, out)
    if table is not None or drawn is not None:
        from ..study.folder import rows_of

        rows = rows_of(Path(out))
        if table is not None:
            with replacing(table) as temporary:
                TABLE_WRITERS[table.suffix.lower()](rows, temporary)
            tell_written(table)
        if drawn is not None and target is not None:
            from ...viz.charts.sweep import sweep_chart

            draw_chart(sweep_chart(rows, **drawn), target)
            tell_written(target)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _print_end(study: Study, end: Progress, out: str) -> None:
    """Print what came out: settings, and of each output its least, middle and greatest value and where the ends are."""
    from ..study.folder import rows_of

    failed = f", {end.failed} of those run now with an error" if end.failed else ""
    say(f"{_counted(end.settings, 'setting')} in {_counted(end.parts, 'part')}{failed}")
    print()
    if end.settings <= MOST_ROWS_TOLD:
        print_table(
            "what came out", ["figure", "least", "median", "greatest", "greatest at"], _told(study, rows_of(Path(out)))
        )
    print(printable(f'pandas.read_parquet("{Path(out) / "parts"}")  # one row a setting'))


def _told(study: Study, rows: pandas.DataFrame) -> Iterator[list[str]]:
    from ..study.outputs import output_called
    from ..treatment.digits import figure

    for name in study.outputs:
        values = rows[name]
        if output_called(name).part.quantity.classes:
            yield [name, ", ".join(sorted(values.dropna().unique())), "", "", ""]
        elif values.notna().any():
            at = rows.iloc[int(values.argmax())]
            where = ", ".join(f"{axis} {_shown_value(at[axis])}" for axis in study.axes)
            yield [name, figure(values.min()), figure(values.median()), figure(values.max()), where]
        else:
            yield [name, "-", "-", "-", ""]


def _shown_value(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _plotted(text: str, study: Study) -> dict[str, str]:
    """Read `x=load_n,hue=tip_radius_um,y=density_per_cm2`: axes and an output of the study."""
    from ...data.checks import closest_words

    given = dict(part.partition("=")[::2] for part in text.replace(" ", "").split(","))
    known = {"x": list(study.axes), "hue": list(study.axes), "y": list(study.outputs)}
    allowed = "x=AXIS, and if wanted hue=AXIS and y=OUTPUT, with commas between them"
    if "x" not in given or any(key not in known for key in given):
        raise refuse("plot", text, allowed)
    wrong = [f"{key}={name}{closest_words(name, known[key])}" for key, name in given.items() if name not in known[key]]
    if wrong:
        raise InputError(f"plot: not of this study: {'; '.join(wrong)}")
    return {"y": study.outputs[0]} | given


def _tls(ca: Path | None, cert: Path | None, key: Path | None) -> Tls | None:
    from ..study.cluster import Tls

    if ca is not None and cert is not None:
        return Tls(ca, cert, key)
    if ca or cert or key:
        missing = "tls-ca" if ca is None else "tls-cert"
        raise InputError(f"{missing} is missing; allowed: --tls-ca and --tls-cert together, and --tls-key beside them")
    return None


class _Shown:
    """How far a study is: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._bar: Bar | None = None
        self._said = time.monotonic()
        self._begun = False
        self._damaged = 0
        self._last: Progress | None = None
        self._last_at = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> _Shown:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._bar is not None:
            self._bar.stop()

    def say(self, line: str) -> None:
        print(printable(line), file=sys.stderr, flush=True)

    def __call__(self, now: Progress) -> None:
        if not self._begun:
            self._begun = True
            self._damaged = now.damaged
            self.say(self._headline(now))
            if sys.stderr.isatty() and now.parts_done < now.parts:
                self._bar = self._start(now)
                self._thread.start()
        if now.damaged > self._damaged:
            self.say(f"{now.damaged - self._damaged} parts are not as they were written; they are worked out again")
            self._damaged = now.damaged
        self._last, self._last_at = now, time.monotonic()
        if self._bar is not None:
            self._advance()
        elif time.monotonic() - self._said >= LINE_EVERY_S and 0 < now.parts_done < now.parts and now.elapsed_s:
            self._said = time.monotonic()
            done = f"{now.settings_done} of {now.settings} settings"
            self.say(
                f"{done}, {now.parts_done} of {now.parts} parts, about {duration(now.expected_s)} left{_failed(now)}"
            )

    def _advance(self) -> None:
        """Bring the bar up to date: between two parts it goes on at the pace expected, and stays short of the next."""
        now = self._last
        if self._bar is None or now is None:
            return
        passed = time.monotonic() - self._last_at
        to_do, parts = now.settings - now.settings_done, now.parts - now.parts_done
        ahead = to_do * passed / now.expected_s if now.expected_s > 0 else 0.0
        most = to_do * min(now.workers, parts) / parts * SHORT_OF_A_PART if parts else 0.0
        self._bar.update(
            self._bar.task_ids[0],
            completed=now.settings_done + min(ahead, most),
            left=duration(max(now.expected_s - passed, 1.0)),
            failed=_failed(now),
        )

    def _watch(self) -> None:
        while not self._over.wait(TERMINAL_EVERY_S):
            self._advance()

    def _headline(self, now: Progress) -> str:
        study = self._study
        size = _counted(now.settings, "setting") + (f" x {study.replicates} replicates" if study.replicates > 1 else "")
        head = f"{study.title}: {size} in {_counted(now.parts, 'part')}"
        if now.parts_done == now.parts:
            return f"{head}, all there"
        had = f"; {_counted(now.settings_done, 'setting')} already there" if now.settings_done else ""
        had += f"; {_counted(now.damaged, 'part')} damaged, worked out again" if now.damaged else ""
        who = _counted(now.workers, "worker")
        return f"{head}{had}; {_counted(now.runs, 'run')} to do, about {duration(now.expected_s)} on {who}"

    def _start(self, now: Progress) -> Bar:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichBar

        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("settings,"),
            TimeElapsedColumn(),
            TextColumn("so far, about {task.fields[left]} left{task.fields[failed]}"),
        )
        bar = RichBar(*columns, console=Console(stderr=True, markup=False, highlight=False))
        bar.add_task("", total=now.settings, completed=now.settings_done, left=duration(now.expected_s), failed="")
        bar.start()
        return bar


def _failed(now: Progress) -> str:
    return f", {now.failed} with an error" if now.failed else ""
