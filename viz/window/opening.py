"""Opening the inspector's window on one or two treatments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...data.checks import refuse
from ...roller.treatment.result import Treatment
from ..gl import renders_in_software
from ..scene.drawing import add_outline, depth_axis, ground_bar, new_plotter, start_along_x
from ..scene.lettering import add_title, line_px, title_lines
from ..scene.parts import SLICE_MM, add_parts, stage_of
from ..section import SHALLOW_UM
from .backdrop import add_backdrop
from .controls import add_controls, listen
from .inspector import Inspector

MOST_DEVICES = 2
INSPECTED_MM = (150.0, 150.0)  # of the region at most: 50,000 channels after 15 passes of the standard roller
SAMPLES = 4  # a pixel, to smooth edges; in software each costs time
SMOOTH_UP_TO = 10_000  # channels


def build_inspector(
    treatments: Sequence[Treatment],
    *,
    size: tuple[int, int] = (1400, 900),
    off_screen: bool = False,
    folder: Path | None = None,
) -> Inspector:
    """Return an inspector whose window is not yet open.

    Parameters
    ----------
    treatments : sequence of Treatment — one or two, shown side by side [-]
    size : (int, int) — width and height of the window [pixels]
    off_screen : bool — without a window, for tests [-]
    folder : Path or None — where pictures are saved; None: where the program runs [-]

    """
    if not 1 <= len(treatments) <= MOST_DEVICES:
        raise refuse("devices", len(treatments), "one or two in a window; --sheet draws more")
    plotter = new_plotter(size, off_screen=off_screen, shape=(1, len(treatments)))
    pane_size = (size[0] // len(treatments), size[1])
    panes = []
    axes: dict[str, list[Any]] = {"coarse": [], "fine": []}
    for number, treatment in enumerate(treatments):
        plotter.subplot(0, number)
        parts = add_parts(plotter, treatment, stage_of(treatment, INSPECTED_MM, SLICE_MM))
        add_outline(plotter, parts)
        ground_bar(plotter, parts, line_px(size))
        width = parts.stage.bounds[2] - parts.stage.bounds[0]
        axes["coarse"] += depth_axis(plotter, parts, pane_size, 2 * width)
        axes["fine"] += depth_axis(plotter, parts, pane_size, 2.0, SHALLOW_UM / 1000, "fine depth axis")
        add_title(plotter, title_lines(treatment), pane_size, line_px(size))
        add_backdrop(plotter)
        panes.append(parts)
    count = sum(parts.order.size for parts in panes)
    if count <= SMOOTH_UP_TO and not renders_in_software():
        plotter.enable_anti_aliasing("msaa", multi_samples=SAMPLES, all_renderers=True)
    else:
        plotter.render_window.SetMultiSamples(0)
    views = [start_along_x(parts) for parts in panes]
    inspector = Inspector(plotter, tuple(panes), views, folder or Path(), axes=axes)
    add_controls(inspector, size)
    plotter.link_views()
    inspector.stand("1")
    listen(inspector)
    return inspector


def open_inspector(treatments: Sequence[Treatment], *, size: tuple[int, int] = (1400, 900)) -> None:
    """Open a window and look at treatments until it is closed.

    Parameters
    ----------
    treatments : sequence of Treatment — one or two, shown side by side [-]
    size : (int, int) — width and height of the window [pixels]

    """
    inspector = build_inspector(treatments, size=size)
    inspector.plotter.show(title="dermaroll")
