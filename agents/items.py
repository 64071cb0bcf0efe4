"""Practice: which item comes next for somebody, and what becomes of an answer.

Reviews that are due come first, then what is weak, then what was not tried, then the rest. An item
is a question that a model made of a passage (`agents.worked`), where there is one, or a sentence of
the course with a word left out (`agents.practice`). Whoever sits an exam gets none, and none comes
where practice is switched off. What is asked is for students as they may read now.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice, zip_longest
from uuid import UUID

from django.utils import timezone

from agents import asked, checks, locks, mastery, policy, practice, shown, skills, worked
from agents.asked import Asked
from agents.mastery import Standing
from agents.models.index import Chunk
from agents.models.learning import Ladder, Skill, Try
from agents.practice import Exercise, Gaps, Verdict
from agents.spend import Capability
from agents.tutor import turns
from agents.worked import Drawn
from tutorai.errors import NotFound
from tutorai.lmsdm.schema import Actor

SIZE = 6  # items of one sitting
REVIEWS = 2  # of each skill that is due


@dataclass(frozen=True)
class Hint:
    """A way to the answer; who takes it was helped."""

    text: str  # of a question; "": the first letter alone
    letter: str
    letters: int
    title: str  # of the page
    heading: str
    url: str


def may(actor: Actor) -> None:
    """Raise NotOpen, NotYours, Locked or SwitchedOff for whom practice is not for now."""
    turns.open_course(actor)
    locks.check(actor)
    policy.check(actor, Capability.PRACTICE.value)


def item(actor: Actor, skill_id: UUID | str | None = None) -> Exercise:
    """Return the next item, of one skill or of whatever is best now; raise NotFound without any.

    Raises as `may`. Its answer stands nowhere in it: `answer` judges.
    """
    found = next(_sitting(actor, skill_id), None)
    if found is None:
        raise NotFound()
    return found


def sitting(actor: Actor, skill_id: UUID | str | None = None) -> list[Exercise]:
    """Return some items to practise with, reviews first. Raises NotFound and as `may`."""
    return list(islice(_sitting(actor, skill_id), SIZE))


def check(actor: Actor, ladder_id: UUID | str) -> Exercise:
    """Return the item that checks what the actor can do after this help. Raises as `item`."""
    may(actor)
    ladder, skill = checks.one(actor, ladder_id)
    kind = Try.Kind.CHECK.value
    found = next(_of_skill(actor, skill, kind, ladder), None)
    if found is None:
        raise NotFound()
    return found


def hint(actor: Actor, token: str) -> Hint:
    """Return a hint; the answer counts as helped from now on. Raises NotFound and as `may`."""
    may(actor)
    what = asked.opened(token)
    if what.is_check:
        raise NotFound()
    chunk = practice.passage(actor, what)
    told = worked.of(chunk, what).hint if what.worked else ""
    word = chunk.text[what.gap[2] : what.gap[3]] if what.gap else ""
    if mastery.counts(actor):
        shown.note(actor.user_id, what.mark)
    where = practice.stands(chunk)
    return Hint(told, word[:1], len(word), where["title"], where["heading"], where["url"])


def answer(actor: Actor, token: str, said: str) -> Verdict:
    """Judge an answer and write down what it shows; an empty one asks to be shown.

    The same item again within a day is helped: its answer was read. Raises NotFound and as `may`.
    """
    may(actor)
    what = asked.opened(token)
    chunk = practice.passage(actor, what)
    judge = worked.picked if what.worked else practice.filled
    verdict = judge(chunk, what, said)
    if not said.strip():
        if mastery.counts(actor):
            shown.note(actor.user_id, what.mark)
        return replace(verdict, assisted=True)
    if not mastery.counts(actor):
        return verdict
    assisted = not shown.first(actor.user_id, what.mark)
    kept = _note(actor, what, chunk, right=verdict.right, assisted=assisted)
    return replace(verdict, assisted=assisted, kept=kept)


def _note(actor: Actor, what: Asked, chunk: Chunk, *, right: bool, assisted: bool) -> bool:
    skill = _skill(actor, what, chunk)
    kind = Try.Kind(what.kind)
    ladder = None
    if what.ladder:
        ladder = Ladder.objects.filter(pk=what.ladder, user_id=actor.user_id).first()
    return mastery.note(actor, skill, kind, right, assisted, ladder) is not None


def _skill(actor: Actor, what: Asked, chunk: Chunk) -> Skill | None:
    """The skill that an item was asked for; of one that was placed, the one it is about."""
    if what.skill:
        return Skill.objects.filter(course=chunk.course_id, pk=what.skill).first()
    text = " ".join((*chunk.headings, chunk.text))
    return skills.named(actor, chunk.item_id, text, chunk.language)


def _sitting(actor: Actor, skill_id: UUID | str | None) -> Iterator[Exercise]:
    may(actor)
    now = timezone.now()
    if skill_id is not None:
        skill = skills.one(actor, skill_id)
        own = {one.skill_id: one for one in mastery.of(actor)}[skill.pk]
        yield from _of_skill(actor, skill, _kind(own, now))
        return
    rows = {skill.pk: skill for skill in skills.seen(actor)}
    if not rows:
        yield from _of_course(actor)
    for one in ordered(mastery.of(actor), now):
        each = REVIEWS if one.due(now) else 1
        yield from islice(_of_skill(actor, rows[one.skill_id], _kind(one, now)), each)


def _of_course(actor: Actor) -> Iterator[Exercise]:
    """Items of a course whose skills were not found yet."""
    found = practice.gaps(actor, None)
    asks = [found.asks(at) for at in range(len(found.found))]
    seen = shown.any_of(actor.user_id, (what.mark for what in asks))
    for at in sorted(range(len(asks)), key=lambda at: asks[at].mark in seen):
        yield found.exercise(at)


def ordered(standings: Sequence[Standing], now: datetime) -> list[Standing]:
    """Order skills by how much they want practice: due, weak, new, the rest. Pure."""

    def wants(one: Standing) -> tuple[int, float]:
        if one.due(now) and one.due_at is not None:
            return 0, one.due_at.timestamp()
        if one.weak and one.share is not None:
            return 1, one.share
        return (2, 0.0) if one.share is None else (3, one.share)

    return sorted(standings, key=wants)


def _kind(one: Standing, now: datetime) -> str:
    return Try.Kind.REVIEW.value if one.due(now) else Try.Kind.PRACTICE.value


def _of_skill(
    actor: Actor, skill: Skill, kind: str, ladder: Ladder | None = None
) -> Iterator[Exercise]:
    """Yield the items of a skill, one after the other through all; what was shown today is last.

    Which were answered is not kept, only how many.
    """
    found = practice.gaps(actor, skills.pages(actor, skill))
    chunks = {str(chunk.pk): chunk for chunk in found.chunks}
    named = str(ladder.pk) if ladder else ""
    told = [
        (replace(what, skill=str(skill.pk), kind=kind, ladder=named), drawn)
        for what, drawn in _mixed(skill, found)
    ]
    if not told:
        return
    done = Try.objects.filter(skill=skill, user=actor.user_id).count() % len(told)
    turned = [*told[done:], *told[:done]]
    seen = shown.any_of(actor.user_id, (what.mark for what, _drawn in turned))
    for what, drawn in sorted(turned, key=lambda one: one[0].mark in seen):
        yield replace(_shown(what, drawn, chunks, found), skill=skill.title)


def _mixed(skill: Skill, found: Gaps) -> Iterator[tuple[Asked, Drawn | int]]:
    """Questions and gaps in turn; a gap by its number. A word that the skill's title tells is left
    in, unless there is no other.
    """
    drawn = worked.asks(skill.course_id, found.chunks)
    told = [at for at in range(len(found.found)) if not found.told_by(at, skill.title)]
    gaps = [(found.asks(at), at) for at in told or range(len(found.found))]
    yield from (one for one in chain(*zip_longest(drawn, gaps)) if one is not None)


def _shown(what: Asked, drawn: Drawn | int, chunks: dict[str, Chunk], found: Gaps) -> Exercise:
    if isinstance(drawn, int):
        return found.exercise(drawn, what)
    return worked.exercise(what, drawn, chunks[what.chunk])
