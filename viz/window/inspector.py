"""The inspector: a window in which the roller is turned over the skin, pass by pass, cut by cut, channel by channel.

In: one or two treatments. Out: a PyVista window with sliders, boxes to tick and keys. What is shown is a `View`; every
event makes a new one, and `parts.show` changes the actors that are there.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyvista

from ...data.catalog import RollerSpec
from ...data.checks import InputError
from ...geometry.arrays import Array
from ...geometry.drum import drum_layout
from ...roller.output import replacing
from ..scene.cameras import STANDS, aim, corners, zoom
from ..scene.drawing import scene_points
from ..scene.lettering import line_px
from ..scene.parts import Parts, channels_shown, pose, show
from ..scene.view import View, rolling
from ..section import SHALLOW_UM
from .picking import channel_lines, nearest_channel, nearest_needle, needle_lines

BOXES_LINES, SCALE_LINES = 13.0, 17.0  # width of what stands at the left, and of the colour scale, in lines of text
SLIDERS_SHARE, TITLE_SHARE = 0.15, 0.09  # height of what stands at the foot and at the head
ZOOM = 1.2  # a notch of the wheel
BEFORE_FACE_MM = 0.5  # of the channels drawn in the section, which stand out of it a little
CUT_STEP_UM = 25.0  # of an arrow key
ARROWS = {
    "Left": ("pass", -1.0),
    "Right": ("pass", 1.0),
    "Up": ("cut", -CUT_STEP_UM),
    "Down": ("cut", CUT_STEP_UM),
}
SECTION_ONLY = {"5": SHALLOW_UM / 1000, "6": None}  # keys that look at the section, and how deep; None: all of it
ABOVE_SECTION = 1.25  # height of what a section's view shows over that of the skin
LEAST_ASPECT = {"5": 1.8, "6": 1.2}  # of what it shows, width over height, so that there is more than one channel
ROLLING_S = 8.0  # one pass, however fast pictures can be drawn
SAVED = "dermaroll-{name}-pass-{passes}{count}.png"


@dataclass
class Inspector:
    """An open inspector: its window, what it shows, and what was found by the last click.

    Parameters
    ----------
    plotter : Plotter — the window [-]
    panes : tuple of Parts — one a device [-]
    views : list of View — what each pane shows [-]
    folder : Path — where pictures are saved [-]
    texts : dict — actors of the words that change: 'facts', 'keys', 'status' [-]
    sliders : dict — widgets 'pass' and 'cut' [-]
    boxes : dict — widgets that show and hide, by name [-]
    found : (int, str, int) or None — pane, 'channel' or 'needle', index, of the last click [-]
    pressed_at : (int, int) — where the mouse was pressed last [pixels]
    rolls : bool — whether the roller is rolling [-]
    stood : str — key of the standard view that is shown; empty once the scene was turned by hand [-]
    axes : dict of list — actors of the axes of depth, 'coarse' and 'fine' [-]
    axes_at_mm : (float, float, float) — how far they have been moved from the left end of the section [mm]

    """

    plotter: pyvista.Plotter
    panes: tuple[Parts, ...]
    views: list[View]
    folder: Path
    texts: dict[str, Any] = field(default_factory=dict)
    sliders: dict[str, Any] = field(default_factory=dict)
    boxes: dict[str, Any] = field(default_factory=dict)
    found: tuple[int, str, int] | None = None
    pressed_at: tuple[int, int] = (-99, -99)
    rolls: bool = False
    stood: str = "1"  # the last standard view, empty once the scene was turned by hand
    axes: dict[str, list[Any]] = field(default_factory=dict)
    axes_at_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def view(self) -> View:
        """What the first pane shows [-]."""
        return self.views[0]

    def change(self, **what: Any) -> None:
        """Show something else in all panes.

        Parameters
        ----------
        what : fields of `View` — those that change [-]

        """
        for number, parts in enumerate(self.panes):
            before = self.views[number]
            now = replace(before, **what)
            if "passes" in what:
                now = replace(now, passes=min(now.passes, parts.treatment.technique.passes))
            show(parts, before, now)
            self.views[number] = now
        self._mark()
        self.plotter.render()

    def slide_pass(self, value: float) -> None:
        """Show the channels of so many passes; stops the rolling.

        Parameters
        ----------
        value : float — of the slider [-]

        """
        self.rolls = False
        if round(value) != self.view.passes or self.view.at is not None:
            self.change(passes=round(value), at=None, stands=None)

    def slide_cut(self, value: float) -> None:
        """Take away everything above a depth.

        Parameters
        ----------
        value : float — of the slider [um]

        """
        self.change(cut_um=float(value))

    def toggle(self, name: str) -> None:
        """Show or hide a layer, the roller or the channels, or change between peak and residual channels.

        Parameters
        ----------
        name : str — a layer, 'roller', 'channels' or 'residual' [-]

        """
        if name == "residual":
            self.change(residual=not self.view.residual)
        else:
            self.change(hidden=self.view.toggled(name).hidden)
            if self.stood:  # what is shown fills the window, again after something is hidden
                self.stand(self.stood)

    def click(self, x: int, y: int) -> None:
        """Tell what lies under a pixel: a channel, a needle, or nothing.

        Parameters
        ----------
        x, y : int — place in the window, from its lower left corner [pixels]

        """
        renderer = self.plotter.iren.interactor.FindPokedRenderer(x, y)
        pane = next((n for n, one in enumerate(self.plotter.renderers) if one is renderer), None)
        point = seen_point(renderer, x, y)
        self.found = None if pane is None or point is None else self._find(pane, point)
        self.texts["facts"].input = "\n".join(self.facts())
        self.texts["facts"].SetVisibility(self.found is not None)
        self._mark()
        self.plotter.render()

    def _find(self, pane: int, point: Array) -> tuple[int, str, int] | None:
        parts, view = self.panes[pane], self.views[pane]
        roller = parts.treatment.device
        if "roller" not in view.hidden and isinstance(roller, RollerSpec):
            needle = nearest_needle(roller, pose(parts, view), point)
            if needle is not None:
                return pane, "needle", needle
        if point[2] > 0.1:  # above the skin there is no channel
            return None
        channel = nearest_channel(parts.treatment, channels_shown(parts, view), point)
        return None if channel is None else (pane, "channel", channel)

    def facts(self) -> list[str]:
        """Return the words on what was clicked last."""
        if self.found is None:
            return [" "]
        pane, kind, index = self.found
        treatment = self.panes[pane].treatment
        roller = treatment.device
        name = [roller.title] if len(self.panes) > 1 else []
        if kind == "needle" and isinstance(roller, RollerSpec):
            return name + needle_lines(roller, index)
        return name + channel_lines(treatment, index)

    def _mark(self) -> None:
        """Put a ball around what was clicked, where it is now."""
        for parts in self.panes:
            parts.mark.visibility = False
        if self.found is None:
            return
        pane, kind, index = self.found
        parts, view = self.panes[pane], self.views[pane]
        roller = parts.treatment.device
        if kind == "needle" and isinstance(roller, RollerSpec):
            layout, reach = drum_layout(roller), roller.drum_radius_mm + 0.5 * roller.length_mm
            angle = layout.angle_rad[index]
            local = np.array([reach * np.sin(angle), layout.along_axle_mm[index], -reach * np.cos(angle)])
            matrix = pose(parts, view)
            place, radius = matrix[:3, :3] @ local + matrix[:3, 3], 0.6 * roller.length_mm
            parts.mark.visibility = "roller" not in view.hidden
        else:
            channels = parts.treatment.channels
            place = np.array([channels.x_mm[index], channels.y_mm[index], -view.cut_um / 1000])
            radius = max(0.12, 1.2 * channels.surface_diameter_um[index] / 1000)
            parts.mark.visibility = index in channels_shown(parts, view)
        parts.mark.position = tuple(place)
        parts.mark.scale = (radius,) * 3

    def stand(self, key: str) -> None:
        """Look from a standard direction.

        Parameters
        ----------
        key : str — '1' to '6', or 'f' [-]

        """
        width, height = self.plotter.window_size
        pane, line = width / len(self.panes), line_px((width, height))
        # Boxes stand at the left, the colour scale at the right; in narrow panes they may lie over it, on white.
        share = 1.0 if len(self.panes) == 1 or key in SECTION_ONLY else 0.45
        aside = (share * min(BOXES_LINES * line / pane, 0.3), 0.0)
        room = (*aside, SLIDERS_SHARE, TITLE_SHARE)
        aspect = pane / height * (1 - sum(aside)) / (1 - SLIDERS_SHARE - TITLE_SHARE)
        points = np.concatenate([self._points(parts, key, aspect) for parts in self.panes])
        aim(self.plotter.renderers[0].camera, STANDS[key], points, pane / height, room)
        for name, actors in self.axes.items():
            for actor in actors:
                actor.SetVisibility((name == "fine") == (key == "5"))
        self.stood = key
        self._clip()
        self.plotter.render()

    def _points(self, parts: Parts, key: str, aspect: float) -> Array:
        """What a standard view has to show: the section, the skin, or all that is there."""
        left, near, right, far = parts.stage.bounds
        if key in SECTION_ONLY:
            # As much of a face of many millimetres as fills the window when its depths are large enough to be read off.
            depth = SECTION_ONLY[key] or max(float(one.edges_mm[-1]) for one in self.panes)
            wide = min(right - left, ABOVE_SECTION * depth * max(aspect, LEAST_ASPECT[key]))
            from_mm = min(max(left, self._contact_mm() - wide / 2), right - wide)
            self._put_axes(from_mm - left)
            return corners((from_mm - 0.05 * wide, near, -depth), (from_mm + wide, near, (ABOVE_SECTION - 1) * depth))
        self._put_axes(0.0)
        if key == "f" or "roller" in self.view.hidden:
            return corners((left, near, -float(parts.edges_mm[-1])), (right, far, 0.0))
        return scene_points(parts)

    def _contact_mm(self) -> float:
        """Where the axles stand along the section, on average; in its middle where none is on a channel."""
        poses = [pose(parts, view) for parts, view in zip(self.panes, self.views, strict=True)]
        return float(np.mean([matrix[0, 3] for matrix in poses]))

    def _put_axes(self, along_mm: float) -> None:
        """Move the axes of depth along the section, to the left end of what is looked at."""
        place = (along_mm, -BEFORE_FACE_MM / 2 if along_mm else 0.0, 0.0)  # before the channels in the face
        for actor in (one for actors in self.axes.values() for one in actors):
            actor.AddPosition(*np.subtract(place, self.axes_at_mm))
        self.axes_at_mm = place

    def _clip(self) -> None:
        for renderer in self.plotter.renderers:
            renderer.ResetCameraClippingRange()
            if self.stood in SECTION_ONLY:  # what is in front of the section is cut away with the skin that was there
                face = renderer.camera.position[1] - self.panes[0].stage.bounds[1]
                renderer.camera.clipping_range = (abs(face) - BEFORE_FACE_MM, renderer.camera.clipping_range[1])

    def zoom_at(self, x: int, y: int, times: float) -> None:
        """Bring what lies under a pixel nearer, or further away; it stays under the pixel.

        Parameters
        ----------
        x, y : int — place in the window, from its lower left corner [pixels]
        times : float — above 1 nearer [-]

        """
        renderer = self.plotter.iren.interactor.FindPokedRenderer(x, y)
        point = seen_point(renderer, x, y)
        if point is None:  # in the plane of what is looked at
            renderer.SetWorldPoint(*renderer.camera.focal_point, 1.0)
            renderer.WorldToDisplay()
            renderer.SetDisplayPoint(x, y, renderer.GetDisplayPoint()[2])
            renderer.DisplayToWorld()
            world = np.array(renderer.GetWorldPoint())
            point = world[:3] / world[3]
        zoom(self.plotter.renderers[0].camera, point, times)
        self.stood = ""
        self._clip()
        self.plotter.render()

    def turned(self) -> None:
        """Note that the scene was turned by hand: it is not put back when something is hidden."""
        self.stood = ""

    def step(self, name: str, by: float) -> None:
        """Move a slider by a key.

        Parameters
        ----------
        name : str — 'pass' or 'cut' [-]
        by : float — how far [as the slider says]

        """
        shown = self.sliders[name].GetRepresentation()
        value = float(np.clip(shown.GetValue() + by, shown.GetMinimumValue(), shown.GetMaximumValue()))
        shown.SetValue(value)
        (self.slide_pass if name == "pass" else self.slide_cut)(value)

    def roll(self) -> None:
        """Roll the last pass shown as an animation; once more stops it."""
        if self.rolls:
            self.rolls = False
            return
        paths = [rolling(parts.made, view.passes) for parts, view in zip(self.panes, self.views, strict=True)]
        if not any(paths):
            self.say("this pass left no channel: there is nothing to roll")
            return
        self.rolls, start = True, time.monotonic()
        while self.rolls and (share := (time.monotonic() - start) / ROLLING_S) < 1.0:
            self.show_rolling(paths, share)
            self.plotter.iren.process_events()
        if self.rolls:
            self.rolls = False
            self.change(at=None, stands=None)

    def show_rolling(self, paths: Sequence[Sequence[tuple[int, float]]], share: float) -> None:
        """Show the rollers at a share of their way.

        Parameters
        ----------
        paths : sequence of sequences of (int, float) — places of the roller, from `view.rolling`, one a pane [mm]
        share : float — 0 at the start, 1 at the end [-]

        """
        for number, (parts, path) in enumerate(zip(self.panes, paths, strict=True)):
            if path:
                now = replace(self.views[number], at=path[min(int(share * len(path)), len(path) - 1)])
                show(parts, self.views[number], now)
                self.views[number] = now
        self._mark()
        self.plotter.render()

    def save(self) -> Path | None:
        """Save a picture under a name that is free, and say where; None if the folder can't be written."""
        path = free_name(self.folder, "-".join(parts.treatment.device.name for parts in self.panes), self.view.passes)
        try:
            with replacing(path) as temporary:
                self.plotter.screenshot(str(temporary))
        except InputError as error:
            # The window stays open: the same line as on the command line, where it can be read.
            self.say(str(error))
            return None
        self.say(f"saved {path}")
        return path

    def say(self, words: str) -> None:
        """Write a line in the window and on stderr.

        Parameters
        ----------
        words : str — what to say [-]

        """
        print(words, file=sys.stderr)
        self.texts["status"].input = words
        self.plotter.render()

    def key(self, name: str) -> bool:
        """Do what a key stands for; False if it stands for nothing here.

        Parameters
        ----------
        name : str — as the window system calls the key [-]

        """
        if name in STANDS:
            self.stand(name)
        elif name in ARROWS:
            self.step(*ARROWS[name])
        elif name == "r":
            self.roll()
        elif name == "s":
            self.save()
        elif name == "h":
            self.texts["keys"].SetVisibility(not self.texts["keys"].GetVisibility())
            self.plotter.render()
        else:
            return False
        return True


def free_name(folder: Path, name: str, passes: int) -> Path:
    """Return the name of a picture that does not exist yet.

    Parameters
    ----------
    folder : Path — where to [-]
    name : str — of what is shown [-]
    passes : int — shown [-]

    """
    count = 1
    while (path := folder / SAVED.format(name=name, passes=passes, count="" if count == 1 else f"-{count}")).exists():
        count += 1
    return path


def seen_point(renderer: Any, x: int, y: int) -> Array | None:
    """Return the point of the scene under a pixel, None where there is only background.

    Parameters
    ----------
    renderer : vtkRenderer or None — of the pane [-]
    x, y : int — place in the window [pixels]

    """
    if renderer is None or renderer.GetZ(x, y) >= 1.0:
        return None
    picker = pyvista._vtk.vtkWorldPointPicker()
    picker.Pick(x, y, 0, renderer)
    return np.array(picker.GetPickPosition())
