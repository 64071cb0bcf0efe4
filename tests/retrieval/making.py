"""Small courses of our own, for the tests of the index."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import docx
import pypdfium2
from django.core.files.base import ContentFile
from pypdf import PdfWriter

from agents import index
from tutorai.ids import new_id
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import ContentItem, Course, Institution

# Each page is about one thing, so that a question has one right page.
PAGES = {
    "Friction": "<h2 id='kinetic'>Kinetic friction</h2><p>A sliding block is slowed by kinetic "
    "friction, which grows with the normal force.</p>",
    "Photosynthesis": "<h2 id='chlorophyll'>Chlorophyll</h2><p>Plants catch sunlight with "
    "chlorophyll and make sugar from water and carbon dioxide.</p>",
    "Recursion": "<h2 id='base'>Base case</h2><p>A recursive function calls itself until it "
    "reaches the base case.</p><pre><code>def fact(n):\n    return 1 if n == 0 else n * fact(n - 1)"
    "</code></pre>",
}


def a_course(**fields: Any) -> Course:
    """An empty course in a school of its own."""
    school = Institution.objects.create(name="School", slug=f"school-{new_id()}")
    return Course.objects.create(institution=school, source="test", source_id="1", **fields)


def a_page(course: Course, title: str, html: str, **window: Any) -> ContentItem:
    """A stored page, not indexed yet. `window` are fields of schema.Window."""
    record = schema.ContentItem(
        item_id=title,
        course_id=course.source_id,
        kind=schema.Kind.PAGE,
        title=title,
        url=f"https://lms.example.edu/pages/{title.lower().replace(' ', '-')}",
        window=schema.Window(**window),
    )
    store.save_items(course_id=course.pk, source="test", items=[record])
    row = ContentItem.objects.get(course=course, source_id=title)
    store.save_body(row, html=html)
    return row


def a_file(course: Course, name: str, content: bytes, mime: str) -> ContentItem:
    """A stored file, not indexed yet."""
    row = ContentItem.objects.create(
        course=course, source="upload", source_id=name, kind="file", title=name, mime=mime
    )
    store.save_blob(row, content=ContentFile(content))
    return row


def indexed(item: ContentItem) -> ContentItem:
    """Index the item and read it again."""
    index.index_item(item.pk)
    item.refresh_from_db()
    return item


def filled(pages: Mapping[str, str] = PAGES, **fields: Any) -> Course:
    """A course whose pages are in the index, vectors too."""
    course = a_course(**fields)
    for title, html in pages.items():
        indexed(a_page(course, title, html))
    index.embed_pending(course.pk)
    course.refresh_from_db()
    return course


def an_actor(course: Course, role: str = "student", **fields: Any) -> schema.Actor:
    """Someone in the course."""
    return schema.Actor(
        institution_id=course.institution_id,
        user_id=fields.pop("user_id", new_id()),
        course_id=course.pk,
        role=schema.Role(role),
        **fields,
    )


def fresh(html: str) -> str:
    """The same page, in words that no cache has met."""
    return html.replace("</p>", f" Edition {new_id().hex}.</p>")


def somewhere_else() -> UUID:
    return new_id()


def a_pdf(*pages: str, password: str = "", owner: str = "", bookmark: str = "") -> bytes:
    """A PDF with one line of text a page (an empty line: a scan without text)."""
    writer = PdfWriter()
    for text in pages:
        writer.add_blank_page(300, 300)
        if text:
            _write(writer, text)
    if bookmark:
        parent = writer.add_outline_item(title=bookmark, page_number=0)
        writer.add_outline_item(title=f"{bookmark} 1", page_number=1, parent=parent)
    if password or owner:
        writer.encrypt(password, owner or None)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def _write(writer: PdfWriter, text: str) -> None:
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
    stream = DecodedStreamObject()
    stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
    page = writer.pages[-1]
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = writer._add_object(stream)


def a_docx() -> bytes:
    """A document with two levels of headings, a list and a table."""
    document = docx.Document()
    document.add_heading("Optics", 1)
    document.add_heading("Lenses", 2)
    document.add_paragraph("A convex lens gathers light.")
    document.add_paragraph("Focal length", style="List Bullet")
    table = document.add_table(rows=1, cols=2)
    table.cell(0, 0).text, table.cell(0, 1).text = "glass", "1.5"
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def a_docx_of(body: str, name: str = "word/document.xml") -> bytes:
    """A document with this inside its `w:body`."""
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="1" '
            f'Type="{office}/officeDocument" Target="/{name}"/></Relationships>',
        )
        package.writestr(name, f'<w:document xmlns:w="{word}"><w:body>{body}</w:body></w:document>')
    return made.getvalue()


def a_scan(*texts: str) -> bytes:
    """A PDF whose pages are pictures of these texts."""
    drawn = pypdfium2.PdfDocument(a_pdf(*texts))
    made = pypdfium2.PdfDocument.new()
    for number in range(len(texts)):
        picture = drawn[number].render(scale=2)
        page = made.new_page(300, 300)
        image = pypdfium2.PdfImage.new(made)
        image.set_bitmap(picture)
        image.set_matrix(pypdfium2.PdfMatrix().scale(300, 300))
        page.insert_obj(image)
        page.gen_content()
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


def a_png(text: str, *chunks: tuple[bytes, bytes], size: tuple[int, int] | None = None) -> bytes:
    """A picture of a text, with these chunks besides; `size`: what it says of itself."""
    drawn = pypdfium2.PdfDocument(a_pdf(text))[0].render(scale=3, grayscale=True)
    raw = bytes(drawn.buffer)
    rows = [raw[at * drawn.stride :][: drawn.width] for at in range(drawn.height)]
    width, height = size or (drawn.width, drawn.height)
    held = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        *chunks,
        (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))),
        (b"IEND", b""),
    ]
    told = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in held
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(told)


def a_pptx(*slides: str, notes: Mapping[int, str] | None = None) -> bytes:
    """A presentation with these shapes on its slides, whose parts stand in the other order."""
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    spaces = (
        'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        f'xmlns:r="{office}"'
    )

    def told(*lines: tuple[str, str, str]) -> str:
        inside = "".join(
            f'<Relationship Id="{own}" Type="{office}/{kind}" Target="{target}"/>'
            for own, kind, target in lines
        )
        return f'<Relationships xmlns="{relations}">{inside}</Relationships>'

    parts = {"_rels/.rels": told(("r", "officeDocument", "ppt/presentation.xml"))}
    order = "".join(f'<p:sldId id="{256 + n}" r:id="s{n}"/>' for n in range(len(slides)))
    parts["ppt/presentation.xml"] = (
        f"<p:presentation {spaces}><p:sldIdLst>{order}</p:sldIdLst></p:presentation>"
    )
    names = [f"slides/slide{len(slides) - n}.xml" for n in range(len(slides))]
    parts["ppt/_rels/presentation.xml.rels"] = told(
        *((f"s{n}", "slide", name) for n, name in enumerate(names))
    )
    for n, shapes in enumerate(slides):
        show, _bar, inside = shapes.rpartition("!")
        shown = ' show="0"' if show else ""
        parts[f"ppt/{names[n]}"] = (
            f"<p:sld {spaces}{shown}><p:cSld><p:spTree>{inside}</p:spTree></p:cSld></p:sld>"
        )
        if notes and n in notes:
            rels = f"ppt/slides/_rels/{names[n].removeprefix('slides/')}.rels"
            parts[rels] = told(("n", "notesSlide", f"../notesSlides/n{n}.xml"))
            parts[f"ppt/notesSlides/n{n}.xml"] = (
                f"<p:notes {spaces}><p:cSld><p:spTree>{notes[n]}</p:spTree></p:cSld></p:notes>"
            )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)
    return made.getvalue()


def repacked(package: bytes) -> bytes:
    """The same parts by bzip2, which Office does not know: 2 KB of it may hold gigabytes."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as held,
        zipfile.ZipFile(made, "w", zipfile.ZIP_BZIP2) as other,
    ):
        for name in held.namelist():
            other.writestr(name, held.read(name))
    return made.getvalue()


def a_zip_bomb() -> bytes:
    """300 MB of zeros that look like a small document."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("word/document.xml", b"\0" * 300_000_000)
    return made.getvalue()


def content(raw: bytes) -> "ContentFile[bytes]":
    return ContentFile(raw)
