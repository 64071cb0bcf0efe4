"""Markdown, plain text and code → blocks."""

from collections.abc import Iterable
from typing import BinaryIO

from markdown_it import MarkdownIt

from agents.extract import html
from agents.extract.blocks import TEXT_LIMIT, Block, CannotRead, Pile
from tutorai.lmsdm.schema import Unreadable

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")


def decode(raw: bytes) -> str:
    """Bytes → text: a byte order mark counts, else UTF-8, else Windows-1252, which takes any.

    Raises CannotRead for what is plainly no text.
    """
    for mark, name in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if raw.startswith(mark):
            return raw.decode(name, "replace").removeprefix("\ufeff")
    if b"\x00" in raw[:4096]:
        raise CannotRead(Unreadable.UNSUPPORTED)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def markdown(file: BinaryIO) -> list[Block]:
    """Return the blocks of Markdown; raw HTML in it is read as HTML."""
    return html.read(MARKDOWN.render(written(file)))


def text(file: BinaryIO) -> list[Block]:
    """Return one block a paragraph: what empty lines part."""
    lines = (line.rstrip() for line in written(file).split("\n"))
    return _piled(" ".join(part.split()) for part in "\n".join(lines).split("\n\n"))


def code(file: BinaryIO) -> list[Block]:
    """Return blocks whose lines stay as they are."""
    return _piled(part.strip("\n") for part in written(file).split("\n\n"))


def written(file: BinaryIO) -> str:
    """Return what a file of text says, its lines ending alike. Raises CannotRead."""
    text = decode(file.read())
    if len(text) > TEXT_LIMIT:
        raise CannotRead(Unreadable.TOO_BIG)
    return text.replace("\r\n", "\n").replace("\x00", "")


def _piled(texts: Iterable[str]) -> list[Block]:
    pile = Pile()
    for each in texts:
        if each.strip():
            pile.add(each)
    return pile.blocks
