"""Which body is meant: a name, a file, or a surface itself."""

from __future__ import annotations

from pathlib import Path

from ...data.arguments import named
from ...data.checks import refuse
from ...geometry.surface.body import Surface

STANDARD = ("face", "forearm", "thigh")


@named
def surface_of(surface: Surface | str | Path, unit: str | None = None) -> Surface:
    """Return a body, however it was given.

    Parameters
    ----------
    surface : Surface, str or Path — 'face', 'forearm', 'thigh', a mesh file, or the body itself [mm]
    unit : str or None — of the file's lengths; None: guessed from the size [-]

    """
    if isinstance(surface, Surface):
        return surface
    if str(surface) in STANDARD:
        from ...geometry.surface import standard

        return standard.standard_face() if str(surface) == "face" else standard.limb(str(surface))
    if not isinstance(surface, (str, Path)):
        raise refuse("surface", surface, f"one of {', '.join(STANDARD)}, a mesh file, or a Surface")
    from ...geometry.surface.reading import read_surface

    return read_surface(surface, unit)  # type: ignore[arg-type]  # which refuses other units itself
