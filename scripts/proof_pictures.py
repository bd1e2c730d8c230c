"""Show every picture as others get it: at 400, 800 and 1600 pixels, printed grey, and as colour-blind eyes see it.

Run it with a folder of pictures and one to write to: python scripts/proof_pictures.py docs/images /tmp/proofs.
"""

import sys
from pathlib import Path

import numpy as np
from dermaroll.viz.sight import VISIONS, as_seen, in_print
from PIL import Image

WIDTHS = (400, 800, 1600)
SEEN = {"print": in_print} | {name: lambda one, name=name: as_seen(one, name) for name in VISIONS}


def proofs(picture: Path, folder: Path) -> None:
    """Write one picture at every width, and a sheet of four that has it grey and for the three visions."""
    image = Image.open(picture).convert("RGB")
    for width in WIDTHS:
        scaled = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
        scaled.save(folder / f"{picture.stem}-{width}.png")
    small = image.resize((WIDTHS[1], round(image.height * WIDTHS[1] / image.width)), Image.Resampling.LANCZOS)
    parts = [np.rint(255 * see(np.asarray(small) / 255)).astype(np.uint8) for see in SEEN.values()]
    rows = [np.concatenate(parts[:2], axis=1), np.concatenate(parts[2:], axis=1)]
    Image.fromarray(np.concatenate(rows)).save(folder / f"{picture.stem}-eyes.png")


def main() -> None:
    """Proof all pictures of a folder."""
    pictures, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for picture in sorted([*pictures.glob("*.png"), *pictures.glob("*.gif")]):
        proofs(picture, folder)
    print(f"written to {folder}: {', '.join(['-400, -800, -1600', *SEEN])}")


if __name__ == "__main__":
    main()
