"""One replicate: where the needles went, what they left, and what is worked out from it when it is asked for.

In: contacts, channels and balance of one person's treatment. Out: groups of figures that are worked out together, each
once and only if a figure of it is wanted: areas and gaps cost most of a treatment, so whoever wants densities alone
does not pay for them, and gets the same densities.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from shapely.geometry import Polygon

from ...data.catalog import Active, DeviceSpec, SkinSite
from ...geometry.arrays import Array, Ints, floats
from ...geometry.skin import draw_person_um, mean_thickness_um
from ..after.closure import ClosureCourse, closure_of_channels, leaking_share
from ..after.healing import HealingCourse, healing_course
from ..after.made import MadeChannels, channels_made
from ..after.side_effects import Risk, assess
from ..coverage.areas import (
    Channels,
    Coverage,
    Densities,
    Layout,
    coverage,
    densities,
    flat_layout,
)
from ..coverage.evenness import Evenness, evenness_of
from ..coverage.gaps import Gaps, find_gaps
from ..coverage.leaving import leave_channels
from ..coverage.motions import Motion, lay, motion_of
from ..coverage.own_passes import own_coverage, passes_apart
from ..coverage.passes import Contacts
from ..insertion.balance import DrumBalance
from ..insertion.each_contact import Strength, draw_people, handled, resting, roller_law
from ..insertion.one_needle import profile_of
from ..insertion.support import balance_rings
from ..insertion.tissue import TissueModel
from ..technique import Technique
from ..transport.delivery import Delivery, deliver

DELIVERY_HOURS = np.array([0.0, 0.5, 1, 2, 4, 8, 12, 24])
CLOSURE_HOURS = np.array([0.0, 0.5, 1, 2, 4, 8, 12, 24, 48, 72])
# Often at first, where most of a breach dries shut within the hour; to the last hour of delivery.
CLOSING_HOURS = np.append(0.0, np.geomspace(0.02, DELIVERY_HOURS[-1], 40))
MEAN_WIDTH_SHARE = 0.5  # a residual channel tapers from its full width at the surface to nothing at its end
MOST_CHANNELS = 2000  # enough for the spread of their depth


@dataclass(frozen=True)
class Aftercare:
    """What is done after a session.

    Parameters
    ----------
    active : Active or None — applied right after it [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    film_um : float — thickness of the film that holds it [um]
    occluded : bool — under a film [-]

    """

    active: Active | None = None
    dose_ug_per_cm2: float = 100.0
    film_um: float = 100.0
    occluded: bool = False


@dataclass(frozen=True)
class Made:
    """One replicate: where the needles went and what they left.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    site : SkinSite — the skin [um]
    technique : Technique — what the hand did [-]
    region : shapely Polygon — what is treated [mm]
    depths_um : (Z,) float — depths of the table [um]
    person_um : (5,) float — mean thickness of this person's layers [um]
    balance : DrumBalance — of the drum, one entry a ring [mm, N]
    lane_density_per_mm2 : float — contacts per area of one lane [1/mm2]
    contacts : Contacts — of needles with the skin [mm]
    channels : Channels — contacts that opened the skin [mm, um]
    aftercare : Aftercare — what is done after the session [-]
    motion : Motion or None — how the device was moved; None: as it is by itself [-]
    follows_um : (n,) float or None — how far skin follows each needle along it, over channels of the region [um]
    each_pass : Channels or None — those of each pass if it were the only one, where they meet each other [mm, um]
    model : TissueModel or None — member of the ensemble; None for the constants as shipped [as its fields]

    """

    roller: DeviceSpec
    site: SkinSite
    technique: Technique
    region: Polygon
    depths_um: Array
    person_um: Array
    balance: DrumBalance
    lane_density_per_mm2: float
    contacts: Contacts
    channels: Channels
    aftercare: Aftercare = Aftercare()
    motion: Motion | None = None
    follows_um: Array | None = None
    each_pass: Channels | None = None
    model: TissueModel | None = None

    @cached_property
    def moved(self) -> Motion:
        """How the device was moved."""
        return self.motion or motion_of(self.roller, self.technique, self.axle_height_mm)

    @cached_property
    def axle_height_mm(self) -> float:
        """Axle over the undisturbed skin, mean over the drum's phases [mm]."""
        return float(self.balance.axle_height_mm.mean())

    @cached_property
    def counted(self) -> Densities:
        """How many channels there are."""
        return densities(self.channels, self.area_mm2, self.depths_um, self.technique.passes)

    @property
    def area_mm2(self) -> float:
        """Area of what is treated [mm2]."""
        return float(self.region.area)

    @property
    def layout(self) -> Layout:
        """The channels laid out flat in what is treated [mm]."""
        return flat_layout(self.channels, self.region)

    def passes_apart(self) -> Layout:
        """The channels of each pass but the first as if it were the only one, laid out flat beside each other [mm]."""
        assert self.each_pass is not None
        return passes_apart(self.each_pass, profile_of(self.roller, self.model), self.region, self.technique.passes)

    @cached_property
    def touched(self) -> Coverage:
        """Which share of area and layers they touch, at the surface and at every depth of the table."""
        passes = self.technique.passes
        found = coverage(
            self.channels,
            profile_of(self.roller, self.model),
            self.layout,
            self.all_depths_um,
            np.bincount(self.contacts.pass_number, minlength=passes + 1)[1:],
            self.lane_density_per_mm2,
            self.technique.overlap,
        )
        if self.each_pass is None:
            return found
        shape = profile_of(self.roller, self.model)
        first = found.coverage[0]
        own = own_coverage(self.each_pass, shape, self.passes_apart, self.all_depths_um, passes, first)
        return replace(found, expected_coverage=floats(1 - np.cumprod(1 - own, axis=0)))

    @property
    def all_depths_um(self) -> Array:
        """Depths of the table, with the surface before them where it is not among them [um]."""
        return self.depths_um if self.depths_um[0] == 0 else np.append(0.0, self.depths_um)

    def tabled(self, by_depth: Array) -> Array:
        """Return what belongs to the depths of the table, without the surface where that was only added.

        Parameters
        ----------
        by_depth : (..., Z or Z + 1) float — at `all_depths_um` [as the figure]

        """
        return by_depth[..., -self.depths_um.size :]

    @cached_property
    def between(self) -> Gaps:
        """What stays untouched between them."""
        channels = self.channels
        return find_gaps(
            channels.x_mm,
            channels.y_mm,
            channels.surface_diameter_um / 2000,
            channels.pass_number,
            self.technique.passes,
            self.region,
            self.moved.spacing_mm(self.lane_density_per_mm2),
        )

    @cached_property
    def evenness(self) -> Evenness:
        """How much their number varies from place to place."""
        channels, inside = self.channels, self.channels.inside
        return evenness_of(
            channels.x_mm[inside],
            channels.y_mm[inside],
            channels.pass_number[inside],
            self.technique.passes,
            self.region,
        )

    @cached_property
    def made_channels(self) -> MadeChannels:
        """The channels of the region, or a fair sample, as the models of what follows read them."""
        channels, some = self.channels, self.sample
        return channels_made(
            channels.peak_depth_um[some],
            channels.residual_depth_um[some],
            channels.surface_diameter_um[some],
            channels.thickness_um[some],
            float(self.counted.density_per_cm2[-1]),
        )

    @cached_property
    def sample(self) -> Ints:
        """Places of channels of the region, at most `MOST_CHANNELS`, evenly among all passes."""
        inside = np.flatnonzero(self.channels.inside)
        return inside[:: max(1, -(-inside.size // MOST_CHANNELS))]

    @property
    def punctured_fraction(self) -> float:
        """Share of the contacts that open the skin [-]."""
        met = self.contacts.inside.sum()
        return float(self.channels.inside.sum() / met) if met else 0.0

    @property
    def needles_in(self) -> float:
        """Needles that are in opened skin at once [-]."""
        return float(self.balance.engaged.mean()) * self.punctured_fraction

    @cached_property
    def closing(self) -> ClosureCourse:
        """How the channels close."""
        return closure_of_channels(self.made_channels, CLOSURE_HOURS, **self._pace())

    def _pace(self) -> dict[str, Any]:
        """What sets the pace at which channels close."""
        whose = {"age_years": self.site.age_years, "skin_colour": self.site.skin_colour}
        return whose | {"occluded": self.aftercare.occluded}

    @cached_property
    def risk(self) -> Risk:
        """Side effects."""
        return assess(self.made_channels, self.needles_in)

    @cached_property
    def volume_fraction(self) -> Array:
        """Share of each layer's volume inside channels after the last pass, (5,) [-]."""
        return floats(np.clip(self.touched.layer_volume_fraction[-1], 0.0, 1.0))

    @cached_property
    def healing(self) -> HealingCourse:
        """What the skin builds after this one session."""
        return healing_course(self.volume_fraction, age_years=self.site.age_years)

    @cached_property
    def delivered(self) -> Delivery:
        """How much of the active gets in; only where there is one."""
        channels, care = self.channels, self.aftercare
        if care.active is None:
            raise TypeError("no active was applied: there is nothing to deliver")
        some = self.sample
        left = leaking_share(self.made_channels, CLOSING_HOURS, **self._pace())
        return deliver(
            care.active,
            self.site,
            float(self.counted.density_per_cm2[-1]),
            MEAN_WIDTH_SHARE * channels.surface_diameter_um[some],
            channels.residual_depth_um[some],
            DELIVERY_HOURS,
            occluded=care.occluded,
            closing=(CLOSING_HOURS, left),
            dose_ug_per_cm2=care.dose_ug_per_cm2,
            film_um=care.film_um,
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
    aftercare: Aftercare = Aftercare(),
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
    person_um = technique.taut_thickness_share * person_um  # as the skin lies under the needles
    strength = strength.times(handled(roller, technique, model))
    if model is None:
        stiffness, resistance = strength.stiffness.item(), strength.resistance.item()
        law, balance = resting(roller, technique.load_n, technique.uses, tuple(person_um), stiffness, resistance)
    else:
        law = roller_law(roller, person_um, strength, uses=technique.uses, model=model)
        balance = balance_rings(roller, technique.load_n, law, model)
    axle_height = float(balance.axle_height_mm.mean())
    motion = motion_of(roller, technique, axle_height)
    contacts, turn = lay(roller, technique, region, axle_height, phases)

    heights, pressure = balance.axle_height_mm[contacts.ring], balance.drum_pressure_mpa[contacts.ring]
    left = leave_channels(
        roller,
        skin,
        technique,
        person_um,
        strength,
        law,
        motion,
        contacts,
        heights,
        pressure,
        axle_height,
        tissue_draws,
        turn_rad=turn,
        model=model,
    )
    return Made(
        roller=roller,
        site=skin,
        technique=technique,
        region=region,
        depths_um=depths_um,
        person_um=person_um,
        balance=balance,
        lane_density_per_mm2=float(motion.lane_density_per_mm2) / left.channels.sprung_back,
        contacts=left.contacts,
        channels=left.channels,
        aftercare=aftercare,
        motion=motion,
        follows_um=left.follows_um,
        each_pass=left.each_pass,
        model=model,
    )
