"""The channels that contacts leave: each needle in its own bit of skin, fresh or in a hole of an earlier pass.

In: contacts, the height of the axle and the pressure at each, a person's skin. Out: channels, for the contacts that
opened the skin.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ...data.catalog import RollerSpec, SkinSite
from ...geometry.arrays import Array, Flags
from ...geometry.skin import draw_thickness_um
from ..insertion.each_contact import Strength, draw_places, insert_each, share_in_holes, withdrawn
from ..insertion.motion import tip_travel_mm
from ..insertion.one_needle import NeedleLaw, profile_of
from ..insertion.tissue import TissueModel
from ..technique import Technique
from .areas import Channels
from .passes import Contacts, passes_with_holes, reentered


def leave_channels(
    roller: RollerSpec,
    skin: SkinSite,
    technique: Technique,
    person_um: Array,
    strength: Strength,
    law: NeedleLaw,
    contacts: Contacts,
    axle_height_mm: Array,
    pressure_mpa: Array,
    mean_height_mm: float,
    lane_density_per_mm2: float,
    rng: np.random.Generator,
    model: TissueModel | None = None,
) -> tuple[Channels, Flags]:
    """Return the channels that contacts leave, in their order, and which contacts they are.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    skin : SkinSite — gives the spread of thickness within the site [um]
    technique : Technique — overlap, slip, stretch, uses [-]
    person_um : (5,) float — mean thickness of this person's layers, as they lie under the needles [um]
    strength : Strength — of this person's skin, speed and stretch included [-]
    law : NeedleLaw — of the roller's needles in it, one row [mm, N]
    contacts : Contacts — n of all passes [mm]
    axle_height_mm : (n,) float — h over the skin under each while its needle is lowest [mm]
    pressure_mpa : (n,) float — of the bare drum on the skin there [N/mm2]
    mean_height_mm : float — h, mean over the treatment [mm]
    lane_density_per_mm2 : float — contacts per area of one lane [1/mm2]
    rng : numpy Generator — thickness and strength of the skin under each contact [-]
    model : TissueModel or None — one member of the ensemble; None for the constants as shipped [as its fields]

    Returns
    -------
    channels : Channels — m of them [mm, um]
    opened : (n,) bool — contacts that left one of their own [-]

    """
    shape, count = profile_of(roller, model), contacts.x_mm.size
    thickness = draw_thickness_um(skin, person_um, count, rng)
    places = draw_places(count, rng).times(strength)
    travel = tip_travel_mm(0.0, mean_height_mm, roller.drum_radius_mm, [roller.length_mm])
    _, hole = withdrawn(shape, law.depth_mm(travel), model)
    again = reentered(contacts, float(hole[0]))
    earlier = passes_with_holes(contacts, again)
    in_holes = share_in_holes(1 + earlier, lane_density_per_mm2 / (1 - technique.overlap), float(hole[0]))
    fresh = rng.random(count) >= in_holes
    laid = partial(
        insert_each,
        roller,
        axle_height_mm,
        thickness,
        places,
        pressure_mpa,
        uses=technique.uses,
        slip=technique.slip,
        model=model,
    )
    inserted = laid(fresh=fresh)
    opened = inserted.opened & ~again
    if again.any():
        # A needle that comes back into its hole needs no puncture and leaves it deeper.
        fresh[contacts.hole[again]] = False
        inserted = laid(fresh=fresh)
    sprung_back = 1 / (1 + technique.stretch)
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
        surface_diameter_um=inserted.surface_diameter_um[opened] * np.sqrt(sprung_back),
        aspect_ratio=inserted.aspect_ratio[opened],
        thickness_um=thickness[opened],
        sprung_back=sprung_back,
    )
    return channels, opened
