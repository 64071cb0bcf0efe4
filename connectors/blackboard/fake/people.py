"""People, their places in a course, and its groups."""

from __future__ import annotations

from connectors.blackboard.fake.call import Call, Payload, instant, named, one
from connectors.blackboard.fake.courses import ROLES, merged
from connectors.blackboard.fake.routes import api
from connectors.sandbox.models import Course, Enrolment, Group, Person

OUTSIDE = {"ObserverEnrollment"}  # an observer has no membership, but observes a person


@api("v1/users/<str:user_id>")
def user(call: Call, user_id: str) -> Payload:
    """Return a person. swagger: Users; `me` is the caller."""
    return person(call.person_of(user_id))


def person(row: Person, *, preview: bool = False) -> Payload:
    """Describe a person; what a teacher sees as a student through is named `…_previewuser`."""
    return {
        "id": named(row),
        "uuid": row.uuid,
        "externalId": row.sis_id or row.login_id,
        "userName": f"{row.login_id}_previewuser" if preview else row.login_id,
        "name": {
            "given": row.given_name,
            "family": row.family_name,
            "preferredDisplayName": row.name,
        },
        "contact": {"email": row.email},
        "availability": {"available": "Yes"},
        "created": instant(row.world.created_at),
    }


@api("v1/courses/<str:course_id>/users")
def members(call: Call, course_id: str) -> list[Payload]:
    """List who has a place; a person has one, in one of the merged courses. swagger: Memberships."""
    course = call.course(course_id)
    parts = {row.pk for row in merged(course)}
    rows = Enrolment.objects.filter(course=course).exclude(type__in=OUTSIDE)
    places: dict[int, Enrolment] = {}
    for row in rows.select_related("person__world").order_by("id"):
        places.setdefault(row.person_id, row)
    return [_member(call, row, parts) for row in places.values()]


def _member(call: Call, row: Enrolment, parts: set[int]) -> Payload:
    told: Payload = {
        "id": named(row),
        "userId": named(row.person_id),
        "courseId": named(row.course_id),
        "childCourseId": named(row.section_id) if row.section_id in parts else None,
        "courseRoleId": ROLES[row.type],
        "availability": {"available": "Yes" if row.state == "active" else "Disabled"},
        "created": instant(row.created_at),
        "modified": instant(row.created_at),
    }
    if "user" in call.given("expand"):
        told["user"] = person(row.person, preview=row.type == "StudentViewEnrollment")
    return told


@api("v2/courses/<str:course_id>/groups")
def groups(call: Call, course_id: str) -> list[Payload]:
    """List the groups outside any set: Ultra has none. docs: "Groups and REST API"."""
    course = call.course(course_id)
    return [_group(row) for row in _all(course)] if call.option("original") else []


@api("v2/courses/<str:course_id>/groups/sets")
def sets(call: Call, course_id: str) -> list[Payload]:
    """List the sets of groups: Ultra keeps every group in one."""
    course = call.course(course_id)
    if call.option("original") or not _all(course):
        return []
    return [{"id": named(course), "name": "Groups", "availability": {"available": "No"}}]


@api("v2/courses/<str:course_id>/groups/sets/<str:set_id>/groups")
def set_groups(call: Call, course_id: str, set_id: str) -> list[Payload]:
    """List the groups of a set."""
    course = call.course(course_id)
    return [{**_group(row), "groupSetId": set_id} for row in _all(course)]


def _all(course: Course) -> list[Group]:
    return list(Group.objects.filter(course=course).order_by("id"))


def _group(row: Group) -> Payload:
    return {
        "id": named(row),
        "groupSetId": None,
        "name": row.name,
        "availability": {"available": "No"},
        "enrollment": {"type": "InstructorOnly", "limit": 0},
    }


@api("v2/courses/<str:course_id>/groups/<str:group_id>/users")
def group_users(call: Call, course_id: str, group_id: str) -> list[Payload]:
    """List a group's people. swagger: Course Groups (course.groups.VIEW)."""
    course = call.staff(course_id, "course.groups.VIEW")
    group = one(Group.objects.filter(course=course), group_id)
    return [{"userId": named(row)} for row in group.people.order_by("id")]
