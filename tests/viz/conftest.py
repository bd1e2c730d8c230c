import shutil
import subprocess
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "viz" / "web"
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    """The script of axe-core, as package.json pins it: what finds faults of access in a page."""
    found = WEB / "node_modules" / "axe-core" / "axe.min.js"
    if not found.exists():
        copy = tmp_path_factory.mktemp("axe")
        shutil.copy(WEB / "package.json", copy)
        options = ["--no-package-lock", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"]
        subprocess.run(["npm", "install", *options], cwd=copy, check=True, capture_output=True)
        found = copy / "node_modules" / "axe-core" / "axe.min.js"
    return found.read_text(encoding="utf-8")


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def faults_of_access(axe):
    """What axe-core finds in a page, best practice included, as lines."""

    def find(page):
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        page.evaluate(axe)
        found = page.evaluate(
            "(values) => axe.run(document, { runOnly: { type: 'tag', values } })",
            RULES,
        )
        return [f"{one['id']}: {node['target']}" for one in found["violations"] for node in one["nodes"]]

    return find
