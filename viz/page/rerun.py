"""How to run a result again: the command and the Python call that give the same numbers.

In: the result. Out: text. Records that are not the catalogue's are named by the TOML file that would hold them.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...data import catalog
from ...data.catalog import Active
from ...geometry.arrays import Array
from ...roller.programme.sessions import Programme, plan_for
from ...roller.technique import Technique
from ...roller.treatment.comparison import Comparison
from ...roller.treatment.result import Treatment
from .numbers import Shown

OWN_PLAN = "plan.toml"
OWN_PLAN_READ = f"read_record(Plan, Path({OWN_PLAN!r}))"


def command_line(result: Shown) -> str:
    """Return the command that gives the result.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what was computed [-]

    """
    first = _first(result)
    words: list[str] = []
    if isinstance(result, Programme):
        published = result.indication if _as_published(result) else None
        plan = ["--indication", published.name] if published else ["--plan", OWN_PLAN]
        words = ["programme", "--device", _named(first.device, catalog.devices()), *plan]
        delivery = [(result.active, result.dose_ug_per_cm2)] if result.active else []
        words += ["--occluded"] * result.occluded
    elif isinstance(result, Comparison):
        words = ["compare", *(_named(treatment.device, catalog.devices()) for treatment in result.treatments)]
        delivery = [(got.active, got.dose_ug_per_cm2) for got in (after.delivery for after in result.aftermaths) if got]
    else:
        words = ["coverage", _named(first.device, catalog.devices())]
        got = result.aftermath.delivery if result.aftermath else None
        delivery = [(got.active, got.dose_ug_per_cm2)] if got else []
        words += ["--sensitivity"] * (result.sensitivity is not None)
    for active, dose in delivery[:1]:
        words += ["--active", _named(active, catalog.actives()), "--dose", f"{dose:g}"]
    return shlex.join(["dermaroll", *words, *_setup(first, with_passes=not isinstance(result, Programme))])


def _first(result: Shown) -> Treatment:
    if isinstance(result, Treatment):
        return result
    return result.treatments[0] if isinstance(result, Comparison) else result.sessions[0].treatment


def _as_published(result: Programme) -> bool:
    return result.indication is not None and result.plan == plan_for(result.indication)


def _named(record: Any, known: Mapping[str, Any]) -> str:
    return str(record.name) if known.get(record.name) == record else f"{record.name}.toml"


def _setup(treatment: Treatment, *, with_passes: bool) -> list[str]:
    """Options of the command; those at their default are left out, but for the seed."""
    technique, site, usual = treatment.technique, treatment.site, Technique()
    words = ["--site", _site(treatment)]
    if site.age_years is not None:
        words += ["--age", f"{site.age_years:g}"]
    if site.sex != "any":
        words += ["--sex", site.sex]
    given = {"passes": "passes", "pattern": "pattern", "load_n": "load", "overlap": "overlap", "slip": "slip"}
    given |= {"speed_mm_s": "speed", "stretch": "stretch", "uses": "uses"}
    for field, option in given.items():
        value = getattr(technique, field)
        if value != getattr(usual, field) and (with_passes or field != "passes"):
            words += [f"--{option}", str(value)]
    words += ["--area-mm", region_text(treatment)]
    if treatment.replicates > 1:
        words += ["--replicates", str(treatment.replicates)]
    depths = depths_text(treatment.depths_um)
    return words + ["--seed", str(treatment.seed)] + (["--depths", depths] if depths else [])


def _site(treatment: Treatment) -> str:
    site = treatment.site
    try:
        known = catalog.site(site.name, sex=site.sex, age_years=site.age_years)
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
    return f"{depths_um[0]:g}:{depths_um[-1]:g}:{step:g}" if even else ""


def python_call(result: Shown) -> str:
    """Return the Python lines that give the result.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what was computed [-]

    """
    first = _first(result)
    site = f"site({_site(first)!r}, sex={first.site.sex!r}, age_years={first.site.age_years!r})"
    chosen = {name: value for name, value in first.technique if value != getattr(Technique(), name)}
    technique = f"Technique({', '.join(f'{name}={value!r}' for name, value in chosen.items())})"
    window = f"window=parse_region({region_text(first)!r})"
    depths = depths_text(first.depths_um)
    if depths:
        start, stop, step = (float(part) for part in depths.split(":"))
        spaced = f"np.arange({start:g}, {stop + step / 2:g}, {step:g})"
    else:
        spaced = repr(first.depths_um.tolist())
    rest = f"{window}, depths_um={spaced}, replicates={first.replicates}, seed={first.seed}"
    lines = [
        "import numpy as np",
        "from dermaroll.data.catalog import active, site",
        "from dermaroll.geometry.region import parse_region",
    ]
    device = repr(_named(first.device, catalog.devices()))
    if isinstance(result, Comparison):
        names = repr([_named(treatment.device, catalog.devices()) for treatment in result.treatments])
        got = result.aftermaths[0].delivery if result.aftermaths else None
        more = _active(got.active, got.dose_ug_per_cm2) if got else "active=None"
        lines += [
            "from dermaroll.roller import Technique, compare",
            "",
            _call("compare", names, site, technique, rest, more),
        ]
    elif isinstance(result, Programme):
        plan = repr(result.indication.name) if _as_published(result) and result.indication else OWN_PLAN_READ
        if plan == OWN_PLAN_READ:
            lines += ["from pathlib import Path", "from dermaroll.data.tables import read_record"]
            lines += ["from dermaroll.roller.programme.sessions import Plan"]
        more = _active(result.active, result.dose_ug_per_cm2) if result.active else "active=None"
        more += f", occluded={result.occluded}"
        lines += ["from dermaroll.roller import Technique, run_programme", ""]
        lines += [_call("run_programme", device, site, plan, technique, more, rest)]
    else:
        got = result.aftermath.delivery if result.aftermath else None
        lines += ["from dermaroll.roller import Technique, treat"]
        lines += ["from dermaroll.roller.treatment.following import with_aftermath"] * (got is not None)
        lines += ["", _call("treat", device, site, technique, rest)]
        if got:
            used = repr(_named(got.active, catalog.actives()))
            lines += [f"result = with_aftermath(result, active({used}), dose_ug_per_cm2={got.dose_ug_per_cm2:g})"]
    return "\n".join([*lines, "print(result.to_json())"])


def _active(active: Active, dose: float) -> str:
    return f"active={_named(active, catalog.actives())!r}, dose_ug_per_cm2={dose:g}"


def _call(function: str, *arguments: str) -> str:
    return f"result = {function}(\n" + "".join(f"    {argument},\n" for argument in arguments) + ")"
