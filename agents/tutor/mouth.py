"""From the model to the student: people restored, solutions held back, citations checked, kept short.

Nothing here depends on how the model's words are cut into pieces.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from agents.retrieve import Passage
from agents.tutor.cite import Citation, Citations
from agents.tutor.cover import Cover

MOST_WORDS = 120  # of an answer that guides; its citation marks are not counted
_WORD = re.compile(r"\w+(?:['’.,\-]\w+)*", re.UNICODE)
_NUMBER = re.compile(r"\[\d{1,2}\]")


class Holding(Protocol):
    """What lets no solution out (`agents.tutor.holdback.Holdback`)."""

    hit: str

    def feed(self, piece: str) -> str: ...

    def close(self) -> str: ...


class Gated(Protocol):
    """What checks citations (`agents.tutor.gate.Gate`)."""

    citations: Citations

    @property
    def fence(self) -> str: ...

    def feed(self, piece: str) -> tuple[str, list[Citation]]: ...

    def close(self) -> tuple[str, list[Citation]]: ...


Holdbacks = Callable[..., Holding]
Gates = Callable[[Sequence[Passage]], Gated]
Event = tuple[str, dict[str, Any]]


def counted(text: str) -> int:
    """How many words a reader meets."""
    return len(_WORD.findall(_NUMBER.sub("", text)))


class Mouth:
    """Feed it what the model says; it tells what the student may read, by `tell`.

    `held` makes a gate that holds back; `most`: words, or 0. `full` once no more may be said.
    """

    def __init__(
        self,
        cover: Cover,
        held: Callable[[], Holding],
        gate: Gated,
        tell: Callable[[Event], None],
        most: int = 0,
    ) -> None:
        self.text = ""  # all that the student has read
        self.full = False
        self.tell = tell
        self._cover, self._held, self._gate = cover, held, gate
        self._most = most
        self._passed = ""  # all that was not held back
        self._skip = 0  # characters of it that this gate has still to read
        self._holdback = held()

    @property
    def hit(self) -> str:
        """Why the gate stopped the model; "" if it did not."""
        return self._holdback.hit

    @property
    def cited(self) -> list[dict[str, Any]]:
        """The citations whose marks the student has read."""
        made = self._gate.citations.made
        return [one.as_json() for one in made if f"[{one.n}]" in self.text]

    def feed(self, piece: str) -> None:
        """Take a piece of the model's words."""
        self._on(self._cover.show(piece))

    def close(self) -> None:
        """Let out what is left, once the model has ended."""
        self._on(self._cover.close())
        self._let(self._holdback.close())
        if not self.hit:
            self._show(self._gate.close())

    def again(self) -> None:
        """Begin a second draft after the first was stopped; what has passed is remembered."""
        self._cover.close()
        self._holdback = self._held()
        self._skip = len(self._passed)
        passed = self._passed
        self._on(passed)
        if passed:
            self._on(f"\n{self._gate.fence}\n\n" if self._gate.fence else "\n\n")

    def say(self, text: str) -> None:
        """Say words of our own, after what was said."""
        apart = "\n\n" if self.text.strip() else ""
        self._out(f"{apart}{text}")

    def quote(self, text: str, cited: Sequence[Citation]) -> None:
        """Show passages, after what was said."""
        self.say(text)
        for one in cited:
            self.tell(("cite", one.as_json()))

    def _on(self, piece: str) -> None:
        if piece and not self.full:
            self._let(self._holdback.feed(piece))

    def _let(self, passed: str) -> None:
        """Hand on what was not held back; a second draft's gate reads the first one's words anew."""
        fresh, self._skip = passed[self._skip :], max(0, self._skip - len(passed))
        self._passed += fresh
        # Sign by sign where words are counted: how they came in pieces must not matter.
        for part in fresh if self._most else (fresh,):
            self._show(self._gate.feed(part))

    def _show(self, out: tuple[str, list[Citation]]) -> None:
        text, cited = out
        if self.full:
            return
        if self._most and counted(self.text + text) > self._most:
            self.full = True
            return
        for one in cited:  # before the text that carries their marks
            self.tell(("cite", one.as_json()))
        self._out(text)

    def _out(self, text: str) -> None:
        self.text += text
        if text:
            self.tell(("delta", {"text": text}))
