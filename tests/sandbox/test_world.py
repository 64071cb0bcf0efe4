"""The courses: every page is listed, every link leads somewhere, every example is true."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

from agents.extract import docx, pdf
from connectors.sandbox import documents
from connectors.sandbox.render import canvas_html, slug, title_of, viewable

WORLD = Path(documents.__file__).parent.parent / "world"
COURSES = sorted(path.parent for path in WORLD.glob("*/course.json"))
TEXTS = sorted(WORLD.rglob("*.md"))
LESSONS = sorted(WORLD.glob("python/pages/*.md"))
HANDOUTS = [
    (path, file["name"], (path / file["source"]).read_text())
    for path in COURSES
    for file in json.loads((path / "course.json").read_text())["files"]
]
EXAMPLE = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
READERS = {".pdf": pdf.read, ".docx": docx.read}


@pytest.mark.parametrize("folder", COURSES, ids=lambda path: path.name)
def test_every_page_stands_in_a_module(folder: Path) -> None:
    told = json.loads((folder / "course.json").read_text())

    listed = [
        item["page"] for module in told["modules"] for item in module["items"] if "page" in item
    ]

    assert sorted(listed) == sorted(path.stem for path in folder.glob("pages/*.md"))
    assert set(told.get("page_options", {})) <= set(listed)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_links_within_a_course_lead_to_a_page_of_it(path: Path) -> None:
    folder = next(course for course in COURSES if course in path.parents)
    pages = {slug(title_of(page.read_text())[0]) for page in folder.glob("pages/*.md")}

    wanted = set(re.findall(r"\(/courses/HERE/pages/([\w-]+)\)", path.read_text()))

    assert wanted <= pages


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_text_is_written_and_its_formulas_can_be_drawn(path: Path) -> None:
    text = path.read_text()

    shown = viewable(canvas_html(text))

    assert len(text.split()) > 30
    assert "\\(" not in re.sub(r"<(pre|code).*?</\1>", "", shown, flags=re.DOTALL)
    assert "equation_image" not in shown


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_example_prints_what_its_page_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the page on files writes
    names: dict[str, object] = {"__name__": "lesson"}
    examples = [pair for pair in EXAMPLE.findall(path.read_text()) if not pair[1].startswith("$ ")]

    printed = [(run(code, names), said.strip()) for code, said in examples]

    assert [got for got, _ in printed] == [said for _, said in printed]


def run(code: str, names: dict[str, object]) -> str:
    """Return what a piece of program prints, with its error's last line if it ends in one."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(code, "lesson", "exec"), names)
        except Exception as error:  # what a reader would see
            out.write(f"{type(error).__name__}: {error}")
    return out.getvalue().strip()


@pytest.mark.parametrize(
    ("folder", "name", "source"), HANDOUTS, ids=lambda value: str(value)[-24:].split("/")[-1]
)
def test_a_handout_can_be_read_by_the_reader_of_its_kind(
    folder: Path, name: str, source: str
) -> None:
    content = documents.write(name, source)

    blocks = READERS[Path(name).suffix](io.BytesIO(content))
    words = " ".join(block.text for block in blocks).split()

    assert len(words) > 0.7 * len(source.split())
    assert any(block.headings for block in blocks)
    assert content == documents.write(name, source)


def test_the_long_handouts_have_at_least_three_pages() -> None:
    long = {name: source for _, name, source in HANDOUTS if name.endswith(".pdf")}

    pages = {
        name: {block.anchor for block in pdf.read(io.BytesIO(documents.write(name, source)))}
        for name, source in long.items()
    }

    assert set(pages) == {"laboratory-handbook.pdf", "style-guide.pdf"}
    assert all(len(anchors) >= 3 for anchors in pages.values())
