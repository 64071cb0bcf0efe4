"""PDF → blocks, anchored by page (#page=3: every browser's viewer opens there)."""

import logging
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pypdf import PageObject, PdfReader
from pypdf.errors import FileNotDecryptedError, PyPdfError
from pypdf.generic import DictionaryObject

from agents.extract import ocr
from agents.extract.blocks import Block, CannotRead, Outline, Pile
from tutorai.lmsdm.schema import Unreadable

PAGES = 3000  # more is no course reading, and minutes of work
# What a damaged file makes pypdf raise: its own errors, and what it did not foresee.
DAMAGE = (
    PyPdfError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
# pypdf speaks of every small oddity of a file; the reason we store says what counts.
logging.getLogger("pypdf").setLevel(logging.ERROR)


def read(file: BinaryIO, language: str = "") -> list[Block]:
    """Return one block a paragraph; pages that are pictures are read where that can be done.

    Raises CannotRead: encrypted, broken, too_big, scanned.
    """
    try:
        return _pages(_opened(file), file, language)
    except FileNotDecryptedError as error:
        raise CannotRead(Unreadable.ENCRYPTED) from error
    except DAMAGE as error:
        raise CannotRead(Unreadable.BROKEN) from error


def _opened(file: BinaryIO) -> PdfReader:
    reader = PdfReader(file)
    # An empty password only forbids printing or copying: a viewer opens it without asking.
    if reader.is_encrypted and not reader.decrypt(""):
        raise CannotRead(Unreadable.ENCRYPTED)
    if len(reader.pages) > PAGES:
        raise CannotRead(Unreadable.TOO_BIG)
    return reader


def _pages(reader: PdfReader, file: BinaryIO, language: str) -> list[Block]:
    texts, scans = _texts(reader)
    seen: dict[int, list[str]] = {}
    if scans and ocr.there():
        seen = ocr.Reader(language).pages(file, scans)
    elif scans and not any(text.strip() for text in texts):
        raise CannotRead(Unreadable.SCANNED)
    sections = _sections(reader)
    outline = Outline()
    pile = Pile()
    for number, page in enumerate(texts, 1):
        for part in _parted(page, sections.get(number, []), outline):
            for text in _paragraphs(part):
                pile.add(text, outline.path, f"#page={number}")
        for text in seen.get(number, ()):
            pile.add(text, outline.path, f"#page={number}")
    return pile.blocks


def _texts(reader: PdfReader) -> tuple[list[str], list[int]]:
    """Return the text of each page, and the numbers of those that are pictures alone."""
    pile, length = Pile(), 0
    texts: list[str] = []
    scans: list[int] = []
    for number, page in enumerate(reader.pages, 1):
        text = page.extract_text()
        texts.append(text)
        length += len(text)
        pile.check(length)  # a page without text takes its time too
        if not text.strip() and _pictured(page):
            scans.append(number)
    return texts, scans


def _pictured(page: PageObject) -> bool:
    """Whether a page draws a picture; one within a form of it counts as well."""
    resources = page.get("/Resources", DictionaryObject()).get_object()
    drawn = resources.get("/XObject", DictionaryObject()).get_object()
    return any(each.get_object().get("/Subtype") in {"/Image", "/Form"} for each in drawn.values())


def _parted(text: str, marks: Sequence[tuple[int, str]], outline: Outline) -> Iterator[str]:
    """Yield the page's text section by section; the outline stands at each one's heading.

    A bookmark begins where its title is a line of the page, else where the one before began.
    """
    lines = text.split("\n")
    printed = {_plain(line) for line in lines}
    waiting = list(marks)

    def enter() -> None:
        while waiting and _plain(waiting[0][1]) not in printed:
            outline.enter(*waiting.pop(0))

    enter()
    held: list[str] = []
    for line in lines:
        if waiting and _plain(line) == _plain(waiting[0][1]):
            yield "\n".join(held)
            held = []
            outline.enter(*waiting.pop(0))
            enter()
        else:
            held.append(line)
    yield "\n".join(held)


def _plain(line: str) -> str:
    """Letters and digits alone: a printed heading may differ in its spaces and marks."""
    return "".join(letter for letter in line.casefold() if letter.isalnum())


def _paragraphs(text: str) -> list[str]:
    """A PDF knows lines, not paragraphs: only empty lines part them."""
    parts = [" ".join(part.split()) for part in text.replace("\x00", "").split("\n\n")]
    # Words cut at the end of a line become whole again.
    return [part.replace("\u00ad ", "").replace("\u00ad", "") for part in parts if part]


def _sections(reader: PdfReader) -> dict[int, list[tuple[int, str]]]:
    """Bookmarks by page number: (level, title)."""
    found: dict[int, list[tuple[int, str]]] = {}
    try:
        _collect(reader, reader.outline, 1, found)
    except DAMAGE:
        return {}  # bookmarks are a help, not the text
    return found


def _collect(
    reader: PdfReader,
    entries: Sequence[object],
    level: int,
    found: dict[int, list[tuple[int, str]]],
) -> None:
    for entry in entries:
        if isinstance(entry, list):
            _collect(reader, entry, level + 1, found)
            continue
        number = reader.get_destination_page_number(entry)  # type: ignore[arg-type]
        title = str(getattr(entry, "title", "") or "")
        if number is not None and number >= 0:
            found.setdefault(number + 1, []).append((level, title))
