"""The skills of a course: who sees which, and what a teacher changes. (`agents.finding` finds them.)

A skill that was found has a key of where it was found, so it is found once. What a teacher renamed,
added, aimed or hid stays as they left it.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from agents import likened, locks
from agents.models.index import Chunk
from agents.models.learning import Skill, Try
from tutorai.errors import BadRequest, Conflict, NotFound
from tutorai.ids import new_id
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import ContentItem, Course
from tutorai.lmsdm.schema import Actor, Kind

READ = frozenset({Kind.PAGE.value, Kind.FILE.value, Kind.SYLLABUS.value})
LONGEST = 200  # characters of a title
MOST = 200  # skills of a course
OWN = "own:"  # the beginning of the key of what a teacher added


def seen(actor: Actor) -> QuerySet[Skill]:
    """The skills of the actor's course that students may know of now, in its order.

    A skill whose pages are all shut is shut with them: its title would tell of them; and so it is
    with an exam that they sit, or have still to sit. A teacher's own one without pages is open.
    """
    readable = scope.items(actor.as_student).exclude(pk__in=locks.hidden(actor)).values("pk")
    shown = Q(items__in=readable) | Q(source=Skill.Source.TEACHER, items=None)
    here = Skill.objects.filter(course__in=scope.courses(actor), hidden_at=None)
    return here.filter(pk__in=here.filter(shown).values("pk")).order_by("position", "pk")


def one(actor: Actor, skill_id: UUID | str) -> Skill:
    """Return a skill that students may know of now, or raise NotFound."""
    found = seen(actor).filter(pk=skill_id).first()
    if found is None:
        raise NotFound()
    return found


def pages(actor: Actor, skill: Skill) -> list[UUID]:
    """Return the items of a skill that students may read now."""
    readable = scope.items(actor.as_student).filter(skills=skill, kind__in=READ)
    return list(readable.values_list("pk", flat=True))


def named(actor: Actor, item_id: UUID, text: str, language: str) -> Skill | None:
    """Return which of its page's skills a passage is about; of one skill alone, that one."""
    own = list(seen(actor).filter(items=item_id))
    if len(own) < 2:
        return own[0] if own else None
    best = likened.nearest(text, [skill.title for skill in own], language)
    return own[best or 0]


def listed(actor: Actor) -> list[Skill]:
    """Return every skill of the course for who sets it up, hidden ones too. Raises NotYours."""
    course = scope.authored_course(actor, actor.course_id or "")
    tried = Try.objects.filter(skill=OuterRef("pk"))
    rows = Skill.objects.filter(course=course).annotate(tried=Exists(tried))
    return list(rows.prefetch_related("items").order_by("position", "pk"))


@transaction.atomic
def add(actor: Actor, title: str) -> Skill:
    """Add a skill of the teacher's own; the pages that are likest to it are its pages.

    Raises BadRequest for no words or too many, Conflict where there are too many skills.
    """
    course = _locked(actor)
    named = _title(title)
    held = Skill.objects.filter(course=course)
    if held.count() >= MOST:
        raise Conflict()
    last = held.aggregate(last=Max("position"))["last"]
    made = Skill.objects.create(
        course=course,
        title=named,
        source=Skill.Source.TEACHER,
        key=f"{OWN}{new_id().hex}",
        position=(last or 0) + 1,
    )
    made.items.set(_alike(course, named))
    _remember(Verb.SKILL_ADD, actor, made)
    return made


@transaction.atomic
def rename(actor: Actor, skill_id: UUID, title: str) -> Skill:
    """Give a skill other words; from then on it is the teacher's. Raises BadRequest, NotFound."""
    skill = _own(actor, skill_id)
    skill.title, skill.source = _title(title), Skill.Source.TEACHER
    skill.save(update_fields=["title", "source"])
    _remember(Verb.SKILL_CHANGE, actor, skill)
    return skill


@transaction.atomic
def aim(actor: Actor, skill_id: UUID, items: Collection[UUID]) -> Skill:
    """Say which pages teach a skill. What is not in the course is left out."""
    skill = _own(actor, skill_id)
    here = ContentItem.objects.filter(course=skill.course_id, deleted_at=None, kind__in=READ)
    skill.items.set(here.filter(pk__in=items))
    skill.source = Skill.Source.TEACHER
    skill.save(update_fields=["source"])
    _remember(Verb.SKILL_CHANGE, actor, skill)
    return skill


@transaction.atomic
def hide(actor: Actor, skill_id: UUID, *, hidden: bool = True) -> Skill:
    """Take a skill away from students, or give it back; what they did with it is kept."""
    skill = _own(actor, skill_id)
    if (skill.hidden_at is not None) != hidden:
        skill.hidden_at = timezone.now() if hidden else None
        skill.save(update_fields=["hidden_at"])
        _remember(Verb.SKILL_CHANGE, actor, skill)
    return skill


@transaction.atomic
def remove(actor: Actor, skill_id: UUID) -> None:
    """Delete what a teacher added and nobody tried; all else can be hidden. Raises Conflict."""
    skill = _own(actor, skill_id)
    if not skill.key.startswith(OWN) or Try.objects.filter(skill=skill).exists():
        raise Conflict()
    _remember(Verb.SKILL_REMOVE, actor, skill)
    skill.delete()


def readable(actor: Actor, skill_id: UUID) -> tuple[Skill, Sequence[ContentItem]]:
    """Return a skill and every page of the course that could teach it, for who aims it."""
    skill = _own(actor, skill_id)
    held = Chunk.objects.filter(item=OuterRef("pk"))
    items = ContentItem.objects.filter(
        Exists(held), course=skill.course_id, deleted_at=None, kind__in=READ
    )
    return skill, list(items.defer("body", "told").order_by("title"))


def _locked(actor: Actor) -> Course:
    """The course, for who sets it up; one changes its skills at a time. Raises NotYours."""
    course = scope.authored_course(actor, actor.course_id or "")
    return Course.objects.select_for_update(no_key=True).get(pk=course.pk)


def _own(actor: Actor, skill_id: UUID) -> Skill:
    course = scope.authored_course(actor, actor.course_id or "")
    found = Skill.objects.filter(course=course, pk=skill_id).first()
    if found is None:
        raise NotFound()
    return found


def _title(written: str) -> str:
    title = " ".join(written.replace("\x00", "").split())
    if not title or len(title) > LONGEST:
        raise BadRequest(why=_("a skill has 1 to %(most)s characters") % {"most": LONGEST})
    return title


def _alike(course: Course, title: str) -> QuerySet[ContentItem]:
    items = ContentItem.objects.filter(course=course, deleted_at=None, kind__in=READ)
    pks = set(items.values_list("pk", flat=True))
    stands = likened.held(course.pk, [title], course.language, pks)
    return items.filter(pk__in=likened.pages(title, course.language, stands, pks))


def _remember(verb: Verb, actor: Actor, skill: Skill) -> None:
    audit.record(verb=verb, actor=actor, object_kind="skill", object_id=skill.pk)
