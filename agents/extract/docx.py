"""DOCX → blocks: headings by style, tables row by row, pictures by their description.

Only the document's own part is unpacked, and read as it streams by: a small file may hold millions
of elements, and reading ends where one of the limits is met.
"""

from collections.abc import Mapping
from typing import BinaryIO

from agents.extract.blocks import Block, CannotRead, Outline, Pile
from agents.extract.package import opened
from tutorai.lmsdm.schema import Unreadable

LONGEST = 64 * 1024**2  # bytes of the document's part; a 900-page book has some 30 MB
ELEMENTS = 2_000_000  # of it; about 3 seconds
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# What a reader does not see, sees twice, or sees as a list of the headings (content controls).
SILENT = frozenset(
    WORD + name
    for name in (
        *("del", "moveFrom", "pPrChange", "rPr", "rt", "sdt", "tabs", "tcPrChange"),
        "txbxContent",
    )
)
# Any drawing; `descr` is what its author says it shows.
PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
CODE = ("code", "preformatted")  # in the ids of styles whose lines and spaces count


def read(file: BinaryIO) -> list[Block]:
    """Return the blocks. Raises CannotRead: encrypted, broken, too_big (a zip bomb too)."""
    with opened(file) as package:
        reader = _Reader()
        package.feed(package.document(), reader, LONGEST, reader.pile.check)
        return reader.pile.blocks


class _Reader:
    """Takes the XML in, tag by tag, and keeps the text alone."""

    def __init__(self) -> None:
        self.pile = Pile()
        self._outline = Outline()
        self._elements = 0
        self._unseen = 0  # how deep we are in what is not read
        self._written = False  # whether the characters that come are text
        self._words: list[str] = []
        self._style = ""
        self._table = _Table(self.pile)
        self._tables = 0  # how deep we are in tables; one within another is text of its cell

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Enter an element."""
        self._elements += 1
        if self._elements > ELEMENTS:
            raise CannotRead(Unreadable.TOO_BIG)
        if self._unseen or tag in SILENT:
            self._unseen += 1
        elif tag == PICTURE:
            self._words.append(f" {attributes.get('descr', '')} ")
        elif tag.startswith(WORD):
            self._enter(tag.removeprefix(WORD), attributes)

    def end(self, tag: str) -> None:
        """Leave an element."""
        if self._unseen:
            self._unseen -= 1
        elif tag.startswith(WORD):
            self._leave(tag.removeprefix(WORD))

    def data(self, text: str) -> None:
        """Take characters in, of text and of all else."""
        if self._written:
            self._words.append(text)

    def close(self) -> None:
        """End; lxml asks for this."""

    def _enter(self, name: str, attributes: Mapping[str, str]) -> None:
        told = attributes.get(f"{WORD}val", "")
        match name:
            case "t":
                self._written = True
            case "tab" | "ptab":
                self._words.append("\t")
            case "cr":
                self._words.append("\n")
            case "br" if attributes.get(f"{WORD}type", "textWrapping") == "textWrapping":
                self._words.append("\n")
            case "noBreakHyphen":
                self._words.append("-")
            case "p" if not self._tables:
                self._style = ""
                self._words.clear()
            case "pStyle":
                self._style = told
            case "tbl":
                self._tables += 1
                if self._tables == 1:
                    self._table = _Table(self.pile)
            case "tr" if self._tables == 1:
                self._table.row()
            case "tc" if self._tables == 1:
                self._words.clear()
                self._table.cell()
            case "gridBefore" if self._tables == 1:
                self._table.skip(int(told))
            case "gridSpan" if self._tables == 1:
                self._table.span = int(told)
            case "vMerge" if self._tables == 1:
                self._table.follows = told != "restart"

    def _leave(self, name: str) -> None:
        match name:
            case "t":
                self._written = False
            case "p" if not self._tables:
                self._paragraph("".join(self._words))
            case "p":
                self._words.append(" ")
            case "tc" if self._tables == 1:
                self._table.fill(" ".join("".join(self._words).split()))
            case "tbl":
                self._tables -= 1
                if not self._tables:
                    self._add(self._table.told())

    def _paragraph(self, text: str) -> None:
        """End a heading, a title (level 0) or a paragraph of text.

        The id of a style stays English in every language of Word; the name does not.
        """
        style = self._style
        rank = "0" if style == "Title" else style.removeprefix("Heading")
        if rank != style and rank.isdecimal():
            self._outline.enter(int(rank), " ".join(text.split()))
        elif any(kind in style.casefold() for kind in CODE):
            self._add(text.rstrip())
        else:
            lines = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
            self._add(f"- {lines}" if style.startswith("List") and lines else lines)

    def _add(self, text: str) -> None:
        if text.strip(" -|"):
            self.pile.add(text, self._outline.path)


class _Table:
    """A table as it is read: one line a row, a merged cell told once a row."""

    def __init__(self, pile: Pile) -> None:
        self.span = 1  # columns of the cell at hand
        self.follows = False  # does it go on from above?
        self._pile = pile
        self._rows: list[list[str]] = []
        self._above: dict[int, str] = {}  # by column
        self._column = 0
        self._length = 0

    def row(self) -> None:
        """Begin a row."""
        self._rows.append([])
        self._column = 0

    def skip(self, columns: int) -> None:
        """Leave columns empty."""
        self._column += columns

    def cell(self) -> None:
        """Begin a cell."""
        self.span, self.follows = 1, False

    def fill(self, text: str) -> None:
        """End a cell. Raises CannotRead (too_big)."""
        if self.follows:
            text = self._above.get(self._column, "")
        self._above[self._column] = text
        self._column += self.span
        self._length += len(text)
        self._pile.check(self._length)
        self._rows[-1].append(text)

    def told(self) -> str:
        """Return the whole table."""
        return "\n".join(" | ".join(cells) for cells in self._rows if any(cells))
