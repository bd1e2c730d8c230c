"""Which body is meant: a name, a file, or a surface itself."""

from __future__ import annotations

from pathlib import Path

from ...data.arguments import named
from ...data.checks import refuse
from ...geometry.surface.body import Surface

STANDARD = ("face", "forearm", "thigh")


@named
def surface_of(
    surface: Surface | str | Path,
    unit: str | None = None,
    *,
    site: str | None = None,
    zones: str | Path | None = None,
) -> Surface:
    """Return a body, however it was given.

    Parameters
    ----------
    surface : Surface, str or Path — 'face', 'forearm', 'thigh', a mesh file, or the body itself [mm]
    unit : str or None — of the file's lengths; None: guessed from the size [-]
    site : str or None — of the catalogue, whose skin a mesh file without zones has all over [-]
    zones : str, Path or None — a TOML file that says where zones are on a mesh file [-]

    """
    file = not isinstance(surface, Surface) and str(surface) not in STANDARD
    if zones is not None and not file:
        raise refuse("zone", str(zones), "names of its zones, where the surface is not a mesh file")
    if isinstance(surface, Surface):
        return surface
    if not file:
        from ...geometry.surface import standard

        return standard.standard_face() if str(surface) == "face" else standard.limb(str(surface))
    if not isinstance(surface, (str, Path)):
        raise refuse("surface", surface, f"one of {', '.join(STANDARD)}, a mesh file, or a Surface")
    from ...geometry.surface.reading import read_surface
    from ...geometry.surface.zoning import read_zones

    rules = () if zones is None else read_zones(zones)
    # Other units are refused by the reader itself.
    return read_surface(surface, unit, zones=rules, site=None if rules else site)  # type: ignore[arg-type]
