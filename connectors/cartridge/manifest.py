"""imsmanifest.xml: what is in the package, and the order a reader meets it in."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote

from connectors.cartridge import markup
from connectors.cartridge.errors import NotPacked, PackedTooMuch
from connectors.cartridge.markup import Element
from connectors.cartridge.package import Package, plain

NAME = "imsmanifest.xml"
DEEPEST = 40  # levels of an outline
MOST = 20_000  # lines of it
IDENTIFIER = 200  # characters


class Sort(StrEnum):
    """What a resource is."""

    CONTENT = "content"  # a page or a file
    TOPIC = "topic"  # of a discussion
    LINK = "link"
    ASSIGNMENT = "assignment"
    QUIZ = "quiz"
    TOOL = "tool"
    OTHER = "other"


# By the beginning of a resource's type, whose end tells the version: imsdt_xmlv1p0 … imsdt_xmlv1p3.
SORTS = {
    "webcontent": Sort.CONTENT,
    "associatedcontent/": Sort.CONTENT,
    "imsdt_": Sort.TOPIC,
    "imswl_": Sort.LINK,
    "assignment_": Sort.ASSIGNMENT,
    "imsqti_": Sort.QUIZ,
    "imsbasiclti_": Sort.TOOL,
}


@dataclass(frozen=True)
class Resource:
    """One thing of the package: its own file, and all files it consists of."""

    identifier: str
    sort: Sort
    href: str = ""
    files: tuple[str, ...] = ()
    hidden: bool = (
        False  # meant for its teachers: <lom> intendedEndUserRole, or Canvas's "intendeduse"
    )


@dataclass(frozen=True)
class Line:
    """A line of the outline, and what it opens."""

    identifier: str
    title: str
    parent: str | None
    opens: str = ""  # a resource's identifier


@dataclass(frozen=True)
class Manifest:
    """What the package says of itself."""

    identifier: str
    version: str
    title: str
    resources: dict[str, Resource]
    lines: list[Line] = field(default_factory=list)


def read(package: Package) -> Manifest:
    """Return the manifest; raise NotPacked and PackedTooMuch."""
    if NAME not in package:
        raise NotPacked()
    root = markup.parse(package.read(NAME))
    if markup.name(root) != "manifest":
        raise NotPacked()
    held = [_resource(one) for one in _of(root, "resources", "resource")]
    lines: list[Line] = []
    for outline in _of(root, "organizations", "organization"):
        _walk(outline, None, 0, lines)
    return Manifest(
        identifier=root.get("identifier", "")[:IDENTIFIER],
        version=markup.text(root, "metadata", "schemaversion")[:16],
        title=markup.text(root, "metadata", "lom", "general", "title", "string"),
        resources={one.identifier: one for one in held if one.identifier},
        lines=lines,
    )


def _of(root: Element, group: str, wanted: str) -> list[Element]:
    return [one for each in markup.children(root, group) for one in markup.children(each, wanted)]


def _resource(element: Element) -> Resource:
    # xml:base of a resource stands before its names (CC 1.x, §4.2).
    base = unquote(element.get("{http://www.w3.org/XML/1998/namespace}base", ""))
    files = [plain(one.get("href", ""), base) for one in markup.children(element, "file")]
    kind = element.get("type", "").lower()
    sort = next((sort for begin, sort in SORTS.items() if kind.startswith(begin)), Sort.OTHER)
    href = plain(element.get("href", ""), base) or next((name for name in files if name), "")
    lom = markup.child(element, "metadata", "lom", "educational", "intendedEndUserRole", "value")
    return Resource(
        identifier=element.get("identifier", "")[:IDENTIFIER],
        sort=sort,
        href=href,
        files=tuple(name for name in files if name),
        hidden=lom is not None and (lom.text or "").strip().lower() in {"instructor", "mentor"},
    )


def _walk(element: Element, parent: str | None, depth: int, lines: list[Line]) -> None:
    """Note the lines below `element`. One without a title and without a use is only a frame."""
    if depth > DEEPEST or len(lines) > MOST:
        raise PackedTooMuch()
    for one in markup.children(element, "item"):
        title, opens = markup.text(one, "title"), one.get("identifierref", "")
        identifier = one.get("identifier", "")[:IDENTIFIER] or f"line-{len(lines)}"
        inside = parent
        if title or opens:
            lines.append(Line(identifier, title, parent, opens[:IDENTIFIER]))
            inside = identifier
        _walk(one, inside, depth + 1, lines)
