"""A drum on curved skin over bone: the plane, exact geometry, contact mechanics, and what tilts and lifts it."""

from dataclasses import replace

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.data.constants import layer_contact, over_bone, tissue
from dermaroll.geometry.drum import ring_places_mm
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.geometry.surface.profile import drops
from dermaroll.geometry.surface.simple import cylinder, sphere
from dermaroll.roller.body.bone import bone_stiffening, strip_dent_mm, strip_force_n
from dermaroll.roller.body.heights import balance_on_body
from dermaroll.roller.body.spread import spread_ring
from dermaroll.roller.body.under_rings import deepest_gain_mm, places_along_mm, skin_under
from dermaroll.roller.insertion.drum_dent import drum_force_n
from dermaroll.roller.insertion.each_contact import Strength, roller_law
from dermaroll.roller.insertion.support import balance_rings
from dermaroll.roller.insertion.tissue import tissue_model
from scipy.optimize import minimize_scalar
from scipy.special import ellipe, ellipk

NO_BONE = np.inf
MODULUS = tissue_model().tissue_modulus / 1000 / (1 - tissue()["tissue_poisson_ratio"].value ** 2)


def law_of(roller, place="cheek", stiffness=1.0, resistance=1.0):
    strength = Strength(np.array([stiffness]), np.array([resistance]))
    return roller_law(roller, mean_thickness_um(site(place)), strength)


def on_quadric(roller, along=0.0, across=0.0, twist=0.0, slope=0.0, bone=NO_BONE):
    """Skin under the rings on a surface of given curvatures, some of them arrays."""
    along, across, twist, slope, bone = (
        part[:, None, None]
        for part in np.broadcast_arrays(*(np.atleast_1d(v) for v in (along, across, twist, slope, bone)))
    )
    x, y = places_along_mm(roller)[None, :, None], ring_places_mm(roller)[None, None, :]
    drop = (along * x**2 + 2 * twist * x * y + across * y**2) / 2 + slope * y
    return skin_under(roller, drop, places_along_mm(roller), bone[:, 0, 0])


@pytest.mark.parametrize("name", ["mf-8", "dermaroller-770", "generic-0.5mm", "eye-60", "roll-cit"])
@pytest.mark.parametrize("load", [0.0, 0.3, 1.0, 3.0, 6.0])
def test_a_plane_gives_the_flat_balance(name, load):
    roller = device(name)
    law = law_of(roller)
    flat, found = balance_rings(roller, load, law), balance_on_body(roller, load, law, on_quadric(roller))
    own = found.kind_of_ring
    assert found.tilt_rad.tolist() == [0.0]
    height = roller.drum_radius_mm + roller.length_mm - found.push_mm[0, own]
    assert height == pytest.approx(flat.axle_height_mm, rel=1e-9)
    assert found.drum_force_n[0].sum(axis=1)[own] == pytest.approx(flat.drum_force_n, abs=1e-9)
    assert found.pressure_mpa[0, own] == pytest.approx(
        np.repeat(flat.drum_pressure_mpa, roller.rows).reshape(-1, roller.rows), abs=1e-9
    )
    assert found.needle_force_n[0, own] + found.drum_force_n[0].sum(axis=1)[own] == pytest.approx(load)
    if load:  # what nobody presses carries nothing
        assert found.needle_force_n[0, own] == pytest.approx(flat.needle_force_n, abs=1e-9)
        assert found.entry_force_n[0, own] == pytest.approx(flat.entry_force_n, abs=1e-9)
        assert found.engaged[0, own].tolist() == flat.engaged.tolist()


def random_skin(roller, count=200):
    rng = np.random.default_rng(5)
    along, across = rng.uniform(-0.01, 0.05, (2, count))
    bone = np.where(rng.random(count) < 0.5, np.inf, rng.uniform(2.5, 18, count))
    return on_quadric(roller, along, across, rng.uniform(-0.01, 0.01, count), rng.uniform(-0.1, 0.1, count), bone)


@pytest.mark.parametrize("name", ["mf-8", "generic-0.5mm", "eye-60"])
def test_the_load_is_carried_and_the_drum_is_level_or_balanced(name):
    roller = device(name)
    found = balance_on_body(roller, 2.0, law_of(roller), random_skin(roller))
    carried = found.needle_force_n + found.drum_force_n.sum(axis=2)
    assert np.abs(carried / 2.0 - 1).max() < 1e-9
    assert (np.degrees(np.abs(found.tilt_rad)) <= over_bone()["steepest_tilt"].value + 1e-9).all()


def test_the_handle_tilts_to_lie_flat_on_a_slope():
    # skin that only slopes to one side is a plane seen askew: the drum lies on it as on any plane
    roller = device("mf-8")
    law, slope = law_of(roller), 0.12
    level = balance_on_body(roller, 2.0, law, on_quadric(roller))
    tilted = balance_on_body(roller, 2.0, law, on_quadric(roller, slope=slope))
    assert np.sin(tilted.tilt_rad[0]) == pytest.approx(-slope, rel=1e-4)
    assert tilted.push_mm == pytest.approx(level.push_mm, rel=1e-4)
    assert not tilted.held[0]
    assert balance_on_body(roller, 2.0, law, on_quadric(roller, slope=0.8)).held[0]


def test_the_tilt_makes_the_energy_least():
    # a ridge along the stroke, off the middle: the drum's rings beside it are not in balance at any other tilt
    roller = device("mf-8")
    law = law_of(roller)
    places = ring_places_mm(roller)
    drop = np.broadcast_to((places - 4.0) ** 2 / 40, (1, 5, places.size))
    under = skin_under(roller, drop, places_along_mm(roller), np.array([np.inf]))
    found = balance_on_body(roller, 2.0, law, under)
    mirrored = balance_on_body(
        roller, 2.0, law, skin_under(roller, drop[:, :, ::-1], places_along_mm(roller), np.array([np.inf]))
    )
    assert found.tilt_rad[0] == pytest.approx(-mirrored.tilt_rad[0], rel=1e-5)
    assert abs(found.tilt_rad[0]) > 0.01
    own = found.ring_push_mm[0].mean(axis=0)
    # balanced about the middle: what lies left of it carries as much moment as what lies right
    assert own[places < 0].max() > 0 < own[places > 0].max()


def test_the_tilt_balances_the_rings_where_twist_takes_tips_deeper_than_the_drum():
    # rings on hollow skin that leans along the stroke: their tips get millimetres deeper off the centre line
    roller, load = device("mf-8"), 3.0
    rng, x = np.random.default_rng(2), places_along_mm(roller)
    lean, level = rng.uniform(-1, 1, (300, 1, roller.rows)), rng.uniform(-1.5, 1.5, (300, 1, roller.rows))
    hollow, at = rng.uniform(-0.08, -0.05, (300, 1, roller.rows)), x[None, :, None]
    under = skin_under(roller, level + lean * at + hollow * at**2 / 2, x, np.full(300, 6.0))
    law = law_of(roller)
    found = balance_on_body(roller, load, law, under)
    spread, places = spread_ring(roller, law, tissue_model()), ring_places_mm(roller)
    reach = roller.drum_radius_mm + roller.length_mm

    def forces(push):
        against = push[:, None] - under.drop_mm - np.sin(found.tilt_rad)[:, None] * places
        gain, drum_gain = deepest_gain_mm(under, reach), deepest_gain_mm(under, roller.drum_radius_mm)
        bent, bone = under.curvature_per_mm, under.bone_mm[:, None]
        return spread.force_n(against, gain=gain, drum_gain=drum_gain, bent=bent, bone=bone)[0]

    low, high = np.full(300, -20.0), np.full(300, 20.0)
    for _ in range(60):
        middle = (low + high) / 2
        over = forces(middle).sum(axis=1) > load
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    carried = forces(high)
    # But for the steepest tilt, and a drum as deep as skin lets it, where a hair's breadth more carries anything.
    free = ~found.held & (np.abs(carried.sum(axis=1) / load - 1) < 1e-6)
    assert free.sum() > 40
    assert np.abs(carried[free] @ places).max() < 1e-5 * load * roller.drum_width_mm / 2


@pytest.mark.parametrize("radius", [20.0, 40.0, 80.0])
@pytest.mark.parametrize("kind", ["along a cylinder", "around a cylinder", "over a sphere"])
def test_tips_are_as_deep_as_exact_geometry_says(radius, kind):
    roller = device("mf-8")
    body = sphere(radius, edge_mm=1.0) if kind == "over a sphere" else cylinder(radius, 60.0, edge_mm=1.0)
    tangent = [1.0, 0, 0] if kind == "around a cylinder" else [0.0, 1, 0]
    along, rings = places_along_mm(roller), ring_places_mm(roller)
    drop = drops(body, [[0, 0, radius]], [tangent], [[0, 0, 1.0]], along, rings)
    found = balance_on_body(roller, 3.0, law_of(roller), skin_under(roller, drop, along, np.array([np.inf])))
    assert found.tilt_rad[0] == pytest.approx(0, abs=2e-3)
    exact = {
        "along a cylinder": radius - np.sqrt(radius**2 - rings**2),
        "around a cylinder": np.zeros(rings.size),
        "over a sphere": radius - np.sqrt(radius**2 - rings**2),
    }[kind]
    tilted = np.sin(found.tilt_rad[0]) * rings
    assert found.ring_push_mm[0, 0] == pytest.approx(found.push_mm[0, 0] - exact - tilted, abs=0.030)


@pytest.mark.parametrize(("radius", "deeper_um"), [(40.0, 59.0), (20.0, None)])
def test_rolled_obliquely_over_a_cylinder_outer_rings_are_deepest_off_the_centre_line(radius, deeper_um):
    roller = device("mf-8")
    body, slant = cylinder(radius, 60.0, edge_mm=1.0), np.sqrt(0.5)
    along, rings = places_along_mm(roller), ring_places_mm(roller)
    drop = drops(body, [[0, 0, radius]], [[slant, slant, 0]], [[0, 0, 1.0]], along, rings)
    found = balance_on_body(roller, 3.0, law_of(roller), skin_under(roller, drop, along, np.array([np.inf])))
    reach, push = roller.drum_radius_mm + roller.length_mm, found.push_mm[0, 0]

    def exact(y):
        def above(p):  # of the tip, over the cylinder
            x = reach * np.sin(p)
            around = slant * (x - y)  # the axle points to the left of the stroke: (-slant, slant)
            return reach * (1 - np.cos(p)) + radius - np.sqrt(radius**2 - around**2)

        deepest = minimize_scalar(above, bounds=(-0.6, 0.6), method="bounded", options={"xatol": 1e-10}).fun
        return push - deepest, above(0.0) - deepest

    tilted = np.sin(found.tilt_rad[0]) * rings
    depth, deeper = np.array([exact(y) for y in rings]).T
    assert found.ring_push_mm[0, 0] == pytest.approx(depth - tilted, abs=0.030)
    if deeper_um:
        assert 1000 * deeper[-1] == pytest.approx(deeper_um, abs=3)


def longest_half_axis(load, drum, body):
    """Half the ellipse's length along the axle where a rigid cylinder touches an elastic one across it (Hertz)."""
    shares = np.linspace(0.02, 0.999, 4000)  # short axis over long one
    m = 1 - shares**2
    k, e = ellipk(m), ellipe(m)
    curvatures = (e / shares**2 - k) / (k - e)  # of the drum's over the body's
    share = np.interp(body / drum, curvatures[::-1], shares[::-1])
    m = 1 - share**2
    # 1/(2 body) = p0/E' * b/(e^2 a^2) (K - E), p0 = 3 P / (2 pi a b)
    return (3 * load / (2 * np.pi) / MODULUS * (ellipk(m) - ellipe(m)) / m * 2 * body) ** (1 / 3)


@pytest.mark.parametrize("body", [20.0, 40.0, 60.0])
@pytest.mark.parametrize("load", [0.02, 0.1, 0.5])
def test_as_many_rings_touch_as_in_the_ellipse_of_hertz(body, load):
    roller = device("c-8").model_copy(update={"rows": 40})  # strips of half a millimetre
    law = law_of(roller, stiffness=1e-7, resistance=1e-7)  # needles that carry nothing
    found = balance_on_body(roller, load, law, on_quadric(roller, across=1 / body))
    places = ring_places_mm(roller)
    touching = found.drum_force_n[0, 0] > 0
    length = longest_half_axis(load, roller.drum_radius_mm, body)
    # of a standard drum's eight rings: as many within one
    of_eight = ring_places_mm(device("mf-8"))
    strips = np.interp(np.abs(of_eight), places[places > 0], touching[places > 0]) > 0.5
    assert abs(int(strips.sum()) - int((np.abs(of_eight) <= length).sum())) <= 1 * 2  # one on either side
    # strips know nothing of each other: the contact is too long, the more so the sharper the body
    assert 0.99 < (np.abs(places[touching]).max() + 0.25) / length < 1.25


def test_a_thin_stiff_layer_lifts_the_outer_rings_off():
    roller = device("generic-0.5mm")
    bone = np.array([np.inf, 6.0, 2.5])
    found = balance_on_body(roller, 3.0, law_of(roller), on_quadric(roller, across=1 / 25, bone=bone))
    touching = found.touching.sum(axis=1)
    assert touching[0] == roller.rows
    assert touching[0] >= touching[1] > touching[2]
    assert (np.diff(found.push_mm[:, 0]) < 0).all()  # the drum sinks in less


def test_bone_beyond_the_reference_and_none_are_the_same():
    roller = device("mf-8")
    far = over_bone()["bone_reference_depth"].value
    found = balance_on_body(
        roller, 3.0, law_of(roller), on_quadric(roller, across=0.02, bone=np.array([np.inf, far, 2 * far]))
    )
    assert found.push_mm[0].tolist() == found.push_mm[1].tolist() == found.push_mm[2].tolist()


def test_a_strip_is_the_drum_where_no_bone_is_near_and_the_table_where_it_is():
    model, width, radius = tissue_model(), 2.5, 10.0
    dent = np.linspace(0.0, 4.5, 50)
    force, slope = strip_force_n(dent, width, radius, np.full(50, radius), np.full(50, np.inf), model)
    assert force == pytest.approx(drum_force_n(radius - dent, radius, width, model), rel=1e-12)
    for depth in (2.5, 5.0, 12.0, np.inf):
        force, slope = strip_force_n(dent, width, radius, np.full(50, 8.0), np.full(50, depth), model)
        assert (np.diff(force) > 0).all()
        assert (np.diff(slope[1:]) > -1e-9 * slope.max()).mean() > 0.8  # stiffens, but for the table's corners
        assert strip_dent_mm(force, width, radius, np.full(50, 8.0), np.full(50, depth), model) == pytest.approx(
            dent, abs=1e-9
        )
    # two layers and one dent: forces are as those of the table, whose entries meet the nodes exactly
    rows = [row for row in layer_contact() if row.poisson_ratio == 0.5]
    thin, reference = rows[8], over_bone()["bone_reference_depth"].value
    ratio, _ = bone_stiffening(np.array([1.0]), np.array([8.0]), np.array([np.sqrt(16.0) / thin.reach]))
    known = np.interp(np.log(4 / reference), np.log([row.reach for row in rows]), np.log([row.force for row in rows]))
    assert ratio[0] == pytest.approx(thin.force / np.exp(known), rel=1e-9)


def test_the_table_of_layers_meets_its_limits():
    # a layer far thinner than the contact at 0.5: P = 2 E a^5 / (45 R h^3), d = a^2 / (6 R), approached from above
    rows = {row.reach: row for row in layer_contact() if row.poisson_ratio == 0.5}
    thinnest = rows[8.0]
    limit = 12 / 45 * 3**1.5 * thinnest.reach**3
    assert 1 < thinnest.force / limit < 1.1
    assert np.sqrt(3) * 0.9 < thinnest.half_width < np.sqrt(3)
    # compressible and thin: springs side by side, P / (E d) = 4/3 K s
    springs = {row.reach: row for row in layer_contact() if row.poisson_ratio == 0.3}[8.0]
    stiff = 0.7 / (1.3 * 0.4)
    assert springs.force == pytest.approx(4 / 3 * stiff * 8, rel=0.01)
    # thick: a half-space's contact, a^2 = 4 P R (1 - nu^2) / (pi E)
    thick = rows[0.02]
    assert thick.half_width**2 == pytest.approx(2 * thick.force * 0.75 / np.pi, rel=0.01)


def test_where_the_method_ends_is_said():
    roller = device("mf-8")
    assert not on_quadric(roller, along=0.02, across=0.02).sharp[0]
    assert on_quadric(roller, along=0.6 / 11.5 + 0.01).sharp[0]
    assert on_quadric(roller, along=-0.11).hollow[0]
    assert not on_quadric(roller, along=-0.05).hollow[0]
    drop = np.zeros((1, 5, roller.rows))
    drop[..., -1] = np.nan
    under = skin_under(roller, drop, places_along_mm(roller), np.array([np.inf]))
    assert under.one_sided[0]
    found = balance_on_body(roller, 2.0, law_of(roller), under)
    assert not found.touching[0, -1]
    assert found.touching[0, :-1].all()


@pytest.mark.parametrize("name", ["eye-60", "mf-8"])
@pytest.mark.parametrize("lean", [1e-8, -1e-8, 1e-4, -1e-4])
def test_skin_that_hardly_leans_is_rolled_over_as_skin_that_does_not(name, lean):
    """The needle straight down bears its share whichever way rounding makes its skin lean."""
    roller = device(name)
    law, under = law_of(roller), on_quadric(roller, along=1 / 400)
    level = balance_on_body(roller, 0.9, law, under)
    leaning = balance_on_body(roller, 0.9, law, replace(under, slope=under.slope + lean))
    assert leaning.ring_push_mm == pytest.approx(level.ring_push_mm, abs=100 * abs(lean))
