"""`dermaroll coverage` and `dermaroll compare`: treat skin and show what it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...data.checks import refuse
from . import options
from .show import Working, hand_out, print_notes, print_table, say

if TYPE_CHECKING:
    from ..treatment.comparison import Comparison
    from ..treatment.result import Treatment
    from ..zones.result import SurfaceTreatment

PASSES_SHOWN = 8  # rows of the table by pass: enough to see the course, few enough to read
BY_PASS = (
    "density_per_cm2",
    "surface_coverage",
    "evenness_cv",
    "largest_gap_mm",
    "surface_expected_coverage",
    "evenness_cv_by_chance",
    "mean_distance_to_channel_mm",
)
PASS_COLUMNS = 4  # of the short table


@options.with_setup
def coverage(
    device: options.Device,
    setup: options.Setup,
    care: options.Care,
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: options.Outputs = None,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Say which input the spread of the depth comes from.")
    ] = False,
    aftermath: Annotated[
        bool, typer.Option("--aftermath", help="Also say what follows: recovery, collagen, risk.")
    ] = False,
    report: options.Report = None,
    reader: options.For = options.Reader.CLINIC,
    plot: options.Plot = None,
    cite: options.Cite = None,
    long: options.Long = False,
    notes: options.Notes = False,
    surface: options.Surface = None,
    unit: options.Unit = None,
    zone: options.Zones = None,
) -> None:
    """Roll one device over a skin site, or several, or a body: channels, depth, coverage of each layer."""
    options.check_files(output, report, reader, plot=plot, cite=cite)
    if not _no_body(surface, unit, zone):
        if reader is options.Reader.PATIENT:
            raise refuse("for", reader.value, "clinic on a surface")
        rest = setup.arguments_of_body(str(surface), unit, zone) | care.arguments()
        rest |= {"sensitivity": sensitivity, "aftermath": aftermath or care.active is not None or care.occluded}
        _over_a_body([device], rest, format, output, report, plot, cite, every=long, notes=notes)
        return
    from dataclasses import replace

    from ..treatment.comparison import DEFAULT_ACTIVE
    from ..treatment.comparison import compare as compare_devices
    from ..treatment.treating import treat

    if len(setup.site) > 1:
        if sensitivity or reader is options.Reader.PATIENT:
            raise refuse("site", ", ".join(setup.site), "one site with --sensitivity and with --for patient")
        places, technique, rest = setup.arguments_of_sites()
        with Working(f"{device} on {len(places)} sites, replicates") as shown:
            result: Treatment | Comparison = compare_devices(
                [device], places, technique, **rest, **care.arguments(), progress=shown
            )
    else:
        # A report says what follows, so that its result, like every other output of the run, holds it.
        care = replace(care, active=DEFAULT_ACTIVE if report and care.active is None else care.active)
        site, technique, rest = setup.arguments()
        follows = aftermath or care.active is not None or care.occluded
        rest |= care.arguments() | {"sensitivity": sensitivity, "aftermath": follows}
        with Working(f"{device} on {site.title.lower()}, replicates") as shown:
            result = treat(device, site, technique, **rest, progress=shown)
    files: dict[str, Any] = {"report": report, "reader": reader, "plot": plot, "cite": cite}
    hand_out(result, format, output, **files, table=lambda: _print(result, every=long))
    print_notes(result, every=notes or long)


@options.with_setup
def compare(
    devices: options.Devices,
    setup: options.Setup,
    care: options.Care,
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: options.Outputs = None,
    report: options.Report = None,
    plot: options.Plot = None,
    cite: options.Cite = None,
    long: options.Long = False,
    notes: options.Notes = False,
    equal_density: Annotated[
        float | None,
        typer.Option("--equal-density", help="Channels per cm2 that passes, and a pen's drag speed, are found for."),
    ] = None,
    surface: options.Surface = None,
    unit: options.Unit = None,
    zone: options.Zones = None,
) -> None:
    """Treat several devices over the same skin, side by side; on several sites with --site repeated; or over a body."""
    options.check_files(output, report, plot=plot, cite=cite)
    if not _no_body(surface, unit, zone):
        if len(devices) < 2:
            raise refuse("devices", ", ".join(devices), "two or more devices")
        if equal_density is not None:
            raise refuse("equal_density", equal_density, "none on a surface")
        rest = setup.arguments_of_body(str(surface), unit, zone) | care.arguments()
        _over_a_body(devices, rest, format, output, report, plot, cite, every=long, notes=notes)
        return
    from dataclasses import replace

    from ..treatment.comparison import DEFAULT_ACTIVE
    from ..treatment.comparison import compare as compare_devices

    places, technique, rest = setup.arguments_of_sites()
    care = replace(care, active=care.active or DEFAULT_ACTIVE)
    rest |= care.arguments() | {"equal_density_per_cm2": equal_density}
    with Working(f"{len(devices)} devices on {len(places)} site{'s' * (len(places) > 1)}, replicates") as shown:
        result = compare_devices(devices, places, technique, **rest, progress=shown)
    files: dict[str, Any] = {"report": report, "plot": plot, "cite": cite}
    hand_out(result, format, output, **files, table=lambda: _print(result, every=long))
    print_notes(result, every=notes or long)


def _no_body(surface: str | None, unit: str | None, zones: list[str] | None) -> bool:
    """Whether flat skin is meant; options of a body without one are refused."""
    options.only_on_a_body(surface, unit=unit, zone=zones)
    return surface is None


def _over_a_body(
    devices: list[str],
    rest: dict[str, Any],
    format: options.Format,  # noqa: A002 - the option's name
    output: options.Outputs,
    report: options.Report,
    plot: options.Plot,
    cite: options.Cite,
    *,
    every: bool,
    notes: bool,
) -> None:
    """Roll over the zones of a body and hand out what is found."""
    from ...data import catalog
    from ..insertion.support import set_to
    from ..treatment.comparison import techniques_of
    from ..zones.result import SurfaceComparison
    from ..zones.treating import treat

    records = [catalog.device(device) for device in devices]  # what can't be used is said before any work
    told = rest.pop("technique")
    hows = techniques_of(records, told) if len(records) > 1 else [told]
    for record, how in zip(records, hows, strict=True):
        set_to(record, how)
    found = []
    for record, how in zip(records, hows, strict=True):
        with Working(f"{record.name} over {rest['surface'].name}, zones") as shown:
            found.append(treat(record, technique=how, **rest, progress=shown))
    result = found[0] if len(found) == 1 else SurfaceComparison(tuple(found))

    files: dict[str, Any] = {"report": report, "plot": plot, "cite": cite}
    hand_out(result, format, output, **files, table=lambda: _print_body(found, every=every))
    print_notes(result, every=notes)


def _print_body(found: Sequence[SurfaceTreatment], *, every: bool) -> None:
    """Print the answer, what people ask first zone by zone, and with `every` all figures and a row a ring of each."""
    from ..coverage.motions import pace_words
    from ..treatment.result import NOTICE
    from ..treatment.text_table import marks_explained, passes_of, summary_table
    from ..zones.table import answer_on_body, device_table, zone_table

    say(answer_on_body(found))
    print()
    several = len(found) > 1
    if several:
        first, treated = found[0], [treatment for one in found for treatment in one.treatments]
        head = f"{first.surface.name}, {passes_of(treated)}, {first.technique.load_n:g} N"
        print_table(head, *device_table(found), left=2)
    for one in found if every or not several else ():
        name, how = f"{one.device.name} over {one.surface.name}", pace_words(one.device, one.technique)
        passes = passes_of(one.treatments)
        print_table(f"{name}, {passes}, {one.technique.load_n:g} N\n{how}", *zone_table(one))
        if every:
            print_table(f"{name}, every figure by zone", *summary_table(one.treatments, every=True))
            _print_rings(one)
    if every or not several:
        say(marks_explained(found[0].treatments[:1]))
    if every:
        sources = {key: None for one in found for key in one.source_keys}
        say(f"sources: {', '.join(sources)}")
    else:
        say(f"{'bands of each zone, ' * several}every figure, rings of needles, sources and notes: --long")
    say(NOTICE)


def _print_rings(result: SurfaceTreatment) -> None:
    """Print a row a ring of needles of each zone."""
    from ..treatment.digits import figure

    for zone in result.zones:
        rings = zip(zone.ring_density_per_cm2, zone.ring_peak_depth_um, zone.ring_missed_share, strict=True)
        print_table(
            f"{zone.zone.name}, by ring of needles",
            ["ring", "channels per cm2", "depth um", "landings above the skin %"],
            (
                [str(number), figure(float(density)), figure(float(depth)), figure(100 * float(missed))]
                for number, (density, depth, missed) in enumerate(rings, start=1)
            ),
        )


def _print(result: Treatment | Comparison, *, every: bool) -> None:
    """Print the answer, what people ask first, and with `every` all figures, pass by pass too."""
    from ..treatment.comparison import Comparison
    from ..treatment.result import NOTICE
    from ..treatment.text_table import answer, by_site, headline, marks_explained, overview, summary_table

    treatments = result.treatments if isinstance(result, Comparison) else (result,)
    say(answer(treatments))
    print()
    groups = by_site(treatments)
    told = len(groups) == 1 or every
    if len(groups) > 1:
        print_table(headline(*treatments), *overview(treatments), left=2)
    if told:
        for group in groups:
            print_table(headline(*group), *summary_table(group, every=every, first=not every))
    if told and (explained := marks_explained(treatments)):
        say(explained)
    if len(treatments) == 1:
        _print_passes(treatments[0], every=every)
        _print_sensitivity(treatments[0])
    if every:
        sources = {key: None for treatment in treatments for key in treatment.source_keys}
        say(f"sources: {', '.join(sources)}")
    else:
        say(
            "more figures, sources and notes: --long"
            if told
            else "every figure site by site, sources and notes: --long"
        )
    if treatments[0].aftercare is not None:
        say(NOTICE)


def _print_passes(result: Treatment, *, every: bool) -> None:
    import numpy as np

    from ..treatment.digits import figure
    from ..treatment.quantities import QUANTITIES

    total = result.technique.passes
    shown = np.unique(np.rint(np.geomspace(1, total, PASSES_SHOWN)).astype(int))
    told = [QUANTITIES[name] for name in (BY_PASS if every else BY_PASS[:PASS_COLUMNS])]
    columns = [quantity.scale * result.mean(quantity.key) for quantity in told]
    print()
    print_table(
        "by pass, at the surface",
        ["pass", *(f"{quantity.head} {quantity.shown_unit}" for quantity in told)],
        ([str(number), *(figure(float(column[number - 1])) for column in columns)] for number in shown),
    )


def _print_sensitivity(result: Treatment) -> None:
    if result.sensitivity is None:
        return
    found = result.sensitivity.shares
    print_table(
        f"spread of the mean peak depth, {found.mean_um:.0f} ± {found.sd_um:.0f} um, by where it comes from",
        ["", "alone", "with interactions"],
        (
            [name, f"{first:.2f}", f"{total:.2f}"]
            for name, first, total in zip(found.groups, found.first_order, found.total_order, strict=True)
        ),
    )
    ranked = sorted(zip(found.unknown_share, found.unknowns, strict=True), reverse=True)
    print_table(
        "what nobody knows, by constant of the model",
        ["", "share"],
        ([name.replace("_", " "), f"{share:.2f}"] for share, name in ranked),
    )
