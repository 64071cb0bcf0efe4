"""Sentences of the course with a telling word left out. No model, and nothing is stored here.

What is asked stands in a signed token (`agents.asked`), not in a table: whoever answers is shown
only what they may read now. What became of an answer is kept by `agents.items`.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypedDict
from uuid import UUID

from django.db.models import Count, QuerySet

from agents import asked, cloze, locks, policy, words
from agents.asked import Asked
from agents.cloze import Blank, Source
from agents.models.index import Chunk, Posting
from agents.spend import Capability
from agents.tutor import turns
from tutorai.errors import NotFound
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import ContentItem
from tutorai.lmsdm.schema import Actor, Kind

SIZE = 8  # questions of a set
READ, FIRST = 600, 4  # chunks that are looked through; of a long course, each page's first
CHOICES = 4
LONGEST = 200  # characters of an answer that are looked at
SPELT = ((9, 2), (5, 1))  # letters of a word, and how many of them may be wrong
MARKS = re.compile(r"[\u0300-\u036f\u064b-\u0652]")  # accents; not the vowels of Indian scripts
ASKED = frozenset({Kind.PAGE.value, Kind.FILE.value, Kind.SYLLABUS.value})


@dataclass(frozen=True)
class Exercise:
    """A sentence around its gap, or a `question`; with `choices` one is picked, else it is typed."""

    token: str
    before: str
    after: str
    title: str  # of the page, unless that tells the word
    language: str
    letters: int
    choices: tuple[str, ...] = ()
    question: str = ""  # where a model made one of the passage
    kind: str = "practice"  # of agents.Try: a review, or a check without help
    skill: str = ""  # what it is for, in words; "": none, or telling it would help
    skill_id: UUID | None = None


class Where(TypedDict):
    """Where a passage stands."""

    passage: str
    title: str
    heading: str
    url: str
    item_id: UUID | None


@dataclass(frozen=True)
class Verdict:
    """What an answer was worth, and where the sentence stands."""

    right: bool
    spelt: bool  # as the page writes it
    word: str
    before: str
    after: str
    quote: str
    passage: str
    title: str
    heading: str
    url: str
    item_id: UUID | None  # whose file can be opened
    question: str = ""
    worked: str = ""  # why it is so, step by step
    why: str = ""  # what speaks for or against what was picked
    assisted: bool = False
    kept: bool = False  # it was written down


@dataclass(frozen=True)
class Gaps:
    """What can be asked of some pages: of every page something, its best first."""

    found: Sequence[Blank]
    chunks: Sequence[Chunk]
    sources: Sequence[Source]

    def asks(self, at: int) -> Asked:
        """What gap number `at` asks."""
        blank = self.found[at]
        chunk = self.chunks[blank.source]
        places = (blank.start, blank.end, blank.at, blank.to)
        return Asked(str(chunk.pk), asked.digest(chunk.text), places)

    def told_by(self, at: int, title: str) -> bool:
        """Whether a title has the word that gap number `at` leaves out."""
        blank = self.found[at]
        return blank.stem in words.terms(title, self.sources[blank.source].language)

    def exercise(self, at: int, what: Asked | None = None) -> Exercise:
        """Gap number `at` as it is shown; `what`: for more than practice."""
        return _exercise(self, self.found[at], what or self.asks(at))


def gaps(actor: Actor, items: Sequence[UUID] | None) -> Gaps:
    """Return what can be asked of these items (None: of all) as students may read them now."""
    reader = actor.as_student
    chunks = _chunks(reader, items)
    sources = [_source(chunk) for chunk in chunks]
    found = _in_turn(cloze.blanks(sources, *_common(reader, sources)), sources)
    return Gaps(found, chunks, sources)


def exercises(
    actor: Actor, items: Sequence[UUID] | None, number: int
) -> tuple[list[Exercise], int]:
    """Return set `number` (from 0) from these items, and how many sets there are.

    None: from the whole course. Only what students may read now. Raises NotOpen, NotYours,
    SwitchedOff, Locked.
    """
    turns.open_course(actor)
    policy.check(actor, Capability.PRACTICE)
    locks.check(actor)
    held = gaps(actor, items)
    sets = -(-len(held.found) // SIZE)
    first = (number % sets if sets else 0) * SIZE
    last = min(first + SIZE, len(held.found))
    return [held.exercise(at) for at in range(first, last)], sets


def check(actor: Actor, token: str, said: str) -> Verdict:
    """Judge what was filled into a gap; nothing: show it.

    Raises NotFound, NotOpen, NotYours, SwitchedOff, Locked.
    """
    what = asked.opened(token)
    return filled(passage(actor, what), what, said)


def passage(actor: Actor, what: Asked) -> Chunk:
    """Return the passage that something is asked of, if the actor may have it now.

    Raises NotFound where it changed meanwhile, NotOpen, NotYours, SwitchedOff, Locked.
    """
    turns.open_course(actor)
    policy.check(actor, Capability.PRACTICE)
    locks.check(actor)
    readable = Chunk.objects.filter(item__in=locks.items(actor.as_student).values("pk"))
    chunk = readable.select_related("item").filter(pk=what.chunk).first()
    if chunk is None or not asked.same(chunk, what):
        raise NotFound()
    return chunk


def filled(chunk: Chunk, what: Asked, said: str) -> Verdict:
    """Judge what was filled into a gap of this passage."""
    if what.gap is None:
        raise NotFound()
    start, end, at, to = what.gap
    word = chunk.text[at:to]
    right, spelt = judge(said[:LONGEST], word, chunk.language)
    return Verdict(
        right=right,
        spelt=spelt,
        word=word,
        before=chunk.text[start:at],
        after=chunk.text[to:end],
        quote=chunk.text[start:end],
        **stands(chunk),
    )


def stands(chunk: Chunk) -> Where:
    """Where a passage stands, for whoever wants to read it."""
    return {
        "passage": chunk.text,
        "title": chunk.title,
        "heading": (chunk.headings or [""])[-1],
        "url": f"{chunk.item.url}{chunk.anchor}" if chunk.item.url else "",
        "item_id": chunk.item_id if chunk.item.blob else None,
    }


def judge(said: str, word: str, language: str) -> tuple[bool, bool]:
    """Return whether an answer is right, and whether it is spelt as the page spells it.

    Case, accents and the form of the word do not matter; nor does a slip of the pen in a long one.
    """
    given, wanted = _plain(said), _plain(word)
    if given == wanted:
        return True, True
    forms = words.terms(said, language) if language in words.STEMS else []
    if 0 < len(forms) <= 2 and set(words.terms(word, language)) & set(forms):
        return True, True
    slips = next((most for letters, most in SPELT if len(wanted) >= letters), 0)
    return bool(given) and 0 < _distance(given, wanted, slips) <= slips, False


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    return MARKS.sub("", " ".join(folded.split())).strip(" .,;:!?\"'“”«»")


def _distance(one: str, other: str, most: int) -> int:
    """How many letters differ (left out, put in, wrong); more than `most` is all the same."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, against in enumerate(other, 1):
            changed = before + (letter != against)
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, changed)
    return row[-1]


def _chunks(reader: Actor, items: Sequence[UUID] | None) -> list[Chunk]:
    readable: QuerySet[ContentItem] = locks.items(reader).filter(kind__in=ASKED)
    if items is not None:
        readable = readable.filter(pk__in=items)
    held = Chunk.objects.filter(item__in=readable.values("pk"))
    if held.count() > READ:
        held = held.filter(position__lt=FIRST)
    order = {pk: at for at, pk in enumerate(items or _order(reader))}
    found = list(held.order_by("item__title", "item_id", "position")[:READ])
    return sorted(found, key=lambda chunk: order.get(chunk.item_id, len(order)))


def _order(reader: Actor) -> list[UUID]:
    """The course's pages as its table of contents has them."""
    return [line.item_id for line, _depth in scope.walked(scope.toc(reader)) if line.item_id]


def _source(chunk: Chunk) -> Source:
    return Source(str(chunk.item_id), chunk.title, chunk.headings, chunk.text, chunk.language)


def _common(reader: Actor, sources: Sequence[Source]) -> tuple[dict[str, int], int]:
    """How many chunks of what the reader sees hold each term, and how many there are."""
    terms = {term for one in sources for term in words.terms(one.text, one.language)}
    seen = locks.items(reader).values("pk")
    course_id = reader.course_id or UUID(int=0)
    held = Posting.objects.filter(course_id=course_id, term__in=terms, item_id__in=seen)
    rows = held.values("term")
    counted = rows.annotate(n=Count("chunk_id")).values_list("term", "n")
    return dict(counted), Chunk.objects.filter(item__in=seen).count()


def _in_turn(found: Sequence[Blank], sources: Sequence[Source]) -> list[Blank]:
    """Order what was found so that each set has something of every page, its best first."""
    pages: dict[str, list[Blank]] = {one.page: [] for one in sources}
    for blank in found:
        pages[sources[blank.source].page].append(blank)
    rounds = zip_longest(*pages.values())
    return [blank for one in rounds for blank in one if blank is not None]


def _exercise(held: Gaps, blank: Blank, what: Asked) -> Exercise:
    source = held.sources[blank.source]
    text = held.chunks[blank.source].text
    tells = what.is_check or blank.stem in words.terms(source.title, source.language)
    return Exercise(
        token=what.seal(),
        before=text[blank.start : blank.at],
        after=text[blank.to : blank.end],
        title="" if tells else source.title,
        language=source.language,
        letters=blank.to - blank.at,
        choices=_choices(blank, held.found, held.sources),
        kind=what.kind,
        skill_id=asked.uuid(what.skill),
    )


def _choices(blank: Blank, found: Sequence[Blank], sources: Sequence[Source]) -> tuple[str, ...]:
    """Words to pick from where we know too little of the language to judge what is typed."""
    source = sources[blank.source]
    if source.language in words.STEMS:
        return ()
    word = source.text[blank.at : blank.to]
    others: dict[str, None] = {}
    for one in found:
        other = sources[one.source]
        if other.language == source.language and one.stem != blank.stem:
            others[other.text[one.at : one.to]] = None
    near = sorted(others, key=lambda one: (abs(len(one) - len(word)), asked.digest(word + one)))
    if len(near) < CHOICES - 1:
        return ()
    picked = [*near[: CHOICES - 1], word]
    return tuple(sorted(picked, key=lambda one: asked.digest(one + source.text)))
