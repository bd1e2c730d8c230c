"""The catalogue: devices, skin sites and sources as frozen, checked records.

In: the tables of this folder, or a user's own TOML file of the same fields. Out: `RollerSpec`, `SkinSite`, `Source`.
Every range that a field must keep stands in the record itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache
from math import hypot, tau
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, model_validator

from .arguments import named
from .checks import InputError, Record, Within, refuse, shown, unknown_name
from .plates import PenSpec, StampSpec, known_kind, refuse_other_kinds
from .tables import FOLDER, Keys, Name, Status, checked_row, read_record, read_rows, read_table, read_toml
from .thickness import LAYERS, Ageing, LayerName, Measurement, Sex, SkinColour, aged, combine

AGES = Within(0, 120, "years")
DOSES = Within(0, 1e9, "ug/cm2")  # of an active on the skin: up to a kilogram
ROUNDINGS = 1e-9  # of a length: what fits exactly on paper fits here


class Source(Record):
    """Where a number comes from."""

    key: str
    citation: str
    kind: Literal["paper", "regulator", "maker", "digest", "vendor", "arithmetic", "assumption"]
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    note: str = ""


class RollerSpec(Record):
    """A derma roller as it leaves its box; lengths in mm, tip radius in um, angles in degrees.

    A *ring* is the needles around the drum (`per_ring`), a *row* one ring's place across it (`rows`). `drum_radius_mm`
    is the bare drum, without needles. `stagger` is the turn of each ring against its neighbour, as a share of the angle
    between two needles. For disc rollers `shaft_diameter_mm` is the tooth's width at its base, in the plane of the
    disc, and `sheet_thickness_mm` the disc's thickness. `assumed` lists the fields that no source gives for this very
    device; `status` is the standing of all the others.
    """

    name: Name
    title: str
    maker: str | None = None
    kind: Annotated[Literal["needle", "disc"], BeforeValidator(known_kind)]
    use: Literal["home", "professional"]
    needle_count: Annotated[int, Within(1, 5000)]
    rows: Annotated[int, Within(1, 200)]
    per_ring: Annotated[int, Within(1, 1000)]
    drum_radius_mm: Annotated[float, Within(1, 100, "mm")]
    drum_width_mm: Annotated[float, Within(0.5, 200, "mm")]
    length_mm: Annotated[float, Within(0.02, 5, "mm")]
    shaft_diameter_mm: Annotated[float, Within(0.01, 2, "mm")]
    sheet_thickness_mm: Annotated[float, Within(0.01, 2, "mm")] | None = None
    tip_radius_um: Annotated[float, Within(0.1, 500, "um")]
    half_angle_deg: Annotated[float, Within(0.5, 60, "deg")]
    stagger: Annotated[float, Within(0, 1)] = 0.5
    source: Keys = ("user",)
    status: Status = "unverified"
    assumed: tuple[str, ...] = ()
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_this_kind(cls, given: Any) -> Any:
        refuse_other_kinds(given, cls.model_fields)
        return given

    @model_validator(mode="after")
    def _fits_together(self) -> RollerSpec:
        if self.rows * self.per_ring != self.needle_count:
            allowed = f"rows x per_ring = {self.rows} x {self.per_ring} = {self.rows * self.per_ring} needles"
            raise refuse("needle_count", self.needle_count, allowed)
        if self.length_mm > self.drum_radius_mm:
            raise refuse("length_mm", self.length_mm, f"at most drum_radius_mm = {self.drum_radius_mm:g} mm")
        self._needles_have_room()
        if 2e-3 * self.tip_radius_um > self.shaft_diameter_mm:
            allowed = f"at most half of shaft_diameter_mm, {500 * self.shaft_diameter_mm:g} um"
            raise refuse("tip_radius_um", self.tip_radius_um, allowed)
        if (self.kind == "disc") != (self.sheet_thickness_mm is not None):
            raise refuse("sheet_thickness_mm", self.sheet_thickness_mm, "a thickness in mm for discs, none for needles")
        unknown = [field for field in self.assumed if field not in type(self).model_fields]
        if unknown:
            raise refuse("assumed", unknown[0], "names of this record's fields")
        return self

    @property
    def layout(self) -> str:
        """How the needles stand, in words [-]."""
        return f"{self.rows} x {self.per_ring}"

    @property
    def body(self) -> dict[str, tuple[str, ...]]:
        """What a table says of the device's body: heads, and the fields under each [-]."""
        return {"drum, radius x width mm": ("drum_radius_mm", "drum_width_mm")}

    def _needles_have_room(self) -> None:
        """Refuse discs too thick for the drum's width, and needles or teeth that would grow into each other."""
        across, around = self.drum_width_mm / self.rows, tau * self.drum_radius_mm / self.per_ring
        if self.sheet_thickness_mm is not None and self.sheet_thickness_mm > across * (1 + ROUNDINGS):
            allowed = f"at most drum_width_mm / rows = {across:g} mm, or the discs do not fit side by side"
            raise refuse("sheet_thickness_mm", self.sheet_thickness_mm, allowed)
        room = around
        if self.kind == "needle":
            for ring in range(1, self.rows):
                turn = ring * self.stagger
                room = min(room, hypot(ring * across, (turn - round(turn)) * around))
        if self.shaft_diameter_mm > room * (1 + ROUNDINGS):
            allowed = f"at most {room:g} mm, the distance between neighbours on this drum"
            raise refuse("shaft_diameter_mm", self.shaft_diameter_mm, allowed)


DeviceSpec = RollerSpec | PenSpec | StampSpec
DEVICES: dict[str, type[DeviceSpec]] = {"needle": RollerSpec, "disc": RollerSpec, "pen": PenSpec, "stamp": StampSpec}


def device_record(given: dict[str, Any]) -> type[DeviceSpec]:
    """Return the record that the fields of a device make, by their kind.

    Parameters
    ----------
    given : dict — fields by name, `kind` among them [-]

    """
    # Of an unknown kind the roller's record is read, which tells what else is wrong beside it.
    return DEVICES.get(str(given.get("kind")), RollerSpec)


class SkinLayer(Record):
    """One layer at one site: thickness in um with its standard deviation between and within people."""

    name: LayerName
    mean_um: Annotated[float, Within(0.1, 1e5, "um")]
    sd_um: Annotated[float, Within(0, 5e4, "um")]
    method: str = "user"
    source: Keys = ("user",)
    status: Status = "unverified"
    note: str = ""


class SkinSite(Record):
    """Skin of one site, from the surface down: always the same five layers, in the order of `LAYERS`."""

    name: Name
    title: str
    region: Literal["face", "body"]
    thin_skin: bool = False
    sex: Sex = "any"
    age_years: Annotated[float, AGES] | None = None
    skin_colour: SkinColour = "any"
    layers: tuple[SkinLayer, ...]

    @model_validator(mode="after")
    def _has_every_layer(self) -> SkinSite:
        names = tuple(layer.name for layer in self.layers)
        if names != LAYERS:
            raise refuse("layers", names, "from the surface down: " + ", ".join(LAYERS))
        return self


@cache
def sources() -> dict[str, Source]:
    """Return every source by its key."""
    table = read_toml(FOLDER / "sources.toml")
    return {key: checked_row(Source, {"key": key, **row}, f"sources.toml [{key}]") for key, row in table.items()}


def _members(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a device, or each member of a family that is sold with several needle lengths."""
    lengths = row.pop("lengths_mm", None)
    home_up_to_mm = row.pop("home_up_to_mm", None)
    if lengths is None:
        yield row
        return
    for length in lengths:
        use = row["use"] if home_up_to_mm is None else "home" if length <= home_up_to_mm else "professional"
        member = {
            "name": f"{row['name']}-{length:g}mm",
            "title": f"{row['title']}, {length:g} mm",
            "use": use,
        }
        yield {**row, **member, "length_mm": length}


@cache
def devices() -> dict[str, DeviceSpec]:
    """Return every device of the catalogue by its name: rollers, pens, stamps; families as one a needle length."""
    rows = (member for row in read_toml(FOLDER / "devices.toml")["device"] for member in _members(row))
    return {row["name"]: checked_row(device_record(row), row, f"devices.toml {row['name']}") for row in rows}


@cache
def rollers() -> dict[str, RollerSpec]:
    """Return every roller of the catalogue by its name."""
    return {name: found for name, found in devices().items() if isinstance(found, RollerSpec)}


@named
def device(name: str | Path | DeviceSpec) -> DeviceSpec:
    """Return a device by catalogue name, or read it from a user's TOML file of the same fields.

    Parameters
    ----------
    name : str, Path or DeviceSpec — catalogue name, path ending in .toml, or a record, which is returned as it is [-]

    Raises
    ------
    InputError
        For an unknown name (with the closest ones), a file that can't be read, or a field out of its range.

    """
    if isinstance(name, DeviceSpec):
        return name
    if str(name).endswith(".toml"):
        return read_record(device_record, name, named=True)
    catalogue = devices()
    key = str(name).lower()
    if key not in catalogue:
        raise unknown_name("device", str(name), catalogue)
    return catalogue[key]


@cache
def _measurements() -> tuple[Measurement, ...]:
    rows = enumerate(read_rows("sites.csv"), start=2)
    return tuple(checked_row(Measurement, row, f"sites.csv line {line}", text=True) for line, row in rows)


@cache
def _site_rows() -> dict[str, dict[str, Any]]:
    return {row["site"]: row for row in read_rows("regions.csv")}


@cache
def _ageing() -> tuple[Ageing, ...]:
    rows = enumerate(read_rows("ageing.csv"), start=2)
    return tuple(checked_row(Ageing, row, f"ageing.csv line {line}", text=True) for line, row in rows)


@cache
def _built(name: str, sex: Sex, age_years: float | None, skin_colour: SkinColour) -> SkinSite:
    """Combine the measurements of a catalogue site into one record."""
    row = _site_rows()[name]
    layers = combine(_measurements(), name, row["region"], sex)
    if age_years is not None:
        layers = aged(layers, _ageing(), age_years)
    fields = {
        "name": name,
        "title": row["title"],
        "region": row["region"],
        "thin_skin": row["thin_skin"] == "true",
    }
    whose = {"sex": sex, "age_years": age_years, "skin_colour": skin_colour}
    return checked_row(SkinSite, fields | whose | {"layers": layers}, f"site {name}")


@named
@cache
def sites(sex: Sex = "any") -> dict[str, SkinSite]:
    """Return every site of the catalogue by its name.

    Parameters
    ----------
    sex : 'female', 'male' or 'any' — whose skin; 'any' pools both [-]

    """
    return {name: _built(name, sex, None, "any") for name in _site_rows()}


@cache
def site_aliases() -> dict[str, tuple[str, ...]]:
    """Return the other names under which each site is found, by its name."""
    return {
        name: tuple(alias for alias in row.get("aliases", "").split(";") if alias) for name, row in _site_rows().items()
    }


@named
def site(
    name: str | Path | SkinSite, *, sex: Sex = "any", age_years: float | None = None, skin_colour: SkinColour = "any"
) -> SkinSite:
    """Return a skin site by catalogue name or alias, or read it from a user's TOML file of the same fields.

    Parameters
    ----------
    name : str, Path or SkinSite — catalogue name, path ending in .toml, or a record, which is returned as it is [-]
    sex : 'female', 'male' or 'any' — whose skin; used for catalogue sites only [-]
    age_years : float or None — age, for catalogue sites only; thins the dermis from the ageing table's age on [years]
    skin_colour : 'light', 'medium', 'dark' or 'any' — for catalogue sites only; channels close at another pace [-]

    Raises
    ------
    InputError
        For an unknown name (with the closest ones), a file that can't be read, or a field out of its range.

    """
    if sex not in get_args(Sex):
        raise refuse("sex", sex, "female, male or any")
    if skin_colour not in get_args(SkinColour):
        raise refuse("skin_colour", skin_colour, "light, medium, dark or any")
    age = None if age_years is None else AGES.number("age_years", age_years)
    if isinstance(name, SkinSite) or str(name).endswith(".toml"):
        own = name if isinstance(name, SkinSite) else read_record(SkinSite, name, named=True)
        asked = {"sex": sex, "age_years": age, "skin_colour": skin_colour}
        for field, value in asked.items():
            if value in ("any", None):
                continue
            raise refuse(field, value, f"none beside a site of one's own; {own.name} itself says whose skin it is")
        return own
    rows = _site_rows()
    words = str(name).lower().replace("-", " ").replace("_", " ")
    aliases = {alias: name for name, known in site_aliases().items() for alias in known}
    key = aliases.get(words, words.replace(" ", "_"))
    if key not in rows:
        raise unknown_name("site", str(name), rows)
    return _built(key, sex, age, skin_colour)


class Active(Record):
    """An active substance as its transport sees it.

    `aliases` are the names people type, separated by semicolons. `charge` is the mean charge at the skin's pH (5.5),
    `log_kow` that of the neutral form. `intact_cm_per_h` is a measured permeability of intact skin; it stands in place
    of the estimate from weight and lipophilicity.
    """

    name: Name
    title: str
    aliases: str = ""
    molecular_weight: Annotated[float, Within(2, 1e8, "g/mol")]
    log_kow: Annotated[float, Within(-15, 15)]
    charge: Annotated[float, Within(-1e5, 1e5)] = 0.0
    intact_cm_per_h: Annotated[float, Within(1e-12, 10, "cm/h")] | None = None
    source: str = "user"
    status: Status = "unverified"
    note: str = ""


class Indication(Record):
    """What a published programme against one complaint looks like, with its spread over the sources."""

    name: Name
    title: str
    aliases: str = ""
    length_mm: Annotated[float, Within(0.02, 5, "mm")]
    length_low_mm: Annotated[float, Within(0.02, 5, "mm")]
    length_high_mm: Annotated[float, Within(0.02, 5, "mm")]
    passes: Annotated[int, Within(1, 200)]
    passes_low: Annotated[int, Within(1, 200)]
    passes_high: Annotated[int, Within(1, 200)]
    sessions: Annotated[int, Within(1, 366)]
    sessions_low: Annotated[int, Within(1, 366)]
    sessions_high: Annotated[int, Within(1, 366)]
    interval_days: Annotated[float, Within(1, 366, "days")]
    interval_low_days: Annotated[float, Within(1, 366, "days")]
    interval_high_days: Annotated[float, Within(1, 366, "days")]
    source: str
    status: Status
    note: str = ""


@cache
def actives() -> dict[str, Active]:
    """Return every active of the catalogue by its name."""
    return read_table(Active, "actives.csv", "name")


@cache
def active_names() -> dict[str, str]:
    """Return every name under which an active is found, in words, with its name in the catalogue."""
    rows = actives().values()
    aliases = {alias.strip(): row.name for row in rows for alias in row.aliases.split(";") if alias.strip()}
    return aliases | {name.replace("-", " "): name for name in actives()}


@named
def active(name: str | Path | Active) -> Active:
    """Return an active by catalogue name or common name, or read it from a user's TOML file of the same fields.

    Parameters
    ----------
    name : str, Path or Active — name as people type it, path ending in .toml, or a record, returned as it is [-]

    Raises
    ------
    InputError
        For an unknown name (with the closest ones, common names too), a file that can't be read, or a field out of
        its range.

    """
    if isinstance(name, Active):
        return name
    if str(name).endswith(".toml"):
        return read_record(Active, name, named=True)
    words = " ".join(str(name).lower().replace("-", " ").replace("_", " ").split())
    known = active_names()
    if words not in known:
        raise _unknown_active(words, known)
    return actives()[known[words]]


def _unknown_active(words: str, known: dict[str, str]) -> InputError:
    """The error for an unknown active: what comes close by common name too, each with its name in the catalogue."""
    close = difflib.get_close_matches(words, known, n=4, cutoff=0.5)
    told = {known[alias]: alias for alias in reversed(close)}
    names = [name if alias == name.replace("-", " ") else f"{name} ({alias})" for name, alias in told.items()]
    if not names:
        return unknown_name("active", words, actives())
    return InputError(
        f"active = {shown(words)} is not in the catalogue and is not a .toml file; closest: {', '.join(names[::-1])}"
    )


@cache
def indications() -> dict[str, Indication]:
    """Return every indication of the catalogue by its name."""
    return read_table(Indication, "indications.csv", "name")


@named
def indication(name: str | Indication) -> Indication:
    """Return an indication by catalogue name or alias.

    Parameters
    ----------
    name : str or Indication — catalogue name, alias, or a record, which is returned as it is [-]

    Raises
    ------
    InputError
        For an unknown name, with the closest ones.

    """
    if isinstance(name, Indication):
        return name
    aliases = {alias: row.name for row in indications().values() for alias in row.aliases.split(";") if alias}
    words = str(name).strip().lower()
    key = aliases.get(words.replace("-", " ").replace("_", " "), words.replace(" ", "-").replace("_", "-"))
    if key not in indications():
        raise unknown_name("indication", str(name), [*indications(), *aliases])
    return indications()[key]
