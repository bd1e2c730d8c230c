"""Draw every picture of docs/ again: the 3D scenes, the sheet, the film, the charts, the HTML page where it can.

Run it with `make gallery`, or give a folder: python scripts/gallery.py [FOLDER].
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from dermaroll.data.checks import InputError
from dermaroll.roller import Technique, compare, treat
from dermaroll.roller.output import replacing
from dermaroll.viz.charts import coverage_chart
from dermaroll.viz.gl import GL_HINT, can_render

FOLDER = Path("docs/images")
DEVICES = ["generic-0.25mm", "cit-8", "mf-8"]
TECHNIQUE = Technique(passes=16, pattern="star", load_n=3.0)
SIZE = (1200, 900)


def scenes(folder: Path) -> list[str]:
    """Draw the four views of one roller, and the sheet of three."""
    from dermaroll.viz.scene import draw, save
    from dermaroll.viz.sheet import draw_sheet

    treatments = [treat(name, "cheek", TECHNIQUE, seed=1) for name in DEVICES]
    names = {"scene": "scene.png", "roller": "roller.png", "cut": "cut.png", "depth": "map.png"}
    for view, name in names.items():
        save(draw(treatments[-1], view=view, size=SIZE), folder / name)
    save(draw_sheet(treatments, size=SIZE), folder / "sheet.png")
    return [*names.values(), "sheet.png", *inspector(folder), *films(folder)]


def inspector(folder: Path) -> list[str]:
    """Draw the inspector as its window shows it, two devices with the upper layers cut away."""
    from dermaroll.viz.inspector import build_inspector

    pair = [treat(name, "cheek", TECHNIQUE, seed=1) for name in DEVICES[1:]]
    window = build_inspector(pair, size=(1400, 800), off_screen=True)
    window.plotter.show(auto_close=False, interactive=False)
    window.sliders["pass"].GetRepresentation().SetValue(8)
    window.slide_pass(8)
    window.sliders["cut"].GetRepresentation().SetValue(150.0)
    window.slide_cut(150.0)
    with replacing(folder / "inspector.png") as path:
        window.plotter.screenshot(str(path))
    window.plotter.close()
    return ["inspector.png"]


def films(folder: Path) -> list[str]:
    """Write the film as a small .gif, where imageio is installed."""
    if find_spec("imageio") is None:
        return []
    from dermaroll.viz.movie import write_movie

    write_movie(treat("mf-8", "cheek", Technique(passes=4), seed=1), folder / "rolling.gif", size=(400, 300))
    return ["rolling.gif"]


def charts(folder: Path) -> list[str]:
    """Draw the chart of coverage against depth; `reproduce_published.py` draws that of published values."""
    with replacing(folder / "coverage.png") as path:
        coverage_chart(compare(DEVICES, "cheek", TECHNIQUE, seed=1).treatments).savefig(path, dpi=110)
    return ["coverage.png"]


def page(folder: Path) -> list[str]:
    """Take a picture of the HTML page, if this version of dermaroll has one that can."""
    if find_spec("dermaroll.viz.page") is None:
        return []
    picture = getattr(import_module("dermaroll.viz.page"), "screenshot", None)
    if picture is None:
        return []
    picture(compare(DEVICES, "cheek", TECHNIQUE, seed=1), folder / "page.png")
    return ["page.png"]


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
