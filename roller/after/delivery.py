"""How much of an active gets in: through intact skin and through channels that end in a layer and close.

The film on top feeds the stratum corneum, which is Potts & Guy's membrane with its own hold-up, beside it a polar path,
and each channel, which leads through its fluid to the slice where it ends: n pi r2 / (L/D + pi r/(4 D)) per area. In
the dermis blood takes the active away. In excised skin nothing closes, nothing is taken away, and the bottom is open.

In: an active, a skin site, channels as numbers or arrays, times. Out: a `Delivery`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ...data import catalog
from ...data.catalog import Active, SkinSite
from ...data.checks import refuse
from ...data.constants import after
from ...geometry.arrays import Array, Ints, floats
from .closure import LONGEST_NEEDLE_MM, checked_hours, closure_course
from .diffusion import FILM, Layer, Stack, build_stack, graded_times, march, steady_inflow
from .permeation import (
    SECONDS_PER_HOUR,
    UM_PER_CM,
    channel_diffusivity_cm2_per_s,
    corneum_velocity_potts_guy_1992,
    dermis_diffusivity_cm2_per_s,
    epidermis_diffusivity_cm2_per_s,
    lipid_path_cm_per_s,
    polar_path_cm_per_s,
)

SLICES = (12, 10, 10, 16)  # of stratum corneum, living epidermis, papillary and reticular dermis
CORNEUM, EPIDERMIS = 0, 1
STEPS = 140  # of time; twice as many move the total by less than 1 in 1000: tests/roller/after/test_delivery.py
MOST_STEPS = 100_000
LARGEST_DOSE_UG = 1e9
LARGEST_FILM_UM = 1e5


@dataclass(frozen=True)
class Delivery:
    """What got in, per area of treated skin.

    Parameters
    ----------
    active : Active — what was applied [-]
    hours : (T,) float — time after application [h]
    amount_ug_per_cm2 : (T,) float — most that has been past the stratum corneum so far [ug/cm2]
    intact_amount_ug_per_cm2 : (T,) float — the same through skin without channels [ug/cm2]
    flux_ug_per_cm2_h : (T,) float — flow into living skin at that time, film as it then is [ug/(cm2 h)]
    enhancement : float — steady flow from an endless film through the channels as they are at application, over that
        through intact skin; exactly 1 without channels [-]
    intact_permeability_cm_per_h : float — steady flow over concentration, intact skin [cm/h]
    dose_ug_per_cm2 : float — applied [ug/cm2]
    film_ug_per_cm2, corneum_ug_per_cm2, epidermis_ug_per_cm2, dermis_ug_per_cm2, cleared_ug_per_cm2 : (T,) float —
        where the dose is: still on the skin, in each layer, taken away by blood or receptor [ug/cm2]

    """

    active: Active
    hours: Array
    amount_ug_per_cm2: Array
    intact_amount_ug_per_cm2: Array
    flux_ug_per_cm2_h: Array
    enhancement: float
    intact_permeability_cm_per_h: float
    dose_ug_per_cm2: float
    film_ug_per_cm2: Array
    corneum_ug_per_cm2: Array
    epidermis_ug_per_cm2: Array
    dermis_ug_per_cm2: Array
    cleared_ug_per_cm2: Array

    @property
    def amount(self) -> Array:
        """Short name of `amount_ug_per_cm2` [ug/cm2]."""
        return self.amount_ug_per_cm2

    @property
    def flux(self) -> Array:
        """Short name of `flux_ug_per_cm2_h` [ug/(cm2 h)]."""
        return self.flux_ug_per_cm2_h

    @property
    def gain(self) -> float:
        """Amount delivered by the last hour over that through intact skin [-]."""
        last = float(self.intact_amount_ug_per_cm2[-1])
        return float(self.amount_ug_per_cm2[-1]) / last if last > 0 else 1.0


def _layers(active: Active, thickness_cm: Array, *, alive: bool, barrier_factor: float) -> list[Layer]:
    """The four layers as this active meets them."""
    weight = active.molecular_weight
    velocity = corneum_velocity_potts_guy_1992(weight)
    constants = after()
    clearance = constants["capillary_clearance"].value if alive else 0.0
    dermis = dermis_diffusivity_cm2_per_s(weight), constants["dermis_partition"].value
    corneum, epidermis, papillary, reticular = thickness_cm
    # Hold-up and speed of the stratum corneum: kp = K D / h, and size alone sets D / h.
    holding = lipid_path_cm_per_s(active, barrier_factor) / velocity
    return [
        Layer(corneum, velocity * corneum, holding, SLICES[0]),
        Layer(epidermis, epidermis_diffusivity_cm2_per_s(weight), 1.0, SLICES[1]),
        Layer(papillary, *dermis, SLICES[2], clearance),
        Layer(reticular, *dermis, SLICES[3], clearance),
    ]


def _channel_links(
    active: Active, stack: Stack, corneum_cm: float, density_per_cm2: float, diameter_cm: Array, depth_cm: Array
) -> tuple[Ints, Ints, Array]:
    """Links from the film to the slice in which each channel ends, summed over the channels of a slice."""
    weight = active.molecular_weight
    through = depth_cm > corneum_cm
    each = density_per_cm2 / max(depth_cm.size, 1)
    # The slice whose middle is nearest to the end, among those of living skin.
    first = int(np.searchsorted(stack.layer, EPIDERMIS))
    edges = (stack.depth_cm[first:-1] + stack.depth_cm[first + 1 :]) / 2
    ends = first + np.searchsorted(edges, depth_cm)
    tissue = np.where(
        stack.layer[ends] == EPIDERMIS, epidermis_diffusivity_cm2_per_s(weight), dermis_diffusivity_cm2_per_s(weight)
    )
    radius = diameter_cm / 2
    resistance = depth_cm / channel_diffusivity_cm2_per_s(weight) + np.pi * radius / (4 * tissue)
    conductance = np.divide(
        each * np.pi * radius**2, resistance, out=np.zeros_like(depth_cm), where=through & (resistance > 0)
    )
    total = np.bincount(ends, weights=conductance, minlength=stack.size)
    reached = np.flatnonzero(total)
    return np.full(reached.size, FILM, dtype=np.int64), reached.astype(np.int64), floats(total[reached])


def _polar_link(active: Active, stack: Stack, barrier_factor: float) -> tuple[Ints, Ints, Array]:
    """Link from the film past the stratum corneum into the first slice of living skin."""
    first = int(np.searchsorted(stack.layer, EPIDERMIS))
    half = (
        stack.depth_cm[first] - (stack.depth_cm[first - 1] + stack.depth_cm[first - 1] - stack.depth_cm[first - 2]) / 2
    )
    path = polar_path_cm_per_s(active, barrier_factor)
    tissue = max(half, 0.0) / epidermis_diffusivity_cm2_per_s(active.molecular_weight)
    conductance = np.array([1 / (1 / path + tissue)]) if path > 0 else np.zeros(1)
    return np.array([FILM]), np.array([first]), conductance


def _checked(name: str, value: float, low: float, high: float, unit: str) -> float:
    if not low <= value <= high:
        raise refuse(name, value, f"between {low:g} and {high:g} {unit}".rstrip())
    return float(value)


def _checked_channels(density: float, diameter: ArrayLike, depth: ArrayLike) -> tuple[float, Array, Array]:
    _checked("density_per_cm2", density, 0, 1e6, "1/cm2")
    pair = np.broadcast_arrays(np.atleast_1d(floats(diameter)), np.atleast_1d(floats(depth)))
    diameters, depths = (np.array(part, dtype=np.float64) for part in pair)
    for name, values, high in (("diameter_um", diameters, 2000.0), ("depth_um", depths, 5000.0)):
        bad = values[~((values >= 0) & (values <= high))]
        if bad.size:
            raise refuse(name, float(bad[0]), f"between 0 and {high:g} um")
    if density * np.pi * float(np.mean(diameters**2) if diameters.size else 0) / 4e8 > 1:
        raise refuse(
            "density_per_cm2", density, "as many channels as fit side by side, open area at most the whole area"
        )
    return float(density), diameters, depths


def deliver(
    active: str | Path | Active,
    skin: str | SkinSite,
    density_per_cm2: float,
    diameter_um: ArrayLike,
    depth_um: ArrayLike,
    hours: ArrayLike,
    *,
    occluded: bool = False,
    length_mm: float | None = None,
    age_years: float | None = None,
    applied_h: float = 0.0,
    dose_ug_per_cm2: float = 100.0,
    film_um: float = 100.0,
    alive: bool = True,
    barrier_factor: float = 1.0,
    steps: int = STEPS,
) -> Delivery:
    """Return how much of an active gets through skin with channels, over time.

    Parameters
    ----------
    active : str, Path or Active — catalogue name, TOML file or record [-]
    skin : str or SkinSite — site by name or record; gives the layers' thickness and the clock of closure [um]
    density_per_cm2 : float — channels per area [1/cm2]
    diameter_um : float or (n,) array — mean diameter of a channel over its depth [um]
    depth_um : float or (n,) array — depth to which it stays open; up to the stratum corneum's it leads nowhere [um]
    hours : (T,) float array — times after application [h]
    occluded : bool — under a film, which slows closure [-]
    length_mm : float or None — needle length, for the clock of closure; None: the deepest channel [mm]
    age_years : float or None — age, for the clock of closure; None: the site's own [years]
    applied_h : float — time from rolling to application [h]
    dose_ug_per_cm2 : float — active applied [ug/cm2]
    film_um : float — thickness of the watery film that holds it [um]
    alive : bool — False for excised skin: channels stay, no blood, the bottom is a perfect sink [-]
    barrier_factor : float — permeability of this skin's intact barrier over that of human skin [-]
    steps : int — time steps, 1 to 100000; they grow from the start [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    substance, site = catalog.active(active), catalog.site(skin)
    density, diameters, depths = _checked_channels(density_per_cm2, diameter_um, depth_um)
    times = checked_hours(hours)
    dose = _checked("dose_ug_per_cm2", dose_ug_per_cm2, 0, LARGEST_DOSE_UG, "ug/cm2")
    film_cm = _checked("film_um", film_um, 0.1, LARGEST_FILM_UM, "um") / UM_PER_CM
    applied = float(checked_hours(applied_h)[0])
    _checked("barrier_factor", barrier_factor, 1e-3, 1e3, "")
    _checked("steps", steps, 1, MOST_STEPS, "")

    thickness_cm = np.array([layer.mean_um for layer in site.layers[:4]]) / UM_PER_CM
    layers = _layers(substance, thickness_cm, alive=alive, barrier_factor=barrier_factor)
    stack = build_stack(film_cm, layers, open_bottom=not alive)
    polar = _polar_link(substance, stack, barrier_factor)
    stack = _with_links(stack, polar)
    links = _channel_links(
        substance, stack, float(thickness_cm[CORNEUM]), density, diameters / UM_PER_CM, depths / UM_PER_CM
    )

    needle = length_mm if length_mm is not None else float(depths.max(initial=0.0)) / 1000

    def share(seconds: Array) -> Array:
        if not alive or not links[2].size:
            return np.ones_like(seconds)
        clock = closure_course(
            min(max(needle, 0.01), LONGEST_NEEDLE_MM) if length_mm is None else needle,
            applied + seconds / SECONDS_PER_HOUR,
            site=site,
            age_years=age_years,
            occluded=occluded,
        )
        left = 1 - clock.barrier_share
        return np.where(left < after()["closed_share"].value, 0.0, left)

    none = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0)
    intact = steady_inflow(stack, none)
    open_now = links[2] * float(share(np.zeros(1))[0])
    enhanced = bool((open_now > 0).any())
    enhancement = steady_inflow(stack, (links[0], links[1], open_now)) / intact if enhanced else 1.0

    grid = np.union1d(graded_times(float(times.max()) * SECONDS_PER_HOUR, int(steps)), times * SECONDS_PER_HOUR)
    asked = np.searchsorted(grid, times * SECONDS_PER_HOUR)
    run = march(stack, links, share, dose, grid)
    plain = march(stack, none, lambda seconds: np.ones_like(seconds), dose, grid) if enhanced else run
    entered = _entered(stack, run)
    place = {name: run[asked][:, [*(np.isin(stack.layer, part)), False]].sum(axis=1) for name, part in PLACES.items()}
    return Delivery(
        active=substance,
        hours=times,
        amount_ug_per_cm2=_so_far(entered, dose)[asked],
        intact_amount_ug_per_cm2=_so_far(_entered(stack, plain), dose)[asked],
        flux_ug_per_cm2_h=_flux(grid / SECONDS_PER_HOUR, entered)[asked],
        enhancement=enhancement,
        intact_permeability_cm_per_h=intact * SECONDS_PER_HOUR,
        dose_ug_per_cm2=dose,
        film_ug_per_cm2=run[asked, FILM],
        corneum_ug_per_cm2=place["corneum"],
        epidermis_ug_per_cm2=place["epidermis"],
        dermis_ug_per_cm2=place["dermis"],
        cleared_ug_per_cm2=run[asked, -1],
    )


PLACES = {"corneum": (0,), "epidermis": (1,), "dermis": (2, 3)}


def _with_links(stack: Stack, links: tuple[Ints, Ints, Array]) -> Stack:
    """The same stack with links that never close."""
    return Stack(
        capacity_cm=stack.capacity_cm,
        upper=np.concatenate([stack.upper, links[0]]),
        lower=np.concatenate([stack.lower, links[1]]),
        conductance=np.concatenate([stack.conductance, links[2]]),
        clearance=stack.clearance,
        layer=stack.layer,
        depth_cm=stack.depth_cm,
    )


def _entered(stack: Stack, run: Array) -> Array:
    """Amount in living skin and beyond, at each time."""
    return floats(run[:, :-1][:, stack.layer >= EPIDERMIS].sum(axis=1) + run[:, -1])


def _so_far(entered: Array, dose: float) -> Array:
    """Most that has entered so far: a film that runs dry may draw a little back, which is not taken off."""
    return np.clip(np.maximum.accumulate(entered), 0.0, dose)


def _flux(hours: Array, entered: Array) -> Array:
    """Flow into living skin, over the step that ends at each time."""
    flow = np.diff(entered) / np.diff(hours) if hours.size > 1 else np.zeros(0)
    return np.concatenate([[0.0], flow])
