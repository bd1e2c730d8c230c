"""One treatment: a roller, a skin site, a technique, and everything that follows.

`treat` runs the chain contacts -> insertion -> channels -> coverage once per replicate and returns a `Treatment`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon

from ...data import catalog
from ...data.catalog import RollerSpec, SkinSite, sources
from ...data.checks import refuse
from ...data.constants import tissue
from ...geometry.arrays import Array, floats
from ...geometry.needle import needle_profile
from ...geometry.region import checked_region, rectangle
from ...geometry.skin import draw_person_um, draw_thickness_um, mean_thickness_um
from ..coverage.areas import Channels
from ..coverage.passes import roll
from ..insertion.each_contact import (
    Strength,
    balance_rings,
    draw_people,
    draw_places,
    entry_speed_of,
    handled,
    insert_each,
    roller_law,
    share_in_holes,
    withdrawn,
)
from ..insertion.motion import density_per_pass_per_mm2, pitch_radius_mm, tip_travel_mm
from ..insertion.tissue import worn_tip_radius_um
from ..insertion.validity import outside_validity
from ..technique import Technique
from .replicate import Punctures, checked_figures, figures_of
from .result import VARIABLES, Treatment
from .sensitivity import depth_sensitivity

DEFAULT_DEPTHS_UM = np.arange(0.0, 2001.0, 25.0)
MOST_DEPTHS = 10_000
MOST_REPLICATES = 10_000


def simulate(
    roller: RollerSpec,
    skin: SkinSite,
    technique: Technique,
    region: Polygon,
    depths_um: Array,
    person_um: Array,
    strength: Strength,
    phases: np.random.Generator,
    tissue_draws: np.random.Generator,
    figures: Collection[str] = tuple(VARIABLES),
) -> tuple[dict[str, Array], Channels]:
    """Run one treatment of one person's skin.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    skin : SkinSite — gives the spread of thickness within the site [um]
    technique : Technique — what the hand does [-]
    region : shapely Polygon — what is treated [mm]
    depths_um : (Z,) float — depths of the table [um]
    person_um : (5,) float — mean thickness of this person's layers [um]
    strength : Strength — of this person's skin, (1,) arrays [-]
    phases : numpy Generator — phases and offsets of the lanes [-]
    tissue_draws : numpy Generator — thickness and strength of the skin under each contact [-]
    figures : collection of str — names of `VARIABLES` that are wanted [-]

    Returns
    -------
    values : dict of float array — one a figure wanted
    channels : Channels — every channel in the region and in a margin around it

    """
    shape = needle_profile(roller)
    strength = strength.times(handled(roller, technique))
    law = roller_law(roller, person_um, strength, uses=technique.uses)
    balance = balance_rings(roller, technique.load_n, law)
    axle_height = float(balance.axle_height_mm.mean())
    pitch_radius = float(pitch_radius_mm(axle_height, roller.drum_radius_mm, technique.slip))
    contacts = roll(roller, technique, region, pitch_radius, phases)

    count = contacts.x_mm.size
    thickness = draw_thickness_um(skin, person_um, count, tissue_draws)
    places = draw_places(count, tissue_draws).times(strength)
    lane_density = float(density_per_pass_per_mm2(roller.needle_count, pitch_radius, roller.drum_width_mm))
    _, hole = withdrawn(shape, law.depth_mm(tip_travel_mm(0.0, axle_height, roller.drum_radius_mm, [roller.length_mm])))
    in_holes = share_in_holes(contacts.pass_number, lane_density / (1 - technique.overlap), float(hole[0]))
    fresh = tissue_draws.random(count) >= in_holes
    height = balance.axle_height_mm[contacts.ring]
    inserted = insert_each(roller, height, thickness, places, uses=technique.uses, fresh=fresh)
    opened = inserted.opened
    channels = Channels(
        x_mm=contacts.x_mm[opened],
        y_mm=contacts.y_mm[opened],
        pass_number=contacts.pass_number[opened],
        lane=contacts.lane[opened],
        ring=contacts.ring[opened],
        needle=contacts.needle[opened],
        inside=contacts.inside[opened],
        peak_depth_um=inserted.peak_depth_um[opened],
        residual_depth_um=inserted.residual_depth_um[opened],
        surface_diameter_um=inserted.surface_diameter_um[opened],
        aspect_ratio=inserted.aspect_ratio[opened],
        thickness_um=thickness[opened],
    )
    made = Punctures(roller, technique, region, person_um, balance, lane_density, contacts, channels)
    return figures_of(made, depths_um, figures), channels


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


def treat(
    device: str | Path | RollerSpec,
    site: str | Path | SkinSite,
    technique: Technique | None = None,
    *,
    window: Polygon | None = None,
    depths_um: ArrayLike | None = None,
    replicates: int = 1,
    seed: int = 0,
    sensitivity: bool = False,
    figures: Collection[str] | None = None,
) -> Treatment:
    """Roll a device over a skin site and return what it leaves.

    One replicate describes the average person at the site; with more, every replicate draws a person, new phases and
    new skin under each needle, and figures are means with a spread.

    Parameters
    ----------
    device : str, Path or RollerSpec — catalogue name, TOML file or record of the device [-]
    site : str, Path or SkinSite — catalogue name, TOML file or record of the skin site [-]
    technique : Technique or None — passes, pattern, load; None for 16 passes in a star at 3 N [-]
    window : shapely Polygon or None — treated region; None for 20 mm x 20 mm [mm]
    depths_um : (Z,) float array or None — depths of the table; None for 0 to 2000 um in steps of 25 [um]
    replicates : int — independent repetitions, 1 to 10000 [-]
    seed : int — of everything random; equal inputs and seed give equal results [-]
    sensitivity : bool — also work out which input the spread of the depth comes from [-]
    figures : collection of str or None — names of `VARIABLES` to work out; None for all [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    roller, skin = catalog.device(device), catalog.site(site)
    technique = technique or Technique()
    region = rectangle(20, 20) if window is None else checked_region(window)
    depths, wanted = checked_depths(depths_um), checked_figures(figures)
    if not 1 <= replicates <= MOST_REPLICATES:
        raise refuse("replicates", replicates, f"between 1 and {MOST_REPLICATES}")
    if seed < 0:
        raise refuse("seed", seed, "a whole number of at least 0")
    values: dict[str, Array] = {}
    channels = None
    for number, replicate in enumerate(draw_replicates(skin, replicates, seed)):
        # Of each replicate its figures are kept, and the channels of the first alone.
        figures_of_one, made = simulate(roller, skin, technique, region, depths, *replicate.fresh(), wanted)
        channels = channels or made
        for name in wanted:
            values.setdefault(name, np.empty((replicates, *figures_of_one[name].shape)))[number] = figures_of_one[name]
    assert channels is not None
    return Treatment(
        device=roller,
        site=skin,
        technique=technique,
        region=region,
        depths_um=depths,
        seed=seed,
        values=values,
        channels=channels,
        warnings=tuple(_warnings(roller, skin, technique)),
        source_keys=_source_keys(roller, skin),
        sensitivity=depth_sensitivity(roller, skin, technique, seed) if sensitivity else None,
    )


def _source_keys(roller: RollerSpec, skin: SkinSite) -> tuple[str, ...]:
    keys = [*roller.source, *(key for layer in skin.layers for key in layer.source)]
    keys += [key for constant in tissue().values() for key in constant.source.split(";")]
    return tuple(key for key in dict.fromkeys(keys) if key in sources())


def _warnings(roller: RollerSpec, skin: SkinSite, technique: Technique) -> Iterable[str]:
    """Say what leans on weak ground."""
    if roller.assumed:
        yield f"{roller.name}: assumed, no source gives them for this device: {', '.join(roller.assumed)}"
    if roller.status == "unverified":
        yield f"{roller.name}: its figures are unverified"
    weak = [layer.name for layer in skin.layers if layer.status == "unverified"]
    if weak:
        yield f"{skin.name}: unverified thickness: {', '.join(weak)}"
    borrowed = [layer.name for layer in skin.layers if layer.note]
    if borrowed:
        yield f"{skin.name}: thickness from other skin than this site's: {', '.join(borrowed)}"
    worn = float(worn_tip_radius_um(roller.tip_radius_um, technique.uses))
    speed = entry_speed_of(roller, technique)
    yield from outside_validity(roller.name, tip_radius_um=worn, entry_speed_mm_s=speed, length_mm=roller.length_mm)
    limit = tissue()["hand_load_limit"]
    if technique.load_n > limit.value:
        named = f"the {limit.value:g} N named for a hand ({limit.source}, {limit.status})"
        yield f"load_n = {technique.load_n:g} N is more than {named}"
    unverified = [name for name, constant in tissue().items() if constant.status == "unverified"]
    yield f"insertion leans on unverified constants: {', '.join(unverified)}"
