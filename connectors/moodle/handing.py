"""What was handed in and graded in a Moodle's assignments, since a moment.

No paging: several assignments are asked for at once, and of each the last attempts come whole.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from connectors.moodle import payloads, working
from connectors.moodle.wire import Wire
from tutorai.lmsdm import schema

AT_ONCE = 50  # assignments of one call

Teams = Callable[[], Mapping[str, tuple[str, ...]]]


class Answers(NamedTuple):
    """What Moodle tells of some assignments, by their ids."""

    attempts: dict[str, list[payloads.Attempt]]
    grades: dict[str, list[payloads.Grade]]


def handed_in(
    wire: Wire, works: Sequence[payloads.Work], teams: Teams, since: datetime | None
) -> Iterator[schema.Submission]:
    """Yield everybody's last attempts that were handed in or graded `since`.

    A change of grade does not change the attempt, nor the other way round: an assignment in which
    either changed is asked for as a whole.
    """
    for start in range(0, len(works), AT_ONCE):
        some = list(works[start : start + AT_ONCE])
        told = _answers(wire, some, since)
        if since is not None:
            some = [one for one in some if told.attempts.get(one.id) or told.grades.get(one.id)]
            told = _answers(wire, some, None)
        for work in some:
            team = working.Team(teams() if work.teamsubmission else {})
            yield from _of(work, told, team, since)


def _answers(wire: Wire, works: list[payloads.Work], since: datetime | None) -> Answers:
    if not works:
        return Answers({}, {})
    more = {"since": int(since.timestamp())} if since else {}
    given = {"assignmentids": [one.id for one in works], **more}
    handed = wire.asked(payloads.Submitted, "mod_assign_get_submissions", **given)
    graded = wire.asked(payloads.Graded, "mod_assign_get_grades", **given)
    return Answers(
        {one.assignmentid: one.submissions for one in handed.assignments},
        {one.assignmentid: one.grades for one in graded.assignments},
    )


def _of(
    work: payloads.Work, told: Answers, team: working.Team, since: datetime | None
) -> Iterator[schema.Submission]:
    attempts, grades = told.attempts.get(work.id, []), told.grades.get(work.id, [])
    start = int(since.timestamp()) if since else 0
    fresh = [one for one in attempts if one.timemodified >= start]
    wanted = {(user, one.attemptnumber) for one in fresh for user in team.of(one)}
    wanted |= {(one.userid, one.attemptnumber) for one in grades if one.timemodified >= start}
    for found in working.submissions(work, attempts, grades, team):
        if (found.user_id, found.attempt - 1) in wanted:
            yield found
