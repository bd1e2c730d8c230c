"""What bad input gets: one line that names the field, its value, what is allowed and in which unit.

Records state their ranges with `Within`; everything else raises `InputError` by `refuse`. `one_line` turns pydantic's
report into the same kind of line, all problems in one, so that a user sees one style wherever the value came from.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)  # it has no public name

MOST_NAMES = 30  # of a catalogue in an error line
FEW_NAMES = 12  # that are listed where none comes close
LONGEST_VALUE_SHOWN = 80  # characters: a line stays a line, whatever was typed
LONGEST_LINE = 600  # characters of an error line; of a longer one the middle is left out
LEFT_OUT = " [...] "


class InputError(ValueError):
    """A value that a user gave can't be used; the message is one complete line, whatever it was made of."""

    def __init__(self, message: str = "") -> None:
        super().__init__(line_of(message))


class _OneLine(ModelMetaclass):
    """Makes a record that is called with a wrong field raise one line instead of pydantic's report."""

    def __call__(self, *arguments: Any, **fields: Any) -> Any:
        try:
            return super().__call__(*arguments, **fields)
        except ValidationError as error:
            raise InputError(one_line(error, kind=cast("type[BaseModel]", self))) from None


class Record(BaseModel, metaclass=_OneLine):
    """A frozen, checked record: a row of a table or a set of inputs; an unknown key is an error.

    A number is a number here, not a truth value and not text that reads like one; no number is NaN or infinite.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, raw: Any) -> Any:
        """Take lists for tuples and numpy's scalars for Python's, which mean the same; refuse unprintable text."""
        if not isinstance(raw, dict):
            return raw
        return {key: _same_in_python(key, value) for key, value in raw.items()}


def _same_in_python(field: object, value: Any) -> Any:
    if isinstance(value, str):
        if not value.replace("\n", " ").replace("\t", " ").isprintable():
            raise refuse(str(field), value, "text without control characters")
        return value
    if isinstance(value, list):
        return tuple(_same_in_python(field, part) if isinstance(part, list) else part for part in value)
    # A date of numpy's becomes a whole number, and what is masked 0.
    plain = getattr(getattr(value, "dtype", None), "kind", "") in "iufbcU" and not hasattr(value, "mask")
    return value.item() if plain and getattr(value, "shape", None) == () else value


@dataclass(frozen=True)
class Within:
    """Closed range of a numeric field, as metadata of an `Annotated` type.

    Parameters
    ----------
    low, high : float — smallest and largest value allowed [in `unit`]
    unit : str — unit of the field as printed, empty for pure numbers and counts [-]

    """

    low: float
    high: float
    unit: str = ""

    @property
    def allowed(self) -> str:
        """The range in words: 'between 0 and 50 N'."""
        return f"between {self.low:g} and {self.high:g} {self.unit}".rstrip()

    def number(self, field: str, value: Any, *, whole: bool = False) -> float:
        """Return the value of an argument if it is a number in the range; NaN and infinities never are.

        Parameters
        ----------
        field : str — name of the argument, for the error line [-]
        value : int or float — what was given [in `unit`]
        whole : bool — only whole numbers are allowed [-]

        """
        given = _same_in_python(field, value)
        number = isinstance(given, (int, float)) and not isinstance(given, bool)
        if not (number and self.low <= given <= self.high and (not whole or given == int(given))):
            raise refuse(field, value, self.allowed if number and not whole else self._kinds_allowed[whole])
        return int(given) if whole else float(given)

    @property
    def _kinds_allowed(self) -> tuple[str, str]:
        return f"a number {self.allowed}", f"a whole number {self.allowed}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        whole = schema["type"] == "int"

        def check(value: Any, read: core_schema.ValidatorFunctionWrapHandler) -> Any:
            # 16.0 passes are 16 passes, wherever the number comes from.
            given = int(value) if whole and isinstance(value, float) and value.is_integer() else value
            try:
                number = read(given)
            except ValidationError as error:
                raise PydanticCustomError("within", "{allowed}", {"allowed": self._kinds_allowed[whole]}) from error
            if not self.low <= number <= self.high:
                raise PydanticCustomError("within", "{allowed}", {"allowed": self.allowed})
            return number

        return core_schema.no_info_wrap_validator_function(check, schema)

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        unit = {"description": f"[{self.unit}]"} if self.unit else {}
        return handler(core) | {"minimum": self.low, "maximum": self.high} | unit


def shown(value: object) -> str:
    """Return the value as it appears in an error line: one line, not too long.

    Parameters
    ----------
    value : object — what came [-]

    """
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST_VALUE_SHOWN else text[: LONGEST_VALUE_SHOWN - 3] + "..."


def printable(text: str) -> str:
    """Return text whose control characters are shown by number: names of files can hold what moves a terminal.

    Parameters
    ----------
    text : str — of one line or several [-]

    """
    if all(line.isprintable() for line in text.split("\n")):
        return text
    return "".join(letter if letter.isprintable() or letter == "\n" else ascii(letter)[1:-1] for letter in text)


def line_of(text: str) -> str:
    """Return text as one line that a terminal can show: no line breaks, nothing invisible, not too long.

    Parameters
    ----------
    text : str — what is to be said [-]

    """
    line = printable(" ".join(text.split()))
    if len(line) <= LONGEST_LINE:
        return line
    room = LONGEST_LINE - len(LEFT_OUT)
    return line[: room - room // 3] + LEFT_OUT + line[-(room // 3) :]


def refuse(field: str, value: object, allowed: str) -> InputError:
    """Return the error for a field; the caller raises it.

    Parameters
    ----------
    field : str — name of the field, with its unit in the name where it has one [-]
    value : object — what came [-]
    allowed : str — what is allowed, with unit [-]

    """
    return InputError(f"{field} = {shown(value)} can't be used; allowed: {allowed}")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """Return the error for a name that a catalogue does not hold, with the closest names.

    Parameters
    ----------
    kind : str — what the catalogue holds, for example 'device' [-]
    name : str — the name asked for [-]
    known : iterable of str — the names there are [-]

    """
    names = sorted(known)
    close = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.4)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    hint = f"closest: {', '.join(close)}" if close else f"known: {', '.join(names[:MOST_NAMES])}{more}"
    return InputError(f"{kind} = {shown(name)} is not in the catalogue and is not a .toml file; {hint}")


def within_of(field: FieldInfo) -> Within | None:
    """Return the range of a field that holds a number, or may; None of others.

    Parameters
    ----------
    field : FieldInfo — of a record [-]

    """
    kinds = (field.annotation, *get_args(field.annotation))
    notes = [*field.metadata, *(part for kind in kinds for part in getattr(kind, "__metadata__", ()))]
    return next((part for part in notes if isinstance(part, Within)), None)


def allowed_words(field: FieldInfo) -> str:
    """Return what a field may hold, in words; empty where any text will do.

    Parameters
    ----------
    field : FieldInfo — of a record [-]

    """
    within = within_of(field)
    if within is not None:
        return within.allowed
    kinds = (field.annotation, *get_args(field.annotation))
    choices = [str(choice) for kind in kinds if get_origin(kind) is Literal for choice in get_args(kind)]
    return " or ".join(choices)


def one_line(error: ValidationError, record: str = "", kind: type[BaseModel] | None = None) -> str:
    """Return all problems of a pydantic report as one line.

    Parameters
    ----------
    error : ValidationError — pydantic's report [-]
    record : str — what was being read, for example a file name; put before the line [-]
    kind : type of BaseModel, or None — the record, which knows the names that an unknown key may have meant [-]

    """
    told: dict[tuple[Any, ...], str] = {}
    for problem in error.errors(include_url=False):
        place = tuple(part for part in problem["loc"] if part != "[key]")
        # Of kinds that a value may have, the first says enough.
        branch = next((number for number, part in enumerate(place) if _is_kind(part)), len(place))
        told.setdefault(place[:branch], _problem_line(problem, place, kind))
    line = "; ".join(told.values())
    return f"{record}: {line}" if record else line


def _is_kind(part: object) -> bool:
    return isinstance(part, str) and (part[:1].isupper() or "[" in part)


def _problem_line(problem: Any, place: tuple[Any, ...], kind: type[BaseModel] | None) -> str:
    field = ".".join(str(part) for part in place)
    reason = problem["msg"].removeprefix("Value error, ")
    known = {} if kind is None else fields_at(kind, place[:-1])
    match problem["type"]:
        case "missing":
            allowed = allowed_words(known[place[-1]]) if place[-1] in known else ""
            return f"{field} is missing" + (f"; allowed: {allowed}" if allowed else "")
        case "extra_forbidden":
            return f"{field} is not a known key" + closest_words(str(place[-1]), known)
        case "value_error":
            return f"{field}: {reason}" if field else str(reason)
        case "within":
            return str(refuse(field, problem["input"], reason))
        case "literal_error":
            return str(refuse(field, problem["input"], problem["ctx"]["expected"].replace("'", "")))
        case _:
            return str(refuse(field, problem["input"], reason[:1].lower() + reason[1:]))


def closest_words(name: str, known: Iterable[str]) -> str:
    """Return the names that an unknown one may have meant: '; closest: length_mm', or all of them if they are few.

    Parameters
    ----------
    name : str — the unknown one [-]
    known : iterable of str — the names there are [-]

    """
    names = list(known)
    close = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.6)
    if close:
        return f"; closest: {', '.join(close)}"
    return f"; known: {', '.join(names)}" if 0 < len(names) <= FEW_NAMES else ""


def fields_at(kind: type[BaseModel], place: tuple[Any, ...]) -> dict[str, FieldInfo]:
    """Return the fields of a record within a record by their names in files; none where there is no record.

    Parameters
    ----------
    kind : type of BaseModel — the outer record [-]
    place : tuple — names and numbers that lead to the inner one [-]

    """
    found: list[type[BaseModel]] = [kind]
    for part in place:
        if isinstance(part, int):
            continue
        fields = fields_at(found[0], ()) if found else {}
        found = list(_records_in(fields[part].annotation)) if part in fields else []
    return {field.alias or name: field for name, field in found[0].model_fields.items()} if found else {}


def _records_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _records_in(part)
