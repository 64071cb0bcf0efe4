"""HTML → blocks: headings, lists, tables, definitions, code and formulas keep their meaning."""

import re
from urllib.parse import quote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agents.extract.blocks import Block, CannotRead, Outline, Pile
from tutorai.lmsdm.schema import Unreadable

TAGS = 500_000  # of one page, opening and closing ones; about 3 seconds
DEPTH = 2_000  # of elements within elements: with it grows what each tag costs the parser
FEW = 20_000  # tags that are no work however they nest
ID = 200  # characters; a longer id is none that anybody links to
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
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
RAW = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style", "textarea")}
# Elements that hold nothing, and paragraphs, which end where the next one begins.
FLAT = {
    *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "p", "param"),
    *("source", "track", "wbr"),
}
# Elements whose end need not be written, and those that end with their beginning.
TERMS = frozenset({"dt", "dd"})
CELLS = frozenset({"td", "th"})
ROWS = CELLS | {"tr"}
PARTS = ROWS | {"thead", "tbody", "tfoot"}
ENDED: dict[str, frozenset[str]] = {
    "li": frozenset({"li"}),
    "option": frozenset({"option"}),
    **dict.fromkeys(TERMS, TERMS),
    **dict.fromkeys(CELLS, CELLS),
    **dict.fromkeys(PARTS - CELLS, PARTS),
    "tr": ROWS,
}


def read(html: str) -> list[Block]:
    """Return the page's blocks in reading order. Raises CannotRead (too_big).

    Walks without recursion: a page may nest thousands of elements deep.
    """
    tags = html.count("<")
    if tags > TAGS or (tags > FEW and not _shallow(html)):
        raise CannotRead(Unreadable.TOO_BIG)
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
    return reader.pile.blocks


def _shallow(html: str) -> bool:
    """Whether no element can be deeper than we take; a careless page looks deeper than it is."""
    opened: list[str] = []
    raw = 0  # where a script ends
    for tag in TAG.finditer(html):
        if tag.start() < raw:
            continue
        closing, name = tag[1], tag[2].lower()
        if name in RAW and not closing:
            end = RAW[name].search(html, tag.end())
            raw = end.end() if end else len(html)
        elif closing:
            _close(opened, name)
        elif name not in FLAT:
            while opened and opened[-1] in ENDED.get(name, ()):
                opened.pop()
            opened.append(name)
            if len(opened) > DEPTH:
                return False
    return True


def _close(opened: list[str], name: str) -> None:
    """End the innermost element, with those that need no end of their own."""
    for back in range(1, min(len(opened), 6) + 1):
        if opened[-back] == name:
            del opened[-back:]
            return
        if opened[-back] not in ENDED:
            return


class _Reader:
    def __init__(self) -> None:
        self.pile = Pile()
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
        else:
            self._words = [f"{led} "]

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
            self.pile.add(text, self._outline.path, self._anchor)

    def _mark(self, node: LexborNode) -> None:
        """Remember the nearest id; a heading without one ends the reach of the one before."""
        name = node.attributes.get("id")
        if name and len(name) <= ID:
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
    """One line a row, cells apart by a bar; a table within a cell has lines of its own."""
    rows: list[list[list[str]]] = [[[]]]  # a row begins with what stands in none of its cells
    stack: list[tuple[LexborNode, bool]] = [(node, False)]
    while stack:
        each, leaving = stack.pop()
        tag = each.tag or ""
        if leaving or tag in {"caption", "tr"}:
            rows.append([[]])
        elif tag in {"td", "th"}:
            rows[-1].append([])
        elif tag == "-text":
            rows[-1][-1].append(each.text_content or "")
        if tag == "table" and not leaving:
            stack.append((each, True))
        if tag not in SILENT and not leaving:
            stack.extend((child, False) for child in reversed(_children(each)))
    return "\n".join(filter(None, map(_row, rows)))


def _row(cells: list[list[str]]) -> str:
    return " | ".join(_line(" ".join(words)) for words in cells[1:] or cells)
