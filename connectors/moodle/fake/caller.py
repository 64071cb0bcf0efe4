"""Who calls a Moodle's web services, what they may, and how they are refused."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.html import strip_tags

from connectors.sandbox.models import AccessToken, Course, Enrolment, Person
from connectors.sandbox.visible import Eyes

Told = dict[str, Any]
SHUT = "nodownloads"  # among a token's scopes
SERVICE = "service"  # the key of the account that an administrator made for us
# Moodle 4.5 recordings, ws_enrolled_users: standard roles; an observer's is a school's own.
ROLES = {
    "TeacherEnrollment": (3, "editingteacher"),
    "DesignerEnrollment": (3, "editingteacher"),
    "TaEnrollment": (4, "teacher"),
    "StudentEnrollment": (5, "student"),
    "ObserverEnrollment": (9, "observer"),
}
CLASSES = {
    "invalidparameter": "core\\exception\\invalid_parameter_exception",
    "nopermissions": "core\\exception\\required_capability_exception",
    "nopermission": "core\\exception\\required_capability_exception",
    "accessexception": "webservice_access_exception",
    "invalidrecord": "dml_missing_record_exception",
    "dmlwriteexception": "dml_write_exception",
    "codingerror": "core\\exception\\coding_exception",
}


class Wrong(Exception):
    """An answer that is none; `code` as Moodle calls it. Moodle 4.5 recordings, ws_err_*."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message

    @property
    def told(self) -> Told:
        """What the answer says, with HTTP 200."""
        kind = CLASSES.get(self.code, "core\\exception\\moodle_exception")
        return {"exception": kind, "errorcode": self.code, "message": self.message}


def invalid() -> Wrong:
    """Refuse a parameter; which one, only a site in debugging mode says."""
    return Wrong("invalidparameter", "Invalid parameter value detected")


def missing(table: str) -> Wrong:
    """Say that there is no such row."""
    return Wrong("invalidrecord", f"Can't find data record in database table {table}.")


def lacking(capability: str) -> Wrong:
    """Say what the caller may not, by the capability's name in English."""
    words = f"Sorry, but you do not currently have permissions to do that ({capability})."
    return Wrong("nopermissions", words)


def warning(item: str, item_id: int, code: str, message: str) -> Told:
    """Return one warning of an answer that leaves something out."""
    return {"item": item, "itemid": item_id, "warningcode": code, "message": message}


@dataclass
class Caller:
    """The owner of a token, with the settings of one call."""

    person: Person
    functions: frozenset[str] = frozenset()  # of the service; empty: all
    downloads: bool = True  # the service allows them
    raw: bool = False  # moodlewssettingraw: no filters
    rewritten: bool = True  # moodlewssettingfileurl: addresses of files are this service's
    eyes: dict[int, Eyes] = field(default_factory=dict)

    @property
    def everywhere(self) -> bool:
        """Whether an administrator gave the account its role on the whole site."""
        return self.person.admin or self.person.key == SERVICE

    def course(self, course_id: int) -> Course:
        """Return a course the caller may enter; raise Wrong."""
        found = Course.objects.filter(world=self.person.world_id, id=course_id).first()
        if found is None:
            raise missing("course")
        if not (self.everywhere or self.sight(found).member):
            # Moodle's course/externallib.php; not recorded
            words = "You cannot execute functions in the course context"
            raise Wrong("errorcoursecontextnotvalid", words)
        return found

    def sight(self, course: Course) -> Eyes:
        """Return what the caller sees of a course as one of its people."""
        if course.pk not in self.eyes:
            self.eyes[course.pk] = Eyes(self.person, course)
        return self.eyes[course.pk]

    def staff(self, course: Course) -> bool:
        """Whether hidden things are told, and what restricts the others."""
        return self.everywhere or self.sight(course).staff

    def name(self, text: str) -> str:
        """Write a name as filters leave it: tags out, then escaped; but for quotes.

        Moodle 4.5 recordings, ws_get_courses_all, ws_setting_filter_raw.
        """
        if self.raw:
            return text
        return html.escape(html.unescape(strip_tags(text)), quote=False)


def caller(value: str) -> Caller | None:
    """Return whose token that is; None for one that is over: Moodle says the same of both.

    A token's scopes are the functions of its service, and `nodownloads`.
    """
    row = AccessToken.objects.select_related("person").filter(value=value).first()
    if row is None or row.revoked or not value:
        return None
    if row.expires_at is not None and row.expires_at <= timezone.now():
        return None
    named = frozenset(row.scopes.split())
    return Caller(row.person, named - {SHUT}, SHUT not in named)


def role(kind: str) -> Told:
    """Return an enrolment's role. Moodle 4.5 recordings, ws_enrolled_users."""
    number, short = ROLES.get(kind, (9, "observer"))
    return {"roleid": number, "name": "", "shortname": short, "sortorder": 0}


def courses_of(person: Person) -> list[Course]:
    """Return the courses somebody is active in, newest first, as Moodle sorts them."""
    active = Enrolment.objects.filter(person=person, state="active").values("course")
    return list(Course.objects.filter(id__in=active).order_by("-id"))
