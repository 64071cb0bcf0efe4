"""Copied courses: what a new course was copied from, and what it has from there.

Carried over: how long grades are held, and what the teacher placed; the teacher's files follow in
a job (`tutorai.flows`). Never carried over: people, conversations, grades, the connection (its
token is a person's), nor that the course is open. Everything here may be done twice.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from lti import claims, joins, matching
from lti.models import Deployment, Placement
from lti.visits import Visit
from tutorai.ledger import audit, jobs
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import Course, Identity
from tutorai.lmsdm.schema import Actor

KIND, QUEUE = "roll_over", "sync"  # the job that brings the files


def told(visit: Visit) -> bool:
    """Whether a launch says at all what its course was copied from."""
    said = visit.told
    return bool(said.history or claims.PREVIOUS in said.custom or visit.found.placed)


def begin(visit: Visit, course_id: UUID) -> None:
    """A course was seen for the first time: carry over what its origin had, if we know that."""
    origin = _origin(visit, course_id)
    if origin:
        carry(course_id, origin)


def _origin(visit: Visit, course_id: UUID) -> UUID | None:
    """Return the course it was copied from: as the LMS says, else as the link's own words say."""
    told, found = visit.told, visit.found
    known = known_as(visit.institution, visit.registration.pk, told.history) or _previous(visit)
    named = [*known, *([found.placed_course] if found.placed_course else [])]
    return next((one for one in named if one != course_id), None)


def known_as(institution_id: UUID, registration_id: UUID, history: Iterable[str]) -> list[UUID]:
    """Return our courses of these context ids, in their order; the same school's alone.

    A platform may have us installed in several places: a copy can stand in another one.
    """
    wanted = list(history)
    if not wanted:
        return []
    installed = Deployment.objects.filter(
        registration_id=registration_id, institution_id=institution_id
    )
    sources = [f"lti:{pk}" for pk in installed.values_list("pk", flat=True)]
    return _rows(institution_id, sources, wanted)


def _previous(visit: Visit) -> list[UUID]:
    """Return our courses that Canvas names by its own ids ($Canvas.course.previousCourseIds)."""
    listed = claims.ids(visit.told.custom.get(claims.PREVIOUS, ""))
    named = joins.canvas_courses(visit.told, listed)
    sources = [f"canvas:{visit.found.deployment}"]
    return _rows(visit.institution, sources, named) if named else []


def _rows(institution_id: UUID, sources: list[str], external_ids: list[str]) -> list[UUID]:
    found = Identity.objects.filter(
        institution_id=institution_id,
        source__in=sources,
        kind=Identity.Of.COURSE,
        external_id__in=external_ids,
    )
    rows = dict(found.values_list("external_id", "row"))
    return [rows[one] for one in external_ids if one in rows]


@transaction.atomic
def carry(
    course_id: UUID, origin_id: UUID, *, vouched: bool = False, by: Actor | None = None
) -> None:
    """Let a course have what another one of the same school had set up.

    `vouched`: the files come along whoever teaches there; else they wait for somebody who taught
    both, for a custom value can be written by a teacher (Moodle).
    """
    course = Course.objects.select_for_update(no_key=True).get(pk=course_id)
    if by is None and course.copied_from_id == origin_id:  # several came first at once
        bring(course, vouched=vouched)
        return
    origin = Course.objects.get(pk=origin_id, institution_id=course.institution_id)
    course.copied_from, course.copied_at = origin, timezone.now()
    if course.hold_minutes is None:
        course.hold_minutes = origin.hold_minutes
    course.save(update_fields=["copied_from", "copied_at", "hold_minutes"])
    for placement in origin.placements.order_by("placed_at"):
        _copied(course, placement)
    audit.record(
        verb=Verb.COURSE_COPY,
        actor=by,
        object_kind="course",
        object_id=origin.pk,
        institution=course.institution_id,
        course=course.pk,
    )
    bring(course, vouched=vouched)


def vouch(course_id: UUID, origin_id: UUID) -> Course:
    """The platform itself says what a course was copied from; return the course.

    One that is set up already stays as it is: its teacher may ask for the rest.
    """
    course = Course.objects.get(pk=course_id)
    if course.copied_from_id == origin_id:
        bring(course, vouched=True)
    elif course.copied_from_id is None and _untouched(course):
        carry(course_id, origin_id, vouched=True)
    return course


def bring(course: Course, *, vouched: bool = False) -> None:
    """Have the files of a copied course brought."""
    told = {"course": str(course.pk), "origin": str(course.copied_from_id)}
    jobs.add(
        KIND,
        {**told, "vouched": True} if vouched else told,
        queue=QUEUE,
        key=str(course.pk),
        institution_id=course.institution_id,
        course_id=course.pk,
    )


def author_came(course_id: UUID) -> None:
    """Somebody sets the course up from now on: perhaps it was they who set up its origin."""
    course = Course.objects.filter(pk=course_id).exclude(copied_from=None).first()
    if course:
        bring(course)


def adopt(visit: Visit, course_id: UUID) -> UUID | None:
    """Return the course's own copy of what its link names, which was placed in another course.

    Of a course where nothing was set up yet, that other course is the origin.
    """
    told = Placement.objects.get(pk=str(visit.found.placed))
    course = Course.objects.get(pk=course_id)
    if course.copied_from_id is None and _untouched(course):
        carry(course_id, told.course_id)
    held = _copy_of(course, told)
    return (held or _copied(course, told)).pk


def _untouched(course: Course) -> bool:
    set_up = (course.items, course.placements)
    return course.opened_at is None and not any(rows.exists() for rows in set_up)


def _copy_of(course: Course, told: Placement) -> Placement | None:
    """Return the course's copy of a placement, or of a copy of it, and so on."""
    ids = {told.pk}
    while True:
        copies = list(Placement.objects.filter(copied_from__in=ids).exclude(pk__in=ids))
        here = next((one for one in copies if one.course_id == course.pk), None)
        if here or not copies:
            return here
        ids |= {one.pk for one in copies}


def _copied(course: Course, told: Placement) -> Placement:
    """Return the course's copy of a placement, made now if there is none."""
    held = Placement.objects.filter(course=course, copied_from=told).first()
    if held:
        return held
    made = Placement(
        course=course,
        kind=told.kind,
        target_kind=told.target_kind,
        title=told.title,
        options=dict(told.options),
        placed_by_id=told.placed_by_id,
        copied_from=told,
    )
    matching.aim(made)
    made.save()
    return made
