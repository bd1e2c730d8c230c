"""Delivery: limits, conservation, the scheme against an analytic series, and what a channel may not do."""

import numpy as np
import pytest
from dermaroll.data.catalog import Active, active, actives
from dermaroll.data.checks import InputError
from dermaroll.roller import deliver
from dermaroll.roller.after.diffusion import Layer, build_stack, graded_times, march, steady_inflow
from dermaroll.roller.after.permeation import (
    aqueous_cap_epa_2004,
    intact_permeability_cm_per_s,
    lipid_path_potts_guy_1992,
)
from hypothesis import given, settings
from hypothesis import strategies as st

HOURS = np.array([0.0, 0.5, 1, 2, 4, 8, 24])
CHANNELS = (240.0, 80.0, 320.0)
NO_LINKS = np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros(0)


def solute(log_kow, weight=180.0, charge=0.0):
    return Active(name="x", title="x", molecular_weight=weight, log_kow=log_kow, charge=charge)


def total(got):
    return (
        got.film_ug_per_cm2
        + got.corneum_ug_per_cm2
        + got.epidermis_ug_per_cm2
        + got.dermis_ug_per_cm2
        + got.cleared_ug_per_cm2
    )


def test_potts_and_guy_is_the_published_line():
    assert np.log10(lipid_path_potts_guy_1992(176.1, -1.85)) == pytest.approx(0.71 * -1.85 - 0.0061 * 176.1 - 6.3)
    assert lipid_path_potts_guy_1992(176.1, -1.85) == pytest.approx(2.05e-9, rel=0.01)


def test_no_skin_lets_more_through_than_the_aqueous_cap():
    for log_kow in (-3, 0, 3, 6, 12):
        assert intact_permeability_cm_per_s(solute(log_kow)) < aqueous_cap_epa_2004(180.0)


@pytest.mark.parametrize(
    ("density", "diameter", "depth"), [(0, 80, 320), (240, 0, 320), (240, 80, 0), (240, 80, 5), (240, [], [])]
)
def test_no_channels_no_enhancement(density, diameter, depth):
    got = deliver("caffeine", "cheek", density, diameter, depth, HOURS)
    assert got.enhancement == 1
    assert np.array_equal(got.amount_ug_per_cm2, got.intact_amount_ug_per_cm2)


def test_enhancement_falls_as_intact_skin_lets_more_through_and_tends_to_one():
    gains = [deliver(solute(log_kow), "cheek", *CHANNELS, [1.0]).enhancement for log_kow in np.arange(-4, 8, 0.5)]
    assert (np.diff(gains) < 0).all()
    assert gains[0] > 50
    assert 1 <= gains[-1] < 1.05


def test_more_or_wider_channels_never_deliver_less():
    base = deliver("niacinamide", "cheek", 100, 50, 200, HOURS)
    for density, diameter in ((200, 50), (100, 80)):
        more = deliver("niacinamide", "cheek", density, diameter, 200, HOURS)
        assert more.enhancement > base.enhancement
        assert (more.amount_ug_per_cm2[1:] > base.amount_ug_per_cm2[1:]).all()


@pytest.mark.parametrize("name", sorted(actives()))
@pytest.mark.parametrize("occluded", [False, True])
def test_amount_rises_keeps_within_the_dose_and_nothing_is_lost(name, occluded):
    got = deliver(name, "cheek", *CHANNELS, HOURS, occluded=occluded, dose_ug_per_cm2=37.0)
    assert (np.diff(got.amount_ug_per_cm2) >= 0).all()
    assert (got.amount_ug_per_cm2 <= 37.0).all()
    assert np.abs(total(got) / 37.0 - 1).max() < 1e-8
    assert (got.amount_ug_per_cm2 >= got.intact_amount_ug_per_cm2 - 1e-9).all()
    assert got.enhancement >= 1


@settings(max_examples=25, deadline=None)
@given(
    weight=st.floats(20, 1e6),
    log_kow=st.floats(-8, 8),
    charge=st.floats(-3, 3),
    density=st.floats(0, 600),
    diameter=st.floats(0, 150),
    depth=st.floats(0, 2500),
    film=st.floats(5, 1000),
    occluded=st.booleans(),
)
def test_any_active_and_any_channels_keep_the_laws(weight, log_kow, charge, density, diameter, depth, film, occluded):
    substance = solute(log_kow, weight, charge)
    got = deliver(substance, "forearm", density, diameter, depth, HOURS, film_um=film, occluded=occluded)
    assert np.isfinite(got.amount_ug_per_cm2).all()
    assert np.isfinite(got.enhancement)
    assert got.enhancement >= 1
    assert (np.diff(got.amount_ug_per_cm2) >= 0).all()
    assert got.amount_ug_per_cm2[-1] <= got.dose_ug_per_cm2
    assert np.abs(total(got) / got.dose_ug_per_cm2 - 1).max() < 1e-8
    for part in (got.film_ug_per_cm2, got.corneum_ug_per_cm2, got.epidermis_ug_per_cm2, got.cleared_ug_per_cm2):
        assert part.min() > -1e-6 * got.dose_ug_per_cm2


@pytest.mark.parametrize("name", ["ascorbic-acid", "niacinamide", "retinol", "hyaluronic-acid-50k"])
@pytest.mark.parametrize("hours", [2.0, 24.0, 72.0])
def test_twice_the_steps_give_the_same_total(name, hours):
    once = deliver(name, "cheek", *CHANNELS, [hours])
    twice = deliver(name, "cheek", *CHANNELS, [hours], steps=280)
    assert twice.amount_ug_per_cm2[-1] == pytest.approx(once.amount_ug_per_cm2[-1], rel=1e-3)


def test_closed_channels_deliver_as_intact_skin():
    late = deliver("ascorbic-acid", "cheek", *CHANNELS, HOURS, applied_h=100)
    intact = deliver("ascorbic-acid", "cheek", 0, 80, 320, HOURS)
    assert late.enhancement == 1
    assert late.amount_ug_per_cm2 == pytest.approx(intact.amount_ug_per_cm2, rel=1e-9)


def test_serum_an_hour_later_gains_less():
    now, later = (deliver("ascorbic-acid", "cheek", *CHANNELS, HOURS, applied_h=wait) for wait in (0.0, 1.0))
    assert later.enhancement < now.enhancement
    assert later.amount_ug_per_cm2[-1] < now.amount_ug_per_cm2[-1]


def test_occlusion_keeps_channels_open_for_longer():
    dry, wet = (deliver("ascorbic-acid", "cheek", *CHANNELS, HOURS, occluded=film) for film in (False, True))
    assert wet.enhancement == dry.enhancement
    assert wet.amount_ug_per_cm2[-1] > dry.amount_ug_per_cm2[-1]


def test_large_molecules_are_delivered_less():
    amounts = [
        deliver(f"hyaluronic-acid-{size}k", "cheek", *CHANNELS, [24.0]).amount_ug_per_cm2[-1]
        for size in (5, 50, 500, 1500)
    ]
    assert (np.diff(amounts) < 0).all()


def test_channels_of_different_depth_are_their_sum():
    mixed = deliver("caffeine", "cheek", 200, [60, 60], [100, 400], [1.0]).enhancement
    shallow, deep = (deliver("caffeine", "cheek", 100, 60, depth, [1.0]).enhancement for depth in (100, 400))
    assert mixed == pytest.approx(shallow + deep - 1, rel=0.05)


def test_a_slab_fills_as_the_series_says():
    """One layer under an endless film, closed below: Crank's series for the uptake of a sheet."""
    thickness, diffusivity = 0.02, 1e-6
    stack = build_stack(1e6, [Layer(thickness, diffusivity, slices=80)])
    seconds = graded_times(600.0, 200)
    run = march(stack, NO_LINKS, np.ones_like, 1e6, seconds)
    taken = run[:, 1:-1].sum(axis=1)
    odd = (2 * np.arange(200) + 1)[:, None] * np.pi / 2
    series = thickness * (1 - (2 / odd**2 * np.exp(-(odd**2) * diffusivity * seconds / thickness**2)).sum(axis=0))
    late = seconds > 20
    assert taken[late] == pytest.approx(series[late], rel=2e-3)


def test_a_membrane_lets_through_as_the_series_says():
    """One layer on a perfect sink: lag and steady flow of the classic membrane."""
    thickness, diffusivity = 0.01, 5e-8
    stack = build_stack(1e6, [Layer(thickness, diffusivity, partition=2.0, slices=60)], open_bottom=True)
    seconds = graded_times(3000.0, 300)
    through = march(stack, NO_LINKS, np.ones_like, 1e6, seconds)[:, -1]
    n = np.arange(1, 200)[:, None]
    rate = diffusivity * (n * np.pi / thickness) ** 2
    waves = (-1.0) ** n / n**2 * np.exp(-rate * seconds)
    series = 2 * (diffusivity * seconds / thickness - thickness / 6 - 2 * thickness / np.pi**2 * waves.sum(axis=0))
    late = seconds > 800
    assert through[late] == pytest.approx(series[late], rel=5e-3)
    assert steady_inflow(stack, NO_LINKS) == pytest.approx(2 * diffusivity / thickness, rel=1e-9)


def test_an_endless_film_reaches_the_steady_flow():
    """The march and the network solved at rest are two roads to one number."""
    got = deliver("caffeine", "cheek", *CHANNELS, [95.0, 96.0], dose_ug_per_cm2=1e6, film_um=1e5, alive=False)
    concentration = got.film_ug_per_cm2[-1] / 10.0
    steady = got.enhancement * got.intact_permeability_cm_per_h * concentration
    assert np.diff(got.cleared_ug_per_cm2)[0] == pytest.approx(steady, rel=0.01)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"dose_ug_per_cm2": -1}, "dose_ug_per_cm2"),
        ({"density_per_cm2": -1}, "density_per_cm2"),
        ({"density_per_cm2": 1e5, "diameter_um": 500}, "density_per_cm2"),
        ({"diameter_um": -1}, "diameter_um"),
        ({"depth_um": float("nan")}, "depth_um"),
        ({"hours": [-1]}, "hours"),
        ({"film_um": 0}, "film_um"),
        ({"steps": 0}, "steps"),
        ({"active": "niacinamid"}, "niacinamide"),
    ],
)
def test_bad_input_is_one_line(change, named):
    arguments = {
        "active": "caffeine",
        "skin": "cheek",
        "density_per_cm2": 100,
        "diameter_um": 50,
        "depth_um": 200,
        "hours": [1],
    }
    with pytest.raises(InputError, match=named) as error:
        deliver(**(arguments | change))
    assert "\n" not in str(error.value)


def test_a_users_own_active_is_a_toml_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("molecular_weight = 300\nlog_kow = 1.5\n")
    assert active(path).name == "mine"
    assert deliver(path, "cheek", *CHANNELS, [1.0]).enhancement > 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("molecular_weight = -5\nlog_kow = 1", "molecular_weight"),
        ("molecular_weight = 300\nlog_kow = 99", "log_kow"),
        ("molecular_weight = 300", "log_kow"),
        ("molecular_weight = 300\nlog_kow = 1\ncolour = 'red'", "colour"),
        ("molecular_weight = nan\nlog_kow = 1", "molecular_weight"),
    ],
)
def test_an_impossible_active_is_refused_in_one_line(tmp_path, text, named):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=named) as error:
        active(path)
    assert "\n" not in str(error.value)
