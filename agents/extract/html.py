"""HTML → blocks: headings, lists, tables, definitions, code and formulas keep their meaning."""

from urllib.parse import quote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agents.extract.blocks import Block, Outline

HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = HEADINGS.keys() | {
    *(
        "address",
        "article",
        "aside",
        "blockquote",
        "caption",
        "dd",
        "details",
        "div",
        "dl",
    ),
    *("figcaption", "figure", "footer", "header", "hr", "li", "main", "nav", "ol", "p"),
    *("section", "summary", "ul"),
}
SILENT = {"script", "style", "noscript", "template", "head", "iframe", "object", "svg"}
WHOLE = {"pre", "table", "math", "img", "br"}  # read in one go, children included


def read(html: str) -> list[Block]:
    """Return the page's blocks in reading order.

    Walks without recursion: a page may nest thousands of elements deep.
    """
    body = LexborHTMLParser(html).body
    if body is None:
        return []
    reader = _Reader()
    stack: list[tuple[LexborNode, bool]] = [(body, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            reader.leave(node)
        elif reader.enter(node):
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(_children(node)))
    reader.flush()
    return reader.blocks


class _Reader:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._outline = Outline()
        self._words: list[str] = []
        self._anchor = ""

    def enter(self, node: LexborNode) -> bool:
        """Take a node in; True when its children are wanted too."""
        tag = node.tag or ""
        if tag == "-text":
            self._words.append(node.text_content or "")
            return False
        if tag.startswith(("-", "_", "!")) or tag in SILENT:
            return False
        if tag in BLOCKS or tag in {"pre", "table"}:
            self._begin(tag)
            self._mark(node)
        if tag in WHOLE:
            self._take(tag, node)
            return False
        if tag == "li":
            self._words.append("- ")
        return True

    def _begin(self, tag: str) -> None:
        """End the block before, unless this one belongs to it: a definition, a list mark's text."""
        led = "".join(self._words).strip()
        if not (led == "-" and tag != "li") and not (tag in {"dd", "p"} and led.endswith(":")):
            self.flush()

    def leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in HEADINGS:
            self._outline.enter(HEADINGS[tag], _line("".join(self._words)))
            self._words.clear()
        elif tag == "dt":
            self._words.append(": ")
        elif tag in BLOCKS:
            self.flush()

    def flush(self) -> None:
        """End the block that is being read."""
        self._add(_line("".join(self._words)))
        self._words.clear()

    def _add(self, text: str) -> None:
        if text.strip(" -"):
            self.blocks.append(Block(text, self._outline.path, self._anchor))

    def _mark(self, node: LexborNode) -> None:
        """Remember the nearest id; a heading without one ends the reach of the one before."""
        name = node.attributes.get("id")
        if name:
            self._anchor = f"#{quote(name)}"
        elif node.tag in HEADINGS:
            self._anchor = ""

    def _take(self, tag: str, node: LexborNode) -> None:
        match tag:
            case "pre":
                self._add(node.text().strip("\n"))
            case "table":
                self._add(_table(node))
            case "br":
                self._words.append(" ")
            case _:
                self._words.append(f" {_formula(node)} ")


def _children(node: LexborNode) -> list[LexborNode]:
    return list(node.iter(include_text=True))


def _line(text: str) -> str:
    return " ".join(text.split())


def _formula(node: LexborNode) -> str:
    """A formula as LaTeX where the page has it; another picture as its description."""
    if node.tag == "math":
        source = node.css_first("annotation")
        return rf"\({source.text().strip()}\)" if source else " ".join(node.text().split())
    # Canvas draws display formulas as pictures that carry their LaTeX.
    latex = node.attributes.get("data-equation-content")
    return rf"\({latex}\)" if latex else node.attributes.get("alt") or ""


def _table(node: LexborNode) -> str:
    """One line a row, cells apart by a bar."""
    rows = []
    for row in node.css("caption, tr"):
        cells = row.css("th, td") or [row]
        rows.append(" | ".join(" ".join(cell.text(separator=" ").split()) for cell in cells))
    return "\n".join(filter(None, rows))
