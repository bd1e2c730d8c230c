"""What the inspector is worked with: sliders, boxes to tick, keys, clicks, and the words in its window.

In: an `Inspector` whose panes are there. Out: widgets and listeners that call its methods.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyvista

from ...data.thickness import LAYER_WORDS
from ..palette import DRUM, INK, LAYER_COLOURS, STEEL, channel_colour
from ..scene.cameras import STANDS
from ..scene.lettering import add_colour_bar, line_px, write
from ..scene.parts import COLOURS
from .inspector import SCALE_LINES, ZOOM, Inspector

BACKING = 0.85  # of white behind words over the scene
CLICK_PX = 4  # a mouse that moves less between press and release has clicked
KEYS = (
    *((key, stand.name) for key, stand in STANDS.items()),
    ("Left Right", "one pass less or more"),
    ("Up Down", "cut less or more away"),
    ("r", "roll this pass"),
    ("s", "save a picture"),
    ("h", "show or hide these keys"),
    ("q", "quit"),
)


def add_controls(inspector: Inspector, size: tuple[int, int]) -> None:
    """Add sliders, boxes and words; they stand in the first pane and in the last.

    Parameters
    ----------
    inspector : Inspector — whose window [-]
    size : (int, int) — of the window [pixels]

    """
    plotter, panes, line = inspector.plotter, inspector.panes, line_px(size)
    plotter.subplot(0, len(panes) - 1)
    right = size[0] // len(panes)
    last = panes[-1]
    if last.channels is not None:
        # At the foot, lying: nothing of the scene is behind it.
        bar = (
            1 - SCALE_LINES * line / right,
            2.2 * line / size[1],
            (SCALE_LINES - 2) * line / right,
            2.4 * line / size[1],
        )
        add_colour_bar(plotter, last.channels.mapper, " ", bar, line, upright=False, backed=True)
        write(plotter, COLOURS["depth"], (bar[0] * right, 5.2 * line), line, veil=BACKING)
    inspector.texts["facts"] = write(plotter, " ", (right - 29 * line, size[1] - 12 * line), line, veil=BACKING)
    inspector.texts["facts"].VisibilityOff()
    plotter.subplot(0, 0)
    inspector.texts["status"] = write(
        plotter, "h: keys   f: the skin   wheel: zoom to the pointer", (line, 0.6 * line), line, veil=BACKING
    )
    words = "\n".join(f"{key}   {meaning}" for key, meaning in KEYS)
    inspector.texts["keys"] = write(plotter, words, (0.45 * right, 11 * line), line, veil=BACKING)
    inspector.texts["keys"].VisibilityOff()
    inspector.sliders = _add_sliders(inspector, len(panes))
    inspector.boxes = _add_boxes(inspector, line)


def _add_sliders(inspector: Inspector, columns: int) -> dict[str, Any]:
    passes = max(parts.treatment.technique.passes for parts in inspector.panes)
    deepest = 1000 * max(parts.edges_mm[-1] for parts in inspector.panes) - 20.0
    # In a window of one pane the colour scale stands beside them, at the right.
    ends_at = 0.97 if columns > 1 else 0.72
    wanted = (
        ("pass", (1, max(passes, 2)), passes, "pass", inspector.slide_pass, (0.03, 0.46 * ends_at)),
        ("cut", (0.0, float(deepest)), 0.0, "cut at depth [µm]", inspector.slide_cut, (0.57 * ends_at, ends_at)),
    )
    sliders = {}
    for name, ends, value, title, callback, (start, stop) in wanted:
        sliders[name] = inspector.plotter.add_slider_widget(
            callback,
            ends,
            value=value,
            title=title,
            pointa=(start / columns, 0.085),
            pointb=(stop / columns, 0.085),
            interaction_event="always",
            style="modern",
            color=INK,
            title_color=INK,
            title_height=0.022,
            fmt="%.0f",
            slider_width=0.02,
            tube_width=0.006,
        )
        # Held, PyVista's own handle would turn pink.
        sliders[name].GetRepresentation().GetSelectedProperty().SetColor(
            *pyvista.Color(channel_colour(900.0)).float_rgb
        )
    return sliders


def _add_boxes(inspector: Inspector, line: float) -> dict[str, Any]:
    """Add a box to tick for each layer, in its colour, and for roller, channels and what stays open."""
    treatment = inspector.panes[0].treatment
    rows: list[tuple[str, str, str, bool]] = [
        (layer.name, LAYER_WORDS[layer.name], LAYER_COLOURS[layer.name], True) for layer in treatment.site.layers
    ]
    rows += [("roller", "roller", DRUM, True), ("channels", "channels", STEEL, True)]
    rows += [("residual", "needle gone", channel_colour(900.0), False)]
    boxes = {}
    for number, (name, words, colour, on) in enumerate(rows):
        foot = box_foot(number, len(rows), line)
        boxes[name] = inspector.plotter.add_checkbox_button_widget(
            _toggler(inspector, name),
            value=on,
            position=(line, foot),
            size=round(1.25 * line),
            border_size=max(1, round(line / 8)),
            color_on=colour,
            color_off="white",
            background_color=INK,
        )
        write(inspector.plotter, words, (2.8 * line, foot), line, veil=BACKING)
    return boxes


def box_foot(number: int, count: int, line: float) -> float:
    """Return where a box to tick stands over the lower edge of the window.

    Parameters
    ----------
    number, count : int — which box from above, 0 first, and of how many [-]
    line : float — height of a line [pixels]

    """
    return (9.0 + 1.7 * (count - 1 - number)) * line


def _toggler(inspector: Inspector, name: str) -> Callable[..., None]:
    def run(*_: object) -> None:
        inspector.toggle(name)

    return run


def listen(inspector: Inspector) -> None:
    """Hear keys and clicks before PyVista's and VTK's own keys do, which would wire-frame or close the scene.

    Parameters
    ----------
    inspector : Inspector — what is told of them [-]

    """
    interactor = inspector.plotter.iren.interactor
    tags: dict[str, int] = {}

    def on_key(caller: Any, event: str) -> None:
        ours = caller.GetKeySym() in {key for keys, _ in KEYS for key in keys.split()}
        if ours and event == "KeyPressEvent":
            inspector.key(caller.GetKeySym())
        if caller.GetKeySym() != "q":
            caller.GetCommand(tags[event]).AbortFlagOn()

    def on_press(caller: Any, _: str) -> None:
        inspector.pressed_at = caller.GetEventPosition()

    def on_end(*_: Any) -> None:
        x, y = interactor.GetEventPosition()
        if max(abs(x - inspector.pressed_at[0]), abs(y - inspector.pressed_at[1])) < CLICK_PX:
            inspector.click(x, y)
        else:
            inspector.turned()

    def on_wheel(caller: Any, event: str) -> None:
        times = ZOOM if event == "MouseWheelForwardEvent" else 1 / ZOOM
        x, y = caller.GetEventPosition()
        inspector.zoom_at(x, y, times)
        caller.GetCommand(tags[event]).AbortFlagOn()

    for event in ("KeyPressEvent", "CharEvent"):
        tags[event] = interactor.AddObserver(event, on_key, 1.0)
    for event in ("MouseWheelForwardEvent", "MouseWheelBackwardEvent"):
        tags[event] = interactor.AddObserver(event, on_wheel, 1.0)
    # Above the style, which starts to turn the scene, and below the widgets, which take their own clicks.
    interactor.AddObserver("LeftButtonPressEvent", on_press, 0.25)
    interactor.AddObserver("EndInteractionEvent", on_end)
    inspector.plotter.iren.style.AddObserver("EndInteractionEvent", on_end)
