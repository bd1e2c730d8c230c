"""Running a study: from axes to a folder of rows, here or on a cluster, and on again after whatever stopped it.

In: a `Study` and a folder. Out: parts of rows in the folder. Before the first part a few settings are timed, so that
the expected time is this machine's; every part that ends corrects it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...data.checks import InputError, refuse
from .cost import CostModel
from .definition import MOST_RUNS, Study
from .executor import NO_START, Crew, Done, Part, Row, Work, process_pool, run_parts
from .folder import KEPT, Folder, check_folder, opened, rows_of
from .parts import common_of, work_part

if TYPE_CHECKING:
    import pandas

    from .cluster import Tls

TRIAL_SETTINGS = 8
TRIAL_SECONDS = 0.5  # a worker; the trial ends with the setting that passes it
MOST_TRIALS = 8  # workers that try
LARGEST_STUDY = 40_000_000  # settings: to share them out takes a minute
ROUNDS = 2  # that parts which the disk does not keep are worked out


@dataclass(frozen=True)
class Progress:
    """How far a study is.

    Parameters
    ----------
    settings, settings_done : int — of the study; done ones count those of earlier runs [-]
    parts, parts_done : int — of the study [-]
    runs : int — treatments that this process had to do, replicates counted [-]
    failed : int — settings with an error, of those worked out by this process [-]
    damaged : int — parts that did not hold what had been written, and are worked out again [-]
    workers : int — who work at the same time [-]
    expected_s : float — from now to the end [s]
    elapsed_s : float — since the first part was handed out [s]
    worked_s : float — of that, what all workers together spent inside parts [s]

    """

    settings: int
    settings_done: int
    parts: int
    parts_done: int
    runs: int
    failed: int
    damaged: int
    workers: int
    expected_s: float
    elapsed_s: float
    worked_s: float


Watcher = Callable[[Progress], None]


def run_study(
    study: Study | str | Path,
    out: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    tls: Tls | None = None,
    progress: Watcher | None = None,
    yes: bool = False,
) -> pandas.DataFrame:
    """Run a study, or what is left of it, and return all its rows.

    On this machine the work is done by processes that read the calling program's file: call this under
    `if __name__ == "__main__":`.

    Parameters
    ----------
    study : Study, str or Path — the study, or a TOML file [-]
    out : str or Path — folder of the results; one that holds part of this study is gone on with [-]
    workers : int or None — processes on this machine; None for one a processor [-]
    scheduler : str or None — address of a Dask scheduler, such as tcp://host:8786, instead of processes here [-]
    tls : Tls or None — certificates for a scheduler at tls://host:8786 [-]
    progress : callable or None — told of the `Progress` before the first part and after each [-]
    yes : bool — also run studies of more than 10 million runs [-]

    Raises
    ------
    InputError
        For an input that can't be used, a folder of another study, a full disk, a cluster that has gone; parts that
        were finished stay.

    """
    finish_study(study, out, workers=workers, scheduler=scheduler, tls=tls, progress=progress, yes=yes)
    return rows_of(Path(out))  # which has just been found whole


def finish_study(
    study: Study | str | Path,
    out: str | Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    tls: Tls | None = None,
    progress: Watcher | None = None,
    yes: bool = False,
    work: Work = work_part,
) -> Progress:
    """Run a study, or what is left of it, without reading its rows back.

    Parameters
    ----------
    study : Study, str or Path — the study, or a TOML file [-]
    out : str or Path — folder of the results [-]
    workers : int or None — processes on this machine [-]
    scheduler : str or None — address of a Dask scheduler [-]
    tls : Tls or None — certificates for it [-]
    progress : callable or None — told of the `Progress` [-]
    yes : bool — also run studies of more than 10 million runs [-]
    work : callable — works a part out; another one only to test or measure the machinery [-]

    """
    asked = study if isinstance(study, Study) else Study.read(study)
    if asked.size > LARGEST_STUDY:
        allowed = f"at most {LARGEST_STUDY}, with --yes too; a [sample] draws from a larger grid"
        raise refuse("settings", asked.size, allowed)
    if asked.runs > MOST_RUNS and not yes:
        allowed = f"at most {MOST_RUNS} settings x replicates, or more with --yes (in Python: yes=True)"
        raise refuse("runs", f"{asked.size} x {asked.replicates} = {asked.runs}", allowed)
    check_folder(asked, out)
    tell = progress or (lambda _: None)
    with _crew(workers, scheduler, tls) as crew, opened(asked, out) as folder:
        return _work_off(folder, crew, work, tell)


def _crew(workers: int | None, scheduler: str | None, tls: Tls | None) -> AbstractContextManager[Crew]:
    if scheduler is None:
        if tls is not None:
            raise InputError("certificates are given but no scheduler; allowed: both, or neither")
        return process_pool(workers)
    if workers is not None:
        raise refuse("workers", workers, "either workers or a scheduler, whose workers are its own")
    from .cluster import dask_cluster

    return dask_cluster(scheduler, tls)


def _work_off(folder: Folder, crew: Crew, work: Work, tell: Watcher) -> Progress:
    """Run the parts that are missing or damaged, and look at the end at what the disk has kept of them."""
    absent, damaged = folder.to_do()
    missing = sorted(absent + damaged)
    crew.need(len(missing))
    state = Progress(
        settings=folder.settings.size,
        settings_done=folder.settings.size,
        parts=len(folder.costs),
        parts_done=len(folder.costs),
        runs=sum(folder.size_of(number) for number in missing) * folder.study.replicates,
        failed=0,
        damaged=len(damaged),
        workers=crew.count,
        expected_s=0.0,
        elapsed_s=0.0,
        worked_s=0.0,
    )
    if not missing:
        tell(state)
        folder.finish()
        return state
    pace = try_out(folder, missing, crew, work)
    for _ in range(ROUNDS):
        state, pace = _run(missing, folder, crew, work, tell, state, pace)
        missing = sorted(number for numbers in folder.to_do() for number in numbers)
        if not missing:
            folder.finish()
            return state
        state = replace(state, damaged=state.damaged + len(missing))
    name = folder.part_path(missing[0])
    raise InputError(f"{name} does not keep what is written to it, {ROUNDS} times over: is the disk sound? {KEPT}")


def _run(
    missing: list[int],
    folder: Folder,
    crew: Crew,
    work: Work,
    tell: Watcher,
    state: Progress,
    pace: tuple[float, float],
) -> tuple[Progress, tuple[float, float]]:
    """Run parts and write each as it comes back; return how far the study is, and seconds taken and expected."""
    taken, worth = pace
    left = float(sum(folder.costs[number] for number in missing))
    state = replace(
        state,
        settings_done=state.settings - sum(folder.size_of(number) for number in missing),
        parts_done=state.parts - len(missing),
        expected_s=left * taken / worth / min(crew.count, len(missing)),
    )
    tell(state)
    start = time.perf_counter() - state.elapsed_s
    for part, done in run_parts(parts_of(folder, missing), work, crew):
        folder.write(part.number, done.rows)
        cost = folder.costs[part.number]
        taken, worth, left = taken + done.seconds, worth + cost, left - cost
        to_do = state.parts - state.parts_done - 1
        state = replace(
            state,
            settings_done=state.settings_done + len(part.settings),
            parts_done=state.parts_done + 1,
            failed=state.failed + sum(row["error"] is not None for row in done.rows),
            expected_s=max(left, 0.0) * taken / worth / max(min(crew.count, to_do), 1),
            elapsed_s=time.perf_counter() - start,
            worked_s=state.worked_s + done.seconds,
        )
        tell(state)
    return state, (taken, worth)


def parts_of(folder: Folder, numbers: list[int]) -> Iterator[Part]:
    """Yield parts of a study as tasks.

    Parameters
    ----------
    folder : Folder — of the study [-]
    numbers : list of int — of the parts [-]

    """
    common = common_of(folder.study)
    for number in numbers:
        start, stop = folder.starts[number], folder.starts[number + 1]
        yield Part(number, start, tuple(folder.settings.stretch(start, stop)), common)


def try_out(folder: Folder, missing: list[int], crew: Crew, work: Work) -> tuple[float, float]:
    """Time a few settings on every worker at once.

    Parameters
    ----------
    folder : Folder — of the study [-]
    missing : list of int — parts that the settings are drawn from [-]
    crew : Crew — who works [-]
    work : callable — works a part out [-]

    Returns
    -------
    taken, worth : float — seconds they took, and seconds that the cost model expected [s]

    """
    rng = np.random.default_rng(folder.study.seed)
    common = replace(common_of(folder.study), replicates=1)
    single = CostModel(folder.study.model_copy(update={"replicates": 1}))
    trials = []
    for trial in range(min(crew.count, MOST_TRIALS)):
        numbers = [
            int(rng.integers(folder.starts[number], folder.starts[number + 1]))
            for number in rng.choice(missing, min(TRIAL_SETTINGS, len(missing)), replace=len(missing) < TRIAL_SETTINGS)
        ]
        settings = tuple(folder.settings.stretch(number, number + 1)[0] for number in numbers)
        trials.append(Part(-1 - trial, numbers[0], settings, common))
    taken = worth = 0.0
    for part, done in _run_trials(trials, partial(_trial, work=work), crew):
        columns = {name: [setting[name] for setting in part.settings] for name in folder.settings.names}
        taken += done.seconds
        worth += float(single.seconds(columns)[: len(done.rows)].sum())
    # A study whose settings all fail at once still has to be divided by something.
    return (taken, worth) if worth > 0 else (1.0, 1.0)


def _run_trials(trials: list[Part], work: Work, crew: Crew) -> Iterator[tuple[Part, Done]]:
    try:
        for part, future in [(part, crew.submit(work, part)) for part in trials]:
            yield part, future.result()
    except crew.lost:
        crew.renew()
        _check_start(trials[0], crew)


def _check_start(part: Part, crew: Crew) -> None:
    """Refuse to go on where not even an empty part comes back: it was not the setting that lost its worker."""
    try:
        crew.submit(work_part, replace(part, settings=())).result()
    except crew.lost as error:
        raise InputError(NO_START) from error


def _trial(part: Part, work: Work) -> Done:
    """Run settings until the time of a trial is over; the first one twice, since it also loads the model."""
    work(replace(part, settings=part.settings[:1]))
    rows: list[Row] = []
    seconds = 0.0
    for number, setting in enumerate(part.settings):
        if seconds > TRIAL_SECONDS:
            break
        done = work(replace(part, start=part.start + number, settings=(setting,)))
        rows += done.rows
        seconds += done.seconds
    return Done(tuple(rows), seconds)
