"""Moodle's payloads → LMS-DM: courses, people, announcements, quizzes. Pure: no calls, no rows.

Sections and activities are in `outlining`, restrictions in `availability`, assignments and what
is handed in in `working`.
"""

from collections.abc import Iterable, Mapping

from connectors import outline
from connectors.moodle import payloads
from connectors.moodle.availability import moment
from connectors.moodle.outlining import Outline, name
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Condition, Kind, Role, Test, Unreadable, Window

# By a role's short name, which an administrator cannot give to another standard role; who has
# several is the first of these. Roles a school made itself give no power here.
ROLES = {
    "editingteacher": Role.TEACHER,
    "teacher": Role.TA,
    "manager": Role.ADMIN,
    "student": Role.STUDENT,
}


def course(told: payloads.Course) -> schema.Course:
    """Map a course; a hidden one is not open to its students."""
    return schema.Course(
        course_id=told.id,
        title=name(told.fullname),
        description=told.summary,
        code=name(told.shortname),
        state="available" if told.visible else "unpublished",
        start_at=moment(told.startdate),
        end_at=moment(told.enddate),
    )


def part(told: payloads.Group, course_id: str) -> schema.Part:
    """Map a group; Moodle has no sections of people."""
    return schema.Part(part_id=told.id, course_id=course_id, name=name(told.name), is_group=True)


def member(
    told: payloads.Person, course_id: str, groups: Mapping[str, tuple[str, ...]] | None
) -> schema.Member:
    """Map somebody on the roster, whose id is that of LTI too.

    `groups` says of everybody which they are in; None: the token may not know. Names of people
    are not escaped, as other names are (recording ws_enrolled_users).
    """
    had = {role.shortname for role in told.roles}
    role = next((ours for theirs, ours in ROLES.items() if theirs in had), Role.GUEST)
    return schema.Member(
        user=schema.User(
            user_id=told.id, name=told.fullname, email=told.email, role=role, locale=told.lang
        ),
        enrolment=schema.Enrolment(
            user_id=told.id,
            course_id=course_id,
            role=role,
            groups=None if groups is None else groups.get(told.id, ()),
        ),
        uuid=told.id,
    )


def groups_of(members: Iterable[payloads.GroupMembers]) -> dict[str, tuple[str, ...]]:
    """Return everybody's groups, by person."""
    found: dict[str, list[str]] = {}
    for group in members:
        for person in group.userids:
            found.setdefault(person, []).append(group.groupid)
    return {person: tuple(sorted(groups)) for person, groups in found.items()}


def announcement(
    told: payloads.Discussion, *, course_id: str, around: Window, base: str
) -> schema.ContentItem:
    """Map an announcement: its forum says who sees it, and it may be for a group, or dated."""
    changed = moment(told.modified or told.timemodified)
    own = Window(
        available_from=moment(told.timestart),
        available_until=moment(told.timeend),
        condition=Condition(test=Test.GROUP, ids=(str(told.groupid),))
        if told.groupid > 0
        else None,
    )
    return schema.ContentItem(
        item_id=f"announcement:{told.discussion}",
        course_id=course_id,
        kind=Kind.ANNOUNCEMENT,
        title=name(told.name),
        body=told.message,
        url=f"{base}/mod/forum/discuss.php?d={told.discussion}",
        mime="text/html",
        updated_at=changed,
        version=changed.isoformat() if changed else "",
        window=outline.both(own, around),
    )


def quiz(told: payloads.Quiz, *, course_id: str, made: Outline) -> schema.Quiz:
    """Map a quiz. No function tells its questions to anybody who is not taking it."""
    return schema.Quiz(
        quiz_id=f"quiz:{told.id}",
        course_id=course_id,
        title=name(told.name),
        description=told.intro,
        minutes=-(-told.timelimit // 60) or None,
        attempts=told.attempts or None,
        window=made.around(told.coursemodule),
    )


def quiz_item(
    told: payloads.Quiz, *, course_id: str, made: Outline, base: str
) -> schema.ContentItem:
    """Map a quiz as a thing of the course; its questions stay shut."""
    return schema.ContentItem(
        item_id=f"quiz:{told.id}",
        course_id=course_id,
        kind=Kind.QUIZ,
        title=name(told.name),
        url=f"{base}/mod/quiz/view.php?id={told.coursemodule}",
        mime="text/html",
        window=made.apart(told.coursemodule),
        unreadable=Unreadable.UNSUPPORTED,
    )
