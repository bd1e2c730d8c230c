"""What the skin builds after needling: signal, cells, collagen, elastin and epidermis over months.

The collagen model of Egberts 2021, without space: fibroblasts N, myofibroblasts M, signal c, collagen density rho,

    dN/dt = r_F [1 + r_Fmax c/(a1+c)] [1 - kappa (N+M)] N^(1+q) - k_F c N - delta_N N
    dM/dt = r_F [(1 + r_Fmax) c/(a1+c)] [1 - kappa (N+M)] M^(1+q) + k_F c N - delta_M M
    drho/dt = k_rho [1 + k_rhomax c/(a4+c)] (N + eta1 M) - delta_rho g rho,  g = (N + eta2 M) rho / (1 + a3 c)

It was made for burns, whose signal keeps itself up. Channels are small wounds in healthy skin, so c decays as a small
signal does there, at the rate delta_c N rho - k_c N / a2 = 0.16 a day (TGF-b3 was raised for 14 days, Aust 2010). Each
session adds c_wound (1 - exp(-reach x share of the layer's volume inside channels)); `signal_reach` is the one
constant fitted here, to one study. Elastin follows the same stimulus, the epidermis follows the papillary dermis.

In: volume shares of the layers by session, days. Out: a `HealingCourse`, relative to untreated skin, with a band.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import exp, sqrt
from types import SimpleNamespace

import numpy as np
from numpy.typing import ArrayLike
from scipy.integrate import solve_ivp
from scipy.optimize import brentq

from ...data.checks import refuse
from ...data.constants import after
from ...data.thickness import LAYERS
from ...geometry.arrays import Array, floats

PAPILLARY, RETICULAR = LAYERS.index("papillary_dermis"), LAYERS.index("reticular_dermis")
DERMIS = (PAPILLARY, RETICULAR)
MEMBERS = ("value", "low", "high")  # of the fitted and assumed constants: the course and its band
FITTED = ("signal_reach", "epidermis_per_collagen", "elastin_share")
DEFAULT_DAYS = np.arange(0.0, 366.0, 5.0)
LONGEST_DAYS = 3660.0
RELATIVE_ERROR = 1e-5
QUANTITIES = 5  # N, M, rho, elastin, epidermis
SHORTEST_STEP_DAYS = 1e-9  # a session on the last day still gets its entry
UNVERIFIED = (
    "healing is unverified: constants of egberts_2021 were not read in their source, one study (lotfi_2013) was "
    "fitted; elastin and the time constant of the epidermis are assumptions"
)


@dataclass(frozen=True)
class HealingCourse:
    """Skin over time against untreated skin; 1 is no change.

    Parameters
    ----------
    days : (T,) float — since the first session [d]
    collagen : (T,) float — of the papillary dermis, the layer of the calibrating study [-]
    collagen_reticular : (T,) float — of the reticular dermis [-]
    elastin : (T,) float — of the papillary dermis [-]
    epidermis : (T,) float — thickness [-]
    signal : (T,) float — inflammation: signal in the papillary dermis over that of an open wound [-]
    secretion : (T,) float — proliferation: collagen that the papillary dermis makes a day, over untreated [-]
    band : dict of (2, T) float — least and greatest course of collagen, collagen_reticular, elastin, epidermis [-]
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
    status: str = "unverified"

    def at(self, name: str, day: float) -> float:
        """Return a course's value on a day.

        Parameters
        ----------
        name : str — collagen, collagen_reticular, elastin, epidermis, signal or secretion [-]
        day : float — within the days of the course [d]

        """
        return float(np.interp(day, self.days, getattr(self, name)))


@cache
def _constants() -> SimpleNamespace:
    return SimpleNamespace(**{name: row.value for name, row in after().items()})


def _members(name: str) -> Array:
    row = after()[name]
    low, high = (row.value if limit is None else limit for limit in (row.low, row.high))
    return np.array([row.value, low, high])


@cache
def healthy_fibroblasts() -> float:
    """Return the fibroblasts per cm3 at which division and death balance without a signal."""
    k = _constants()

    def balance(number: float) -> float:
        return float(k.r_f * (1 - k.kappa_f * number) * number**k.q - k.delta_n)

    return float(brentq(balance, 0.1 * k.fibroblasts, 10 * k.fibroblasts, rtol=1e-14))


@cache
def signal_decay_per_day() -> float:
    """Return the rate at which a small signal dies away in healthy dermis."""
    k = _constants()
    density = sqrt(k.k_rho / k.delta_rho)
    return float(healthy_fibroblasts() * (k.delta_c * density - k.k_c / k.a2))


def _egberts_2021(
    days: float, state: Array, signal: Array, since: float, elastin_share: Array, thickening: Array
) -> Array:
    """Rates of N, M, rho, elastin and epidermis, relative to healthy skin, one after the other for each course."""
    k = _constants()
    healthy = healthy_fibroblasts()
    cells, contractile, collagen, elastin, epidermis = state.reshape(-1, QUANTITIES).T
    number, myo = healthy * cells, healthy * np.maximum(contractile, 0.0)
    c = signal * exp(-signal_decay_per_day() * (days - since))
    room = 1 - k.kappa_f * (number + myo)
    divide = c / (k.a1 + c)
    secrete = c / (k.a4 + c)
    change = k.k_f * c * number
    makers = (number + k.eta1 * myo) / healthy
    turnover = healthy * sqrt(k.k_rho * k.delta_rho)  # at equilibrium k_rho N / rho = delta_rho N rho
    removers = (number + k.eta2 * myo) / healthy / (1 + k.a3 * c)
    rates = np.array(
        [
            (k.r_f * (1 + k.r_f_max * divide) * room * number ** (1 + k.q) - change - k.delta_n * number) / healthy,
            (k.r_f * (1 + k.r_f_max) * divide * room * myo ** (1 + k.q) + change - k.delta_m * myo) / healthy,
            turnover * ((1 + k.k_rho_max * secrete) * makers - removers * collagen**2),
            turnover * (elastin_share * k.k_rho_max * secrete + 1 - elastin),
            (1 + thickening * (collagen - 1) - epidermis) / k.epidermis_turnover,
        ]
    )
    return rates.T.ravel()


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


def healing_course(
    layer_volume_fraction: ArrayLike, session_days: ArrayLike = (0.0,), days: ArrayLike | None = None
) -> HealingCourse:
    """Return how the skin changes over months after one or more sessions.

    Parameters
    ----------
    layer_volume_fraction : (5,) or (S, 5) float array — share of each layer that is inside channels, by session [-]
    session_days : (S,) float array — days of the sessions, rising; none for untreated skin [d]
    days : (T,) float array or None — days of the course, rising; None for a year in steps of 5 [d]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    shares, sessions, times = _checked(layer_volume_fraction, session_days, days)
    k = _constants()
    reach = _members("signal_reach")
    width = len(DERMIS) * len(MEMBERS)
    # (sessions, layers x members): what each session adds to the signal
    pulses = k.wound_signal * -np.expm1(-shares[:, DERMIS, None] * reach).reshape(sessions.size, width)
    elastin_share = np.tile(_members("elastin_share"), len(DERMIS))
    thickening = np.tile(_members("epidermis_per_collagen"), len(DERMIS))
    if not pulses.any():
        flat = np.ones_like(times)
        names = ("collagen", "collagen_reticular", "elastin", "epidermis")
        band = {name: np.ones((2, times.size)) for name in names}
        return HealingCourse(times, flat, flat, flat, flat, np.zeros_like(times), flat, band)

    state = np.tile([1.0, 0.0, 1.0, 1.0, 1.0], width)
    course = np.tile(state[:, None], times.size)
    signal = np.zeros(width)
    signals = np.zeros((width, times.size))
    stops = [*sessions, max(times[-1], sessions[-1]) + 1]
    decay = signal_decay_per_day()
    for number, (start, stop) in enumerate(pairwise(stops)):
        if start > times[-1]:
            break
        signal = signal * np.exp(-decay * (start - stops[number - 1])) if number else signal
        signal = signal + pulses[number]
        here = (times >= start) & (times < stop)
        end = max(min(stop, times[-1]), start + SHORTEST_STEP_DAYS)
        solved = solve_ivp(
            _egberts_2021,
            (start, end),
            state,
            method="LSODA",
            t_eval=np.union1d(times[here], end),
            args=(signal, start, elastin_share, thickening),
            rtol=RELATIVE_ERROR,
            atol=1e-9,
            # Courses do not touch each other: the Jacobian is a band.
            lband=QUANTITIES - 1,
            uband=QUANTITIES - 1,
        )
        course[:, here] = np.where(times[here] == start, state[:, None], solved.y[:, : here.sum()])
        signals[:, here] = signal[:, None] * np.exp(-decay * (times[here] - start))
        state = solved.y[:, -1]

    cells, myo, collagen, elastin, epidermis = np.moveaxis(
        course.reshape(len(DERMIS), len(MEMBERS), QUANTITIES, times.size), 2, 0
    )
    inflamed = signals.reshape(len(DERMIS), len(MEMBERS), -1)[0, 0]
    parts = {
        "collagen": collagen[0],
        "collagen_reticular": collagen[1],
        "elastin": elastin[0],
        "epidermis": epidermis[0],
    }
    return HealingCourse(
        days=times,
        collagen=collagen[0, 0],
        collagen_reticular=collagen[1, 0],
        elastin=elastin[0, 0],
        epidermis=epidermis[0, 0],
        signal=inflamed / k.wound_signal,
        secretion=((1 + k.k_rho_max * inflamed / (k.a4 + inflamed)) * (cells + k.eta1 * myo)[0, 0]),
        band={name: np.stack([part.min(axis=0), part.max(axis=0)]) for name, part in parts.items()},
    )
