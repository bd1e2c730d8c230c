"""Entry of the command line, and the one place where errors become exit codes.

0 done; 1 a check failed; 2 bad input, one line on stderr; 70 a fault of ours, with its traceback.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__" and sys.path[:1] == [os.getcwd()] and not sys.flags.safe_path:  # noqa: PTH109 - light
    # `python -m` looks for modules in the current folder first; a file of that folder called traceback.py is not ours.
    del sys.path[0]

import errno
import io
import traceback

import typer
from pydantic import ValidationError

from ...data.checks import InputError, one_line
from ...data.inputs import forget_files
from .app import app

BAD_INPUT, FAULT, CLOSED_PIPE = 2, 70, 141
LAST_STREAM = 2  # stdin, stdout and stderr are 0 to 2 to the system


def run() -> None:
    """Run the command line and exit."""
    sys.exit(exit_code())


def exit_code() -> int:
    """Run the command line and return its exit code."""
    _open_streams()
    forget_files()
    try:
        code = app(prog_name="dermaroll", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _refused(error.format_message())
    except InputError as error:
        return _refused(str(error))
    except ValidationError as error:
        return _refused(one_line(error))
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


def _let_go_of_stdout() -> None:
    """Have Python not complain at its end once more about a stdout that takes nothing."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refused(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    run()
