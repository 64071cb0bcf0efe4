"""Which course of an LMS one of our own is: found by likeness, decided by a person where unsure."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tutorai.access import Officer
from tutorai.errors import Conflict, NotFound
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import likeness
from tutorai.lmsdm.likeness import Described, Verdict
from tutorai.lmsdm.models import OWN, Course, Institution, Move
from tutorai.standalone.courses import remember

State = Move.State
LOOKED_AT = frozenset({State.UNSURE, State.MATCHED})  # what looking once more may change
OPEN = LOOKED_AT | {State.READY, State.UNDONE, State.REFUSED}  # what a person may decide anew


def targets(institution: Institution) -> QuerySet[Course]:
    """Return the courses of an institution's LMSs that one of ours can move into."""
    rows = Course.objects.filter(institution=institution).exclude(source=OWN)
    return rows.exclude(state="deleted").order_by("title", "-created_at")


def look(who: Officer) -> int:
    """Compare each course of our own with every course of the LMSs; return how many fit one.

    What a person has decided stays. A course that fits none stays as it is, without a row.
    """
    told = [(row.pk, described(row)) for row in targets(who.institution).defer("description")]
    ours = Course.objects.filter(institution=who.institution, source=OWN, moved_to=None)
    found = 0
    for course in ours.defer("description"):
        ranked = likeness.ranked(described(course), told)
        found += _note(course, ranked)
    return found


def described(course: Course) -> Described:
    """Return what of a course is compared."""
    return Described(course.title, course.instructor, course.start_at, course.end_at, course.code)


@transaction.atomic
def _note(course: Course, ranked: list[tuple[UUID, float, dict[str, float]]]) -> bool:
    """Write down what fits, unless somebody has decided."""
    held = Move.objects.select_for_update().filter(course=course).first()
    if held is not None and (held.decided_at or held.state not in LOOKED_AT):
        return False
    verdict = likeness.decide([score for _pk, score, _why in ranked])
    if verdict is Verdict.NONE:
        if held is not None:
            held.delete()
        return False
    best, score, reasons = ranked[0]
    clear = verdict is Verdict.CLEAR
    facts: dict[str, Any] = {
        "institution_id": course.institution_id,
        "target_id": best if clear else None,
        "score": score,
        "reasons": reasons,
        "candidates": [
            {"course": str(pk), "score": told, "reasons": why} for pk, told, why in ranked
        ],
        "state": State.MATCHED if clear else State.UNSURE,
    }
    Move.objects.update_or_create(course=course, defaults=facts)
    return True


def listed(who: Officer) -> QuerySet[Move]:
    """Return the moves of an institution, those that want somebody first."""
    held = Move.objects.filter(institution=who.institution)
    return held.select_related("course", "target").order_by("-state", "course__title")


def of(who: Officer, course: UUID) -> Move:
    """Return the move of a course of our own; raise NotFound."""
    held = listed(who).filter(course=course, course__source=OWN).first()
    if held is None:
        raise NotFound()
    return held


@transaction.atomic
def decide(who: Officer, course: Course, target: UUID | None, truth: str) -> Move:
    """Say into which course it is to move, and which side counts; None: it stays as it is.

    Raises NotFound for a course that is none of the institution's LMSs', Conflict once it moves.
    """
    chosen = targets(who.institution).filter(pk=target).first() if target else None
    if target and chosen is None:
        raise NotFound()
    move, _made = Move.objects.select_for_update().get_or_create(
        course=course, defaults={"institution": who.institution}
    )
    if move.state not in OPEN:
        raise Conflict()
    move.target, move.truth = chosen, truth
    move.state = State.MATCHED if chosen else State.REFUSED
    move.score, move.reasons = _why(course, chosen)
    move.decided_by_id, move.decided_at = who.account_id, timezone.now()
    move.save()
    move.items.all().delete()
    Course.objects.filter(pk=course.pk).update(truth=truth)
    remember(Verb.MOVE_DECIDE, who, course.pk, object_kind="move", object_id=move.pk)
    return move


def _why(course: Course, target: Course | None) -> tuple[float, dict[str, float]]:
    if target is None:
        return 0.0, {}
    return likeness.score(described(course), described(target))
