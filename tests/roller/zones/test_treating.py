"""A treatment on a body: flat on a plane, closed forms on cylinder and sphere, nothing from turning or refining."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.geometry.surface.body import moved
from dermaroll.geometry.surface.simple import cylinder, plane, sphere
from dermaroll.geometry.surface.strokes import lay_many
from dermaroll.roller import Technique
from dermaroll.roller.body.chart import chart_of
from dermaroll.roller.body.courses import course_over
from dermaroll.roller.body.landing import roll_over_zone
from dermaroll.roller.insertion.each_contact import Strength, roller_law
from dermaroll.roller.treatment.treating import treat as treat_flat
from dermaroll.roller.zones.bodies import surface_of
from dermaroll.roller.zones.treating import treat

PLAIN = ["density_per_cm2", "punctured_fraction", "surface_coverage", "peak_depth_um", "mean_distance_to_channel_mm"]


@pytest.mark.parametrize(
    ("name", "technique"),
    [
        ("mf-8", Technique(passes=5)),
        ("eye-60", Technique(passes=4, load_n=1, pattern="cross", lift=False)),
        ("generic-0.5mm", Technique(passes=4, load_n=2, overlap=0.2)),
    ],
)
@pytest.mark.parametrize("replicates", [1, 2])
def test_on_a_plane_every_figure_is_the_flat_one(name, technique, replicates):
    asked = {"replicates": replicates, "seed": 4, "active": "ascorbic-acid"}
    flat = treat_flat(name, "cheek", technique, region="24x20", **asked)
    found = treat(name, None, technique, surface=plane(24, 20, margin_mm=30), **asked).treatments[0]
    assert found.values.keys() == flat.values.keys()
    for key, values in flat.values.items():
        assert found.values[key] == pytest.approx(values, rel=1e-9, abs=1e-9, nan_ok=True), key
    for key, band in flat.uncertainty.items():
        assert found.uncertainty[key] == pytest.approx(band, rel=1e-9, nan_ok=True), key


def landed(surface, name="mf-8", **technique):
    roller = device(name)
    law = roller_law(roller, mean_thickness_um(site("cheek")), Strength(np.ones(1), np.ones(1)))
    zone = surface.zones[0]
    chart = chart_of(surface, zone, 8.0)
    how = Technique(**{"passes": 1, "pattern": "one-way"} | technique)
    course = course_over(roller, how, chart, 2.7, np.random.default_rng(0))
    return roll_over_zone(roller, how, chart, law, course, lay_many(surface, course.lays)), roller


@pytest.mark.parametrize("kind", ["along", "around"])
def test_landings_on_a_cylinder_are_where_the_turn_of_the_drum_puts_them(kind):
    radius = 40.0
    body = cylinder(radius, 60.0, span_deg=80, margin_mm=30, edge_mm=1.5)
    rolled, roller = landed(
        body, pattern="back-and-forth" if kind == "around" else "cross", passes=1 if kind == "around" else 2
    )
    contacts, place = rolled.landed.contacts, rolled.landed.place_mm
    mine = contacts.pass_number == (1 if kind == "around" else 2)
    assert np.hypot(place[:, 0], place[:, 2]) == pytest.approx(np.full(len(place), radius), abs=0.02)
    pitch = rolled.pitch_radius_mm * 2 * np.pi / roller.per_ring
    lines = np.stack([contacts.lane, contacts.ring], axis=1)
    for line in np.unique(lines[mine], axis=0)[::5]:
        some = mine & (lines == line).all(axis=1)
        x, y, z = place[some].T
        turn = np.arctan2(x, z)
        along, aside = (radius * turn, y) if kind == "around" else (y, turn)
        # one after the other by a needle's pitch, on a line that stays in its place
        assert np.abs(np.diff(np.sort(along))) == pytest.approx(np.full(some.sum() - 1, pitch), abs=0.05)
        assert np.ptp(aside) * (1 if kind == "around" else radius) < 0.05


def test_landings_on_a_sphere_keep_a_ring_a_chord_from_the_stroke():
    radius = 60.0
    rolled, roller = landed(sphere(radius, zone_deg=25, edge_mm=1.5))
    place, contacts = rolled.landed.place_mm, rolled.landed.contacts
    assert np.linalg.norm(place, axis=1) == pytest.approx(np.full(len(place), radius), abs=0.02)
    for laid in rolled.strokes:
        for number in range(laid.count):
            points = laid.point[laid.start[number] : laid.start[number + 1]]
            axis = np.linalg.svd(points)[2][2]  # a stroke is a great circle
            assert np.abs(points @ axis).max() < 0.05
    assert set(np.unique(contacts.ring)) == set(range(roller.rows))


def test_turning_and_shifting_the_body_changes_nothing():
    # corners of the mesh lie anywhere: a stroke along an edge could go to either side of the corners that it meets
    body = sphere(40, zone_deg=25, edge_mm=2.5)
    aside = body.vertices + np.random.default_rng(7).normal(0, 0.2, body.vertices.shape)
    body = replace(body, vertices=40 * aside / np.linalg.norm(aside, axis=1, keepdims=True))
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    there = moved(body, turn, [100.0, -50.0, 30.0])
    one, other = (
        treat("generic-0.5mm", None, Technique(passes=3, load_n=2), surface=where, figures=PLAIN)
        for where in (body, there)
    )
    for key, values in one.treatments[0].values.items():
        assert other.treatments[0].values[key] == pytest.approx(values, rel=1e-6, nan_ok=True), key
    for key, values in one.maps.named().items():
        assert getattr(other.maps, key) == pytest.approx(values, rel=1e-6, abs=1e-9, nan_ok=True), key


def test_a_finer_mesh_says_the_same():
    coarse, fine = (
        treat(
            "mf-8",
            None,
            Technique(passes=8),
            surface=cylinder(40, 50, span_deg=70, edge_mm=edge),
            figures=PLAIN,
            seed=2,
        )
        for edge in (2.0, 1.0)
    )
    for name in ("density_per_cm2", "surface_coverage", "peak_depth_um_mean", "mean_distance_to_channel_mm"):
        assert fine[name] == pytest.approx(coarse[name], rel=0.01), name
    assert fine.area_cm2 == pytest.approx(0.4 * 5 * np.radians(70) * 10, rel=0.03)


@pytest.fixture(scope="module")
def bony():
    """A small standing drum over a sharp body with bone close under its skin."""
    body = sphere(12, zone_deg=50, edge_mm=1.5, bone_depth_mm=3.0, site="nose")
    return treat("generic-0.5mm", None, Technique(passes=4), surface=body, depths_um=[0, 100, 200])


def test_outer_rings_miss_a_sharp_body_and_that_is_said(bony):
    zone = bony.zones[0]
    missed = zone.ring_missed_share
    assert missed.max() > 0.5 > missed[3:5].max()
    assert zone.rings_touching < bony.device.rows
    assert zone.ring_density_per_cm2.sum() == pytest.approx(bony["density_per_cm2"], rel=1e-9)
    assert (np.diff(zone.untouched_share) <= 0).all()
    assert any("sharp" in line for line in bony.alerts)


def test_files_hold_every_figure_by_zone(bony, tmp_path):
    told = json.loads(bony.to_json(tmp_path / "bony.json"))
    assert [zone["zone"] for zone in told["zones"]] == ["sphere"]
    assert len(told["zones"][0]["rings"]) == bony.device.rows
    frame = bony.to_frame()
    assert len(frame) == 4 * 3
    assert frame["zone"].tolist() == ["sphere"] * 12
    last = frame[(frame["pass"] == 4) & (frame["depth_um"] == 100)].iloc[0]
    assert last["density_per_cm2"] == bony["density_per_cm2"]
    assert last["untouched_share"] == bony.untouched_share[-1]
    data = bony.to_xarray()
    assert data["map_density_per_cm2"].sizes["face"] == len(bony.surface.faces)
    assert data["untouched_share"].sizes == {"zone": 1, "passes": 4}


def test_maps_add_up_to_the_zone(bony):
    surface = bony.surface
    faces = surface.zone_faces("sphere")
    area = surface.face_area_mm2[faces]
    assert area @ bony.maps.density_per_cm2[faces] / area.sum() == pytest.approx(bony["density_per_cm2"], rel=0.1)
    elsewhere = np.setdiff1d(np.arange(len(surface.faces)), faces)
    assert np.isnan(bony.maps.density_per_cm2[elsewhere]).all()
    assert bony.maps.layer_reached[faces].max() <= 4


def test_bad_input_is_one_line():
    body = plane(20, 20)
    for wrong in (
        {"surface": body, "zones": ["nose"]},
        {"surface": body, "region": "20x20"},
        {"surface": body, "zones": []},
        {"surface": "no/such.stl"},
        {"surface": None},
        {"surface": 3},
    ):
        with pytest.raises(InputError) as error:
            treat("mf-8", **wrong)
        assert "\n" not in str(error.value)
    for technique in (Technique(stretch=0.1), Technique(pattern="cross", lift=False, slip=0.1)):
        with pytest.raises(InputError, match="surface"):
            treat("mf-8", None, technique, surface=body)


@pytest.mark.long
def test_several_rollers_over_a_body_stand_side_by_side(tmp_path):
    there = tmp_path / "two.json"
    command = [sys.executable, "-m", "dermaroll.roller.cli", "compare", "generic-0.5mm"]
    body = ["--surface", "face", "--zone", "chin", "--zone", "upper-lip", "--passes", "1", "--depths", "0:500:250"]
    done = subprocess.run(
        [*command, "generic-1mm", *body, "-o", str(there)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(there.read_text())
    assert [one["device"] for one in told["devices"]] == ["generic-0.5mm", "generic-1mm"]
    assert all([zone["zone"] for zone in one["zones"]] == ["chin", "upper-lip"] for one in told["devices"])
    # what can't be used is said before the first is worked out
    refused = subprocess.run(
        [*command, "exceed", *body, "--protrusion", "4"], capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1


def test_the_command_line_rolls_over_a_body(tmp_path):
    there = tmp_path / "forearm.csv"
    command = [sys.executable, "-m", "dermaroll.roller.cli", "coverage", "generic-0.5mm"]
    chart, papers = tmp_path / "forearm.svg", tmp_path / "forearm.bib"
    asked = ["--surface", "forearm", "--passes", "1", "--depths", "0:500:250", "-o", str(there)]
    asked += ["--plot", str(chart), "--cite", str(papers)]
    done = subprocess.run([*command, *asked], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "skin stays untouched" in " ".join(done.stdout.split())
    assert there.read_text().splitlines()[0].startswith("device,site,zone")
    assert "forearm" in chart.read_text()
    assert "@" in papers.read_text()
    refused = subprocess.run([*command, "--zone", "nose"], capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert len(refused.stderr.strip().splitlines()) == 1


def test_a_guessed_unit_and_a_zone_in_pieces_are_told_before_rolling(tmp_path):
    body = plane(84, 76, margin_mm=0, edge_mm=4)
    corners = "".join(f"v {x / 10} {y / 10} {z / 10}\n" for x, y, z in body.vertices)
    (tmp_path / "plate.obj").write_text(corners + "".join(f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in body.faces))

    def outline(low, high):
        return f"[[-31, {low}, 0], [31, {low}, 0], [31, {high}, 0], [-31, {high}, 0]]"

    # the later zone parts the first: a file's lists are read as outlines
    zones = "".join(
        f'[[zone]]\nname = "{name}"\nsite = "cheek"\n'
        f"polygon = {{ from_direction = [0, 0, 1], corners_mm = {outline(low, high)} }}\n"
        for name, low, high in (("two", -21, 21), ("band", -8, 8))
    )
    (tmp_path / "zones.toml").write_text(zones)
    surface = surface_of(tmp_path / "plate.obj", zones=tmp_path / "zones.toml")
    how = Technique(passes=4)
    found = treat("generic-0.5mm", None, how, surface=surface, zones=["two"], figures=["density_per_cm2"])
    assert found.alerts[0].startswith("unit guessed from the size: cm")
    assert found.alerts[1] == "zone two is in 2 pieces"
    whole = treat("generic-0.5mm", None, how, surface=surface, zones=["band"], figures=["density_per_cm2"])
    # both pieces are rolled over as one zone is
    assert found["density_per_cm2"] == pytest.approx(whole["density_per_cm2"], rel=0.1)
    assert found.untouched_share[-1] < 0.02
