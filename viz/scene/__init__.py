"""Pictures in 3D: bodies, cameras, parts, lettering; scene, sheet and film.

`draw` is loaded when it is first used: PyVista is slow to load, and most of the room does not need it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .drawing import draw

__all__ = ["draw"]


def __getattr__(name: str) -> Any:
    if name != "draw":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .drawing import draw

    return draw
