"""The tables of a page: figures after the last pass, every array of the JSON by choice, inputs, sources.

In: the content. Out: rows of `Number` and plain objects; every value is one of the JSON object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...data.thickness import LAYER_WORDS
from ...roller.programme.sessions import Programme
from ...roller.treatment.result import LAYER_KEYS, STATISTICS, VARIABLES
from .numbers import Content, Number, Shown

PRETTY_UNITS = {"um": "µm", "1/cm2": "1/cm²", "1": "share", "deg": "°", "ug/cm2": "µg/cm²"}
MOST_CELLS = 40_000  # of a quantity that the table by choice offers; larger ones are in the file


@dataclass(frozen=True)
class Row:
    """One quantity: its key, words, unit, and a number with its spread for each device."""

    quantity: str
    meaning: str
    unit: str
    cells: tuple[tuple[Number, ...], ...]


def figure_rows(content: Content) -> list[Row]:
    """Return every quantity after the last pass, a column a device; spreads where there are replicates.

    Parameters
    ----------
    content : Content — of a treatment or a comparison [-]

    """
    return list(_figure_rows(content))


def _figure_rows(content: Content) -> Iterator[Row]:
    layers = [layer["name"] for layer in content.at(f"{content.places[0]}layers")]
    for name, variable in VARIABLES.items():
        unit = PRETTY_UNITS.get(variable.unit, variable.unit)
        if variable.dims == ():
            yield _row(content, name, variable.meaning, unit, name, "")
        elif variable.dims == ("pass",):
            yield _row(content, name, variable.meaning, unit, name, ".-1")
        elif variable.dims == ("pass", "depth"):
            yield _row(content, name, f"{variable.meaning}; at the smallest depth", unit, name, ".-1.0")
        elif variable.dims == ("hits", "pass", "depth"):
            for hits in range(len(content.at(f"{content.places[0]}{name}"))):
                words = f"{variable.meaning}; {hits} hits, at the smallest depth"
                yield _row(content, f"{name}[{hits}]", words, unit, f"{name}.{hits}", ".-1.0", parent=name)
        elif variable.dims == ("statistic",):
            for statistic in STATISTICS:
                yield _row(content, f"{name}.{statistic}", variable.meaning, unit, name, f".{statistic}")
        else:
            key = LAYER_KEYS[name]
            for number, layer in enumerate(layers):
                words = f"{LAYER_WORDS[layer]}: {variable.meaning}"
                last = ".-1" if "pass" in variable.dims else ""
                yield _row(content, f"layers.{layer}.{key}", words, unit, f"layers.{number}.{key}", last)


def _row(
    content: Content, quantity: str, meaning: str, unit: str, path: str, last: str, parent: str | None = None
) -> Row:
    cells = []
    for place in content.places:
        found = [content.number(f"{place}{path}{last}", words=_exact)]
        if parent is None and content.at(f"{place}{path}_band") is not None:
            base = f"{place}{path}"
            band = _band_paths(base, last)
            found += [
                content.number(f"{base}_sd{last}", words=_exact),
                *(content.number(way, words=_exact) for way in band),
            ]
        cells.append(tuple(found))
    return Row(quantity, meaning, unit, tuple(cells))


def _band_paths(base: str, last: str) -> tuple[str, str]:
    """Both ends of a band; of a statistic they lie under the statistic's name."""
    if last.removeprefix(".") in STATISTICS:
        return f"{base}_band{last}.0", f"{base}_band{last}.1"
    return f"{base}_band.0{last}", f"{base}_band.1{last}"


def _exact(value: float) -> str:
    """Four significant digits: enough to compare, short enough for a table; the value itself is in the markup."""
    return f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"


def session_table(content: Content) -> tuple[list[str], list[list[Number]]]:
    """Return the sessions of a programme as a table: header, a row a session.

    Parameters
    ----------
    content : Content — of a programme [-]

    """
    sessions = content.data["sessions"]
    keys = [
        key
        for key, value in sessions[0].items()
        if isinstance(value, (int, float, str)) and not isinstance(value, bool)
    ]
    rows = []
    for number, session in enumerate(sessions):
        plain = [content.number(f"sessions.{number}.{key}", words=_exact) for key in keys]
        layers = [
            content.number(f"sessions.{number}.layers.{place}.{part}", words=_exact)
            for place in range(len(session["layers"]))
            for part in ("density_per_cm2", "volume_fraction")
        ]
        rows.append([*plain, *layers])
    names = [layer["name"] for layer in sessions[0]["layers"]]
    header = [*keys, *(f"{name}_{part}" for name in names for part in ("density_per_cm2", "volume_fraction"))]
    return header, rows


def quantities(result: Shown, content: Content) -> list[dict[str, Any]]:
    """Return every array of the JSON that a reader can have shown: label, unit, path, names and labels of its axes.

    Parameters
    ----------
    result : Treatment, Comparison or Programme — what the page shows [-]
    content : Content — its JSON object [-]

    """
    found = []
    if not isinstance(result, Programme):
        for label, place in zip(content.labels, content.places, strict=True):
            found += list(_arrays(content, label, place))
    for label, place in zip(content.labels, content.aftermaths, strict=True):
        for group, axis in (("closure", "hours"), ("delivery", "hours"), ("course", "days")):
            found += list(_courses(content, label, f"{place}{group}", axis))
    if isinstance(result, Programme):
        found += list(_courses(content, result.plan.title, "course", "days"))
    return found


def _arrays(content: Content, label: str, place: str) -> Iterator[dict[str, Any]]:
    axes = {"pass": f"{place}passes", "depth": f"{place}depths_um"}
    for name, variable in VARIABLES.items():
        dims = variable.dims
        unit = PRETTY_UNITS.get(variable.unit, variable.unit)
        for suffix, ways, words in (
            ("", ("",), ("",)),
            ("_sd", ("",), ("sd of ",)),
            ("_band", (".0", ".1"), ("5 % of ", "95 % of ")),
        ):
            for way, spoken in zip(ways, words, strict=True):
                if dims in (("pass",), ("pass", "depth")):
                    yield from _offered(
                        content, f"{label}: {spoken}{variable.meaning}", unit, f"{place}{name}{suffix}{way}", dims, axes
                    )
                elif dims == ("hits", "pass", "depth"):
                    for hits in range(4):
                        text = f"{label}: {spoken}{variable.meaning}; {hits} hits"
                        path = f"{place}{name}{suffix}{way}.{hits}"
                        yield from _offered(content, text, unit, path, dims[1:], axes)
                elif dims == ("layer", "pass"):
                    for number, layer in enumerate(content.at(f"{place}layers")):
                        text = f"{label}: {spoken}{variable.meaning}; {LAYER_WORDS[layer['name']]}"
                        path = f"{place}layers.{number}.{LAYER_KEYS[name]}{suffix}{way}"
                        yield from _offered(content, text, unit, path, dims[1:], axes)


def _offered(
    content: Content, label: str, unit: str, path: str, dims: tuple[str, ...], axes: dict[str, str]
) -> Iterator[dict[str, Any]]:
    value = content.at(path)
    if not isinstance(value, list) or len(value) * (len(value[0]) if isinstance(value[0], list) else 1) > MOST_CELLS:
        return
    named = [{"name": f"{dim} [µm]" if dim == "depth" else dim, "from": axes[dim].split(".")} for dim in dims]
    yield {"label": f"{label} [{unit}]", "unit": unit, "path": path.split("."), "axes": named}


def _courses(content: Content, label: str, path: str, axis: str) -> Iterator[dict[str, Any]]:
    group = content.at(path)
    if not isinstance(group, dict) or axis not in group:
        return
    for name, value in group.items():
        if not isinstance(value, list) or name == axis:
            continue
        ways = ((".0", ", low"), (".1", ", high")) if name.endswith("_band") else (("", ""),)
        for way, words in ways:
            yield {
                "label": f"{label}: {path.rsplit('.', 1)[-1]}, {name.removesuffix('_band').replace('_', ' ')}{words}",
                "unit": "",
                "path": f"{path}.{name}{way}".split("."),
                "axes": [{"name": axis, "from": f"{path}.{axis}".split(".")}],
            }


def input_groups(content: Content) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return every input under its key, in groups.

    Parameters
    ----------
    content : Content — the JSON object [-]

    """
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    places = content.places if "devices" in content.data else ("",)
    for number, place in enumerate(places):
        inputs = content.at(f"{place}inputs")
        inputs = {**inputs, **inputs["treatment"]} if "treatment" in inputs else inputs
        groups.append((f"Roller {inputs['device']['name']}", list(_flat("", inputs["device"]))))
        if number:
            continue
        rest = {key: value for key, value in inputs.items() if key not in ("device", "site", "treatment", "layers")}
        groups.insert(0, ("Technique, region, seed", list(_flat("", rest))))
        groups.insert(1, (f"Skin: {inputs['site']['title']}", list(_flat("", inputs["site"]))))
    return groups


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else key, item)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            named = item.get("name", number) if isinstance(item, dict) else number
            yield from _flat(f"{prefix}.{named}" if prefix else str(named), item)
    elif isinstance(value, list):
        yield prefix, ", ".join(str(item) for item in value) or "–"
    else:
        yield prefix, "–" if value is None or value == "" else str(value)


def source_rows(content: Content) -> list[dict[str, Any]]:
    """Return the sources of all devices, each once.

    Parameters
    ----------
    content : Content — the JSON object [-]

    """
    places = content.places if "devices" in content.data else ("",)
    rows = [row for place in places for row in content.at(f"{place}sources") or []]
    return list({row["key"]: row for row in rows}.values())


def versions(content: Content) -> dict[str, str]:
    """Return the versions that the numbers depend on.

    Parameters
    ----------
    content : Content — the JSON object [-]

    """
    found: dict[str, str] = content.at("versions") or content.at(f"{content.places[0]}versions")
    return found
