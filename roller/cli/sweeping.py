"""`dermaroll sweep`: run a study, or what is left of it, and show how far it is."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

import typer

from ...data.checks import InputError
from .show import LINE_EVERY_S, duration, print_warnings

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from ..study.cluster import Tls
    from ..study.definition import Study
    from ..study.running import Progress

INTERRUPTED = 130


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
    yes: Annotated[bool, typer.Option("--yes", help="Run more than 10 million treatments without asking.")] = False,
) -> None:
    """Run a study of many settings: one row a setting, as Parquet in parts; go on with it if it was stopped."""
    from ..study.definition import Study
    from ..study.folder import KEPT
    from ..study.running import finish_study

    tls = _tls(tls_ca, tls_cert, tls_key)
    asked = Study.read(study)
    print_warnings(asked.warnings())
    shown = _Shown(asked)
    try:
        with shown:
            end = finish_study(asked, out, workers=workers, scheduler=scheduler, tls=tls, progress=shown, yes=yes)
    except KeyboardInterrupt:
        shown.say(f"stopped; {KEPT}")
        raise typer.Exit(INTERRUPTED) from None
    failed = f", {end.failed} of those run now with an error" if end.failed else ""
    print(f"{end.settings} settings in {end.parts} parts{failed}")
    print(f'pandas.read_parquet("{Path(out) / "parts"}")  # one row a setting')


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

    def __enter__(self) -> _Shown:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def say(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def __call__(self, now: Progress) -> None:
        if not self._begun:
            self._begun = True
            self._damaged = now.damaged
            self.say(self._headline(now))
            if sys.stderr.isatty() and now.parts_done < now.parts:
                self._bar = self._start(now)
        if now.damaged > self._damaged:
            self.say(f"{now.damaged - self._damaged} parts are not as they were written; they are worked out again")
            self._damaged = now.damaged
        if self._bar is not None:
            task = self._bar.task_ids[0]
            self._bar.update(task, completed=now.settings_done, left=duration(now.expected_s), failed=_failed(now))
        elif time.monotonic() - self._said >= LINE_EVERY_S and 0 < now.parts_done < now.parts and now.elapsed_s:
            self._said = time.monotonic()
            done = f"{now.settings_done} of {now.settings} settings"
            self.say(
                f"{done}, {now.parts_done} of {now.parts} parts, about {duration(now.expected_s)} left{_failed(now)}"
            )

    def _headline(self, now: Progress) -> str:
        study = self._study
        size = f"{now.settings} settings x {study.replicates} replicates" if study.replicates > 1 else ""
        head = f"{study.title}: {size or f'{now.settings} settings'} in {now.parts} parts"
        if now.parts_done == now.parts:
            return f"{head}, all there"
        had = f"; {now.settings_done} settings are there" if now.settings_done else ""
        had += f"; {now.damaged} part{'s' * (now.damaged > 1)} damaged, worked out again" if now.damaged else ""
        who = f"{now.workers} worker{'s' * (now.workers > 1)}"
        return f"{head}{had}; {now.runs} runs to do, about {duration(now.expected_s)} on {who}"

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
