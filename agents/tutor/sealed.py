"""What is known of a problem and not said: solutions, final answers, common mistakes. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from agents import words

BEARS = 0.5  # share of a problem's telling words that the talk must hold to be about it
FEW = 8  # words; a solution of so few is its final answer
LEAST_WORDS = 2  # of a problem, that the talk must hold
_CONCLUDES = re.compile(
    r"(?:answer|result|solution|therefore|hence|∴|⇒|=>|respuesta|resultado|solución|por tanto"
    r"|antwort|ergebnis|lösung|also|daher|réponse|résultat|donc|risposta|risultato|resposta)"
    r"\s*(?:is|es|ist|est|è|é)?\s*[:=]?\s*(?P<told>[^\n]{1,80}?)\s*(?:[.!]\s|[.!]?$)",
    re.IGNORECASE | re.MULTILINE,
)
_LAST_EQUALS = re.compile(r"[=≈]\s*(?P<told>[^=≈\n]{1,40}?)\s*[.$\\)\]]*\s*$")


@dataclass(frozen=True)
class Solution:
    """How a problem is solved. `choices` are its options as students read them, in their order."""

    text: str = ""
    answers: tuple[str, ...] = ()
    problem: str = ""
    choices: tuple[str, ...] = ()
    right: tuple[int, ...] = ()  # places in `choices`
    lettered: bool = True  # students see the choices in this order: A, B, C…
    pairs: tuple[tuple[str, str], ...] = ()  # what belongs together
    tolerance: float = 0.0  # of a number
    verdict: bool | None = None  # of a statement: is it true?
    own: bool = field(default=True, compare=False)  # of the activity at hand, or the whole course

    @property
    def finals(self) -> tuple[str, ...]:
        """The final answers; where none are named, what the solution's text concludes."""
        right = tuple(self.choices[at] for at in self.right if at < len(self.choices))
        told = (*self.answers, *right)
        if self.verdict is not None:
            told = (*told, str(self.verdict))
        if not told and 0 < len(self.text.split()) <= FEW:
            told = (self.text,)
        return tuple(dict.fromkeys(told or _concluded(self.text)))


@dataclass(frozen=True)
class Mistake:
    """What often goes wrong, and what helps then. It may be said, in other words."""

    text: str
    problem: str = ""
    own: bool = True


@dataclass(frozen=True)
class Vault:
    """What is sealed: of a course, or (`bearing`) what of it a talk is about.

    `course` is then all that is sealed there: a model is not told it, and may not tell it.
    """

    solutions: tuple[Solution, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    language: str = field(default="en", compare=False)
    course: tuple[Solution, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.solutions or self.mistakes)

    @property
    def answers(self) -> tuple[str, ...]:
        """Every final answer."""
        return tuple(dict.fromkeys(one for each in self.solutions for one in each.finals))

    def bearing(self, *talks: str) -> "Vault":
        """Return what the activity at hand has, and of the rest what one of these is about.

        A problem of another activity counts once a talk holds half of its telling words.
        """
        said = [set(words.terms(talk, self.language)) for talk in talks]
        kept = [one for one in self.solutions if one.own or _about(one.problem, said, self)]
        known = [one for one in self.mistakes if one.own or _about(one.problem, said, self)]
        course = self.solutions if len(kept) < len(self.solutions) else ()
        return replace(self, solutions=tuple(kept), mistakes=tuple(known), course=course)


@lru_cache(maxsize=2048)
def _terms(problem: str, language: str) -> frozenset[str]:
    return frozenset(words.terms(problem, language))


def _about(problem: str, said: Sequence[set[str]], vault: Vault) -> bool:
    asked = _terms(problem, vault.language)
    shared = max((len(asked & one) for one in said), default=0)
    return shared >= LEAST_WORDS and shared >= BEARS * len(asked)


def _concluded(text: str) -> Sequence[str]:
    return tuple(dict.fromkeys(_conclusions(text.strip())))


def _conclusions(text: str) -> Iterator[str]:
    for found in _CONCLUDES.finditer(text):
        yield found["told"].strip(" $*`")
    if last := _LAST_EQUALS.search(text):
        yield last["told"].strip(" $*`")
