"""An LMS in memory that a publisher writes to: what stands in it, and what goes wrong on the way."""

from dataclasses import dataclass, field
from typing import Any

from connectors import publishing as ways
from connectors.base import Draft, Published, Publishing
from connectors.publishing import Door
from tests import factories
from tests.publishing.quizzes import everything
from tutorai import flows, publishing
from tutorai.errors import LMSUnavailable, NotSent
from tutorai.ledger import attempts, outbox
from tutorai.ledger.attempts import Work, Works
from tutorai.ledger.models import Job, Proposal, Publication
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor, Quiz, Role
from tutorai.publishing import Wish


@dataclass
class Lms:
    """Each publish meets the next of `script`: an error before or ("after", error) behind its deed."""

    script: list[Any] = field(default_factory=list)
    made: list[tuple[str, str]] = field(default_factory=list)  # mark and title of each
    questions: dict[str, int] = field(default_factory=dict)  # by mark
    looks: int = 0
    takes: frozenset[Draft] = frozenset(Draft)

    def door(self, course: Course) -> Door:
        """The way into it."""
        return Door("Test", self, "7")

    def find(self, course_id: str, what: Publishing) -> Published | None:
        """Look for what carries the mark."""
        self.looks += 1
        if what.mark not in [mark for mark, _title in self.made]:
            return None
        wanted = len(what.quiz.questions) if what.quiz else 0
        return self._told(what.mark, whole=self.questions.get(what.mark, 0) == wanted)

    def publish(self, course_id: str, what: Publishing, begun: Published | None) -> Published:
        """Make it: a quiz first, then its questions one by one."""
        if begun is None:
            self._meet(lambda: self.made.append((what.mark, what.title)))
        for at in range(len(what.quiz.questions) if what.quiz else 0):
            if at >= self.questions.get(what.mark, 0):
                self._meet(lambda: self._ask(what.mark))
        return self._told(what.mark, whole=True)

    def _ask(self, mark: str) -> None:
        self.questions[mark] = self.questions.get(mark, 0) + 1

    def _meet(self, deed: Any) -> None:
        met = self.script.pop(0) if self.script else None
        if isinstance(met, Exception):
            raise met
        deed()
        if met is not None:
            raise met[1]

    def _told(self, mark: str, *, whole: bool) -> Published:
        return Published(f"page:{mark[:4]}", f"https://lms.example/{mark[:4]}", whole)


AFTER = ("after", LMSUnavailable())  # it did what was asked, and nobody heard
UNSENT = NotSent()


def a_teacher() -> Actor:
    """A teacher of a course of their own."""
    return factories.an_actor(factories.a_course(), Role.TEACHER)


def on_its_way(teacher: Actor, wish: Wish | None = None) -> Publication:
    """A page, or what is wished, as it stands once it is approved."""
    draft = publishing.propose(teacher, wish or Wish(Draft.PAGE, "Week 1", text="Read **this**."))
    Proposal.objects.filter(pk=draft.pk).update(
        state=Proposal.State.QUEUED, approver=teacher.user_id, approved_at=draft.created_at
    )
    return outbox.promise(draft, by=teacher.user_id)


def a_quiz(n: int) -> Quiz:
    """A quiz with so many questions."""
    return everything().model_copy(update={"questions": everything().questions[:n]})


def works(lms: Lms) -> Works:
    """What a worker does, with that LMS at the other end."""
    bring = Work(lambda job: ways.deliver(job, lms.door), buried=outbox.bury)
    return {**flows.WORK, outbox.KIND: bring}


def brought(publication: Publication, lms: Lms) -> Publication:
    """Attempt the job that brings it, as a worker does, with that LMS at the other end."""
    job = Job.objects.get(kind=outbox.KIND, key=str(publication.pk))
    Job.objects.filter(pk=job.pk, state=Job.State.WAITING).update(due_at=job.created_at)
    attempts.attempt(job.pk, works(lms))
    publication.refresh_from_db()
    return publication


def job_of(publication: Publication) -> Job:
    """The job that brings it."""
    return Job.objects.filter(key=str(publication.pk)).latest("created_at")
