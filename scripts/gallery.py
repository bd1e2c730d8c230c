"""Draw the pictures of docs/ again: sections side by side, 3D scenes, sheet, face, inspector, film, charts, HTML page.

Run it with `make gallery`, or give a folder: python scripts/gallery.py [FOLDER].
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from typing import Any

from dermaroll.data.checks import InputError
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, compare, treat
from dermaroll.roller.output import replacing
from dermaroll.viz.charts.coverage import coverage_chart
from dermaroll.viz.charts.section import section_chart
from dermaroll.viz.gl import GL_HINT, can_render
from dermaroll.viz.page.writing import write_page

FOLDER = Path("docs/images")
FACE_DEVICES, FACE_SIZE, FACE_QUANTITY = ["generic-0.5mm", "eye-60"], (1360, 940), "density_per_cm2"
DEVICES = ["generic-0.25mm", "cit-8", "mf-8"]
TECHNIQUE = Technique(passes=16, pattern="star", load_n=3.0)
SIZE, FILM = (1200, 900), (440, 330)
DRAWN_MS = 3000  # by then a browser without a graphics card has drawn the scene too
BROWSER = [
    "--headless=new",
    "--no-sandbox",
    "--no-first-run",
    "--disable-background-networking",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


def scenes(folder: Path) -> list[str]:
    """Draw the views of one roller, and the sheet of three."""
    from dermaroll.viz.scene.drawing import draw, save
    from dermaroll.viz.scene.sheet import draw_sheet

    treatments = [treat(name, "cheek", TECHNIQUE, seed=1) for name in DEVICES]
    wide = treat(DEVICES[-1], "cheek", TECHNIQUE, region=rectangle(32, 20), seed=1)
    save(draw(wide, size=SIZE), folder / "scene.png")
    names = {"roller": "roller.png", "cut": "cut.png", "depth": "map.png"}
    for view, name in names.items():
        save(draw(treatments[-1], view=view, size=SIZE), folder / name)
    save(draw_sheet(treatments, size=SIZE), folder / "sheet.png")
    return ["scene.png", *names.values(), "sheet.png", *face(folder), *inspector(folder), *films(folder)]


def face(folder: Path) -> list[str]:
    """Draw a wide drum and an eye roller over the standard face, and both on the nose."""
    from dermaroll.viz.scene.drawing import save
    from dermaroll.viz.scene.treated_body import draw_treated, most_lifted

    rolled = [
        treat(name, technique=TECHNIQUE, surface="face", seed=1, figures=[FACE_QUANTITY]) for name in FACE_DEVICES
    ]
    drawn = draw_treated(rolled, quantity=FACE_QUANTITY, stands_on=most_lifted(rolled), size=FACE_SIZE)
    save(drawn, folder / "face.png")
    return ["face.png"]


def inspector(folder: Path) -> list[str]:
    """Draw the inspector as its window shows it: two devices, and from close by what both do to the uppermost skin."""
    from dermaroll.viz.window.opening import build_inspector

    pair = [treat(name, "cheek", TECHNIQUE, seed=1) for name in DEVICES[1:]]
    window = build_inspector(pair, size=(1400, 800), off_screen=True)
    window.plotter.show(auto_close=False, interactive=False)
    names = {"1": "inspector.png", "6": "inspector-section.png"}
    for key, name in names.items():
        window.stand(key)
        with replacing(folder / name) as path:
            window.plotter.screenshot(str(path))
    window.plotter.close()
    return list(names.values())


def films(folder: Path) -> list[str]:
    """Write the film as a small .gif."""
    from dermaroll.viz.scene.movie import write_movie

    write_movie(treat("mf-8", "cheek", Technique(passes=4), seed=1), folder / "rolling.gif", size=FILM)
    return ["rolling.gif"]


def charts(folder: Path) -> list[str]:
    """Draw the README's head and the chart of coverage; `reproduce_published.py` draws that of published values."""
    compared = compare(DEVICES, "cheek", TECHNIQUE, seed=1).treatments
    with replacing(folder / "home-and-professional.png") as path:
        section_chart([compared[0], compared[-1]]).savefig(path, dpi=120)
    with replacing(folder / "coverage.png") as path:
        coverage_chart(compared).savefig(path, dpi=140)
    return ["home-and-professional.png", "coverage.png"]


def page(folder: Path) -> list[str]:
    """Take pictures of the HTML page in Chromium: its first screen, and its 3D scene."""
    if find_spec("playwright") is None or not which("chromium"):
        return []
    from playwright.sync_api import sync_playwright

    with TemporaryDirectory() as place, sync_playwright() as driver:
        report = Path(place) / "report.html"
        write_page(compare([DEVICES[0], DEVICES[-1]], "cheek", TECHNIQUE, seed=1), report)
        browser = driver.chromium.launch(executable_path=which("chromium"), args=BROWSER)
        tab = browser.new_page(viewport={"width": 1280, "height": 860})
        tab.goto(report.as_uri())
        tab.screenshot(path=folder / "report.png")
        scene = tab.locator("#scene")
        scene.locator("[data-device-choice]").last.check()
        scene.scroll_into_view_if_needed()
        tab.wait_for_timeout(DRAWN_MS)
        scene.screenshot(path=folder / "report-scene.png")
        written = ["report.png", "report-scene.png", *live(browser, folder)]
        browser.close()
    return written


def live(browser: Any, folder: Path) -> list[str]:
    """Take a picture of the live page, once all of its first answer is there."""
    if find_spec("fastapi") is None or find_spec("uvicorn") is None:
        return []
    command = [sys.executable, "-m", "dermaroll.roller.cli", "app", "--no-browser"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(f"{address}#device={DEVICES[0]}&device={DEVICES[-1]}")
        tab.wait_for_function(
            "() => { const { rest, asked } = document.documentElement.dataset; return rest && rest === asked; }"
        )
        tab.screenshot(path=folder / "live.png")
    finally:
        server.terminate()
        server.wait()
    return ["live.png"]


def main() -> None:
    """Draw all pictures that can be drawn here and say which."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    written = charts(folder) + page(folder)
    if can_render():
        written += scenes(folder)
    else:
        print(f"no 3D pictures: {GL_HINT}")
    print("written: " + ", ".join(str(folder / name) for name in written))


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(f"error: {error}") from error
