"""Names, addresses and ids of people → pseudonyms before a model reads a text, and back. Pure.

One person has one pseudonym in a course, always. What comes back from the model is restored only
where this cover itself hid it: a pseudonym that somebody writes down stays what it is.
"""

import hmac
import re
import unicodedata
from base64 import b32encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

SHORTEST = 3  # signs of a name; shorter ones are words more often than people
SHORTEST_MARK = 5  # signs of an id; shorter ones are numbers of other things
LONGEST_NAME = 8  # words
_WORD = re.compile(r"[^\W_]+(?:(?:[._@+]|['’](?!s\b))+[^\W_]+)*", re.UNICODE)
_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w+.,-])(?:\+|00)\d(?:[ ()/-]{0,2}\d){8,13}(?![\w.])")


@dataclass(frozen=True)
class Known:
    """Somebody of the course: an id of ours, and all that they are called."""

    person: str
    names: tuple[str, ...] = ()  # as written; also in "Last, First"
    marks: tuple[str, ...] = ()  # e-mail addresses, ids of the LMS


class Cover:
    """Hides people in what a model reads; shows them again in what it says, piece by piece.

    `key` makes the pseudonyms of a course unlike those of any other.
    """

    def __init__(self, people: Iterable[Known], key: bytes) -> None:
        self._key = key
        self._held = ""
        self._hidden: dict[str, str] = {}  # pseudonym, folded → what stood there first
        # Words of a name, folded → who that is, and how they are written.
        self._called: dict[tuple[str, ...], tuple[str, str]] = {}
        self._words = 1
        for one in people:
            for name in one.names:
                self._learn(name, one.person, SHORTEST)
            for mark in one.marks:
                self._learn(mark, f"{one.person}:{_fold(mark)}", SHORTEST_MARK)

    def _learn(self, name: str, person: str, shortest: int) -> None:
        parts = tuple(_fold(found[0]) for found in _WORD.finditer(name))
        if 0 < len(parts) <= LONGEST_NAME and len("".join(parts)) >= shortest:
            self._called.setdefault(parts, (person, name))
            self._called.setdefault((*parts[-1:], *parts[:-1]), (person, name))
            self._words = max(self._words, len(parts))

    def hide(self, text: str) -> str:
        """Return the text with pseudonyms in place of people; the longest name first."""
        made, done = [], 0
        for start, end, person, name in self._people(text):
            made += [text[done:start], self._pseudonym(person, name)]
            done = end
        made.append(text[done:])
        text = "".join(made)
        text = _MAIL.sub(partial(self._address, "mail"), text)
        return _PHONE.sub(partial(self._address, "phone"), text)

    def hidden(self, data: Any) -> Any:
        """The same for a tool's result: every text in it, keys too."""
        match data:
            case str():
                return self.hide(data)
            case dict():
                return {self.hidden(name): self.hidden(one) for name, one in data.items()}
            case list() | tuple():
                return [self.hidden(one) for one in data]
        return data

    def shown(self, data: Any) -> Any:
        """Restore a whole: a text, or the arguments of a tool. Nothing is held."""
        match data:
            case str():
                return self._restored(data)
            case dict():
                return {self.shown(name): self.shown(one) for name, one in data.items()}
            case list() | tuple():
                return [self.shown(one) for one in data]
        return data

    def show(self, piece: str) -> str:
        """Take a piece of what the model says; return what may pass, people restored."""
        self._held += piece
        safe = self._safe()
        out, self._held = self._held[:safe], self._held[safe:]
        return self._restored(out)

    def close(self) -> str:
        """Return the rest."""
        out, self._held = self._held, ""
        return self._restored(out)

    def _people(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """Yield where people stand, who, and how they are written. Names are whole words, so "Ann" is not in "Annual"."""
        found = list(_WORD.finditer(text))
        at = 0
        while at < len(found):
            for length in range(min(self._words, len(found) - at), 0, -1):
                run = found[at : at + length]
                called = self._called.get(tuple(_fold(one[0]) for one in run))
                if called and _together(text, run):
                    yield run[0].start(), run[-1].end(), *called
                    at += length
                    break
            else:
                at += 1

    def _address(self, kind: str, found: re.Match[str]) -> str:
        return self._pseudonym(f"{kind}:{_fold(found[0])}", found[0])

    def _pseudonym(self, person: str, stood: str) -> str:
        digest = hmac.digest(self._key, person.encode(), "sha256")
        name = f"Person-{b32encode(digest)[:6].decode()}"
        self._hidden.setdefault(_fold(name), stood)
        return name

    def _restored(self, text: str) -> str:
        if not self._hidden:
            return text
        return _PSEUDONYM.sub(lambda found: self._hidden.get(_fold(found[0]), found[0]), text)

    def _safe(self) -> int:
        """Up to where the held text cannot be the beginning of a pseudonym."""
        if not self._hidden:
            return len(self._held)
        tail = _BEGUN.search(self._held)
        return tail.start() if tail else len(self._held)


_PSEUDONYM = re.compile(r"(?<!\w)Person-(?!person)[A-Z2-7]{6}(?!\w)", re.IGNORECASE)
_BEGUN = re.compile(r"(?<!\w)(?:p|pe|per|pers|perso|person|person-[A-Z2-7]{0,6})\Z", re.IGNORECASE)


def _together(text: str, run: list[re.Match[str]]) -> bool:
    """Whether words stand as a name does: spaces between them, a comma or a hyphen."""
    gaps = (text[a.end() : b.start()] for a, b in pairwise(run))
    return all(re.fullmatch(r"-|,?[^\S\n]*\n?[^\S\n]*", gap) and gap for gap in gaps)


def _fold(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold().replace("’", "'")
    return "".join(sign for sign in folded if not unicodedata.combining(sign))
