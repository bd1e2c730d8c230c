"""Treating a body zone by zone, and `treat` for flat skin and bodies alike.

In: a roller, a technique, a surface. Out: a `SurfaceTreatment`, each zone with the skin of its own site.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Any, Unpack, overload

import numpy as np
from numpy.typing import ArrayLike
from shapely.geometry import Polygon, box

from ...data import catalog
from ...data.arguments import named
from ...data.catalog import Active, DeviceSpec, SkinSite
from ...data.checks import refuse
from ...geometry.arrays import Array, floats
from ...geometry.surface.body import Surface, Zone
from ...geometry.surface.strokes import Strokes
from ..coverage.motions import settled
from ..insertion.support import rings_of, set_to
from ..technique import Technique, checked_technique
from ..treatment.replicate import Replicate, draw_replicates
from ..treatment.result import Treatment
from ..treatment.treating import Asked, Asking, asked_of, carry_out, check_cost
from ..treatment.treating import treat as treat_flat
from .bodies import surface_of
from .maps import empty_maps, write_zone
from .result import SurfaceTreatment, ZoneRolled
from .simulating import MadeOnBody, Session, begin_session, lay_sessions, simulate_zone

Progress = Callable[[int, int], None] | None
SLOWER = 3.0  # than a flat region as large
LAID_TOGETHER, LAID_FIRST = 16, 5  # replicates of zones: as many as a face has, and about half of its skin
THREADS = 2  # that roll over zones, each over its own: what comes out does not hang on their number


@overload
def treat(
    device: str | Path | DeviceSpec,
    site: str | Path | SkinSite,
    technique: Technique | None = None,
    *,
    region: Polygon | str | None = None,
    surface: None = None,
    zones: Sequence[str] | None = None,
    whose: Mapping[str, Any] | None = None,
    progress: Progress = None,
    **asking: Unpack[Asking],
) -> Treatment: ...


@overload
def treat(
    device: str | Path | DeviceSpec,
    site: str | Path | SkinSite | None = None,
    technique: Technique | None = None,
    *,
    region: None = None,
    surface: Surface | str | Path,
    zones: Sequence[str] | None = None,
    whose: Mapping[str, Any] | None = None,
    progress: Progress = None,
    **asking: Unpack[Asking],
) -> SurfaceTreatment: ...


@named
def treat(
    device: str | Path | DeviceSpec,
    site: str | Path | SkinSite | None = None,
    technique: Technique | None = None,
    *,
    region: Polygon | str | None = None,
    depths_um: ArrayLike | None = None,
    replicates: int = 1,
    seed: int = 0,
    surface: Surface | str | Path | None = None,
    zones: Sequence[str] | None = None,
    whose: Mapping[str, Any] | None = None,
    sensitivity: bool = False,
    aftermath: bool = False,
    active: str | Path | Active | None = None,
    dose_ug_per_cm2: float = 100.0,
    film_um: float = 100.0,
    serum: str | None = None,
    occluded: bool = False,
    figures: Collection[str] | None = None,
    uncertainty: bool | None = None,
    progress: Progress = None,
) -> Treatment | SurfaceTreatment:
    """Roll a device over a skin site, or over the zones of a body, and return what it leaves.

    One replicate describes the average person at the site; with more, every replicate draws a person, new phases and
    new skin under each needle, and figures are means with a spread.

    Parameters
    ----------
    device : str, Path or DeviceSpec — catalogue name, TOML file or record of the device [-]
    site : str, Path, SkinSite or None — the skin site; on a body None for each zone's own, else for all zones [-]
    technique : Technique or None — passes, pattern, load; None for 16 passes in a star at 3 N [-]
    region : shapely Polygon, str or None — treated region, '20x30' and WKT too; None for 20 mm x 20 mm [mm]
    depths_um : (Z,) float array or None — depths of the table; None for 0 to 2000 um in steps of 25 [um]
    replicates : int — independent repetitions, 1 to 10000 [-]
    seed : int — of everything random; equal inputs and seed give equal results [-]
    surface : Surface, str, Path or None — 'face', 'forearm', 'thigh', a file or a body; None for flat skin [mm]
    zones : sequence of str or None — zones of the body to be treated; None for all [-]
    whose : mapping or None — sex, age_years and skin_colour of the person with each zone's own site, as `site` [-]
    sensitivity : bool — also work out which input the spread of the depth comes from [-]
    aftermath : bool — also work out what the session leads to, in every replicate; an active asks for it too [-]
    active : str, Path, Active or None — applied right after the session [-]
    dose_ug_per_cm2 : float — of the active [ug/cm2]
    film_um : float — thickness of the film that holds it [um]
    serum : str or None — instead of a dose: strength and amount on all that is treated, as in '15% 0.5ml' [-]
    occluded : bool — under a film after the session [-]
    figures : collection of str or None — keys of the quantities to work out; None for all [-]
    uncertainty : bool or None — also work out what nobody knows of each figure; None: unless figures are named [-]
    progress : function or None — told how many replicates, or zones of a body, are done, and of how many [-]

    Raises
    ------
    InputError
        For an input that can't be used; one line that says which, and what is allowed.

    """
    asking: Asking = {
        "depths_um": depths_um,
        "replicates": replicates,
        "seed": seed,
        "sensitivity": sensitivity,
        "aftermath": aftermath,
        "active": active,
        "dose_ug_per_cm2": dose_ug_per_cm2,
        "film_um": film_um,
        "serum": serum,
        "occluded": occluded,
        "figures": figures,
        "uncertainty": uncertainty,
    }
    if surface is None:
        if site is None:
            raise refuse("site", site, "a name of the catalogue, a TOML file or a record, where no surface is given")
        if zones is not None:
            raise refuse("zones", zones, "None where no surface is given")
        return treat_flat(device, site, technique, region=region, progress=progress, **asking)
    if region is not None:
        raise refuse("region", region, "None on a surface, whose zones are treated")
    body = surface_of(surface, site=site_name(site))
    chosen = zones_of(body, zones)
    told = checked_technique(technique)
    roller = set_to(catalog.device(device), told)
    technique = settled(roller, told)
    areas = [body.zone_area_mm2(zone) for zone in chosen]
    area = sum(areas)
    asked = asked_of(area, **asking)
    check_cost(roller, technique, box(0, 0, area**0.5, area**0.5), asked, SLOWER)
    odd = sorted({*(whose or {})} - {"sex", "age_years", "skin_colour"})
    if odd:
        raise refuse("whose", odd[0], "sex, age_years and skin_colour")
    skins = [catalog.site(zone.site, **(whose or {})) if site is None else catalog.site(site) for zone in chosen]
    # The largest first: at the end no thread is left alone with much.
    order = sorted(range(len(chosen)), key=lambda number: -areas[number])
    every = _simulated(roller, technique, body, [(chosen[number], skins[number]) for number in order], asked)
    maps, done = empty_maps(body), dict[int, tuple[Treatment, ZoneRolled, Array, list[Array]]]()
    for number in order:
        zone, skin, first = chosen[number], skins[number], list[MadeOnBody]()

        def one(replicate: Replicate, kept: list[MadeOnBody] = first) -> MadeOnBody:
            made = next(every)
            if not kept:
                kept.append(made)
            return made

        found = carry_out(roller, skin, technique, None, asked, one, zone=zone.name)
        (made,) = first
        write_zone(maps, made, made.went.bare_mm)
        done[number] = found, zone_rolled(made, zone), made.place_mm, stroke_lines(made)
        if progress is not None:
            progress(len(done), len(chosen))
    found_of, rolled, places, lines = zip(*(done[number] for number in range(len(chosen))), strict=True)
    return SurfaceTreatment(body, found_of, rolled, maps, np.concatenate(places), tuple(chain.from_iterable(lines)))


def _simulated(
    roller: DeviceSpec, technique: Technique, body: Surface, zones: list[tuple[Zone, SkinSite]], asked: Asked
) -> Iterator[MadeOnBody]:
    """Every replicate of every zone, zone by zone; strokes of many are laid together."""
    wanted = (
        (zone, skin, replicate)
        for zone, skin in zones
        for replicate in draw_replicates(skin, asked.replicates, asked.seed)
    )
    with ThreadPoolExecutor(THREADS) as pool:

        def begun(some: list[tuple[Zone, SkinSite, Replicate]]) -> list[tuple[Session, list[Strokes]]]:
            sessions = [begin_session(roller, skin, technique, body, zone, replicate) for zone, skin, replicate in some]
            return list(zip(sessions, lay_sessions(sessions), strict=True)) if sessions else []

        while some := list(islice(wanted, LAID_TOGETHER)):
            # The first are rolled over while the others are laid.
            parts = [pool.submit(begun, some[:LAID_FIRST]), pool.submit(begun, some[LAID_FIRST:])]
            rolling = (
                pool.submit(simulate_zone, *each, asked.depths_um, asked.care)
                for part in parts
                for each in part.result()
            )
            # One more than there are threads is begun while figures are worked out of those before: no more are held.
            ahead = deque(islice(rolling, THREADS + 1))
            while ahead:
                made = ahead.popleft().result()
                ahead.extend(islice(rolling, 1))
                yield made


def site_name(site: str | Path | SkinSite | None) -> str | None:
    """Return the name of the site that a mesh file without zones has.

    Parameters
    ----------
    site : str, Path, SkinSite or None — as of `treat` [-]

    """
    return None if site is None else catalog.site(site).name


def zones_of(surface: Surface, names: Sequence[str] | None) -> tuple[Zone, ...]:
    """Return zones of a body by their names, all for None.

    Parameters
    ----------
    surface : Surface — the body [-]
    names : sequence of str or None — of zones, each once [-]

    """
    if names is None:
        if not surface.zones:
            raise refuse("surface", surface.name, "a body with zones")
        return surface.zones
    if isinstance(names, str) or not names:
        raise refuse("zones", names, "a list of names of zones, or None for all")
    return tuple(surface.zones[surface.zone_index(name)] for name in dict.fromkeys(names))


def zone_rolled(made: MadeOnBody, zone: Zone) -> ZoneRolled:
    """Return how the device met a zone.

    Parameters
    ----------
    made : MadeOnBody — the first replicate [-]
    zone : Zone — the zone [-]

    """
    over, channels, rows = made.went, made.channels, rings_of(made.roller)
    inside = channels.inside
    count = np.bincount(channels.ring[inside], minlength=rows)
    depth = np.bincount(channels.ring[inside], channels.peak_depth_um[inside], rows)
    weight = made.points.area_mm2 / made.points.area_mm2.sum()
    return ZoneRolled(
        zone=zone,
        area_cm2=made.area_mm2 / 100,
        untouched_share=floats((made.distance_mm > over.bare_mm) @ weight),
        ring_density_per_cm2=floats(100 * count / made.area_mm2),
        ring_peak_depth_um=floats(np.divide(depth, count, out=np.full(rows, np.nan), where=count > 0)),
        ring_missed_share=over.landed.missed_by_ring,
        rings_touching=over.rings_touching,
        tilt_deg=float(np.degrees(np.abs(over.tilt_rad)).mean()),
        flagged={name: float(flag.mean()) for name, flag in over.flags.items()},
        strokes=int(sum(laid.count for laid in over.strokes)),
        strokes_ended_short=over.ended_short,
    )


def stroke_lines(made: MadeOnBody) -> list[Array]:
    """Return the lines that the device's middle went along in a zone, (k, 3) each [mm].

    Parameters
    ----------
    made : MadeOnBody — the zone [mm]

    """
    return [part for laid in made.went.strokes for part in np.split(laid.point, laid.start[1:-1])]
