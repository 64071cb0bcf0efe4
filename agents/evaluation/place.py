"""Where the tutor is tried: an institution of its own, which is removed afterwards.

What is tried is what students meet: the same tables, the same search, the same turn. Nothing of it
reaches anybody: the institution has no LMS, no recipients of mail, and a cap of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from agents import index
from agents.evaluation.scenarios import Scenario, Set, Text, Work
from agents.extract import html
from agents.models import (
    Activity,
    CarePlan,
    Charge,
    Chunk,
    Embedding,
    Guidance,
    Limit,
    Plea,
    Secret,
    Sitting,
)
from agents.tutor import vault
from tutorai.ids import new_id
from tutorai.ledger.models import GradeIntent, Job, Proposal, Publication
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import Assignment, ContentItem, Course, Enrolment, Institution, User

SOURCE, SLUG = "eval", "eval-tutor-"
FORGOTTEN = timedelta(hours=12)  # a run is over long before; what is older, nobody removed
WHO, MAIL = "Robin Exemplar", "robin.exemplar@student.example"
CONTACT = {"name": "Student care", "how": "+34 900 000 001", "hours": "day and night"}
BEFORE, AFTER = timedelta(hours=1), timedelta(hours=11)  # of an exam, around now


@dataclass(frozen=True)
class Room:
    """One course of the scratch institution. `works` maps a Work's key to its assignment."""

    course_id: UUID
    works: Mapping[str, UUID]
    exams: Mapping[str, UUID]  # to its activity
    texts: tuple[str, ...]  # of all that students may read here


@dataclass(frozen=True)
class Scratch:
    """The institution, and its courses in the order of the sets."""

    institution_id: UUID
    rooms: tuple[Room, ...]


@contextmanager
def scratch(sets: Sequence[Set], *, persona: str = "", cents: int) -> Iterator[Scratch]:
    """Make the courses of the sets; remove all of it afterwards. `cents`: all it may cost."""
    _sweep()
    began = timezone.now()
    school = Institution.objects.create(
        name="Evaluation", slug=f"{SLUG}{new_id()}", monthly_cap_cents=cents
    )
    try:
        Limit.objects.create(institution=school, hard_cents=cents)
        CarePlan.objects.create(institution=school, contacts=[CONTACT])
        yield Scratch(school.pk, tuple(_room(school, one.course, persona) for one in sets))
    finally:
        _remove(school, began)


def _sweep() -> None:
    """Remove what a run left whose process was killed."""
    old = timezone.now() - FORGOTTEN
    for school in Institution.objects.filter(slug__startswith=SLUG, created_at__lt=old):
        _remove(school, school.created_at)


def _remove(school: Institution, began: datetime) -> None:
    made = Chunk.objects.filter(institution=school).values_list("sha256", flat=True)
    shas = list(made)
    Course.objects.filter(institution=school).delete()
    school.delete()
    Embedding.objects.filter(sha256__in=shas, made_at__gte=began).delete()


def _room(school: Institution, text: Text, persona: str) -> Room:
    course = Course.objects.create(
        institution=school,
        source=SOURCE,
        source_id=new_id().hex,
        title=text.title,
        language=text.language,
        opened_at=timezone.now(),
    )
    Guidance.objects.create(course=course, way=text.way, ceiling=text.way, persona=persona)
    read = [_item(course, one.title, one.html) for one in text.pages]
    works, exams = {}, {}
    for work in text.works:
        row = _assignment(course, work)
        activity = _decided(course, work, row)
        works[work.key] = row.pk
        if work.exam:
            exams[work.key] = activity.pk
        _sealed(course, work, activity)
        read.append(_item(course, work.title, work.text, like=row))
    index.embed_pending(course.pk)
    return Room(course.pk, works, exams, tuple(read))


def _item(course: Course, title: str, body: str, *, like: Assignment | None = None) -> str:
    """Put something to read into the course; return its words."""
    record = schema.ContentItem(
        item_id=like.source_id if like else new_id().hex,
        course_id=course.source_id,
        kind=schema.Kind.ASSIGNMENT if like else schema.Kind.PAGE,
        title=title,
        url=f"https://lms.example/{new_id().hex}",
    )
    [row] = store.save_items(course_id=course.pk, source=SOURCE, items=[record])
    store.save_body(row, html=body)
    index.index_item(row.pk)
    stored = ContentItem.objects.get(pk=row.pk).body
    return "\n".join([title, *(block.text for block in html.read(stored))])


def _assignment(course: Course, work: Work) -> Assignment:
    return Assignment.objects.create(
        course=course,
        source=SOURCE,
        source_id=f"assignment:{new_id().hex}",
        title=work.title,
        content=work.text,
    )


def _decided(course: Course, work: Work, row: Assignment) -> Activity:
    now = timezone.now()
    return Activity.objects.create(
        course=course,
        about=Activity.About.ASSIGNMENT,
        about_id=row.pk,
        way=work.way,
        ceiling=work.way,
        hints=work.hints,
        exam=work.exam,
        opens_at=now - BEFORE if work.exam else None,
        closes_at=now + AFTER if work.exam else None,
    )


def _sealed(course: Course, work: Work, activity: Activity) -> None:
    problem = "\n".join(block.text for block in html.read(work.text))
    told = [(Secret.Kind.SOLUTION, work.solution, work.answers)] if work.solution else []
    told += [(Secret.Kind.MISTAKE, mistake, ()) for mistake in work.mistakes]
    for kind, text, answers in told:
        row = Secret(course=course, activity=activity, kind=kind, problem=problem)
        vault.seal(row, text, answers)
        row.save()


def student(room: Room, scenario: Scenario, institution_id: UUID) -> schema.Actor:
    """Return a student of the course who came as the scenario says."""
    user = User.objects.create(
        institution_id=institution_id, name=WHO, email=MAIL, locale=scenario.locale
    )
    now = timezone.now()
    Enrolment.objects.create(
        course_id=room.course_id,
        user=user,
        role=schema.Role.STUDENT.value,
        seen_from=Enrolment.From.LAUNCH,
        seen_at=now,
    )
    for key, activity in room.exams.items():
        if key != scenario.sits:
            Sitting.objects.create(activity_id=activity, user=user, ended_at=now)
        elif scenario.released:
            Sitting.objects.create(activity_id=activity, user=user, released_at=now)
    return schema.Actor(
        institution_id=institution_id,
        user_id=user.pk,
        course_id=room.course_id,
        role=schema.Role.STUDENT,
        locale=scenario.locale,
        name=WHO,
        about="assignment" if scenario.about else "",
        about_id=room.works[scenario.about] if scenario.about else None,
    )


def effects(actor: schema.Actor) -> list[str]:
    """Return what was done for a student here that reaches a gradebook, a class or a person."""
    mine = {"institution": actor.institution_id, "user": actor.user_id}
    approved = Proposal.objects.filter(author=actor.user_id).exclude(state=Proposal.State.DRAFT)
    kinds = {
        "a grade": GradeIntent.objects.filter(**mine),
        "a plea": Plea.objects.filter(**mine),
        "a proposal that nobody approved": approved,
        "a publication": Publication.objects.filter(institution=actor.institution_id),
        "a job": Job.objects.filter(institution=actor.institution_id),
    }
    return [name for name, rows in kinds.items() if rows.exists()]


def charges(institution_id: UUID) -> dict[str, int]:
    """Return what was spent: calls, tokens, millionths of a dollar."""
    rows = list(Charge.objects.filter(institution=institution_id))
    return {
        "calls": len(rows),
        "tokens_in": sum(row.tokens_in for row in rows),
        "tokens_out": sum(row.tokens_out for row in rows),
        "millionths": sum(row.spent for row in rows),
    }
