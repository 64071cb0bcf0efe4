"""Pages of a PDF as pictures, for a model that sees: drawn by a process of its own. Blocking."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from agents.attached import pictures
from agents.extract.ocr import RENDER

PAGES = 4  # of one file
SECONDS = 20.0  # for all of them


def pages(data: bytes, most: int = PAGES) -> list[bytes]:
    """Return its first pages as PNGs, as far as they can be drawn in time."""
    with TemporaryDirectory(prefix="tutorai-asked-") as folder:
        held = Path(folder) / "file.pdf"
        held.write_bytes(data)
        made = []
        for number in range(1, most + 1):
            asked = [sys.executable, "-I", str(RENDER), str(held), str(number)]
            if not _ran(asked) or not (drawn := held.with_name(f"{number}.pgm")).exists():
                break
            made.append(_small(drawn.read_bytes()))
            drawn.unlink()
        return made


def _ran(asked: list[str]) -> bool:
    try:
        done = subprocess.run(asked, capture_output=True, timeout=SECONDS / PAGES, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _small(pgm: bytes) -> bytes:
    """Return a drawn page at half its size: models look at no more."""
    _magic, size, _most, rest = pgm.split(b"\n", 3)
    width, height = map(int, size.split())
    whole = np.frombuffer(rest, np.uint8, width * height).reshape(height, width)
    even = whole[: height // 2 * 2, : width // 2 * 2].astype(np.uint16)
    half = (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) // 4
    return pictures.grey(half.astype(np.uint8).tobytes(), width // 2, height // 2)
