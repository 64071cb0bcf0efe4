"""What the model is told: the rules, the course's passages behind a fence, the talk so far."""

import hashlib
import secrets
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from agents.llm import Said
from agents.retrieve import Passage

RULES = Path(__file__).parent.parent / "prompts" / "tutor.md"


@cache
def rules() -> str:
    """The prompt's fixed part."""
    return RULES.read_text(encoding="utf-8")


@cache
def prompt_hash() -> str:
    """Names the rules an answer was made under."""
    return hashlib.sha256(rules().encode()).hexdigest()


def messages(question: str, passages: Sequence[Passage], before: Sequence[Said]) -> list[Said]:
    """Return the conversation for the model; the fence's name cannot be guessed by a page."""
    fence = f"passages-{secrets.token_hex(6)}"
    blocks = "\n\n".join(_block(n, passage) for n, passage in enumerate(passages, 1))
    system = f"{rules()}\n<{fence}>\n{blocks}\n</{fence}>\n"
    return [
        {"role": "system", "content": system},
        *before,
        {"role": "user", "content": question},
    ]


def _block(n: int, passage: Passage) -> str:
    where = " > ".join(dict.fromkeys((passage.title, *passage.heading_path)))
    return f"[{n}] {where}\n{passage.text}"
