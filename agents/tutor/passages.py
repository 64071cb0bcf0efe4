"""An answer without a model: the best passages, quoted and cited. Pure."""

from collections.abc import Sequence
from uuid import UUID

from agents import words
from agents.retrieve import Passage
from agents.tutor.cite import Citation, Citations, sentences

SHOWN = 3  # passages
BROKEN = 0.4  # what a shared word counts for in a line that is no whole sentence


def answer(
    question: str, passages: Sequence[Passage], made: Citations
) -> tuple[str, list[Citation]]:
    """Return Markdown that quotes the passages' most telling sentences, and the new citations.

    Passages of one page stand together under its title.
    """
    known = len(made.made)
    pages: dict[UUID, list[str]] = {}
    for passage in passages[:SHOWN]:
        quote = _telling(question, passage)
        cited = made.add(passage, quote)
        quoted = quote.replace("\n", " ")
        lines = pages.setdefault(passage.item_id, [f"**{passage.title}**"])
        lines.append(f"> {quoted} [{cited.n}]")
    text = "\n\n".join("\n\n".join(lines) for lines in pages.values())
    return text, made.made[known:]


def _telling(question: str, passage: Passage) -> str:
    """The sentence that shares most with the question; headings of tables and lead-ins say less."""
    asked = set(words.terms(question, passage.language))

    def tells(one: str) -> float:
        shared = len(asked & set(words.terms(one, passage.language)))
        return shared * (1 if _whole(one) else BROKEN)

    return max(sentences(passage.text) or [passage.text], key=tells)


def _whole(line: str) -> bool:
    return " | " not in line and not line.rstrip().endswith((":", ","))
