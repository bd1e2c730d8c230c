"""Pages that mkdocs makes itself: the README as the first one, and one a room with the reference of its modules."""

import ast
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)")
ROOMS = ("data", "geometry", "roller", "viz")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages.

    Parameters
    ----------
    files : Files — those of docs/ [-]
    config : MkDocsConfig — of the build [-]

    """
    first = re.sub(r"\]\(docs/", "](", (ROOT / "README.md").read_text(encoding="utf-8"))
    files.append(File.generated(config, "index.md", content=first))
    for room in ROOMS:
        folders = sorted({path.parent for path in (ROOT / room).rglob("*.py") if "node_modules" not in path.parts})
        for folder in folders:
            parts = folder.relative_to(ROOT).parts
            if parts == ("roller", "_top"):
                continue
            name = ".".join(("dermaroll", *parts))
            modules = [path.stem for path in sorted(folder.glob("[!_]*.py")) if _has_public(path)]
            lines = [f"# {name}", "", *(f"::: {name}.{module}\n" for module in modules)]
            if modules:
                page = f"reference/{'/'.join(parts)}.md" if len(parts) == 1 else f"reference/{'_'.join(parts)}.md"
                files.append(File.generated(config, page, content="\n".join(lines)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Name files of the repository that are no pages, instead of linking to them.

    Parameters
    ----------
    markdown : str — of a page [-]

    """
    markdown = markdown.replace("](../README.md)", "](index.md)")
    return LINK.sub(lambda found: found[0] if _is_page(found[2]) else f"{found[1]} (`{found[2]}`)", markdown)


def _is_page(target: str) -> bool:
    name = target.partition("#")[0]
    return "://" in name or name in ("", "index.md") or (ROOT / "docs" / name).is_file()


def _has_public(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) and not node.name.startswith("_") for node in tree.body)
