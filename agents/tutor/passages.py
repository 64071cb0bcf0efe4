"""An answer without a model: the best passages, quoted and cited. Pure."""

from collections.abc import Sequence

from agents import words
from agents.retrieve import Passage
from agents.tutor.cite import Citation, Citations, sentences

SHOWN = 3  # passages


def answer(
    question: str, passages: Sequence[Passage], made: Citations
) -> tuple[str, list[Citation]]:
    """Return Markdown that quotes the passages' most telling sentences, and the new citations."""
    lines, known = [], len(made.made)
    for passage in passages[:SHOWN]:
        quote = _telling(question, passage)
        cited = made.add(passage, quote)
        quoted = quote.replace("\n", " ")
        lines.append(f"**{passage.title}**\n\n> {quoted} [{cited.n}]")
    return "\n\n".join(lines), made.made[known:]


def _telling(question: str, passage: Passage) -> str:
    asked = set(words.terms(question, passage.language))
    held = sentences(passage.text) or [passage.text]
    return max(held, key=lambda one: len(asked & set(words.terms(one, passage.language))))
