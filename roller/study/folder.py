"""The folder of a study's results: what lies in it, who may write it, and how a part gets there whole.

    study.toml           the study, as `dermaroll sweep` reads it
    study.json           the same with its fingerprint, versions, what names stand for, and where parts begin
    parts/part-*.parquet one row a setting, in order

One process at a time writes; a part is written under a temporary name, brought to the disk, and renamed.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ...data.checks import InputError, refuse
from ..output import json_text, replacing
from ..treatment.result import versions
from .axes import AXES, Kind
from .cost import cut_parts
from .definition import Settings, Study, settings_of
from .executor import Row
from .parts import output_columns

if TYPE_CHECKING:
    import pandas
    import pyarrow

SCHEMA = 1
LOCK, STUDY, TOML, PARTS = ".lock", "study.json", "study.toml", "parts"
KEPT = "finished parts are kept: run the same command to go on"
IGNORED = ("python",)  # compared without its last number, which changes no arithmetic


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

    """

    path: Path
    study: Study
    settings: Settings
    starts: tuple[int, ...]
    costs: tuple[float, ...]

    def part_path(self, number: int) -> Path:
        """Return where a part lies.

        Parameters
        ----------
        number : int — of the part [-]

        """
        return self.path / PARTS / f"part-{number:06d}.parquet"

    def missing(self) -> list[int]:
        """Return the numbers of the parts that are not there, or not whole."""
        return [number for number in range(len(self.costs)) if not self._is_whole(number)]

    def _is_whole(self, number: int) -> bool:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_metadata

        path = self.part_path(number)
        if not path.exists():
            return False
        try:
            return bool(read_metadata(path).num_rows == self.starts[number + 1] - self.starts[number])
        except (ArrowException, OSError):
            return False  # a disk may lose what it had taken: such a part is worked out again

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
        table = pyarrow.Table.from_arrays(columns, schema=schema)
        try:
            with replacing(self.part_path(number)) as temporary:
                parquet.write_table(table, temporary)
                _to_disk(temporary)
        except InputError as error:
            raise InputError(f"{error}; {KEPT}") from error


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


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def versions_here() -> dict[str, str]:
    """Return the versions that decide the bytes of a part."""
    import pyarrow

    return versions() | {"pyarrow": pyarrow.__version__}


def same_version(name: str, one: str, other: str) -> bool:
    """Return whether two versions give the same rows.

    Parameters
    ----------
    name : str — of the package [-]
    one, other : str — versions [-]

    """
    if name in IGNORED:
        return one.split(".")[:2] == other.split(".")[:2]
    return one == other


def check_folder(study: Study, out: str | Path) -> None:
    """Refuse a folder that holds something else; writes nothing.

    Parameters
    ----------
    study : Study — to be run [-]
    out : str or Path — the folder [-]

    Raises
    ------
    InputError
        For a file, results of another study, or results made with other versions.

    """
    path = Path(out)
    if path.exists() and not path.is_dir():
        raise refuse("out", str(out), "a folder; this is a file")
    if not path.exists() and not path.absolute().parent.is_dir():
        raise refuse("out", str(out), f"a folder in one that exists; {path.parent} does not")
    described = _read_description(path)
    if described is None:
        if (path / PARTS).exists():
            raise refuse("out", str(out), f"an empty or new folder; this one has {PARTS} but no {STUDY}")
        return
    theirs, ours = described.get("fingerprint"), study.fingerprint()
    if theirs != ours:
        held, asked = described.get("study", {}).get("title"), study.title
        raise refuse("out", str(out), f"a folder of its own for {asked!r} ({ours}); this holds {held!r} ({theirs})")
    here = versions_here()
    for name, version in described.get("versions", {}).items():
        if not same_version(name, version, here.get(name, "-")):
            allowed = f"the versions that its parts were made with: {name} {version}, here {here.get(name, '-')}"
            raise refuse("out", str(out), f"{allowed}; or a new folder")


def _read_description(path: Path) -> dict[str, Any] | None:
    file = path / STUDY
    if not file.exists():
        return None
    try:
        described = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{file} is not what `dermaroll sweep` writes: {error}") from error
    if not isinstance(described, dict) or not {"fingerprint", "study", "starts"} <= described.keys():
        raise InputError(f"{file} is not what `dermaroll sweep` writes")
    return described


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
        check_folder(study, out)
        described = _read_description(path)
        settings = settings_of(study)
        if described is None:
            starts, costs = cut_parts(study, settings)
            _begin(path, study, starts, costs)
        else:
            starts, costs = described["starts"], described["expected_seconds"]
        (path / PARTS).mkdir(exist_ok=True)
        for stale in (path / PARTS).glob(".part-*"):
            stale.unlink()
        yield Folder(path, study, settings, tuple(starts), tuple(costs))


def _begin(path: Path, study: Study, starts: list[int], costs: list[float]) -> None:
    for stale in path.glob(".study.*"):
        stale.unlink()
    with replacing(path / TOML) as temporary:
        temporary.write_text(study.to_toml(), encoding="utf-8")
        _to_disk(temporary)
    content = study.content()
    records = content.pop("records")
    described = {
        "schema": SCHEMA,
        "fingerprint": study.fingerprint(),
        "study": {"title": study.title} | content,
        "settings": study.size,
        "runs": study.runs,
        "versions": versions_here(),
        "records": records,
        "starts": starts,
        "expected_seconds": costs,
    }
    # Parts may exist only beside the description of their study, so it comes before their folder.
    with replacing(path / STUDY) as temporary:
        temporary.write_text(json_text(described), encoding="utf-8")
        _to_disk(temporary)


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


def read_results(folder: str | Path) -> pandas.DataFrame:
    """Return all rows of a finished study.

    Parameters
    ----------
    folder : str or Path — what `run_study` or `dermaroll sweep` has written [-]

    Raises
    ------
    InputError
        If it holds no study, or parts are missing: `pandas.read_parquet(folder / "parts")` reads what there is.

    """
    import pandas

    path = Path(folder)
    described = _read_description(path)
    if described is None:
        raise refuse("folder", str(folder), f"a folder that `dermaroll sweep` has written; it has no {STUDY}")
    total, there = len(described["expected_seconds"]), len(list((path / PARTS).glob("part-*.parquet")))
    if there < total:
        raise refuse("folder", str(folder), f"a finished study; {total - there} of {total} parts are missing: go on")
    return pandas.read_parquet(path / PARTS)
