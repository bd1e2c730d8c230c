"""What is released and checked with: pins that agree, bounds that are the lowest, no file too heavy."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_lint_is_pinned_and_the_same_everywhere():
    extras = PROJECT["optional-dependencies"]
    pins = dict(re.findall(r"(\S+)==([\d.]+)", "\n".join(extras["dev"])))
    assert set(pins) == {"ruff", "mypy", "pandas-stubs", "scipy-stubs"}
    assert not [one for one in extras["dev"] if re.match("mypy|ruff|.*stubs|types-", one) and "==" not in one]
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"ruff==([\d.]+)", hooks)) == {pins["ruff"]}
    assert {name: version(name) for name in pins} == pins


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


def load_release():
    import importlib.util

    spec = importlib.util.spec_from_file_location("release", ROOT / "scripts" / "release.py")
    release = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(release)
    return release


def test_all_that_say_the_version_say_the_same(tmp_path):
    release = load_release()
    said = release.versions_said()
    (number,) = set(said.values())
    assert release.of_version(number) == []
    for name in said:
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((ROOT / name).read_text("utf-8").replace(number, "7.8.9"), encoding="utf-8")
    log = tmp_path / "CHANGELOG.md"
    log.write_text("# Changelog\n\n## [7.8.9]: not released yet\n\n## [7.8.8]\n", encoding="utf-8")
    assert release.of_version("7.8.9", tmp_path) == ["CHANGELOG.md says of 7.8.9 that it is not released yet"]
    log.write_text("# Changelog\n\n## [7.8.9]\n", encoding="utf-8")
    assert release.of_version("7.8.9", tmp_path) == []
    (tmp_path / "CITATION.cff").write_text("version: 7.8.8\n", encoding="utf-8")
    assert release.of_version("7.8.9", tmp_path) == ["CITATION.cff says version 7.8.8, the wheel 7.8.9"]


def test_what_wheels_and_sdists_must_hold_is_told(tmp_path):
    release = load_release()
    source = tmp_path / "dermaroll-1.0.0.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        archive.add(ROOT / "LICENSE", "dermaroll-1.0.0/LICENSE")
        archive.add(Path(__file__), "dermaroll-1.0.0/tests/test_release.py")
    faults = release.of_source(source)
    assert f"{source.name} holds tests/test_release.py" in faults
    assert f"{source.name} lacks viz/web/src/main.js" in faults
    assert f"{source.name} lacks LICENSE" not in faults
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
