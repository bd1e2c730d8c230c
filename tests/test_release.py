"""What is released and checked with: pins that agree, bounds that are the lowest, no file too heavy."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_lint_is_pinned_and_the_same_everywhere():
    pins = dict(re.findall(r'"?(ruff|mypy)==([\d.]+)', " ".join(PROJECT["optional-dependencies"]["dev"])))
    assert set(pins) == {"ruff", "mypy"}
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"ruff==([\d.]+)", hooks)) == {pins["ruff"]}
    for name, pin in pins.items():
        told = subprocess.run([sys.executable, "-m", name, "--version"], capture_output=True, text=True, check=True)
        assert pin in told.stdout


def test_the_lowest_versions_are_those_of_the_project():
    lines = (ROOT / ".ci" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert pinned == dict(line.split(">=") for line in PROJECT["dependencies"])
    assert not [line for line in lines if "://" in line and not line.startswith("#")]


def test_the_pythons_of_ci_are_those_of_the_project():
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    said = set(re.findall(r'"(3\.\d+)"', workflow))
    assert said == {kind.rpartition(" ")[2] for kind in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", kind)}
    assert "bash .ci/run" in workflow


def test_no_file_is_too_heavy():
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    done = subprocess.run([sys.executable, ".ci/weight.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_wheels_and_sdists_must_hold_is_told(tmp_path):
    import importlib.util
    import zipfile

    spec = importlib.util.spec_from_file_location("release", ROOT / "scripts" / "release.py")
    release = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(release)
    wheel = tmp_path / "dermaroll-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("dermaroll/viz/web/dist/page.js", "// three.js")
        archive.writestr("dermaroll/data/gone.py", "")
        archive.writestr("dermaroll/tests/test_x.py", "")
    faults = "\n".join(release.of_wheel(wheel))
    for told in (
        "holds dermaroll/tests/test_x.py",
        "lacks dermaroll/py.typed",
        "gone.py, which the tree does not",
        "lacks dermaroll/viz/web/LICENSE.three",
        "lacks its licence",
        "lacks dermaroll/data/checks.py",
    ):
        assert told in faults
    assert any(line.startswith("- tag: git tag") for line in release.left_to_do())
