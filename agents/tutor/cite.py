"""Citations: do the quoted words stand in the passage? Pure.

A model writes `[2: "words of passage 2"]`. What cannot be proved is taken out.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from agents import words
from agents.retrieve import Passage

SHORTEST = 8  # letters and spaces; less proves nothing
LONGEST = 400  # of a quote that we show
ALIKE = 0.6  # share of a bare mark's sentence that one sentence of the passage must hold
MARK = re.compile(
    r"[ \t]*\[(?:\^)?(?P<n>\d{1,2})(?:\s*[:,]\s*[\"“”„«'](?P<quote>.{1,800}?)[\"“”»']\s*)?\]",
    re.DOTALL,
)
# In the languages that our word search stems; a language without a word here denies nothing.
DENIAL = re.compile(
    r"n['’]t\b|\b(?:not|no|never|none|neither|nor|without|cannot|unlike|false|wrong|ni|nunca|jamás|sin"
    r"|ningún|ninguna|ninguno|nicht|kein\w*|nie|ohne|pas|jamais|sans|aucune?|non|mai|senza|não|sem|geen"
    r"|niet|nooit|zonder)\b",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?](?!\s|$)[^.!?\n]*)*[.!?]?")
_SAME = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'}
    | dict.fromkeys("‐‑‒–—−", "-")
)
_SILENT = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff*_`")


@dataclass(frozen=True)
class Citation:
    """A proved quotation: `quote` is cut out of the passage, not taken from the model."""

    n: int
    title: str
    quote: str
    url: str
    chunk_id: UUID
    item_id: UUID
    item_hash: str
    heading_path: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain values, ids as text."""
        plain = asdict(self) | {"heading_path": list(self.heading_path)}
        return plain | {"chunk_id": str(self.chunk_id), "item_id": str(self.item_id)}


def find(quote: str, text: str) -> str | None:
    """Return the words of `text` that `quote` repeats, as `text` writes them; None if it does not.

    Case, spacing, dashes, quotation marks and emphasis may differ; words may not.
    """
    wanted = "".join(letter for letter, _ in _plain(quote)).strip(" .…,;:")
    if len(wanted) < SHORTEST:
        return None
    held = _plain(text)
    found = re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", "".join(letter for letter, _ in held))
    if found is None:
        return None
    first, last = held[found.start()][1], held[found.end() - 1][1]
    return text[first : last + 1]


def _plain(text: str) -> list[tuple[str, int]]:
    """Letters to compare, each with its place in `text`."""
    made: list[tuple[str, int]] = []
    for place, letter in enumerate(text):
        if letter in _SILENT:
            continue
        for one in unicodedata.normalize("NFKC", letter).translate(_SAME).casefold():
            if not one.isspace():
                made.append((one, place))
            elif made and made[-1][0] != " ":
                made.append((" ", place))
    return made


def nearest(sentence: str, passage: Passage) -> str | None:
    """Return the passage's sentence that says the same, for a mark without words; else None.

    The same also means: no number that is not there, and neither denies what the other says.
    """
    said = set(words.terms(sentence, passage.language))
    if len(said) < 3:
        return None
    best, share = "", 0.0
    for held in sentences(passage.text):
        if _denies(held) != _denies(sentence) or not _numbers(sentence) <= _numbers(held):
            continue
        both = len(said & set(words.terms(held, passage.language))) / len(said)
        if both > share:
            best, share = held, both
    return best if share >= ALIKE else None


def _denies(text: str) -> bool:
    return bool(DENIAL.search(text))


def _numbers(text: str) -> set[str]:
    return {number.replace(",", ".") for number in NUMBER.findall(text)}


def sentences(text: str) -> list[str]:
    """Cut a text into sentences long enough to quote."""
    cut = [found.group().strip() for found in SENTENCE.finditer(text)]
    return [one[:LONGEST] for one in cut if len(one) >= SHORTEST]


class Citations:
    """The citations of one answer, numbered as they come."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self.made: list[Citation] = []
        self.allowed: Callable[[str], bool] | None = None  # whether words may be shown at all

    def check(self, number: int, quote: str | None, sentence: str) -> Citation | None:
        """Return the proved citation (an old one for the same words), or None."""
        if not 1 <= number <= len(self._passages):
            return None
        passage = self._passages[number - 1]
        held = find(quote, passage.text) if quote else nearest(sentence, passage)
        if not held or (self.allowed and not self.allowed(held)):
            return None
        return self.add(passage, held)

    def add(self, passage: Passage, quote: str) -> Citation:
        """Number a quotation that is known to stand in the passage."""
        quote = quote[:LONGEST]
        for old in self.made:
            if old.chunk_id == passage.chunk_id and old.quote == quote:
                return old
        new = Citation(
            len(self.made) + 1,
            passage.title,
            quote,
            passage.url,
            passage.chunk_id,
            passage.item_id,
            passage.item_hash,
            passage.heading_path,
        )
        self.made.append(new)
        return new
