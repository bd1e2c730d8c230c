"""What follows one session: closure, delivery of an active, healing and side effects, worked out from a `Treatment`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...data.catalog import DOSES, Active
from ..after.closure import ClosureCourse, closure_course
from ..after.delivery import Delivery, deliver
from ..after.healing import healing_course
from ..after.side_effects import Risk, assess
from .result import Treatment
from .session import Aftermath, standing_warnings

DELIVERY_HOURS = np.array([0.0, 0.5, 1, 2, 4, 8, 12, 24])
CLOSURE_HOURS = np.array([0.0, 0.5, 1, 2, 4, 8, 12, 24, 48, 72])
MEAN_WIDTH_SHARE = 0.5  # a residual channel tapers from its full width at the surface to nothing at its end
MOST_CHANNELS = 2000  # enough for the spread of their depth


def volume_fraction(treatment: Treatment) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the share of each layer's volume inside channels after the last pass.

    Parameters
    ----------
    treatment : Treatment — one session [-]

    """
    share: np.ndarray[tuple[int], np.dtype[np.float64]] = np.clip(
        treatment.mean("layer_volume_fraction")[:, -1], 0.0, 1.0
    )
    return share


def close(treatment: Treatment, *, occluded: bool = False) -> ClosureCourse:
    """Return how the channels of a session close.

    Parameters
    ----------
    treatment : Treatment — one session [-]
    occluded : bool — under a film [-]

    """
    length, site = treatment.device.length_mm, treatment.site
    return closure_course(length, CLOSURE_HOURS, site=site, age_years=site.age_years, occluded=occluded)


def deliver_through(
    treatment: Treatment, active: Active, *, dose_ug_per_cm2: float, film_um: float = 100.0, occluded: bool = False
) -> Delivery:
    """Return how much of an active the channels of a session let in over a day.

    Parameters
    ----------
    treatment : Treatment — one session [-]
    active : Active — applied right after it [-]
    dose_ug_per_cm2 : float — active applied [ug/cm2]
    film_um : float — thickness of the film that holds it [um]
    occluded : bool — under a film [-]

    """
    channels = treatment.channels
    inside = np.flatnonzero(channels.inside)
    some = inside[:: max(1, -(-inside.size // MOST_CHANNELS))]
    return deliver(
        active,
        treatment.site,
        float(treatment.mean("density_per_cm2")[-1]),
        MEAN_WIDTH_SHARE * channels.surface_diameter_um[some],
        channels.residual_depth_um[some],
        DELIVERY_HOURS,
        occluded=occluded,
        length_mm=treatment.device.length_mm,
        dose_ug_per_cm2=dose_ug_per_cm2,
        film_um=film_um,
    )


def risk_of(treatment: Treatment) -> Risk:
    """Return the side effects of a session.

    Parameters
    ----------
    treatment : Treatment — one session [-]

    """
    channels = treatment.channels
    inside = channels.inside
    return assess(
        channels.peak_depth_um[inside],
        channels.thickness_um[inside],
        treatment.device.length_mm,
        float(treatment.mean("engaged_needles")),
    )


def aftermath(
    treatment: Treatment, active: Active | None = None, *, dose_ug_per_cm2: float = 100.0, occluded: bool = False
) -> Aftermath:
    """Return what one session leads to.

    Parameters
    ----------
    treatment : Treatment — the session [-]
    active : Active or None — applied right after it [-]
    dose_ug_per_cm2 : float — active applied [ug/cm2]
    occluded : bool — under a film [-]

    """
    delivery = None
    DOSES.number("dose_ug_per_cm2", dose_ug_per_cm2)
    if active is not None:
        delivery = deliver_through(treatment, active, dose_ug_per_cm2=dose_ug_per_cm2, occluded=occluded)
    return Aftermath(
        closure=close(treatment, occluded=occluded),
        delivery=delivery,
        risk=risk_of(treatment),
        healing=healing_course(volume_fraction(treatment)),
    )


def with_aftermath(
    treatment: Treatment, active: Active | None, *, dose_ug_per_cm2: float = 100.0, occluded: bool = False
) -> Treatment:
    """Return the treatment with what it leads to, and with the warnings that this brings.

    Parameters
    ----------
    treatment : Treatment — one session [-]
    active : Active or None — applied right after it [-]
    dose_ug_per_cm2 : float — active applied [ug/cm2]
    occluded : bool — under a film [-]

    """
    found = aftermath(treatment, active, dose_ug_per_cm2=dose_ug_per_cm2, occluded=occluded)
    lines = dict.fromkeys([*treatment.warnings, *standing_warnings(active)])
    return replace(treatment, aftermath=found, warnings=tuple(lines))
