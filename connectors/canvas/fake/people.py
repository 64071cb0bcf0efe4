"""People, sections and enrolments."""

from __future__ import annotations

from connectors.canvas.fake.call import Call, Payload
from connectors.canvas.fake.routes import api
from connectors.sandbox.models import Enrolment, Person, Section
from connectors.sandbox.rows import instant
from connectors.sandbox.visible import Eyes


@api("users/<str:user_id>", "users/:id")
def user(call: Call, user_id: str) -> Payload:
    """Return the caller. Canvas API: Users."""
    if user_id not in ("self", str(call.person.id)):
        raise call.forbidden()
    return {
        **_person(call.person),
        "email": call.person.email,
        "locale": call.person.locale,
        "effective_locale": call.person.locale,
        "time_zone": call.person.time_zone,
    }


@api("courses/<str:course_id>/sections", "courses/:course_id/sections")
def sections(call: Call, course_id: str) -> list[Payload]:
    """List the sections. Canvas API: Sections."""
    return [section(row) for row in call.eyes(course_id).course.section_set.order_by("id")]


def section(row: Section) -> Payload:
    """Describe a section."""
    return {
        "id": row.id,
        "name": row.name,
        "course_id": row.course_id,
        "sis_section_id": None,
        "start_at": None,
        "end_at": None,
        "nonxlist_course_id": None,
    }


@api("courses/<str:course_id>/enrollments", "courses/:course_id/enrollments")
def enrollments(call: Call, course_id: str) -> list[Payload]:
    """List the enrolments; several may be one person's. Canvas API: Enrollments.

    Who is limited to their section is told of nobody else, and not that there are others.
    """
    eyes = call.eyes(course_id)
    rows = eyes.course.enrolment_set.select_related("person").order_by("id")
    own = rows.filter(person=call.person, state="active")
    if not own.filter(limit_to_section=False).exists():
        rows = rows.filter(section__in=eyes.sections)
    if kinds := call.given("type"):
        rows = rows.filter(type__in=kinds)
    rows = rows.filter(state__in=call.given("state") or ["active", "invited"])
    return [_enrolment(row, eyes) for row in rows]


def _enrolment(row: Enrolment, eyes: Eyes) -> Payload:
    payload: Payload = {
        "id": row.id,
        "course_id": row.course_id,
        "course_section_id": row.section_id,
        "user_id": row.person_id,
        "type": row.type,
        "role": row.type,
        "enrollment_state": row.state,
        "limit_privileges_to_course_section": row.limit_to_section,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.created_at),
        "start_at": None,
        "end_at": None,
        "last_activity_at": None,
        "associated_user_id": row.observed_id,
        "user": _person(row.person),
    }
    if eyes.staff:
        payload["user"]["login_id"] = row.person.login_id
    return payload


def _person(person: Person) -> Payload:
    return {
        "id": person.id,
        "name": person.name,
        "sortable_name": person.sortable_name,
        "short_name": person.name,
        "created_at": instant(person.world.created_at),
    }


@api("courses/<str:course_id>/users", "courses/:course_id/users")
def users(call: Call, course_id: str) -> list[Payload]:
    """List the people. Canvas API: Courses (List users in course)."""
    eyes = call.eyes(course_id)
    rows = eyes.course.enrolment_set.filter(state="active").select_related("person__world")
    kinds = [f"{kind.capitalize()}Enrollment" for kind in call.given("enrollment_type")]
    if kinds:
        rows = rows.filter(type__in=kinds)
    people: dict[int, Payload] = {}
    for row in rows.order_by("id"):
        payload = people.setdefault(row.person_id, _person(row.person))
        if call.wants("email") and eyes.staff:
            payload["email"] = row.person.email
        if call.wants("avatar_url"):
            payload["avatar_url"] = f"{call.url}/avatars/{row.person_id}.svg"
        if call.wants("enrollments"):
            shown = _enrolment(row, eyes)
            del shown["user"]
            payload.setdefault("enrollments", []).append(shown)
    return list(people.values())
