"""Numbers as text, and tables that fit a width: columns are folded, or told in blocks one under the other."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

LEAST_WORDS = 24  # characters of the first column before a table is told in blocks
GAP = "  "


class Row(NamedTuple):
    """One quantity of all treatments."""

    quantity: str
    unit: str
    cells: tuple[str, ...]


def figure(value: float, spread: float = np.nan) -> str:
    """Return a number with three significant digits, and its standard deviation where there is one.

    Parameters
    ----------
    value, spread : float — in the unit of the row; NaN becomes a dash [as the row says]

    """
    if not np.isfinite(value):
        return "-"
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    if abs(spread) < 1e-12 * abs(value):
        spread = 0.0  # equal values whose mean was rounded
    return f"{text} ± {spread:.2g}" if np.isfinite(spread) else text


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


def span(low: float, high: float) -> str:
    """Return two ends in words, one where they read the same.

    Parameters
    ----------
    low, high : float — the ends [as the row says]

    """
    first, last = figure(low), figure(high)
    return first if first == last else f"{first} to {last}"


def table_lines(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the lines of a table: first column to the left, the others to the right, a rule under the heads.

    Where it is wider than `width` its first column is folded; where that is not enough, the table is turned if it has
    fewer rows than columns, and else told in blocks of columns one under the other. No cell is left out or cut.

    Parameters
    ----------
    heads : sequence of str — of the columns [-]
    rows : sequence of sequence of str — cells [-]
    width : int — of the screen [characters]

    """
    lines = [list(map(str, heads)), *(list(map(str, row)) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
    first, rest = widths[0], widths[1:]
    blocks: list[list[int]] = [[]]
    for column, wide in enumerate(rest, start=1):
        taken = sum(widths[other] + len(GAP) for other in blocks[-1])
        if blocks[-1] and min(first, LEAST_WORDS) + taken + len(GAP) + wide > width:
            blocks.append([])
        blocks[-1].append(column)
    if len(blocks) > 1 and len(rows) < len(rest):
        turned = [[str(line[column]) for line in lines] for column in range(len(heads))]
        yield from table_lines(turned[0], turned[1:], width)
        return
    for number, block in enumerate(blocks):
        if number:
            yield ""
        room = max(width - sum(min(widths[column], width - LEAST_WORDS) + len(GAP) for column in block), 1)
        yield from _block(lines, block, widths, min(first, max(room, min(first, LEAST_WORDS))), width)


def _block(lines: list[list[str]], block: list[int], widths: list[int], first: int, width: int) -> Iterator[str]:
    """One block of columns; what does not fit its column is folded."""
    most = max(width - first - len(GAP), 8)
    wide = {column: min(widths[column], most) for column in block}
    for number, line in enumerate(lines):
        words = textwrap.wrap(line[0], first, break_on_hyphens=False) or [""]
        cells = {column: textwrap.wrap(line[column], wide[column], break_on_hyphens=False) or [""] for column in block}
        for row in range(max(len(words), *(len(cell) for cell in cells.values()), 1)):
            told = [(words[row] if row < len(words) else "").ljust(first)]
            told += [(cell[row] if row < len(cell) else "").rjust(wide[column]) for column, cell in cells.items()]
            yield GAP.join(told).rstrip()
        if number == 0:
            yield "-" * min(width, first + sum(len(GAP) + wide[column] for column in block))
