"""How rows of a table become checked records.

In: a CSV table of this folder, or a TOML file. Out: rows, and records that keep their ranges.
"""

from __future__ import annotations

import csv
import stat
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from .checks import InputError, Record, one_line, shown
from .inputs import read_as_input

FOLDER = Path(__file__).parent

MOST_BYTES = 10_000_000  # of a user's file: a study that lists a million values has 8 MB; reading takes 40 times that
LONGEST_PATH_SHOWN = 250  # characters
MOST_NESTED = 32  # tables and lists within each other; no record has more than five
LARGEST_INTEGER = 2**63 - 1  # what TOML promises

Status = Literal["verified", "derived", "unverified"]
Name = Annotated[str, Field(pattern=r"^[\w.\-]{1,60}$")]
Keys = Annotated[tuple[str, ...], Field(min_length=1)]

AnyRecord = TypeVar("AnyRecord", bound=Record)


def checked_row(record: type[AnyRecord], row: dict[str, Any], origin: str, *, text: bool = False) -> AnyRecord:
    """Return the record that a row makes.

    Parameters
    ----------
    record : type of Record — what the row is [-]
    row : dict — its cells by name [as the record says]
    origin : str — where it stands, for the error line [-]
    text : bool — every cell is text, numbers too, as in CSV [-]

    Raises
    ------
    InputError
        One line with origin, field, value and what is allowed.

    """
    try:
        return record.model_validate(row, strict=False if text else None)
    except ValidationError as error:
        raise InputError(one_line(error, origin, record)) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Parameters
    ----------
    path : Path — the file [-]

    Raises
    ------
    InputError
        For a file that can't be read or is too large, is not TOML, or holds what no record can take.

    """
    read_as_input(path)
    name = str(path) if str(path).isprintable() and len(str(path)) <= LONGEST_PATH_SHOWN else shown(str(path))
    try:
        content = tomllib.loads(_text_of(path, name))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{name} is not valid TOML: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise InputError(f"{name} can't be read: {error.strerror}") from error
    except RecursionError as error:
        raise _too_deep(name) from error
    except InputError:
        raise
    except ValueError as error:
        # Python itself refuses to turn thousands of digits into a number.
        raise _too_many_digits(name) from error
    _refuse_excess(content, name)
    return content


def _text_of(path: Path, name: str) -> str:
    """Return the text of a regular file of bounded size: a pipe would block and a device never ends."""
    if "\0" in str(path):
        raise InputError(f"{name} can't be read: no file has a NUL in its name")
    if not stat.S_ISREG(path.stat().st_mode):
        kind = "a folder" if path.is_dir() else "a pipe or a device"
        raise InputError(f"{name} can't be read: it is {kind}; allowed: a regular file")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InputError(f"{name} is too large; allowed: at most {MOST_BYTES / 1e6:g} MB")
    return content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")


def _refuse_excess(content: dict[str, Any], name: str) -> None:
    """Refuse integers and nesting that are legal TOML, but that no record can hold and no error line could show."""
    level: list[Any] = [content]
    for _ in range(MOST_NESTED):
        values = [value for item in level for value in (item.values() if isinstance(item, dict) else item)]
        if any(isinstance(value, int) and abs(value) > LARGEST_INTEGER for value in values):
            raise _too_many_digits(name)
        level = [value for value in values if isinstance(value, (dict, list))]
        if not level:
            return
    raise _too_deep(name)


def _too_deep(name: str) -> InputError:
    return InputError(f"{name} is nested too deep; allowed: {MOST_NESTED} tables and lists within each other")


def _too_many_digits(name: str) -> InputError:
    return InputError(f"{name} holds an integer of too many digits; allowed: at most {LARGEST_INTEGER}")


def read_rows(table: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a CSV table of this folder; an empty cell is left out, so that defaults apply.

    Parameters
    ----------
    table : str — file name, for example 'sites.csv' [-]

    """
    with (FOLDER / table).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield {key: value for key, value in row.items() if value}


def read_table(record: type[AnyRecord], table: str, key: str) -> dict[str, AnyRecord]:
    """Return every row of a CSV table of this folder as a record, by one of its cells.

    Parameters
    ----------
    record : type of Record — what a row is [-]
    table : str — file name, for example 'tissue.csv' [-]
    key : str — name of the cell that tells rows apart [-]

    """
    return {row[key]: checked_row(record, row, f"{table} {row[key]}", text=True) for row in read_rows(table)}


def read_record(
    record: type[AnyRecord] | Callable[[dict[str, Any]], type[AnyRecord]], path: str | Path, *, named: bool = False
) -> AnyRecord:
    """Return a record from a user's TOML file.

    Parameters
    ----------
    record : type of Record, or a function of the fields that returns it — what the file holds [-]
    path : str or Path — the file [-]
    named : bool — the file's own name stands in for a missing name and title [-]

    Raises
    ------
    InputError
        For a file that can't be read, or a field out of its range.

    """
    stem = Path(path).stem
    row = ({"name": stem, "title": stem} if named else {}) | read_toml(Path(path))
    try:
        kind = record if isinstance(record, type) else record(row)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return checked_row(kind, row, str(path))
