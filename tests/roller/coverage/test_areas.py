"""Coverage, layers and gaps: against oracles, closed forms and what must always hold."""

import numpy as np
import pytest
import shapely
from dermaroll.data.catalog import device, site
from dermaroll.geometry.needle import needle_profile, tooth_thickness_mm
from dermaroll.geometry.region import rectangle
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.roller import Technique, treat
from dermaroll.roller.coverage import areas as coverage_room
from dermaroll.roller.coverage import gaps as gaps_room
from dermaroll.roller.coverage.areas import Channels, Cuts, expected_coverage, section_radius_mm
from dermaroll.roller.coverage.gaps import find_gaps, largest_untouched_disc
from dermaroll.roller.coverage.passes import directions_rad
from dermaroll.roller.insertion.each_contact import Strength
from dermaroll.roller.insertion.tissue import tissue_model
from dermaroll.roller.treatment.replicate import simulate
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon

PROFILE = needle_profile(device("mf-8"))


def one_channel(peak_um, residual_um, aspect=1.0):
    ones = {name: np.zeros(1) for name in ("x_mm", "y_mm", "surface_diameter_um")}
    ints = {name: np.zeros(1, int) for name in ("lane", "ring", "needle")} | {"pass_number": np.ones(1, int)}
    return Channels(
        **ones,
        **ints,
        inside=np.ones(1, bool),
        peak_depth_um=np.array([peak_um]),
        residual_depth_um=np.array([residual_um]),
        aspect_ratio=np.array([aspect]),
        thickness_um=np.array([[10.0, 50, 100, 900, 3000]]),
    )


def radii(channels, depths):
    cuts = Cuts(PROFILE, channels, np.array(depths), np.array([0.25, 0.75]))
    table = cuts.radius_mm(np.arange(channels.x_mm.size), slice(0, cuts.rows))
    assert [row.tolist() for row in table] == [
        cuts.radius_mm(np.arange(channels.x_mm.size), slice(row, row + 1))[0].tolist() for row in range(cuts.rows)
    ]
    return np.split(table, [len(depths), 2 * len(depths)])


def test_the_published_channel():
    # Kalluri 2011: 770 um needle, hole 70.7 um wide, 152.5 um deep; the needle was wider by what springs back
    wide = 70.7 / tissue_model().residual_width_share
    peak = float(np.interp(wide / 2000, PROFILE.radius(np.linspace(0, 1.5, 3000)), np.linspace(0, 1500, 3000)))
    assert peak > 389 * 0.88  # without springing back sideways
    _, residual, _ = radii(one_channel(peak, 152.5), [0.0, 152.4, 160.0])
    assert 2000 * residual[0, 0] == pytest.approx(70.7, rel=1e-3)
    assert residual[1, 0] > 0
    assert residual[2, 0] == 0


def test_a_channel_is_the_needle_upside_down():
    peak, _, layers = radii(one_channel(800.0, 300.0), [0.0, 300.0, 800.0, 900.0])
    assert peak[:, 0] == pytest.approx(PROFILE.radius([0.8, 0.5, 0.0, -0.1]))
    relative = [2.5, 7.5, 22.5, 47.5, 85, 135, 385, 835, 1810, 3310]  # a quarter and three quarters into each layer
    assert layers[:, 0] == pytest.approx(PROFILE.radius(0.8 - np.array(relative) / 1000))


def test_an_oval_hole_is_wider_at_the_surface_only():
    peak, _, _ = radii(one_channel(800.0, 300.0, aspect=1.3), [0.0, 400.0, 799.9])
    area_ratio = (peak[:, 0] / PROFILE.radius([0.8, 0.4, 0.0001])) ** 2
    assert area_ratio == pytest.approx([1.3, 1.15, 1.0], abs=1e-3)


def sections(t, z_um, of):
    """The exact sections as polygons: ellipses or rectangles, each along the direction of its pass."""
    c = t.channels
    profile = needle_profile(t.device)
    above = (c.peak_depth_um[of] - z_um) / 1000
    half = profile.half_width(above)
    length = half * (1 + (c.aspect_ratio[of] - 1) * np.maximum(above, 0) / (c.peak_depth_um[of] / 1000))
    if profile.sheet_thickness_mm is None:
        turn = np.arange(256) * 2 * np.pi / 256
        corners = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        corners *= np.sqrt(np.pi / (128 * np.sin(2 * np.pi / 256)))  # the polygon has the ellipse's area
        across = half
    else:
        corners = np.array([(1, -1), (1, 1), (-1, 1), (-1, -1)])
        thick = tooth_thickness_mm(
            above, profile.length_mm, profile.sheet_thickness_mm, profile.edge_share, profile.tip_radius_mm
        )
        across = np.where(half > 0, thick / 2, 0)
    u, v = length[:, None] * corners[:, 0], across[:, None] * corners[:, 1]
    angle = directions_rad(t.technique)[c.pass_number[of] - 1][:, None]
    x = c.x_mm[of][:, None] + u * np.cos(angle) - v * np.sin(angle)
    y = c.y_mm[of][:, None] + u * np.sin(angle) + v * np.cos(angle)
    return shapely.polygons(np.stack([x, y], axis=2)[half > 0])


@pytest.mark.parametrize("roller", ["generic-0.25mm", "cit-8", "mf-8", "dts-540", "dts-405-2mm", "generic-3mm"])
def test_discs_of_equal_area_are_enough(roller):
    t = treat(roller, "cheek", Technique(passes=16), seed=1)
    everywhere = np.ones(t.channels.x_mm.size, bool)
    for depth in (0.0, 50.0, 200.0):
        exact = shapely.union_all(sections(t, depth, everywhere)).intersection(t.region).area / t.region.area
        taken = t.mean("coverage")[-1, t.depths_um.tolist().index(depth)]
        assert taken == pytest.approx(exact, rel=0.005, abs=1e-9)


def test_coverage_against_polygons(professional):
    t = professional
    for pass_number, depth in ((1, 0.0), (4, 200.0), (8, 0.0), (8, 600.0)):
        of = t.channels.pass_number <= pass_number
        aspect = t.channels.aspect_ratio[of]
        radius = section_radius_mm(PROFILE, t.channels.peak_depth_um[of], depth, aspect)
        points = shapely.points(t.channels.x_mm[of], t.channels.y_mm[of])
        discs = shapely.buffer(points, radius, quad_segs=64)
        polygon = shapely.union_all(discs).intersection(t.region).area / t.region.area
        index = t.depths_um.tolist().index(depth)
        # polygons of 256 sides are 1e-4 too small
        assert t.mean("coverage")[pass_number - 1, index] == pytest.approx(polygon, rel=2e-4)


def test_hits_add_up(professional):
    for name, covered in (("multiplicity", "coverage"), ("residual_multiplicity", "residual_coverage")):
        hits = professional.mean(name)
        assert hits.sum(axis=0) == pytest.approx(1.0)
        assert hits[1:].sum(axis=0) == pytest.approx(professional.mean(covered), abs=1e-12)
        assert hits.min() > -1e-12


def test_hits_against_chance():
    # many passes of a wide needle: the number of hits at a point is close to Poisson with the mean of all disc areas
    wanted = ["multiplicity", "expected_coverage"]
    many = Technique(passes=60, load_n=8)
    t = treat("generic-3mm", "cheek", many, region=rectangle(30, 30), seed=4, depths_um=[0.0], figures=wanted)
    hits = t.mean("multiplicity")[:, -1, 0]
    mean = -np.log(1 - t.mean("expected_coverage")[-1, 0])
    poisson = np.exp(-mean) * np.array([1, mean, mean**2 / 2])
    assert hits[:3] == pytest.approx(poisson, rel=0.06)


def test_coverage_agrees_with_chance_when_phases_are_redrawn():
    skin, depths = site("cheek"), np.array([0.0, 100.0, 300.0, 600.0])
    region, technique, roller = rectangle(20, 20), Technique(passes=12), device("mf-8")
    exact, expected = [], []
    for seed in range(60):
        made = simulate(
            roller,
            skin,
            technique,
            region,
            depths,
            mean_thickness_um(skin),
            Strength(np.ones(1), np.ones(1)),
            np.random.default_rng([seed, 1]),
            np.random.default_rng([seed, 2]),
        )
        exact.append(made.touched.coverage)
        expected.append(made.touched.expected_coverage)
    difference = np.array(exact) - np.array(expected)
    error = difference.std(axis=0, ddof=1) / np.sqrt(len(difference))
    assert (np.abs(difference.mean(axis=0)) < 4 * error).all()


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.6])
def test_closed_form_of_overlapping_lanes(overlap):
    # all discs alike, so that one lane covers c: a point met by m lanes stays untouched with (1 - c)^m
    c, lanes = 0.1, 1 / (1 - overlap)
    got = expected_coverage(np.full((3, 1), 10 * 0.02), np.full(3, 10), c / 0.02, overlap)
    m = int(lanes)
    once = (1 - (lanes - m)) * 0.9**m + (lanes - m) * 0.9 ** (m + 1)
    assert got[:, 0] == pytest.approx([1 - once, 1 - once**2, 1 - once**3])


def test_layer_shares_against_many_thin_cuts(professional, monkeypatch):
    monkeypatch.setattr(coverage_room, "LAYER_CUTS", 64)
    fine = treat("mf-8", "cheek", Technique(passes=8), seed=3, depths_um=[0.0])
    coarse = professional.mean("layer_volume_fraction")[:4, -1]
    assert coarse == pytest.approx(fine.mean("layer_volume_fraction")[:4, -1], rel=5e-3)


def test_layer_shares_add_up_to_the_volume_of_the_channels():
    # Few, shallow, disjoint channels: the touched volume is the sum of cones, wherever the interfaces lie.
    t = treat("generic-0.5mm", "forearm", Technique(passes=1, pattern="one-way"), region=rectangle(200, 200), seed=5)
    inside = t.channels.inside
    depth = t.channels.peak_depth_um[inside] / 1000
    aspect = t.channels.aspect_ratio[inside]
    share = np.linspace(0, 1, 2001)[:, None]
    area = np.pi * section_radius_mm(needle_profile(t.device), 1000 * depth, 1000 * depth * share, aspect) ** 2
    volume = (np.trapezoid(area, share[:, 0], axis=0) * depth).sum()
    thickness = np.diff(np.append(t.mean("layer_top_um"), t.mean("layer_bottom_um")[-1])) / 1000
    touched = (t.mean("layer_volume_fraction")[:, -1] * thickness).sum() * t.region.area
    # layers vary in thickness under each needle, and shares weigh all skin alike: agreement to a few per cent
    assert touched == pytest.approx(volume, rel=0.05)


@settings(max_examples=12)
@given(
    st.sampled_from(["generic-0.25mm", "cit-8", "mf-8", "dts-540"]),
    st.sampled_from(["cheek", "eyelid", "thigh"]),
    st.integers(1, 6),
    st.floats(0, 20),
    st.integers(0, 99),
)
def test_more_passes_never_cover_less_and_deeper_never_more(roller, skin, passes, load, seed):
    t = treat(roller, skin, Technique(passes=passes, load_n=load), region=rectangle(9, 7), seed=seed)
    for name in ("coverage", "expected_coverage", "residual_coverage", "density_at_depth_per_cm2"):
        table = t.mean(name)
        assert (np.diff(table, axis=0) >= -1e-12).all()
        assert (np.diff(table, axis=1) <= 1e-12).all()
        assert table.min() >= 0
    assert t.mean("coverage").max() <= 1
    assert (np.diff(t.mean("layer_density_per_cm2"), axis=0) <= 0).all()  # a deeper layer is reached by fewer
    assert (t.mean("residual_coverage")[:, 1:] <= t.mean("coverage")[:, 1:] + 1e-12).all()


@settings(max_examples=10)
@given(st.integers(0, 999), st.floats(-50, 50), st.floats(-50, 50), st.floats(0, 6.28))
def test_gaps_do_not_change_by_moving_and_turning(seed, dx, dy, turn):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-8, 8, (2, 150))
    radius, pass_number = rng.uniform(0.02, 0.1, 150), np.sort(rng.integers(1, 4, 150))
    region = rectangle(12, 10)
    before = find_gaps(x, y, radius, pass_number, 3, region, 1.5)
    cos, sin = np.cos(turn), np.sin(turn)
    moved = shapely.affinity.affine_transform(region, [cos, -sin, sin, cos, dx, dy])
    after = find_gaps(cos * x - sin * y + dx, sin * x + cos * y + dy, radius, pass_number, 3, moved, 1.5)
    assert after.largest_gap_mm == pytest.approx(before.largest_gap_mm, abs=0.003)
    assert after.mean_distance_to_channel_mm == pytest.approx(before.mean_distance_to_channel_mm, rel=0.03)


def test_gaps_against_brute_force(professional):
    t = professional
    centers = np.stack([t.channels.x_mm, t.channels.y_mm], axis=1)
    radius = t.channels.surface_diameter_um / 2000
    grid = np.stack(np.meshgrid(*[np.arange(-10, 10, 0.1) + 0.05] * 2), axis=-1).reshape(-1, 2)
    away = (np.hypot(*(grid[:, None] - centers[None]).transpose(2, 0, 1)) - radius).min(axis=1)
    assert t.mean("mean_distance_to_channel_mm")[-1] == pytest.approx(np.maximum(away, 0).mean(), rel=0.01)
    assert t.mean("p95_distance_to_channel_mm")[-1] == pytest.approx(np.quantile(away, 0.95), rel=0.01)
    largest = t.mean("largest_gap_mm")[-1]
    assert 2 * away.max() <= largest + 0.001  # no point of the grid is further away
    assert largest <= 2 * (away.max() + 0.1 / np.sqrt(2)) + 0.001


def test_a_lattice_has_the_gap_of_its_cell():
    x, y = (part.ravel() for part in np.meshgrid(np.arange(-12.0, 12.1, 2), np.arange(-12.0, 12.1, 2)))
    got = find_gaps(x, y, np.full(x.size, 0.1), np.ones(x.size, int), 1, rectangle(16, 16), 2.0)
    assert got.largest_gap_mm[0] == pytest.approx(2 * (np.sqrt(2) - 0.1), abs=0.001)


def test_gaps_of_untouched_skin_are_unknown():
    got = find_gaps(*np.empty((3, 0)), np.empty(0, int), 2, rectangle(5, 5), 2.0)
    assert np.isnan(got.largest_gap_mm).all()


def test_gaps_with_one_channel_in_a_corner():
    got = find_gaps(np.array([-9.0]), np.array([-9.0]), np.array([0.5]), np.array([2]), 2, rectangle(20, 20), 2.5)
    assert np.isnan(got.largest_gap_mm[0])
    assert got.largest_gap_mm[1] == pytest.approx(2 * (np.hypot(19, 19) - 0.5), abs=0.002)


def test_larger_gaps_beyond_the_region_are_not_searched(monkeypatch):
    # no channel outside: the distance grows beyond the edge, where nothing has to be found
    looked_at = []
    search = gaps_room._Obstacles.nearest_edge

    def counted(self, middles, parts, reach, count):
        looked_at.append(len(middles) * len(parts))
        return search(self, middles, parts, reach, count)

    monkeypatch.setattr(gaps_room._Obstacles, "nearest_edge", counted)
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-10, 10, (2, 800))
    got = find_gaps(x, y, np.full(800, 0.05), np.ones(800, int), 1, rectangle(20, 20), 2.5)
    assert got.largest_gap_mm[0] > 0
    assert sum(looked_at) < 100_000


def test_regions_with_holes_and_corners():
    ring = Polygon(rectangle(20, 20).exterior, [rectangle(10, 10).exterior])
    t = treat("mf-8", "cheek", Technique(passes=10), region=ring, seed=8)
    whole = treat("mf-8", "cheek", Technique(passes=10), region=rectangle(60, 60), seed=8)
    assert t.mean("density_per_cm2")[-1] == pytest.approx(whole.mean("density_per_cm2")[-1], rel=0.08)
    assert t.mean("coverage")[-1, 0] == pytest.approx(whole.mean("coverage")[-1, 0], rel=0.1)


def test_the_largest_gap_is_told_with_its_middle(professional):
    channels, region = professional.channels, professional.region
    radius = channels.surface_diameter_um / 2000
    middle, diameter = largest_untouched_disc(channels.x_mm, channels.y_mm, radius, region)
    edges = np.hypot(channels.x_mm - middle[0], channels.y_mm - middle[1]) - radius
    assert diameter == pytest.approx(2 * edges.min(), abs=1e-9)  # it touches the nearest channel and no other
    assert diameter == pytest.approx(professional.values["largest_gap_mm"][0, -1], abs=0.002)
    assert region.covers(Point(middle))


def test_no_channel_leaves_no_disc_to_tell():
    middle, diameter = largest_untouched_disc(*np.empty((3, 0)), rectangle(5, 5))
    assert np.isnan(middle).all()
    assert np.isnan(diameter)
