"""Where the spread of the depth comes from: people, the hand, tips, and each thing that nobody knows.

Skins, loads, tips and members are drawn together; freezing one group at a time splits the variance (Sobol, Saltelli).
Members' constants depend on one another, so what goes with each is the share of the members' variance that a parabola
in it explains, scaled to the members' part. In: a roller, a skin and a technique. Out: a share a group and an unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...data.catalog import DeviceSpec, SkinSite
from ...data.constants import ranges, tissue
from ...geometry.arrays import Array, Ints, floats
from ...geometry.skin import mean_thickness_um
from ..technique import Technique
from .each_contact import Strength, draw_people, handled, lowest_depth_um
from .ensemble import mean_depths_um, members
from .tissue import TissueModel, worn_tip_radius_um

DRAWS = 256
GROUPS = ("people", "hand", "tip", "unknown")
MOST_LOAD = 2.0  # of the hand's own: no hand presses harder than skin carries


@dataclass(frozen=True)
class VarianceShares:
    """Shares of the variance of the mean peak depth.

    Parameters
    ----------
    groups : tuple of str — people, hand, tip, and what nobody knows [-]
    first_order, total_order : (4,) float — share that goes with each alone, and with its interactions [-]
    unknowns : tuple of str — constants of the model that members differ in [-]
    unknown_share : (k,) float — of the variance, in sum the total share of what nobody knows [-]
    mean_um, sd_um : float — of the depth over all draws [um]

    """

    groups: tuple[str, ...]
    first_order: Array
    total_order: Array
    unknowns: tuple[str, ...]
    unknown_share: Array
    mean_um: float
    sd_um: float


@dataclass(frozen=True)
class _Drawn:
    people: Strength
    dermis: Array
    hand: Array
    tip: Array
    member: Ints

    def mixed(self, other: _Drawn, group: str) -> _Drawn:
        """These draws with one group from others."""
        return _Drawn(
            people=other.people if group == "people" else self.people,
            dermis=other.dermis if group == "people" else self.dermis,
            hand=other.hand if group == "hand" else self.hand,
            tip=other.tip if group == "tip" else self.tip,
            member=other.member if group == "unknown" else self.member,
        )


def variance_shares(roller: DeviceSpec, skin: SkinSite, technique: Technique, seed: int = 0) -> VarianceShares:
    """Return where the spread of the mean peak depth comes from.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — gives thickness and its spread [um]
    technique : Technique — load, speed, stretch, uses [N, mm/s]
    seed : int — of the draws [-]

    """
    rng = np.random.default_rng(seed)
    every = members()
    one, other = (_draw(skin, every.members, rng) for _ in range(2))

    def depth_um(drawn: _Drawn) -> Array:
        model = every.take(drawn.member)
        use = handled(roller, technique, model).times(drawn.people)
        worn = worn_tip_radius_um(roller.tip_radius_um, technique.uses, model)
        thickness = drawn.dermis[:, None] * mean_thickness_um(skin)
        load = technique.load_n * np.minimum(drawn.hand, MOST_LOAD)
        return lowest_depth_um(roller, thickness, use, load, worn * drawn.tip, model)

    at_one, at_other = depth_um(one), depth_um(other)
    both = np.concatenate([at_one, at_other])
    variance = float(both.var(ddof=1))
    first, total = np.zeros(len(GROUPS)), np.zeros(len(GROUPS))
    for number, group in enumerate(GROUPS):
        swapped = depth_um(one.mixed(other, group))
        if variance > 0:
            first[number] = np.mean(at_other * (swapped - at_one)) / variance
            total[number] = np.mean((at_one - swapped) ** 2) / (2 * variance)
    spoken = _explained(mean_depths_um(roller, skin, technique, technique.load_n, every)[:, 0], every)
    whole = sum(spoken.values())
    scale = total[GROUPS.index("unknown")] / whole if whole > 0 else 0.0
    return VarianceShares(
        groups=GROUPS,
        first_order=np.clip(first, 0.0, 1.0),
        total_order=np.clip(total, 0.0, None),
        unknowns=tuple(spoken),
        unknown_share=floats(list(spoken.values())) * scale,
        mean_um=float(both.mean()),
        sd_um=float(np.sqrt(variance)),
    )


def _draw(skin: SkinSite, count: int, rng: np.random.Generator) -> _Drawn:
    constants = tissue()
    dermis = skin.layers[2:4]
    spread = np.sqrt(sum(layer.sd_um**2 for layer in dermis)) / sum(layer.mean_um for layer in dermis)

    def factors(variation: float) -> Array:
        log_variance = np.log1p(variation**2)
        return floats(np.exp(np.sqrt(log_variance) * rng.standard_normal(DRAWS) - log_variance / 2))

    return _Drawn(
        people=draw_people(DRAWS, rng),
        dermis=factors(float(spread)),
        hand=factors(constants["load_variation"].value),
        tip=factors(constants["tip_radius_variation"].value),
        member=rng.integers(count, size=DRAWS),
    )


def _explained(depth: Array, every: TissueModel) -> dict[str, float]:
    """Share of the members' variance that a parabola in each constant explains, beyond what chance does."""
    found = {}
    spread = depth.var()
    for name in ranges():
        values = floats(getattr(every, name))
        if spread == 0 or values.std() == 0:
            found[name] = 0.0
            continue
        fitted = np.polynomial.Polynomial.fit(values, depth, 2)(values)
        by_chance = 2 / (depth.size - 1)
        found[name] = max(float(fitted.var() / spread) - by_chance, 0.0)
    return found
