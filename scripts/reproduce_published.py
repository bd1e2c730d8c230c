"""Draw measured against predicted for every published row, with both error bars, into demo/published.png."""

from pathlib import Path

from dermaroll.data.checks import InputError
from dermaroll.roller.output import replacing
from dermaroll.roller.validation.rows import run_validation
from dermaroll.viz.charts.published import published_chart

FOLDER = Path("demo")


def main() -> None:
    """Hold the model against the rows, draw the picture and write the table."""
    FOLDER.mkdir(exist_ok=True)
    validation = run_validation()
    validation.to_csv(FOLDER / "published.csv")
    with replacing(FOLDER / "published.png") as path:
        published_chart(validation).savefig(path, dpi=80)
    print(f"{validation.verdicts.count('met')} of {len(validation.rows)} published rows met")
    for warning in validation.warnings:
        print(f"note: {warning}")
    print(f"written: {FOLDER / 'published.csv'}, {FOLDER / 'published.png'}")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(f"error: {error}") from error
