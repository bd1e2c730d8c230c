"""All campaigns, one after the other: `make fuzz`.

python tests/campaigns/all.py [--cases 10000] [--geometries 1000000] [--kills 100] [--seed 0]
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--geometries", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    runs = (
        ("command_line.py", "--kind", "words", "--cases", options.cases),
        ("command_line.py", "--kind", "toml", "--cases", options.cases),
        ("api.py", "--calls", options.cases),
        ("pages.py", "--cases", max(options.cases // 10, 1)),
        ("kills.py", "--kills", options.kills),
        ("geometry.py", "--cases", options.geometries),
    )
    codes = []
    for name, *words in runs:
        print(f"== {name} {' '.join(map(str, words))}", flush=True)
        command = [sys.executable, HERE / name, "--seed", options.seed, *words]
        codes.append(subprocess.run(list(map(str, command)), check=False).returncode)
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
