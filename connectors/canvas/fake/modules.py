"""Modules and the lines in them."""

from __future__ import annotations

from django.http import JsonResponse

from connectors.canvas.fake.call import Call, Payload, missing
from connectors.canvas.fake.dates import date_details
from connectors.canvas.fake.routes import api
from connectors.sandbox.models import Assignment, Module, ModuleItem, Override
from connectors.sandbox.rows import instant
from connectors.sandbox.visible import Eyes

MODULE_ITEMS_LIMIT = 50  # a module with more lines comes without them


@api("courses/<str:course_id>/modules", "courses/:course_id/modules")
def modules(call: Call, course_id: str) -> list[Payload]:
    """List the modules. Canvas API: Modules.

    `items` is left out when a module is too large, or always by switch.
    """
    eyes = call.eyes(course_id)
    rows = Module.objects.filter(course=eyes.course).prefetch_related("overrides")
    return [_module(call, eyes, row) for row in rows.order_by("position") if eyes.sees(row)]


def _gate(call: Call, row: Module) -> Payload:
    """Return what opens a module, as Canvas keeps it; by switch, all that stands before it.

    canvas-lms, lib/api/v1/context_module.rb: a line's requirement is that of its module's list.
    """
    if not call.option("prerequisites"):
        return row.restriction or {}
    before = Module.objects.filter(course=row.course_id, position__lt=row.position)
    lines = row.items.order_by("position").values_list("id", flat=True)
    return {
        "prerequisites": list(before.order_by("position").values_list("id", flat=True)),
        "requirements": [{"id": line, "type": "must_view"} for line in lines],
    }


def _module(call: Call, eyes: Eyes, row: Module) -> Payload:
    items, gate = _items(call, eyes, row), _gate(call, row)
    payload: Payload = {
        "id": row.id,
        "name": row.name,
        "position": row.position,
        "unlock_at": instant(row.unlock_at),
        "require_sequential_progress": gate.get("sequential", False),
        "requirement_type": gate.get("requirement_type", "all"),
        "publish_final_grade": False,
        "prerequisite_module_ids": gate.get("prerequisites", []),
        "items_count": len(items),
        "items_url": f"{call.url}/api/v1/courses/{row.course_id}/modules/{row.id}/items",
    }
    if eyes.staff:
        payload["published"] = row.published
    few = len(items) <= MODULE_ITEMS_LIMIT and not call.option("omit_items")
    if call.wants("items") and few:
        payload["items"] = items
    return payload


@api("courses/<str:course_id>/modules/<int:module_id>", "courses/:course_id/modules/:id")
def module(call: Call, course_id: str, module_id: int) -> Payload:
    """Return one module. Canvas API: Modules."""
    eyes = call.eyes(course_id)
    return _module(call, eyes, _find_module(eyes, module_id))


def _find_module(eyes: Eyes, module_id: int) -> Module:
    row = Module.objects.filter(course=eyes.course, id=module_id).first()
    if row is None or not eyes.sees(row):
        raise missing()
    return row


@api(
    "courses/<str:course_id>/modules/<int:module_id>/items",
    "courses/:course_id/modules/:module_id/items",
)
def module_items(call: Call, course_id: str, module_id: int) -> list[Payload]:
    """List a module's lines. Canvas API: Modules (List module items)."""
    eyes = call.eyes(course_id)
    return _items(call, eyes, _find_module(eyes, module_id))


def _items(call: Call, eyes: Eyes, row: Module) -> list[Payload]:
    rows = row.items.select_related("module", "page", "file", "assignment", "quiz")
    asked = {one["id"]: one for one in _gate(call, row).get("requirements", [])}
    return [
        _item(call, eyes, one, asked.get(one.id))
        for one in rows.order_by("position")
        if one.content is None or eyes.sees(one.content)
    ]


def _item(call: Call, eyes: Eyes, row: ModuleItem, asked: Payload | None) -> Payload:
    course_id = row.module.course_id
    here, root = (
        f"{call.url}/courses/{course_id}",
        f"{call.url}/api/v1/courses/{course_id}",
    )
    payload: Payload = {
        "id": row.id,
        "module_id": row.module_id,
        "position": row.position,
        "title": row.title,
        "indent": row.indent,
        "type": row.type,
        "quiz_lti": False,
    }
    if row.type != "SubHeader":
        payload["html_url"] = f"{here}/modules/items/{row.id}"
    if row.page:
        payload |= {"page_url": row.page.url, "url": f"{root}/pages/{row.page.url}"}
    if row.file:
        payload |= {"content_id": row.file.id, "url": f"{root}/files/{row.file.id}"}
    if row.assignment:
        work = row.assignment
        payload |= {"content_id": work.id, "url": f"{root}/assignments/{work.id}"}
    if row.quiz:
        payload |= {"content_id": row.quiz.id, "url": f"{root}/quizzes/{row.quiz.id}"}
    if row.external_url:
        payload |= {"external_url": row.external_url, "new_tab": True}
    if asked:
        payload["completion_requirement"] = {k: v for k, v in asked.items() if k != "id"}
    if eyes.staff:
        payload["published"] = row.published
    if call.wants("content_details"):
        payload["content_details"] = _details(eyes, row)
    return payload


def _details(eyes: Eyes, row: ModuleItem) -> Payload:
    content = row.content
    if content is None:
        return {"locked_for_user": False}
    details: Payload = {
        "unlock_at": instant(content.unlock_at),
        "lock_at": instant(content.lock_at),
        "locked_for_user": eyes.locked(content),
    }
    if isinstance(content, Assignment):
        details["points_possible"] = float(content.points_possible)
        details["due_at"] = instant(eyes.due(content))
    return details


@api(
    "courses/<str:course_id>/modules/<int:module_id>/assignment_overrides",
    "courses/:course_id/modules/:context_module_id/assignment_overrides",
)
def module_overrides(call: Call, course_id: str, module_id: int) -> list[Payload]:
    """Say to whom a module is given. Canvas API: Modules (List a module's overrides)."""
    row = _find_module(call.staff(course_id), module_id)
    return [
        {
            "id": one.id,
            "context_module_id": row.id,
            "title": one.title,
            **_whom(one),
        }
        for one in row.overrides.select_related("section", "group").order_by("id")
    ]


def _whom(row: Override) -> Payload:
    if row.section:
        return {"course_section": {"id": row.section_id, "name": row.title}}
    if row.group:
        return {"group": {"id": row.group_id, "name": row.title}}
    return {"students": [{"id": one.id, "name": one.name} for one in row.people.all()]}


@api(
    "courses/<str:course_id>/modules/<int:module_id>/date_details",
    "courses/:course_id/modules/:context_module_id/date_details",
)
def module_dates(call: Call, course_id: str, module_id: int) -> JsonResponse:
    """Say for whom a module is. Canvas API: Learning Object Dates."""
    return date_details(call, _find_module(call.staff(course_id), module_id))
