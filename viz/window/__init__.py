"""The desktop inspector: a window in which the roller is turned over the skin.

`open_inspector` is loaded when it is first used: PyVista is slow to load.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .opening import open_inspector

__all__ = ["open_inspector"]


def __getattr__(name: str) -> Any:
    if name != "open_inspector":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .opening import open_inspector

    return open_inspector
