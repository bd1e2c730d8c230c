"""The tables: every row has a source and a standing, and studies are combined by the written rule."""

import csv
import tomllib
from pathlib import Path

import numpy as np
import pytest
from dermaroll.data import catalog
from dermaroll.data.catalog import device, devices, site, sites, sources
from dermaroll.data.checks import InputError
from dermaroll.data.constants import tissue
from dermaroll.data.thickness import LAYERS, Measurement, combine
from pydantic import ValidationError

TABLES = Path(catalog.__file__).parent
STANDINGS = {"verified", "derived", "unverified"}
TECHNIQUE_SITES = [
    "forehead",
    "cheek",
    "eyelid",
    "nose",
    "upper_lip",
    "neck",
    "abdomen",
    "back",
    "forearm",
    "thigh",
    "buttock",
    "hand",
]


def rows():
    for path in sorted(TABLES.glob("*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            table = list(csv.DictReader(file))
        if "site" in table[0] and "mean_um" not in table[0]:
            continue  # names of places, not numbers
        if path.name == "members.csv":
            continue  # drawn from ranges.csv, whose rows have both
        yield from ((f"{path.name}:{number}", row) for number, row in enumerate(table, start=2))
    for row in tomllib.loads((TABLES / "devices.toml").read_text(encoding="utf-8"))["device"]:
        yield f"devices.toml:{row['name']}", row


@pytest.mark.parametrize(("place", "row"), list(rows()), ids=[place for place, _ in rows()])
def test_every_row_has_a_source_and_a_standing(place, row):
    keys = row["source"] if isinstance(row["source"], list) else row["source"].split(";")
    assert keys
    assert all(key in sources() for key in keys), f"{place}: {keys}"
    assert row["status"] in STANDINGS


def test_sources_can_be_found():
    for source in sources().values():
        assert source.citation
        assert "http" not in source.citation
    assert sum(source.doi is not None for source in sources().values()) > 30


def test_catalogue_holds_the_published_devices():
    expected = {
        "mf-8": (192, 1.5),
        "cit-8": (192, 0.5),
        "c-8he": (192, 0.2),
        "c-8": (192, 0.13),
        "dermaroller-370": (192, 0.37),
        "dermaroller-770": (192, 0.77),
        "dts-540": (540, 0.25),
        "dts-450-0.5mm": (450, 0.5),
        "dts-405-1.5mm": (405, 1.5),
        "eye-60": (60, 0.25),
    }
    expected |= {f"generic-{length:g}mm": (192, length) for length in (0.2, 0.25, 0.3, 0.5, 1, 1.5, 2, 2.5, 3)}
    for name, (count, length) in expected.items():
        assert (device(name).needle_count, device(name).length_mm) == (count, length)
    assert {roller.use for roller in devices().values()} == {"home", "professional"}
    assert device("generic-0.3mm").use == "home"
    assert device("generic-0.5mm").use == "professional"


def test_disc_rollers_are_nine_discs():
    # DTS: 540, 450 and 405 needles = 9 discs x 60, 50, 45
    for name, per_ring in (("dts-540", 60), ("dts-450-1mm", 50), ("dts-405-2mm", 45)):
        assert (device(name).rows, device(name).per_ring, device(name).kind) == (9, per_ring, "disc")


@pytest.mark.parametrize("sex", ["any", "female", "male"])
def test_every_site_has_five_layers(sex):
    assert set(TECHNIQUE_SITES) <= set(sites(sex))
    for place in sites(sex).values():
        assert tuple(layer.name for layer in place.layers) == LAYERS
        assert all(layer.sd_um > 0 for layer in place.layers)


def test_published_layers_come_through():
    # Sandby-Moller 2003: shoulder, 71 adults
    corneum, viable = site("shoulder").layers[:2]
    assert (corneum.mean_um, corneum.sd_um, corneum.source) == (11.0, 2.2, ("sandby_moller_2003",))
    assert (viable.mean_um, viable.sd_um) == (70.3, 13.6)
    # ultrasound, 69 women: forehead dermis 860 um = papillary + reticular
    assert sum(layer.mean_um for layer in site("forehead", sex="female").layers[2:4]) == pytest.approx(860)


def measurement(**fields):
    base = {
        "site": "here",
        "sex": "any",
        "layer": "dermis",
        "method": "ultrasound",
        "source": "s",
        "status": "verified",
    }
    return Measurement(**base | fields)


BASE = [
    measurement(site="any", layer="stratum_corneum", mean_um=10, sd_um=1, method="histology"),
    measurement(site="any", layer="epidermis", mean_um=60, sd_um=6, method="histology"),
    measurement(site="any", layer="papillary_dermis", mean_um=100, sd_um=30, method="textbook"),
    measurement(site="any", layer="hypodermis", mean_um=5000, sd_um=100, method="textbook"),
    measurement(site="any", layer="dermis", mean_um=999, sd_um=9),
]


def layers_of(*more, sex="any"):
    return {layer["name"]: layer for layer in combine([*BASE, *more], "here", "face", sex)}


def test_studies_are_weighted_by_subjects():
    layers = layers_of(
        measurement(mean_um=1000, sd_um=100, subjects=30), measurement(mean_um=1400, sd_um=200, subjects=10)
    )
    mean = (30 * 1000 + 10 * 1400) / 40
    variance = (30 * (100**2 + 100**2) + 10 * (200**2 + 300**2)) / 40
    reticular, papillary = layers["reticular_dermis"], layers["papillary_dermis"]
    assert reticular["mean_um"] + papillary["mean_um"] == pytest.approx(mean)
    assert reticular["sd_um"] ** 2 + papillary["sd_um"] ** 2 == pytest.approx(variance)
    assert reticular["status"] == "derived"


def test_methods_are_not_mixed():
    layers = layers_of(measurement(mean_um=900, sd_um=9), measurement(mean_um=2000, sd_um=9, method="histology"))
    assert layers["reticular_dermis"]["mean_um"] == pytest.approx(800)


def test_sex_is_preferred_and_the_other_stands_in():
    woman, man = (
        measurement(sex="female", mean_um=800, sd_um=9),
        measurement(sex="male", mean_um=1000, sd_um=9),
    )
    assert layers_of(woman, man, sex="female")["reticular_dermis"]["mean_um"] == pytest.approx(700)
    assert layers_of(man, sex="female")["reticular_dermis"]["mean_um"] == pytest.approx(900)
    assert layers_of(woman, man)["reticular_dermis"]["mean_um"] == pytest.approx(800)


def test_parts_are_differences_and_places_stand_in():
    layers = layers_of(measurement(layer="skin", mean_um=1160, sd_um=90))
    assert layers["viable_epidermis"]["mean_um"] == pytest.approx(50)
    assert layers["reticular_dermis"]["mean_um"] == pytest.approx(1000)  # skin of the site before dermis of anywhere
    assert "taken from any skin" in layers["hypodermis"]["note"]
    assert layers["reticular_dermis"]["note"] == ""


def test_dermis_thins_by_the_published_share():
    # Branchet 1990: 6 % of the value at 20 a decade
    def dermis(age):
        return sum(layer.mean_um for layer in site("cheek", age_years=age).layers[2:4])

    def others(age):
        return [layer.mean_um for layer in site("cheek", age_years=age).layers if "dermis" not in layer.name[-7:]]

    assert 1 - dermis(30) / dermis(20) == pytest.approx(0.06)
    assert 1 - dermis(60) / dermis(20) == pytest.approx(0.24)
    assert others(20) == others(70)


def dermis_um(name, sex="any"):
    return sum(layer.mean_um for layer in site(name, sex=sex).layers[2:4])


def test_the_breast_is_as_thick_as_imaging_has_it():
    # cone-beam CT of 137 breasts: skin 1440 +- 250 um, from 870 to 2340; a pathology archive has a dermis of 5888
    for sex in ("any", "female", "male"):
        layers = site("breast", sex=sex).layers
        skin = sum(layer.mean_um for layer in layers[:4])
        assert skin == pytest.approx(1440, rel=0.01)
        spread = np.sqrt(sum(layer.sd_um**2 for layer in layers[:4]))
        assert 250 <= spread <= 500


@pytest.mark.parametrize("sex", ["any", "female", "male"])
def test_no_skin_is_thicker_than_any_imaging_has_it(sex):
    # the thickest of all sites imaged is the shoulder blade, 2540 um (Laurent 2007); the thinnest is the eyelid
    for place in sites(sex).values():
        skin = sum(layer.mean_um for layer in place.layers[:4])
        assert 500 < skin <= 2560, place.name
        assert dermis_um(place.name, sex) >= dermis_um("eyelid", sex) - 1e-9, place.name


def test_ends_of_limbs_are_thinner_than_the_trunk():
    # Cutolo 2024: lower dermal thickness in arms, hands and feet than in the trunk
    for end in ("forearm", "hand", "foot"):
        for trunk in ("abdomen", "back", "buttock"):
            assert dermis_um(end) < dermis_um(trunk)


def test_the_papillary_layer_follows_the_dermis_where_general_figures_disagree():
    # general figure 150 um, textbook: a fifth of the dermis; on the trunk the two are three spreads apart
    def papillary(name):
        return site(name).layers[2]

    assert papillary("cheek").mean_um == 150
    assert 150 < papillary("back").mean_um < dermis_um("back") / 5
    assert papillary("back").sd_um > 1.3 * papillary("cheek").sd_um
    for place in sites().values():
        assert 100 <= place.layers[2].mean_um <= 300, place.name  # what textbooks quote
        assert place.layers[2].mean_um <= 0.5 * dermis_um(place.name)


def test_an_archive_that_speaks_alone_is_given_the_gap_to_other_studies():
    alone = measurement(layer="epidermis", mean_um=80, sd_um=12, method="histology", between_studies_um=16)
    viable, corneum = layers_of(alone)["viable_epidermis"], layers_of(alone)["stratum_corneum"]
    assert viable["sd_um"] ** 2 + corneum["sd_um"] ** 2 == pytest.approx(12**2 + 16**2)
    assert viable["mean_um"] + corneum["mean_um"] == pytest.approx(80)


def test_names_are_found_in_the_words_people_use():
    assert site("Upper-Lip") == site("upper_lip")
    assert site("dorsal forearm").name == "forearm"
    assert device("MF-8").name == "mf-8"


OWN = """
kind = "needle"
use = "home"
needle_count = 6
rows = 2
per_ring = 3
drum_radius_mm = 5
drum_width_mm = 4
length_mm = 0.5
shaft_diameter_mm = 0.2
tip_radius_um = 10
half_angle_deg = 6
"""


def test_own_device(tmp_path):
    path = tmp_path / "my roller.toml"
    path.write_text(OWN + 'name = "mine"\n')
    assert device(path).per_ring == 3
    assert device(str(path)).status == "unverified"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("length_mm = 6", "length_mm = 6 can't be used; allowed: between 0.02 and 5 mm"),
        ("length_mm = nan", "length_mm = nan can't be used"),
        ("length_mm = inf", "length_mm = inf can't be used"),
        ("needle_count = 0", "needle_count = 0 can't be used; allowed: between 1 and 5000"),
        ("rows = -2", "rows = -2 can't be used"),
        ("needle_count = 7", "allowed: rows x per_ring = 2 x 3 = 6 needles"),
        ("drum_radius_mm = 1\nlength_mm = 2", "allowed: at most drum_radius_mm = 1 mm"),
        ("tip_radius_um = 101", "allowed: at most half of shaft_diameter_mm, 100 um"),
        ("colour = 'red'", "colour is not a known key"),
        ("length_mm = 'long'", "length_mm = 'long' can't be used"),
        ("kind = 'laser'", "kind = 'laser' can't be used"),
        ("length_mm = ", "is not valid TOML"),
    ],
)
def test_own_device_refused_in_one_line(tmp_path, line, told):
    keys = {part.split(" =")[0] for part in line.split("\n")}
    kept = [row for row in OWN.strip().split("\n") if row.split(" =")[0] not in keys]
    path = tmp_path / "own.toml"
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(InputError) as refused:
        device(path)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_own_site(tmp_path):
    means = dict(zip(LAYERS, (15, 60, 120, 900, 3000), strict=True))
    blocks = [f'[[layers]]\nname = "{name}"\nmean_um = {mean}\nsd_um = 5\n' for name, mean in means.items()]
    path = tmp_path / "scar.toml"
    path.write_text('region = "face"\n' + "".join(blocks))
    assert [layer.mean_um for layer in site(path).layers] == list(means.values())
    path.write_text('region = "face"\n' + "".join(blocks[1:]))
    with pytest.raises(InputError, match="from the surface down"):
        site(path)


def test_unknown_names_get_the_closest():
    with pytest.raises(InputError, match="closest: mf-8"):
        device("mf8")
    with pytest.raises(InputError, match="closest: cheek"):
        site("cheeks")
    with pytest.raises(InputError, match="can't be read"):
        device("nowhere.toml")
    with pytest.raises(InputError, match="female, male or any"):
        site("cheek", sex="other")


def test_records_are_frozen():
    with pytest.raises(ValidationError):
        device("mf-8").length_mm = 2.0


def test_constants_say_what_they_were_fitted_to():
    for constant in tissue().values():
        assert np.isfinite(constant.value)
        assert constant.fitted_to or constant.status == "unverified" or constant.note
