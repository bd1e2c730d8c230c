"""Which input the spread of depth comes from: Sobol indices of the mean peak depth.

The fast model is the drum's balance alone, one equilibrium a draw; no passes, no coverage. In: a roller, a skin and a
technique. Out: first-order and total index of stiffness, toughness, thickness, load and tip radius.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data.catalog import RollerSpec, SkinSite
from ...data.constants import tissue
from ...geometry.arrays import Array, floats
from ...geometry.skin import mean_thickness_um
from ..insertion.each_contact import Strength, handled, lowest_depth_um
from ..insertion.tissue import worn_tip_radius_um
from ..technique import Technique

DRAWS = 512  # a power of two; indices are then good to about 0.05


@dataclass(frozen=True)
class Sensitivity:
    """Shares of the variance of the mean peak depth.

    Parameters
    ----------
    inputs : tuple of str — what is drawn [-]
    variation : (5,) float — coefficient of variation that each is drawn with [-]
    first_order : (5,) float — share of the variance that goes with this input alone [-]
    total_order : (5,) float — the same with all its interactions [-]
    mean_um, sd_um : float — of the depth over the draws [um]

    """

    inputs: tuple[str, ...]
    variation: Array
    first_order: Array
    total_order: Array
    mean_um: float
    sd_um: float

    @property
    def largest(self) -> str:
        """The input that the spread comes from most; '-' where nothing varies [-]."""
        return self.inputs[int(np.argmax(self.total_order))] if self.sd_um > 0 else "-"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects."""
        parts = zip(self.inputs, self.variation, self.first_order, self.total_order, strict=True)
        return {
            "output": "mean peak depth of the lowest needles",
            "unit": "um",
            "mean": self.mean_um,
            "sd": self.sd_um,
            "largest": self.largest,
            "inputs": [
                {"name": name, "variation": variation, "first_order": first, "total_order": total}
                for name, variation, first, total in parts
            ],
        }


def depth_sensitivity(roller: RollerSpec, skin: SkinSite, technique: Technique, seed: int = 0) -> Sensitivity:
    """Return where the spread of the mean peak depth comes from.

    Parameters
    ----------
    roller : RollerSpec — the device [-]
    skin : SkinSite — gives thickness and its spread [um]
    technique : Technique — load, speed, stretch, uses [N, mm/s]
    seed : int — of the draws [-]

    """
    constants = tissue()
    mean = mean_thickness_um(skin)
    dermis = slice(2, 4)
    thickness_sd = np.sqrt(sum(layer.sd_um**2 for layer in skin.layers[dermis]))
    variations = {
        "stiffness": constants["stiffness_variation_between_people"].value,
        "toughness": constants["toughness_variation_between_people"].value,
        "thickness": float(thickness_sd / mean[dermis].sum()),
        "load": constants["load_variation"].value,
        "tip radius": constants["tip_radius_variation"].value,
    }
    variation = floats(list(variations.values()))
    log_variance = np.log1p(variation**2)[:, None]
    tip = worn_tip_radius_um(roller.tip_radius_um, technique.uses)

    def depth_um(factors: Array) -> Array:
        """Depth for factors (5, ...) of the inputs."""
        stiff, tough, thick, hand, blunt = factors.reshape(5, -1)
        strength = Strength(stiff, tough).times(handled(roller, technique))
        # No hand presses harder than the skin can carry; such draws are held at the hand's own load times two.
        load = technique.load_n * np.minimum(hand, 2.0)
        depth = lowest_depth_um(roller, thick[:, None] * mean, strength, load, tip * blunt)
        return depth.reshape(factors.shape[1:])

    rng = np.random.default_rng(seed)
    one, other = np.exp(np.sqrt(log_variance) * rng.standard_normal((2, 5, DRAWS)) - log_variance / 2)
    mixed = np.repeat(one[None], 5, axis=0)
    mixed[np.arange(5), np.arange(5)] = other
    at_one, at_other = depth_um(one), depth_um(other)
    sd = float(np.concatenate([at_one, at_other]).std(ddof=1))
    first = total = np.zeros(5)
    if sd > 0:
        # Here, not above: scipy.stats takes longer to load than a treatment takes, and few ask for this.
        from scipy.stats import sobol_indices

        at_mixed = depth_um(np.moveaxis(mixed, 0, 1))
        found = sobol_indices(func={"f_A": at_one[None], "f_B": at_other[None], "f_AB": at_mixed[:, None, :]}, n=DRAWS)
        first, total = floats(found.first_order), floats(found.total_order)
    return Sensitivity(
        inputs=tuple(variations),
        variation=variation,
        first_order=first.ravel(),
        total_order=total.ravel(),
        mean_um=float(at_one.mean()),
        sd_um=sd,
    )
