"""Reading slides, captions, scans and pictures; with Tesseract and without."""

import struct
from collections.abc import Callable, Iterator
from time import monotonic

import pytest
from django.test import override_settings

from agents import extract
from agents.extract import ocr
from agents.extract.blocks import Block
from tests.retrieval import making
from tests.retrieval.test_reading import read, reason
from tutorai.lmsdm import media
from tutorai.lmsdm.media import DOCX, PPTX

TEXT = "Kinetic friction slows a sliding block"
PDF, PNG, VTT = "application/pdf", "image/png", "text/vtt"
THERE = ocr.there()


def shape(*texts: str, kind: str = "", alt: str = "") -> str:
    place = f'<p:ph type="{kind}"/>' if kind else ""
    lines = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in texts)
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" descr="{alt}"/><p:nvPr>{place}</p:nvPr></p:nvSpPr>'
        f"<p:txBody>{lines}</p:txBody></p:sp>"
    )


def picture(alt: str) -> str:
    return f'<p:pic><p:nvPicPr><p:cNvPr id="2" descr="{alt}"/></p:nvPicPr></p:pic>'


def table(*rows: tuple[str, ...]) -> str:
    def cell(text: str) -> str:
        return f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"

    told = "".join(f"<a:tr>{''.join(map(cell, row))}</a:tr>" for row in rows)
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="3"/></p:nvGraphicFramePr>'
        f"<a:tbl>{told}</a:tbl></p:graphicFrame>"
    )


def test_slides_are_read_in_the_order_they_are_shown() -> None:
    made = making.a_pptx(
        shape("Levers", kind="ctrTitle") + shape("An introduction", kind="subTitle"),
        shape("A fulcrum", "A load", kind="body")
        + picture("A seesaw with two children")
        + table(("force", "arm"), ("10 N", "2 m"))
        + shape("Balance", kind="title")
        + shape("7", kind="sldNum"),
        "hidden!" + shape("The answers"),
        notes={1: shape("2", kind="sldNum") + shape("Ask who sat on one.", kind="body")},
    )

    assert read(made, PPTX) == [
        Block("An introduction", ("Levers",), "#slide=1"),
        Block("- A fulcrum", ("Balance",), "#slide=2"),
        Block("- A load", ("Balance",), "#slide=2"),
        Block("A seesaw with two children", ("Balance",), "#slide=2"),
        Block("force | arm\n10 N | 2 m", ("Balance",), "#slide=2"),
        Block("Ask who sat on one.", ("Balance",), "#slide=2"),
    ]


def test_what_an_older_program_would_show_instead_is_not_read_twice() -> None:
    twice = f"<mc:AlternateContent><mc:Choice>{shape('one')}</mc:Choice>"
    twice += f"<mc:Fallback>{shape('one')}</mc:Fallback></mc:AlternateContent>"

    assert [block.text for block in read(making.a_pptx(twice), PPTX)] == ["one"]


def test_a_picture_in_a_word_file_is_read_by_its_description() -> None:
    drawing = (
        "<w:p><w:r><w:t>See</w:t></w:r><w:r><w:drawing><wp:inline xmlns:wp="
        '"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        '<wp:docPr id="1" name="Picture 1" descr="a ray through a lens"/></wp:inline>'
        "</w:drawing></w:r></w:p>"
    )

    assert read(making.a_docx_of(drawing), DOCX) == [Block("See a ray through a lens")]


SPOKEN = """WEBVTT - A lecture

STYLE
::cue { color: red }

NOTE nobody reads this

1
00:00:05.000 --> 00:00:08.000 align:start
<v Ana Ruiz>Friction is a force &amp; it resists.

00:08.500 --> 00:10.000
it resists <c.blue>sliding.</c>

01:01:15,250 --> 01:01:17,000
Now levers.
"""


@pytest.mark.parametrize(("mime", "name"), [(VTT, ""), ("application/octet-stream", "a.srt")])
def test_captions_become_paragraphs_that_open_at_their_second(mime: str, name: str) -> None:
    text = SPOKEN if mime == VTT else SPOKEN[SPOKEN.index("1\n") :]

    assert read(text.encode(), mime, name) == [
        Block("Ana Ruiz: Friction is a force & it resists. it resists sliding.", (), "#t=5"),
        Block("Now levers.", (), "#t=3675"),
    ]


def test_a_line_that_rolls_on_is_told_once_and_a_long_talk_is_parted_at_sentences() -> None:
    cues = "".join(
        f"00:{at // 60:02}:{at % 60:02}.000 --> 00:{at // 60:02}:{at % 60:02}.900\n"
        f"line {at - 1} of the talk.\nline {at} of the talk.\n\n"
        for at in range(1, 40)
    )

    blocks = read(f"WEBVTT\n\n{cues}".encode(), VTT)

    assert " ".join(block.text for block in blocks) == " ".join(
        f"line {at} of the talk." for at in range(40)
    )
    assert [block.anchor for block in blocks] == ["#t=1", "#t=12", "#t=24", "#t=36"]


def without(key: bytes, text: str) -> tuple[bytes, bytes]:
    return key, b"Description\0" + text.encode("latin-1")


def test_a_picture_is_read_by_what_its_author_says_it_shows() -> None:
    made = making.a_png("", without(b"tEXt", "A ball on a ramp"))

    with override_settings(TESSERACT=""):
        assert [block.text for block in read(made, PNG, "Free_body-diagram.png")] == [
            "Free body diagram",
            "A ball on a ramp",
        ]


def test_words_for_whoever_cannot_see_it_come_first() -> None:
    packet = (
        "XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:d='urn:d'>"
        "<d:description>a file</d:description><d:AltTextAccessibility><r:Alt><r:li>A pulley with "
        "two wheels</r:li></r:Alt></d:AltTextAccessibility></r:RDF></x:xmpmeta>"
    )

    with override_settings(TESSERACT=""):
        [block] = read(making.a_png("", (b"iTXt", packet.encode())), PNG, "IMG_0032.png")

    assert block.text == "A pulley with two wheels"


def a_jpeg(width: int, height: int) -> bytes:
    """The head of one."""
    jfif = b"\xff\xe0" + struct.pack(">H", 4) + b"ab"
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + jfif + frame


HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "no slides": (lambda: making.a_docx(), PPTX, "no_text"),
    "locked": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", PPTX, "encrypted"),
    "cut": (lambda: making.a_pptx(shape("a"))[:300], PPTX, "broken"),
    "packed otherwise": (lambda: making.repacked(making.a_pptx(shape("a"))), PPTX, "broken"),
    "a picture of beginnings": (
        lambda: making.a_png("", size=(16, 16)) + b"<x:xmpmeta" * 10**6,
        PNG,
        "no_text",
    ),
    "elements": (lambda: making.a_pptx(*["<p:sp/>" * 700_000] * 3), PPTX, "too_big"),
    "entities": (lambda: making.a_pptx("<p:sp>&lol;</p:sp>"), PPTX, "broken"),
    "huge picture": (lambda: making.a_png("", size=(100_000, 100_000)), PNG, "too_big"),
    "huge photo": (lambda: a_jpeg(60_000, 60_000), "image/jpeg", "too_big"),
    "no picture": (lambda: b"GIF89a", PNG, "broken"),
    "cut picture": (lambda: b"\x89PNG\r\n\x1a\n\0", PNG, "broken"),
    "cut photo": (lambda: b"\xff\xd8\xff\xe0\x00", "image/jpeg", "broken"),
    "an icon": (lambda: making.a_png("", size=(16, 16)), PNG, "no_text"),
    "no captions": (lambda: b"just words", VTT, "broken"),
    "empty captions": (lambda: b"", VTT, "no_text"),
    "captions": (lambda: b"0:1.0 --> 0:2.0\na\n\n0:2.0 --> 0:3.0\nb\n\n" * 51_000, VTT, "too_big"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_cannot_be_read_says_why_and_soon(kind: str) -> None:
    made, mime, why = HOSTILE[kind]
    content, begun = made(), monotonic()

    assert reason(content, mime) == why
    assert monotonic() - begun < 60  # for ever is longer, however slow the machine


def test_a_line_of_beginnings_is_read_in_a_moment() -> None:
    begun = monotonic()

    assert read(b"00:1.0 --> 00:2.0\n" + b"<v " * 300_000, VTT)

    assert monotonic() - begun < 20  # looked through for each beginning it takes minutes


@pytest.fixture(params=["with", "without"])
def tesseract(request: pytest.FixtureRequest) -> Iterator[bool]:
    """With the program as far as it is installed here, and as if it were not."""
    if request.param == "with":
        yield THERE
    else:
        with override_settings(TESSERACT=""):
            yield False


@pytest.mark.parametrize(
    ("made", "mime", "anchor"),
    [(making.a_scan(TEXT), PDF, "#page=1"), (making.a_png(TEXT), PNG, "")],
    ids=["scan", "picture"],
)
def test_pictures_of_text_are_read_where_they_can_be_and_else_say_so(
    tesseract: bool, made: bytes, mime: str, anchor: str
) -> None:
    if tesseract:
        assert read(made, mime) == [Block(TEXT, (), anchor)]
    else:
        assert reason(made, mime) == "scanned"


def test_a_page_that_is_a_picture_keeps_nobody_from_reading_the_others() -> None:
    with override_settings(TESSERACT=""):
        assert [block.text for block in read(making.a_pdf("One", ""), PDF)] == ["One"]


def test_pictures_are_given_so_much_time_and_no_more() -> None:
    with override_settings(OCR_SECONDS=0.0):
        assert reason(making.a_scan(TEXT), PDF) == ("too_big" if THERE else "scanned")


def test_the_nearest_language_that_is_installed_reads_it() -> None:
    with override_settings(TESSERACT=""):
        assert ocr.known("es") == "spa"
    if THERE:
        assert ocr.known("xx") == "eng"


def test_every_kind_of_file_a_teacher_may_choose_is_read() -> None:
    accepted = set(media.ENDINGS.values())

    assert accepted <= {*extract.READERS, *extract.PICTURED}
