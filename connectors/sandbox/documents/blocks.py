"""Markdown → the few kinds of blocks that our documents know. Emphasis marks are dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from markdown_it import MarkdownIt
from markdown_it.token import Token


class Kind(StrEnum):
    """What a block is."""

    HEADING = "heading"
    TEXT = "text"
    ITEM = "item"
    CODE = "code"
    TABLE = "table"


@dataclass(frozen=True)
class Block:
    """One block. `level` is a heading's; `mark` stands before an item; `rows` are a table's."""

    kind: Kind
    text: str = ""
    level: int = 0
    mark: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


def blocks_of(markdown: str) -> list[Block]:
    """Return the blocks in order; lists are flat, as our handouts write them."""
    return list(_blocks(MarkdownIt("commonmark").enable("table").parse(markdown)))


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    marks: list[str] = []
    rows: list[list[str]] = []
    for before, token in zip([None, *tokens], tokens, strict=False):
        match token.type:
            case "list_item_open":
                marks.append(f"{token.info}{token.markup}" if token.info else "•")
            case "tr_open":
                rows.append([])
            case "table_close":
                yield Block(Kind.TABLE, rows=tuple(tuple(row) for row in rows))
                rows = []
            case "fence" | "code_block":
                yield Block(Kind.CODE, token.content.rstrip("\n"))
            case "inline" if rows:
                rows[-1].append(_plain(token))
            case "inline" if before is not None and before.type == "heading_open":
                yield Block(Kind.HEADING, _plain(token), level=int(before.tag[1]))
            case "inline" if marks:
                yield Block(Kind.ITEM, _plain(token), mark=marks.pop())
            case "inline":
                yield Block(Kind.TEXT, _plain(token))


def _plain(token: Token) -> str:
    """Return a paragraph's words, line breaks as spaces."""
    kinds = {"softbreak": " ", "hardbreak": " "}
    parts = [kinds.get(child.type, child.content) for child in token.children or []]
    return " ".join("".join(parts).split())
