"""What has to pass on every system and Python, on an installed package: the demo without GL, and tests of the core."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORE = ["tests/data", "tests/geometry/union", "tests/geometry/test_shapes.py", "tests/geometry/test_region.py",
        "tests/roller/insertion", "tests/roller/after", "tests/roller/coverage"]  # fmt: skip


def main():
    """Run it; return the exit code."""
    environment = os.environ | {"DERMAROLL_NO_GL": "1", "PYTHONUTF8": "1"}
    script = ROOT / "scripts" / "compare_home_and_professional.py"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, script], cwd=folder, env=environment, check=True)
        command = [sys.executable, "-m", "dermaroll.roller.cli", "coverage", "mf-8", "--area-mm", "5x5", "-o", "x.csv"]
        subprocess.run(command, cwd=folder, env=environment, check=True)
    tests = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider", *CORE]
    return subprocess.run(tests, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
