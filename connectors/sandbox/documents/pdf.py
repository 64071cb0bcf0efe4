"""PDF (ISO 32000-1): pages of text in the standard fonts, with bookmarks.

Only characters of Windows-1252 can be written: the standard fonts have no others.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connectors.sandbox.documents.blocks import Block, Kind

_WIDTH, _HEIGHT = 595, 842  # points: A4
_LEFT, _TOP, _BOTTOM = 62, 780, 70  # points
_FONTS = {"F1": "Helvetica", "F2": "Helvetica-Bold", "F3": "Courier"}


@dataclass(frozen=True)
class _Style:
    """How a kind of block is set: sizes in points, `wrap` in characters a line."""

    font: str
    size: float
    leading: float
    before: float
    wrap: int
    indent: float = 0


_TEXT = _Style("F1", 10.5, 15, 6, 92)
_ITEM = _Style("F1", 10.5, 15, 2, 88, 16)
_CODE = _Style("F3", 9.5, 13, 0, 80, 12)
_HEADINGS = {
    1: _Style("F2", 20, 26, 0, 48),
    2: _Style("F2", 14, 20, 16, 60),
    3: _Style("F2", 11, 16, 10, 80),
}


@dataclass(frozen=True)
class _Line:
    """One line of text, with its heading's level or its list mark if it has one."""

    style: _Style
    text: str
    before: float
    heading: int = 0
    mark: str = ""


@dataclass(frozen=True)
class _Placed:
    """A line and the height it stands at, in points from the bottom of its page."""

    line: _Line
    y: float


def pdf(blocks: Iterable[Block]) -> bytes:
    """Return a PDF whose text can be selected and extracted, with headings as bookmarks."""
    lines = [line for block in blocks for line in _lines(block)]
    pages = _pages(lines)
    first_page = 4 + len(_FONTS)  # 1 catalogue, 2 page tree, 3 bookmarks, then the fonts
    marks_at = first_page + 2 * len(pages)
    kids = " ".join(f"{first_page + 2 * at} 0 R" for at in range(len(pages)))
    fonts = " ".join(f"/{name} {4 + at} 0 R" for at, name in enumerate(_FONTS))
    bookmarks = _bookmarks(pages, first_page, marks_at)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Outlines 3 0 R /PageMode /UseOutlines >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        f"<< /Type /Outlines /First {marks_at} 0 R /Last {marks_at + len(bookmarks) - 1} 0 R "
        f"/Count {len(bookmarks)} >>".encode(),
    ]
    objects += [
        f"<< /Type /Font /Subtype /Type1 /BaseFont /{name} /Encoding /WinAnsiEncoding >>".encode()
        for name in _FONTS.values()
    ]
    for number, page in enumerate(pages):
        content = _content(page, f"{number + 1} / {len(pages)}")
        objects += [
            (
                f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] "
                f"/Contents {first_page + 2 * number + 1} 0 R "
                f"/Resources << /Font << {fonts} >> >> >>"
            ).encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    return _assembled(objects + bookmarks)


def _lines(block: Block) -> Iterator[_Line]:
    match block.kind:
        case Kind.HEADING:
            style = _HEADINGS[block.level]
            texts = textwrap.wrap(block.text, style.wrap)
        case Kind.CODE:
            style, texts = _CODE, block.text.split("\n")
        case Kind.ITEM:
            style, texts = _ITEM, textwrap.wrap(block.text, _ITEM.wrap)
        case Kind.TABLE:
            style, texts = _TEXT, [" · ".join(row) for row in block.rows]
        case _:
            style, texts = _TEXT, textwrap.wrap(block.text, _TEXT.wrap)
    first = 6 if block.kind is Kind.CODE else style.before
    for at, text in enumerate(texts):
        yield _Line(
            style,
            text,
            before=0 if at else first,
            heading=0 if at else block.level,
            mark="" if at else block.mark,
        )


def _pages(lines: list[_Line]) -> list[list[_Placed]]:
    """Fill page after page; a heading takes at least two lines of its text along."""
    pages: list[list[_Placed]] = [[]]
    y: float = _TOP
    for line in lines:
        y -= line.before + line.style.leading
        needed = 50 if line.heading else 0
        if y - needed < _BOTTOM:
            pages.append([])
            y = _TOP - line.style.leading
        pages[-1].append(_Placed(line, y))
    return pages


def _content(page: list[_Placed], foot: str) -> bytes:
    out = []
    for placed in page:
        line, style = placed.line, placed.line.style
        if line.mark:
            out.append(_shown(style, _LEFT, placed.y, line.mark))
        out.append(_shown(style, _LEFT + style.indent, placed.y, line.text))
    out.append(_shown(_Style("F1", 8.5, 12, 0, 90), _WIDTH / 2 - 10, 40, foot))
    return b"\n".join(out)


def _shown(style: _Style, x: float, y: float, text: str) -> bytes:
    escaped = re.sub(rb"([\\()])", rb"\\\1", text.encode("cp1252"))
    place = b"BT /%s %g Tf %g %g Td " % (style.font.encode(), style.size, x, y)
    return place + b"(%s) Tj ET" % escaped


def _bookmarks(pages: list[list[_Placed]], first_page: int, first: int) -> list[bytes]:
    """Return one flat list of bookmarks: the headings of the first two levels."""
    places = [
        (placed, first_page + 2 * number)
        for number, page in enumerate(pages)
        for placed in page
        if placed.line.heading in (1, 2)
    ]
    marks = []
    for at, (placed, page) in enumerate(places):
        title = placed.line.text.encode("utf-16-be").hex()
        near = f"/Prev {first + at - 1} 0 R " if at else ""
        near += f"/Next {first + at + 1} 0 R " if at < len(places) - 1 else ""
        marks.append(
            f"<< /Title <FEFF{title}> /Parent 3 0 R {near}"
            f"/Dest [{page} 0 R /XYZ 0 {placed.y + 30:g} 0] >>".encode()
        )
    return marks


def _assembled(objects: list[bytes]) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1))
    out.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return out.getvalue()
