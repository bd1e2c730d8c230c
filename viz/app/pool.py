"""Processes that work out answers, and the queues before them.

In: a piece of work by its name, with arguments. Out: bytes. Work that takes longer than it may, and a process that ends
by itself, cost their process and no more: another takes its place. Of one client's work only the newest is done: what
waits of its elders is left out, what runs of them is broken off, and its process goes on with the next.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from ...data.checks import InputError
from ...roller.study.executor import OF_WORKERS

MOST_WAITING = 256  # pieces of work in a queue
MOST_CLIENTS = 4096  # whose newest number is known
TRIES = 2  # of work whose process ended by itself
SECONDS_TO_END = 0.5
POLITE = 5  # how far the slow queue's processes stand back
BREAK_OFF = getattr(signal, "SIGUSR1", None)  # where the system has none, work that runs is done to its end

Work = Callable[..., bytes]


class DroppedError(Exception):
    """A newer request of the same client has come."""


class BusyError(Exception):
    """More waits already than may."""


class FaultError(Exception):
    """Work that failed by a fault of ours, or ended its process twice."""


class TooLongError(Exception):
    """Work that was ended at its time limit."""


class _BrokenOff(BaseException):
    """Work that nobody wants any more; no handler of the model may take it for an error."""


class _Worker:
    """What a process is doing; a signal breaks that off, and nothing else."""

    def __init__(self, works: Mapping[str, Work]) -> None:
        self._works, self._at_work = works, False
        if BREAK_OFF is not None:
            signal.signal(BREAK_OFF, self._break_off)

    def _break_off(self, *_signal: object) -> None:
        if self._at_work:
            self._at_work = False
            raise _BrokenOff

    def told(self, name: str, arguments: tuple[Any, ...]) -> tuple[str, bytes | str]:
        try:
            try:
                self._at_work = True
                return "done", self._works[name](*arguments)
            except InputError as error:
                return "refused", str(error)
            except Exception:
                return "fault", traceback.format_exc()
            finally:
                self._at_work = False
        except _BrokenOff:
            return "broken off", ""


def serve_work(pipe: Connection, works: Mapping[str, Work], standing_back: int) -> None:
    """Do what the pipe asks for until it closes; the body of each process.

    Parameters
    ----------
    pipe : Connection — brings names and arguments, takes answers [-]
    works : mapping of callable — by name [-]
    standing_back : int — how far this process lets others go first [-]

    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends its processes
    if standing_back and hasattr(os, "nice"):
        os.nice(standing_back)
    worker = _Worker(works)
    while True:
        try:
            name, arguments = pipe.recv()
            pipe.send(worker.told(name, arguments))
        except (EOFError, OSError):
            return


class Seat:
    """One process and the pipe to it.

    Parameters
    ----------
    works : mapping of callable — what it can do, by name; functions of a module [-]
    standing_back : int — how far it lets others go first [-]

    """

    def __init__(self, works: Mapping[str, Work], standing_back: int = 0) -> None:
        self._works, self._back = dict(works), standing_back
        self.job: Job | None = None  # that it works on
        self._open()

    def _open(self) -> None:
        context = _context()
        self._pipe, far = context.Pipe()
        arguments = (far, self._works, self._back)
        self.process = context.Process(target=serve_work, args=arguments, daemon=True, name="dermaroll")
        self.process.start()
        far.close()

    def exchange(self, name: str, arguments: tuple[Any, ...], limit_s: float) -> tuple[str, Any]:
        """Return what the process says; EOFError or OSError where it has ended, TooLongError where it is ended.

        Parameters
        ----------
        name : str — of the work [-]
        arguments : tuple — for it [-]
        limit_s : float — how long it may take [s]

        """
        self._pipe.send((name, arguments))
        if not self._pipe.poll(limit_s):
            raise TooLongError(f"it took longer than {limit_s:g} s and was ended")
        told: tuple[str, Any] = self._pipe.recv()
        return told

    def break_off(self) -> None:
        """Let the process leave what it does; it says so and waits for the next."""
        if BREAK_OFF is not None and self.process.pid and self.process.is_alive():
            os.kill(self.process.pid, BREAK_OFF)

    def replace(self) -> None:
        """Put another process in the place of this one."""
        self.end()
        self._open()

    def end(self) -> None:
        """End the process; it holds nothing that has to be saved."""
        self.process.kill()
        self.process.join(SECONDS_TO_END)
        self._pipe.close()


def _context() -> Any:
    """How processes are started: copies of one that has loaded the model, where the system knows how."""
    methods = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")


@dataclass(eq=False)
class Job:
    """A piece of work that waits or is done."""

    name: str
    arguments: tuple[Any, ...]
    client: str
    number: int
    limit_s: float
    answer: asyncio.Future[bytes]
    dropped: bool = False


class Queue:
    """Work in the order in which it came, and the processes that do it.

    Parameters
    ----------
    works : mapping of callable — by name [-]
    processes : int — how many [-]
    standing_back : int — how far they let others go first [-]

    """

    def __init__(self, works: Mapping[str, Work], processes: int, standing_back: int = 0) -> None:
        self._works, self._count, self._back = works, processes, standing_back
        self._waiting: deque[Job] = deque()
        self._some = asyncio.Condition()
        self._tasks: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="dermaroll")
        self.seats: list[Seat] = []

    async def open(self) -> None:
        """Start the processes."""
        loop = asyncio.get_running_loop()
        for _ in range(self._count):
            seat = await loop.run_in_executor(self._threads, Seat, self._works, self._back)
            self.seats.append(seat)
            self._tasks.append(asyncio.create_task(self._serve(seat)))

    async def close(self) -> None:
        """End the processes, and refuse what still waits."""
        for task in self._tasks:
            task.cancel()
        for seat in self.seats:
            seat.end()
        for job in self._waiting:
            job.answer.cancel()
        self._waiting.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def ask(self, job: Job) -> bytes:
        """Return the answer of a piece of work.

        Parameters
        ----------
        job : Job — what is to be done [-]

        """
        async with self._some:
            if len(self._waiting) >= MOST_WAITING:
                raise BusyError(f"{len(self._waiting)} requests wait already; allowed: {MOST_WAITING}")
            self._waiting.append(job)
            self._some.notify()
        return await job.answer

    def drop_elders(self, client: str, number: int) -> None:
        """Refuse a client's work that is older than a number: what waits at once, what runs once it is broken off.

        Parameters
        ----------
        client : str — whose [-]
        number : int — of the newest request [-]

        """
        for job in [one for one in self._waiting if one.client == client and one.number < number]:
            self._waiting.remove(job)
            if not job.answer.done():
                job.answer.set_exception(DroppedError())
        for seat in self.seats:
            running = seat.job
            if running and not running.dropped and running.client == client and running.number < number:
                running.dropped = True
                seat.break_off()

    async def _serve(self, seat: Seat) -> None:
        while True:
            async with self._some:
                await self._some.wait_for(lambda: self._waiting)
                job = self._waiting.popleft()
            if job.answer.done():  # whoever asked has gone
                continue
            try:
                seat.job = job
                answer = await self._done(seat, job)
            except (InputError, FaultError, TooLongError, DroppedError) as error:
                if not job.answer.done():
                    job.answer.set_exception(error)
            else:
                if not job.answer.done():
                    job.answer.set_result(answer)
            finally:
                seat.job = None

    async def _done(self, seat: Seat, job: Job) -> bytes:
        loop = asyncio.get_running_loop()
        for _ in range(TRIES):
            try:
                kind, told = await loop.run_in_executor(
                    self._threads, seat.exchange, job.name, job.arguments, job.limit_s
                )
            except TooLongError:
                await loop.run_in_executor(self._threads, seat.replace)
                raise
            except (EOFError, OSError):
                await loop.run_in_executor(self._threads, seat.replace)
                if job.dropped:
                    raise DroppedError from None
                continue
            if kind == "broken off":
                raise DroppedError
            if kind == "refused":
                raise InputError(told)
            if kind == "fault":
                print(told, file=sys.stderr)
                raise FaultError("a fault of ours; its traceback is on the server's stderr")
            return bytes(told)
        raise FaultError(f"the process that worked on it ended {TRIES} times")


class Pool:
    """A quick queue for first answers, a slow one for all else, and each client's newest number.

    Parameters
    ----------
    works : mapping of callable — by name, functions of a module [-]
    preload : str — module that every process will need [-]
    processes : int — of each queue [-]

    """

    def __init__(self, works: Mapping[str, Work], preload: str, processes: int) -> None:
        for name, value in OF_WORKERS.items():
            os.environ.setdefault(name, value)
        context = _context()
        if hasattr(context, "set_forkserver_preload"):
            context.set_forkserver_preload([preload])
        self._queues = {"first": Queue(works, processes), "rest": Queue(works, processes, POLITE)}
        self._newest: OrderedDict[str, int] = OrderedDict()
        self.count = processes

    async def open(self) -> None:
        """Start all processes."""
        for queue in self._queues.values():
            await queue.open()

    async def close(self) -> None:
        """End all processes."""
        for queue in self._queues.values():
            await queue.close()

    @property
    def processes(self) -> list[int]:
        """Ids of the processes that live [-]."""
        seats = (seat for queue in self._queues.values() for seat in queue.seats)
        return [seat.process.pid for seat in seats if seat.process.is_alive() and seat.process.pid]

    def newest(self, client: str, number: int) -> None:
        """Note a client's request, and drop what waits of its elders; DroppedError where it is itself an elder.

        Parameters
        ----------
        client : str — an id that the client made up, empty for none [-]
        number : int — rising [-]

        """
        if not client:
            return
        if number < self._newest.get(client, number):
            raise DroppedError
        self._newest[client] = number
        self._newest.move_to_end(client)
        while len(self._newest) > MOST_CLIENTS:
            self._newest.popitem(last=False)
        for queue in self._queues.values():
            queue.drop_elders(client, number)

    async def run(
        self, queue: str, name: str, *arguments: Any, client: str = "", number: int = 0, limit_s: float = 30.0
    ) -> bytes:
        """Return the answer of a piece of work.

        Parameters
        ----------
        queue : str — 'first' or 'rest' [-]
        name : str — of the work [-]
        arguments : object — for it [-]
        client : str — who asks, empty for nobody in particular [-]
        number : int — of the request [-]
        limit_s : float — how long it may take once it is begun [s]

        """
        if client and number < self._newest.get(client, number):
            raise DroppedError
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        return await self._queues[queue].ask(Job(name, arguments, client, number, limit_s, answer))
