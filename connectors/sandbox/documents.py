"""Small PDF, DOCX and text files out of Markdown, so that the world needs no binary files."""

from __future__ import annotations

import io
import re
import textwrap
import zipfile
from pathlib import PurePath
from xml.sax.saxutils import escape

CONTENT_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".txt": "text/plain",
}
_PAGE_LINES = 46  # lines on an A4 page at the sizes below
_WRAP = 88  # characters that fit on a line of 10.5 pt Helvetica
_ZIP_DATE = (2026, 1, 1, 0, 0, 0)  # a fixed date: the same text gives the same bytes


def write(name: str, markdown: str) -> bytes:
    """Return the document that `name`'s ending asks for, with the text of `markdown`."""
    ending = PurePath(name).suffix
    if ending == ".pdf":
        return pdf(markdown)
    return docx(markdown) if ending == ".docx" else markdown.encode()


def _blocks(markdown: str) -> list[tuple[int, str]]:
    """Return (heading level or 0, text) for each paragraph; emphasis marks are dropped."""
    blocks = []
    for raw in re.split(r"\n\s*\n", markdown.strip()):
        marks = re.match(r"(#{1,3}) ", raw)
        level = len(marks[1]) if marks else 0
        text = re.sub(r"\*\*|`", "", raw[level:].strip())
        lines = text.split("\n") if text.startswith(("- ", "1. ")) else [" ".join(text.split())]
        blocks += [(level, line) for line in lines]
    return blocks


# --- PDF (ISO 32000-1): a catalogue, pages, and two of the standard fonts ---------------------


def pdf(markdown: str) -> bytes:
    """Return a PDF whose text can be selected and extracted."""
    lines = [line for block in _blocks(markdown) for line in _wrapped(*block)]
    sheets = [lines[at : at + _PAGE_LINES] for at in range(0, len(lines), _PAGE_LINES)]
    first_page = 5  # 1 catalogue, 2 page tree, 3 and 4 fonts
    kids = " ".join(f"{first_page + 2 * at} 0 R" for at in range(len(sheets)))
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(sheets)} >>".encode(),
        (font % "Helvetica").encode(),
        (font % "Helvetica-Bold").encode(),
    ]
    for at, sheet in enumerate(sheets):
        content = _content(sheet)
        objects += [
            (
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] "
                f"/Contents {first_page + 2 * at + 1} 0 R "
                "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
            ).encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    return _assembled(objects)


def _wrapped(level: int, text: str) -> list[tuple[int, str]]:
    width = _WRAP if level == 0 else 60
    return [*((level, line) for line in textwrap.wrap(text, width)), (0, "")]


def _content(lines: list[tuple[int, str]]) -> bytes:
    sizes = {0: ("F1", 10.5), 1: ("F2", 18), 2: ("F2", 13), 3: ("F2", 11)}
    out = [b"BT 56 780 Td 16 TL"]
    for level, text in lines:
        name, size = sizes[level]
        shown = re.sub(rb"([\\()])", rb"\\\1", text.encode("cp1252", "replace"))
        out.append(b"/%s %g Tf (%s) Tj T*" % (name.encode(), size, shown))
    return b"\n".join([*out, b"ET"])


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


# --- DOCX (ECMA-376): the three parts Word insists on, and styles for headings -----------------

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def docx(markdown: str) -> bytes:
    """Return a Word document with real heading styles."""
    body = "".join(_paragraph(*block) for block in _blocks(markdown))
    parts = {
        "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/></Types>',
        "_rels/.rels": _relation(f"{_OFFICE}/officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": _relation(f"{_OFFICE}/styles", "styles.xml"),
        "word/document.xml": f'{_HEAD}<w:document xmlns:w="{_W}"><w:body>{body}</w:body>'
        "</w:document>",
        "word/styles.xml": f'{_HEAD}<w:styles xmlns:w="{_W}">'
        + "".join(_style(level, size) for level, size in ((1, 36), (2, 28), (3, 24)))
        + "</w:styles>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), text)
    return out.getvalue()


def _relation(kind: str, target: str) -> str:
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{kind}" Target="{target}"/></Relationships>'
    )


def _paragraph(level: int, text: str) -> str:
    style = f'<w:pPr><w:pStyle w:val="Heading{level}"/></w:pPr>' if level else ""
    return f'<w:p>{style}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def _style(level: int, half_points: int) -> str:
    return (
        f'<w:style w:type="paragraph" w:styleId="Heading{level}">'
        f'<w:name w:val="heading {level}"/><w:pPr><w:outlineLvl w:val="{level - 1}"/></w:pPr>'
        f'<w:rPr><w:b/><w:sz w:val="{half_points}"/></w:rPr></w:style>'
    )
