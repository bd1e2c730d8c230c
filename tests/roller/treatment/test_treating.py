"""The result object: one set of numbers behind every output, the same for the same seed."""

import json

import numpy as np
import pandas
import pytest
import xarray
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, compare, treat
from dermaroll.roller.insertion import each_contact
from dermaroll.roller.output import json_text, replacing
from dermaroll.roller.treatment.not_known import depths_of_members
from dermaroll.roller.treatment.quantities import QUANTITIES
from dermaroll.roller.treatment.treating import with_aftermath
from shapely.geometry import Polygon

FEW = {"region": rectangle(12, 12), "depths_um": np.arange(0, 1001, 100.0)}
CONTRACT = [
    "schema",
    "inputs",
    "versions",
    "sources",
    "warnings",
    "passes",
    "depths_um",
    "density_per_cm2",
    "density_at_depth_per_cm2",
    "coverage",
    "expected_coverage",
    "residual_coverage",
    "peak_depth_um",
    "residual_depth_um",
    "surface_diameter_um",
    "hole_aspect_ratio",
    "punctured_fraction",
    "entry_angle_deg",
    "axle_height_mm",
    "layers",
    "largest_gap_mm",
    "mean_distance_to_channel_mm",
]


@pytest.fixture(scope="module")
def one():
    return treat("mf-8", "cheek", Technique(passes=5), seed=1, **FEW)


@pytest.fixture(scope="module")
def five():
    return treat("mf-8", "cheek", Technique(passes=5), seed=1, replicates=5, **FEW)


def test_json_has_the_keys_and_shapes_of_the_contract(one):
    content = json.loads(one.to_json())
    assert set(CONTRACT) <= set(content)
    passes, depths = len(content["passes"]), len(content["depths_um"])
    assert (passes, depths) == (5, 11)
    for key in ("density_per_cm2", "largest_gap_mm", "mean_distance_to_channel_mm"):
        assert len(content[key]) == passes
    for key in ("density_at_depth_per_cm2", "coverage", "expected_coverage", "residual_coverage"):
        assert np.shape(content[key]) == (passes, depths)
    for key in ("peak_depth_um", "residual_depth_um", "surface_diameter_um", "hole_aspect_ratio"):
        assert list(content[key]) == ["mean", "sd", "p05", "p50", "p95"]
    for layer in content["layers"]:
        assert {"name", "top_um", "bottom_um", "density_per_cm2", "volume_fraction"} <= set(layer)
        assert len(layer["volume_fraction"]) == passes
    assert content["layers"][0]["top_um"] == 0
    assert not [key for key in content if key.endswith(("_sd", "_band"))]
    assert content["inputs"]["device"]["name"] == "mf-8"
    assert content["inputs"]["passes"] == 5
    assert content["inputs"]["seed"] == 1


def test_density_follows_from_the_motion():
    t = treat("mf-8", "cheek", Technique(passes=15), seed=1)
    content = t.to_dict()
    h = float(content["axle_height_mm"])
    plain = 15 * 192 / (2 * np.pi * max(h, 10) * 20) * 100 * content["punctured_fraction"]
    assert content["density_per_cm2"][-1] == pytest.approx(plain, rel=0.05)


def test_short_roller_on_the_skin_meets_the_published_250_per_cm2():
    # 15 passes of a 0.2 mm roller: 250 per cm2 stated (R038), 20 %
    t = treat("generic-0.2mm", "cheek", Technique(passes=15), seed=2)
    contacts = t.mean("density_per_cm2")[-1] / t.mean("punctured_fraction")
    assert contacts == pytest.approx(250, rel=0.2)


def test_same_seed_same_bytes(one):
    again = treat("mf-8", "cheek", Technique(passes=5), seed=1, **FEW)
    other = treat("mf-8", "cheek", Technique(passes=5), seed=2, **FEW)
    assert one.to_json() == again.to_json()
    assert one.to_json() != other.to_json()


def test_replicates_have_mean_spread_and_band(five):
    content = json.loads(five.to_json())
    values = five.values["density_per_cm2"]
    assert values.shape == (5, 5)
    assert content["density_per_cm2"] == pytest.approx(values.mean(axis=0))
    assert content["density_per_cm2_sd"] == pytest.approx(values.std(axis=0, ddof=1))
    assert content["density_per_cm2_band"] == pytest.approx(np.quantile(values, [0.05, 0.95], axis=0))
    assert np.shape(content["coverage_band"]) == (2, 5, 11)
    assert set(content["peak_depth_um_sd"]) == set(content["peak_depth_um"])
    assert {"top_um_sd", "volume_fraction_band"} <= set(content["layers"][2])
    low, high = content["layers"][3]["bottom_um_band"]
    assert low < content["layers"][3]["bottom_um"] < high


@pytest.mark.parametrize("names", [[key] for key, one in QUANTITIES.items() if not one.needs], ids=lambda keys: keys[0])
def test_figures_asked_for_alone_are_the_same(five, names):
    alone = treat("mf-8", "cheek", Technique(passes=5), seed=1, replicates=5, figures=names, **FEW)
    assert set(alone.values) == set(names)
    for name in names:
        assert (alone.values[name] == five.values[name]).all()
    assert set(alone.to_frame()) <= set(five.to_frame())
    assert set(alone.to_xarray()) == set(names)
    assert alone.to_dict()["schema"] == 2
    with pytest.raises(InputError, match="asked for"):
        alone.mean(min(QUANTITIES.keys() - names))


def test_replicates_do_not_depend_on_how_many_there_are(five):
    three = treat("mf-8", "cheek", Technique(passes=5), seed=1, replicates=3, **FEW)
    assert (three.values["coverage"] == five.values["coverage"][:3]).all()


def test_every_output_tells_the_same(one, tmp_path):
    paths = {ending: tmp_path / f"out.{ending}" for ending in ("json", "csv", "parquet", "nc")}
    one.to_json(paths["json"])
    one.to_csv(paths["csv"])
    one.to_parquet(paths["parquet"])
    one.to_netcdf(paths["nc"])
    content = json.loads(paths["json"].read_text(encoding="utf-8"))
    frames = [pandas.read_csv(paths["csv"]), pandas.read_parquet(paths["parquet"])]
    with xarray.open_dataset(paths["nc"]) as data:
        for frame in frames:
            assert len(frame) == 5 * 11
            table = frame.pivot_table(index="pass", columns="depth_um", values="coverage").to_numpy()
            assert table == pytest.approx(np.array(content["coverage"]))
            deep = frame.groupby("pass")["reticular_dermis_density_per_cm2"].first()
            assert deep.to_numpy() == pytest.approx(content["layers"][3]["density_per_cm2"])
        assert data["coverage"].sel(replicate=0).values == pytest.approx(np.array(content["coverage"]))
        assert data["coverage"].dims == ("replicate", "passes", "depth")
        assert data["peak_depth_um"].attrs["units"] == "um"
        assert data["layer"].values.tolist() == [layer["name"] for layer in content["layers"]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "out.json", "out.nc", "out.parquet"]


def test_untouched_skin_has_no_numbers_but_null():
    content = json.loads(treat("mf-8", "cheek", Technique(passes=2, load_n=0), **FEW).to_json())
    assert content["peak_depth_um"]["mean"] is None
    assert content["largest_gap_mm"] == [None, None]
    assert content["coverage"][1][0] == 0


def test_weak_ground_is_named(one):
    text = "\n".join(one.warnings)
    assert "tip_radius_um" in text
    assert "papillary_dermis" in text
    keys = {source["key"] for source in one.to_dict()["sources"]}
    assert {"schwarz_2011", "kalluri_2011", "romgens_2014", "ultrasound_2022"} <= keys
    assert "more than the 6 N" in "\n".join(treat("mf-8", "cheek", Technique(load_n=7), **FEW).warnings)


def test_sources_are_those_of_this_treatment(one):
    keys = {source["key"] for source in one.to_dict()["sources"]}
    assert "derraik_2014" not in keys  # thigh and abdomen


def test_comparison_meets_the_same_skin():
    pair = compare(["generic-0.25mm", "mf-8"], "cheek", Technique(passes=4), replicates=3, seed=9, **FEW)
    home, professional = pair.treatments
    assert (home.values["layer_bottom_um"] == professional.values["layer_bottom_um"]).all()
    content = json.loads(pair.to_json())
    assert [part["inputs"]["device"]["name"] for part in content["devices"]] == ["generic-0.25mm", "mf-8"]
    rows = {row["quantity"]: row for row in content["differences"]}
    deep = rows["peak_depth_um_mean"]
    assert deep["values"][1] == pytest.approx(professional.mean("peak_depth_um")[0])
    assert deep["ratio_to_first"] == pytest.approx([1.0, deep["values"][1] / deep["values"][0]])
    assert pair.to_xarray()["coverage"].sizes["device"] == 2
    assert set(pair.to_frame()["device"]) == {"generic-0.25mm", "mf-8"}


def test_summary_is_the_table(one):
    text = one.summary()
    assert f"{one.mean('density_per_cm2')[-1]:.3g}" in text
    assert text.splitlines()[0].startswith("Cheek, 5 passes (star), 3 N")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"depths_um": [3, 2]}, "depths_um"),
        ({"depths_um": [-1, 2]}, "depths_um"),
        ({"depths_um": []}, "depths_um"),
        ({"depths_um": [0, np.nan]}, "depths_um"),
        ({"replicates": 0}, "replicates"),
        ({"seed": -1}, "seed"),
        ({"figures": ["covrage"]}, "covrage"),
        ({"figures": []}, "figures"),
        ({"region": Polygon()}, "region"),
    ],
)
def test_bad_input_is_one_line(given, told):
    with pytest.raises(InputError, match=told) as refused:
        treat("mf-8", "cheek", **given)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "field", [{"passes": 0}, {"load_n": -1}, {"load_n": 51}, {"load_n": np.nan}, {"pattern": "zigzag"}, {"slip": 1.0}]
)
def test_technique_keeps_its_ranges(field):
    with pytest.raises(InputError, match=next(iter(field))) as refused:
        Technique(**field)
    assert "\n" not in str(refused.value)


def test_comparison_needs_two():
    with pytest.raises(InputError, match="two or more"):
        compare(["mf-8"], "cheek")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "out.json"
    target.write_text("old")

    def write_half():
        with replacing(target) as path:
            path.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_json_text_has_no_nan():
    assert json.loads(json_text({"a": [np.nan, np.inf, np.float64(1.5)], "b": {"c": np.int64(2)}})) == {
        "a": [None, None, 1.5],
        "b": {"c": 2},
    }


def test_what_a_session_leads_to_is_told_where_asked_for(professional):
    after_session = with_aftermath(professional, "ascorbic-acid", dose_ug_per_cm2=50.0)
    content = json.loads(after_session.to_json())
    bare = json.loads(professional.to_json())
    assert "aftermath" not in bare
    told = content.pop("aftermath")
    assert set(content.pop("warnings")) > set(bare.pop("warnings"))
    care = {key: content["inputs"].pop(key) for key in ("active", "dose_ug_per_cm2", "film_um", "occluded")}
    assert care == {"active": care["active"], "dose_ug_per_cm2": 50.0, "film_um": 100.0, "occluded": False}
    assert set(content.pop("quantities")) > set(bare.pop("quantities"))
    assert content == bare  # nothing else changes
    days = told["course"]["days"]
    month_6 = np.interp(180, days, told["course"]["collagen"])
    assert told["collagen_at_6_months_percent"] == pytest.approx(100 * (month_6 - 1))
    assert after_session["amount_ug_per_cm2_at_24_h"] == told["delivery"]["amount_ug_per_cm2"][-1] <= 50
    assert told["closure"]["open_area_share"][0] == 1
    compared = compare(["mf-8", "mf-8"], "cheek", professional.technique, seed=3, dose_ug_per_cm2=50.0)
    assert [part["aftermath"] for part in json.loads(compared.to_json())["devices"]] == [told, told]


def test_what_a_needle_feels_is_solved_once_and_is_the_same_as_anew():
    each_contact.resting.cache_clear()
    first = treat("mf-8", "cheek", Technique(passes=2), figures=["peak_depth_um"])
    other = treat("mf-8", "cheek", Technique(passes=4, pattern="cross"), figures=["peak_depth_um"])
    assert each_contact.resting.cache_info().misses == 1
    each_contact.resting.cache_clear()
    anew = treat("mf-8", "cheek", Technique(passes=4, pattern="cross"), figures=["peak_depth_um"])
    np.testing.assert_array_equal(other.values["peak_depth_um"], anew.values["peak_depth_um"])
    assert first.values["peak_depth_um"].shape == anew.values["peak_depth_um"].shape


def test_the_way_over_the_skin_changes_nothing_that_one_needle_feels():
    one = Technique(passes=3, pattern="cross", overlap=0.3, lift=False)
    plain = depths_of_members(device("mf-8"), site("cheek"), Technique()).peak_depth_um
    np.testing.assert_array_equal(depths_of_members(device("mf-8"), site("cheek"), one).peak_depth_um, plain)
    for field, value in {"load_n": 2.0, "speed_mm_s": 90.0, "stretch": 0.1, "uses": 9}.items():
        other = depths_of_members(device("mf-8"), site("cheek"), Technique(**{field: value}))
        assert (other.peak_depth_um != plain).any(), field
