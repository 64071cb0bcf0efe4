"""All that is looked for, in a piece of text and what stood before it. Pure."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agents.tutor.leak import decoded, fold, overlap, sought
from agents.tutor.leak.counted import Counted
from agents.tutor.leak.fold import Folded
from agents.tutor.leak.named import Named
from agents.tutor.leak.private import Private
from agents.tutor.leak.sought import Expression, Number
from agents.tutor.leak.spots import NAMED, Spot
from agents.tutor.leak.told import Told
from agents.tutor.sealed import Solution, Vault

AFTER = 2  # ends of sentences, after which nothing says any more that a place was the answer
AGAIN = 80  # characters that have passed and are decoded again
CODE = 1200  # characters of code that wait for more of it
LATER = 160  # characters after which it does not either
SHORT = 2  # signs of a decoded answer that may come about by chance
PARTIAL = 3  # letters of a canary that are held back
_END = re.compile(r"[.!?…。！？][\"')\]*_`]*\s|\n")
_OPEN = re.compile(  # what may be a part of a number or a formula, at the end of a text
    r"(?:[\d+\-*/^=(){}\[\]\\.,%$_ ]|(?<![^\W\d_])[^\W\d_](?![^\W\d_])|\\[a-z]{1,8}){1,80}\Z"
)


@dataclass(frozen=True)
class Found:
    """Why the text must not go on, or up to which of its signs it may."""

    safe: int
    hit: str = ""


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
        each = vault.solutions
        problems = [one for each_ in each for one in (each_.problem, *each_.choices) if one]
        told = Told(problems, said)
        wanted = [one for solution in each for one in sought.of(solution)]
        counted = [one for one in wanted if isinstance(one, Number | Expression)]
        pairs = [pair for solution in each for pair in solution.pairs]
        texts = [one for solution in each for one in _texts(solution)]
        allowed = [*problems, *said]
        self._sealed = bool(each)
        self._canary = fold.compact(fold.fold(canary)).text
        self._counted = Counted(counted, told)
        self._named = Named(wanted, pairs, told)
        self._copies = overlap.Copies(texts, allowed)
        self._never = overlap.Copies(never)
        self._meanings = overlap.Meanings([one for one in texts if _long(one)], allowed)
        self._programs = overlap.Programs(texts, allowed)
        self._private = Private(known, [*said, *problems])

    def at(self, behind: str, held: str, *, ended: bool) -> Found:
        """Judge what is held; `behind` has passed, and `ended` says that no more comes."""
        raw, base = behind + held, len(behind)
        text = fold.fold(raw)
        letters = fold.compact(text)
        hit = self._guarded(raw, text, letters)
        hit = hit or ("" if self._sealed else self._hidden(raw[max(0, base - AGAIN) :]))
        if hit or not self._sealed:
            safe = len(raw) if ended else min(self._waits(text, letters), decoded.waits(raw))
            return Found(0, hit) if hit else Found(max(0, safe - base))
        over, open_code = self._programs.find(raw)
        open_code = open_code if len(raw) - open_code <= CODE else len(raw)
        spots = list(self._spots(raw, text, letters))
        hit = next((one.why for one in spots if one.leaks), "") or ("code" if over else "")
        hit = hit or self._worded(raw, text, letters) or self._hidden(raw[max(0, base - AGAIN) :])
        if hit:
            return Found(0, hit)
        if ended:
            return Found(len(held))
        safe = min(self._waits(text, letters), self._begun(raw, text, letters), decoded.waits(raw))
        safe = min(safe, open_code, *(text.at[one.start] for one in spots if _fresh(text, one)))
        return Found(max(0, safe - base))

    def _guarded(self, raw: str, text: Folded, letters: Folded) -> str:
        """What must never leave, whatever is sealed."""
        if self._canary and self._canary in letters.text:
            return "canary"
        if self._never.find(text.text):
            return "prompt"
        return self._private.find(raw)

    def _spots(self, raw: str, text: Folded, letters: Folded) -> Iterator[Spot]:
        yield from self._counted.find(text.text)
        if "**" in raw:
            starred = fold.fold(raw, starred=True)
            for one in self._counted.worked(starred.text):
                start, end = starred.span(one.start, one.end)
                there = bisect_left(text.at, start), bisect_left(text.at, end)
                yield replace(one, start=there[0], end=there[1])
        yield from self._named.find(text, letters)

    def _worded(self, raw: str, text: Folded, letters: Folded) -> str:
        if self._copies.find(text.text) or self._meanings.find(raw):
            return "text"
        return "encoded" if self._named.hides(letters.text) else ""

    def _hidden(self, raw: str) -> str:
        for _start, _end, told in decoded.views(raw):
            text = fold.fold(f" {told} ")
            letters = fold.compact(text)
            if self._canary and self._canary in letters.text:
                return "canary"
            spots = [*self._counted.find(text.text, strict=True)]
            spots += self._named.find(text, letters, strict=True)
            if any(one.leaks and _meant(one, text.text) for one in spots):
                return "encoded"
            if _long(told) and (self._programs.find(told)[0] or self._copies.find(text.text)):
                return "encoded"
        return ""

    def _waits(self, text: Folded, letters: Folded) -> int:
        """Where the canary, or a copy of what never leaves, may have begun."""
        safe = text.at[self._never.begins(text.text)]
        for size in range(min(len(self._canary) - 1, len(letters.text)), PARTIAL, -1):
            if letters.text.endswith(self._canary[:size]):
                return min(safe, letters.at[len(letters.text) - size])
        return safe

    def _begun(self, raw: str, text: Folded, letters: Folded) -> int:
        """Where a sealed span may have begun that goes on."""
        named = letters.at[self._named.begins(raw, letters)]
        safe = min(text.at[self._copies.begins(text.text)], named)
        safe = min(safe, text.at[self._named.line_begins(text.text)])
        tail = text.text.rstrip()
        if tail[-1:] in ".!?…。！？":
            return safe
        opened = _OPEN.search(tail)
        return min(safe, text.at[opened.start()]) if opened else safe


def _meant(spot: Spot, text: str) -> bool:
    """Whether what was decoded is no chance: long enough, all that there is, or said to be it."""
    return (
        spot.end - spot.start > SHORT
        or spot.level >= NAMED
        or bool(text.strip(" .!?") == text[spot.start : spot.end].strip())
    )


def _fresh(text: Folded, spot: Spot) -> bool:
    """Whether what comes may still say that this place was the answer."""
    if len(text.text) - spot.end > LATER:
        return False
    return sum(1 for _end in _END.finditer(text.text, spot.end)) < AFTER


def _texts(solution: Solution) -> list[str]:
    return [one for one in (solution.text, *solution.answers) if one]


def _long(text: str) -> bool:
    return len(text.split()) > sought.WORDS
