"""What an item asks, sealed into a token: who answers can neither read nor change it.

It names places, never words: the answer does not stand in it. It is good for a day.
"""

import hashlib
from dataclasses import asdict, dataclass
from uuid import UUID

from django.core import signing

from agents.models.index import Chunk
from agents.models.learning import Try
from tutorai.errors import NotFound

SALT, LASTS = "practice", 86400  # seconds an item can be answered


@dataclass(frozen=True)
class Asked:
    """One item: a gap in a passage, or one of the questions that were made of it."""

    chunk: str
    text: str  # digest of the passage as it was
    gap: tuple[int, int, int, int] | None = None  # sentence from, to; word from, to
    worked: str = ""  # agents.Worked
    number: int = 0  # among its questions
    skill: str = ""
    kind: str = Try.Kind.PRACTICE.value
    ladder: str = ""  # the help that a check follows

    @property
    def mark(self) -> str:
        """What is asked, however often: the same word of the same passage."""
        place = f"{self.gap[2]}" if self.gap else f"{self.worked}:{self.number}"
        return f"{self.chunk}:{self.text}:{place}"

    @property
    def is_check(self) -> bool:
        """Whether this is the look at what somebody can do without the help they had."""
        return self.kind == Try.Kind.CHECK

    def seal(self) -> str:
        """Return its token."""
        told = {name: value for name, value in asdict(self).items() if value}
        return signing.dumps(told, salt=SALT)


def opened(token: str) -> Asked:
    """Return what a token asks; raise NotFound for one that is old or not ours."""
    try:
        told = signing.loads(token, salt=SALT, max_age=LASTS)
        gap = told.pop("gap", None)
        return Asked(**told, gap=tuple(gap) if gap else None)
    except (signing.BadSignature, ValueError, TypeError, AttributeError) as error:
        raise NotFound() from error


def digest(text: str) -> str:
    """Name a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def same(chunk: Chunk, asked: Asked) -> bool:
    """Whether a passage says what it said when this was asked."""
    return digest(chunk.text) == asked.text


def uuid(written: str) -> UUID | None:
    """Return an id that stands in a token, if one does."""
    return UUID(written) if written else None
