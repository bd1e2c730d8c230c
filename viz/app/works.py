"""What the processes of the pool work out: one device's treatment, and what is made of several of them.

In: keyword arguments of the model, or treatments as another process has packed them. Out: bytes.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import fields
from typing import Any

from ...roller.programme.sessions import run_programme
from ...roller.technique import Technique
from ...roller.treatment.comparison import DEFAULT_ACTIVE, Comparison
from ...roller.treatment.result import Treatment
from ...roller.treatment.treating import treat
from ...roller.zones.bodies import surface_of
from ...roller.zones.result import SurfaceTreatment
from ...roller.zones.treating import treat as treat_on
from ..page.body import figures_of
from ..page.body_scene import body_scene_data
from ..page.charts import untouched_of
from ..page.form import FACE
from ..page.live import FIRST_FIGURES, months, view
from ..page.numbers import Shown
from ..page.writing import page_html
from .kept import packed
from .zones import zone_html, zone_told


def treatment(arguments: dict[str, Any]) -> bytes:
    """Return one device's treatment, packed.

    Parameters
    ----------
    arguments : dict — keyword arguments of `treat` [-]

    """
    return packed(treat(**arguments))


def as_json(treatments: tuple[bytes, ...]) -> bytes:
    """Return the JSON object of the command line.

    Parameters
    ----------
    treatments : tuple of bytes — one packed treatment a device [-]

    """
    return shown_of(treatments).to_json().encode()


def as_report(treatments: tuple[bytes, ...]) -> bytes:
    """Return the report as one file of HTML.

    Parameters
    ----------
    treatments : tuple of bytes — one packed treatment a device [-]

    """
    return page_html(shown_of(treatments)).encode()


def zone(arguments: dict[str, Any]) -> bytes:
    """Return what was found of a zone of the standard face under one device, packed, all but the face.

    Parameters
    ----------
    arguments : dict — keyword arguments of `treat` [-]

    """
    site, device = None, arguments["device"]
    rest = {name: value for name, value in arguments.items() if name != "device"}
    result = treat_on(device, site, **rest)
    return packed({one.name: getattr(result, one.name) for one in fields(result) if one.name != "surface"})


def as_zone(found: tuple[bytes, ...]) -> bytes:
    """Return what the page shows of a zone under some devices, as JSON.

    Parameters
    ----------
    found : tuple of bytes — as `zone` returns it, one a device [-]

    """
    face = surface_of(FACE)
    results = tuple(SurfaceTreatment(surface=face, **pickle.loads(one)) for one in found)
    each = [zone_told(one) for one in results]
    files = {name: text for one in each for name, text in one["files"].items()}
    commands = "\n".join(one["command"] for one in each)
    told = {"html": zone_html(each), "devices": each, "command": commands, "files": files}
    told |= {"map": body_scene_data(results, [one.device.name for one in results]), "result": figures_of(results)}
    return json.dumps(told).encode()


def programme(arguments: dict[str, Any]) -> bytes:
    """Return a programme's JSON object.

    Parameters
    ----------
    arguments : dict — keyword arguments of `run_programme` [-]

    """
    return run_programme(**arguments).to_json().encode()


def untouched(treatment_packed: bytes) -> bytes:
    """Return the largest untouched disc of a treatment, packed.

    Parameters
    ----------
    treatment_packed : bytes — as `treatment` returns it [-]

    """
    return packed(untouched_of(pickle.loads(treatment_packed)))


def as_view(treatments: tuple[bytes, ...], detail: str, discs: tuple[bytes, ...] = ()) -> bytes:
    """Return what the live page shows of some devices.

    Parameters
    ----------
    treatments : tuple of bytes — one packed treatment a device [-]
    detail : str — 'first' or 'rest' [-]
    discs : tuple of bytes — one packed untouched disc a device, none for a first answer [-]

    """
    found = tuple(pickle.loads(one) for one in treatments)
    known = tuple(pickle.loads(one) for one in discs)
    return json.dumps(view(found, detail, known), separators=(",", ":")).encode()


def as_months(arguments: dict[str, Any]) -> bytes:
    """Return what the live page shows of a programme.

    Parameters
    ----------
    arguments : dict — keyword arguments of `run_programme` [-]

    """
    return json.dumps(months(run_programme(**arguments)), separators=(",", ":")).encode()


def warm() -> bytes:
    """Load what answers need, so that the first request finds it there and no import is ever broken off."""
    skin: dict[str, Any] = {"technique": Technique(passes=2), "region": "3x3"}
    some = treat("mf-8", "cheek", depths_um=[0.0], figures=FIRST_FIGURES, **skin)
    view((some, some), "first")
    whole = treat("mf-8", "cheek", aftermath=True, active=DEFAULT_ACTIVE, **skin)
    view((whole, whole), "rest")
    return b""


def shown_of(treatments: tuple[bytes, ...]) -> Shown:
    """Return what a page or a file shows of one device or several.

    Parameters
    ----------
    treatments : tuple of bytes — one packed treatment a device [-]

    """
    found: tuple[Treatment, ...] = tuple(pickle.loads(one) for one in treatments)
    return found[0] if len(found) == 1 else Comparison(found)


WORKS = {
    work.__name__: work
    for work in (treatment, untouched, zone, as_zone, as_json, as_report, as_view, as_months, programme, warm)
}
