"""One replicate of one zone of a body: the drum over its strokes, contacts, channels, and what is worked out from them.

In: a roller, a technique, a zone and a person. Out: a `MadeOnBody`, of which every quantity is worked out as of a flat
treatment, areas on the body itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...data.catalog import DeviceSpec, SkinSite
from ...geometry.arrays import Array, Flags, Ints, floats
from ...geometry.needle import needle_profile
from ...geometry.surface.body import Surface, Zone
from ...geometry.surface.strokes import Strokes, lay_many
from ..body.chart import Chart, chart_of
from ..body.courses import Course
from ..body.moving import draw_course, go_over, margin_on_mm
from ..body.over_zone import Landed, OverZone
from ..body.plates import PlateCourse
from ..body.stars import lay_stars
from ..body.untouched import POINTS_PER_SPACING, StrewnPoints, distances_mm, gaps_of, strewn
from ..coverage.areas import Layout, flat_layout, section_radius_mm
from ..coverage.evenness import Evenness
from ..coverage.gaps import Gaps
from ..coverage.leaving import leave_channels
from ..coverage.motions import motion_of
from ..insertion.each_contact import Strength, handled, roller_law
from ..insertion.one_needle import NeedleLaw
from ..insertion.support import balance_rings
from ..technique import Technique
from ..treatment.replicate import Aftercare, Made, Replicate


@dataclass(frozen=True)
class MadeOnBody(Made):
    """One replicate on a zone of a body.

    Parameters
    ----------
    chart : Chart — of the zone [mm]
    over : OverZone — strokes, contacts and how the device rested [mm, N]
    opened : (n,) bool — contacts that left a channel [-]
    alone : (n,) bool or None — contacts that leave one where their pass is the only one [-]

    """

    chart: Chart | None = None
    over: OverZone | None = None
    opened: Flags | None = None
    alone: Flags | None = None

    @property
    def _chart(self) -> Chart:
        assert self.chart is not None
        return self.chart

    @property
    def went(self) -> OverZone:
        """What the device did over the zone."""
        assert self.over is not None
        return self.over

    @property
    def landed(self) -> Landed:
        """The contacts on the body."""
        return self.went.landed

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
        """Axle, or plate, over the skin under the rings that bear the load, mean over the zone [mm]."""
        return self.went.mean_height_mm

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

    def passes_apart(self) -> Layout:
        """The channels of each pass but the first as if it were the only one, laid out flat beside each other [mm]."""
        if not self._chart.bent:
            return super().passes_apart()
        channels, landed = self.each_pass, self.landed
        assert channels is not None
        place, face = landed.place_mm[self.alone], landed.face[self.alone]
        radius = section_radius_mm(needle_profile(self.roller), channels.peak_depth_um, 0.0, channels.aspect_ratio)
        # Bodies side by side, one a pass: none of the channels of two passes are near each other.
        number = channels.pass_number - 1
        step = float(np.ptp(place[:, 0])) + 2 * float(radius.max(initial=0.0)) + 1.0 if len(place) else 1.0
        place = place + (step * number)[:, None] * np.array([1.0, 0.0, 0.0])
        inside, normal = channels.inside & (number > 0), self._chart.surface.face_normal[face]
        return lay_stars(place, normal, radius, np.maximum(number, 1), inside, self.area_mm2)

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
        # Where a border cuts strokes off, skin may be untouched far around: the exact search would gather everything.
        if not self._chart.bent and not self.went.ended_short:
            return super().between
        return gaps_of(self.points, self.distance_mm)


@dataclass(frozen=True)
class Session:
    """One replicate of one zone, before the roller is put down.

    Parameters
    ----------
    roller : DeviceSpec — the device, set as the technique says [-]
    skin : SkinSite — of the zone [um]
    technique : Technique — what the hand does [-]
    replicate : Replicate — the person, and seeds [-]
    law : NeedleLaw — of the needles in this person's skin, one row [mm, N]
    strength : Strength — of that skin in this hand, (1,) arrays [-]
    chart : Chart — of the zone [mm]
    course : Course or PlateCourse — its strokes, drawn [mm]

    """

    roller: DeviceSpec
    skin: SkinSite
    technique: Technique
    replicate: Replicate
    law: NeedleLaw
    strength: Strength
    chart: Chart
    course: Course | PlateCourse


def begin_session(
    roller: DeviceSpec, skin: SkinSite, technique: Technique, surface: Surface, zone: Zone, replicate: Replicate
) -> Session:
    """Return a replicate of a zone with its strokes drawn.

    Parameters
    ----------
    roller : DeviceSpec — the device, set as the technique says [-]
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
    margin = margin_on_mm(roller, technique, float(level.axle_height_mm.mean()))
    chart = chart_of(surface, zone, 2 * margin)
    course = draw_course(roller, technique, chart, margin, phases)
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
    over = go_over(roller, technique, chart, law, session.course, laid)
    landed, lane = over.landed, over.lane_density_per_mm2
    motion = replace(motion_of(roller, technique, over.mean_height_mm), lane_density_per_mm2=floats(lane))
    left = leave_channels(
        roller,
        skin,
        technique,
        person_um,
        session.strength,
        law,
        motion,
        landed.contacts,
        over.height_mm,
        landed.pressure_mpa,
        over.mean_height_mm,
        tissue_draws,
        turn_rad=landed.turn_rad,
        place_mm=landed.place_mm if chart.bent else None,
    )
    return MadeOnBody(
        roller=roller,
        site=skin,
        technique=technique,
        region=chart.region,
        depths_um=depths_um,
        person_um=person_um,
        balance=over.balance,
        lane_density_per_mm2=lane,
        contacts=left.contacts,
        channels=left.channels,
        aftercare=aftercare,
        motion=motion,
        follows_um=left.follows_um,
        each_pass=left.each_pass,
        chart=chart,
        over=over,
        opened=left.opened,
        alone=left.alone,
    )
