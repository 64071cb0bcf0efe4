"""Who is in a Moodle's course, and in which groups.

Needs capabilities beyond seeing the course: moodle/course:enrolreview for who is active,
moodle/course:managegroups for groups (recordings ws_err_missing_cap_*).
"""

from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from connectors.moodle import mapper, payloads
from connectors.moodle.wire import Wire
from connectors.payload import QUIET
from connectors.wire import PAGES
from tutorai.errors import LMSMisunderstood, LMSRefused

PEOPLE = TypeAdapter(list[payloads.Person], config=QUIET)
GROUPS = TypeAdapter(list[payloads.Group], config=QUIET)
MEMBERS = TypeAdapter(list[payloads.GroupMembers], config=QUIET)
GROUPINGS = TypeAdapter(list[payloads.Grouping], config=QUIET)
AT_ONCE = 500  # people of one call
NOBODYS = "0"  # the group of who is in none


def _listed(kind: TypeAdapter[Any], told: Any) -> Any:
    try:
        return kind.validate_python(told)
    except ValidationError as error:
        raise LMSMisunderstood() from error


class Roster:
    """A course's people and groups, asked for once each."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._groups: dict[str, list[payloads.Group]] = {}
        self._members: dict[str, list[payloads.GroupMembers]] = {}

    def people(self, course_id: str) -> Iterator[payloads.Person]:
        """Yield everybody who is active, each once; pages may be short before the last.

        Moodle leaves out of a page whom the token may not see, after it counted them.
        """
        seen: set[str] = set()
        for page in range(PAGES):
            given = {
                "onlyactive": 1,
                "userfields": "email,lang,roles",
                "limitfrom": page * AT_ONCE,
                "limitnumber": AT_ONCE,
                "sortby": "id",
            }
            options = [{"name": name, "value": value} for name, value in given.items()]
            told = self._wire.ask(
                "core_enrol_get_enrolled_users", courseid=course_id, options=options
            )
            found: list[payloads.Person] = _listed(PEOPLE, told)
            fresh = {one.id: one for one in found if one.id not in seen}
            if not fresh:
                return
            yield from fresh.values()
            seen |= set(fresh)
        raise LMSMisunderstood()

    def groups(self, course_id: str) -> list[payloads.Group]:
        """Return the course's groups."""
        if course_id not in self._groups:
            told = self._wire.ask("core_group_get_course_groups", courseid=course_id)
            self._groups[course_id] = _listed(GROUPS, told)
        return self._groups[course_id]

    def groupings(self, course_id: str) -> dict[str, tuple[str, ...]]:
        """Return which groups each grouping is of."""
        told = self._wire.ask("core_group_get_course_groupings", courseid=course_id)
        ids = [one.id for one in _listed(GROUPINGS, told)]
        if not ids:
            return {}
        whole = self._wire.ask("core_group_get_groupings", groupingids=ids, returngroups=1)
        return {
            one.id: tuple(group.id for group in one.groups) for one in _listed(GROUPINGS, whole)
        }

    def members(self, course_id: str) -> list[payloads.GroupMembers]:
        """Return who is in each group.

        The roster's own `groups` leave out those outside the course's default grouping.
        """
        if course_id not in self._members:
            ids = [one.id for one in self.groups(course_id)]
            told = self._wire.ask("core_group_get_group_members", groupids=ids) if ids else []
            self._members[course_id] = _listed(MEMBERS, told)
        return self._members[course_id]

    def memberships(self, course_id: str) -> dict[str, tuple[str, ...]] | None:
        """Return everybody's groups; None when the token may not know."""
        try:
            return mapper.groups_of(self.members(course_id))
        except LMSRefused:
            return None

    def teams(self, course_id: str) -> dict[str, tuple[str, ...]]:
        """Return the students of each group, and under "0" those of none: one team together."""
        students = [
            one.id
            for one in self.people(course_id)
            if any(role.shortname == "student" for role in one.roles)
        ]
        teams = {
            group.groupid: tuple(one for one in group.userids if one in set(students))
            for group in self.members(course_id)
        }
        grouped = {one for team in teams.values() for one in team}
        return {**teams, NOBODYS: tuple(one for one in students if one not in grouped)}
