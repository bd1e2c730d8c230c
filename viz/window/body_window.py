"""A window on a treated body: its map, the roller going along a stroke, and what a click on the skin tells.

In: treatments of one body. Out: a window; every key and click is also a method, so that it works off screen too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyvista
from vtkmodules.vtkRenderingCore import vtkCellPicker

from ...data.checks import refuse
from ...geometry.arrays import Array, floats
from ...geometry.drum import only_roller
from ...roller.zones.result import SurfaceTreatment
from ...roller.zones.standing import Along, go_along
from ..maps import MAPPED, USUAL, mapped
from ..palette import AMOUNT_MAP, SOFT_INK
from ..scene.body import VIEWS, BodyPicture, draw_bodies
from ..scene.lettering import line_px, write
from ..scene.standing_roller import ROLLER_PARTS, add_roller, axes_of
from ..scene.treated_body import picture_of, standing_words, with_roller

MOST_DEVICES = 2
STEP = 2  # places of a stroke at a key's press, about as many mm
HELP = "left, right: roll\nm: next map\n1 to 4: turn\nclick: figures there"
NUMBER_KEYS = dict(zip("1234", VIEWS, strict=True))


@dataclass
class BodyWindow:
    """The window, and what it shows by now."""

    plotter: pyvista.Plotter
    treatments: tuple[SurfaceTreatment, ...]
    alongs: tuple[Along, ...]
    pictures: list[BodyPicture]
    quantity: str
    places: list[int]
    words: dict[str, Any] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def key(self, name: str) -> bool:
        """Do what a key stands for; returns whether it stands for anything.

        Parameters
        ----------
        name : str — as VTK calls it [-]

        """
        if name in ("Left", "Right"):
            self.roll(STEP if name == "Right" else -STEP)
        elif name == "m":
            keys = list(MAPPED)
            self.show(keys[(keys.index(self.quantity) + 1) % len(keys)])
        elif name in NUMBER_KEYS:
            self.look(NUMBER_KEYS[name])
        else:
            return False
        self.plotter.render()
        return True

    def look(self, view: str) -> None:
        """Look at the body from one of its sides.

        Parameters
        ----------
        view : str — 'front', 'left', 'right' or 'side' [-]

        """
        camera = self.plotter.renderers[0].camera
        away = np.linalg.norm(np.subtract(camera.position, camera.focal_point))
        surface = self.treatments[0].surface
        up = floats(surface.up) / np.linalg.norm(surface.up)
        front = np.roll(up, 1)
        right, rise, outward = VIEWS[view]
        eye = right * np.cross(up, front) + rise * up + outward * front
        camera.position = camera.focal_point + away * eye / np.linalg.norm(eye)
        camera.up = up
        self.plotter.renderers[0].reset_camera_clipping_range()

    def roll(self, steps: int) -> None:
        """Move the rollers along their strokes.

        Parameters
        ----------
        steps : int — places onwards, backwards where below 0 [-]

        """
        for column, along in enumerate(self.alongs):
            place = int(np.clip(self.places[column] + steps, 0, len(along.point) - 1))
            self.places[column] = place
            standing = along.standing(place)
            turn = float(along.turn_rad[place] - along.turn_rad[along.most_lifted])
            picture = self.pictures[column] = with_roller(self.pictures[column], standing, turn)
            assert picture.roller is not None
            assert picture.pose is not None
            self.plotter.subplot(0, column)
            for name in ROLLER_PARTS:
                self.plotter.renderers[column].remove_actor(name, render=False)
            pose = floats(picture.pose)
            add_roller(self.plotter, picture.roller, pose, axes_of(picture.surface, pose), picture.lifted)
            self.words[f"standing {column}"].input = standing_words(standing)[1]

    def show(self, quantity: str) -> None:
        """Colour the skin by another quantity.

        Parameters
        ----------
        quantity : str — name of a map [-]

        """
        told = mapped(quantity)
        self.quantity = quantity
        colours = [colour for colour, _ in told.classes] or told.colours
        low, high = told.ends(self.treatments)
        for column, treatment in enumerate(self.treatments):
            mapper = self.plotter.renderers[column].actors["skin"].mapper
            shown = mapper.dataset.cell_data["quantity"]
            shown[:] = told.values(treatment)  # in place: the data set is shared, the names of its arrays are not
            mapper.dataset.GetCellData().GetArray("quantity").Modified()
            table = mapper.lookup_table
            table.apply_cmap(colours, len(told.classes) or 256)
            table.scalar_range = mapper.scalar_range = (low, high)
        classes = ", ".join(f"{number} {words}" for number, (_, words) in enumerate(told.classes))
        self.words["label"].input = told.label + (f": {classes}" if classes else "")

    def told_at(self, column: int, point: Array) -> list[str]:
        """Return what there is to say of a place on the skin: its zone, and the numbers there.

        Parameters
        ----------
        column : int — which roller's body [-]
        point : (3,) float — on the skin [mm]

        """
        treatment = self.treatments[column]
        surface = treatment.surface
        middles = surface.vertices[surface.faces].mean(axis=1)
        face = int(np.argmin(np.linalg.norm(middles - point, axis=1)))
        zone = int(surface.zone_of_face[face])
        if zone < 0 or surface.zones[zone].name not in [told.zone.name for told in treatment.zones]:
            return [treatment.device.name, "not treated"]
        lines = [f"{treatment.device.name}, {surface.zones[zone].name}"]
        for told in MAPPED.values():
            value = float(told.values(treatment)[face])
            if told.classes:
                shown = told.classes[int(value)][1] if value >= 0 else "none opens"
            else:
                shown = f"{value:.3g} {told.unit}".strip() if np.isfinite(value) else "none"
            lines.append(f"{told.words}: {shown}")
        return lines

    def click(self, x: float, y: float) -> list[str]:
        """Tell what lies under a place of the window, in words that stay until the next click.

        Parameters
        ----------
        x, y : float — from the window's lower left corner [pixels]

        """
        width = self.plotter.window_size[0] / len(self.treatments)
        column = min(int(x // width), len(self.treatments) - 1)
        renderer = self.plotter.renderers[column]
        picker = vtkCellPicker()
        picker.SetTolerance(0.0005)
        picker.PickFromListOn()
        picker.AddPickList(renderer.actors["skin"])
        self.found = []
        if picker.Pick(x, y, 0, renderer):
            self.found = self.told_at(column, floats(picker.GetPickPosition()))
        self.words["found"].input = "\n".join(self.found) or " "
        self.plotter.render()
        return self.found


def build_body_window(
    treatments: Sequence[SurfaceTreatment],
    *,
    stands_on: str,
    quantity: str = USUAL,
    size: tuple[int, int] = (1400, 900),
    off_screen: bool = False,
) -> BodyWindow:
    """Return a window on a body that is not yet open.

    Parameters
    ----------
    treatments : sequence of SurfaceTreatment — one or two, of one body [-]
    stands_on : str — zone over which the rollers go [-]
    quantity : str — name of the map that is shown first [-]
    size : (int, int) — width and height of the window [pixels]
    off_screen : bool — without a window, for tests [-]

    """
    if not 1 <= len(treatments) <= MOST_DEVICES:
        raise refuse("devices", len(treatments), "one or two in a window; --sheet draws more")
    alongs = tuple(go_along(one, stands_on) for one in treatments)
    told = mapped(quantity)
    pictures = [
        with_roller(
            replace(picture_of(one, quantity), roller=only_roller(one.device)), along.standing(along.most_lifted)
        )
        for one, along in zip(treatments, alongs, strict=True)
    ]
    plotter = draw_bodies(
        pictures,
        limits=told.ends(treatments),
        colours=AMOUNT_MAP,
        label=" ",
        size=size,
        off_screen=off_screen,
    )
    plotter.link_views(list(range(len(treatments))))
    window = BodyWindow(plotter, tuple(treatments), alongs, pictures, quantity, [along.most_lifted for along in alongs])
    line = line_px(size)
    for column, picture in enumerate(pictures):
        plotter.subplot(0, column)
        window.words[f"standing {column}"] = write(plotter, picture.standing[1], (line, 0.5 * line), line, veil=0.8)
    plotter.subplot(0, 0)
    window.words["found"] = write(plotter, " ", (line, 5 * line), line, veil=0.8)
    plotter.subplot(1, 0)
    window.words["label"] = write(plotter, " ", (line, 3.6 * line), line)
    window.words["help"] = write(plotter, HELP, (size[0] - 13 * line, 0.3 * line), 0.7 * line, colour=SOFT_INK)
    window.show(quantity)
    return window


def open_body_window(
    treatments: Sequence[SurfaceTreatment],
    *,
    stands_on: str,
    quantity: str = USUAL,
    size: tuple[int, int] = (1400, 900),
) -> None:
    """Open a window on a treated body until it is closed.

    Parameters
    ----------
    treatments : sequence of SurfaceTreatment — one or two, of one body [-]
    stands_on : str — zone over which the rollers go [-]
    quantity : str — name of the map that is shown first [-]
    size : (int, int) — width and height of the window [pixels]

    """
    window = build_body_window(treatments, stands_on=stands_on, quantity=quantity, size=size)
    listen_on(window)
    window.plotter.show(title="dermaroll")


def listen_on(window: BodyWindow) -> None:
    """Hear keys and clicks before PyVista's and VTK's own keys do, which would wire-frame the body.

    Parameters
    ----------
    window : BodyWindow — what is told of them [-]

    """
    interactor = window.plotter.iren.interactor
    tags: dict[str, int] = {}

    def on_key(caller: Any, event: str) -> None:
        if event == "KeyPressEvent":
            window.key(caller.GetKeySym())
        if caller.GetKeySym() != "q":
            caller.GetCommand(tags[event]).AbortFlagOn()

    def on_press(caller: Any, _: str) -> None:
        window.click(*caller.GetEventPosition())

    for event in ("KeyPressEvent", "CharEvent"):
        tags[event] = interactor.AddObserver(event, on_key, 1.0)
    interactor.AddObserver("LeftButtonPressEvent", on_press, 0.25)
