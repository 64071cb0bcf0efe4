"""Blocks → chunks: pieces small enough to embed and to quote, that know their place."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from agents.extract.blocks import Block

# Words a chunk: about 200 tokens, what MiniLM reads well (its limit is 256).
TARGET = 150
SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk to be: text, the headings above it, and what opens its place."""

    text: str
    headings: tuple[str, ...]
    anchor: str

    def embedded(self, title: str) -> str:
        """What an embedder reads: where the piece stands, then what it says."""
        return f"{' > '.join((title, *self.headings))}: {self.text}"

    def sha256(self, title: str) -> str:
        """The key under which a vector of this piece is kept."""
        return hashlib.sha256(self.embedded(title).encode()).hexdigest()


def pieces(blocks: Iterable[Block], *, target: int = TARGET) -> list[Piece]:
    """Pack the blocks of one item into chunks of at most `target` words (a block is split at
    sentences, a sentence never, unless it is longer than a chunk).

    A chunk never runs over a heading, so its heading path is true for all of it.
    """
    made: list[Piece] = []
    held: list[Block] = []
    for block in _small(blocks, target):
        full = sum(map(_size, held)) + _size(block) > target
        if held and (full or (block.headings, block.anchor) != (held[0].headings, held[0].anchor)):
            made.append(_piece(held))
            held = []
        held.append(block)
    return [*made, _piece(held)] if held else made


def _size(block: Block) -> int:
    return len(block.text.split())


def _small(blocks: Iterable[Block], target: int) -> Iterator[Block]:
    """Split what is longer than a chunk."""
    for block in blocks:
        if _size(block) <= target:
            yield block
            continue
        words: list[str] = []
        for sentence in SENTENCE.split(block.text):
            for part in _parts(sentence, target):
                if words and len(" ".join(words).split()) + len(part.split()) > target:
                    yield Block(" ".join(words), block.headings, block.anchor)
                    words = []
                words.append(part)
        yield Block(" ".join(words), block.headings, block.anchor)


def _parts(sentence: str, target: int) -> Iterator[str]:
    words = sentence.split(" ")
    for start in range(0, len(words), target):
        yield " ".join(words[start : start + target])


def _piece(held: list[Block]) -> Piece:
    first = held[0]
    text = "\n".join(block.text for block in held)
    return Piece(text, first.headings, first.anchor or fragment(first.text))


FORMULA = re.compile(r"\\[(\[]|\$")


def fragment(text: str) -> str:
    """A text fragment that lets the browser find and show the words.

    It ends before a formula: the LMS draws it, and its source stands nowhere on the page.
    Source: https://wicg.github.io/scroll-to-text-fragment/ ("-" and "," are its syntax).
    """
    line = FORMULA.split(text.removeprefix("- ").split("\n", 1)[0], maxsplit=1)[0]
    words = line.split()[:8]
    return "#:~:text=" + quote(" ".join(words), safe="").replace("-", "%2D") if words else ""
