"""A session with the window on a body: keys and a click as a hand gives them. Run by test_body_window.py under Xvfb.

Prints a JSON object a line.
"""

import json
import subprocess
import time

import numpy as np
from dermaroll.geometry.surface.simple import cylinder
from dermaroll.roller import Technique
from dermaroll.roller.zones.treating import treat
from dermaroll.viz.window.body_window import build_body_window, listen_on

SIZE = (700, 420)


def hand(window, *words):
    subprocess.run(["xdotool", *map(str, words)], check=True)
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        window.plotter.update(1, force_redraw=False)
        time.sleep(0.01)


def tell(window, step):
    held = {"step": step, "quantity": window.quantity, "places": window.places, "found": window.found}
    print(json.dumps(held | {"position": list(window.plotter.camera.position)}), flush=True)


def main():
    body = cylinder(9.0, 36.0, margin_mm=30, edge_mm=2.0, span_deg=120)
    how = Technique(passes=1, pattern="one-way")
    window = build_body_window(
        [treat("eye-60", technique=how, surface=body, figures=["density_per_cm2"])], stands_on="cylinder", size=SIZE
    )
    listen_on(window)
    window.plotter.show(interactive_update=True, auto_close=False)
    hand(window, "mousemove", 350, 20)
    tell(window, "start")
    for key in ("m", "Left", "1", "3"):
        hand(window, "key", key)
        tell(window, key)
    hand(window, "key", "1")
    renderer = window.plotter.renderers[0]
    renderer.SetWorldPoint(*(np.array([0.0, -16.0, 9.0])), 1.0)
    renderer.WorldToDisplay()
    x, y = renderer.GetDisplayPoint()[:2]
    hand(window, "mousemove", round(x), round(SIZE[1] - 1 - y), "click", 1)
    tell(window, "click")
    window.plotter.close()


if __name__ == "__main__":
    main()
