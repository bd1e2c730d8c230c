"""The rows of a study: what a worker does with a part of the settings.

In: what all settings share, and a stretch of settings. Out: one row a setting, plain numbers and text; a setting that
fails is a row with its error. A row holds nothing that depends on when, where or by how many it was worked out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any

from pydantic import ValidationError
from shapely.geometry import Polygon

from ...data import catalog
from ...data.catalog import DeviceSpec, SkinSite
from ...data.checks import InputError, one_line, refuse
from ...geometry.region import parse_region
from ..technique import Technique
from ..treatment.result import Treatment
from ..treatment.treating import Asking, treat
from ..zones.treating import treat as treat_body
from .axes import GEOMETRY, TECHNIQUE, WHOSE
from .bodies import body_of
from .definition import Study
from .executor import Done, Part, Row
from .outputs import columns_of, depths_of, output_called, quantities_of, read_outputs

DEFAULT_DOSE_UG = 100.0  # per cm2, as in `compare`
LONGEST_ERROR = 300  # characters


@dataclass(frozen=True)
class Common:
    """What all settings of a study share; sent to the workers with every part.

    Parameters
    ----------
    fixed : dict — values of all settings by axis [as named]
    records : dict — devices, sites and actives by kind and name [-]
    outputs : tuple of str — wanted of every setting [-]
    replicates, seed : int — of every setting [-]
    region : str — treated region [mm]

    """

    fixed: dict[str, Any]
    records: dict[str, dict[str, Any]]
    outputs: tuple[str, ...]
    replicates: int
    seed: int
    region: str


def common_of(study: Study) -> Common:
    """Return what all settings of a study share.

    Parameters
    ----------
    study : Study — checked [-]

    """
    return Common(study.fixed, study.records(), study.outputs, study.replicates, study.seed, study.region)


@lru_cache(maxsize=4)
def _region(region: str) -> Polygon:
    return parse_region(region)


def roller_of(base: DeviceSpec, given: Row) -> DeviceSpec:
    """Return a device with some of its geometry changed; what its kind does not have is refused by its record.

    Parameters
    ----------
    base : DeviceSpec — as the catalogue has it [-]
    given : dict — values by axis; what is no geometry is passed over [as named]

    """
    changed = {name: given[name] for name in GEOMETRY if name in given}
    if not changed:
        return base
    fields = base.model_dump() | changed
    if "per_ring" not in fields:
        fields["assumed"] = tuple(name for name in base.assumed if name not in changed)
        return type(base)(**fields)
    if "needle_count" not in changed:
        fields["needle_count"] = fields["rows"] * fields["per_ring"]
    else:
        # The count is shared out over the rings there are, unless their own number of needles was given.
        part, whole = ("rows", "per_ring") if "per_ring" in changed else ("per_ring", "rows")
        if fields["needle_count"] % fields[whole]:
            raise refuse("needle_count", fields["needle_count"], f"a multiple of {whole} = {fields[whole]}")
        fields[part] = fields["needle_count"] // fields[whole]
    fields["assumed"] = tuple(name for name in base.assumed if name not in changed)
    return type(base)(**fields)


def _record(common: Common, kind: str, name: str) -> Any:
    return common.records[kind].get(name, name)


def treat_setting(common: Common, setting: Row) -> Treatment:
    """Treat as one setting says, with the figures that the study's outputs are read from.

    Parameters
    ----------
    common : Common — what all settings share [-]
    setting : dict — a value by axis [as named]

    """
    given = common.fixed | setting
    roller = roller_of(catalog.device(_record(common, "device", given["device"])), given)
    technique = Technique(**{name: given[name] for name in TECHNIQUE if name in given})
    whose = {name: given[name] for name in WHOSE if name in given}
    asking: Asking = {
        "depths_um": depths_of(common.outputs),
        "replicates": common.replicates,
        "seed": common.seed,
        "figures": [quantity.key for quantity in quantities_of(common.outputs)],
        "active": _record(common, "active", given["active"]) if "active" in given else None,
        "dose_ug_per_cm2": given.get("dose_ug_per_cm2", DEFAULT_DOSE_UG),
        "occluded": given.get("occluded", False),
    }
    site: str | SkinSite = given.get("site", "cheek")
    if str(site).endswith(".toml"):
        site = _record(common, "site", str(site))
    if "surface" not in given:
        return treat(roller, catalog.site(site, **whose), technique, region=_region(common.region), **asking)
    body = body_of(given["surface"], given.get("unit"))
    # A zone has the skin of its own site, unless one is given for all.
    own = catalog.site(site, **whose) if "site" in given else None
    found = treat_body(roller, own, technique, surface=body, zones=[given["zone"]], whose=whose, **asking)
    return found.treatments[0]


def setting_row(common: Common, setting: Row) -> Row:
    """Return the outputs of one setting.

    Parameters
    ----------
    common : Common — what all settings share [-]
    setting : dict — a value by axis [as named]

    """
    return read_outputs(treat_setting(common, setting), common.outputs)


def work_part(part: Part, model: Callable[[Common, Row], Row] = setting_row) -> Done:
    """Work out a part: what runs in a worker.

    Parameters
    ----------
    part : Part — the settings [-]
    model : callable — gives the outputs of one setting; another one only to test or measure the machinery [-]

    """
    start = time.perf_counter()
    rows = tuple(_row(part, number, setting, model) for number, setting in enumerate(part.settings, start=part.start))
    return Done(rows, time.perf_counter() - start)


def _row(part: Part, number: int, setting: Row, model: Callable[[Common, Row], Row]) -> Row:
    row = {"setting": number, **setting}
    try:
        found = model(part.common, setting)
    except ValidationError as error:
        return row | {"error": one_line(error)}
    except InputError as error:
        return row | {"error": str(error)}
    except Exception as error:
        # A row must say what happened; it can't end the study.
        return row | {"error": " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST_ERROR]}
    return row | {key: _plain(value) for key, value in found.items()} | {"error": None}


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


def output_columns(outputs: tuple[str, ...], replicates: int) -> dict[str, tuple[str, bool]]:
    """Return the columns of a study's outputs: unit, and whether they hold text.

    Parameters
    ----------
    outputs : tuple of str — names [-]
    replicates : int — of every setting [-]

    """
    found: dict[str, tuple[str, bool]] = {}
    for name in outputs:
        quantity = output_called(name).part.quantity
        found |= dict.fromkeys(columns_of(name, replicates), (quantity.unit, bool(quantity.classes)))
    return found
