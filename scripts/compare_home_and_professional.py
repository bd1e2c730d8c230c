"""Compare a home roller with two professional ones on the cheek: a table, files, pictures and a report in demo/.

Run it with `make demo`, or copy it and change the lists at its head.
"""

from pathlib import Path

from dermaroll.data.checks import InputError
from dermaroll.roller import Technique, compare
from dermaroll.roller.output import replacing
from dermaroll.viz.charts.coverage import coverage_chart
from dermaroll.viz.gl import GL_HINT, can_render
from dermaroll.viz.page.writing import write_page

DEVICES = ["generic-0.25mm", "cit-8", "mf-8"]  # home 0.25 mm, professional 0.5 mm and 1.5 mm
SITE = "cheek"
TECHNIQUE = Technique(passes=16, pattern="star", load_n=3.0)
FOLDER = Path("demo")


def main() -> None:
    """Run the comparison and write its files."""
    FOLDER.mkdir(exist_ok=True)
    comparison = compare(DEVICES, SITE, TECHNIQUE, seed=1)
    print(comparison.summary())
    for warning in comparison.warnings:
        print(f"note: {warning}")

    comparison.to_csv(FOLDER / "comparison.csv")
    comparison.to_json(FOLDER / "comparison.json")
    with replacing(FOLDER / "coverage.png") as path:
        coverage_chart(comparison.treatments).savefig(path, dpi=150)
    write_page(comparison, FOLDER / "report.html")
    written = ["comparison.csv", "comparison.json", "coverage.png", "report.html"]
    if can_render():
        from dermaroll.viz.scene.drawing import draw

        plotter = draw(comparison.treatments[-1])
        with replacing(FOLDER / "scene.png") as path:
            plotter.screenshot(str(path))
        plotter.close()
        written.append("scene.png")
    else:
        print(f"no scene.png: {GL_HINT}")
    print("written: " + ", ".join(str(FOLDER / name) for name in written))


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(f"error: {error}") from error
