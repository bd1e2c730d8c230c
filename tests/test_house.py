"""The house: who may import whom, what is documented, what stays light."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import dermaroll
import pytest

ROOT = Path(__file__).parent.parent
FLOOR = {"data": 0, "geometry": 1, "roller": 2, "viz": 3, "scripts": 4, "tests": 5}
ROOMS = ("data", "geometry", "roller", "viz")
SOURCES = sorted(path for room in (*ROOMS, "scripts", "tests") for path in (ROOT / room).rglob("*.py"))


def absolute_imports(path):
    """Dotted names that a file imports; relative ones resolved as in the installed package."""
    package = ["dermaroll", *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            yield from (".".join([*module, alias.name]) for alias in node.names)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_arrows(path):
    parts = path.relative_to(ROOT).parts
    here = parts[0]
    for name in absolute_imports(path):
        words = name.split(".")
        assert words[0] not in ROOMS, f"{name}: rooms are imported as dermaroll.{words[0]}"
        if words[0] != "dermaroll" or len(words) < 2 or words[1] not in FLOOR:
            continue
        opens_both_doors = parts[:2] == ("roller", "cli") and words[1] == "viz"
        assert FLOOR[words[1]] <= FLOOR[here] or opens_both_doors, f"{here}/ may not import {name}"


@pytest.mark.parametrize("path", sorted((ROOT / "roller" / "cli").glob("*.py")), ids=lambda path: path.name)
def test_the_command_line_imports_pictures_only_inside_commands(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            assert "viz" not in (node.module or "")


def test_no_bare_room_is_imported():
    for room in ROOMS:
        assert room not in sys.modules


def modules():
    for info in pkgutil.walk_packages(dermaroll.__path__, "dermaroll."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def public_functions():
    for module in modules():
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(thing):
                yield f"{module.__name__}.{name}", thing
            elif inspect.isclass(thing):
                for method, function in vars(thing).items():
                    if not method.startswith("_") and inspect.isfunction(function):
                        yield f"{module.__name__}.{name}.{method}", function


# Commands document their options to typer; the inside of geometry.discs has one caller, and docstrings of a line.
INSIDE = (
    "dermaroll.roller.cli.",
    *(
        f"dermaroll.geometry.{name}."
        for name in ["arcs", "boundary", "burial", "clip", "decimals", "digits", "exact", "neighbours"]
    ),
)
DOCUMENTED = [pair for pair in public_functions() if not pair[0].startswith(INSIDE)]


@pytest.mark.parametrize(("name", "function"), DOCUMENTED, ids=[name for name, _ in DOCUMENTED])
def test_public_docstrings_name_every_argument_with_its_unit(name, function):
    text = inspect.getdoc(function)
    assert text, f"{name} has no docstring"
    arguments = [argument for argument in inspect.signature(function).parameters if argument not in ("self", "cls")]
    described = {}
    for line in text.splitlines():
        match = re.match(r"([\w, ]+) : .+ — .+\[[^\[\]]+\]$", line)
        if match:
            described.update(dict.fromkeys(re.split(r",\s*", match[1]), line))
    assert set(arguments) <= set(described), f"{name}: {sorted(set(arguments) - set(described))}"


def test_examples_in_docstrings_run():
    for module in modules():
        assert doctest.testmod(module).failed == 0


def test_help_is_light():
    heavy = [
        "vtk",
        "vtkmodules",
        "pyvista",
        "matplotlib",
        "xarray",
        "pandas",
        "scipy",
        "shapely",
        "trimesh",
        "pyarrow",
    ]
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dermaroll.roller.cli", "--help"],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in run.stderr.splitlines()}
    assert not loaded & set(heavy)


def test_version_is_the_same_everywhere():
    from importlib.metadata import version

    assert dermaroll.__version__ == version("dermaroll")
    assert f"[{dermaroll.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"version: {dermaroll.__version__}" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
