"""How to run a result again: the command and the Python call that give the same numbers.

In: the result. Out: text. Records that are not the catalogue's are named by the TOML file that would hold them.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...data import catalog
from ...data.templates import template
from ...geometry.arrays import Array
from ...roller.coverage.motions import usual_passes
from ...roller.programme.plans import plain_series, plan_for
from ...roller.programme.sessions import Programme
from ...roller.technique import technique_inputs
from ...roller.treatment.comparison import Comparison
from ...roller.treatment.replicate import Aftercare
from ...roller.treatment.result import Treatment
from .numbers import Shown

OWN_PLAN = "plan.toml"
YEAR_DAYS = 366.0  # most between two sessions of a plain series


def command_line(result: Shown) -> str:
    """Return the command that gives the result.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what was computed [-]

    """
    first = _first(result)
    if isinstance(result, Programme):
        published = result.indication if _as_published(result) else None
        series = _series(result)
        plan = ["--indication", published.name] if published else ["--plan", OWN_PLAN]
        plan = ["--sessions", str(series[0]), "--every", exact(series[1])] if series else plan
        words = ["programme", "--device", _named(first.device, catalog.devices()), *plan]
    elif isinstance(result, Comparison):
        words = ["compare", *(_named(one.device, catalog.devices()) for one in _devices(result))]
    else:
        words = ["coverage", _named(first.device, catalog.devices())]
        words += ["--sensitivity"] * (result.sensitivity is not None)
    care = first.aftercare
    if care is not None:
        if care.active is not None:
            words += ["--active", _named(care.active, catalog.actives()), "--dose", exact(care.dose_ug_per_cm2)]
            words += ["--film", exact(care.film_um)] * (care.film_um != Aftercare().film_um)
        elif isinstance(result, Treatment):
            words.append("--aftermath")
        words += ["--occluded"] * care.occluded
    if isinstance(result, Comparison) and result.equal_density_per_cm2 is not None:
        words += ["--equal-density", exact(result.equal_density_per_cm2)]
    return shlex.join(["dermaroll", *words, *_setup(_places(result), _told(result))])


def _told(result: Shown) -> dict[str, Any]:
    """What has to be told of the technique, by field: of devices side by side what each of them has."""
    shown = _devices(result) if isinstance(result, Comparison) else [_first(result)]
    found = {}
    for entry in technique_inputs():
        of_kind = [one.technique for one in shown if not entry.kinds or one.device.kind in entry.kinds]
        values = list(dict.fromkeys(getattr(how, entry.name) for how in of_kind))
        if len(values) == 1 and values[0] != entry.usual:
            found[entry.name] = values[0]
    found.pop("passes", None)
    if isinstance(result, Comparison) and result.equal_density_per_cm2 is not None:
        found.pop("drag_speed_mm_s", None)  # found too
        return found
    in_plan = isinstance(result, Programme) and result.plan.session[0].passes is not None
    if not in_plan and any(one.technique.passes != usual_passes(one.device, one.technique) for one in shown):
        found["passes"] = shown[0].technique.passes
    return found


def own_files(result: Shown) -> dict[str, str]:
    """Return the files that the command names: what is not the catalogue's, as TOML.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what was computed [-]

    """
    if isinstance(result, Programme):
        shown = result.treatments()
    else:
        shown = [result] if isinstance(result, Treatment) else list(result.treatments)
    records = [record for one in shown for record in _records(one)]
    found = {f"{record.name}.toml": template(record) for record, known in records if known != record}
    if isinstance(result, Programme) and not _as_published(result) and _series(result) is None:
        found[OWN_PLAN] = template(result.plan)
    return found


def _series(result: Programme) -> tuple[int, float] | None:
    """Number and distance of sessions where that is all there is to the plan."""
    days = [one.day for one in result.plan.session]
    if len(days) < 2 or result.indication is not None:
        return None
    count, gap = len(days), days[1] - days[0]
    return (count, gap) if gap <= YEAR_DAYS and result.plan == plain_series(count, gap) else None


def _records(treatment: Treatment) -> list[tuple[Any, Any]]:
    """Records of a treatment, each with the one of the catalogue that bears its name."""
    pairs: list[tuple[Any, Any]] = [(treatment.device, catalog.devices().get(treatment.device.name))]
    if treatment.aftercare is not None and treatment.aftercare.active is not None:
        active = treatment.aftercare.active
        pairs.append((active, catalog.actives().get(active.name)))
    return pairs


def _devices(result: Comparison) -> list[Treatment]:
    """A treatment of each device, in the order given."""
    return list(result.treatments[:: len(result.sites)])


def _places(result: Shown) -> list[Treatment]:
    """A treatment of each site, in the order given."""
    return list(result.treatments[: len(result.sites)]) if isinstance(result, Comparison) else [_first(result)]


def exact(value: float) -> str:
    """Return a number with every digit it has.

    Parameters
    ----------
    value : float — any [as the input]

    """
    return repr(value).removesuffix(".0")


def _first(result: Shown) -> Treatment:
    if isinstance(result, Treatment):
        return result
    return result.treatments[0] if isinstance(result, Comparison) else result.sessions[0].treatment


def _as_published(result: Programme) -> bool:
    return result.indication is not None and result.plan == plan_for(result.indication)


def _named(record: Any, known: Mapping[str, Any]) -> str:
    return str(record.name) if known.get(record.name) == record else f"{record.name}.toml"


def _setup(places: list[Treatment], told: dict[str, Any]) -> list[str]:
    """Options of the command; those at their default are left out, but for the seed."""
    treatment = places[0]
    site = treatment.site
    words = [word for one in places for word in ("--site", _site(one))]
    if site.age_years is not None:
        words += ["--age", exact(site.age_years)]
    if site.sex != "any":
        words += ["--sex", site.sex]
    if site.skin_colour != "any":
        words += ["--skin-colour", site.skin_colour]
    words += _options(told)
    words += ["--region", region_text(treatment)]
    if treatment.replicates > 1:
        words += ["--replicates", str(treatment.replicates)]
    depths = depths_text(treatment.depths_um)
    return words + ["--seed", str(treatment.seed)] + (["--depths", depths] if depths else [])


def _options(told: dict[str, Any]) -> list[str]:
    """What is told of the technique, as options."""
    words = []
    for entry in technique_inputs():
        if entry.name in told:
            value = told[entry.name]
            option = f"--{entry.option}"
            if entry.kind is bool:
                words.append(option if value else f"--no-{entry.option}")
            else:
                words += [option, exact(value) if entry.kind is float else str(value)]
    return words


def technique_options(treatment: Treatment) -> list[str]:
    """Return the options of a command that say whose skin it is, what the hand did, and how often it is repeated.

    Parameters
    ----------
    treatment : Treatment — on a site of the catalogue [-]

    """
    site = treatment.site
    words = ["--age", exact(site.age_years)] if site.age_years is not None else []
    words += ["--sex", site.sex] * (site.sex != "any") + ["--skin-colour", site.skin_colour] * (
        site.skin_colour != "any"
    )
    words += _options(_told(treatment))
    return words + ["--replicates", str(treatment.replicates)] * (treatment.replicates > 1)


def _site(treatment: Treatment) -> str:
    site = treatment.site
    try:
        known = catalog.site(site.name, sex=site.sex, age_years=site.age_years, skin_colour=site.skin_colour)
    except ValueError:
        return f"{site.name}.toml"
    return site.name if known == site else f"{site.name}.toml"


def region_text(treatment: Treatment) -> str:
    """Return the region as the command line reads it.

    Parameters
    ----------
    treatment : Treatment — whose region [mm]

    """
    left, near, right, far = treatment.region.bounds
    width, height = right - left, far - near
    if not treatment.region.interiors and left == -right and near == -far and treatment.region.area == width * height:
        return f"{width!r}x{height!r}".replace(".0x", "x").removesuffix(".0")
    return str(treatment.region.wkt)


def depths_text(depths_um: Array) -> str:
    """Return depths as start:stop:step, empty where they are not evenly spaced.

    Parameters
    ----------
    depths_um : (Z,) float — depths of the table [um]

    """
    if depths_um.size < 2:
        return ""
    step = float(depths_um[1] - depths_um[0])
    even = np.allclose(depths_um, depths_um[0] + step * np.arange(depths_um.size), rtol=0, atol=1e-9)
    return ":".join(exact(float(number)) for number in (depths_um[0], depths_um[-1], step)) if even else ""


def python_call(result: Shown) -> str:
    """Return the Python lines that give the result.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what was computed [-]

    """
    first = _first(result)
    whose = {name: getattr(first.site, name) for name in ("sex", "age_years", "skin_colour")}
    told = ", ".join(f"{name}={value!r}" for name, value in whose.items())
    sites = [f"site({_site(one)!r}, {told})" for one in _places(result)]
    site = sites[0] if len(sites) == 1 else f"[{', '.join(sites)}]"
    technique = f"Technique({', '.join(f'{name}={value!r}' for name, value in _told(result).items())})"
    depths = depths_text(first.depths_um)
    if depths:
        start, stop, step = (float(part) for part in depths.split(":"))
        spaced = f"np.arange({start!r}, {stop + step / 2!r}, {step!r})"
    else:
        spaced = repr(first.depths_um.tolist())
    rest = [f"region={region_text(first)!r}", f"depths_um={spaced}"]
    rest += [f"replicates={first.replicates}", f"seed={first.seed}"]
    care = first.aftercare
    if care is not None:
        active = "None" if care.active is None else repr(_named(care.active, catalog.actives()))
        rest.append(f"active={active}, dose_ug_per_cm2={care.dose_ug_per_cm2!r}, film_um={care.film_um!r}")
        rest.append(f"occluded={care.occluded}")
    device = repr(_named(first.device, catalog.devices()))
    if isinstance(result, Comparison):
        names = repr([_named(one.device, catalog.devices()) for one in _devices(result)])
        if result.equal_density_per_cm2 is not None:
            rest.append(f"equal_density_per_cm2={result.equal_density_per_cm2!r}")
        function, arguments = "compare", [names, site, technique, *rest]
    elif isinstance(result, Programme):
        plan = repr(result.indication.name) if _as_published(result) and result.indication else repr(OWN_PLAN)
        function, arguments = "run_programme", [device, site, plan, technique, *rest]
    else:
        rest += ["aftermath=True"] * (care is not None) + ["sensitivity=True"] * (result.sensitivity is not None)
        function, arguments = "treat", [device, site, technique, *rest]
    call = f"result = {function}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"
    lines = ["import numpy as np", f"from dermaroll import Technique, {function}, site", "", call]
    return "\n".join([*lines, "print(result.to_json())"])
