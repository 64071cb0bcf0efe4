"""Reading: what becomes of each format, and of broken files."""

import io
from collections.abc import Callable
from time import thread_time

import pytest
from django.test import override_settings

from agents import chunks, extract
from agents.extract import html
from agents.extract.blocks import Block, CannotRead
from connectors.sandbox import documents
from tests.retrieval import making
from tutorai.lmsdm import media
from tutorai.lmsdm.media import DOCX


def read(content: bytes, mime: str, name: str = "") -> list[Block]:
    return extract.read_file(io.BytesIO(content), mime=mime, name=name)


def reason(content: bytes, mime: str, name: str = "") -> str:
    with pytest.raises(CannotRead) as caught:
        read(content, mime, name)
    return caught.value.reason.value


def test_a_block_knows_the_headings_above_it_and_the_nearest_id() -> None:
    page = "<h1 id=a>Mechanics</h1><h2 id=b>Force</h2><p>One</p><h2>Work</h2><p>Two</p>"

    assert html.read(page) == [
        Block("One", ("Mechanics", "Force"), "#b"),
        Block("Two", ("Mechanics", "Work"), ""),
    ]


def test_lists_definitions_tables_and_code_keep_their_form() -> None:
    page = (
        "<ul><li>one<li><p>two</p></ul><dl><dt>mass<dd>how much</dl>"
        "<table><caption>Units</caption><tr><th>force<td>newton</table>"
        "<pre><code>if x:\n    y()\n</code></pre>"
    )

    assert [block.text for block in html.read(page)] == [
        "- one",
        "- two",
        "mass: how much",
        "Units\nforce | newton",
        "if x:\n    y()",
    ]


def test_formulas_are_read_as_latex_and_pictures_by_their_description() -> None:
    page = (
        r"<p>\(a^2\) <img class=equation_image data-equation-content='x_1' alt=other>"
        "<math><mi>y</mi><annotation>y_2</annotation></math>"
        "<math><mi>z</mi></math><img alt='a cart'></p>"
    )

    assert [block.text for block in html.read(page)] == [r"\(a^2\) \(x_1\) \(y_2\) z a cart"]


def test_scripts_and_styles_are_not_text() -> None:
    page = "<p>yes<script>steal()</script><style>p{}</style><!-- no --><svg><text>x</text></svg>"

    assert html.read(page) == [Block("yes")]


def test_a_line_break_parts_words() -> None:
    assert html.read("<p>one<br>two") == [Block("one two")]


def test_a_page_of_frames_has_no_text() -> None:
    assert html.read("<frameset><frame src=x></frameset>") == []


def test_a_page_nested_ten_thousand_deep_is_read() -> None:
    assert html.read("<div>" * 10_000 + "deep") == [Block("deep")]


def test_an_empty_page_is_no_text() -> None:
    assert reason(b"<p> </p>", "text/html") == "no_text"


def test_a_pdf_is_anchored_by_page_and_knows_its_bookmarks() -> None:
    blocks = read(making.a_pdf("First", "Second", bookmark="Chapter"), "application/pdf")

    assert blocks == [
        Block("First", ("Chapter",), "#page=1"),
        Block("Second", ("Chapter", "Chapter 1"), "#page=2"),
    ]


def test_a_docx_keeps_headings_lists_and_tables() -> None:
    assert read(making.a_docx(), DOCX) == [
        Block("A convex lens gathers light.", ("Optics", "Lenses")),
        Block("- Focal length", ("Optics", "Lenses")),
        Block("glass | 1.5", ("Optics", "Lenses")),
    ]


def paragraph(text: str, style: str = "") -> str:
    told = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{told}<w:r><w:t>{text}</w:t></w:r></w:p>"


def cell(text: str = "", told: str = "") -> str:
    return f"<w:tc><w:tcPr>{told}</w:tcPr>{paragraph(text) if text else '<w:p/>'}</w:tc>"


def row(*cells: str, told: str = "") -> str:
    return f"<w:tr><w:trPr>{told}</w:trPr>{''.join(cells)}</w:tr>"


def test_a_docx_says_what_its_reader_sees() -> None:
    body = (
        '<w:p><w:pPr><w:pStyle w:val="Title"/><w:pPrChange><w:pPr><w:pStyle w:val="Code"/></w:pPr>'
        "</w:pPrChange></w:pPr><w:r><w:t>Heat</w:t></w:r></w:p>"
        "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:t>Ice</w:t><w:tab/><w:t>melts</w:t>"
        '<w:br/><w:t>at 0</w:t><w:noBreakHyphen/><w:t>1</w:t><w:br w:type="page"/><w:cr/></w:r>'
        "<w:del><w:r><w:t>never</w:t></w:r></w:del><w:ins><w:r><w:t>once</w:t></w:r></w:ins></w:p>"
        f"<w:sdt><w:sdtContent>{paragraph('Heat 1')}</w:sdtContent></w:sdt>"
    )

    assert read(making.a_docx_of(body), DOCX) == [Block("Ice melts\nat 0-1\nonce", ("Heat",))]


def test_a_table_in_a_docx_is_read_row_by_row_whatever_is_merged() -> None:
    within = f"<w:tbl>{row(cell('in'), cell('side'))}</w:tbl>"
    rows = [
        row(cell("1"), cell("1"), cell("0")),
        row(cell("wide", '<w:gridSpan w:val="2"/>'), cell("a", '<w:vMerge w:val="restart"/>')),
        row(cell("b"), cell(told="<w:vMerge/>"), told='<w:gridBefore w:val="1"/>'),
        row(cell()),
        row(f"<w:tc>{paragraph('x')}{within}{paragraph('y')}</w:tc>"),
    ]

    assert read(making.a_docx_of(f"<w:tbl>{''.join(rows)}</w:tbl>"), DOCX) == [
        Block("1 | 1 | 0\nwide | a\nb | a\nx in side y")
    ]


def test_the_document_is_found_under_any_name() -> None:
    made = making.a_docx_of(paragraph("Steam"), name="word/document2.xml")

    assert read(made, DOCX) == [Block("Steam")]


def test_markdown_is_read_by_its_headings() -> None:
    text = b"# Loops\n\nA `for` loop repeats.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"

    assert read(text, "text/markdown; charset=utf-8") == [
        Block("A for loop repeats.", ("Loops",)),
        Block("a | b\n1 | 2", ("Loops",)),
    ]


@pytest.mark.parametrize(
    "content",
    [
        "Zwölf\r\nKäfer\r\n\r\nEnde".encode(),
        "Zwölf Käfer\n\nEnde".encode("cp1252"),
        "\ufeffZwölf Käfer\n\nEnde".encode(),
        "Zwölf Käfer\n\nEnde".encode("utf-16"),
    ],
    ids=["utf-8", "windows", "mark", "utf-16"],
)
def test_plain_text_is_read_in_whatever_encoding_it_came(content: bytes) -> None:
    assert [block.text for block in read(content, "text/plain")] == ["Zwölf Käfer", "Ende"]


def test_code_keeps_its_lines() -> None:
    assert read(b"def f():\n    pass\n\nf()\n", "text/x-python") == [
        Block("def f():\n    pass"),
        Block("f()"),
    ]


def test_the_name_tells_where_the_type_does_not() -> None:
    assert read(b"Hello", "application/octet-stream", "notes.TXT") == [Block("Hello")]


@pytest.mark.parametrize(
    ("content", "mime", "why"),
    [
        (b"GIF89a", "image/gif", "unsupported"),
        (b"\x7fELF\x00\x00", "text/plain", "unsupported"),
        (making.a_pdf("Secret", password="pass"), "application/pdf", "encrypted"),
        (making.a_pdf("", ""), "application/pdf", "no_text"),
        (b"%PDF-1.7 and nothing more", "application/pdf", "broken"),
        (b"", "application/pdf", "broken"),
        (making.a_pdf("cut off")[:200], "application/pdf", "broken"),
        (b"PK\x03\x04 not a package", DOCX, "broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 locked", DOCX, "encrypted"),
        (making.a_docx()[:2000], DOCX, "broken"),
        (making.a_zip_bomb(), DOCX, "too_big"),
        (b"word " * 900_000, "text/plain", "too_big"),
    ],
    ids=[
        *("picture", "binary", "encrypted pdf", "scan", "broken pdf", "empty pdf", "cut pdf"),
        *("broken docx", "encrypted docx", "cut docx", "zip bomb", "endless text"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, mime: str, why: str) -> None:
    assert reason(content, mime) == why


def test_a_cell_of_a_billion_columns_is_one_cell() -> None:
    wide = row(cell("wide", '<w:gridSpan w:val="2000000000"/>'))

    assert read(making.a_docx_of(f"<w:tbl>{wide}</w:tbl>"), DOCX) == [Block("wide")]


def test_tables_within_tables_are_told_once() -> None:
    page = "<table><tr><td>a" * 2000 + "</table>b"

    [block] = html.read(page)

    assert block.text.split("\n") == ["a"] * 2000 + ["b"]


def merged() -> str:
    first = row(cell("a" * 100_000, '<w:vMerge w:val="restart"/>'))
    return f"<w:tbl>{first}{row(cell(told='<w:vMerge/>')) * 50_000}</w:tbl>"


BOMBS: dict[str, tuple[Callable[[], bytes], str]] = {
    "paragraphs": (lambda: making.a_docx_of(paragraph("a") * 154_000), DOCX),
    "nothing": (lambda: making.a_docx_of("<w:p>" + "<w:r/>" * 5_000_000 + "</w:p>"), DOCX),
    "merged": (lambda: making.a_docx_of(merged()), DOCX),
    "spaces": (lambda: making.a_docx_of(" " * 70_000_000), DOCX),
    "lines": (lambda: b"<p>a" * 200_000, "text/html"),
    "tags": (lambda: b"<b></b>" * 300_000, "text/html"),
    "deep": (lambda: b"<ul><li>" * 100_000, "text/html"),
    "closed": (lambda: b"<div><table></div></table>" * 10_000, "text/html"),
    "scripts": (lambda: b"<script><i></script>" * 10_000 + b"<div>" * 30_000, "text/html"),
    "notes": (lambda: b"a\n\n" * 150_000, "text/plain"),
    "markdown": (lambda: b"| a |\n" * 700_000, "text/markdown"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_small_file_that_would_take_for_ever_is_too_big_before_it_has(kind: str) -> None:
    made, mime = BOMBS[kind]
    content, begun = made(), thread_time()

    assert reason(content, mime) == "too_big"
    assert thread_time() - begun < 60  # for ever is longer, however slow the machine


def test_a_careless_page_is_read_however_large() -> None:
    page = (
        "<ul><li>a<li>b</ul><table><tr><td>c<td>d<tr><td>e</table><dl><dt>f<dd>g</dl>"
        "<p>h<br>i<b><i>j</b></i><script>if (a<b) {}</script>"
    ) * 1500

    assert len(html.read(page)) == 1500 * 5


def test_reading_takes_no_longer_than_the_operator_allows() -> None:
    with override_settings(READING_SECONDS=0.0):
        assert reason(making.a_pdf("One", "Two"), "application/pdf") == "too_big"


def test_a_heading_and_an_id_are_no_longer_than_anybody_reads() -> None:
    [block] = html.read(f"<h1>{'long ' * 1000}</h1><p id='{'x' * 5000}'>a")

    assert len(block.headings[0]) == 300
    assert block.anchor == ""


def test_a_pdf_that_only_forbids_printing_is_read() -> None:
    assert read(making.a_pdf("Open", owner="owner"), "application/pdf") == [
        Block("Open", (), "#page=1")
    ]


def test_a_file_over_the_limit_is_too_big() -> None:
    item = making.a_file(making.a_course(), "notes.txt", b"Some words", "text/plain")

    with override_settings(UPLOAD_LIMIT=5), pytest.raises(CannotRead) as caught:
        extract.read(item)

    assert caught.value.reason.value == "too_big"


def test_chunks_never_cross_a_heading() -> None:
    made = chunks.pieces([Block("a " * 20, ("One",)), Block("b " * 20, ("Two",))])

    assert [piece.headings for piece in made] == [("One",), ("Two",)]


def test_small_blocks_share_a_chunk_up_to_its_size() -> None:
    made = chunks.pieces([Block("word " * 40, ("One",))] * 5, target=100)

    assert [len(piece.text.split()) for piece in made] == [80, 80, 40]


def test_a_long_block_is_split_at_sentences_and_loses_nothing() -> None:
    text = " ".join(f"Sentence number {number} ends here." for number in range(100))

    made = chunks.pieces([Block(text)], target=50)

    assert " ".join(piece.text for piece in made) == text
    assert all(piece.text.endswith(".") for piece in made)


def test_a_sentence_longer_than_a_chunk_is_cut() -> None:
    made = chunks.pieces([Block("word " * 120)], target=50)

    assert [len(piece.text.split()) for piece in made] == [50, 50, 20]


def test_a_place_without_an_id_is_found_by_its_first_words() -> None:
    [piece] = chunks.pieces([Block("- Well-known, cheap & old things are here, says Ann, who")])

    assert (
        piece.anchor
        == "#:~:text=Well%2Dknown%2C%20cheap%20%26%20old%20things%20are%20here%2C%20says"
    )


HANDOUT = """# Levers

A lever turns about its fulcrum.

## Balance

The moments on both sides are equal.

```
for side in sides:
    print(side)
```
"""


def test_sections_that_share_a_page_of_a_pdf_keep_their_headings() -> None:
    blocks = read(documents.write("levers.pdf", HANDOUT), "application/pdf")

    [lever] = [block for block in blocks if "fulcrum" in block.text]
    [moments] = [block for block in blocks if "moments" in block.text]
    assert lever.headings[-1] == "Levers"
    assert moments.headings[-1] == "Balance"
    assert lever.anchor == moments.anchor == "#page=1"


def test_code_in_a_word_file_keeps_its_lines() -> None:
    blocks = read(documents.write("levers.docx", HANDOUT), DOCX)

    assert "for side in sides:\n    print(side)" in [block.text for block in blocks]


def test_there_is_a_reader_for_every_type_that_is_said_to_be_read() -> None:
    assert {*extract.READERS, *extract.PICTURED} == media.TYPES


@pytest.mark.parametrize(
    ("mime", "name", "kind"),
    [
        ("text/plain; charset=utf-8", "notes.md", "text/markdown"),
        ("text/plain", "README", "text/plain"),
        ("Application/PDF", "odd.bin", "application/pdf"),
        ("application/octet-stream", "Loop.PY", "text/x-python"),
        ("video/mp4", "talk.mp4", ""),
        ("image/gif", "cart.png", ""),
        ("image/png", "cart", "image/png"),
        ("application/octet-stream", "Talk.VTT", "text/vtt"),
    ],
)
def test_a_name_tells_where_the_type_does_not(mime: str, name: str, kind: str) -> None:
    assert media.readable(mime, name) == kind
