"""`dermaroll coverage` and `dermaroll compare`: treat skin and show what it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import options
from .show import hand_out, print_notes, print_table

if TYPE_CHECKING:
    from ..treatment.comparison import Comparison
    from ..treatment.result import Treatment

PASSES_SHOWN = 8  # rows of the table by pass: enough to see the course, few enough to read
BY_PASS = (
    "density_per_cm2",
    "largest_gap_mm",
    "mean_distance_to_channel_mm",
    "surface_coverage",
    "surface_expected_coverage",
)


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
    long: options.Long = False,
    notes: options.Notes = False,
) -> None:
    """Roll one device over a skin site: channels, depth, coverage of each layer."""
    options.check_files(output, report)
    from dataclasses import replace

    from ..treatment.comparison import DEFAULT_ACTIVE
    from ..treatment.treating import treat

    # A report says what follows, so that its result, like every other output of the run, holds it.
    care = replace(care, active=DEFAULT_ACTIVE if report and care.active is None else care.active)
    site, technique, rest = setup.arguments()
    follows = aftermath or care.active is not None or care.occluded
    result = treat(device, site, technique, **rest, **care.arguments(), sensitivity=sensitivity, aftermath=follows)
    if hand_out(result, format, output, report=report):
        _print(result, (result,), every=long, follows=follows)
        _print_passes(result)
        _print_sensitivity(result)
    print_notes(result, every=notes or long)


@options.with_setup
def compare(
    devices: options.Devices,
    setup: options.Setup,
    care: options.Care,
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: options.Outputs = None,
    report: options.Report = None,
    long: options.Long = False,
    notes: options.Notes = False,
) -> None:
    """Roll several devices over the same skin, side by side."""
    options.check_files(output, report)
    from dataclasses import replace

    from ..treatment.comparison import DEFAULT_ACTIVE
    from ..treatment.comparison import compare as compare_devices

    site, technique, rest = setup.arguments()
    care = replace(care, active=care.active or DEFAULT_ACTIVE)
    result = compare_devices(devices, site, technique, **rest, **care.arguments())
    if hand_out(result, format, output, report=report):
        _print(result, result.treatments, every=long, follows=True)
    print_notes(result, every=notes or long)


def _print(result: Treatment | Comparison, treatments: tuple[Treatment, ...], *, every: bool, follows: bool) -> None:
    from ..treatment.result import NOTICE
    from ..treatment.text_table import headline, marks_explained, summary_rows

    print_table(
        headline(treatments[0]),
        ["after the last pass", *(treatment.device.name for treatment in treatments)],
        (
            [row.quantity + (f" [{row.unit}]" if row.unit else ""), *row.cells]
            for row in summary_rows(treatments, every=every)
        ),
    )
    if explained := marks_explained(treatments):
        print(explained)
    if every:
        sources = {key: None for treatment in treatments for key in treatment.source_keys}
        print(f"sources: {', '.join(sources)}")
    if follows:
        print(NOTICE)


def _print_passes(result: Treatment) -> None:
    import numpy as np

    from ..treatment.digits import figure
    from ..treatment.quantities import QUANTITIES

    total = result.technique.passes
    shown = np.unique(np.rint(np.geomspace(1, total, PASSES_SHOWN)).astype(int))
    told = [QUANTITIES[name] for name in BY_PASS]
    columns = [quantity.scale * result.mean(quantity.key) for quantity in told]
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
