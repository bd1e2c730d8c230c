"""A page for the person who is treated: what will be done, how it looks for how long, what may come of it and when.

In: a Treatment or a Programme with what follows. Out: sentences of plain words, and a page of two sides of paper. No
catalogue names, nothing that sounds like a promise; how sure each line is stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup

from ...data.checks import refuse
from ...roller.output import write_text
from ...roller.programme.sessions import Programme
from ...roller.treatment.comparison import Comparison
from ...roller.treatment.quantities import QUANTITIES
from ...roller.treatment.result import Treatment
from .numbers import Shown
from .writing import WEB, environment

HOURS_A_DAY, DAYS_A_MONTH = 24.0, 30.4
LEAST_DAY_H, LEAST_DAYS_H = 20.0, 36.0  # from here on people say a day, and count days
WEAK, FAIR = "Not very sure", "Fairly sure"
# Of the pain of a thin needle: below the first hardly any, up to the last about as much.
PAIN_EDGES, PAIN_WORDS = (
    (0.2, 0.8, 1.3),
    (
        "You may feel hardly any pain.",
        "It may hurt less than the prick of a thin needle.",
        "It may hurt about as much as the prick of a thin needle.",
        "It may hurt more than the prick of a thin needle.",
    ),
)
BLOOD = {
    "none": "You are not likely to see blood.",
    "pinpoint": "You may see tiny dots of blood.",
    "moderate": "You may see some blood.",
    "marked": "You may see a fair amount of blood.",
}
BELOW_SHARE = 0.05  # of the holes, below the skin: from there on it is said


@dataclass(frozen=True)
class Said:
    """A line of the table: when, what may be seen, how sure that is."""

    when: str
    what: str
    sure: str


@dataclass(frozen=True)
class PatientPage:
    """The words of the page.

    Parameters
    ----------
    done : tuple of str — what will be done [-]
    looks : tuple of Said — how the skin may look and feel [-]
    later : tuple of Said — what may come of it, and when [-]
    unsure : tuple of str — why, and what this page can't say [-]

    """

    done: tuple[str, ...]
    looks: tuple[Said, ...]
    later: tuple[Said, ...]
    unsure: tuple[str, ...]

    @property
    def prose(self) -> str:
        """All sentences, one after the other [-]."""
        rows = [line.what for line in (*self.looks, *self.later)]
        return " ".join([*self.done, *rows, *self.unsure])


def write_patient_page(result: Shown, path: str | Path) -> None:
    """Write the page for the person treated: all or nothing.

    Parameters
    ----------
    result : Treatment or Programme — of one device and site, with what follows [-]
    path : str or Path — file to write, ending in .html [-]

    Raises
    ------
    InputError
        For a comparison, or if the file can't be written.

    """
    page = patient_words(result)
    style = Markup((WEB / "patient.css").read_text(encoding="utf-8"))
    text = environment().get_template("patient.html.jinja").render(page=page, style=style)
    write_text(path, text)


def patient_words(result: Shown) -> PatientPage:
    """Return the words of the page.

    Parameters
    ----------
    result : Treatment or Programme — of one device and site, with what follows [-]

    """
    if isinstance(result, Comparison):
        raise refuse("for", "patient", "one device on one site, by coverage or programme")
    one = result.sessions[0].treatment if isinstance(result, Programme) else result
    if one.aftercare is None:
        raise refuse("for", "patient", "a treatment that was asked what follows (--aftermath)")
    opens = one["density_per_cm2"] > 0
    return PatientPage(
        done=tuple(_done(result, one, opens=opens)),
        looks=tuple(_looks(one)) if opens else (Said("The same day", "You may see no change at all.", FAIR),),
        later=tuple(_later(result, one)) if opens else (),
        unsure=(
            "These numbers come from a model. The model is built on studies of other people.",
            "No one has tested it on you. Your skin may act in some other way.",
            "Where it says “not very sure”, only a few people were studied, or none.",
            "It can not tell what your face, your scars or your lines may look like.",
            "This page is no medical advice. If you are not sure, ask your clinic.",
        ),
    )


def _done(result: Treatment | Programme, one: Treatment, *, opens: bool) -> list[str]:
    place, roller = one.site.title.lower(), one.device
    what = "discs with thin teeth" if roller.kind == "disc" else "fine needles"
    lines = [f"A small roller with {what} is rolled over your skin. The place is the {place}."]
    if isinstance(result, Programme) and len(result.sessions) > 1:
        gaps = np.diff([session.day for session in result.sessions])
        weeks = f"{gaps.mean() / 7:.0f}" if gaps.mean() >= 7 else ""
        apart = f"about {weeks} week{'s' * (weeks != '1')} apart" if weeks else f"about {gaps.mean():.0f} days apart"
        lines.append(f"The plan is for {len(result.sessions)} visits, {apart}.")
    lines.append(
        f"The roller goes over each spot {one.technique.passes} times. The needles are {roller.length_mm:g} mm long."
    )
    if not opens:
        return [*lines, "In the model, the needles do not get through the skin."]
    depth, count = one["peak_depth_um_mean"] / 1000, float(f"{one['density_per_cm2']:.2g}")
    lines.append(f"They make about {count:g} tiny holes in a patch the size of a thumbnail.")
    lines.append(
        f"Most holes are about {depth:.1g} mm deep. That is less than the needles are long, as skin gives way."
    )
    below = one["hypodermis_density_per_cm2"] / one["density_per_cm2"]
    if below > BELOW_SHARE:
        lines.append(
            f"About {100 * below:.0f} of 100 holes may go right through the skin, to the fat below. "
            "Ask your clinic about this."
        )
    return lines


def _looks(one: Treatment) -> list[Said]:
    pain = PAIN_WORDS[int(np.searchsorted(PAIN_EDGES, one["pain_vs_26g"]))]
    lines = [Said("While it is done", f"{pain} {BLOOD[one['bleeding']]}", _sure("pain_vs_26g"))]
    for key, what in (("redness_h", "be red, like a sunburn"), ("swelling_h", "be a bit puffy")):
        hours = one[key] if one.has(key) else 0.0
        if hours > 0:
            said = f"Your skin may {what}, for about {_long(hours)}{_range(one, key)}."
            lines.append(Said(_up_to(hours), said, _sure(key)))
    said = f"The tiny holes may still be open for about {_long(one['holes_closed_h'])}{_range(one, 'holes_closed_h')}."
    lines.append(
        Said(_up_to(one["holes_closed_h"]), f"{said} Ask what you may put on your skin.", _sure("holes_closed_h"))
    )
    return lines


def _later(result: Treatment | Programme, one: Treatment) -> list[Said]:
    """What collagen may do; nothing is said of looks, which nothing here can tell."""
    if isinstance(result, Programme):
        course = result.course
        most = int(np.argmax(course.collagen))
        gain, day = 100 * (float(course.collagen[most]) - 1), float(course.days[most])
        low, high = (100 * (float(edge[most]) - 1) for edge in course.band["collagen"])
    else:
        gain, day = one["collagen_peak_percent"], one["collagen_peak_day"]
        low, high = one["collagen_peak_percent_uncertainty_low"], one["collagen_peak_percent_uncertainty_high"]
    first = Said(
        "The first weeks",
        "Your skin heals from the inside. You may not see a change yet.",
        _sure("collagen_peak_percent"),
    )
    if not gain >= QUANTITIES["collagen_peak_percent"].least:
        text = "Collagen is what keeps skin firm. The model shows no gain that a test could tell."
        return [first, Said("Later", text, WEAK)]
    text = (
        f"Collagen is what keeps skin firm. There may be about {gain:.0f} parts more for each 100 you have now. "
        f"It may be as few as {low:.0f} or as many as {high:.0f}. After that it may go down again."
    )
    return [first, Said(f"Near month {max(day / DAYS_A_MONTH, 1):.0f}", text, WEAK)]


def _sure(key: str) -> str:
    return WEAK if QUANTITIES[key].status == "unverified" else FAIR


def _long(hours: float) -> str:
    """A time as people say it."""
    if hours < 1:
        return "an hour or less"
    if hours < LEAST_DAY_H:
        count = round(hours)
        return f"{count} hour{'s' * (count != 1)}"
    return "a day" if hours < LEAST_DAYS_H else f"{round(hours / HOURS_A_DAY)} days"


def _range(one: Treatment, key: str) -> str:
    if key not in one.uncertainty:
        return ""
    low, high = (float(end) for end in one.uncertainty[key])
    if not np.isfinite([low, high]).all():
        return ""
    first, last = _long(low), _long(high)
    return "" if first == last else f". It may be as short as {first} or as long as {last}"


def _up_to(hours: float) -> str:
    if hours < LEAST_DAYS_H:
        return "The same day" if hours <= HOURS_A_DAY / 2 else "The first day"
    return f"The first {round(hours / HOURS_A_DAY)} days"
