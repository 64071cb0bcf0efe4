"""Canvas, as the contract meets it."""

from tests.dialects.contract import Adapter


class Lms(Adapter):
    """A Canvas with the chemistry course."""

    lms = "canvas"
    tells = frozenset(
        {
            "sections",
            "groups",
            "overrides",
            "rubrics",
            "attempts",
            "late",
            "excused",
            "quizzes",
            "people",
        }
    )
    paths = {
        "course": "/api/v1/courses/",
        "toc": "/modules",
        "pages": "/pages",
        "people": "/enrollments",
        "assignments": "/assignments",
        "submissions": "/students/submissions",
        "new page": "/pages",
        "new announcement": "/discussion_topics",
        "new quiz": "/quizzes",
    }
