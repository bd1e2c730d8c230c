"""`dermaroll coverage` and `dermaroll compare`: treat skin and show what it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options
from .show import hand_out, print_table

if TYPE_CHECKING:
    from ..treatment.comparison import Comparison
    from ..treatment.digits import Row
    from ..treatment.result import Treatment

PASSES_SHOWN = 8  # rows of the table by pass: enough to see the course, few enough to read


@options.with_setup
def coverage(
    device: options.Device,
    setup: options.Setup,
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: options.Outputs = None,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Say which input the spread of the depth comes from.")
    ] = False,
    active: Annotated[
        str | None, typer.Option("--active", help="Also say what follows: uptake of this active, collagen, risk.")
    ] = None,
    dose: Annotated[float, typer.Option("--dose", help="Of the active, in ug/cm2.")] = 100.0,
    report: options.Report = None,
) -> None:
    """Roll one device over a skin site: channels, depth, coverage of each layer."""
    options.check_files(output, report)
    from ...data.catalog import DOSES
    from ...data.catalog import active as find_active
    from ..treatment.following import with_aftermath
    from ..treatment.session import DEFAULT_ACTIVE, NOTICE, outcome_rows
    from ..treatment.treating import treat

    # A report says what follows, so that its result, like every other output of the run, holds it.
    asked = DEFAULT_ACTIVE if report and active is None else active
    substance = None if asked is None else find_active(asked)
    DOSES.number("dose_ug_per_cm2", dose)
    site, technique, rest = setup.arguments()
    result = treat(device, site, technique, **rest, sensitivity=sensitivity)
    if substance is not None:
        result = with_aftermath(result, substance, dose_ug_per_cm2=dose)
    followed = (result.aftermath,) if result.aftermath else ()
    _deliver(result, (result,), format, output, report, outcome_rows(followed))
    if format is options.Format.TABLE:
        _print_passes(result)
        _print_sensitivity(result)
        if followed:
            print(NOTICE)


@options.with_setup
def compare(
    devices: options.Devices,
    setup: options.Setup,
    active: Annotated[str, typer.Option("--active", help="Active whose uptake is compared.")] = "ascorbic-acid",
    dose: Annotated[float, typer.Option("--dose", help="Of the active, in ug/cm2.")] = 100.0,
    format: options.OutputFormat = options.Format.TABLE,  # noqa: A002 - the option's name
    output: options.Outputs = None,
    report: options.Report = None,
) -> None:
    """Roll several devices over the same skin, side by side."""
    options.check_files(output, report)
    from ..treatment.comparison import compare as compare_devices
    from ..treatment.session import NOTICE, outcome_rows

    site, technique, rest = setup.arguments()
    result = compare_devices(devices, site, technique, **rest, active=active, dose_ug_per_cm2=dose)
    _deliver(result, result.treatments, format, output, report, outcome_rows(result.aftermaths))
    if format is options.Format.TABLE:
        print(NOTICE)


def _deliver(
    result: Treatment | Comparison,
    treatments: tuple[Treatment, ...],
    format: options.Format,  # noqa: A002
    output: list[Path] | None,
    report: Path | None,
    more: Sequence[Row] = (),
) -> None:
    from ..treatment.text_table import headline, marks_explained, summary_rows

    if not hand_out(result, result.warnings, format, output, report=report):
        return
    print_table(
        headline(treatments[0]),
        ["after the last pass", "", *(treatment.device.name for treatment in treatments)],
        ([row.quantity, row.unit, *row.cells] for row in [*summary_rows(treatments), *more]),
    )
    if explained := marks_explained(treatments):
        print(explained)


def _print_passes(result: Treatment) -> None:
    import numpy as np

    from ..treatment.digits import figure

    total = result.technique.passes
    shown = np.unique(np.rint(np.geomspace(1, total, PASSES_SHOWN)).astype(int))
    names = ("density_per_cm2", "largest_gap_mm", "mean_distance_to_channel_mm")
    columns = [result.mean(name) for name in names] + [100 * result.mean("coverage")[:, 0]]
    columns += [100 * result.mean("expected_coverage")[:, 0]]
    print_table(
        "by pass, at the surface",
        ["pass", "channels per cm2", "largest gap mm", "mean distance mm", "covered %", "by chance %"],
        ([str(number), *(figure(float(column[number - 1])) for column in columns)] for number in shown),
    )


def _print_sensitivity(result: Treatment) -> None:
    found = result.sensitivity
    if found is None:
        return
    print_table(
        f"spread of the mean peak depth, {found.mean_um:.0f} ± {found.sd_um:.0f} um, by its inputs (Sobol indices)",
        ["input", "drawn with", "alone", "with interactions"],
        (
            [name, f"± {100 * variation:.0f} %", f"{first:.2f}", f"{total:.2f}"]
            for name, variation, first, total in zip(
                found.inputs, found.variation, found.first_order, found.total_order, strict=True
            )
        ),
    )
