"""The gate between model and student: text passes by whole sentences, its citations checked. Pure."""

import re
from collections.abc import Sequence

from agents.retrieve import Passage
from agents.tutor.cite import MARK, Citation, Citations

LONGEST = 1500  # characters held back at most
_END = re.compile(r"(?:(?<=[.!?:…\"”)\]])[ \t]+|\n+)(?=[^\s\[])")
_OPEN = re.compile(r"\[\^?\d{0,2}(?:\s*[:,][^\]]*)?$")  # a mark that has begun and not ended
_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$)", re.DOTALL)

Out = tuple[str, list[Citation]]


class Gate:
    """Feed it what the model says; it gives back what may be shown."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.citations = Citations(passages)
        self.text = ""  # all that has passed
        self._held = ""

    def feed(self, piece: str) -> Out:
        """Take a piece; return text to show and the citations that are new in it."""
        self._held += piece
        cut = self._cut()
        ready, self._held = self._held[:cut], self._held[cut:]
        return self._pass(ready)

    def close(self) -> Out:
        """Let the rest pass, without a mark that never ended."""
        ready, self._held = _OPEN.sub("", self._held), ""
        return self._pass(ready)

    def _cut(self) -> int:
        """Where the last whole sentence ends."""
        held = self._held
        for found in reversed(list(_END.finditer(held))):
            before = held[: found.end()]
            if not _OPEN.search(before) and before.count("```") % 2 == 0:
                return found.end()
        return len(held) if len(held) > LONGEST else 0

    def _pass(self, ready: str) -> Out:
        known = len(self.citations.made)
        parts = _CODE.split(ready)  # every second one is code or a formula: x[1] is no citation
        shown = "".join(
            self._checked(part) if at % 2 == 0 else part for at, part in enumerate(parts)
        )
        self.text += shown
        return shown, self.citations.made[known:]

    def _checked(self, prose: str) -> str:
        """Replace each proved mark by its number, and take the others out."""
        made, done = "", 0
        for mark in MARK.finditer(prose):
            made += prose[done : mark.start()]
            sentence = MARK.sub("", prose[: mark.start()]).rstrip(" .!?")
            sentence = re.split(r"(?<=[.!?])\s+|\n", sentence)[-1]
            cited = self.citations.check(int(mark["n"]), mark["quote"], sentence)
            number = f" [{cited.n}]" if cited else ""
            made += "" if number and made.endswith(number) else number
            done = mark.end()
        return made + prose[done:]
