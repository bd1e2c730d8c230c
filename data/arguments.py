"""Which argument it was: an error deep inside a public function becomes one line with its name and what is wanted.

In: a function whose docstring has a line an argument, `name : type — meaning [unit]`. Out: the same function. While
all goes well nothing is looked at; where an error comes back, arguments are held against what the docstring says.
"""

from __future__ import annotations

import datetime
import inspect
import numbers
import re
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from os import PathLike
from typing import Any, ParamSpec, TypeVar

import numpy as np

from .checks import InputError, refuse

Given = ParamSpec("Given")
Answer = TypeVar("Answer")

ARGUMENT_LINE = re.compile(r"^ *([\w, ]+?) : (.+?) — (.+)$", re.MULTILINE)
ODD = (complex, datetime.date, datetime.timedelta)
NUMERIC_KINDS = "iufb"  # numpy's: no complex numbers, dates, text or records
TYPE_WORDS = ("int", "float", "str", "bool")
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
            if any(map(_is_odd, (*given, *rest.values()))):
                raise NotNumbersError("no numbers")
            return function(*map(_plain, given), **{name: _plain(value) for name, value in rest.items()})
        except CONFUSED as error:
            if isinstance(error, InputError) and not isinstance(error, NotNumbersError):
                raise
            found = next(_unfit(function, given, rest), None)
            if found is None and str(error) == "no numbers":
                return function(*given, **rest)
            if found is None:
                raise
            raise refuse(*found) from error

    return call


def _is_odd(value: object) -> bool:
    """Whether numpy would take a value for numbers, though it is none: complex, a date, masked, text."""
    if isinstance(value, np.ndarray | np.generic):
        return isinstance(value, np.ma.MaskedArray) or value.dtype.kind not in NUMERIC_KINDS + "O"
    return isinstance(value, ODD)


def _plain(value: Any) -> Any:
    """A number of numpy's as one of Python's: one of 8 bits can't be multiplied by a thousand."""
    return value.item() if isinstance(value, np.generic) and value.dtype.kind in NUMERIC_KINDS else value


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
        if value is None and "None" in kind:
            return True
        return is_numeric(value) and np.ndim(value) <= most_dimensions(kind)  # type: ignore[arg-type]
    return any(_is(value, word) for word in re.split(r",\s*(?:or\s+)?|\s+or\s+", kind))


def most_dimensions(kind: str) -> float:
    """Return how many dimensions an array of a kind may have at most; infinity where its shape says nothing of that.

    Parameters
    ----------
    kind : str — such as '(n, 2) float array', '(5,) or (S, 5) float array' [-]

    """
    shapes = [
        [part for part in shape.replace(" ", "").split(",") if part] for shape in re.findall(r"\(([^()]*)\)", kind)
    ]
    if not shapes or any({"...", *TYPE_WORDS} & set(shape) for shape in shapes):
        return float("inf")
    return max(map(len, shapes))


def _is(value: object, word: str) -> bool:
    match word:
        case "None":
            return value is None
        case "float":
            return isinstance(value, numbers.Real | np.floating) and not isinstance(value, bool) and is_numeric(value)
        case "int":
            return isinstance(value, numbers.Integral) and not isinstance(value, bool) and is_numeric(value)
        case "bool":
            return isinstance(value, bool | np.bool_)
        case "str":
            return isinstance(value, str)
        case "Path":
            return isinstance(value, PathLike)
    if re.fullmatch(r"(?:shapely )?[A-Z]\w+", word):
        return word.rpartition(" ")[2] in {base.__name__ for base in type(value).__mro__} or _spec(value, word)
    if word.startswith("'"):
        return isinstance(value, str) and value == word.strip("'")
    if re.match("mapping|dict", word):
        return isinstance(value, Mapping)
    if re.match("(?:an? )?(?:sequence|tuple|list|iterable|collection)", word):
        listed = isinstance(value, list | tuple | set | frozenset | range | dict)
        return listed and not (word.endswith("of str") and any(not isinstance(one, str) for one in value))  # type: ignore[attr-defined]
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
