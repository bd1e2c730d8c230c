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

from ...roller.after.closure import ClosureCourse
from ...roller.after.delivery import Delivery
from ...roller.after.healing import HealingCourse
from ...roller.programme.sessions import Programme
from ...roller.treatment.comparison import Comparison
from ...roller.treatment.digits import figure as digits
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
                tuple(_after_drawings(result)),
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
        covered = 100 * treatment.mean("coverage")[-1, 0]
        words = (
            f"{label}: after {treatment.technique.passes} passes {digits(covered)} % of the surface lies inside a "
            f"channel, less the deeper one looks"
        )
        band = "; bands hold 5 to 95 % of the replicates." if treatment.replicates > 1 else "."
        yield _draw(f"coverage-{number}", f"{label}: coverage", coverage_bands_chart(treatment, floor), words + band)
        peak, residual = treatment.mean("peak_depth_um"), treatment.mean("residual_depth_um")
        words = (
            f"{label}: no channel opens."
            if not np.isfinite(peak[0])
            else (
                f"{label}: channels are {digits(peak[0])} µm deep in the mean while the needle is in (5 to 95 %: "
                f"{digits(peak[2])} to {digits(peak[4])} µm) and stay open to {digits(residual[0])} µm."
            )
        )
        yield _draw(f"depth-{number}", f"{label}: where channels end", depth_chart(treatment, floor), words)


def _map_drawings(content: Content) -> Iterator[Drawing]:
    floor = depth_shown_um(list(content.treatments))
    for number, (treatment, label) in enumerate(zip(content.treatments, content.labels, strict=True)):
        count = int(treatment.channels.inside.sum())
        words = f"{label}: {count:,} channels in {treatment.region.area:g} mm²"
        if count:
            gap = float(treatment.values["largest_gap_mm"][0, -1])
            words += f"; the largest untouched disc is {digits(gap)} mm wide"
        many = "; the first of the replicates." if treatment.replicates > 1 else "."
        yield _draw(f"map-{number}", label, map_chart(treatment, floor), words + many)


def _after_drawings(result: Shown) -> Iterator[Drawing]:
    closures, deliveries, courses = _followed(result)
    if closures:
        said = "; ".join(f"{name} {digits(course.closed_h)} h" for name, course in closures)
        back = digits(max(course.barrier_back_h for _, course in closures))
        words = f"Holes count as closed after: {said}. The barrier is back within {back} h."
        yield _draw("closure", "Channels close", closure_chart(closures), words)
    if deliveries:
        said = "; ".join(f"{name} {digits(float(got.amount_ug_per_cm2[-1]))} µg/cm²" for name, got in deliveries)
        hours, active = deliveries[0][1].hours[-1], deliveries[0][1].active.name
        intact = digits(float(deliveries[0][1].intact_amount_ug_per_cm2[-1]))
        words = f"{active} delivered in {hours:g} h: {said}; through intact skin {intact} µg/cm²."
        yield _draw("delivery", "Product comes in", delivery_chart(deliveries), words)
    if isinstance(result, Programme):
        last, gain = result.course.days[-1], 100 * (result.course.collagen[-1] - 1)
        words = f"On day {last:g} the collagen of the papillary dermis is {gain:+.2g} % from untreated skin."
        yield _draw("course", "Collagen, elastin and epidermis", course_chart(result), words, wide=True)
    elif courses:
        said = "; ".join(f"{name} {100 * (course.at('collagen', 180) - 1):+.2g} %" for name, course in courses)
        words = f"Collagen of the papillary dermis six months after one session: {said}."
        yield _draw("collagen", "Collagen builds", collagen_chart(courses), words)


Followed = tuple[list[tuple[str, ClosureCourse]], list[tuple[str, Delivery]], list[tuple[str, HealingCourse]]]


def _followed(result: Shown) -> Followed:
    if isinstance(result, Programme):
        first = {session.treatment.device.name: session for session in reversed(result.sessions)}
        named = list(reversed(first.items()))
        closures = [(name, session.closure) for name, session in named if session.risk.opened]
        return closures, [(name, session.delivery) for name, session in named if session.delivery], []
    aftermaths = result.aftermaths if isinstance(result, Comparison) else (result.aftermath,)
    treatments = result.treatments if isinstance(result, Comparison) else (result,)
    pairs = [(treatment.device.name, found) for treatment, found in zip(treatments, aftermaths, strict=True) if found]
    return (
        [(name, found.closure) for name, found in pairs if found.risk.opened],
        [(name, found.delivery) for name, found in pairs if found.delivery],
        [(name, found.healing) for name, found in pairs],
    )


@cache  # the same for every result
def _published_drawing() -> Drawing:
    found = run_validation()
    met = found.verdicts.count("met")
    words = f"{met} of {len(found.rows)} published rows lie within what their source supports; the others are missed."
    chart = published_chart(found)
    chart.set_size_inches(PUBLISHED_WIDTH_IN, chart.get_figheight())  # narrow: its words stay legible on a page
    return _draw("published", f"{met} of {len(found.rows)} rows met", chart, words, wide=True)
