"""The charts of a page as inline SVG, each with a sentence that says what it shows.

In: the result and its content. Out: sections of drawings. The same figure gives the same bytes: no date, no random
ids; ids are made unique in the page by the drawing's name, and text stays text in the reader's own font.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ...roller.programme.sessions import Programme
from ...roller.treatment.digits import change
from ...roller.treatment.digits import figure as digits
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import Treatment
from ...roller.validation.rows import run_validation
from ..charts.after import closure_chart, collagen_chart, delivery_chart
from ..charts.course import course_chart
from ..charts.coverage import published_chart
from ..charts.depth import coverage_bands_chart, depth_chart, depth_shown_um
from ..charts.map import map_chart
from .numbers import Content, Shown

MAP_DPI = 190
PUBLISHED_WIDTH_IN = 6.6
STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": "#30343a",
    "xtick.color": "#30343a",
    "ytick.color": "#30343a",
    "axes.edgecolor": "#8a9099",
    "legend.edgecolor": "#d6d9dd",
}


@dataclass(frozen=True)
class Drawing:
    """One chart: heading, the SVG itself, the sentence that stands for it, and whether it takes the whole width."""

    name: str
    heading: str
    svg: str
    words: str
    wide: bool = False


@dataclass(frozen=True)
class Chapter:
    """Charts that answer one question."""

    name: str
    title: str
    about: str
    drawings: tuple[Drawing, ...]


def inline_svg(figure: Figure, name: str, words: str) -> str:
    """Return a figure as SVG for a page: scaled by its box, ids of its own, an accessible name.

    Parameters
    ----------
    figure : Figure — what is drawn [-]
    name : str — unique in the page, put before every id [-]
    words : str — what the drawing shows, for those who can't see it [-]

    """
    written = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
        figure.savefig(written, format="svg", dpi=MAP_DPI, transparent=True, metadata={"Date": None})
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<defs>\s*<style.*?</defs>\s*", "", text, count=1, flags=re.DOTALL)  # it would style the whole page
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\b(id|clip-path|xlink:href)="(url\()?(#?)([^"]*?)(\)?)"', lambda found: _own(found, name), text)
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{_escaped(words)}" ', 1).strip()


def _own(found: re.Match[str], name: str) -> str:
    attribute, opening, mark, key, closing = found.groups()
    if key.startswith("data:"):
        return found[0]
    return f'{attribute}="{opening or ""}{mark}{name}-{key}{closing}"'


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def chapters(result: Shown, content: Content) -> list[Chapter]:
    """Return every chart of the page.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    content : Content — its JSON object [-]

    """
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]
        found = [
            Chapter(
                "depth",
                "How deep, and how much",
                "Coloured bands are the skin's layers at their mean thickness.",
                tuple(_depth_drawings(content)),
            ),
            Chapter(
                "map",
                "Channels and gaps",
                "The treated region from above, every channel at its place; circles mark the largest untouched disc.",
                tuple(_map_drawings(content)),
            ),
            Chapter(
                "after",
                "What follows",
                "Closure, product and collagen lean on unverified constants; the warnings below say which.",
                tuple(_after_drawings(result, content)),
            ),
            Chapter(
                "published",
                "The model beside measurements",
                "Published measurements that the model was held against; the same for every report.",
                (_published_drawing(),),
            ),
        ]
    return [chapter for chapter in found if chapter.drawings]


def _draw(name: str, heading: str, figure: Figure, words: str, *, wide: bool = False) -> Drawing:
    return Drawing(name, heading, inline_svg(figure, name, words), words, wide)


def _depth_drawings(content: Content) -> Iterator[Drawing]:
    floor = depth_shown_um(list(content.treatments))
    for number, (treatment, label) in enumerate(zip(content.treatments, content.labels, strict=True)):
        covered = 100 * treatment["surface_coverage"]
        words = (
            f"{label}: after {treatment.technique.passes} passes {digits(covered)} % of the surface lies inside a "
            f"channel, less the deeper one looks"
        )
        band = "; bands hold 5 to 95 % of the replicates." if treatment.replicates > 1 else "."
        yield _draw(f"coverage-{number}", f"{label}: coverage", coverage_bands_chart(treatment, floor), words + band)
        peak, low, high = (treatment[f"peak_depth_um_{name}"] for name in ("mean", "p05", "p95"))
        left = treatment["residual_depth_um_mean"]
        words = (
            f"{label}: no channel opens."
            if not np.isfinite(peak)
            else (
                f"{label}: channels are {digits(peak)} µm deep in the mean while the needle is in (5 to 95 %: "
                f"{digits(low)} to {digits(high)} µm) and stay open to {digits(left)} µm."
            )
        )
        yield _draw(f"depth-{number}", f"{label}: where channels end", depth_chart(treatment, floor), words)


def _map_drawings(content: Content) -> Iterator[Drawing]:
    for number, (treatment, label) in enumerate(zip(content.treatments, content.labels, strict=True)):
        count = int(treatment.channels.inside.sum())
        words = f"{label}: {count:,} channels in {treatment.region.area:g} mm²"
        if count:
            gap = float(treatment.each("largest_gap_mm")[0])
            words += f"; the largest untouched disc is {digits(gap)} mm wide"
        many = "; the first of the replicates." if treatment.replicates > 1 else "."
        yield _draw(f"map-{number}", label, map_chart(treatment), words + many)


def _after_drawings(result: Shown, content: Content) -> Iterator[Drawing]:
    named = [pair for pair in zip(content.labels, content.treatments, strict=True) if pair[1].aftercare is not None]
    opened = [(name, one) for name, one in named if one["density_per_cm2"] > 0]
    if opened:
        said = "; ".join(f"{name} {digits(one['holes_closed_h'])} h" for name, one in opened)
        back = digits(max(one["barrier_back_h"] for _, one in opened))
        words = f"Holes count as closed after: {said}. The barrier is back within {back} h."
        yield _draw("closure", "Channels close", closure_chart(opened), words)
    delivered = [(name, one) for name, one in named if one.has("amount_ug_per_cm2")]
    if delivered:
        first = delivered[0][1]
        last = f"_at_{first.times['delivery_hour'][-1]:g}_h"
        said = "; ".join(f"{name} {digits(one['amount_ug_per_cm2' + last])} µg/cm²" for name, one in delivered)
        active = first.aftercare.active.name if first.aftercare and first.aftercare.active else ""
        intact = digits(first["intact_amount_ug_per_cm2" + last])
        hours = f"{first.times['delivery_hour'][-1]:g} h"
        words = f"{active} delivered in {hours}: {said}; through intact skin {intact} µg/cm²."
        yield _draw("delivery", "Product comes in", delivery_chart(delivered), words)
    if isinstance(result, Programme):
        last_day, gain = result.course.days[-1], 100 * (result.course.collagen[-1] - 1)
        words = f"On day {last_day:g} the collagen of the papillary dermis is {change(gain)} % from untreated skin."
        yield _draw("course", "Collagen, elastin and epidermis", course_chart(result), words, wide=True)
    elif named:
        said = "; ".join(f"{name} {_most(one)}" for name, one in named)
        words = f"Most collagen of the papillary dermis after one session: {said}."
        yield _draw("collagen", "Collagen builds", collagen_chart(named), words)


def _most(treatment: Treatment) -> str:
    """Most collagen after one session, and when."""
    quantity = QUANTITIES["collagen_peak_percent"]
    told = change(treatment[quantity.key], quantity.least)
    return f"{told} %" + (f" on day {treatment['collagen_peak_day']:.0f}" if treatment[quantity.key] else "")


@cache  # the same for every result
def _published_drawing() -> Drawing:
    found = run_validation()
    met = found.verdicts.count("met")
    words = f"{met} of {len(found.rows)} published rows lie within what their source supports; the others are missed."
    chart = published_chart(found)
    chart.set_size_inches(PUBLISHED_WIDTH_IN, chart.get_figheight())  # narrow: its words stay legible on a page
    return _draw("published", f"{met} of {len(found.rows)} rows met", chart, words, wide=True)
