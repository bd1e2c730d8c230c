"""The ensemble: models that all meet the published measurements, side by side, and how deep each lets needles go.

Members are rows of `data/members.csv`, of equal weight, drawn and weighted by `scripts/fit_ensemble.py`; their spread
is what nobody knows. They are stored in the order of their depth at one setting, so that some, taken evenly, stand for
all. In: a roller, a skin and a technique. Out: arrays with a row a member; the same for the constants as shipped.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from math import pi
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ...data.catalog import DeviceSpec, SkinSite
from ...data.checks import InputError
from ...data.constants import ranges
from ...data.tables import FOLDER
from ...geometry.arrays import Array, Flags, floats
from ...geometry.needle import needle_profile, tooth_thickness_mm
from ...geometry.skin import draw_thickness_um, mean_thickness_um
from ..technique import Technique
from .each_contact import Strength, draw_places, follows_mm, handled, lowest_depth_um, roller_law
from .support import balance_lowest, ways_followed
from .tissue import TissueModel, tissue_model, worn_tip_radius_um
from .under_drum import pressed_depth_and_force

TABLE = FOLDER / "members.csv"
USED = 64  # members behind a figure's band; its ends are then those of all 256 to a few per cent
PLACES = 16  # bits of skin that stand for a person's: the same for every member, so that ratios are quiet
BAND = (0.05, 0.95)


def read_members(path: str | Path = TABLE) -> TissueModel:
    """Return the members that a file holds, as columns.

    Parameters
    ----------
    path : str or Path — a CSV table with a column a constant of `data/ranges.csv` [as TissueModel]

    Raises
    ------
    InputError
        One line for a file that can't be read, is empty, is not finite, or holds other constants than the code's.

    """
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{path} is empty; allowed: a header and a row a member") from error
    odd = sorted(set(header) ^ set(ranges()))
    if odd:
        raise InputError(f"{path}: {odd[0]} does not fit the code's constants; allowed: {', '.join(sorted(ranges()))}")
    try:
        values = np.array(rows, dtype=np.float64)  # from text
    except ValueError as error:
        raise InputError(f"{path} holds something that is not a number; allowed: numbers, a row a member") from error
    if not rows or values.shape != (len(rows), len(header)):
        raise InputError(f"{path} holds no members; allowed: at least one row of {len(header)} numbers")
    if not np.isfinite(values).all():
        worst = header[int(np.argmin(np.isfinite(values).all(axis=0)))]
        raise InputError(f"{path}: {worst} is not finite in every row; allowed: numbers")
    for name, column in zip(header, values.T, strict=True):
        allowed = ranges()[name]
        if column.min() < allowed.low * (1 - 1e-6) - 1e-9 or column.max() > allowed.high * (1 + 1e-6) + 1e-9:
            raise InputError(f"{path}: {name} leaves its range; allowed: between {allowed.low:g} and {allowed.high:g}")
    return tissue_model().changed(dict(zip(header, values.T, strict=True)))


@cache
def members(count: int | None = None) -> TissueModel:
    """Return the members as shipped, as columns.

    Parameters
    ----------
    count : int or None — how many, evenly among those stored; None for all [-]

    """
    every = read_members()
    if count is None or count >= every.members:
        return every
    return every.take(((np.arange(count) + 0.5) * every.members / count).astype(np.int64))


def one_each(count: int, rng: np.random.Generator) -> list[TissueModel]:
    """Return a member for each of some people: evenly among those stored, dealt out at random.

    Parameters
    ----------
    count : int — people [-]
    rng : numpy Generator — source of randomness [-]

    Returns
    -------
    list of TissueModel — of numbers, one a person

    """
    every = members()
    at = ((np.arange(count) + rng.random()) * every.members / count).astype(np.int64)
    return [every.take(int(number)) for number in rng.permutation(at)]


@dataclass(frozen=True)
class MemberDepths:
    """How deep needles go in one person's skin: a row a member, a column a bit of skin and kind of ring.

    Parameters
    ----------
    axle_height_mm, drum_load_share, engaged_needles : (M,) float — of the drum, mean over its rings [mm, -, -]
    weights : (C,) float — of the columns, in sum 1 [-]
    thickness_um : (C, 5) float — of the layers [um]
    opened : (M, C) bool — the needle passed the stratum corneum [-]
    peak_depth_um : (M, C) float — of the tips, 0 where the skin holds [um]
    residual_depth_um : (M, C) float — that stays open [um]
    residual_width_share : (M,) float — width that stays open over the needle's [-]
    tooth_edge_share : (M,) float — edge of a disc roller's tooth over its sheet [-]
    follows_um : (M, C) float — how far skin follows a needle that moves along it, over all the way that it does [um]
    roller : DeviceSpec — the device [-]

    """

    axle_height_mm: Array
    drum_load_share: Array
    engaged_needles: Array
    weights: Array
    thickness_um: Array
    opened: Flags
    peak_depth_um: Array
    residual_depth_um: Array
    residual_width_share: Array
    tooth_edge_share: Array
    follows_um: Array
    roller: DeviceSpec

    @property
    def opened_share(self) -> Array:
        """Share of contacts that open the skin, (M,) [-]."""
        return floats(self.opened @ self.weights)

    @property
    def mean_depth_um(self) -> Array:
        """Mean peak depth of the channels, (M,), 0 where there is none [um]."""
        return self.mean_over_channels(self.peak_depth_um)

    def mean_over_channels(self, values: Array) -> Array:
        """Return the mean of a figure over the channels, 0 where there is none.

        Parameters
        ----------
        values : (M, C) float — of each contact [any]

        Returns
        -------
        (M,) float — mean over those that opened the skin [any]

        """
        share = self.opened_share
        total = (values * self.opened) @ self.weights
        return floats(np.divide(total, share, out=np.zeros_like(total), where=share > 0))

    def radius_mm(self, from_tip: Array) -> Array:
        """Return the radius of the disc that has the area of the needle's section.

        Parameters
        ----------
        from_tip : (M, ...) float — distance from the tip [mm]

        """
        shape = needle_profile(self.roller)
        half = shape.half_width(from_tip)
        if shape.sheet_thickness_mm is None:
            return half
        edge = self.tooth_edge_share.reshape((-1,) + (1,) * (from_tip.ndim - 1))
        sheet = shape.sheet_thickness_mm
        thick = tooth_thickness_mm(from_tip, shape.length_mm, sheet, edge, shape.tip_radius_mm)
        return floats(np.sqrt(2 * half * thick / pi))


def member_depths(
    roller: DeviceSpec,
    skin: SkinSite,
    technique: Technique,
    model: TissueModel,
    *,
    person_um: ArrayLike | None = None,
    strength: Strength | None = None,
) -> MemberDepths:
    """Return how deep needles go for each member, in one person's skin that differs from place to place.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — gives the spread of thickness within the site [um]
    technique : Technique — load, speed, stretch, uses, slip [-]
    model : TissueModel — members as columns, or the constants as shipped for one row [as its fields]
    person_um : (5,) float array or None — mean thickness of the layers; None for the site's [um]
    strength : Strength or None — of this person's skin, numbers; None for the mean skin [-]

    """
    count = max(model.members, 1)
    person = mean_thickness_um(skin) if person_um is None else floats(person_um)
    ones = np.ones(count)
    use = handled(roller, technique, model)
    if strength is not None:
        use = use.times(strength)
    whole = Strength(ones * use.stiffness, ones * use.resistance)
    law = roller_law(roller, person, whole, uses=technique.uses, model=model)
    balance, rings = balance_lowest(roller, technique.load_n, law, model)

    rng = np.random.default_rng(0)
    thickness, places = draw_thickness_um(skin, person, PLACES, rng), draw_places(PLACES, rng)
    member, place, ring = (index.ravel() for index in np.indices((count, PLACES, rings.size)))
    each = roller_law(
        roller,
        thickness[place],
        Strength(
            places.stiffness[place] * whole.stiffness[member], places.resistance[place] * whole.resistance[member]
        ),
        uses=technique.uses,
        model=model.take(member),
    )
    depth, _, _ = pressed_depth_and_force(
        each, balance.travel_mm[member, ring], balance.drum_pressure_mpa[member, ring]
    )
    shape = (count, PLACES * rings.size)
    columns = slice(0, shape[1])
    opened = (1000 * depth > thickness[place, 0]).reshape(shape)
    peak = np.where(opened, 1000 * depth.reshape(shape), 0.0)
    return MemberDepths(
        axle_height_mm=balance.axle_height_mm @ rings,
        drum_load_share=balance.drum_force_n @ rings / max(technique.load_n, 1e-300),
        engaged_needles=balance.engaged @ rings,
        weights=np.tile(rings / PLACES, PLACES),
        thickness_um=thickness[place[columns]],
        opened=opened,
        peak_depth_um=peak,
        residual_depth_um=peak * (ones * model.residual_depth_share)[:, None],
        residual_width_share=ones * model.residual_width_share,
        tooth_edge_share=ones * model.tooth_edge_share,
        follows_um=1000 * ways_followed(roller) * follows_mm(each, depth).reshape(shape),
        roller=roller,
    )


def mean_depths_um(
    roller: DeviceSpec,
    skin: SkinSite,
    technique: Technique,
    loads_n: ArrayLike,
    model: TissueModel,
    strength: Strength | None = None,
) -> Array:
    """Return how deep the lowest needles go in mean skin for each member and load, for searches over loads.

    Parameters
    ----------
    roller : DeviceSpec — the device [-]
    skin : SkinSite — the site [um]
    technique : Technique — speed, stretch, uses [-]
    loads_n : (k,) float array — forces of the hand [N]
    model : TissueModel — members as columns [as its fields]
    strength : Strength or None — of the person's skin, numbers or (M,) arrays; None for the mean skin [-]

    Returns
    -------
    (M, k) float — peak depth [um]

    """
    loads = np.atleast_1d(floats(loads_n))
    member, load = (index.ravel() for index in np.indices((max(model.members, 1), loads.size)))
    chosen = model.take(member)
    use = handled(roller, technique, chosen)
    if strength is not None:
        person = Strength(*(np.broadcast_to(part, model.members)[member] for part in _parts(strength)))
        use = use.times(person)
    ones = np.ones(member.size)
    tip = ones * worn_tip_radius_um(roller.tip_radius_um, technique.uses, chosen)
    depth = lowest_depth_um(
        roller,
        mean_thickness_um(skin),
        Strength(ones * use.stiffness, ones * use.resistance),
        loads[load],
        tip,
        chosen,
    )
    return depth.reshape(-1, loads.size)


def _parts(strength: Strength) -> tuple[Array, Array]:
    return floats(strength.stiffness), floats(strength.resistance)


def share_deeper(one: MemberDepths, other: MemberDepths) -> float:
    """Return in which share of the members one device is deeper than another, ties counting half.

    Parameters
    ----------
    one, other : MemberDepths — of the same members [um]

    """
    gap = one.mean_depth_um - other.mean_depth_um
    return float(np.mean((gap > 0) + 0.5 * (gap == 0)))
