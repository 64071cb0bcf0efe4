"""Between a course's people and its LMS's gradebook: what may be graded, drafts, the way in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from connectors import cells
from lti import ags, platforms
from lti.models import Registration
from tutorai.errors import BadRequest, NotFound, NotMatched
from tutorai.ledger import grades
from tutorai.ledger.grades import Promise
from tutorai.ledger.models import GradeIntent, Proposal
from tutorai.ledger.outcomes import Gradebook, Rules
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Course, LineItem
from tutorai.lmsdm.schema import Actor

KIND = "grade"  # of a Proposal
CENT = Decimal("0.01")
LONGEST = 5000  # characters of a comment
FARTHEST = timedelta(days=120)  # how long a grade may be held


@dataclass(frozen=True)
class Entry:
    """What a teacher writes beside a student's name."""

    user_id: UUID
    points: Decimal
    comment: str = ""


@dataclass(frozen=True)
class Hold:
    """How long an approved grade stays here. None of both: until somebody presses release."""

    minutes: int | None = None
    at: datetime | None = None

    def until(self, now: datetime) -> datetime | None:
        """Return when it may leave; raise BadRequest for a day too far away."""
        if self.minutes is not None:
            return now + grades.held_for(self.minutes)
        if self.at is not None and self.at > now + FARTHEST:
            raise BadRequest(why=_("choose a day within the next four months"))
        return self.at


def usual(course: Course) -> Hold:
    """Return how long grades of a course are held when nobody says otherwise."""
    minutes = course.hold_minutes
    return Hold(minutes=course.institution.hold_minutes if minutes is None else minutes)


def number(text: str) -> Decimal:
    """Return points as a person writes them: "8.5" or "8,5". Raises BadRequest."""
    try:
        points = Decimal(text.strip().replace(",", "."))
    except InvalidOperation as error:
        raise BadRequest(why=_("points are a number, like 8.5")) from error
    if not points.is_finite() or not 0 <= points < 1_000_000:
        raise BadRequest(why=_("points are a number from 0 upwards"))
    return points.quantize(CENT)


def column(actor: Actor, assignment_id: UUID | str) -> LineItem:
    """Return the gradebook column of an assignment; raise NotFound."""
    here = scope.columns(actor).filter(pk=assignment_id).first()
    if here is None:
        raise NotFound()
    return here.line_items.filter(gone_at=None).order_by("pk")[0]


def rules(line_item: LineItem) -> Rules:
    """Return how the column's LMS takes grades."""
    lms, _colon, own = line_item.source.partition(":")
    if lms != "lti":
        return cells.rules(lms)
    told = Registration.objects.get(deployment=UUID(own))
    return platforms.of(told.family, told.issuer, told.token_url)


@transaction.atomic
def draft(actor: Actor, line_item: LineItem, entries: Iterable[Entry]) -> list[Proposal]:
    """Write down what a teacher enters, as proposals; nothing of it leaves before it is approved.

    Raises BadRequest, and NotFound for who is no student of the course.
    """
    known = set(scope.students(actor).values_list("pk", flat=True))
    maximum = line_item.maximum
    if not maximum:
        raise BadRequest(why=_("this assignment has no points"))
    made = []
    for entry in entries:
        if entry.user_id not in known:
            raise NotFound()
        _check(entry, maximum, rules(line_item))
        made.append(_proposal(actor, line_item, entry, maximum))
    return Proposal.objects.bulk_create(made)


def _check(entry: Entry, maximum: Decimal, rules: Rules) -> None:
    if entry.points > maximum and not rules.extra_credit:
        told = _("your learning platform takes at most %(maximum)s points here")
        raise BadRequest(why=told % {"maximum": maximum.normalize()})
    if len(entry.comment) > LONGEST:
        raise BadRequest(why=_("a comment has at most %(n)s characters") % {"n": LONGEST})


def _proposal(actor: Actor, line_item: LineItem, entry: Entry, maximum: Decimal) -> Proposal:
    return Proposal(
        institution_id=actor.institution_id,
        course_id=line_item.course_id,
        kind=KIND,
        made_by=Proposal.Maker.PERSON,
        author_id=actor.user_id,
        payload={
            "line_item": str(line_item.pk),
            "user": str(entry.user_id),
            "points": str(entry.points),
            "maximum": str(maximum),
            "comment": entry.comment.replace("\x00", "").strip(),
        },
    )


def promise(
    actor: Actor, proposal: Proposal, release_at: datetime | None, *, overwrite: bool = False
) -> GradeIntent:
    """Make an approved proposal a grade on its way. Only `flows` calls this."""
    told = proposal.payload
    return grades.promise(
        Promise(
            proposal=proposal,
            line_item=LineItem.objects.get(pk=told["line_item"], course_id=proposal.course_id),
            user_id=UUID(told["user"]),
            points=Decimal(told["points"]),
            maximum=Decimal(told["maximum"]),
            comment=told["comment"],
            release_at=release_at,
            overwrite=overwrite,
        ),
        by=actor.user_id,
    )


def given(actor: Actor, line_item: LineItem | None = None) -> QuerySet[GradeIntent]:
    """Return every grade there was in the actor's course, or in one column of it."""
    here = scope.graded_course(actor, actor.course_id or "")
    rows = GradeIntent.objects.filter(line_item__course=here)
    return rows if line_item is None else rows.filter(line_item=line_item)


def opened(intent: GradeIntent) -> Gradebook:
    """Return the way to one person's cell, by whatever door the column has.

    Raises NotMatched for somebody whom the LMS's own word does not join with an id of it.
    """
    line_item = intent.line_item
    lms, _colon, own = line_item.source.partition(":")
    if lms == "lti":
        found: Gradebook | None = ags.cell(line_item, intent.user_id)
    else:
        found = cells.cell(UUID(own), line_item, intent.user_id)
    if found is None:
        raise NotMatched()
    return found
