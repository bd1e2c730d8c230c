"""Regions: what is read, and what is refused in one line."""

import pytest
from dermaroll.data.checks import InputError
from dermaroll.geometry.region import checked_region, parse_region
from shapely.geometry import Polygon


@pytest.mark.parametrize(
    "text",
    [
        "CURVEPOLYGON(CIRCULARSTRING(0 0, 4 0, 4 4, 0 4, 0 0))",
        "CIRCULARSTRING(0 0, 4 0, 4 4)",
        "POINT(1 1)",
        "POLYGON((0 0, nan 0, 1 1, 0 0))",
        "POLYGON((0 0, 1e400 0, 1 1, 0 0))",
        "POLYGON((1e9 0, 1000000020 0, 1000000020 20, 1e9 20, 1e9 0))",
        "9" * 5000 + "x1",
        "0x5",
        "",
        "\udcff",
    ],
)
def test_what_is_no_treatable_polygon_is_refused_in_one_line(text):
    with pytest.raises(InputError, match=r"^region") as refused:
        parse_region(text)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_heights_are_left_out():
    tall = parse_region("POLYGON Z((0 0 1, 9 0 2, 9 9 3, 0 0 1))")
    assert not tall.has_z
    assert tall.area == pytest.approx(40.5)
    assert not checked_region(Polygon([(0, 0, 1), (2, 0, 1), (2, 2, 1)])).has_z
