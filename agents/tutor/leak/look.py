"""All that is looked for, in a piece of text and what stood before it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from agents.tutor.leak import decoded, fold, overlap
from agents.tutor.leak.fold import Folded
from agents.tutor.leak.kept import Part, kept
from agents.tutor.leak.private import Private
from agents.tutor.leak.seen import Seen
from agents.tutor.sealed import Vault

AGAIN = 80  # characters that have passed and are decoded again
PARTIAL = 3  # letters of a canary that are held back


@dataclass(frozen=True)
class Found:
    """Why the text must not go on, or up to which of its signs it may."""

    safe: int
    hit: str = ""


@lru_cache(maxsize=4)
def _copies(texts: tuple[str, ...]) -> overlap.Copies:
    """The same rules are kept in every turn."""
    return overlap.Copies(texts)


class Look:
    """What is looked for, made ready once a turn. It remembers how much of a program it saw."""

    def __init__(
        self,
        vault: Vault,
        canary: str,
        *,
        said: Sequence[str] = (),
        known: Sequence[str] = (),
        never: Sequence[str] = (),
    ) -> None:
        near = kept(vault.solutions, tuple(said))
        parts = [Part(near)] if vault.solutions else []
        if vault.course:
            parts.append(Part(kept(vault.course, far=True), tuple(said)))
        self._parts = parts
        self._about = said[0] if said else ""
        self._canary = fold.compact(fold.fold(canary)).text
        self._never = _copies(tuple(never))
        self._private = Private(known, [*said, *near.problems])

    def at(self, behind: str, held: str, *, ended: bool) -> Found:
        """Judge what is held; `behind` has passed, and `ended` says that no more comes."""
        raw, base = behind + held, len(behind)
        seen = Seen.of(raw, raw[max(0, base - AGAIN) :], self._about)
        text = seen.text
        hit = self._guarded(raw, text, seen.letters)
        hit = hit or next((hit for part in self._parts if (hit := part.hit(seen))), "")
        hit = hit or self._hidden(seen)
        if hit:
            return Found(0, hit)
        if ended:
            return Found(len(held))
        safe = min(self._waits(text, seen.letters), decoded.waits(raw))
        safe = min(safe, *(part.waits(seen) for part in self._parts), len(raw))
        return Found(max(0, safe - base))

    def _guarded(self, raw: str, text: Folded, letters: Folded) -> str:
        """What must never leave, whatever is sealed."""
        if self._canary and self._canary in letters.text:
            return "canary"
        if self._never.find(text.text):
            return "prompt"
        return self._private.find(raw)

    def _hidden(self, seen: Seen) -> str:
        """Whether it says so in another writing."""
        for _start, _end, told in decoded.views(seen.fresh):
            if self._canary and self._canary in fold.compact(fold.fold(told)).text:
                return "canary"
            if any(part.coded(told, seen) for part in self._parts):
                return "encoded"
        return ""

    def _waits(self, text: Folded, letters: Folded) -> int:
        """Where the canary, or a copy of what never leaves, may have begun."""
        safe = text.at[self._never.begins(text.text)]
        for size in range(min(len(self._canary) - 1, len(letters.text)), PARTIAL, -1):
            if letters.text.endswith(self._canary[:size]):
                return min(safe, letters.at[len(letters.text) - size])
        return safe
