"""What a copied placement opens: the new course's item, module or assignment of the same name.

The LMS gives everything new ids in a copy. Of several with one title the one at the same place
among them counts; where there is none, the placement is broken until a teacher chooses.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from lti.models import Placement
from tutorai.lmsdm.models import Assignment, ContentItem, Course, TocNode

Kind = Placement.Kind
Aim = tuple[str, UUID]  # "item", "module" or "assignment", and the row's id
UPLOAD = "upload"  # a teacher's file: it has its name for an id, in the copy too
PARTS = "parts"  # in options: several aims of one practice set
MODELS: dict[str, type[Any]] = {"item": ContentItem, "module": TocNode, "assignment": Assignment}


def kind_of(placement: Placement) -> str:
    """Return what kind of row a placement aims at; "" is the whole course, or several."""
    if placement.kind == Kind.PRACTICE:
        return placement.target_kind
    return placement.kind if placement.kind in MODELS else ""


def aims(placement: Placement) -> list[Aim]:
    """Return what a placement aims at; none is the whole course."""
    parts = placement.options.get(PARTS)
    if parts:
        return [(kind, UUID(pk)) for kind, pk in parts if kind in MODELS]
    kind = kind_of(placement)
    return [(kind, placement.target)] if kind and placement.target else []


def targets(course: Course | UUID, kind: str) -> QuerySet[Any]:
    """Return what of a course can be aimed at, in its order."""
    here: dict[str, Any] = {"course": course}
    if kind == "item":
        alive = ContentItem.objects.filter(**here, deleted_at=None)
        return alive.exclude(kind="heading").order_by("title", "pk")
    if kind == "module":
        return TocNode.objects.filter(**here, item=None).order_by("position", "pk")
    return Assignment.objects.filter(**here, deleted_at=None).order_by("due_date", "title", "pk")


def broken(course: Course) -> list[Placement]:
    """Return the placements of a course that do not open (all of) what they were made for."""
    rows = list(course.placements.select_related("copied_from").order_by("placed_at"))
    wanted = {aim for one in rows for aim in aims(one)}
    there = {aim for kind in MODELS for aim in _there(course, kind, wanted)}
    return [one for one in rows if not _whole(one, there)]


def _there(course: Course, kind: str, wanted: set[Aim]) -> Iterator[Aim]:
    """Yield which of the aims of one kind the course has."""
    if pks := {pk for one, pk in wanted if one == kind}:
        found = targets(course, kind).filter(pk__in=pks)
        yield from ((kind, pk) for pk in found.values_list("pk", flat=True))


def _whole(placement: Placement, there: set[Aim]) -> bool:
    held = aims(placement)
    if not held and kind_of(placement):
        return False
    if PARTS in placement.options:
        before = placement.copied_from.options.get(PARTS, []) if placement.copied_from else []
        if len(held) < max(1, len(before)):
            return False
    return there.issuperset(held)


def mend(course: Course) -> int:
    """Aim again what a copy has broken, now that more of the course is known; return how many."""
    mended = 0
    for placement in broken(course):
        before = (placement.target, placement.options)
        if placement.copied_from and aim(placement) != before:
            placement.save(update_fields=["target", "options"])
            mended += 1
    return mended


def aim(placement: Placement) -> tuple[UUID | None, dict[str, Any]]:
    """Let a copy aim at what its own course has of that; return its target and options."""
    told = placement.copied_from
    wanted = aims(told) if told else []
    found = [(kind, pk) for kind, one in wanted if (pk := _found(placement, kind, one))]
    if PARTS in placement.options:
        parts = [[kind, str(pk)] for kind, pk in found]
        placement.options = {**placement.options, PARTS: parts}
    elif found:
        placement.target = found[0][1]
    return placement.target, placement.options


def _found(placement: Placement, kind: str, pk: UUID) -> UUID | None:
    """Return what in the placement's course is the copy of a row of another course."""
    there = MODELS[kind].objects.filter(pk=pk).first()
    if there is None:
        return None
    here = targets(placement.course_id, kind)
    if there.source == UPLOAD:
        same = here.filter(source=UPLOAD, source_id=there.source_id)
        pks: list[UUID] = list(same.values_list("pk", flat=True)[:1])
        return pks[0] if pks else None
    alike = {"title": there.title, **({} if kind == "assignment" else {"kind": there.kind})}
    others = targets(there.course_id, kind).filter(**alike)
    before: list[UUID] = list(others.values_list("pk", flat=True))
    after: list[UUID] = list(here.filter(**alike).values_list("pk", flat=True))
    if len(before) != len(after) and len(after) != 1:
        return None
    return after[before.index(pk)] if len(before) == len(after) and pk in before else after[0]
