"""Which argument it was: an error deep inside a public function becomes one line with its name and what is wanted.

In: a function whose docstring has a line an argument, `name : type — meaning [unit]`. Out: the same function. While
all goes well nothing is looked at; where an error comes back, arguments are held against what the docstring says.
"""

from __future__ import annotations

import inspect
import numbers
import re
from collections.abc import Callable, Iterator
from functools import wraps
from os import PathLike
from typing import Any, ParamSpec, TypeVar

import numpy as np

from .checks import InputError, refuse

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

ARGUMENT_LINE = re.compile(r"^ *([\w, ]+?) : (.+?) — (.+)$", re.MULTILINE)
NUMERIC_KINDS = "iufb"  # numpy's: no complex numbers, dates, text or records
# What a value that does not fit makes of the insides of numpy, shapely and this package.
CONFUSED = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError)


class NotNumbersError(InputError):
    """Something that is no array of numbers came where one is wanted; `named` says where."""


def named(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Have a public function say which argument it can't use, whatever the error inside.

    Parameters
    ----------
    function : callable — with a docstring of a line an argument [-]

    """

    @wraps(function)
    def call(*given: Given.args, **rest: Given.kwargs) -> Answer:
        try:
            return function(*given, **rest)
        except CONFUSED as error:
            if isinstance(error, InputError) and not isinstance(error, NotNumbersError):
                raise
            found = next(_unfit(function, given, rest), None)
            if found is None:
                raise
            raise refuse(*found) from error

    return call


def _unfit(
    function: Callable[..., Any], given: tuple[Any, ...], rest: dict[str, Any]
) -> Iterator[tuple[str, object, str]]:
    """Arguments that are not what the docstring says, with what it says."""
    try:
        arguments = inspect.signature(function).bind(*given, **rest).arguments
    except TypeError:
        return  # Python's own words name what is missing or too much
    for names, kind, meaning in ARGUMENT_LINE.findall(inspect.getdoc(function) or ""):
        for name in names.replace(" ", "").split(","):
            if name in arguments and not fits(arguments[name], kind):
                yield name, arguments[name], f"{kind}: {meaning}"


def fits(value: object, kind: str) -> bool:
    """Return whether a value is what the words of a docstring say; words that say nothing of types let all pass.

    Parameters
    ----------
    value : object — what came [-]
    kind : str — such as 'float or None', 'str, Path or Active', '(n, 2) float array' [-]

    """
    if "array" in kind or "(" in kind:
        return value is None if "None" in kind and value is None else is_numeric(value)
    return any(_is(value, word) for word in re.split(r",\s*|\s+or\s+", kind))


def _is(value: object, word: str) -> bool:
    match word:
        case "None":
            return value is None
        case "float":
            return isinstance(value, numbers.Real | np.floating | np.integer) and not isinstance(value, bool)
        case "int":
            return isinstance(value, numbers.Integral) and not isinstance(value, bool)
        case "bool":
            return isinstance(value, bool | np.bool_)
        case "str":
            return isinstance(value, str)
        case "Path":
            return isinstance(value, PathLike)
    if re.fullmatch(r"(?:shapely )?[A-Z]\w+", word):
        return word.rpartition(" ")[2] in {base.__name__ for base in type(value).__mro__} or _spec(value, word)
    if re.match(r"sequence|tuple|list|iterable|collection", word):
        return hasattr(value, "__iter__") and not isinstance(value, str | bytes | np.ndarray)
    return True


def _spec(value: object, word: str) -> bool:
    """Whether a word stands for several records: a DeviceSpec is one of three."""
    return word == "DeviceSpec" and type(value).__name__ in ("RollerSpec", "PenSpec", "StampSpec")


def is_numeric(value: object) -> bool:
    """Return whether a value is a number or an array of numbers: none complex, no dates, nothing masked, no text.

    Parameters
    ----------
    value : object — what came [-]

    """
    if isinstance(value, np.ma.MaskedArray):
        return False
    try:
        return np.asarray(value).dtype.kind in NUMERIC_KINDS
    except (TypeError, ValueError, OverflowError):
        return False
