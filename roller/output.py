"""Writers of a labelled result: all or nothing, the ending decides the format.

In: a `Result`, which can turn itself into plain objects, a pandas table and an xarray data set. Out: files. A file is
written under a temporary name in its folder and then renamed, so that a reader never meets half of one.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.checks import InputError, refuse
from ..data.inputs import keep_for_output, refuse_inputs

if TYPE_CHECKING:
    import pandas
    import xarray

MARK = "-dermaroll-"  # in the names of temporary files, so that none is ever taken for a user's own
LONGEST_NAME = 255  # bytes of a file's name, on every file system in use
MOST_OF_STEM = 40  # characters of a file's name in that of its temporary: room for the rest of it


class Result:
    """A labelled result that can be written: it says how it looks as objects, as a table and as arrays."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects and arrays, in the order and under the names of the JSON schema."""
        raise TypeError(f"{type(self).__name__} does not say how it looks as plain objects")

    def to_frame(self) -> pandas.DataFrame:
        """Return the long table: one row a device, pass and depth, units in the names."""
        raise TypeError(f"{type(self).__name__} does not say how it looks as a table")

    def to_course_frame(self) -> pandas.DataFrame | None:
        """Return the second table, one row a quantity and time of courses over hours and days; None without courses."""
        return None

    def to_xarray(self) -> xarray.Dataset:
        """Return the arrays with named dimensions; units in `attrs`."""
        raise TypeError(f"{type(self).__name__} does not say how it looks as arrays")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the result as JSON, and write it if a path is given.

        Parameters
        ----------
        path : str, Path or None — file to write, ending in .json [-]

        """
        if path is not None:
            write(self, path, ".json")
        return json_text(self.to_dict())

    def to_csv(self, path: str | Path) -> None:
        """Write the long table as CSV.

        Parameters
        ----------
        path : str or Path — file to write, ending in .csv [-]

        """
        write(self, path, ".csv")

    def to_parquet(self, path: str | Path) -> None:
        """Write the long table as Parquet.

        Parameters
        ----------
        path : str or Path — file to write, ending in .parquet [-]

        """
        write(self, path, ".parquet")

    def to_netcdf(self, path: str | Path) -> None:
        """Write the arrays with named dimensions as NetCDF.

        Parameters
        ----------
        path : str or Path — file to write, ending in .nc [-]

        """
        write(self, path, ".nc")


def _checked_place(path: str | Path) -> Path:
    target = Path(path)
    if len(os.fsencode(target.name)) > LONGEST_NAME:
        raise refuse("output", str(path), f"a name of at most {LONGEST_NAME} bytes")
    if not target.parent.is_dir():
        raise refuse("output", str(path), f"a file in a folder that exists; {target.parent} does not")
    if not os.access(target.parent, os.W_OK):
        raise refuse("output", str(path), f"a file in a folder that can be written; {target.parent} can't")
    if target.is_dir():
        raise refuse("output", str(path), "a file; this is a folder")
    refuse_inputs(target)
    return target


def check_target(path: str | Path, endings: Iterable[str] = ()) -> None:
    """Refuse a file that could not be written, or is read as input, before the work is done.

    Parameters
    ----------
    path : str or Path — file to write [-]
    endings : iterable of str — endings allowed; all of .json, .csv, .parquet and .nc unless given [-]

    """
    check_ending(path, endings or tuple(WRITERS))
    keep_for_output(_checked_place(path))


def left_over(name: str) -> str:
    """Return the file that a temporary one was to become, nothing for any other name; its writer may have been killed.

    Parameters
    ----------
    name : str — of a file, without its folder [-]

    """
    found = re.fullmatch(rf"\.(.+){MARK}[a-z0-9_]{{8}}(\.\w+)?", name)
    return f"{found[1]}{found[2] or ''}" if found else ""


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; rename it to `path` once the block ends without an error.

    Parameters
    ----------
    path : str or Path — file to write; its folder must exist [-]

    Raises
    ------
    InputError
        If the folder does not exist or can't be written, or the file was read as input; nothing is left behind then.

    """
    target = _checked_place(path)
    try:
        prefix = f".{target.stem[:MOST_OF_STEM]}{MARK}"
        handle, name = tempfile.mkstemp(prefix=prefix, suffix=target.suffix, dir=target.parent)
    except OSError as error:
        raise refuse("output", str(path), f"a folder that can be written ({error.strerror})") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes a private file; a result gets the permissions that any new file would have.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except OSError as error:
        # An error that other packages make up tells its command line and more after the first line.
        why = error.strerror or (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"output = {str(path)!r} can't be written: {why}") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a file of text, all or nothing, with the same bytes on every system.

    Parameters
    ----------
    path : str or Path — the file [-]
    text : str — what it holds [-]

    Raises
    ------
    InputError
        One line if the file can't be written.

    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: lists for arrays, null for NaN and infinities.

    Parameters
    ----------
    value : any — numbers, strings, arrays, and dicts, lists or tuples of them [-]

    """
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        if value.dtype.kind != "f":
            return plain(value.tolist())
        known = np.isfinite(value)
        return value.tolist() if known.all() else np.where(known, value.astype(object), np.array(None)).tolist()
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def json_text(content: dict[str, Any]) -> str:
    """Return content as JSON, one line a top-level key, the same bytes for the same content.

    Parameters
    ----------
    content : dict — plain objects and arrays [-]

    """
    lines = (f" {json.dumps(key)}: {json.dumps(plain(value), allow_nan=False)}" for key, value in content.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def courses_beside(path: str | Path) -> Path:
    """Return where the second table of a CSV or Parquet file goes: NAME.courses.csv beside NAME.csv.

    Parameters
    ----------
    path : str or Path — of the first table [-]

    """
    return Path(path).with_suffix(f".courses{Path(path).suffix.lower()}")


def _write_json(result: Result, path: Path) -> None:
    path.write_text(json_text(result.to_dict()), encoding="utf-8")


def _csv(table: pandas.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, lineterminator="\n")


def _parquet(table: pandas.DataFrame, path: Path) -> None:
    table.to_parquet(path, index=False)


def _write_csv(result: Result, path: Path) -> None:
    _csv(result.to_frame(), path)


def _write_parquet(result: Result, path: Path) -> None:
    _parquet(result.to_frame(), path)


def _write_netcdf(result: Result, path: Path) -> None:
    # scipy's writer is in the core; it makes classic NetCDF, which every reader of the format opens.
    result.to_xarray().to_netcdf(path, engine="scipy")


TABLE_WRITERS: dict[str, Callable[[pandas.DataFrame, Path], None]] = {".csv": _csv, ".parquet": _parquet}
WRITERS: dict[str, Callable[[Result, Path], None]] = {
    ".json": _write_json,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".nc": _write_netcdf,
}


def check_ending(path: str | Path, endings: Iterable[str] = tuple(WRITERS)) -> str:
    """Return the ending of a path if it is one of those known.

    Parameters
    ----------
    path : str or Path — file to write [-]
    endings : iterable of str — the endings known, with their dot [-]

    """
    known = tuple(endings)
    ending = Path(path).suffix.lower()
    if ending not in known:
        raise refuse("output", str(path), f"a name that ends in {', '.join(known)}")
    return ending


def write(result: Result, path: str | Path, *endings: str) -> tuple[Path, ...]:
    """Write a result, the ending of the name decides the format; return the files that were written.

    Parameters
    ----------
    result : Result — a Treatment, a Comparison or the like [-]
    path : str or Path — file to write; courses go to NAME.courses.csv beside NAME.csv, of Parquet likewise [-]
    endings : str — endings allowed; all of .json, .csv, .parquet and .nc unless given [-]

    """
    ending = check_ending(path, endings or tuple(WRITERS))
    courses = result.to_course_frame() if ending in TABLE_WRITERS else None
    if courses is None or courses.empty:
        with replacing(path) as temporary:
            WRITERS[ending](result, temporary)
        return (Path(path),)
    # Both tables or none: the first is renamed only when the second is whole.
    with replacing(path) as temporary, replacing(courses_beside(path)) as second:
        WRITERS[ending](result, temporary)
        TABLE_WRITERS[ending](courses, second)
    return Path(path), courses_beside(path)
