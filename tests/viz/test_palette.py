"""The palette: what stays apart in any light and for any eye, and that nobody writes a colour of it again."""

import itertools
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from dermaroll.viz.palette import (
    AMOUNT_MAP,
    BARE,
    CHANNEL_MAP,
    CHANNEL_SCALE_UM,
    CHANNEL_STOPS,
    DEVICE_COLOURS,
    LAYER_COLOURS,
    LAYER_INKS,
    LINE,
    PAPER,
    PASS_MAP,
    channel_colour,
    css_variables,
)
from dermaroll.viz.sight import VISIONS, as_seen, ciede_2000, contrast, difference, in_print, lab, rgb

ROOT = Path(__file__).parents[2]
LEAST_CONTRAST = 3.0  # WCAG 2.2, criterion 1.4.11
LEAST_DIFFERENCE = 10.0  # CIEDE2000
EYES = ("full", *VISIONS)
# Sharma, Wu, Dalal 2005, table 1: pairs that find the usual mistakes (turn of hue, blue, grey).
PUBLISHED = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((22.7233, 20.0904, -46.694), (23.0331, 14.973, -42.5619), 2.0373),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
]


def least(colours, vision, others=None):
    """Smallest difference between two of some colours, or between some and others."""
    if others is None:
        return min(float(difference(rgb(one), rgb(two), vision)) for one, two in itertools.combinations(colours, 2))
    return float(difference(np.array(others)[:, None], rgb(list(colours)), vision).min())


def test_difference_is_that_of_the_published_pairs():
    one, other, wanted = (np.array(column) for column in zip(*PUBLISHED, strict=True))
    assert ciede_2000(one, other) == pytest.approx(wanted, abs=1e-4)
    assert ciede_2000(other, one) == pytest.approx(wanted, abs=1e-4)


def test_contrast_and_vision_keep_what_is_known_of_them():
    white, black = np.ones(3), np.zeros(3)
    assert contrast(white, black) == pytest.approx(21.0)
    assert contrast(rgb("#767676"), white) == pytest.approx(4.54, abs=0.005)  # the lightest grey for words on white
    for vision in EYES:  # grey is grey to everybody
        assert as_seen([0.3, 0.3, 0.3], vision) == pytest.approx([0.3, 0.3, 0.3], abs=1e-3)
    # What a deuteranope takes one for the other: a red and a green of the same blue.
    red, green = rgb("#c85a50"), rgb("#7d7d50")
    assert difference(red, green, "deuteranopia") < 0.4 * difference(red, green)
    assert contrast(in_print(red), red) == pytest.approx(1.0, abs=0.02)


def test_lines_stand_out_from_both_layers_beside_them():
    for colour in LAYER_COLOURS.values():
        assert contrast(rgb(LINE), rgb(colour)) >= LEAST_CONTRAST


@pytest.mark.parametrize("vision", EYES)
def test_fills_differ_for_every_eye(vision):
    assert least(LAYER_COLOURS.values(), vision) >= LEAST_DIFFERENCE
    steps = np.linspace(0, 1, 201)
    for name in (CHANNEL_MAP, PASS_MAP):
        assert least(LAYER_COLOURS.values(), vision, mpl.colormaps[name](steps)[:, :3]) >= LEAST_DIFFERENCE
    for colours in (LAYER_INKS.values(), DEVICE_COLOURS):
        assert least(colours, vision) >= LEAST_DIFFERENCE
    home, short, long = (rgb(channel_colour(depth)) for depth in (85, 240, 850))
    assert difference(home, long, vision) >= 2 * LEAST_DIFFERENCE
    assert min(difference(home, short, vision), difference(short, long, vision)) >= LEAST_DIFFERENCE


def test_lines_of_charts_stand_out_from_paper():
    for colour in (*LAYER_INKS.values(), *DEVICE_COLOURS):
        assert contrast(rgb(colour), rgb(PAPER)) >= LEAST_CONTRAST


def test_a_deeper_channel_is_darker():
    depths = np.linspace(*CHANNEL_SCALE_UM, 101)
    onto_paper = [float(contrast(rgb(channel_colour(depth)), rgb(PAPER))) for depth in depths]
    assert (np.diff(onto_paper) > 0).all()
    assert channel_colour(5000) == channel_colour(CHANNEL_SCALE_UM[1]) == CHANNEL_STOPS[CHANNEL_SCALE_UM[1]]


def test_the_page_takes_its_colours_from_the_palette():
    given = css_variables()
    assert all(f": {colour};" in given for colour in LAYER_COLOURS.values())
    style = (ROOT / "viz/web/page.css").read_text(encoding="utf-8")
    written = set(re.findall(r"#[0-9a-f]{6}", style))
    old = {"#f0cf6d", "#1f2a5c", "#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"}
    assert not written & ({*LAYER_COLOURS.values(), *CHANNEL_STOPS.values()} | old)
    assert set(re.findall(r"var\(--(layer-[\w-]+|channel[\w-]*)", style)) <= set(re.findall(r"--([\w-]+):", given))


def test_nobody_writes_a_colour_of_the_palette_again():
    own = {*LAYER_COLOURS.values(), *LAYER_INKS.values(), *CHANNEL_STOPS.values(), *DEVICE_COLOURS}
    for pattern in ("viz/**/*.py", "scripts/*.py", "viz/web/src/*.js", "viz/web/*.jinja"):
        for path in ROOT.glob(pattern):
            if path.name != "palette.py":
                assert not own & set(re.findall(r"#[0-9a-f]{6}", path.read_text(encoding="utf-8"))), path


@pytest.mark.parametrize("vision", EYES)
def test_amounts_grow_darker_in_even_steps_and_none_is_told_from_bare_skin(vision):
    shades = mpl.colormaps[AMOUNT_MAP](np.linspace(0, 1, 11))[:, :3]
    light = lab(as_seen(shades, vision))[:, 0]
    assert (np.diff(light) < -3).all()
    assert (difference(shades[1:], shades[:-1], vision) > 3).all()
    assert difference(shades, rgb(BARE), vision).min() >= LEAST_DIFFERENCE
