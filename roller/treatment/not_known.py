"""What nobody knows of a treatment's figures, by the members of insertion's ensemble, and where spread comes from.

In: a roller, a skin, a technique, and the figures of the treatment. Out: low and high end of each, by quantity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ...data.catalog import DeviceSpec, SkinSite
from ...geometry.arrays import Array, floats
from ..coverage.uncertainty import figures_of_members, uncertainty_of
from ..insertion.ensemble import MemberDepths, member_depths, members, share_deeper
from ..insertion.tissue import tissue_model
from ..insertion.variance import VarianceShares, variance_shares
from ..technique import Technique

MEMBERS = 64  # evenly among those stored
ENTRIES_AT_ONCE = 1 << 21  # (member, pass or bit of skin, depth) entries worked on together: 17 MB an array
BY_DEPTH = ("coverage", "expected_coverage", "residual_coverage", "density_at_depth_per_cm2")
OF_SURFACE = {"surface_coverage": "coverage", "surface_expected_coverage": "expected_coverage"}


def depths_of_members(roller: DeviceSpec, skin: SkinSite, technique: Technique) -> MemberDepths:
    """Return how deep needles go by each member of the ensemble.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — the site [um]
    technique : Technique — what the hand does [-]

    """
    return members_pressed(roller, skin, technique.pressed())


@lru_cache(maxsize=64)  # bands, comparisons and tables ask for the same, sliders of the passes too
def members_pressed(roller: DeviceSpec, skin: SkinSite, technique: Technique) -> MemberDepths:
    """Return the same for a technique without its way over the skin, and keep it.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — the site [um]
    technique : Technique — as pressed [-]

    """
    return member_depths(roller, skin, technique, members(MEMBERS))


def shares_deeper(
    cases: Iterable[tuple[DeviceSpec, SkinSite, Technique]], references: Sequence[int] | None = None
) -> list[float]:
    """Return in which share of the members each case goes deeper than another, ties counting half.

    Parameters
    ----------
    cases : iterable of DeviceSpec, SkinSite and Technique — compared [-]
    references : sequence of int or None — place of what each is compared with; None for the first [-]

    """
    depths = [depths_of_members(*case) for case in cases]
    firsts = [0] * len(depths) if references is None else references
    return [share_deeper(found, depths[first]) for found, first in zip(depths, firsts, strict=True)]


def bands_not_known(
    roller: DeviceSpec, skin: SkinSite, technique: Technique, depths_um: Array, means: Mapping[str, Array]
) -> dict[str, Array]:
    """Return low and high end of what nobody knows of each figure that the ensemble speaks of, (2, ...).

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — the site [um]
    technique : Technique — what the hand does [-]
    depths_um : (Z,) float — depths of the table [um]
    means : mapping of float array — the treatment's figures by quantity, means over the replicates [as each]

    """
    weights = depths_of_members(roller, skin, technique).weights
    # Many depths are looked at some at a time; what does not go over depths is taken from the first of them.
    at_once = max(1, ENTRIES_AT_ONCE // (MEMBERS * max(technique.passes, weights.size)))
    found: dict[str, list[Array]] = {}
    for start in range(0, depths_um.size, at_once):
        tabled = slice(start, start + at_once)
        some = depths_um[tabled]
        figures = _figures_of_models(roller, skin, technique, tuple(map(float, some)))
        asked = means if not start else {key: value for key, value in means.items() if key in BY_DEPTH}
        asked = {key: value[..., tabled] if key in BY_DEPTH else value for key, value in asked.items()}
        for key, band in uncertainty_of(asked, *figures).items():
            found.setdefault(key, []).append(band)
    bands = {key: np.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0] for key, parts in found.items()}
    # No member has more at a depth than above it, so neither has a band: where the deepest channels end, the ratio to
    # constants as shipped is one of nearly nothing to nearly nothing, and would say so.
    return {key: np.minimum.accumulate(band, axis=-1) if key in BY_DEPTH else band for key, band in bands.items()}


@lru_cache(maxsize=2)  # the left and the right of a face are the same skin
def _figures_of_models(
    roller: DeviceSpec, skin: SkinSite, technique: Technique, depths_um: tuple[float, ...]
) -> tuple[dict[str, Array], dict[str, Array]]:
    """What the members say of the figures, and what constants as shipped do."""
    deep = np.array(depths_um if depths_um[0] == 0 else (0.0, *depths_um))
    tabled = slice(deep.size - len(depths_um), None)
    every = depths_of_members(roller, skin, technique)
    shipped = member_depths(roller, skin, technique, tissue_model())
    told = (_with_surface(figures_of_members(of, technique, deep), tabled) for of in (every, shipped))
    return next(told), next(told)


def rounded(band: Array) -> Array:
    """Return the ends of a band with three significant digits: nobody knows more of what nobody knows.

    Parameters
    ----------
    band : (2, ...) float — low and high ends [any]

    """
    return floats([float(f"{value:.3g}") for value in band.ravel()]).reshape(band.shape)


def _with_surface(figures: dict[str, Array], tabled: slice) -> dict[str, Array]:
    """The surface apart, and the other depths as the table has them."""
    surface = {name: figures[of][..., 0] for name, of in OF_SURFACE.items()}
    return figures | surface | {name: figures[name][..., tabled] for name in BY_DEPTH}


@dataclass(frozen=True)
class Sensitivity:
    """Shares of the variance of the mean peak depth.

    Parameters
    ----------
    shares : VarianceShares — by group, and by constant of the model within what nobody knows [-]

    """

    shares: VarianceShares

    @property
    def largest(self) -> str:
        """The group that the spread comes from most; '-' where nothing varies [-]."""
        return self.shares.groups[int(np.argmax(self.shares.total_order))] if self.shares.sd_um > 0 else "-"

    @property
    def largest_share(self) -> float:
        """Its share of the variance, with all interactions [-]."""
        return float(self.shares.total_order.max())

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects."""
        found = self.shares
        groups = zip(found.groups, found.first_order, found.total_order, strict=True)
        unknowns = zip(found.unknowns, found.unknown_share, strict=True)
        return {
            "output": "mean peak depth of the lowest needles",
            "unit": "um",
            "mean": found.mean_um,
            "sd": found.sd_um,
            "largest": self.largest,
            "inputs": [{"name": name, "first_order": first, "total_order": total} for name, first, total in groups],
            "unknowns": [{"name": name, "share": share} for name, share in unknowns],
        }


def depth_sensitivity(roller: DeviceSpec, skin: SkinSite, technique: Technique, seed: int = 0) -> Sensitivity:
    """Return where the spread of the mean peak depth comes from.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — gives thickness and its spread [um]
    technique : Technique — load, speed, stretch, uses [N, mm/s]
    seed : int — of the draws [-]

    """
    return Sensitivity(variance_shares(roller, skin, technique, seed))
