"""The channels that contacts leave: each needle in its own bit of skin, fresh or in a hole of an earlier pass.

In: contacts, the height of the axle and the pressure at each, a person's skin. Out: channels, for the contacts that
opened the skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data.catalog import DeviceSpec, SkinSite
from ...geometry.arrays import Array, Flags, Ints
from ...geometry.skin import draw_thickness_um
from ..insertion.each_contact import Insertion, Strength, draw_places, insert_each, withdrawn
from ..insertion.one_needle import NeedleLaw, profile_of
from ..insertion.support import between_strokes_mm, travel_at_height_mm
from ..insertion.tissue import TissueModel
from ..technique import Technique
from .areas import Channels
from .motions import Motion, chance_of_holes, holes_by_place
from .passes import Contacts, passes_with_holes, reentered


@dataclass(frozen=True)
class Left:
    """What contacts leave.

    Parameters
    ----------
    channels : Channels — m of them, in the order of their contacts [mm, um]
    opened : (n,) bool — contacts that left one of their own [-]
    contacts : Contacts — n, with the holes that they meet [mm]
    follows_um : (k,) float — how far skin follows each needle along it, over channels of the region [um]
    each_pass : Channels or None — those of each pass if it were the only one, where they meet each other [mm, um]
    alone : (n,) bool or None — contacts that left those [-]

    """

    channels: Channels
    opened: Flags
    contacts: Contacts
    follows_um: Array
    each_pass: Channels | None
    alone: Flags | None


def leave_channels(
    roller: DeviceSpec,
    skin: SkinSite,
    technique: Technique,
    person_um: Array,
    strength: Strength,
    law: NeedleLaw,
    motion: Motion,
    contacts: Contacts,
    axle_height_mm: Array,
    pressure_mpa: Array,
    mean_height_mm: float,
    rng: np.random.Generator,
    *,
    turn_rad: Array | None = None,
    place_mm: Array | None = None,
    model: TissueModel | None = None,
) -> Left:
    """Return the channels that contacts leave, in their order, and which contacts they are.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — gives the spread of thickness within the site [um]
    technique : Technique — overlap, slip, stretch, uses, drag speed [-]
    person_um : (5,) float — mean thickness of this person's layers, as they lie under the needles [um]
    strength : Strength — of this person's skin, speed and stretch included [-]
    law : NeedleLaw — of the device's needles in it, one row [mm, N]
    motion : Motion — how the device is moved [-]
    contacts : Contacts — n of all passes [mm]
    axle_height_mm : (n,) float — h over the skin under each while its needle is lowest [mm]
    pressure_mpa : (n,) float — of the bare drum or plate on the skin there [N/mm2]
    mean_height_mm : float — h, mean over the treatment [mm]
    rng : numpy Generator — thickness and strength of the skin under each contact [-]
    turn_rad : (n,) float or None — how the plate was turned against the x axis; None for a drum [rad]
    place_mm : (n, 3) float or None — of each contact on a body; None: as x and y say [mm]
    model : TissueModel or None — one member of the ensemble; None for the constants as shipped [as its fields]

    """
    shape, count = profile_of(roller, model), contacts.x_mm.size
    thickness = draw_thickness_um(skin, person_um, count, rng)
    places = draw_places(count, rng).times(strength)
    deep = law.depth_mm(np.atleast_1d(travel_at_height_mm(roller, mean_height_mm)))
    _, holes = withdrawn(shape, deep, model)
    hole = float(holes[0])
    again = reentered(contacts, hole)
    earlier = passes_with_holes(contacts, again)
    fresh = rng.random(count) >= chance_of_holes(motion, earlier, technique.overlap, hole)

    def laid(some: Ints | slice) -> Insertion:
        return insert_each(
            roller,
            axle_height_mm[some],
            thickness[some],
            Strength(places.stiffness[some], places.resistance[some]),
            pressure_mpa[some],
            uses=technique.uses,
            slip=technique.slip,
            between_strokes_mm=between_strokes_mm(roller, technique),
            fresh=fresh[some],
            model=model,
        )

    inserted = laid(slice(None))
    contacts, in_own_pass = holes_by_place(motion, contacts, inserted.opened, hole, place_mm)
    again |= reentered(contacts, hole)
    opened = inserted.opened & ~again
    if again.any():
        # A needle that comes back into its hole needs no puncture and leaves it deeper.
        met = np.unique(contacts.hole[again])
        met = met[fresh[met]]
        fresh[met] = False
        inserted = inserted.with_new(met, laid(met)) if met.size else inserted
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
            turn_rad=None if turn_rad is None else turn_rad[kept],
        )

    alone = None if in_own_pass is None else inserted.opened & ~in_own_pass
    return Left(
        channels=left_by(opened),
        opened=opened,
        contacts=contacts,
        follows_um=inserted.follows_um[opened & contacts.inside],
        each_pass=None if alone is None else left_by(alone),
        alone=alone,
    )
