"""What a study can ask of a setting: figures after the last pass, and what follows one session, by flat names.

In: a name such as papillary_dermis_density_per_cm2, coverage_at_500_um or bleeding. Out: where it comes from, its unit,
and its columns.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ...data.catalog import Active
from ...data.checks import InputError
from ...data.thickness import LAYERS
from ...geometry.arrays import Array
from ..after.healing import healing_course
from ..coverage.areas import MOST_HITS
from ..treatment.following import DELIVERY_HOURS, close, deliver_through, risk_of, volume_fraction
from ..treatment.result import LAYER_KEYS, STATISTICS, VARIABLES, Treatment, over_columns
from ..treatment.session import closure_outcomes, healing_outcomes, risk_outcomes

MOST_OUTPUTS = 500
LAST = -1  # a study looks at what is left after the last pass
LARGEST_DEPTH_UM = 1e4
DEPTH = re.compile(r"(?P<before>\w+)_at_(?P<depth>\d+(\.\d+)?)_um(?P<after>_per_cm2)?")

DEFAULT_OUTPUTS = (
    "density_per_cm2",
    "viable_epidermis_density_per_cm2",
    "papillary_dermis_density_per_cm2",
    "reticular_dermis_density_per_cm2",
    "hypodermis_density_per_cm2",
    "punctured_fraction",
    "peak_depth_um_mean",
    "peak_depth_um_p05",
    "peak_depth_um_p95",
    "residual_depth_um_mean",
    "coverage_at_0_um",
)


class Output(NamedTuple):
    """A figure of a setting: its name, unit, and where it is found.

    `figure` is the variable of the result and `place` the index after the replicate's; `depth_um` is the depth of the
    table that `place` leaves open. Outcomes of a session have no `figure` but a `stage` that they come from.
    """

    name: str
    unit: str
    figure: str = ""
    place: tuple[int, ...] = ()
    depth_um: float | None = None
    text: bool = False
    stage: str = ""

    @property
    def needs_active(self) -> bool:
        """Only an active can be delivered [-]."""
        return self.stage == DELIVERY

    def columns(self, replicates: int) -> tuple[str, ...]:
        """Return the names of its columns.

        Parameters
        ----------
        replicates : int — of the study [-]

        """
        spread = replicates > 1 and self.figure
        return (self.name, *(self.name + suffix for suffix in ("_sd", "_p05", "_p95") if spread))


CLOSURE, HEALING, RISK, DELIVERY = "closure", "healing", "risk", "delivery"
VESSEL_SHARES = ("papillary_vessel_share", "superficial_plexus_share", "deep_plexus_share")
OUTCOMES = {
    output.name: output
    for output in (
        Output("barrier_back_h", "h", stage=CLOSURE),
        Output("holes_closed_h", "h", stage=CLOSURE),
        Output("collagen_at_6_months_percent", "%", stage=HEALING),
        Output("epidermis_at_6_months_percent", "%", stage=HEALING),
        Output("bleeding", "", text=True, stage=RISK),
        Output("pain_vs_26g", "x 26G needle", stage=RISK),
        Output("redness_h", "h", stage=RISK),
        *(Output(name, "1", stage=RISK) for name in VESSEL_SHARES),
        Output("enhancement", "x", stage=DELIVERY),
        Output(f"amount_{DELIVERY_HOURS[-1]:g}h_ug_per_cm2", "ug/cm2", stage=DELIVERY),
    )
}
# Figures of the treatment that each stage reads.
STAGE_FIGURES = {
    CLOSURE: {"engaged_needles"},
    HEALING: {"layer_volume_fraction"},
    RISK: {"engaged_needles"},
    DELIVERY: {"density_per_cm2"},
}


def _flat(name: str) -> Iterable[Output]:
    """Outputs of one variable that does not depend on depth."""
    variable = VARIABLES[name]
    match variable.dims:
        case ():
            yield Output(name, variable.unit, name)
        case ("pass",):
            yield Output(name, variable.unit, name, (LAST,))
        case ("statistic",):
            for number, statistic in enumerate(STATISTICS):
                yield Output(f"{name}_{statistic}", variable.unit, name, (number,))
        case ("layer",) | ("layer", "pass"):
            for number, layer in enumerate(LAYERS):
                place = (number, LAST)[: len(variable.dims)]
                yield Output(f"{layer}_{LAYER_KEYS[name]}", variable.unit, name, place)


@cache
def all_outputs() -> dict[str, Output]:
    """Return every output that does not ask for a depth, by its name."""
    flat = (output for name in VARIABLES for output in _flat(name))
    return {output.name: output for output in flat} | OUTCOMES


@cache
def depth_outputs() -> dict[str, Output]:
    """Return every output that asks for a depth, by its name at N um."""
    found = {}
    for name, variable in VARIABLES.items():
        if variable.dims == ("pass", "depth"):
            stem, after = (name.removesuffix("_at_depth_per_cm2"), "_per_cm2") if "_at_depth" in name else (name, "")
            found[f"{stem}_at_N_um{after}"] = Output(name, variable.unit, name, (LAST,))
        elif variable.dims == ("hits", "pass", "depth"):
            for hits in range(MOST_HITS + 1):
                found[f"{name}_{hits}_at_N_um"] = Output(name, variable.unit, name, (hits, LAST))
    return found


@cache
def output_called(name: str) -> Output:
    """Return the output of a name.

    Parameters
    ----------
    name : str — for example density_per_cm2 or coverage_at_500_um [-]

    Raises
    ------
    InputError
        For an unknown name, with the closest ones.

    """
    if name in all_outputs():
        return all_outputs()[name]
    asked = DEPTH.fullmatch(name)
    key = f"{asked['before']}_at_N_um{asked['after'] or ''}" if asked else name
    if asked and key in depth_outputs() and float(asked["depth"]) <= LARGEST_DEPTH_UM:
        return depth_outputs()[key]._replace(name=name, depth_um=float(asked["depth"]))
    known = [*all_outputs(), *depth_outputs()]
    close = difflib.get_close_matches(key.lower(), known, n=3, cutoff=0.5)
    hint = f"closest: {', '.join(close)}" if close else f"known: {', '.join(known)}"
    raise InputError(f"{name!r} is no output; {hint}")


def depths_of(names: Iterable[str]) -> Array:
    """Return the depths that outputs ask for, the surface alone if none does.

    Parameters
    ----------
    names : iterable of str — outputs [-]

    """
    depths = {output_called(name).depth_um for name in names} - {None}
    return np.array(sorted(depth for depth in depths if depth is not None) or [0.0])


def figures_needed(names: Iterable[str]) -> frozenset[str]:
    """Return the variables of the result that outputs are read from.

    Parameters
    ----------
    names : iterable of str — outputs [-]

    """
    asked = [output_called(name) for name in names]
    of_session = [STAGE_FIGURES[output.stage] for output in asked if output.stage]
    return frozenset(output.figure for output in asked if output.figure).union(*of_session)


def read_outputs(
    treatment: Treatment, names: Sequence[str], active: Active | None, dose_ug_per_cm2: float, *, occluded: bool
) -> dict[str, Any]:
    """Return the columns of a setting.

    Parameters
    ----------
    treatment : Treatment — of the setting, with the figures needed [-]
    names : sequence of str — outputs [-]
    active : Active or None — applied after the session [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    occluded : bool — under a film [-]

    """
    asked = [output_called(name) for name in names]
    row: dict[str, Any] = {}
    stages = {output.stage for output in asked if output.stage}
    session = _of_session(treatment, stages, active, dose_ug_per_cm2, occluded=occluded) if stages else {}
    for output in asked:
        if not output.figure:
            row[output.name] = session[output.name]
            continue
        place: tuple[Any, ...] = (slice(None), *output.place)
        if output.depth_um is not None:
            place = (*place, int(np.searchsorted(treatment.depths_um, output.depth_um)))
        values = treatment.values[output.figure][place]
        row |= {output.name + suffix: float(value) for suffix, value in over_columns(values).items()}
    return row


def _of_session(
    treatment: Treatment, stages: set[str], active: Active | None, dose_ug_per_cm2: float, *, occluded: bool
) -> dict[str, Any]:
    """Outcomes of the stages wanted; delivery does not bear the active's name in them, since that may be an axis."""
    found: dict[str, Any] = {}
    if stages & {CLOSURE, RISK}:
        risk = risk_of(treatment)
        found |= {outcome.key: outcome.value for outcome in risk_outcomes(risk)}
        found |= {name: getattr(risk, name) for name in VESSEL_SHARES}
        if CLOSURE in stages:
            clock = close(treatment, occluded=occluded)
            found |= {outcome.key: outcome.value for outcome in closure_outcomes(clock, risk)}
    if HEALING in stages:
        course = healing_course(volume_fraction(treatment), age_years=treatment.site.age_years)
        found |= {outcome.key: outcome.value for outcome in healing_outcomes(course)}
    if DELIVERY in stages and active is not None:
        got = deliver_through(treatment, active, dose_ug_per_cm2=dose_ug_per_cm2, occluded=occluded)
        found["enhancement"] = got.enhancement
        found[f"amount_{DELIVERY_HOURS[-1]:g}h_ug_per_cm2"] = float(got.amount_ug_per_cm2[-1])
    return found
