"""Compare a roller, a pen and a stamp of 1.5 mm at equal density, and write the tables of docs/pens.md.

python scripts/compare_kinds.py [--page docs/pens.md] [--replicates 8]

Copy it and change the devices at its head. The pen goes over the skin once, as fast as gives it the contacts that the
roller makes; the stamp is put down as often as comes nearest.
"""

import argparse
from pathlib import Path

from dermaroll.data.catalog import device
from dermaroll.roller import Technique, treat
from dermaroll.roller.coverage.motions import contacts_per_mm2
from dermaroll.roller.output import replacing
from dermaroll.roller.treatment.digits import change, figure
from dermaroll.roller.treatment.names import place_of

ROLLER, PEN, STAMP = "mf-8", "dermapen-md", "generic-stamp-1.5mm"
SITE, LOAD_N, HEAVY_N = "cheek", 3.0, 12.0
ROLLED = Technique(passes=16, load_n=LOAD_N)
BEGIN, END = "<!-- written by scripts/compare_kinds.py -->", "<!-- end -->"
ROWS = (
    "contacts_per_cm2",
    "density_per_cm2",
    "papillary_dermis_density_per_cm2",
    "reticular_dermis_density_per_cm2",
    "peak_depth_um_mean",
    "surface_coverage",
    "largest_gap_mm",
    "mean_distance_to_channel_mm",
    "evenness_cv",
    "entry_speed_mm_s",
    "drag_um",
    "skin_follows_um",
    "striation_um_mean",
    "minutes_per_300_cm2",
    "collagen_peak_percent",
)


def settings() -> dict[str, tuple[str, Technique]]:
    """Devices and techniques by the heads of the table, all but the last with the roller's contacts per area."""
    wanted = ROLLED.passes * contacts_per_mm2(device(ROLLER), ROLLED)
    usual = Technique(passes=1, load_n=LOAD_N)
    drag = 20.0 * contacts_per_mm2(device(PEN), Technique(drag_speed_mm_s=20.0)) / wanted
    stamped = round(wanted / contacts_per_mm2(device(STAMP), usual))
    paced = usual.model_copy(update={"drag_speed_mm_s": round(drag)})
    return {
        f"roller {ROLLER}, {ROLLED.passes} passes": (ROLLER, ROLLED),
        f"pen {PEN}, 1 pass at {drag:.0f} mm/s": (PEN, paced),
        f"stamp {STAMP}, {stamped} passes": (STAMP, Technique(passes=stamped, load_n=LOAD_N)),
        f"the same stamp at {HEAVY_N:g} N": (STAMP, Technique(passes=stamped, load_n=HEAVY_N)),
        "the pen, 1 pass at a pace nobody told": (PEN, usual),
    }


def told(treatment, name: str) -> str:
    """A figure, its spread over people and places, and what nobody knows of it."""
    quantity = place_of(name).part.quantity
    scale = quantity.scale

    def one(value: float) -> str:
        return change(value) if quantity.change else figure(scale * value)

    text = one(treatment[name])
    if treatment.replicates > 1 and not quantity.change:
        text += f" ± {scale * treatment[f'{name}_sd']:.2g}"
    if quantity.key in treatment.uncertainty:
        low, high = (one(treatment[f"{name}_uncertainty_{end}"]) for end in ("low", "high"))
        text += f" [{low} to {high}]" if low != high else ""
    return text


def table(replicates: int, region: str) -> list[str]:
    """The lines of the table in Markdown."""
    treatments = {
        head: treat(name, SITE, technique, replicates=replicates, region=region, seed=1, aftermath=True)
        for head, (name, technique) in settings().items()
    }
    lines = [f"| | {' | '.join(treatments)} |", f"|---|{'---|' * len(treatments)}"]
    for name in ROWS:
        part = place_of(name).part
        unit = part.quantity.shown_unit
        words = part.words + (f" [{unit}]" if unit else "")
        lines.append(f"| {words} | {' | '.join(told(one, name) for one in treatments.values())} |")
    return lines


def main() -> None:
    """Write the table between the two marks of the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=Path("docs/pens.md"), help="page whose table is written anew")
    parser.add_argument("--replicates", type=int, default=8, help="people")
    parser.add_argument("--region", default="20x20", help="WIDTHxHEIGHT in mm")
    given = parser.parse_args()
    text = given.page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = table(given.replicates, given.region)
    with replacing(given.page) as path:
        path.write_text("\n".join([before + BEGIN, *lines, END]) + after, encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
