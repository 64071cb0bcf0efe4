"""A model of one cell of an LMS's gradebook, in memory, and grades to send there.

What each LMS does is cited as § of the connectors' documentation; what its answers mean is not
known here: those are the rules of `lti.platforms`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from lti import platforms
from tests.factories import a_course, a_user
from tutorai.errors import LMSNotFound, LMSUnavailable, NotSent
from tutorai.ledger import attempts, delivery, grades
from tutorai.ledger.attempts import Work
from tutorai.ledger.grades import Promise
from tutorai.ledger.models import GradeIntent, Job, Proposal
from tutorai.ledger.outcomes import Answer, Grade, Gradebook, Reading, Rules
from tutorai.lmsdm.models import LineItem, User

FAMILIES = ("canvas", "moodle", "blackboard", "other")
LONGEST = timedelta(minutes=1)  # no request is under way longer: our deadline is 30 s

# What each says to whom it cannot give a grade: §8.5, row "user not gradable".
STRANGER = {
    "canvas": Answer(422, "Unprocessable\nUser not found in course or is not a student"),
    "moodle": Answer(400, 'Incorrect score received{"userId": "3"}\n[]'),
    "blackboard": Answer(400, "Bad Request\nUser could not be found: 3"),
    "other": Answer(404, "Not Found\nUser in requested score does not exist"),
}
# … to a timestamp that is not later: §8.5, row "older/equal timestamp".
LATER = {
    "canvas": Answer(
        400, "Bad Request\nProvided timestamp of 1 before last updated timestamp of 2"
    ),
    "moodle": Answer(409, "Refusing score with an earlier timestamp for item 29 and user 5\n[]"),
    "other": Answer(
        400, "Bad Request\nScore timestamp can only be updated to a later point in time"
    ),
}
OK = Answer(200, "OK\n")
NOT_FOUND = Answer(404, "Not Found\n")
LOCKED = Answer(500, "Internal Server Error\n[]")  # §2.4: Moodle, of this one grade


@dataclass
class Cell:
    """One person's cell in one column (`tutorai.ledger.outcomes.Gradebook`)."""

    rules: Rules
    maximum: Decimal = Decimal(100)
    tells_maximum: bool = True
    ahead: timedelta = timedelta()  # how far its clock is ahead of ours
    gone: bool = False
    moves_to: list[bool] = field(default_factory=list)  # is the column there, at each new address
    locked: bool = False
    overridden: Decimal | None = None  # what people see instead, until the override is lifted
    stranger: bool = False
    points: Decimal | None = None  # out of `maximum`
    changed_at: datetime | None = None
    by_a_person: bool = False
    unread: bool = False  # changed by a person since it was read last
    comments: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)  # every body, in order
    taken: list[Grade] = field(default_factory=list)
    lost_edits: list[tuple[Decimal | None, Grade, bool]] = field(default_factory=list)
    fates: list[str | Answer] = field(default_factory=list)  # of the next sendings; then all well
    troubles: list[Exception] = field(default_factory=list)  # of the next readings
    pause: Callable[[str], object] = lambda where: None
    reads: int = 0

    @property
    def name(self) -> str:
        """The LMS's family."""
        return self.rules.name

    @property
    def shown(self) -> Decimal | None:
        """What people see."""
        return self.points if self.overridden is None else self.overridden

    def meanwhile(self, when: str, do: Callable[[], object]) -> None:
        """Have something happen at "before_read", "after_read" or "before_send"."""
        self.pause = lambda where: do() if where == when else None

    def read(self) -> Reading:
        """Results of one person."""
        self.pause("before_read")
        if self.troubles:
            raise self.troubles.pop(0)
        if self.gone:
            raise LMSNotFound()
        self.reads += 1
        self.unread = False
        told = Reading(
            points=self.shown,
            maximum=self.maximum if self.tells_maximum else None,
            # §1.9: Canvas may leave it out. §2.4: Moodle tells it.
            comment=None if self.rules.appends_comments else "".join(self.comments[-1:]),
            # §2.4: Moodle tells when, to the second; the others do not.
            at=self.changed_at if self.name == "moodle" else None,
        )
        self.pause("after_read")
        return told

    def write(self, grade: Grade) -> str:
        """The score as a line of JSON."""
        told = [grade.points, grade.maximum, grade.comment, grade.at.isoformat()]
        return json.dumps(list(map(str, told)))

    def send(self, body: str) -> Answer:
        """Take a score, as the next fate says."""
        left_at = timezone.now()
        self.pause("before_send")
        fate = self.fates.pop(0) if self.fates else "well"
        if fate == "away":
            raise NotSent()
        self.received.append(body)
        if isinstance(fate, Answer):
            return fate
        if fate == "dropped" or timezone.now() - left_at >= LONGEST:
            raise LMSUnavailable()
        answer = self.take(score(body))
        if fate == "lost":
            raise LMSUnavailable()
        return Answer(503, "Service Unavailable\n") if fate == "broken" else answer

    def take(self, grade: Grade) -> Answer:
        if self.gone:
            return NOT_FOUND
        if self.stranger:
            return STRANGER[self.name]
        if self.changed_at is not None and not self._later(grade.at, self.changed_at):
            return LATER[self.name]
        if self.locked:
            return LOCKED
        self.taken.append(grade)
        if self.by_a_person and self.overridden is None:
            self.lost_edits.append((self.points, grade, self.unread))
        # §2.4: rescaled to the column's maximum, and no more than that; §1.9: more on Canvas.
        points = grade.points * self.maximum / grade.maximum
        self.points = points if self.rules.extra_credit else min(points, self.maximum)
        self.by_a_person = False
        self.changed_at = grade.at  # §1.9, §2.4: our own timestamp
        if self.name == "moodle":
            self.changed_at = grade.at.replace(microsecond=0)
        # §1.9: one more comment at every POST; §2.4: the comment replaces the last.
        kept = self.comments if self.rules.appends_comments else []
        self.comments = [*kept, *([grade.comment] if grade.comment else [])]
        return OK

    def _later(self, at: datetime, last: datetime) -> bool:
        if self.name == "moodle":  # §2.4: later by a whole second
            return int(at.timestamp()) > int(last.timestamp())
        if self.name == "blackboard":  # §8.5: not documented; it refuses none
            return True
        return at >= last if self.name == "canvas" else at > last  # §1.9: equal is a safe resend

    def relocate(self) -> bool:
        """Look for the column at its next address."""
        if not self.moves_to:
            return False
        self.gone = not self.moves_to.pop(0)
        return True

    def edit(self, points: int | None) -> None:
        """A person changes the grade in the LMS. §1.9, §2.4: the time is the LMS's own then."""
        self.points = None if points is None else Decimal(points)
        self.changed_at = timezone.now() + self.ahead
        self.by_a_person = self.unread = points is not None


def score(body: str) -> Grade:
    """What a line of JSON says."""
    points, maximum, comment, at = json.loads(body)
    return Grade(Decimal(points), Decimal(maximum), comment, datetime.fromisoformat(at))


def a_cell(family: str = "canvas", **fields: Any) -> Cell:
    """An empty cell of an LMS."""
    return Cell(platforms.of(family), **fields)


@dataclass
class Place:
    """A person's cell in our own tables, and the LMS's cell it stands for."""

    item: LineItem
    user: User
    lms: Cell
    door: Gradebook | None = None  # the way there, where the LMS is not the model

    def promise(self, given: int | str = 80, **how: Any) -> GradeIntent:
        """Approve a grade, to be sent at once if nothing else is said."""
        course = self.item.course
        proposal = Proposal.objects.create(
            institution=course.institution,
            course=course,
            kind="grade",
            made_by=Proposal.Maker.AI,
            state=Proposal.State.QUEUED,
            approved_at=timezone.now(),
        )
        asked = {
            "maximum": Decimal(100),
            "comment": "",
            "release_at": timezone.now(),
            "points": Decimal(given),
        }
        promised = Promise(
            proposal=proposal, line_item=self.item, user_id=self.user.pk, **{**asked, **how}
        )
        return grades.promise(promised, by=None)

    @property
    def there(self) -> Any:
        """The points in the LMS."""
        return self.lms.points

    @property
    def seen(self) -> Any:
        """The points people see there."""
        return self.lms.shown

    @property
    def given(self) -> list[Any]:
        """The points the LMS took, in order."""
        return [grade.points for grade in self.lms.taken]

    @property
    def intents(self) -> Any:
        """All grades there were for the cell."""
        return GradeIntent.objects.filter(line_item=self.item, user=self.user)

    @property
    def states(self) -> list[str]:
        """The states of all grades there were, in order."""
        return list(self.intents.order_by("version").values_list("state", flat=True))

    @property
    def jobs(self) -> Any:
        """All jobs there were for the cell."""
        return Job.objects.filter(kind=grades.KIND, key=grades.key(self.item.pk, self.user.pk))

    @property
    def job(self) -> Job:
        """The last of them."""
        last: Job = self.jobs.latest("created_at")
        return last

    def work(self) -> Work:
        """How the cell's grades are sent."""
        return Work(
            lambda job: delivery.deliver(job, lambda _: self.door or self.lms), buried=grades.bury
        )

    def attempt(self) -> Job:
        """Try the cell's live job once, as if it were due; return it."""
        job = self.job
        self.jobs.filter(state=Job.State.WAITING).update(due_at=timezone.now())
        attempts.attempt(job.pk, {grades.KIND: self.work()})
        job.refresh_from_db()
        return job


def a_place(family: str = "canvas", **fields: Any) -> Place:
    """A cell in a course of its own."""
    course = a_course()
    item = LineItem.objects.create(course=course, url="https://lms.example/1", source="lti:1")
    return Place(item, a_user(course.institution), a_cell(family, **fields))
