"""Entry of the command line, and the one place where errors become exit codes.

0 done; 1 a check failed; 2 bad input, one line on stderr; 70 a fault of ours, with its traceback.
"""

from __future__ import annotations

import os
import sys
import traceback

import typer
from pydantic import ValidationError

from ...data.checks import InputError, one_line
from .app import app

BAD_INPUT, FAULT, CLOSED_PIPE = 2, 70, 141


def run() -> None:
    """Run the command line and exit."""
    sys.exit(exit_code())


def exit_code() -> int:
    """Run the command line and return its exit code."""
    try:
        code = app(prog_name="dermaroll", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _refused(error.format_message())
    except InputError as error:
        return _refused(str(error))
    except ValidationError as error:
        return _refused(one_line(error))
    except BrokenPipeError:
        # The reader has gone, as in `dermaroll devices | head`; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CLOSED_PIPE
    except OSError as error:
        return _refused(f"{error.filename or 'file'}: {error.strerror or error}")
    except Exception:
        traceback.print_exc()
        return FAULT
    return code if isinstance(code, int) else 0


def _refused(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return BAD_INPUT


if __name__ == "__main__":
    run()
