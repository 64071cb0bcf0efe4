"""Courses, as their people see them."""

from __future__ import annotations

from connectors.canvas.fake.call import Call, Payload
from connectors.canvas.fake.people import section
from connectors.canvas.fake.routes import api
from connectors.sandbox.models import Course, Enrolment
from connectors.sandbox.rows import instant

TABS = {
    "home": "Home",
    "announcements": "Announcements",
    "modules": "Modules",
    "assignments": "Assignments",
    "pages": "Pages",
    "files": "Files",
    "syllabus": "Syllabus",
    "grades": "Grades",
    "people": "People",
}


@api("courses", "courses")
def courses(call: Call) -> list[Payload]:
    """List the caller's courses. Canvas API: Courses."""
    mine = Enrolment.objects.filter(person=call.person, state="active")
    kinds = [f"{kind.capitalize()}Enrollment" for kind in call.given("enrollment_type")]
    if kinds:
        mine = mine.filter(type__in=kinds)
    rows = Course.objects.filter(id__in=mine.values("course_id")).order_by("id")
    if states := call.given("state"):
        rows = rows.filter(state__in=states)
    return [_course(call, row) for row in rows]


@api("courses/<str:course_id>", "courses/:id")
def course(call: Call, course_id: str) -> Payload:
    """Return one course. Canvas API: Courses."""
    return _course(call, call.eyes(course_id).course)


@api("courses/<str:course_id>/tabs", "courses/:course_id/tabs")
def tabs(call: Call, course_id: str) -> list[Payload]:
    """List the course's navigation; students are not told what is hidden. Canvas API: Tabs."""
    eyes = call.eyes(course_id)
    hidden = call.option("hidden_tabs") or []
    return [
        {
            "id": name,
            "html_url": f"/courses/{eyes.course.id}/{name}",
            "full_url": f"{call.url}/courses/{eyes.course.id}/{name}",
            "label": label,
            "type": "internal",
            "position": position,
            "visibility": "admins" if name in hidden else "members",
            **({"hidden": True} if name in hidden else {}),
        }
        for position, (name, label) in enumerate(TABS.items(), 1)
        if eyes.staff or name not in hidden
    ]


def _course(call: Call, row: Course) -> Payload:
    if call.option("date_restricted"):
        return {"id": row.id, "access_restricted_by_date": True}
    own = row.enrolment_set.filter(person=call.person)
    payload: Payload = {
        "id": row.id,
        "uuid": row.uuid.replace("-", ""),
        "sis_course_id": None,
        "name": row.name,
        "course_code": row.code,
        "workflow_state": row.state,
        "account_id": call.world.id,
        "root_account_id": call.world.id,
        "enrollment_term_id": 1,
        "start_at": instant(row.created_at),
        "end_at": None,
        "created_at": instant(row.created_at),
        "time_zone": row.time_zone,
        "default_view": "modules",
        "public_description": row.description,
        "enrollments": [
            {
                "type": one.type.removesuffix("Enrollment").lower(),
                "role": one.type,
                "user_id": one.person_id,
                "enrollment_state": one.state,
                "limit_privileges_to_course_section": one.limit_to_section,
            }
            for one in own
        ],
        "apply_assignment_group_weights": False,
        "blueprint": False,
    }
    if call.wants("syllabus_body"):
        payload["syllabus_body"] = row.syllabus_body
    if call.wants("term"):
        payload["term"] = {
            "id": 1,
            "name": "Default Term",
            "start_at": None,
            "end_at": None,
        }
    if call.wants("sections"):
        payload["sections"] = [section(one) for one in row.section_set.order_by("id")]
    if call.wants("total_students"):
        students = row.enrolment_set.filter(type="StudentEnrollment", state="active")
        payload["total_students"] = students.values("person").distinct().count()
    return payload
