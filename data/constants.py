"""Constants of the models, and the published values they are held against, each with source and standing."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import model_validator

from .checks import Record, Within, refuse
from .tables import Name, Status, checked_row, read_rows, read_table
from .thickness import LAYERS, Ageing, aged


class TissueConstant(Record):
    """A constant of the mechanical model, with its spread and what it was fitted to."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    unit: str
    source: str
    status: Status
    fitted_to: str = ""
    note: str = ""


@cache
def tissue() -> dict[str, TissueConstant]:
    """Return every constant of the mechanical model by its name."""
    return read_table(TissueConstant, "tissue.csv", "name")


@cache
def handling() -> dict[str, TissueConstant]:
    """Return what hands do with pens and stamps, by its name."""
    return read_table(TissueConstant, "handling.csv", "name")


class Range(Record):
    """What a constant of the mechanical model may be, from outside the rows that judge it.

    `spacing` says how it is drawn: 'even' by its value, 'log' by its logarithm.
    """

    name: str
    low: float
    high: float
    spacing: Literal["even", "log"]
    source: str
    status: Status
    note: str = ""

    @model_validator(mode="after")
    def _is_a_range(self) -> Range:
        if not self.low < self.high or (self.spacing == "log" and self.low <= 0):
            raise refuse("high", self.high, "more than low, and low above 0 where it is drawn by its logarithm")
        return self


@cache
def ranges() -> dict[str, Range]:
    """Return the ranges that members of the ensemble are drawn from, by the name of the constant."""
    return read_table(Range, "ranges.csv", "name")


class LayerContact(Record):
    """A rigid cylinder on a bonded elastic layer: force P / (E d) a length, and half-width a / sqrt(2 R d).

    `reach` is sqrt(2 R d) over the layer's thickness, d the dent.
    """

    poisson_ratio: float
    reach: float
    force: float
    half_width: float
    source: str
    status: Status


@cache
def layer_contact() -> tuple[LayerContact, ...]:
    """Return the table of a rigid cylinder on a bonded layer, by Poisson's ratio and reach."""
    return tuple(
        checked_row(LayerContact, row, "layer_contact.csv", text=True) for row in read_rows("layer_contact.csv")
    )


@cache
def over_bone() -> dict[str, TissueConstant]:
    """Return the constants of a drum on skin over bone by their names."""
    return read_table(TissueConstant, "over_bone.csv", "name")


class Validity(Record):
    """Range in which the mechanical model rests on measurements, and what it does outside."""

    quantity: str
    low: float
    high: float
    unit: str
    source: str
    status: Status
    outside: str
    note: str = ""


@cache
def validity() -> dict[str, Validity]:
    """Return every range of validity by the name of its quantity."""
    return read_table(Validity, "validity.csv", "quantity")


Role = Literal["predicted", "fitted", "bound", "identity"]


class PublishedValue(Record):
    """One published measurement, the inputs that belong to it, and the range that its source supports.

    `role` says what it means that a row is met, by this rule, in this order:

    - identity: the value is itself a field of the catalogue, or counts one; no model takes part.
    - fitted: a constant was fitted to it, or chosen with it in sight.
    - bound: the source gives no value, only ends that no constants within their ranges can leave.
    - predicted: all others. They could fail, and nothing was fitted to them: these are what validation counts.

    `what` is the row in words people know. `fitted` says that constants of the tables were fitted to it, `must` that
    `dermaroll validate` fails with it. `inputs` is a list of `name = value`, separated by semicolons; `note` says what
    is assumed, and why a row fails.
    """

    id: Name
    kind: Literal["geometry", "mechanics", "closure", "delivery", "response", "pain", "bleeding", "redness", "swelling"]
    what: str
    source: str
    status: Status
    role: Role
    fitted: bool
    must: bool
    inputs: str
    measured: float
    low: float | None = None
    high: float | None = None
    unit: str
    note: str = ""

    @model_validator(mode="after")
    def _role_fits(self) -> PublishedValue:
        if self.fitted != (self.role == "fitted"):
            raise refuse("role", self.role, "fitted where `fitted` is true, and only there")
        if self.role == "identity" and not self.low == self.high == self.measured:
            raise refuse("role", self.role, "an identity has one value and no range")
        return self

    def given(self) -> dict[str, str]:
        """Return the inputs by name, as text."""
        pairs = (part.split("=", 1) for part in self.inputs.split(";"))
        return {name.strip(): value.strip() for name, value in pairs}


@cache
def published() -> dict[str, PublishedValue]:
    """Return every published measurement by its id."""
    return read_table(PublishedValue, "published.csv", "id")


class ColourClosure(Record):
    """How long channels lasted in one group of people, and the colour of skin that it stands for."""

    people_group: Name
    skin_colour: Literal["light", "medium", "dark"]
    people: Annotated[int, Within(1, 10000)]
    lifetime_h: Annotated[float, Within(0.01, 1000, "h")]
    sd_h: Annotated[float, Within(0, 1000, "h")]
    status: Status
    source: str
    note: str = ""


@cache
def closure_colours() -> tuple[ColourClosure, ...]:
    """Return the groups of people in whom the life of channels was measured."""
    return tuple(read_table(ColourClosure, "closure.csv", "people_group").values())


@cache
def transport() -> dict[str, TissueConstant]:
    """Return every constant of an active's way through skin and channels, by its name."""
    return read_table(TissueConstant, "transport.csv", "name")


class UptakeRow(Record):
    """One member of the ensemble of uptake: a value for each constant that is not pinned; see `transport.csv`."""

    member: str
    polar_path: float
    polar_cutoff: float
    ion_share: float
    lipid_path_error: float
    tissue_over_cap: float
    dermis_over_epidermis: float
    dermis_partition: float
    capillary_clearance: float
    stokes_exponent: float
    gel_volume: float
    gel_fibre: float
    taper: float
    patency: float
    source: str
    status: Status


@cache
def uptake_rows() -> tuple[UptakeRow, ...]:
    """Return every member of the ensemble of uptake, all of equal weight."""
    return tuple(read_table(UptakeRow, "uptake_members.csv", "member").values())


@cache
def after() -> dict[str, TissueConstant]:
    """Return every constant of the models of what follows the needle, those of transport among them, by its name."""
    return read_table(TissueConstant, "after.csv", "name") | transport()


class DrawnConstant(TissueConstant):
    """A constant of healing; `drawn` says how members are drawn from its range, or that it is the same in all."""

    drawn: Literal["linear", "log", "fixed"]


@cache
def healing() -> dict[str, DrawnConstant]:
    """Return every constant of healing, with the range declared for the ensemble, by its name."""
    return read_table(DrawnConstant, "healing.csv", "name")


class HealingMember(Record):
    """One member of the ensemble of healing: a set of constants that no published row speaks against."""

    signal_days: float
    production_days: float
    young_half_life_days: float
    matured_share: float
    mature_half_life_years: float
    reach: float
    full_response: float
    old_response: float
    elastin_per_collagen: float
    epidermis_law: Literal["fades", "lasts"]
    epidermis_plateau: float
    epidermis_gain: float
    epidermis_days: float
    discrepancy: float
    seed: int
    source: str
    status: Status


@cache
def healing_members() -> tuple[HealingMember, ...]:
    """Return the members of the ensemble of healing, of equal weight."""
    rows = enumerate(read_rows("healing_members.csv"), start=2)
    return tuple(checked_row(HealingMember, row, f"healing_members.csv line {line}", text=True) for line, row in rows)


@cache
def thickness_left(age_years: float) -> tuple[float, ...]:
    """Return how thick each layer is at an age, over its thickness in the groups that were measured.

    Parameters
    ----------
    age_years : float — age; outside the ages of the table of ageing its end values hold [years]

    """
    trends = [checked_row(Ageing, row, "ageing.csv", text=True) for row in read_rows("ageing.csv")]
    whole = [{"name": name, "mean_um": 1.0, "sd_um": 0.0, "source": (), "status": "verified"} for name in LAYERS]
    return tuple(float(layer["mean_um"]) for layer in aged(whole, trends, age_years))


NOT_CONSTANTS = ("member", "source", "status")


class AfterMember(Record):
    """One member of the ensemble of what follows the needle: its constants by the names of `after.csv`."""

    member: Annotated[int, Within(0, 100000)]
    constants: dict[str, float]


@cache
def after_members() -> tuple[AfterMember, ...]:
    """Return the members of the ensemble of what follows the needle, of equal weight."""
    return tuple(
        checked_row(
            AfterMember,
            {
                "member": row["member"],
                "constants": {name: cell for name, cell in row.items() if name not in NOT_CONSTANTS},
            },
            f"after_members.csv {row['member']}",
            text=True,
        )
        for row in read_rows("after_members.csv")
    )
