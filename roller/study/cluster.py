"""A crew on an existing Dask cluster, reached through its scheduler.

In: the scheduler's address, and for tls:// the files of certificates. Out: a crew for `run_parts`. Dask hands a part
whose worker died to another worker by itself; what it can't save comes back as an error that names the loss. Only the
coordinating process writes files, so workers need no shared disk, only the same versions. Whoever reaches the port of a
scheduler without TLS can run what he likes on its workers.
"""

from __future__ import annotations

import logging
import re
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.checks import InputError, refuse
from ...data.inputs import read_as_input
from ..treatment.result import versions
from .description import same_version
from .executor import Crew, Done, Part, Work
from .folder import KEPT

if TYPE_CHECKING:
    from ssl import SSLContext

    from distributed import Security

ANSWER_S = 10.0  # a scheduler has this long to answer
AGAIN_S = 0.1  # between tries to reach one that may be about to start
GREETING = struct.Struct("Q")  # a scheduler speaks first, and begins with how many bytes follow
LONGEST_GREETING = 1 << 16  # bytes; what begins like this is no HTTP server: its first eight letters are more than 1e18
ADDRESS = re.compile(r"(?:(?:tcp|tls|ucx|wss?)://)?(?:\[[0-9A-Fa-f:.%]+\]|[^\s/:\[\]]+):([0-9]{1,5})")
LAST_PORT = 65535
MISSING = "a scheduler needs the package distributed: pip install 'dermaroll[cluster]'"


@dataclass(frozen=True)
class Tls:
    """The files with which a client and a scheduler know each other, in PEM.

    Parameters
    ----------
    ca : str or Path — certificate of the authority that signed both [-]
    cert : str or Path — certificate of this client [-]
    key : str, Path or None — its private key; None where it lies in the same file [-]

    """

    ca: str | Path
    cert: str | Path
    key: str | Path | None = None

    def security(self) -> Security:
        """Return the same for Dask; nothing goes unencrypted.

        Raises
        ------
        InputError
            For a file that is not there, or not what it should be.

        """
        from distributed import Security

        files = {"tls-ca": self.ca, "tls-cert": self.cert} | ({} if self.key is None else {"tls-key": self.key})
        for name, file in files.items():
            if not Path(file).is_file():
                raise refuse(name, str(file), "a file in PEM")
            read_as_input(file)
        found = Security(
            tls_ca_file=str(self.ca),
            tls_client_cert=str(self.cert),
            tls_client_key=None if self.key is None else str(self.key),
            require_encryption=True,
        )
        try:
            found.get_connection_args("client")
        except (OSError, ValueError) as error:
            told = f"certificates and a key in PEM that fit together ({_short(error)})"
            raise refuse("tls", ", ".join(str(file) for file in files.values()), told) from error
        return found


@dataclass
class _Cluster:
    """The workers of a cluster, as one executor."""

    address: str
    client: Any
    executor: Executor
    count: int
    lost: tuple[type[BaseException], ...]
    fall_together: bool = False

    def need(self, parts: int) -> None:
        """A cluster shares out what there is itself."""

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
def dask_cluster(address: str, tls: Tls | None = None) -> Iterator[Crew]:
    """Yield the workers of a Dask cluster as a crew.

    Parameters
    ----------
    address : str — of the scheduler, such as tcp://host:8786 [-]
    tls : Tls or None — certificates for tls://host:8786; None for what Dask's own configuration says [-]

    Raises
    ------
    InputError
        Without the package distributed, for what is no scheduler, for one that does not answer in 10 s, or has no
        workers, or workers with other versions.

    """
    found = ADDRESS.fullmatch(address)
    if not found or not 0 < int(found[1]) <= LAST_PORT:
        raise refuse("scheduler", address, "an address such as tcp://host:8786 or tls://host:8786")
    try:
        import distributed  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise InputError(MISSING) from error
    if tls is not None and not address.startswith("tls://"):
        raise refuse("scheduler", address, "an address that begins with tls:// where certificates are given")
    security = None if tls is None else tls.security()
    with _quiet():
        yield from _connected(address, security)


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


def _connected(address: str, security: Security | None) -> Iterator[Crew]:
    from distributed import KilledWorker, Security
    from distributed.comm import CommClosedError

    try:
        _greeted(address, (security or Security()).get_connection_args("client")["ssl_context"])
        client = _client(address, security)
    except Exception as error:
        # Whatever a port that is no scheduler's makes of Dask, it is the address that has to change.
        raise _silent(address, error) from error
    try:
        threads, there = _asked(client, address)
        if not threads:
            raise refuse("scheduler", address, f"one with workers: dask worker {address}")
        _check_versions(client.scheduler.address, there)
        executor = client.get_executor(pure=False)
        lost = (KilledWorker, CancelledError, CommClosedError)
        yield _Cluster(address, client, executor, sum(threads.values()), lost)
    finally:
        try:
            client.close(timeout=ANSWER_S)
        except Exception:  # nobody is there to say goodbye to
            _drop(client)


def _client(address: str, security: Security | None) -> Any:
    """Return a client that gives up on a scheduler that accepts it and then says nothing; Dask's own waits for ever."""
    from distributed import Client

    class Impatient(Client):  # type: ignore[misc]  # distributed is not typed
        def start(self, **how: Any) -> None:
            try:
                super().start(callback_timeout=ANSWER_S, **how)
            except BaseException:
                _drop(self)
                raise

    return Impatient(address, timeout=ANSWER_S, set_as_default=False, security=security)


def _drop(client: Any) -> None:
    """Let go of a client without a word to its scheduler: it would ask once more, and complain, as it is collected."""
    client.status = "closed"
    client._loop_runner.stop()


def _greeted(address: str, context: SSLContext | None) -> None:
    """Wait for the greeting of a scheduler: Dask itself waits for ever, and takes any first eight bytes for a size."""
    from distributed.comm import get_address_host_port
    from distributed.comm.addressing import parse_address

    scheme, _ = parse_address(address)
    if scheme not in ("tcp", "tls"):
        return
    if scheme == "tls" and context is None:
        raise InputError("tls needs certificates: --tls-ca, --tls-cert and --tls-key")
    where, end = get_address_host_port(address), time.monotonic() + ANSWER_S
    with _reached(where, end) as plain, context.wrap_socket(plain) if scheme == "tls" and context else plain as line:
        (size,) = GREETING.unpack(_received(line, GREETING.size, end))
        if not 0 < size <= LONGEST_GREETING:
            raise OSError("what answers there is something else")
        _received(line, size, end)


def _reached(where: tuple[str, int], end: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection(where, max(end - time.monotonic(), AGAIN_S))
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(AGAIN_S)


def _received(line: socket.socket, size: int, end: float) -> bytes:
    found = b""
    while len(found) < size:
        line.settimeout(max(end - time.monotonic(), AGAIN_S))
        more = line.recv(size - len(found))
        if not more:
            raise OSError("it hangs up")
        found += more
    return found


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__


def _silent(address: str, error: BaseException) -> InputError:
    allowed = f"an address at which a Dask scheduler answers within {ANSWER_S:g} s ({_short(error)})"
    return refuse("scheduler", address, allowed)


def _asked(client: Any, address: str) -> tuple[dict[str, int], dict[str, Any]]:
    """Threads and versions of the workers, by address; who is frozen by now does not answer."""
    packages = [name for name in versions() if name != "python"]
    message = {"op": "versions", "packages": packages}
    try:
        threads = client.nthreads(callback_timeout=ANSWER_S)
        ask = client.scheduler.broadcast
        return threads, client.sync(ask, msg=message, on_error="ignore", callback_timeout=ANSWER_S)
    except Exception as error:
        raise _silent(address, error) from error


def _check_versions(address: str, workers: dict[str, Any]) -> None:
    """Refuse workers whose versions would give other rows."""
    here = versions()
    for worker, found in workers.items():
        there = found["packages"] | {"python": str(found["host"]["python"])}
        for name, version in here.items():
            if not same_version(name, version, str(there.get(name))):
                allowed = f"{name} {version} on every worker, as here; {worker} has {there.get(name)}"
                raise refuse("scheduler", address, allowed)
