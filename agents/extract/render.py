"""Draws pages of a PDF beside it: `python render.py file.pdf 3 4` makes 3.pgm and 4.pgm.

A process of its own, and of nothing but pdfium: a hostile file takes it down, and not a worker.
"""

import sys
from ctypes import string_at
from math import sqrt
from pathlib import Path

import pypdfium2

DPI = 200
MOST = 8_000_000  # pixels of a page, whatever size it says it has


def main(file: Path, numbers: list[int]) -> None:
    """Draw them, in grey."""
    document = pypdfium2.PdfDocument(file)
    for number in numbers:
        page = document[number - 1]
        width, height = page.get_size()
        scale = min(DPI / 72, sqrt(MOST / max(width * height, 1)))
        drawn = page.render(scale=scale, grayscale=True)
        rows = string_at(drawn.buffer, drawn.stride * drawn.height)
        with file.with_name(f"{number}.pgm").open("wb") as image:
            image.write(b"P5\n%d %d\n255\n" % (drawn.width, drawn.height))
            for row in range(drawn.height):
                image.write(rows[row * drawn.stride : row * drawn.stride + drawn.width])
        page.close()
    document.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), list(map(int, sys.argv[2:])))
