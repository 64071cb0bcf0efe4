"""Blackboard, as the contract meets it."""

from tests.dialects.contract import Adapter


class Lms(Adapter):
    """A Blackboard with the chemistry course, as an Ultra one.

    Not told: sections as the college has them (a person has one place in merged courses), and
    other dates for some (each exception has to be asked for by person).
    """

    lms = "blackboard"
    tells = frozenset({"groups", "rubrics", "attempts", "excused", "quizzes", "people", "uuids"})
    paths = {
        "course": "/v3/courses/",
        "toc": "/contents",
        "pages": "/contents",
        "people": "/users",
        "assignments": "/gradebook/columns",
        "submissions": "/attempts",
        "new page": "/contents",
        "new announcement": "/announcements",
    }
    throttled = {
        "kind": "status",
        "status": 429,
        "body": '{"status":429,"message":"The request exceeded the rate limit."}',
        "headers": {"Retry-After": "1"},
    }

    def number(self, row: str) -> str:
        return f"_{row}_1"
