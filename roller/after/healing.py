"""What the skin builds after needling: collagen, elastin and epidermis over months, with what is not known of them.

Driven by the volume wounded in each layer, session by session; where nothing opens, nothing follows. Every member of
the ensemble (`data/healing_members.csv`) gives a course by the laws of `healing_laws.py`; the course handed out is
their median, its band their 5 and 95 %. A change that no biopsy study of needling could have told is flagged.

In: volume shares of the layers by session, days, age. Out: a `HealingCourse`, relative to untreated skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ...data.arguments import named
from ...data.checks import refuse
from ...data.constants import after, healing
from ...data.thickness import LAYERS
from ...geometry.arrays import Array, Flags, floats
from .healing_laws import (
    DERMIS,
    PRODUCTION,
    YOUNG,
    HealingMembers,
    answer_of,
    collagen_courses,
    epidermis_courses,
    shipped_members,
    wounded,
)
from .pools import bateman_1910, decaying_sums

CHANGES = ("collagen", "collagen_reticular", "elastin", "epidermis")
FLOORS = dict(zip(CHANGES, ("collagen_floor", "collagen_floor", "collagen_floor", "epidermis_floor"), strict=True))
BAND = (0.05, 0.95)
DEFAULT_DAYS = np.arange(0.0, 366.0, 5.0)
LONGEST_DAYS = 3660.0
OLDEST_YEARS = 120.0
MOST_SESSIONS = 60  # counted towards the plateau; no programme runs longer
DAYS_TO_PEAK = np.arange(0.0, 241.0, 10.0)  # after a session; young collagen peaks within them
UNVERIFIED = (
    "healing is unverified: three studies measured amounts after needling (lotfi_2013, aust_2008, kenkel_2021), the "
    "course over time leans on lasers; how much collagen stays for years, and elastin's sign, are open"
)


@dataclass(frozen=True)
class HealingCourse:
    """Skin over time against untreated skin; 1 is no change.

    Parameters
    ----------
    days : (T,) float array — since the first session [d]
    collagen : (T,) float array — of the papillary dermis, the layer of the calibrating study [-]
    collagen_reticular : (T,) float array — of the reticular dermis [-]
    elastin : (T,) float array — of the papillary dermis; its sign is not known [-]
    epidermis : (T,) float array — thickness [-]
    signal : (T,) float array — inflammation: signal in the papillary dermis over that of an open wound [-]
    secretion : (T,) float array — proliferation: collagen that the papillary dermis makes a day, over untreated [-]
    band : dict of (2, T) float array — 5 and 95 % of the members: collagen, collagen_reticular, elastin, epidermis [-]
    peak : dict of float — greatest value of each of these courses on its days [-]
    peak_day : dict of float or None — when; None where nothing changes [d]
    sessions_to_half : tuple of int, or None — such sessions, at this interval, until the young collagen of the
        papillary dermis is half of what endless ones would hold: median, 5 and 95 %; None where nothing opens [-]
    floor : dict of float — least change of each that a study of needling could have told [-]
    status : str — standing of the figures [-]

    """

    days: Array
    collagen: Array
    collagen_reticular: Array
    elastin: Array
    epidermis: Array
    signal: Array
    secretion: Array
    band: dict[str, Array]
    peak: dict[str, float]
    peak_day: dict[str, float | None]
    sessions_to_half: tuple[int, int, int] | None
    floor: dict[str, float]
    status: str = "unverified"

    def at(self, name: str, day: float) -> float:
        """Return a course's value on a day.

        Parameters
        ----------
        name : str — collagen, collagen_reticular, elastin, epidermis, signal or secretion [-]
        day : float — within the days of the course [d]

        """
        return float(np.interp(day, self.days, getattr(self, name)))

    def resolved(self, name: str) -> Flags:
        """Return on which days a change can be told from none: its sign is known, and it reaches the floor.

        Parameters
        ----------
        name : str — collagen, collagen_reticular, elastin or epidermis [-]

        """
        change, (low, high) = getattr(self, name) - 1, self.band[name] - 1
        told: Flags = (np.abs(change) >= self.floor[name]) & (low * high > 0)
        return told

    def words(self, name: str, day: float) -> str:
        """Return the change on a day as it may be printed: '+21 %', 'below 3 %', 'not resolved' or 'none'.

        Parameters
        ----------
        name : str — collagen, collagen_reticular, elastin or epidermis [-]
        day : float — within the days of the course [d]

        """
        floor, change = self.floor[name], self.at(name, day) - 1
        low, high = (float(np.interp(day, self.days, edge)) - 1 for edge in self.band[name])
        if low == change == high == 0:
            return "none"
        if low < 0 < high and max(-low, high) >= floor:
            return "not resolved"
        return f"{100 * change:+.0f} %" if abs(change) >= floor else f"below {100 * floor:.1g} %"


def _checked(
    layer_volume_fraction: ArrayLike, session_days: ArrayLike, days: ArrayLike | None
) -> tuple[Array, Array, Array]:
    sessions = np.atleast_1d(floats(session_days))
    if sessions.size and not (bool(np.isfinite(sessions).all()) and sessions[0] >= 0 and (np.diff(sessions) > 0).all()):
        raise refuse("session_days", sessions.tolist(), "rising days, the first at least 0")
    shares = np.atleast_2d(floats(layer_volume_fraction))
    if shares.shape[-1] != len(LAYERS) or shares.shape[0] not in (1, sessions.size):
        allowed = f"one row of {len(LAYERS)} layers, or one row a session"
        raise refuse("layer_volume_fraction", shares.shape, allowed)
    if not bool(((shares >= 0) & (shares <= 1)).all()):
        raise refuse("layer_volume_fraction", shares.tolist(), "between 0 and 1")
    times = DEFAULT_DAYS if days is None else np.atleast_1d(floats(days))
    rising = times.ndim == 1 and times.size > 0 and bool((np.diff(times) > 0).all())
    if not (rising and times[0] >= 0 and times[-1] <= LONGEST_DAYS):
        raise refuse("days", times, f"rising days between 0 and {LONGEST_DAYS:g}")
    return np.broadcast_to(shares, (sessions.size, len(LAYERS))), sessions, times


def _interval(sessions: Array) -> float:
    """Mean interval of a series; of one session the usual one."""
    return float(np.diff(sessions).mean()) if sessions.size > 1 else after()["remodelling_interval"].value


def sessions_to_half(
    members: HealingMembers, shares: Array, interval_days: float, age_years: float | None = None
) -> tuple[int, int, int] | None:
    """Return how many equal sessions bring the young collagen to half of what endless ones would hold.

    Both are counted at their peak after a session. Mature collagen is left out: it goes on growing for years.

    Parameters
    ----------
    members : HealingMembers — M of them [as its fields]
    shares : (5,) float array — share of each layer's volume inside channels, of one session [-]
    interval_days : float — between sessions [d]
    age_years : float or None — None for the age of the measured groups [years]

    Returns
    -------
    tuple of int, or None — median, 5 and 95 % of the members, at most 60; None where the papillary dermis is whole [-]

    """
    answer = answer_of(wounded(shares[None], age_years)[0, DERMIS[0]], members.reach)
    if not answer.any():
        return None
    rates = members.rates()[:, : YOUNG + 1]
    sessions = floats(interval_days * np.arange(MOST_SESSIONS))
    repeated = np.tile(answer, (MOST_SESSIONS, 1))
    counted = decaying_sums(repeated, sessions, rates, sessions, filling=PRODUCTION)
    # Endless sessions: what is recruited each time makes up for what has gone since the last.
    kept = np.exp(-rates * interval_days)
    recruited = answer * (1 - kept[:, PRODUCTION]) / (1 - (1 - answer) * kept[:, PRODUCTION])
    endless = recruited[:, None] / (1 - kept)
    shape = bateman_1910(rates)[:, YOUNG, :, None] * np.exp(-rates[..., None] * DAYS_TO_PEAK)
    held = np.einsum("min,mig->mng", counted, shape, optimize=True).max(axis=-1)
    plateau = np.einsum("mi,mig->mg", endless, shape).max(axis=-1)
    enough = held >= plateau[:, None] / 2
    count = np.where(enough.any(axis=-1), enough.argmax(axis=-1) + 1, MOST_SESSIONS)
    median, low, high = np.quantile(count, (0.5, *BAND), method="inverted_cdf")
    return int(median), int(low), int(high)


@named
def healing_course(
    layer_volume_fraction: ArrayLike,
    session_days: ArrayLike = (0.0,),
    days: ArrayLike | None = None,
    *,
    age_years: float | None = None,
    members: HealingMembers | None = None,
) -> HealingCourse:
    """Return how the skin changes over months after one or more sessions.

    Parameters
    ----------
    layer_volume_fraction : (5,) or (S, 5) float array — share of each layer that is inside channels, by session [-]
    session_days : (S,) float array — days of the sessions, rising; none for untreated skin [d]
    days : (T,) float array or None — days of the course, rising; None for a year in steps of 5 [d]
    age_years : float or None — age of the skin that was wounded; None for that of the measured groups [years]
    members : HealingMembers or None — None for the ensemble as shipped [as its fields]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    shares, sessions, times = _checked(layer_volume_fraction, session_days, days)
    if age_years is not None and not 0 <= age_years <= OLDEST_YEARS:
        raise refuse("age_years", age_years, f"between 0 and {OLDEST_YEARS:g} years")
    members = members or shipped_members()
    dermis = collagen_courses(members, shares, sessions, times, age_years)
    gain = dermis.young + dermis.mature
    changes = {
        "collagen": gain[0],
        "collagen_reticular": gain[1],
        "elastin": members.elastin_per_collagen[:, None] * dermis.young[0],
        "epidermis": epidermis_courses(members, shares, sessions, times, age_years),
    }
    # Members are sorted once a course; median and band are places in that order.
    told = {name: 1 + np.quantile(change, (0.5, *BAND), axis=0) for name, change in changes.items()}
    courses = {name: lines[0] for name, lines in told.items()}
    changed = {name: bool((course != 1).any()) for name, course in courses.items()}
    half = sessions_to_half(members, shares.mean(axis=0), _interval(sessions), age_years) if sessions.size else None
    return HealingCourse(
        days=times,
        **courses,
        signal=np.median(dermis.signal[0], axis=0),
        secretion=1 + np.median(dermis.production[0], axis=0),
        band={name: lines[1:] for name, lines in told.items()},
        peak={name: float(course.max()) for name, course in courses.items()},
        peak_day={name: float(times[course.argmax()]) if changed[name] else None for name, course in courses.items()},
        sessions_to_half=half,
        floor={name: healing()[row].value for name, row in FLOORS.items()},
    )
