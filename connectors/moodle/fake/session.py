"""Who is looking, by the browser's cookie, and the key that Moodle puts into their addresses."""

from __future__ import annotations

import secrets

from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from connectors.sandbox.models import Course, Enrolment, Person
from connectors.sandbox.visitor import COOKIE

GUEST = "MoodleSession"


def signed_in(request: HttpRequest) -> Person | None:
    """Return who the sandbox's visitor looks as, if that is somebody of a Moodle."""
    chosen = request.COOKIES.get(COOKIE, "")
    if not chosen.isdecimal() or len(chosen) > 18:
        return None
    rows = Person.objects.select_related("world").filter(world__dialect="moodle")
    return rows.filter(id=int(chosen)).first()


def may_enter(person: Person, course: Course) -> bool:
    """Whether somebody is in the course, or stands above all courses."""
    if person.world_id != course.world_id:
        return False
    rows = Enrolment.objects.filter(person=person, course=course, state="active")
    return person.admin or rows.exists()


def may_arrange(person: Person, course: Course) -> bool:
    """Whether somebody may put activities into the course (moodle/course:manageactivities)."""
    kinds = ("TeacherEnrollment", "DesignerEnrollment")
    rows = Enrolment.objects.filter(person=person, course=course, state="active", type__in=kinds)
    return person.world_id == course.world_id and (person.admin or rows.exists())


def sesskey(person: Person) -> str:
    """Return what has to stand in addresses that change something for this person."""
    return salted_hmac("sesskey", str(person.id)).hexdigest()[:10]


def as_guest(answer: HttpResponse) -> HttpResponse:
    """Give a browser without a session one that is nobody's."""
    answer.set_cookie(GUEST, secrets.token_hex(13), httponly=True)
    return answer
