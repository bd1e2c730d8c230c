"""`parts.sha256`: the digest of every part of a study, so that a damaged one is not taken for whole.

In: parts as they are written. Out: whether what lies on the disk is what was written. The file is of the form that
`sha256sum --check` reads. While a study runs, lines are added in the order in which parts end; at the end they are put
in the order of the parts.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from ..output import replacing

PARTS = "parts"
LINE = re.compile(rf"([0-9a-f]{{64}})  {PARTS}/part-(\d{{6}})\.parquet")
BLOCK = 1 << 20  # bytes read at a time


def part_name(number: int) -> str:
    """Return what the file of a part is called.

    Parameters
    ----------
    number : int — of the part [-]

    """
    return f"part-{number:06d}.parquet"


class Digests:
    """The digests of a folder's parts.

    Parameters
    ----------
    file : Path — where they are kept; it need not exist [-]

    """

    def __init__(self, file: Path) -> None:
        self._file = file
        text = file.read_bytes().decode("ascii", "replace") if file.is_file() else ""
        # A line that was torn or damaged is as good as none: its part is worked out again.
        found = [match for line in text.splitlines() if (match := LINE.fullmatch(line))]
        self._of = {int(match[2]): match[1] for match in found}
        self._torn = bool(text) and not text.endswith("\n")

    def add(self, number: int, content: bytes) -> None:
        """Keep the digest of a part; on the disk before the part is.

        Parameters
        ----------
        number : int — of the part [-]
        content : bytes — of its file [-]

        """
        self._of[number] = hashlib.sha256(content).hexdigest()
        torn, self._torn = self._torn, True  # until the line is there in full
        write_through(self._file, b"\n" * torn + self._line(number).encode(), "ab")
        self._torn = False

    def match(self, number: int, path: Path) -> bool:
        """Return whether a file holds what was written as a part.

        Parameters
        ----------
        number : int — of the part [-]
        path : Path — its file [-]

        """
        if number not in self._of:
            return False
        found = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    found.update(block)
        except OSError:
            return False  # a disk may lose what it had taken
        return found.hexdigest() == self._of[number]

    def put_in_order(self, count: int) -> None:
        """Leave one line a part, in order.

        Parameters
        ----------
        count : int — number of parts [-]

        """
        text = "".join(self._line(number) for number in range(count)).encode()
        if self._file.read_bytes() != text:
            with replacing(self._file) as temporary:
                write_through(temporary, text)

    def _line(self, number: int) -> str:
        return f"{self._of[number]}  {PARTS}/{part_name(number)}\n"


def write_through(path: Path, content: bytes, mode: str = "wb") -> None:
    """Write a file and wait until the disk has it.

    Parameters
    ----------
    path : Path — the file [-]
    content : bytes — what it is to hold [-]
    mode : str — as of `open`: 'wb', or 'ab' to add to it [-]

    """
    with path.open(mode) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
