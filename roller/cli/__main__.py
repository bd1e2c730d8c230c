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

import typer
from pydantic import ValidationError

from ...data.checks import InputError, line_of, one_line
from ...data.inputs import forget_files
from .app import app

if _LOADING:
    signal.signal(signal.SIGINT, _TYPED)

BAD_INPUT, FAULT, INTERRUPTED, CLOSED_PIPE, TOLD_TO_END = 2, 70, 130, 141, 143
WIDEST = 10_000  # columns: rich pads every line of the help to what COLUMNS says
LAST_STREAM = 2  # stdin, stdout and stderr are 0 to 2 to the system


def run() -> None:
    """Run the command line and exit."""
    sys.exit(exit_code())


def exit_code() -> int:
    """Run the command line and return its exit code."""
    _open_streams()
    _narrow_columns()
    forget_files()
    with _heeded_end():
        return _ended()


def _ended() -> int:
    try:
        code = app(prog_name="dermaroll", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        from .refusals import refusal

        return _refused(refusal(error))
    except InputError as error:
        return _refused(str(error))
    except ValidationError as error:
        return _refused(one_line(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as error:
        # So rich ends the program when the reader has gone.
        if isinstance(error.__context__, BrokenPipeError):
            return CLOSED_PIPE
        raise
    except BrokenPipeError:
        # The reader has gone, as in `dermaroll devices | head`.
        _let_go_of_stdout()
        return CLOSED_PIPE
    except OSError as error:
        _let_go_of_stdout()
        return _refused(f"{error.filename or 'output'}: {error.strerror or error}")
    except Exception:
        traceback.print_exc()
        return FAULT
    return code if isinstance(code, int) else 0


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


@contextmanager
def _heeded_end() -> Iterator[None]:
    """Have the ways to end a process from outside tidy up first: unfinished files go."""

    def leave(*_: object) -> None:
        raise SystemExit(TOLD_TO_END)

    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        numbers = []
    # Whoever has them ignored, as nohup does, means it.
    heeded = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in heeded:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number in heeded:
            signal.signal(number, signal.SIG_DFL)


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
