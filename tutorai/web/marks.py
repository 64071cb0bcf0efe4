"""How each student's grade stands, in words: held, on its way, waiting, delivered, refused."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tutorai import errors, gradebook
from tutorai.gradebook import plain
from tutorai.ledger import grades
from tutorai.ledger.models import GradeIntent, Job
from tutorai.lmsdm import names, scope
from tutorai.lmsdm.models import LineItem, User
from tutorai.lmsdm.schema import Actor

State = GradeIntent.State
NAMES = {"canvas": "Canvas", "moodle": "Moodle", "blackboard": "Blackboard"}  # by Rules.name
SOON = timedelta(minutes=1)  # what leaves within it is watched closely
NOTHING: Mapping[UUID, str] = {}

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
ENDED = {
    State.DELIVERED: DELIVERED,
    State.SUPERSEDED: SUPERSEDED,
    State.REJECTED: REFUSED,
    State.DEAD: DEAD,
}


def digest(text: str) -> str:
    """Return a short name that tells one text from another."""
    return blake2b(text.encode(), digest_size=9).hexdigest()


def standing(intent: GradeIntent | None, *, away: bool, live: bool) -> Words:
    """Return how a grade stands; `away`: the LMS does not answer for it; `live`: a job brings it."""
    if intent is None:
        return NONE
    if intent.state == State.HELD:
        until = intent.release_at
        return HELD if until is None or until > timezone.now() else MOVING
    under_way = WAITING if away else MOVING
    again = intent.state == State.DEAD and live  # it was given up, and somebody tries once more
    return under_way if again else ENDED.get(State(intent.state), under_way)


@dataclass(frozen=True)
class Mark:
    """One student's row: what was approved last, and what became of it."""

    user: User
    intent: GradeIntent | None
    job: Job | None  # that brings it, while it is on its way
    here: bool = True  # still a student of the course
    fault: str = ""  # why what was entered just now cannot be taken
    name: str = ""  # what the person is called here

    @property
    def words(self) -> Words:
        """Return how it stands."""
        return standing(self.intent, away=self.since is not None, live=self.job is not None)

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
    def unconnected(self) -> bool:
        """Whether it waits for somebody to connect the course again."""
        return self.intent is not None and self.intent.error == errors.LMSUnauthorised.code

    @property
    def points(self) -> str:
        """The points approved last, as a person writes them."""
        return plain(self.intent.points) if self.intent else ""

    @property
    def maximum(self) -> str:
        """Of how many points."""
        return plain(self.intent.maximum) if self.intent else ""

    @property
    def theirs(self) -> str:
        """The points that stand in the LMS instead."""
        told = self.intent.lms_points if self.intent else None
        return "" if told is None else plain(told)

    @property
    def fixed(self) -> bool:
        """Whether the row is opened by a button first, its grade having left; or never."""
        return not self.here or self.words in {DELIVERED, SUPERSEDED}

    @property
    def soon(self) -> bool:
        """Whether it may change by itself within a moment."""
        until = self.intent.release_at if self.intent else None
        near = until is not None and until < timezone.now() + SOON
        return self.words is MOVING or (self.words is HELD and near)

    @property
    def key(self) -> str:
        """What tells one rendering of the row from the next."""
        intent = self.intent
        told = (intent.pk, intent.state, intent.release_at, intent.error) if intent else ()
        parts = (self.words.code, *told, self.since, self.again, self.here, self.fault)
        return digest("|".join(str(part) for part in parts))


def of(actor: Actor, line_item: LineItem, faults: Mapping[UUID, str] = NOTHING) -> list[Mark]:
    """Return a row for each student of the course, by name; for who left, if they have a grade.

    `faults`: why what was entered just now cannot be taken, by person.
    """
    rows = grades.newest(gradebook.given(actor, line_item))
    intents = {intent.user_id: intent for intent in rows}
    active = set(scope.students(actor).values_list("pk", flat=True))
    people = User.objects.filter(pk__in=active | set(intents)).order_by("name", "pk")
    called = names.among(people)
    under_way = _jobs(line_item.course_id)
    return [
        Mark(
            person,
            intents.get(person.pk),
            under_way.get(grades.key(line_item.pk, person.pk)),
            person.pk in active,
            faults.get(person.pk, ""),
            called[person.pk],
        )
        for person in people
    ]


def of_person(actor: Actor, person: User) -> list[tuple[LineItem, Mark]]:
    """Return how one person's grades stand in every column of the course, and what was given
    in columns that are gone."""
    graded = gradebook.given(actor).filter(user=person)
    intents = {intent.line_item_id: intent for intent in grades.newest(graded)}
    live = LineItem.objects.filter(course__in=scope.courses(actor), gone_at=None)
    shown = live.filter(assignment__in=scope.columns(actor)) | LineItem.objects.filter(
        pk__in=list(intents)
    )
    here = scope.students(actor).filter(pk=person.pk).exists()
    under_way = _jobs(actor.course_id or "")
    rows = shown.distinct().select_related("assignment")
    return [
        (one, Mark(person, intents.get(one.pk), under_way.get(grades.key(one.pk, person.pk)), here))
        for one in rows.order_by("assignment__due_date", "label", "pk")
    ]


def _jobs(course_id: UUID | str) -> dict[str | None, Job]:
    """Return what is on its way in a course, by the name of its cell."""
    live = Job.objects.filter(kind=grades.KIND, state__in=Job.LIVE)
    return {job.key: job for job in live.filter(course_id=course_id)}


def counts(marks: Iterable[Mark]) -> list[tuple[Words, int]]:
    """Return how many stand how, for the class at a glance."""
    return _ordered(Counter(mark.words for mark in marks))


def tallies(actor: Actor) -> dict[UUID, list[tuple[Words, int]]]:
    """Return the counts of every column of the course, by the column, in a few queries."""
    rows = grades.newest(gradebook.given(actor))
    newest = rows.only("line_item", "user", "state", "release_at")
    jobs = Job.objects.filter(kind=grades.KIND, state__in=Job.LIVE)
    live = dict(jobs.filter(course__in=scope.courses(actor)).values_list("key", "away_since"))
    students = set(scope.students(actor).values_list("pk", flat=True))
    counted: dict[UUID, Counter[Words]] = {}
    graded: dict[UUID, set[UUID]] = {}
    for one in newest:
        cell = grades.key(one.line_item_id, one.user_id)
        words = standing(one, away=live.get(cell) is not None, live=cell in live)
        counted.setdefault(one.line_item_id, Counter())[words] += 1
        graded.setdefault(one.line_item_id, set()).add(one.user_id)
    for column in scope.columns(actor).values_list("line_items", flat=True):
        none = len(students - graded.get(column, set()))
        counted.setdefault(column, Counter())[NONE] += none
    return {column: _ordered(found) for column, found in counted.items()}


def _ordered(counted: Counter[Words]) -> list[tuple[Words, int]]:
    return [(words, counted[words]) for words in ALL if counted[words]]


def lms(line_item: LineItem) -> str:
    """Return what the LMS of a column is called; "" where we do not know."""
    return NAMES.get(gradebook.rules(line_item).name.partition("_")[0], "")
