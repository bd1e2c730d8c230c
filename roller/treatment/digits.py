"""Numbers as text, and tables that fit a width: cells are folded, or told in blocks one under the other."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from .quantity import Quantity

LEAST_WORDS = 24  # characters of the first column before a table is told in blocks
LEAST_WIDTH = 40  # characters of prose, however narrow a screen says it is
LONGEST_FIGURE = 16  # characters of a figure or a band: longer cells are prose
GAP = "  "
LARGEST_SPREAD = 99.5  # from here on two digits would be written with a power of ten


class Row(NamedTuple):
    """One quantity of all treatments."""

    quantity: str
    unit: str
    cells: tuple[str, ...]


def figure(value: float, spread: float = np.nan, floor: float = 0.0) -> str:
    """Return a number with three significant digits, and its standard deviation where there is one.

    Parameters
    ----------
    value, spread : float — in the unit of the row; NaN becomes a dash [as the row says]
    floor : float — least that anybody could have told; 'below 1' where the number is less [as the row says]

    """
    if not np.isfinite(value):
        return "-"
    if 0 < abs(value) < floor:
        return f"below {floor:.1g}"
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    if abs(spread) < 1e-12 * abs(value):
        spread = 0.0  # equal values whose mean was rounded
    if not (np.isfinite(spread) and spread > 0):
        return text
    width = f"{spread:.2g}"
    return f"{text} ± {float(width):.0f}" if spread >= LARGEST_SPREAD else f"{text} ± {width}"


def change(value: float, floor: float = 0.0) -> str:
    """Return a change in percent with its sign; 'below 3' where it is less than anybody could have told.

    Parameters
    ----------
    value : float — the change [%]
    floor : float — least change that can be told from none [%]

    """
    if not np.isfinite(value):
        return "-"
    if 0 < abs(value) < floor:
        return f"below {floor:.1g}"
    text = f"{value:+.0f}" if abs(value) >= 10 else f"{value:+.2g}"
    return "0" if abs(value) < 0.005 else text


def words_for(quantity: Quantity, *, end: bool = False) -> Callable[[float], str]:
    """Return what turns a printed value of a quantity into text: tables and pages say the same.

    The end of a band of changes keeps its sign however small it is, since that says which way the change may go.

    Parameters
    ----------
    quantity : Quantity — of the table [-]
    end : bool — for an end of a band, not for the figure itself [-]

    """
    if quantity.change:
        return partial(change, floor=0.0 if end else quantity.least)
    return partial(figure, floor=quantity.least)


def passes_words(count: int | str) -> str:
    """Return a number of passes in words.

    Parameters
    ----------
    count : int or str — of passes, or from how many to how many [-]

    """
    return f"{count} pass{'es' * (str(count) != '1')}"


def span(low: float, high: float) -> str:
    """Return two ends in words, one where they read the same.

    Parameters
    ----------
    low, high : float — the ends [as the row says]

    """
    return joined(figure(low), figure(high))


def joined(first: str, last: str) -> str:
    """Return two ends that are words already, one where they read the same.

    Parameters
    ----------
    first, last : str — the ends [-]

    """
    return first if first == last else f"{first} to {last}"


def chunks(cell: str) -> list[str]:
    """Return what of a cell may stand on a line of its own: the figure, (its spread), [what is not known of it].

    Parameters
    ----------
    cell : str — such as '1093 (914 to 1233) [726 to 1330]' [-]

    """
    return re.split(r" (?=[(\[])", cell)


def wrapped(text: str, width: int, hang: str = "") -> str:
    """Return prose with no line wider than a width, later lines after `hang`.

    Parameters
    ----------
    text : str — lines of prose [-]
    width : int — of the screen [characters]
    hang : str — before the second line and those after it [-]

    """
    lines = (
        textwrap.wrap(line, max(width, LEAST_WIDTH), subsequent_indent=hang, break_on_hyphens=False) or [""]
        for line in text.split("\n")
    )
    return "\n".join(line for folded in lines for line in folded)


def table_lines(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int, left: int = 1) -> Iterator[str]:
    """Yield the lines of a table: first columns to the left, the others to the right, a rule under the heads.

    Where it is wider than `width`, its heads and words are folded and a figure's bands go under the figure, so that all
    columns stand side by side; where even that is not enough, the table is turned if it has fewer rows than
    columns, and else told in blocks of columns one under the other. No cell is left out or cut.

    Parameters
    ----------
    heads : sequence of str — of the columns [-]
    rows : sequence of sequence of str — cells [-]
    width : int — of the screen [characters]
    left : int — columns that hold words and stand to the left [-]

    """
    lines = [list(map(str, heads)), *(list(map(str, row)) for row in rows)]
    columns = range(1, len(heads))
    natural = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    if sum(natural) + len(GAP) * len(columns) <= width:
        yield from _block(lines, list(columns), natural, left)
        return
    least = [_least([line[column] for line in lines], words=column == 0) for column in range(len(heads))]
    first = least[0] = max(min(natural[0], LEAST_WORDS), least[0])
    blocks: list[list[int]] = [[]]
    for column in columns:
        taken = sum(least[other] + len(GAP) for other in blocks[-1])
        if blocks[-1] and first + taken + len(GAP) + least[column] > width:
            blocks.append([])
        blocks[-1].append(column)
    if len(blocks) > 1 and len(rows) < len(columns):
        turned = [[str(line[column]) for line in lines] for column in range(len(heads))]
        yield from table_lines(turned[0], turned[1:], width)
        return
    for number, block in enumerate(blocks):
        if number:
            yield ""
        yield from _block(lines, block, _shared_out(natural, least, [0, *block], width), left)


def _least(cells: Sequence[str], *, words: bool) -> int:
    """Least width of a column: its figures with their bands under them, its words folded."""
    head, *figures = cells
    longest_word = max((len(word) for word in head.split()), default=1)
    if words:
        words_of = [word for cell in cells for word in cell.split()]
        return max((len(word) if len(word) <= LEAST_WORDS else LEAST_WORDS for word in words_of), default=1)
    longest = max((len(part) for cell in figures for part in chunks(cell)), default=1)
    folds = max((len(word) for cell in figures for word in cell.split()), default=1)
    # What is longer than any figure is prose, and folds at its words.
    return max(longest_word, longest if longest <= LONGEST_FIGURE else max(LONGEST_FIGURE, folds))


def _shared_out(natural: list[int], least: list[int], block: list[int], width: int) -> list[int]:
    """Widths of the columns of a block: the least each needs, and what is left where most is missing."""
    widths = list(natural)
    for column in block:
        widths[column] = least[column]
    left = width - sum(widths[column] for column in block) - len(GAP) * (len(block) - 1)
    # Words first: a folded head costs a line, folded words cost one in every row.
    for column in sorted(block, key=lambda column: (column != 0, natural[column])):
        more = min(max(left, 0), natural[column] - widths[column])
        widths[column] += more
        left -= more
    return widths


def _folded(cell: str, width: int, *, words: bool) -> list[str]:
    if len(cell) <= width:
        return [cell]
    parts = chunks(cell)
    if words or max(map(len, parts)) > LONGEST_FIGURE:
        # A name is there to be typed: it is broken at a hyphen only where it is longer than the column.
        long = max(map(len, cell.split()), default=0) > width
        return textwrap.wrap(cell, width, break_on_hyphens=long) or [""]
    found: list[str] = []
    for part in parts:
        found += textwrap.wrap(part, max(width, 1), break_on_hyphens=False, break_long_words=True) or [""]
    return found


def _block(lines: list[list[str]], block: list[int], widths: list[int], left: int) -> Iterator[str]:
    """One block of columns; what does not fit its column is folded."""
    shown = [0, *block]
    for number, line in enumerate(lines):
        cells = [_folded(line[column], widths[column], words=column == 0) for column in shown]
        height = max(len(cell) for cell in cells)
        if number == 0:
            cells = [[""] * (height - len(cell)) + cell for cell in cells]  # heads stand on the rule
        for row in range(height):
            told = []
            for column, cell in zip(shown, cells, strict=True):
                text = cell[row] if row < len(cell) else ""
                told.append(text.ljust(widths[column]) if column < left else text.rjust(widths[column]))
            yield GAP.join(told).rstrip()
        if number == 0:
            yield "-" * (sum(widths[column] for column in shown) + len(GAP) * len(block))
