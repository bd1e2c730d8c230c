"""How much of an active gets in: through intact skin and through channels that taper, leak and close.

The film on top feeds the stratum corneum, which is Potts & Guy's membrane with its own hold-up, beside it a polar path
that closes to large molecules, and the channels: gel inside, walls that leak into each living layer they pass. In the
dermis blood takes the active away. In excised skin nothing closes, nothing is taken away, and the bottom is open.
Every figure is a median over the members of an ensemble, with the band that holds nine of ten.

In: an active, a skin site, channels as numbers or arrays, times. Out: a `Delivery`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ...data import catalog
from ...data.arguments import named
from ...data.catalog import Active, SkinSite
from ...data.checks import refuse
from ...data.constants import transport
from ...geometry.arrays import Array, Ints, floats
from ...geometry.skin import mean_thickness_um
from ..after.closure import checked_hours, closure_course, leaking_share
from ..after.made import channels_made
from .diffusion import FILM, Stack, graded_times, march, steady_inflow
from .microchannels import channel_conductance
from .permeation import SECONDS_PER_HOUR, UM_PER_CM
from .skin_layers import EPIDERMIS, gain_over, skin_for
from .uptake import Uptake, band_of, uptake_members

STEPS = 60  # of time; twice as many move the total by less than 4 in 1000: tests/roller/after/test_delivery.py
ROUNDING = 1e-15  # share of the dose below which an amount is none
MOST_STEPS = 100_000
LARGEST_FILM_UM = 1e5


@dataclass(frozen=True)
class Delivery:
    """What got in, per area of treated skin: medians over the ensemble, `low` and `high` its 5 and 95 %.

    Parameters
    ----------
    active : Active — what was applied [-]
    hours : (T,) float — time after application [h]
    amount_ug_per_cm2 : (T,) float — most that has been past the stratum corneum so far [ug/cm2]
    amount_low_ug_per_cm2, amount_high_ug_per_cm2 : (T,) float — its band [ug/cm2]
    intact_amount_ug_per_cm2 : (T,) float — the same through skin without channels [ug/cm2]
    intact_amount_low_ug_per_cm2, intact_amount_high_ug_per_cm2 : (T,) float — its band [ug/cm2]
    flux_ug_per_cm2_h : (T,) float — flow into living skin at that time, film as it then is [ug/(cm2 h)]
    enhancement : float — steady flow from an endless film through the channels as they are at application, over that
        through intact skin; exactly 1 without channels, 1000 stands for any more [-]
    enhancement_low, enhancement_high : float — its band [-]
    intact_permeability_cm_per_h : float — steady flow over concentration, intact skin [cm/h]
    dose_ug_per_cm2 : float — applied [ug/cm2]
    film_ug_per_cm2, corneum_ug_per_cm2, epidermis_ug_per_cm2, dermis_ug_per_cm2, cleared_ug_per_cm2 : (T,) float —
        where the dose is: still on the skin, in each layer, taken away by blood or receptor; means over the ensemble,
        which add up to the dose as medians would not [ug/cm2]
    member_amount_ug_per_cm2, member_intact_ug_per_cm2 : (T, M) float — amounts of each member [ug/cm2]

    """

    active: Active
    hours: Array
    amount_ug_per_cm2: Array
    amount_low_ug_per_cm2: Array
    amount_high_ug_per_cm2: Array
    intact_amount_ug_per_cm2: Array
    intact_amount_low_ug_per_cm2: Array
    intact_amount_high_ug_per_cm2: Array
    flux_ug_per_cm2_h: Array
    enhancement: float
    enhancement_low: float
    enhancement_high: float
    intact_permeability_cm_per_h: float
    dose_ug_per_cm2: float
    film_ug_per_cm2: Array
    corneum_ug_per_cm2: Array
    epidermis_ug_per_cm2: Array
    dermis_ug_per_cm2: Array
    cleared_ug_per_cm2: Array
    member_amount_ug_per_cm2: Array
    member_intact_ug_per_cm2: Array

    @property
    def amount(self) -> Array:
        """Short name of `amount_ug_per_cm2` [ug/cm2]."""
        return self.amount_ug_per_cm2

    @property
    def amount_low(self) -> Array:
        """Short name of `amount_low_ug_per_cm2` [ug/cm2]."""
        return self.amount_low_ug_per_cm2

    @property
    def amount_high(self) -> Array:
        """Short name of `amount_high_ug_per_cm2` [ug/cm2]."""
        return self.amount_high_ug_per_cm2

    @property
    def flux(self) -> Array:
        """Short name of `flux_ug_per_cm2_h` [ug/(cm2 h)]."""
        return self.flux_ug_per_cm2_h

    @property
    def gain(self) -> float:
        """Amount delivered by the last hour over that through intact skin; 1000 stands for any more [-]."""
        through, intact = self.member_amount_ug_per_cm2[-1], self.member_intact_ug_per_cm2[-1]
        return float(np.median(gain_over(through, intact)))


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


def _checked_closing(closing: tuple[ArrayLike, ArrayLike]) -> tuple[Array, Array]:
    hours, share = floats(closing[0]), floats(closing[1])
    if hours.ndim != 1 or hours.size < 1 or not (np.diff(hours) > 0).all() or not (hours >= 0).all():
        raise refuse("closing", closing[0], "hours that rise from 0 or later, and the share still open at each")
    if share.ndim not in (1, 2) or share.shape[0] != hours.size or not ((share >= 0) & (share <= 1)).all():
        raise refuse(
            "closing", closing[1], f"{hours.size} shares between 0 and 1, one an hour, or one an hour and member"
        )
    return hours, share


def _by_member(share: Array, members: int) -> Array:
    """Columns of shares, (H, K), dealt out to the members in turn."""
    return floats(share[:, np.arange(members) % share.shape[1]])


def _open_share(seconds: Array, hours: Array, share: Array, members: int) -> Array:
    """Share still open at given times, linear between hours and then as at the last: (S, 1) or (S, M)."""
    at = seconds / SECONDS_PER_HOUR
    columns = share[:, None] if share.ndim == 1 else _by_member(share, members)
    place = np.clip(np.searchsorted(hours, at, side="right") - 1, 0, max(hours.size - 2, 0))
    after = np.minimum(place + 1, hours.size - 1)
    width = np.where(after > place, hours[after] - hours[place], 1.0)
    part = np.clip((at - hours[place]) / width, 0.0, 1.0)[:, None]
    left = columns[place] * (1 - part) + columns[after] * part
    return floats(np.where(left < transport()["closed_share"].value, 0.0, left))


@named
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
    barrier_factor: float | Array = 1.0,
    closing: tuple[ArrayLike, ArrayLike] | None = None,
    uptake: Uptake | None = None,
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
    length_mm : float or None — needle length, for the clock of closure; None: that of the channels given [mm]
    age_years : float or None — age, for the clock of closure; None: the site's own [years]
    applied_h : float — time from rolling to application [h]
    dose_ug_per_cm2 : float — active applied [ug/cm2]
    film_um : float — thickness of the watery film that holds it [um]
    alive : bool — False for excised skin: channels stay, no blood, the bottom is a perfect sink [-]
    barrier_factor : float or (M,) float — permeability of this skin's intact barrier over that of human skin [-]
    closing : (hours, share) or None — course of closing: hours after rolling, (H,) or (H, K) share still open [h, -]
    uptake : Uptake or None — members of the ensemble; None for the stored ones [as its fields]
    steps : int — time steps, 1 to 100000; they grow from the start [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    substance, site = catalog.active(active), catalog.site(skin)
    density, diameters, depths = _checked_channels(density_per_cm2, diameter_um, depth_um)
    times = checked_hours(hours)
    dose = catalog.DOSES.number("dose_ug_per_cm2", dose_ug_per_cm2)
    film_cm = _checked("film_um", film_um, 0.1, LARGEST_FILM_UM, "um") / UM_PER_CM
    applied = float(checked_hours(applied_h)[0])
    for factor in np.atleast_1d(barrier_factor):
        _checked("barrier_factor", float(factor), 1e-3, 1e3, "")
    _checked("steps", steps, 1, MOST_STEPS, "")
    members = uptake or uptake_members()
    age = site.age_years if age_years is None else age_years

    layers = skin_for(substance, site, film_cm, members, alive=alive, barrier_factor=barrier_factor)
    links = channel_conductance(
        layers.stack, layers.tissue, layers.gel, density, diameters / UM_PER_CM, depths / UM_PER_CM, members
    )

    def share(seconds: Array) -> Array:
        if not alive:
            return np.ones((seconds.size, 1))
        since = seconds + applied * SECONDS_PER_HOUR
        if closing is not None:
            return _open_share(since, *_checked_closing(closing), members.size)
        at = since / SECONDS_PER_HOUR
        if length_mm is None:
            made = channels_made(depths, depths, diameters, mean_thickness_um(site), density)
            left = _by_member(leaking_share(made, at, age_years=age, occluded=occluded), members.size)
        else:
            clock = closure_course(length_mm, at, site=site, age_years=age, occluded=occluded)
            left = (1 - clock.barrier_share)[:, None]
        return floats(np.where(left < transport()["closed_share"].value, 0.0, left))

    grid = np.union1d(graded_times(float(times.max()) * SECONDS_PER_HOUR, int(steps)), times * SECONDS_PER_HOUR)
    asked = np.searchsorted(grid, times * SECONDS_PER_HOUR)
    open_now = share(np.zeros(1))[0][:, None] * links
    left = share(grid[:-1] + np.diff(grid) / 2)
    return _summed_up(substance, layers.stack, links, open_now, left, dose, grid, asked)


def _summed_up(
    active: Active, stack: Stack, links: Array, open_now: Array, left: Array, dose: float, grid: Array, asked: Ints
) -> Delivery:
    """March with and without channels, and take medians and bands."""
    none = np.zeros_like(links)
    enhanced = bool((open_now > 0).any()) or bool((left * links.max(axis=1) > 0).any())
    intact_flow = steady_inflow(stack, none)
    gain = gain_over(np.maximum(steady_inflow(stack, open_now), intact_flow), intact_flow) if enhanced else np.ones(1)
    if enhanced:
        run, plain = _with_and_without(stack, links, left, dose, grid)
    else:
        run = plain = march(stack, none, left, dose, grid)
    entered = _entered(stack, run)
    amounts = _so_far(entered, dose)[asked]
    intact = _so_far(_entered(stack, plain), dose)[asked] if enhanced else amounts
    (middle, low, high), (bare, bare_low, bare_high) = band_of(amounts), band_of(intact)
    enhancement, gain_low, gain_high = (float(value) for value in band_of(gain))
    mean = run[asked].mean(axis=1)
    place = {name: mean[:, [*(np.isin(stack.layer, part)), False]].sum(axis=1) for name, part in PLACES.items()}
    return Delivery(
        active=active,
        hours=grid[asked] / SECONDS_PER_HOUR,
        amount_ug_per_cm2=middle,
        amount_low_ug_per_cm2=low,
        amount_high_ug_per_cm2=high,
        intact_amount_ug_per_cm2=bare,
        intact_amount_low_ug_per_cm2=bare_low,
        intact_amount_high_ug_per_cm2=bare_high,
        flux_ug_per_cm2_h=band_of(_flux(grid / SECONDS_PER_HOUR, entered)[asked])[0],
        enhancement=enhancement,
        enhancement_low=gain_low,
        enhancement_high=gain_high,
        intact_permeability_cm_per_h=float(np.median(intact_flow)) * SECONDS_PER_HOUR,
        dose_ug_per_cm2=dose,
        film_ug_per_cm2=mean[:, FILM],
        corneum_ug_per_cm2=place["corneum"],
        epidermis_ug_per_cm2=place["epidermis"],
        dermis_ug_per_cm2=place["dermis"],
        cleared_ug_per_cm2=mean[:, -1],
        member_amount_ug_per_cm2=amounts,
        member_intact_ug_per_cm2=intact,
    )


def _with_and_without(stack: Stack, links: Array, left: Array, dose: float, grid: Array) -> tuple[Array, Array]:
    """Amounts at all times through skin with channels and through the same skin without, (T, M, n + 1) each."""
    both = np.concatenate([links, np.zeros_like(links)])
    share = left if left.shape[1] == 1 else np.concatenate([left, left], axis=1)
    run = march(stack.twice(), both, share, dose, grid)
    return run[:, : stack.members], run[:, stack.members :]


PLACES = {"corneum": (0,), "epidermis": (1,), "dermis": (2, 3)}


def _entered(stack: Stack, run: Array) -> Array:
    """Amount in living skin and beyond, (T, M)."""
    return floats(run[:, :, :-1][:, :, stack.layer >= EPIDERMIS].sum(axis=2) + run[:, :, -1])


def _so_far(entered: Array, dose: float) -> Array:
    """Most that has entered so far: a film that runs dry may draw a little back, which is not taken off."""
    most = np.clip(np.maximum.accumulate(entered, axis=0), 0.0, dose)
    return floats(np.where(most < ROUNDING * dose, 0.0, most))


def _flux(hours: Array, entered: Array) -> Array:
    """Flow into living skin, over the step that ends at each time, (T, M)."""
    flow = np.zeros_like(entered)
    if hours.size > 1:
        flow[1:] = np.diff(entered, axis=0) / np.diff(hours)[:, None]
    return flow
