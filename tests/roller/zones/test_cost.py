"""What a body costs in memory is estimated before it is rolled over, and what is held stays below the estimate."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.data.checks import InputError
from dermaroll.geometry.surface.simple import plane
from dermaroll.roller import Technique
from dermaroll.roller.coverage.cost import ALWAYS_BYTES, expected_cost
from dermaroll.roller.zones import maps
from dermaroll.roller.zones.treating import FACE_BYTES, treat
from scipy.spatial import cKDTree
from shapely.geometry import box


def torn_plane(side, edge):
    whole = plane(side, side, edge_mm=edge, margin_mm=3)
    middle = whole.vertices[whole.faces].mean(axis=1)
    kept = np.hypot(middle[:, 0] - side / 6, middle[:, 1]) > side / 15
    return replace(whole, faces=whole.faces[kept], zone_of_face=whole.zone_of_face[kept])


def test_a_finely_meshed_plane_with_a_hole_stays_below_what_is_estimated():
    # pairs of every face with every place near it, all at once, once were three times as much
    roller, how, torn = device("mf-8"), Technique(passes=8), torn_plane(80, 0.4)
    asked = {"technique": how, "figures": ["density_per_cm2"]}
    treat(roller, surface=plane(10, 10), **asked)  # what is loaded once does not count
    tracemalloc.start()
    treat(roller, surface=torn, **asked)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    cost = expected_cost(roller, how, box(0, 0, 80, 80), areas=False, gaps=False, bands=False)
    assert held < cost.peak_bytes - ALWAYS_BYTES + FACE_BYTES * len(torn.faces)


def test_more_memory_than_is_allowed_is_refused_before_anything_is_rolled():
    with pytest.raises(InputError, match="GB of memory; allowed: 2 GB"):
        treat("mf-8", surface=plane(1300, 1300, edge_mm=20), technique=Technique(passes=16))


def test_a_fine_mesh_counts(monkeypatch):
    body = plane(30, 30)
    monkeypatch.setattr("dermaroll.roller.zones.treating.FACE_BYTES", 2e9 / len(body.faces))
    with pytest.raises(InputError, match="GB of memory; allowed: 2 GB"):
        treat("mf-8", surface=body, technique=Technique(passes=1))


def test_sums_around_faces_are_the_same_however_many_are_looked_at_together(monkeypatch):
    rng = np.random.default_rng(1)
    middles, places, values = rng.uniform(0, 30, (500, 3)), rng.uniform(0, 30, (2000, 3)), rng.random(2000)
    near = cKDTree(middles).query_ball_point(places, maps.AROUND_MM)
    expected = np.zeros(500)
    for value, faces in zip(values, near, strict=True):
        expected[faces] += value
    for at_once in (1 << 20, 50):
        monkeypatch.setattr(maps, "PAIRS_AT_ONCE", at_once)
        count, total = maps._around(middles, places, [np.ones(2000), values])
        assert count.sum() == sum(len(faces) for faces in near)
        assert total == pytest.approx(expected, rel=1e-12)
