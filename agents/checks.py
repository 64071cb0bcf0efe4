"""After help, a look at what somebody can do without it.

Where the tutor gave a hint, or a problem was solved with it, one item on the same skill waits for
the student: without hint or passage, now or in the next weeks. What came of it is a Try of the
kind "check", tied to the help it follows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from agents import likened, mastery, skills
from agents.models.learning import Ladder, Skill, Try
from tutorai.errors import NotFound
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import TocNode
from tutorai.lmsdm.schema import Actor

WAITS = timedelta(days=30)  # after the last help; then it would check something else
SHOWN = 5  # checks that are offered at once


@dataclass(frozen=True)
class Waiting:
    """A check that waits: after which help, and on what."""

    ladder_id: UUID
    title: str  # of what the student was helped with
    skill: Skill
    since: datetime | None


def waiting(actor: Actor) -> list[Waiting]:
    """Return the checks that wait for the actor, the latest help first."""
    if not mastery.counts(actor):
        return []
    found: dict[UUID, Waiting] = {}
    for ladder in ladders(actor):
        skill = skill_of(actor, ladder)
        if skill is not None and skill.pk not in found:
            since = ladder.solved_at or ladder.moved_at
            found[skill.pk] = Waiting(ladder.pk, ladder.title, skill, since)
        if len(found) == SHOWN:
            break
    return list(found.values())


def ladders(actor: Actor) -> QuerySet[Ladder]:
    """The help that the actor had here of late, and that no check followed yet."""
    helped = Q(level__gte=1) | Q(solved_at__isnull=False)
    checked = Try.objects.filter(ladder=OuterRef("pk"), kind=Try.Kind.CHECK)
    here = Ladder.objects.filter(helped, course__in=scope.courses(actor), user_id=actor.user_id)
    late = Coalesce("solved_at", "moved_at", "began_at")
    rows = here.alias(at=late).filter(at__gte=timezone.now() - WAITS)
    return rows.filter(~Exists(checked)).select_related("activity").order_by("-at")


def one(actor: Actor, ladder_id: UUID | str) -> tuple[Ladder, Skill]:
    """Return the actor's own help and what to check after it, or raise NotFound."""
    ladder = ladders(actor).filter(pk=ladder_id).first()
    skill = skill_of(actor, ladder) if ladder else None
    if ladder is None or skill is None:
        raise NotFound()
    return ladder, skill


def skill_of(actor: Actor, ladder: Ladder) -> Skill | None:
    """Return the skill that help was about; None where that cannot be told."""
    shown = list(skills.seen(actor))
    own = _of_pages(shown, set(_pages(actor, ladder)))
    language = scope.course(actor, actor.course_id or "").language
    if len(own) > 1:
        at = likened.nearest(ladder.title, [skill.title for skill in own], language)
        return own[at or 0]
    if own:
        return own[0]
    pks = set(scope.items(actor.as_student).values_list("pk", flat=True))
    stands = likened.held(ladder.course_id, [ladder.title], language, pks)
    near = likened.pages(ladder.title, language, stands, pks)
    for page in near:
        if found := _of_pages(shown, {page}):
            at = likened.nearest(ladder.title, [skill.title for skill in found], language)
            return found[at or 0]
    return None


def _of_pages(shown: list[Skill], items: set[UUID]) -> list[Skill]:
    """Those of the skills that these pages teach, in the course's order."""
    through = Skill.items.through._default_manager
    links = through.filter(contentitem_id__in=items, skill_id__in=[one.pk for one in shown])
    taught = set(links.values_list("skill_id", flat=True))
    return [one for one in shown if one.pk in taught]


def _pages(actor: Actor, ladder: Ladder) -> Iterator[UUID]:
    """The items of the activity that help was about; of a work, what stands beside it as well."""
    activity = ladder.activity
    found = scope.thing(actor, activity.about, activity.about_id) if activity else None
    if found is None:
        return
    inside = scope.within(actor, found)
    yield from inside
    parents = TocNode.objects.filter(item__in=inside, course=ladder.course_id).values("parent")
    beside = scope.toc(actor).filter(parent__in=parents).exclude(item=None)
    if not isinstance(found, TocNode):
        yield from (line.item_id for line in beside if line.item_id)
