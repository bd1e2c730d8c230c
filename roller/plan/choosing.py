"""From a goal to settings: the shortest needles, the fewest passes and the range of loads that serve enough people.

Every candidate meets the same people, and with each a member of the ensemble: a plan serves people and members
together, since nobody knows which member is right. One run at the largest number of passes answers for all smaller
numbers, and `load_search` finds the loads. A pen whose drag speed nobody told is looked at with several: the choice is
the fastest of those that need the fewest passes. In: a goal, a site, candidates. Out: an `Answer` with the front of
choices, and why the other candidates are not on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from shapely.geometry import Polygon

from ...data import catalog
from ...data.arguments import named
from ...data.catalog import DeviceSpec, SkinSite
from ...data.checks import refuse
from ...data.constants import tissue
from ...geometry.arrays import Array, Flags, Ints
from ...geometry.region import region_of
from ..coverage.motions import pace_words, paces_worth_trying, passes_worth_trying
from ..insertion.ensemble import one_each
from ..insertion.support import bearable_load_n, set_to
from ..technique import Technique, checked_technique
from ..treatment.replicate import draw_replicates
from ..treatment.treating import MOST_REPLICATES, checked_count, treat
from .answer import Answer, Choice, Reached, Rejected
from .goals import Goal, aims_of, goal_of, risks
from .load_search import LOAD_TOLERANCE, Ledger, fewest_passes, load_range, new_ledger
from .trying import Setting, costs_of, measured, people_alone, served

SHOWN = (
    "density_per_cm2",
    "layer_density_per_cm2",
    "surface_coverage",
    "peak_depth_um",
    "redness_h",
    "minutes_per_300_cm2",
)
LIGHTEST_N = 0.1  # about the weight of a roller in its handle; an assumption, the search starts there
LENGTH_STEP_MM = 0.05  # of free geometry: needles are sold in no finer steps
LONGEST_MM = 3.0  # the longest needles of the catalogue
# Steps at which lengths are tried first; the shortest that serves is then bisected between it and the one before.
FIRST_STEPS = (2, 4, 8, 16, 30, 60)
LEAST_PEOPLE = 10
NAMES = {"name", "title", "maker", "use", "source", "status", "assumed", "note"}  # fields that change no figure


@dataclass(frozen=True, eq=False)
class Search:
    """What was found out about one candidate.

    Parameters
    ----------
    roller : DeviceSpec — the candidate [-]
    setting : Setting — what all candidates share, with the technique that this one was tried with [-]
    ledger : Ledger — what its trials settled [-]
    tried : dict of float array — by load, (aims, R, K), NaN for people who were not tried there [as the aims]
    most_n : float — greatest load that was looked at [N]
    passes : int or None — fewest that serve enough people, None if no number does [-]
    load_n : float or None — a load at which they do [N]
    beside : int — people tried with paces that others are better than, each at one load [-]

    """

    roller: DeviceSpec
    setting: Setting
    ledger: Ledger
    tried: dict[float, Array]
    most_n: float
    passes: int | None
    load_n: float | None
    beside: int = 0


def search(setting: Setting, roller: DeviceSpec) -> Search:
    """Find the fewest passes with which a candidate serves enough people at one and the same load.

    Parameters
    ----------
    setting : Setting — what all candidates share [-]
    roller : DeviceSpec — the candidate [-]

    """
    people, most_passes = len(setting.people), setting.technique.passes
    tried: dict[float, Array] = {}

    def trial(rows: Ints, load: float) -> tuple[Flags, Flags]:
        shape = len(setting.aims), people, most_passes
        held = tried.setdefault(load, np.full(shape, np.nan))
        # Whoever was tried at this load would do the same again.
        new = rows[~np.isfinite(held[:, rows]).all(axis=(0, 2))]
        if new.size:
            held[:, new] = measured(setting, roller, most_passes, load, new)
        return served(setting, held[:, rows])

    ledger = new_ledger(trial, people, most_passes)
    low, high = setting.loads_n
    high = min(high, bearable_load_n(roller))
    found = fewest_passes(ledger, low, high, setting.certainty) if high > low else None
    passes, load = found or (None, None)
    return Search(roller, setting, ledger, tried, high, passes, load)


def search_paces(setting: Setting, roller: DeviceSpec) -> Search:
    """Search a candidate at each pace worth trying, fastest first; a slower one must do with fewer passes.

    So the choice is the fastest of the paces that need the fewest passes: least time, and least that is done beyond
    the goal. Where none serves enough people it is the pace that came nearest, of equal ones the fastest.

    Parameters
    ----------
    setting : Setting — what all candidates share [-]
    roller : DeviceSpec — the candidate [-]

    """
    best: Search | None = None
    trials, most = 0, setting.technique.passes
    for technique in paces_worth_trying(roller, setting.technique.for_kind(roller.kind)):
        asked = technique.model_copy(update={"passes": most})
        one = search(fitted(replace(setting, technique=asked), roller), roller)
        trials += one.ledger.trials
        if one.passes is not None:
            best, most = one, one.passes - 1
        elif best is None or (best.passes is None and _nearness(one) > _nearness(best)):
            best = one
        if not most:
            break
    assert best is not None
    return replace(best, beside=trials - best.ledger.trials)


def fitted(setting: Setting, roller: DeviceSpec) -> Setting:
    """Return the setting for one candidate: what its kind has of the technique, and passes that it is worth trying.

    Parameters
    ----------
    setting : Setting — what all candidates share [-]
    roller : DeviceSpec — the candidate [-]

    """
    technique = setting.technique.for_kind(roller.kind)
    passes = passes_worth_trying(roller, technique, technique.passes)
    return replace(setting, technique=technique.model_copy(update={"passes": passes}))


def _search_all(setting: Setting, rollers: Sequence[DeviceSpec], tell: Callable[[str, int, int], None]) -> list[Search]:
    """Search every candidate; those that differ in their name only share a search."""
    by_shape: dict[str, Search] = {}
    searches = []
    for number, roller in enumerate(rollers):
        tell(roller.name, number + 1, len(rollers))
        shape = roller.model_dump_json(exclude=NAMES)
        if shape not in by_shape:
            by_shape[shape] = search_paces(setting, roller)
        searches.append(replace(by_shape[shape], roller=roller))
    return searches


def front(searches: Sequence[Search]) -> list[Search]:
    """Return those that no other beats: none has needles as short and as few passes, and one of the two less.

    Parameters
    ----------
    searches : sequence of Search — of all candidates [-]

    """

    def beaten(one: Search) -> bool:
        return beater(one, searches) is not None

    able = [one for one in searches if one.passes is not None and not beaten(one)]
    return sorted(able, key=lambda one: (one.roller.length_mm, one.roller.name))


def beater(one: Search, searches: Sequence[Search]) -> Search | None:
    """Return a candidate that does with shorter needles or fewer passes, and no more of the other; the shortest.

    Parameters
    ----------
    one : Search — a candidate that serves enough people [-]
    searches : sequence of Search — of all candidates [-]

    """
    mine = one.roller.length_mm, one.passes or 0
    better = [
        other
        for other in searches
        if other.passes is not None
        and (other.roller.length_mm, other.passes) != mine
        and other.roller.length_mm <= mine[0]
        and other.passes <= mine[1]
    ]
    return min(better, key=lambda other: (other.roller.length_mm, other.passes or 0), default=None)


def _reached(setting: Setting, values: Array) -> tuple[Reached, ...]:
    """What people reach of each aim; `values` is (aims, R)."""
    each = []
    for aim, value in zip(setting.aims, values, strict=True):
        # What as many people as must be served reach at least.
        share = 1 - setting.certainty if aim.least else setting.certainty
        each.append(Reached(aim, float(np.quantile(value, share)), float(aim.met(value).mean())))
    return tuple(each)


def _choice(found: Search, seed: int) -> Choice:
    """Settle the range of loads, and look at its middle with other people."""
    assert found.passes is not None
    assert found.load_n is not None
    setting, roller, passes = found.setting, found.roller, found.passes
    low, high = load_range(found.ledger, passes, found.load_n, setting.loads_n[0], found.most_n, setting.certainty)
    middle = float(np.clip(float(f"{np.sqrt(low * high):.2g}"), low, high))
    found.ledger.learn(middle, slice(passes - 1, passes))
    count = len(setting.people)
    others = replace(
        setting,
        people=draw_replicates(setting.site, count, seed),
        models=one_each(count, np.random.default_rng(seed)),
        aims=(*setting.aims, *risks()),
    )
    values = measured(others, roller, passes, middle, np.arange(count))[:, :, -1]
    technique = Technique.model_validate(setting.technique.model_dump() | {"passes": passes, "load_n": middle})
    reached = _reached(others, values)
    return Choice(
        roller=roller,
        passes=passes,
        load_n=(low, high),
        middle_n=middle,
        certainty=float(found.ledger.share(middle)[passes - 1]),
        certainty_of_others=float(np.logical_and(*served(others, values)).mean()),
        reached=reached[: len(setting.aims)],
        risks=reached[len(setting.aims) :],
        costs=costs_of(setting, roller, passes, middle),
        treatment=treat(
            roller,
            setting.site,
            technique,
            region=setting.region,
            depths_um=[0.0],
            replicates=count,
            seed=seed,
            figures=SHOWN,
            uncertainty=True,
        ),
    )


def _nearest(found: Search) -> tuple[tuple[float, float, float], Array]:
    """How near a candidate came with all passes: most people served, of equal loads most aims met; and what it reached.

    The load stands last.
    """
    setting = found.setting
    whole = {load: values[..., -1] for load, values in found.tried.items() if np.isfinite(values[..., -1]).all()}

    def merit(load: float) -> tuple[float, float, float]:
        together = np.logical_and(*served(setting, whole[load])).mean()
        return float(together), sum(part.people for part in _reached(setting, whole[load])), load

    if not whole:
        return (0.0, 0.0, 0.0), np.empty(0)
    best = max(map(merit, whole))
    return best, whole[best[-1]]


def _nearness(found: Search) -> tuple[float, float, float]:
    """The same to hold paces against each other, and what share of the limits is reached where none serves more."""
    (share, people, _), values = _nearest(found)
    reached = zip(found.setting.aims, values, strict=False)
    return share, people, sum(float(np.minimum(value / aim.limit, 1).mean()) for aim, value in reached if aim.least)


def _rejected(found: Search, searches: Sequence[Search]) -> Rejected:
    """Say why a candidate is no choice: another is better, or how near it came."""
    setting, roller, passes = found.setting, found.roller, found.setting.technique.passes
    if found.passes is not None:
        better = beater(found, searches)
        assert better is not None
        assert better.passes is not None
        return Rejected(roller, found.passes, better=(better.roller, better.passes))
    if not found.tried:
        return Rejected(roller, passes, bears_n=found.most_n)
    (share, _, nearest), values = _nearest(found)
    return Rejected(
        roller,
        passes,
        nearest_n=nearest,
        between_n=(setting.loads_n[0], found.most_n),
        certainty=share,
        certainty_people_alone=people_alone(setting, roller, nearest),
        wanted=setting.certainty,
        reached=_reached(setting, values),
        moved=pace_words(roller, setting.technique) if found.beside else "",
    )


def shortest(setting: Setting, base: DeviceSpec) -> list[Search]:
    """Search the lengths of free geometry: the shortest that serves enough people, then the shortest for fewer passes.

    Lengths are steps of 0.05 mm. `FIRST_STEPS` are tried first, then the shortest is bisected between the first that
    serves and the one before; a window of lengths that lies wholly between two of them is not seen.

    Parameters
    ----------
    setting : Setting — what all candidates share [-]
    base : DeviceSpec — the roller whose needles may be longer or shorter [-]

    """
    known: dict[int, Search] = {}

    def at(step: int) -> Search:
        if step not in known:
            known[step] = search_paces(setting, with_length(base, step * LENGTH_STEP_MM))
        return known[step]

    def passes(step: int) -> float:
        return at(step).passes or np.inf

    most: float = setting.technique.passes
    while most >= 1:
        steps = sorted({*FIRST_STEPS, *known})
        enough = next((step for step in steps if step * LENGTH_STEP_MM <= LONGEST_MM and passes(step) <= most), None)
        if enough is None:
            break
        below = max((step for step in steps if step < enough), default=0)
        while enough - below > 1:
            middle = (enough + below) // 2
            below, enough = (below, middle) if passes(middle) <= most else (middle, enough)
        most = passes(enough) - 1
    return [known[step] for step in sorted(known)]


def with_length(base: DeviceSpec, length_mm: float) -> DeviceSpec:
    """Return a roller with needles of another length.

    Parameters
    ----------
    base : DeviceSpec — all other dimensions [-]
    length_mm : float — of its needles [mm]

    """
    length = round(length_mm, 3)
    changed = {"name": f"{base.name}-at-{length:g}mm", "title": f"{base.title}, {length:g} mm", "length_mm": length}
    assumed = tuple(name for name in base.assumed if name != "length_mm")
    return type(base)(**base.model_dump() | changed | {"assumed": assumed, "status": "unverified"})


@named
def plan_treatment(
    goal: Goal | str | Path,
    site: str | Path | SkinSite,
    devices: Sequence[str | Path | DeviceSpec] | None = None,
    *,
    free: str | Path | DeviceSpec | None = None,
    technique: Technique | None = None,
    most_passes: int = 20,
    most_load_n: float | None = None,
    region: Polygon | str | None = None,
    replicates: int = 50,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> Answer:
    """Find the settings that reach a goal.

    Parameters
    ----------
    goal : Goal, str or Path — what is to be reached, or its TOML file [-]
    site : str, Path or SkinSite — catalogue name, TOML file or record of the skin site [-]
    devices : sequence of str, Path or DeviceSpec, or None — candidates; None for the whole catalogue [-]
    free : str, Path, DeviceSpec or None — instead: a roller whose needle length is free [-]
    technique : Technique or None — pattern and the rest; its passes and load are not used [-]
    most_passes : int — largest number of passes looked at, 1 to 200 [-]
    most_load_n : float or None — greatest load looked at; None for what is named for a hand [N]
    region : shapely Polygon, str or None — treated region, '20x30' and WKT too; None for 20 mm x 20 mm [mm]
    replicates : int — people whom the goal must serve, each with a member of the ensemble, 10 to 10000 [-]
    seed : int — of everything random; the check draws from the next one [-]
    progress : function or None — told name, number and count of the candidates as they are begun [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    skin, wanted = catalog.site(site), goal_of(goal)
    if devices is not None and (free is not None or not devices):
        raise refuse("devices", [str(device) for device in devices], "one or more devices, or none with free geometry")
    checked_count("replicates", replicates, LEAST_PEOPLE, MOST_REPLICATES)
    checked_count("seed", seed, 0)
    checked_count("most_passes", most_passes, 1, 200)
    most = tissue()["hand_load_limit"].value if most_load_n is None else most_load_n
    if not LIGHTEST_N * (1 + LOAD_TOLERANCE) < most <= 50:
        raise refuse("most_load_n", most, f"between {LIGHTEST_N * (1 + LOAD_TOLERANCE):g} and 50 N")
    setting = Setting(
        site=skin,
        technique=Technique.model_validate(checked_technique(technique).model_dump() | {"passes": most_passes}),
        region=region_of(region),
        people=draw_replicates(skin, replicates, seed),
        models=one_each(replicates, np.random.default_rng(seed)),
        aims=aims_of(wanted),
        certainty=wanted.certainty,
        loads_n=(LIGHTEST_N, most),
    )
    if free is None:
        found_devices = [catalog.device(name) for name in (catalog.rollers() if devices is None else devices)]
        setting.technique.fits_some([one.kind for one in found_devices])
        rollers = [set_to(one, setting.technique.for_kind(one.kind)) for one in found_devices]
        searches = _search_all(setting, rollers, progress or (lambda *_: None))
    else:
        searches = shortest(fitted(setting, catalog.device(free)), catalog.device(free))
    best = front(searches)
    chosen = {id(found) for found in best}
    rest = [found for found in searches if id(found) not in chosen and (free is None or found.passes is None)]
    rest.sort(key=lambda found: found.roller.length_mm)
    return Answer(
        goal=wanted,
        site=skin,
        technique=setting.technique,
        region=setting.region,
        loads_n=setting.loads_n,
        replicates=replicates,
        seed=seed,
        choices=tuple(_choice(found, seed + 1) for found in best),
        rejected=tuple(_rejected(found, searches) for found in rest),
        trials=sum({id(found.ledger): found.ledger.trials + found.beside for found in searches}.values()),
    )
