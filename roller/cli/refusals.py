"""What the option parser refuses, in the words of everything else that is refused: field, value, range and unit.

In: the parser's error. Out: one line. Ranges are those of the records that the options fill; the others stand here.
"""

from __future__ import annotations

from typing import Any

import typer
from pydantic import ValidationError

from ...data.checks import allowed_words, line_of, refuse

EXTRA = "Got unexpected extra argument"
KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}
# Options of goals and plans by the fields that they fill.
OF_GOALS = {"most-gap": "most_gap_mm", "most-pain": "most_pain_vs_26g", "certainty": "certainty"}


def refusal(error: typer.TyperException) -> str:
    """Return the line for what the parser refused.

    Parameters
    ----------
    error : TyperException — the parser's; one for a value knows option and value [-]

    """
    option: Any = getattr(error, "param", None)
    given = getattr(error, "option_name", None) or (max(option.opts, key=len) if option else "")
    name = str(given).lstrip("-")
    cause = error.__cause__
    if option is not None and isinstance(cause, ValidationError):
        (problem, *_) = cause.errors(include_url=False)
        kind = str(problem["type"]).partition("_")[0]
        choices = str(problem["msg"]).partition("is not one of ")[2]
        field, range_words = field_of(name)
        allowed = choices.replace("'", "").rstrip(".") or f"{KINDS.get(kind, '')} {range_words}".strip()
        if allowed:
            return str(refuse(field, problem["input"], allowed))
    words = error.format_message()
    if words.startswith(EXTRA):
        return str(refuse("argument", words[len(EXTRA) :].partition(" (")[2].rstrip(")"), _arguments_of(error)))
    if words.endswith("requires an argument."):
        range_words = field_of(name)[1]
        words = words.rstrip(".") + (f"; allowed: {range_words}" if range_words else "")
    return line_of(words)


def _arguments_of(error: typer.TyperException) -> str:
    """What a command takes beside its options, in words."""
    params: Any = getattr(getattr(getattr(error, "ctx", None), "command", None), "params", ())
    names = [param.name.upper() for param in params if getattr(param, "param_type_name", "") == "argument"]
    options = {name for param in params for name in param.opts}
    allowed = " ".join(names) + " and options" if names else "options only"
    return allowed + (", a device as --device NAME" if not names and "--device" in options else "")


def field_of(option: str) -> tuple[str, str]:
    """Return the field that an option fills, and its range in words, empty where there is none.

    Parameters
    ----------
    option : str — its name without dashes [-]

    """
    from ...data.catalog import AGES, DOSES
    from ..plan.goals import Goal
    from ..study.executor import MOST_WORKERS
    from ..technique import Technique, technique_inputs
    from ..treatment.treating import FILMS, MOST_REPLICATES

    for entry in technique_inputs():
        if entry.option == option:
            return entry.name, allowed_words(Technique.model_fields[entry.name])
    if option in OF_GOALS:
        return OF_GOALS[option], allowed_words(Goal.model_fields[OF_GOALS[option]])
    return {
        "age": ("age_years", AGES.allowed),
        "dose": ("dose_ug_per_cm2", DOSES.allowed),
        "film": ("film_um", FILMS.allowed),
        "replicates": ("replicates", f"between 1 and {MOST_REPLICATES}"),
        "seed": ("seed", "of at least 0"),
        "workers": ("workers", f"between 1 and {MOST_WORKERS}"),
        "port": ("port", "between 1 and 65535"),
        "most-passes": ("most_passes", "between 1 and 200"),
        "most-load": ("most_load_n", "between 0 and 50 N"),
        "sessions": ("sessions", "of at least 1"),
        "interval": ("interval_days", "above 0 d"),
        "bore-mm": ("bore_mm", "in mm, wide enough for an axle and narrower than the drum"),
    }.get(option, (option, ""))
