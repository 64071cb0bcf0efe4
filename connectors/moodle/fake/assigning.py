"""mod_assign_*: assignments, what was handed in, grades.

Moodle 4.5 recordings, ws_assignments*, ws_submissions*, ws_get_grades*, ws_save_grade*
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from connectors.moodle.fake import handed, layout
from connectors.moodle.fake.caller import Caller, Told, Wrong, lacking, missing, warning
from connectors.moodle.fake.handed import seconds
from connectors.sandbox.editing import now
from connectors.sandbox.models import Assignment, Course, Person, Submission

PLUGINS = {"online_text_entry": "onlinetext", "online_upload": "file"}
SETTINGS = {
    "onlinetext": {"wordlimit": "0", "wordlimitenabled": "0"},
    "file": {"maxfilesubmissions": "2", "maxsubmissionsizebytes": "1048576", "filetypeslist": ""},
}
EDITOR = "assignfeedbackcomments_editor"
GRADE = "Grade assignment"


def assignments(
    caller: Caller, courseids: list[int], capabilities: list[str], includenotenrolledcourses: bool
) -> Told:
    """Tell assignments; of courses where the caller is nobody only when asked so.

    Moodle 4.5 recordings, ws_assignments, ws_assignments_includenotenrolled.
    """
    own = {course.pk: course for course in Course.objects.filter(world=caller.person.world_id)}
    wanted = courseids or sorted(own, reverse=True)
    found, warnings = [], []
    for number in wanted:
        course = own.get(number)
        member = course is not None and caller.sight(course).member
        anyway = caller.everywhere and includenotenrolledcourses
        if course is None or not (member or anyway):
            words = "User is not enrolled or does not have requested capability"
            warnings.append(warning("course", number, "2", words))
            continue
        found.append(_course(caller, course))
    return {"courses": found, "warnings": warnings if courseids else []}


def _course(caller: Caller, course: Course) -> Told:
    eyes, staff = caller.sight(course), caller.staff(course)
    rows = [work for work in layout.assignments(course) if staff or eyes.sees(work)]
    return {
        "id": course.pk,
        "fullname": caller.name(course.name),
        "shortname": caller.name(course.code),
        "timemodified": seconds(course.created_at),
        "assignments": [_assignment(caller, work) for work in rows],
    }


def _assignment(caller: Caller, work: Assignment) -> Told:
    activity = layout.activity_of(work.course, work)
    zeros = ("gradingduedate", "teamsubmission", "requireallteammemberssubmit")
    more = ("blindmarking", "hidegrader", "revealidentities")
    marking = ("markingworkflow", "markingallocation", "markinganonymous")
    return {
        "id": work.pk,
        "cmid": activity.cmid,
        "course": work.course_id,
        "name": caller.name(work.name),
        "nosubmissions": int(not set(work.submission_types) & set(PLUGINS)),
        "submissiondrafts": int("drafts" in work.submission_types),
        "sendnotifications": 0,
        "sendlatenotifications": 0,
        "sendstudentnotifications": 1,
        "duedate": seconds(work.due_at),
        "allowsubmissionsfromdate": seconds(work.unlock_at),
        "grade": int(work.points_possible),
        "timemodified": seconds(work.updated_at),
        "completionsubmit": 0,
        "cutoffdate": seconds(work.lock_at),
        **dict.fromkeys(zeros, 0),
        "teamsubmissiongroupingid": 0,
        **dict.fromkeys(more, 0),
        "attemptreopenmethod": "untilpass" if work.attempts == 1 else "manual",
        "maxattempts": work.attempts or -1,
        **dict.fromkeys(marking, 0),
        "requiresubmissionstatement": 0,
        "preventsubmissionnotingroup": 0,
        "configs": _configs(work),
        "intro": work.description,
        "introformat": 1,
        "introfiles": [],
        "introattachments": [],
        "timelimit": 0,
        "submissionattachments": 0,
    }


def _configs(work: Assignment) -> list[Told]:
    def of(plugin: str, subtype: str, **given: str) -> list[Told]:
        named = {"plugin": plugin, "subtype": subtype}
        return [{**named, "name": name, "value": value} for name, value in given.items()]

    found = []
    for kind, plugin in PLUGINS.items():
        if kind in work.submission_types:
            found += of(plugin, "assignsubmission", enabled="1", **SETTINGS[plugin])
    found += of("comments", "assignsubmission", enabled="0")
    return found + of("comments", "assignfeedback", enabled="1", commentinline="0")


def _readable(caller: Caller, ids: list[int]) -> tuple[list[Assignment], list[Told]]:
    """Return those whose grades the caller may see, and warnings of the others.

    One that is not there gets no warning (recording ws_submissions_bad_id).
    """
    rows = Assignment.objects.select_related("course")
    found = {w.pk: w for w in rows.filter(course__world=caller.person.world_id, id__in=ids)}
    works, warnings = [], []
    for number in ids:
        work = found.get(number)
        if work is not None and _grades(caller, work):
            works.append(work)
        elif work is not None:
            words = "No access rights in module context"
            warnings.append(warning("assignment", number, "1", words))
    return works, warnings


def _grades(caller: Caller, work: Assignment) -> bool:
    """Whether the caller may grade."""
    kinds = {"TeacherEnrollment", "TaEnrollment"}
    return caller.everywhere or bool(caller.sight(work.course).types & kinds)


def submissions(
    caller: Caller, assignmentids: list[int], status: str, since: int, before: int
) -> Told:
    """Tell what was handed in; an assignment without anything gets a warning besides."""
    works, warnings = _readable(caller, assignmentids)
    found = []
    for work in works:
        rows = [handed.submission(caller, row) for row in handed.of(work)]
        told = [one for one in handed.since(rows, since) if status in ("", one["status"])]
        told = [one for one in told if not before or one["timemodified"] <= before]
        if not told:
            warnings.append(warning("module", work.pk, "3", "No submissions found"))
        found.append({"assignmentid": work.pk, "submissions": told})
    return {"assignments": found, "warnings": warnings}


def grades(caller: Caller, assignmentids: list[int], since: int) -> Told:
    """Tell grades; an assignment without any is left out, with a warning.

    Moodle's mod/assign/externallib.php (get_grades); Moodle 4.5 recordings, ws_get_grades
    """
    works, warnings = _readable(caller, assignmentids)
    found = []
    for work in works:
        told = handed.since([handed.grade(row) for row in handed.graded(work)], since)
        if told:
            found.append({"assignmentid": work.pk, "grades": told})
        else:
            warnings.append(warning("assignment", work.pk, "3", "No grades found"))
    return {"assignments": found, "warnings": warnings}


def save_grade(caller: Caller, assignmentid: int, **given: Any) -> None:
    """Give a grade, and say nothing of what came of it.

    More than the maximum is not stored; an unknown person's is lost here (there it is kept, of
    nobody). Moodle 4.5 recordings, ws_save_grade_over_max, ws_save_grade_unknown_user.
    """
    work = Assignment.objects.filter(course__world=caller.person.world_id, id=assignmentid).first()
    if work is None:
        raise missing("assign")
    if not _grades(caller, work):
        raise lacking(GRADE)
    person = Person.objects.filter(world=caller.person.world_id, id=given["userid"]).first()
    points = Decimal(str(given["grade"]))
    if person is not None and points <= work.points_possible:
        _store(caller, work, person, points, given["plugindata"])


@transaction.atomic
def _store(
    caller: Caller, work: Assignment, person: Person, points: Decimal, plugins: dict[str, Any]
) -> None:
    row, _made = Submission.objects.select_for_update().get_or_create(
        assignment=work, person=person
    )
    editor = plugins.get(EDITOR)
    if editor is None and row.comments:
        # Moodle 4.5 recordings, ws_save_grade_err_no_plugindata_existing_comment
        raise Wrong("dmlwriteexception", "Error writing to database")
    row.score = points if points >= 0 else None
    row.graded_at, row.grader = now(work.course.world.name), caller.person
    row.posts += 1
    if editor is not None:
        row.comments = []  # one comment, overwritten
        row.say(str(editor.get("text", "")), caller.person, timezone.now())
    row.save()


def save_grades(caller: Caller, assignmentid: int, applytoall: bool, grades: list[Told]) -> None:
    """Give several grades, one after the other; what was given stays, if one fails."""
    for one in grades:
        save_grade(
            caller,
            assignmentid,
            userid=int(one["userid"]),
            grade=float(one["grade"]),
            plugindata=one.get("plugindata") or {},
        )


def definitions(caller: Caller, cmids: list[int], areaname: str, activeonly: bool) -> Told:
    """Tell rubrics. Moodle's grade/externallib.php (core_grading_external::get_definitions)."""
    areas = []
    for number in cmids:
        found = layout.at(number)
        if found is None or not isinstance(found[2].thing, Assignment):
            raise missing("course_modules")
        course, _section, activity = found
        if not caller.staff(course):
            raise lacking("Manage advanced grading methods")
        work = found[2].thing
        told = {"cmid": number, "contextid": activity.context, "component": "mod_assign"}
        method = "rubric" if work.rubric else ""
        rubrics = [_rubric(work)] if work.rubric else []
        areas.append({**told, "areaname": areaname, "activemethod": method, "definitions": rubrics})
    return {"areas": areas, "warnings": []}


def _rubric(work: Assignment) -> Told:
    criteria = [
        {
            "id": number,
            "sortorder": number,
            "description": one["description"],
            "descriptionformat": 0,
            "levels": [
                {"id": place, "score": level["points"], "definition": level["description"]}
                for place, level in enumerate(reversed(one.get("ratings", [])), 1)
            ],
        }
        for number, one in enumerate(work.rubric, 1)
    ]
    named = {"id": work.pk, "method": "rubric", "name": work.name, "status": 20}
    return {**named, "rubric": {"rubric_criteria": criteria}}
