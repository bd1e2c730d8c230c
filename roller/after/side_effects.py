"""What needling costs: vessels reached, bleeding, pain, redness, hygiene, and what to be warned of.

In: depths, thickness of the layers under each channel, needle length, counts. Out: a `Risk`, and lines of warning.
None of it is medical advice; thresholds without a source are assumptions and say so in the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from ...data.catalog import RollerSpec, SkinSite
from ...data.checks import refuse
from ...data.constants import after
from ...geometry.arrays import Array, Ints, floats
from ...geometry.skin import interfaces_um
from ..insertion.tissue import puncture_force_romgens_2014, worn_tip_radius_um

BLEEDING = ("none", "pinpoint", "moderate", "marked")
# Shares of channels from which on a class begins; after the histology of Lima 2013 in its order, the figures are ours.
PINPOINT_SHARE, MODERATE_SHARE, MARKED_SHARE = 0.05, 0.5, 0.5
HOME_USES_A_YEAR = 52
PAPILLARY_TOP, DERMIS_BOTTOM = 2, 4  # interfaces from the surface down


@dataclass(frozen=True)
class Risk:
    """Side effects of one session.

    Parameters
    ----------
    opened : bool — any channel opened the skin [-]
    papillary_vessel_share : float — channels that reach the capillary loops of the papillae [-]
    superficial_plexus_share : float — channels that reach the superficial plexus [-]
    deep_plexus_share : float — channels that reach the plexus between dermis and hypodermis [-]
    bleeding : str — none, pinpoint, moderate or marked [-]
    pain_vs_26g : float — pain over that of a 26G hypodermic needle [-]
    redness_h : float — expected redness [h]
    redness_band_h : tuple of 2 float — its range [h]
    microbes_vs_hypodermic : float — microbes through one channel of an unclean roller over those through a 21G hole [-]

    """

    opened: bool
    papillary_vessel_share: float
    superficial_plexus_share: float
    deep_plexus_share: float
    bleeding: str
    pain_vs_26g: float
    redness_h: float
    redness_band_h: tuple[float, float]
    microbes_vs_hypodermic: float


def pain_gill_2008(length_mm: ArrayLike, needles: ArrayLike) -> Array:
    """Return pain over that of a 26G hypodermic needle: proportional to L^1.77 N^0.32.

    Exponents from Gill 2008: seven times the pain for three times the length, about twice for ten times the needles;
    the level from its 5 to 40 % over 480 to 1450 um. Pressed in straight, forearm, ten people.

    Parameters
    ----------
    length_mm : float array — needle length [mm]
    needles : float array — needles in the skin at once [-]

    """
    k = after()
    of_length = (floats(length_mm) / k["pain_anchor_length"].value) ** k["pain_length_exponent"].value
    of_number = (floats(needles) / k["pain_anchor_needles"].value) ** k["pain_number_exponent"].value
    return floats(k["pain_anchor"].value * of_length * of_number)


def redness_hours(length_mm: float, value: str = "value") -> float:
    """Return how long redness is expected to last.

    Parameters
    ----------
    length_mm : float — needle length [mm]
    value : str — 'value', or 'low' and 'high' for the range [-]

    """
    k = after()
    anchor = getattr(k["redness_anchor"], value)
    hours = anchor * (length_mm / 1.5) ** k["redness_exponent"].value
    return float(min(hours, k["redness_limit"].value))


def vessels_reached(peak_depth_um: ArrayLike, thickness_um: ArrayLike) -> Array:
    """Return how likely each channel reaches the capillary loops, the superficial and the deep plexus.

    Parameters
    ----------
    peak_depth_um : (n,) float array — deepest point of each channel [um]
    thickness_um : (n, 5) float array — layers under each channel [um]

    Returns
    -------
    (3, n) float — never falls with the depth [-]

    """
    depth = np.atleast_1d(floats(peak_depth_um))
    edges = interfaces_um(np.atleast_2d(floats(thickness_um)))
    plexus = after()["superficial_plexus"]
    spread = ((plexus.high or plexus.value) - (plexus.low or plexus.value)) / 2
    beyond_epidermis = depth > edges[:, PAPILLARY_TOP]
    # The plexus' depth varies from place to place: the chance that it lies above the end of the channel.
    deep = depth > edges[:, DERMIS_BOTTOM]
    superficial = np.where(beyond_epidermis, np.where(deep, 1.0, ndtr((depth - plexus.value) / spread)), 0.0)
    return floats(np.stack([beyond_epidermis, superficial, deep]))


def vessel_shares(peak_depth_um: ArrayLike, thickness_um: ArrayLike) -> tuple[float, float, float]:
    """Return the shares of channels that reach the capillary loops, the superficial and the deep plexus.

    Parameters
    ----------
    peak_depth_um : (n,) float array — deepest point of each channel [um]
    thickness_um : (n, 5) float array — layers under each channel [um]

    """
    if not np.size(peak_depth_um):
        return 0.0, 0.0, 0.0
    papillary, superficial, deep = vessels_reached(peak_depth_um, thickness_um).mean(axis=1)
    return float(papillary), float(superficial), float(deep)


def bleeding_rank(papillary: ArrayLike, superficial: ArrayLike, deep: ArrayLike) -> Ints:
    """Return the place in `BLEEDING` of each set of shares; an order, after the classes of injury of Lima 2013.

    Parameters
    ----------
    papillary, superficial, deep : float array — shares of channels that reach each set of vessels [-]

    """
    reached = [floats(deep) >= MARKED_SHARE, floats(superficial) >= MODERATE_SHARE, floats(papillary) >= PINPOINT_SHARE]
    return np.select(reached, [3, 2, 1], 0).astype(np.int64)


def bleeding_class(papillary: float, superficial: float, deep: float) -> str:
    """Return the class of bleeding.

    Parameters
    ----------
    papillary, superficial, deep : float — shares of channels that reach each set of vessels [-]

    """
    return BLEEDING[int(bleeding_rank(papillary, superficial, deep))]


def assess(peak_depth_um: ArrayLike, thickness_um: ArrayLike, length_mm: float, engaged_needles: float) -> Risk:
    """Return the side effects of one session.

    Parameters
    ----------
    peak_depth_um : (n,) float array — deepest point of each channel; none for skin that did not open [um]
    thickness_um : (n, 5) float array — layers under each channel [um]
    length_mm : float — needle length [mm]
    engaged_needles : float — needles in the skin at once [-]

    """
    if not length_mm > 0:
        raise refuse("length_mm", length_mm, "above 0 mm")
    shares = vessel_shares(peak_depth_um, thickness_um)
    opened = np.size(peak_depth_um) > 0
    return Risk(
        opened,
        *shares,
        bleeding=bleeding_class(*shares),
        pain_vs_26g=float(pain_gill_2008(length_mm, engaged_needles)) if opened else 0.0,
        redness_h=redness_hours(length_mm) if opened else 0.0,
        redness_band_h=(redness_hours(length_mm, "low"), redness_hours(length_mm, "high")) if opened else (0.0, 0.0),
        # Microbes that stay in the epidermis did not cross it (Donnelly 2009).
        microbes_vs_hypodermic=after()["microbes_vs_hypodermic"].value * shares[0],
    )


def worn_force_ratio(tip_radius_um: float, uses: int) -> float:
    """Return the force to break the skin after a number of uses, over that of a new roller.

    Parameters
    ----------
    tip_radius_um : float — new [um]
    uses : int — sessions so far, at least 0 [-]

    """
    if uses < 0:
        raise refuse("uses", uses, "a whole number of at least 0")
    worn = puncture_force_romgens_2014(2 * worn_tip_radius_um(tip_radius_um, uses))
    return float(worn / puncture_force_romgens_2014(2 * tip_radius_um))


def roller_warnings(
    roller: RollerSpec, site: SkinSite, *, papillary_vessel_share: float, microbes_vs_hypodermic: float
) -> Iterator[str]:
    """Yield what to be warned of with this roller at this site.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    site : SkinSite — where it is used [-]
    papillary_vessel_share : float — share of channels that reach vessels [-]
    microbes_vs_hypodermic : float — through one channel of an unclean roller, over a hypodermic hole [-]

    """
    limit = after()["home_limit"]
    layers = {layer.name: layer for layer in site.layers}
    skin_mm = sum(layers[name].mean_um for name in list(layers)[:DERMIS_BOTTOM]) / 1000
    if roller.length_mm > skin_mm:
        needles = f"needles of {roller.length_mm:g} mm"
        yield f"{roller.name}: {needles} are longer than the {skin_mm:.3g} mm of skin at {site.name}"
    if roller.use == "home" and roller.length_mm > limit.value:
        yield f"{roller.name}: home use above {limit.value:g} mm is against custom; it is not a law"
    if site.thin_skin:
        yield f"{site.name}: thin skin, less load and shorter needles are usual"
    if papillary_vessel_share > 0:
        yield (
            f"{roller.name}: {100 * papillary_vessel_share:.0f} % of channels reach vessels; an unclean or shared "
            f"roller lets about {microbes_vs_hypodermic:.1g} times the microbes of a hypodermic hole through each"
        )
    if roller.use == "home":
        ratio = worn_force_ratio(roller.tip_radius_um, HOME_USES_A_YEAR)
        yield (
            f"{roller.name}: used weekly for a year, tips would need {ratio:.1f} times the force of new ones "
            f"(wear a use is assumed, unverified)"
        )


def interval_warnings(
    roller: RollerSpec, interval_days: float, closed_h: float, *, dermis_reached: bool
) -> Iterator[str]:
    """Yield what to be warned of in an interval between sessions.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    interval_days : float — days between two sessions [d]
    closed_h : float — hours until the holes are closed [h]
    dermis_reached : bool — channels reach the dermis [-]

    """
    if 24 * interval_days < closed_h:
        yield f"{roller.name}: {interval_days:g} days between sessions, but holes stay open for {closed_h:.0f} h"
    remodelling = after()["remodelling_interval"]
    if dermis_reached and interval_days < remodelling.value:
        yield (
            f"{roller.name}: {interval_days:g} days between sessions, less than the {remodelling.value:g} usual "
            "for needles that reach the dermis; remodelling is under way"
        )
