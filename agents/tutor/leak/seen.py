"""A text as it is looked at. Pure."""

import re
from dataclasses import dataclass

from agents.tutor.leak import fold
from agents.tutor.leak.fold import Folded
from agents.tutor.leak.spots import Spot

AFTER = 2  # ends of sentences, after which nothing says any more that a place was the answer
LATER = 160  # characters after which it does not either
_END = re.compile(r"[.!?…。！？][\"')\]*_`]*\s|\n")


@dataclass(frozen=True)
class Seen:
    """As it stands, folded, its letters alone; and what of it is decoded (again)."""

    raw: str
    text: Folded
    letters: Folded
    fresh: str
    about: str = ""  # what was asked

    @classmethod
    def of(cls, raw: str, fresh: str = "", about: str = "") -> "Seen":
        """Look at a text."""
        text = fold.fold(raw)
        return cls(raw, text, fold.compact(text), fresh, about)

    def open(self, spot: Spot) -> bool:
        """Whether what comes may still say that this place was the answer."""
        if len(self.text.text) - spot.end > LATER:
            return False
        return sum(1 for _end in _END.finditer(self.text.text, spot.end)) < AFTER
