"""Canvas as the sandbox plays it: shapes, permissions, paging and errors of its REST API.

Each route names the document it follows, as "Canvas API: …" (developerdocs.instructure.com).
The throttle stands before all of this, in `connectors.sandbox.faults`; tokens are given out
in `connectors.sandbox.oauth`.

A page, file or module for some only: the lists do not say so, and giving it to somebody does
not change its `updated_at` (canvas-lms: `revised_at` of lib/api/v1/wiki_page.rb). Whoever reads a
course with a teacher's token has to ask `…/date_details` of each thing.
"""

from __future__ import annotations

from django.urls import path, re_path

from connectors.canvas.fake import (
    announcements,
    assignments,
    courses,
    files,
    groups,
    modules,
    pages,
    people,
    quizzes,
    submissions,
)
from connectors.canvas.fake.routes import nothing, routes_of

urlpatterns = [
    *routes_of(people, groups, courses, modules, pages, files),
    *routes_of(assignments, quizzes, submissions, announcements),
    path("files/<int:file_id>/download", files.download),
    path("stored/<str:signed>", files.stored),
    re_path(r"^api/v1/", nothing),
]
