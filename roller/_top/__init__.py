"""dermaroll: how deep, how many, how much of each layer: a model of derma rollers on layered skin.

The names below are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .data.catalog import active, actives, device, devices, indication, indications, site, sites
    from .data.checks import InputError
    from .geometry.region import parse_region
    from .roller.insertion.pressing import press
    from .roller.plan.choosing import plan_treatment
    from .roller.plan.goals import Goal
    from .roller.programme.sessions import run_programme
    from .roller.study.definition import Study
    from .roller.study.folder import read_results
    from .roller.study.running import run_study
    from .roller.technique import Technique
    from .roller.treatment.comparison import compare
    from .roller.treatment.treating import with_aftermath
    from .roller.validation.rows import run_validation
    from .roller.zones.treating import treat
    from .viz.scene.drawing import draw
    from .viz.window.opening import open_inspector

__version__ = "0.2.0"

_HOMES = {
    "Goal": "roller.plan.goals",
    "InputError": "data.checks",
    "Study": "roller.study.definition",
    "Technique": "roller.technique",
    "active": "data.catalog",
    "actives": "data.catalog",
    "compare": "roller.treatment.comparison",
    "device": "data.catalog",
    "devices": "data.catalog",
    "draw": "viz.scene.drawing",
    "indication": "data.catalog",
    "indications": "data.catalog",
    "open_inspector": "viz.window.opening",
    "parse_region": "geometry.region",
    "plan_treatment": "roller.plan.choosing",
    "press": "roller.insertion.pressing",
    "read_results": "roller.study.folder",
    "run_programme": "roller.programme.sessions",
    "run_study": "roller.study.running",
    "run_validation": "roller.validation.rows",
    "site": "data.catalog",
    "sites": "data.catalog",
    "treat": "roller.zones.treating",
    "with_aftermath": "roller.treatment.treating",
}

__all__ = [
    "Goal",
    "InputError",
    "Study",
    "Technique",
    "active",
    "actives",
    "compare",
    "device",
    "devices",
    "draw",
    "indication",
    "indications",
    "open_inspector",
    "parse_region",
    "plan_treatment",
    "press",
    "read_results",
    "run_programme",
    "run_study",
    "run_validation",
    "site",
    "sites",
    "treat",
    "with_aftermath",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
