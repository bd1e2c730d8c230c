"""A treated body as a picture: the map of a quantity, one pass of strokes, the roller where its rings lift off.

In: treatments of one body, the quantity and the zone on which rollers stand. Out: a PyVista plotter, all rollers at one
scale of length and of colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyvista

from ...geometry.drum import only_roller
from ...roller.insertion.support import rings_of
from ...roller.treatment.digits import passes_words
from ...roller.zones.result import SurfaceTreatment
from ...roller.zones.standing import Standing, stand_on
from ..maps import USUAL, body_words, is_sketch, mapped, needles_words, zone_words
from .body import BodyPicture, draw_bodies
from .standing_roller import roller_pose


def draw_treated(
    treatments: Sequence[SurfaceTreatment],
    *,
    quantity: str = USUAL,
    stands_on: str | None = None,
    view: str = "left",
    size: tuple[int, int] = (1600, 1200),
    off_screen: bool = True,
) -> pyvista.Plotter:
    """Draw treated bodies side by side, coloured by a quantity.

    Parameters
    ----------
    treatments : sequence of SurfaceTreatment — one a roller, of the same body [mm]
    quantity : str — name of a map [-]
    stands_on : str or None — zone on which the roller stands, with one pass of its strokes; None: without a roller [-]
    view : str — 'front', 'left', 'right', 'side', or 'roller' from close by [-]
    size : (int, int) — width and height [pixels]
    off_screen : bool — for a file instead of a window [-]

    """
    told = mapped(quantity)
    return draw_bodies(
        [picture_of(one, quantity, stands_on) for one in treatments],
        label=told.words,
        unit=told.unit,
        limits=told.ends(treatments),
        colours=told.colours,
        classes=told.classes,
        note=sketched(treatments),
        view=view,
        closer=stands_on is not None and view != "roller",
        size=size,
        off_screen=off_screen,
    )


def picture_of(treatment: SurfaceTreatment, quantity: str, stands_on: str | None = None) -> BodyPicture:
    """Return what a picture of one treatment shows.

    Parameters
    ----------
    treatment : SurfaceTreatment — the treatment [mm]
    quantity : str — name of a map [-]
    stands_on : str or None — zone on which the roller stands; None: without a roller [-]

    """
    roller, how = treatment.device, treatment.technique
    title = [
        roller.title,
        f"{needles_words(roller)}, {body_words(roller)}",
    ]
    title.append(f"{passes_words(how.passes)}, {how.load_n:g} N")
    values = mapped(quantity).values(treatment)
    if stands_on is None:
        return BodyPicture(treatment.surface, values, tuple(title))
    return with_roller(
        BodyPicture(treatment.surface, values, tuple(title), roller=only_roller(roller)), stand_on(treatment, stands_on)
    )


def with_roller(picture: BodyPicture, standing: Standing, turn_rad: float = 0.0) -> BodyPicture:
    """Return a picture with its roller where it stands.

    Parameters
    ----------
    picture : BodyPicture — of a body, with its roller [mm]
    standing : Standing — where and how it stands [mm]
    turn_rad : float — of the drum about its axle [rad]

    """
    place = (standing.point, standing.tangent, standing.normal)
    return replace(
        picture,
        strokes=(standing.strokes,),
        pose=roller_pose(*place, standing.axle_height_mm, turn_rad, standing.tilt_rad),
        lifted=~standing.touching,
        standing=standing_words(standing),
    )


def standing_words(standing: Standing) -> tuple[str, str]:
    """Return where a roller stands and how, a line each.

    Parameters
    ----------
    standing : Standing — the roller on its zone [-]

    """
    touching, rings = int(standing.touching.sum()), standing.touching.size
    where = f"{zone_words(standing.zone)}, cut open under the axle"
    if touching == rings:
        return where, f"all {rings} rings touch the skin"
    return where, f"{touching} of {rings} rings touch the skin, the banded ones do not"


def most_lifted(treatments: Sequence[SurfaceTreatment]) -> str:
    """Return the zone on which most rings are off the skin.

    Parameters
    ----------
    treatments : sequence of SurfaceTreatment — of one body [-]

    """
    share = sum(np.array([zone.rings_touching for zone in one.zones]) / rings_of(one.device) for one in treatments)
    return treatments[0].zones[int(np.argmin(share))].zone.name


def sketched(treatments: Sequence[SurfaceTreatment]) -> str:
    """Return a line that names the zones whose figures are a sketch, empty if there are none.

    Parameters
    ----------
    treatments : sequence of SurfaceTreatment — of one body [-]

    """
    zones = {zone_words(zone.zone.name): None for one in treatments for zone in one.zones if is_sketch(zone)}
    return f"a sketch on {', '.join(zones)}: skin is bent more there than the method bears" if zones else ""
