"""Canvas as the sandbox plays it: shapes, permissions, paging and errors of its REST API.

Each route names the document it follows, as "Canvas API: …" (developerdocs.instructure.com).
The throttle stands before all of this, in `connectors.sandbox.faults`; tokens are given out
in `connectors.sandbox.oauth`.

A page or module for some sections only: the lists do not say so. Whoever reads a course with
a teacher's token has to ask `…/date_details` of each thing (its `only_visible_to_overrides`
and `overrides[].course_section_id`).
"""

from __future__ import annotations

from django.urls import path, re_path

from connectors.canvas.fake import (
    announcements,
    assignments,
    courses,
    files,
    modules,
    pages,
    people,
    submissions,
)
from connectors.canvas.fake.routes import nothing, routes_of

urlpatterns = [
    *routes_of(people, courses, modules, pages, files, assignments, submissions, announcements),
    path("files/<int:file_id>/download", files.download),
    path("stored/<str:signed>", files.stored),
    re_path(r"^api/v1/", nothing),
]
