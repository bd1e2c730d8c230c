"""A study over the zones of a body: a row a zone, and each row what `treat` says of it."""

import pytest
from dermaroll.data.checks import InputError
from dermaroll.roller import Technique
from dermaroll.roller.study.definition import Study
from dermaroll.roller.study.parts import common_of, setting_row
from dermaroll.roller.zones.treating import treat

PLAIN = {"device": "generic-0.5mm", "passes": 1, "pattern": "one-way"}
OUTPUTS = ("density_per_cm2", "peak_depth_um_mean", "surface_coverage")


@pytest.mark.long
def test_a_row_is_the_zone_as_treat_has_it():
    study = Study(fixed=PLAIN | {"surface": "face", "zone": "upper-lip"}, axes={"load_n": [2.0]}, outputs=OUTPUTS)
    row = setting_row(common_of(study), {"load_n": 2.0})
    how = Technique(passes=1, pattern="one-way", load_n=2.0)
    found = treat("generic-0.5mm", None, how, surface="face", zones=["upper-lip"])
    assert row == pytest.approx({name: found.treatments[0][name] for name in OUTPUTS}, rel=1e-12)


@pytest.mark.parametrize(
    ("device", "axis"), [("exceed", {"drag_speed_mm_s": 50.0}), ("generic-stamp-1mm", {"stamps_per_s": 2.0})]
)
def test_a_row_of_a_pen_or_stamp_is_the_zone_as_treat_has_it(device, axis):
    outputs = (*OUTPUTS, "minutes_per_300_cm2")
    fixed = {"device": device, "passes": 1, "surface": "face", "zone": "nose"}
    study = Study(fixed=fixed, axes={name: [value] for name, value in axis.items()}, outputs=outputs)
    row = setting_row(common_of(study), axis)
    found = treat(device, None, Technique(passes=1, **axis), surface="face", zones=["nose"])
    assert row == pytest.approx({name: found.treatments[0][name] for name in outputs}, rel=1e-12)


def test_a_body_without_zones_named_has_a_row_for_each():
    study = Study(fixed=PLAIN | {"surface": "face"}, axes={"load_n": [1.0, 2.0]})
    assert set(study.axes) == {"zone", "load_n"}
    assert study.size == 2 * 14
    again = Study.model_validate(study.model_dump())
    assert again.fingerprint() == study.fingerprint()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"fixed": {"surface": "face", "zone": "elbow"}}, "elbow.*not a zone of"),
        ({"fixed": {"zone": "nose"}}, "zone.*no surface"),
        ({"fixed": {"unit": "mm"}}, "unit.*no surface"),
        ({"fixed": {"surface": "nowhere.stl", "zone": "nose"}}, "nowhere.stl"),
        ({"fixed": {"surface": "face"}, "region": "30x30"}, "region"),
        ({"fixed": {}, "axes": {"surface": ["face", "forearm"]}}, "zone.*missing"),
    ],
)
def test_what_can_not_be_is_one_line(given, says):
    with pytest.raises(InputError, match=says) as caught:
        Study(**({"axes": {"load_n": [1.0]}} | given | {"fixed": PLAIN | given["fixed"]}))
    assert "\n" not in str(caught.value)
