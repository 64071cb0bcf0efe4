"""An answer without a model: the best passages, quoted and cited. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from agents import words
from agents.retrieve import Passage
from agents.tutor.cite import LONGEST, Citation, Citations, sentences

SHOWN = 3  # passages
BROKEN = 0.4  # what a shared word counts for in a line that is no whole sentence
BULLET = re.compile(r"^(?:[-*•◦]|\d+[.)])\s+")
FORMULA = re.compile(r"\s*\n\\\(.+?\\\)(?=\n|$)")  # on a line of its own


def answer(
    question: str, passages: Sequence[Passage], made: Citations
) -> tuple[str, list[Citation]]:
    """Return Markdown that quotes the passages' most telling sentences, and the new citations.

    Passages of one page stand together under its title, in the page's own order.
    """
    known = len(made.made)
    best = passages[:SHOWN]
    rank = {passage.item_id: at for at, passage in reversed(list(enumerate(best)))}
    ordered = sorted(best, key=lambda passage: (rank[passage.item_id], passage.position))
    parts: list[str] = []
    for _item, page in groupby(ordered, key=lambda passage: passage.item_id):
        held = list(page)
        parts.append(f"**{held[0].title}**")
        parts += [_quoted(question, passage, made) for passage in held]
    return "\n\n".join(parts), made.made[known:]


def _quoted(question: str, passage: Passage, made: Citations) -> str:
    quote = _telling(question, passage)
    cited = made.add(passage, quote)
    return f"> {quote.replace(chr(10), ' ')} [{cited.n}]"


def _telling(question: str, passage: Passage) -> str:
    """The sentence that shares most with the question; headings of tables and lead-ins say less."""
    asked = set(words.terms(question, passage.language))

    def tells(one: str) -> float:
        shared = len(asked & set(words.terms(one, passage.language)))
        return shared * (1 if _whole(one) else BROKEN)

    return max(list(_spans(passage.text)) or [passage.text], key=tells)


def _spans(text: str) -> Iterator[str]:
    """Yield the sentences of a text; one that leads to a formula goes on to its end."""
    at = 0
    for one in sentences(text):
        start = text.find(one, at)
        if start < 0:
            continue  # cut to length, or within a span that was told already
        at = start + len(one)
        formula = None if _whole(one) else FORMULA.match(text, at)
        if formula and formula.end() - start <= LONGEST:
            at = formula.end()
        yield BULLET.sub("", text[start:at])


def _whole(line: str) -> bool:
    return " | " not in line and not line.rstrip().endswith((":", ","))
