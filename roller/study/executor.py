"""The one seam that runs parts of a study: whoever works, results come back through `concurrent.futures`.

In: parts, the function that works one out, and a crew. Out: parts with what came back, in the order they end. A worker
that dies costs no results: what it had is run again, and a setting that kills whoever takes it becomes a row that says
so.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, Protocol

from ...data.checks import InputError, refuse

AHEAD = 4  # parts submitted a worker: enough that none waits, few enough to hold in memory
CHANCES = 2  # times that a part, and then a setting, may lose its worker
LOOK_S = 1.0  # between looks at the crew while nothing ends
WORKER_LOST = "worker lost"
MOST_WORKERS = 1024
LET_GO_S = 3.0  # that workers have to notice that they are let go
# Workers have one thread each for linear algebra, and find no module in the folder they happen to be started in: a file
# called signal.py there is not ours. They are then told where the program itself looks for modules.
OF_WORKERS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONSAFEPATH"), "1")
NO_START = (
    "the worker processes do not start; a program that calls run_study must be a file, with the call under "
    'if __name__ == "__main__":'
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A stretch of settings with what they share: one task.

    Parameters
    ----------
    number : int — of the part, 0 first [-]
    start : int — number of its first setting [-]
    settings : tuple of dict — a value by axis [as named]
    common : any — what all settings share [-]

    """

    number: int
    start: int
    settings: tuple[dict[str, Any], ...]
    common: Any


@dataclass(frozen=True)
class Done:
    """What comes back from a part.

    Parameters
    ----------
    rows : tuple of dict — one a setting, in order [as named]
    seconds : float — the worker took; no part of the rows [s]

    """

    rows: tuple[Row, ...]
    seconds: float


Work = Callable[[Part], Done]


class Crew(Protocol):
    """Who works: a pool of processes, or a cluster."""

    @property
    def count(self) -> int:
        """Parts worked on at the same time [-]."""

    @property
    def lost(self) -> tuple[type[BaseException], ...]:
        """Errors of a future that mean that its worker is lost."""

    @property
    def fall_together(self) -> bool:
        """A lost worker takes all that was under way with it."""

    def need(self, parts: int) -> None:
        """Take no more workers than there are parts.

        Parameters
        ----------
        parts : int — that are to be worked out [-]

        """

    def submit(self, work: Work, part: Part) -> Future[Done]:
        """Hand a part over.

        Parameters
        ----------
        work : callable — works it out [-]
        part : Part — the settings [-]

        """

    def renew(self) -> None:
        """Make the crew fit to work again after a loss, or raise `InputError` if it can't."""

    def look(self) -> None:
        """Raise `InputError` if the crew has gone."""


@dataclass
class _Pool:
    """Processes on this machine, started by spawn: no lock or thread of this process is copied into them."""

    count: int
    executor: Executor | None = None
    leash: tuple[Connection, ...] = ()
    lost: tuple[type[BaseException], ...] = (BrokenProcessPool,)
    fall_together: bool = True

    def need(self, parts: int) -> None:
        if self.executor is None:
            self.count = min(self.count, max(parts, 1))

    def submit(self, work: Work, part: Part) -> Future[Done]:
        executor = self.executor or self._open()
        with _as_workers_want():  # a process may start with any task
            return executor.submit(work, part)

    def _open(self) -> Executor:
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            # A worker that is still reading the program's file must not sweep itself.
            raise InputError(NO_START)
        context = multiprocessing.get_context("spawn")
        with _as_workers_want():
            self.leash = context.Pipe(duplex=False)
            # This starts a process too, which keeps track of what is shared. It is kept before it has others: who is
            # told to end while they start closes it with them.
            executor = self.executor = ProcessPoolExecutor(self.count, context, _begin_worker, (self.leash[0],))
            # Processes start with the first tasks, one each as long as none is idle.
            for _ in range(self.count):
                executor.submit(os.getpid)
        return executor

    def renew(self) -> None:
        self.close()

    def look(self) -> None:
        """A pool that breaks says so itself."""

    def close(self) -> None:
        manager, crew = None, []
        if self.executor is not None:
            manager = getattr(self.executor, "_executor_manager_thread", None)
            crew = list((getattr(self.executor, "_processes", None) or {}).values())
            # Told before its workers end: parts that are cancelled are let go, not reported as lost with a worker.
            self.executor.shutdown(wait=False, cancel_futures=True)
        # Workers end at once when the leash is let go, in the middle of a part too.
        for end in self.leash[::-1]:
            end.close()
        until = time.monotonic() + LET_GO_S
        for process in crew:
            process.join(max(until - time.monotonic(), 0.0))
            if process.is_alive():
                process.kill()  # one that is stopped does not even notice that the leash is gone
        if manager is not None:
            manager.join()  # what is left at the end of the program would be woken while it closes its pipes
        self.executor, self.leash = None, ()


def _begin_worker(leash: Connection) -> None:
    """Leave Ctrl-C to the coordinating process, and end when it lets go or is gone, however it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def follow() -> None:
        try:
            leash.recv()
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def _as_workers_want() -> Iterator[None]:
    """Start processes with the environment of workers, and deaf to Ctrl-C before they have begun."""
    before = {name: os.environ.get(name) for name in OF_WORKERS}
    os.environ.update({name: value for name, value in OF_WORKERS.items() if not before[name]})
    # What is blocked here is blocked in the processes started here, for good.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def process_pool(workers: int | None = None) -> Iterator[Crew]:
    """Yield a crew of processes on this machine; they start with the first part.

    Parameters
    ----------
    workers : int or None — processes; None for one a processor [-]

    """
    count = processors() if workers is None else workers
    if not 1 <= count <= MOST_WORKERS:
        raise refuse("workers", workers, f"between 1 and {MOST_WORKERS}")
    pool = _Pool(count)
    try:
        yield pool
    finally:
        pool.close()


def run_parts(parts: Iterable[Part], work: Work, crew: Crew) -> Iterator[tuple[Part, Done]]:
    """Run parts, at most `AHEAD` a worker at a time, and yield each with its result as it ends.

    Parameters
    ----------
    parts : iterable of Part — taken one by one as workers get free [-]
    work : callable — works a part out; importable by its name in a worker [-]
    crew : Crew — who works [-]

    """
    left, again = iter(parts), deque[Part]()
    flying: dict[Future[Done], Part] = {}
    strikes: Counter[int] = Counter()
    try:
        while True:
            broken = _fill(flying, again, left, work, crew)
            if not flying and not broken:
                return
            ended, _ = wait(flying, timeout=LOOK_S, return_when=FIRST_COMPLETED)
            crew.look()
            lost = [*broken]
            order = [part.number for part in flying.values()]
            for future in [future for future in flying if future in ended]:
                part = flying.pop(future)
                done = _result(future, crew)
                if done is None:
                    lost.append(part)
                else:
                    yield part, done
            if lost:
                yield from _recover(lost, order, flying, again, strikes, work, crew)
    finally:
        for future in flying:
            future.cancel()


def _fill(
    flying: dict[Future[Done], Part], again: deque[Part], left: Iterator[Part], work: Work, crew: Crew
) -> list[Part]:
    """Submit until enough are under way; return the part that a broken crew would not take."""
    while len(flying) < AHEAD * crew.count:
        part = again.popleft() if again else next(left, None)
        if part is None:
            break
        try:
            flying[crew.submit(work, part)] = part
        except crew.lost:
            again.appendleft(part)
            # With others under way they say what happened; alone, the crew has to be made anew.
            return [] if flying else [again.popleft()]
    return []


def _result(future: Future[Done], crew: Crew) -> Done | None:
    """What a future holds, None if its worker was lost."""
    try:
        return future.result()
    except crew.lost:
        return None


def _recover(
    lost: list[Part],
    order: list[int],
    flying: dict[Future[Done], Part],
    again: deque[Part],
    strikes: Counter[int],
    work: Work,
    crew: Crew,
) -> Iterator[tuple[Part, Done]]:
    """Bring the crew back; run what was lost again, and what was lost too often setting by setting."""
    if crew.fall_together:
        # What had ended in time still counts.
        wait(flying)
        for future, part in flying.items():
            done = _result(future, crew)
            if done is None:
                lost.append(part)
            else:
                yield part, done
        flying.clear()
    crew.renew()
    # Workers take parts in the order submitted; one more may have been taken as another ended.
    lost.sort(key=lambda part: order.index(part.number) if part.number in order else -1)
    suspects = lost[: crew.count + 1]
    strikes.update(part.number for part in suspects)
    guilty = [part for part in suspects if strikes[part.number] >= CHANCES]
    again.extendleft(reversed([part for part in lost if part not in guilty]))
    for part in guilty:
        yield part, _one_by_one(part, work, crew)


def _one_by_one(part: Part, work: Work, crew: Crew) -> Done:
    """Work a part out setting by setting; one that loses its worker each time is a row with that error."""
    rows: list[Row] = []
    seconds = 0.0
    for number, setting in enumerate(part.settings):
        single = replace(part, start=part.start + number, settings=(setting,))
        done = None
        for _ in range(CHANCES):
            try:
                done = _result(crew.submit(work, single), crew)
            except crew.lost:
                done = None
            if done is not None:
                break
            crew.renew()
        rows += done.rows if done else ({"setting": single.start, **setting, "error": WORKER_LOST},)
        seconds += done.seconds if done else 0.0
    return Done(tuple(rows), seconds)
