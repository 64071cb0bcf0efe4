"""What practice has done in the background: skills are found, questions are made of passages."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from agents import finding, practice, skills, worked
from agents.spend import Capability, For
from tutorai.celery import Queue
from tutorai.ledger import jobs
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor

FIND, DRAW = "find_skills", "draw_items"
SETTLES = timedelta(seconds=20)  # after a page was read: others of its course mostly follow


def soon(course: Course) -> None:
    """Have the course's skills found, once for all that was read just now."""
    jobs.add(
        FIND,
        {"course": str(course.pk)},
        queue=Queue.BULK,
        key=str(course.pk),
        institution_id=course.institution_id,
        course_id=course.pk,
        due_at=timezone.now() + SETTLES,
    )


def find(job: Job) -> None:
    """Find the course's skills in what it says now."""
    finding.find(job.payload["course"])


def catch_up() -> None:
    """Have skills found in courses that were read before there were any."""
    for course in finding.lacking():
        soon(course)


def wish(actor: Actor, skill_id: UUID) -> None:
    """Have questions made of a skill's passages, where a model can be asked. Nobody waits."""
    who = For(actor.institution_id, actor.course_id, None, Capability.PRACTICE)
    skill = skills.one(actor, skill_id)
    chunks = practice.gaps(actor, skills.pages(actor, skill)).chunks
    lacking = worked.lacking(who, skill.pk, chunks)
    if lacking:
        jobs.add(
            DRAW,
            {"course": str(skill.course_id), "chunks": [str(pk) for pk in lacking]},
            queue=Queue.BULK,
            key=str(skill.pk),
            institution_id=actor.institution_id,
            course_id=skill.course_id,
        )


def draw(job: Job) -> None:
    """Make the questions that were wished for."""
    worked.make(job.payload["course"], job.payload["chunks"])
