"""How published thicknesses become one stack of layers for a site.

In: rows of `sites.csv`, one a study. Out: the five layers from the surface down, with mean, spread, source, standing.

The rule, in this order:

1. Sex. For a woman's or a man's skin the rows of that sex count; where a site has none, the rows without a sex, then
   the other sex's. For 'any', all rows count.
2. Method. Methods are never mixed in one layer. The epidermis and its parts: histology before confocal before OCT,
   never ultrasound, which reads the epidermis two to three times too thick. The dermis: ultrasound before CT before
   histology, which shrinks or swells it. A textbook figure comes last.
3. Studies. Means are weighted by the number of subjects (`UNKNOWN_SUBJECTS` where a study does not say). The variance
   is the weighted mean of variance plus the variance between the studies' means. A row without a spread gets the
   median coefficient of variation of the rows of its layer that have one. An archive that speaks alone for its place
   also gets the gap to like studies elsewhere, `between_studies_um`.
4. Parts. A layer that was not measured is the difference of two that were: viable epidermis = epidermis - stratum
   corneum, dermis = whole skin - epidermis, reticular = dermis - papillary dermis; their variance is the difference
   too, so that drawing the parts independently gives back the spread of the whole.
5. Place. What a site lacks comes from its region (face or body), then from skin anywhere; the layer's note says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import median
from typing import Annotated, Any, Literal, NamedTuple, get_args

from .checks import Record, Within

Sex = Literal["female", "male", "any"]
SEXES: tuple[Sex, ...] = ("female", "male", "any")
SkinColour = Literal["light", "medium", "dark", "any"]
LayerName = Literal["stratum_corneum", "viable_epidermis", "papillary_dermis", "reticular_dermis", "hypodermis"]
Measured = Literal[
    "stratum_corneum", "viable_epidermis", "epidermis", "papillary_dermis", "dermis", "skin", "hypodermis"
]
Method = Literal["histology", "ultrasound", "ct", "confocal", "oct", "textbook"]
Status = Literal["verified", "derived", "unverified"]

LAYERS: tuple[LayerName, ...] = get_args(LayerName)
LAYER_WORDS: dict[str, str] = {
    "stratum_corneum": "stratum corneum",
    "viable_epidermis": "viable epidermis",
    "papillary_dermis": "papillary dermis",
    "reticular_dermis": "reticular dermis",
    "hypodermis": "hypodermis",
}

METHODS: dict[Measured, tuple[Method, ...]] = {
    "stratum_corneum": ("histology", "confocal", "oct", "textbook"),
    "viable_epidermis": ("histology", "confocal", "oct", "textbook"),
    "epidermis": ("histology", "confocal", "oct", "textbook"),
    "papillary_dermis": ("histology", "oct", "confocal", "textbook"),
    "dermis": ("ultrasound", "ct", "histology", "textbook"),
    "skin": ("ultrasound", "ct", "histology", "textbook"),
    "hypodermis": ("ultrasound", "textbook"),
}
TREND_OF_LAYER = {"viable_epidermis": "epidermis", "papillary_dermis": "dermis", "reticular_dermis": "dermis"}
STANDINGS: tuple[Status, ...] = ("verified", "derived", "unverified")
UNKNOWN_SUBJECTS = 10  # the weight of a study that does not print its number: the size of a small one
LARGEST_PAPILLARY_SHARE = 0.5  # of the dermis; keeps a textbook papillary layer inside a thin dermis
AGE_OF_MEASURED_GROUPS = 45.0  # years; adults in most studies, few print a mean age: an assumption
SMALLEST_PART_UM = 1.0  # a difference of two studies can't make a layer vanish


class Measurement(Record):
    """One study's thickness of one layer at one site."""

    site: str
    sex: Sex
    layer: Measured
    mean_um: Annotated[float, Within(0.1, 1e5, "um")]
    sd_um: Annotated[float, Within(0, 5e4, "um")] | None = None
    between_studies_um: Annotated[float, Within(0, 5e4, "um")] = 0.0
    subjects: Annotated[int, Within(1, 10**6)] | None = None
    method: Method
    source: str
    status: Status
    note: str = ""


class Ageing(Record):
    """Change of a layer's thickness per year, as a share of its thickness at `from_age`, up to `to_age`."""

    layer: Literal["epidermis", "dermis"]
    change_per_year_fraction: Annotated[float, Within(-0.1, 0.1, "1/year")]
    from_age: Annotated[float, Within(0, 120, "years")]
    to_age: Annotated[float, Within(0, 120, "years")]
    source: str
    status: Status
    note: str = ""


class Thickness(NamedTuple):
    """A thickness with its spread and where it came from, while it is being combined."""

    mean_um: float
    sd_um: float
    method: str
    source: tuple[str, ...]
    status: Status
    place: str


def _worst(*standings: Status) -> Status:
    return max(standings, key=STANDINGS.index)


def _typical_variation(rows: Iterable[Measurement], layer: Measured) -> float:
    """Median coefficient of variation of a layer's rows that print a spread [-]."""
    return median(row.sd_um / row.mean_um for row in rows if row.layer == layer and row.sd_um)


def _of_sex(rows: list[Measurement], sex: Sex) -> list[Measurement]:
    if sex == "any":
        return rows
    preferred = [[row for row in rows if row.sex == wanted] for wanted in (sex, "any")]
    return next((found for found in preferred if found), rows)


def _pooled(rows: Sequence[Measurement], everything: Sequence[Measurement]) -> Thickness:
    """Combine the rows of one layer, place and method (rule 3)."""
    weights = [row.subjects or UNKNOWN_SUBJECTS for row in rows]
    total = sum(weights)
    mean = sum(weight * row.mean_um for weight, row in zip(weights, rows, strict=True)) / total
    variance = 0.0
    for weight, row in zip(weights, rows, strict=True):
        sd = row.sd_um if row.sd_um is not None else _typical_variation(everything, row.layer) * row.mean_um
        variance += weight / total * (sd**2 + row.between_studies_um**2 + (row.mean_um - mean) ** 2)
    standing = _worst(*(row.status for row in rows))
    if len(rows) > 1:
        standing = _worst(standing, "derived")
    source = tuple(dict.fromkeys(row.source for row in rows))
    return Thickness(mean, sqrt(variance), rows[0].method, source, standing, rows[0].site)


def _measured(rows: Sequence[Measurement], place: str, layer: Measured, sex: Sex) -> Thickness | None:
    """Thickness of a layer at a place by the first method that has it there (rules 1 to 3)."""
    for method in METHODS[layer]:
        found = [row for row in rows if row.site == place and row.layer == layer and row.method == method]
        if found:
            return _pooled(_of_sex(found, sex), rows)
    return None


def _less(whole: Thickness, part: Thickness) -> Thickness:
    """What remains of a whole without its part (rule 4)."""
    mean = max(whole.mean_um - part.mean_um, SMALLEST_PART_UM)
    # Where the part varies more than the whole, the two studies disagree; the rest keeps the whole's variation.
    variance = whole.sd_um**2 - part.sd_um**2
    sd = sqrt(variance) if variance > 0 else whole.sd_um * mean / whole.mean_um
    source = tuple(dict.fromkeys(whole.source + part.source))
    return Thickness(mean, sd, whole.method, source, _worst(whole.status, part.status, "derived"), whole.place)


def combine(rows: Sequence[Measurement], site: str, region: str, sex: Sex) -> list[dict[str, Any]]:
    """Return the five layers of a site as fields of `SkinLayer`; a layer's note says what the site lacks.

    Parameters
    ----------
    rows : sequence of Measurement — every measurement of the catalogue [um]
    site, region : str — the site and the region that stands in for it [-]
    sex : 'female', 'male' or 'any' — whose skin [-]

    """
    places = (site, region, "any")

    def first(layer: Measured, whole: Measured | None = None, part: Thickness | None = None) -> Thickness:
        for place in places:
            found = _measured(rows, place, layer, sex)
            if found:
                return found
            larger = _measured(rows, place, whole, sex) if whole else None
            if larger and part:
                return _less(larger, part)
        raise LookupError(f"sites.csv has no {layer} for {site}, {region} or any")

    corneum = first("stratum_corneum")
    viable = first("viable_epidermis", "epidermis", corneum)
    epidermis = Thickness(
        corneum.mean_um + viable.mean_um,
        sqrt(corneum.sd_um**2 + viable.sd_um**2),
        viable.method,
        corneum.source + viable.source,
        _worst(corneum.status, viable.status, "derived"),
        viable.place,
    )
    dermis = first("dermis", "skin", epidermis)
    papillary = first("papillary_dermis")
    largest = LARGEST_PAPILLARY_SHARE * dermis.mean_um
    if papillary.mean_um > largest:
        shrunk = largest / papillary.mean_um
        papillary = papillary._replace(mean_um=largest, sd_um=papillary.sd_um * shrunk)
    stack = dict(zip(LAYERS, (corneum, viable, papillary, _less(dermis, papillary), first("hypodermis")), strict=True))
    layers = []
    for name, found in stack.items():
        note = "" if found.place == site else f"no figure for this site; taken from {found.place} skin"
        status = found.status if found.place == site else _worst(found.status, "derived")
        layer: dict[str, Any] = {"name": name, "mean_um": found.mean_um, "sd_um": found.sd_um}
        layers.append(layer | {"method": found.method, "source": found.source, "status": status, "note": note})
    return layers


def aged(layers: list[dict[str, Any]], table: Iterable[Ageing], age_years: float) -> list[dict[str, Any]]:
    """Scale layers from the age of the measured groups to an age.

    Parameters
    ----------
    layers : list of dict — fields of `SkinLayer`, as `combine` returns them [um]
    table : iterable of Ageing — the trends [1/year]
    age_years : float — age asked for; outside a trend's ages its end value holds [years]

    """
    trends: dict[str, Ageing] = {row.layer: row for row in table}
    scaled = []
    for layer in layers:
        trend = trends.get(TREND_OF_LAYER.get(layer["name"], ""))
        if trend is None or not trend.change_per_year_fraction:
            scaled.append(layer)
            continue
        factor = _share_left(trend, age_years) / _share_left(trend, AGE_OF_MEASURED_GROUPS)
        scaled.append(
            layer
            | {"mean_um": layer["mean_um"] * factor, "sd_um": layer["sd_um"] * factor}
            | {
                "source": (*layer["source"], trend.source),
                "status": _worst(layer["status"], trend.status, "derived"),
            }
        )
    return scaled


def _share_left(trend: Ageing, age_years: float) -> float:
    """Thickness at an age over that at the start of the trend [-]."""
    years = min(max(age_years, trend.from_age), trend.to_age) - trend.from_age
    return 1 + trend.change_per_year_fraction * years
