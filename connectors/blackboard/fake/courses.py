"""Courses, and the ones that were merged into them."""

from __future__ import annotations

from connectors.blackboard.fake.call import Call, Payload, instant, named
from connectors.blackboard.fake.routes import api
from connectors.sandbox.models import Course, Enrolment, Section

ROLES = {
    "TeacherEnrollment": "Instructor",
    "TaEnrollment": "TeachingAssistant",
    "DesignerEnrollment": "CourseBuilder",
    "StudentEnrollment": "Student",
    "StudentViewEnrollment": "Student",
}


@api("v3/courses/<str:course_id>")
def course(call: Call, course_id: str) -> Payload:
    """Return a course. swagger: Courses; §3.4."""
    return told(call, call.course(course_id))


def told(call: Call, row: Course) -> Payload:
    """Describe a course: Ultra, unless a switch makes it an Original one."""
    ended = row.state in ("completed", "concluded")
    return {
        "id": named(row),
        "uuid": row.uuid,
        "externalId": row.sis_id or row.code,
        "courseId": row.code,
        "name": row.name,
        "description": row.description,
        "created": instant(row.created_at),
        "modified": instant(row.created_at),
        "organization": False,
        "ultraStatus": "Classic" if call.option("original") else "Ultra",
        "closedComplete": ended,
        "availability": {"available": "Yes", "duration": {"type": "Continuous"}},
        "enrollment": {"type": "InstructorLed"},
        "locale": {"force": False},
        "externalAccessUrl": f"{call.url}/ultra/courses/{named(row)}/outline",
    }


@api("v1/courses/<str:course_id>/children")
def children(call: Call, course_id: str) -> list[Payload]:
    """List the courses that were merged into this one: its sections. swagger: Courses (cross-list)."""
    parent = call.course(course_id)
    return [
        {"id": named(row), "parentId": named(parent), "childCourse": _section(row)}
        for row in merged(parent)
    ]


def merged(parent: Course) -> list[Section]:
    """Return the sections of a course that has more than one."""
    sections = list(parent.section_set.order_by("id"))
    return sections if len(sections) > 1 else []


def _section(row: Section) -> Payload:
    return {"id": named(row), "name": row.name, "courseId": row.key, "availability": {}}


@api("v1/users/<str:user_id>/courses")
def of_user(call: Call, user_id: str) -> list[Payload]:
    """List somebody's courses with their place in each. swagger: Course Memberships."""
    person = call.person_of(user_id)
    rows = Enrolment.objects.filter(person=person, state="active", type__in=ROLES)
    places = {row.course_id: row for row in rows.select_related("course").order_by("-id")}
    return [
        {
            "id": named(row),
            "userId": named(person),
            "courseId": named(row.course),
            "courseRoleId": ROLES[row.type],
            "availability": {"available": "Yes"},
            "course": told(call, row.course) if "course" in call.given("expand") else None,
        }
        for row in places.values()
    ]
