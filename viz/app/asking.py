"""What may be asked of the server: flat, strict records with bounds, and the one line that refuses anything else.

In: the body of a request. Out: a record whose fields are checked, as keyword arguments of the model's functions. A
name is one of the catalogue or a whole record of one's own; never a path.
"""

from __future__ import annotations

import json
from math import sqrt
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationError, WithJsonSchema, model_validator

from ...data import catalog
from ...data.catalog import AGES, DOSES, Active, DeviceSpec, Indication, RollerSpec, SkinSite
from ...data.checks import InputError, Record, Within, one_line, refuse, shown, unknown_name
from ...data.thickness import Sex, SkinColour
from ...geometry.region import parse_region
from ...roller.coverage.motions import contacts_per_mm2, settled
from ...roller.insertion.support import set_to
from ...roller.programme.plans import Plan, plain_series, plan_for
from ...roller.technique import Technique
from ...roller.treatment.comparison import DEFAULT_ACTIVE
from ...roller.treatment.treating import FILMS
from ..page.form import FACE, FACE_ZONES
from ..page.live import FIRST_DEPTHS, FIRST_FIGURES
from .zones import ZONE_DEPTHS_UM, ZONE_FIGURES

MOST_CONTACTS = 400_000  # of all devices and replicates of one request: some ten seconds of work
MOST_REPLICATES = 100
MOST_DEPTHS = 500
MOST_SESSIONS = 60
MARGIN_MM = 3.0  # around the region contacts count too
TOLD = frozenset(Technique.model_fields)
MOST_NESTED = 12  # no record has more than five levels

AnyRequest = TypeVar("AnyRequest", bound=Record)


def _known(kind: str, value: Any, record: type[Record], find: Any, known: Any) -> Any:
    """A record from a name of the catalogue or from its fields."""
    if isinstance(value, record):
        return value
    if isinstance(value, dict):
        return record.model_validate(value)
    if not isinstance(value, str):
        raise refuse(kind, value, "a name of the catalogue, or the fields of a record")
    if value.strip().lower().endswith(".toml") or len(value) > 80:  # it would be read as a file
        raise unknown_name(kind, value[:80], known)
    return find(value)


def _device(value: Any) -> DeviceSpec:
    if isinstance(value, DeviceSpec):
        return value
    kind = catalog.device_record(value) if isinstance(value, dict) else RollerSpec
    found: DeviceSpec = _known("device", value, kind, catalog.device, catalog.devices())
    return found


def _active(value: Any) -> Active | None:
    return None if value is None else _known("active", value, Active, catalog.active, catalog.actives())


def _indication(value: Any) -> Indication | None:
    if value is None or isinstance(value, Indication):
        return value
    if not isinstance(value, str) or len(value) > 80:
        raise refuse("indication", value, "a name of the catalogue: " + ", ".join(catalog.indications()))
    return catalog.indication(value)


def _site(value: Any) -> Any:
    # Age and sex belong to a site of the catalogue: it is looked up once they are known.
    return _known("site", value, SkinSite, str, catalog.sites())


NAME_OR_RECORD = [{"type": "string"}, {"type": "object"}]
Device = Annotated[DeviceSpec, BeforeValidator(_device), WithJsonSchema({"anyOf": NAME_OR_RECORD})]
Site = Annotated[SkinSite | str, BeforeValidator(_site), WithJsonSchema({"anyOf": NAME_OR_RECORD})]
Substance = Annotated[
    Active | None, BeforeValidator(_active), WithJsonSchema({"anyOf": [*NAME_OR_RECORD, {"type": "null"}]})
]
Complaint = Annotated[
    Indication | None, BeforeValidator(_indication), WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]})
]
Text = Annotated[str, Field(max_length=20_000)]
Short = Annotated[str, Field(max_length=80)]


class Setup(Technique):
    """What every request may say beside its devices: the fields of `Technique`, the skin, the region, what follows."""

    site: Site = "cheek"
    sex: Sex = "any"
    age_years: Annotated[float, AGES] | None = None
    skin_colour: SkinColour = "any"
    region: Text = "20x20"
    depths_um: Annotated[tuple[float, ...], Field(min_length=1, max_length=MOST_DEPTHS)] | None = None
    replicates: Annotated[int, Within(1, MOST_REPLICATES)] = 1
    seed: Annotated[int, Within(0, 2**53)] = 0
    active: Substance = None
    dose_ug_per_cm2: Annotated[float, DOSES] = 100.0
    film_um: Annotated[float, FILMS] = 100.0
    serum: Short | None = None
    occluded: bool = False

    @property
    def technique(self) -> Technique:
        """What the hand was told to do: what is left out is as usual with the device [-]."""
        return Technique.model_validate({name: getattr(self, name) for name in self.model_fields_set & TOLD})

    def technique_of(self, device: DeviceSpec, devices: tuple[DeviceSpec, ...]) -> Technique:
        """Return what of the technique one of several devices has; refuse what none of them has.

        Parameters
        ----------
        device : DeviceSpec — the one [-]
        devices : tuple of DeviceSpec — all that are asked for [-]

        """
        told = self.technique
        told.fits_some([one.kind for one in devices])
        return told.for_kind(device.kind)

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments that `treat` and `run_programme` share, beside device, plan and technique."""
        site = self.site if isinstance(self.site, SkinSite) else None
        whose: dict[str, Any] = {"sex": self.sex, "age_years": self.age_years, "skin_colour": self.skin_colour}
        skin = site or catalog.site(str(self.site), **whose)
        if site is not None:
            catalog.site(site, **whose)  # says that a record says so itself
        care: dict[str, object] = {
            "active": self.active,
            "dose_ug_per_cm2": self.dose_ug_per_cm2,
            "film_um": self.film_um,
        }
        care |= {"serum": self.serum, "occluded": self.occluded}
        rest = {"replicates": self.replicates, "seed": self.seed}
        return {"site": skin, "region": parse_region(self.region), "depths_um": self.depths_um} | rest | care

    def check_cost(self, devices: tuple[DeviceSpec, ...], sessions: int = 1) -> None:
        """Refuse what would take too long: contacts of needles with the skin tell how long.

        Parameters
        ----------
        devices : tuple of DeviceSpec — rolled over the skin [-]
        sessions : int — with a treatment of their own [-]

        """
        area_mm2 = float(self.arguments()["region"].area)
        met = (sqrt(area_mm2) + MARGIN_MM) ** 2 / (1 - self.overlap) * self.replicates * sessions
        contacts = 0.0
        for device in devices:
            told = self.technique_of(device, devices)
            roller = set_to(device, told)
            contacts += met * settled(roller, told).passes * contacts_per_mm2(roller, told)
        if contacts > MOST_CONTACTS:
            raise InputError(
                f"passes x region x replicates come to {contacts:.0f} contacts of needles with the skin; "
                f"allowed: at most {MOST_CONTACTS} a request"
            )


class TreatRequest(Setup):
    """One device: what `dermaroll coverage` takes."""

    device: Device
    aftermath: bool = False
    sensitivity: bool = False
    uncertainty: bool | None = None
    figures: Annotated[tuple[Short, ...], Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> TreatRequest:
        self.check_cost((self.device,))
        return self

    def treatments(self) -> list[dict[str, Any]]:
        """Return the keyword arguments of `treat` for each device."""
        rest = self.arguments() | {"technique": self.technique, "figures": self.figures}
        rest |= {"sensitivity": self.sensitivity, "uncertainty": self.uncertainty}
        return [rest | {"device": self.device, "aftermath": self.aftermath or self.active is not None or self.occluded}]


class CompareRequest(Setup):
    """Several devices on the same skin: what `dermaroll compare` takes."""

    devices: Annotated[tuple[Device, ...], Field(min_length=2, max_length=6)]
    uncertainty: bool | None = None
    figures: Annotated[tuple[Short, ...], Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> CompareRequest:
        self.check_cost(self.devices)
        return self

    def treatments(self) -> list[dict[str, Any]]:
        """Return the keyword arguments of `treat` for each device."""
        rest = self.arguments() | {"figures": self.figures, "aftermath": True}
        rest |= {"active": self.active or catalog.active(DEFAULT_ACTIVE), "uncertainty": self.uncertainty}
        return [
            rest | {"device": device, "technique": self.technique_of(device, self.devices)} for device in self.devices
        ]


class ProgrammeRequest(Setup):
    """Sessions over months: what `dermaroll programme` takes; of an indication, or some days apart."""

    device: Device
    indication: Complaint = None
    sessions: Annotated[int, Within(1, MOST_SESSIONS)] | None = None
    interval_days: Annotated[float, Within(1, 366, "days")] | None = None

    @model_validator(mode="after")
    def _bounded(self) -> ProgrammeRequest:
        if self.indication is None and (self.sessions is None or self.interval_days is None):
            raise InputError("programme needs either an indication, or both sessions and interval_days")
        self.check_cost((self.device,))
        return self

    def programme(self) -> dict[str, Any]:
        """Return the keyword arguments of `run_programme`."""
        if self.indication is not None:
            plan = plan_for(self.indication, self.sessions, self.interval_days)
            if "passes" in self.model_fields_set:  # what is asked for counts more than the protocol
                plan = Plan(
                    title=plan.title, session=tuple(part.model_copy(update={"passes": None}) for part in plan.session)
                )
        else:
            plan = plain_series(self.sessions or 1, self.interval_days or 1.0)
        rest = self.arguments() | {"technique": self.technique, "indication": self.indication}
        return rest | {"device": self.device, "plan": plan}


class ViewRequest(Setup):
    """What the live page shows: one to three devices, at first a few figures, then the rest."""

    devices: Annotated[tuple[Device, ...], Field(min_length=1, max_length=3)]
    detail: Literal["first", "rest", "months"] = "first"
    sessions: Annotated[int, Within(1, MOST_SESSIONS)] = 1
    interval_days: Annotated[float, Within(1, 366, "days")] = 28.0

    @model_validator(mode="after")
    def _bounded(self) -> ViewRequest:
        self.check_cost(self.devices)
        plain_series(self.sessions, self.interval_days)
        return self

    def treatments(self) -> list[dict[str, Any]]:
        """Return the keyword arguments of `treat` for each device."""
        rest = self.arguments() | {"active": self.active or catalog.active(DEFAULT_ACTIVE)}
        each = []
        for device in self.devices:
            own: dict[str, Any] = {"device": device, "technique": self.technique_of(device, self.devices)}
            if self.detail == "first":
                depths_um = _few_depths_um(set_to(device, own["technique"]))
                own |= {"figures": FIRST_FIGURES, "replicates": 1, "depths_um": depths_um}
            else:
                own["aftermath"] = True
            each.append(rest | own)
        return each

    def programme(self) -> dict[str, Any]:
        """Return the keyword arguments of `run_programme` for the first device."""
        rest = self.arguments() | {"active": self.active or catalog.active(DEFAULT_ACTIVE)}
        return rest | {
            "device": self.devices[0],
            "technique": self.technique_of(self.devices[0], self.devices),
            "plan": plain_series(self.sessions, self.interval_days),
            "replicates": 1,
        }


class ZoneRequest(Setup):
    """A zone of the standard face under one to three devices: what `dermaroll coverage --surface face` takes."""

    devices: Annotated[tuple[Device, ...], Field(min_length=1, max_length=3)]
    zone: Literal[FACE_ZONES]  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _flat_only(self) -> ZoneRequest:
        told = {"site", "region"} & self.model_fields_set
        if told:
            name = min(told)
            raise refuse(name, getattr(self, name), "none beside a zone, which says it itself")
        return self

    def treatments(self) -> list[dict[str, Any]]:
        """Return the keyword arguments of `treat` for each device."""
        whose = {"sex": self.sex, "age_years": self.age_years, "skin_colour": self.skin_colour}
        rest: dict[str, Any] = {"surface": FACE, "zones": (self.zone,), "whose": whose, "seed": self.seed}
        rest |= {"replicates": self.replicates, "figures": ZONE_FIGURES, "depths_um": ZONE_DEPTHS_UM}
        return [
            rest | {"device": device, "technique": self.technique_of(device, self.devices)} for device in self.devices
        ]


def _few_depths_um(device: DeviceSpec) -> tuple[float, ...]:
    return tuple(round(1000 * share * device.length_mm, 1) for share in FIRST_DEPTHS)


def read_request(kind: type[AnyRequest], body: bytes) -> AnyRequest:
    """Return the request that a body holds.

    Parameters
    ----------
    kind : type of Record — what is asked for [-]
    body : bytes — JSON [-]

    Raises
    ------
    InputError
        One line for whatever is wrong with it.

    """
    try:
        raw = json.loads(body.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_each_once)
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the body is not JSON in UTF-8: {type(error).__name__}") from error
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"the body is not JSON: {' '.join(str(error).split())[:120]}") from error
    if not isinstance(raw, dict):
        raise refuse("body", raw, "one JSON object")
    _check_parts(raw)
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        line = one_line(error)
        field, _, rest = line.partition(": ")
        raise InputError(rest if rest.startswith(f"{field} = ") else line) from error


def _no_number(text: str) -> float:
    raise InputError(f"{text} is no number; allowed: finite numbers, or null")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InputError(f"{shown(key)} is given twice")
        found[key] = value
    return found


def _check_parts(raw: dict[str, Any]) -> None:
    """Refuse lists and objects too deep within each other, and text that can't be printed; without recursion."""
    level: list[Any] = [raw]
    for _ in range(MOST_NESTED + 1):
        texts = [text for one in level for text in (one if isinstance(one, dict) else [one]) if isinstance(text, str)]
        for text in texts:
            if not text.replace("\n", " ").replace("\t", " ").isprintable():
                raise refuse("text", text, "text without control characters")
        held = [one for one in level if isinstance(one, (dict, list))]
        level = [item for one in held for item in (one.values() if isinstance(one, dict) else one)]
        if not level:
            return
    raise InputError(f"the body is nested too deep; allowed: at most {MOST_NESTED} levels")
