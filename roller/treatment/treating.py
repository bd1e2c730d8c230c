"""One treatment: a roller, a skin site, a technique, and everything that follows.

`treat` runs the chain contacts -> insertion -> channels -> coverage once per replicate and returns a `Treatment`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ...data import catalog
from ...data.catalog import Active, DeviceSpec, SkinSite
from ...data.checks import InputError, Within, refuse
from ...geometry.arrays import Array, Flags, floats
from ...geometry.region import region_of
from ...geometry.skin import draw_person_um, draw_thickness_um, mean_thickness_um
from ..coverage.areas import Channels
from ..coverage.cost import refuse_excess, say_if_long
from ..coverage.motions import chance_of_holes, holes_by_place, lay, motion_of
from ..coverage.passes import passes_with_holes, reentered
from ..insertion.each_contact import (
    Strength,
    draw_people,
    draw_places,
    handled,
    insert_each,
    roller_law,
    withdrawn,
)
from ..insertion.one_needle import profile_of
from ..insertion.support import balance_rings, between_strokes_mm, set_to, travel_at_height_mm
from ..insertion.tissue import TissueModel
from ..technique import Technique, checked_technique
from ..transport.serum import THICKEST_UM, THINNEST_UM, serum_dose
from .not_known import bands_not_known, depth_sensitivity, depths_of_members, rounded
from .notes import alerts_of, notes_of, source_keys, standing_warnings
from .quantities import QUANTITIES, cost_of, known_with, unknown_of, worked_out
from .replicate import Aftercare, Made
from .result import Treatment
from .spread import mean_of

DEFAULT_DEPTHS_UM = np.arange(0.0, 2001.0, 25.0)
MOST_DEPTHS = 10_000
MOST_REPLICATES = 10_000
FILMS = Within(THINNEST_UM, THICKEST_UM, "um")
NO_AFTERCARE = Aftercare()


def simulate(
    roller: DeviceSpec,
    skin: SkinSite,
    technique: Technique,
    region: Polygon,
    depths_um: Array,
    person_um: Array,
    strength: Strength,
    phases: np.random.Generator,
    tissue_draws: np.random.Generator,
    aftercare: Aftercare = NO_AFTERCARE,
    model: TissueModel | None = None,
) -> Made:
    """Return one treatment of one person's skin; figures are worked out from it when they are asked for.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — gives the spread of thickness within the site [um]
    technique : Technique — what the hand does [-]
    region : shapely Polygon — what is treated [mm]
    depths_um : (Z,) float — depths of the table [um]
    person_um : (5,) float — mean thickness of this person's layers [um]
    strength : Strength — of this person's skin, (1,) arrays [-]
    phases : numpy Generator — phases and offsets of the lanes [-]
    tissue_draws : numpy Generator — thickness and strength of the skin under each contact [-]
    aftercare : Aftercare — what is done after the session [-]
    model : TissueModel or None — one member of the ensemble; None for the constants as shipped [as its fields]

    """
    shape = profile_of(roller, model)
    person_um = technique.taut_thickness_share * person_um  # as the skin lies under the needles
    strength = strength.times(handled(roller, technique, model))
    law = roller_law(roller, person_um, strength, uses=technique.uses, model=model)
    balance = balance_rings(roller, technique.load_n, law, model)
    axle_height = float(balance.axle_height_mm.mean())
    motion = motion_of(roller, technique, axle_height)
    contacts, turn = lay(roller, technique, region, axle_height, phases)

    count = contacts.x_mm.size
    thickness = draw_thickness_um(skin, person_um, count, tissue_draws)
    places = draw_places(count, tissue_draws).times(strength)
    deep = law.depth_mm(np.atleast_1d(travel_at_height_mm(roller, axle_height)))
    _, hole = withdrawn(shape, deep, model)
    again = reentered(contacts, float(hole[0]))
    earlier = passes_with_holes(contacts, again)
    fresh = tissue_draws.random(count) >= chance_of_holes(motion, earlier, technique.overlap, float(hole[0]))
    heights, pressure = balance.axle_height_mm[contacts.ring], balance.drum_pressure_mpa[contacts.ring]
    laid = partial(
        insert_each,
        roller,
        heights,
        thickness,
        places,
        pressure,
        uses=technique.uses,
        slip=technique.slip,
        between_strokes_mm=between_strokes_mm(roller, technique),
        model=model,
    )
    inserted = laid(fresh=fresh)
    contacts, in_own_pass = holes_by_place(motion, contacts, inserted.opened, float(hole[0]))
    again |= reentered(contacts, float(hole[0]))
    opened = inserted.opened & ~again
    if again.any():
        # A needle that comes back into its hole needs no puncture and leaves it deeper.
        fresh[contacts.hole[again]] = False
        inserted = laid(fresh=fresh)
    sprung_back = 1 / (1 + technique.stretch)

    def left_by(kept: Flags) -> Channels:
        return Channels(
            x_mm=contacts.x_mm[kept],
            y_mm=contacts.y_mm[kept],
            pass_number=contacts.pass_number[kept],
            lane=contacts.lane[kept],
            ring=contacts.ring[kept],
            needle=contacts.needle[kept],
            inside=contacts.inside[kept],
            peak_depth_um=inserted.peak_depth_um[kept],
            residual_depth_um=inserted.residual_depth_um[kept],
            surface_diameter_um=inserted.surface_diameter_um[kept] * np.sqrt(sprung_back),
            aspect_ratio=inserted.aspect_ratio[kept],
            thickness_um=thickness[kept],
            sprung_back=sprung_back,
            turn_rad=None if turn is None else turn[kept],
        )

    return Made(
        roller=roller,
        site=skin,
        technique=technique,
        region=region,
        depths_um=depths_um,
        person_um=person_um,
        balance=balance,
        lane_density_per_mm2=float(motion.lane_density_per_mm2) / sprung_back,
        contacts=contacts,
        channels=left_by(opened),
        aftercare=aftercare,
        model=model,
        motion=motion,
        follows_um=inserted.follows_um[opened & contacts.inside],
        each_pass=None if in_own_pass is None else left_by(inserted.opened & ~in_own_pass),
    )


@dataclass(frozen=True)
class Replicate:
    """A person, and the seeds of what differs between two treatments of this person.

    Parameters
    ----------
    person_um : (5,) float — mean thickness of the layers [um]
    strength : Strength — of the skin, (1,) arrays [-]
    phases, tissue_draws : numpy SeedSequence — of the drum's phases, and of the skin under each contact [-]

    """

    person_um: Array
    strength: Strength
    phases: np.random.SeedSequence
    tissue_draws: np.random.SeedSequence

    def fresh(self) -> tuple[Array, Strength, np.random.Generator, np.random.Generator]:
        """Return what `simulate` takes, with generators at their start: the same draws at every call."""
        phases, tissue_draws = np.random.default_rng(self.phases), np.random.default_rng(self.tissue_draws)
        return self.person_um, self.strength, phases, tissue_draws


def draw_replicates(skin: SkinSite, replicates: int, seed: int) -> list[Replicate]:
    """Return one person a replicate; a single one is the average person at the site.

    Parameters
    ----------
    skin : SkinSite — the skin of the population [um]
    replicates : int — how many [-]
    seed : int — of everything random; a replicate's draws do not depend on how many there are, if more than one [-]

    """
    drawn = []
    for child in np.random.SeedSequence(seed).spawn(replicates):
        phases, tissue_draws, stream = child.spawn(3)
        people = np.random.default_rng(stream)
        person = mean_thickness_um(skin) if replicates == 1 else draw_person_um(skin, people)
        strength = Strength(np.ones(1), np.ones(1)) if replicates == 1 else draw_people(1, people)
        drawn.append(Replicate(person, strength, phases, tissue_draws))
    return drawn


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


def treat(
    device: str | Path | DeviceSpec,
    site: str | Path | SkinSite,
    technique: Technique | None = None,
    *,
    region: Polygon | str | None = None,
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
    progress: Callable[[int, int], None] | None = None,
) -> Treatment:
    """Roll a device over a skin site and return what it leaves.

    One replicate describes the average person at the site; with more, every replicate draws a person, new phases and
    new skin under each needle, and figures are means with a spread.

    Parameters
    ----------
    device : str, Path or DeviceSpec — catalogue name, TOML file or record of the device [-]
    site : str, Path or SkinSite — catalogue name, TOML file or record of the skin site [-]
    technique : Technique or None — passes, pattern, load; None for 16 passes in a star at 3 N [-]
    region : shapely Polygon, str or None — treated region, '20x30' and WKT too; None for 20 mm x 20 mm [mm]
    depths_um : (Z,) float array or None — depths of the table; None for 0 to 2000 um in steps of 25 [um]
    replicates : int — independent repetitions, 1 to 10000 [-]
    seed : int — of everything random; equal inputs and seed give equal results [-]
    sensitivity : bool — also work out which input the spread of the depth comes from [-]
    aftermath : bool — also work out what the session leads to, in every replicate; an active asks for it too [-]
    active : str, Path, Active or None — applied right after the session [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    film_um : float — thickness of the film that holds it [um]
    serum : str or None — instead of a dose: strength and amount on the region, as in '15% 0.5ml' [-]
    occluded : bool — under a film after the session [-]
    figures : collection of str or None — keys of the quantities to work out; None for all [-]
    uncertainty : bool or None — also work out what nobody knows of each figure; None: unless figures are named [-]
    progress : function or None — told how many replicates are done, and of how many [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    technique = checked_technique(technique)
    roller, skin = set_to(catalog.device(device), technique), catalog.site(site)
    treated = region_of(region)
    depths = checked_depths(depths_um)
    count, start = checked_count("replicates", replicates, 1, MOST_REPLICATES), checked_count("seed", seed, 0)
    substance = None if active is None else catalog.active(active)
    care = aftercare_of(substance, dose_ug_per_cm2, film_um, serum, treated.area, occluded=occluded)
    wanted = checked_figures(figures, aftermath=aftermath or substance is not None, active=substance is not None)
    follows = any(QUANTITIES[key].needs for key in wanted)
    bands = uncertainty or (uncertainty is None and figures is None)
    cost = cost_of(roller, technique, treated, depths.size, count, wanted, bands=bands)
    refuse_excess(cost, technique, treated, depths.size)
    say_if_long(cost.seconds)
    values: dict[str, Array] = {}
    unknown: dict[str, Array] = {}
    first, days = None, np.empty(0)
    for number, replicate in enumerate(draw_replicates(skin, count, start)):
        # Of each replicate its figures are kept, and the channels of the first alone.
        made = simulate(roller, skin, technique, treated, depths, *replicate.fresh(), care)
        for kept, figures_of_one in ((values, worked_out(made, wanted)), (unknown, unknown_of(made, wanted))):
            for key, value in figures_of_one.items():
                kept.setdefault(key, np.empty((count, *value.shape)))[number] = value
        if first is None:
            first = made.channels
            if any(QUANTITIES[key].time == "day" for key in wanted):
                days = made.healing.days.copy()
        del made  # its arrays are not held while the next is worked out
        if progress is not None:
            progress(number + 1, count)
    known = {key: mean_of(value, classes=bool(QUANTITIES[key].classes)) for key, value in unknown.items()}
    opened = None
    if bands:
        means = {key: mean_of(values[key]) for key in wanted if not QUANTITIES[key].needs}
        known |= bands_not_known(roller, skin, technique, depths, means)
        opened = depths_of_members(roller, skin, technique).opened_share
    notes = [*notes_of(roller, skin, technique), *(standing_warnings(substance) if follows else ())]
    assert first is not None
    return Treatment(
        device=roller,
        site=skin,
        technique=technique,
        region=treated,
        depths_um=depths.copy(),
        seed=start,
        values=values,
        channels=first,
        warnings=tuple(dict.fromkeys(notes)),
        source_keys=source_keys(roller, skin),
        days=days,
        uncertainty={key: rounded(band) for key, band in known.items()},
        sensitivity=depth_sensitivity(roller, skin, technique, start) if sensitivity else None,
        aftercare=care if follows else None,
        alerts=tuple(alerts_of(roller, skin, technique, values, opened)),
    )


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
