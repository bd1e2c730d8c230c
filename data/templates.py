"""Records as TOML that a user can edit: each field with its unit and range in words, as the records state them.

In: a record. Out: text that reads back as the same record. `toml_value` is also what writes studies.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from .checks import Record, allowed_words

LONGEST_COMMENT = 60  # characters
LEFT_OUT = ("aliases",)  # by catalogue names alone


def toml_value(value: Any) -> str:
    """Return a value as TOML writes it.

    Parameters
    ----------
    value : any — text, number, truth value, and dicts, lists or tuples of them [-]

    """
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    # A TOML string, number or truth value reads like JSON's.
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else json.dumps(value)


def _key(key: object) -> str:
    text = str(key)
    return (
        text if text and all(sign.isalnum() or sign in "_-" for sign in text) and text.isascii() else toml_value(text)
    )


def template(record: Record, head: str = "") -> str:
    """Return a record as TOML to edit, a line a field with its range; what is not set stands there as a comment.

    Parameters
    ----------
    record : Record — what to start from [-]
    head : str — comment above it, in lines [-]

    """
    lines = [f"# {line}".rstrip() for line in head.splitlines()]
    lines += _fields(record, "")
    return "\n".join(lines) + "\n"


def _fields(record: BaseModel, table: str) -> list[str]:
    """Lines of plain fields, then tables and lists of tables, which TOML wants last."""
    plain, tables = [], []
    for name, field in type(record).model_fields.items():
        value, key = getattr(record, name), field.alias or name
        if name in LEFT_OUT:
            continue
        words = allowed_words(field)
        comment = f"  # {words}" if 0 < len(words) <= LONGEST_COMMENT else ""
        path = f"{table}.{key}" if table else key
        if isinstance(value, (tuple, list)) and any(isinstance(item, BaseModel) for item in value):
            for item in value:
                tables += ["", f"[[{path}]]", *_fields(item, path)]
        elif isinstance(value, BaseModel):
            tables += ["", f"[{path}]", *_fields(value, path)]
        elif isinstance(value, dict):
            entries = (f"{_key(part)} = {toml_value(_plain(item))}" for part, item in value.items())
            tables += ["", f"[{path}]{comment}", *entries] if value else []
        elif value is None:
            plain.append(f"# {key} ={comment}")
        else:
            plain.append(f"{key} = {toml_value(value)}{comment}")
    return plain + tables


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", by_alias=True, exclude_none=True) if isinstance(value, BaseModel) else value
