"""`dermaroll coverage` and `dermaroll compare`: treat skin and show what it leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ...data.checks import refuse
from . import options
from .show import Working, hand_out, print_notes, print_table, say

if TYPE_CHECKING:
    from ..treatment.comparison import Comparison
    from ..treatment.result import Treatment

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
    long: options.Long = False,
    notes: options.Notes = False,
) -> None:
    """Roll one device over a skin site, or several: channels, depth, coverage of each layer."""
    options.check_files(output, report)
    from dataclasses import replace

    from ..treatment.comparison import DEFAULT_ACTIVE
    from ..treatment.comparison import compare as compare_devices
    from ..treatment.treating import treat

    if len(setup.site) > 1:
        if sensitivity:
            raise refuse("sensitivity", True, "one site")
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
    hand_out(result, format, output, report=report, table=lambda: _print(result, every=long))
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
    """Roll several devices over the same skin, side by side; on several sites with --site repeated."""
    options.check_files(output, report)
    from dataclasses import replace

    from ..treatment.comparison import DEFAULT_ACTIVE
    from ..treatment.comparison import compare as compare_devices

    places, technique, rest = setup.arguments_of_sites()
    care = replace(care, active=care.active or DEFAULT_ACTIVE)
    with Working(f"{len(devices)} rollers on {len(places)} site{'s' * (len(places) > 1)}, replicates") as shown:
        result = compare_devices(devices, places, technique, **rest, **care.arguments(), progress=shown)
    hand_out(result, format, output, report=report, table=lambda: _print(result, every=long))
    print_notes(result, every=notes or long)


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
