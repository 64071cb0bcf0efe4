"""DOCX → blocks: headings by style, tables row by row."""

import zipfile
from typing import BinaryIO

import docx
from docx.document import Document
from docx.opc.exceptions import PackageNotFoundError
from docx.table import Table
from docx.text.paragraph import Paragraph
from lxml.etree import LxmlError

from agents.extract.blocks import Block, CannotRead, Outline
from tutorai.lmsdm.schema import Unreadable

UNPACKED = 200 * 1024 * 1024  # bytes; a real document of 50 MB is mostly pictures, packed already
PARTS = 5000
# What a damaged package makes zipfile, lxml and python-docx raise.
DAMAGE = (
    zipfile.BadZipFile,
    PackageNotFoundError,
    LxmlError,
    AttributeError,
    EOFError,
    KeyError,
    NotImplementedError,
    OSError,
    ValueError,
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # Word's older container, and every encrypted document


CODE = ("code", "preformatted")  # in the ids of styles whose lines and spaces count


def read(file: BinaryIO) -> list[Block]:
    """Return the blocks. Raises CannotRead: encrypted, broken, too_big (a zip bomb too)."""
    if file.read(8) == OLE:
        raise CannotRead(Unreadable.ENCRYPTED)
    file.seek(0)
    try:
        _weigh(file)
        return _blocks(docx.Document(file))
    except DAMAGE as error:
        raise CannotRead(Unreadable.BROKEN) from error


def _weigh(file: BinaryIO) -> None:
    """Refuse what would unpack to far more than it looks like, before anything is unpacked.

    zipfile itself stops reading a member at the size its directory tells.
    """
    with zipfile.ZipFile(file) as package:
        parts = package.infolist()
        if len(parts) > PARTS or sum(part.file_size for part in parts) > UNPACKED:
            raise CannotRead(Unreadable.TOO_BIG)
    file.seek(0)


def _blocks(document: Document) -> list[Block]:
    outline = Outline()
    blocks: list[Block] = []
    for part in document.iter_inner_content():
        if isinstance(part, Table):
            blocks.append(Block(_table(part), outline.path))
        elif (level := _level(part)) is not None:
            outline.enter(level, " ".join(part.text.split()))
        else:
            blocks.append(Block(_paragraph(part), outline.path))
    return [block for block in blocks if block.text.strip(" -|")]


def _level(paragraph: Paragraph) -> int | None:
    """1 to 9 for a heading, 0 for the title, None for text."""
    style = paragraph.style
    # The id stays English in every language of Word; the name does not.
    known = (style.style_id or "") if style is not None else ""
    if known == "Title":
        return 0
    rank = known.removeprefix("Heading")
    return int(rank) if known.startswith("Heading") and rank.isdigit() else None


def _paragraph(paragraph: Paragraph) -> str:
    style = (paragraph.style.style_id or "") if paragraph.style is not None else ""
    if any(kind in style.casefold() for kind in CODE):
        return paragraph.text.rstrip()
    text = "\n".join(" ".join(line.split()) for line in paragraph.text.split("\n")).strip()
    return f"- {text}" if style.startswith("List") and text else text


def _table(table: Table) -> str:
    """One line a row; a merged cell is told once."""
    lines = []
    for row in table.rows:
        cells: list[str] = []
        for cell in row.cells:
            text = " ".join(cell.text.split())
            if not cells or cells[-1] != text:
                cells.append(text)
        lines.append(" | ".join(cells))
    return "\n".join(lines)
