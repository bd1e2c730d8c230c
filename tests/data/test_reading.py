"""What a user may hand over as a file or a record: refused in one line if it can't be used, whatever it is."""

import json
import os
import typing

import numpy as np
import pytest
from dermaroll.data import catalog
from dermaroll.data.catalog import DOSES, Active, Indication, RollerSpec, SkinLayer, SkinSite, active, device, site
from dermaroll.data.checks import InputError, Record, Within
from dermaroll.data.tables import MOST_BYTES, MOST_NESTED, read_toml
from dermaroll.roller.plan.goals import Goal
from dermaroll.roller.programme.plans import Plan, Session
from dermaroll.roller.study.axes import Range
from dermaroll.roller.study.definition import Sample, Study
from dermaroll.roller.technique import Technique

NEEDLES = {
    "kind": "needle",
    "use": "home",
    "needle_count": 192,
    "rows": 8,
    "per_ring": 24,
    "drum_radius_mm": 10,
    "drum_width_mm": 20,
    "length_mm": 1.5,
    "shaft_diameter_mm": 0.25,
    "tip_radius_um": 10,
    "half_angle_deg": 10,
}
DISCS = NEEDLES | {"kind": "disc", "sheet_thickness_mm": 0.2}
LAYERS = [layer.model_dump(include={"name", "mean_um", "sd_um"}) for layer in site("cheek").layers]


def toml(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return repr(value) if isinstance(value, float) else json.dumps(value)


@pytest.fixture
def written(tmp_path):
    def write(fields, name="own.toml"):
        path = tmp_path / name
        text = fields if isinstance(fields, str) else "\n".join(f"{key} = {toml(fields[key])}" for key in fields)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def line_of(read, *arguments, **named):
    with pytest.raises(InputError) as refused:
        read(*arguments, **named)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 500
    return str(refused.value)


def test_what_is_written_well_is_read(written):
    assert device(written(NEEDLES)).rows == 8
    assert device(written(DISCS)).sheet_thickness_mm == 0.2
    assert device(written(NEEDLES | {"needle_count": 192.0})).needle_count == 192
    assert site(written({"region": "face", "thin_skin": True, "layers": LAYERS})).thin_skin
    assert active(written({"molecular_weight": 176, "log_kow": -1.85})).molecular_weight == 176.0


@pytest.mark.parametrize("wrong", [True, "24", "1.5", float("nan"), float("inf"), -float("inf"), [1.5], {"a": 1}])
@pytest.mark.parametrize("field", ["needle_count", "rows", "length_mm", "stagger", "sheet_thickness_mm"])
def test_a_number_is_a_number(written, field, wrong):
    assert field in line_of(device, written(DISCS | {field: wrong}))


@pytest.mark.parametrize("wrong", ["yes", "true", 1, 0.0])
def test_a_truth_value_is_one(written, wrong):
    assert "thin_skin" in line_of(site, written({"region": "face", "thin_skin": wrong, "layers": LAYERS}))


@pytest.mark.parametrize("wrong", [True, "30", float("nan"), float("inf")])
def test_numbers_of_layers_and_actives_too(written, wrong):
    layers = [LAYERS[0] | {"mean_um": wrong}, *LAYERS[1:]]
    assert "layers.0.mean_um" in line_of(site, written({"region": "face", "layers": layers}))
    assert "log_kow" in line_of(active, written({"molecular_weight": 176, "log_kow": wrong}))


USERS_RECORDS = [
    RollerSpec,
    SkinLayer,
    SkinSite,
    Active,
    Indication,
    Technique,
    Session,
    Plan,
    Goal,
    Study,
    Sample,
    Range,
]


def numbers_without_range(kind, ranged=False):
    """Numeric parts of an annotation that no `Within` bounds."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        ranged = ranged or any(isinstance(extra, Within) for extra in kind.__metadata__)
        return numbers_without_range(parts[0], ranged)
    if origin is typing.Literal:
        return []
    if parts:
        return [found for part in parts for found in numbers_without_range(part, ranged)]
    return [kind] if kind in (int, float) and not ranged else []


@pytest.mark.parametrize("record", USERS_RECORDS, ids=lambda record: record.__name__)
def test_every_number_of_a_users_record_has_a_range(record):
    for name, kind in typing.get_type_hints(record, include_extras=True).items():
        if name in record.model_fields:
            assert numbers_without_range(kind) == [], f"{record.__name__}.{name}"


def records():
    kinds = [Record]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return kinds


@pytest.mark.parametrize("record", records(), ids=lambda record: record.__name__)
def test_every_record_is_strict(record):
    rules = {name: record.model_config.get(name) for name in ("frozen", "extra", "strict", "allow_inf_nan")}
    assert rules == {"frozen": True, "extra": "forbid", "strict": True, "allow_inf_nan": False}


def test_numpy_counts_as_python():
    assert Technique(passes=np.int64(4), load_n=np.float32(2)) == Technique(passes=4, load_n=2.0)
    for wrong in (np.True_, np.float64("nan"), np.str_("4")):
        with pytest.raises(InputError, match="number"):
            Technique(passes=wrong)


@pytest.mark.parametrize("name", ["a\0b", "a\x1b[31mb", "a\u202eb", "a\udcffb"])
def test_text_holds_no_control_characters(name):
    with pytest.raises(InputError, match="control characters"):
        Plan(title=name, session=({"day": 0},))


def test_files_hold_none_either(written):
    assert "title = 'a\\x00b'" in line_of(device, written('title = "a\\u0000b"'))
    assert "control characters" in line_of(
        Study.read, written('title = "a\\u0000b"\nfixed.device = "mf-8"\naxes.passes = [1]')
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("length_mm = " + "9" * 5000, "digits"),
        ("length_mm = -" + "9" * 5000, "digits"),
        ("length_mm = " + "9" * 20, "digits"),
        ("length_mm = [[1, " + "9" * 20 + "]]", "digits"),
        ("note = " + "[" * 3000 + "]" * 3000, "nested"),
        ("note = " + "[" * 200 + "]" * 200, "nested"),
        ("note = " + "{a = " * 3000 + "1" + "}" * 3000, "nested"),
        (".".join("a" * (MOST_NESTED + 1)) + " = 1", "nested"),
        ("[" + ".".join("a" * 2000) + "]", "nested"),
        ("length_mm = ", "not valid TOML"),
        ("\ufeff\x01", "not valid TOML"),
    ],
    ids=range(11),
)
def test_files_no_record_can_hold_are_refused(written, text, told):
    path = written(text)
    for read in (device, site, active, Study.read):
        assert told in line_of(read, path)


def test_files_are_read_up_to_a_bound(tmp_path):
    path = tmp_path / "large.toml"
    path.write_bytes(b"#" * MOST_BYTES)
    assert read_toml(path) == {}
    path.write_bytes(b"#" * (MOST_BYTES + 1))
    assert "at most 10 MB" in line_of(read_toml, path)


def test_only_regular_files_are_read(tmp_path):
    pipe, endless, folder = tmp_path / "pipe.toml", tmp_path / "zero.toml", tmp_path / "folder.toml"
    os.mkfifo(pipe)
    endless.symlink_to("/dev/zero")
    folder.mkdir()
    for path, kind in ((pipe, "a pipe or a device"), (endless, "a pipe or a device"), (folder, "a folder")):
        for read in (device, site, active, Study.read):
            assert kind in line_of(read, path)
    assert "NUL" in line_of(device, "a\0b.toml")
    assert "can't be read" in line_of(device, "a" * 5000 + ".toml")


@pytest.mark.parametrize("name", ["", " ", "_", ";", "-"])
def test_an_empty_name_is_no_name(name):
    for find in (device, site, active, catalog.indication):
        line_of(find, name)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"sex": "banana"}, "female, male or any"),
        ({"sex": ""}, "female, male or any"),
        ({"age_years": float("nan")}, "between 0 and 120 years"),
        ({"age_years": True}, "between 0 and 120 years"),
        ({"age_years": "40"}, "between 0 and 120 years"),
        ({"age_years": -1}, "between 0 and 120 years"),
    ],
)
def test_whose_skin_it_is_is_checked_for_every_site(written, given, told):
    own = written({"region": "face", "layers": LAYERS})
    for place in (own, site(own), "cheek"):
        assert told in line_of(site, place, **given)


def test_ones_own_site_says_itself_whose_skin_it_is(written):
    own = written({"region": "face", "sex": "male", "age_years": 40, "layers": LAYERS})
    assert site(own).sex == "male"
    assert "sex" in line_of(site, own, sex="male")
    assert "age_years" in line_of(site, site(own), age_years=40)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -1, True, "5", None])
def test_doses_are_numbers(wrong):
    assert "dose" in line_of(DOSES.number, "dose_ug_per_cm2", wrong)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"sheet_thickness_mm": 2.0}, None),
        ({"sheet_thickness_mm": 2.0, "drum_width_mm": 15.9}, "sheet_thickness_mm"),
        ({"sheet_thickness_mm": 2.0, "rows": 11, "needle_count": 264}, "sheet_thickness_mm"),
        ({"shaft_diameter_mm": 2.0, "drum_radius_mm": 7.64}, None),
        ({"shaft_diameter_mm": 2.0, "drum_radius_mm": 7.63}, "shaft_diameter_mm"),
    ],
)
def test_discs_fit_side_by_side_and_teeth_around_them(written, changed, field):
    path = written(DISCS | {"sheet_thickness_mm": 0.2} | changed)
    if field is None:
        assert device(path).kind == "disc"
    else:
        assert line_of(device, path).startswith(f"{path}: {field} = 2.0 can't be used; allowed: at most ")


def test_needles_do_not_stand_in_each_other(written):
    # 24 around a drum of 10 mm: 2.618 mm apart, in staggered rings of 0.1 mm hypot(0.1, 1.309)
    close = NEEDLES | {"drum_width_mm": 0.8}
    assert "shaft_diameter_mm" in line_of(device, written(close))  # every other ring stands in line, 0.2 mm away
    assert device(written(close | {"stagger": 1 / 3})).stagger == 1 / 3  # every third, 0.3 mm away
