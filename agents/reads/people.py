"""One person of the course: who they are there, and how they stand."""

from uuid import UUID

from django.db import transaction

from agents.reads import reader, records
from tutorai import progress
from tutorai.errors import NotFound
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import models, scope
from tutorai.lmsdm.schema import Actor, Role


def profile(actor: Actor, user_id: UUID) -> records.Profile:
    """Return one's own profile; of a student for who grades them, or observes them.

    That somebody looked at another's is written down. Raises NotFound for everybody else.
    """
    course = scope.course(actor, actor.course_id or "")
    own = user_id == actor.user_id
    person = _person(actor, user_id)
    if not own:
        verb = Verb.WORK_READ if actor.may_grade else Verb.PROGRESS_READ
        with transaction.atomic():
            audit.record(verb=verb, actor=actor, subject=person.pk)
    return _told(actor, course, person, own=own)


def _person(actor: Actor, user_id: UUID) -> models.User:
    if user_id == actor.user_id:
        people = models.User.objects.filter(institution=actor.institution_id)
    elif actor.may_grade:
        people = scope.students(actor)
    else:
        people = progress.observed(actor)
    found = people.filter(pk=user_id).first()
    if found is None:
        raise NotFound()
    return found


def _told(
    actor: Actor, course: models.Course, person: models.User, *, own: bool
) -> records.Profile:
    place = models.Enrolment.objects.filter(course=course, user=person).first()
    role = Role(place.role) if place else actor.role if own else Role.GUEST
    known = reader.lms_ids(course.institution_id, [person.pk]).get(person.pk, [])
    full = own or actor.may_grade
    learns = role is Role.STUDENT
    stands = progress.of(course, person) if learns else progress.Progress(person, [], [])
    return records.Profile(
        user_id=person.pk,
        name=person.name,
        email=person.email if full else None,
        role=role,
        locale=person.locale,
        sections=list(place.sections) if place else [],
        groups=list(place.groups) if place else [],
        joined=bool(known),
        lms_ids=[records.LmsId(lms=lms, user_id=one) for lms, one in known] if full else None,
        grades=[_grade(one) for one in stands.grades],
        due=[_due(one) for one in stands.due],
    )


def _grade(one: progress.Grade) -> records.Grade:
    intent = one.intent
    return records.Grade(
        assignment_id=intent.line_item.assignment_id,
        title=one.title,
        points=one.points or None,
        max_points=intent.maximum,
        feedback=one.comment,
        delivered_at=intent.delivered_at,
    )


def _due(one: models.Assignment) -> records.Due:
    return records.Due(assignment_id=one.pk, title=one.title, due_date=one.due_date, url=one.url)
