"""Answers become elements: Markdown, code, formulas, and nothing a model could smuggle in."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.conftest import CHROMIUM, FLAGS

RENDER = """async ([text, cites]) => {
  const {render} = await import("/static/js/markdown.js");
  const root = document.createElement("div");
  const cite = (n) => {
    if (!cites.includes(n)) return null;
    const mark = document.createElement("b");
    mark.textContent = n;
    return mark;
  };
  render(root, text, cite);
  return root.innerHTML;
}"""


@pytest.fixture(scope="module")
def page(playwright: Playwright, tool: Any) -> Iterator[Page]:
    """Any page of the tool: its scripts may be imported there, under its policy."""
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
    page = chromium.new_page()
    page.goto(f"{tool.url}/app/00000000-0000-7000-8000-000000000000/")
    yield page
    chromium.close()


def html(page: Page, text: str, *cites: int) -> str:
    made: str = page.evaluate(RENDER, [text, list(cites)])
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "plain *em* **strong** `a*b`",
            "<p>plain <em>em</em> <strong>strong</strong> <code>a*b</code></p>",
        ),
        ("# One\n### Two", "<h3>One</h3><h4>Two</h4>"),
        ("- a\n- b\n  1. c", "<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>"),
        ("3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'),
        ("> said\n> so", "<blockquote><p>said\nso</p></blockquote>"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
        ("costs $5 and $6", "<p>costs $5 and $6</p>"),
        ("**open", "<p>**open</p>"),
        (r"\*kept\*", "<p>*kept*</p>"),
        ("---", "<hr>"),
    ],
)
def test_markdown_becomes_elements(page: Page, text: str, expected: str) -> None:
    assert html(page, text) == expected


def test_markup_in_an_answer_is_shown_and_never_run(page: Page) -> None:
    found = html(page, '<img src=x onerror="alert(1)"> [x](javascript:alert(1))')

    assert found == '<p>&lt;img src=x onerror="alert(1)"&gt; [x](javascript:alert(1))</p>'


def test_a_link_opens_a_tab_of_its_own(page: Page) -> None:
    found = html(page, "[site](https://example.org/a)")

    assert found == (
        '<p><a href="https://example.org/a" target="_blank" rel="noopener noreferrer">site</a></p>'
    )


def test_a_table_has_heads_and_cells(page: Page) -> None:
    found = html(page, "| a | b |\n|---|---|\n| 1 | 2 |")

    assert "<thead><tr><th>a</th><th>b</th></tr></thead>" in found
    assert "<tbody><tr><td>1</td><td>2</td></tr></tbody>" in found


def test_code_keeps_every_sign_and_stands_open_while_it_is_written(page: Page) -> None:
    found = html(page, "```python\nif a < b:\n    print('[1]')")

    assert "if a &lt; b:\n    print('[1]')</code>" in found
    assert "<button" not in found


def test_only_a_citation_the_server_verified_becomes_a_mark(page: Page) -> None:
    assert html(page, "so [1] and [2]", 1) == "<p>so <b>1</b> and [2]</p>"


@pytest.mark.parametrize("text", [r"\(v^2", r"\[ x", "$$ x", "a $v^2"])
def test_a_formula_stays_text_until_it_is_closed(page: Page, text: str) -> None:
    assert "math" not in html(page, text)


@pytest.mark.parametrize("text", [r"\(v^2\)", r"\[ v^2 \]", "$$\nv^2\n$$", "is $v^2$."])
def test_a_closed_formula_is_drawn(page: Page, text: str) -> None:
    html(page, text)
    page.wait_for_timeout(500)  # KaTeX is loaded with the first formula

    assert 'class="katex' in html(page, text)


def test_what_was_drawn_keeps_its_elements_while_more_arrives(page: Page) -> None:
    same = page.evaluate("""async () => {
      const {render} = await import("/static/js/markdown.js");
      const root = document.createElement("div");
      render(root, "# One\\n\\nfirst\\n\\nsec");
      const before = [...root.children];
      render(root, "# One\\n\\nfirst\\n\\nsecond");
      return [...root.children].map((element, i) => element === before[i]);
    }""")

    assert same == [True, True, False]


SHOWN = """async ([passage, quote]) => {
  const {shown} = await import("/static/js/passage.js");
  const root = document.createElement("div");
  root.append(...shown(passage, quote));
  return root.innerHTML;
}"""
CODE = (
    "Say what repeats:\nfor n in range(3):\n    print(n)\n\n    total += n\nThe body is indented."
)


@pytest.mark.parametrize(
    ("passage", "quote", "expected"),
    [
        (
            "Heat flows. It\nstops.",
            "It stops.",
            '<p dir="auto">Heat flows. <mark>It\nstops.</mark></p>',
        ),
        (
            CODE,
            "print(n)",
            '<p dir="auto">Say what repeats:</p><pre tabindex="0"><code>for n in range(3):\n    '
            "<mark>print(n)</mark>\n\n    total += n</code></pre>"
            '<p dir="auto">The body is indented.</p>',
        ),
        (
            "Part | Weight\nOral exam | 20 %",
            "Oral exam | 20 %",
            '<div class="scroll-x"><table dir="auto"><tbody><tr><td>Part</td><td>Weight</td></tr>'
            "<tr><td><mark>Oral exam</mark></td><td><mark>20 %</mark></td></tr>"
            "</tbody></table></div>",
        ),
        (
            "Work is\n force (N) times way.",
            "force  (N) times",
            '<p dir="auto">Work is\n <mark>force (N) times</mark> way.</p>',
        ),
        ("return to the start.", "nowhere", '<p dir="auto">return to the start.</p>'),
    ],
    ids=["prose", "code", "table", "spaces", "no code"],
)
def test_a_passage_is_shown_as_its_page_shows_it(
    page: Page, passage: str, quote: str, expected: str
) -> None:
    assert page.evaluate(SHOWN, [passage, quote]) == expected


STREAM = r"""async (text) => {
  const {render} = await import("/static/js/markdown.js");
  const root = document.createElement("div");
  document.body.append(root);
  const seen = [];
  for (let end = 1; end <= text.length; end += 1) {
    render(root, text.slice(0, end));
    await new Promise(requestAnimationFrame);
    seen.push([...root.querySelectorAll(".math")]);
  }
  const drawn = seen.at(-1);
  const steady = seen.every((now, i) => !i || seen[i - 1].every((one, n) => now[n] === one));
  const raw = drawn.filter((one) => !one.querySelector(".katex")).length;
  root.remove();
  return [drawn.length, steady, raw];
}"""


def test_a_formula_that_was_drawn_stays_the_same_element_while_the_answer_grows(
    page: Page,
) -> None:
    text = (
        "So $F = m a$ and \\(E = m c^2\\) hold.\n\n$$\nx = \\frac{1}{2}\n$$\n\n- and $y$ too, see"
    )

    assert page.evaluate(STREAM, text) == [4, True, 0]
