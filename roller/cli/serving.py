"""`dermaroll app`: the live page in the browser."""

from __future__ import annotations

from typing import Annotated

import typer

from ...data.checks import InputError

HINT = "the live page needs fastapi and uvicorn: pip install 'dermaroll[app]'"


def open_live_page(
    port: Annotated[int | None, typer.Option("--port", help="To listen on; else the first free one from 8760.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    host: Annotated[str, typer.Option("--host", help="Address to listen on; with a token.")] = "127.0.0.1",
    token: Annotated[str, typer.Option("--token", help="Secret that every request has to show.")] = "",
) -> None:
    """Open the live page: move a slider, see the skin. Ctrl-C ends it."""
    try:
        from ...viz.app.opening import open_app
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("fastapi", "starlette", "uvicorn", "h11", "anyio"):
            raise
        raise InputError(HINT) from error
    open_app(port, host=host, token=token, browser=browser)
