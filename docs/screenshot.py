"""Take the picture of a report that README shows: ``python docs/screenshot.py REPORT.html PICTURE.png``."""

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
)


def main(report: str, picture: str, *, width: int = 1100, height: int = 2145) -> None:
    with tempfile.TemporaryDirectory() as profile:
        page = Path(report).resolve().as_uri()
        target = [f"--screenshot={Path(picture).resolve()}", f"--window-size={width},{height}"]
        subprocess.run(["chromium", *QUIET, f"--user-data-dir={profile}", *target, page], check=True)
    with Image.open(picture) as taken:
        few = taken.convert("RGB").quantize(256)  # a page has few colours: half the file
    few.save(picture, optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
