"""Pictures that are seen small: their chief figure in words that can be read, and marks that differ in grey too."""

import numpy as np
import pytest
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, treat
from dermaroll.roller.treatment.digits import figure as digits
from dermaroll.roller.validation.rows import ROLES, run_validation
from dermaroll.viz.charts.depths import BIN_UM, depths_inset
from dermaroll.viz.charts.published import MARKS, published_chart
from dermaroll.viz.charts.section import section_chart

COLUMN_PX, READABLE_PX = 400, 7.0  # of a column of text on a small screen, and of letters in it


def height_px(text, figure):
    """Height of words when the figure is as wide as a column."""
    return text.get_fontsize() / 72 * COLUMN_PX / figure.get_figwidth()


@pytest.fixture(scope="module")
def treated():
    return treat("mf-8", "cheek", Technique(passes=8), region=rectangle(10, 10), depths_um=[0.0], seed=1)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_depth_is_read_in_a_section_as_wide_as_a_column(treated, count):
    drawing = section_chart([treated] * count)
    deep = [text for panel in drawing.axes for text in panel.texts if "deep" in text.get_text()]
    assert [text.get_text() for text in deep] == [f"{digits(treated['peak_depth_um_p50'])} µm\ndeep"] * count
    assert all(height_px(text, drawing) > READABLE_PX for text in deep)


def test_beside_a_map_stands_where_its_channels_end(treated):
    drawing = depths_inset(treated)
    panel = drawing.axes[0]
    ends = treated.channels.peak_depth_um[treated.channels.inside]
    bars = [bar for bar in panel.patches if bar.get_height() == BIN_UM]
    assert sum(bar.get_width() for bar in bars) == pytest.approx(100.0)
    assert min(bar.get_y() for bar in bars) <= ends.min()
    assert max(bar.get_y() + BIN_UM for bar in bars) >= ends.max()
    assert digits(float(np.median(ends))) in panel.get_title()


def test_of_no_channels_the_chart_of_depths_says_so(treated):
    none = treat("mf-8", "cheek", Technique(passes=1, load_n=0.0), region=rectangle(5, 5), depths_um=[0.0], seed=1)
    assert depths_inset(none).axes[0].get_title() == "no channels"


@pytest.mark.long
def test_rows_met_and_missed_differ_in_shape_and_groups_say_their_counts():
    validation = run_validation()
    drawing = published_chart(validation)
    words = [text.get_text() for text in drawing.axes[0].texts]
    for role in ROLES:
        met, count = validation.met(role)
        assert f"{role}: {met} of {count} met" in words
    assert len({mark["fmt"] for mark in MARKS.values()}) == len(MARKS)
    assert len({mark.get("mfc") for mark in MARKS.values()}) == len(MARKS)
    assert all(height_px(text, drawing) > READABLE_PX for text in drawing.axes[0].texts if " met" in text.get_text())
    assert len(drawing.axes[0].get_yticks()) == len(validation.rows)
