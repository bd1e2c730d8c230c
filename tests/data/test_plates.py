"""Pens and stamps of the catalogue, and what is refused: a field of another kind, plates without room for needles."""

import pytest
from dermaroll.data.catalog import RollerSpec, device, devices, rollers
from dermaroll.data.checks import InputError
from dermaroll.data.constants import handling
from dermaroll.data.plates import PenSpec, StampSpec
from dermaroll.roller import Technique, treat

PEN, STAMP, ROLLER = "dermapen-md", "generic-stamp-1mm", "mf-8"


def line(make, *arguments, **fields):
    with pytest.raises(InputError) as refused:
        make(*arguments, **fields)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_the_catalogue_has_five_cited_pens_and_three_cited_stamps():
    for kind, least in (("pen", 5), ("stamp", 3)):
        cited = [one for one in devices().values() if one.kind == kind and set(one.source) - {"assumption", "user"}]
        assert len({one.source for one in cited}) >= least - 1
        assert len([one for one in cited if one.source[0] != "assumption"]) >= least
    assert all(isinstance(one, RollerSpec) for one in rollers().values())


def test_what_nobody_publishes_of_pens_is_marked_assumed():
    for one in devices().values():
        if isinstance(one, PenSpec):
            assert {"stroke_mm", "swath_mm", "plate_width_mm", "tip_radius_um"} <= set(one.assumed), one.name
        if isinstance(one, StampSpec):
            assert {"tip_radius_um", "plate_width_mm"} <= set(one.assumed), one.name


@pytest.mark.parametrize(
    ("base", "changed", "words"),
    [
        (PEN, {"drum_radius_mm": 10.0}, "drum_radius_mm = 10.0 can't be used; allowed: none for a pen"),
        (PEN, {"per_ring": 24}, "none for a pen"),
        (STAMP, {"frequency_hz": 5.0}, "frequency_hz = 5.0 can't be used; allowed: none for a stamp"),
        (ROLLER, {"frequency_hz": 100.0}, "frequency_hz = 100.0 can't be used; allowed: none for a roller"),
        (ROLLER, {"plate_width_mm": 6.0}, "none for a roller"),
        (PEN, {"stroke_mm": 1.0}, "stroke_mm = 1.0 can't be used; allowed: at least length_mm = 1.5 mm"),
        (PEN, {"length_mm": 2.6}, "at most 2.5 mm, most_length_mm of this pen"),
        (PEN, {"frequency_hz": 0.0}, "between 0.1 and 500 Hz"),
        ("exceed", {"frequency_hz": 90.0}, "between 100 and 150 Hz for this pen"),
        (PEN, {"plate_width_mm": 0.8}, "plate_width_mm = 0.8 can't be used; allowed: at least 0.97 mm for 12 needles"),
        (STAMP, {"plate_length_mm": 1.2}, "for 36 needles of 0.25 mm on a stamp"),
        (PEN, {"needle_count": 13}, "12, the needles on the plate of this pen"),
        (PEN, {"grid": (3, 4)}, "either rings or a grid"),
        (PEN, {"rings": (0, 12)}, "at least 1 needle each"),
        (STAMP, {"plate_length_mm": None}, "a length in mm for a grid"),
        (PEN, {"tip_radius_um": 300.0}, "at most half of shaft_diameter_mm"),
    ],
)
def test_a_record_is_refused_in_one_line_that_says_what_this_kind_allows(base, changed, words):
    record = device(base)
    assert words in line(type(record), **record.model_dump() | changed)


@pytest.mark.parametrize(
    ("name", "technique", "words"),
    [
        (ROLLER, {"frequency_hz": 100.0}, "frequency_hz = 100.0 can't be used; allowed: none for a roller"),
        (ROLLER, {"drag_speed_mm_s": 10.0}, "it is for a pen; this has slip, speed_mm_s"),
        (PEN, {"slip": 0.2}, "slip = 0.2 can't be used; allowed: none for a pen: it is for a roller;"),
        (STAMP, {"drag_speed_mm_s": 10.0}, "none for a stamp: it is for a pen; this has stamps_per_s"),
        (PEN, {"protrusion_mm": 2.6}, "at most 2.5 mm"),
        ("exceed", {"frequency_hz": 160.0}, "between 100 and 150 Hz for this pen"),
    ],
)
def test_a_technique_is_refused_where_the_kind_does_not_have_it(name, technique, words):
    assert words in line(treat, name, "cheek", Technique(**technique))


def test_a_drag_speed_of_nothing_is_refused_with_its_range():
    assert "drag_speed_mm_s = 0.0 can't be used; allowed: between 0.5 and 300 mm/s" in line(
        Technique, drag_speed_mm_s=0.0
    )
    assert "none beside overlap" in line(Technique, spacing_mm=3.0, overlap=0.2)


def test_a_pen_of_ones_own_is_read_from_toml(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'kind = "pen"\nuse = "home"\nneedle_count = 9\ngrid = [3, 3]\nplate_width_mm = 5.0\nplate_length_mm = 5.0\n'
        "length_mm = 0.5\nstroke_mm = 2.5\nfrequency_hz = 80.0\nswath_mm = 5.0\n"
        "shaft_diameter_mm = 0.2\ntip_radius_um = 5.0\nhalf_angle_deg = 6.0\n"
    )
    own = device(path)
    assert isinstance(own, PenSpec)
    assert (own.name, own.plate_mm2, own.status) == ("mine", 25.0, "unverified")
    path.write_text('kind = "crayon"\n')
    assert "kind = 'crayon' can't be used; allowed: needle, disc, pen, stamp" in line(device, path)


def test_what_hands_do_is_a_band_where_nobody_has_told_it():
    for name in ("drag_speed", "stamp_pace"):
        known = handling()[name]
        assert known.status == "unverified"
        assert known.low < known.value < known.high
