"""Markdown of the world's files → HTML as Canvas stores it → HTML with MathML to look at."""

from __future__ import annotations

import html
import itertools
import re
from urllib.parse import quote

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token

_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_MATH = re.compile(r"\\\[(?P<block>.+?)\\\]|\\\((?P<inline>.+?)\\\)", re.DOTALL)
_INLINE = re.compile(r"\\\((.+?)\\\)", re.DOTALL)  # formulas may go on in the next line
_HELD = re.compile(r"(?:<p>)?@@math(\d+)@@(?:</p>)?")
_EQUATION = re.compile(r'<img class="equation_image"[^>]*data-equation-content="([^"]*)"[^>]*>')


def slug(text: str) -> str:
    """Return the text as Canvas would put it into a page's address."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def canvas_html(markdown: str) -> str:
    r"""Return the body of a wiki page.

    Headings carry ids, so a link can open a place in the page. `\[…\]` becomes the image that
    Canvas's equation editor writes; `\(…\)` stays text, as people type it for MathJax.
    """
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(_equation(match))
        return f"@@math{len(held) - 1}@@"

    parts = _CODE.split(markdown)
    parts[::2] = [_MATH.sub(hold, part) for part in parts[::2]]
    parser = MarkdownIt("commonmark").enable("table")
    tokens = parser.parse("".join(parts))
    _name_headings(tokens)
    body = parser.renderer.render(tokens, parser.options, {})
    return _HELD.sub(lambda match: _put_back(match, held), body)


def _equation(match: re.Match[str]) -> str:
    if match["inline"] is not None:
        return html.escape(match[0])
    tex = " ".join(match["block"].split())
    shown = html.escape(tex)
    # Canvas encodes the formula twice in the image's address.
    source = f"/equation_images/{quote(quote(tex, safe=''), safe='')}?scale=1"
    return (
        f'<img class="equation_image" title="{shown}" src="{source}" '
        f'alt="LaTeX: {shown}" data-equation-content="{shown}" data-ignore-a11y-check="">'
    )


def _put_back(match: re.Match[str], held: list[str]) -> str:
    whole = match[0]
    return whole.replace(f"@@math{match[1]}@@", held[int(match[1])])


def _name_headings(tokens: list[Token]) -> None:
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", slug(inline.content))


def title_of(markdown: str) -> tuple[str, str]:
    """Split a file into its first `# ` heading and what follows."""
    first, _, rest = markdown.partition("\n")
    return first.removeprefix("# ").strip(), rest.strip() + "\n"


def viewable(body: str) -> str:
    """Return a stored body with its formulas as MathML, which browsers draw by themselves."""
    shown = _EQUATION.sub(lambda match: _mathml(match[1], "block"), body)
    pieces = re.split(r"(<pre.*?</pre>|<code.*?</code>)", shown, flags=re.DOTALL)
    pieces[::2] = [
        _INLINE.sub(lambda match: _mathml(match[1], "inline"), piece) for piece in pieces[::2]
    ]
    return "".join(pieces)


def _mathml(tex: str, display: str) -> str:
    return convert(html.unescape(tex), display=display)
