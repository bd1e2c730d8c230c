"""The house: who may import whom, what is documented, what stays light."""

import ast
import doctest
import graphlib
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import dermaroll
import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("data", "geometry", "roller", "viz")
SOURCES = sorted(path for room in (*ROOMS, "scripts", "tests") for path in (ROOT / room).rglob("*.py"))
MODULES = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in ROOMS]
OFFERING = [path for path in MODULES if path.name == "__init__.py" and path.parent.name in ("_top", *ROOMS)]
MOST_FILES, MOST_LINES = 14, 450


def planned():
    """Folders of the floor plan in CONTRIBUTING.md, from the ground up."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return re.findall(r"^    ((?:data|geometry|roller|viz)/(?:\w+/)?)  +\S", text, re.MULTILINE)


FLOORS = {"dermaroll." + folder.strip("/").replace("/", "."): number for number, folder in enumerate(planned())}
TOP = len(FLOORS)


def module_name(path):
    """Dotted name of a file in the installed package: roller/_top is dermaroll itself."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts[:2] == ("roller", "_top"):
        parts = parts[2:]
    return ".".join(["dermaroll", *(part for part in parts if part != "__init__")])


NAMES = {module_name(path) for path in MODULES}


def imported(path):
    """Pairs of a dotted name that a file imports, relative ones resolved as installed, and the node."""
    name = module_name(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")
            base = base[: len(base) + 1 - node.level] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                full = ".".join([*module, alias.name])
                yield (full if full in NAMES else ".".join(module)), node


def floor_of(name):
    """Number of the floor that a module stands on; `dermaroll` itself is above all."""
    while name and name not in FLOORS:
        name = name.rpartition(".")[0]
    return FLOORS.get(name, TOP)


def test_the_floor_plan_is_the_tree():
    with_init = {str(path.parent.relative_to(ROOT)) + "/" for path in MODULES if path.name == "__init__.py"}
    assert sorted(planned()) == sorted(with_init - {"roller/_top/"})


def test_the_packages_are_the_tree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert sorted(project["tool"]["setuptools"]["packages"]) == sorted(["dermaroll", *FLOORS])


@pytest.mark.parametrize(
    "path", [path for path in MODULES if path not in OFFERING], ids=lambda path: str(path.relative_to(ROOT))
)
def test_imports_follow_the_arrows(path):
    here = module_name(path)
    for name, _ in imported(path):
        words = name.split(".")
        assert words[0] not in ROOMS, f"{name}: rooms are imported as dermaroll.{words[0]}"
        if words[0] == "dermaroll":
            opens_the_door = here.startswith("dermaroll.roller.cli.") and words[1:2] == ["viz"]
            assert floor_of(name) <= floor_of(here) or opens_the_door, f"{here} may not import {name}"


@pytest.mark.parametrize("path", [path for path in SOURCES if path not in MODULES], ids=lambda path: path.name)
def test_scripts_and_tests_import_the_installed_package(path):
    for name, _ in imported(path):
        assert name.split(".")[0] not in ROOMS, f"{name}: rooms are imported as dermaroll.{name}"


@pytest.mark.parametrize("path", OFFERING, ids=lambda path: path.parent.name)
def test_what_offers_names_imports_them_for_types_and_when_they_are_used(path):
    allowed = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)):
            allowed |= set(range(node.lineno, (node.end_lineno or 0) + 1))
    for name, node in imported(path):
        assert node.lineno in allowed or name in ("typing", "importlib"), name


def test_no_module_imports_itself_in_a_circle():
    graph = {module_name(path): set() for path in MODULES}
    for path in MODULES:
        if path.name != "__init__.py":
            graph[module_name(path)] = {name for name, _ in imported(path) if name in NAMES}
    packages = {module_name(path) for path in MODULES if path.name == "__init__.py"}
    tuple(graphlib.TopologicalSorter({name: deps - packages for name, deps in graph.items()}).static_order())


def test_rooms_and_files_stay_small():
    for folder in {path.parent for path in MODULES}:
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        assert len(files) <= MOST_FILES, folder
    for path in SOURCES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES, path


def test_no_function_bears_the_name_of_a_module_of_its_folder():
    for path in MODULES:
        beside = {other.stem for other in path.parent.glob("*.py")}
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not beside & {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}, path


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


# Commands document their options to typer; the inside of the union of discs has one caller, and docstrings of a line.
INSIDE = (
    "dermaroll.roller.cli.",
    *(
        f"dermaroll.geometry.union.{name}."
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
