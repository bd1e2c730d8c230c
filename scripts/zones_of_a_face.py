"""A standard drum, one half as wide and an eye roller over the zones of a face: who touches what, and how deep.

Needles, passes and load per width are alike; only the drum differs. Copy it and put in other rollers or another body.
"""

import argparse
from pathlib import Path

import pandas
from dermaroll import Technique, treat
from dermaroll.data.catalog import device
from dermaroll.roller.output import replacing

BASE, EYE = "generic-0.25mm", "eye-60"
LOAD_PER_MM = 0.15  # N: 3 N on a drum of 20 mm
FIGURES = ["density_per_cm2", "peak_depth_um", "surface_coverage"]
FLAGS = ("tilt_held", "hollow", "sharp", "one_sided", "too_deep")


def rollers():
    """The three drums by what they are called, with needles of one length."""
    wide = device(BASE)
    half = {"rows": wide.rows // 2, "needle_count": wide.needle_count // 2, "drum_width_mm": wide.drum_width_mm / 2}
    named = {"drum of 20 mm": {}, "drum of 10 mm": {"name": "generic-0.25mm-narrow", **half}}
    return {name: type(wide)(**(wide.model_dump() | changed)) for name, changed in named.items()} | {
        "eye roller, 6 mm": device(EYE)
    }


def rows_of(name, roller, surface, passes, zones):
    """One row a zone, beside flat skin of the zone's site."""
    how = Technique(passes=passes, pattern="star", load_n=LOAD_PER_MM * roller.drum_width_mm)
    found = treat(roller, technique=how, surface=surface, zones=zones, figures=FIGURES, uncertainty=False)
    for zone, treatment in zip(found.zones, found.treatments, strict=True):
        flat = treat(roller, zone.zone.site, how, region="40x40", figures=FIGURES[:2], uncertainty=False)
        yield {
            "drum": name,
            "zone": zone.zone.name,
            "area_cm2": zone.area_cm2,
            "density_per_cm2": treatment["density_per_cm2"],
            "over_flat": treatment["density_per_cm2"] / flat["density_per_cm2"],
            "peak_depth_um": treatment["peak_depth_um_mean"],
            "flat_depth_um": flat["peak_depth_um_mean"],
            "touched_share_1": 1 - zone.untouched_share[passes // 4 - 1],
            "touched_share": 1 - zone.untouched_share[-1],
            "rings_touching": zone.rings_touching,
            "rings": roller.rows,
            "tilt_deg": zone.tilt_deg,
            "method_ends": max(zone.flagged[flag] for flag in FLAGS),
        }


def main():
    """Write a table and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("zones_of_a_face.csv"), help="table to write")
    parser.add_argument("--surface", default="face", help="face, forearm, thigh or a mesh file with zones")
    parser.add_argument("--passes", type=int, default=16, help="a multiple of 4")
    parser.add_argument("--zone", action="append", help="repeatable; none: all")
    given = parser.parse_args()
    table = pandas.DataFrame(
        row
        for name, roller in rollers().items()
        for row in rows_of(name, roller, given.surface, given.passes, given.zone)
    )
    with replacing(given.out) as temporary:
        table.to_csv(temporary, index=False)
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
