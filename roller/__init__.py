"""The model: motion, insertion, passes, coverage, treatments, their comparison, and studies of many.

The names below are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .after.closure import closure_course
    from .after.healing import healing_course
    from .insertion.pressing import Press, press
    from .plan.answer import Answer
    from .plan.choosing import plan_treatment
    from .plan.goals import Goal
    from .programme.sessions import Programme, run_programme
    from .study.definition import Study
    from .study.folder import read_results
    from .study.running import run_study
    from .technique import Technique
    from .transport.delivery import deliver
    from .treatment.comparison import Comparison, compare
    from .treatment.result import Treatment
    from .treatment.treating import with_aftermath
    from .validation.rows import run_validation
    from .zones.result import SurfaceTreatment
    from .zones.treating import treat

__all__ = [
    "Answer",
    "Comparison",
    "Goal",
    "Press",
    "Programme",
    "Study",
    "SurfaceTreatment",
    "Technique",
    "Treatment",
    "closure_course",
    "compare",
    "deliver",
    "healing_course",
    "plan_treatment",
    "press",
    "read_results",
    "run_programme",
    "run_study",
    "run_validation",
    "treat",
    "with_aftermath",
]

_HOMES = {
    "Comparison": "treatment.comparison",
    "compare": "treatment.comparison",
    "Answer": "plan.answer",
    "Goal": "plan.goals",
    "plan_treatment": "plan.choosing",
    "Press": "insertion.pressing",
    "press": "insertion.pressing",
    "closure_course": "after.closure",
    "deliver": "transport.delivery",
    "healing_course": "after.healing",
    "Programme": "programme.sessions",
    "run_programme": "programme.sessions",
    "Study": "study.definition",
    "SurfaceTreatment": "zones.result",
    "read_results": "study.folder",
    "run_study": "study.running",
    "Technique": "technique",
    "Treatment": "treatment.result",
    "run_validation": "validation.rows",
    "treat": "zones.treating",
    "with_aftermath": "treatment.treating",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
