"""One replicate of one zone of a body: the drum over its strokes, contacts, channels, and what is worked out from them.

In: a roller, a technique, a zone and a person. Out: a `MadeOnBody`, of which every quantity is worked out as of a flat
treatment, areas on the body itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...data.catalog import RollerSpec, SkinSite
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.needle import needle_profile
from ...geometry.surface.body import Surface, Zone
from ...geometry.surface.strokes import Strokes, lay_many
from ..body.chart import Chart, chart_of
from ..body.courses import Course, course_over
from ..body.landing import Landed, Rolled, roll_over_zone
from ..body.stars import lay_stars
from ..body.untouched import POINTS_PER_SPACING, StrewnPoints, distances_mm, gaps_of, strewn
from ..coverage.areas import Layout, flat_layout, section_radius_mm
from ..coverage.evenness import Evenness
from ..coverage.gaps import Gaps
from ..coverage.leaving import leave_channels
from ..coverage.motions import motion_of
from ..coverage.passes import contact_margin_mm
from ..insertion.balance import DrumBalance
from ..insertion.each_contact import Strength, handled, roller_law
from ..insertion.motion import density_per_pass_per_mm2, pitch_radius_mm
from ..insertion.one_needle import NeedleLaw
from ..insertion.support import balance_rings
from ..technique import Technique
from ..treatment.replicate import Aftercare, Made, Replicate


@dataclass(frozen=True)
class MadeOnBody(Made):
    """One replicate on a zone of a body.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    chart : Chart — of the zone [mm]
    rolled : Rolled — strokes, contacts and the drum over them [mm, N]
    opened : (n,) bool — contacts that left a channel [-]

    """

    roller: RollerSpec
    chart: Chart | None = None
    rolled: Rolled | None = None
    opened: Flags | None = None

    @property
    def _chart(self) -> Chart:
        assert self.chart is not None
        return self.chart

    @property
    def landed(self) -> Landed:
        """The contacts on the body."""
        assert self.rolled is not None
        return self.rolled.landed

    @cached_property
    def place_mm(self) -> Array:
        """Places of the channels on the body, (n, 3) [mm]."""
        return floats(self.landed.place_mm[self.opened])

    @cached_property
    def face(self) -> Ints:
        """Faces of the channels, (n,) [-]."""
        found: Ints = self.landed.face[self.opened]
        return found

    @property
    def axle_height_mm(self) -> float:
        """Axle over the skin under the rings that bear the load, mean over the zone [mm]."""
        assert self.rolled is not None
        return self.rolled.axle_height_mm

    @property
    def area_mm2(self) -> float:
        """Area of the zone [mm2]."""
        return self._chart.surface.zone_area_mm2(self._chart.zone)

    @cached_property
    def layout(self) -> Layout:
        """The channels laid out flat: a plane as it is, else as stars [mm]."""
        if not self._chart.bent:
            return flat_layout(self.channels, self.region)
        channels = self.channels
        radius = section_radius_mm(needle_profile(self.roller), channels.peak_depth_um, 0.0, channels.aspect_ratio)
        normal = self._chart.surface.face_normal[self.face]
        return lay_stars(self.place_mm, normal, radius, channels.pass_number, channels.inside, self.area_mm2)

    @cached_property
    def points(self) -> StrewnPoints:
        """Points strewn over the zone [mm]."""
        return strewn(self._chart, self.lane_density_per_mm2**-0.5 / POINTS_PER_SPACING)

    @cached_property
    def distance_mm(self) -> Array:
        """From those points to the nearest channel's edge after each pass, (P, m) [mm]."""
        channels = self.channels
        radius = channels.surface_diameter_um / 2000
        return distances_mm(self.points.place_mm, self.place_mm, radius, channels.pass_number, self.technique.passes)

    @cached_property
    def evenness(self) -> Evenness:
        """How much their number varies from place to place: not known on a bent zone, which has no square cells."""
        if not self._chart.bent:
            return super().evenness
        unknown = np.full(self.technique.passes, np.nan)
        return Evenness(unknown, unknown)

    @cached_property
    def between(self) -> Gaps:
        """What stays untouched between channels."""
        if not self._chart.bent:
            return super().between
        return gaps_of(self.points, self.distance_mm)


@dataclass(frozen=True)
class Session:
    """One replicate of one zone, before the roller is put down.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    skin : SkinSite — of the zone [um]
    technique : Technique — what the hand does [-]
    replicate : Replicate — the person, and seeds [-]
    law : NeedleLaw — of the needles in this person's skin, one row [mm, N]
    strength : Strength — of that skin in this hand, (1,) arrays [-]
    chart : Chart — of the zone [mm]
    course : Course — its strokes, drawn [mm]

    """

    roller: RollerSpec
    skin: SkinSite
    technique: Technique
    replicate: Replicate
    law: NeedleLaw
    strength: Strength
    chart: Chart
    course: Course


def begin_session(
    roller: RollerSpec, skin: SkinSite, technique: Technique, surface: Surface, zone: Zone, replicate: Replicate
) -> Session:
    """Return a replicate of a zone with its strokes drawn.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    skin : SkinSite — of the zone [um]
    technique : Technique — what the hand does [-]
    surface : Surface — the body [mm]
    zone : Zone — the zone [-]
    replicate : Replicate — the person, and seeds [-]

    """
    person_um, strength, phases, _ = replicate.fresh()
    strength = strength.times(handled(roller, technique))
    law = roller_law(roller, person_um, strength, uses=technique.uses)
    # On flat skin of this person: how far beyond the zone contacts matter.
    level = balance_rings(roller, technique.load_n, law)
    pitch = float(pitch_radius_mm(level.axle_height_mm.mean(), roller.drum_radius_mm, technique.slip))
    margin = contact_margin_mm(roller, pitch)
    chart = chart_of(surface, zone, 2 * margin)
    course = course_over(roller, technique, chart, margin, phases)
    return Session(roller, skin, technique, replicate, law, strength, chart, course)


def lay_sessions(sessions: Sequence[Session]) -> list[list[Strokes]]:
    """Return the strokes of sessions on one body, laid together.

    Parameters
    ----------
    sessions : sequence of Session — drawn [mm]

    """
    every = [lay for session in sessions for lay in session.course.lays]
    laid = iter(lay_many(sessions[0].chart.surface, every))
    return [[next(laid) for _ in session.course.lays] for session in sessions]


def simulate_zone(session: Session, laid: Sequence[Strokes], depths_um: Array, aftercare: Aftercare) -> MadeOnBody:
    """Return one treatment of one person's zone.

    Parameters
    ----------
    session : Session — the roller, the zone and the person [-]
    laid : sequence of Strokes — its strokes [mm]
    depths_um : (Z,) float — depths of the table [um]
    aftercare : Aftercare — what is done after the session [-]

    """
    roller, skin, technique, law, chart = (
        session.roller,
        session.skin,
        session.technique,
        session.law,
        session.chart,
    )
    person_um, _, _, tissue_draws = session.replicate.fresh()
    rolled = roll_over_zone(roller, technique, chart, law, session.course, laid)
    landed = rolled.landed
    lane = float(density_per_pass_per_mm2(roller.needle_count, rolled.pitch_radius_mm, roller.drum_width_mm))
    lane *= landed.touching_share
    motion = replace(motion_of(roller, technique, rolled.axle_height_mm), lane_density_per_mm2=floats(lane))
    height = roller.drum_radius_mm + roller.length_mm - landed.push_mm
    left = leave_channels(
        roller,
        skin,
        technique,
        person_um,
        session.strength,
        law,
        motion,
        landed.contacts,
        height,
        landed.pressure_mpa,
        rolled.axle_height_mm,
        tissue_draws,
    )
    return MadeOnBody(
        roller=roller,
        site=skin,
        technique=technique,
        region=chart.region,
        depths_um=depths_um,
        person_um=person_um,
        balance=_over_the_zone(roller, rolled),
        lane_density_per_mm2=lane,
        contacts=left.contacts,
        channels=left.channels,
        aftercare=aftercare,
        motion=motion,
        follows_um=left.follows_um,
        chart=chart,
        rolled=rolled,
        opened=left.opened,
    )


def _over_the_zone(roller: RollerSpec, rolled: Rolled) -> DrumBalance:
    """The drum's balance, mean over the places where it was weighed in the zone: an entry a ring's phase."""
    balance = rolled.balance
    some = rolled.inside if rolled.inside.any() else np.ones(rolled.inside.size, dtype=bool)
    own = balance.kind_of_ring

    def over(values: Array | Ints) -> Array:
        return floats(values[some].mean(axis=0)[own])

    push = over(balance.push_mm)
    return DrumBalance(
        axle_height_mm=roller.drum_radius_mm + roller.length_mm - push,
        travel_mm=np.minimum(push, roller.length_mm),
        drum_force_n=over(balance.drum_force_n.sum(axis=2)),
        drum_pressure_mpa=over(balance.pressure_mpa.max(axis=2)),
        dent_mm=over(balance.dent_mm.max(axis=2)),
        needle_force_n=over(balance.needle_force_n),
        entry_force_n=over(balance.entry_force_n),
        engaged=over(balance.engaged).astype(np.float64),
    )
