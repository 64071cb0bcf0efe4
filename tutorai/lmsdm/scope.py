"""Who may see what: every read of the course's content starts here, with an Actor.

Nothing found and nothing allowed look the same from outside: NotFound.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from tutorai.errors import ActingAs, NotFound, NotYours
from tutorai.lmsdm import known
from tutorai.lmsdm.conditions import Facts, holds
from tutorai.lmsdm.models import (
    Assignment,
    ContentItem,
    Course,
    Enrolment,
    Identity,
    LineItem,
    TocNode,
    User,
    Windowed,
)
from tutorai.lmsdm.schema import GRADERS, Actor, Condition, Role


def visible(
    actor: Actor, model: type[Windowed], *, at: datetime | None = None, prefix: str = ""
) -> Q:
    """Return the condition under which `actor` sees a row of `model`; staff see everything.

    `prefix` is the path to the row from the model queried, e.g. "item__".
    """
    if actor.is_staff:
        return Q()
    now = at or timezone.now()
    window = (
        Q(**{f"{prefix}published": True})
        & (Q(**{f"{prefix}available_from": None}) | Q(**{f"{prefix}available_from__lte": now}))
        & (Q(**{f"{prefix}available_until": None}) | Q(**{f"{prefix}available_until__gt": now}))
    )
    # `=None` would look for a JSON null; ours is SQL's.
    ours = Q(**{f"{prefix}sections__isnull": True})
    for section in actor.sections:
        ours |= Q(**{f"{prefix}sections__contains": [section]})
    free = Q(**{f"{prefix}condition__isnull": True})
    if met := _met(actor, model, now):
        free |= Q(**{f"{prefix}pk__in": met})
    return window & ours & free


def _met(actor: Actor, model: type[Windowed], now: datetime) -> list[UUID]:
    """Return the restricted rows of the actor's course whose condition the actor meets."""
    rows = model._default_manager.filter(Q(course=actor.course_id), condition__isnull=False)
    held = rows.values_list("pk", "condition")
    told = [(pk, Condition.model_validate(condition)) for pk, condition in held]
    seen = facts(actor, now) if told else None
    return [pk for pk, condition in told if seen and holds(condition, seen) is True]


def facts(actor: Actor, now: datetime) -> Facts:
    """Return what is known of the actor, for conditions."""
    here = actor.institution_id, actor.course_id
    told = known.of(*here, [actor.user_id], now, {actor.user_id: actor.sections})
    return told[actor.user_id]


def courses(actor: Actor) -> QuerySet[Course]:
    """The course of the actor's session, if it is one (a session belongs to one course)."""
    if actor.course_id is None:
        return Course.objects.none()
    return Course.objects.filter(institution_id=actor.institution_id, pk=actor.course_id)


def course(actor: Actor, course_id: UUID | str) -> Course:
    """Return the course, or raise NotFound."""
    found = courses(actor).filter(pk=course_id).first() if actor.course_id else None
    if found is None:
        raise NotFound()
    return found


def authored_course(actor: Actor, course_id: UUID | str) -> Course:
    """Return a course the actor may set up; NotFound for another's, NotYours for the role."""
    found = course(actor, course_id)
    if not actor.is_author:
        raise NotYours()
    return found


def items(actor: Actor) -> QuerySet[ContentItem]:
    """The content items of the actor's course that the actor may read now."""
    alive = ContentItem.objects.filter(course__in=courses(actor), deleted_at=None)
    return alive.filter(visible(actor, ContentItem))


def place(actor: Actor) -> UUID | None:
    """Where in the course the actor stands: an item, or a line of the table of contents.

    What a teacher bound a link to comes before where in the course the link stands.
    """
    if actor.about_id is not None:
        return _bound(actor)
    if not actor.placement:
        return None
    here = {"course__in": courses(actor), "source_id": actor.placement}
    node = TocNode.objects.filter(**here).first()
    if node is not None:
        return node.item_id or node.pk
    return items(actor).filter(source_id=actor.placement).values_list("pk", flat=True).first()


Thing = ContentItem | TocNode | Assignment
ITEM, MODULE, ASSIGNMENT = "item", "module", "assignment"  # what a link may be about


def thing(actor: Actor, about: str, pk: UUID) -> Thing | None:
    """Return what is named so, if it is in the actor's course and the actor may see it now."""
    if about == ITEM:
        return items(actor).filter(pk=pk).first()
    if about == MODULE:
        return toc(actor).filter(pk=pk, item=None).first()
    return assignments(actor).filter(pk=pk).first() if about == ASSIGNMENT else None


def _bound(actor: Actor) -> UUID | None:
    found = thing(actor, actor.about, actor.about_id) if actor.about_id else None
    if isinstance(found, Assignment):
        return next(iter(within(actor, found)), None)
    return found.pk if found else None


def within(actor: Actor, found: Thing) -> list[UUID]:
    """Return the items that `found` is made of, as far as the actor may see them, in order.

    A module's are those of every line below it; an assignment's is its text.
    """
    if isinstance(found, ContentItem):
        return [found.pk]
    if isinstance(found, Assignment):
        same = {"source": found.source, "source_id": found.source_id}
        return list(items(actor).filter(**same).values_list("pk", flat=True))
    lines = [line for line, _depth in walked(toc(actor))]
    inside, grown = {found.pk}, 0
    while len(inside) > grown:
        grown = len(inside)
        inside |= {line.pk for line in lines if line.parent_id in inside}
    return [line.item_id for line in lines if line.pk in inside and line.item_id]


def toc(actor: Actor) -> QuerySet[TocNode]:
    """The lines of the table of contents the actor may see: node, its item, and what it is in.

    A hidden module hides what is in it, however deep.
    """
    item = Q(item=None) | (Q(item__deleted_at=None) & visible(actor, ContentItem, prefix="item__"))
    nodes = TocNode.objects.filter(course__in=courses(actor)).filter(visible(actor, TocNode) & item)
    above = dict(nodes.values_list("pk", "parent"))
    while hidden := [pk for pk, parent in above.items() if parent and parent not in above]:
        for pk in hidden:
            del above[pk]
    return nodes.filter(pk__in=above).order_by("position")


class Lined(Protocol):
    """A line of a table of contents: a row, or one that was kept."""

    @property
    def pk(self) -> UUID: ...

    @property
    def parent_id(self) -> UUID | None: ...


L = TypeVar("L", bound=Lined)


def walked(lines: Iterable[L]) -> list[tuple[L, int]]:
    """Return lines of a table of contents as a reader meets them, with how deep each stands.

    Each module is followed by what is in it. `lines` are in the order of their positions; one
    whose parent is not among them is left out.
    """
    below: dict[UUID | None, list[L]] = defaultdict(list)
    for line in lines:
        below[line.parent_id].append(line)
    made: list[tuple[L, int]] = []
    waiting = [(line, 0) for line in reversed(below[None])]
    while waiting:
        line, depth = waiting.pop()
        made.append((line, depth))
        waiting += [(child, depth + 1) for child in reversed(below[line.pk])]
    return made


def graded_course(actor: Actor, course_id: UUID | str) -> Course:
    """Return a course the actor may grade in; NotFound for another's, NotYours for the role."""
    found = course(actor, course_id)
    if actor.may_grade:
        return found
    raise ActingAs() if actor.role in GRADERS else NotYours()


def students(actor: Actor) -> QuerySet[User]:
    """The students of the course the actor grades in; the LMS's test student is none.

    Who is known by the LMS's API alone is not among them: a launch or an LTI roster that cannot be
    joined with it tells of the same person, and nobody is to stand there twice.
    """
    here = graded_course(actor, actor.course_id or "")
    active = Enrolment.objects.filter(course=here, role=Role.STUDENT.value, active=True)
    told = Identity.objects.filter(
        kind=Identity.Of.USER, row=OuterRef("user"), source__startswith="lti:"
    )
    known = active.filter(~Q(seen_from=Enrolment.From.REST) | Exists(told))
    return User.objects.filter(pk__in=known.values("user"), is_test=False)


def columns(actor: Actor) -> QuerySet[Assignment]:
    """The assignments of the actor's course that a grade can be given for from here."""
    here = graded_course(actor, actor.course_id or "")
    live = LineItem.objects.filter(course=here, gone_at=None).exclude(assignment=None)
    alive = Assignment.objects.filter(
        course=here, deleted_at=None, pk__in=live.values("assignment")
    )
    return alive.order_by("due_date", "title")


def assignments(actor: Actor) -> QuerySet[Assignment]:
    """The assignments of the actor's course that the actor may see now."""
    alive = Assignment.objects.filter(course__in=courses(actor), deleted_at=None)
    return alive.filter(visible(actor, Assignment)).order_by("due_date", "title")
