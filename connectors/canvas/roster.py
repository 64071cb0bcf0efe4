"""Canvas's enrolments, sections and groups → LMS-DM. Pure.

One person has several enrolments, one for each section and role; the e-mail is not asked for.
Source: https://canvas.instructure.com/doc/api/enrollments.html and groups.html
"""

from collections.abc import Iterable, Iterator, Mapping

from connectors.canvas.payloads import Id, Words
from connectors.payload import Payload
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Role

# Whoever is enrolled twice is what stands first here. Not among them: StudentViewEnrollment,
# Canvas's "Test Student", who is nobody.
ROLES = {
    "TeacherEnrollment": Role.TEACHER,
    "TaEnrollment": Role.TA,
    "DesignerEnrollment": Role.DESIGNER,
    "StudentEnrollment": Role.STUDENT,
    "ObserverEnrollment": Role.OBSERVER,
}
RANKS = list(ROLES.values())


class User(Payload):
    id: Id
    name: Words = ""


class Enrollment(Payload):
    user_id: Id
    course_section_id: Id | None = None
    type: Words = ""
    enrollment_state: Words = ""
    user: User | None = None


class Section(Payload):
    id: Id
    name: Words = ""


class Group(Payload):
    """`users` come with include[]=users, unless the key may not ask for more."""

    id: Id
    name: Words = ""
    members_count: int = 0
    users: list[User] | None = None


def members(
    told: Iterable[Enrollment], groups: Mapping[str, Iterable[str]] | None, *, course_id: str
) -> Iterator[schema.Member]:
    """Yield each person once; `groups` are the people of each group, None where not told."""
    places: dict[str, list[Enrollment]] = {}
    for one in told:
        if one.enrollment_state == "active" and one.type in ROLES:
            places.setdefault(one.user_id, []).append(one)
    mine: dict[str, set[str]] = {}
    for group_id, users in (groups or {}).items():
        for user_id in users:
            mine.setdefault(user_id, set()).add(group_id)
    for user_id, own in places.items():
        in_groups = None if groups is None else tuple(sorted(mine.get(user_id, ())))
        yield _member(user_id, own, in_groups, course_id)


def _member(
    user_id: str, own: list[Enrollment], groups: tuple[str, ...] | None, course_id: str
) -> schema.Member:
    role = min((ROLES[one.type] for one in own), key=RANKS.index)
    sections = {one.course_section_id for one in own if one.course_section_id}
    name = next((one.user.name for one in own if one.user), "")
    return schema.Member(
        user=schema.User(user_id=user_id, name=name, role=role),
        enrolment=schema.Enrolment(
            user_id=user_id,
            course_id=course_id,
            role=role,
            sections=tuple(sorted(sections)),
            groups=groups,
        ),
    )


def part(told: Section | Group, *, course_id: str) -> schema.Part:
    """Map a section or a group."""
    grouped = isinstance(told, Group)
    return schema.Part(part_id=told.id, course_id=course_id, name=told.name, is_group=grouped)
