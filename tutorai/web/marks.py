"""How each student's grade stands, in words: held, on its way, waiting, delivered, refused."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tutorai import errors, gradebook
from tutorai.ledger import grades
from tutorai.ledger.models import GradeIntent, Job
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import LineItem, User
from tutorai.lmsdm.schema import Actor

State = GradeIntent.State
NAMES = {"canvas": "Canvas", "moodle": "Moodle", "blackboard": "Blackboard"}  # by Rules.name
NOTHING: Mapping[str, tuple[str, str]] = {}
ON_ITS_WAY = (State.QUEUED, State.SENDING)

# Why the LMS did not take a grade, where the cause is no error of ours.
CAUSES: Mapping[str, str | Promise] = {
    "not_gradable": _("This person cannot be given a grade there: perhaps they left the course."),
    "no_attempts": _("This person has used up all attempts there."),
    "grade_refused": _("It does not accept this grade."),
    "column_gone": _("The assignment is not in its gradebook any more."),
    "overridden": _("A grade entered there by hand is locked against ours. Change it there."),
}


@dataclass(frozen=True)
class Words:
    """What is said of a state: in a row, and in the summary of a class."""

    code: str
    summary: str | Promise
    tone: str = ""  # a class: "" done, "hidden" under way, "no" needs somebody


NONE = Words("none", _("not graded here"), "hidden")
HELD = Words("held", _("held"), "hidden")
MOVING = Words("moving", _("on their way"), "hidden")
WAITING = Words("waiting", _("waiting for your learning platform"), "no")
DELIVERED = Words("delivered", _("delivered"))
SUPERSEDED = Words("superseded", _("changed by hand in your learning platform"), "no")
REFUSED = Words("refused", _("not accepted"), "no")
DEAD = Words("dead", _("not delivered"), "no")
ALL = (DELIVERED, HELD, MOVING, WAITING, SUPERSEDED, REFUSED, DEAD, NONE)


@dataclass(frozen=True)
class Mark:
    """One student's row: what was approved last, and what became of it."""

    user: User
    intent: GradeIntent | None
    job: Job | None  # that brings it, while it is on its way
    typed: tuple[str, str] | None = None  # points and comment that were refused just now

    @property
    def words(self) -> Words:
        """Return how it stands."""
        if self.intent is None:
            return NONE
        match self.intent.state:
            case State.HELD:
                return HELD if self._held else MOVING
            case State.QUEUED | State.SENDING:
                return WAITING if self.since else MOVING
            case State.DELIVERED:
                return DELIVERED
            case State.SUPERSEDED:
                return SUPERSEDED
            case State.REJECTED:
                return REFUSED
        return DEAD

    @property
    def _held(self) -> bool:
        until = self.intent.release_at if self.intent else None
        return until is None or until > timezone.now()

    @property
    def since(self) -> datetime | None:
        """When the LMS stopped answering for this grade; None: it answers."""
        return self.job.away_since if self.job else None

    @property
    def again(self) -> datetime | None:
        """When a grade that failed is tried again."""
        failed = self.job is not None and self.job.error and not self.job.away_since
        return self.job.due_at if failed and self.job and self.words is MOVING else None

    @property
    def cause(self) -> str:
        """Why it did not arrive, in words."""
        code = self.intent.error if self.intent else ""
        return str(CAUSES[code]) if code in CAUSES else errors.words(code) if code else ""

    @property
    def points(self) -> str:
        """The points approved last, as a person writes them."""
        return plain(self.intent.points) if self.intent else ""

    @property
    def shown(self) -> str:
        """What stands in the field for points."""
        return self.typed[0] if self.typed else self.points

    @property
    def remark(self) -> str:
        """What stands in the field for the comment."""
        return self.typed[1] if self.typed else self.intent.comment if self.intent else ""

    @property
    def theirs(self) -> str:
        """The points that stand in the LMS instead."""
        told = self.intent.lms_points if self.intent else None
        return "" if told is None else plain(told)

    @property
    def fixed(self) -> bool:
        """Whether the row is opened by a button first: its grade has left."""
        return self.words in {DELIVERED, SUPERSEDED}

    @property
    def key(self) -> str:
        """What tells one rendering of the row from the next."""
        job = self.job
        told = (self.words.code, self.intent and self.intent.pk, self.since, self.again)
        return "-".join(str(part) for part in (*told, job.due_at if job and self.again else ""))


def plain(points: Decimal) -> str:
    """Return points without idle zeros: 8.5, 100."""
    written = f"{points:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def of(
    actor: Actor, line_item: LineItem, typed: Mapping[str, tuple[str, str]] = NOTHING
) -> list[Mark]:
    """Return a row for each student of the course, by name; for who left, if they have a grade.

    `typed`: points and comment that were refused just now, by the person's id.
    """
    rows = grades.newest(gradebook.given(actor, line_item))
    intents = {intent.user_id: intent for intent in rows}
    active = set(scope.students(actor).values_list("pk", flat=True))
    people = User.objects.filter(pk__in=active | set(intents)).order_by("name", "pk")
    under_way = _jobs(line_item, intents.values())
    return [
        Mark(
            person,
            intents.get(person.pk),
            under_way.get(person.pk),
            typed.get(str(person.pk)),
        )
        for person in people
    ]


def _jobs(line_item: LineItem, intents: Iterable[GradeIntent]) -> dict[UUID, Job]:
    moving = {
        grades.key(line_item.pk, intent.user_id): intent.user_id
        for intent in intents
        if intent.state in {*ON_ITS_WAY, State.HELD}
    }
    live = Job.objects.filter(kind=grades.KIND, key__in=list(moving), state__in=grades.LIVE)
    return {moving[job.key]: job for job in live if job.key}


def counts(marks: Iterable[Mark]) -> list[tuple[Words, int]]:
    """Return how many stand how, for the class at a glance."""
    counted = Counter(mark.words for mark in marks)
    return [(words, counted[words]) for words in ALL if counted[words]]


def moving(marks: Iterable[Mark]) -> bool:
    """Whether anything may change by itself soon."""
    return any(mark.words in {MOVING, WAITING, HELD} for mark in marks)


def lms(line_item: LineItem) -> str:
    """Return what the LMS of a column is called; "" where we do not know."""
    return NAMES.get(gradebook.rules(line_item).name.partition("_")[0], "")
