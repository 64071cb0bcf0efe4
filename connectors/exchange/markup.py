"""HTML of questions on its way in and out of files: plain words, and XHTML that QTI allows. Pure."""

import html
import re
from html.parser import HTMLParser

from lxml import etree
from lxml import html as parser

# Not in XML 1.0 at all, whatever the escape.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre"})

# XHTML elements of QTI 2.1 (its information model, §13), each with what else it may carry.
INLINE = {"a", "abbr", "acronym", "b", "big", "br", "cite", "code", "dfn", "em", "i", "img", "kbd"}
INLINE |= {"q", "samp", "small", "span", "strong", "sub", "sup", "tt", "var"}
BLOCK = {"address", "blockquote", "caption", "col", "colgroup", "dd", "div", "dl", "dt"}
BLOCK |= {"h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"}
BLOCK |= {"table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
OWN = {"a": {"href"}, "img": {"src", "alt", "width", "height"}, "td": {"colspan", "rowspan"}}
OWN |= {"th": {"colspan", "rowspan"}, "blockquote": {"cite"}, "q": {"cite"}, "col": {"span"}}
EVERYWHERE = {"id", "class", "lang"}
AREAS = frozenset({"figure", "figcaption", "section", "main", "article", "aside", "nav", "center"})
AREAS |= {"details", "summary", "header", "footer", "hgroup"}
KEPT = "html-"  # a class that says what an element, or its direction, was


def sane(text: str) -> str:
    """Return text as XML can carry it: without control characters, with plain line ends."""
    return CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


class _Words(HTMLParser):
    def __init__(self, *, pictures: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._pictures = pictures

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.found.append("\n")
        elif tag == "img" and self._pictures:
            self.found.append(dict(attrs).get("alt") or "🖼")

    def handle_endtag(self, tag: str) -> None:
        if tag in BREAKS:
            self.found.append("\n")


def plain(text: str, *, pictures: bool = False) -> str:
    """Return the words of HTML; with `pictures`, one counts as a word."""
    words = _Words(pictures=pictures)
    words.feed(text)
    words.close()
    return "".join(words.found).removesuffix("\n") if "<" in text else html.unescape(text)


def escaped(text: str) -> str:
    """Return plain words as HTML."""
    return html.escape(text, quote=False)


def marked_up(text: str) -> bool:
    """Whether HTML says more than its words do."""
    return "<" in text


def xhtml(text: str, *, block: bool) -> list[etree._Element | str]:
    """Return HTML as what QTI 2.1 may hold: text and elements, without namespace.

    What QTI has no element for becomes a `span` or `div` whose class says what it was. With
    `block`, loose words are put into paragraphs.
    """
    holder = parser.fragment_fromstring(sane(text), create_parent="div") if text else None
    if holder is None:
        return []
    for element in list(holder.iter()):
        if element is not holder:
            _fit(element)
    pieces: list[etree._Element | str] = [holder.text] if holder.text else []
    for child in list(holder):
        tail, child.tail = child.tail, None
        pieces += [child, tail] if tail else [child]
    return _paragraphs(pieces) if block else pieces


def _fit(element: etree._Element) -> None:
    """Make one element one of QTI's."""
    if not isinstance(element.tag, str):  # a comment
        element.drop_tree()
        return
    classes = (element.get("class") or "").split()
    if element.tag not in INLINE | BLOCK:
        classes.append(f"{KEPT}{element.tag}")
        element.tag = "div" if element.tag in AREAS else "span"
    if direction := element.get("dir"):
        classes.append(f"{KEPT}dir-{direction}")
    if classes:
        element.set("class", " ".join(classes))
    if element.tag == "a" and not element.get("href"):
        element.tag = "span"  # an anchor alone: `id` is enough
    if element.tag == "img":
        element.set("alt", element.get("alt") or "")
    language = element.get("lang")
    allowed = OWN.get(element.tag, set()) | EVERYWHERE
    for name in set(element.attrib) - allowed | {"lang"}:
        element.attrib.pop(name, None)
    if language:
        element.set("{http://www.w3.org/XML/1998/namespace}lang", language)


def _paragraphs(pieces: list[etree._Element | str]) -> list[etree._Element | str]:
    """Put loose words and inline elements into `<div class="html-loose">`."""
    made: list[etree._Element | str] = []
    loose: etree._Element | None = None
    for piece in pieces:
        if not isinstance(piece, str) and piece.tag in BLOCK:
            loose = None
            made.append(piece)
            continue
        if loose is None:
            if isinstance(piece, str) and not piece.strip() and made:
                continue
            loose = etree.Element("div", {"class": f"{KEPT}loose"})
            made.append(loose)
        append(loose, piece)
    return made


def append(parent: etree._Element, piece: etree._Element | str) -> None:
    """Add text or an element at the end of another."""
    if not isinstance(piece, str):
        parent.append(piece)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + piece
    else:
        parent.text = (parent.text or "") + piece


def unwrapped(element: etree._Element) -> str:
    """Return as HTML what an element of QTI holds: the way back from `xhtml`."""
    made = parser.fragment_fromstring("<div></div>")
    _copy(element, made)
    written = parser.tostring(made, encoding="unicode")
    return str(written.removeprefix("<div>").removesuffix("</div>")).strip()


def _copy(source: etree._Element, to: etree._Element) -> None:
    append(to, source.text or "")
    for child in source:
        if isinstance(child.tag, str):
            classes = (child.get("class") or "").split()
            if f"{KEPT}loose" in classes:
                _copy(child, to)
            else:
                to.append(_restored(child, classes))
        append(to, child.tail or "")


def _restored(child: etree._Element, classes: list[str]) -> etree._Element:
    tag = etree.QName(child).localname
    own = [name for name in classes if not name.startswith(KEPT)]
    told = {}
    for name in classes:
        if name.startswith(f"{KEPT}dir-"):
            told["dir"] = name.removeprefix(f"{KEPT}dir-")
        elif name.startswith(KEPT):
            tag = name.removeprefix(KEPT)
    made = parser.fragment_fromstring(f"<{tag}></{tag}>") if tag.isalnum() else etree.Element(tag)
    for name, value in child.attrib.items():
        local = etree.QName(name).localname
        if local != "class":
            made.set(local, value)
    if own:
        made.set("class", " ".join(own))
    for name, value in told.items():
        made.set(name, value)
    _copy(child, made)
    return made
