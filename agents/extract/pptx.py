"""PPTX → blocks: slide by slide, a title as heading, then texts, tables, pictures' words, notes.

A slide that its author hid is not read. Read as `docx` does it, part by part as each streams by.
"""

from collections.abc import Mapping
from typing import BinaryIO

from agents.extract.blocks import Block, CannotRead, Pile
from agents.extract.package import OFFICE, Package, opened
from tutorai.lmsdm.schema import Unreadable

SLIDES = 1000
LONGEST = 16 * 1024**2  # bytes of a slide's part
ELEMENTS = 2_000_000  # of all slides; about 3 seconds
NOTES = f"{OFFICE}/notesSlide"
SLIDE = f"{OFFICE}/slide"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
SHOW = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
SHAPES = frozenset(SHOW + name for name in ("sp", "pic", "graphicFrame", "cxnSp"))
TITLES = frozenset({"title", "ctrTitle"})
# Placeholders that say the same on every slide, and the picture of the slide above its notes.
SAME = frozenset({"dt", "ftr", "hdr", "sldNum", "sldImg"})


def read(file: BinaryIO) -> list[Block]:
    """Return the blocks. Raises CannotRead: encrypted, broken, too_big (a zip bomb too)."""
    with opened(file) as package:
        return _blocks(package)


def _blocks(package: Package) -> list[Block]:
    pile, left = Pile(), ELEMENTS
    for number, name in enumerate(_slides(package), 1):
        slide = _Slide(left)
        package.feed(name, slide, LONGEST, pile.check)
        if slide.hidden:
            continue
        left = slide.left
        path, anchor = ((slide.title,) if slide.title else ()), f"#slide={number}"
        for text in slide.texts:
            pile.add(text, path, anchor)
        for kind, notes in package.relations(name).values():
            if kind == NOTES:
                said = _Slide(left)
                package.feed(notes, said, LONGEST, pile.check)
                left = said.left
                for text in said.texts:
                    pile.add(text.removeprefix("- "), path, anchor)
    return pile.blocks


def _slides(package: Package) -> list[str]:
    """Return the slides' parts in the order they are shown."""
    main = package.document()
    order = _Order()
    package.feed(main, order, LONGEST, lambda: None)
    if len(order.ids) > SLIDES:
        raise CannotRead(Unreadable.TOO_BIG)
    known = package.relations(main)
    told = [known.get(each, ("", "")) for each in order.ids]
    return [name for kind, name in told if kind == SLIDE]


class _Order:
    """Takes in the presentation's own part: which slides, in which order."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == f"{SHOW}sldId":
            self.ids.append(attributes.get(f"{{{OFFICE}}}id", ""))

    def end(self, tag: str) -> None: ...

    def data(self, text: str) -> None: ...

    def close(self) -> None: ...


class _Slide:
    """Takes one slide in, tag by tag, and keeps what is to be read."""

    def __init__(self, left: int) -> None:
        self.left = left  # elements that may still come
        self.hidden = False
        self.title = ""
        self.texts: list[str] = []
        self._unseen = 0  # how deep we are in what is not read
        self._place = ""  # which placeholder the shape at hand is; "": none
        self._described = ""  # what its author says a picture shows
        self._words: list[str] = []
        self._written = False
        self._plain = True  # a paragraph without a bullet
        self._rows: list[list[str]] = []
        self._table = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Enter an element. Raises CannotRead (too_big)."""
        self.left -= 1
        if self.left < 0:
            raise CannotRead(Unreadable.TOO_BIG)
        if self._unseen or tag == FALLBACK:
            self._unseen += 1
        elif tag in SHAPES:
            self._place, self._described = "", ""
        elif tag == f"{SHOW}sld":
            self.hidden = attributes.get("show") in {"0", "false"}
        elif tag == f"{SHOW}cNvPr":
            self._described = " ".join(attributes.get("descr", "").split())
        elif tag == f"{SHOW}ph":
            self._place = attributes.get("type", "obj")
        else:
            self._enter(tag)

    def _enter(self, tag: str) -> None:
        match tag.removeprefix(DRAWING):
            case "p":
                self._plain = self._place not in {"obj", "body"}
                if not self._table:
                    self._words.clear()
            case "buNone":
                self._plain = True
            case "t" | "delText":
                self._written = True
            case "br":
                self._words.append("\n")
            case "tbl":
                self._table, self._rows = True, []
            case "tr":
                self._rows.append([])
            case "tc":
                self._words.clear()
            case _ if tag == f"{MATH}t":
                self._written = True

    def end(self, tag: str) -> None:
        """Leave an element."""
        if self._unseen:
            self._unseen -= 1
            return
        if tag in SHAPES:
            self._add(self._described)
            return
        match tag.removeprefix(DRAWING):
            case "t" | "delText":
                self._written = False
            case "p" if not self._table:
                self._paragraph()
            case "p":
                self._words.append(" ")
            case "tc":
                self._rows[-1].append(" ".join("".join(self._words).split()))
            case "tbl":
                self._table = False
                self._add("\n".join(" | ".join(cells) for cells in self._rows if any(cells)))
            case _ if tag == f"{MATH}t":
                self._written = False

    def data(self, text: str) -> None:
        """Take characters in, of text and of all else."""
        if self._written and not self._unseen:
            self._words.append(text)

    def close(self) -> None:
        """End; lxml asks for this."""

    def _paragraph(self) -> None:
        lines = "\n".join(" ".join(line.split()) for line in "".join(self._words).split("\n"))
        text = lines.strip()
        self._words.clear()
        if self._place in TITLES:
            self.title = " ".join(f"{self.title} {text}".split())
        elif self._place not in SAME:
            self._add(text if self._plain or not text else f"- {text}")

    def _add(self, text: str) -> None:
        if text.strip(" -|"):
            self.texts.append(text)
