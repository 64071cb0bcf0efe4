"""Markdown, plain text and code → blocks."""

from typing import BinaryIO

from markdown_it import MarkdownIt

from agents.extract import html
from agents.extract.blocks import Block, CannotRead
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
    return html.read(MARKDOWN.render(decode(file.read())))


def text(file: BinaryIO) -> list[Block]:
    """Return one block a paragraph: what empty lines part."""
    lines = decode(file.read()).replace("\r\n", "\n").replace("\x00", "")
    paragraphs = "\n".join(line.rstrip() for line in lines.split("\n")).split("\n\n")
    return [Block(" ".join(part.split())) for part in paragraphs if part.strip()]


def code(file: BinaryIO) -> list[Block]:
    """Return blocks whose lines stay as they are."""
    lines = decode(file.read()).replace("\r\n", "\n").replace("\x00", "")
    return [Block(part.strip("\n")) for part in lines.split("\n\n") if part.strip()]
