"""`dermaroll plan`: from a goal to settings."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...data.checks import InputError, refuse
from . import options
from .show import Working, hand_out, print_notes, print_table, say

if TYPE_CHECKING:
    from ..plan.answer import Answer
    from ..plan.goals import Goal

OTHERS_SHOWN = 3
ENDINGS = (".json", ".csv", ".parquet")


class Use(StrEnum):
    """For whom a roller is sold."""

    HOME = "home"
    PROFESSIONAL = "professional"


@partial(options.with_setup, without=("passes", "load", "depths", "replicates"))
def plan(
    setup: options.Setup,
    goal: Annotated[Path | None, typer.Argument(metavar="GOAL.toml", help="The goal as TOML; or by options.")] = None,
    channels: Annotated[
        list[str] | None,
        typer.Option("--channels", metavar="LAYER:N", help="At least N channels per cm2 into a layer; repeatable."),
    ] = None,
    coverage: Annotated[
        list[str] | None,
        typer.Option("--coverage", metavar="DEPTH:SHARE", help="At least this share covered at a depth in um."),
    ] = None,
    most_gap: Annotated[float | None, typer.Option("--most-gap", help="Largest untouched disc, mm.")] = None,
    most_share: Annotated[
        list[str] | None,
        typer.Option("--most-share", metavar="LAYER:SHARE", help="At most this share of channels into a layer."),
    ] = None,
    most_bleeding: Annotated[
        str | None, typer.Option("--most-bleeding", help="At most this class: none, pinpoint or moderate.")
    ] = None,
    most_pain: Annotated[float | None, typer.Option("--most-pain", help="Over that of a 26G needle.")] = None,
    certainty: Annotated[
        float | None, typer.Option("--certainty", help="Share of people and models to be served; 0.9 unless given.")
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", help="Candidate; repeatable. None: the whole catalogue.")
    ] = None,
    use: Annotated[Use | None, typer.Option("--use", help="Candidates of the catalogue for this use only.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Candidates of the catalogue: roller, pen or stamp; repeatable.")
    ] = None,
    free: Annotated[
        str | None, typer.Option("--free", metavar="DEVICE", help="This roller, with needles of any length.")
    ] = None,
    most_passes: Annotated[int, typer.Option("--most-passes", help="Largest number of passes looked at.")] = 20,
    most_load: Annotated[
        float | None, typer.Option("--most-load", help="Greatest load looked at, N; 6 unless given.")
    ] = None,
    replicates: Annotated[int, typer.Option("--replicates", help="People whom the goal must serve.")] = 50,
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: Annotated[
        list[Path] | None, typer.Option("--output", "-o", help="Also write: .json .csv .parquet; repeatable.")
    ] = None,
    long: Annotated[bool, typer.Option("--long", help="Also say of each other candidate why it is no choice.")] = False,
    notes: options.Notes = False,
) -> None:
    """Find the shortest needles, the fewest passes and the loads that reach a goal."""
    from ..output import check_target
    from ..plan.choosing import plan_treatment

    for path in output or ():
        check_target(path, ENDINGS)
    given = {
        "least_channels_per_cm2": dict(_pairs("channels", channels)),
        "least_coverage": dict(_pairs("coverage", coverage)),
        "most_gap_mm": most_gap,
        "most_share_of_channels": dict(_pairs("most-share", most_share)),
        "most_bleeding": most_bleeding,
        "most_pain_vs_26g": most_pain,
        "certainty": certainty,
    }
    wanted = _goal(goal, {name: value for name, value in given.items() if value not in (None, {})})
    site, technique, rest = setup.arguments()
    with Working("candidates") as shown:
        answer = plan_treatment(
            wanted,
            site,
            _candidates(device, use, kind, free),
            free=free,
            technique=technique,
            most_passes=most_passes,
            most_load_n=most_load,
            region=rest["region"],
            replicates=replicates,
            seed=setup.seed,
            progress=lambda name, number, count: shown(number - 1, count, f"{name}, candidates"),
        )
    hand_out(answer, format, output, *ENDINGS, table=lambda: _print_answer(answer, every=long))
    print_notes(answer, every=notes)


def _pairs(option: str, texts: list[str] | None) -> Iterable[tuple[str, float]]:
    """Read `papillary-dermis:150`: layers by their names, with hyphens, spaces or underscores; each of them once."""
    seen: set[str | float] = set()
    for text in texts or ():
        name, _, value = text.partition(":")
        key, number = name.strip().lower().replace("-", "_").replace(" ", "_"), _number(value)
        if not key or number is None:
            raise refuse(option, text, "two parts with a colon between them, such as papillary-dermis:150 or 500:0.01")
        depth = _number(key)
        same = key if depth is None else depth
        if same in seen:
            raise refuse(option, text, "each layer or depth once")
        seen.add(same)
        yield key, number


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _goal(path: Path | None, given: dict[str, Any]) -> Goal:
    from ...data.tables import checked_row, read_record
    from ..plan.goals import Goal

    if path is None:
        return checked_row(Goal, given, "goal")
    if given:
        raise InputError(f"goal is given twice, by {path} and by {', '.join(given)}; allowed: one of both")
    return read_record(Goal, path)


def _candidates(
    device: list[str] | None, use: Use | None, kind: list[str] | None, free: str | None
) -> list[str] | None:
    from ...data.catalog import devices
    from ..technique import WORDS_OF

    if sum(choice is not None for choice in (device, use or kind, free)) > 1:
        raise InputError("candidates are given twice; allowed: one of --device, --use with --kind, and --free")
    if use is None and not kind:
        return device
    known = {words.removeprefix("a ") for words in WORDS_OF.values()}
    for one in kind or ():
        if one not in known:
            raise refuse("kind", one, ", ".join(dict.fromkeys(words.removeprefix("a ") for words in WORDS_OF.values())))
    wanted = kind or ["roller"]
    return [
        name
        for name, one in devices().items()
        if (use is None or one.use == use.value) and WORDS_OF[one.kind].removeprefix("a ") in wanted
    ]


def _print_answer(answer: Answer, *, every: bool) -> None:
    from ..plan.answer import choice_columns, choice_rows, goal_words
    from ..treatment.digits import passes_words
    from ..treatment.result import NOTICE

    if answer.choices:
        best = answer.choices[0]
        (low, high), figures = best.load_n, best.figures()
        moved = "" if figures["drag_speed_mm_s"] is None else f", {figures['moved']}"
        say(
            f"Shortest needles that reach it: {best.roller.title}, {best.roller.length_mm:g} mm, "
            f"{passes_words(figures['passes'])} at {low:.2g} to {high:.2g} N{moved}."
        )
    else:
        print("Nothing reaches it.")
    print()
    say(goal_words(answer))
    print()
    if answer.choices:
        print_table("choices: none has shorter needles with as few passes", choice_columns(), choice_rows(answer))
        say("\n".join(choice.cost_words for choice in answer.choices))
        print()
    others = answer.rejected
    if every or not answer.choices or len(others) <= OTHERS_SHOWN:
        rows = [[out.roller.title, f"{out.roller.name} ({out.length})", out.why] for out in others]
        print_table("the others, and why they are no choice", ["device", "name", "why"], rows, left=3)
    else:
        better = sum(out.better is not None for out in others)
        print(f"{len(others)} others: {better} reach it with longer needles or more passes,")
        print(f"{len(others) - better} do not reach it; --long says why of each")
    say("? leans on constants that nobody has verified")
    say(NOTICE)
