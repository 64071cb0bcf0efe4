"""Pictures of text → text, by Tesseract, where the operator installed it (TESSERACT).

It is a program of its own: it gets an image on its input, and no more memory and time than we
give. What it is not sure of is left out, for of a photograph it reads something too.
"""

import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from django.conf import settings

from agents import words
from agents.extract.blocks import CannotRead
from tutorai.lmsdm.schema import Unreadable

PAGES = 300  # of one file
AT_ONCE = 8  # pages drawn before they are read: some 4 MB each
PAGE_SECONDS = 60.0
MEMORY = 2_000_000  # KB of address space
SURE = 55.0  # percent; less is mostly a picture taken for words
# ISO 639-1, as courses have it → Tesseract's own names.
LANGUAGES = dict(
    pair.split(":")
    for pair in [
        "ar:ara",
        "ca:cat",
        "cs:ces",
        "da:dan",
        "de:deu",
        "el:ell",
        "en:eng",
        "es:spa",
        "eu:eus",
        "fi:fin",
        "fr:fra",
        "gl:glg",
        "he:heb",
        "hi:hin",
        "hu:hun",
        "it:ita",
        "ja:jpn",
        "ko:kor",
        "nl:nld",
        "no:nor",
        "pl:pol",
        "pt:por",
        "ro:ron",
        "ru:rus",
        "sv:swe",
        "tr:tur",
        "uk:ukr",
        "zh:chi_sim",
    ]
)
RENDER = Path(__file__).with_name("render.py")
# Without the arguments of a limit the system does not know (macOS), it stays unlimited.
LIMITED = 'ulimit -v "$1" 2>/dev/null; ulimit -t "$2" 2>/dev/null; shift 2; exec "$@"'
ENVIRONMENT = ("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH", "HOME")


class Reader:
    """Reads the pictures of one file; all of them together get `OCR_SECONDS`."""

    def __init__(self, language: str = "") -> None:
        self._until = time.monotonic() + settings.OCR_SECONDS
        self._language = language

    def picture(self, image: bytes) -> list[str]:
        """Return the paragraphs of an image (PNG, JPEG, PNM). Raises CannotRead (too_big)."""
        found = self._read(image, known(self._language))
        if not self._language:
            self._language = words.language_of("\n".join(found)) or "en"
            if known(self._language) != known(""):  # it was read as another language
                found = self._read(image, known(self._language))
        return found

    def pages(self, file: BinaryIO, numbers: list[int]) -> dict[int, list[str]]:
        """Return the paragraphs of a PDF's pages, by number. Raises CannotRead: too_big, broken."""
        if len(numbers) > PAGES:
            raise CannotRead(Unreadable.TOO_BIG)
        found: dict[int, list[str]] = {}
        with TemporaryDirectory(prefix="tutorai-pages-") as folder:
            held = Path(folder) / "file.pdf"
            file.seek(0)
            with held.open("wb") as copy:
                shutil.copyfileobj(file, copy)
            for at in range(0, len(numbers), AT_ONCE):
                some = numbers[at : at + AT_ONCE]
                self._draw(held, some)
                for number in some:
                    drawn = Path(folder) / f"{number}.pgm"
                    found[number] = self.picture(drawn.read_bytes()) if drawn.exists() else []
                    drawn.unlink(missing_ok=True)
        return found

    def _draw(self, held: Path, numbers: list[int]) -> None:
        asked = [sys.executable, "-I", str(RENDER), str(held), *map(str, numbers)]
        if _run(asked, b"", self._left(PAGE_SECONDS * 2)) is None:
            raise CannotRead(Unreadable.BROKEN)

    def _read(self, image: bytes, language: str) -> list[str]:
        asked = [settings.TESSERACT, "stdin", "stdout", "-l", language, "--dpi", "200", "tsv"]
        told = _run(asked, image, self._left(PAGE_SECONDS))
        return _paragraphs(told.decode(errors="replace").split("\n")) if told else []

    def _left(self, most: float) -> float:
        left: float = min(self._until - time.monotonic(), most)
        if left <= 0:
            raise CannotRead(Unreadable.TOO_BIG)
        return left


def there() -> bool:
    """Whether pictures can be read here."""
    return bool(_installed(settings.TESSERACT))


def known(language: str) -> str:
    """Return Tesseract's name of a language, or of the nearest to it that is installed."""
    held = _installed(settings.TESSERACT)
    wanted = LANGUAGES.get(language, "eng")
    return next((each for each in (wanted, "eng", *sorted(held)) if each in held), wanted)


@cache
def _installed(program: str) -> frozenset[str]:
    """Return the languages that the program has; none: it is not here."""
    if not program or not shutil.which(program):
        return frozenset()
    told = _run([program, "--list-langs"], b"", 10.0) or b""
    return frozenset(told.decode(errors="replace").split("\n")[1:]) - {"osd", ""}


def _run(asked: list[str], image: bytes, seconds: float) -> bytes | None:
    """Return what a program said; None where it failed or took too long."""
    limited = ["sh", "-c", LIMITED, "sh", str(MEMORY), str(int(seconds) + 1), *asked]
    kept = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    try:
        done = subprocess.run(
            limited,
            input=image,
            capture_output=True,
            timeout=seconds,
            env={**kept, "OMP_THREAD_LIMIT": "1"},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _paragraphs(lines: Iterable[str]) -> list[str]:
    """Tesseract's table (a word a line, with how sure it is) as paragraphs."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for line in lines:
        cells = line.split("\t")
        if len(cells) == 12 and cells[0] == "5" and float(cells[10]) >= SURE and cells[11].strip():
            found[tuple(cells[1:4])].append(cells[11].strip())
    texts = [" ".join(words).replace("- ", "-") for words in found.values()]
    return [text for text in texts if sum(letter.isalnum() for letter in text) > 1]
