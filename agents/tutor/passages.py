"""An answer without a model: the best passages, quoted and cited. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from agents import words
from agents.retrieve import Passage
from agents.tutor.cite import LONGEST, Citation, Citations, sentences

Likeness = Callable[[str, Sequence[str]], Sequence[float]]  # of a question and texts, -1 to 1

LOOKED_AT, SHOWN = 5, 3  # passages
# What a sentence tells: how like the question it is, and the share of its words that it holds.
SHARED = 0.5
BROKEN = 0.6  # what that counts for in a line that is no whole sentence
NAMED = 0.25  # a row of a table whose first cell is what was asked for
FIRST = 0.4  # the first sentence under a heading that is what was asked for
CLOSE = 0.6  # of what the best sentence tells; less is not worth showing
BULLET = re.compile(r"^(?:[-*•◦]|\d+[.)])\s+")
FORMULA = re.compile(r"\s*\n\\\(.+?\\\)(?=\n|$)")  # on a line of its own


@dataclass(frozen=True)
class Quote:
    """A passage's most telling sentence."""

    passage: Passage
    text: str
    tells: float


def unlike(question: str, texts: Sequence[str]) -> list[float]:
    """Compare nothing: the words decide alone."""
    return [0.0] * len(texts)


def answer(
    question: str,
    passages: Sequence[Passage],
    made: Citations,
    likeness: Likeness = unlike,
) -> tuple[str, list[Citation]]:
    """Return Markdown that quotes the passages' most telling sentences, and the new citations.

    Passages of one page stand together under its title, in the page's own order; those that tell
    much less than the best are left out.
    """
    known = len(made.made)
    spans = [(each, list(_spans(each.text)) or [each.text]) for each in passages[:LOOKED_AT]]
    english = [one for each, own in spans if each.language in {"en", ""} for one in own]
    alike = dict(zip(english, likeness(question, english), strict=True))
    quotes = [_quote(question, each, own, alike) for each, own in spans]
    best = max(quote.tells for quote in quotes)
    told = [each for each in quotes if each.tells >= CLOSE * best][:SHOWN]
    rank = {each.passage.item_id: at for at, each in reversed(list(enumerate(told)))}
    told.sort(key=lambda each: (rank[each.passage.item_id], each.passage.position))
    parts: list[str] = []
    for _item, page in groupby(told, key=lambda each: each.passage.item_id):
        held = list(page)
        parts.append(f"**{held[0].passage.title}**")
        for each in held:
            cited = made.add(each.passage, each.text)
            parts.append(f"> {each.text.replace(chr(10), ' ')} [{cited.n}]")
    return "\n\n".join(parts), made.made[known:]


def _quote(
    question: str, passage: Passage, spans: Sequence[str], alike: Mapping[str, float]
) -> Quote:
    """The sentence that tells most of what was asked; headings of tables and lead-ins say less."""
    asked = set(words.terms(question, passage.language))
    # What stands under a heading is about that, though it may not say so again.
    above = asked & set(words.terms((passage.heading_path or ("",))[-1], passage.language))

    def tells(one: str) -> float:
        shared = len(asked & set(words.terms(one, passage.language)) | above) / max(len(asked), 1)
        name = set(words.terms(one.partition(" | ")[0], passage.language))
        named = " | " in one and name and name <= asked
        first = FIRST * len(above) / max(len(asked), 1) if one == spans[0] else 0.0
        return SHARED * shared + (NAMED if named else 0.0) + first

    scored = [
        (max(alike.get(one, 0.0), 0.0) + tells(one)) * (1 if _whole(one) else BROKEN)
        for one in spans
    ]
    best = max(range(len(spans)), key=scored.__getitem__)
    return Quote(passage, spans[best], scored[best])


def _spans(text: str) -> Iterator[str]:
    """Yield the sentences of a text; one that leads to a formula goes on to its end."""
    at = 0
    heads = _heads(text)
    for one in sentences(text):
        start = text.find(one, at)
        if start < 0:
            continue  # cut to length, or within a span that was told already
        at = start + len(one)
        formula = None if _whole(one) else FORMULA.match(text, at)
        if formula and formula.end() - start <= LONGEST:
            at = formula.end()
        if one not in heads:
            yield BULLET.sub("", text[start:at])


def _heads(text: str) -> set[str]:
    """The first rows of the text's tables: they name columns."""
    rows = [line.strip() for line in text.splitlines()]
    cells = [row.count(" | ") for row in rows]
    return {
        row
        for at, row in enumerate(rows[:-1])
        if cells[at] and cells[at + 1] == cells[at] and (at == 0 or not cells[at - 1])
    }


def _whole(line: str) -> bool:
    return " | " not in line and not line.rstrip().endswith((":", ",", ";"))
