"""Writes the README's two pictures, `docs/images/overview-*.webp`, from the screenshots of the screen "overview".

`make readme-images` takes the screenshots first.
"""

import sys
from pathlib import Path
from typing import Final

from PIL import Image

PROJECT: Final = Path(__file__).resolve().parents[3]
SCREENSHOTS: Final = PROJECT / ".local" / "screenshots"
IMAGES: Final = PROJECT / "docs" / "images"
SCHEMES: Final = ("light", "dark")
QUALITY: Final = 88


def main() -> None:
    """Convert the screenshots of both colour schemes to WebP."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for scheme in SCHEMES:
        path = IMAGES / f"overview-{scheme}.webp"
        with Image.open(SCREENSHOTS / f"overview-wide-{scheme}.png") as screenshot:
            screenshot.convert("RGB").save(path, quality=QUALITY, method=6)
        sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
