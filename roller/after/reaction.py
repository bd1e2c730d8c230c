"""How skin reacts to channels: hours of redness and of swelling, and pain while rolling.

Redness lasts T ((1 + V/V0)^q - 1) / q, V being the volume of living tissue inside channels per area: hours by the
logarithm of the wound for q near 0 (a signal that fades by halves), by its power for great V. Swelling goes by the
volume in the dermis alone. Pain is Gill's law with the depth reached in place of the length, as its generalised sum
over unequal needles: (sum d_i^(a/b))^b, which is d^a N^b for equal ones.

In: channels, members. Out: arrays over members; zero where nothing opened.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...data.checks import refuse
from ...data.constants import after
from ...geometry.arrays import Array, floats
from .made import CORNEUM_BOTTOM, JUNCTION, MadeChannels, radius_um
from .outcome_ensemble import OutcomeMembers, outcome_members

UM3_PER_MM3 = 1e9
MOST_NEEDLES = 5000.0


def wound_volume(made: MadeChannels, interface: int) -> float:
    """Return the volume inside channels below an interface.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    interface : int — 1 to 5, from the surface down [-]

    Returns
    -------
    float — per area of skin [mm3/cm2]

    """
    if not made.opened:
        return 0.0
    top = made.edges_um[:, interface]
    cone = np.pi / 3 * radius_um(made, top) ** 2 * np.maximum(made.peak_depth_um - top, 0.0)
    return float(made.density_per_cm2 * cone.mean() / UM3_PER_MM3)


def _hours(volume: float, group: OutcomeMembers) -> Array:
    q = group.redness_exponent
    hours = group.redness_scale * np.expm1(q * np.log1p(volume / group.redness_volume)) / q
    return floats(np.minimum(hours, after()["redness_limit"].value))


def redness_hours(made: MadeChannels, members: OutcomeMembers | None = None) -> Array:
    """Return how long redness is expected to last.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (M,) float [h]

    """
    return _hours(wound_volume(made, CORNEUM_BOTTOM), members or outcome_members())


def swelling_hours(made: MadeChannels, members: OutcomeMembers | None = None) -> Array:
    """Return how long swelling is expected to last.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (M,) float — never longer than redness [h]

    """
    group = members or outcome_members()
    return floats(group.swelling_share * _hours(wound_volume(made, JUNCTION), group))


def pain_gill_2008(depth_mm: ArrayLike, needles: ArrayLike) -> Array:
    """Return pain over that of a 26G hypodermic needle: proportional to L^1.77 N^0.32.

    Exponents from Gill 2008: seven times the pain for three times the length, about twice for ten times the needles;
    the level from its 5 to 40 % over 480 to 1450 um. Pressed in straight, forearm, ten people, taken as all the way in.

    Parameters
    ----------
    depth_mm : float array — depth that equal needles reach [mm]
    needles : float array — needles in the skin at once [-]

    """
    k = after()
    of_length = (floats(depth_mm) / k["pain_anchor_length"].value) ** k["pain_length_exponent"].value
    of_number = (floats(needles) / k["pain_anchor_needles"].value) ** k["pain_number_exponent"].value
    return floats(k["pain_anchor"].value * of_length * of_number)


def pain_vs_26g(made: MadeChannels, needles_in: float, members: OutcomeMembers | None = None) -> Array:
    """Return pain over that of a 26G hypodermic needle.

    Parameters
    ----------
    made : MadeChannels — the channels [um]
    needles_in : float — needles that are in opened skin at once [-]
    members : OutcomeMembers or None — M sets of constants; None for those shipped [as its fields]

    Returns
    -------
    (M,) float [-]

    """
    if not 0 <= needles_in <= MOST_NEEDLES:
        raise refuse("needles_in", needles_in, f"between 0 and {MOST_NEEDLES:g}")
    group, k = members or outcome_members(), after()
    if not made.opened or not needles_in:
        return np.zeros(group.count)
    depth = np.where(made.peak_depth_um > made.edges_um[:, CORNEUM_BOTTOM], made.peak_depth_um, 0.0)
    power = group.pain_length_exponent / group.pain_number_exponent
    relative = depth / (1000 * k["pain_anchor_length"].value * group.pain_reach[:, None])
    # Needles in at once, or all that a cm2 has felt: between the two in the logarithm, members differ in where.
    number = needles_in ** (1 - group.pain_summation) * made.density_per_cm2**group.pain_summation
    felt = number / k["pain_anchor_needles"].value * (relative ** power[:, None]).mean(axis=1)
    return floats(group.pain_anchor * felt**group.pain_number_exponent)
