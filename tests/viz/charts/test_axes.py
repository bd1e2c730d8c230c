"""Axes of charts say what they count and in which unit."""

import pandas
import pytest
from dermaroll.roller.study.axes import AXES, axis_label
from dermaroll.viz.charts.sweep import sweep_chart

LABELS = {
    "load_n": "load [N]",
    "speed_mm_s": "speed [mm/s]",
    "drag_speed_mm_s": "drag speed [mm/s]",
    "frequency_hz": "frequency [Hz]",
    "stamps_per_s": "stamps [1/s]",
    "length_mm": "length [mm]",
    "tip_radius_um": "tip radius [µm]",
    "half_angle_deg": "half angle [°]",
    "sheet_thickness_mm": "sheet thickness [mm]",
    "age_years": "age [years]",
    "dose_ug_per_cm2": "dose [µg/cm²]",
    "passes": "passes",
    "stagger": "stagger",
    "device": "device",
    "skin_colour": "skin colour",
}


@pytest.mark.parametrize(("axis", "label"), LABELS.items())
def test_an_axis_of_a_study_has_its_unit_in_brackets(axis, label):
    assert axis_label(axis) == label


def test_no_axis_of_a_study_says_its_unit_as_a_word_of_its_name():
    units = {"mm", "um", "deg", "hz", "s", "cm2", "ug"}
    assert [name for name in AXES if set(axis_label(name).split(" [")[0].split()) & units] == []


def test_a_chart_of_a_sweep_says_both_units_and_that_of_its_lines():
    rows = pandas.DataFrame(
        {"load_n": [1.0, 2.0] * 2, "length_mm": [0.5, 0.5, 1.0, 1.0], "coverage_at_200_um": [0.1, 0.2, 0.3, 0.4]}
    )
    panel = sweep_chart(rows, "load_n", "coverage_at_200_um", "length_mm").axes[0]
    assert panel.get_xlabel() == "load [N]"
    assert panel.get_ylabel().endswith(", at 200 µm [share]")
    assert panel.get_legend().get_title().get_text() == "length [mm]"
