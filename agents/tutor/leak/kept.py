"""What is looked for of some solutions, made ready; and one turn's look for it. Pure.

Every lesson says "so that is 12" and "the answer is C". Of solutions that the talk is not found to
be about (`far`), a final answer counts where words of its own problem stand near; and where it is
called the answer and nobody says it by chance.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from agents import words
from agents.tutor.leak import fold, overlap, sought
from agents.tutor.leak.counted import Counted
from agents.tutor.leak.named import SHIFTED, Named
from agents.tutor.leak.seen import Seen
from agents.tutor.leak.sought import Expression, Line, Number, Option, Phrase, Sought, Verdict
from agents.tutor.leak.spots import ANSWER, EQUAL, NAMED, Spot
from agents.tutor.leak.told import Told
from agents.tutor.sealed import Solution

CODE = 1200  # characters of code that wait for more of it
NEAR, NEAR_SHARE = 2, 0.4  # telling words of a problem that stand near, and which share of them
DIGITS = 3  # of a number that is no chance where it is said to be what comes out
FAR_RUN = 12  # words in a row that are a copy of what is far
FAR_SHIFTED = 10  # letters of a word of it that is looked for from its end
READY = 32  # of these that a process keeps; of courses and talks
SHORT = 2  # signs of a decoded answer that may come about by chance
_OPEN = re.compile(  # what may be a part of a number or a formula, at the end of a text
    r"(?:[\d+\-*/^=(){}\[\]\\.,%$_ ]|(?<![^\W\d_])[^\W\d_](?![^\W\d_])|\\[a-z]{1,8}){1,80}\Z"
)


class Kept:
    """Some solutions. `said`: what the student wrote, who may have found something."""

    def __init__(self, solutions: tuple[Solution, ...], said: tuple[str, ...], *, far: bool):
        self.solutions, self.far = solutions, far
        self.problems = [one for each in solutions for one in (each.problem, *each.choices) if one]
        told = Told(self.problems, said)
        wanted = [one for solution in solutions for one in sought.of(solution)]
        pairs = [pair for solution in solutions for pair in solution.pairs]
        texts = [one for solution in solutions for one in _texts(solution)]
        allowed = [*self.problems, *said]
        self.counted = Counted(
            [one for one in wanted if isinstance(one, Number | Expression)], told
        )
        self.named = Named(wanted, pairs, told, shifted=FAR_SHIFTED if far else SHIFTED)
        self.copies = overlap.Copies(texts, allowed, run=FAR_RUN if far else overlap.RUN)
        long = [] if far else [one for one in texts if _long(one)]
        self.meanings = overlap.Meanings(long, allowed)
        programs = [one for one in texts if not far or sought.coded(one)]
        self.programs = overlap.Programs(programs, allowed)
        self._asked: dict[object, set[frozenset[str]]] = {}
        for solution in solutions if far else ():
            for one in sought.of(solution):
                self._asked.setdefault(_key(one), set()).add(_terms(solution.problem))
            if solution.pairs:
                self._asked.setdefault(Phrase, set()).add(_terms(solution.problem))

    def spots(self, seen: Seen) -> list[Spot]:
        """Return where final answers stand, however surely they are called so."""
        found = list(self._spots(seen))
        return self._near(found, seen.raw, seen.about) if self.far and found else found

    def _near(self, found: list[Spot], raw: str, about: str) -> list[Spot]:
        """Those that may be of a problem that the talk is not known to be about."""
        said = _terms(f"{raw} {about}")
        return [one for one in found if _telling(one, raw) or self._about(one.what, said)]

    def _hinted(self, found: list[Spot], told: str, around: Seen) -> list[Spot]:
        """Likewise in a text that was decoded: numbers without any words are anybody's."""
        if re.search(r"[^\W\d_]{2}", told):
            return [one for one in found if one.level >= EQUAL] or self._near(
                found, told, around.about
            )
        said = _terms(f"{around.raw} {around.about}")
        return [one for one in found if self._about(one.what, said)]

    def _about(self, what: object, said: frozenset[str]) -> bool:
        """Whether enough words stand near of a problem that this answers."""
        return any(
            len(asked & said) >= max(NEAR, NEAR_SHARE * len(asked))
            for asked in self._asked.get(what, ())
        )

    def _spots(self, seen: Seen) -> Iterator[Spot]:
        yield from self.counted.find(seen.text.text)
        if "**" in seen.raw:
            starred = fold.fold(seen.raw, starred=True)
            for one in self.counted.worked(starred.text):
                start, end = starred.span(one.start, one.end)
                there = bisect_left(seen.text.at, start), bisect_left(seen.text.at, end)
                yield replace(one, start=there[0], end=there[1])
        yield from self.named.find(seen.text, seen.letters)

    def worded(self, seen: Seen) -> str:
        """Whether a long answer is told, or a word in other letters."""
        if self.copies.find(seen.text.text) or self.meanings.find(seen.raw):
            return "text"
        return "encoded" if self.named.hides(seen.letters.text) else ""

    def coded(self, told: str, written: Seen, around: Seen) -> bool:
        """Whether a text that was decoded tells one."""
        text, letters = written.text, written.letters
        spots = [*self.counted.find(text.text, strict=True)]
        spots += self.named.find(text, letters, strict=True)
        if self.far and spots:
            spots = self._hinted(spots, told, around)
        if any(one.leaks and _meant(one, text.text) for one in spots):
            return True
        if not _long(told):
            return False
        return self.programs.find(told, set())[0] or bool(self.copies.find(text.text))

    def begun(self, seen: Seen) -> int:
        """Where a sealed span may have begun that goes on."""
        text, letters = seen.text, seen.letters
        safe = min(
            text.at[self.copies.begins(text.text)], letters.at[self.named.begins(seen.raw, letters)]
        )
        safe = min(safe, text.at[self.named.line_begins(text.text)])
        tail = text.text.rstrip()
        if tail[-1:] in ".!?…。！？":
            return safe
        opened = _OPEN.search(tail)
        return min(safe, text.at[opened.start()]) if opened else safe


@lru_cache(maxsize=READY)
def kept(solutions: tuple[Solution, ...], said: tuple[str, ...] = (), *, far: bool = False) -> Kept:
    """Return what is looked for of these, made once for as long as nothing changes."""
    return Kept(solutions, said, far=far)


def _key(one: Sought) -> object:
    """What a place is known by: an option and a verdict are of any problem that has one."""
    return type(one) if isinstance(one, Option | Verdict) else one


def _telling(spot: Spot, raw: str) -> bool:
    """Whether a place is called the answer, and it is none that many problems have."""
    if spot.level < EQUAL:
        return False
    match spot.what:
        case Number():
            return len(re.sub(r"\D", "", str(float(spot.what.value))[:8]).strip("0")) >= DIGITS
        case Phrase():
            return spot.level == ANSWER and spot.what.telling
        case Expression() | Line():
            return True
    return False


@lru_cache(maxsize=2048)
def _terms(text: str) -> frozenset[str]:
    return frozenset(words.terms(text, words.language_of(text) or "en"))


def _meant(spot: Spot, text: str) -> bool:
    """Whether what was decoded is no chance: long enough, all that there is, or said to be it."""
    return (
        spot.end - spot.start > SHORT
        or spot.level >= NAMED
        or bool(text.strip(" .!?") == text[spot.start : spot.end].strip())
    )


def _texts(solution: Solution) -> list[str]:
    return [one for one in (solution.text, *solution.answers) if one]


def _long(text: str) -> bool:
    return len(text.split()) > sought.WORDS


class Part:
    """One turn's look for what is kept. It remembers how much of a program it saw."""

    def __init__(self, what: Kept, said: tuple[str, ...] = ()) -> None:
        self._kept, self._said = what, said
        self._told: set[tuple[str, ...]] = set()
        self._open = 0  # up to where the text that was looked at last may go on

    def hit(self, seen: Seen) -> str:
        """Return why a text must not go on, or nothing. Of what the student found it may tell."""
        told = set(self._told)
        hit = self._hit(seen)
        if hit and self._said:
            self._kept = Kept(self._kept.solutions, self._said, far=self._kept.far)
            self._said, self._told = (), told
            hit = self._hit(seen)
        return hit

    def _hit(self, seen: Seen) -> str:
        kept, length = self._kept, len(seen.raw)
        over, begun = kept.programs.find(seen.raw, self._told)
        spots = kept.spots(seen)
        waits = [seen.text.at[one.start] for one in spots if seen.open(one)]
        self._open = min(begun if length - begun <= CODE else length, *waits, length)
        hit = next((one.why for one in spots if one.leaks), "") or ("code" if over else "")
        return hit or kept.worded(seen)

    def coded(self, told: str, seen: Seen) -> bool:
        """Whether a text that was decoded tells something; `seen` is where it stood."""
        written = Seen.of(f" {told} ", "")
        if not self._kept.coded(told, written, seen):
            return False
        if self._said:
            self._kept = Kept(self._kept.solutions, self._said, far=self._kept.far)
            self._said = ()
            return self._kept.coded(told, written, seen)
        return True

    def waits(self, seen: Seen) -> int:
        """Where something may have begun that goes on, in the text that was looked at last."""
        return min(self._open, self._kept.begun(seen))
