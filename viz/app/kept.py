"""Answers that were given before, by their inputs, in bounded memory; nothing is on disk.

In: what was asked, as a key. Out: the bytes of the answer, or nothing.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from hashlib import sha256
from typing import Any

from pydantic import BaseModel
from shapely.geometry import Polygon

MOST_BYTES = 64_000_000
MOST_OF_ONE = MOST_BYTES // 8


class Kept:
    """The answers that were asked for last.

    Parameters
    ----------
    most_bytes : int — of all answers together [byte]

    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most, self._size = most_bytes, 0
        self._answers: OrderedDict[str, bytes] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        """Return an answer, None where there is none.

        Parameters
        ----------
        key : str — of what was asked [-]

        """
        found = self._answers.get(key)
        if found is not None:
            self._answers.move_to_end(key)
        return found

    def put(self, key: str, answer: bytes) -> None:
        """Keep an answer, and forget the eldest where there is no room.

        Parameters
        ----------
        key : str — of what was asked [-]
        answer : bytes — as it was given [-]

        """
        if len(answer) > min(MOST_OF_ONE, self._most):
            return
        self._size += len(answer) - len(self._answers.pop(key, b""))
        self._answers[key] = answer
        while self._size > self._most:
            self._size -= len(self._answers.popitem(last=False)[1])

    @property
    def size_bytes(self) -> int:
        """What is held [byte]."""
        return self._size


def key_of(*asked: Any) -> str:
    """Return what equal inputs share and different ones do not.

    Parameters
    ----------
    asked : object — names and records [-]

    """
    return sha256(repr([_told(one) for one in asked]).encode("utf-8", "backslashreplace")).hexdigest()


def _told(one: Any) -> Any:
    """What an input is, whole: a polygon's own words are cut short."""
    if isinstance(one, BaseModel):
        return type(one).__name__, one.model_dump(mode="json")
    return one.wkb_hex if isinstance(one, Polygon) else one


def packed(result: Any) -> bytes:
    """Return a result as one of our processes sends it to another.

    Parameters
    ----------
    result : object — such as a Treatment [-]

    """
    return pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)
