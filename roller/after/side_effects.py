"""What needling costs: vessels met, bleeding, pain, redness, swelling, hygiene, and what to be warned of.

In: the channels that were made, needles in the skin at once. Out: a `Risk`, and lines of warning. Nothing opened:
nothing follows. None of it is medical advice; thresholds without a source are assumptions and say so in the tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...data.catalog import DeviceSpec, SkinSite
from ...data.checks import refuse
from ...data.constants import after
from ...geometry.arrays import Array
from ..insertion.tissue import puncture_force_romgens_2014, worn_tip_radius_um
from .made import DERMIS_BOTTOM, JUNCTION, MadeChannels
from .outcome_ensemble import OutcomeMembers, band, central, outcome_members
from .reaction import pain_vs_26g, redness_hours, swelling_hours
from .vessels import BLEEDING, bleeding_points, bleeding_ranks, channels_that_meet_vessels, middle_rank

HOME_USES_A_YEAR = 52
LOW_CLASS, HALF, HIGH_CLASS = 0.05, 0.5, 0.95


@dataclass(frozen=True)
class Risk:
    """Side effects of one session: medians over the members of the ensemble, and 5 to 95 % of them as bands.

    Parameters
    ----------
    opened : bool — any channel opened the skin [-]
    dermis_share : float — channels that end in the dermis or below [-]
    papillary_vessel_share : float — channels that meet a capillary loop [-]
    superficial_plexus_share : float — channels that meet a vessel of the superficial plexus [-]
    deep_plexus_share : float — channels that meet a vessel between dermis and hypodermis [-]
    vessels_met_per_cm2 : float — channels that meet a loop or a vessel of the plexus, whichever is more [1/cm2]
    vessels_met_band_per_cm2 : tuple of 2 float — its band [1/cm2]
    bleeding : str — blood that is seen: none, pinpoint, moderate or marked [-]
    bleeding_band : tuple of 2 str — least and greatest class of nine members in ten [-]
    bleeding_points_per_cm2 : float — vessels whose blood comes out [1/cm2]
    bleeding_points_band_per_cm2 : tuple of 2 float — its band [1/cm2]
    pain_vs_26g : float — pain over that of a 26G hypodermic needle [-]
    pain_band_vs_26g : tuple of 2 float — its band [-]
    redness_h : float — expected redness [h]
    redness_band_h : tuple of 2 float — its band [h]
    swelling_h : float — expected swelling [h]
    swelling_band_h : tuple of 2 float — its band [h]
    microbes_vs_hypodermic : float — microbes through one channel of an unclean roller over those through a 21G hole [-]

    """

    opened: bool
    dermis_share: float
    papillary_vessel_share: float
    superficial_plexus_share: float
    deep_plexus_share: float
    vessels_met_per_cm2: float
    vessels_met_band_per_cm2: tuple[float, float]
    bleeding: str
    bleeding_band: tuple[str, str]
    bleeding_points_per_cm2: float
    bleeding_points_band_per_cm2: tuple[float, float]
    pain_vs_26g: float
    pain_band_vs_26g: tuple[float, float]
    redness_h: float
    redness_band_h: tuple[float, float]
    swelling_h: float
    swelling_band_h: tuple[float, float]
    microbes_vs_hypodermic: float


def vessel_shares(made: MadeChannels, members: OutcomeMembers | None = None) -> Array:
    """Return the shares of channels that meet a capillary loop, the superficial and the deep plexus.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (3, M) float — zero where nothing opened [-]

    """
    met = channels_that_meet_vessels(made, members)
    return met / made.density_per_cm2 if made.opened else met


def bleeding_class(points: Array, members: OutcomeMembers | None = None) -> tuple[str, str, str]:
    """Return the class of bleeding that is seen: the middle one, and the least and greatest of nine members in ten.

    Parameters
    ----------
    points : (2, M) float array — of `bleeding_points` [1/cm2]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    """
    ranks = bleeding_ranks(points, members)
    low, middle, high = (BLEEDING[int(middle_rank(ranks, share))] for share in (LOW_CLASS, HALF, HIGH_CLASS))
    return middle, low, high


def assess(made: MadeChannels, needles_in: float, members: OutcomeMembers | None = None) -> Risk:
    """Return the side effects of one session.

    Parameters
    ----------
    made : MadeChannels — the channels; none for skin that did not open [um]
    needles_in : float — needles that are in opened skin at once [-]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    """
    group = members or outcome_members()
    shares = vessel_shares(made, group)
    met = made.density_per_cm2 * shares[:2].max(axis=0)
    of_each_plexus = bleeding_points(made, group)
    points = of_each_plexus.sum(axis=0)
    bleeding, least, most = bleeding_class(of_each_plexus, group)
    pain, red = pain_vs_26g(made, needles_in, group), redness_hours(made, group)
    swollen, below = swelling_hours(made, group), made.reach(JUNCTION)
    return Risk(
        opened=made.opened,
        dermis_share=below,
        papillary_vessel_share=float(central(shares[0])),
        superficial_plexus_share=float(central(shares[1])),
        deep_plexus_share=float(central(shares[2])),
        vessels_met_per_cm2=float(central(met)),
        vessels_met_band_per_cm2=band(met),
        bleeding=bleeding,
        bleeding_band=(least, most),
        bleeding_points_per_cm2=float(central(points)),
        bleeding_points_band_per_cm2=band(points),
        pain_vs_26g=float(central(pain)),
        pain_band_vs_26g=band(pain),
        redness_h=float(central(red)),
        redness_band_h=band(red),
        swelling_h=float(central(swollen)),
        swelling_band_h=band(swollen),
        # Microbes that stay in the epidermis did not cross it (Donnelly 2009).
        microbes_vs_hypodermic=after()["microbes_vs_hypodermic"].value * below,
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
    roller: DeviceSpec, site: SkinSite, *, dermis_share: float, microbes_vs_hypodermic: float
) -> Iterator[str]:
    """Yield what to be warned of with this roller at this site.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    site : SkinSite — where it is used [-]
    dermis_share : float — share of channels that end in the dermis or below [-]
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
    if dermis_share > 0:
        yield (
            f"{roller.name}: {100 * dermis_share:.0f} % of channels end in the dermis, where vessels are; an "
            f"unclean or shared roller lets about {microbes_vs_hypodermic:.1g} times the microbes of a hypodermic "
            "hole through each"
        )
    if roller.use == "home":
        ratio = worn_force_ratio(roller.tip_radius_um, HOME_USES_A_YEAR)
        yield (
            f"{roller.name}: used weekly for a year, tips would need {ratio:.1f} times the force of new ones "
            f"(wear a use is assumed, unverified)"
        )


def interval_warnings(
    roller: DeviceSpec, interval_days: float, closed_h: float, *, dermis_reached: bool
) -> Iterator[str]:
    """Yield what to be warned of in an interval between sessions.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
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
