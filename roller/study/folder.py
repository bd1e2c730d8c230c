"""The folder of a study's results: what lies in it, who may write it, and how a part gets there whole.

    study.json           the study with its fingerprint, versions, what names stand for, and where parts begin
    study.toml           the study, as `dermaroll sweep` reads it
    parts/part-*.parquet one row a setting, in order
    parts.sha256         the digest of each part

Nothing else may lie in it. One process at a time writes; a part is written under a temporary name, brought to the disk,
and renamed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ...data.arguments import named
from ...data.checks import InputError, refuse
from ..output import left_over, replacing
from .axes import AXES, Kind
from .definition import Settings, Study, settings_of
from .description import STUDY, Description, describe, read_description
from .digests import PARTS, Digests, part_name, write_through
from .executor import Row
from .parts import output_columns

if TYPE_CHECKING:
    import pandas
    import pyarrow

LOCK, TOML, DIGESTS = ".lock", "study.toml", "parts.sha256"
WRITTEN = (STUDY, TOML, DIGESTS)
HALF_A_PART = re.compile(r"\.part-\d{6}[.-].+\.parquet")
KEPT = "finished parts are kept: run the same command to go on"
OURS = "a new or empty folder, or one that holds only what a sweep of this study wrote"


@dataclass(frozen=True)
class Folder:
    """A results folder that this process may write.

    Parameters
    ----------
    path : Path — the folder [-]
    study : Study — whose results it holds [-]
    settings : Settings — of the study [-]
    starts : tuple of int — first setting of each part, and the number of settings at the end [-]
    costs : tuple of float — expected seconds of each part [s]
    digests : Digests — of the parts that are there [-]

    """

    path: Path
    study: Study
    settings: Settings
    starts: tuple[int, ...]
    costs: tuple[float, ...]
    digests: Digests

    def part_path(self, number: int) -> Path:
        """Return where a part lies.

        Parameters
        ----------
        number : int — of the part [-]

        """
        return self.path / PARTS / part_name(number)

    def size_of(self, number: int) -> int:
        """Return how many settings a part has.

        Parameters
        ----------
        number : int — of the part [-]

        """
        return self.starts[number + 1] - self.starts[number]

    def to_do(self) -> tuple[list[int], list[int]]:
        """Return the numbers of the parts that are not there, and of those that do not hold what was written."""
        return _faults(self.path, len(self.costs), self.digests)

    def write(self, number: int, rows: tuple[Row, ...]) -> None:
        """Write a part.

        Parameters
        ----------
        number : int — of the part [-]
        rows : tuple of dict — one a setting, in order [as named]

        """
        import pyarrow
        from pyarrow import parquet

        schema = table_schema(self.study)
        columns = [pyarrow.array([row.get(field.name) for row in rows], field.type) for field in schema]
        content = pyarrow.BufferOutputStream()
        parquet.write_table(pyarrow.Table.from_arrays(columns, schema=schema), content)
        part = content.getvalue().to_pybytes()
        try:
            with replacing(self.part_path(number)) as temporary:
                write_through(temporary, part)
                self.digests.add(number, part)
        except InputError as error:
            raise InputError(f"{error}; {KEPT}") from error

    def finish(self) -> None:
        """Leave a folder that is whole in its last order; the same study leaves the same bytes."""
        _check_parts(self.path, len(self.costs))
        self.digests.put_in_order(len(self.costs))


def table_schema(study: Study) -> pyarrow.Schema:
    """Return the columns of a study's rows: setting, axes, outputs, error; units in the fields' metadata.

    Parameters
    ----------
    study : Study — names axes and outputs [-]

    """
    import pyarrow

    types = {Kind.TEXT: pyarrow.string(), Kind.WHOLE: pyarrow.int64(), Kind.NUMBER: pyarrow.float64()}
    types[Kind.YES_NO] = pyarrow.bool_()
    fields = [pyarrow.field("setting", pyarrow.int64(), nullable=False)]
    fields += [pyarrow.field(name, types[AXES[name]], nullable=False) for name in study.axes]
    for name, (unit, text) in output_columns(study.outputs, study.replicates).items():
        kind = types[Kind.TEXT if text else Kind.NUMBER]
        fields.append(pyarrow.field(name, kind, metadata={"unit": unit}))
    return pyarrow.schema([*fields, pyarrow.field("error", pyarrow.string())])


def check_folder(study: Study, out: str | Path) -> Description | None:
    """Refuse a folder that holds anything but results of this study; writes nothing.

    Parameters
    ----------
    study : Study — to be run [-]
    out : str or Path — the folder [-]

    Returns
    -------
    described : Description or None — what it holds, None if no sweep has begun there [-]

    Raises
    ------
    InputError
        For a file, a folder in which something else lies, results of another study, or made with other versions.

    """
    _check_name(out)
    path = Path(out)
    if path.exists() and not path.is_dir():
        raise refuse("out", str(out), "a folder; this is a file")
    if not path.exists():
        if not path.absolute().parent.is_dir():
            raise refuse("out", str(out), f"a folder in one that exists; {path.parent} does not")
        return None
    described = read_description(path)
    if described is not None:
        described.check(study, out)
    elif (path / PARTS).exists():
        raise refuse("out", str(out), f"an empty or new folder; this one has {PARTS} but no {STUDY}")
    for file in sorted(path.iterdir()):
        if not _is_ours(file, begun=described is not None):
            raise refuse("out", str(out), f"{OURS}; {file.name} was not written by one")
    if described is not None:
        _check_parts(path, len(described.expected_seconds))
    return described


def _check_name(out: str | Path) -> None:
    if not str(out):
        raise refuse("out", str(out), "the name of a folder")
    try:
        str(out).encode()
    except UnicodeEncodeError as error:
        # Readers of Parquet can't open such a file by its name.
        raise refuse("out", str(out), "a folder whose name is valid UTF-8") from error


def _is_ours(file: Path, *, begun: bool) -> bool:
    """Whether a sweep wrote a file of the folder; before it has begun, that is only what leads up to `study.json`."""
    if file.name == LOCK:
        return file.is_file() and not file.is_symlink() and not file.stat().st_size
    if file.name == PARTS:
        return begun and file.is_dir()
    if file.name in WRITTEN:
        return begun and file.is_file()
    return left_over(file.name) in (WRITTEN if begun else (STUDY,))


def _check_parts(path: Path, count: int) -> None:
    """Refuse what lies among the parts and is none of them."""
    known = {part_name(number) for number in range(count)}
    for file in sorted((path / PARTS).iterdir()) if (path / PARTS).exists() else ():
        if file.name not in known and not HALF_A_PART.fullmatch(file.name):
            raise refuse("out", str(path), f"{OURS}; {PARTS}/{file.name} is none of its {count} parts")


def _faults(path: Path, count: int, digests: Digests) -> tuple[list[int], list[int]]:
    files = {number: path / PARTS / part_name(number) for number in range(count)}
    absent = [number for number, file in files.items() if not file.exists()]
    there = sorted(files.keys() - set(absent))
    return absent, [number for number in there if not digests.match(number, files[number])]


@contextmanager
def opened(study: Study, out: str | Path) -> Iterator[Folder]:
    """Hold a folder for this process: begin it, or go on where it was left.

    Parameters
    ----------
    study : Study — to be run [-]
    out : str or Path — the folder; made if it is not there [-]

    Raises
    ------
    InputError
        If another process writes there, or the folder holds something else.

    """
    check_folder(study, out)
    path = Path(out)
    try:
        path.mkdir(exist_ok=True)
        lock = (path / LOCK).open("a+b")
    except OSError as error:
        raise refuse("out", str(out), f"a folder that can be written ({error.strerror})") from error
    with lock:
        if not _locked(lock):
            raise refuse("out", str(out), "a folder that no other process writes; one is at work in this one")
        # Another process may have begun here between the look and the lock.
        described = check_folder(study, out)
        settings = settings_of(study)
        _clear(path)
        if described is None:
            # Parts may exist only beside the description of their study, so it comes before their folder.
            described = describe(study, settings)
            _begin(path / STUDY, described.text())
        if not (path / TOML).exists():
            _begin(path / TOML, study.to_toml())
        (path / PARTS).mkdir(exist_ok=True)
        yield Folder(path, study, settings, described.starts, described.expected_seconds, Digests(path / DIGESTS))


def _clear(path: Path) -> None:
    """Remove what killed processes have left half written; the folder is known to hold nothing but a sweep's files."""
    for file in path.iterdir():
        if left_over(file.name) in WRITTEN:
            file.unlink()
    for file in (path / PARTS).iterdir() if (path / PARTS).exists() else ():
        if HALF_A_PART.fullmatch(file.name):
            file.unlink()


def _begin(file: Path, text: str) -> None:
    with replacing(file) as temporary:
        write_through(temporary, text.encode())


def _locked(file: IO[bytes]) -> bool:
    """Lock a file for this process; the system lets go of it however the process ends."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@named
def read_results(folder: str | Path) -> pandas.DataFrame:
    """Return all rows of a finished study.

    Parameters
    ----------
    folder : str or Path — what `run_study` or `dermaroll sweep` has written [-]

    Raises
    ------
    InputError
        If it holds no study, or parts are missing, damaged or none of it: `pandas.read_parquet(folder / "parts")` reads
        what there is.

    """
    path = Path(folder)
    described = read_description(path)
    if described is None:
        raise refuse("folder", str(folder), f"a folder that `dermaroll sweep` has written; it has no {STUDY}")
    described.check_whole(folder)
    total = len(described.expected_seconds)
    _check_parts(path, total)
    absent, damaged = _faults(path, total, Digests(path / DIGESTS))
    if absent:
        raise refuse("folder", str(folder), f"a finished study; {len(absent)} of {total} parts are missing: go on")
    if damaged:
        what = f"{part_name(damaged[0])} is not what was written, {len(damaged)} of {total} parts so"
        raise refuse("folder", str(folder), f"a study that is whole; {what}: run the sweep again, which mends them")
    return rows_of(path)


def rows_of(path: Path) -> pandas.DataFrame:
    """Return all rows of a folder that is known to be whole.

    Parameters
    ----------
    path : Path — the folder [-]

    """
    import pandas

    return pandas.read_parquet(path / PARTS)
