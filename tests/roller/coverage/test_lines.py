"""Lines through a region: lengths inside are those of an independent clipping."""

import numpy as np
import pytest
import shapely
from dermaroll.data.catalog import device
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique
from dermaroll.roller.coverage.lines import stretches_inside
from dermaroll.roller.coverage.passes import roll
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon

SHAPES = {
    "square": rectangle(20, 20),
    "ring": Point(1, 2).buffer(9).difference(Point(2, 3).buffer(4)),
    "hook": Polygon([(0, 0), (30, 0), (30, 3), (3, 3), (3, 30), (0, 30)]),
    "thin": Polygon([(0, 0), (100, 100), (100.01, 100), (0.01, 0)]),
}


@given(shape=st.sampled_from(sorted(SHAPES)), turn=st.floats(0, 6.3), shift=st.floats(-3, 3))
def test_stretches_are_those_of_clipping_line_by_line(shape, turn, shift):
    polygon = SHAPES[shape]
    along, left = np.array([np.cos(turn), np.sin(turn)]), np.array([-np.sin(turn), np.cos(turn)])
    across = shift + np.arange(-40, 40) * 1.3
    found = stretches_inside(polygon, along, across)
    assert (found.end >= found.start).all()
    assert (np.diff(found.line) >= 0).all()
    length = np.bincount(found.line, found.end - found.start, across.size)
    for place, inside in zip(across, length, strict=True):
        line = LineString([place * left - 300 * along, place * left + 300 * along])
        assert inside == pytest.approx(shapely.intersection(line, polygon).length, abs=1e-6)


@pytest.mark.parametrize("pattern", ["one-way", "cross", "star"])
def test_contacts_lie_as_densely_in_every_part_of_a_bent_region(pattern):
    hook = Polygon([(0, 0), (200, 0), (200, 30), (30, 30), (30, 200), (0, 200)])
    roller = device("mf-8")
    found = roll(roller, Technique(passes=8, pattern=pattern), hook, 10.0, np.random.default_rng(1))
    expected = 8 * 192 / (2 * np.pi * 10 * 20)
    for part in (rectangle(200, 30), rectangle(30, 200)):
        arm = shapely.affinity.translate(part, *(-np.array(part.bounds[:2])))
        inside = shapely.contains_xy(arm, found.x_mm, found.y_mm).sum()
        assert inside / arm.area == pytest.approx(expected, rel=0.03)


def test_a_long_region_is_walked_along_and_not_around():
    # 10 km long and a hundredth of a millimetre wide, at 45 degrees to half of the passes: all strokes would be 3e8
    thin = rectangle(1e5, 1e-5)
    found = roll(device("mf-8"), Technique(passes=4), thin, 10.0, np.random.default_rng(0))
    margin = 10 * 2 * np.pi / 24
    assert np.abs(found.y_mm).max() < margin + 1e-5
    assert found.x_mm.size == pytest.approx(4 * 192 / (2 * np.pi * 10 * 20) * 1e5 * 2 * margin, rel=0.02)
