"""Charts of what follows a session or a programme, and of the model beside what was measured.

In: each device's treatment with its label and its place in the JSON object. Out: drawings.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from ...roller.programme.sessions import Programme
from ...roller.treatment.comparison import Comparison
from ...roller.treatment.digits import change
from ...roller.treatment.digits import figure as digits
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import Treatment
from ...roller.validation.rows import run_validation
from ..charts.course import COURSES
from .drawing import Drawing, Named, axis, device_ink, nice, place

DAYS_PER_MONTH = 365.25 / 12
LEAST_CHANGE_PERCENT = 5.0  # an axis of changes is no narrower: noise is not to fill it


def after_drawings(result: Treatment | Comparison | Programme, labelled: Named) -> Iterator[Drawing]:
    """Yield the charts of what follows: closure, delivery, collagen.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    labelled : list of (int, Treatment, str, str) — number, treatment, label and path of each device [-]

    """
    named = [one for one in labelled if one[1].aftercare is not None]
    opened = [one for one in named if one[1]["density_per_cm2"] > 0]
    if opened:
        yield _closure(opened)
    delivered = [one for one in named if one[1].has("amount_ug_per_cm2")]
    if delivered:
        yield _delivery(delivered)
    if isinstance(result, Programme):
        yield _months(result)
    elif named:
        yield _collagen(named)


def _closure(opened: Named) -> Drawing:
    series: list[dict[str, object]] = []
    for number, _, label, root in opened:
        hours = place(f"{root}aftermath.closure.hours")
        hole = place(f"{root}aftermath.closure.open_area_share", 100)
        barrier = place(f"{root}aftermath.closure.barrier_share", -100, 100)
        series.append({"label": f"{label}, hole", "ink": device_ink(number), "x": hours, "y": hole})
        series.append({"label": f"{label}, barrier", "ink": device_ink(number), "x": hours, "y": barrier, "dash": True})
    said = "; ".join(f"{label} {digits(one['holes_closed_h'])} h" for _, one, label, _ in opened)
    back = digits(max(one["barrier_back_h"] for _, one, _, _ in opened))
    chart = {
        "kind": "lines",
        "along": "x",
        "x": axis("after rolling", 0.0, 48.0, "h"),
        "y": axis("still open", 1.0, 100.0, "%", log=True),
        "series": series,
    }
    words = f"Holes count as closed after: {said}. The barrier is back within {back} h."
    return Drawing("closure", "Channels close", chart, words)


def _delivery(delivered: Named) -> Drawing:
    first, first_place = delivered[0][1], delivered[0][3]
    amount, intact = QUANTITIES["amount_ug_per_cm2"], QUANTITIES["intact_amount_ug_per_cm2"]
    series = [
        {
            "label": label,
            "ink": device_ink(number),
            "mark": number,
            "x": place(f"{root}aftermath.delivery.hours"),
            "y": place(f"{root}aftermath.delivery.{amount.key}"),
        }
        for number, _, label, root in delivered
    ]
    through = f"{first_place}aftermath.delivery.{intact.key}"
    hours = place(f"{first_place}aftermath.delivery.hours")
    series.append({"label": intact.head, "ink": "var(--soft)", "dash": True, "x": hours, "y": place(through)})
    last = f"_at_{first.times['delivery_hour'][-1]:g}_h"
    said = "; ".join(f"{label} {digits(one[amount.key + last])} µg/cm²" for _, one, label, _ in delivered)
    active = first.aftercare.active.name if first.aftercare and first.aftercare.active else ""
    end = float(first.times["delivery_hour"][-1])
    most = max(float(one.mean(key).max()) for _, one, _, _ in delivered for key in (amount.key, intact.key))
    chart = {
        "kind": "lines",
        "along": "x",
        "x": axis("after application", 0.0, end, "h"),
        "y": axis(f"{active} {amount.head}", 0.0, nice(most), amount.pretty_unit),
        "series": series,
    }
    words = f"{active} delivered in {end:g} h: {said}; through intact skin {digits(first[intact.key + last])} µg/cm²."
    return Drawing("delivery", "Product comes in", chart, words)


def _changes(low: float, high: float, **more: Any) -> dict[str, Any]:
    """An axis of changes in percent that holds both ends and nothing finer than can be told."""
    least = -nice(-low) if low < -1 else (-1.0 if low < 0 else 0.0)
    return {"from": least, "to": max(LEAST_CHANGE_PERCENT, nice(high)), "unit": "%", **more}


def _collagen(named: Named) -> Drawing:
    ends = [100 * (one.uncertainty["collagen"] - 1) for _, one, _, _ in named if "collagen" in one.uncertainty]
    means = [100 * (one.mean("collagen") - 1) for _, one, _, _ in named]
    drawn = np.concatenate([np.ravel(part) for part in (*ends, *means)])
    months = float(max(one.days[-1] for _, one, _, _ in named)) / DAYS_PER_MONTH
    series = []
    for number, treatment, label, root in named:
        course = f"{root}aftermath.course."
        line: dict[str, Any] = {"label": label, "ink": device_ink(number)}
        line |= {"x": place(f"{course}days", 1 / DAYS_PER_MONTH), "y": place(f"{course}collagen", 100, -100)}
        if "collagen" in treatment.uncertainty:
            both = (place(f"{course}collagen_uncertainty.{end}", 100, -100) for end in (0, 1))
            line["unknown_low"], line["unknown_high"] = both
        series.append(line)
    chart = {
        "kind": "lines",
        "along": "x",
        "x": axis("after the session", 0.0, round(months, 2), "months"),
        "y": _changes(float(drawn.min()), float(drawn.max()), label=QUANTITIES["collagen"].words),
        "series": series,
    }
    said = "; ".join(f"{label} {_most(one)}" for _, one, label, _ in named)
    return Drawing(
        "collagen", "Collagen builds", chart, f"Most collagen of the papillary dermis after one session: {said}."
    )


def _months(result: Programme) -> Drawing:
    course = result.course
    drawn = [100 * (np.ravel(getattr(course, name)) - 1) for name in COURSES]
    drawn += [100 * (np.ravel(course.band[name]) - 1) for name in COURSES if name in course.band]
    both = np.concatenate(drawn)
    series = []
    for number, name in enumerate(COURSES):
        line: dict[str, Any] = {"label": QUANTITIES[name].words, "ink": device_ink(number)}
        line |= {"x": place("course.days"), "y": place(f"course.{name}", 100, -100)}
        if name in course.band:
            ends = (place(f"course.{name}_uncertainty.{end}", 100, -100) for end in (0, 1))
            line["unknown_low"], line["unknown_high"] = ends
        series.append(line)
    chart = {
        "kind": "lines",
        "along": "x",
        "x": axis("since the first session", 0.0, float(course.days[-1]), "days"),
        "y": _changes(float(both.min()), float(both.max()), label="change against untreated skin"),
        "series": series,
        "ticks": [session.day for session in result.sessions],
    }
    gain = 100 * (course.collagen[-1] - 1)
    words = f"On day {course.days[-1]:g} the collagen of the papillary dermis is {change(gain)} % from untreated skin."
    return Drawing("course", "Collagen, elastin and epidermis", chart, words, wide=True)


def _most(treatment: Treatment) -> str:
    """Most collagen after one session, and when."""
    quantity = QUANTITIES["collagen_peak_percent"]
    told = change(treatment[quantity.key], quantity.least)
    return f"{told} %" + (f" on day {treatment['collagen_peak_day']:.0f}" if treatment[quantity.key] else "")


@cache  # the same for every result
def published_drawing() -> Drawing:
    """Return the model beside what was measured, a line a published row."""
    found = run_validation()
    met = found.verdicts.count("met")
    rows = []
    for row, said, verdict in zip(found.rows, found.predictions, found.verdicts, strict=True):
        scale = row.measured or 1.0  # what was measured as nothing stands as it is
        low, high = (row.measured if end is None else end for end in (row.low, row.high))
        band = said.band or (said.value, said.value)
        numbers = {"low": low, "high": high, "measured": row.measured, "value": said.value}
        numbers |= {"from": min(band[0], said.value), "to": max(band[1], said.value)}
        shares = {name: _rounded(number, scale) for name, number in numbers.items()}
        told = f"measured {digits(row.measured)}, model {digits(said.value)} {row.unit}".rstrip()
        rows.append({"id": row.id, "fitted": bool(row.fitted), "verdict": verdict, "told": told, **shares})
    words = f"{met} of {len(found.rows)} published rows lie within what their source supports; the others are missed."
    chart = {"kind": "rows", "x": axis("over the measured value", 0.0, 2.1), "rows": rows}
    chart["inks"] = {"met": device_ink(0), "missed": device_ink(1)}
    return Drawing("published", f"{met} of {len(found.rows)} rows met", chart, words, wide=True)


def _rounded(value: float | None, scale: float) -> float | None:
    return None if value is None or not np.isfinite(value) else float(f"{value / scale:.5g}")
