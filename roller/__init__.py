"""The model: motion, insertion, passes, coverage, treatments, their comparison, and studies of many.

The names below are loaded when they are first used, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .closure import closure_course
    from .comparison import Comparison, compare
    from .delivery import deliver
    from .goals import Goal
    from .healing import healing_course
    from .plan_answer import Answer
    from .planning import plan_treatment
    from .pressing import Press, press
    from .programme import Programme, run_programme
    from .result import Treatment
    from .study import Study
    from .study_folder import read_results
    from .study_run import run_study
    from .technique import Technique
    from .treatment import treat

__all__ = [
    "Answer",
    "Comparison",
    "Goal",
    "Press",
    "Programme",
    "Study",
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
    "treat",
]

_HOMES = {
    "Comparison": "comparison",
    "compare": "comparison",
    "Answer": "plan_answer",
    "Goal": "goals",
    "plan_treatment": "planning",
    "Press": "pressing",
    "press": "pressing",
    "closure_course": "closure",
    "deliver": "delivery",
    "healing_course": "healing",
    "Programme": "programme",
    "run_programme": "programme",
    "Study": "study",
    "read_results": "study_folder",
    "run_study": "study_run",
    "Technique": "technique",
    "Treatment": "result",
    "treat": "treatment",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
