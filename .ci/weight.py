"""No file over 500 kB in the repository but those told here, with why: history keeps every version for good."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_BYTES = 500_000
WHY = {
    "viz/web/dist/page.js": "the script of all pages, with three.js; a test builds it again",
}


def main():
    """Tell files that are too heavy; exit 1 if there are any."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    heavy = {str(path.relative_to(ROOT)): path.stat().st_size for path in paths if path.is_file()}
    heavy = {name: size for name, size in heavy.items() if size > MOST_BYTES and name not in WHY}
    for name, size in heavy.items():
        print(
            f"{name}: {size / 1e6:.1f} MB; allowed: {MOST_BYTES / 1e6:g} MB, or a line in .ci/weight.py that says why"
        )
    return int(bool(heavy))


if __name__ == "__main__":
    sys.exit(main())
