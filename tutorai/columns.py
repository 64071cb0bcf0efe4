"""Columns that a teacher makes in the gradebook of the course's platform, from here (AGS).

What a person does to a column is done at once and in their sight: no AI proposes it and no grade
is given by it, so it passes no approval. The platform is asked outside of any transaction.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from lti import ags, service_tokens, services
from lti.line_items import SCOPE
from lti.models import CourseService
from tutorai import gradebook
from tutorai.errors import BadRequest, ColumnKept, NotFound, NotYours, ScopeMissing
from tutorai.ledger import audit, grades
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import GradeIntent
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course, LineItem
from tutorai.lmsdm.schema import Actor

OURS = "column-"  # what the resource id of such a column begins with; a placed link's is bare
LONGEST = 255  # characters of a label: what Canvas and Moodle keep
AGAIN = timedelta(days=1)  # a column that was made within as long was made once
UNDERWAY = (*grades.PENDING, GradeIntent.State.SENDING)


@dataclass(frozen=True)
class Wish:
    """What a teacher wants a column to be."""

    label: str
    maximum: Decimal


def wish(label: str, points: str) -> Wish:
    """Return what was typed as a column can have it; raise BadRequest."""
    name = " ".join(label.replace("\x00", "").split())
    if not name:
        raise BadRequest(why=_("the column needs a name"))
    if len(name) > LONGEST:
        raise BadRequest(why=_("a column's name has at most %(n)s characters") % {"n": LONGEST})
    maximum = gradebook.number(points)
    if not maximum:
        raise BadRequest(why=_("a column needs more than 0 points"))
    return Wish(name, maximum)


def offered(actor: Actor) -> bool:
    """Whether the actor may make columns, and the course's platform lets Tutor.AI do it."""
    if not (actor.may_grade and actor.is_author):
        return False
    try:
        _service(_course(actor))
    except ScopeMissing:
        return False
    return True


def ours(actor: Actor) -> QuerySet[LineItem]:
    """Return the columns that were made here and are still there; raise ScopeMissing."""
    service = _service(_course(actor))
    rows = LineItem.objects.filter(course=service.course_id, gone_at=None, resource_link_id="")
    made = rows.filter(source=f"lti:{service.deployment_id}", resource_id__startswith=OURS)
    return made.order_by("pk")


def make(actor: Actor, named: UUID, wished: Wish) -> LineItem:
    """Make a column; the same `named` again makes no second one. Raises LMSError.

    Who corrects what they typed after an answer that was lost gets what they typed last.
    """
    service = _service(_course(actor))
    item = ags.find_or_make(
        service, label=wished.label, maximum=wished.maximum, resource_id=f"{OURS}{named}"
    )
    if (item.label, item.maximum) != (wished.label, wished.maximum):
        item = ags.update(item, label=wished.label, maximum=wished.maximum)
    _remember_making(actor, item)
    return item


@transaction.atomic
def _remember_making(actor: Actor, item: LineItem) -> None:
    """Write down that a column was made, once, however many presses that took."""
    LineItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    lately = AuditEvent.objects.filter(
        institution=actor.institution_id, created_at__gt=timezone.now() - AGAIN
    )
    if not lately.filter(verb=Verb.COLUMN_MAKE.value, object=item.pk).exists():
        _remember(Verb.COLUMN_MAKE, actor, item)


def change(actor: Actor, assignment_id: UUID, wished: Wish) -> LineItem:
    """Give a column of ours another name or other points; raise NotFound and LMSError."""
    item = _own(actor, assignment_id)
    item = ags.update(item, label=wished.label, maximum=wished.maximum)
    _remember(Verb.COLUMN_CHANGE, actor, item)
    return item


def delete(actor: Actor, assignment_id: UUID) -> LineItem:
    """Take a column of ours out of the gradebook; raise NotFound, ColumnKept and LMSError.

    It stays where the gradebook shows a grade in it, and where one is on its way.
    """
    item = _own(actor, assignment_id)
    if gradebook.given(actor, item).filter(state__in=UNDERWAY).exists():
        raise ColumnKept()
    ags.delete(item)
    _remember(Verb.COLUMN_DELETE, actor, item)
    return item


def _own(actor: Actor, assignment_id: UUID) -> LineItem:
    item = ours(actor).filter(assignment=assignment_id).first()
    if item is None:
        raise NotFound()
    return item


def _course(actor: Actor) -> Course:
    """Return the course, for who may both grade in it and set it up; raise NotYours."""
    course = scope.graded_course(actor, actor.course_id or "")
    if not actor.is_author:
        raise NotYours()
    return course


def _service(course: Course) -> CourseService:
    """Return the services that make columns; raise ScopeMissing."""
    missing = ScopeMissing(scope=service_tokens.short(SCOPE))
    try:
        service = services.of(course)
    except NotFound as error:
        raise missing from error
    if not service.line_items_url or SCOPE not in service.scopes:
        raise missing
    return service


def _remember(verb: Verb, actor: Actor, item: LineItem) -> None:
    audit.record(verb=verb, actor=actor, object_kind="column", object_id=item.pk)
