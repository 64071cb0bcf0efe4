"""XML of strangers: parsed without entities, without a network, without a document type."""

from typing import Any, TypeAlias

from lxml import etree

from connectors.cartridge.errors import NotPacked

Element: TypeAlias = Any  # lxml has no types


def parse(text: bytes) -> Element:
    """Return the root; raise NotPacked for what is no XML, or declares a document type."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotPacked() from error
    if root.getroottree().docinfo.doctype:
        raise NotPacked()
    return root


def name(element: Element) -> str:
    """Return an element's name without its namespace: that one differs with every version."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def children(element: Element, *names: str) -> list[Element]:
    """Return the children that have one of these names."""
    return [child for child in element if name(child) in names]


def child(element: Element, *path: str) -> Element | None:
    """Return the first element at the end of `path`, or None."""
    found: Element | None = element
    for step in path:
        found = next(iter(children(found, step)), None) if found is not None else None
    return found


def text(element: Element, *path: str) -> str:
    """Return the text at the end of `path`, or ""."""
    found = child(element, *path)
    return "".join(found.itertext()).strip() if found is not None else ""
