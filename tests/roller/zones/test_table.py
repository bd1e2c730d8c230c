"""A body's tables say what the result holds: zone by zone, with both bands, the answer first."""

import numpy as np
import pytest
from dermaroll import Technique, treat
from dermaroll.roller.treatment.digits import figure
from dermaroll.roller.zones.table import answer_on_body, device_table, zone_table

ZONES = ("nose", "cheek-left")


@pytest.fixture(scope="module")
def rolled():
    technique = Technique(passes=1)
    return [treat(name, surface="face", zones=ZONES, technique=technique) for name in ("mf-8", "eye-60")]


def test_every_zone_has_a_row_with_its_figures_and_both_bands(rolled):
    one = rolled[0]
    heads, rows = zone_table(one)
    assert [row[0] for row in rows] == [*ZONES, "all zones"]
    assert {len(row) for row in rows} == {len(heads)}
    for row, treatment in zip(rows, one.treatments, strict=False):
        low, high = treatment.uncertainty["peak_depth_um"][:, 0]
        people = f"({figure(treatment['peak_depth_um_p05'])} to {figure(treatment['peak_depth_um_p95'])})"
        known = f"[{figure(low)} to {figure(high)}]"
        assert row[3] == f"{figure(treatment['peak_depth_um_mean'])} {people} {known}"
    assert rows[-1][1] == figure(one.area_cm2)


def test_several_devices_have_a_row_each_in_every_zone(rolled):
    heads, rows = device_table(rolled)
    assert [row[0] for row in rows] == ["nose", "", "cheek-left", "", "all zones", ""]
    assert [row[1] for row in rows] == [one.device.title for one in rolled] * 3
    assert {len(row) for row in rows} == {len(heads)}
    shown = 100 * rolled[1].treatments[0]["surface_coverage"]
    assert rows[1][5] == figure(shown)  # after zone, device, area, channels and depth


def test_the_answer_names_the_extremes(rolled):
    alone, both = answer_on_body(rolled[:1]), answer_on_body(rolled)
    density = [treatment["density_per_cm2"] for treatment in rolled[0].treatments]
    assert f"fewest ({figure(min(density))}) in {ZONES[int(np.argmin(density))]}" in alone
    deepest = max(rolled, key=lambda one: one["peak_depth_um_mean"])
    assert both.startswith(f"Deepest: {figure(deepest['peak_depth_um_mean'])} um, {deepest.device.title}.")


def test_nothing_opened_is_said():
    none = treat("mf-8", surface="face", zones=("nose",), technique=Technique(passes=1, load_n=0))
    assert answer_on_body([none]) == f"{none.device.title} does not open the skin of the zone nose."
    assert answer_on_body([none, none]) == "None of them opens the skin of any zone."
