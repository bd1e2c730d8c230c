"""A crew on an existing Dask cluster, reached through its scheduler.

In: the scheduler's address. Out: a crew for `run_parts`. Dask hands a part whose worker died to another worker by
itself; what it can't save comes back as an error that names the loss. Only the coordinating process writes files, so
workers need no shared disk, only the same versions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...data.checks import InputError, refuse
from ..treatment.result import versions
from .executor import Crew, Done, Part, Work
from .folder import KEPT, same_version

ANSWER_S = 10.0  # a scheduler has this long to answer
MISSING = "a scheduler needs the package distributed: pip install 'dermaroll[cluster]'"


@dataclass
class _Cluster:
    """The workers of a cluster, as one executor."""

    address: str
    client: Any
    executor: Executor
    count: int
    lost: tuple[type[BaseException], ...]
    fall_together: bool = False

    def submit(self, work: Work, part: Part) -> Future[Done]:
        self.look()
        return self.executor.submit(work, part)

    def renew(self) -> None:
        """Go on if the scheduler is still there; Dask brings its workers back itself."""
        self.look()
        try:
            self.client.sync(self.client.scheduler.identity, callback_timeout=ANSWER_S)
        except Exception as error:
            raise self._gone() from error

    def look(self) -> None:
        if self.client.status != "running":
            raise self._gone()

    def _gone(self) -> InputError:
        return InputError(f"scheduler {self.address} has gone; {KEPT}")


@contextmanager
def dask_cluster(address: str) -> Iterator[Crew]:
    """Yield the workers of a Dask cluster as a crew.

    Parameters
    ----------
    address : str — of the scheduler, such as tcp://host:8786 [-]

    Raises
    ------
    InputError
        Without the package distributed, for a scheduler that does not answer in 10 s, or has no workers, or workers
        with other versions.

    """
    try:
        import distributed  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise InputError(MISSING) from error
    with _quiet():
        yield from _connected(address)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask's log of lost connections off the terminal: what has happened is said in one line."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _connected(address: str) -> Iterator[Crew]:
    from distributed import Client, KilledWorker
    from distributed.comm import CommClosedError

    try:
        client = Client(address, timeout=ANSWER_S, set_as_default=False)
    except (OSError, ValueError, TypeError, ImportError) as error:
        raise refuse(
            "scheduler", address, f"an address that answers within {ANSWER_S:g} s ({_short(error)})"
        ) from error
    try:
        threads = client.nthreads()
        if not threads:
            raise refuse("scheduler", address, f"one with workers: dask worker {address}")
        _check_versions(client)
        executor = client.get_executor(pure=False)
        lost = (KilledWorker, CancelledError, CommClosedError)
        yield _Cluster(address, client, executor, sum(threads.values()), lost)
    finally:
        client.close(timeout=ANSWER_S)


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__


def _check_versions(client: Any) -> None:
    """Refuse workers whose versions would give other rows."""
    here = versions()
    packages = [name for name in here if name != "python"]
    for worker, found in client.get_versions(packages=packages)["workers"].items():
        there = found["packages"] | {"python": str(found["host"]["python"])}
        for name, version in here.items():
            if not same_version(name, version, str(there.get(name))):
                allowed = f"{name} {version} on every worker, as here; {worker} has {there.get(name)}"
                raise refuse("scheduler", client.scheduler.address, allowed)
