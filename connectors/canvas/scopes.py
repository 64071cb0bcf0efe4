"""What we ask a Canvas for, and why: the least that reading and writing a course needs.

A scope is a method and a path, colon names literal. An administrator enables these on a developer
key that enforces scopes, with "Allow Include Parameters".
Source: https://canvas.instructure.com/doc/api/file.developer_keys.html
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HERE = "courses/:course_id"

READ: Mapping[str | Promise, tuple[str, ...]] = {
    _("whose token it is"): ("users/:id",),
    _("which courses there are"): ("courses", "courses/:id"),
    _("what a course shows to students"): (f"{HERE}/tabs",),
    _("sections, groups and people"): (
        f"{HERE}/sections",
        f"{HERE}/enrollments",
        f"{HERE}/groups",
        "groups/:group_id/users",
    ),
    _("modules, and for whom they are"): (
        f"{HERE}/modules",
        f"{HERE}/modules/:module_id/items",
        f"{HERE}/modules/:context_module_id/date_details",
    ),
    _("pages"): (
        f"{HERE}/pages",
        f"{HERE}/pages/:url_or_id",
        f"{HERE}/pages/:url_or_id/date_details",
    ),
    _("files"): (
        f"{HERE}/files",
        f"{HERE}/folders",
        f"{HERE}/files/:attachment_id/date_details",
    ),
    _("assignments, and what was handed in"): (
        f"{HERE}/assignments",
        f"{HERE}/assignments/:id",
        f"{HERE}/assignments/:assignment_id/date_details",
        f"{HERE}/assignments/:assignment_id/submissions/:user_id",
        f"{HERE}/students/submissions",
    ),
    _("quizzes"): (
        f"{HERE}/quizzes",
        f"{HERE}/quizzes/:quiz_id/date_details",
        f"{HERE}/quizzes/:quiz_id/questions",
    ),
    _("announcements and discussions"): (
        "announcements",
        f"{HERE}/discussion_topics",
    ),
}
# Nothing is sent that a person did not approve.
WRITE: Mapping[str | Promise, tuple[str, ...]] = {
    _("grades and feedback that a teacher approved"): (
        f"PUT|{HERE}/assignments/:assignment_id/submissions/:user_id",
    ),
    _("pages, announcements and quizzes that a teacher approved"): (
        f"POST|{HERE}/pages",
        f"POST|{HERE}/discussion_topics",
        f"POST|{HERE}/quizzes",
        f"PUT|{HERE}/quizzes/:id",
        f"POST|{HERE}/quizzes/:quiz_id/questions",
    ),
}


def _scope(told: str) -> str:
    method, bar, path = told.rpartition("|")
    return f"url:{method if bar else 'GET'}|/api/v1/{path}"


WHY: Mapping[str, str | Promise] = {
    _scope(path): words
    for listed in (READ, WRITE)
    for words, paths in listed.items()
    for path in paths
}
SCOPES = tuple(WHY)


def why(scope: str) -> str:
    """Return what a scope is for, for people; "" for one we do not ask for."""
    return str(WHY.get(scope, ""))
