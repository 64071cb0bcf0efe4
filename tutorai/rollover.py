"""A course in its next term: what came over, what did not, what has to be looked at.

`lti.lineage` says what a course is a copy of and carries its settings; the teacher's files, and
what they decided about the tutor, are brought here. A student's data is never carried: nothing here reads any.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet

from agents import carried
from connectors.uploads import SOURCE
from lti import lineage, matching
from lti.models import Placement
from tutorai.errors import NotFound, NotYours
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import Job
from tutorai.lmsdm import schema, scope, store
from tutorai.lmsdm.models import ContentItem, Course, Enrolment
from tutorai.lmsdm.schema import AUTHORS, Actor, Kind

KIND = lineage.KIND
MOST = 100  # courses to copy from that are listed
TEACHING = [role.value for role in AUTHORS]


@dataclass(frozen=True)
class Standing:
    """How a course stands beside the one it was copied from."""

    course: Course
    origin: Course | None
    kept_hold: bool  # it holds grades as long as its origin does, which is not as usual
    brought: list[ContentItem]
    waiting: list[ContentItem]  # files of the origin that are not here
    placed: list[Placement]
    exams: list[str]  # of the origin, that do not lock here (yet)
    broken: list[tuple[Placement, list[tuple[str, str]]]]  # and what it could open: value, title


def standing(actor: Actor) -> Standing:
    """Return what the roll-over page shows; raise NotYours."""
    course = scope.authored_course(actor, actor.course_id or "")
    origin = course.copied_from
    held = {item.source_id: item for item in _files(course)}
    theirs = _files(origin) if origin else []
    broken = matching.broken(course)
    offered = choices(course)
    whole = course.placements.exclude(copied_from=None).exclude(pk__in=[one.pk for one in broken])
    return Standing(
        course=course,
        origin=origin,
        kept_hold=origin is not None
        and origin.hold_minutes is not None
        and course.hold_minutes == origin.hold_minutes,
        brought=[held[one.source_id] for one in theirs if one.source_id in held],
        waiting=[one for one in theirs if one.source_id not in held],
        exams=carried.waiting(course, origin) if origin else [],
        placed=list(whole.order_by("placed_at")),
        broken=[(one, offered(one)) for one in broken],
    )


def _files(course: Course) -> list[ContentItem]:
    alive = course.items.filter(source=SOURCE, deleted_at=None).defer("body")
    return list(alive.order_by("title"))


def choices(course: Course) -> Callable[[Placement], list[tuple[str, str]]]:
    """Return what tells what a placement could open here: "kind:id", and its title."""

    @cache  # of many placements most are of one kind, and a course has thousands of items
    def titles(kind: str) -> list[tuple[str, str]]:
        rows = matching.targets(course, kind).values_list("pk", "title")
        return [(f"{kind}:{pk}", title) for pk, title in rows]

    def offered(placement: Placement) -> list[tuple[str, str]]:
        kind = matching.kind_of(placement)
        return titles(kind) if kind else titles("item") + titles("module")

    return offered


def origins(actor: Actor) -> QuerySet[Course]:
    """Return the other courses of the school that this person sets up, or did; newest first."""
    own = Enrolment.objects.filter(user=actor.user_id, role__in=TEACHING)
    rows = Course.objects.filter(institution_id=actor.institution_id, pk__in=own.values("course"))
    return rows.exclude(pk=str(actor.course_id)).order_by("-created_at")


def copy(actor: Actor, origin_id: UUID) -> Course:
    """Let the actor's course have what another one of theirs had set up; twice adds nothing.

    Raises NotFound for a course that is not theirs, and NotYours.
    """
    course = scope.authored_course(actor, actor.course_id or "")
    if actor.acted_by:  # whose courses are whose is for nobody else to use
        raise NotYours()
    origin = origins(actor).filter(pk=origin_id).first()
    if origin is None:
        raise NotFound()
    lineage.carry(course.pk, origin.pk, vouched=True, by=actor)
    return origin


@transaction.atomic
def mend(actor: Actor, placement_id: UUID, chosen: str) -> None:
    """Let a placement of the course open `chosen` ("item:<id>"; "course": all of it).

    Raises NotFound and NotYours.
    """
    course = scope.authored_course(actor, actor.course_id or "")
    placement = course.placements.filter(pk=placement_id).first()
    if placement is None:
        raise NotFound()
    if chosen == "course":
        whole = placement.kind in {Placement.Kind.PRACTICE, Placement.Kind.PLAN}
        placement.kind = placement.kind if whole else Placement.Kind.TUTOR.value
        placement.target, placement.target_kind = None, ""
    elif chosen in dict(choices(course)(placement)):
        kind, _colon, pk = chosen.partition(":")
        placement.target = UUID(pk)
        placement.target_kind = kind if placement.kind == Placement.Kind.PRACTICE else ""
    else:
        raise NotFound()
    told = placement.options
    placement.options = {name: told[name] for name in told if name != matching.PARTS}
    placement.save(update_fields=["kind", "target", "target_kind", "options"])
    audit.record(verb=Verb.LINK_MEND, actor=actor, object_kind="placement", object_id=placement.pk)


def bring(job: Job, told: Callable[[Course, UUID], None]) -> None:
    """Bring the teacher's files of a copied course, and aim its placements at what is there.

    `told` is called with each new item. A file that was here before, or taken out here, stays as
    it is.
    """
    course = Course.objects.get(pk=job.payload["course"])
    origin = Course.objects.filter(
        pk=job.payload["origin"], institution_id=course.institution_id
    ).first()
    if origin is None:
        return
    if job.payload.get("vouched") or taught_by_one(course, origin):
        for item in _files(origin):
            _bring(course, item, told)
        carried.take_over(course, origin)
    matching.mend(course)


def settle(course: Course) -> None:
    """More of a copied course is known now: decide there what was decided in its origin."""
    origin = course.copied_from
    if origin and (carried.begun(course) or taught_by_one(course, origin)):
        carried.take_over(course, origin)


def taught_by_one(course: Course, origin: Course) -> bool:
    """Whether somebody who set the origin up has come here as an author.

    Who stands on the roster alone does not count: a teacher may put others on it.
    """
    here = _authors(course).filter(seen_from=Enrolment.From.LAUNCH)
    return _authors(origin).filter(user__in=here.values("user")).exists()


def _authors(course: Course) -> QuerySet[Enrolment]:
    return Enrolment.objects.filter(course=course, role__in=TEACHING)


def _bring(course: Course, item: ContentItem, told: Callable[[Course, UUID], None]) -> None:
    if not item.blob or course.items.filter(source=SOURCE, source_id=item.source_id).exists():
        return
    try:
        file = item.blob.open("rb")
    except FileNotFoundError:  # taken out of its course a moment ago
        return
    record = schema.ContentItem(
        item_id=item.source_id,
        course_id=course.source_id,
        kind=Kind.FILE,
        title=item.title,
        mime=item.mime,
        size=item.size,
    )
    with file, transaction.atomic():
        store.save_items(course_id=course.pk, source=SOURCE, items=[record])
        made = course.items.get(source=SOURCE, source_id=item.source_id)
        made.uploaded_by_id = item.uploaded_by_id
        made.save(update_fields=["uploaded_by"])
        store.save_blob(made, content=File(file), version=item.version)
        told(course, made.pk)
