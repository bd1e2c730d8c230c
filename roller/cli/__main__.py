"""Entry of the command line, and the one place where errors become exit codes.

0 done; 1 a check failed; 2 bad input, one line on stderr; 70 a fault of ours, with its traceback; 130 Ctrl-C; 141 the
reader of a pipe has gone; 143 told to end.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and sys.path[:1] == [os.getcwd()] and not sys.flags.safe_path:  # noqa: PTH109 - light
    # `python -m` looks for modules in the current folder first; a file of that folder called traceback.py is not ours.
    del sys.path[0]

import signal

# Until all is loaded there is nothing to tidy up: Ctrl-C then ends the process without a word.
_TYPED = signal.getsignal(signal.SIGINT)
_LOADING = _TYPED is signal.default_int_handler and (
    __name__ == "__main__" or os.path.basename(sys.argv[0]).partition(".")[0] == "dermaroll"  # noqa: PTH119 - light
)
if _LOADING:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import errno
import io
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from pydantic import ValidationError

from ...data.checks import InputError, line_of, one_line
from ...data.inputs import forget_files
from .app import app

if _LOADING:
    signal.signal(signal.SIGINT, _TYPED)

BAD_INPUT, FAULT, INTERRUPTED, CLOSED_PIPE, TOLD_TO_END = 2, 70, 130, 141, 143
WIDEST = 10_000  # columns: rich pads every line of the help to what COLUMNS says
AGAIN_S = 1.0  # between two raisings of an end that was asked for and has been lost
LAST_STREAM = 2  # stdin, stdout and stderr are 0 to 2 to the system


def run() -> None:
    """Run the command line and exit."""
    sys.exit(exit_code())


def exit_code() -> int:
    """Run the command line and return its exit code."""
    _open_streams()
    _narrow_columns()
    forget_files()
    with _heeded_end() as end:
        return _ended(end)


def _ended(end: _End) -> int:
    try:
        code = app(prog_name="dermaroll", standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as error:
        # So rich ends the program when the reader has gone.
        if isinstance(error.__context__, BrokenPipeError):
            return CLOSED_PIPE
        raise
    except Exception as error:
        return _code_of(error) if end.code is None else end.code
    return code if isinstance(code, int) else 0


def _code_of(error: Exception) -> int:
    """Say what went wrong, and return the exit code for it."""
    match error:
        case typer.TyperException():
            from .refusals import refusal

            return _refused(refusal(error))
        case InputError():
            return _refused(str(error))
        case ValidationError():
            return _refused(one_line(error))
        case BrokenPipeError():
            # The reader has gone, as in `dermaroll devices | head`.
            _let_go_of_stdout()
            return CLOSED_PIPE
        case OSError():
            _let_go_of_stdout()
            return _refused(f"{error.filename or 'output'}: {error.strerror or error}")
        case _:
            traceback.print_exception(error)
            return FAULT


class _Closed(io.TextIOBase):
    """What stands for a stdout that the caller has closed: an answer that goes nowhere is an error."""

    encoding = "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "closed; allowed: open, or > /dev/null", "stdout")


def _open_streams() -> None:
    """Make stdout and stderr fit for any text, and see that no file gets the number of one that is closed."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= LAST_STREAM:
        os.set_inheritable(number, True)
    os.close(number)
    if sys.stdout is None:
        sys.stdout = _Closed()
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        # A letter that an encoding lacks, or a file name that is no text, is shown by its number.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


class _End:
    """The end that somebody outside has asked for, if any.

    What a signal's handler raises can be lost on its way: a module of C that is being loaded makes an ImportError of
    it, a destructor drops it. So the end is remembered, and raised again until it has come through.
    """

    code: int | None = None

    def ask(self, number: int, _: object) -> NoReturn:
        self.code = INTERRUPTED if number == signal.SIGINT else TOLD_TO_END
        sys.unraisablehook = _let_pass
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._remind)
            signal.setitimer(signal.ITIMER_REAL, AGAIN_S, AGAIN_S)
        self._raise()

    def _remind(self, *_: object) -> None:
        error = sys.exception()
        while error is not None:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                return  # on its way: what is being tidied up takes its time
            error = error.__context__
        self._raise()

    def _raise(self) -> NoReturn:
        raise KeyboardInterrupt if self.code == INTERRUPTED else SystemExit(self.code)


def _let_pass(dropped: sys.UnraisableHookArgs) -> None:
    if not isinstance(dropped.exc_value, KeyboardInterrupt | SystemExit):
        sys.__unraisablehook__(dropped)


@contextmanager
def _heeded_end() -> Iterator[_End]:
    """Have the ways to end a process from outside tidy up first: unfinished files go."""
    end, hook = _End(), sys.unraisablehook
    before = {
        signal.SIGINT: signal.default_int_handler,
        **{getattr(signal, name): signal.SIG_DFL for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)},
    }
    if threading.current_thread() is not threading.main_thread():
        before = {}
    # Whoever has them ignored, as nohup does, means it.
    heeded = {number: handler for number, handler in before.items() if signal.getsignal(number) is handler}
    for number in heeded:
        signal.signal(number, end.ask)
    try:
        yield end
    finally:
        if end.code is not None:
            sys.unraisablehook = hook
            if hasattr(signal, "setitimer"):
                signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in heeded.items():
            signal.signal(number, handler)


def _narrow_columns() -> None:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and (len(columns) > len(str(WIDEST)) or int(columns) > WIDEST):
        os.environ["COLUMNS"] = str(WIDEST)


def _let_go_of_stdout() -> None:
    """Have Python not complain at its end once more about a stdout that takes nothing."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused(message: str) -> int:
    print(f"error: {line_of(message)}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    run()
