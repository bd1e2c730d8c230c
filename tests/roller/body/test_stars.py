"""Areas on a body: the union on a plane, points strewn at random on a sphere."""

import numpy as np
import pytest
from dermaroll.geometry.union import union_area_table
from dermaroll.geometry.union.discs import multiplicity_table
from dermaroll.roller.body.stars import lay_stars

Z = np.array([0.0, 0.0, 1.0])


def covered(layout, radius, passes):
    """Areas hit at least once, twice, three times, after every pass, from a layout."""
    return sum(
        part.sign
        * multiplicity_table(
            part.centers_mm, part.pass_number, radius[None, part.channel], part.window, 3, n_passes=passes
        )
        for part in layout.parts
    )[:, :, 0]


def test_on_a_plane_stars_add_up_to_the_union():
    rng = np.random.default_rng(1)
    count, passes = 3000, 4
    flat = rng.uniform(0, 12, (count, 2))
    radius = rng.uniform(0.05, 0.15, count)
    number = np.sort(rng.integers(1, passes + 1, count))
    place = np.concatenate([flat, np.zeros((count, 1))], axis=1)
    layout = lay_stars(place, np.tile(Z, (count, 1)), radius, number, np.ones(count, dtype=bool), 144.0)
    exact = union_area_table(flat, number, radius[None])
    found = covered(layout, radius, passes)
    assert found[0] == pytest.approx(exact[:, 0], rel=1e-9)
    assert found == pytest.approx(multiplicity_table(flat, number, radius[None], None, 3)[:, :, 0], rel=1e-8)
    # radii that shrink with the depth, as channels' do
    layout = lay_stars(place, np.tile(Z, (count, 1)), radius, number, np.ones(count, dtype=bool), 144.0)
    assert covered(layout, radius / 2, passes)[0] == pytest.approx(
        union_area_table(flat, number, radius[None] / 2)[:, 0], rel=1e-9
    )


@pytest.mark.parametrize("rho", [7.0, 40.0])
def test_on_a_sphere_stars_cover_what_random_points_find(rho):
    # many channels that overlap several deep: their cluster goes all around the sphere
    rng = np.random.default_rng(2)
    radius_of_all, per_mm2 = 0.3, 4.0
    count = int(4 * np.pi * rho**2 * per_mm2) if rho < 10 else 20_000
    cap = 1.0 if rho > 10 else -1.0
    height = rng.uniform(1 - count / per_mm2 / (2 * np.pi * rho**2) if cap > 0 else -1, 1, count)
    turn = rng.uniform(0, 2 * np.pi, count)
    normal = np.stack([np.sqrt(1 - height**2) * np.cos(turn), np.sqrt(1 - height**2) * np.sin(turn), height], axis=1)
    radius = np.full(count, radius_of_all)
    area = 2 * np.pi * rho**2 * (1 - height.min())
    layout = lay_stars(rho * normal, normal, radius, np.ones(count, np.int64), np.ones(count, dtype=bool), area)
    found = covered(layout, radius, 1)[0, 0] / area
    from scipy.spatial import cKDTree

    points = 400_000
    at = rng.uniform(height.min(), 1, points)
    around = rng.uniform(0, 2 * np.pi, points)
    across = np.sqrt(1 - at**2)
    strewn = np.stack([across * np.cos(around), across * np.sin(around), at], axis=1)
    # a disc in the tangent plane is a cap whose edge is as far from the axis through its middle
    chord = 2 * rho * np.sin(np.arcsin(radius_of_all / rho) / 2)
    hit = (cKDTree(rho * normal).query(rho * strewn)[0] < chord).mean()
    assert found == pytest.approx(hit, abs=4 * np.sqrt(hit * (1 - hit) / points) + 0.001)


def test_a_disc_counts_where_its_middle_lies():
    place = np.array([[0.0, 0, 0], [0.1, 0, 0], [5.0, 0, 0]])
    radius = np.full(3, 0.1)
    inside = np.array([False, True, True])
    layout = lay_stars(place, np.tile(Z, (3, 1)), radius, np.array([1, 1, 2]), inside, 1.0)
    both = union_area_table(place[:2, :2], [1, 1], radius[None, :2])[0, 0]
    lone = np.pi * 0.01
    assert covered(layout, radius, 2)[0] == pytest.approx([both - lone, both])
    none = lay_stars(place[:0], place[:0], radius[:0], np.ones(0, np.int64), inside[:0], 1.0)
    assert covered(none, radius[:0], 2).tolist() == [[0, 0]] * 3
