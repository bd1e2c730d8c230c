"""Opens the live page: an address that is free, the server, the browser, and an end that leaves nothing behind.

In: options of the command. Out: nothing, once Ctrl-C or SIGTERM has come.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
import webbrowser

import uvicorn

from ...data.checks import InputError, Within, refuse
from .guard import LOOPBACK, Patient
from .pool import Pool
from .server import application
from .works import WORKS

FIRST_PORT, LAST_PORT = 8760, 8799
PORTS = Within(1, 65535)
MOST_PROCESSES = 8  # of each queue
MOST_CONNECTIONS = 256
SECONDS_OF_GRACE = 1


def open_app(port: int | None = None, *, host: str = "127.0.0.1", token: str = "", browser: bool = True) -> None:
    """Serve the live page until Ctrl-C.

    Parameters
    ----------
    port : int or None — to listen on; None for the first free one of a few [-]
    host : str — address to listen on; beyond this machine only with a token [-]
    token : str — that every request has to show; at least 16 letters [-]
    browser : bool — open the page in the browser [-]

    Raises
    ------
    InputError
        If the port is taken or no port, or if others could come in without a token.

    """
    if token and not (len(token) >= 16 and token.isascii() and token.isalnum()):
        raise refuse("token", token, f"16 or more letters and digits, such as {secrets.token_hex(12)}")
    if host not in LOOPBACK and not token:
        raise refuse("host", host, "127.0.0.1, or with --token a secret that the page's users know")
    listening = _listening(host.strip("[]"), port)
    number = listening.getsockname()[1]
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    address = f"http://{shown}:{number}/" + (f"?token={token}" if token else "")
    processes = max(1, min(MOST_PROCESSES, os.cpu_count() or 1))
    pool = Pool(WORKS, "dermaroll.viz.app.works", processes)
    settings = uvicorn.Config(
        application(pool, host=host, port=number, token=token),
        http=Patient,
        ws="none",
        loop="asyncio",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        backlog=MOST_CONNECTIONS,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=SECONDS_OF_GRACE,
    )
    server = _Told(settings, address, browser=browser)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()
    if not server.told:
        sys.exit(1)  # uvicorn has said why


class _Told(uvicorn.Server):
    """A server that says where it is once it is there."""

    def __init__(self, settings: uvicorn.Config, address: str, *, browser: bool) -> None:
        super().__init__(settings)
        self.address, self.browser, self.told = address, browser, False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, then tell.

        Parameters
        ----------
        sockets : list of socket or None — to listen on [-]

        """
        await super().startup(sockets=sockets)
        if not self.started:
            return
        self.told = True
        print(f"dermaroll is at {self.address} (Ctrl-C ends it)", flush=True)
        if self.browser:
            threading.Thread(target=webbrowser.open, args=[self.address], daemon=True).start()


def _listening(host: str, port: int | None) -> socket.socket:
    """A socket on the port asked for, or on the first of a few that is free."""
    if port is not None:
        PORTS.number("port", port, whole=True)
    for number in [port] if port is not None else range(FIRST_PORT, LAST_PORT + 1):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        found = socket.socket(family, socket.SOCK_STREAM)
        if os.name != "nt":
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, number))
            found.listen(MOST_CONNECTIONS)  # a port that another listens on is refused here at the latest
        except OSError as error:
            found.close()
            if port is not None:
                line = f"port = {port} on {host} can't be used: {error.strerror or error}; allowed: one that is free"
                raise InputError(line) from error
            last = error
            continue
        found.settimeout(0.0)
        return found
    raise InputError(f"port: none of {FIRST_PORT} to {LAST_PORT} is free on {host}: {last.strerror or last}; name one")
