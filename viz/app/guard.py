"""The guard before every request: host, origin, token, size and speed, and the orders that every answer carries.

In: an ASGI application. Out: one that answers what it refuses with one line of JSON.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import Any
from urllib.parse import parse_qs

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_BODY_BYTES = 64 * 1024
SECONDS_TO_SAY = 10.0  # for a whole request: head and body
SECONDS_TO_HEAR = 30.0  # for a client that does not take what it asked for
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
TOKEN_HEADER = "dermaroll-token"
EVERYWHERE = ("0.0.0.0", "::")

SAFE_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]
NO_CONTENT = b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"


class RefusedError(Exception):
    """What the guard does not let through: a status and a line."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


class Guard:
    """Lets through what comes from the page's own place, is small enough, and holds the token where there is one.

    Parameters
    ----------
    application : ASGI application — what is guarded [-]
    host : str — address that is listened on [-]
    port : int — of it [-]
    token : str — to be shown by every request, empty for none [-]

    """

    def __init__(self, application: Any, *, host: str, port: int, token: str = "") -> None:
        self._application, self._token = application, token
        names = {*LOOPBACK} if host in LOOPBACK else {*LOOPBACK, f"[{host}]" if ":" in host else host}
        self._hosts = (
            None if host in EVERYWHERE else {f"{name}:{port}" for name in names} | (names if port == 80 else set())
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or refuse to.

        Parameters
        ----------
        scope, receive, send : ASGI — the request and the ways to and from its client [-]

        """
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        try:
            self._check(scope)
            body = await _whole_body(scope, receive)
        except RefusedError as refused:
            await answer_line(send, refused.status, str(refused))
            return
        if body is None:  # the client has gone
            return
        held = [{"type": "http.request", "body": body, "more_body": False}]

        async def held_body() -> Any:
            return held.pop() if held else await receive()

        async def safely(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in SAFE_HEADERS if one[0] not in given)]
                if b"content-security-policy" not in given:
                    message["headers"].append((b"content-security-policy", NO_CONTENT))
            await send(message)

        await self._application(scope, held_body, safely)

    def _check(self, scope: Any) -> None:
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        hosts = headers.get("host", [])
        if len(hosts) != 1 or (self._hosts is not None and hosts[0].lower() not in self._hosts):
            raise RefusedError(
                403, f"host = {hosts[:1]} can't be used; allowed: the address that the server was opened at"
            )
        for origin in headers.get("origin", []):
            if origin.lower() != f"http://{hosts[0].lower()}":
                raise RefusedError(403, f"origin = {origin[:80]!r} can't be used; allowed: the server's own pages")
        if headers.get("sec-fetch-site", ["none"])[0] not in ("none", "same-origin"):
            raise RefusedError(403, "a page of another place asked; allowed: the server's own pages")
        if self._token:
            query = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [])
            given = (headers.get(TOKEN_HEADER, []) + query + [""])[0]
            if not hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode()):
                raise RefusedError(401, "the token is missing or wrong; allowed: the address that the server printed")
        if scope["method"] == "POST":
            kind = headers.get("content-type", [""])[0].split(";")[0].strip().lower()
            if kind != "application/json":
                raise RefusedError(415, f"content-type = {kind[:80]!r} can't be used; allowed: application/json")
        if headers.get("content-encoding", ["identity"])[0] != "identity":
            raise RefusedError(415, "a packed body can't be used; allowed: plain JSON")
        length = headers.get("content-length", ["0"])[0]
        if not length.isdigit() or int(length[:12]) > MOST_BODY_BYTES:
            raise RefusedError(413, f"the body has {length[:12]} bytes; allowed: at most {MOST_BODY_BYTES}")


async def _whole_body(scope: Any, receive: Any) -> bytes | None:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_BODY_BYTES:
            raise RefusedError(413, f"the body has more than {MOST_BODY_BYTES} bytes, which are the most allowed")
        if not message.get("more_body", False):
            return b"".join(parts)


async def answer_line(send: Any, status: int, line: str) -> None:
    """Answer with one line.

    Parameters
    ----------
    send : ASGI callable — takes the answer [-]
    status : int — of HTTP [-]
    line : str — what is wrong, and what is allowed [-]

    """
    body = line_body(line)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [*SAFE_HEADERS, (b"content-security-policy", NO_CONTENT), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def line_body(line: str) -> bytes:
    """Return a line as the body of an answer.

    Parameters
    ----------
    line : str — what is wrong, and what is allowed [-]

    """
    return json.dumps({"error": " ".join(line.split())}).encode("ascii")


class Patient(H11Protocol):
    """HTTP that waits no longer than it should: neither for the rest of a request nor for who takes no answer."""

    _saying: asyncio.TimerHandle | None = None
    _hearing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begin to wait for a request.

        Parameters
        ----------
        transport : asyncio transport — the connection [-]

        """
        super().connection_made(transport)
        self._saying = self.loop.call_later(SECONDS_TO_SAY, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Go on waiting for the rest of a request, but not anew.

        Parameters
        ----------
        data : bytes — what came [-]

        """
        super().data_received(data)
        whole = self.conn.their_state not in (h11.IDLE, h11.SEND_BODY)
        if whole and self._saying is not None:
            self._saying.cancel()
            self._saying = None
        elif not whole and self._saying is None:
            self._saying = self.loop.call_later(SECONDS_TO_SAY, self.transport.abort)

    def pause_writing(self) -> None:
        """Wait for a client to take what waits for it."""
        super().pause_writing()
        self._hearing = self.loop.call_later(SECONDS_TO_HEAR, self.transport.abort)

    def resume_writing(self) -> None:
        """Wait no more."""
        super().resume_writing()
        if self._hearing is not None:
            self._hearing.cancel()
            self._hearing = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the waits.

        Parameters
        ----------
        exc : Exception or None — why it was lost [-]

        """
        for timer in (self._saying, self._hearing):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)
