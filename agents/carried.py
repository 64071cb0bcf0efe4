"""What a teacher decided about the tutor, taken over into a copy of their course.

Twice adds nothing, and what was decided in the copy stays. An LMS gives everything new ids in a
copy, so an activity is known again by its title; times of the former term are left behind. An exam
is taken over once the copy's LMS tells when it closes: before, it would lock without an end.
"""

from typing import Any

from django.db import transaction

from agents import activities, decisions, evaluation
from agents.activities import Family
from agents.models import Activity, Guidance, Switch
from agents.spells import LAST
from tutorai.lmsdm.models import ContentItem, Course, TocNode

SAME = ("way", "ceiling", "hints", "general", "persona", "persona_passed_id")


def begun(course: Course) -> bool:
    """Whether a copy has taken over how its origin's tutor teaches, and nobody changed that."""
    return Guidance.objects.filter(course=course, changed_by=None).exists()


@transaction.atomic
def take_over(course: Course, origin: Course) -> None:
    """Let a copy have what was decided in its origin, as far as its activities are known yet."""
    held = decisions.guidance(origin)
    _row, first = Guidance.objects.get_or_create(course=course, defaults=_guidance(course, held))
    if first:
        for switch in Switch.objects.filter(course=origin, activity=None):
            _off(course, None, switch)
    rows = list(Activity.objects.filter(course=origin))
    theirs = activities.of(origin.pk, [(row.about, row.about_id) for row in rows])
    for row in rows:
        family = theirs.get((row.about, row.about_id))
        here = counterpart(course, family) if family else None
        if here is not None:
            _decided(course, row, here)


def _guidance(course: Course, held: Guidance) -> dict[str, Any]:
    """What a copy's tutor begins with; words that say a solution of the copy stay a draft there."""
    told = {name: getattr(held, name) for name in SAME}
    if held.persona and evaluation.faults(held.persona, course.pk):
        told |= {"persona": "", "persona_passed_id": None, "persona_draft": held.persona}
    return told


def _decided(course: Course, row: Activity, here: Family) -> None:
    """Decide the same about the copy of an activity, unless something was decided there."""
    pks = [pk for _about, pk in here.names]
    if Activity.objects.filter(course=course, about_id__in=pks).exists():
        return
    if row.exam and decisions.told(here).end == LAST:
        return
    about, pk = activities.named(here.first)
    made = Activity.objects.create(
        course=course,
        about=about,
        about_id=pk,
        way=row.way,
        ceiling=row.ceiling,
        hints=row.hints,
        exam=row.exam,
    )
    for switch in Switch.objects.filter(activity=row):
        _off(course, made, switch)


def _off(course: Course, made: Activity | None, row: Switch) -> None:
    Switch.objects.get_or_create(
        institution=course.institution,
        course=course,
        activity=made,
        capability=row.capability,
        defaults={"by": row.by},
    )


def counterpart(course: Course, family: Family) -> Family | None:
    """Return a course's own activity of the same title and kind; of several nobody can tell."""
    kind = type(family.first)
    if family.is_work:
        alike = [one for one in activities.every(course.pk) if one.title == family.title]
    else:
        model = TocNode if kind is TocNode else ContentItem
        alive = {"item": None} if kind is TocNode else {"deleted_at": None}
        found = model.objects.filter(course=course, title=family.title, **alive)
        alike = [Family((row,)) for row in found[:2]]
    same = [one for one in alike if type(one.first) is kind]
    return same[0] if len(same) == 1 and family.title else None


def waiting(course: Course, origin: Course) -> list[str]:
    """Return the titles of the origin's exams that do not lock in the copy, in order."""
    rows = Activity.objects.filter(course=origin).exclude(exam="")
    theirs = activities.of(origin.pk, [(row.about, row.about_id) for row in rows])
    here = Activity.objects.filter(course=course).exclude(exam="")
    locks = set(here.values_list("about_id", flat=True))
    titles = []
    for family in {id(one): one for one in theirs.values()}.values():
        own = counterpart(course, family)
        if own is None or locks.isdisjoint(pk for _about, pk in own.names):
            titles.append(family.title)
    return sorted(titles)
