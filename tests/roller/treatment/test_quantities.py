"""One table of quantities: what it must hold, and that every output holds every figure of it."""

import ast
import copy
import json
import pickle
import re
import runpy
from pathlib import Path

import dermaroll
import numpy as np
import pandas
import pytest
import xarray
from dermaroll import InputError, Technique, compare, run_programme, treat, with_aftermath
from dermaroll.geometry.region import rectangle
from dermaroll.roller.plan.choosing import plan_treatment
from dermaroll.roller.programme.sessions import COURSES
from dermaroll.roller.treatment.digits import figure, table_lines
from dermaroll.roller.treatment.names import named_at, parts_of, place_of
from dermaroll.roller.treatment.quantities import ALL, QUANTITIES
from dermaroll.roller.treatment.quantity import GROUPS, PRETTY, STATISTICS
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[3]
SMALL = {"region": "7x6", "depths_um": [100.0, 300.0], "seed": 4}
HOW = Technique(passes=3)


@pytest.fixture(scope="module")
def several():
    return treat("mf-8", "cheek", HOW, replicates=4, active="ascorbic-acid", **SMALL)


@pytest.fixture(scope="module")
def one():
    return treat("mf-8", "cheek", HOW, active="ascorbic-acid", **SMALL)


def test_every_quantity_is_whole():
    for key, quantity in ALL.items():
        assert min(len(quantity.words), len(quantity.head)) > 2, key
        assert quantity.group in GROUPS, key
        known = {*PRETTY, "", "h", "min", "mm/s", "d", "N", "%", "needles", "sessions"}
        assert quantity.unit in known or quantity.unit.startswith("x "), key
        assert (quantity.work_out is None) == (quantity.room != "treatment"), key
        unit = re.search(r"_(um|mm|deg|per_cm2|h|percent)$", key)
        if unit:
            written = {"per_cm2": "cm2", "percent": "%"}.get(unit[1], unit[1])
            assert written in quantity.unit, key


def test_what_other_rooms_work_out_is_declared(several):
    programme = run_programme("mf-8", "cheek", "acne-scars", HOW, active="vitamin c", **SMALL)
    of_programme = {key for key, quantity in ALL.items() if quantity.room == "programme"}
    own = {"day", "session", "device", "passes", "pattern", "load_n"}
    told = set(programme.session_rows()[0]) - own - set(programme.sessions[0].treatment.last_figures())
    assert {re.sub("_uncertainty_(low|high)$", "", name) for name in told} == of_programme
    assert set(COURSES) == {key for key, quantity in ALL.items() if quantity.time == "day"}
    from dermaroll import Goal

    goal = Goal(
        least_channels_per_cm2={"papillary_dermis": 60}, most_gap_mm=4, most_share_of_channels={"hypodermis": 1}
    )
    answer = plan_treatment(goal, "cheek", ["mf-8"], region="6x6", replicates=10, most_passes=8)
    settings = {"device", "use", "length_mm", "passes", "load_n", "moved", "drag_speed_mm_s"}
    told = {place_of(name).part.quantity.key for name in answer.choices[0].figures() if name not in settings}
    told |= {part.aim.quantity.key for part in answer.choices[0].reached}
    of_plan = {key for key, quantity in ALL.items() if quantity.room == "plan"}
    assert of_plan <= told <= set(ALL)


def test_no_other_file_writes_a_label_of_the_table_again():
    """Words of three and more that the table holds stand nowhere else in the code."""
    long = [quantity.words for quantity in ALL.values() if quantity.words.count(" ") >= 2]
    words = {text for text in long if "{" not in text}
    own = {ROOT / "roller" / "treatment" / "quantities.py"}
    for room in ("data", "geometry", "roller", "viz"):
        for path in set((ROOT / room).rglob("*.py")) - own:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            assert not words & texts, (path, words & texts)


@pytest.mark.parametrize("depths", ["0:1000:100", "400:1000:100", "250:260:5"])
def test_surface_covered_is_that_of_the_surface(run_here, depths):
    done = run_here("coverage", "mf-8", "--passes", "4", "--depths", depths, "--format", "json")
    content = json.loads(done.stdout)
    usual = treat("mf-8", "cheek", Technique(passes=4), depths_um=[0.0])
    assert content["surface_coverage"] == pytest.approx(usual.mean("coverage")[:, 0], rel=1e-12)
    assert len(content["coverage"][0]) == len(content["depths_um"])


def test_more_replicates_bring_outcomes_nearer_to_the_mean_of_all():
    """The share is worked out in every replicate: its mean over 24 lies within four standard errors of that over 96."""
    shares = {
        count: treat("mf-8", "cheek", HOW, replicates=count, seed=1, region="5x5", figures=["papillary_vessel_share"])
        for count in (24, 96)
    }
    few, many = (shares[count].values["papillary_vessel_share"] for count in (24, 96))
    assert (few == many[:24]).all()
    assert abs(few.mean() - many.mean()) < 4 * many.std(ddof=1) / np.sqrt(24)
    assert np.ptp(many) > 0.2


def read_back(folder, result):
    result.to_json(folder / "a.json")
    result.to_csv(folder / "a.csv")
    result.to_parquet(folder / "a.parquet")
    result.to_netcdf(folder / "a.nc")


def spread_of(values, suffix):
    known = {"": values.mean(axis=0)}
    if len(values) > 1:
        low, high = np.quantile(values, [0.05, 0.95], axis=0)
        known |= {"_sd": values.std(axis=0, ddof=1), "_band_low": low, "_band_high": high}
    return known[suffix]


@pytest.mark.parametrize("count", ["one", "several"])
def test_every_format_holds_every_figure(count, request, tmp_path):
    result = request.getfixturevalue(count)
    read_back(tmp_path, result)
    suffixes = ("", "_sd", "_band_low", "_band_high") if count == "several" else ("",)
    content = json.loads((tmp_path / "a.json").read_text())
    tables = [pandas.read_csv(tmp_path / "a.csv"), pandas.read_parquet(tmp_path / "a.parquet")]
    courses = [pandas.read_csv(tmp_path / "a.courses.csv"), pandas.read_parquet(tmp_path / "a.courses.parquet")]
    flat = {**content, **content["aftermath"]}
    for group in ("closure", "delivery", "course"):
        flat |= content["aftermath"][group]
    with xarray.open_dataset(tmp_path / "a.nc") as data:
        for key, quantity in QUANTITIES.items():
            values = result.values[key]
            assert data[key].values == pytest.approx(values, nan_ok=True), key
            assert data[key].dims == ("replicate", *quantity.dims)
            assert data[key].attrs["units"] == quantity.unit
            if "layer" not in quantity.dims:
                assert key in flat, key
            for part in parts_of(key):
                own = part.of(values)
                for suffix in suffixes:
                    if quantity.classes:
                        continue
                    expected = spread_of(own, suffix)
                    if quantity.time is not None:
                        name = {"": "value", "_sd": "sd", "_band_low": "low", "_band_high": "high"}[suffix]
                        for table in courses:
                            rows = table[table["quantity"] == key]
                            assert rows[name].to_numpy() == pytest.approx(expected), (key, suffix)
                            assert set(rows["unit"]) == {quantity.unit}
                        continue
                    for table in tables:
                        grid = table[part.column + suffix].to_numpy().reshape(3, 2)
                        shape = (3 if "passes" in part.rest else 1, 2 if "depth" in part.rest else 1)
                        wanted = np.broadcast_to(np.reshape(expected, shape), (3, 2))
                        assert grid == pytest.approx(wanted, nan_ok=True), (part.column, suffix)
    assert {part.column for key in QUANTITIES for part in parts_of(key) if not part.quantity.time} <= set(tables[0])
    assert set(tables[0]["bleeding"]) == {content["aftermath"]["bleeding"]} == {result["bleeding"]}


def test_a_comparison_holds_what_its_treatments_hold(tmp_path):
    pair = compare(["cit-8", "mf-8"], "cheek", HOW, **SMALL)
    read_back(tmp_path, pair)
    table = pandas.read_csv(tmp_path / "a.csv")
    for treatment in pair.treatments:
        own = treatment.to_frame()
        rows = table[table["device"] == treatment.device.name].reset_index(drop=True)
        pandas.testing.assert_frame_equal(rows, own, check_dtype=False)
    assert set(pandas.read_csv(tmp_path / "a.courses.csv")["device"]) == {"cit-8", "mf-8"}
    with xarray.open_dataset(tmp_path / "a.nc") as data:
        assert set(QUANTITIES) <= set(data)
        assert data["coverage"].sel(device="mf-8", passes=3).shape == (1, 2)


def test_a_figure_is_found_by_its_flat_name(several):
    numbers = {"um": 300.0, "h": 24.0, "d": 90.0}
    for part in (part for key in QUANTITIES for part in parts_of(key)):
        name = named_at(part, numbers[part.at]) if part.at else part.name
        values = part.of(several.values[part.quantity.key])
        if part.quantity.classes:
            assert several[name] in part.quantity.classes
            continue
        for dim in part.rest:
            along = several.depths_um if dim == "depth" else several.times.get(dim, several.passes)
            wanted = several.passes[-1] if dim == "passes" else numbers[part.at]
            values = values[:, int(np.flatnonzero(along == wanted)[0])]
        assert several[name] == pytest.approx(values.mean(), nan_ok=True), name
        if np.isnan(values).any():  # such as evenness of a region with no two whole cells
            continue
        assert several[name + "_band_low"] <= several[name] <= several[name + "_band_high"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("density_at_200_um_per_cm2", "density_per_cm2_at_200_um"),
        ("peak_depth_um.p05", "peak_depth_um_p05"),
        ("peak_depth_p05_um", "peak_depth_um_p05"),
        ("amount_ascorbic-acid_24h", "amount_ug_per_cm2_at_24_h"),
        ("amount_24h_ug_per_cm2", "amount_ug_per_cm2_at_24_h"),
        ("enhancement_ascorbic-acid", "enhancement"),
        ("density_per_cm2_p05", "density_per_cm2_band_low"),
        ("papilary_dermis_density_per_cm2", "papillary_dermis_density_per_cm2"),
        ("coverage_at_250_um", "coverage_at_300_um"),
        ("surface_coverage_sd", "more than one replicate"),
    ],
)
def test_a_wrong_or_old_name_is_told_the_right_one(one, name, told):
    with pytest.raises(InputError, match=re.escape(told)) as refused:
        one[name]
    assert "\n" not in str(refused.value)


def test_results_can_not_be_written_to_and_are_told_apart_by_identity(several):
    for array in (*several.values.values(), several.depths_um, several.channels.x_mm, *several.uncertainty.values()):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(TypeError):
        several.values["coverage"] = np.zeros(1)
    same = with_aftermath(several, "ascorbic-acid")
    assert same.to_json() == several.to_json()
    assert several == several
    assert several != same
    assert len({several, same}) == 2
    assert pickle.loads(pickle.dumps(several)).to_json() == several.to_json()
    assert copy.deepcopy(several).to_json() == several.to_json()
    for result in (several, compare(["cit-8", "mf-8"], "cheek", HOW, **SMALL)):
        assert len(repr(result)) < 1000
        assert "<table>" in result._repr_html_()
        assert len(result._repr_html_()) < 12_000


@pytest.mark.parametrize(
    ("given_", "named"),
    [
        ({"replicates": 2.5}, "replicates = 2.5"),
        ({"replicates": True}, "replicates = True"),
        ({"seed": "1"}, "seed = '1'"),
        ({"technique": {"passes": 4}}, "technique ="),
        ({"technique": []}, "technique = []"),
        ({"technique": ""}, "technique = ''"),
        ({"technique": 0}, "technique = 0"),
        ({"region": 3}, "region = 3"),
        ({"dose_ug_per_cm2": np.nan}, "dose_ug_per_cm2 = nan"),
        ({"active": "ascorbic"}, "ascorbic-acid"),
        ({"figures": "coverage"}, "figures ="),
    ],
)
def test_bad_arguments_are_one_line_that_names_them(given_, named):
    technique = given_.pop("technique", None)
    with pytest.raises(InputError) as refused:
        treat("mf-8", "cheek", technique, **given_)
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_goal_may_be_a_path_and_nothing_else_strange(tmp_path):
    goal = tmp_path / "goal.toml"
    goal.write_text("[least_channels_per_cm2]\npapillary_dermis = 60\n")
    assert plan_treatment(goal, "cheek", ["mf-8"], region="6x6", replicates=10, most_passes=8).choices
    with pytest.raises(InputError, match="goal ="):
        plan_treatment({"least_channels_per_cm2": 60}, "cheek", ["mf-8"])


def test_the_top_offers_names_and_loads_nothing_until_one_is_used():
    for name in dermaroll.__all__:
        assert getattr(dermaroll, name) is not None
    assert set(dermaroll.__all__) == set(dermaroll._HOMES)
    assert set(dermaroll.__all__) <= set(dir(dermaroll))
    with pytest.raises(AttributeError):
        dermaroll.treatt  # noqa: B018


@given(st.floats(-1e-5, 1e-5), st.integers(0, 5))
def test_no_number_is_minus_nothing(value, digits):
    assert figure(round(value, digits)) != "-0"


@given(
    st.lists(st.text("abc ", min_size=1, max_size=60).map(lambda word: word.strip() or "a"), min_size=2, max_size=9),
    st.integers(1, 6),
    st.sampled_from([80, 120, 200]),
)
def test_tables_fit_and_lose_nothing(heads, count, width):
    rows = [[f"{head}{number}" for head in heads] for number in range(count)]
    lines = list(table_lines(heads, rows, width))
    assert max(map(len, lines)) <= width
    text = re.sub(r"\s", "", "".join(lines))
    for row in rows:
        for cell in row:
            assert set(re.sub(r"\s", "", cell)) <= set(text)
    assert sum(map(len, (re.sub(r"\s", "", cell) for row in [heads, *rows] for cell in row))) <= len(text)


def test_the_page_of_quantities_is_that_of_the_table():
    written = runpy.run_path(str(ROOT / "scripts" / "write_quantities.py"))["page"]()
    assert (ROOT / "docs" / "quantities.md").read_text(encoding="utf-8") == written


def test_untouched_skin_has_outcomes_of_nothing():
    none = treat("mf-8", "cheek", Technique(load_n=0, passes=2), aftermath=True, region=rectangle(5, 5))
    assert none["bleeding"] == "none"
    assert none["redness_h"] == none["pain_vs_26g"] == none["barrier_back_h"] == 0
    assert none["collagen_at_6_months_percent"] == 0


def test_statistics_are_told_apart_from_spreads(several):
    assert several["peak_depth_um_sd"] == pytest.approx(
        several.values["peak_depth_um"][:, STATISTICS.index("sd")].mean()
    )
    means = several.values["peak_depth_um"][:, 0]
    assert several["peak_depth_um_mean_sd"] == pytest.approx(means.std(ddof=1))
