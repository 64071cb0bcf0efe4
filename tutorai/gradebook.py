"""Between a course's people and its LMS's gradebook: what may be graded, drafts, the way in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import cells, columns
from lti import ags, platforms
from lti.models import CourseService, Registration
from tutorai.celery import Queue
from tutorai.errors import BadRequest, NotFound, NotMatched, words
from tutorai.ledger import audit, grades, jobs
from tutorai.ledger.audit import Verb
from tutorai.ledger.grades import Promise
from tutorai.ledger.models import GradeIntent, Job, Proposal
from tutorai.ledger.outcomes import Gradebook, Rules
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Assignment, Course, LineItem
from tutorai.lmsdm.schema import Actor

KIND = "grade"  # of a Proposal
ROSTER = "read_gradebook"  # the job that asks for a course's people and columns
STALE = timedelta(minutes=10)  # they are asked for again after as long
CENT = Decimal("0.01")
TOO_MANY = 1_000_000  # points nobody gives
NUMBER = re.compile(r"\d{0,9}[.,٫]?\d{0,9}")  # as people write them, in whatever digits
LONGEST = 5000  # characters of a comment
FARTHEST = timedelta(days=120)  # how long a grade may be held
MOST_MINUTES = 32_767  # of a hold, a course's and a school's too: what their columns take


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
        """Return when it may leave; raise BadRequest for a day too far away, or over."""
        if self.minutes is not None:
            return now + grades.held_for(self.minutes)
        if self.at is not None and self.at > now + FARTHEST:
            raise BadRequest(why=_("choose a day within the next four months"))
        if self.at is not None and self.at <= now:
            raise BadRequest(why=_("that moment is over: choose a later one"))
        return self.at


def usual(course: Course) -> Hold:
    """Return how long grades of a course are held when nobody says otherwise."""
    minutes = course.hold_minutes
    return Hold(minutes=course.institution.hold_minutes if minutes is None else minutes)


def number(text: str) -> Decimal:
    """Return points as a person writes them: "8.5" or "8,5". Raises BadRequest."""
    written = text.strip()
    if not NUMBER.fullmatch(written) or not re.search(r"\d", written):
        raise BadRequest(why=_("points are a number from 0 upwards, like 8.5"))
    return cents(Decimal(re.sub("[,٫]", ".", written)))


def cents(points: Decimal) -> Decimal:
    """Return points that a grade may have; raises BadRequest."""
    if not points.is_finite() or not 0 <= points < TOO_MANY:
        raise BadRequest(why=_("points are a number from 0 upwards, like 8.5"))
    rounded = points.quantize(CENT)
    if rounded != points:
        raise BadRequest(why=_("points have two decimals at most"))
    return rounded


def plain(points: Decimal) -> str:
    """Return points without idle zeros: 8.5, 100."""
    written = f"{points:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def column(actor: Actor, assignment_id: UUID | str) -> LineItem:
    """Return the gradebook column of an assignment; raise NotFound.

    One that is gone from the gradebook is still looked at, for the grades it was to have.
    """
    rows = LineItem.objects.select_related("assignment", "course__institution").order_by("pk")
    live = rows.filter(assignment__in=scope.columns(actor).filter(pk=assignment_id), gone_at=None)
    left = rows.filter(assignment__in=gone(actor).filter(pk=assignment_id))
    found = live.first() or left.filter(pk__in=_counting(actor)).first()
    if found is None:
        raise NotFound()
    return found


def gone(actor: Actor) -> QuerySet[Assignment]:
    """Return the assignments that grades were given for and that cannot be graded any more."""
    graded = Assignment.objects.filter(line_items__in=_counting(actor))
    rest = graded.exclude(pk__in=scope.columns(actor).values("pk"))
    return rest.order_by("due_date", "title").distinct()


def _counting(actor: Actor) -> QuerySet[Any]:
    """Return the columns that have a grade which counts."""
    return given(actor).exclude(state__in=grades.ASIDE).values("line_item")


def look(actor: Actor) -> None:
    """Have the course's people and columns read again, where nobody asked for a while."""
    course = scope.graded_course(actor, actor.course_id or "")
    if not course.line_items.filter(gone_at=None).exists():
        columns.of_assignments(course)
    lately = Job.objects.filter(kind=ROSTER, course=course, created_at__gt=timezone.now() - STALE)
    service = CourseService.objects.filter(course=course, trouble="")
    service = service.exclude(members_url="", line_items_url="")
    if service.exists() and not lately.exists():
        ask(course, by=actor.user_id)


def ask(course: Course, *, by: UUID | None = None) -> Job:
    """Have the course's people and columns read again."""
    return jobs.add(
        ROSTER,
        {"course": str(course.pk)},
        queue=Queue.SYNC,
        key=str(course.pk),
        institution_id=course.institution_id,
        course_id=course.pk,
        asked_by=by,
    )


def looking(actor: Actor) -> bool:
    """Whether the people of the course are being asked for right now."""
    live = Job.objects.filter(kind=ROSTER, state__in=Job.LIVE, error="")
    return live.filter(course__in=scope.courses(actor)).exists()


def trouble(actor: Actor) -> str:
    """Return why the LMS does not tell of them, in words; "" where it does."""
    here = scope.courses(actor)
    rows = CourseService.objects.filter(course__in=here).exclude(trouble="")
    code = rows.values_list("trouble", flat=True).first()
    if code is None:  # refused for good; or given up after several tries
        last = Job.objects.filter(kind=ROSTER, course__in=here).order_by("-created_at").first()
        code = last.error if last and last.state == Job.State.BURIED else ""
    return words(code) if code else ""


def rules(line_item: LineItem) -> Rules:
    """Return how the column's LMS takes grades."""
    lms, _colon, own = line_item.source.partition(":")
    if lms != "lti":
        return cells.rules(lms)
    told = Registration.objects.get(deployment=UUID(own))
    return platforms.of(told.family, told.issuer, told.token_url)


def propose(
    actor: Actor, assignment_id: UUID, user_id: UUID, points: Decimal, comment: str
) -> UUID:
    """Write down a grade that an agent thinks of, for who grades; return the proposal.

    Raises NotYours, NotFound and BadRequest.
    """
    entry = Entry(user_id, cents(points), comment)
    (made,) = draft(actor, column(actor, assignment_id), [entry], by=Proposal.Maker.AI)
    return made.pk


@transaction.atomic
def draft(
    actor: Actor,
    line_item: LineItem,
    entries: Iterable[Entry],
    by: Proposal.Maker = Proposal.Maker.PERSON,
) -> list[Proposal]:
    """Write down what a teacher enters, as proposals; nothing of it leaves before it is approved.

    Raises BadRequest, and NotFound for who is no student of the course.
    """
    given = list(entries)
    if not {entry.user_id for entry in given} <= _students(actor):
        raise NotFound()
    for why in faults(actor, line_item, given).values():
        raise BadRequest(why=why)
    maximum = line_item.maximum or Decimal(0)
    return Proposal.objects.bulk_create(
        _proposal(actor, line_item, entry, maximum, by) for entry in given
    )


def faults(actor: Actor, line_item: LineItem, entries: Iterable[Entry]) -> dict[UUID, str]:
    """Return why an entry cannot be taken, in words, by its person; empty: all can be."""
    known, taken = _students(actor), rules(line_item)
    found = ((one.user_id, _fault(one, known, line_item, taken)) for one in entries)
    return {user_id: why for user_id, why in found if why}


def _students(actor: Actor) -> set[UUID]:
    return set(scope.students(actor).values_list("pk", flat=True))


def _fault(entry: Entry, known: set[UUID], line_item: LineItem, taken: Rules) -> str:
    maximum = line_item.maximum
    if line_item.gone_at is not None:
        return _("the assignment is not in the gradebook any more")
    if entry.user_id not in known:
        return _("this person is not a student of the course any more")
    if not maximum:
        return _("this assignment has no points")
    if entry.points > maximum and not taken.extra_credit:
        told = _("your learning platform takes at most %(maximum)s points here")
        return told % {"maximum": plain(maximum)}
    if len(entry.comment) > LONGEST:
        return _("a comment has at most %(n)s characters") % {"n": LONGEST}
    return ""


def _proposal(
    actor: Actor, line_item: LineItem, entry: Entry, maximum: Decimal, by: Proposal.Maker
) -> Proposal:
    return Proposal(
        institution_id=actor.institution_id,
        course_id=line_item.course_id,
        kind=KIND,
        made_by=by,
        author_id=actor.user_id,
        payload={
            "line_item": str(line_item.pk),
            "user": str(entry.user_id),
            "points": str(entry.points),
            "maximum": str(maximum),
            "comment": entry.comment.replace("\x00", "").strip(),
        },
    )


def cell(proposal: Proposal) -> tuple[str, str]:
    """Return what a proposal is of: what locks several goes through them in this order."""
    return proposal.payload["line_item"], proposal.payload["user"]


def promise(
    actor: Actor,
    proposal: Proposal,
    line_item: LineItem,
    release_at: datetime | None,
    *,
    overwrite: bool = False,
) -> GradeIntent:
    """Make an approved proposal of a column a grade on its way. Only `flows` calls this."""
    told = proposal.payload
    return grades.promise(
        Promise(
            proposal=proposal,
            line_item=line_item,
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


def named(actor: Actor, intents: Iterable[UUID]) -> QuerySet[GradeIntent]:
    """Return those of these grades that were given in the actor's course."""
    return given(actor).filter(pk__in=list(intents))


@transaction.atomic
def undo(actor: Actor, intents: Iterable[UUID]) -> list[GradeIntent]:
    """Take back what is still held: nothing of it was ever sent. Return what that was."""
    return remember(Verb.GRADE_UNDO, actor, grades.undo(named(actor, intents)))


@transaction.atomic
def release(actor: Actor, intents: Iterable[UUID]) -> list[GradeIntent]:
    """Let go now of what is held; return what that was."""
    held = grades.release(named(actor, intents), by=actor.user_id)
    return remember(Verb.GRADE_RELEASE, actor, held)


@transaction.atomic
def retry(actor: Actor, intents: Iterable[UUID]) -> list[GradeIntent]:
    """Have another go at what was given up; return what that was."""
    dead = grades.retry(named(actor, intents), by=actor.user_id)
    return remember(Verb.GRADE_RETRY, actor, dead)


def remember(verb: Verb, actor: Actor, rows: list[GradeIntent]) -> list[GradeIntent]:
    """Write down in the audit log what was done with these grades; return them."""
    of = [(row.pk, row.user_id) for row in rows]
    audit.record_many(verb=verb, actor=actor, object_kind="grade", of=of)
    return rows


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
