"""`study.json`: which study a folder holds, with which versions it was made, and where its parts begin.

In: a study, or the file. Out: a checked `Description`. The file ends with a digest of all before it, so that nothing in
it changes unnoticed.
"""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from ...data.checks import InputError, Record, one_line, refuse
from ..output import json_text
from ..treatment.result import versions
from .cost import cut_parts
from .definition import Settings, Study

STUDY = "study.json"
SCHEMA = 2
IGNORED = ("python",)  # compared without its last number, which changes no arithmetic

Cost = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Description(Record):
    """What a folder of results holds.

    Parameters
    ----------
    layout : int — of the folder; `schema` in the file [-]
    fingerprint : str — of the study [-]
    study : dict — all that decides the rows but the records, and the title [-]
    settings, runs : int — of the study [-]
    versions : dict — of the packages that decide the bytes of a part, by name [-]
    records : dict — what names of devices, sites and actives stand for [-]
    starts : tuple of int — first setting of each part, and the number of settings at the end [-]
    expected_seconds : tuple of float — of each part [s]
    sha256 : str — digest of all the rest as it stands in the file [-]

    """

    layout: Annotated[Literal[2], Field(alias="schema")]
    fingerprint: Annotated[str, Field(min_length=1)]
    study: dict[str, Any]
    settings: Annotated[int, Field(ge=1)]
    runs: Annotated[int, Field(ge=1)]
    versions: Annotated[dict[str, str], Field(min_length=1)]
    records: dict[str, Any]
    starts: Annotated[tuple[int, ...], Field(min_length=2)]
    expected_seconds: Annotated[tuple[Cost, ...], Field(min_length=1)]
    sha256: str

    @model_validator(mode="after")
    def _parts_follow_each_other(self) -> Description:
        ends = (self.starts[0], self.starts[-1])
        if ends != (0, self.settings) or any(first >= last for first, last in pairwise(self.starts)):
            raise refuse("starts", list(self.starts), f"numbers that go up from 0 to settings = {self.settings}")
        if len(self.expected_seconds) != len(self.starts) - 1:
            raise refuse("expected_seconds", len(self.expected_seconds), f"{len(self.starts) - 1} numbers, one a part")
        return self

    def check(self, study: Study, out: str | Path) -> None:
        """Refuse another study, other versions, and what has been changed.

        Parameters
        ----------
        study : Study — to be run [-]
        out : str or Path — the folder [-]

        """
        if self.fingerprint != study.fingerprint():
            ours = f"{study.title!r} ({study.fingerprint()})"
            theirs = f"{self.study.get('title')!r} ({self.fingerprint})"
            raise refuse("out", str(out), f"a folder of its own for {ours}; this holds {theirs}")
        here = versions_here()
        for name, version in self.versions.items():
            if not same_version(name, version, here.get(name, "-")):
                allowed = f"the versions that its parts were made with: {name} {version}, here {here.get(name, '-')}"
                raise refuse("out", str(out), f"{allowed}; or a new folder")
        self.check_whole(out)

    def check_whole(self, out: str | Path) -> None:
        """Refuse what has been changed since it was written.

        Parameters
        ----------
        out : str or Path — the folder [-]

        """
        described = self.model_dump(by_alias=True, exclude={"sha256"})
        if self.sha256 != _digest(described):
            file = Path(out) / STUDY
            raise InputError(f"{file} is not what `dermaroll sweep` writes: changed since; take a new folder")

    def text(self) -> str:
        """Return the text of `study.json`."""
        return json_text(self.model_dump(by_alias=True))


def describe(study: Study, settings: Settings) -> Description:
    """Return the description of a study that is about to begin.

    Parameters
    ----------
    study : Study — checked [-]
    settings : Settings — of the study [-]

    """
    content = study.content()
    records = content.pop("records")
    starts, costs = cut_parts(study, settings)
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
    return Description(**described, sha256=_digest(described))


def _digest(described: dict[str, Any]) -> str:
    return hashlib.sha256(json_text(described).encode()).hexdigest()


def read_description(folder: Path) -> Description | None:
    """Return what the `study.json` of a folder says, None where there is none.

    Parameters
    ----------
    folder : Path — of results [-]

    Raises
    ------
    InputError
        If it is not what a sweep writes.

    """
    file = folder / STUDY
    if not file.exists():
        return None
    stranger = f"{file} is not what `dermaroll sweep` writes"
    if not file.is_file():
        raise InputError(f"{stranger}: no file")
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(raw, dict):
            raise InputError(stranger)
        if raw.get("schema") == 1:
            raise InputError(f"{file} is of an older dermaroll, whose parts have no digests; take a new folder")
        return Description.model_validate(raw)
    except ValidationError as error:
        raise InputError(f"{stranger}: {one_line(error)}") from error
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"{stranger}: {' '.join(str(error).split())}") from error


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
