"""The charts of a page: what the page's script draws, and a sentence for each that says what it shows.

In: the result and its content. Out: chapters of drawings as plain objects. A drawing names its numbers by their place
in the JSON object, its labels and units come from the table of quantities, its colours from the palette; what is drawn
side by side shares its axes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_hex

from ...data.thickness import LAYER_WORDS
from ...geometry.arrays import Array
from ...roller.coverage.gaps import largest_untouched_disc
from ...roller.treatment.digits import figure as digits
from ...roller.treatment.digits import passes_words
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import Treatment
from ..charts.coverage import LEAST_SHARE_PERCENT
from ..palette import LAYER_COLOURS, PASS_MAP, channel_colour, colour_map
from .after_charts import after_drawings, published_drawing
from .drawing import Chapter, Drawing, axis, device_ink, nice, place
from .numbers import Content, Shown

Disc = tuple[Array, float]  # middle and diameter
PASSES_DRAWN = 5  # beside each other on a phone too
BINS = 40
SECTION_MM = 4.0  # of skin shown from the side
SLAB_MM = 0.5  # how far a channel may lie from the plane of the section


def chapters(
    result: Shown, content: Content, *, quick: bool = False, published: bool = True, untouched: Sequence[Disc] = ()
) -> list[Chapter]:
    """Return every chart of the page.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    content : Content — its JSON object [-]
    quick : bool — only what a first answer holds: no gaps, nothing that follows [-]
    published : bool — with the model beside measurements, which is the same for every result [-]
    untouched : sequence of (array, float) — of each treatment what `untouched_of` returns, if it is known already [mm]

    """
    found = [
        Chapter(
            "depth",
            "How deep, and how much",
            "Coloured bands are the skin's layers at their mean thickness; charts side by side share their axes.",
            (*_section_drawings(content), *_depth_drawings(content)),
        ),
        Chapter(
            "passes",
            "Pass by pass",
            "What each further pass adds, at the surface.",
            tuple(_pass_drawings(content)),
        ),
        Chapter(
            "map",
            "Channels and gaps",
            "The treated region from above, every channel at its place; a circle marks the largest untouched disc.",
            tuple(_map_drawings(content, untouched, quick=quick)),
        ),
    ]
    if not quick:
        about = "Closure, product and collagen lean on unverified constants; the warnings below say which."
        drawn = tuple(after_drawings(result, list(_labelled(content))))
        found.append(Chapter("after", "What follows", about, drawn))
    if published:
        about = "Published measurements that the model was held against; the same for every report."
        found.append(Chapter("published", "The model beside measurements", about, (published_drawing(),)))
    return [chapter for chapter in found if chapter.drawings]


def by_name(chapters_shown: list[Chapter]) -> dict[str, dict[str, Any]]:
    """Return what the script draws, by the name of the drawing.

    Parameters
    ----------
    chapters_shown : list of Chapter — of a page [-]

    """
    return {one.name: {**one.chart, "words": one.words} for chapter in chapters_shown for one in chapter.drawings}


def layers_drawn(treatment: Treatment, floor_um: float) -> list[dict[str, Any]]:
    """Return the layers of a treatment down to a depth: words, colour, top and bottom.

    Parameters
    ----------
    treatment : Treatment — whose mean layers [um]
    floor_um : float — depth shown at most [um]

    """
    tops, bottoms = treatment.mean("layer_top_um"), treatment.mean("layer_bottom_um")
    return [
        {"words": LAYER_WORDS[layer.name], "ink": LAYER_COLOURS[layer.name], "top": float(top), "bottom": float(bottom)}
        for layer, top, bottom in zip(treatment.site.layers, tops, np.minimum(bottoms, floor_um), strict=True)
        if top < floor_um
    ]


def _labelled(content: Content) -> Iterator[tuple[int, Treatment, str, str]]:
    """Number, treatment, what a reader calls the device, and path of each; twins by name are told apart."""
    called = [one.device.title for one in content.treatments]
    for number, (treatment, label) in enumerate(zip(content.treatments, content.labels, strict=True)):
        more = label.removeprefix(treatment.device.name)  # of several sites, or days
        twin = not more and called.count(called[number]) > 1
        yield (
            number,
            treatment,
            f"{called[number]} ({label})" if twin else called[number] + more,
            content.places[number],
        )


def depth_shown_um(treatments: Sequence[Treatment]) -> float:
    """Return a depth that charts side by side share: below the deepest channels, rounded up.

    Parameters
    ----------
    treatments : sequence of Treatment — those shown [-]

    """
    deepest = [float(treatment["peak_depth_um_p95"]) for treatment in treatments]
    found = max((depth for depth in deepest if np.isfinite(depth)), default=0.0)
    return float(max(400.0, 200 * np.ceil(1.2 * found / 200)))


def _depth_axis(floor_um: float) -> dict[str, Any]:
    return axis("depth", 0.0, floor_um, "µm", turned=True)


def _depth_drawings(content: Content) -> Iterator[Drawing]:
    floor = depth_shown_um(content.treatments)
    covered = [one["surface_coverage"] for one in content.treatments]
    widest = max(10.0, nice(200 * max(covered)))
    quantity = QUANTITIES["coverage"]
    for number, treatment, label, root in _labelled(content):
        percent = 100 * covered[number]
        words = (
            f"{label}: after {passes_words(treatment.technique.passes)} {digits(percent)} % of the surface lies "
            f"inside a channel, less the deeper one looks"
        )
        band = "; bands hold 5 to 95 % of the replicates." if treatment.replicates > 1 else "."
        if "coverage" in treatment.uncertainty:
            band += " The lighter shade around the last pass is what nobody has measured."
        chart = {
            "kind": "lines",
            "along": "y",
            "x": axis(quantity.words, LEAST_SHARE_PERCENT, widest, quantity.pretty_unit, log=True),
            "y": _depth_axis(floor),
            "layers": layers_drawn(treatment, floor),
            "legend": "after pass",
            "series": list(_coverage_series(treatment, root)),
        }
        yield Drawing(f"coverage-{number}", f"{label}: coverage", chart, words + band)
    counted = [_ends_in_bins(treatment, floor) for treatment in content.treatments]
    most = nice(max(float(counts.max(initial=0)) for both in counted for counts in both))
    for number, treatment, label, _ in _labelled(content):
        chart = {
            "kind": "lines",
            "along": "y",
            "x": axis(f"channels that end there, per cm² and {floor / BINS:g} µm", 0.0, most),
            "y": _depth_axis(floor),
            "layers": layers_drawn(treatment, floor),
            "series": [
                {"label": words, "ink": ink, "bars": True, "x": counts.round(4).tolist(), "edges": [0.0, floor]}
                for words, ink, counts in zip(
                    ("needle gone (residual)", "needle in (peak)"),
                    (channel_colour(150.0), channel_colour(900.0)),
                    counted[number],
                    strict=True,
                )
            ],
        }
        yield Drawing(f"depth-{number}", f"{label}: where channels end", chart, _ends_words(treatment, label))


def _coverage_series(treatment: Treatment, root: str) -> Iterator[dict[str, Any]]:
    total = treatment.technique.passes
    shown = np.unique(np.rint(np.geomspace(1, total, min(total, PASSES_DRAWN))).astype(int))
    inks = [to_hex(ink) for ink in colour_map(PASS_MAP)(np.linspace(0, 1, shown.size))]
    depths = place(f"{root}depths_um")
    for number, ink in zip(shown, inks, strict=True):
        line: dict[str, Any] = {"label": f"{number}", "ink": ink, "y": depths}
        line["x"] = place(f"{root}coverage.{number - 1}", 100)
        if treatment.replicates > 1:
            line["low"], line["high"] = (place(f"{root}coverage_band.{end}.{number - 1}", 100) for end in (0, 1))
        if number == total and "coverage" in treatment.uncertainty:
            ends = (place(f"{root}coverage_uncertainty.{end}.{number - 1}", 100) for end in (0, 1))
            line["unknown_low"], line["unknown_high"] = ends
        yield line
    if not treatment.has("residual_coverage"):
        return
    gone = place(f"{root}residual_coverage.{total - 1}", 100)
    yield {"label": f"{total}, needle gone", "ink": inks[-1], "dash": True, "x": gone, "y": depths}


def _ends_in_bins(treatment: Treatment, floor_um: float) -> tuple[Any, Any]:
    """Channels per cm2 that end in each of equal bins of depth: needle gone, needle in; of the first replicate."""
    channels = treatment.channels
    bins = np.linspace(0, floor_um, BINS + 1)
    residual, peak = (
        np.histogram(depth[channels.inside], bins)[0] * 100 / treatment.region.area
        for depth in (channels.residual_depth_um, channels.peak_depth_um)
    )
    return residual, peak


def _ends_words(treatment: Treatment, label: str) -> str:
    peak, low, high = (treatment[f"peak_depth_um_{name}"] for name in ("mean", "p05", "p95"))
    left = treatment["residual_depth_um_mean"]
    if not np.isfinite(peak):
        return f"{label}: no channel opens."
    words = (
        f"{label}: channels are {digits(peak)} µm deep in the mean while the needle is in (5 to 95 %: "
        f"{digits(low)} to {digits(high)} µm) and stay open to {digits(left)} µm."
    )
    if "peak_depth_um" in treatment.uncertainty:
        ends = [digits(float(end)) for end in treatment.uncertainty["peak_depth_um"][:, 0]]
        words += f" What nobody has measured puts the mean anywhere from {ends[0]} to {ends[1]} µm."
    return words


def _section_drawings(content: Content) -> Iterator[Drawing]:
    floor = depth_shown_um(content.treatments)
    for number, treatment, label, _ in _labelled(content):
        left, near, right, far = treatment.region.bounds
        width = min(SECTION_MM, right - left)
        middle = ((left + right) / 2, (near + far) / 2)
        chart = {
            "kind": "section",
            "device": number,
            "x": axis("along the skin", middle[0] - width / 2, middle[0] + width / 2, "mm"),
            "y": _depth_axis(floor),
            "plane": middle[1],
            "slab": SLAB_MM,
            "layers": layers_drawn(treatment, floor),
            "inks": [channel_colour(900.0), "#ffffff"],
        }
        words = (
            f"{label}, from the side: channels within {SLAB_MM:g} mm of a cut through the region's middle; depth has "
            "a scale of its own. Filled: needle in; white: what stays open."
        )
        yield Drawing(f"section-{number}", f"{label}: section", chart, words)


def _pass_drawings(content: Content) -> Iterator[Drawing]:
    passes = content.treatments[0].technique.passes
    if passes < 2 or any(one.technique.passes != passes for one in content.treatments):
        return
    for key in ("surface_coverage", "density_per_cm2"):
        quantity = QUANTITIES[key]
        series = [_by_pass(treatment, label, root, key, number) for number, treatment, label, root in
                  _labelled(content)]  # fmt: skip
        most = max(float((quantity.scale * one.mean(key)).max()) for one in content.treatments)
        chart = {
            "kind": "lines",
            "along": "x",
            "x": axis("passes", 1.0, float(passes), whole=True),
            "y": axis(quantity.head, 0.0, nice(most), quantity.pretty_unit),
            "series": series,
        }
        said = "; ".join(f"{label} {digits(quantity.scale * one[key])}" for _, one, label, _ in _labelled(content))
        unit = f" {quantity.pretty_unit}" if quantity.pretty_unit else ""
        words = f"{quantity.words[:1].upper()}{quantity.words[1:]} after {passes_words(passes)}: {said}{unit}."
        yield Drawing(f"passes-{key.split('_')[0]}", quantity.words[:1].upper() + quantity.words[1:], chart, words)


def _by_pass(treatment: Treatment, label: str, root: str, key: str, number: int) -> dict[str, Any]:
    scale = QUANTITIES[key].scale
    line: dict[str, Any] = {"label": label, "ink": device_ink(number), "mark": number}
    line |= {"x": place(f"{root}passes"), "y": place(f"{root}{key}", scale)}
    if treatment.replicates > 1:
        line |= {"low": place(f"{root}{key}_band.0", scale), "high": place(f"{root}{key}_band.1", scale)}
    if key in treatment.uncertainty:
        ends = (place(f"{root}{key}_uncertainty.{end}", scale) for end in (0, 1))
        line["unknown_low"], line["unknown_high"] = ends
    return line


def untouched_of(treatment: Treatment) -> Disc:
    """Return middle and diameter of the largest disc that no channel touches, of the first replicate [mm].

    Parameters
    ----------
    treatment : Treatment — whose channels [mm]

    """
    channels = treatment.channels
    return largest_untouched_disc(channels.x_mm, channels.y_mm, channels.surface_diameter_um / 2000, treatment.region)


def _map_drawings(content: Content, untouched: Sequence[Disc], *, quick: bool) -> Iterator[Drawing]:
    for number, treatment, label, _ in _labelled(content):
        channels, region = treatment.channels, treatment.region
        count = int(channels.inside.sum())
        words = f"{label}: {count:,} channels in {region.area:g} mm²"
        chart: dict[str, Any] = {"kind": "map", "device": number, "bounds": list(region.bounds)}
        chart["rings"] = [
            np.round(np.asarray(ring.coords)[:-1, :2], 4).tolist() for ring in (region.exterior, *region.interiors)
        ]
        chart["skin"] = LAYER_COLOURS["stratum_corneum"]
        if count and not quick:
            middle, diameter = untouched[number] if untouched else untouched_of(treatment)
            chart["gap"] = [float(middle[0]), float(middle[1]), float(diameter)]
            words += f"; the largest untouched disc is {digits(float(diameter))} mm wide"
        many = "; the first of the replicates." if treatment.replicates > 1 else "."
        yield Drawing(f"map-{number}", label, chart, words + many)
