"""What every format of questions shares: how LMS-DM's shares are read, what cannot be said. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connectors.exchange.markup import plain
from tutorai.lmsdm.schema import Ask, Choice, Question, Quiz

FINE = Decimal("0.0000001")  # to which a share is kept: Moodle's own steps have seven decimals
CHOOSING = frozenset({Ask.SINGLE, Ask.MULTIPLE, Ask.TRUE_FALSE})
TRUE, FALSE = "True", "False"  # the two choices of TRUE_FALSE, in this order


@dataclass(frozen=True)
class Limit:
    """Something that a format, or whoever imports it, cannot say. `question` from 1; 0: the quiz.

    `refused`: then no file is written; else the file is whole and its importer leaves that out.
    """

    words: str | Promise
    question: int = 0
    refused: bool = False


@dataclass(frozen=True)
class Format:
    """One way to hand a quiz on as a file."""

    title: str | Promise  # what its users call it
    lms: str  # whose importer takes it
    name: str  # how the file's name ends
    mime: str
    write: Callable[[Quiz], bytes]
    limits: Callable[[Quiz], list[Limit]]


@dataclass(frozen=True)
class Taken:
    """What was read of a file; `left` says in words what was not, a line each."""

    quiz: Quiz
    left: tuple[str, ...] = ()


def shares(question: Question) -> list[Decimal]:
    """Return the share of each choice. Of several to choose, those that are right make one whole.

    LMSs differ: Canvas calls each of them 100 %, Moodle gives each its part.
    """
    told = [choice.share for choice in question.choices]
    right = sum((share for share in told if share > 0), Decimal(0))
    if question.ask is not Ask.MULTIPLE or right <= 1:
        return told
    return [(share / right).quantize(FINE) if share > 0 else share for share in told]


def true_false(question: Question) -> tuple[Choice, Choice]:
    """Return the choices "true" and "false" of such a question, whatever their order."""
    first, second = question.choices
    if plain(first.text).strip().casefold() == FALSE.casefold():
        first, second = second, first
    return first, second


def percent(share: Decimal) -> str:
    """Return a share as "33.33333" writes it."""
    return bare((share * 100).quantize(Decimal("0.00001")))


def bare(number: Decimal) -> str:
    """Return a number without idle zeros and never as "1E+2"."""
    written = f"{number:f}"
    written = written.rstrip("0").rstrip(".") if "." in written else written
    return "0" if written in {"-0", ""} else written


def number(text: str) -> Decimal | None:
    """Return a number of a file or a form; None for what is none."""
    try:
        found = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    if not found:
        return Decimal(0)  # 0e-999999999 would be written with a thousand million zeros
    return found if found.is_finite() and abs(found.adjusted()) < 30 else None


def faults(question: Question) -> list[str | Promise]:
    """Return why a question could not be asked anywhere, in words; empty: it can."""
    return [words for words, wrong in _rules(question) if wrong]


def _rules(question: Question) -> Iterator[tuple[str | Promise, bool]]:
    told = [choice.share for choice in question.choices]
    yield _("the question has no words"), not plain(question.text, pictures=True).strip()
    yield _("points are a number from 0 upwards"), question.points < 0
    empty = any(not plain(choice.text, pictures=True).strip() for choice in question.choices)
    yield _("an answer is empty"), empty
    match question.ask:
        case Ask.SINGLE | Ask.MULTIPLE:
            yield _("there are at least two answers to choose from"), len(told) < 2
            yield _("no answer is right"), not any(share > 0 for share in told)
        case Ask.TRUE_FALSE:
            yield _("say whether it is true or false"), sorted(told) != [0, 1]
        case Ask.SHORT:
            yield _("no answer is accepted"), not any(share > 0 for share in told)
        case Ask.NUMBER:
            found = number(plain(question.choices[0].text)) if question.choices else None
            yield _("the answer is one number"), found is None or len(told) != 1
            yield _("how far it may be off is a number from 0 upwards"), question.tolerance < 0
        case Ask.MATCHING:
            yield from _pairs(question)
        case Ask.OTHER:
            yield _("it is of a kind that only its own platform knows"), True
    outside = any(not -1 <= share <= 1 for share in told)
    yield _("an answer gives between −100 % and 100 % of the points"), outside


def _pairs(question: Question) -> Iterator[tuple[str | Promise, bool]]:
    sides = [side for pair in question.pairs for side in (pair.left, pair.right)]
    empty = any(not plain(side, pictures=True).strip() for side in [*sides, *question.decoys])
    yield _("there are at least two pairs"), len(question.pairs) < 2
    yield _("a pair is not complete"), empty


def refusals(quiz: Quiz) -> list[Limit]:
    """Return what no format can say of these questions."""
    found = [
        Limit(words, at, refused=True)
        for at, question in enumerate(quiz.questions, 1)
        for words in faults(question)
    ]
    return found or ([] if quiz.questions else [Limit(_("there are no questions"), refused=True)])
