"""Builds what would be released and tries it: sdist, wheel, their content, a bare install, the docs. Publishes nothing.

    make release

Writes dist/ and build/docs/, and ends with what is left to do by hand; an exit code of 1 where something is not as it
has to be.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
NEVER = re.compile(
    r"(^|/)(tests?|__pycache__|node_modules|build|demo|\.git\w*|\.venv|\.hypothesis)(/|$)|\.(pyc|orig|rej|tmp)$"
)
NEEDED = (
    "dermaroll/py.typed",
    "dermaroll/viz/web/LICENSE.three",
    "dermaroll/viz/web/dist/page.js",
    "dermaroll/viz/web/page.html.jinja",
    "dermaroll/data/sources.toml",
    "dermaroll/data/devices.toml",
    "dermaroll/data/members.csv",
)
SMOKE = """
import sys, dermaroll
from dermaroll import Technique, treat
told = treat("mf-8", "cheek", Technique(passes=4), region="6x6")
assert 10 < told["density_per_cm2"] < 100, told["density_per_cm2"]
assert not {"roller", "geometry", "viz", "data"} & set(sys.modules), "a bare room was imported"
print("dermaroll", dermaroll.__version__, "in", dermaroll.__file__)
"""


def main() -> int:
    """Do it all, in order; return the exit code."""
    for old in DIST.glob("dermaroll-*"):
        old.unlink()
    run(sys.executable, "-m", "build", "--outdir", DIST, ROOT)
    (wheel,), (source,) = list(DIST.glob("*.whl")), list(DIST.glob("*.tar.gz"))
    faults = [*of_wheel(wheel), *of_source(source), *of_version(wheel.name.split("-")[1])]
    for fault in faults:
        print(f"wrong: {fault}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        try_out(wheel, Path(folder))
    run(sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet")
    print(f"\n{wheel.name} ({wheel.stat().st_size / 1e6:.1f} MB), {source.name} ({source.stat().st_size / 1e6:.1f} MB)")
    print("\n".join(left_to_do()))
    return int(bool(faults))


def run(*words: str | Path, cwd: Path = ROOT) -> None:
    """Run a command, and end with its exit code if it fails."""
    print("==", *(Path(word).name if isinstance(word, Path) else word for word in words), flush=True)
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run([str(word) for word in words], cwd=cwd, env=clean, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def of_wheel(path: Path) -> list[str]:
    """What is wrong with the content of a wheel."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        script = archive.read("dermaroll/viz/web/dist/page.js")[:2000].decode("utf-8", "replace")
    tree = {
        f"dermaroll/{file.relative_to(ROOT)}"
        for room in ("data", "geometry", "roller", "viz")
        for file in (ROOT / room).rglob("*.py")
        if not {"node_modules", "_top"} & set(file.parts)
    }
    known = {name for name in names if name.endswith(".py") and name != "dermaroll/__init__.py"}
    return [
        *(f"{path.name} holds {name}" for name in names if NEVER.search(name)),
        *(f"{path.name} lacks {name}" for name in NEEDED if name not in names),
        *(f"{path.name} holds {name}, which the tree does not: remove build/lib" for name in sorted(known - tree)),
        *(f"{path.name} lacks {name}: is it among the packages of pyproject.toml?" for name in sorted(tree - known)),
        *([] if any(name.endswith("licenses/LICENSE") for name in names) else [f"{path.name} lacks its licence"]),
        *([] if re.search("three", script, re.IGNORECASE) else ["page.js does not name three.js at its head"]),
    ]


def of_source(path: Path) -> list[str]:
    """What is wrong with the content of an sdist."""
    with tarfile.open(path) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    wanted = (
        *("LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "SECURITY.md", "pyproject.toml"),
        *("roller/_top/__init__.py", "viz/web/LICENSE.three", "viz/web/build.js", "viz/web/package.json"),
        *(file.relative_to(ROOT).as_posix() for file in (ROOT / "viz" / "web" / "src").glob("*.js")),
    )
    return [
        *(f"{path.name} holds {name}" for name in names if NEVER.search(name)),
        *(f"{path.name} lacks {name}" for name in wanted if name not in names),
    ]


def try_out(wheel: Path, folder: Path) -> None:
    """Install the wheel in a bare environment and run the demo, doctor and a short program there."""
    venv.create(folder / "venv", with_pip=True)
    binaries = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = binaries / Path(sys.executable).name
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, cwd=folder)
    run(python, "-P", "-c", SMOKE, cwd=folder)
    run(python, "-P", ROOT / "scripts" / "compare_home_and_professional.py", cwd=folder)
    run(python, "-P", "-m", "dermaroll.roller.cli", "doctor", cwd=folder)
    run(python, "-P", "-m", "dermaroll.roller.cli", "validate", "-o", "validate.json", cwd=folder)


def versions_said(root: Path = ROOT) -> dict[str, str]:
    """The version by the files that say it; the changelog's is that of its first section."""
    places = {
        "roller/_top/__init__.py": r'^__version__ = "(.+)"$',
        "CITATION.cff": r"^version: (.+)$",
        "CHANGELOG.md": r"^## \[(.+?)\]",
    }
    found = {name: re.search(words, (root / name).read_text("utf-8"), re.MULTILINE) for name, words in places.items()}
    return {name: match[1] if match else "none" for name, match in found.items()}


def of_version(built: str, root: Path = ROOT) -> list[str]:
    """What is wrong with the version: all that say it say that of the wheel, and what is released is called so."""
    first = re.search(r"^## .*$", (root / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    open_yet = is_final(built) and first is not None and "not released" in first[0]
    return [
        *(
            f"{name} says version {said}, the wheel {built}"
            for name, said in versions_said(root).items()
            if said != built
        ),
        *([f"CHANGELOG.md says of {built} that it is not released yet"] if open_yet else []),
    ]


def is_final(number: str) -> bool:
    """Whether a version is one to release: three numbers and nothing behind them."""
    return re.fullmatch(r"\d+\.\d+\.\d+", number) is not None


def left_to_do() -> list[str]:
    """Steps that only a person can take."""
    said = versions_said()
    number = said["roller/_top/__init__.py"]
    rename = f"- {number} is none to release: write the new one, three numbers, in {', '.join(said)}"
    return [
        "left to do by hand:",
        *([] if is_final(number) else [rename, "- then make release once more"]),
        "- read CHANGELOG.md once more as a user would",
        f"- tag: git tag -s v{number} && git push origin v{number}",
        "- upload: python -m twine upload dist/dermaroll-*",
        "- after it: count the version up to the next .dev0",
    ]


if __name__ == "__main__":
    sys.exit(main())
