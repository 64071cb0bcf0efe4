"""A course copied into a new one: its material and its links, but nobody's work.

What a copy tells a tool is each LMS's own: `$Context.id.history` everywhere, a link's own history
on Blackboard, a notice on Canvas (`notices`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from django.db import transaction

from connectors.sandbox import dialects, models
from connectors.sandbox.rows import new_uuid, next_id
from connectors.sandbox.visible import STAFF

One = TypeVar("One", bound=models.Visible | models.Section)


@transaction.atomic
def duplicate(old: models.Course, name: str = "") -> models.Course:
    """Copy a course; its teachers teach the copy, and nobody else is in it yet."""
    new = models.Course.objects.get(pk=old.pk)
    new.pk, new._state.adding = next_id(), True
    new.uuid = str(new.pk) if dialects.of(old.world).numbers else new_uuid()
    new.key = f"{old.key}-{new.pk}"
    new.name = name or f"{old.name}: copy"
    new.state, new.history = "available", [old.uuid, *old.history]
    new.save()
    sections = _again(models.Section.objects.filter(course=old), new)
    for row in models.Enrolment.objects.filter(course=old, type__in=STAFF):
        row.pk, row._state.adding = next_id(), True
        row.course, row.section = new, sections[row.section_id]
        row.save()
    pages = _again(models.Page.objects.filter(course=old), new)
    files = _again(models.File.objects.filter(course=old), new)
    works = _again(models.Assignment.objects.filter(course=old), new)
    quizzes = _again(models.Quiz.objects.filter(course=old), new)
    for quiz in quizzes.values():
        quiz.assignment = works.get(quiz.assignment_id or 0)
        quiz.save()
    modules = _again(models.Module.objects.filter(course=old), new)
    for item in models.ModuleItem.objects.filter(module__course=old).order_by("id"):
        item.pk, item._state.adding = next_id(), True
        item.module = modules[item.module_id]
        item.page = pages.get(item.page_id or 0)
        item.file = files.get(item.file_id or 0)
        item.assignment = works.get(item.assignment_id or 0)
        item.quiz = quizzes.get(item.quiz_id or 0)
        item.save()
    for link in models.PlacedLink.objects.filter(course=old).order_by("id"):
        _link_again(link, new)
    return new


def _again(rows: Iterable[One], course: models.Course) -> dict[int, One]:
    """Copy rows into a course; return the copies by the ids of the old ones."""
    copies: dict[int, One] = {}
    for row in rows:
        old = row.pk
        row.pk, row._state.adding = next_id(), True
        row.course = course
        row.save()
        copies[old] = row
    return copies


def _link_again(link: models.PlacedLink, course: models.Course) -> None:
    """Copy a link with its custom fields and an empty column; its id is a new one."""
    item, history = link.line_item, [link.uuid, *link.history]
    link.pk, link._state.adding = next_id(), True
    link.course, link.history, link.line_item, link.uuid = course, history, None, new_uuid()
    link.save()
    link.uuid = dialects.platform_of(course.world).number(link)
    if item is not None:
        item.pk, item._state.adding = next_id(), True
        item.course, item.resource_link_id = course, link.uuid
        item.save()
        link.line_item = item
    link.save()
