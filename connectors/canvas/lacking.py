"""What a token may not do of all that we use. Asked of a course that never is: nothing happens.

A key with scopes refuses a call before it looks at what is asked for, in words of its own; one
without "Allow Include Parameters" takes include[] away and says nothing.

Source: canvas-lms, lib/authentication_methods.rb; Canvas API: Developer Keys.
"""

from connectors.canvas.wire import Wire, lacks_scope

NOBODY = "0"
HERE = "courses/:course_id"
NEVER = f"{HERE}/rubrics"  # what we ask nobody for: only a token without scopes may all the same
READS = (
    f"{HERE}/tabs",
    f"{HERE}/sections",
    f"{HERE}/enrollments",
    f"{HERE}/groups",
    f"{HERE}/modules",
    f"{HERE}/modules/:context_module_id/date_details",
    f"{HERE}/pages",
    f"{HERE}/pages/:url_or_id",
    f"{HERE}/pages/:url_or_id/date_details",
    f"{HERE}/folders",
    f"{HERE}/files",
    f"{HERE}/files/:attachment_id/date_details",
    f"{HERE}/assignments",
    f"{HERE}/students/submissions",
    f"{HERE}/quizzes",
    f"{HERE}/quizzes/:quiz_id/questions",
    f"{HERE}/discussion_topics",
    "announcements",
)
WRITES = (
    f"{HERE}/pages",
    f"{HERE}/discussion_topics",
    f"{HERE}/quizzes",
    f"{HERE}/quizzes/:quiz_id/questions",
)


def lacking(wire: Wire) -> tuple[str, ...]:
    """Return the scopes, as Canvas names them, that the token has not; raise LMSError.

    A token that a person made in their settings knows no scopes: one call tells.
    """
    scoped = _lost(wire, "GET", NEVER)
    asked = [*(("GET", path) for path in READS), *(("POST", path) for path in WRITES)]
    lost = [
        f"url:{method}|/api/v1/{path}"
        for method, path in asked
        if scoped and _lost(wire, method, path)
    ]
    return (*lost, *_includes(wire))


def _lost(wire: Wire, method: str, path: str) -> bool:
    return lacks_scope(wire.probe(method, _nowhere(path)))


def _nowhere(path: str) -> str:
    parts = [NOBODY if part.startswith(":") else part for part in path.split("/")]
    return "/".join(parts)


def _includes(wire: Wire) -> tuple[str, ...]:
    """Ask for a course's term, which every course has; nobody can tell without a course."""
    listed = wire.get("courses", **{"include[]": "term", "per_page": 1})
    told = listed[0] if isinstance(listed, list) and listed else {}
    if not isinstance(told, dict) or told.get("access_restricted_by_date") or not told:
        return ()
    return () if "term" in told else ("include[]",)
