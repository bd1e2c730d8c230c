"""One treatment: a roller, a skin site, a technique, and everything that follows.

`treat` runs the chain contacts -> insertion -> channels -> coverage once per replicate and returns a `Treatment`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ...data import catalog
from ...data.arguments import named
from ...data.catalog import Active, DeviceSpec, SkinSite
from ...data.checks import InputError, Within, refuse
from ...geometry.arrays import Array, floats
from ...geometry.region import region_of
from ..coverage.cost import refuse_excess, say_if_long
from ..coverage.motions import settled
from ..insertion.support import set_to
from ..technique import Technique, checked_technique
from ..transport.serum import THICKEST_UM, THINNEST_UM, serum_dose
from .not_known import bands_not_known, depth_sensitivity, depths_of_members, rounded
from .notes import alerts_of, notes_of, source_keys, standing_warnings
from .quantities import QUANTITIES, cost_of, known_with, unknown_of, worked_out
from .replicate import Aftercare, Made, Replicate, draw_replicates, simulate
from .result import Treatment
from .spread import mean_of

DEFAULT_DEPTHS_UM = np.arange(0.0, 2001.0, 25.0)
MOST_DEPTHS = 10_000
MOST_REPLICATES = 10_000
FILMS = Within(THINNEST_UM, THICKEST_UM, "um")


def checked_depths(depths_um: ArrayLike | None) -> Array:
    """Return the depths of the table: finite, not negative, rising.

    Parameters
    ----------
    depths_um : (Z,) float array or None — None for 0 to 2000 um in steps of 25 [um]

    """
    depths = DEFAULT_DEPTHS_UM if depths_um is None else floats(depths_um)
    rising = depths.ndim == 1 and 0 < depths.size <= MOST_DEPTHS and bool(np.isfinite(depths).all())
    if not (rising and depths[0] >= 0 and bool((np.diff(depths) > 0).all())):
        raise refuse("depths_um", depths_um, f"1 to {MOST_DEPTHS} rising depths, each at least 0 um")
    return depths


def checked_count(name: str, value: object, least: int, most: int | None = None) -> int:
    """Return a whole number within its range.

    Parameters
    ----------
    name : str — of the parameter [-]
    value : object — what came [-]
    least : int — smallest value allowed [-]
    most : int or None — largest value allowed [-]

    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_))
    if whole and least <= int(value) and (most is None or int(value) <= most):  # type: ignore[call-overload]
        return int(value)  # type: ignore[call-overload, no-any-return]
    raise refuse(name, value, f"a whole number of at least {least}" + ("" if most is None else f", at most {most}"))


def checked_dose(dose_ug_per_cm2: object) -> float:
    """Return a dose within its range.

    Parameters
    ----------
    dose_ug_per_cm2 : object — what came [ug/cm2]

    """
    return catalog.DOSES.number("dose_ug_per_cm2", dose_ug_per_cm2)


def aftercare_of(
    active: Active | None, dose_ug_per_cm2: float, film_um: float, serum: str | None, area_mm2: float, *, occluded: bool
) -> Aftercare:
    """Return what is done after a session, the dose in either form.

    Parameters
    ----------
    active : Active or None — applied right after it [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    film_um : float — thickness of the film that holds it [um]
    serum : str or None — strength and amount instead of both [-]
    area_mm2 : float — that the serum is spread over [mm2]
    occluded : bool — under a film [-]

    """
    if serum is None:
        film = FILMS.number("film_um", film_um)
        return Aftercare(active, checked_dose(dose_ug_per_cm2), film, occluded=bool(occluded))
    if active is None:
        raise refuse("serum", serum, "a serum of an active, which is to be named")
    return Aftercare(active, *serum_dose(serum, area_mm2, active), occluded=bool(occluded))


def checked_figures(figures: Collection[str] | None, *, aftermath: bool, active: bool) -> tuple[str, ...]:
    """Return the keys of the quantities wanted, in the order of the table.

    Parameters
    ----------
    figures : collection of str or None — keys of quantities; None for all that can be known [-]
    aftermath : bool — what follows the session was asked for [-]
    active : bool — an active was applied after it [-]

    """
    known = known_with(aftermath=aftermath, active=active)
    if figures is None:
        return known
    if isinstance(figures, str) or not isinstance(figures, Collection):
        raise refuse("figures", figures, "a list of names of quantities, or None for all")
    for name in figures:
        if name not in QUANTITIES:
            raise refuse("figures", name, "names of quantities: " + ", ".join(QUANTITIES))
        if QUANTITIES[name].needs == "active" and not active:
            raise refuse("figures", name, "an active to be given with it")
    if not figures:
        raise InputError("figures is empty; allowed: one or more of " + ", ".join(known))
    return tuple(name for name in QUANTITIES if name in figures)


class Asking(TypedDict, total=False):
    """What may be asked of a treatment beside its inputs: the arguments of `asked_of`, for type checkers."""

    depths_um: ArrayLike | None
    replicates: int
    seed: int
    sensitivity: bool
    aftermath: bool
    active: str | Path | Active | None
    dose_ug_per_cm2: float
    film_um: float
    serum: str | None
    occluded: bool
    figures: Collection[str] | None
    uncertainty: bool | None


@named
def treat(
    device: str | Path | DeviceSpec,
    site: str | Path | SkinSite,
    technique: Technique | None = None,
    *,
    region: Polygon | str | None = None,
    progress: Callable[[int, int], None] | None = None,
    **asking: Unpack[Asking],
) -> Treatment:
    """Roll a device over flat skin and return what it leaves; `dermaroll.treat` rolls over bodies too.

    Parameters
    ----------
    device : str, Path or DeviceSpec — catalogue name, TOML file or record of the device [-]
    site : str, Path or SkinSite — catalogue name, TOML file or record of the skin site [-]
    technique : Technique or None — passes, pattern, load; None for a star at 3 N, passes as usual with the device [-]
    region : shapely Polygon, str or None — treated region, '20x30' and WKT too; None for 20 mm x 20 mm [mm]
    progress : function or None — told how many replicates are done, and of how many [-]
    asking : as of `asked_of` — depths, replicates, seed, what follows, figures [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    told = checked_technique(technique)
    roller, skin = set_to(catalog.device(device), told), catalog.site(site)
    technique = settled(roller, told)
    treated = region_of(region)
    asked = asked_of(treated.area, **asking)
    check_cost(roller, technique, treated, asked)

    def one(replicate: Replicate) -> Made:
        return simulate(roller, skin, technique, treated, asked.depths_um, *replicate.fresh(), asked.care)

    return carry_out(roller, skin, technique, treated, asked, one, progress=progress)


@dataclass(frozen=True)
class Asked:
    """What is wanted of a treatment, checked.

    Parameters
    ----------
    depths_um : (Z,) float — depths of the table [um]
    replicates, seed : int — repetitions, and of everything random [-]
    care : Aftercare — what is done after the session [-]
    figures : tuple of str — keys of the quantities wanted [-]
    sensitivity : bool — where the spread of the depth comes from, too [-]
    uncertainty : bool — what nobody knows of each figure, too [-]

    """

    depths_um: Array
    replicates: int
    seed: int
    care: Aftercare
    figures: tuple[str, ...]
    sensitivity: bool
    uncertainty: bool


def asked_of(
    area_mm2: float,
    *,
    depths_um: ArrayLike | None = None,
    replicates: int = 1,
    seed: int = 0,
    sensitivity: bool = False,
    aftermath: bool = False,
    active: str | Path | Active | None = None,
    dose_ug_per_cm2: float = 100.0,
    film_um: float = 100.0,
    serum: str | None = None,
    occluded: bool = False,
    figures: Collection[str] | None = None,
    uncertainty: bool | None = None,
) -> Asked:
    """Return what is wanted of a treatment, checked.

    Parameters
    ----------
    area_mm2 : float — that is treated, over which a serum is spread [mm2]
    depths_um : (Z,) float array or None — as of `treat` [um]
    replicates, seed : int — as of `treat` [-]
    sensitivity, aftermath : bool — as of `treat` [-]
    active : str, Path, Active or None — as of `treat` [-]
    dose_ug_per_cm2 : float — as of `treat` [ug/cm2]
    film_um : float — as of `treat` [um]
    serum : str or None — as of `treat` [-]
    occluded : bool — as of `treat` [-]
    figures : collection of str or None — as of `treat` [-]
    uncertainty : bool or None — as of `treat` [-]

    """
    depths = checked_depths(depths_um)
    count, start = checked_count("replicates", replicates, 1, MOST_REPLICATES), checked_count("seed", seed, 0)
    substance = None if active is None else catalog.active(active)
    care = aftercare_of(substance, dose_ug_per_cm2, film_um, serum, area_mm2, occluded=occluded)
    wanted = checked_figures(figures, aftermath=aftermath or substance is not None, active=substance is not None)
    banded = bool(uncertainty) or (uncertainty is None and figures is None)
    return Asked(depths, count, start, care, wanted, bool(sensitivity), banded)


def check_cost(
    roller: DeviceSpec,
    technique: Technique,
    region: Polygon,
    asked: Asked,
    times: float = 1.0,
    beside_bytes: float = 0.0,
) -> None:
    """Refuse what would take too long or too much memory, and say if it takes long.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    technique : Technique — what the hand does [-]
    region : shapely Polygon — what is treated, or as large a one [mm]
    asked : Asked — what is wanted [-]
    times : float — seconds over those of a flat region [-]
    beside_bytes : float — of what is held beside the treatment, a body's mesh [bytes]

    """
    depths = asked.depths_um.size
    cost = cost_of(roller, technique, region, depths, asked.replicates, asked.figures, bands=asked.uncertainty)
    refuse_excess(cost, technique, region, depths, beside_bytes=beside_bytes)
    say_if_long(times * cost.seconds)


def carry_out(
    roller: DeviceSpec,
    skin: SkinSite,
    technique: Technique,
    region: Polygon | None,
    asked: Asked,
    one: Callable[[Replicate], Made],
    *,
    zone: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Treatment:
    """Return a treatment: every replicate in turn, and of each its figures.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — the skin [um]
    technique : Technique — what the hand does [-]
    region : shapely Polygon or None — what is treated; None: as the first replicate shows it [mm]
    asked : Asked — what is wanted [-]
    one : function of Replicate — carries out one replicate [-]
    zone : str — of a body; empty for a flat region [-]
    progress : function or None — told how many replicates are done, and of how many [-]

    """
    wanted, care = asked.figures, asked.care
    follows = any(QUANTITIES[key].needs for key in wanted)
    values: dict[str, Array] = {}
    unknown: dict[str, Array] = {}
    first, shown, days = None, region, np.empty(0)
    for number, replicate in enumerate(draw_replicates(skin, asked.replicates, asked.seed)):
        # Of each replicate its figures are kept, and the channels of the first alone.
        made = one(replicate)
        for kept, figures_of_one in ((values, worked_out(made, wanted)), (unknown, unknown_of(made, wanted))):
            for key, value in figures_of_one.items():
                kept.setdefault(key, np.empty((asked.replicates, *value.shape)))[number] = value
        if first is None:
            first, shown = made.channels, made.region
            if any(QUANTITIES[key].time == "day" for key in wanted):
                days = made.healing.days.copy()
        del made  # its arrays are not held while the next is worked out
        if progress is not None:
            progress(number + 1, asked.replicates)
    known = {key: mean_of(value, classes=bool(QUANTITIES[key].classes)) for key, value in unknown.items()}
    opened = None
    if asked.uncertainty:
        means = {key: mean_of(values[key]) for key in wanted if not QUANTITIES[key].needs}
        known |= bands_not_known(roller, skin, technique, asked.depths_um, means)
        opened = depths_of_members(roller, skin, technique).opened_share
    notes = [*notes_of(roller, skin, technique), *(standing_warnings(care.active) if follows else ())]
    assert first is not None
    assert shown is not None
    return Treatment(
        device=roller,
        site=skin,
        technique=technique,
        region=shown,
        depths_um=asked.depths_um.copy(),
        seed=asked.seed,
        values=values,
        channels=first,
        warnings=tuple(dict.fromkeys(notes)),
        source_keys=source_keys(roller, skin),
        days=days,
        uncertainty={key: rounded(band) for key, band in known.items()},
        sensitivity=depth_sensitivity(roller, skin, technique, asked.seed) if asked.sensitivity else None,
        aftercare=care if follows else None,
        alerts=tuple(alerts_of(roller, skin, technique, values, opened)),
        zone=zone,
    )


@named
def with_aftermath(
    treatment: Treatment,
    active: str | Path | Active | None = None,
    *,
    dose_ug_per_cm2: float = 100.0,
    film_um: float = 100.0,
    serum: str | None = None,
    occluded: bool = False,
) -> Treatment:
    """Return the same treatment with what it leads to, worked out in every replicate.

    Parameters
    ----------
    treatment : Treatment — one session [-]
    active : str, Path, Active or None — applied right after it [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    film_um : float — thickness of the film that holds it [um]
    serum : str or None — instead of both: strength and amount on the region, as in '15% 0.5ml' [-]
    occluded : bool — under a film [-]

    """
    return treat(
        treatment.device,
        treatment.site,
        treatment.technique,
        region=treatment.region,
        depths_um=treatment.depths_um,
        replicates=treatment.replicates,
        seed=treatment.seed,
        sensitivity=treatment.sensitivity is not None,
        aftermath=True,
        active=active,
        dose_ug_per_cm2=dose_ug_per_cm2,
        film_um=film_um,
        serum=serum,
        occluded=occluded,
    )
