"""Campaigns: hostile cases by seed, few here and thousands by `make fuzz`; areas beside an oracle."""

import importlib.util
import math
import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGNS = Path(__file__).parent


def load(name):
    spec = importlib.util.spec_from_file_location(name, CAMPAIGNS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("centers", "radii", "rings", "expected"),
    [
        ([[3, 4]], [2], None, [4 * math.pi, 0]),
        ([[1e6, -1e6], [-1e6, 1e6]], [1e-6, 1e3], None, [math.pi * (1e6 + 1e-12), 0]),
        ([[0, 0], [1, 0]], [1, 1], None, [4 * math.pi / 3 + math.sqrt(3) / 2, 2 * math.pi / 3 - math.sqrt(3) / 2]),
        ([[0, 0], [0, 0], [0.5, 0]], [2, 2, 1], None, [4 * math.pi, 4 * math.pi]),
        ([[1, 0], [2, 0], [3, 0]], [1, 2, 3], None, [9 * math.pi, 4 * math.pi]),
        ([[0, 0]], [1], [[(0, 0), (3, 0), (3, 3), (0, 3), (0, 0)]], [math.pi / 4, 0]),
        ([[0, 0], [0, 0]], [9, 1], [[(-2, -2), (2, -2), (2, 2), (-2, 2), (-2, -2)]], [16, math.pi]),
        ([[0, 0]], [1], [[(-2, -2), (2, -2), (0, 2), (-2, -2)], [(-9, 7), (-8, 7), (-8, 8), (-9, 7)]], None),
    ],
)
def test_the_oracle_knows_closed_forms(centers, radii, rings, expected):
    found = load("oracle_union").areas(centers, radii, rings, 2)
    if expected is None:  # two sides of the triangle cut a segment off each
        away = 2 / math.sqrt(5)
        expected = [math.pi - 2 * (math.acos(away) - away * math.sqrt(1 - away * away)), 0]
    assert found == pytest.approx(expected, rel=1e-15, abs=1e-15)


@pytest.mark.long
@pytest.mark.parametrize(
    "words",
    [
        ("command_line.py", "--cases", "60"),
        ("api.py", "--calls", "300"),
        ("pages.py", "--cases", "20"),
        ("kills.py", "--kills", "2"),
    ],
    ids=lambda words: words[0],
)
def test_a_small_campaign_finds_nothing(words):
    """The first cases of each; `make fuzz` tries thousands."""
    if words[0] == "pages.py":
        pytest.importorskip("fastapi")
    name, *more = words
    run = subprocess.run([sys.executable, CAMPAIGNS / name, *more], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.long
def test_areas_of_ten_thousand_hostile_cases():
    run = subprocess.run(
        [sys.executable, CAMPAIGNS / "geometry.py", "--cases", "10000"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
