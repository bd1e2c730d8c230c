"""Diffusion from a film through layers, with links that lead past them, and a sink: implicit, exact in mass.

The state is the amount per area [ug/cm2] in the film, in each slice of each layer, and in what took it away. Between
two places flows a conductance [cm/s] times the difference of their activities (amount over capacity; the capacity is
thickness times partition). What leaves one place enters another, so the total stays to the last digit. In time: two
stages, second order, L-stable (Alexander 1977), steps that grow from the start. All members of an ensemble go together:
their slices, end to end, are one tridiagonal system, to which the film of each adds one row and one column.

In: a `Stack` of layers and links. Out: amounts at each time; steady flows from a film that does not run out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg.lapack import dpttrf, dpttrs

from ...geometry.arrays import Array, Ints, floats

GAMMA = 1 - 1 / sqrt(2)  # of the two-stage scheme
FILM = 0  # place of the film in the state; slices follow, then what was taken away


@dataclass(frozen=True)
class Layer:
    """One layer of tissue.

    Parameters
    ----------
    thickness_cm : float — thickness [cm]
    diffusivity : float or (M,) float — of the active in it [cm2/s]
    partition : float or (M,) float — its concentration over that of water in equilibrium [-]
    slices : int — cells it is cut into [-]
    clearance : float or (M,) float — share of its content that blood takes away a second [1/s]

    """

    thickness_cm: float
    diffusivity: ArrayLike
    partition: ArrayLike = 1.0
    slices: int = 10
    clearance: ArrayLike = 0.0


@dataclass(frozen=True)
class Stack:
    """Film, slices and sink of each member: capacities, conductances between neighbours, to the film, to the sink.

    Parameters
    ----------
    capacity_cm : (M, n) float — of the film and of each slice [cm]
    chain : (M, n - 1) float — conductance between each place and the next [cm/s]
    past : (M, n - 1) float — conductance of links that never close, from the film to each slice [cm/s]
    drain : (M, n) float — conductance from each place to what takes it away [cm/s]
    layer : (n,) int — layer of each place, -1 for the film [-]
    top_cm : (n,) float — depth of the top of each slice [cm]
    height_cm : (n,) float — height of each slice [cm]

    """

    capacity_cm: Array
    chain: Array
    past: Array
    drain: Array
    layer: Ints
    top_cm: Array
    height_cm: Array

    @property
    def size(self) -> int:
        """Number of places, the film included, the sink not [-]."""
        return int(self.layer.size)

    @property
    def members(self) -> int:
        """Number of members [-]."""
        return int(self.capacity_cm.shape[0])

    def twice(self) -> Stack:
        """Return the same members two times over, to march with and without channels in one go."""
        capacity, chain, past, drain = (
            np.concatenate([part, part]) for part in (self.capacity_cm, self.chain, self.past, self.drain)
        )
        return Stack(capacity, chain, past, drain, self.layer, self.top_cm, self.height_cm)


def build_stack(film_cm: float, layers: Sequence[Layer], *, open_bottom: bool = False, members: int = 1) -> Stack:
    """Cut layers into slices and link them.

    Parameters
    ----------
    film_cm : float — thickness of the film on top [cm]
    layers : sequence of Layer — from the surface down [-]
    open_bottom : bool — the last layer stands on a perfect sink; otherwise nothing leaves by its bottom [-]
    members : int — members of the ensemble [-]

    """
    count = [layer.slices for layer in layers]

    def per_slice(values: Sequence[ArrayLike]) -> Array:
        columns = [np.broadcast_to(np.asarray(value, dtype=np.float64), (members,)) for value in values]
        return floats(np.repeat(np.stack(columns, axis=1), count, axis=1))

    height = np.repeat([layer.thickness_cm / layer.slices for layer in layers], count)
    partition = per_slice([layer.partition for layer in layers])
    # Resistance of half a slice; two halves in series lie between the middles of neighbours.
    half = height / (2 * per_slice([layer.diffusivity for layer in layers]) * partition)
    resistance = np.concatenate([half[:, :1], half[:, :-1] + half[:, 1:]], axis=1)
    capacity = np.concatenate([np.full((members, 1), film_cm), height * partition], axis=1)
    drain = per_slice([layer.clearance for layer in layers]) * capacity[:, 1:]
    if open_bottom:
        drain[:, -1] += 1 / half[:, -1]
    return Stack(
        capacity_cm=capacity,
        chain=1 / resistance,
        past=np.zeros_like(resistance),
        drain=np.concatenate([np.zeros((members, 1)), drain], axis=1),
        layer=np.concatenate([[-1], np.repeat(np.arange(len(layers)), count)]),
        top_cm=np.concatenate([[0.0], np.cumsum(height) - height]),
        height_cm=np.concatenate([[film_cm], height]),
    )


@dataclass(frozen=True)
class _Film:
    """Solution of (capacity + pace K) a = b for all members: the slices' factors, and the column that the film adds."""

    factors: tuple[Array, Array]
    column: Array
    response: Array
    pivot: Array

    def solve(self, loads: Array) -> Array:
        """Activities (M, n) under loads (M, n)."""
        inner = _pttrs(self.factors, loads[:, 1:])
        film = (loads[:, FILM] + (self.column * inner).sum(axis=1)) / self.pivot
        return np.concatenate([film[:, None], inner + self.response * film[:, None]], axis=1)


def _pttrs(factors: tuple[Array, Array], loads: Array) -> Array:
    solution, failed = dpttrs(*factors, loads.reshape(-1, 1))
    if failed:
        raise ArithmeticError(f"the slices' equations can't be solved (dpttrs, {failed})")
    return floats(solution.reshape(loads.shape))


def _factored(stack: Stack, past: Array, capacity: Array, pace: float) -> _Film:
    """Factors of capacity + pace K, K being the conductances with the slices' links to the film.

    In activities the system is symmetric and positive, so the slices need no pivots.
    """
    column = pace * past
    column[:, 0] += pace * stack.chain[:, 0]
    between = pace * stack.chain[:, 1:]
    diagonal = capacity[:, 1:] + pace * stack.drain[:, 1:] + column
    diagonal[:, :-1] += between
    diagonal[:, 1:] += between
    # Members stand end to end: no link leads from the last slice of one to the first of the next.
    off = np.concatenate([-between, np.zeros((stack.members, 1))], axis=1).ravel()[:-1]
    d, e, failed = dpttrf(diagonal.ravel(), off)
    if failed:
        raise ArithmeticError(f"the slices' equations can't be solved (dpttrf, {failed})")
    response = _pttrs((d, e), column)
    pivot = capacity[:, FILM] + pace * stack.drain[:, FILM] + (column * (1 - response)).sum(axis=1)
    return _Film((d, e), column, response, pivot)


def _rates(stack: Stack, past: Array, activity: Array) -> Array:
    """What each place gains a second, (M, n + 1): flows between places, so that they sum to zero."""
    down = stack.chain * (activity[:, :-1] - activity[:, 1:])
    by = past * (activity[:, :1] - activity[:, 1:])
    lost = stack.drain * activity
    gain = np.empty((stack.members, stack.size + 1))
    np.negative(lost, out=gain[:, :-1])
    gain[:, :-2] -= down
    gain[:, 1:-1] += down
    gain[:, 1:-1] += by
    gain[:, FILM] -= by.sum(axis=1)
    gain[:, -1] = lost.sum(axis=1)
    return gain


def march(stack: Stack, by: Array, share: Array, dose: float, seconds: Array) -> Array:
    """Return the amounts in all places at given times.

    Parameters
    ----------
    stack : Stack — film and layers [-]
    by : (M, n - 1) float — conductance of the channels from the film to each slice, while all are open [cm/s]
    share : (T - 1,) or (T - 1, M) float — share of it that is left in each step [-]
    dose : float — amount in the film at the start [ug/cm2]
    seconds : (T,) float — rising times from 0; also the time steps [s]

    Returns
    -------
    (T, M, n + 1) float — amounts; the last column is what was taken away [ug/cm2]

    """
    amounts = np.zeros((seconds.size, stack.members, stack.size + 1))
    amounts[0, :, FILM] = dose
    left = np.asarray(share, dtype=np.float64)
    left = left[:, None] if left.ndim == 1 else left
    for number, step in enumerate(np.diff(seconds)):
        past = stack.past + left[number][:, None] * by
        film = _factored(stack, past, stack.capacity_cm, GAMMA * step)
        now = amounts[number]
        # Stage values Y1 = m + g dt A Y1, Y2 = m + (1 - g) dt A Y1 + g dt A Y2; amounts move by flows only.
        halfway = now + (1 - GAMMA) * step * _rates(stack, past, film.solve(now[:, :-1]))
        amounts[number + 1] = halfway + GAMMA * step * _rates(stack, past, film.solve(halfway[:, :-1]))
    return amounts


def steady_inflow(stack: Stack, by: Array) -> Array:
    """Return the flow per area and concentration out of a film that does not run out.

    Parameters
    ----------
    stack : Stack — film and layers; something must take the active away [-]
    by : (M, n - 1) float — conductance of the channels from the film to each slice [cm/s]

    Returns
    -------
    (M,) float — permeability of everything together [cm/s]

    """
    film = _factored(stack, stack.past + by, np.zeros_like(stack.capacity_cm), 1.0)
    # What is taken away, not what leaves the film: a difference of nearly equal figures would lose digits.
    return floats((stack.drain[:, 1:] * film.response).sum(axis=1))


def graded_times(seconds: float, steps: int) -> Array:
    """Return times from 0 that start close together and grow apart, as diffusion slows down.

    Parameters
    ----------
    seconds : float — last time [s]
    steps : int — number of steps [-]

    """
    return floats(seconds * np.linspace(0, 1, steps + 1) ** 3)
