"""Rubrics. docs: "Working with Rubrics APIs"."""

from __future__ import annotations

from typing import Any

from connectors.blackboard.fake.call import Call, Payload, named, one
from connectors.blackboard.fake.routes import api
from connectors.sandbox.models import Assignment


@api("v1/courses/<str:course_id>/rubrics/<str:rubric_id>")
def rubric(call: Call, course_id: str, rubric_id: str) -> Payload:
    """Return a rubric; its cells, columns and rows come when they are asked for.

    The grid is as wide as its longest row; points are written as shares of their row.
    """
    course = call.staff(course_id, "course.rubrics.VIEW")
    work = one(Assignment.objects.filter(course=course), rubric_id)
    told: Payload = {
        "id": named(work),
        "courseId": named(course),
        "title": work.name,
        "rubricType": "Percentage",
        "readOnly": False,
    }
    whole = sum(row["points"] for row in work.rubric) or 1
    parts: dict[str, list[Payload]] = {"rows": [], "columns": [], "cells": []}
    for place, row in enumerate(work.rubric):
        parts["rows"].append(_row(work, place, row, whole))
        parts["cells"] += [
            _cell(work, place, n, row, level) for n, level in enumerate(row["ratings"])
        ]
    width = max((len(row["ratings"]) for row in work.rubric), default=0)
    parts["columns"] = [
        {"id": f"_{work.pk}9{n}_1", "header": f"Level {n + 1}", "position": n} for n in range(width)
    ]
    return {**told, **{name: parts[name] for name in parts if name in call.given("expand")}}


def _row(work: Assignment, place: int, row: dict[str, Any], whole: float) -> Payload:
    share = row["points"] / whole * 100
    name = row["description"]
    return {"id": f"_{work.pk}8{place}_1", "header": name, "position": place, "percentage": share}


def _cell(
    work: Assignment, place: int, column: int, row: dict[str, Any], level: dict[str, Any]
) -> Payload:
    return {
        "id": f"_{work.pk}7{place}{column}_1",
        "rowId": f"_{work.pk}8{place}_1",
        "columnId": f"_{work.pk}9{column}_1",
        "description": level["description"],
        "rowPosition": place,
        "columnPosition": column,
        "percentage": {"value": level["points"] / row["points"] * 100},
    }
