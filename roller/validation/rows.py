"""All published rows put to the model: what it says, and whether that lies in the range that the source supports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from ...data.arguments import named
from ...data.constants import PublishedValue, Role, published
from ..insertion.pressing import PEOPLE_DRAWN
from ..insertion.tissue import TissueModel
from ..output import Result
from .after_papers import PREDICTORS as AFTER_THE_NEEDLE
from .after_papers import inputs_of
from .bands import inside_bands
from .insertion_papers import OF_THE_NEEDLE, PREDICTORS, Prediction

if TYPE_CHECKING:
    import pandas

SCHEMA = 1
ABBREVIATIONS = ("dts", "fitc", "co2", "cit")  # in keys of sources
ROLES: tuple[Role, ...] = get_args(Role)


def predict(row: PublishedValue, model: TissueModel | None = None, people: int = PEOPLE_DRAWN) -> Prediction:
    """Return what the model says to a row of the table.

    Parameters
    ----------
    row : PublishedValue — the row [its unit]
    model : TissueModel or None — None for the constants as shipped [as its fields]
    people : int — people drawn for the band of a depth or force, 0 for none [-]

    """
    if row.kind not in OF_THE_NEEDLE:
        said = AFTER_THE_NEEDLE[row.id](**inputs_of(row.inputs))
        return Prediction(said.value, None if said.low is None or said.high is None else (said.low, said.high))
    return PREDICTORS[row.source](row.given(), model, people)


def is_met(row: PublishedValue, value: float) -> bool:
    """Return whether a value lies in the range that the source supports, both ends included.

    Parameters
    ----------
    row : PublishedValue — the row [its unit]
    value : float — predicted [unit of the row]

    """
    return (row.low is None or value >= row.low) and (row.high is None or value <= row.high)


@dataclass(frozen=True)
class Validation(Result):
    """All published rows with what the model says to them.

    Parameters
    ----------
    rows : tuple of PublishedValue — measured [unit of the row]
    predictions : tuple of Prediction — one a row [unit of the row]
    left_out : dict of (float, str) — by id, from a fit without the row; empty unless asked for [unit of the row]
    inside_band : dict of bool — by id, whether the measured value lies in the 90 % band of what is not known [-]

    """

    rows: tuple[PublishedValue, ...]
    predictions: tuple[Prediction, ...]
    left_out: dict[str, tuple[float, str]] = field(default_factory=dict)
    inside_band: dict[str, bool] = field(default_factory=dict)

    def met(self, role: Role) -> tuple[int, int]:
        """Return how many rows of a role are met, and how many there are.

        Parameters
        ----------
        role : str — 'predicted', 'fitted', 'bound' or 'identity' [-]

        """
        verdicts = [verdict for row, verdict in zip(self.rows, self.verdicts, strict=True) if row.role == role]
        return verdicts.count("met"), len(verdicts)

    @property
    def headline(self) -> str:
        """The count that says something: rows that could fail and that nothing was fitted to [-]."""
        met, count = self.met("predicted")
        line = f"{met} of {count} predicted rows met"
        told = [self.inside_band[row.id] for row in self.rows if row.role == "predicted" and row.id in self.inside_band]
        return line + (f", {sum(told)} of {len(told)} inside the 90 % band" if told else "")

    @property
    def verdicts(self) -> tuple[str, ...]:
        """'met' or 'missed', one a row [-]."""
        pairs = zip(self.rows, self.predictions, strict=True)
        return tuple("met" if is_met(row, said.value) else "missed" for row, said in pairs)

    @property
    def passed(self) -> bool:
        """Every row that must be met is met [-]."""
        return all(verdict == "met" or not row.must for row, verdict in zip(self.rows, self.verdicts, strict=True))

    @property
    def warnings(self) -> tuple[str, ...]:
        """Rows that are missed, by the names people know, each with its note [-]."""
        missed = [row for row, verdict in zip(self.rows, self.verdicts, strict=True) if verdict == "missed"]
        return tuple(f"{row.what}, {known_as(row.source)}, is missed: {row.note}" for row in missed)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain objects, in the order and under the names of the JSON schema."""
        rows = [
            {
                "id": row.id,
                "kind": row.kind,
                "source": row.source,
                "status": row.status,
                "role": row.role,
                "what": row.what,
                "fitted": row.fitted,
                "must": row.must,
                "measured": row.measured,
                "tolerance": [row.low, row.high],
                "predicted": said.value,
                "band": said.band,
                "unit": row.unit,
                "verdict": verdict,
                "inside_band": self.inside_band.get(row.id),
            }
            for row, said, verdict in zip(self.rows, self.predictions, self.verdicts, strict=True)
        ]
        left_out = [
            {"id": name, "predicted": value, "verdict": verdict} for name, (value, verdict) in self.left_out.items()
        ]
        return {"schema": SCHEMA, "rows": rows} | ({"leave_one_out": left_out} if left_out else {})

    def to_frame(self) -> pandas.DataFrame:
        """Return the table: one row a measurement, with its inputs and note."""
        import pandas

        rows = []
        for row, entry in zip(self.rows, self.to_dict()["rows"], strict=True):
            low, high = entry.pop("tolerance")
            band_low, band_high = entry.pop("band") or (None, None)
            ends = {"tolerance_low": low, "tolerance_high": high, "band_p05": band_low, "band_p95": band_high}
            rows.append(entry | ends | {"inputs": row.inputs, "note": row.note})
        return pandas.DataFrame(rows)


def known_as(source: str) -> str:
    """Return a source's key as people write it: 'Doddaballapur 2009'.

    Parameters
    ----------
    source : str — key in the table of sources [-]

    """
    return " ".join(word.upper() if word in ABBREVIATIONS else word.capitalize() for word in source.split("_"))


@named
def run_validation(people: int = PEOPLE_DRAWN) -> Validation:
    """Hold the model against every row of `data/published.csv`.

    Parameters
    ----------
    people : int — people drawn for the bands, 0 for none [-]

    """
    rows = tuple(published().values())
    said = tuple(predict(row, people=people) for row in rows)
    return Validation(rows, said, inside_band=inside_bands(rows, said))
