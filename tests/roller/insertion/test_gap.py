"""The gap around a needle: its closed form against contact solved on a grid, and its limits."""

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.geometry.needle import needle_profile
from dermaroll.geometry.skin import mean_thickness_um
from dermaroll.roller.insertion.gap import dimple_share
from dermaroll.roller.insertion.one_needle import needle_law, stack_needles
from dermaroll.roller.insertion.tissue import tissue_model
from dermaroll.roller.insertion.under_drum import pressed_depth_and_force
from hypothesis import given
from hypothesis import strategies as st

SPACING_MM = 2.55


def dimple_on_a_grid(patch_mm, drum_share, points=96, steps=400):
    """Dimple of one needle of a square array over that of a lone one, under a flat drum: conjugate gradients.

    Elastic half-space with unit E', periodic: displacement is 2 / |k| times the pressure in Fourier space. The needle
    presses with unit force on its patch; outside it the drum may touch, never pulls, and carries `drum_share` forces.
    """
    step = SPACING_MM / points
    at = (np.arange(points) - points // 2) * step
    x, y = np.meshgrid(at, at, indexing="ij")
    # the patch's edge is shared among cells, so that its area does not depend on the grid
    fine = (np.arange(8) - 3.5) / 8 * step
    inside = np.mean(
        [np.hypot(x + i, y + j) < patch_mm for i in fine for j in fine],
        axis=0,
    )
    needle = inside / (inside.sum() * step**2)
    wave = 2 * np.pi * np.fft.fftfreq(points, step)
    size = np.hypot(*np.meshgrid(wave, wave, indexing="ij"))
    compliance = np.divide(2.0, size, out=np.zeros_like(size), where=size > 0)

    def sink(pressure):
        return np.fft.ifft2(compliance * np.fft.fft2(pressure)).real

    drum = drum_share / SPACING_MM**2
    free = inside == 0
    pressure, direction, last = np.where(free, drum, 0.0), np.zeros_like(x), 1.0
    pressure *= drum_share / (pressure.sum() * step**2)
    keep = 0.0
    for _ in range(steps):
        touching = free & (pressure > 0)
        gap = sink(pressure + needle)
        gap -= gap[touching].mean()
        norm = (gap[touching] ** 2).sum()
        direction = np.where(touching, gap + keep * norm / last * direction, 0.0)
        last = norm
        moved = sink(direction)
        moved -= moved[touching].mean()
        length = (gap * direction)[touching].sum() / (moved * direction)[touching].sum()
        pressure = np.where(touching, np.maximum(pressure - length * direction, 0.0), 0.0)
        overlap = free & (pressure == 0) & (gap < 0)
        keep = 0.0 if overlap.any() else 1.0
        pressure = np.where(overlap, pressure - length * gap, pressure)
        pressure *= drum_share / (pressure.sum() * step**2)
    sunk = sink(pressure + needle)
    level = sunk[free & (pressure > 0)].mean()
    lone = 2 / (np.pi * patch_mm)  # centre of a disc under uniform pressure, F / k with k = pi a E' / 2
    return (sunk[points // 2, points // 2] - level) / lone


@pytest.mark.parametrize(("patch", "told"), [(0.3, 0.732), (0.5, 0.548)])
def test_closed_form_against_a_periodic_contact(patch, told):
    # the drum carries as much as the needles: the pressure is twice that of the needles
    ratio = 2 * np.pi * patch**2 / SPACING_MM**2
    assert dimple_share(ratio) == pytest.approx(told, abs=0.002)
    assert dimple_share(ratio) == pytest.approx(dimple_on_a_grid(patch, 1.0), rel=0.05)


@pytest.mark.parametrize("share", [0.3, 3.0, 6.0])
def test_closed_form_follows_the_drums_share(share):
    patch = 0.3
    ratio = (1 + share) * np.pi * patch**2 / SPACING_MM**2
    assert dimple_share(ratio) == pytest.approx(dimple_on_a_grid(patch, share), abs=0.05)


def test_limits():
    assert dimple_share(0.0) == 1  # a lone needle, no pressure
    assert dimple_share(1.0) == 0  # as much pressure around the needle as under it
    assert dimple_share(7.0) == 0
    small = 1e-8
    assert 1 - dimple_share(small) == pytest.approx(2 / np.pi * np.sqrt(2 * small), rel=1e-3)  # infinite slope


def law_of(name, closing=1.0, patch=0.3, density=0.0, **changes):
    model = tissue_model().changed({"drum_closing": closing, "patch_radius": patch})
    shapes = stack_needles([needle_profile(device(name))])
    return needle_law(shapes, mean_thickness_um(site("cheek")), density_per_mm2=density, model=model, **changes)


def test_no_pressure_and_no_neighbours_leave_the_lone_needle():
    alone, apart = law_of("mf-8"), law_of("mf-8", closing=0.0, density=0.4)
    travel = np.linspace(0, 1.5, 40)[None]
    depth, force, _ = pressed_depth_and_force(alone, travel, np.zeros_like(travel))
    assert np.array_equal(depth, apart.depth_mm(travel))
    assert np.array_equal(force, apart.force_n(travel))


def test_great_pressure_closes_the_dimple():
    law = law_of("mf-8")
    travel = np.full((1, 3), 1.5)
    depth, force, _ = pressed_depth_and_force(law, travel, np.array([[1e2, 1e4, 1e8]]))
    assert depth[0] == pytest.approx([1.5] * 3, abs=1e-6)
    assert force[0] == pytest.approx(np.full(3, law.force_at_depth(np.array([1.5]))[0][0]), rel=1e-6)


def test_touching_needles_carry_the_skin_between_them_down():
    travel = np.array([0.2, 0.5, 1.4])[None]
    few, many = law_of("mf-8", density=0.15), law_of("mf-8", density=1 / (np.pi * 0.3**2))
    assert (law_of("mf-8").depth_mm(travel) < few.depth_mm(travel)).all()
    assert many.depth_mm(travel)[0] == pytest.approx(travel[0], abs=0.06)


@given(
    st.floats(0.02, 1.5),
    st.floats(1e-6, 3.0),
    st.floats(0, 1),
    st.floats(0.05, 1.25),
    st.floats(0, 0.5),
)
def test_depth_and_dimple_close_the_travel(travel, pressure, closing, patch, density):
    law = law_of("mf-8", closing, patch, density)
    push, press = np.full((1, 1), travel), np.full((1, 1), pressure)
    depth, force, rise = pressed_depth_and_force(law, push, press)
    ratio = law.crowding[0] + law.closing_area_mm2[0] * pressure / max(force[0, 0], 1e-300)
    # what the force makes of a lone needle's dimple, times the share that the pressure leaves
    inside = np.array([depth[0, 0] > 0])
    dimple, _ = law.dimple_and_give(force[0], inside)
    left = dimple[0] / dimple_share(law.crowding[0]) * dimple_share(ratio)
    assert depth[0, 0] + left == pytest.approx(travel, abs=1e-9)
    more, firmer, _ = pressed_depth_and_force(law, push, press * 1.001)
    assert more[0, 0] >= depth[0, 0] - 1e-12
    assert firmer[0, 0] - force[0, 0] == pytest.approx(rise[0, 0] * 0.001, rel=0.05, abs=1e-6)
