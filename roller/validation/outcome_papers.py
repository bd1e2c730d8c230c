"""Published rows of closure, bleeding, redness, swelling and pain, put to every member of the ensemble.

In: the inputs of a row of `data/published.csv`: the channels as depth, width and number, as a roller that makes them,
or as the length of a needle. Out: what each member says, in the unit of the row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.special import ndtri

from ...data.catalog import site as find_site
from ...geometry.arrays import Array, floats
from ...geometry.skin import mean_thickness_um
from ..after.breach import Method, breach_of, crossing_hours
from ..after.made import DERMIS_BOTTOM, PAPILLARY_BOTTOM, MadeChannels, channels_made, typical_channels
from ..after.outcome_ensemble import OutcomeMembers
from ..after.reaction import pain_gill_2008, redness_hours, swelling_hours
from ..after.vessels import LOOPS, bleeding_points, bleeding_ranks, channels_that_meet_vessels
from ..technique import Technique
from ..treatment.treating import treat

RESIDUAL_SHARE = 0.4  # of channels told by their depth alone; no outcome of these rows reads it
MOST_CHANNELS = 300  # of a roller's: enough for the spread of their depth


@cache
def rolled(device: str, site: str, passes: int, load_n: float) -> MadeChannels:
    """Return the channels that a roller makes.

    Parameters
    ----------
    device : str — of the catalogue [-]
    site : str — of the catalogue [-]
    passes : int — of the star pattern [-]
    load_n : float — of the hand [N]

    """
    treatment = treat(device, site, Technique(passes=passes, load_n=load_n), figures=["density_per_cm2"])
    channels = treatment.channels
    inside = np.flatnonzero(channels.inside)
    some = inside[:: max(1, -(-inside.size // MOST_CHANNELS))]
    return channels_made(
        channels.peak_depth_um[some],
        channels.residual_depth_um[some],
        channels.surface_diameter_um[some],
        channels.thickness_um[some],
        treatment["density_per_cm2"],
    )


def told(depth_um: float, diameter_um: float, density_per_cm2: float, site: str) -> MadeChannels:
    """Return like channels of one depth and width.

    Parameters
    ----------
    depth_um : float — of each channel [um]
    diameter_um : float — at the surface [um]
    density_per_cm2 : float — channels per area [1/cm2]
    site : str — of the catalogue [-]

    """
    layers = mean_thickness_um(find_site(site))
    return channels_made([depth_um], RESIDUAL_SHARE * depth_um, diameter_um, layers, density_per_cm2)


def barrier_back(
    members: OutcomeMembers,
    *,
    length_mm: float | None = None,
    depth_um: float = 0.0,
    diameter_um: float = 0.0,
    density_per_cm2: float | None = None,
    site: str = "cheek",
    method: Method = "water loss",
    occluded: bool = False,
    skin_colour: str | None = None,
    rat: bool = False,
) -> Array:
    """Return the hours until the barrier is back.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants [as its fields]
    length_mm : float or None — of needles whose typical channels are meant [mm]
    depth_um, diameter_um : float — of the channels, where no length is given [um]
    density_per_cm2 : float or None — channels per area; None for that of 15 passes [1/cm2]
    site : str — of the catalogue [-]
    method : 'water loss' or 'impedance' — what looks [-]
    occluded : bool — under a film [-]
    skin_colour : str or None — light, medium or dark [-]
    rat : bool — the hairless rat [-]

    """
    made = _asked(length_mm, depth_um, diameter_um, density_per_cm2, site)
    breach = breach_of(made, occluded=occluded, skin_colour=skin_colour, rat=rat, members=members)
    return breach.barrier_back_h(method)


def _asked(
    length_mm: float | None, depth_um: float, diameter_um: float, density_per_cm2: float | None, site: str
) -> MadeChannels:
    if length_mm is not None:
        return typical_channels(length_mm, find_site(site), density_per_cm2)
    return told(depth_um, diameter_um, density_per_cm2 or 0.0, site)


def holes_closed(
    members: OutcomeMembers,
    *,
    length_mm: float | None = None,
    depth_um: float = 0.0,
    diameter_um: float = 0.0,
    density_per_cm2: float | None = None,
    site: str = "cheek",
    rat: bool = False,
) -> Array:
    """Return the hours until the holes count as closed.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants [as its fields]
    length_mm : float or None — of needles whose typical channels are meant [mm]
    depth_um, diameter_um : float — of the channels, where no length is given [um]
    density_per_cm2 : float or None — channels per area; None for that of 15 passes [1/cm2]
    site : str — of the catalogue [-]
    rat : bool — the hairless rat [-]

    """
    made = _asked(length_mm, depth_um, diameter_um, density_per_cm2, site)
    return breach_of(made, rat=rat, members=members).closed_h()


def half_life(members: OutcomeMembers, *, length_mm: float, density_per_cm2: float, site: str, occluded: bool) -> Array:
    """Return the hours until half of the leak is left.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants [as its fields]
    length_mm : float — of needles whose typical channels are meant [mm]
    density_per_cm2 : float — channels per area [1/cm2]
    site : str — of the catalogue [-]
    occluded : bool — under a film [-]

    """
    made = typical_channels(length_mm, find_site(site), density_per_cm2)
    return breach_of(made, occluded=occluded, members=members).barrier_half_life_h()


def grown_over(members: OutcomeMembers, *, diameter_um: float, share: float) -> Array:
    """Return the hours until a share of holes of one width is grown over.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants [as its fields]
    diameter_um : float — of the holes [um]
    share : float — of them, 0 to 1 [-]

    """
    return floats(crossing_hours(diameter_um, members)[:, 0] * np.exp(members.crossing_spread * ndtri(share)))


def bleeding(members: OutcomeMembers, **inputs: str | float) -> Array:
    """Return the class of bleeding, 0 to 3.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants [as its fields]
    inputs : str or float — of `rolled` or of `told` [as there]

    """
    return floats(bleeding_ranks(bleeding_points(_met(inputs), members), members))


def _met(inputs: dict[str, str | float]) -> MadeChannels:
    make: Callable[..., MadeChannels] = rolled if "device" in inputs else told
    return make(**inputs)


def channels_with_blood(members: OutcomeMembers, **inputs: str | float) -> Array:
    """Return the channels per cm2 that meet a capillary loop.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants [as its fields]
    inputs : str or float — of `rolled` or of `told` [as there]

    """
    return floats(channels_that_meet_vessels(_met(inputs), members)[LOOPS])


def plexus_depth(members: OutcomeMembers, *, site: str) -> Array:
    """Return the depth of the superficial plexus in um.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants [as its fields]
    site : str — of the catalogue [-]

    """
    edges = told(1.0, 1.0, 1.0, site).edges_um[0]
    return floats(np.minimum(edges[PAPILLARY_BOTTOM] + members.plexus_offset, edges[DERMIS_BOTTOM]))


def redness(members: OutcomeMembers, **inputs: str | float) -> Array:
    """Return the hours of redness.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants [as its fields]
    inputs : str or float — of `rolled` or of `told` [as there]

    """
    return redness_hours(_met(inputs), members)


def swelling(members: OutcomeMembers, **inputs: str | float) -> Array:
    """Return the hours of swelling.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants [as its fields]
    inputs : str or float — of `rolled` or of `told` [as there]

    """
    return swelling_hours(_met(inputs), members)


def gill_2008_ratio(members: OutcomeMembers, *, length_ratio: float, needle_ratio: float) -> Array:
    """Return the pain over that of an array with other needles.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants; the law of equal needles is its middle [as its fields]
    length_ratio, needle_ratio : float — of the two arrays [-]

    """
    longer, shorter = pain_gill_2008(0.48 * length_ratio, 5 * needle_ratio), pain_gill_2008(0.48, 5)
    return np.full(members.count, float(longer / shorter))


def gill_2008_level(members: OutcomeMembers, *, length_mm: float, needles: float) -> Array:
    """Return the pain in percent of that of a 26G needle.

    Parameters
    ----------
    members : OutcomeMembers — M sets of constants; the law of equal needles is its middle [as its fields]
    length_mm : float — needle length [mm]
    needles : float — needles of the array [-]

    """
    return np.full(members.count, 100 * float(pain_gill_2008(length_mm, needles)))


# Which function answers which row of the table.
OUTCOMES: dict[str, Callable[..., Array]] = {
    "gupta_2011_barrier": barrier_back,
    "gupta_2011_occluded": barrier_back,
    "kalluri_2011_barrier_370": barrier_back,
    "kalluri_2011_barrier_770": barrier_back,
    "kalluri_2011_holes_370": holes_closed,
    "kalluri_2011_holes_770": holes_closed,
    **dict.fromkeys([f"ogunjimi_2021_{place}" for place in ("upper_arm", "forearm", "abdomen")], half_life),
    **dict.fromkeys([f"ogunjimi_2021_closed_{place}" for place in ("upper_arm", "forearm", "abdomen")], barrier_back),
    **dict.fromkeys(
        [f"ogunjimi_2020_{group}" for group in ("black", "latino", "multiracial", "white", "asian")], barrier_back
    ),
    "sasaki_2019_0.5mm": barrier_back,
    "sasaki_2019_1.5mm": barrier_back,
    "donnelly_2014_barrier": barrier_back,
    "donnelly_2014_holes": holes_closed,
    "han_2012_barrier_0.15mm": barrier_back,
    "han_2012_barrier_0.25mm": barrier_back,
    "brogden_2013_window": barrier_back,
    "wermeling_2008_window": barrier_back,
    "schwarz_2011_holes": holes_closed,
    **dict.fromkeys(
        [f"stumpp_2009_{part}_{size}" for part in ("half", "84") for size in ("least", "most")], grown_over
    ),
    "varicella_uniform": bleeding,
    "donnelly_2014_bleeding": bleeding,
    "bleeding_page_0.25mm": bleeding,
    "bleeding_page_0.5mm": bleeding,
    "lima_2013_red_cells": channels_with_blood,
    "micronano_2017_blood": plexus_depth,
    **dict.fromkeys(
        (
            "bal_2008_redness",
            "srt_2021_red_cells",
            "donnelly_2014_redness",
            "acne_vietnam_redness",
            "hkjdv_2018_redness",
            "striae_2018_events",
            "varicella_redness",
            "fernandes_2015_redness",
            "chu_2021_events",
            "martin_2021_redness",
            "svenning_2019_events",
            "rolling_blog_redness",
            "petunia_0.25mm",
            "petunia_0.5mm",
        ),
        redness,
    ),
    "hkjdv_2018_swelling": swelling,
    "martin_2021_swelling": swelling,
    "rolling_blog_swelling": swelling,
    "gill_2008_length": gill_2008_ratio,
    "gill_2008_needles": gill_2008_ratio,
    "gill_2008_480um": gill_2008_level,
    "gill_2008_1450um": gill_2008_level,
}
