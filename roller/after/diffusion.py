"""Diffusion from a film through layers, with channels that lead past them, and a sink: implicit, exact in mass.

The state is the amount per area [ug/cm2] in the film, in each slice of each layer, and in what took it away. Between
two places flows a conductance [cm/s] times the difference of their activities (amount over capacity; the capacity is
thickness times partition). What leaves one place enters another, so the total stays to the last digit. In time: two
stages, second order, L-stable (Alexander 1977), steps that grow from the start.

In: a `Stack` of layers and links. Out: amounts at each time; steady flows from a film that does not run out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

from ...geometry.arrays import Array, Ints, floats

GAMMA = 1 - 1 / sqrt(2)  # of the two-stage scheme
FILM = 0  # place of the film in the state; slices follow, then what was taken away


@dataclass(frozen=True)
class Layer:
    """One layer of tissue.

    Parameters
    ----------
    thickness_cm : float — thickness [cm]
    diffusivity : float — of the active in it [cm2/s]
    partition : float — its concentration over that of water in equilibrium [-]
    slices : int — cells it is cut into [-]
    clearance : float — share of its content that blood takes away a second [1/s]

    """

    thickness_cm: float
    diffusivity: float
    partition: float = 1.0
    slices: int = 10
    clearance: float = 0.0


@dataclass(frozen=True)
class Stack:
    """Film, slices and sink as a network: capacities, links between neighbours, links that bypass layers.

    Parameters
    ----------
    capacity_cm : (n,) float — of the film and of each slice [cm]
    upper, lower : (m,) int — places that the links connect; place n is what was taken away [-]
    conductance : (m,) float — of the links [cm/s]
    clearance : (n,) float — share of each place's content that is taken away a second [1/s]
    layer : (n,) int — layer of each place, -1 for the film [-]
    depth_cm : (n,) float — depth of the middle of each slice [cm]

    """

    capacity_cm: Array
    upper: Ints
    lower: Ints
    conductance: Array
    clearance: Array
    layer: Ints
    depth_cm: Array

    @property
    def size(self) -> int:
        """Number of places, the film included, the sink not [-]."""
        return self.capacity_cm.size


def build_stack(film_cm: float, layers: Sequence[Layer], *, open_bottom: bool = False) -> Stack:
    """Cut layers into slices and link them.

    Parameters
    ----------
    film_cm : float — thickness of the film on top [cm]
    layers : sequence of Layer — from the surface down [-]
    open_bottom : bool — the last layer stands on a perfect sink; otherwise nothing leaves by its bottom [-]

    """
    count = [layer.slices for layer in layers]
    number = np.repeat(np.arange(len(layers)), count)
    height = np.repeat([layer.thickness_cm / layer.slices for layer in layers], count)
    partition = np.repeat([layer.partition for layer in layers], count)
    # Resistance of half a slice; two halves in series lie between the middles of neighbours.
    half = height / (2 * np.repeat([layer.diffusivity * layer.partition for layer in layers], count))
    resistance = np.concatenate([half[:1], half[:-1] + half[1:], half[-1:]])
    links = resistance.size if open_bottom else resistance.size - 1
    return Stack(
        capacity_cm=np.concatenate([[film_cm], height * partition]),
        upper=np.arange(links),
        lower=np.arange(1, links + 1),
        conductance=1 / resistance[:links],
        clearance=np.concatenate([[0.0], np.repeat([layer.clearance for layer in layers], count)]),
        layer=np.concatenate([[-1], number]),
        depth_cm=np.concatenate([[0.0], np.cumsum(height) - height / 2]),
    )


def _entries(upper: Ints, lower: Ints, conductance: Array, capacity: Array) -> tuple[Array, Ints, Ints]:
    """Matrix entries of dm/dt = A m for links; columns sum to zero, so mass is kept."""
    room = np.concatenate([capacity, [np.inf]])  # what was taken away never returns
    down, up = conductance / room[upper], conductance / room[lower]
    data = np.concatenate([-down, down, up, -up])
    rows = np.concatenate([upper, lower, upper, lower])
    return data, rows, np.concatenate([upper, upper, lower, lower])


def march(
    stack: Stack,
    by: tuple[Ints, Ints, Array],
    share: Callable[[Array], Array],
    dose: float,
    seconds: Array,
) -> Array:
    """Return the amounts in all places at given times.

    Parameters
    ----------
    stack : Stack — film and layers [-]
    by : ((k,) int, (k,) int, (k,) float) — places that channels connect, and their conductance when open [-, -, cm/s]
    share : callable — share of that conductance that is left, for an array of times in seconds [-]
    dose : float — amount in the film at the start [ug/cm2]
    seconds : (T,) float — rising times from 0; also the time steps [s]

    Returns
    -------
    (T, n + 1) float — amounts; the last column is what was taken away [ug/cm2]

    """
    size = stack.size + 1
    fixed = _entries(stack.upper, stack.lower, stack.conductance, stack.capacity_cm)
    places = np.arange(stack.size)
    sink = np.full(stack.size, stack.size)
    lost = (
        np.concatenate([-stack.clearance, stack.clearance]),
        np.concatenate([places, sink]),
        np.concatenate([places, places]),
    )
    shut = _entries(by[0], by[1], by[2], stack.capacity_cm)
    ones = (np.ones(size), np.arange(size), np.arange(size))
    # All parts on one pattern of non-zeros, so that a time step only adds up their values.
    rows = np.concatenate([part[1] for part in (fixed, lost, shut, ones)]).astype(np.int64)
    columns = np.concatenate([part[2] for part in (fixed, lost, shut, ones)]).astype(np.int64)
    keys, where = np.unique(columns * size + rows, return_inverse=True)

    def values(*parts: int) -> Array:
        every = (fixed, lost, shut, ones)
        data = np.concatenate([part[0] if number in parts else 0 * part[0] for number, part in enumerate(every)])
        return floats(np.bincount(where, weights=data, minlength=keys.size))

    steady, channels, unit = values(0, 1), values(2), values(3)
    pointer = np.searchsorted(keys, size * np.arange(size + 1)).astype(np.int32)
    index = (keys % size).astype(np.int32)
    steps = np.diff(seconds)
    left = share(seconds[:-1] + steps / 2)

    amounts = np.zeros((seconds.size, size))
    amounts[0, FILM] = dose
    for number, step in enumerate(steps):
        rate = steady + left[number] * channels
        matrix = csc_array((unit - GAMMA * step * rate, index, pointer), shape=(size, size))
        solve = splu(matrix).solve
        now = amounts[number]
        # Stage values Y1 = m + g dt A Y1, Y2 = m + (1 - g) dt A Y1 + g dt A Y2; A Y1 is known from Y1 - m.
        first = solve(now)
        amounts[number + 1] = solve(now + (1 - GAMMA) / GAMMA * (first - now))
    return amounts


def steady_inflow(stack: Stack, by: tuple[Ints, Ints, Array]) -> float:
    """Return the flow per area and concentration out of a film that does not run out.

    Parameters
    ----------
    stack : Stack — film and layers; something must take the active away [-]
    by : ((k,) int, (k,) int, (k,) float) — places that channels connect, and their conductance [-, -, cm/s]

    Returns
    -------
    float — permeability of everything together [cm/s]

    """
    # In activities the network is symmetric: conductances between places, and to the sink at activity zero.
    size = stack.size
    matrix = np.zeros((size + 1, size + 1))
    upper, lower = np.concatenate([stack.upper, by[0]]), np.concatenate([stack.lower, by[1]])
    conductance = np.concatenate([stack.conductance, by[2]])
    for row, column, sign in ((upper, upper, 1), (lower, lower, 1), (upper, lower, -1), (lower, upper, -1)):
        np.add.at(matrix, (row, column), sign * conductance)
    inner = slice(1, size)
    matrix[np.arange(size), np.arange(size)] += stack.clearance * stack.capacity_cm
    activity = np.ones(size)
    # Rows are scaled by their diagonal: conductances span tens of decades.
    system, source = matrix[inner, inner], -matrix[inner, FILM]
    scale = 1 / np.diagonal(system)
    activity[inner] = np.linalg.solve(system * scale[:, None], source * scale)
    # What is taken away, not what leaves the film: a difference of nearly equal figures would lose digits.
    taken = stack.clearance * stack.capacity_cm - matrix[size, :size]
    return float(taken @ activity)


def graded_times(seconds: float, steps: int) -> Array:
    """Return times from 0 that start close together and grow apart, as diffusion slows down.

    Parameters
    ----------
    seconds : float — last time [s]
    steps : int — number of steps [-]

    """
    return floats(seconds * np.linspace(0, 1, steps + 1) ** 3)
