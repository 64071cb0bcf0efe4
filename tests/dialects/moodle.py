"""Moodle, as the contract meets it: one path for all, and a service account's token."""

from typing import Any

from tests.dialects.contract import Adapter


class Lms(Adapter):
    """A Moodle with the chemistry course, read by an account an administrator made."""

    lms = "moodle"
    # No sections of people, other dates of some, nor earlier attempts; of restrictions, named
    # people are a condition on profiles.
    tells = frozenset({"groups", "rubrics", "uuids"})
    paths = {
        "course": "core_course_get_courses_by_field",
        "toc": "core_course_get_contents",
        "pages": "mod_page_get_pages_by_courses",
        "people": "core_enrol_get_enrolled_users",
        "assignments": "mod_assign_get_assignments",
        "submissions": "mod_assign_get_submissions",
        "new announcement": "mod_forum_add_discussion",
    }
    throttled = {"kind": "throttle429"}

    @property
    def token(self) -> str:
        """The service account's."""
        return str(self.told["people"]["service"]["token"])

    def spoil(self, where: str, **fault: Any) -> None:
        """Spoil calls by the function's name."""
        self.control("faults", world=self.name, function=self.paths[where], **fault)
