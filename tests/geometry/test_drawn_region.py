"""Regions that were drawn: their area and size in mm, and what is refused in one line."""

import json
from math import pi

import pytest
from dermaroll.data.checks import InputError
from dermaroll.geometry.region import parse_region

SQUARE = [[100, 200], [120, 200], [120, 210], [100, 210], [100, 200]]
HOLE = [[105, 202], [107, 202], [107, 204], [105, 204], [105, 202]]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'
FORTY = 'width="40mm" height="20mm" viewBox="0 0 400 200"'
# A circle of four Bezier curves: the usual handle is 0.5523 of the radius.
K = 0.5522847498 * 50
CIRCLE = f"M100 50 c 0 {K} {K - 50} 50 -50 50 s -50 {K - 50} -50 -50 s {50 - K} -50 50 -50 s 50 {50 - K} 50 50 z"


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def geojson(tmp_path, *rings, **more):
    content = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": rings}, "properties": {}, **more}
    return written(tmp_path, "area.geojson", json.dumps(content))


def test_geojson_in_mm_is_centred_and_keeps_its_holes(tmp_path):
    region = parse_region(geojson(tmp_path, SQUARE, HOLE))
    assert region.bounds == (-10, -5, 10, 5)
    assert region.area == pytest.approx(200 - 4)
    assert len(region.interiors) == 1


@pytest.mark.parametrize(
    ("path", "area"),
    [
        ("M0 0 H400 V200 H0 Z", 800.0),
        ("m10,10 l100,0 0,100 -100,0z", 100.0),
        ("M0 0 L100 0 L100 100 L0 100 Z M20 20 L40 20 L40 40 L20 40 Z", 96.0),
        (
            "M0 0 Q 50 100 100 0 Z",
            100 * 100 / 3 / 100,
        ),  # a parabola, height 50 over a base of 100
        (CIRCLE, pi * 25),
        ("M0 0 L1e2 0 L100 100 Z", 50.0),
    ],
    ids=["rectangle", "relative", "hole", "parabola", "circle", "exponents"],
)
def test_a_path_of_an_svg_has_the_size_that_is_written_on_it(tmp_path, path, area):
    region = parse_region(written(tmp_path, "area.svg", SVG.format(size=FORTY, body=f'<path d="{path}"/>')))
    assert region.area == pytest.approx(area, rel=2e-3)


def test_a_size_in_inches_counts(tmp_path):
    text = SVG.format(size='width="1in" viewBox="0 0 10 10"', body='<path d="M0 0 H10 V10 H0 Z"/>')
    assert parse_region(written(tmp_path, "area.svg", text)).area == pytest.approx(25.4**2)


DEGREES = [[13.37, 52.51], [13.38, 52.51], [13.38, 52.52], [13.37, 52.52], [13.37, 52.51]]
PATH = '<path d="M0 0 H9 V9 Z"/>'


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.geojson", json.dumps({"type": "Polygon", "coordinates": [DEGREES]}), "degrees"),
        ("a.geojson", "{", "can't be read as a drawing"),
        ("a.geojson", json.dumps({"type": "Point", "coordinates": [1, 2]}), "one closed area"),
        ("a.json", json.dumps([1]), "can't be read as a drawing"),
        ("a.svg", SVG.format(size='width="40"', body=PATH), "width = '40'"),
        ("a.svg", SVG.format(size="", body=PATH), "width = 'none'"),
        ("a.svg", SVG.format(size='width="100%"', body=PATH), "width = '100%'"),
        ("a.svg", SVG.format(size=FORTY, body=PATH + PATH), "paths = 2"),
        ("a.svg", SVG.format(size=FORTY, body='<path d="M0 0 A 5 5 0 0 1 9 9 Z"/>'), "turn arcs into curves"),
        ("a.svg", SVG.format(size=FORTY, body='<path d="M0 0 L 5 Z"/>'), "L with 1 numbers"),
        ("a.svg", SVG.format(size=FORTY, body='<path transform="scale(2)" d="M0 0 H99 V99 Z"/>'), "transform"),
        ("a.svg", "<svg", "can't be read as a drawing"),
        ("a.svg", '<!DOCTYPE s [<!ENTITY a "b">]><svg/>', "entities"),
    ],
)
def test_a_drawing_that_can_not_be_used_gets_one_line(tmp_path, name, text, told):
    path = written(tmp_path, name, text)
    with pytest.raises(InputError) as refused:
        parse_region(path)
    assert told in str(refused.value)
    assert str(refused.value).startswith(path)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_gets_one_line():
    with pytest.raises(InputError, match="can't be read"):
        parse_region("nowhere.svg")
