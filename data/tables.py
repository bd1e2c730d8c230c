"""How rows of a table become checked records.

In: a CSV table of this folder, or a TOML file. Out: rows, and records that keep their ranges.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError

from .checks import InputError, Record, one_line
from .inputs import read_as_input

FOLDER = Path(__file__).parent

Status = Literal["verified", "derived", "unverified"]
Name = Annotated[str, Field(pattern=r"^[\w.\-]{1,60}$")]
Keys = Annotated[tuple[str, ...], Field(min_length=1)]

AnyRecord = TypeVar("AnyRecord", bound=Record)


def checked_row(record: type[AnyRecord], row: dict[str, Any], origin: str) -> AnyRecord:
    """Return the record that a row makes.

    Parameters
    ----------
    record : type of Record — what the row is [-]
    row : dict — its cells by name [as the record says]
    origin : str — where it stands, for the error line [-]

    Raises
    ------
    InputError
        One line with origin, field, value and what is allowed.

    """
    try:
        return record.model_validate(row)
    except ValidationError as error:
        raise InputError(one_line(error, origin)) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Parameters
    ----------
    path : Path — the file [-]

    Raises
    ------
    InputError
        For a file that can't be read, or is not TOML.

    """
    read_as_input(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid TOML: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error


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
    return {row[key]: checked_row(record, row, f"{table} {row[key]}") for row in read_rows(table)}


def read_record(record: type[AnyRecord], path: str | Path, *, named: bool = False) -> AnyRecord:
    """Return a record from a user's TOML file.

    Parameters
    ----------
    record : type of Record — what the file holds [-]
    path : str or Path — the file [-]
    named : bool — the file's own name stands in for a missing name and title [-]

    Raises
    ------
    InputError
        For a file that can't be read, or a field out of its range.

    """
    stem = Path(path).stem
    return checked_row(record, ({"name": stem, "title": stem} if named else {}) | read_toml(Path(path)), str(path))
