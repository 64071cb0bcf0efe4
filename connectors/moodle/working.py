"""Moodle's assignments, and what was handed in → LMS-DM. Pure.

Dates of 0 are none; a grade below 0 is a scale's number, not points. Other dates for some people
(overrides, extensions) are told by no function of core: `due_date` is what stands for everybody.
Feedback comments are not among what `mod_assign_get_grades` tells.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connectors.moodle import payloads
from connectors.moodle.availability import moment
from connectors.moodle.outlining import Outline, name
from tutorai.lmsdm import schema
from tutorai.lmsdm.schema import Attached, Handed, Kind

WAYS = {"onlinetext": "text", "file": "file"}
NONE = Decimal(-1)  # a grade that is none
RELEASED = "released"  # of the marking workflow: only then students see a grade
STATES = {"draft": Handed.DRAFT, "reopened": Handed.DRAFT, "submitted": Handed.SUBMITTED}


def assignment(
    told: payloads.Work, *, course_id: str, made: Outline, base: str, rubric: schema.Rubric | None
) -> schema.Assignment:
    """Map an assignment; it is seen where its activity is."""
    return schema.Assignment(
        assignment_id=f"assignment:{told.id}",
        course_id=course_id,
        title=name(told.name),
        due_date=moment(told.duedate),
        content=told.intro,
        max_points=told.grade if told.grade > 0 else None,
        url=f"{base}/mod/assign/view.php?id={told.cmid}",
        window=made.around(told.cmid),
        rubric=rubric,
        attempts=_attempts(told),
        hand_in=_ways(told),
    )


def item(told: payloads.Work, *, course_id: str, made: Outline, base: str) -> schema.ContentItem:
    """Map an assignment as something to read: its description."""
    changed = moment(told.timemodified)
    return schema.ContentItem(
        item_id=f"assignment:{told.id}",
        course_id=course_id,
        kind=Kind.ASSIGNMENT,
        title=name(told.name),
        body=told.intro,
        url=f"{base}/mod/assign/view.php?id={told.cmid}",
        mime="text/html",
        updated_at=changed,
        version=changed.isoformat() if changed else "",
        window=made.apart(told.cmid),
    )


def _attempts(told: payloads.Work) -> int | None:
    """Return how often one may hand in; -1 is as often as one likes, reopened each time."""
    if told.attemptreopenmethod in ("", "none"):
        return 1
    return told.maxattempts if told.maxattempts > 0 else None


def _ways(told: payloads.Work) -> tuple[str, ...]:
    if told.nosubmissions:
        return ("paper",)
    on = [
        one.plugin
        for one in told.configs
        if (one.subtype, one.name, one.value) == ("assignsubmission", "enabled", "1")
    ]
    return tuple(WAYS[plugin] for plugin in on if plugin in WAYS)


def rubrics(areas: Iterable[payloads.Area]) -> dict[str, schema.Rubric]:
    """Return the rubrics that are in use, by course module; a level's points come best first."""
    found = {}
    for area in areas:
        for definition in area.definitions:
            if area.activemethod == "rubric" and definition.rubric:
                criteria = tuple(map(_criterion, definition.rubric.rubric_criteria))
                found[area.cmid] = schema.Rubric(criteria=criteria)
    return found


def _criterion(told: payloads.Criterion) -> schema.Criterion:
    best = sorted(told.levels, key=lambda level: level.score, reverse=True)
    return schema.Criterion(
        criterion_id=told.id,
        title=name(told.description),
        points=best[0].score if best else Decimal(0),
        levels=tuple(
            schema.Level(level_id=level.id, title=name(level.definition), points=level.score)
            for level in best
        ),
    )


@dataclass(frozen=True)
class Team:
    """Who stands behind work that was handed in together, by group; "0": who is in none."""

    members: Mapping[str, tuple[str, ...]]

    def of(self, told: payloads.Attempt) -> tuple[str, ...]:
        """Return whose an attempt is."""
        return self.members.get(str(told.groupid), ()) if told.userid == "0" else (told.userid,)


def submissions(
    work: payloads.Work,
    attempts: Iterable[payloads.Attempt],
    grades: Iterable[payloads.Grade],
    team: Team,
) -> Iterator[schema.Submission]:
    """Yield everybody's attempts with their grades; somebody may have a grade and no attempt."""
    given = {(one.userid, one.attemptnumber): one for one in grades}
    for told in attempts:
        for user in team.of(told):
            yield _handed(work, told, user, given.pop((user, told.attemptnumber), None))
    for (user, number), grade in given.items():
        alone = payloads.Attempt(id="0", userid=user, attemptnumber=number)
        if grade.grade >= 0:
            yield _handed(work, alone, user, grade)


def _handed(
    work: payloads.Work, told: payloads.Attempt, user: str, grade: payloads.Grade | None
) -> schema.Submission:
    state = STATES.get(told.status, Handed.MISSING)
    at = moment(told.timemodified) if state is Handed.SUBMITTED else None
    hidden = work.markingworkflow and told.gradingstatus != RELEASED
    seen = grade if grade and grade.grade >= 0 and not hidden else None
    return schema.Submission(
        submission_id=f"submission:{work.id}:{user}:{told.attemptnumber + 1}",
        assignment_id=f"assignment:{work.id}",
        user_id=user,
        score=seen.grade if seen and work.grade > 0 else None,
        submitted_at=at,
        attempt=told.attemptnumber + 1,
        state=Handed.GRADED if seen and state is not Handed.DRAFT else state,
        body=_text(told),
        files=tuple(_files(told)),
        late=_late(work, at),
        graded_at=moment(seen.timemodified) if seen else None,
    )


def _late(work: payloads.Work, at: datetime | None) -> bool:
    due = moment(work.duedate)
    return due is not None and at is not None and at > due


def _text(told: payloads.Attempt) -> str:
    texts = [
        one.text
        for plugin in told.plugins
        if plugin.type == "onlinetext"
        for one in plugin.editorfields
    ]
    return "\n".join(texts)


def _files(told: payloads.Attempt) -> Iterator[Attached]:
    for plugin in told.plugins:
        if plugin.type == "file":
            for area in plugin.fileareas:
                for one in area.files:
                    yield Attached(
                        name=one.filename, url=one.fileurl, mime=one.mimetype, size=one.filesize
                    )
