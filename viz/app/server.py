"""The server as an ASGI application: addresses, what each takes and gives, and errors as one line.

In: requests that the guard let through. Out: the command line's JSON, the page and its parts.
"""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from ...data.checks import InputError, Record, Within
from ..page.live import live_page
from ..page.writing import told_once
from .asking import CompareRequest, ProgrammeRequest, Setup, TreatRequest, ViewRequest, ZoneRequest, read_request
from .guard import Guard, line_body
from .kept import Kept, key_of
from .pool import BusyError, DroppedError, FaultError, Pool, TooLongError

CLIENT_HEADER, NUMBER_HEADER = "dermaroll-client", "dermaroll-number"
NUMBERS = Within(0, 2**53)
LONGEST_CLIENT = 64
LONGEST_WORK_S = 60.0
JSON = "application/json"
Answer = Callable[[Request], Awaitable[Response]]


class Desk:
    """Takes requests to the pool and keeps the answers.

    Parameters
    ----------
    pool : Pool — does the work [-]
    kept : Kept — answers given before [-]

    """

    def __init__(self, pool: Pool, kept: Kept) -> None:
        self.pool, self.kept = pool, kept

    async def work(self, queue: str, name: str, *arguments: Any, key: str, who: tuple[str, int]) -> bytes:
        """Return an answer, from memory where it was given before.

        Parameters
        ----------
        queue : str — of the pool [-]
        name : str — of the work [-]
        arguments : object — for it [-]
        key : str — what equal answers share [-]
        who : (str, int) — client and its number [-]

        """
        found = self.kept.get(key)
        if found is None:
            client, number = who
            found = await self.pool.run(queue, name, *arguments, client=client, number=number, limit_s=LONGEST_WORK_S)
            self.kept.put(key, found)
        return found

    async def treated(self, asked: list[dict[str, Any]], queue: str, who: tuple[str, int]) -> tuple[bytes, ...]:
        """Return the packed treatment of each device, worked out side by side.

        Parameters
        ----------
        asked : list of dict — keyword arguments of `treat` [-]
        queue : str — of the pool [-]
        who : (str, int) — client and its number [-]

        """
        each = [self.work(queue, "treatment", one, key=_key(one), who=who) for one in asked]
        return tuple(await asyncio.gather(*each))

    async def made(self, what: str, asked: list[dict[str, Any]], queue: str, who: tuple[str, int], *more: Any) -> bytes:
        """Return what is made of the treatments of some devices.

        Parameters
        ----------
        what : str — name of the work [-]
        asked : list of dict — keyword arguments of `treat` [-]
        queue : str — of the pool [-]
        who : (str, int) — client and its number [-]
        more : object — further arguments of the work [-]

        """
        key = key_of(what, [_key(one) for one in asked], *more)
        found = self.kept.get(key)
        if found is None:
            treatments = await self.treated(asked, queue, who)
            found = await self.work(queue, what, treatments, *more, key=key, who=who)
        return found


def _key(arguments: dict[str, Any]) -> str:
    return key_of("treatment", *(key_of(name, value) for name, value in sorted(arguments.items())))


def application(pool: Pool, *, host: str, port: int, token: str = "") -> Guard:
    """Return the whole server.

    Parameters
    ----------
    pool : Pool — does the work [-]
    host : str — address that is listened on [-]
    port : int — of it [-]
    token : str — to be shown by every request, empty for none [-]

    """
    desk = Desk(pool, Kept())

    @asynccontextmanager
    async def while_open(_server: FastAPI) -> AsyncIterator[None]:
        await pool.open()
        for queue in ("first", "rest"):
            for _ in range(pool.count):
                asyncio.ensure_future(pool.run(queue, "warm", limit_s=LONGEST_WORK_S)).add_done_callback(_heard)
        yield
        await pool.close()

    server = FastAPI(
        title="dermaroll",
        version=version("dermaroll"),
        description="How deep needles go, how many channels, which share of each skin layer they touch. "
        "A request is one flat JSON object; a refused one is answered by one line under `error`.",
        docs_url=None,  # their pages would load scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=while_open,
    )
    server.exception_handler(404)(_not_here)
    server.exception_handler(405)(_not_here)
    for path, kind, answer, words in (
        ("/api/treat", TreatRequest, _treat, "One device: the JSON of `dermaroll coverage`."),
        ("/api/compare", CompareRequest, _compare, "Several devices: the JSON of `dermaroll compare`."),
        ("/api/view", ViewRequest, _view, "The parts of the live page: first, rest, or months."),
        ("/api/report", ViewRequest, _report, "The report as one file of HTML."),
        ("/api/zone", ZoneRequest, _zone, "A zone of the standard face: lines of JSON, how far it is, then figures."),
        ("/api/programme", ProgrammeRequest, _programme, "Sessions over months: the JSON of `dermaroll programme`."),
    ):
        server.post(path, summary=words, response_class=Response, openapi_extra=_described(kind))(
            _answering(desk, kind, answer)
        )
    server.get("/", include_in_schema=False)(_page)
    return Guard(server, host=host, port=port, token=token)


def _heard(task: asyncio.Future[bytes]) -> None:
    """Take note of how the warming ended; what fails there fails again, and is told, where it is asked for."""
    if not task.cancelled():
        task.exception()


async def _treat(desk: Desk, asked: TreatRequest, who: tuple[str, int]) -> Response:
    return Response(await desk.made("as_json", asked.treatments(), "rest", who), media_type=JSON)


async def _compare(desk: Desk, asked: CompareRequest, who: tuple[str, int]) -> Response:
    return Response(await desk.made("as_json", asked.treatments(), "rest", who), media_type=JSON)


async def _view(desk: Desk, asked: ViewRequest, who: tuple[str, int]) -> Response:
    if asked.detail == "months":
        months = asked.programme()
        key = key_of("as_months", _key(months))
        return Response(await desk.work("rest", "as_months", months, key=key, who=who), media_type=JSON)
    given = asked.treatments()
    discs: tuple[bytes, ...] = ()
    if asked.detail == "rest":  # each device's by a process of its own
        discs = tuple(await asyncio.gather(*(_disc(desk, one, who) for one in given)))
    return Response(await desk.made("as_view", given, asked.detail, who, asked.detail, discs), media_type=JSON)


async def _disc(desk: Desk, given: dict[str, Any], who: tuple[str, int]) -> bytes:
    (treatment,) = await desk.treated([given], "rest", who)
    return await desk.work("rest", "untouched", treatment, key=key_of("untouched", _key(given)), who=who)


async def _report(desk: Desk, asked: ViewRequest, who: tuple[str, int]) -> Response:
    whole = asked.model_copy(update={"detail": "rest"})
    name = {"content-disposition": "attachment; filename=dermaroll.html"}
    return Response(await desk.made("as_report", whole.treatments(), "rest", who), headers=name, media_type="text/html")


async def _zone(desk: Desk, asked: ZoneRequest, who: tuple[str, int]) -> Response:
    return StreamingResponse(_lines(desk, asked.treatments(), who), media_type="application/x-ndjson")


async def _lines(desk: Desk, given: list[dict[str, Any]], who: tuple[str, int]) -> AsyncIterator[bytes]:
    """A line of JSON each second, how many devices are done; then the figures, or what was wrong."""
    each = [asyncio.ensure_future(desk.work("rest", "zone", one, key=_key(one), who=who)) for one in given]
    waiting, seconds = set(each), 0
    try:
        while waiting:
            yield json.dumps({"done": len(each) - len(waiting), "of": len(each), "seconds": seconds}).encode() + b"\n"
            done, waiting = await asyncio.wait(waiting, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
            seconds += not done
            for one in done:
                one.result()
        told = tuple(one.result() for one in each)
        yield await desk.work("rest", "as_zone", told, key=key_of("as_zone", *told), who=who) + b"\n"
    except (InputError, DroppedError, BusyError, TooLongError, FaultError) as error:
        yield line_body(str(error) or "a newer request of this client has come") + b"\n"
    finally:
        for one in waiting:
            one.cancel()


async def _page() -> Response:
    order = (
        "default-src 'none'; script-src 'sha256-{script_hash}'; style-src 'sha256-{style_hash}'; connect-src 'self'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    policy = order.format(**told_once())
    return Response(live_page(), headers={"content-security-policy": policy}, media_type="text/html")


async def _programme(desk: Desk, asked: ProgrammeRequest, who: tuple[str, int]) -> Response:
    found = await desk.work("rest", "programme", asked.programme(), key=_key(asked.programme()), who=who)
    return Response(found, media_type=JSON)


def _answering(desk: Desk, kind: type[Setup], answer: Callable[..., Awaitable[Response]]) -> Answer:
    """The way of every request: read, checked, worked out; whatever goes wrong is one line."""

    async def respond(request: Request) -> Response:
        try:
            who = _who(request)
            asked = read_request(kind, await request.body())
            desk.pool.newest(*who)
            return await answer(desk, asked, who)
        except InputError as error:
            return refusal(422, str(error))
        except DroppedError:
            return refusal(409, "a newer request of this client has come")
        except (BusyError, TooLongError) as error:
            return refusal(503, str(error))
        except FaultError as error:
            return refusal(500, str(error))
        except Exception:
            traceback.print_exc()
            return refusal(500, "a fault of ours; its traceback is on the server's stderr")

    return respond


def _who(request: Request) -> tuple[str, int]:
    client = request.headers.get(CLIENT_HEADER, "")
    if len(client) > LONGEST_CLIENT or not client.isascii():
        raise InputError(f"{CLIENT_HEADER} is too long; allowed: at most {LONGEST_CLIENT} letters of ASCII")
    text = request.headers.get(NUMBER_HEADER, "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise InputError(f"{NUMBER_HEADER} = {text[:40]!r} can't be used; allowed: a whole number {NUMBERS.allowed}")
    return client, int(text)


def refusal(status: int, line: str) -> Response:
    """Return an answer of one line.

    Parameters
    ----------
    status : int — of HTTP [-]
    line : str — what is wrong, and what is allowed [-]

    """
    return Response(line_body(line), status_code=status, media_type=JSON)


async def _not_here(request: Request, error: Exception) -> Response:
    status = int(getattr(error, "status_code", 404))
    return refusal(status, f"{request.method} {request.url.path[:80]} is not here; see /api/openapi.json")


def _described(kind: type[Record]) -> dict[str, Any]:
    """A request and its refusals, for OpenAPI."""
    line = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    refused = {JSON: {"schema": line}}
    return {
        "requestBody": {"required": True, "content": {JSON: {"schema": kind.model_json_schema()}}},
        "responses": {
            "200": {"description": "The result", "content": {JSON: {"schema": {"type": "object"}}}},
            "409": {"description": "A newer request of this client has come", "content": refused},
            "422": {"description": "Bad input, in one line", "content": refused},
            "503": {"description": "Too much waits, or it took too long", "content": refused},
        },
    }
