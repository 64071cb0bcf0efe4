"""DOCX (ECMA-376): the parts Word insists on, with real headings, lists and tables."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

from connectors.sandbox.documents.blocks import Block, Kind

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_ZIP_DATE = (2026, 1, 1, 0, 0, 0)  # a fixed date: the same text gives the same bytes
_SIZES = {1: 36, 2: 28, 3: 24}  # half points of a heading, by its level
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>'
    f'<Override PartName="/word/numbering.xml" ContentType="{_WORD}.numbering+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/></Types>'
)
_DOTS = 1  # the number of the bulleted list; each numbered one has its own, from 2 on


def docx(blocks: Iterable[Block]) -> bytes:
    """Return a Word document."""
    listed = list(_numbered(blocks))
    body = "".join(_written(block, number) for block, number in listed)
    lists = max((number for _, number in listed), default=_DOTS)
    page = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/></w:sectPr>'  # A4, in twentieths of a point
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations({"officeDocument": "word/document.xml"}),
        "word/_rels/document.xml.rels": _relations(
            {"styles": "styles.xml", "numbering": "numbering.xml"}
        ),
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body>{body}{page}</w:body>'
        "</w:document>",
        "word/numbering.xml": f'<w:numbering xmlns:w="{_W}">{_numbering(lists)}</w:numbering>',
        "word/styles.xml": f'<w:styles xmlns:w="{_W}">{_styles()}</w:styles>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), _HEAD + text)
    return out.getvalue()


def _numbered(blocks: Iterable[Block]) -> Iterator[tuple[Block, int]]:
    """Give each block the number of its list; a list that begins with 1 is a new one."""
    last = _DOTS
    for block in blocks:
        last += block.mark == "1."
        yield block, _DOTS if block.mark == "•" else last


def _written(block: Block, number: int) -> str:
    match block.kind:
        case Kind.HEADING:
            return _paragraph(block.text, f"Heading{block.level}")
        case Kind.ITEM:
            place = f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>'
            return _paragraph(block.text, "ListParagraph", place)
        case Kind.CODE:
            return _paragraph(block.text, "Code")
        case Kind.TABLE:
            return _table(block.rows)
        case _:
            return _paragraph(block.text, "Normal")


def _paragraph(text: str, style: str, more: str = "") -> str:
    lines = "<w:br/>".join(
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n")
    )
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{more}</w:pPr><w:r>{lines}</w:r></w:p>'


def _table(rows: tuple[tuple[str, ...], ...]) -> str:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:color="808080"/>' for side in sides)
    width = 9000 // len(rows[0])  # twentieths of a point
    grid = f'<w:gridCol w:w="{width}"/>' * len(rows[0])
    written = "".join(
        "<w:tr>"
        + "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>'
            f"{_paragraph(cell, 'Normal')}</w:tc>"
            for cell in row
        )
        + "</w:tr>"
        for row in rows
    )
    after = _paragraph("", "Normal")  # two tables in a row would grow together
    return (
        f"<w:tbl><w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr>"
        f"<w:tblGrid>{grid}</w:tblGrid>{written}</w:tbl>{after}"
    )


def _relations(parts: dict[str, str]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for at, (kind, target) in enumerate(parts.items(), 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _numbering(lists: int) -> str:
    """Describe bullets, and numbers that start anew in each of the `lists`."""
    shapes = "".join(
        f'<w:abstractNum w:abstractNumId="{at}"><w:lvl w:ilvl="0"><w:start w:val="1"/>'
        f'<w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>'
        '<w:pPr><w:ind w:left="400" w:hanging="400"/></w:pPr></w:lvl></w:abstractNum>'
        for at, (form, text) in enumerate((("bullet", "•"), ("decimal", "%1.")))
    )
    anew = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    numbers = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="1"/>{anew}</w:num>'
        for number in range(_DOTS + 1, lists + 1)
    )
    return f'{shapes}<w:num w:numId="{_DOTS}"><w:abstractNumId w:val="0"/></w:num>{numbers}'


def _styles() -> str:
    normal = (
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/>'
        '<w:pPr><w:spacing w:after="120"/></w:pPr>'
        '<w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri"/><w:sz w:val="22"/></w:rPr></w:style>'
    )
    item = _style("ListParagraph", "List Paragraph", '<w:spacing w:after="60"/>', "")
    code = _style(
        "Code",
        "code",
        '<w:spacing w:after="120"/>',
        '<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New"/><w:sz w:val="20"/>',
    )
    headings = (
        _style(
            f"Heading{level}",
            f"heading {level}",
            f'<w:keepNext/><w:spacing w:before="240"/><w:outlineLvl w:val="{level - 1}"/>',
            f'<w:b/><w:sz w:val="{size}"/>',
        )
        for level, size in _SIZES.items()
    )
    return normal + item + code + "".join(headings)


def _style(name: str, shown: str, paragraph: str, run: str) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="{name}"><w:name w:val="{shown}"/>'
        f'<w:basedOn w:val="Normal"/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>'
    )
