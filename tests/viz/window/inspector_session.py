"""A session with the inspector in a real window: sends events as a hand would, prints what the window then holds.

Run by test_inspector.py under Xvfb: python inspector_session.py FOLDER. Prints one JSON object a line.
"""

import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
from dermaroll.geometry.drum import drum_layout
from dermaroll.roller import Technique, treat
from dermaroll.viz.scene.lettering import line_px
from dermaroll.viz.scene.parts import channels_shown, pose
from dermaroll.viz.window import inspector
from dermaroll.viz.window import opening as module
from dermaroll.viz.window.controls import box_foot
from scipy.spatial import cKDTree

SIZE = (1000, 750)
HANDLE = 0.05  # half a slider's handle, as a share of its track
inspector.ROLLING_S = 4.0
module.SMOOTH_UP_TO = 0  # smooth edges cost most of the time in software, and say nothing here


def hand(*words):
    subprocess.run(["xdotool", *map(str, words)], check=True)


def settle(window, seconds=0.25):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        window.plotter.update(1, force_redraw=False)
        time.sleep(0.01)


def press(window, key):
    hand("mousemove", 600, 20)
    hand("key", key)
    settle(window)


def click(window, x, y):
    hand("mousemove", round(x), round(SIZE[1] - 1 - y))
    settle(window, 0.1)
    hand("mousedown", 1)
    settle(window, 0.1)
    hand("mouseup", 1)
    settle(window)


def slide(window, name, share):
    """Click on a slider's track; its handle's middle stops short of the ends."""
    slider = window.sliders[name].GetRepresentation()
    ends = [
        np.array(point.GetComputedDisplayValue(window.plotter.renderer), dtype=float)
        for point in (slider.GetPoint1Coordinate(), slider.GetPoint2Coordinate())
    ]
    click(window, *(ends[0] + (HANDLE + share * (1 - 2 * HANDLE)) * (ends[1] - ends[0])))


def pixel(window, point):
    renderer = window.plotter.renderer
    renderer.SetWorldPoint(*point, 1.0)
    renderer.WorldToDisplay()
    return renderer.GetDisplayPoint()[:2]


def box(window, name):
    names, line = list(window.boxes), line_px(SIZE)
    return 1.6 * line, box_foot(names.index(name), len(names), line) + 0.6 * line


def tell(window, step, **more):
    parts, view = window.panes[0], window.view
    visible = {slab.name: bool(slab.body.visibility) for slab in parts.skin.slabs}
    skin = [slab.mesh.bounds[5] for slab in parts.skin.slabs if slab.body.visibility]
    image = window.plotter.screenshot(None, return_img=True).astype(int)
    dark = (image.max(axis=2) < 90) & (np.ptp(image, axis=2) < 40)
    held = {
        "step": step,
        "view": asdict(view) | {"hidden": sorted(view.hidden)},
        "actors": len(window.plotter.renderer.actors),
        "mouths": int(
            np.sum(
                parts.channel_mesh.regular_faces[:, 0] % parts.body.corners == parts.body.corners - 3 * parts.body.sides
            )
        ),
        "shown": int(channels_shown(parts, view).size),
        "mouths_a_body": parts.body.sides - 2,
        "skin_top_mm": max(skin, default=None),
        "channels_top_mm": float(parts.channel_mesh["flat"][:, 2].max()),
        "channels_floor_mm": float(parts.channel_mesh["flat"][:, 2].min()),
        "layers": visible,
        "roller": bool(parts.roller["drum"].visibility),
        "dark_pixels": float(dark.mean()),
        "facts": window.facts(),
        "found": window.found,
        "keys": bool(window.texts["keys"].GetVisibility()),
        "camera": list(window.plotter.camera.direction),
        "style": parts.roller["drum"].prop.style,
    }
    print(json.dumps(held | more), flush=True)


def roll(window):
    """Press r and watch: where the drawn tips are, and how many channels there are, at every step."""
    seen, original = [], window.show_rolling

    def watched(paths, share):
        original(paths, share)
        parts, view = window.panes[0], window.view
        actor = parts.roller["needles"]
        roller = parts.treatment.device
        points = actor.mapper.dataset.transform(actor.user_matrix, inplace=False).points
        axle = pose(parts, view)[:3, 3]
        across = pose(parts, view)[:3, 1]
        out = points - axle
        out = np.linalg.norm(out - np.outer(out @ across, across), axis=1)
        drawn = points[out > roller.drum_radius_mm + roller.length_mm - 1e-5]
        tips = parts.made.tips_mm(*view.at)
        away = cKDTree(drawn).query(tips)[0].max()
        opened = parts.made.opened_at_mm[parts.order]
        stroke = parts.made.of_channel[parts.order]
        there = (stroke < view.at[0]) | ((stroke == view.at[0]) & (opened <= view.at[1]))
        seen.append((float(away), int(there.sum()), int(channels_shown(parts, view).size), float(tips[:, 2].min())))

    window.show_rolling = watched
    hand("mousemove", 600, 20)
    hand("key", "r")
    settle(window, 5.0)
    return seen


def main():
    folder = Path(sys.argv[1])
    treatment = treat("mf-8", "cheek", Technique(passes=4), seed=3)
    window = module.build_inspector([treatment], size=SIZE, folder=folder)
    window.plotter.show(auto_close=False, interactive_update=True)
    settle(window, 1.0)
    tell(window, "start")
    slide(window, "pass", 1 / 3)
    tell(window, "pass 2")
    slide(window, "cut", 0.15)
    tell(window, "cut")
    slide(window, "cut", 0.0)
    click(window, *box(window, "roller"))
    tell(window, "roller off")
    press(window, "4")
    shown = channels_shown(window.panes[0], window.view)
    inner = shown[np.hypot(treatment.channels.x_mm[shown], treatment.channels.y_mm[shown] - 4) < 4]
    aimed = int(inner[len(inner) // 2])
    click(window, *pixel(window, (treatment.channels.x_mm[aimed], treatment.channels.y_mm[aimed], 0.0)))
    tell(window, "channel", aimed=aimed)
    click(window, *box(window, "roller"))
    press(window, "2")
    layout, matrix = drum_layout(treatment.device), pose(window.panes[0], window.view)
    reach = treatment.device.drum_radius_mm + 0.6 * treatment.device.length_mm
    places = np.stack(
        [reach * np.sin(layout.angle_rad), layout.along_axle_mm, -reach * np.cos(layout.angle_rad)], axis=1
    )
    places = places @ matrix[:3, :3].T + matrix[:3, 3]
    front = np.flatnonzero(places[:, 1] < places[:, 1].min() + 0.01)
    needle = int(front[np.argmax(places[front, 2])])
    click(window, *pixel(window, places[needle]))
    tell(window, "needle", aimed=needle)
    click(window, *box(window, "residual"))
    tell(window, "residual")
    press(window, "h")
    press(window, "w")
    tell(window, "help")
    press(window, "s")
    press(window, "s")
    press(window, "1")
    seen = roll(window)
    tell(window, "rolled", seen=seen)
    window.plotter.close()


main()
