"""Which files this process reads as input, so that nothing it writes ever takes the place of one.

In: paths as readers and writers have them. Out: a refusal where the two meet, by whatever spelling or link. Readers of
a user's files call `read_as_input`; whoever writes calls `refuse_inputs` first, and `keep_for_output` where it can say
early what it is going to write.
"""

from __future__ import annotations

import os
from pathlib import Path

from .checks import InputError, refuse

# By the path without links.
_READ: dict[str, Path] = {}
_KEPT: dict[str, Path] = {}


def read_as_input(path: str | Path) -> None:
    """Note a file that is about to be read as input.

    Parameters
    ----------
    path : str or Path — the file [-]

    Raises
    ------
    InputError
        If the file is to be written.

    """
    other = _same(path, _KEPT)
    if other is not None:
        raise _both(other, Path(path))
    _READ[_real(path)] = Path(path)


def refuse_inputs(path: str | Path) -> None:
    """Refuse to write a file that was read as input.

    Parameters
    ----------
    path : str or Path — file to write [-]

    Raises
    ------
    InputError
        If it is one, under this name or another.

    """
    other = _same(path, _READ)
    if other is not None:
        raise _both(Path(path), other)


def keep_for_output(path: str | Path) -> None:
    """Say that a file will be written, so that reading it as input is refused before the work and not after it.

    Parameters
    ----------
    path : str or Path — file to write [-]

    """
    refuse_inputs(path)
    _KEPT[_real(path)] = Path(path)


def forget_files() -> None:
    """Begin anew, as every command does: what one has read, another may write."""
    _READ.clear()
    _KEPT.clear()


def _both(written: Path, read: Path) -> InputError:
    return refuse("output", str(written), f"a file that is not read as input, as {read} is")


def _real(path: str | Path) -> str:
    # A name with NUL in it is no file's, and realpath won't have it.
    return str(path) if "\0" in str(path) else os.path.realpath(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name too long for this system is no file's either
        return False


def _same(path: str | Path, files: dict[str, Path]) -> Path | None:
    """The one of some files that a path leads to, by its name without links, or as another name of the same file."""
    real = Path(_real(path))
    if str(real) in files:
        return files[str(real)]
    if not _exists(real):
        return None
    # Hard links, and names that differ only in ways that the file system does not tell apart.
    return next((other for other in files.values() if _exists(other) and other.samefile(real)), None)
