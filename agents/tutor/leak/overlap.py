"""How much of a sealed text or program stands in another one, word by word. Pure."""

import keyword
import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from agents import words
from agents.tutor.leak import fold

RUN = 8  # words in a row are a copy
BEGUN = 4  # words in a row may become one
SHARE = 0.75  # of a long answer's telling words, in one sentence and the one before
LEAST = 4  # telling words of an answer that is compared so
GRAM = 5  # tokens
CODE_SHARE, CODE_LEAST = 0.4, 4  # of a program's runs of five tokens, and how many at least
APART = 40  # tokens without any of them: a new piece of code

_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?。！？])\s+|\n+")
_TOKEN = re.compile(
    r"(?P<name>[A-Za-z_]\w*)|(?P<number>\d+(?:\.\d+)?)|(?P<string>\"[^\"\n]{0,80}\"|'[^'\n]{0,80}')"
    r"|(?P<sign>==|!=|<=|>=|->|=>|\+=|-=|\*\*|&&|\|\||::|[^\w\s])"
)
_KEPT = frozenset(keyword.kwlist) | frozenset(
    [
        "print",
        "range",
        "len",
        "append",
        "input",
        "int",
        "str",
        "float",
        "list",
        "dict",
        "set",
        "sum",
        "min",
        "max",
        "sorted",
        "enumerate",
        "zip",
        "map",
        "open",
        "read",
        "write",
        "split",
        "join",
        "echo",
        "select",
        "where",
        "group",
        "order",
        "by",
        "insert",
        "update",
        "delete",
        "create",
        "table",
        "function",
        "var",
        "let",
        "const",
        "new",
        "this",
        "public",
        "private",
        "static",
        "void",
        "string",
        "boolean",
        "class",
        "switch",
        "case",
        "break",
        "continue",
        "do",
        "then",
        "fi",
        "done",
        "elif",
        "end",
        "begin",
        "foreach",
        "include",
        "using",
        "namespace",
        "std",
        "cout",
        "cin",
        "endl",
        "main",
        "struct",
        "fn",
        "mut",
        "impl",
        "match",
        "self",
    ]
)


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of a folded or raw text."""

    start: int
    end: int


class Copies:
    """Runs of words of some texts, other than those that stand in `allowed`."""

    def __init__(
        self, texts: Iterable[str], allowed: Iterable[str] = (), *, run: int = RUN
    ) -> None:
        self._run = run
        free = {gram for one in allowed for gram in _grams(_words(one), run)}
        self._runs: set[tuple[str, ...]] = set()
        self._begun: set[tuple[str, ...]] = set()
        for text in texts:
            found = _words(text)
            self._runs.update(gram for gram in _grams(found, run) if gram not in free)
            for length in range(BEGUN, run) if self._runs else ():
                self._begun.update(_grams(found, length))

    def find(self, folded: str) -> Place | None:
        """Return the first copy in a folded text."""
        if not self._runs:
            return None
        found = list(_WORD.finditer(folded))
        for at in range(len(found) - self._run + 1):
            if tuple(one[0] for one in found[at : at + self._run]) in self._runs:
                return Place(found[at].start(), found[at + self._run - 1].end())
        return None

    def begins(self, folded: str) -> int:
        """Where a run begins that may become a copy, at the end of a folded text."""
        if not self._begun:
            return len(folded)
        found = list(_WORD.finditer(folded))[-self._run :]
        for length in range(min(self._run - 1, len(found)), BEGUN - 1, -1):
            if tuple(one[0] for one in found[-length:]) in self._begun:
                return found[-length].start()
        return len(folded)


class Meanings:
    """Telling words of long answers, which may not stand together in two neighbouring sentences."""

    def __init__(self, answers: Iterable[str], allowed: Sequence[str]) -> None:
        self._languages = {words.language_of(one) or "en" for one in answers}
        self._sets: list[tuple[str, frozenset[str]]] = []
        for answer in answers:
            language = words.language_of(answer) or "en"
            free = {term for one in allowed for term in words.terms(one, language)}
            for part in _SENTENCE.split(answer):
                told = frozenset(words.terms(part, language)) - free
                if len(told) >= LEAST:
                    self._sets.append((language, told))

    def find(self, raw: str) -> bool:
        """Whether an answer's telling words stand together somewhere in a text."""
        if not self._sets:
            return False
        parts = [one for one in _SENTENCE.split(raw) if one.strip()]
        for language in self._languages:
            sets = [told for name, told in self._sets if name == language]
            each = [_terms(part, language) for part in parts]
            for at, own in enumerate(each):
                both = own | (each[at - 1] if at else frozenset())
                if any(len(told & both) >= max(LEAST, SHARE * len(told)) for told in sets):
                    return True
        return False


class Programs:
    """Programs of solutions, with their names taken off; what the problem gives is free."""

    def __init__(self, texts: Iterable[str], allowed: Iterable[str]) -> None:
        free = {gram for one in allowed for gram, _place in code(one)}
        self._each = [
            made
            for one in texts
            if len(made := frozenset(gram for gram, _place in code(one)) - free) >= CODE_LEAST
        ]
        self._all: AbstractSet[tuple[str, ...]] = frozenset().union(*self._each)

    def find(self, raw: str, told: set[tuple[str, ...]]) -> tuple[bool, int]:
        """Return whether too much of a program has been told, and where a piece of one is open.

        `told` is what was seen of them before; what is seen now is added.
        """
        if not self._all:
            return False, len(raw)
        found = [(gram in self._all, gram, place) for gram, place in code(raw)]
        told.update(gram for known, gram, _place in found if known)
        over = any(len(told & one) >= max(CODE_LEAST, CODE_SHARE * len(one)) for one in self._each)
        return over, _open(found, len(raw))


def _open(found: Sequence[tuple[bool, tuple[str, ...], Place]], length: int) -> int:
    """Where the last piece of code begins, unless much else has followed it."""
    begun, quiet = length, APART + 1
    for known, _gram, place in found:
        if known:
            begun, quiet = (place.start if quiet > APART else begun), 0
        else:
            quiet += 1
    return begun if quiet <= APART else length


def code(text: str) -> Iterator[tuple[tuple[str, ...], Place]]:
    """Yield runs of five tokens of a program, its own names taken off, and where they stand."""
    tokens = [(_named(found), found.span()) for found in _TOKEN.finditer(text)]
    for at in range(len(tokens) - GRAM + 1):
        part = tokens[at : at + GRAM]
        gram = tuple(name for name, _span in part)
        signs = sum(name not in ("id", ".", ",", ":", "-", "'", '"', "?", "!") for name in gram)
        if signs >= 2:
            yield gram, Place(part[0][1][0], part[-1][1][1])


@lru_cache(maxsize=1024)
def _terms(part: str, language: str) -> frozenset[str]:
    return frozenset(words.terms(part, language))


def _named(token: re.Match[str]) -> str:
    if token["name"]:
        return token["name"] if token["name"] in _KEPT else "id"
    if token["string"]:
        return "text"
    return token[0]


def _words(text: str) -> list[str]:
    return _WORD.findall(fold.plain(text))


def _grams(found: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(found[at : at + length]) for at in range(len(found) - length + 1))
